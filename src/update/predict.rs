//! What the update would leave of the shared package, told from the bundle alone. Step 4 deletes `node_modules`, and with it
//! the copy that was shipped; what brings it back differs by generation and by package manager.
//!
//! Measured: docs/reference/field-facts.md, "What survives the update"; `tests/lab/specs.py` for the package managers, and
//! `tests/lab/rehearse.py`, which does the update for real and compares.

use super::managers::refuses;
use super::provision::{Provision, provision};
use super::shipped::{Manager, Shipped};
use super::steps::UpdateStep;
use crate::node::faults::{Graph, ModuleFault};
use crate::node::modules::Need;
use crate::node::resolve::{Loader, Resolver, Target};
use crate::node::specifier::Refers;
use crate::tree::nodes::NodeKind;
use crate::update::documented_paths;
use crate::update::generation::Generation;

/// What becomes of the shared package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SharedFate {
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

impl SharedFate {
    /// Whether the agent would start without the shared package, or not at all.
    #[must_use]
    pub(crate) const fn is_bad(self) -> bool {
        matches!(self, Self::Dropped | Self::Hollow | Self::Stale | Self::Stops(_))
    }
}

/// What one generation's update would make of what is shipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct UpdateOutcome {
    /// Whose update.
    pub generation: Generation,
    /// On a server that has pnpm, which every generation takes first.
    pub pnpm: SharedFate,
    /// On a server that has npm only.
    pub npm: SharedFate,
}

/// On which servers the shared package is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loss {
    /// On none.
    Nowhere,
    /// On all, or on those that have pnpm.
    Everywhere,
    /// Only where there is no pnpm.
    WithoutPnpm,
}

impl UpdateOutcome {
    /// The worse of the two: which one a server has cannot be known.
    #[must_use]
    pub(crate) fn worse(&self) -> SharedFate {
        let rank = |fate: SharedFate| match fate {
            SharedFate::Present => 0,
            SharedFate::Unknown => 1,
            SharedFate::Stale => 2,
            SharedFate::Hollow => 3,
            SharedFate::Dropped => 4,
            SharedFate::Stops(_) => 5,
        };
        if rank(self.npm) > rank(self.pnpm) { self.npm } else { self.pnpm }
    }

    /// On which servers the agent would be without it.
    #[must_use]
    pub(crate) const fn loss(&self) -> Loss {
        match (self.pnpm.is_bad(), self.npm.is_bad()) {
            (false, false) => Loss::Nowhere,
            (false, true) => Loss::WithoutPnpm,
            (true, _) => Loss::Everywhere,
        }
    }
}

/// What a generation's update would make of a bundle's shared package, once what stops its installation is removed, as the
/// rules advise that say so: a dependency that cannot be installed, a field that asks for another package manager.
#[must_use]
pub(crate) fn predict_repaired(generation: Generation, shipped: &Shipped<'_>) -> UpdateOutcome {
    let fate = |manager| {
        let found = provision(shipped, manager);
        let mended = matches!(found, Provision::Fails | Provision::DeadLink);
        fate(generation, shipped, manager, if mended { Provision::Nothing } else { found })
    };
    let npm = fate(Manager::Npm);
    // Where pnpm refuses and npm is tried then, nothing needs to be repaired for the update to go on.
    let npm_steps_in = generation.tries_npm() && refuses(shipped, Manager::Pnpm);
    UpdateOutcome { generation, pnpm: if npm_steps_in { npm } else { fate(Manager::Pnpm) }, npm }
}

fn fate(generation: Generation, shipped: &Shipped<'_>, manager: Manager, provision: Provision) -> SharedFate {
    if generation == Generation::InPlace {
        return in_place(shipped, manager, provision);
    }
    let put_back = generation == Generation::Preserving && shipped.has_copy();
    match provision {
        Provision::Fails => SharedFate::Stops(UpdateStep::Install),
        // Whether there is something in the copy is for other rules to say.
        _ if put_back => SharedFate::Present,
        Provision::Folder(folder) => usable(shipped, &folder),
        Provision::Something => SharedFate::Unknown,
        // `cp: cannot overwrite non-directory 'node_modules/@server-flow/shared' with directory 'packages/shared'`
        Provision::DeadLink if shipped.has_shared_source() => SharedFate::Stops(UpdateStep::Shared),
        Provision::DeadLink => SharedFate::Dropped,
        Provision::Nothing | Provision::ForDevelopment | Provision::LeftOut | Provision::MayStay => {
            restored(generation, shipped)
        }
    }
}

