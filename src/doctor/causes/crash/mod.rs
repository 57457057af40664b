//! What the agent died of: what the dying process said last, read from the journal of the present.
//!
//! A known word in an earlier line, or in the output of what the agent starts, is never enough: the lines are those of the
//! process that died, the end is theirs, and how it ended must fit.

mod block;
mod farewell;
mod kind;
mod process;

pub(crate) use block::absent_file;
pub(crate) use kind::{CrashKind, quoted};

use crate::doctor::causes::{mended, started};
use crate::doctor::facts::journal::id;
use crate::doctor::facts::{Condition, Exit, Facts, JournalEntry, Moment, Speaker};
use kind::kind;

/// An error that ended a run.
#[derive(Clone, Debug)]
pub(crate) struct Crash<'a> {
    /// Its first line.
    pub headline: &'a JournalEntry,
    /// What that line says: of a logger's JSON, the error's words.
    pub text: String,
    /// The place in the agent's files that Node printed above it.
    pub place: Option<&'a JournalEntry>,
    /// What it says.
    pub kind: CrashKind,
    /// The module that asked for what is not there; nothing where nobody did, as of the script that Node is told to start.
    pub asked_by: Option<&'a str>,
    /// The version that Node prints below it, from 17 on.
    pub node: Option<&'a str>,
    /// Who says so.
    pub told_by: CrashToldBy,
}

/// Who says what a process died of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CrashToldBy {
    /// Node, in the block that it prints of what nobody caught.
    Node,
    /// The process itself, which then ended: its last words, whatever they are about.
    LastWords,
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
        CrashKind::NoSpace if crash.text.contains("no space left on device") => mended::has_room(facts),
        _ => None,
    }
}

/// The error that the agent died of last.
fn last(facts: &Facts) -> Option<Crash<'_>> {
    let dies = match facts.condition() {
        Condition::Looping | Condition::Down => true,
        Condition::Unknown => facts.runs().last().is_some_and(|run| run.died() && !run.ended_well()),
        Condition::Running | Condition::Starting | Condition::Stopped => false,
    };
    if !dies {
        return None;
    }
    let mut runs: Vec<Vec<&JournalEntry>> = Vec::new();
    for entry in facts.present() {
        match runs.iter_mut().find(|run| run.first().is_some_and(|first| first.invocation == entry.invocation)) {
            Some(run) => run.push(entry),
            None => runs.push(vec![entry]),
        }
    }
    // The journal may have lost the words of the newest death: an older one that ended alike speaks for it.
    let newest = runs.iter().find_map(|run| Some((exit(run)?, run)));
    let alike = |run: &&Vec<&JournalEntry>| match (&newest, exit(run)) {
        (Some((newest, _)), Some(exit)) => *newest == exit,
        _ => true,
    };
    runs.iter().filter(alike).find_map(|run| of_run(facts, run))
}

/// The error by which processes die again and again that the agent that runs has started, where two or more have: a cluster's
/// workers. The newest of them.
pub(crate) fn of_children(facts: &Facts) -> Option<Crash<'_>> {
    let main = facts.process.known()?.as_ref()?.pid;
    let own = |entry: &&JournalEntry| entry.speaker == Speaker::Agent && entry.pid.is_some_and(|pid| pid != main);
    let all: Vec<&JournalEntry> = facts.present().into_iter().filter(own).collect();
    let mut pids: Vec<u32> = all.iter().filter_map(|entry| entry.pid).collect();
    pids.dedup();
    let crashes = pids.iter().rev().take(MAX_OF_CHILDREN).filter_map(|pid| {
        let said: Vec<&JournalEntry> = all.iter().copied().filter(|entry| entry.pid == Some(*pid)).collect();
        let lines: Vec<&str> = said.iter().map(|entry| entry.message.as_str()).collect();
        let block = block::block(&lines).filter(|block| block.version.is_some())?;
        of_headline(facts, &said, block.headline, block.place, block.version)
    });
    let crashes: Vec<Crash<'_>> = crashes.collect();
    let newest = crashes.first()?;
    let alike = crashes.iter().filter(|crash| crash.headline.message == newest.headline.message);
    let own_file = newest.place.is_some_and(|place| place.message.contains(facts.places.bundle.as_str()))
        || newest.asked_by.is_some_and(|by| by.contains(facts.places.bundle.as_str()));
    ((alike.count() > 1 || waits_for_a_change(facts).is_some()) && own_file).then(|| newest.clone())
}

