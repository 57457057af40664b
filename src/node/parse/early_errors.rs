//! Early errors that neither the parser nor `oxc_semantic` reports and V8 stops with (all measured with Node 18, 20, 22 and
//! 24, see `tests/lab/imports_syntax.py`), and syntax that only some versions of V8 read.
//!
//! The parser reads TypeScript's class members and decorators in JavaScript too, leaves parentheses out of the tree, and lets
//! `break` cross a function.

use super::goal::Goal;
use super::regular_expressions;
use crate::node::modules::NewSyntax;
use oxc_ast::ast::{
    AccessorProperty, ArrayAssignmentTarget, ArrowFunctionExpression, AssignmentTargetWithDefault, BinaryExpression,
    BinaryOperator, BreakStatement, Class, ContinueStatement, Decorator, DoWhileStatement, ExportNamedDeclaration,
    ForInStatement, ForOfStatement, ForStatement, ForStatementLeft, FormalParameter, FormalParameters, Function,
    ImportDeclaration, ImportExpression, ImportPhase, LabeledStatement, MethodDefinition, ObjectAssignmentTarget,
    Program, PropertyDefinition, RegExpLiteral, StaticBlock, SwitchStatement, TSInterfaceDeclaration, TSTypeAnnotation,
    VariableDeclaration, VariableDeclarationKind, WhileStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::Scoping;
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::{ScopeFlags, ScopeId};

/// A fault: where it stands, what is wrong, and whether those are V8's words.
pub(super) type EarlyError = (u32, String, bool);

/// What is left of the words on a destructuring pattern in parentheses.
const PARENTHESISED: &str = "Invalid destructuring assignment target";

/// What a tree has that was not looked for before.
#[derive(Default)]
pub(super) struct Refusals {
    /// The first fault.
    pub fault: Option<EarlyError>,
    /// Syntax that not every version reads, with its offset.
    pub new_syntax: Vec<(NewSyntax, u32)>,
}

/// Looks through the tree of a file that was parsed as this.
pub(super) fn refusals(program: &Program<'_>, scoping: &Scoping, goal: Goal) -> Refusals {
    let text = program.source_text;
    let is_async = goal == Goal::Module;
    let mut checker =
        Checker { text, scoping, goal, jumps: Jumps { is_async, ..Jumps::default() }, found: Refusals::default() };
    checker.visit_program(program);
    checker.found
}

/// What a function does not see of the one around it.
#[derive(Default)]
struct Jumps<'a> {
    loops: u32,
    switches: u32,
    labels: Vec<&'a str>,
    is_async: bool,
}

struct Checker<'a, 's> {
    text: &'a str,
    scoping: &'s Scoping,
    goal: Goal,
    jumps: Jumps<'a>,
    found: Refusals,
}

