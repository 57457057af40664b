//! Calls that load modules: by which name `require` goes, and whose failure nobody catches.

use super::reader::Reader;
use crate::node::modules::{Attributes, Form, Import};
use oxc_ast::ast::{ArrayExpressionElement, Expression};
use oxc_span::Span;

/// Names that begin a chain which settles all its promises, so that none of them is left alone.
const GATHERING: [&str; 3] = ["all", "race", "any"];

impl<'a> Reader<'a, '_> {
    /// `require('x')`, by whatever name `require` goes.
    pub(super) fn require(&mut self, name: &'a str, specifier: &str, span: Span) {
        let import = Import {
            specifier: specifier.into(),
            line: self.line(span),
            form: Form::Require,
            need: self.need(),
            names: Box::default(),
            attributes: Attributes::None,
        };
        self.pending.push((import, name));
    }

    /// Marks the `import()`s whose rejection reaches nobody but the process when this expression's does.
    /// Node ends with 1 when a rejection reaches nobody (cli.md, `--unhandled-rejections`: `throw` since 15).
    pub(super) fn mark_fatal(&mut self, expression: &Expression<'a>) {
        let (mut next, mut pending) = (Some(expression), Vec::new());
        while let Some(expression) = next.take().or_else(|| pending.pop()) {
            match expression {
                Expression::ImportExpression(import) => {
                    self.fatal.insert(import.span.start);
                }
                Expression::CallExpression(call) => {
                    let Expression::StaticMemberExpression(member) = &call.callee else { continue };
                    let name = member.property.name.as_str();
                    let promise = member.object.is_specific_id("Promise");
                    if promise && GATHERING.contains(&name) {
                        if let Some(Expression::ArrayExpression(array)) =
                            call.arguments.first().and_then(|argument| argument.as_expression())
                        {
                            pending.extend(array.elements.iter().filter_map(ArrayExpressionElement::as_expression));
                        }
                    } else if name == "finally" || (name == "then" && call.arguments.len() < 2) {
                        pending.push(&member.object);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether an expression is a function, so that calling it where it stands runs its body there.
pub(super) fn is_function(expression: &Expression<'_>) -> bool {
    // Calling a generator runs nothing of its body: that begins with the first `next()`.
    matches!(expression, Expression::FunctionExpression(function) if !function.generator)
        || matches!(expression, Expression::ArrowFunctionExpression(_))
}

/// `createRequire(import.meta.url)` and its like: a `require` of this very file.
pub(super) fn makes_own_require(expression: &Expression<'_>) -> bool {
    let Expression::CallExpression(call) = expression else { return false };
    let named = match &call.callee {
        Expression::Identifier(name) => name.name == "createRequire",
        Expression::StaticMemberExpression(member) => member.property.name == "createRequire",
        _ => false,
    };
    let own = match call.arguments.first().and_then(|argument| argument.as_expression()) {
        Some(Expression::StaticMemberExpression(member)) => {
            matches!(member.object, Expression::ImportMeta(_))
                && matches!(member.property.name.as_str(), "url" | "filename")
        }
        Some(Expression::Identifier(name)) => name.name == "__filename",
        _ => false,
    };
    named && own
}
