//! `entry-point-missing`: the script that the unit starts is not there, or is empty.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::CrashKind;
use super::{bundle_fix, crash, evidence, started, unit_fix, unit_other_command};
use crate::doctor::facts::{Facts, Presence, ReachedPath};
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;
use crate::systemd::{from_directory, normal};
use crate::update::documented_paths;

pub(super) static CAUSE: Cause = Cause {
    id: "entry-point-missing",
    severity: Severity::Error,
    summary: "the script that the unit starts is not there, or is empty",
    page: include_str!("../../../docs/causes/entry-point-missing.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Deployment],
    follows_from: &[
        "unit-other-command",
        "unit-nested-paths",
        "drop-in-overrides",
        "unit-not-reloaded",
        "deployment-missing",
        "deployment-nested",
        "update-interrupted",
        "download-not-an-archive",
        "disk-full",
        "permission-denied",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let here = facts.deployment.inspected().and_then(|inspected| inspected.stopper("entry-point-missing"));
    let script = started::script(facts);
    // A script outside of the bundle is judged by what is there, not by the bundle's rules.
    // What lies in a directory that is not there is no second fact (`working-directory-missing`).
    let gone = started::directory(facts).filter(|directory| started::is_missing(directory));
    let forgiven = started::unit(facts).is_some_and(|unit| unit.unit.working_directory().1);
    let follows = |script: &ReachedPath| {
        !forgiven && gone.is_some_and(|gone| started::is_below(&script.path, &normal(&gone.path)))
    };
    // In the bundle, too, where that has its entry point and the unit names another path, not of the old layout.
    let mistaken = here.is_none() && facts.deployment.would_start() == Some(true) && is_a_path(facts);
    let outside = script.filter(|script| {
        (mistaken && !started::is_nested(facts, &script.path) || !started::is_below(&script.path, &facts.places.bundle))
            && !follows(script)
            && matches!(script.presence, Presence::Missing { .. } | Presence::File { size: 0, .. })
    });
    let seen = match (outside, here) {
        (Some(script), _) => evidence::reached(script),
        (None, Some(_)) => match script.filter(|script| !is_whole(script)) {
            Some(script) => evidence::reached(script),
            None => evidence::disk(format!("{}/{}: no such file, or empty", facts.deployment.path, entry(facts)?)),
        },
        (None, None) => return of_the_command(facts),
    };
    let empty = script.is_some_and(|script| matches!(script.presence, Presence::File { size: 0, .. }));
    let words = match empty {
        true => {
            "The script that the unit starts is empty: node ends at once with success, and systemd starts it for ever"
        }
        false => "The script that the unit starts is not there",
    };
    // Of an empty script Node says nothing: it ends with 0 and `Result=success` (docs/reference/field-facts.md, "What
    // systemd shows"). What the journal has is of another start.
    let said = crash::crash(facts).filter(|_| !empty).map(|crash| evidence::journal(crash.headline));
    let diagnosis = CAUSE
        .found(facts, words, seen)
        .and(said)
        .and(evidence::unit_setting(facts, "ExecStart"))
        .and(evidence::state(facts));
    if let (Some(script), Some(true)) = (outside, facts.deployment.would_start()) {
        return Some(diagnosis.steps(point_to_the_bundle(facts, &script.path)));
    }
    Some(diagnosis.steps(bundle_fix::mend(facts)))
}

/// Another word of the command that Node takes for its script: a value that is not joined to its option by `=`, a word too many.
fn of_the_command(facts: &Facts) -> Option<Diagnosis> {
    let crash =
        crash::crash(facts).filter(|crash| crash.told_by == crash::CrashToldBy::Node && crash.asked_by.is_none())?;
    let (CrashKind::File(path) | CrashKind::Outside(path)) = &crash.kind else { return None };
    // The script itself may be hidden from the agent, or lie in a folder that is not there.
    let hidden = started::script(facts).is_some_and(|script| script.path == *path && !started::is_missing(script));
    let meant = !hidden && path.starts_with('/') && !path.ends_with(documented_paths::ENTRY_POINT);
    let of_a_file = meant && crash.text.starts_with("Error: Cannot find module '");
    if !of_a_file || facts.deployment.would_start() != Some(true) || started::url(facts).is_none() {
        return None;
    }
    let words = format!("Node takes another word of the command for the script that it is to start: `{path}`");
    let diagnosis = CAUSE
        .found(facts, words, evidence::journal(crash.headline))
        .and(evidence::unit_setting(facts, "ExecStart"))
        .and(evidence::state(facts));
    Some(diagnosis.steps(unit_other_command::as_documented(facts)))
}

/// Whether the word that Node takes for its script is meant as one: the value of an option is not (`--max-old-space-size 4096`).
fn is_a_path(facts: &Facts) -> bool {
    let word = started::unit(facts).and_then(|unit| unit.unit.command()?.ok()?.script().map(str::to_owned));
    word.is_some_and(|word| word.contains('/') || word.ends_with("js"))
}

fn entry(facts: &Facts) -> Option<&str> {
    facts.deployment.inspected().map(|inspected| inspected.entry.as_str())
}

fn is_whole(script: &ReachedPath) -> bool {
    matches!(script.presence, Presence::File { size: 1.., .. })
}

/// The bundle would start, the unit names a script elsewhere.
fn point_to_the_bundle(facts: &Facts, script: &str) -> Vec<FixStep> {
    let Some(setting) = started::unit(facts).and_then(|unit| unit.unit.exec_start()) else { return Vec::new() };
    let wanted = format!("{}/{}", normal(&facts.places.bundle), documented_paths::ENTRY_POINT);
    let unit = started::unit(facts).map(|unit| &unit.unit);
    let word = unit.and_then(|unit| unit.command()?.ok()?.script().map(str::to_owned));
    // With variables, or with what a shell alone would know (`~`), the word is not the path.
    if let Some(word) = word.filter(|word| word.contains(['$', '~'])) {
        let commands = unit_fix::start_script(facts, &word, &wanted);
        return unit_fix::step_and_restart(facts, "start the deployed bundle", commands);
    }
    if !setting.value.contains(script) {
        return from_the_bundle(facts, &wanted);
    }
    unit_fix::step_and_restart(facts, "start the deployed bundle", unit_fix::start_script(facts, script, &wanted))
}

/// The bundle would start, the unit names its script as seen from a working directory that is not the bundle's.
fn from_the_bundle(facts: &Facts, wanted: &str) -> Vec<FixStep> {
    let unit = started::unit(facts).map(|unit| &unit.unit);
    let script = unit.and_then(|unit| unit.command()?.ok()?.script().map(str::to_owned));
    let fits = script.is_some_and(|script| from_directory(&facts.places.bundle, &script) == wanted);
    match unit.and_then(|unit| unit.setting("Service", "WorkingDirectory")).filter(|_| fits) {
        Some(setting) => {
            let commands = unit_fix::set(facts, &setting, &normal(&facts.places.bundle));
            unit_fix::step_and_restart(facts, "start it in the deployed bundle", commands)
        }
        None => unit_fix::write_unit(facts),
    }
}
