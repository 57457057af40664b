//! What the agent died of: the error that Node printed last, read from the journal of the present.

use super::mended;
use crate::doctor::facts::{Condition, Facts, JournalEntry, Speaker};

/// What an error says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum CrashKind {
    /// A package is not installed: its name.
    Package(String),
    /// A file is not there: its path, or the words that name it.
    File(String),
    /// A name is imported that the module of this name does not export.
    Export(String),
    /// A file does not parse.
    Syntax,
    /// A file was loaded as the other kind of module.
    Format,
    /// Something only a newer Node has.
    OldNode,
    /// Someone else listens there.
    PortInUse(Option<u16>),
    /// The disk is full.
    NoSpace,
    /// A file may not be read.
    Denied,
    /// JavaScript's heap is used up.
    Heap,
    /// A `package.json` that is none.
    PackageJson,
    /// The working directory is gone.
    NoDirectory,
    /// Anything else.
    Other,
}

/// An error that ended a run.
#[derive(Clone, Debug)]
pub(crate) struct Crash<'a> {
    /// Its first line.
    pub headline: &'a JournalEntry,
    /// The place in the agent's files that Node printed above it.
    pub place: Option<&'a JournalEntry>,
    /// What it says.
    pub kind: CrashKind,
    /// The version that Node prints below it, from 17 on.
    pub node: Option<&'a str>,
}

/// The error that the agent dies of now: nothing where it runs, was stopped, died without a word, or died of what is mended
/// since.
pub(crate) fn crash(facts: &Facts) -> Option<Crash<'_>> {
    last(facts).filter(|crash| since(facts, crash).is_none())
}

/// The error that the agent died of last, where it is mended since, and what is there now.
pub(crate) fn mended(facts: &Facts) -> Option<(Crash<'_>, String)> {
    let crash = last(facts)?;
    let now = since(facts, &crash)?;
    Some((crash, now))
}

/// What the disk and the service hold against an error: it was said before that came.
fn since(facts: &Facts, crash: &Crash<'_>) -> Option<String> {
    let died = crash.headline.at;
    match &crash.kind {
        CrashKind::Package(name) | CrashKind::File(name) => mended::restored(facts, name, died),
        CrashKind::Export(_) | CrashKind::Syntax | CrashKind::Format => {
            let place = crash.place?.message.trim_end().rsplit_once(':')?.0;
            mended::restored(facts, place.strip_prefix("file://").unwrap_or(place), died)
        }
        CrashKind::PortInUse(Some(port)) => mended::port_is_free(facts, *port),
        CrashKind::NoSpace if crash.headline.says("no space left on device") => mended::has_room(facts),
        _ => None,
    }
}

/// The error that the agent died of last.
fn last(facts: &Facts) -> Option<Crash<'_>> {
    let dies = match facts.condition() {
        Condition::Looping | Condition::Down => true,
        Condition::Unknown => facts.runs().last().is_some_and(|run| run.died()),
        Condition::Running | Condition::Starting | Condition::Stopped => false,
    };
    if !dies {
        return None;
    }
    let present = facts.present();
    let mut runs: Vec<Vec<&JournalEntry>> = Vec::new();
    for entry in present.into_iter().filter(|entry| entry.speaker == Speaker::Agent) {
        match runs.last_mut().filter(|run| run.last().is_some_and(|last| last.invocation == entry.invocation)) {
            Some(run) => run.push(entry),
            None => runs.push(vec![entry]),
        }
    }
    runs.iter().find_map(|run| of_run(run))
}

