//! `working-directory-missing`: the directory that the unit starts in is not there (200/CHDIR).

use super::cause::{Area, Cause, Stands, ToldBy};
use super::unit_fix::{SettingSyntax, UnitChange};
use super::{bundle_fix, evidence, started, unit_fix};
use crate::doctor::facts::{Condition, Facts, Presence, ReachedPath, Service};
use crate::report::action::Action;
use crate::report::diagnosis::{Diagnosis, Evidence, FixStep};
use crate::report::finding::Severity;
use crate::report::words::{BundleDir, BundleMarks, RefusedWord};
use crate::systemd::{Setting, Unit, normal, split};

pub(super) static CAUSE: Cause = Cause {
    id: "working-directory-missing",
    severity: Severity::Error,
    summary: "the directory that the unit starts in is not there (200/CHDIR)",
    page: include_str!("../../../docs/causes/working-directory-missing.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Unit],
    follows_from: &[
        "unit-masked",
        "unit-missing",
        "unit-invalid",
        "unit-not-reloaded",
        "drop-in-overrides",
        "unit-other-command",
        "unit-nested-paths",
        "deployment-missing",
        "deployment-nested",
        "update-interrupted",
        "download-not-an-archive",
        "user-missing",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let unit = started::unit(facts)?;
    if unit.unit.refusal().is_some() {
        // The unit is not loaded, so nothing of it is entered (`unit-invalid`).
        return None;
    }
    let directory = started::directory(facts);
    // `-` before the path: where it is not there, the service is started all the same (systemd.exec(5),
    // `WorkingDirectory=`).
    let (_, forgiven) = unit.unit.working_directory();
    let gone = directory.filter(|reached| match reached.presence {
        Presence::Missing { .. } | Presence::File { .. } | Presence::Other => !forgiven,
        Presence::Directory | Presence::Denied { .. } => false,
    });
    let dead = !matches!(facts.condition(), Condition::Running | Condition::Starting | Condition::Stopped);
    let failed = facts.service.known().and_then(Service::exit_code) == Some(CHDIR);
    let child = evidence::manager_line(facts, &["Failed at step CHDIR"]).filter(|_| dead);
    // systemd may have failed on what is loaded while the file is right by now: its own words count as well.
    let loaded = child.filter(|entry| failed && entry.says("No such file") && !may_be_reached(directory));
    // Where neither the directory nor the journal may be read, the status alone tells.
    let told = dead && failed && directory.is_none();
    if gone.is_none() && loaded.is_none() && !told {
        return None;
    }
    let path = started::directory_path(facts).unwrap_or_else(|| "/".to_owned());
    let words = format!("systemd cannot enter the unit's working directory `{path}`: it is not there");
    let seen = evidence::unit_setting(facts, "WorkingDirectory").into_iter();
    let mut seen = seen
        .chain(gone.map(evidence::reached))
        .chain(child.map(evidence::journal))
        .chain(note(facts))
        .chain(evidence::state(facts));
    let first = seen.next()?;
    Some(CAUSE.found(facts, words, first).and(seen).steps(remedy(facts)))
}

/// The status with which the manager's child ends (systemd.exec(5), "Process Exit Codes").
const CHDIR: u32 = 200;

fn may_be_reached(directory: Option<&ReachedPath>) -> bool {
    directory.is_some_and(|reached| matches!(reached.presence, Presence::Directory | Presence::Denied { .. }))
}

/// The journal names the program it was about to start, and people look for what is wrong with that.
fn note(facts: &Facts) -> Option<Evidence> {
    let program = started::program(facts).filter(|program| matches!(program.presence, Presence::File { .. }))?;
    Some(evidence::disk(format!("{}: is there; `spawning {}` is about the directory", program.path, program.path)))
}

/// The documented directory, if the bundle is there.
fn remedy(facts: &Facts) -> Vec<FixStep> {
    let Some(unit) = started::unit(facts) else { return Vec::new() };
    let bundle = normal(&facts.places.bundle);
    if facts.deployment.inspected().is_none() {
        return bundle_fix::mend(facts);
    }
    let Some(setting) = unit.unit.setting("Service", "WorkingDirectory") else { return Vec::new() };
    let commands = BundleDir::new(&bundle, BundleMarks::Vacant)
        .and_then(|bundle| in_the_bundle(facts, &unit.unit, &setting, bundle.path().as_str()));
    unit_fix::step_and_restart(facts, "start it in the bundle, as documented", commands)
}

/// The unit with the bundle as its working directory, and with the bundle's own script in the place of the one below the directory
/// that is not there.
fn in_the_bundle(facts: &Facts, unit: &Unit, setting: &Setting<'_>, bundle: &str) -> Result<Vec<Action>, RefusedWord> {
    let change =
        UnitChange::of(setting.file).word(setting.line, SettingSyntax::Whole, |_, _| Some(bundle.to_owned()))?;
    let gone = started::directory_path(facts).map(|path| normal(&path)).unwrap_or_default();
    let other = |_: usize, word: &str| {
        let word = normal(&unit.expand(word));
        started::is_below(&word, &gone).then(|| format!("{bundle}{}", word.strip_prefix(&gone).unwrap_or_default()))
    };
    let command = unit.exec_start();
    let absolute = command.filter(|command| {
        split(command.value).unwrap_or_default().iter().enumerate().any(|(at, word)| other(at, word).is_some())
    });
    match absolute {
        Some(command) if command.file.path == setting.file.path => {
            change.word(command.line, SettingSyntax::Words, other)?.commands(facts)
        }
        Some(command) => {
            let mut actions = change.commands(facts)?;
            actions
                .extend(UnitChange::of(command.file).word(command.line, SettingSyntax::Words, other)?.commands(facts)?);
            Ok(actions)
        }
        None => change.commands(facts),
    }
}
