//! `agent-outside-unit`: an agent runs that the unit did not start.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::evidence;
use crate::doctor::facts::{Facts, Stray};
use crate::report::diagnosis::{Diagnosis, FixStep, command};
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

pub(super) fn described(stray: &Stray) -> crate::report::diagnosis::Evidence {
    let of = match (&stray.pm2, &stray.unit) {
        (Some(_), _) => ", of pm2".to_owned(),
        (None, Some(unit)) => format!(", of {unit}"),
        (None, None) => String::new(),
    };
    evidence::disk(format!("/proc/{}{of}  {}", stray.pid, stray.command))
}

/// What to do before the unit's own agent is started: another's process is not ours to end.
pub(crate) fn ending(facts: &Facts) -> Vec<FixStep> {
    let strays = facts.strays.known().map(Vec::as_slice).unwrap_or_default();
    strays.iter().map(end).collect()
}

fn end(stray: &Stray) -> FixStep {
    let look = vec![command!("ps", "-o", "pid,ppid,user,lstart,args", "-p", stray.pid)];
    let words = match (&stray.pm2, &stray.unit) {
        (Some(script), _) => {
            format!("pm2 has started another agent, and would again: end it with `pm2 delete {script}`")
        }
        (None, Some(unit)) => match stray.of_user() {
            Some((user, unit)) => format!(
                "the agent runs as `{unit}` of the own systemd of the user {user}, which is none of the system's units: that user \
                 sees it by `systemctl --user status {unit}` and `journalctl --user -u {unit}`, and ends it by `systemctl \
                 --user`"
            ),
            None => format!("another agent runs as `{unit}`: end it by what has started it there"),
        },
        (None, None) => format!("another agent runs as process {}: end it by what has started it", stray.pid),
    };
    FixStep::looks(words, look)
}
