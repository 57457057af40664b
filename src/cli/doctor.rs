//! `doctor`'s options.

use super::format::{AnyFormat, FormatArgs};
use clap::Args;
use std::path::PathBuf;

/// `doctor`.
#[derive(Args, Debug)]
pub struct Doctor {
    /// The service [default: server-flow-agent.service, or the configuration's]
    #[arg(short, long, value_name = "NAME")]
    pub unit: Option<String>,
    /// The deployed bundle [default: from the unit, else ~/.server-flow/agent-bundle of the unit's user]
    #[arg(long, value_name = "DIR")]
    pub bundle: Option<String>,
    /// Judge the files of the machine below DIR (a mounted disk, a container), and run nothing live
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Read the journal from then on, as journalctl understands it: `yesterday`, `-2h`, `2026-11-23 03:00`
    #[arg(long, value_name = "WHEN", help_heading = "Journal", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Read that many of the journal's newest lines
    #[arg(short = 'n', long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Journal")]
    pub lines: u32,
    /// Then go on with the live log (`journalctl -u UNIT -f`), until it is interrupted
    #[arg(short, long, help_heading = "Journal", conflicts_with = "root")]
    pub follow: bool,
    /// Trust the public key in FILE: a manifest it signed tells which files were changed (repeatable)
    #[arg(long = "key", value_name = "FILE", help_heading = "Signature")]
    pub keys: Vec<PathBuf>,
    /// Write down what was asked and answered, secrets taken out, so that it can be judged elsewhere
    #[arg(long, value_name = "FILE", hide = true)]
    pub record: Option<PathBuf>,
    /// How the report is written.
    #[command(flatten)]
    pub format: FormatArgs<AnyFormat>,
}
