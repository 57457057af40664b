//! `dependency-failed`: another unit, which this one requires, did not start.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix};
use crate::doctor::facts::{Bond, Condition, Facts, JournalEntry, UnitDependency};
use crate::report::diagnosis::{Diagnosis, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::UnitName;

pub(super) static CAUSE: Cause = Cause {
    id: "dependency-failed",
    severity: Severity::Error,
    summary: "another unit, which this one requires, did not start",
    page: include_str!("../../../docs/causes/dependency-failed.md"),
    stands: Stands::Refuses,
    areas: &[Area::Service],
    follows_from: &["unit-masked", "unit-missing", "unit-invalid"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if !matches!(facts.condition(), Condition::Stopped | Condition::Down) {
        return None;
    }
    let said = refused(facts);
    let bad = |unit: &&UnitDependency| {
        unit.active_state == "failed"
            || matches!(unit.load_state.as_str(), "not-found" | "masked" | "bad-setting" | "error")
    };
    // One that does not run may have been stopped together with this one: only the journal tells that it was the reason.
    let needed = || facts.dependencies.iter().filter(|unit| unit.bond == Bond::Needed);
    let culprit = needed().find(bad);
    let idle = || needed().find(|unit| unit.active_state != "active");
    let culprit = culprit.or_else(|| said.and_then(|_| idle()));
    let (unit, state) = match culprit {
        Some(unit) => {
            let words = format!(
                "{}: LoadState={} ActiveState={} Result={}",
                unit.unit, unit.load_state, unit.active_state, unit.result
            );
            (Some(unit), Some(evidence::systemctl(words)))
        }
        None => (None, None),
    };
    let mut seen = said.map(evidence::journal).into_iter().chain(state).chain(unit.and_then(|unit| line(facts, unit)));
    let first = seen.next()?;
    let words = match unit {
        Some(unit) => {
            format!("systemd does not start the agent: `{}`, which its unit requires, {}", unit.unit, fate(unit))
        }
        None => "systemd did not start the agent: a unit that it requires failed; by now all of them run".to_owned(),
    };
    let diagnosis = CAUSE.found(facts, words, first).and(seen).and(evidence::state(facts));
    Some(diagnosis.steps(remedy(facts, unit)))
}

fn fate(unit: &UnitDependency) -> &'static str {
    match unit.load_state.as_str() {
        "not-found" => "is not there",
        "masked" => "is masked",
        "bad-setting" | "error" => "cannot be loaded",
        _ if unit.active_state == "failed" => "has failed",
        _ => "does not run",
    }
}

/// The newest word of the manager on this unit, where it says that a start was refused for a unit that it needs:
/// `Job …/start failed with result 'dependency'.`, `Dependency failed for …`.
fn refused(facts: &Facts) -> Option<&JournalEntry> {
    let own = facts.manager_now();
    let newest = own.last()?;
    let tells = |entry: &JournalEntry| entry.says("result 'dependency'") || entry.says("Dependency failed for");
    let job = own.iter().rev().take(2).find(|entry| tells(entry)).copied();
    job.filter(|entry| newest.at.seconds_since(entry.at) <= 1)
}

/// The line of the unit that asks for it.
fn line(facts: &Facts, unit: &UnitDependency) -> Option<crate::report::diagnosis::Evidence> {
    let on_disk = &facts.unit.known()?.unit;
    ["Requires", "Requisite", "BindsTo"].into_iter().find_map(|key| {
        let found = on_disk
            .settings("Unit", key)
            .into_iter()
            .find(|found| found.value.split_whitespace().any(|name| on_disk.expand(name) == unit.unit))?;
        Some(evidence::unit_line(key, &found))
    })
}

/// Another unit is not ours to start: what it says is shown, and the agent is started once it runs.
fn remedy(facts: &Facts, unit: Option<&UnitDependency>) -> Vec<FixStep> {
    let Some(unit) = unit else { return vec![fix::restart(facts)] };
    if unit.load_state != "loaded" {
        let look = fix::systemctl("cat", facts).into_iter().collect();
        return vec![FixStep::looks(
            format!("bring `{}` back, or take out the line that requires it", unit.unit),
            look,
        )];
    }
    let words = format!("see why `{}` does not run and mend that; then start it, and the agent", unit.unit);
    let name = UnitName::new(&unit.unit);
    fix::or_told(
        name.map(|name| {
            vec![FixStep::looks(words, vec![command!("journalctl", "--no-pager", "-n", "30", "-u", &name)])]
        }),
    )
}
