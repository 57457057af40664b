//! The lines of the process that died, apart from those of what it had started: journald writes down who sent each line
//! (`_PID`), also where a child writes into its parent's stream (measured with systemd 247, 252 and 257).

use crate::doctor::causes::started;
use crate::doctor::facts::{Facts, JournalEntry, Speaker};

/// What the main process of a run wrote, in its order.
pub(super) fn words<'a>(facts: &Facts, run: &[&'a JournalEntry]) -> Vec<&'a JournalEntry> {
    let mut all: Vec<&JournalEntry> = run.iter().copied().filter(|entry| entry.speaker == Speaker::Agent).collect();
    if let Some(main) = main(facts, run, &all) {
        all.retain(|entry| entry.pid == Some(main));
    }
    all
}

/// The main process among those that wrote something.
fn main(facts: &Facts, run: &[&JournalEntry], all: &[&JournalEntry]) -> Option<u32> {
    let invocation = run.first().and_then(|first| first.invocation.as_deref());
    let service = facts.service.known().filter(|service| service.invocation.as_deref() == invocation);
    let wrote = |pid: &u32| all.iter().any(|entry| entry.pid == Some(*pid));
    let told = service.and_then(|service| service.main_pid.or(service.last_pid));
    if let Some(told) = told {
        // Where a shell or a package manager waits for node, node is not the main process.
        let waits = started::script_path(facts).is_none();
        if waits && let Some(node) = of_node(all, told) {
            return Some(node);
        }
        return if wrote(&told) || !waits { Some(told) } else { of_script(facts, all).or_else(|| last(all)) };
    }
    // Before exec, the manager's child has the number that the main process will have.
    let child = run.iter().find(|entry| entry.speaker == Speaker::Child).and_then(|entry| entry.pid).filter(wrote);
    child.or_else(|| of_script(facts, all)).or_else(|| first(facts, all))
}

/// The last process with which Node died, where it is not the main process: a package manager says more behind it.
fn of_node(all: &[&JournalEntry], main: u32) -> Option<u32> {
    let ended = all.iter().rev().find(|entry| super::block::version_in(&entry.message).is_some())?;
    let pid = ended.pid.filter(|pid| *pid != main)?;
    let behind = all.iter().rev().take_while(|entry| !std::ptr::eq(**entry, *ended));
    behind.into_iter().all(|entry| entry.pid == Some(main)).then_some(pid)
}

/// What the agent starts has a higher number than itself, until the numbers begin anew. Where node is started directly, a
/// process with another command line is not it, and the agent may have said nothing.
fn first(facts: &Facts, all: &[&JournalEntry]) -> Option<u32> {
    if started::script_path(facts).is_none() {
        return last(all);
    }
    let other = |pid: u32| all.iter().any(|entry| entry.pid == Some(pid) && entry.command.is_some());
    let pids = || all.iter().filter_map(|entry| entry.pid);
    pids().filter(|pid| !other(*pid)).min().or_else(|| pids().next().map(|_| NOBODY))
}

/// The number of no process: nothing that was written is the main process's.
const NOBODY: u32 = 0;

/// The process whose command line has the unit's script.
fn of_script(facts: &Facts, all: &[&JournalEntry]) -> Option<u32> {
    let command = started::unit(facts)?.unit.command()?.ok()?;
    let script = command.script()?;
    let is_it = |entry: &&&JournalEntry| {
        entry.command.as_deref().is_some_and(|line| line.split_whitespace().any(|word| word == script))
    };
    all.iter().find(is_it).and_then(|entry| entry.pid)
}

fn last(all: &[&JournalEntry]) -> Option<u32> {
    all.last().and_then(|entry| entry.pid)
}
