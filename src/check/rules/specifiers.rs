//! The specifiers that rules judge: those of every package that installing would read, the root, and the shared package's
//! sources when the root depends on them by path.

use crate::check::bundle::Bundle;
use crate::node::installed::installed_by_path;
use crate::node::package::{Package, WrittenDependency};
pub(super) use crate::node::specifier::Refers;
use crate::report::finding::Observation;

/// A package that installing would read, with its folder relative to the bundle (empty for the root).
pub(super) struct InstalledPackage<'a> {
    folder: &'a str,
    package: Owned<'a>,
}

enum Owned<'a> {
    Root(&'a Package),
    Shared(Box<Package>),
}

impl InstalledPackage<'_> {
    /// The parsed `package.json`.
    pub(super) fn package(&self) -> &Package {
        match &self.package {
            Owned::Root(package) => package,
            Owned::Shared(package) => package,
        }
    }

    /// Whether it is the bundle's own.
    pub(super) fn is_root(&self) -> bool {
        self.folder.is_empty()
    }

    /// Its specifiers: package managers heed overrides only at the root.
    pub(super) fn specifiers(&self) -> Vec<WrittenDependency> {
        if self.is_root() { self.package().specifiers() } else { self.package().declared() }
    }

    /// Starts an observation about one of its specifiers.
    pub(super) fn observe(&self, dependency: &WrittenDependency, message: impl AsRef<str>) -> Observation {
        let path = if self.is_root() { "package.json".to_owned() } else { format!("{}/package.json", self.folder) };
        Observation::new(message)
            .at(path)
            .line(self.package().line_at(dependency.place))
            .evidence(format!("\"{}\": \"{}\"", dependency.name, dependency.spec))
    }
}

/// The packages that step 5 of the update would read.
pub(super) fn installed<'a>(bundle: &'a Bundle<'_>) -> Vec<InstalledPackage<'a>> {
    let Some(root) = bundle.package.package() else {
        return Vec::new();
    };
    let mut found = vec![InstalledPackage { folder: "", package: Owned::Root(root) }];
    if depends_on_shared_source(bundle, root)
        && let Some(shared) = bundle.package_in(&bundle.names.shared_source).package()
    {
        found.push(InstalledPackage {
            folder: &bundle.names.shared_source,
            package: Owned::Shared(Box::new(shared.clone())),
        });
    }
    found
}

fn depends_on_shared_source(bundle: &Bundle<'_>, root: &Package) -> bool {
    let tree = bundle.tree();
    let Ok(source) = tree.resolve(bundle.names.shared_source.as_bytes()) else {
        return false;
    };
    root.declared().iter().any(|dependency| match Refers::of(&dependency.spec) {
        Refers::Path { path, .. } => tree.resolve(path.as_bytes()) == Ok(source),
        _ => false,
    })
}

impl InstalledPackage<'_> {
    /// [`installed_by_path`] from this package's folder.
    pub(super) fn satisfies(&self, bundle: &Bundle<'_>, path: &str) -> bool {
        installed_by_path(bundle.tree(), self.folder, path).is_some()
    }
}
