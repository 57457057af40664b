//! The file of a capture: a `.tar.gz` of a few texts. It is read as what strangers send: a few small regular files, and
//! nothing of it is ever run or written anywhere.

use super::about::{About, CAPTURE_VERSION};
use super::bundles::BundleOutcome;
use super::captured::Capture;
use super::redactions;
use crate::archive::write::gzip::Compressor;
use crate::redact::GivenPatterns;
use crate::report::untrusted;
use crate::report::words::UnitName;
use ::tar::{Archive, Builder, EntryType, Header};
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Read};

/// Bytes of a capture as a file.
pub(crate) const MAX_CAPTURE: usize = 8 << 20;
/// Bytes of all that is in it.
const MAX_UNPACKED: u64 = 8 << 20;
/// Bytes of one line in it.
const MAX_LINE: usize = 4 << 20;
/// Bytes of what the rules say of one bundle, and of what is said of the capture itself.
const MAX_DOCUMENT: usize = 2 << 20;
/// Files in it.
const MAX_FILES: usize = 32;
/// Bundles in it: a server has a deployed one, its backup, and what updates left.
const MAX_BUNDLES: usize = 16;
/// Lines of its answers.
const MAX_ANSWERS: usize = 20_000;

const ABOUT: &str = "capture.json";
const ANSWERS: &str = "answers.jsonl";
const BUNDLES: &str = "bundles.jsonl";
const LISTING: &str = "bundle.txt";
const REPORT: &str = "report.json";

/// Why a capture is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaptureError {
    /// It is no archive, or a damaged one.
    #[error("it is no capture: {0}")]
    Archive(io::Error),
    /// There is something in it that no capture holds.
    #[error("it is no capture: {0} in it is not a plain file of its top folder")]
    Odd(String),
    /// A part is there twice.
    #[error("it is no capture: {0} stands there twice")]
    Twice(&'static str),
    /// Something follows it.
    #[error("it is damaged: behind the capture, which is whole, stand {0} that are no part of it")]
    Behind(String),
    /// There is more of it than a capture has.
    #[error("it is larger than any capture: {0}")]
    TooLarge(String),
    /// A part is missing.
    #[error("it is no capture: there is no {0} in it")]
    Missing(&'static str),
    /// A part cannot be read.
    #[error("{name} in it cannot be read: {why}")]
    Part {
        /// Its name.
        name: &'static str,
        /// Why.
        why: String,
    },
    /// It is of a later form.
    #[error("it has version {0} of the form, and this program reads {CAPTURE_VERSION}")]
    Newer(u32),
}

/// One line of `bundles.jsonl`.
#[derive(Serialize, Deserialize)]
struct BundleLine {
    path: String,
    outcome: BundleOutcome,
}

/// Whether a file looks like one: it is compressed with gzip (RFC 1952, section 2.3.1).
#[must_use]
pub(crate) fn is_capture(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b])
}

/// The texts of a capture that it is made of, by name.
pub(super) fn contents(capture: Capture) -> Result<BTreeMap<&'static str, String>, CaptureError> {
    let about = serde_json::to_string(&capture.about)
        .map_err(|error| CaptureError::Part { name: ABOUT, why: error.to_string() })?;
    let bundles = bundle_lines(capture.bundles)?;
    Ok(BTreeMap::from([(ABOUT, about), (ANSWERS, capture.answers), (BUNDLES, bundles), (LISTING, capture.listing)]))
}

fn bundle_lines(bundles: BTreeMap<String, BundleOutcome>) -> Result<String, CaptureError> {
    let mut lines = String::new();
    for (path, outcome) in bundles {
        let line = serde_json::to_string(&BundleLine { path, outcome });
        lines.push_str(&line.map_err(|error| CaptureError::Part { name: BUNDLES, why: error.to_string() })?);
        lines.push('\n');
    }
    Ok(lines)
}

/// One of these texts without what the patterns match, and how often that was.
pub(super) fn without(name: &str, text: &str, patterns: &GivenPatterns) -> (String, usize) {
    let is_typed = matches!(name, ABOUT | BUNDLES);
    if !is_typed {
        return redactions::without(text, patterns);
    }
    let mut count = 0;
    let mut line = |line: &str| {
        let Ok(value) = serde_json::from_str(line) else { return line.to_owned() };
        let (value, taken) = redactions::without_in(value, patterns);
        count += taken;
        value.to_string()
    };
    (redactions::joined(text.split('\n').map(&mut line), text.len()), count)
}

