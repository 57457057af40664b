//! What stands in the deployed bundle once the archive is extracted, and whether it was replaced afterwards.

use super::failure::{Shape, ShippedPackage};
use crate::host::files;
use crate::host::paths::{self, FileKind};
use crate::node::package::Package;
use crate::update::documented_paths;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Where the shared package's copy is.
pub(super) fn copy_in(bundle: &Path) -> PathBuf {
    bundle.join("node_modules").join(documented_paths::SHARED_PACKAGE)
}

/// A number that tells one build of a package from another: over the names and contents of its files, without what was
/// installed for it.
pub(super) fn build_of(folder: &Path) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        let mut names = paths::names(&folder).ok()?;
        names.sort();
        for name in names {
            let path = folder.join(&name);
            match paths::look(&path).ok()?.kind {
                FileKind::Directory if name != "node_modules" => pending.push(path),
                FileKind::File => (name, files::read_whole(&path).ok()?).hash(&mut hasher),
                _ => {}
            }
        }
    }
    Some(hasher.finish())
}

/// The name in the bundle's package.json, where that can be read.
pub(super) fn package_name(bundle: &Path) -> Option<String> {
    let bytes = files::read_whole(&bundle.join("package.json")).ok()?;
    Some(Package::parse(&bytes).ok()?.name()?.to_owned())
}

/// What the extracted bundle looks like.
pub(super) fn look(bundle: &Path) -> (ShippedPackage, Shape) {
    let copy = copy_in(bundle);
    let entry = paths::look_through(&copy.join(documented_paths::SHARED_ENTRY_POINT));
    let shipped = match paths::look(&copy).map(|found| found.kind) {
        Ok(FileKind::Link) => ShippedPackage::Link,
        Ok(FileKind::Directory) if entry.is_ok_and(|entry| entry.size > 0) => ShippedPackage::Copy,
        Ok(FileKind::Directory) => ShippedPackage::Hollow,
        _ => ShippedPackage::Nothing,
    };
    let names = paths::names(bundle).unwrap_or_default();
    let names: Vec<_> = names.iter().map(|name| bundle.join(name)).collect();
    let shape = match names.as_slice() {
        _ if bundle.join(documented_paths::NESTED_AGENT).is_dir() => Shape::Nested,
        [only] if only.is_dir() && !only.ends_with("dist") => Shape::Wrapped,
        _ => Shape::Flat,
    };
    (shipped, shape)
}
