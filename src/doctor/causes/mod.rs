//! The root causes of `doctor`: one file each, and the table that names them all.
//!
//! A cause is a pure function from [`Facts`] to what it recognises, with evidence and a fix. It does not know of other
//! causes that fired, of severities that the user changed, or of formats. To add one, see `docs/contributing.md`.

mod backup_nested;
mod control_plane_unreachable;
mod crash;
mod cwd_deleted;
mod dependencies_not_installed;
mod deployment_missing;
mod deployment_nested;
mod disk_full;
mod download_not_an_archive;
mod drop_in_overrides;
mod entry_point_missing;
mod evidence;
mod executable_missing;
mod findings;
mod fix;
mod halted_update;
mod missing_export;
mod module_format_mismatch;
mod module_not_found;
mod module_syntax_error;
mod node_too_old;
mod out_of_memory;
mod permission_denied;
mod port_in_use;
mod restart_would_fail;
mod secret_in_unit;
mod service_crash_loop;
mod service_stopped;
mod shared_package_linked;
mod shared_package_missing;
mod started;
mod systemd_unavailable;
mod tampered_files;
mod unit_disabled;
mod unit_invalid;
mod unit_masked;
mod unit_missing;
mod unit_nested_paths;
mod unit_not_reloaded;
mod unknown_crash;
mod update_interrupted;
mod user_missing;
mod working_directory_missing;

pub use findings::FOLLOWS_FROM as FINDINGS_FOLLOW_FROM;
pub use halted_update::{Halted, halted_update};

use crate::doctor::facts::Facts;
use crate::report::diagnosis::{Diagnosis, Evidence, Step};
use crate::report::finding::Severity;

/// One cause.
pub struct Cause {
    /// Its name, which is also its file's and its page's.
    pub id: &'static str,
    /// How bad it is unless the case is milder, or the user says otherwise.
    pub severity: Severity,
    /// One sentence, for `rules`.
    pub summary: &'static str,
    /// Its page in `docs/causes/`, which `explain` prints.
    pub page: &'static str,
    /// What it means for a start of the agent.
    pub stands: Stands,
    /// Causes, or rules of `check` under whose name a finding is a cause, that explain it away.
    pub follows_from: &'static [&'static str],
    /// What it recognises.
    pub diagnose: fn(&Facts) -> Option<Diagnosis>,
}

/// What a cause means for a start of the agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stands {
    /// While it is an error, the agent cannot start: if it runs all the same, the next restart fails.
    InTheWay,
    /// While it is an error, systemd refuses to start the agent: a restart is refused as well, and the agent that runs goes
    /// on.
    Refuses,
    /// The agent may run or not.
    Beside,
    /// What is seen of a service that does not run: it follows from whatever stands in the way.
    Symptom,
    /// Said only where nothing else stands in the way.
    LastResort,
}

/// Causes that say that the bundle is not there as it should be: what is missing in it follows from them.
const NO_BUNDLE: &[&str] = &[
    "disk-full",
    "download-not-an-archive",
    "update-interrupted",
    "deployment-missing",
    "deployment-nested",
    "tampered-files",
];

/// Every cause, in the order in which a start meets them: the manager, the unit, what an update left, the directory, the
/// program, the script, its modules, the running agent, and what is only worth a warning.
pub static CAUSES: &[&Cause] = &[
    &restart_would_fail::CAUSE,
    &systemd_unavailable::CAUSE,
    &unit_masked::CAUSE,
    &unit_missing::CAUSE,
    &unit_invalid::CAUSE,
    &disk_full::CAUSE,
    &drop_in_overrides::CAUSE,
    &unit_not_reloaded::CAUSE,
    &user_missing::CAUSE,
    &download_not_an_archive::CAUSE,
    &update_interrupted::CAUSE,
    &deployment_missing::CAUSE,
    &deployment_nested::CAUSE,
    &unit_nested_paths::CAUSE,
    &working_directory_missing::CAUSE,
    &executable_missing::CAUSE,
    &permission_denied::CAUSE,
    &entry_point_missing::CAUSE,
    &dependencies_not_installed::CAUSE,
    &shared_package_missing::CAUSE,
    &shared_package_linked::CAUSE,
    &tampered_files::CAUSE,
    &node_too_old::CAUSE,
    &missing_export::CAUSE,
    &module_format_mismatch::CAUSE,
    &module_syntax_error::CAUSE,
    &module_not_found::CAUSE,
    &out_of_memory::CAUSE,
    &port_in_use::CAUSE,
    &unknown_crash::CAUSE,
    &service_crash_loop::CAUSE,
    &service_stopped::CAUSE,
    &cwd_deleted::CAUSE,
    &control_plane_unreachable::CAUSE,
    &backup_nested::CAUSE,
    &unit_disabled::CAUSE,
    &secret_in_unit::CAUSE,
];

