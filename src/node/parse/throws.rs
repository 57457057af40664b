//! Expressions that throw whatever happens: a member of `undefined`, a call of what is no function, a value that is given to
//! what cannot take it.

use super::open::{Fated, Val};
use super::open_names::ConstantValue;
use super::reader::Reader;
use super::values::BuiltinMember;
use crate::node::bodies::{BodyKind, FailureFate};
use crate::node::builtins;
use crate::node::ends::EndsBy;
use oxc_ast::ast::{
    Argument, AssignmentTarget, BindingPattern, CallExpression, Class, ClassElement, Expression, FormalParameters,
    Function, MethodDefinitionKind, NewExpression, ReturnStatement, StaticMemberExpression, Super, UnaryExpression,
    UnaryOperator, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;
use std::fmt;

/// Modules of Node that are functions themselves, or have members of others.
const FUNCTIONS: [&str; 17] = [
    "_stream_duplex",
    "_stream_passthrough",
    "_stream_readable",
    "_stream_transform",
    "_stream_writable",
    "assert",
    "assert/strict",
    "cluster",
    "console",
    "constants",
    "events",
    "module",
    "node:test",
    "process",
    "stream",
    "sys",
    "test",
];
/// What every object has, and what a namespace has.
const OF_OBJECTS: [&str; 9] = [
    "constructor",
    "default",
    "hasOwnProperty",
    "isPrototypeOf",
    "module.exports",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];
/// Methods of arrays that change them.
const CHANGES: [&str; 9] = ["push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill", "copyWithin"];

/// What is done with something that is no function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrongly {
    Called,
    Made,
}

/// What is called, as it is written.
enum Written<'a> {
    Name(&'a str),
    Member(&'a str, &'a str),
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Member(of, name) => write!(f, "{of}.{name}"),
        }
    }
}

