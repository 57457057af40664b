//! Where the agent connects to: its `--url`, wherever that stands, else what its environment or its registration says.

use super::ask::Probe;
use crate::doctor::facts::{ControlPlane, Fact, ProxyServer};
use crate::doctor::questions::{Diagnostic, Server, Unanswered, names_control_plane};
use crate::redact::Redactor;
use crate::systemd::{FileVariable, Unit, file_variables, split};
use crate::text;
use core::net::IpAddr;
use std::collections::BTreeMap;

/// Most bytes of a file of variables, and of the registration.
const MAX: usize = 256 << 10;
/// The file in the agent's home in which it keeps what it was registered with.
const REGISTRATION: &str = "registration.json";

/// An address as it was found, with its place.
#[derive(Clone, Debug)]
pub(super) struct FoundUrl {
    pub(super) url: String,
    pub(super) place: String,
}

/// The variables that the unit gives its command: `Environment=`, and over it `EnvironmentFile=` (systemd.exec(5)). What has
/// the name of a secret becomes known to the redactor.
#[must_use]
pub(super) fn variables(
    server: &dyn Server,
    unit: &Unit,
    redactor: &mut Redactor,
) -> BTreeMap<String, (String, String)> {
    let settings = unit.settings("Service", "Environment");
    let place = |name: &str| {
        let sets = |word: &String| word.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        let last = settings.iter().rev().find(|found| split(found.value).unwrap_or_default().iter().any(sets));
        last.map_or_else(|| "Environment".to_owned(), |found| found.place())
    };
    let own = |(name, value): (String, String)| {
        let place = place(&name);
        (name, (value, place))
    };
    let mut variables: BTreeMap<String, (String, String)> = unit.environment().into_iter().map(own).collect();
    for setting in unit.settings("Service", "EnvironmentFile") {
        let path = unit.expand(setting.value.trim_start_matches('-'));
        let content = server.read(&path, MAX).unwrap_or_default();
        for FileVariable { name, value, parts } in file_variables(&String::from_utf8_lossy(&content)) {
            if Redactor::is_secret_name(&name) {
                redactor.know_all(&value);
                parts.iter().for_each(|part| redactor.know(part));
            }
            variables.insert(name, (value, text::printable(&path).into_owned()));
        }
    }
    variables
}

/// The address in a command's words, `$NAME` and `${NAME}` of the variables put in as systemd does (systemd.service(5),
/// "Command Lines").
#[must_use]
pub(super) fn in_command(
    words: &[String],
    variables: &BTreeMap<String, (String, String)>,
    place: &str,
) -> Option<FoundUrl> {
    // What a shell is told stands in one word (`sh -c "node … --url X; exit"`).
    let mut words = words.iter().flat_map(|word| match word.contains(" --url") {
        true => word.split_whitespace().map(|part| part.trim_matches(OF_A_SHELL)).collect(),
        false => vec![word.as_str()],
    });
    let mut found = None;
    while let Some(word) = words.next() {
        let Some(rest) = word.strip_prefix("--url") else { continue };
        let value = if rest.is_empty() { words.next() } else { rest.strip_prefix('=') };
        // Of several the last one counts.
        found = value.or(found);
    }
    let value = found?;
    let (url, from) = expanded(value, variables);
    Some(FoundUrl { url, place: from.unwrap_or_else(|| place.to_owned()) })
}

/// What stands around an address in a shell's command, and belongs to none.
const OF_A_SHELL: [char; 7] = [';', '&', '|', '\'', '"', '(', ')'];

/// The text with its variables put in, and where the last of them stands.
pub(super) fn expanded(text: &str, variables: &BTreeMap<String, (String, String)>) -> (String, Option<String>) {
    let mut out = String::new();
    let mut from = None;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, behind) = match after.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            Some(found) => found,
            None => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                after.split_at(end)
            }
        };
        if let Some((value, place)) = variables.get(name) {
            out.push_str(value);
            from = Some(format!("`{name}` in {place}"));
        }
        rest = behind;
    }
    out.push_str(rest);
    (out, from)
}

/// The address in a variable that is named after the control plane, or after the agent.
#[must_use]
pub(super) fn in_variables(variables: &BTreeMap<String, (String, String)>) -> Option<FoundUrl> {
    let named = |name: &str, value: &str| names_control_plane(name) && value.contains("://");
    let mut found = variables.iter().filter(|(name, (value, _))| named(name, value));
    found.next().map(|(name, (url, place))| FoundUrl { url: url.clone(), place: format!("`{name}` in {place}") })
}

