//! What a bundle holds: paths, nodes and whose they are; and folders read into a tree.

pub mod builder;
pub mod defect;
pub mod development_files;
pub mod directory;
mod hashing;
pub mod limits;
mod listing;
pub mod names;
pub mod nodes;
pub mod open;
pub mod ownership;
pub mod path;
pub mod reading;
pub mod snapshot;
