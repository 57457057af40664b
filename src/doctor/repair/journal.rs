//! What a repair does, written down before it does it: whoever comes after a kill or a power failure takes it back by that.

use super::error::RepairError;
use super::swap::Put;
use crate::host;
use crate::host::held::{HeldFolder, Lock, UserOwner};
use crate::report::moment::Moment;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where journals are (hier(7): what a program keeps between its runs).
pub(crate) const FOLDER: &str = "/var/lib/bundle-doctor";
/// The folder that it is in, and its name there.
const PARENT: (&str, &str) = ("/var/lib", "bundle-doctor");
/// Bytes of a journal.
const MAX_JOURNAL: usize = 1 << 20;
/// What a journal's name starts and ends with.
const NAME: (&str, &str) = ("repair-", ".json");
/// The version of their form.
const VERSION: u32 = 1;
/// Journals that are kept.
const MAX_KEPT: usize = 50;

/// How far a repair has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// It makes and proves: nothing in use has changed.
    Preparing,
    /// It replaces.
    Replacing,
    /// The service was started, and is watched.
    Watching,
    /// It is done, and what it replaced is kept.
    Repaired,
    /// Everything is as it was.
    TakenBack,
}

/// One repair.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The version of this form: 1.
    pub version: u32,
    /// Its name: when it was started.
    pub id: String,
    /// The unit.
    pub unit: String,
    /// How far it has come.
    pub state: State,
    /// What it mends.
    pub causes: Vec<String>,
    /// How the server fared before: `broken`, `degraded`.
    pub health: String,
    /// Whether the service was started before, be it that it died each time.
    pub was_started: bool,
    /// Who owns the agent's folders beside root.
    pub user: Option<UserOwner>,
    /// The folder of its own, while it is there.
    pub work: Option<String>,
    /// Files that were written beside their places.
    pub scratch: Vec<String>,
    /// What was put where, in that order; whether it was done is seen on the disk.
    pub puts: Vec<Put>,
    /// Whether it has the unit started at boot, which it was not before.
    pub enables: bool,
    /// Whether it has started the service anew.
    pub starts: bool,
}

impl Record {
    /// A repair that begins.
    pub(crate) fn new(at: Moment, unit: &str, causes: &[&str], health: &str) -> Self {
        let stamp = at.rfc3339().unwrap_or_default();
        Self {
            version: VERSION,
            id: stamp.chars().filter(char::is_ascii_alphanumeric).collect(),
            unit: unit.to_owned(),
            state: State::Preparing,
            causes: causes.iter().map(|cause| (*cause).to_owned()).collect(),
            health: health.to_owned(),
            was_started: false,
            user: None,
            work: None,
            scratch: Vec::new(),
            puts: Vec::new(),
            enables: false,
            starts: false,
        }
    }

    /// Whether it was neither finished nor taken back.
    #[must_use]
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.state, State::Repaired | State::TakenBack)
    }

    fn file(&self) -> String {
        format!("{}{}{}", NAME.0, self.id, NAME.1)
    }
}

/// The journals, held so that nobody else repairs meanwhile.
pub(crate) struct Journals {
    folder: HeldFolder,
    _lock: Lock,
}

/// What opening them gives.
pub(crate) enum OpenedJournal {
    /// They are ours.
    Ours(Journals),
    /// Another process repairs this server.
    Taken,
}

impl Journals {
    /// Opens them, and keeps others away.
    ///
    /// # Errors
    /// Where the folder cannot be made or another than root may change it.
    pub(crate) fn open() -> Result<OpenedJournal, RepairError> {
        let failed = || RepairError::io(format!("cannot use {FOLDER}"));
        let parent = HeldFolder::open(Path::new(PARENT.0), None).map_err(failed())?;
        parent.make_private(PARENT.1).map_err(failed())?;
        let folder = HeldFolder::open(Path::new(FOLDER), None).map_err(failed())?;
        let lock = folder.lock("lock").map_err(failed())?;
        Ok(lock.map_or(OpenedJournal::Taken, |lock| OpenedJournal::Ours(Self { folder, _lock: lock })))
    }

