//! `executable-missing`: the program that the unit starts cannot be executed (203/EXEC).

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix, started, unit_fix};
use crate::doctor::facts::{Condition, Facts, Presence};
use crate::report::diagnosis::{Diagnosis, Evidence, Step, command};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "executable-missing",
    severity: Severity::Error,
    summary: "the program that the unit starts cannot be executed (203/EXEC)",
    page: include_str!("../../../docs/causes/executable-missing.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Unit, Area::Node],
    follows_from: &["unit-masked", "unit-missing", "unit-invalid", "unit-not-reloaded", "drop-in-overrides"],
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
        .filter(|entry| dead && !entry.says("Permission denied"));
    if bad.is_none() && child.is_none() {
        return None;
    }
    let path = program.map_or("its program", |program| program.path.as_str());
    let words = match bad.map(|program| &program.presence) {
        Some(Presence::Missing { .. }) => format!("The unit starts `{path}`, which is not there"),
        Some(_) => format!("The unit starts `{path}`, which is no file"),
        None => format!("systemd cannot execute `{path}`, although it is there"),
    };
    let seen = evidence::unit_setting(facts, "ExecStart").into_iter();
    let mut seen = seen
        .chain(bad.map(evidence::reached))
        .chain(child.map(evidence::journal))
        .chain(others(facts))
        .chain(evidence::state(facts));
    let first = seen.next()?;
    Some(CAUSE.found(facts, words, first).and(seen).steps(remedy(facts)))
}

/// Another Node on this server.
fn others(facts: &Facts) -> Option<Evidence> {
    let node = facts.other_nodes.first()?;
    let version = node.version.as_deref().unwrap_or("of unknown version");
    Some(evidence::disk(format!("{}: node {version}", node.path)))
}

fn remedy(facts: &Facts) -> Vec<Step> {
    let setting = started::unit(facts).and_then(|unit| unit.unit.exec_start());
    let program = started::program(facts).map(|program| program.path.as_str());
    if let (Some(node), Some(_), Some(program)) = (facts.other_nodes.first(), setting, program) {
        let commands = unit_fix::start_other(facts, program, &node.path);
        return unit_fix::step_and_restart(facts, "start the node that is there", commands);
    }
    let install = vec![command!("apt-get", "install", "--reinstall", "-y", "nodejs")];
    vec![Step::changes("install node (18 or newer is needed; this needs the network)", install), fix::restart(facts)]
}
