//! `drop-in-overrides`: a drop-in undoes a path that the unit file has right.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::confinement::{self, LineIn};
use super::unit_lines::{is_drop_in, without};
use super::{evidence, started, unit_other_command};
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
    let Some(DropInLine { key, setting, fault }) = culprit(facts) else {
        return confinement::diagnose(&CAUSE, facts, LineIn::DropIn);
    };
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
    let words = match fault {
        DropInFault::LeadNowhere => format!("A drop-in undoes the unit's `{key}=`: what it names is not there"),
        DropInFault::Empty => format!("A drop-in undoes the unit's `{key}=`: it empties it, and gives no other"),
        DropInFault::AddAnother => format!(
            "A drop-in adds a second `{key}=` to the unit's, with which systemd loads neither: an empty `{key}=` before it \
             would replace the first"
        ),
        DropInFault::StartOther => {
            format!("A drop-in undoes the unit's `{key}=`: it starts something else, which is no agent")
        }
    };
    let first = seen.next()?;
    let state = evidence::state(facts).filter(|_| fault == DropInFault::StartOther);
    let diagnosis = CAUSE.found(facts, words, first).and(seen).and(state);
    Some(diagnosis.steps(remedy(facts, &setting)))
}

/// A line of a drop-in that breaks what the unit file itself has right.
pub(super) struct DropInLine<'a> {
    key: &'static str,
    setting: Setting<'a>,
    fault: DropInFault,
}

/// What a drop-in does to the unit's own line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum DropInFault {
    /// What it names is not there.
    LeadNowhere,
    /// It takes the command away.
    Empty,
    /// It has a second command, beside the unit's.
    AddAnother,
    /// What it starts is there, and is not the agent.
    StartOther,
}

/// The line of a drop-in that breaks what the unit file itself has right.
pub(super) fn culprit(facts: &Facts) -> Option<DropInLine<'_>> {
    let unit = &started::unit(facts)?.unit;
    let flat = started::flat_bundle(facts).is_some();
    let broken = |reached: Option<&ReachedPath>| {
        reached.is_some_and(|reached| started::is_missing(reached) || flat && started::is_nested(facts, &reached.path))
    };
    let directory = broken(started::directory(facts));
    let command = broken(started::script(facts)) || broken(started::program(facts));
    let several = unit.settings("Service", "ExecStart").len() > 1 && unit.refusal().is_some();
    for (key, is_broken) in [("WorkingDirectory", directory), ("ExecStart", command)] {
        let of_command = key == "ExecStart";
        let setting = if of_command { last(unit, key) } else { unit.setting("Service", key) };
        let Some(setting) = setting.filter(|setting| is_drop_in(unit, setting)) else { continue };
        let fault = match is_broken {
            _ if of_command && unit.exec_start().is_none() => DropInFault::Empty,
            _ if of_command && several => DropInFault::AddAnother,
            true => DropInFault::LeadNowhere,
            false if of_command && unit_other_command::is_to_blame(facts) => DropInFault::StartOther,
            false => continue,
        };
        if base_setting(unit, key).is_some_and(|base| is_right(facts, &base)) {
            return Some(DropInLine { key, setting, fault });
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
