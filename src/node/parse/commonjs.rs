//! What Node finds a CommonJS file to export without running it, so that an ES module can import it by name.
//!
//! Node looks at the tokens (its cjs-module-lexer, "Grammar" in its README); here the same patterns are found in the
//! syntax tree. Of patterns that are not read here only their presence is noted.

use crate::node::modules::CommonJs;
use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, CallExpression, Expression, ObjectExpression, ObjectPropertyKind,
    PropertyKey, PropertyKind, Statement,
};
use oxc_syntax::operator::AssignmentOperator;

/// The names that the CommonJS wrapper gives a file (Node's documentation, "The module wrapper").
pub(super) const COMMONJS_NAMES: [&str; 5] = ["require", "module", "exports", "__filename", "__dirname"];

/// Names and reexports, as they are found.
#[derive(Default)]
pub(super) struct Exports {
    names: Vec<Box<str>>,
    reexports: Vec<Box<str>>,
    unsure: bool,
}

impl Exports {
    /// What was found.
    pub(super) fn finish(mut self) -> CommonJs {
        self.names.sort_unstable();
        self.names.dedup();
        CommonJs { names: self.names.into(), reexports: self.reexports.into(), unsure: self.unsure }
    }

    /// `exports.a =`, `module.exports.a =`, `exports['a'] =`, `module.exports = { … }`, `module.exports = require('x')`.
    pub(super) fn assignment(&mut self, it: &AssignmentExpression<'_>) {
        if it.operator != AssignmentOperator::Assign {
            return;
        }
        match &it.left {
            AssignmentTarget::StaticMemberExpression(member) => {
                let name = member.property.name.as_str();
                if is_exports(&member.object) {
                    self.names.push(name.into());
                } else if name == "exports" && member.object.is_specific_id("module") {
                    self.whole(&it.right);
                }
            }
            AssignmentTarget::ComputedMemberExpression(member) if is_exports(&member.object) => {
                if let Expression::StringLiteral(name) = &member.expression {
                    self.names.push(name.value.as_str().into());
                }
            }
            _ => {}
        }
    }

    fn whole(&mut self, value: &Expression<'_>) {
        self.reexports.clear();
        match value {
            Expression::ObjectExpression(object) => self.object(object),
            Expression::CallExpression(call) => self.reexports.extend(required(call).map(Into::into)),
            _ => {}
        }
    }

    /// An object up to the first property that is more than a name.
    fn object(&mut self, object: &ObjectExpression<'_>) {
        for property in &object.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(spread) => match &spread.argument {
                    Expression::CallExpression(call) if required(call).is_some() => {
                        self.reexports.extend(required(call).map(Into::into));
                    }
                    Expression::Identifier(_) => {}
                    _ => return,
                },
                ObjectPropertyKind::ObjectProperty(property) => {
                    let (name, quoted) = match &property.key {
                        PropertyKey::StaticIdentifier(name) => (name.name.as_str(), false),
                        PropertyKey::StringLiteral(name) => (name.value.as_str(), true),
                        _ => return,
                    };
                    if property.kind != PropertyKind::Init {
                        // The lexer takes the word `get` or `set` for the name.
                        self.unsure = true;
                        return;
                    }
                    if property.method {
                        if !quoted {
                            self.names.push(name.into());
                        }
                        return;
                    }
                    if property.shorthand {
                        self.names.push(name.into());
                        continue;
                    }
                    match &property.value {
                        Expression::Identifier(_) => self.names.push(name.into()),
                        value if begins_with_word(value) => {
                            self.names.push(name.into());
                            return;
                        }
                        _ => return,
                    }
                }
            }
        }
    }

    /// `Object.defineProperty(exports, 'a', …)`, `__exportStar(require('x'))`, and Babel's loop over `Object.keys`.
    pub(super) fn call(&mut self, it: &CallExpression<'_>, at_top: bool) {
        match &it.callee {
            Expression::StaticMemberExpression(member) if member.object.is_specific_id("Object") => {
                match member.property.name.as_str() {
                    "defineProperty" => self.define(it),
                    "keys" => self.unsure |= at_top,
                    _ => {}
                }
            }
            Expression::StaticMemberExpression(member) if at_top => self.star(member.property.name.as_str(), it),
            Expression::Identifier(name) if at_top => self.star(name.name.as_str(), it),
            _ => {}
        }
    }

    fn star(&mut self, name: &str, it: &CallExpression<'_>) {
        if matches!(name, "__export" | "__exportStar")
            && let Some(Argument::CallExpression(call)) = it.arguments.first()
        {
            self.reexports.extend(required(call).map(Into::into));
        }
    }

    fn define(&mut self, it: &CallExpression<'_>) {
        let [target, Argument::StringLiteral(name), Argument::ObjectExpression(descriptor)] = it.arguments.as_slice()
        else {
            return;
        };
        if !target.as_expression().is_some_and(is_exports) {
            return;
        }
        let mut properties = descriptor.properties.iter().filter_map(|property| match property {
            ObjectPropertyKind::ObjectProperty(property) => Some(property),
            ObjectPropertyKind::SpreadProperty(_) => None,
        });
        let mut first = properties.next();
        if first.is_some_and(|property| property.key.is_specific_static_name("enumerable")) {
            first = properties.next();
        }
        let Some(first) = first else { return };
        if first.key.is_specific_static_name("value") {
            self.names.push(name.value.as_str().into());
        } else if first.key.is_specific_static_name("get") {
            match getter_returns_plainly(&first.value) {
                true => self.names.push(name.value.as_str().into()),
                // The lexer may still find it by another statement; it is not worth being wrong.
                false => self.unsure = true,
            }
        }
    }
}

