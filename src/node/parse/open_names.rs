//! What is known of a file's names while it is read.

use hashbrown::{HashMap, HashSet};
use oxc_ast::ast::Program;
use oxc_span::Span;
use oxc_syntax::symbol::SymbolId;

/// The names of the global object.
pub(super) const GLOBAL_OBJECTS: [&str; 2] = ["globalThis", "global"];

/// What is done with the name that comes next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum NameAction {
    Read,
    Write,
    /// The same of what is a constant.
    Assign,
    Call,
    New,
    Extends,
    /// Each of its members is read.
    All,
}

/// What stands around the name that comes next.
#[derive(Clone, Copy)]
pub(super) struct AroundName<'a> {
    /// Where that name begins.
    pub(super) at: u32,
    pub(super) member: Option<&'a str>,
    pub(super) how: NameAction,
}

/// What a used name is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum UsedName<'a> {
    Global(&'a str),
    Symbol(SymbolId),
}

/// A use while its file is read.
pub(super) struct OpenName<'a> {
    pub(super) named: UsedName<'a>,
    /// As it is written.
    pub(super) name: &'a str,
    pub(super) member: Option<&'a str>,
    pub(super) how: NameAction,
    pub(super) span: Span,
    pub(super) body: u32,
    pub(super) is_caught: bool,
    /// Whether it comes later than the call of its function.
    pub(super) is_later: bool,
}

/// What declares a name.
#[derive(Clone, Copy)]
pub(super) struct Declared {
    pub(super) body: u32,
    /// All of the declaration.
    pub(super) span: Span,
    /// Where its own name may be used: the pattern, or all of a class.
    pub(super) within: Span,
    pub(super) is_var: bool,
}

impl Declared {
    /// Whether what stands there is worked out before the name stands for something: in what it is declared by.
    pub(super) fn is_open_at(&self, at: Span) -> bool {
        let contains = |span: Span| span.start <= at.start && at.end <= span.end;
        contains(self.span) && !contains(self.within)
    }
}

/// What is known of a constant's value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ConstantValue {
    /// `undefined` or `null`.
    Nothing,
    /// Anything else that is false.
    False,
    /// What is true.
    True,
}

/// Names of a file, while it is read.
#[derive(Default)]
pub(super) struct OpenNames<'a> {
    pub(super) used: Vec<OpenName<'a>>,
    pub(super) seen: HashSet<(u32, UsedName<'a>, Option<&'a str>, NameAction)>,
    pub(super) declared: HashMap<SymbolId, Declared>,
    /// Where a variable at the top is given its first value; nothing where a function may do that.
    pub(super) written: HashMap<SymbolId, Option<u32>>,
    /// The case of a `switch` in which a name is declared.
    pub(super) cases: HashMap<SymbolId, Span>,
    /// What constants hold, as far as it is known.
    pub(super) held_by: HashMap<SymbolId, ConstantValue>,
    pub(super) around: Option<AroundName<'a>>,
    /// The global object that stands there is not handed on.
    pub(super) held: Option<u32>,
    pub(super) asked: HashSet<&'a str>,
    pub(super) makes: HashSet<&'a str>,
    pub(super) makes_unknown: bool,
    pub(super) makes_unknown_in_sloppy: bool,
    pub(super) is_strict: bool,
    pub(super) exported_at: HashMap<&'a str, u32>,
    /// Functions that are declared in blocks: where code is not strict, they are there outside of them, too.
    pub(super) in_blocks: HashSet<&'a str>,
    /// The assignment that is open gives no value unless there is none.
    pub(super) may_not_write: bool,
    /// Statements `with` that are open: names in them may be anything.
    pub(super) withs: u32,
}

impl OpenNames<'_> {
    pub(super) fn of(program: &Program<'_>) -> Self {
        let is_strict = program.directives.iter().any(|directive| directive.directive == "use strict");
        Self { is_strict, ..Self::default() }
    }
}
