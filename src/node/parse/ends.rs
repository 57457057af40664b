//! Where a file ends the agent by itself: `throw`, `process.exit(1)`, an `error` that is emitted and nobody hears.

use super::open::{Fated, OpenAct, Val};
use super::open_names::ConstantValue;
use super::reader::Reader;
use super::steps::fails;
use super::values::BuiltinMember;
use crate::node::bodies::FailureFate;
use crate::node::ends::{AgentEnd, EndsBy};
use oxc_ast::ast::{
    Argument, AssignmentExpression, CallExpression, Expression, IdentifierReference, StaticMemberExpression,
    ThrowStatement,
};
use oxc_span::Span;
use oxc_syntax::symbol::SymbolId;

/// Constructors of errors that print what they are given behind their own name.
const ERRORS: [&str; 7] =
    ["Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"];
/// Methods by which an object of events is given somebody who hears.
const LISTENS: [&str; 6] = ["on", "once", "addListener", "prependListener", "prependOnceListener", "setMaxListeners"];
/// Classes of Node that emit an `error`, and throw it where nobody hears it.
const EMITTERS: [(&str, &str); 9] = [
    ("events", ""),
    ("events", "EventEmitter"),
    ("stream", "Readable"),
    ("stream", "Writable"),
    ("stream", "Duplex"),
    ("stream", "Transform"),
    ("stream", "PassThrough"),
    ("net", "Socket"),
    ("http", "Agent"),
];
/// The longest text that is quoted.
const MAX_QUOTED: usize = 200;
/// Classes that are followed to the last that is extended.
const MAX_BASES: u32 = 8;
const NEVER: Fated<'static> = Fated::Is(FailureFate::Nothing);

