//! `port-in-use`: another process listens on the port that the agent needs.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::CrashKind;
use super::{crash, evidence, fix};
use crate::doctor::facts::{Facts, Listener};
use crate::report::diagnosis::{Diagnosis, Step};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "port-in-use",
    severity: Severity::Error,
    summary: "another process listens on the port that the agent needs",
    page: include_str!("../../../docs/causes/port-in-use.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Port],
    follows_from: &["unit-masked", "unit-missing"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let crash = crash::crash(facts)?;
    let CrashKind::PortInUse(port) = crash.kind else { return None };
    // An old agent that runs on beside the unit holds the port, and the control plane shows an agent connected
    // (docs/reference/field-facts.md, "What else breaks a server").
    let main = facts.service.known().and_then(|service| service.main_pid);
    let holder = facts.listeners.known().and_then(|listeners| {
        listeners
            .iter()
            .find(|listener| Some(listener.port) == port && (listener.pid.is_none() || listener.pid != main))
    });
    let shown = port.map_or_else(|| "a port".to_owned(), |port| format!("port {port}"));
    let words = match holder.and_then(|holder| holder.pid) {
        Some(pid) => format!("The agent cannot listen on {shown}: process {pid} holds it"),
        None => format!("The agent cannot listen on {shown}: something else does"),
    };
    let seen = holder.map(|holder| {
        let pid = holder.pid.map_or_else(|| "a process".to_owned(), |pid| format!("/proc/{pid}"));
        let command = holder.command.as_deref().map(|command| format!("  {command}")).unwrap_or_default();
        let unit = holder.unit.as_deref().map(|unit| format!(", of {unit}")).unwrap_or_default();
        evidence::disk(format!("{pid} listens on {}{unit}{command}", holder.port))
    });
    let diagnosis = CAUSE.found(facts, words, evidence::journal(crash.headline)).and(seen).and(evidence::state(facts));
    Some(diagnosis.steps(holder.and_then(|holder| evict(facts, holder))).step(fix::restart(facts)))
}

/// Stops exactly what holds the port: its unit, or the process.
fn evict(facts: &Facts, holder: &Listener) -> Option<Step> {
    let service = holder.unit.as_deref().filter(|unit| unit.ends_with(".service") && *unit != facts.places.unit);
    // `user@0.service` is all of a user's session, not what was started in it.
    if let Some(unit) = service.filter(|unit| !unit.starts_with("user@")) {
        return Some(Step::risky(
            format!("stop `{unit}`, which holds the port, now and at boot"),
            vec![fix::command(&["systemctl", "disable", "--now", unit])],
        ));
    }
    let pid = holder.pid?.to_string();
    Some(Step::risky(
        "end the process that holds the port",
        vec![fix::command(&["kill", &pid]), fix::command(&["sleep", "2"])],
    ))
}
