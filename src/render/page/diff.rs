//! The page of `diff`: what changed, and what grew.

use super::findings::{HelpShown, sections};
use super::model::{LineKind, Page, PageBlock, QuotedLines, Section, ShownEvidence, Table, TableRow, Tone};
use crate::release::diff::{ChangedNode, DependencyChange, DiffPlace, Difference};
use crate::render::diff::{what, what_changed};
use crate::render::style::shortened;
use crate::text;
use std::collections::BTreeMap;

/// Characters of each bundle's name.
const MAX_SUBJECT: usize = 60;
/// Paths that are listed of each kind.
const MAX_LISTED: usize = 500;
/// Folders that are told apart by how much they grew.
const MAX_GROWN: usize = 20;
/// Bytes of unified diffs.
const MAX_TEXT: usize = 512 * 1024;
/// Parts of a path that make a folder of the table.
const DEPTH: usize = 3;

/// The page.
pub(crate) fn page(subjects: &[String; 2], difference: &Difference) -> Page {
    let [a, b] = subjects;
    let mut parts = Vec::new();
    parts.extend(dependencies(&difference.dependencies));
    parts.extend(grown(difference));
    if difference.compared {
        parts.extend(files(difference));
    } else {
        let words = "what is in them, since of one it cannot be told for certain".to_owned();
        parts.push(Section::new("not compared", vec![PageBlock::Words(words)]));
    }
    let mut first = 0;
    for (title, findings, remedy) in [
        (format!("check says this of {b}, and not of {a}"), &difference.findings_new, HelpShown::Told),
        (format!("check says this of {a} only"), &difference.findings_gone, HelpShown::LeftOut),
    ] {
        let found = sections(findings, first, remedy);
        first += found.len();
        if !found.is_empty() {
            let section = Section { sections: found, ..Section::new(title, Vec::new()) };
            parts.push(if remedy == HelpShown::LeftOut { section.folded() } else { section });
        }
    }
    parts.extend(texts(&difference.changed));
    Page {
        command: "diff".to_owned(),
        subject: format!("{} → {}", shortened(a, MAX_SUBJECT), shortened(b, MAX_SUBJECT)),
        verdict: if difference.identical { "the same" } else { "different" }.to_owned(),
        tone: if difference.identical { Tone::Good } else { Tone::Doubtful },
        facts: facts(difference),
        sections: parts,
        ..Page::default()
    }
}

fn facts(difference: &Difference) -> Vec<String> {
    let mut facts = Vec::new();
    if difference.version[0] != difference.version[1] {
        let [before, after] = difference.version.each_ref().map(|version| version.as_deref().unwrap_or("none"));
        facts.push(format!("version {before} → {after}"));
    }
    if difference.layout[0] != difference.layout[1] {
        facts.push(format!("layout {} → {}", difference.layout[0], difference.layout[1]));
    }
    let counts = [
        (difference.added.len(), "added"),
        (difference.removed.len(), "removed"),
        (difference.changed.len(), "changed"),
    ];
    facts.extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
    let total: i128 = sizes(difference).map(|(_, before, after)| i128::from(after) - i128::from(before)).sum();
    if difference.compared && !difference.identical {
        facts.push(signed(total));
    }
    facts
}

/// `+1.2 kB`, `-3 bytes`, `as large as before`.
fn signed(bytes: i128) -> String {
    let size = text::size(u64::try_from(bytes.unsigned_abs()).unwrap_or(u64::MAX));
    match bytes {
        0 => "as large as before".to_owned(),
        1.. => format!("+{size}"),
        _ => format!("-{size}"),
    }
}

fn dependencies(changes: &[DependencyChange]) -> Option<Section> {
    if changes.is_empty() {
        return None;
    }
    let none = || "-".to_owned();
    let row = |change: &DependencyChange| TableRow {
        cells: vec![
            change.name.clone(),
            change.before.clone().unwrap_or_else(none),
            change.after.clone().unwrap_or_else(none),
            change.field.to_string(),
        ],
        ..TableRow::default()
    };
    let columns = ["package", "before", "now", "field"].map(str::to_owned).to_vec();
    let table = Table { columns, rows: changes.iter().take(MAX_LISTED).map(row).collect(), ..Table::default() };
    Some(Section::new("dependencies", vec![PageBlock::Table(table)]))
}

