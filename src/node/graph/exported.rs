//! Whether a module exports a name, through whatever it passes on (ECMA-262, `ResolveExport`).

use super::{GraphWalk, Linked};
use crate::node::format::extension_of;
use crate::node::modules::{ByteOrderMark, Form, Lexer, Module};
use crate::node::resolve::{Loader, Target};
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

/// What a CommonJS file passes all names on of.
enum Reexported {
    /// A file of the bundle.
    File(NodeId),
    /// Something that Node's scanner is not asked about: a builtin, JSON, a file that is not there.
    Nothing,
    /// Something of which nothing is known.
    Unknown,
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
        // A circle of `export *` is no error: this way gives nothing, and another one may still (ECMA-262,
        // `ResolveExport`).
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
        // `export *` never passes on the default export (ECMA-262, `ResolveExport`; measured with 20.20).
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
                // The same binding by two ways is no conflict. Two different ones are, but only for whoever imports the
                // name (measured with 20.20).
                (new, Some(known)) if new == *known => {}
                _ => return Resolution::Ambiguous,
            }
        }
        found.unwrap_or(Resolution::Missing)
    }

    /// Whether Node finds a CommonJS file to export a name; nothing where that cannot be told.
    pub(super) fn exports_as_commonjs(&self, id: NodeId, name: &str) -> Option<bool> {
        // The whole is a name too since Node 23 (esm.md, "CommonJS Namespaces").
        if name == "default" || (name == "module.exports" && self.node.major >= 23) {
            return Some(true);
        }
        let (mut pending, mut seen, mut unsure) = (vec![id], BTreeSet::from([id]), false);
        // Of a file that is imported; of those whose names it passes on it always stays.
        let mut mark = if self.node.major < 22 { ByteOrderMark::Kept } else { ByteOrderMark::Stripped };
        while let Some(id) = pending.pop() {
            // What has a fault of syntax either way was not scanned.
            let module = self.module(id).filter(|it| it.as_commonjs.is_none() || it.as_module.is_none());
            let Some(module) = module else {
                unsure = true;
                continue;
            };
            let found = module.commonjs.by(Lexer::of(self.node), std::mem::replace(&mut mark, ByteOrderMark::Kept));
            let Some(found) = found else { continue };
            if found.names.iter().any(|known| &**known == name) {
                return Some(true);
            }
            for specifier in &found.reexports {
                match self.reexported(id, specifier) {
                    Reexported::File(target) if seen.insert(target) => pending.push(target),
                    Reexported::File(_) | Reexported::Nothing => {}
                    Reexported::Unknown => unsure = true,
                }
            }
        }
        if unsure { None } else { Some(false) }
    }

    /// What a CommonJS file passes all names on of; how Node loads it does not matter yet.
    fn reexported(&self, from: NodeId, specifier: &str) -> Reexported {
        match self.resolver.resolve(specifier, from, Loader::Require) {
            // What is not found is passed over: nothing is said before the code runs.
            Ok(Target::Outside) | Err(_) => Reexported::Nothing,
            Ok(Target::File(id) | Target::Fallback(id)) if self.is_ours(id) => {
                match extension_of(self.sources.tree.name(id)) {
                    ".json" | ".node" => Reexported::Nothing,
                    _ => Reexported::File(id),
                }
            }
            Ok(_) => Reexported::Unknown,
        }
    }

    /// Every name that a module is known to export, for a suggestion.
    pub(super) fn names_of(&self, id: NodeId) -> Vec<String> {
        let (mut pending, mut seen, mut names) = (vec![id], BTreeSet::from([id]), Vec::new());
        while let Some(id) = pending.pop() {
            let Some(module) = self.module(id) else { continue };
            names.extend(module.exports.iter().map(|export| export.name.to_string()));
            let found = module.commonjs.by(Lexer::of(self.node), ByteOrderMark::Stripped);
            names.extend(found.into_iter().flat_map(|found| found.names.iter().map(ToString::to_string)));
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
