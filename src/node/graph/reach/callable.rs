//! Calls of what is no function: of all that a file exports, where that is an object.
//!
//! What an ES module imports of CommonJS by default is all of `module.exports` (esm.md, "CommonJS Namespaces"), and never what
//! compilers export by the name `default`; a namespace is no function whatever it is of.

use super::absent::import_of;
use super::{FoundValue, ReachRun};
use crate::node::bodies::{Call, CallKind, NamedValue};
use crate::node::faults::WantedExport;
use crate::node::graph::reached::{AbsentMember, Way};
use crate::node::modules::{Form, Import};
use crate::tree::nodes::NodeId;

impl ReachRun<'_, '_> {
    /// Notes a call of what is surely no function, and gives whether it is one.
    pub(super) fn note_no_function(&mut self, file: NodeId, call: &Call, way: Way) -> bool {
        if !matches!(
            call.how,
            CallKind::Call | CallKind::IfThere | CallKind::Iterate | CallKind::New | CallKind::Extend
        ) {
            return false;
        }
        let walk = self.walk;
        let Some(number) = import_of(&call.callee) else { return false };
        let import = walk.module(file).and_then(|module| module.imports.get(number as usize));
        let Some(import) = import.filter(|_| self.parses(file)) else { return false };
        let target = self.link(file, number);
        let Some(message) = self.no_function(file, call, import, target) else { return false };
        let absent = AbsentMember {
            file,
            import: number,
            line: import.line,
            name: "default".into(),
            target,
            wanted: WantedExport::Function,
            message: message.to_owned(),
        };
        if way != Way::None {
            self.is_absent(absent, way);
        }
        true
    }

    /// What Node says of such a call.
    fn no_function(
        &mut self,
        file: NodeId,
        call: &Call,
        import: &Import,
        target: Option<NodeId>,
    ) -> Option<&'static str> {
        let object = "a TypeError, as an object is no function";
        let by_statement = matches!(import.form, Form::Static);
        let by_import = by_statement || import.form == Form::Call;
        let required = matches!(import.form, Form::Require | Form::CreatedRequire | Form::MainRequire);
        let is_object = match &call.callee {
            // `import * as x`
            NamedValue::Import(_) if by_statement => self.is_module(file) && import.names.is_empty(),
            NamedValue::Import(_) if required => {
                let target = target?;
                if self.is_module(target) { self.lacks(target, "module.exports") } else { self.exports_object(target) }
            }
            NamedValue::Member(of, name) if &**name == "default" && matches!(**of, NamedValue::Import(_)) => {
                let target = target?;
                match self.is_module(target) {
                    true if required => self.lacks(target, "default") && self.lacks(target, "module.exports"),
                    true => return self.wrongly_called(file, call),
                    false if by_import => self.exports_object(target),
                    false => required && self.exports_object(target) && self.lacks_own(target, "default"),
                }
            }
            NamedValue::Member(of, _) if matches!(**of, NamedValue::Import(_)) => {
                return self.wrongly_called(file, call);
            }
            _ => false,
        };
        is_object.then_some(object)
    }

    /// What a call of an object, or of a class without `new`, comes to.
    fn wrongly_called(&mut self, file: NodeId, call: &Call) -> Option<&'static str> {
        let Some(FoundValue::Class(of, number)) = self.value(file, &call.callee, 0) else { return None };
        let class = self.walk.module(of)?.bodies.classes.get(number as usize)?;
        match (class.construct, call.how) {
            (None, _) => Some("a TypeError, as an object is no function"),
            (Some(_), CallKind::Call | CallKind::IfThere | CallKind::Iterate) => {
                Some("a TypeError, as a class is called by `new`")
            }
            _ => None,
        }
    }

    /// Whether all that a CommonJS file exports is surely an object that can't be called.
    fn exports_object(&mut self, file: NodeId) -> bool {
        let module = self.walk.module(file).filter(|_| !self.is_module(file) && self.parses(file));
        module.is_some_and(|module| module.commonjs.own.is_some())
    }
}
