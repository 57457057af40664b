//! `unit-disabled`: the agent is not started at boot.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix, shared_file, started, unit_fix};
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
        Some(state) => matches!(state, "disabled" | "static") && !unit.enabled,
        None => !unit.enabled,
    };
    if unit.masked_by.is_some() {
        return None;
    }
    if !disabled {
        return of_another_target(facts).or_else(|| gone_at_boot(facts));
    }
    if let Some(diagnosis) = gone_at_boot(facts) {
        return Some(diagnosis);
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

/// It is enabled, for what this machine does not boot into: `graphical.target` on a server.
fn of_another_target(facts: &Facts) -> Option<Diagnosis> {
    let unit = started::unit(facts)?;
    let boots = facts.host.target.as_deref().filter(|target| *target == "multi-user.target")?;
    let settings = unit.unit.settings("Install", "WantedBy");
    let by: Vec<&str> = settings.iter().flat_map(|setting| setting.value.split_whitespace()).collect();
    let required = !unit.unit.settings("Install", "RequiredBy").is_empty();
    let never = by.iter().all(|target| matches!(*target, "graphical.target" | "rescue.target" | "emergency.target"));
    if by.is_empty() || required || !never {
        return None;
    }
    let setting = settings.last()?;
    let words = format!(
        "The unit is enabled for `{}`, and this machine boots into `{boots}`: the agent does not come back after a reboot",
        by.join(" ")
    );
    let seen = evidence::disk(format!("default.target → {boots}"));
    let diagnosis = CAUSE.found(facts, words, evidence::unit_line("WantedBy", setting)).and([seen]);
    Some(diagnosis.steps(fix::or_told(remedy(facts, false))))
}

/// A unit that lies in `/run`, as `systemd-run` and some tools write it: nothing of it is left after a reboot.
fn gone_at_boot(facts: &Facts) -> Option<Diagnosis> {
    let file = started::unit(facts)?.unit.files.first()?;
    let by_generator = file.path.starts_with("/run/systemd/generator");
    if !file.path.starts_with("/run/") || by_generator {
        return None;
    }
    let words = "The unit lies in `/run`, which is empty after a reboot: the agent does not come back then";
    let diagnosis = CAUSE.found(facts, words, evidence::disk(format!("{}: the unit's file", file.path)));
    let state =
        facts.service.known().map(|service| evidence::systemctl(format!("UnitFileState={}", service.unit_file_state)));
    // Of `systemd-run` the file goes with the process, and counts for more than any other as long as it is there.
    let stop = file.path.starts_with("/run/systemd/transient").then(|| fix::systemctl("stop", facts)).flatten();
    let stop = stop.map(|stop| FixStep::changes("stop it: what systemd-run has written goes with it", vec![stop]));
    Some(diagnosis.and(state).steps(stop).steps(unit_fix::write_unit(facts)))
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
