//! What was made of the JavaScript and JSON of a tree, file by file.

use super::modules::JudgedScript;
use crate::tree::nodes::{FileId, NodeId, NodeKind, Tree};
use std::collections::HashMap;

/// Every file that was parsed, or should have been.
#[derive(Default)]
pub struct Scripts(HashMap<FileId, JudgedScript>);

impl Scripts {
    /// Notes what became of a file.
    pub fn insert(&mut self, file: FileId, script: JudgedScript) {
        self.0.insert(file, script);
    }

    /// What became of a file of the tree; nothing where nobody looked into it.
    #[must_use]
    pub fn of(&self, tree: &Tree, id: NodeId) -> Option<&JudgedScript> {
        match tree.kind(id) {
            NodeKind::File(file) => self.0.get(&file),
            _ => None,
        }
    }
}
