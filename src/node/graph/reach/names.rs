//! Names that are used before whatever declares them has run: in a circle of ES modules the file that is reached last runs first.
//!
//! An ES module is evaluated once all that it imports statically was, in the order of the statements (ECMA-262,
//! `InnerModuleEvaluation`); a module that is being waited for already is passed over. So what is open while a file runs has
//! not run, and will not before this file is done, also where one of them awaits.

use super::{MAX_LOOKED_INTO, ReachRun};
use crate::node::faults::WhyUnsettled;
use crate::node::modules::Form;
use crate::node::names::{ALL, BoundName, NameOf, UseOf, WhyUnset};
use crate::tree::nodes::NodeId;
use std::collections::HashSet;

impl ReachRun<'_, '_> {
    /// Why a used name stands for nothing where the run is now.
    pub(super) fn unset(&mut self, file: NodeId, number: u32) -> Option<WhyUnset> {
        let walk = self.walk;
        let used = walk.module(file).filter(|_| self.parses(file))?.names.uses.get(number as usize)?;
        let (of, binding) = match &used.of {
            NameOf::Nothing => return Some(WhyUnset::Undeclared),
            NameOf::Constant => return Some(WhyUnset::Constant),
            NameOf::Below => return Some(WhyUnset::NotYet(file)),
            NameOf::Own(binding) => (file, *binding),
            NameOf::Required(import, name) => return self.half_filled(file, *import, name),
            NameOf::Imported(import, name) => {
                // What is loaded as CommonJS imports nothing by statements.
                let target = self.link(file, *import).filter(|_| self.is_module(file))?;
                self.binding(target, name, 0)?
            }
        };
        // The file is done, or it is another one's `import()` that waits.
        let progress = if self.loaded.contains(&of) { *self.unfinished.get(&of)? } else { 0 };
        match binding {
            BoundName::Lexical(from) if progress < from => Some(WhyUnset::NotYet(of)),
            BoundName::Var(from) if progress < from && !matches!(used.how, UseOf::Read | UseOf::Write | UseOf::All) => {
                Some(WhyUnset::Undefined(of))
            }
            _ => None,
        }
    }

    /// What `require` gives of a file that is being run has only what that said so far.
    fn half_filled(&mut self, file: NodeId, import: u32, name: &str) -> Option<WhyUnset> {
        let walk = self.walk;
        let target = self.link(file, import)?;
        if self.is_module(target) {
            return None;
        }
        let progress = *self.unfinished.get(&target)?;
        let said = &walk.module(target)?.names;
        let at = |name: &str| said.said_at(name);
        // What is not said by name may be there by other means.
        match (at(name), at("=")) {
            (Some(at), None) if progress <= at => Some(WhyUnset::Undefined(target)),
            (None | Some(_), Some(all)) if progress <= all && at(name).is_none_or(|at| progress <= at) => {
                Some(WhyUnset::Undefined(target))
            }
            _ => None,
        }
    }

    /// `await import()` at the top level of what waits for this file: neither goes on.
    pub(super) fn waits_for(&mut self, file: NodeId, number: u32) {
        let walk = self.walk;
        let import = walk.module(file).and_then(|module| module.imports.get(number as usize));
        if let Some(import) = import.filter(|import| import.form == Form::Call)
            && let Some(target) = self.link(file, number)
            && self.is_module(target)
            && self.is_module(file)
            && self.needs_unfinished(target)
        {
            self.found.unsettled.push((file, import.line, WhyUnsettled::Circle(target)));
        }
    }

    /// Whether a module is being loaded, or imports one that is, also through others: whoever asks for it waits for that one, even
    /// where it has run itself, as the circle is done at once (ECMA-262, `[[CycleRoot]]`).
    fn needs_unfinished(&mut self, module: NodeId) -> bool {
        let (mut pending, mut seen) = (vec![module], HashSet::from([module]));
        while let Some(of) = pending.pop() {
            if self.unfinished.contains_key(&of) {
                return true;
            }
            if seen.len() <= MAX_LOOKED_INTO {
                pending.extend(self.static_imports(of).filter(|target| seen.insert(*target)));
            }
        }
        false
    }

    /// Which file declares what another one exports by a name, and when it is there.
    fn binding(&mut self, file: NodeId, name: &str, depth: u32) -> Option<(NodeId, BoundName)> {
        let walk = self.walk;
        if depth > 32 || !self.is_module(file) {
            return None;
        }
        let module = walk.module(file)?;
        if name == ALL {
            let lexical = |binding| matches!(binding, BoundName::Lexical(_));
            let own = module.exports.iter().find(|export| export.from.is_none() && lexical(export.binding));
            return own.map(|export| (file, export.binding));
        }
        if let Some(export) = module.export(name) {
            return match &export.from {
                None => Some((file, export.binding)),
                Some((number, Some(there))) => {
                    let target = self.link(file, *number)?;
                    self.binding(target, there, depth + 1)
                }
                Some((_, None)) => None,
            };
        }
        let exporter = self.star_exporter(file, name)?;
        self.binding(exporter, name, depth + 1)
    }
}
