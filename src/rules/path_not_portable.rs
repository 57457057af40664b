//! `path-not-portable`: a name is not UTF-8, has control characters, or differs from another only by case or Unicode form.

use super::{Judges, Rule};
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

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let tree = bundle.tree();
    let help = "rename the file";
    let mut found = Vec::new();
    let mut seen: HashMap<(Option<NodeId>, String), NodeId> = HashMap::new();
    for (id, territory) in bundle.nodes() {
        if !territory.is_ours() {
            continue;
        }
        let Ok(name) = std::str::from_utf8(tree.name(id)) else {
            found.push(
                Observation::new(
                    "A name that is not UTF-8: node cannot name it in an import, and tools show it differently",
                )
                .at(tree.path(id)),
            );
            continue;
        };
        if name.chars().any(char::is_control) {
            found.push(Observation::new("A name with control characters").at(tree.path(id)));
        }
        let folded: String = name.nfc().collect::<String>().to_lowercase().nfc().collect();
        if let Some(other) = seen.insert((tree.parent(id), folded), id) {
            let message = "Two names that differ only by case or Unicode form: on a developer's macOS or Windows machine one overwrites the other";
            let evidence = format!("and {}", tree.path(other));
            found.push(Observation::new(message).at(tree.path(id)).evidence(evidence));
        }
    }
    found.into_iter().map(|observation| observation.help(help)).collect()
}
