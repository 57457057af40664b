//! What is said of a baseline in every format: how many findings are known, and which of it are gone, so that the file shrinks.

use crate::report::baseline::{BaselineReport, KnownFinding};
use crate::report::finding::{Finding, Severity};
use crate::text::plural;

/// `3 known findings`, `3 known errors`; nothing where there are none.
#[must_use]
pub(super) fn known(findings: &[Finding]) -> Option<String> {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count() as u64;
    match (findings.len() as u64, errors) {
        (0, _) => None,
        (count, 0) => Some(plural(count, "known finding")),
        (_, errors) => Some(plural(errors, "known error")),
    }
}

/// A line for each finding that is gone, and what to do about it.
pub(super) fn gone(baseline: &BaselineReport) -> impl Iterator<Item = String> {
    baseline.gone.iter().map(|finding| {
        format!(
            "gone from {}: {}; take its line out, or write it anew with --write-baseline",
            baseline.path,
            place(finding)
        )
    })
}

/// `development-file in src (3 places): first words`.
#[must_use]
pub(super) fn place(finding: &KnownFinding) -> String {
    let KnownFinding { rule, path, seen, count } = finding;
    let path = path.as_ref().map_or_else(String::new, |path| format!(" in {path}"));
    let count = if *count > 1 { format!(" ({count} of it)") } else { String::new() };
    let seen = seen.as_ref().map_or_else(String::new, |seen| format!("  {seen}"));
    format!("{rule}{path}{count}{seen}")
}
