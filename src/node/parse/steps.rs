//! What happens in each body while it is read: in which order, under which conditions, and what comes of a failure.

use super::attributes::of_options;
use super::open::{Fated, LoadedBy, NamedModule, OpenAct, OpenBody, OpenLoad, OpenStep, Val};
use super::reader::Reader;
use super::specifiers::Leaving;
use crate::node::bodies::{CallKind, FailureFate};
use crate::node::format::Loader;
use crate::node::modules::{Attributes, Form, Import};
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionExpression, AssignmentExpression, AssignmentTarget, CallExpression,
    Expression, FormalParameters, Function, IdentifierReference, ImportExpression, PropertyDefinition, Statement,
    StringLiteral, ThrowStatement, TryStatement, UnaryOperator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::Span;
use oxc_syntax::scope::ScopeFlags;

impl<'a> Reader<'a, '_> {
    pub(super) fn in_body(&mut self, number: u32, visit: impl FnOnce(&mut Self)) {
        let outer = (std::mem::replace(&mut self.body, number), std::mem::take(&mut self.flow));
        visit(self);
        (self.body, self.flow) = outer;
    }

    pub(super) fn open_body(&mut self) -> Option<&mut OpenBody<'a>> {
        self.bodies_made.get_mut(self.body as usize)
    }

    /// A fate as it is at this place.
    pub(super) fn here(&self, fated: Fated<'a>) -> Fated<'a> {
        if self.flow.is_unsure() {
            return Fated::Is(FailureFate::Nothing);
        }
        match fated {
            Fated::Is(FailureFate::Stops) if self.flow.tries > 0 && self.flow.threw_in_try => {
                Fated::Is(FailureFate::Nothing)
            }
            Fated::Is(FailureFate::Stops) if self.flow.threw => Fated::Is(FailureFate::StopsAfter),
            Fated::Is(FailureFate::Throws) if self.flow.tries > 0 => Fated::Is(FailureFate::Nothing),
            // A handler that throws anew is caught as what it handles would be.
            Fated::Caught(handler, fate) => match self.here(Fated::Is(fate)) {
                Fated::Is(FailureFate::Nothing) => Fated::Is(FailureFate::Nothing),
                Fated::Is(fate) => Fated::Caught(handler, fate),
                other => other,
            },
            other => other,
        }
    }

    /// Whether what stands here happens whenever its body is run.
    fn is_certain(&self) -> bool {
        !matches!(self.here(Fated::Is(FailureFate::Stops)), Fated::Is(FailureFate::Nothing))
    }

    /// Notes a step. What is thrown in it is thrown here, whatever comes of its rejection.
    pub(super) fn step(&mut self, what: OpenAct<'a>, thrown: Fated<'a>, rejected: Fated<'a>) {
        let (thrown, rejected) = (self.here(thrown), self.here(rejected));
        let at = self.at;
        let (is_certain, is_caught) = (self.is_certain(), self.flow.tries > 0);
        if self.dead == 0
            && let Some(body) = self.open_body()
        {
            body.steps.push(OpenStep { thrown, rejected, is_certain, is_caught, what, at });
        }
    }

    /// Notes a load of what is not known here.
    pub(super) fn push_load(&mut self, load: OpenLoad<'a>, fated: Fated<'a>) {
        self.loads.push(load);
        let number = u32::try_from(self.loads.len() - 1).unwrap_or(u32::MAX);
        self.step(OpenAct::Load(number), fated, Fated::Is(FailureFate::Nothing));
    }

    /// Notes that the end of the process, or of the body, may have been here.
    pub(super) fn leaves(&mut self) {
        self.flow.left = true;
    }

    /// Notes that something is thrown here, or the process ends with a failure.
    pub(super) fn throws(&mut self) {
        if self.flow.is_unsure() || self.flow.tries > 0 {
            self.may_throw();
            return;
        }
        self.flow.left = true;
        if let Some(body) = self.open_body() {
            body.is_deadly = true;
        }
    }

    /// Notes that something may be thrown here: a call, an `await`.
    pub(super) fn may_throw(&mut self) {
        (self.flow.threw, self.flow.threw_in_try) = (true, true);
    }

    /// What becomes of the promise that stands there.
    pub(super) fn fate_of(&self, span: Span) -> Fated<'a> {
        self.promises.get(&span).copied().unwrap_or(Fated::Is(FailureFate::Nothing))
    }

    /// Notes what becomes of the promises that an expression gives.
    pub(super) fn settle(&mut self, expression: &Expression<'a>, fated: Fated<'a>) {
        match expression {
            Expression::ImportExpression(import) => {
                self.promises.insert(import.span, fated);
            }
            Expression::NewExpression(new) => {
                self.promises.insert(new.span, fated);
            }
            Expression::CallExpression(call) => self.settle_call(call, fated),
            Expression::ChainExpression(chain) => {
                if let oxc_ast::ast::ChainElement::CallExpression(call) = &chain.expression {
                    self.settle_call(call, fated);
                }
            }
            Expression::ConditionalExpression(either) => {
                self.settle(&either.consequent, fated);
                self.settle(&either.alternate, fated);
            }
            Expression::LogicalExpression(both) => {
                self.settle(&both.right, fated);
            }
            Expression::SequenceExpression(sequence) => {
                if let Some((last, dropped)) = sequence.expressions.split_last() {
                    dropped.iter().for_each(|one| self.settle(one, Fated::Is(FailureFate::Stops)));
                    self.settle(last, fated);
                }
            }
            Expression::UnaryExpression(unary)
                if matches!(unary.operator, UnaryOperator::Void | UnaryOperator::LogicalNot) =>
            {
                self.settle(&unary.argument, Fated::Is(FailureFate::Stops));
            }
            Expression::AssignmentExpression(assignment) => {
                if let AssignmentTarget::AssignmentTargetIdentifier(name) = &assignment.left
                    && let Some(symbol) = self.symbol(name)
                {
                    self.settle(&assignment.right, Fated::Held(symbol));
                }
            }
            Expression::Identifier(name) => {
                if let Some(symbol) = self.symbol(name) {
                    let fated = self.here(fated);
                    self.uses.entry(symbol).or_default().push((fated, self.body));
                }
            }
            _ => {}
        }
    }

    fn settle_call(&mut self, call: &CallExpression<'a>, fated: Fated<'a>) {
        self.promises.insert(call.span, fated);
        let Expression::StaticMemberExpression(member) = &call.callee else { return };
        let handler = match (member.property.name.as_str(), call.arguments.as_slice()) {
            ("catch", [handler, ..]) | ("then", [_, handler, ..]) => Some(handler),
            ("then" | "finally" | "catch", _) => None,
            (name, [Argument::ArrayExpression(array)]) if member.object.is_specific_id("Promise") => {
                let elements: Vec<_> = array.elements.iter().collect();
                let of_each = gathered(name, &elements, fated);
                for element in elements.iter().filter_map(|element| element.as_expression()) {
                    self.settle(element, of_each);
                }
                return;
            }
            _ => return,
        };
        let of_object = match handler.and_then(Argument::as_expression) {
            None => fated,
            Some(handler) if is_deadly(handler) => fated,
            Some(handler) => match fated {
                Fated::Is(fate) => {
                    let handler = self.value(handler);
                    Fated::Caught(self.keep(handler), fate)
                }
                _ => Fated::Is(FailureFate::Nothing),
            },
        };
        self.settle(&member.object, of_object);
    }

    /// Runs a visit of what stands behind a condition: one that is known to hold in the file that the agent begins with alone
    /// gets a body of its own, of which only that file's is run.
    pub(super) fn behind(
        &mut self,
        in_main: Option<bool>,
        truth: Option<bool>,
        asks: bool,
        visit: impl FnOnce(&mut Self),
    ) {
        if in_main != Some(true) || self.bodies > 0 || self.flow.is_unsure() {
            return self.branch(truth, asks, visit);
        }
        let number = u32::try_from(self.bodies_made.len()).unwrap_or(u32::MAX);
        self.bodies_made.push(OpenBody::default());
        let outer = (std::mem::replace(&mut self.body, number), std::mem::take(&mut self.flow));
        visit(self);
        let inner = std::mem::replace(&mut self.flow, outer.1);
        self.body = outer.0;
        let what = OpenAct::Call { callee: Val::Body(number), how: CallKind::Main, arguments: 255, given: None };
        self.step(what, Fated::Is(FailureFate::Throws), Fated::Is(FailureFate::Nothing));
        self.may_throw();
        self.flow.left |= inner.left || inner.broke;
    }

    /// `import()`
    pub(super) fn import_call(&mut self, it: &ImportExpression<'a>) {
        let value = self.value(&it.source);
        if self.is_perhaps(&value) {
            self.computed.push(self.lines.of(it.span.start));
            return self.guarded(|reader| reader.imports_of_call(it));
        }
        self.imports_of_call(it);
    }

    fn imports_of_call(&mut self, it: &ImportExpression<'a>) {
        let line = self.line(it.span);
        let specifiers = self.specifiers(&it.source, Loader::Import);
        if specifiers.is_empty() && self.dead == 0 {
            let (named, by) = (self.value(&it.source), LoadedBy::Import(of_options(it.options.as_ref())));
            let fated = self.fate_of(it.span);
            return self.push_load(OpenLoad { named, by, line, is_told: false }, fated);
        }
        for named in specifiers {
            if self.dead == 0 {
                let attributes = of_options(it.options.as_ref());
                let number = self.add_import_call(named, line, attributes);
                let fated = self.fate_of(it.span);
                self.step(OpenAct::Import(number), fated, Fated::Is(FailureFate::Nothing));
            }
        }
    }

    /// `try`: what it catches is thrown no further.
    pub(super) fn try_statement(&mut self, it: &TryStatement<'a>) {
        let catches = it.handler.as_ref().is_some_and(|handler| !are_deadly(&handler.body.body))
            || it.finalizer.as_ref().is_some_and(|finalizer| may_override(&finalizer.body));
        let (threw, in_try) = (self.flow.threw, self.flow.threw_in_try);
        let rethrows = catches
            && it.finalizer.is_none()
            && it.handler.as_ref().is_some_and(|handler| may_rethrow(&handler.body.body));
        self.flow.tries += u32::from(catches);
        self.flow.rethrows += u32::from(rethrows);
        self.flow.threw_in_try &= !catches;
        self.visit_block_statement(&it.block);
        self.flow.tries -= u32::from(catches);
        self.flow.rethrows -= u32::from(rethrows);
        if catches {
            (self.flow.threw, self.flow.threw_in_try) = (threw, in_try);
        }
        self.guarded(|reader| it.handler.iter().for_each(|handler| reader.visit_catch_clause(handler)));
        it.finalizer.iter().for_each(|finalizer| self.visit_block_statement(finalizer));
    }

    /// A field of a class.
    pub(super) fn property_definition(&mut self, it: &PropertyDefinition<'a>) {
        self.visit_property_key(&it.key);
        let Some(value) = &it.value else { return };
        // A static field is worked out with the class, that is when the file is loaded; others with each object.
        let (this, body) = match self.class {
            Some(class) if it.r#static => (Val::Class(class), self.body),
            Some(class) => (Val::This(class), self.construct_body(class)),
            None => return self.visit_expression(value),
        };
        let outer = std::mem::replace(&mut self.this, this);
        if it.r#static {
            self.visit_expression(value);
        } else {
            self.bodies += 1;
            self.in_body(body, |reader| reader.visit_expression(value));
            self.bodies -= 1;
        }
        self.this = outer;
    }

    /// Parameters, each of whose defaults is a body of its own.
    pub(super) fn formal_parameters(&mut self, it: &FormalParameters<'a>) {
        for (at, parameter) in it.items.iter().enumerate() {
            self.guarded(|reader| reader.visit_binding_pattern(&parameter.pattern));
            if let Some(default) = &parameter.initializer {
                let number = self.body_at(parameter.span);
                let place = u8::try_from(at).unwrap_or(255);
                if let Some(body) = self.open_body() {
                    body.defaults.push((place, number));
                }
                self.in_body(number, |reader| {
                    reader.note_early_default(it, at, default);
                    reader.visit_expression(default);
                });
            }
        }
        it.rest.iter().for_each(|rest| self.visit_formal_parameter_rest(rest));
    }

    /// Runs a visit of what is only done under a condition.
    pub(super) fn guarded(&mut self, visit: impl FnOnce(&mut Self)) {
        self.flow.guards += 1;
        visit(self);
        self.flow.guards -= 1;
    }

    /// The same where that is so, and a visit of what is always done where it is not.
    pub(super) fn guarded_if(&mut self, is_guarded: bool, visit: impl FnOnce(&mut Self)) {
        if is_guarded { self.guarded(visit) } else { visit(self) }
    }

    /// Adds what an `import()` loads, and gives its number.
    pub(super) fn add_import_call(&mut self, named: NamedModule<'a>, line: u32, attributes: Attributes) -> u32 {
        let (specifier, names, located) = (named.specifier.into(), Box::default(), named.located());
        self.imports.push(Import { specifier, located, line, form: Form::Call, names, attributes });
        let number = u32::try_from(self.imports.len() - 1).unwrap_or(u32::MAX);
        self.numbered.entry(named.specifier).or_insert(number);
        number
    }

    /// Runs a visit of a loop or a block with a label: what leaves it leaves nothing else.
    pub(super) fn breakable(&mut self, visit: impl FnOnce(&mut Self)) {
        let broke = self.flow.broke;
        visit(self);
        self.flow.broke = broke;
    }
}

