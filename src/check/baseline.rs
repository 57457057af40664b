//! Findings that are known: a file that holds them, and what becomes of a report where it is heeded.
//!
//! They are told apart by [`FindingIdentity`], counted, and known as bad as they were when the file was written: what got worse is new.
//! The file is read as strictly as a configuration, and by what a reviewer reads in it: there is no sum in it that could say
//! something else than the words beside it.

use super::rules::{self, Judges};
use crate::report::baseline::{BaselineReport, KnownFinding};
use crate::report::finding::{Finding, Severity};
use crate::report::identity::FindingIdentity;
use crate::report::policy::{Level, Policy};
use crate::report::subject::SubjectReport;
use crate::text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Bytes of a file: some 50,000 findings.
pub(crate) const MAX_BASELINE: usize = 16 << 20;

const SCHEMA_VERSION: u32 = 1;
/// What tells such a file from others.
const KIND: &str = "bundle-doctor baseline";
/// For whoever reviews a change of the file.
const NOTE: &str = "Each line is a fault that stays: `bundle-doctor check --baseline` counts it and does not fail. \
                    A line that is taken out fails again; one that is added lets something through.";

/// Rules of which nothing can be known beforehand, beside those that judge the archive itself: what differs from what was signed
/// is another thing each time.
const NEVER_KNOWN: [&str; 1] = ["checksum-mismatch"];

/// Why a file is no baseline.
#[derive(PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct BaselineError {
    /// What was expected and what was found.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Findings that are known, as they stand in a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Baseline {
    findings: BTreeMap<FindingIdentity, KnownAs>,
}

