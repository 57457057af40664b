//! The folders of a bundle with what was found in them: opened where something is, counted where nothing is.

use super::model::{Tone, TreeFinding, TreeKind, TreeNode};
use crate::report::subject::FolderReport;
use crate::text::{plural, size};
use std::collections::BTreeMap;

/// Most nodes that are shown of one bundle.
const MAX_NODES: usize = 400;
/// Parts of a path that are shown below each other; a longer one ends in the rest of it.
const MAX_DEPTH: usize = 24;

/// What was found at a path: how bad, the rule, and where on the page it is told.
type FoundAtPath<'a> = (&'a str, Tone, String, Option<usize>);

#[derive(Default)]
struct FolderRow {
    words: String,
    is_folder: bool,
    children: BTreeMap<String, FolderRow>,
    found: Vec<TreeFinding>,
}

impl FolderRow {
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
        let (tone, rule, anchor) = found;
        match here.found.iter_mut().find(|known| known.rule == rule) {
            Some(known) => known.times += 1,
            None => here.found.push(TreeFinding { tone, rule, anchor, times: 1 }),
        }
        true
    }

    /// Notes what lies below a folder, if the one above it is shown opened.
    fn count(&mut self, folder: &FolderReport) {
        let (above, name) = folder.path.rsplit_once('/').unwrap_or(("", &folder.path));
        let above = match above {
            "" => Some(self),
            above => self.children.get_mut(above).filter(|above| !above.children.is_empty()),
        };
        let Some(above) = above else { return };
        let here = above.children.entry(name.to_owned()).or_default();
        here.is_folder = true;
        here.words = format!("{}, {}", plural(folder.files, "file"), size(folder.size));
    }

    fn nodes(self) -> Vec<TreeNode> {
        let node = |(name, folder): (String, Self)| TreeNode {
            kind: if folder.is_folder || !folder.children.is_empty() { TreeKind::Folder } else { TreeKind::File },
            words: folder.words.clone(),
            name: if name == "." { "the bundle itself".to_owned() } else { name },
            found: folder.found.clone(),
            children: folder.nodes(),
        };
        self.children.into_iter().map(node).collect()
    }
}

/// The places of findings as a tree, with what lies in the folders beside them: those of the first level, and of the second
/// where something was found in the first.
pub(super) fn tree(places: Vec<FoundAtPath<'_>>, folders: &[FolderReport]) -> Vec<TreeNode> {
    let (mut root, mut room, mut left) = (FolderRow::default(), MAX_NODES, 0_u64);
    for (path, tone, rule, anchor) in places {
        if !root.put(path, (tone, rule, anchor), &mut room) {
            left += 1;
        }
    }
    for folder in folders {
        root.count(folder);
    }
    let mut nodes = root.nodes();
    if left > 0 {
        let words = format!("{} elsewhere", plural(left, "finding"));
        nodes.push(TreeNode { words, kind: TreeKind::Rest, ..TreeNode::default() });
    }
    nodes
}
