//! Circles that lead through `require()` of an ES module, which Node refuses (`ERR_REQUIRE_CYCLE_MODULE`).

use super::{GraphWalk, Linked, LoadPhase, LoadedAs, RequiredModule};
use crate::node::faults::WrongFormat;
use crate::node::modules::{Form, Need};
use crate::tree::nodes::NodeId;
use std::collections::HashSet;

/// What Node adds.
pub(super) const CIRCLE: &str = "A cycle involving require(esm) is not allowed to maintain invariants mandated by the ECMAScript specification. Try making at least part of the dependency in the graph lazily loaded.";

/// What is followed from a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follow {
    /// What is loaded before any code runs.
    Static,
    /// What its loading runs, too.
    All,
}

impl GraphWalk<'_> {
    /// Whether an ES module that is required is just being loaded, or leads back to whoever requires it.
    pub(super) fn check_circle(&mut self, required: &RequiredModule) {
        let RequiredModule { from, line, target, need } = *required;
        if need != Need::Certain {
            return;
        }
        let loading = self.loading();
        let reached = self.closure(&[target], Follow::All);
        let message = if loading.contains(&target) {
            reached.contains(&from).then(|| {
                let (target, from) = (self.resolver.shown(target), self.resolver.shown(from));
                format!("Cannot require() ES Module {target} in a cycle. (from {from}) {CIRCLE}")
            })
        } else {
            self.imports_what_runs(&reached, from).map(|(importer, specifier, file)| {
                let kind = if loading.contains(&file) { "Module" } else { "CommonJS Module" };
                let importer = self.resolver.shown(importer);
                format!("Cannot import {kind} {specifier} in a cycle. (from {importer}) {CIRCLE}")
            })
        };
        if let Some(message) = message {
            let message = format!("Error [ERR_REQUIRE_CYCLE_MODULE]: {message}");
            self.format_fault(from, line, need, LoadPhase::Run, WrongFormat::RequiredInCircle(target), message);
        }
    }

    /// Which of these modules imports a CommonJS file that is running when `from` requires.
    fn imports_what_runs(&self, reached: &HashSet<NodeId>, from: NodeId) -> Option<(NodeId, String, NodeId)> {
        let modules = reached.iter().copied().filter(|id| self.is_module(*id));
        modules.into_iter().find_map(|importer| {
            self.links_of(importer, Follow::Static).into_iter().find_map(|(specifier, linked)| match linked {
                Linked::CommonJs(file) if self.closure(&[file], Follow::All).contains(&from) => {
                    Some((importer, specifier.to_owned(), file))
                }
                _ => None,
            })
        })
    }

    /// What is loaded, and not yet run through, while code runs: whatever the entry point or an `import()` brings.
    fn loading(&self) -> HashSet<NodeId> {
        let called = self.visited.keys().flat_map(|id| {
            let module = self.module(*id);
            let imports = module.into_iter().flat_map(|module| module.imports.iter().enumerate());
            let called = imports.filter(|(_, import)| import.form == Form::Call);
            called.map(|(number, _)| self.linked(*id, u32::try_from(number).unwrap_or(u32::MAX)))
        });
        let called = called.filter_map(|linked| match linked {
            Linked::Module(id) => Some(id),
            _ => None,
        });
        let roots: Vec<_> = self.entry.into_iter().filter(|id| self.is_module(*id)).chain(called).collect();
        self.closure(&roots, Follow::Static)
    }

    fn is_module(&self, id: NodeId) -> bool {
        self.visited.get(&id).is_some_and(|(.., loaded_as)| *loaded_as == LoadedAs::Module)
    }

    /// Everything that these files lead to, themselves included.
    fn closure(&self, roots: &[NodeId], follow: Follow) -> HashSet<NodeId> {
        let (mut pending, mut seen) = (roots.to_vec(), HashSet::new());
        while let Some(id) = pending.pop() {
            if seen.insert(id) {
                pending.extend(self.links_of(id, follow).into_iter().filter_map(|(_, linked)| match linked {
                    Linked::Module(id) | Linked::CommonJs(id) => Some(id),
                    _ => None,
                }));
            }
        }
        seen
    }

    /// What a file leads to as it is loaded, with the specifiers.
    fn links_of(&self, id: NodeId, follow: Follow) -> Vec<(&str, Linked)> {
        let imports = self.module(id).into_iter().flat_map(|module| module.imports.iter().zip(0..));
        let followed = imports.filter(|(import, number)| match import.form {
            Form::Static | Form::Star => true,
            Form::Require | Form::CreatedRequire | Form::MainRequire => {
                follow == Follow::All && self.reached.imports.contains(&(id, *number))
            }
            _ => false,
        });
        let linked = followed.map(|(import, number)| (&*import.specifier, self.linked(id, number)));
        linked.collect()
    }
}
