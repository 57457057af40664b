//! What stands in one tree and should stand in another, told in lines.

use crate::tree::development_files::DevelopmentFile;
use crate::tree::nodes::{NodeId, NodeKind, Tree};
use crate::tree::ownership::Ownership;

/// Lines that are told; the rest are counted.
const MAX: usize = 12;

/// What differs between what should be there and what is: `missing`, `stale` and `extra` paths. What no server needs
/// may be left out of a copy, and modes do not matter, as packing makes them plain.
pub(super) fn trees(expected: &Tree, found: &Tree) -> Vec<String> {
    differences(expected, found, |_, _| false, |_, _| None)
}

/// [`trees`] that passes over nodes, and that may be told of files with other contents that they are the same.
pub(super) fn differences(
    expected: &Tree,
    found: &Tree,
    passed_over: impl Fn(&Tree, NodeId) -> bool,
    same: impl Fn(NodeId, NodeId) -> Option<bool>,
) -> Vec<String> {
    let mut lines = Vec::new();
    for id in wanted(expected, &passed_over) {
        let path = expected.path(id);
        match found.find(path.as_bytes()) {
            None => lines.push(format!("missing  {path}")),
            Some(other) if !same(id, other).unwrap_or_else(|| alike(expected, id, found, other)) => {
                lines.push(format!("stale    {path}"));
            }
            Some(_) => {}
        }
    }
    for id in wanted(found, &passed_over) {
        let path = found.path(id);
        if expected.find(path.as_bytes()).is_none() {
            lines.push(format!("extra    {path}"));
        }
    }
    bounded(lines)
}

/// The first lines, and how many there are beside.
pub(super) fn bounded(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > MAX + 1 {
        let more = lines.len() - MAX;
        lines.truncate(MAX);
        lines.push(format!("and {more} more"));
    }
    lines
}

/// Everything but folders that a copy must have.
fn wanted(tree: &Tree, passed_over: &impl Fn(&Tree, NodeId) -> bool) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut pending = vec![tree.root()];
    while let Some(folder) = pending.pop() {
        for id in tree.children(folder) {
            if DevelopmentFile::of(tree, id, Ownership::Own).is_some() || passed_over(tree, id) {
                continue;
            }
            if tree.kind(id) == NodeKind::Directory {
                pending.push(id);
            } else {
                found.push(id);
            }
        }
    }
    found.sort_by_cached_key(|id| tree.path(*id));
    found
}

fn alike(a: &Tree, one: NodeId, b: &Tree, other: NodeId) -> bool {
    match (a.kind(one), b.kind(other)) {
        (NodeKind::File(_), NodeKind::File(_)) => a.sha256(one).is_some() && a.sha256(one) == b.sha256(other),
        (NodeKind::Link, NodeKind::Link) => a.target(one) == b.target(other),
        _ => false,
    }
}
