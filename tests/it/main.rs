//! The integration tests: one binary, a module a topic.

#[path = "../support/tree.rs"]
#[allow(clippy::cast_possible_wrap, reason = "fixtures are small")]
mod tree;

mod fixtures;
