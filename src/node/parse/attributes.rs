//! The attributes of `import()`, where its options are written down.

use crate::node::modules::Attributes;
use oxc_ast::ast::{Expression, ObjectExpression, ObjectPropertyKind};

/// What the options of `import()` say.
pub(super) fn of_options(options: Option<&Expression<'_>>) -> Attributes {
    match options {
        None => Attributes::None,
        Some(Expression::Identifier(name)) if name.name == "undefined" => Attributes::None,
        Some(Expression::ObjectExpression(options)) => of_object(options),
        Some(
            Expression::NumericLiteral(_)
            | Expression::StringLiteral(_)
            | Expression::BooleanLiteral(_)
            | Expression::NullLiteral(_)
            | Expression::BigIntLiteral(_),
        ) => Attributes::NoObject,
        Some(_) => Attributes::Unknown,
    }
}

/// `with` counts, and to Node before 22 `assert` where there is no `with` (measured).
fn of_object(options: &ObjectExpression<'_>) -> Attributes {
    let Some(fields) = fields(options) else { return Attributes::Unknown };
    let value = |name: &str| fields.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value);
    match (value("with"), value("assert")) {
        (Some(with), _) => of_field(with),
        (None, Some(assert)) => Attributes::Asserted(Box::new(of_field(assert))),
        (None, None) => Attributes::None,
    }
}

fn of_field(value: &Expression<'_>) -> Attributes {
    let Expression::ObjectExpression(object) = value else { return Attributes::Unknown };
    let Some(fields) = fields(object) else { return Attributes::Unknown };
    let mut found = Attributes::None;
    for (key, value) in fields {
        let Expression::StringLiteral(value) = value else { return Attributes::Unknown };
        if key != "type" {
            return Attributes::Other(key.into(), value.value.as_str().into());
        }
        found = Attributes::Type(value.value.as_str().into());
    }
    found
}

/// The properties of an object, if each is written with a plain name.
fn fields<'e, 'a>(object: &'e ObjectExpression<'a>) -> Option<Vec<(String, &'e Expression<'a>)>> {
    let field = |property: &'e ObjectPropertyKind<'a>| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            property.key.static_name().map(|name| (name.into_owned(), &property.value))
        }
        ObjectPropertyKind::SpreadProperty(_) => None,
    };
    object.properties.iter().map(field).collect()
}
