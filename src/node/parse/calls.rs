//! Calls: which of them run a callback, and which end the process. Those that load modules are in `requires`.

use super::exported::is_own;
use super::names::Callee;
use super::open::{Fated, ListedTexts, OpenAct, Val};
use super::reader::Reader;
use super::values::name_of_key;
use crate::node::bodies::{self, CallKind, FailureFate, Handled};
use oxc_ast::ast::{Argument, CallExpression, Expression, NewExpression, ObjectPropertyKind};
use oxc_syntax::symbol::SymbolId;

/// Functions that Node calls back once what runs now is done.
const LATER: [&str; 4] = ["setTimeout", "setImmediate", "queueMicrotask", "setInterval"];
/// Methods of arrays that call back for every element.
const EACH: [&str; 12] = [
    "forEach",
    "map",
    "filter",
    "flatMap",
    "some",
    "every",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "reduce",
    "reduceRight",
];
/// Methods that keep what they are given for later.
const WAITS: [&str; 8] = ["on", "once", "addListener", "addEventListener", "then", "catch", "finally", "listen"];
/// Methods of arrays after which there may be no element.
const EMPTIES: [&str; 3] = ["pop", "shift", "splice"];
/// Arguments of a call up to which they are looked at.
const MAX_GIVEN: usize = 8;
/// Methods of arrays that change what they are called of.
const CHANGES: [&str; 6] = ["fill", "reverse", "shift", "sort", "splice", "unshift"];
const NEVER: Fated<'static> = Fated::Is(FailureFate::Nothing);

