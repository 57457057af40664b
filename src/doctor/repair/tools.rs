//! The commands of a plan, run word by word without a shell.

use super::error::RepairError;
use crate::doctor::probe::guard::root_may_run;
use crate::doctor::questions::{Disk, PATH, Server, places_of};
use crate::host;
use crate::host::held::UserOwner;
use crate::host::process::{Done, Environment, Keep, ProcessEnd, Request, run_unless};
use crate::host::stragglers::end_all_with;
use crate::report::fix_command::FixCommand;
use crate::report::words::CheckedWord;
use std::cell::OnceCell;
use std::ffi::OsString;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How long an installation may take.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How much of what a command says is told.
const LAST_LINES: usize = 6;

/// What runs the commands.
pub(crate) struct Tools<'a> {
    /// This program, which judges.
    pub program: OsString,
    /// The home of the user that the unit runs as.
    pub home: String,
    /// The user's wish to stop.
    pub stop: &'a AtomicBool,
    /// The repair for which they are run, once it has a name.
    pub mark: OnceCell<String>,
}

/// The variable that tells of a process which repair has started it: whoever comes after a kill finds it by that.
const MARK: &str = "BUNDLE_DOCTOR_REPAIR";

/// A wish to stop that nobody has.
static NEVER: AtomicBool = AtomicBool::new(false);

impl Tools<'_> {
    /// The same, for what has to be done whatever the user wishes: to take back.
    pub(super) fn heedless(&self) -> Tools<'static> {
        Tools { program: self.program.clone(), home: self.home.clone(), stop: &NEVER, mark: OnceCell::new() }
    }

    /// What is run from now on is run for that repair.
    pub(super) fn mark(&self, id: &str) {
        let _ = self.mark.set(id.to_owned());
    }

    /// Ends what a repair has started that was killed itself: commands of root's, or of the unit's user.
    ///
    /// # Errors
    /// Where some of it cannot be ended.
    pub(super) fn end_left_of(id: &str, user: Option<UserOwner>) -> Result<(), RepairError> {
        let users = [Some(0), user.map(|user| user.uid)];
        end_all_with(&format!("{MARK}={id}"), &users.into_iter().flatten().collect::<Vec<_>>())
            .map_err(RepairError::io("cannot end what the interrupted repair has started"))
    }

    /// Runs a command to its end; `work` is the fix's own folder.
    ///
    /// # Errors
    /// Where it cannot be run, or does not end well: with the end of what it said.
    pub(super) fn run(&self, command: &FixCommand, work: &str) -> Result<Done, RepairError> {
        let done = self.run_any(command, work)?;
        match done.end {
            ProcessEnd::Exit(0) => Ok(done),
            end => Err(RepairError::Command { command: shown(command, work), words: said(&done, end) }),
        }
    }

    /// [`Tools::run`], however it ends.
    ///
    /// # Errors
    /// Where it cannot be run.
    pub(super) fn run_any(&self, command: &FixCommand, work: &str) -> Result<Done, RepairError> {
        let failed = |words: String| RepairError::Command { command: shown(command, work), words };
        let words: Option<Vec<String>> = command.words().iter().map(|word| spoken(word, work)).collect();
        let words = words.ok_or_else(|| failed("it needs a shell".to_owned()))?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(failed("it is empty".to_owned()));
        };
        let program = self.program(program).ok_or_else(|| {
            failed(format!("{program} is not there, or another than root may change it: root does not run it"))
        })?;
        let mut environment = without_what_others_may_change();
        environment.push(("PATH".into(), Some(PATH.into())));
        environment.push(("LC_ALL".into(), Some("C.UTF-8".into())));
        environment.push((MARK.into(), self.mark.get().map(Into::into)));
        if words.first().is_some_and(|first| first == "runuser") {
            // runuser leaves the caller's home, in which the user may not write.
            environment.push(("HOME".into(), Some(self.home.clone().into())));
        }
        let request = Request {
            args: arguments.iter().map(Into::into).collect(),
            environment: Environment::Inherited(environment),
            directory: Some("/".into()),
            timeout: PATIENCE,
            keep: Keep::End,
            ..Request::new(program, &[])
        };
        let done = run_unless(&request, self.stop).map_err(|error| failed(error.to_string()))?;
        if done.end == ProcessEnd::Stopped { Err(RepairError::Interrupted) } else { Ok(done) }
    }

    /// A program that nobody but root may change.
    fn program(&self, name: &str) -> Option<OsString> {
        if name == "bundle-doctor" {
            return Some(self.program.clone());
        }
        let disk = Disk::live();
        let may = |path: &String| disk.look(path).is_ok() && root_may_run(&disk, path);
        if name.starts_with('/') {
            return Some(name.to_owned()).filter(may).map(Into::into);
        }
        places_of(name).find(may).map(Into::into)
    }
}

