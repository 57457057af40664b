//! `require`: the resolution of CommonJS modules (modules.md, "All together").

use super::failure::{ResolveFailure, ResolveRefusal};
use super::place::OnDisk;
use super::specifier::{join, package_name};
use super::{Loader, ResolveRequest, ResolvedTarget, Resolver, Target};
use crate::node::package_file::PackageFile;
use crate::tree::nodes::{NodeId, NodeKind};

/// What is tried behind a name, in this order (`Module._extensions`).
const EXTENSIONS: [&str; 3] = [".js", ".json", ".node"];

impl Resolver<'_> {
    /// What `require` of a specifier leads to.
    pub(super) fn require(&self, specifier: &str, from: NodeId) -> ResolvedTarget {
        let asked = ResolveRequest { specifier, from, loader: Loader::Require };
        if specifier.starts_with("node:") {
            return self.builtin(specifier);
        }
        if self.node.has_builtin(specifier) {
            return Ok(Target::Outside);
        }
        let relative = matches!(specifier, "." | "..") || specifier.starts_with("./") || specifier.starts_with("../");
        if relative || specifier.starts_with('/') {
            return self.require_path(&asked, specifier);
        }
        // Where no `imports` stands, `#x` is a name like any other to `require`: Node says that it cannot find the
        // module (measured with 20.20).
        if specifier.starts_with('#') && self.has_imports(&asked)? {
            return self.internal(&asked, specifier);
        }
        self.require_package(&asked, specifier, from)
    }

    fn require_path(&self, asked: &ResolveRequest<'_>, specifier: &str) -> ResolvedTarget {
        let base = self.tree.parent(asked.from).map(|folder| self.tree.path(folder)).unwrap_or_default();
        // `require` takes a path as it stands, `import` takes it as a URL: `./a%20b.js` is `a b.js` to `import` only
        // (measured with 20.20).
        let path = match self.place(base.as_bytes(), specifier.as_bytes()) {
            OnDisk::Inside(path) => path,
            OnDisk::Outside(path) => return Err(self.outside(asked, path)),
        };
        match self.load(&path) {
            Some(LoadedPath::File(id)) => Ok(Target::File(id)),
            Some(LoadedPath::Fallback(id)) => Ok(Target::Fallback(id)),
            Some(LoadedPath::NoMain { folder, main }) => Err(self.no_such_main(folder, &main)),
            Some(LoadedPath::Invalid(folder)) => Err(self.broken_package(folder, None)),
            None => Err(self.not_found(asked, &path)),
        }
    }

    pub(super) fn require_package(&self, asked: &ResolveRequest<'_>, specifier: &str, from: NodeId) -> ResolvedTarget {
        let Some((name, subpath)) = package_name(specifier).filter(|(name, _)| !name.is_empty()) else {
            return Err(self.no_package(asked, specifier));
        };
        if let Some((folder, package)) = self.own_exports(asked, name)?
            && let Some(exports) = self.field(&package, "exports")
        {
            return self.exported(asked, folder, exports, &subpath);
        }
        let mut failure = None;
        for folder in self.found_packages(name, from) {
            match self.required_in_folder(asked, name, &subpath, folder) {
                // Without `exports` the search goes on in the folders above.
                Err(refusal @ ResolveRefusal { failure: ResolveFailure::NotFound { .. }, .. }) => {
                    failure.get_or_insert(refusal);
                }
                done => return done,
            }
        }
        // A file in `node_modules` will do, too.
        let file = self.upwards(from).find_map(|folder| {
            let path = [self.tree.path(folder).as_bytes(), b"/node_modules/", specifier.as_bytes()].concat();
            match self.load(path.strip_prefix(b"/").unwrap_or(&path)) {
                Some(LoadedPath::File(id)) => Some(id),
                _ => None,
            }
        });
        match (file, failure) {
            (Some(id), _) => Ok(Target::File(id)),
            (None, Some(refusal)) => Err(refusal),
            (None, None) => Err(self.no_package(asked, name)),
        }
    }

    pub(super) fn required_in_folder(
        &self,
        asked: &ResolveRequest<'_>,
        name: &str,
        subpath: &str,
        folder: NodeId,
    ) -> ResolvedTarget {
        if !(self.is_ours)(folder) {
            return self.third_party(asked, name, subpath, folder);
        }
        let package = self.package(folder);
        if matches!(*package, PackageFile::Invalid(_)) {
            return Err(self.invalid_package(asked, folder));
        }
        if let Some(exports) = self.field(&package, "exports") {
            return self.exported(asked, folder, exports, subpath);
        }
        let Some(path) = join(self.tree.path(folder).as_bytes(), subpath.as_bytes()) else {
            return Err(self.not_found(asked, subpath.as_bytes()));
        };
        match self.load(&path) {
            Some(LoadedPath::File(id)) => Ok(Target::File(id)),
            Some(LoadedPath::Fallback(id)) => Ok(Target::Fallback(id)),
            Some(LoadedPath::NoMain { folder, main }) => Err(self.no_such_main(folder, &main)),
            Some(LoadedPath::Invalid(folder)) => Err(self.broken_package(folder, None)),
            None => Err(self.not_found(asked, &path)),
        }
    }

    fn no_such_main(&self, folder: NodeId, main: &str) -> ResolveRefusal {
        let message = format!(
            "Error: Cannot find module '{}'. Please verify that the package.json has a valid \"main\" entry",
            self.shown_main(folder, main)
        );
        ResolveRefusal { failure: ResolveFailure::NoMain { folder: self.tree.path(folder).to_string() }, message }
    }

    /// `LOAD_AS_FILE` and `LOAD_AS_DIRECTORY` of a path from the root.
    fn load(&self, path: &[u8]) -> Option<LoadedPath> {
        let bare = path.strip_suffix(b"/").unwrap_or(path);
        let found = self.at(bare);
        // With a slash behind it only a folder will do: `require('./a.js/')` does not find the file (measured with
        // 20.20).
        if bare.len() == path.len() && !path.is_empty() {
            if let Some(id) = found.filter(|id| self.tree.file(*id).is_some()) {
                return Some(LoadedPath::File(id));
            }
            if let Some(id) = self.with_extension(bare) {
                return Some(LoadedPath::File(id));
            }
        }
        let folder = found.filter(|id| self.tree.kind(*id) == NodeKind::Directory)?;
        let index = || self.with_extension(&[bare, b"/index"].concat());
        let package = self.package(folder);
        if matches!(*package, PackageFile::Invalid(_)) {
            return Some(LoadedPath::Invalid(folder));
        }
        let main = match &*package {
            // An empty `main` is none: `index.js` is then the package's own choice, and not what Node falls back to
            // (measured with 20.20).
            PackageFile::Read(package) => package.string("main").filter(|main| !main.is_empty()),
            _ => None,
        };
        let Some(main) = main else { return index().map(LoadedPath::File) };
        if let OnDisk::Inside(path) = self.place(bare, main.as_bytes()) {
            let bare = path.strip_suffix(b"/").unwrap_or(&path);
            let file = self.at(&path).filter(|id| self.tree.file(*id).is_some());
            let found =
                file.or_else(|| self.with_extension(bare)).or_else(|| self.with_extension(&[bare, b"/index"].concat()));
            if let Some(id) = found {
                return Some(LoadedPath::File(id));
            }
        }
        Some(index().map_or_else(|| LoadedPath::NoMain { folder, main: main.to_owned() }, LoadedPath::Fallback))
    }

    fn with_extension(&self, path: &[u8]) -> Option<NodeId> {
        let path = path.strip_prefix(b"/").unwrap_or(path);
        EXTENSIONS.iter().find_map(|extension| {
            self.at(&[path, extension.as_bytes()].concat()).filter(|id| self.tree.file(*id).is_some())
        })
    }
}

/// What a path leads to.
enum LoadedPath {
    File(NodeId),
    Fallback(NodeId),
    NoMain { folder: NodeId, main: String },
    Invalid(NodeId),
}
