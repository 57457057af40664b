//! The page of a run that could not judge.

use super::findings::help;
use super::model::{Page, Section, Tone};
use crate::report::run_error::RunError;

/// What was tried, where, and what to do.
pub(crate) fn page(command: &str, error: &RunError) -> Page {
    let help: Vec<_> = error.help.as_deref().and_then(help).into_iter().collect();
    Page {
        command: command.to_owned(),
        subject: command.to_owned(),
        verdict: format!("not judged: {}", error.message),
        tone: Tone::Doubtful,
        facts: error.path.iter().cloned().collect(),
        sections: if help.is_empty() { Vec::new() } else { vec![Section::new("what to do", help)] },
        ..Page::default()
    }
}
