//! What stands in the archive: a list of entries, made from the tree of a bundle's folder.

use super::{PackLayout, edit};
use crate::archive::write::tar::{PackedContent, PackedEntry, PackedNode};
use crate::check::bundle::Bundle;
use crate::node::package::{Package, RUN_FOR_A_PATH};
use crate::signing::manifest_files::UNLISTED;
use crate::tree::development_files::DevelopmentFile;
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::{Content, NodeId, NodeKind, Tree};
use crate::tree::ownership::Ownership;
use crate::tree::path::RelPath;
use sha2::{Digest, Sha256};

/// Everything of an archive but its time. What stands as in the folder is not copied: a bundle may have 150,000 entries.
pub(crate) struct PackPlan<'t> {
    tree: &'t Tree,
    entries: Vec<PlannedEntry>,
    /// What the folder has of the shared package and no server needs, by its paths in the folder.
    pub left_out: Vec<RelPath>,
    /// What became of the arrangement that survives every update.
    pub survivor: Survivor,
}

/// One entry, as it is kept.
struct PlannedEntry {
    /// Its path in the archive; nothing where it is the node's own.
    place: Option<RelPath>,
    what: PlannedContent,
}

enum PlannedContent {
    Node(NodeId),
    Folder,
    File(Vec<u8>),
}

/// What became of the arrangement that survives every update.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Survivor {
    /// It was not asked for.
    NotWanted,
    /// The shared package stands in both places, and `package.json` depends on it by path.
    Made,
    /// The shared package stands in both places, but `package.json` depends on it otherwise.
    DeclaredOtherwise,
    /// There is no copy of the shared package to be shipped.
    NoCopy,
}

/// Why a folder cannot be packed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// Something that is no file, folder or link.
    #[error("{path} is {what}, which no bundle can hold")]
    Special {
        /// Where, printable.
        path: String,
        /// With its article.
        what: &'static str,
    },
    /// A file whose content was not read.
    #[error("{0} was not read")]
    NotRead(String),
    /// A `package.json` that must be changed for the wanted arrangement, and cannot be.
    #[error("{0} cannot be changed: it is not JSON in UTF-8")]
    NotEditable(String),
}

impl<'t> PackPlan<'t> {
    /// Plans the archive of a folder that was read with digests.
    ///
    /// # Errors
    /// A [`PlanError`] where the folder has what no archive can hold.
    pub(crate) fn new(bundle: &Bundle<'t>, layout: PackLayout) -> Result<Self, PlanError> {
        let tree = &bundle.snapshot.tree;
        let survivor = match layout {
            PackLayout::Documented => Survivor::NotWanted,
            PackLayout::Survivor => survivor(bundle),
        };
        let mut maker = Maker { tree, names: bundle.names, made: Vec::new(), left_out: Vec::new() };
        let mut entries = Vec::new();
        let mut replaced: Vec<Vec<u8>> = Vec::new();
        if matches!(survivor, Survivor::Made | Survivor::DeclaredOtherwise) {
            replaced.extend([bundle.names.shared_copy(), bundle.names.shared_source.clone()].map(String::into_bytes));
            maker.shared_package()?;
        }
        if survivor == Survivor::Made && maker.depend_on_it(bundle)? {
            replaced.push(b"package.json".to_vec());
        }
        for id in tree.sorted() {
            let path = tree.path(id);
            if !replaced.iter().any(|place| is_below(path.as_bytes(), place)) {
                packable(tree, id)?;
                entries.push(PlannedEntry { place: None, what: PlannedContent::Node(id) });
            }
        }
        let Maker { made, mut left_out, .. } = maker;
        left_out.sort();
        let mut plan = Self { tree, entries, left_out, survivor };
        made.into_iter().for_each(|entry| plan.add(entry));
        Ok(plan)
    }

    /// Takes the manifest and its signatures away: they are of the folder, or made anew.
    pub(crate) fn drop_manifest(&mut self) {
        let tree = self.tree;
        self.entries.retain(|entry| {
            let path = entry.path(tree);
            !UNLISTED.iter().any(|name| name.as_bytes() == path.as_bytes())
        });
    }

    /// Adds a file in the root, in place of one of that name.
    pub(crate) fn add_file(&mut self, name: &str, content: Vec<u8>) {
        self.add(PlannedEntry { place: Some(path_of(name)), what: PlannedContent::File(content) });
    }

