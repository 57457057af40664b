//! What is replaced: each as something new beside its place, which is then put there.

use super::error::RepairError;
use super::swap::{self, Put, Thing, WrittenFile};
use super::tools::{Tools, spoken};
use crate::host::held::{FileIdentity, HeldFolder, UserOwner};
use crate::report::action::{Kept, Replace};
use crate::report::fix_command::command;
use crate::report::words::{AbsolutePath, CheckedDocument, CheckedWord, LineEdit};
use crate::systemd::UnitFile;
pub(super) use crate::update::documented_paths::FAILED;
use std::path::Path;

/// Bytes of a unit's file.
const MAX_UNIT: usize = 1 << 20;
/// The usual mode of a unit's file.
const UNIT_MODE: u32 = 0o644;
/// The usual mode of the folder of its drop-ins.
const FOLDER_MODE: u32 = 0o755;
/// Bytes of a file of the agent's that gets another owner.
const MAX_GIVEN: usize = 1 << 20;

/// Where a repair works, and what its names end in.
pub(super) struct Site<'a> {
    /// Its name.
    pub id: &'a str,
    /// The folder of its own.
    pub work: &'a str,
    /// Who owns the agent's folders beside root.
    pub user: Option<UserOwner>,
}

/// Makes what is new, where that is not there yet, and says what is put where.
///
/// # Errors
/// Where it cannot be made, or what is there is not what it was.
pub(super) fn plan(replace: &Replace, site: &Site<'_>, tools: &Tools<'_>) -> Result<Vec<Put>, RepairError> {
    let put = match replace {
        Replace::Folder { place, new, kept, .. } => folder(place, new, kept, site)?,
        Replace::Rename { from, to, .. } => {
            let old = Thing { id: there(from.as_str(), site.user)?, path: to.as_str().to_owned() };
            put("its other name", from, None, Some(old), None)
        }
        Replace::Edit { file, edits, .. } => {
            let (text, mode) = read(file)?;
            let edited = edit(file, edits, &text, tools)?;
            written(file, &edited, mode, site)?
        }
        Replace::Write { file, lines, .. } => {
            let mode = read(file).map_or(UNIT_MODE, |(_, mode)| mode);
            written(file, &whole(lines), mode, site)?
        }
        Replace::Append { file, lines } => match swap::identity(file.as_str(), None)? {
            None => written(file, &whole(lines), UNIT_MODE, site)?,
            Some(_) => {
                let (text, mode) = read(file)?;
                written(file, &format!("{}\n{}", text.trim_end_matches('\n'), whole(lines)), mode, site)?
            }
        },
        Replace::Unmask { mask, .. } => put("the mask", mask, None, replaced(mask, site)?, None),
        Replace::DropIns { folder } => return Ok(drop_ins(folder, site)?.into_iter().collect()),
        Replace::Give { folder, names, .. } => {
            return names.iter().filter_map(|name| given(&folder.below(name), site).transpose()).collect();
        }
    };
    Ok(vec![put])
}

/// The file that is written before it is put in its place, where there is one.
pub(super) fn scratch(replace: &Replace, site: &Site<'_>) -> Vec<String> {
    let path = |file: &AbsolutePath| beside(file, site).as_str().to_owned();
    match replace {
        Replace::Edit { file, .. } | Replace::Write { file, .. } | Replace::Append { file, .. } => vec![path(file)],
        Replace::DropIns { folder } => vec![path(folder)],
        Replace::Give { folder, names, .. } => names.iter().map(|name| path(&folder.below(name))).collect(),
        Replace::Folder { .. } | Replace::Rename { .. } | Replace::Unmask { .. } => Vec::new(),
    }
}

fn beside(file: &AbsolutePath, site: &Site<'_>) -> AbsolutePath {
    file.beside(&format!(".new-{}", site.id))
}

fn put(what: &str, place: &AbsolutePath, new: Option<Thing>, old: Option<Thing>, back_to: Option<String>) -> Put {
    Put { what: what.to_owned(), place: place.as_str().to_owned(), new, old, back_to, written: None }
}

/// Of a file that was written: what is changed in it from then on is kept when it is taken back.
fn noted(put: Put, file: &AbsolutePath, content: &[u8], site: &Site<'_>) -> Put {
    let kept_as = file.beside(&format!("{FAILED}{}", site.id)).as_str().to_owned();
    Put { written: Some(WrittenFile::of(content, kept_as)), ..put }
}

/// Where what was there is kept: systemd reads nothing that does not end as a unit does (systemd.unit(5)), and doctor knows
/// a bundle by this name.
fn kept(place: &AbsolutePath, site: &Site<'_>) -> String {
    let first = place.beside(&format!("{}{}", crate::update::documented_paths::PUT_ASIDE, site.id));
    swap::free_name(first.as_str(), site.user).unwrap_or_else(|_| first.as_str().to_owned())
}

