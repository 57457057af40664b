//! Code that stands in a text and is run from there: `eval('…')`, `new Function('…')`. What it loads and names is noted as if it
//! stood in the file, as far as the text is written down.

use super::commonjs::ARGUMENTS;
use super::javascript::parse_short;
use super::open::{Fated, OpenAct, Val};
use super::reader::Reader;
use super::values::{BuiltinMember, name_of_key};
use crate::node::bodies::{BodyKind, BodyStep, FailureFate};
use crate::node::modules::{Form, Import, JudgedScript, Module, SyntaxFault};
use crate::node::names::{NameOf, UseOf};
use oxc_ast::ast::{Argument, Expression, ObjectPropertyKind};
use oxc_span::Span;

/// Who runs a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RunBy {
    /// `eval(…)`, which sees what the file sees.
    Eval,
    /// The same by another name, which sees globals only.
    IndirectEval,
    /// `Function`, which runs it once what it gives is called.
    Function,
    /// The constructor of async functions (ECMA-262, "AsyncFunction Constructor"): `(async () => {}).constructor`.
    AsyncFunction,
    /// `new Worker(…, { eval: true })`, which has a `require` of its own.
    Worker,
    /// `vm.runInNewContext(…)`, without what Node has of its own.
    Elsewhere,
    /// What names mean in it is not known.
    Unknown,
}

