//! `dependencies-not-installed`: packages that package.json declares are not installed.

use super::crash::Kind;
use super::{Cause, Stands, crash, evidence, fix};
use crate::model::diagnosis::Diagnosis;
use crate::model::finding::Severity;
use crate::model::server::Facts;

pub static CAUSE: Cause = Cause {
    id: "dependencies-not-installed",
    severity: Severity::Error,
    summary: "packages that package.json declares are not installed",
    page: include_str!("../../docs/causes/dependencies-not-installed.md"),
    stands: Stands::InTheWay,
    follows_from: &[
        "deployment-missing",
        "deployment-nested",
        "update-interrupted",
        "download-not-an-archive",
        "disk-full",
        "permission-denied",
    ],
    diagnose,
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let inspected = facts.deployment.inspected().filter(|inspected| !inspected.absent_dependencies.is_empty())?;
    let absent = &inspected.absent_dependencies;
    let modules = format!("{}/node_modules", facts.deployment.path);
    let listed = absent.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = absent.len().saturating_sub(5);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let seen = match inspected.has_modules {
        true => evidence::disk(format!("{modules}: without {listed}{more}")),
        false => evidence::disk(format!("{modules}: no such directory; {listed}{more} are declared")),
    };
    let crash = crash::crash(facts).filter(|crash| matches!(crash.kind, Kind::Package(_)));
    let words = "Packages that the bundle's `package.json` declares are not installed";
    let diagnosis = CAUSE
        .found(facts, words, seen)
        .and(crash.map(|crash| evidence::journal(crash.headline)))
        .and(evidence::state(facts));
    if fix::good_backup(facts).is_some() {
        return Some(diagnosis.steps(fix::mend(facts)));
    }
    Some(diagnosis.step(fix::install(facts)).step(fix::restart(facts)))
}
