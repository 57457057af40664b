//! What the checklist before a release says, ready to be rendered.

use super::id::{self, Id};
use super::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// What became of one line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Judgement {
    /// What became of it.
    pub status: LineStatus,
    /// In a sentence, printable.
    pub message: String,
    /// What was seen, a line each, printable.
    #[serde(with = "joined")]
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
        let lines: Vec<_> = lines.into_iter().collect();
        let clean = crate::redact::Redactor::new().clean_lines(lines.iter().map(AsRef::as_ref));
        self.evidence = clean.iter().map(|line| crate::text::printable(line).into_owned()).collect();
        self
    }
}

fn printable(words: &str) -> String {
    crate::text::printable(&crate::redact::clean(words)).into_owned()
}

/// One line of the report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct LineReport {
    /// Its id.
    #[serde(deserialize_with = "id::read")]
    pub id: Id,
    /// What it saw.
    #[serde(flatten)]
    pub judgement: Judgement,
}

/// The whole checklist.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ReleaseReport {
    /// The repository as the user gave it, printable.
    pub repo: String,
    /// The version that is to be released, printable.
    pub version: Option<String>,
    /// `Fail` if a line does not hold; open lines alone are no failure. Every document begins with it.
    #[serde(skip_serializing)]
    pub verdict: Verdict,
    /// In the document's order.
    pub lines: Vec<LineReport>,
    /// What is known to go wrong although every line may hold, in few words, printable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
}

impl ReleaseReport {
    /// How many lines have that status.
    #[must_use]
    pub(crate) fn count(&self, status: LineStatus) -> usize {
        self.lines.iter().filter(|line| line.judgement.status == status).count()
    }
}

/// Lines as one text, as the document has them; no line is nothing.
mod joined {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(lines: &[String], to: S) -> Result<S::Ok, S::Error> {
        (!lines.is_empty()).then(|| lines.join("\n")).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        Ok(text.map(|text| text.split('\n').map(str::to_owned).collect()).unwrap_or_default())
    }
}
