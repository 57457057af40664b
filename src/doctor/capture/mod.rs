//! A capture: everything that was asked of a server and answered, redacted, in one file, so that the same judgement can be
//! made of it anywhere else, by anyone.
//!
//! What is captured is judged from the capture itself: `doctor --capture` prints what `doctor --from` will print.

mod about;
mod bundles;
mod captured;
mod file;
mod journal;
mod listing;
mod redactions;

pub(crate) use about::About;
pub(crate) use bundles::Noted;
pub(crate) use captured::Capture;
pub(crate) use file::{CaptureError, MAX_CAPTURE, is_capture, is_readable, read, write};
pub(crate) use listing::BundleListing;

use super::diagnose::diagnose;
use super::probe::{self, ProbeOptions};
use super::recording::Recorded;
use super::report::DoctorReport;
use super::shown;
use crate::redact::{GivenPatterns, Redactor};
use crate::report::moment::Moment;
use crate::report::policy::Policy;
use crate::report::server_report::{CaptureNote, ServerReport};
use crate::tree::names::ConfiguredNames;
use crate::update::documented_paths;
use std::collections::{BTreeMap, BTreeSet};

/// What was seen of a server, to be captured.
pub(crate) struct SeenServer<'a> {
    /// What was asked and answered, redacted.
    pub answers: String,
    /// What the rules said.
    pub bundles: Noted<'a>,
    /// What stands in the deployed bundle.
    pub listing: String,
    /// The folder of a mounted disk.
    pub root: Option<String>,
    /// What it was asked by.
    pub options: &'a ProbeOptions,
    /// The names bundles were judged by.
    pub names: &'a ConfiguredNames,
    /// The severities that the user wants.
    pub policy: &'a Policy,
}

impl Capture {
    /// Captures what was seen: the journal is cut as far as the conclusion stays what it is.
    #[must_use]
    pub(crate) fn of(seen: SeenServer<'_>, live: &DoctorReport, redactor: &Redactor) -> Self {
        let SeenServer { answers, bundles, listing, root, options, names, policy } = seen;
        let about = About::new(options, names, policy, root, live.facts.at);
        let redacted = bundles.redacted(redactor);
        let whole = Self { about, answers: String::new(), bundles: redacted, listing, report: None };
        let wanted = decided(live);
        let same = |answers: String| {
            let capture = Self { answers, ..whole.clone() };
            let report = capture.judged(&capture.about.policy()).filter(|report| decided(report) == wanted)?;
            let report = capture.noted(&report);
            Some(Self { report: Some(report), ..capture })
        };
        let chosen = journal::cuts(&answers).find_map(same);
        let mut capture = chosen.unwrap_or_else(|| {
            let capture = Self { answers, ..whole.clone() };
            Self { report: capture.shown(&[]), ..capture }
        });
        capture.about.redacted = redactions::count(&capture.answers);
        capture
    }

    /// A capture of answers alone, asked for as the source document has it.
    ///
    /// # Errors
    /// For answers that are none.
    pub(crate) fn of_answers(answers: &str) -> Result<Self, CaptureError> {
        let options = ProbeOptions::documented();
        let about = About::new(&options, &documented_paths::names(), &Policy::plain(), None, Moment(0));
        let capture =
            Self { about, answers: answers.to_owned(), bundles: BTreeMap::new(), listing: String::new(), report: None };
        file::of_parts(file::contents(capture)?)
    }

    /// The judgement of what was captured.
    #[must_use]
    fn judged(&self, policy: &Policy) -> Option<DoctorReport> {
        let server = Recorded::parse(self.answers.as_str()).ok()?.mounted(self.about.root.clone());
        let judge = bundles::Recalled { outcomes: &self.bundles };
        let (facts, _) = probe::examine(&server, &self.about.options, &self.about.names, &judge);
        Some(diagnose(facts, policy))
    }

    /// The report of what was captured, with the severities that were wanted where it was made, and then these; nothing
    /// where its answers cannot be read.
    #[must_use]
    pub(crate) fn shown(&self, more: &[crate::report::policy::Override]) -> Option<ServerReport> {
        let mut policy = self.about.policy();
        policy.overrides.extend_from_slice(more);
        Some(self.noted(&self.judged(&policy)?))
    }

    /// A judgement of this as it is shown: with who made the capture, and what was concluded in another way then.
    fn noted(&self, report: &DoctorReport) -> ServerReport {
        let mut report = shown::of(report);
        let made_by = self.about.made_by.version.clone();
        let changed = self.report.as_ref().map(|before| changed(before, &report)).unwrap_or_default();
        report.capture = Some(CaptureNote { made_by, changed });
        report
    }

    /// Everything in it once more without what these patterns match.
    ///
    /// # Errors
    /// For a capture that cannot be read any more once they are gone.
    pub(crate) fn redacted(self, patterns: &GivenPatterns) -> Result<Self, CaptureError> {
        let mut count = 0;
        let mut parts = BTreeMap::new();
        for (name, text) in file::contents(self)? {
            let (text, taken) = file::without(name, &text, patterns);
            count += taken;
            parts.insert(name, text);
        }
        let mut capture = file::of_parts(parts)?;
        let names = std::mem::take(&mut capture.about.redacted);
        capture.about.redacted = redactions::renamed(names, patterns);
        if count > 0 {
            let before = capture.about.redacted.entry("--redact".to_owned()).or_default();
            *before = before.saturating_add(count);
        }
        // What the report said is no secret; what it says of what is left is what counts.
        capture.report = None;
        capture.report = capture.shown(&[]);
        Ok(capture)
    }
}

/// Changes that are told one by one.
const MAX_CHANGED: usize = 20;

/// What a person would call the same conclusion.
fn decided(report: &DoctorReport) -> Vec<String> {
    let one =
        |one: &crate::report::diagnosis::Diagnosis| format!("{} {:?} {:?}", one.cause, one.severity, one.consequences);
    std::iter::once(report.health.name().to_owned()).chain(report.diagnoses.iter().map(one)).collect()
}

/// What another version concludes in another way, in words.
fn changed(before: &ServerReport, now: &ServerReport) -> Vec<String> {
    let mut changed = Vec::new();
    if before.health != now.health {
        changed.push(format!("the verdict was {}, and is {}", before.health.name(), now.health.name()));
    }
    let causes = |report: &ServerReport| report.diagnoses.iter().map(|one| one.cause).collect::<Vec<_>>();
    let (was, is) = (causes(before), causes(now));
    let (had, has): (BTreeSet<_>, BTreeSet<_>) = (was.iter().collect(), is.iter().collect());
    changed.extend(has.difference(&had).map(|cause| format!("{cause} was not named before")));
    changed.extend(had.difference(&has).map(|cause| format!("{cause} is not named any more")));
    let further = changed.len().saturating_sub(MAX_CHANGED);
    if further > 0 {
        changed.truncate(MAX_CHANGED);
        changed.push(format!("and {further} more"));
    }
    if changed.is_empty() && was.first() != is.first() {
        let named = |cause: Option<&&str>| cause.copied().unwrap_or("none").to_owned();
        changed.push(format!("the root cause was {}, and is {}", named(was.first()), named(is.first())));
    }
    changed
}
