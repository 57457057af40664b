//! Looks at a server: asks [`crate::doctor::questions`], reads the answers with free functions, and gives [`Facts`].
//!
//! What does not depend on each other is asked at the same time. Secrets are taken out here, before anything is judged.

mod agent_paths;
mod ask;
mod beside;
mod bonds;
mod bundles;
mod control_plane;
mod deployment;
mod groundwork;
pub(crate) mod guard;
mod held_up;
pub mod journal;
mod journalctl;
mod load_path;
mod logs;
mod machine;
mod manager;
mod mounts;
mod node;
mod node_on_disk;
mod process;
mod reach;
mod refused;
mod restored;
mod seen;
mod similar;
mod sockets;
mod systemctl;
mod told_of;
mod unit_files;
mod unit_on_disk;
mod unmounted;
mod wanted;

pub(crate) use agent_paths::ProbeOptions;
pub(crate) use deployment::{BundleJudge, BundleQuestion, HearsTree, JudgedBundle, RulesJudge};

use crate::doctor::facts::{
    Account, AgentPlaces, Caller, ControlPlane, Deployment, EXHAUSTED, Fact, Facts, Guard, Hold, HostFacts, Journal,
    JournalEntry, Listener, OWN_DROP_IN, Process, Reach, Service, Speaker, UnitOnDisk,
};
use crate::doctor::questions::{Diagnostic, Server, Situation, Spoken, Unanswered};
use crate::redact::Redactor;
use crate::tree::names::ConfiguredNames;
use agent_paths::last_part;
use ask::Probe;
use beside::{Beside, beside, joined};
use bundles::{Bundles, lost};
use groundwork::{Groundwork, Urls};
use process::{AroundProcess, Processes};
use sockets::{Sockets, ToldConnections};
use std::sync::OnceLock;
use std::thread;

/// The port the agent listens on (it is not in the source document; docs/reference/field-facts.md, "On the server").
const AGENT_PORT: u16 = 3001;

/// Looks at a server. The redactor that comes with the facts knows the secrets that were seen.
#[must_use]
pub(crate) fn examine(
    server: &dyn Server,
    options: &ProbeOptions,
    names: &ConfiguredNames,
    judge: &dyn BundleJudge,
) -> (Facts, Redactor) {
    let situation = server.situation();
    // The manager takes as long to answer as a bundle to be read, and has mostly loaded what is on the disk.
    let (on_disk, loaded) = (OnceLock::new(), OnceLock::new());
    thread::scope(|scope| {
        let shown = beside(scope, || server.run(&Diagnostic::Show(&options.unit)));
        let on_disk = on_disk.get_or_init(|| Groundwork::of(server, options, None));
        let bundles = beside(scope, || on_disk.bundles(names, judge));
        let spoken = joined(shown, Err(Unanswered::Failed));
        let told = spoken.as_ref().ok().and_then(|spoken| systemctl::loaded(&spoken.stdout));
        let (ground, bundles) = match on_disk.holds_with(options, told.as_ref()) {
            true => (on_disk, bundles),
            false => {
                let ground = loaded.get_or_init(|| Groundwork::of(server, options, told.as_ref()));
                (ground, beside(scope, || ground.bundles(names, judge)))
            }
        };
        let shown = ShownUnit { asked: &options.unit, spoken };
        (ground.gather(&situation, &shown, bundles), ground.probe.redactor.clone())
    })
}

