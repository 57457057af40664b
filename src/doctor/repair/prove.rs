//! A bundle started once where nothing depends on it: as the unit's user, with a network of its own in which there is no
//! control plane, for some seconds. An agent that has loaded tries again and again to connect; one that cannot be loaded dies.

use super::error::RepairError;
use super::journal::seconds;
use super::tools::{Tools, clean};
use crate::host::paths;
use crate::report::fix_command::{FixCommand, command};
use crate::report::words::{AbsolutePath, CheckedWord, NodeProgram, RefusedWord, UnitName, UserName};
use std::path::Path;
use std::time::Duration;

/// What is started.
pub(super) struct TrialStart<'a> {
    /// The repair's name, of which the unit's is made.
    pub id: &'a str,
    /// The bundle's folder.
    pub folder: &'a AbsolutePath,
    /// The script in it.
    pub entry: &'a AbsolutePath,
    /// Node.
    pub node: &'a NodeProgram,
    /// As whom.
    pub user: &'a UserName,
    /// The variables that the unit gives it, each as `A=b`; a secret's value is not known here, and stands for itself.
    pub variables: Vec<CheckedWord>,
    /// The files of variables that the unit names.
    pub files: Vec<CheckedWord>,
}

/// Seconds after which an agent that still runs has loaded (systemd ends it then, `RuntimeMaxSec=`).
const LOADED: u32 = 8;
/// How the names of the units begin in which bundles are started once.
const NAME: &str = "bundle-doctor-trial-";
/// Seconds that systemd may take to remove what it made for one.
const PATIENCE: u64 = 5;
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
pub(super) fn start(trial: &TrialStart<'_>, tools: &Tools<'_>) -> Result<(), RepairError> {
    let [apart, not_apart] = units(trial.id)?;
    let said = words(trial, &apart, "PrivateNetwork=yes", tools)?;
    let said = if said.contains(NO_NETWORK) { words(trial, &not_apart, "PrivateNetwork=no", tools)? } else { said };
    // The agent that is in use may have its port, which is asked for once everything is loaded.
    if said.contains(STILL_RAN) || said.contains("EADDRINUSE") {
        return Ok(());
    }
    Err(RepairError::NotProven(format!("started once beside what is there, it dies:\n{}", its_own(&said))))
}

/// Ends the trial start of a repair that was interrupted, and waits until nothing of it is left. No other unit has such a
/// name: it is made of that of the repair.
///
/// # Errors
/// Where the user wishes to stop.
pub(super) fn end(id: &str, tools: &Tools<'_>) -> Result<(), RepairError> {
    let [apart, not_apart] = units(id)?;
    // It fails for a unit that is not there, which is what is wanted.
    let _ = tools.run_any(&command!("systemctl", "stop", "--", &apart, &not_apart), "");
    let until = seconds() + PATIENCE;
    while has_folders(id) && seconds() < until {
        super::tools::pause(Duration::from_millis(100), tools.stop)?;
    }
    Ok(())
}

/// Whether what `PrivateTmp=` made for it is still there: systemd removes it beside its other work (systemd.exec(5)).
fn has_folders(id: &str) -> bool {
    let unit = format!("-{NAME}{id}");
    let of_trial = |name: &std::ffi::OsString| name.to_string_lossy().contains(&unit);
    ["/tmp", "/var/tmp"].iter().any(|at| paths::names(Path::new(at)).is_ok_and(|names| names.iter().any(of_trial)))
}

/// The units that a bundle is started in: with a network of its own, and without. A unit that has just ended may not be
/// forgotten yet, so that each has its own name.
fn units(id: &str) -> Result<[UnitName; 2], RepairError> {
    let named = |ending: &str| {
        UnitName::new(&format!("{NAME}{id}{ending}.service"))
            .map_err(|refused: RefusedWord| RepairError::Changed(refused.to_string()))
    };
    Ok([named("")?, named("-2")?])
}

/// What was said, however it ended.
fn words(
    trial: &TrialStart<'_>,
    unit: &UnitName,
    network: &'static str,
    tools: &Tools<'_>,
) -> Result<String, RepairError> {
    let done = tools.run_any(&trying(trial, unit, network), "")?;
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

fn trying(trial: &TrialStart<'_>, unit: &UnitName, network: &'static str) -> FixCommand {
    command!("systemd-run", "--unit", unit, "--wait", "--pipe", "--collect", "-p", network, "-p", "PrivateTmp=yes")
        .with(["-p".into(), CheckedWord::seconds("RuntimeMaxSec=", LOADED), "-p".into(), "TimeoutStopSec=2".into()])
        .with(["-p".into(), CheckedWord::user("User=", trial.user)])
        .with(trial.files.iter().flat_map(|file| ["-p".into(), file.clone()]))
        .with(trial.variables.iter().flat_map(|variable| ["-E".into(), variable.clone()]))
        .with([CheckedWord::option("--working-directory", trial.folder), "--".into(), CheckedWord::from(trial.node)])
        .with([CheckedWord::from(trial.entry), "--url".into(), NOWHERE.into()])
}
