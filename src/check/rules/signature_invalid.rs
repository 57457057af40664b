//! `signature-invalid`: the signature does not fit the bundle.

use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::report::signature::SignatureStatus;

pub static RULE: Rule = Rule {
    id: "signature-invalid",
    severity: Severity::Error,
    summary: "the signature does not fit the bundle",
    page: include_str!("../../../docs/rules/signature-invalid.md"),
    judges: Judges::Archive,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let signatures = bundle.authenticity.signatures();
    let invalid = signatures.filter(|signature| signature.report.status == SignatureStatus::Invalid);
    invalid
        .map(|signature| {
            let why = signature.fault.as_deref().unwrap_or("it does not fit");
            let observation = Observation::new(format!("The signature does not hold: {why}"))
                .help("do not install it; fetch the bundle and its signature again, from where they were released");
            match &signature.found_in {
                Some(file) => observation.evidence(file),
                None => observation,
            }
        })
        .collect()
}
