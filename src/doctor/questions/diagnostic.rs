//! The read-only commands of `doctor`: there is no way to run another.

/// The read-only commands of `doctor`, and all that may vary in them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Diagnostic<'a> {
    /// The properties of a unit (`systemctl show`).
    Show(&'a str),
    /// What the document tells people to look at (`systemctl status`).
    Status(&'a str),
    /// The unit's files as the manager finds them (`systemctl cat`).
    Cat(&'a str),
    /// The version of systemd.
    Version,
    /// The newest entries of the unit (`journalctl -u`).
    Journal {
        /// The unit.
        unit: &'a str,
        /// How many.
        lines: u32,
        /// From when on, as journalctl understands it.
        since: Option<&'a str>,
        /// Read the files below this folder instead of the machine's own.
        directory: Option<&'a str>,
        /// The journal of this namespace instead of the system's (`LogNamespace=`).
        namespace: Option<&'a str>,
    },
    /// The newest entries about the unit from the manager and its children, which `-u` sometimes loses.
    ManagerJournal {
        /// The unit.
        unit: &'a str,
        /// How many.
        lines: u32,
        /// From when on, as journalctl understands it.
        since: Option<&'a str>,
        /// Read the files below this folder instead of the machine's own.
        directory: Option<&'a str>,
    },
    /// The newest entries of the kernel, and of what ends processes for want of memory.
    MachineJournal {
        /// How many.
        lines: u32,
        /// From when on, as journalctl understands it.
        since: Option<&'a str>,
        /// Read the files below this folder instead of the machine's own.
        directory: Option<&'a str>,
    },
    /// The document's listing of the deployment (`ls -la`).
    Listing(&'a str),
    /// The version of the Node at that path.
    NodeVersion(&'a str),
    /// One user of the system's (`getent passwd`).
    User(&'a str),
    /// What a host's name leads to (`getent ahosts`).
    Addresses(&'a str),
    /// The established connections to a port, with what the kernel counts of them (`ss`).
    Connections(u16),
    /// The folders with the most entries of their own, on one file system (`du`).
    Crowded(&'a str),
    /// The states of the units that a unit needs (`systemctl show`).
    States(&'a [String]),
    /// What the manager is at work on, and what waits behind that (`systemctl list-jobs`).
    Jobs,
    /// The boots that the journal knows, each with its first and last entry (`journalctl --list-boots`).
    Boots,
    /// The variables that the manager gives every service (`systemctl show-environment`).
    ManagerEnvironment,
}

/// Fields of a journal entry that are asked for: more would be read, sent and thrown away.
const FIELDS: &str = "--output-fields=MESSAGE,MESSAGE_ID,_PID,_UID,_SYSTEMD_UNIT,UNIT,_SYSTEMD_INVOCATION_ID,\
    INVOCATION_ID,SYSLOG_IDENTIFIER,EXIT_CODE,EXIT_STATUS,_BOOT_ID,_COMM,_CMDLINE";

/// The fields that an entry has when they are asked for; `journalctl` gives its address and its times with them.
pub(crate) fn journal_fields() -> impl Iterator<Item = &'static str> {
    let asked = FIELDS.split_once('=').map_or("", |(_, names)| names).split(',');
    asked.chain(["__CURSOR", "__REALTIME_TIMESTAMP", "__MONOTONIC_TIMESTAMP"])
}

/// What the kernel writes, and what earlyoom does (earlyoom(1)), which ends processes before the kernel has to.
const KERNEL: &str = "_TRANSPORT=kernel";
const EARLYOOM: &str = "_SYSTEMD_UNIT=earlyoom.service";

/// What is said of a process by its number or by its name: of want of memory, a crash, a call or a file that a policy forbids.
/// Words of the kernel (oom_kill.c, fault.c, traps.c, auditsc.c, the audit lines of SELinux and AppArmor) and of earlyoom.
pub(crate) const OF_PROCESSES: [&str; 9] = [
    "Killed process ",
    "Kill process ",
    "segfault at ",
    "traps: ",
    "type=1326 ",
    "apparmor=\"DENIED\"",
    "avc:  denied",
    "sending SIG",
    // Before journald runs, systemd writes to the kernel's log.
    "deleted to break ordering cycle",
];

/// The properties that are asked for: all of them are 300 lines.
const PROPERTIES: &str = "--property=Id,Names,LoadState,LoadError,ActiveState,SubState,UnitFileState,Result,ExecMainCode,\
    ExecMainStatus,NRestarts,NeedDaemonReload,FragmentPath,DropInPaths,WorkingDirectory,ExecStart,User,Restart,\
    RestartUSec,MainPID,ExecMainPID,ActiveEnterTimestampMonotonic,StateChangeTimestampMonotonic,ExecMainStartTimestampMonotonic,\
    ExecMainExitTimestampMonotonic,InvocationID,Type,SourcePath,ControlPID,FreezerState,ConditionResult,\
    ConditionTimestampMonotonic,AssertResult,AssertTimestampMonotonic,Requires,Requisite,BindsTo,\
    Job";

/// The properties of a unit that another one needs.
const STATES: &str = "--property=Id,LoadState,ActiveState,Result";

/// Whether a variable is named after the address of the control plane, or of the agent's.
#[must_use]
pub(crate) fn names_control_plane(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let plain: String = name.chars().filter(char::is_ascii_alphabetic).collect();
    name.ends_with("URL") && ["CONTROLPLANE", "SERVERFLOW", "AGENT"].iter().any(|word| plain.contains(word))
        || name == "URL"
}

impl Diagnostic<'_> {
    /// What is kept of what it says, and may come into a capture: of the manager's variables, which may hold anything, those
    /// that are asked for, and of the kernel's log the lines about processes.
    #[must_use]
    pub(crate) fn kept(&self, said: String) -> String {
        match self {
            Self::ManagerEnvironment => {
                let name = |line: &str| line.split_once('=').map(|(name, _)| name.to_owned());
                let is_kept = |name: String| name == "NODE_OPTIONS" || names_control_plane(&name);
                said.split_inclusive('\n').filter(|line| name(line).is_some_and(is_kept)).collect()
            }
            Self::MachineJournal { .. } => {
                // In JSON a quotation mark is escaped.
                let starts = OF_PROCESSES.map(|words| words.split('"').next().unwrap_or_default());
                let is_about_one = |line: &&str| starts.iter().any(|start| line.contains(start));
                said.split_inclusive('\n').filter(is_about_one).collect()
            }
            _ => said,
        }
    }

    /// What it is called in the report.
    #[must_use]
    pub(crate) const fn id(&self) -> &'static str {
        match self {
            Self::Show(_) => "systemctl-show",
            Self::Status(_) => "systemctl-status",
            Self::Cat(_) => "systemctl-cat",
            Self::Version => "systemctl-version",
            Self::Journal { .. } => "journalctl-unit",
            Self::ManagerJournal { .. } => "journalctl-manager",
            Self::MachineJournal { .. } => "journalctl-kernel",
            Self::Listing(_) => "listing",
            Self::NodeVersion(_) => "node-version",
            Self::User(_) => "user",
            Self::Addresses(_) => "addresses",
            Self::Connections(_) => "connections",
            Self::Crowded(_) => "crowded-folders",
            Self::States(_) => "systemctl-states",
            Self::Jobs => "systemctl-jobs",
            Self::ManagerEnvironment => "systemctl-environment",
            Self::Boots => "journalctl-boots",
        }
    }

    /// The command in words.
    #[must_use]
    pub(crate) fn words(&self) -> Vec<String> {
        let words = |fixed: &[&str], last: &str| -> Vec<String> {
            fixed.iter().copied().chain([last]).map(str::to_owned).collect()
        };
        match self {
            Self::Show(unit) => words(&["systemctl", "show", "--no-pager", PROPERTIES, "--"], unit),
            Self::Status(unit) => words(&["systemctl", "status", "--no-pager", "--full", "--lines=20", "--"], unit),
            Self::Cat(unit) => words(&["systemctl", "cat", "--no-pager", "--"], unit),
            Self::Version => words(&["systemctl"], "--version"),
            Self::Journal { unit, lines, since, directory, namespace } => {
                let mut words = journalctl(*lines, *since, *directory, &format!("--unit={unit}"));
                words.extend(namespace.map(|namespace| format!("--namespace={namespace}")));
                words
            }
            Self::ManagerJournal { unit, lines, since, directory } => {
                let mut words = journalctl(*lines, *since, *directory, "_UID=0");
                words.push(format!("UNIT={unit}"));
                words
            }
            Self::MachineJournal { lines, since, directory } => {
                let mut words = journalctl(*lines, *since, *directory, KERNEL);
                words.extend(["+", EARLYOOM].map(str::to_owned));
                words
            }
            Self::Listing(path) => words(&["ls", "-la", "--"], path),
            Self::NodeVersion(path) => words(&[path], "--version"),
            Self::User(name) => words(&["getent", "passwd", "--"], name),
            Self::Addresses(host) => words(&["getent", "ahosts", "--"], host),
            Self::Connections(port) => {
                words(&["ss", "-Htnie", "state", "established", "dport", "="], &format!(":{port}"))
            }
            Self::Crowded(path) => words(&["du", "-xS", "--inodes", "--threshold=100", "--"], path),
            Self::Jobs => words(&["systemctl", "list-jobs", "--no-pager", "--no-legend"], "--full"),
            Self::ManagerEnvironment => words(&["systemctl"], "show-environment"),
            Self::Boots => words(&["journalctl", "--no-pager"], "--list-boots"),
            Self::States(units) => {
                let fixed = ["systemctl", "show", "--no-pager", STATES, "--"];
                fixed.iter().map(|word| (*word).to_owned()).chain(units.iter().cloned()).collect()
            }
        }
    }
}

fn journalctl(lines: u32, since: Option<&str>, directory: Option<&str>, of: &str) -> Vec<String> {
    let mut words: Vec<String> = ["journalctl", "--no-pager", "--quiet", "--output=json", "--all", FIELDS]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("--lines={lines}")])
        .collect();
    words.extend(since.map(|since| format!("--since={since}")));
    words.extend(directory.map(|directory| format!("--directory={directory}")));
    words.push(of.to_owned());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command there is, with values that try to be something else.
    fn all() -> Vec<Vec<String>> {
        let odd = "--now";
        let units = [odd.to_owned()];
        let journal = |directory| Diagnostic::Journal {
            unit: odd,
            lines: 5,
            since: Some("--rotate"),
            directory,
            namespace: Some("--flush"),
        };
        let manager = |directory| Diagnostic::ManagerJournal { unit: odd, lines: 5, since: None, directory };
        let all = [
            Diagnostic::Show(odd),
            Diagnostic::Status(odd),
            Diagnostic::Cat(odd),
            Diagnostic::Version,
            journal(None),
            journal(Some("--vacuum-size=1")),
            manager(None),
            manager(Some("/x")),
            Diagnostic::MachineJournal { lines: 5, since: Some("--rotate"), directory: Some("--flush") },
            Diagnostic::Listing(odd),
            Diagnostic::NodeVersion("/usr/bin/node"),
            Diagnostic::User(odd),
            Diagnostic::Addresses(odd),
            Diagnostic::Connections(4000),
            Diagnostic::Crowded(odd),
            Diagnostic::States(&units),
            Diagnostic::Jobs,
            Diagnostic::ManagerEnvironment,
            Diagnostic::Boots,
        ];
        // A new variant does not compile until it stands in the list above.
        for diagnostic in &all {
            match diagnostic {
                Diagnostic::Show(_) | Diagnostic::Status(_) | Diagnostic::Cat(_) | Diagnostic::Version => {}
                Diagnostic::Journal { .. } | Diagnostic::ManagerJournal { .. } | Diagnostic::MachineJournal { .. } => {}
                Diagnostic::Listing(_) | Diagnostic::NodeVersion(_) | Diagnostic::User(_) => {}
                Diagnostic::Addresses(_) | Diagnostic::Connections(_) => {}
                Diagnostic::Crowded(_) | Diagnostic::States(_) | Diagnostic::Jobs => {}
                Diagnostic::ManagerEnvironment | Diagnostic::Boots => {}
            }
        }
        all.iter().map(Diagnostic::words).collect()
    }

    #[test]
    fn of_the_managers_variables_two_are_kept() {
        let said =
            "PATH=/bin\nTOKEN=x\nNODE_OPTIONS=--inspect\nMY_NODE_OPTIONS=y\nDATABASE_URL=z\nAGENT_URL=http://a\n";
        let said = said.to_owned();
        let kept = "NODE_OPTIONS=--inspect\nAGENT_URL=http://a\n";
        assert_eq!(Diagnostic::ManagerEnvironment.kept(said.clone()), kept);
        assert_eq!(Diagnostic::Jobs.kept(said.clone()), said);
    }

    #[test]
    fn of_the_kernels_log_lines_about_processes_are_kept() {
        let line = |message: &str| format!("{}\n", serde_json::json!({ "MESSAGE": message }));
        let denied = line("audit: apparmor=\"DENIED\" operation=\"open\" pid=7 comm=\"node\"");
        let killed = line("Out of memory: Killed process 7 (node)");
        let said = [line("[UFW BLOCK] IN=eth0"), denied.clone(), killed.clone()].concat();
        let asked = Diagnostic::MachineJournal { lines: 9, since: None, directory: None };
        assert_eq!(asked.kept(said), denied + &killed);
    }

    #[test]
    fn no_command_can_change_the_server() {
        let fixed: [&[&str]; 15] = [
            &["journalctl", "--no-pager", "--list-boots"],
            &["systemctl", "show-environment"],
            &["systemctl", "list-jobs", "--no-pager", "--no-legend", "--full"],
            &["systemctl", "show", "--no-pager", PROPERTIES, "--"],
            &["systemctl", "status", "--no-pager", "--full", "--lines=20", "--"],
            &["systemctl", "cat", "--no-pager", "--"],
            &["systemctl", "--version"],
            &["journalctl", "--no-pager", "--quiet", "--output=json", "--all"],
            &["ls", "-la", "--"],
            &["/usr/bin/node", "--version"],
            &["getent", "passwd", "--"],
            &["getent", "ahosts", "--"],
            &["ss", "-Htnie", "state", "established", "dport", "=", ":4000"],
            &["systemctl", "show", "--no-pager", STATES, "--"],
            &["du", "-xS", "--inodes", "--threshold=100", "--"],
        ];
        for words in all() {
            let start = fixed.iter().find(|start| words.starts_with(&start.map_to_owned()));
            assert!(start.is_some(), "not on the list: {words:?}");
            if words.first().is_some_and(|program| program == "journalctl")
                && !words.contains(&"--list-boots".to_owned())
            {
                // What varies stands behind the `=` of an option, or is a match, so it can be no option of its own.
                let known = [
                    "--output-fields=",
                    "--lines=",
                    "--since=",
                    "--directory=",
                    "--unit=",
                    "_UID=0",
                    "UNIT=",
                    "--namespace=",
                    KERNEL,
                    EARLYOOM,
                ];
                for word in words.iter().skip(5) {
                    assert!(word == "+" || known.iter().any(|known| word.starts_with(known)), "{word}");
                }
            }
        }
    }

    trait MapToOwned {
        fn map_to_owned(&self) -> Vec<String>;
    }

    impl MapToOwned for &[&str] {
        fn map_to_owned(&self) -> Vec<String> {
            self.iter().map(|word| (*word).to_owned()).collect()
        }
    }
}
