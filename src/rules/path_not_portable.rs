//! `path-not-portable`: a name is not UTF-8, has control characters, or differs from another only by case or Unicode form.

use super::{Judges, Rule, places};
use crate::model::bundle::Bundle;
use crate::model::finding::{Observation, Severity};
use crate::model::tree::NodeId;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

pub static RULE: Rule = Rule {
    id: "path-not-portable",
    severity: Severity::Warning,
    summary: "a name is not UTF-8, has control characters, or differs from another only by case or Unicode form",
    page: include_str!("../../docs/rules/path-not-portable.md"),
    judges: Judges::Tree,
    follows_from: &[],
    check,
};

const NOT_UTF8: &str = "A name that is not UTF-8: node cannot name it in an import, and tools show it differently";
const CONTROL: &str = "A name with control characters: tools show it differently, and a terminal may obey it";
const COLLIDES: &str = "Two names that differ only by case or Unicode form: on a developer's macOS or Windows machine one overwrites the other";

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let tree = bundle.tree();
    let mut found: Vec<(NodeId, &str, Option<NodeId>)> = Vec::new();
    let mut seen: HashMap<(Option<NodeId>, String), NodeId> = HashMap::new();
    for (id, territory) in bundle.nodes() {
        // In third-party packages, too: no registry delivers such a name, as node-tar writes another one.
        let Ok(name) = std::str::from_utf8(tree.name(id)) else {
            found.push((id, NOT_UTF8, None));
            continue;
        };
        if !territory.is_ours() {
            continue;
        }
        if name.chars().any(char::is_control) {
            found.push((id, CONTROL, None));
        }
        let folded: String = name.nfc().collect::<String>().to_lowercase().nfc().collect();
        if let Some(other) = seen.insert((tree.parent(id), folded), id) {
            found.push((id, COLLIDES, Some(other)));
        }
    }
    places::each(found, |(id, message, other)| {
        let observation = Observation::new(message).at(tree.path(id)).help("rename the file");
        match other {
            Some(other) => observation.evidence(format!("and {}", tree.path(other))),
            None => observation,
        }
    })
}