fn folder(place: &AbsolutePath, new: &CheckedWord, keep: &Kept, site: &Site<'_>) -> Result<Put, RepairError> {
    let from = spoken(new, site.work).unwrap_or_default();
    let id = there(&from, site.user)?;
    if !swap::is_folder(&from, site.user)? {
        // The unit's user may have put something else there since it was judged.
        return Err(RepairError::Changed(format!("{from} is no folder any more")));
    }
    let keep = || match keep {
        Kept::Aside(_) => kept(place, site),
        Kept::Backup(path) => path.as_str().to_owned(),
    };
    let old = swap::lasting_identity(place.as_str(), site.user)?.map(|id| Thing { id, path: keep() });
    // What was built here is kept apart when it is taken back; a backup becomes the backup again.
    let back_to = match new {
        CheckedWord::Work(_) => place.beside(&format!("{FAILED}{}", site.id)).as_str().to_owned(),
        _ => from.clone(),
    };
    Ok(put("the bundle", place, Some(Thing { id, path: from }), old, Some(back_to)))
}

/// Writes the new file beside its place.
fn written(file: &AbsolutePath, text: &str, mode: u32, site: &Site<'_>) -> Result<Put, RepairError> {
    let beside = beside(file, site);
    let (held, name) = around(&beside, None)?;
    let failed = RepairError::io(format!("cannot write beside {}", file.as_str()));
    held.write_new(name, text.as_bytes(), mode).map_err(failed)?;
    let put = put("the unit", file, Some(made(&beside)?), replaced(file, site)?, None);
    Ok(noted(put, file, text.as_bytes(), site))
}

/// A folder of one unit's own, where there is none.
fn drop_ins(place: &AbsolutePath, site: &Site<'_>) -> Result<Option<Put>, RepairError> {
    if swap::identity(place.as_str(), None)?.is_some() {
        return Ok(None);
    }
    let beside = beside(place, site);
    let (held, name) = around(&beside, None)?;
    held.make(name, FOLDER_MODE).map_err(RepairError::io(format!("cannot make {}", beside.as_str())))?;
    Ok(Some(put("the folder of its drop-ins", place, Some(made(&beside)?), None, None)))
}

/// A copy of a file that belongs to the unit's user; nothing where there is no such file, or it is theirs already. What is no
/// plain file, or has another name elsewhere, is not the agent's alone.
fn given(file: &AbsolutePath, site: &Site<'_>) -> Result<Option<Put>, RepairError> {
    let Some(user) = site.user else { return Ok(None) };
    let failed = || RepairError::io(format!("cannot give away {}", file.as_str()));
    let (held, name) = around(file, None)?;
    if !held.is_another_owners_file(name, user).map_err(failed())? {
        return Ok(None);
    }
    let (content, mode) = held.read(name, MAX_GIVEN).map_err(failed())?;
    let beside = beside(file, site);
    let (held, name) = around(&beside, None)?;
    held.write_new(name, &content, mode).and_then(|()| held.give(name, user)).map_err(failed())?;
    let put = put("its owner", file, Some(made(&beside)?), replaced(file, site)?, None);
    Ok(Some(noted(put, file, &content, site)))
}

/// The folder that something is in, held, and its name there.
fn around(path: &AbsolutePath, user: Option<UserOwner>) -> Result<(HeldFolder, &str), RepairError> {
    let (folder, name) = path.as_str().rsplit_once('/').unwrap_or_default();
    let shown = if folder.is_empty() { "/" } else { folder };
    let held = HeldFolder::open(Path::new(shown), user);
    Ok((held.map_err(RepairError::io(format!("cannot work beside {}", path.as_str())))?, name))
}

/// What was made there.
fn made(path: &AbsolutePath) -> Result<Thing, RepairError> {
    Ok(Thing { id: there(path.as_str(), None)?, path: path.as_str().to_owned() })
}

/// What is at a place of root's, and where it is kept once something else is.
fn replaced(place: &AbsolutePath, site: &Site<'_>) -> Result<Option<Thing>, RepairError> {
    Ok(swap::lasting_identity(place.as_str(), None)?.map(|id| Thing { id, path: kept(place, site) }))
}

/// What is at a path where something has to be.
fn there(path: &str, user: Option<UserOwner>) -> Result<FileIdentity, RepairError> {
    swap::lasting_identity(path, user)?.ok_or_else(|| RepairError::Changed(format!("{path} is not there any more")))
}

fn read(file: &AbsolutePath) -> Result<(String, u32), RepairError> {
    let (held, name) = around(file, None)?;
    let failed = RepairError::io(format!("cannot read {}", file.as_str()));
    let (content, mode) = held.read(name, MAX_UNIT).map_err(failed)?;
    let text =
        String::from_utf8(content).map_err(|_| RepairError::NotProven(format!("{} is no text", file.as_str())))?;
    Ok((text, mode))
}

/// The file's text after the edits, as sed makes it: it has to be another, and no directive may be lost that was not meant.
fn edit(file: &AbsolutePath, edits: &[LineEdit], text: &str, tools: &Tools<'_>) -> Result<String, RepairError> {
    let options = edits.iter().flat_map(|edit| [CheckedWord::from("-e"), CheckedWord::from(edit.clone())]);
    let command = command!("sed").with(options).with(["--".into(), CheckedWord::from(file)]);
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

fn whole(lines: &CheckedDocument) -> String {
    format!("{}\n", lines.lines().trim_start_matches('\n'))
}
