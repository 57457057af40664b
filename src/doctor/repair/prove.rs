//! A bundle started once where nothing depends on it: as the unit's user, with a network of its own in which there is no
//! control plane, for some seconds. An agent that has loaded tries again and again to connect; one that cannot be loaded dies.

use super::error::RepairError;
use super::tools::{Tools, clean};
use crate::report::fix_command::{FixCommand, command};
use crate::report::words::{AbsolutePath, NodeProgram, UserName, Word};

/// What is started.
pub(super) struct Trial<'a> {
    /// The bundle's folder.
    pub folder: &'a AbsolutePath,
    /// The script in it.
    pub entry: &'a AbsolutePath,
    /// Node.
    pub node: &'a NodeProgram,
    /// As whom.
    pub user: &'a UserName,
}

/// Seconds after which an agent that still runs has loaded (systemd ends it then, `RuntimeMaxSec=`).
const LOADED: u32 = 8;
/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";
/// What systemd-run says of a service that was still running then.
const STILL_RAN: &str = "Finished with result: timeout";
/// Where there may be no network of its own (systemd.exec(5), "Process Exit Codes": `EXIT_NETWORK`).
const NO_NETWORK: &str = "status=225";

/// Starts it once.
///
/// # Errors
/// Where it dies, with its own words, or cannot be started.
pub(super) fn start(trial: &Trial<'_>, tools: &Tools<'_>) -> Result<(), RepairError> {
    let said = words(trial, "PrivateNetwork=yes", tools)?;
    let said = if said.contains(NO_NETWORK) { words(trial, "PrivateNetwork=no", tools)? } else { said };
    // The agent that is in use may have its port, which is asked for once everything is loaded.
    if said.contains(STILL_RAN) || said.contains("EADDRINUSE") {
        return Ok(());
    }
    Err(RepairError::NotProven(format!("started once beside what is there, it dies:\n{}", its_own(&said))))
}

/// What was said, however it ended.
fn words(trial: &Trial<'_>, network: &'static str, tools: &Tools<'_>) -> Result<String, RepairError> {
    let done = tools.run_any(&trying(trial, network), "")?;
    Ok(format!("{}\n{}", done.stdout.text(), done.stderr.text()))
}

/// What systemd-run adds.
const ADDED: [&str; 7] =
    ["Running as unit:", "Finished with result:", "Service runtime:", "CPU time consumed:", "Memory ", "IP ", "IO "];

/// The error that it died of, else the end of what was said.
fn its_own(said: &str) -> String {
    let is_added = |line: &&str| ADDED.iter().any(|start| line.starts_with(start));
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty() && !is_added(line)).collect();
    let error = lines.iter().position(|line| line.contains("Error"));
    let from = error.unwrap_or(lines.len().saturating_sub(3));
    clean(&lines.iter().skip(from).take(3).copied().collect::<Vec<_>>().join("\n"))
}

fn trying(trial: &Trial<'_>, network: &'static str) -> FixCommand {
    command!("systemd-run", "--wait", "--pipe", "--collect", "-p", network, "-p", "PrivateTmp=yes")
        .with(["-p".into(), Word::seconds("RuntimeMaxSec=", LOADED), "-p".into(), "TimeoutStopSec=2".into()])
        .with(["-p".into(), Word::user("User=", trial.user), "-E".into(), "NODE_ENV=production".into()])
        .with([Word::option("--working-directory", trial.folder), "--".into(), Word::from(trial.node)])
        .with([Word::from(trial.entry), "--url".into(), NOWHERE.into()])
}
