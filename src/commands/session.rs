//! What every command shares: where output goes, in which format, and what the configuration says.

use super::failure::{Failure, refused};
use super::progress::{Progress, WaitingLine};
use crate::cli::common::{Color, Common};
use crate::config::{Config, FILE_NAME, SYSTEM_FILE};
use crate::host::interrupt::{self, Interrupt, Second};
use crate::host::trusted;
use crate::render::{self, Style};
use crate::report::format::ReportFormat;
use crate::report::policy::Policy;
use crate::report::run_error::RunError;
use crate::{exit_code, host, redact, text};
use anyhow::{Context, Error, Result, bail};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// One run of the program.
pub(super) struct Session<'a> {
    /// The options of every command.
    pub common: &'a Common,
}

/// A configuration and the folder that its paths are relative to.
pub(super) struct Configured {
    /// What it says.
    pub config: Config,
    /// Its file, if there is one.
    pub path: Option<PathBuf>,
    /// What it says, as it stands there.
    pub text: Option<String>,
    /// Its folder; nothing where there is no file.
    pub folder: Option<PathBuf>,
}

/// What Ctrl-C leaves.
const INTERRUPTED: &str = "interrupted: nothing was changed, and nothing is left behind";

/// Bytes of a configuration file.
const MAX_CONFIGURATION: usize = 1 << 20;
/// The narrowest and widest that text is laid out; 80 columns where nothing says otherwise.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=100;
const USUAL_WIDTH: usize = 80;

impl<'a> Session<'a> {
    /// A run with these options.
    pub(super) const fn new(common: &'a Common) -> Self {
        Self { common }
    }

    /// The nearest configuration, or the one that was named.
    pub(super) fn configuration(&self) -> Result<Configured> {
        let here = std::env::current_dir().with_context(|| format!("cannot look for {FILE_NAME}"));
        self.configured(|| Ok(Some(here?)))
    }

    /// The configuration nearest to a repository, or the one that was named.
    pub(super) fn configuration_of(&self, repo: &Path) -> Result<Configured> {
        // That it is not there is said by whoever opens it.
        self.configured(|| Ok(repo.canonicalize().ok()))
    }

    fn configured(&self, from: impl FnOnce() -> Result<Option<PathBuf>>) -> Result<Configured> {
        let (path, from) = match &self.common.config {
            _ if self.common.no_config => (None, None),
            Some(path) => (Some(path.clone()), None),
            None => {
                let from = from()?;
                let found = from.as_deref().map(|from| host::find_upwards_from(from, FILE_NAME)).transpose();
                match found.with_context(|| format!("cannot look for {FILE_NAME}"))?.flatten() {
                    Some(path) => (Some(path), from),
                    None => (systems(Path::new(SYSTEM_FILE))?, None),
                }
            }
        };
        let Some(path) = path else {
            return Ok(Configured { config: Config::default(), path: None, text: None, folder: None });
        };
        let shown = path.to_string_lossy().into_owned();
        let text = text_of(&path, from.as_deref(), &shown)?;
        let config = Config::parse(&text).map_err(|error| error.in_file(&shown))?;
        Ok(Configured { config, folder: path.parent().map(Path::to_path_buf), path: Some(path), text: Some(text) })
    }

    /// What the user wants of the rules: the configuration, as far as it does not soften what the command line demands
    /// (these rules, and those of `-D`), then the flags.
    pub(super) fn policy(&self, configured: &Configured, demanded: &[&'static str]) -> Result<Policy> {
        let (policy, overruled) = self.common.policy(&configured.config, demanded)?;
        for rule in overruled {
            self.note(&format!("{FILE_NAME} softens `{rule}`; the command line demands it, so that is not heeded"));
        }
        Ok(policy)
    }

    /// How text is styled on the stream that the report goes to.
    pub(super) fn style(&self) -> Style {
        let terminal = self.common.output.is_none() && io::stdout().is_terminal();
        let colour = match self.common.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if anstyle_query::no_color() => false,
            Color::Auto => anstyle_query::clicolor_force() || (terminal && anstyle_query::term_supports_color()),
        };
        let columns = terminal
            .then(|| rustix::termios::tcgetwinsize(io::stdout()).ok())
            .flatten()
            .map(|size| usize::from(size.ws_col));
        let columns = columns.filter(|columns| *columns > 0);
        let width = columns.unwrap_or(USUAL_WIDTH).clamp(*WIDTHS.start(), *WIDTHS.end());
        Style { colour, width, terminal, verbose: self.common.verbose, quiet: self.common.quiet }
    }