impl<'a> Reader<'a, '_> {
    pub(super) fn push_end(
        &mut self,
        how: EndsBy,
        written: String,
        said: Option<Box<str>>,
        fated: Fated<'a>,
        span: Span,
    ) {
        if self.dead > 0 || matches!(self.here(fated), Fated::Is(FailureFate::Nothing)) {
            return;
        }
        let line = self.line(span);
        self.ends.all.push(AgentEnd { line, how, written: written.into(), said, needs_strict: false });
        let number = u32::try_from(self.ends.all.len() - 1).unwrap_or(u32::MAX);
        self.at = span.start;
        self.step(OpenAct::Ends(number), fated, NEVER);
    }

    /// `throw new Error('…')`
    pub(super) fn note_throw(&mut self, it: &ThrowStatement<'a>) {
        // What a bundler puts in the place of `require` is told where it is called.
        if !self.stand_ins.contains_key(&self.body) {
            let said = self.said_of(&it.argument);
            self.push_end(EndsBy::Throw, "throw".to_owned(), said, Fated::Is(FailureFate::Throws), it.span);
        }
    }

    /// What Node prints of an error that is not caught.
    fn said_of(&mut self, thrown: &Expression<'a>) -> Option<Box<str>> {
        let (callee, given) = match thrown {
            Expression::NewExpression(new) => (&new.callee, &new.arguments),
            Expression::CallExpression(call) => (&call.callee, &call.arguments),
            _ => return None,
        };
        let Expression::Identifier(name) = callee else { return None };
        let [text, ..] = given.as_slice() else { return None };
        if self.symbol(name).is_some() || !ERRORS.contains(&name.name.as_str()) {
            return None;
        }
        let text = self.value(text.as_expression()?);
        let text = self.constant_text(&text)?;
        let is_line = !text.is_empty() && text.len() <= MAX_QUOTED && !text.chars().any(char::is_control);
        is_line.then(|| format!("{}: {}", name.name, text.trim_end()).into())
    }

    /// `process.exit(1)`, `process.abort()`, `process.kill(process.pid)`. Gives whether it surely ends the process with a failure.
    pub(super) fn note_exit(&mut self, name: &str, call: &CallExpression<'a>) -> bool {
        let arguments = call.arguments.as_slice();
        let how = match name {
            "exit" | "reallyExit" if fails(name, arguments) || self.is_held_status(arguments) => EndsBy::Exit,
            "abort" => EndsBy::Signal,
            "kill" => match arguments {
                [pid] if self.is_own_process(pid) => EndsBy::HandledSignal,
                [pid, Argument::StringLiteral(signal)] if self.is_own_process(pid) => match signal.value.as_str() {
                    "SIGKILL" => EndsBy::Signal,
                    "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGQUIT" | "SIGABRT" => EndsBy::HandledSignal,
                    _ => return false,
                },
                _ => return false,
            },
            _ => return false,
        };
        let status = match arguments.first() {
            Some(Argument::NumericLiteral(code)) if how == EndsBy::Exit => code.value.to_string(),
            Some(_) if how != EndsBy::Signal || name == "kill" => "…".to_owned(),
            _ => String::new(),
        };
        let written = format!("process.{name}({status})");
        self.push_end(how, written, None, Fated::Is(FailureFate::Stops), call.span);
        how != EndsBy::HandledSignal
    }

    /// `const FAILED = 1; process.exit(FAILED)`
    fn is_held_status(&self, arguments: &[Argument<'a>]) -> bool {
        let [Argument::Identifier(name)] = arguments else { return false };
        let held = self.symbol(name).and_then(|symbol| self.names.held_by.get(&symbol));
        held == Some(&ConstantValue::True)
    }

    /// `process.pid`
    fn is_own_process(&mut self, argument: &Argument<'a>) -> bool {
        let Some(argument) = argument.as_expression() else { return false };
        let value = self.value(argument);
        matches!(self.builtin(&value), Some(("process", name)) if name == "pid")
    }

    /// `process.exitCode = 1`, and what takes the place of `process.exit`.
    pub(super) fn note_status(&mut self, member: &StaticMemberExpression<'a>, it: &AssignmentExpression<'a>) {
        let of = self.value(&member.object);
        if !matches!(self.builtin(&of), Some(("process", name)) if name.is_empty()) {
            return;
        }
        match member.property.name.as_str() {
            "exitCode" => match &it.right {
                Expression::NumericLiteral(code) if code.value != 0.0 => {
                    let written = format!("process.exitCode = {}", code.value);
                    self.push_end(EndsBy::Status, written, None, Fated::Is(FailureFate::Stops), it.span);
                }
                _ => self.ends.changes_status = true,
            },
            "exit" | "reallyExit" | "abort" | "kill" => self.ends.is_watched = true,
            _ => {}
        }
    }

    /// Notes that what stands behind an `await` may not be reached while the agent runs.
    pub(super) fn pauses(&mut self, awaited: &Expression<'a>) {
        let value = self.value(awaited);
        let settles = matches!(awaited, Expression::ImportExpression(_)) || self.settles(&value);
        if !self.flow.waited && !settles {
            self.step(OpenAct::Pauses, NEVER, NEVER);
        }
    }

    /// `new EventEmitter().emit('error', …)`, `Promise.reject(…)`, `assert(false)`.
    pub(super) fn note_end_by_call(
        &mut self,
        callee: &Val<'a>,
        builtin: Option<&BuiltinMember<'a>>,
        call: &CallExpression<'a>,
    ) {
        let thrown = Fated::Is(FailureFate::Throws);
        if let Val::Member(of, name) = callee {
            match (*name, call.arguments.as_slice()) {
                ("emit", [Argument::StringLiteral(event), ..]) if event.value == "error" => {
                    self.note_emit(&call.callee, of, "emit('error')", thrown, call.span);
                }
                // It is emitted once what runs now is done.
                ("destroy", [Argument::NewExpression(_)]) => {
                    let later = Fated::Is(FailureFate::Stops);
                    self.note_emit(&call.callee, of, "destroy(…)", later, call.span);
                }
                ("reject", [reason, ..]) if matches!(of, Val::Global("Promise")) => {
                    let said = reason.as_expression().and_then(|reason| self.said_of(reason));
                    let fated = self.fate_of(call.span);
                    self.push_end(EndsBy::Throw, "Promise.reject(…)".to_owned(), said, fated, call.span);
                }
                _ => {}
            }
        }
        if let Some(("assert" | "assert/strict", name)) = builtin {
            let is_false = call.arguments.first().and_then(Argument::as_expression).map(super::conditions::truth);
            let fails = match &**name {
                // A namespace is no function, whatever it is given.
                "" | "ok" | "strict" | "strict.ok" => is_false == Some(Some(false)),
                "fail" | "strict.fail" => true,
                _ => false,
            };
            if fails {
                self.push_end(EndsBy::Throw, "assert".to_owned(), None, thrown, call.span);
            }
        }
    }

    /// An `error` that is emitted by an object which is made here, or held by a constant.
    fn note_emit(&mut self, callee: &Expression<'a>, of: &Val<'a>, written: &str, fated: Fated<'a>, span: Span) {
        let Expression::StaticMemberExpression(member) = callee else { return };
        let held = match &member.object {
            _ if written.starts_with("destroy") && !self.is_stream(of) => return,
            Expression::NewExpression(_) if self.is_emitter(of) => None,
            Expression::Identifier(name) => match self.held_emitter(name) {
                Some(symbol) => Some(symbol),
                None => return,
            },
            // Whoever has made it may listen.
            Expression::ThisExpression(_) if self.is_emitter(of) && written.starts_with("emit") => None,
            _ => return,
        };
        let before = self.ends.all.len();
        self.push_end(EndsBy::Throw, written.to_owned(), None, fated, span);
        if self.ends.all.len() > before {
            self.emitted.insert(u32::try_from(before).unwrap_or(u32::MAX), held);
        }
    }

    /// Whether somebody may hear what is emitted at an end.
    pub(super) fn is_heard(&self, ending: u32) -> bool {
        match self.emitted.get(&ending) {
            Some(Some(symbol)) => !self.is_used_here_alone(*symbol),
            // A class may listen to itself.
            Some(None) => self.listens,
            None => false,
        }
    }

    fn is_emitter(&self, value: &Val<'a>) -> bool {
        match self.plain(value) {
            Val::New(class, _) => self.emits(class, MAX_BASES),
            Val::This(class) => self.emits(&Val::Class(class), MAX_BASES),
            _ => false,
        }
    }

    /// Whether it is one of Node's own streams, of no other class.
    fn is_stream(&self, value: &Val<'a>) -> bool {
        let Val::New(class, _) = self.plain(value) else { return false };
        let of_node = self.builtin(class);
        of_node.is_some_and(|(module, name)| module == "stream" && EMITTERS.contains(&(module, &*name)))
    }

    /// Whether a class is one of Node's that emit an `error`, or extends one.
    fn emits(&self, class: &Val<'a>, depth: u32) -> bool {
        if let (Val::Class(number), Some(depth)) = (self.plain(class), depth.checked_sub(1)) {
            let Some(class) = self.classes.get(number as usize) else { return false };
            let is_own = class.members.get("emit").is_some() || class.is_open || self.assigned.contains("emit");
            return !is_own && class.base.is_some_and(|base| self.emits(base, depth));
        }
        self.builtin(class).is_some_and(|(module, name)| EMITTERS.contains(&(module, &*name)))
    }

    fn held_emitter(&self, name: &IdentifierReference<'a>) -> Option<SymbolId> {
        let symbol = self.symbol(name)?;
        let held = self.inits.get(&symbol)?;
        (matches!(held, Val::New(..)) && !self.is_mutated(symbol) && self.is_emitter(held)).then_some(symbol)
    }

    /// Whether a name is used for nothing but its members, none of which gives it somebody who hears.
    fn is_used_here_alone(&self, symbol: SymbolId) -> bool {
        let uses = self.scoping.get_resolved_references(symbol).count();
        !self.listened.contains(&symbol)
            && self.member_uses.get(symbol.index()).is_some_and(|members| uses == *members as usize)
    }

    /// `emitter.on(…)`
    pub(super) fn note_listener(&mut self, it: &StaticMemberExpression<'a>) {
        if !LISTENS.contains(&it.property.name.as_str()) {
            return;
        }
        self.listens = true;
        if let Expression::Identifier(name) = &it.object {
            self.listened.extend(self.symbol(name));
        }
    }
}
