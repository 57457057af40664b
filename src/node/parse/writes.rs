//! What cannot be given another value: constants, what is imported, names of classes within them, and members of the namespace
//! of a module.

use super::open_names::{ConstantValue, NameAction, UsedName};
use super::reader::Reader;
use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, Expression, IdentifierReference, LogicalOperator, StaticMemberExpression,
    UnaryOperator, VariableDeclarator,
};
use oxc_ast_visit::Visit;
use oxc_syntax::symbol::{SymbolFlags, SymbolId};

impl<'a> Reader<'a, '_> {
    /// Notes what a constant holds.
    pub(super) fn note_held(&mut self, declarator: &VariableDeclarator<'a>) {
        let symbol = declarator.id.get_binding_identifier().and_then(|name| name.symbol_id.get());
        if let (Some(symbol), Some(held)) = (symbol, declarator.init.as_ref().and_then(held))
            && self.scoping.symbol_flags(symbol).is_const_variable()
        {
            self.names.held_by.insert(symbol, held);
        }
    }

    /// `x ||= y`, which gives `x` a value only where it has none.
    pub(super) fn logical_assignment(&mut self, it: &AssignmentExpression<'a>) {
        let outer = std::mem::replace(&mut self.names.may_not_write, true);
        self.visit_assignment_target(&it.left);
        self.names.may_not_write = outer;
        self.guarded(|reader| reader.visit_expression(&it.right));
        let AssignmentTarget::AssignmentTargetIdentifier(name) = &it.left else { return };
        let Some(symbol) = self.symbol(name).filter(|symbol| self.is_constant(*symbol, name.span.start)) else {
            return;
        };
        let held = self.names.held_by.get(&symbol).copied();
        let writes = held.map(|held| match it.operator.to_logical_operator() {
            Some(LogicalOperator::And) => held == ConstantValue::True,
            Some(LogicalOperator::Or) => held != ConstantValue::True,
            _ => held == ConstantValue::Nothing,
        });
        let note = |reader: &mut Self| {
            reader.note_use(UsedName::Symbol(symbol), name.name.as_str(), None, NameAction::Assign, name.span)
        };
        match writes {
            Some(true) => note(self),
            Some(false) => {}
            None => self.guarded(note),
        }
    }

    /// Whether a name cannot be given another value there.
    pub(super) fn is_constant(&self, symbol: SymbolId, at: u32) -> bool {
        let flags = self.scoping.symbol_flags(symbol);
        let is_within = || {
            let declared = self.names.declared.get(&symbol);
            declared.is_none_or(|declared| declared.span.start <= at && at < declared.span.end)
        };
        flags.is_const_variable() || flags.is_import() || (flags.contains(SymbolFlags::Class) && is_within())
    }

    /// `ns.x = …`, where `ns` is the namespace of a module.
    pub(super) fn note_changed_namespace(&mut self, left: &AssignmentTarget<'a>) {
        match left {
            AssignmentTarget::StaticMemberExpression(member) => self.note_namespace_member(member),
            AssignmentTarget::ComputedMemberExpression(member) => {
                if let (Expression::Identifier(name), Expression::StringLiteral(key)) =
                    (&member.object, &member.expression)
                {
                    self.note_member_of_namespace(name, key.value.as_str());
                }
            }
            _ => {}
        }
    }

    /// Notes that a member is given another value.
    pub(super) fn note_namespace_member(&mut self, member: &StaticMemberExpression<'a>) {
        if let Expression::Identifier(name) = &member.object {
            self.note_member_of_namespace(name, member.property.name.as_str());
        }
    }

    fn note_member_of_namespace(&mut self, name: &IdentifierReference<'a>, member: &'a str) {
        let Some(symbol) = self.symbol(name).filter(|symbol| self.is_namespace(*symbol)) else { return };
        let said = name.name.as_str();
        self.note_use(UsedName::Symbol(symbol), said, Some(member), NameAction::Assign, name.span);
    }
}

/// What an expression surely is.
fn held(expression: &Expression<'_>) -> Option<ConstantValue> {
    let truth = |is_true| Some(if is_true { ConstantValue::True } else { ConstantValue::False });
    match expression {
        Expression::NullLiteral(_) => Some(ConstantValue::Nothing),
        Expression::Identifier(name) if name.name == "undefined" => Some(ConstantValue::Nothing),
        Expression::UnaryExpression(it) if it.operator == UnaryOperator::Void => Some(ConstantValue::Nothing),
        Expression::BooleanLiteral(it) => truth(it.value),
        Expression::NumericLiteral(it) => truth(it.value != 0.0 && !it.value.is_nan()),
        Expression::StringLiteral(it) => truth(!it.value.is_empty()),
        Expression::BigIntLiteral(it) => truth(!it.is_zero()),
        Expression::ArrayExpression(_)
        | Expression::ObjectExpression(_)
        | Expression::FunctionExpression(_)
        | Expression::ArrowFunctionExpression(_)
        | Expression::ClassExpression(_)
        | Expression::NewExpression(_)
        | Expression::RegExpLiteral(_) => Some(ConstantValue::True),
        _ => None,
    }
}
