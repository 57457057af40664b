//! `update-interrupted`: an update stopped half-way, and nothing was taken back.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{bundle_fix, evidence, fix, halted_update, unit_fix};
use crate::doctor::facts::{Condition, Facts};
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "update-interrupted",
    severity: Severity::Error,
    summary: "an update stopped half-way, and nothing was taken back",
    page: include_str!("../../../docs/causes/update-interrupted.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Deployment, Area::Process],
    follows_from: &["download-not-an-archive", "disk-full"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if let Some(halted) = halted_update::halted_update(facts) {
        let words =
            format!("An update stopped in step {} ({}); what is on the disk cannot start", halted.step, halted.title);
        let mut seen = halted.evidence.into_iter();
        let first = seen.next()?;
        let diagnosis = CAUSE.found(facts, words, first).and(seen).and(evidence::state(facts));
        return Some(diagnosis.steps(remedy(facts, halted.step)));
    }
    // The agent that runs is the one from before the update, and only the restart is missing.
    let old = halted_update::runs_replaced_code(facts).filter(|_| facts.condition() == Condition::Running)?;
    let words = "An update stopped before step 8 (restart): the agent that runs is still the one from before it";
    let mut diagnosis = CAUSE.found(facts, words, old).and([evidence::deployment(&facts.deployment)]);
    diagnosis.severity = Severity::Warning;
    Some(diagnosis.step(fix::reload_and_restart(facts)))
}

/// Back to the backup, which needs no network; without one that would start, on with the update.
fn remedy(facts: &Facts, step: u8) -> Vec<FixStep> {
    let made = match step {
        6 => bundle_fix::copy_shared(facts),
        5 if bundle_fix::good_backup(facts).is_none() && bundle_fix::can_install(facts) => bundle_fix::install(facts),
        _ => return bundle_fix::mend(facts),
    };
    match made {
        Ok(steps) => {
            steps.into_iter().chain(unit_fix::flatten_unit(facts)).chain([fix::reload_and_restart(facts)]).collect()
        }
        Err(refused) => vec![FixStep::refused(&refused)],
    }
}
