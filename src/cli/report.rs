//! `report`'s options.

use super::format::{AnyFormat, FormatArgs};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// `report`.
#[derive(Args, Debug)]
pub(crate) struct Report {
    /// Reports saved with `--json`, captures, folders of both, or `-` for one on stdin; several are one fleet
    #[arg(value_name = "FILE|DIR", required = true, value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// Take what this regular expression matches out of the capture once more (repeatable), and write it with --capture
    #[arg(long, value_name = "PATTERN", requires = "capture", help_heading = "Support")]
    pub redact: Vec<String>,
    /// Write the redacted capture to FILE
    #[arg(long, value_name = "FILE", requires = "redact", help_heading = "Support", value_hint = ValueHint::FilePath)]
    pub capture: Option<PathBuf>,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<AnyFormat>,
}
