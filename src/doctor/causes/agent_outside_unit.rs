//! `agent-outside-unit`: an agent runs that the unit did not start.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix};
use crate::doctor::facts::{Facts, Stray};
use crate::report::diagnosis::{Diagnosis, Step};
use crate::report::finding::Severity;

pub(crate) static CAUSE: Cause = Cause {
    id: "agent-outside-unit",
    severity: Severity::Warning,
    summary: "an agent runs that the unit did not start",
    page: include_str!("../../../docs/causes/agent-outside-unit.md"),
    stands: Stands::Beside,
    areas: &[Area::Process],
    follows_from: &["port-in-use"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let strays = facts.strays.known()?;
    let mut seen = strays.iter().map(described);
    let first = seen.next()?;
    let runs = facts.service.known().is_some_and(|service| service.runs());
    let words = match (strays.len(), runs) {
        (1, true) => "A second agent runs beside the unit's own: the control plane may see either",
        (1, false) => "An agent runs outside the unit: starting the unit would make a second one",
        (_, true) => "Other agents run beside the unit's own: the control plane may see any of them",
        (_, false) => "Agents run outside the unit: starting the unit would make one more",
    };
    Some(CAUSE.found(facts, words, first).and(seen).steps(ending(facts)))
}

fn described(stray: &Stray) -> crate::report::diagnosis::Evidence {
    let of = match (&stray.pm2, &stray.unit) {
        (Some(_), _) => ", of pm2".to_owned(),
        (None, Some(unit)) => format!(", of {unit}"),
        (None, None) => String::new(),
    };
    evidence::disk(format!("/proc/{}{of}  {}", stray.pid, stray.command))
}

/// Ends the agents outside the unit, each by whoever would start it again.
pub(crate) fn ending(facts: &Facts) -> Vec<Step> {
    let strays = facts.strays.known().map(Vec::as_slice).unwrap_or_default();
    strays.iter().map(|stray| end(facts, stray)).collect()
}

fn end(facts: &Facts, stray: &Stray) -> Step {
    if let Some(script) = &stray.pm2 {
        let commands = vec![fix::command(&["pm2", "delete", script])];
        return Step::risky("end the agent that pm2 has started, and would start again", commands);
    }
    // `user@0.service` is all of a user's session, and `session-1.scope` none of its own.
    let unit = stray.unit.as_deref().filter(|unit| *unit != facts.places.unit && !unit.starts_with("user@"));
    match unit.filter(|unit| !unit.starts_with("ssh") && !unit.starts_with("cron")) {
        Some(unit) => {
            let commands = vec![fix::command(&["systemctl", "disable", "--now", unit])];
            Step::risky(format!("stop `{unit}`, which runs another agent, now and at boot"), commands)
        }
        None => {
            let commands = vec![fix::command(&["kill", &stray.pid.to_string()]), fix::command(&["sleep", "2"])];
            Step::risky("end the agent that runs outside the unit", commands)
        }
    }
}
