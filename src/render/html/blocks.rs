//! What stands in a section, as HTML.

use super::words::{class, clean, time};
use crate::render::page::model::{
    CommandBlock, Item, LineKind, PageBlock, QuotedLines, ShownEvidence, Table, TimelineMoment, TreeKind, TreeNode,
};
use crate::text::printable;
use maud::{Markup, html};

/// Folders below a folder that is open which are open themselves: as far as a screen reaches.
const MAX_DEPTH: usize = 40;

/// What stands in a section.
pub(super) fn block(block: &PageBlock) -> Markup {
    match block {
        PageBlock::Words(words) => html! { p { (prose(words)) } },
        PageBlock::Facts(words) => facts(words),
        PageBlock::Seen(seen) => self::seen(seen),
        PageBlock::Script(script) => self::script(script),
        PageBlock::Lines(lines) => self::lines(lines),
        PageBlock::Items(items) => html! { ul.items { @for one in items { (item(one)) } } },
        PageBlock::Moments(moments) => html! { ol.moments { @for one in moments { (moment(one)) } } },
        PageBlock::Tree(nodes) => html! { ul.tree { @for node in nodes { (tree(node, 0)) } } },
        PageBlock::Table(table) => self::table(table),
    }
}

/// Our own words, with what they quote between backticks as code.
pub(super) fn prose(words: &str) -> Markup {
    let words = clean(words);
    let pieces: Vec<&str> = words.split('`').collect();
    let is_paired = pieces.len() % 2 == 1;
    html! {
        @if is_paired {
            @for (at, piece) in pieces.iter().enumerate() {
                @if at % 2 == 0 { (piece) } @else { code { (piece) } }
            }
        } @else { (words) }
    }
}

/// What is known, in a line.
pub(super) fn facts(facts: &[String]) -> Markup {
    html! {
        @if !facts.is_empty() { ul.facts { @for fact in facts { li { (prose(fact)) } } } }
    }
}

fn seen(seen: &[ShownEvidence]) -> Markup {
    html! {
        ul.seen {
            @for one in seen {
                li {
                    @if !one.source.is_empty() { span.source { (clean(&one.source)) } " " }
                    @if let Some(at) = &one.at { (time(at)) " " }
                    @if !one.text.is_empty() { code { (clean(&one.text)) } }
                }
            }
        }
    }
}

/// Lines without a line end at the end, as they are typed.
fn script(script: &CommandBlock) -> Markup {
    let commands: Vec<_> = script.commands.iter().flat_map(|command| command.lines()).map(line).collect();
    html! {
        @if !script.words.is_empty() { p { (prose(&script.words)) } }
        div.script { pre { code { (commands.join("\n")) } } }
    }
}

/// A line with its tabs.
fn line(line: &str) -> String {
    line.split('\t').map(printable).collect::<Vec<_>>().join("\t")
}

fn lines(lines: &QuotedLines) -> Markup {
    html! {
        @match lines.kind {
            LineKind::Output => pre.output { (lines.text.lines().map(line).collect::<Vec<_>>().join("\n")) },
            LineKind::Diff => pre.diff {
                @for one in lines.text.lines() {
                    @match one.as_bytes().first() {
                        Some(b'+') => ins { (line(one)) },
                        Some(b'-') => del { (line(one)) },
                        _ => span { (line(one)) },
                    }
                    "\n"
                }
            },
        }
    }
}

fn item(item: &Item) -> Markup {
    html! {
        li.(class(item.tone)) {
            span.status { (clean(&item.status)) } " "
            span.name { (clean(&item.name)) }
            @if !item.words.is_empty() { " " span.words { (prose(&item.words)) } }
        }
    }
}

fn moment(moment: &TimelineMoment) -> Markup {
    html! {
        li.(class(moment.tone)) { (time(&moment.at)) " " span.kind { (clean(&moment.kind)) } " " span.words { (clean(&moment.text)) } }
    }
}

fn tree(node: &TreeNode, depth: usize) -> Markup {
    let folder = if node.kind == TreeKind::Folder { "/" } else { "" };
    let line = html! {
        code { (clean(&node.name)) (folder) }
        @if !node.words.is_empty() { " " span.words { (clean(&node.words)) } }
        @for found in &node.found {
            @let words = clean(&found.words());
            " "
            @if let Some(anchor) = found.anchor { a.(class(found.tone)) href=(format!("#f{anchor}")) { (words) } }
            @else { span.(class(found.tone)) { (words) } }
        }
    };
    html! {
        li {
            @if node.kind == TreeKind::Rest { span.words { (clean(&node.words)) } }
            @else if node.children.is_empty() || depth >= MAX_DEPTH { (line) }
            @else {
                details open { summary { (line) } ul { @for child in &node.children { (tree(child, depth + 1)) } } }
            }
        }
    }
}

fn table(table: &Table) -> Markup {
    let has_bars = table.rows.iter().any(|row| row.share.is_some());
    html! {
        div.table { table {
            @if !table.caption.is_empty() { caption { (prose(&table.caption)) } }
            thead { tr {
                @for column in &table.columns { th scope="col" { (clean(column)) } }
                @if has_bars { td {} }
            } }
            tbody {
                @for row in &table.rows {
                    tr.(class(row.tone)) {
                        @for (at, cell) in row.cells.iter().enumerate() {
                            @if at == 0 { th scope="row" { (clean(cell)) } } @else { td { (clean(cell)) } }
                        }
                        @if let Some(share) = row.share { td.bar { (bar(share)) } }
                    }
                }
            }
        } }
    }
}

/// A bar for those who see it; the number beside it says the same.
fn bar(share: u8) -> Markup {
    let width = share.clamp(1, 100);
    html! { svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" { rect width=(width) height="8" {} } }
}
