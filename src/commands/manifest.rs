//! `manifest`: the SHA-256 of every file that extraction would leave.

use super::Failure;
use super::session::Session;
use crate::check::bundle::Bundle;
use crate::check::contents::Depth;
use crate::check::engine;
use crate::check::inspect::{InspectOptions, inspect};
use crate::check::rules::{self, Judges};
use crate::cli::Manifest;
use crate::report::finding::{Finding, Severity};
use crate::report::format::Format;
use crate::{exit_code, render};
use std::io::{self, Write};

/// Prints the sums of one path, or says why its tree cannot be trusted.
pub fn run(options: &Manifest, session: &Session<'_>) -> Result<u8, Failure> {
    if !matches!(session.common.format(), Format::Human | Format::Json) {
        return Err(Failure::new("manifest has the formats human (as sha256sum) and json only"));
    }
    let configured = session.configuration()?;
    let names = configured.config.names();
    let limits = options.limits.over(configured.config.limits()?);
    let progress = session.progress();
    let show = |read, length| progress.show(read, length);
    let inspected = inspect(
        &options.path,
        &InspectOptions { progress: &show, ..InspectOptions::plain(&names, limits, Depth::Sums) },
    )?;
    drop(progress);
    let refusals = refusals(&inspected.bundle_unfollowed());
    let json = session.common.format() == Format::Json;
    if !refusals.is_empty() {
        let mut words = Vec::new();
        render::human::refusals(&options.path, &refusals, session.style(), &mut words)?;
        let _ = io::stderr().write_all(&words);
        if json {
            let mut out = Vec::new();
            render::json::manifest_refused(&options.path, &refusals, &mut out)?;
            session.print(&out)?;
        }
        return Ok(exit_code::FAIL);
    }
    session.write(|out| match json {
        true => render::json::manifest(&options.path, inspected.tree(), out),
        false => render::sums(inspected.tree(), out),
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
