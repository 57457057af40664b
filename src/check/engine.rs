//! Runs the rules over a bundle, applies what the user wants of them, and gives the verdict.
//!
//! Overrides and allowances are applied here and nowhere else.

use crate::check::bundle::Bundle;
use crate::check::folders;
use crate::check::rules::{Judges, RULES, Rule};
use crate::report::baseline::BaselineReport;
use crate::report::finding::{Allowed, Finding, Observation, Severity};
use crate::report::policy::{Level, Policy, Selector};
use crate::report::subject::{CheckReport, PackageId, SubjectReport, Summary};
use crate::report::verdict::Verdict;
use crate::update::rehearsal::{Ending, Rehearsal};
use std::collections::BTreeMap;

/// What the rules see in a bundle, before anything is folded or allowed: a finding for each observation, with the
/// rule's default severity.
#[must_use]
pub fn run_rules(bundle: &Bundle<'_>) -> Vec<Finding> {
    let tree_is_known = bundle.snapshot.tree_is_known();
    let rules = RULES.iter().filter(|rule| tree_is_known || rule.judges == Judges::Archive);
    rules.flat_map(|rule| (rule.check)(bundle).into_iter().map(|observation| finding(rule, observation))).collect()
}

fn finding(rule: &'static Rule, observation: Observation) -> Finding {
    let Observation { message, path, line, evidence, help, severity, detail, caveat, further } = observation;
    Finding {
        rule: rule.id,
        severity: severity.unwrap_or(rule.severity),
        message,
        path,
        line,
        evidence,
        help,
        places: further + 1,
        detail,
        caveat,
    }
}

/// Judges one bundle.
#[must_use]
pub(crate) fn judge(bundle: &Bundle<'_>, policy: &Policy) -> SubjectReport {
    let mut allowed = Vec::new();
    let mut findings = Vec::new();
    for mut finding in run_rules(bundle) {
        match allowance(&finding, policy) {
            Some(reason) => allowed.push(Allowed { finding, reason }),
            None => {
                if let Some(Level::At(severity)) = policy.override_of(finding.rule).map(|found| found.level) {
                    finding.severity = severity;
                }
                findings.push(finding);
            }
        }
    }
    fold(&mut findings);
    // The rules' own order is kept within a severity, as it tells a story: archive, layout, agent, shared package.
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| rank(a).cmp(&rank(b)))
            .then_with(|| (&a.path, a.line).cmp(&(&b.path, b.line)))
    });
    let snapshot = bundle.snapshot;
    let known = snapshot.tree_is_known();
    let package = bundle.package.package().filter(|_| known).map(|package| PackageId {
        name: package.string("name").map(printable),
        version: package.string("version").map(printable),
    });
    SubjectReport {
        path: printable(&snapshot.path),
        kind: snapshot.kind,
        sha256: snapshot.sha256.map(|digest| crate::text::hex(&digest)),
        size: snapshot.size,
        unpacked_size: known.then_some(snapshot.unpacked_size),
        entries: known.then_some(snapshot.entries),
        layout: if known { bundle.layout } else { crate::report::bundle_layout::BundleLayout::Unknown },
        package,
        signature: bundle.authenticity.signature().report.clone(),
        manifest: bundle.authenticity.coverage(),
        verdict: policy.fail_on.verdict(&findings),
        tree_unknown: !known,
        folders: if known { folders::of(bundle.tree()) } else { Vec::new() },
        findings,
        allowed,
        known: Vec::new(),
    }
}

fn printable(text: &str) -> String {
    crate::text::printable(text).into_owned()
}

/// Why a finding is allowed, if it is.
fn allowance(finding: &Finding, policy: &Policy) -> Option<String> {
    if let Some(found) = policy.allowances.iter().find(|allowance| allowance.covers(finding)) {
        return Some(found.reason.clone());
    }
    let found = policy.override_of(finding.rule)?;
    (found.level == Level::Allow).then(|| format!("allowed by {}", found.origin))
}

