//! `control-plane-unreachable`: the agent runs, and is not shown to be connected to its own control plane.

mod refusal;

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::{self, Crash, CrashKind};
use super::{bundle_fix, evidence, fix, started, unit_lines};
use crate::doctor::facts::{
    Condition, Connections, ControlPlane, Facts, JournalEntry, LinkState, Motion, Process, ProxyServer, SETTLED,
    Speaker,
};
use crate::report::diagnosis::{Diagnosis, Evidence, FixCommand, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::{HttpUrl, RefusedWord};
use crate::systemd::Setting;
use refusal::ConnectionEnd;

pub(super) static CAUSE: Cause = Cause {
    id: "control-plane-unreachable",
    severity: Severity::Error,
    summary: "the agent runs, but does not reach its control plane",
    page: include_str!("../../../docs/causes/control-plane-unreachable.md"),
    stands: Stands::Beside,
    areas: &[Area::Process],
    follows_from: &["restart-would-fail", "process-frozen"],
    told_by: ToldBy::Facts(diagnose),
};

/// Seconds within which an agent that retries every 5 seconds has met a refusal several times.
const LATELY: u64 = 60;
/// Seconds within which it has met it once.
const JUST_NOW: u64 = 30;

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if let Some((crash, plane)) = death(facts) {
        let reason = because(crash.headline, plane);
        let words =
            format!("The agent does not outlive a failed connection to the control plane at `{}`{reason}", plane.url);
        let mut diagnosis = CAUSE.found(facts, words, evidence::journal(crash.headline)).and(evidence::state(facts));
        if facts.condition() == Condition::Looping {
            diagnosis.consequences.push("service-crash-loop");
        }
        return Some(diagnosis.steps(tests(facts, plane, Some(crash.headline))));
    }
    let process =
        facts.process.known()?.as_ref().filter(|process| matches!(process.motion, Motion::Moves | Motion::Stuck(_)))?;
    let connections = process.connections.known()?;
    if facts.condition() != Condition::Running {
        return None;
    }
    let Some(plane) = facts.control_plane.known()? else { return without_address(facts, process, connections) };
    let settled = facts.up().is_none_or(|up| up >= SETTLED);
    // The agent holds one WebSocket open, to `URL/api/connect` (docs/reference/field-facts.md, "On the server"):
    // without that connection it is not reached.
    if connections.is_connected() {
        let line = comes_and_goes(facts, process, plane)?;
        let words =
            format!("The connection to the control plane at `{}` comes and goes{}", plane.url, because(line, plane));
        let diagnosis = CAUSE.found(facts, words, evidence::journal(line)).and(seen(process, plane, connections));
        return Some(diagnosis.steps(tests(facts, plane, Some(line))));
    }
    let said = lines(facts, process, plane, is_on_the_way).into_iter().last();
    // It retries every 5 seconds: shortly after the start silence proves nothing.
    if said.is_none() && !settled {
        return None;
    }
    let cut = cut_off(facts);
    if let Some(crash) = crash::of_children(facts).filter(|_| cut.is_none() && said.is_none()) {
        return Some(of_workers(facts, process, plane, &crash));
    }
    let reason = match &cut {
        Some((key, setting)) => format!(": `{key}={}` in its unit keeps it from the network", setting.value),
        None => said.map_or_else(|| why_silent(connections, plane), |said| because(said, plane)),
    };
    let ignored = said.filter(|said| matches!(refusal::refusal(&said.message), Some(ConnectionEnd::Certificate(_))));
    let ignored = ignored.and_then(|_| ignored_authorities(facts));
    let slash = said.is_some_and(|said| ends_in_a_slash(plane, said));
    let further = match ignored {
        _ if slash => ". Its address ends in a slash, so that the agent asks for `//api/connect`",
        Some(_) => ". The file that `NODE_EXTRA_CA_CERTS` names, which would vouch for it, could not be read",
        None => "",
    };
    let words =
        format!("The agent runs, but has no connection to the control plane at `{}`{reason}{further}", plane.url);
    let mut seen = said.map(evidence::journal).into_iter().chain(seen(process, plane, connections));
    let first = seen.next()?;
    let line = cut.as_ref().map(|(key, setting)| evidence::unit_line(key, setting));
    let mut diagnosis = CAUSE.found(facts, words, first).and(line).and(ignored.map(evidence::journal)).and(seen);
    if ignored.is_some() {
        let text = "put the file back that `NODE_EXTRA_CA_CERTS` names, or name the right one, and restart the agent";
        diagnosis = diagnosis.step(FixStep::looks(text, fix::systemctl("cat", facts).into_iter().collect()));
    }
    if slash {
        let text = format!("take the slash from the end of the address, at {}, and restart the agent", plane.place);
        diagnosis = diagnosis.step(FixStep::looks(text, fix::systemctl("cat", facts).into_iter().collect()));
    }
    if let Some((key, setting)) = &cut {
        return Some(diagnosis.steps(unit_lines::without(facts, setting, &[key])));
    }
    // A name may lead elsewhere now than when the connection was made.
    if said.is_none()
        && !connections.elsewhere.is_empty()
        && plane.addresses.known().is_none_or(|known| known.len() != 1)
    {
        diagnosis.severity = Severity::Warning;
    }
    Some(diagnosis.steps(tests(facts, plane, said)))
}

