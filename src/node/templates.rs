//! What functions do with what they are given, kept so that whoever calls them from another file can be put in: paths, names of
//! modules and other values with holes for parameters, and the constants, functions and classes of other files in them.
//!
//! `crate::node::parse` writes them down, each file by itself; `crate::node::graph` fills them in, where all files are known.

use super::bodies::NamedValue;
use super::loads::{AssetUse, Attributes, FolderName, Form};

/// A value with holes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Template {
    /// Anything.
    Unknown,
    /// `undefined`, which a default value takes the place of.
    Undefined,
    /// A text.
    Text(Box<str>),
    /// A path of the file itself.
    Own(OwnPath, FolderName),
    /// The folder in which the agent runs.
    Start,
    /// A parameter of a body, by its place.
    Parameter(u32, u8),
    /// All arguments behind the named parameters of a body.
    Rest(u32),
    /// A function, a class, an import, or a member of one of these.
    Named(NamedValue),
    /// `this` in the methods of a class.
    This(u32),
    /// A member.
    Member(Box<Self>, Box<str>),
    /// Texts one after the other.
    Joined(Box<[Self]>),
    /// A call of a function.
    Call(Box<Self>, Box<[Self]>),
    /// A call of a function of Node that puts paths together.
    Path(PathCall, Box<[Self]>),
    /// An object that `new` makes of a class.
    New(Box<Self>, Box<[Self]>),
    /// An object that is written down.
    Object(Box<[(Box<str>, Self)]>),
    /// Arguments that are spread.
    Spread(Box<Self>),
}

/// A path that a file has by itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OwnPath {
    /// `__dirname`, `import.meta.dirname`.
    Folder,
    /// `__filename`, `import.meta.filename`.
    File,
    /// `import.meta.url`.
    Url,
}

/// What puts paths together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathCall {
    /// `path.join`.
    Join,
    /// `path.resolve`.
    Resolve,
    /// `path.dirname`.
    Dirname,
    /// `path.normalize`.
    Normalize,
    /// `url.fileURLToPath`.
    ToPath,
    /// `url.pathToFileURL`.
    ToUrl,
    /// `new URL`.
    Url,
    /// `String(x)`, `x.toString()`.
    Text,
}

/// A load of what is not known where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadTemplate {
    /// What names the module.
    pub named: Template,
    /// How it is loaded.
    pub form: Form,
    /// With which attributes.
    pub attributes: Attributes,
    /// From 1.
    pub line: u32,
}

/// A file that is named by what is not known where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssetTemplate {
    /// Its path.
    pub path: Template,
    /// What is done with it; nothing where it is made or looked for.
    pub how: Option<AssetUse>,
    /// Whether a relative path is relative to the folder in which the agent is started.
    pub is_of_start: bool,
    /// From 1.
    pub line: u32,
}

/// What a call gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallTemplate {
    /// What is called, where that is something that the body around it was given.
    pub callee: Option<Template>,
    /// The object whose method is called.
    pub this: Option<Template>,
    /// The arguments; nothing where they are not known.
    pub given: Option<Box<[Template]>>,
}

/// A body in which something depends on what it is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BodyTemplate {
    /// Its number.
    pub body: u32,
    /// How many parameters it has a name for.
    pub parameters: u8,
    /// What parameters stand for that are given nothing, by their places.
    pub fallbacks: Box<[(u8, Template)]>,
    /// What it gives back.
    pub gives: Option<Template>,
    /// Whether what happens in it depends on what it is given, or what the function around it is.
    pub wants: bool,
    /// Whether it makes an object, and hands what it is given to the constructor.
    pub is_construct: bool,
    /// Whether it has a `this` of its own.
    pub is_method: bool,
}

/// A class whose objects keep what they are made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassTemplate {
    /// Its number.
    pub class: u32,
    /// The body of its constructor.
    pub constructor: Option<u32>,
    /// What its objects have: fields, and what the constructor gives them.
    pub given: Box<[(Box<str>, Template)]>,
}

/// All of one file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Templates {
    /// Loads, by the numbers of the steps.
    pub loads: Box<[LoadTemplate]>,
    /// Files that are named, in the same way.
    pub assets: Box<[AssetTemplate]>,
    /// Calls, in the same way.
    pub calls: Box<[CallTemplate]>,
    /// Bodies, in the order of their numbers.
    pub bodies: Box<[BodyTemplate]>,
    /// Classes, in the order of their numbers.
    pub classes: Box<[ClassTemplate]>,
    /// What is exported and is no function or class, by its name; `module.exports` by the name `=`. Sorted.
    pub exports: Box<[(Box<str>, Template)]>,
    /// Names of what is imported and used for more than its members, sorted: somebody may change what it holds.
    pub handed_on: Box<[Box<str>]>,
    /// Names of members that are given another value, but for those of `this`; sorted.
    pub changes: Box<[Box<str>]>,
    /// How many values they are made of.
    pub parts: usize,
}

impl Templates {
    /// The body of a number.
    #[must_use]
    pub fn body(&self, number: u32) -> Option<&BodyTemplate> {
        let place = self.bodies.binary_search_by_key(&number, |body| body.body).ok()?;
        self.bodies.get(place)
    }

    /// The class of a number.
    #[must_use]
    pub fn class(&self, number: u32) -> Option<&ClassTemplate> {
        let place = self.classes.binary_search_by_key(&number, |class| class.class).ok()?;
        self.classes.get(place)
    }

    /// What is exported by a name.
    #[must_use]
    pub fn export(&self, name: &str) -> Option<&Template> {
        let place = self.exports.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.exports.get(place).map(|(_, template)| template)
    }

    /// About how many bytes they take in memory.
    #[must_use]
    pub fn weight(&self) -> usize {
        let names: usize = self.handed_on.iter().chain(&self.changes).map(|name| 16 + name.len()).sum();
        self.parts * 56 + self.calls.len() * 80 + self.bodies.len() * 72 + self.loads.len() * 96 + names
    }
}
