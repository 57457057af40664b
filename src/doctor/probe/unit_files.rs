//! The unit's files: those that the manager has loaded, or where it would load others by now, those that it would find on the
//! disk. Their content is read from the disk in both cases.

use super::load_path::{self, NamedUnit, UnreadPath};
use super::systemctl::LoadedUnit;
use super::wanted;
use crate::doctor::facts::{Fact, Moment};
use crate::doctor::questions::{Server, Unanswered};
use crate::systemd::{Unit, UnitFile};
use crate::text;

/// Most bytes of one unit file: systemd itself takes lines of 1 MiB.
const MAX_OF_A_FILE: usize = 1 << 20;
/// Most bytes of a unit's drop-ins together, and most of them: beyond that the unit is not judged.
const MAX_OF_DROP_INS: usize = 4 << 20;
const MAX_DROP_INS: usize = 1000;
/// Most lines of all of them: causes look at each line more than once, and a fix at each secret's.
const MAX_LINES: usize = 2000;

/// A unit as it stands on the disk.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct FoundUnit {
    /// Its file and drop-ins, with secrets; no files where there is none. By its own name, whatever it was asked by.
    pub unit: Unit,
    /// Drop-ins that are left of a unit whose file is gone, with secrets: they count again once one is written.
    pub left: Vec<UnitFile>,
    /// The path that masks it: a link to `/dev/null`, or an empty file.
    pub masked_by: Option<String>,
    /// A link in its place that leads to nothing, with where it leads.
    pub dangling: Option<(String, String)>,
    /// What stands in the place of the administrator's file and is none.
    pub obstacle: Option<String>,
    /// When the file was last changed.
    pub changed: Option<Moment>,
    /// Whether a target wants it.
    pub enabled: bool,
}

/// Finds and reads the files of a unit. What is loaded counts for where they are, as long as the manager would find the same.
#[must_use]
pub(super) fn find(server: &dyn Server, asked: &str, loaded: Option<&LoadedUnit>) -> Fact<FoundUnit> {
    let named = match load_path::named(server, asked) {
        Ok(named) => named,
        Err(unread) => return refused(unread),
    };
    let mut found = FoundUnit {
        unit: Unit { name: named.id.clone(), files: Vec::new() },
        left: Vec::new(),
        masked_by: named.masked_by.clone(),
        dangling: named.link.clone().filter(|_| named.fragment.is_none()),
        obstacle: None,
        changed: None,
        enabled: false,
    };
    let place = format!("/etc/systemd/system/{}", named.id);
    if named.fragment.is_none() && server.look(&place).is_ok_and(|look| look.kind == 'd') {
        found.obstacle = Some(text::printable(&place).into_owned());
    }
    if let Some(loaded) = loaded.filter(|loaded| named.fragment.is_none() || loaded.is_current) {
        found.unit.name.clone_from(&loaded.id);
    }
    let first = named.fragment.as_ref().or(named.masked_by.as_ref());
    found.changed = first.and_then(|path| server.look(path).ok()).map(|look| Moment(look.changed));
    let current = loaded.filter(|loaded| loaded.is_current && named.masked_by.is_none());
    match read_all(server, &named, current) {
        Ok(files) => found.unit.files = files,
        Err(unread) => return refused(unread),
    }
    if found.unit.files.is_empty() && named.masked_by.is_none() {
        let left = load_path::drop_ins(server, &named).and_then(|paths| read_drop_ins(server, paths, MAX_LINES));
        found.left = left.unwrap_or_default();
    }
    if !found.unit.files.is_empty() {
        let mut names = named.names;
        names.extend(loaded.into_iter().flat_map(|loaded| loaded.names.iter().cloned()));
        found.enabled = wanted::is_at_boot(server, &names, &found.unit);
    }
    Fact::Known(found)
}

fn refused((path, refusal): UnreadPath) -> Fact<FoundUnit> {
    let help = match refusal {
        Unanswered::TooMuch => {
            "look at the drop-ins (`systemctl cat` lists them) and take away what is not the agent's"
        }
        _ => "run it as root",
    };
    Fact::unless(format!("{path}: {refusal}"), help)
}

/// The unit's file, and what it is followed by.
fn read_all(server: &dyn Server, named: &NamedUnit, current: Option<&LoadedUnit>) -> Result<Vec<UnitFile>, UnreadPath> {
    // As `FragmentPath` systemd 247 has the file that a link leads to, later ones the link: a fix changes the file.
    let fragment = match (&named.fragment, current) {
        (Some(path), _) => path.clone(),
        (None, Some(loaded)) if !loaded.fragment.is_empty() => loaded.fragment.clone(),
        (None, _) => return Ok(Vec::new()),
    };
    let bytes = match server.read(&fragment, MAX_OF_A_FILE) {
        Ok(bytes) => bytes,
        Err(Unanswered::NotFound) => return Ok(Vec::new()),
        Err(refusal) => return Err((fragment, refusal)),
    };
    let mut lines = MAX_LINES;
    let mut files = vec![parsed(&fragment, &bytes, &mut lines)?];
    let drop_ins = match current {
        Some(loaded) => loaded.drop_ins.clone(),
        None => load_path::drop_ins(server, named)?,
    };
    files.extend(read_drop_ins(server, drop_ins, lines)?);
    Ok(files)
}

/// The files of drop-ins, of so many lines at most.
fn read_drop_ins(server: &dyn Server, drop_ins: Vec<String>, mut lines: usize) -> Result<Vec<UnitFile>, UnreadPath> {
    let mut files = Vec::new();
    if let Some(path) = drop_ins.get(MAX_DROP_INS) {
        return Err((path.clone(), Unanswered::TooMuch));
    }
    let mut left = MAX_OF_DROP_INS;
    for path in drop_ins {
        if server.target(&path).is_ok_and(|target| target == "/dev/null") {
            continue;
        }
        match server.read(&path, MAX_OF_A_FILE) {
            Ok(bytes) => {
                left = left.checked_sub(bytes.len()).ok_or_else(|| (path.clone(), Unanswered::TooMuch))?;
                files.push(parsed(&path, &bytes, &mut lines)?);
            }
            // A link to nothing is not loaded.
            Err(Unanswered::NotFound) => {}
            Err(refusal) => return Err((path, refusal)),
        }
    }
    Ok(files)
}

/// A file of the unit, if there are no more lines in it than are left.
fn parsed(path: &str, bytes: &[u8], lines: &mut usize) -> Result<UnitFile, UnreadPath> {
    let count = bytes.iter().filter(|byte| **byte == b'\n').count();
    *lines = lines.checked_sub(count).ok_or_else(|| (path.to_owned(), Unanswered::TooMuch))?;
    Ok(UnitFile::parse(path, &String::from_utf8_lossy(bytes)))
}
