//! `check`: read, judge, report.

use super::baseline;
use super::keys::{self, Unsigned};
use super::session::Session;
use crate::check::authentication::SignatureCheck;
use crate::check::contents::Depth;
use crate::check::engine;
use crate::check::inspect::{InspectOptions, inspect};
use crate::cli::check::CheckArgs;
use crate::report::format::ReportFormat;
use crate::tree::reading::ArchiveSum;
use crate::{exit_code, render, systemd};
use anyhow::Result;

/// Judges every path of the command line.
pub(super) fn run(options: &CheckArgs, session: &Session<'_>) -> Result<u8> {
    let configured = session.configuration()?;
    let config = &configured.config;
    let policy = session.policy(&configured, &options.demands())?;
    let names = config.names();
    let limits = options.limits.over(config.limits()?);
    let mut expectations = options.expectations(config.updates());
    expectations.unit = systemd::read::read(&options.units)?;
    keys::signature_is_there(&options.keys)?;
    let unsigned = if options.require_signature { Unsigned::Refused } else { Unsigned::AsConfigured };
    let trust = keys::trust(&options.keys, unsigned, &configured)?;
    // A verdict in one line says nothing of it.
    let is_told = session.common.format() != ReportFormat::Human || !session.common.quiet;
    let archive_sum = if is_told { ArchiveSum::Made } else { ArchiveSum::NotMade };
    let accepted = baseline::Accepted::of(options, &policy)?;
    let mut subjects = Vec::new();
    for path in &options.paths {
        let progress = session.progress_of(path);
        let options = InspectOptions {
            archive_sum,
            authentication: &SignatureCheck::new(&trust, path, options.keys.signature.as_deref()),
            expectations: &|| expectations.clone(),
            progress: &|read, length| progress.show(read, length),
            ..InspectOptions::plain(&names, limits, Depth::JudgeAndCompare)
        };
        subjects.push(inspect(path, &options)?.judge(&policy));
    }
    let known = accepted.apply(&mut subjects, session)?;
    let report = engine::conclude(subjects, &policy, known);
    if session.common.format() == ReportFormat::Human {
        report.notes.iter().for_each(|note| session.note(note));
    }
    session.write(|out| render::check(session.common.format(), &report, policy.fail_on, session.style(), out))?;
    session.append_summary(|out| render::github::summary(&report, out));
    Ok(exit_code::of(report.verdict))
}
