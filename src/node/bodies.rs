//! The functions and classes of a file, as far as it matters which of them run while the file is loaded: what stands in
//! each body, and which bodies it calls.
//!
//! A failure takes one of two ways out of a body: it is thrown where the body is called, or it rejects the promise that the
//! call gives. Which of them stops Node is worked out by `crate::node::graph`, over all files.

/// What comes of a failure at one place of a body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FailureFate {
    /// Nobody can catch it: Node stops, whoever called the body. A promise that nobody looks after (cli.md,
    /// `--unhandled-rejections`: `throw` since 15), a callback that runs later.
    Stops,
    /// The same, unless something that stands before it in the body throws.
    StopsAfter,
    /// It is thrown in the body.
    Throws,
    /// It rejects what the body gives back.
    Rejects,
    /// It may never happen, it is caught, or that cannot be told.
    Nothing,
}

/// How a body runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BodyKind {
    /// At once, and throws where it is called.
    #[default]
    Sync,
    /// At once, and what it throws rejects its promise.
    Async,
    /// Once something is taken from it.
    Generator,
    /// The same, and what it throws rejects the promise that whoever takes from it is given.
    AsyncGenerator,
}

/// The body of a function, or the top level of the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Body {
    /// How it runs.
    pub kind: BodyKind,
    /// Bodies of default values, with the number of their parameter.
    pub defaults: Box<[(u8, u32)]>,
    /// What happens in it, in order, as far as it matters.
    pub steps: Box<[BodyStep]>,
    /// What it gives back, if that is one thing.
    pub gives: Option<NamedValue>,
    /// Whether it asks for more of `this` than methods: what extends its class may have others.
    pub reads_this: bool,
}

/// One thing that happens in a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BodyStep {
    /// `import()` or `require()`: the number of the import.
    Import(u32, FailureFate),
    /// A name of CommonJS is used: the number of the mention.
    Mention(u32, FailureFate),
    /// A file is named: the number of the asset.
    Asset(u32, FailureFate),
    /// A promise is awaited that is never settled: the number of the `await`.
    Waits(u32, FailureFate),
    /// The process is ended, or something is thrown: the number of the ending.
    Ends(u32, FailureFate),
    /// Something is loaded that depends on what the body is given: the number of the load among the file's templates.
    OpenLoad(u32, FailureFate),
    /// A file is named in the same way.
    OpenAsset(u32, FailureFate),
    /// Something is waited for that may never come.
    Pauses,
    /// A name is used that may stand for nothing: the number of its use.
    Name(u32, FailureFate),
    /// Another body is called.
    Call(Box<Call>),
    /// Here the process may end, and well.
    Leaves,
    /// From here on somebody takes what nobody caught.
    Handles(Handled),
}

/// What `process.on('…')` takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Handled {
    /// `unhandledRejection`.
    Rejections,
    /// `uncaughtException`: rejections, too (measured with Node 18, 20, 22 and 24).
    Everything,
}

/// A call that is made whenever its body gets there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// What is called.
    pub callee: NamedValue,
    /// How.
    pub how: CallKind,
    /// How many arguments it is given, at most 255.
    pub arguments: u8,
    /// What comes of what it throws.
    pub thrown: FailureFate,
    /// What comes of its rejection.
    pub rejected: FailureFate,
    /// Whether it is made whenever its body is run, also where what it throws is caught.
    pub is_certain: bool,
    /// Whether something else may be called: a member of an object may have been replaced.
    pub is_doubtful: bool,
    /// What it is given, by its number among the file's templates.
    pub template: Option<u32>,
}

/// How something is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallKind {
    /// `f()`.
    Call,
    /// `f()` of which something is taken at once: `[...f()]`, `for (… of f())`.
    Iterate,
    /// `f?.()`
    IfThere,
    /// `new F()`.
    New,
    /// `super()` and `super.f()`: `this` stays what it is.
    Super,
    /// `o.f`, which calls it where it is a getter.
    Get,
    /// `class extends F`: nothing is called.
    Extend,
    /// `o.f.g`: nothing is called.
    Read,
    /// Node calls it when what runs now is done: `setImmediate(f)`.
    Later,
    /// What stands behind a condition that holds in the file that the agent begins with, and in no other.
    Main,
}

/// What a name stands for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum NamedValue {
    /// Anything.
    Unknown,
    /// A function: its body.
    Function(u32),
    /// A getter: its body.
    Getter(u32),
    /// A class, or an object with members.
    Class(u32),
    /// An object that `new` makes of a class.
    Instance(Box<NamedValue>),
    /// `this` in the methods of a class: an object of it, or of what extends it.
    This(u32),
    /// `this` in its static methods: the class, or what extends it.
    ThisClass(u32),
    /// All that an import gives.
    Import(u32),
    /// A member of something.
    Member(Box<NamedValue>, Box<str>),
    /// What a call of a function gives.
    Given(Box<NamedValue>),
}

/// A class, or an object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Class {
    /// The body that makes an object of it.
    pub construct: Option<u32>,
    /// What it extends.
    pub base: Option<NamedValue>,
    /// What the class itself has.
    pub statics: NamedMembers,
    /// What its objects have.
    pub members: NamedMembers,
    /// Whether its objects are given members that are not known: `Object.assign(this, …)`.
    pub is_open: bool,
}

/// Members by their names, sorted, and of each name one.
pub(crate) type NamedMembers = Box<[(Box<str>, NamedValue)]>;

/// The member of a name.
#[must_use]
pub(crate) fn member<'m>(members: &'m NamedMembers, name: &str) -> Option<&'m NamedValue> {
    let place = members.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
    members.get(place).map(|(_, value)| value)
}

/// Stands in `Bodies::patched` for a name that is not known.
pub(crate) const ANY_MEMBER: &str = "*";

/// Puts members in their order. Of those with one name the last counts.
#[must_use]
pub(crate) fn sorted(mut members: Vec<(Box<str>, NamedValue)>) -> NamedMembers {
    members.reverse();
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    members.dedup_by(|(another, _), (kept, _)| another == kept);
    members.into()
}

/// All bodies of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bodies {
    /// Them; the first is the top level of the file.
    pub all: Box<[Body]>,
    /// Where each step of the top level stands, in bytes from the start of the file.
    pub places: Box<[u32]>,
    /// Its classes and objects.
    pub classes: Box<[Class]>,
    /// What its exports stand for; `module.exports` by the name `=`.
    pub exports: NamedMembers,
    /// Names of methods that it gives to classes that are made already, or `*`.
    pub patched: Box<[Box<str>]>,
    /// Names of members of what it imports that it gives other values.
    pub replaced: Box<[Box<str>]>,
    /// Names of its own exports that it takes itself.
    pub taken: Box<[Box<str>]>,
}

impl Bodies {
    /// About how many bytes they take in memory.
    #[must_use]
    pub fn weight(&self) -> usize {
        let steps: usize = self.all.iter().map(|body| 48 + body.steps.len() * 32 + body.calls() * 88).sum();
        let members = |members: &NamedMembers| members.iter().map(|(name, _)| 56 + name.len()).sum::<usize>();
        let classes: usize =
            self.classes.iter().map(|class| 80 + members(&class.statics) + members(&class.members)).sum();
        let names = self.patched.iter().chain(&self.replaced).chain(&self.taken);
        let patched: usize = names.map(|name| 16 + name.len()).sum();
        steps + classes + members(&self.exports) + patched + self.places.len() * 4
    }
}

impl Body {
    fn calls(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, BodyStep::Call(_))).count()
    }
}
