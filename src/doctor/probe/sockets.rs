//! TCP sockets as the kernel lists them (proc(5), `/proc/net/tcp`), and what `ss` adds to that.

use crate::doctor::facts::{Connections, ControlPlane, Link, LinkState};
use crate::doctor::questions::Server;
use core::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet};

/// Most bytes of one file of `/proc`.
const MAX: usize = 4 << 20;
/// As often the kernel has sent something again before nobody is taken to be there: with doubling pauses, after seconds.
const MANY_RETRANSMISSIONS: u32 = 3;
/// Milliseconds after which a request that was sent has had time to be answered.
const TIME_TO_ANSWER: u64 = 3000;

/// The TCP sockets of a network namespace that listen or are connected. The kernel goes through all of its buckets for
/// each reading, so they are read once.
#[derive(Default)]
pub(super) struct Sockets(Option<Vec<SocketRow>>);

impl Sockets {
    /// Those of this process's own namespace.
    #[must_use]
    pub(super) fn read(server: &dyn Server) -> Self {
        Self::below(server, "/proc/net")
    }

    /// Those of the namespace whose tables are in that folder.
    #[must_use]
    pub(super) fn below(server: &dyn Server, folder: &str) -> Self {
        let tables = ["tcp", "tcp6"].iter().filter_map(|name| server.read(&format!("{folder}/{name}"), MAX).ok());
        let tables: Vec<_> = tables.map(|bytes| rows(&String::from_utf8_lossy(&bytes))).collect();
        Self((!tables.is_empty()).then(|| tables.into_iter().flatten().collect()))
    }

    /// Whether the tables could be read.
    #[must_use]
    pub(super) const fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// The ports that are listened on, by the inode of the socket; nothing where the tables cannot be read.
    #[must_use]
    pub(super) fn listening(&self, ports: &[u16]) -> Option<BTreeMap<u64, u16>> {
        let rows = self.0.as_ref()?.iter().filter(|row| row.state == SocketState::Listening);
        Some(rows.filter(|row| ports.contains(&row.local)).map(|row| (row.inode, row.local)).collect())
    }

    /// Which of the sockets that are held are connections to the control plane, or to the same port elsewhere; nothing where
    /// the tables cannot be read.
    #[must_use]
    pub(super) fn connections(
        &self,
        held: &BTreeSet<u64>,
        plane: Option<&ControlPlane>,
        told: &ToldConnections,
    ) -> Option<Connections> {
        let mut found = Connections::default();
        let held = |row: &&SocketRow| held.contains(&row.inode) && row.state != SocketState::Listening;
        for row in self.0.as_ref()?.iter().filter(held) {
            let remote = row.remote.to_string();
            let established = row.state == SocketState::Established;
            let by_proxy = plane.is_some_and(|plane| is_through_a_proxy(plane, row.remote));
            let matches = plane.map(|plane| row.remote.port() == plane.port).unwrap_or_default();
            match plane.filter(|_| matches).map(|plane| leads_to(plane, row.remote.ip())) {
                _ if by_proxy => found.by_proxy.push(Link { remote, state: row.link(told) }),
                Some(true) => found.own.push(Link { remote, state: row.link(told) }),
                Some(false) if established => found.elsewhere.push(remote),
                _ if established && !row.remote.ip().is_loopback() => found.outward.push(remote),
                _ => {}
            }
        }
        Some(found)
    }
}

/// What has come over a connection and waits to be read.
pub(super) struct UnreadLink {
    /// The socket.
    pub inode: u64,
    /// The other end.
    pub remote: SocketAddr,
    /// Bytes.
    pub bytes: u64,
}

impl Sockets {
    /// The established connections to the control plane among the sockets that are held, and what waits in each.
    #[must_use]
    pub(super) fn unread(&self, held: &BTreeSet<u64>, plane: &ControlPlane) -> Vec<UnreadLink> {
        let own = |row: &&SocketRow| {
            row.state == SocketState::Established
                && held.contains(&row.inode)
                && (row.remote.port() == plane.port && leads_to(plane, row.remote.ip())
                    || is_through_a_proxy(plane, row.remote))
        };
        let unread = |row: &SocketRow| UnreadLink { inode: row.inode, remote: row.remote, bytes: row.unread };
        self.0.iter().flatten().filter(own).map(unread).collect()
    }

    /// The sockets among those that are held by which something comes to an agent: its connections to the control plane, and
    /// those that listen.
    #[must_use]
    pub(super) fn awaited(&self, held: &BTreeSet<u64>, plane: Option<&ControlPlane>) -> BTreeSet<u64> {
        let links = plane.map(|plane| self.unread(held, plane)).unwrap_or_default();
        let listens = |row: &&SocketRow| row.state == SocketState::Listening && held.contains(&row.inode);
        let listening = self.0.iter().flatten().filter(listens).map(|row| row.inode);
        links.into_iter().map(|link| link.inode).chain(listening).collect()
    }

