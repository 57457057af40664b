//! What a person reads: the verdict in one line, then what is wrong, where, why, and the command to type.

use super::baseline;
use super::pages::Pages;
use super::style::{Style, shortened};
use crate::check::rules::RULES;
use crate::doctor::causes::CAUSES;
use crate::release::checklist::LINES;
use crate::report::baseline::BaselineReport;
use crate::report::finding::{Finding, Severity};
use crate::report::run_error::RunError;
use crate::report::signature::SignatureStatus;
use crate::report::subject::{CheckReport, PackageId, SubjectReport};
use crate::report::verdict::Verdict;
use crate::text;
use crate::tree::snapshot::SubjectKind;
use std::io::{self, Write};

/// Places that are listed of one finding, unless `-v` asks for all.
const PLACES: usize = 5;

/// Meanings of an error that are listed, unless `-v` asks for all.
const MEANINGS: usize = 10;

/// The report of `check`.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn check(report: &CheckReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let gone = report.baseline.as_ref().filter(|baseline| !baseline.gone.is_empty());
    // Before the line that a terminal shows last: a bundle's own, or that of all.
    let of_one = gone.filter(|_| report.subjects.len() == 1);
    for (at, subject) in report.subjects.iter().enumerate() {
        if at > 0 && !style.quiet {
            writeln!(out)?;
        }
        self::subject(subject, of_one, style, out)?;
    }
    if let Some(baseline) = gone.filter(|_| of_one.is_none() && !style.quiet) {
        self::gone(baseline, style, out)?;
    }
    if report.subjects.len() > 1 && !style.quiet {
        let failed = report.subjects.iter().filter(|subject| subject.verdict == Verdict::Fail).count();
        let total = text::plural(report.subjects.len() as u64, "bundle");
        let words = if failed == 0 { "none refused".to_owned() } else { format!("{failed} refused") };
        writeln!(out, "\n{total}, {}", style.verdict(report.verdict, &words))?;
    }
    Ok(())
}

/// What the baseline holds and is not there any more.
fn gone(baseline: &BaselineReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let count = text::plural(baseline.gone.len() as u64, "known finding");
    writeln!(out, "\n{count} of {} gone", baseline.path)?;
    let shown = if style.verbose { baseline.gone.len() } else { PLACES };
    for finding in baseline.gone.iter().take(shown) {
        writeln!(out, "  {}", shortened(&baseline::place(finding), style.width.saturating_sub(2)))?;
    }
    if baseline.gone.len() > shown {
        writeln!(out, "  and {} more (-v lists them)", baseline.gone.len() - shown)?;
    }
    fix("take these lines out, or write it anew with --write-baseline", style, out)
}

/// One bundle, and what is gone of the baseline, where it is the only one.
fn subject(
    subject: &SubjectReport,
    baseline: Option<&BaselineReport>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let words = verdict_words(subject);
    writeln!(out, "{}  {}", subject.path, style.verdict(subject.verdict, &words))?;
    if style.quiet {
        return Ok(());
    }
    facts(subject, style, out)?;
    groups(&subject.findings, Fixes::Told, style, out)?;
    if subject.tree_unknown {
        writeln!(out, "\nnot judged: what is in it, since it cannot be told for certain")?;
    }
    if style.verbose && !subject.allowed.is_empty() {
        writeln!(out)?;
        for allowed in &subject.allowed {
            let at = allowed.finding.path.as_deref().unwrap_or("the bundle");
            writeln!(out, "  allowed: {} in {at}: {}", allowed.finding.rule, allowed.reason)?;
        }
    }
    if style.verbose && !subject.known.is_empty() {
        writeln!(out)?;
        for known in &subject.known {
            let at = known.path.as_deref().unwrap_or("the bundle");
            writeln!(out, "  known: {} in {at}", known.rule)?;
        }
    }
    if let Some(baseline) = baseline {
        gone(baseline, style, out)?;
    }
    if baseline.is_some() || !counts(subject).is_empty() {
        // What a terminal shows last is the answer.
        writeln!(out)?;
        let verdict = style.verdict(subject.verdict, &closing_words(subject));
        match counts(subject) {
            counts if counts.is_empty() => wrapped(&format!("nothing found: {verdict}"), "", "", style, out)?,
            counts if style.terminal => wrapped(&format!("{counts}: {verdict}"), "", "", style, out)?,
            counts => writeln!(out, "{counts}")?,
        }
    }
    Ok(())
}

