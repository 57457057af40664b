//! A syntax tree reduced to what loading the file needs: what is noted while the tree is walked, and the module that is
//! made of it. What is noted of each kind of syntax stands in `record`, `calls` and `declarations`.

use super::commonjs::{COMMONJS_NAMES, OpenOwnExports};
use super::lines::LineStarts;
use super::open::{
    Fated, Fillings, Flow, Lists, OpenAsset, OpenBody, OpenClass, OpenLoad, OpenRequire, OwnUses, RunFolder, Val,
};
use super::open_names::OpenNames;
use crate::node::ends::FileEnds;
use crate::node::modules::{Export, Import, Mention, Module, ModuleSyntax, NewSyntax, SyntaxFault, Waits};
use crate::node::names::BoundName;
use hashbrown::{HashMap, HashSet};
use oxc_allocator::Allocator;
use oxc_ast::ast::{IdentifierReference, Program};
use oxc_ast_visit::Visit;
use oxc_semantic::Scoping;
use oxc_span::Span;
use oxc_syntax::symbol::{SymbolFlags, SymbolId};
use std::cell::Cell;

/// Values of one file that others are put into. Each stays in memory for as long as the file's tree: in long chains of calls each
/// call's is put together of those before it.
const MAX_REPLACEMENTS: u32 = 300_000;

