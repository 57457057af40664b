//! `manifest`: the SHA-256 of every file that extraction would leave.

use super::session::Session;
use crate::check::bundle::Bundle;
use crate::check::contents::Depth;
use crate::check::engine;
use crate::check::inspect::{InspectOptions, inspect};
use crate::check::rules::{self, Judges};
use crate::cli::format::PlainFormat;
use crate::cli::manifest::Manifest;
use crate::report::finding::{Finding, Severity};
use crate::{exit_code, render};
use anyhow::Result;

/// Prints the sums of one path, or says why its tree cannot be trusted.
pub fn run(options: &Manifest, session: &Session<'_>) -> Result<u8> {
    let configured = session.configuration()?;
    let names = configured.config.names();
    let limits = options.limits.over(configured.config.limits()?);
    let progress = session.progress();
    let show = |read, length| progress.show(read, length);
    let plain = InspectOptions::plain(&names, limits, Depth::Sums);
    let inspected = inspect(&options.path, &InspectOptions { progress: &show, ..plain })?;
    drop(progress);
    let refusals = refusals(&inspected.bundle_unfollowed());
    if !refusals.is_empty() {
        session.say(|out| render::human::refusals(&options.path, &refusals, session.style(), out));
        if options.format.word == PlainFormat::Json {
            session.write(|out| render::json::manifest_refused(&options.path, &refusals, out))?;
        }
        return Ok(exit_code::FAIL);
    }
    session.write(|out| match options.format.word {
        PlainFormat::Json => render::json::manifest(&options.path, inspected.tree(), out),
        PlainFormat::Human => render::sums(inspected.tree(), out),
    })?;
    Ok(exit_code::PASS)
}

/// What the rules that judge the archive itself find wrong with it.
fn refusals(bundle: &Bundle<'_>) -> Vec<Finding> {
    let about_archive = |finding: &Finding| {
        finding.severity == Severity::Error
            && rules::find(finding.rule).is_some_and(|rule| rule.judges == Judges::Archive)
    };
    engine::run_rules(bundle).into_iter().filter(about_archive).collect()
}
