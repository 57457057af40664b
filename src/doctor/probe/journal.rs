//! What `journalctl -o json` prints, to entries (systemd.journal-fields(7)).

use crate::doctor::facts::journal::id;
use crate::doctor::facts::{Exit, JournalEntry, Speaker};
use crate::redact::{Follows, Redactor};
use crate::report::moment::Moment;
use crate::text;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Longer messages are cut: a stack of bytes says nothing more to people.
const MAX_OF_A_MESSAGE: usize = 2000;

/// An entry with what it is sorted and told apart by.
struct Read {
    entry: JournalEntry,
    number: u64,
    cursor: String,
}

/// Reads the lines of both queries, drops what is no entry of the unit, puts them in order and takes secrets out. An
/// entry of several lines becomes several, so that each can be quoted. The second value says how many lines were not
/// understood.
#[must_use]
pub fn entries(texts: &[&str], unit: &str, redactor: &Redactor) -> (Vec<JournalEntry>, usize) {
    let mut seen = BTreeSet::new();
    let mut read = Vec::new();
    let mut strange = 0;
    let newest = |text: &str| text.lines().count().saturating_sub(MAX_ENTRIES);
    let lines = texts.iter().flat_map(|text| text.lines().skip(newest(text)));
    for line in lines.filter(|line| !line.trim().is_empty()) {
        match serde_json::from_str::<Map<String, Value>>(line) {
            // Not by this unit, or not to be believed.
            Ok(fields) => read.extend(entry(&fields, unit).filter(|read| seen.insert(read.cursor.clone()))),
            Err(_) => strange += 1,
        }
    }
    // journald gives all that it reads at one go the same time; what was first has the lower number.
    read.sort_by_key(|read| (read.entry.at, read.number));
    attribute(&mut read);
    let mut before: BTreeMap<Option<u32>, Follows> = BTreeMap::new();
    let mut entries = Vec::new();
    for Read { entry, .. } in shortened(read) {
        let follows = before.entry(entry.pid).or_default();
        let message = uncoloured(&entry.message);
        for line in message.lines().take(MAX_LINES).chain(message.is_empty().then_some("")) {
            // Before anything is taken out: the beginning of a key is what the rest of it is known by.
            let clean = redactor.line(line, follows);
            let shown: String = clean.chars().take(MAX_OF_A_MESSAGE).collect();
            let message = text::printable(&shown).into_owned();
            let command = entry.command.as_deref().map(|line| text::printable(&redactor.clean(line)).into_owned());
            entries.push(JournalEntry { message, command, ..entry.clone() });
        }
    }
    (entries, strange)
}

fn entry(fields: &Map<String, Value>, unit: &str) -> Option<Read> {
    let field = |name: &str| fields.get(name).and_then(plain);
    let number = |name: &str| field(name).and_then(|text| text.parse::<u32>().ok());
    let own = field("_SYSTEMD_UNIT").as_deref() == Some(unit);
    // Of what is about several units each has a field of its own, as where systemd breaks a circle (transaction.c).
    let about = fields.get("UNIT").is_some_and(|value| match value {
        Value::Array(values) => values.iter().any(|value| value.as_str() == Some(unit)),
        value => value.as_str() == Some(unit),
    });
    let pid = number("_PID");
    let identifier = field("SYSLOG_IDENTIFIER").unwrap_or_default();
    let by_root = number("_UID") == Some(0);
    let speaker = if about && by_root && pid == Some(1) {
        Speaker::Manager
    } else if about && by_root && (identifier.starts_with('(') || identifier == "systemd") {
        // Before exec a child of the manager's is called `(node)`, and on systemd 247 `systemd` as the manager is; a program
        // of the agent's cannot write `UNIT=` through the standard streams that the journal reads.
        Speaker::Child
    } else if own {
        Speaker::Agent
    } else {
        return None;
    };
    let at = Moment(field("__REALTIME_TIMESTAMP")?.parse().ok()?);
    let invocation = field("INVOCATION_ID").filter(|_| about).or_else(|| field("_SYSTEMD_INVOCATION_ID"));
    let exit = number("EXIT_STATUS").and_then(|status| match field("EXIT_CODE")?.as_str() {
        "exited" => Some(Exit::Code(status)),
        "killed" | "dumped" => Some(Exit::Signal(status)),
        _ => None,
    });
    let entry = JournalEntry {
        at,
        speaker,
        message: field("MESSAGE").unwrap_or_default(),
        message_id: field("MESSAGE_ID"),
        invocation,
        exit: exit.filter(|_| speaker == Speaker::Manager),
        pid,
        command: field("_CMDLINE").filter(|_| speaker == Speaker::Agent),
        boot: field("_BOOT_ID"),
        file: None,
    };
    let cursor = field("__CURSOR").unwrap_or_else(|| format!("{}{}", entry.at.0, entry.message));
    Some(Read { entry, number: number_in(&cursor), cursor })
}

