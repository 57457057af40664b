//! What following the imports of a bundle found, and what can be wrong with it.

use super::ends::AgentEnd;
use super::features::FeatureUse;
use super::modules::{AssetUse, Need, NotParsed, SyntaxFault};
use super::names::WhyUnset;
use super::node_version::NodeVersion;
use super::resolve::ResolveFailure;
use crate::tree::nodes::NodeId;

/// Where an import stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportPlace {
    /// The importing file.
    pub file: NodeId,
    /// From 1.
    pub line: u32,
    /// The specifier as it is written.
    pub specifier: String,
    /// Whether the agent fails to start for it.
    pub need: Need,
}

/// What following the imports from the entry point found.
#[derive(Default)]
pub struct Graph {
    /// What is wrong, in the order in which Node would meet it.
    pub faults: Vec<ModuleFault>,
    /// Imports whose target is computed, and so was not followed: the files with their first line, and how many.
    pub computed: Vec<(NodeId, u32, usize)>,
    /// Files that are reached and were not parsed.
    pub not_parsed: Vec<(NodeId, NotParsed)>,
    /// What files use and this version of Node does not have.
    pub lacking: Vec<(NodeId, FeatureUse)>,
    /// How many files were reached and had been parsed.
    pub read: usize,
    /// Whether one of them imports the shared package by its bare name.
    pub imports_shared: bool,
}

/// What a file is asked for and does not export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WantedExport {
    /// A name.
    Name,
    /// A function: what is there is none.
    Function,
}

/// One thing that is wrong.
#[derive(Debug)]
pub enum ModuleFault {
    /// A file that does not parse.
    Syntax {
        /// The file.
        file: NodeId,
        /// What is wrong with it.
        fault: SyntaxFault,
        /// Whether the agent fails to start for it.
        need: Need,
        /// For syntax that another version of Node reads: the version that it was judged for.
        node: Option<NodeVersion>,
    },
    /// A file that Node loads in the other format than it is written in.
    Format(FormatFault),
    /// An import that leads to nothing Node can load.
    Unresolved {
        /// Where it stands.
        place: ImportPlace,
        /// Why.
        failure: ResolveFailure,
        /// What Node prints, but for its stack.
        message: String,
        /// Where Node falls back to another file: that file. Then nothing fails.
        fallback: Option<NodeId>,
    },
    /// A package that nothing installs.
    Undeclared {
        /// Where it stands.
        place: ImportPlace,
        /// The package's name.
        package: String,
        /// Why it is not there.
        why: Absent,
        /// What Node prints.
        message: String,
    },
    /// A file that is named by its path, and is not there.
    Asset(AssetFault),
    /// A name that stands for nothing where it is used.
    Name(NameFault),
    /// A promise that is awaited and never settled.
    Unsettled(UnsettledFault),
    /// The agent ends by itself.
    Ends(EndFault),
    /// A name that its target does not export.
    MissingExport {
        /// What it should be.
        wanted: WantedExport,
        /// Where it stands.
        place: ImportPlace,
        /// The name.
        name: String,
        /// The file that does not export it; nothing for one of Node's own modules.
        target: Option<NodeId>,
        /// What the target exports that is nearest to it.
        nearest: Option<String>,
        /// What Node prints.
        message: String,
    },
}

/// A promise that is awaited and never settled.
#[derive(Debug)]
pub struct UnsettledFault {
    /// The file.
    pub file: NodeId,
    /// From 1.
    pub line: u32,
    /// Why.
    pub why: WhyUnsettled,
    /// Whether the agent fails to start for it: nothing else keeps it running.
    pub need: Need,
}

/// An end of the process that the agent brings about itself.
#[derive(Debug)]
pub struct EndFault {
    /// The file.
    pub file: NodeId,
    /// Where in it, and how.
    pub ending: AgentEnd,
    /// Whether it is surely met.
    pub need: Need,
}

/// Why a promise is never settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhyUnsettled {
    /// Nothing does.
    Idle,
    /// It is that of a file which waits for this one.
    Circle(NodeId),
}

/// A name that stands for nothing where it is used.
#[derive(Debug)]
pub struct NameFault {
    /// The file that uses it.
    pub file: NodeId,
    /// From 1.
    pub line: u32,
    /// The name, as it is written.
    pub name: Box<str>,
    /// Why.
    pub why: WhyUnset,
    /// Whether the agent fails to start for it.
    pub need: Need,
    /// What Node prints.
    pub message: String,
}

/// A file that is named by its path, and is not there.
#[derive(Debug)]
pub struct AssetFault {
    /// The file that names it.
    pub file: NodeId,
    /// From 1.
    pub line: u32,
    /// Its path in the bundle; one that leads out of it begins with `../`.
    pub path: String,
    /// What is done with it.
    pub how: AssetUse,
    /// Whether the agent fails to start for it.
    pub need: Need,
    /// What Node prints.
    pub message: String,
}

/// Why a package will not be there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absent {
    /// It is neither in the bundle nor declared.
    NotDeclared,
    /// It is in `devDependencies`, which the update leaves out.
    Development,
    /// It is in the bundle's `node_modules`, which the update deletes, and not declared.
    Deleted,
    /// It is not installed, in a directory where the others are.
    NotInstalled,
}

/// A file in the wrong format.
#[derive(Debug)]
pub struct FormatFault {
    /// The file.
    pub file: NodeId,
    /// The line that shows it.
    pub line: u32,
    /// Whether the agent fails to start for it.
    pub need: Need,
    /// How it is wrong.
    pub how: WrongFormat,
    /// What Node prints.
    pub message: String,
    /// The `package.json` that decides; nothing where the extension does.
    pub decided_by: Option<NodeId>,
}

/// How a file's format is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WrongFormat {
    /// ES module syntax, and Node loads it as CommonJS.
    ModuleAsCommonJs,
    /// A name of CommonJS, and Node loads it as an ES module.
    CommonJsAsModule(&'static str),
    /// What a bundler put in the place of `require` is called, and there is no `require` in an ES module.
    StandIn,
    /// `require()` of an ES module: the importing file.
    Required(NodeId),
    /// `require()` of an ES module that awaits: the importing file.
    RequiredAwaits(NodeId),
    /// `require()` of an ES module that is being loaded, or leads back to what requires it.
    RequiredInCircle(NodeId),
}

impl ModuleFault {
    /// Whether the agent fails to start for it.
    #[must_use]
    pub const fn need(&self) -> Need {
        match self {
            Self::Syntax { need, .. } => *need,
            Self::Format(fault) => fault.need,
            Self::Asset(fault) => fault.need,
            Self::Name(fault) => fault.need,
            Self::Unsettled(fault) => fault.need,
            Self::Ends(fault) => fault.need,
            Self::Unresolved { place, .. } | Self::Undeclared { place, .. } | Self::MissingExport { place, .. } => {
                place.need
            }
        }
    }
}
