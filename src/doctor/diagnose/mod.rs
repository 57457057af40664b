//! Runs the causes over what is known of a server, puts what follows from a root under it, and says how the server fares.
//!
//! Pure: the same facts give the same report, whether they come from a live server, a recorded one or a mounted disk.

mod checks;
mod fold;
mod mounted;
mod not_checked;
pub(crate) mod of_rules;
mod recognise;

use crate::doctor::causes::{agent_outside_unit, control_plane_unreachable};
use crate::doctor::facts::{Condition, DeployedBundle, Facts, Moment, SETTLED, SignatureDemand};
use crate::doctor::report::DoctorReport;
use crate::report::diagnosis::{Diagnosis, Effect, FixCommand, FixStep};
use crate::report::finding::Severity;
use crate::report::policy::{Level, Policy};
use crate::report::server::Health;
use crate::report::signature::SignatureStatus;
use crate::report::words::CheckedWord;
use std::collections::BTreeSet;

/// Judges a server.
#[must_use]
pub(crate) fn diagnose(facts: Facts, policy: &Policy) -> DoctorReport {
    let recognised = recognise::run(&facts);
    let is_allowed = |one: &&Diagnosis| policy.override_of(one.cause).is_some_and(|found| found.level == Level::Allow);
    let allowed: BTreeSet<_> = recognised.iter().filter(is_allowed).map(|one| one.cause).collect();
    let found = recognised.into_iter().filter_map(|diagnosis| overridden(diagnosis, policy)).collect();
    let mut diagnoses = fold::fold(found);
    start_no_second(&facts, &mut diagnoses);
    mend_once(&mut diagnoses);
    for diagnosis in &mut diagnoses {
        mounted::from_outside(diagnosis, &facts);
    }
    let health = health(&facts, &diagnoses);
    let checks = checks::checks(&facts, &diagnoses);
    let not_checked = not_checked::not_checked(&facts);
    DoctorReport { health, facts, checks, diagnoses, allowed: allowed.into_iter().collect(), not_checked }
}

/// With the severity that the user wants; nothing where it is allowed.
fn overridden(mut diagnosis: Diagnosis, policy: &Policy) -> Option<Diagnosis> {
    match policy.override_of(diagnosis.cause).map(|found| found.level) {
        Some(Level::Allow) => return None,
        Some(Level::At(severity)) => diagnosis.severity = severity,
        None => {}
    }
    Some(diagnosis)
}

/// No fix starts a second agent: where one runs outside the unit, what ends that comes in the place of the start.
fn start_no_second(facts: &Facts, diagnoses: &mut [Diagnosis]) {
    let strays = agent_outside_unit::ending(facts);
    if strays.is_empty() || !diagnoses.iter().any(|one| one.cause == agent_outside_unit::CAUSE.id) {
        return;
    }
    for diagnosis in diagnoses.iter_mut().filter(|one| one.fix.iter().any(starts)) {
        diagnosis.fix.retain(|step| !starts(step));
        diagnosis.fix.extend(strays.iter().cloned());
        diagnosis
            .fix
            .push(FixStep::told(format!("then start the unit's own: systemctl restart {}", facts.places.unit)));
    }
}

/// Whether a step starts the agent.
fn starts(step: &FixStep) -> bool {
    let verb = |command: &FixCommand| match command.words() {
        [CheckedWord::Fixed("systemctl"), CheckedWord::Fixed(verb), ..] => matches!(*verb, "restart" | "start"),
        _ => false,
    };
    step.commands.iter().any(verb)
}

