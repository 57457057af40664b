//! Why a command could not do its work, and what a person needs beside that: on which path, and what to do. `anyhow`
//! carries it, as an error of its own or as the context of what caused it.

use super::remedy::{self, Tried};
use crate::check::inspect::InspectError;
use crate::config::ConfigError;
use crate::host::trusted::RefusedFile;
use crate::report::run_error::RunError;
use crate::tree::reading::SourceError;
use crate::update::rehearse::RehearsalError;
use crate::{redact, text};
use anyhow::Error;
use std::io::{self, ErrorKind};
use std::path::Path;

/// What was tried and what was found. Its cause is not among its words: [`told`] adds that.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    message: String,
    path: Option<String>,
    help: Option<String>,
}

impl Failure {
    /// What was tried, or what is wrong.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: text::printable(&message.into()).into_owned(), path: None, help: None }
    }

    /// On which path.
    pub(super) fn at(self, path: &str) -> Self {
        Self { path: Some(text::printable(path).into_owned()), ..self }
    }

    /// What to do.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Why a file that would be believed is not read, with what to do about it.
pub(super) fn refused(error: RefusedFile, failure: Failure) -> Error {
    let failure = match error.help() {
        Some(help) => failure.help(help),
        None => failure,
    };
    Error::new(error).context(failure)
}

/// An error and its causes in one line.
pub(super) fn words(error: &Error) -> String {
    let words = format!("{error:#}");
    // A rehearsal's errors name commands and paths as they are.
    let words = if error.is::<RehearsalError>() { text::printable(&words).into_owned() } else { words };
    text::without_error_numbers(&words)
}

/// What is said of an error: its words, and the path and the help of the type that it has.
pub(super) fn told(command: &str, error: &Error) -> RunError {
    let (path, help) = if let Some(Failure { path, help, .. }) = error.downcast_ref() {
        (path.clone(), help.clone())
    } else if let Some(ConfigError { path, help, .. }) = error.downcast_ref() {
        (path.clone(), help.clone())
    } else if let Some(InspectError::Signature(unread)) = error.downcast_ref() {
        (Some(unread.path.clone()), help_of_signature(unread))
    } else if let Some(InspectError::Subject(unread)) = error.downcast_ref() {
        (Some(unread.path.clone()), help_of_unread(unread))
    } else if let Some(unread) = error.downcast_ref::<SourceError>() {
        (Some(unread.path.clone()), help_of_unread(unread))
    } else if let Some(RehearsalError::Missing { help, .. }) = error.downcast_ref() {
        (None, Some(help.clone()))
    } else {
        (None, None)
    };
    let message = words(error);
    let help = match (&path, reason(error)) {
        (Some(path), Some(reason)) => helped(command, &message, path, reason, help),
        _ => help,
    };
    let clean = |words: String| redact::clean_by_form(&words);
    RunError { message: clean(message), path: path.map(clean), help: help.map(clean) }
}

/// What the system says of it.
fn reason(error: &Error) -> Option<&io::Error> {
    error.chain().find_map(|link| {
        let refused = link.downcast_ref::<RefusedFile>().and_then(|refused| match refused {
            RefusedFile::Io(error) => Some(error),
            _ => None,
        });
        link.downcast_ref().or(refused)
    })
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The help that whoever failed gave, and what the path itself tells: the one that was meant, or the folder that is not
/// there.
fn helped(command: &str, message: &str, path: &str, reason: &io::Error, given: Option<String>) -> Option<String> {
    let tried = Tried::of(message);
    if tried == Tried::Reading && is_absence(reason) {
        if let Some(help) = remedy::of_address(command, path) {
            return Some(help);
        }
        let nearest = remedy::nearest(Path::new(path));
        return match (nearest, given) {
            (Some(nearest), Some(given)) if !nearest.ends_with('?') => Some(format!("{nearest}; {given}")),
            (nearest, given) => nearest.or(given),
        };
    }
    given.or_else(|| remedy::remedy(tried, path, reason))
}

fn help_of_signature(error: &SourceError) -> Option<String> {
    let is_missing = is_absence(&error.source);
    is_missing.then(|| "get the signature from where the bundle was released, or leave out --signature".to_owned())
}

fn help_of_unread(error: &SourceError) -> Option<String> {
    let is_missing = is_absence(&error.source) && error.action == "cannot open";
    let missing = is_missing.then_some("give the path of an archive or of a bundle's folder, or `-` for stdin");
    error.help.or(missing).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;
    use std::io;

    /// What is said is the whole chain, each link once, whichever type of error carries path and help.
    #[test]
    fn an_error_is_told_with_its_causes_its_path_and_its_help() {
        let denied = || io::Error::new(ErrorKind::PermissionDenied, "denied");
        let failure = || Failure::new("cannot write a").at("a\n").help("choose another");
        let config = |line| ConfigError { line, message: "no".into(), help: Some("yes".into()), path: None };
        let unread = |help| SourceError { help, ..SourceError::new("cannot open", "a\x1b", denied()) };
        let run = RehearsalError::Io { what: "run \x1b".into(), source: denied() };
        let missing = RehearsalError::Missing { what: "no \x1b".into(), help: "install it".into() };
        for (case, error, message, path, help) in [
            ("by itself", Error::new(failure()), "cannot write a", Some("a\\n"), Some("choose another")),
            (
                "with a cause",
                Error::new(denied()).context(failure()),
                "cannot write a: denied",
                Some("a\\n"),
                Some("choose another"),
            ),
            (
                "below a plain context",
                Error::new(failure()).context("no report"),
                "no report: cannot write a",
                Some("a\\n"),
                Some("choose another"),
            ),
            ("a configuration's", config(Some(2)).into(), "line 2: no", None, Some("yes")),
            ("in a file", config(None).in_file("b\t").into(), "no", Some("b\\t"), Some("yes")),
            (
                "a subject's",
                unread(None).into(),
                "cannot open a\\x1b: denied",
                Some("a\\x1b"),
                Some("run it as a user who may read it"),
            ),
            (
                "a subject's own help",
                unread(Some("more")).into(),
                "cannot open a\\x1b: denied",
                Some("a\\x1b"),
                Some("more"),
            ),
            ("a rehearsal's", run.into(), "cannot run \\x1b: denied", None, None),
            ("what a rehearsal lacks", missing.into(), "no \\x1b", None, Some("install it")),
            ("none of them", Error::new(denied()), "denied", None, None),
        ] {
            let told = told("check", &error);
            assert_eq!(
                (told.message.as_str(), told.path.as_deref(), told.help.as_deref()),
                (message, path, help),
                "{case}"
            );
        }
        let deep = Err::<(), _>(denied()).context("two").context(failure()).context("zero");
        assert_eq!(words(&deep.unwrap_err()), "zero: cannot write a: two: denied");
    }
}
