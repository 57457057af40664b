//! `archive-unsafe-path`: a name in the archive is absolute, has `..` or a NUL, or is empty.

use super::{Judges, Rule};
use crate::layout;
use crate::model::bundle::Bundle;
use crate::model::defect::DefectKind;
use crate::model::finding::{Observation, Severity};

pub static RULE: Rule = Rule {
    id: "archive-unsafe-path",
    severity: Severity::Error,
    summary: "a name in the archive is absolute, has `..` or a NUL, or is empty",
    page: include_str!("../../docs/rules/archive-unsafe-path.md"),
    judges: Judges::Archive,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let message = |what: &str| {
        format!(
            "The archive has {what}; root's `tar` would strip or skip it, another extractor would write outside the bundle"
        )
    };
    super::of_kind(bundle, &DefectKind::UnsafePath, message)
        .into_iter()
        .map(|observation| {
            observation
                .help(format!("make the archive again with names relative to the bundle:\n{}", layout::MAKE_ARCHIVE))
        })
        .collect()
}