/// Whether what answers does not know the path, and the address ends in a slash: the agent puts `/api/connect` behind it as it is
/// (docs/reference/field-facts.md, "On the server").
fn ends_in_a_slash(plane: &ControlPlane, said: &JournalEntry) -> bool {
    plane.url.ends_with('/')
        && matches!(refusal::refusal(&said.message), Some(ConnectionEnd::Status(400 | 404 | 405 | 426 | 200)))
}

/// The main process lives, and those that it has started, of which one should hold the connection, die.
fn of_workers(facts: &Facts, process: &Process, plane: &ControlPlane, crash: &Crash<'_>) -> Diagnosis {
    let watches = crash::waits_for_a_change(facts);
    let dead = match watches {
        Some(_) => "it has died, and `node --watch` starts it again only once a file changes",
        None => "the processes that it starts die again and again",
    };
    let words = format!(
        "The agent has no connection to the control plane at `{}`: {dead}. It dies of {}",
        plane.url, crash.text
    );
    let no_link = seen(process, plane, &Connections::default());
    let look = FixStep::looks("read all that they say", fix::journal(facts));
    CAUSE
        .found(facts, words, evidence::journal(crash.headline))
        .and(crash.place.map(evidence::journal))
        .and(watches.map(evidence::journal))
        .and(no_link)
        .step(look)
        .steps(bundle_fix::mend(facts))
}

/// What Node says where it cannot read the authorities that `NODE_EXTRA_CA_CERTS` adds (crypto_context.cc), in this run.
fn ignored_authorities(facts: &Facts) -> Option<&JournalEntry> {
    facts.present().into_iter().find(|entry| entry.message.contains("Ignoring extra certs from "))
}

/// The error that the agent dies of, where that is about its connection to the control plane: nobody listens for it, or a
/// handler prints it and exits.
pub(crate) fn death(facts: &Facts) -> Option<(Crash<'_>, &ControlPlane)> {
    let plane = facts.control_plane.known()?.as_ref()?;
    let crash = crash::crash(facts).filter(|crash| crash.kind == CrashKind::Other)?;
    let said = &crash.headline.message;
    let is_it = is_on_the_way(said, plane) && refusal::refusal(said).is_some();
    is_it.then_some((crash, plane))
}

/// A line of the unit that leaves the agent without a network (systemd.exec(5), systemd.resource-control(5)).
fn cut_off(facts: &Facts) -> Option<(&'static str, Setting<'_>)> {
    let unit = &started::unit(facts)?.unit;
    let of = |key, is_it: fn(&str) -> bool| Some((key, unit.setting("Service", key).filter(|it| is_it(it.value))?));
    of("PrivateNetwork", |value| matches!(value, "yes" | "true" | "on" | "1"))
        .or_else(|| of("IPAddressDeny", |value| value == "any" || value == "0.0.0.0/0"))
        .filter(|(key, _)| *key == "PrivateNetwork" || unit.setting("Service", "IPAddressAllow").is_none())
}

