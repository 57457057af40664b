//! Where the agent is on this server: what the user says, else the unit, else the source document.

use crate::doctor::facts::{Account, AgentPlaces, ServerPolicy};
use crate::doctor::questions::Server;
use crate::systemd::{CommandLine, Context, Unit, from_directory, normal};
use crate::tree::names::ConfiguredNames;
use crate::update::documented_paths;

/// What the user asks for.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct ProbeOptions {
    /// The unit, with its suffix.
    pub unit: String,
    /// The bundle's folder; nothing to take it from the unit.
    pub bundle: Option<String>,
    /// The agent's home, `~` being that of the unit's user; nothing for the document's.
    pub home: Option<String>,
    /// How many lines of the journal.
    pub lines: u32,
    /// From when on, as journalctl understands it.
    pub since: Option<String>,
    /// What a bundle has to satisfy here.
    pub policy: ServerPolicy,
}

impl ProbeOptions {
    /// What the source document asks.
    #[must_use]
    pub(crate) fn documented() -> Self {
        let policy = ServerPolicy::default();
        Self { unit: documented_paths::UNIT.to_owned(), bundle: None, home: None, lines: 400, since: None, policy }
    }
}

/// Works out the places.
#[must_use]
pub(super) fn of(
    server: &dyn Server,
    options: &ProbeOptions,
    unit: Option<&Unit>,
    account: Option<&Account>,
) -> AgentPlaces {
    let user_home = account.map_or("/root", |account| account.home.as_str());
    let expand = |path: &str| match path.strip_prefix('~') {
        Some(rest) => normal(&format!("{user_home}{rest}")),
        None => normal(path),
    };
    let documented = options.home.as_deref().map_or_else(
        || expand(documented_paths::DEPLOYED_BUNDLE),
        |home| normal(&format!("{}/{}", expand(home), last_part(documented_paths::DEPLOYED_BUNDLE))),
    );
    let context = Context { user_home: account.map(|account| account.home.clone()) };
    let from_unit = unit.and_then(|unit| bundle_of(unit, &context));
    let bundle = match (&options.bundle, from_unit) {
        (Some(said), _) => expand(said),
        (None, Some(found)) if found == documented => found,
        // The unit names a folder that is not there, or that holds no bundle, and the document's does.
        (None, Some(found)) if is_there(server, &found) => {
            if !has_marks(server, &found) && has_marks(server, &documented) { documented } else { found }
        }
        (None, Some(found)) if !is_there(server, &documented) => found,
        (None, _) => documented,
    };
    let home = match options.home.as_deref() {
        Some(home) => expand(home),
        None => bundle.rsplit_once('/').map_or("/", |(home, _)| home).to_owned(),
    };
    let backup = format!("{bundle}-backup");
    AgentPlaces { unit: options.unit.clone(), home, bundle, backup, download: documented_paths::DOWNLOAD.to_owned() }
}

/// The last part of a path.
pub(super) fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_there(server: &dyn Server, path: &str) -> bool {
    server.look(path).is_ok()
}

/// Whether there is anything in a folder by which a bundle is known, whole or not.
fn has_marks(server: &dyn Server, folder: &str) -> bool {
    ["package.json", "dist", "node_modules", documented_paths::NESTED_AGENT]
        .iter()
        .any(|name| is_there(server, &format!("{folder}/{name}")))
}

/// The bundle that a unit starts: what stands before `dist/index.js` in its script's path, or before the old layout's
/// `apps/agent`.
fn bundle_of(unit: &Unit, context: &Context) -> Option<String> {
    let directory = unit.working_path(context)?;
    let script = unit
        .command()
        .and_then(Result::ok)
        .and_then(|command| CommandLine::script(&command).map(|script| from_directory(&directory, script)));
    let folder = match &script {
        Some(script) => script.strip_suffix(&format!("/{}", documented_paths::ENTRY_POINT)).unwrap_or(&directory),
        None => &directory,
    };
    let folder = folder.strip_suffix(&format!("/{}", documented_paths::NESTED_AGENT)).unwrap_or(folder);
    (folder != "/" && !folder.is_empty()).then(|| folder.to_owned())
}

