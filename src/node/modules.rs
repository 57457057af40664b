//! JavaScript files reduced to what loading them needs, and what following their imports found.
//!
//! A file is parsed while it passes and only this is kept of it; the graph is computed from it by `crate::node::parse`.

use super::bodies::Bodies;
use super::ends::FileEnds;
use super::features::Features;
pub(crate) use super::loads::{Asset, AssetUse, Attributes, FolderName, Form, Import, Located};
use super::names::{BoundName, FileNames};
use super::node_version::NodeVersion;
use super::templates::Templates;

/// What became of a file of JavaScript.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JudgedScript {
    /// It was parsed, whether or not without fault, or its imports were found without.
    Parsed(Box<Module>),
    /// It was not: whatever it imports is not followed.
    NotParsed(NotParsed),
    /// It is JSON, with what is wrong with it.
    Json(Option<Box<SyntaxFault>>),
}

/// Why a file was not parsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotParsed {
    /// Parsing it may take more memory than there is.
    TooLarge,
    /// Its brackets or expressions are nested too deeply.
    TooDeep,
    /// All files together hold more imports and exports than are kept.
    TooMany,
    /// The parser gave up on it.
    Failed,
    /// By its name it is no code.
    NotCode,
}

impl NotParsed {
    /// The reason in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "it is too large",
            Self::TooDeep => "it is nested too deeply",
            Self::TooMany => "the bundle has more imports and exports than are kept",
            Self::Failed => "the parser gave up on it",
            Self::NotCode => "its name is not that of a file of code",
        }
    }
}

/// A fault of syntax.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxFault {
    /// The message: V8's where it is known to be that, the parser's otherwise.
    pub message: Box<str>,
    /// Whether the message is V8's own.
    pub exact: bool,
    /// From 1.
    pub line: u32,
}

/// Syntax that only an ES module has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModuleSyntax {
    /// `import … from`.
    Import,
    /// `export`.
    Export,
    /// `import.meta`.
    Meta,
    /// `await` outside of functions.
    Await,
    /// `for await` outside of functions.
    ForAwait,
    /// `await (…)` or `await […]` outside of functions: CommonJS reads a call, or a member, of what is named `await`.
    AwaitAsName,
}

impl ModuleSyntax {
    /// What V8 says of it in a file that is loaded as CommonJS (measured with Node 18, 20 and 22).
    #[must_use]
    pub const fn in_commonjs(self) -> &'static str {
        match self {
            Self::Import => "Cannot use import statement outside a module",
            Self::Export => "Unexpected token 'export'",
            Self::Meta => "Cannot use 'import.meta' outside a module",
            Self::ForAwait => "Unexpected reserved word",
            Self::AwaitAsName => "await is not defined",
            Self::Await => "await is only valid in async functions and the top level bodies of modules",
        }
    }
}

/// Syntax that not every version of Node reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewSyntax {
    /// `with { … }` behind an import.
    With,
    /// `assert { … }` behind an import.
    Assert,
    /// The flag `v` of a regular expression.
    UnicodeSets,
    /// `using`.
    Using,
    /// `import source`.
    ImportSource,
    /// Flags for a part of a regular expression: `(?i:a)`.
    Modifiers,
    /// A name that two alternatives of a regular expression give: `(?<y>a)|(?<y>b)`.
    DuplicateGroups,
    /// Scripts of Unicode 16 and 17 in a regular expression.
    NewScripts,
    /// A hashbang behind a byte order mark, in CommonJS only.
    MarkedHashbang,
}

impl NewSyntax {
    /// Whether a version of Node reads it.
    #[must_use]
    pub fn is_read_by(self, node: NodeVersion) -> bool {
        match self {
            Self::With => node.parses_with(),
            Self::Assert => node.parses_assert(),
            Self::UnicodeSets => node.parses_unicode_sets(),
            Self::Using => node.parses_using(),
            Self::ImportSource => node.parses_import_source(),
            Self::Modifiers | Self::DuplicateGroups => node.parses_modifiers(),
            Self::NewScripts => node.knows_new_scripts(),
            Self::MarkedHashbang => node.reads_hashbang_behind_mark(),
        }
    }

