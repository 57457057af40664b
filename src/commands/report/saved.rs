//! Saved reports, told apart by what is in them.

use crate::commands::failure::Failure;
use crate::commands::{captured, session::Session};
use crate::doctor::capture;
use crate::host;
use crate::release::diff::Difference;
use crate::report::moment::{self, Moment};
use crate::report::release::ReleaseReport;
use crate::report::run_error::RunError;
use crate::report::server_report::ServerReport;
use crate::report::subject::CheckReport;
use crate::report::transaction::{Deed, RepairVerdict, TransactionBody, TransactionReport};
use crate::report::untrusted;
use crate::report::verdict::Verdict;
use crate::text;
use crate::update::rehearsal::Rehearsal;
use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::Path;

/// Bytes of a saved report that is JSON.
const MAX_DOCUMENT: usize = 3 << 20;
/// Bytes of a saved report, and of a capture.
pub(super) const MAX_REPORT: usize = capture::MAX_CAPTURE;
/// The version of documents that is read.
const SCHEMA_VERSION: u64 = 1;

/// A saved report.
pub(super) enum Saved {
    /// Of a server.
    Server(Box<ServerReport>),
    /// Of bundles.
    Check(CheckReport),
    /// Of a checklist.
    Release(ReleaseReport),
    /// Of a rehearsal, with why it is no judgement, where it is none.
    Rehearsal(Rehearsal, Verdict, Option<RunError>),
    /// Of a repair or an update.
    Transaction(Box<TransactionReport>),
    /// Of two bundles.
    Difference([String; 2], Box<Difference>),
    /// Of a run that could not judge.
    Unjudged(Unjudged),
}

/// A run that could not judge, or a server that was not reached.
pub(super) struct Unjudged {
    /// The command.
    pub command: String,
    /// Why.
    pub error: RunError,
    /// The server, where the document says.
    pub host: Option<String>,
}

/// Bytes of a file, or of stdin; bounded.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>> {
    let shown = text::printable_path(path);
    let failure = || Failure::new(format!("cannot read the report {shown}")).at(&shown).help(HELP);
    let from = if path == Path::new("-") { Path::new("/dev/stdin") } else { path };
    let (bytes, size) = host::files::read_large(from, MAX_REPORT).with_context(failure)?;
    if size > MAX_REPORT {
        bail!("{}: it is larger than any report ({})", failure(), text::size(MAX_REPORT as u64));
    }
    Ok(bytes)
}

const HELP: &str = "give a report that a command wrote with `--json`, or a capture of `doctor --capture`";

/// A saved report or a capture.
pub(super) fn read(path: &Path, session: &Session<'_>) -> Result<Saved> {
    let bytes = bytes(path)?;
    let shown = text::printable_path(path);
    if capture::is_capture(&bytes) {
        let failure = || Failure::new(format!("cannot read the capture {shown}")).at(&shown).help(HELP);
        let capture = capture::read(bytes).with_context(failure)?;
        let (report, _) = captured::report(&capture, path, session)?;
        return Ok(Saved::Server(Box::new(report)));
    }
    document(bytes).with_context(|| Failure::new(format!("cannot read the report {shown}")).at(&shown).help(HELP))
}

/// The server of a file by its name, and when it was looked at, as far as the file says: what tells two reports of one
/// server apart. What is read only once, as stdin is, says neither.
pub(super) fn server_of(path: &Path) -> Option<(String, Option<Moment>)> {
    #[derive(Deserialize)]
    struct Stub {
        command: String,
        host: Host,
    }
    #[derive(Deserialize)]
    struct Host {
        name: Option<String>,
        #[serde(default)]
        hostname: Option<String>,
        #[serde(default, with = "moment::rfc3339")]
        at: Option<Moment>,
    }
    if !path.is_file() {
        return None;
    }
    let bytes = bytes(path).ok()?;
    let (name, at) = if capture::is_capture(&bytes) {
        // What was reported where it was made says so; without that it is judged.
        let capture = capture::read(bytes).ok()?;
        let host = match capture.report {
            Some(report) => report.host,
            None => capture.shown(&[])?.host,
        };
        (host.called()?.to_owned(), host.at)
    } else {
        let Stub { command, host } = serde_json::from_slice(&bytes).ok()?;
        if command != "doctor" {
            return None;
        }
        let called = [host.name, host.hostname].into_iter().flatten().find(|name| !name.is_empty())?;
        (called, host.at)
    };
    Some((text::printable(&name).into_owned(), at))
}

