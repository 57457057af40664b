//! Replays the entries of an archive into a tree as GNU tar would, as root, or says why extractors would not agree.
//!
//! GNU tar writes through links, unlinks what is in the way and goes on after errors; a replay that models only what
//! all extractors share, and refuses the rest, cannot be led to another tree than the server gets.

use super::elsewhere;
use crate::tree::defect::{Defect, DefectKind};
use crate::tree::limits::{LONGEST_COMPONENT, LONGEST_PATH, Limits, MOST_DEFECTS, MOST_NAME_BYTES};
use crate::tree::nodes::{Content, FileData, FileId, Kind, Meta, NodeId, Special, Tree};
use crate::tree::path::RelPath;
use hashbrown::HashSet;

/// The tree so far.
pub struct Replay {
    /// What extraction has left so far.
    pub tree: Tree,
    /// What was found wrong.
    pub defects: Vec<Defect>,
    /// Entries that made a path.
    pub entries: u64,
    limits: Limits,
    /// The directories that an entry has named.
    named: HashSet<NodeId>,
    /// The hard links.
    linked: HashSet<NodeId>,
    /// The folder of the last entry and its node: entries mostly come folder by folder.
    last_parent: (Vec<u8>, NodeId),
}

/// A defect behind which the replay cannot go on.
pub struct Stop(pub Defect);

/// A file that has its place in the tree and whose content comes next.
pub struct Placed {
    /// Which file it is.
    pub file: FileId,
    /// What stood at that path before, if anything did.
    before: Option<(Option<[u8; 32]>, Meta)>,
    meta: Meta,
}

fn refused(kind: DefectKind, path: &RelPath, what: impl Into<String>) -> Stop {
    Stop(Defect::hiding(kind, Some(path.to_string()), what))
}

impl Replay {
    /// Nothing replayed yet.
    pub fn new(limits: Limits) -> Self {
        let tree = Tree::new();
        let root = tree.root();
        Self {
            tree,
            defects: Vec::new(),
            entries: 0,
            limits,
            named: HashSet::new(),
            linked: HashSet::new(),
            last_parent: (Vec::new(), root),
        }
    }

    /// Notes a defect that does not keep the replay from going on.
    pub fn note(&mut self, defect: Defect) {
        let same = |known: &&mut Defect| known.kind == defect.kind && known.what == defect.what;
        if let Some(known) = self.defects.iter_mut().find(same) {
            known.count += 1;
            known.hides_tree |= defect.hides_tree;
        } else if self.defects.len() < MOST_DEFECTS {
            self.defects.push(defect);
        }
    }

    /// Counts an entry against the limit.
    pub fn count_entry(&mut self) -> Result<(), Stop> {
        self.entries += 1;
        if self.entries > self.limits.max_entries {
            let what = format!("more than {} entries", self.limits.max_entries);
            return Err(Stop(Defect::hiding(DefectKind::TooLarge, None, what)));
        }
        Ok(())
    }

    /// Counts an entry and checks its name against the limits.
    pub fn admit(&mut self, raw_name: &[u8], path: &RelPath) -> Result<(), Stop> {
        self.count_entry()?;
        let depth = path.components().count();
        if depth > self.limits.max_depth {
            return Err(too_long(path, format!("a path {depth} levels deep, more than {}", self.limits.max_depth)));
        }
        if raw_name.len() > LONGEST_PATH {
            return Err(too_long(
                path,
                format!("a path of {} bytes, more than Linux takes ({LONGEST_PATH})", raw_name.len()),
            ));
        }
        if path.components().any(|component| component.len() > LONGEST_COMPONENT) {
            return Err(too_long(
                path,
                format!("a name of more than {LONGEST_COMPONENT} bytes, more than Linux takes"),
            ));
        }
        self.room_for_a_node()
    }

