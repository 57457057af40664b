//! Whose a path is: the agent's own, the shared package's, or a third party's.
//!
//! Rules meant for the agent's own files do not judge the thousands of files that package managers install.

use super::names::ConfiguredNames;
use super::nodes::{NodeId, Tree};
use memchr::memmem;

/// Whose files a path belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ownership {
    /// The agent's own: whatever stands below no `node_modules`.
    Own,
    /// A copy of the shared package, wherever it is installed, its own `node_modules` excepted.
    Shared,
    /// A package that a bundler has put beside the entry point, `dist/node_modules/zod`: no installation touches it, and it
    /// runs as it is shipped.
    Bundled,
    /// Anything else below a `node_modules`.
    ThirdParty,
}

impl Ownership {
    /// Whose a path (relative to the bundle) is.
    #[must_use]
    pub fn of(path: &[u8], names: &ConfiguredNames) -> Self {
        match after_last_node_modules(path) {
            None if below(path, names.shared_source.as_bytes()).is_some() => Self::Shared,
            None => Self::Own,
            Some(package) if below(package, names.shared.as_bytes()).is_some() => Self::Shared,
            Some(_) if is_beside_entry(path, names) => Self::Bundled,
            Some(_) => Self::ThirdParty,
        }
    }

    /// Whether the path belongs to ServerFlow rather than to a third party.
    #[must_use]
    pub fn is_ours(self) -> bool {
        matches!(self, Self::Own | Self::Shared)
    }

    /// Whether its code runs as it is shipped, so that its imports are followed.
    #[must_use]
    pub fn runs_as_shipped(self) -> bool {
        self != Self::ThirdParty
    }
}

/// Whose each node of a tree is, worked out once.
pub struct OwnershipMap(Vec<Ownership>);

impl OwnershipMap {
    /// Whose each node is by these names.
    #[must_use]
    pub fn of(tree: &Tree, names: &ConfiguredNames) -> Self {
        let mut map = vec![Ownership::ThirdParty; tree.ids().count() + 1];
        tree.each_path(|id, path| {
            if let Some(ownership) = map.get_mut(id.index()) {
                *ownership = Ownership::of(path, names);
            }
        });
        Self(map)
    }

    /// Whose a node of that tree is.
    #[must_use]
    pub fn at(&self, id: NodeId) -> Ownership {
        self.0.get(id.index()).copied().unwrap_or(Ownership::ThirdParty)
    }
}

/// Whether a path is below a `node_modules` in the folder of the entry point, where no package manager installs anything.
fn is_beside_entry(path: &[u8], names: &ConfiguredNames) -> bool {
    let folder = names.entry.rsplit_once('/').map(|(folder, _)| folder);
    let inside = folder.and_then(|folder| below(path, folder.as_bytes()));
    inside.is_some_and(|inside| below(inside, b"node_modules").is_some_and(|package| !package.is_empty()))
}

/// What follows `folder/` in `path`; empty for the folder itself.
fn below<'a>(path: &'a [u8], folder: &[u8]) -> Option<&'a [u8]> {
    match path.strip_prefix(folder)? {
        [] => Some(b""),
        [b'/', inside @ ..] => Some(inside),
        _ => None,
    }
}

/// What follows the last `node_modules` component.
fn after_last_node_modules(path: &[u8]) -> Option<&[u8]> {
    const FOLDER: &[u8] = b"node_modules";
    let mut end = path.len();
    loop {
        let at = memmem::rfind(path.get(..end)?, FOLDER)?;
        let (before, from) = path.split_at_checked(at)?;
        if let Some(inside) = below(from, FOLDER).filter(|_| before.last().is_none_or(|byte| *byte == b'/')) {
            return Some(inside);
        }
        end = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_belongs_to_someone() {
        let names = crate::update::documented_paths::names();
        for (path, expected) in [
            ("dist/index.js", Ownership::Own),
            ("package.json", Ownership::Own),
            ("node_modules_old/x", Ownership::Own),
            ("node_modules", Ownership::ThirdParty),
            ("node_modules/@server-flow", Ownership::ThirdParty),
            ("node_modules/@server-flow/shared", Ownership::Shared),
            ("node_modules/@server-flow/shared/dist/index.js", Ownership::Shared),
            ("node_modules/@server-flow/shared/node_modules/zod/index.js", Ownership::ThirdParty),
            ("node_modules/@server-flow/shared-extra/x", Ownership::ThirdParty),
            ("node_modules/fastify/lib/x.js", Ownership::ThirdParty),
            ("node_modules/.pnpm/a/node_modules/@server-flow/shared/x", Ownership::Shared),
            ("node_modules/fastify/node_modules", Ownership::ThirdParty),
            ("apps/agent/node_modules/@server-flow/shared/x", Ownership::Shared),
            ("packages/shared/src/index.ts", Ownership::Shared),
            ("packages/shared/node_modules/zod", Ownership::ThirdParty),
            ("packages/shared2/x", Ownership::Own),
            ("my_node_modules/zod/x", Ownership::Own),
            ("dist/node_modules/zod/index.js", Ownership::Bundled),
            ("dist/node_modules/.pnpm/zod/node_modules/zod/index.js", Ownership::Bundled),
            ("dist/node_modules/@server-flow/shared/index.js", Ownership::Shared),
            ("dist/node_modules", Ownership::ThirdParty),
            ("dist/lib/node_modules/zod/index.js", Ownership::ThirdParty),
            ("node_modules/a/node_modules_of/x", Ownership::ThirdParty),
            ("node_modules/@server-flow/shared/not_node_modules", Ownership::Shared),
            ("node_modulesnode_modules/x", Ownership::Own),
        ] {
            assert_eq!(Ownership::of(path.as_bytes(), &names), expected, "{path}");
        }
    }
}
