//! Texts that are given to parameters: `load('./a')`, where `load` puts a path together of what it is given. Looked for before a
//! file is read, as functions mostly stand above what calls them.

use super::open::Val;
use super::reader::Reader;
use super::specifiers::literal;
use hashbrown::HashMap;
use oxc_ast::ast::{
    Argument, BindingIdentifier, CallExpression, Expression, FormalParameters, Function, IdentifierReference, Program,
    VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::ScopeFlags;
use oxc_syntax::symbol::SymbolId;

/// Bytes of a file up to which they are looked for: what bundlers write is larger, and names its files otherwise.
const MAX_SOURCE: usize = 256 << 10;
/// Texts of one parameter.
const MAX_TEXTS: usize = 16;

/// Functions with their parameters, and what they are called with.
struct Calls<'r, 'a, 's> {
    reader: &'r mut Reader<'a, 's>,
    /// Whether `arguments` is used, by which parameters are given other values.
    uses_arguments: bool,
    parameters: HashMap<SymbolId, Vec<Option<SymbolId>>>,
    given: HashMap<SymbolId, Vec<Vec<Option<Val<'a>>>>>,
}

impl<'a> Calls<'_, 'a, '_> {
    fn function(&mut self, name: &BindingIdentifier<'a>, parameters: &FormalParameters<'a>) {
        let symbol = |of: &BindingIdentifier<'a>| of.symbol_id.get();
        let names = parameters.items.iter().map(|one| one.pattern.get_binding_identifier().and_then(symbol));
        if let Some(function) = name.symbol_id.get() {
            self.parameters.insert(function, names.collect());
        }
    }

    /// A text, or what may be put together of some.
    fn text_or_path(&mut self, argument: &Argument<'a>) -> Option<Val<'a>> {
        let argument = argument.as_expression()?;
        match argument {
            Expression::StringLiteral(_) | Expression::TemplateLiteral(_) => literal(argument).map(Val::Text),
            Expression::CallExpression(_) | Expression::NewExpression(_) | Expression::BinaryExpression(_) => {
                Some(self.reader.value(argument)).filter(|value| !matches!(value, Val::Unknown))
            }
            _ => None,
        }
    }
}

impl<'a> Visit<'a> for Calls<'_, 'a, '_> {
    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        if let Some(name) = it.id.as_ref().filter(|_| it.is_declaration()) {
            self.function(name, &it.params);
        }
        walk::walk_function(self, it, flags);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        let name = it.id.get_binding_identifier();
        match (name, &it.init) {
            (Some(name), Some(Expression::ArrowFunctionExpression(arrow))) => self.function(name, &arrow.params),
            (Some(name), Some(Expression::FunctionExpression(function))) => self.function(name, &function.params),
            _ => {}
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.uses_arguments |= it.name == "arguments";
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Expression::Identifier(name) = &it.callee {
            let texts: Vec<_> = it.arguments.iter().map(|argument| self.text_or_path(argument)).collect();
            let symbol = self.reader.symbol(name);
            if let Some(symbol) = symbol.filter(|_| texts.iter().any(Option::is_some)) {
                self.given.entry(symbol).or_default().push(texts);
            }
        }
        walk::walk_call_expression(self, it);
    }
}

impl<'a> Reader<'a, '_> {
    /// Notes which texts parameters stand for.
    pub(super) fn texts_of_parameters(&mut self, program: &Program<'a>) {
        if program.source_text.len() > MAX_SOURCE {
            return;
        }
        let mut calls =
            Calls { reader: &mut *self, uses_arguments: false, parameters: HashMap::new(), given: HashMap::new() };
        calls.visit_program(program);
        let Calls { uses_arguments, parameters: functions, given: all_given, .. } = calls;
        // What `this` is was not known.
        self.called_values.clear();
        for (function, given) in all_given {
            let Some(parameters) = functions.get(&function).filter(|_| !self.is_mutated(function)) else {
                continue;
            };
            // Whoever else has the function may call it with anything.
            let is_sole =
                !uses_arguments && given.len() == 1 && self.scoping.get_resolved_references(function).count() == 1;
            for (at, parameter) in parameters.iter().enumerate() {
                let Some(parameter) = parameter.filter(|parameter| !self.is_mutated(*parameter)) else { continue };
                let known = given.iter().filter_map(|texts| texts.get(at).copied().flatten());
                let texts: Vec<Val<'a>> = known.take(MAX_TEXTS).collect();
                if !texts.is_empty() {
                    self.lists.each.insert(parameter, texts);
                    if !is_sole {
                        self.lists.perhaps.insert(parameter);
                    }
                }
            }
        }
    }
}
