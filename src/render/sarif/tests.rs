//! SARIF against the official schema, and the report that the tests of other formats render too.

use super::*;
use crate::report::finding::{Allowed, Detail};
use crate::report::subject::{PackageId, Summary};
use crate::report::verdict::Verdict;
use jsonschema::Validator;
use serde_json::Value;

/// A finding about a line of `package.json`.
pub(crate) fn finding(rule: &'static str, severity: Severity) -> Finding {
    Finding {
        rule,
        severity,
        message: "npm cannot install `workspace:`".to_owned(),
        path: Some("package.json".to_owned()),
        line: Some(16),
        evidence: Some(r#""zod": "workspace:*""#.to_owned()),
        help: "remove the line\ncp -r a b".to_owned(),
        detail: Detail::None,
        places: 1,
        caveat: None,
    }
}

/// A subject with an error, a warning and an allowed finding.
pub(crate) fn subject(path: &str, kind: SubjectKind) -> SubjectReport {
    let allowed = Allowed { finding: finding("install-script", Severity::Warning), reason: "reviewed".to_owned() };
    SubjectReport {
        sha256: (kind == SubjectKind::Archive).then(|| "ab".repeat(32)),
        size: 32_500,
        unpacked_size: Some(186_000),
        entries: Some(70),
        package: Some(PackageId { name: Some("agent".to_owned()), version: Some("0.1.26".to_owned()) }),
        verdict: Verdict::Fail,
        findings: vec![finding("workspace-protocol", Severity::Error), finding("development-file", Severity::Warning)],
        allowed: vec![allowed],
        ..SubjectReport::sound(path, kind)
    }
}

/// A report on these subjects.
pub(crate) fn report(subjects: Vec<SubjectReport>) -> CheckReport {
    let summary =
        Summary { error: subjects.len(), warning: subjects.len(), info: 0, allowed: subjects.len(), known: 0 };
    let notes = vec!["an allowance matched nothing".to_owned()];
    CheckReport { verdict: Verdict::Fail, summary, subjects, baseline: None, notes }
}

/// What a renderer writes, as text.
pub(crate) fn text(render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    render(&mut bytes).expect("a vector can be written");
    String::from_utf8(bytes).expect("every format is UTF-8")
}

/// The official schema. Its pattern of `language`, which we do not write, has a bracket too many; ECMAScript's Unicode
/// mode, in which JSON Schema has patterns read, refuses that. The file stays as it was published.
fn official() -> Validator {
    let (mut text, wrong) = (include_str!("../../../tests/schemas/sarif-2.1.0.json").to_owned(), "-[a-zA-Z]{2}]?$");
    assert!(text.contains(wrong), "the schema was mended: this can go");
    text = text.replace(wrong, "-[a-zA-Z]{2}$");
    let schema = serde_json::from_str(&text).expect("the schema is JSON");
    jsonschema::draft7::options().offline().should_validate_formats(true).build(&schema).expect("it is a schema")
}

/// The document, once the official schema has nothing to say against it.
fn valid(render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Value {
    let document = serde_json::from_str(&text(render)).expect("one document of JSON");
    let faults: Vec<_> =
        official().iter_errors(&document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    document
}

#[test]
fn the_schema_judges() {
    let schema = official();
    let at = |uri: &str| {
        let location = json!({"physicalLocation": {"artifactLocation": {"uri": uri}}});
        let result = json!({"message": {"text": "x"}, "locations": [location]});
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [result]}]})
    };
    assert!(schema.is_valid(&at("a%20b")));
    assert!(!schema.is_valid(&at("a b")), "formats are judged");
    assert!(!schema.is_valid(&json!({"version": "2.1.0"})), "what is required is judged");
}

#[test]
fn an_archive_is_one_artifact_and_its_paths_are_logical() {
    let report = report(vec![subject("out/agent bundle.tar.gz", SubjectKind::Archive)]);
    let document = valid(|out| check(&report, out));
    let run = &document["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(RULES.len()));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["results"].as_array().map(Vec::len), Some(3));
    let result = &run["results"][0];
    let location = &result["locations"][0];
    assert_eq!(location["physicalLocation"], json!({"artifactLocation": {"uri": "out/agent%20bundle.tar.gz"}}));
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], "package.json");
    let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "workspace-protocol");
    assert_eq!(
        result["message"]["text"],
        "npm cannot install `workspace:`\npackage.json:16  \"zod\": \"workspace:*\"\nFix: remove the line\ncp -r a b"
    );
    assert_eq!(run["results"][2]["suppressions"], json!([{"kind": "external", "justification": "reviewed"}]));
    assert_eq!(result.get("suppressions"), None);
}

