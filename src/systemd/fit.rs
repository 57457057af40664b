//! Whether a unit would start a bundle that is deployed at a path: its working directory, its script, its user.
//!
//! The faults are those of the field: the old nested paths (docs/reference/update-mechanism.md, "Historique des
//! Problèmes"), the installer's relative script (docs/reference/field-facts.md, "Units and installers"), a user who may
//! not enter root's home (docs/reference/field-facts.md, "On the server": `~/.server-flow` is 0700).

use super::{Context, Setting, Unit, WorkingDirectory, from_directory, normal};
use crate::node::package::Package;
use crate::tree::nodes::{Content, NodeId, NodeKind, Tree};

/// What keeps a unit from starting a bundle, or may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Misfit {
    /// systemd finds no command to start, or refuses the unit: why.
    NoCommand(&'static str),
    /// The working directory is in the bundle's place and not in the bundle: its path in the bundle. 200/CHDIR.
    DirectoryMissing(String),
    /// The working directory is somewhere else, which may or may not be there.
    DirectoryElsewhere(String),
    /// What is started is not node, so which script it runs cannot be told: the program.
    NotNode(String),
    /// node is started without a script.
    NoScript,
    /// A module that node is to load before the script is in the bundle's place and not in the bundle: as it is named.
    PreloadMissing(String),
    /// Such a module is somewhere else, which may or may not be there.
    PreloadElsewhere(String),
    /// The script is in the bundle's place and not in the bundle: its path in the bundle.
    ScriptMissing(String),
    /// The script is somewhere else: its absolute path.
    ScriptElsewhere(String),
    /// The user may not enter the folder: the user, and the home it is in.
    HomeOfAnother {
        /// `User=`.
        user: String,
        /// Whose home it is: `/root` or `/home/NAME`.
        home: String,
    },
    /// `ProtectHome=` hides the folder.
    HomeHidden,
}

impl Misfit {
    /// Whether it is certain that the agent would not start.
    #[must_use]
    pub(crate) const fn is_certain(&self) -> bool {
        !matches!(self, Self::DirectoryElsewhere(_) | Self::NotNode(_) | Self::PreloadElsewhere(_))
    }
}

/// A misfit with the setting it comes from; nothing where that is absent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FoundMisfit<'a> {
    /// What is wrong.
    pub misfit: Misfit,
    /// The setting that says so.
    pub setting: Option<Setting<'a>>,
}

/// Judges a unit over the bundle that is, or will be, at the absolute path `deployed`.
#[must_use]
pub(crate) fn fit<'a>(unit: &'a Unit, tree: &Tree, deployed: &str) -> Vec<FoundMisfit<'a>> {
    let deployed = normal(deployed);
    let command = match unit.command() {
        _ if starts_several(unit) => {
            return vec![command_misfit(unit, Misfit::NoCommand("several `ExecStart=` are for `Type=oneshot` only"))];
        }
        Some(Ok(command)) => command,
        Some(Err(why)) => return vec![command_misfit(unit, Misfit::NoCommand(why))],
        None => return vec![command_misfit(unit, Misfit::NoCommand("there is no `ExecStart=`"))],
    };
    if let Some((why, setting)) = unit.refusal() {
        return vec![FoundMisfit { misfit: Misfit::NoCommand(why), setting: Some(setting) }];
    }
    let mut found = Vec::new();
    let home = home_of(&unit.user());
    let directory = unit.working_path(&Context { user_home: home.clone() });
    found.extend(home_misfit(unit, &deployed));
    if let Some(directory) = &directory {
        found.extend(directory_misfit(unit, tree, &deployed, directory));
    }
    // One fault is one finding: from a directory that is not there nothing is started.
    if found.iter().any(|found| found.misfit.is_certain()) {
        return found;
    }
    let words: Vec<_> = command.arguments.iter().map(String::as_str).collect();
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let through_env = name(&command.program) == "env" && words.first().is_some_and(|word| name(word) == "node");
    if !name(&command.program).starts_with("node") && !through_env {
        found.push(command_misfit(unit, Misfit::NotNode(command.program.clone())));
        return found;
    }
    let script = if through_env { env_script(&words) } else { command.script() };
    let Some(script) = script else {
        found.push(command_misfit(unit, Misfit::NoScript));
        return found;
    };
    // Without a working directory that is known, a relative script leads nowhere that can be told.
    let Some(directory) = directory else {
        return found;
    };
    let options = command.arguments.iter().take_while(|word| *word != script).cloned().collect::<Vec<_>>();
    let asked = preloads(&options).into_iter().map(|name| (name, unit.exec_start())).chain(in_variable(unit));
    found.extend(asked.filter_map(|(name, setting)| {
        let misfit = preload_misfit(tree, &deployed, &directory, &name)?;
        Some(FoundMisfit { misfit, setting })
    }));
    let path = from_directory(&directory, script);
    match within(&deployed, &path) {
        Some(inside) if loads(tree, &inside) => {}
        Some(inside) => found.push(command_misfit(unit, Misfit::ScriptMissing(inside))),
        None => found.push(command_misfit(unit, Misfit::ScriptElsewhere(path))),
    }
    found
}

