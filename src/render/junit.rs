//! JUnit XML, which GitLab and Jenkins read: a suite for each subject, a case for each rule.

use super::sarif::{as_finding, inside};
use crate::check::rules::{Judges, RULES, Rule};
use crate::report::finding::{Allowed, Finding};
use crate::report::run_error::RunError;
use crate::report::server::CheckStatus;
use crate::report::server_report::ServerReport;
use crate::report::subject::{CheckReport, SubjectReport};
use crate::report::verdict::{FailOn, Verdict};
use crate::tree::snapshot::SubjectKind;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

/// Readers want a time; judging takes none worth telling, and the same bundle must give the same document.
pub(super) const NO_TIME: Duration = Duration::ZERO;

/// What is said of a finding that the baseline holds.
const KNOWN: &str = "known: it stands in the baseline";

/// Writes what was found; `fail_on` tells which findings fail their case.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn check(report: &CheckReport, fail_on: FailOn, out: &mut dyn Write) -> io::Result<()> {
    write(report.subjects.iter().map(|subject| suite(subject, fail_on)), out)
}

/// Writes what is wrong with a server: a case for each thing that was looked at, and one for each diagnosis.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn doctor(report: &ServerReport, fail_on: FailOn, out: &mut dyn Write) -> io::Result<()> {
    const CLASS: &str = "bundle-doctor.server";
    let mut suite = TestSuite::new(one_line(&report.service.unit));
    suite.set_time(NO_TIME);
    for check in &report.checks {
        // What is wrong fails once, in its diagnosis.
        let status = match check.status {
            CheckStatus::Skip => skipped(&check.message, ""),
            _ => TestCaseStatus::success(),
        };
        suite.add_test_case(case(check.id, CLASS, status));
    }
    for diagnosis in &report.diagnoses {
        let finding = as_finding(diagnosis);
        let words = text(&finding);
        let fails = fail_on.verdict([&finding]) == Verdict::Fail;
        let mut status = TestCaseStatus::success();
        if fails {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(one_line(&finding.message)).set_type(finding.severity.name());
            status.set_description(xml(&words));
        }
        let mut case = case(diagnosis.cause, CLASS, status);
        if !fails {
            case.set_system_out(xml(&words));
        }
        suite.add_test_case(case);
    }
    write(std::iter::once(suite), out)
}

/// Writes why nothing was judged.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn error(error: &RunError, out: &mut dyn Write) -> io::Result<()> {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let mut text = error.message.clone();
    if let Some(help) = &error.help {
        let _ = write!(text, "\n{help}");
    }
    status.set_message(one_line(&error.message)).set_type("not-judged").set_description(xml(&text));
    let mut suite = TestSuite::new(one_line(error.path.as_deref().unwrap_or("bundle-doctor")));
    suite.set_time(NO_TIME).add_test_case(case("check", "bundle-doctor", status));
    write(std::iter::once(suite), out)
}

