//! Waiting for time to tell, with a sign of life on a terminal.

use crate::host::interrupt::{Interrupt, Second};
use indicatif::{ProgressBar, ProgressStyle};
use std::cell::OnceCell;
use std::thread;
use std::time::{Duration, Instant};

/// Between two signs of life.
const TICK: Duration = Duration::from_millis(200);

/// Somebody pressed Ctrl-C.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("interrupted before there was a verdict; nothing was changed")]
pub(super) struct Interrupted;

/// Time that may be spent on waiting.
pub(super) struct Patience {
    until: Instant,
    is_shown: bool,
    is_heeding: bool,
    // Watched from the first wait on: before that, a signal ends the program at once.
    interrupt: OnceCell<Option<Interrupt>>,
}

impl Patience {
    /// So long from now on.
    pub(super) fn new(most: Duration, is_shown: bool) -> Self {
        let now = Instant::now();
        Self { until: now.checked_add(most).unwrap_or(now), is_shown, is_heeding: false, interrupt: OnceCell::new() }
    }

    /// Waits so long, or for what is left; says why. Nothing is left where it answers false.
    pub(super) fn wait(&self, wanted: Duration, why: &str) -> bool {
        if self.is_heeding {
            self.interrupt.get_or_init(|| Interrupt::watch(Second::Ends).ok());
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        let end = Instant::now().checked_add(wanted.min(left)).unwrap_or(self.until);
        let spinner = self.is_shown.then(ProgressBar::new_spinner);
        if let Some(spinner) = &spinner
            && let Ok(style) = ProgressStyle::with_template("{spinner} {msg}")
        {
            spinner.set_style(style);
        }
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            if let Some(spinner) = &spinner {
                spinner.set_message(format!("{why}: looking again in {} s", left.as_secs().saturating_add(1)));
                spinner.tick();
            }
            thread::sleep(left.min(TICK));
            if self.heed().is_err() {
                break;
            }
        }
        if let Some(spinner) = spinner {
            spinner.finish_and_clear();
        }
        self.heed().is_ok()
    }

    /// With signals noted while it waits ([`Patience::heed`]).
    pub(super) fn heeding(self) -> Self {
        Self { is_heeding: true, ..self }
    }

    /// Fails once a signal came.
    ///
    /// # Errors
    /// After the first signal, always.
    pub(super) fn heed(&self) -> Result<(), Interrupted> {
        let interrupt = self.interrupt.get().and_then(Option::as_ref);
        let came = interrupt.is_some_and(|interrupt| interrupt.check().is_err());
        if came { Err(Interrupted) } else { Ok(()) }
    }
}
