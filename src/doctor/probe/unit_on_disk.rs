//! The unit as it stands on the disk: where its paths lead for its user, and which secrets are written in it.

use super::ask::Probe;
use super::control_plane;
use super::load_path;
use super::mounts::{self, Mount};
use super::reach::{ReachNeed, reached};
use super::unit_files::FoundUnit;
use crate::doctor::facts::{Account, Fact, Presence, SecretInUnit, UnitOnDisk};
use crate::doctor::questions::{Server, Unanswered, places_of};
use crate::redact::Redactor;
use crate::systemd::{Assignment, Context, Unit, UnitFile, from_directory};
use std::collections::BTreeMap;

impl Probe<'_> {
    /// What was found of the unit, its secrets taken out, with what is at the paths that it names.
    pub(super) fn unit(
        &self,
        found: FoundUnit,
        account: &Fact<Option<Account>>,
        variables: &BTreeMap<String, (String, String)>,
    ) -> UnitOnDisk {
        let FoundUnit { mut unit, mut left, masked_by, dangling, obstacle, changed, enabled } = found;
        let user = account.known().and_then(Option::as_ref);
        let context = Context { user_home: user.map(|account| account.home.clone()) };
        let command = unit.command().and_then(Result::ok);
        let directory = unit.working_path(&context);
        let reach = |path: Option<String>, need| match path {
            None => Fact::unknown("the unit does not say"),
            Some(path) => match reached(&self.seen, &path, need, user) {
                Ok(reached) => Fact::Known(reached),
                Err(Unanswered::Denied) => Fact::unless("permission denied", "run it as root"),
                Err(refusal) => Fact::unknown(refusal.to_string()),
            },
        };
        let word = command.as_ref().and_then(|command| {
            let script = command.script()?;
            let takes_variables = !command.prefixes.no_environment;
            Some(if takes_variables { with_variables(script, &unit, user, variables) } else { script.to_owned() })
        });
        let script = word
            .and_then(|word| directory.as_deref().map(|directory| from_directory(directory, &word)))
            .map(|script| self.as_node_finds(&script, user).unwrap_or(script));
        let program = command.as_ref().map(|command| {
            if command.program.starts_with('/') {
                return command.program.clone();
            }
            let named = unit.search_path().into_iter().map(|folder| format!("{folder}/{}", command.program));
            let places: Vec<String> = named.chain(places_of(&command.program)).collect();
            let found = places.into_iter().find(|path| self.server.look(path).is_ok());
            found.unwrap_or_else(|| format!("/usr/bin/{}", command.program))
        });
        let working_directory = reach(directory, ReachNeed::Enter);
        let script = reach(script, ReachNeed::Read);
        let program = reach(program, ReachNeed::Execute);
        let first_line = program.known().and_then(|program| self.first_line(&program.path));
        let noexec = program.known().and_then(|program| self.noexec(&program.path));
        let variables = self.variables(&unit);
        let own = unit.name.clone();
        let mut secrets = Vec::new();
        for file in unit.files.iter_mut().chain(&mut left) {
            let lines: Vec<_> = file.text.split('\n').map(|line| self.redactor.clean(line)).collect();
            file.text = lines.join("\n");
            for assignment in &mut file.assignments {
                let stands_here = !NAMES_OF_CREDENTIALS.contains(&assignment.key.as_str());
                let what = stands_here.then(|| Redactor::secret_in(&without_references(&assignment.value))).flatten();
                if let Some(what) = what {
                    let what = if assignment.key == "Environment" { format!("Environment={what}") } else { what };
                    secrets.push(SecretInUnit { what, place: format!("{}:{}", file.path, assignment.line) });
                }
                assignment.value = self.redactor.clean(&assignment.value);
            }
        }
        UnitOnDisk {
            unit,
            left_drop_ins: left,
            masked_by,
            dangling,
            obstacle,
            changed,
            enabled,
            secrets,
            working_directory,
            script,
            program,
            first_line,
            noexec,
            shared_variables: self.shared(&own, &variables),
            variables,
            account: account.clone(),
        }
    }

    /// What Node starts in the place of a name without its extension (`node dist/index`), or of a folder that is no package
    /// (`node dist`; nodejs.org, "Modules: CommonJS modules", "All together").
    fn as_node_finds(&self, script: &str, user: Option<&Account>) -> Option<String> {
        let at = |path: &str| reached(&self.seen, path, ReachNeed::Read, user).ok().map(|found| found.presence);
        let is_file = |path: &String| matches!(at(path), Some(Presence::File { .. }));
        match at(script)? {
            Presence::Missing { .. } => {
                ["js", "json", "node"].iter().map(|end| format!("{script}.{end}")).find(is_file)
            }
            Presence::Directory if !is_file(&format!("{script}/package.json")) => {
                Some(format!("{script}/index.js")).filter(is_file)
            }
            _ => None,
        }
    }

    /// What the files of `EnvironmentFile=` say of Node's options (systemd.exec(5)).
    fn variables(&self, unit: &Unit) -> Vec<UnitFile> {
        let files = unit.settings("Service", "EnvironmentFile").into_iter().filter_map(|setting| {
            let path = unit.expand(setting.value.trim_start_matches('-'));
            let bytes = self.server.read(&path, MAX_OF_VARIABLES).ok()?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let line = |(line, text): (u32, &str)| {
                let (name, value) = text.trim().split_once('=').filter(|(name, _)| name.trim() == "NODE_OPTIONS")?;
                let value = self.shown(value.trim().trim_matches(['"', '\'']));
                Some(Assignment { section: String::new(), key: name.trim().to_owned(), value, line })
            };
            let assignments: Vec<Assignment> = (1..).zip(text.split('\n')).filter_map(line).collect();
            (!assignments.is_empty()).then(|| UnitFile { path, assignments, ..UnitFile::default() })
        });
        files.collect()
    }

    /// Those of such files that other units read as well.
    fn shared(&self, own: &str, variables: &[UnitFile]) -> Vec<String> {
        if variables.is_empty() {
            return Vec::new();
        }
        let others = load_path::services(self.server).into_iter().filter(|name| name != own);
        let read = |name: String| {
            let paths = FOLDERS_OF_SERVICES.iter().map(|folder| format!("{folder}/{name}"));
            paths.filter_map(|path| self.server.read(&path, MAX_OF_VARIABLES).ok()).next()
        };
        let texts: Vec<String> =
            others.filter_map(read).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
        let names = |text: &&String, path: &str| {
            let mut lines = text.lines().filter_map(|line| line.trim().strip_prefix("EnvironmentFile="));
            lines.any(|value| value.trim_start_matches('-').trim() == path)
        };
        let paths = variables.iter().map(|file| file.path.clone());
        let of_machine = |path: &String| MACHINES.iter().any(|own| path == own || path.starts_with(&format!("{own}/")));
        paths.filter(|path| of_machine(path) || texts.iter().any(|text| names(&text, path))).collect()
    }

    /// `#!/bin/sh` of a script.
    fn first_line(&self, path: &str) -> Option<String> {
        let start = self.seen.read(path, MAX_OF_A_FIRST_LINE).ok()?;
        let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
        Some(self.shown(&format!("#!{}", String::from_utf8_lossy(line))))
    }

    /// The mount point that a path is below, if its options forbid execution (proc(5), `/proc/PID/mounts`).
    fn noexec(&self, path: &str) -> Option<String> {
        if !self.server.is_live() {
            return None;
        }
        let is_above = |mount: &Mount| {
            path.strip_prefix(mount.point.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
        };
        // Of what is mounted over each other, the last counts.
        let deepest = mounts::read(self.server).into_iter().filter(is_above).max_by_key(|mount| mount.point.len());
        deepest.filter(Mount::forbids_execution).map(|mount| self.shown(&mount.point))
    }
}