    /// Folders that no entry names are nodes too, and an entry can bring a hundred of them.
    fn room_for_a_node(&self) -> Result<(), Stop> {
        let what = if self.tree.name_bytes() > MOST_NAME_BYTES {
            "more than 12 MiB of names".to_owned()
        } else if self.tree.len() as u64 > self.limits.max_entries {
            format!("more than {} entries and folders", self.limits.max_entries)
        } else {
            return Ok(());
        };
        Err(Stop(Defect::hiding(DefectKind::TooLarge, None, what)))
    }

    /// A directory entry. It changes mode and owner of a directory that was implied; the root's entry changes those of the folder
    /// that is extracted into.
    pub fn directory(&mut self, path: &RelPath, meta: Meta) -> Result<(), Stop> {
        if path.is_root() {
            return self.name_directory(path, self.tree.root(), meta);
        }
        let (parent, name) = self.parent_of(path)?;
        let node = match self.tree.child(parent, name) {
            None => self.tree.insert(parent, name, Kind::Directory, meta),
            Some(known) if self.tree.kind(known) == Kind::Directory => known,
            Some(_) => return Err(twice(path, "first as something else, then as a directory")),
        };
        self.name_directory(path, node, meta)
    }

    /// Gives a directory what its entry says. Of two that differ GNU tar mostly keeps the last (but the first, where one
    /// says `./dist/` and the other `dist/`), bsdtar now the one, now the other, node-tar the first.
    fn name_directory(&mut self, path: &RelPath, node: NodeId, meta: Meta) -> Result<(), Stop> {
        if !self.named.insert(node) && self.tree.meta(node) != meta {
            return Err(twice(path, "with different modes or owners"));
        }
        self.tree.set_meta(node, meta);
        Ok(())
    }