/// A step that the fix of an earlier diagnosis has already would find nothing left to do, or the wrong thing.
fn mend_once(diagnoses: &mut [Diagnosis]) {
    let mut typed: Vec<(FixStep, &'static str)> = Vec::new();
    for diagnosis in diagnoses {
        let earlier = |step: &FixStep| typed.iter().find(|(other, _)| other == step).map(|(_, cause)| *cause);
        let again = diagnosis.fix.iter().find_map(|step| earlier(step).filter(|_| changes_files(step)));
        if let Some(cause) = again {
            diagnosis.mended_by = Some(cause);
            diagnosis.fix = vec![FixStep::told(format!("the fix of `{cause}` mends this too"))];
            continue;
        }
        typed.extend(diagnosis.fix.iter().map(|step| (step.clone(), diagnosis.cause)));
    }
}

/// Whether a step does more than to start the agent, which does no harm a second time.
fn changes_files(step: &FixStep) -> bool {
    let is_systemctl = |command: &FixCommand| command.words().first() == Some(&CheckedWord::Fixed("systemctl"));
    step.effect == Effect::Changes && !step.commands.iter().all(is_systemctl)
}

/// How the server fares.
///
/// Where it is not known whether the agent runs (`--root`, no systemd), a disk that would not start makes it broken, and
/// any other error degraded. A disk that would start leaves the question open: that is inconclusive, not healthy.
fn health(facts: &Facts, diagnoses: &[Diagnosis]) -> Health {
    let wrong = diagnoses.iter().any(|one| one.severity == Severity::Error);
    let blocked = diagnoses.iter().any(|one| fold::blocks(one) || fold::dies(one));
    let troubled = diagnoses.iter().any(|one| one.severity >= Severity::Warning);
    match facts.condition() {
        // What does not get to run does not run.
        Condition::Running if is_held(diagnoses) => Health::Broken,
        // It is neither up nor down; the agent may work already.
        Condition::Starting if wrong || is_connected(facts) => Health::Degraded,
        Condition::Starting => Health::Inconclusive,
        Condition::Looping | Condition::Down | Condition::Stopped => Health::Broken,
        Condition::Unknown if blocked || control_plane_unreachable::death(facts).is_some() => Health::Broken,
        Condition::Unknown if wrong => Health::Degraded,
        Condition::Unknown => Health::Inconclusive,
        Condition::Running if troubled => Health::Degraded,
        Condition::Running if is_judged(facts) => Health::Healthy,
        Condition::Running => Health::Inconclusive,
    }
}

/// Whether what "healthy" needs is known: the agent has stayed up, and the unit, the bundle and the journal could be
/// looked at. A journal that holds no line of the unit has not spoken for it, unless it begins after the agent's start.
fn is_judged(facts: &Facts) -> bool {
    let settled = facts.up().is_none_or(|up| up >= SETTLED);
    // Of an agent that is up for longer than the journal goes back there is no line, and no death either.
    let started = facts.service.known().and_then(|service| service.started);
    let begins_later = |begins: Option<Moment>| begins.zip(started).is_some_and(|(begins, started)| begins > started);
    let heard =
        facts.journal.known().is_some_and(|journal| !journal.entries.is_empty() || begins_later(journal.begins));
    let known = facts.unit.known().is_some() && facts.deployment.state.known().is_some();
    settled && heard && is_connected(facts) && known && is_vouched_for(facts)
}

/// Whether a signature was looked for where a key was named to look for one: a bundle without any could be anybody's.
fn is_vouched_for(facts: &Facts) -> bool {
    let unsigned = |bundle: &DeployedBundle| bundle.report.signature.status == SignatureStatus::Missing;
    facts.policy.signed == SignatureDemand::None || !facts.deployment.inspected().is_some_and(unsigned)
}

/// Whether the agent is shown to be connected to its own control plane.
fn is_connected(facts: &Facts) -> bool {
    let process = facts.process.known().and_then(Option::as_ref);
    let plane = facts.control_plane.known().is_some_and(Option::is_some);
    plane && process.is_some_and(|process| process.is_connected() == Some(true))
}

/// Whether the agent's process is there and does not get to run.
fn is_held(diagnoses: &[Diagnosis]) -> bool {
    diagnoses.iter().any(|one| one.cause == "process-frozen" && one.severity == Severity::Error)
}

/// Seconds after which another look would tell more, where only the time since the last start keeps this one from a verdict.
#[must_use]
pub(crate) fn worth_waiting(report: &DoctorReport) -> Option<u64> {
    let facts = &report.facts;
    let wrong = report.diagnoses.iter().any(|one| one.severity == Severity::Error);
    // It is up now: whether it stays up this time is seen soon.
    let to_settle = facts.up().and_then(|up| SETTLED.checked_sub(up)).filter(|left| *left > 0);
    match facts.condition() {
        Condition::Running if !wrong => to_settle,
        Condition::Looping if to_settle.is_some() => to_settle,
        // It may be over at any moment.
        Condition::Starting => Some(3),
        // One death of an agent that had been up: whether it comes back is seen after `RestartSec=`.
        Condition::Looping if facts.only_death().is_some() => {
            let pause = facts.service.known().and_then(|service| service.restart_pause)? / 1_000_000;
            Some(pause.saturating_add(1))
        }
        _ => None,
    }
}
