//! Extracts the entries of an archive into a tree as GNU tar would, as root, or says why extractors would not agree.
//!
//! GNU tar writes through links, unlinks what is in the way and goes on after errors; a extraction that models only what
//! all extractors share, and refuses the rest, cannot be led to another tree than the server gets.

use super::extractor_quirks;
use crate::tree::builder::{Stop, TreeBuilder, too_long};
use crate::tree::defect::{Defect, DefectKind};
use crate::tree::limits::{Limits, MAX_PATH};
use crate::tree::nodes::{Content, FileData, FileId, Meta, NodeId, NodeKind, Special};
use crate::tree::path::RelPath;
use crate::tree::reading::Digests;
use hashbrown::{HashMap, HashSet};

/// Most names of one file on ext4, which servers have (Linux, fs/ext4/ext4.h: `EXT4_LINK_MAX`). XFS and tmpfs take more.
const MAX_NAMES_OF_A_FILE: u32 = 65_000;

/// The tree so far.
pub(crate) struct Extraction {
    /// What extraction has left so far, and what was found wrong.
    pub built: TreeBuilder,
    /// The directories that an entry has named.
    named: HashSet<NodeId>,
    /// The hard links.
    linked: HashSet<NodeId>,
    /// How many hard links a file has that has any.
    links: HashMap<FileId, u32>,
    /// The folder of the last entry and its node: entries mostly come folder by folder.
    last_parent: (Vec<u8>, NodeId),
    /// Which files are hashed from here on.
    pub digests: Digests,
    /// Whether two files of one path were not compared, because none is hashed.
    pub needs_digests: bool,
}

/// A file that has its place in the tree and whose content comes next.
pub(crate) struct Placed {
    /// Which file it is.
    pub file: FileId,
    /// The file that stood at that path before, if one did.
    before: Option<(FileId, Meta)>,
    meta: Meta,
}

impl Placed {
    /// Whether a file stood at that path before, with which this one is compared.
    pub(crate) const fn is_second(&self) -> bool {
        self.before.is_some()
    }
}

fn refused(kind: DefectKind, path: &RelPath, what: impl Into<String>) -> Stop {
    Stop(Defect::hiding(kind, Some(path.to_string()), what))
}

impl Extraction {
    /// Nothing replayed yet.
    pub(crate) fn new(limits: Limits, digests: Digests) -> Self {
        let built = TreeBuilder::new(limits);
        let root = built.tree.root();
        Self {
            built,
            named: HashSet::new(),
            linked: HashSet::new(),
            links: HashMap::new(),
            last_parent: (Vec::new(), root),
            digests,
            needs_digests: false,
        }
    }

    /// A directory entry. It changes mode and owner of a directory that was implied; the root's entry changes those of the folder
    /// that is extracted into.
    pub(crate) fn directory(&mut self, path: &RelPath, meta: Meta) -> Result<(), Stop> {
        if path.is_root() {
            return self.name_directory(path, self.built.tree.root(), meta);
        }
        let (parent, name) = self.parent_of(path)?;
        let node = match self.built.tree.child(parent, name) {
            None => self.built.tree.insert(parent, name, NodeKind::Directory, meta),
            Some(known) if self.built.tree.kind(known) == NodeKind::Directory => known,
            Some(_) => return Err(twice(path, "first as something else, then as a directory")),
        };
        self.name_directory(path, node, meta)
    }

    /// Gives a directory what its entry says. Of two that differ GNU tar mostly keeps the last (but the first, where one
    /// says `./dist/` and the other `dist/`), bsdtar now the one, now the other, node-tar the first.
    fn name_directory(&mut self, path: &RelPath, node: NodeId, meta: Meta) -> Result<(), Stop> {
        if !self.named.insert(node) && self.built.tree.meta(node) != meta {
            return Err(twice(path, "with different modes or owners"));
        }
        self.built.tree.set_meta(node, meta);
        Ok(())
    }

