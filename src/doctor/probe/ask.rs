//! One server asked, and what was run for it kept.

use super::seen::ServiceView;
use crate::doctor::facts::Ran;
use crate::doctor::questions::{Diagnostic, Server, Spoken, Unanswered};
use crate::redact::Redactor;
use crate::systemd::seen_paths::SeenPaths;
use crate::text;
use std::sync::{Mutex, PoisonError};

/// Lines of a command's output that are kept.
const MAX_LINES: usize = 60;

/// Asks one server, and keeps what was run.
pub(super) struct Probe<'a> {
    pub(super) server: &'a dyn Server,
    /// The same, by the paths of the service.
    pub(super) seen: ServiceView<'a>,
    pub(super) redactor: Redactor,
    ran: Mutex<Vec<Ran>>,
}

impl<'a> Probe<'a> {
    /// Nothing was asked yet.
    pub(super) const fn new(server: &'a dyn Server, paths: SeenPaths, redactor: Redactor) -> Self {
        Self { server, seen: ServiceView::new(server, paths), redactor, ran: Mutex::new(Vec::new()) }
    }

    /// Runs a command and notes that it was.
    pub(super) fn run(&self, diagnostic: &Diagnostic<'_>) -> Result<Spoken, Unanswered> {
        self.noted(diagnostic, self.server.run(diagnostic))
    }

    /// Notes that a command was run, and what it said.
    pub(super) fn noted(
        &self,
        diagnostic: &Diagnostic<'_>,
        spoken: Result<Spoken, Unanswered>,
    ) -> Result<Spoken, Unanswered> {
        if spoken == Err(Unanswered::NotLive) {
            return spoken;
        }
        let is_journal = matches!(
            diagnostic,
            Diagnostic::Journal { .. } | Diagnostic::ManagerJournal { .. } | Diagnostic::MachineJournal { .. }
        );
        let words = diagnostic.words();
        let command = text::typed(words.iter().map(String::as_str));
        let ran = match &spoken {
            Ok(spoken) => {
                let failed = spoken.status != Some(0);
                let first_word = spoken.stderr.lines().find(|line| !line.trim().is_empty());
                let fault = first_word.filter(|_| failed).map(|line| self.shown(line));
                // The journal's lines are facts of their own; here they would stand twice, as JSON.
                let lines = spoken.stdout.lines().filter(|_| !is_journal).take(MAX_LINES);
                let output = self.redactor.clean_lines(lines);
                let output = output.iter().map(|line| text::printable(line).into_owned()).collect();
                Ran { id: diagnostic.id(), command, status: spoken.status, took: spoken.took, fault, output }
            }
            Err(refusal) => {
                let fault = Some(refusal.to_string());
                Ran { id: diagnostic.id(), command, status: None, took: 0, fault, output: Vec::new() }
            }
        };
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).push(ran);
        spoken
    }

    /// A line of what a command said, without secrets and printable.
    pub(super) fn shown(&self, line: &str) -> String {
        text::printable(&self.redactor.clean(line)).into_owned()
    }

    /// The commands that were run, in the order of their names: they ran at the same time.
    pub(super) fn commands(&self) -> Vec<Ran> {
        let mut ran = std::mem::take(&mut *self.ran.lock().unwrap_or_else(PoisonError::into_inner));
        ran.sort_by(|a, b| (a.id, &a.command).cmp(&(b.id, &b.command)));
        ran
    }
}
