//! What is replaced: each as something new beside its place, which is then put there.

use super::error::RepairError;
use super::swap::{self, Put, Thing};
use super::tools::{Tools, spoken};
use crate::host::held::{HeldFolder, Owner};
use crate::report::action::{Kept, Replace};
use crate::report::fix_command::command;
use crate::report::words::{AbsolutePath, Document, LineEdit, Word};
use crate::systemd::UnitFile;
use std::path::Path;

/// Bytes of a unit's file.
const MAX_UNIT: usize = 1 << 20;
/// What the name of a bundle that was tried in vain has behind its own.
pub(super) const FAILED: &str = ".failed-";
/// The usual mode of a unit's file.
const UNIT_MODE: u32 = 0o644;

/// Where a repair works, and what its names end in.
pub(super) struct Site<'a> {
    /// Its name.
    pub id: &'a str,
    /// The folder of its own.
    pub work: &'a str,
    /// Who owns the agent's folders beside root.
    pub user: Option<Owner>,
}

/// Makes what is new, where that is not there yet, and says what is put where.
///
/// # Errors
/// Where it cannot be made, or what is there is not what it was.
pub(super) fn plan(replace: &Replace, site: &Site<'_>, tools: &Tools<'_>) -> Result<Put, RepairError> {
    match replace {
        Replace::Folder { place, new, kept, .. } => folder(place, new, kept, site),
        Replace::Rename { from, to, .. } => {
            let id = swap::identity(from.as_str(), site.user)?;
            let id = id.ok_or_else(|| RepairError::Changed(format!("{} is not there any more", from.as_str())))?;
            let old = Thing { id, path: to.as_str().to_owned() };
            Ok(put("its other name", from, None, Some(old), None))
        }
        Replace::Edit { file, edits, .. } => {
            let (text, mode) = read(file)?;
            let edited = edit(file, edits, &text, tools)?;
            written(file, &edited, mode, site)
        }
        Replace::Write { file, lines, .. } => {
            let mode = read(file).map_or(UNIT_MODE, |(_, mode)| mode);
            written(file, &whole(lines), mode, site)
        }
        Replace::Append { file, lines } => {
            let (text, mode) = read(file)?;
            written(file, &format!("{}\n{}", text.trim_end_matches('\n'), whole(lines)), mode, site)
        }
        Replace::Unmask { mask, .. } => {
            let id = swap::identity(mask.as_str(), None)?;
            let old = id.map(|id| Thing { id, path: kept(mask, site) });
            Ok(put("the mask", mask, None, old, None))
        }
    }
}

/// The file that is written before it is put in its place, where there is one.
pub(super) fn scratch(replace: &Replace, site: &Site<'_>) -> Option<String> {
    match replace {
        Replace::Edit { file, .. } | Replace::Write { file, .. } | Replace::Append { file, .. } => {
            Some(beside(file, site).as_str().to_owned())
        }
        _ => None,
    }
}

fn beside(file: &AbsolutePath, site: &Site<'_>) -> AbsolutePath {
    file.beside(&format!(".new-{}", site.id))
}

fn put(what: &str, place: &AbsolutePath, new: Option<Thing>, old: Option<Thing>, back_to: Option<String>) -> Put {
    Put { what: what.to_owned(), place: place.as_str().to_owned(), new, old, back_to }
}

/// Where what was there is kept: systemd reads nothing that does not end as a unit does (systemd.unit(5)), and doctor knows
/// a bundle by this name.
fn kept(place: &AbsolutePath, site: &Site<'_>) -> String {
    let first = place.beside(&format!("{}{}", crate::update::documented_paths::PUT_ASIDE, site.id));
    let is_free = |path: &AbsolutePath| swap::identity(path.as_str(), site.user).is_ok_and(|found| found.is_none());
    let others = (2..100).map(|number| first.beside(&format!("-{number}")));
    let free = [first.clone()].into_iter().chain(others).find(is_free);
    free.unwrap_or(first).as_str().to_owned()
}