fn command_misfit(unit: &Unit, misfit: Misfit) -> FoundMisfit<'_> {
    FoundMisfit { misfit, setting: unit.exec_start() }
}

/// What node is told to load before its script: `--require X`, `-r X`, `--import=X`, `--loader X` (node(1)).
fn preloads(words: &[String]) -> Vec<String> {
    const OPTIONS: [&str; 5] = ["-r", "--require", "--import", "--loader", "--experimental-loader"];
    let mut names = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if OPTIONS.contains(&word.as_str()) {
            names.extend(words.next().cloned());
        } else if let Some((option, name)) = word.split_once('=').filter(|(option, _)| OPTIONS.contains(option)) {
            names.extend(Some(name.to_owned()).filter(|_| option.starts_with("--")));
        }
    }
    names
}

/// Whether a unit has node load something before the bundle, which may make globals.
pub(crate) fn preloads_something(unit: &Unit) -> bool {
    let of_command =
        unit.command().and_then(Result::ok).is_some_and(|command| !preloads(&command.arguments).is_empty());
    of_command || !in_variable(unit).is_empty()
}

/// The same of `NODE_OPTIONS` in the unit.
fn in_variable(unit: &Unit) -> Vec<(String, Option<Setting<'_>>)> {
    let variables = unit.environment();
    let Some((_, value)) = variables.iter().find(|(name, _)| name == "NODE_OPTIONS") else { return Vec::new() };
    let words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
    let lines = unit.settings("Service", "Environment").into_iter();
    let line = lines.rev().find(|setting| setting.value.contains("NODE_OPTIONS="));
    preloads(&words).into_iter().map(|name| (name, line)).collect()
}

/// What keeps node from finding such a module, which it looks for from the working directory.
fn preload_misfit(tree: &Tree, deployed: &str, directory: &str, name: &str) -> Option<Misfit> {
    let plain = name.strip_prefix("file://").unwrap_or(name);
    if plain.starts_with("node:") || plain.starts_with("data:") {
        return None;
    }
    if plain.starts_with(['/', '.']) {
        let path = super::without_dots(&from_directory(directory, plain));
        return match within(deployed, &path) {
            Some(inside) if loads(tree, &inside) => None,
            Some(inside) => Some(Misfit::PreloadMissing(inside)),
            None => Some(Misfit::PreloadElsewhere(path)),
        };
    }
    // A package of the bundle is looked for where the bundle's own are; from elsewhere that cannot be told.
    within(deployed, directory)?;
    let parts = if plain.starts_with('@') { 2 } else { 1 };
    let package: Vec<&str> = plain.split('/').take(parts).collect();
    let package = package.join("/");
    let is_there = tree.resolve(format!("node_modules/{package}").as_bytes()).is_ok();
    let is_installed = tree.resolve(b"package.json").is_ok_and(|id| installs(tree, id, &package));
    (!is_there && !is_installed).then(|| Misfit::PreloadMissing(plain.to_owned()))
}

/// Whether a `package.json` has a package installed.
fn installs(tree: &Tree, id: NodeId, name: &str) -> bool {
    match tree.content(id) {
        Content::Whole(bytes) => Package::parse(bytes).is_ok_and(|package| package.installs(name)),
        Content::NotKept | Content::TooLarge => true,
    }
}

fn starts_several(unit: &Unit) -> bool {
    let oneshot = unit.setting("Service", "Type").is_some_and(|setting| setting.value == "oneshot");
    !oneshot && unit.settings("Service", "ExecStart").len() > 1
}

/// The script behind `/usr/bin/env node`.
fn env_script<'w>(words: &[&'w str]) -> Option<&'w str> {
    words.iter().skip(1).copied().find(|word| !word.starts_with('-'))
}

/// Where a user's home is, as Debian makes them.
fn home_of(user: &str) -> Option<String> {
    match user {
        "root" | "0" => Some("/root".to_owned()),
        user if user.bytes().all(|byte| byte.is_ascii_digit()) => None,
        user => Some(format!("/home/{user}")),
    }
}

