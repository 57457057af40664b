//! `import`: the resolution of ES modules (esm.md, `ESM_RESOLVE` and `PACKAGE_RESOLVE`).

use super::failure::{ResolveFailure, ResolveRefusal};
use super::specifier::{Specifier, join, normal, package_name, url_path};
use super::{Loader, ResolveRequest, ResolvedTarget, Resolver, Target};
use crate::node::package::Package;
use crate::node::package_file::PackageFile;
use crate::tree::nodes::{NodeId, NodeKind};
use std::rc::Rc;

/// What is tried for `main`, in this order, and then without it (`legacyMainResolve`).
const MAIN_SUFFIXES: [&str; 7] = ["", ".js", ".json", ".node", "/index.js", "/index.json", "/index.node"];
const FALLBACKS: [&str; 3] = ["index.js", "index.json", "index.node"];

impl Resolver<'_> {
    /// What `import` of a specifier leads to.
    pub(super) fn import(&self, specifier: &str, from: NodeId) -> ResolvedTarget {
        let asked = ResolveRequest { specifier, from, loader: Loader::Import };
        match Specifier::of(specifier) {
            Specifier::Path(path) => {
                let base = self.tree.parent(from).map(|folder| self.tree.path(folder)).unwrap_or_default();
                self.import_url(&asked, base.as_bytes(), path)
            }
            Specifier::Internal(name) => self.internal(&asked, name),
            Specifier::Address(scheme, rest) => self.address(&asked, scheme, rest),
            // A package of that name in `node_modules` is not even looked for (measured with 20.20).
            Specifier::Bare(name) if self.node.has_builtin(name) => Ok(Target::Outside),
            Specifier::Bare(name) => self.import_package(&asked, name, from),
        }
    }

    /// The file at a path from the root (`finalizeResolution`).
    pub(super) fn finalize(&self, asked: &ResolveRequest<'_>, path: &[u8]) -> ResolvedTarget {
        let bare = path.strip_suffix(b"/").unwrap_or(path);
        let Some(id) = self.at(bare) else {
            return Err(self.not_found(asked, path));
        };
        match self.tree.kind(id) {
            NodeKind::File(_) if bare.len() == path.len() => Ok(Target::File(id)),
            // A file behind a slash is refused in the same words (measured).
            NodeKind::Directory | NodeKind::File(_) => {
                let message = format!(
                    "Error [ERR_UNSUPPORTED_DIR_IMPORT]: Directory import '{}' is not supported resolving ES modules{}",
                    if path.is_empty() { format!("{}/", self.here) } else { self.shown_path(path) },
                    self.imported_from(asked)
                );
                let path = String::from_utf8_lossy(bare).into_owned();
                Err(ResolveRefusal { failure: ResolveFailure::Directory { path }, message })
            }
            _ => Err(self.not_found(asked, path)),
        }
    }

    fn address(&self, asked: &ResolveRequest<'_>, scheme: &str, rest: &str) -> ResolvedTarget {
        let lower = scheme.to_ascii_lowercase();
        match lower.as_str() {
            // The address is of that kind in any case, and then there is no module of that name (measured).
            "node" => self.builtin(&format!("{scheme}:{rest}")),
            "data" => self.data(rest),
            "file" => {
                let absolute = if rest.starts_with(['/', '\\']) { rest.to_owned() } else { format!("/{rest}") };
                self.import_url(asked, b"", &absolute)
            }
            other => {
                // From 22 on the two that browsers load from are told apart (measured).
                let known = match other {
                    "http" | "https" if self.node.reads_packages_natively() => "file and data",
                    _ => "file, data, and node",
                };
                let message = format!(
                    "Error [ERR_UNSUPPORTED_ESM_URL_SCHEME]: Only URLs with a scheme in: {known} are supported by the default ESM loader. Received protocol '{other}:'"
                );
                Err(ResolveRefusal { failure: ResolveFailure::Scheme, message })
            }
        }
    }

    /// One of Node's own modules, by its name with `node:`.
    pub(super) fn builtin(&self, name: &str) -> ResolvedTarget {
        if self.node.has_builtin(name) {
            return Ok(Target::Outside);
        }
        let message = format!("Error [ERR_UNKNOWN_BUILTIN_MODULE]: No such built-in module: {name}");
        Err(ResolveRefusal { failure: ResolveFailure::NoBuiltin, message })
    }

    /// `PACKAGE_RESOLVE`.
    pub(super) fn import_package(&self, asked: &ResolveRequest<'_>, specifier: &str, from: NodeId) -> ResolvedTarget {
        let Some((name, subpath)) = package_name(specifier) else {
            return Err(self.invalid_specifier(asked, specifier, "is not a valid package name"));
        };
        if let Some((folder, package)) = self.own_exports(asked, name)?
            && let Some(exports) = self.field(&package, "exports")
        {
            return self.exported(asked, folder, exports, &subpath);
        }
        match self.find_package(name, from).filter(|_| !name.is_empty()) {
            Some(folder) => self.in_folder(asked, name, &subpath, folder),
            None => Err(self.no_package(asked, name)),
        }
    }

    /// The folder and package.json of the package that a file belongs to, if that has the name that is asked for, and `exports`.
    ///
    /// # Errors
    /// Where its package.json cannot be used: Node reads it for every name of a package that a file asks for.
    pub(super) fn own_exports(
        &self,
        asked: &ResolveRequest<'_>,
        name: &str,
    ) -> Result<Option<(NodeId, Rc<PackageFile>)>, ResolveRefusal> {
        let Some((folder, package)) = self.own_package(asked)? else { return Ok(None) };
        // A package may import itself by its own name, but only if it has `exports` (packages.md, "Self-referencing a
        // package using its name").
        let is_named = package.package().and_then(|package| package.string("name")) == Some(name);
        let is_own = is_named && self.field(&package, "exports").is_some();
        Ok(is_own.then_some((folder, package)))
    }

    /// A subpath of a package that was found.
    pub(super) fn in_folder(
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
        let package = package.package();
        if subpath == "." {
            return self.main(asked, folder, package);
        }
        self.import_url(asked, self.tree.path(folder).as_bytes(), subpath)
    }

    /// A package whose package.json cannot be used.
    pub(super) fn invalid_package(&self, asked: &ResolveRequest<'_>, folder: NodeId) -> ResolveRefusal {
        let importing = format!("\"{}\" from {}", asked.specifier, self.shown(asked.from));
        self.broken_package(folder, (asked.loader == Loader::Import).then_some(&*importing))
    }

    /// A third party's package: only that there is something to load is looked at, as its package.json was not read.
    pub(super) fn third_party(
        &self,
        asked: &ResolveRequest<'_>,
        name: &str,
        subpath: &str,
        folder: NodeId,
    ) -> ResolvedTarget {
        let package_json = self.file_in(folder, b"package.json");
        match package_json.and_then(|id| self.tree.file(id)) {
            // What a disk leaves that was full during the installation (docs/reference/field-facts.md, "What else
            // breaks a server").
            Some(file) if file.size == 0 => return Err(self.invalid_package(asked, folder)),
            None if subpath == "." && FALLBACKS.iter().all(|file| self.file_in(folder, file.as_bytes()).is_none()) => {
                return Err(self.no_main(asked, folder, None));
            }
            _ => {}
        }
        Ok(Target::Package { name: name.to_owned(), folder: Some(folder) })
    }

    /// `legacyMainResolve`: the file that a package without `exports` begins with.
    fn main(&self, asked: &ResolveRequest<'_>, folder: NodeId, package: Option<&Package>) -> ResolvedTarget {
        let main = package.and_then(|package| package.string("main"));
        let base = self.tree.path(folder);
        let found = |path: &str| self.main_at(base.as_bytes(), path);
        if let Some(main) = main
            && let Some(id) = MAIN_SUFFIXES.iter().find_map(|suffix| found(&format!("{main}{suffix}")))
        {
            return Ok(Target::File(id));
        }
        let fallback = FALLBACKS.iter().find_map(|file| found(file));
        match (fallback, main) {
            (Some(id), None) => Ok(Target::File(id)),
            // Node starts all the same. Behind a target of `exports` that is missing there is no such fallback
            // (docs/reference/field-facts.md, "What Node says").
            (Some(id), Some(_)) => Ok(Target::Fallback(id)),
            (None, main) => Err(self.no_main(asked, folder, main)),
        }
    }

    /// The file that `main` says: a URL behind `./` to 18 and 20, and a path to 22 and 24, so that `/dist/index.js` and
    /// `dist/index.js/` are something else to them (measured).
    fn main_at(&self, base: &[u8], main: &str) -> Option<NodeId> {
        let path = if self.node.reads_packages_natively() {
            let inside = self.inside(main);
            match inside {
                Some(inside) => join(b"", inside.as_bytes())?,
                None if main.starts_with('/') => return None,
                None => join(base, main.as_bytes())?,
            }
        } else {
            join(base, &url_path(&format!("./{main}"))?).filter(|path| !path.ends_with(b"/"))?
        };
        let path = path.strip_suffix(b"/").unwrap_or(&path);
        self.at(path).filter(|id| self.tree.file(*id).is_some())
    }

    fn url_of_main(&self, folder: NodeId, main: &str) -> String {
        let main = main.strip_prefix("./").unwrap_or(main);
        format!("{}/{}", self.shown(folder), if main == "." { "" } else { main })
    }

    /// What `main` leads to, as Node prints it.
    pub(super) fn shown_main(&self, folder: NodeId, main: &str) -> String {
        let whole = if main.starts_with('/') { main.to_owned() } else { format!("{}/{main}", self.shown(folder)) };
        normal(&whole)
    }

    fn no_main(&self, asked: &ResolveRequest<'_>, folder: NodeId, main: Option<&str>) -> ResolveRefusal {
        let shown = self.shown(folder);
        let natively = self.node.reads_packages_natively();
        let main = main.unwrap_or("index.js");
        let message = match asked.loader {
            Loader::Require => format!("Error: Cannot find module '{}'", asked.specifier),
            Loader::Import if self.node.names_missing_main() => {
                // 20 takes it for a URL behind `./`, later ones for a path.
                let shown = if natively { self.shown_main(folder, main) } else { self.url_of_main(folder, main) };
                format!("Error: Cannot find package '{shown}'{}", self.imported_from(asked))
            }
            Loader::Import => {
                format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find package '{shown}/'{}", self.imported_from(asked))
            }
        };
        ResolveRefusal { failure: ResolveFailure::NoMain { folder: self.tree.path(folder).to_string() }, message }
    }
}