    /// With the format `github`, appends a summary to the file that the runner names for it (GitHub Actions, "Adding a job
    /// summary"). The verdict stands whether or not that can be done.
    pub(super) fn append_summary(&self, summary: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let wanted = || host::env("GITHUB_STEP_SUMMARY").filter(|_| self.common.format() == ReportFormat::Github);
        let Some(path) = wanted() else { return };
        let mut words = Vec::new();
        if let Err(error) = summary(&mut words).and_then(|()| host::append(Path::new(&path), &words)) {
            self.note(&format!("cannot append to GITHUB_STEP_SUMMARY: {error}"));
        }
    }

    /// Writes the report: to stdout, or to `--output`. A reader that has gone away is no failure.
    pub(super) fn write(&self, report: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        if let Some(path) = &self.common.output {
            let shown = path.to_string_lossy().into_owned();
            let written = host::write_whole(path, report);
            return written.with_context(|| Failure::new(format!("cannot write {shown}")).at(&shown));
        }
        let mut stdout = io::BufWriter::new(io::stdout().lock());
        // The workflow commands of `github` are meant, and hold text of others only as data.
        let is_read = is_on_a_runner() && self.common.format() != ReportFormat::Github;
        let written = if is_read {
            let mut words = Vec::new();
            report(&mut words).and_then(|()| stdout.write_all(&plain(&words)))
        } else {
            report(&mut stdout)
        };
        match written.and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::new(error).context("cannot write to stdout"))
            }
            _ => Ok(()),
        }
    }

    /// [`Session::write`] of a report for people, which ends with this line where the terminal does not show it whole: what
    /// is on the screen at the end is the answer.
    pub(super) fn write_ending_in(
        &self,
        ending: &str,
        report: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        if !self.is_on_a_screen() {
            return self.write(report);
        }
        let mut words = Vec::new();
        report(&mut words).context("cannot write the report")?;
        if self.is_longer_than_the_screen(&words) {
            words.extend(format!("\n{ending}\n").bytes());
        }
        self.print(&words)
    }

    fn is_on_a_screen(&self) -> bool {
        self.common.output.is_none() && self.common.format() == ReportFormat::Human && io::stdout().is_terminal()
    }

    fn is_longer_than_the_screen(&self, words: &[u8]) -> bool {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
        let Some((rows, columns)) = size.map(|size| (usize::from(size.ws_row), usize::from(size.ws_col))) else {
            return false;
        };
        let text = String::from_utf8_lossy(words);
        let lines = text.lines().map(|line| line.chars().count().div_ceil(columns.max(1)).max(1));
        // The shell's prompt takes a line as well.
        rows > 0 && lines.sum::<usize>() >= rows
    }

    /// [`Session::write`] of what is at hand.
    pub(super) fn print(&self, content: &[u8]) -> Result<()> {
        self.write(|out| out.write_all(content))
    }

    /// Tells the user something that is not part of the report.
    pub(super) fn note(&self, words: &str) {
        if !self.common.quiet {
            self.say(|out| writeln!(out, "note: {}", text::without_error_numbers(&redact::clean_by_form(words))));
        }
    }

    /// Says something on stderr. Where that cannot be done nobody is left to be told.
    pub(super) fn say(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let mut words = Vec::new();
        if write(&mut words).is_ok() {
            let _ = io::stderr().write_all(&plain(&words));
        }
    }

    /// Says why the run could not judge: to people on stderr, to a machine in its document.
    pub(super) fn fail(&self, command: &str, error: &RunError) {
        self.say(|out| render::human::error(error, out));
        let mut out = Vec::new();
        if self.common.format() != ReportFormat::Human
            && render::error(self.common.format(), command, error, &mut out).is_ok()
        {
            // Where the report cannot be written the reason is on stderr already.
            let _ = self.print(&out);
        }
    }

    /// Ctrl-C ends the command with one line, and for a machine with its document, as far as the command does not heed it
    /// itself.
    pub(super) fn end_on_ctrl_c(&self, command: &str) {
        let error = RunError { message: INTERRUPTED.to_owned(), path: None, help: None };
        let mut document = Vec::new();
        let is_owed = self.common.format() != ReportFormat::Human && self.common.output.is_none();
        if is_owed && render::error(self.common.format(), command, &error, &mut document).is_err() {
            document.clear();
        }
        interrupt::end_on_ctrl_c(format!("error: {INTERRUPTED}"), document, exit_code::INTERRUPTED);
    }

    /// Progress on stderr, on a terminal only.
    pub(super) fn progress(&self) -> Progress {
        Progress::new(self.shows_progress())
    }

    /// [`Session::progress`] of reading this. A FIFO may be long without a writer: it is said that one is waited for.
    pub(super) fn progress_of(&self, path: &str) -> Progress {
        let progress = self.progress();
        if !host::files::is_fifo(Path::new(path)) {
            return progress;
        }
        let waiting = self.waiting();
        waiting.say(format!("waiting for what is written into {}", text::printable(path)));
        progress.after(waiting)
    }

    /// A sign of life on stderr while something is waited for, on a terminal only.
    pub(super) fn waiting(&self) -> WaitingLine {
        WaitingLine::new(self.shows_progress(), self.style().width)
    }

    /// Whether progress is wanted and can be shown.
    pub(super) fn shows_progress(&self) -> bool {
        !self.common.no_progress && !self.common.quiet && io::stderr().is_terminal()
    }
}

