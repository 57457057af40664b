//! `module-format-mismatch`: a file is loaded as the other kind of module.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::Kind;
use super::findings;
use crate::doctor::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;

pub static CAUSE: Cause = Cause {
    id: "module-format-mismatch",
    severity: Severity::Error,
    summary: "a file is loaded as the other kind of module",
    page: include_str!("../../../docs/causes/module-format-mismatch.md"),
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
    let words = "A file is written as one kind of module and loaded as the other";
    findings::or_crash(&CAUSE, facts, words, |kind| matches!(kind, Kind::Format))
}
