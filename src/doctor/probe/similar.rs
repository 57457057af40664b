//! Units that may be meant where there is none of the name that was asked for: those that start the agent, and those whose
//! names are like it.

use super::load_path;
use crate::doctor::facts::SimilarUnit;
use crate::doctor::questions::Server;
use crate::report::words::UnitName;
use crate::text;
use crate::update::documented_paths::ENTRY_POINT;

/// Most units whose files are read, and most that are offered.
const MAX_READ: usize = 1500;
const MAX_OFFERED: usize = 3;
/// Bytes of one unit file.
const MAX_OF_A_FILE: usize = 64 << 10;

/// The units to offer, those that start the agent first.
pub(super) fn units(server: &dyn Server, asked: &str, bundle: &str) -> Vec<SimilarUnit> {
    let all = load_path::services(server);
    let mut found: Vec<SimilarUnit> = Vec::new();
    let mut add = |name: &str, starts_agent: bool| {
        let is_one = name != asked && !name.contains("@.") && UnitName::new(name).is_ok();
        if is_one && !found.iter().any(|known| known.name == name) && found.len() < MAX_OFFERED {
            found.push(SimilarUnit { name: name.to_owned(), starts_agent });
        }
    };
    for name in all.iter().take(MAX_READ) {
        let Ok(named) = load_path::named(server, name) else { continue };
        let Some(path) = named.fragment.filter(|_| !name.contains("@.")) else { continue };
        let file = server.read(&path, MAX_OF_A_FILE).unwrap_or_default();
        if starts_agent(&String::from_utf8_lossy(&file), bundle) {
            add(&named.id, true);
        }
    }
    let instances = instances(&all, asked);
    instances.iter().for_each(|name| add(name, false));
    let stem = |name: &str| name.trim_end_matches(".service").to_lowercase();
    let wanted = stem(asked);
    let like = all.iter().filter(|name| {
        let other = stem(name);
        other.contains("server-flow") || other.contains("serverflow") || text::is_like(&wanted, &other)
    });
    like.for_each(|name| add(name, false));
    found
}

/// The instances of a template that a target wants, or that have a file of their own.
pub(super) fn instances(all: &[String], template: &str) -> Vec<String> {
    let Some((prefix, _)) = template.split_once('@') else { return Vec::new() };
    let is_instance = |name: &&String| {
        name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('@')).is_some_and(|rest| !rest.starts_with('.'))
    };
    all.iter().filter(is_instance).cloned().collect()
}

/// Whether a unit's file starts the agent: a line of its command or its folder names the bundle.
fn starts_agent(text: &str, bundle: &str) -> bool {
    let of_service = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("ExecStart=") || line.starts_with("WorkingDirectory=")
    };
    let lines: Vec<&str> = text.lines().filter(of_service).collect();
    let names = |words: &str| lines.iter().any(|line| line.contains(words));
    names(bundle) || names(".server-flow/") || (names("/agent-bundle") && names(ENTRY_POINT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_that_starts_the_agent_is_told_by_its_lines() {
        let bundle = "/root/.server-flow/agent-bundle";
        for (text, starts) in [
            ("[Service]\nExecStart=/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js\n", true),
            ("[Service]\nWorkingDirectory=/srv/agent-bundle\nExecStart=/usr/bin/node dist/index.js\n", true),
            ("[Service]\nExecStart=/usr/bin/node /srv/app/dist/index.js\n", false),
            ("# /root/.server-flow/agent-bundle\n[Service]\nExecStart=/bin/true\n", false),
        ] {
            assert_eq!(starts_agent(text, bundle), starts, "{text}");
        }
        let all = ["sf-agent@.service", "sf-agent@prod.service", "sf-agent.service"].map(str::to_owned);
        assert_eq!(instances(&all, "sf-agent@.service"), ["sf-agent@prod.service"]);
        assert_eq!(instances(&all, "sf-agent@tset.service"), ["sf-agent@prod.service"]);
    }
}
