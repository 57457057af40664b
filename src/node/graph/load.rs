//! From an import to the file it leads to: as what Node takes that, and what it says where it does not.

use super::exported::suffix_of;
use super::{FileLoad, GraphStep, GraphWalk, Linked, LoadPhase, LoadedAs, RequiredModule};
use crate::node::faults::{ImportPlace, WrongFormat};
use crate::node::format::ModuleFormat;
use crate::node::modules::{FolderName, Import, Module, ModuleSyntax, Need};
use crate::node::resolve::{Loader, ResolveFailure, ResolveRefusal};
use crate::tree::nodes::NodeId;
use std::borrow::Cow;

impl GraphWalk<'_> {
    /// What an import names, as Node is given it.
    pub(super) fn specifier_of<'i>(&self, file: NodeId, import: &'i Import) -> Cow<'i, str> {
        let folder = self.sources.tree.parent(file);
        match (&import.located, folder) {
            (Some(located), Some(folder)) => {
                let mut folder = self.resolver.shown(folder);
                for _ in 0..located.up {
                    folder.truncate(folder.rfind('/').unwrap_or_default());
                }
                Cow::Owned(format!("{folder}{}", located.behind))
            }
            _ => Cow::Borrowed(&import.specifier),
        }
    }

    /// Whether this Node has the name by which a file names its own folder.
    pub(super) fn knows_folder(&self, import: &Import) -> bool {
        import.located.as_ref().is_none_or(|located| self.has_folder_name(located.folder))
    }

    pub(super) fn has_folder_name(&self, name: FolderName) -> bool {
        name == FolderName::Plain || self.node.has_import_meta("dirname")
    }

    /// Follows an import to its file.
    pub(super) fn load(&mut self, load: &FileLoad<'_>) -> Linked {
        let FileLoad { place, target, loader, when, .. } = *load;
        let format = match self.resolver.format(target, loader) {
            Ok(format) => format,
            Err(refusal) => {
                self.refused(place.clone(), refusal, when);
                return Linked::Nothing;
            }
        };
        match format {
            ModuleFormat::Json => {
                if !self.attributes_fit(load, Some("json")) {
                    return Linked::Nothing;
                }
                self.check_json(target, place.need, when);
                Linked::Json(target)
            }
            ModuleFormat::Unknown(extension) => self.unknown_extension(load, extension),
            ModuleFormat::ForeignTypeScript => {
                self.foreign_typescript(load);
                Linked::Nothing
            }
            ModuleFormat::TypeScript => {
                self.not_judged(load, "TypeScript, of which this Node strips the types as it loads it");
                Linked::Nothing
            }
            // As with JSON, `default` is all that there is to import.
            ModuleFormat::Addon if loader == Loader::Import => Linked::Json(target),
            ModuleFormat::Addon => Linked::Nothing,
            ModuleFormat::Wasm => {
                if self.attributes_fit(load, None) {
                    self.not_judged(load, "WebAssembly");
                }
                Linked::Nothing
            }
            ModuleFormat::Module | ModuleFormat::CommonJs | ModuleFormat::Detected | ModuleFormat::DetectedLate => {
                if self.attributes_fit(load, None) {
                    self.load_code(load, &format)
                } else {
                    Linked::Nothing
                }
            }
        }
    }

    /// Whatever Node loads and `check` does not look into.
    pub(super) fn not_judged(&mut self, load: &FileLoad<'_>, what: &'static str) {
        let place = ImportPlace { need: Need::Optional, ..load.place.clone() };
        let failure = ResolveFailure::NotJudged { path: self.sources.tree.path(load.target).to_string(), what };
        self.refused(place, ResolveRefusal { failure, message: String::new() }, load.when);
    }

    fn unknown_extension(&mut self, load: &FileLoad<'_>, extension: String) -> Linked {
        let tree = self.sources.tree;
        let message = format!(
            "TypeError [ERR_UNKNOWN_FILE_EXTENSION]: Unknown file extension \"{extension}\" for {}",
            self.resolver.shown(load.target)
        );
        let failure = ResolveFailure::Extension { extension, path: tree.path(load.target).to_string() };
        self.refused(load.place.clone(), ResolveRefusal { failure, message }, load.when);
        Linked::Nothing
    }

    fn load_code(&mut self, load: &FileLoad<'_>, format: &ModuleFormat) -> Linked {
        let FileLoad { import, place, target, loader, when } = *load;
        let loaded_as = self.loaded_as(target, format);
        if loader == Loader::Require && loaded_as == LoadedAs::Module {
            if !self.node.requires_modules() {
                self.required_module(place, target);
                return Linked::Nothing;
            }
            self.required.push(RequiredModule { from: place.file, line: place.line, target, need: place.need });
        }
        let is_late = *format == ModuleFormat::DetectedLate && self.module(target).is_some_and(is_module_only);
        // With a query the file is another module to `import` than the one that is run for it.
        if is_late && suffix_of(&import.specifier).is_empty() {
            self.module_in_a_circle(place, target);
            return Linked::CommonJs(target);
        }
        let visited_as = if is_late { LoadedAs::Module } else { loaded_as };
        let step = GraphStep { file: target, need: place.need, when, loaded_as: visited_as, loader };
        match place.need {
            Need::Certain => self.sure.push_back(step),
            Need::Optional => self.unsure.push_back(step),
        }
        match loaded_as {
            LoadedAs::Module => Linked::Module(target),
            LoadedAs::CommonJs => Linked::CommonJs(target),
        }
    }

    /// Notes of a file that Node loads as CommonJS that its `await` is a name there, which nothing has. It is run up to there,
    /// and what stands behind that is not reached, or only where the failure is caught.
    pub(super) fn awaits_by_name(&mut self, step: &GraphStep, module: &Module) -> bool {
        let Some((ModuleSyntax::AwaitAsName, line)) = module.module_syntax else { return false };
        let is_loaded = step.loaded_as == LoadedAs::CommonJs;
        if is_loaded {
            let need = if module.may_skip_await { Need::Optional } else { step.need };
            let message = format!("ReferenceError: {}", ModuleSyntax::AwaitAsName.in_commonjs());
            self.format_fault(step.file, line, need, LoadPhase::Run, WrongFormat::ModuleAsCommonJs, message);
        }
        is_loaded
    }

    /// How Node runs a file of that format.
    pub(super) fn loaded_as(&self, id: NodeId, format: &ModuleFormat) -> LoadedAs {
        match format {
            ModuleFormat::Module => LoadedAs::Module,
            // Node tries CommonJS first, and reads the file anew as an ES module only where that failed for what an ES
            // module may have (packages.md, "Syntax detection"). A file that parses as both stays CommonJS.
            ModuleFormat::Detected if self.module(id).is_some_and(is_module_only) => LoadedAs::Module,
            _ => LoadedAs::CommonJs,
        }
    }
}

/// Whether Node reads a file anew as an ES module: where compiling it as CommonJS stops at what only such a module may have, and
/// where it stops at something else that such a module may have and it parses as one (`shouldRetryAsESM`).
fn is_module_only(module: &Module) -> bool {
    let Some(fault) = &module.as_commonjs else { return false };
    let at_syntax = [ModuleSyntax::Import, ModuleSyntax::Export, ModuleSyntax::Meta];
    if at_syntax.iter().any(|syntax| *fault.message == *syntax.in_commonjs()) {
        return true;
    }
    let redeclares =
        WRAPPED.iter().any(|name| *fault.message == *format!("Identifier '{name}' has already been declared"));
    let awaits_by_name = matches!(module.module_syntax, Some((ModuleSyntax::AwaitAsName, _)));
    module.as_module.is_none() && ((module.module_syntax.is_some() && !awaits_by_name) || redeclares)
}

/// Names that CommonJS gives to each file, so that it cannot declare them.
const WRAPPED: [&str; 5] = ["module", "exports", "require", "__filename", "__dirname"];