/// A document of one of the commands.
pub(super) fn document(bytes: Vec<u8>) -> Result<Saved> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        bail!("it is empty");
    }
    if bytes.len() > MAX_DOCUMENT {
        bail!("it is larger than any report ({})", text::size(MAX_DOCUMENT as u64));
    }
    if let Some(why) = untrusted::excess(&bytes) {
        bail!("{why}");
    }
    let document: Value = serde_json::from_slice(&bytes).context("it is neither JSON nor a capture")?;
    // It may be large, and what is made of it as well.
    drop(bytes);
    let word = |name: &str| document.get(name).and_then(Value::as_str).map(|word| text::printable(word).into_owned());
    let version = document.get("schema_version").and_then(Value::as_u64);
    let (Some(version), Some(command), Some(verdict)) = (version, word("command"), word("verdict")) else {
        bail!("it is JSON, and no report: it has no `schema_version`, `command` and `verdict`");
    };
    if version != SCHEMA_VERSION {
        bail!("it has schema version {version}, and this program reads {SCHEMA_VERSION}");
    }
    if verdict == "error" && (command != "rehearse" || document.get("runs").is_none()) {
        return unjudged(command, document);
    }
    let several: &[&str] = match command.as_str() {
        "release" => &["evidence"],
        "diff" => &["text"],
        "rehearse" => &["output"],
        "repair" | "update" => &["why"],
        _ => &[],
    };
    let document = untrusted::shown(document, several);
    Ok(match command.as_str() {
        "doctor" => Saved::Server(Box::new(of(document)?)),
        "check" => Saved::Check(of(document)?),
        "release" => Saved::Release(of(document)?),
        "repair" => transaction(Deed::Repair, &verdict, document)?,
        "update" => transaction(Deed::Update, &verdict, document)?,
        "diff" => {
            let subjects = of_field("subjects", document.get("subjects").cloned().unwrap_or_default())?;
            Saved::Difference(subjects, Box::new(of(document)?))
        }
        "rehearse" => {
            let error = document.get("error").cloned().map(|error| of_field("error", error)).transpose()?;
            let verdict = if verdict == "fail" { Verdict::Fail } else { Verdict::Pass };
            Saved::Rehearsal(of(document)?, verdict, error)
        }
        other => bail!("it is a report of `{other}`, which is not rendered again"),
    })
}

fn transaction(deed: Deed, verdict: &str, document: Value) -> Result<Saved> {
    let Some(named) = RepairVerdict::named(verdict, deed) else {
        bail!("`{verdict}` is no verdict of `{}`", deed.command());
    };
    let mut body: TransactionBody = of(document)?;
    match deed {
        Deed::Repair => body.versions = None,
        Deed::Update => body.causes = None,
    }
    Ok(Saved::Transaction(Box::new(TransactionReport { deed, verdict: named, body })))
}

fn unjudged(command: String, document: Value) -> Result<Saved> {
    #[derive(Deserialize)]
    struct Stub {
        error: RunError,
        host: Option<Host>,
    }
    #[derive(Deserialize)]
    struct Host {
        name: Option<String>,
        hostname: Option<String>,
    }
    let Stub { error, host } = of(untrusted::shown(document, &[]))?;
    Ok(Saved::Unjudged(Unjudged { command, error, host: host.and_then(|host| host.name.or(host.hostname)) }))
}

/// A value as its type has it. What does not fit is named by its field.
fn of<T: DeserializeOwned>(value: Value) -> Result<T> {
    of_field("", value)
}

/// [`of`] for what stands in a field of the document.
fn of_field<T: DeserializeOwned>(field: &str, value: Value) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let place = [field, path.trim_matches('.')].into_iter().filter(|part| !part.is_empty());
        let place = text::printable(&place.collect::<Vec<_>>().join(".")).into_owned();
        let place = if place.is_empty() { String::new() } else { format!("`{place}`: ") };
        anyhow!("it is not as its schema has it: {place}{}", in_words_of_json(&error.into_inner().to_string()))
    })
}

/// What the reader of JSON says, in words of JSON.
fn in_words_of_json(said: &str) -> String {
    const WORDS: [(&str, &str); 9] = [
        ("invalid type: map", "found an object"),
        ("invalid type: sequence", "found a list"),
        ("invalid type: ", "found "),
        ("expected string or map", "expected a string"),
        ("expected a sequence", "expected a list"),
        ("expected map", "expected an object"),
        ("expected usize", "expected a whole number"),
        ("unknown variant", "found"),
        ("missing field", "there is no"),
    ];
    let said = WORDS.iter().fold(said.to_owned(), |said, (from, to)| said.replacen(from, to, 1));
    match said.split_once("expected ") {
        Some((before, rest)) if rest.starts_with("struct ") => format!("{before}expected an object"),
        Some((before, rest)) if ["u8", "u16", "u32", "u64", "i32", "i64"].contains(&rest) => {
            format!("{before}expected a whole number")
        }
        _ => said,
    }
}
