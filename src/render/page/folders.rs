//! The folders of a bundle with what was found in them: opened where something is, counted where nothing is.

use super::model::{Tone, TreeKind, TreeNode};
use std::collections::BTreeMap;

/// Most nodes that are shown of one bundle.
const MAX_NODES: usize = 400;
/// Parts of a path that are shown below each other; a longer one ends in the rest of it.
const MAX_DEPTH: usize = 24;

/// What was found at a path: how bad, the rule, and where on the page it is told.
type Found<'a> = (&'a str, Tone, String, Option<usize>);

#[derive(Default)]
struct Folder {
    children: BTreeMap<String, Folder>,
    found: Vec<(Tone, String, Option<usize>)>,
}

impl Folder {
    fn put(&mut self, path: &str, found: (Tone, String, Option<usize>), room: &mut usize) -> bool {
        let mut here = self;
        for part in path.splitn(MAX_DEPTH, '/').filter(|part| !part.is_empty()) {
            if !here.children.contains_key(part) {
                if *room == 0 {
                    return false;
                }
                *room -= 1;
            }
            here = here.children.entry(part.to_owned()).or_default();
        }
        if !here.found.contains(&found) {
            here.found.push(found);
        }
        true
    }

    fn nodes(self) -> Vec<TreeNode> {
        let node = |(name, folder): (String, Self)| TreeNode {
            kind: if folder.children.is_empty() { TreeKind::File } else { TreeKind::Folder },
            name,
            words: String::new(),
            found: folder.found.clone(),
            children: folder.nodes(),
        };
        self.children.into_iter().map(node).collect()
    }
}

/// The places of findings as a tree; nothing where fewer than two places would be told apart.
pub(super) fn tree(places: Vec<Found<'_>>) -> Vec<TreeNode> {
    let (mut root, mut room, mut left) = (Folder::default(), MAX_NODES, 0_u64);
    for (path, tone, rule, anchor) in places {
        if !root.put(path, (tone, rule, anchor), &mut room) {
            left += 1;
        }
    }
    let mut nodes = root.nodes();
    if left > 0 {
        let words = format!("{} elsewhere", crate::text::plural(left, "finding"));
        nodes.push(TreeNode { words, kind: TreeKind::Rest, ..TreeNode::default() });
    }
    nodes
}