/// Node prints the error as the last thing before its own version. What stands further up, the agent's applications or
/// its own log may have said, and it did not die of that.
fn of_run<'a>(entries: &[&'a JournalEntry]) -> Option<Crash<'a>> {
    let trailer = entries.iter().rposition(|entry| version(entry).is_some());
    let above = entries.get(..trailer.unwrap_or(entries.len()))?;
    let uncaught = trailer.and_then(|_| above.iter().rposition(|entry| is_headline(&entry.message)));
    // Without the trailer the agent ended itself, or was ended: only an error that is known counts.
    let known = || above.iter().rposition(|entry| kind(&entry.message) != CrashKind::Other);
    let heap = above.iter().rposition(|entry| kind(&entry.message) == CrashKind::Heap);
    let at =
        heap.or(uncaught).or_else(known).or_else(|| above.iter().rposition(|entry| is_headline(&entry.message)))?;
    let headline = above.get(at)?;
    let before = above.get(at.saturating_sub(8)..at).unwrap_or_default();
    let place = before.iter().rev().find(|entry| is_place(&entry.message)).copied();
    let mut kind = kind(&headline.message);
    let stack = entries.iter().skip(at + 1).map(|entry| &*entry.message);
    let caller =
        stack.take_while(|line| line.starts_with([' ', '\t'])).find(|line| line.trim_start().starts_with("at "));
    if kind == CrashKind::Syntax && caller.is_some_and(|caller| !is_loader(caller)) {
        // `JSON.parse`, `new RegExp` and the like throw it too, while every file parses.
        kind = CrashKind::Other;
    }
    let node = trailer.and_then(|trailer| version(entries.get(trailer)?));
    Some(Crash { headline, place, kind, node })
}

/// The version that Node prints as the last thing before it ends, from 17 on.
fn version(entry: &JournalEntry) -> Option<&str> {
    let line: &str = &entry.message;
    line.strip_prefix("Node.js v")
}

/// Whether a line of a stack is in Node's own loading of modules.
fn is_loader(line: &str) -> bool {
    ["node:internal/", "node:vm", "internal/modules", "vm.js", "wrapSafe"].iter().any(|place| line.contains(place))
}

/// `Error: …`, `Error [CODE]: …`, `SyntaxError: …`, `Uncaught …`, at the start of a line: a stack is indented.
fn is_headline(line: &str) -> bool {
    let line = line.strip_prefix("Uncaught ").unwrap_or(line);
    let name: String = line.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '$').collect();
    let rest = line.get(name.len()..).unwrap_or_default();
    (name.ends_with("Error") || name.ends_with("Exception")) && (rest.starts_with(':') || rest.starts_with(" ["))
        || line.starts_with("FATAL ERROR: ")
        || line.starts_with("[UnhandledPromiseRejection")
}

/// `file:///…/index.js:3` or `/…/index.js:3`.
fn is_place(line: &str) -> bool {
    let number =
        line.rsplit_once(':').is_some_and(|(_, line)| !line.is_empty() && line.bytes().all(|c| c.is_ascii_digit()));
    number && (line.starts_with("file:///") || line.starts_with('/'))
}

/// What a line says, by the words of Node 12 to 24 and of libuv.
pub(crate) fn kind(line: &str) -> CrashKind {
    let has = |words: &str| line.contains(words);
    if let Some(name) = quoted_after(line, "Cannot find package ") {
        return if name.starts_with('/') { CrashKind::File(name) } else { CrashKind::Package(name) };
    }
    if has("No such built-in module") || has("Unknown builtin module") {
        return CrashKind::OldNode;
    }
    if let Some(name) = quoted_after(line, "Cannot find module ") {
        let is_path = name.starts_with(['/', '.']) || name.starts_with("file:");
        return if is_path { CrashKind::File(name) } else { CrashKind::Package(name) };
    }
    if has("does not provide an export named") || has("Named export '") {
        let module = quoted_after(line, "The requested module ").unwrap_or_default();
        return if module.starts_with("node:") { CrashKind::OldNode } else { CrashKind::Export(module) };
    }
    let format = [
        "Cannot use import statement outside a module",
        "is not defined in ES module scope",
        "Cannot use 'import.meta' outside a module",
        "Unexpected token 'export'",
        "ERR_REQUIRE_ESM",
    ];
    if format.iter().any(|words| has(words)) {
        return CrashKind::Format;
    }
    if has("Error parsing ") && has("package.json") {
        return CrashKind::PackageJson;
    }
    // `JSON.parse` throws a SyntaxError as well. It is about data, and every file of the agent may be sound.
    if has("JSON") {
        return CrashKind::Other;
    }
    if has("SyntaxError") {
        return CrashKind::Syntax;
    }
    if has("EADDRINUSE") {
        // Behind the last colon, since the address before it may be of IPv6: `address already in use :::3001`.
        let digits = line.rsplit(':').next().unwrap_or_default().trim();
        return CrashKind::PortInUse(digits.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok());
    }
    if has("ENOSPC") {
        return CrashKind::NoSpace;
    }
    if has("uv_cwd") || has("getcwd") {
        return CrashKind::NoDirectory;
    }
    if has("EACCES") || has("EPERM") {
        return CrashKind::Denied;
    }
    if has("heap out of memory") {
        return CrashKind::Heap;
    }
    if has("ERR_INVALID_PACKAGE_CONFIG") || has("Invalid package config") {
        return CrashKind::PackageJson;
    }
    if has("ERR_MODULE_NOT_FOUND") {
        return CrashKind::File("a module".to_owned());
    }
    CrashKind::Other
}

