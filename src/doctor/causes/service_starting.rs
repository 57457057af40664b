//! `service-starting`: systemd is at work on the service, and waits; nothing has failed.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix, started};
use crate::doctor::facts::{Condition, Facts, Service};
use crate::report::diagnosis::{Diagnosis, FixStep, command};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "service-starting",
    severity: Severity::Warning,
    summary: "systemd is starting or stopping the service, and waits",
    page: include_str!("../../../docs/causes/service-starting.md"),
    stands: Stands::Beside,
    areas: &[Area::Service],
    follows_from: &["restart-would-fail"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if facts.condition() != Condition::Starting {
        return None;
    }
    let service = facts.service.known()?;
    let since = service.state_since.map(|since| facts.at.seconds_since(since));
    let since = since.map(|seconds| format!(", for {seconds} s now")).unwrap_or_default();
    let words = format!("{}{since}", waits_for(service));
    let mut state =
        format!("ActiveState={} SubState={} Type={}", service.active_state, service.sub_state, service.kind);
    if let Some(job) = service.job.filter(|_| service.is_queued()) {
        state.push_str(&format!(" Job={job}"));
        return Some(of_the_queue(facts, service, state));
    }
    let seen = evidence::systemctl(state);
    let command = service.control_pid.map(|pid| evidence::disk(format!("/proc/{pid}: the command that it waits for")));
    let last = facts.present().into_iter().max_by_key(|entry| entry.at).map(evidence::journal);
    let look = fix::systemctl("status", facts).into_iter().collect();
    let step = FixStep::looks("see what it waits for; systemd gives up by itself after `TimeoutStartSec=`", look);
    Some(CAUSE.found(facts, words, seen).and(command).and(last).step(step))
}

/// Its start is asked for and waits for others: another one would only wait as well.
fn of_the_queue(facts: &Facts, service: &Service, state: String) -> Diagnosis {
    let behind = match service.at_work.as_slice() {
        [] => "other units".to_owned(),
        units => units.iter().map(|unit| format!("`{unit}`")).collect::<Vec<_>>().join(", "),
    };
    let words =
        format!("The agent is to be started, and its start waits in systemd's queue: systemd is at work on {behind}");
    let after =
        started::unit(facts).and_then(|unit| Some(evidence::unit_line("After", &unit.unit.setting("Unit", "After")?)));
    let look = vec![command!("systemctl", "list-jobs", "--no-pager")];
    let step = FixStep::looks("see what it waits for, and mend or end that; a further start would wait as well", look);
    CAUSE.found(facts, words, evidence::systemctl(state)).and(after).step(step)
}

/// What systemd waits for, by the state of the service (systemd's `service_state`).
fn waits_for(service: &Service) -> String {
    match service.sub_state.as_str() {
        "condition" => "systemd waits for `ExecCondition=` before it starts the agent".to_owned(),
        "start-pre" => "systemd waits for `ExecStartPre=` before it starts the agent".to_owned(),
        "start" if service.kind.starts_with("notify") => {
            format!("The agent was started, and has not said READY, which `Type={}` waits for", service.kind)
        }
        "start" => format!("systemd waits until the agent is up, as `Type={}` asks", service.kind),
        "start-post" => "The agent was started, and systemd waits for `ExecStartPost=`".to_owned(),
        "reload" | "reload-signal" | "reload-notify" => "The service reloads".to_owned(),
        "stop" | "stop-sigterm" | "stop-watchdog" | "stop-sigkill" => {
            "The service is being stopped, and its processes have not ended yet".to_owned()
        }
        "stop-post" => "The service is being stopped, and systemd waits for `ExecStopPost=`".to_owned(),
        "final-sigterm" | "final-sigkill" | "final-watchdog" => {
            "The service has ended, and processes that it left behind are being ended".to_owned()
        }
        other => format!("systemd is at work on the service ({other})"),
    }
}
