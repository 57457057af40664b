//! What an import leads to, resolved inside a tree as Node resolves it.
//!
//! Source: Node.js documentation, "Modules: ECMAScript modules", section "Resolution Algorithm Specification", and
//! "Modules: CommonJS modules", section "All together", with what `lib/internal/modules` does where they leave it open.
//! The messages are those of Node 18.20, 20.20 and 22.23 (`tests/lab/imports.py` compares them).

mod commonjs;
mod exports;
mod failure;
mod messages;
mod module;
mod specifier;

pub(crate) use failure::{ResolveFailure, ResolveRefusal};

use super::node_version::NodeVersion;
use super::package::Package;
use super::package_file::PackageFile;
use crate::tree::nodes::{Content, Kind, NodeId, Tree};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// How a module is asked for: it selects the conditions of `exports`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loader {
    /// `import`.
    Import,
    /// `require`.
    Require,
}

/// What an import leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// A file of the bundle.
    File(NodeId),
    /// A file that Node falls back to, as `main` of its package leads nowhere.
    Fallback(NodeId),
    /// One of Node's own modules, or a module that the specifier holds itself.
    Outside,
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
    /// Whether a folder of `node_modules` is looked into.
    is_ours: IsOurs<'t>,
    packages: RefCell<HashMap<NodeId, Rc<PackageFile>>>,
    /// A package that is found in another folder than `node_modules` has it in now.
    installed: Option<(String, NodeId)>,
}

/// What `type` of a package.json says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PackageType {
    /// `"type": "module"`.
    Module,
    /// `"type": "commonjs"`.
    CommonJs,
    /// Nothing, or something else.
    Unstated,
}

type Resolved = Result<Target, ResolveRefusal>;

impl<'t> Resolver<'t> {
    /// Resolves in a tree that stands at `here` on the server.
    #[must_use]
    pub(crate) fn new(tree: &'t Tree, node: NodeVersion, here: &str, is_ours: IsOurs<'t>) -> Self {
        Self { tree, node, here: here.to_owned(), is_ours, packages: RefCell::default(), installed: None }
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
    pub(crate) fn resolve(&self, specifier: &str, from: NodeId, loader: Loader) -> Resolved {
        match loader {
            Loader::Import => self.import(specifier, from),
            Loader::Require => self.require(specifier, from),
        }
    }

    /// What the bare name of the package in `folder` leads to.
    ///
    /// # Errors
    /// As [`Resolver::resolve`].
    pub(crate) fn package_entry(&self, name: &str, folder: NodeId, from: NodeId, loader: Loader) -> Resolved {
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

    /// The `package.json` that decides about a file's format, and what it says (packages.md, "Determining module system").
    #[must_use]
    pub(crate) fn package_type(&self, file: NodeId) -> (Option<NodeId>, PackageType) {
        let Some(scope) = self.scope(file) else { return (None, PackageType::Unstated) };
        let stated = match &*self.package(scope) {
            PackageFile::Read(package) => match package.string("type") {
                Some("module") => PackageType::Module,
                Some("commonjs") => PackageType::CommonJs,
                _ => PackageType::Unstated,
            },
            _ => PackageType::Unstated,
        };
        (self.file_in(scope, b"package.json"), stated)
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
        let read = match self.file_in(folder, b"package.json").map(|id| self.tree.content(id)) {
            None => PackageFile::Missing,
            Some(Content::Whole(bytes)) => Package::parse(bytes).map_or_else(PackageFile::Invalid, PackageFile::Read),
            Some(_) => PackageFile::Invalid(super::package::PackageFault::NotRead),
        };
        let read = Rc::new(read);
        self.packages.borrow_mut().insert(folder, Rc::clone(&read));
        read
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
        self.tree.resolve_from(folder, path).ok().filter(|id| self.tree.kind(*id) == Kind::Directory)
    }

    /// The file at a path from the bundle's root, links followed; nothing for a path that does not exist there.
    fn at(&self, path: &[u8]) -> Option<NodeId> {
        self.tree.resolve(path).ok()
    }

    /// The folders in which a package is looked for, nearest first: the file's own and all above it.
    fn upwards(&self, from: NodeId) -> impl Iterator<Item = NodeId> {
        let mut next = if self.tree.kind(from) == Kind::Directory { Some(from) } else { self.tree.parent(from) };
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
