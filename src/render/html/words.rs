//! Words and times of a page: what is untrusted, shown so that it misleads nobody.

use crate::render::page::model::Tone;
use crate::text::printable;
use maud::{Markup, html};

/// What is untrusted, as one line in which nothing is that a browser, or who reads it, would be misled by.
pub(super) fn clean(text: &str) -> String {
    printable(text).into_owned()
}

/// The class of a tone: no word of others.
pub(super) const fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Doubtful => "doubtful",
        Tone::Bad => "bad",
        Tone::Plain => "plain",
    }
}

/// A time as people read it, with its machine's form where it has one: `2026-11-29 03:12:34`.
pub(super) fn time(at: &str) -> Markup {
    let is_whole = at.len() == 20 && at.ends_with('Z') && at.as_bytes().get(10) == Some(&b'T');
    let shown = clean(at);
    html! {
        @if is_whole { time datetime=(shown) { (shown.replace('T', " ").trim_end_matches('Z')) } }
        @else { span.time { (shown) } }
    }
}
