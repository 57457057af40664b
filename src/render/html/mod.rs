//! A page as one HTML file without anything from outside. It is read with and without JavaScript, on a phone and on paper, and
//! its Content-Security-Policy lets nothing run but the one script that stands in it.

mod blocks;
mod words;

use super::page::model::{Disclosure, Page, Section};
use super::style::shortened;
use base64ct::{Base64, Encoding};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use words::{class, clean, time};

/// How it looks.
const STYLE: &str = include_str!("page.css");
/// The filter and the buttons that copy: what a page can do without.
const SCRIPT: &str = include_str!("page.js");

/// Characters of what was judged that stand before the verdict, which is to be seen at once on a phone too.
const MAX_SUBJECT: usize = 120;

/// Writes a page.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn write(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let document = document(page).into_string();
    out.write_all(document.as_bytes())?;
    out.write_all(b"\n")
}

/// Nothing is loaded, sent or run but what has these digests (Content Security Policy Level 3).
fn policy() -> String {
    let digest = |text: &str| Base64::encode_string(&Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn document(page: &Page) -> Markup {
    let title = format!("{} {}", page.subject, page.verdict);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("bundle-doctor ", env!("CARGO_PKG_VERSION")));
                title { (clean(&title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header class=(class(page.tone)) {
                    h1 { span.subject { (shortened(&clean(&page.subject), MAX_SUBJECT)) } " " strong { (blocks::prose(&page.verdict)) } }
                    @if clean(&page.subject).chars().count() > MAX_SUBJECT { p { (clean(&page.subject)) } }
                    (blocks::facts(&page.facts))
                }
                main {
                    @for part in &page.sections { (section(part, 2)) }
                    @if !page.notes.is_empty() {
                        section.notes aria-label="notes" {
                            @for note in &page.notes { p { (blocks::prose(note)) } }
                        }
                    }
                }
                footer {
                    p {
                        "bundle-doctor " (env!("CARGO_PKG_VERSION")) " " (clean(&page.command))
                        @if let Some(at) = &page.at { " · " (time(at)) }
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn section(section: &Section, level: usize) -> Markup {
    let anchor = section.anchor.map(|anchor| format!("f{anchor}"));
    let body = html! {
        @for block in &section.blocks { (blocks::block(block)) }
        @for part in &section.sections { (self::section(part, level + 1)) }
    };
    html! {
        section.part.(class(section.tone)) id=[anchor] {
            @match section.shown {
                Disclosure::Open => { (heading(section, level)) (body) }
                Disclosure::Folded => details { summary { (heading(section, level)) } (body) },
            }
        }
    }
}

fn heading(section: &Section, level: usize) -> Markup {
    let words = html! {
        @if !section.label.is_empty() { span.label { (clean(&section.label)) } }
        @if !section.title.is_empty() { " " code { (clean(&section.title)) } }
    };
    html! {
        @match level {
            2 => h2 { (words) },
            3 => h3 { (words) },
            _ => h4 { (words) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a browser hashes is what stands between the tags.
    #[test]
    fn the_policy_names_the_style_and_the_script_that_stand_there() {
        let text = document(&Page::default()).into_string();
        for (open, close, directive) in [("<style>", "</style>", "style-src"), ("<script>", "</script>", "script-src")]
        {
            let inside = text.split_once(open).unwrap().1.split_once(close).unwrap().0;
            let digest = Base64::encode_string(&Sha256::digest(inside.as_bytes()));
            assert!(text.contains(&format!("{directive} 'sha256-{digest}';")), "{directive}");
            assert_eq!(text.matches(open).count(), 1, "{open}");
        }
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"), "nothing is loaded");
    }
}
