//! The plan of an update: another bundle in the place of the deployed one, and of the unit what would not start it. It is
//! carried out, watched and taken back as every other plan.

use super::plan::{RepairPlan, is_of_unit, staged};
use super::watch::works;
use crate::doctor::causes::{self, Area, new_bundle};
use crate::doctor::diagnose::diagnose;
use crate::doctor::facts::{Condition, Facts};
use crate::doctor::report::DoctorReport;
use crate::report::action::{Action, Manage, Others, Replace};
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;
use crate::report::policy::Policy;
use crate::report::words::UnitName;

pub(crate) use crate::doctor::causes::new_bundle::{Offered, SIGNATURES, deployed_version};

/// What stands in a plan and in a journal for the cause of an update.
pub(crate) const UPDATE: &str = "update";

/// What becomes of a bundle that is older than the deployed one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Downgrade {
    /// It is refused.
    Refused,
    /// It is taken.
    Allowed,
}

/// Plans the update of a server.
///
/// # Errors
/// Why there is nothing that could be updated, or why it is not done: nothing has changed then.
pub(crate) fn plan(
    report: &DoctorReport,
    policy: &Policy,
    offered: &Offered,
    downgrade: Downgrade,
) -> Result<Box<RepairPlan>, String> {
    let facts = &report.facts;
    let unit = installed(facts)?;
    let others = match (downgrade, works(report)) {
        (Downgrade::Refused, true) => Others::Left,
        (Downgrade::Refused, false) => Others::Mend,
        (Downgrade::Allowed, true) => Others::OlderToo,
        (Downgrade::Allowed, false) => Others::Any,
    };
    let actions = new_bundle::actions(facts, offered, others).map_err(|refused| refused.to_string())?;
    let mut plan = RepairPlan { causes: vec![UPDATE], ..RepairPlan::default() };
    plan.stages = actions.iter().filter_map(staged).collect();
    plan.replaces = actions.iter().filter_map(replaced).collect();
    fit_unit(&mut plan, facts, policy)?;
    // As step 7 of the update: what the unit's files say is what the bundle was tried with.
    plan.reloads = true;
    plan.starts = Some(Manage::Restart(unit));
    plan.describe(facts);
    Ok(Box::new(plan))
}

/// The unit of an agent that is installed here.
fn installed(facts: &Facts) -> Result<UnitName, String> {
    let name = &facts.places.unit;
    if let Some(unknown) = facts.service.why_unknown() {
        return Err(format!("the service manager cannot be asked: {}", unknown.because));
    }
    let Some(unit) = facts.unit.known() else { return Err(format!("the files of {name} cannot be read")) };
    if unit.unit.files.is_empty() && unit.masked_by.is_none() {
        return Err(format!("there is no unit {name} here: an agent has to be installed before it can be updated"));
    }
    UnitName::new(name).map_err(|refused| refused.to_string())
}

fn replaced(action: &Action) -> Option<Replace> {
    match action {
        Action::Replace(replace) => Some(replace.clone()),
        _ => None,
    }
}

/// Adds what the unit needs to start a bundle of today's layout; a unit that would start one is left as it is, byte for byte.
fn fit_unit(plan: &mut RepairPlan, facts: &Facts, policy: &Policy) -> Result<(), String> {
    let with_a_good_one = new_bundle::with_a_good_one(facts);
    let documented: Vec<Action> =
        new_bundle::documented_command(facts).into_iter().flat_map(|step| step.actions).collect();
    if documented.iter().any(|action| matches!(action, Action::Replace(_))) {
        // It is the whole command, and the directory with it: there is nothing left to edit.
        take(plan, &documented);
        return Ok(());
    }
    let predicted = diagnose(with_a_good_one, policy);
    for one in predicted.diagnoses.iter().filter(|one| one.severity == Severity::Error && one.mended_by.is_none()) {
        let actions: Vec<Action> = one.fix.iter().flat_map(|step| &step.actions).cloned().collect();
        match remedy(&actions) {
            FaultRemedy::OfTheUnit => take(plan, &actions),
            FaultRemedy::None if is_at_risk(one, facts) => return Err(format!("{}: {}", one.cause, one.summary)),
            FaultRemedy::None | FaultRemedy::OfTheBundle => {}
        }
    }
    Ok(())
}

/// What mends a fault.
enum FaultRemedy {
    /// The unit, or the manager.
    OfTheUnit,
    /// Another bundle, which comes anyway.
    OfTheBundle,
    /// Nothing that is done here.
    None,
}

fn remedy(actions: &[Action]) -> FaultRemedy {
    let by_hand = actions.iter().any(|action| matches!(action, Action::ByHand(_)));
    let of_bundle = |action: &Action| match action {
        Action::Stage(_) => true,
        Action::Replace(replace) => !is_of_unit(replace),
        Action::ByHand(_) | Action::Manage(_) => false,
    };
    match () {
        () if by_hand || actions.is_empty() => FaultRemedy::None,
        () if actions.iter().any(of_bundle) => FaultRemedy::OfTheBundle,
        () => FaultRemedy::OfTheUnit,
    }
}

/// Whether the restart would take away an agent that runs now and could not come up again, whatever its bundle.
fn is_at_risk(diagnosis: &Diagnosis, facts: &Facts) -> bool {
    let of_the_bundle = |area: &Area| matches!(area, Area::Deployment | Area::Backup | Area::Download | Area::Journal);
    let beside = causes::find(diagnosis.cause).is_some_and(|cause| !cause.areas.iter().all(of_the_bundle));
    beside && facts.condition() == Condition::Running
}

fn take(plan: &mut RepairPlan, actions: &[Action]) {
    for action in actions {
        match action {
            Action::Replace(replace) if !plan.replaces.contains(replace) => plan.replaces.push(replace.clone()),
            Action::Manage(manage) => plan.manage(manage),
            Action::Replace(_) | Action::Stage(_) | Action::ByHand(_) => {}
        }
    }
}