/// `exports` or `module.exports`.
fn is_exports(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::Identifier(name) => name.name == "exports",
        Expression::StaticMemberExpression(member) => {
            member.property.name == "exports" && member.object.is_specific_id("module")
        }
        _ => false,
    }
}

/// What `require('x')` names.
fn required<'e>(call: &'e CallExpression<'_>) -> Option<&'e str> {
    match (call.callee.is_specific_id("require"), call.arguments.as_slice()) {
        (true, [Argument::StringLiteral(specifier)]) => Some(specifier.value.as_str()),
        _ => None,
    }
}

/// Whether the first token of a value is a word: the lexer takes it for a name, and then goes no further.
fn begins_with_word(value: &Expression<'_>) -> bool {
    match value {
        Expression::Identifier(_)
        | Expression::BooleanLiteral(_)
        | Expression::NullLiteral(_)
        | Expression::FunctionExpression(_)
        | Expression::ClassExpression(_)
        | Expression::NewExpression(_)
        | Expression::ThisExpression(_)
        | Expression::AwaitExpression(_)
        | Expression::ImportExpression(_)
        | Expression::YieldExpression(_) => true,
        Expression::ArrowFunctionExpression(arrow) => {
            arrow.r#async || arrow.params.span.start == arrow.span.start && first_is_name(arrow)
        }
        Expression::UnaryExpression(unary) => unary.operator.is_keyword(),
        Expression::StaticMemberExpression(member) => begins_with_word(&member.object),
        Expression::ComputedMemberExpression(member) => begins_with_word(&member.object),
        Expression::CallExpression(call) => begins_with_word(&call.callee),
        Expression::TaggedTemplateExpression(tagged) => begins_with_word(&tagged.tag),
        Expression::BinaryExpression(binary) => begins_with_word(&binary.left),
        Expression::LogicalExpression(logical) => begins_with_word(&logical.left),
        Expression::ConditionalExpression(conditional) => begins_with_word(&conditional.test),
        Expression::AssignmentExpression(_) => true,
        _ => false,
    }
}

/// `a => …` begins with a name, `(a) => …` does not.
fn first_is_name(arrow: &oxc_ast::ast::ArrowFunctionExpression<'_>) -> bool {
    use oxc_span::GetSpan;
    arrow.params.items.first().is_some_and(|first| first.span().start == arrow.span.start)
}

/// `function () { return a.b; }`: what the lexer accepts of a getter.
fn getter_returns_plainly(value: &Expression<'_>) -> bool {
    let Expression::FunctionExpression(function) = value else { return false };
    let Some([Statement::ReturnStatement(returned)]) = function.body.as_ref().map(|body| body.statements.as_slice())
    else {
        return false;
    };
    match &returned.argument {
        Some(Expression::Identifier(_)) => true,
        Some(Expression::StaticMemberExpression(member)) => matches!(member.object, Expression::Identifier(_)),
        Some(Expression::ComputedMemberExpression(member)) => {
            matches!(member.object, Expression::Identifier(_))
                && matches!(member.expression, Expression::StringLiteral(_))
        }
        _ => false,
    }
}
