//! What the unit starts, and what is there: questions that several causes ask of the same facts.

use crate::doctor::facts::{DeployedBundle, Deployment, Facts, Presence, ReachedPath, UnitOnDisk};
use crate::systemd::{CommandLine, Context, from_directory, normal};
use crate::update::documented_paths::{ENTRY_POINT, NESTED_AGENT};

/// The unit's files, if there are any and they could be read.
pub(crate) fn unit(facts: &Facts) -> Option<&UnitOnDisk> {
    facts.unit.known().filter(|unit| !unit.unit.files.is_empty())
}

/// Where the command is started, and what is there.
pub(crate) fn directory(facts: &Facts) -> Option<&ReachedPath> {
    unit(facts)?.working_directory.known()
}

/// The script that is started, and what is there: known only where the program is Node itself, not a shell or `env`.
pub(crate) fn script(facts: &Facts) -> Option<&ReachedPath> {
    let unit = unit(facts)?;
    starts_node(&unit.unit.command()?.ok()?).then_some(())?;
    unit.script.known()
}

fn starts_node(command: &CommandLine) -> bool {
    let name = command.program.rsplit('/').next().unwrap_or(&command.program);
    name.starts_with("node")
}

/// A Node that env(1) is to find.
pub(crate) struct ThroughEnv {
    /// `/usr/bin/env`.
    pub program: String,
    /// `node`.
    pub name: String,
}

/// Whether the unit has Node found by `env node`, and by what name; nothing where it is started directly.
pub(crate) fn through_env(facts: &Facts) -> Option<ThroughEnv> {
    let command = unit(facts)?.unit.command()?.ok()?;
    let name = command.arguments.first().filter(|name| matches!(name.as_str(), "node" | "nodejs"))?;
    let is_env = command.program.rsplit('/').next() == Some("env");
    is_env.then(|| ThroughEnv { program: command.program.clone(), name: name.clone() })
}

/// The program that is started, and what is there.
pub(crate) fn program(facts: &Facts) -> Option<&ReachedPath> {
    unit(facts)?.program.known()
}

/// Whether there is nothing at all.
pub(crate) fn is_missing(reached: &ReachedPath) -> bool {
    matches!(reached.presence, Presence::Missing { .. })
}

/// Whether a path is a folder's own or below it.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path of the working directory, as the unit's text has it: it is known to anyone who may read the unit.
pub(crate) fn directory_path(facts: &Facts) -> Option<String> {
    let unit = unit(facts)?;
    let user_home = unit.account.known().and_then(Option::as_ref).map(|account| account.home.clone());
    unit.unit.working_path(&Context { user_home })
}

/// The path of the script, likewise; where it was looked for, with what its variables stand for.
pub(crate) fn script_path(facts: &Facts) -> Option<String> {
    let command = unit(facts)?.unit.command()?.ok().filter(starts_node)?;
    let word = CommandLine::script(&command)?;
    let written = from_directory(&directory_path(facts)?, word);
    // `node dist/index`, `node dist`, and what systemd puts in the place of a variable.
    let found = script(facts).map(|script| script.path.clone());
    Some(found.filter(|found| word.contains('$') || found.starts_with(&written)).unwrap_or(written))
}

/// The agent's folder in the old layout.
pub(crate) fn nested_folder(facts: &Facts) -> String {
    format!("{}/{NESTED_AGENT}", normal(&facts.places.bundle))
}

/// Whether a path of the unit lies in the old layout.
pub(crate) fn is_nested(facts: &Facts, path: &str) -> bool {
    is_below(path, &nested_folder(facts))
}

/// Whether the unit starts the agent in the old layout.
pub(crate) fn unit_is_nested(facts: &Facts) -> bool {
    [directory_path(facts), script_path(facts)].into_iter().flatten().any(|path| is_nested(facts, &path))
}

/// The deployed bundle, if it has the flat layout.
pub(crate) fn flat_bundle(facts: &Facts) -> Option<&DeployedBundle> {
    facts.deployment.inspected().filter(|inspected| !inspected.is_nested())
}

/// Whether a bundle would start in the bundle's place, as the unit is now.
pub(crate) fn would_start(facts: &Facts, deployment: &Deployment) -> bool {
    let bundle = normal(&facts.places.bundle);
    let wanted = script_path(facts);
    // Where there is no unit, the documented one will be written.
    let wanted = wanted.as_deref().map_or(Some(ENTRY_POINT), |path| path.strip_prefix(&format!("{bundle}/")));
    let fits = deployment.inspected().is_some_and(|inspected| wanted.is_none_or(|wanted| wanted == inspected.entry));
    deployment.would_start() == Some(true) && fits
}

/// The value of an option among words: `--url X` or `--url=X`.
fn option<'a>(words: &'a [String], name: &str) -> Option<&'a str> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == name {
            // The journal has the words of a shell's command with what parts them (`--url X;`).
            return words.next().map(|value| value.trim_end_matches([';', '&', '|', '\'', '"', ')']));
        }
        if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value);
        }
    }
    None
}

/// The control plane's address, wherever the server still knows it: the unit, what is loaded, what runs, and the command
/// line that the journal keeps.
pub(crate) fn url(facts: &Facts) -> Option<String> {
    let loaded = facts.service.known().map(|service| service.exec_start.as_slice());
    let running = facts.process.known().and_then(Option::as_ref).map(|process| process.command.as_slice());
    let ran = facts.journal.known().map(|journal| journal.command.as_slice());
    let told = facts.control_plane.known().and_then(Option::as_ref).map(|plane| plane.url.clone());
    // An address with its credentials taken out would not be the one that was there.
    let found = [loaded, running, ran].into_iter().flatten().filter_map(|words| option(words, "--url"));
    told.or_else(|| found.map(str::to_owned).find(|url| !url.contains('[') && url.contains("://")))
}
