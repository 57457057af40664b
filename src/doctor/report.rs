//! What `doctor` found, ready to be rendered.

use super::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;
use crate::report::server::{Health, NotChecked, ServerCheck};
use crate::report::verdict::FailOn;

/// What `doctor` found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DoctorReport {
    /// How the server fares.
    pub health: Health,
    /// What it was concluded from.
    pub facts: Facts,
    /// Each thing that was looked at.
    pub checks: Vec<ServerCheck>,
    /// The root causes, the first first.
    pub diagnoses: Vec<Diagnosis>,
    /// What could not be learnt.
    pub not_checked: Vec<NotChecked>,
}

impl DoctorReport {
    /// Whether a diagnosis is at or above `--fail-on`.
    #[must_use]
    pub(crate) fn fails(&self, fail_on: FailOn) -> bool {
        let at_least = |limit: Severity| self.diagnoses.iter().any(|diagnosis| diagnosis.severity >= limit);
        match fail_on {
            FailOn::At(limit) => at_least(limit),
            FailOn::Never => false,
        }
    }
}
