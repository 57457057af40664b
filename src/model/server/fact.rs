//! What could be learnt, or why not: ignorance is carried by type, never by silence.

/// Why a command was not run where fork(2) fails: this says nothing about what it would have said.
pub const EXHAUSTED: &str = "no further process can be started";

/// Something that is known, or the reason why it is not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact<T> {
    /// It is known.
    Known(T),
    /// It could not be learnt.
    Unknown(Unknown),
}

/// Why something is not known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unknown {
    /// What stood in the way: `permission denied`, `there is no systemctl`.
    pub because: String,
    /// What would help, as a sentence or a command; nothing where nothing would.
    pub help: Option<String>,
}

impl<T> Fact<T> {
    /// Not known, for this reason.
    #[must_use]
    pub fn unknown(because: impl Into<String>) -> Self {
        Self::Unknown(Unknown { because: because.into(), help: None })
    }

    /// Not known, for this reason, with what would help.
    #[must_use]
    pub fn unless(because: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Unknown(Unknown { because: because.into(), help: Some(help.into()) })
    }

    /// The value, if it is known.
    #[must_use]
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// Why it is not known.
    #[must_use]
    pub const fn why_unknown(&self) -> Option<&Unknown> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(why) => Some(why),
        }
    }

    /// The value turned into another.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(value) => Fact::Known(turn(value)),
            Self::Unknown(why) => Fact::Unknown(why),
        }
    }
}

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
