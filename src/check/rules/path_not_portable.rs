//! `path-not-portable`: a name is not UTF-8, has control characters, or differs from another only by case or Unicode form.

use super::bounded;
use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::NodeId;
use std::collections::HashMap;
use std::hash::BuildHasher;
use unicode_normalization::UnicodeNormalization;

pub static RULE: Rule = Rule {
    id: "path-not-portable",
    severity: Severity::Warning,
    summary: "a name is not UTF-8, has control characters, or differs from another only by case or Unicode form",
    page: include_str!("../../../docs/rules/path-not-portable.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &[],
    check,
};

const NOT_UTF8: &str = "A name that is not UTF-8: node cannot name it in an import, and tools show it differently";
const CONTROL: &str = "A name with control characters: tools show it differently, and a terminal may obey it";
const COLLIDES: &str = "Two names that differ only by case or Unicode form: on a developer's macOS or Windows machine one overwrites the other";

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let tree = bundle.tree();
    let mut found: Vec<(NodeId, &str, Option<NodeId>)> = Vec::new();
    // Keyed by a hash of the folded name: 150,000 folded names would take more memory than the tree itself.
    let mut seen: HashMap<u64, NodeId> = HashMap::new();
    let hasher = seen.hasher().clone();
    for (id, ownership) in bundle.nodes() {
        // In third-party packages, too: no registry delivers such a name, as node-tar writes another one.
        let Ok(name) = std::str::from_utf8(tree.name(id)) else {
            found.push((id, NOT_UTF8, None));
            continue;
        };
        if !ownership.is_ours() {
            continue;
        }
        if name.chars().any(char::is_control) {
            found.push((id, CONTROL, None));
        }
        let folded = folded(name);
        if let Some(other) = seen.insert(hasher.hash_one((tree.parent(id), &folded)), id) {
            let same = tree.parent(other) == tree.parent(id)
                && std::str::from_utf8(tree.name(other)).is_ok_and(|name| self::folded(name) == folded);
            if same {
                found.push((id, COLLIDES, Some(other)));
            }
        }
    }
    bounded::each(found, |(id, message, other)| {
        let observation = Observation::new(message).at(tree.path(id)).help("rename the file");
        match other {
            Some(other) => observation.evidence(format!("and {}", tree.path(other))),
            None => observation,
        }
    })
}

/// The name as file systems compare it that ignore case and Unicode form.
fn folded(name: &str) -> String {
    // Most names are, and then there is but one form.
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.nfc().collect::<String>().to_lowercase().nfc().collect()
}
