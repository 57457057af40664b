//! What `check` finds in the deployed bundle, as causes use it: as evidence, and as the package that is missing.

use super::cause::Cause;
use super::crash::{self, CrashKind};
use super::{bundle_fix, evidence};
use crate::doctor::facts::{DeployedBundle, Facts};
use crate::report::diagnosis::{Diagnosis, Evidence, EvidenceSource};
use crate::report::finding::{Detail, Finding};

/// The declared package that a finding misses: that is `dependencies-not-installed`.
pub(crate) fn absent<'a>(inspected: &'a DeployedBundle, finding: &Finding) -> Option<&'a str> {
    let name = missing(finding)?;
    let declared = inspected.absent_dependencies.iter().find(|absent| *absent == name);
    declared.filter(|_| !inspected.is_linked(name)).map(String::as_str)
}

/// The package that a finding misses.
pub(crate) fn missing(finding: &Finding) -> Option<&str> {
    match &finding.detail {
        Detail::PackageAbsent { name } => Some(name),
        _ => None,
    }
}

/// A finding with its place on the server.
pub(crate) fn quote(facts: &Facts, finding: &Finding) -> Evidence {
    let path = finding
        .path
        .as_ref()
        .map_or_else(|| facts.deployment.path.clone(), |path| format!("{}/{path}", facts.deployment.path));
    let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
    let words = finding.evidence.as_deref().unwrap_or(&finding.message);
    Evidence::new(EvidenceSource::Filesystem, format!("{path}{line}  {words}"))
}

/// A cause of the same name as the rule that sees it on the disk: told by the rule's finding, by how node died, or by both.
pub(crate) fn or_crash(
    cause: &Cause,
    facts: &Facts,
    words: &str,
    is_of_it: fn(&CrashKind) -> bool,
) -> Option<Diagnosis> {
    let crash = crash::crash(facts).filter(|crash| is_of_it(&crash.kind));
    let finding = facts.deployment.inspected().and_then(|inspected| inspected.stopper(cause.id));
    if finding.is_none() && crash.is_none() {
        return None;
    }
    let said = crash.iter().flat_map(|crash| [Some(crash.headline), crash.place]).flatten().map(evidence::journal);
    let found = finding.map(|finding| quote(facts, finding));
    let mut seen = found.into_iter().chain(said).chain(evidence::state(facts));
    let first = seen.next()?;
    Some(cause.found(facts, words, first).and(seen).steps(bundle_fix::mend(facts)))
}
