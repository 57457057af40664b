//! What the kernel, and what ends processes for want of memory, have said of the agent's process that died.

use crate::doctor::facts::journal::id;
use crate::doctor::facts::{Exit, Facts, JournalEntry, JournalRun, Speaker};
use crate::report::diagnosis::Evidence;

/// What is said of a process that is ended for want of memory: by the kernel (oom_kill.c; before 5.0 `Kill process`), and by
/// earlyoom.
pub(super) const WANT_OF_MEMORY: [&str; 3] = ["Killed process ", "Kill process ", "sending SIG"];
/// What the kernel says of a process that crashes (fault.c, traps.c).
pub(super) const CRASHES: [&str; 2] = ["segfault at ", "traps: "];
/// What it says of a call that a filter forbids (auditsc.c, AUDIT_SECCOMP).
pub(super) const FORBIDDEN_CALL: [&str; 1] = ["type=1326 "];
/// What it says of a file that a policy forbids.
pub(super) const POLICIES: [&str; 2] = ["avc:  denied", "apparmor=\"DENIED\""];

/// Microseconds between such a line and the end that systemd sees: earlyoom waits for ten seconds for a process that it ends.
const NEAR: u64 = 12_000_000;

/// The newest such line about the run that ended last.
pub(super) fn last_run<'a>(facts: &'a Facts, words: &[&str]) -> Option<&'a JournalEntry> {
    let run = facts.runs().into_iter().rev().find(JournalRun::died)?;
    of_run(facts, &run, words)
}

/// The newest such line about that run, which has ended.
pub(super) fn of_run<'a>(facts: &'a Facts, run: &JournalRun<'_>, words: &[&str]) -> Option<&'a JournalEntry> {
    let ends = |entry: &&&JournalEntry| [id::PROCESS_EXITED, id::SUCCEEDED, id::FAILED].iter().any(|end| entry.is(end));
    let ended = run.entries.iter().find(ends).map_or_else(|| run.end(), |entry| entry.at);
    let service = facts.service.known().filter(|service| service.invocation.as_deref() == Some(run.invocation));
    let last = service.filter(|service| !service.runs()).and_then(|service| service.last_pid);
    let own = |entry: &&&JournalEntry| entry.speaker != Speaker::Manager;
    let pids: Vec<u32> = run.entries.iter().filter(own).filter_map(|entry| entry.pid).chain(last).collect();
    // systemd counts an end by SIGTERM as success, and does not say how it was.
    let exit = run.exit().or_else(|| service.and_then(|service| service.exit));
    let telling = [id::OUT_OF_MEMORY, id::SPAWN_FAILED, id::SUCCEEDED];
    let by_signal = matches!(exit, Some(Exit::Signal(_)))
        || (exit.is_none() && run.entries.iter().any(|entry| telling.iter().any(|id| entry.is(id))));
    let is_of_it = |entry: &&JournalEntry| {
        let near = entry.at.0.abs_diff(ended.0) <= NEAR;
        near && words.iter().any(|words| entry.says(words)) && is_about(&entry.message, &pids)
    };
    facts.told_of_processes.iter().rev().find(is_of_it).filter(|_| by_signal)
}

/// The same as evidence.
pub(super) fn seen(facts: &Facts, words: &[&str]) -> Option<Evidence> {
    last_run(facts, words).map(super::evidence::journal)
}

/// Whether a line names one of these processes, or a thread of Node's.
fn is_about(message: &str, pids: &[u32]) -> bool {
    // `node[4711]: segfault at 0`, `traps: node[4711] trap`: the number is the thread's.
    let named = message.strip_prefix("traps: ").unwrap_or(message).split_once('[');
    let of_node = named.filter(|(name, _)| THREADS.contains(name));
    if of_node.is_some() && CRASHES.iter().any(|words| message.contains(words)) {
        return true;
    }
    let number = ["process ", " pid=", "["].iter().find_map(|before| {
        let (_, rest) = message.split_once(before)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    });
    number.is_some_and(|number| pids.contains(&number))
}

/// The names of Node's threads (node_platform.cc, libuv's threadpool.c, uv-common).
const THREADS: [&str; 5] = ["node", "MainThread", "node-MainThread", "libuv-worker", "V8Worker"];

/// The file in which a process crashed: `… error 4 in addon.node[7f1a+1000]`.
pub(super) fn crashed_in(entry: &JournalEntry) -> Option<&str> {
    let (_, rest) = entry.message.rsplit_once(" in ")?;
    let (file, _) = rest.split_once('[')?;
    (!file.is_empty() && !file.contains(' ')).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_the_process_that_they_are_about() {
        for (line, about) in [
            ("Out of memory: Killed process 4711 (node) total-vm:11kB, anon-rss:4712kB, UID:0", true),
            ("Memory cgroup out of memory: Killed process 4711 (node) total-vm:1kB", true),
            ("Out of memory: Kill process 4711 (node) score 812 or sacrifice child", true),
            ("Out of memory: Killed process 4712 (java) total-vm:4711kB", false),
            ("sending SIGTERM to process 4711 uid 0 \"node\": oom_score 812, VmRSS 912 MiB", true),
            ("sending SIGTERM to process 99 uid 0 \"java\": oom_score 812, VmRSS 4711 MiB", false),
            ("node[4719]: segfault at 0 ip 00007f1 sp 00007f2 error 4 in addon.node[7f1a+1000]", true),
            ("traps: node[4711] trap invalid opcode ip:1 sp:2 error:0 in node[400000+1000]", true),
            ("php[31]: segfault at 0 ip 1 sp 2 error 4 in php[1+2]", false),
            (
                "audit: type=1326 audit(1.2:3): auid=1 uid=0 pid=4711 comm=\"node\" sig=31 arch=c000003e syscall=50",
                true,
            ),
        ] {
            assert_eq!(is_about(line, &[4711]), about, "{line}");
        }
    }
}
