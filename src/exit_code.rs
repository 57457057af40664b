//! The exit codes, the same in every format.

use crate::model::report::Verdict;

/// Judged, and nothing at or above `--fail-on`.
pub const PASS: u8 = 0;
/// Judged, and something at or above `--fail-on`.
pub const FAIL: u8 = 1;
/// Not judged: wrong usage, bad configuration, a path that cannot be opened.
pub const NOT_JUDGED: u8 = 2;

/// The exit code of a verdict.
#[must_use]
pub const fn of(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => PASS,
        Verdict::Fail => FAIL,
    }
}
