//! Takes a repair back, by its journal: from wherever it was interrupted, and as often as it is asked for.

use super::error::RepairError;
use super::journal::{Journals, Record, State};
use super::prove;
use super::tools::Tools;
use crate::host::held::{HeldFolder, UserOwner};
use crate::host::process::ProcessEnd;
use crate::report::action::Manage;
use crate::report::fix_command::{FixCommand, command};
use crate::report::words::{RefusedWord, UnitName};
use crate::update::documented_paths::PUT_ASIDE;
use std::path::Path;

/// Whether a repair that is done can be taken back as a whole.
///
/// # Errors
/// Where somebody has put something else in the place of what it put there, or what it kept is gone.
pub(crate) fn may_take_back(record: &Record) -> Result<(), RepairError> {
    let mut left = record.puts.as_slice();
    while let Some((put, behind)) = left.split_first() {
        put.may_be_taken_back(behind, record.user)?;
        left = behind;
    }
    Ok(())
}

/// Puts everything back, and the service to what it did before.
///
/// # Errors
/// Where something cannot be put back: the rest is put back all the same, and the first reason is given. What somebody else
/// has put in its place since is theirs, and no later try would change that: then the repair is closed.
pub(crate) fn take_back(
    record: &mut Record,
    journals: &Journals,
    tools: &Tools<'_>,
    say: &dyn Fn(&str),
) -> Result<(), RepairError> {
    let unit = UnitName::new(&record.unit).map_err(|refused: RefusedWord| RepairError::Changed(refused.to_string()))?;
    if record.is_open() {
        Tools::end_left_of(&record.id, record.user)?;
    }
    if record.state == State::Preparing {
        prove::end(&record.id, tools)?;
    }
    if record.state == State::Repaired {
        record.state = State::Watching;
        journals.write(record)?;
    }
    if record.enables
        && let Err(error) = tools.run(&command!("systemctl", "disable", &unit), "")
    {
        say(&error.to_string());
    }
    let (mut failed, mut theirs) = (None, None);
    let mut any = false;
    for put in record.puts.iter_mut().rev() {
        match put.take_back(record.user) {
            Ok(done) => any |= done,
            Err(error) => {
                say(&format!("{} is not put back: {error}", put.place));
                let reason = if matches!(error, RepairError::Changed(_)) { &mut theirs } else { &mut failed };
                *reason = reason.take().or(Some(error));
            }
        }
        if let (Some(_), Some(kept)) = (&put.written, &put.back_to) {
            say(&format!("{} was changed since: that is kept as {kept}", put.place));
        }
    }
    // Where nothing was put back since all of it is somebody else's by now, so is what runs.
    let restarts = record.starts && (any || theirs.is_none());
    if any || restarts {
        say("what was there is back");
        tools.run(&Manage::Reload.command(), "")?;
    }
    if restarts {
        let _ = tools.run(&Manage::ResetFailed(unit.clone()).command(), "");
        // It was started by this repair, so that no one else's start is stopped.
        let again = match record.was_started {
            true => unless_gone(tools, &Manage::Restart(unit).command()).err(),
            false => unless_gone(tools, &command!("systemctl", "stop", &unit)).err(),
        };
        failed = failed.or(again);
    }
    if let Some(error) = failed {
        return Err(error);
    }
    remove_work(record)?;
    // What was written and never put in place; what was put there has another name by now.
    for path in core::mem::take(&mut record.scratch) {
        let _ = remove(&path, None);
    }
    record.state = State::TakenBack;
    let closed = if record.puts.is_empty() && !record.starts && !record.enables {
        // Nothing has changed by it: what was done before it is still the last that can be taken back.
        journals.forget(record)
    } else {
        journals.write(record)
    };
    if let Err(error) = closed {
        // Whoever comes next finds everything in its place, and closes it then.
        say(&error.to_string());
    }
    theirs.map_or(Ok(()), Err)
}

/// What systemctl ends with where there is no such unit any more: nothing of it runs then (systemctl(1), "Exit status").
const NO_SUCH_UNIT: i32 = 5;

/// Starts or stops the unit, which may be gone with its file: an agent that had run without one runs on.
fn unless_gone(tools: &Tools<'_>, command: &FixCommand) -> Result<(), RepairError> {
    let done = tools.run_any(command, "")?;
    match done.end {
        ProcessEnd::Exit(0 | NO_SUCH_UNIT) => Ok(()),
        _ => tools.run(command, "").map(|_| ()),
    }
}

/// Removes the folder of its own, if it is still there.
///
/// # Errors
/// Where that cannot be done.
pub(super) fn remove_work(record: &mut Record) -> Result<(), RepairError> {
    let Some(work) = record.work.take() else { return Ok(()) };
    remove(&work, record.user)
}

/// Removes what a repair before this one kept, be it what it replaced or what it tried in vain, now that this one is done.
pub(super) fn remove_kept(record: &Record) {
    for put in &record.puts {
        let replaced = put.old.iter().map(|old| (old.path.as_str(), old.id));
        let tried = put.new.iter().zip(&put.back_to).map(|(new, back_to)| (back_to.as_str(), new.id));
        for (path, id) in replaced.chain(tried) {
            let is_it = super::swap::identity(path, record.user).is_ok_and(|found| found == Some(id));
            // Only what has a name of ours: a backup that was renamed is the agent's.
            if is_it && [PUT_ASIDE, super::replace::FAILED].iter().any(|name| path.contains(name)) {
                let _ = remove(path, record.user);
            }
        }
    }
}

fn remove(path: &str, user: Option<UserOwner>) -> Result<(), RepairError> {
    let Some((folder, name)) = path.rsplit_once('/') else { return Ok(()) };
    let failed = || RepairError::io(format!("cannot remove {path}"));
    let held = HeldFolder::open(Path::new(folder), user).map_err(failed())?;
    match held.identity(name).map_err(failed())? {
        // It was written down, and the repair was interrupted before it was made.
        None => Ok(()),
        Some(_) => held.remove(name).map_err(failed()),
    }
}
