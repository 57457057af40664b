//! `unit-not-reloaded`: the unit file was changed, and systemd still uses the old one.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix, started};
use crate::doctor::facts::{Condition, Facts, Service};
use crate::report::action::Manage;
use crate::report::diagnosis::{Diagnosis, Evidence, FixStep};
use crate::report::finding::Severity;
use crate::systemd::normal;

pub(super) static CAUSE: Cause = Cause {
    id: "unit-not-reloaded",
    severity: Severity::Error,
    summary: "the unit file was changed, and systemd still uses the old one",
    page: include_str!("../../../docs/causes/unit-not-reloaded.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Unit],
    follows_from: &["unit-masked", "unit-missing", "unit-invalid"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let service = facts.service.known().filter(|service| service.need_daemon_reload)?;
    let unit = started::unit(facts)?;
    let needs = evidence::systemctl("NeedDaemonReload=yes");
    let differences = differences(facts, service);
    let steps = [fix::reload_and_restart(facts)];
    if differences.is_empty() {
        let words = "The unit file was changed, and systemd has not read it again; what it starts is the same";
        let place = unit.unit.files.first().map(|file| {
            let seen = evidence::disk(format!("{}: changed after it was loaded", file.path));
            unit.changed.map_or(seen.clone(), |changed| seen.at(changed))
        });
        let mut diagnosis = CAUSE.found(facts, words, needs).and(place);
        diagnosis.severity = Severity::Warning;
        return Some(diagnosis.step(FixStep::changes("have systemd read the unit again", vec![Manage::Reload])));
    }
    if facts.condition() == Condition::Running && !loaded_is_broken(facts, service) {
        let words = "The unit file was changed, and systemd will start what it read before until it reads it again";
        let mut diagnosis = CAUSE.found(facts, words, needs).and(differences);
        diagnosis.severity = Severity::Warning;
        return Some(diagnosis.steps(steps));
    }
    let words = "The unit file was changed, but systemd still starts what it read before: `daemon-reload` is missing";
    Some(CAUSE.found(facts, words, needs).and(differences).steps(steps))
}

/// Whether what is loaded leads into the old layout, which is not there.
fn loaded_is_broken(facts: &Facts, service: &Service) -> bool {
    // `systemctl show` writes `!` before a path that is allowed to be missing; the unit has `-` there (systemd,
    // dbus-execute.c).
    let directory = service.working_directory.as_deref().map(|path| normal(path.trim_start_matches(['!', '-'])));
    let paths = directory.into_iter().chain(service.exec_start.iter().skip(1).take(1).map(|script| normal(script)));
    started::flat_bundle(facts).is_some() && paths.into_iter().any(|path| started::is_nested(facts, &path))
}

/// What is loaded and what the file says, where they differ in what is started.
fn differences(facts: &Facts, service: &Service) -> Vec<Evidence> {
    let mut seen = Vec::new();
    let loaded = service.working_directory.as_deref().map(|path| normal(path.trim_start_matches(['!', '-'])));
    if let (Some(loaded), Some(file)) = (loaded, started::directory(facts))
        && !loaded.is_empty()
        && loaded != normal(&file.path)
    {
        seen.push(evidence::systemctl(format!("WorkingDirectory={loaded} is loaded")));
        seen.extend(evidence::unit_setting(facts, "WorkingDirectory"));
    }
    let command = started::unit(facts).and_then(|unit| unit.unit.command()).and_then(Result::ok);
    if let Some(command) = command {
        let wanted = |words: &[String]| words.iter().take(2).map(|word| normal(word)).collect::<Vec<_>>();
        let file: Vec<String> = std::iter::once(command.program.clone()).chain(command.arguments.clone()).collect();
        if !service.exec_start.is_empty() && wanted(&service.exec_start) != wanted(&file) {
            seen.push(evidence::systemctl(format!("ExecStart={} is loaded", service.exec_start.join(" "))));
            seen.extend(evidence::unit_setting(facts, "ExecStart"));
        }
    }
    seen
}
