//! What a command reads.

use super::names::HttpUrl;
use super::paths::AbsolutePath;
use super::refused::{RefusedWord, sound};

/// Lines that a command reads, made of fixed text and checked words.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct CheckedDocument(String);

impl CheckedDocument {
    /// With this text.
    #[must_use]
    pub(crate) fn fixed(mut self, text: &'static str) -> Self {
        self.0.push_str(text);
        self
    }

    /// With a path, if it needs no quotes in a unit file.
    ///
    /// # Errors
    /// Where it does.
    pub(crate) fn path(mut self, path: &AbsolutePath) -> Result<Self, RefusedWord> {
        self.0.push_str(path.in_unit()?);
        Ok(self)
    }

    /// With an address.
    #[must_use]
    pub(crate) fn url(mut self, url: &HttpUrl) -> Self {
        self.0.push_str(url.as_str());
        self
    }

    /// With a line of a unit file as it stands there.
    ///
    /// # Errors
    /// Where it cannot be typed as it is shown.
    pub(crate) fn line(mut self, key: &str, value: &str) -> Result<Self, RefusedWord> {
        sound(key)?;
        sound(value)?;
        self.0.push_str(&format!("{key}={value}\n"));
        Ok(self)
    }

    /// The lines, without a newline at their end.
    #[must_use]
    pub(crate) fn lines(&self) -> &str {
        self.0.trim_end_matches('\n')
    }
}
