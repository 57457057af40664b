//! SIGINT, SIGTERM and SIGHUP noted instead of obeyed, so that what runs is ended and what was half made is taken away
//! before the program ends.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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
        for id in ASKED.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
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
}

/// The handlers of questions that were asked: they end the program as if there were none, until an [`Interrupt`] takes over.
static ASKED: Mutex<Vec<SigId>> = Mutex::new(Vec::new());

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
        let asking = Self { number: Arc::default(), over: Arc::default() };
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            asked.push(flag::register_conditional_default(signal, Arc::clone(&asking.over))?);
            let number = usize::try_from(signal).unwrap_or_default();
            asked.push(flag::register_usize(signal, Arc::clone(&asking.number), number)?);
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
        self.over.store(true, Ordering::Relaxed);
        let number = self.number.load(Ordering::Relaxed);
        if number > 0 {
            let _ = low_level::emulate_default_handler(i32::try_from(number).unwrap_or(SIGTERM));
        }
    }
}
