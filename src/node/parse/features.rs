//! A syntax tree reduced to what it uses of Node's own that not every version has. Names are resolved by the scopes that
//! are open, since a file's own `File` or `navigator` is nothing of Node's.

use super::feature_names::{FeatureKey, GLOBAL_OBJECTS, ResolvedNames, Root, global_of, module_of, root, written};
use super::goal::names_in;
use super::lines::LineStarts;
use super::steps::{are_deadly, may_rethrow};
use crate::node::builtins;
use crate::node::features::{Access, Feature, FeatureUse, Features, method};
use hashbrown::{HashMap, HashSet};
use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, BinaryExpression, BinaryOperator, BindingIdentifier,
    BindingPattern, CallExpression, CatchClause, ChainElement, Class, ComputedMemberExpression, ConditionalExpression,
    Expression, Function, IdentifierReference, IfStatement, ImportDeclaration, ImportDeclarationSpecifier,
    LogicalExpression, ObjectPropertyKind, Program, PropertyKey, StaticMemberExpression, TryStatement, UnaryExpression,
    UnaryOperator, VariableDeclaration, VariableDeclarationKind, VariableDeclarator, WhileStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::Span;
use oxc_syntax::scope::{ScopeFlags, ScopeId};
use std::cell::Cell;

/// What the tree uses.
pub(super) fn features_of(program: &Program<'_>, lines: &LineStarts) -> Features {
    let mut finder = Finder {
        lines,
        parents: vec![(0, 0)],
        open: vec![0],
        declared: Vec::new(),
        bound: Vec::new(),
        uses: Vec::new(),
        tested: Vec::new(),
        set: Vec::new(),
        tries: 0,
    };
    finder.visit_program(program);
    finder.finish()
}

