//! Progress on stderr: of archives that take longer than half a second, and of what is waited for.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::{Cell, OnceCell};
use std::time::{Duration, Instant};

/// How long a run is quiet.
const PATIENCE: Duration = Duration::from_millis(500);
/// Between two turns of a line that only says what is waited for.
const TURN: Duration = Duration::from_millis(120);
/// How many bytes pass between two looks at the clock.
const STEP: u64 = 1 << 20;

/// A progress bar that appears when it is needed.
pub(super) struct Progress {
    wanted: bool,
    started: Instant,
    next: Cell<u64>,
    bar: OnceCell<ProgressBar>,
}

impl Progress {
    /// Starts the clock.
    pub(super) fn new(wanted: bool) -> Self {
        Self { wanted, started: Instant::now(), next: Cell::new(STEP), bar: OnceCell::new() }
    }

    /// Shows how many bytes were read, of how many.
    pub(super) fn show(&self, read: u64, length: Option<u64>) {
        if !self.wanted || read < self.next.get() || self.started.elapsed() < PATIENCE {
            return;
        }
        self.next.set(read.saturating_add(STEP));
        self.bar.get_or_init(|| bar(length)).set_position(read);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

/// A line that turns while something is waited for that does not say how far it is.
pub(super) struct Waiting {
    line: Option<ProgressBar>,
}

impl Waiting {
    /// Nothing is shown until it is said what is waited for.
    pub(super) fn new(wanted: bool) -> Self {
        Self { line: wanted.then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())) }
    }

    /// Says what is waited for from now on.
    pub(super) fn say(&self, words: String) {
        if let Some(line) = &self.line {
            line.set_style(ProgressStyle::default_spinner());
            line.set_message(words);
            line.enable_steady_tick(TURN);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}

fn bar(length: Option<u64>) -> ProgressBar {
    let (bar, template) = match length {
        Some(length) => (ProgressBar::new(length), "reading {bar:30} {decimal_bytes} of {decimal_total_bytes}"),
        None => (ProgressBar::new_spinner(), "reading {decimal_bytes}"),
    };
    ProgressStyle::with_template(template).map_or(bar.clone(), |style| bar.with_style(style))
}