impl<'a> Reader<'a, '_> {
    pub(super) fn throws_surely(&mut self, written: impl Into<String>, said: Option<String>, span: Span) {
        let said = said.map(String::into_boxed_str);
        self.push_end(EndsBy::Throw, written.into(), said, Fated::Is(FailureFate::Throws), span);
    }

    /// The same where code is strict, as each ES module is.
    pub(super) fn throws_where_strict(&mut self, written: impl Into<String>, said: Option<String>, span: Span) {
        let before = self.ends.all.len();
        self.throws_surely(written, said, span);
        if let Some(end) = self.ends.all.get_mut(before) {
            end.needs_strict = true;
        }
    }

    /// `null` or `undefined`, as it is printed; nothing of a constant, of which it is not known which of the two.
    pub(super) fn nothing(&self, expression: &Expression<'a>) -> Option<Option<&'static str>> {
        match expression {
            Expression::NullLiteral(_) => Some(Some("null")),
            Expression::UnaryExpression(it) if it.operator == UnaryOperator::Void => Some(Some("undefined")),
            Expression::Identifier(name) => match self.symbol(name) {
                None => (name.name == "undefined").then_some(Some("undefined")),
                Some(symbol) => {
                    let held = self.names.held_by.get(&symbol);
                    (held == Some(&ConstantValue::Nothing) && !self.is_mutated(symbol)).then_some(None)
                }
            },
            _ => None,
        }
    }

    /// `undefined.x`, and `fs.gone.x`
    pub(super) fn note_member_of_nothing(&mut self, it: &StaticMemberExpression<'a>) {
        if it.optional || self.typeofs > 0 {
            return;
        }
        let name = &it.property.name;
        if let Some(what) = self.nothing(&it.object) {
            let said = what.map(|what| format!("TypeError: Cannot read properties of {what} (reading '{name}')"));
            return self.throws_surely("undefined", said, it.span);
        }
        self.note_member_of_given(&it.object, name, it.span);
        if let Expression::StaticMemberExpression(of) = &it.object
            && !of.optional
            && self.is_absent_member(&it.object)
        {
            let said = format!("TypeError: Cannot read properties of undefined (reading '{name}')");
            self.throws_surely("undefined", Some(said), it.span);
        }
    }

    /// `const { a } = undefined`, `const [a] = 1`
    pub(super) fn note_taken_apart(&mut self, it: &VariableDeclarator<'a>) {
        let Some(init) = &it.init else { return };
        let fails = match &it.id {
            BindingPattern::ObjectPattern(_) => self.nothing(init).is_some(),
            BindingPattern::ArrayPattern(_) => self.is_no_list(init),
            _ => false,
        };
        if fails {
            self.throws_surely("undefined", None, it.span);
        }
        self.note_given_taken_apart(it);
    }

    /// Whether something surely has no elements to go through.
    fn is_no_list(&self, expression: &Expression<'a>) -> bool {
        match expression {
            Expression::NumericLiteral(_) | Expression::BooleanLiteral(_) => true,
            Expression::ObjectExpression(object) => object.properties.is_empty(),
            other => self.nothing(other).is_some(),
        }
    }

    /// `for (const x of undefined)`, `[...undefined]`
    pub(super) fn note_gone_through(&mut self, list: &Expression<'a>) {
        if self.is_no_list(list) {
            self.throws_surely("undefined", None, list.span());
        }
    }

    /// Whether an expression is a member that no version of a builtin module has.
    fn is_absent_member(&mut self, expression: &Expression<'a>) -> bool {
        let value = self.value(expression);
        self.builtin(&value).is_some_and(|member| self.is_absent(&member))
    }

    /// Whether no version of a builtin module has a member.
    fn is_absent(&self, (module, name): &BuiltinMember<'a>) -> bool {
        // `fs.promises` is what `fs/promises` exports.
        let (module, name) = match name.strip_prefix("promises.") {
            Some(inner) => match builtins::known_as(&format!("{module}/promises")) {
                Some(module) => (module, inner),
                None => return false,
            },
            None => (*module, &**name),
        };
        let is_known = name.is_empty()
            || name.contains(['.', '*'])
            || FUNCTIONS.contains(&module)
            || OF_OBJECTS.contains(&name)
            || self.assigned.contains(name)
            || !builtins::is_complete(module)
            || builtins::export(module, name).is_some()
            || builtins::only_of_default(module, name).is_some()
            || builtins::unset(module, name).is_some();
        !is_known
    }

    pub(super) fn note_wrong_call(
        &mut self,
        call: &CallExpression<'a>,
        callee: &Val<'a>,
        builtin: Option<&BuiltinMember<'a>>,
    ) {
        if call.optional {
            return;
        }
        self.note_no_function(&call.callee, callee, builtin, Wrongly::Called, call.span);
        self.note_misused(callee, &call.arguments, false, call.span);
        if let Expression::StaticMemberExpression(member) = &call.callee
            && CHANGES.contains(&member.property.name.as_str())
            && self.is_frozen(&member.object)
        {
            self.throws_surely("Object.freeze", None, call.span);
        }
        let argument = call.arguments.first().and_then(Argument::as_expression);
        let Expression::StaticMemberExpression(member) = &call.callee else { return };
        let of = match &member.object {
            Expression::Identifier(name) if self.symbol(name).is_none() => name.name.as_str(),
            _ => return,
        };
        match (of, member.property.name.as_str(), argument) {
            ("JSON", "parse", Some(text)) => {
                let value = self.value(text);
                if self.constant_text(&value).is_some_and(|text| super::json_fault(&text).is_some()) {
                    self.throws_surely("JSON.parse", None, call.span);
                }
            }
            // What a namespace has cannot be changed.
            (
                "Object" | "Reflect",
                "assign" | "defineProperty" | "defineProperties",
                Some(Expression::Identifier(name)),
            ) if of == "Object"
                && call.arguments.len() > 1
                && self.symbol(name).is_some_and(|symbol| self.is_namespace(symbol)) =>
            {
                self.throws_surely("namespace", None, call.span);
            }
            _ => {}
        }
    }

    pub(super) fn note_wrong_construction(
        &mut self,
        new: &NewExpression<'a>,
        callee: &Val<'a>,
        builtin: Option<&BuiltinMember<'a>>,
    ) {
        self.note_no_function(&new.callee, callee, builtin, Wrongly::Made, new.span);
        self.note_misused(callee, &new.arguments, true, new.span);
        if let (Expression::Identifier(name), [Argument::StringLiteral(text)]) = (&new.callee, new.arguments.as_slice())
            && name.name == "URL"
            && self.symbol(name).is_none()
            && !text.value.contains(':')
        {
            let said = "TypeError [ERR_INVALID_URL]: Invalid URL".to_owned();
            self.throws_surely("new URL", Some(said), new.span);
        }
    }

    fn note_no_function(
        &mut self,
        callee: &Expression<'a>,
        value: &Val<'a>,
        builtin: Option<&BuiltinMember<'a>>,
        how: Wrongly,
        span: Span,
    ) {
        let is = match how {
            Wrongly::Called => "is not a function",
            Wrongly::Made => "is not a constructor",
        };
        let written = match callee {
            Expression::Identifier(name) => Written::Name(name.name.as_str()),
            Expression::StaticMemberExpression(member) if !member.optional => match &member.object {
                Expression::Identifier(of) => Written::Member(of.name.as_str(), member.property.name.as_str()),
                _ => return,
            },
            _ => return,
        };
        if self.nothing(callee).is_some() || self.is_no_function(callee, value, builtin, how) {
            let said = format!("TypeError: {written} {is}");
            return self.throws_surely(written.to_string(), Some(said), span);
        }
        if let (Wrongly::Called, Some(Val::Class(class))) = (how, self.declared_as(callee))
            && self.classes.get(class as usize).is_some_and(|class| class.construct.is_some())
        {
            self.throws_surely(written.to_string(), None, span);
        }
    }

    /// Whether something is surely no function, or none that `new` takes.
    fn is_no_function(
        &self,
        callee: &Expression<'a>,
        value: &Val<'a>,
        builtin: Option<&BuiltinMember<'a>>,
        how: Wrongly,
    ) -> bool {
        if builtin.is_some_and(|member| self.is_absent(member)) {
            return true;
        }
        if let (Expression::Identifier(name), Some((module, path))) = (callee, builtin)
            && path.is_empty()
        {
            let is_namespace = self.symbol(name).is_some_and(|symbol| self.is_namespace(symbol));
            let by_default = !FUNCTIONS.contains(module) && !matches!(value, Val::Global(_));
            return is_namespace || by_default || (*module == "process" && !matches!(value, Val::Global(_)));
        }
        match (how, self.declared_as(callee)) {
            (Wrongly::Made, Some(Val::Body(body))) => {
                self.arrows.contains(&body)
                    || self.bodies_made.get(body as usize).is_some_and(|body| body.kind != BodyKind::Sync)
            }
            (_, Some(Val::Class(object))) => {
                self.classes.get(object as usize).is_some_and(|object| object.construct.is_none())
            }
            _ => false,
        }
    }

    /// What a name is declared as, if it is given nothing else.
    fn declared_as(&self, name: &Expression<'a>) -> Option<Val<'a>> {
        let Expression::Identifier(name) = name else { return None };
        let symbol = self.symbol(name).filter(|symbol| !self.is_mutated(*symbol))?;
        self.inits.get(&symbol).copied()
    }

    /// `class extends` of what is no class.
    pub(super) fn note_wrong_base(&mut self, class: &Class<'a>) {
        let Some(heritage) = &class.heritage else { return };
        let base = &heritage.expression;
        if matches!(base, Expression::Identifier(_) | Expression::StaticMemberExpression(_)) {
            let value = self.value(base);
            let builtin = self.builtin(&value);
            if self.is_no_function(base, &value, builtin.as_ref(), Wrongly::Made) {
                self.throws_surely("extends", None, base.span());
            }
        }
        let is_no_class = match base {
            Expression::NumericLiteral(_) | Expression::StringLiteral(_) | Expression::ObjectExpression(_) => true,
            base => self.nothing(base) == Some(Some("undefined")),
        };
        if is_no_class {
            self.throws_surely("extends", None, base.span());
        }
        if matches!(base, Expression::NullLiteral(_)) {
            return;
        }
        for element in &class.body.body {
            if let ClassElement::MethodDefinition(method) = element
                && method.kind == MethodDefinitionKind::Constructor
                && let Some(body) = &method.value.body
            {
                let mut calls = CallsSuper::default();
                body.statements.iter().for_each(|statement| calls.visit_statement(statement));
                if !calls.super_ && !calls.returns {
                    let number = self.body_at(method.value.span);
                    let said = "ReferenceError: Must call super constructor in derived class before accessing 'this' or returning from derived constructor".to_owned();
                    let span = method.span;
                    self.in_body(number, |reader| reader.throws_surely("constructor", Some(said), span));
                }
            }
        }
    }

    /// `(a = b, b) => …`: a default that needs what comes behind it.
    pub(super) fn note_early_default(
        &mut self,
        parameters: &FormalParameters<'a>,
        at: usize,
        default: &Expression<'a>,
    ) {
        let Expression::Identifier(name) = default else { return };
        let Some(symbol) = self.symbol(name) else { return };
        let behind = parameters.items.iter().skip(at).filter_map(|one| one.pattern.get_binding_identifier());
        if behind.filter_map(|name| name.symbol_id.get()).any(|one| one == symbol) {
            let said = format!("ReferenceError: Cannot access '{}' before initialization", name.name);
            self.throws_surely(name.name.as_str(), Some(said), name.span);
        }
    }

    /// Whether something was made by `Object.freeze`.
    fn is_frozen(&mut self, object: &Expression<'a>) -> bool {
        let value = match object {
            Expression::Identifier(_) | Expression::CallExpression(_) => self.value(object),
            _ => return false,
        };
        let made = match value {
            Val::Symbol(symbol) if !self.is_mutated(symbol) => self.inits.get(&symbol).copied(),
            value => Some(value),
        };
        matches!(made, Some(Val::Call(Val::Member(Val::Global("Object"), "freeze"), [_])))
    }

    /// `o.a = 1`, where `o` is frozen.
    pub(super) fn note_frozen(&mut self, target: &AssignmentTarget<'a>) {
        if let AssignmentTarget::StaticMemberExpression(member) = target
            && self.is_frozen(&member.object)
        {
            self.throws_where_strict("Object.freeze", None, member.span);
        }
    }

    /// `delete o.a`, where `o` is frozen, or a namespace.
    pub(super) fn note_delete(&mut self, it: &UnaryExpression<'a>) {
        if it.operator != UnaryOperator::Delete {
            return;
        }
        let Expression::StaticMemberExpression(member) = &it.argument else { return };
        let is_namespace = matches!(&member.object, Expression::Identifier(name)
            if self.symbol(name).is_some_and(|symbol| self.is_namespace(symbol)));
        if is_namespace || self.is_frozen(&member.object) {
            self.throws_where_strict("delete", None, it.span);
        }
    }
}

/// Whether a constructor calls `super()`, or gives something else back.
#[derive(Default)]
struct CallsSuper {
    super_: bool,
    returns: bool,
}

impl<'a> Visit<'a> for CallsSuper {
    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        self.super_ |= matches!(it.callee, Expression::Super(_));
        walk::walk_call_expression(self, it);
    }

    fn visit_super(&mut self, _: &Super) {}

    fn visit_return_statement(&mut self, _: &ReturnStatement<'a>) {
        self.returns = true;
    }

    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}
}
