//! What a file loads and reads: modules by their specifiers, and files by their paths.

/// How a module is imported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `import … from` or `export … from`.
    Static,
    /// `export * from`.
    Star,
    /// `import()`.
    Call,
    /// `require()`, which only CommonJS has.
    Require,
    /// `require()` made by `createRequire(import.meta.url)`.
    CreatedRequire,
    /// `require()` of the module that the agent begins with: `process.mainModule.require`, `require.main.require`.
    MainRequire,
    /// `import.meta.resolve()`, which looks for packages and not for files.
    FindImported,
    /// `require.resolve()`, which only CommonJS has.
    FindRequired,
    /// `require.resolve()` of a `require` made by `createRequire(import.meta.url)`.
    FindCreated,
}

/// One import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// As it is written; relative to the file for what is named by [`Import::located`].
    pub specifier: Box<str>,
    /// For an absolute path that the file makes of its own folder.
    pub located: Option<Box<Located>>,
    /// From 1.
    pub line: u32,
    /// How.
    pub form: Form,
    /// The names that are imported, `default` among them, each with its line.
    pub names: Box<[(Box<str>, u32)]>,
    /// Its attributes; nothing where they cannot be told.
    pub attributes: Attributes,
}

/// A path that a file makes of its own folder: `__dirname + '/x'`, `path.join(import.meta.dirname, 'x')`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located {
    /// How many folders it goes up first.
    pub up: u8,
    /// What stands behind that folder, as Node prints it.
    pub behind: Box<str>,
    /// By what the folder is named.
    pub folder: FolderName,
}

/// By what a file names its own folder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum FolderName {
    /// What every version of Node has: `__dirname`, `import.meta.url`.
    #[default]
    Plain,
    /// `import.meta.dirname`, `import.meta.filename`.
    Meta,
}

/// A file that code names by a literal path relative to itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Asset {
    /// The path, relative to the folder of the file that names it; to the bundle, in which the agent is started, where it
    /// begins with a slash.
    pub path: Box<str>,
    /// As it is written, where it is relative to the folder in which the agent runs: Node prints that.
    pub said: Option<Box<str>>,
    /// From 1.
    pub line: u32,
    /// What is done with it.
    pub how: AssetUse,
    /// By what the folder of the file is named.
    pub folder: FolderName,
}

/// What is done with a file that is named.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AssetUse {
    /// Nothing that is known.
    #[default]
    Named,
    /// It is read, by this system call.
    Read(&'static str),
    /// A folder: files of it are read, by names that are not known.
    ReadFrom,
    /// It is made, in a folder that has to be there, by this system call.
    Made(&'static str),
    /// A `Worker` runs it.
    Worker,
    /// Another process of Node runs it.
    Child,
    /// The same, and its failure is thrown.
    Awaited,
}

/// The attributes of an import, as far as they matter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attributes {
    /// None.
    None,
    /// `type` alone, with this value.
    Type(Box<str>),
    /// A key that is not `type`, with its value.
    Other(Box<str>, Box<str>),
    /// Those of `assert` in the options of `import()`, which Node reads before 22 only.
    Asserted(Box<Self>),
    /// The options of `import()` are no object.
    NoObject,
    /// Computed.
    Unknown,
}
