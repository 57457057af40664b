//! The command line of `diff`.

use super::format::{DocumentFormat, FormatArgs};
use super::limits::LimitArgs;
use clap::{Args, ValueHint};

/// `diff`.
#[derive(Args, Debug)]
pub(crate) struct Diff {
    /// The first bundle: an archive or a directory
    #[arg(value_name = "A", value_hint = ValueHint::AnyPath)]
    pub a: String,
    /// The second bundle: an archive or a directory
    #[arg(value_name = "B", value_hint = ValueHint::AnyPath)]
    pub b: String,
    /// Show what changed in text files, line by line
    #[arg(long)]
    pub text: bool,
    /// Where reading stops.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<DocumentFormat>,
}
