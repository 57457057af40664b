//! `import`: the resolution of ES modules (esm.md, `ESM_RESOLVE` and `PACKAGE_RESOLVE`).

use super::failure::{ResolveFailure, ResolveRefusal};
use super::specifier::{Specifier, join, package_name, url_path};
use super::{Loader, ResolveRequest, Resolved, Resolver, Target};
use crate::node::package::Package;
use crate::node::package_file::PackageFile;
use crate::tree::nodes::{Kind, NodeId};

/// What is tried for `main`, in this order, and then without it (`legacyMainResolve`).
const MAIN_SUFFIXES: [&str; 7] = ["", ".js", ".json", ".node", "/index.js", "/index.json", "/index.node"];
const FALLBACKS: [&str; 3] = ["index.js", "index.json", "index.node"];

impl Resolver<'_> {
    /// What `import` of a specifier leads to.
    pub(super) fn import(&self, specifier: &str, from: NodeId) -> Resolved {
        let asked = ResolveRequest { specifier, from, loader: Loader::Import };
        match Specifier::of(specifier) {
            Specifier::Path(path) => self.import_path(&asked, path),
            Specifier::Internal(name) => self.internal(&asked, name),
            Specifier::Address(scheme, rest) => self.address(&asked, scheme, rest),
            // A package of that name in `node_modules` is not even looked for (measured with 20.20).
            Specifier::Bare(name) if self.node.has_builtin(name) => Ok(Target::Outside),
            Specifier::Bare(name) => self.import_package(&asked, name, from),
        }
    }

    fn import_path(&self, asked: &ResolveRequest<'_>, path: &str) -> Resolved {
        let base = self.tree.parent(asked.from).map(|folder| self.tree.path(folder)).unwrap_or_default();
        if path.starts_with('/') {
            return match path.strip_prefix(&format!("{}/", self.here)) {
                Some(inside) => self.import_url(asked, b"", inside),
                None => Ok(Target::Unknown),
            };
        }
        self.import_url(asked, base.as_bytes(), path)
    }

    /// A path relative to a folder, as a URL.
    pub(super) fn import_url(&self, asked: &ResolveRequest<'_>, base: &[u8], path: &str) -> Resolved {
        let Some(decoded) = url_path(path) else {
            let whole = join(base, path.as_bytes()).unwrap_or_else(|| path.as_bytes().to_vec());
            let whole = self.shown_path(&whole);
            let why = "must not include encoded \"/\" or \"\\\" characters";
            return Err(self.invalid_specifier(asked, &whole, why));
        };
        let Some(path) = join(base, &decoded) else {
            return Err(self.leaves(asked, base, &decoded));
        };
        self.finalize(asked, &path)
    }

    /// A path out of the bundle: what is there on the server is not the bundle's.
    fn leaves(&self, asked: &ResolveRequest<'_>, base: &[u8], path: &[u8]) -> ResolveRefusal {
        let here = [self.here.as_bytes(), b"/", base].concat();
        let mut parts: Vec<&[u8]> = Vec::new();
        for part in here.split(|byte| *byte == b'/').chain(path.split(|byte| *byte == b'/')) {
            match part {
                b"" | b"." => {}
                // At the root of the file system `..` leads nowhere else.
                b".." => drop(parts.pop()),
                name => parts.push(name),
            }
        }
        let whole = parts.join(&b'/');
        let message = format!(
            "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/{}'{}",
            String::from_utf8_lossy(&whole),
            self.imported_from(asked)
        );
        ResolveRefusal {
            failure: ResolveFailure::NotFound { path: format!("/{}", String::from_utf8_lossy(&whole)) },
            message,
        }
    }

    /// The file at a path from the root (`finalizeResolution`).
    fn finalize(&self, asked: &ResolveRequest<'_>, path: &[u8]) -> Resolved {
        let bare = path.strip_suffix(b"/").unwrap_or(path);
        let Some(id) = self.at(bare) else {
            return Err(self.not_found(asked, path));
        };
        match self.tree.kind(id) {
            Kind::File(_) if bare.len() == path.len() => Ok(Target::File(id)),
            // A file behind a slash is refused in the same words (measured).
            Kind::Directory | Kind::File(_) => {
                let message = format!(
                    "Error [ERR_UNSUPPORTED_DIR_IMPORT]: Directory import '{}' is not supported resolving ES modules{}",
                    self.shown_path(path),
                    self.imported_from(asked)
                );
                let path = String::from_utf8_lossy(bare).into_owned();
                Err(ResolveRefusal { failure: ResolveFailure::Directory { path }, message })
            }
            _ => Err(self.not_found(asked, path)),
        }
    }

    fn address(&self, asked: &ResolveRequest<'_>, scheme: &str, rest: &str) -> Resolved {
        match scheme.to_ascii_lowercase().as_str() {
            "node" => self.builtin(&format!("node:{rest}")),
            "data" => Ok(Target::Outside),
            "file" => match rest.strip_prefix("//").unwrap_or(rest).strip_prefix(&format!("{}/", self.here)) {
                Some(inside) => self.import_url(asked, b"", inside),
                None => Ok(Target::Unknown),
            },
            other => {
                let message = format!(
                    "Error [ERR_UNSUPPORTED_ESM_URL_SCHEME]: Only URLs with a scheme in: file, data, and node are supported by the default ESM loader. Received protocol '{other}:'"
                );
                Err(ResolveRefusal { failure: ResolveFailure::Scheme, message })
            }
        }
    }

    /// One of Node's own modules, by its name with `node:`.
    pub(super) fn builtin(&self, name: &str) -> Resolved {
        if self.node.has_builtin(name) {
            return Ok(Target::Outside);
        }
        let message = format!("Error [ERR_UNKNOWN_BUILTIN_MODULE]: No such built-in module: {name}");
        Err(ResolveRefusal { failure: ResolveFailure::NoBuiltin, message })
    }

    /// `PACKAGE_RESOLVE`.
    pub(super) fn import_package(&self, asked: &ResolveRequest<'_>, specifier: &str, from: NodeId) -> Resolved {
        let Some((name, subpath)) = package_name(specifier) else {
            return Err(self.invalid_specifier(asked, specifier, "is not a valid package name"));
        };
        if let Some((folder, exports)) = self.own_exports(name, from) {
            return self.exported(asked, folder, &exports, &subpath);
        }
        match self.find_package(name, from).filter(|_| !name.is_empty()) {
            Some(folder) => self.in_folder(asked, name, &subpath, folder),
            None => Err(self.no_package(asked, name)),
        }
    }

    /// The folder and `exports` of the package that a file belongs to, if that has the name that is asked for.
    pub(super) fn own_exports(&self, name: &str, from: NodeId) -> Option<(NodeId, serde_json::Value)> {
        let folder = self.scope(from)?;
        let package = self.package(folder);
        let PackageFile::Read(package) = &*package else { return None };
        let exports = package.get("exports").filter(|exports| !exports.is_null())?;
        // A package may import itself by its own name, but only if it has `exports` (packages.md, "Self-referencing a
        // package using its name").
        (package.string("name") == Some(name)).then(|| (folder, exports.clone()))
    }

    /// A subpath of a package that was found.
    pub(super) fn in_folder(&self, asked: &ResolveRequest<'_>, name: &str, subpath: &str, folder: NodeId) -> Resolved {
        if !(self.is_ours)(folder) {
            return self.third_party(asked, name, subpath, folder);
        }
        let package = self.package(folder);
        let package = match &*package {
            PackageFile::Read(package) => Some(package),
            PackageFile::Missing => None,
            PackageFile::Invalid(_) => return Err(self.invalid_package(asked, folder)),
        };
        if let Some(exports) = package.and_then(|package| package.get("exports")).filter(|exports| !exports.is_null()) {
            return self.exported(asked, folder, exports, subpath);
        }
        if subpath == "." {
            return self.main(asked, folder, package);
        }
        self.import_url(asked, self.tree.path(folder).as_bytes(), subpath)
    }

    pub(super) fn invalid_package(&self, asked: &ResolveRequest<'_>, folder: NodeId) -> ResolveRefusal {
        let package_json = self.package_json_of(folder);
        let message = format!(
            "Error [ERR_INVALID_PACKAGE_CONFIG]: Invalid package config {}/package.json while importing \"{}\" from {}.",
            self.shown(folder),
            asked.specifier,
            self.shown(asked.from)
        );
        ResolveRefusal { failure: ResolveFailure::InvalidPackage { package_json }, message }
    }

    /// A third party's package: only that there is something to load is looked at, as its package.json was not read.
    pub(super) fn third_party(
        &self,
        asked: &ResolveRequest<'_>,
        name: &str,
        subpath: &str,
        folder: NodeId,
    ) -> Resolved {
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
    fn main(&self, asked: &ResolveRequest<'_>, folder: NodeId, package: Option<&Package>) -> Resolved {
        let main = package.and_then(|package| package.string("main"));
        let base = self.tree.path(folder);
        let found = |path: &str| {
            let path = join(base.as_bytes(), &url_path(path)?)?;
            self.at(&path).filter(|id| self.tree.file(*id).is_some())
        };
        if let Some(main) = main
            && let Some(id) = MAIN_SUFFIXES.iter().find_map(|suffix| found(&format!("./{main}{suffix}")))
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

    fn no_main(&self, asked: &ResolveRequest<'_>, folder: NodeId, main: Option<&str>) -> ResolveRefusal {
        let shown = self.shown(folder);
        let main = main.filter(|main| !main.is_empty()).unwrap_or("index.js");
        let message = match asked.loader {
            Loader::Require => format!("Error: Cannot find module '{}'", asked.specifier),
            Loader::Import if self.node.names_missing_main() => {
                let main = main.strip_prefix("./").unwrap_or(main);
                format!("Error: Cannot find package '{shown}/{main}'{}", self.imported_from(asked))
            }
            Loader::Import => {
                format!("Error [ERR_MODULE_NOT_FOUND]: Cannot find package '{shown}/'{}", self.imported_from(asked))
            }
        };
        ResolveRefusal { failure: ResolveFailure::NoMain { folder: self.tree.path(folder).to_string() }, message }
    }
}
