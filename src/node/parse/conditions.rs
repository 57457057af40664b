//! Conditions: which of them are known, and which ask whether a name of CommonJS is there.

use super::commonjs::COMMONJS_NAMES;
use oxc_ast::ast::{Argument, BinaryOperator, ChainElement, Expression, UnaryOperator};

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

/// Whether a condition holds in the file that the agent begins with alone, or in all others alone: `require.main === module`,
/// `import.meta.url === pathToFileURL(process.argv[1]).href`.
pub(super) fn holds_in_main(test: &Expression<'_>) -> Option<bool> {
    match test {
        Expression::UnaryExpression(it) if it.operator == UnaryOperator::LogicalNot => {
            holds_in_main(&it.argument).map(|holds| !holds)
        }
        Expression::BinaryExpression(it) => {
            let holds = match it.operator {
                BinaryOperator::StrictEquality | BinaryOperator::Equality => true,
                BinaryOperator::StrictInequality | BinaryOperator::Inequality => false,
                _ => return None,
            };
            let compares = |one: &Expression<'_>, other: &Expression<'_>| {
                (is_main(one) && other.is_specific_id("module")) || (is_itself(one) && is_started(other))
            };
            (compares(&it.left, &it.right) || compares(&it.right, &it.left)).then_some(holds)
        }
        _ => None,
    }
}

/// `require.main`
fn is_main(expression: &Expression<'_>) -> bool {
    matches!(expression, Expression::StaticMemberExpression(member)
        if member.property.name == "main" && member.object.is_specific_id("require"))
}

/// `import.meta.url`, `fileURLToPath(import.meta.url)`, `__filename`
fn is_itself(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::StaticMemberExpression(member) => {
            matches!(member.object, Expression::ImportMeta(_))
                && matches!(member.property.name.as_str(), "url" | "filename")
        }
        Expression::CallExpression(call) => {
            call.callee.is_specific_id("fileURLToPath") && given(&call.arguments, is_itself)
        }
        other => other.is_specific_id("__filename"),
    }
}

/// `process.argv[1]`, as a path or as an address.
fn is_started(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::ComputedMemberExpression(member) => {
            matches!(&member.expression, Expression::NumericLiteral(it) if it.value == 1.0)
                && matches!(&member.object, Expression::StaticMemberExpression(argv)
                    if argv.property.name == "argv" && argv.object.is_specific_id("process"))
        }
        Expression::StaticMemberExpression(member) => member.property.name == "href" && is_started(&member.object),
        Expression::CallExpression(call) => {
            call.callee.is_specific_id("pathToFileURL") && given(&call.arguments, is_started)
        }
        Expression::TemplateLiteral(template) => {
            template.quasis.first().is_some_and(|first| first.value.raw == "file://")
                && template.quasis.last().is_some_and(|last| last.value.raw.is_empty())
                && matches!(template.expressions.as_slice(), [one] if is_started(one))
        }
        _ => false,
    }
}

fn given(arguments: &[Argument<'_>], is: fn(&Expression<'_>) -> bool) -> bool {
    matches!(arguments, [one] if one.as_expression().is_some_and(is))
}

/// `globalThis.require`.
fn of_global(expression: &Expression<'_>) -> bool {
    let Expression::StaticMemberExpression(member) = expression else { return false };
    ["globalThis", "global"].iter().any(|global| member.object.is_specific_id(global))
        && COMMONJS_NAMES.contains(&member.property.name.as_str())
}

/// Whether an expression ends where something is missing, with all that stands behind it: `a?.b` in `a?.b.c(d)`.
pub(super) fn may_end_early(expression: &Expression<'_>) -> bool {
    let mut at = expression;
    loop {
        let (of, optional) = match at {
            Expression::StaticMemberExpression(member) => (&member.object, member.optional),
            Expression::ComputedMemberExpression(member) => (&member.object, member.optional),
            Expression::PrivateFieldExpression(member) => (&member.object, member.optional),
            Expression::CallExpression(call) => (&call.callee, call.optional),
            _ => return false,
        };
        if optional {
            return true;
        }
        at = of;
    }
}

/// Whether it is `{}` or `[]`.
pub(super) fn has_nothing(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::ObjectExpression(object) => object.properties.is_empty(),
        Expression::ArrayExpression(array) => array.elements.is_empty(),
        _ => false,
    }
}
