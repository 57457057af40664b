//! Processes that left their group, found by where they come from, and ended.

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long they are killed again and again before it is given up.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the kernel has between two looks.
const GLANCE: Duration = Duration::from_millis(20);

/// Kills every process of this user that works below a directory or has its path in its environment, until there is
/// none: daemons that left their group, such as pm2's, kept that much of where they come from.
///
/// # Errors
/// Those that are still there after some seconds, or that `/proc` cannot be read.
pub(crate) fn end_all_below(directory: &Path) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        let left = all_below(directory)?;
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() >= until {
            return Err(io::Error::other(format!("processes that cannot be ended: {left:?}")));
        }
        for id in left {
            if let Some(pid) = Pid::from_raw(id) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        std::thread::sleep(GLANCE);
    }
}

/// Kills every process of these users that was started with this variable, `NAME=value`, until there is none.
///
/// # Errors
/// Those that are still there after some seconds, or that `/proc` cannot be read.
pub(crate) fn end_all_with(variable: &str, users: &[u32]) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut left = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let pid = name.to_str().and_then(|name| name.parse::<i32>().ok()).and_then(Pid::from_raw);
            // What cannot be held or read has ended.
            let Some((pid, held)) = pid.and_then(|pid| Some((pid, pidfd_open(pid, PidfdFlags::empty()).ok()?))) else {
                continue;
            };
            if pid != rustix::process::getpid() && was_started_with(pid, variable, users) {
                // By what is held, since its number may be another's by now.
                let _ = pidfd_send_signal(held, Signal::KILL);
                left.push(pid.as_raw_nonzero());
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        if Instant::now() >= until {
            return Err(io::Error::other(format!("processes that cannot be ended: {left:?}")));
        }
        std::thread::sleep(GLANCE);
    }
}

/// Whether a process of these users was started with this variable (proc_pid_environ(5)). One that has ended has none.
fn was_started_with(pid: Pid, variable: &str, users: &[u32]) -> bool {
    let at = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
    let is_theirs = fs::metadata(&at).is_ok_and(|found| users.contains(&found.uid()));
    let has = |variables: Vec<u8>| variables.split(|byte| *byte == 0).any(|one| one == variable.as_bytes());
    is_theirs && fs::read(at.join("environ")).is_ok_and(has)
}

fn all_below(directory: &Path) -> io::Result<Vec<i32>> {
    let needle = directory.as_os_str().as_bytes();
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        // What cannot be read has ended, or is another user's.
        let works_below = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(directory));
        let comes_from = || fs::read(entry.path().join("environ")).is_ok_and(|variables| holds(&variables, needle));
        if id != own && !needle.is_empty() && (works_below || comes_from()) {
            found.push(id);
        }
    }
    Ok(found)
}

/// Whether the path stands there whole, or as the folder of another.
fn holds(variables: &[u8], path: &[u8]) -> bool {
    let ends = |at: usize| variables.get(at).is_none_or(|byte| b"/:\0".contains(byte));
    let mut windows = variables.windows(path.len()).enumerate();
    windows.any(|(at, window)| window == path && ends(at + path.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::process::tests::{dies, is_alive, shell};
    use crate::host::process::{Environment, ProcessEnd, Request, run};
    use std::ffi::OsString;

    /// Says its id once it is in a session of its own, from where it works in `/`.
    const DAEMON: &str =
        "setsid --fork sh -c 'echo $$; : > ready; cd /; exec sleep 60'; until [ -e ready ]; do sleep 0.01; done";

    #[test]
    fn a_daemon_that_keeps_the_pipe_open_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let script = DAEMON.replace("cd /;", "");
        let request = Request { directory: Some(folder.path().to_path_buf()), ..shell(&script) };
        let started = Instant::now();
        let done = run(&request).unwrap();
        assert_eq!(done.end, ProcessEnd::Exit(0));
        assert!(started.elapsed() < Duration::from_secs(10));
        let id = done.stdout.text().trim().to_owned();
        assert!(is_alive(&id), "a daemon of its own session outlives its group");
        end_all_below(&folder.path().canonicalize().unwrap()).unwrap();
        assert!(dies(&id));
    }

    #[test]
    fn a_daemon_is_found_by_its_environment_too() {
        let folder = tempfile::tempdir().unwrap();
        let home = vec![(OsString::from("HOME"), Some(folder.path().as_os_str().to_owned()))];
        let request = Request { environment: Environment::Inherited(home), ..shell(&format!("cd $HOME; {DAEMON}")) };
        let done = run(&request).unwrap();
        assert!(is_alive(done.stdout.text().trim()));
        end_all_below(folder.path()).unwrap();
        assert!(dies(done.stdout.text().trim()));
    }

    #[test]
    fn what_was_started_with_a_variable_is_ended_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let user = fs::metadata(folder.path()).unwrap().uid();
        let daemon = |mark: &str, place: &str| {
            let at = folder.path().join(place);
            fs::create_dir(&at).unwrap();
            let marks = vec![(OsString::from("LAB_MARK"), Some(OsString::from(mark)))];
            let request = Request { environment: Environment::Inherited(marks), directory: Some(at), ..shell(DAEMON) };
            run(&request).unwrap().stdout.text().trim().to_owned()
        };
        let (marked, other) = (daemon("this-one", "a"), daemon("this-one-2", "b"));
        end_all_with("LAB_MARK=this-one", &[user + 1]).unwrap();
        assert!(is_alive(&marked), "it is another user's");
        end_all_with("LAB_MARK=this-one", &[user]).unwrap();
        assert!(dies(&marked) && is_alive(&other));
        end_all_with("LAB_MARK=this-one-2", &[user]).unwrap();
        assert!(dies(&other));
    }
}
