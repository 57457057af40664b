//! `deployment-missing`: there is no deployed bundle.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{bundle_fix, evidence, fix, started};
use crate::doctor::facts::{DeploymentState, Facts, Presence, ReachedPath, UnmountedVolume};
use crate::report::diagnosis::{Diagnosis, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::{AbsolutePath, CheckedWord};

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

/// The bundle is where it was, and its file system is not mounted: another bundle in its place would lie below it, hidden as soon
/// as it is mounted again.
fn on_another_disk(facts: &Facts, volume: &UnmountedVolume) -> Diagnosis {
    let UnmountedVolume { point, place, line } = volume;
    let words = format!("The file system at `{point}`, on which the bundle is, is not mounted");
    let text = format!(
        "mount it (`mount {point}`), and see why it was not: the disk, its line in {place}, what the journal says of the mount; \
         then start the agent: systemctl restart {}",
        facts.places.unit
    );
    let look = AbsolutePath::new(point).map(|point| {
        vec![FixStep::looks(
            text,
            vec![command!("findmnt", "--fstab", "--target", &point, CheckedWord::Shell("|| true"))],
        )]
    });
    CAUSE
        .found(facts, words, evidence::disk(format!("{place}  {line}")))
        .and([evidence::deployment(&facts.deployment)])
        .and(evidence::state(facts))
        .steps(fix::or_told(look))
}

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
    if let Some(volume) = facts.unmounted.as_ref().filter(|_| facts.is_live()) {
        return Some(on_another_disk(facts, volume));
    }
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
