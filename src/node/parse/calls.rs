//! Calls: which of them load modules, by whatever name `require` goes, which run a callback, and which end the process.

use super::open::{Fated, OpenAct, OpenRequire, Val};
use super::reader::Reader;
use super::specifiers::literal;
use super::steps::fails;
use super::values::name_of_key;
use crate::node::bodies::{self, CallKind, FailureFate, Handled};
use crate::node::modules::{Attributes, Form, Import, Mention};
use oxc_ast::ast::{Argument, CallExpression, Expression, NewExpression, ObjectPropertyKind};
use oxc_syntax::symbol::SymbolId;
use std::borrow::Cow;

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
/// Methods of arrays after which there may be no element.
const EMPTIES: [&str; 3] = ["pop", "shift", "splice"];
const NEVER: Fated<'static> = Fated::Is(FailureFate::Nothing);

/// By what a call loads a module.
enum Loads {
    Not,
    /// The wrapper's `require`.
    Require,
    /// One made by `createRequire`.
    Created,
    /// That of the module that the agent begins with.
    Main,
    /// `import.meta.resolve`, `require.resolve`: nothing is run of what they find.
    Find(Form),
    /// `module.register`: hooks, which are loaded at once.
    Register,
    /// What a bundler puts in its place: the text before and behind the name in what it throws where there is none.
    StandIn(u32),
}

