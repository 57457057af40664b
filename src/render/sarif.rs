//! SARIF 2.1.0, which code scanning reads: one run, every rule with its page, a result for each finding.

use super::baseline;
use crate::check::rules::RULES;
use crate::doctor::causes::CAUSES;
use crate::report::baseline::BaselineReport;
use crate::report::finding::{Detail, Finding, Severity};
use crate::report::identity::FindingIdentity;
use crate::report::run_error::RunError;
use crate::report::server_report::{DiagnosisReport, ServerReport};
use crate::report::subject::{CheckReport, SubjectReport};
use crate::tree::snapshot::SubjectKind;
use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, LogicalLocation, Message, MultiformatMessageString, Notification,
    PhysicalLocation, Region, ReportingConfiguration, ReportingDescriptor, Result as SarifResult, ResultLevel, Run,
    Sarif, Suppression, ToolComponent,
};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

/// Where the standard publishes the schema that the document follows.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Where the pages of this version are published.
const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/v", env!("CARGO_PKG_VERSION"), "/docs");

/// Names what the fingerprint is made of; another recipe needs another name.
const FINGERPRINT: &str = "bundleDoctor/v1";

/// Writes what was found.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn check(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    let baseline = report.baseline.as_ref();
    let results = report.subjects.iter().flat_map(|subject| results(subject, baseline)).collect::<Vec<_>>();
    let gone = baseline.into_iter().flat_map(baseline::gone);
    let notes = report.notes.iter().cloned().chain(gone).map(|note| notification(&note, "note")).collect::<Vec<_>>();
    let invocation = Invocation::builder().execution_successful(true).tool_execution_notifications(notes).build();
    let run = Run::builder().tool(driver(rules())).invocations(vec![invocation]).results(results).build();
    write(run, out)
}

/// Writes what is wrong with a server: a result for each diagnosis, at the unit's file.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn doctor(report: &ServerReport, out: &mut dyn Write) -> io::Result<()> {
    let file = report.file();
    let known: Vec<_> = causes().chain(rules()).map(|rule| rule.id.clone()).collect();
    let results = report.diagnoses.iter().map(|diagnosis| {
        let finding = as_finding(diagnosis);
        let place = SarifPlace { file: file.to_owned(), line: None, inside: None };
        let mut result = SarifResult::builder()
            .rule_id(finding.rule)
            .level(level(finding.severity))
            .message(message(&words(&finding, &place)))
            .locations(vec![location(&uri(&place.file))])
            .partial_fingerprints(BTreeMap::from([(
                FINGERPRINT.to_owned(),
                FindingIdentity::of(&finding).fingerprint(0),
            )]))
            .build();
        result.rule_index = known.iter().position(|id| id == finding.rule).and_then(|at| i64::try_from(at).ok());
        result
    });
    let results = results.collect::<Vec<_>>();
    let notes = report
        .not_checked
        .iter()
        .map(|missing| notification(&format!("not checked: {} ({})", missing.what, missing.because), "note"));
    let notes = notes.collect::<Vec<_>>();
    let invocation = Invocation::builder().execution_successful(true).tool_execution_notifications(notes).build();
    let tool = driver(causes().chain(rules()));
    write(Run::builder().tool(tool).invocations(vec![invocation]).results(results).build(), out)
}

/// A diagnosis in the words of a finding: what was seen first, and every command of the fix.
pub(super) fn as_finding(diagnosis: &DiagnosisReport) -> Finding {
    let commands: Vec<&str> = diagnosis.fix.iter().flat_map(|step| &step.commands).map(String::as_str).collect();
    let seen = diagnosis.evidence.first();
    let seen = seen.map(|evidence| format!("{}: {}", evidence.source_in_words(), evidence.detail));
    Finding {
        rule: diagnosis.cause,
        severity: diagnosis.severity,
        message: diagnosis.summary.clone(),
        path: None,
        line: None,
        evidence: seen,
        help: commands.join("\n"),
        detail: Detail::None,
        places: 1,
        caveat: None,
    }
}

