//! What an import leads to, resolved inside a tree as Node resolves it.
//!
//! Source: Node.js documentation, "Modules: ECMAScript modules", section "Resolution Algorithm Specification", and
//! "Modules: CommonJS modules", section "All together", with what `lib/internal/modules` does where they leave it open.
//! The messages are those of Node 18.20, 20.20 and 22.23 (`tests/lab/imports.py` compares them).

mod commonjs;
mod data;
mod exports;
mod failure;
mod held;
mod messages;
mod module;
mod place;
mod specifier;
mod url;

pub(crate) use super::format::Loader;
pub(crate) use failure::{ResolveFailure, ResolveRefusal};
pub(crate) use held::held_by;

use super::format::{FormatQuestion, ModuleFormat, PackageType, asks_package, format_of};
use super::node_version::NodeVersion;
use super::package::{Package, PackageFault};
use super::package_file::{PackageFile, package_at};
use crate::tree::nodes::{NodeId, NodeKind, Tree};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// What an import leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// A file of the bundle.
    File(NodeId),
    /// A file that Node falls back to, as `main` of its package leads nowhere.
    Fallback(NodeId),
    /// One of Node's own modules.
    Outside,
    /// A module that the specifier holds itself, by a `data:` address, and as what Node takes that.
    Data(ModuleFormat),
    /// A third party's package, by its name. What is in it is not judged.
    Package {
        /// Its name.
        name: String,
        /// The folder it is in; nothing where it will only be installed.
        folder: Option<NodeId>,
    },
    /// Something outside the bundle of which nothing is known.
    Unknown,
}

/// Which package's files are looked into.
pub(crate) type IsOurs<'a> = &'a dyn Fn(NodeId) -> bool;

/// Resolves what files of a tree import.
pub(crate) struct Resolver<'t> {
    tree: &'t Tree,
    node: NodeVersion,
    /// Where the tree stands on the server, for messages.
    here: String,
    /// Where it stands now, if it is judged as it stands.
    stands_at: Option<String>,
    /// Whether a folder of `node_modules` is looked into.
    is_ours: IsOurs<'t>,
    packages: RefCell<HashMap<NodeId, Rc<PackageFile>>>,
    /// Steps that looking up in `exports` and `imports` has taken so far.
    steps: Cell<u64>,
    /// How many keys of a package's `exports` begin with a dot, counted once.
    dotted: RefCell<HashMap<NodeId, usize>>,
    /// A package that is found in another folder than `node_modules` has it in now.
    installed: Option<(String, NodeId)>,
}

type ResolvedTarget = Result<Target, ResolveRefusal>;

impl<'t> Resolver<'t> {
    /// Resolves in a tree that stands at `here` on the server.
    #[must_use]
    pub(crate) fn new(tree: &'t Tree, node: NodeVersion, here: &str, is_ours: IsOurs<'t>) -> Self {
        Self {
            tree,
            node,
            here: here.to_owned(),
            stands_at: None,
            is_ours,
            packages: RefCell::default(),
            steps: Cell::default(),
            dotted: RefCell::default(),
            installed: None,
        }
    }

    /// The same, of a tree that is judged as it stands at this absolute path.
    #[must_use]
    pub(crate) fn standing_at(self, path: Option<&str>) -> Self {
        Self { stands_at: path.map(str::to_owned), ..self }
    }

    /// The same, where a package will be installed from a folder of the tree.
    #[must_use]
    pub(crate) fn with_installed(self, package: &str, folder: NodeId) -> Self {
        Self { installed: Some((package.to_owned(), folder)), ..self }
    }

    /// What `import` or `require` of a specifier in a file leads to.
    ///
    /// # Errors
    /// A [`ResolveRefusal`] with the message that Node stops with.
    pub(crate) fn resolve(&self, specifier: &str, from: NodeId, loader: Loader) -> ResolvedTarget {
        match loader {
            Loader::Import => self.import(specifier, from),
            Loader::Require => self.require(specifier, from),
        }
    }

