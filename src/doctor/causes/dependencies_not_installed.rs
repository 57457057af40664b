//! `dependencies-not-installed`: packages that package.json declares are not installed.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::{Crash, CrashKind};
use super::{bundle_fix, crash, evidence, findings};
use crate::doctor::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::{Finding, Severity};
use crate::update::documented_paths;
use std::collections::BTreeSet;

pub(super) static CAUSE: Cause = Cause {
    id: "dependencies-not-installed",
    severity: Severity::Error,
    summary: "packages that package.json declares are not installed",
    page: include_str!("../../../docs/causes/dependencies-not-installed.md"),
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
    let crash = crash::crash(facts);
    if let Some(diagnosis) = crash.as_ref().and_then(|crash| damaged(facts, crash)) {
        return Some(diagnosis);
    }
    let dies_of = crash.as_ref().and_then(|crash| match &crash.kind {
        CrashKind::Package(name) if inspected.absent_dependencies.contains(name) && !inspected.is_linked(name) => {
            Some(name.as_str())
        }
        _ => None,
    });
    // A declared package that nothing imports keeps no agent from starting.
    let findings: Vec<(&Finding, &str)> =
        inspected.stoppers().filter_map(|finding| Some((finding, findings::absent(inspected, finding)?))).collect();
    let mut needed: Vec<&str> = dies_of.into_iter().chain(findings.iter().map(|(_, name)| *name)).collect();
    let mut seen = BTreeSet::new();
    needed.retain(|name| seen.insert(*name));
    if needed.is_empty() {
        return None;
    }
    let modules = format!("{}/node_modules", facts.deployment.path);
    let listed = needed.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    let more = needed.len().saturating_sub(5);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let seen = match inspected.has_modules {
        true => evidence::disk(format!("{modules}: without {listed}{more}")),
        false => evidence::disk(format!("{modules}: no such directory; {listed}{more} are imported")),
    };
    let words = "Packages that the bundle's `package.json` declares, and the agent imports, are not installed";
    let diagnosis = CAUSE
        .found(facts, words, seen)
        .and(dies_of.and(crash.as_ref()).map(|crash| evidence::journal(crash.headline)))
        .and(findings.first().map(|(finding, _)| findings::quote(facts, finding)))
        .and(evidence::state(facts));
    Some(diagnosis.steps(bundle_fix::install_or_mend(facts)))
}

/// An installed package of which a part is missing, as after an installation that was cut off, and of which no rule says anything:
/// its `package.json` is none, or a file of it ends too early or is full of zeros.
fn damaged(facts: &Facts, crash: &Crash<'_>) -> Option<Diagnosis> {
    let is_judged = facts.deployment.inspected().is_some_and(|inspected| inspected.stoppers().next().is_some());
    let cut = ["Unexpected end of input", "Invalid or unexpected token"];
    let (name, what) = match &crash.kind {
        _ if is_judged => return None,
        CrashKind::PackageJson => (installed(facts, &crash.text)?, "Node cannot read its `package.json`"),
        CrashKind::Syntax if cut.iter().any(|end| crash.text.ends_with(end)) => {
            (installed(facts, &crash.place?.message)?, "a file of it does not parse")
        }
        _ => return None,
    };
    let words = format!("The installed package `{name}` is damaged: {what}");
    let diagnosis =
        CAUSE.found(facts, words, evidence::journal(crash.headline)).and(crash.place.map(evidence::journal));
    Some(diagnosis.and(evidence::state(facts)).steps(bundle_fix::install_or_mend(facts)))
}

/// The installed package that a path in a line lies in; not the shared one, which comes with the bundle.
pub(super) fn installed<'a>(facts: &Facts, line: &'a str) -> Option<&'a str> {
    let (_, below) = line.split_once(&format!("{}/node_modules/", facts.deployment.path))?;
    // pnpm has the package itself further below: `.pnpm/ws@8.18.0/node_modules/ws`.
    let inner = below.rsplit("node_modules/").next()?;
    let parts = if inner.starts_with('@') { 2 } else { 1 };
    let end = inner.match_indices('/').nth(parts - 1).map_or(inner.len(), |(at, _)| at);
    inner.get(..end).filter(|name| !name.is_empty() && *name != documented_paths::SHARED_PACKAGE)
}