/// Writes why nothing was judged. `results` is left out: an empty list would say that nothing is wrong, and code
/// scanning would close every alert.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn error(error: &RunError, out: &mut dyn Write) -> io::Result<()> {
    let mut words = error.message.clone();
    if let Some(help) = &error.help {
        words.push('\n');
        words.push_str(help);
    }
    let mut notification = notification(&words, "error");
    notification.locations = error.path.as_deref().map(|path| vec![location(&uri(path))]);
    let invocation =
        Invocation::builder().execution_successful(false).tool_execution_notifications(vec![notification]).build();
    write(Run::builder().tool(driver(rules())).invocations(vec![invocation]).build(), out)
}

pub(super) fn write(run: Run, out: &mut dyn Write) -> io::Result<()> {
    let log = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run]).build();
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

pub(super) fn rules() -> impl Iterator<Item = ReportingDescriptor> {
    RULES.iter().map(|rule| descriptor("rules", rule.id, rule.severity, rule.summary, rule.page))
}

/// The causes, without those that a rule's descriptor stands for already: an id is given once.
fn causes() -> impl Iterator<Item = ReportingDescriptor> {
    let own = CAUSES.iter().filter(|cause| crate::check::rules::find(cause.id).is_none());
    own.map(|cause| descriptor("causes", cause.id, cause.severity, cause.summary, cause.page))
}

pub(super) fn driver(descriptors: impl Iterator<Item = ReportingDescriptor>) -> ToolComponent {
    ToolComponent::builder()
        .name("bundle-doctor")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .information_uri(env!("CARGO_PKG_REPOSITORY"))
        .rules(descriptors.collect::<Vec<_>>())
        .build()
}

/// A rule or cause, whose page is in a folder of `docs`: as it was in the version that found it.
fn descriptor(folder: &str, id: &str, severity: Severity, summary: &str, page: &str) -> ReportingDescriptor {
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    ReportingDescriptor::builder()
        .id(id)
        .name(pascal_case(id))
        .short_description(text(summary))
        .full_description(text(&lead(summary, page)))
        .help(MultiformatMessageString::builder().text(page).markdown(page).build())
        .help_uri(format!("{PAGES}/{folder}/{id}.md"))
        .default_configuration(ReportingConfiguration::builder().level(json!(level(severity).to_string())).build())
        .build()
}

/// `workspace-link` as the standard would have a rule named: `WorkspaceLink`.
fn pascal_case(id: &str) -> String {
    let words = id.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

/// The first paragraph of a page, in one line.
fn lead(summary: &str, page: &str) -> String {
    let body = page.lines().skip_while(|line| line.starts_with('#') || line.trim().is_empty());
    let words = body.take_while(|line| !line.trim().is_empty()).map(str::trim).collect::<Vec<_>>();
    if words.is_empty() { summary.to_owned() } else { words.join(" ") }
}

pub(super) fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Error => ResultLevel::Error,
        Severity::Warning => ResultLevel::Warning,
        Severity::Info => ResultLevel::Note,
    }
}

/// A subject's results. Where there is a baseline, each says whether it is new.
fn results(subject: &SubjectReport, baseline: Option<&BaselineReport>) -> Vec<SarifResult> {
    let mut seen = HashMap::new();
    let open = subject.findings.iter().map(|finding| (finding, "new", None));
    let allowed = subject.allowed.iter().map(|allowed| (&allowed.finding, "new", Some(allowed.reason.clone())));
    let because = baseline.map(|baseline| format!("known: it stands in {}", baseline.path));
    let known = subject.known.iter().map(|finding| (finding, "unchanged", because.clone()));
    let results = open.chain(allowed).chain(known).map(|(finding, state, reason)| {
        let identity = FindingIdentity::of(finding);
        let occurrence = seen.entry(identity.clone()).and_modify(|count| *count += 1).or_insert(0_usize);
        let mut result = result(subject, finding, identity.fingerprint(*occurrence));
        result.baseline_state = baseline.map(|_| json!(state));
        result.suppressions =
            reason.map(|reason| vec![Suppression::builder().kind(json!("external")).justification(reason).build()]);
        result
    });
    results.collect()
}

