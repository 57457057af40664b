//! `archive-special-file`: a device, FIFO, socket or entry of unknown type.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, defects};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::tree::defect::DefectKind;
use crate::tree::nodes::NodeKind;

pub(super) static RULE: Rule = Rule {
    id: "archive-special-file",
    severity: Severity::Error,
    summary: "a device, FIFO, socket or entry of unknown type",
    page: include_str!("../../../docs/rules/archive-special-file.md"),
    judges: Judges::Archive,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let help = "remove it from the bundle: an agent needs regular files and directories only";
    let message = |what: &str| format!("The bundle has {what}; root's `tar` would create, misread or reject it");
    let mut found = defects::of_kind(bundle, &DefectKind::Special, message);
    let tree = bundle.tree();
    let special = tree.ids().filter_map(|id| match tree.kind(id) {
        NodeKind::Special(special) => Some((id, special)),
        _ => None,
    });
    found.extend(bounded::each(special, |(id, special)| Observation::new(message(special.name())).at(tree.path(id))));
    found.into_iter().map(|observation| observation.help(help)).collect()
}
