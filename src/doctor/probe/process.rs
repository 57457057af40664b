//! The running processes: the service's own, who holds the ports, and agents outside the unit (proc(5)).

use super::held_up::held_up;
use super::sockets::{Sockets, ToldConnections};
use crate::doctor::facts::{Connections, ControlPlane, Fact, Listener, Motion, Process, Service, Stray, Stuck};
use crate::doctor::questions::{Server, Unanswered};
use crate::redact::Redactor;
use crate::systemd::from_directory;
use crate::text;
use crate::update::documented_paths;
use std::collections::{BTreeMap, BTreeSet};

/// Processes that are looked at: more are no server that an agent is on.
const MAX_PROCESSES: usize = 20_000;

/// Which processes there are, and which service each belongs to.
pub(super) struct Processes(Vec<(u32, Option<String>)>);

impl Processes {
    /// Every process that can be seen.
    #[must_use]
    pub(super) fn read(server: &dyn Server) -> Self {
        let names = if server.is_live() { server.list("/proc").unwrap_or_default() } else { Vec::new() };
        let pids = names.iter().filter_map(|name| name.parse().ok()).take(MAX_PROCESSES);
        Self(pids.map(|pid| (pid, unit_of(server, pid))).collect())
    }

    /// A service with the agent for its main process, where systemd knows of none: `Type=forking` that names no file with its
    /// number (systemd.service(5), `GuessMainPID=`).
    pub(super) fn with_main(&self, server: &dyn Server, unit: &str, bundle: &str, service: Service) -> Service {
        if service.main_pid.is_some() || service.active_state != "active" || service.sub_state != "running" {
            return service;
        }
        let mut own = self.0.iter().filter(|(_, of)| of.as_deref() == Some(unit)).map(|(pid, _)| *pid);
        Service { main_pid: own.find(|pid| agent_script(server, *pid, bundle).is_some()), ..service }
    }

    /// The processes of a service: its main process first, then what that has started.
    fn of(&self, unit: &str, main: u32) -> Vec<u32> {
        let others = self.0.iter().filter(|(pid, of)| *pid != main && of.as_deref() == Some(unit)).map(|(pid, _)| *pid);
        std::iter::once(main).chain(others).collect()
    }
}

/// What is known before the main process is looked at.
pub(super) struct AroundProcess<'a> {
    /// The unit.
    pub unit: &'a str,
    /// Where the agent connects to.
    pub plane: Option<&'a ControlPlane>,
    /// The sockets of [`Sockets::read`].
    pub sockets: &'a Sockets,
    /// What `ss` says of them.
    pub told: &'a ToldConnections,
    /// The processes of [`Processes::read`].
    pub processes: &'a Processes,
}

/// The main process.
#[must_use]
pub(super) fn main_process(
    server: &dyn Server,
    pid: u32,
    around: &AroundProcess<'_>,
    redactor: &Redactor,
) -> Fact<Process> {
    let base = format!("/proc/{pid}");
    let directory = match server.target(&format!("{base}/cwd")) {
        Ok(directory) => directory,
        Err(Unanswered::Denied) => return Fact::unless("permission denied", "run it as root"),
        Err(refusal) => return Fact::unknown(refusal.to_string()),
    };
    let (directory, directory_deleted) = match directory.strip_suffix(" (deleted)") {
        Some(path) => (path.to_owned(), true),
        None => (directory, false),
    };
    let program = server.target(&format!("{base}/exe")).ok().map(|path| printable(&path));
    Fact::Known(Process {
        pid,
        directory: Some(printable(&directory)),
        directory_deleted,
        program,
        command: command_line(server, pid, redactor),
        started: None,
        motion: match motion(server, pid) {
            Motion::Moves => stuck(server, pid, around).map_or(Motion::Moves, Motion::Stuck),
            held => held,
        },
        connections: connections(server, pid, around),
    })
}

