//! `restart-would-fail`: the agent runs, but what is on the disk would not start.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::evidence;
use crate::doctor::facts::{Condition, Facts};
use crate::report::diagnosis::{Diagnosis, EvidenceSource, FixStep};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "restart-would-fail",
    severity: Severity::Error,
    summary: "the agent runs, but what is on the disk would not start",
    page: include_str!("../../../docs/causes/restart-would-fail.md"),
    stands: Stands::Beside,
    areas: &[Area::Service],
    follows_from: &[],
    told_by: ToldBy::InTheWay(diagnose),
};

fn diagnose(facts: &Facts, reasons: &[Diagnosis]) -> Option<Diagnosis> {
    // The old agent is connected and its restart counter is 0: nothing but the disk tells of the failed update
    // (docs/reference/field-facts.md, "A failed update is a time bomb").
    if facts.condition() != Condition::Running {
        return None;
    }
    let root = reasons.first()?;
    let words = match facts.service.known().is_some_and(|service| service.runs()) {
        true => format!("The agent runs from memory; on the disk, {}", lower(&root.summary)),
        false => format!("On the disk, {}", lower(&root.summary)),
    };
    let mut seen = root.evidence().iter().filter(|seen| seen.source != EvidenceSource::Systemctl).cloned();
    let first = seen.next().or_else(|| root.evidence().first().cloned())?;
    let mut diagnosis = CAUSE.found(facts, words, first).and(seen.next()).and(evidence::process(facts)).and(seen);
    for reason in reasons.iter().skip(1) {
        diagnosis = diagnosis.and(reason.evidence().first().cloned());
    }
    // One after the other, and started once, at the end.
    let steps: Vec<FixStep> = reasons.iter().flat_map(|reason| reason.fix.clone()).collect();
    let last = |at: usize, step: &FixStep| !steps.iter().skip(at + 1).any(|later| later == step);
    let kept = steps.iter().enumerate().filter(|(at, step)| last(*at, step)).map(|(_, step)| step.clone());
    Some(diagnosis.steps(kept))
}

/// A sentence as the end of another.
fn lower(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
