//! The journal of the service: its entries, and the runs that they belong to.

use super::fact::Unknown;
use super::service::Exit;
use crate::report::moment::Moment;

/// Who wrote an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speaker {
    /// The service manager, process 1.
    Manager,
    /// The manager's child between fork and exec, which the journal calls `(node)`, or `systemd` on 247: it says which step failed.
    Child,
    /// The agent, or what it started.
    Agent,
}

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalEntry {
    /// When it was received.
    pub at: Moment,
    /// Who wrote it.
    pub speaker: Speaker,
    /// Its text, secrets taken out, printable, one line.
    pub message: String,
    /// The kind of message, for the manager's own (systemd's catalogue).
    pub message_id: Option<String>,
    /// The run it belongs to (systemd.exec(5), `$INVOCATION_ID`).
    pub invocation: Option<String>,
    /// How the process ended, where the entry says so (`EXIT_CODE`, `EXIT_STATUS`).
    pub exit: Option<Exit>,
    /// The process that wrote it.
    pub pid: Option<u32>,
    /// The command line of that process, where it still lived when its line was received; secrets taken out.
    pub command: Option<String>,
    /// The boot it belongs to.
    pub boot: Option<String>,
    /// The file that it was read from, where the unit sends the agent's output there.
    pub file: Option<String>,
}

/// What was read of the journal: the newest entries of the unit, oldest first.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Journal {
    /// Oldest first.
    pub entries: Vec<JournalEntry>,
    /// Whether there are older ones that were not read.
    pub is_cut: bool,
    /// Whether the journal is kept in memory only, and lost at every boot.
    pub is_volatile: bool,
    /// The command line of the newest process of the unit that wrote something (`_CMDLINE`), secrets taken out; empty
    /// where none did.
    pub command: Vec<String>,
    /// When it begins in the boot that runs, where it has no line of a unit that runs.
    pub begins: Option<Moment>,
    /// Where else the unit sends what the agent prints.
    pub elsewhere: Vec<LogPlace>,
    /// What journald says last of lines of the unit's that it has dropped, as too many at once.
    pub dropped: Option<JournalEntry>,
    /// Files of a mounted disk's journal that were not read, and why, in words.
    pub unread: Vec<String>,
}

/// A place other than the system's journal to which the unit sends what the agent prints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LogPlace {
    /// What it is.
    pub kind: LogKind,
    /// Why it could not be read.
    pub unread: Option<Unknown>,
}

/// What such a place is (systemd.exec(5)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum LogKind {
    /// A file: `StandardOutput=append:/var/log/agent.log`.
    File(String),
    /// A journal of its own: `LogNamespace=agent`.
    Namespace(String),
    /// `null`, by this setting.
    Nowhere(&'static str),
    /// Nowhere either, in part or whole, as systemd or journald drops it by this line: `LogLevelMax=warning`.
    Dropped(String),
}

/// The entries of one run.
#[derive(Clone, Debug)]
pub(crate) struct JournalRun<'a> {
    /// Its id.
    pub invocation: &'a str,
    /// Its entries, oldest first.
    pub entries: Vec<&'a JournalEntry>,
}

/// Message ids of systemd's catalogue (`journalctl --catalog`, sd-messages.h).
pub(crate) mod id {
    /// A start job has finished: `Started …`.
    pub(crate) const STARTED: &str = "39f53479d3a045ac8e11786248231fbf";
    /// A stop job has finished: `Stopped …`.
    pub(crate) const STOPPED: &str = "9d1aaa27d60140bd96365438aad20286";
    /// A stop job has begun: `Stopping …`.
    pub(crate) const STOPPING: &str = "de5b426a63be47a7b6ac3eaac82e2f6f";
    /// The unit has ended with success: `Deactivated successfully`.
    pub(crate) const SUCCEEDED: &str = "7ad2d189f7e94e70a38c781354912448";
    /// The main process has exited.
    pub(crate) const PROCESS_EXITED: &str = "98e322203f7a4ed290d09fe03c09fe15";
    /// The unit has failed.
    pub(crate) const FAILED: &str = "d9b373ed55a64feb8242e02dbe79a49c";
    /// An automatic restart is scheduled.
    pub(crate) const RESTART_SCHEDULED: &str = "5eb03494b6584870a536b337290809b3";
    /// A process could not be executed: `Failed at step …`.
    pub(crate) const SPAWN_FAILED: &str = "641257651c1b4ec9a8624d7a40a9e1e7";
    /// journald has dropped lines: `Suppressed 12 messages from a.service`.
    pub(crate) const DROPPED: &str = "a596d6fe7bfa4994828e72309e95d61e";
    /// A process was killed for want of memory.
    pub(crate) const OUT_OF_MEMORY: &str = "fe6faa94e7774663a0da52717891d8ef";
}

