//! What a module is named by where that is no literal: constants, texts that are put together, and the elements of lists.

use super::commonjs::name_exported;
use super::open::{Fated, ListedTexts, NamedModule, OpenAct, OpenRequire, Val};
use super::reader::Reader;
use crate::node::bodies::FailureFate;
use crate::node::format::Loader;
use oxc_ast::ast::{
    Argument, BindingPattern, BreakStatement, CallExpression, ContinueStatement, Expression, ForOfStatement,
    ForStatementLeft, FormalParameters, ReturnStatement, ThrowStatement, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::symbol::SymbolId;
use std::borrow::Cow;

/// Methods of arrays that call back for each element, and those that may stop at the first.
const ALL: [&str; 4] = ["forEach", "map", "filter", "flatMap"];
const FIRST: [&str; 4] = ["some", "every", "find", "findIndex"];
/// Elements of a list that is followed.
const MAX_LISTED: usize = 64;
/// Names and sums that are followed for one text.
const MAX_DEPTH: u32 = 12;

/// What may end a list before its second element.
#[derive(Default)]
pub(super) struct Leaving {
    /// Something leaves the loop.
    pub(super) the_loop: bool,
    /// `process.exit()` and its kind.
    pub(super) the_process: bool,
}

impl<'a> Visit<'a> for Leaving {
    fn visit_break_statement(&mut self, _: &BreakStatement<'a>) {
        self.the_loop = true;
    }

    fn visit_return_statement(&mut self, it: &ReturnStatement<'a>) {
        self.the_loop = true;
        walk::walk_return_statement(self, it);
    }

    fn visit_continue_statement(&mut self, it: &ContinueStatement<'a>) {
        self.the_loop |= it.label.is_some();
    }

    fn visit_throw_statement(&mut self, it: &ThrowStatement<'a>) {
        self.the_loop = true;
        walk::walk_throw_statement(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let of = it.callee.as_member_expression().and_then(|member| member.object().get_identifier_reference());
        self.the_process |= of.is_some_and(|of| of.name == "process");
        walk::walk_call_expression(self, it);
    }
}

/// A text that is written down: a literal, or a template without holes.
pub(super) fn literal<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    match expression {
        Expression::StringLiteral(literal) => Some(literal.value.as_str()),
        Expression::TemplateLiteral(template) => template.single_quasi().map(|text| text.as_str()),
        _ => None,
    }
}

impl<'a> Reader<'a, '_> {
    /// What modules an expression names, for `import()` or for `require`; nothing where it cannot be told.
    pub(super) fn specifiers(&mut self, expression: &Expression<'a>, by: Loader) -> Vec<NamedModule<'a>> {
        if let Some(text) = literal(expression) {
            return vec![NamedModule::plain(text)];
        }
        let value = self.value(expression);
        let named: Option<_> = self.each_of(value).iter().map(|value| self.named(value, by)).collect();
        named.unwrap_or_default()
    }

    pub(super) fn named(&self, value: &Val<'a>, by: Loader) -> Option<NamedModule<'a>> {
        let constant = self.constant(value).map(NamedModule::plain);
        let by_address = || self.named_by_address(value).filter(|_| by == Loader::Import);
        constant.or_else(by_address).or_else(|| self.named_by_path(value))
    }

    /// The number of the import of what a call is given to load.
    pub(super) fn number_of(&self, given: &Val<'a>) -> Option<u32> {
        let named = match given {
            Val::Text(specifier) => NamedModule::plain(specifier),
            given => self.named_by_path(given)?,
        };
        self.numbered.get(named.specifier).copied()
    }

    /// The text that an expression surely is. What an absolute path or an address leads to is not known.
    fn constant(&self, value: &Val<'a>) -> Option<&'a str> {
        let text = match self.constant_within(value, MAX_DEPTH)? {
            Cow::Borrowed(text) => text,
            Cow::Owned(text) => self.memory.alloc_str(&text),
        };
        (!text.is_empty() && !text.starts_with('/') && !text.starts_with("file:")).then_some(text)
    }

    /// The text that a value surely is.
    pub(super) fn constant_text(&self, value: &Val<'a>) -> Option<Cow<'a, str>> {
        self.constant_within(value, MAX_DEPTH)
    }

    fn constant_within(&self, value: &Val<'a>, depth: u32) -> Option<Cow<'a, str>> {
        let depth = depth.checked_sub(1)?;
        match value {
            Val::Text(text) => Some(Cow::Borrowed(text)),
            Val::Symbol(symbol) if self.scoping.symbol_flags(*symbol).is_const_variable() => {
                self.constant_within(self.inits.get(symbol)?, depth)
            }
            Val::Joined(parts) => {
                let mut whole = String::new();
                for part in *parts {
                    whole.push_str(&self.constant_within(part, depth)?);
                }
                Some(Cow::Owned(whole))
            }
            // What a member or a call is may only be told once the whole file was seen.
            Val::Member(..) | Val::Call(..) if self.is_whole => match self.plain(value) {
                found @ (Val::Text(_) | Val::Joined(_)) => self.constant_within(&found, depth),
                _ => None,
            },
            _ => None,
        }
    }

    /// The texts of a list that is written down.
    fn elements(&mut self, list: &Expression<'a>) -> Option<ListedTexts<'a>> {
        match list {
            Expression::ArrayExpression(array) if (1..=MAX_LISTED).contains(&array.elements.len()) => {
                let text = |element: &Expression<'a>, reader: &mut Self| match element {
                    Expression::StringLiteral(text) => Some(text.value.as_str()),
                    element => {
                        let value = reader.value(element);
                        reader.constant(&value)
                    }
                };
                let texts: Option<_> =
                    array.elements.iter().map(|element| text(element.as_expression()?, self)).collect();
                Some(ListedTexts { texts: texts?, is_perhaps: false })
            }
            Expression::Identifier(name) => {
                let symbol = self.symbol(name)?;
                let texts = self.lists.held.get(&symbol)?.clone();
                // Whoever else uses it may give it other elements.
                let is_perhaps =
                    self.scoping.get_resolved_references(symbol).count() != 1 || self.lists.shared.contains(&symbol);
                Some(ListedTexts { texts, is_perhaps })
            }
            // `exports.list`, to which anybody may give other elements
            Expression::StaticMemberExpression(member) => {
                let texts = self.lists.exported.get(name_exported(member, self.scoping)?)?.clone();
                Some(ListedTexts { texts, is_perhaps: true })
            }
            // `Object.values({ … })`
            Expression::CallExpression(call) => {
                let Expression::StaticMemberExpression(member) = &call.callee else { return None };
                let name = member.property.name.as_str();
                let [Argument::Identifier(of)] = call.arguments.as_slice() else { return None };
                if !member.object.is_specific_id("Object") || !matches!(name, "values" | "entries") {
                    return None;
                }
                let texts = self.texts_of(self.symbol(of)?)?;
                Some(ListedTexts { texts, is_perhaps: true })
            }
            _ => None,
        }
    }

    /// The texts that an object or a list has, whichever of them may be meant.
    pub(super) fn texts_of(&self, name: SymbolId) -> Option<Vec<&'a str>> {
        if let Some(texts) = self.lists.held.get(&name) {
            return Some(texts.clone());
        }
        let Some(Val::Class(number)) = self.inits.get(&name).filter(|_| !self.is_mutated(name)) else { return None };
        let members = self.classes.get(*number as usize)?.statics.as_slice();
        let texts =
            members.iter().filter(|(name, _)| !self.assigned.contains(name)).filter_map(|(_, value)| match value {
                Val::Text(text) => Some(*text),
                _ => None,
            });
        Some(texts.collect::<Vec<_>>()).filter(|texts| !texts.is_empty())
    }

    /// `const list = ['./a', './b']`
    pub(super) fn note_list(&mut self, declarator: &VariableDeclarator<'a>) {
        let name = declarator.id.get_binding_identifier().and_then(|name| name.symbol_id.get());
        let name = name.filter(|symbol| self.scoping.symbol_flags(*symbol).is_const_variable());
        if let (Some(symbol), Some(init @ Expression::ArrayExpression(_))) =
            (name, declarator.init.as_ref().map(behind_assignments))
            && let Some(ListedTexts { texts, .. }) = self.elements(init)
        {
            self.lists.held.insert(symbol, texts);
            if !matches!(&declarator.init, Some(Expression::ArrayExpression(_))) {
                self.lists.shared.insert(symbol);
            }
        }
    }

    /// `exports.list = ['./a', './b']`
    pub(super) fn note_exported_list(&mut self, name: &'a str, right: &Expression<'a>) {
        if let Expression::ArrayExpression(_) = right
            && let Some(ListedTexts { texts, .. }) = self.elements(right)
        {
            self.lists.exported.insert(name, texts);
        }
    }

    /// `for (const x of ['./a', './b'])`
    pub(super) fn elements_in_head(&mut self, it: &ForOfStatement<'a>) {
        let ForStatementLeft::VariableDeclaration(head) = &it.left else { return };
        let name = head.declarations.first().and_then(|one| match &one.id {
            // `for (const [name, path] of Object.entries(…))`
            BindingPattern::ArrayPattern(pair) => pair.elements.get(1)?.as_ref()?.get_binding_identifier(),
            name => name.get_binding_identifier(),
        });
        let symbol = name.and_then(|name| name.symbol_id.get()).filter(|symbol| !self.is_mutated(*symbol));
        if let (Some(symbol), Some(ListedTexts { mut texts, is_perhaps })) = (symbol, self.elements(&it.right)) {
            // What leaves the loop may do so before the second element.
            let mut leaving = Leaving::default();
            leaving.visit_statement(&it.body);
            texts.truncate(if leaving.the_loop || leaving.the_process { 1 } else { MAX_LISTED });
            if is_perhaps {
                self.lists.perhaps.insert(symbol);
            }
            self.lists.each.insert(symbol, texts.into_iter().map(Val::Text).collect());
        }
    }

    /// The elements of a list that a call hands to its callback, and how many of them for certain.
    pub(super) fn handed_on_each(&mut self, it: &CallExpression<'a>) -> Option<ListedTexts<'a>> {
        let Expression::StaticMemberExpression(member) = &it.callee else { return None };
        let name = member.property.name.as_str();
        let most = if ALL.contains(&name) { MAX_LISTED } else { usize::from(FIRST.contains(&name)) };
        if most == 0 || member.optional {
            return None;
        }
        let mut list = self.elements(&member.object)?;
        list.texts.truncate(most);
        Some(list)
    }

    /// `['./a', './b'].map((x) => …)`
    pub(super) fn elements_follow(&mut self, it: &CallExpression<'a>) {
        let parameters: &FormalParameters<'a> = match it.arguments.first() {
            Some(Argument::ArrowFunctionExpression(arrow)) => &arrow.params,
            Some(Argument::FunctionExpression(function)) => &function.params,
            _ => return,
        };
        let name = parameters.items.first().and_then(|one| one.pattern.get_binding_identifier());
        let symbol = name.and_then(|name| name.symbol_id.get()).filter(|symbol| !self.is_mutated(*symbol));
        let Some(symbol) = symbol else { return };
        // What compilers make of `import(x)` for CommonJS: `Promise.resolve(`${x}`).then(s => require(s))`.
        if let Expression::StaticMemberExpression(member) = &it.callee
            && member.property.name == "then"
        {
            let value = self.resolved(&member.object);
            self.inits.extend(value.map(|value| (symbol, value)));
            return;
        }
        if let Some(ListedTexts { mut texts, is_perhaps }) = self.handed_on_each(it) {
            if is_perhaps {
                self.lists.perhaps.insert(symbol);
            }
            let mut leaving = Leaving::default();
            it.arguments.iter().for_each(|argument| leaving.visit_argument(argument));
            texts.truncate(if leaving.the_process { 1 } else { MAX_LISTED });
            self.lists.each.insert(symbol, texts.into_iter().map(Val::Text).collect());
        }
    }

    /// `['./a', './b'].map(require)`
    pub(super) fn note_handed_require(&mut self, it: &CallExpression<'a>, line: u32) {
        let callback @ Some(Argument::Identifier(_) | Argument::StaticMemberExpression(_)) = it.arguments.first()
        else {
            return;
        };
        if self.dead > 0 {
            return;
        }
        let Some(callback) = callback.and_then(Argument::as_expression) else { return };
        let callee = self.value(callback);
        let is_require = matches!(callee, Val::Global("require"))
            || matches!(callee, Val::Member(_, "require"))
            || self.is_own_require(&callee);
        if is_require && let Some(ListedTexts { texts, is_perhaps }) = self.handed_on_each(it) {
            self.guarded_if(is_perhaps, |reader| {
                texts.into_iter().for_each(|text| reader.push_require(callee, NamedModule::plain(text), line));
            });
        }
    }

    pub(super) fn push_require(&mut self, callee: Val<'a>, named: NamedModule<'a>, line: u32) {
        let number = self.add_require(callee, named, line);
        self.step(OpenAct::Require(number), Fated::Is(FailureFate::Throws), Fated::Is(FailureFate::Nothing));
    }

    /// Adds what may be a `require`, and gives its number.
    pub(super) fn add_require(&mut self, callee: Val<'a>, named: NamedModule<'a>, line: u32) -> u32 {
        self.requires.push(OpenRequire { callee, named, line });
        u32::try_from(self.requires.len() - 1).unwrap_or(u32::MAX)
    }
}

/// What is given to others on the way: `a = b = value`.
fn behind_assignments<'e, 'a>(mut value: &'e Expression<'a>) -> &'e Expression<'a> {
    while let Expression::AssignmentExpression(assignment) = value {
        value = &assignment.right;
    }
    value
}
