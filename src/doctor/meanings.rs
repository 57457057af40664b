//! What an error that stands in a log can mean: the causes and rules that it is a sign of, the most likely first.
//!
//! What Node and libuv say is read by the same code that tells `doctor` what an agent died of
//! ([`crash::kind`](crate::doctor::causes::crash)); which exit code has which name is said where the service is read. What
//! tar, pnpm, npm and the others say stands in the pages, which quote it.

mod signs;

use self::signs::{NOT_FOUND, SIGNS};
use super::causes::CAUSES;
use super::causes::crash::{CrashKind, quoted};
use super::facts::service::{exit_name, exit_number};
use crate::check::rules::RULES;
use crate::update::documented_paths;

/// Lines that are looked at; a log's end tells more than its beginning.
const MAX_LINES: usize = 400;

/// The causes and rules that a text from a log is a sign of.
#[must_use]
pub(crate) fn meanings(text: &str) -> Vec<&'static str> {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let lines = lines.get(lines.len().saturating_sub(MAX_LINES)..).unwrap_or_default();
    let mut found = Vec::new();
    // A process's last words are what it died of.
    for line in lines.iter().rev() {
        found.extend(of_kind(&quoted(line)));
        found.extend(of_manager(line));
    }
    let pages = pages();
    for line in lines {
        found.extend(of_pages(line, &pages));
    }
    if found.is_empty() && lines.iter().any(|line| is_of_an_installer(line)) {
        found.extend(["dependencies-not-installed", "update-interrupted"]);
    }
    if found.is_empty() && lines.iter().any(|line| line.contains("Error: ")) {
        found.push("unknown-crash");
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|id| seen.insert(*id));
    found
}

/// What an error of Node's can come from.
fn of_kind(kind: &CrashKind) -> &'static [&'static str] {
    match kind {
        CrashKind::Package(name) if name == documented_paths::SHARED_PACKAGE => {
            &["shared-package-missing", "shared-package-linked", "update-drops-shared", "update-interrupted"]
        }
        CrashKind::Package(_) => {
            &["dependencies-not-installed", "undeclared-dependency", "module-not-found", "update-interrupted"]
        }
        CrashKind::File(path) => of_file(path),
        CrashKind::Outside(_) | CrashKind::Option | CrashKind::Restricted => {
            &["unit-confinement", "drop-in-overrides", "node-too-old"]
        }
        CrashKind::Export(_) => &["missing-export"],
        CrashKind::Syntax => &["module-syntax-error", "node-too-old"],
        CrashKind::Format => &["module-format-mismatch"],
        CrashKind::OldNode => &["node-too-old", "node-feature-missing"],
        CrashKind::PortInUse(_) => &["port-in-use", "agent-outside-unit"],
        CrashKind::NoSpace => &["disk-full"],
        CrashKind::ReadOnly => &["permission-denied", "unit-confinement", "drop-in-overrides"],
        CrashKind::NoWatches | CrashKind::Unsettled => &["unknown-crash"],
        CrashKind::Denied => &["permission-denied", "unit-confinement", "drop-in-overrides"],
        CrashKind::Heap => &["out-of-memory"],
        CrashKind::PackageJson => {
            &["package-json-invalid", "shared-package-json-invalid", "unresolved-import", "dependencies-not-installed"]
        }
        CrashKind::NoDirectory => &["cwd-deleted", "working-directory-missing"],
        CrashKind::Other => &[],
    }
}

/// What a file that is not there can come from.
fn of_file(path: &str) -> &'static [&'static str] {
    if path.contains("apps/agent") {
        &["unit-nested-paths", "entry-point-missing", "deployment-nested"]
    } else if path.contains(documented_paths::SHARED_PACKAGE) {
        &["shared-entry-missing", "shared-package-missing", "shared-package-json-invalid", "shared-package-linked"]
    } else if path.starts_with('/') && !path.contains("bundle") {
        // Nothing of the agent's: what the unit starts or preloads.
        &["unit-confinement", "drop-in-overrides", "unit-other-command", "module-not-found"]
    } else if path.contains("/node_modules/") {
        &["dependencies-not-installed", "module-not-found", "tampered-files", "unit-other-command"]
    } else if path.ends_with("dist/index.js") {
        &["entry-point-missing", "unit-nested-paths", "deployment-missing", "deployment-nested", "update-interrupted"]
    } else if path.contains('/') {
        &["unresolved-import", "module-not-found", "tampered-files"]
    } else {
        NOT_FOUND
    }
}

/// What a line of the service manager is a sign of: its words, and the exit code that it names.
fn of_manager(line: &str) -> Vec<&'static str> {
    let of_code = exit_code(line).map(of_exit).unwrap_or_default();
    let of_signal = if is_killed(line) { &["out-of-memory", "service-stopped", "unknown-crash"][..] } else { &[] };
    let signs = SIGNS.iter().filter(|(words, _)| line.contains(words)).flat_map(|(_, ids)| *ids);
    of_code.iter().chain(of_signal).chain(signs).copied().collect()
}

