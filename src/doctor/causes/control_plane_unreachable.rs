//! `control-plane-unreachable`: the agent runs, but does not reach its control plane.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix};
use crate::doctor::facts::{Condition, ControlPlane, Facts, JournalEntry, Speaker};
use crate::report::diagnosis::{Diagnosis, Step, command};
use crate::report::finding::Severity;
use crate::report::words::HttpUrl;

pub(super) static CAUSE: Cause = Cause {
    id: "control-plane-unreachable",
    severity: Severity::Error,
    summary: "the agent runs, but does not reach its control plane",
    page: include_str!("../../../docs/causes/control-plane-unreachable.md"),
    stands: Stands::Beside,
    areas: &[Area::Process],
    follows_from: &["restart-would-fail"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if facts.condition() != Condition::Running {
        return None;
    }
    let plane = facts.control_plane.as_ref()?;
    // The agent holds one WebSocket open, to `URL/api/connect` (docs/reference/field-facts.md, "On the server"):
    // without that connection it is not reached.
    let process = facts.process.known()?.as_ref().filter(|process| process.connected == Some(false))?;
    let said = facts.present().into_iter().rev().find(|entry| {
        entry.speaker == Speaker::Agent
            && (names(&entry.message, plane) || is_refusal(facts, entry))
            && FAILURES.iter().any(|word| entry.says(word))
    });
    // It retries every 5 seconds: shortly after the start, or between two tries, silence proves nothing.
    if said.is_none() && facts.up().is_some_and(|up| up < PATIENCE) {
        return None;
    }
    let open = evidence::disk(format!("/proc/{}: no connection to {}:{}", process.pid, plane.host, plane.port));
    let words = format!("The agent runs, but has no connection to the control plane at `{}`", plane.url);
    let mut seen = said.map(evidence::journal).into_iter().chain([open]);
    let first = seen.next()?;
    let mut diagnosis = CAUSE.found(facts, words, first).and(seen);
    if said.is_none() {
        diagnosis.severity = Severity::Warning;
    }
    let look = HttpUrl::new(&plane.url).map(|url| {
        let shown = "%{http_code}\\n";
        vec![
            command!("getent", "hosts", "--", url.host()),
            command!("curl", "-sSg", "-o", "/dev/null", "-w", shown, "--", &url),
        ]
    });
    let words = "see where it ends: the name, or the connection; the agent tries again by itself";
    Some(diagnosis.steps(fix::or_told(look.map(|look| vec![Step::looks(words, look)]))))
}

/// Seconds after which an agent that never connected is not just starting up.
const PATIENCE: u64 = 60;

/// What Node says of a connection that failed (libuv's error names), and of a handshake that was refused.
const FAILURES: [&str; 10] = [
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ECONNRESET",
    "CERT_",
    "certificate",
    "Unexpected server response",
];

/// A handshake that was refused just now: `ws` names no address then.
fn is_refusal(facts: &Facts, entry: &JournalEntry) -> bool {
    entry.says("Unexpected server response") && facts.at.seconds_since(entry.at) <= JUST_NOW
}

/// Seconds within which an agent that retries every 5 seconds must have met the refusal.
const JUST_NOW: u64 = 30;

/// Whether a line is about the control plane and not about another host: a database of the applications on this machine
/// refuses connections as well.
fn names(line: &str, plane: &ControlPlane) -> bool {
    let port = format!(":{}", plane.port);
    let address = line.match_indices(&port).any(|(at, _)| {
        let after = line.get(at + port.len()..).and_then(|rest| rest.chars().next());
        !after.is_some_and(|c| c.is_ascii_digit())
    });
    let host = line.contains(&plane.host);
    // Node gives the address it resolved the name to, or the name alone where that failed.
    host && (address || ["ENOTFOUND", "EAI_AGAIN"].iter().any(|word| line.contains(word)))
        || host && plane.url.contains(&plane.host) && line.contains(&plane.url)
        || address && !plane.host.starts_with("127.") && plane.host != "localhost" && line.contains("connect E")
        || address && (plane.host == "localhost") && (line.contains("127.0.0.1") || line.contains("::1"))
}
