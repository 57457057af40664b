//! What a package manager puts into a deployed folder, beside what was signed.
//!
//! Node looks for a package in every `node_modules` on the way up from who asks (nodejs.org, "Loading from node_modules
//! folders"), so not each of them may hold what the manifest does not list: only those where an update installs. Inside a
//! package that the manifest covers nothing may be added, but for what is installed in its own `node_modules`.

use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::resolve::Unresolved;
use crate::tree::nodes::{Content, NodeId, NodeKind, Tree};
use crate::tree::ownership::{Ownership, OwnershipMap};
use hashbrown::{HashMap, HashSet};

/// What `pnpm install` and `npm install` write beside the manifest, at the root of a deployed directory.
const LOCK_FILES: [&[u8]; 2] = [b"pnpm-lock.yaml", b"package-lock.json"];

/// Knows what an update brings along.
pub(super) struct InstalledByUpdate<'a> {
    tree: &'a Tree,
    names: &'a ConfiguredNames,
    ownership: &'a OwnershipMap,
    /// Nodes at the very paths that are listed.
    listed: &'a HashSet<NodeId>,
    /// Every folder on the way to a listed path.
    covered: HashSet<&'a [u8]>,
    /// The listed digests of the shared package, by their paths in it: there may be two where its copy and its sources
    /// are both shipped.
    shared: HashMap<&'a [u8], Vec<&'a [u8; 32]>>,
}

impl<'a> InstalledByUpdate<'a> {
    /// What an update brings along beside these listed files.
    pub(super) fn beside(
        tree: &'a Tree,
        names: &'a ConfiguredNames,
        ownership: &'a OwnershipMap,
        listed: &'a HashSet<NodeId>,
        files: impl Iterator<Item = (&'a [u8], &'a [u8; 32])>,
    ) -> Self {
        let mut covered = HashSet::new();
        let mut shared: HashMap<_, Vec<_>> = HashMap::new();
        let copy = names.shared_copy();
        for (path, digest) in files {
            let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
            covered.extend(slashes.filter_map(|(at, _)| path.get(..at)));
            let inside = below(path, names.shared_source.as_bytes()).or_else(|| below(path, copy.as_bytes()));
            if let Some(inside) = inside {
                shared.entry(inside).or_default().push(digest);
            }
        }
        Self { tree, names, ownership, listed, covered, shared }
    }

    /// Whether an update brings along the file or link at this path.
    pub(super) fn is(&self, id: NodeId, path: &[u8]) -> bool {
        match self.tree.kind(id) {
            NodeKind::Link => self.is_link(id, path),
            _ if self.ownership.at(id) == Ownership::Shared => self.is_copy_of_shared(id, path),
            _ => {
                LOCK_FILES.contains(&path)
                    || matches!(self.stands(path), InstalledPlace::Inside | InstalledPlace::Managers)
            }
        }
    }

    /// Step 6 of the update copies the shared package to where Node looks for it, and pnpm keeps a copy of its own: the
    /// same bytes, listed elsewhere.
    fn is_copy_of_shared(&self, id: NodeId, path: &[u8]) -> bool {
        let inside = after_last(path, &self.names.shared_copy()).and_then(|inside| self.shared.get(inside));
        inside.is_some_and(|listed| listed.iter().any(|digest| self.tree.sha256(id) == Some(*digest)))
    }

    /// A link that leads nowhere loads nothing; any other has to lead to what is known, or to what was installed too.
    fn is_link(&self, id: NodeId, path: &[u8]) -> bool {
        let stands = self.stands(path);
        if matches!(stands, InstalledPlace::Elsewhere) {
            return false;
        }
        let target = match self.tree.follow(id) {
            Ok(target) => target,
            Err(Unresolved::Leaves) => return false,
            Err(Unresolved::Missing | Unresolved::NotADirectory | Unresolved::Loop) => return true,
        };
        let leads = self.tree.path(target);
        let leads = leads.as_bytes();
        match (self.tree.kind(target), stands) {
            (NodeKind::Directory, InstalledPlace::Package(name)) => self.is_package(target, leads, name),
            (NodeKind::Directory, _) => {
                let shared = after_last(path, &self.names.shared_copy()) == Some(b"");
                let installed = matches!(
                    self.stands(leads),
                    InstalledPlace::Package(_) | InstalledPlace::Inside | InstalledPlace::Managers
                );
                installed || (shared && leads == self.names.shared_source.as_bytes())
            }
            // A file in a package's place is found before the package's folder.
            (_, InstalledPlace::Package(_)) => false,
            _ => self.listed.contains(&target) || self.is(target, leads),
        }
    }