/// A word of the command with the variables in it put in as systemd does; nothing stands for one that is not set
/// (systemd.service(5), "Command Lines"; systemd.exec(5), "Environment Variables in Spawned Processes").
fn with_variables(
    word: &str,
    unit: &Unit,
    user: Option<&Account>,
    variables: &BTreeMap<String, (String, String)>,
) -> String {
    let mut variables = variables.clone();
    if let Some(account) = user.filter(|_| unit.setting("Service", "User").is_some()) {
        for (name, value) in [("HOME", &account.home), ("USER", &account.name), ("LOGNAME", &account.name)] {
            variables.entry(name.to_owned()).or_insert_with(|| (value.clone(), String::new()));
        }
    }
    control_plane::expanded(word, &variables).0
}

/// A command line without the options whose values are variables of systemd's (`--token ${AGENT_TOKEN}`): what these hold
/// does not stand in the unit.
fn without_references(line: &str) -> String {
    let is_reference = |word: &str| {
        let word = word.rsplit_once('=').map_or(word, |(_, value)| value).trim_matches(['"', '\'']);
        let name = word.strip_prefix('$').map(|name| name.trim_start_matches('{').trim_end_matches('}'));
        name.is_some_and(|name| !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_'))
    };
    let mut kept: Vec<&str> = Vec::new();
    for word in line.split_whitespace() {
        if !is_reference(word) {
            kept.push(word);
        } else if kept.last().is_some_and(|last| last.starts_with('-') && !last.contains('=')) {
            kept.pop();
        }
    }
    kept.join(" ")
}

/// Settings with what a credential is called and the file that it comes from, never the credential itself
/// (systemd.exec(5), "Credentials").
const NAMES_OF_CREDENTIALS: [&str; 3] = ["LoadCredential", "LoadCredentialEncrypted", "ImportCredential"];

/// Files of variables that are the machine's, whoever else reads them (pam_env(8), environment.d(5), locale(7)).
const MACHINES: [&str; 6] = [
    "/etc/environment",
    "/etc/environment.d",
    "/etc/default/locale",
    "/etc/locale.conf",
    "/etc/profile.d",
    "/etc/sysconfig/network",
];

/// Where the services of the machine and of its packages are.
const FOLDERS_OF_SERVICES: [&str; 3] = ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system"];

/// Bytes of a file of variables.
const MAX_OF_VARIABLES: usize = 64 << 10;

/// As much of a script as the kernel reads of its first line (`BINPRM_BUF_SIZE`, execve(2)).
const MAX_OF_A_FIRST_LINE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_in_the_place_of_a_secret_is_none() {
        for (line, secret) in [
            ("/usr/bin/node x.js --token ${AGENT_TOKEN} --url http://cp", false),
            ("/usr/bin/node x.js --token=$AGENT_TOKEN --url http://cp", false),
            ("/usr/bin/node x.js --token tok3n-q7XfR2mPz9LwKd41 --url $URL", true),
            ("/usr/bin/node x.js --token=tok3n-q7XfR2mPz9LwKd41", true),
            ("/usr/bin/node x.js --token $tok3n-q7XfR2mPz9LwKd41", true),
        ] {
            assert_eq!(Redactor::secret_in(&without_references(line)).is_some(), secret, "{line}");
        }
    }
}