struct Finder<'a, 's> {
    lines: &'s LineStarts,
    /// Of each scope the one around it, and the function that it belongs to.
    parents: Vec<(u32, u32)>,
    open: Vec<u32>,
    declared: Vec<(u32, &'a str)>,
    /// Names that stand for a module of Node's.
    bound: Vec<(u32, &'a str, &'a str, Access)>,
    uses: Vec<(u32, FeatureKey<'a>, Span)>,
    /// What is asked for before it is used, with the function in which that is done.
    tested: Vec<(u32, FeatureKey<'a>)>,
    set: Vec<(u32, FeatureKey<'a>)>,
    /// Blocks of `try` with a `catch` that are open.
    tries: u32,
}

impl<'a> Finder<'a, '_> {
    fn scope(&self) -> u32 {
        self.open.last().copied().unwrap_or(0)
    }

    fn parent(&self, scope: u32) -> (u32, u32) {
        self.parents.get(scope as usize).copied().unwrap_or((0, 0))
    }

    fn used(&mut self, key: FeatureKey<'a>, span: Span) {
        if self.tries == 0 {
            self.uses.push((self.scope(), key, span));
        }
    }

    /// Notes that the file looks whether something is there. A name that is not there can only be asked for by `typeof`.
    fn test(&mut self, expression: &Expression<'a>, by_typeof: bool) {
        match expression {
            Expression::UnaryExpression(not) if not.operator == UnaryOperator::LogicalNot => {
                self.test(&not.argument, by_typeof);
            }
            Expression::LogicalExpression(both) => {
                self.test(&both.left, by_typeof);
                self.test(&both.right, by_typeof);
            }
            Expression::ChainExpression(chain) => {
                if let ChainElement::StaticMemberExpression(member) = &chain.expression {
                    self.test_member(&member.object, member.property.name.as_str());
                }
            }
            Expression::StaticMemberExpression(member) => {
                self.test_member(&member.object, member.property.name.as_str());
            }
            Expression::ComputedMemberExpression(member) => {
                if let Expression::StringLiteral(name) = &member.expression {
                    self.test_member(&member.object, name.value.as_str());
                }
            }
            Expression::Identifier(name) if by_typeof => {
                let key = (Root::Name(name.name.as_str()), None);
                self.tested.push((self.parent(self.scope()).1, key));
            }
            _ => {}
        }
    }

    fn test_member(&mut self, object: &Expression<'a>, name: &'a str) {
        if let Some(root) = root(object) {
            self.tested.push((self.parent(self.scope()).1, (root, Some(name))));
        }
        if method(name).is_some() {
            self.tested.push((self.parent(self.scope()).1, (Root::Anything, Some(name))));
        }
        // Of `fs.glob.sync` neither is there where `fs.glob` is not; whoever asks for the one need not ask for the other.
        self.test(object, false);
    }

    fn member(&mut self, object: &Expression<'a>, name: &'a str, span: Span) {
        if let Some(root) = root(object)
            && (root == Root::Meta || builtins::is_ever_absent(name))
        {
            self.used((root, Some(name)), span);
        }
    }

    /// `const { isBoolean } = util`: names without a default.
    fn destructured(&mut self, pattern: &BindingPattern<'a>, init: &Expression<'a>) {
        let (BindingPattern::ObjectPattern(pattern), Some(root)) = (pattern, root(init)) else { return };
        for property in &pattern.properties {
            let name = property.key.static_name();
            if let Some(std::borrow::Cow::Borrowed(name)) = name
                && !matches!(property.value, BindingPattern::AssignmentPattern(_))
                && (root == Root::Meta || builtins::is_ever_absent(name))
            {
                self.used((root, Some(name)), property.span);
            }
        }
    }

    /// `Object.assign(globalThis, { … })`, `Object.defineProperty(globalThis, 'x', …)`.
    fn sets_by_call(&mut self, call: &CallExpression<'a>) {
        let Expression::StaticMemberExpression(callee) = &call.callee else { return };
        let [target, what, ..] = call.arguments.as_slice() else { return };
        let Some(root) = target.as_expression().and_then(root) else { return };
        match (callee.property.name.as_str(), what) {
            ("assign" | "defineProperties", Argument::ObjectExpression(object)) => {
                for property in &object.properties {
                    if let ObjectPropertyKind::ObjectProperty(property) = property
                        && let Some(std::borrow::Cow::Borrowed(name)) = property.key.static_name()
                    {
                        self.set.push((self.scope(), (root, Some(name))));
                    }
                }
            }
            ("defineProperty", Argument::StringLiteral(name)) => {
                self.brings(name.value.as_str());
                self.set.push((self.scope(), (root, Some(name.value.as_str()))));
            }
            _ => {}
        }
    }

    /// Notes that the file has a method of that name itself.
    fn brings(&mut self, name: &'a str) {
        if method(name).is_some() {
            self.set.push((self.scope(), (Root::Anything, Some(name))));
        }
    }

    fn finish(self) -> Features {
        if self.uses.is_empty() && self.set.is_empty() {
            return Features::default();
        }
        let names: HashSet<&str> = self
            .uses
            .iter()
            .map(|(_, key, _)| key)
            .chain(self.set.iter().map(|(_, key)| key))
            .filter_map(|(root, _)| root.name())
            .collect();
        let scopes = ResolvedNames {
            declared: self.declared.iter().filter(|(_, name)| names.contains(name)).copied().collect(),
            bound: self
                .bound
                .iter()
                .map(|(scope, name, module, access)| ((*scope, *name), (*module, *access)))
                .collect(),
            parents: &self.parents,
        };
        let mut tested: HashMap<FeatureKey<'a>, Vec<u32>> = HashMap::new();
        for (function, key) in &self.tested {
            tested.entry(*key).or_default().push(*function);
        }
        let guarded = |scope: u32, key: &FeatureKey<'a>| {
            tested.get(key).is_some_and(|functions| scopes.around(scope).any(|around| functions.contains(&around)))
        };
        let (mut uses, mut seen) = (Vec::new(), HashSet::new());
        for (scope, key, span) in &self.uses {
            let Some(feature) = scopes.feature(*scope, *key).filter(Feature::is_known) else { continue };
            // A global goes by several names.
            let also = global_of(*key).into_iter().flat_map(|name| {
                let object = move |object: &'static str| (Root::Name(object), Some(name));
                GLOBAL_OBJECTS.into_iter().map(object).chain([(Root::Name(name), None)])
            });
            if ![*key].into_iter().chain(also).any(|key| guarded(*scope, &key)) && seen.insert(feature.clone()) {
                uses.push(FeatureUse { feature, written: written(*key).into(), line: self.lines.of(span.start) });
            }
        }
        let defined = self.set.iter().filter_map(|(scope, key)| scopes.feature(*scope, *key)).filter(Feature::is_known);
        Features { uses: uses.into(), defined: defined.collect() }
    }
}

impl<'a> Visit<'a> for Finder<'a, '_> {
    fn enter_scope(&mut self, flags: ScopeFlags, _: &Cell<Option<ScopeId>>) {
        let number = u32::try_from(self.parents.len()).unwrap_or(u32::MAX);
        let parent = self.scope();
        let function = if flags.is_function() { number } else { self.parent(parent).1 };
        self.parents.push((parent, function));
        self.open.push(number);
    }

    fn leave_scope(&mut self) {
        self.open.pop();
    }

    fn visit_program(&mut self, it: &Program<'a>) {
        // The scope of the program is the first, in which this starts.
        self.visit_directives(&it.directives);
        self.visit_statements(&it.body);
    }

    fn visit_binding_identifier(&mut self, it: &BindingIdentifier<'a>) {
        self.declared.push((self.scope(), it.name.as_str()));
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        if let Some(name) = it.id.as_ref().filter(|_| it.is_declaration()) {
            self.visit_binding_identifier(name);
        }
        walk::walk_function(self, it, flags);
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        if let Some(name) = it.id.as_ref().filter(|_| it.is_declaration()) {
            self.visit_binding_identifier(name);
        }
        walk::walk_class(self, it);
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        let module = it.source.value.as_str();
        for specifier in it.specifiers.iter().flatten() {
            let (local, access) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(named) if named.imported.name() == "default" => {
                    (&named.local, Some(Access::Default))
                }
                ImportDeclarationSpecifier::ImportSpecifier(named) => (&named.local, None),
                ImportDeclarationSpecifier::ImportDefaultSpecifier(default) => (&default.local, Some(Access::Default)),
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(all) => (&all.local, Some(Access::Namespace)),
            };
            self.visit_binding_identifier(local);
            if let Some(access) = access {
                self.bound.push((0, local.name.as_str(), module, access));
            }
        }
    }

    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        if it.kind == VariableDeclarationKind::Var {
            let function = self.parent(self.scope()).1;
            for name in it.declarations.iter().flat_map(|declarator| names_in(&declarator.id)) {
                self.declared.push((function, name.name.as_str()));
            }
        }
        walk::walk_variable_declaration(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let Some(init) = &it.init {
            if let (Some((module, access)), Some(name)) = (module_of(init), it.id.get_binding_identifier()) {
                // A `var` belongs to the function.
                for scope in [self.scope(), self.parent(self.scope()).1] {
                    self.bound.push((scope, name.name.as_str(), module, access));
                }
            }
            self.destructured(&it.id, init);
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        let name = it.name.as_str();
        if builtins::is_ever_absent(name) {
            self.used((Root::Name(name), None), it.span);
        }
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        self.member(&it.object, it.property.name.as_str(), it.span);
        // `fs.glob?.()` asks for it.
        if it.optional {
            self.test(&it.object, false);
        }
        walk::walk_static_member_expression(self, it);
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        if let Expression::StringLiteral(name) = &it.expression {
            self.member(&it.object, name.value.as_str(), it.span);
        }
        if it.optional {
            self.test(&it.object, false);
        }
        walk::walk_computed_member_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if it.optional {
            self.test(&it.callee, false);
        }
        self.sets_by_call(it);
        if let Expression::StaticMemberExpression(member) = &it.callee
            && method(member.property.name.as_str()).is_some()
        {
            self.used((Root::Anything, Some(member.property.name.as_str())), member.property.span);
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_property_key(&mut self, it: &PropertyKey<'a>) {
        if let Some(std::borrow::Cow::Borrowed(name)) = it.static_name() {
            self.brings(name);
        }
        walk::walk_property_key(self, it);
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        match it.operator {
            UnaryOperator::Typeof => self.test(&it.argument, true),
            UnaryOperator::LogicalNot => self.test(&it.argument, false),
            _ => {}
        }
        walk::walk_unary_expression(self, it);
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        match (it.operator, &it.left) {
            (BinaryOperator::In, Expression::StringLiteral(name)) => self.test_member(&it.right, name.value.as_str()),
            (
                BinaryOperator::Equality
                | BinaryOperator::Inequality
                | BinaryOperator::StrictEquality
                | BinaryOperator::StrictInequality,
                _,
            ) => {
                self.test(&it.left, false);
                self.test(&it.right, false);
            }
            _ => {}
        }
        walk::walk_binary_expression(self, it);
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        self.test(&it.left, false);
        walk::walk_logical_expression(self, it);
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        self.test(&it.test, false);
        walk::walk_conditional_expression(self, it);
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        self.test(&it.test, false);
        walk::walk_if_statement(self, it);
    }

    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        self.test(&it.test, false);
        walk::walk_while_statement(self, it);
    }

    fn visit_try_statement(&mut self, it: &TryStatement<'a>) {
        // Whoever throws anew, or ends the process, does not do without.
        let does_without =
            |handler: &CatchClause<'a>| !are_deadly(&handler.body.body) && !may_rethrow(&handler.body.body);
        let caught = u32::from(it.handler.as_ref().is_some_and(|handler| does_without(handler)));
        self.tries += caught;
        self.visit_block_statement(&it.block);
        self.tries -= caught;
        it.handler.iter().for_each(|handler| self.visit_catch_clause(handler));
        it.finalizer.iter().for_each(|finalizer| self.visit_block_statement(finalizer));
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        let key = match &it.left {
            AssignmentTarget::AssignmentTargetIdentifier(name) => Some((Root::Name(name.name.as_str()), None)),
            AssignmentTarget::StaticMemberExpression(member) => {
                root(&member.object).map(|root| (root, Some(member.property.name.as_str())))
            }
            AssignmentTarget::ComputedMemberExpression(member) => match &member.expression {
                Expression::StringLiteral(name) => root(&member.object).map(|root| (root, Some(name.value.as_str()))),
                _ => None,
            },
            _ => None,
        };
        if let AssignmentTarget::StaticMemberExpression(member) = &it.left {
            self.brings(member.property.name.as_str());
        }
        if let Some(key) = key
            && builtins::is_ever_absent(key.1.or(key.0.name()).unwrap_or_default())
        {
            self.set.push((self.scope(), key));
        }
        walk::walk_assignment_expression(self, it);
    }
}