    /// A symbolic link.
    pub(crate) fn link(&mut self, path: &RelPath, target: &[u8], meta: Meta) -> Result<(), Stop> {
        if target.is_empty() {
            return Err(refused(DefectKind::Ambiguous, path, "a symbolic link without a target"));
        }
        if target.len() > MAX_PATH {
            return Err(too_long(path, format!("a link target of {} bytes, more than Linux takes", target.len())));
        }
        let (parent, name) = self.parent_of(path)?;
        match self.built.tree.child(parent, name) {
            None => {
                let passes = self.passes_a_link(path, target);
                let passes = passes.then_some("a link that leads through another link: node-tar leaves it out");
                if let Some(what) = extractor_quirks::target(target).or(passes) {
                    self.built.note(Defect::of_entry(DefectKind::Ambiguous, path, what));
                }
                self.built.tree.insert_link(parent, name, target, meta);
                Ok(())
            }
            Some(known) if self.built.tree.kind(known) == NodeKind::Link && self.built.tree.target(known) == target => {
                // The mode of a link means nothing.
                let same = self.built.tree.meta(known).owner == meta.owner;
                if same { Ok(()) } else { Err(twice(path, "with different owners")) }
            }
            Some(_) => Err(twice(path, "the second time as another link")),
        }
    }

    /// Whether a link's target names a link that is there already, on its way or at its end. node-tar looks at the names
    /// alone: `..` takes the name before it away, wherever that leads.
    fn passes_a_link(&self, path: &RelPath, target: &[u8]) -> bool {
        let mut names: Vec<&[u8]> = path.components().collect();
        names.pop();
        for name in target.split(|byte| *byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => drop(names.pop()),
                name => names.push(name),
            }
        }
        let mut at = self.built.tree.root();
        for name in names {
            match self.built.tree.child(at, name) {
                Some(next) if self.built.tree.kind(next) == NodeKind::Link => return true,
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    }

    /// A hard link to a file that came earlier.
    pub(crate) fn hard_link(&mut self, path: &RelPath, target: &[u8]) -> Result<(), Stop> {
        let shown = crate::text::printable_bytes(target).into_owned();
        let refuse = |kind, why: &str| refused(kind, path, format!("a hard link to `{shown}`, {why}"));
        if target.ends_with(b"/") || target.ends_with(b"/.") {
            return Err(refuse(DefectKind::Ambiguous, "which a `/` makes a directory"));
        }
        let target_path = RelPath::parse(target).map_err(|fault| refuse(DefectKind::LinkEscape, &fault.to_string()))?;
        let mut at = self.built.tree.root();
        for name in target_path.components() {
            if self.built.tree.kind(at) == NodeKind::Link {
                return Err(refuse(DefectKind::LinkEscape, "which leads through a link"));
            }
            let next = self.built.tree.child(at, name);
            at = next.ok_or_else(|| refuse(DefectKind::Ambiguous, "which is not there before it"))?;
        }
        let NodeKind::File(file) = self.built.tree.kind(at) else {
            return Err(refuse(DefectKind::Ambiguous, "which is not a regular file"));
        };
        let meta = self.built.tree.meta(at);
        let (parent, name) = self.parent_of(path)?;
        match self.built.tree.child(parent, name) {
            None => {
                let links = self.links.entry(file).or_insert(0);
                *links += 1;
                if *links >= MAX_NAMES_OF_A_FILE {
                    let what = format!(
                        "more than {MAX_NAMES_OF_A_FILE} names (hard links) of one file, `{target_path}`: ext4 takes no more, and `tar` exits 2"
                    );
                    return Err(refused(DefectKind::TooLarge, path, what));
                }
                let node = self.built.tree.insert(parent, name, NodeKind::File(file), meta);
                self.linked.insert(node);
                Ok(())
            }
            Some(_) => Err(twice(path, "the second time as a hard link")),
        }
    }

    /// A device or FIFO.
    pub(crate) fn special(&mut self, path: &RelPath, special: Special, meta: Meta) -> Result<(), Stop> {
        let (parent, name) = self.parent_of(path)?;
        if self.built.tree.child(parent, name).is_some() {
            return Err(twice(path, "the second time as a special file"));
        }
        self.built.tree.insert(parent, name, NodeKind::Special(special), meta);
        Ok(())
    }

    /// A regular file, whose content is to be given to [`Extraction::fill_file`].
    pub(crate) fn file(&mut self, path: &RelPath, size: u64, meta: Meta) -> Result<Placed, Stop> {
        let (parent, name) = self.parent_of(path)?;
        let known = self.built.tree.child(parent, name);
        let before = match known {
            None => None,
            // busybox makes hard links when all files are there.
            Some(known) if self.linked.contains(&known) => {
                return Err(twice(path, "first as a hard link, then as a file"));
            }
            Some(known) => match self.built.tree.kind(known) {
                NodeKind::File(file) => Some((file, self.built.tree.meta(known))),
                _ => return Err(twice(path, "first as something else, then as a file")),
            },
        };
        let file = self.built.tree.add_file(FileData::of_size(size));
        match known {
            None => {
                self.built.tree.insert(parent, name, NodeKind::File(file), meta);
            }
            Some(known) => {
                self.built.tree.set_kind(known, NodeKind::File(file));
                self.built.tree.set_meta(known, meta);
            }
        }
        Ok(Placed { file, before, meta })
    }

    /// What was read of a placed file. A second file of the same path must be the same in everything.
    pub(crate) fn fill_file(
        &mut self,
        path: &RelPath,
        placed: Placed,
        data: FileData,
        content: Content,
        sha256: Option<[u8; 32]>,
    ) -> Result<(), Stop> {
        let Placed { file, before, meta } = placed;
        let difference = before.and_then(|(old, old_meta)| match (self.built.tree.sha256_of(old), &sha256) {
            _ if old_meta != meta => Some("with different modes or owners"),
            (Some(old), Some(new)) if old == new => None,
            (Some(_), Some(_)) => Some("with different content"),
            _ if matches!(self.digests, Digests::None | Digests::NoneUnlessListedEarly(_)) => {
                self.needs_digests = true;
                None
            }
            _ => Some("among third-party files, whose contents are not compared"),
        });
        self.built.tree.set_file(file, data, content, sha256);
        difference.map_or(Ok(()), |how| Err(twice(path, how)))
    }

    /// The folder that a path stands in, made if no entry has named it, and the path's last component.
    fn parent_of<'p>(&mut self, path: &'p RelPath) -> Result<(NodeId, &'p [u8]), Stop> {
        let bytes = path.as_bytes();
        let Some(slash) = bytes.iter().rposition(|byte| *byte == b'/') else {
            return match bytes {
                b"" => {
                    Err(refused(DefectKind::Ambiguous, path, "the bundle's root as something other than a directory"))
                }
                name => Ok((self.built.tree.root(), name)),
            };
        };
        let (folder, name) = (bytes.get(..slash).unwrap_or_default(), bytes.get(slash + 1..).unwrap_or_default());
        if self.last_parent.0 != folder {
            let mut at = self.built.tree.root();
            for component in folder.split(|byte| *byte == b'/') {
                at = self.step_into(at, component, path)?;
            }
            self.last_parent.0.clear();
            self.last_parent.0.extend_from_slice(folder);
            self.last_parent.1 = at;
        }
        Ok((self.last_parent.1, name))
    }