impl<'a> Reader<'a, '_> {
    pub(super) fn note_call(&mut self, call: &CallExpression<'a>) {
        let rejected = self.fate_of(call.span);
        let thrown = Fated::Is(FailureFate::Throws);
        if matches!(call.callee, Expression::Super(_)) {
            if let Some(base) = self.base {
                self.step(OpenAct::Call { callee: *base, how: CallKind::Super, arguments: 255 }, thrown, NEVER);
            }
            return;
        }
        let callee = self.value(&call.callee);
        self.note_work(&callee);
        self.note_text(&call.callee, &callee, &call.arguments, call.span);
        let line = self.line(call.span);
        match call.arguments.as_slice() {
            // Where there is no such module, nothing is called.
            [argument] if is_asked_for(&call.callee) => {
                self.guarded(|reader| reader.maybe_require(&callee, argument, line));
            }
            [argument] => self.maybe_require(&callee, argument, line),
            // `require.resolve('x', { paths })`, which looks elsewhere.
            [argument, ..] if matches!(callee, Val::Member(_, "resolve")) => {
                self.guarded(|reader| reader.maybe_require(&callee, argument, line));
            }
            // `module.constructor._load('./x', module)`
            [argument, Argument::Identifier(parent), ..]
                if parent.name == "module" && matches!(callee, Val::Member(_, "_load")) =>
            {
                self.maybe_require(&callee, argument, line);
            }
            // `register('./hooks.js', import.meta.url)`
            [argument, Argument::StaticMemberExpression(parent), ..]
                if matches!(parent.object, Expression::ImportMeta(_)) && parent.property.name == "url" =>
            {
                if matches!(self.builtin(&callee), Some(("module", name)) if name.ends_with("register")) {
                    self.maybe_require(&callee, argument, line);
                }
            }
            _ => {}
        }
        self.note_handed_require(call, line);
        self.note_asset(&callee, &call.arguments, call.span);
        match &callee {
            Val::Global(name) if LATER.contains(name) => self.later(rejected, call),
            Val::Member(of, name) => self.method(of, name, call, rejected),
            // `const { exit } = process`
            Val::Symbol(_) => {
                let name = match self.builtin(&callee) {
                    Some(("process", name)) => name,
                    _ => Cow::Borrowed(""),
                };
                if !name.is_empty() {
                    self.process(&name, call, rejected);
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
        self.may_throw();
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
        if matches!(callee.root(), Val::Unknown | Val::Global(_) | Val::Text(_) | Val::Meta) {
            return;
        }
        let spread = given.iter().any(Argument::is_spread);
        let arguments = if spread { 255 } else { u8::try_from(given.len()).unwrap_or(255) };
        self.step(OpenAct::Call { callee, how, arguments }, thrown, rejected);
    }

    pub(super) fn note_construction(&mut self, new: &NewExpression<'a>) {
        let callee = self.value(&new.callee);
        self.note_work(&callee);
        self.note_text(&new.callee, &callee, &new.arguments, new.span);
        self.note_asset(&callee, &new.arguments, new.span);
        if let (Val::Global("Promise"), Some(executor)) = (&callee, first(&new.arguments)) {
            // What an executor throws rejects its promise.
            let (executor, fated) = (self.value(executor), self.fate_of(new.span));
            let what = OpenAct::Call { callee: executor, how: CallKind::Call, arguments: 2 };
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
            self.step(OpenAct::Call { callee, how: CallKind::New, arguments }, Fated::Is(FailureFate::Throws), NEVER);
        }
        self.may_throw();
    }

    /// `setImmediate(f)`, where nobody keeps what would take it back.
    fn later(&mut self, fated: Fated<'a>, call: &CallExpression<'a>) {
        let dropped = matches!(fated, Fated::Is(FailureFate::Stops)) && is_soon(&call.arguments);
        if let (true, Some(callback)) = (dropped, first(&call.arguments)) {
            let callee = self.value(callback);
            self.step(
                OpenAct::Call { callee, how: CallKind::Later, arguments: 255 },
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
                let what = OpenAct::Call { callee, how: CallKind::Later, arguments: 1 };
                self.step(what, fated, fated);
            }
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
                self.step(
                    OpenAct::Call { callee, how: CallKind::Call, arguments: 3 },
                    Fated::Is(FailureFate::Throws),
                    rejected,
                );
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
        self.step(OpenAct::Call { callee, how: CallKind::Call, arguments }, Fated::Is(FailureFate::Throws), NEVER);
    }

    /// `Object.assign(o, { … })`, `Object.defineProperty(o, 'x', …)`: `o` has other members from here on.
    fn patches(&mut self, how: &str, call: &CallExpression<'a>) {
        let [target, given @ ..] = call.arguments.as_slice() else { return };
        match (how, given) {
            ("assign" | "defineProperties", [Argument::ObjectExpression(object)]) => {
                for property in &object.properties {
                    match property {
                        ObjectPropertyKind::ObjectProperty(property) => {
                            self.assigned.extend(name_of_key(&property.key))
                        }
                        ObjectPropertyKind::SpreadProperty(_) => self.opens(target),
                    }
                }
            }
            ("defineProperty", [Argument::StringLiteral(name), ..]) => {
                self.assigned.insert(name.value.as_str());
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
            "exit" | "reallyExit" | "abort" if fails(name, &call.arguments) => self.throws(),
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

    /// `f('x')`, which may load a module; by whatever name `require` goes.
    fn maybe_require(&mut self, callee: &Val<'a>, argument: &Argument<'a>, line: u32) {
        let may = match callee {
            Val::Global(name) => *name == "require",
            Val::Symbol(_) | Val::Call(..) => true,
            Val::Member(_, name) => matches!(*name, "require" | "resolve" | "register" | "_load"),
            _ => false,
        };
        if !may || self.dead > 0 {
            return;
        }
        if let Some(specifier) = argument.as_expression().and_then(literal) {
            return self.push_require(*callee, specifier, line);
        }
        if !matches!(callee, Val::Global("require")) && !self.is_own_require(callee) {
            return;
        }
        let specifiers = argument.as_expression().map_or_else(Vec::new, |argument| self.specifiers(argument));
        if specifiers.is_empty() {
            self.computed.push(line);
        }
        specifiers.into_iter().for_each(|specifier| self.push_require(*callee, specifier, line));
    }

    /// What the calls that may be of `require` load: for each the number of its import, and of its mention where it calls
    /// what a bundler put in the place of `require`.
    pub(super) fn finish_requires(&mut self) -> Vec<(Option<u32>, Option<u32>)> {
        let requires = std::mem::take(&mut self.requires);
        let mut found = Vec::with_capacity(requires.len());
        for OpenRequire { callee, specifier, line } in requires {
            let (form, stand_in) = match self.loads(&callee) {
                Loads::Not => {
                    found.push((None, None));
                    continue;
                }
                Loads::Require if self.sets_require => (Form::CreatedRequire, None),
                Loads::Require => (Form::Require, None),
                Loads::Created => (Form::CreatedRequire, None),
                Loads::Main => (Form::MainRequire, None),
                Loads::Find(form) => (form, None),
                Loads::Register => (Form::Call, None),
                Loads::StandIn(_) if self.has_own_require => (Form::CreatedRequire, None),
                Loads::StandIn(body) => (Form::Require, self.stand_ins.get(&body).copied()),
            };
            let mention = stand_in.map(|(before, behind)| {
                let said = format!("Error: {before}{specifier}{behind}");
                self.mentions.push(Mention { name: "require", line, stand_in: Some(said.into()) });
                u32::try_from(self.mentions.len() - 1).unwrap_or(u32::MAX)
            });
            let (names, attributes) = (Box::default(), Attributes::None);
            self.imports.push(Import { specifier: specifier.into(), line, form, names, attributes });
            let number = u32::try_from(self.imports.len() - 1).unwrap_or(u32::MAX);
            if matches!(form, Form::Require | Form::CreatedRequire) {
                self.numbered.entry(specifier).or_insert(number);
            }
            found.push((Some(number), mention));
        }
        found
    }

    fn loads(&self, callee: &Val<'a>) -> Loads {
        if let Val::Symbol(symbol) = callee
            && let Some(body) = self.stand_in_of(*symbol)
        {
            return Loads::StandIn(body);
        }
        match self.plain(callee) {
            Val::Global("require") => return Loads::Require,
            // `module.require`, and `require.resolve`, which fails for what is not there as `require` does.
            Val::Member(of, "require") if matches!(self.plain(of), Val::Global("module")) => return Loads::Require,
            Val::Member(of, "resolve") => {
                return match self.plain(of) {
                    Val::Global("require") if self.sets_require => Loads::Find(Form::FindCreated),
                    Val::Global("require") => Loads::Find(Form::FindRequired),
                    Val::Meta => Loads::Find(Form::FindImported),
                    of if self.is_own_require(&of) => Loads::Find(Form::FindCreated),
                    _ => Loads::Not,
                };
            }
            _ => {}
        }
        if self.is_own_require(callee) {
            return Loads::Created;
        }
        if let Some(loads) = self.loads_by_module(callee) {
            return loads;
        }
        match self.builtin(callee) {
            Some(("module", name)) if name.ends_with("register") => Loads::Register,
            _ => Loads::Not,
        }
    }

    /// What a member of an object of a module loads: `process.mainModule.require`, `require.main.require`,
    /// `module.constructor._load`.
    fn loads_by_module(&self, callee: &Val<'a>) -> Option<Loads> {
        let Val::Member(of, name) = self.plain(callee) else { return None };
        match (name, self.plain(of)) {
            ("require", Val::Member(require, "main")) if matches!(self.plain(require), Val::Global("require")) => {
                Some(Loads::Main)
            }
            ("require", of) if matches!(self.builtin(&of), Some(("process", name)) if name == "mainModule") => {
                Some(Loads::Main)
            }
            ("_load", Val::Member(module, "constructor")) if matches!(self.plain(module), Val::Global("module")) => {
                Some(Loads::Require)
            }
            ("_load", of) => matches!(self.builtin(&of), Some(("module", _))).then_some(Loads::Require),
            _ => None,
        }
    }

    /// Whether a promise is known to be settled soon.
    fn settles(&self, promise: &Val<'a>) -> bool {
        let Val::Call(callee, _) = self.plain(promise) else { return false };
        match self.plain(callee) {
            Val::Global(name) => name == "import",
            Val::Member(of, "resolve") => matches!(self.plain(of), Val::Global("Promise")),
            Val::Member(of, "then" | "catch" | "finally") => self.settles(of),
            _ => false,
        }
    }

    fn stand_in_of(&self, symbol: oxc_syntax::symbol::SymbolId) -> Option<u32> {
        self.named_stand_ins.get(&symbol).copied()
    }
}

/// `a?.b()`
fn is_asked_for(callee: &Expression<'_>) -> bool {
    matches!(callee, Expression::StaticMemberExpression(member) if member.optional)
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
