//! `missing-export`: a file imports a name that its target does not export.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::Kind;
use super::findings;
use crate::doctor::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;

pub static CAUSE: Cause = Cause {
    id: "missing-export",
    severity: Severity::Error,
    summary: "a file imports a name that its target does not export",
    page: include_str!("../../../docs/causes/missing-export.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Deployment],
    follows_from: &[
        "node-too-old",
        "deployment-missing",
        "deployment-nested",
        "update-interrupted",
        "download-not-an-archive",
        "disk-full",
        "tampered-files",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let words = "A file of the agent imports a name that its target does not export";
    findings::or_crash(&CAUSE, facts, words, |kind| matches!(kind, Kind::Export(_)))
}
