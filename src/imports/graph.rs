//! The graph itself: what is reached from the entry point, and what Node would say on the way.
//!
//! Node first loads everything that is imported statically, level by level and in the order of the statements; then it binds
//! names; then it runs the code, which may `require()` and `import()` more. Faults are put in that order, since Node stops at
//! the first one.

use super::exported::Resolution;
use crate::layout;
use crate::model::bundle::{Bundle, PackageFile};
use crate::model::modules::{
    Absent, Attributes, Fault, Form, FormatFault, Graph, Import, Module, Need, NotParsed, Place, Script, SyntaxFault,
    WrongFormat,
};
use crate::model::node_version::NodeVersion;
use crate::model::resolution::{Failure, Loader, PackageType, Refusal, Resolver, Target};
use crate::model::territory::Territory;
use crate::model::tree::{Content, Kind, NodeId};
use std::collections::{HashMap, HashSet, VecDeque};

/// Faults that are told apart; a bundle with more is refused all the same.
const MOST_FAULTS: usize = 2000;

/// Follows the imports of a bundle from its entry point.
#[must_use]
pub fn follow(bundle: &Bundle<'_>) -> Graph {
    follow_with(bundle, None)
}

/// [`follow`] with the shared package taken from its shipped sources, from which an update may restore it; nothing where
/// there are none.
#[must_use]
pub fn follow_restored(bundle: &Bundle<'_>) -> Option<Graph> {
    let tree = bundle.tree();
    let source = tree.resolve(bundle.names.shared_source.as_bytes()).ok()?;
    (tree.kind(source) == Kind::Directory).then(|| follow_with(bundle, Some(source)))
}

fn follow_with(bundle: &Bundle<'_>, shared: Option<NodeId>) -> Graph {
    let tree = bundle.tree();
    let entry = tree.resolve(bundle.names.entry.as_bytes()).ok();
    let entry = entry.filter(|id| tree.file(*id).is_some_and(|file| file.size > 0));
    // Without the one nothing starts, and of the other everything depends: both have rules of their own.
    let (Some(entry), false) = (entry, matches!(bundle.package, PackageFile::Invalid(_))) else {
        return Graph::default();
    };
    let is_ours = |id: NodeId| Territory::of(tree.path(id).as_bytes(), bundle.names).is_ours();
    let here = bundle.expectations.deployed_at.as_deref().unwrap_or(layout::DEPLOYED_AT);
    let node = bundle.expectations.node;
    let empty = Module::default();
    let mut walk = Walk {
        bundle,
        node,
        resolver: match shared {
            Some(folder) => Resolver::new(tree, node, here, &is_ours).with_package(&bundle.names.shared, folder),
            None => Resolver::new(tree, node, here, &is_ours),
        },
        is_ours: &is_ours,
        empty: &empty,
        order: Vec::new(),
        visited: HashMap::new(),
        links: HashMap::new(),
        sure: VecDeque::from([Step { file: entry, need: Need::Certain, when: When::Load }]),
        unsure: VecDeque::new(),
        required: Vec::new(),
        faults: Vec::new(),
        told: HashSet::new(),
        graph: Graph::default(),
    };
    walk.run();
    walk.finish()
}

/// When Node meets a fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum When {
    /// While everything is loaded.
    Load,
    /// While names are bound.
    Link,
    /// While the code runs.
    Run,
}

/// A file to visit.
struct Step {
    file: NodeId,
    need: Need,
    when: When,
}

/// How Node loads a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LoadedAs {
    Module,
    CommonJs,
}

/// What an import was found to lead to, as far as it is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Linked {
    Module(NodeId),
    CommonJs(NodeId),
    Json(NodeId),
    /// Nothing that is looked into, or nothing at all.
    Nothing,
}

