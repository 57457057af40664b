//! Whether a run passes, and what makes it fail.

use super::finding::{Finding, Severity};
use serde::{Deserialize, Serialize};

/// Whether a subject, or the whole run, has something at or above `--fail-on`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing at or above `--fail-on`.
    Pass,
    /// Something at or above it.
    Fail,
}

/// What `--fail-on` was set to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailOn {
    /// At and above this severity.
    At(Severity),
    /// Whatever was found.
    Never,
}

impl FailOn {
    /// The verdict on these findings.
    pub fn verdict<'a>(self, findings: impl IntoIterator<Item = &'a Finding>) -> Verdict {
        let fails = findings.into_iter().any(|finding| self.is_reached_by(finding.severity));
        if fails { Verdict::Fail } else { Verdict::Pass }
    }

    /// Whether something of this severity fails.
    #[must_use]
    pub fn is_reached_by(self, severity: Severity) -> bool {
        matches!(self, Self::At(limit) if severity >= limit)
    }
}
