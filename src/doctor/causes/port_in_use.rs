//! `port-in-use`: another process listens on the port that the agent needs.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::CrashKind;
use super::{crash, evidence};
use crate::doctor::facts::{Facts, Listener};
use crate::report::diagnosis::{Diagnosis, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::CheckedWord;

pub(super) static CAUSE: Cause = Cause {
    id: "port-in-use",
    severity: Severity::Error,
    summary: "another process listens on the port that the agent needs",
    page: include_str!("../../../docs/causes/port-in-use.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Port],
    follows_from: &["unit-masked", "unit-missing", "drop-in-overrides", "unit-confinement"],
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
    let words = match (holder, facts.listeners.known()) {
        // Two units for one bundle, as after a renaming, or an installation by another installer.
        (Some(Listener { pid: Some(pid), unit: Some(unit), .. }), _) if is_agent(facts, *pid) => format!(
            "The agent cannot listen on {shown}: another agent, of `{unit}`, holds it; two units start the agent"
        ),
        (Some(Listener { pid: Some(pid), unit: Some(unit), .. }), _) if *unit == facts.places.unit => format!(
            "The agent cannot listen on {shown}: process {pid}, an old one of the unit itself, holds it: a stop has left it running"
        ),
        // systemd listens itself until somebody connects (systemd.socket(5)).
        (Some(Listener { pid: Some(1), .. }), _) => {
            format!("The agent cannot listen on {shown}: systemd itself does, for a socket unit")
        }
        (Some(Listener { pid: Some(pid), .. }), _) => {
            format!("The agent cannot listen on {shown}: process {pid} holds it")
        }
        (None, Some(_)) if port.is_some() => {
            format!("The agent could not listen on {shown}, as something else did; nothing does at this moment")
        }
        _ => format!("The agent cannot listen on {shown}: something else does"),
    };
    let seen = holder.map(|holder| {
        let pid = holder.pid.map_or_else(|| "a process".to_owned(), |pid| format!("/proc/{pid}"));
        let command = holder.command.as_deref().map(|command| format!("  {command}")).unwrap_or_default();
        let unit = holder.unit.as_deref().map(|unit| format!(", of {unit}")).unwrap_or_default();
        evidence::disk(format!("{pid} listens on {}{unit}{command}", holder.port))
    });
    let diagnosis = CAUSE.found(facts, words, evidence::journal(crash.headline)).and(seen).and(evidence::state(facts));
    Some(diagnosis.step(ask(holder)))
}

/// Whether a process is an agent that the unit did not start.
fn is_agent(facts: &Facts, pid: u32) -> bool {
    facts.strays.known().is_some_and(|strays| strays.iter().any(|stray| stray.pid == pid))
}

/// Whose program it is, only its owner knows: it is named, with how to ask who owns it, and never stopped.
fn ask(holder: Option<&Listener>) -> FixStep {
    let words = "see whose process it is; whoever owns it ends it, or gives it another port. Then start the agent";
    let Some(pid) = holder.and_then(|holder| holder.pid) else {
        return FixStep::looks(words, vec![command!("ss", "-Hltnp")]);
    };
    if pid == 1 {
        let words = "see which socket unit it is (`LISTEN`, `UNIT`); whoever owns it stops it, or gives it another port. Then start the agent";
        return FixStep::looks(words, vec![command!("systemctl", "list-sockets", "--all", "--no-pager")]);
    }
    let looks = vec![
        command!("ps", "-o", "pid,user,lstart,args", "-p", pid),
        command!("systemctl", "status", "--no-pager", "--lines=0", pid, CheckedWord::Shell("|| true")),
    ];
    FixStep::looks(words, looks)
}