/// The walk.
pub(super) struct Walk<'b, 't> {
    bundle: &'b Bundle<'t>,
    node: NodeVersion,
    resolver: Resolver<'b>,
    is_ours: &'b dyn Fn(NodeId) -> bool,
    /// What an empty file is.
    empty: &'b Module,
    order: Vec<NodeId>,
    visited: HashMap<NodeId, (Need, When, LoadedAs)>,
    links: HashMap<NodeId, Vec<Linked>>,
    /// What is reached for certain is visited before all that may be.
    sure: VecDeque<Step>,
    unsure: VecDeque<Step>,
    /// ES modules that are required: by which file, in which import, and which one.
    required: Vec<(NodeId, u32, NodeId)>,
    faults: Vec<(When, Fault)>,
    /// Files of JSON that were reported.
    told: HashSet<NodeId>,
    graph: Graph,
}

impl<'b> Walk<'b, '_> {
    fn run(&mut self) {
        while let Some(step) = self.sure.pop_front().or_else(|| self.unsure.pop_front()) {
            if !self.visited.contains_key(&step.file) && self.faults.len() < MOST_FAULTS {
                self.visit(&step);
            }
        }
        for file in std::mem::take(&mut self.order) {
            self.bind(file);
        }
        for (from, import, target) in std::mem::take(&mut self.required) {
            self.check_required(from, import, target);
        }
    }

    fn finish(mut self) -> Graph {
        self.faults.sort_by_key(|(when, fault)| (fault.need() == Need::Optional, *when));
        self.graph.faults = self.faults.into_iter().map(|(_, fault)| fault).collect();
        self.graph
    }

    /// What was kept of a file, if it was parsed.
    pub(super) fn module(&self, id: NodeId) -> Option<&'b Module> {
        let tree = self.bundle.tree();
        match tree.content(id) {
            Content::Script(Script::Parsed(module)) => Some(module),
            _ => tree.file(id).filter(|file| file.size == 0).map(|_| self.empty),
        }
    }

    /// What an import of a visited file leads to.
    pub(super) fn linked(&self, file: NodeId, import: u32) -> Linked {
        let links = self.links.get(&file);
        links.and_then(|links| links.get(import as usize)).copied().unwrap_or(Linked::Nothing)
    }

    /// The CommonJS file that `require()` leads to.
    pub(super) fn required_commonjs(&self, from: NodeId, specifier: &str) -> Option<NodeId> {
        match self.resolver.resolve(specifier, from, Loader::Require).ok()? {
            Target::File(id) | Target::Fallback(id) if (self.is_ours)(id) => {
                (self.loaded_as(id) == LoadedAs::CommonJs && self.module(id).is_some()).then_some(id)
            }
            _ => None,
        }
    }

    /// How Node loads a file (packages.md, "Determining module system").
    fn loaded_as(&self, id: NodeId) -> LoadedAs {
        let name = self.bundle.tree().name(id);
        if name.ends_with(b".mjs") {
            return LoadedAs::Module;
        }
        // `type` is about `.js`, and about files without an extension; whatever else is required is CommonJS.
        if !matches!(extension_of(name), ".js" | "") {
            return LoadedAs::CommonJs;
        }
        match self.resolver.package_type(id).1 {
            PackageType::Module => LoadedAs::Module,
            PackageType::CommonJs => LoadedAs::CommonJs,
            PackageType::Unstated => match self.module(id) {
                Some(module)
                    if self.node.detects_module_syntax()
                        && module.as_module.is_none()
                        && module.as_commonjs.is_some()
                        && module.module_syntax.is_some() =>
                {
                    LoadedAs::Module
                }
                _ => LoadedAs::CommonJs,
            },
        }
    }

    fn visit(&mut self, step: &Step) {
        let Step { file, need, when } = *step;
        let loaded_as = self.loaded_as(file);
        // CommonJS is run when its turn comes, also where it is imported statically.
        let when = if loaded_as == LoadedAs::CommonJs { When::Run } else { when };
        self.visited.insert(file, (need, when, loaded_as));
        self.order.push(file);
        let Some(module) = self.module(file) else {
            let why = match self.bundle.tree().content(file) {
                Content::Script(Script::NotParsed(why)) => *why,
                Content::TooLarge => NotParsed::TooLarge,
                _ => return,
            };
            self.graph.not_parsed.push((file, why));
            return;
        };
        if let [first, ..] = &*module.computed {
            self.graph.computed.push((file, *first, module.computed.len()));
        }
        if !self.parses(file, module, loaded_as, need, when) {
            return;
        }
        let imports = module.imports.iter();
        let links = imports.map(|import| self.link(file, import, loaded_as, need, when)).collect();
        self.links.insert(file, links);
    }

    /// Whether Node can parse a file as what it loads it; otherwise that is noted.
    fn parses(&mut self, file: NodeId, module: &Module, loaded_as: LoadedAs, need: Need, when: When) -> bool {
        let fault = match loaded_as {
            LoadedAs::Module => &module.as_module,
            LoadedAs::CommonJs => &module.as_commonjs,
        };
        let new = module.new_syntax.iter().find(|(syntax, _)| {
            let concerns =
                loaded_as == LoadedAs::CommonJs || *syntax != crate::model::modules::NewSyntax::MarkedHashbang;
            concerns && !syntax.is_read_by(self.node)
        });
        match (fault, module.module_syntax) {
            (Some(fault), Some((_, line))) if loaded_as == LoadedAs::CommonJs && module.as_module.is_none() => {
                let message = format!("SyntaxError: {}", fault.message);
                self.format_fault(file, line, need, when, WrongFormat::ModuleAsCommonJs, message);
                return false;
            }
            (Some(fault), _) => {
                self.faults.push((when, Fault::Syntax { file, fault: fault.clone(), need, node: None }));
                return false;
            }
            (None, _) => {}
        }
        if let Some((syntax, line)) = new {
            let fault = SyntaxFault { message: syntax.message().into(), exact: false, line: *line };
            self.faults.push((when, Fault::Syntax { file, fault, need, node: Some(self.node) }));
            return false;
        }
        if let (LoadedAs::Module, Some((name, line))) = (loaded_as, module.commonjs_name) {
            let hint = if name == "require" { ", you can use import instead" } else { "" };
            let message = format!("ReferenceError: {name} is not defined in ES module scope{hint}");
            self.format_fault(file, line, need, When::Run, WrongFormat::CommonJsAsModule(name), message);
        }
        true
    }

    fn format_fault(&mut self, file: NodeId, line: u32, need: Need, when: When, how: WrongFormat, message: String) {
        let name = self.bundle.tree().name(file);
        let decided = !name.ends_with(b".mjs") && !name.ends_with(b".cjs");
        let decided_by = decided.then(|| self.resolver.package_type(file).0).flatten();
        self.faults.push((when, Fault::Format(FormatFault { file, line, need, how, message, decided_by })));
    }

    /// Resolves one import, notes what is wrong with it, and sees to it that its target is visited.
    fn link(&mut self, file: NodeId, import: &Import, loaded_as: LoadedAs, need: Need, when: When) -> Linked {
        let (loader, when) = match import.form {
            Form::Static | Form::Star => (Loader::Import, when),
            Form::Call => (Loader::Import, When::Run),
            // A module has no `require` but one it makes itself.
            Form::Require if loaded_as == LoadedAs::Module => return Linked::Nothing,
            Form::Require | Form::CreatedRequire => (Loader::Require, When::Run),
        };
        let need = if need == Need::Certain { import.need } else { Need::Optional };
        let place = Place { file, line: import.line, specifier: import.specifier.to_string(), need };
        let target = match self.resolver.resolve(&import.specifier, file, loader) {
            Ok(Target::File(id)) => id,
            Ok(Target::Fallback(id)) => {
                self.fell_back(place.clone(), id);
                id
            }
            Ok(Target::Package { name, folder }) => {
                self.check_survives(place, &name, folder, when);
                return Linked::Nothing;
            }
            Ok(Target::Outside | Target::Unknown) => return Linked::Nothing,
            Err(refusal) => {
                self.refused(place, refusal, when);
                return Linked::Nothing;
            }
        };
        if !(self.is_ours)(target) {
            return Linked::Nothing;
        }
        self.load(place, import, target, loader, when)
    }

    /// Follows an import to its file.
    fn load(&mut self, place: Place, import: &Import, target: NodeId, loader: Loader, when: When) -> Linked {
        let need = place.need;
        let tree = self.bundle.tree();
        let extension = extension_of(tree.name(target));
        if extension == ".json" {
            if loader == Loader::Import && !self.attributes_fit(&place, import, target, true, when) {
                return Linked::Nothing;
            }
            self.check_json(target, need, when);
            return Linked::Json(target);
        }
        if loader == Loader::Import {
            if !matches!(extension, ".js" | ".mjs" | ".cjs" | "") {
                if extension == ".wasm" && self.node.major >= 22 {
                    return Linked::Nothing;
                }
                let message = format!(
                    "TypeError [ERR_UNKNOWN_FILE_EXTENSION]: Unknown file extension \"{extension}\" for {}",
                    self.resolver.shown(target)
                );
                let failure =
                    Failure::Extension { extension: extension.to_owned(), path: tree.path(target).to_string() };
                self.refused(place, Refusal { failure, message }, when);
                return Linked::Nothing;
            }
            if !self.attributes_fit(&place, import, target, false, when) {
                return Linked::Nothing;
            }
        } else if extension == ".node" {
            return Linked::Nothing;
        }
        let loaded_as = self.loaded_as(target);
        if loader == Loader::Require && loaded_as == LoadedAs::Module {
            if !self.node.requires_modules() {
                self.required_module(&place, target);
                return Linked::Nothing;
            }
            self.required.push((place.file, place.line, target));
        }
        let step = Step { file: target, need, when };
        match need {
            Need::Certain => self.sure.push_back(step),
            Need::Optional => self.unsure.push_back(step),
        }
        match loaded_as {
            LoadedAs::Module => Linked::Module(target),
            LoadedAs::CommonJs => Linked::CommonJs(target),
        }
    }

    fn required_module(&mut self, place: &Place, target: NodeId) {
        let shown = self.resolver.shown(target);
        let from = match extension_of(self.bundle.tree().name(target)) {
            ".mjs" => String::new(),
            _ => format!(" from {}", self.resolver.shown(place.file)),
        };
        let message = format!("Error [ERR_REQUIRE_ESM]: require() of ES Module {shown}{from} not supported.");
        let how = WrongFormat::Required(target);
        self.format_fault(place.file, place.line, place.need, When::Run, how, message);
    }

    /// `require()` of a module that awaits, itself or in what it imports.
    fn check_required(&mut self, from: NodeId, line: u32, target: NodeId) {
        let (mut pending, mut seen) = (vec![target], HashSet::from([target]));
        while let Some(id) = pending.pop() {
            let Some(module) = self.module(id) else { continue };
            if module.awaits {
                let message = "Error [ERR_REQUIRE_ASYNC_MODULE]: require() cannot be used on an ESM graph with top-level await. Use import() instead.".to_owned();
                let need = self.visited.get(&target).map_or(Need::Optional, |(need, ..)| *need);
                self.format_fault(from, line, need, When::Run, WrongFormat::RequiredAwaits(target), message);
                return;
            }
            for (number, import) in module.imports.iter().enumerate() {
                if matches!(import.form, Form::Static | Form::Star)
                    && let Linked::Module(next) = self.linked(id, u32::try_from(number).unwrap_or(u32::MAX))
                    && seen.insert(next)
                {
                    pending.push(next);
                }
            }
        }
    }

    fn check_json(&mut self, target: NodeId, need: Need, when: When) {
        let tree = self.bundle.tree();
        let fault = match tree.content(target) {
            Content::Script(Script::Json(Some(fault))) => fault.clone(),
            Content::NotKept if tree.file(target).is_some_and(|file| file.size == 0) => {
                SyntaxFault { message: "Unexpected end of JSON input".into(), exact: true, line: 1 }
            }
            _ => return,
        };
        if self.told.insert(target) {
            self.faults.push((when, Fault::Syntax { file: target, fault, need, node: None }));
        }
    }

    /// Whether an import has the attributes that its target needs (esm.md, "Import attributes").
    fn attributes_fit(&mut self, place: &Place, import: &Import, target: NodeId, json: bool, when: When) -> bool {
        let new = self.node.says_attribute();
        let url = format!("file://{}", self.resolver.shown(target));
        let message = match (&import.attributes, json) {
            (Attributes::Unknown, _) | (Attributes::None, false) => return true,
            (Attributes::Type(kind), true) if &**kind == "json" => return true,
            (Attributes::None, true) if new => {
                format!(
                    "TypeError [ERR_IMPORT_ATTRIBUTE_MISSING]: Module \"{url}\" needs an import attribute of \"type: json\""
                )
            }
            (Attributes::None, true) => {
                format!(
                    "TypeError [ERR_IMPORT_ASSERTION_TYPE_MISSING]: Module \"{url}\" needs an import attribute of type \"json\""
                )
            }
            (Attributes::Type(kind), false) if &**kind == "json" && new => {
                format!("TypeError [ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE]: Module \"{url}\" is not of type \"json\"")
            }
            (Attributes::Type(kind), false) if &**kind == "json" => {
                format!("TypeError [ERR_IMPORT_ASSERTION_TYPE_FAILED]: Module \"{url}\" is not of type \"json\"")
            }
            (Attributes::Type(kind), _) if new => {
                format!(
                    "TypeError [ERR_IMPORT_ATTRIBUTE_UNSUPPORTED]: Import attribute \"type\" with value \"{kind}\" is not supported in {url}"
                )
            }
            (Attributes::Type(kind), _) => {
                format!(
                    "TypeError [ERR_IMPORT_ASSERTION_TYPE_UNSUPPORTED]: Import attribute type \"{kind}\" is unsupported"
                )
            }
            (Attributes::Other(key, value), _) => {
                let of = if new { format!(" in {url}") } else { String::new() };
                format!(
                    "TypeError [ERR_IMPORT_ATTRIBUTE_UNSUPPORTED]: Import attribute \"{key}\" with value \"{value}\" is not supported{of}"
                )
            }
        };
        self.refused(place.clone(), Refusal { failure: Failure::Attribute, message }, when);
        false
    }

    fn fell_back(&mut self, place: Place, id: NodeId) {
        let failure = Failure::NoMain { folder: String::new() };
        let place = Place { need: Need::Optional, ..place };
        let message = String::new();
        self.faults.push((When::Load, Fault::Unresolved { place, failure, message, fallback: Some(id) }));
    }

    fn refused(&mut self, place: Place, refusal: Refusal, when: When) {
        let Refusal { failure, message } = refusal;
        let Failure::NoPackage { name } = failure else {
            self.faults.push((when, Fault::Unresolved { place, failure, message, fallback: None }));
            return;
        };
        if let Some(why) = self.absent(&name, place.file) {
            self.faults.push((when, Fault::Undeclared { place, package: name, why, message }));
        }
    }

    /// Why a package that is not in the bundle will not be there; nothing if step 5 of the update installs it.
    fn absent(&self, package: &str, from: NodeId) -> Option<Absent> {
        if self.bundle.is_installed() {
            return Some(Absent::NotInstalled);
        }
        let root = self.bundle.package.package()?;
        let in_shared = Territory::of(self.bundle.tree().path(from).as_bytes(), self.bundle.names) == Territory::Shared;
        let by_path = in_shared && self.bundle.installs_shared_source();
        if root.installs(package)
            || (by_path && self.bundle.shared_package.package().is_some_and(|shared| shared.installs(package)))
        {
            return None;
        }
        let development = root.declared().iter().any(|found| found.name == package && found.field == "devDependencies");
        Some(if development { Absent::Development } else { Absent::NotDeclared })
    }

    /// A package that is in the bundle's `node_modules`: step 4 of the update deletes it.
    fn check_survives(&mut self, place: Place, package: &str, folder: Option<NodeId>, when: When) {
        let Some(folder) = folder.filter(|_| !self.bundle.is_installed()) else { return };
        let tree = self.bundle.tree();
        let path = tree.path(folder);
        let copy = format!("{}/", self.bundle.names.shared_copy());
        let deleted = path.as_bytes().starts_with(b"node_modules/") && !path.as_bytes().starts_with(copy.as_bytes());
        if deleted && self.absent(package, place.file).is_some() {
            let message = match extension_of(tree.name(place.file)) {
                _ if self.visited.get(&place.file).is_some_and(|(_, _, loaded)| *loaded == LoadedAs::CommonJs) => {
                    format!("Error: Cannot find module '{}'", place.specifier)
                }
                _ => format!(
                    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '{package}' imported from {}",
                    self.resolver.shown(place.file)
                ),
            };
            let package = package.to_owned();
            self.faults.push((when, Fault::Undeclared { place, package, why: Absent::Deleted, message }));
        }
    }

    /// Looks for every name that a file imports.
    fn bind(&mut self, file: NodeId) {
        let Some(module) = self.module(file) else { return };
        let Some((need, ..)) = self.visited.get(&file).copied() else { return };
        for (number, import) in module.imports.iter().enumerate() {
            let linked = self.linked(file, u32::try_from(number).unwrap_or(u32::MAX));
            let is_builtin = self.node.has_builtin(&import.specifier);
            for (name, line) in &import.names {
                let Some(message) = self.missing(linked, import, name, is_builtin) else { continue };
                let target = match linked {
                    Linked::Module(id) | Linked::CommonJs(id) | Linked::Json(id) => Some(id),
                    Linked::Nothing => None,
                };
                if self.faults.len() >= MOST_FAULTS {
                    return;
                }
                let names = target.map(|target| self.names_of(target)).unwrap_or_default();
                let nearest = crate::text::nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
                let place = Place { file, line: *line, specifier: import.specifier.to_string(), need };
                let name = name.to_string();
                self.faults.push((When::Link, Fault::MissingExport { place, name, target, nearest, message }));
            }
        }
    }

    /// What Node says of a name that its target does not export.
    fn missing(&self, linked: Linked, import: &Import, name: &str, is_builtin: bool) -> Option<String> {
        let specifier = &import.specifier;
        let plain =
            || format!("SyntaxError: The requested module '{specifier}' does not provide an export named '{name}'");
        match linked {
            Linked::Module(id) => match self.find_export(id, name) {
                Resolution::Missing => Some(plain()),
                Resolution::Ambiguous => Some(format!(
                    "SyntaxError: The requested module '{specifier}' contains conflicting star exports for name '{name}'"
                )),
                Resolution::Found(..) | Resolution::Unsure => None,
            },
            Linked::CommonJs(id) => (self.exports_as_commonjs(id, name) == Some(false)).then(|| {
                format!(
                    "SyntaxError: Named export '{name}' not found. The requested module '{specifier}' is a CommonJS module, which may not support all module.exports as named exports."
                )
            }),
            Linked::Json(_) => (name != "default").then(plain),
            Linked::Nothing if is_builtin => {
                (self.node.builtin_exports(specifier, name) == Some(false)).then(plain)
            }
            Linked::Nothing => None,
        }
    }
}

/// The extension as Node takes it, with its dot; empty for none.
fn extension_of(name: &[u8]) -> &str {
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0);
    dot.and_then(|dot| std::str::from_utf8(name.get(dot..)?).ok()).unwrap_or("")
}
