//! Enumerations and namespaces as compilers write them: a function that is called at once and fills an object with members,
//! `(function (E) { E["A"] = "a"; })(E || (exports.E = E = {}))`.

use super::commonjs::name_exported;
use super::open::{OpenBody, OpenClass, OpenMembers, Val};
use super::reader::Reader;
use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, CallExpression, Expression, FormalParameters, IdentifierReference,
    LogicalOperator, Statement,
};
use oxc_syntax::symbol::SymbolId;

/// Members of one that are looked at.
const MAX_MEMBERS: usize = 1_024;

impl<'a> Reader<'a, '_> {
    /// Notes what a call fills its object with, before the call is visited.
    pub(super) fn note_filled(&mut self, it: &CallExpression<'a>) {
        let (parameters, statements): (&FormalParameters<'a>, &[Statement<'a>]) = match &it.callee {
            Expression::FunctionExpression(function) if !function.r#async && !function.generator => {
                let Some(body) = &function.body else { return };
                (&function.params, &body.statements)
            }
            Expression::ArrowFunctionExpression(arrow) if !arrow.r#async => {
                let Some(body) = arrow.get_function_body() else { return };
                (&arrow.params, &body.statements)
            }
            _ => return,
        };
        let ([parameter], None, [argument]) = (parameters.items.as_slice(), &parameters.rest, it.arguments.as_slice())
        else {
            return;
        };
        let name = parameter.pattern.get_binding_identifier().and_then(|name| name.symbol_id.get());
        let (Some(inner), Some(given)) = (name, argument.as_expression()) else { return };
        let mut exported = None;
        let outer = match given {
            Expression::ObjectExpression(object) if object.properties.is_empty() => None,
            Expression::LogicalExpression(either) if either.operator == LogicalOperator::Or => {
                match &either.left {
                    Expression::Identifier(name) => {
                        let Some(symbol) = self.symbol(name) else { return };
                        let Some(writes) = self.makes_object(&either.right, symbol) else { return };
                        Some((symbol, writes))
                    }
                    // `exports.E || (exports.E = {})`, as rollup writes it.
                    Expression::StaticMemberExpression(member) if member.object.is_specific_id("exports") => {
                        let name = name_exported(member, self.scoping);
                        let Some(name) = name.filter(|name| self.makes_export(&either.right, name)) else { return };
                        exported = Some(name);
                        None
                    }
                    _ => return,
                }
            }
            _ => return,
        };
        if self.is_mutated(inner)
            || outer.is_some_and(|(outer, writes)| {
                self.writes_to(outer) != writes || (writes > 0 && self.inits.contains_key(&outer))
            })
        {
            return;
        }
        let mut statics = OpenMembers::default();
        for statement in statements.iter().take(MAX_MEMBERS) {
            for assignment in assignments(statement) {
                if let Some(name) = self.member_of(&assignment.left, inner) {
                    let value = self.value(&assignment.right);
                    statics.push(name, value);
                    // Only `E.a` is counted where it stands.
                    if matches!(assignment.left, AssignmentTarget::ComputedMemberExpression(_)) {
                        self.member_uses.get_mut(inner.index()).into_iter().for_each(|uses| *uses += 1);
                    }
                }
            }
        }
        if statics.as_slice().is_empty() {
            return;
        }
        let body = self.body_at(match &it.callee {
            Expression::ArrowFunctionExpression(arrow) => arrow.span,
            Expression::FunctionExpression(function) => function.span,
            _ => return,
        });
        // `var E = (function (E) { … })(E || {})` stands for what the call gives.
        if let Some((outer, 0)) = outer
            && !matches!(self.inits.get(&outer), Some(Val::Call(Val::Body(called), _)) if *called == body)
        {
            return;
        }
        let number = self.add_class(OpenClass { statics, ..OpenClass::default() });
        let filled = Val::Class(number);
        self.fillings.objects.insert(number, inner);
        self.inits.insert(inner, filled);
        self.fillings.names.insert(inner, body);
        if let Some(name) = exported {
            self.export_as(name, filled);
            self.fillings.exports.insert(name);
        }
        if let Some((outer, writes)) = outer {
            // Where it is written down it is nobody else's.
            let index = outer.index();
            self.member_uses.get_mut(index).into_iter().for_each(|uses| *uses += 1 + u32::from(writes > 0));
            self.mutated.get_mut(index).into_iter().for_each(|mutated| *mutated = false);
            if writes > 0 {
                self.inits.insert(outer, filled);
                self.fillings.names.insert(outer, u32::MAX);
            }
        }
    }

    /// How often a name is given a value, beside where it is declared; counted once.
    fn writes_to(&mut self, symbol: SymbolId) -> usize {
        let scoping = self.scoping;
        let count = || scoping.get_resolved_references(symbol).filter(|it| it.is_write()).count();
        *self.fillings.writes.entry(symbol).or_insert_with(count)
    }

    /// Whether a member is one that a function fills its object with.
    pub(super) fn fills(&self, of: &Expression<'a>) -> bool {
        let Expression::Identifier(name) = of else { return false };
        let filled = self.symbol(name).and_then(|symbol| self.fillings.names.get(&symbol));
        filled == Some(&self.body) && !self.flow.is_unsure()
    }

    /// Whether the function that fills an object hands it on, so that somebody else may fill it, too.
    pub(super) fn is_filled_by_others(&self, object: u32) -> bool {
        let Some(inner) = self.fillings.objects.get(&object) else { return false };
        let gives = |body: &OpenBody<'a>| matches!(body.gives, Some(Val::Symbol(given)) if given == *inner);
        let body = self.fillings.names.get(inner).and_then(|body| self.bodies_made.get(*body as usize));
        let uses = self.scoping.get_resolved_references(*inner).count();
        let members = self.member_uses.get(inner.index()).map_or(0, |members| *members as usize);
        self.is_mutated(*inner) || uses.saturating_sub(members) > usize::from(body.is_some_and(gives))
    }

    /// What `exports.E = E = {}` gives, where a function fills that.
    pub(super) fn filled_name(&self, right: &Expression<'a>) -> Option<SymbolId> {
        let Expression::AssignmentExpression(assignment) = right else { return None };
        let AssignmentTarget::AssignmentTargetIdentifier(name) = &assignment.left else { return None };
        self.symbol(name).filter(|symbol| self.fillings.names.get(symbol) == Some(&u32::MAX))
    }

    /// Whether it is `{}`, `E = {}` or `exports.E = E = {}`, and how often it gives `E` a value.
    fn makes_object(&self, value: &Expression<'a>, name: SymbolId) -> Option<usize> {
        match value {
            Expression::ObjectExpression(object) if object.properties.is_empty() => Some(0),
            Expression::AssignmentExpression(assignment) if assignment.operator.is_assign() => {
                let inner = self.makes_object(&assignment.right, name)?;
                match &assignment.left {
                    AssignmentTarget::AssignmentTargetIdentifier(target) => {
                        (self.symbol(target) == Some(name)).then_some(inner + 1)
                    }
                    AssignmentTarget::StaticMemberExpression(_) => Some(inner),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether it is `exports.E = {}`.
    fn makes_export(&self, value: &Expression<'a>, name: &str) -> bool {
        let Expression::AssignmentExpression(assignment) = value else { return false };
        let AssignmentTarget::StaticMemberExpression(member) = &assignment.left else { return false };
        let is_empty =
            matches!(&assignment.right, Expression::ObjectExpression(object) if object.properties.is_empty());
        is_empty && name_exported(member, self.scoping) == Some(name)
    }

    /// The member of a name that is given a value: `E.A`, `E["A"]`.
    fn member_of(&self, target: &AssignmentTarget<'a>, of: SymbolId) -> Option<&'a str> {
        let is_of = |name: &IdentifierReference<'a>| self.symbol(name) == Some(of);
        match target {
            AssignmentTarget::StaticMemberExpression(member) => match &member.object {
                Expression::Identifier(name) if is_of(name) => Some(member.property.name.as_str()),
                _ => None,
            },
            AssignmentTarget::ComputedMemberExpression(member) => match (&member.object, &member.expression) {
                (Expression::Identifier(name), Expression::StringLiteral(key)) if is_of(name) => {
                    Some(key.value.as_str())
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// The assignments that a statement makes whatever happens: `E.a = 1;`, `const a = E.a = 1;`.
fn assignments<'e, 'a>(statement: &'e Statement<'a>) -> Vec<&'e AssignmentExpression<'a>> {
    let of = |value: &'e Expression<'a>| match value {
        Expression::AssignmentExpression(assignment) if assignment.operator.is_assign() => Some(&**assignment),
        _ => None,
    };
    match statement {
        Statement::ExpressionStatement(it) => of(&it.expression).into_iter().collect(),
        Statement::VariableDeclaration(it) => {
            it.declarations.iter().filter_map(|declarator| declarator.init.as_ref().and_then(of)).collect()
        }
        _ => Vec::new(),
    }
}
