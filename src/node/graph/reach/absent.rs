//! Names that are taken from what a file exports, are not there, and are called: they are `undefined` then, and nothing is said of
//! them when names are bound.

use super::{Failing, FoundValue, ReachRun};
use crate::node::bodies::{Call, CallKind, NamedValue};
use crate::node::graph::reached::{AbsentMember, Way};
use crate::node::modules::Form;
use crate::node::names::{ALL, NameOf, UseOf, WhyUnset};
use crate::tree::nodes::NodeId;

/// What every object has (ECMA-262, "Properties of the Object Prototype Object").
const OF_OBJECTS: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// The import that a member is taken from in the end.
pub(super) fn import_of(value: &NamedValue) -> Option<u32> {
    match value {
        NamedValue::Import(number) => Some(*number),
        NamedValue::Member(of, _) => import_of(of),
        _ => None,
    }
}

/// What Node says where something is done with a member that is not there; nothing where it says nothing.
const fn said_of(how: CallKind) -> Option<&'static str> {
    match how {
        CallKind::Call | CallKind::Iterate => Some("a TypeError, as `undefined` is no function"),
        CallKind::New => Some("a TypeError, as `undefined` is no constructor"),
        CallKind::Extend => Some("TypeError: Class extends value undefined is not a constructor or null"),
        CallKind::Read => Some("a TypeError, as `undefined` has no members"),
        CallKind::IfThere | CallKind::Super | CallKind::Get | CallKind::Later | CallKind::Main => None,
    }
}

impl ReachRun<'_, '_> {
    /// `import * as a from './a.js'; a.gone()`
    pub(super) fn note_absent_name(&mut self, file: NodeId, number: u32, way: Way) {
        let walk = self.walk;
        let Some(used) = walk.module(file).and_then(|module| module.names.uses.get(number as usize)) else { return };
        let (NameOf::Imported(import, name), UseOf::Call | UseOf::New | UseOf::Extends | UseOf::Member(_)) =
            (&used.of, &used.how)
        else {
            return;
        };
        let Some(target) = (way != Way::None).then(|| self.link(file, *import)).flatten() else { return };
        let lacks = if self.is_module(target) {
            self.lacks(target, name)
        } else {
            &**name != ALL && walk.exports_as_commonjs(target, name) == Some(false)
        };
        if lacks {
            let (import, name, line) = (*import, name.clone(), used.line);
            let message = used.message(&WhyUnset::Undefined(target));
            self.is_absent(AbsentMember::of_a_file((file, import, line), name, target, message), way);
        }
    }

    /// `const a = require('./a'); a.gone()`
    pub(super) fn note_absent_member(&mut self, file: NodeId, call: &Call, way: Way) {
        let NamedValue::Member(of, name) = &call.callee else { return };
        let (number, is_default) = match &**of {
            NamedValue::Import(number) => (*number, false),
            NamedValue::Member(of, of_name) if &**of_name == "default" => match &**of {
                NamedValue::Import(number) => (*number, true),
                _ => return self.note_absent_within(file, call, way),
            },
            _ => return self.note_absent_within(file, call, way),
        };
        let Some(message) = said_of(call.how) else { return };
        let walk = self.walk;
        let may_be_there = &**name == "*" || OF_OBJECTS.contains(&&**name);
        let import = walk.module(file).and_then(|module| module.imports.get(number as usize));
        let Some(import) = import.filter(|_| !may_be_there && way != Way::None && !self.patched.contains(&**name))
        else {
            return;
        };
        let Some(target) = self.link(file, number) else { return };
        // What compilers wrap the exports in gives them a `default`.
        let by_import = matches!(import.form, Form::Static | Form::Call);
        if &**name == "default" && !(is_default && by_import && !self.is_module(target)) {
            return;
        }
        // What `import()` gives at first is a promise.
        if import.form == Form::Call && matches!(&**name, "then" | "catch" | "finally") {
            return;
        }
        let lacks = match (import.form, self.is_module(target)) {
            // All of a CommonJS file is what an ES module imports of it by default (esm.md, "CommonJS Namespaces").
            (Form::Static | Form::Call, false) if is_default => self.lacks_own(target, name),
            // `default` is the exports themselves, or is not there.
            (Form::Require | Form::CreatedRequire | Form::MainRequire, false)
                if is_default && call.how != CallKind::Read =>
            {
                self.lacks_own(target, name) && self.lacks_own(target, "default")
            }
            (Form::Require | Form::CreatedRequire | Form::MainRequire, false) if !is_default => {
                self.lacks_own(target, name)
            }
            // What it exports by this name is what `require` gives (modules.md, "Loading ECMAScript modules using require()").
            (Form::Require | Form::CreatedRequire | Form::MainRequire | Form::Call, true) if !is_default => {
                self.lacks(target, name) && self.lacks(target, "module.exports")
            }
            // All that it exports, in a variable.
            (Form::Static, true) if !is_default => import.names.is_empty() && self.lacks(target, name),
            (Form::Static, true) => return self.note_absent_within(file, call, way),
            _ => false,
        };
        if lacks {
            let (line, name, message) = (import.line, name.clone(), message.to_owned());
            self.is_absent(AbsentMember::of_a_file((file, number, line), name, target, message), way);
        }
    }

