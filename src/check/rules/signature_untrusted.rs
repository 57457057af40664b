//! `signature-untrusted`: the signature was made by a key that is not trusted.

use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::report::signature::SignatureStatus;

pub static RULE: Rule = Rule {
    id: "signature-untrusted",
    severity: Severity::Error,
    summary: "the signature was made by a key that is not trusted",
    page: include_str!("../../../docs/rules/signature-untrusted.md"),
    judges: Judges::Archive,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let signatures = bundle.authenticity.signatures();
    let untrusted = signatures.filter(|signature| signature.report.status == SignatureStatus::Untrusted);
    untrusted
        .map(|signature| {
            let id = signature.report.key_id.as_deref().unwrap_or("unknown");
            let message = format!("It was signed by the key {id}, which is not among the trusted ones");
            let observation = Observation::new(message)
                .help("if that key is the release's, trust it with `--key FILE` or in `[signature] keys`; otherwise do not install the bundle");
            match &signature.found_in {
                Some(file) => observation.evidence(file),
                None => observation,
            }
        })
        .collect()
}
