//! `check`: read, judge, report.

use super::authenticity::{Trust, Unsigned};
use super::session::Session;
use crate::check::bundle::Expectations;
use crate::check::engine;
use crate::check::inspect;
use crate::cli::check::Check;
use crate::cli::signing::KeyArgs;
use crate::report::format::Format;
use crate::report::policy::Policy;
use crate::report::subject::{CheckReport, SubjectReport};
use crate::signing::authenticity::MANIFEST;
use crate::tree::limits::Limits;
use crate::tree::names::Names;
use crate::tree::reading::{Depth, Progress, Reading};
use crate::tree::snapshot::Snapshot;
use crate::{exit_code, host, render, systemd};
use anyhow::Result;
use std::path::Path;

/// Judges every path of the command line.
pub fn run(options: &Check, session: &Session<'_>) -> Result<u8> {
    let configured = session.configuration()?;
    let config = &configured.config;
    let policy = session.common.policy(config)?;
    let names = config.names();
    let limits = options.limits.over(config.limits()?);
    let mut expectations = options.expectations();
    expectations.unit = systemd::read::read(&options.units)?;
    let unsigned = if options.require_signature { Unsigned::Refused } else { Unsigned::AsConfigured };
    let trust = Trust::gather(&options.keys, unsigned, &configured)?;
    let mut subjects = Vec::new();
    for path in &options.paths {
        let expectations = || expectations.clone();
        let subject = Subject { path, names: &names, limits, expectations: &expectations, keys: &options.keys };
        let progress = session.progress();
        let (_, report) = examine(&subject, &trust, &policy, &|read, length| progress.show(read, length))?;
        subjects.push(report);
    }
    let report = engine::conclude(subjects, &policy);
    session.write(|out| render::check(session.common.format(), &report, policy.fail_on, session.style(), out))?;
    if session.common.format() == Format::Github {
        append_step_summary(&report, session);
    }
    if session.common.format() == Format::Human {
        report.notes.iter().for_each(|note| session.note(note));
    }
    Ok(exit_code::of(report.verdict))
}

/// What is to be judged, and by what.
pub(super) struct Subject<'a> {
    /// An archive, a folder, or `-`.
    pub path: &'a str,
    /// The names it is judged by.
    pub names: &'a Names,
    /// Where reading stops.
    pub limits: Limits,
    /// What the caller demands, asked for when the subject is read.
    pub expectations: &'a dyn Fn() -> Expectations,
    /// Where its signature is.
    pub keys: &'a KeyArgs,
}

/// Reads one subject and judges it.
pub(super) fn examine(
    subject: &Subject<'_>,
    trust: &Trust,
    policy: &Policy,
    progress: Progress<'_>,
) -> Result<(Snapshot, SubjectReport)> {
    let Subject { path, names, limits, expectations, keys } = *subject;
    let listener = trust.listen(path, keys)?;
    let hear = |bytes: &[u8]| listener.hear(bytes);
    let reading = Reading { limits, names, depth: depth(path), progress, tap: &hear };
    let snapshot = inspect::read(path, &reading)?;
    let authenticity = listener.conclude(&snapshot, names);
    let expectations = expectations();
    let bundle = inspect::bundle(&snapshot, names, &expectations, &authenticity);
    let report = engine::judge(&bundle, policy);
    Ok((snapshot, report))
}

/// A manifest needs every file's digest. In an archive it may come last; a directory is asked for it first.
fn depth(path: &str) -> Depth<'static> {
    let directory = Path::new(path).is_dir();
    if directory && !Path::new(path).join(MANIFEST).is_file() { Depth::Judge } else { Depth::Digests }
}

/// GitHub shows what a step appends to the file of that name (GitHub Actions, "Adding a job summary").
/// The verdict stands whether or not that can be done.
fn append_step_summary(report: &CheckReport, session: &Session<'_>) {
    let Some(path) = host::env("GITHUB_STEP_SUMMARY") else {
        return;
    };
    let mut summary = Vec::new();
    let made = render::github::summary(report, &mut summary);
    if let Err(error) = made.and_then(|()| host::append(Path::new(&path), &summary)) {
        session.note(&format!("cannot append to GITHUB_STEP_SUMMARY: {error}"));
    }
}
