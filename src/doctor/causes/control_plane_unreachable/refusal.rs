//! What a line of the agent's log says of a connection that failed, or ended: in the words of libuv, OpenSSL, Node's http
//! client and the `ws` package.

use crate::doctor::facts::{ControlPlane, ProxyServer};

/// Where a connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ConnectionEnd {
    /// The name leads nowhere.
    Name,
    /// Nothing listens there.
    Refused,
    /// No packet comes back, or there is no way.
    Route,
    /// The certificate is not accepted.
    Certificate(&'static str),
    /// One side speaks TLS, the other does not.
    Protocol,
    /// The upgrade was answered with this status.
    Status(u16),
    /// The connection was closed or reset.
    HungUp,
}

/// What OpenSSL and Node say of certificates, and what that means.
const CERTIFICATES: [(&str, &str); 13] = [
    ("certificate has expired", "has expired"),
    ("CERT_HAS_EXPIRED", "has expired"),
    ("certificate is not yet valid", "is not valid yet: is the clock of this machine right?"),
    ("CERT_NOT_YET_VALID", "is not valid yet: is the clock of this machine right?"),
    ("self-signed certificate", "is signed by itself, or by an authority that this machine does not know"),
    // Before OpenSSL 3.
    ("self signed certificate", "is signed by itself, or by an authority that this machine does not know"),
    ("SELF_SIGNED_CERT", "is signed by itself, or by an authority that this machine does not know"),
    ("unable to verify the first certificate", "is sent without the one that signed it"),
    ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "is sent without the one that signed it"),
    ("unable to get local issuer certificate", "is signed by an authority that this machine does not know"),
    ("does not match certificate's altnames", "is of another host"),
    ("certificate revoked", "is revoked"),
    ("CERT_", "is not accepted"),
];
const ROUTE: [&str; 7] = [
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "EHOSTDOWN",
    "ENETDOWN",
    "handshake has timed out",
    "Connection timed out",
];
const PROTOCOL: [&str; 5] = [
    "wrong version number",
    "EPROTO",
    "Parse Error",
    "packet length too long",
    "before secure TLS connection was established",
];
const HUNG_UP: [&str; 8] = [
    "socket hang up",
    "ECONNRESET",
    "EPIPE",
    "disconnected",
    "connection closed",
    "connection lost",
    "closed before the connection was established",
    "websocket closed",
];

/// What a line says of a connection, if it says anything.
pub(super) fn refusal(line: &str) -> Option<ConnectionEnd> {
    let lower = line.to_ascii_lowercase();
    let says = |words: &&str| lower.contains(&words.to_ascii_lowercase());
    if let Some((_, rest)) = line.split_once("nexpected server response: ") {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        return digits.parse().ok().map(ConnectionEnd::Status);
    }
    if let Some((_, meaning)) = CERTIFICATES.iter().find(|(words, _)| says(words)) {
        return Some(ConnectionEnd::Certificate(meaning));
    }
    if ["ENOTFOUND", "EAI_AGAIN"].iter().any(says) {
        return Some(ConnectionEnd::Name);
    }
    if says(&"ECONNREFUSED") {
        return Some(ConnectionEnd::Refused);
    }
    if PROTOCOL.iter().any(says) {
        return Some(ConnectionEnd::Protocol);
    }
    if ROUTE.iter().any(says) {
        return Some(ConnectionEnd::Route);
    }
    HUNG_UP.iter().any(says).then_some(ConnectionEnd::HungUp)
}

/// Words that only a line about the connection to the control plane has.
const OWN_WORDS: [&str; 4] = ["websocket", "control plane", "control-plane", "controlplane"];

/// Whether a line is about the control plane and not about another host: a database of the applications on this machine
/// refuses connections as well.
pub(super) fn is_about(line: &str, plane: &ControlPlane) -> bool {
    let lower = line.to_ascii_lowercase();
    if names(line, plane) {
        return true;
    }
    !names_another(line) && (OWN_WORDS.iter().any(|word| lower.contains(word)) || is_bare(&lower))
}

/// `Unexpected server response`, `Disconnected (closed)`, `socket hang up` at the start of what is said: `ws` and the agent
/// name no address then.
fn is_bare(lower: &str) -> bool {
    let said = lower.rsplit("] ").next().unwrap_or(lower);
    let said = said.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let own =
        ["disconnected", "unexpected server response", "connection closed", "connection lost", "opening handshake"];
    own.iter().any(|words| said.starts_with(words)) || lower.contains("unexpected server response")
}

/// The proxy on the way to the control plane that a line names.
pub(super) fn proxy<'a>(line: &str, plane: &'a ControlPlane) -> Option<&'a ProxyServer> {
    if names(line, plane) {
        return None;
    }
    plane.proxies.iter().find(|proxy| {
        let named = line.contains(&proxy.host) || proxy.addresses.iter().any(|known| line.contains(&known.to_string()));
        let no_name = ["ENOTFOUND", "EAI_AGAIN"].iter().any(|word| line.contains(word));
        named && (has_port(line, proxy.port) || no_name && line.contains(&proxy.host))
    })
}

