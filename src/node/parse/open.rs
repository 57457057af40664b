//! What is known of a file while it is read, before names are looked up: values, steps, bodies and paths.

use crate::node::bodies::{BodyKind, CallKind, FailureFate, Handled};
use crate::node::modules::{AssetUse, Attributes, FolderName, Located};
use hashbrown::{HashMap, HashSet};
use oxc_syntax::symbol::SymbolId;

/// What an expression stands for. What it is made of lies beside the tree, and is not copied.
#[derive(Clone, Copy, Debug)]
pub(super) enum Val<'a> {
    Unknown,
    Text(&'a str),
    /// An array that has an element, and how many it is written with.
    Filled(usize),
    Body(u32),
    Getter(u32),
    /// A class, or an object.
    Class(u32),
    /// `this` in the methods of a class: an object of it, or of what extends it.
    This(u32),
    /// The same in its static methods: the class, or what extends it.
    ThisClass(u32),
    Import(u32),
    Symbol(SymbolId),
    /// A name that the file does not declare.
    Global(&'a str),
    /// `import.meta`.
    Meta,
    Member(&'a Val<'a>, &'a str),
    Call(&'a Val<'a>, &'a [Val<'a>]),
    New(&'a Val<'a>, &'a [Val<'a>]),
    /// Texts one after the other.
    Joined(&'a [Val<'a>]),
    /// Arguments or elements that are spread: `...x`.
    Spread(&'a Val<'a>),
    /// A parameter that is taken apart: the body that has it, and its place.
    Parameter(u32, u8),
}

/// A class or an object while its file is read.
#[derive(Default)]
pub(super) struct OpenClass<'a> {
    pub(super) construct: Option<u32>,
    pub(super) base: Option<&'a Val<'a>>,
    pub(super) statics: OpenMembers<'a>,
    pub(super) members: OpenMembers<'a>,
    /// Whether its objects are given members that are not known.
    pub(super) is_open: bool,
    /// What its constructor gives to its objects: `this.x = …`.
    pub(super) given: Vec<(&'a str, Val<'a>)>,
    /// The body of its constructor.
    pub(super) constructor: Option<u32>,
}

/// Members by their names; of two of one name the later counts.
#[derive(Default)]
pub(super) struct OpenMembers<'a> {
    all: Vec<(&'a str, Val<'a>)>,
    /// Where each name stands, if there are more than [`FEW`].
    places: HashMap<&'a str, usize>,
}

/// Most members that are looked through one after the other.
const FEW: usize = 8;

impl<'a> OpenMembers<'a> {
    pub(super) fn push(&mut self, name: &'a str, value: Val<'a>) {
        self.all.push((name, value));
        if self.all.len() > FEW {
            let begin = if self.places.is_empty() { 0 } else { self.all.len() - 1 };
            self.places.extend((begin..).zip(self.all.iter().skip(begin)).map(|(place, (name, _))| (*name, place)));
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Val<'a>> {
        let found = if self.places.is_empty() {
            self.all.iter().rev().find(|(known, _)| *known == name)
        } else {
            self.places.get(name).and_then(|place| self.all.get(*place))
        };
        found.map(|(_, value)| value)
    }

    pub(super) fn as_slice(&self) -> &[(&'a str, Val<'a>)] {
        &self.all
    }
}

/// What comes of a failure, where that may depend on what stands further down.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fated<'a> {
    Is(FailureFate),
    /// Whoever handles it: a function that throws anew or ends the process handles nothing.
    Caught(&'a Val<'a>, FailureFate),
    /// A variable holds the promise.
    Held(SymbolId),
}

/// A body while it is read.
#[derive(Default)]
pub(super) struct OpenBody<'a> {
    pub(super) kind: BodyKind,
    pub(super) defaults: Vec<(u8, u32)>,
    pub(super) steps: Vec<OpenStep<'a>>,
    /// Its parameters; nothing for what is taken apart.
    pub(super) parameters: Vec<Option<SymbolId>>,
    /// The name of all arguments behind them.
    pub(super) rest: Option<SymbolId>,
    /// What parameters stand for that are given nothing, by their places.
    pub(super) fallbacks: Vec<(u8, Val<'a>)>,
    /// Whether it makes an object, and hands what it is given to the constructor.
    pub(super) is_construct: bool,
    /// Whether it is a method or a constructor, in which `this` is an object of the class.
    pub(super) is_method: bool,
    /// Whether a promise is made by it.
    pub(super) is_executor: bool,
    /// The body of which it is a copy.
    pub(super) copy_of: Option<u32>,
    /// How many values it returns, and the last.
    pub(super) returns: u32,
    pub(super) gives: Option<Val<'a>>,
    /// Whether whatever gets to its end throws, or ends the process with a failure.
    pub(super) is_deadly: bool,
    /// Whether it asks for more of `this` than methods.
    pub(super) reads_this: bool,
}

