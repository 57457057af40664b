//! `unit-invalid`: systemd cannot load the unit, or it has no command to start.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, started, unit_fix};
use crate::doctor::facts::{Condition, Facts, JournalEntry};
use crate::report::diagnosis::{Diagnosis, Evidence, EvidenceSource};
use crate::report::finding::Severity;
use crate::systemd::Setting;

pub(super) static CAUSE: Cause = Cause {
    id: "unit-invalid",
    severity: Severity::Error,
    summary: "systemd cannot load the unit, or it has no command to start",
    page: include_str!("../../../docs/causes/unit-invalid.md"),
    stands: Stands::Refuses,
    areas: &[Area::Unit],
    follows_from: &["unit-masked", "unit-missing"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let service = facts.service.known();
    let refused = service.filter(|service| matches!(service.load_state.as_str(), "bad-setting" | "error"));
    let unit = started::unit(facts);
    let command = unit.map(|unit| unit.unit.command());
    let refusal = unit.and_then(|unit| unit.unit.refusal());
    let from_drop_in = super::drop_in_overrides::culprit(facts).is_some();
    let fault = match command {
        Some(None) => Some("it has no `ExecStart=` that counts".to_owned()),
        Some(Some(Err(why))) => Some(format!("its `ExecStart=` is not understood: {why}")),
        _ => refusal.map(|(why, _)| why.to_owned()),
    };
    if let Some(diagnosis) = environment_file(facts) {
        return Some(diagnosis);
    }
    if from_drop_in || (refused.is_none() && fault.is_none()) {
        return None;
    }
    let line = match refusal {
        Some((_, setting)) => Some(evidence::unit_line(&key_of(&setting), &setting)),
        None => unit.and_then(|unit| unit.unit.exec_start()).map(|setting| evidence::unit_line("ExecStart", &setting)),
    };
    let complaints = unit.into_iter().flat_map(|unit| &unit.unit.files).flat_map(|file| {
        file.complaints.iter().map(|complaint| {
            Evidence::new(EvidenceSource::UnitFile, format!("{}:{}  {}", file.path, complaint.line, complaint.what))
        })
    });
    let loaded = refused.map(|service| {
        let words = format!("LoadState={} LoadError={}", service.load_state, service.load_error);
        evidence::systemctl(words)
    });
    let nothing = unit
        .and_then(|unit| unit.unit.files.first())
        .filter(|_| fault.is_some() && line.is_none())
        .map(|file| Evidence::new(EvidenceSource::UnitFile, format!("{}: no `ExecStart=` in `[Service]`", file.path)));
    let mut seen = line
        .filter(|_| fault.is_some())
        .into_iter()
        .chain(nothing)
        .chain(complaints)
        .chain(reasons(facts))
        .chain(loaded);
    let words = format!("systemd cannot use the unit: {}", fault.as_deref().unwrap_or("it refuses to load it"));
    let first = seen.next()?;
    Some(CAUSE.found(facts, words, first).and(seen).steps(unit_fix::write_unit(facts)))
}

/// The key of a line.
fn key_of(setting: &Setting<'_>) -> String {
    let found = setting.file.assignments.iter().find(|found| found.line == setting.line);
    found.map(|found| found.key.clone()).unwrap_or_default()
}

/// What systemd itself has said of a line when it read the unit last: `FILE:LINE: …`, or `UNIT: … Refusing.`
fn reasons(facts: &Facts) -> Vec<Evidence> {
    let files = started::unit(facts).map(|unit| unit.unit.files.as_slice()).unwrap_or_default();
    let entries = facts.manager_now();
    let tells = |entry: &&&JournalEntry| {
        let of_line = files.iter().any(|file| entry.message.starts_with(&format!("{}:", file.path)));
        (of_line && !entry.says("ignoring")) || entry.says("Refusing.")
    };
    let mut told: Vec<&JournalEntry> = entries.iter().filter(tells).copied().collect();
    told.reverse();
    told.dedup_by(|a, b| a.message == b.message);
    told.into_iter().take(2).map(evidence::journal).collect()
}

/// A file of variables that is not there keeps the service from starting; a `-` before its name forgives that
/// (systemd.exec(5), `EnvironmentFile=`).
fn environment_file(facts: &Facts) -> Option<Diagnosis> {
    let dead = !matches!(facts.condition(), Condition::Running | Condition::Starting | Condition::Stopped);
    let said = evidence::manager_line(facts, &["Failed to load environment files"]).filter(|_| dead)?;
    let unit = &started::unit(facts)?.unit;
    let setting =
        unit.settings("Service", "EnvironmentFile").into_iter().find(|setting| !setting.value.starts_with('-'))?;
    let words = format!("The unit reads variables from `{}`, which cannot be read", setting.value);
    let commands = unit_fix::set(facts, &setting, &format!("-{}", setting.value));
    let words_of_fix = "start without it; what it held has to be given again";
    let diagnosis = CAUSE.found(facts, words, evidence::unit_line("EnvironmentFile", &setting));
    Some(diagnosis.and([evidence::journal(said)]).and(evidence::state(facts)).steps(unit_fix::step_and_restart(
        facts,
        words_of_fix,
        commands,
    )))
}
