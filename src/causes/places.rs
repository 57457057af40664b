//! What the unit starts, and what is there: questions that several causes ask of the same facts.

use crate::layout::NESTED_AGENT;
use crate::model::bundle::Layout;
use crate::model::server::{Facts, Inspected, Presence, Reached, UnitOnDisk};
use crate::model::unit::normal;

/// The unit's files, if there are any and they could be read.
pub fn unit(facts: &Facts) -> Option<&UnitOnDisk> {
    facts.unit.known().filter(|unit| !unit.unit.files.is_empty())
}

/// Where the command is started, and what is there.
pub fn directory(facts: &Facts) -> Option<&Reached> {
    unit(facts)?.working_directory.known()
}

/// The script that is started, and what is there.
pub fn script(facts: &Facts) -> Option<&Reached> {
    unit(facts)?.script.known()
}

/// The program that is started, and what is there.
pub fn program(facts: &Facts) -> Option<&Reached> {
    unit(facts)?.program.known()
}

/// Whether there is nothing at all.
pub fn is_missing(reached: &Reached) -> bool {
    matches!(reached.presence, Presence::Missing { .. })
}

/// Whether a path is a folder's own or below it.
pub fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The agent's folder in the old layout.
pub fn nested_folder(facts: &Facts) -> String {
    format!("{}/{NESTED_AGENT}", normal(&facts.places.bundle))
}

/// Whether a path of the unit lies in the old layout.
pub fn is_nested(facts: &Facts, path: &str) -> bool {
    is_below(path, &nested_folder(facts))
}

/// Whether the unit starts the agent in the old layout.
pub fn unit_is_nested(facts: &Facts) -> bool {
    [directory(facts), script(facts)].into_iter().flatten().any(|reached| is_nested(facts, &reached.path))
}

/// The deployed bundle, if it has the flat layout.
pub fn flat_bundle(facts: &Facts) -> Option<&Inspected> {
    facts.deployment.inspected().filter(|inspected| inspected.report.layout == Layout::Flat)
}

/// The value of an option among words: `--url X` or `--url=X`.
pub fn option<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == name {
            return words.next().map(String::as_str);
        }
        if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value);
        }
    }
    None
}

/// The control plane's address, wherever the server still knows it.
pub fn url(facts: &Facts) -> Option<String> {
    let told = facts.control_plane.as_ref().map(|plane| plane.url.clone());
    let loaded = || facts.service.known().and_then(|service| option(&service.exec_start, "--url"));
    let running = || facts.process.known()?.as_ref().and_then(|process| option(&process.command, "--url"));
    told.or_else(|| loaded().or_else(running).map(str::to_owned))
}
