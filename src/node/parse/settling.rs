//! Promises that are never settled, and what keeps a process running for which somebody waits all the same.

use super::open::{Fated, OpenAct, Val};
use super::reader::Reader;
use crate::node::bodies::FailureFate;
use crate::node::modules::ModuleSyntax;
use oxc_ast::ast::{Argument, AwaitExpression, Expression, NewExpression};
use oxc_span::Span;

/// Names and calls that are followed for one promise.
const MAX_DEPTH: u32 = 24;
/// Globals that neither wait nor keep anything open.
const IDLE: [&str; 26] = [
    "Array",
    "BigInt",
    "Boolean",
    "Date",
    "Error",
    "Intl",
    "JSON",
    "Map",
    "Math",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "Reflect",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "TypeError",
    "URL",
    "WeakMap",
    "WeakSet",
    "console",
    "parseInt",
    "structuredClone",
];
/// Methods by which a process is mostly kept running.
const KEEPERS: [&str; 10] = [
    "connect",
    "createConnection",
    "createServer",
    "listen",
    "on",
    "resume",
    "setInterval",
    "start",
    "watch",
    "watchFile",
];

impl<'a> Reader<'a, '_> {
    /// `await` outside of functions.
    pub(super) fn note_first_await(&mut self, span: Span) {
        if !self.module.awaits {
            let thrown = self.here(Fated::Is(FailureFate::Throws));
            self.module.may_skip_await = !matches!(thrown, Fated::Is(FailureFate::Throws));
        }
        self.module.awaits = true;
        self.mark(ModuleSyntax::Await, span);
    }

    /// `await new Promise(() => {})`
    pub(super) fn note_await(&mut self, it: &AwaitExpression<'a>) {
        if !self.never_settles(&it.argument, 0) {
            return;
        }
        self.waits.forever.push(self.lines.of(it.span.start));
        let number = u32::try_from(self.waits.forever.len() - 1).unwrap_or(u32::MAX);
        self.at = it.span.start;
        // Nothing is thrown that a `try` could catch.
        let tries = std::mem::take(&mut self.flow.tries);
        self.step(OpenAct::Waits(number), Fated::Is(FailureFate::Throws), Fated::Is(FailureFate::Nothing));
        self.flow.tries = tries;
        // What stands behind it is never reached.
        self.leaves();
    }

    fn never_settles(&mut self, promise: &Expression<'a>, depth: u32) -> bool {
        match promise {
            _ if depth > 8 => false,
            Expression::NewExpression(new) => self.is_idle_promise(new),
            Expression::CallExpression(call) => match (&call.callee, call.arguments.as_slice()) {
                (Expression::StaticMemberExpression(member), [Argument::ArrayExpression(array)])
                    if member.object.is_specific_id("Promise") =>
                {
                    let mut elements = array.elements.iter().filter_map(|element| element.as_expression());
                    match member.property.name.as_str() {
                        "race" => elements.all(|element| self.never_settles(element, depth + 1)),
                        "all" | "allSettled" => elements.any(|element| self.never_settles(element, depth + 1)),
                        _ => false,
                    }
                }
                (Expression::Identifier(_), _) => {
                    let value = self.value(&call.callee);
                    match self.plain(&value) {
                        Val::Body(body) => self.idle_bodies.contains(&body),
                        _ => false,
                    }
                }
                _ => false,
            },
            Expression::Identifier(name) => {
                self.symbol(name).is_some_and(|symbol| self.idle_promises.contains(&symbol))
            }
            Expression::AwaitExpression(awaited) => self.never_settles(&awaited.argument, depth + 1),
            _ => false,
        }
    }

    /// `new Promise(() => {})`: whoever is given what would settle it does not name it.
    fn is_idle_promise(&self, new: &NewExpression<'a>) -> bool {
        let parameters = match (&new.callee, new.arguments.as_slice()) {
            (callee, [Argument::ArrowFunctionExpression(executor)]) if callee.is_specific_id("Promise") => {
                // It throws where it does something that throws.
                let is_empty = executor.get_function_body().is_some_and(|body| body.statements.is_empty());
                is_empty.then_some(&executor.params)
            }
            (callee, [Argument::FunctionExpression(executor)]) if callee.is_specific_id("Promise") => {
                let is_empty = executor.body.as_ref().is_some_and(|body| body.statements.is_empty());
                is_empty.then_some(&executor.params)
            }
            _ => None,
        };
        parameters.is_some_and(|parameters| parameters.items.iter().all(|item| item.initializer.is_none()))
    }

    /// Notes what a variable or a function gives that is never settled.
    pub(super) fn note_idle(&mut self, value: &Expression<'a>) -> bool {
        matches!(value, Expression::NewExpression(_)) && self.never_settles(value, 0)
    }

    /// Notes a call that may keep the process running.
    pub(super) fn note_work(&mut self, callee: &Val<'a>) {
        if self.dead > 0 {
            return;
        }
        if let Val::Member(_, name) = callee
            && KEEPERS.contains(name)
        {
            self.waits.keeps_running = true;
        }
        match self.plain(callee).root() {
            Val::Global("setInterval") => self.waits.keeps_running = true,
            Val::Global(name) if IDLE.contains(&name) => {}
            Val::Body(_) | Val::Class(_) | Val::Text(_) | Val::Filled(_) => {}
            _ => self.waits.does_something = true,
        }
    }

    /// Whether a promise is known to be settled soon.
    pub(super) fn settles(&self, promise: &Val<'a>) -> bool {
        self.settles_within(promise, MAX_DEPTH)
    }

    fn settles_within(&self, promise: &Val<'a>, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match promise {
            Val::Symbol(symbol) if !self.is_mutated(*symbol) => {
                return self.inits.get(symbol).is_some_and(|init| self.settles_within(init, depth));
            }
            Val::Call(Val::Member(of, "then" | "catch" | "finally"), _) => return self.settles_within(of, depth),
            // `new Promise(r => r(x))`
            Val::New(Val::Global("Promise"), [Val::Body(executor)]) => return self.resolves(*executor),
            _ => {}
        }
        let Val::Call(callee, _) = self.plain(promise) else { return false };
        match self.plain(callee) {
            Val::Global(name) => name == "import",
            Val::Member(of, "resolve") => matches!(self.plain(of), Val::Global("Promise")),
            Val::Member(of, "then" | "catch" | "finally") => self.settles_within(of, depth),
            _ => false,
        }
    }

    /// Whether an executor does nothing but settle its promise.
    fn resolves(&self, executor: u32) -> bool {
        let Some(body) = self.bodies_made.get(executor as usize) else { return false };
        match (body.parameters.first(), &body.gives) {
            (Some(Some(resolve)), Some(Val::Call(Val::Symbol(called), _))) => resolve == called && body.returns == 1,
            _ => false,
        }
    }

    /// What a promise that is written down is settled with: `Promise.resolve(x)`, `new Promise(r => r(x))`, `import('x')`,
    /// and what a function gives that is called back by such a one.
    pub(super) fn resolved(&mut self, promise: &Expression<'a>) -> Option<Val<'a>> {
        match promise {
            Expression::CallExpression(call) => {
                let Expression::StaticMemberExpression(member) = &call.callee else { return None };
                match (member.property.name.as_str(), call.arguments.as_slice()) {
                    ("resolve", [given]) if member.object.is_specific_id("Promise") => {
                        given.as_expression().map(|given| self.value(given))
                    }
                    ("then", [_]) => {
                        let value = self.value_of_call(call);
                        self.settles(&value).then_some(value)
                    }
                    _ => None,
                }
            }
            Expression::NewExpression(new) if new.callee.is_specific_id("Promise") => {
                let [Argument::ArrowFunctionExpression(executor)] = new.arguments.as_slice() else { return None };
                let Some(Expression::CallExpression(call)) = executor.get_expression() else { return None };
                let resolve = executor.params.items.first().and_then(|one| one.pattern.get_binding_identifier())?;
                match (&call.callee, call.arguments.as_slice()) {
                    (Expression::Identifier(called), [given]) if self.symbol(called) == resolve.symbol_id.get() => {
                        given.as_expression().map(|given| self.value(given))
                    }
                    _ => None,
                }
            }
            Expression::ImportExpression(_) => Some(self.value(promise)),
            _ => None,
        }
    }
}