    /// `a.b.gone()`, where `a.b` is all that an ES module exports: `export * as b from './b.js'`
    fn note_absent_within(&mut self, file: NodeId, call: &Call, way: Way) {
        let NamedValue::Member(of, name) = &call.callee else { return };
        let Some((message, number)) = said_of(call.how).zip(import_of(of)).filter(|_| way != Way::None) else { return };
        let may_be_there = &**name == "*" || OF_OBJECTS.contains(&&**name) || self.patched.contains(&**name);
        let walk = self.walk;
        let Some(import) = walk.module(file).and_then(|module| module.imports.get(number as usize)) else { return };
        let (line, name) = (import.line, name.clone());
        if may_be_there || !self.parses(file) {
            return;
        }
        if let Some(FoundValue::Exports(target)) = self.value(file, of, 0)
            && self.is_module(target)
            && self.lacks(target, &name)
        {
            let message = message.to_owned();
            self.is_absent(AbsentMember::of_a_file((file, number, line), name, target, message), way);
        }
    }

    pub(super) fn is_absent(&mut self, member: AbsentMember, way: Way) {
        if !self.parses(member.file) || member.target.is_some_and(|target| !self.parses(target)) {
            return;
        }
        let is_known = |known: &AbsentMember| {
            (known.file, known.import, known.target) == (member.file, member.import, member.target)
                && known.name == member.name
        };
        let file = member.file;
        let place = self.absent.iter().position(is_known).unwrap_or_else(|| {
            self.absent.push(member);
            self.absent.len() - 1
        });
        self.may_fail(file, Failing::Absent(place), way);
    }

    /// Whether a file is written as what it is loaded as; one that is not has a fault of its own.
    pub(super) fn parses(&self, file: NodeId) -> bool {
        let module = self.walk.module(file);
        module.is_some_and(|module| {
            let fault = if self.is_module(file) { &module.as_module } else { &module.as_commonjs };
            fault.is_none() && module.not_parsed.is_none()
        })
    }

    /// Whether an ES module surely has no export of a name.
    pub(super) fn lacks(&mut self, file: NodeId, name: &str) -> bool {
        let stars = self.stars(file);
        let lacks = |of: NodeId| {
            let module = self.walk.module(of).filter(|_| self.is_module(of) && self.parses(of));
            module.is_some_and(|module| module.export(name).is_none())
        };
        name != ALL && stars.are_all && stars.files.iter().all(|of| lacks(*of))
    }

    /// Whether a CommonJS file surely gives its exports no such name.
    pub(super) fn lacks_own(&mut self, file: NodeId, name: &str) -> bool {
        let stars = self.stars(file);
        let lacks = |of: NodeId| {
            let module = self.walk.module(of).filter(|_| !self.is_module(of) && self.parses(of));
            // What stands for the prototype may have any.
            module
                .and_then(|module| module.commonjs.own.as_ref())
                .is_some_and(|own| !own.has(name) && !own.has("__proto__"))
        };
        stars.are_all && stars.files.iter().all(|of| lacks(*of))
    }
}
