//! What the update would leave of the shared package, told from the bundle alone. Step 4 deletes `node_modules`, and with it
//! the copy that was shipped; what brings it back differs by generation and by package manager.
//!
//! Measured: docs/reference/field-facts.md, "What survives the update"; `tests/lab/specs.py` for the package managers, and
//! `tests/lab/rehearse.py`, which does the update for real and compares.

use super::steps::UpdateStep;
use crate::node::installed::installed_by_path;
use crate::node::modules::{Graph, ModuleFault, Need};
use crate::node::node_version::NodeVersion;
use crate::node::package::{Dependency, Package};
use crate::node::resolve::{Loader, Resolver, Target};
use crate::node::specifier::Refers;
use crate::tree::names::Names;
use crate::tree::nodes::{Kind, Tree};
use crate::update::documented_paths;
use crate::update::generation::Generation;

/// What the outcome of an update depends on.
#[derive(Clone, Copy)]
pub struct Shipped<'a> {
    /// The bundle's tree.
    pub tree: &'a Tree,
    /// The names it is judged by.
    pub names: &'a Names,
    /// The root `package.json`, if it can be used.
    pub package: Option<&'a Package>,
    /// Who will run it.
    pub node: NodeVersion,
    /// What following its imports found.
    pub modules: &'a Graph,
    /// The same, with the shared package taken from its shipped sources; nothing where it ships none.
    pub restored: Option<&'a Graph>,
}

impl Shipped<'_> {
    /// Whether the bundle ships the shared package's folder of sources.
    fn has_shared_source(&self) -> bool {
        let source = self.tree.resolve(self.names.shared_source.as_bytes());
        source.is_ok_and(|id| self.tree.kind(id) == Kind::Directory)
    }
}

/// The programs that step 5 installs with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Manager {
    /// What the document names first.
    Pnpm,
    /// What it names beside it.
    Npm,
}

impl Manager {
    /// The program's name.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pnpm => "pnpm",
            Self::Npm => "npm",
        }
    }
}

/// What becomes of the shared package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It is there, and Node finds its entry point.
    Present,
    /// It is not there when the agent starts.
    Dropped,
    /// It is there, but Node finds no entry point in it.
    Hollow,
    /// It is there, and lacks what the agent imports from it: another build than the copy that was shipped.
    Stale,
    /// The update stops in this step.
    Stops(UpdateStep),
    /// The bundle alone does not tell: it is to come from an address or a repository.
    Unknown,
}

impl Fate {
    /// Whether the agent would start without the shared package, or not at all.
    #[must_use]
    pub(crate) const fn is_bad(self) -> bool {
        matches!(self, Self::Dropped | Self::Hollow | Self::Stale | Self::Stops(_))
    }
}

/// What one generation would make of a shipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct UpdateOutcome {
    /// Whose update.
    pub generation: Generation,
    /// Where it installs with pnpm.
    pub pnpm: Fate,
    /// Where it installs with npm.
    pub npm: Fate,
}

impl UpdateOutcome {
    /// The worse of the two: which one a server has cannot be known.
    #[must_use]
    pub(crate) fn worse(&self) -> Fate {
        let rank = |fate: Fate| match fate {
            Fate::Present => 0,
            Fate::Unknown => 1,
            Fate::Stale => 2,
            Fate::Hollow => 3,
            Fate::Dropped => 4,
            Fate::Stops(_) => 5,
        };
        if rank(self.npm) > rank(self.pnpm) { self.npm } else { self.pnpm }
    }
}

/// What a generation's update would make of a bundle's shared package, once a dependency on it that cannot be installed
/// is removed, as its rule advises.
#[must_use]
pub(crate) fn predict_repaired(generation: Generation, shipped: &Shipped<'_>) -> UpdateOutcome {
    let fate = |manager| {
        let found = provision(shipped, manager);
        let mended = matches!(found, Provision::Fails | Provision::DeadLink);
        fate(generation, shipped, if mended { Provision::Nothing } else { found })
    };
    UpdateOutcome { generation, pnpm: fate(Manager::Pnpm), npm: fate(Manager::Npm) }
}

/// What step 5 makes of the dependency on the shared package.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Provision {
    /// There is none, or it is left out.
    Nothing,
    /// It installs this folder of the shipped.
    Folder(String),
    /// It installs something that cannot be looked into.
    Something,
    /// It leaves a link that leads to nothing.
    DeadLink,
    /// It stops.
    Fails,
}

fn provision(shipped: &Shipped<'_>, manager: Manager) -> Provision {
    let Some(root) = shipped.package else {
        return Provision::Nothing;
    };
    let shared = &shipped.names.shared;
    let found: Vec<_> = root
        .declared()
        .into_iter()
        .filter(|dependency| dependency.name == *shared)
        .map(|dependency| provided_by(shipped, root, &dependency, manager))
        .collect();
    if found.contains(&Provision::Fails) {
        return Provision::Fails;
    }
    found.into_iter().find(|provision| *provision != Provision::Nothing).unwrap_or(Provision::Nothing)
}

