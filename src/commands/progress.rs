//! Progress on stderr: of archives that take longer than half a second, and of what is waited for.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use std::cell::{Cell, OnceCell};
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a run is quiet.
const PATIENCE: Duration = Duration::from_millis(500);
/// Between two turns of a line that only says what is waited for.
const TURN: Duration = Duration::from_millis(120);
/// Columns beside the words: the sign that turns, the dots of what was left out, and `^C`.
const BESIDE: usize = 8;
/// How many bytes pass between two looks at the clock.
const STEP: u64 = 1 << 20;

/// A progress bar that appears when it is needed.
pub(super) struct Progress {
    wanted: bool,
    started: Instant,
    next: Cell<u64>,
    bar: OnceCell<ProgressBar>,
    // Of an input that somebody else has yet to write, until its first bytes are there.
    waiting: Cell<Option<WaitingLine>>,
}

impl Progress {
    /// Starts the clock.
    pub(super) fn new(wanted: bool) -> Self {
        let (next, bar, waiting) = (Cell::new(STEP), OnceCell::new(), Cell::new(None));
        Self { wanted, started: Instant::now(), next, bar, waiting }
    }

    /// Shows what is waited for until something was read.
    pub(super) fn after(self, waiting: WaitingLine) -> Self {
        self.waiting.set(Some(waiting));
        self
    }

    /// Shows how many bytes were read, of how many.
    pub(super) fn show(&self, read: u64, length: Option<u64>) {
        if read > 0 {
            drop(self.waiting.take());
        }
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
pub(super) struct WaitingLine {
    line: Option<ProgressBar>,
    /// Characters that it may have.
    room: usize,
}

impl WaitingLine {
    /// Nothing is shown until it is said what is waited for, on a terminal of so many columns.
    pub(super) fn new(wanted: bool, columns: usize) -> Self {
        let line = wanted.then(|| ProgressBar::with_draw_target(None, TerminalRow::target(columns)));
        Self { line, room: columns.saturating_sub(BESIDE) }
    }

    /// Says what is waited for from now on.
    pub(super) fn say(&self, words: String) {
        if let Some(line) = &self.line {
            let style = ProgressStyle::with_template("{spinner} {msg}");
            line.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            line.set_message(crate::text::beginning(&words, self.room));
            line.enable_steady_tick(TURN);
        }
    }
}

impl Drop for WaitingLine {
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

/// The row of a terminal that a line is drawn in. indicatif fills it with blanks, so that what the terminal shows of Ctrl-C would
/// begin another one, and the line would stay: they are left out.
#[derive(Debug)]
struct TerminalRow {
    columns: u16,
    drawn: Mutex<String>,
}

impl TerminalRow {
    fn target(columns: usize) -> ProgressDrawTarget {
        let columns = u16::try_from(columns).unwrap_or(u16::MAX);
        ProgressDrawTarget::term_like_with_hz(Box::new(Self { columns, drawn: Mutex::default() }), 20)
    }

    fn add(&self, words: &str) -> io::Result<()> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).push_str(words);
        Ok(())
    }

    fn moved(&self, by: usize, sign: char) -> io::Result<()> {
        if by == 0 { Ok(()) } else { self.add(&format!("\x1b[{by}{sign}")) }
    }
}

/// Control sequences of ECMA-48 (8.3: CUU, CUD, CUF, CUB, EL).
impl TermLike for TerminalRow {
    fn width(&self) -> u16 {
        self.columns
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'D')
    }

    fn write_line(&self, words: &str) -> io::Result<()> {
        self.add(words)?;
        self.add("\n")
    }

    fn write_str(&self, words: &str) -> io::Result<()> {
        if words.bytes().all(|byte| byte == b' ') { Ok(()) } else { self.add(words) }
    }

    fn clear_line(&self) -> io::Result<()> {
        self.add("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let drawn = core::mem::take(&mut *self.drawn.lock().unwrap_or_else(PoisonError::into_inner));
        let mut stderr = io::stderr();
        stderr.write_all(drawn.as_bytes())?;
        stderr.flush()
    }
}