pub(super) fn write(suites: impl Iterator<Item = TestSuite>, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new("bundle-doctor");
    report.set_time(NO_TIME).add_test_suites(suites);
    let text = report.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

pub(super) fn case(name: &str, class: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(xml(name), status);
    case.set_classname(class).set_time(NO_TIME);
    case
}

/// Every rule is a case, so that a rule that stops failing is seen to be fixed.
fn suite(subject: &SubjectReport, fail_on: FailOn) -> TestSuite {
    let mut suite = TestSuite::new(one_line(&subject.path));
    suite.set_time(NO_TIME);
    for rule in RULES {
        suite.add_test_case(rule_case(subject, rule, fail_on));
    }
    suite
}

fn rule_case(subject: &SubjectReport, rule: &Rule, fail_on: FailOn) -> TestCase {
    let silent = subject.tree_unknown && rule.judges == Judges::Tree;
    let found: Vec<_> = subject.findings.iter().filter(|finding| finding.rule == rule.id).collect();
    let allowed: Vec<_> = subject.allowed.iter().filter(|allowed| allowed.finding.rule == rule.id).collect();
    let known: Vec<_> = subject.known.iter().filter(|finding| finding.rule == rule.id).collect();
    let aside_text = || [allowed_text(&allowed), known_text(&known)].concat();
    let failing = found.iter().find(|finding| fail_on.verdict([**finding]) == Verdict::Fail);
    let mut aside = String::new();
    let status = match (failing, allowed.first()) {
        (Some(worst), _) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(one_line(&worst.message)).set_type(worst.severity.name());
            status.set_description(xml(&found_text(&found)));
            aside = aside_text();
            status
        }
        (None, Some(first)) if found.is_empty() => skipped(&format!("allowed: {}", first.reason), &aside_text()),
        (None, None) if found.is_empty() && !known.is_empty() => skipped(KNOWN, &aside_text()),
        (None, _) if !found.is_empty() => {
            aside = [found_text(&found), aside_text()].concat();
            TestCaseStatus::success()
        }
        _ if silent => skipped("not judged: what extracting this archive would leave is not known", ""),
        _ => TestCaseStatus::success(),
    };
    let class = match subject.kind {
        SubjectKind::Archive => "bundle-doctor.archive",
        SubjectKind::Directory => "bundle-doctor.directory",
    };
    let mut case = case(rule.id, class, status);
    if !aside.is_empty() {
        case.set_system_out(xml(&aside));
    }
    case
}

pub(super) fn skipped(message: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(one_line(message));
    if !text.is_empty() {
        status.set_description(xml(text));
    }
    status
}

fn found_text(findings: &[&Finding]) -> String {
    findings.iter().map(|finding| text(finding)).collect()
}

fn allowed_text(allowed: &[&Allowed]) -> String {
    allowed.iter().map(|allowed| format!("allowed: {}\n{}", allowed.reason, text(&allowed.finding))).collect()
}

fn known_text(known: &[&Finding]) -> String {
    known.iter().map(|finding| format!("{KNOWN}\n{}", text(finding))).collect()
}

/// All of a finding, as GitLab shows the text of `failure` and neither its message nor its type.
fn text(finding: &Finding) -> String {
    let mut text = format!("{}: {}\n", finding.severity.name(), finding.message);
    let seen: Vec<_> = [inside(finding), finding.evidence.clone()].into_iter().flatten().collect();
    if !seen.is_empty() {
        let _ = writeln!(text, "  {}", seen.join("  "));
    }
    for (number, line) in finding.help.lines().enumerate() {
        let _ = writeln!(text, "  {}  {line}", if number == 0 { "fix" } else { "   " });
    }
    text
}

pub(super) fn one_line(text: &str) -> String {
    xml(text).replace('\n', " ")
}

