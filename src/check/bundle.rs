//! A bundle as the rules see it: the tree, and what several rules need to know of it, worked out once.

use super::contents::Contents;
use crate::node::faults::Graph;
use crate::node::graph::{Dependencies, ModuleSources};
use crate::node::node_version::NodeVersion;
use crate::node::package_file::{PackageFile, read_package};
use crate::report::bundle_layout::BundleLayout;
use crate::signing::authenticity::Authenticity;
use crate::systemd::Unit;
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::{NodeId, NodeKind, Tree};
use crate::tree::ownership::{Ownership, OwnershipMap};
use crate::tree::snapshot::{Snapshot, SubjectKind};
use crate::update::Shipped;
use crate::update::documented_paths::DEPLOYED_AT;
use crate::update::generation::UpdateScope;

/// What a subject of `check` is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BundleStage {
    /// The archive that servers download.
    Archive,
    /// The folder that the archive is made of.
    Source,
    /// A directory on a server, with its dependencies installed.
    Deployed,
}

/// What the caller demands of the bundle, and knows of the server.
#[derive(Clone, Default, Debug)]
pub struct Expectations {
    /// `--expect-version`.
    pub version: Option<String>,
    /// `--newer-than`.
    pub newer_than: Option<semver::Version>,
    /// `--node`: the version of Node that the agent will run on.
    pub node: NodeVersion,
    /// The folder that the bundle is in on the server, where it is another than the document's.
    pub deployed_at: Option<String>,
    /// `--generation` and `[update] generations`: whose updates are foreseen, and whose outcome decides.
    pub updates: UpdateScope,
    /// `--unit`: the unit that is to start the bundle.
    pub unit: Option<Unit>,
}

/// A bundle to be judged.
pub struct Bundle<'a> {
    /// The subject it was read from.
    pub snapshot: &'a Snapshot,
    /// What was found in its files.
    pub contents: &'a Contents,
    /// The names it is judged by.
    pub names: &'a ConfiguredNames,
    /// What is known of its signature and manifest.
    pub authenticity: &'a Authenticity,
    /// What the caller demands.
    pub expectations: &'a Expectations,
    /// Archive, source or deployed.
    pub stage: BundleStage,
    /// Flat, nested, mixed.
    pub layout: BundleLayout,
    /// The root `package.json`.
    pub package: PackageFile,
    /// The one of the shared package's copy.
    pub shared_package: PackageFile,
    /// What following its imports found; empty until [`Bundle::with_modules`].
    pub modules: Graph,
    /// The same, with the shared package taken from its shipped sources, as an update may install it; nothing where it
    /// ships none.
    pub restored: Option<Graph>,
    ownership: &'a OwnershipMap,
}

impl<'a> Bundle<'a> {
    /// Works out what several rules need of a snapshot.
    #[must_use]
    pub fn new(
        snapshot: &'a Snapshot,
        contents: &'a Contents,
        ownership: &'a OwnershipMap,
        names: &'a ConfiguredNames,
        expectations: &'a Expectations,
        authenticity: &'a Authenticity,
    ) -> Self {
        let tree = &snapshot.tree;
        Self {
            snapshot,
            contents,
            names,
            expectations,
            authenticity,
            stage: if expectations.deployed_at.is_some() { BundleStage::Deployed } else { stage(snapshot, names) },
            layout: layout(tree, names),
            package: read_package(tree, "package.json"),
            shared_package: read_package(tree, &format!("{}/package.json", names.shared_copy())),
            modules: Graph::default(),
            restored: None,
            ownership,
        }
    }

    /// The bundle with what following its imports found.
    #[must_use]
    pub fn with_modules(self, modules: Graph, restored: Option<Graph>) -> Self {
        Self { modules, restored, ..self }
    }