/// Nothing is deleted first, and nothing is restored: the copy stays unless the package manager takes it away. npm prunes
/// what `package.json` does not declare; pnpm removes only what it declares and leaves out (measured with npm 10, pnpm 9).
fn in_place(shipped: &Shipped<'_>, manager: Manager, provision: Provision) -> SharedFate {
    match (provision, manager) {
        (Provision::Fails, _) => SharedFate::Stops(UpdateStep::Install),
        (Provision::Folder(folder), _) => usable(shipped, &folder),
        (Provision::Something, _) => SharedFate::Unknown,
        (Provision::Nothing, Manager::Pnpm) | (Provision::MayStay, _) if shipped.has_copy() => SharedFate::Present,
        (
            Provision::Nothing
            | Provision::ForDevelopment
            | Provision::MayStay
            | Provision::LeftOut
            | Provision::DeadLink,
            _,
        ) => SharedFate::Dropped,
    }
}

/// What step 6 makes of the sources that are shipped, if any are.
fn restored(generation: Generation, shipped: &Shipped<'_>) -> SharedFate {
    if !shipped.has_shared_source() {
        return SharedFate::Dropped;
    }
    let copied = || match copied_link(shipped) {
        Some(Some(folder)) => usable(shipped, &folder),
        Some(None) => SharedFate::Dropped,
        None => usable(shipped, &shipped.names.shared_source),
    };
    match scope(shipped) {
        _ if generation != Generation::Documented => copied(),
        ScopeFolder::Made => copied(),
        // `cp: cannot create directory 'node_modules/@server-flow/shared': No such file or directory`
        ScopeFolder::Missing => SharedFate::Stops(UpdateStep::Shared),
        ScopeFolder::Unknown => SharedFate::Unknown,
    }
}

/// Where the folder of sources is a link: where its copy leads. `cp -r` copies a link as it is, and what it says is then
/// read from beside the shared package; what was in `node_modules` is gone by then.
fn copied_link(shipped: &Shipped<'_>) -> Option<Option<String>> {
    let Shipped { tree, names, .. } = *shipped;
    let (folder, name) = names.shared_source.rsplit_once('/').unwrap_or(("", &names.shared_source));
    let link = tree.child(tree.resolve(folder.as_bytes()).ok()?, name.as_bytes())?;
    if tree.kind(link) != NodeKind::Link {
        return None;
    }
    let copy = names.shared_copy();
    let Ok(target) = std::str::from_utf8(tree.target(link)) else { return Some(None) };
    let mut path: Vec<&str> = copy.split('/').collect();
    path.pop();
    for part in target.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part != ".." {
            path.push(part);
        } else if path.pop().is_none() {
            return Some(None);
        }
    }
    let is_there = !target.starts_with('/') && path.first().is_none_or(|first| *first != "node_modules");
    Some(is_there.then(|| path.join("/")))
}

/// Whether Node would find something in a folder that takes the shared package's place, and in it what the agent imports.
fn usable(shipped: &Shipped<'_>, folder: &str) -> SharedFate {
    let Shipped { tree, names, .. } = *shipped;
    let Ok(folder) = tree.resolve(folder.as_bytes()) else {
        return SharedFate::Hollow;
    };
    let from = tree.resolve(names.entry.as_bytes()).unwrap_or_else(|_| tree.root());
    let resolver = Resolver::new(tree, shipped.node, documented_paths::DEPLOYED_AT, &|_| true);
    let file = match resolver.package_entry(&names.shared, folder, from, Loader::Import) {
        Ok(Target::File(file) | Target::Fallback(file)) => file,
        _ => return SharedFate::Hollow,
    };
    if tree.file(file).is_none_or(|file| file.size == 0) {
        return SharedFate::Hollow;
    }
    // What is wrong with the agent and the shipped copy alike has rules of its own.
    let stale = tree.resolve(names.shared_source.as_bytes()) == Ok(folder)
        && shipped.restored.is_some_and(stops)
        && !stops(shipped.modules);
    if stale { SharedFate::Stale } else { SharedFate::Present }
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
