//! A server as facts: a healthy one, and the words to break it with.

use crate::doctor::facts::journal::{Journal, JournalEntry, Speaker, id};
use crate::doctor::facts::{
    Account, AgentPlaces, Caller, Connections, ControlPlane, DeployedBundle, Deployment, DeploymentState, Download,
    Exit, Fact, Facts, HostFacts, Link, LinkState, Listener, Motion, Presence, Process, Reach, ReachedPath, ServerNode,
    Service, UnitOnDisk, Volume,
};
use crate::doctor::facts::{Guard, Hold, ManifestParts, ServerPolicy};
use crate::report::finding::{Detail, Finding, Severity};
use crate::report::moment::Moment;
use crate::report::policy::Policy;
use crate::report::subject::{PackageId, SubjectReport};
use crate::systemd::{Unit, UnitFile};
use crate::tree::snapshot::SubjectKind;

pub(super) const UNIT: &str = "server-flow-agent.service";
pub(super) const FILE: &str = "/etc/systemd/system/server-flow-agent.service";
pub(super) const HOME: &str = "/root/.server-flow";
pub(super) const BUNDLE: &str = "/root/.server-flow/agent-bundle";
pub(super) const BACKUP: &str = "/root/.server-flow/agent-bundle-backup";
pub(super) const DOWNLOAD: &str = "/tmp/agent-bundle-update.tar.gz";
pub(super) const SHARED: &str = "node_modules/@server-flow/shared";
pub(super) const DOCUMENTED: &str = "[Unit]\nDescription=ServerFlow Agent\nAfter=network.target\n\n[Service]\nType=simple\nUser=root\nWorkingDirectory=/root/.server-flow/agent-bundle\nExecStart=/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js --url http://cp.example:4000\nRestart=always\nRestartSec=10\nEnvironment=NODE_ENV=production\n\n[Install]\nWantedBy=multi-user.target\n";

/// Seconds since 1970 at which everything is looked at.
pub(super) const NOW: u64 = 1_795_000_000;

/// So many seconds ago.
pub(super) fn ago(seconds: u64) -> Moment {
    Moment((NOW - seconds) * 1_000_000)
}

pub(super) fn policy() -> Policy {
    Policy::plain()
}

pub(super) fn report(path: &str, kind: SubjectKind) -> SubjectReport {
    SubjectReport {
        size: 46_500,
        unpacked_size: Some(183_000),
        entries: Some(44),
        package: Some(PackageId { name: Some("@server-flow/agent".into()), version: Some("0.1.26".into()) }),
        ..SubjectReport::sound(path, kind)
    }
}

/// What a rule found, and Node stops at.
pub(super) fn finding(rule: &'static str, path: &str) -> Finding {
    Finding {
        rule,
        severity: Severity::Error,
        message: format!("{rule} in {path}"),
        path: Some(path.into()),
        line: None,
        evidence: None,
        help: String::new(),
        detail: Detail::StopsNode,
        places: 1,
        caveat: None,
    }
}

/// A good bundle that was last changed an hour ago.
pub(super) fn bundle(path: &str) -> Deployment {
    let inspected = DeployedBundle {
        report: report(path, SubjectKind::Directory),
        changed: Some(ago(3600)),
        replaced: Some(ago(3600)),
        has_modules: true,
        has_dependencies: true,
        engines: None,
        absent_dependencies: Vec::new(),
        ships_shared: false,
        entry: "dist/index.js".into(),
        is_bare: false,
        emptied: Vec::new(),
        manifest: ManifestParts::Neither,
    };
    Deployment { path: path.into(), state: Fact::Known(DeploymentState::Present(Box::new(inspected))) }
}

pub(super) fn absent(path: &str) -> Deployment {
    Deployment { path: path.into(), state: Fact::Known(DeploymentState::Absent) }
}

pub(super) fn reached(path: &str, presence: Presence) -> Fact<ReachedPath> {
    Fact::Known(ReachedPath { path: path.into(), presence })
}

pub(super) fn missing() -> Presence {
    Presence::Missing { above: HOME.into(), link: None }
}

pub(super) fn entry(at: Moment, speaker: Speaker, invocation: &str, message: &str) -> JournalEntry {
    JournalEntry {
        at,
        speaker,
        message: message.into(),
        message_id: None,
        invocation: Some(invocation.into()),
        exit: None,
        pid: None,
        command: None,
        boot: None,
        file: None,
    }
}

