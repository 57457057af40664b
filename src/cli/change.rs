//! What `repair` and `update` share: the options that say on which server something is changed.

use super::doctor::Doctor;
use super::format::{AnyFormat, FormatArgs};
use clap::{Args, ValueHint};
use std::path::PathBuf;
use std::time::Duration;

/// Whose agent is changed, and whether that is asked first.
#[derive(Args, Debug)]
pub(crate) struct ChangeOptions {
    /// The service [default: server-flow-agent.service, or the configuration's]
    #[arg(short, long, value_name = "NAME")]
    pub unit: Option<String>,
    /// The deployed bundle [default: from the unit, else ~/.server-flow/agent-bundle of the unit's user]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub bundle: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

impl ChangeOptions {
    /// How `doctor` is asked about the same server.
    #[must_use]
    pub(crate) fn examination(&self, keys: &[PathBuf]) -> Doctor {
        Doctor {
            unit: self.unit.clone(),
            bundle: self.bundle.clone(),
            root: None,
            wait: Duration::from_secs(15),
            since: None,
            lines: 400,
            follow: false,
            keys: keys.to_vec(),
            record: None,
            capture: None,
            from: None,
            format: FormatArgs { word: AnyFormat::Human },
        }
    }
}
