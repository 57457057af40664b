//! `module-not-judged`: a file reachable from the entry point was not parsed.

use super::rule::{Judges, Rule, StopsStart};
use super::{bounded, faults};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};

pub(super) static RULE: Rule = Rule {
    id: "module-not-judged",
    severity: Severity::Warning,
    summary: "a file reachable from the entry point was not parsed",
    page: include_str!("../../../docs/rules/module-not-judged.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: faults::EXPLAINED_BY,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let caveat = caveat(bundle);
    bounded::each(bundle.modules.not_parsed.iter(), |(file, why)| {
        let message = format!(
            "It was not parsed: {}. Whether it is sound is not judged, and of what it imports only what it names by a literal",
            why.name()
        );
        Observation::new(message)
            .at(bundle.tree().path(*file))
            .evidence(why.name())
            .help("start the agent from the bundle's folder once before it is published: `node dist/index.js`")
            .caveat(&caveat)
    })
}

/// What was not looked at, for the verdict's line: the same for all of them.
fn caveat(bundle: &Bundle<'_>) -> String {
    let [(first, why), more @ ..] = &*bundle.modules.not_parsed else { return String::new() };
    let path = bundle.tree().path(*first);
    match more.len() {
        0 => format!("{path} was not judged ({})", why.name()),
        more => format!("{path} and {more} more were not judged"),
    }
}
