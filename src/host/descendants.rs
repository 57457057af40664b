//! Everything that was started, however it got away: a process that leaves its group, its session, its folder and its
//! environment still comes back to this one when its own parent ends, since this one is its subreaper
//! (`PR_SET_CHILD_SUBREAPER`, prctl(2)).

use rustix::process::{DumpableBehavior, Pid, Signal, WaitOptions};
use rustix::process::{kill_process, set_child_subreaper, set_dumpable_behavior, waitpid};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

/// How long they may take to be gone.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// How often they are looked for while none of them could be ended.
const GLANCE: Duration = Duration::from_millis(20);

/// The processes that come from this one from now on.
pub(crate) struct Descendants {
    /// Children that were there before, which are somebody else's.
    before: HashSet<i32>,
}

impl Descendants {
    /// Takes in, from now on, what its own parent leaves behind. What is started may not read this process's environment
    /// and memory either, as far as the system goes by users (proc(5), `PR_SET_DUMPABLE`).
    ///
    /// # Errors
    /// Where the system refuses, or `/proc` cannot be read.
    pub(crate) fn adopt() -> io::Result<Self> {
        set_child_subreaper(Some(rustix::process::getpid()))?;
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        Ok(Self { before: children()?.into_iter().collect() })
    }

    /// Kills all of them, until there is none. Only children are killed, whose numbers nobody else can have as long as they
    /// are not waited for; what they leave is a child a moment later.
    ///
    /// # Errors
    /// Those that are still there after some seconds: of another user, or being looked at by a debugger.
    pub(crate) fn end_all(&self) -> io::Result<()> {
        let until = Instant::now() + MAX_WAIT;
        loop {
            let left: Vec<_> = children()?.into_iter().filter(|id| !self.before.contains(id)).collect();
            if left.is_empty() {
                return Ok(());
            }
            let ended = left.iter().filter_map(|id| Pid::from_raw(*id)).filter(|pid| end(*pid)).count();
            if Instant::now() >= until {
                return Err(io::Error::other(format!("processes that cannot be ended: {left:?}")));
            }
            if ended == 0 {
                std::thread::sleep(GLANCE);
            }
        }
    }
}

/// Kills a child, and says whether it is gone.
fn end(child: Pid) -> bool {
    let _ = kill_process(child, Signal::KILL);
    matches!(waitpid(Some(child), WaitOptions::NOHANG), Ok(Some(_)))
}

/// The children of this process (proc_pid_stat(5), the fourth field; the second may hold blanks and brackets).
fn children() -> io::Result<Vec<i32>> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        // What cannot be read has ended.
        let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<i32>().ok());
        if parent == Some(own) {
            found.push(id);
        }
    }
    Ok(found)
}
