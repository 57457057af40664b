//! `dangling-link`: a link whose target is not in the bundle.

use super::links::{self, ModuleFault};
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};

pub static RULE: Rule = Rule {
    id: "dangling-link",
    severity: Severity::Warning,
    summary: "a link whose target is not in the bundle",
    page: include_str!("../../../docs/rules/dangling-link.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let message = "A link that leads nowhere in the bundle. Node passes over such links in node_modules, but they are litter from the machine that built it";
    let help = "remove the links, from the repository's root:\nfind apps/agent/bundle -xtype l -delete";
    links::with(bundle, ModuleFault::Dangling, message, help)
}