/// The connections of the service's processes: what the main process has started may hold the one that counts.
fn connections(server: &dyn Server, pid: u32, around: &AroundProcess<'_>) -> Fact<Connections> {
    let mut held = BTreeSet::new();
    let mut seen = false;
    for pid in around.processes.of(around.unit, pid) {
        if let Some(sockets) = sockets_of(server, pid) {
            seen = true;
            held.extend(sockets);
        }
    }
    if !seen {
        return Fact::unless("its sockets may not be seen", "run it as root");
    }
    let its_own =
        (shares(server, pid, "net") != Some(true)).then(|| Sockets::below(server, &format!("/proc/{pid}/net")));
    let found = its_own.filter(Sockets::is_known).as_ref().unwrap_or(around.sockets).connections(
        &held,
        around.plane,
        around.told,
    );
    found.map_or_else(|| Fact::unknown("`/proc/net/tcp` cannot be read"), Fact::Known)
}

/// Milliseconds in which an agent that is not stuck has read what came for it.
const TIME_TO_READ: u64 = 2000;

/// Whether the event loop that holds the connection is stuck: it computes without an end, leaves unread what comes, or waits for
/// something else than that. What it has started may compute as it likes.
fn stuck(server: &dyn Server, main: u32, around: &AroundProcess<'_>) -> Option<Stuck> {
    let tables = |folder: String| Sockets::below(server, &folder);
    let is_apart = shares(server, main, "net") != Some(true);
    let apart = is_apart.then(|| tables(format!("/proc/{main}/net"))).filter(Sockets::is_known);
    let sockets = apart.as_ref().unwrap_or(around.sockets);
    let links = |pid: u32, sockets: &Sockets| {
        let held = sockets_of(server, pid).unwrap_or_default();
        around.plane.map(|plane| sockets.unread(&held, plane)).unwrap_or_default()
    };
    let mut holders = around.processes.of(around.unit, main).into_iter();
    let (pid, before) = holders
        .find_map(|pid| Some((pid, links(pid, sockets))).filter(|(_, links)| !links.is_empty()))
        .unwrap_or((main, Vec::new()));
    let waits = before.iter().any(|link| link.bytes > 0);
    if !waits && stat(server, pid).first().map(String::as_str) != Some("R") {
        let awaited = sockets.awaited(&sockets_of(server, pid).unwrap_or_default(), around.plane);
        let waits = held_up(server, pid, &awaited)?;
        return Some(Stuck { pid, ran: None, unread: None, waits: Some(waits) });
    }
    let effort = server.effort(pid, if waits { TIME_TO_READ } else { 0 }).ok()?;
    // The same tables once more, by another name: what is recorded of a server has one answer to a question.
    let ran = (!effort.paused).then_some(effort.ran);
    let again = || tables(format!("/proc/{pid}/task/{pid}/net"));
    let after = if waits || ran.is_some() { again() } else { Sockets::default() };
    let still = links(pid, &after);
    let left = before.iter().filter(|link| link.bytes > 0).find_map(|link| {
        let now = still.iter().find(|now| now.inode == link.inode && now.bytes >= link.bytes)?;
        Some(format!("{} bytes from {}, unread", now.bytes, now.remote))
    });
    // A loop that turns takes each at once.
    let untaken = || {
        let held = sockets_of(server, pid).unwrap_or_default();
        let now = after.untaken(&held);
        let waits = sockets
            .untaken(&held)
            .into_iter()
            .find(|(port, count)| *count > 0 && now.iter().any(|now| now.0 == *port && now.1 >= *count));
        waits.map(|(port, count)| format!("port {port}: {count} not taken"))
    };
    let left = left.or_else(|| ran.and_then(|_| untaken()));
    (ran.is_some() || left.is_some()).then_some(Stuck { pid, ran, unread: left, waits: None })
}

/// Whether a process is in that namespace of this one's (namespaces(7)); nothing where that may not be seen.
fn shares(server: &dyn Server, pid: u32, which: &str) -> Option<bool> {
    let of = |whose: &str| server.target(&format!("/proc/{whose}/ns/{which}")).ok();
    Some(of("self")? == of(&pid.to_string())?)
}