/// Reads a file's tree.
pub(super) struct Reader<'a, 's> {
    pub(super) lines: &'s LineStarts,
    pub(super) module: Module,
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<Export>,
    pub(super) computed: Vec<u32>,
    pub(super) new_syntax: Vec<(NewSyntax, u32)>,
    /// What each name is declared by.
    pub(super) scoping: &'s Scoping,
    /// Which names are given another value, by their numbers: to ask for one goes through all of its uses.
    pub(super) mutated: Vec<bool>,
    /// All names that it declares, once somebody asked for them.
    pub(super) declared_names: Option<HashSet<&'s str>>,
    /// How often only a member of each is used, by their numbers.
    pub(super) member_uses: Vec<u32>,
    /// All functions that are open.
    pub(super) bodies: u32,
    /// `typeof` that are open, and conditions that ask with it for a name of CommonJS: naming what is not there is no error
    /// in them.
    pub(super) typeofs: u32,
    /// Functions that are open and have `arguments` of their own.
    pub(super) functions: u32,
    /// Conditions that are open and never hold.
    pub(super) dead: u32,
    /// The bodies that were met, the top level first.
    pub(super) bodies_made: Vec<OpenBody<'a>>,
    /// The numbers of functions, classes and objects, by where they stand.
    pub(super) numbers: HashMap<Span, u32>,
    pub(super) classes: Vec<OpenClass<'a>>,
    /// The body that is open.
    pub(super) body: u32,
    /// What was met in it.
    pub(super) flow: Flow,
    /// What `this` is.
    pub(super) this: Val<'a>,
    /// The class that is open.
    pub(super) class: Option<u32>,
    /// The object that is open, if it is one with a number.
    pub(super) object_of: Option<u32>,
    /// What `this` is in the method that comes next.
    pub(super) method: Option<Val<'a>>,
    /// Whether the file defines a getter.
    pub(super) has_getters: bool,
    /// What `super()` calls.
    pub(super) base: Option<&'a Val<'a>>,
    /// Names of members that are given another value somewhere.
    pub(super) assigned: HashSet<&'a str>,
    /// What variables stand for.
    pub(super) inits: HashMap<SymbolId, Val<'a>>,
    /// What becomes of promises.
    pub(super) promises: HashMap<Span, Fated<'a>>,
    /// What is done with variables that hold a promise, and in which body.
    pub(super) uses: HashMap<SymbolId, Vec<(Fated<'a>, u32)>>,
    /// Variables that are exported.
    pub(super) exports_variable: HashSet<SymbolId>,
    /// Those that are where they are declared.
    pub(super) exported_where_declared: HashSet<SymbolId>,
    /// The numbers of imports by what they name, the first of each.
    pub(super) numbered: HashMap<&'a str, u32>,
    /// How deep the expression lies whose value is asked for.
    pub(super) depth: u32,
    /// Whether something lay too deep.
    pub(super) is_cut: bool,
    /// What calls stand for.
    pub(super) called_values: HashMap<Span, Val<'a>>,
    /// Where values are kept.
    pub(super) memory: &'a Allocator,
    /// Values that may still be made by putting others into them.
    pub(super) replacements_left: Cell<u32>,
    /// Whether the pattern that is visited takes apart something empty, so that its defaults count.
    pub(super) takes_defaults: bool,
    /// Calls of which something is taken at once.
    pub(super) iterated: HashSet<Span>,
    /// What exports stand for.
    pub(super) exported: Vec<(Box<str>, Val<'a>)>,
    /// Those that may be given another value, and all that `exports` is given.
    pub(super) exported_anew: HashSet<&'a str>,
    pub(super) exported_names: HashSet<&'a str>,
    pub(super) own: OwnUses<'a>,
    /// Names of what imports have that are given other values.
    pub(super) replaced_in_imports: HashSet<&'a str>,
    /// How often names are used by what exports them alone.
    pub(super) exporting_uses: HashMap<SymbolId, usize>,
    pub(super) fillings: Fillings<'a>,
    /// Objects that are given getters, with what these give.
    pub(super) given_getters: HashMap<SymbolId, Vec<(&'a str, Val<'a>)>>,
    /// What is met of the exports of a CommonJS file.
    pub(super) own_exports: OpenOwnExports<'a>,
    pub(super) assets: Vec<OpenAsset<'a>>,
    /// The folder in which the agent runs where the tree is visited now.
    pub(super) folder: RunFolder<'a>,
    /// Paths that it hands to other programs.
    pub(super) handed: Vec<Val<'a>>,
    /// Paths of what it makes.
    pub(super) written: Vec<Val<'a>>,
    /// Whether it makes files by functions that were handed on, so that nobody can tell which.
    pub(super) writes_unknown: bool,
    /// Whether it calls what may make folders, by its name.
    pub(super) makes_folders: bool,
    /// Whether other programs may make files.
    pub(super) runs_programs: bool,
    /// Functions that a bundler puts in the place of `require`, by their bodies: what they throw, before and behind the name.
    pub(super) stand_ins: HashMap<u32, (&'a str, &'a str)>,
    /// The variables that hold one.
    pub(super) named_stand_ins: HashMap<SymbolId, u32>,
    /// Whether the file makes `require` a global of its own.
    pub(super) sets_require: bool,
    /// Whether the file declares a `require` made by `createRequire`.
    pub(super) has_own_require: bool,
    /// Names of CommonJS that the file makes globals.
    pub(super) sets: Vec<&'static str>,
    /// Uses of names that only CommonJS has.
    pub(super) mentions: Vec<Mention>,
    /// Calls that may be of `require`.
    pub(super) requires: Vec<OpenRequire<'a>>,
    /// Loads of what is not known where they stand.
    pub(super) loads: Vec<OpenLoad<'a>>,
    /// Whether the whole file was seen.
    pub(super) is_whole: bool,
    /// Whether it changes `arguments`, by which parameters get other values.
    pub(super) changes_arguments: bool,
    /// Members that are given a value more than once.
    pub(super) assigned_anew: HashSet<&'a str>,
    /// Members of what names stand for that are given to functions: `f(a.b)`.
    pub(super) given_members: HashSet<&'a str>,
    /// Members that are given a value, but for those of `this`.
    pub(super) assigned_to_others: HashSet<&'a str>,
    /// Imported names by their local one, for exports of imports.
    pub(super) imported: HashMap<&'a str, (u32, Option<Box<str>>)>,
    pub(super) local_exports: Vec<(&'a str, Box<str>)>,
    /// Variables that hold a promise which is never settled, and functions that give one.
    pub(super) idle_promises: HashSet<SymbolId>,
    pub(super) idle_bodies: HashSet<u32>,
    /// Where the tree is visited now, in bytes from the start of the file.
    pub(super) at: u32,
    /// Where the file ends the process by itself.
    pub(super) ends: FileEnds,
    /// For what it waits.
    pub(super) waits: Waits,
    /// What is wrong with code in texts that it runs.
    pub(super) texts: Vec<SyntaxFault>,
    /// Names that function expressions have for themselves alone.
    pub(super) own_names: HashSet<SymbolId>,
    /// Functions that are written as arrows, by their bodies.
    pub(super) arrows: HashSet<u32>,
    /// The object of events of each end that is an emitted `error`.
    pub(super) emitted: HashMap<u32, Option<SymbolId>>,
    /// A member that is called or given a value here, and not read.
    pub(super) not_read: Option<Span>,
    /// What is called of each end that is none where that gives something.
    pub(super) given_nothing: HashMap<u32, &'a Val<'a>>,
    /// Whether anything in the file is given somebody who hears.
    pub(super) listens: bool,
    /// Names that are given somebody who hears.
    pub(super) listened: HashSet<SymbolId>,
    /// Lists of texts.
    pub(super) lists: Lists<'a>,
    /// Names and what is done with them, as far as they may stand for nothing.
    pub(super) names: OpenNames<'a>,
}

impl<'a, 's> Reader<'a, 's> {
    /// Reads the tree of a file.
    pub(super) fn read(
        program: &Program<'a>,
        memory: &'a Allocator,
        scoping: &'s Scoping,
        lines: &'s LineStarts,
    ) -> Module {
        let mut reader = Self {
            lines,
            module: Module::default(),
            imports: Vec::new(),
            exports: Vec::new(),
            computed: Vec::new(),
            new_syntax: Vec::new(),
            scoping,
            mutated: scoping.symbol_ids().map(|symbol| scoping.symbol_is_mutated(symbol)).collect(),
            declared_names: None,
            member_uses: vec![0; scoping.symbols_len()],
            bodies: 0,
            typeofs: 0,
            functions: 0,
            dead: 0,
            bodies_made: vec![OpenBody::default()],
            numbers: HashMap::new(),
            classes: Vec::new(),
            body: 0,
            flow: Flow::default(),
            this: Val::Unknown,
            class: None,
            object_of: None,
            method: None,
            has_getters: false,
            base: None,
            assigned: HashSet::new(),
            inits: HashMap::new(),
            promises: HashMap::new(),
            uses: HashMap::new(),
            exports_variable: HashSet::new(),
            exported_where_declared: HashSet::new(),
            numbered: HashMap::new(),
            depth: 0,
            is_cut: false,
            called_values: HashMap::new(),
            memory,
            replacements_left: Cell::new(MAX_REPLACEMENTS),
            takes_defaults: false,
            iterated: HashSet::new(),
            exported: Vec::new(),
            exported_anew: HashSet::new(),
            exported_names: HashSet::new(),
            own: OwnUses::default(),
            replaced_in_imports: HashSet::new(),
            exporting_uses: HashMap::new(),
            fillings: Fillings::default(),
            given_getters: HashMap::new(),
            own_exports: OpenOwnExports::default(),
            assets: Vec::new(),
            folder: RunFolder::Start,
            handed: Vec::new(),
            written: Vec::new(),
            writes_unknown: false,
            makes_folders: false,
            runs_programs: false,
            stand_ins: HashMap::new(),
            named_stand_ins: HashMap::new(),
            sets_require: false,
            has_own_require: false,
            sets: Vec::new(),
            mentions: Vec::new(),
            requires: Vec::new(),
            loads: Vec::new(),
            is_whole: false,
            changes_arguments: false,
            assigned_anew: HashSet::new(),
            given_members: HashSet::new(),
            assigned_to_others: HashSet::new(),
            imported: HashMap::new(),
            local_exports: Vec::new(),
            idle_promises: HashSet::new(),
            idle_bodies: HashSet::new(),
            at: 0,
            ends: FileEnds::default(),
            waits: Waits::default(),
            texts: Vec::new(),
            own_names: HashSet::new(),
            arrows: HashSet::new(),
            emitted: HashMap::new(),
            not_read: None,
            given_nothing: HashMap::new(),
            listens: false,
            listened: HashSet::new(),
            lists: Lists::default(),
            names: OpenNames::of(program),
        };
        reader.visit_program(program);
        reader.finish()
    }

    fn finish(mut self) -> Module {
        for (local, name) in std::mem::take(&mut self.local_exports) {
            match self.imported.get(local) {
                Some(from) => self.exports.push(Export { name, from: Some(from.clone()), binding: BoundName::Always }),
                None => self.exports.push(Export { name, from: None, binding: BoundName::Always }),
            }
        }
        self.module.as_commonjs = self.hides_a_parameter();
        if let Some((syntax, line)) = self.module.module_syntax {
            let message = syntax.in_commonjs().into();
            self.module.as_commonjs = Some(SyntaxFault { message, exact: true, line });
        }
        self.finish_bodies();
        self.module.commonjs.own = std::mem::take(&mut self.own_exports).finish(self.scoping);
        self.bind_exports();
        self.module.mentions = self.mentions.into();
        self.module.sets = self.sets.into();
        self.module.imports = self.imports.into();
        // No name is there twice: that would be a fault.
        self.exports.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        self.module.exports = self.exports.into();
        self.module.computed = self.computed.into();
        self.module.new_syntax = self.new_syntax.into();
        self.module
    }

    /// Whether `this` is what a CommonJS file exports.
    pub(super) const fn this_is_exports(&self) -> bool {
        self.functions == 0 && self.class.is_none()
    }

    pub(super) fn line(&self, span: Span) -> u32 {
        self.lines.of(span.start)
    }

    /// What a name is declared by, if the file declares it.
    pub(super) fn symbol(&self, name: &IdentifierReference<'a>) -> Option<SymbolId> {
        self.scoping.get_reference(name.reference_id.get()?).symbol_id()
    }

    /// Notes syntax that only an ES module has; a statement goes before what V8 meets later.
    pub(super) fn mark(&mut self, syntax: ModuleSyntax, span: Span) {
        let line = self.line(span);
        if self.module.module_syntax.is_none() {
            self.module.module_syntax = Some((syntax, line));
        }
    }

    pub(super) fn note_new(&mut self, syntax: NewSyntax, span: Span) {
        if !self.new_syntax.iter().any(|(known, _)| *known == syntax) {
            let line = self.line(span);
            self.new_syntax.push((syntax, line));
        }
    }

    /// A `let`, `const` or `class` at the top that has the name of one of the wrapper's parameters, which CommonJS is read with.
    fn hides_a_parameter(&self) -> Option<SyntaxFault> {
        let lexical = SymbolFlags::BlockScopedVariable | SymbolFlags::Class;
        let declared = COMMONJS_NAMES.iter().filter_map(|name| {
            let symbol = self.scoping.get_root_binding((*name).into())?;
            self.scoping.symbol_flags(symbol).intersects(lexical).then(|| (self.scoping.symbol_span(symbol), *name))
        });
        let (span, name) = declared.min_by_key(|(span, _)| span.start)?;
        let message = format!("Identifier '{name}' has already been declared");
        Some(SyntaxFault { message: message.into(), exact: true, line: self.line(span) })
    }
}
