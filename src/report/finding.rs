//! What a rule says about a bundle.

use super::id::{self, Id};
use crate::{redact, text};
use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Does not take the agent down, but should not ship.
    Warning,
    /// Takes the agent down, or hands the server to someone.
    Error,
}

impl Severity {
    /// The word used in every format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a finding says to those who decide on it, in a type: its message may be reworded by anyone at any time.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Nothing beyond its rule and its place.
    #[default]
    None,
    /// Node stops at it: said where the same rule also finds what Node does not notice.
    StopsNode,
    /// A package that is imported cannot be found.
    PackageAbsent {
        /// The name it is imported by.
        name: String,
    },
    /// A link in a package's place leads nowhere.
    PackageLinked {
        /// The name that the package is imported by.
        name: String,
    },
    /// A file that should be there is not.
    FileAbsent,
    /// What was signed is as signed, and everyone may change it.
    WritableByAll,
}

/// What a rule saw, before the engine gives it a severity.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Observation {
    /// See [`Finding::message`].
    pub message: String,
    /// See [`Finding::path`].
    pub path: Option<String>,
    /// See [`Finding::line`].
    pub line: Option<u32>,
    /// See [`Finding::evidence`].
    pub evidence: Option<String>,
    /// See [`Finding::help`].
    pub help: String,
    /// Where this case is better or worse than the rule's default.
    pub severity: Option<Severity>,
    /// See [`Finding::detail`].
    pub detail: Detail,
    /// See [`Finding::caveat`].
    pub caveat: Option<String>,
    /// Further places that it stands for, see [`Finding::places`].
    pub further: usize,
}

impl Observation {
    /// Starts with why it matters, printable and without secrets: a message may quote the bundle.
    #[must_use]
    pub(crate) fn new(message: impl AsRef<str>) -> Self {
        Self { message: shown(message.as_ref()), ..Self::default() }
    }

    /// Where it stands.
    #[must_use]
    pub(crate) fn at(mut self, path: impl std::fmt::Display) -> Self {
        self.path = Some(text::printable(&path.to_string()).into_owned());
        self
    }

    /// In which line.
    #[must_use]
    pub(crate) const fn line(mut self, line: Option<u32>) -> Self {
        self.line = line;
        self
    }

    /// The bundle's own words, printable and without secrets.
    #[must_use]
    pub(crate) fn evidence(mut self, words: impl AsRef<str>) -> Self {
        self.evidence = Some(shown(words.as_ref()));
        self
    }

    /// What was seen at the first of several places, or at the only one: without words of its own where `seen` has none.
    #[must_use]
    pub(crate) fn first_of(mut self, seen: &str, count: usize, noun: &str) -> Self {
        self.further = count.saturating_sub(1);
        match (count, seen) {
            (0 | 1, "") => self,
            (0 | 1, _) => self.evidence(seen),
            _ => self.evidence(first_of(seen, count, noun)),
        }
    }

    /// What to do.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = redact::clean_by_form(&help.into());
        self
    }

    /// Better or worse than the rule's default.
    #[must_use]
    pub(crate) const fn only(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// What the verdict's line says of it where the bundle is accepted all the same.
    #[must_use]
    pub(crate) fn caveat(mut self, words: impl AsRef<str>) -> Self {
        self.caveat = Some(crate::text::printable(words.as_ref()).into_owned());
        self
    }

    /// What is decided on.
    #[must_use]
    pub(crate) fn detail(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }
}

/// How a finding says that it stands for several places. Its identity leaves that out again: one more file of the same fault
/// is not another finding.
pub(super) const FIRST_OF: &str = "the first of ";

/// What was seen at the first of several places: `mode 0777, the first of 2 such entries`.
#[must_use]
fn first_of(seen: &str, count: usize, noun: &str) -> String {
    let (comma, blank) = (if seen.is_empty() { "" } else { ", " }, if noun.is_empty() { "" } else { " " });
    format!("{seen}{comma}{FIRST_OF}{count}{blank}{noun}")
}

/// Words of others as anyone may see them.
fn shown(words: &str) -> String {
    text::printable(&redact::clean(words)).into_owned()
}

/// What is left out of formats.
const fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_one(places: &usize) -> bool {
    *places == 1
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id.
    #[serde(deserialize_with = "id::read")]
    pub rule: Id,
    /// After overrides.
    pub severity: Severity,
    /// Why it matters, in one or two sentences, printable.
    pub message: String,
    /// Where, relative to the bundle; nothing when it concerns all of it.
    pub path: Option<String>,
    /// The line in that file, from 1.
    pub line: Option<u32>,
    /// The bundle's own words: a link's target, a line of `package.json`.
    pub evidence: Option<String>,
    /// What to do, command lines one a line.
    pub help: String,
    /// How many places it stands for, where it names the first of several; formats leave out that it is one.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub places: usize,
    /// What other parts decide on, so that none of them looks for words above. No format shows it.
    #[serde(skip)]
    pub detail: Detail,
    /// What is known to go wrong, or was not looked at, in the few words that the verdict's line of an accepted bundle has
    /// for it: `agents of the generation documented lose the shared package`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caveat: Option<String>,
}

/// A finding that the configuration or a flag allowed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Allowed {
    /// The finding, with the severity it would have had.
    #[serde(flatten)]
    pub finding: Finding,
    /// Who allowed it, and why.
    pub reason: String,
}
