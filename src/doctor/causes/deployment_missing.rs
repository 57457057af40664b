//! `deployment-missing`: there is no deployed bundle.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{bundle_fix, evidence};
use crate::doctor::facts::{DeploymentState, Facts};
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "deployment-missing",
    severity: Severity::Error,
    summary: "there is no deployed bundle",
    page: include_str!("../../../docs/causes/deployment-missing.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Deployment],
    follows_from: &["update-interrupted", "download-not-an-archive"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if facts.has_no_agent() {
        // This is said once, of all that is not here (`unit-missing`).
        return None;
    }
    let words = match facts.deployment.state.known()? {
        DeploymentState::Absent => "There is no deployed bundle: its directory is gone",
        DeploymentState::Empty => "There is no deployed bundle: its directory is empty",
        DeploymentState::NotADirectory(_) => "There is no deployed bundle: what stands in its place is no directory",
        DeploymentState::Present(_) => return None,
    };
    let backup = facts.backup.inspected().map(|_| evidence::deployment(&facts.backup));
    let seen = evidence::deployment(&facts.deployment);
    let diagnosis = CAUSE.found(facts, words, seen).and(backup).and(evidence::state(facts));
    Some(diagnosis.steps(bundle_fix::mend(facts)))
}
