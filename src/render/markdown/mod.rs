//! A page as Markdown, to be pasted into an issue: the verdict, what is wrong, the evidence and the block to type; the rest is
//! folded away. GitHub's flavour, which GitLab and Gitea read too.

pub(crate) mod text;

use super::page::model::{
    Disclosure, Item, LineKind, Page, PageBlock, Section, ShownEvidence, Table, TimelineMoment, Tone, TreeNode,
};
use crate::text::{plural, printable};
use std::io::{self, Write};
use text::{code, escaped, fenced, in_html, prose};

/// Most characters of a page: GitHub takes 65,536 of an issue, and someone wants to write above it.
const MAX_PAGE: usize = 60_000;
/// Lines of a fence.
const MAX_LINES: usize = 60;

/// Writes a page.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn write(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let mut text = format!("### {} {}\n\n", code(&clean(&page.subject)), prose(&clean(&page.verdict)));
    if !page.facts.is_empty() {
        text.push_str(&format!("{}\n\n", facts(&page.facts)));
    }
    let mut left = 0;
    for (at, section) in page.sections.iter().enumerate() {
        let is_open = section.shown == Disclosure::Open && (at == 0 || section.tone == Tone::Bad);
        let written = self::section(section, if is_open { Disclosure::Open } else { Disclosure::Folded }, 4);
        if text.len() + written.len() > MAX_PAGE {
            left += 1;
        } else {
            text.push_str(&written);
        }
    }
    if left > 0 {
        text.push_str(&format!("{} did not fit here\n\n", plural(left, "section")));
    }
    for note in page.notes.iter().take(MAX_LINES) {
        text.push_str(&format!("{}\n\n", prose(&clean(note))));
    }
    let at = page.at.as_deref().map_or_else(String::new, |at| format!(", {}", escaped(&clean(at))));
    text.push_str(&format!("<sub>bundle-doctor {} {}{at}</sub>\n", env!("CARGO_PKG_VERSION"), escaped(&page.command)));
    out.write_all(text.as_bytes())
}

/// One line in which nothing is that a reader would act on.
fn clean(text: &str) -> String {
    printable(text).into_owned()
}

/// Lines that are clean, at most so many.
fn lines(text: &str) -> String {
    let mut kept: Vec<String> = text.lines().take(MAX_LINES).map(shown).collect();
    let left = text.lines().count().saturating_sub(MAX_LINES);
    if left > 0 {
        kept.push(format!("… and {}", plural(left as u64, "more line")));
    }
    kept.join("\n")
}

/// A line with its tabs.
fn shown(line: &str) -> String {
    line.split('\t').map(printable).collect::<Vec<_>>().join("\t")
}

fn facts(facts: &[String]) -> String {
    facts.iter().map(|fact| prose(&clean(fact))).collect::<Vec<_>>().join(" · ")
}

fn section(section: &Section, is: Disclosure, level: usize) -> String {
    let (label, title) = (clean(&section.label), clean(&section.title));
    let mut body: String = section.blocks.iter().map(block).collect();
    for inner in &section.sections {
        body.push_str(&self::section(inner, inner.shown, (level + 1).min(6)));
    }
    match is {
        Disclosure::Folded => {
            let colon = if title.is_empty() { "" } else { ": " };
            format!("<details><summary>{}{colon}{}</summary>\n\n{body}</details>\n\n", in_html(&label), in_html(&title))
        }
        Disclosure::Open => {
            let title = if title.is_empty() { String::new() } else { format!(": {}", code(&title)) };
            format!("{} {}{title}\n\n{body}", "#".repeat(level), escaped(&label))
        }
    }
}

fn block(block: &PageBlock) -> String {
    match block {
        PageBlock::Words(words) => format!("{}\n\n", prose(&clean(words))),
        PageBlock::Facts(words) => format!("{}\n\n", facts(words)),
        PageBlock::Seen(seen) => {
            let seen: Vec<_> = seen.iter().map(evidence).collect();
            format!("{}\n", fenced("text", &lines(&seen.join("\n"))))
        }
        PageBlock::Script(script) => {
            let commands: Vec<_> = script.commands.iter().flat_map(|command| command.lines()).map(shown).collect();
            let words =
                if script.words.is_empty() { String::new() } else { format!("{}\n\n", prose(&clean(&script.words))) };
            format!("{words}{}\n", fenced("sh", &commands.join("\n")))
        }
        PageBlock::Lines(of) => {
            let language = match of.kind {
                LineKind::Output => "text",
                LineKind::Diff => "diff",
            };
            format!("{}\n", fenced(language, &lines(&of.text)))
        }
        PageBlock::Items(items) => {
            let mut text: String = items.iter().map(item).collect();
            text.push('\n');
            text
        }
        PageBlock::Moments(moments) => {
            let told: Vec<_> = moments.iter().map(moment).collect();
            format!("{}\n", fenced("text", &lines(&told.join("\n"))))
        }
        PageBlock::Tree(nodes) => {
            let mut text = String::new();
            nodes.iter().for_each(|node| tree(node, 0, &mut text));
            format!("{}\n", fenced("text", &lines(&text)))
        }
        PageBlock::Table(table) => self::table(table),
    }
}

/// Where it comes from, when it was said, and what was seen.
fn evidence(seen: &ShownEvidence) -> String {
    let parts = [Some(&seen.source), seen.at.as_ref(), Some(&seen.text)];
    let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).map(|part| clean(part)).collect();
    parts.join("  ")
}

fn item(item: &Item) -> String {
    let words = if item.words.is_empty() { String::new() } else { format!(": {}", prose(&clean(&item.words))) };
    format!("- {} ({}){words}\n", prose(&clean(&item.name)), escaped(&clean(&item.status)))
}

fn moment(moment: &TimelineMoment) -> String {
    format!("{}  {:10}  {}", clean(&moment.at), clean(&moment.kind), clean(&moment.text))
}

fn tree(node: &TreeNode, depth: usize, text: &mut String) {
    let found: Vec<_> = node.found.iter().map(|found| clean(&found.words())).collect();
    let parts = [clean(&node.name), clean(&node.words), found.join(", ")];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    text.push_str(&format!("{}{}\n", "  ".repeat(depth), parts.join("  ")));
    node.children.iter().for_each(|child| tree(child, depth + 1, text));
}

fn table(table: &Table) -> String {
    let row = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| escaped(&clean(cell))).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text =
        if table.caption.is_empty() { String::new() } else { format!("{}\n\n", prose(&clean(&table.caption))) };
    text.push_str(&row(&table.columns));
    text.push_str(&format!("|{}\n", " --- |".repeat(table.columns.len())));
    table.rows.iter().take(MAX_LINES).for_each(|line| text.push_str(&row(&line.cells)));
    text.push('\n');
    text
}
