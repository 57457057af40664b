//! What is made in a folder of the repair's own, beside the bundle: nothing that is in use changes.

use super::error::RepairError;
use super::tools::{Tools, spoken};
use crate::host::paths;
use crate::report::action::{Hands, Stage};
use crate::report::fix_command::command;
use crate::report::words::{AbsolutePath, UserName, Word};
use std::path::Path;

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
        tools.run(&command!("chown", Word::owner(user), Word::Work("")), work.as_str())?;
    }
    Ok(())
}

/// Carries out what is done in it.
///
/// # Errors
/// Where a command fails, or what was made is refused.
pub(super) fn carry_out(stage: &Stage, work: &str, tools: &Tools<'_>) -> Result<(), RepairError> {
    match stage {
        Stage::Folder { .. } => Ok(()),
        Stage::Run(command) => tools.run(command, work).map(|_| ()),
        Stage::Judge(command) => tools.run(command, work).map(|_| ()).map_err(|error| match error {
            RepairError::Command { words, .. } => {
                let what = command.words().last().and_then(|word| spoken(word, work)).unwrap_or_default();
                RepairError::NotProven(format!("`check` refuses {what}: {words}"))
            }
            other => other,
        }),
        Stage::NoLink(word) => match link(word, work) {
            Some(path) => Err(RepairError::NotProven(format!("{path} is a link, and no fix goes through one"))),
            None => Ok(()),
        },
        Stage::Unlink { link: word, by } => match link(word, work) {
            Some(_) => tools.run(&by.run(&command!("rm", "-f", "--", word.clone())), work).map(|_| ()),
            None => Ok(()),
        },
    }
}

/// The path of the word, where a link is.
fn link(word: &Word, work: &str) -> Option<String> {
    let path = spoken(word, work)?;
    paths::look(Path::new(&path)).is_ok_and(|found| found.kind == paths::FileKind::Link).then_some(path)
}