    /// Whether a link in a package's place may lead to this folder.
    fn is_package(&self, folder: NodeId, path: &[u8], name: &[u8]) -> bool {
        let ours = name == self.names.shared.as_bytes();
        if ours && path == self.names.shared_source.as_bytes() {
            return true;
        }
        if self.covered.contains(path) {
            return self.name_of(folder).is_some_and(|stated| stated == name);
        }
        match self.stands(path) {
            // Whatever stands in place of the shared package must have the shared package's place, where it is judged.
            InstalledPlace::Package(installed) => !ours || installed == name,
            InstalledPlace::Inside | InstalledPlace::Managers => {
                !ours || after_last(path, &self.names.shared_copy()) == Some(b"")
            }
            InstalledPlace::Elsewhere => false,
        }
    }

    /// The name in the `package.json` of a folder.
    fn name_of(&self, folder: NodeId) -> Option<Vec<u8>> {
        let package = self.tree.child(folder, b"package.json").filter(|id| self.listed.contains(id))?;
        let Content::Whole(bytes) = self.tree.content(package) else { return None };
        let package: serde_json::Value = serde_json::from_slice(bytes).ok()?;
        Some(package.get("name")?.as_str()?.as_bytes().to_vec())
    }

    /// Where a path stands, as package managers see it.
    fn stands<'p>(&self, path: &'p [u8]) -> InstalledPlace<'p> {
        let homes = [&self.names.shared_source, &self.names.nested_agent];
        let mut rest = homes.iter().find_map(|home| below(path, home.as_bytes())).unwrap_or(path);
        loop {
            let Some(inside) = below(rest, b"node_modules") else { return InstalledPlace::Elsewhere };
            if inside.starts_with(b".") {
                return InstalledPlace::Managers;
            }
            let scope = if inside.starts_with(b"@") { inside.iter().position(|byte| *byte == b'/') } else { Some(0) };
            let Some(scope) = scope else { return InstalledPlace::Elsewhere };
            let name_ends = inside.iter().skip(scope + 1).position(|byte| *byte == b'/').map(|at| at + scope + 1);
            let Some(end) = name_ends else { return InstalledPlace::Package(inside) };
            let (name, below) = (inside.get(..end).unwrap_or_default(), inside.get(end + 1..).unwrap_or_default());
            let folder = path.get(..path.len() - below.len() - 1).unwrap_or_default();
            if name != self.names.shared.as_bytes() && !self.covered.contains(folder) {
                return InstalledPlace::Inside;
            }
            rest = below;
        }
    }
}

/// Where a path stands, as package managers see it.
#[derive(Clone, Copy)]
enum InstalledPlace<'p> {
    /// It is the very place of a package of that name.
    Package(&'p [u8]),
    /// It is in a package of which the manifest lists nothing.
    Inside,
    /// It is in what package managers keep for themselves: `.bin`, `.pnpm`, `.package-lock.json`.
    Managers,
    /// No package manager writes there.
    Elsewhere,
}

/// What follows `folder/` in `path`.
fn below<'p>(path: &'p [u8], folder: &[u8]) -> Option<&'p [u8]> {
    path.strip_prefix(folder)?.strip_prefix(b"/")
}

/// What follows the last `folder/` in `path`, wherever that folder stands; empty for the folder itself.
fn after_last<'p>(path: &'p [u8], folder: &str) -> Option<&'p [u8]> {
    let starts = std::iter::once(0).chain(path.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| at + 1));
    let mut after = starts.filter_map(|at| {
        let rest = path.get(at..)?.strip_prefix(folder.as_bytes())?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix(b"/") }
    });
    after.next_back()
}
