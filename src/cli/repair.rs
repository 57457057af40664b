//! `repair`'s options.

use super::change::ChangeOptions;
use super::format::{FormatArgs, PlainFormat};
use clap::Args;
use std::path::PathBuf;

/// `repair`.
#[derive(Args, Debug)]
pub(crate) struct Repair {
    /// Which server.
    #[command(flatten)]
    pub change: ChangeOptions,
    /// Print the plan, and change nothing
    #[arg(long, conflicts_with_all = ["yes", "undo"])]
    pub dry_run: bool,
    /// Take the last repair back
    #[arg(long)]
    pub undo: bool,
    /// Demand a signature by the public key in FILE of what is fetched (repeatable)
    #[arg(long = "key", value_name = "FILE", help_heading = "Signature")]
    pub keys: Vec<PathBuf>,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<PlainFormat>,
}