    /// What the bare name of the package in `folder` leads to.
    ///
    /// # Errors
    /// As [`Resolver::resolve`].
    pub(crate) fn package_entry(&self, name: &str, folder: NodeId, from: NodeId, loader: Loader) -> ResolvedTarget {
        let asked = ResolveRequest { specifier: name, from, loader };
        match loader {
            Loader::Import => self.in_folder(&asked, name, ".", folder),
            Loader::Require => self.required_in_folder(&asked, name, ".", folder),
        }
    }

    /// The path of a node as Node prints it.
    #[must_use]
    pub(crate) fn shown(&self, id: NodeId) -> String {
        self.shown_path(self.tree.path(id).as_bytes())
    }

    fn shown_path(&self, path: &[u8]) -> String {
        let path = String::from_utf8_lossy(path);
        if path.is_empty() { self.here.clone() } else { format!("{}/{path}", self.here) }
    }

    /// As what Node takes a file that is asked for (packages.md, "Determining module system").
    ///
    /// # Errors
    /// Where the `package.json` that decides cannot be used.
    pub(crate) fn format(&self, file: NodeId, loader: Loader) -> Result<ModuleFormat, ResolveRefusal> {
        let name = self.tree.name(file);
        let package_type = match self.scope(file).filter(|_| asks_package(name, loader, self.node)) {
            None => PackageType::Unstated,
            Some(scope) => match &*self.package(scope) {
                PackageFile::Invalid(_) => {
                    let importing = (loader == Loader::Import).then(|| self.shown(file));
                    return Err(self.broken_package(scope, importing.as_deref()));
                }
                PackageFile::Read(package) => match package.string("type") {
                    Some("module") => PackageType::Module,
                    Some("commonjs") => PackageType::CommonJs,
                    _ => PackageType::Unstated,
                },
                PackageFile::Missing => PackageType::Unstated,
            },
        };
        let path = self.tree.path(file);
        let question = FormatQuestion { path: path.as_bytes(), is_wasm: false, package_type, loader, node: self.node };
        Ok(format_of(&question))
    }

    /// Whether the nearest package.json says of what type its `.js` and `.ts` files are.
    #[must_use]
    pub(crate) fn states_type(&self, file: NodeId) -> bool {
        self.scope(file).is_some_and(|scope| {
            let package = self.package(scope);
            package
                .package()
                .and_then(|package| package.string("type"))
                .is_some_and(|it| it == "module" || it == "commonjs")
        })
    }

    /// The `package.json` that decides about a file's format.
    #[must_use]
    pub(crate) fn deciding_package(&self, file: NodeId) -> Option<NodeId> {
        self.file_in(self.scope(file)?, b"package.json")
    }

    /// The nearest folder upwards with a package.json, up to a `node_modules`.
    fn scope(&self, file: NodeId) -> Option<NodeId> {
        let mut at = self.tree.parent(file);
        while let Some(folder) = at {
            // A package without a package.json does not get the `type` of the package that it is installed in (esm.md,
            // `LOOKUP_PACKAGE_SCOPE`).
            if self.tree.name(folder) == b"node_modules" {
                return None;
            }
            if self.file_in(folder, b"package.json").is_some() {
                return Some(folder);
            }
            at = self.tree.parent(folder);
        }
        None
    }

    /// The package.json of a folder, read once.
    fn package(&self, folder: NodeId) -> Rc<PackageFile> {
        if let Some(known) = self.packages.borrow().get(&folder) {
            return Rc::clone(known);
        }
        let read = Rc::new(self.as_node_reads(package_at(self.tree, self.file_in(folder, b"package.json"))));
        self.packages.borrow_mut().insert(folder, Rc::clone(&read));
        read
    }

