//! JavaScript parsed as it is read: [`Parsing`] turns the bytes of one file into a [`crate::node::modules::Script`] while
//! a bundle is read. [`crate::node::graph`] follows the imports once everything is known, since a `package.json` that
//! decides how a file is loaded may come last in an archive.

mod attributes;
mod calls;
mod commonjs;
mod declarations;
mod features;
mod javascript;
mod json;
mod keywords;
mod lines;
mod memory_budget;
mod parse_cost;
mod reader;
mod record;
mod scopes;
mod worker;

pub(crate) use worker::{Parsing, SourceKind, kind_of, may_be_code};