impl JournalEntry {
    /// Whether it is of that kind of the catalogue.
    #[must_use]
    pub fn is(&self, id: &str) -> bool {
        self.message_id.as_deref() == Some(id)
    }

    /// Whether it tells that the connection to the control plane is there, or that it is not; nothing where it tells of none.
    #[must_use]
    pub(crate) fn tells_connected(&self) -> Option<bool> {
        let lower = self.message.to_ascii_lowercase();
        let open = ["connected", "connection established", "connection opened", "websocket open"];
        let is_gone = lower.contains("disconnected") || lower.contains("not connected");
        open.iter().any(|word| lower.contains(word)).then_some(!is_gone)
    }

    /// Whether it has these words, which are the manager's, Node's or libuv's: they say in no other way what happened.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        self.message.contains(words)
    }

    /// Whether it tells of the end of the main process.
    #[must_use]
    pub(crate) fn ends_main(&self) -> bool {
        self.is(id::PROCESS_EXITED) && !self.is_of_a_helper()
    }

    /// Whether it is about a command before or after the main process. The message is of the same kind: `Control process
    /// exited, …`; of `ExecCondition=` from systemd 252 on `Condition check process exited, …`.
    #[must_use]
    pub(crate) fn is_of_a_helper(&self) -> bool {
        self.says("Control process") || self.says("Condition check process")
    }
}

impl Journal {
    /// The runs, oldest first, by the order of their first entries.
    #[must_use]
    pub(crate) fn runs(&self) -> Vec<JournalRun<'_>> {
        let mut runs: Vec<JournalRun<'_>> = Vec::new();
        for entry in &self.entries {
            let Some(invocation) = entry.invocation.as_deref() else { continue };
            match runs.iter_mut().rev().find(|run| run.invocation == invocation) {
                Some(run) => run.entries.push(entry),
                None => runs.push(JournalRun { invocation, entries: vec![entry] }),
            }
        }
        runs
    }
}

/// What is logged when a run ends, whoever ended it.
const ENDS: [&str; 5] = [id::PROCESS_EXITED, id::SPAWN_FAILED, id::FAILED, id::SUCCEEDED, id::RESTART_SCHEDULED];

impl JournalRun<'_> {
    /// How the main process ended, if the run has ended.
    #[must_use]
    pub(crate) fn exit(&self) -> Option<Exit> {
        self.entries.iter().rev().find(|entry| entry.ends_main()).and_then(|entry| entry.exit)
    }

    /// Whether it ended without being asked to. `Stopped …` proves nothing: systemd 252 says it at every automatic restart.
    #[must_use]
    pub(crate) fn died(&self) -> bool {
        let told = |id: &str| self.entries.iter().any(|entry| entry.is(id));
        ENDS.iter().any(|end| told(end)) && !told(id::STOPPING)
    }

    /// Whether it ended as it was to, by itself, and systemd has not started it again: its unit does not ask for that then.
    #[must_use]
    pub(crate) fn ended_well(&self) -> bool {
        let told = |id: &str| self.entries.iter().any(|entry| entry.is(id));
        told(id::SUCCEEDED) && !told(id::RESTART_SCHEDULED) && !told(id::FAILED)
    }

    /// When the last of its processes ended that systemd waits for, where the journal has kept that.
    #[must_use]
    pub(crate) fn ended(&self) -> Option<Moment> {
        self.entries.iter().rev().find(|entry| entry.is(id::PROCESS_EXITED)).map(|entry| entry.at)
    }

    /// How long it lived, in seconds: from its first entry to the one that tells of its end.
    #[must_use]
    pub(crate) fn lived(&self) -> u64 {
        // The restart is scheduled once `RestartSec=` has passed, and is logged as the last entry of the old run.
        let ended = self.entries.iter().find(|entry| ENDS.iter().any(|end| entry.is(end)));
        let end = ended.map_or_else(|| self.end(), |entry| entry.at);
        self.entries.first().map_or(0, |first| end.seconds_since(first.at))
    }

    /// When its last entry was written.
    #[must_use]
    pub(crate) fn end(&self) -> Moment {
        self.entries.last().map_or(Moment(0), |last| last.at)
    }
}
