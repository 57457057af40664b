//! Reads paths of archives from stdin, one a line, and prints for each the tree that bundle-doctor would judge, as one
//! line of JSON: the lab compares thousands of them with what the extractors leave.
//!
//! `manifest` shows only files and their sums. Names and targets are bytes, written as the code points of Latin-1.

use bundle_doctor::internals::{
    Depth, InspectOptions, Inspected, Limits, NodeId, NodeKind, Severity, Tree, documented_paths, inspect, run_rules,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for path in io::stdin().lock().lines() {
        writeln!(out, "{}", judged(&path?)?)?;
        out.flush()?;
    }
    Ok(())
}

fn judged(path: &str) -> io::Result<Value> {
    let names = documented_paths::names();
    let options = InspectOptions::plain(&names, Limits::default(), Depth::Digests);
    let inspected = inspect(path, &options).map_err(io::Error::other)?;
    let (errors, warnings) = rules_that_fire(&inspected);
    let snapshot = &inspected.snapshot;
    Ok(json!({
        "errors": errors,
        "warnings": warnings,
        "tree": snapshot.tree_is_known().then(|| nodes(&snapshot.tree)),
    }))
}

/// The ids of the rules that find an error, and of those that warn.
fn rules_that_fire(inspected: &Inspected) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let findings = run_rules(&inspected.bundle_unfollowed());
    let of = |severity| findings.iter().filter(move |finding| finding.severity == severity).map(|finding| finding.rule);
    (of(Severity::Error).collect(), of(Severity::Warning).collect())
}

/// Every node, the root first: its path, kind, mode, owner, and what it holds.
fn nodes(tree: &Tree) -> Vec<Value> {
    std::iter::once(tree.root()).chain(tree.sorted()).map(|id| node(tree, id)).collect()
}

fn node(tree: &Tree, id: NodeId) -> Value {
    let (kind, holds) = match tree.kind(id) {
        NodeKind::Directory => ("directory", Value::Null),
        NodeKind::File(file) => {
            ("file", json!({ "sha256": tree.sha256(id).map(|sum| hex(sum)), "same": format!("{file:?}") }))
        }
        NodeKind::Link => ("link", json!(latin(tree.target(id)))),
        NodeKind::Special(special) => (special.name(), Value::Null),
    };
    let meta = tree.meta(id);
    let owner = tree.owner(meta.owner).cloned().unwrap_or_default();
    json!({
        "path": latin(tree.path(id).as_bytes()),
        "kind": kind,
        "holds": holds,
        "mode": meta.mode,
        "owner": [owner.uid.to_string(), latin(&owner.user)],
        "group": [owner.gid.to_string(), latin(&owner.group)],
    })
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
