//! What the kernel, and a program that ends others for want of memory, have said of processes: the unit's own journal has none
//! of it.

use super::ask::Probe;
use crate::doctor::facts::{JournalEntry, Moment, Speaker};
use crate::doctor::questions::{Diagnostic, OF_PROCESSES};
use crate::text;
use serde_json::{Map, Value};

/// Lines that are read, the newest. A firewall writes many.
const MAX_LINES: u32 = 1000;
/// Lines that are kept, the newest.
const MAX_KEPT: usize = 40;

impl Probe<'_> {
    /// Those lines, oldest first.
    pub(super) fn told_of_processes(&self, since: Option<&str>) -> Vec<JournalEntry> {
        let directory = self.server.place("/var/log/journal").display().to_string();
        let directory = (!self.server.is_live()).then_some(directory.as_str());
        match self.run(&Diagnostic::MachineJournal { lines: MAX_LINES, since, directory }) {
            Ok(spoken) => lines(&spoken.stdout, |line| self.shown(line)),
            // Nothing is concluded from its silence.
            Err(_) => Vec::new(),
        }
    }
}

fn lines(text: &str, shown: impl Fn(&str) -> String) -> Vec<JournalEntry> {
    let read = |line: &str| {
        let fields = serde_json::from_str::<Map<String, Value>>(line).ok()?;
        let field = |name: &str| fields.get(name).and_then(Value::as_str);
        let message = field("MESSAGE").filter(|message| OF_PROCESSES.iter().any(|words| message.contains(words)))?;
        Some(JournalEntry {
            at: Moment(field("__REALTIME_TIMESTAMP")?.parse().ok()?),
            speaker: Speaker::Manager,
            message: text::printable(&shown(message)).into_owned(),
            message_id: None,
            invocation: None,
            exit: None,
            pid: field("_PID").and_then(|pid| pid.parse().ok()),
            command: None,
            boot: field("_BOOT_ID").map(str::to_owned),
            file: None,
        })
    };
    let mut found: Vec<JournalEntry> = text.lines().filter_map(read).collect();
    found.sort_by_key(|entry| entry.at);
    found.drain(..found.len().saturating_sub(MAX_KEPT));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_about_processes_are_kept() {
        let line = |time: u32, message: &str| {
            serde_json::json!({ "__REALTIME_TIMESTAMP": time.to_string(), "MESSAGE": message, "_BOOT_ID": "b" })
                .to_string()
        };
        let text = [
            line(3, "Out of memory: Killed process 4711 (node) total-vm:1kB, anon-rss:1kB"),
            line(1, "[UFW BLOCK] IN=eth0"),
            line(2, "node[4712]: segfault at 0 ip 00007f1 sp 00007f2 error 4 in addon.node[7f1+1000]"),
            "{".to_owned(),
        ];
        let found = lines(&text.join("\n"), str::to_owned);
        let shown: Vec<_> = found.iter().map(|entry| (entry.at.0, entry.message.get(..12).unwrap())).collect();
        assert_eq!(shown, [(2, "node[4712]: "), (3, "Out of memor")]);
    }
}