impl<'a> Checker<'a, '_> {
    fn refuse(&mut self, at: u32, message: &str, exact: bool) {
        if self.found.fault.as_ref().is_none_or(|(first, ..)| at < *first) {
            self.found.fault = Some((at, message.to_owned(), exact));
        }
    }

    fn note(&mut self, syntax: NewSyntax, span: Span) {
        self.found.new_syntax.push((syntax, span.start));
    }

    fn between(&self, from: u32, to: u32) -> &'a str {
        self.text.get(from as usize..to as usize).unwrap_or_default()
    }

    /// A pattern or a default within a pattern that stands in parentheses of its own, as only names and properties may.
    fn refuse_parenthesised(&mut self, span: Span) {
        let opens = self.between(0, span.start).trim_end().ends_with('(');
        let closes = || self.text.get(span.end as usize..).is_some_and(|rest| rest.trim_start().starts_with(')'));
        if opens && closes() {
            self.refuse(span.start, PARENTHESISED, true);
        }
    }

    /// Words before the name of a class member that are TypeScript's, or stand there for nothing.
    fn check_member(&mut self, span: Span, key: Span, known: &[&str]) {
        if span.start == key.start {
            return;
        }
        let words = self.between(span.start, key.start);
        let mut words = words.split(|letter: char| !(letter.is_alphanumeric() || "_$\\".contains(letter)));
        // Behind a comment it is not told what is a word.
        if self.between(span.start, key.start).contains('/') {
            return;
        }
        if let Some(word) = words.find(|word| !word.is_empty() && !known.contains(word) && !word.contains('\\')) {
            let message = format!("`{word}` before the name of a class member, which JavaScript does not have");
            self.refuse(span.start, &message, false);
        }
    }

    fn check_marks(&mut self, key: Span, is_marked: bool) {
        if is_marked {
            self.refuse(
                key.end,
                "a `?` or `!` behind the name of a class member, which JavaScript does not have",
                false,
            );
        }
    }

    fn in_loop(&mut self, visit: impl FnOnce(&mut Self)) {
        self.jumps.loops += 1;
        visit(self);
        self.jumps.loops -= 1;
    }

    fn in_function(&mut self, is_async: bool, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.jumps, Jumps { is_async, ..Jumps::default() });
        visit(self);
        self.jumps = outer;
    }

    /// A jump to a label that the function does not have.
    fn check_label(&mut self, span: Span, label: &str) {
        if !self.jumps.labels.contains(&label) {
            self.refuse(span.start, &format!("Undefined label '{label}'"), true);
        }
    }

    fn check_left(&mut self, left: &ForStatementLeft<'a>, scope: Option<ScopeId>) {
        if let ForStatementLeft::AssignmentTargetIdentifier(name) = left
            && matches!(name.name.as_str(), "eval" | "arguments")
            && scope.is_some_and(|scope| self.scoping.scope_flags(scope).is_strict_mode())
        {
            self.refuse(name.span.start, "Unexpected eval or arguments in strict mode", true);
        }
    }

    /// Parameters of an arrow that stand in parentheses of their own.
    fn check_parameters(&mut self, parameters: &FormalParameters<'a>) {
        for parameter in parameters.items.iter().filter(|parameter| parameter.initializer.is_none()) {
            let Span { start, end, .. } = parameter.pattern.span();
            let rest = self.text.get(end as usize..).unwrap_or_default().trim_start();
            let closes = rest.strip_prefix(')').is_some_and(|rest| !rest.trim_start().starts_with("=>"));
            if closes && self.between(0, start).trim_end().ends_with('(') {
                self.refuse(start, PARENTHESISED, true);
            }
        }
    }
}

