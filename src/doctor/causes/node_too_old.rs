//! `node-too-old`: the node that the unit starts is older than the agent needs.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::CrashKind;
use super::{bundle_fix, crash, evidence, fix, started, unit_fix};
use crate::doctor::facts::{Condition, Facts};
use crate::report::diagnosis::{Diagnosis, FixStep, command};
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "node-too-old",
    severity: Severity::Error,
    summary: "the node that the unit starts is older than the agent needs",
    page: include_str!("../../../docs/causes/node-too-old.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Node],
    follows_from: &[
        "deployment-missing",
        "deployment-nested",
        "update-interrupted",
        "download-not-an-archive",
        "executable-missing",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let printed = crash::crash(facts).and_then(|crash| crash.node);
    let node = facts.node.known().and_then(Option::as_ref);
    // Of a mounted disk nothing is run; Node has printed its version itself.
    let version = node.and_then(|node| node.version.as_deref()).or(printed)?;
    let engines = facts.deployment.inspected().and_then(|inspected| inspected.engines.as_deref());
    let unmet = engines.filter(|engines| satisfies(version, engines) == Some(false));
    let ancient = is_older(version, OLDEST);
    let crash = crash::crash(facts).filter(|crash| match crash.kind {
        CrashKind::OldNode => true,
        CrashKind::Syntax | CrashKind::Format => ancient || unmet.is_some(),
        _ => false,
    });
    // An agent that runs on it does not need a newer one, whatever its `package.json` asks for.
    let dies = !matches!(facts.condition(), Condition::Running | Condition::Starting | Condition::Stopped);
    let replaced = was_replaced(facts) && (ancient || unmet.is_some());
    if crash.is_none() && !(dies && (ancient || unmet.is_some())) && !replaced {
        return None;
    }
    let seen = evidence::disk(format!("{}: node {version}", node.map_or("the unit's node", |node| node.path.as_str())));
    let asked = unmet.map(|engines| {
        evidence::disk(format!("{}/package.json: \"engines\": {{ \"node\": \"{engines}\" }}", facts.deployment.path))
    });
    let words = match replaced {
        true => {
            format!("Since the agent was started, its node was replaced by {version}, which is older than it needs")
        }
        false => format!("The unit starts node {version}, which is older than this agent needs"),
    };
    let mut diagnosis = CAUSE
        .found(facts, words, seen)
        .and(crash.iter().flat_map(|crash| [Some(crash.headline), crash.place]).flatten().map(evidence::journal))
        .and(asked)
        .and(evidence::unit_setting(facts, "ExecStart"))
        .and(evidence::process(facts).filter(|_| replaced))
        .and(evidence::state(facts));
    if replaced {
        diagnosis.severity = Severity::Warning;
    }
    Some(diagnosis.steps(remedy(facts, version, unmet)))
}

/// Whether the agent that runs is of a node that is not there any more: an upgrade has put another in its place.
fn was_replaced(facts: &Facts) -> bool {
    let program = facts.process.known().and_then(Option::as_ref).and_then(|process| process.program.as_deref());
    facts.condition() == Condition::Running && program.is_some_and(|path| path.ends_with("/node (deleted)"))
}

/// The oldest Node that deployed agents run on.
const OLDEST: u64 = 18;

fn is_older(version: &str, major: u64) -> bool {
    version.split('.').next().and_then(|first| first.parse::<u64>().ok()).is_some_and(|found| found < major)
}

fn satisfies(version: &str, range: &str) -> Option<bool> {
    let version = node_semver::Version::parse(version).ok()?;
    Some(node_semver::Range::parse(range).ok()?.satisfies(&version))
}

/// A newer one that is on the server; the bundle that this one could run; else one from Debian.
fn remedy(facts: &Facts, version: &str, range: Option<&str>) -> Vec<FixStep> {
    let newer = facts.other_nodes.iter().find(|other| {
        other.version.as_deref().is_some_and(|other| match range {
            Some(range) => satisfies(other, range) == Some(true),
            None => !is_older(other, OLDEST) && is_newer(other, version),
        })
    });
    let setting = started::unit(facts).and_then(|unit| unit.unit.exec_start());
    let program = started::program(facts).map(|program| program.path.as_str());
    if let (Some(newer), Some(_), Some(program)) = (newer, setting, program) {
        let commands = unit_fix::start_other(facts, program, &newer.path);
        return unit_fix::step_and_restart(facts, "start the newer node that is there", commands);
    }
    if let Some(back) = bundle_fix::rollback(facts) {
        return bundle_fix::started_after(vec![back], facts);
    }
    let install = vec![command!("apt-get", "update"), command!("apt-get", "install", "-y", "nodejs")];
    vec![FixStep::changes("install a newer node (needs the network)", install), fix::restart(facts)]
}

fn is_newer(a: &str, b: &str) -> bool {
    match (node_semver::Version::parse(a), node_semver::Version::parse(b)) {
        (Ok(a), Ok(b)) => a > b,
        _ => false,
    }
}