/// The verdict on a bundle, which would do alone behind its name.
pub(super) fn verdict_words(subject: &SubjectReport) -> String {
    let errors = subject.findings.iter().any(|finding| finding.severity == Severity::Error);
    match (subject.verdict, errors) {
        (Verdict::Fail, _) => "refused".to_owned(),
        (Verdict::Pass, true) => "has errors, and is let through by --fail-on never".to_owned(),
        (Verdict::Pass, false) => match (caveats(subject), warnings(subject)) {
            (words, warnings) if words.is_empty() => {
                let warnings = (warnings > 0).then(|| text::plural(warnings, "warning"));
                let with: Vec<_> = warnings.into_iter().chain(baseline::known(&subject.known)).collect();
                if with.is_empty() { "accepted".to_owned() } else { format!("accepted, with {}", with.join(" and ")) }
            }
            (words, _) => format!("accepted, but {words}"),
        },
    }
}

/// The verdict behind the counts of what was found: with what is known to go wrong, as its first line has it.
fn closing_words(subject: &SubjectReport) -> String {
    let errors = subject.findings.iter().any(|finding| finding.severity == Severity::Error);
    match (subject.verdict, caveats(subject)) {
        (Verdict::Fail, _) => "refused".to_owned(),
        (Verdict::Pass, _) if errors => "let through by --fail-on never".to_owned(),
        (Verdict::Pass, words) if words.is_empty() => "accepted".to_owned(),
        (Verdict::Pass, words) => format!("accepted, but {words}"),
    }
}

/// What is known to go wrong with a bundle that is accepted, or was not looked at, each once.
fn caveats(subject: &SubjectReport) -> String {
    let mut words: Vec<&str> = Vec::new();
    for caveat in subject.findings.iter().filter_map(|finding| finding.caveat.as_deref()) {
        if !words.contains(&caveat) {
            words.push(caveat);
        }
    }
    let errors = subject.known.iter().any(|finding| finding.severity == Severity::Error);
    let known = baseline::known(&subject.known).filter(|_| errors).map(|words| format!("has {words}"));
    let words = words.into_iter().map(str::to_owned).chain(let_through(subject)).chain(known);
    words.collect::<Vec<_>>().join(", and ")
}

/// The errors that were found and are allowed.
fn let_through(subject: &SubjectReport) -> Option<String> {
    let is_error = |id: &str| RULES.iter().any(|rule| rule.id == id && rule.severity == Severity::Error);
    let mut ids: Vec<_> =
        subject.allowed.iter().map(|allowed| allowed.finding.rule).filter(|id| is_error(id)).collect();
    ids.dedup();
    let first = ids.first()?;
    Some(match ids.len() {
        1 => format!("{first} is allowed"),
        count => format!("{first} and {} more are allowed", count - 1),
    })
}

fn warnings(subject: &SubjectReport) -> u64 {
    subject.findings.iter().filter(|finding| finding.severity == Severity::Warning).count() as u64
}

/// How much of a digest is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Digest {
    /// All of it.
    Whole,
    /// Its beginning and its end.
    Ends,
}

/// What is known of a subject, in a few words each.
pub(super) fn facts_of(subject: &SubjectReport, digest: Digest) -> Vec<String> {
    let mut facts = Vec::new();
    if !subject.tree_unknown {
        facts.push(format!("{} layout", subject.layout.name()));
        facts.extend(subject.package.as_ref().map(identity));
    }
    facts.extend(subject.entries.map(|entries| text::plural(entries, "entry")));
    facts.push(match subject.unpacked_size {
        Some(unpacked) if subject.kind == SubjectKind::Archive => {
            format!("{} ({} unpacked)", text::size(subject.size), text::size(unpacked))
        }
        _ => text::size(subject.size),
    });
    facts.extend(subject.sha256.as_ref().map(|sha256| match digest {
        Digest::Whole => format!("sha256 {sha256}"),
        Digest::Ends => format!("sha256 {}…{}", head(sha256, 4), tail(sha256, 4)),
    }));
    facts.push(signature(subject));
    facts.extend(subject.manifest.map(|manifest| {
        let outside = if manifest.outside > 0 { format!(", {} outside", manifest.outside) } else { String::new() };
        format!("manifest: {} of {} verified{outside}", manifest.verified, manifest.listed)
    }));
    facts
}

