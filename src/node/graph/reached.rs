//! What was found to happen for certain while the agent is loaded.

use crate::node::faults::{WantedExport, WhyUnsettled};
use crate::node::modules::{Asset, Import, Need};
use crate::node::names::WhyUnset;
use crate::tree::nodes::NodeId;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What was found.
#[derive(Default)]
pub(super) struct ReachedNames {
    /// Imports whose failure stops Node, by their files and numbers.
    pub(super) imports: HashSet<(NodeId, u32)>,
    /// Uses of names of CommonJS that do, in the order in which Node meets them.
    pub(super) mentions: HashMap<NodeId, Vec<(u32, Way)>>,
    /// Assets whose absence does.
    pub(super) assets: HashSet<(NodeId, u32)>,
    /// Uses of names that stand for nothing, by their numbers, in the order in which Node meets them.
    pub(super) names: HashMap<NodeId, Vec<(u32, WhyUnset)>>,
    /// Those at the top of a file that may be passed by.
    pub(super) unsure_names: HashMap<NodeId, BTreeMap<u32, WhyUnset>>,
    /// What is awaited at the top level and never settled, with the line.
    pub(super) unsettled: Vec<(NodeId, u32, WhyUnsettled)>,
    /// Where the agent ends by itself, by their numbers, in the order in which Node meets them.
    pub(super) ends: Vec<(NodeId, u32, Need)>,
    /// Calls of what a file does not export, in the order in which Node meets them.
    pub(super) absent: Vec<AbsentMember>,
    /// Names of CommonJS that some file makes globals.
    pub(super) sets: HashSet<&'static str>,
    /// What files load and read by what others give them.
    pub(super) given: HashMap<NodeId, GivenLoads>,
}

/// What a file loads and reads by what others give it. The numbers begin behind its own.
#[derive(Default)]
pub(super) struct GivenLoads {
    pub(super) imports: Vec<Import>,
    pub(super) assets: Vec<Asset>,
    /// Paths of what it makes or looks for.
    pub(super) made: Vec<Box<str>>,
}

/// A call of what a file does not export.
#[derive(Clone, Debug)]
pub(super) struct AbsentMember {
    pub(super) file: NodeId,
    /// The number of the import.
    pub(super) import: u32,
    /// From 1.
    pub(super) line: u32,
    pub(super) name: Box<str>,
    /// The file that does not export it; nothing for a package's.
    pub(super) target: Option<NodeId>,
    /// What it should be.
    pub(super) wanted: WantedExport,
    /// What Node says.
    pub(super) message: String,
}

impl AbsentMember {
    /// A name that a file does not export; `at` is the file that wants it, the number of its import, and the line.
    pub(super) const fn of_a_file(at: (NodeId, u32, u32), name: Box<str>, target: NodeId, message: String) -> Self {
        let (file, import, line) = at;
        Self { file, import, line, name, target: Some(target), wanted: WantedExport::Name, message }
    }
}

/// By what a failure stops Node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Way {
    /// It does not, or that cannot be told.
    None,
    /// A promise, or a callback, of which nobody takes the failure.
    Nobody,
    /// The file that Node was asked for fails to load.
    Module,
    /// The same, and that file awaits: itself for 24, and for 22 whatever it imports counts, too.
    AwaitingModule,
}
