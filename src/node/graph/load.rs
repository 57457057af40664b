//! From an import to the file it leads to: as what Node takes that, and what it says where it does not.

use super::{FileLoad, GraphStep, GraphWalk, Linked, LoadedAs};
use crate::node::format::Format;
use crate::node::modules::{Module, Need};
use crate::node::resolve::{Loader, ResolveFailure, ResolveRefusal};
use crate::tree::nodes::NodeId;

impl GraphWalk<'_> {
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
            Format::Json => {
                if !self.attributes_fit(load, Some("json")) {
                    return Linked::Nothing;
                }
                self.check_json(target, place.need, when);
                Linked::Json(target)
            }
            Format::Unknown(extension) => self.unknown_extension(load, extension),
            Format::ForeignTypeScript | Format::TypeScript => self.typescript(load, &format),
            Format::Addon => Linked::Nothing,
            Format::Wasm => {
                self.attributes_fit(load, None);
                Linked::Nothing
            }
            Format::Module | Format::CommonJs | Format::Detected | Format::DetectedLate => {
                if self.attributes_fit(load, None) { self.load_code(load, &format) } else { Linked::Nothing }
            }
        }
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

    fn load_code(&mut self, load: &FileLoad<'_>, format: &Format) -> Linked {
        let FileLoad { import, place, target, loader, when } = *load;
        let loaded_as = self.loaded_as(target, format);
        if loader == Loader::Require && loaded_as == LoadedAs::Module {
            if !self.node.requires_modules() {
                self.required_module(place, target);
                return Linked::Nothing;
            }
            self.required.push((place.file, place.line, target));
        }
        let is_late = *format == Format::DetectedLate && self.module(target).is_some_and(is_module_only);
        // With a query the file is another module to `import` than the one that is run for it.
        if is_late && !import.specifier.contains(['?', '#']) {
            self.module_in_a_circle(place, target);
            return Linked::CommonJs(target);
        }
        let visited_as = if is_late { LoadedAs::Module } else { loaded_as };
        let step = GraphStep { file: target, need: place.need, when, loaded_as: visited_as };
        match place.need {
            Need::Certain => self.sure.push_back(step),
            Need::Optional => self.unsure.push_back(step),
        }
        match loaded_as {
            LoadedAs::Module => Linked::Module(target),
            LoadedAs::CommonJs => Linked::CommonJs(target),
        }
    }

    /// How Node runs a file of that format.
    pub(super) fn loaded_as(&self, id: NodeId, format: &Format) -> LoadedAs {
        match format {
            Format::Module => LoadedAs::Module,
            // Node tries CommonJS first, and reads the file anew as an ES module only where that failed for what an ES
            // module may have (packages.md, "Syntax detection"). A file that parses as both stays CommonJS.
            Format::Detected if self.module(id).is_some_and(is_module_only) => LoadedAs::Module,
            _ => LoadedAs::CommonJs,
        }
    }
}

/// Whether a file only parses as an ES module.
fn is_module_only(module: &Module) -> bool {
    module.as_module.is_none() && module.as_commonjs.is_some() && module.module_syntax.is_some()
}
