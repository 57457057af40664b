//! `unit-missing`: there is no unit file for the agent.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{agent_outside_unit, evidence, unit_fix};
use crate::doctor::facts::{Facts, Reach, SimilarUnit, Stray};
use crate::report::diagnosis::{Diagnosis, Effect, Evidence, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::UnitName;

pub(super) static CAUSE: Cause = Cause {
    id: "unit-missing",
    severity: Severity::Error,
    summary: "there is no unit file for the agent",
    page: include_str!("../../../docs/causes/unit-missing.md"),
    stands: Stands::Refuses,
    areas: &[Area::Unit],
    follows_from: &["unit-masked"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let unit = facts.unit.known()?;
    let name = &facts.places.unit;
    let masked =
        unit.masked_by.is_some() || facts.service.known().is_some_and(|service| service.load_state == "masked");
    if !unit.unit.files.is_empty() || masked {
        return None;
    }
    // Drop-ins alone make no unit, and a unit that is loaded without a file is gone with the next reload.
    let service = facts.service.known();
    let load = service.map(|service| evidence::systemctl(format!("LoadState={}", service.load_state)));
    let absent = evidence::disk(match &unit.dangling {
        None if unit.obstacle.is_some() => {
            format!("/etc/systemd/system/{name}: a folder, which systemd goes past")
        }
        Some((link, target)) => format!("{link}: a link to {target}, where nothing is"),
        None => format!("/etc/systemd/system/{name}: no such file"),
    });
    let runs = evidence::process(facts);
    let words = match runs {
        Some(_) => {
            format!("There is no unit `{name}` any more; the agent still runs, and will not come back after a reboot")
        }
        None => format!("There is no unit `{name}`, so systemd has nothing to start"),
    };
    if facts.has_no_agent() {
        return Some(no_agent(facts, absent, load));
    }
    // A second unit for the same bundle would start a second agent.
    let of_user = facts.strays.known().and_then(|strays| strays.iter().find(|stray| stray.of_user().is_some()));
    let steps = match facts.similar.iter().any(|unit| unit.starts_agent) || of_user.is_some() {
        true => Vec::new(),
        false => unit_fix::write_unit(facts),
    };
    let by_user = of_user.and_then(Stray::of_user).map(|(user, unit)| {
        format!(" here: the agent runs as `{unit}` of the own systemd of the user {user} (`systemctl --user`)")
    });
    let words = by_user.map_or(words, |by| format!("There is no unit `{name}` of the system's{by}"));
    let user = of_user.map(agent_outside_unit::described);
    let mut diagnosis =
        CAUSE.found(facts, words, absent).and(load).and(runs).and(user).steps(others(facts)).steps(steps);
    // They would undo the unit that is written.
    let left = unit_fix::left(facts).filter_map(unit_fix::undoing);
    diagnosis = diagnosis.and(left.map(|(key, setting)| evidence::unit_line(key, &setting)));
    if of_user.is_some() {
        diagnosis = diagnosis.steps(agent_outside_unit::ending(facts));
    }
    if !diagnosis.fix.iter().any(|step| step.effect == Effect::Changes) {
        diagnosis.verify.clear();
    }
    Some(diagnosis)
}

/// What is said of a machine that has nothing of an agent.
fn no_agent(facts: &Facts, absent: Evidence, load: Option<Evidence>) -> Diagnosis {
    let name = &facts.places.unit;
    let machine = match &facts.reach {
        Reach::Live => format!("this machine: no unit `{name}`, no bundle, and no process of one"),
        Reach::Mounted(root) => {
            format!("the disk at {root}: no unit `{name}`, no bundle, and no line of one in its journal")
        }
    };
    let words = format!("There is no agent on {machine}");
    let unasked = facts.service.why_unknown().filter(|_| facts.is_live());
    let unasked = unasked.map(|why| evidence::systemctl(format!("systemctl show {name}: {}", why.because)));
    let mut diagnosis = CAUSE
        .found(facts, words, absent)
        .and(load)
        .and(unasked)
        .and([evidence::deployment(&facts.deployment)])
        .steps(others(facts));
    if facts.similar.is_empty() {
        let words = "ask on the server that has it (`--unit NAME` for a unit of another name), or install the agent";
        diagnosis = diagnosis.step(FixStep::told(words));
    }
    // There is nothing that could come up.
    diagnosis.verify.clear();
    diagnosis
}

/// Units of other names, to be asked for.
fn others(facts: &Facts) -> Vec<FixStep> {
    let step = |unit: &SimilarUnit| {
        let name = UnitName::new(&unit.name).ok()?;
        let text = match unit.starts_agent {
            true => format!("the agent is started by `{}`: ask for that", unit.name),
            false => format!("if `{}` is meant, ask for that", unit.name),
        };
        Some(FixStep::looks(text, vec![command!("bundle-doctor", "doctor", "--unit", &name)]))
    };
    facts.similar.iter().filter_map(step).collect()
}
