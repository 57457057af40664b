//! Workflow commands, which GitHub Actions shows as annotations, and the Markdown of a job's summary.
//!
//! Both are languages that a hostile file name could speak: everything is escaped, whoever wrote it.

use super::baseline;
use super::markdown::text::{code, fenced, prose};
use super::sarif::{SarifPlace, as_finding, inside};
use crate::report::finding::{Allowed, Finding, Severity};
use crate::report::run_error::RunError;
use crate::report::server_report::ServerReport;
use crate::report::subject::{CheckReport, SubjectReport, Summary};
use crate::report::verdict::Verdict;
use crate::text::{plural, size};
use crate::tree::snapshot::SubjectKind;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Actions drops a step's summary beyond 1 MiB; half of it leaves room for the step's other commands.
const SUMMARY_ROOM: usize = 512 * 1024;

/// Writes a command for each finding and note, and last the verdict.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn check(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    for subject in &report.subjects {
        for finding in &subject.findings {
            writeln!(out, "{}", annotation(subject, finding))?;
        }
    }
    let gone = report.baseline.as_ref().into_iter().flat_map(baseline::gone);
    for note in known(report).into_iter().chain(report.notes.iter().cloned()).chain(gone) {
        writeln!(out, "{}", command("notice", &[("title", "bundle-doctor")], &note))?;
    }
    // No path in a plain line: the runner also obeys `##[…]` in the middle of one.
    writeln!(out, "bundle-doctor: {}, {}", verdict(report.verdict), counts(report))
}

/// Writes a command for each diagnosis, and last how the server fares.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn doctor(report: &ServerReport, out: &mut dyn Write) -> io::Result<()> {
    for diagnosis in &report.diagnoses {
        let finding = as_finding(diagnosis);
        let title = format!("bundle-doctor: {}", finding.rule);
        let seen = finding.evidence.iter().map(|seen| format!("\n{seen}")).collect::<String>();
        let fix = if finding.help.is_empty() { String::new() } else { format!("\nFix: {}", finding.help) };
        let words = format!("{}{seen}{fix}", finding.message);
        writeln!(out, "{}", command(kind(finding.severity), &[("title", &title)], &words))?;
    }
    for missing in &report.not_checked {
        let words = format!("not checked: {} ({})", missing.what, missing.because);
        writeln!(out, "{}", command("notice", &[("title", "bundle-doctor")], &words))?;
    }
    writeln!(out, "bundle-doctor: {}", report.health.name())
}

/// Writes why nothing was judged.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn error(error: &RunError, out: &mut dyn Write) -> io::Result<()> {
    let mut properties = Vec::new();
    if let Some(path) = error.path.as_deref().filter(|path| *path != "-") {
        properties.push(("file", path));
    }
    properties.push(("title", "bundle-doctor"));
    let words = [Some(error.message.as_str()), error.help.as_deref()];
    let words = words.into_iter().flatten().collect::<Vec<_>>().join("\n");
    writeln!(out, "{}", command("error", &properties, &words))?;
    writeln!(out, "bundle-doctor: not judged")
}

/// One notice for all that the baseline holds: it is known.
fn known(report: &CheckReport) -> Option<String> {
    let path = &report.baseline.as_ref()?.path;
    let count = report.summary.known;
    (count > 0).then(|| format!("{} of {path}", plural(u64::try_from(count).unwrap_or(u64::MAX), "known finding")))
}

fn annotation(subject: &SubjectReport, finding: &Finding) -> String {
    let place = SarifPlace::of(subject, finding);
    let line = place.line.map(|line| line.to_string());
    let title = format!("bundle-doctor: {}", finding.rule);
    let mut properties = Vec::new();
    // An archive on stdin has no file to annotate, and a line belongs to a file.
    if place.file != "-" {
        properties.push(("file", place.file.strip_prefix("./").unwrap_or(&place.file)));
        properties.extend(line.as_deref().map(|line| ("line", line)));
    }
    properties.push(("title", &title));
    let seen: Vec<_> = [place.inside, finding.evidence.clone()].into_iter().flatten().collect();
    let mut words = finding.message.clone();
    if !seen.is_empty() {
        let _ = write!(words, "\n{}", seen.join("  "));
    }
    if !finding.help.is_empty() {
        let _ = write!(words, "\nFix: {}", finding.help);
    }
    command(kind(finding.severity), &properties, &words)
}