impl OpenBody<'_> {
    /// Whether what happens in it may depend on what it is given.
    pub(super) const fn is_given_something(&self) -> bool {
        !self.parameters.is_empty() || self.rest.is_some() || self.is_method
    }

    /// Whether it calls what a name stands for, or a member of it, and does not catch what that throws.
    pub(super) fn calls_symbol(&self, symbol: SymbolId) -> bool {
        self.steps.iter().any(|step| match &step.what {
            OpenAct::Call { callee, .. } if !step.is_caught => {
                matches!(callee.root(), Val::Symbol(root) if root == symbol)
            }
            _ => false,
        })
    }
}

impl<'a> Val<'a> {
    /// Whether it may be all that a file exports.
    pub(super) const fn may_be_exports(&self) -> bool {
        matches!(
            self,
            Self::Call(_, [Self::Text(_) | Self::Call(..)]) | Self::Import(_) | Self::Member(Self::Import(_), _)
        )
    }

    /// What the first name of `a.b.c` stands for, or what else a member is taken from.
    pub(super) fn root(self) -> Self {
        match self {
            Self::Member(of, _) => of.root(),
            other => other,
        }
    }
}

/// A step while its file is read.
#[derive(Clone, Copy)]
pub(super) struct OpenStep<'a> {
    /// What comes of what is thrown.
    pub(super) thrown: Fated<'a>,
    /// What comes of a rejection.
    pub(super) rejected: Fated<'a>,
    /// Whether it happens whenever its body is run.
    pub(super) is_certain: bool,
    /// Whether what it throws is caught in its body.
    pub(super) is_caught: bool,
    pub(super) what: OpenAct<'a>,
    /// Where it stands, in bytes from the start of the file.
    pub(super) at: u32,
}

/// What happens.
#[derive(Clone, Copy)]
pub(super) enum OpenAct<'a> {
    /// `import()`, by its number.
    Import(u32),
    /// A call that may be one of `require`: its number among those.
    Require(u32),
    Mention(u32),
    Asset(u32),
    /// An `await` without end, by its number.
    Waits(u32),
    /// An end of the process, or a `throw`, by its number.
    Ends(u32),
    /// An `await` of something that may never come.
    Pauses,
    /// A use of a name, by its number.
    Name(u32),
    Call {
        callee: Val<'a>,
        how: CallKind,
        arguments: u8,
        /// What it is given, where that is known.
        given: Option<&'a [Val<'a>]>,
    },
    /// A load of what is not known here, by its number: `require(name)`.
    Load(u32),
    /// A call of a copy of a body.
    Copy {
        body: u32,
        how: CallKind,
        arguments: u8,
        is_doubtful: bool,
    },
    Leaves,
    Handles(Handled, Val<'a>),
}

/// What was seen on the way through the open body.
#[derive(Clone, Copy, Default)]
pub(super) struct Flow {
    /// Conditions and loops that are open.
    pub(super) guards: u32,
    /// Blocks of `try` that catch.
    pub(super) tries: u32,
    /// Those of them that may throw anew what they catch.
    pub(super) rethrows: u32,
    /// Something further up may have left the body.
    pub(super) left: bool,
    /// Something further up may have left the loop.
    pub(super) broke: bool,
    /// Something further up may have thrown.
    pub(super) threw: bool,
    /// The same, in the `try` that is open.
    pub(super) threw_in_try: bool,
    /// Something further up waited, so that what stands here runs later than the call.
    pub(super) waited: bool,
}

impl Flow {
    pub(super) fn is_unsure(self) -> bool {
        self.guards > 0 || self.left || self.broke
    }

    /// Whether something is caught and stays so.
    pub(super) fn is_caught(self) -> bool {
        self.tries > self.rethrows
    }
}

/// A path, as seen from the file that names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum NamedPath {
    /// The file itself.
    Itself,
    /// Another one, relative to the folder of the file; empty for that folder. One that begins with a slash is relative to
    /// the folder in which the agent is started.
    Beside(String),
}

impl NamedPath {
    /// Whether it is relative to the folder in which the agent is started.
    pub(super) fn is_of_start(&self) -> bool {
        matches!(self, Self::Beside(path) if path.starts_with('/'))
    }

    /// Whether what is relative to it is relative to the file.
    pub(super) fn is_beside_file(&self) -> bool {
        match self {
            Self::Itself => true,
            Self::Beside(path) => path.is_empty() || (!path.contains('/') && path != ".."),
        }
    }
}

