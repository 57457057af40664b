//! `report`: saved reports and captures, rendered again; several servers as one fleet.

mod many;
mod saved;

use super::captured;
use super::failure::Failure;
use super::session::Session;
use crate::cli::report::Report;
use crate::config::Config;
use crate::doctor::capture::{self, Capture};
use crate::redact::GivenPatterns;
use crate::render::Style;
use crate::report::format::ReportFormat;
use crate::report::server::Health;
use crate::report::server_report::ServerReport;
use crate::report::verdict::FailOn;
use crate::{exit_code, render, text};
use anyhow::{Context, Error, Result, bail};
use regex_lite::RegexBuilder;
use saved::Saved;
use std::io::{self, Write};
use std::path::Path;

/// Patterns, bytes of one, and bytes of one that was compiled.
const MAX_PATTERNS: usize = 50;
const MAX_PATTERN: usize = 1000;
const MAX_COMPILED: usize = 1 << 20;

/// Renders saved reports again.
pub(super) fn run(options: &Report, session: &Session<'_>) -> Result<u8> {
    let (policy, _) = session.common.policy(&Config::default(), &[])?;
    let is_one = |path: &Path| path == Path::new("-") || !path.is_dir();
    match options.files.as_slice() {
        [path] if is_one(path) => one(path, options, policy.fail_on, session),
        _ if options.capture.is_some() => {
            bail!(Failure::new("one capture is redacted at a time").help("give the path of one capture"))
        }
        several => many::run(several, session, policy.fail_on),
    }
}

fn one(path: &Path, options: &Report, fail_on: FailOn, session: &Session<'_>) -> Result<u8> {
    if let Some(to) = &options.capture {
        return redacted(path, to, options, session);
    }
    match saved::read(path, session)? {
        Saved::Server(report) => server(&report, fail_on, session),
        other => rendered(&other, fail_on, session),
    }
}

/// A capture without what some patterns match: written, and shown as it is now.
fn redacted(path: &Path, to: &Path, options: &Report, session: &Session<'_>) -> Result<u8> {
    let patterns = patterns(&options.redact)?;
    let capture = captured::read(path)?.redacted(&patterns).with_context(|| {
        let shown = text::printable_path(path);
        let help = "give a pattern that matches less";
        Failure::new(format!("without what the patterns match nothing can be judged of {shown}")).at(&shown).help(help)
    })?;
    captured::written(to, &capture, &patterns, session)?;
    let (report, fail_on) = captured::report(&capture, path, session)?;
    server(&report, fail_on, session)
}

fn patterns(words: &[String]) -> Result<GivenPatterns> {
    if words.len() > MAX_PATTERNS {
        bail!(Failure::new(format!("more than {MAX_PATTERNS} patterns")).help("join some of them with `|`"));
    }
    let pattern = |word: &String| {
        let failure = || {
            let shown = text::printable(word).into_owned();
            Failure::new(format!("`{shown}` is no pattern")).help("give a regular expression, such as `ACME-[0-9]+`")
        };
        if word.is_empty() || word.len() > MAX_PATTERN {
            bail!("{}: it is empty, or longer than {MAX_PATTERN} bytes", failure());
        }
        RegexBuilder::new(word).size_limit(MAX_COMPILED).build().with_context(failure)
    };
    words.iter().map(pattern).collect::<Result<_>>().map(GivenPatterns::new)
}

fn server(report: &ServerReport, fail_on: FailOn, session: &Session<'_>) -> Result<u8> {
    let (format, style) = (session.common.format(), session.style());
    let ending = render::server::ending(report, style);
    session.write_ending_in(&ending, |out| render::doctor(format, report, fail_on, style, out))?;
    session.append_summary(|out| render::doctor(ReportFormat::Markdown, report, fail_on, style, out));
    Ok(exit_code::of_server(report, fail_on))
}