    /// Whether V8 says [`Self::message`] in just those words.
    #[must_use]
    pub const fn is_quoted(self) -> bool {
        matches!(self, Self::With | Self::Assert | Self::UnicodeSets | Self::MarkedHashbang)
    }

    /// What V8 says where it does not, as far as it always says the same.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::With => "Unexpected token 'with'",
            Self::Assert => "Unexpected identifier 'assert'",
            Self::UnicodeSets => "Invalid regular expression flags",
            Self::Using => "it has `using`",
            Self::ImportSource => "it has `import source`",
            Self::Modifiers => "a regular expression changes its flags for a group, `(?i:a)`",
            Self::DuplicateGroups => "a regular expression gives two groups one name",
            Self::NewScripts => "a regular expression names a script of Unicode 16 or 17",
            Self::MarkedHashbang => "Invalid or unexpected token",
        }
    }
}

/// A parsed file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Module {
    /// Why it was not parsed; then only what [`crate::node::parse`] finds without a tree is known of it.
    pub not_parsed: Option<NotParsed>,
    /// Why it is no ES module.
    pub as_module: Option<SyntaxFault>,
    /// Why it is no CommonJS module.
    pub as_commonjs: Option<SyntaxFault>,
    /// The first syntax in it that only an ES module has, and its line.
    pub module_syntax: Option<(ModuleSyntax, u32)>,
    /// Whether it awaits outside of functions.
    pub awaits: bool,
    /// Whether the first such `await` may not be reached, or what is thrown there is caught.
    pub may_skip_await: bool,
    /// Syntax that not every version reads, with its line; the first of each kind.
    pub new_syntax: Box<[(NewSyntax, u32)]>,
    /// Uses of names that only CommonJS has, such as `__dirname`.
    pub mentions: Box<[Mention]>,
    /// Names of CommonJS that it makes globals.
    pub sets: Box<[&'static str]>,
    /// Its functions and classes, with what happens in them.
    pub bodies: Bodies,
    /// What its functions do with what they are given, as far as other files may have a say in it.
    pub templates: Option<Box<Templates>>,
    /// Files that it names by a path relative to itself.
    pub assets: Box<[Asset]>,
    /// Paths, as in [`Asset`], of what it makes or looks for before it uses it.
    pub made: Box<[Box<str>]>,
    /// Paths, in the same way, that it hands to other programs.
    pub handed: Box<[Box<str>]>,
    /// Whether it changes the folder in which the agent runs.
    pub changes_folder: bool,
    /// Whether it makes files of which nobody can tell where, by computed paths.
    pub writes_unknown: bool,
    /// Whether it calls what may make folders, and it is not told which ones.
    pub makes_folders: bool,
    /// Whether it runs other programs, which may make files.
    pub runs_programs: bool,
    /// What it imports, in the order in which it stands there.
    pub imports: Box<[Import]>,
    /// What it exports by name, as an ES module; sorted.
    pub exports: Box<[Export]>,
    /// What Node finds it to export, as CommonJS.
    pub commonjs: CommonJs,
    /// Numbers of imports in variables that are used for more than their members: whoever gets them may change what they hold.
    pub handed_on: Box<[u32]>,
    /// Lines of imports whose target is computed.
    pub computed: Box<[u32]>,
    /// What it uses that not every version of Node has.
    pub features: Features,
    /// What is wrong with code in texts that it runs.
    pub texts: Box<[SyntaxFault]>,
    /// Where it ends the process by itself, if it does anything about its end: there may be many files, and few do.
    pub ends: Option<Box<FileEnds>>,
    /// For what it waits without end, and what may keep the process running meanwhile.
    pub waits: Option<Box<Waits>>,
    /// Its names that may stand for nothing where they are used.
    pub names: FileNames,
}