/// Whether a `finally` may put something else in the place of what was thrown: it returns, or leaves a loop.
fn may_override(statements: &[Statement<'_>]) -> bool {
    let mut leaving = Leaving::default();
    statements.iter().for_each(|statement| leaving.visit_statement(statement));
    leaving.the_loop || leaving.the_process
}

/// What becomes of each promise that is given to `Promise.NAME`.
fn gathered<'a>(name: &str, elements: &[&ArrayExpressionElement<'a>], fated: Fated<'a>) -> Fated<'a> {
    let alone = elements.len() == 1;
    // A file that is not there is known before one that is there was loaded (measured with Node 18, 20, 22 and 24).
    let imports = || elements.iter().all(|element| matches!(element, ArrayExpressionElement::ImportExpression(_)));
    match name {
        "all" => fated,
        "race" if alone || imports() => fated,
        "any" if alone => fated,
        _ => Fated::Is(FailureFate::Nothing),
    }
}

/// Whether a handler throws or ends the process with a failure whenever it is called.
pub(super) fn is_deadly(handler: &Expression<'_>) -> bool {
    match handler {
        Expression::ArrowFunctionExpression(arrow) => match arrow.get_expression() {
            Some(expression) => ends_badly(expression),
            None => arrow.get_function_body().is_some_and(|body| are_deadly(&body.statements)),
        },
        Expression::FunctionExpression(function) => {
            function.body.as_ref().is_some_and(|body| are_deadly(&body.statements))
        }
        _ => false,
    }
}

