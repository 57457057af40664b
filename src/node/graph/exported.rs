//! Whether a module exports a name, through whatever it passes on (ECMA-262, `ResolveExport`).

use super::{GraphWalk, Linked};
use crate::node::modules::{Form, Module};
use crate::tree::nodes::NodeId;
use std::collections::{BTreeSet, HashSet};

/// What became of looking for a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Resolution {
    /// It is exported: by this module, under this name; nothing for its whole namespace.
    Found(NodeId, Option<Box<str>>),
    /// It is not.
    Missing,
    /// Two `export *` pass on different ones.
    Ambiguous,
    /// It cannot be told, as not everything on the way was read.
    Unsure,
}

/// Modules on the way that are looked into for one name.
const MAX_STEPS: usize = 20_000;

impl GraphWalk<'_> {
    /// Looks for a name in what a module exports.
    pub(super) fn find_export(&self, module: NodeId, name: &str) -> Resolution {
        let mut steps = 0;
        self.export(module, name, &mut HashSet::new(), &mut steps)
    }

    fn export(&self, id: NodeId, name: &str, seen: &mut HashSet<(NodeId, Box<str>)>, steps: &mut usize) -> Resolution {
        *steps += 1;
        // A chain longer than any real one, or deeper than the stack should hold.
        if *steps > MAX_STEPS || seen.len() > 500 {
            return Resolution::Unsure;
        }
        if !seen.insert((id, name.into())) {
            return Resolution::Missing;
        }
        let Some(module) = self.module(id).filter(|module| module.as_module.is_none()) else {
            return Resolution::Unsure;
        };
        if let Some(export) = module.exports.iter().find(|export| &*export.name == name) {
            return match &export.from {
                None => Resolution::Found(id, Some(name.into())),
                Some((import, there)) => match (self.linked(id, *import), there) {
                    (Linked::Module(target), Some(there)) => self.export(target, there, seen, steps),
                    (Linked::Module(target) | Linked::CommonJs(target) | Linked::Json(target), None) => {
                        Resolution::Found(target, None)
                    }
                    // The import itself is what is wrong, or nothing is known of it: the name is there.
                    _ => Resolution::Found(id, Some(name.into())),
                },
            };
        }
        if name == "default" {
            return Resolution::Missing;
        }
        self.through_stars(id, module, name, seen, steps)
    }

    fn through_stars(
        &self,
        id: NodeId,
        module: &Module,
        name: &str,
        seen: &mut HashSet<(NodeId, Box<str>)>,
        steps: &mut usize,
    ) -> Resolution {
        let mut found: Option<Resolution> = None;
        for (number, _) in module.imports.iter().enumerate().filter(|(_, import)| import.form == Form::Star) {
            let passed_on = match self.linked(id, u32::try_from(number).unwrap_or(u32::MAX)) {
                Linked::Module(target) => self.export(target, name, seen, steps),
                Linked::CommonJs(target) => match self.exports_as_commonjs(target, name) {
                    Some(true) => Resolution::Found(target, Some(name.into())),
                    Some(false) => Resolution::Missing,
                    None => Resolution::Unsure,
                },
                Linked::Json(_) => Resolution::Missing,
                Linked::Nothing => Resolution::Unsure,
            };
            match (passed_on, &found) {
                (Resolution::Missing, _) => {}
                (Resolution::Unsure, _) => return Resolution::Unsure,
                (Resolution::Ambiguous, _) => return Resolution::Ambiguous,
                (new, None) => found = Some(new),
                (new, Some(known)) if new == *known => {}
                _ => return Resolution::Ambiguous,
            }
        }
        found.unwrap_or(Resolution::Missing)
    }

    /// Whether Node finds a CommonJS file to export a name; nothing where that cannot be told.
    pub(super) fn exports_as_commonjs(&self, id: NodeId, name: &str) -> Option<bool> {
        // `module.exports` is a name since Node 23.
        if matches!(name, "default" | "module.exports") {
            return Some(true);
        }
        let (mut pending, mut seen, mut unsure) = (vec![id], BTreeSet::from([id]), false);
        while let Some(id) = pending.pop() {
            let Some(module) = self.module(id).filter(|module| module.as_commonjs.is_none()) else {
                unsure = true;
                continue;
            };
            if module.commonjs.names.iter().any(|known| &**known == name) {
                return Some(true);
            }
            unsure |= module.commonjs.unsure;
            for specifier in &module.commonjs.reexports {
                match self.required_commonjs(id, specifier) {
                    Some(target) if seen.insert(target) => pending.push(target),
                    Some(_) => {}
                    None => unsure = true,
                }
            }
        }
        if unsure { None } else { Some(false) }
    }

    /// Every name that a module is known to export, for a suggestion.
    pub(super) fn names_of(&self, id: NodeId) -> Vec<String> {
        let (mut pending, mut seen, mut names) = (vec![id], BTreeSet::from([id]), Vec::new());
        while let Some(id) = pending.pop() {
            let Some(module) = self.module(id) else { continue };
            names.extend(module.exports.iter().map(|export| export.name.to_string()));
            names.extend(module.commonjs.names.iter().map(ToString::to_string));
            for (number, _) in module.imports.iter().enumerate().filter(|(_, import)| import.form == Form::Star) {
                if let Linked::Module(target) = self.linked(id, u32::try_from(number).unwrap_or(u32::MAX))
                    && seen.insert(target)
                {
                    pending.push(target);
                }
            }
        }
        names
    }
}
