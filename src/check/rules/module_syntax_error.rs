//! `module-syntax-error`: a file reachable from the entry point does not parse.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, faults};
use crate::check::bundle::Bundle;
use crate::node::faults::ModuleFault;
use crate::node::modules::{Need, SyntaxFault};
use crate::node::node_version::NodeVersion;
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::NodeId;

pub(super) static RULE: Rule = Rule {
    id: "module-syntax-error",
    severity: Severity::Error,
    summary: "a file reachable from the entry point does not parse",
    page: include_str!("../../../docs/rules/module-syntax-error.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Always,
    follows_from: faults::EXPLAINED_BY,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let broken = bundle.modules.faults.iter().filter_map(|fault| match fault {
        ModuleFault::Syntax { file, fault, need, node } => Some((*file, fault, *need, *node)),
        _ => None,
    });
    bounded::each(broken, |fault| word(bundle, fault))
}

fn word(
    bundle: &Bundle<'_>,
    (file, fault, need, node): (NodeId, &SyntaxFault, Need, Option<NodeVersion>),
) -> Observation {
    let unless = faults::unless(need);
    let SyntaxFault { message, exact, line } = fault;
    let (message, help) = match node {
        Some(node) => (
            if *exact {
                format!("It has syntax that Node {node} does not read. {unless} SyntaxError: {message}")
            } else {
                format!("It has syntax that Node {node} does not read: {message}. {unless} a SyntaxError")
            },
            "build for the Node of the servers: set `target` in tsconfig.json lower, or run a newer Node there and name it with `--node`",
        ),
        None if *exact => (format!("It does not parse. {unless} SyntaxError: {message}"), REBUILD),
        None => (format!("It does not parse: {message}. {unless} a SyntaxError"), REBUILD),
    };
    let path = bundle.tree().path(file).to_string();
    let help = format!("{help}\nnode --check {}", crate::text::printable(&path));
    faults::at_file(bundle, file, *line, message).only(faults::severity(need)).help(help)
}

const REBUILD: &str = "build it anew and copy what was built; node shows the place, in the bundle's folder:";
