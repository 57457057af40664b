//! The time, of the day and since the machine was started.

use std::time::SystemTime;

/// Seconds since 1970-01-01 UTC; nothing for a clock that stands before that.
#[must_use]
pub(crate) fn seconds_since_1970() -> Option<u64> {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// Microseconds since 1970-01-01 UTC; 0 for a clock that stands before that.
#[must_use]
pub(crate) fn microseconds_since_1970() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

/// Microseconds of the clock that systemd's monotonic times are in (clock_gettime(2), `CLOCK_MONOTONIC`).
#[must_use]
pub(crate) fn monotonic_microseconds() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    seconds * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or_default() / 1000
}