    /// What this version of Node makes of a package.json (measured with all four).
    fn as_node_reads(&self, file: PackageFile) -> PackageFile {
        let natively = self.node.reads_packages_natively();
        match file {
            PackageFile::Read(package) if natively && package.is_mended() => {
                PackageFile::Invalid(PackageFault::NotUtf8)
            }
            PackageFile::Read(package) if natively && package.get("type").is_some_and(|it| !it.is_string()) => {
                PackageFile::Invalid(PackageFault::TypeIsNoString)
            }
            // An array or a string has no fields, and that is all that 18 and 20 ask about. `null` cannot be asked.
            PackageFile::Invalid(PackageFault::NotAnObject(kind)) if !natively && kind != "null" => {
                PackageFile::Read(Package::default())
            }
            other => other,
        }
    }

    /// `exports` or `imports` of a package, as far as it counts: from 22 on what is neither a string, an array nor an object
    /// does not (measured).
    fn field<'p>(&self, package: &'p PackageFile, name: &str) -> Option<&'p Value> {
        let value = package.package()?.get(name)?;
        match value {
            Value::Null => None,
            Value::Bool(_) | Value::Number(_) if self.node.reads_packages_natively() => None,
            value => Some(value),
        }
    }

    /// The package that a file belongs to: its folder and its package.json.
    ///
    /// # Errors
    /// Where that cannot be used.
    fn own_package(&self, asked: &ResolveRequest<'_>) -> Result<Option<(NodeId, Rc<PackageFile>)>, ResolveRefusal> {
        let Some(folder) = self.scope(asked.from) else { return Ok(None) };
        let package = self.package(folder);
        if matches!(*package, PackageFile::Invalid(_)) {
            let importing = (asked.loader == Loader::Import).then(|| self.shown(asked.from));
            return Err(self.broken_package(folder, importing.as_deref()));
        }
        Ok(Some((folder, package)))
    }

    /// The path of a folder's package.json, relative to the bundle.
    fn package_json_of(&self, folder: NodeId) -> String {
        let mut path = self.tree.path(folder);
        path.push(b"package.json");
        path.to_string()
    }

    /// The regular file that a path from a folder leads to.
    fn file_in(&self, folder: NodeId, path: &[u8]) -> Option<NodeId> {
        self.tree.resolve_from(folder, path).ok().filter(|id| self.tree.file(*id).is_some())
    }

    fn folder_in(&self, folder: NodeId, path: &[u8]) -> Option<NodeId> {
        self.tree.resolve_from(folder, path).ok().filter(|id| self.tree.kind(*id) == NodeKind::Directory)
    }

    /// The file at a path from the bundle's root, links followed; nothing for a path that does not exist there.
    fn at(&self, path: &[u8]) -> Option<NodeId> {
        self.tree.resolve(path).ok()
    }

    /// The folders in which a package is looked for, nearest first: the file's own and all above it.
    fn upwards(&self, from: NodeId) -> impl Iterator<Item = NodeId> {
        let mut next = if self.tree.kind(from) == NodeKind::Directory { Some(from) } else { self.tree.parent(from) };
        std::iter::from_fn(move || {
            let folder = next?;
            next = self.tree.parent(folder);
            Some(folder)
        })
    }

    /// The folders that a package is found in, nearest first.
    fn found_packages<'r>(&'r self, name: &str, from: NodeId) -> impl Iterator<Item = NodeId> + use<'r, 't> {
        let path = [b"node_modules/", name.as_bytes()].concat();
        let installed = self.installed.as_ref().filter(|(package, _)| package == name).map(|(_, folder)| *folder);
        let in_modules = self.upwards(from).filter_map(move |folder| self.folder_in(folder, &path));
        installed.into_iter().chain(in_modules.filter(move |_| installed.is_none()))
    }

    /// The folder of a package in the nearest `node_modules` that has it.
    fn find_package(&self, name: &str, from: NodeId) -> Option<NodeId> {
        self.found_packages(name, from).next()
    }
}

/// An import that is being resolved.
struct ResolveRequest<'a> {
    specifier: &'a str,
    from: NodeId,
    loader: Loader,
}
#[cfg(test)]
mod tests;