fn of_catalogue(at: Moment, invocation: &str, message: &str, id: &str) -> JournalEntry {
    JournalEntry { message_id: Some(id.into()), ..entry(at, Speaker::Manager, invocation, message) }
}

/// A server on which the agent has run for half an hour.
pub(super) fn healthy() -> Facts {
    let service = Service {
        load_state: "loaded".into(),
        active_state: "active".into(),
        sub_state: "running".into(),
        unit_file_state: "enabled".into(),
        result: "success".into(),
        restarts: Some(0),
        fragment_path: Some(FILE.into()),
        working_directory: Some(BUNDLE.into()),
        exec_start: [
            "/usr/bin/node",
            "/root/.server-flow/agent-bundle/dist/index.js",
            "--url",
            "http://cp.example:4000",
        ]
        .map(str::to_owned)
        .to_vec(),
        restart: "always".into(),
        main_pid: Some(700),
        active_since: Some(ago(1800)),
        started: Some(ago(1800)),
        invocation: Some("now".into()),
        ..Service::default()
    };
    let journal = Journal {
        entries: vec![
            of_catalogue(ago(1800), "now", "Started server-flow-agent.service - ServerFlow Agent.", id::STARTED),
            entry(ago(1799), Speaker::Agent, "now", "[connection] connected to http://cp.example:4000"),
        ],
        is_cut: false,
        is_volatile: false,
        command: Vec::new(),
        begins: None,
        elsewhere: Vec::new(),
        dropped: None,
        unread: Vec::new(),
    };
    Facts {
        at: ago(0),
        reach: Reach::Live,
        caller: Caller { uid: 0, name: Some("root".into()) },
        places: AgentPlaces {
            unit: UNIT.into(),
            home: HOME.into(),
            bundle: BUNDLE.into(),
            backup: BACKUP.into(),
            download: DOWNLOAD.into(),
        },
        host: HostFacts::default(),
        unit: Fact::Known(UnitOnDisk {
            unit: Unit::of_text(UNIT, FILE, DOCUMENTED),
            left_drop_ins: Vec::new(),
            masked_by: None,
            dangling: None,
            obstacle: None,
            changed: Some(ago(90_000)),
            enabled: true,
            secrets: Vec::new(),
            working_directory: reached(BUNDLE, Presence::Directory),
            script: reached(&format!("{BUNDLE}/dist/index.js"), Presence::File { size: 900, executable: false }),
            program: reached("/usr/bin/node", Presence::File { size: 90_000_000, executable: true }),
            first_line: None,
            noexec: None,
            variables: Vec::new(),
            shared_variables: Vec::new(),
            account: Fact::Known(Some(Account { name: "root".into(), uid: 0, gid: 0, home: "/root".into() })),
        }),
        service: Fact::Known(service),
        journal: Fact::Known(journal),
        process: Fact::Known(Some(Process {
            pid: 700,
            directory: Some(BUNDLE.into()),
            directory_deleted: false,
            program: Some("/usr/bin/node".into()),
            command: Vec::new(),
            started: Some(ago(1800)),
            motion: Motion::Moves,
            connections: connected_to("10.0.0.1:4000"),
        })),
        node: Fact::Known(Some(ServerNode {
            path: "/usr/bin/node".into(),
            version: Some("20.20.2".into()),
            fault: None,
        })),
        other_nodes: Vec::new(),
        package_managers: vec!["/usr/bin/pnpm".into()],
        deployment: bundle(BUNDLE),
        backup: absent(BACKUP),
        nested_backup: None,
        put_aside: Vec::new(),
        kept: Vec::new(),
        guards: [BUNDLE, HOME, BACKUP, FILE, "/usr/bin/node"]
            .map(|path| Guard { path: path.to_owned(), hold: Hold::Roots })
            .to_vec(),
        policy: ServerPolicy::default(),
        download: Fact::Known(None),
        volumes: vec![Volume {
            path: "/".into(),
            free: 10 << 30,
            size: 20 << 30,
            free_inodes: Some(1 << 20),
            crowded: Vec::new(),
        }],
        listeners: Fact::Known(vec![Listener { port: 3001, pid: Some(700), command: None, unit: Some(UNIT.into()) }]),
        control_plane: Fact::Known(Some(ControlPlane {
            url: "http://cp.example:4000".into(),
            host: "cp.example".into(),
            port: 4000,
            place: "ExecStart".into(),
            addresses: Fact::Known(vec!["10.0.0.1".parse().unwrap()]),
            proxies: Vec::new(),
        })),
        strays: Fact::Known(Vec::new()),
        dependencies: Vec::new(),
        restored: Vec::new(),
        refused: Vec::new(),
        told_of_processes: Vec::new(),
        manager_files: Vec::new(),
        manager_options: None,
        similar: Vec::new(),
        unmounted: None,
        ran: Vec::new(),
    }
}

