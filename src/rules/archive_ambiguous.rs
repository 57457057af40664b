//! `archive-ambiguous`: two extractors would read the archive differently.

use super::{Judges, Rule};
use crate::layout;
use crate::model::bundle::Bundle;
use crate::model::defect::DefectKind;
use crate::model::finding::{Observation, Severity};

pub static RULE: Rule = Rule {
    id: "archive-ambiguous",
    severity: Severity::Error,
    summary: "two extractors would read the archive differently",
    page: include_str!("../../docs/rules/archive-ambiguous.md"),
    judges: Judges::Archive,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let message = |what: &str| format!("Extractors would not agree on this archive: {what}");
    super::of_kind(bundle, &DefectKind::Ambiguous, message)
        .into_iter()
        .map(|observation| {
            observation.help(format!(
                "make the archive again in one go with GNU tar, without appending to it:\n{}",
                layout::MAKE_ARCHIVE
            ))
        })
        .collect()
}