/// Whether statements throw or end the process with a failure, before anything that could leave them otherwise.
pub(super) fn are_deadly(statements: &[Statement<'_>]) -> bool {
    for statement in statements {
        match statement {
            Statement::ThrowStatement(_) => return true,
            Statement::ExpressionStatement(it) if ends_badly(&it.expression) => return true,
            Statement::ExpressionStatement(_)
            | Statement::VariableDeclaration(_)
            | Statement::FunctionDeclaration(_) => {}
            _ => return false,
        }
    }
    false
}

/// Whether statements may throw anew what they were given, and do not ask for a file that is not there.
pub(super) fn may_rethrow(statements: &[Statement<'_>]) -> bool {
    let mut rethrowing = Rethrowing::default();
    statements.iter().for_each(|statement| rethrowing.visit_statement(statement));
    rethrowing.throws && !rethrowing.asks
}

/// What a handler does with what it is given.
#[derive(Default)]
struct Rethrowing {
    /// It throws, ends the process, or leaves a status that is a failure for the end.
    throws: bool,
    /// It asks whether something is not there.
    asks: bool,
}

impl<'a> Visit<'a> for Rethrowing {
    fn visit_throw_statement(&mut self, _: &ThrowStatement<'a>) {
        self.throws = true;
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Expression::StaticMemberExpression(member) = &it.callee
            && member.object.is_specific_id("process")
        {
            self.throws |= fails(member.property.name.as_str(), &it.arguments);
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if let AssignmentTarget::StaticMemberExpression(member) = &it.left {
            self.throws |= member.property.name == "exitCode"
                && member.object.is_specific_id("process")
                && matches!(&it.right, Expression::NumericLiteral(code) if code.value != 0.0);
        }
        walk::walk_assignment_expression(self, it);
    }

    fn visit_string_literal(&mut self, it: &StringLiteral<'a>) {
        self.asks |= ["ENO", "NOT_FOUND", "EEXIST", "EACCES"].iter().any(|code| it.value.contains(code));
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.asks |= it.name == "ReferenceError";
    }

    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}
}

/// `process.exit(1)`, `process.abort()`.
fn ends_badly(expression: &Expression<'_>) -> bool {
    let Expression::CallExpression(call) = expression else { return false };
    let Expression::StaticMemberExpression(member) = &call.callee else { return false };
    member.object.is_specific_id("process") && fails(member.property.name.as_str(), &call.arguments)
}

/// Whether `process.NAME(…)` ends the process with a failure.
pub(super) fn fails(name: &str, arguments: &[Argument<'_>]) -> bool {
    match (name, arguments) {
        ("abort", _) => true,
        ("exit" | "reallyExit", [Argument::NumericLiteral(code)]) => code.value != 0.0,
        ("exit" | "reallyExit", [Argument::UnaryExpression(code)]) => {
            code.operator == UnaryOperator::UnaryNegation
                && matches!(&code.argument, Expression::NumericLiteral(code) if code.value != 0.0)
        }
        ("exit" | "reallyExit", [Argument::StringLiteral(code)]) => {
            code.value.parse::<u8>().is_ok_and(|code| code != 0)
        }
        _ => false,
    }
}
