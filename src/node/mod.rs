//! JavaScript as Node loads it: packages, specifiers, resolution, parsing, and the graph of imports.

pub(crate) mod bodies;
pub(crate) mod builtins;
pub(crate) mod ends;
pub(crate) mod faults;
pub(crate) mod features;
pub(crate) mod format;
pub(crate) mod graph;
pub(crate) mod installed;
pub(crate) mod loads;
pub(crate) mod modules;
pub(crate) mod names;
pub(crate) mod node_version;
pub(crate) mod package;
pub(crate) mod package_file;
pub(crate) mod parse;
pub(crate) mod resolve;
pub(crate) mod scripts;
pub(crate) mod specifier;
pub(crate) mod templates;
