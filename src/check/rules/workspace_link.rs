//! `workspace-link`: a link in node_modules that leads to the machine that built the bundle.

use super::links::{self, ModuleFault};
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};

pub static RULE: Rule = Rule {
    id: "workspace-link",
    severity: Severity::Error,
    summary: "a link in node_modules that leads to the machine that built the bundle",
    page: include_str!("../../../docs/rules/workspace-link.md"),
    judges: Judges::Tree,
    // Where the agent imports the package in whose place the link stands.
    stops_start: StopsStart::AsFound,
    follows_from: &["nested-layout"],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let leaving = "A link in node_modules that leads out of the bundle, to the machine that built it; on the server it leads nowhere, or to something else";
    let store = "A link that stands for a package the agent needs and leads to a store that is not in the bundle: node stops with ERR_MODULE_NOT_FOUND";
    let help = "leave node_modules out of the bundle but for the copied shared package; the update installs the rest:\n\
                find apps/agent/bundle/node_modules -type l -delete";
    let mut found = links::with(bundle, ModuleFault::EscapesFromModules, leaving, help);
    found.extend(links::with(bundle, ModuleFault::NeedsStore, store, help));
    found
}
