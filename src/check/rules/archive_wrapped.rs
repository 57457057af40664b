//! `archive-wrapped`: everything is below one top folder, so extraction would nest it.

use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::{Bundle, BundleStage};
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::NodeKind;
use crate::update::documented_paths;

pub(super) static RULE: Rule = Rule {
    id: "archive-wrapped",
    severity: Severity::Error,
    summary: "everything is below one top folder, so extraction would nest it",
    page: include_str!("../../../docs/rules/archive-wrapped.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

/// Names that a bundle's own top folders have: one of them alone is not a wrapper.
const OWN_FOLDERS: [&[u8]; 4] = [b"dist", b"node_modules", b"packages", b"apps"];

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let tree = bundle.tree();
    let mut top = tree.children(tree.root());
    let (Some(folder), None) = (top.next(), top.next()) else {
        return Vec::new();
    };
    let name = tree.name(folder);
    if bundle.stage != BundleStage::Archive || tree.kind(folder) != NodeKind::Directory || OWN_FOLDERS.contains(&name) {
        return Vec::new();
    }
    let path = tree.path(folder);
    let message = format!(
        "Everything is below `{path}/`: extracted, the agent is at `{path}/{}`, where systemd does not look",
        bundle.names.entry
    );
    vec![Observation::new(message).at(path).help(format!(
        "make the archive from inside the bundle's folder, {}:\n{}",
        documented_paths::FROM_ROOT,
        documented_paths::MAKE_ARCHIVE
    ))]
}
