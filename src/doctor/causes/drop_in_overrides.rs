//! `drop-in-overrides`: a drop-in undoes a path that the unit file has right.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::confinement::{self, LineIn};
use super::unit_lines::{is_drop_in, without};
use super::{evidence, started};
use crate::doctor::facts::{Facts, ReachedPath};
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;
use crate::systemd::{Setting, Unit, normal};

pub(super) static CAUSE: Cause = Cause {
    id: "drop-in-overrides",
    severity: Severity::Error,
    summary: "a drop-in undoes a path that the unit file has right",
    page: include_str!("../../../docs/causes/drop-in-overrides.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Unit],
    follows_from: &["unit-masked", "unit-missing"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let Some((key, setting)) = culprit(facts) else { return confinement::diagnose(&CAUSE, facts, LineIn::DropIn) };
    let unit = &started::unit(facts)?.unit;
    let base = base_setting(unit, key);
    let mut seen = vec![evidence::unit_line(key, &setting)];
    seen.extend(base.map(|base| evidence::unit_line(key, &base)));
    seen.extend(match key {
        "WorkingDirectory" => started::directory(facts).map(evidence::reached),
        _ => [started::program(facts), started::script(facts)]
            .into_iter()
            .flatten()
            .find(|reached| started::is_missing(reached))
            .map(evidence::reached),
    });
    let mut seen = seen.into_iter();
    let words = format!("A drop-in undoes the unit's `{key}=`: what it names is not there");
    let first = seen.next()?;
    let diagnosis = CAUSE.found(facts, words, first).and(seen);
    Some(diagnosis.steps(remedy(facts, &setting)))
}

/// The line of a drop-in that breaks what the unit file itself has right.
pub(super) fn culprit(facts: &Facts) -> Option<(&'static str, Setting<'_>)> {
    let unit = &started::unit(facts)?.unit;
    let flat = started::flat_bundle(facts).is_some();
    let broken = |reached: Option<&ReachedPath>| {
        reached.is_some_and(|reached| started::is_missing(reached) || flat && started::is_nested(facts, &reached.path))
    };
    let directory = broken(started::directory(facts));
    let command = broken(started::script(facts)) || broken(started::program(facts));
    for (key, is_broken) in [("WorkingDirectory", directory), ("ExecStart", command)] {
        let setting = if key == "ExecStart" { last(unit, key) } else { unit.setting("Service", key) };
        let Some(setting) = setting.filter(|setting| is_drop_in(unit, setting)) else { continue };
        let emptied = key == "ExecStart" && unit.exec_start().is_none();
        if (is_broken || emptied) && base_setting(unit, key).is_some_and(|base| is_right(facts, &base)) {
            return Some((key, setting));
        }
    }
    None
}

/// The last assignment of a key, a reset included.
fn last<'a>(unit: &'a Unit, key: &str) -> Option<Setting<'a>> {
    unit.files.iter().rev().find_map(|file| {
        let found = file.assignments.iter().rev().find(|found| found.section == "Service" && found.key == key)?;
        Some(Setting { value: &found.value, file, line: found.line })
    })
}

/// What the unit file says by itself.
fn base_setting<'a>(unit: &'a Unit, key: &str) -> Option<Setting<'a>> {
    let file = unit.files.first()?;
    let found = file.assignments.iter().rev().find(|found| found.section == "Service" && found.key == key)?;
    (!found.value.is_empty()).then_some(Setting { value: &found.value, file, line: found.line })
}

/// Whether a value leads into the bundle as it is deployed.
fn is_right(facts: &Facts, setting: &Setting<'_>) -> bool {
    let bundle = normal(&facts.places.bundle);
    let value = setting.value.replace("%h", "/root");
    let nested = value.contains(&started::nested_folder(facts));
    value.contains(&bundle) && !(nested && started::flat_bundle(facts).is_some())
}

/// Takes the drop-in's lines about what is started out; a drop-in that holds nothing else is put aside.
fn remedy(facts: &Facts, setting: &Setting<'_>) -> Vec<FixStep> {
    without(facts, setting, &["WorkingDirectory", "ExecStart"])
}
