//! Waiting for time to tell, with a sign of life on a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::thread;
use std::time::{Duration, Instant};

/// Between two signs of life.
const TICK: Duration = Duration::from_millis(200);

/// Time that may be spent on waiting.
pub(super) struct Patience {
    until: Instant,
    is_shown: bool,
}

impl Patience {
    /// So long from now on.
    pub(super) fn new(most: Duration, is_shown: bool) -> Self {
        let now = Instant::now();
        Self { until: now.checked_add(most).unwrap_or(now), is_shown }
    }

    /// Waits so long, or for what is left; says why. Nothing is left where it answers false.
    pub(super) fn wait(&self, wanted: Duration, why: &str) -> bool {
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
        }
        if let Some(spinner) = spinner {
            spinner.finish_and_clear();
        }
        true
    }
}
