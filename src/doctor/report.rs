//! What `doctor` found, with what it was concluded from; `shown` makes of it what is rendered.

use super::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::id::Id;
use crate::report::server::{Health, NotChecked, ServerCheck};

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
    /// Causes that were recognised and are allowed, by name.
    pub allowed: Vec<Id>,
    /// What could not be learnt.
    pub not_checked: Vec<NotChecked>,
}