    /// Every entry in the byte order of paths, so that each folder stands before what is in it.
    pub(crate) fn items(&self) -> impl Iterator<Item = PackedEntry<'_>> {
        self.entries.iter().map(|entry| PackedEntry { path: entry.path(self.tree), node: self.node(entry) })
    }

    fn node<'p>(&'p self, entry: &'p PlannedEntry) -> PackedNode<'p> {
        let tree = self.tree;
        match &entry.what {
            PlannedContent::Folder => PackedNode::Directory,
            PlannedContent::File(bytes) => PackedNode::File {
                executable: false,
                size: bytes.len() as u64,
                sha256: Sha256::digest(bytes).into(),
                content: PackedContent::Made(bytes),
            },
            PlannedContent::Node(id) => match tree.kind(*id) {
                NodeKind::Link => PackedNode::Link(tree.target(*id)),
                NodeKind::File(_) => PackedNode::File {
                    executable: tree.meta(*id).mode & 0o100 != 0,
                    size: tree.file(*id).map_or(0, |file| file.size),
                    // `packable` has seen to it that there is one.
                    sha256: tree.sha256(*id).copied().unwrap_or_default(),
                    content: PackedContent::Kept(tree.path(*id)),
                },
                NodeKind::Directory | NodeKind::Special(_) => PackedNode::Directory,
            },
        }
    }

    /// Puts an entry in its place. What is added is little: the rest is in order already.
    fn add(&mut self, entry: PlannedEntry) {
        let tree = self.tree;
        let key = entry.key(tree);
        match self.entries.binary_search_by(|other| other.key(tree).cmp(&key)) {
            Ok(at) => {
                if let Some(slot) = self.entries.get_mut(at) {
                    *slot = entry;
                }
            }
            Err(at) => self.entries.insert(at, entry),
        }
    }
}

impl PlannedEntry {
    fn path(&self, tree: &Tree) -> RelPath {
        match (&self.place, &self.what) {
            (Some(place), _) => place.clone(),
            (None, PlannedContent::Node(id)) => tree.path(*id),
            (None, _) => RelPath::root(),
        }
    }

    /// Its path, with the `/` behind a folder's name, which decides the order.
    fn key(&self, tree: &Tree) -> Vec<u8> {
        let folder = match &self.what {
            PlannedContent::Folder => true,
            PlannedContent::File(_) => false,
            PlannedContent::Node(id) => tree.kind(*id) == NodeKind::Directory,
        };
        let mut key = self.path(tree).as_bytes().to_vec();
        key.extend(folder.then_some(b'/'));
        key
    }
}

/// Whether an archive can hold a node.
fn packable(tree: &Tree, id: NodeId) -> Result<(), PlanError> {
    match tree.kind(id) {
        NodeKind::Special(special) => Err(PlanError::Special { path: tree.path(id).to_string(), what: special.name() }),
        NodeKind::File(_) if tree.sha256(id).is_none() => Err(PlanError::NotRead(tree.path(id).to_string())),
        _ => Ok(()),
    }
}

/// Whether a path is that place or stands below it.
fn is_below(path: &[u8], place: &[u8]) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// Whether the shared package can be shipped so that every update finds it.
fn survivor(bundle: &Bundle<'_>) -> Survivor {
    let (tree, names) = (bundle.tree(), bundle.names);
    let copy = tree.find(names.shared_copy().as_bytes());
    if !copy.is_some_and(|id| tree.kind(id) == NodeKind::Directory) {
        return Survivor::NoCopy;
    }
    let declared = bundle.package.package().map(|package| package.declared()).unwrap_or_default();
    let by_this_path = |spec: &str| {
        let path = spec.trim().strip_prefix("file:").unwrap_or(spec.trim());
        RelPath::parse(path.as_bytes()).is_ok_and(|path| path.as_bytes() == names.shared_source.as_bytes())
    };
    let mut of_it = declared.iter().filter(|dependency| dependency.name == names.shared);
    let as_wanted = of_it.all(|found| found.field == "dependencies" && by_this_path(&found.spec));
    if as_wanted { Survivor::Made } else { Survivor::DeclaredOtherwise }
}

struct Maker<'a> {
    tree: &'a Tree,
    names: &'a ConfiguredNames,
    /// Entries beside those that stand as in the folder.
    made: Vec<PlannedEntry>,
    left_out: Vec<RelPath>,
}

