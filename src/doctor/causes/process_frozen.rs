//! `process-frozen`: the agent's process is there, and does not get to run.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix};
use crate::doctor::facts::{Facts, Motion, Process};
use crate::report::diagnosis::{Diagnosis, Step};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "process-frozen",
    severity: Severity::Error,
    summary: "the agent's process is stopped by a signal, or frozen",
    page: include_str!("../../../docs/causes/process-frozen.md"),
    stands: Stands::Beside,
    areas: &[Area::Process],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let process = facts.process.known()?.as_ref()?;
    let frozen = facts.service.known().is_some_and(|service| service.freezer.starts_with("fr"));
    let pid = process.pid.to_string();
    let thaw = || Step::safe("let it run again", vec![fix::systemctl("thaw", facts)]);
    let (words, seen, step) = match &process.motion {
        Motion::Moves if !frozen => return None,
        Motion::Moves => {
            let state = facts.service.known().map(|service| service.freezer.clone()).unwrap_or_default();
            let words = "The unit is frozen: the agent is there, and does nothing";
            (words, evidence::systemctl(format!("FreezerState={state}")), thaw())
        }
        Motion::Frozen { says } => (
            "The agent's control group is frozen: it is there, and does nothing",
            evidence::disk(says),
            frozen_step(facts, frozen, says),
        ),
        Motion::Stopped => (
            "The agent is stopped by a signal (SIGSTOP): it is there, and does nothing",
            evidence::disk(format!("/proc/{pid}/stat: state T (stopped)")),
            Step::safe("let it run again", vec![fix::command(&["kill", "-CONT", &pid])]),
        ),
        Motion::Traced { by } => (
            "Another process traces the agent, and holds it",
            evidence::disk(format!("/proc/{pid}/stat: state t (tracing stop)")),
            traced_step(*by, facts),
        ),
    };
    let tracer = tracer(process);
    Some(
        CAUSE
            .found(facts, words, seen)
            .and(tracer)
            .and(evidence::process(facts))
            .and(evidence::state(facts))
            .step(step),
    )
}

/// systemd thaws what it has frozen; what somebody wrote into the control group by hand, the same file undoes.
fn frozen_step(facts: &Facts, by_systemd: bool, says: &str) -> Step {
    let Some((file, old)) = says.split_once(": ").filter(|_| !by_systemd) else {
        return Step::safe("let it run again", vec![fix::systemctl("thaw", facts)]);
    };
    let (file, thawed) = match old {
        "FROZEN" => (file.to_owned(), "THAWED"),
        _ => (file.replace("cgroup.events", "cgroup.freeze"), "0"),
    };
    Step::safe("let it run again", vec![fix::command(&["tee", &file]).reading(thawed)])
}

fn tracer(process: &Process) -> Option<crate::report::diagnosis::Evidence> {
    match process.motion {
        Motion::Traced { by: Some(by) } => {
            Some(evidence::disk(format!("/proc/{}/status: TracerPid {by}", process.pid)))
        }
        _ => None,
    }
}

fn traced_step(by: Option<u32>, facts: &Facts) -> Step {
    match by {
        Some(by) => Step::risky("end the debugger that holds it", vec![fix::command(&["kill", &by.to_string()])]),
        None => fix::restart(facts),
    }
}
