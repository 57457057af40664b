//! What is noted of each kind of syntax: what it imports, what it exports, and what of it other versions or formats
//! would refuse.

use super::commonjs::{ARGUMENTS, COMMONJS_NAMES};
use super::conditions::{asks, has_nothing, holds_in_main, may_end_early, truth};
use super::goal::names_in;
use super::names::Callee;
use super::open::{Fated, OpenAct, Val};
use super::reader::Reader;
use crate::node::bodies::{BodyKind, CallKind, FailureFate};
use crate::node::modules::{Export, ModuleSyntax, NewSyntax};
use crate::node::names::BoundName;
use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan;
use oxc_syntax::scope::ScopeFlags;

impl<'a> Visit<'a> for Reader<'a, '_> {
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
        let mut add = |name: &BindingIdentifier<'a>| {
            self.exports.push(Export { name: name.name.as_str().into(), from: None, binding: BoundName::Always });
            self.export_where_declared(name);
        };
        match &export.declaration {
            Declaration::VariableDeclaration(variables) => {
                for declarator in &variables.declarations {
                    names_in(&declarator.id).for_each(&mut add);
                }
            }
            Declaration::FunctionDeclaration(function) => function.id.iter().for_each(add),
            Declaration::ClassDeclaration(class) => class.id.iter().for_each(add),
            _ => {}
        }
        walk::walk_export_declaration(self, export);
    }

    fn visit_export_named_declaration(&mut self, it: &ExportNamedDeclaration<'a>) {
        self.export_named(it);
    }

    fn visit_export_default_declaration(&mut self, export: &ExportDefaultDeclaration<'a>) {
        self.mark(ModuleSyntax::Export, export.span);
        let end = export.declaration.span().end;
        let binding = match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(_) => BoundName::Always,
            _ => BoundName::Lexical(end),
        };
        self.exports.push(Export { name: "default".into(), from: None, binding });
        let value = match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => Val::Body(self.body_at(function.span)),
            ExportDefaultDeclarationKind::ClassDeclaration(class) => Val::Class(self.class_at(class)),
            other => other.as_expression().map_or(Val::Unknown, |other| self.value(other)),
        };
        self.exported.push(("default".into(), value));
        walk::walk_export_default_declaration(self, export);
    }

    fn visit_import_meta(&mut self, it: &ImportMeta) {
        self.mark(ModuleSyntax::Meta, it.span);
    }

    fn visit_await_expression(&mut self, it: &AwaitExpression<'a>) {
        if self.bodies == 0 {
            self.note_first_await(it.span);
        }
        self.settle(&it.argument, Fated::Is(FailureFate::Throws));
        walk::walk_await_expression(self, it);
        self.may_throw();
        self.note_await(it);
        self.pauses(&it.argument);
        self.flow.waited = true;
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        self.for_of_statement(it);
    }

    fn visit_for_in_statement(&mut self, it: &ForInStatement<'a>) {
        self.for_in_statement(it);
    }

    fn visit_for_statement(&mut self, it: &ForStatement<'a>) {
        self.for_statement(it);
    }

    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        self.while_statement(it);
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        self.do_while_statement(it);
    }

    fn visit_labeled_statement(&mut self, it: &LabeledStatement<'a>) {
        self.breakable(|reader| walk::walk_labeled_statement(reader, it));
    }

    fn visit_break_statement(&mut self, _: &BreakStatement<'a>) {
        self.flow.broke = true;
    }

    fn visit_continue_statement(&mut self, _: &ContinueStatement<'a>) {
        self.flow.broke = true;
    }

    fn visit_return_statement(&mut self, it: &ReturnStatement<'a>) {
        if let Some(argument) = &it.argument {
            self.settle(argument, Fated::Is(FailureFate::Rejects));
            let value = self.value(argument);
            self.gives(value);
            if self.note_idle(argument) {
                self.idle_bodies.insert(self.body);
            }
        }
        walk::walk_return_statement(self, it);
        self.leaves();
    }

    fn visit_throw_statement(&mut self, it: &ThrowStatement<'a>) {
        self.note_stand_in(&it.argument);
        walk::walk_throw_statement(self, it);
        self.note_throw(it);
        self.throws();
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        self.visit_expression(&it.test);
        let (truth, asks) = (truth(&it.test), asks(&it.test));
        let in_main = holds_in_main(&it.test);
        self.behind(in_main, truth, asks, |reader| reader.visit_statement(&it.consequent));
        if let Some(alternate) = &it.alternate {
            let (in_main, truth) = (in_main.map(|holds| !holds), truth.map(|truth| !truth));
            self.behind(in_main, truth, asks, |reader| reader.visit_statement(alternate));
        }
    }

    fn visit_switch_statement(&mut self, it: &SwitchStatement<'a>) {
        self.switch_statement(it);
    }

    fn visit_switch_case(&mut self, it: &SwitchCase<'a>) {
        self.switch_case(it);
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        self.visit_expression(&it.test);
        let (truth, asks) = (truth(&it.test), asks(&it.test));
        self.branch(truth, asks, |reader| reader.visit_expression(&it.consequent));
        self.branch(truth.map(|truth| !truth), asks, |reader| reader.visit_expression(&it.alternate));
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        self.own_exports.logical(it, self.this_is_exports());
        self.visit_expression(&it.left);
        let truth = match it.operator {
            LogicalOperator::And => truth(&it.left),
            LogicalOperator::Or => truth(&it.left).map(|truth| !truth),
            LogicalOperator::Coalesce => None,
        };
        let in_main = match it.operator {
            LogicalOperator::And => holds_in_main(&it.left),
            LogicalOperator::Or => holds_in_main(&it.left).map(|holds| !holds),
            LogicalOperator::Coalesce => None,
        };
        self.behind(in_main, truth, asks(&it.left), |reader| reader.visit_expression(&it.right));
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        self.note_assignment(it);
        self.note_own_assignment(it);
        self.note_made_global(&it.left);
        self.note_changed_namespace(&it.left);
        self.note_frozen(&it.left);
        if it.operator.is_logical() {
            self.logical_assignment(it);
        } else {
            walk::walk_assignment_expression(self, it);
        }
    }

    fn visit_try_statement(&mut self, it: &TryStatement<'a>) {
        self.try_statement(it);
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        let number = self.body_at(it.span);
        if let (FunctionType::FunctionDeclaration, Some(name)) = (it.r#type, &it.id) {
            self.bind_function(name, number);
            self.declare_function(name);
        }
        if let (FunctionType::FunctionExpression, Some(symbol)) =
            (it.r#type, it.id.as_ref().and_then(|name| name.symbol_id.get()))
        {
            self.own_names.insert(symbol);
        }
        let kind = match (it.generator, it.r#async) {
            (true, false) => BodyKind::Generator,
            (true, true) => BodyKind::AsyncGenerator,
            (false, true) => BodyKind::Async,
            (false, false) => BodyKind::Sync,
        };
        let this = match self.method.take() {
            Some(this) => this,
            None => Val::Unknown,
        };
        let outer = std::mem::replace(&mut self.this, this);
        self.open(number, kind, &it.params);
        if let Some(body) = self.bodies_made.get_mut(number as usize) {
            body.is_method = matches!(self.this, Val::This(_));
        }
        self.bodies += 1;
        self.functions += 1;
        self.in_body(number, |reader| walk::walk_function(reader, it, flags));
        self.functions -= 1;
        self.bodies -= 1;
        self.this = outer;
        self.name_stand_in(it.id.as_ref(), number);
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        let number = self.body_at(it.span);
        self.arrows.insert(number);
        self.open(number, if it.r#async { BodyKind::Async } else { BodyKind::Sync }, &it.params);
        self.bodies += 1;
        self.in_body(number, |reader| {
            if let Some(value) = it.get_expression() {
                reader.settle(value, Fated::Is(FailureFate::Rejects));
                if reader.note_idle(value) {
                    reader.idle_bodies.insert(number);
                }
                let value = reader.value(value);
                reader.gives(value);
            }
            walk::walk_arrow_function_expression(reader, it);
        });
        self.bodies -= 1;
    }

    fn visit_formal_parameters(&mut self, it: &FormalParameters<'a>) {
        self.formal_parameters(it);
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        let number = self.class_at(it);
        it.id.iter().for_each(|name| self.bind_name(name, Val::Class(number)));
        if let (ClassType::ClassDeclaration, Some(symbol)) =
            (it.r#type, it.id.as_ref().and_then(|id| id.symbol_id.get()))
        {
            self.declare_class(symbol, it.span, it.body.span);
        }
        if let Some(heritage) = &it.heritage {
            self.callee_follows(&heritage.expression, Callee::Extended);
        }
        self.note_wrong_base(it);
        let outer = self.enter_class(it, number);
        walk::walk_class(self, it);
        self.leave_class(outer);
    }

    fn visit_method_definition(&mut self, it: &MethodDefinition<'a>) {
        self.visit_property_key(&it.key);
        let of = self.class.map(|class| if it.r#static { Val::ThisClass(class) } else { Val::This(class) });
        self.method = of;
        self.visit_function(&it.value, ScopeFlags::Function);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        self.visit_property_key(&it.key);
        if it.method || it.kind != PropertyKind::Init {
            self.method = self.object_of.map(Val::Class);
        }
        self.visit_expression(&it.value);
        self.method = None;
    }

    fn visit_object_expression(&mut self, it: &ObjectExpression<'a>) {
        self.object_expression(it);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        self.property_definition(it);
    }

    fn visit_static_block(&mut self, it: &StaticBlock<'a>) {
        let this = self.class.map_or(Val::Unknown, Val::Class);
        let outer = std::mem::replace(&mut self.this, this);
        walk::walk_static_block(self, it);
        self.this = outer;
    }

    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        if matches!(it.kind, VariableDeclarationKind::Using | VariableDeclarationKind::AwaitUsing) {
            self.note_new(NewSyntax::Using, it.span);
        }
        if it.kind == VariableDeclarationKind::AwaitUsing && self.bodies == 0 {
            self.module.awaits = true;
            self.mark(ModuleSyntax::Await, it.span);
        }
        for declarator in &it.declarations {
            self.note_variable(declarator);
        }
        self.declare_variables(it);
        walk::walk_variable_declaration(self, it);
        for declarator in &it.declarations {
            self.name_stand_in_of(declarator);
        }
    }

    fn visit_expression_statement(&mut self, it: &ExpressionStatement<'a>) {
        self.settle(&it.expression, Fated::Is(FailureFate::Stops));
        walk::walk_expression_statement(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        self.import_call(it);
        walk::walk_import_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        self.begins_generator(it);
        self.note_filled(it);
        self.elements_follow(it);
        if !it.optional {
            self.callee_follows(&it.callee, Callee::Called);
        }
        self.not_read = Some(it.callee.span());
        self.visit_expression(&it.callee);
        self.note_globals_by_call(it);
        let visit = |reader: &mut Self| reader.visit_arguments(&it.arguments);
        if it.optional || may_end_early(&it.callee) {
            self.guarded(visit)
        } else {
            visit(self)
        }
        self.at = it.span.start;
        self.note_call(it);
        self.own_exports.call(it, self.scoping);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        self.construction_follows(it);
        self.visit_expression(&it.callee);
        self.visit_arguments(&it.arguments);
        self.at = it.span.start;
        self.note_construction(it);
    }

    fn visit_tagged_template_expression(&mut self, it: &TaggedTemplateExpression<'a>) {
        walk::walk_tagged_template_expression(self, it);
        let callee = self.value(&it.tag);
        let what = OpenAct::Call { callee, how: CallKind::Call, arguments: 255, given: None };
        self.step(what, Fated::Is(FailureFate::Throws), Fated::Is(FailureFate::Nothing));
    }

    fn visit_spread_element(&mut self, it: &SpreadElement<'a>) {
        if let Expression::CallExpression(call) = &it.argument {
            self.iterated.insert(call.span);
        }
        self.note_gone_through(&it.argument);
        walk::walk_spread_element(self, it);
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        self.computed_member_follows(it);
        if !self.is_taken_from_global(&it.object) {
            self.visit_expression(&it.object);
        }
        let visit = |reader: &mut Self| reader.visit_expression(&it.expression);
        if it.optional || may_end_early(&it.object) { self.guarded(visit) } else { visit(self) }
    }

    fn visit_yield_expression(&mut self, it: &YieldExpression<'a>) {
        walk::walk_yield_expression(self, it);
        // Nobody may ask for more.
        self.leaves();
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let Some(init) = &it.init {
            self.note_namespace(init, Some(&it.id));
        }
        let outer = std::mem::replace(&mut self.takes_defaults, it.init.as_ref().is_some_and(has_nothing));
        self.visit_binding_pattern(&it.id);
        self.takes_defaults = outer;
        it.init.iter().for_each(|init| self.visit_expression(init));
        self.note_taken_apart(it);
    }

    fn visit_assignment_pattern(&mut self, it: &AssignmentPattern<'a>) {
        let takes = std::mem::replace(&mut self.takes_defaults, false);
        let visit = |reader: &mut Self| reader.visit_expression(&it.right);
        if takes {
            visit(self)
        } else {
            self.guarded(visit)
        }
        self.takes_defaults = takes && has_nothing(&it.right);
        self.visit_binding_pattern(&it.left);
        self.takes_defaults = takes;
    }

    fn visit_assignment_target_property_identifier(&mut self, it: &AssignmentTargetPropertyIdentifier<'a>) {
        self.visit_identifier_reference(&it.binding);
        self.guarded(|reader| it.init.iter().for_each(|init| reader.visit_expression(init)));
    }

    fn visit_assignment_target_with_default(&mut self, it: &AssignmentTargetWithDefault<'a>) {
        self.guarded(|reader| walk::walk_assignment_target_with_default(reader, it));
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        let of_this = matches!(it.object, Expression::ThisExpression(_));
        if !self.member_follows(it) && !of_this {
            walk::walk_static_member_expression(self, it);
        }
        self.at = it.span.start;
        self.own_exports.member(it, self.this_is_exports(), self.scoping);
        self.note_member_use(it);
        self.note_listener(it);
        self.note_member_of_nothing(it);
        self.note_get(it);
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        self.note_compared(it);
        walk::walk_binary_expression(self, it);
    }

    fn visit_simple_assignment_target(&mut self, it: &SimpleAssignmentTarget<'a>) {
        self.note_own_target(it);
        walk::walk_simple_assignment_target(self, it);
    }

    fn visit_update_expression(&mut self, it: &UpdateExpression<'a>) {
        if let SimpleAssignmentTarget::StaticMemberExpression(member) = &it.argument {
            self.note_namespace_member(member);
        }
        walk::walk_update_expression(self, it);
    }

    fn visit_unary_expression(&mut self, it: &UnaryExpression<'a>) {
        let typeof_ = it.operator == UnaryOperator::Typeof;
        if (typeof_ && self.asks_for(&it.argument))
            || (it.operator == UnaryOperator::Delete && matches!(it.argument, Expression::Identifier(_)))
        {
            return;
        }
        self.typeofs += u32::from(typeof_);
        walk::walk_unary_expression(self, it);
        self.typeofs -= u32::from(typeof_);
        self.note_delete(it);
    }

    fn visit_this_expression(&mut self, it: &ThisExpression) {
        if self.this_is_exports() {
            self.own_exports.this(it);
        }
        self.note_this();
    }

    fn visit_with_statement(&mut self, it: &WithStatement<'a>) {
        self.names.withs += 1;
        walk::walk_with_statement(self, it);
        self.names.withs -= 1;
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.note_name(it);
        if self.typeofs == 0
            && self.dead == 0
            && let Some(name) = COMMONJS_NAMES.iter().chain(&[ARGUMENTS]).find(|name| it.name == **name)
            && self.symbol(it).is_none()
            && (*name != ARGUMENTS || self.functions == 0)
        {
            let line = self.line(it.span);
            self.note_mention(name, line);
        }
    }

    fn visit_reg_exp_literal(&mut self, it: &RegExpLiteral<'a>) {
        if it.regex.flags.contains(RegExpFlags::V) {
            self.note_new(NewSyntax::UnicodeSets, it.span);
        }
    }
}
