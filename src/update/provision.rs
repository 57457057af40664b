//! What step 5 makes of the dependency on the shared package, by package manager (measured with pnpm 9 and npm 10,
//! `tests/lab/specs.py` and `tests/lab/rehearse.py`).

use super::shipped::{Manager, Shipped};
use crate::node::installed::installed_by_path;
use crate::node::package::{Package, WrittenDependency};
use crate::node::specifier::Refers;
use crate::tree::nodes::NodeKind;

/// What step 5 makes of the dependency on the shared package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Provision {
    /// There is none.
    Nothing,
    /// It is one for development, and left out.
    ForDevelopment,
    /// It is an optional one that cannot be had, and is left out.
    LeftOut,
    /// It is a peer that may be missing: nothing is installed, and what is there may stay.
    MayStay,
    /// It installs this folder of the shipped.
    Folder(String),
    /// It installs something that cannot be looked into.
    Something,
    /// It leaves a link that leads to nothing.
    DeadLink,
    /// It stops.
    Fails,
}

/// What a package manager makes of all that is declared of the shared package.
#[must_use]
pub(super) fn provision(shipped: &Shipped<'_>, manager: Manager) -> Provision {
    let Some(root) = shipped.package else {
        return Provision::Nothing;
    };
    let shared = &shipped.names.shared;
    if manager == Manager::Npm && is_workspace(root, &shipped.names.shared_source) {
        return Provision::Folder(shipped.names.shared_source.clone());
    }
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

fn provided_by(shipped: &Shipped<'_>, root: &Package, dependency: &WrittenDependency, manager: Manager) -> Provision {
    let optional = dependency.field == "optionalDependencies";
    let unless_optional = |provision| if optional { Provision::LeftOut } else { provision };
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
            match dependency.field {
                _ if root.installs(&dependency.name) => folder_or_file(shipped, &path),
                // pnpm installs peers of the root package, those too that may be missing; npm does not.
                "peerDependencies" if manager == Manager::Pnpm => folder_or_file(shipped, &path),
                "peerDependencies" => Provision::MayStay,
                _ => Provision::ForDevelopment,
            }
        }
        (Refers::Path { with_protocol: true, .. }, Manager::Pnpm) => unless_optional(Provision::Fails),
        (Refers::Path { .. }, _) if optional => Provision::LeftOut,
        (Refers::Path { .. }, _) if dependency.field == "devDependencies" && !root.installs(&dependency.name) => {
            Provision::ForDevelopment
        }
        (Refers::Path { .. }, _) if !root.installs(&dependency.name) => Provision::Nothing,
        // npm leaves a link that leads nowhere, and so does pnpm without the protocol.
        (Refers::Path { .. }, _) => Provision::DeadLink,
        (Refers::Registry, _) if dependency.field == "devDependencies" => Provision::ForDevelopment,
        // It is not published.
        (Refers::Registry, _) => unless_optional(Provision::Fails),
        (Refers::Elsewhere, _) => Provision::Something,
    }
}

fn folder_or_file(shipped: &Shipped<'_>, path: &str) -> Provision {
    let tree = shipped.tree;
    match tree.resolve(path.as_bytes()) {
        Ok(id) if tree.kind(id) == NodeKind::Directory => Provision::Folder(tree.path(id).to_string()),
        _ => Provision::Something,
    }
}

/// Whether npm links the folder, as a workspace of the root package (npm's page of `workspaces`).
fn is_workspace(root: &Package, folder: &str) -> bool {
    let listed =
        root.get("workspaces").and_then(|value| value.as_array().or_else(|| value.get("packages")?.as_array()));
    let patterns = listed.into_iter().flatten().filter_map(serde_json::Value::as_str);
    let pattern = |text: &str| glob::Pattern::new(text.trim_start_matches("./").trim_end_matches('/')).ok();
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
    patterns.filter_map(pattern).any(|pattern| pattern.matches_with(folder, options))
}
