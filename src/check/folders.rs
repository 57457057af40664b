//! The folders of a bundle, in numbers: for a reader who wants to see where its bytes are.

use crate::report::subject::FolderReport;
use crate::tree::nodes::{NodeId, Tree};
use std::collections::HashMap;

/// Most folders that are told of.
const MAX_FOLDERS: usize = 60;
/// Levels below the bundle: `node_modules/ws` is on the second.
const LEVELS: usize = 2;

/// The folders down to the second level, by path; the largest where there are many.
#[must_use]
pub(crate) fn of(tree: &Tree) -> Vec<FolderReport> {
    let mut counted: HashMap<NodeId, (u64, u64)> = HashMap::new();
    for id in tree.ids() {
        let Some(file) = tree.file(id) else { continue };
        for folder in above(tree, id) {
            let (files, size) = counted.entry(folder).or_default();
            *files += 1;
            *size = size.saturating_add(file.size);
        }
    }
    let mut folders: Vec<FolderReport> = counted
        .into_iter()
        .map(|(id, (files, size))| FolderReport { path: tree.path(id).to_string(), files, size })
        .collect();
    folders.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.path.cmp(&b.path)));
    folders.truncate(MAX_FOLDERS);
    folders.sort_by(|a, b| a.path.cmp(&b.path));
    folders
}

/// The folders that a node lies in, as far as they are near the root.
fn above(tree: &Tree, id: NodeId) -> Vec<NodeId> {
    let mut chain = Vec::new();
    let mut here = tree.parent(id);
    while let Some(folder) = here {
        here = tree.parent(folder);
        // The root has no parent, and is the bundle itself.
        if here.is_some() {
            chain.push(folder);
        }
    }
    let far = chain.len().saturating_sub(LEVELS);
    chain.split_off(far)
}
