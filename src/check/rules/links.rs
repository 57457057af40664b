//! What is wrong with a symbolic link: one answer a link, so that several rules never report the same one.

use super::bounded;
use crate::check::bundle::Bundle;
use crate::report::finding::{Detail, Observation};
use crate::tree::nodes::resolve::Unresolved;
use crate::tree::nodes::{NodeId, NodeKind, Tree};
use crate::tree::path::RelPath;

/// What is wrong with a link, worst first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LinkFault {
    /// It stands in no `node_modules` and leads out of the bundle.
    EscapesOutsideModules,
    /// It stands in a `node_modules` and is absolute or leads out of the bundle.
    EscapesFromModules,
    /// It stands for a package that the agent needs, and leads into a store or workspace that is not in the bundle.
    NeedsStore,
    /// Its target is not in the bundle.
    Dangling,
}

/// The links of a bundle that have this fault, each worded, but for those that stand for an entry point or for the
/// shared package, which have rules of their own.
pub(super) fn with(bundle: &Bundle<'_>, wanted: LinkFault, message: &str, help: &str) -> Vec<Observation> {
    let tree = bundle.tree();
    let names = bundle.names;
    let judged = [names.shared_copy(), names.shared_copy_entry(), names.entry.clone()];
    let judged: Vec<_> = judged.iter().filter_map(|path| on_the_way(tree, path)).collect();
    let links = tree.ids().filter(|id| tree.kind(*id) == NodeKind::Link && !judged.contains(id));
    let faulty = links.filter(|id| fault(bundle, *id) == Some(wanted));
    bounded::each(faulty, |id| {
        let target = crate::text::printable_bytes(tree.target(id)).into_owned();
        let path = tree.path(id);
        let seen = Observation::new(message).at(&path).evidence(format!("→ {target}")).help(help);
        match top_level_package(&path) {
            Some(package) => seen.detail(Detail::PackageLinked { name: package.to_owned() }),
            None => seen,
        }
    })
}

fn fault(bundle: &Bundle<'_>, link: NodeId) -> Option<LinkFault> {
    let tree = bundle.tree();
    let leads = tree.follow(link).err()?;
    let path = tree.path(link);
    let in_modules = path.components().any(|component| component == b"node_modules");
    let stands_for_needed = || top_level_package(&path).is_some_and(|package| bundle.needs(package));
    Some(match leads {
        Unresolved::Leaves if in_modules => LinkFault::EscapesFromModules,
        Unresolved::Leaves => LinkFault::EscapesOutsideModules,
        _ if into_a_store(tree.target(link)) && stands_for_needed() => LinkFault::NeedsStore,
        _ => LinkFault::Dangling,
    })
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
pub(super) fn on_the_way(tree: &Tree, path: &str) -> Option<NodeId> {
    let mut at = tree.root();
    for component in path.split('/') {
        at = tree.child(at, component.as_bytes())?;
        if tree.kind(at) == NodeKind::Link {
            return Some(at);
        }
    }
    None
}
