//! The running process and the ports that are taken, as `/proc` shows them (proc(5)).

use crate::doctor::facts::{ControlPlane, Fact, Listener, Process};
use crate::doctor::questions::{Refusal, Server};
use crate::redact::Redactor;
use crate::text;
use std::collections::BTreeMap;

/// Most bytes of one file of `/proc`.
const MAX: usize = 4 << 20;

/// The TCP sockets of a network namespace that listen or are connected. The kernel goes through all of its buckets for
/// each reading, so they are read once.
#[derive(Default)]
pub(super) struct Sockets(Option<Vec<Row>>);

impl Sockets {
    /// Those of this process's own namespace.
    #[must_use]
    pub(super) fn read(server: &dyn Server) -> Self {
        Self::below(server, "/proc/net")
    }

    fn below(server: &dyn Server, folder: &str) -> Self {
        let tables = ["tcp", "tcp6"].iter().filter_map(|name| server.read(&format!("{folder}/{name}"), MAX).ok());
        let tables: Vec<_> = tables.map(|bytes| rows(&String::from_utf8_lossy(&bytes))).collect();
        Self((!tables.is_empty()).then(|| tables.into_iter().flatten().collect()))
    }
}

/// The main process; `sockets` are those of [`Sockets::read`].
#[must_use]
pub(super) fn main_process(
    server: &dyn Server,
    pid: u32,
    plane: Option<&ControlPlane>,
    sockets: &Sockets,
    redactor: &Redactor,
) -> Fact<Process> {
    let base = format!("/proc/{pid}");
    let directory = match server.target(&format!("{base}/cwd")) {
        Ok(directory) => directory,
        Err(Refusal::Denied) => return Fact::unless("permission denied", "run it as root"),
        Err(refusal) => return Fact::unknown(refusal.to_string()),
    };
    let (directory, directory_deleted) = match directory.strip_suffix(" (deleted)") {
        Some(path) => (path.to_owned(), true),
        None => (directory, false),
    };
    let program = server.target(&format!("{base}/exe")).ok().map(|path| printable(&path));
    let connected = plane.and_then(|plane| {
        let held = sockets_of(server, pid)?;
        let its_own = (!shares_network(server, pid)).then(|| Sockets::below(server, &format!("{base}/net")));
        let rows = its_own.as_ref().unwrap_or(sockets).0.as_ref()?;
        Some(rows.iter().any(|row| {
            row.state == SocketState::Connected && row.remote == plane.port && held.contains_key(&row.inode)
        }))
    });
    let command = command_line(server, pid, redactor);
    Fact::Known(Process {
        pid,
        directory: Some(printable(&directory)),
        directory_deleted,
        program,
        command,
        started: None,
        connected,
    })
}

/// Whether a process is certainly in the network namespace of this one (namespaces(7)).
fn shares_network(server: &dyn Server, pid: u32) -> bool {
    let of = |whose: &str| server.target(&format!("/proc/{whose}/ns/net")).ok();
    of("self").is_some_and(|own| of(&pid.to_string()) == Some(own))
}

fn printable(raw: &str) -> String {
    text::printable(raw).into_owned()
}

fn command_line(server: &dyn Server, pid: u32, redactor: &Redactor) -> Vec<String> {
    let bytes = server.read(&format!("/proc/{pid}/cmdline"), 64 << 10).unwrap_or_default();
    let words: Vec<_> = bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let given = words.iter().rposition(|word| !word.is_empty()).map_or(0, |last| last + 1);
    redactor.clean_words(words.get(..given).unwrap_or_default()).iter().map(|word| printable(word)).collect()
}

/// One line of `/proc/net/tcp`.
struct Row {
    local: u16,
    remote: u16,
    state: SocketState,
    inode: u64,
}

/// The states of a socket that matter here (the kernel's tcp_states.h).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SocketState {
    Connected,
    Listening,
}

fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let port = |at: usize| u16::from_str_radix(fields.get(at)?.rsplit_once(':')?.1, 16).ok();
        let state = match *fields.get(3)? {
            "01" => SocketState::Connected,
            "0A" => SocketState::Listening,
            _ => return None,
        };
        Some(Row { local: port(1)?, remote: port(2)?, state, inode: fields.get(9)?.parse().ok()? })
    };
    text.lines().skip(1).filter_map(row).collect()
}

/// The sockets that a process holds, by inode.
fn sockets_of(server: &dyn Server, pid: u32) -> Option<BTreeMap<u64, u32>> {
    let folder = format!("/proc/{pid}/fd");
    let names = server.list(&folder).ok()?;
    let targets = names.iter().filter_map(|name| server.target(&format!("{folder}/{name}")).ok());
    let inodes = targets.filter_map(|target| target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
    Some(inodes.map(|inode| (inode, pid)).collect())
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
    let Some(rows) = &sockets.0 else { return Fact::unknown("`/proc/net/tcp` cannot be read") };
    let taken = rows.iter().filter(|row| row.state == SocketState::Listening && ports.contains(&row.local));
    let taken: BTreeMap<u64, u16> = taken.map(|row| (row.inode, row.local)).collect();
    let mut holders: BTreeMap<u64, u32> = BTreeMap::new();
    let mut look_at = |pid: u32| {
        let held = sockets_of(server, pid).unwrap_or_default();
        holders.extend(held.into_iter().filter(|(inode, _)| taken.contains_key(inode)));
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

/// The service a process belongs to: the last part of its control group that is one (cgroups(7)).
fn unit_of(server: &dyn Server, pid: u32) -> Option<String> {
    let bytes = server.read(&format!("/proc/{pid}/cgroup"), 16 << 10).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let services = text.lines().filter_map(|line| line.rsplit(':').next()).flat_map(|path| path.rsplit('/'));
    let mut services = services.filter(|part| part.ends_with(".service"));
    services.next().map(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_kernels_table() {
        let text = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 00000000:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0\n   \
            1: 0100007F:A1B2 0100007F:0BB8 01 00000000:00000000 00:00000000 00000000     0        0 777 1\nnonsense\n";
        let found: Vec<_> = rows(text).into_iter().map(|row| (row.local, row.remote, row.state, row.inode)).collect();
        assert_eq!(found, [(3001, 0, SocketState::Listening, 12345), (41394, 3000, SocketState::Connected, 777)]);
    }
}
