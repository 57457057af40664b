//! `process-frozen`: the agent's process is there, and does not get to run.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix};
use crate::doctor::facts::{Facts, Motion, Process};
use crate::report::action::{Action, Manage};
use crate::report::diagnosis::{Diagnosis, Evidence, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::UnitName;

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
    let pid = process.pid;
    let again = |actions: Vec<Action>| FixStep::changes("let it run again", actions);
    let thaw = || again(fix::service(Manage::Thaw, facts).into_iter().collect());
    let (words, seen, step) = match &process.motion {
        Motion::Moves if !frozen => return None,
        Motion::Moves => {
            let state = facts.service.known().map(|service| service.freezer.clone()).unwrap_or_default();
            let words = "The unit is frozen: the agent is there, and does nothing";
            (words, evidence::systemctl(format!("FreezerState={state}")), thaw())
        }
        Motion::Frozen { says } => {
            let words = "The agent's control group is frozen: it is there, and does nothing";
            // systemd thaws what it has frozen; what somebody wrote into the control group by hand is theirs.
            let text =
                "whoever has frozen the control group thaws it: `THAWED` into `freezer.state`, 0 into `cgroup.freeze`";
            (words, evidence::disk(says), if frozen { thaw() } else { FixStep::told(text) })
        }
        Motion::Stopped => {
            let unit = UnitName::new(&facts.places.unit);
            let kill = unit.map(|unit| vec![again(vec![Manage::Continue(unit).into()])]);
            let words = "The agent is stopped by a signal (SIGSTOP): it is there, and does nothing";
            let seen = evidence::disk(format!("/proc/{pid}/stat: state T (stopped)"));
            (words, seen, fix::or_told(kill).into_iter().next()?)
        }
        Motion::Traced { by } => {
            let words = "Another process traces the agent, and holds it";
            let look = by.map(|by| vec![command!("ps", "-o", "pid,user,lstart,args", "-p", by)]);
            let text = "see which program holds it; whoever has started that ends it";
            let seen = evidence::disk(format!("/proc/{pid}/stat: state t (tracing stop)"));
            (words, seen, FixStep::looks(text, look.unwrap_or_default()))
        }
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

fn tracer(process: &Process) -> Option<Evidence> {
    match process.motion {
        Motion::Traced { by: Some(by) } => {
            Some(evidence::disk(format!("/proc/{}/status: TracerPid {by}", process.pid)))
        }
        _ => None,
    }
}