    fn step_into(&mut self, at: NodeId, component: &[u8], path: &RelPath) -> Result<NodeId, Stop> {
        let Some(next) = self.built.tree.child(at, component) else {
            self.built.room_for_a_node()?;
            return Ok(self.built.tree.insert(at, component, NodeKind::Directory, Meta::IMPLIED));
        };
        match self.built.tree.kind(next) {
            NodeKind::Directory => Ok(next),
            NodeKind::Link => {
                let target = crate::text::printable_bytes(self.built.tree.target(next)).into_owned();
                let link = self.built.tree.path(next);
                let what = format!("an entry written through the link `{link}` to `{target}`");
                Err(refused(DefectKind::LinkEscape, path, what))
            }
            NodeKind::File(_) | NodeKind::Special(_) => {
                let what = format!("an entry below `{}`, which is not a directory", self.built.tree.path(next));
                Err(refused(DefectKind::Ambiguous, path, what))
            }
        }
    }
}

fn twice(path: &RelPath, how: &str) -> Stop {
    refused(DefectKind::Ambiguous, path, format!("the same path twice, {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_as_many_names_as_ext4_takes() {
        let path = |name: &str| RelPath::parse(name.as_bytes()).unwrap();
        let mut extraction = Extraction::new(Limits::default(), Digests::All);
        for file in ["a.js", "b.js"] {
            extraction.file(&path(file), 0, Meta::IMPLIED).ok().unwrap();
        }
        for number in 1..MAX_NAMES_OF_A_FILE {
            extraction.hard_link(&path(&format!("l{number}")), b"a.js").ok().unwrap();
        }
        assert!(extraction.hard_link(&path("other"), b"b.js").is_ok(), "of another file");
        let Err(Stop(defect)) = extraction.hard_link(&path("one-more"), b"l1") else { panic!("one name more") };
        assert_eq!(defect.kind, DefectKind::TooLarge);
    }
}
