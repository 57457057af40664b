//! `shared-package-missing`: the shared package is not in node_modules.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::CrashKind;
use super::{bundle_fix, crash, evidence, fix};
use crate::doctor::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "shared-package-missing",
    severity: Severity::Error,
    summary: "the shared package is not in node_modules",
    page: include_str!("../../../docs/causes/shared-package-missing.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Deployment],
    follows_from: &[
        "deployment-missing",
        "deployment-nested",
        "update-interrupted",
        "download-not-an-archive",
        "disk-full",
        "permission-denied",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let inspected = facts.deployment.inspected()?;
    let finding = inspected.stopper(CAUSE.id)?;
    let copy = finding.path.as_deref().unwrap_or("node_modules/@server-flow/shared");
    let seen = evidence::disk(format!("{}/{copy}: no such directory", facts.deployment.path));
    let crash =
        crash::crash(facts).filter(|crash| matches!(&crash.kind, CrashKind::Package(name) if copy.ends_with(name)));
    let words = match facts.backup.inspected() {
        Some(_) => {
            "The shared package is not in the bundle's `node_modules`: step 4 of the update deletes the copy that was packed"
        }
        None => "The shared package is not in the bundle's `node_modules`",
    };
    let diagnosis = CAUSE
        .found(facts, words, seen)
        .and(crash.map(|crash| evidence::journal(crash.headline)))
        .and(evidence::state(facts));
    if inspected.ships_shared {
        let steps = fix::or_told(bundle_fix::copy_shared(facts));
        return Some(diagnosis.steps(bundle_fix::started_after(steps, facts)));
    }
    Some(diagnosis.steps(bundle_fix::mend(facts)))
}
