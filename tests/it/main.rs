//! The integration tests: one binary, a module a topic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    reason = "a test that cannot go on has failed"
)]

#[path = "../support/picture.rs"]
mod drawing;
#[path = "../support/rule_fixtures.rs"]
mod rule_fixtures;
#[path = "../support/schemas.rs"]
mod schemas;
#[path = "../support/tree.rs"]
mod tree;

mod baseline;
mod commands;
mod costs;
mod diff;
mod direction;
mod folders;
mod formats;
mod generations;
mod mounted;
mod outputs;
mod pack;
mod packaging;
mod passphrase;
mod picture;
mod program;
mod reach;
mod redaction;
mod references;
mod rehearsal;
mod release;
mod repair;
mod report;
mod signing;
mod tampering;
mod trust;
mod usage;