impl Maker<'_> {
    /// The shared package as it runs, in both of its places: after the update a package manager links the one to the
    /// other, and a manifest lists both.
    fn shared_package(&mut self) -> Result<(), PlanError> {
        let copy = self.names.shared_copy();
        let Some(root) = self.tree.find(copy.as_bytes()) else { return Ok(()) };
        let package = self.shared_package_json(root)?;
        let mut needed = Vec::new();
        self.needed_of(root, &RelPath::root(), &mut needed)?;
        for place in [copy.as_str(), self.names.shared_source.as_str()] {
            let mut folder = RelPath::root();
            for name in path_of(place).components() {
                folder.push(name);
                self.made.push(PlannedEntry { place: Some(folder.clone()), what: PlannedContent::Folder });
            }
            for (inside, id) in &needed {
                let mut whole = folder.clone();
                inside.components().for_each(|name| whole.push(name));
                let what = match &package {
                    Some(text) if inside.as_bytes() == b"package.json" => {
                        PlannedContent::File(text.clone().into_bytes())
                    }
                    _ => PlannedContent::Node(*id),
                };
                self.made.push(PlannedEntry { place: Some(whole), what });
            }
        }
        Ok(())
    }

    /// What a server needs of a folder of the shared package. Development links and what only builds need stay behind;
    /// folders that are empty without it, too.
    fn needed_of(
        &mut self,
        folder: NodeId,
        inside: &RelPath,
        needed: &mut Vec<(RelPath, NodeId)>,
    ) -> Result<(), PlanError> {
        let tree = self.tree;
        for id in tree.children(folder) {
            let mut path = inside.clone();
            path.push(tree.name(id));
            if self.is_for_developers(id, &path) {
                self.left_out.push(tree.path(id));
                continue;
            }
            packable(tree, id)?;
            let (before, left) = (needed.len(), self.left_out.len());
            needed.push((path.clone(), id));
            if tree.kind(id) == NodeKind::Directory {
                self.needed_of(id, &path, needed)?;
                if needed.len() == before + 1 && self.left_out.len() > left {
                    needed.truncate(before);
                    self.left_out.truncate(left);
                    self.left_out.push(tree.path(id));
                }
            }
        }
        Ok(())
    }

    /// Whether a node of the shared package, at this path in it, is for those who build it: pnpm's links to the
    /// workspace lead nowhere in a bundle, and what package managers hide beside them is of their own.
    fn is_for_developers(&self, id: NodeId, inside: &RelPath) -> bool {
        let ownership = Ownership::of(self.tree.path(id).as_bytes(), self.names);
        let mut folders: Vec<_> = inside.components().collect();
        let name = folders.pop().unwrap_or_default();
        let in_modules = folders.contains(&&b"node_modules"[..]);
        let hidden = folders.last() == Some(&&b"node_modules"[..]) && name.starts_with(b".");
        let leads_nowhere = self.tree.kind(id) == NodeKind::Link && self.tree.follow(id).is_err();
        DevelopmentFile::of(self.tree, id, ownership).is_some() || hidden || (in_modules && leads_nowhere)
    }

    /// The shared package's `package.json` without what stops or runs an installation from it; nothing where it has
    /// none of that, or cannot be read, which is for the rules to say.
    fn shared_package_json(&self, root: NodeId) -> Result<Option<String>, PlanError> {
        let Some(id) = self.tree.child(root, b"package.json") else { return Ok(None) };
        let Content::Whole(bytes) = self.tree.content(id) else { return Ok(None) };
        let Ok(package) = Package::parse(bytes) else { return Ok(None) };
        let has_script = |name: &str| package.get("scripts").and_then(|scripts| scripts.get(name)).is_some();
        let mut unwanted: Vec<Vec<&str>> = Vec::new();
        if package.get("devDependencies").is_some() {
            unwanted.push(vec!["devDependencies"]);
        }
        unwanted.extend(RUN_FOR_A_PATH.into_iter().filter(|name| has_script(name)).map(|name| vec!["scripts", name]));
        if unwanted.is_empty() {
            return Ok(None);
        }
        let mut text = utf8(bytes, &self.tree.path(id))?;
        for keys in unwanted {
            // A key may stand there several times.
            while let Some(less) = edit::without(&text, &keys) {
                text = less;
            }
        }
        Ok(Some(text))
    }

    /// Adds the dependency on the shipped package, where it is not declared yet; whether it was added.
    fn depend_on_it(&mut self, bundle: &Bundle<'_>) -> Result<bool, PlanError> {
        let names = self.names;
        let declared = bundle.package.package().map(Package::declared).unwrap_or_default();
        let Some(id) = self.tree.find(b"package.json") else { return Ok(false) };
        let Content::Whole(bytes) = self.tree.content(id) else { return Ok(false) };
        if declared.iter().any(|found| found.name == names.shared) {
            return Ok(false);
        }
        let path = self.tree.path(id);
        let spec = format!("file:./{}", names.shared_source);
        let edited = edit::with_dependency(&utf8(bytes, &path)?, &names.shared, &spec);
        let edited = edited.ok_or_else(|| PlanError::NotEditable(path.to_string()))?;
        self.made.push(PlannedEntry { place: Some(path), what: PlannedContent::File(edited.into_bytes()) });
        Ok(true)
    }
}

/// A path of the layout's.
fn path_of(path: &str) -> RelPath {
    let mut whole = RelPath::root();
    path.split('/').filter(|name| !name.is_empty()).for_each(|name| whole.push(name.as_bytes()));
    whole
}

fn utf8(bytes: &[u8], path: &RelPath) -> Result<String, PlanError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| PlanError::NotEditable(path.to_string()))
}
