//! Two trees side by side, in the order of their paths.

use crate::report::id::{self, Id};
use crate::tree::nodes::{NodeId, NodeKind, Tree};
use crate::tree::path::RelPath;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A node that only one of the trees has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct DiffPlace {
    /// Where, printable.
    pub path: String,
    /// What it is there.
    #[serde(flatten)]
    pub node: DiffNode,
}

/// A node that both trees have, and that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ChangedNode {
    /// Where, printable.
    pub path: String,
    /// The path in bytes as they are.
    #[serde(skip)]
    pub raw: RelPath,
    /// In the first.
    pub before: DiffNode,
    /// In the second.
    pub after: DiffNode,
    /// A unified diff, where one was asked for and both are text.
    pub text: Option<String>,
}

impl ChangedNode {
    /// Whether a file has another content, not only another mode.
    #[must_use]
    pub(crate) fn is_of_content(&self) -> bool {
        self.before.sha256 != self.after.sha256 && self.before.kind == "file" && self.after.kind == "file"
    }
}

/// What stands at a path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct DiffNode {
    /// `file`, `folder`, `link` or `special`.
    #[serde(deserialize_with = "id::read")]
    pub kind: Id,
    /// Bytes of a file.
    pub size: Option<u64>,
    /// Permission bits in octal; nothing for a link, which has none of its own.
    pub mode: Option<String>,
    /// Where a link points, printable.
    pub target: Option<String>,
    /// SHA-256 of a file's content.
    pub sha256: Option<String>,
}

impl DiffNode {
    fn of(tree: &Tree, id: NodeId) -> Self {
        let kind = match tree.kind(id) {
            NodeKind::Directory => "folder",
            NodeKind::File(_) => "file",
            NodeKind::Link => "link",
            NodeKind::Special(_) => "special",
        };
        let is_link = kind == "link";
        Self {
            kind,
            size: tree.file(id).map(|file| file.size),
            mode: (!is_link).then(|| format!("{:04o}", tree.meta(id).mode)),
            target: is_link.then(|| crate::text::printable_bytes(tree.target(id)).into_owned()),
            sha256: tree.sha256(id).map(|digest| crate::text::hex(digest)),
        }
    }
}

/// What is added, removed and changed from the first tree to the second, each in the byte order of paths. A folder counts
/// where it is empty or has another mode: its files speak for it otherwise.
#[must_use]
pub(crate) fn compare(a: &Tree, b: &Tree) -> (Vec<DiffPlace>, Vec<DiffPlace>, Vec<ChangedNode>) {
    let (mut added, mut removed, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut left, mut right) = (a.sorted().peekable(), b.sorted().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => key(a, *one).cmp(&key(b, *other)),
        };
        let one = if order.is_le() { left.next() } else { None };
        let other = if order.is_ge() { right.next() } else { None };
        match (one, other) {
            (Some(one), Some(other)) => changed.extend(change(a, one, b, other)),
            (Some(one), None) => removed.extend(place(a, one)),
            (None, Some(other)) => added.extend(place(b, other)),
            (None, None) => break,
        }
    }
    (added, removed, changed)
}

/// The path, with the `/` behind a folder's name, which is what `Tree::sorted` goes by.
fn key(tree: &Tree, id: NodeId) -> Vec<u8> {
    let mut key = tree.path(id).as_bytes().to_vec();
    key.extend((tree.kind(id) == NodeKind::Directory).then_some(b'/'));
    key
}

fn place(tree: &Tree, id: NodeId) -> Option<DiffPlace> {
    let full = tree.kind(id) == NodeKind::Directory && tree.children(id).next().is_some();
    (!full).then(|| DiffPlace { path: tree.path(id).to_string(), node: DiffNode::of(tree, id) })
}

fn change(a: &Tree, one: NodeId, b: &Tree, other: NodeId) -> Option<ChangedNode> {
    let same = match (a.kind(one), b.kind(other)) {
        (NodeKind::Link, NodeKind::Link) => a.target(one) == b.target(other),
        (NodeKind::File(_), NodeKind::File(_)) => {
            a.sha256(one) == b.sha256(other) && a.meta(one).mode == b.meta(other).mode
        }
        (NodeKind::Directory, NodeKind::Directory) => a.meta(one).mode == b.meta(other).mode,
        (before, after) => before == after && a.meta(one).mode == b.meta(other).mode,
    };
    (!same).then(|| {
        let raw = a.path(one);
        let (before, after) = (DiffNode::of(a, one), DiffNode::of(b, other));
        ChangedNode { path: raw.to_string(), raw, before, after, text: None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::nodes::{Content, FileData, Meta};

    fn tree(entries: &[(&str, u8, u16)]) -> Tree {
        let mut tree = Tree::new();
        for (path, content, mode) in entries {
            let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
            let mut at = tree.root();
            for folder in folders.split('/').filter(|folder| !folder.is_empty()) {
                at = tree
                    .child(at, folder.as_bytes())
                    .unwrap_or_else(|| tree.insert(at, folder.as_bytes(), NodeKind::Directory, Meta::IMPLIED));
            }
            if name.is_empty() {
                continue;
            }
            let file = tree.add_file(FileData::of_size(1));
            tree.set_file(file, FileData::of_size(1), Content::NotKept, Some([*content; 32]));
            tree.insert(at, name.as_bytes(), NodeKind::File(file), Meta { mode: *mode, ..Meta::IMPLIED });
        }
        tree
    }

    #[test]
    fn each_path_is_added_removed_changed_or_the_same() {
        let a = tree(&[("a", 1, 0o644), ("d/x", 1, 0o644), ("d/y", 1, 0o644), ("gone/", 0, 0), ("k", 1, 0o644)]);
        let b = tree(&[("a", 2, 0o644), ("d/x", 1, 0o755), ("d/z", 1, 0o644), ("k/m", 1, 0o644), ("new/", 0, 0)]);
        let (added, removed, changed) = compare(&a, &b);
        let paths = |places: &[DiffPlace]| places.iter().map(|place| place.path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&added), ["d/z", "k/m", "new"]);
        assert_eq!(paths(&removed), ["d/y", "gone", "k"]);
        let changes: Vec<_> = changed.iter().map(|change| (change.path.as_str(), change.is_of_content())).collect();
        assert_eq!(changes, [("a", true), ("d/x", false)]);
        let (none, nothing, same) = compare(&a, &a);
        assert!(none.is_empty() && nothing.is_empty() && same.is_empty());
    }

    #[test]
    fn a_link_is_compared_by_its_target_only() {
        let with = |target: &[u8], mode| {
            let mut tree = Tree::new();
            let root = tree.root();
            tree.insert_link(root, b"l", target, Meta { mode, ..Meta::IMPLIED });
            tree
        };
        assert!(compare(&with(b"x", 0o777), &with(b"x", 0o755)).2.is_empty());
        let (_, _, changed) = compare(&with(b"x", 0o777), &with(b"y", 0o777));
        assert_eq!(changed.first().and_then(|change| change.after.target.clone()).as_deref(), Some("y"));
    }
}