/// The names by which the bundle in a folder is judged: the unit's script, seen from the bundle, is its entry point if
/// it is there; otherwise the current layout's.
#[must_use]
pub(super) fn names_for(
    server: &dyn Server,
    folder: &str,
    bundle: &str,
    script: Option<&str>,
    names: &ConfiguredNames,
) -> ConfiguredNames {
    let from_unit = script.and_then(|script| script.strip_prefix(&format!("{bundle}/"))).map(str::to_owned);
    let there = from_unit.filter(|entry| is_there(server, &format!("{folder}/{entry}")));
    ConfiguredNames { entry: there.unwrap_or_else(|| names.entry.clone()), ..names.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::recording::Recorded;

    /// A server on which these folders and files are.
    fn server(paths: &[&str]) -> Recorded<'static> {
        let look = r#"{"kind":"d","mode":493,"uid":0,"gid":0,"size":0,"changed":0}"#;
        let lines: Vec<_> = paths.iter().map(|path| format!(r#"{{"ask":"look {path}","ok":{look}}}"#)).collect();
        Recorded::parse(lines.join("\n")).unwrap()
    }

    fn unit(directory: &str, command: &str) -> Unit {
        let text = format!("[Service]\nWorkingDirectory={directory}\nExecStart={command}\n");
        Unit::of_text("server-flow-agent.service", "unit", &text)
    }

    const B: &str = "/root/.server-flow/agent-bundle";

    #[test]
    fn the_bundle_is_where_the_unit_starts_it() {
        let all = server(&[B, &format!("{B}/package.json"), "/srv/agent", "/srv/agent/dist", "/root"]);
        let absolute = format!("/usr/bin/node {B}/dist/index.js --url http://x");
        for (case, directory, command, bundle) in [
            ("documented", B, absolute.as_str(), B),
            ("installer's, nested", "/root/.server-flow/agent-bundle/apps/agent", "/usr/bin/node dist/index.js", B),
            ("the script decides", "/", "/usr/bin/node /srv/agent/dist/index.js", "/srv/agent"),
            ("home of the user", "~/.server-flow/agent-bundle", "/usr/bin/node dist/index.js", B),
            ("a folder that is not there", "/root/.server-flow/agent-bundel", "/usr/bin/node dist/index.js", B),
            ("a folder without a bundle", "/root", "/usr/bin/node dist/index.js", B),
            ("nothing to go by", "", "/usr/local/bin/start-agent", B),
        ] {
            let directory = directory.replace('~', "/root");
            let options = ProbeOptions {
                unit: "u".into(),
                bundle: None,
                home: None,
                lines: 1,
                since: None,
                policy: ServerPolicy::default(),
            };
            let places = of(&all, &options, Some(&unit(&directory, command)), None);
            assert_eq!(places.bundle, bundle, "{case}");
            assert_eq!(places.backup, format!("{bundle}-backup"), "{case}");
        }
    }

    #[test]
    fn what_the_user_says_comes_first() {
        let account = Account { name: "agent".into(), uid: 1000, gid: 1000, home: "/home/agent".into() };
        let empty = server(&[]);
        for (bundle, home, wanted) in [
            (Some("/opt/b/"), None, ("/opt/b", "/opt")),
            (None, Some("~/flow"), ("/home/agent/flow/agent-bundle", "/home/agent/flow")),
            (None, None, ("/home/agent/.server-flow/agent-bundle", "/home/agent/.server-flow")),
        ] {
            let (bundle, home) = (bundle.map(str::to_owned), home.map(str::to_owned));
            let options =
                ProbeOptions { unit: "u".into(), bundle, home, lines: 1, since: None, policy: ServerPolicy::default() };
            let places = of(&empty, &options, None, Some(&account));
            assert_eq!((places.bundle.as_str(), places.home.as_str()), wanted);
        }
    }

    #[test]
    fn the_script_of_the_unit_is_the_entry_point_if_it_is_there() {
        let names = documented_paths::names();
        let nested = format!("{B}/apps/agent/dist/index.js");
        let flat = format!("{B}/dist/index.js");
        for (case, there, script, entry) in [
            ("as the unit says", &nested, Some(&nested), "apps/agent/dist/index.js"),
            ("the unit is of the old layout, the bundle is not", &flat, Some(&nested), "dist/index.js"),
            ("the bundle is of the old layout, the unit is not", &nested, Some(&flat), "dist/index.js"),
            ("no unit", &flat, None, "dist/index.js"),
        ] {
            let server = server(&[there]);
            assert_eq!(names_for(&server, B, B, script.map(String::as_str), &names).entry, entry, "{case}");
        }
    }
}
