//! `unit-disabled`: the agent is not started at boot.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix, shared_file, started};
use crate::doctor::facts::{Facts, OWN_DROP_IN};
use crate::report::action::{Action, Manage, Replace};
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;
use crate::report::words::{CheckedDocument, RefusedWord, UnitName};

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
    Some(diagnosis.steps(fix::or_told(remedy(facts, installs))))
}

fn remedy(facts: &Facts, installs: bool) -> Result<Vec<FixStep>, RefusedWord> {
    let mut commands: Vec<Action> = Vec::new();
    // Without an `[Install]` section `enable` makes no link (systemctl(1)), and the state is `static`.
    if let Some(file) = started::unit(facts).and_then(|unit| unit.unit.files.first()).filter(|_| !installs) {
        let own = UnitName::new(&facts.places.unit)?.file().beside(".d").below(OWN_DROP_IN);
        let path = if shared_file::is_shared(&file.path) { own.as_str() } else { &file.path };
        let file = fix::roots(facts, path)?;
        if file == own {
            commands.push(Replace::DropIns { folder: file.folder() }.into());
        }
        let lines = CheckedDocument::default().fixed("\n[Install]\nWantedBy=multi-user.target");
        commands.push(Replace::Append { file, lines }.into());
        commands.push(Manage::Reload.into());
    }
    commands.extend(fix::service(Manage::Enable, facts));
    Ok(vec![FixStep::changes("have it started at boot", commands)])
}
