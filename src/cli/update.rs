//! `update`'s options.

use super::doctor::Doctor;
use super::format::{AnyFormat, FormatArgs, PlainFormat};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// `update`.
#[derive(Args, Debug)]
pub(crate) struct Update {
    /// An archive, or its http or https address
    #[arg(value_name = "BUNDLE|URL", value_hint = clap::ValueHint::AnyPath, required_unless_present = "undo")]
    pub source: Option<String>,
    /// The service [default: server-flow-agent.service, or the configuration's]
    #[arg(short, long, value_name = "NAME")]
    pub unit: Option<String>,
    /// The deployed bundle [default: from the unit, else ~/.server-flow/agent-bundle of the unit's user]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub bundle: Option<String>,
    /// Print the plan, and fetch and change nothing
    #[arg(long, conflicts_with_all = ["yes", "undo"])]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
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

impl Update {
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