fn folder(place: &AbsolutePath, new: &Word, keep: &Kept, site: &Site<'_>) -> Result<Put, RepairError> {
    let from = spoken(new, site.work).unwrap_or_default();
    let id = swap::identity(&from, site.user)?;
    let id = id.ok_or_else(|| RepairError::Changed(format!("{from} is not there any more")))?;
    let keep = || match keep {
        Kept::Aside(_) => kept(place, site),
        Kept::Backup(path) => path.as_str().to_owned(),
    };
    let old = swap::identity(place.as_str(), site.user)?.map(|id| Thing { id, path: keep() });
    // What was built here is kept apart when it is taken back; a backup becomes the backup again.
    let back_to = match new {
        Word::Work(_) => place.beside(&format!("{FAILED}{}", site.id)).as_str().to_owned(),
        _ => from.clone(),
    };
    Ok(put("the bundle", place, Some(Thing { id, path: from }), old, Some(back_to)))
}

/// Writes the new file beside its place.
fn written(file: &AbsolutePath, text: &str, mode: u32, site: &Site<'_>) -> Result<Put, RepairError> {
    let beside = beside(file, site);
    let (folder, name) = beside.as_str().rsplit_once('/').unwrap_or_default();
    let failed = || RepairError::io(format!("cannot write beside {}", file.as_str()));
    let held = HeldFolder::open(Path::new(folder), None).map_err(failed())?;
    held.write_new(name, text.as_bytes(), mode).map_err(failed())?;
    let old = swap::identity(file.as_str(), None)?.map(|id| Thing { id, path: kept(file, site) });
    let id = swap::identity(beside.as_str(), None)?;
    let id = id.ok_or_else(|| RepairError::Changed(format!("{} is not there any more", beside.as_str())))?;
    Ok(put("the unit", file, Some(Thing { id, path: beside.as_str().to_owned() }), old, None))
}

fn read(file: &AbsolutePath) -> Result<(String, u32), RepairError> {
    let failed = || RepairError::io(format!("cannot read {}", file.as_str()));
    let (folder, name) = file.as_str().rsplit_once('/').unwrap_or_default();
    let held = HeldFolder::open(Path::new(if folder.is_empty() { "/" } else { folder }), None).map_err(failed())?;
    let (content, mode) = held.read(name, MAX_UNIT).map_err(failed())?;
    let text =
        String::from_utf8(content).map_err(|_| RepairError::NotProven(format!("{} is no text", file.as_str())))?;
    Ok((text, mode))
}

/// The file's text after the edits, as sed makes it: it has to be another, and no directive may be lost that was not meant.
fn edit(file: &AbsolutePath, edits: &[LineEdit], text: &str, tools: &Tools<'_>) -> Result<String, RepairError> {
    let options = edits.iter().flat_map(|edit| [Word::from("-e"), Word::from(edit.clone())]);
    let command = command!("sed").with(options).with(["--".into(), Word::from(file)]);
    let done = tools.run(&command, "")?;
    let edited = done.stdout.text();
    let refuse = |why: &str| Err(RepairError::NotProven(format!("{}: {why}", file.as_str())));
    if done.stdout.dropped > 0 || edited == text {
        return refuse("the edit changes nothing in it: it is not what was looked at");
    }
    if edited.split('\n').count() != text.split('\n').count() {
        return refuse("the edit would change how many lines it has");
    }
    let (before, after) = (UnitFile::parse(file.as_str(), text), UnitFile::parse(file.as_str(), &edited));
    let changed = before.assignments.iter().filter(|old| !after.assignments.contains(old)).count();
    if changed > edits.len() || after.assignments.len() > before.assignments.len() {
        return refuse("the edit would change more than is meant");
    }
    Ok(edited)
}

fn whole(lines: &Document) -> String {
    format!("{}\n", lines.lines().trim_start_matches('\n'))
}
