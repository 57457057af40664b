//! What `diff` says, for people and as JSON.

use super::human::{Fixes, groups};
use super::json;
use super::style::Style;
use crate::release::diff::{ChangedNode, DiffNode, DiffPlace, Difference};
use crate::report::verdict::Verdict;
use crate::text;
use serde::Serialize;
use std::io::{self, Write};

/// Paths that are listed of each kind, unless `-v` asks for all.
const LISTED: usize = 40;

/// The comparison for people.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn human(
    subjects: &[String; 2],
    difference: &Difference,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let [a, b] = subjects;
    let verdict = if difference.identical { Verdict::Pass } else { Verdict::Fail };
    let words = if difference.identical { "the same" } else { "different" };
    writeln!(out, "{a} → {b}  {}", style.verdict(verdict, words))?;
    if style.quiet {
        return Ok(());
    }
    if difference.version[0] != difference.version[1] {
        let [before, after] = difference.version.each_ref().map(|version| version.as_deref().unwrap_or("none"));
        writeln!(out, "version  {before} → {after}")?;
    }
    if difference.layout[0] != difference.layout[1] {
        writeln!(out, "layout   {} → {}", difference.layout[0], difference.layout[1])?;
    }
    dependencies(difference, out)?;
    files(difference, style, out)?;
    for (title, findings, fixes) in [
        (format!("check says this of {b}, and not of {a}"), &difference.findings_new, Fixes::Told),
        (format!("check says this of {a} only"), &difference.findings_gone, Fixes::LeftOut),
    ] {
        if !findings.is_empty() {
            writeln!(out, "\n{title}")?;
            groups(findings, fixes, style, out)?;
        }
    }
    Ok(())
}

fn dependencies(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    if difference.dependencies.is_empty() {
        return Ok(());
    }
    writeln!(out, "\ndependencies")?;
    for change in &difference.dependencies {
        let field = if change.field == "dependencies" { String::new() } else { format!("  ({})", change.field) };
        match (&change.before, &change.after) {
            (Some(before), Some(after)) => writeln!(out, "  ~ {}  {before} → {after}{field}", change.name),
            (Some(before), None) => writeln!(out, "  - {}  {before}{field}", change.name),
            (None, after) => writeln!(out, "  + {}  {}{field}", change.name, after.as_deref().unwrap_or_default()),
        }?;
    }
    Ok(())
}

fn files(difference: &Difference, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let Difference { added, removed, changed, .. } = difference;
    if !difference.compared {
        writeln!(out, "\nnot compared: what is in them, since of one it cannot be told for certain")?;
    }
    if difference.identical || !difference.compared {
        return Ok(());
    }
    let counts = [(added.len(), "added"), (removed.len(), "removed"), (changed.len(), "changed")];
    let counts: Vec<_> = counts.iter().filter(|(count, _)| *count > 0).map(|(n, word)| format!("{n} {word}")).collect();
    writeln!(out, "\nfiles: {}", counts.join(", "))?;
    let most = if style.verbose { usize::MAX } else { LISTED };
    list(added.iter().map(|place| format!("  + {}", placed(place))), most, out)?;
    list(removed.iter().map(|place| format!("  - {}", placed(place))), most, out)?;
    list(changed.iter().map(|change| format!("  ~ {}  {}", change.path, what_changed(change))), most, out)?;
    for text in changed.iter().filter_map(|change| change.text.as_ref()) {
        write!(out, "\n{text}")?;
    }
    Ok(())
}

fn list(lines: impl ExactSizeIterator<Item = String>, most: usize, out: &mut dyn Write) -> io::Result<()> {
    let more = lines.len().saturating_sub(most);
    for line in lines.take(most) {
        writeln!(out, "{line}")?;
    }
    if more > 0 {
        writeln!(out, "    and {more} more (-v lists them)")?;
    }
    Ok(())
}

fn placed(place: &DiffPlace) -> String {
    format!("{}  {}", place.path, what(&place.node))
}

/// What stands at a path, in a word or two.
pub(super) fn what(node: &DiffNode) -> String {
    match (node.size, &node.target) {
        (Some(size), _) => text::size(size),
        (None, Some(target)) => format!("→ {target}"),
        (None, None) => node.kind.to_owned(),
    }
}

/// What of a node changed: its kind or size, its mode; a content of the same size says so.
pub(super) fn what_changed(change: &ChangedNode) -> String {
    let (before, after) = (&change.before, &change.after);
    let mut parts = Vec::new();
    if before.kind != after.kind || before.size != after.size || before.target != after.target {
        parts.push(format!("{} → {}", what(before), what(after)));
    } else if change.is_of_content() {
        parts.push(format!("another content of {}", what(after)));
    }
    if let (Some(old), Some(new)) = (&before.mode, &after.mode)
        && old != new
    {
        parts.push(format!("mode {old} → {new}"));
    }
    parts.join(", ")
}

/// The same, as JSON.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn json(subjects: &[String; 2], difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct DiffBody<'a> {
        subjects: &'a [String; 2],
        #[serde(flatten)]
        difference: &'a Difference,
    }
    let verdict = if difference.identical { "pass" } else { "fail" };
    json::write("diff", verdict, DiffBody { subjects, difference }, out)
}
