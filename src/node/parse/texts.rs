//! Code that stands in a text and is run from there: `eval('…')`, `new Function('…')`. What it loads and names is noted as if it
//! stood in the file, as far as the text is written down.

use super::javascript::parse_short;
use super::open::{Fated, OpenAct, Val};
use super::reader::Reader;
use crate::node::bodies::{BodyStep, FailureFate};
use crate::node::modules::{Form, Import, JudgedScript, Module, SyntaxFault};
use crate::node::names::{NameOf, UseOf};
use oxc_ast::ast::{Argument, Expression};
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
}

impl<'a> Reader<'a, '_> {
    /// Looks into a text that a call runs.
    pub(super) fn note_text(&mut self, callee: &Expression<'a>, value: &Val<'a>, given: &[Argument<'a>], span: Span) {
        let line = self.line(span);
        let run_by = match value {
            Val::Global("eval") if matches!(callee, Expression::Identifier(_)) => RunBy::Eval,
            Val::Global("eval") => RunBy::IndirectEval,
            Val::Global("Function") => RunBy::Function,
            _ => return,
        };
        let Some(texts) = given.iter().map(text_of).collect::<Option<Vec<_>>>() else { return };
        let Some((body, parameters)) = texts.split_last() else { return };
        let text = match run_by {
            RunBy::Function => format!("(function ({}\n) {{\n{body}\n}})", parameters.join(",")),
            _ => (*body).to_owned(),
        };
        let Some(JudgedScript::Parsed(inner)) = parse_short(&text).filter(|_| self.dead == 0) else { return };
        match &inner.as_commonjs {
            Some(fault) if inner.not_parsed.is_none() => {
                self.module.texts.push(SyntaxFault { message: fault.message.clone(), exact: false, line });
            }
            _ => self.take_over(&inner, run_by, span),
        }
    }

    /// Whether the file declares a name, wherever that is.
    fn declares(&mut self, name: &str) -> bool {
        let scoping = self.scoping;
        self.declared_names.get_or_insert_with(|| scoping.symbol_names().collect()).contains(name)
    }

    fn take_over(&mut self, inner: &Module, run_by: RunBy, span: Span) {
        let line = self.line(span);
        let top = inner.bodies.all.first().filter(|_| run_by != RunBy::Function);
        let steps = top.map(|body| &*body.steps).unwrap_or_default();
        for (import, number) in inner.imports.iter().zip(0..) {
            if import.form != Form::Call && (import.form != Form::Require || run_by != RunBy::Eval) {
                continue;
            }
            let fate = steps.iter().find_map(|step| match step {
                BodyStep::Import(of, fate) if *of == number => Some(*fate),
                _ => None,
            });
            self.imports.push(Import { line, ..import.clone() });
            let number = u32::try_from(self.imports.len() - 1).unwrap_or(u32::MAX);
            self.step(
                OpenAct::Import(number),
                Fated::Is(fate.unwrap_or(FailureFate::Nothing)),
                Fated::Is(FailureFate::Nothing),
            );
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

fn text_of<'e>(argument: &'e Argument<'_>) -> Option<&'e str> {
    match argument {
        Argument::StringLiteral(text) => Some(text.value.as_str()),
        Argument::TemplateLiteral(template) => template.single_quasi().map(|text| text.as_str()),
        _ => None,
    }
}
