//! Everything that is known of a server, read once at the edge: the causes judge this and nothing else.
//!
//! All text in here has its secrets taken out and is printable.

pub(crate) mod deployment;
pub(crate) mod fact;
pub(crate) mod guard;
pub(crate) mod journal;
pub(crate) mod policy;
pub(crate) mod service;

pub(crate) use crate::report::moment::Moment;
pub(crate) use deployment::{DeployedBundle, Deployment, DeploymentState, Download};
pub(crate) use fact::{EXHAUSTED, Fact, Unknown};
pub(crate) use guard::{Guard, Hold};
pub(crate) use journal::{Journal, JournalEntry, Run, Speaker};
pub(crate) use policy::ServerPolicy;
pub(crate) use service::{Exit, Service};

use crate::systemd::Unit;

/// How the server was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    /// This machine, live.
    Live,
    /// The files of a machine that is not running here, below this folder.
    Mounted(String),
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Caller {
    /// Effective user id.
    pub uid: u32,
    /// The user's name, where the system knows one.
    pub name: Option<String>,
}

/// Names and places of the agent on this server: the configuration's, or the source document's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct AgentPlaces {
    /// The unit, with its suffix.
    pub unit: String,
    /// The agent's home, such as `/root/.server-flow`.
    pub home: String,
    /// The deployed bundle.
    pub bundle: String,
    /// Where step 2 of the update moves it.
    pub backup: String,
    /// Where step 1 of the update puts the archive.
    pub download: String,
}

/// The machine.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Host {
    /// Its name.
    pub name: Option<String>,
    /// `PRETTY_NAME` of os-release(5).
    pub os: Option<String>,
    /// The version of systemd, such as `252 (252.39-1~deb12u1)`.
    pub systemd: Option<String>,
}

/// What is at a path, every link followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Presence {
    /// Nothing; the deepest folder above that is there.
    Missing {
        /// Such as `/root/.server-flow`.
        above: String,
    },
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// In bytes.
        size: u64,
        /// Whether anyone may execute it.
        executable: bool,
    },
    /// Something else.
    Other,
    /// The user of the unit cannot reach or use it.
    Denied {
        /// The component that refuses.
        at: String,
        /// Its owner and mode, as `ls -l` shows them.
        why: String,
    },
}

/// A path that the unit names and what is there for the user it runs as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reached {
    /// Absolute.
    pub path: String,
    /// What is there.
    pub presence: Presence,
}

/// The unit file on the disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct UnitOnDisk {
    /// The file and its drop-ins; no files where there is no unit.
    pub unit: Unit,
    /// Whether it is masked: a link to `/dev/null`, or an empty file.
    pub masked_by: Option<String>,
    /// When the file was last changed.
    pub changed: Option<Moment>,
    /// Whether it is wanted by a target at boot: a link in a `.wants` folder.
    pub enabled: bool,
    /// Secrets that stand in it, by what they are (`--token`), with their places.
    pub secrets: Vec<SecretInUnit>,
    /// Where the command is started.
    pub working_directory: Fact<Reached>,
    /// The script that is started, seen from there.
    pub script: Fact<Reached>,
    /// The program that is started.
    pub program: Fact<Reached>,
    /// The first line of that program, where it is a script (`#!`, execve(2)).
    pub first_line: Option<String>,
    /// The mount point of a file system on which nothing may be executed (`noexec`, mount(8)), where the program is on one.
    pub noexec: Option<String>,
    /// The user it runs as.
    pub account: Fact<Option<Account>>,
}

/// A secret that anyone who may run `systemctl status` or `ps` can read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SecretInUnit {
    /// `--token`, `Environment=API_KEY`.
    pub what: String,
    /// `FILE:LINE`.
    pub place: String,
}

/// A user (passwd(5)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Account {
    /// Its name.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// Its group's number.
    pub gid: u32,
    /// Its home.
    pub home: String,
}

/// The running main process (proc(5)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Process {
    /// Its number.
    pub pid: u32,
    /// Its working directory now: a folder that was moved shows its new path.
    pub directory: Option<String>,
    /// Whether that folder has been deleted.
    pub directory_deleted: bool,
    /// The program.
    pub program: Option<String>,
    /// Its command line, secrets taken out.
    pub command: Vec<String>,
    /// When it was started.
    pub started: Option<Moment>,
    /// Whether it has a connection to the control plane; nothing where the address is not known.
    pub connected: Option<bool>,
}

