//! `capture.json`: what a capture is, and how the server was asked.

use super::redactions::Redactions;
use crate::doctor::probe::ProbeOptions;
use crate::report::finding::Severity;
use crate::report::id;
use crate::report::moment::{self, Moment};
use crate::report::policy::{Level, Override, Policy, Selector};
use crate::tree::names::ConfiguredNames;
use serde::{Deserialize, Serialize};

/// The version of the form.
pub(crate) const CAPTURE_VERSION: u32 = 1;

/// What a capture is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct About {
    /// The version of its form.
    pub capture_version: u32,
    /// The program that made it.
    pub made_by: MadeBy,
    /// When.
    #[serde(with = "moment::rfc3339")]
    pub made_at: Option<Moment>,
    /// What was redacted, by the name that it stood behind, and how often.
    pub redacted: Redactions,
    /// What was asked for.
    pub options: ProbeOptions,
    /// The folder of a mounted disk.
    pub root: Option<String>,
    /// The names that bundles were judged by.
    pub names: ConfiguredNames,
    /// The severities that were wanted.
    pub severities: Vec<Severities>,
}

/// A program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct MadeBy {
    /// `bundle-doctor`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A severity that was wanted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Severities {
    /// Of this rule or cause, or of all.
    pub rule: Option<String>,
    /// To what; nothing where it was allowed.
    pub severity: Option<Severity>,
}

impl About {
    pub(super) fn new(
        options: &ProbeOptions,
        names: &ConfiguredNames,
        policy: &Policy,
        root: Option<String>,
        at: Moment,
    ) -> Self {
        let severities = policy.overrides.iter().map(|one| Severities {
            rule: match one.selector {
                Selector::All => None,
                Selector::Rule(id) => Some(id.to_owned()),
            },
            severity: match one.level {
                Level::Allow => None,
                Level::At(severity) => Some(severity),
            },
        });
        Self {
            capture_version: CAPTURE_VERSION,
            made_by: MadeBy { name: "bundle-doctor".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            made_at: Some(at),
            redacted: Redactions::new(),
            options: options.clone(),
            root,
            names: names.clone(),
            severities: severities.collect(),
        }
    }

    /// What was wanted of causes.
    pub(super) fn policy(&self) -> Policy {
        let overrides = self.severities.iter().map(|one| Override {
            selector: one.rule.as_deref().map_or(Selector::All, |rule| Selector::Rule(id::kept(rule))),
            level: one.severity.map_or(Level::Allow, Level::At),
            origin: "the capture".to_owned(),
        });
        Policy { overrides: overrides.collect(), ..Policy::plain() }
    }
}