    /// The tree.
    #[must_use]
    pub const fn tree(&self) -> &'a Tree {
        &self.snapshot.tree
    }

    /// Every node but the root, with whose it is.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, Ownership)> {
        self.tree().ids().map(|id| (id, self.ownership.at(id)))
    }

    /// The package in `folder`, read anew: for the few packages that only one rule looks at.
    #[must_use]
    pub fn package_in(&self, folder: &str) -> PackageFile {
        read_package(self.tree(), &format!("{folder}/package.json"))
    }

    /// Whether what `node_modules` holds is what a package manager left there, so that nothing is still to be installed:
    /// it is the directory of a unit, or bears the mark of npm, pnpm or Yarn.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        let marks = [".package-lock.json", ".modules.yaml", ".pnpm", ".yarn-integrity"];
        let marked = || marks.iter().any(|mark| self.tree().resolve(format!("node_modules/{mark}").as_bytes()).is_ok());
        self.stage == BundleStage::Deployed && (self.expectations.deployed_at.is_some() || marked())
    }

    /// What its imports are followed through.
    #[must_use]
    pub fn module_sources(&self) -> ModuleSources<'_> {
        let dependencies = if self.is_installed() { Dependencies::Installed } else { Dependencies::ToBeInstalled };
        ModuleSources {
            tree: self.tree(),
            scripts: &self.contents.scripts,
            names: self.names,
            ownership: self.ownership,
            package: &self.package,
            shared_package: &self.shared_package,
            node: self.expectations.node,
            here: self.expectations.deployed_at.as_deref().unwrap_or(DEPLOYED_AT),
            stands_at: self.snapshot.stands_at.as_deref(),
            dependencies,
        }
    }

    /// What the outcome of an update depends on.
    #[must_use]
    pub fn shipped(&self) -> Shipped<'_> {
        Shipped {
            tree: self.tree(),
            names: self.names,
            package: self.package.package(),
            node: self.expectations.node,
            modules: &self.modules,
            restored: self.restored.as_ref(),
        }
    }

    /// Whether the agent needs the package of that name: its shared package, a required or a declared dependency.
    #[must_use]
    pub fn needs(&self, package: &str) -> bool {
        let names = self.names;
        package == names.shared
            || names.required_dependencies.iter().any(|required| required == package)
            || self.package.package().is_some_and(|root| root.installs(package))
    }
}

fn layout(tree: &Tree, names: &ConfiguredNames) -> BundleLayout {
    let is_directory = |path: &str| tree.resolve(path.as_bytes()).is_ok_and(|id| tree.kind(id) == NodeKind::Directory);
    let nested = is_directory(&names.nested_agent);
    let dist = names.entry.rsplit_once('/').map_or("", |(folder, _)| folder);
    let entry = tree.find(names.entry.as_bytes()).is_some() || (!dist.is_empty() && is_directory(dist));
    let flat = entry
        || (!nested && (tree.find(b"package.json").is_some() || tree.find(names.shared_copy().as_bytes()).is_some()));
    match (flat, nested) {
        (true, false) => BundleLayout::Flat,
        (false, true) => BundleLayout::Nested,
        (true, true) => BundleLayout::Mixed,
        (false, false) => BundleLayout::Unknown,
    }
}

/// What a subject is for. A directory is deployed when it has installed dependencies: packages in `node_modules` beside
/// the shared one.
#[must_use]
pub(crate) fn stage(snapshot: &Snapshot, names: &ConfiguredNames) -> BundleStage {
    if snapshot.kind == SubjectKind::Archive {
        return BundleStage::Archive;
    }
    let tree = &snapshot.tree;
    let scope = names.shared.split_once('/').map_or(names.shared.as_str(), |(scope, _)| scope);
    let installed = tree.resolve(b"node_modules").is_ok_and(|modules| {
        tree.children(modules).any(|id| {
            let name = tree.name(id);
            name != scope.as_bytes() && (!name.starts_with(b".") || name == b".pnpm" || name == b".package-lock.json")
        })
    });
    if installed { BundleStage::Deployed } else { BundleStage::Source }
}
