//! Findings of the deployed bundle that stop Node and have no cause of their own: each is a diagnosis under its rule's name.

use crate::doctor::causes::findings::{absent, missing, quote};
use crate::doctor::causes::{self, bundle_fix, crash, evidence, fix};
use crate::doctor::facts::{DeployedBundle, Facts};
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::{Finding, Severity};

/// Causes that explain such a finding away: the bundle is not there as it should be, so what is missing in it follows.
pub(crate) const FOLLOWS_FROM: &[&str] = &[
    "disk-full",
    "download-not-an-archive",
    "update-interrupted",
    "deployment-missing",
    "deployment-nested",
    "tampered-files",
];

/// A diagnosis for each rule that found something which stops Node.
pub(super) fn diagnose(facts: &Facts) -> Vec<Diagnosis> {
    let Some(inspected) = facts.deployment.inspected() else { return Vec::new() };
    let mut diagnoses: Vec<Diagnosis> = Vec::new();
    let has_no_cause = |finding: &&Finding| causes::find(finding.rule).is_none();
    for finding in inspected.stoppers().filter(has_no_cause).filter(|finding| !is_said_otherwise(inspected, finding)) {
        let quote = quote(facts, finding);
        match diagnoses.iter().position(|diagnosis| diagnosis.cause == finding.rule) {
            Some(at) => {
                let diagnosis = diagnoses.remove(at);
                diagnoses.insert(at, diagnosis.and([quote]));
            }
            None => {
                let mut diagnosis = Diagnosis::new(finding.rule, Severity::Error, sentence(&finding.message), quote);
                diagnosis.fix = bundle_fix::mend(facts);
                diagnosis.verify = fix::verify(facts);
                diagnoses.push(diagnosis);
            }
        }
    }
    // What the machine itself says comes after what is wrong on the disk.
    let said = crash::crash(facts).map(|crash| evidence::journal(crash.headline));
    diagnoses.into_iter().map(|diagnosis| diagnosis.and(said.clone()).and(evidence::state(facts))).collect()
}

/// A package that is missing has one name: it is not installed, or a link in its place leads nowhere.
fn is_said_otherwise(inspected: &DeployedBundle, finding: &Finding) -> bool {
    let linked = || missing(finding).is_some_and(|package| inspected.is_linked(package));
    absent(inspected, finding).is_some() || linked()
}

/// The first sentence of a rule's message, without its period.
fn sentence(message: &str) -> &str {
    message.split_once(". ").map_or(message, |(first, _)| first).trim_end_matches('.')
}
