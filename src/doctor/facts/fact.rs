//! What could be learnt, or why not: ignorance is carried by type, never by silence.

/// Why a command was not run where fork(2) fails: this says nothing about what it would have said.
pub(crate) const EXHAUSTED: &str = "no further process can be started";

/// Something that is known, or the reason why it is not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fact<T> {
    /// It is known.
    Known(T),
    /// It could not be learnt.
    Unknown(Unknown),
}

/// Why something is not known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unknown {
    /// What stood in the way: `permission denied`, `there is no systemctl`.
    pub because: String,
    /// What would help, as a sentence or a command; nothing where nothing would.
    pub help: Option<String>,
}

impl<T> Fact<T> {
    /// Not known, for this reason.
    #[must_use]
    pub(crate) fn unknown(because: impl Into<String>) -> Self {
        Self::Unknown(Unknown { because: crate::text::without_error_numbers(&because.into()), help: None })
    }

    /// Not known, for this reason, with what would help.
    #[must_use]
    pub(crate) fn unless(because: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Unknown(Unknown { because: because.into(), help: Some(help.into()) })
    }

    /// The value, if it is known.
    #[must_use]
    pub(crate) const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// Why it is not known.
    #[must_use]
    pub(crate) const fn why_unknown(&self) -> Option<&Unknown> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(why) => Some(why),
        }
    }

    /// The value turned into another.
    pub(crate) fn map<U>(self, turn: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(value) => Fact::Known(turn(value)),
            Self::Unknown(why) => Fact::Unknown(why),
        }
    }
}
