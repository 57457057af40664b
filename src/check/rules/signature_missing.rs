//! `signature-missing`: a signature is required and there is none.

use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::report::signature::SignatureStatus;

pub static RULE: Rule = Rule {
    id: "signature-missing",
    severity: Severity::Error,
    summary: "a signature is required and there is none",
    page: include_str!("../../../docs/rules/signature-missing.md"),
    judges: Judges::Archive,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let authenticity = bundle.authenticity;
    let (message, help) = match authenticity.signature().report.status {
        SignatureStatus::Missing => (
            "A signature is required, and there is none: nobody can say whose bundle this is",
            "sign the archive with the release key: `bundle-doctor sign --help`",
        ),
        // A key is known where a signature is required, so reading stopped before the end.
        SignatureStatus::NotChecked => (
            "A signature is required, and the one that is there could not be checked: the archive was not read to its end",
            "see what is wrong with the archive itself",
        ),
        SignatureStatus::Verified | SignatureStatus::Invalid | SignatureStatus::Untrusted => return Vec::new(),
    };
    if !authenticity.required {
        return Vec::new();
    }
    vec![Observation::new(message).help(help)]
}
