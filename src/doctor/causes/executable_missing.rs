//! `executable-missing`: the program that the unit starts cannot be executed (203/EXEC).

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{crash, evidence, fix, started, unit_fix};
use crate::doctor::facts::{Condition, Exit, Facts, Presence};
use crate::report::diagnosis::{Diagnosis, Evidence, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::AbsolutePath;

pub(super) static CAUSE: Cause = Cause {
    id: "executable-missing",
    severity: Severity::Error,
    summary: "the program that the unit starts cannot be executed (203/EXEC)",
    page: include_str!("../../../docs/causes/executable-missing.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Unit, Area::Node],
    follows_from: &[
        "unit-masked",
        "unit-missing",
        "unit-invalid",
        "unit-not-reloaded",
        "drop-in-overrides",
        "unit-other-command",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let program = started::program(facts);
    let bad = program
        .filter(|program| matches!(program.presence, Presence::Missing { .. } | Presence::Directory | Presence::Other));
    let dead = !matches!(facts.condition(), Condition::Running | Condition::Starting | Condition::Stopped);
    // Mostly a node of nvm or below /usr/local/bin on one side, and /usr/bin/node on the other: the installer wrote
    // what `which node` said, the update writes the documented path (docs/reference/field-facts.md, "Units and
    // installers").
    let child = evidence::manager_line(facts, &["Failed at step EXEC", "Failed to locate executable"])
        .filter(|entry| dead && (bad.is_some() || !entry.says("Permission denied") || is_on_noexec(facts)))
        .filter(|entry| {
            let of_unit = program.map(|program| program.path.as_str());
            evidence::spawned(entry).is_none_or(|spawned| of_unit.is_none_or(|program| program == spawned))
        });
    let broken = broken(facts);
    if bad.is_none() && child.is_none() && broken.is_none() {
        return not_in_path(facts);
    }
    let path = program.map_or("its program", |program| program.path.as_str());
    let words = match bad.map(|program| &program.presence) {
        Some(Presence::Missing { link: Some(link), .. }) if link.is_circle => {
            format!("The unit starts `{path}`, and the link there leads back to itself")
        }
        Some(Presence::Missing { link: Some(link), .. }) => {
            format!("The unit starts `{path}`, and the link to `{}` there leads to nothing", link.target)
        }
        Some(Presence::Missing { .. }) => format!("The unit starts `{path}`, which is not there"),
        Some(_) => format!("The unit starts `{path}`, which is no file"),
        None if child.is_none() => format!("`{path}` does not run: it cannot even tell its version"),
        None => format!("systemd cannot execute `{path}`, although it is there{}", why(facts)),
    };
    let seen = evidence::unit_setting(facts, "ExecStart").into_iter();
    let mut seen = seen
        .chain(bad.map(evidence::reached))
        .chain(child.map(evidence::journal))
        .chain(broken.map(|fault| evidence::disk(format!("{path} --version: {fault}"))))
        .chain(
            evidence::deciding_line(facts, &["Main process exited"])
                .filter(|_| broken.is_some())
                .map(evidence::journal),
        )
        .chain(first_line(facts))
        .chain(noexec(facts))
        .chain(others(facts))
        .chain(evidence::state(facts));
    let first = seen.next()?;
    Some(CAUSE.found(facts, words, first).and(seen).steps(remedy(facts)))
}

/// The code with which env(1) and shells end where they find no such program.
const NOT_FOUND: u32 = 127;

/// `/usr/bin/env node`, where the service's PATH has none: that of a service is short, and no shell's file adds to it.
fn not_in_path(facts: &Facts) -> Option<Diagnosis> {
    let through = started::through_env(facts)?;
    let crash = crash::crash(facts)?;
    let ended = facts.runs().into_iter().rev().find_map(|run| run.exit()) == Some(Exit::Code(NOT_FOUND));
    let says = crash.text.contains("No such file or directory") && crash.text.contains(&through.name);
    if !ended || !says {
        return None;
    }
    let words =
        format!("The unit starts `{}` by `{}`, which finds none in the service's PATH", through.name, through.program);
    let diagnosis = CAUSE
        .found(facts, words, evidence::unit_setting(facts, "ExecStart")?)
        .and([evidence::journal(crash.headline)])
        .and(others(facts))
        .and(evidence::state(facts));
    let Some(node) = facts.other_nodes.first() else { return Some(diagnosis.steps(installed(facts))) };
    let commands = unit_fix::start_instead_of_env(facts, &node.path);
    Some(diagnosis.steps(unit_fix::step_and_restart(facts, "start the node that is there, by its path", commands)))
}

/// How the Node that the unit starts fails to tell its version, as where a library is gone, or a part of the file.
fn broken(facts: &Facts) -> Option<&str> {
    let node = facts.node.known()?.as_ref()?;
    node.fault.as_deref()
}

fn is_on_noexec(facts: &Facts) -> bool {
    started::unit(facts).is_some_and(|unit| unit.noexec.is_some())
}

/// Why a program that is there cannot be executed, as a part of a sentence.
fn why(facts: &Facts) -> &'static str {
    let Some(unit) = started::unit(facts) else { return "" };
    match &unit.first_line {
        _ if unit.noexec.is_some() => ": it is on a file system that is mounted `noexec`",
        Some(line) if has_return(line) => ": its first line ends in a carriage return, which becomes part of a name",
        Some(_) => ": it is a script, and what its first line names is not",
        None if is_empty(facts) => ": it is an empty file",
        None if evidence::manager_line(facts, &["Text file busy"]).is_some() => {
            ": another program holds it open to write it"
        }
        None if evidence::manager_line(facts, &["Exec format error"]).is_some() => {
            ": it is no program for this machine, or damaged"
        }
        None => "",
    }
}

fn is_empty(facts: &Facts) -> bool {
    started::program(facts).is_some_and(|program| matches!(program.presence, Presence::File { size: 0, .. }))
}

/// A line of a file with the line ends of Windows, as it is shown.
fn has_return(line: &str) -> bool {
    line.ends_with("\\r") || line.ends_with("\\x0d") || line.ends_with('\r')
}

/// The first line of a script that cannot be executed.
fn first_line(facts: &Facts) -> Option<Evidence> {
    let line = started::unit(facts)?.first_line.as_ref()?;
    Some(evidence::disk(format!("{}:1  {line}", started::program(facts)?.path)))
}

fn noexec(facts: &Facts) -> Option<Evidence> {
    let point = started::unit(facts)?.noexec.as_ref()?;
    Some(evidence::disk(format!("{point}: mounted noexec")))
}

/// Another Node on this server.
fn others(facts: &Facts) -> Option<Evidence> {
    let node = facts.other_nodes.first()?;
    let version = node.version.as_deref().unwrap_or("of unknown version");
    Some(evidence::disk(format!("{}: node {version}", node.path)))
}

fn remedy(facts: &Facts) -> Vec<FixStep> {
    if let (Some(unit), Some(program)) = (started::unit(facts), started::program(facts)) {
        if let Some(point) = unit.noexec.as_ref().filter(|_| facts.other_nodes.is_empty()) {
            let allow = AbsolutePath::new(point).map(|point| vec![command!("mount", "-o", "remount,exec", &point)]);
            let text = "allow programs there until it is mounted anew; /etc/fstab says how";
            return unit_fix::step_and_restart(facts, text, allow);
        }
        if unit.noexec.is_none() && unit.first_line.as_deref().is_some_and(has_return) {
            let unix =
                fix::roots(facts, &program.path).map(|path| vec![command!("sed", "-i", "s/\\r$//", "--", &path)]);
            return unit_fix::step_and_restart(facts, "give the script the line ends of Unix", unix);
        }
    }
    let setting = started::unit(facts).and_then(|unit| unit.unit.exec_start());
    let program = started::program(facts).map(|program| program.path.as_str());
    if let (Some(node), Some(_), Some(program)) = (facts.other_nodes.first(), setting, program) {
        let commands = unit_fix::start_other(facts, program, &node.path);
        return unit_fix::step_and_restart(facts, "start the node that is there", commands);
    }
    installed(facts)
}

/// Node by the system's package, and the unit that starts it by the path which that has.
fn installed(facts: &Facts) -> Vec<FixStep> {
    let install = vec![command!("apt-get", "install", "--reinstall", "-y", "nodejs")];
    let install = FixStep::changes("install node (18 or newer is needed; this needs the network)", install);
    let program = started::program(facts).map(|program| program.path.as_str());
    let other = program.filter(|path| !matches!(*path, PACKAGED | "/usr/bin/nodejs" | "/bin/node" | "/usr/bin/env"));
    let Some(other) = other.filter(|_| started::unit(facts).is_some_and(|unit| unit.unit.exec_start().is_some()))
    else {
        return vec![install, fix::restart(facts)];
    };
    let start = unit_fix::start_other(facts, other, PACKAGED);
    let start = unit_fix::step_and_restart(facts, "start it by the path that the package has", start);
    std::iter::once(install).chain(start).collect()
}

/// Where Debian's package puts it.
const PACKAGED: &str = "/usr/bin/node";