/// The address in the agent's registration.
///
/// # Errors
/// The refusal where it may not be read.
pub(super) fn in_registration(server: &dyn Server, home: &str) -> Result<Option<FoundUrl>, Unanswered> {
    let path = format!("{home}/{REGISTRATION}");
    let content = match server.read(&path, MAX) {
        Ok(content) => content,
        Err(Unanswered::NotFound | Unanswered::Unlike) => return Ok(None),
        Err(refusal) => return Err(refusal),
    };
    let Ok(registration) = serde_json::from_slice::<serde_json::Value>(&content) else { return Ok(None) };
    let url = ["url", "controlPlaneUrl"].iter().find_map(|name| registration.get(name)?.as_str());
    Ok(url.map(|url| FoundUrl { url: url.to_owned(), place: text::printable(&path).into_owned() }))
}

/// An address without its scheme, its host in small letters.
fn with_small_host(rest: &str) -> String {
    let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, host) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    format!("{user}{}{behind}", host.to_ascii_lowercase())
}

/// The path behind a host, without a query.
fn path_of(rest: &str) -> &str {
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default();
    let before_query = rest.find(['?', '#']).is_none_or(|query| rest.find('/').is_some_and(|at| at < query));
    path.split(['?', '#']).next().filter(|_| before_query).unwrap_or_default()
}

