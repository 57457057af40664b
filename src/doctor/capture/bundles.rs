//! What the rules said of a server's bundles: noted as they say it, and said again without the bundles.

use crate::doctor::probe::{BundleJudge, BundleQuestion, JudgedBundle};
use crate::redact::Redactor;
use crate::report::finding::Detail;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Findings that are kept of one bundle, the worst first.
const MAX_FINDINGS: usize = 1000;

/// What came of judging a bundle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BundleOutcome {
    /// It was judged.
    Judged(Box<JudgedBundle>),
    /// It could not be read, for this reason.
    Unread(String),
}

impl BundleOutcome {
    /// Keeps no more findings than a capture has.
    pub(super) fn shorten(&mut self) {
        if let Self::Judged(judged) = self {
            judged.report.findings.truncate(MAX_FINDINGS);
            judged.details.truncate(MAX_FINDINGS);
        }
    }
}

/// A judge whose judgements are noted.
pub(crate) struct Noted<'a> {
    judge: &'a dyn BundleJudge,
    outcomes: Mutex<BTreeMap<String, BundleOutcome>>,
}

impl<'a> Noted<'a> {
    /// Notes what this judge says.
    #[must_use]
    pub(crate) const fn new(judge: &'a dyn BundleJudge) -> Self {
        Self { judge, outcomes: Mutex::new(BTreeMap::new()) }
    }

    /// What it said, without the secrets of this server.
    pub(super) fn redacted(&self, redactor: &Redactor) -> BTreeMap<String, BundleOutcome> {
        let outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let clean = |outcome: &BundleOutcome| {
            let text = serde_json::to_string(outcome).ok()?;
            serde_json::from_str(&redactor.clean_document(&text)).ok()
        };
        // What cannot be written without its secrets is not written.
        let unread = || BundleOutcome::Unread("it could not be captured".to_owned());
        outcomes.iter().map(|(path, outcome)| (path.clone(), clean(outcome).unwrap_or_else(unread))).collect()
    }
}

impl BundleJudge for Noted<'_> {
    fn judged(&self, asked: &BundleQuestion<'_>) -> Result<JudgedBundle, String> {
        let mut found = self.judge.judged(asked);
        if let Ok(judged) = &mut found {
            judged.report.findings.truncate(MAX_FINDINGS);
            judged.details.truncate(MAX_FINDINGS);
        }
        let outcome = match &found {
            Ok(judged) => BundleOutcome::Judged(Box::new(judged.clone())),
            Err(why) => BundleOutcome::Unread(why.clone()),
        };
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(asked.path.to_owned(), outcome);
        found
    }
}

/// A judge who says again what was noted.
pub(crate) struct Recalled<'a> {
    /// By the path of the bundle.
    pub outcomes: &'a BTreeMap<String, BundleOutcome>,
}

impl BundleJudge for Recalled<'_> {
    fn judged(&self, asked: &BundleQuestion<'_>) -> Result<JudgedBundle, String> {
        match self.outcomes.get(asked.path) {
            None => Err("the capture does not say what is there".to_owned()),
            Some(BundleOutcome::Unread(why)) => Err(why.clone()),
            Some(BundleOutcome::Judged(judged)) => {
                let mut judged = (**judged).clone();
                let details = judged.details.iter().cloned().chain(std::iter::repeat(Detail::None));
                for (finding, detail) in judged.report.findings.iter_mut().zip(details) {
                    finding.detail = detail;
                }
                Ok(judged)
            }
        }
    }
}
