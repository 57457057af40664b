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

impl Moment {
    /// The time of RFC 3339, to the second.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let time = humantime::parse_rfc3339(text).ok()?;
        let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
        u64::try_from(since.as_micros()).ok().map(Self)
    }

    /// The time alone where it is of the same day as `today`, and with its date where it is not.
    #[must_use]
    pub(crate) fn beside(self, today: Option<Self>) -> String {
        let day = |moment: Self| moment.0 / 86_400_000_000;
        match self.rfc3339() {
            Some(whole) if today.is_none_or(|today| day(self) != day(today)) => {
                whole.replace('T', " ").trim_end_matches('Z').to_owned()
            }
            _ => self.clock(),
        }
    }
}

/// A moment in a document: RFC 3339, or nothing.
pub(crate) mod rfc3339 {
    use super::Moment;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes it.
    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(at: &Option<Moment>, to: S) -> Result<S::Ok, S::Error> {
        at.and_then(Moment::rfc3339).serialize(to)
    }

    /// Reads it; what is no time is none.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Moment>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.and_then(|text| Moment::parse(&text)))
    }
}
