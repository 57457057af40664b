//! `service-stopped`: the service was stopped, or never started, and nothing keeps it from starting.

use super::{Cause, Stands, evidence, fix};
use crate::model::diagnosis::Diagnosis;
use crate::model::finding::Severity;
use crate::model::server::journal::id;
use crate::model::server::{Condition, Facts};

pub static CAUSE: Cause = Cause {
    id: "service-stopped",
    severity: Severity::Error,
    summary: "the service was stopped, or never started, and nothing keeps it from starting",
    page: include_str!("../../docs/causes/service-stopped.md"),
    stands: Stands::Symptom,
    follows_from: &[],
    diagnose,
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if facts.condition() != Condition::Stopped {
        return None;
    }
    let stopped =
        facts.runs().last().and_then(|run| run.entries.iter().rev().copied().find(|entry| entry.is(id::STOPPED)));
    let words = match stopped {
        Some(_) => "The service was stopped, and nothing on the disk keeps it from starting",
        None => "The service is not started, and nothing on the disk keeps it from starting",
    };
    let seen = evidence::state(facts)?;
    Some(CAUSE.found(facts, words, seen).and(stopped.map(evidence::journal)).step(fix::restart(facts)))
}