const fn kind(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

/// One workflow command, escaped as the toolkit does it: `%` and line ends in the message, and in a property also
/// what would end it.
pub(super) fn command(name: &str, properties: &[(&str, &str)], message: &str) -> String {
    // Of a line that is a command all is data to GitHub's runner; Azure's looks for `##vso[` in any.
    let data = |text: &str| {
        let text = text.replace("##[", "#\\x23[").replace("##vso[", "#\\x23vso[");
        text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
    };
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let properties: Vec<_> = properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    format!("::{name} {}::{}", properties.join(","), data(message))
}

/// Writes the Markdown that is appended to the job's summary.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn summary(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    let mut text = format!("## bundle-doctor: {}\n\n{}\n\n", verdict(report.verdict), counts(report));
    let mut left_out = 0;
    let mut add = |section: String| {
        if text.len() + section.len() <= SUMMARY_ROOM {
            text.push_str(&section);
        } else {
            left_out += 1;
        }
    };
    for subject in &report.subjects {
        add(format!("### {} {}\n\n{}\n\n", code(&subject.path), verdict(subject.verdict), facts(subject)));
        subject.findings.iter().for_each(|finding| add(section(finding)));
        subject.allowed.iter().for_each(|allowed| add(allowance(allowed)));
    }
    let gone = report.baseline.as_ref().into_iter().flat_map(baseline::gone);
    let notes = report.notes.iter().cloned().chain(gone);
    notes.for_each(|note| add(format!("Note: {}\n\n", prose(&note))));
    if left_out > 0 {
        let _ = write!(text, "{} did not fit here; the log has all findings\n\n", plural(left_out, "section"));
    }
    out.write_all(text.as_bytes())
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "accepted",
        Verdict::Fail => "refused",
    }
}

/// `2 errors, 1 warning, 1 allowed in 1 bundle`.
fn counts(report: &CheckReport) -> String {
    let Summary { error, warning, info, allowed, known } = report.summary;
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let mut counts: Vec<_> = [(error, "error"), (warning, "warning"), (info, "info")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| plural(number(count), noun))
        .collect();
    if counts.is_empty() {
        counts.push("nothing found".to_owned());
    }
    if allowed > 0 {
        counts.push(format!("{allowed} allowed"));
    }
    if known > 0 {
        counts.push(format!("{known} known"));
    }
    format!("{} in {}", counts.join(", "), plural(number(report.subjects.len()), "bundle"))
}

/// What the bundle is, in one line.
fn facts(subject: &SubjectReport) -> String {
    let mut facts = Vec::new();
    if subject.tree_unknown {
        facts.push("only the archive itself was judged".to_owned());
    } else {
        facts.push(format!("{} layout", subject.layout.name()));
    }
    if let Some(package) = &subject.package {
        let identity = [&package.name, &package.version].into_iter().flatten().map(|word| code(word));
        facts.push(identity.collect::<Vec<_>>().join(" "));
    }
    facts.extend(subject.entries.map(|entries| plural(entries, "entry")));
    facts.push(match subject.unpacked_size {
        Some(unpacked) if subject.kind == SubjectKind::Archive => {
            format!("{} ({} unpacked)", size(subject.size), size(unpacked))
        }
        _ => size(subject.size),
    });
    facts.extend(subject.sha256.as_ref().map(|sum| format!("sha256 {}", code(sum))));
    facts.push(format!("signature {}", subject.signature.status.name()));
    facts.retain(|fact| !fact.is_empty());
    facts.join(" · ")
}

fn section(finding: &Finding) -> String {
    let mut text = format!("#### {}: {}\n\n", finding.severity.name(), code(finding.rule));
    text.push_str(&seen(finding));
    let _ = write!(text, "{}\n\n", prose(&finding.message));
    if !finding.help.is_empty() {
        let _ = write!(text, "Fix:\n\n{}\n", fenced("text", &finding.help));
    }
    text
}

fn allowance(allowed: &Allowed) -> String {
    let rule = code(allowed.finding.rule);
    format!("#### allowed: {rule}\n\n{}Reason: {}\n\n", seen(&allowed.finding), prose(&allowed.reason))
}

