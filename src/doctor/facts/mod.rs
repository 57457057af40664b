//! Everything that is known of a server, read once at the edge: the causes judge this and nothing else.
//!
//! All text in here has its secrets taken out and is printable.

pub(crate) mod condition;
pub(crate) mod connection;
pub(crate) mod deployment;
pub(crate) mod fact;
pub(crate) mod guard;
pub(crate) mod journal;
mod life;
pub(crate) mod policy;
pub(crate) mod process;
pub(crate) mod service;

pub(crate) use crate::report::moment::Moment;
pub(crate) use condition::{Condition, SETTLED};
pub(crate) use connection::{Connections, ControlPlane, Link, LinkState, ProxyServer};
pub(crate) use deployment::{DeployedBundle, Deployment, DeploymentState, Download, ManifestParts};
pub(crate) use fact::{EXHAUSTED, Fact, Unknown};
pub(crate) use guard::{Guard, Hold};
pub(crate) use journal::{Journal, JournalEntry, JournalRun, LogKind, LogPlace, Speaker};
pub(crate) use policy::{ServerPolicy, SignatureDemand};
pub(crate) use process::{Bond, Listener, Motion, Process, Stray, Stuck, UnitDependency};
pub(crate) use service::{Exit, Service};

use crate::systemd::{Unit, UnitFile};

/// The drop-in that fixes write for one unit, where its lines stand in a file that others share. It sorts behind those of
/// people, so that what it says counts.
pub(crate) const OWN_DROP_IN: &str = "zz-bundle-doctor.conf";

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
pub(crate) struct HostFacts {
    /// Its name.
    pub name: Option<String>,
    /// `PRETTY_NAME` of os-release(5).
    pub os: Option<String>,
    /// The version of systemd, such as `252 (252.39-1~deb12u1)`.
    pub systemd: Option<String>,
    /// The id of the boot that runs, as the journal writes it.
    pub boot: Option<String>,
    /// The target that it boots into, such as `multi-user.target`.
    pub target: Option<String>,
}

/// What is at a path, every link followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Presence {
    /// Nothing; the deepest folder above that is there.
    Missing {
        /// Such as `/root/.server-flow`.
        above: String,
        /// A link on the way, where that is what leads to nothing.
        link: Option<DeadLink>,
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

/// A link that leads to nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DeadLink {
    /// Where it is.
    pub path: String,
    /// What it says.
    pub target: String,
    /// Whether it leads back to itself, as far as it is followed.
    pub is_circle: bool,
}

/// A path that the unit names and what is there for the user it runs as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReachedPath {
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
    /// Drop-ins that are left of a unit whose file is gone: they count again once one is written.
    pub left_drop_ins: Vec<UnitFile>,
    /// Whether it is masked: a link to `/dev/null`, or an empty file.
    pub masked_by: Option<String>,
    /// A link in its place that leads to nothing, with where it leads.
    pub dangling: Option<(String, String)>,
    /// What stands at the place of the administrator's unit file and is none: a folder. systemd goes past it.
    pub obstacle: Option<String>,
    /// When the file was last changed.
    pub changed: Option<Moment>,
    /// Whether it is started at boot: by a link in a `.wants` folder, or with another unit that is.
    pub enabled: bool,
    /// Secrets that stand in it, by what they are (`--token`), with their places.
    pub secrets: Vec<SecretInUnit>,
    /// Where the command is started.
    pub working_directory: Fact<ReachedPath>,
    /// The script that is started, seen from there.
    pub script: Fact<ReachedPath>,
    /// The program that is started.
    pub program: Fact<ReachedPath>,
    /// The first line of that program, where it is a script (`#!`, execve(2)).
    pub first_line: Option<String>,
    /// The mount point of a file system on which nothing may be executed (`noexec`, mount(8)), where the program is on one.
    pub noexec: Option<String>,
    /// The files of `EnvironmentFile=` with what they say of Node's options, as if they were settings of the unit.
    pub variables: Vec<UnitFile>,
    /// Those of them that other units read as well.
    pub shared_variables: Vec<String>,
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

/// A Node on the server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ServerNode {
    /// Its path.
    pub path: String,
    /// What `node --version` says, without the `v`.
    pub version: Option<String>,
    /// How `node --version` failed, where it did: it does not run at all.
    pub fault: Option<String>,
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
    /// Where no inode is left, the folders with the most entries, the agent's own first.
    pub crowded: Vec<(u64, String)>,
}

