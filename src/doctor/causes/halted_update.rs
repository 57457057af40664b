//! Where an update stopped, told by what it left on the disk.
//!
//! The eight steps are the source document's (docs/reference/update-mechanism.md, "Processus de Mise à Jour
//! Automatique"). The procedure stops at the first step that fails and takes nothing back.

use super::evidence;
use crate::doctor::facts::{Deployment, DeploymentState, Facts};
use crate::report::diagnosis::Evidence;
use crate::report::moment::Moment;
use crate::text::plural;

/// Seconds between the backup and the last change of the bundle that one update may take, installation included.
const ONE_UPDATE: u64 = 3600;

/// An update that did not reach its end.
pub(super) struct Halted {
    /// The step it did not finish, from 1 to 8.
    pub step: u8,
    /// What that step is.
    pub title: &'static str,
    /// What on the disk tells so.
    pub evidence: Vec<Evidence>,
}

/// The titles of the steps.
const TITLES: [&str; 8] = [
    "download",
    "backup",
    "extraction",
    "removal of node_modules",
    "installation of the dependencies",
    "copy of the shared package",
    "update of the unit",
    "restart",
];

fn halted(step: u8, evidence: Vec<Evidence>) -> Halted {
    let title = TITLES.get(usize::from(step).saturating_sub(1)).copied().unwrap_or("update");
    Halted { step, title, evidence }
}

/// The step at which an update stopped: nothing without a trace of an update.
pub(super) fn halted_update(facts: &Facts) -> Option<Halted> {
    let backup = newest_backup(facts);
    let download = facts.download.known().and_then(Option::as_ref);
    let mut traces: Vec<Evidence> = backup.map(evidence::deployment).into_iter().collect();
    if let Some(download) = download {
        let words = format!("{}: still there, {}", download.path, plural(download.report.size, "byte"));
        let left = evidence::disk(words);
        traces.push(match download.changed {
            Some(changed) => left.at(changed),
            None => left,
        });
    }
    if traces.is_empty() {
        return None;
    }
    let here = evidence::deployment(&facts.deployment);
    let with = |step: u8, first: Evidence| Some(halted(step, std::iter::once(first).chain(traces.clone()).collect()));
    match facts.deployment.state.known()? {
        DeploymentState::NotADirectory(_) => None,
        // Step 2 moved the bundle away. Step 3 begins with `mkdir -p`, so an empty folder means that `tar` brought
        // nothing.
        DeploymentState::Absent if backup.is_some() => with(3, here),
        DeploymentState::Absent => None,
        DeploymentState::Empty => with(3, here),
        DeploymentState::Present(inspected) => {
            let bundle = &facts.deployment.path;
            // Agents remove the archive once it is extracted: one that is still there tells of an update that stopped
            // before (docs/reference/field-facts.md, "The update, as executed by agents in the field").
            if let Some(download) = download.filter(|one| is_of_one_update(one.changed, inspected.changed)) {
                let has = |rule: &str| download.report.findings.iter().any(|finding| finding.rule == rule);
                // What the archive itself lacks, no extraction brings.
                let lost = !inspected.has_entry() && !has("entry-point-missing") && !has("archive-wrapped");
                let cut = has("archive-unreadable") && inspected.stoppers().next().is_some();
                if lost || cut {
                    return with(3, evidence::disk(format!("{bundle}: not all of the archive was extracted")));
                }
            }
            if !backup.is_some_and(|backup| is_of_one_update(changed(backup), inspected.changed)) {
                return None;
            }
            let lacks = |rule: &str| inspected.report.findings.iter().any(|finding| finding.rule == rule);
            // The archive is gone where `/tmp` is in memory and the server was started anew. No step leaves a bundle
            // without its manifest and without `node_modules`, unless extraction was cut.
            if lacks("package-json-missing") && !inspected.has_modules {
                return with(
                    3,
                    evidence::disk(format!("{bundle}/package.json: not there; the bundle was not extracted whole")),
                );
            }
            let stops = inspected.stoppers().next().is_some();
            if stops && !inspected.absent_dependencies.is_empty() && !inspected.has_dependencies {
                let what = if inspected.has_modules { "nothing is installed in it" } else { "no such directory" };
                return with(5, evidence::disk(format!("{bundle}/node_modules: {what}")));
            }
            let copies = inspected.ships_shared && inspected.stopper("shared-package-missing").is_some();
            if copies {
                let words =
                    format!("{bundle}/packages/shared is there, {bundle}/node_modules/@server-flow/shared is not");
                return with(6, evidence::disk(words));
            }
            None
        }
    }
}

/// Whether the agent that runs was started before the bundle was replaced: the restart of step 8 is still to come.
pub(super) fn runs_replaced_code(facts: &Facts) -> Option<Evidence> {
    let process = facts.process.known()?.as_ref()?;
    let backups = [Some(&facts.backup), facts.nested_backup.as_ref()].into_iter().flatten();
    // The kernel follows a folder that is renamed: `/proc/PID/cwd` of an agent from before step 2 leads into the
    // backup.
    let in_backup = process
        .directory
        .as_ref()
        .is_some_and(|path| backups.into_iter().any(|backup| super::started::is_below(path, &backup.path)));
    let changed = facts.deployment.inspected().and_then(|inspected| inspected.changed);
    let older = matches!((process.started, changed), (Some(started), Some(changed)) if started < changed);
    let replaced = older && backup_is_younger(facts, process.started);
    (in_backup || replaced).then(|| evidence::process(facts)).flatten()
}

/// Whether the backup was made while the process was running already.
fn backup_is_younger(facts: &Facts, started: Option<Moment>) -> bool {
    let made = newest_backup(facts).and_then(changed);
    matches!((made, started), (Some(made), Some(started)) if made > started)
}

fn newest_backup(facts: &Facts) -> Option<&Deployment> {
    let is_there = |backup: &&Deployment| backup.inspected().is_some();
    // A second update moves the bundle into the backup that is there, so the inner one is the newer
    // (docs/reference/field-facts.md, "A failed update is a time bomb").
    facts.nested_backup.iter().chain([&facts.backup]).find(is_there)
}

fn changed(deployment: &Deployment) -> Option<Moment> {
    deployment.inspected().and_then(|inspected| inspected.changed)
}

/// Moving a folder changes its ctime, so a backup is as old as the update that made it. Unknown times prove nothing
/// against.
fn is_of_one_update(made: Option<Moment>, changed: Option<Moment>) -> bool {
    match (made, changed) {
        (Some(made), Some(changed)) => changed.seconds_since(made).max(made.seconds_since(changed)) <= ONE_UPDATE,
        _ => true,
    }
}
