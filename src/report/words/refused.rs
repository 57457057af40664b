//! What fails its check: shown as text, with the reason.

use crate::text::printable;
use std::fmt;

/// A word that is no command's: what it is, fit to be shown, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RefusedWord {
    shown: String,
    why: &'static str,
}

impl RefusedWord {
    /// That text, for that reason.
    #[must_use]
    pub(crate) fn new(text: &str, why: &'static str) -> Self {
        Self { shown: printable(&crate::redact::clean(text)).into_owned(), why }
    }
}

impl fmt::Display for RefusedWord {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` {}", self.shown, self.why)
    }
}

/// Text that is what it looks like: nothing a terminal or a shell's editor acts on, nothing that was taken out of it, no
/// byte that was not UTF-8.
///
/// # Errors
/// Where it is not.
pub(super) fn sound(text: &str) -> Result<(), RefusedWord> {
    let refuse = |why| Err(RefusedWord::new(text, why));
    if printable(text) != text || text.contains(char::REPLACEMENT_CHARACTER) {
        return refuse("has characters that cannot be typed as they are shown");
    }
    if text.contains(crate::redact::REDACTED) {
        return refuse("holds a secret, which is not shown");
    }
    Ok(())
}
