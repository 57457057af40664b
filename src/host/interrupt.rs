//! SIGINT, SIGTERM and SIGHUP noted instead of obeyed, so that what runs is ended and what was half made is taken away
//! before the program ends.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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
