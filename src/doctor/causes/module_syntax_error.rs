//! `module-syntax-error`: a file of the agent does not parse.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::CrashKind;
use super::findings;
use crate::doctor::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "module-syntax-error",
    severity: Severity::Error,
    summary: "a file of the agent does not parse",
    page: include_str!("../../../docs/causes/module-syntax-error.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Deployment],
    follows_from: &[
        "module-format-mismatch",
        "node-too-old",
        "dependencies-not-installed",
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
    let words = "A file that the agent loads does not parse";
    findings::or_crash(&CAUSE, facts, words, |kind| matches!(kind, CrashKind::Syntax))
}
