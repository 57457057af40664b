//! Drop-ins that confine the agent so that it cannot start, although every path is right.
//!
//! Measured with the lab's servers: `ProtectHome=` looks like a missing directory, which root sees all the same;
//! `MemoryDenyWriteExecute=` ends Node by SIGTRAP, `SystemCallFilter=` by SIGSYS without a word.

use super::lines::{is_drop_in, without};
use crate::doctor::causes::cause::Cause;
use crate::doctor::causes::{evidence, started};
use crate::doctor::facts::{Condition, Exit, Facts, Presence, Run};
use crate::report::diagnosis::Diagnosis;
use crate::systemd::Setting;

/// What a confined service ends with, and the settings that do it (systemd.exec(5), systemd.service(5)).
const MARKS: [(Mark, &[&str]); 4] = [
    (
        Mark::OutOfSight,
        &[
            "ProtectHome",
            "ProtectSystem",
            "RootDirectory",
            "RootImage",
            "TemporaryFileSystem",
            "InaccessiblePaths",
            "PrivateUsers",
            "NoExecPaths",
            "DynamicUser",
        ],
    ),
    (Mark::Trap, &["MemoryDenyWriteExecute"]),
    (Mark::ForbiddenCall, &["SystemCallFilter", "RestrictNamespaces", "SystemCallArchitectures"]),
    (Mark::Late, &["Type", "TimeoutStartSec"]),
];

/// How a confined service ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mark {
    /// 200/CHDIR, 203/EXEC or 226/NAMESPACE, and what is named is there.
    OutOfSight,
    /// SIGTRAP: V8 may not make its code executable.
    Trap,
    /// SIGSYS.
    ForbiddenCall,
    /// It never says that it is ready.
    Late,
}

/// The drop-in whose setting is known for the way in which the service ends.
pub(super) fn diagnose(cause: &Cause, facts: &Facts) -> Option<Diagnosis> {
    let mark = mark(facts)?;
    let (_, keys) = MARKS.iter().find(|(known, _)| *known == mark)?;
    let unit = &started::unit(facts)?.unit;
    let of = |key: &&'static str| Some((*key, unit.setting("Service", key)?));
    let (key, setting): (&str, Setting<'_>) =
        keys.iter().filter_map(of).find(|(_, setting)| is_drop_in(unit, setting))?;
    let words = format!("A drop-in confines the agent so that it cannot start: `{key}={}`", setting.value);
    let said = ["Failed at step", "timed out", "Main process exited"];
    let said = said.iter().find_map(|words| evidence::manager_line(facts, &[words]));
    let there = started::directory(facts).filter(|_| mark == Mark::OutOfSight).map(evidence::reached);
    let diagnosis = cause
        .found(facts, words, evidence::unit_line(key, &setting))
        .and(said.map(evidence::journal))
        .and(there)
        .and(evidence::state(facts));
    Some(diagnosis.steps(without(facts, &setting, keys)))
}

fn mark(facts: &Facts) -> Option<Mark> {
    let exit = match facts.condition() {
        Condition::Looping | Condition::Down => facts.service.known().and_then(|service| service.exit),
        Condition::Unknown => facts.runs().last().filter(|run| run.died()).and_then(Run::exit),
        Condition::Running | Condition::Stopped => None,
    };
    match exit {
        Some(Exit::Code(200 | 203 | 226)) => {
            let is_there = |reached: Option<&crate::doctor::facts::Reached>| {
                reached.is_some_and(|reached| matches!(reached.presence, Presence::Directory | Presence::File { .. }))
            };
            let there = is_there(started::directory(facts)) && is_there(started::program(facts));
            there.then_some(Mark::OutOfSight)
        }
        Some(Exit::Signal(5)) => Some(Mark::Trap),
        Some(Exit::Signal(31)) => Some(Mark::ForbiddenCall),
        _ if facts.service.known().is_some_and(|service| service.result == "timeout") => Some(Mark::Late),
        _ => None,
    }
}
