//! `nested-layout`: the old layout: the agent is below apps/agent/.

use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::bundle_layout::BundleLayout;
use crate::report::finding::{Observation, Severity};
use crate::update::documented_paths;

pub static RULE: Rule = Rule {
    id: "nested-layout",
    severity: Severity::Error,
    summary: "the old layout: the agent is below apps/agent/",
    page: include_str!("../../../docs/rules/nested-layout.md"),
    judges: Judges::Tree,
    // The unit may start the agent below `apps/agent/`: the cause `deployment-nested` knows.
    stops_start: StopsStart::Never,
    follows_from: &["archive-wrapped"],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let nested = &bundle.names.nested_agent;
    let message = match bundle.layout {
        BundleLayout::Nested => format!(
            "The old nested layout: the agent is below `{nested}/`. The unit starts `{}` at the bundle's root, so systemd stops with status=200/CHDIR or node with ERR_MODULE_NOT_FOUND",
            bundle.names.entry
        ),
        BundleLayout::Mixed => format!(
            "Both layouts at once: `{}` at the root, and a second agent below `{nested}/` that an old unit would start instead",
            bundle.names.entry
        ),
        BundleLayout::Flat | BundleLayout::Unknown => return Vec::new(),
    };
    let help = match bundle.layout {
        BundleLayout::Mixed => format!(
            "remove the old one, and pack the flat bundle alone, from the repository's root:\n{}",
            documented_paths::MAKE_ARCHIVE
        ),
        _ => format!(
            "pack `{}`, which is flat, from the repository's root:\n{}",
            documented_paths::BUNDLE_SOURCE,
            documented_paths::MAKE_ARCHIVE
        ),
    };
    vec![Observation::new(message).at(nested).help(help)]
}
