//! The command line of `manifest`.

use super::format::{FormatArgs, PlainFormat};
use super::limits::LimitArgs;
use clap::Args;

/// `manifest`.
#[derive(Args, Debug)]
pub struct Manifest {
    /// An archive, a directory, or `-`
    #[arg(value_name = "PATH")]
    pub path: String,
    /// Where reading stops.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<PlainFormat>,
}
