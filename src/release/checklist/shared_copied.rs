//! `shared-copied`: the bundle has a copy of the shared package, as it is built now.

use super::compared;
use super::line::ChecklistLine;
use crate::node::package::Package;
use crate::release::workspace::{Build, Workspace};
use crate::report::release::Judgement;
use crate::tree::nodes::{Content, NodeId, NodeKind, Tree};

pub(super) static LINE: ChecklistLine = ChecklistLine {
    id: "shared-copied",
    summary: "the bundle has a copy of the shared package, no link, as it is built now",
    page: include_str!("../../../docs/checklist/shared-copied.md"),
    judge,
};

fn judge(workspace: &Workspace) -> Judgement {
    let (names, places) = (&workspace.names, &workspace.places);
    let inside = names.shared_copy();
    let (from, to) = (&places.shared, format!("{}/{inside}", places.bundle));
    let scope = to.rsplit_once('/').map_or(to.as_str(), |(scope, _)| scope);
    let help = format!("copy it, from the repository's root:\nmkdir -p {scope}\nrm -rf {to}\ncp -r {from} {to}");
    let build = format!("build it, then copy it:\n(cd {from} && pnpm build)\nrm -rf {to}\ncp -r {from} {to}");
    let Some(shared) = &workspace.shared else {
        return Judgement::fail(format!("{from} is not there"), "name it in `[release] shared` of bundle-doctor.toml");
    };
    if shared.tree.resolved_size(names.shared_entry.as_bytes()).is_none_or(|size| size == 0) {
        return Judgement::fail(format!("{from}/{} is not there, or empty", names.shared_entry), build);
    }
    if let Some(judgement) = stale(workspace, from, &build) {
        return judgement;
    }
    let copied = workspace.bundle.as_ref().and_then(|bundle| Some((bundle, bundle.tree().find(inside.as_bytes())?)));
    match copied {
        None => return Judgement::fail(format!("{to} is not there"), help),
        Some((bundle, id)) if bundle.tree().kind(id) == NodeKind::Link => {
            let target = crate::text::printable_bytes(bundle.tree().target(id)).into_owned();
            return Judgement::fail(format!("{to} is a link, not a copy"), help).evidence([format!("→ {target}")]);
        }
        Some(_) => {}
    }
    let Some(copy) = &workspace.shared_copy else {
        return Judgement::fail(format!("{to} is no folder"), help);
    };
    let differences = compared::differences(&shared.tree, &copy.tree, in_node_modules, |one, other| {
        same_package(&shared.tree, one, &copy.tree, other)
    });
    if differences.is_empty() {
        return Judgement::pass(format!("{to} is {from}"));
    }
    Judgement::fail(format!("{to} is not {from}"), help).evidence(differences)
}

/// Whether the shared package itself was compiled from what is there now: a stale one was released before, and its new
/// names were missing (docs/reference/field-facts.md, "Released bundles"). Where that cannot be told, the copy is compared
/// all the same.
fn stale(workspace: &Workspace, from: &str, build: &str) -> Option<Judgement> {
    match &workspace.shared_build {
        Build::Failed(words) => {
            let failed = Judgement::fail(format!("the build of {from} fails"), "repair it, and build again");
            Some(failed.evidence(words.lines()))
        }
        Build::Again(rebuilt) => {
            let shared = workspace.shared.as_ref()?;
            let folder = workspace.names.shared_entry.split('/').next().unwrap_or_default();
            let outside = |tree: &Tree, id: NodeId| tree.path(id).components().next() != Some(folder.as_bytes());
            let differences = compared::differences(&rebuilt.tree, &shared.tree, outside, |_, _| None);
            let words = format!("{from} is not what a build of its sources gives");
            (!differences.is_empty()).then(|| Judgement::fail(words, build).evidence(differences))
        }
        Build::Times { source: Some(source), built: Some(built) } if source.time > built.time => {
            Some(Judgement::fail(format!("{} is newer than the compiled code of {from}", source.path), build))
        }
        Build::Times { .. } | Build::CheckedOut => None,
    }
}

/// What is installed for developing the package is no part of it.
fn in_node_modules(tree: &Tree, id: NodeId) -> bool {
    tree.path(id).as_bytes() == b"node_modules"
}

/// Two `package.json` of the package that differ in nothing but what `pack` takes out of it: both are it.
fn same_package(a: &Tree, one: NodeId, b: &Tree, other: NodeId) -> Option<bool> {
    if a.path(one).as_bytes() != b"package.json" || a.sha256(one) == b.sha256(other) {
        return None;
    }
    let read = |tree: &Tree, id: NodeId| match tree.content(id) {
        Content::Whole(bytes) => Package::parse(bytes).ok(),
        Content::NotKept | Content::TooLarge => None,
    };
    Some(read(a, one)?.as_shipped() == read(b, other)?.as_shipped())
}