impl<'a> Reader<'a, '_> {
    /// Looks into a text that a call runs.
    pub(super) fn note_text(
        &mut self,
        callee: &Expression<'a>,
        value: &Val<'a>,
        builtin: Option<&BuiltinMember<'a>>,
        given: &[Argument<'a>],
        span: Span,
    ) {
        let Some(run_by) = self.run_by(callee, value, builtin, given) else { return };
        let line = self.line(span);
        let makes_function = matches!(run_by, RunBy::Function | RunBy::AsyncFunction);
        let given = if makes_function { given } else { given.get(..1).unwrap_or_default() };
        let mut texts = Vec::with_capacity(given.len());
        for argument in given {
            let Some(argument) = argument.as_expression() else { return };
            let value = self.value(argument);
            let Some(text) = self.constant_text(&value) else { return };
            texts.push(text);
        }
        let Some((body, parameters)) = texts.split_last() else { return };
        let parameters = parameters.join(",");
        let mut names = parameters.split(',').map(str::trim).collect::<Vec<_>>();
        // A `require` that it is given is the file's own, or one like it.
        let takes_require = names.contains(&"require");
        names.retain(|name| *name != "require");
        let text = match run_by {
            RunBy::Function => format!("(function ({}\n) {{\n{body}\n}})", names.join(",")),
            RunBy::AsyncFunction => format!("(async function ({}\n) {{\n{body}\n}})", names.join(",")),
            _ => body.to_string(),
        };
        let Some(JudgedScript::Parsed(inner)) = parse_short(&text).filter(|_| self.dead == 0) else { return };
        match &inner.as_commonjs {
            // A worker may take its text for an ES module.
            Some(_) if run_by == RunBy::Worker && inner.as_module.is_none() => {}
            Some(fault) if inner.not_parsed.is_none() => {
                self.texts.push(SyntaxFault { message: fault.message.clone(), exact: false, line });
            }
            _ => self.take_over(&inner, run_by, takes_require, span),
        }
    }

    /// Who runs the first argument of a call, or all of them.
    fn run_by(
        &self,
        callee: &Expression<'a>,
        value: &Val<'a>,
        builtin: Option<&BuiltinMember<'a>>,
        given: &[Argument<'a>],
    ) -> Option<RunBy> {
        match value {
            Val::Global("eval") if matches!(callee, Expression::Identifier(_)) => return Some(RunBy::Eval),
            Val::Global("eval") => return Some(RunBy::IndirectEval),
            Val::Global("Function") => return Some(RunBy::Function),
            _ => {}
        }
        if let Val::Member(of, "constructor") = self.plain(value) {
            return self.constructs(of);
        }
        match builtin.map(|(module, name)| (*module, &**name)) {
            Some(("vm", "runInThisContext")) => Some(RunBy::IndirectEval),
            Some(("vm", "runInNewContext")) if given.len() == 1 => Some(RunBy::Elsewhere),
            Some(("vm", "Script" | "compileFunction" | "runInContext" | "runInNewContext")) => Some(RunBy::Unknown),
            Some(("worker_threads", "Worker")) if is_of_text(given.get(1)) => Some(RunBy::Worker),
            _ => None,
        }
    }

    /// Whose constructor it is, where that makes functions: `f.constructor`, `Object.getPrototypeOf(f).constructor`.
    fn constructs(&self, of: &Val<'a>) -> Option<RunBy> {
        let body = match self.plain(of) {
            Val::Body(body) => body,
            Val::Call(callee, [given]) => match (self.plain(callee), self.plain(given)) {
                (Val::Member(Val::Global("Object" | "Reflect"), "getPrototypeOf"), Val::Body(body)) => body,
                _ => return None,
            },
            _ => return None,
        };
        match self.bodies_made.get(body as usize)?.kind {
            BodyKind::Sync => Some(RunBy::Function),
            BodyKind::Async => Some(RunBy::AsyncFunction),
            _ => None,
        }
    }

    /// Whether the file declares a name, wherever that is.
    fn declares(&mut self, name: &str) -> bool {
        let scoping = self.scoping;
        self.declared_names.get_or_insert_with(|| scoping.symbol_names().collect()).contains(name)
    }

    fn take_over(&mut self, inner: &Module, run_by: RunBy, takes_require: bool, span: Span) {
        if run_by == RunBy::Unknown {
            return;
        }
        let line = self.line(span);
        let at_once = matches!(run_by, RunBy::Eval | RunBy::IndirectEval);
        let top = inner.bodies.all.first().filter(|_| at_once);
        let steps = top.map(|body| &*body.steps).unwrap_or_default();
        for (import, number) in inner.imports.iter().zip(0..) {
            let has_require = run_by == RunBy::Eval || takes_require;
            if import.form != Form::Call && (import.form != Form::Require || !has_require) {
                continue;
            }
            let fate = steps.iter().find_map(|step| match step {
                BodyStep::Import(of, fate) if *of == number => Some(*fate),
                _ => None,
            });
            // A `require` that is given away loads in an ES module, too.
            let form = if import.form == Form::Require && takes_require { Form::CreatedRequire } else { import.form };
            self.imports.push(Import { line, form, ..import.clone() });
            let number = u32::try_from(self.imports.len() - 1).unwrap_or(u32::MAX);
            self.step(
                OpenAct::Import(number),
                Fated::Is(fate.unwrap_or(FailureFate::Nothing)),
                Fated::Is(FailureFate::Nothing),
            );
        }
        for (mention, number) in inner.mentions.iter().zip(0..).filter(|_| run_by != RunBy::Worker) {
            let is_certain = steps.contains(&BodyStep::Mention(number, FailureFate::Throws));
            if mention.stand_in.is_some() || mention.name == ARGUMENTS || self.declares(mention.name) {
                continue;
            }
            let note = |reader: &mut Self| match run_by {
                RunBy::Eval => reader.note_mention(mention.name, line),
                _ => reader.note_unknown(mention.name, span.start),
            };
            if is_certain { note(self) } else { self.guarded(note) }
        }
        for (used, number) in inner.names.uses.iter().zip(0..) {
            // What the file declares is seen from there, too.
            if used.of != NameOf::Nothing || used.how == UseOf::Write || used.is_asked_for || self.declares(&used.name)
            {
                continue;
            }
            let is_certain = steps.contains(&BodyStep::Name(number, FailureFate::Throws));
            let name = self.memory.alloc_str(&used.name);
            if is_certain {
                self.note_unknown(name, span.start);
            } else {
                self.guarded(|reader| reader.note_unknown(name, span.start));
            }
        }
    }
}

/// `{ eval: true }`
fn is_of_text(options: Option<&Argument<'_>>) -> bool {
    let Some(Argument::ObjectExpression(options)) = options else { return false };
    options.properties.iter().any(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            name_of_key(&property.key) == Some("eval")
                && matches!(&property.value, Expression::BooleanLiteral(value) if value.value)
        }
        ObjectPropertyKind::SpreadProperty(_) => false,
    })
}
