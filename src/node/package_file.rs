//! A `package.json` in a tree, and what became of reading it.

use super::package::{Package, PackageFault};
use crate::tree::nodes::{Content, NodeId, Tree};

/// A `package.json` and what became of reading it.
pub enum PackageFile {
    /// There is none.
    Missing,
    /// There is one that cannot be used.
    Invalid(PackageFault),
    /// It was read.
    Read(Package),
}

impl PackageFile {
    /// The package, if it was read.
    #[must_use]
    pub const fn package(&self) -> Option<&Package> {
        match self {
            Self::Read(package) => Some(package),
            _ => None,
        }
    }
}

/// The `package.json` at that path of a tree, with links followed.
#[must_use]
pub(crate) fn read_package(tree: &Tree, path: &str) -> PackageFile {
    package_at(tree, tree.resolve(path.as_bytes()).ok())
}

/// What became of reading a `package.json`; anything but a regular file is none.
#[must_use]
pub(crate) fn package_at(tree: &Tree, id: Option<NodeId>) -> PackageFile {
    let Some(id) = id.filter(|id| tree.file(*id).is_some()) else {
        return PackageFile::Missing;
    };
    match tree.content(id) {
        Content::Whole(bytes) => Package::parse(bytes).map_or_else(PackageFile::Invalid, PackageFile::Read),
        Content::TooLarge => PackageFile::Invalid(PackageFault::TooLarge),
        Content::NotKept => PackageFile::Invalid(PackageFault::NotRead),
    }
}
