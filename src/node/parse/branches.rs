//! Loops and cases: what of them runs for certain.

use super::conditions::{asks, truth};
use super::goal::names_in;
use super::open::{Fated, Val};
use super::reader::Reader;
use crate::node::bodies::FailureFate;
use crate::node::modules::ModuleSyntax;
use oxc_ast::ast::{
    DoWhileStatement, Expression, ForInStatement, ForOfStatement, ForStatement, ForStatementLeft, Statement,
    SwitchCase, SwitchStatement, WhileStatement,
};
use oxc_ast_visit::{Visit, walk};

/// What is compared with the cases of a `switch`.
#[derive(PartialEq)]
enum Compared {
    Truth(bool),
    Number(f64),
    Text(String),
}

impl<'a> Reader<'a, '_> {
    pub(super) fn for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        if it.r#await && self.bodies == 0 {
            self.module.awaits = true;
            self.mark(ModuleSyntax::ForAwait, it.span);
        }
        if let Expression::CallExpression(call) = &it.right {
            self.iterated.insert(call.span);
            if it.r#await {
                self.promises.insert(call.span, Fated::Is(FailureFate::Throws));
            }
        }
        self.visit_expression(&it.right);
        if !it.r#await {
            self.note_gone_through(&it.right);
        }
        let value = self.value(&it.right);
        let filled = matches!(self.plain(&value), Val::Filled(_));
        if let ForStatementLeft::VariableDeclaration(head) = &it.left {
            self.declare_in_head(head, &it.right);
        }
        self.elements_in_head(it);
        let visit = |reader: &mut Self| {
            reader.flow.waited |= it.r#await;
            reader.visit_for_statement_left(&it.left);
            reader.visit_statement(&it.body);
        };
        self.breakable(|reader| if filled { visit(reader) } else { reader.guarded(visit) });
    }

    pub(super) fn for_in_statement(&mut self, it: &ForInStatement<'a>) {
        if let ForStatementLeft::VariableDeclaration(head) = &it.left {
            self.declare_in_head(head, &it.right);
        }
        self.breakable(|reader| reader.guarded(|reader| walk::walk_for_in_statement(reader, it)));
    }

    pub(super) fn for_statement(&mut self, it: &ForStatement<'a>) {
        it.init.iter().for_each(|init| self.visit_for_statement_init(init));
        it.test.iter().for_each(|test| self.visit_expression(test));
        let enters = it.test.as_ref().is_none_or(|test| truth(test) == Some(true));
        let visit = |reader: &mut Self| reader.visit_statement(&it.body);
        self.breakable(|reader| {
            if enters {
                visit(reader)
            } else {
                reader.guarded(visit)
            }
            reader.guarded(|reader| it.update.iter().for_each(|update| reader.visit_expression(update)));
        });
    }

    pub(super) fn while_statement(&mut self, it: &WhileStatement<'a>) {
        self.visit_expression(&it.test);
        self.breakable(|reader| {
            reader.branch(truth(&it.test), asks(&it.test), |reader| reader.visit_statement(&it.body))
        });
    }

    pub(super) fn do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        // The body of `do` runs at least once.
        self.breakable(|reader| {
            reader.visit_statement(&it.body);
            reader.guarded(|reader| reader.visit_expression(&it.test));
        });
    }

    pub(super) fn switch_statement(&mut self, it: &SwitchStatement<'a>) {
        self.visit_expression(&it.discriminant);
        let chosen = self.chosen(it);
        for case in &it.cases {
            self.declare_in_case(case);
        }
        self.breakable(|reader| {
            for (number, case) in it.cases.iter().enumerate() {
                match chosen {
                    // Nothing falls into a case from above where that is the one that is asked for.
                    Some(chosen) if number < chosen => {
                        let flow = reader.flow;
                        reader.dead += 1;
                        reader.visit_switch_case(case);
                        reader.dead -= 1;
                        reader.flow = flow;
                    }
                    Some(chosen) if number == chosen => reader.visit_statements(&case.consequent),
                    _ => reader.visit_switch_case(case),
                }
            }
        });
    }

    /// What one case declares is there for all of them, and has no value in the others.
    fn declare_in_case(&mut self, case: &SwitchCase<'a>) {
        for statement in &case.consequent {
            match statement {
                Statement::VariableDeclaration(it) if !it.kind.is_var() => {
                    let names = it.declarations.iter().flat_map(|declarator| names_in(&declarator.id));
                    let symbols = names.filter_map(|name| name.symbol_id.get());
                    self.names.cases.extend(symbols.map(|symbol| (symbol, case.span)));
                }
                Statement::ClassDeclaration(it) => {
                    let symbol = it.id.as_ref().and_then(|id| id.symbol_id.get());
                    self.names.cases.extend(symbol.map(|symbol| (symbol, case.span)));
                }
                _ => {}
            }
        }
    }

    pub(super) fn switch_case(&mut self, it: &SwitchCase<'a>) {
        self.guarded(|reader| walk::walk_switch_case(reader, it));
    }

    /// The case that is begun with, where all of them are written down and what is compared is known.
    fn chosen(&mut self, it: &SwitchStatement<'a>) -> Option<usize> {
        let sought = self.compared(&it.discriminant)?;
        let mut tests = Vec::new();
        for case in &it.cases {
            tests.push(match &case.test {
                Some(test) => Some(self.compared(test)?),
                None => None,
            });
        }
        let found = tests.iter().position(|test| test.as_ref() == Some(&sought));
        found.or_else(|| tests.iter().position(Option::is_none))
    }

    /// What `===` compares, for a text, a number or a truth that is written down.
    fn compared(&mut self, expression: &Expression<'a>) -> Option<Compared> {
        match expression {
            Expression::BooleanLiteral(it) => Some(Compared::Truth(it.value)),
            Expression::NumericLiteral(it) => Some(Compared::Number(it.value)),
            Expression::StringLiteral(it) => Some(Compared::Text(it.value.to_string())),
            Expression::Identifier(_) => {
                let value = self.value(expression);
                self.constant_text(&value).map(|text| Compared::Text(text.into_owned()))
            }
            _ => None,
        }
    }
}
