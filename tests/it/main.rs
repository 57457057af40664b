//! The integration tests: one binary, a module a topic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    reason = "a test that cannot go on has failed"
)]

#[path = "../support/tree.rs"]
mod tree;

mod causes;
mod commands;
mod condition;
mod diff;
mod direction;
mod fixtures;
mod folders;
mod formats;
mod hostile;
mod pack;
mod program;
mod references;
mod registry;
mod rehearsal;
mod release;
mod server;
mod servers;
mod signing;
