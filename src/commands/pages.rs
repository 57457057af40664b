//! `rules` and `explain`: the catalogue and its pages, offline.

use super::Failure;
use super::session::Session;
use crate::config::rule_id;
use crate::model::report::Format;
use crate::render::Pages;
use crate::{causes, exit_code, render, rules};

/// Lists every rule and every cause.
pub fn rules(session: &Session<'_>) -> Result<u8, Failure> {
    let mut out = Vec::new();
    match session.common.format() {
        Format::Human => render::human::rules(session.style(), &mut out)?,
        Format::Json => render::json::rules(&mut out)?,
        _ => return Err(Failure::new("rules has the formats human and json only")),
    }
    session.print(&out)?;
    Ok(exit_code::PASS)
}

/// Prints the page of one rule or cause; a fault that is both has two, what it means in a bundle and on a server.
pub fn explain(id: &str, session: &Session<'_>) -> Result<u8, Failure> {
    let id = rule_id(id)?;
    let pages = Pages { rule: rules::find(id), cause: causes::find(id) };
    let mut out = Vec::new();
    match session.common.format() {
        Format::Human => render::human::explain(&pages, &mut out)?,
        Format::Json => render::json::explain(&pages, &mut out)?,
        _ => return Err(Failure::new("explain has the formats human and json only")),
    }
    session.print(&out)?;
    Ok(exit_code::PASS)
}