fn has_port(line: &str, port: u16) -> bool {
    let port = format!(":{port}");
    line.match_indices(&port).any(|(at, _)| {
        let after = line.get(at + port.len()..).and_then(|rest| rest.chars().next());
        !after.is_some_and(|c| c.is_ascii_digit())
    })
}

/// Whether a line names the control plane's address.
fn names(line: &str, plane: &ControlPlane) -> bool {
    let address = has_port(line, plane.port);
    let host = line.contains(&plane.host);
    let resolved = plane.addresses.known().into_iter().flatten().any(|known| line.contains(&known.to_string()));
    // Node gives the address it resolved the name to, or the name alone where that failed.
    let no_name = ["ENOTFOUND", "EAI_AGAIN"].iter().any(|word| line.contains(word));
    host && (address || no_name || line.contains(&plane.url))
        || address
            && (resolved || line.contains("connect E") && !plane.host.starts_with("127.") && plane.host != "localhost")
}

/// Whether a line names a host and a port, or an address with a scheme: of something else, since it is not the control
/// plane's.
fn names_another(line: &str) -> bool {
    line.contains("://")
        || line.split([' ', '(', ')', ',', '\'', '"']).any(|word| {
            let port = word.trim_end_matches(['.', ':', ';']).rsplit_once(':');
            port.is_some_and(|(host, port)| {
                let digits = !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit());
                // `../deps/openssl/ssl3_record.c:355` is a place in a program.
                digits && host.contains(['.', ':']) && !host.contains('/')
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::facts::Fact;

    fn plane() -> ControlPlane {
        ControlPlane {
            url: "http://cp.example:4000".into(),
            host: "cp.example".into(),
            port: 4000,
            place: "ExecStart".into(),
            addresses: Fact::Known(vec!["10.0.0.1".parse().unwrap()]),
            proxies: Vec::new(),
        }
    }

    #[test]
    fn lines_about_the_connection_say_where_it_ends() {
        use ConnectionEnd::{Certificate, HungUp, Name, Protocol, Refused, Route, Status};
        for (line, wanted) in [
            ("[connection] WebSocket error: connect ECONNREFUSED 10.0.0.1:4000", Some(Refused)),
            ("[connection] WebSocket error: getaddrinfo ENOTFOUND cp.example", Some(Name)),
            ("[connection] WebSocket error: socket hang up", Some(HungUp)),
            ("[connection] disconnected (1006), trying again in 5 s", Some(HungUp)),
            ("Disconnected (closed)", Some(HungUp)),
            ("WebSocket error: read ECONNRESET", Some(HungUp)),
            ("WebSocket error: self-signed certificate", Some(Certificate(CERTIFICATES[4].1))),
            ("WebSocket error: certificate has expired", Some(Certificate("has expired"))),
            ("WebSocket error: certificate is not yet valid", Some(Certificate(CERTIFICATES[2].1))),
            ("Error: Unexpected server response: 401", Some(Status(401))),
            ("WebSocket error: Opening handshake has timed out", Some(Route)),
            (
                "WebSocket error: write EPROTO 00:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/openssl/ssl/record/ssl3_record.c:355:",
                Some(Protocol),
            ),
            ("connect ETIMEDOUT 10.0.0.1:4000", Some(Route)),
            // Of applications, or of nothing.
            ("Error: connect ECONNREFUSED 127.0.0.1:5432", None),
            ("[app] GET http://shop.example/health: socket hang up", None),
            ("[db] redis 10.0.0.5:6379 read ECONNRESET", None),
            ("[app] worker 3: ECONNRESET", None),
            ("[connection] connected to the control plane", None),
            ("user disconnected from the shop", None),
        ] {
            let found = is_about(line, &plane()).then(|| refusal(line)).flatten();
            assert_eq!(found, wanted, "{line}");
        }
    }

    #[test]
    fn a_proxy_on_the_way_is_named_by_its_address() {
        let proxy = |host: &str| ProxyServer {
            variable: "HTTPS_PROXY".into(),
            place: "/etc/default/agent".into(),
            host: host.into(),
            port: 3128,
            addresses: vec!["10.0.0.9".parse().unwrap()],
        };
        let plane = ControlPlane { proxies: vec![proxy("proxy.lan")], ..plane() };
        for (line, is_named) in [
            ("WebSocket error: connect ECONNREFUSED 10.0.0.9:3128", true),
            ("WebSocket error: getaddrinfo ENOTFOUND proxy.lan", true),
            ("WebSocket error: connect ECONNREFUSED 10.0.0.9:31280", false),
            ("WebSocket error: connect ECONNREFUSED 10.0.0.1:4000", false),
            ("[db] connect ECONNREFUSED 10.0.0.9:5432", false),
        ] {
            assert_eq!(super::proxy(line, &plane).is_some(), is_named, "{line}");
        }
    }
}