fn home_misfit<'a>(unit: &'a Unit, deployed: &str) -> Option<FoundMisfit<'a>> {
    let home = match deployed.strip_prefix("/home/") {
        Some(rest) => format!("/home/{}", rest.split('/').next().unwrap_or_default()),
        None if within("/root", deployed).is_some() => "/root".to_owned(),
        None => return None,
    };
    if let Some(setting) = unit.setting("Service", "ProtectHome")
        && ["yes", "true", "on", "1", "tmpfs"].contains(&setting.value.to_ascii_lowercase().as_str())
    {
        return Some(FoundMisfit { misfit: Misfit::HomeHidden, setting: Some(setting) });
    }
    let user = unit.user();
    let own = home_of(&user);
    if user == "root" || own.is_none() || own.as_ref() == Some(&home) {
        return None;
    }
    Some(FoundMisfit { misfit: Misfit::HomeOfAnother { user, home }, setting: unit.setting("Service", "User") })
}

fn directory_misfit<'a>(unit: &'a Unit, tree: &Tree, deployed: &str, directory: &str) -> Option<FoundMisfit<'a>> {
    let setting = unit.setting("Service", "WorkingDirectory");
    let (wanted, forgiven) = unit.working_directory();
    let misfit = match within(deployed, directory) {
        Some(inside) => {
            let there = tree.resolve(inside.as_bytes()).is_ok_and(|id| tree.kind(id) == NodeKind::Directory);
            if there || forgiven {
                return None;
            }
            Misfit::DirectoryMissing(inside)
        }
        // What the bundle's folder stands in is there when the bundle is.
        None if forgiven || wanted == WorkingDirectory::Root || within(directory, deployed).is_some() => return None,
        None => Misfit::DirectoryElsewhere(directory.to_owned()),
    };
    Some(FoundMisfit { misfit, setting })
}

/// A path relative to a folder; empty for the folder itself, nothing for what is not in it.
fn within(folder: &str, path: &str) -> Option<String> {
    if folder == "/" {
        return Some(path.trim_start_matches('/').to_owned());
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some(String::new()) } else { rest.strip_prefix('/').map(str::to_owned) }
}

/// Whether `node PATH` finds something to run, by the rules of `require` (Node.js documentation, "Command-line API",
/// section "Program entry point").
fn loads(tree: &Tree, path: &str) -> bool {
    let file = |path: &str| tree.resolved_size(path.as_bytes()).is_some_and(|size| size > 0);
    if ["", ".js", ".json", ".node"].iter().any(|ending| file(&format!("{path}{ending}"))) {
        return true;
    }
    let folder = tree.resolve(path.as_bytes()).ok().filter(|id| tree.kind(*id) == NodeKind::Directory);
    let Some(folder) = folder else {
        return false;
    };
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    let main = main_of(tree, folder).map(|main| at(main.trim_start_matches("./")));
    let mains = main.iter().flat_map(|main| ["", ".js", "/index.js"].map(|ending| format!("{main}{ending}")));
    mains.chain([at("index.js")]).any(|candidate| file(&candidate))
}

