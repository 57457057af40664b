//! What a baseline holds, what it hides, and what it never does.

use super::*;
use crate::report::finding::{Allowed, Detail};
use crate::report::verdict::{FailOn, Verdict};
use crate::tree::snapshot::SubjectKind;

fn finding(rule: &'static str, path: &str, severity: Severity, places: usize) -> Finding {
    Finding {
        rule,
        severity,
        message: "words".to_owned(),
        path: Some(path.to_owned()),
        line: Some(3),
        evidence: Some(match places {
            1 => "mode 0777".to_owned(),
            _ => format!("mode 0777, the first of {places} such entries"),
        }),
        help: String::new(),
        places,
        detail: Detail::None,
        caveat: None,
    }
}

fn subject(findings: Vec<Finding>) -> SubjectReport {
    SubjectReport { findings, ..SubjectReport::sound("a.tar.gz", SubjectKind::Archive) }
}

fn written(baseline: &Baseline) -> String {
    let mut out = Vec::new();
    baseline.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What became of these findings where those are known: how many are known, how many new, how many of the known gone.
fn outcome(known: Vec<Finding>, found: Vec<Finding>) -> (usize, usize, usize) {
    let baseline = Baseline::parse(written(&Baseline::of(&[subject(known)], |_| false)).as_bytes()).unwrap();
    let mut subjects = [subject(found)];
    let report = baseline.apply("b.json", &mut subjects, &Policy::plain(), |_| false);
    let [subject] = subjects;
    let has_error = subject.findings.iter().any(|finding| finding.severity == Severity::Error);
    assert_eq!(subject.verdict == Verdict::Fail, has_error, "the verdict is of what is new");
    (subject.known.len(), subject.findings.len(), report.gone.iter().map(|gone| gone.count).sum())
}

#[test]
fn findings_are_told_apart_by_rule_place_and_what_was_seen_and_counted() {
    let one = || finding("setuid-file", "a", Severity::Error, 1);
    let moved = Finding { line: Some(99), message: "reworded".to_owned(), help: "other".to_owned(), ..one() };
    for (case, known, found, expected) in [
        ("the same", vec![one()], vec![one()], (1, 0, 0)),
        ("in another line, in other words", vec![one()], vec![moved], (1, 0, 0)),
        ("at another place", vec![one()], vec![finding("setuid-file", "b", Severity::Error, 1)], (0, 1, 1)),
        ("of another rule", vec![one()], vec![finding("world-writable", "a", Severity::Error, 1)], (0, 1, 1)),
        ("something else seen", vec![one()], vec![Finding { evidence: None, ..one() }], (0, 1, 1)),
        ("three known, four found", vec![one(); 3], vec![one(); 4], (3, 1, 0)),
        ("four known, three found", vec![one(); 4], vec![one(); 3], (3, 0, 1)),
        ("in more places", vec![one()], vec![finding("setuid-file", "a", Severity::Error, 2)], (0, 1, 0)),
        ("in fewer", vec![finding("setuid-file", "a", Severity::Error, 5)], vec![one()], (1, 0, 4)),
        ("worse", vec![finding("setuid-file", "a", Severity::Warning, 1)], vec![one()], (0, 1, 0)),
        ("milder", vec![one()], vec![finding("setuid-file", "a", Severity::Info, 1)], (1, 0, 0)),
        ("mended", vec![one()], vec![], (0, 0, 1)),
    ] {
        assert_eq!(outcome(known, found), expected, "{case}");
    }
}

/// Words in a bundle that look like a count are no count.
#[test]
fn a_name_does_not_pass_for_a_count() {
    let known = finding("dangling-link", "a", Severity::Warning, 1);
    let hostile = Finding { evidence: Some("mode 0777, the first of 2 such entries".to_owned()), ..known.clone() };
    assert_eq!(outcome(vec![known], vec![hostile]), (0, 1, 1));
}

#[test]
fn what_hides_all_else_is_never_known() {
    let never =
        ["archive-unreadable", "signature-invalid", "signature-untrusted", "signature-missing", "checksum-mismatch"];
    for rule in never {
        let mut subjects = [subject(vec![finding(rule, "a", Severity::Error, 1)])];
        let baseline = Baseline::of(&subjects, |_| false);
        assert_eq!(baseline.len(), 0, "{rule}");
        baseline.apply("b.json", &mut subjects, &Policy::plain(), |_| false);
        assert_eq!((subjects[0].verdict, subjects[0].known.len()), (Verdict::Fail, 0), "{rule}");
        let by_hand = format!(
            r#"{{"schema_version":1,"kind":"{KIND}","findings":[{{"rule":"{rule}","severity":"error","path":"a","seen":null,"count":1}}]}}"#
        );
        let error = Baseline::parse(by_hand.as_bytes()).unwrap_err();
        assert!(error.message.contains(rule) && error.message.contains("cannot hold it"), "{error}");
    }
    // Of an archive whose tree is not known nothing is known, and nothing gone.
    let known = || finding("secret-file", "a", Severity::Error, 1);
    let baseline = Baseline::of(&[subject(vec![known()])], |_| false);
    let mut unknown = [SubjectReport { tree_unknown: true, ..subject(vec![known()]) }];
    let report = baseline.apply("b.json", &mut unknown, &Policy::plain(), |_| false);
    assert_eq!((unknown[0].known.len(), unknown[0].verdict, report.gone.len()), (0, Verdict::Fail, 0));
}

#[test]
fn what_the_command_line_demands_is_neither_written_nor_hidden() {
    let found =
        || vec![finding("secret-file", "a", Severity::Error, 1), finding("setuid-file", "a", Severity::Error, 1)];
    let is_demanded = |rule: &str| rule == "secret-file";
    assert_eq!(Baseline::of(&[subject(found())], is_demanded).len(), 1);
    let all = Baseline::of(&[subject(found())], |_| false);
    let mut subjects = [subject(found())];
    let report = all.apply("b.json", &mut subjects, &Policy::plain(), is_demanded);
    assert_eq!((subjects[0].known.len(), subjects[0].findings.len(), report.gone.len()), (1, 1, 0));
    assert_eq!(all.overruled(is_demanded), ["secret-file"]);
}

#[test]
fn several_subjects_have_one_baseline() {
    let one = || finding("setuid-file", "a", Severity::Error, 1);
    let other = || finding("setuid-file", "b", Severity::Error, 1);
    let baseline = Baseline::of(&[subject(vec![one(), one()]), subject(vec![one(), other()])], |_| false);
    assert_eq!(baseline.len(), 2);
    let mut subjects = [subject(vec![one()]), subject(vec![])];
    let report = baseline.apply("b.json", &mut subjects, &Policy::plain(), |_| false);
    let gone: Vec<_> = report.gone.iter().map(|gone| (gone.path.as_deref(), gone.count)).collect();
    assert_eq!(gone, [(Some("a"), 1), (Some("b"), 1)], "gone is what no subject has any more");
}

/// What is allowed, or explained away by another finding, is not gone.
#[test]
fn what_is_not_shown_for_another_reason_is_not_gone() {
    let one = || finding("entry-point-missing", "dist/index.js", Severity::Error, 1);
    let baseline = Baseline::of(&[subject(vec![one()])], |_| false);
    let mut folded = [subject(vec![finding("nested-layout", "apps/agent", Severity::Error, 1)])];
    assert_eq!(baseline.apply("b.json", &mut folded, &Policy::plain(), |_| false).gone, []);
    let allowed = vec![Allowed { finding: one(), reason: "reviewed".to_owned() }];
    let mut allowed = [SubjectReport { allowed, ..subject(vec![]) }];
    assert_eq!(baseline.apply("b.json", &mut allowed, &Policy::plain(), |_| false).gone, []);
}

#[test]
fn the_limit_of_the_run_decides_about_what_is_new() {
    let mut subjects = [subject(vec![finding("world-writable", "a", Severity::Warning, 1)])];
    let strict = Policy { fail_on: FailOn::At(Severity::Warning), ..Policy::plain() };
    Baseline::default().apply("b.json", &mut subjects, &strict, |_| false);
    assert_eq!(subjects[0].verdict, Verdict::Fail);
    Baseline::of(&subjects, |_| false).apply("b.json", &mut subjects, &strict, |_| false);
    assert_eq!(subjects[0].verdict, Verdict::Pass);
}

#[test]
fn a_bad_file_is_refused_with_the_reason() {
    let line = r#"{"rule":"setuid-file","severity":"error","path":"a","seen":null,"count":1}"#;
    let file = |lines: &str| format!(r#"{{"schema_version":1,"kind":"{KIND}","note":"n","findings":[{lines}]}}"#);
    assert_eq!(Baseline::parse(file(line).as_bytes()).unwrap().len(), 1);
    for (case, text, expected) in [
        ("empty", String::new(), "it is no baseline: EOF"),
        ("no JSON", "hello".to_owned(), "it is no baseline: expected value"),
        ("another document", r#"{"name":"agent"}"#.to_owned(), "its `kind` is not"),
        ("a list", "[[[[1]]]]".to_owned(), "it is no baseline"),
        ("of another time", file(line).replace("\"schema_version\":1", "\"schema_version\":2"), "schema_version is 2"),
        ("an unknown field", file(line).replace("\"note\"", "\"nota\""), "unknown field `nota`"),
        ("no rule", file(&line.replace("setuid-file", "setuid-fil")), "did you mean `setuid-file`?"),
        ("a hostile rule", file(&line.replace("setuid-file", "\\u001b[31m")), "\\x1b[31m: there is no such rule"),
        ("no severity", file(&line.replace("error", "fatal")), "its severity is `fatal`"),
        ("none of it", file(&line.replace(":1}", ":0}")), "its count is 0"),
        ("less than none", file(&line.replace(":1}", ":-1}")), "invalid value"),
        ("twice", file(&format!("{line},{line}")), "it stands there twice"),
        ("a conflict", format!("<<<<<<< ours\n{}", file(line)), "it is no baseline"),
    ] {
        let error = Baseline::parse(text.as_bytes()).unwrap_err();
        assert!(error.message.contains(expected) && !error.help.is_empty(), "{case}: {error}");
        assert_eq!(is_baseline(text.as_bytes()), text.contains(KIND) && !text.starts_with('<'), "{case}");
    }
    let deep = "[".repeat(100_000);
    assert!(Baseline::parse(deep.as_bytes()).is_err() && !is_baseline(deep.as_bytes()));
}

#[test]
fn the_file_is_sorted_with_a_finding_a_line() {
    let found = ["b", "a"].map(|path| finding("setuid-file", path, Severity::Error, 2)).to_vec();
    let text = written(&Baseline::of(&[subject(found)], |_| false));
    let lines: Vec<_> = text.lines().filter(|line| line.contains("\"rule\"")).map(str::trim).collect();
    let expected =
        |path| format!(r#"{{"rule":"setuid-file","severity":"error","path":"{path}","seen":"mode 0777","count":2}}"#);
    assert_eq!(lines, [format!("{},", expected("a")), expected("b")]);
    assert_eq!(written(&Baseline::parse(text.as_bytes()).unwrap()), text);
    assert_eq!(Baseline::parse(written(&Baseline::default()).as_bytes()).unwrap(), Baseline::default());
}