impl<'a> Visit<'a> for Checker<'a, '_> {
    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        self.refuse(it.span.start, "Invalid or unexpected token", true);
    }

    fn visit_ts_type_annotation(&mut self, it: &TSTypeAnnotation<'a>) {
        self.refuse(it.span.start, "a type, which JavaScript does not have", false);
    }

    fn visit_ts_interface_declaration(&mut self, it: &TSInterfaceDeclaration<'a>) {
        self.refuse(it.span.start, "an interface, which JavaScript does not have", false);
    }

    fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
        self.refuse(
            it.span.start,
            "`accessor` before the name of a class member, which no version of Node reads",
            false,
        );
        walk::walk_accessor_property(self, it);
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        if it.r#abstract {
            self.refuse(it.span.start, "an abstract class, which JavaScript does not have", false);
        }
        walk::walk_class(self, it);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        if it.decorators.is_empty() {
            self.check_member(it.span, it.key.span(), &["static"]);
        }
        self.check_marks(it.key.span(), it.optional || it.definite);
        self.in_function(false, |checker| walk::walk_property_definition(checker, it));
    }

    fn visit_method_definition(&mut self, it: &MethodDefinition<'a>) {
        if it.decorators.is_empty() {
            self.check_member(it.span, it.key.span(), &["static", "async", "get", "set"]);
        }
        self.check_marks(it.key.span(), it.optional);
        walk::walk_method_definition(self, it);
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        if it.accessibility.is_some() || it.readonly || it.r#override || it.optional {
            self.refuse(it.span.start, "a parameter of TypeScript", false);
        }
        walk::walk_formal_parameter(self, it);
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        self.in_function(it.r#async, |checker| walk::walk_function(checker, it, flags));
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.check_parameters(&it.params);
        self.in_function(it.r#async, |checker| walk::walk_arrow_function_expression(checker, it));
    }

    fn visit_static_block(&mut self, it: &StaticBlock<'a>) {
        self.in_function(false, |checker| walk::walk_static_block(checker, it));
    }

    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        self.in_loop(|checker| walk::walk_while_statement(checker, it));
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        self.in_loop(|checker| walk::walk_do_while_statement(checker, it));
    }

    fn visit_for_statement(&mut self, it: &ForStatement<'a>) {
        self.in_loop(|checker| walk::walk_for_statement(checker, it));
    }

    fn visit_for_in_statement(&mut self, it: &ForInStatement<'a>) {
        self.check_left(&it.left, it.scope_id.get());
        self.in_loop(|checker| walk::walk_for_in_statement(checker, it));
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        self.check_left(&it.left, it.scope_id.get());
        self.in_loop(|checker| walk::walk_for_of_statement(checker, it));
    }

    fn visit_switch_statement(&mut self, it: &SwitchStatement<'a>) {
        self.jumps.switches += 1;
        walk::walk_switch_statement(self, it);
        self.jumps.switches -= 1;
    }

    fn visit_labeled_statement(&mut self, it: &LabeledStatement<'a>) {
        // `(a): b`
        if it.span.start != it.label.span.start {
            self.refuse(it.label.span.end, "a label in parentheses", false);
        }
        self.jumps.labels.push(it.label.name.as_str());
        walk::walk_labeled_statement(self, it);
        self.jumps.labels.pop();
    }

    fn visit_break_statement(&mut self, it: &BreakStatement<'a>) {
        match &it.label {
            Some(label) => self.check_label(label.span, label.name.as_str()),
            None if self.jumps.loops + self.jumps.switches == 0 => {
                self.refuse(it.span.start, "Illegal break statement", true);
            }
            None => {}
        }
    }

    fn visit_continue_statement(&mut self, it: &ContinueStatement<'a>) {
        match &it.label {
            Some(label) => self.check_label(label.span, label.name.as_str()),
            None if self.jumps.loops == 0 => {
                let message = "Illegal continue statement: no surrounding iteration statement";
                self.refuse(it.span.start, message, true);
            }
            None => {}
        }
    }

    fn visit_array_assignment_target(&mut self, it: &ArrayAssignmentTarget<'a>) {
        self.refuse_parenthesised(it.span);
        walk::walk_array_assignment_target(self, it);
    }

    fn visit_object_assignment_target(&mut self, it: &ObjectAssignmentTarget<'a>) {
        self.refuse_parenthesised(it.span);
        walk::walk_object_assignment_target(self, it);
    }

    fn visit_assignment_target_with_default(&mut self, it: &AssignmentTargetWithDefault<'a>) {
        self.refuse_parenthesised(it.span);
        walk::walk_assignment_target_with_default(self, it);
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        // In the middle of a line the parser takes it for `<`, `!` and `--`.
        if self.goal == Goal::Module
            && it.operator == BinaryOperator::LessThan
            && self.between(it.left.span().end, it.right.span().start + 3).contains("<!--")
        {
            self.refuse(it.left.span().end, "HTML comments are not allowed in modules", true);
        }
        walk::walk_binary_expression(self, it);
    }

    fn visit_export_named_declaration(&mut self, it: &ExportNamedDeclaration<'a>) {
        if self.between(it.span.start, it.span.end).trim_end_matches([';', ' ', '\n']).ends_with("from") {
            self.refuse(it.span.end, "`from` without a module behind it", false);
        }
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        match it.phase {
            Some(ImportPhase::Defer) => {
                self.refuse(it.span.start, "`import defer`, which no version of Node reads", false)
            }
            // Node 24 reads it, and then finds no source (measured).
            Some(ImportPhase::Source) if !it.source.value.ends_with(".wasm") => {
                self.refuse(it.span.start, "`import source` of what is no WebAssembly", false);
            }
            Some(ImportPhase::Source) => self.note(NewSyntax::ImportSource, it.span),
            None => {}
        }
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        match it.phase {
            Some(ImportPhase::Defer) => {
                self.refuse(it.span.start, "`import.defer()`, which no version of Node reads", false)
            }
            Some(ImportPhase::Source) => self.note(NewSyntax::ImportSource, it.span),
            None => {}
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        if it.kind == VariableDeclarationKind::AwaitUsing && !self.jumps.is_async {
            self.refuse(it.span.start, "`await using` outside of an async function", false);
        }
        walk::walk_variable_declaration(self, it);
    }

    fn visit_reg_exp_literal(&mut self, it: &RegExpLiteral<'a>) {
        let judged = regular_expressions::judge(it);
        self.found.new_syntax.extend(judged.new_syntax.into_iter().map(|syntax| (syntax, it.span.start)));
        if let Some(message) = judged.fault {
            self.refuse(it.span.start, message, false);
        }
    }
}
