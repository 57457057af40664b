//! `service-stopped`: the service was stopped, or never started, and nothing keeps it from starting.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix};
use crate::doctor::facts::journal::id;
use crate::doctor::facts::{Condition, Facts, JournalEntry, Run};
use crate::report::diagnosis::{Diagnosis, Step};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "service-stopped",
    severity: Severity::Error,
    summary: "the service was stopped, or never started, and nothing keeps it from starting",
    page: include_str!("../../../docs/causes/service-stopped.md"),
    stands: Stands::Symptom,
    areas: &[Area::Service],
    follows_from: &["dependency-failed"],
    told_by: ToldBy::Facts(diagnose),
};

/// Why a service that does not run does not.
enum Reason<'a> {
    /// A signal was sent to it by hand: `systemctl kill`.
    Killed(&'a JournalEntry),
    /// A condition of the unit is not met.
    Unmet(Option<&'a JournalEntry>),
    /// It was stopped in the boot that runs.
    Stopped(&'a JournalEntry),
    /// It ended by itself, and its unit does not start it again then.
    Ended(Option<&'a JournalEntry>),
    /// The machine was booted, and nobody has started it since.
    NotSinceBoot,
    /// Nothing tells.
    NotTold,
}

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    // `systemctl kill`: the manager says `Sending signal SIGKILL to process 108 (node) on client request.`
    let killed = evidence::manager_line(facts, &["on client request"]).filter(|_| facts.condition() == Condition::Down);
    if facts.condition() != Condition::Stopped && killed.is_none() {
        return None;
    }
    let reason = killed.map_or_else(|| reason(facts), Reason::Killed);
    let diagnosis = CAUSE.found(facts, words(facts, &reason), evidence::state(facts)?);
    let diagnosis = diagnosis.and(line(&reason).map(evidence::journal)).and(unit_file_state(facts, &reason));
    if matches!(reason, Reason::Unmet(_)) {
        let look = fix::systemctl("cat", facts).into_iter().collect();
        return Some(
            diagnosis.step(Step::looks("see which file sets the condition, and meet it or take it out", look)),
        );
    }
    Some(diagnosis.step(fix::restart(facts)))
}

/// What the journal of the boot that runs tells; what was said before it is how the machine went down.
fn reason(facts: &Facts) -> Reason<'_> {
    let own = facts.manager_now();
    let last = own.last().copied();
    // Before systemd 250: `Condition check resulted in ServerFlow Agent being skipped.`
    let skips = |entry: &&JournalEntry| entry.says("unmet condition") || entry.says("Condition check resulted in");
    let unmet = facts.service.known().is_some_and(|service| service.unmet);
    if let Some(skipped) = last.filter(skips) {
        return Reason::Unmet(Some(skipped));
    }
    if unmet {
        return Reason::Unmet(None);
    }
    let begun = own.iter().rposition(|entry| entry.is(id::STARTED));
    let since = own.get(begun.unwrap_or_default()..).unwrap_or_default();
    if since.iter().any(|entry| entry.is(id::STOPPING)) {
        let stopped = since.iter().rev().find(|entry| entry.is(id::STOPPED) || entry.is(id::STOPPING));
        return stopped.map_or(Reason::NotTold, |entry| Reason::Stopped(entry));
    }
    let ended = since.iter().rev().find(|entry| entry.is(id::SUCCEEDED) || entry.is(id::PROCESS_EXITED)).copied();
    let died = facts.runs().last().is_some_and(Run::died) && !own.is_empty();
    match (ended, own.is_empty()) {
        (Some(_), _) => Reason::Ended(ended),
        (None, _) if died => Reason::Ended(None),
        (None, true) if facts.host.boot.is_some() && facts.journal.known().is_some() => Reason::NotSinceBoot,
        (None, _) => Reason::NotTold,
    }
}

fn words(facts: &Facts, reason: &Reason<'_>) -> String {
    let service = facts.service.known();
    let restart = service.map_or("no", |service| service.restart.as_str());
    let disabled = service.is_some_and(|service| service.unit_file_state == "disabled");
    match reason {
        Reason::Killed(_) => "The agent was killed by hand, and its unit does not start it again".to_owned(),
        Reason::Unmet(_) => "The service is not started: a condition that the unit sets is not met".to_owned(),
        Reason::Stopped(_) => {
            "The service was stopped by hand, and nothing that was seen keeps it from starting".to_owned()
        }
        Reason::Ended(_) => {
            format!("The agent ended by itself, and its unit (`Restart={restart}`) does not start it again then")
        }
        Reason::NotSinceBoot if disabled => {
            "The machine was booted, and the service is disabled: nothing has started it since".to_owned()
        }
        Reason::NotSinceBoot => "The service has not been started since the machine was booted".to_owned(),
        Reason::NotTold => "The service is not started, and nothing that was seen keeps it from starting".to_owned(),
    }
}

fn line<'a>(reason: &Reason<'a>) -> Option<&'a JournalEntry> {
    match reason {
        Reason::Killed(entry) | Reason::Stopped(entry) => Some(entry),
        Reason::Unmet(entry) | Reason::Ended(entry) => *entry,
        Reason::NotSinceBoot | Reason::NotTold => None,
    }
}

fn unit_file_state(facts: &Facts, reason: &Reason<'_>) -> Option<crate::report::diagnosis::Evidence> {
    let state = facts.service.known().map(|service| service.unit_file_state.as_str())?;
    matches!(reason, Reason::NotSinceBoot).then(|| evidence::systemctl(format!("UnitFileState={state}")))
}
