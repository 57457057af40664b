//! `out-of-memory`: the agent was ended for want of memory.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::CrashKind;
use super::unit_fix::{SettingSyntax, UnitChange};
use super::{crash, evidence, fix, started, told_of, unit_fix, unit_lines};
use crate::doctor::facts::journal::id;
use crate::doctor::facts::{Condition, Facts, JournalEntry, Speaker, UnitOnDisk};
use crate::report::action::Action;
use crate::report::diagnosis::{Diagnosis, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::RefusedWord;
use crate::systemd::{Assignment, Setting};

pub(super) static CAUSE: Cause = Cause {
    id: "out-of-memory",
    severity: Severity::Error,
    summary: "the agent was ended for want of memory",
    page: include_str!("../../../docs/causes/out-of-memory.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Service],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    // Of a disk, the stored journal alone tells how the last run ended.
    let dies = match facts.condition() {
        Condition::Looping | Condition::Down => true,
        Condition::Unknown => facts.runs().last().is_some_and(|run| run.died()),
        Condition::Running | Condition::Starting | Condition::Stopped => false,
    };
    if !dies {
        return None;
    }
    let killed = facts.service.known().is_some_and(|service| service.result == "oom-kill");
    let by_oomd = |entry: &JournalEntry| entry.says("systemd-oomd killed");
    let told = facts.present().into_iter().find(|entry| {
        let says_so = entry.is(id::OUT_OF_MEMORY) || entry.says("OOM killer") || by_oomd(entry);
        entry.speaker == Speaker::Manager && says_so
    });
    let heap = crash::crash(facts).filter(|crash| crash.kind == CrashKind::Heap);
    // Where the unit's own journal has no word of it: cgroups of the first version tell systemd nothing, and earlyoom is no part
    // of it.
    let machine = told_of::last_run(facts, &told_of::WANT_OF_MEMORY);
    if !killed && told.is_none() && heap.is_none() && machine.is_none() {
        return None;
    }
    let said = heap.as_ref().map(|crash| crash.headline).or(told).or(machine).map(evidence::journal);
    // What the machine had left is bounded by no line of the unit.
    let of_the_machine =
        heap.is_none() && machine.is_some_and(|said| by_earlyoom(said) || said.message.starts_with("Out of memory"));
    let limits = if of_the_machine { Vec::new() } else { limits(facts) };
    let named = told.and(machine).map(evidence::journal);
    let lines = limits.iter().map(|(key, setting)| evidence::unit_line(key, setting));
    let mut seen = said.into_iter().chain(named).chain(lines).chain(evidence::state(facts));
    let words = match heap {
        Some(_) => "The agent used up JavaScript's heap, and node ended it",
        None if told.is_some_and(by_oomd) => {
            "systemd-oomd ended the agent for want of memory, its own or that of what runs beside it"
        }
        None if !killed && told.is_none() && machine.is_some_and(by_earlyoom) => {
            "earlyoom ended the agent for want of memory: the machine's own was nearly used up"
        }
        None => "The kernel ended the agent for want of memory",
    };
    let first = seen.next()?;
    let diagnosis = CAUSE.found(facts, words, first).and(seen);
    if limits.is_empty() {
        let look = vec![command!("free", "-m"), command!("ps", "axo", "pid,rss,args", "--sort=-rss")];
        return Some(diagnosis.step(FixStep::looks("see what takes the memory", look)).step(fix::restart(facts)));
    }
    let edits: Result<Vec<Vec<Action>>, RefusedWord> =
        limits.iter().map(|(key, setting)| lift(facts, key, setting)).collect();
    let commands = edits.map(|edits| edits.into_iter().flatten().collect());
    Some(diagnosis.steps(unit_fix::step_and_restart(facts, "lift the limit that the unit sets", commands)))
}

fn by_earlyoom(said: &JournalEntry) -> bool {
    said.message.starts_with("sending SIG")
}

/// The lines of the unit that bound the agent's memory.
fn limits(facts: &Facts) -> Vec<(&'static str, Setting<'_>)> {
    let Some(unit) = started::unit(facts) else { return Vec::new() };
    let bounds = ["MemoryMax", "MemoryHigh", "MemoryLimit"];
    let mut found: Vec<_> = bounds
        .into_iter()
        .filter_map(|key| Some((key, unit.unit.setting("Service", key)?)))
        .filter(|(_, setting)| setting.value != "infinity")
        .collect();
    let heap = |setting: &Setting<'_>| setting.value.contains(HEAP);
    found.extend(unit.unit.exec_start().filter(heap).map(|setting| ("ExecStart", setting)));
    let variables = unit.unit.settings("Service", "Environment").into_iter().filter(heap);
    found.extend(variables.map(|setting| ("Environment", setting)));
    found.extend(in_files(unit));
    found
}

/// The variable with Node's options in a file of variables, where that bounds the heap.
fn in_files(unit: &UnitOnDisk) -> Option<(&'static str, Setting<'_>)> {
    unit.variables.iter().rev().find_map(|file| {
        let bounds = |found: &&Assignment| found.key == VARIABLE && found.value.contains(HEAP);
        let found = file.assignments.iter().rev().find(bounds)?;
        Some((VARIABLE, Setting { value: &found.value, file, line: found.line }))
    })
}

/// The variable with Node's options.
const VARIABLE: &str = "NODE_OPTIONS";

/// Node's option for the size of the heap, in MiB (node(1)).
const HEAP: &str = "--max-old-space-size=";

/// Takes the bound off its line.
fn lift(facts: &Facts, key: &str, setting: &Setting<'_>) -> Result<Vec<Action>, RefusedWord> {
    let without = |_: usize, word: &str| {
        let (head, rest) = word.split_once(HEAP)?;
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        Some(format!("{head}{rest}").trim_end().to_owned())
    };
    match key {
        VARIABLE => {
            let plain = |word: &str| word.trim_matches(['"', '\'']).starts_with(HEAP);
            if !setting.value.split_whitespace().all(plain) {
                return Err(RefusedWord::new(setting.value, "holds other options, too: take the one for the heap out"));
            }
            unit_lines::without_options(facts, setting)
        }
        "ExecStart" | "Environment" => {
            UnitChange::of(setting.file).word(setting.line, SettingSyntax::Words, without)?.commands(facts)
        }
        _ => unit_fix::set(facts, setting, "infinity"),
    }
}