/// What is known of a subject, in one line; a terminal that is too narrow gets it broken between two facts.
pub(super) fn facts(subject: &SubjectReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let facts = facts_of(subject, if style.verbose { Digest::Whole } else { Digest::Ends });
    let mut line = String::new();
    for fact in facts {
        let too_long =
            style.terminal && !line.is_empty() && line.chars().count() + 3 + fact.chars().count() > style.width;
        if too_long {
            writeln!(out, "{line}")?;
            line = fact;
        } else {
            if !line.is_empty() {
                line.push_str(" · ");
            }
            line.push_str(&fact);
        }
    }
    writeln!(out, "{line}")
}

fn identity(package: &PackageId) -> String {
    let name = package.name.as_deref().unwrap_or("agent");
    let short = name.rsplit('/').next().unwrap_or(name);
    format!(
        "{} {}",
        shortened(short, 30),
        package.version.as_deref().map_or_else(|| "without a version".to_owned(), |version| shortened(version, 30))
    )
}

fn signature(subject: &SubjectReport) -> String {
    let by = |words: &str| match &subject.signature.key_id {
        Some(id) => format!("{words} {id}"),
        None => words.to_owned(),
    };
    match subject.signature.status {
        SignatureStatus::Missing => "not signed".to_owned(),
        SignatureStatus::NotChecked => "signature not checked".to_owned(),
        SignatureStatus::Verified => by("signed by"),
        SignatureStatus::Invalid => "signature invalid".to_owned(),
        SignatureStatus::Untrusted => by("signed by the unknown key"),
    }
}

fn head(text: &str, count: usize) -> &str {
    text.get(..count).unwrap_or(text)
}

fn tail(text: &str, count: usize) -> &str {
    text.get(text.len().saturating_sub(count)..).unwrap_or(text)
}

/// Whether it is said what to do about a finding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fixes {
    /// It is.
    Told,
    /// There is nothing to do: what it is about is past.
    LeftOut,
}

/// Findings of the same rule, with the same reason and remedy, are one paragraph with several places.
pub(super) fn groups(findings: &[Finding], fixes: Fixes, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let alike = |a: &Finding, b: &Finding| {
        (a.rule, a.severity, &a.message, &a.help) == (b.rule, b.severity, &b.message, &b.help)
    };
    for group in findings.chunk_by(alike) {
        let Some(first) = group.first() else { continue };
        writeln!(out, "\n{}: {}", style.severity(first.severity), first.rule)?;
        let shown = if style.verbose { group.len() } else { PLACES };
        for finding in group.iter().take(shown) {
            place(finding, style, out)?;
        }
        if group.len() > shown {
            writeln!(out, "  and {} more (-v lists them)", group.len() - shown)?;
        }
        wrapped(&first.message, "  ", "  ", style, out)?;
        if fixes == Fixes::Told {
            fix(&first.help, style, out)?;
        }
    }
    Ok(())
}

/// Where it stands and what stands there, below each other where one line is too short. Only what nobody would copy is
/// shortened.
fn place(finding: &Finding, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let line = finding.line.map_or_else(String::new, |line| format!(":{line}"));
    let place = finding.path.as_ref().map_or_else(String::new, |path| format!("{path}{line}"));
    let evidence = finding.evidence.as_deref().unwrap_or_default();
    let fits = place.chars().count() + evidence.chars().count() + 4 <= style.width;
    match (place.as_str(), evidence) {
        ("", "") => Ok(()),
        (place, "") => writeln!(out, "  {place}"),
        ("", evidence) => writeln!(out, "  {}", shown(evidence, 2, style)),
        (place, evidence) if fits => writeln!(out, "  {place}  {evidence}"),
        (place, evidence) => writeln!(out, "  {place}\n    {}", shown(evidence, 4, style)),
    }
}