/// Every other report in the format that is asked for, as its command would write it.
fn rendered(saved: &Saved, fail_on: FailOn, session: &Session<'_>) -> Result<u8> {
    let (format, style) = (session.common.format(), session.style());
    let command = match saved {
        Saved::Server(_) => "doctor",
        Saved::Check(_) => "check",
        Saved::Release(_) => "release",
        Saved::Rehearsal(..) => "rehearse",
        Saved::Difference(..) => "diff",
        Saved::Transaction(report) => report.deed.command(),
        Saved::Unjudged(unjudged) => &unjudged.command,
    };
    if !has(saved, format) {
        return Err(without(command));
    }
    session.write(|out| write(saved, format, fail_on, style, out))?;
    session.append_summary(|out| write(saved, ReportFormat::Markdown, fail_on, style, out));
    Ok(match saved {
        Saved::Server(report) => exit_code::of_server(report, fail_on),
        // The verdict is that of the run, whatever `--fail-on` was then, unless this command line says otherwise.
        Saved::Check(report) => exit_code::of(report.verdict),
        Saved::Release(report) => exit_code::of(report.verdict),
        Saved::Rehearsal(_, verdict, None) => exit_code::of(*verdict),
        Saved::Difference(_, difference) if difference.identical => exit_code::PASS,
        Saved::Difference(..) => exit_code::FAIL,
        Saved::Transaction(report) if report.fails() => exit_code::FAIL,
        Saved::Transaction(report) if report.body.health == Some(Health::Inconclusive) => exit_code::INCONCLUSIVE,
        Saved::Transaction(_) => exit_code::PASS,
        Saved::Rehearsal(..) | Saved::Unjudged(_) => exit_code::NOT_JUDGED,
    })
}

/// Writes a report as its command would.
fn write(saved: &Saved, format: ReportFormat, fail_on: FailOn, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match saved {
        Saved::Server(report) => render::doctor(format, report, fail_on, style, out),
        Saved::Check(report) => render::check(format, report, fail_on, style, out),
        Saved::Release(report) => render::release(format, report, style, out),
        Saved::Rehearsal(report, verdict, doubt) => {
            render::rehearsal::write(format, report, *verdict, doubt.as_ref(), style, out)
        }
        Saved::Difference(subjects, difference) => render::diff(format, subjects, difference, style, out),
        Saved::Transaction(report) => render::repair::saved(format, report, style, out),
        Saved::Unjudged(unjudged) => render::error(format, &unjudged.command, &unjudged.error, out),
    }
}

/// What strangers send, in every format that it has: a capture, a saved report, or the answers of a server. For the fuzz
/// targets and the tests of hostile input; nothing where it is none of these.
#[must_use]
pub fn in_every_format(bytes: &[u8]) -> Vec<String> {
    let server = |report: Option<ServerReport>| report.map(|report| Saved::Server(Box::new(report)));
    let saved = if capture::is_capture(bytes) {
        server(capture::read(bytes.to_vec()).ok().and_then(|capture| capture.shown(&[])))
    } else {
        let answers = || server(Capture::of_answers(std::str::from_utf8(bytes).ok()?).ok()?.shown(&[]));
        saved::document(bytes.to_vec()).ok().or_else(answers)
    };
    let Some(saved) = saved else { return Vec::new() };
    let style = Style { colour: false, width: 80, terminal: false, verbose: true, quiet: false };
    let written = |format| {
        let mut out = Vec::new();
        write(&saved, format, FailOn::Never, style, &mut out).ok()?;
        String::from_utf8(out).ok()
    };
    ReportFormat::ALL.into_iter().filter(|format| has(&saved, *format)).filter_map(written).collect()
}

/// Whether the command of a report has that format.
const fn has(saved: &Saved, format: ReportFormat) -> bool {
    match saved {
        Saved::Server(_) | Saved::Unjudged(_) => true,
        Saved::Check(_) | Saved::Rehearsal(..) => !matches!(format, ReportFormat::Prometheus),
        Saved::Release(_) => !matches!(format, ReportFormat::Prometheus | ReportFormat::Sarif),
        Saved::Difference(..) | Saved::Transaction(_) => {
            matches!(format, ReportFormat::Human | ReportFormat::Json | ReportFormat::Html | ReportFormat::Markdown)
        }
    }
}

fn without(command: &str) -> Error {
    let help = format!("see `bundle-doctor {command} --help` for those it has");
    Failure::new(format!("a report of `{command}` is not written in that format")).help(help).into()
}