#[test]
fn a_directory_has_a_file_and_a_line() {
    let document = valid(|out| check(&report(vec![subject("./apps/agent/bundle/", SubjectKind::Directory)]), out));
    let location = &document["runs"][0]["results"][0]["locations"][0];
    assert_eq!(
        location["physicalLocation"],
        json!({"artifactLocation": {"uri": "apps/agent/bundle/package.json"}, "region": {"startLine": 16}})
    );
    assert_eq!(location.get("logicalLocations"), None);
}

#[test]
fn a_run_that_could_not_judge_says_so_and_has_no_results() {
    let fault = RunError {
        message: "cannot open".to_owned(),
        path: Some("/srv/a b".to_owned()),
        help: Some("check the path".to_owned()),
    };
    let document = valid(|out| error(&fault, out));
    let run = &document["runs"][0];
    assert_eq!(run.get("results"), None);
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(notification["message"]["text"], "cannot open\ncheck the path");
    assert_eq!(notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "file:///srv/a%20b");
}

#[test]
fn paths_become_references() {
    for (path, reference) in [
        ("agent-bundle.tar.gz", "agent-bundle.tar.gz"),
        ("./././a", "a"),
        ("../a", "../a"),
        (".", "."),
        ("./", "."),
        ("-", "-"),
        ("/srv/a", "file:///srv/a"),
        ("c:/a", "c%3A/a"),
        ("a b%?#[]\\\"<é>", "a%20b%25%3F%23%5B%5D%5C%22%3C%C3%A9%3E"),
        ("node_modules/@server-flow/shared", "node_modules/@server-flow/shared"),
    ] {
        assert_eq!(uri(path), reference, "{path}");
    }
}

#[test]
fn a_hostile_name_is_neither_a_link_nor_a_placeholder() {
    let mut hostile = subject("a.tgz", SubjectKind::Archive);
    hostile.findings[0].message = "{0} [click](https://evil.example)".to_owned();
    hostile.findings[0].path = Some("x](y) {1} \u{fffe}\"".to_owned());
    let document = valid(|out| check(&report(vec![hostile]), out));
    let words = document["runs"][0]["results"][0]["message"]["text"].as_str().expect("text").to_owned();
    assert!(words.starts_with("{{0}} [click] (https://evil.example)\nx] (y) {{1}} "), "{words}");
}

#[test]
fn fingerprints_outlive_moved_lines_counts_and_renamed_archives() {
    let of = |subject: &SubjectReport| {
        let all = results(subject, None).into_iter().filter_map(|result| result.partial_fingerprints);
        all.filter_map(|all| all.get(FINGERPRINT).cloned()).collect::<Vec<_>>()
    };
    let mut one = subject("a.tar.gz", SubjectKind::Archive);
    one.findings[1].places = 2;
    one.findings[1].evidence = Some("mode 0777, the first of 2 such entries".to_owned());
    let mut other = subject("b.tar.gz", SubjectKind::Archive);
    other.findings[0].line = Some(99);
    other.findings[1].places = 31;
    other.findings[1].evidence = Some("mode 0777, the first of 31 such entries".to_owned());
    assert_eq!(of(&one), of(&other));
    let pinned = "71440ccca7ebbdd1e002d374cb544e8f508a08d59629615084f8e68b685e5829";
    assert_eq!(of(&one).first().map(String::as_str), Some(pinned), "a change here makes every known alert new");

    other.findings[0].path = Some("packages/shared/package.json".to_owned());
    assert_ne!(of(&one)[0], of(&other)[0]);
    let twin = other.findings[0].clone();
    other.findings.push(twin);
    let all = of(&other);
    assert_ne!(all[0], all[2], "two alike are still two");
}

#[test]
fn names_of_rules_are_pascal_case() {
    assert_eq!(pascal_case("package-json-invalid"), "PackageJsonInvalid");
}
