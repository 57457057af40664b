//! Facts to a report: runs the table of causes. The causes come with the next commits; until then nothing is concluded.

use crate::model::server::Facts;
use crate::model::server_report::{DoctorReport, Health};

/// Judges a server.
#[must_use]
pub fn diagnose(facts: Facts) -> DoctorReport {
    let (checks, diagnoses, not_checked) = (Vec::new(), Vec::new(), Vec::new());
    DoctorReport { health: Health::Inconclusive, facts, checks, diagnoses, not_checked }
}
