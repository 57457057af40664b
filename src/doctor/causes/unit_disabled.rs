//! `unit-disabled`: the agent is not started at boot.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix, started};
use crate::doctor::facts::Facts;
use crate::report::diagnosis::{Diagnosis, Step};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "unit-disabled",
    severity: Severity::Warning,
    summary: "the agent is not started at boot",
    page: include_str!("../../../docs/causes/unit-disabled.md"),
    stands: Stands::Beside,
    areas: &[Area::Unit],
    follows_from: &["unit-masked", "unit-missing"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let unit = started::unit(facts)?;
    let state = facts.service.known().map(|service| service.unit_file_state.as_str());
    let disabled = match state {
        Some(state) => state == "disabled" || (state == "static" && !unit.enabled),
        None => !unit.enabled,
    };
    if !disabled || unit.masked_by.is_some() {
        return None;
    }
    let installs = !unit.unit.settings("Install", "WantedBy").is_empty();
    let seen = match state {
        Some(state) => evidence::systemctl(format!("UnitFileState={state}")),
        None => {
            evidence::disk(format!("/etc/systemd/system/multi-user.target.wants/{}: no such link", facts.places.unit))
        }
    };
    let words = "The unit is not enabled: the agent does not come back after a reboot";
    let diagnosis = CAUSE.found(facts, words, seen);
    let mut commands = Vec::new();
    // Without an `[Install]` section `enable` makes no link (systemctl(1)), and the state is `static`.
    if !installs {
        let file = &unit.unit.files.first()?.path;
        let text = "\n[Install]\nWantedBy=multi-user.target";
        commands.push(fix::command(&["tee", "-a", file]).reading(text));
        commands.push(fix::command(&["systemctl", "daemon-reload"]));
    }
    commands.push(fix::systemctl("enable", facts));
    Some(diagnosis.step(Step::safe("have it started at boot", commands)))
}
