//! `rules` and `explain`: the catalogue and its pages, offline.

use super::failure::Failure;
use super::session::Session;
use crate::check::rules;
use crate::check::rules::RULES;
use crate::cli::format::PlainFormat;
use crate::doctor::causes;
use crate::doctor::causes::CAUSES;
use crate::release::checklist::{self, LINES};
use crate::render::pages::Pages;
use crate::{exit_code, render, text};
use anyhow::{Result, bail};

/// Lists every rule, every cause and every line of the checklist.
pub fn rules(format: PlainFormat, session: &Session<'_>) -> Result<u8> {
    session.write(|out| match format {
        PlainFormat::Human => render::human::rules(session.style(), out),
        PlainFormat::Json => render::json::rules(out),
    })?;
    Ok(exit_code::PASS)
}

/// Prints the page of one rule, cause or line; a fault that is both has two, what it means in a bundle and on a server.
pub fn explain(id: &str, format: PlainFormat, session: &Session<'_>) -> Result<u8> {
    let pages = Pages { rule: rules::find(id), cause: causes::find(id), line: checklist::find(id) };
    if pages.text().is_empty() {
        let rules = RULES.iter().map(|rule| rule.id);
        let known = rules.chain(CAUSES.iter().map(|cause| cause.id)).chain(LINES.iter().map(|line| line.id));
        let near = text::nearest(id, known).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let message = format!("there is no rule, cause or line `{}`", text::printable(id));
        bail!(Failure::new(message).help(format!("{near}`bundle-doctor rules` lists them all")));
    }
    session.write(|out| match format {
        PlainFormat::Human => render::human::explain(&pages, out),
        PlainFormat::Json => render::json::explain(&pages, out),
    })?;
    Ok(exit_code::PASS)
}
