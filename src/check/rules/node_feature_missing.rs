//! `node-feature-missing`: a global, or a property of one of Node's own modules, that the given version does not have.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, faults};
use crate::check::bundle::Bundle;
use crate::node::features::{Feature, FeatureUse};
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::NodeId;

pub(super) static RULE: Rule = Rule {
    id: "node-feature-missing",
    severity: Severity::Warning,
    summary: "a reachable file uses something of Node's own that the given version does not have",
    page: include_str!("../../../docs/rules/node-feature-missing.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: faults::EXPLAINED_BY,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    bounded::each(bundle.modules.lacking.iter(), |(file, used)| word(bundle, *file, used))
}

fn word(bundle: &Bundle<'_>, file: NodeId, used: &FeatureUse) -> Observation {
    let FeatureUse { feature, written, line } = used;
    let node = bundle.expectations.node;
    let then = match feature {
        Feature::Global(name) if **name == **written => format!("node says ReferenceError: {name} is not defined"),
        _ => "it is undefined".to_owned(),
    };
    let message = format!(
        "Node {node} does not have `{written}` ({}); where this line is reached, {then}",
        feature.where_it_is()
    );
    faults::at_file(bundle, file, *line, message).evidence(&**written).help(
        "do without it or ask for it first (`typeof`), or name the Node of the servers with `--node` if it is another",
    )
}