/// The folder in which the agent runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum RunFolder<'a> {
    /// That in which it is started.
    Start,
    /// The same, unless something in the file changes it: a function runs whenever it is called.
    InFunction,
    /// Another one, by `process.chdir`.
    At(Val<'a>),
    /// It cannot be told.
    Unknown,
}

/// An asset while its file is read.
pub(super) struct OpenAsset<'a> {
    pub(super) path: Val<'a>,
    /// The folder to which a path is relative that does not say to which.
    pub(super) folder: RunFolder<'a>,
    pub(super) line: u32,
    pub(super) how: Option<AssetUse>,
}

/// A call that may be one of `require`.
pub(super) struct OpenRequire<'a> {
    pub(super) callee: Val<'a>,
    pub(super) named: NamedModule<'a>,
    pub(super) line: u32,
}

/// A load of what is not known where it stands.
pub(super) struct OpenLoad<'a> {
    pub(super) named: Val<'a>,
    pub(super) by: LoadedBy<'a>,
    pub(super) line: u32,
    /// Whether it was told what it loads.
    pub(super) is_told: bool,
}

/// By what something is loaded.
#[derive(Clone)]
pub(super) enum LoadedBy<'a> {
    /// A `require`, by whatever name.
    Require(Val<'a>),
    /// `import()`, with its attributes.
    Import(Attributes),
}

/// What names a module.
#[derive(Clone, Copy)]
pub(super) struct NamedModule<'a> {
    /// As it is written, or relative to the file.
    pub(super) specifier: &'a str,
    /// For a path that is made of the file's own folder.
    pub(super) located: Option<OpenLocated<'a>>,
}

/// A path that is made of the file's own folder.
#[derive(Clone, Copy)]
pub(super) struct OpenLocated<'a> {
    /// How many folders it goes up.
    pub(super) up: u8,
    /// What stands behind that.
    pub(super) behind: &'a str,
    pub(super) folder: FolderName,
}

impl<'a> NamedModule<'a> {
    pub(super) const fn plain(specifier: &'a str) -> Self {
        Self { specifier, located: None }
    }

    /// As it is kept.
    pub(super) fn located(self) -> Option<Box<Located>> {
        self.located.map(|OpenLocated { up, behind, folder }| Box::new(Located { up, behind: behind.into(), folder }))
    }
}

/// The texts of a list.
#[derive(Clone)]
pub(super) struct ListedTexts<'a> {
    pub(super) texts: Vec<&'a str>,
    /// Whether it may have others: somebody else uses it.
    pub(super) is_perhaps: bool,
}

/// Lists of texts that a file has.
#[derive(Default)]
pub(super) struct Lists<'a> {
    /// What constants hold.
    pub(super) held: HashMap<SymbolId, Vec<&'a str>>,
    /// What a name stands for, one after the other.
    pub(super) each: HashMap<SymbolId, Vec<Val<'a>>>,
    /// What names of `exports` hold.
    pub(super) exported: HashMap<&'a str, Vec<&'a str>>,
    /// Constants of them that something else holds, too: `const list = exports.list = […]`.
    pub(super) shared: HashSet<SymbolId>,
    /// Those of them that may stand for something else, or for each of them alone.
    pub(super) perhaps: HashSet<SymbolId>,
}

/// What a file does with its own `exports` and `module`.
#[derive(Default)]
pub(super) struct OwnUses<'a> {
    /// What the names of `exports` stand for in the file itself, once the whole file was seen.
    pub(super) values: HashMap<Box<str>, Val<'a>>,
    /// How often each is used for more than its members.
    pub(super) uses: HashMap<&'a str, i64>,
    /// How often each is read, and given a value in a way that is not understood.
    pub(super) reads: HashMap<&'a str, i64>,
    pub(super) targets: HashMap<&'a str, i64>,
    /// Uses of `exports`, `module` and `module.exports` that were understood, those of the last taken off.
    pub(super) understood: [i64; 3],
    /// Whether they may be given other values by somebody else.
    pub(super) is_open: bool,
}

/// Objects that a function fills.
#[derive(Default)]
pub(super) struct Fillings<'a> {
    /// Names of objects that a function fills at once, with its body; outside of it with none.
    pub(super) names: HashMap<SymbolId, u32>,
    /// The names in the functions that fill them, by the numbers of the objects.
    pub(super) objects: HashMap<u32, SymbolId>,
    /// Names of exports that are filled in that way.
    pub(super) exports: HashSet<&'a str>,
    /// How often names are given a value, of those that were asked for.
    pub(super) writes: HashMap<SymbolId, usize>,
}
