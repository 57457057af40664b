//! What the agent prints where the unit sends it elsewhere than into the system's journal: into a file, into a journal of its
//! own, nowhere (systemd.exec(5), `StandardOutput=`, `StandardError=`, `LogNamespace=`).

use crate::doctor::facts::{Fact, Journal, JournalEntry, JournalRun, LogKind, LogPlace, Moment, Service, Speaker};
use crate::doctor::questions::{Server, Unanswered};
use crate::redact::{Follows, Redactor};
use crate::systemd::Unit;
use crate::text;

/// Bytes of a file's end that are read, and lines of it that are kept: a run's last words are not longer.
const MAX_OF_A_FILE: usize = 256 << 10;
const MAX_LINES: usize = 400;
/// Longer lines are cut, as those of the journal are.
const MAX_OF_A_LINE: usize = 2000;
/// Microseconds by which a file may seem older than the run that wrote into it: the kernel's clock of files goes in ticks.
const TICK: u64 = 100_000;

/// The places that the unit's lines name.
pub(super) fn places(unit: &Unit) -> Vec<LogPlace> {
    let value = |key: &str| unit.setting("Service", key).map(|setting| unit.expand(setting.value));
    let (out, error) = (value("StandardOutput"), value("StandardError"));
    let out = out.unwrap_or_else(|| "journal".to_owned());
    let error = error.filter(|error| error != "inherit").unwrap_or_else(|| out.clone());
    let mut kinds: Vec<LogKind> = Vec::new();
    for (key, target) in [("StandardOutput", &out), ("StandardError", &error)] {
        let kind = match target.split_once(':') {
            Some(("file" | "append" | "truncate", path)) => LogKind::File(crate::systemd::normal(path)),
            _ if target == "null" => LogKind::Nowhere(key),
            _ => continue,
        };
        let known = |known: &LogKind| match (known, &kind) {
            (LogKind::Nowhere(_), LogKind::Nowhere(_)) => true,
            (known, kind) => known == kind,
        };
        if !kinds.iter().any(known) {
            kinds.push(kind);
        }
    }
    // What a process prints is of the level `info` (systemd.exec(5), `SyslogLevel=`).
    let level = value("LogLevelMax").filter(|level| LEVELS_ABOVE_INFO.contains(&level.as_str()));
    kinds.extend(level.map(|level| LogKind::Dropped(format!("LogLevelMax={level}"))));
    // Only lines that match are kept, or none that does (`~`; from 253 on).
    let patterns = unit.settings("Service", "LogFilterPatterns");
    kinds.extend(patterns.last().map(|last| LogKind::Dropped(format!("LogFilterPatterns={}", last.value))));
    kinds.extend(value("LogNamespace").filter(|name| is_namespace(name)).map(LogKind::Namespace));
    kinds.into_iter().map(|kind| LogPlace { kind, unread: None }).collect()
}

/// Levels of syslog(3) with which systemd keeps nothing of what a process prints, by name and by number.
const LEVELS_ABOVE_INFO: [&str; 12] =
    ["emerg", "alert", "crit", "err", "warning", "notice", "0", "1", "2", "3", "4", "5"];

/// A name that can be no option of journalctl's, nor mean several (journalctl(1), `--namespace=`).
fn is_namespace(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    !name.is_empty() && name.len() < 256 && !name.starts_with(['-', '.']) && name.bytes().all(plain)
}

/// Adds the ends of the files to what the journal has of the run that wrote them.
pub(super) fn add(server: &dyn Server, redactor: &Redactor, service: Option<&Service>, journal: &mut Journal) {
    for place in &mut journal.elsewhere {
        let LogKind::File(path) = &place.kind else { continue };
        match server.end(path, MAX_OF_A_FILE) {
            Ok(end) => {
                let lines = last_run(&end.text);
                let added = entries(path, &lines, Moment(end.modified), service, &journal.entries, redactor);
                journal.entries.extend(added);
            }
            // Nothing has been printed yet.
            Err(Unanswered::NotFound) => {}
            Err(Unanswered::Denied) => place.unread = unread("permission denied", Some("run it as root")),
            Err(Unanswered::Unlike) => {
                place.unread = unread("it is no regular file, or a link is on the way to it", None)
            }
            Err(refusal) => place.unread = unread(&refusal.to_string(), None),
        }
    }
    journal.entries.sort_by_key(|entry| entry.at);
}