/// The bytes of a capture, with what was reported of it as further files.
///
/// # Errors
/// Where it cannot be put into words.
pub(crate) fn write(capture: &Capture, reports: &[(&str, &[u8])]) -> Result<Vec<u8>, CaptureError> {
    let time = capture.about.made_at.map_or(0, |at| at.0 / 1_000_000);
    let mut archive = Builder::new(Compressor::new(Vec::new()));
    let mut add = |name: &str, content: &[u8]| {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_mtime(time);
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, name, content)
    };
    let about = serde_json::to_vec_pretty(&capture.about)
        .map_err(|error| CaptureError::Part { name: ABOUT, why: error.to_string() })?;
    let written = (|| {
        add(ABOUT, &[about.as_slice(), b"\n"].concat())?;
        for (name, content) in reports {
            add(name, content)?;
        }
        Ok(())
    })();
    written.map_err(CaptureError::Archive)?;
    let bundles = bundle_lines(capture.bundles.clone())?;
    for (name, content) in [(ANSWERS, &capture.answers), (LISTING, &capture.listing), (BUNDLES, &bundles)] {
        add(name, content.as_bytes()).map_err(CaptureError::Archive)?;
    }
    archive.into_inner().and_then(Compressor::finish).map_err(CaptureError::Archive)
}

/// Reads a capture.
///
/// # Errors
/// Why it is none.
pub(crate) fn read(bytes: Vec<u8>) -> Result<Capture, CaptureError> {
    let parts = parts(&bytes)?;
    // Both are large where a stranger made them so.
    drop(bytes);
    of_parts(parts)
}

/// Whether a capture that was written can be read.
///
/// # Errors
/// Why not.
pub(crate) fn is_readable(bytes: &[u8]) -> Result<(), CaptureError> {
    parts(bytes).and_then(of_parts).map(|_| ())
}

/// The texts in a capture by name.
fn parts(bytes: &[u8]) -> Result<BTreeMap<&'static str, String>, CaptureError> {
    // Once to its end, with nothing kept: its size, and whether it is whole.
    let read = io::copy(&mut MultiGzDecoder::new(bytes).take(MAX_UNPACKED + 1), &mut io::sink());
    let size = read.map_err(|error| behind(bytes).unwrap_or(CaptureError::Archive(error)))?;
    if size > MAX_UNPACKED {
        return Err(CaptureError::TooLarge(format!("more than {} unpacked", crate::text::size(MAX_UNPACKED))));
    }
    let mut parts = BTreeMap::new();
    let mut archive = Archive::new(MultiGzDecoder::new(bytes));
    for (at, entry) in archive.entries().map_err(CaptureError::Archive)?.enumerate() {
        if at >= MAX_FILES {
            return Err(CaptureError::TooLarge(format!("more than {MAX_FILES} files")));
        }
        let mut entry = entry.map_err(CaptureError::Archive)?;
        let path = entry.path_bytes().into_owned();
        // Whoever opened one, and packed it again with `tar -C folder .`, has these.
        let path = path.strip_prefix(b"./").map_or(path.clone(), <[u8]>::to_vec);
        if path.is_empty() && entry.header().entry_type() == EntryType::Directory {
            continue;
        }
        let shown = || crate::text::printable_bytes(&path).into_owned();
        if entry.header().entry_type() != EntryType::Regular || path.contains(&b'/') {
            return Err(CaptureError::Odd(shown()));
        }
        let known = [ABOUT, ANSWERS, BUNDLES, LISTING, REPORT].into_iter().find(|name| name.as_bytes() == path);
        // A later version may have more.
        let Some(name) = known else { continue };
        let mut text = String::with_capacity(usize::try_from(entry.size().min(MAX_UNPACKED)).unwrap_or_default());
        let why = |error: io::Error| CaptureError::Part { name, why: error.to_string() };
        entry.read_to_string(&mut text).map_err(why)?;
        if parts.insert(name, text).is_some() {
            return Err(CaptureError::Twice(name));
        }
    }
    Ok(parts)
}

