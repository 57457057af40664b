//! bundle-doctor judges ServerFlow agent bundles before they are published, and explains servers that one has taken down.
//!
//! Three jobs, what they know, one edge (`docs/architecture.md`):
//!
//! ```text
//! commands ─► jobs ─► what they know ─► ground
//! ```
//!
//! | | |
//! | --- | --- |
//! | the edge | `cli`, `commands`, `config`, `render`, `exit_code` |
//! | the jobs | `check`: is this bundle fit? `doctor`: why is this server down? `release`: from repository to archive |
//! | what they know | `update`, `node`, `systemd`, `archive`, `signing` |
//! | the ground | `report`, `tree`, `host`, `text`, `redact` |
//!
//! The program calls [`run`]. Nothing else is for others to build on: [`internals`] is what the benches, the fuzz targets
//! and the lab drive.

mod archive;
mod check;
mod cli;
mod commands;
mod config;
mod doctor;
mod exit_code;
mod host;
mod node;
mod redact;
mod release;
mod render;
mod report;
mod signing;
mod systemd;
mod text;
mod tree;
mod update;

pub use commands::run;

#[doc(hidden)]
pub mod internals {
    //! What the benches, the fuzz targets, the lab and the tests of signatures drive.
    pub use crate::check::contents::Depth;
    pub use crate::check::engine::run_rules;
    pub use crate::check::inspect::{InspectOptions, Inspected, inspect};
    pub use crate::commands::in_every_format;
    pub use crate::config::Config;
    pub use crate::doctor::probe::journal;
    pub use crate::node::package::Package;
    pub use crate::redact::Redactor;
    pub use crate::render::sums;
    pub use crate::report::finding::Severity;
    pub use crate::signing::comment::TrustedComment;
    pub use crate::signing::detached::SignatureFile;
    pub use crate::signing::keys::{PublicKey, SecretKey};
    pub use crate::signing::manifest::Manifest;
    pub use crate::signing::sign::{minisign_legacy, sign_bytes};
    pub use crate::signing::trust::TrustStore;
    pub use crate::signing::verify::Verifier;
    pub use crate::systemd::{Unit, normal};
    pub use crate::text::{hex, printable};
    pub use crate::tree::limits::Limits;
    pub use crate::tree::nodes::{NodeId, NodeKind, Tree};
    pub use crate::tree::snapshot::Snapshot;
    pub use crate::update::documented_paths;
}

#[cfg(test)]
#[path = "../tests/unit/mod.rs"]
mod tests;
