//! Changes of a unit file's lines, as sed(1) is told of them.

use super::refused::{RefusedWord, sound};
use super::word::CheckedWord;

/// A change of some lines of a unit file, as sed(1) carries it out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LineEdit(String);

impl LineEdit {
    /// In these lines, the first `old` of each becomes `new`: both as they stand in the file.
    ///
    /// # Errors
    /// Where one of them cannot be typed as it is shown.
    pub(crate) fn replace(lines: (u32, u32), old: &str, new: &str) -> Result<Self, RefusedWord> {
        sound(old)?;
        sound(new)?;
        Ok(Self(format!("{}s#{}#{}#", address(lines), pattern(old), replacement(new))))
    }

    /// An option with its value is taken out of these lines, if the value is one plain word.
    #[must_use]
    pub(crate) fn without_option(lines: (u32, u32), option: &str) -> Option<Self> {
        let is_name =
            option.starts_with("--") && option.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let value = "[A-Za-z0-9._~+/=-]\\{1,\\}\\([[:space:]]\\|$\\)";
        let address = address(lines);
        is_name.then(|| Self(format!("{address}s#[[:space:]]\\{{1,\\}}{option}[=[:space:]][[:space:]]*{value}#\\1#")))
    }

    /// These lines become comments.
    #[must_use]
    pub(crate) fn comment(lines: (u32, u32)) -> Self {
        Self(format!("{}s/^/# /", address(lines)))
    }
}

fn address((first, last): (u32, u32)) -> String {
    if first == last { format!("{first}") } else { format!("{first},{last}") }
}

/// Text as it stands in the replacement of `s###`.
fn replacement(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#").replace('&', "\\&")
}

/// Text as it stands in the pattern of `s###` (a basic regular expression).
fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '.' | '*' | '[' | ']' | '^' | '$' | '\\' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

impl From<LineEdit> for CheckedWord {
    fn from(edit: LineEdit) -> Self {
        Self::checked(edit.0)
    }
}
