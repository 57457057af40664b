//! `archive-unsafe-path`: a name in the archive is absolute, has `..` or a NUL, or is empty.

use super::defects;
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::tree::defect::DefectKind;
use crate::update::documented_paths;

pub static RULE: Rule = Rule {
    id: "archive-unsafe-path",
    severity: Severity::Error,
    summary: "a name in the archive is absolute, has `..` or a NUL, or is empty",
    page: include_str!("../../../docs/rules/archive-unsafe-path.md"),
    judges: Judges::Archive,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let message = |what: &str| {
        format!(
            "The archive has {what}; root's `tar` would strip or skip it, another extractor would write outside the bundle"
        )
    };
    defects::of_kind(bundle, &DefectKind::UnsafePath, message)
        .into_iter()
        .map(|observation| {
            observation.help(format!(
                "make the archive again with names relative to the bundle:\n{}",
                documented_paths::MAKE_ARCHIVE
            ))
        })
        .collect()
}
