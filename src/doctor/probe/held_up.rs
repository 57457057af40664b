//! Whether an event loop waits for something else than its connections: nothing comes meanwhile that would show it.

use crate::doctor::questions::Server;
use crate::text;
use std::collections::BTreeSet;

/// Milliseconds in which a thread that turns has come back to its loop.
const TIME_TO_TURN: u64 = 2000;
/// Threads that are looked at: Node has some ten, and one for each worker.
const MAX_THREADS: usize = 200;

/// What the main thread of a process has waited for all the time, while no thread waits for any of these sockets; nothing
/// where one does, or where the kernel does not tell (proc(5), `/proc/PID/syscall`).
#[must_use]
pub(super) fn held_up(server: &dyn Server, pid: u32, sockets: &BTreeSet<u64>) -> Option<String> {
    if sockets.is_empty() || thread(server, pid, pid, sockets) != ThreadWait::Elsewhere {
        return None;
    }
    // A worker's loop may hold the connection. One that runs at this moment may come back to it.
    let threads = server.list(&format!("/proc/{pid}/task")).ok()?;
    let mut others = threads.iter().filter_map(|name| name.parse().ok()).take(MAX_THREADS);
    if others.any(|other| thread(server, pid, other, sockets) != ThreadWait::Elsewhere) {
        return None;
    }
    // The same numbers by other names: what is recorded of a server has one answer to a question.
    let before = switches(server, &format!("/proc/{pid}/status"))?;
    server.effort(pid, TIME_TO_TURN).ok()?;
    let after = switches(server, &format!("/proc/{pid}/task/{pid}/status"))?;
    if before != after {
        return None;
    }
    let waits = server.read(&format!("/proc/{pid}/wchan"), 256).unwrap_or_default();
    let waits = text::printable(String::from_utf8_lossy(&waits).trim()).into_owned();
    // Of a hardened kernel it is `0`.
    Some(if waits.is_empty() || waits == "0" { "a system call".to_owned() } else { waits })
}

/// What a thread does at this moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ThreadWait {
    /// It waits for one of the sockets.
    There,
    /// It waits for something else.
    Elsewhere,
    /// It does not wait, or that cannot be seen.
    NotSeen,
}

fn thread(server: &dyn Server, pid: u32, thread: u32, sockets: &BTreeSet<u64>) -> ThreadWait {
    let Ok(said) = server.read(&format!("/proc/{pid}/task/{thread}/syscall"), 512) else { return ThreadWait::NotSeen };
    let said = String::from_utf8_lossy(&said).into_owned();
    // `281 0xe 0x7ffe…`: the number of the call and its arguments; `running`, and -1 where it is stopped outside of one.
    let mut words = said.split_whitespace();
    if words.next().and_then(|number| number.parse::<u32>().ok()).is_none() {
        return ThreadWait::NotSeen;
    }
    let first = words.next().and_then(|word| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok());
    // Whatever the call is named on this machine: a set that is waited for is its first argument (epoll_wait(2)).
    let Some(set) = first.and_then(|first| u16::try_from(first).ok()) else { return ThreadWait::Elsewhere };
    let Ok(listed) = server.read(&format!("/proc/{pid}/fdinfo/{set}"), 256 << 10) else { return ThreadWait::Elsewhere };
    let listed = String::from_utf8_lossy(&listed).into_owned();
    // `tfd:       20 events:       19 data: …`
    let mut members = listed.lines().filter_map(|line| line.strip_prefix("tfd:")?.split_whitespace().next());
    let is_one = |member: &str| {
        let target = server.target(&format!("/proc/{pid}/fd/{member}")).unwrap_or_default();
        let inode = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')?.parse().ok());
        inode.is_some_and(|inode: u64| sockets.contains(&inode))
    };
    if members.any(is_one) { ThreadWait::There } else { ThreadWait::Elsewhere }
}

/// How often the thread has gone to sleep by itself so far (proc(5), `/proc/PID/status`).
fn switches(server: &dyn Server, path: &str) -> Option<u64> {
    let status = server.read(path, 16 << 10).ok()?;
    let status = String::from_utf8_lossy(&status).into_owned();
    status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::recording::Recorded;

    fn server(thread: &str, worker: &str, after: u32) -> Recorded<'static> {
        let lines = [
            ("read /proc/7/task/7/syscall", serde_json::json!(thread)),
            ("read /proc/7/task/9/syscall", serde_json::json!(worker)),
            ("list /proc/7/task", serde_json::json!(["7", "9"])),
            ("read /proc/7/fdinfo/14", serde_json::json!("pos:\t0\ntfd:       20 events:       19 data: 14\n")),
            ("read /proc/7/fdinfo/22", serde_json::json!("pos:\t0\ntfd:       23 events:       19 data: 17\n")),
            ("target /proc/7/fd/20", serde_json::json!("socket:[555]")),
            ("target /proc/7/fd/23", serde_json::json!("pipe:[556]")),
            ("read /proc/7/status", serde_json::json!("voluntary_ctxt_switches:\t11\n")),
            ("read /proc/7/task/7/status", serde_json::json!(format!("voluntary_ctxt_switches:\t{after}\n"))),
            ("effort 7", serde_json::json!({ "ran": 0, "paused": true })),
            ("read /proc/7/wchan", serde_json::json!("futex_do_wait")),
        ];
        let text: Vec<String> =
            lines.iter().map(|(ask, ok)| serde_json::json!({ "ask": ask, "ok": ok }).to_string()).collect();
        Recorded::parse(text.join("\n")).unwrap()
    }

    #[test]
    fn a_loop_that_waits_for_its_connections_is_told_from_one_that_is_held_up() {
        let (own, other, lock) = ("281 0xe 0x7ffe 0x400\n", "281 0x16 0x7ffe 0x400\n", "202 0x11f022e0 0x189 0x0\n");
        for (thread, worker, after, held) in [
            (own, lock, 11, None),
            (lock, lock, 11, Some("futex_do_wait")),
            // `execSync` has a loop of its own.
            (other, lock, 11, Some("futex_do_wait")),
            // A worker's loop holds the connection, or may.
            (lock, own, 11, None),
            (lock, "running\n", 11, None),
            ("running\n", lock, 11, None),
            // It has been elsewhere meanwhile.
            (lock, lock, 12, None),
        ] {
            let found = held_up(&server(thread, worker, after), 7, &BTreeSet::from([555]));
            assert_eq!(found.as_deref(), held, "{thread} {worker} {after}");
        }
        assert_eq!(held_up(&server(lock, lock, 11), 7, &BTreeSet::new()), None);
    }
}