impl Probe<'_> {
    /// The control plane of an address, its name resolved as the server does.
    pub(super) fn control_plane(&self, found: &FoundUrl) -> Option<ControlPlane> {
        let (scheme, rest) = found.url.split_once("://")?;
        // Node's `URL` writes both in small letters, whatever stands there (RFC 3986, 6.2.2.1).
        let (scheme, rest) = (scheme.to_ascii_lowercase(), with_small_host(rest));
        let (scheme, rest) = (scheme.as_str(), rest.as_str());
        let authority = rest.split(['/', '?', '#']).next()?;
        let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
        let usual = if matches!(scheme, "https" | "wss") { 443 } else { 80 };
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
            _ => (address, usual),
        };
        if host.is_empty() {
            return None;
        }
        let addresses = self.addresses(host.trim_start_matches('[').trim_end_matches(']'));
        Some(ControlPlane {
            // What stands behind the host belongs to it: a proxy gives each of its applications a path. A query may be a secret.
            url: self.shown(&format!("{scheme}://{address}{}", path_of(rest))),
            host: text::printable(host).into_owned(),
            port,
            place: self.shown(&found.place),
            addresses,
            proxies: Vec::new(),
        })
    }

    /// With the proxies that these variables name for the way there.
    pub(super) fn through_proxies(
        &self,
        plane: ControlPlane,
        variables: &BTreeMap<String, (String, String)>,
    ) -> ControlPlane {
        let named = |name: &'static str| variables.iter().filter(move |(found, _)| found.eq_ignore_ascii_case(name));
        // `NO_PROXY=localhost,.example.com`: a name is meant with all that ends in it.
        let is_meant = |word: &str| {
            let word = word.trim().trim_start_matches(['*', '.']);
            word.is_empty() || plane.host == word || plane.host.ends_with(&format!(".{word}"))
        };
        let direct = |value: &str| value.split([',', ' ']).filter(|word| !word.trim().is_empty()).any(is_meant);
        if named("NO_PROXY").any(|(_, (value, _))| direct(value)) {
            return plane;
        }
        let proxies = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "WSS_PROXY", "WS_PROXY"].into_iter().flat_map(named);
        let proxies: Vec<ProxyServer> = proxies
            .filter_map(|(name, (value, place))| {
                let url = if value.contains("://") { value.clone() } else { format!("http://{value}") };
                let found = self.control_plane(&FoundUrl { url, place: place.clone() })?;
                let ControlPlane { host, port, place, addresses, .. } = found;
                let addresses = addresses.known().cloned().unwrap_or_default();
                Some(ProxyServer { variable: text::printable(name).into_owned(), place, host, port, addresses })
            })
            .collect();
        ControlPlane { proxies, ..plane }
    }

    /// What a host is: itself where it is an address, else what the server's resolver says.
    fn addresses(&self, host: &str) -> Fact<Vec<IpAddr>> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Fact::Known(vec![address.to_canonical()]);
        }
        let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if host.starts_with('-') || !host.chars().all(sound) {
            return Fact::unknown("it is no name of a host");
        }
        match self.run(&Diagnostic::Addresses(host)) {
            Ok(spoken) => {
                let first = |line: &str| line.split_whitespace().next()?.parse::<IpAddr>().ok();
                let mut found: Vec<_> =
                    spoken.stdout.lines().filter_map(first).map(|address| address.to_canonical()).collect();
                found.sort();
                found.dedup();
                Fact::Known(found)
            }
            Err(refusal) => Fact::unknown(format!("getent: {refusal}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::recording::Recorded;
    use crate::systemd::seen_paths::SeenPaths;

    fn words(text: &str) -> Vec<String> {
        if let Some((shell, told)) = text.split_once('|') {
            return shell.split(' ').chain([told]).map(str::to_owned).collect();
        }
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_address_is_found_wherever_it_stands() {
        let file =
            r##"{"ask":"read /etc/default/agent","ok":"# ours\nCP_HOST=\"cp.example\"\nCP='http://in.file:9'\n"}"##;
        let registered = r#"{"ask":"read /r/registration.json","ok":"{\"url\":\"https://registered.example\"}"}"#;
        let server = Recorded::parse(format!("{file}\n{registered}")).unwrap();
        let text = "[Service]\nEnvironment=CP=http://in.unit:8 PORT=4000\nEnvironmentFile=-/etc/default/agent\n";
        let unit = Unit::of_text("server-flow-agent.service", "/etc/u", text);
        let variables = variables(&server, &unit, &mut Redactor::new());
        for (case, command, url, place) in [
            ("as documented", "node x --url http://a:1", "http://a:1", "ExecStart"),
            ("in one word", "node x --url=http://a:1", "http://a:1", "ExecStart"),
            ("told to a shell", "sh -c|exec node x --url 'http://a:1'; exit", "http://a:1", "ExecStart"),
            ("the last counts", "node x --url http://a:1 --url http://b:2", "http://b:2", "ExecStart"),
            (
                "a variable, the file over the unit",
                "node x --url $CP",
                "http://in.file:9",
                "`CP` in /etc/default/agent",
            ),
            ("in braces", "node x --url http://${CP_HOST}:${PORT}/x", "http://cp.example:4000/x", "`PORT` in /etc/u:2"),
        ] {
            let found = in_command(&words(command), &variables, "ExecStart").unwrap();
            assert_eq!((found.url.as_str(), found.place.as_str()), (url, place), "{case}");
        }
        assert!(in_command(&words("node x --token t"), &variables, "ExecStart").is_none());
        let found = in_registration(&server, "/r").unwrap().unwrap();
        assert_eq!((found.url.as_str(), found.place.as_str()), ("https://registered.example", "/r/registration.json"));
        assert!(in_registration(&server, "/elsewhere").unwrap().is_none());
    }

    #[test]
    fn a_variable_counts_by_its_name() {
        for (name, value, counts) in [
            ("CONTROL_PLANE_URL", "http://a", true),
            ("SERVER_FLOW_URL", "http://a", true),
            ("AGENT_URL", "not an address", false),
            ("DATABASE_URL", "postgres://a", false),
            ("HTTPS_PROXY", "http://proxy", false),
        ] {
            let variables = BTreeMap::from([(name.to_owned(), (value.to_owned(), "/etc/u:2".to_owned()))]);
            assert_eq!(in_variables(&variables).is_some(), counts, "{name}");
        }
    }

    #[test]
    fn an_address_is_taken_apart_and_its_name_resolved() {
        let line = r#"{"ask":"run getent ahosts -- cp.example","ok":{"status":0,"stdout":"10.0.0.7       STREAM cp.example\n10.0.0.7       DGRAM\n::ffff:10.0.0.8 STREAM\n","stderr":"","took":1}}"#;
        let server = Recorded::parse(line).unwrap();
        let probe = Probe::new(&server, SeenPaths::default(), Redactor::new());
        for (url, shown, port, addresses) in [
            ("http://cp.example:4000", "http://cp.example:4000", 4000, "10.0.0.7 10.0.0.8"),
            ("https://user:pass@cp.example/panel?key=1", "https://cp.example/panel", 443, "10.0.0.7 10.0.0.8"),
            ("http://[::1]:80", "http://[::1]:80", 80, "::1"),
            ("HTTPS://a:B@CP.example/Panel", "https://cp.example/Panel", 443, "10.0.0.7 10.0.0.8"),
            ("ws://127.0.0.1", "ws://127.0.0.1", 80, "127.0.0.1"),
        ] {
            let found = probe.control_plane(&FoundUrl { url: url.into(), place: "ExecStart".into() }).unwrap();
            let known: Vec<_> = found.addresses.known().unwrap().iter().map(ToString::to_string).collect();
            assert_eq!((found.url.as_str(), found.port, known.join(" ").as_str()), (shown, port, addresses));
        }
        for url in ["cp.example:4000", "http://", "http://cp:port"] {
            assert!(probe.control_plane(&FoundUrl { url: url.into(), place: String::new() }).is_none(), "{url}");
        }
    }
}
