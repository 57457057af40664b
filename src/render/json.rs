//! JSON, version 1: the document of `docs/check.schema.json` and its sisters.

use super::pages::Pages;
use crate::check::rules::{RULES, Rule};
use crate::doctor::causes::{CAUSES, Cause};
use crate::release::checklist::{ChecklistLine, LINES};
use crate::report::finding::{Finding, Severity};
use crate::report::run_error::RunError;
use crate::report::server_report::ServerReport;
use crate::report::subject::CheckReport;
use crate::report::verdict::Verdict;
use crate::tree::nodes::Tree;
use serde::Serialize;
use std::io::{self, Write};

const SCHEMA_VERSION: u32 = 1;

/// What every document starts with.
#[derive(Serialize)]
struct JsonDocument<'a, Body> {
    schema_version: u32,
    tool: Tool,
    command: &'a str,
    verdict: &'a str,
    #[serde(flatten)]
    body: Body,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

pub(super) fn write<Body: Serialize>(command: &str, verdict: &str, body: Body, out: &mut dyn Write) -> io::Result<()> {
    let tool = Tool { name: "bundle-doctor", version: env!("CARGO_PKG_VERSION") };
    let document = JsonDocument { schema_version: SCHEMA_VERSION, tool, command, verdict, body };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

pub(super) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
    }
}

/// The document of `check`.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn check(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    write("check", word(report.verdict), report, out)
}

/// The document of `doctor`.
///
/// # Errors
/// Whatever `out` gives.
pub(super) fn doctor(report: &ServerReport, out: &mut dyn Write) -> io::Result<()> {
    write("doctor", report.health.name(), report, out)
}

/// The document of a run that could not judge.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn error(command: &str, error: &RunError, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct ErrorBody<'a> {
        error: &'a RunError,
    }
    write(command, "error", ErrorBody { error }, out)
}

#[derive(Serialize)]
struct RuleEntry {
    id: &'static str,
    kind: &'static str,
    severity: &'static str,
    summary: &'static str,
}

impl From<&Rule> for RuleEntry {
    fn from(rule: &Rule) -> Self {
        Self { id: rule.id, kind: "rule", severity: rule.severity.name(), summary: rule.summary }
    }
}

impl From<&Cause> for RuleEntry {
    fn from(cause: &Cause) -> Self {
        Self { id: cause.id, kind: "cause", severity: cause.severity.name(), summary: cause.summary }
    }
}

impl From<&ChecklistLine> for RuleEntry {
    /// A line that does not hold fails the run.
    fn from(line: &ChecklistLine) -> Self {
        Self { id: line.id, kind: "check", severity: Severity::Error.name(), summary: line.summary }
    }
}

/// The document of `rules`: a fault that is both has an entry of each kind.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn rules(out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct RulesBody {
        rules: Vec<RuleEntry>,
    }
    let rules = RULES.iter().map(|rule| RuleEntry::from(*rule));
    let causes = CAUSES.iter().map(|cause| RuleEntry::from(*cause));
    let lines = LINES.iter().map(|line| RuleEntry::from(*line));
    write("rules", "pass", RulesBody { rules: rules.chain(causes).chain(lines).collect() }, out)
}

/// The document of `explain`; of a fault that is both, the entry is the rule's.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn explain(pages: &Pages, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct ExplainBody {
        #[serde(flatten)]
        entry: Option<RuleEntry>,
        page: String,
    }
    write("explain", "pass", ExplainBody { entry: entry(pages), page: pages.text() }, out)
}

fn entry(pages: &Pages) -> Option<RuleEntry> {
    let entry = pages.rule.map(RuleEntry::from).or_else(|| pages.cause.map(RuleEntry::from));
    entry.or_else(|| pages.line.map(RuleEntry::from))
}

/// The document of `explain` where an error or a part of a name was asked for: the most likely first.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn meanings(pages: &[Pages], out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct MeaningsBody {
        matches: Vec<RuleEntry>,
    }
    write("explain", "pass", MeaningsBody { matches: pages.iter().filter_map(entry).collect() }, out)
}

/// The document of `manifest`, written as it is made: a tree may have 150,000 files.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn manifest(path: &str, tree: &Tree, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct FilesBody<'a> {
        path: &'a str,
        files: ManifestFiles<'a>,
    }
    write("manifest", "pass", FilesBody { path, files: ManifestFiles(tree) }, out)
}

struct ManifestFiles<'a>(&'a Tree);

impl Serialize for ManifestFiles<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct ManifestBody {
            path: String,
            sha256: String,
        }
        let Self(tree) = self;
        serializer.collect_seq(tree.sorted().filter_map(|id| {
            let sha256 = crate::text::hex(tree.sha256(id)?);
            Some(ManifestBody { path: tree.path(id).to_string(), sha256 })
        }))
    }
}

/// The document of `manifest` for an archive whose tree cannot be trusted.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn manifest_refused(path: &str, findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct RefusedBody<'a> {
        path: &'a str,
        findings: &'a [Finding],
    }
    write("manifest", "fail", RefusedBody { path, findings }, out)
}
