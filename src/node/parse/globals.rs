//! Globals that a file makes of its own: `globalThis.x = …` and its like, and where the global object is handed on.

use super::commonjs::name_exported;
use super::open::Val;
use super::open_names::GLOBAL_OBJECTS;
use super::reader::Reader;
use super::values::name_of_key;
use oxc_ast::ast::{
    Argument, AssignmentTarget, CallExpression, Expression, IdentifierReference, ObjectPropertyKind,
    StaticMemberExpression, UnaryOperator,
};

impl<'a> Reader<'a, '_> {
    pub(super) fn is_global_object(&self, name: &IdentifierReference<'a>) -> bool {
        GLOBAL_OBJECTS.contains(&name.name.as_str()) && self.symbol(name).is_none()
    }

    /// `globalThis[x]`
    pub(super) fn is_taken_from_global(&self, object: &Expression<'a>) -> bool {
        matches!(object, Expression::Identifier(name) if self.is_global_object(name))
    }

    /// `globalThis.x = …`, `this.x = …`
    pub(super) fn note_made_global(&mut self, target: &AssignmentTarget<'a>) {
        match target {
            AssignmentTarget::StaticMemberExpression(member) => {
                let of_this = matches!(member.object, Expression::ThisExpression(_))
                    && matches!(self.this, Val::Unknown)
                    && self.functions > 0;
                if of_this || self.is_taken_from_global(&member.object) {
                    self.names.makes.insert(member.property.name.as_str());
                }
            }
            AssignmentTarget::ComputedMemberExpression(member) if self.is_taken_from_global(&member.object) => {
                match &member.expression {
                    Expression::StringLiteral(name) => {
                        self.names.makes.insert(name.value.as_str());
                    }
                    _ => self.names.makes_unknown = true,
                }
            }
            _ => {}
        }
    }

    /// `Object.assign(globalThis, { x })`, `Object.defineProperty(globalThis, 'x', …)`
    pub(super) fn note_globals_by_call(&mut self, call: &CallExpression<'a>) {
        let Expression::StaticMemberExpression(callee) = &call.callee else { return };
        if callee.object.is_specific_id("Object")
            && matches!(callee.property.name.as_str(), "keys" | "values" | "entries")
            && let Some(of) = call.arguments.first().and_then(Argument::as_expression)
        {
            self.note_namespace(of, None);
        }
        let [Argument::Identifier(target), given @ ..] = call.arguments.as_slice() else { return };
        let is_object = callee.object.is_specific_id("Object") || callee.object.is_specific_id("Reflect");
        if !is_object || !self.is_global_object(target) {
            return;
        }
        match (callee.property.name.as_str(), given) {
            ("assign" | "defineProperties", [Argument::ObjectExpression(object)]) => {
                for property in &object.properties {
                    match property {
                        ObjectPropertyKind::ObjectProperty(property) if name_of_key(&property.key).is_some() => {
                            self.names.makes.extend(name_of_key(&property.key));
                        }
                        _ => self.names.makes_unknown = true,
                    }
                }
            }
            ("defineProperty" | "set", [Argument::StringLiteral(name), ..]) => {
                self.names.makes.insert(name.value.as_str());
            }
            ("keys" | "has" | "getOwnPropertyNames" | "hasOwn" | "getOwnPropertyDescriptor" | "get", _) => {}
            _ => return,
        }
        self.names.held = Some(target.span.start);
    }

    /// `exports.a = …`, `module.exports = …`: where it is said first; `exports.a = void 0` says nothing yet.
    pub(super) fn note_exported_at(&mut self, target: &StaticMemberExpression<'a>, value: &Expression<'a>) {
        let says_nothing = |value: &Expression<'a>| match value {
            Expression::UnaryExpression(it) => it.operator == UnaryOperator::Void,
            Expression::AssignmentExpression(it) => {
                matches!(&it.right, Expression::UnaryExpression(it) if it.operator == UnaryOperator::Void)
                    || matches!(&it.right, Expression::AssignmentExpression(_))
            }
            _ => false,
        };
        if let Some(named) = name_exported(target, self.scoping).filter(|_| !says_nothing(value)) {
            // In a function it may be said at any time.
            let at = if self.body == 0 { target.span.start } else { 0 };
            self.names.exported_at.entry(named).and_modify(|first| *first = at.min(*first)).or_insert(at);
        }
    }

    /// `this` in a function is the global object where the code is not strict.
    pub(super) fn note_this(&mut self) {
        self.reads_this();
        self.names.makes_unknown_in_sloppy |= self.functions > 0 && matches!(self.this, Val::Unknown);
    }
}
