//! Calls that load modules, by whatever name `require` goes.

use super::open::{Fated, LoadedBy, NamedModule, OpenLoad, OpenRequire, Val};
use super::reader::Reader;
use super::specifiers::literal;
use crate::node::bodies::FailureFate;
use crate::node::format::Loader;
use crate::node::modules::{Attributes, Form, Import, Mention};
use oxc_ast::ast::{Argument, CallExpression, Expression};

/// By what a call loads a module.
enum Loads {
    Not,
    /// The wrapper's `require`.
    Require,
    /// One made by `createRequire`.
    Created,
    /// That of the module that the agent begins with.
    Main,
    /// `import.meta.resolve`, `require.resolve`: nothing is run of what they find.
    Find(Form),
    /// `module.register`: hooks, which are loaded at once.
    Register,
    /// What a bundler puts in its place: the text before and behind the name in what it throws where there is none.
    StandIn(u32),
}

impl<'a> Reader<'a, '_> {
    /// Notes what a call may load.
    pub(super) fn note_require(&mut self, call: &CallExpression<'a>, callee: &Val<'a>, line: u32) {
        match call.arguments.as_slice() {
            // Where there is no such module, nothing is called.
            [argument] if is_asked_for(&call.callee) => {
                self.guarded(|reader| reader.maybe_require(callee, argument, line));
            }
            [argument] => self.maybe_require(callee, argument, line),
            [argument, ..] if self.is_any_require(callee) => self.maybe_require(callee, argument, line),
            // `require.resolve('x', { paths })`, which looks elsewhere.
            [argument, ..] if matches!(callee, Val::Member(_, "resolve")) => {
                self.guarded(|reader| reader.maybe_require(callee, argument, line));
            }
            // `module.constructor._load('./x', module)`
            [argument, Argument::Identifier(parent), ..]
                if parent.name == "module" && matches!(callee, Val::Member(_, "_load")) =>
            {
                self.maybe_require(callee, argument, line);
            }
            // `register('./hooks.js', import.meta.url)`
            [argument, Argument::StaticMemberExpression(parent), ..]
                if matches!(parent.object, Expression::ImportMeta(_)) && parent.property.name == "url" =>
            {
                if matches!(self.builtin(callee), Some(("module", name)) if name.ends_with("register")) {
                    self.maybe_require(callee, argument, line);
                }
            }
            _ => {}
        }
        self.note_borrowed_require(call, callee, line);
    }

    /// `require.call(null, './x')`, `require.apply(null, ['./x'])`, `Reflect.apply(require, null, ['./x'])`, and what
    /// `require.bind(null, './x')` gives.
    fn note_borrowed_require(&mut self, call: &CallExpression<'a>, callee: &Val<'a>, line: u32) {
        let arguments = call.arguments.as_slice();
        if let (Val::Call(bind, [_, Val::Text(specifier), ..]), false) = (self.plain(callee), call.optional)
            && let Val::Member(require, "bind") = bind
            && self.is_any_require(require)
            && self.dead == 0
        {
            return self.push_require(**require, NamedModule::plain(specifier), line);
        }
        let Val::Member(of, name) = callee else { return };
        let (require, given) = match (*name, arguments) {
            ("call", [_, given, ..]) => (**of, given.as_expression()),
            ("apply", [require, _, list, ..]) if matches!(of, Val::Global("Reflect")) => {
                let require = require.as_expression().map_or(Val::Unknown, |require| self.value(require));
                (require, first_of(list))
            }
            ("apply", [_, list, ..]) => (**of, first_of(list)),
            _ => return,
        };
        if let Some(given) = given.filter(|_| self.is_any_require(&require)) {
            self.load_of(&require, given, line);
        }
    }

    /// Whether it is a `require` of this very file.
    pub(super) fn is_any_require(&self, value: &Val<'a>) -> bool {
        match self.plain(value) {
            Val::Global(name) => name == "require",
            Val::Member(module, "require") => matches!(self.plain(module), Val::Global("module")),
            other => self.is_own_require(&other),
        }
    }

    /// Notes what a `require` is given.
    fn load_of(&mut self, callee: &Val<'a>, given: &Expression<'a>, line: u32) {
        if self.dead > 0 {
            return;
        }
        let value = self.value(given);
        let is_perhaps = self.is_perhaps(&value);
        let named = self.specifiers(given, Loader::Require);
        if is_perhaps {
            self.computed.push(line);
            return self
                .guarded(|reader| named.into_iter().for_each(|named| reader.push_require(*callee, named, line)));
        }
        if named.is_empty() {
            let is_told = matches!(callee, Val::Member(_, "resolve"));
            let thrown = Fated::Is(FailureFate::Throws);
            return self.push_load(OpenLoad { named: value, by: LoadedBy::Require(*callee), line, is_told }, thrown);
        }
        named.into_iter().for_each(|named| self.push_require(*callee, named, line));
    }

    /// `f('x')`, which may load a module; by whatever name `require` goes.
    fn maybe_require(&mut self, callee: &Val<'a>, argument: &Argument<'a>, line: u32) {
        let may = match callee {
            Val::Global(name) => *name == "require",
            Val::Symbol(_) | Val::Call(..) => true,
            Val::Member(_, name) => matches!(*name, "require" | "resolve" | "register" | "_load"),
            _ => false,
        };
        if !may || self.dead > 0 {
            return;
        }
        if let Some(specifier) = argument.as_expression().and_then(literal) {
            return self.push_require(*callee, NamedModule::plain(specifier), line);
        }
        let finds = matches!(callee, Val::Member(of, "resolve") if self.is_any_require(of) || matches!(of, Val::Meta));
        if let (true, Some(given)) = (finds || self.is_any_require(callee), argument.as_expression()) {
            self.load_of(callee, given, line);
        }
    }

    /// What the calls that may be of `require` load: for each the number of its import, and of its mention where it calls
    /// what a bundler put in the place of `require`.
    pub(super) fn finish_requires(&mut self) -> Vec<(Option<u32>, Option<u32>)> {
        let requires = std::mem::take(&mut self.requires);
        let mut found = Vec::with_capacity(requires.len());
        for OpenRequire { callee, named, line } in requires {
            let specifier = named.specifier;
            let (form, stand_in) = match self.loads(&callee) {
                Loads::Not => {
                    found.push((None, None));
                    continue;
                }
                Loads::Require if self.sets_require => (Form::CreatedRequire, None),
                Loads::Require => (Form::Require, None),
                Loads::Created => (Form::CreatedRequire, None),
                Loads::Main => (Form::MainRequire, None),
                Loads::Find(form) => (form, None),
                Loads::Register => (Form::Call, None),
                Loads::StandIn(_) if self.has_own_require => (Form::CreatedRequire, None),
                Loads::StandIn(body) => (Form::Require, self.stand_ins.get(&body).copied()),
            };
            let mention = stand_in.map(|(before, behind)| {
                let said = format!("Error: {before}{specifier}{behind}");
                self.mentions.push(Mention { name: "require", line, stand_in: Some(said.into()) });
                u32::try_from(self.mentions.len() - 1).unwrap_or(u32::MAX)
            });
            let (names, attributes) = (Box::default(), Attributes::None);
            let located = named.located();
            self.imports.push(Import { specifier: specifier.into(), located, line, form, names, attributes });
            let number = u32::try_from(self.imports.len() - 1).unwrap_or(u32::MAX);
            if matches!(form, Form::Require | Form::CreatedRequire) {
                self.numbered.entry(specifier).or_insert(number);
            }
            found.push((Some(number), mention));
        }
        found
    }

    /// How something is loaded, and with which attributes; nothing where it is not.
    pub(super) fn form_of_load(&self, by: &LoadedBy<'a>) -> Option<(Form, Attributes)> {
        let callee = match by {
            LoadedBy::Import(attributes) => return Some((Form::Call, attributes.clone())),
            LoadedBy::Require(callee) => callee,
        };
        let form = match self.loads(callee) {
            Loads::Require if self.sets_require => Form::CreatedRequire,
            Loads::Require => Form::Require,
            Loads::Created => Form::CreatedRequire,
            Loads::Main => Form::MainRequire,
            Loads::Find(form) => form,
            Loads::Not | Loads::Register | Loads::StandIn(_) => return None,
        };
        Some((form, Attributes::None))
    }

    fn loads(&self, callee: &Val<'a>) -> Loads {
        if let Val::Symbol(symbol) = callee
            && let Some(body) = self.stand_in_of(*symbol)
        {
            return Loads::StandIn(body);
        }
        match self.plain(callee) {
            Val::Global("require") => return Loads::Require,
            // `module.require`, and `require.resolve`, which fails for what is not there as `require` does.
            Val::Member(of, "require") if matches!(self.plain(of), Val::Global("module")) => return Loads::Require,
            Val::Member(of, "resolve") => {
                return match self.plain(of) {
                    Val::Global("require") if self.sets_require => Loads::Find(Form::FindCreated),
                    Val::Global("require") => Loads::Find(Form::FindRequired),
                    Val::Meta => Loads::Find(Form::FindImported),
                    of if self.is_own_require(&of) => Loads::Find(Form::FindCreated),
                    _ => Loads::Not,
                };
            }
            _ => {}
        }
        if self.is_own_require(callee) {
            return Loads::Created;
        }
        if let Some(loads) = self.loads_by_module(callee) {
            return loads;
        }
        match self.builtin(callee) {
            Some(("module", name)) if name.ends_with("register") => Loads::Register,
            _ => Loads::Not,
        }
    }

    /// What a member of an object of a module loads: `process.mainModule.require`, `require.main.require`,
    /// `module.constructor._load`.
    fn loads_by_module(&self, callee: &Val<'a>) -> Option<Loads> {
        let Val::Member(of, name) = self.plain(callee) else { return None };
        match (name, self.plain(of)) {
            ("require", Val::Member(require, "main")) if matches!(self.plain(require), Val::Global("require")) => {
                Some(Loads::Main)
            }
            ("require", of) if matches!(self.builtin(&of), Some(("process", name)) if name == "mainModule") => {
                Some(Loads::Main)
            }
            ("_load", Val::Member(module, "constructor")) if matches!(self.plain(module), Val::Global("module")) => {
                Some(Loads::Require)
            }
            ("_load", of) => matches!(self.builtin(&of), Some(("module", _))).then_some(Loads::Require),
            _ => None,
        }
    }

    fn stand_in_of(&self, symbol: oxc_syntax::symbol::SymbolId) -> Option<u32> {
        self.named_stand_ins.get(&symbol).copied()
    }
}

/// The first element of a list that is written down.
fn first_of<'e, 'a>(list: &'e Argument<'a>) -> Option<&'e Expression<'a>> {
    match list {
        Argument::ArrayExpression(list) => list.elements.first().and_then(|first| first.as_expression()),
        _ => None,
    }
}

/// `a?.b()`
fn is_asked_for(callee: &Expression<'_>) -> bool {
    matches!(callee, Expression::StaticMemberExpression(member) if member.optional)
}
