//! `manifest`: the SHA-256 of every file that extraction would leave.

use super::session::Session;
use crate::check::bundle::Bundle;
use crate::check::contents::Depth;
use crate::check::engine;
use crate::check::inspect::{InspectOptions, inspect};
use crate::check::rules::{self, Judges};
use crate::cli::format::PlainFormat;
use crate::cli::manifest::ManifestArgs;
use crate::report::finding::{Finding, Severity};
use crate::tree::reading::ArchiveSum;
use crate::{exit_code, render, text};
use anyhow::Result;

/// Prints the sums of one path, or says why its tree cannot be trusted.
pub(super) fn run(options: &ManifestArgs, session: &Session<'_>) -> Result<u8> {
    let configured = session.configuration()?;
    let names = configured.config.names();
    let limits = options.limits.over(configured.config.limits()?);
    let progress = session.progress_of(&options.path);
    let show = |read, length| progress.show(read, length);
    let plain = InspectOptions::plain(&names, limits, Depth::Sums);
    let inspected =
        inspect(&options.path, &InspectOptions { progress: &show, archive_sum: ArchiveSum::NotMade, ..plain })?;
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
        PlainFormat::Human if session.style().terminal => {
            let mut sums = Vec::new();
            render::sums(inspected.tree(), &mut sums)?;
            out.write_all(for_a_terminal(&sums).as_bytes())
        }
        PlainFormat::Human => render::sums(inspected.tree(), out),
    })?;
    Ok(exit_code::PASS)
}

/// The sums as a terminal may see them: a name can hold what it acts on. A file or a pipe gets the names as they are, for
/// `sha256sum -c`.
fn for_a_terminal(sums: &[u8]) -> String {
    let lines = sums.split_inclusive(|byte| *byte == b'\n');
    lines.map(|line| format!("{}\n", text::printable_bytes(line.strip_suffix(b"\n").unwrap_or(line)))).collect()
}

/// What the rules that judge the archive itself find wrong with it.
fn refusals(bundle: &Bundle<'_>) -> Vec<Finding> {
    let about_archive = |finding: &Finding| {
        finding.severity == Severity::Error
            && rules::find(finding.rule).is_some_and(|rule| rule.judges == Judges::Archive)
    };
    engine::run_rules(bundle).into_iter().filter(about_archive).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_terminal_acts_on_no_name() {
        let sums = b"00  a\x1b[2Jb\n\\11  c\\nd\n22  \xff\n";
        assert_eq!(super::for_a_terminal(sums), "00  a\\x1b[2Jb\n\\11  c\\nd\n22  \\xff\n");
    }
}
