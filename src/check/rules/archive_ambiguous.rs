//! `archive-ambiguous`: two extractors would read the archive differently.

use super::defects;
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::tree::defect::DefectKind;
use crate::update::documented_paths;

pub static RULE: Rule = Rule {
    id: "archive-ambiguous",
    severity: Severity::Error,
    summary: "two extractors would read the archive differently",
    page: include_str!("../../../docs/rules/archive-ambiguous.md"),
    judges: Judges::Archive,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let defects = bundle.snapshot.defects.iter().filter(|defect| defect.kind == DefectKind::Ambiguous);
    defects
        .map(|defect| {
            let message = format!("Extractors would not agree on this archive: {}", defect.what);
            let observation = defects::of_defect(defect, message);
            if defect.hides_tree {
                observation.help(format!(
                    "make the archive again in one go with GNU tar, without appending to it:\n{}",
                    documented_paths::MAKE_ARCHIVE
                ))
            } else {
                // A link that node-tar leaves out. GNU tar, which the server runs, makes it.
                let help = "put a copy in the link's place, or let it lead straight to a file of the bundle";
                observation.help(help).only(Severity::Warning)
            }
        })
        .collect()
}
