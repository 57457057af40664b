//! The tree of a bundle: what `tar -xzf` would leave, or what a directory holds.
//!
//! Compact on purpose: an archive may have 150,000 entries and the whole program has 48 MiB, so a
//! node is a few words, names share one buffer and owners are interned.

mod build;
pub(crate) mod resolve;

use crate::tree::path::RelPath;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// One node of a [`Tree`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(u32);

impl NodeId {
    /// Its number, in the order in which nodes were found; the root has 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One file's data; hard links share it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FileId(u32);

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeKind {
    /// A directory.
    Directory,
    /// A regular file.
    File(FileId),
    /// A symbolic link; [`Tree::target`] has where it points.
    Link,
    /// A device, FIFO or socket.
    Special(Special),
}

/// The kinds of node that no bundle needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Special {
    /// A character device.
    CharacterDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A Unix socket.
    Socket,
}

impl Special {
    /// The kind in words, with its article.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CharacterDevice => "a character device",
            Self::BlockDevice => "a block device",
            Self::Fifo => "a FIFO",
            Self::Socket => "a socket",
        }
    }
}

/// Permission bits and owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Meta {
    /// Permission bits, `0o7777` at most.
    pub mode: u16,
    /// Who owns it; [`Tree::owner`] has the names.
    pub owner: OwnerId,
}

impl Meta {
    /// What GNU tar gives a directory that no entry names: 0777 less root's usual umask 022.
    pub const IMPLIED: Self = Self { mode: 0o755, owner: OwnerId(0) };
}

/// An interned [`NodeOwner`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnerId(u16);

/// The owner of a node, as numbers and, in an archive, as names (which win on the server if they exist there).
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct NodeOwner {
    /// User id.
    pub uid: u64,
    /// Group id.
    pub gid: u64,
    /// User name; empty when not given.
    pub user: Box<[u8]>,
    /// Group name; empty when not given.
    pub group: Box<[u8]>,
}

/// What was kept of a file's content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Nobody asked for it.
    NotKept,
    /// The whole content.
    Whole(Box<[u8]>),
    /// Asked for, but larger than what is kept in memory.
    TooLarge,
}

/// The data of a regular file.
#[derive(Clone, Debug)]
pub struct FileData {
    /// Length in bytes.
    pub size: u64,
    content: Option<u32>,
    digest: Option<u32>,
}

impl FileData {
    /// A file of `size` bytes of which nothing else is known.
    #[must_use]
    pub const fn of_size(size: u64) -> Self {
        Self { size, content: None, digest: None }
    }
}

struct Node {
    parent: u32,
    first_child: u32,
    next_sibling: u32,
    name: NameSpan,
    kind: NodeKind,
    meta: Meta,
    target: NameSpan,
}

#[derive(Clone, Copy)]
struct NameSpan {
    start: u32,
    len: u16,
}

const NONE: u32 = u32::MAX;
const ROOT: NodeId = NodeId(0);
/// Owners kept apart; beyond that they are one.
const MAX_OWNERS: usize = 1024;

