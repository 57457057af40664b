//! `service-stopped`: the service was stopped, or never started, and nothing keeps it from starting.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix};
use crate::doctor::facts::journal::id;
use crate::doctor::facts::{Condition, Facts, Run, Speaker};
use crate::report::diagnosis::{Diagnosis, Step};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "service-stopped",
    severity: Severity::Error,
    summary: "the service was stopped, or never started, and nothing keeps it from starting",
    page: include_str!("../../../docs/causes/service-stopped.md"),
    stands: Stands::Symptom,
    areas: &[Area::Service],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    // `systemctl kill`: the manager says `Sending signal SIGKILL to process 108 (node) on client request.`
    let killed = evidence::manager_line(facts, &["on client request"]).filter(|_| facts.condition() == Condition::Down);
    if facts.condition() != Condition::Stopped && killed.is_none() {
        return None;
    }
    let last = facts
        .journal
        .known()
        .and_then(|journal| journal.entries.iter().rfind(|entry| entry.speaker == Speaker::Manager));
    let skipped = last.filter(|entry| entry.says("unmet condition"));
    let stopped = killed.or(skipped).or_else(|| {
        facts.runs().last().and_then(|run| run.entries.iter().rev().copied().find(|entry| entry.is(id::STOPPED)))
    });
    let by_itself = stopped.is_none() && facts.runs().last().is_some_and(Run::died);
    let words = match (stopped, skipped.is_some()) {
        _ if by_itself => "The agent ended by itself, and its unit does not start it again",
        (_, true) => "The service is not started: a condition that the unit sets is not met",
        (Some(_), false) => "The service was stopped by hand, and nothing that was seen keeps it from starting",
        (None, false) => "The service is not started, and nothing that was seen keeps it from starting",
    };
    let seen = evidence::state(facts)?;
    let diagnosis = CAUSE.found(facts, words, seen).and(stopped.map(evidence::journal));
    if skipped.is_some() {
        let look = fix::systemctl("cat", facts).into_iter().collect();
        return Some(
            diagnosis.step(Step::looks("see which file sets the condition, and meet it or take it out", look)),
        );
    }
    Some(diagnosis.step(fix::restart(facts)))
}