/// The fields of `/proc/PID/stat` from the state on. The name before them stands in parentheses, and may hold any byte.
fn stat(server: &dyn Server, pid: u32) -> Vec<String> {
    let stat = server.read(&format!("/proc/{pid}/stat"), 16 << 10).unwrap_or_default();
    let stat = String::from_utf8_lossy(&stat);
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    fields.split_whitespace().map(str::to_owned).collect()
}

/// Whether it gets to run: the state in `/proc/PID/stat`, and the freezer of its control group in both hierarchies.
fn motion(server: &dyn Server, pid: u32) -> Motion {
    let text = |path: &str| server.read(path, 16 << 10).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    match stat(server, pid).first().map(String::as_str) {
        Some("T") => return Motion::Stopped,
        Some("t") => {
            let status = text(&format!("/proc/{pid}/status")).unwrap_or_default();
            let by = status.lines().find_map(|line| line.strip_prefix("TracerPid:")?.trim().parse().ok());
            return Motion::Traced { by: by.filter(|by| *by > 0) };
        }
        _ => {}
    }
    let groups = text(&format!("/proc/{pid}/cgroup")).unwrap_or_default();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let path = path.trim_end_matches('/');
        let files: &[(&str, &str, &str)] = match controllers {
            "" => &[
                ("/sys/fs/cgroup", "cgroup.events", "frozen 1"),
                ("/sys/fs/cgroup/unified", "cgroup.events", "frozen 1"),
            ],
            "freezer" => &[("/sys/fs/cgroup/freezer", "freezer.state", "FROZEN")],
            _ => &[],
        };
        for (base, file, says) in files {
            let place = format!("{base}{path}/{file}");
            if text(&place).is_some_and(|found| found.lines().any(|line| line.trim() == *says)) {
                return Motion::Frozen { says: format!("{}: {says}", printable(&place)) };
            }
        }
    }
    Motion::Moves
}

fn printable(raw: &str) -> String {
    text::printable(raw).into_owned()
}

/// The words of a process's command line, as they are.
fn raw_command(server: &dyn Server, pid: u32) -> Vec<String> {
    let bytes = server.read(&format!("/proc/{pid}/cmdline"), 64 << 10).unwrap_or_default();
    let words: Vec<_> = bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let given = words.iter().rposition(|word| !word.is_empty()).map_or(0, |last| last + 1);
    words.into_iter().take(given).collect()
}

/// The words of a process's command line, secrets taken out, printable.
pub(super) fn command_line(server: &dyn Server, pid: u32, redactor: &Redactor) -> Vec<String> {
    redactor.clean_words(&raw_command(server, pid)).iter().map(|word| printable(word)).collect()
}

/// The sockets that a process holds, by inode.
fn sockets_of(server: &dyn Server, pid: u32) -> Option<BTreeSet<u64>> {
    let folder = format!("/proc/{pid}/fd");
    let names = server.list(&folder).ok()?;
    let targets = names.iter().filter_map(|name| server.target(&format!("{folder}/{name}")).ok());
    Some(targets.filter_map(|target| target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()).collect())
}

/// Who listens on these ports. The main process is looked at first; others only where it does not hold a port.
#[must_use]
pub(super) fn listeners(
    server: &dyn Server,
    ports: &[u16],
    main: Option<u32>,
    sockets: &Sockets,
    redactor: &Redactor,
) -> Fact<Vec<Listener>> {
    let Some(taken) = sockets.listening(ports) else { return Fact::unknown("`/proc/net/tcp` cannot be read") };
    let mut holders: BTreeMap<u64, u32> = BTreeMap::new();
    let mut look_at = |pid: u32| {
        let held = sockets_of(server, pid).unwrap_or_default();
        holders.extend(held.into_iter().filter(|inode| taken.contains_key(inode)).map(|inode| (inode, pid)));
        taken.keys().all(|inode| holders.contains_key(inode))
    };
    let mut all_found = taken.is_empty() || main.is_some_and(&mut look_at);
    let names = if all_found { Vec::new() } else { server.list("/proc").unwrap_or_default() };
    for pid in names.iter().filter_map(|name| name.parse().ok()) {
        if all_found {
            break;
        }
        all_found = look_at(pid);
    }
    let mut found: Vec<Listener> = Vec::new();
    for (inode, port) in taken {
        let pid = holders.get(&inode).copied();
        if found.iter().any(|listener| listener.port == port && listener.pid == pid) {
            continue;
        }
        let command = pid.map(|pid| command_line(server, pid, redactor).join(" "));
        found.push(Listener { port, pid, command, unit: pid.and_then(|pid| unit_of(server, pid)) });
    }
    Fact::Known(found)
}