/// Every path whose size is not the same, with both sizes.
fn sizes(difference: &Difference) -> impl Iterator<Item = (&str, u64, u64)> {
    let added = difference.added.iter().map(|place| (place.path.as_str(), 0, place.node.size.unwrap_or(0)));
    let removed = difference.removed.iter().map(|place| (place.path.as_str(), place.node.size.unwrap_or(0), 0));
    let changed = difference
        .changed
        .iter()
        .map(|change| (change.path.as_str(), change.before.size.unwrap_or(0), change.after.size.unwrap_or(0)));
    added.chain(removed).chain(changed).filter(|(_, before, after)| before != after)
}

/// Where the bytes went: by folder, what grew most first.
fn grown(difference: &Difference) -> Option<Section> {
    let mut folders: BTreeMap<String, (i128, u64)> = BTreeMap::new();
    for (path, before, after) in sizes(difference) {
        let parts: Vec<&str> = path.split('/').collect();
        let depth = parts.len().saturating_sub(1).min(DEPTH);
        let folder = match depth {
            0 => path.to_owned(),
            _ => format!("{}/", parts.iter().take(depth).copied().collect::<Vec<_>>().join("/")),
        };
        let (grown, files) = folders.entry(folder).or_default();
        *grown += i128::from(after) - i128::from(before);
        *files += 1;
    }
    let mut folders: Vec<_> = folders.into_iter().collect();
    folders.sort_by_key(|(_, (grown, _))| std::cmp::Reverse(grown.unsigned_abs()));
    let largest = folders.first().map(|(_, (grown, _))| grown.unsigned_abs())?.max(1);
    let left = folders.len().saturating_sub(MAX_GROWN);
    let row = |(folder, (grown, files)): (String, (i128, u64))| TableRow {
        cells: vec![folder, signed(grown), text::plural(files, "file")],
        share: u8::try_from(grown.unsigned_abs().saturating_mul(100) / largest).ok(),
        tone: if grown > 0 { Tone::Doubtful } else { Tone::Plain },
    };
    let columns = ["folder", "grew by", "in"].map(str::to_owned).to_vec();
    let rows = folders.into_iter().take(MAX_GROWN).map(row).collect();
    let mut blocks = vec![PageBlock::Table(Table { columns, rows, ..Table::default() })];
    if left > 0 {
        blocks.push(PageBlock::Words(format!("and {left} more that changed less")));
    }
    Some(Section::new("what grew", blocks))
}

/// The paths, folded away where there are many.
fn files(difference: &Difference) -> Vec<Section> {
    let only = |places: &[DiffPlace]| {
        let seen = |place: &DiffPlace| entry(&place.path, what(&place.node));
        places.iter().take(MAX_LISTED).map(seen).collect::<Vec<_>>()
    };
    let Difference { added, removed, changed, .. } = difference;
    let both = changed.iter().take(MAX_LISTED).map(|change| entry(&change.path, what_changed(change))).collect();
    let kinds = [
        ("added", added.len(), only(added)),
        ("removed", removed.len(), only(removed)),
        ("changed", changed.len(), both),
    ];
    let section = |(word, count, seen): (&str, usize, Vec<ShownEvidence>)| {
        let left = count - seen.len();
        let mut section = Section::new(format!("{word} ({count})"), Vec::new());
        section.blocks.push(PageBlock::Seen(seen));
        if left > 0 {
            section.blocks.push(PageBlock::Words(format!("and {left} more, which `--format json` has all of")));
        }
        if count > 40 { section.folded() } else { section }
    };
    kinds.into_iter().filter(|(_, count, _)| *count > 0).map(section).collect()
}

fn entry(path: &str, text: String) -> ShownEvidence {
    ShownEvidence { source: path.to_owned(), at: None, text }
}

/// What changed in text files, line by line.
fn texts(changed: &[ChangedNode]) -> Option<Section> {
    let mut text = String::new();
    let mut left = 0;
    for diff in changed.iter().filter_map(|change| change.text.as_ref()) {
        if text.len() + diff.len() > MAX_TEXT {
            left += 1;
        } else {
            text.push_str(diff);
        }
    }
    if text.is_empty() {
        return None;
    }
    let mut section = Section::new("line by line", vec![PageBlock::Lines(QuotedLines { kind: LineKind::Diff, text })]);
    if left > 0 {
        section.blocks.push(PageBlock::Words(format!("{} left out", text::plural(left, "file"))));
    }
    Some(section)
}
