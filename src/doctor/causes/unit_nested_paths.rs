//! `unit-nested-paths`: the unit starts the agent in the old nested layout, the bundle is flat.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{bundle_fix, crash, evidence, started, unit_fix};
use crate::doctor::facts::{Condition, Facts, Service};
use crate::report::diagnosis::{Diagnosis, Evidence};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "unit-nested-paths",
    severity: Severity::Error,
    summary: "the unit starts the agent in the old nested layout, the bundle is flat",
    page: include_str!("../../../docs/causes/unit-nested-paths.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Unit],
    follows_from: &[
        "unit-masked",
        "unit-missing",
        "unit-invalid",
        "drop-in-overrides",
        "update-interrupted",
        "download-not-an-archive",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if !started::unit_is_nested(facts) {
        return None;
    }
    let line = |key| evidence::unit_setting_where(facts, key, |value| value.contains("/apps/agent"));
    let nested = started::nested_folder(facts);
    let mut lines = ["WorkingDirectory", "ExecStart"].into_iter().filter_map(line);
    let Some(inspected) = started::flat_bundle(facts) else {
        return unread(facts, lines.next()?);
    };
    let version = inspected.report.package.as_ref().and_then(|package| package.version.as_deref());
    let words = format!(
        "The unit still starts the agent in the old nested layout, which the deployed bundle (flat{}) does not have",
        version.map(|version| format!(", {version}")).unwrap_or_default()
    );
    let absent = evidence::disk(format!("{nested}: no such directory; {} is there", facts.deployment.path));
    // systemd names node in this line, and people look for what is wrong with node (docs/reference/field-facts.md,
    // "Units and installers").
    let said = evidence::manager_line(facts, &["Failed at step CHDIR"]);
    let said = said.or_else(|| crash::crash(facts).map(|crash| crash.headline));
    let first = lines.next()?;
    let diagnosis = CAUSE
        .found(facts, words, first)
        .and([absent])
        .and(said.map(evidence::journal))
        .and(lines)
        .and(evidence::state(facts));
    let faulty = inspected.stoppers().any(|finding| finding.rule != "entry-point-missing");
    // Where the bundle would not start either, the backup with the old layout fits the unit as it is.
    if faulty && bundle_fix::good_backup(facts).is_some() {
        return Some(diagnosis.steps(bundle_fix::mend(facts)));
    }
    let steps = unit_fix::flatten_unit(facts).into_iter().collect();
    Some(diagnosis.steps(unit_fix::reloaded_after(steps, facts)))
}

/// Where the bundle may not be read, the status alone tells that the directory is not there.
fn unread(facts: &Facts, line: Evidence) -> Option<Diagnosis> {
    let failed = facts.service.known().and_then(Service::exit_code) == Some(CHDIR);
    if facts.deployment.state.known().is_some() || !failed || facts.condition() == Condition::Running {
        return None;
    }
    let words = "The unit starts the agent in the old nested layout, and systemd cannot enter that directory";
    let diagnosis = CAUSE.found(facts, words, line).and(evidence::state(facts));
    let steps = unit_fix::flatten_unit(facts).into_iter().collect();
    Some(diagnosis.steps(unit_fix::reloaded_after(steps, facts)))
}

/// The status with which the manager's child ends (systemd.exec(5), "Process Exit Codes").
const CHDIR: u32 = 200;