/// What `node --watch` says where what it has started has died: it starts it again once a file changes (nodejs.org,
/// `--watch`).
pub(crate) fn waits_for_a_change(facts: &Facts) -> Option<&JournalEntry> {
    let main = facts.process.known()?.as_ref()?.pid;
    let own = |entry: &&JournalEntry| entry.speaker == Speaker::Agent && entry.pid == Some(main);
    let last = facts.present().into_iter().filter(own).max_by_key(|entry| entry.at)?;
    last.message.starts_with("Failed running ").then_some(last)
}

/// Processes that are looked at of those that the agent has started.
const MAX_OF_CHILDREN: usize = 20;

/// The line with which the process that ended last has ended its output, right before its end.
pub(crate) fn said_last(facts: &Facts) -> Option<&JournalEntry> {
    let run = facts.runs().into_iter().rev().find(|run| run.died() || end(&run.entries).is_some())?;
    let said = process::words(facts, &run.entries);
    let lines: Vec<&str> = said.iter().map(|entry| entry.message.as_str()).collect();
    let last = said.get(farewell::farewell(&lines)?.at).copied()?;
    let ended = run.entries.iter().find(|entry| entry.speaker == Speaker::Manager && entry.at >= last.at);
    ended.is_some_and(|ended| is_near(last.at, ended.at)).then_some(last)
}

/// The first line of what the last run died of, whether its end counts as a failure or not.
pub(crate) fn ended_with_words(facts: &Facts) -> Option<&JournalEntry> {
    let run = facts.runs().pop()?;
    of_run(facts, &run.entries).map(|crash| crash.headline)
}

/// How the main process of a run ended, and when.
fn end<'a>(run: &[&'a JournalEntry]) -> Option<&'a JournalEntry> {
    run.iter().rev().find(|entry| entry.ends_main()).copied()
}

fn exit(run: &[&JournalEntry]) -> Option<Exit> {
    end(run).and_then(|entry| entry.exit)
}

/// What ended one run.
fn of_run<'a>(facts: &Facts, run: &[&'a JournalEntry]) -> Option<Crash<'a>> {
    let mut said = process::words(facts, run);
    let invocation = run.first().and_then(|first| first.invocation.as_deref());
    let service = facts.service.known().filter(|service| service.invocation.as_deref() == invocation);
    // systemd writes down no end that it counts as success, such as one by SIGTERM.
    let well = run.iter().any(|entry| entry.is(id::SUCCEEDED)).then_some(Exit::Code(0));
    let exit = exit(run).or_else(|| service.and_then(|service| service.exit)).or(well);
    // V8 and a debugger's hook may say more behind it; what Node says of a signal's end is nothing.
    let lines = |said: &[&'a JournalEntry]| said.iter().map(|entry| entry.message.as_str()).collect::<Vec<&'a str>>();
    if let Some(Exit::Signal(signal)) = exit {
        // abort(3), or the trap that V8 sets instead.
        if !matches!(signal, 4..=6) {
            return None;
        }
        if let Some(at) = block::fatal(&lines(&said)) {
            return of_headline(facts, &said, at, None, None);
        }
        let block = block::aborted(&lines(&said))?;
        return of_headline(facts, &said, block.headline, block.place, block.version);
    }
    if exit == Some(Exit::Code(0)) {
        return None;
    }
    let ended = end(run).map(|entry| entry.at);
    let is_last = |entry: &&JournalEntry| ended.is_none_or(|ended| is_near(entry.at, ended));
    // What was written long before the end is not about it, however much it looks like an end.
    let block = said.last().filter(|last| is_last(last)).and_then(|_| block::block(&lines(&said)));
    if let Some(block) = block.filter(|block| is_of_node(exit) && !is_of_others(facts, &said, block)) {
        return of_headline(facts, &said, block.headline, block.place, block.version);
    }
    if exit == Some(Exit::Code(UNSETTLED)) {
        // Node says nothing then, or warns of it: whatever the agent has said before is about something else.
        let warned = said.iter().rev().find(|entry| entry.says("unsettled top-level await")).copied();
        let headline = warned.or(end(run))?;
        return Some(Crash { kind: CrashKind::Unsettled, ..of_last_words(headline, headline.message.clone()) });
    }
    // With 9 nothing but Node ends that has said so under its own name.
    let refused = said.last().copied().filter(|last| exit == Some(Exit::Code(9)) && block::is_of_node(&last.message));
    if let Some(headline) = refused {
        return Some(Crash { kind: CrashKind::Option, ..of_last_words(headline, headline.message.clone()) });
    }
    let claimed = block.and_then(|block| said.get(block.headline).copied());
    said.retain(|entry| is_last(entry));
    let last = match claimed {
        Some(headline) => of_last_words(headline, headline.message.clone()),
        None => {
            let last = farewell::farewell(&lines(&said))?;
            of_last_words(said.get(last.at).copied()?, last.text)
        }
    };
    let kind = borne_out(facts, quoted(&last.text));
    Some(Crash { kind, ..last })
}

