//! `start-limit-hit`: systemd has given up, because the service ended too often in too short a time.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{crash, evidence, fix};
use crate::doctor::facts::{Condition, Facts, JournalEntry};
use crate::report::action::{Action, Manage};
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "start-limit-hit",
    severity: Severity::Error,
    summary: "systemd has given up: the service ended too often in too short a time",
    page: include_str!("../../../docs/causes/start-limit-hit.md"),
    stands: Stands::Symptom,
    areas: &[Area::Service],
    follows_from: &["unknown-crash"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if facts.condition() != Condition::Down {
        return None;
    }
    let service = facts.service.known()?;
    let said = gave_up(facts);
    if said.is_none() && service.result != "start-limit-hit" {
        return None;
    }
    let words = if crash::mended(facts).is_some() {
        "systemd has given up after too many starts; what the agent died of is mended since"
    } else if facts.was_replaced_since() {
        "systemd has given up after too many starts; the bundle was mended or replaced after the last of them"
    } else {
        "systemd has given up after too many starts, and nothing that was seen keeps the agent from starting now"
    };
    let mut seen = said.map(evidence::journal).into_iter().chain(evidence::state(facts));
    let first = seen.next()?;
    let mended = crash::mended(facts);
    let diagnosis = CAUSE
        .found(facts, words, first)
        .and(mended.as_ref().map(|(crash, _)| evidence::journal(crash.headline)))
        .and(mended.map(|(_, now)| evidence::disk(now)))
        .and(seen);
    let lift = fix::service(Manage::ResetFailed, facts).into_iter();
    let start: Vec<Action> = lift.chain(fix::service(Manage::Start, facts)).collect();
    Some(diagnosis.step(FixStep::changes("lift the limit, and start the agent", start)))
}

/// The manager's last word, where that is the refusal: `Start request repeated too quickly.`
fn gave_up(facts: &Facts) -> Option<&JournalEntry> {
    let own = facts.manager_now();
    own.iter().rev().take(4).find(|entry| entry.says("repeated too quickly")).copied()
}
