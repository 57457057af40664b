//! The processes of the agent: the service's own, and others that are the agent as well (proc(5)).

use super::connection::Connections;
use super::fact::Fact;
use crate::report::moment::Moment;

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
    /// Whether it gets to run at all.
    pub motion: Motion,
    /// The connections to the control plane that it and its children hold.
    pub connections: Fact<Connections>,
}

impl Process {
    /// Milliseconds for which it computed without a pause, where its connection stands and nothing is left unread in it: an
    /// event loop that is stuck does that, and one that always has something to do.
    #[must_use]
    pub(crate) fn busy(&self) -> Option<u64> {
        let Motion::Stuck(stuck) = &self.motion else { return None };
        stuck.ran.filter(|_| stuck.unread.is_none() && self.is_connected() == Some(true))
    }

    /// Whether it is connected to its own control plane; nothing where that could not be told.
    #[must_use]
    pub(crate) fn is_connected(&self) -> Option<bool> {
        self.connections.known().map(Connections::is_connected)
    }
}

/// Whether a process gets to run (`/proc/PID/stat`, cgroups(7)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Motion {
    /// It runs, or waits for something to do.
    Moves,
    /// A signal has stopped it (SIGSTOP, SIGTSTP): state `T`.
    Stopped,
    /// Another process traces it, and holds it: state `t`.
    Traced {
        /// The process that does.
        by: Option<u32>,
    },
    /// The freezer of its control group holds it.
    Frozen {
        /// The file that says so.
        says: String,
    },
    /// Its main thread runs, or should, and does not get on with anything else.
    Stuck(Stuck),
}

/// What shows that an event loop does not turn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stuck {
    /// Whose main thread it is: the main process, or what that has started and holds the connection.
    pub pid: u32,
    /// Milliseconds on a processor without a pause.
    pub ran: Option<u64>,
    /// What came and is not read or taken: `38 bytes from 10.0.0.9:4000, unread`, `port 3001: 2 not taken`.
    pub unread: Option<String>,
    /// What it waits for all the time, where that is none of its connections, by the kernel's name of it: `futex_do_wait`.
    pub waits: Option<String>,
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

/// An agent that runs outside the unit: started by hand, by pm2, by another unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stray {
    /// Its number.
    pub pid: u32,
    /// Its command line, secrets taken out.
    pub command: String,
    /// The service it belongs to, where it belongs to one.
    pub unit: Option<String>,
    /// The script by which pm2 knows it, where that has started it and would do so again.
    pub pm2: Option<String>,
}

impl Stray {
    /// The user, by number, whose own manager runs it, and the unit's name there (user@.service(5)).
    #[must_use]
    pub(crate) fn of_user(&self) -> Option<(u32, &str)> {
        let (user, unit) = self.unit.as_deref()?.strip_prefix("user@")?.split_once(".service/")?;
        Some((user.parse().ok()?, unit))
    }
}

/// What a unit is to this one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bond {
    /// Without it this one is not started: `Requires=`, `Requisite=`, `BindsTo=`.
    Needed,
    /// This one is stopped with it: `PartOf=`.
    Whole,
    /// Only one of the two may run: `Conflicts=`.
    Rival,
}

/// A unit that this one needs, or that may have stopped it, as its manager has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct UnitDependency {
    /// What it is to this one.
    pub bond: Bond,
    /// Its name.
    pub unit: String,
    /// `loaded`, `not-found`, `masked`, …
    pub load_state: String,
    /// `active`, `failed`, `inactive`, …
    pub active_state: String,
    /// `exit-code`, …
    pub result: String,
}
