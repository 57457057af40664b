//! The exit codes, the same in every format.

use crate::report::server::Health;
use crate::report::server_report::ServerReport;
use crate::report::verdict::{FailOn, Verdict};

/// Judged, and nothing at or above `--fail-on`.
pub(crate) const PASS: u8 = 0;
/// Judged, and something at or above `--fail-on`.
pub(crate) const FAIL: u8 = 1;
/// Not judged: wrong usage, bad configuration, a path that cannot be opened.
pub(crate) const NOT_JUDGED: u8 = 2;

/// Nothing bad was seen, but evidence that was needed could not be read (`doctor`).
pub(crate) const INCONCLUSIVE: u8 = 3;

/// Ended by Ctrl-C, as a shell has it (128 and the number of SIGINT).
pub(crate) const INTERRUPTED: u8 = 130;

/// The exit code of a server.
#[must_use]
pub(crate) fn of_server(report: &ServerReport, fail_on: FailOn) -> u8 {
    if report.fails(fail_on) {
        FAIL
    } else if report.health == Health::Inconclusive {
        INCONCLUSIVE
    } else {
        PASS
    }
}

/// The exit code of a verdict.
#[must_use]
pub(crate) const fn of(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => PASS,
        Verdict::Fail => FAIL,
    }
}