fn quoted_after(line: &str, words: &str) -> Option<String> {
    let rest = line.split_once(words)?.1;
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    rest.get(1..)?.split_once(quote).map(|(name, _)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart_by_nodes_own_words() {
        for (line, wanted) in [
            (
                "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@server-flow/shared' imported from /root/x/dist/index.js",
                CrashKind::Package("@server-flow/shared".into()),
            ),
            (
                "Error: Cannot find package '/root/x/node_modules/ws/dist/index.js'",
                CrashKind::File("/root/x/node_modules/ws/dist/index.js".into()),
            ),
            ("Error: Cannot find module '/root/x/dist/index.js'", CrashKind::File("/root/x/dist/index.js".into())),
            ("Error: Cannot find module 'ws'", CrashKind::Package("ws".into())),
            ("Error [ERR_UNKNOWN_BUILTIN_MODULE]: No such built-in module: node:sqlite", CrashKind::OldNode),
            (
                "SyntaxError: The requested module '@server-flow/shared' does not provide an export named 'PROTOCOL'",
                CrashKind::Export("@server-flow/shared".into()),
            ),
            (
                "SyntaxError: The requested module 'node:util' does not provide an export named 'styleText'",
                CrashKind::OldNode,
            ),
            ("SyntaxError: Cannot use import statement outside a module", CrashKind::Format),
            (
                "ReferenceError: require is not defined in ES module scope, you can use import instead",
                CrashKind::Format,
            ),
            ("SyntaxError: Unexpected token '='", CrashKind::Syntax),
            ("Error: listen EADDRINUSE: address already in use 0.0.0.0:3001", CrashKind::PortInUse(Some(3001))),
            ("Error: listen EADDRINUSE: address already in use :::3001", CrashKind::PortInUse(Some(3001))),
            ("Error: ENOSPC: no space left on device, write", CrashKind::NoSpace),
            ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", CrashKind::Heap),
            ("Error: ENOENT: no such file or directory, uv_cwd", CrashKind::NoDirectory),
            ("TypeError: x is not a function", CrashKind::Other),
            ("SyntaxError: Unexpected end of JSON input", CrashKind::Other),
            ("SyntaxError: Error parsing /root/x/package.json: Unexpected token", CrashKind::PackageJson),
        ] {
            assert_eq!(kind(line), wanted, "{line}");
        }
    }

    #[test]
    fn headlines_are_not_stacks_or_logs() {
        for (line, wanted) in [
            ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x'", true),
            ("TypeError: x is not a function", true),
            ("Uncaught Error: x", true),
            ("    at Object.<anonymous> (/x.js:1:7)", false),
            ("[app] Error: connect ECONNREFUSED 127.0.0.1:5432", false),
            ("  code: 'ERR_MODULE_NOT_FOUND'", false),
        ] {
            assert_eq!(is_headline(line), wanted, "{line}");
        }
    }
}
