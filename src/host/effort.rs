//! Whether the main thread of a process ever pauses: what tells an event loop that turns from one that is stuck.

use super::files;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Time on a processor, hardly with a pause, after which nothing more is awaited.
const ENOUGH: Duration = Duration::from_secs(2);
/// The longest that is waited, on a machine that gives the thread only a part of a processor.
const LONGEST: Duration = Duration::from_secs(6);
/// Pauses that say nothing: V8 waits for its helpers while it collects garbage.
const SHORT: Duration = Duration::from_millis(100);
/// Between two looks.
const STEP: Duration = Duration::from_millis(40);

/// What a thread did while it was watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Watched {
    /// How long it had a processor.
    pub ran: Duration,
    /// Whether it waited for something, as an event loop does that has nothing to do.
    pub paused: bool,
}

/// Watches the main thread of a process until it pauses, and for that long at least; nothing where it cannot be seen.
#[must_use]
pub(crate) fn watch(pid: u32, least: Duration) -> Option<Watched> {
    let first = ThreadTimes::of(pid)?;
    let begun = Instant::now();
    let mut was_asleep = false;
    loop {
        thread::sleep(STEP);
        let lasted = begun.elapsed();
        let now = ThreadTimes::of(pid)?;
        let ran = now.ran.saturating_sub(first.ran);
        let waited = now.waited.saturating_sub(first.waited);
        // Of a thread that waits for a processor at this moment the kernel has not counted that yet.
        was_asleep |= !now.is_ready;
        let paused = was_asleep && lasted.saturating_sub(ran + waited) >= SHORT;
        if lasted >= least && (paused || ran >= ENOUGH || lasted >= LONGEST) {
            return Some(Watched { ran, paused });
        }
    }
}

/// How a thread has spent its time so far. The rest it was asleep.
#[derive(Clone, Copy)]
struct ThreadTimes {
    /// On a processor.
    ran: Duration,
    /// Ready to run, and without a processor.
    waited: Duration,
    /// Whether it runs or is ready to at this moment (state `R`).
    is_ready: bool,
}

impl ThreadTimes {
    /// Of the main thread (the kernel's sched-stats.rst, "/proc/<pid>/schedstat").
    fn of(pid: u32) -> Option<Self> {
        let bytes = files::read_start(Path::new(&format!("/proc/{pid}/schedstat")), 256).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let mut times = text.split_whitespace().map_while(|word| word.parse().ok()).map(Duration::from_nanos);
        let stat = files::read_start(Path::new(&format!("/proc/{pid}/stat")), 4 << 10).ok()?;
        let stat = String::from_utf8_lossy(&stat).into_owned();
        let is_ready = stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with('R'));
        Some(Self { ran: times.next()?, waited: times.next()?, is_ready })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};

    fn started(script: &str) -> Child {
        Command::new("/bin/sh").args(["-c", script]).stdin(Stdio::null()).spawn().unwrap()
    }

    #[test]
    fn a_loop_without_a_pause_is_told_from_a_process_that_waits() {
        for (script, pauses) in [("while :; do :; done", false), ("exec sleep 60", true)] {
            let mut child = started(script);
            thread::sleep(STEP);
            let watched = watch(child.id(), Duration::ZERO).unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            assert_eq!(watched.paused, pauses, "{script}: {watched:?}");
        }
        assert_eq!(watch(u32::MAX, Duration::ZERO), None);
    }
}
