//! What was made of the JavaScript and JSON of a tree, file by file.

use super::modules::Script;
use crate::tree::nodes::{FileId, Kind, NodeId, Tree};
use std::collections::HashMap;

/// Every file that was parsed, or should have been.
#[derive(Default)]
pub struct Scripts(HashMap<FileId, Script>);

impl Scripts {
    /// Notes what became of a file.
    pub fn insert(&mut self, file: FileId, script: Script) {
        self.0.insert(file, script);
    }

    /// What became of a file of the tree; nothing where nobody looked into it.
    #[must_use]
    pub fn of(&self, tree: &Tree, id: NodeId) -> Option<&Script> {
        match tree.kind(id) {
            Kind::File(file) => self.0.get(&file),
            _ => None,
        }
    }
}
