//! Building a tree: what a reader of archives or directories does to it.

use super::{
    Content, FileData, FileId, MAX_OWNERS, Meta, NONE, NameSpan, Node, NodeId, NodeKind, NodeOwner, OwnerId, Tree, room,
};
use std::hash::BuildHasher;

/// Nodes, files and digests by which their lists grow.
const STEP: usize = 1 << 14;

impl Tree {
    /// Adds a node. The caller has seen to it that the name is not there yet.
    pub fn insert(&mut self, parent: NodeId, name: &[u8], kind: NodeKind, meta: Meta) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(NONE));
        let next_sibling = self.node(parent).first_child;
        let name_span = self.store(name);
        let empty = NameSpan { start: 0, len: 0 };
        room(&mut self.nodes, 1, STEP);
        self.nodes.push(Node {
            parent: parent.0,
            first_child: NONE,
            next_sibling,
            name: name_span,
            kind,
            meta,
            target: empty,
        });
        self.node_mut(parent).first_child = id.0;
        let hash = self.hash(parent.0, name);
        let (nodes, bytes, hasher) = (&self.nodes, &self.bytes, &self.hasher);
        self.index.insert_unique(hash, id.0, |id| {
            nodes.get(*id as usize).map_or(0, |node| {
                let start = node.name.start as usize;
                let name = bytes.get(start..start + node.name.len as usize).unwrap_or_default();
                hasher.hash_one((node.parent, name))
            })
        });
        id
    }

    /// Adds a symbolic link.
    pub fn insert_link(&mut self, parent: NodeId, name: &[u8], target: &[u8], meta: Meta) -> NodeId {
        let id = self.insert(parent, name, NodeKind::Link, meta);
        let target = self.store(target);
        self.node_mut(id).target = target;
        id
    }

    /// Makes room for a file's data, to be filled by [`Tree::set_file`]; a node then refers to it.
    pub fn add_file(&mut self, data: FileData) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(NONE));
        room(&mut self.files, 1, STEP);
        self.files.push(data);
        id
    }

    /// Adds a file's SHA-256 to what is known of it.
    pub fn set_sha256(&mut self, id: FileId, sha256: [u8; 32]) {
        if let Some(data) = self.files.get_mut(id.0 as usize) {
            data.digest = u32::try_from(self.digests.len()).ok();
            room(&mut self.digests, 1, STEP);
            self.digests.push(sha256);
        }
    }

    /// Replaces what is known of a file's data, its content and its SHA-256.
    pub fn set_file(&mut self, id: FileId, mut data: FileData, content: Content, sha256: Option<[u8; 32]>) {
        if content != Content::NotKept {
            data.content = u32::try_from(self.contents.len()).ok();
            self.contents.push(content);
        }
        if let Some(slot) = self.files.get_mut(id.0 as usize) {
            *slot = data;
        }
        if let Some(sha256) = sha256 {
            self.set_sha256(id, sha256);
        }
    }

    /// Changes what a node is, as a later entry for the same path does.
    pub fn set_kind(&mut self, id: NodeId, kind: NodeKind) {
        self.node_mut(id).kind = kind;
    }

    /// Changes a node's permission bits and owner, as a later entry for the same path does.
    pub fn set_meta(&mut self, id: NodeId, meta: Meta) {
        self.node_mut(id).meta = meta;
    }

    /// Interns an owner. Beyond the first thousand they are told apart no longer.
    pub fn intern_owner(&mut self, owner: &NodeOwner) -> OwnerId {
        let known = self.owners.iter().rposition(|known| known == owner);
        let index = known.unwrap_or_else(|| {
            if self.owners.len() < MAX_OWNERS {
                self.owners.push(owner.clone());
            }
            self.owners.len() - 1
        });
        OwnerId(u16::try_from(index).unwrap_or(u16::MAX))
    }
}
