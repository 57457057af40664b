//! `rules` and `explain`: the catalogue and its pages, offline.

use super::failure::Failure;
use super::session::Session;
use crate::check::rules;
use crate::check::rules::RULES;
use crate::cli::format::PlainFormat;
use crate::doctor::causes;
use crate::doctor::causes::CAUSES;
use crate::doctor::meanings::meanings;
use crate::release::checklist::{self, LINES};
use crate::render::pages::Pages;
use crate::{exit_code, render, text};
use anyhow::{Context, Result, bail};
use std::io::{self, IsTerminal, Read};

/// Lists every rule, every cause and every line of the checklist.
pub(super) fn rules(format: PlainFormat, session: &Session<'_>) -> Result<u8> {
    session.write(|out| match format {
        PlainFormat::Human => render::human::rules(session.style(), out),
        PlainFormat::Json => render::json::rules(out),
    })?;
    Ok(exit_code::PASS)
}

/// Prints the page of one rule, cause or line; a fault that is both has two, what it means in a bundle and on a server. What
/// is no name may be a part of several, or an error from a log.
pub(super) fn explain(asked: &[String], format: PlainFormat, session: &Session<'_>) -> Result<u8> {
    let text = match asked {
        [] => from_stdin(StdinUse::Nothing)?,
        [dash] if dash == "-" => from_stdin(StdinUse::Stdin)?,
        words => words.join(" "),
    };
    let asked = text.trim();
    let pages = pages(asked);
    if !pages.text().is_empty() {
        session.write(|out| match format {
            PlainFormat::Human => render::human::explain(&pages, out),
            PlainFormat::Json => render::json::explain(&pages, out),
        })?;
        return Ok(exit_code::PASS);
    }
    let named = named(asked);
    let (title, ids) = if named.is_empty() {
        ("that can mean, the most likely first", meanings(asked))
    } else {
        ("these have it in their names", named)
    };
    if ids.is_empty() {
        bail!(unknown(asked));
    }
    let pages: Vec<_> = ids.into_iter().map(self::pages).collect();
    session.write(|out| match format {
        PlainFormat::Human => render::human::meanings(title, &pages, session.style(), out),
        PlainFormat::Json => render::json::meanings(&pages, out),
    })?;
    Ok(exit_code::PASS)
}

fn pages(id: &str) -> Pages {
    Pages { rule: rules::find(id), cause: causes::find(id), line: checklist::find(id) }
}

/// Every id: the causes first, since they are asked for on servers.
fn ids() -> Vec<&'static str> {
    let mut ids: Vec<_> = CAUSES.iter().map(|cause| cause.id).collect();
    let others = RULES.iter().map(|rule| rule.id).chain(LINES.iter().map(|line| line.id));
    for id in others {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// The ids that have a word in their name.
fn named(asked: &str) -> Vec<&'static str> {
    let is_word = asked.len() > 1 && asked.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit());
    // `200` is an exit code, and what begins with a hyphen an option.
    let is_name = is_word && asked.starts_with(|c: char| c.is_ascii_lowercase());
    ids().into_iter().filter(|id| is_name && id.contains(asked)).collect()
}

fn unknown(asked: &str) -> Failure {
    if asked.contains(char::is_whitespace) {
        let help = "give the error's own line, such as `Error [ERR_MODULE_NOT_FOUND]: …`, or let `bundle-doctor doctor` look at the server";
        return Failure::new("no rule and no cause is known by these words").help(help);
    }
    // One word is rather a word of several ids than half of one.
    let near = near_word(asked).filter(|_| !asked.contains('-')).or_else(|| text::nearest(asked, ids()));
    let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    let message =
        format!("there is no rule, cause or line `{}`, and no error that is known by it", text::printable(asked));
    Failure::new(message).help(format!("{near}`bundle-doctor rules` lists them all"))
}

/// The word of an id that was misspelt: it leads to all ids that have it.
fn near_word(asked: &str) -> Option<&'static str> {
    let words = ids().into_iter().flat_map(|id| id.split('-')).filter(|word| word.len() > 3);
    text::nearest(asked, words).filter(|word| text::is_like(asked, word))
}

/// Whether stdin was named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StdinUse {
    /// By `-`.
    Stdin,
    /// Nothing was.
    Nothing,
}

/// Bytes of a log that are read.
const MAX_LOG: u64 = 1 << 20;

/// A log on stdin, as `journalctl … | bundle-doctor explain` gives it.
fn from_stdin(asked: StdinUse) -> Result<String> {
    let help =
        "give the name of a rule or a cause, or an error as it stands in a log; `bundle-doctor rules` lists the names";
    if asked == StdinUse::Nothing && io::stdin().is_terminal() {
        bail!(Failure::new("nothing was asked").help(help));
    }
    let mut bytes = Vec::new();
    io::stdin().take(MAX_LOG).read_to_end(&mut bytes).context("cannot read stdin")?;
    if bytes.trim_ascii().is_empty() {
        bail!(Failure::new("nothing was asked: stdin is empty").help(help));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
