//! `shared-package-linked`: the shared package is a link, not a copy.

use super::rule::{Judges, MISPLACED, Rule, StopsStart};
use super::{links, specifiers};
use crate::check::bundle::{Bundle, BundleStage};
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::NodeKind;
use crate::update::documented_paths;

pub(super) static RULE: Rule = Rule {
    id: "shared-package-linked",
    severity: Severity::Error,
    summary: "the shared package is a link, not a copy",
    page: include_str!("../../../docs/rules/shared-package-linked.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Always,
    follows_from: MISPLACED,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let tree = bundle.tree();
    let copy = bundle.names.shared_copy();
    let Some(link) = links::on_the_way(tree, &copy) else {
        return Vec::new();
    };
    let leads = tree.resolve(copy.as_bytes());
    // pnpm and npm link a `file:` dependency when they install it: on a server that is as it should be.
    if bundle.stage == BundleStage::Deployed && leads.as_ref().is_ok_and(|id| tree.kind(*id) == NodeKind::Directory) {
        return Vec::new();
    }
    let comes_back = leads.is_ok() && specifiers::installed(bundle).iter().any(|installed| !installed.is_root());
    let (message, severity) = match leads {
        Ok(_) if comes_back => (
            "A link where a copy belongs. The update deletes node_modules and makes it anew, as package.json depends on the shipped package by its path".to_owned(),
            Severity::Warning,
        ),
        Ok(_) => (
            "A link where a copy belongs: the update deletes node_modules, and nothing brings the link back".to_owned(),
            Severity::Error,
        ),
        Err(_) => (
            format!(
                "A link to the machine that built the bundle. On the server it leads nowhere, and node stops with ERR_MODULE_NOT_FOUND: Cannot find package '{}'",
                bundle.names.shared
            ),
            Severity::Error,
        ),
    };
    let target = crate::text::printable_bytes(tree.target(link)).into_owned();
    let help = format!(
        "replace it by a copy, {}:\n{}",
        documented_paths::FROM_ROOT,
        documented_paths::copy_shared(bundle.names)
    );
    vec![Observation::new(message).at(tree.path(link)).evidence(format!("→ {target}")).help(help).only(severity)]
}
