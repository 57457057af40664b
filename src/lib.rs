//! bundle-doctor judges ServerFlow agent bundles before they are published.
//!
//! Data flows one way: [`source`] reads a bundle into plain data ([`model`]), [`rules`] judge that data, [`engine`]
//! applies the user's overrides, [`render`] writes the report. [`commands`] wires them; nothing else knows them all.

pub mod causes;
pub mod checklist;
pub mod cli;
pub mod commands;
pub mod config;
pub mod diagnose;
pub mod diff;
pub mod engine;
pub mod exit_code;
pub mod host;
pub mod imports;
pub mod layout;
pub mod model;
pub mod pack;
pub mod probe;
pub mod redact;
pub mod rehearsal;
pub mod render;
pub mod rules;
pub mod signing;
pub mod source;
pub mod text;
pub mod update;
