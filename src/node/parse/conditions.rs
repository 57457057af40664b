//! Conditions: which of them are known, and which ask whether a name of CommonJS is there.

use super::commonjs::COMMONJS_NAMES;
use oxc_ast::ast::{ChainElement, Expression, UnaryOperator};

/// What a condition comes to, where that can be read off it.
pub(super) fn truth(test: &Expression<'_>) -> Option<bool> {
    match test {
        Expression::BooleanLiteral(it) => Some(it.value),
        Expression::NumericLiteral(it) => Some(it.value != 0.0 && !it.value.is_nan()),
        Expression::StringLiteral(it) => Some(!it.value.is_empty()),
        Expression::NullLiteral(_) => Some(false),
        Expression::UnaryExpression(it) => match it.operator {
            UnaryOperator::LogicalNot => truth(&it.argument).map(|truth| !truth),
            UnaryOperator::Void => Some(false),
            _ => None,
        },
        Expression::ArrayExpression(_) | Expression::FunctionExpression(_) | Expression::ArrowFunctionExpression(_) => {
            Some(true)
        }
        _ => None,
    }
}

/// Whether a condition asks for a name of CommonJS, or for what only CommonJS or only an ES module has.
pub(super) fn asks(test: &Expression<'_>) -> bool {
    match test {
        Expression::UnaryExpression(it) if it.operator == UnaryOperator::Typeof => match &it.argument {
            Expression::Identifier(name) => COMMONJS_NAMES.contains(&name.name.as_str()),
            other => of_global(other),
        },
        Expression::UnaryExpression(it) => asks(&it.argument),
        Expression::BinaryExpression(it) => asks(&it.left) || asks(&it.right),
        Expression::LogicalExpression(it) => asks(&it.left) || asks(&it.right),
        Expression::ChainExpression(chain) => match &chain.expression {
            ChainElement::StaticMemberExpression(member) => {
                member.object.is_specific_id("globalThis") && COMMONJS_NAMES.contains(&member.property.name.as_str())
            }
            _ => false,
        },
        other => of_global(other),
    }
}

/// `globalThis.require`.
fn of_global(expression: &Expression<'_>) -> bool {
    let Expression::StaticMemberExpression(member) = expression else { return false };
    ["globalThis", "global"].iter().any(|global| member.object.is_specific_id(global))
        && COMMONJS_NAMES.contains(&member.property.name.as_str())
}