/// Gives the lines of a process that was gone before journald could ask whose it was to the run that ended then: they have
/// no invocation of their own (measured with systemd 252: 15 of 1348 lines).
fn attribute(read: &mut [Read]) {
    let ends: Vec<(Moment, Option<String>)> = read
        .iter()
        .filter(|read| read.entry.is(id::PROCESS_EXITED) && read.entry.invocation.is_some())
        .map(|read| (read.entry.at, read.entry.invocation.clone()))
        .collect();
    let newest = read.iter().rev().find_map(|read| read.entry.invocation.clone());
    let lost = read.iter_mut().filter(|read| read.entry.speaker == Speaker::Agent && read.entry.invocation.is_none());
    for Read { entry, .. } in lost {
        // A line may be received after the manager has seen the end.
        let ended = ends.iter().find(|(end, _)| end.0.saturating_add(MAX_OF_LATENESS) >= entry.at.0);
        entry.invocation = ended.map_or_else(|| newest.clone(), |(_, invocation)| invocation.clone());
    }
}

/// The newest of them, as far as their lines are not too many.
fn shortened(mut read: Vec<Read>) -> Vec<Read> {
    let mut left = MAX_ENTRIES;
    let too_much = read.iter().rposition(|read| {
        let lines = read.entry.message.lines().take(MAX_LINES).count();
        left.checked_sub(lines).map(|rest| left = rest).is_none()
    });
    read.drain(..too_much.map_or(0, |at| at + 1));
    read
}

/// Entries of one query, and lines of all, that are read, the newest: a conclusion is made of far fewer.
const MAX_ENTRIES: usize = 8_000;
/// Lines of one message: a message that standard output brought has one, and a stack some twenty.
const MAX_LINES: usize = 200;

/// Microseconds by which a line is received after the end of what wrote it, at most.
const MAX_OF_LATENESS: u64 = 1_000_000;

/// The number of an entry in its journal, of which the cursor has the hexadecimal digits: `s=…;i=1a2;b=…`.
fn number_in(cursor: &str) -> u64 {
    let digits = cursor.split(';').find_map(|part| part.strip_prefix("i="));
    digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

/// A line without the sequences that colour it (ECMA-48, "SGR"): a logger's colours are no part of what it says.
pub(super) fn uncoloured(line: &str) -> Cow<'_, str> {
    if !line.contains("\x1b[") {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut parts = line.split("\x1b[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match part.split_once('m') {
            Some((codes, rest)) if codes.bytes().all(|c| c.is_ascii_digit() || matches!(c, b';' | b':')) => {
                plain.push_str(rest);
            }
            _ => {
                plain.push_str("\x1b[");
                plain.push_str(part);
            }
        }
    }
    Cow::Owned(plain)
}

/// The command line of the newest process of the unit that wrote something: `_CMDLINE` is the journal's own word
/// (systemd.journal-fields(7), "Trusted Journal Fields"), and outlives the unit's file.
#[must_use]
pub fn command(texts: &[&str], unit: &str, user: Option<u32>, redactor: &Redactor) -> Vec<String> {
    let own = |line: &str| {
        let fields = serde_json::from_str::<Map<String, Value>>(line).ok()?;
        let field = |name: &str| fields.get(name).and_then(plain);
        let command = field("_CMDLINE")?;
        // Lines of what the agent starts come under the unit's name as well.
        let is_agent = command.split_whitespace().next().is_some_and(|program| program.ends_with("node"));
        // A process of another user's that has come into the unit says nothing of what root started.
        let by = field("_UID").is_none_or(|uid| uid == "0" || user.is_some_and(|user| uid == user.to_string()));
        let is_own = by && field("_SYSTEMD_UNIT").as_deref() == Some(unit) && is_agent && command.contains("--url");
        Some((field("__REALTIME_TIMESTAMP")?.parse::<u64>().ok()?, command)).filter(|_| is_own)
    };
    let newest = texts.iter().flat_map(|text| text.lines()).filter_map(own).max_by_key(|(at, _)| *at);
    let command = newest.map(|(_, command)| redactor.clean(&command)).unwrap_or_default();
    command.split_whitespace().map(|word| text::printable(word).into_owned()).collect()
}

