//! `entry-point-missing`: there is no regular, non-empty entry point (dist/index.js).

use super::rule::{Judges, MISPLACED, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::report::finding::{Observation, Severity};
use crate::tree::nodes::resolve::Unresolved;
use crate::update::documented_paths;

pub static RULE: Rule = Rule {
    id: "entry-point-missing",
    severity: Severity::Error,
    summary: "there is no regular, non-empty entry point (dist/index.js)",
    page: include_str!("../../../docs/rules/entry-point-missing.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Always,
    follows_from: MISPLACED,
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let entry = &bundle.names.entry;
    let tree = bundle.tree();
    let message = match tree.resolve(entry.as_bytes()) {
        Ok(id) => match tree.file(id) {
            Some(file) if file.size > 0 => return Vec::new(),
            Some(_) => format!(
                "`{entry}` is empty: node exits 0 at once, and systemd starts it again every 10 seconds for ever"
            ),
            None => format!("`{entry}` is not a regular file, and node cannot start it"),
        },
        Err(Unresolved::Leaves | Unresolved::Loop) => {
            format!("`{entry}` is a link that leads nowhere inside the bundle, and node cannot start it")
        }
        Err(_) => format!(
            "There is no `{entry}`: node stops with Error: Cannot find module '/root/.server-flow/agent-bundle/{entry}'"
        ),
    };
    vec![
        Observation::new(message)
            .at(entry)
            .help(format!("build the agent and copy it, from the repository's root:\n{}", documented_paths::COPY_DIST)),
    ]
}