/// The cause of that id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Cause> {
    CAUSES.iter().copied().find(|cause| cause.id == id)
}

/// The place of an id in the report: a rule's finding stands before `module-not-found`, which may follow from it.
#[must_use]
pub fn rank(id: &str) -> usize {
    let place = |id: &str| CAUSES.iter().position(|cause| cause.id == id);
    let before = || place("module-not-found").map(|place| place.saturating_mul(2).saturating_sub(1));
    place(id).map(|place| place.saturating_mul(2)).or_else(before).unwrap_or(usize::MAX)
}

/// What an id means for a start: the findings of rules stop it.
#[must_use]
pub fn stands(id: &str) -> Stands {
    find(id).map_or(Stands::InTheWay, |cause| cause.stands)
}

/// Which ids explain an id away.
#[must_use]
pub fn follows_from(id: &str) -> &'static [&'static str] {
    find(id).map_or(findings::FOLLOWS_FROM, |cause| cause.follows_from)
}

/// Everything that is recognised, before anything is folded.
#[must_use]
pub fn run(facts: &Facts) -> Vec<Diagnosis> {
    let mut diagnoses: Vec<_> = CAUSES.iter().filter_map(|cause| (cause.diagnose)(facts)).collect();
    diagnoses.extend(findings::diagnose(facts));
    diagnoses
}

/// What keeps the agent from starting, the roots only, the first first.
fn in_the_way(facts: &Facts) -> Vec<Diagnosis> {
    let causes = CAUSES.iter().filter(|cause| cause.stands == Stands::InTheWay);
    let mut found: Vec<_> = causes.filter_map(|cause| (cause.diagnose)(facts)).collect();
    found.extend(findings::diagnose(facts));
    found.retain(|diagnosis| diagnosis.severity == Severity::Error);
    fold(found)
}

/// Puts each diagnosis that follows from another under that one's consequences, and the roots in order.
#[must_use]
pub fn fold(mut found: Vec<Diagnosis>) -> Vec<Diagnosis> {
    found.sort_by_key(|diagnosis| (std::cmp::Reverse(diagnosis.severity), rank(diagnosis.cause)));
    let blocked = found.iter().any(blocks);
    found.retain(|one| !(blocked && stands(one.cause) == Stands::LastResort));
    let parents: Vec<Option<usize>> = found.iter().map(|child| parent(child, &found)).collect();
    let mut roots: Vec<(usize, Diagnosis)> = Vec::new();
    let mut folded: Vec<(usize, &'static str)> = Vec::new();
    for (at, diagnosis) in found.into_iter().enumerate() {
        // A parent stands before its child in the table, so the way up ends.
        let mut top = at;
        while let Some(up) = parents.get(top).copied().flatten() {
            top = up;
        }
        if top == at { roots.push((at, diagnosis)) } else { folded.push((top, diagnosis.cause)) }
    }
    for (top, cause) in folded {
        if let Some((_, root)) = roots.iter_mut().find(|(at, _)| *at == top)
            && !root.consequences.contains(&cause)
        {
            root.consequences.push(cause);
        }
    }
    roots.into_iter().map(|(_, root)| root).collect()
}

/// Whether the agent cannot start while this stands.
#[must_use]
pub fn blocks(diagnosis: &Diagnosis) -> bool {
    matches!(stands(diagnosis.cause), Stands::InTheWay | Stands::Refuses) && diagnosis.severity == Severity::Error
}

/// Whether it says that the agent died, without a reason that would last.
#[must_use]
pub fn dies(diagnosis: &Diagnosis) -> bool {
    matches!(stands(diagnosis.cause), Stands::LastResort | Stands::Symptom) && diagnosis.severity == Severity::Error
}

/// What a diagnosis follows from: nothing that is less bad than itself.
fn parent(child: &Diagnosis, found: &[Diagnosis]) -> Option<usize> {
    let explains = |other: &Diagnosis| {
        let ends_it = blocks(other) || stands(other.cause) == Stands::LastResort;
        follows_from(child.cause).contains(&other.cause)
            || (other.cause == "restart-would-fail" && stands(child.cause) == Stands::InTheWay)
            || (stands(child.cause) == Stands::Symptom && ends_it)
    };
    found
        .iter()
        .position(|other| other.severity >= child.severity && rank(other.cause) < rank(child.cause) && explains(other))
}

impl Cause {
    /// A diagnosis of this cause with the first piece of its evidence.
    fn found(&self, facts: &Facts, summary: impl AsRef<str>, evidence: Evidence) -> Diagnosis {
        let mut diagnosis = Diagnosis::new(self.id, self.severity, summary, evidence);
        diagnosis.verify = fix::verify(facts);
        diagnosis
    }
}

impl Diagnosis {
    /// With several steps of the fix.
    fn steps(self, steps: impl IntoIterator<Item = Step>) -> Self {
        steps.into_iter().fold(self, Self::step)
    }
}
