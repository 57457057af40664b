//! Step 8 without systemd: the agent started as the written unit says, and watched until it has connected and stayed up, or
//! died.

use super::control_plane::StandIn;
use super::error::RehearsalError;
use super::scene::Scene;
use crate::host::process::{Done, Environment, Keep, ProcessEnd, Request, RunningProgram, Streams};
use crate::systemd::{Context, Unit};
use crate::update::documented_paths;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the agent is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// How an agent is watched.
pub(super) struct Watch<'a> {
    /// What it is to connect to.
    pub plane: &'a StandIn,
    /// How long it has to stay up, connected.
    pub hold: Duration,
    /// How long it may take to connect.
    pub patience: Duration,
    /// The caller's wish to stop.
    pub stop: &'a AtomicBool,
}

/// What became of an agent.
pub(super) enum AgentOutcome {
    /// It connected and stayed up.
    Held,
    /// It did not.
    Failed {
        /// What was seen, in our words.
        what: String,
        /// What it wrote.
        output: String,
    },
}

fn failed(what: impl Into<String>, output: String) -> AgentOutcome {
    AgentOutcome::Failed { what: what.into(), output }
}

/// Starts an agent and watches it; gives how long that took, and the command line.
pub(super) fn start(
    unit: &str,
    scene: &Scene,
    watch: &Watch<'_>,
) -> Result<(AgentOutcome, Duration, String), RehearsalError> {
    let unit = Unit::of_text(documented_paths::UNIT, documented_paths::UNIT_FILE, unit);
    let home = scene.home().display().to_string();
    let directory = unit.working_path(&Context { user_home: Some(home.clone()) }).unwrap_or_else(|| home.clone());
    let command = match unit.command() {
        Some(Ok(command)) => command,
        Some(Err(why)) => {
            return Ok((failed(format!("the unit's ExecStart: {why}"), String::new()), Duration::ZERO, String::new()));
        }
        None => return Ok((failed("the unit has no ExecStart", String::new()), Duration::ZERO, String::new())),
    };
    let shown = std::iter::once(&command.program).chain(&command.arguments).cloned().collect::<Vec<_>>().join(" ");
    if !Path::new(&directory).is_dir() {
        let what = format!("status=200/CHDIR: the unit's WorkingDirectory {directory} is not there");
        return Ok((failed(what, String::new()), Duration::ZERO, shown));
    }
    let request = Request {
        args: command.arguments.iter().map(Into::into).collect(),
        environment: Environment::Only(environment(&unit, &home)),
        directory: Some(directory.into()),
        most_output: 64 * 1024,
        keep: Keep::End,
        streams: Streams::Together,
        ..Request::new(&command.program, &[])
    };
    match RunningProgram::start(&request) {
        Ok(running) => watched(running, watch).map(|(outcome, took)| (outcome, took, shown)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let what = format!("status=203/EXEC: there is no {}", command.program);
            Ok((failed(what, String::new()), Duration::ZERO, shown))
        }
        Err(source) => Err(RehearsalError::Io { what: format!("start {}", command.program), source }),
    }
}

/// What a service of systemd's system manager sees (systemd.exec(5), "Environment Variables in Spawned Processes"), and
/// the unit's own variables.
fn environment(unit: &Unit, home: &str) -> Vec<(OsString, OsString)> {
    let user = unit.user();
    let mut variables = vec![
        ("PATH".to_owned(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ("HOME".to_owned(), home.to_owned()),
        ("USER".to_owned(), user.clone()),
        ("LOGNAME".to_owned(), user),
        ("SHELL".to_owned(), "/bin/sh".to_owned()),
    ];
    for (name, value) in unit.environment() {
        variables.retain(|(known, _)| *known != name);
        variables.push((name, value));
    }
    variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// What becomes of a running agent, and how long it ran.
fn watched(mut running: RunningProgram, watch: &Watch<'_>) -> Result<(AgentOutcome, Duration), RehearsalError> {
    let failed_to_watch = RehearsalError::io("watch the agent");
    let (mut since, mut connected) = (None, false);
    let end = loop {
        match running.has_not_ended(GLANCE) {
            Ok(true) => {}
            Ok(false) => break ProcessEnd::Stopped,
            Err(error) => return Err(failed_to_watch(error)),
        }
        if watch.stop.load(Ordering::Relaxed) {
            return Err(RehearsalError::Interrupted);
        }
        let now = running.elapsed();
        connected |= watch.plane.connected() > 0;
        if watch.plane.connected() == 0 {
            // An agent whose connection broke has to hold out anew.
            since = None;
        } else if now.saturating_sub(*since.get_or_insert(now)) >= watch.hold {
            let done = running.finish(ProcessEnd::Stopped).map_err(failed_to_watch)?;
            return Ok((AgentOutcome::Held, done.took));
        }
        if since.is_none() && now >= watch.patience {
            break ProcessEnd::TimedOut;
        }
    };
    let done = running.finish(end).map_err(failed_to_watch)?;
    Ok((failed(words(&done, connected), done.stdout.text()), done.took))
}

fn words(done: &Done, connected: bool) -> String {
    let when = if connected { "after it had connected" } else { "without having connected" };
    let took = done.took.as_secs_f64();
    match done.end {
        ProcessEnd::Exit(code) => format!("the agent exited with {code} after {took:.1} s, {when}"),
        ProcessEnd::Signal(signal) => format!("the agent was ended by signal {signal} after {took:.1} s, {when}"),
        ProcessEnd::TimedOut | ProcessEnd::Stopped => {
            format!("the agent runs, but had not connected after {took:.0} s")
        }
    }
}
