//! What is wrong with a server: a cause with its evidence, and the commands that mend it.

use super::action::Action;
use super::finding::Severity;
use super::moment::Moment;
use super::words::RefusedWord;

pub(crate) use super::fix_command::{FixCommand, command};

/// Where a piece of evidence comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EvidenceSource {
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

impl EvidenceSource {
    /// The word of machine-readable reports.
    #[must_use]
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Systemctl => "systemctl",
            Self::Journal => "journal",
            Self::UnitFile => "unit-file",
            Self::Filesystem => "filesystem",
            Self::Archive => "archive",
        }
    }
}

/// One piece of evidence, in the machine's own words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Evidence {
    /// Where it comes from.
    pub source: EvidenceSource,
    /// What was seen, with its place: `FILE:8  WorkingDirectory=…`.
    pub detail: String,
    /// When it was said.
    pub at: Option<Moment>,
}

impl Evidence {
    /// What was seen, printable and without secrets.
    #[must_use]
    pub(crate) fn new(source: EvidenceSource, detail: impl AsRef<str>) -> Self {
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

/// One step of a fix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FixStep {
    /// What it does, in a few words; printable.
    pub text: String,
    /// What to type, in order.
    pub commands: Vec<FixCommand>,
    /// The same as `repair` carries it out.
    pub actions: Vec<Action>,
    /// What it does to the server.
    pub effect: Effect,
}

/// What a step does to the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    /// It only looks.
    Looks,
    /// It changes something.
    Changes,
}

impl FixStep {
    /// A step that only looks.
    pub(crate) fn looks(text: impl AsRef<str>, commands: Vec<FixCommand>) -> Self {
        Self { text: shown(text), commands, actions: Vec::new(), effect: Effect::Looks }
    }

    /// A step that changes something: what is typed and what `repair` does are two ways to carry out the same actions.
    pub(crate) fn changes(text: impl AsRef<str>, actions: Vec<impl Into<Action>>) -> Self {
        let actions: Vec<Action> = actions.into_iter().map(Into::into).collect();
        let commands = actions.iter().flat_map(Action::commands).collect();
        Self { text: shown(text), commands, actions, effect: Effect::Changes }
    }

    /// What no command of ours does.
    pub(crate) fn told(text: impl AsRef<str>) -> Self {
        Self::looks(text, Vec::new())
    }

    /// Why there is no command.
    pub(crate) fn refused(refused: &RefusedWord) -> Self {
        Self::told(format!("no command is given: {refused}"))
    }
}

fn shown(text: impl AsRef<str>) -> String {
    crate::text::printable(text.as_ref()).into_owned()
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
    pub fix: Vec<FixStep>,
    /// The cause whose fix mends this too.
    pub mended_by: Option<&'static str>,
    /// How to see that it worked.
    pub verify: Vec<FixCommand>,
}

impl Diagnosis {
    /// A cause with the first piece of its evidence: without one there is no diagnosis.
    #[must_use]
    pub(crate) fn new(cause: &'static str, severity: Severity, summary: impl AsRef<str>, evidence: Evidence) -> Self {
        let summary = crate::text::printable(summary.as_ref()).into_owned();
        let (consequences, fix, verify) = (Vec::new(), Vec::new(), Vec::new());
        Self { cause, severity, summary, evidence: vec![evidence], consequences, fix, mended_by: None, verify }
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
    pub(crate) fn step(mut self, step: FixStep) -> Self {
        self.fix.push(step);
        self
    }

    /// What was seen.
    #[must_use]
    pub(crate) fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }
}
