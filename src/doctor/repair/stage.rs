//! What is made in a folder of the repair's own, beside the bundle: nothing that is in use changes.

use super::error::RepairError;
use super::tools::{Tools, spoken};
use crate::host::held::{HeldFolder, OpenFile, UserOwner};
use crate::host::paths;
use crate::report::action::{Hands, Others, StagedAction};
use crate::report::fix_command::command;
use crate::report::words::{AbsolutePath, CheckedWord, UserName};
use std::path::Path;

/// Where things are made, and of what.
pub(super) struct Shop<'a> {
    /// The folder.
    pub work: &'a str,
    /// Who may change it beside root.
    pub user: Option<UserOwner>,
    /// Files that were opened before anything was looked at, each with its name in the folder.
    pub files: &'a [(&'static str, OpenFile)],
}

/// Lines that are told of an error.
const MAX_LINES: usize = 6;
/// The most bytes of a file that is copied.
const MAX_FILE: u64 = 2 << 30;

impl Shop<'_> {
    /// Copies the open files into the folder.
    fn take(&self) -> Result<(), RepairError> {
        let failed = |name: &str| RepairError::io(format!("cannot copy {name} into {}", self.work));
        for (name, file) in self.files {
            let folder = HeldFolder::open(Path::new(self.work), self.user).map_err(failed(name))?;
            folder.copy_new(name, file, MAX_FILE).map_err(failed(name))?;
        }
        Ok(())
    }
}

/// Where the folder of a repair will be: known before it is made, so that it can be written down first.
pub(super) fn place(name: &AbsolutePath, id: &str) -> AbsolutePath {
    name.beside(&format!(".new-{id}"))
}

/// Makes the folder, which nobody but its owner enters.
///
/// # Errors
/// Where it cannot be made, or is there already.
pub(super) fn folder(
    work: &AbsolutePath,
    by: &Hands,
    owner: Option<&UserName>,
    tools: &Tools<'_>,
) -> Result<(), RepairError> {
    tools.run(&by.run(&command!("mkdir", "-m", "0700", "--", work)), "")?;
    if let Some(user) = owner {
        tools.run(&command!("chown", CheckedWord::owner(user), CheckedWord::Work("")), work.as_str())?;
    }
    Ok(())
}

/// Carries out what is done in it.
///
/// # Errors
/// Where a command fails, or what was made is refused.
pub(super) fn carry_out(
    stage: &StagedAction,
    shop: &Shop<'_>,
    tools: &Tools<'_>,
    say: &dyn Fn(&str),
) -> Result<(), RepairError> {
    let work = shop.work;
    match stage {
        StagedAction::Folder { .. } => Ok(()),
        StagedAction::Take { .. } => shop.take(),
        StagedAction::Newer { archive, than, others } => newer(archive, than, *others, work, tools),
        // What it fetches is not there: whoever judges says whether that matters.
        StagedAction::Try(command) => match tools.run(command, work) {
            Err(RepairError::Command { .. }) | Ok(_) => Ok(()),
            Err(other) => Err(other),
        },
        StagedAction::Run(command) => tools.run(command, work).map(|_| ()),
        StagedAction::Either(command, otherwise) => match tools.run(command, work) {
            Err(first @ RepairError::Command { .. }) => {
                say(&format!("{first}\n{}", otherwise.typed()));
                // Both reasons: what the other says may come of what the first has left.
                tools.run(otherwise, work).map(|_| ()).map_err(|second| first.and(second))
            }
            done => done.map(|_| ()),
        },
        StagedAction::Judge(command) => {
            let done = tools.run_any(command, work)?;
            if done.end.is_success() {
                return Ok(());
            }
            let what = command.words().last().and_then(|word| spoken(word, work)).unwrap_or_default();
            let why = errors(&done.stdout.text()).unwrap_or_else(|| super::tools::said(&done, done.end));
            Err(RepairError::NotProven(format!("`check` refuses {what}: {why}")))
        }
        StagedAction::NoLink(word) => match link(word, work) {
            Some(path) => Err(RepairError::NotProven(format!("{path} is a link, and no fix goes through one"))),
            None => Ok(()),
        },
        StagedAction::Unlink { link: word, by } => match link(word, work) {
            Some(_) => tools.run(&by.run(&command!("rm", "-f", "--", word.clone())), work).map(|_| ()),
            None => Ok(()),
        },
    }
}

/// The first error that `check` tells of, without its fix.
fn errors(said: &str) -> Option<String> {
    let lines = said.lines().skip_while(|line| !line.starts_with("error: "));
    let told = lines.take_while(|line| !line.trim().is_empty() && !line.trim_start().starts_with("fix "));
    let told: Vec<&str> = told.take(MAX_LINES).collect();
    (!told.is_empty()).then(|| super::tools::clean(&told.join("\n")))
}

/// Goes on where the archive's version is not the deployed one or an older one, as far as those are not wanted.
fn newer(archive: &CheckedWord, than: &str, others: Others, work: &str, tools: &Tools<'_>) -> Result<(), RepairError> {
    let ask = command!("bundle-doctor", "check", "--no-config", "--json", "--fail-on", "never", "--", archive.clone());
    let said = tools.run_any(&ask, work)?.stdout.text();
    let document: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
    let version = document.pointer("/subjects/0/package/version").and_then(serde_json::Value::as_str);
    let version = version.ok_or_else(|| RepairError::NotProven("its version cannot be read".to_owned()))?;
    weighed(version, than, others)
}

/// Whether a version may come in the place of the deployed one (semver.org, 11).
fn weighed(version: &str, than: &str, others: Others) -> Result<(), RepairError> {
    let parsed = |text: &str| semver::Version::parse(text).ok();
    let (Some(new), Some(deployed)) = (parsed(version), parsed(than)) else {
        return Err(RepairError::NotProven(format!("{version} cannot be compared with {than}, which is deployed")));
    };
    let is_older = new.cmp_precedence(&deployed).is_lt();
    match others {
        Others::Left | Others::OlderToo if new == deployed => {
            Err(RepairError::NotNeeded(format!("{version} is deployed already, and the agent is well")))
        }
        Others::Left | Others::Mend if is_older => Err(RepairError::NotProven(format!(
            "{version} is older than {than}, which is deployed: --allow-downgrade takes it all the same"
        ))),
        _ => Ok(()),
    }
}

/// The path of the word, where a link is.
fn link(word: &CheckedWord, work: &str) -> Option<String> {
    let path = spoken(word, work)?;
    paths::look(Path::new(&path)).is_ok_and(|found| found.kind == paths::FileKind::Link).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_weighed_by_what_is_wanted() {
        // What becomes of an older one, the same, the same built anew, and a newer one: taken, not needed, refused.
        for (others, wanted) in
            [(Others::Left, "rntt"), (Others::Mend, "rttt"), (Others::OlderToo, "tntt"), (Others::Any, "tttt")]
        {
            let word = |version: &str| match weighed(version, "0.1.26", others) {
                Ok(()) => 't',
                Err(RepairError::NotNeeded(_)) => 'n',
                Err(_) => 'r',
            };
            let came: String = ["0.1.26-rc.1", "0.1.26", "0.1.26+b", "0.1.100"].into_iter().map(word).collect();
            assert_eq!(came, wanted, "{others:?}");
        }
        assert!(weighed("latest", "0.1.26", Others::Any).is_err());
    }
}
