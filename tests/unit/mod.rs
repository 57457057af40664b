//! Tests of what is inside the crate, compiled into it: rules on every fixture, causes on every recorded server, the
//! registry, hostile archives. What a user can see from outside is tested in `tests/it`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    reason = "a test that cannot go on has failed"
)]

#[path = "../support/rule_fixtures.rs"]
mod rule_fixtures;
#[path = "../support/schemas.rs"]
mod schemas;
#[path = "../support/tree.rs"]
mod tree;

mod captures;
mod causes;
mod condition;
mod fixtures;
mod harm;
mod hostile;
mod hostile_reports;
mod meanings;
mod pages;
mod prometheus;
mod redaction;
mod registry;
mod rehearsal;
mod repair;
mod screen;
mod sentences;
mod server;
mod servers;
