//! `deployment-nested`: the bundle has the old nested layout, and the unit starts the flat one.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{bundle_fix, evidence, started, unit_fix};
use crate::doctor::facts::Facts;
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "deployment-nested",
    severity: Severity::Error,
    summary: "the bundle has the old nested layout, and the unit starts the flat one",
    page: include_str!("../../../docs/causes/deployment-nested.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Deployment],
    follows_from: &["download-not-an-archive"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    facts.deployment.inspected().filter(|inspected| inspected.is_nested())?;
    if started::unit_is_nested(facts) {
        return works_today(facts);
    }
    let wanted = started::script_path(facts)?;
    let nested = started::nested_folder(facts);
    let words = format!(
        "The deployed bundle has the old nested layout, below `apps/agent/`; the unit starts `{wanted}`, which is not there",
    );
    let there = evidence::disk(format!("{nested}: a directory; {wanted} is not there"));
    let diagnosis = CAUSE
        .found(facts, words, there)
        .and(evidence::unit_setting(facts, "ExecStart"))
        .and(evidence::unit_setting(facts, "WorkingDirectory"))
        .and(evidence::state(facts));
    if bundle_fix::good_backup(facts).is_some() {
        return Some(diagnosis.steps(bundle_fix::mend(facts)));
    }
    // The bundle that is there runs if the unit is pointed to it. The next update brings the flat one and needs it back.
    let steps = unit_fix::nest_unit(facts).into_iter().collect();
    Some(diagnosis.steps(unit_fix::reloaded_after(steps, facts)))
}

/// Unit and bundle are both of the old layout: that runs until an update brings a flat bundle.
fn works_today(facts: &Facts) -> Option<Diagnosis> {
    let inspected = facts.deployment.inspected().filter(|inspected| inspected.has_entry())?;
    let words =
        "Bundle and unit both have the old nested layout: that works until the next update brings a flat bundle";
    let here = evidence::disk(format!("{}/{}: the agent", facts.deployment.path, inspected.entry));
    let mut diagnosis = CAUSE
        .found(facts, words, here)
        .and(evidence::unit_setting(facts, "WorkingDirectory"))
        .and(evidence::process(facts));
    diagnosis.severity = Severity::Warning;
    Some(diagnosis.step(FixStep::told(
        "nothing to type today: after the next update, see whether step 7 has written the unit anew (agents before 0.1.26 \
         have no such step), and if not, do what `bundle-doctor doctor` then prints",
    )))
}
