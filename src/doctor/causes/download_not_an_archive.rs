//! `download-not-an-archive`: what the update downloaded cannot be unpacked, so it stopped there.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{bundle_fix, evidence, halted_update};
use crate::doctor::facts::Facts;
use crate::report::diagnosis::{Diagnosis, Evidence, EvidenceSource};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "download-not-an-archive",
    severity: Severity::Error,
    summary: "what the update downloaded cannot be unpacked, so it stopped there",
    page: include_str!("../../../docs/causes/download-not-an-archive.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Download],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let download = facts.download.known()?.as_ref()?;
    let finding = download.report.findings.iter().find(|finding| finding.rule == "archive-unreadable")?;
    // A leftover beside a bundle that starts is no cause of anything.
    let stopped = halted_update::halted_update(facts).is_some_and(|halted| halted.step == 3);
    if !stopped {
        return None;
    }
    let said = Evidence::new(EvidenceSource::Archive, format!("{}: {}", download.path, finding.message));
    let said = download.changed.map_or(said.clone(), |changed| said.at(changed));
    let words = "The update downloaded something that is no sound archive, and stopped when it could not unpack it";
    let quote = finding.evidence.as_ref().map(|words| Evidence::new(EvidenceSource::Archive, words));
    let diagnosis = CAUSE
        .found(facts, words, said)
        .and(quote)
        .and([evidence::deployment(&facts.deployment)])
        .and(evidence::state(facts));
    Some(diagnosis.steps(bundle_fix::mend(facts)))
}
