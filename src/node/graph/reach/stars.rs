//! Files that pass on all that others export.

use super::{MAX_LOOKED_INTO, ReachRun, Stars};
use crate::node::bodies;
use crate::node::modules::Form;
use crate::node::resolve::Loader;
use crate::tree::nodes::NodeId;
use std::collections::HashSet;
use std::rc::Rc;

impl ReachRun<'_, '_> {
    /// The file of which a module passes a name on by `export *`, the first in the order of the statements.
    pub(super) fn star_exporter(&mut self, file: NodeId, name: &str) -> Option<NodeId> {
        // ECMA-262, `ResolveExport`.
        if name == "default" {
            return None;
        }
        let stars = self.stars(file);
        for (of, is_first) in stars.files.iter().copied().zip(std::iter::once(true).chain(std::iter::repeat(false))) {
            let Some(module) = self.walk.module(of) else { continue };
            let exports = match (&module.commonjs.own, self.is_module(of)) {
                (_, true) => module.export(name).is_some(),
                (Some(own), false) => own.names.iter().any(|known| **known == *name),
                // It may have any.
                (None, false) => {
                    let is_known = bodies::member(&module.bodies.exports, name)
                        .or_else(|| bodies::member(&module.bodies.exports, "="))
                        .is_some();
                    return Some(of).filter(|_| is_known && !is_first);
                }
            };
            if exports {
                return Some(of).filter(|_| !is_first);
            }
        }
        None
    }

    /// What a file passes on by `export *`; as CommonJS by what compilers make of that.
    pub(super) fn stars(&mut self, file: NodeId) -> Rc<Stars> {
        if let Some(known) = self.stars.get(&file) {
            return Rc::clone(known);
        }
        let (mut pending, mut seen) = (vec![file], HashSet::from([file]));
        let mut stars = Stars { files: Vec::new(), are_all: true };
        while let Some(of) = pending.pop() {
            stars.files.push(of);
            let targets = self.passed_on(of);
            stars.are_all &= targets.iter().all(Option::is_some);
            pending.extend(targets.into_iter().flatten().rev().filter(|target| seen.insert(*target)));
            if seen.len() > MAX_LOOKED_INTO {
                stars.are_all = false;
                break;
            }
        }
        let stars = Rc::new(stars);
        self.stars.insert(file, Rc::clone(&stars));
        stars
    }

    /// Each file whose exports one passes on itself; nothing for one that is not looked into.
    fn passed_on(&mut self, file: NodeId) -> Vec<Option<NodeId>> {
        let Some(module) = self.walk.module(file) else { return Vec::new() };
        if self.is_module(file) {
            let stars = module.imports.iter().zip(0..).filter(|(import, _)| import.form == Form::Star);
            return stars.map(|(_, number)| self.link(file, number)).collect();
        }
        let stars = module.commonjs.own.iter().flat_map(|own| &own.stars);
        stars.map(|specifier| self.resolved_file(specifier, file, Loader::Require)).collect()
    }
}
