//! Uses of names that may stand for nothing: of globals that nothing makes, of what is imported, and of what is declared at the
//! top of the file or further down. Whether they do is known only where the file is loaded (`crate::node::graph`).

use super::commonjs::{ARGUMENTS, COMMONJS_NAMES};
use super::goal::names_in;
use super::open::{Fated, OpenAct, Val};
use super::open_names::{AroundName, Declared, GLOBAL_OBJECTS, NameAction, OpenName, UsedName};
use super::reader::Reader;
use crate::node::bodies::{FailureFate, NamedValue};
use crate::node::builtins;
use crate::node::modules::Form;
use crate::node::names::{ALL, BoundName, FileNames, NameOf, NameUse, UseOf};
use hashbrown::HashMap;
use oxc_ast::ast::{
    BindingIdentifier, BindingPattern, ComputedMemberExpression, Expression, IdentifierReference,
    StaticMemberExpression, VariableDeclaration, VariableDeclarationKind,
};
use oxc_span::{GetSpan, Span};
use oxc_syntax::symbol::{SymbolFlags, SymbolId};

/// Uses that are kept of one file; no file that people write has as many.
const MAX_USES: usize = 20_000;

impl<'a> Reader<'a, '_> {
    /// Notes a use of a name; nothing is done with what stands behind `typeof` but to ask for it.
    pub(super) fn note_name(&mut self, it: &IdentifierReference<'a>) {
        let around = self.names.around.take().filter(|around| around.at == it.span.start);
        let held = self.names.held.take() == Some(it.span.start);
        let Some(reference) = it.reference_id.get().map(|id| self.scoping.get_reference(id)) else { return };
        let (is_read, is_write) = (reference.is_read(), reference.is_write());
        let how = if is_read { around.map_or(NameAction::Read, |around| around.how) } else { NameAction::Write };
        let member = around.and_then(|around| around.member);
        let name = it.name.as_str();
        let Some(symbol) = reference.symbol_id() else {
            return self.note_global(name, it.span, how, held);
        };
        if is_write {
            self.note_write(symbol, it.span.start);
            if self.own_names.contains(&symbol) && !self.names.may_not_write {
                let said = "TypeError: Assignment to constant variable.".to_owned();
                self.throws_where_strict(name, Some(said), it.span);
            }
        }
        if self.matters(symbol, member, how, it.span) {
            self.note_use(UsedName::Symbol(symbol), name, member, how, it.span);
        }
        if is_write && !self.names.may_not_write && self.is_constant(symbol, it.span.start) {
            self.note_use(UsedName::Symbol(symbol), name, None, NameAction::Assign, it.span);
        }
    }

    fn note_write(&mut self, symbol: SymbolId, at: u32) {
        let place = (self.body == 0).then_some(at);
        let first = self.names.written.entry(symbol).or_insert(place);
        *first = first.zip(place).map(|(one, other)| one.min(other));
    }

    /// Whether a name that the file declares may stand for nothing here.
    fn matters(&self, symbol: SymbolId, member: Option<&str>, how: NameAction, at: Span) -> bool {
        let flags = self.scoping.symbol_flags(symbol);
        let is_here = |declared: &Declared| {
            declared.body == self.body && !declared.is_open_at(at) && !self.is_of_another_case(symbol, at)
        };
        if (member.is_some() || !matches!(how, NameAction::Read | NameAction::Write | NameAction::All))
            && self.is_required(symbol)
        {
            return true;
        }
        if flags.is_function() || self.names.declared.get(&symbol).is_some_and(is_here) {
            return false;
        }
        if flags.is_import() {
            return !self.is_builtin_import(symbol);
        }
        let is_at_top = self.scoping.symbol_scope_id(symbol) == self.scoping.root_scope_id();
        if flags.intersects(SymbolFlags::BlockScopedVariable | SymbolFlags::Class) {
            return true;
        }
        is_at_top && (member.is_some() || matches!(how, NameAction::Call | NameAction::New | NameAction::Extends))
    }

    /// Whether a name stands for what `require` gives of a file, or for a member of that.
    fn is_required(&self, symbol: SymbolId) -> bool {
        let Some(init) = self.inits.get(&symbol) else { return false };
        match self.plain(init).root() {
            Val::Call(callee, [Val::Text(specifier)]) => {
                matches!(callee, Val::Global("require")) && specifier.starts_with('.')
            }
            _ => false,
        }
    }

    /// What it is that `require` gives.
    fn required(&self, used: &OpenName<'a>, symbol: SymbolId) -> Option<NameOf> {
        match (self.kept(&Val::Symbol(symbol)), used.member, used.how) {
            (NamedValue::Import(number), Some(member), NameAction::Call | NameAction::New | NameAction::Extends) => {
                Some(NameOf::Required(number, member.into()))
            }
            (NamedValue::Import(number), None, _) => Some(NameOf::Required(number, "=".into())),
            (NamedValue::Member(of, name), _, _) => match *of {
                NamedValue::Import(number) => Some(NameOf::Required(number, name)),
                _ => None,
            },
            _ => None,
        }
    }

    fn is_builtin_import(&self, symbol: SymbolId) -> bool {
        let import = self.imported.get(self.scoping.symbol_name(symbol));
        let import = import.and_then(|(number, _)| self.imports.get(*number as usize));
        import.is_none_or(|import| builtins::known_as(&import.specifier).is_some())
    }

    /// Whether a name is declared in another case of the `switch` in which it is used.
    fn is_of_another_case(&self, symbol: SymbolId, at: Span) -> bool {
        self.names.cases.get(&symbol).is_some_and(|case| !(case.start <= at.start && at.end <= case.end))
    }

    fn note_global(&mut self, name: &'a str, span: Span, how: NameAction, held: bool) {
        if GLOBAL_OBJECTS.contains(&name) && !held && how != NameAction::Write {
            self.names.makes_unknown = true;
        }
        if name == "eval" || (name == "Function" && matches!(how, NameAction::Call | NameAction::New)) {
            self.names.makes_unknown = true;
        }
        if builtins::is_global(name)
            || COMMONJS_NAMES.contains(&name)
            || name == ARGUMENTS
            || held
            || self.names.withs > 0
        {
            return;
        }
        let how = if how == NameAction::Write { NameAction::Write } else { NameAction::Read };
        self.note_use(UsedName::Global(name), name, None, how, span);
    }

    pub(super) fn note_use(
        &mut self,
        named: UsedName<'a>,
        name: &'a str,
        member: Option<&'a str>,
        how: NameAction,
        span: Span,
    ) {
        let thrown = Fated::Is(FailureFate::Throws);
        let is_certain = matches!(self.here(thrown), Fated::Is(FailureFate::Throws));
        // Of what is declared, what is used in a function but not for certain is not told, but for what only the function has,
        // and for a constant that is given another value: that fails whenever it is reached.
        let is_told = is_certain
            || self.body == 0
            || how == NameAction::Assign
            || match named {
                UsedName::Global(_) => true,
                UsedName::Symbol(symbol) => self.scoping.symbol_scope_id(symbol) != self.scoping.root_scope_id(),
            };
        let key = if is_certain { self.body } else { u32::MAX };
        if self.dead > 0
            || !is_told
            || self.names.used.len() >= MAX_USES
            || !self.names.seen.insert((key, named, member, how))
        {
            return;
        }
        let (is_caught, is_later) = (self.flow.is_caught(), self.flow.waited && self.body != 0);
        self.names.used.push(OpenName { named, name, member, how, span, body: self.body, is_caught, is_later });
        let number = u32::try_from(self.names.used.len() - 1).unwrap_or(u32::MAX);
        self.at = span.start;
        self.step(OpenAct::Name(number), thrown, Fated::Is(FailureFate::Nothing));
    }

    /// Notes a name in a text that is run there.
    pub(super) fn note_unknown(&mut self, name: &'a str, at: u32) {
        self.note_use(UsedName::Global(name), name, None, NameAction::Read, Span::new(at, at));
    }

    /// `typeof x`
    pub(super) fn asks_for(&mut self, operand: &Expression<'a>) -> bool {
        let Expression::Identifier(name) = operand else { return false };
        if self.symbol(name).is_none() {
            self.names.asked.insert(name.name.as_str());
            return true;
        }
        false
    }

    /// What is called, made or extended next.
    pub(super) fn callee_follows(&mut self, callee: &Expression<'a>, how: Callee) {
        let how = match how {
            Callee::Called => NameAction::Call,
            Callee::Made => NameAction::New,
            Callee::Extended => NameAction::Extends,
        };
        match callee {
            // `(0, a.f)()`
            Expression::SequenceExpression(sequence) => {
                if let Some(Expression::StaticMemberExpression(member)) = sequence.expressions.last()
                    && let Expression::Identifier(name) = &member.object
                {
                    let (at, member) = (name.span.start, Some(member.property.name.as_str()));
                    self.names.around = Some(AroundName { at, member, how });
                }
            }
            Expression::Identifier(name) => {
                self.names.around = Some(AroundName { at: name.span.start, member: None, how });
            }
            Expression::StaticMemberExpression(member) if !member.optional => {
                if let Expression::Identifier(name) = &member.object {
                    let member = Some(member.property.name.as_str());
                    self.names.around = Some(AroundName { at: name.span.start, member, how });
                }
            }
            _ => {}
        }
    }

    /// What a member is taken from next. Gives whether that is the global object, which is then not handed on.
    pub(super) fn member_follows(&mut self, it: &StaticMemberExpression<'a>) -> bool {
        let Expression::Identifier(name) = &it.object else { return false };
        let property = it.property.name.as_str();
        if self.is_global_object(name) {
            self.names.asked.insert(property);
            return true;
        }
        let at = name.span.start;
        if !it.optional && self.names.around.is_none_or(|around| around.at != at) {
            self.names.around = Some(AroundName { at, member: Some(property), how: NameAction::Read });
        }
        false
    }

    /// `i['x']`
    pub(super) fn computed_member_follows(&mut self, it: &ComputedMemberExpression<'a>) {
        if let (Expression::Identifier(name), Expression::StringLiteral(member)) = (&it.object, &it.expression)
            && !it.optional
        {
            let (at, member) = (name.span.start, Some(member.value.as_str()));
            self.names.around = Some(AroundName { at, member, how: NameAction::Read });
        }
    }

    pub(super) fn declare_variables(&mut self, it: &VariableDeclaration<'a>) {
        let is_var = it.kind == VariableDeclarationKind::Var;
        for declarator in &it.declarations {
            for name in names_in(&declarator.id) {
                let Some(symbol) = name.symbol_id.get() else { continue };
                if is_var && declarator.init.is_some() {
                    self.note_write(symbol, declarator.span.end);
                }
                // Of a pattern those behind it may use it.
                let within = match declarator.init {
                    Some(_) => Span::new(name.span.end, declarator.id.span().end),
                    None => declarator.span,
                };
                let declared = Declared { body: self.body, span: declarator.span, within, is_var };
                self.names.declared.entry(symbol).or_insert(declared);
            }
        }
    }

    /// `for (var x of …)`
    pub(super) fn declare_in_head(&mut self, it: &VariableDeclaration<'a>, right: &Expression<'a>) {
        let is_var = it.kind == VariableDeclarationKind::Var;
        for name in it.declarations.iter().flat_map(|declarator| names_in(&declarator.id)) {
            let Some(symbol) = name.symbol_id.get() else { continue };
            self.note_write(symbol, it.span.start);
            // What is gone through cannot use it yet.
            let span = Span::new(it.span.start, right.span().end);
            let declared = Declared { body: self.body, span, within: it.span, is_var };
            self.names.declared.entry(symbol).or_insert(declared);
        }
    }

    /// A function in a block (ECMA-262, annex B.3.2).
    pub(super) fn declare_function(&mut self, name: &BindingIdentifier<'a>) {
        let scope = name.symbol_id.get().map(|symbol| self.scoping.symbol_scope_id(symbol));
        if scope.is_some_and(|scope| !self.scoping.scope_flags(scope).is_var()) {
            self.names.in_blocks.insert(name.name.as_str());
        }
    }

    /// `const { a } = i`, `{ ...i }`, `Object.keys(i)`: what of a namespace is read.
    pub(super) fn note_namespace(&mut self, of: &Expression<'a>, pattern: Option<&BindingPattern<'a>>) {
        let Expression::Identifier(name) = of else { return };
        let Some(symbol) = self.symbol(name).filter(|symbol| self.is_namespace(*symbol)) else { return };
        if self.is_builtin_import(symbol) {
            return;
        }
        let (named, said) = (UsedName::Symbol(symbol), name.name.as_str());
        match pattern {
            Some(BindingPattern::ObjectPattern(object)) => {
                let keys = object.properties.iter().filter_map(|property| super::values::name_of_key(&property.key));
                for key in keys.collect::<Vec<_>>() {
                    self.note_use(named, said, Some(key), NameAction::Read, name.span);
                }
                if object.rest.is_some() {
                    self.note_use(named, said, None, NameAction::All, name.span);
                }
            }
            Some(_) => {}
            None => self.note_use(named, said, None, NameAction::All, name.span),
        }
    }

    pub(super) fn declare_class(&mut self, symbol: SymbolId, span: Span, within: Span) {
        let declared = Declared { body: self.body, span, within, is_var: false };
        self.names.declared.insert(symbol, declared);
    }

    fn binding_of(&self, symbol: SymbolId) -> BoundName {
        match self.names.declared.get(&symbol) {
            _ if self.scoping.symbol_flags(symbol).is_function() => BoundName::Always,
            Some(Declared { is_var: false, span, .. }) => BoundName::Lexical(span.end),
            Some(Declared { is_var: true, .. }) => match self.names.written.get(&symbol) {
                Some(Some(place)) => BoundName::Var(*place),
                _ => BoundName::Always,
            },
            None => BoundName::Always,
        }
    }

    /// Notes of each exported name of the file's own from when on it is there.
    pub(super) fn bind_exports(&mut self) {
        let symbol_of = |value: &Val<'a>| match value {
            Val::Symbol(symbol) => Some(*symbol),
            _ => None,
        };
        let symbols: HashMap<&str, SymbolId> =
            self.exported.iter().filter_map(|(name, value)| Some((&**name, symbol_of(value)?))).collect();
        let mut exports = std::mem::take(&mut self.exports);
        // That of `export default` is known already, and a function's has no symbol.
        for export in exports.iter_mut().filter(|export| export.from.is_none() && export.binding == BoundName::Always) {
            if let Some(symbol) = symbols.get(&*export.name) {
                export.binding = self.binding_of(*symbol);
            }
        }
        self.exports = exports;
    }

    /// The uses that may be of nothing, and for each that was noted its number among those.
    pub(super) fn finish_names(&mut self) -> (Vec<Option<u32>>, FileNames) {
        let mut kept = Vec::new();
        let mut numbers = Vec::with_capacity(self.names.used.len());
        for used in &self.names.used {
            let of = self.name_of(used);
            numbers.push(of.is_some().then(|| u32::try_from(kept.len()).unwrap_or(u32::MAX)));
            kept.extend(of.map(|of| self.kept_use(used, of)));
        }
        let runs_text = self
            .imports
            .iter()
            .any(|import| import.form != Form::Star && builtins::known_as(&import.specifier) == Some("vm"));
        let mut makes: Vec<Box<str>> = self.names.makes.iter().map(|name| (*name).into()).collect();
        makes.sort_unstable();
        let mut in_blocks: Vec<Box<str>> = self.names.in_blocks.iter().map(|name| (*name).into()).collect();
        in_blocks.sort_unstable();
        let mut exported_at: Vec<(Box<str>, u32)> =
            self.names.exported_at.iter().map(|(name, at)| ((*name).into(), *at)).collect();
        exported_at.sort_unstable();
        let names = FileNames {
            uses: kept.into(),
            makes: makes.into(),
            makes_unknown: self.names.makes_unknown || runs_text,
            makes_unknown_in_sloppy: self.names.makes_unknown_in_sloppy,
            is_strict: self.names.is_strict,
            exported_at: exported_at.into(),
            in_blocks: in_blocks.into(),
        };
        (numbers, names)
    }

    fn kept_use(&self, used: &OpenName<'a>, of: NameOf) -> NameUse {
        let is_whole = matches!(&of, NameOf::Required(..)) && used.member.is_some() && used.how != NameAction::Read;
        let is_namespace = is_whole || matches!(used.named, UsedName::Symbol(symbol) if self.is_namespace(symbol));
        let (name, how) = match (used.member, used.how) {
            // Of a namespace a member is used, and not the namespace; what is called is printed as it is written.
            (Some(member), NameAction::Call | NameAction::New) if is_namespace => {
                (format!("{}.{member}", used.name).into(), used.how)
            }
            (Some(member), how) if is_namespace => (member.into(), how),
            (Some(member), _) => {
                let how = UseOf::Member(member.into());
                return NameUse { how, ..self.kept_use(&OpenName { member: None, ..*used }, of) };
            }
            (None, how) => (used.name.into(), how),
        };
        let how = match how {
            NameAction::Read => UseOf::Read,
            NameAction::All => UseOf::All,
            NameAction::Assign if used.member.is_some() => UseOf::Change,
            NameAction::Write | NameAction::Assign => UseOf::Write,
            NameAction::Call => UseOf::Call,
            NameAction::New => UseOf::New,
            NameAction::Extends => UseOf::Extends,
        };
        let is_asked_for = used.is_caught || self.names.asked.contains(used.name);
        NameUse { name, line: self.lines.of(used.span.start), of, how, is_asked_for }
    }

    pub(super) fn is_namespace(&self, symbol: SymbolId) -> bool {
        self.scoping.symbol_flags(symbol).is_import()
            && matches!(self.imported.get(self.scoping.symbol_name(symbol)), Some((_, None)))
    }

    /// What a used name is; nothing where it stands for what it should.
    fn name_of(&self, used: &OpenName<'a>) -> Option<NameOf> {
        let symbol = match used.named {
            UsedName::Global(_) => return Some(NameOf::Nothing),
            UsedName::Symbol(_) if used.how == NameAction::Assign => return Some(NameOf::Constant),
            UsedName::Symbol(symbol) => symbol,
        };
        if self.scoping.symbol_flags(symbol).is_import() {
            let (number, there) = self.imported.get(self.scoping.symbol_name(symbol))?;
            let all = (used.how == NameAction::All).then_some(ALL);
            let there = there.as_deref().or(used.member).or(all).filter(|_| !used.is_later)?;
            return Some(NameOf::Imported(*number, there.into()));
        }
        let declared = self.names.declared.get(&symbol)?;
        let binding = self.binding_of(symbol);
        let is_within = declared.within.start <= used.span.start && used.span.end <= declared.within.end;
        let required = || {
            let is_required = !used.is_later && self.is_required(symbol);
            is_required.then(|| self.required(used, symbol)).flatten()
        };
        if is_within || binding == BoundName::Always {
            return None;
        }
        if declared.body == used.body {
            return match binding {
                BoundName::Lexical(from) if used.span.start < from || self.is_of_another_case(symbol, used.span) => {
                    Some(NameOf::Below)
                }
                BoundName::Var(from) if used.body == 0 && used.span.start < from => Some(NameOf::Own(binding)),
                _ => required(),
            };
        }
        let is_at_top = declared.body == 0;
        required().or_else(|| (is_at_top && !used.is_later).then_some(NameOf::Own(binding)))
    }
}

/// What is done with a callee.
#[derive(Clone, Copy)]
pub(super) enum Callee {
    /// `f()`
    Called,
    /// `new F()`
    Made,
    /// `class extends F`
    Extended,
}