/// A Node on the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ServerNode {
    /// Its path.
    pub path: String,
    /// What `node --version` says, without the `v`.
    pub version: Option<String>,
}

/// A file system that the agent writes to (statvfs(3)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Volume {
    /// A folder of the agent's on it.
    pub path: String,
    /// Bytes that root may still write.
    pub free: u64,
    /// Bytes in all.
    pub size: u64,
    /// Inodes that are left; nothing where the file system has no fixed number.
    pub free_inodes: Option<u64>,
}

/// Who listens on a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Listener {
    /// The TCP port.
    pub port: u16,
    /// The process, where it may be seen.
    pub pid: Option<u32>,
    /// Its command line, secrets taken out.
    pub command: Option<String>,
    /// The unit it belongs to, where it belongs to one.
    pub unit: Option<String>,
}

/// Where the agent connects to: the `--url` of its command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ControlPlane {
    /// The address without credentials.
    pub url: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// One command that was run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ran {
    /// What it is for: `systemctl-show`.
    pub id: &'static str,
    /// As it would be typed.
    pub command: String,
    /// Its exit code; nothing where it could not be run, or was stopped.
    pub status: Option<i32>,
    /// Milliseconds.
    pub took: u64,
    /// What went wrong, in one line.
    pub fault: Option<String>,
    /// What it printed, secrets taken out; for people, and for `-v`.
    pub output: Vec<String>,
}

/// Everything that is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Facts {
    /// When it was looked at.
    pub at: Moment,
    /// Live, or a mounted disk.
    pub reach: Reach,
    /// Who asks.
    pub caller: Caller,
    /// The agent's names and places.
    pub places: AgentPlaces,
    /// The machine.
    pub host: Host,
    /// The unit's files.
    pub unit: Fact<UnitOnDisk>,
    /// The service; unknown where there is no systemd that could be asked.
    pub service: Fact<Service>,
    /// The journal.
    pub journal: Fact<Journal>,
    /// The main process; none where nothing runs.
    pub process: Fact<Option<Process>>,
    /// The Node that the unit starts; none where its program is not there.
    pub node: Fact<Option<ServerNode>>,
    /// Others that were found, for a fix.
    pub other_nodes: Vec<ServerNode>,
    /// Paths of pnpm and npm, pnpm first, as root would find them; for a fix.
    pub package_managers: Vec<String>,
    /// The deployed bundle.
    pub deployment: Deployment,
    /// The backup of the last update.
    pub backup: Deployment,
    /// A bundle inside the backup, where a second update moved it to.
    pub nested_backup: Option<Deployment>,
    /// What fixes have put aside, the newest first.
    pub put_aside: Vec<Deployment>,
    /// Who may change what is at the paths that a fix could touch.
    pub guards: Vec<Guard>,
    /// What a bundle has to satisfy here.
    pub policy: ServerPolicy,
    /// What an update left in the temporary folder.
    pub download: Fact<Option<Download>>,
    /// The file systems of the agent's home, the temporary folder and the unit files.
    pub volumes: Vec<Volume>,
    /// Who listens where.
    pub listeners: Fact<Vec<Listener>>,
    /// Where the agent connects to.
    pub control_plane: Option<ControlPlane>,
    /// The commands that were run.
    pub ran: Vec<Ran>,
}

/// How the service fares now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Condition {
    /// It runs, and has for long enough.
    Running,
    /// It dies and is started again and again.
    Looping,
    /// It does not run: failed, or never came up.
    Down,
    /// It does not run, and was stopped on purpose or never started.
    Stopped,
    /// That could not be learnt.
    Unknown,
}

/// Seconds that an agent must have stayed up to count as running: longer than `RestartSec=10` of the document's unit.
pub(crate) const SETTLED: u64 = 15;

impl Facts {
    /// How the service fares now.
    #[must_use]
    pub(crate) fn condition(&self) -> Condition {
        let Some(service) = self.service.known() else { return Condition::Unknown };
        if service.waits_for_restart() {
            return Condition::Looping;
        }
        if service.runs() {
            return if self.dies_again(service) { Condition::Looping } else { Condition::Running };
        }
        match service.active_state.as_str() {
            "activating" | "active" | "deactivating" if self.streak() > 0 => Condition::Looping,
            "inactive" if self.ended_by_itself() => Condition::Down,
            "inactive" => Condition::Stopped,
            _ => Condition::Down,
        }
    }