fn main_of(tree: &Tree, folder: NodeId) -> Option<String> {
    let id = tree.resolve_from(folder, b"package.json").ok()?;
    match tree.content(id) {
        Content::Whole(bytes) => Package::parse(bytes).ok()?.string("main").map(str::to_owned),
        Content::NotKept | Content::TooLarge => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::nodes::{FileData, Meta};

    const DEPLOYED: &str = "/root/.server-flow/agent-bundle";

    fn tree() -> Tree {
        let mut tree = Tree::new();
        let dist = tree.insert(tree.root(), b"dist", NodeKind::Directory, Meta::IMPLIED);
        let file = tree.add_file(FileData::of_size(7));
        tree.insert(dist, b"index.js", NodeKind::File(file), Meta::IMPLIED);
        let empty = tree.add_file(FileData::of_size(0));
        tree.insert(dist, b"empty.js", NodeKind::File(empty), Meta::IMPLIED);
        tree
    }

    /// What a unit with these lines in `[Service]` has against it.
    fn misfits(lines: &str) -> Vec<Misfit> {
        let unit = Unit::of_text("server-flow-agent.service", "unit", &format!("[Service]\n{lines}\n"));
        fit(&unit, &tree(), DEPLOYED).into_iter().map(|found| found.misfit).collect()
    }

    #[test]
    fn units_that_start_the_bundle() {
        let absolute = format!("ExecStart=/usr/bin/node {DEPLOYED}/dist/index.js --url http://x");
        for lines in [
            format!("User=root\nWorkingDirectory={DEPLOYED}\n{absolute}"),
            format!("WorkingDirectory={DEPLOYED}/\nExecStart=/usr/bin/node dist/index.js"),
            format!("WorkingDirectory={DEPLOYED}\nExecStart=/usr/bin/node ./dist/index.js"),
            format!("WorkingDirectory={DEPLOYED}\nExecStart=/usr/bin/node dist"),
            format!("WorkingDirectory={DEPLOYED}\nExecStart=/usr/bin/node dist/index"),
            format!("WorkingDirectory={DEPLOYED}/dist\nExecStart=/opt/node/bin/node index.js"),
            format!(
                "WorkingDirectory={DEPLOYED}\nExecStart=/usr/bin/node --enable-source-maps -r ./dist/index.js dist/index.js"
            ),
            format!("WorkingDirectory={DEPLOYED}\nExecStart=/usr/bin/env node dist/index.js"),
            format!("WorkingDirectory=-{DEPLOYED}/apps/agent\n{absolute}"),
            format!("WorkingDirectory=%h/.server-flow/agent-bundle\n{absolute}"),
            format!("WorkingDirectory=~\n{absolute}"),
            absolute.clone(),
            format!("ExecStart=/bin/false\nExecStart=\n{absolute}"),
            format!("ProtectHome=no\n{absolute}"),
        ] {
            assert_eq!(misfits(&lines), [], "{lines}");
        }
    }

    #[test]
    fn units_that_do_not() {
        let absolute = format!("ExecStart=/usr/bin/node {DEPLOYED}/dist/index.js");
        let inside = |path: &str| path.to_owned();
        for (lines, expected) in [
            (
                format!("WorkingDirectory={DEPLOYED}/apps/agent\nExecStart=/usr/bin/node dist/index.js --token s"),
                Misfit::DirectoryMissing(inside("apps/agent")),
            ),
            (
                format!("WorkingDirectory={DEPLOYED}\nExecStart=/usr/bin/node apps/agent/dist/index.js"),
                Misfit::ScriptMissing(inside("apps/agent/dist/index.js")),
            ),
            (
                format!("WorkingDirectory={DEPLOYED}\nExecStart=/usr/bin/node dist/empty.js"),
                Misfit::ScriptMissing(inside("dist/empty.js")),
            ),
            (
                "WorkingDirectory=/root\nExecStart=/usr/bin/node dist/index.js".to_owned(),
                Misfit::ScriptElsewhere(inside("/root/dist/index.js")),
            ),
            (
                "ExecStart=/usr/bin/node /opt/agent/dist/index.js".to_owned(),
                Misfit::ScriptElsewhere(inside("/opt/agent/dist/index.js")),
            ),
            (format!("WorkingDirectory=/srv/agent\n{absolute}"), Misfit::DirectoryElsewhere(inside("/srv/agent"))),
            ("ExecStart=/usr/bin/node".to_owned(), Misfit::NoScript),
            ("ExecStart=/bin/sh -c 'node dist/index.js'".to_owned(), Misfit::NotNode(inside("/bin/sh"))),
            ("User=root".to_owned(), Misfit::NoCommand("there is no `ExecStart=`")),
            (format!("{absolute}\nExecStart="), Misfit::NoCommand("there is no `ExecStart=`")),
            (format!("{absolute}\n{absolute}"), Misfit::NoCommand("several `ExecStart=` are for `Type=oneshot` only")),
            (
                format!("WorkingDirectory=agent\n{absolute}"),
                Misfit::NoCommand("`WorkingDirectory=` is no absolute path"),
            ),
            (
                format!("WorkingDirectory={DEPLOYED}\nExecStart=/usr/bin/node --import ./trace.mjs dist/index.js"),
                Misfit::PreloadMissing(inside("trace.mjs")),
            ),
            (
                format!("ExecStart=/usr/bin/node --require={DEPLOYED}/apm.js {DEPLOYED}/dist/index.js"),
                Misfit::PreloadMissing(inside("apm.js")),
            ),
            (
                format!("WorkingDirectory={DEPLOYED}\nExecStart=/usr/bin/node -r dotenv/config dist/index.js"),
                Misfit::PreloadMissing(inside("dotenv/config")),
            ),
            (
                format!("ExecStart=/usr/bin/node -r /opt/apm/trace.js {DEPLOYED}/dist/index.js"),
                Misfit::PreloadElsewhere(inside("/opt/apm/trace.js")),
            ),
            (
                format!("Environment=\"NODE_OPTIONS=--require {DEPLOYED}/apm.js\"\n{absolute}"),
                Misfit::PreloadMissing(inside("apm.js")),
            ),
            (format!("User=agent\n{absolute}"), Misfit::HomeOfAnother { user: inside("agent"), home: inside("/root") }),
            (format!("ProtectHome=yes\n{absolute}"), Misfit::HomeHidden),
        ] {
            assert_eq!(misfits(&lines), [expected], "{lines}");
        }
    }
}
