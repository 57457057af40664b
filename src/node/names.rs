//! Names that may stand for nothing yet, or for nothing at all, when they are used while a file is loaded: those that nothing
//! declares, and those whose declaration has not run, as modules that import each other may find them.

use crate::tree::nodes::NodeId;

/// When something that is exported, or declared at the top of its file, stands for what it was declared as. Places are bytes
/// from the start of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BoundName {
    /// Before the file runs, as functions do; or it cannot be told.
    #[default]
    Always,
    /// Once the file got there: `let`, `const`, `class`, `export default` of an expression. Using it before throws.
    Lexical(u32),
    /// The same for `var`, which is `undefined` before.
    Var(u32),
}

/// A use of a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameUse {
    /// As it is written, with the member for one that is taken from a namespace and called: Node prints that.
    pub name: Box<str>,
    /// From 1.
    pub line: u32,
    /// What it is.
    pub of: NameOf,
    /// What is done with it.
    pub how: UseOf,
    /// Whether what it throws is caught, or the file asks by `typeof` whether it is there.
    pub is_asked_for: bool,
}

/// What a used name is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NameOf {
    /// The file does not declare it.
    Nothing,
    /// Imported: the number of the import, and its name there.
    Imported(u32, Box<str>),
    /// Taken from what `require` gives: the number of the import, and the name there; `=` for all of it.
    Required(u32, Box<str>),
    /// Declared at the top of the same file.
    Own(BoundName),
    /// Declared further down in the same function.
    Below,
    /// A constant, or what is imported: it cannot be given a value.
    Constant,
}

/// What is done with a name, as far as it matters where it stands for nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UseOf {
    /// It is read, or anything else.
    Read,
    /// It is given a value.
    Write,
    /// The same of a member of a module's namespace.
    Change,
    /// `x()`
    Call,
    /// `new x()`
    New,
    /// `class extends x`
    Extends,
    /// `x.y`
    Member(Box<str>),
    /// `{ ...x }`: each of its members is read.
    All,
}

/// Stands for all names that a module exports.
pub(crate) const ALL: &str = "*";

/// The names of a file that may stand for nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FileNames {
    /// Their uses.
    pub uses: Box<[NameUse]>,
    /// Globals that it makes: `globalThis.x = …`.
    pub makes: Box<[Box<str>]>,
    /// Whether it may make globals of which nobody can tell the names.
    pub makes_unknown: bool,
    /// The same in code that is not strict, as no ES module is.
    pub makes_unknown_in_sloppy: bool,
    /// Whether it is strict as CommonJS, too.
    pub is_strict: bool,
    /// Where it is said first of each name what it exports as CommonJS, sorted; of all of it by the name `=`.
    pub exported_at: Box<[(Box<str>, u32)]>,
    /// Functions that are declared in blocks, sorted: where code is not strict, they are there outside of them, too.
    pub in_blocks: Box<[Box<str>]>,
}

impl FileNames {
    /// About how many bytes they take in memory.
    #[must_use]
    pub fn weight(&self) -> usize {
        let uses = self.uses.iter().map(|used| 96 + used.name.len()).sum::<usize>();
        uses + self.makes.iter().map(|name| 16 + name.len()).sum::<usize>()
    }

    /// Where it is said first what it exports by a name as CommonJS.
    #[must_use]
    pub fn said_at(&self, name: &str) -> Option<u32> {
        let place = self.exported_at.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.exported_at.get(place).map(|(_, at)| *at)
    }

    /// Whether a function of that name is declared in a block.
    #[must_use]
    pub fn is_in_block(&self, name: &str) -> bool {
        self.in_blocks.binary_search_by(|known| (**known).cmp(name)).is_ok()
    }

    /// Globals that it makes by giving a name that nothing declares a value, as code that is not strict does.
    pub fn assigned(&self) -> impl Iterator<Item = &str> {
        let uses = self.uses.iter().filter(|used| used.of == NameOf::Nothing && used.how == UseOf::Write);
        uses.map(|used| &*used.name)
    }
}

impl NameUse {
    /// What Node says where a name stands for nothing (measured with 18, 20, 22 and 24).
    #[must_use]
    pub fn message(&self, why: &WhyUnset) -> String {
        let name = &self.name;
        match (why, &self.how) {
            (WhyUnset::Undeclared, _) => format!("ReferenceError: {name} is not defined"),
            (WhyUnset::Constant, UseOf::Change) => {
                "a TypeError, as nobody can change what a module exports from outside".to_owned()
            }
            (WhyUnset::Constant, _) => "TypeError: Assignment to constant variable.".to_owned(),
            (WhyUnset::NotYet(_), UseOf::All) => format!("a ReferenceError, as not all of `{name}` is there yet"),
            (WhyUnset::NotYet(_), _) => format!("ReferenceError: Cannot access '{name}' before initialization"),
            (WhyUnset::Undefined(_), UseOf::Call) => format!("TypeError: {name} is not a function"),
            (WhyUnset::Undefined(_), UseOf::New) => format!("TypeError: {name} is not a constructor"),
            (WhyUnset::Undefined(_), UseOf::Extends) => {
                "TypeError: Class extends value undefined is not a constructor or null".to_owned()
            }
            (WhyUnset::Undefined(_), UseOf::Member(member)) => {
                format!("TypeError: Cannot read properties of undefined (reading '{member}')")
            }
            (WhyUnset::Undefined(_), UseOf::Read | UseOf::Write | UseOf::Change | UseOf::All) => {
                format!("TypeError: {name} is undefined")
            }
        }
    }
}

/// Why a name stands for nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WhyUnset {
    /// Nothing declares it.
    Undeclared,
    /// It stands for something, and for nothing else ever.
    Constant,
    /// The file that declares it has not got there: using it throws.
    NotYet(NodeId),
    /// The same for `var`: it is `undefined`.
    Undefined(NodeId),
}
