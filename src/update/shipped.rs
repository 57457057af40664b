//! What a bundle ships, as far as the outcome of an update depends on it, and who installs it.

use crate::node::faults::Graph;
use crate::node::node_version::NodeVersion;
use crate::node::package::Package;
use crate::tree::names::ConfiguredNames;
use crate::tree::nodes::{NodeKind, Tree};

/// What the outcome of an update depends on.
#[derive(Clone, Copy)]
pub struct Shipped<'a> {
    /// The bundle's tree.
    pub tree: &'a Tree,
    /// The names it is judged by.
    pub names: &'a ConfiguredNames,
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
    #[must_use]
    pub(super) fn has_shared_source(&self) -> bool {
        let source = self.tree.resolve(self.names.shared_source.as_bytes());
        source.is_ok_and(|id| self.tree.kind(id) == NodeKind::Directory)
    }

    /// Whether something stands where the copy of the shared package belongs. A link there has a rule of its own, which
    /// has a copy put into its place.
    #[must_use]
    pub(super) fn has_copy(&self) -> bool {
        let copy = self.names.shared_copy();
        let is_link =
            |folder: &str| self.tree.find(folder.as_bytes()).is_some_and(|id| self.tree.kind(id) == NodeKind::Link);
        let scope_is_link = copy.rsplit_once('/').is_some_and(|(scope, _)| is_link(scope));
        scope_is_link || self.tree.find(copy.as_bytes()).is_some() || self.tree.resolve(copy.as_bytes()).is_ok()
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