/// Text that XML 1.0 can hold (production 2, `Char`), whoever wrote it: what it forbids, and all other control
/// characters but the newline, is written as an escape rather than dropped.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(out, "{}", c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sarif::tests::{finding, report, subject, text};
    use crate::report::finding::Severity;

    fn archive(change: impl FnOnce(&mut SubjectReport)) -> String {
        let mut archive = subject("a.tar.gz", SubjectKind::Archive);
        change(&mut archive);
        text(|out| check(&report(vec![archive]), FailOn::At(Severity::Error), out))
    }

    /// The case of that name, from its tag to its end.
    fn case_of<'a>(document: &'a str, rule: &str) -> &'a str {
        let start = document.find(&format!("<testcase name=\"{rule}\"")).expect("a case for each rule");
        let case = &document[start..];
        let tag = case.find('>').expect("a tag ends");
        if case[..tag].ends_with('/') { &case[..=tag] } else { &case[..case.find("</testcase>").expect("a case ends")] }
    }

    #[test]
    fn what_fails_what_does_not_and_what_is_allowed() {
        let document = archive(|_| ());
        let counts = format!("tests=\"{}\" skipped=\"1\" errors=\"0\" failures=\"1\" time=\"0.000\"", RULES.len());
        assert!(document.contains(&format!("<testsuite name=\"a.tar.gz\" {counts}>")), "{document}");
        let failing = case_of(&document, "workspace-protocol");
        assert!(failing.contains("classname=\"bundle-doctor.archive\""), "{failing}");
        assert!(
            failing.contains("<failure message=\"npm cannot install `workspace:`\" type=\"error\">error: npm"),
            "{failing}"
        );
        assert!(
            failing.contains(
                "  package.json:16  &quot;zod&quot;: &quot;workspace:*&quot;\n  fix  remove the line\n       cp -r a b"
            ),
            "{failing}"
        );
        let below = case_of(&document, "development-file");
        assert!(below.contains("<system-out>warning: npm") && !below.contains("<failure"), "{below}");
        let allowed = case_of(&document, "install-script");
        assert!(allowed.contains("<skipped message=\"allowed: reviewed\">allowed: reviewed\n"), "{allowed}");
        assert!(case_of(&document, "nested-layout").ends_with("/>"), "a rule that has nothing to say passes");
    }

    #[test]
    fn the_limit_decides_what_fails() {
        let with = |limit| text(|out| check(&report(vec![subject("a", SubjectKind::Directory)]), limit, out));
        assert_eq!(with(FailOn::Never).matches("<failure ").count(), 0);
        assert_eq!(with(FailOn::At(Severity::Warning)).matches("<failure ").count(), 2);
    }

    #[test]
    fn an_allowed_twin_does_not_hide_a_failure() {
        let document = archive(|archive| archive.findings[0].rule = "install-script");
        let case = case_of(&document, "install-script");
        assert!(case.contains("<failure ") && case.contains("<system-out>allowed: reviewed"), "{case}");
    }

    #[test]
    fn rules_that_could_not_look_are_skipped() {
        let document = archive(|archive| {
            archive.tree_unknown = true;
            archive.allowed.clear();
            archive.findings = vec![finding("archive-unreadable", Severity::Error)];
        });
        let tree = RULES.iter().filter(|rule| rule.judges == Judges::Tree).count();
        assert_eq!(document.matches("<skipped message=\"not judged: ").count(), tree);
        assert!(case_of(&document, "archive-unreadable").contains("<failure "));
        assert!(case_of(&document, "archive-too-large").ends_with("/>"));
    }

    #[test]
    fn no_name_breaks_the_document() {
        let hostile = "]]><x a='\"'>&\u{1b}[31m\0\u{fffe}\u{ffff}\u{9b}é\n<";
        let escaped = "]]&gt;&lt;x a=";
        let document = archive(|archive| {
            archive.path = hostile.to_owned();
            archive.findings[0].message = hostile.to_owned();
            archive.findings[0].evidence = Some(hostile.to_owned());
        });
        assert!(!document.contains("<x") && document.matches(escaped).count() >= 4, "{document}");
        let forbidden = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
        assert!(!document.contains(forbidden), "{document:?}");
        assert!(document.contains("\\u{1b}[31m\\u{0}\\u{fffe}\\u{ffff}\\u{9b}é"), "{document}");
    }

    #[test]
    fn a_run_that_could_not_judge_is_an_error() {
        let fault = RunError {
            message: "cannot open <a>".to_owned(),
            path: Some("a".to_owned()),
            help: Some("look".to_owned()),
        };
        let document = text(|out| error(&fault, out));
        assert!(
            document
                .contains("<testsuites name=\"bundle-doctor\" tests=\"1\" skipped=\"0\" failures=\"0\" errors=\"1\""),
            "{document}"
        );
        assert!(
            document.contains(
                "<error message=\"cannot open &lt;a&gt;\" type=\"not-judged\">cannot open &lt;a&gt;\nlook</error>"
            ),
            "{document}"
        );
    }
}
