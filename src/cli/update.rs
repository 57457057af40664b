//! `update`'s options.

use super::change::ChangeOptions;
use super::format::{FormatArgs, PlainFormat};
use clap::Args;
use std::path::PathBuf;

/// `update`.
#[derive(Args, Debug)]
pub(crate) struct Update {
    /// An archive, or its http or https address
    #[arg(value_name = "BUNDLE|URL", value_hint = clap::ValueHint::AnyPath, required_unless_present = "undo")]
    pub source: Option<String>,
    /// Which server.
    #[command(flatten)]
    pub change: ChangeOptions,
    /// Print the plan, and fetch and change nothing
    #[arg(long, conflicts_with_all = ["yes", "undo"])]
    pub dry_run: bool,
    /// Take the last update or repair back
    #[arg(long, conflicts_with = "source")]
    pub undo: bool,
    /// Take a bundle that is older than the deployed one
    #[arg(long)]
    pub allow_downgrade: bool,
    /// Demand a signature by the public key in FILE (repeatable)
    #[arg(long = "key", value_name = "FILE", help_heading = "Signature")]
    pub keys: Vec<PathBuf>,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<PlainFormat>,
}
