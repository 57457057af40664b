//! The service as its manager sees it: what `systemctl show` says (org.freedesktop.systemd1(5)).

use crate::report::moment::Moment;

/// The properties of a unit, with systemd's own words for states.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Service {
    /// `loaded`, `not-found`, `bad-setting`, `error`, `masked`.
    pub load_state: String,
    /// Why it could not be loaded; empty where it could.
    pub load_error: String,
    /// `active`, `activating`, `inactive`, `failed`, …
    pub active_state: String,
    /// `running`, `auto-restart`, `dead`, …
    pub sub_state: String,
    /// `enabled`, `disabled`, `static`, `masked`, …; empty where there is no file.
    pub unit_file_state: String,
    /// How the last run ended: `success`, `exit-code`, `signal`, `oom-kill`, `resources`, …
    pub result: String,
    /// How the main process ended, if one has.
    pub exit: Option<Exit>,
    /// How often the manager restarted it by itself since it was last started by hand (`NRestarts`).
    pub restarts: Option<u32>,
    /// Whether the files on the disk are newer than what the manager has loaded.
    pub need_daemon_reload: bool,
    /// The unit file; nothing where there is none.
    pub fragment_path: Option<String>,
    /// The drop-ins, in order.
    pub drop_in_paths: Vec<String>,
    /// The working directory that is loaded, as systemd shows it (a `!` in front stands for the `-` of the file).
    pub working_directory: Option<String>,
    /// The command that is loaded, in words.
    pub exec_start: Vec<String>,
    /// The user that is loaded; empty for root.
    pub user: String,
    /// The policy that is loaded: `always`, `on-failure`, `no`, …
    pub restart: String,
    /// Microseconds between the end of a run and the next (`RestartUSec`).
    pub restart_pause: Option<u64>,
    /// The running main process.
    pub main_pid: Option<u32>,
    /// The main process of the current or the last run, whether it still runs or not.
    pub last_pid: Option<u32>,
    /// Since when it is active; nothing while it is not.
    pub active_since: Option<Moment>,
    /// Since when it is in this state.
    pub state_since: Option<Moment>,
    /// When the main process was last started.
    pub started: Option<Moment>,
    /// When the main process last ended.
    pub ended: Option<Moment>,
    /// The id of the current or the last run, as the journal's entries carry it.
    pub invocation: Option<String>,
    /// `simple`, `notify`, `forking`, …
    pub kind: String,
    /// The running process of `ExecStartPre=` and its like.
    pub control_pid: Option<u32>,
    /// `running`, `frozen`, …; empty before systemd 246.
    pub freezer: String,
    /// Whether a condition or an assertion was not met when it was last to be started.
    pub unmet: bool,
    /// The job that waits in the manager's queue for it.
    pub job: Option<u32>,
    /// The units that the manager is at work on meanwhile, with what it does: `net-wait.service (start)`.
    pub at_work: Vec<String>,
    /// The units without which it is not started.
    pub needs: Vec<String>,
}

/// How a process ended (wait(2)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// By itself, with this code.
    Code(u32),
    /// By this signal.
    Signal(u32),
}

impl Service {
    /// Whether its main process is there now.
    #[must_use]
    pub(crate) fn runs(&self) -> bool {
        self.active_state == "active" && self.main_pid.is_some()
    }

    /// Whether its start is asked for, and waits in the manager's queue for others (systemd.unit(5), `After=`).
    #[must_use]
    pub(crate) fn is_queued(&self) -> bool {
        self.job.is_some() && matches!(self.active_state.as_str(), "inactive" | "failed")
    }

    /// Whether systemd waits to start it again: a loop under `Restart=` is here for most of its time, never `failed`.
    #[must_use]
    pub(crate) fn waits_for_restart(&self) -> bool {
        self.sub_state.starts_with("auto-restart")
    }

    /// The code that the service manager itself or the program ended with.
    #[must_use]
    pub(crate) const fn exit_code(&self) -> Option<u32> {
        match self.exit {
            Some(Exit::Code(code)) => Some(code),
            _ => None,
        }
    }
}

/// The name of an exit code of the service manager, as systemd.exec(5) lists them ("Process Exit Codes"); the codes
/// below 200 are the LSB's and the program's own.
#[must_use]
pub(crate) const fn exit_name(code: u32) -> Option<&'static str> {
    Some(match code {
        0 => "SUCCESS",
        1 => "FAILURE",
        2 => "INVALIDARGUMENT",
        3 => "NOTIMPLEMENTED",
        4 => "NOPERMISSION",
        5 => "NOTINSTALLED",
        6 => "NOTCONFIGURED",
        7 => "NOTRUNNING",
        200 => "CHDIR",
        201 => "NICE",
        202 => "FDS",
        203 => "EXEC",
        204 => "MEMORY",
        205 => "LIMITS",
        206 => "OOM_ADJUST",
        207 => "SIGNAL_MASK",
        208 => "STDIN",
        209 => "STDOUT",
        210 => "CHROOT",
        211 => "IOPRIO",
        212 => "TIMERSLACK",
        213 => "SECUREBITS",
        214 => "SETSCHEDULER",
        215 => "CPUAFFINITY",
        216 => "GROUP",
        217 => "USER",
        218 => "CAPABILITIES",
        219 => "CGROUP",
        220 => "SETSID",
        221 => "CONFIRM",
        222 => "STDERR",
        224 => "PAM",
        225 => "NETWORK",
        226 => "NAMESPACE",
        227 => "NO_NEW_PRIVILEGES",
        228 => "SECCOMP",
        229 => "SELINUX_CONTEXT",
        230 => "PERSONALITY",
        231 => "APPARMOR",
        232 => "ADDRESS_FAMILIES",
        233 => "RUNTIME_DIRECTORY",
        235 => "CHOWN",
        236 => "SMACK_PROCESS_LABEL",
        237 => "KEYRING",
        238 => "STATE_DIRECTORY",
        239 => "CACHE_DIRECTORY",
        240 => "LOGS_DIRECTORY",
        241 => "CONFIGURATION_DIRECTORY",
        242 => "NUMA_POLICY",
        243 => "CREDENTIALS",
        245 => "BPF",
        _ => return None,
    })
}

/// The exit code of that name.
#[must_use]
pub(crate) fn exit_number(name: &str) -> Option<u32> {
    (0..=255).find(|code| exit_name(*code) == Some(name))
}

/// The name of a signal on Linux (signal(7)), for those that end a service.
#[must_use]
pub(crate) const fn signal_name(signal: u32) -> Option<&'static str> {
    Some(match signal {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        4 => "ILL",
        5 => "TRAP",
        6 => "ABRT",
        7 => "BUS",
        8 => "FPE",
        9 => "KILL",
        10 => "USR1",
        11 => "SEGV",
        12 => "USR2",
        13 => "PIPE",
        14 => "ALRM",
        15 => "TERM",
        24 => "XCPU",
        25 => "XFSZ",
        31 => "SYS",
        _ => return None,
    })
}
