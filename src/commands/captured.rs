//! Captures as files: written by `doctor --capture`, read by `doctor --from` and `report`.

use super::failure::Failure;
use super::session::Session;
use crate::config::Config;
use crate::doctor::capture::{self, Capture, MAX_CAPTURE};
use crate::host;
use crate::redact::GivenPatterns;
use crate::render::{self, Style};
use crate::report::format::ReportFormat;
use crate::report::server_report::ServerReport;
use crate::report::verdict::FailOn;
use crate::text;
use anyhow::{Context, Result, bail};
use std::path::Path;

/// Bytes of a capture that is sent by mail without a thought; larger ones are told of.
const USUAL: usize = 1 << 20;

/// Writes a capture, readable for its owner only, and says where it is. What it says of itself goes through the patterns too:
/// words of the server's may meet words of ours in it.
pub(super) fn written(path: &Path, capture: &Capture, patterns: &GivenPatterns, session: &Session<'_>) -> Result<()> {
    let shown = text::printable_path(path);
    let failure = || {
        let help = "give the path of a file in a folder that you may write";
        Failure::new(format!("cannot write the capture {shown}")).at(&shown).help(help)
    };
    let mut reports = Vec::new();
    if let Some(report) = &capture.report {
        for (name, format) in [("report.json", ReportFormat::Json), ("report.txt", ReportFormat::Human)] {
            let mut words = Vec::new();
            let style = Style { colour: false, width: 100, terminal: false, verbose: true, quiet: false };
            render::doctor(format, report, FailOn::Never, style, &mut words).with_context(failure)?;
            let text = String::from_utf8_lossy(&words);
            reports.push((name, patterns.text(&text, &|_| true).0.into_bytes()));
        }
    }
    let reports: Vec<_> = reports.iter().map(|(name, words)| (*name, words.as_slice())).collect();
    let bytes = capture::write(capture, &reports).with_context(failure)?;
    // What nobody could read is of no use to anybody.
    capture::is_readable(&bytes).with_context(|| {
        let help = "ask for fewer lines of the journal, such as `-n 400`";
        Failure::new(format!("the capture {shown} could not be read again")).at(&shown).help(help)
    })?;
    host::write_secret(path, &bytes).with_context(failure)?;
    let redacted: usize = capture.about.redacted.values().fold(0, |all, count| all.saturating_add(*count));
    let larger = if bytes.len() > USUAL { "; it is larger than most" } else { "" };
    session.note(&format!(
        "captured in {shown} ({}, {} redacted{larger}); look through it before you send it",
        text::size(bytes.len() as u64),
        text::plural(redacted as u64, "secret"),
    ));
    Ok(())
}

/// Reads a capture.
pub(super) fn read(path: &Path) -> Result<Capture> {
    let shown = text::printable_path(path);
    let failure = || {
        let help = "give a file that `bundle-doctor doctor --capture FILE` wrote";
        Failure::new(format!("cannot read the capture {shown}")).at(&shown).help(help)
    };
    let (bytes, size) = host::files::read_large(path, MAX_CAPTURE).with_context(failure)?;
    if size > MAX_CAPTURE {
        bail!("{}: it is larger than any capture ({})", failure(), text::size(MAX_CAPTURE as u64));
    }
    capture::read(bytes).with_context(failure)
}

/// The report of a capture: with the severities that were wanted where it was made, then those of this command line.
pub(super) fn judged(path: &Path, session: &Session<'_>) -> Result<(ServerReport, FailOn)> {
    report(&read(path)?, path, session)
}

/// The report of a capture that was read.
pub(super) fn report(capture: &Capture, path: &Path, session: &Session<'_>) -> Result<(ServerReport, FailOn)> {
    let (policy, _) = session.common.policy(&Config::default(), &[])?;
    let report = capture.shown(&policy.overrides);
    let shown = text::printable_path(path);
    let report = report.with_context(|| Failure::new(format!("cannot judge the capture {shown}")).at(&shown))?;
    Ok((report, policy.fail_on))
}
