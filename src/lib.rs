//! bundle-doctor judges ServerFlow agent bundles before they are published.
//!
//! Data flows one way: [`source`] reads a bundle into plain data ([`model`]), [`rules`] judge that data, [`engine`]
//! applies the user's overrides, [`render`] writes the report. [`commands`] wires them; nothing else knows them all.

pub mod archive;
pub mod check;
pub mod cli;
pub mod commands;
pub mod config;
pub mod doctor;
pub mod exit_code;
pub mod host;
pub mod node;
pub mod redact;
pub mod release;
pub mod render;
pub mod report;
pub mod signing;
pub mod systemd;
pub mod text;
pub mod tree;
pub mod update;