/// Whether a line is about the connection to the control plane, or about that to a proxy on the way there.
fn is_on_the_way(line: &str, plane: &ControlPlane) -> bool {
    refusal::is_about(line, plane) || refusal::proxy(line, plane).is_some()
}

/// Lines of the agent's own process in this run that tell of a refusal by the control plane, oldest first. What its
/// applications print has another process's number.
fn lines<'a>(
    facts: &'a Facts,
    process: &Process,
    plane: &ControlPlane,
    is_about: fn(&str, &ControlPlane) -> bool,
) -> Vec<&'a JournalEntry> {
    let own = |entry: &&JournalEntry| entry.speaker == Speaker::Agent && entry.pid.is_none_or(|pid| pid == process.pid);
    let mut found: Vec<_> = facts.present().into_iter().filter(own).collect();
    found.sort_by_key(|entry| entry.at);
    // What the agent has told after its last refusal counts: a connection that has been there since explains nothing away.
    found.retain(|entry| {
        let lately = facts.at.seconds_since(entry.at) <= JUST_NOW;
        is_about(&entry.message, plane)
            && refusal::refusal(&entry.message)
                .is_some_and(|found| lately || !matches!(found, ConnectionEnd::Status(_)))
    });
    // `disconnected (1006)` follows the line that says why.
    let newest = found.last().map(|entry| entry.at);
    let near = |entry: &JournalEntry| newest.is_some_and(|newest| newest.seconds_since(entry.at) <= JUST_NOW);
    let why = |entry: &&JournalEntry| near(entry) && !entry.message.to_ascii_lowercase().contains("disconnected");
    let told: Vec<_> = found.iter().copied().filter(why).collect();
    if told.is_empty() { found } else { told }
}

/// What a line tells of the connection to the control plane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ConnectionNews {
    /// That it is there.
    Connected,
    /// That it is gone, or was refused.
    Refused,
}

/// What a line of the agent tells of its connection to the control plane, if it tells anything.
#[must_use]
pub(crate) fn told(entry: &JournalEntry, facts: &Facts) -> Option<ConnectionNews> {
    let plane = facts.control_plane.known()?.as_ref()?;
    if !refusal::is_about(&entry.message, plane) {
        return None;
    }
    if refusal::refusal(&entry.message).is_some() {
        return Some(ConnectionNews::Refused);
    }
    (entry.tells_connected() == Some(true)).then_some(ConnectionNews::Connected)
}

/// A line that shows that a connection that is there now will not last: it was lost several times within the last minute.
fn comes_and_goes<'a>(facts: &'a Facts, process: &Process, plane: &ControlPlane) -> Option<&'a JournalEntry> {
    let lately = |entry: &&JournalEntry| facts.at.seconds_since(entry.at) <= LATELY;
    let lost: Vec<_> = lines(facts, process, plane, refusal::is_about).into_iter().filter(lately).collect();
    // Lines that follow one another within a second tell of one loss.
    let mut losses = 0;
    let mut before: Option<&JournalEntry> = None;
    for entry in &lost {
        losses += usize::from(before.is_none_or(|before| entry.at.seconds_since(before.at) >= 2));
        before = Some(entry);
    }
    let newest = lost.last().copied()?;
    // An agent that says that it is connected, and has been for longer than between two losses, has come back.
    let back = facts
        .present()
        .into_iter()
        .filter(|entry| entry.at > newest.at && entry.tells_connected() == Some(true))
        .min_by_key(|entry| entry.at);
    let stays = back.is_some_and(|back| facts.at.seconds_since(back.at) >= SETTLED);
    (losses > 1 && !stays && facts.at.seconds_since(newest.at) <= JUST_NOW).then_some(newest)
}

