//! Functions, classes and variables while they are read.

use super::commonjs::{COMMONJS_NAMES, name_exported};
use super::open::{Fated, OpenAct, Val};
use super::reader::Reader;
use crate::node::bodies::{BodyKind, CallKind, FailureFate};
use crate::node::modules::Mention;
use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, BinaryExpression, BindingIdentifier, BindingPattern, Class,
    ClassElement, ComputedMemberExpression, Expression, FormalParameters, MethodDefinitionKind, ObjectExpression,
    ObjectPropertyKind, StaticMemberExpression, VariableDeclarator,
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};
use oxc_syntax::operator::AssignmentOperator;
use oxc_syntax::symbol::{SymbolFlags, SymbolId};

/// What was open around a class.
pub(super) struct OuterClass<'a> {
    class: Option<u32>,
    base: Option<&'a Val<'a>>,
}

impl<'a> Reader<'a, '_> {
    /// Begins a function.
    pub(super) fn open(&mut self, number: u32, kind: BodyKind, parameters: &FormalParameters<'a>) {
        if let Some(body) = self.bodies_made.get_mut(number as usize) {
            body.kind = kind;
            let names = parameters.items.iter().map(|one| one.pattern.get_binding_identifier());
            // What a function fills is known, whatever it is given.
            let filled = &self.fillings.names;
            let known = |name: &SymbolId| !filled.contains_key(name);
            body.parameters = names.map(|name| name.and_then(|name| name.symbol_id.get()).filter(known)).collect();
            let rest = parameters.rest.as_ref().and_then(|rest| rest.rest.argument.get_binding_identifier());
            body.rest = rest.and_then(|name| name.symbol_id.get());
        }
        for (parameter, place) in parameters.items.iter().zip(0..) {
            if let Some(default) = &parameter.initializer {
                let value = self.value(default);
                let body = self.bodies_made.get_mut(number as usize).filter(|_| !matches!(value, Val::Unknown));
                body.into_iter().for_each(|body| body.fallbacks.push((place, value)));
            }
            if matches!(parameter.pattern, BindingPattern::ObjectPattern(_)) {
                self.bind(&parameter.pattern, Val::Parameter(number, place));
            }
        }
    }

    /// Notes what the open body returns.
    pub(super) fn gives(&mut self, value: Val<'a>) {
        if let Some(body) = self.open_body() {
            body.returns += 1;
            body.gives = Some(value);
        }
    }

    /// `export const x`
    pub(super) fn export_where_declared(&mut self, name: &BindingIdentifier<'a>) {
        let symbol = name.symbol_id.get();
        self.exported_where_declared.extend(symbol);
        self.exported.push((name.name.as_str().into(), symbol.map_or(Val::Unknown, Val::Symbol)));
    }

    pub(super) fn bind_name(&mut self, name: &BindingIdentifier<'a>, value: Val<'a>) {
        if let Some(symbol) = name.symbol_id.get() {
            self.inits.insert(symbol, value);
        }
    }

    /// A function that is declared: the last of several counts, and a variable of that name is given another value.
    pub(super) fn bind_function(&mut self, name: &BindingIdentifier<'a>, body: u32) {
        if let Some(symbol) = name.symbol_id.get() {
            let is_variable = self.scoping.symbol_flags(symbol).contains(SymbolFlags::FunctionScopedVariable);
            self.inits.insert(symbol, if is_variable { Val::Unknown } else { Val::Body(body) });
        }
    }

    /// What stands behind a condition: `truth` where it is known to hold or not to.
    pub(super) fn branch(&mut self, truth: Option<bool>, asks: bool, visit: impl FnOnce(&mut Self)) {
        self.typeofs += u32::from(asks);
        match truth {
            Some(true) => visit(self),
            Some(false) => {
                self.dead += 1;
                self.guarded(visit);
                self.dead -= 1;
            }
            None => self.guarded(visit),
        }
        self.typeofs -= u32::from(asks);
    }

    pub(super) fn note_mention(&mut self, name: &'static str, line: u32) {
        self.mentions.push(Mention { name, line, stand_in: None });
        let number = u32::try_from(self.mentions.len() - 1).unwrap_or(u32::MAX);
        self.step(OpenAct::Mention(number), Fated::Is(FailureFate::Throws), Fated::Is(FailureFate::Nothing));
    }

    /// Notes that the open body asks for something of `this` that is no method.
    pub(super) fn reads_this(&mut self) {
        if let Some(body) = self.open_body() {
            body.reads_this = true;
        }
    }

    /// `o.x` where `x` may be a getter, and `this.x`, which what extends the class may have otherwise.
    pub(super) fn note_get(&mut self, it: &StaticMemberExpression<'a>) {
        if matches!(it.object, Expression::ThisExpression(_)) && self.not_read != Some(it.span) {
            self.reads_this();
        }
        let value = match &it.object {
            Expression::Identifier(name) => match self.symbol(name) {
                Some(symbol) => Val::Symbol(symbol),
                None => return,
            },
            Expression::NewExpression(_) => self.value(&it.object),
            Expression::ThisExpression(_) => self.this,
            _ => return,
        };
        if self.has_getters && !matches!(value, Val::Unknown) {
            let callee = Val::Member(self.keep(value), it.property.name.as_str());
            let what = OpenAct::Call { callee, how: CallKind::Get, arguments: 0, given: None };
            self.step(what, Fated::Is(FailureFate::Throws), Fated::Is(FailureFate::Nothing));
        }
    }

    /// `a.b`, where `a` may hold what a file exports, and `a.b.c`, which fails where there is no `a.b`.
    pub(super) fn note_member_use(&mut self, it: &StaticMemberExpression<'a>) {
        self.note_own_use(it);
        let symbol = |reader: &Self, of: &Expression<'a>| match of {
            Expression::Identifier(name) => reader.symbol(name),
            _ => None,
        };
        if let Some(uses) = symbol(self, &it.object).and_then(|symbol| self.member_uses.get_mut(symbol.index())) {
            *uses += 1;
        }
        if let (false, Expression::StaticMemberExpression(of)) = (it.optional, &it.object) {
            // `a.b.c`, and `a.b.c.d`, where `a.b` may hold what a file exports.
            let (named, between) = match &of.object {
                Expression::StaticMemberExpression(inner) if !of.optional && !inner.optional => {
                    (&inner.object, Some(inner.property.name.as_str()))
                }
                named => (named, None),
            };
            let Some(symbol) = symbol(self, named) else { return };
            if !self.inits.get(&symbol).is_some_and(Val::may_be_exports) {
                return;
            }
            let root = self.keep(Val::Symbol(symbol));
            let object = between.map_or(root, |name| self.keep(Val::Member(root, name)));
            let callee = Val::Member(object, of.property.name.as_str());
            let what = OpenAct::Call { callee, how: CallKind::Read, arguments: 0, given: None };
            self.step(what, Fated::Is(FailureFate::Throws), Fated::Is(FailureFate::Nothing));
        }
    }

    pub(super) fn enter_class(&mut self, class: &Class<'a>, number: u32) -> OuterClass<'a> {
        let base = self.classes.get(number as usize).and_then(|class| class.base);
        let construct = self.construct_body(number);
        let callee = match constructor_of(class) {
            Some(span) => Some((Val::Body(self.body_at(span)), CallKind::Call)),
            None => base.map(|base| (*base, CallKind::Super)),
        };
        if let Some(body) = self.bodies_made.get_mut(construct as usize) {
            (body.is_construct, body.is_method) = (true, true);
        }
        if let Some((callee, how)) = callee {
            self.in_body(construct, |reader| {
                let what = OpenAct::Call { callee, how, arguments: 255, given: None };
                reader.step(what, Fated::Is(FailureFate::Throws), Fated::Is(FailureFate::Nothing));
            });
        }
        if let Some(base @ (Val::Member(..) | Val::Symbol(_))) = base {
            let what = OpenAct::Call { callee: *base, how: CallKind::Extend, arguments: 0, given: None };
            self.step(what, Fated::Is(FailureFate::Throws), Fated::Is(FailureFate::Nothing));
        }
        let outer = OuterClass { class: self.class, base: self.base.take() };
        (self.class, self.base) = (Some(number), base);
        outer
    }

    pub(super) fn leave_class(&mut self, outer: OuterClass<'a>) {
        (self.class, self.base) = (outer.class, outer.base);
    }

    pub(super) fn construct_body(&self, class: u32) -> u32 {
        self.classes.get(class as usize).and_then(|class| class.construct).unwrap_or(u32::MAX)
    }

    pub(super) fn note_variable(&mut self, declarator: &VariableDeclarator<'a>) {
        let Some(init) = &declarator.init else { return };
        self.note_list(declarator);
        self.note_held(declarator);
        let value = self.value(init);
        if !matches!(value, Val::Unknown) {
            self.bind(&declarator.id, value);
        }
        if let Some(symbol) = declarator.id.get_binding_identifier().and_then(|name| name.symbol_id.get()) {
            self.settle(init, Fated::Held(symbol));
            if self.note_idle(init) && !self.is_mutated(symbol) {
                self.idle_promises.insert(symbol);
            }
        }
    }

    /// Visits an object with its members.
    pub(super) fn object_expression(&mut self, it: &ObjectExpression<'a>) {
        let outer = std::mem::replace(&mut self.object_of, self.numbers.get(&it.span).copied());
        for property in &it.properties {
            match property {
                // Nothing is taken one by one here: what stands for nothing is spread, too.
                ObjectPropertyKind::SpreadProperty(spread) => {
                    self.note_namespace(&spread.argument, None);
                    self.visit_expression(&spread.argument);
                }
                ObjectPropertyKind::ObjectProperty(property) => self.visit_object_property(property),
            }
        }
        self.object_of = outer;
    }

    /// `module.exports = …`, `exports.a = …`, `globalThis.require = …`.
    pub(super) fn note_assignment(&mut self, it: &AssignmentExpression<'a>) {
        self.not_read = Some(it.left.span()).filter(|_| it.operator == AssignmentOperator::Assign);
        let member = match &it.left {
            AssignmentTarget::StaticMemberExpression(member) => member,
            AssignmentTarget::ComputedMemberExpression(member) => {
                if let Expression::StringLiteral(name) = &member.expression
                    && self.is_of_helper(name.value.as_str(), &member.object, &it.right)
                {
                    return;
                }
                return self.note_computed_assignment(member);
            }
            _ => return,
        };
        let name = member.property.name.as_str();
        self.note_exported_at(member, &it.right);
        self.note_status(member, it);
        if let Some(exported) = name_exported(member, self.scoping) {
            self.note_exported_by_assignment(exported, &it.right);
            return;
        }
        match &member.object {
            of if self.fills(of) || self.is_of_helper(name, of, &it.right) => {}
            Expression::Identifier(of) if self.symbol(of).is_none() => {
                let is_global = matches!(of.name.as_str(), "globalThis" | "global");
                if let Some(name) = COMMONJS_NAMES.iter().find(|known| is_global && **known == name) {
                    let value = self.value(&it.right);
                    self.sets_require |= *name == "require" && self.is_own_require(&value);
                    self.sets.push(name);
                }
                // `Math.x = …`
                if !is_global && !COMMONJS_NAMES.contains(&of.name.as_str()) {
                    self.assigned.insert(name);
                }
            }
            _ => {
                if let (Expression::Identifier(of), "length") = (&member.object, name)
                    && let Some(symbol) = self.symbol(of)
                {
                    self.is_another(symbol);
                }
                self.note_given_member(member, it);
                if matches!(member.object, Expression::ThisExpression(_)) {
                    self.own.is_open |= self.this_is_exports();
                } else {
                    self.assigned_to_others.insert(name);
                    self.note_replaced_in_import(member);
                }
                if !self.assigned.insert(name) {
                    self.assigned_anew.insert(name);
                }
            }
        }
    }

    /// `this.x = …` in a constructor.
    fn note_given_member(&mut self, member: &StaticMemberExpression<'a>, it: &AssignmentExpression<'a>) {
        let (Val::This(number), Expression::ThisExpression(_)) = (self.this, &member.object) else { return };
        let is_constructor = self.classes.get(number as usize).and_then(|class| class.constructor) == Some(self.body);
        if is_constructor && it.operator.is_assign() && !self.flow.is_unsure() && self.flow.tries == 0 {
            let value = self.value(&it.right);
            let class = self.classes.get_mut(number as usize).filter(|_| !matches!(value, Val::Unknown));
            class.into_iter().for_each(|class| class.given.push((member.property.name.as_str(), value)));
        }
    }

    /// `o['x'] = …`, `o[x] = …`: any member of `o` may be another one.
    fn note_computed_assignment(&mut self, member: &ComputedMemberExpression<'a>) {
        self.note_exported_by_any_name(member);
        if self.fills(&member.object) && matches!(member.expression, Expression::StringLiteral(_)) {
            return;
        }
        if let Expression::StringLiteral(name) = &member.expression {
            self.assigned.insert(name.value.as_str());
            self.assigned_to_others.insert(name.value.as_str());
            self.assigned_anew.insert(name.value.as_str());
        } else if let (Expression::ThisExpression(_), Val::This(class)) = (&member.object, self.this) {
            self.classes.get_mut(class as usize).into_iter().for_each(|class| class.is_open = true);
        } else if member.object.is_specific_id("arguments") {
            self.changes_arguments = true;
        } else if let Expression::Identifier(of) = &member.object
            && let Some(symbol) = self.symbol(of)
            && matches!(self.inits.get(&symbol), Some(Val::Class(_) | Val::New(..)))
        {
            self.is_another(symbol);
        }
    }

    /// `throw Error('Dynamic require of "' + x + '" is not supported')`: what esbuild, rolldown and bun put in the place of a
    /// `require` that is not there.
    pub(super) fn note_stand_in(&mut self, thrown: &Expression<'a>) {
        let arguments = match thrown {
            Expression::CallExpression(call) if call.callee.is_specific_id("Error") => &call.arguments,
            Expression::NewExpression(new) if new.callee.is_specific_id("Error") => &new.arguments,
            _ => return,
        };
        let Some(Argument::BinaryExpression(sum)) = arguments.first() else { return };
        let BinaryExpression { left, right, .. } = &**sum;
        let (Expression::BinaryExpression(left), Expression::StringLiteral(behind)) = (left, right) else { return };
        let (Expression::StringLiteral(before), Expression::Identifier(_)) = (&left.left, &left.right) else { return };
        if before.value.contains("equire") {
            self.stand_ins.insert(self.body, (before.value.as_str(), behind.value.as_str()));
        }
    }

    pub(super) fn name_stand_in(&mut self, name: Option<&BindingIdentifier<'a>>, body: u32) {
        if let Some(symbol) = name.and_then(|name| name.symbol_id.get())
            && self.stand_ins.contains_key(&body)
        {
            self.named_stand_ins.insert(symbol, body);
        }
    }

    pub(super) fn name_stand_in_of(&mut self, declarator: &VariableDeclarator<'a>) {
        if self.stand_ins.is_empty() {
            return;
        }
        let mut functions: Vec<Span> = Vec::new();
        let mut add = |expression: &Expression<'a>| match expression {
            Expression::FunctionExpression(function) => functions.push(function.span),
            Expression::ArrowFunctionExpression(arrow) => functions.push(arrow.span),
            _ => {}
        };
        match &declarator.init {
            Some(Expression::CallExpression(call)) => {
                call.arguments.iter().filter_map(Argument::as_expression).for_each(&mut add);
            }
            Some(init) => add(init),
            None => {}
        }
        let name = declarator.id.get_binding_identifier();
        for span in functions {
            let body = self.body_at(span);
            self.name_stand_in(name, body);
        }
    }
}

/// Where the constructor of a class stands, if it has one.
pub(super) fn constructor_of(class: &Class<'_>) -> Option<Span> {
    class.body.body.iter().find_map(|element| match element {
        ClassElement::MethodDefinition(method) if method.kind == MethodDefinitionKind::Constructor => {
            Some(method.value.span)
        }
        _ => None,
    })
}