/// A file system of the machine's own list that is not mounted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct UnmountedVolume {
    /// Where it belongs: `/srv`.
    pub point: String,
    /// What says so: `/etc/fstab:7`, or the file of a mount unit.
    pub place: String,
    /// The line there.
    pub line: String,
}

/// A path that an error in the journal names, and that is there now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Restored {
    /// As the journal has it: a package's name, or a path.
    pub named: String,
    /// Where it is now.
    pub path: String,
    /// When it, or the folder it stands in, was last changed (ctime).
    pub changed: Moment,
}

/// What an error in the journal names, that is there, and that the unit's user may not use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RefusedPath {
    /// As the journal has it: a package's name, or a path.
    pub named: String,
    /// The component that refuses.
    pub at: String,
    /// Its owner and mode.
    pub why: String,
    /// Whether it belongs to that user.
    pub is_users: bool,
}

/// A unit that may be meant where there is none of the name that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SimilarUnit {
    /// Its name.
    pub name: String,
    /// Whether it starts the agent.
    pub starts_agent: bool,
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
    pub host: HostFacts,
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
    /// What people have kept beside the bundle under a name of their own, the newest first.
    pub kept: Vec<Deployment>,
    /// Who may change what is at the paths that a fix could touch.
    pub guards: Vec<Guard>,
    /// What a bundle has to satisfy here.
    pub policy: ServerPolicy,
    /// What an update left in the temporary folder.
    pub download: Fact<Option<Download>>,
    /// The file systems of the agent's home, the temporary folder and the unit files.
    pub volumes: Vec<Volume>,
    /// The manager's own settings (systemd-system.conf(5)), the file and drop-in that count least first.
    pub manager_files: Vec<UnitFile>,
    /// What the manager gives every service as `NODE_OPTIONS`, where the agent does not run.
    pub manager_options: Option<String>,
    /// Who listens where.
    pub listeners: Fact<Vec<Listener>>,
    /// Where the agent connects to; none where nothing on the server says.
    pub control_plane: Fact<Option<ControlPlane>>,
    /// Agents that run outside the unit.
    pub strays: Fact<Vec<Stray>>,
    /// The units that this one needs, or that may have stopped it, where it does not run.
    pub dependencies: Vec<UnitDependency>,
    /// What the journal says is missing, and is there by now, with when it came.
    pub restored: Vec<Restored>,
    /// What errors in the journal name, and the unit's user may not use.
    pub refused: Vec<RefusedPath>,
    /// What the kernel, and what ends processes for want of memory, have said of processes, oldest first.
    pub told_of_processes: Vec<JournalEntry>,
    /// Other units that may be meant, where there is none of this name.
    pub similar: Vec<SimilarUnit>,
    /// The file system that the bundle is on, where that is not mounted.
    pub unmounted: Option<UnmountedVolume>,
    /// The commands that were run.
    pub ran: Vec<Ran>,
}

impl Facts {
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
            Condition::Unknown if !runs.first().is_some_and(JournalRun::died) => Vec::new(),
            Condition::Running | Condition::Starting => {
                runs.into_iter().filter(|run| Some(run.invocation) == current).flat_map(|run| run.entries).collect()
            }
            Condition::Looping | Condition::Down | Condition::Unknown => {
                let replaced = self.deployment.inspected().and_then(|inspected| inspected.replaced);
                let early = |(at, run): &(usize, JournalRun<'_>)| *at == 0 || (run.died() && run.lived() < SETTLED);
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

    /// Whether nothing of an agent is here: no unit, no bundle nor backup, no home of it, no process.
    #[must_use]
    pub(crate) fn has_no_agent(&self) -> bool {
        let absent = |deployment: &Deployment| deployment.state.known() == Some(&DeploymentState::Absent);
        let unit = self.unit.known().is_some_and(|unit| unit.unit.files.is_empty() && unit.masked_by.is_none());
        let loaded = self.service.known().is_none_or(|service| service.load_state == "not-found");
        let process = self.process.known().is_some_and(Option::is_some);
        let strays = self.strays.known().is_some_and(|strays| !strays.is_empty());
        let told = self.journal.known().is_some_and(|journal| !journal.entries.is_empty());
        unit && loaded && absent(&self.deployment) && absent(&self.backup) && !process && !strays && !told
    }

    /// What is said where nothing of an agent is here.
    #[must_use]
    pub(crate) fn no_agent(&self) -> String {
        match &self.reach {
            Reach::Live => "there is no agent on this machine".to_owned(),
            Reach::Mounted(root) => format!("there is no agent on the disk at {root}"),
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