/// A connection to the control plane, at this address.
pub(super) fn connected_to(remote: &str) -> Fact<Connections> {
    let link = Link { remote: remote.into(), state: LinkState::Established };
    Fact::Known(Connections { own: vec![link], ..Connections::default() })
}

/// The words with which a server is broken.
pub(super) trait Break {
    fn service(&mut self) -> &mut Service;
    fn unit(&mut self) -> &mut UnitOnDisk;
    fn journal(&mut self) -> &mut Journal;
    fn process(&mut self) -> &mut Process;
    /// The connections that the agent holds.
    fn connections(&mut self) -> &mut Connections;
    fn inspected(&mut self) -> &mut DeployedBundle;
    /// The unit file says this instead.
    fn unit_says(&mut self, from: &str, to: &str);
    /// A drop-in.
    fn drop_in(&mut self, text: &str);
    /// The unit is of the old layout, and nothing is there.
    fn nested_unit(&mut self);
    /// A rule found something in the deployed bundle.
    fn found(&mut self, rule: &'static str, path: &str);
    /// A rule warns of something in the deployed bundle.
    fn warned(&mut self, rule: &'static str, path: &str);
    /// A link in the place of a package leads nowhere.
    fn linked(&mut self, package: &str);
    /// Nothing is installed: these declared packages are imported, and are not there.
    fn not_installed(&mut self, packages: &[&str]);
    /// The agent dies at every start, with these lines and this end.
    fn dies(&mut self, speaker: Speaker, lines: &[&str], exit: Exit);
    /// A command before the agent's start fails.
    fn helper_fails(&mut self);
    /// The agent dies of what node prints.
    fn crashes(&mut self, lines: &[&str]);
    /// The service was stopped by hand.
    fn stopped(&mut self);
    /// A good backup from the update that made the bundle.
    fn backed_up(&mut self);
    /// An archive was left, and the rules say this of it.
    fn downloaded(&mut self, rule: Option<&'static str>);
}

impl Break for Facts {
    fn service(&mut self) -> &mut Service {
        let Fact::Known(service) = &mut self.service else { panic!("the service is not known") };
        service
    }

    fn unit(&mut self) -> &mut UnitOnDisk {
        let Fact::Known(unit) = &mut self.unit else { panic!("the unit is not known") };
        unit
    }

    fn journal(&mut self) -> &mut Journal {
        let Fact::Known(journal) = &mut self.journal else { panic!("the journal is not known") };
        journal
    }

    fn process(&mut self) -> &mut Process {
        let Fact::Known(Some(process)) = &mut self.process else { panic!("nothing runs") };
        process
    }

    fn connections(&mut self) -> &mut Connections {
        let Fact::Known(connections) = &mut self.process().connections else { panic!("they are not known") };
        connections
    }

    fn inspected(&mut self) -> &mut DeployedBundle {
        let Fact::Known(DeploymentState::Present(inspected)) = &mut self.deployment.state else { panic!("no bundle") };
        inspected
    }

    fn unit_says(&mut self, from: &str, to: &str) {
        assert!(DOCUMENTED.contains(from), "{from}");
        self.unit().unit = Unit::of_text(UNIT, FILE, &DOCUMENTED.replace(from, to));
    }

    fn drop_in(&mut self, text: &str) {
        let file = UnitFile::parse("/etc/systemd/system/server-flow-agent.service.d/local.conf", text);
        self.unit().unit.files.push(file);
    }

    fn nested_unit(&mut self) {
        self.unit_says("agent-bundle\nExecStart=", "agent-bundle/apps/agent\nExecStart=");
        let unit = self.unit();
        unit.working_directory = reached(&format!("{BUNDLE}/apps/agent"), missing());
    }

    fn found(&mut self, rule: &'static str, path: &str) {
        self.inspected().report.findings.push(finding(rule, path));
    }

    fn warned(&mut self, rule: &'static str, path: &str) {
        self.inspected().report.findings.push(Finding { severity: Severity::Warning, ..finding(rule, path) });
    }

    fn linked(&mut self, package: &str) {
        let mut finding = finding("workspace-link", &format!("node_modules/{package}"));
        finding.detail = Detail::PackageLinked { name: package.to_owned() };
        self.inspected().report.findings.push(finding);
    }

    fn not_installed(&mut self, packages: &[&str]) {
        let inspected = self.inspected();
        (inspected.has_modules, inspected.has_dependencies) = (false, false);
        for package in packages {
            let mut finding = finding("undeclared-dependency", "dist/index.js");
            finding.detail = Detail::PackageAbsent { name: (*package).to_owned() };
            inspected.report.findings.push(finding);
            inspected.absent_dependencies.push((*package).to_owned());
        }
    }

    fn dies(&mut self, speaker: Speaker, lines: &[&str], exit: Exit) {
        let mut entries = Vec::new();
        for run in 0..3_u64 {
            let (name, at) = (format!("run {run}"), 30 - run * 10);
            entries.push(of_catalogue(
                ago(at),
                &name,
                "Started server-flow-agent.service - ServerFlow Agent.",
                id::STARTED,
            ));
            entries.extend(lines.iter().map(|line| entry(ago(at), speaker, &name, line)));
            let mut exited = of_catalogue(ago(at), &name, "Main process exited", id::PROCESS_EXITED);
            exited.exit = Some(exit);
            entries.push(exited);
            if run < 2 {
                // systemd 252 logs both at every automatic restart.
                let scheduled = "Scheduled restart job, restart counter is at 1.";
                entries.push(of_catalogue(ago(at - 10), &name, scheduled, id::RESTART_SCHEDULED));
                entries.push(of_catalogue(ago(at - 10), &name, "Stopped server-flow-agent.service.", id::STOPPED));
            }
        }
        self.journal().entries.extend(entries);
        let result = match exit {
            Exit::Code(0) => "success",
            Exit::Code(_) => "exit-code",
            Exit::Signal(_) => "signal",
        };
        let service = self.service();
        service.active_state = "activating".into();
        service.sub_state = "auto-restart".into();
        service.result = result.into();
        service.exit = Some(exit);
        service.restarts = Some(12);
        service.main_pid = None;
        service.active_since = None;
        service.invocation = Some("run 2".into());
        self.process = Fact::Known(None);
        self.listeners = Fact::Known(Vec::new());
    }

    fn helper_fails(&mut self) {
        self.dies(Speaker::Agent, &["prepare: the database does not answer"], Exit::Code(1));
        for entry in &mut self.journal().entries {
            entry.message = entry.message.replace("Main process exited", "Control process exited");
        }
        self.service().exit = None;
    }

    fn crashes(&mut self, lines: &[&str]) {
        let all: Vec<&str> =
            lines.iter().copied().chain(["    at node:internal/modules/run_main:1:1", "Node.js v20.20.2"]).collect();
        self.dies(Speaker::Agent, &all, Exit::Code(1));
    }

    fn stopped(&mut self) {
        let at = ago(60);
        self.journal().entries.push(of_catalogue(at, "now", "Stopping server-flow-agent.service...", id::STOPPING));
        self.journal().entries.push(of_catalogue(at, "now", "Stopped server-flow-agent.service.", id::STOPPED));
        let service = self.service();
        service.active_state = "inactive".into();
        service.sub_state = "dead".into();
        service.main_pid = None;
        service.active_since = None;
        self.process = Fact::Known(None);
        self.listeners = Fact::Known(Vec::new());
    }

    fn backed_up(&mut self) {
        self.backup = bundle(BACKUP);
    }

    fn downloaded(&mut self, rule: Option<&'static str>) {
        let mut report = report(DOWNLOAD, SubjectKind::Archive);
        report.findings.extend(rule.map(|rule| finding(rule, DOWNLOAD)));
        self.download = Fact::Known(Some(Download { path: DOWNLOAD.into(), changed: Some(ago(3601)), report }));
    }
}