/// Root's home where the caller's is another's (Debian Policy, 9.1.1).
const HOME: &str = "/root";
/// It would have tar extract otherwise than what was judged (tar(1), `TAR_OPTIONS`).
const OPTIONS_OF_TAR: &str = "TAR_OPTIONS";

/// The caller's variables that lead root's programs to files which another may change, such as the home that `sudo -E` leaves
/// with its `.curlrc` and `.npmrc`, or `NODE_OPTIONS=--require=…`: they are not handed on.
fn without_what_others_may_change() -> Vec<(OsString, Option<OsString>)> {
    let disk = Disk::live();
    let may_run = |path: &str| root_may_run(&disk, path);
    let mut changes = left_out(&host::environment(), &may_run);
    changes.push((OPTIONS_OF_TAR.into(), None));
    changes
}

fn left_out(variables: &[(OsString, OsString)], is_roots: &dyn Fn(&str) -> bool) -> Vec<(OsString, Option<OsString>)> {
    let is_path = |part: &&str| part.starts_with('/') && part.len() > 1 && !part.starts_with("//");
    let leads_there = |value: &str| value.split([':', '=', ' ', ',', ';']).filter(is_path).any(|path| !is_roots(path));
    let led = variables.iter().filter(|(_, value)| leads_there(&value.to_string_lossy()));
    led.map(|(name, _)| (name.clone(), (name == "HOME").then(|| HOME.into()))).collect()
}

/// A command as it would be typed.
fn shown(command: &FixCommand, work: &str) -> String {
    command.typed().replace("\"$work\"", work)
}

/// A word as the program gets it; the shell's own are nobody's.
pub(super) fn spoken(word: &CheckedWord, work: &str) -> Option<String> {
    match word {
        CheckedWord::Shell(_) => None,
        CheckedWord::Work("") => Some(work.to_owned()),
        CheckedWord::Work(below) => Some(format!("{work}/{below}")),
        other => other.plain().map(str::to_owned),
    }
}

/// The end of what it said, or how it ended.
pub(super) fn said(done: &Done, end: ProcessEnd) -> String {
    let text = format!("{}\n{}", done.stdout.text(), done.stderr.text());
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LAST_LINES)).copied().collect::<Vec<_>>().join("\n");
    let ended = match end {
        ProcessEnd::Exit(code) => format!("exit {code}"),
        ProcessEnd::Signal(signal) => format!("signal {signal}"),
        ProcessEnd::TimedOut => format!("not over after {} minutes", PATIENCE.as_secs() / 60),
        ProcessEnd::Stopped => "stopped".to_owned(),
    };
    if last.is_empty() { ended } else { format!("{ended}\n{}", clean(&last)) }
}

/// Text that is fit to be shown, without secrets.
pub(super) fn clean(text: &str) -> String {
    let lines = text.lines().map(|line| crate::text::printable(&crate::redact::clean(line)).into_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// Waits a little.
pub(super) fn pause(duration: Duration, stop: &AtomicBool) -> Result<(), RepairError> {
    let until = host::monotonic_microseconds() + u64::try_from(duration.as_micros()).unwrap_or_default();
    while host::monotonic_microseconds() < until {
        if stop.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(RepairError::Interrupted);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_lead_to_anothers_files_are_not_handed_on() {
        let is_roots = |path: &str| !path.starts_with("/home/eve");
        let one = |name: &str, value: &str| vec![(OsString::from(name), OsString::from(value))];
        for (name, value, kept) in [
            ("NODE_OPTIONS", "--max-old-space-size=64 --require=/home/eve/x.js", false),
            ("NODE_OPTIONS", "--max-old-space-size=64", true),
            ("XDG_CONFIG_DIRS", "/etc/xdg:/home/eve/x", false),
            ("npm_config_store_dir", "/opt/store", true),
            ("https_proxy", "http://eve:x@proxy:3128/", true),
            ("LS_COLORS", "*.tar=01;31:*.c=/", true),
        ] {
            let left = left_out(&one(name, value), &is_roots);
            assert_eq!(left, if kept { vec![] } else { vec![(OsString::from(name), None)] }, "{name}={value}");
        }
        assert_eq!(left_out(&one("HOME", "/home/eve"), &is_roots), [("HOME".into(), Some(HOME.into()))]);
    }
}
