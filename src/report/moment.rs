//! A point in time, as the journal counts.

/// A point in time: microseconds since 1970-01-01 UTC, as the journal counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment(pub u64);

impl Moment {
    /// Whole seconds since an earlier moment; 0 where that is later.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0) / 1_000_000
    }

    /// RFC 3339 in UTC, to the second; nothing beyond the year 9999.
    #[must_use]
    pub fn rfc3339(self) -> Option<String> {
        let time = std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_micros(self.0))?;
        let within = self.0 < 253_402_300_800_000_000;
        within.then(|| humantime::format_rfc3339_seconds(time).to_string())
    }

    /// `03:36:04` in UTC.
    #[must_use]
    pub fn clock(self) -> String {
        let seconds = self.0 / 1_000_000 % 86_400;
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}