/// Where, and the bundle's own words.
fn seen(finding: &Finding) -> String {
    let seen: Vec<_> =
        [inside(finding), finding.evidence.clone()].into_iter().flatten().map(|text| code(&text)).collect();
    if seen.is_empty() { String::new() } else { format!("{}\n\n", seen.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sarif::tests::{report, subject, text};

    fn commands(subject: SubjectReport) -> String {
        text(|out| check(&report(vec![subject]), out))
    }

    #[test]
    fn a_command_for_each_finding_then_the_verdict() {
        assert_eq!(
            commands(subject("./bundle", SubjectKind::Directory)),
            "::error file=bundle/package.json,line=16,title=bundle-doctor%3A workspace-protocol::npm cannot install \
             `workspace:`%0A\"zod\": \"workspace:*\"%0AFix: remove the line%0Acp -r a b\n\
             ::warning file=bundle/package.json,line=16,title=bundle-doctor%3A development-file::npm cannot install \
             `workspace:`%0A\"zod\": \"workspace:*\"%0AFix: remove the line%0Acp -r a b\n\
             ::notice title=bundle-doctor::an allowance matched nothing\n\
             bundle-doctor: refused, 1 error, 1 warning, 1 allowed in 1 bundle\n"
        );
    }

    #[test]
    fn an_archive_is_the_file_and_the_path_inside_is_in_the_message() {
        let mut archive = subject("a.tgz", SubjectKind::Archive);
        archive.findings[0].severity = Severity::Info;
        let start = "::notice file=a.tgz,title=bundle-doctor%3A workspace-protocol::npm cannot install `workspace:`%0Apackage.json:16  ";
        assert!(commands(archive).starts_with(start));
        let stdin = commands(subject("-", SubjectKind::Archive));
        assert!(stdin.starts_with("::error title="), "{stdin}");
    }

    #[test]
    fn a_hostile_name_speaks_no_command() {
        let mut hostile = subject("a,line=1::b%\n::error::", SubjectKind::Archive);
        hostile.findings.truncate(1);
        hostile.findings[0].path = Some("x\r\n::stop-commands::y ##[add-mask]z".to_owned());
        let out = commands(hostile);
        let lines: Vec<_> = out.lines().collect();
        assert_eq!(lines.len(), 3, "{out}");
        assert!(lines[0].starts_with("::error file=a%2Cline=1%3A%3Ab%25%0A%3A%3Aerror%3A%3A,title="), "{out}");
        assert!(lines[0].contains("%0Ax%0D%0A::stop-commands::y"), "{out}");
        assert!(!lines[2].contains("::") && !lines[2].contains("##["), "{out}");
    }

    #[test]
    fn a_run_that_could_not_judge_is_one_error() {
        let fault =
            RunError { message: "no: 100%".to_owned(), path: Some("a".to_owned()), help: Some("look".to_owned()) };
        let expected = "::error file=a,title=bundle-doctor::no: 100%25%0Alook\nbundle-doctor: not judged\n";
        assert_eq!(text(|out| error(&fault, out)), expected);
    }

    #[test]
    fn the_summary_tells_all() {
        let out = text(|out| summary(&report(vec![subject("a.tgz", SubjectKind::Archive)]), out));
        for part in [
            "## bundle-doctor: refused\n\n1 error, 1 warning, 1 allowed in 1 bundle\n\n",
            "### `a.tgz` refused\n\nflat layout · `agent` `0.1.26` · 70 entries · 32.5 kB (186 kB unpacked) · sha256 `abab",
            "#### error: `workspace-protocol`\n\n`package.json:16` `\"zod\": \"workspace:*\"`\n\nnpm cannot install `workspace:`\n\n\
             Fix:\n\n```text\nremove the line\ncp -r a b\n```\n\n",
            "#### allowed: `install-script`\n\n`package.json:16` `\"zod\": \"workspace:*\"`\n\nReason: reviewed\n\n",
            "Note: an allowance matched nothing\n\n",
        ] {
            assert!(out.contains(part), "{part} is missing in {out}");
        }
    }

    #[test]
    fn a_fix_cannot_leave_its_fence() {
        let mut hostile = subject("a", SubjectKind::Directory);
        hostile.findings[0].help = "a\n````\n<b>".to_owned();
        let out = text(|out| summary(&report(vec![hostile]), out));
        assert!(out.contains("`````text\na\n````\n<b>\n`````\n"), "{out}");
    }

    #[test]
    fn the_summary_stays_within_what_actions_takes() {
        let mut long = subject("a", SubjectKind::Directory);
        let finding = long.findings[0].clone();
        long.findings = vec![finding; 10_000];
        let out = text(|out| summary(&report(vec![long]), out));
        assert!(out.len() < SUMMARY_ROOM + 100, "{}", out.len());
        assert!(out.ends_with(" did not fit here; the log has all findings\n\n"));
    }
}
