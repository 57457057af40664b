//! `check`: read, judge, report.

use super::Failure;
use super::authenticity::Trust;
use super::session::Session;
use crate::cli::Check;
use crate::model::bundle::Bundle;
use crate::model::report::{CheckReport, Format};
use crate::model::signature::MANIFEST;
use crate::source::{self, Depth, Reading};
use crate::{engine, exit_code, host, render};
use std::path::Path;

/// Judges every path of the command line.
pub fn run(options: &Check, session: &Session<'_>) -> Result<u8, Failure> {
    let configured = session.configuration()?;
    let config = &configured.config;
    let policy = session.common.policy(config)?;
    let names = config.names();
    let limits = options.limits.over(config.limits()?);
    let expectations = options.expectations();
    let trust = Trust::gather(&options.keys, options.require_signature, &configured)?;
    let mut subjects = Vec::new();
    for path in &options.paths {
        let listener = trust.listen(path, &options.keys)?;
        let progress = session.progress();
        let show = |read, length| progress.show(read, length);
        let hear = |bytes: &[u8]| listener.hear(bytes);
        let reading = Reading { limits, names: &names, depth: depth(path), progress: &show, tap: &hear };
        let snapshot = source::read(path, &reading)?;
        let authenticity = listener.conclude(&snapshot, &names);
        let bundle = Bundle::new(&snapshot, &names, &expectations, &authenticity);
        subjects.push(engine::judge(&bundle, &policy));
    }
    let report = engine::conclude(subjects, &policy);
    let mut out = Vec::new();
    render::check(session.common.format(), &report, policy.fail_on, session.style(), &mut out)?;
    session.print(&out)?;
    if session.common.format() == Format::Github {
        append_step_summary(&report, session)?;
    }
    if session.common.format() == Format::Human {
        report.notes.iter().for_each(|note| session.note(note));
    }
    Ok(exit_code::of(report.verdict))
}

/// A manifest needs every file's digest. In an archive it may come last; a directory is asked for it first.
fn depth(path: &str) -> Depth {
    let directory = Path::new(path).is_dir();
    if directory && !Path::new(path).join(MANIFEST).is_file() { Depth::Judge } else { Depth::Digests }
}

/// GitHub shows what a step appends to the file of that name (GitHub Actions, "Adding a job summary").
/// The verdict stands whether or not that can be done.
fn append_step_summary(report: &CheckReport, session: &Session<'_>) -> Result<(), Failure> {
    let Some(path) = host::env("GITHUB_STEP_SUMMARY") else {
        return Ok(());
    };
    let mut summary = Vec::new();
    render::github::summary(report, &mut summary)?;
    if let Err(error) = host::append(Path::new(&path), &summary) {
        session.note(&format!("cannot append to GITHUB_STEP_SUMMARY: {error}"));
    }
    Ok(())
}