fn shown(evidence: &str, indent: usize, style: Style) -> String {
    if style.verbose { evidence.to_owned() } else { shortened(evidence, style.width.saturating_sub(indent)) }
}

/// Wraps at blanks only: a name with a hyphen stays whole, so that it can be searched for.
pub(super) fn wrapped(words: &str, first: &str, rest: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let options = textwrap::Options::new(style.width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        // Said, since another crate may switch on textwrap's other algorithm, which breaks lines elsewhere.
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(words, options).into_iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// The remedy: its first line is words, the others are commands, and are never wrapped. Where commands follow, the words
/// are a comment to them, so that the two can be told apart and pasted together.
pub(super) fn fix(help: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let (words, commands) = help.split_once('\n').unwrap_or((help, ""));
    if words.is_empty() && commands.is_empty() {
        return Ok(());
    }
    match commands {
        "" => wrapped(words, "  fix  ", "       ", style, out)?,
        _ => wrapped(words, "  fix  # ", "       # ", style, out)?,
    }
    for command in commands.lines() {
        writeln!(out, "       {command}")?;
    }
    Ok(())
}

fn counts(subject: &SubjectReport) -> String {
    let of = |severity| subject.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let mut parts = Vec::new();
    for (severity, noun) in [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")] {
        let count = of(severity);
        if count > 0 {
            parts.push(text::plural(count, noun));
        }
    }
    if !subject.allowed.is_empty() {
        parts.push(format!("{} allowed", subject.allowed.len()));
    }
    if !subject.known.is_empty() {
        parts.push(format!("{} known", subject.known.len()));
    }
    parts.join(", ")
}

/// Why the manifest of an archive is not printed.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn refusals(path: &str, findings: &[Finding], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let plain = Style { colour: false, terminal: false, ..style };
    writeln!(out, "{}  refused, so there is no manifest", text::printable(path))?;
    groups(findings, Fixes::Told, plain, out)
}

/// The catalogue of `rules`: what `check` finds, what `doctor` names, what `release` ticks.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn rules(style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "rules of check")?;
    for rule in RULES {
        entry(rule.severity, rule.id, rule.summary, style, out)?;
    }
    writeln!(out, "\ncauses of doctor")?;
    for cause in CAUSES {
        entry(cause.severity, cause.id, cause.summary, style, out)?;
    }
    writeln!(out, "\nlines of release")?;
    for line in LINES {
        entry(Severity::Error, line.id, line.summary, style, out)?;
    }
    writeln!(out, "\n`bundle-doctor explain {}` prints a page", RULES.first().map_or("ID", |rule| rule.id))
}

fn entry(severity: Severity, id: &str, summary: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let start = format!("{:7}  {id:27}  ", severity.name());
    let indent = " ".repeat(start.len());
    wrapped(summary, &start, &indent, style, out)
}

/// The pages of `explain`.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn explain(pages: &Pages, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(pages.text().as_bytes())
}

/// What an error can mean, or which names have a part in them: one line each, and how to read on.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn meanings(title: &str, pages: &[Pages], style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{title}")?;
    let shown = if style.verbose { pages.len() } else { MEANINGS };
    for page in pages.iter().take(shown) {
        if let Some((severity, id, summary)) = page.entry() {
            entry(severity, id, summary, style, out)?;
        }
    }
    if pages.len() > shown {
        writeln!(out, "and {} more (-v lists them)", pages.len() - shown)?;
    }
    let first = pages.first().and_then(Pages::entry).map_or("ID", |(_, id, _)| id);
    writeln!(out, "\n`bundle-doctor explain {first}` prints a page")
}

/// Why a run could not judge.
///
/// # Errors
/// Whatever `out` gives.
pub(crate) fn error(error: &RunError, out: &mut dyn Write) -> io::Result<()> {
    let at = match &error.path {
        Some(path) if !error.message.contains(path.as_str()) => format!("{path}: "),
        _ => String::new(),
    };
    writeln!(out, "error: {at}{}", error.message)?;
    match &error.help {
        Some(help) => writeln!(out, "  {help}"),
        None => Ok(()),
    }
}
