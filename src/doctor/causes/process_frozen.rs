//! `process-frozen`: the agent's process is there, and does not get to run.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{confinement, evidence, fix};
use crate::doctor::facts::{Condition, Facts, JournalEntry, Motion, Process, SETTLED, Speaker, Stuck};
use crate::report::action::{Action, Manage};
use crate::report::diagnosis::{Diagnosis, Evidence, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::UnitName;

pub(super) static CAUSE: Cause = Cause {
    id: "process-frozen",
    severity: Severity::Error,
    summary: "the agent's process is stopped by a signal, frozen, or stuck in a computation",
    page: include_str!("../../../docs/causes/process-frozen.md"),
    stands: Stands::Beside,
    areas: &[Area::Process],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let process = facts.process.known()?.as_ref()?;
    let frozen = facts.service.known().is_some_and(|service| service.freezer.starts_with("fr"));
    if let Some(found) = for_a_debugger(facts, process).filter(|_| !frozen) {
        return Some(found);
    }
    let pid = process.pid;
    let again = |actions: Vec<Action>| FixStep::changes("let it run again", actions);
    let thaw = || again(fix::service(Manage::Thaw, facts).into_iter().collect());
    let (words, seen, step) = match &process.motion {
        // A start has much to compute.
        Motion::Stuck(_) if !frozen && facts.up().is_some_and(|up| up < SETTLED) => return None,
        // A loop that always has something to do computes as one that is stuck does: `diagnose/not_checked.rs` says so.
        Motion::Stuck(_) if !frozen && process.busy().is_some() => return None,
        Motion::Stuck(stuck) if !frozen => return Some(of_stuck(facts, process, stuck)),
        Motion::Moves if !frozen => return None,
        Motion::Moves | Motion::Stuck(_) => {
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

/// Options with which Node waits for a debugger before it runs anything (node(1)).
const WAITING: [&str; 2] = ["--inspect-brk", "--inspect-wait"];

/// What Node says of a debugger that may connect (inspector_socket_server.cc): an agent that got to run says more.
const OF_A_DEBUGGER: [&str; 4] = ["Debugger ", "For help, see", "Waiting for the debugger", "Starting inspector"];

/// A Node that waits for a debugger.
fn for_a_debugger(facts: &Facts, process: &Process) -> Option<Diagnosis> {
    if facts.condition() != Condition::Running || process.is_connected() == Some(true) {
        return None;
    }
    let own = |entry: &&JournalEntry| entry.speaker == Speaker::Agent;
    let said: Vec<&JournalEntry> = facts.present().into_iter().filter(own).collect();
    let is_of_debugger = |entry: &&JournalEntry| OF_A_DEBUGGER.iter().any(|words| entry.message.starts_with(words));
    if !said.iter().all(is_of_debugger) {
        return None;
    }
    let (name, (line, steps)) = WAITING.into_iter().find_map(|name| Some((name, confinement::option(facts, name)?)))?;
    let words =
        format!("The agent waits for a debugger before it runs anything: `{name}` is among its options for node");
    let listens = said.iter().min_by_key(|entry| entry.at).map(|entry| evidence::journal(entry));
    Some(
        CAUSE
            .found(facts, words, line)
            .and(listens)
            .and(evidence::process(facts))
            .and(evidence::state(facts))
            .steps(steps),
    )
}

/// An event loop that does not turn: the connection stands, and nobody is at the other end of it.
fn of_stuck(facts: &Facts, process: &Process, stuck: &Stuck) -> Diagnosis {
    let pid = stuck.pid;
    let who = if pid == process.pid { "The agent" } else { "The agent's process" };
    let (words, seen) = match (stuck.ran, &stuck.unread) {
        (None, None) => (
            format!(
                "{who} waits for something else than its connections, and does nothing meanwhile: something holds up its event \
                 loop"
            ),
            evidence::disk(format!(
                "/proc/{pid}/wchan: {}, and no thread waits for a connection",
                stuck.waits.as_deref().unwrap_or("a system call")
            )),
        ),
        (Some(ran), _) => (
            format!("{who} computes without a pause: while that lasts, it does nothing else, and answers nobody"),
            evidence::disk(format!("/proc/{pid}/schedstat: {} s on a processor, and no pause", tenths(ran))),
        ),
        (None, unread) => (
            format!("{who} does not read what the control plane sends: something holds up its event loop"),
            evidence::disk(format!("/proc/{pid}/net/tcp: {}", unread.as_deref().unwrap_or("something unread"))),
        ),
    };
    let unread = stuck.unread.as_ref().filter(|_| stuck.ran.is_some());
    let unread = unread.map(|unread| evidence::disk(format!("/proc/{pid}/net/tcp: {unread}")));
    let mut diagnosis = CAUSE.found(facts, words, seen);
    let is_connected = process.is_connected() == Some(true);
    if is_connected {
        diagnosis.severity = Severity::Warning;
    }
    let look = vec![
        command!("ps", "-L", "-o", "tid,stat,pcpu,wchan:20,comm", "-p", pid),
        command!("ps", "-o", "pid,args", "--ppid", pid),
    ];
    let text = "see what it is at, and which program it waits for; a long task of its own passes";
    // What it is at is lost with it, and may be worth more than an answer now.
    let again = match is_connected {
        true => FixStep::told(format!("if that lasts, start it again: systemctl restart {}", facts.places.unit)),
        false => fix::restart(facts),
    };
    diagnosis.and(unread).and(evidence::process(facts)).step(FixStep::looks(text, look)).step(again)
}

/// Milliseconds as seconds with one digit.
fn tenths(milliseconds: u64) -> String {
    format!("{}.{}", milliseconds / 1000, milliseconds % 1000 / 100)
}

fn tracer(process: &Process) -> Option<Evidence> {
    match process.motion {
        Motion::Traced { by: Some(by) } => {
            Some(evidence::disk(format!("/proc/{}/status: TracerPid {by}", process.pid)))
        }
        _ => None,
    }
}
