//! What can be wrong with an import that was resolved, and with one that was not.

use super::circles::CIRCLE;
use super::exported::Resolution;
use super::reached::AbsentMember;
use super::{Dependencies, FileLoad, GraphWalk, Linked, LoadPhase, LoadedAs, MAX_FAULTS};
use crate::node::faults::{Absent, FormatFault, ImportPlace, ModuleFault, WantedExport, WrongFormat};
use crate::node::format::extension_of;
use crate::node::installed::installs_folder;
use crate::node::modules::{Form, Import, JudgedScript, Need, SyntaxFault};
use crate::node::package_file::{PackageFile, read_package};
use crate::node::resolve::{Loader, ResolveFailure, ResolveRefusal};
use crate::tree::nodes::{Content, NodeId};
use crate::tree::ownership::Ownership;
use std::collections::HashSet;

/// Names that are not there for which the nearest one is looked for.
const MAX_SUGGESTIONS: u32 = 50;

impl GraphWalk<'_> {
    pub(super) fn required_module(&mut self, place: &ImportPlace, target: NodeId) {
        let shown = self.resolver.shown(target);
        let from = match extension_of(self.sources.tree.name(target)) {
            ".mjs" => String::new(),
            _ => format!(" from {}", self.resolver.shown(place.file)),
        };
        let message = format!("Error [ERR_REQUIRE_ESM]: require() of ES Module {shown}{from} not supported.");
        let how = WrongFormat::Required(target);
        self.format_fault(place.file, place.line, place.need, LoadPhase::Run, how, message);
    }

    /// CommonJS to `import`, and an ES module to what then runs it, which finds that it is being loaded already.
    pub(super) fn module_in_a_circle(&mut self, place: &ImportPlace, target: NodeId) {
        let message = format!(
            "Error [ERR_REQUIRE_CYCLE_MODULE]: Cannot require() ES Module {} in a cycle. {CIRCLE}",
            self.resolver.shown(target)
        );
        let line = self.module(target).and_then(|module| module.module_syntax).map_or(1, |(_, line)| line);
        self.format_fault(target, line, place.need, LoadPhase::Run, WrongFormat::ModuleAsCommonJs, message);
    }

    /// Whether the agent begins with an ES module: there is no `process.mainModule` then, and no `require.main`.
    pub(super) fn has_no_main_module(&self) -> bool {
        self.entry.and_then(|entry| self.visited.get(&entry)).is_some_and(|(.., loaded)| *loaded == LoadedAs::Module)
    }

    pub(super) fn main_module_is_missing(&mut self, place: ImportPlace, when: LoadPhase) {
        // Where it is not certain, the code mostly asks for it first.
        if place.need == Need::Certain {
            let message = "TypeError: Cannot read properties of undefined (reading 'require')".to_owned();
            self.refused(place, ResolveRefusal { failure: ResolveFailure::NoMainModule, message }, when);
        }
    }

    /// TypeScript below `node_modules`.
    pub(super) fn foreign_typescript(&mut self, load: &FileLoad<'_>) {
        let tree = self.sources.tree;
        let extension = extension_of(tree.name(load.target)).to_owned();
        let typed = extension != ".ts" || self.resolver.states_type(load.target);
        let scheme = if load.loader == Loader::Import && typed { "file://" } else { "" };
        let message = format!(
            "Error [ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING]: Stripping types is currently unsupported for files under node_modules, for \"{scheme}{}\"",
            self.resolver.shown(load.target)
        );
        let failure = ResolveFailure::Extension { extension, path: tree.path(load.target).to_string() };
        self.refused(load.place.clone(), ResolveRefusal { failure, message }, load.when);
    }

    /// `require()` of a module that awaits, itself or in what it imports.
    pub(super) fn check_required(&mut self, from: NodeId, line: u32, target: NodeId) {
        let (mut pending, mut seen) = (vec![target], HashSet::from([target]));
        while let Some(id) = pending.pop() {
            let Some(module) = self.module(id) else { continue };
            if module.awaits {
                let message = "Error [ERR_REQUIRE_ASYNC_MODULE]: require() cannot be used on an ESM graph with top-level await. Use import() instead.".to_owned();
                let need = self.visited.get(&target).map_or(Need::Optional, |(need, ..)| *need);
                self.format_fault(from, line, need, LoadPhase::Run, WrongFormat::RequiredAwaits(target), message);
                return;
            }
            for (number, import) in module.imports.iter().enumerate() {
                // `import()` of a module that awaits does not make the importing one wait: `require()` of that one
                // works (measured with 20.20).
                if matches!(import.form, Form::Static | Form::Star)
                    && let Linked::Module(next) = self.linked(id, u32::try_from(number).unwrap_or(u32::MAX))
                    && seen.insert(next)
                {
                    pending.push(next);
                }
            }
        }
    }

    pub(super) fn check_json(&mut self, target: NodeId, need: Need, when: LoadPhase) {
        let tree = self.sources.tree;
        let fault = match (self.sources.scripts.of(tree, target), tree.content(target)) {
            (Some(JudgedScript::Json(Some(fault))), _) => (**fault).clone(),
            (None, Content::NotKept) if tree.file(target).is_some_and(|file| file.size == 0) => {
                SyntaxFault { message: "Unexpected end of JSON input".into(), exact: true, line: 1 }
            }
            _ => return,
        };
        if self.told.insert(target) {
            self.faults.push((when, ModuleFault::Syntax { file: target, fault, need, node: None }));
        }
    }

    pub(super) fn fell_back(&mut self, place: ImportPlace, id: NodeId) {
        let tree = self.sources.tree;
        let folder = tree.parent(id).map(|folder| tree.path(folder).to_string()).unwrap_or_default();
        let failure = ResolveFailure::NoMain { folder };
        let place = ImportPlace { need: Need::Optional, ..place };
        let message = String::new();
        self.faults.push((LoadPhase::Load, ModuleFault::Unresolved { place, failure, message, fallback: Some(id) }));
    }

    pub(super) fn refused(&mut self, place: ImportPlace, refusal: ResolveRefusal, when: LoadPhase) {
        let ResolveRefusal { failure, message } = refusal;
        let mut place = place;
        // What belongs to the system, or to the agent's home beside the bundle, may well be there on a server.
        if matches!(&failure, ResolveFailure::Outside { path } if self.may_be_on_server(path)) {
            place.need = Need::Optional;
        }
        let ResolveFailure::NoPackage { name } = failure else {
            self.faults.push((when, ModuleFault::Unresolved { place, failure, message, fallback: None }));
            return;
        };
        if let Some(why) = self.absent(&name, place.file) {
            self.faults.push((when, ModuleFault::Undeclared { place, package: name, why, message }));
        }
    }

    /// What stands in a `data:` address and is not looked into.
    pub(super) fn address_not_judged(&mut self, place: &ImportPlace, when: LoadPhase) {
        let place = ImportPlace { need: Need::Optional, ..place.clone() };
        let path = place.specifier.chars().take(60).collect();
        let failure = ResolveFailure::NotJudged { path, what: "code or data that stands in the address itself" };
        self.refused(place, ResolveRefusal { failure, message: String::new() }, when);
    }

    /// An absolute path into the bundle where it is now, which may be another place than on the servers.
    pub(super) fn stands_elsewhere(&mut self, place: &ImportPlace, when: LoadPhase) {
        let Some(stands_at) = self.sources.stands_at else { return };
        let specifier = place.specifier.clone();
        if self.sources.dependencies == Dependencies::Installed || !specifier.contains(stands_at) {
            return;
        }
        let path = specifier.split_once(':').map_or(&*specifier, |(_, path)| path).trim_start_matches('/');
        let path = format!("/{path}");
        let message = format!(
            "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '{path}' imported from {}",
            self.resolver.shown(place.file)
        );
        let place = ImportPlace { need: Need::Optional, ..place.clone() };
        let failure = ResolveFailure::Outside { path };
        self.faults.push((when, ModuleFault::Unresolved { place, failure, message, fallback: None }));
    }

    /// Whether something past the bundle may be on the servers: in the agent's home, or where systems keep what is installed.
    fn may_be_on_server(&self, path: &str) -> bool {
        let home = self.sources.here.rsplit_once('/').map_or("", |(home, _)| home);
        let of_home = path.strip_prefix(home).and_then(|rest| rest.strip_prefix('/'));
        of_home.is_some_and(|rest| !rest.contains('/'))
            || ["/etc/", "/lib/", "/opt/", "/proc/", "/run/", "/srv/", "/sys/", "/usr/", "/var/"]
                .iter()
                .any(|folder| path.starts_with(folder))
    }

    /// Why a package that is not in the bundle will not be there; nothing if step 5 of the update installs it.
    fn absent(&self, package: &str, from: NodeId) -> Option<Absent> {
        if self.sources.dependencies == Dependencies::Installed {
            return Some(Absent::NotInstalled);
        }
        let root = self.sources.package.package()?;
        let in_shared = self.sources.ownership.at(from) == Ownership::Shared;
        // What is installed is what the folder that is depended on asks for, which may be another build than the copy.
        let installed = || {
            let (tree, folder) = (self.sources.tree, &self.sources.names.shared_source);
            installs_folder(tree, root, folder).then(|| read_package(tree, &format!("{folder}/package.json")))
        };
        let by_path = || self.installed_shared.get_or_init(installed).as_ref().and_then(PackageFile::package);
        if root.installs(package) || (in_shared && by_path().is_some_and(|shared| shared.installs(package))) {
            return None;
        }
        let development = root.declares("devDependencies", package);
        Some(if development { Absent::Development } else { Absent::NotDeclared })
    }

    /// A package that is in the bundle's `node_modules`: step 4 of the update deletes it.
    pub(super) fn check_survives(
        &mut self,
        place: ImportPlace,
        package: &str,
        folder: Option<NodeId>,
        when: LoadPhase,
    ) {
        let Some(folder) = folder.filter(|_| self.sources.dependencies == Dependencies::ToBeInstalled) else { return };
        let tree = self.sources.tree;
        let path = tree.path(folder);
        let copy = format!("{}/", self.sources.names.shared_copy());
        // Whatever puts the copy of the shared package back puts back the whole folder, with the `node_modules` in it.
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
            self.faults.push((when, ModuleFault::Undeclared { place, package, why: Absent::Deleted, message }));
        }
    }

    /// Looks for every name that a file imports.
    pub(super) fn bind(&mut self, file: NodeId) {
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
                if self.faults.len() >= MAX_FAULTS {
                    return;
                }
                if let Linked::CommonJs(target) = linked
                    && self.quote_in_format_fault(target, &message)
                {
                    continue;
                }
                let nearest = target.and_then(|target| self.nearest_export(target, name));
                let place = ImportPlace { file, line: *line, specifier: import.specifier.to_string(), need };
                let name = name.to_string();
                self.faults.push((
                    LoadPhase::Link,
                    ModuleFault::MissingExport { wanted: WantedExport::Name, place, name, target, nearest, message },
                ));
            }
        }
    }

    /// Tells of what is called and not exported.
    pub(super) fn check_absent_members(&mut self) {
        let absent = std::mem::take(&mut self.reached.absent);
        let handed_on = if absent.is_empty() { HashSet::new() } else { self.handed_on() };
        for absent in absent {
            let AbsentMember { file, import, line, name, target, wanted, message } = absent;
            let import = self.module(file).and_then(|module| module.imports.get(import as usize));
            // What has not been visited fails before it gets there.
            let Some(import) = import.filter(|_| self.visited.contains_key(&file) && self.faults.len() < MAX_FAULTS)
            else {
                continue;
            };
            let (specifier, name) = (import.specifier.to_string(), name.to_string());
            // What is no function does not become one.
            let may_change = wanted == WantedExport::Name && target.is_some_and(|target| handed_on.contains(&target));
            let need = if may_change { Need::Optional } else { Need::Certain };
            let place = ImportPlace { file, line, specifier, need };
            let nearest = match (wanted, target) {
                (WantedExport::Name, Some(target)) => self.nearest_export(target, &name),
                _ => None,
            };
            let fault = ModuleFault::MissingExport { wanted, place, name, target, nearest, message };
            self.faults.push((LoadPhase::Run, fault));
        }
    }

    /// Files whose exports somebody may have changed.
    fn handed_on(&self) -> HashSet<NodeId> {
        let files = self.visited.keys().filter_map(|file| Some((*file, self.module(*file)?)));
        let links = files.flat_map(|(file, module)| module.handed_on.iter().map(move |import| (file, *import)));
        let targets = links.filter_map(|(file, import)| match self.linked(file, import) {
            Linked::CommonJs(target) => Some(target),
            Linked::Module(_) | Linked::Json(_) | Linked::Nothing => None,
        });
        targets.collect()
    }

    /// The name that was meant, perhaps. To look for it goes through all names, so it is done for the first ones only.
    fn nearest_export(&mut self, target: NodeId, name: &str) -> Option<String> {
        self.suggestions += 1;
        if self.suggestions > MAX_SUGGESTIONS {
            return None;
        }
        let names = self.names_of(target);
        crate::text::nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
    }

    /// An ES module that is loaded as CommonJS is found to export nothing: Node says that before it meets the syntax. Gives
    /// whether that fault is known, and is now quoted so.
    fn quote_in_format_fault(&mut self, target: NodeId, message: &str) -> bool {
        for (when, fault) in &mut self.faults {
            if let ModuleFault::Format(FormatFault { file, how: WrongFormat::ModuleAsCommonJs, message: said, .. }) =
                fault
                && *file == target
            {
                if *when != LoadPhase::Link {
                    (*when, *said) = (LoadPhase::Link, message.to_owned());
                }
                return true;
            }
        }
        false
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
                Resolution::Circular(name, at) => {
                    Some(format!("SyntaxError: Detected cycle while resolving name '{name}' in '{at}'"))
                }
                Resolution::Found(..) | Resolution::Unsure => None,
            },
            Linked::CommonJs(id) => (self.exports_as_commonjs(id, name) == Some(false)).then(|| {
                format!(
                    "SyntaxError: Named export '{name}' not found. The requested module '{specifier}' is a CommonJS module, which may not support all module.exports as named exports."
                )
            }),
            // A module of JSON has the default export and no other, whatever its keys (esm.md, "JSON modules"; measured
            // with 20.20).
            Linked::Json(_) => (name != "default").then(plain),
            Linked::Nothing if is_builtin => {
                (self.node.builtin_exports(specifier, name) == Some(false)).then(plain)
            }
            Linked::Nothing => None,
        }
    }
}