/// How a finding is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct KnownAs {
    /// At worst.
    severity: Severity,
    /// In so many places.
    count: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineLine {
    rule: String,
    severity: String,
    path: Option<String>,
    seen: Option<String>,
    count: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineDocument {
    #[serde(rename = "schema_version")]
    _schema_version: u32,
    #[serde(rename = "kind")]
    _kind: String,
    #[serde(rename = "note")]
    _note: Option<String>,
    findings: Vec<BaselineLine>,
}

/// What marks a baseline, whatever else is in it.
#[derive(Deserialize)]
struct BaselineMark {
    schema_version: Option<u32>,
    kind: Option<String>,
}

/// Whether a text is a baseline, good or bad, which may be overwritten by another.
#[must_use]
pub(crate) fn is_baseline(text: &[u8]) -> bool {
    serde_json::from_slice::<BaselineMark>(text).is_ok_and(|mark| mark.kind.as_deref() == Some(KIND))
}

/// Whether a finding of that rule can be known: not what hides all else, or says that somebody else made the bundle.
#[must_use]
pub(crate) fn can_be_known(rule: &str) -> bool {
    rules::find(rule).is_some_and(|rule| rule.judges == Judges::Tree && !NEVER_KNOWN.contains(&rule.id))
}

impl Baseline {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`BaselineError`] for whatever is not as `--write-baseline` makes it.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, BaselineError> {
        let written = "write it anew: `bundle-doctor check --write-baseline FILE PATH`";
        let error = |message: String| BaselineError { message, help: written };
        let broken =
            |what: &str, found: serde_json::Error| error(format!("{what}: {}", text::printable(&found.to_string())));
        let mark: BaselineMark = serde_json::from_slice(text).map_err(|found| broken("it is no baseline", found))?;
        if mark.kind.as_deref() != Some(KIND) {
            return Err(error(format!("it is no baseline: its `kind` is not `{KIND}`")));
        }
        if let Some(found) = mark.schema_version.filter(|found| *found != SCHEMA_VERSION) {
            let message = format!("its schema_version is {found}, and this program reads {SCHEMA_VERSION}");
            return Err(BaselineError {
                message,
                help: "use the version of bundle-doctor that wrote it, or a newer one",
            });
        }
        let document: BaselineDocument = serde_json::from_slice(text).map_err(|found| broken("it is broken", found))?;
        let mut findings = BTreeMap::new();
        for (at, line) in document.findings.into_iter().enumerate() {
            let (identity, known) = line.read().map_err(|why| BaselineError {
                message: format!("finding {} of it, {}: {}", at + 1, text::printable(&why.0), why.1),
                help: why.2,
            })?;
            let rule = text::printable(&identity.rule).into_owned();
            if findings.insert(identity, known).is_some() {
                return Err(error(format!("finding {} of it, {rule}: it stands there twice", at + 1)));
            }
        }
        Ok(Self { findings })
    }

    /// Everything that was found and can be known; of several subjects, the most that one of them has.
    #[must_use]
    pub(crate) fn of(subjects: &[SubjectReport], is_demanded: impl Fn(&str) -> bool) -> Self {
        let mut findings: BTreeMap<FindingIdentity, KnownAs> = BTreeMap::new();
        for subject in subjects.iter().filter(|subject| !subject.tree_unknown) {
            let mut own: BTreeMap<FindingIdentity, KnownAs> = BTreeMap::new();
            for finding in subject.findings.iter().filter(|finding| can_be_known(finding.rule)) {
                if !is_demanded(finding.rule) {
                    let known = KnownAs { severity: finding.severity, count: finding.places };
                    let sum = |so_far: &mut KnownAs| {
                        so_far.count = so_far.count.saturating_add(known.count);
                        so_far.severity = so_far.severity.max(known.severity);
                    };
                    own.entry(FindingIdentity::of(finding)).and_modify(sum).or_insert(known);
                }
            }
            for (identity, known) in own {
                let most = |so_far: &mut KnownAs| {
                    so_far.count = so_far.count.max(known.count);
                    so_far.severity = so_far.severity.max(known.severity);
                };
                findings.entry(identity).and_modify(most).or_insert(known);
            }
        }
        Self { findings }
    }

    /// How many findings it holds.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.findings.len()
    }

    /// Writes the file: sorted, a finding a line, so that a change of it can be reviewed.
    ///
    /// # Errors
    /// Whatever `out` gives.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let text = |text: &str| serde_json::to_string(text).map_err(io::Error::other);
        writeln!(out, "{{\n  \"schema_version\": {SCHEMA_VERSION},\n  \"kind\": {},", text(KIND)?)?;
        write!(out, "  \"note\": {},\n  \"findings\": [", text(NOTE)?)?;
        for (at, (identity, known)) in self.findings.iter().enumerate() {
            let FindingIdentity { rule, path, seen } = identity.clone();
            let line =
                BaselineLine { rule, severity: known.severity.name().to_owned(), path, seen, count: known.count };
            let comma = if at == 0 { "" } else { "," };
            write!(out, "{comma}\n    {}", serde_json::to_string(&line).map_err(io::Error::other)?)?;
        }
        let end = if self.findings.is_empty() { "" } else { "\n  " };
        writeln!(out, "{end}]\n}}")
    }

    /// Takes what is known out of the subjects' findings, and tells what none of them has any more. `path` is the file's.
    pub(crate) fn apply(
        &self,
        path: &str,
        subjects: &mut [SubjectReport],
        policy: &Policy,
        is_demanded: impl Fn(&str) -> bool,
    ) -> BaselineReport {
        let mut gone: Option<BTreeMap<FindingIdentity, usize>> = None;
        for subject in subjects {
            let missing = self.missing(subject);
            gone = Some(match gone {
                None => missing,
                Some(so_far) => {
                    let both = so_far.into_iter().filter_map(|(identity, count)| {
                        let other = *missing.get(&identity)?;
                        Some((identity, count.min(other)))
                    });
                    both.collect()
                }
            });
            self.take_known(subject, &is_demanded);
            subject.verdict = policy.fail_on.verdict(&subject.findings);
        }
        let gone = gone.unwrap_or_default().into_iter().map(|(identity, count)| KnownFinding::new(identity, count));
        BaselineReport { path: text::printable(path).into_owned(), gone: gone.collect() }
    }

    /// What a subject was known for and does not have. Nothing is said where it was not looked at: the tree is not known, or
    /// another finding stands for it.
    fn missing(&self, subject: &SubjectReport) -> BTreeMap<FindingIdentity, usize> {
        if subject.tree_unknown {
            return BTreeMap::new();
        }
        let found = || subject.findings.iter().chain(subject.allowed.iter().map(|allowed| &allowed.finding));
        let fired: BTreeSet<_> = found().map(|finding| finding.rule).collect();
        let mut seen: BTreeMap<FindingIdentity, usize> = BTreeMap::new();
        for finding in found() {
            *seen.entry(FindingIdentity::of(finding)).or_default() += finding.places;
        }
        let is_folded = |rule: &str| {
            rules::find(rule).is_some_and(|rule| rule.follows_from.iter().any(|cause| fired.contains(cause)))
        };
        let missing =
            self.findings.iter().filter(|(identity, _)| !is_folded(&identity.rule)).filter_map(|(identity, known)| {
                let missing = known.count.saturating_sub(seen.get(identity).copied().unwrap_or_default());
                (missing > 0).then(|| (identity.clone(), missing))
            });
        missing.collect()
    }

    /// As many findings of each identity as are known become known, the first that were found.
    fn take_known(&self, subject: &mut SubjectReport, is_demanded: impl Fn(&str) -> bool) {
        if subject.tree_unknown {
            return;
        }
        let mut left: BTreeMap<FindingIdentity, usize> = BTreeMap::new();
        let mut is_known = |finding: &Finding| {
            let identity = FindingIdentity::of(finding);
            let Some(known) = self.findings.get(&identity) else { return false };
            if is_demanded(finding.rule) || finding.severity > known.severity {
                return false;
            }
            let left = left.entry(identity).or_insert(known.count);
            let fits = finding.places <= *left;
            if fits {
                *left -= finding.places;
            }
            fits
        };
        let (known, new) = std::mem::take(&mut subject.findings).into_iter().partition(|finding| is_known(finding));
        subject.known = known;
        subject.findings = new;
    }

    /// The rules of findings that it holds although the command line demands them: they are not heeded.
    #[must_use]
    pub(crate) fn overruled(&self, is_demanded: impl Fn(&str) -> bool) -> Vec<&str> {
        let rules: BTreeSet<_> = self.findings.keys().map(|identity| identity.rule.as_str()).collect();
        rules.into_iter().filter(|rule| is_demanded(rule)).collect()
    }
}

