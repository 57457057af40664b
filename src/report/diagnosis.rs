//! What is wrong with a server: a cause with its evidence, and the commands that mend it.

use super::finding::Severity;
use super::moment::Moment;
use serde::Serialize;

/// Where a piece of evidence comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// What the service manager says of the service.
    Systemctl,
    /// A line of the journal.
    Journal,
    /// A line of the unit file or of a drop-in.
    UnitFile,
    /// What is on the disk, or of a running process in `/proc`.
    Filesystem,
    /// The downloaded archive.
    Archive,
}

impl Source {
    /// The word that people read.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Systemctl => "systemctl",
            Self::Journal => "journal",
            Self::UnitFile => "unit",
            Self::Filesystem => "disk",
            Self::Archive => "archive",
        }
    }
}

/// One piece of evidence, in the machine's own words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Evidence {
    /// Where it comes from.
    pub source: Source,
    /// What was seen, with its place: `FILE:8  WorkingDirectory=…`.
    pub detail: String,
    /// When it was said.
    pub at: Option<Moment>,
}

impl Evidence {
    /// What was seen, printable and without secrets.
    #[must_use]
    pub(crate) fn new(source: Source, detail: impl AsRef<str>) -> Self {
        let clean = crate::redact::clean(detail.as_ref());
        Self { source, detail: crate::text::printable(&clean).into_owned(), at: None }
    }

    /// With its time.
    #[must_use]
    pub(crate) const fn at(mut self, at: Moment) -> Self {
        self.at = Some(at);
        self
    }
}

/// One command of a fix: words, never a shell's string.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FixCommand {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// What it reads, written as a here-document.
    pub input: Option<String>,
}

impl FixCommand {
    /// A command of these words.
    pub(crate) fn new<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Self {
        Self { words: words.into_iter().map(Into::into).collect(), input: None }
    }

    /// That reads this text.
    #[must_use]
    pub(crate) fn reading(mut self, text: impl Into<String>) -> Self {
        self.input = Some(text.into());
        self
    }

    /// As it is typed: each word quoted where a POSIX shell would take it apart.
    #[must_use]
    pub(crate) fn typed(&self) -> String {
        let line = crate::text::typed(self.words.iter().map(String::as_str));
        match &self.input {
            None => line,
            Some(text) => format!("{line} <<'END'\n{}\nEND", text.trim_end_matches('\n')),
        }
    }
}

/// One step of a fix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    /// What it does, in a few words.
    pub text: String,
    /// What to type, in order.
    pub commands: Vec<FixCommand>,
    /// What it may cost.
    pub risk: Risk,
}

/// What a step may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Risk {
    /// It can be undone, or changes nothing that worked.
    Safe,
    /// It replaces or deletes something, or stops something that runs.
    Unsafe,
}

impl Step {
    /// A step that can be undone.
    pub(crate) fn safe(text: impl Into<String>, commands: Vec<FixCommand>) -> Self {
        Self { text: text.into(), commands, risk: Risk::Safe }
    }

    /// A step that replaces, deletes or stops something.
    pub(crate) fn risky(text: impl Into<String>, commands: Vec<FixCommand>) -> Self {
        Self { text: text.into(), commands, risk: Risk::Unsafe }
    }
}

/// A cause that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Diagnosis {
    /// Its id, filled in by the engine: the cause's, or the rule's whose finding is the cause.
    pub cause: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a final period.
    pub summary: String,
    /// What was seen, the strongest first; never empty.
    evidence: Vec<Evidence>,
    /// Causes that merely follow from it.
    pub consequences: Vec<&'static str>,
    /// What to type, in order.
    pub fix: Vec<Step>,
    /// How to see that it worked.
    pub verify: Vec<FixCommand>,
}

impl Diagnosis {
    /// A cause with the first piece of its evidence: without one there is no diagnosis.
    #[must_use]
    pub(crate) fn new(cause: &'static str, severity: Severity, summary: impl AsRef<str>, evidence: Evidence) -> Self {
        let summary = crate::text::printable(summary.as_ref()).into_owned();
        let (consequences, fix, verify) = (Vec::new(), Vec::new(), Vec::new());
        Self { cause, severity, summary, evidence: vec![evidence], consequences, fix, verify }
    }

    /// With more evidence.
    #[must_use]
    pub(crate) fn and(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        for more in evidence {
            if !self.evidence.contains(&more) {
                self.evidence.push(more);
            }
        }
        self
    }

    /// With a step of the fix.
    #[must_use]
    pub(crate) fn step(mut self, step: Step) -> Self {
        self.fix.push(step);
        self
    }

    /// What was seen.
    #[must_use]
    pub(crate) fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }
}