/// Whether a block is about code that is not the agent's alone: a program's output that the agent passes on, or an error that it
/// prints of one. What an option of Node's loads is the agent's, wherever it is.
fn is_of_others(facts: &Facts, said: &[&JournalEntry], block: &block::FatalBlock) -> bool {
    let own = |path: &str| {
        let folders = [&facts.places.bundle, &facts.deployment.path].into_iter().cloned();
        let real = facts.deployment.inspected().map(|inspected| inspected.report.path.clone());
        let script = started::script_path(facts);
        let parent = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let beside = script.as_deref().and_then(parent).and_then(|folder| parent(&folder));
        let mut folders = folders.chain(real).chain(beside).filter(|folder| !folder.is_empty());
        // Node writes what the links on the way lead to.
        let name = facts.places.bundle.rsplit('/').next().unwrap_or_default();
        folders.any(|folder| started::is_below(path, &folder))
            || script.as_deref() == Some(path)
            || path.contains(&format!("/{name}/"))
    };
    let lines = said.iter().skip(block.place.unwrap_or(block.headline)).map(|entry| entry.message.as_str());
    let mut paths = lines.filter_map(block::path_in).peekable();
    let preloads = ["--require", "--import", "--loader", "--experimental-loader", "-r "];
    let says = |text: &str| preloads.iter().any(|option| text.contains(option));
    let unit = started::unit(facts);
    let is_preloaded =
        unit.is_none_or(|unit| unit.unit.files.iter().any(|file| says(&file.text)) || !unit.variables.is_empty());
    paths.peek().is_some() && !is_preloaded && facts.manager_options.is_none() && !paths.any(own)
}

/// What Node ends with where an `await` at the top level of a module waits for what nothing will ever settle (nodejs.org,
/// "Process exit codes").
const UNSETTLED: u32 = 13;

/// Whether Node ends so behind a block of its own: 1 of what nobody caught, 6 where its handler is none, 9 of an option that it
/// refuses. With 7 it ends where a handler throws in its turn, but any program may: that block is then one that it may have
/// printed for something else.
const fn is_of_node(exit: Option<Exit>) -> bool {
    matches!(exit, None | Some(Exit::Code(1 | 6 | 9)))
}

fn of_last_words(headline: &JournalEntry, text: String) -> Crash<'_> {
    Crash {
        headline,
        text,
        place: None,
        kind: CrashKind::Other,
        asked_by: None,
        node: None,
        told_by: CrashToldBy::LastWords,
    }
}

/// Microseconds between the last words of a process and its end: Node, or a handler that prints and exits, takes no longer.
const NEAR: u64 = 1_000_000;

fn is_near(a: Moment, b: Moment) -> bool {
    a.0.abs_diff(b.0) <= NEAR
}

/// The crash that Node itself printed.
fn of_headline<'a>(
    facts: &Facts,
    said: &[&'a JournalEntry],
    at: usize,
    place: Option<usize>,
    version: Option<usize>,
) -> Option<Crash<'a>> {
    let headline = said.get(at).copied()?;
    let below = || said.iter().skip(at + 1).map(|entry| entry.message.as_str());
    let mut kind = if is_option(&headline.message) { CrashKind::Option } else { kind(&headline.message) };
    // What was to be parsed may be quoted over several lines.
    let caller =
        below().take(MAX_OF_LIST).find(|line| line.starts_with([' ', '\t']) && line.trim_start().starts_with("at "));
    if kind == CrashKind::Syntax && caller.is_some_and(|caller| !is_loader(caller)) {
        // `JSON.parse`, `new RegExp` and the like throw it too, while every file parses.
        kind = CrashKind::Other;
    }
    if let CrashKind::Package(name) | CrashKind::File(name) = &kind
        && is_outside(facts, name, asked_by(&headline.message, below()))
    {
        kind = CrashKind::Outside(name.clone());
    }
    let place = place.and_then(|place| said.get(place).copied()).filter(|place| place.message.starts_with(['/', 'f']));
    let node = version.and_then(|version| block::version_in(&said.get(version)?.message));
    let text = if headline.message.starts_with(block::HINT) {
        "what was thrown has no text, as of a symbol".to_owned()
    } else if headline.message.starts_with("Error: The module '") {
        // Node says of a native addon over five lines that it was built for another Node.
        let lines = below().take_while(|line| !line.trim_start().starts_with("at ")).take(MAX_OF_ADDON);
        std::iter::once(headline.message.as_str()).chain(lines).collect::<Vec<_>>().join(" ")
    } else if headline.message.ends_with(['[', '{', ':']) {
        // A list, or what follows a colon, is what it is about: of a schema's error, and of an assertion's.
        let lines = below().take_while(|line| !line.trim_start().starts_with("at ")).take(MAX_OF_LIST).map(str::trim);
        let whole = std::iter::once(headline.message.as_str()).chain(lines).collect::<Vec<_>>().join(" ");
        whole.chars().take(MAX_OF_TEXT).collect()
    } else {
        // `  #  Assertion failed: …`, of Node's own.
        headline.message.trim_start_matches([' ', '#']).to_owned()
    };
    let asked_by = asked_by(&headline.message, below());
    Some(Crash { headline, text, place, kind, asked_by, node, told_by: CrashToldBy::Node })
}