    /// The last repair.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(crate) fn last(&self) -> Result<Option<Record>, RepairError> {
        let Some(name) = self.names()?.pop() else { return Ok(None) };
        let failed = || format!("cannot read the journal {FOLDER}/{name}");
        let (content, _) = self.folder.read(&name, MAX_JOURNAL).map_err(RepairError::io(failed()))?;
        read(&content, &name).map(Some).map_err(|why| RepairError::Changed(format!("{}: {why}", failed())))
    }

    /// A repair begins: it gets a name that none has.
    ///
    /// # Errors
    /// Where it cannot be written down.
    pub(crate) fn begin(&self, record: &mut Record) -> Result<(), RepairError> {
        let names = self.names()?;
        // Later than all that are there, be it that the clock was put back.
        if let Some(last) = names.last().filter(|last| **last >= record.file()) {
            record.id = format!("{}a", last.trim_start_matches(NAME.0).trim_end_matches(NAME.1));
        }
        for old in names.iter().rev().skip(MAX_KEPT) {
            let _ = self.folder.unlink(old);
        }
        self.write(record)
    }

    /// Writes down how far it has come, before the next step.
    ///
    /// # Errors
    /// Where that cannot be done.
    pub(crate) fn write(&self, record: &Record) -> Result<(), RepairError> {
        let failed = || format!("cannot write the journal {FOLDER}/{}", record.file());
        let mut content = serde_json::to_vec_pretty(record)
            .map_err(|error| RepairError::Changed(format!("{}: {error}", failed())))?;
        content.push(b'\n');
        self.folder.write_over(&record.file(), &content).map_err(RepairError::io(failed()))
    }

    /// Takes the journal away of one that has changed nothing.
    ///
    /// # Errors
    /// Where that cannot be done.
    pub(crate) fn forget(&self, record: &Record) -> Result<(), RepairError> {
        let failed = || format!("cannot remove the journal {FOLDER}/{}", record.file());
        self.folder.unlink(&record.file()).map_err(RepairError::io(failed()))
    }

    fn names(&self) -> Result<Vec<String>, RepairError> {
        let mut names = self.folder.names().map_err(RepairError::io(format!("cannot read {FOLDER}")))?;
        names.retain(|name| name.starts_with(NAME.0) && name.ends_with(NAME.1));
        names.sort();
        Ok(names)
    }
}

/// What a journal of this name says; why that is not known.
fn read(content: &[u8], name: &str) -> Result<Record, String> {
    /// What a journal of every version has.
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let damaged = |error: serde_json::Error| format!("it is damaged: {error}");
    let Versioned { version } = serde_json::from_slice(content).map_err(damaged)?;
    if version != VERSION {
        return Err(format!("it is of version {version}, and this program knows {VERSION}: use the one that wrote it"));
    }
    let record: Record = serde_json::from_slice(content).map_err(damaged)?;
    if record.file() == name { Ok(record) } else { Err(format!("it is that of {}", record.id)) }
}

/// Seconds of the clock that no one puts back.
pub(super) fn seconds() -> u64 {
    host::monotonic_microseconds() / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_read_or_it_is_said_why_not() {
        let at = Moment(1_700_000_000_000_000);
        let record = Record::new(at, "server-flow-agent.service", &["unit-missing"], "broken");
        let (name, text) = (record.file(), serde_json::to_string(&record).unwrap());
        assert!(read(text.as_bytes(), &name).is_ok());
        for (content, why) in [
            (text.replacen(":1,", ":2,", 1), "it is of version 2, and this program knows 1: use the one that wrote it"),
            (r#"{"version":7,"all":"new"}"#.to_owned(), "it is of version 7, and"),
            (text.replacen("unit-missing", "unit", 1).split_at(text.len() / 2).0.to_owned(), "it is damaged: "),
            (String::new(), "it is damaged: "),
            (text.replacen("2023", "2024", 1), "it is that of 2024"),
        ] {
            let told = read(content.as_bytes(), &name).unwrap_err();
            assert!(told.starts_with(why), "{told}");
        }
    }
}
