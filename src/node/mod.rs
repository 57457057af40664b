//! JavaScript as Node loads it: packages, specifiers, resolution, parsing, and the graph of imports.

pub mod builtins;
pub mod features;
pub mod graph;
pub mod installed;
pub mod modules;
pub mod node_version;
pub mod package;
pub mod package_file;
pub mod parse;
pub mod resolve;
pub mod scripts;
pub mod specifier;