/// Promises that are awaited and never settled, and what a file does that may keep the process running.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Waits {
    /// The lines of such an `await`.
    pub forever: Vec<u32>,
    /// Whether it calls something that may keep the process running.
    pub does_something: bool,
    /// Whether it calls something that mostly does.
    pub keeps_running: bool,
}

/// Whether an import is reached whenever the file is loaded, and its failure stops what loads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// It is.
    Certain,
    /// It stands in a function, in a condition, or where its failure is caught.
    Optional,
}

/// A use of a name that only CommonJS has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mention {
    /// The name.
    pub name: &'static str,
    /// From 1.
    pub line: u32,
    /// For a call of what a bundler put in the place of `require`: what that throws in an ES module.
    pub stand_in: Option<Box<str>>,
}

/// One exported name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// The name.
    pub name: Box<str>,
    /// For a name that comes from elsewhere: the number of its import, and its name there; nothing instead of a name for
    /// the whole namespace.
    pub from: Option<(u32, Option<Box<str>>)>,
    /// For one of the file itself: from when on it is there.
    pub binding: BoundName,
}

/// Which scanner a version of Node looks for the names of CommonJS files with (`process.versions`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lexer {
    /// cjs-module-lexer 1 in WebAssembly: Node 18.
    WebAssembly,
    /// cjs-module-lexer 2 in JavaScript: Node 20 and 22.
    JavaScript,
    /// merve, which is of C++: Node 24.
    Native,
}

impl Lexer {
    /// The one that a version has.
    #[must_use]
    pub const fn of(node: NodeVersion) -> Self {
        match node.major {
            0..=19 => Self::WebAssembly,
            20..=23 => Self::JavaScript,
            24.. => Self::Native,
        }
    }
}

/// What Node finds a CommonJS file to export, without running it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CommonJs {
    /// What each [`Lexer`] finds, in their order; one for all where they find the same, and none where they find nothing.
    pub found: Box<[CommonJsExports]>,
    /// For a file with a byte order mark: the same where Node leaves it in the text, and takes it for a part of the first
    /// word.
    pub marked: Option<Box<[CommonJsExports]>>,
    /// The names that it gives its exports when it runs; nothing where there may be others.
    pub own: Option<OwnExports>,
}

/// The names that a CommonJS file gives its exports.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnExports {
    /// The names, sorted; those that are only read are among them.
    pub names: Box<[Box<str>]>,
    /// Specifiers of files all of whose exports it passes on.
    pub stars: Box<[Box<str>]>,
}

/// What became of a byte order mark before a file is scanned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteOrderMark {
    /// It was taken off.
    Stripped,
    /// It is scanned too.
    Kept,
}

/// What one scanner finds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CommonJsExports {
    /// The names, sorted.
    pub names: Box<[Box<str>]>,
    /// Specifiers of files all of whose names are exported too.
    pub reexports: Box<[Box<str>]>,
}

impl Module {
    /// What it exports by a name.
    #[must_use]
    pub fn export(&self, name: &str) -> Option<&Export> {
        let place = self.exports.binary_search_by(|export| (*export.name).cmp(name)).ok()?;
        self.exports.get(place)
    }
}

impl OwnExports {
    /// Whether it may export a name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.binary_search_by(|known| (**known).cmp(name)).is_ok()
    }
}

impl CommonJsExports {
    /// Whether it exports a name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.binary_search_by(|known| (**known).cmp(name)).is_ok()
    }
}

impl CommonJs {
    /// What one scanner finds; nothing where that is nothing.
    #[must_use]
    pub fn by(&self, lexer: Lexer, mark: ByteOrderMark) -> Option<&CommonJsExports> {
        let marked = self.marked.as_ref().filter(|_| mark == ByteOrderMark::Kept);
        match &**marked.unwrap_or(&self.found) {
            [all] => Some(all),
            each => each.get(lexer as usize),
        }
    }
}
