//! `archive-link-escape`: a link that leads out of the bundle, or an entry written through a link.

use super::defects;
use super::links::{self, ModuleFault};
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::tree::defect::DefectKind;

pub static RULE: Rule = Rule {
    id: "archive-link-escape",
    severity: Severity::Error,
    summary: "a link that leads out of the bundle, or an entry written through a link",
    page: include_str!("../../../docs/rules/archive-link-escape.md"),
    judges: Judges::Archive,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let help = "replace the link by a copy of what it stands for, or leave it out";
    let mut found = defects::of_kind(bundle, &DefectKind::LinkEscape, |what| {
        format!("The archive has {what}; extracted as root it could write outside the bundle")
    });
    for observation in &mut found {
        help.clone_into(&mut observation.help);
    }
    if bundle.snapshot.tree_is_known() {
        let message = "A link that leads out of the bundle: on the server it points at whatever is there";
        found.extend(links::with(bundle, ModuleFault::EscapesOutsideModules, message, help));
    }
    found
}
