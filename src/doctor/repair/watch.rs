//! The service watched after it was started, as `doctor --wait` does: by the new process, up for long enough and connected.

use super::error::RepairError;
use super::journal::seconds;
use super::tools::pause;
use crate::doctor::diagnose::worth_waiting;
use crate::doctor::facts::Condition;
use crate::doctor::report::DoctorReport;
use crate::report::finding::Severity;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How long a start may take to be seen for what it is, beside the pause between two starts.
const PATIENCE: u64 = 45;
/// No longer than that is waited for such a pause.
const MAX_PAUSE: u64 = 60;
/// Between two looks.
const GLANCE: u64 = 3;
/// A fault that is seen so many times in a row is no passing one.
const SURE: u32 = 3;

/// How the service fares.
pub(super) enum Fares {
    /// It is up, settled, connected, and nothing is wrong.
    Well(Box<DoctorReport>),
    /// It is not.
    Badly(Box<DoctorReport>),
}

/// Looks until it is known.
///
/// # Errors
/// Where the user wishes to stop.
pub(super) fn watch(look: &dyn Fn() -> DoctorReport, stop: &AtomicBool) -> Result<Fares, RepairError> {
    let began = seconds();
    let mut bad = 0;
    loop {
        let report = look();
        let pause_of = report.facts.service.known().and_then(|service| service.restart_pause).unwrap_or_default();
        let patience = PATIENCE + (pause_of / 1_000_000).min(MAX_PAUSE);
        let wanted = worth_waiting(&report);
        if wanted.is_none() && works(&report) {
            return Ok(Fares::Well(Box::new(report)));
        }
        let is_down = matches!(report.facts.condition(), Condition::Looping | Condition::Down | Condition::Stopped);
        bad = if is_down && wanted.is_none() { bad + 1 } else { 0 };
        if bad >= SURE || seconds().saturating_sub(began) >= patience {
            return Ok(Fares::Badly(Box::new(report)));
        }
        pause(Duration::from_secs(wanted.unwrap_or(GLANCE).clamp(1, GLANCE)), stop)?;
    }
}

/// How the server fares, if it is well.
///
/// # Errors
/// Where the user wishes to stop.
pub(crate) fn well(
    look: &dyn Fn() -> DoctorReport,
    stop: &AtomicBool,
) -> Result<Option<Box<DoctorReport>>, RepairError> {
    Ok(match watch(look, stop)? {
        Fares::Well(report) => Some(report),
        Fares::Badly(_) => None,
    })
}

/// Whether its own process runs and is connected, whatever its bundle would do at the next start.
pub(super) fn runs(report: &DoctorReport) -> bool {
    let process = report.facts.process.known().and_then(Option::as_ref);
    report.facts.condition() == Condition::Running
        && process.is_some_and(|process| process.is_connected() == Some(true))
}

/// Whether it is shown to work: it runs, and nothing wrong is left.
pub(super) fn works(report: &DoctorReport) -> bool {
    runs(report) && report.diagnoses.iter().all(|one| one.severity < Severity::Error)
}