/// Whether the command line demands a rule: by an option that is about it, or with `-D`.
#[must_use]
pub(crate) fn is_demanded(rule: &str, demands: &[&'static str], policy: &Policy) -> bool {
    let denied = policy
        .override_of(rule)
        .is_some_and(|found| found.level == Level::At(Severity::Error) && found.origin.starts_with('-'));
    denied || demands.contains(&rule)
}

impl BaselineLine {
    /// The finding; or its rule, what is wrong with it, and what to do.
    fn read(self) -> Result<(FindingIdentity, KnownAs), (String, String, &'static str)> {
        let Self { rule, severity, path, seen, count } = self;
        let refused = |why: String, help| Err((rule.clone(), why, help));
        if rules::find(&rule).is_none() {
            let nearest = text::nearest(&rule, rules::RULES.iter().map(|rule| rule.id));
            let nearest = nearest.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return refused(format!("there is no such rule{nearest}"), "`bundle-doctor rules` lists them");
        }
        if !can_be_known(&rule) {
            let why =
                "a baseline cannot hold it: it hides what else is wrong, or says that somebody else made the bundle";
            return refused(why.to_owned(), "take the line out, and mend what it is about");
        }
        let severities = [Severity::Info, Severity::Warning, Severity::Error];
        let Some(severity) = severities.into_iter().find(|known| known.name() == severity) else {
            let found = text::printable(&severity);
            return refused(format!("its severity is `{found}`"), "write `error`, `warning` or `info`");
        };
        if count == 0 {
            return refused("its count is 0".to_owned(), "take the line out");
        }
        let filled = |text: &String| !text.is_empty();
        let identity = FindingIdentity { rule, path: path.filter(filled), seen: seen.filter(filled) };
        Ok((identity, KnownAs { severity, count }))
    }
}

#[cfg(test)]
mod tests;