/// What a line means, as the end of a sentence.
fn because(line: &JournalEntry, plane: &ControlPlane) -> String {
    let proxy = refusal::proxy(&line.message, plane).map(|proxy| {
        let ProxyServer { variable, place, host, port, .. } = proxy;
        format!(" by way of the proxy `{host}:{port}`, which `{variable}` in {place} names")
    });
    format!("{}{}", proxy.unwrap_or_default(), meaning(line))
}

fn meaning(line: &JournalEntry) -> String {
    match refusal::refusal(&line.message) {
        Some(ConnectionEnd::Name) => ": its name leads nowhere".to_owned(),
        Some(ConnectionEnd::Refused) => ": nothing listens there".to_owned(),
        Some(ConnectionEnd::Route) => ": nothing answers".to_owned(),
        Some(ConnectionEnd::Certificate(meaning)) => format!(": its certificate {meaning}"),
        Some(ConnectionEnd::Protocol) => ": one side speaks TLS, and the other does not".to_owned(),
        Some(ConnectionEnd::Status(code @ (401 | 403))) => {
            format!(": it refuses the agent's token or identity ({code})")
        }
        Some(ConnectionEnd::Status(407)) => ": a proxy before it asks for a name and a password (407)".to_owned(),
        Some(ConnectionEnd::Status(code @ 300..=399)) => format!(": it sends the agent elsewhere ({code})"),
        Some(ConnectionEnd::Status(code @ 500..=599)) => {
            format!(": it, or a proxy before it, is out of order ({code})")
        }
        Some(ConnectionEnd::Status(code)) => {
            format!(": what answers there does not take the agent's connection ({code})")
        }
        Some(ConnectionEnd::HungUp) => ": it is closed again and again from the other end".to_owned(),
        None => String::new(),
    }
}

/// What the sockets tell where the agent says nothing.
fn why_silent(connections: &Connections, plane: &ControlPlane) -> String {
    let has = |state| connections.own.iter().any(|link| link.state == state);
    if has(LinkState::Unanswered) {
        return ": what listens there takes the connection, and never answers".to_owned();
    }
    if has(LinkState::Stalled) || has(LinkState::Asking) {
        return ": nothing answers".to_owned();
    }
    if has(LinkState::Closed) {
        return ": it was closed from the other end".to_owned();
    }
    if plane.addresses.known().is_some_and(Vec::is_empty) {
        return ": its name leads nowhere".to_owned();
    }
    String::new()
}

fn seen(process: &Process, plane: &ControlPlane, connections: &Connections) -> Vec<Evidence> {
    let pid = process.pid;
    let own: Vec<_> = connections
        .own
        .iter()
        .map(|link| evidence::disk(format!("/proc/{pid}: {} {}", link.remote, link.state.words())))
        .collect();
    let none = own.is_empty().then(|| {
        let resolved = plane.addresses.known().into_iter().flatten().map(ToString::to_string);
        let resolved: Vec<_> = resolved.filter(|address| *address != plane.host).collect();
        let resolved = if resolved.is_empty() { String::new() } else { format!(" ({})", resolved.join(", ")) };
        evidence::disk(format!("/proc/{pid}: no connection to {}:{}{resolved}", plane.host, plane.port))
    });
    let elsewhere = connections
        .elsewhere
        .first()
        .map(|remote| evidence::disk(format!("/proc/{pid}: connected to {remote}, which is not the control plane")));
    own.into_iter().chain(none).chain(elsewhere).collect()
}

/// Nothing on the server says where the control plane is.
fn without_address(facts: &Facts, process: &Process, connections: &Connections) -> Option<Diagnosis> {
    if facts.up().is_some_and(|up| up < SETTLED) {
        return None;
    }
    let unit = evidence::unit_setting(facts, "ExecStart");
    let remote = connections.outward.first();
    let socket = match remote {
        Some(remote) => format!("/proc/{}: connected to {remote}", process.pid),
        None => format!("/proc/{}: no connection to another machine", process.pid),
    };
    let registration =
        evidence::disk(format!("{}/registration.json: no address of a control plane", facts.places.home));
    let mut seen = unit.into_iter().chain([evidence::disk(socket), registration]);
    let first = seen.next()?;
    let words = "The agent runs without `--url`, and nothing else on this server says where its control plane is";
    let mut diagnosis = CAUSE.found(facts, words, first).and(seen);
    if remote.is_some() {
        diagnosis.severity = Severity::Warning;
    }
    let look = fix::systemctl("cat", facts).into_iter().collect();
    let text = "add `--url` and the address of the control plane to `ExecStart=`, then reload and restart";
    Some(diagnosis.step(FixStep::looks(text, look)))
}