/// The machine's configuration, where there is one: whatever is there counts, also what cannot be read.
fn systems(path: &Path) -> Result<Option<PathBuf>> {
    match path.symlink_metadata() {
        Ok(_) => Ok(Some(path.to_path_buf())),
        Err(error) if host::files::is_absent(&error) => Ok(None),
        Err(error) => Err(error).with_context(|| Failure::new(format!("cannot look for {}", path.display()))),
    }
}

/// The text of a configuration that is trusted; one that was found by walking up from a folder must also belong to it.
fn text_of(path: &Path, from: Option<&Path>, shown: &str) -> Result<String> {
    let failure = || {
        let help = "give the path of a configuration file, or --no-config";
        Failure::new(format!("cannot read the configuration {}", text::printable(shown))).at(shown).help(help)
    };
    let read = match from {
        Some(from) => trusted::read_above(path, from, MAX_CONFIGURATION),
        None => trusted::read(path, MAX_CONFIGURATION),
    };
    let read = read.map_err(|error| refused(error, failure()))?;
    if read.size > MAX_CONFIGURATION {
        bail!("{}: it is larger than any configuration ({MAX_CONFIGURATION} bytes)", failure());
    }
    let text = std::str::from_utf8(&read.bytes).with_context(failure)?;
    Ok(text.to_owned())
}

/// Whether what is printed is read by a CI runner, which carries out what looks like a command to it (GitHub's
/// "Workflow commands", Azure's "Logging commands").
fn is_on_a_runner() -> bool {
    ["GITHUB_ACTIONS", "TF_BUILD"].into_iter().any(|name| host::env(name).is_some())
}

/// A report that a runner finds no command in. What is no text, as a file's name in `manifest`, is left alone.
fn plain(words: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(words) {
        Ok(words) => text::without_workflow_commands(words).into_owned().into_bytes(),
        Err(_) => words.to_vec(),
    }
}

/// Notes signals from now on, for a command that has something to take away before it ends.
pub(super) fn watch(second: Second) -> Result<Interrupt> {
    Interrupt::watch(second).context("cannot prepare for signals")
}