impl Groundwork<'_> {
    /// The rest, asked at the same time.
    fn gather(&self, situation: &Situation, shown: &ShownUnit<'_>, bundles: Beside<'_, Bundles>) -> Facts {
        let Self { probe, options, places, unit, told, .. } = self;
        let server = probe.server;
        let name = options.unit.as_str();
        let logs = unit.known().map(|unit| logs::places(&unit.unit)).unwrap_or_default();
        let logs = logs.as_slice();
        let account = unit.known().and_then(|unit| unit.account.known()).and_then(Option::as_ref);
        let user = account.map(|account| account.uid);
        let facts = thread::scope(|scope| {
            let service = probe.service(shown, situation).map(|service| probe.queued(service));
            beside(scope, || _ = self.node());
            let journal = beside(scope, || probe.journal(options, situation, user, logs));
            let dies = service.known().is_none_or(|service| !service.runs() || service.restarts.unwrap_or(0) > 0);
            let since = options.since.as_deref();
            let asks = dies && server.is_live();
            let told_of = asks.then(|| beside(scope, move || probe.told_of_processes(since)));
            let environment = asks.then(|| beside(scope, || probe.manager_options()));
            let version = beside(scope, || probe.run(&Diagnostic::Version).ok());
            if server.is_live() {
                beside(scope, || probe.run(&Diagnostic::Status(name)));
                beside(scope, || probe.run(&Diagnostic::Cat(name)));
                beside(scope, || probe.run(&Diagnostic::Listing(&places.bundle)));
            }
            let sockets = if server.is_live() { Sockets::read(server) } else { Sockets::default() };
            let processes = Processes::read(server);
            let service = service.map(|service| processes.with_main(server, name, &places.bundle, service));
            let main = service.known().and_then(|service| service.main_pid);
            let control_plane = probe.plane(&service, told);
            let process = probe.process(name, service.known(), &control_plane, &sockets, &processes);
            let journal = joined(journal, Fact::unknown("it could not be read"));
            let journal = journal.map(|mut journal| {
                logs::add(server, &probe.redactor, service.known(), &mut journal);
                let runs = service.known().is_some_and(Service::runs);
                if runs && journal.entries.is_empty() {
                    journal.begins = probe.journal_begins(boot(server).as_deref());
                }
                journal
            });
            let process = process.map(|process| process.map(|process| with_proxies(process, journal.known())));
            // Of a mounted disk's journal all files are held while it is read: one question at a time.
            let told_of_processes = match told_of {
                Some(told_of) => joined(told_of, Vec::new()),
                None if server.is_live() => Vec::new(),
                None => probe.told_of_processes(since),
            };
            let listeners = probe.listeners(journal.known(), main, &sockets);
            let strays = process::strays(server, name, &places.bundle, &processes, &probe.redactor);
            let dependencies = bonds::of(probe, service.known(), unit.known());
            let restored = journal.known().map(|journal| restored::restored(&probe.seen, journal, &places.bundle));
            let refused =
                journal.known().map(|journal| refused::refused(&probe.seen, journal, &places.bundle, account));
            let node = self.node().clone();
            let found = unit.known();
            let program = found.and_then(|unit| unit.program.known());
            let noexec = found.and_then(|unit| unit.noexec.as_deref());
            // 203: the program could not be executed (systemd.exec(5), "Process Exit Codes").
            let unexecuted =
                shown.spoken.as_ref().is_ok_and(|said| said.stdout.lines().any(|line| line == "ExecMainStatus=203"));
            let systemd = joined(version, None).and_then(|spoken| systemctl::version(&spoken.stdout));
            let volumes = probe.volumes(places);
            let package_managers = probe.package_managers(node.known().and_then(Option::as_ref), account);
            let os = probe.os();
            let target = default_target(server);
            let host = HostFacts { name: probe.host_name(situation), os, systemd, boot: boot(server), target };
            let caller = Caller { uid: situation.uid, name: probe.user_name(situation.uid) };
            let (deployment, backup, nested_backup, (put_aside, kept), download) = joined(bundles, lost(places));
            let unmounted = unmounted::unmounted(server, &deployment);
            let (deployment, unit) = match unmounted.as_ref().filter(|_| !server.is_live()) {
                Some(volume) => (
                    unmounted::beyond(volume, deployment),
                    unit.clone().map(|unit| unmounted::unit_beyond(volume, unit)),
                ),
                None => (deployment, unit.clone()),
            };
            let asked = deployment.inspected().and_then(|bundle| bundle.engines.as_deref());
            let unfit = unexecuted || node::is_too_old(&node, asked);
            let other_nodes = probe.nodes_beside(program, &node, noexec, unfit);
            let none = unit.known().is_some_and(|unit| unit.unit.files.is_empty());
            let similar = if none { similar::units(server, name, &places.bundle) } else { Vec::new() };
            let guards = probe.guards(places, &unit, [&put_aside, &kept], account);
            let reach =
                if server.is_live() { Reach::Live } else { Reach::Mounted(server.place("/").display().to_string()) };
            Facts {
                at: crate::report::moment::Moment(situation.now),
                reach,
                caller,
                places: places.clone(),
                host,
                unit,
                service,
                journal,
                process,
                node,
                other_nodes,
                package_managers,
                deployment,
                backup,
                nested_backup,
                put_aside,
                kept,
                guards,
                policy: options.policy.clone(),
                download,
                volumes,
                listeners,
                control_plane,
                strays,
                dependencies,
                restored: restored.unwrap_or_default(),
                refused: refused.unwrap_or_default(),
                told_of_processes,
                manager_files: if dies { probe.manager_files() } else { Vec::new() },
                manager_options: environment.and_then(|environment| joined(environment, None)),
                similar,
                unmounted,
                ran: Vec::new(),
            }
        });
        // Some of the commands are over with the scope only.
        Facts { ran: probe.commands(), ..facts }
    }
}