impl<'a> Reader<'a, '_> {
    pub(super) fn note_call(&mut self, call: &CallExpression<'a>) {
        let rejected = self.fate_of(call.span);
        let thrown = Fated::Is(FailureFate::Throws);
        if matches!(call.callee, Expression::Super(_)) {
            if let Some(base) = self.base {
                let given = self.given_to(base, &call.arguments);
                self.step(OpenAct::Call { callee: *base, how: CallKind::Super, arguments: 255, given }, thrown, NEVER);
            }
            return;
        }
        let callee = self.value(&call.callee);
        let builtin = self.builtin(&callee);
        let builtin = builtin.as_ref();
        self.note_wrong_call(call, &callee, builtin);
        self.note_given_members(&call.arguments);
        self.note_work(&callee);
        self.note_text(&call.callee, &callee, builtin, &call.arguments, call.span);
        let line = self.line(call.span);
        self.note_require(call, &callee, line);
        self.note_changed_arguments(&callee, &call.arguments);
        self.note_handed_require(call, line);
        self.note_asset(&callee, builtin, &call.arguments, call.span);
        self.note_end_by_call(&callee, builtin, call);
        match &callee {
            Val::Global(name) if LATER.contains(name) => self.later(rejected, call),
            Val::Member(of, name) => self.method(of, name, call, rejected),
            // `const { exit } = process`
            Val::Symbol(_) => {
                self.note_exported_by_call(call);
                if let Some(("process", name)) = builtin
                    && !name.is_empty()
                {
                    self.process(name, call, rejected);
                }
            }
            _ => {}
        }
        let how = match &call.callee {
            Expression::StaticMemberExpression(member) if matches!(member.object, Expression::Super(_)) => {
                CallKind::Super
            }
            _ if call.optional => CallKind::IfThere,
            _ if self.iterated.contains(&call.span) => CallKind::Iterate,
            _ => CallKind::Call,
        };
        self.called(callee, call.arguments.as_slice(), how, thrown, rejected);
        self.note_settled(&callee, &call.arguments);
        if !matches!(callee.root(), Val::Global("console")) {
            self.may_throw();
        }
    }

    /// `g().next()`: the first `next()` begins a generator.
    pub(super) fn begins_generator(&mut self, call: &CallExpression<'a>) {
        if let Expression::StaticMemberExpression(member) = &call.callee
            && matches!(member.property.name.as_str(), "next" | "toArray")
            && let Expression::CallExpression(generator) = &member.object
        {
            self.iterated.insert(generator.span);
            // Of an asynchronous one it gives a promise.
            let fated = self.fate_of(call.span);
            self.promises.insert(generator.span, fated);
        }
    }

    fn called(
        &mut self,
        callee: Val<'a>,
        given: &[Argument<'a>],
        how: CallKind,
        thrown: Fated<'a>,
        rejected: Fated<'a>,
    ) {
        // What Node has of its own is no function of a bundle.
        let is_own =
            matches!(&callee, Val::Member(of, _) if is_own(of) || matches!(of, Val::Member(of, _) if is_own(of)));
        if !is_own && matches!(callee.root(), Val::Unknown | Val::Global(_) | Val::Text(_) | Val::Meta) {
            return;
        }
        let spread = given.iter().any(Argument::is_spread);
        let arguments = if spread { 255 } else { u8::try_from(given.len()).unwrap_or(255) };
        let given = self.given_to(&callee, given);
        self.step(OpenAct::Call { callee, how, arguments, given }, thrown, rejected);
    }

    /// `f(util.names)`: whoever is given an object may change what it holds.
    fn note_given_members(&mut self, given: &[Argument<'a>]) {
        for argument in given {
            if let Argument::StaticMemberExpression(member) = argument
                && let Expression::Identifier(of) = &member.object
                && let Some(symbol) = self.symbol(of)
                && self.inits.get(&symbol).is_some_and(Val::may_be_exports)
            {
                self.given_members.insert(member.property.name.as_str());
            }
        }
    }

    /// `[].shift.call(arguments)`
    fn note_changed_arguments(&mut self, callee: &Val<'a>, given: &[Argument<'a>]) {
        if let (Val::Member(Val::Member(_, changes), "call" | "apply"), Some(Argument::Identifier(name))) =
            (callee, given.first())
            && name.name == "arguments"
        {
            self.changes_arguments |= CHANGES.contains(changes);
        }
    }

    /// What a function of this file is given, where somebody may ask for it.
    fn given_to(&mut self, callee: &Val<'a>, given: &[Argument<'a>]) -> Option<&'a [Val<'a>]> {
        let init = |symbol| self.inits.get(&symbol);
        let may_be_own = match (callee, callee.root()) {
            // A function may stand further down, and what a name of an object stands for further up.
            (Val::Symbol(symbol), _) => {
                init(*symbol).is_none_or(|init| !init.may_be_exports() || self.is_of_others(init))
            }
            (Val::Member(..), Val::Symbol(symbol)) => {
                init(symbol).is_some_and(|init| !init.may_be_exports() || self.is_of_others(init))
            }
            // `util.make().load('x')`
            (Val::Member(..), Val::Call(called, _)) if let Val::Symbol(symbol) = called.root() => {
                init(symbol).is_none_or(|init| !init.may_be_exports() || self.is_of_others(init))
            }
            (Val::Member(..), root @ Val::Call(..)) => root.may_be_exports() && self.is_of_others(&root),
            (_, Val::New(..) | Val::Class(_) | Val::This(_) | Val::ThisClass(_) | Val::Body(_)) => true,
            // `exports.load('x')`
            (Val::Member(..), Val::Global("exports" | "module")) => true,
            _ => false,
        };
        (may_be_own && given.len() <= MAX_GIVEN).then(|| self.arguments(given))
    }

    /// Whether something may be what another file exports.
    fn is_of_others(&self, value: &Val<'a>) -> bool {
        let specifier = match value {
            Val::Import(number) | Val::Member(Val::Import(number), _) => {
                self.imports.get(*number as usize).map(|import| &*import.specifier)
            }
            Val::Call(_, [Val::Text(specifier)]) => Some(*specifier),
            _ => None,
        };
        specifier.is_none_or(Self::may_be_ours)
    }

    /// What `new` makes next.
    pub(super) fn construction_follows(&mut self, new: &NewExpression<'a>) {
        self.callee_follows(&new.callee, Callee::Made);
        let executor = match new.arguments.first() {
            Some(Argument::ArrowFunctionExpression(arrow)) if !arrow.r#async => arrow.span,
            Some(Argument::FunctionExpression(function)) if !function.r#async => function.span,
            _ => return,
        };
        if matches!(self.value(&new.callee), Val::Global("Promise")) {
            let number = self.body_at(executor);
            self.bodies_made.get_mut(number as usize).into_iter().for_each(|body| body.is_executor = true);
        }
    }

    /// `new Promise((resolve) => { resolve(); … })`: what an executor throws once the promise is settled goes nowhere
    /// (ECMA-262, 27.2.3.1 and 27.2.1.3.1). Whoever is given `resolve` may call it at once, but for what waits.
    fn note_settled(&mut self, callee: &Val<'a>, given: &[Argument<'a>]) {
        let Some(body) = self.open_body().filter(|body| body.is_executor) else { return };
        let parameters = body.parameters.clone();
        let settles = |symbol: SymbolId| parameters.contains(&Some(symbol));
        let waits = match callee {
            Val::Global(name) => LATER.contains(name),
            Val::Member(_, name) => WAITS.contains(name),
            _ => false,
        };
        let hands = |argument: &Argument<'a>| matches!(argument, Argument::Identifier(name) if self.symbol(name).is_some_and(settles));
        if matches!(callee, Val::Symbol(symbol) if settles(*symbol)) || (!waits && given.iter().any(hands)) {
            self.leaves();
        }
    }

    pub(super) fn note_construction(&mut self, new: &NewExpression<'a>) {
        let callee = self.value(&new.callee);
        let builtin = self.builtin(&callee);
        let builtin = builtin.as_ref();
        self.note_wrong_construction(new, &callee, builtin);
        self.note_work(&callee);
        self.note_text(&new.callee, &callee, builtin, &new.arguments, new.span);
        self.note_asset(&callee, builtin, &new.arguments, new.span);
        if let (Val::Global("Promise"), Some(executor)) = (&callee, first(&new.arguments)) {
            // What an executor throws rejects its promise.
            let (executor, fated) = (self.value(executor), self.fate_of(new.span));
            let what = OpenAct::Call { callee: executor, how: CallKind::Call, arguments: 2, given: None };
            self.step(what, fated, Fated::Is(FailureFate::Stops));
            self.may_throw();
            return;
        }
        if matches!(&callee, Val::Global("URL")) {
            let value = self.value_of_new(new);
            self.note_path(value, new.span);
        }
        if !matches!(callee, Val::Unknown | Val::Global(_)) {
            let arguments = u8::try_from(new.arguments.len()).unwrap_or(255);
            let given = self.given_to(&callee, &new.arguments);
            self.step(
                OpenAct::Call { callee, how: CallKind::New, arguments, given },
                Fated::Is(FailureFate::Throws),
                NEVER,
            );
        }
        self.may_throw();
    }

    /// `setImmediate(f)`, where nobody keeps what would take it back.
    fn later(&mut self, fated: Fated<'a>, call: &CallExpression<'a>) {
        let dropped = matches!(fated, Fated::Is(FailureFate::Stops)) && is_soon(&call.arguments);
        if let (true, Some(callback)) = (dropped, first(&call.arguments)) {
            let callee = self.value(callback);
            self.step(
                OpenAct::Call { callee, how: CallKind::Later, arguments: 255, given: None },
                Fated::Is(FailureFate::Stops),
                Fated::Is(FailureFate::Stops),
            );
        }
    }

    fn method(&mut self, of: &Val<'a>, name: &'a str, call: &CallExpression<'a>, fated: Fated<'a>) {
        let module = self.builtin(of);
        match (module.as_ref().map(|(module, path)| (*module, &**path)), name) {
            (_, "then" | "finally") if self.settles(of) => {
                let Some(callback) = first(&call.arguments) else { return };
                let callee = self.value(callback);
                let what = OpenAct::Call { callee, how: CallKind::Later, arguments: 1, given: None };
                self.step(what, fated, fated);
            }
            _ if self.note_exported_by_call(call) => {}
            _ if is_of_object(of) => self.patches(name, call),
            (Some(("process", "")), _) => self.process(name, call, fated),
            (Some(("path" | "path/posix", _)), "join" | "resolve") => {
                let value = self.value_of_call(call);
                self.note_path(value, call.span);
            }
            (None, name) if EMPTIES.contains(&name) => {
                if let Val::Symbol(list) = of {
                    self.is_another(*list);
                }
            }
            // Of one element alone `reduce` gives that element.
            (None, "reduce" | "reduceRight")
                if call.arguments.len() < 2 && !matches!(self.plain(of), Val::Filled(2..)) => {}
            // One element alone is in its order.
            (None, "sort") if !matches!(self.plain(of), Val::Filled(2..)) => {}
            (None, "replace" | "replaceAll") => self.replaces(of, call),
            (None, "from") if matches!(of, Val::Global("Array")) => {
                if let [given, callback, ..] = call.arguments.as_slice()
                    && let (Some(given), Some(callback)) = (given.as_expression(), callback.as_expression())
                {
                    let given = self.value(given);
                    if matches!(self.plain(&given), Val::Filled(_)) {
                        self.calls_back(callback, 2);
                    }
                }
            }
            (None, name) if (name == "sort" || EACH.contains(&name)) && matches!(self.plain(of), Val::Filled(_)) => {
                let Some(callback) = first(&call.arguments) else { return };
                let callee = self.value(callback);
                let rejected = if name == "forEach" { Fated::Is(FailureFate::Stops) } else { NEVER };
                let thrown = Fated::Is(FailureFate::Throws);
                let handed = self.handed_on_each(call);
                let is_perhaps = handed.as_ref().is_some_and(|list| list.is_perhaps);
                let given: Vec<_> = match handed {
                    Some(ListedTexts { texts, .. }) if !matches!(callee, Val::Global(_)) => {
                        texts.into_iter().map(|text| Some(self.keep_all(&[Val::Text(text)]))).collect()
                    }
                    _ => vec![None],
                };
                self.guarded_if(is_perhaps, |reader| {
                    for given in given {
                        let what = OpenAct::Call { callee, how: CallKind::Call, arguments: 3, given };
                        reader.step(what, thrown, rejected);
                    }
                });
            }
            _ => {}
        }
    }

    /// `'abc'.replace('b', f)`
    fn replaces(&mut self, of: &Val<'a>, call: &CallExpression<'a>) {
        if let (Val::Text(text), [Argument::StringLiteral(sought), callback, ..]) =
            (self.plain(of), call.arguments.as_slice())
            && text.contains(sought.value.as_str())
            && let Some(callback) = callback.as_expression()
        {
            self.calls_back(callback, 3);
        }
    }

    /// One of Node's own functions calls this at once, and takes no heed of what it gives back.
    fn calls_back(&mut self, callback: &Expression<'a>, arguments: u8) {
        let callee = self.value(callback);
        self.step(
            OpenAct::Call { callee, how: CallKind::Call, arguments, given: None },
            Fated::Is(FailureFate::Throws),
            NEVER,
        );
    }

    /// `Object.assign(o, { … })`, `Object.defineProperty(o, 'x', …)`: `o` has other members from here on.
    fn patches(&mut self, how: &str, call: &CallExpression<'a>) {
        let [target, given @ ..] = call.arguments.as_slice() else { return };
        match (how, given) {
            ("assign" | "defineProperties", [Argument::ObjectExpression(object)]) => {
                for property in &object.properties {
                    match property {
                        ObjectPropertyKind::ObjectProperty(property) => {
                            self.assigned.extend(name_of_key(&property.key));
                            self.assigned_anew.extend(name_of_key(&property.key));
                        }
                        ObjectPropertyKind::SpreadProperty(_) => self.opens(target),
                    }
                }
            }
            ("defineProperty", [Argument::StringLiteral(name), ..]) => {
                let of = target.as_expression();
                if of.is_some_and(|of| self.is_of_helper(name.value.as_str(), of, of)) {
                    return;
                }
                self.assigned.insert(name.value.as_str());
                self.assigned_anew.insert(name.value.as_str());
            }
            ("assign" | "defineProperties" | "defineProperty" | "setPrototypeOf", _) => self.opens(target),
            _ => {}
        }
    }

    /// Notes that something is given members that are not known.
    fn opens(&mut self, target: &Argument<'a>) {
        match target {
            Argument::ThisExpression(_) => {
                if let Val::This(class) | Val::ThisClass(class) = self.this
                    && let Some(class) = self.classes.get_mut(class as usize)
                {
                    class.is_open = true;
                }
            }
            Argument::Identifier(name) => {
                if let Some(symbol) = self.symbol(name) {
                    self.is_another(symbol);
                }
            }
            Argument::StaticMemberExpression(member) if member.property.name == "prototype" => {
                self.assigned.insert(bodies::ANY_MEMBER);
            }
            _ => {}
        }
    }

    /// Notes that what a name stands for is no longer what it was given.
    pub(super) fn is_another(&mut self, symbol: SymbolId) {
        if let Some(mutated) = self.mutated.get_mut(symbol.index()) {
            *mutated = true;
        }
    }

    /// `process.NAME(…)`.
    fn process(&mut self, name: &str, call: &CallExpression<'a>, fated: Fated<'a>) {
        match name {
            "exit" | "reallyExit" | "abort" | "kill" if self.note_exit(name, call) => self.throws(),
            "exit" | "reallyExit" | "kill" => {
                self.step(OpenAct::Leaves, NEVER, NEVER);
                self.leaves();
            }
            "nextTick" => self.later(fated, call),
            "on" | "once" | "addListener" | "prependListener" | "prependOnceListener" => {
                let event = match call.arguments.first() {
                    Some(Argument::StringLiteral(event)) => event.value.as_str(),
                    _ => return,
                };
                let handled = match event {
                    "unhandledRejection" => Handled::Rejections,
                    "uncaughtException" => Handled::Everything,
                    "exit" | "beforeExit" | "SIGTERM" | "SIGINT" | "SIGHUP" => {
                        self.ends.is_watched = true;
                        return;
                    }
                    _ => return,
                };
                let handler = call.arguments.get(1).and_then(Argument::as_expression);
                let handler = handler.map_or(Val::Unknown, |handler| self.value(handler));
                self.step(OpenAct::Handles(handled, handler), NEVER, NEVER);
            }
            "setUncaughtExceptionCaptureCallback" => {
                let handler = first(&call.arguments).map_or(Val::Unknown, |handler| self.value(handler));
                self.step(OpenAct::Handles(Handled::Everything, handler), NEVER, NEVER);
            }
            _ => {}
        }
    }
}

fn is_of_object(of: &Val<'_>) -> bool {
    matches!(of, Val::Global("Object" | "Reflect"))
}

fn first<'e, 'a>(arguments: &'e [Argument<'a>]) -> Option<&'e Expression<'a>> {
    arguments.first().and_then(Argument::as_expression)
}

/// Whether a timer with these arguments comes within a second; nobody waits longer for an agent to start.
fn is_soon(arguments: &[Argument<'_>]) -> bool {
    match arguments.get(1) {
        None => true,
        Some(Argument::NumericLiteral(delay)) => delay.value <= 1000.0,
        Some(_) => false,
    }
}
