//! `archive-too-large`: the archive is beyond the limits of size, ratio, entries or depth, and was not read on.

use super::defects;
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::tree::defect::DefectKind;

pub static RULE: Rule = Rule {
    id: "archive-too-large",
    severity: Severity::Error,
    summary: "the archive is beyond the limits of size, ratio, entries or depth, and was not read on",
    page: include_str!("../../../docs/rules/archive-too-large.md"),
    judges: Judges::Archive,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    defects::of_kind(bundle, &DefectKind::TooLarge, |what| format!("{what}; reading stopped there"))
        .into_iter()
        .map(|observation| {
            observation.help("see what made it grow; if it is right so, raise the limit: --max-size, --max-entries, --max-ratio, --max-depth")
        })
        .collect()
}