fn provided_by(shipped: &Shipped<'_>, root: &Package, dependency: &Dependency, manager: Manager) -> Provision {
    let optional = dependency.field == "optionalDependencies";
    let unless_optional = |provision| if optional { Provision::Nothing } else { provision };
    match (Refers::of(&dependency.spec), manager) {
        // pnpm links the workspace's package where the workspace is shipped; how far is not for the bundle to tell.
        (Refers::Workspace, Manager::Pnpm) if shipped.tree.find(b"pnpm-workspace.yaml").is_some() => {
            Provision::Something
        }
        (Refers::Workspace, Manager::Pnpm) => unless_optional(Provision::Fails),
        (Refers::Local(protocol), Manager::Pnpm) if protocol == "link:" => {
            let path = dependency.spec.trim().get("link:".len()..).unwrap_or_default();
            if root.installs(&dependency.name) && installed_by_path(shipped.tree, "", path).is_some() {
                folder_or_file(shipped, path)
            } else {
                Provision::Nothing
            }
        }
        (Refers::Workspace | Refers::Local(_), _) => Provision::Fails,
        (Refers::Path { path, .. }, _) if installed_by_path(shipped.tree, "", &path).is_some() => {
            if root.installs(&dependency.name) { folder_or_file(shipped, &path) } else { Provision::Nothing }
        }
        (Refers::Path { with_protocol: true, .. }, Manager::Pnpm) => unless_optional(Provision::Fails),
        (Refers::Path { .. }, _) if optional || !root.installs(&dependency.name) => Provision::Nothing,
        // npm leaves a link that leads nowhere, and so does pnpm without the protocol.
        (Refers::Path { .. }, _) => Provision::DeadLink,
        (Refers::Registry, _) if dependency.field == "devDependencies" => Provision::Nothing,
        // It is not published.
        (Refers::Registry, _) => unless_optional(Provision::Fails),
        (Refers::Elsewhere, _) => Provision::Something,
    }
}

fn folder_or_file(shipped: &Shipped<'_>, path: &str) -> Provision {
    let tree = shipped.tree;
    match tree.resolve(path.as_bytes()) {
        Ok(id) if tree.kind(id) == Kind::Directory => Provision::Folder(tree.path(id).to_string()),
        _ => Provision::Something,
    }
}

fn fate(generation: Generation, shipped: &Shipped<'_>, provision: Provision) -> Fate {
    let put_back = generation == Generation::Preserving && has_copy(shipped);
    match provision {
        Provision::Fails => Fate::Stops(UpdateStep::Install),
        // Whether there is something in the copy is for other rules to say.
        _ if put_back => Fate::Present,
        Provision::Folder(folder) => usable(shipped, &folder),
        Provision::Something => Fate::Unknown,
        // `cp: cannot overwrite non-directory 'node_modules/@server-flow/shared' with directory 'packages/shared'`
        Provision::DeadLink if shipped.has_shared_source() => Fate::Stops(UpdateStep::Shared),
        Provision::DeadLink => Fate::Dropped,
        Provision::Nothing if !shipped.has_shared_source() => Fate::Dropped,
        Provision::Nothing => match scope(shipped) {
            _ if generation != Generation::Documented => usable(shipped, &shipped.names.shared_source),
            ScopeFolder::Made => usable(shipped, &shipped.names.shared_source),
            // `cp: cannot create directory 'node_modules/@server-flow/shared': No such file or directory`
            ScopeFolder::Missing => Fate::Stops(UpdateStep::Shared),
            ScopeFolder::Unknown => Fate::Unknown,
        },
    }
}

fn has_copy(shipped: &Shipped<'_>) -> bool {
    shipped.tree.resolve(shipped.names.shared_copy().as_bytes()).is_ok()
}

/// Whether Node would find something in a folder that takes the shared package's place, and in it what the agent imports.
fn usable(shipped: &Shipped<'_>, folder: &str) -> Fate {
    let Shipped { tree, names, .. } = *shipped;
    let Ok(folder) = tree.resolve(folder.as_bytes()) else {
        return Fate::Hollow;
    };
    let from = tree.resolve(names.entry.as_bytes()).unwrap_or_else(|_| tree.root());
    let resolver = Resolver::new(tree, shipped.node, documented_paths::DEPLOYED_AT, &|_| true);
    let file = match resolver.package_entry(&names.shared, folder, from, Loader::Import) {
        Ok(Target::File(file) | Target::Fallback(file)) => file,
        _ => return Fate::Hollow,
    };
    if tree.file(file).is_none_or(|file| file.size == 0) {
        return Fate::Hollow;
    }
    // What is wrong with the agent and the shipped copy alike has rules of its own.
    let stale = tree.resolve(names.shared_source.as_bytes()) == Ok(folder)
        && shipped.restored.is_some_and(stops)
        && !stops(shipped.modules);
    if stale { Fate::Stale } else { Fate::Present }
}

/// Whether Node stops for certain on the way through a graph.
fn stops(graph: &Graph) -> bool {
    let falls_back = |fault: &ModuleFault| matches!(fault, ModuleFault::Unresolved { fallback: Some(_), .. });
    graph.faults.iter().any(|fault| fault.need() == Need::Certain && !falls_back(fault))
}

/// Whether step 5 leaves the folder that step 6 copies into: `node_modules/@server-flow`.
enum ScopeFolder {
    Made,
    Missing,
    /// A package of the scope comes from a registry that may or may not have it.
    Unknown,
}

fn scope(shipped: &Shipped<'_>) -> ScopeFolder {
    let shared = &shipped.names.shared;
    let prefix = shared.split_once('/').map_or("", |(scope, _)| scope);
    let Some(root) = shipped.package else {
        return ScopeFolder::Missing;
    };
    let others = root.declared().into_iter().filter(|dependency| {
        dependency.name != *shared
            && root.installs(&dependency.name)
            && (prefix.is_empty() || dependency.name.starts_with(&format!("{prefix}/")))
    });
    let mut scope = ScopeFolder::Missing;
    for dependency in others {
        match Refers::of(&dependency.spec) {
            _ if prefix.is_empty() => return ScopeFolder::Made,
            // A link that leads nowhere stands in the folder all the same.
            Refers::Path { .. } => return ScopeFolder::Made,
            _ => scope = ScopeFolder::Unknown,
        }
    }
    scope
}
