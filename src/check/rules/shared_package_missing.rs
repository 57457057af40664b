//! `shared-package-missing`: there is no copy of the shared package in node_modules.

use super::links;
use super::rule::{Judges, MISPLACED, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::NodeKind;
use crate::update::documented_paths;

pub(super) static RULE: Rule = Rule {
    id: "shared-package-missing",
    severity: Severity::Error,
    summary: "there is no copy of the shared package in node_modules",
    page: include_str!("../../../docs/rules/shared-package-missing.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Always,
    follows_from: MISPLACED,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let copy = bundle.names.shared_copy();
    let tree = bundle.tree();
    // A link that leads nowhere is there, and is `shared-package-linked`.
    if links::on_the_way(tree, &copy).is_some()
        || tree.find(copy.as_bytes()).is_some_and(|id| tree.kind(id) == NodeKind::Directory)
    {
        return Vec::new();
    }
    let message = format!(
        "There is no `{copy}/`: node stops with ERR_MODULE_NOT_FOUND: Cannot find package '{}'",
        bundle.names.shared
    );
    vec![Observation::new(message).at(&copy).help(format!(
        "copy it, {}:\n{}",
        documented_paths::FROM_ROOT,
        documented_paths::copy_shared(bundle.names)
    ))]
}
