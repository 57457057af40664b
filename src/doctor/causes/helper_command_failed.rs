//! `helper-command-failed`: a command that the unit runs before or after the agent's start fails.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::unit_fix::{self, UnitChange};
use super::{evidence, fix, started};
use crate::doctor::facts::journal::id;
use crate::doctor::facts::{Condition, Exit, Facts, JournalEntry, Speaker};
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;
use crate::systemd::{CommandLine, Setting, Unit};

pub(super) static CAUSE: Cause = Cause {
    id: "helper-command-failed",
    severity: Severity::Error,
    summary: "a command that the unit runs before or after the agent's start fails",
    page: include_str!("../../../docs/causes/helper-command-failed.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Unit],
    follows_from: &[
        "unit-masked",
        "unit-missing",
        "unit-invalid",
        "unit-not-reloaded",
        "drop-in-overrides",
        "unit-confinement",
        "user-missing",
        "working-directory-missing",
        "deployment-missing",
        "update-interrupted",
        "disk-full",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if matches!(facts.condition(), Condition::Running | Condition::Stopped) {
        return None;
    }
    let unit = &started::unit(facts)?.unit;
    let failed = failed(facts)?;
    let spawn = evidence::manager_line(facts, &["Failed at step"]);
    // The directory, the user and the namespace are the service's: those steps fail for any of its commands.
    if spawn.is_some_and(|entry| !entry.says("Failed at step EXEC")) {
        return None;
    }
    let path = spawn.and_then(evidence::spawned);
    let settings: Vec<Setting<'_>> = needed(unit, failed.key)
        .into_iter()
        .filter(|setting| path.is_none_or(|path| starts(unit, setting, path)))
        .collect();
    let setting = settings.first()?;
    let late = evidence::manager_line(facts, &["operation timed out"]);
    let words = match settings.len() {
        1 if failed.key == CONDITION && failed.entry.exit != Some(Exit::Code(255)) => {
            format!("The unit's `{CONDITION}=` says no, and systemd does not start the agent: {}", setting.value)
        }
        1 if late.is_some() => {
            format!("The unit's `{}=` does not end in time, and systemd ends it: {}", failed.key, setting.value)
        }
        1 => format!("The unit's `{}=` fails, and systemd does not go on: {}", failed.key, setting.value),
        _ => format!("One of the unit's `{}=` fails, and systemd does not go on", failed.key),
    };
    let said = evidence::last_words(facts).filter(|words| words.invocation == failed.entry.invocation);
    let diagnosis = CAUSE
        .found(facts, words, evidence::unit_line(failed.key, setting))
        .and(settings.iter().skip(1).map(|setting| evidence::unit_line(failed.key, setting)))
        .and(late.map(evidence::journal))
        .and([evidence::journal(failed.entry)])
        .and(spawn.map(evidence::journal))
        .and(said.map(evidence::journal))
        .and(evidence::state(facts));
    Some(diagnosis.steps(remedy(facts, &settings)))
}

/// A helper that failed.
struct Failed<'a> {
    key: &'static str,
    entry: &'a JournalEntry,
}

/// `Control process exited, code=exited, status=1/FAILURE` in the newest run that has an end. After the main process has
/// ended, it is of `ExecStopPost=`, which keeps nothing from starting.
fn failed(facts: &Facts) -> Option<Failed<'_>> {
    let present = facts.present();
    let ends = |entry: &&&JournalEntry| entry.is(id::PROCESS_EXITED);
    let newest = present.iter().find(ends)?.invocation.as_deref();
    let run: Vec<&JournalEntry> =
        present.iter().filter(|entry| entry.invocation.as_deref() == newest).copied().collect();
    let first = run.iter().find(|entry| entry.is(id::PROCESS_EXITED)).copied()?;
    let is_bad = !matches!(first.exit, None | Some(Exit::Code(0)));
    let control = first.is_of_a_helper() && is_bad;
    // A main process that is stopped because of it is logged by its own words alone.
    let main = facts.service.known().and_then(|service| service.last_pid);
    let ran = run
        .iter()
        .any(|entry| entry.ends_main() || (entry.speaker == Speaker::Agent && main.is_some() && entry.pid == main));
    let unit = &started::unit(facts)?.unit;
    let has = |key: &str| !needed(unit, key).is_empty();
    // With 1 to 254 it is not met, with anything else it has failed (systemd.service(5)).
    let unmet = facts.service.known().is_some_and(|service| service.result == "exec-condition");
    let key = match ran {
        false if unmet && has(CONDITION) => CONDITION,
        false if has("ExecStartPre") => "ExecStartPre",
        false if has(CONDITION) => CONDITION,
        _ => "ExecStartPost",
    };
    control.then_some(Failed { key, entry: first })
}

/// The command that decides whether the service is started.
const CONDITION: &str = "ExecCondition";

/// The commands whose failure counts (a `-` in front forgives it: systemd.service(5)).
fn needed<'a>(unit: &'a Unit, key: &str) -> Vec<Setting<'a>> {
    let counts = |setting: &Setting<'_>| {
        CommandLine::parse(setting.value, |text| unit.expand(text))
            .is_ok_and(|command| !command.prefixes.ignore_failure)
    };
    unit.settings("Service", key).into_iter().filter(counts).collect()
}

fn starts(unit: &Unit, setting: &Setting<'_>, path: &str) -> bool {
    CommandLine::parse(setting.value, |text| unit.expand(text)).is_ok_and(|command| command.program == path)
}

/// To see why it fails; the documented unit has no such line.
fn remedy(facts: &Facts, settings: &[Setting<'_>]) -> Vec<FixStep> {
    let look = FixStep::looks("read what the command says, and mend what it asks for", fix::journal(facts));
    let [setting] = settings else { return vec![look] };
    let change = UnitChange::of(setting.file).without(&[setting.line]).and_then(|change| change.commands(facts));
    let without = unit_fix::step_and_restart(facts, "or start without it, as the documented unit does", change);
    std::iter::once(look).chain(without).collect()
}