/// The commands that test what the line is about: a bare request of `/` tests neither a token nor the upgrade.
fn tests(facts: &Facts, plane: &ControlPlane, said: Option<&JournalEntry>) -> Vec<FixStep> {
    if let Some(proxy) = said.and_then(|said| refusal::proxy(&said.message, plane)) {
        return fix::or_told(ask_proxy(facts, proxy));
    }
    fix::or_told(looks(facts, plane, said.and_then(|said| refusal::refusal(&said.message))))
}

/// The commands that show whether a proxy is there, and what names it.
fn ask_proxy(facts: &Facts, proxy: &ProxyServer) -> Result<Vec<FixStep>, RefusedWord> {
    let ProxyServer { variable, place, host, port, .. } = proxy;
    let url = HttpUrl::new(&format!("http://{host}:{port}"))?;
    let asked = command!("curl", "-sSg", "-o", "/dev/null", "-m", "10", "-w", "%{http_code}\\n", "--", &url);
    let text = format!(
        "see whether the proxy answers; start it, or put `{variable}` right in {place} (`NO_PROXY` names what is reached without one), \
         and restart the agent"
    );
    Ok(vec![FixStep::looks(text, fix::systemctl("cat", facts).into_iter().chain([asked]).collect())])
}

fn looks(facts: &Facts, plane: &ControlPlane, refusal: Option<ConnectionEnd>) -> Result<Vec<FixStep>, RefusedWord> {
    // curl knows a WebSocket's address by that of the request that opens it.
    let http = match plane.url.strip_prefix("ws") {
        Some(rest) => format!("http{rest}"),
        None => plane.url.clone(),
    };
    let url = HttpUrl::new(&http)?;
    let asked = || vec![upgrade(&url)];
    let step = |text: &str, commands| vec![FixStep::looks(text, commands)];
    Ok(match refusal {
        Some(ConnectionEnd::Certificate(_)) => {
            let look =
                vec![command!("date", "-u"), command!("curl", "-sSgv", "-o", "/dev/null", "-m", "10", "--", &url)];
            step("see the certificate and its dates; the agent tries again by itself", look)
        }
        Some(ConnectionEnd::Status(401 | 403)) => {
            let text = "no request without the token tests it: register the agent anew, or put its token right, then start it and \
                read its answer";
            step(text, fix::journal(facts))
        }
        Some(ConnectionEnd::Status(_) | ConnectionEnd::HungUp) => step(
            "ask for the agent's connection as it does (101 is right, after which curl waits and ends with 28; 401 without its token)",
            asked(),
        ),
        Some(ConnectionEnd::Protocol) => step("see which of the two answers, and put `--url` right", asked()),
        _ => {
            let words = "see where it ends: the name, or the connection; the agent tries again by itself";
            let shown = "%{http_code}\\n";
            let name = command!("getent", "hosts", "--", url.host());
            step(words, vec![name, command!("curl", "-sSg", "-o", "/dev/null", "-m", "10", "-w", shown, "--", &url)])
        }
    })
}

/// The request with which the agent opens its connection, without its token.
fn upgrade(url: &HttpUrl) -> FixCommand {
    command!(
        "curl",
        "-sSg",
        "-o",
        "/dev/null",
        "-m",
        "10",
        "-w",
        "%{http_code}\\n",
        "--http1.1",
        "-H",
        "Connection: Upgrade",
        "-H",
        "Upgrade: websocket",
        "-H",
        "Sec-WebSocket-Version: 13",
        "-H",
        "Sec-WebSocket-Key: YnVuZGxlLWRvY3Rvci4uLg==",
        "--",
        &url.below("api/connect"),
    )
}
