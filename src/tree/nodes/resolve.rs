//! Following links inside a tree, as the kernel does (path_resolution(7)).

use super::{NodeId, NodeKind, ROOT, Tree};

/// How often the kernel follows a link before it gives up (path_resolution(7): 40).
const MAX_LINKS: usize = 40;

/// Why a path leads nowhere in the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unresolved {
    /// A component does not exist.
    Missing,
    /// A component that should be a directory is not.
    NotADirectory,
    /// A link on the way leads out of the bundle.
    Leaves,
    /// Links that lead to each other.
    Loop,
}

impl Tree {
    /// The node at a path such as `dist/index.js`, no link followed, as lstat(2) but for the parents.
    #[must_use]
    pub fn find(&self, path: &[u8]) -> Option<NodeId> {
        components(path).try_fold(ROOT, |at, name| self.child(at, name))
    }

    /// The node at a path with every link followed inside the bundle, as path_resolution(7).
    ///
    /// # Errors
    /// [`Unresolved`] where the kernel would find nothing, or would leave the bundle.
    pub fn resolve(&self, path: &[u8]) -> Result<NodeId, Unresolved> {
        self.resolve_from(ROOT, path)
    }

    /// Where a symbolic link leads in the end; any other node leads to itself.
    ///
    /// # Errors
    /// As [`Tree::resolve`].
    pub fn follow(&self, id: NodeId) -> Result<NodeId, Unresolved> {
        match (self.kind(id), self.parent(id)) {
            (NodeKind::Link, Some(parent)) => self.resolve_from(parent, self.target(id)),
            _ => Ok(id),
        }
    }

    /// [`Tree::resolve`] with a path that is relative to a directory of the tree.
    ///
    /// # Errors
    /// As [`Tree::resolve`].
    pub fn resolve_from(&self, directory: NodeId, path: &[u8]) -> Result<NodeId, Unresolved> {
        let mut followed = 0;
        let mut at = directory;
        let mut pending = vec![path];
        while let Some(rest) = pending.pop() {
            if rest.starts_with(b"/") {
                return Err(Unresolved::Leaves);
            }
            let (name, after) = match rest.iter().position(|byte| *byte == b'/') {
                Some(slash) => rest.split_at(slash),
                None => (rest, &b""[..]),
            };
            let after = after.iter().position(|byte| *byte != b'/').and_then(|start| after.get(start..));
            pending.extend(after);
            match name {
                b"" | b"." => continue,
                b".." => {
                    at = self.parent(at).ok_or(Unresolved::Leaves)?;
                    continue;
                }
                _ => {}
            }
            if self.kind(at) != NodeKind::Directory {
                return Err(Unresolved::NotADirectory);
            }
            let next = self.child(at, name).ok_or(Unresolved::Missing)?;
            if self.kind(next) == NodeKind::Link {
                followed += 1;
                if followed > MAX_LINKS {
                    return Err(Unresolved::Loop);
                }
                pending.push(self.target(next));
            } else {
                at = next;
                if after.is_some() && self.kind(at) != NodeKind::Directory {
                    return Err(Unresolved::NotADirectory);
                }
            }
        }
        Ok(at)
    }

    /// The size of the regular file that a path leads to, if it leads to one.
    #[must_use]
    pub fn resolved_size(&self, path: &[u8]) -> Option<u64> {
        let id = self.resolve(path).ok()?;
        self.file(id).map(|file| file.size)
    }
}

/// The components of a path relative to the root, `.` and empty ones left out.
fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::nodes::{FileData, Meta};

    fn tree() -> Tree {
        let mut tree = Tree::new();
        let meta = Meta::IMPLIED;
        let dist = tree.insert(ROOT, b"dist", NodeKind::Directory, meta);
        let file = tree.add_file(FileData::of_size(7));
        tree.insert(dist, b"index.js", NodeKind::File(file), meta);
        tree.insert_link(ROOT, b"current", b"dist", meta);
        tree.insert_link(dist, b"up", b"../current/./index.js", meta);
        tree.insert_link(ROOT, b"out", b"dist/../../etc", meta);
        tree.insert_link(ROOT, b"absolute", b"/etc", meta);
        tree.insert_link(ROOT, b"a", b"b", meta);
        tree.insert_link(ROOT, b"b", b"a", meta);
        tree
    }

    #[test]
    fn links_are_followed_as_the_kernel_follows_them() {
        let tree = tree();
        let found = |path: &str| tree.resolve(path.as_bytes()).map(|id| tree.path(id).to_string());
        for (path, expected) in [
            ("dist/index.js", Ok("dist/index.js")),
            ("./dist//index.js", Ok("dist/index.js")),
            ("current/index.js", Ok("dist/index.js")),
            ("dist/up", Ok("dist/index.js")),
            ("dist/..", Ok(".")),
            ("dist/index.js/", Ok("dist/index.js")),
            ("dist/index.js/x", Err(Unresolved::NotADirectory)),
            ("dist/absent", Err(Unresolved::Missing)),
            ("out", Err(Unresolved::Leaves)),
            ("absolute/passwd", Err(Unresolved::Leaves)),
            ("../x", Err(Unresolved::Leaves)),
            ("a", Err(Unresolved::Loop)),
        ] {
            assert_eq!(found(path), expected.map(str::to_owned), "{path}");
        }
        assert_eq!(tree.resolved_size(b"dist/up"), Some(7));
    }

    #[test]
    fn find_follows_nothing() {
        let tree = tree();
        assert_eq!(tree.find(b"current").map(|id| tree.kind(id)), Some(NodeKind::Link));
        assert_eq!(tree.find(b"current/index.js"), None);
        assert_eq!(tree.find(b"dist/index.js").map(|id| tree.path(id).to_string()).as_deref(), Some("dist/index.js"));
    }
}
