//! `rules` and `explain`: the catalogue and its pages, offline.

use super::Failure;
use super::session::Session;
use crate::config::rule_id;
use crate::model::report::Format;
use crate::{exit_code, render, rules};

/// Lists every rule.
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

/// Prints the page of one rule.
pub fn explain(id: &str, session: &Session<'_>) -> Result<u8, Failure> {
    let id = rule_id(id)?;
    let Some(rule) = rules::find(id) else {
        return Ok(exit_code::NOT_JUDGED);
    };
    let mut out = Vec::new();
    match session.common.format() {
        Format::Human => out.extend_from_slice(rule.page.as_bytes()),
        Format::Json => render::json::explain(rule, &mut out)?,
        _ => return Err(Failure::new("explain has the formats human and json only")),
    }
    session.print(&out)?;
    Ok(exit_code::PASS)
}
