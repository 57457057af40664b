//! What a bundle holds: paths, nodes and whose they are; and folders read into a tree.

pub(crate) mod builder;
pub(crate) mod defect;
pub(crate) mod development_files;
pub(crate) mod directory;
mod hashing;
pub(crate) mod limits;
mod listing;
pub(crate) mod names;
pub(crate) mod nodes;
pub(crate) mod open;
pub(crate) mod ownership;
pub(crate) mod path;
pub(crate) mod reading;
pub(crate) mod snapshot;