    /// The ports that are listened on by sockets among those that are held, with how many connections each has not taken yet
    /// (proc(5), `/proc/net/tcp`: `rx_queue` of a socket that listens).
    #[must_use]
    pub(super) fn untaken(&self, held: &BTreeSet<u64>) -> Vec<(u16, u64)> {
        let listens = |row: &&SocketRow| row.state == SocketState::Listening && held.contains(&row.inode);
        self.0.iter().flatten().filter(listens).map(|row| (row.local, row.unread)).collect()
    }
}

/// Whether an address is one of the control plane's. Where its name leads nowhere now, the port has to do: the connection
/// may be older than what became of the name.
fn leads_to(plane: &ControlPlane, address: IpAddr) -> bool {
    let known = plane.addresses.known().map(Vec::as_slice).unwrap_or_default();
    // To connect to the unspecified address is to connect to this machine (ip(7)).
    let unspecified = known.iter().any(IpAddr::is_unspecified) && address.is_loopback();
    known.is_empty() || known.contains(&address) || unspecified
}

/// Whether it is the address of a proxy on the way to the control plane.
fn is_through_a_proxy(plane: &ControlPlane, remote: SocketAddr) -> bool {
    plane.proxies.iter().any(|proxy| proxy.port == remote.port() && proxy.addresses.contains(&remote.ip()))
}

/// One line of `/proc/net/tcp`.
#[derive(Debug)]
struct SocketRow {
    local: u16,
    remote: SocketAddr,
    state: SocketState,
    waiting: u64,
    unread: u64,
    retransmissions: u32,
    inode: u64,
}

/// The states of a socket that matter here (the kernel's tcp_states.h).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SocketState {
    Established,
    Asking,
    Closed,
    Listening,
}

impl SocketRow {
    fn link(&self, told: &ToldConnections) -> LinkState {
        match self.state {
            SocketState::Asking => LinkState::Asking,
            SocketState::Closed | SocketState::Listening => LinkState::Closed,
            SocketState::Established if self.waiting > 0 && self.retransmissions >= MANY_RETRANSMISSIONS => {
                LinkState::Stalled
            }
            SocketState::Established if told.silent.contains(&self.inode) => LinkState::Unanswered,
            SocketState::Established => LinkState::Established,
        }
    }
}

fn rows(text: &str) -> Vec<SocketRow> {
    let row = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let state = match *fields.get(3)? {
            "01" => SocketState::Established,
            "02" => SocketState::Asking,
            "08" => SocketState::Closed,
            "0A" => SocketState::Listening,
            _ => return None,
        };
        let (sent, come) = fields.get(4)?.split_once(':')?;
        let waiting = u64::from_str_radix(sent, 16).ok()?;
        let unread = u64::from_str_radix(come, 16).ok()?;
        let retransmissions = u32::from_str_radix(fields.get(6)?, 16).ok()?;
        let (local, remote) = (address(fields.get(1)?)?.port(), address(fields.get(2)?)?);
        Some(SocketRow { local, remote, state, waiting, unread, retransmissions, inode: fields.get(9)?.parse().ok()? })
    };
    text.lines().skip(1).filter_map(row).collect()
}

/// `0100007F:0BB8`: words of 32 bits in the machine's own order, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(host.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    let host = match host.len() {
        8 => IpAddr::from(word(0)?),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let bytes = words.concat();
            // A connection over IPv4 through a socket of IPv6 has a mapped address (ipv6(7)).
            Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(host, port))
}

/// What `ss` tells of connections beyond the kernel's tables.
#[derive(Default, Debug)]
pub(super) struct ToldConnections {
    /// Sockets on which something was sent seconds ago, and nothing was ever received, by inode.
    silent: BTreeSet<u64>,
}

