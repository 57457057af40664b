//! minisign's trusted comment: the one line of a signature file that is signed too.

use std::borrow::Cow;

use thiserror::Error;

/// The longest comment written, in bytes. minisign reads 8192.
pub(crate) const MAX_COMMENT: usize = 4096;

/// A trusted comment, byte for byte as it was or will be signed.
///
/// One that was read can only be had from a signature that verified. It may still hold anything the
/// signer put there (control characters, bytes that are not UTF-8): it must be made printable before it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedComment(Vec<u8>);

/// Why a comment cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CommentError {
    /// A character that would break the line, the fields, or the reader's terminal.
    #[error("a trusted comment is one printable line: `{escaped}` cannot stand in it")]
    NotPrintable {
        /// The character as an escape, for example `\u{1b}`.
        escaped: String,
    },
    /// Longer than [`MAX_COMMENT`].
    #[error("a trusted comment of {size} bytes is too long (at most {MAX_COMMENT})")]
    TooLong {
        /// Bytes given.
        size: usize,
    },
}

/// What a comment says of the file it signs, in the form minisign's own default has:
/// `key:value` fields with tabs between them. `version` is ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommentFields {
    /// When it was signed: seconds since 1970-01-01 UTC.
    pub timestamp: Option<u64>,
    /// The name of the signed file, without directories.
    pub file: Option<String>,
    /// The version of the bundle.
    pub version: Option<String>,
}

impl CommentFields {
    /// The comment that says this, for a prehashed signature (minisign marks those with `hashed`) or a legacy one.
    ///
    /// # Errors
    /// [`CommentError`] when a field holds a tab, another control character or a bidirectional control, or all is too long.
    pub fn to_comment(&self, prehashed: bool) -> Result<TrustedComment, CommentError> {
        let mut fields = Vec::new();
        if let Some(seconds) = self.timestamp {
            fields.push(format!("timestamp:{seconds}"));
        }
        for (name, value) in [("file", &self.file), ("version", &self.version)] {
            if let Some(value) = value {
                printable(value, Tabs::Refused)?;
                fields.push(format!("{name}:{value}"));
            }
        }
        if prehashed {
            fields.push("hashed".to_owned());
        }
        TrustedComment::new(&fields.join("\t"))
    }
}

impl TrustedComment {
    /// A comment to be signed, free in its wording. Tabs are allowed: minisign separates fields with them.
    ///
    /// # Errors
    /// [`CommentError`].
    pub fn new(text: &str) -> Result<Self, CommentError> {
        printable(text, Tabs::Allowed)?;
        if text.len() > MAX_COMMENT {
            return Err(CommentError::TooLong { size: text.len() });
        }
        Ok(Self(text.as_bytes().to_vec()))
    }

    /// A comment as found in a file. It leaves this module only after its signature verified.
    pub(super) fn from_signed(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The signed bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The comment as text, with U+FFFD for bytes that are not UTF-8. Not made printable.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The fields that are there and make sense; of a field given twice, the first. What cannot be read is `None`.
    pub fn fields(&self) -> CommentFields {
        let text = self.text();
        let value = |name: &str| {
            text.split('\t').find_map(|field| field.strip_prefix(name)?.strip_prefix(':')).map(str::to_owned)
        };
        CommentFields {
            timestamp: value("timestamp").and_then(|seconds| seconds.parse().ok()),
            file: value("file"),
            version: value("version"),
        }
    }
}

/// Whether a tab may stand in a text: minisign separates fields with them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tabs {
    /// In a comment.
    Allowed,
    /// In a field of one.
    Refused,
}

/// Refuses what a line must not hold: control characters, line and paragraph separators, and the bidirectional
/// controls (Unicode's `Bidi_Control` property), which could make a file name read backwards.
fn printable(text: &str, tabs: Tabs) -> Result<(), CommentError> {
    let harmless = |c: char| {
        (tabs == Tabs::Allowed && c == '\t')
            || !(c.is_control()
                || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
    };
    match text.chars().find(|&c| !harmless(c)) {
        Some(c) => Err(CommentError::NotPrintable { escaped: c.escape_default().to_string() }),
        None => Ok(()),
    }
}