/// Lines of a list that are shown with an error's first line, and characters of all of them.
const MAX_OF_LIST: usize = 12;
const MAX_OF_TEXT: usize = 240;

/// Lines with which Node goes on about a native addon that was built for another version (node.cc, `DLOpen`).
const MAX_OF_ADDON: usize = 5;

fn is_option(line: &str) -> bool {
    let lacks_value = block::is_of_node(line) && line.ends_with(" requires an argument");
    lacks_value
        || line.contains(": bad option: ")
        || line.ends_with("is not allowed in NODE_OPTIONS")
        || absent_file(line).is_some()
}

/// Whether a line of a stack is in Node's own loading of modules.
fn is_loader(line: &str) -> bool {
    ["node:internal/", "node:vm", "internal/modules", "vm.js", "wrapSafe"].iter().any(|place| line.contains(place))
}

/// The module that asked for another: `imported from /x.js`, or the first line of the `Require stack:`.
fn asked_by<'a>(headline: &'a str, mut below: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let named = headline.split_once(" imported from ").map(|(_, path)| path.trim_end());
    named.or_else(|| {
        below.find(|line| line.starts_with("Require stack:"))?;
        below.next()?.strip_prefix("- ")
    })
}

/// Whether a module that cannot be found was not asked for by the bundle: by an option of Node's, or by what that loaded.
fn is_outside(facts: &Facts, name: &str, by: Option<&str>) -> bool {
    let within = |path: &str| {
        let path = path.strip_prefix("file://").unwrap_or(path);
        let script = started::script_path(facts);
        let folders = [&facts.places.bundle, &facts.deployment.path];
        folders.iter().any(|folder| started::is_below(path, folder)) || script.as_deref() == Some(path)
    };
    match by {
        Some("internal/preload") => true,
        // `--import` is resolved from the working directory, which Node writes with a `/` at its end.
        Some(by) => !within(by) || by.ends_with('/'),
        None => name.starts_with('/') && !within(name) && started::script_path(facts).is_some(),
    }
}

/// What a process claims of its own end, where the server bears it out: what it quotes, it may have lived with.
fn borne_out(facts: &Facts, kind: CrashKind) -> CrashKind {
    let broken = facts.deployment.would_start() == Some(false);
    let holds = match &kind {
        CrashKind::Package(_)
        | CrashKind::File(_)
        | CrashKind::Export(_)
        | CrashKind::Syntax
        | CrashKind::Format
        | CrashKind::PackageJson => broken,
        CrashKind::PortInUse(port) => {
            let main = facts.service.known().and_then(|service| service.main_pid);
            let taken = facts.listeners.known().into_iter().flatten();
            taken.into_iter().any(|taken| Some(taken.port) == *port && (taken.pid.is_none() || taken.pid != main))
        }
        CrashKind::NoSpace => {
            facts.volumes.iter().any(|volume| volume.free < (1 << 20) || volume.free_inodes == Some(0))
        }
        CrashKind::Denied | CrashKind::NoWatches | CrashKind::ReadOnly => true,
        CrashKind::Outside(_)
        | CrashKind::OldNode
        | CrashKind::Heap
        | CrashKind::NoDirectory
        | CrashKind::Option
        | CrashKind::Restricted => false,
        CrashKind::Unsettled | CrashKind::Other => true,
    };
    if holds { kind } else { CrashKind::Other }
}
