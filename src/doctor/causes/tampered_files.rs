//! `tampered-files`: files of the bundle are not those that were signed.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{bundle_fix, evidence, findings};
use crate::doctor::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::{Detail, Finding, Severity};

pub(super) static CAUSE: Cause = Cause {
    id: "tampered-files",
    severity: Severity::Error,
    summary: "files of the bundle are not those that were signed",
    page: include_str!("../../../docs/causes/tampered-files.md"),
    stands: Stands::Beside,
    areas: &[Area::Deployment],
    follows_from: &[
        "disk-full",
        "update-interrupted",
        "download-not-an-archive",
        "deployment-missing",
        "deployment-nested",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let report = &facts.deployment.inspected()?.report;
    let differs = |finding: &&Finding| match finding.rule {
        // What the update deletes and installs below `node_modules` is gone for a reason of its own.
        "checksum-mismatch" => !(finding.detail == Detail::FileAbsent && is_installed(finding)),
        "signature-invalid" => true,
        _ => false,
    };
    let found: Vec<&Finding> = report.findings.iter().filter(differs).collect();
    let first = found.first()?;
    let words = "Files of the bundle are not those that were signed";
    let more = found.iter().skip(1).take(2).map(|finding| findings::quote(facts, finding));
    let diagnosis = CAUSE.found(facts, words, findings::quote(facts, first)).and(more).and(evidence::state(facts));
    Some(diagnosis.steps(bundle_fix::mend(facts)))
}

fn is_installed(finding: &Finding) -> bool {
    finding.path.as_deref().is_some_and(|path| path.starts_with("node_modules/"))
}
