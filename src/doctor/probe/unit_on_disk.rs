//! The unit as it stands on the disk: where its paths lead for its user, and which secrets are written in it.

use super::ask::Probe;
use super::node::PROGRAMS;
use super::reach::{ReachNeed, reached};
use super::unit_files::FoundUnit;
use crate::doctor::facts::{Account, Fact, SecretInUnit, UnitOnDisk};
use crate::doctor::questions::Refusal;
use crate::redact::Redactor;
use crate::systemd::{CommandLine, Context, from_directory};

impl Probe<'_> {
    /// What was found of the unit, its secrets taken out, with what is at the paths that it names.
    pub(super) fn unit(&self, found: FoundUnit, account: &Fact<Option<Account>>) -> UnitOnDisk {
        let FoundUnit { mut unit, masked_by, changed, enabled } = found;
        let user = account.known().and_then(Option::as_ref);
        let context = Context { user_home: user.map(|account| account.home.clone()) };
        let command = unit.command().and_then(Result::ok);
        let directory = unit.working_path(&context);
        let reach = |path: Option<String>, need| match path {
            None => Fact::unknown("the unit does not say"),
            Some(path) => match reached(self.server, &path, need, user) {
                Ok(reached) => Fact::Known(reached),
                Err(Refusal::Denied) => Fact::unless("permission denied", "run it as root"),
                Err(refusal) => Fact::unknown(refusal.to_string()),
            },
        };
        let script = command
            .as_ref()
            .and_then(CommandLine::script)
            .and_then(|script| directory.as_deref().map(|directory| from_directory(directory, script)));
        let program = command.as_ref().map(|command| {
            let found = |folder: &&str| self.server.look(&format!("{folder}/{}", command.program)).is_ok();
            let folder = PROGRAMS.into_iter().find(found);
            if command.program.starts_with('/') {
                command.program.clone()
            } else {
                format!("{}/{}", folder.unwrap_or("/usr/bin"), command.program)
            }
        });
        let working_directory = reach(directory, ReachNeed::Enter);
        let script = reach(script, ReachNeed::Read);
        let program = reach(program, ReachNeed::Execute);
        let mut secrets = Vec::new();
        for file in &mut unit.files {
            let lines: Vec<_> = file.text.split('\n').map(|line| self.redactor.clean(line)).collect();
            file.text = lines.join("\n");
            for assignment in &mut file.assignments {
                if let Some(what) = Redactor::secret_in(&assignment.value) {
                    let what = if assignment.key == "Environment" { format!("Environment={what}") } else { what };
                    secrets.push(SecretInUnit { what, place: format!("{}:{}", file.path, assignment.line) });
                }
                assignment.value = self.redactor.clean(&assignment.value);
            }
        }
        UnitOnDisk {
            unit,
            masked_by,
            changed,
            enabled,
            secrets,
            working_directory,
            script,
            program,
            account: account.clone(),
        }
    }
}