/// A tree of directories, files, links and special nodes.
pub struct Tree {
    nodes: Vec<Node>,
    files: Vec<FileData>,
    bytes: Vec<u8>,
    contents: Vec<Content>,
    digests: Vec<[u8; 32]>,
    owners: Vec<NodeOwner>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// A tree with nothing but its root.
    #[must_use]
    pub fn new() -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            files: Vec::new(),
            bytes: Vec::new(),
            contents: Vec::new(),
            digests: Vec::new(),
            owners: vec![NodeOwner::default()],
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        };
        let empty = NameSpan { start: 0, len: 0 };
        tree.nodes.push(Node {
            parent: NONE,
            first_child: NONE,
            next_sibling: NONE,
            name: empty,
            kind: NodeKind::Directory,
            meta: Meta::IMPLIED,
            target: empty,
        });
        tree
    }

    /// The root directory.
    #[must_use]
    pub const fn root(&self) -> NodeId {
        ROOT
    }

    /// How many nodes there are, the root not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len() - 1
    }

    /// Whether the bundle is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that names and link targets take, so that a reader can bound them.
    #[must_use]
    pub fn name_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Every node but the root, in the order in which they were found.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        #[expect(clippy::cast_possible_truncation, reason = "`insert` keeps the count below 2^32")]
        let end = self.nodes.len() as u32;
        (1..end).map(NodeId)
    }

    #[expect(clippy::indexing_slicing, reason = "a NodeId is only made by this tree, and nodes are never removed")]
    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "a NodeId is only made by this tree, and nodes are never removed")]
    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    fn span(&self, span: NameSpan) -> &[u8] {
        let start = span.start as usize;
        self.bytes.get(start..start + span.len as usize).unwrap_or_default()
    }

    fn store(&mut self, bytes: &[u8]) -> NameSpan {
        let start = u32::try_from(self.bytes.len()).unwrap_or(NONE);
        let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        room(&mut self.bytes, bytes.len(), 1 << 20);
        self.bytes.extend(bytes.iter().take(len as usize));
        NameSpan { start, len }
    }

    /// What the node is.
    #[must_use]
    pub fn kind(&self, id: NodeId) -> NodeKind {
        self.node(id).kind
    }

    /// Its permission bits and owner.
    #[must_use]
    pub fn meta(&self, id: NodeId) -> Meta {
        self.node(id).meta
    }

    /// The directory it stands in; nothing for the root.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.node(id).parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// Its own name; empty for the root.
    #[must_use]
    pub fn name(&self, id: NodeId) -> &[u8] {
        self.span(self.node(id).name)
    }

    /// The bytes a symbolic link points to; empty for anything else.
    #[must_use]
    pub fn target(&self, id: NodeId) -> &[u8] {
        self.span(self.node(id).target)
    }

    /// The data of a regular file.
    #[must_use]
    pub fn file(&self, id: NodeId) -> Option<&FileData> {
        match self.kind(id) {
            NodeKind::File(file) => self.files.get(file.0 as usize),
            _ => None,
        }
    }

    /// What was kept of a regular file's content.
    #[must_use]
    pub fn content(&self, id: NodeId) -> &Content {
        self.file(id)
            .and_then(|file| file.content)
            .and_then(|content| self.contents.get(content as usize))
            .unwrap_or(&Content::NotKept)
    }

    /// The SHA-256 of a regular file, when digests were asked for.
    #[must_use]
    pub fn sha256(&self, id: NodeId) -> Option<&[u8; 32]> {
        self.digests.get(self.file(id)?.digest? as usize)
    }

    /// The SHA-256 of a file's data, when digests were asked for.
    #[must_use]
    pub fn sha256_of(&self, id: FileId) -> Option<&[u8; 32]> {
        self.digests.get(self.files.get(id.0 as usize)?.digest? as usize)
    }

    /// The owner's numbers and names.
    #[must_use]
    pub fn owner(&self, id: OwnerId) -> Option<&NodeOwner> {
        self.owners.get(id.0 as usize)
    }

    /// The path from the root.
    #[must_use]
    pub fn path(&self, id: NodeId) -> RelPath {
        let mut chain = Vec::with_capacity(16);
        let mut at = Some(id);
        while let Some(node) = at.filter(|node| *node != ROOT) {
            chain.push(node);
            at = self.parent(node);
        }
        let mut path = RelPath::with_room(chain.iter().map(|node| self.name(*node).len() + 1).sum());
        for node in chain.into_iter().rev() {
            path.push(self.name(node));
        }
        path
    }

    /// Shows every node with its path, the root first, directories before what is in them: for what looks at all paths, of
    /// which none is then made by itself.
    pub fn each_path(&self, mut seen: impl FnMut(NodeId, &[u8])) {
        let mut path = Vec::new();
        // Each with the length of the path to the directory that it stands in.
        let mut pending = vec![(ROOT, 0)];
        while let Some((node, inside)) = pending.pop() {
            path.truncate(inside);
            if inside > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(self.name(node));
            seen(node, &path);
            let inside = path.len();
            pending.extend(self.children(node).map(|child| (child, inside)));
        }
    }

    /// The nodes directly in a directory, in no particular order.
    pub fn children(&self, directory: NodeId) -> impl Iterator<Item = NodeId> {
        let mut next = self.node(directory).first_child;
        std::iter::from_fn(move || {
            let id = (next != NONE).then_some(NodeId(next))?;
            next = self.node(id).next_sibling;
            Some(id)
        })
    }

    /// Every node but the root in the byte order of paths, as `LC_ALL=C sort` puts them: a directory counts with the `/`
    /// behind its name.
    pub fn sorted(&self) -> impl Iterator<Item = NodeId> {
        let mut pending = self.sorted_children(ROOT);
        std::iter::from_fn(move || {
            let id = pending.pop()?;
            if self.kind(id) == NodeKind::Directory {
                pending.extend(self.sorted_children(id));
            }
            Some(id)
        })
    }

    /// The children of a directory, last first.
    fn sorted_children(&self, directory: NodeId) -> Vec<NodeId> {
        let mut children: Vec<_> = self.children(directory).collect();
        let key = |id: &NodeId| {
            let slash: &[u8] = if self.kind(*id) == NodeKind::Directory { b"/" } else { b"" };
            self.name(*id).iter().chain(slash).copied()
        };
        children.sort_unstable_by(|a, b| key(b).cmp(key(a)));
        children
    }

    /// The node of that name in a directory; links are not followed.
    #[must_use]
    pub fn child(&self, directory: NodeId, name: &[u8]) -> Option<NodeId> {
        self.index
            .find(self.hash(directory.0, name), |candidate| {
                let id = NodeId(*candidate);
                self.node(id).parent == directory.0 && self.name(id) == name
            })
            .map(|id| NodeId(*id))
    }

    fn hash(&self, parent: u32, name: &[u8]) -> u64 {
        self.hasher.hash_one((parent, name))
    }
}

/// Makes room in steps, so that a list never takes twice what it holds: for small lists as `Vec` does by itself.
fn room<T>(list: &mut Vec<T>, more: usize, step: usize) {
    if list.len() >= step && list.capacity() - list.len() < more {
        list.reserve_exact(more.max(step));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_is_that_of_whole_paths() {
        let mut tree = Tree::new();
        for name in ["b", "a-b", "a"] {
            let folder = tree.insert(ROOT, name.as_bytes(), NodeKind::Directory, Meta::IMPLIED);
            tree.insert_link(folder, b"x", b"y", Meta::IMPLIED);
        }
        tree.insert_link(ROOT, b"a.b", b"y", Meta::IMPLIED);
        let paths: Vec<_> = tree.sorted().map(|id| tree.path(id).to_string()).collect();
        assert_eq!(paths, ["a-b", "a-b/x", "a.b", "a", "a/x", "b", "b/x"]);
        let mut shown = 0;
        tree.each_path(|id, path| {
            assert_eq!(path, tree.path(id).as_bytes());
            shown += 1;
        });
        assert_eq!(shown, paths.len() + 1, "the root too");
    }
}
