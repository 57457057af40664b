//! `module-format-mismatch`: a file is loaded as the other kind of module.

use super::crash::Kind;
use super::{Cause, Stands, crash, evidence, findings, fix};
use crate::model::diagnosis::Diagnosis;
use crate::model::finding::Severity;
use crate::model::server::Facts;

pub static CAUSE: Cause = Cause {
    id: "module-format-mismatch",
    severity: Severity::Error,
    summary: "a file is loaded as the other kind of module",
    page: include_str!("../../docs/causes/module-format-mismatch.md"),
    stands: Stands::InTheWay,
    follows_from: &[
        "node-too-old",
        "deployment-missing",
        "deployment-nested",
        "update-interrupted",
        "download-not-an-archive",
        "disk-full",
        "tampered-files",
    ],
    diagnose,
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let crash = crash::crash(facts).filter(|crash| matches!(crash.kind, Kind::Format));
    let finding = facts.deployment.inspected().and_then(|inspected| inspected.stopper(CAUSE.id));
    let said = crash.iter().flat_map(|crash| [Some(crash.headline), crash.place]).flatten().map(evidence::journal);
    let found = finding.map(|finding| findings::quote(facts, finding));
    let mut seen = found.into_iter().chain(said).chain(evidence::state(facts));
    if finding.is_none() && crash.is_none() {
        return None;
    }
    let words = "A file is written as one kind of module and loaded as the other";
    let first = seen.next()?;
    Some(CAUSE.found(facts, words, first).and(seen).steps(fix::mend(facts)))
}