/// Drops what merely follows from another finding that stands: where everything is in the wrong place, nothing is
/// where it should be. A finding that was made less bad than what follows from it explains nothing away.
fn fold(findings: &mut Vec<Finding>) {
    // Of each rule its worst: there may be ten thousand findings of one.
    let mut fired = BTreeMap::new();
    for finding in findings.iter() {
        let worst = fired.entry(finding.rule).or_insert(finding.severity);
        *worst = finding.severity.max(*worst);
    }
    findings.retain(|finding| {
        let follows_from = crate::check::rules::find(finding.rule).map_or(&[][..], |rule| rule.follows_from);
        !follows_from.iter().any(|cause| fired.get(cause).is_some_and(|severity| *severity >= finding.severity))
    });
}

fn rank(finding: &Finding) -> usize {
    RULES.iter().position(|rule| rule.id == finding.rule).unwrap_or(usize::MAX)
}

/// Puts the subjects' reports together.
#[must_use]
pub(crate) fn conclude(subjects: Vec<SubjectReport>, policy: &Policy, baseline: Option<BaselineReport>) -> CheckReport {
    let mut summary = Summary::default();
    for finding in subjects.iter().flat_map(|subject| &subject.findings) {
        *match finding.severity {
            crate::report::finding::Severity::Error => &mut summary.error,
            crate::report::finding::Severity::Warning => &mut summary.warning,
            crate::report::finding::Severity::Info => &mut summary.info,
        } += 1;
    }
    summary.known = subjects.iter().map(|subject| subject.known.len()).sum();
    summary.allowed = subjects.iter().map(|subject| subject.allowed.len()).sum();
    let failed = subjects.iter().any(|subject| subject.verdict == Verdict::Fail);
    let verdict = if failed { Verdict::Fail } else { Verdict::Pass };
    let notes = unused(&subjects, policy);
    CheckReport { verdict, summary, subjects, baseline, notes }
}

/// Applies overrides and allowances to what a rehearsal saw, and gives its verdict. A failure that no rule names cannot be
/// allowed.
#[must_use]
pub(crate) fn weigh(rehearsal: &mut Rehearsal, policy: &Policy) -> Verdict {
    let mut verdict = Verdict::Pass;
    for run in rehearsal.runs.iter_mut().filter(|run| run.ending == Ending::Fails) {
        if let Some(finding) = &mut run.finding {
            run.allowed = allowance(finding, policy);
            if let Some(Level::At(severity)) = policy.override_of(finding.rule).map(|found| found.level) {
                finding.severity = severity;
            }
        }
        let severity = run.finding.as_ref().map_or(Severity::Error, |finding| finding.severity);
        if run.allowed.is_none() && policy.fail_on.is_reached_by(severity) {
            verdict = Verdict::Fail;
        }
    }
    verdict
}

/// Allowances and `--allow` flags that matched nothing: they hide the next real finding, or are misspelt.
fn unused(subjects: &[SubjectReport], policy: &Policy) -> Vec<String> {
    let allowed: Vec<&Finding> =
        subjects.iter().flat_map(|subject| subject.allowed.iter().map(|allowed| &allowed.finding)).collect();
    let mut notes = Vec::new();
    for allowance in &policy.allowances {
        if !allowed.iter().any(|finding| allowance.covers(finding)) {
            let at = allowance.path.as_ref().map_or_else(String::new, |path| format!(" at `{path}`"));
            notes.push(format!(
                "the allowance of `{}`{at} matched nothing: remove it, or correct its path",
                allowance.rule
            ));
        }
    }
    for found in policy.overrides.iter().filter(|found| found.level == Level::Allow && found.origin.starts_with('-')) {
        if let Selector::Rule(id) = found.selector
            && !allowed.iter().any(|finding| finding.rule == id)
        {
            notes.push(format!("{} {id} matched nothing", found.origin));
        }
    }
    notes
}