    /// A symbolic link.
    pub fn link(&mut self, path: &RelPath, target: &[u8], meta: Meta) -> Result<(), Stop> {
        if target.is_empty() {
            return Err(refused(DefectKind::Ambiguous, path, "a symbolic link without a target"));
        }
        if target.len() > LONGEST_PATH {
            return Err(too_long(path, format!("a link target of {} bytes, more than Linux takes", target.len())));
        }
        let (parent, name) = self.parent_of(path)?;
        match self.tree.child(parent, name) {
            None => {
                let passes = self.passes_a_link(path, target);
                let passes = passes.then_some("a link that leads through another link: node-tar leaves it out");
                if let Some(what) = elsewhere::target(target).or(passes) {
                    self.note(Defect::of_entry(DefectKind::Ambiguous, path, what));
                }
                self.tree.insert_link(parent, name, target, meta);
                Ok(())
            }
            Some(known) if self.tree.kind(known) == Kind::Link && self.tree.target(known) == target => Ok(()),
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
        let mut at = self.tree.root();
        for name in names {
            match self.tree.child(at, name) {
                Some(next) if self.tree.kind(next) == Kind::Link => return true,
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    }

    /// A hard link to a file that came earlier.
    pub fn hard_link(&mut self, path: &RelPath, target: &[u8]) -> Result<(), Stop> {
        let shown = crate::text::printable_bytes(target).into_owned();
        let refuse = |kind, why: &str| refused(kind, path, format!("a hard link to `{shown}`, {why}"));
        if target.ends_with(b"/") || target.ends_with(b"/.") {
            return Err(refuse(DefectKind::Ambiguous, "which a `/` makes a directory"));
        }
        let target_path = RelPath::parse(target).map_err(|fault| refuse(DefectKind::LinkEscape, &fault.to_string()))?;
        let mut at = self.tree.root();
        for name in target_path.components() {
            if self.tree.kind(at) == Kind::Link {
                return Err(refuse(DefectKind::LinkEscape, "which leads through a link"));
            }
            let next = self.tree.child(at, name);
            at = next.ok_or_else(|| refuse(DefectKind::Ambiguous, "which is not there before it"))?;
        }
        let Kind::File(file) = self.tree.kind(at) else {
            return Err(refuse(DefectKind::Ambiguous, "which is not a regular file"));
        };
        let meta = self.tree.meta(at);
        let (parent, name) = self.parent_of(path)?;
        match self.tree.child(parent, name) {
            None => {
                let node = self.tree.insert(parent, name, Kind::File(file), meta);
                self.linked.insert(node);
                Ok(())
            }
            Some(_) => Err(twice(path, "the second time as a hard link")),
        }
    }

    /// A device or FIFO.
    pub fn special(&mut self, path: &RelPath, special: Special, meta: Meta) -> Result<(), Stop> {
        let (parent, name) = self.parent_of(path)?;
        if self.tree.child(parent, name).is_some() {
            return Err(twice(path, "the second time as a special file"));
        }
        self.tree.insert(parent, name, Kind::Special(special), meta);
        Ok(())
    }

    /// A regular file, whose content is to be given to [`Replay::fill_file`].
    pub fn file(&mut self, path: &RelPath, size: u64, meta: Meta) -> Result<Placed, Stop> {
        let (parent, name) = self.parent_of(path)?;
        let known = self.tree.child(parent, name);
        let before = match known {
            None => None,
            // busybox makes hard links when all files are there.
            Some(known) if self.linked.contains(&known) => {
                return Err(twice(path, "first as a hard link, then as a file"));
            }
            Some(known) if self.tree.file(known).is_some() => {
                Some((self.tree.sha256(known).copied(), self.tree.meta(known)))
            }
            Some(_) => return Err(twice(path, "first as something else, then as a file")),
        };
        let file = self.tree.add_file(FileData::of_size(size));
        match known {
            None => {
                self.tree.insert(parent, name, Kind::File(file), meta);
            }
            Some(known) => {
                self.tree.set_kind(known, Kind::File(file));
                self.tree.set_meta(known, meta);
            }
        }
        Ok(Placed { file, before, meta })
    }

    /// What was read of a placed file. A second file of the same path must be the same in everything.
    pub fn fill_file(
        &mut self,
        path: &RelPath,
        placed: Placed,
        data: FileData,
        content: Content,
        sha256: Option<[u8; 32]>,
    ) -> Result<(), Stop> {
        let Placed { file, before, meta } = placed;
        let difference = before.and_then(|(old_sha256, old_meta)| match (old_sha256, sha256) {
            _ if old_meta != meta => Some("with different modes or owners"),
            (Some(old), Some(new)) if old == new => None,
            (Some(_), Some(_)) => Some("with different content"),
            _ => Some("among third-party files, whose contents are not compared"),
        });
        self.tree.set_file(file, data, content, sha256);
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
                name => Ok((self.tree.root(), name)),
            };
        };
        let (folder, name) = (bytes.get(..slash).unwrap_or_default(), bytes.get(slash + 1..).unwrap_or_default());
        if self.last_parent.0 != folder {
            let mut at = self.tree.root();
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
        let Some(next) = self.tree.child(at, component) else {
            self.room_for_a_node()?;
            return Ok(self.tree.insert(at, component, Kind::Directory, Meta::IMPLIED));
        };
        match self.tree.kind(next) {
            Kind::Directory => Ok(next),
            Kind::Link => {
                let target = crate::text::printable_bytes(self.tree.target(next)).into_owned();
                let link = self.tree.path(next);
                let what = format!("an entry written through the link `{link}` to `{target}`");
                Err(refused(DefectKind::LinkEscape, path, what))
            }
            Kind::File(_) | Kind::Special(_) => {
                let what = format!("an entry below `{}`, which is not a directory", self.tree.path(next));
                Err(refused(DefectKind::Ambiguous, path, what))
            }
        }
    }
}

fn too_long(path: &RelPath, what: String) -> Stop {
    let shown = path.to_string();
    let short = match shown.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    };
    Stop(Defect::hiding(DefectKind::TooLarge, Some(short), what))
}

fn twice(path: &RelPath, how: &str) -> Stop {
    refused(DefectKind::Ambiguous, path, format!("the same path twice, {how}"))
}
