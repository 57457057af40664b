//! `repair`'s options.

use super::doctor::Doctor;
use super::format::{AnyFormat, FormatArgs, PlainFormat};
use clap::{Args, ValueHint};
use std::path::PathBuf;
use std::time::Duration;

/// `repair`.
#[derive(Args, Debug)]
pub(crate) struct Repair {
    /// The service [default: server-flow-agent.service, or the configuration's]
    #[arg(short, long, value_name = "NAME")]
    pub unit: Option<String>,
    /// The deployed bundle [default: from the unit, else ~/.server-flow/agent-bundle of the unit's user]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub bundle: Option<String>,
    /// Print the plan, and change nothing
    #[arg(long, conflicts_with_all = ["yes", "undo"])]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
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

impl Repair {
    /// How `doctor` is asked about the same server.
    #[must_use]
    pub(crate) fn examination(&self) -> Doctor {
        Doctor {
            unit: self.unit.clone(),
            bundle: self.bundle.clone(),
            root: None,
            wait: Duration::from_secs(15),
            since: None,
            lines: 400,
            follow: false,
            keys: self.keys.clone(),
            record: None,
            format: FormatArgs { word: AnyFormat::Human },
        }
    }
}
