//! The words that alone can stand in a command which someone pastes as root: each is checked for what it is for, printable,
//! and quoted in one place. What fails its check is said as text, with the reason.

mod document;
mod line_edit;
mod names;
mod paths;
mod refused;
#[cfg(test)]
mod tests;
mod word;

pub(crate) use document::CheckedDocument;
pub(crate) use line_edit::LineEdit;
pub(crate) use names::{HttpUrl, UnitName, UserName};
pub(crate) use paths::{AbsolutePath, BundleDir, BundleMarks, NodeProgram};
pub(crate) use refused::RefusedWord;
pub(crate) use word::{CheckedWord, WordPlace};