fn result(subject: &SubjectReport, finding: &Finding, fingerprint: String) -> SarifResult {
    let place = SarifPlace::of(subject, finding);
    let mut location = location(&uri(&place.file));
    if let (Some(line), Some(physical)) = (place.line, location.physical_location.as_mut()) {
        physical.region = Some(Region::builder().start_line(line).build());
    }
    if let (SubjectKind::Archive, Some(path)) = (subject.kind, finding.path.as_deref()) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let entry = LogicalLocation::builder().name(name).fully_qualified_name(path).kind("entry").build();
        location.logical_locations = Some(vec![entry]);
    }
    let mut result = SarifResult::builder()
        .rule_id(finding.rule)
        .level(level(finding.severity))
        .message(message(&words(finding, &place)))
        .locations(vec![location])
        .partial_fingerprints(BTreeMap::from([(FINGERPRINT.to_owned(), fingerprint)]))
        .build();
    result.rule_index = RULES.iter().position(|rule| rule.id == finding.rule).and_then(|at| i64::try_from(at).ok());
    result
}

/// Why it matters, what the bundle says, what to do. The first line would do alone, as viewers cut the rest.
fn words(finding: &Finding, place: &SarifPlace) -> String {
    let seen = [place.inside.as_deref(), finding.evidence.as_deref()].into_iter().flatten().collect::<Vec<_>>();
    let mut lines = vec![finding.message.clone()];
    if !seen.is_empty() {
        lines.push(seen.join("  "));
    }
    if !finding.help.is_empty() {
        lines.push(format!("Fix: {}", finding.help));
    }
    lines.join("\n")
}

/// A message of plain text. In SARIF that is not quite plain: `{0}` is a placeholder, so braces are doubled
/// (section 3.11.5), and `[text](target)` is a link (3.11.6), which a hostile name could use to lead a reader away.
pub(super) fn message(text: &str) -> Message {
    Message::builder().text(text.replace('{', "{{").replace('}', "}}").replace("](", "] (")).build()
}

pub(super) fn notification(text: &str, level: &str) -> Notification {
    Notification::builder().level(json!(level)).message(message(text)).build()
}

pub(super) fn location(uri: &str) -> Location {
    let artifact = ArtifactLocation::builder().uri(uri).build();
    Location::builder().physical_location(PhysicalLocation::builder().artifact_location(artifact).build()).build()
}

/// Where a reader of the repository finds a finding: the formats of CI services all know a file and a line in it.
pub(super) struct SarifPlace {
    /// The file in the directory, or the archive.
    pub(super) file: String,
    /// The line in that file.
    pub(super) line: Option<u32>,
    /// For an archive, the path (and line) inside.
    pub(super) inside: Option<String>,
}

impl SarifPlace {
    pub(super) fn of(subject: &SubjectReport, finding: &Finding) -> Self {
        match subject.kind {
            SubjectKind::Archive => Self { file: subject.path.clone(), line: None, inside: inside(finding) },
            SubjectKind::Directory => {
                Self { file: join(&subject.path, finding.path.as_deref()), line: finding.line, inside: None }
            }
        }
    }
}

/// `package.json:16`.
pub(super) fn inside(finding: &Finding) -> Option<String> {
    let path = finding.path.as_ref()?;
    Some(finding.line.map_or_else(|| path.clone(), |line| format!("{path}:{line}")))
}

fn join(directory: &str, path: Option<&str>) -> String {
    let Some(path) = path.filter(|path| !matches!(*path, "" | ".")) else { return directory.to_owned() };
    match directory {
        "" | "." => path.to_owned(),
        _ => format!("{}/{path}", directory.trim_end_matches('/')),
    }
}

/// A path as an RFC 3986 reference: an absolute one gets the `file` scheme, a relative one stays relative. A colon is
/// encoded too, as in the first segment it would end a scheme (section 4.2).
pub(super) fn uri(path: &str) -> String {
    let mut rest = path;
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter.trim_start_matches('/');
    }
    let mut uri = String::from(if rest.starts_with('/') { "file://" } else { "" });
    for byte in if rest.is_empty() { "." } else { rest }.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'@' | b'+' | b',' | b'=' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
pub(super) mod tests;