/// A capture of its texts.
pub(super) fn of_parts(mut parts: BTreeMap<&'static str, String>) -> Result<Capture, CaptureError> {
    for (name, text) in &parts {
        bounded(name, text)?;
    }
    let text = &parts.remove(ABOUT).ok_or(CaptureError::Missing(ABOUT))?;
    let about = value(ABOUT, 1, text)?;
    let version = about.get("capture_version").and_then(Value::as_u64).unwrap_or(0);
    if version > u64::from(CAPTURE_VERSION) {
        return Err(CaptureError::Newer(u32::try_from(version).unwrap_or(u32::MAX)));
    }
    let about: About = of(ABOUT, 1, text, about)?;
    if UnitName::new(&about.options.unit).is_err() {
        return Err(CaptureError::Part { name: ABOUT, why: format!("`{}` is no name of a unit", about.options.unit) });
    }
    let answers = parts.remove(ANSWERS).ok_or(CaptureError::Missing(ANSWERS))?;
    if answers.lines().count() > MAX_ANSWERS {
        return Err(CaptureError::TooLarge(format!("more than {MAX_ANSWERS} answers")));
    }
    let why = |(number, error)| CaptureError::Part { name: ANSWERS, why: at(number, &error) };
    crate::doctor::recording::Recorded::parse(answers.as_str()).map_err(why)?;
    let mut bundles = BTreeMap::new();
    for (number, line) in (1..).zip(parts.remove(BUNDLES).unwrap_or_default().lines()) {
        if number > MAX_BUNDLES {
            return Err(CaptureError::TooLarge(format!("more than {MAX_BUNDLES} bundles")));
        }
        let BundleLine { path, mut outcome } = of(BUNDLES, number, line, value(BUNDLES, number, line)?)?;
        outcome.shorten();
        bundles.insert(path, outcome);
    }
    // What an earlier or a later version said in another form is not compared with.
    let report = parts.remove(REPORT).and_then(|text| value(REPORT, 1, &text).ok());
    let report = report.and_then(|value| serde_json::from_value(value).ok());
    let listing = parts.remove(LISTING).unwrap_or_default();
    Ok(Capture { about, answers, bundles, listing, report })
}

/// Refuses what would take more memory than any capture does, before anything is made of it.
fn bounded(name: &str, text: &str) -> Result<(), CaptureError> {
    let size = |bytes: usize| crate::text::size(bytes as u64);
    let of = |bytes: usize, what: &str, most: usize| {
        let words = || format!("{what} of {} in {name}, where {} is the most", size(bytes), size(most));
        if bytes > most { Err(CaptureError::TooLarge(words())) } else { Ok(()) }
    };
    match name {
        ABOUT | REPORT => of(text.len(), "a text", MAX_DOCUMENT)?,
        BUNDLES => of(text.lines().map(str::len).max().unwrap_or_default(), "a line", MAX_DOCUMENT)?,
        _ => of(text.lines().map(str::len).max().unwrap_or_default(), "a line", MAX_LINE)?,
    }
    let excess = match name {
        LISTING => None,
        // Of an answer a report quotes lines, and never the whole.
        ANSWERS => untrusted::overfull(text.as_bytes()),
        _ => untrusted::excess(text.as_bytes()),
    };
    excess.map_or(Ok(()), |why| Err(CaptureError::TooLarge(format!("{name}: {why}"))))
}

/// What follows a capture that is whole, where that is why it cannot be read.
fn behind(bytes: &[u8]) -> Option<CaptureError> {
    let mut first = flate2::bufread::GzDecoder::new(bytes);
    io::copy(&mut first.by_ref().take(MAX_UNPACKED), &mut io::sink()).ok()?;
    let rest = first.into_inner();
    let size = crate::text::size(rest.len() as u64);
    (!rest.is_empty() && !is_capture(rest)).then_some(CaptureError::Behind(size))
}

/// A text as JSON, everything in it printable; `first` is the number of its first line.
fn value(name: &'static str, first: usize, text: &str) -> Result<Value, CaptureError> {
    let value = serde_json::from_str(text).map_err(|error| CaptureError::Part { name, why: at(first, &error) })?;
    Ok(untrusted::shown(value, &[]))
}

fn of<T: for<'de> Deserialize<'de>>(
    name: &'static str,
    first: usize,
    text: &str,
    value: Value,
) -> Result<T, CaptureError> {
    serde_json::from_value(value).map_err(|error| {
        // Of a value it is not known where it stood: the text is read once more.
        let why = serde_json::from_str::<T>(text).err().map(|error| {
            let field = field_at(text, &error).map_or_else(String::new, |field| format!(" (`{field}`)"));
            format!("{}{field}", at(first, &error))
        });
        CaptureError::Part { name, why: why.unwrap_or_else(|| error.to_string()) }
    })
}

/// What is wrong with JSON, with its line in the file, of which it begins at `first`.
fn at(first: usize, error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let words = error.to_string();
    let words = words.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&words);
    format!("line {}, column {column}: {}", first + line.saturating_sub(1), crate::text::printable(words))
}

/// The name of the field that was read last before an error.
fn field_at(text: &str, error: &serde_json::Error) -> Option<String> {
    let start: usize = text.split_inclusive('\n').take(error.line().checked_sub(1)?).map(str::len).sum();
    let read = text.as_bytes().get(..start.checked_add(error.column())?)?;
    let end = read.windows(2).rposition(|pair| pair == b"\":")?;
    let name = read.get(..end)?;
    let start = name.iter().rposition(|byte| *byte == b'"')?;
    Some(crate::text::printable_bytes(name.get(start + 1..)?).chars().take(100).collect())
}