/// With its connections to a proxy among those to the control plane, where it has told last that it is connected.
fn with_proxies(mut process: Process, journal: Option<&Journal>) -> Process {
    let own = |entry: &&JournalEntry| entry.speaker == Speaker::Agent && entry.pid.is_none_or(|pid| pid == process.pid);
    let told = journal.into_iter().flat_map(|journal| &journal.entries).filter(own);
    let last = told.filter_map(|entry| Some((entry.at, entry.tells_connected()?))).max_by_key(|(at, _)| *at);
    if let (Fact::Known(connections), Some((_, true))) = (&mut process.connections, last) {
        let by_proxy = std::mem::take(&mut connections.by_proxy);
        connections.own.extend(by_proxy);
    }
    process
}

impl Probe<'_> {
    /// Who may change what is at the paths that a fix could touch.
    fn guards(
        &self,
        places: &AgentPlaces,
        unit: &Fact<UnitOnDisk>,
        beside: [&Vec<Deployment>; 2],
        account: Option<&Account>,
    ) -> Vec<Guard> {
        let above = places.bundle.rsplit_once('/').map_or("/", |(above, _)| if above.is_empty() { "/" } else { above });
        let nested = format!("{}/{}", places.backup, last_part(&places.bundle));
        let own = format!("/etc/systemd/system/{}", places.unit);
        let drop_in = format!("{own}.d/{OWN_DROP_IN}");
        let on_disk = unit.known();
        let files = on_disk.into_iter();
        let files = files.flat_map(|unit| unit.unit.files.iter().chain(&unit.left_drop_ins).chain(&unit.variables));
        let files: Vec<String> = files.map(|file| file.path.clone()).chain([own.clone(), drop_in.clone()]).collect();
        let program = on_disk.and_then(|unit| unit.program.known()).map(|program| program.path.clone());
        let mut paths: Vec<String> = [places.bundle.clone(), above.to_owned(), places.backup.clone(), nested]
            .into_iter()
            .chain(beside.into_iter().flatten().map(|aside| aside.path.clone()))
            .chain(files.iter().cloned())
            .chain(program)
            .collect();
        paths.sort();
        paths.dedup();
        let inside = |path: &str| self.seen.inside(path).filter(|_| path == places.bundle).cloned();
        let elsewhere = |path: &String| self.seen.line(path).or_else(|| inside(path)).filter(|_| !files.contains(path));
        let guard = |path: &String| match elsewhere(path) {
            Some(line) => Guard { path: path.clone(), hold: Hold::ShownElsewhere(line.text) },
            None => guard::guard(self.server, path, account),
        };
        paths.iter().map(guard).collect()
    }

    /// With what its start waits behind, where that waits.
    fn queued(&self, service: Service) -> Service {
        if !service.is_queued() {
            return service;
        }
        let jobs = self.run(&Diagnostic::Jobs).map(|spoken| spoken.stdout).unwrap_or_default();
        Service { at_work: systemctl::at_work(&jobs), ..service }
    }

    fn service(&self, shown: &ShownUnit<'_>, situation: &Situation) -> Fact<Service> {
        match self.noted(&Diagnostic::Show(shown.asked), shown.spoken.clone()) {
            Err(Unanswered::NotLive) => Fact::unknown("a mounted disk does not run"),
            Err(Unanswered::NotFound) => Fact::unknown("there is no `systemctl`"),
            Err(Unanswered::Exhausted) => Fact::unless(EXHAUSTED, "there are too many, or too little memory is left"),
            Err(refusal) => Fact::unknown(format!("systemctl: {refusal}")),
            Ok(spoken) if spoken.status != Some(0) || !spoken.stdout.contains("LoadState=") => {
                let first = spoken.stderr.lines().find(|line| !line.trim().is_empty());
                Fact::unknown(first.map_or_else(|| "systemctl said nothing".to_owned(), |line| self.shown(line)))
            }
            Ok(spoken) => {
                let mut service = systemctl::service(&spoken.stdout, situation);
                service.exec_start = self.redactor.clean_words(&service.exec_start);
                Fact::Known(service)
            }
        }
    }

    /// Where the agent connects to: what the process that runs was told counts, then what the unit says, then what is
    /// loaded, then the environment and the registration.
    fn plane(&self, service: &Fact<Service>, told: &Urls) -> Fact<Option<ControlPlane>> {
        let through = |plane| self.through_proxies(plane, &told.variables);
        let of = |words: &[String]| control_plane::in_command(words, &told.variables, "ExecStart");
        let pid = service.known().and_then(|service| service.main_pid);
        let running = pid.and_then(|pid| {
            let found = of(&process::command_line(self.server, pid, &self.redactor))?;
            // Where the unit says the same, its place is the one to look at.
            Some(told.unit.clone().filter(|unit| unit.url == found.url).unwrap_or(found))
        });
        let loaded = || service.known().and_then(|service| of(&service.exec_start));
        let named = running.or_else(|| told.unit.clone()).or_else(loaded);
        if let Some(found) = named.or_else(|| control_plane::in_variables(&told.variables)) {
            return Fact::Known(self.control_plane(&found).map(through));
        }
        match &told.registered {
            Ok(None) => {
                let found = self.in_manager(service);
                Fact::Known(found.and_then(|found| self.control_plane(&found)).map(through))
            }
            Ok(found) => Fact::Known(found.as_ref().and_then(|found| self.control_plane(found)).map(through)),
            Err(Unanswered::Denied) => Fact::unless("permission denied", "run it as root"),
            Err(refusal) => Fact::unknown(refusal.to_string()),
        }
    }

    /// The address in the variables that the manager gives every service (systemctl(1), `set-environment`), where the agent
    /// runs and nothing else tells.
    fn in_manager(&self, service: &Fact<Service>) -> Option<control_plane::FoundUrl> {
        service.known().filter(|service| service.runs())?;
        let spoken = self.run(&Diagnostic::ManagerEnvironment).ok()?;
        let place = || "`systemctl show-environment`".to_owned();
        let named =
            |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), (value.to_owned(), place())));
        control_plane::in_variables(&spoken.stdout.lines().filter_map(named).collect())
    }

    fn process(
        &self,
        unit: &str,
        service: Option<&Service>,
        plane: &Fact<Option<ControlPlane>>,
        sockets: &Sockets,
        processes: &Processes,
    ) -> Fact<Option<Process>> {
        let Some(service) = service else { return Fact::unknown("the service is not known") };
        let Some(pid) = service.main_pid else { return Fact::Known(None) };
        let plane = plane.known().and_then(Option::as_ref);
        let spoken = plane.and_then(|plane| self.run(&Diagnostic::Connections(plane.port)).ok());
        let told = spoken.map(|spoken| ToldConnections::by(&spoken.stdout)).unwrap_or_default();
        let around = AroundProcess { unit, plane, sockets, told: &told, processes };
        let process = process::main_process(self.server, pid, &around, &self.redactor);
        process.map(|process| Some(Process { started: service.started, ..process }))
    }

    /// The units that this one needs, where it does not run.
    fn listeners(&self, journal: Option<&Journal>, main: Option<u32>, sockets: &Sockets) -> Fact<Vec<Listener>> {
        if !self.server.is_live() {
            return Fact::unknown("a mounted disk does not run");
        }
        let mut ports = vec![AGENT_PORT];
        // `Error: listen EADDRINUSE: address already in use 0.0.0.0:3001`
        let lines = journal.into_iter().flat_map(|journal| &journal.entries).filter(|entry| entry.says("EADDRINUSE"));
        let taken = lines
            .map(|entry| &*entry.message)
            .filter_map(|line| line.trim_end().rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()));
        ports.extend(taken);
        process::listeners(self.server, &ports, main, sockets, &self.redactor)
    }
}

/// What the manager said of the unit, by the name that it was asked for.
struct ShownUnit<'a> {
    asked: &'a str,
    spoken: Result<Spoken, Unanswered>,
}

/// The instances of a template that are known on a server.
#[must_use]
pub(crate) fn instances(server: &dyn Server, template: &str) -> Vec<String> {
    similar::instances(&load_path::services(server), template)
}

/// What `systemctl get-default` says: the name of the file that the link `default.target` leads to (bootup(7)).
fn default_target(server: &dyn Server) -> Option<String> {
    let places = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];
    let target = places.iter().find_map(|place| server.target(&format!("{place}/default.target")).ok())?;
    let name = target.rsplit('/').next()?;
    name.ends_with(".target").then(|| crate::text::printable(name).into_owned())
}

/// The id of the boot that runs, without the dashes that the journal does not write.
fn boot(server: &dyn Server) -> Option<String> {
    let bytes = server.is_live().then(|| server.read("/proc/sys/kernel/random/boot_id", 64).ok()).flatten()?;
    let id: String = String::from_utf8_lossy(&bytes).chars().filter(char::is_ascii_hexdigit).collect();
    (id.len() == 32).then_some(id)
}