/// What an exit code of systemd.exec(5) can come from.
const fn of_exit(code: u32) -> &'static [&'static str] {
    match code {
        200 => &[
            "unit-nested-paths",
            "working-directory-missing",
            "deployment-missing",
            "permission-denied",
            "unit-confinement",
            "drop-in-overrides",
        ],
        // As a shell has the signals that ended what it started.
        137 => &["out-of-memory", "service-stopped"],
        134 | 139 => &["unknown-crash", "out-of-memory"],
        126 | 127 => &["unit-other-command", "helper-command-failed", "executable-missing"],
        203 => &["executable-missing", "permission-denied", "helper-command-failed"],
        216 | 217 => &["user-missing"],
        243 => &["unit-invalid", "unit-confinement"],
        201..=245 => &["unit-confinement", "drop-in-overrides"],
        1 => &["unknown-crash", "service-crash-loop", "unit-other-command"],
        _ => &[],
    }
}

/// `status=200/CHDIR`, `Failed at step CHDIR`, or one of these by itself: `200/CHDIR`, `200`, `CHDIR`.
fn exit_code(line: &str) -> Option<u32> {
    let named = ["status=", "Failed at step "].iter().find_map(|words| line.split_once(words)).map(|(_, rest)| rest);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_');
    let word = named.unwrap_or(line).split(|c| !is_part(c)).next().filter(|word| named.is_some() || *word == line)?;
    match word.split_once('/') {
        // A signal is named in the same way: `9/KILL`.
        Some((number, name)) => number.parse().ok().filter(|code| name == "n/a" || exit_name(*code) == Some(name)),
        None => word.parse().ok().filter(|code| named.is_some() || *code >= 200).or_else(|| exit_number(word)),
    }
}

fn is_killed(line: &str) -> bool {
    ["status=9/KILL", "signal=KILL", "SIGKILL"].iter().any(|words| line.contains(words)) || line == "9/KILL"
}

/// Whether npm or pnpm says why it has not installed.
fn is_of_an_installer(line: &str) -> bool {
    ["npm ERR!", "npm error", "ERR_PNPM_"].iter().any(|words| line.contains(words))
}

/// A page of a rule or a cause, and what it quotes.
struct QuotingPage {
    id: &'static str,
    /// In small letters.
    text: String,
    errors: Vec<String>,
}

fn pages() -> Vec<QuotingPage> {
    let causes = CAUSES.iter().map(|cause| (cause.id, cause.page));
    let pages = causes.chain(RULES.iter().map(|rule| (rule.id, rule.page)));
    pages.map(|(id, page)| QuotingPage { id, text: page.to_lowercase(), errors: errors(page) }).collect()
}

/// The rules and causes whose pages quote such a line, or that text: what is quoted most, first.
fn of_pages(line: &str, pages: &[QuotingPage]) -> Vec<&'static str> {
    let said = line.to_lowercase();
    let words: Vec<_> = tokens(line).collect();
    let mut found: Vec<_> = pages
        .iter()
        .filter_map(|page| {
            let quotes = if line.chars().count() < MIN_TEXT { 0 } else { page.text.matches(&said).count() * 8 };
            let alike = page.errors.iter().map(|error| likeness(own_words(error), &words)).max().unwrap_or(0);
            Some((quotes + alike, page.id)).filter(|(score, _)| *score > 0)
        })
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, id)| id).collect()
}

/// Fewer characters stand on every page.
const MIN_TEXT: usize = 5;

/// The lines of a page that are quoted as a machine said them: those in fences. One that begins with one blank is the rest of
/// the line before, which was too long for the page.
fn errors(page: &str) -> Vec<String> {
    let lines = page.split("```").skip(1).step_by(2).flat_map(str::lines);
    let mut errors: Vec<String> = Vec::new();
    for line in lines.filter(|line| !line.trim_start().starts_with('$')) {
        let is_rest = line.starts_with(' ') && !line.starts_with("  ");
        match errors.last_mut().filter(|_| is_rest) {
            Some(before) => before.push_str(line),
            None => errors.push(line.to_owned()),
        }
    }
    errors
}

/// What begins a line whatever it says: npm 6 to 10 do not agree on it.
const BEGINNINGS: [&str; 3] = ["npm", "ERR", "error"];

/// The words of a line that another server would have as well: no paths, numbers or quotes.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let words = words.filter(|word| !BEGINNINGS.contains(word));
    words.filter(|word| word.len() > 1 && word.chars().all(|c| c.is_alphabetic() || matches!(c, '_' | '-')))
}

/// A line without the words that every program ends it in (errno(3)).
fn own_words(line: &str) -> &str {
    let line = line.trim_end();
    ["No such file or directory", "Permission denied", "Connection refused", "No space left on device"]
        .iter()
        .find_map(|words| line.strip_suffix(words))
        .unwrap_or(line)
}

/// How much a line says of what a page quotes: as many words as they share, if it has all of them. One may be a name
/// without a mark of it, and be another there.
fn likeness(error: &str, words: &[&str]) -> usize {
    let quoted: Vec<_> = tokens(error).collect();
    let is_error = quoted.len() >= 4 || quoted.iter().any(|word| is_code(word));
    let shared = quoted.iter().filter(|word| words.contains(word)).count();
    let may_lack = usize::from(quoted.len() > 4);
    if is_error && shared + may_lack >= quoted.len() { shared } else { 0 }
}

/// `EUNSUPPORTEDPROTOCOL`, `ERR_PNPM_NO_PKG_MANIFEST`.
fn is_code(word: &str) -> bool {
    word.len() > 5 && word.starts_with('E') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}