impl ToldConnections {
    /// Reads `ss -Htnie`: a line with the addresses and `ino:N`, and an indented one of `name:value`. What is 0 is left out.
    #[must_use]
    pub(super) fn by(text: &str) -> Self {
        let mut told = Self::default();
        let mut inode: Option<u64> = None;
        for line in text.lines() {
            let value = |name: &str| line.split_whitespace().find_map(|word| word.strip_prefix(name));
            if !line.starts_with([' ', '\t']) {
                inode = value("ino:").and_then(|number| number.parse().ok());
                continue;
            }
            let number = |name: &str| value(name).and_then(|number| number.parse::<u64>().ok());
            let sent = number("bytes_sent:").or_else(|| number("bytes_acked:")).is_some_and(|count| count > 1);
            let waited = number("lastsnd:").is_some_and(|milliseconds| milliseconds > TIME_TO_ANSWER);
            if sent && waited && value("bytes_received:").is_none() {
                told.silent.extend(inode.take());
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::facts::Fact;

    const HEAD: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn plane(addresses: &[&str]) -> ControlPlane {
        ControlPlane {
            url: "http://cp:3000".into(),
            host: "cp".into(),
            port: 3000,
            place: "ExecStart".into(),
            addresses: Fact::Known(addresses.iter().map(|address| address.parse().unwrap()).collect()),
            proxies: Vec::new(),
        }
    }

    #[test]
    fn rows_of_the_kernels_table() {
        let text = format!(
            "{HEAD}   \
            0: 00000000:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0\n   \
            1: 0100007F:A1B2 0100007F:0BB8 01 00000000:00000000 00:00000000 00000000     0        0 777 1\n   \
            2: 0000000000000000FFFF00000100000A:A1B2 0000000000000000FFFF00000200000A:0BB8 02 00000001:00000000 01:00000000 00000002     0        0 778 1\nnonsense\n"
        );
        let found: Vec<_> =
            rows(&text).into_iter().map(|row| (row.local, row.remote.to_string(), row.state, row.inode)).collect();
        assert_eq!(
            found,
            [
                (3001, "0.0.0.0:0".to_owned(), SocketState::Listening, 12345),
                (41394, "127.0.0.1:3000".to_owned(), SocketState::Established, 777),
                (41394, "10.0.0.2:3000".to_owned(), SocketState::Asking, 778)
            ]
        );
    }

    #[test]
    fn only_a_connection_to_its_own_address_is_the_control_planes() {
        let line = |remote: &str, state: &str, sent: &str, again: &str| {
            format!(
                "{HEAD}   1: 0100000A:A1B2 {remote} {state} {sent}:00000000 00:00000000 {again}     0        0 777 1\n"
            )
        };
        let told = |text: &str| ToldConnections::by(text);
        let silent = "0 0 10.0.0.1:41394 10.0.0.2:3000 ino:777 sk:1 <->\n\t cubic rto:204 bytes_sent:180 bytes_acked:181 segs_out:3 lastsnd:9000 lastrcv:9000\n";
        let spoken = "0 0 10.0.0.1:41394 10.0.0.2:3000 ino:777 sk:1 <->\n\t cubic rto:204 bytes_sent:180 bytes_received:129 lastsnd:9000\n";
        let recent = "0 0 10.0.0.1:41394 10.0.0.2:3000 ino:777 sk:1 <->\n\t cubic rto:204 bytes_sent:180 lastsnd:200\n";
        for (case, row, ss, addresses, connected) in [
            ("its own", line("0200000A:0BB8", "01", "00000000", "00000000"), spoken, ["10.0.0.2"].as_slice(), true),
            ("a name that leads nowhere now", line("0200000A:0BB8", "01", "00000000", "00000000"), "", &[], true),
            (
                "one of several",
                line("0200000A:0BB8", "01", "00000000", "00000000"),
                "",
                &["10.0.0.9", "10.0.0.2"],
                true,
            ),
            ("the same port elsewhere", line("0300000A:0BB8", "01", "00000000", "00000000"), "", &["10.0.0.2"], false),
            (
                "the same address, another port",
                line("0200000A:0BB9", "01", "00000000", "00000000"),
                "",
                &["10.0.0.2"],
                false,
            ),
            ("nothing answers", line("0200000A:0BB8", "02", "00000001", "00000003"), "", &["10.0.0.2"], false),
            ("closed by the other end", line("0200000A:0BB8", "08", "00000000", "00000000"), "", &["10.0.0.2"], false),
            ("sent again and again", line("0200000A:0BB8", "01", "000000B4", "00000005"), spoken, &["10.0.0.2"], false),
            (
                "not one byte came back",
                line("0200000A:0BB8", "01", "00000000", "00000000"),
                silent,
                &["10.0.0.2"],
                false,
            ),
            ("asked a moment ago", line("0200000A:0BB8", "01", "00000000", "00000000"), recent, &["10.0.0.2"], true),
        ] {
            let sockets = Sockets(Some(rows(&row)));
            let found = sockets.connections(&BTreeSet::from([777]), Some(&plane(addresses)), &told(ss)).unwrap();
            assert_eq!(found.is_connected(), connected, "{case}: {found:?}");
            let other = sockets.connections(&BTreeSet::from([778]), Some(&plane(addresses)), &told(ss)).unwrap();
            assert_eq!(other, Connections::default(), "{case}: a socket of another process");
        }
    }
}
