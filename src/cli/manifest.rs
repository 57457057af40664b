//! The command line of `manifest`.

use super::format::{FormatArgs, PlainFormat};
use super::limits::LimitArgs;
use clap::{Args, ValueHint};

/// `manifest`.
#[derive(Args, Debug)]
pub(crate) struct ManifestArgs {
    /// An archive, a directory, or `-`
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub path: String,
    /// Where reading stops.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<PlainFormat>,
}
