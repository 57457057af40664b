//! What is noted of each kind of syntax: what it imports, what it exports, and what of it other versions or formats
//! would refuse.

use super::attributes::of_options;
use super::calls::{is_function, makes_own_require};
use super::commonjs::COMMONJS_NAMES;
use super::reader::Reader;
use super::scopes::{Declares, ScopeKind, names_in};
use crate::node::modules::{Export, Form, Import, ModuleSyntax, Need, NewSyntax};
use oxc_ast::ast::{
    ArrowFunctionExpression, AwaitExpression, BindingIdentifier, CallExpression, Class, ClassType,
    ConditionalExpression, Declaration, DoWhileStatement, ExportAllDeclaration, ExportDeclaration,
    ExportDefaultDeclaration, ExportFromDeclaration, ExportNamedDeclaration, Expression, ExpressionStatement,
    ForInStatement, ForOfStatement, ForStatement, FormalParameters, Function, FunctionType, IdentifierReference,
    IfStatement, ImportDeclaration, ImportExpression, ImportMeta, LogicalExpression, NumericLiteral,
    PropertyDefinition, RegExpFlags, RegExpLiteral, SwitchCase, TryStatement, UnaryExpression, UnaryOperator,
    VariableDeclaration, VariableDeclarationKind, WhileStatement, WithStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::{ScopeFlags, ScopeId};
use std::cell::Cell;

impl<'a> Visit<'a> for Reader<'a, '_> {
    fn enter_scope(&mut self, flags: ScopeFlags, _: &Cell<Option<ScopeId>>) {
        let is_function = flags.is_function() || flags.contains(ScopeFlags::ClassStaticBlock);
        self.scopes.enter(if is_function { ScopeKind::Function } else { ScopeKind::Block });
    }

    fn leave_scope(&mut self) {
        self.scopes.leave();
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        self.import(it);
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        self.export_from(it);
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        self.export_all(it);
    }

    fn visit_export_declaration(&mut self, export: &ExportDeclaration<'a>) {
        self.mark(ModuleSyntax::Export, export.span);
        let mut add = |name: &str| self.exports.push(Export { name: name.into(), from: None });
        match &export.declaration {
            Declaration::VariableDeclaration(variables) => {
                for declarator in &variables.declarations {
                    names_in(&declarator.id).for_each(|name| add(&name.name));
                }
            }
            Declaration::FunctionDeclaration(function) => function.id.iter().for_each(|name| add(&name.name)),
            Declaration::ClassDeclaration(class) => class.id.iter().for_each(|name| add(&name.name)),
            _ => {}
        }
        walk::walk_export_declaration(self, export);
    }

    fn visit_export_named_declaration(&mut self, it: &ExportNamedDeclaration<'a>) {
        self.export_named(it);
    }

    fn visit_export_default_declaration(&mut self, export: &ExportDefaultDeclaration<'a>) {
        self.mark(ModuleSyntax::Export, export.span);
        self.exports.push(Export { name: "default".into(), from: None });
        walk::walk_export_default_declaration(self, export);
    }

    fn visit_import_meta(&mut self, it: &ImportMeta) {
        self.mark(ModuleSyntax::Meta, it.span);
    }

    fn visit_await_expression(&mut self, it: &AwaitExpression<'a>) {
        if self.bodies == 0 {
            self.module.awaits = true;
            self.mark(ModuleSyntax::Await, it.span);
        }
        self.mark_fatal(&it.argument);
        walk::walk_await_expression(self, it);
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        if it.r#await && self.bodies == 0 {
            self.module.awaits = true;
            self.mark(ModuleSyntax::Await, it.span);
        }
        self.guarded(|reader| walk::walk_for_of_statement(reader, it));
    }

    fn visit_for_in_statement(&mut self, it: &ForInStatement<'a>) {
        self.guarded(|reader| walk::walk_for_in_statement(reader, it));
    }

    fn visit_for_statement(&mut self, it: &ForStatement<'a>) {
        self.guarded(|reader| walk::walk_for_statement(reader, it));
    }

    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        self.guarded(|reader| walk::walk_while_statement(reader, it));
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        // The body of `do` runs at least once.
        self.visit_statement(&it.body);
        self.guarded(|reader| reader.visit_expression(&it.test));
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        self.visit_expression(&it.test);
        self.guarded(|reader| {
            reader.visit_statement(&it.consequent);
            it.alternate.iter().for_each(|alternate| reader.visit_statement(alternate));
        });
    }

    fn visit_switch_case(&mut self, it: &SwitchCase<'a>) {
        self.guarded(|reader| walk::walk_switch_case(reader, it));
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        self.visit_expression(&it.test);
        self.guarded(|reader| {
            reader.visit_expression(&it.consequent);
            reader.visit_expression(&it.alternate);
        });
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        self.visit_expression(&it.left);
        self.guarded(|reader| reader.visit_expression(&it.right));
    }

    fn visit_try_statement(&mut self, it: &TryStatement<'a>) {
        if it.handler.is_some() {
            self.guarded(|reader| reader.visit_block_statement(&it.block));
        } else {
            // `finally` alone catches nothing.
            self.visit_block_statement(&it.block);
        }
        self.guarded(|reader| it.handler.iter().for_each(|handler| reader.visit_catch_clause(handler)));
        it.finalizer.iter().for_each(|finalizer| self.visit_block_statement(finalizer));
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        if let (FunctionType::FunctionDeclaration, Some(name)) = (it.r#type, &it.id) {
            self.scopes.declare(name.name.as_str(), name.span, Declares::Function);
        }
        self.bodies += 1;
        self.in_function(|reader| walk::walk_function(reader, it, flags));
        self.bodies -= 1;
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.bodies += 1;
        self.in_function(|reader| walk::walk_arrow_function_expression(reader, it));
        self.bodies -= 1;
    }

    fn visit_formal_parameters(&mut self, it: &FormalParameters<'a>) {
        for parameter in &it.items {
            for name in names_in(&parameter.pattern) {
                self.scopes.declare(name.name.as_str(), name.span, Declares::Parameter);
            }
        }
        walk::walk_formal_parameters(self, it);
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        if let (ClassType::ClassDeclaration, Some(name)) = (it.r#type, &it.id) {
            self.scopes.declare(name.name.as_str(), name.span, Declares::Lexical);
        }
        walk::walk_class(self, it);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        // A static field is worked out with the class, that is when the file is loaded; others with each object.
        if it.r#static {
            walk::walk_property_definition(self, it);
        } else {
            self.bodies += 1;
            self.in_function(|reader| walk::walk_property_definition(reader, it));
            self.bodies -= 1;
        }
    }

    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        if matches!(it.kind, VariableDeclarationKind::Using | VariableDeclarationKind::AwaitUsing) {
            self.note_new(NewSyntax::Using, it.span);
        }
        if it.kind == VariableDeclarationKind::AwaitUsing && self.bodies == 0 {
            self.module.awaits = true;
            self.mark(ModuleSyntax::Await, it.span);
        }
        let how = if it.kind == VariableDeclarationKind::Var { Declares::Var } else { Declares::Lexical };
        for declarator in &it.declarations {
            for name in names_in(&declarator.id) {
                self.scopes.declare(name.name.as_str(), name.span, how);
            }
            if let (Some(init), Some(name)) = (&declarator.init, declarator.id.get_binding_identifier())
                && makes_own_require(init)
            {
                self.requires.insert(name.name.as_str());
            }
        }
        walk::walk_variable_declaration(self, it);
    }

    fn visit_binding_identifier(&mut self, it: &BindingIdentifier<'a>) {
        let name = it.name.as_str();
        if COMMONJS_NAMES.contains(&name) {
            self.declared.insert(name);
        }
    }

    fn visit_expression_statement(&mut self, it: &ExpressionStatement<'a>) {
        self.mark_fatal(&it.expression);
        walk::walk_expression_statement(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        let line = self.line(it.span);
        let specifier = match &it.source {
            Expression::StringLiteral(literal) => Some(literal.value.as_str()),
            Expression::TemplateLiteral(template) => template.single_quasi().map(|text| text.as_str()),
            _ => None,
        };
        if let Some(specifier) = specifier {
            let certain = self.is_certain() && self.fatal.contains(&it.span.start);
            let import = Import {
                specifier: specifier.into(),
                line,
                form: Form::Call,
                need: if certain { Need::Certain } else { Need::Optional },
                names: Box::default(),
                attributes: of_options(it.options.as_ref()),
            };
            self.imports.push(import);
        } else {
            self.computed.push(line);
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Expression::Identifier(name) = &it.callee
            && let [argument] = it.arguments.as_slice()
        {
            match argument.as_expression() {
                Some(Expression::StringLiteral(literal)) => self.require(name.name.as_str(), &literal.value, it.span),
                Some(Expression::TemplateLiteral(template)) if template.single_quasi().is_some() => {
                    let text = template.single_quasi();
                    self.require(name.name.as_str(), text.as_deref().unwrap_or_default(), it.span);
                }
                Some(_) if name.name == "require" => {
                    let line = self.line(it.span);
                    self.computed.push(line);
                }
                _ => {}
            }
        }
        let caught = match &it.callee {
            Expression::StaticMemberExpression(member) => {
                let name = member.property.name.as_str();
                // What takes a rejection: `allSettled` never rejects itself.
                name == "catch" || (name == "then" && it.arguments.len() >= 2) || name == "allSettled"
            }
            _ => false,
        };
        let called = match &it.callee {
            // `(function () { … }).call(this)`
            Expression::StaticMemberExpression(member)
                if matches!(member.property.name.as_str(), "call" | "apply") && is_function(&member.object) =>
            {
                Some(&member.object)
            }
            callee if is_function(callee) => Some(callee),
            _ => None,
        };
        if let Some(function) = called {
            self.bodies += 1;
            match function {
                Expression::FunctionExpression(function) => {
                    walk::walk_function(self, function, ScopeFlags::Function);
                }
                Expression::ArrowFunctionExpression(arrow) => walk::walk_arrow_function_expression(self, arrow),
                _ => {}
            }
            self.bodies -= 1;
            self.visit_arguments(&it.arguments);
        } else if caught {
            self.guarded(|reader| walk::walk_call_expression(reader, it));
        } else {
            walk::walk_call_expression(self, it);
        }
    }

    fn visit_with_statement(&mut self, it: &WithStatement<'a>) {
        self.refuse_in_strict(it.span, "Strict mode code may not include a with statement");
        walk::walk_with_statement(self, it);
    }

    fn visit_numeric_literal(&mut self, it: &NumericLiteral<'a>) {
        let raw = it.raw.as_ref().map_or("", |raw| raw.as_str()).as_bytes();
        match raw {
            [b'0', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
                let octal = digits.iter().all(|digit| *digit < b'8');
                let message = if octal {
                    "Octal literals are not allowed in strict mode."
                } else {
                    "Decimals with leading zeros are not allowed in strict mode."
                };
                self.refuse_in_strict(it.span, message);
            }
            _ => {}
        }
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        if it.operator == UnaryOperator::Delete && matches!(it.argument, Expression::Identifier(_)) {
            self.refuse_in_strict(it.span, "Delete of an unqualified identifier in strict mode.");
        }
        let typeof_ = it.operator == UnaryOperator::Typeof;
        self.typeofs += u32::from(typeof_);
        walk::walk_unary_expression(self, it);
        self.typeofs -= u32::from(typeof_);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        if self.is_certain()
            && self.typeofs == 0
            && let Some(name) = COMMONJS_NAMES.iter().find(|name| it.name == **name)
        {
            let line = self.line(it.span);
            self.mentions.push((name, line));
        }
    }

    fn visit_reg_exp_literal(&mut self, it: &RegExpLiteral<'a>) {
        if it.regex.flags.contains(RegExpFlags::V) {
            self.note_new(NewSyntax::UnicodeSets, it.span);
        }
    }
}