/// What journald has said last of lines of the unit's that it has dropped (journald.conf(5), `RateLimitBurst=`). `journalctl -u`
/// gives it, since it is about the unit.
#[must_use]
pub fn dropped(texts: &[&str], unit: &str) -> Option<JournalEntry> {
    let told = |line: &str| {
        let fields = serde_json::from_str::<Map<String, Value>>(line).ok()?;
        let field = |name: &str| fields.get(name).and_then(plain);
        let is_it = field("MESSAGE_ID").as_deref() == Some(id::DROPPED) && field("_UID").as_deref() == Some("0");
        let message = field("MESSAGE").filter(|said| is_it && said.ends_with(&format!(" from {unit}")))?;
        Some(JournalEntry {
            at: Moment(field("__REALTIME_TIMESTAMP")?.parse().ok()?),
            speaker: Speaker::Manager,
            message: text::printable(&message).into_owned(),
            message_id: field("MESSAGE_ID"),
            invocation: None,
            exit: None,
            pid: None,
            command: None,
            boot: field("_BOOT_ID"),
            file: None,
        })
    };
    let lines = texts.iter().flat_map(|text| text.lines()).filter(|line| line.contains(id::DROPPED));
    lines.filter_map(told).max_by_key(|entry| entry.at)
}

/// A field as text: bytes that are no text come as an array of numbers, a field that was given twice as an array of
/// values, of which the first counts.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(values) if values.iter().all(Value::is_number) => {
            let bytes: Vec<u8> =
                values.iter().filter_map(|value| value.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect();
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        Value::Array(values) => values.first().and_then(plain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: &str = "server-flow-agent.service";

    #[test]
    fn only_the_units_own_entries_count_each_once() {
        let child = r#"{"__CURSOR":"b","__REALTIME_TIMESTAMP":"2","_PID":"77","_UID":"0","UNIT":"server-flow-agent.service","INVOCATION_ID":"i1","SYSLOG_IDENTIFIER":"(node)","MESSAGE_ID":"641257651c1b4ec9a8624d7a40a9e1e7","MESSAGE":"Failed at step CHDIR"}"#;
        let first = format!(
            "{child}\n{}\n{}\n",
            r#"{"__CURSOR":"a","__REALTIME_TIMESTAMP":"1","_PID":"88","_UID":"0","_SYSTEMD_UNIT":"server-flow-agent.service","_SYSTEMD_INVOCATION_ID":"i1","SYSLOG_IDENTIFIER":"node","MESSAGE":[69,114,114,27]}"#,
            r#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"3","_PID":"99","_UID":"1000","UNIT":"server-flow-agent.service","SYSLOG_IDENTIFIER":"(node)","MESSAGE":"forged"}"#
        );
        let second = format!(
            "{child}\nnot json\n{}\n",
            r#"{"__CURSOR":"d","__REALTIME_TIMESTAMP":"4","_PID":"1","_UID":"0","UNIT":"server-flow-agent.service","INVOCATION_ID":"i1","EXIT_CODE":"exited","EXIT_STATUS":"200","MESSAGE_ID":"98e322203f7a4ed290d09fe03c09fe15","MESSAGE":"Main process exited"}"#
        );
        let (found, strange) = entries(&[&first, &second], UNIT, &Redactor::new());
        let shown: Vec<_> = found.iter().map(|entry| (entry.speaker, entry.message.as_str())).collect();
        assert_eq!(
            shown,
            [
                (Speaker::Agent, "Err\\x1b"),
                (Speaker::Child, "Failed at step CHDIR"),
                (Speaker::Manager, "Main process exited")
            ]
        );
        assert_eq!(found.last().and_then(|entry| entry.exit), Some(Exit::Code(200)));
        assert!(found.iter().all(|entry| entry.invocation.as_deref() == Some("i1")));
        assert_eq!(strange, 1);
    }

    #[test]
    fn on_systemd_247_the_managers_child_goes_by_the_managers_name() {
        let line = |user: u32, identifier: &str| {
            format!(
                r#"{{"__CURSOR":"{user}{identifier}","__REALTIME_TIMESTAMP":"2","_PID":"75","_UID":"{user}","UNIT":"{UNIT}","_SYSTEMD_UNIT":"{UNIT}","SYSLOG_IDENTIFIER":"{identifier}","MESSAGE":"Failed at step EXEC spawning /usr/local/bin/start-agent: Permission denied"}}"#
            )
        };
        let speaker = |user, identifier| {
            let (found, _) = entries(&[&line(user, identifier)], UNIT, &Redactor::new());
            found.first().map(|entry| entry.speaker)
        };
        assert_eq!(speaker(0, "systemd"), Some(Speaker::Child));
        assert_eq!(speaker(0, "node"), Some(Speaker::Agent));
        assert_eq!(speaker(1000, "systemd"), Some(Speaker::Agent));
    }

    #[test]
    fn lines_without_a_run_belong_to_the_one_that_ended_then() {
        let line = |time: u32, message: &str| {
            format!(
                r#"{{"__CURSOR":"{time}","__REALTIME_TIMESTAMP":"{time}","_PID":"5","_SYSTEMD_UNIT":"{UNIT}","MESSAGE":"{message}"}}"#
            )
        };
        let end = |time: u32, run: &str| {
            format!(
                r#"{{"__CURSOR":"{time}","__REALTIME_TIMESTAMP":"{time}","_PID":"1","_UID":"0","UNIT":"{UNIT}","INVOCATION_ID":"{run}","EXIT_CODE":"exited","EXIT_STATUS":"1","MESSAGE_ID":"98e322203f7a4ed290d09fe03c09fe15","MESSAGE":"Main process exited"}}"#
            )
        };
        let text = [line(1, "of a"), end(2, "a"), line(3, "late, of a"), line(9_000_000, "of b"), end(9_000_001, "b")];
        let (found, _) = entries(&[&text.join("\n")], UNIT, &Redactor::new());
        let runs: Vec<_> = found.iter().filter_map(|entry| entry.invocation.as_deref()).collect();
        assert_eq!(runs, ["a", "a", "a", "b", "b"]);
    }

    #[test]
    fn colours_are_no_part_of_a_line() {
        for (line, plain) in [
            ("\x1b[31mError: x\x1b[39m", "Error: x"),
            ("\x1b[1;38;5;196mFATAL\x1b[0m y", "FATAL y"),
            ("\x1b[2Jgone", "\x1b[2Jgone"),
            ("plain", "plain"),
        ] {
            assert_eq!(uncoloured(line), plain);
        }
    }

    #[test]
    fn entries_of_one_moment_keep_their_order() {
        let line = |number: &str, message: &str| {
            format!(
                r#"{{"__CURSOR":"s=1;i={number};b=2","__REALTIME_TIMESTAMP":"7","_PID":"5","_SYSTEMD_UNIT":"{UNIT}","MESSAGE":"{message}"}}"#
            )
        };
        let (found, _) = entries(&[&line("1000", "second"), &line("fff", "first")], UNIT, &Redactor::new());
        let shown: Vec<_> = found.iter().map(|entry| entry.message.as_str()).collect();
        assert_eq!(shown, ["first", "second"]);
    }

    #[test]
    fn several_lines_are_several_entries_and_keys_are_hidden() {
        let line = |cursor: &str, time: u32, message: &str| {
            let message = serde_json::to_string(message).unwrap();
            format!(
                r#"{{"__CURSOR":"{cursor}","__REALTIME_TIMESTAMP":"{time}","_PID":"5","_SYSTEMD_UNIT":"{UNIT}","MESSAGE":{message}}}"#
            )
        };
        let text = [
            line("a", 1, "Error [ERR_MODULE_NOT_FOUND]: x\n    at y"),
            line("b", 2, "-----BEGIN PRIVATE KEY-----"),
            line("c", 3, "MC4CAQ"),
            line("d", 4, "-----END PRIVATE KEY-----"),
            line("e", 5, "after"),
        ]
        .join("\n");
        let (found, _) = entries(&[&text], UNIT, &Redactor::new());
        let shown: Vec<_> = found.iter().map(|entry| entry.message.as_str()).collect();
        assert_eq!(
            shown,
            ["Error [ERR_MODULE_NOT_FOUND]: x", "    at y", "[redacted]", "[redacted]", "[redacted]", "after"]
        );
    }
}
