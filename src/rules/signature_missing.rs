//! `signature-missing`: a signature is required and there is none.

use super::{Judges, Rule};
use crate::model::bundle::Bundle;
use crate::model::finding::{Observation, Severity};
use crate::model::report::SignatureStatus;
pub static RULE: Rule = Rule {
    id: "signature-missing",
    severity: Severity::Error,
    summary: "a signature is required and there is none",
    page: include_str!("../../docs/rules/signature-missing.md"),
    judges: Judges::Archive,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let authenticity = bundle.authenticity;
    if !authenticity.required || authenticity.signature().report.status != SignatureStatus::Missing {
        return Vec::new();
    }
    let message = "A signature is required, and there is none: nobody can say whose bundle this is";
    let help = "sign the archive with the release key: `bundle-doctor sign --help`";
    vec![Observation::new(message).help(help)]
}