fn unread(because: &str, help: Option<&str>) -> Option<crate::doctor::facts::Unknown> {
    let fact: Fact<()> = match help {
        Some(help) => Fact::unless(because, help),
        None => Fact::unknown(because),
    };
    fact.why_unknown().cloned()
}

/// The lines behind the end of the run before: Node closes the block of an error with its version.
fn last_run(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let is_end = |line: &str| line.starts_with("Node.js v");
    let spoken = lines.iter().rposition(|line| !line.trim().is_empty()).unwrap_or(0);
    let before = lines.get(..spoken).unwrap_or_default();
    let first = before.iter().rposition(|line| is_end(line)).map_or(0, |at| at + 1);
    let lines = lines.get(first..=spoken).unwrap_or_default();
    // As journald does, which keeps no empty line.
    let lines: Vec<&str> = lines.iter().filter(|line| !line.trim().is_empty()).copied().collect();
    lines.iter().skip(lines.len().saturating_sub(MAX_LINES)).copied().collect()
}

/// The lines as entries of the run in which the file was last written.
fn entries(
    path: &str,
    lines: &[&str],
    written: Moment,
    service: Option<&Service>,
    known: &[JournalEntry],
    redactor: &Redactor,
) -> Vec<JournalEntry> {
    let journal = Journal { entries: known.to_vec(), ..Journal::default() };
    let runs = journal.runs();
    let began =
        |run: &&JournalRun<'_>| run.entries.first().is_some_and(|first| first.at.0 <= written.0.saturating_add(TICK));
    let Some(run) = runs.iter().rev().find(began) else { return Vec::new() };
    let of_service = service.filter(|service| service.invocation.as_deref() == Some(run.invocation));
    let child = || run.entries.iter().find(|entry| entry.speaker == Speaker::Child).and_then(|entry| entry.pid);
    let pid = of_service.and_then(|service| service.main_pid.or(service.last_pid)).or_else(child);
    // Not behind the entry that tells of the run's end.
    let at = run.ended().filter(|ended| *ended < written).unwrap_or(written);
    let boot = run.entries.first().and_then(|first| first.boot.clone());
    let mut follows = Follows::default();
    let entry = |line: &&str| {
        let plain = super::journal::uncoloured(line);
        let clean = redactor.line(&plain, &mut follows);
        let shown: String = clean.chars().take(MAX_OF_A_LINE).collect();
        JournalEntry {
            at,
            speaker: Speaker::Agent,
            message: text::printable(&shown).into_owned(),
            message_id: None,
            invocation: Some(run.invocation.to_owned()),
            exit: None,
            pid,
            command: None,
            boot: boot.clone(),
            file: Some(text::printable(path).into_owned()),
        }
    };
    lines.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_lines_say_where_the_log_is() {
        let file = |path: &str| LogKind::File(path.to_owned());
        for (lines, kinds) in [
            ("", vec![]),
            ("StandardOutput=journal\nStandardError=inherit", vec![]),
            ("StandardOutput=append:/var/log/%p.log", vec![file("/var/log/sf-agent.log")]),
            ("StandardOutput=file:/a\nStandardError=truncate:/b", vec![file("/a"), file("/b")]),
            ("StandardError=append:/b", vec![file("/b")]),
            ("StandardOutput=append:/a\nStandardError=journal", vec![file("/a")]),
            ("StandardOutput=null", vec![LogKind::Nowhere("StandardOutput")]),
            ("StandardOutput=append:/a\nStandardOutput=", vec![]),
            ("LogNamespace=%i", vec![LogKind::Namespace("prod".to_owned())]),
            ("LogNamespace=*", vec![]),
        ] {
            let unit = Unit::of_text("sf-agent@prod.service", "x", &format!("[Service]\n{lines}\n"));
            assert_eq!(places(&unit).into_iter().map(|place| place.kind).collect::<Vec<_>>(), kinds, "{lines}");
        }
    }

    #[test]
    fn of_several_runs_in_a_file_the_last_counts() {
        for (text, lines) in [
            ("a\nb\n", vec!["a", "b"]),
            ("Error: old\n\nNode.js v20.1.0\nError: new\n\nNode.js v20.1.0\n\n", vec!["Error: new", "Node.js v20.1.0"]),
            ("Error: old\n\nNode.js v20.1.0\nup again\n", vec!["up again"]),
            ("", vec![]),
        ] {
            assert_eq!(last_run(text), lines, "{text:?}");
        }
    }
}
