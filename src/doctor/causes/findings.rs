//! Findings of the deployed bundle that stop Node and have no cause of their own: each is a cause under its rule's name.

use super::crash::{self, Kind};
use super::{CAUSES, Cause, NO_BUNDLE, evidence, fix};
use crate::doctor::facts::{Facts, Inspected};
use crate::report::diagnosis::{Diagnosis, Evidence, Source};
use crate::report::finding::{Detail, Finding, Severity};

/// A diagnosis for each rule that found something which stops Node.
pub fn diagnose(facts: &Facts) -> Vec<Diagnosis> {
    let Some(inspected) = facts.deployment.inspected() else { return Vec::new() };
    let mut diagnoses: Vec<Diagnosis> = Vec::new();
    for finding in
        inspected.stoppers().filter(|finding| has_no_cause(finding.rule) && !is_said_otherwise(inspected, finding))
    {
        let quote = quote(facts, finding);
        match diagnoses.iter().position(|diagnosis| diagnosis.cause == finding.rule) {
            Some(at) => {
                let diagnosis = diagnoses.remove(at);
                diagnoses.insert(at, diagnosis.and([quote]));
            }
            None => {
                let mut diagnosis = Diagnosis::new(finding.rule, Severity::Error, sentence(&finding.message), quote);
                diagnosis.fix = fix::mend(facts);
                diagnosis.verify = fix::verify(facts);
                diagnoses.push(diagnosis);
            }
        }
    }
    // What the machine itself says comes after what is wrong on the disk.
    let said = crash::crash(facts).map(|crash| evidence::journal(crash.headline));
    diagnoses.into_iter().map(|diagnosis| diagnosis.and(said.clone()).and(evidence::state(facts))).collect()
}

/// `nested-layout` is `deployment-nested`.
fn has_no_cause(rule: &str) -> bool {
    rule != "nested-layout" && !CAUSES.iter().any(|cause| cause.id == rule)
}

/// A package that is missing has one name: it is not installed, or a link in its place leads nowhere.
fn is_said_otherwise(inspected: &Inspected, finding: &Finding) -> bool {
    let linked = || missing(finding).is_some_and(|package| inspected.is_linked(package));
    absent(inspected, finding).is_some() || linked()
}

/// The declared package that a finding misses: that is `dependencies-not-installed`.
pub fn absent<'a>(inspected: &'a Inspected, finding: &Finding) -> Option<&'a str> {
    let name = missing(finding)?;
    let declared = inspected.absent_dependencies.iter().find(|absent| *absent == name);
    declared.filter(|_| !inspected.is_linked(name)).map(String::as_str)
}

/// The package that a finding misses.
fn missing(finding: &Finding) -> Option<&str> {
    match &finding.detail {
        Detail::PackageAbsent { name } => Some(name),
        _ => None,
    }
}

/// Causes that explain such a finding away.
pub const FOLLOWS_FROM: &[&str] = NO_BUNDLE;

/// A finding with its place on the server.
pub fn quote(facts: &Facts, finding: &Finding) -> Evidence {
    let path = finding
        .path
        .as_ref()
        .map_or_else(|| facts.deployment.path.clone(), |path| format!("{}/{path}", facts.deployment.path));
    let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
    let words = finding.evidence.as_deref().unwrap_or(&finding.message);
    Evidence::new(Source::Filesystem, format!("{path}{line}  {words}"))
}

/// The first sentence of a rule's message, without its period.
fn sentence(message: &str) -> &str {
    message.split_once(". ").map_or(message, |(first, _)| first).trim_end_matches('.')
}

/// A cause of the same name as the rule that sees it on the disk: told by the rule's finding, by how node died, or by both.
pub fn or_crash(cause: &Cause, facts: &Facts, words: &str, is_of_it: fn(&Kind) -> bool) -> Option<Diagnosis> {
    let crash = crash::crash(facts).filter(|crash| is_of_it(&crash.kind));
    let finding = facts.deployment.inspected().and_then(|inspected| inspected.stopper(cause.id));
    if finding.is_none() && crash.is_none() {
        return None;
    }
    let said = crash.iter().flat_map(|crash| [Some(crash.headline), crash.place]).flatten().map(evidence::journal);
    let found = finding.map(|finding| quote(facts, finding));
    let mut seen = found.into_iter().chain(said).chain(evidence::state(facts));
    let first = seen.next()?;
    Some(cause.found(facts, words, first).and(seen).steps(fix::mend(facts)))
}
