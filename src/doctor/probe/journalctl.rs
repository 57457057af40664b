//! What is asked of `journalctl`: the unit's entries, the manager's, those of a namespace, of this machine or of a mounted disk.

use super::agent_paths::ProbeOptions;
use super::ask::Probe;
use super::beside::{beside, joined};
use super::{journal, node_on_disk};
use crate::doctor::facts::{Fact, Journal, LogKind, LogPlace, Moment, ServerNode};
use crate::doctor::questions::{Diagnostic, Situation, Unanswered};
use std::thread;

/// Lines that are kept of what was said of files that could not be read.
const MAX_TOLD: usize = 8;

impl Probe<'_> {
    pub(super) fn journal(
        &self,
        options: &ProbeOptions,
        situation: &Situation,
        user: Option<u32>,
        elsewhere: &[LogPlace],
    ) -> Fact<Journal> {
        let server = self.server;
        let kept = server.list("/var/log/journal");
        let persistent = kept.map_or_else(|refusal| refusal == Unanswered::TooMuch, |names| !names.is_empty());
        let directory = server.place("/var/log/journal").display().to_string();
        let directory = (!server.is_live()).then_some(directory.as_str());
        if directory.is_some() && !persistent {
            return Fact::unknown("the disk holds none: it was kept in memory");
        }
        if situation.uid != 0 && server.is_live() && !self.journal_is_readable(persistent) {
            return Fact::unless("permission denied", "run it as root, or as a member of the group systemd-journal");
        }
        let (unit, lines, since) = (options.unit.as_str(), options.lines, options.since.as_deref());
        let (own, managers) = thread::scope(|scope| {
            let own =
                beside(scope, || self.run(&Diagnostic::Journal { unit, lines, since, directory, namespace: None }));
            let managers = self.run(&Diagnostic::ManagerJournal { unit, lines, since, directory });
            (joined(own, Err(Unanswered::Failed)), managers)
        });
        let (own, managers) = match (own, managers) {
            (Ok(own), Ok(managers)) => (own, managers),
            (Err(Unanswered::NotFound), _) => return Fact::unknown("there is no `journalctl`"),
            (Err(refusal), _) | (_, Err(refusal)) => return Fact::unknown(format!("journalctl: {refusal}")),
        };
        if own.status != Some(0) && own.stdout.is_empty() {
            let first = own.stderr.lines().find(|line| !line.trim().is_empty());
            return Fact::unknown(first.map_or_else(|| "journalctl failed".to_owned(), |line| self.shown(line)));
        }
        let elsewhere = elsewhere.to_vec();
        let namespaces = elsewhere.iter().filter_map(|place| match &place.kind {
            LogKind::Namespace(name) => Some(self.of_namespace(name, unit, lines, since)),
            LogKind::File(_) | LogKind::Nowhere(_) | LogKind::Dropped(_) => None,
        });
        let others: Vec<String> = namespaces.collect();
        let texts: Vec<&str> = [&own.stdout, &managers.stdout].into_iter().chain(&others).map(String::as_str).collect();
        let (entries, _) = journal::entries(&texts, unit, &self.redactor);
        let is_cut = own.stdout.lines().count() >= lines as usize;
        let command = journal::command(&texts, unit, user, &self.redactor);
        // Of the machine's own journal these are hints to those who are not root.
        let unread = if server.is_live() { Vec::new() } else { self.told(&own.stderr) };
        let dropped = journal::dropped(&texts, unit);
        let begins = None;
        Fact::Known(Journal { entries, is_cut, is_volatile: !persistent, command, begins, elsewhere, dropped, unread })
    }

    /// When the journal begins in the boot that runs: what was said before is gone, as where it is kept for a while only.
    pub(super) fn journal_begins(&self, boot: Option<&str>) -> Option<Moment> {
        let spoken = self.run(&Diagnostic::Boots).ok()?;
        let line = spoken.stdout.lines().find(|line| boot.is_some_and(|boot| line.contains(boot)))?;
        first_time(line)
    }

    /// What was said of files that could not be read.
    fn told(&self, stderr: &str) -> Vec<String> {
        stderr.lines().filter(|line| !line.trim().is_empty()).take(MAX_TOLD).map(|line| self.shown(line)).collect()
    }

    /// What the agent wrote into the journal of a namespace: its files stand beside the system's, in folders that end in its
    /// name (systemd-journald.service(8), "Journal Namespaces").
    fn of_namespace(&self, name: &str, unit: &str, lines: u32, since: Option<&str>) -> String {
        let ending = format!(".{name}");
        let folders = self.server.list("/var/log/journal").unwrap_or_default();
        let folder = folders.iter().find(|folder| folder.ends_with(&ending));
        let place = folder.map(|folder| self.server.place(&format!("/var/log/journal/{folder}")).display().to_string());
        let (directory, namespace) = if self.server.is_live() { (None, Some(name)) } else { (place.as_deref(), None) };
        if directory.or(namespace).is_none() {
            return String::new();
        }
        let asked = Diagnostic::Journal { unit, lines, since, directory, namespace };
        self.run(&asked).map(|spoken| spoken.stdout).unwrap_or_default()
    }

    /// With the version that Node has printed itself, where nothing else tells it: of a mounted disk nothing is run.
    pub(super) fn logged(&self, own: Fact<Option<ServerNode>>, options: &ProbeOptions) -> Fact<Option<ServerNode>> {
        let unknown = own.known().and_then(Option::as_ref).is_some_and(|node| node.version.is_none());
        if self.server.is_live() || !unknown {
            return own;
        }
        let directory = self.server.place("/var/log/journal").display().to_string();
        let (unit, lines) = (options.unit.as_str(), options.lines);
        let asked = Diagnostic::Journal { unit, lines, since: None, directory: Some(&directory), namespace: None };
        let spoken = self.server.run(&asked).ok();
        let version = spoken.and_then(|spoken| node_on_disk::printed(&spoken.stdout));
        own.map(|node| node.map(|node| ServerNode { version, ..node }))
    }

    /// Whether the system's journal can be opened: journalctl says nothing where it only sees the caller's own.
    fn journal_is_readable(&self, persistent: bool) -> bool {
        let base = if persistent { "/var/log/journal" } else { "/run/log/journal" };
        let machines = self.server.list(base).unwrap_or_default();
        machines.iter().any(|machine| self.server.read(&format!("{base}/{machine}/system.journal"), 1).is_ok())
    }
}

/// The first `2026-11-30 14:48:01` of a line; commands are asked for universal time.
fn first_time(line: &str) -> Option<Moment> {
    let words: Vec<&str> = line.split(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | ':'))).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let is_date = |word: &str| word.len() == 10 && word.matches('-').count() == 2;
    let at = words.iter().position(|word| is_date(word))?;
    let (date, time) = (words.get(at)?, words.get(at + 1)?);
    Moment::parse(&format!("{date}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entry_of_a_boot_is_read() {
        for line in [
            " 0 c0ffee0123 Mon 2026-11-30 14:48:01 UTC\u{2014}Mon 2026-11-30 15:00:00 UTC",
            "  0 c0ffee0123 Mon 2026-11-30 14:48:01 UTC Mon 2026-11-30 15:00:00 UTC",
        ] {
            let found = first_time(line).and_then(|moment| moment.rfc3339());
            assert_eq!(found.as_deref(), Some("2026-11-30T14:48:01Z"), "{line}");
        }
        assert_eq!(first_time("IDX BOOT ID FIRST ENTRY LAST ENTRY"), None);
    }
}