/// The agents that run outside the unit: node with the entry point of a bundle. Those in a container of this machine's are
/// somebody else's; where that may not be seen it is taken for this one's.
#[must_use]
pub(super) fn strays(
    server: &dyn Server,
    unit: &str,
    bundle: &str,
    processes: &Processes,
    redactor: &Redactor,
) -> Fact<Vec<Stray>> {
    if !server.is_live() {
        return Fact::unknown("a mounted disk does not run");
    }
    let outside = processes.0.iter().filter(|(_, of)| of.as_deref() != Some(unit));
    let agents = outside.filter_map(|(pid, of)| {
        // A unit of that name of a user's own manager is the agent's, wherever its bundle is.
        let of_user = of.as_deref().and_then(|of| of.strip_prefix("user@")?.split_once('/'));
        let place = if of_user.is_some_and(|(_, name)| name == unit) { "/" } else { bundle };
        let script = agent_script(server, *pid, place).filter(|_| shares(server, *pid, "pid") != Some(false))?;
        Some(Stray {
            pid: *pid,
            command: command_line(server, *pid, redactor).join(" "),
            unit: of.clone(),
            pm2: is_of_pm2(server, *pid).then(|| printable(&script)),
        })
    });
    Fact::Known(agents.collect())
}

/// The script of a process that is node with the entry point of a bundle: of this one, of what was moved aside, of its
/// backup.
fn agent_script(server: &dyn Server, pid: u32, bundle: &str) -> Option<String> {
    // What pm2 has started shows its title: all in one word.
    let words = raw_command(server, pid);
    let words: Vec<&str> = words.iter().flat_map(|word| word.split(' ')).filter(|word| !word.is_empty()).collect();
    let name = words.first()?.rsplit('/').next()?;
    let script = words.iter().skip(1).find(|word| word.ends_with(documented_paths::ENTRY_POINT))?;
    let directory = || server.target(&format!("/proc/{pid}/cwd")).unwrap_or_default();
    let script = if script.starts_with('/') { (*script).to_owned() } else { from_directory(&directory(), script) };
    (name.starts_with("node") && script.starts_with(bundle)).then_some(script)
}

/// Whether pm2 has started a process, and would start it again: its daemon is the parent (`PM2 v5.4.0: God Daemon (…)`).
fn is_of_pm2(server: &dyn Server, pid: u32) -> bool {
    let parent = stat(server, pid).get(1).and_then(|parent| parent.parse().ok());
    parent.is_some_and(|parent| raw_command(server, parent).first().is_some_and(|title| title.starts_with("PM2 v")))
}

/// The service a process belongs to: the last part of its control group that is one (cgroups(7)). A service of a user's own
/// manager is none of the system's, whatever its name is: `user@1000.service/server-flow-agent.service` (user@.service(5)).
fn unit_of(server: &dyn Server, pid: u32) -> Option<String> {
    let bytes = server.read(&format!("/proc/{pid}/cgroup"), 16 << 10).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let of_path = |path: &str| {
        let mut services = path.rsplit('/').filter(|part| part.ends_with(".service"));
        let unit = services.next()?;
        let manager = services.find(|part| part.starts_with("user@"));
        Some(manager.map_or_else(|| unit.to_owned(), |manager| format!("{manager}/{unit}")))
    };
    let found = text.lines().filter_map(|line| line.rsplit(':').next()).find_map(of_path);
    found.map(|unit| printable(&unit))
}
