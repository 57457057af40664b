//! SIGINT, SIGTERM and SIGHUP noted instead of obeyed, so that what runs is ended and what was half made is taken away
//! before the program ends.

use rustix::process::{Resource, getrlimit};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What a second signal does, while the first is being heeded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Second {
    /// It ends the program at once: whatever it hangs on did not heed the first.
    Ends,
    /// Nothing: processes that were started would outlive the program.
    Waits,
}

/// What was noted so far. Signals are noted from the moment it is made, for as long as the program runs.
pub(crate) struct Interrupt {
    number: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Interrupt {
    /// Starts to note signals.
    ///
    /// # Errors
    /// Where the system refuses the handlers.
    pub(crate) fn watch(second: Second) -> io::Result<Self> {
        TAKEN.store(true, Ordering::SeqCst);
        for (_, id) in ASKED.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            low_level::unregister(id);
        }
        let noted = Self { number: Arc::default(), stop: Arc::default() };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if second == Second::Ends {
                flag::register_conditional_default(signal, Arc::clone(&noted.stop))?;
            }
            flag::register_usize(signal, Arc::clone(&noted.number), usize::try_from(signal).unwrap_or_default())?;
            flag::register(signal, Arc::clone(&noted.stop))?;
        }
        Ok(noted)
    }

    /// Set once a signal came, for whoever waits for something else meanwhile.
    #[must_use]
    pub(crate) fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// Fails once a signal came.
    ///
    /// # Errors
    /// After the first signal, always.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.stop.load(Ordering::Relaxed) { Err(io::Error::other("interrupted")) } else { Ok(()) }
    }

    /// Ends the program by the signal that came, as if it had not been noted, so that a shell sees what happened.
    /// Returns if none came.
    pub(crate) fn obey(&self) {
        let number = self.number.load(Ordering::Relaxed);
        if number > 0 {
            let _ = low_level::emulate_default_handler(i32::try_from(number).unwrap_or(SIGTERM));
        }
    }

    /// The same for a command that has left nothing behind: Ctrl-C ends it as [`end_on_ctrl_c`] was told to.
    pub(crate) fn take_leave(&self) {
        take_leave(self.number.load(Ordering::Relaxed));
    }
}

fn take_leave(number: usize) {
    let number = i32::try_from(number).unwrap_or(SIGTERM);
    if number == SIGINT {
        end();
    }
    if number > 0 {
        let _ = low_level::emulate_default_handler(number);
    }
}

/// What Ctrl-C leaves to be read: a line for people, and a machine's document where one is owed.
struct InterruptNotice {
    line: String,
    document: Vec<u8>,
    code: u8,
}

static FAREWELL: OnceLock<InterruptNotice> = OnceLock::new();
/// Whether a command, or a question to somebody, heeds signals itself.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the thread of [`end_on_ctrl_c`] is there.
static HEEDED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C ends the program with one line and this exit code, unless a command heeds signals itself. A command
/// that was started with it ignored, as shells start those in the background, goes on ignoring it.
pub(crate) fn end_on_ctrl_c(line: String, document: Vec<u8>, code: u8) {
    // The thread is woken through a pair of sockets, which are wanted for something else where few files may be open.
    let has_few_files = getrlimit(Resource::Nofile).current.is_some_and(|files| files < FEW_FILES);
    if FAREWELL.set(InterruptNotice { line, document, code }).is_err() || has_few_files || is_ignored(SIGINT) {
        return;
    }
    let heed = || {
        // Not before the thread is there: nobody else would end the program.
        let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT]) else { return };
        HEEDED.store(true, Ordering::SeqCst);
        for _ in signals.forever() {
            if !TAKEN.load(Ordering::SeqCst) {
                end();
            }
        }
    };
    // Without a thread to spare Ctrl-C ends the program as it ends any other.
    let _ = std::thread::Builder::new().name("signals".to_owned()).stack_size(STACK).spawn(heed);
}

/// Fewer files that may be open are left to the command.
const FEW_FILES: u64 = 64;
/// Bytes of the stack of a thread that waits, and writes a line.
const STACK: usize = 64 << 10;

/// Whether a signal is ignored by this process (proc_pid_status(5), `SigIgn`).
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    let mask = mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or(0);
    u32::try_from(signal - 1).is_ok_and(|bit| mask.checked_shr(bit).unwrap_or(0) & 1 == 1)
}

/// Says what is to be said, and ends the program.
fn end() {
    let Some(InterruptNotice { line, document, code }) = FAREWELL.get() else {
        let _ = low_level::emulate_default_handler(SIGINT);
        return;
    };
    let mut stderr = io::stderr();
    // A sign of life stands where the line goes.
    let clear = if stderr.is_terminal() { "\r\x1b[K" } else { "" };
    let _ = writeln!(stderr, "{clear}{line}");
    // Whoever else writes to stdout may hold it, for ever: its lock is not waited for.
    let _ = rustix::io::write(io::stdout(), document);
    low_level::exit(i32::from(*code));
}

/// The handlers of questions that were asked: they end the program as if there were none, until an [`Interrupt`] takes over.
static ASKED: Mutex<Vec<(i32, SigId)>> = Mutex::new(Vec::new());

/// Signals noted while somebody is asked something, and obeyed once the terminal is as it was.
pub(super) struct Asking {
    number: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Asking {
    /// Starts to note signals.
    ///
    /// # Errors
    /// Where the system refuses the handlers.
    pub(super) fn begin() -> io::Result<Self> {
        TAKEN.store(true, Ordering::SeqCst);
        let asking = Self { number: Arc::default(), over: Arc::default() };
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            asked.push((signal, flag::register_conditional_default(signal, Arc::clone(&asking.over))?));
            let number = usize::try_from(signal).unwrap_or_default();
            asked.push((signal, flag::register_usize(signal, Arc::clone(&asking.number), number)?));
        }
        Ok(asking)
    }

    /// Whether a signal came.
    pub(super) fn was_interrupted(&self) -> bool {
        self.number.load(Ordering::Relaxed) > 0
    }

    /// What Ctrl-C does where the terminal does not send the signal.
    pub(super) fn interrupt(&self) {
        self.number.store(usize::try_from(SIGINT).unwrap_or_default(), Ordering::Relaxed);
    }

    /// From now on signals end the program again, the one that came meanwhile at once.
    pub(super) fn end(self) {
        if HEEDED.load(Ordering::SeqCst) {
            let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
            let (heeded, others) = asked.drain(..).partition(|(signal, _)| *signal == SIGINT);
            *asked = others;
            let heeded: Vec<(i32, SigId)> = heeded;
            for (_, id) in heeded {
                low_level::unregister(id);
            }
            TAKEN.store(false, Ordering::SeqCst);
        }
        self.over.store(true, Ordering::Relaxed);
        take_leave(self.number.load(Ordering::Relaxed));
    }
}
