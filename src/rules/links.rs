//! What is wrong with a symbolic link: one answer a link, so that several rules never report the same one.

use crate::model::bundle::Bundle;
use crate::model::path::RelPath;
use crate::model::tree::{Kind, NodeId, Tree, Unresolved};

/// What is wrong with a link, worst first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It stands in no `node_modules` and leads out of the bundle.
    EscapesOutsideModules,
    /// It stands in a `node_modules` and is absolute or leads out of the bundle.
    EscapesFromModules,
    /// It stands for a package that the agent needs, and leads into a store or workspace that is not in the bundle.
    NeedsStore,
    /// Its target is not in the bundle.
    Dangling,
}

/// A faulty link.
pub struct Link {
    /// Where it stands.
    pub path: RelPath,
    /// Where it points.
    pub target: Vec<u8>,
    /// What is wrong with it.
    pub fault: Fault,
}

impl Link {
    /// The target as evidence.
    pub fn shown_target(&self) -> String {
        format!("→ {}", crate::text::printable_bytes(&self.target))
    }
}

/// The faulty links of a bundle, but for those that stand for an entry point or for the shared package, which have rules
/// of their own.
pub fn of(bundle: &Bundle<'_>) -> Vec<Link> {
    let tree = bundle.tree();
    let names = bundle.names;
    let judged = [names.shared_copy(), names.shared_copy_entry(), names.entry.clone()];
    let judged: Vec<_> = judged.iter().filter_map(|path| on_the_way(tree, path)).collect();
    let links = tree.ids().filter(|id| tree.kind(*id) == Kind::Link && !judged.contains(id));
    let mut found: Vec<_> = links
        .filter_map(|id| {
            let leads = tree.follow(id).err()?;
            let path = tree.path(id);
            let fault = fault(bundle, &path, tree.target(id), &leads);
            Some(Link { path, target: tree.target(id).to_vec(), fault })
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn fault(bundle: &Bundle<'_>, path: &RelPath, target: &[u8], leads: &Unresolved) -> Fault {
    let in_modules = path.components().any(|component| component == b"node_modules");
    match leads {
        Unresolved::Leaves if in_modules => Fault::EscapesFromModules,
        Unresolved::Leaves => Fault::EscapesOutsideModules,
        _ if top_level_package(path).is_some_and(|package| bundle.needs(package)) && into_a_store(target) => {
            Fault::NeedsStore
        }
        _ => Fault::Dangling,
    }
}

/// The package that a path such as `node_modules/@scope/name` stands for.
fn top_level_package(path: &RelPath) -> Option<&str> {
    let inside = std::str::from_utf8(path.as_bytes()).ok()?.strip_prefix("node_modules/")?;
    let slashes = inside.matches('/').count();
    (slashes == usize::from(inside.starts_with('@'))).then_some(inside)
}

/// Whether a link leads into pnpm's store (`node_modules/.pnpm`) or out of `node_modules` into a workspace.
fn into_a_store(target: &[u8]) -> bool {
    let mut components = target.split(|byte| *byte == b'/');
    components.any(|component| matches!(component, b".pnpm" | b"packages" | b"apps"))
}

/// The first link on the way to a path, the path's own node included.
pub fn on_the_way(tree: &Tree, path: &str) -> Option<NodeId> {
    let mut at = tree.root();
    for component in path.split('/') {
        at = tree.child(at, component.as_bytes())?;
        if tree.kind(at) == Kind::Link {
            return Some(at);
        }
    }
    None
}