    /// Seconds since the main process was started; nothing where it does not run, or that is not known.
    #[must_use]
    pub(crate) fn up(&self) -> Option<u64> {
        let service = self.service.known().filter(|service| service.runs())?;
        service.started.or(service.active_since).map(|since| self.at.seconds_since(since))
    }

    /// Whether a service that is up at this moment is in a loop that shows `active` for a moment: restarted by its
    /// manager, and not yet up for longer than the runs before it lived.
    fn dies_again(&self, service: &Service) -> bool {
        // A start by hand sets the counter back to 0 (`NRestarts`, org.freedesktop.systemd1(5)).
        if service.restarts.unwrap_or(0) == 0 {
            return false;
        }
        let up = self.up().unwrap_or(u64::MAX);
        let runs = self.runs();
        // Restarts were counted, and no run before this one was written down: a journal that is off or may not be read.
        if runs.iter().all(|run| Some(run.invocation) == service.invocation.as_deref()) {
            return up < SETTLED;
        }
        let past = runs.iter().rev().filter(|run| Some(run.invocation) != service.invocation.as_deref());
        let dead = past.take_while(|run| run.died()).filter(|run| self.at.seconds_since(run.end()) <= LOOP_WINDOW);
        let longest = dead.map(Run::lived).max();
        longest.is_some_and(|longest| up < SETTLED.max(longest.saturating_mul(2)))
    }

    /// Whether the last run ended without being stopped by hand.
    fn ended_by_itself(&self) -> bool {
        let failed = self.service.known().is_some_and(|service| !matches!(service.result.as_str(), "" | "success"));
        failed && self.runs().last().is_none_or(Run::died)
    }

    /// The runs of the service, oldest first.
    #[must_use]
    pub(crate) fn runs(&self) -> Vec<Run<'_>> {
        self.journal.known().map(Journal::runs).unwrap_or_default()
    }

    /// How many runs in a row have died by themselves up to now, as far as the journal was read. The run that is up now
    /// is not counted.
    #[must_use]
    pub(crate) fn streak(&self) -> usize {
        let current =
            self.service.known().filter(|service| service.runs()).and_then(|service| service.invocation.clone());
        let runs = self.runs();
        let past = runs.iter().rev().filter(|run| Some(run.invocation) != current.as_deref());
        past.take_while(|run| run.died()).count()
    }

    /// The entries that belong to the present, newest run first: of the run that is up now, or, where the service does
    /// not stay up, of the last run and of those right before it that died early. What stood in the journal before the
    /// last good start proves nothing, nor does what was said of a bundle that has been replaced since.
    #[must_use]
    pub(crate) fn present(&self) -> Vec<&JournalEntry> {
        let current = self.service.known().and_then(|service| service.invocation.as_deref());
        let mut runs = self.runs();
        runs.reverse();
        match self.condition() {
            Condition::Stopped => Vec::new(),
            // How the last run ended is all that a disk tells.
            Condition::Unknown if !runs.first().is_some_and(Run::died) => Vec::new(),
            Condition::Running => {
                runs.into_iter().filter(|run| Some(run.invocation) == current).flat_map(|run| run.entries).collect()
            }
            Condition::Looping | Condition::Down | Condition::Unknown => {
                let replaced = self.deployment.inspected().and_then(|inspected| inspected.replaced);
                let early = |(at, run): &(usize, Run<'_>)| *at == 0 || (run.died() && run.lived() < SETTLED);
                // The newest run of a loop may have said nothing yet; it does not part the others from the present.
                let unfinished = runs.first().is_some_and(|run| !run.died() && Some(run.invocation) == current);
                let skip = usize::from(unfinished && runs.len() > 1);
                let newest = runs.iter().take(skip).cloned().collect::<Vec<_>>();
                let dead = runs.into_iter().skip(skip).enumerate().take_while(early);
                let entries = newest.into_iter().chain(dead.map(|(_, run)| run)).flat_map(|run| run.entries);
                entries.filter(|entry| replaced.is_none_or(|replaced| entry.at >= replaced)).collect()
            }
        }
    }

    /// Whether the caller is root.
    #[must_use]
    pub(crate) const fn is_root(&self) -> bool {
        self.caller.uid == 0
    }

    /// Whether the server runs, as opposed to being a mounted disk.
    #[must_use]
    pub(crate) fn is_live(&self) -> bool {
        self.reach == Reach::Live
    }
}

/// Seconds after which a death says nothing of a service that is up at this moment.
const LOOP_WINDOW: u64 = 300;
