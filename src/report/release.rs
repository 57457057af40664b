//! What the checklist before a release says, ready to be rendered.

use super::verdict::Verdict;
use serde::Serialize;

/// What became of one line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LineStatus {
    /// Ticked.
    Pass,
    /// It does not hold.
    Fail,
    /// It cannot be told, or was not tried.
    Open,
}

/// What a line saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Judgement {
    /// What became of it.
    pub status: LineStatus,
    /// In a sentence, printable.
    pub message: String,
    /// What was seen, a line each, printable.
    pub evidence: Vec<String>,
    /// What to do; nothing where it holds.
    pub help: Option<String>,
}

impl Judgement {
    /// The line holds.
    #[must_use]
    pub(crate) fn pass(message: impl AsRef<str>) -> Self {
        Self { status: LineStatus::Pass, message: printable(message.as_ref()), evidence: Vec::new(), help: None }
    }

    /// The line does not hold, and what to do.
    #[must_use]
    pub(crate) fn fail(message: impl AsRef<str>, help: impl Into<String>) -> Self {
        Self { status: LineStatus::Fail, help: Some(help.into()), ..Self::pass(message) }
    }

    /// It cannot be told, and how it could be.
    #[must_use]
    pub(crate) fn open(message: impl AsRef<str>, help: impl Into<String>) -> Self {
        Self { status: LineStatus::Open, help: Some(help.into()), ..Self::pass(message) }
    }

    /// What was seen.
    #[must_use]
    pub(crate) fn evidence<W: AsRef<str>>(mut self, lines: impl IntoIterator<Item = W>) -> Self {
        self.evidence = lines.into_iter().map(|line| printable(line.as_ref())).collect();
        self
    }
}

fn printable(words: &str) -> String {
    crate::text::printable(words).into_owned()
}

/// One line of the report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LineReport {
    /// Its id.
    pub id: &'static str,
    /// What it saw.
    pub judgement: Judgement,
}

/// The whole checklist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ReleaseReport {
    /// The repository as the user gave it, printable.
    pub repo: String,
    /// The version that is to be released, printable.
    pub version: Option<String>,
    /// `Fail` if a line does not hold; open lines alone are no failure.
    pub verdict: Verdict,
    /// What is known to go wrong although every line may hold, in few words, printable.
    pub caveats: Vec<String>,
    /// In the document's order.
    pub lines: Vec<LineReport>,
}

impl ReleaseReport {
    /// How many lines have that status.
    #[must_use]
    pub(crate) fn count(&self, status: LineStatus) -> usize {
        self.lines.iter().filter(|line| line.judgement.status == status).count()
    }
}
