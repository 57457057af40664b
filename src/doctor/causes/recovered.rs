//! A death that the agent has come back from by itself: said, with its time, until it has been up for long enough.

use super::cause::Cause;
use super::{evidence, fix, told_of};
use crate::doctor::facts::journal::id;
use crate::doctor::facts::{Exit, Facts, JournalRun, Speaker, service};
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;

/// The warning of a death that is over.
pub(super) fn diagnose(cause: &Cause, facts: &Facts) -> Option<Diagnosis> {
    let run = facts.recovered_from()?;
    let told = run.entries.iter().rev().find(|entry| entry.is(id::PROCESS_EXITED) || entry.is(id::OUT_OF_MEMORY));
    let told = told.or_else(|| run.entries.last())?;
    let up = facts.up().unwrap_or_default();
    let machine = told_of::of_run(facts, &run, &told_of::WANT_OF_MEMORY);
    let crashed = told_of::of_run(facts, &run, &told_of::CRASHES);
    let (how, lived) = (machine.map_or_else(|| how(&run), |_| "for want of memory".to_owned()), run.lived());
    let words = format!("The agent died at {} after {lived} s ({how}), and is up again since {up} s", told.at.clock());
    let said = run.entries.iter().rev().find(|entry| entry.speaker == Speaker::Agent);
    let mut diagnosis = cause.found(facts, words, evidence::journal(told));
    diagnosis = diagnosis.and(machine.or(crashed).map(evidence::journal));
    diagnosis = diagnosis.and(said.map(|entry| evidence::journal(entry))).and(evidence::state(facts));
    diagnosis.severity = Severity::Warning;
    Some(diagnosis.step(FixStep::looks(
        "read what it said before; nothing has to be done while it stays up",
        fix::journal(facts),
    )))
}

fn how(run: &JournalRun<'_>) -> String {
    if run.entries.iter().any(|entry| entry.is(id::OUT_OF_MEMORY)) {
        return "for want of memory".to_owned();
    }
    match run.exit() {
        Some(Exit::Code(code)) => format!("exit code {code}"),
        Some(Exit::Signal(signal)) => {
            service::signal_name(signal).map_or_else(|| format!("signal {signal}"), |name| format!("SIG{name}"))
        }
        None => "systemd does not say how".to_owned(),
    }
}
