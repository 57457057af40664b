//! Plain data and pure queries: what was read of a bundle, and what was judged of it.
//!
//! Nothing here opens a file, spawns a process or asks the time, and nothing of ours is imported
//! but [`crate::text`].

pub mod bundle;
pub mod checksums;
pub mod defect;
pub mod diagnosis;
pub mod finding;
pub mod generation;
pub mod litter;
pub mod modules;
pub mod names;
pub mod node_version;
pub mod package;
pub mod path;
pub mod policy;
pub mod rehearsal;
pub mod release;
pub mod report;
pub mod resolution;
pub mod secret;
pub mod server;
pub mod server_report;
pub mod signature;
pub mod snapshot;
pub mod specifier;
pub mod territory;
pub mod tree;
pub mod unit;
pub mod workspace;
