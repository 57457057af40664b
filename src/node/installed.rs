//! What step 5 of the update installs from the bundle itself.

use super::package::Package;
use super::specifier::Refers;
use crate::tree::nodes::{NodeId, NodeKind, Tree};

/// What a path specifier of the package in `folder` leads to, where the package managers install it: a folder with a
/// package.json, or a tarball, inside the bundle, and not below the `node_modules` that step 4 deletes.
#[must_use]
pub(crate) fn installed_by_path(tree: &Tree, folder: &str, path: &str) -> Option<NodeId> {
    let base = tree.resolve(folder.as_bytes()).ok()?;
    let target = tree.resolve_from(base, path.as_bytes()).ok()?;
    if target == tree.root() || tree.path(target).components().next() == Some(b"node_modules") {
        return None;
    }
    let is_installed = match tree.kind(target) {
        NodeKind::Directory => tree.resolve_from(target, b"package.json").is_ok_and(|id| tree.file(id).is_some()),
        NodeKind::File(_) => {
            [&b".tgz"[..], b".tar.gz", b".tar"].iter().any(|ending| tree.name(target).ends_with(ending))
        }
        NodeKind::Link | NodeKind::Special(_) => false,
    };
    is_installed.then_some(target)
}

/// Whether installing the root package installs this folder of the bundle: it is depended on by its path.
#[must_use]
pub(crate) fn installs_folder(tree: &Tree, root: &Package, folder: &str) -> bool {
    let Ok(folder) = tree.resolve(folder.as_bytes()) else { return false };
    root.declared().iter().any(|dependency| match Refers::of(&dependency.spec) {
        Refers::Path { path, .. } => installed_by_path(tree, "", &path) == Some(folder),
        _ => false,
    })
}
