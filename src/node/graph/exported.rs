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
    /// It is exported: by this module, under this name.
    Found(Exporter, Box<str>),
    /// Modules pass it on in a circle: its name, and the specifier at which that shows.
    Circular(Box<str>, Box<str>),
    /// It is not.
    Missing,
    /// Two `export *` pass on different ones.
    Ambiguous,
    /// It cannot be told, as not everything on the way was read.
    Unsure,
}

/// What exports a name. Of one file there are as many modules as there are queries and fragments behind its address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Exporter {
    /// A file of the bundle, and what stands behind its address.
    File(NodeId, Box<str>),
    /// Something that is not looked into, by its specifier.
    Elsewhere(Box<str>),
}

/// A module in which a name is looked for.
#[derive(Clone, Copy)]
struct AskedModule<'a> {
    id: NodeId,
    /// What stands behind its address.
    suffix: &'a str,
    name: &'a str,
    /// How another module passes it on by name.
    passed_on_by: Option<&'a PassedOn<'a>>,
}

/// A name that one module passes on by name.
struct PassedOn<'a> {
    from: NodeId,
    name: &'a str,
    specifier: &'a str,
    before: Option<&'a PassedOn<'a>>,
}

impl PassedOn<'_> {
    /// Whether it, or what led to it, asked a module for a name.
    fn leads_through(&self, id: NodeId, name: &str) -> bool {
        (self.from == id && self.name == name) || self.before.is_some_and(|before| before.leads_through(id, name))
    }
}

/// Modules that were asked for names, with what stands behind their addresses.
type AskedModules = HashSet<(NodeId, Box<str>, Box<str>)>;

/// What stands behind the path of a specifier; in `#name` it is no part of an address.
pub(super) fn suffix_of(specifier: &str) -> &str {
    specifier.find(['?', '#']).filter(|at| *at > 0).and_then(|at| specifier.get(at..)).unwrap_or_default()
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
        let asked = AskedModule { id: module, suffix: "", name, passed_on_by: None };
        self.export(asked, &mut AskedModules::new(), &mut 0)
    }

    fn export(&self, asked: AskedModule<'_>, seen: &mut AskedModules, steps: &mut usize) -> Resolution {
        let AskedModule { id, suffix, name, .. } = asked;
        *steps += 1;
        // A chain longer than any real one, or deeper than the stack should hold.
        if *steps > MAX_STEPS || seen.len() > 500 {
            return Resolution::Unsure;
        }
        // A circle of `export *` is no error: this way gives nothing, and another one may still (ECMA-262,
        // `ResolveExport`).
        if !seen.insert((id, suffix.into(), name.into())) {
            return Resolution::Missing;
        }
        let Some(module) = self.module(id).filter(|module| module.as_module.is_none() && module.not_parsed.is_none())
        else {
            return Resolution::Unsure;
        };
        let own = || Resolution::Found(Exporter::File(id, suffix.into()), name.into());
        if let Some(export) = module.export(name) {
            // A namespace under a name is a binding of this module's own: two modules that make it differ (measured).
            let Some((number, Some(there))) = &export.from else { return own() };
            return match module.imports.get(*number as usize) {
                Some(import) => self.passed_on(asked, *number, &import.specifier, there, seen, steps),
                None => own(),
            };
        }
        // `export *` never passes on the default export (ECMA-262, `ResolveExport`; measured with 20.20).
        if name == "default" {
            return Resolution::Missing;
        }
        self.through_stars(id, module, name, seen, steps)
    }

    /// A name that a module passes on by name.
    fn passed_on(
        &self,
        asked: AskedModule<'_>,
        import: u32,
        specifier: &str,
        there: &str,
        seen: &mut AskedModules,
        steps: &mut usize,
    ) -> Resolution {
        let suffix = suffix_of(specifier);
        match self.linked(asked.id, import) {
            Linked::Module(target) => {
                let step = PassedOn { from: asked.id, name: asked.name, specifier, before: asked.passed_on_by };
                if step.leads_through(target, there) {
                    // V8 binds the deepest module first, and so meets the circle where that is passed on.
                    return match asked.passed_on_by {
                        Some(by) if target != asked.id => Resolution::Circular(asked.name.into(), by.specifier.into()),
                        _ => Resolution::Circular(there.into(), specifier.into()),
                    };
                }
                self.export(AskedModule { id: target, suffix, name: there, passed_on_by: Some(&step) }, seen, steps)
            }
            Linked::CommonJs(target) | Linked::Json(target) => {
                Resolution::Found(Exporter::File(target, suffix.into()), there.into())
            }
            // The import itself is what is wrong, or nothing is known of it: the name is there.
            Linked::Nothing => {
                let name = specifier.strip_prefix("node:").unwrap_or(specifier);
                Resolution::Found(Exporter::Elsewhere(name.into()), there.into())
            }
        }
    }

    fn through_stars(
        &self,
        id: NodeId,
        module: &Module,
        name: &str,
        seen: &mut AskedModules,
        steps: &mut usize,
    ) -> Resolution {
        let mut found: Option<Resolution> = None;
        for (number, import) in module.imports.iter().enumerate().filter(|(_, import)| import.form == Form::Star) {
            let suffix = suffix_of(&import.specifier);
            let passed_on = match self.linked(id, u32::try_from(number).unwrap_or(u32::MAX)) {
                Linked::Module(target) => {
                    self.export(AskedModule { id: target, suffix, name, passed_on_by: None }, seen, steps)
                }
                Linked::CommonJs(target) => match self.exports_as_commonjs(target, name) {
                    Some(true) => Resolution::Found(Exporter::File(target, suffix.into()), name.into()),
                    Some(false) => Resolution::Missing,
                    None => Resolution::Unsure,
                },
                Linked::Json(_) => Resolution::Missing,
                Linked::Nothing if self.node.has_builtin(&import.specifier) => {
                    let plain = import.specifier.strip_prefix("node:").unwrap_or(&import.specifier);
                    match self.node.builtin_exports(&import.specifier, name) {
                        Some(true) => Resolution::Found(Exporter::Elsewhere(plain.into()), name.into()),
                        Some(false) => Resolution::Missing,
                        None => Resolution::Unsure,
                    }
                }
                Linked::Nothing => Resolution::Unsure,
            };
            match (passed_on, &found) {
                (Resolution::Missing, _) => {}
                (Resolution::Unsure, _) => return Resolution::Unsure,
                (end @ (Resolution::Ambiguous | Resolution::Circular(..)), _) => return end,
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
            if found.has(name) {
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
