//! `deployment-missing`: there is no deployed bundle.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{bundle_fix, evidence, started};
use crate::doctor::facts::{DeploymentState, Facts, Presence, ReachedPath};
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

/// Folders that the system cleans.
const TEMPORARY: [&str; 2] = ["/tmp", "/var/tmp"];

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if facts.has_no_agent() {
        // This is said once, of all that is not here (`unit-missing`).
        return None;
    }
    let words = match facts.deployment.state.known()? {
        DeploymentState::Absent => "There is no deployed bundle: its directory is gone",
        DeploymentState::Empty => "There is no deployed bundle: its directory is empty",
        DeploymentState::NotADirectory(_) => "There is no deployed bundle: what stands in its place is no directory",
        DeploymentState::Present(inspected) if inspected.is_bare => {
            "There is no deployed bundle: in its directory only folders are left, and no file"
        }
        DeploymentState::Present(_) => return None,
    };
    let is_below = |folder: &&&str| started::is_below(&facts.deployment.path, folder);
    let words = match TEMPORARY.iter().find(is_below) {
        Some(folder) => {
            format!("{words}. It was below `{folder}`, which is cleaned at the boot or after days (tmpfiles.d(5))")
        }
        None => words.to_owned(),
    };
    // A link to nothing, as to a release that somebody has removed.
    let linked = |directory: &&ReachedPath| matches!(directory.presence, Presence::Missing { link: Some(_), .. });
    let link = started::directory(facts).filter(linked).map(evidence::reached);
    let backup = facts.backup.inspected().map(|_| evidence::deployment(&facts.backup));
    let seen = evidence::deployment(&facts.deployment);
    let diagnosis = CAUSE.found(facts, words, seen).and(link).and(backup).and(evidence::state(facts));
    Some(diagnosis.steps(bundle_fix::mend(facts)))
}
