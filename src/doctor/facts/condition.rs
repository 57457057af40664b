//! How a service fares, in one word.

/// How the service fares now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Condition {
    /// It runs, and has for long enough.
    Running,
    /// Its manager is at work on it, and waits: `start-pre`, `Type=notify` without READY, `stop-sigterm`.
    Starting,
    /// It dies and is started again and again.
    Looping,
    /// It does not run: failed, or never came up.
    Down,
    /// It does not run, and was stopped on purpose or never started.
    Stopped,
    /// That could not be learnt.
    Unknown,
}

/// Seconds that an agent must have stayed up to count as running: longer than `RestartSec=10` of the document's unit.
pub(crate) const SETTLED: u64 = 15;
