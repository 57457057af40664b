//! Inflates sized members on several threads, and gives their contents in the order of the file.

use super::sized_member::MemberInflater;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Most threads; beyond these the walk over what they make takes longer than they do.
const MAX_THREADS: usize = 4;
/// Members that a thread may have before the first of them is asked for.
const AHEAD_OF_A_THREAD: usize = 2;

/// A member that was inflated.
pub(super) struct InflatedMember {
    /// Its bytes in the file.
    pub member: Vec<u8>,
    /// Where it ends in the file.
    pub end: u64,
    /// What is in it; nothing where it is not what its header says.
    pub content: Option<Vec<u8>>,
}

/// A member and a buffer for its content.
type Job = (Vec<u8>, Vec<u8>);

/// One thread. What it is given comes back in that order.
struct Inflating {
    give: SyncSender<Job>,
    come: Receiver<(Vec<u8>, Option<Vec<u8>>)>,
    thread: JoinHandle<()>,
}

/// The threads.
pub(super) struct MemberPool {
    threads: Vec<Inflating>,
    /// Which thread has each member that was given, and where the member ends in the file; the first of the file first.
    given: VecDeque<(usize, u64)>,
    /// Which thread is given the next.
    next: usize,
}

impl MemberPool {
    /// Starts a thread for each core; nothing where they would not work side by side.
    pub(super) fn start() -> Option<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..cores.min(MAX_THREADS)).filter_map(|_| start()).collect();
        (threads.len() > 1).then_some(Self { threads, given: VecDeque::new(), next: 0 })
    }

    /// Whether another member can be given before one is asked for.
    pub(super) fn has_room(&self) -> bool {
        self.given.len() < self.threads.len() * AHEAD_OF_A_THREAD
    }

    /// Gives a member that ends at `end` in the file to a thread. `out` is used for its content if it is large enough.
    pub(super) fn give(&mut self, member: Vec<u8>, end: u64, out: Vec<u8>) {
        let Some(thread) = self.threads.get(self.next) else { return };
        // A thread that has stopped gives nothing back, which is seen when it is asked.
        let _ = thread.give.send((member, out));
        self.given.push_back((self.next, end));
        self.next = (self.next + 1) % self.threads.len();
    }

    /// The first member of those that were given; nothing where there is none, or its thread has stopped.
    pub(super) fn take(&mut self) -> Option<InflatedMember> {
        let (thread, end) = self.given.pop_front()?;
        let (member, content) = self.threads.get(thread)?.come.recv().ok()?;
        Some(InflatedMember { member, end, content })
    }

    /// Whether nothing was given that has not been taken.
    pub(super) fn is_idle(&self) -> bool {
        self.given.is_empty()
    }
}

impl Drop for MemberPool {
    fn drop(&mut self) {
        for Inflating { give, come, thread } in self.threads.drain(..) {
            drop((give, come));
            let _ = thread.join();
        }
    }
}

fn start() -> Option<Inflating> {
    let (give, given) = sync_channel::<Job>(AHEAD_OF_A_THREAD);
    let (made, come) = sync_channel(AHEAD_OF_A_THREAD);
    let work = move || {
        let mut inflater = MemberInflater::new();
        for (member, out) in given {
            let content = inflater.inflate(&member, out);
            if made.send((member, content)).is_err() {
                return;
            }
        }
    };
    let thread = thread::Builder::new().name("inflate".to_owned()).spawn(work).ok()?;
    Some(Inflating { give, come, thread })
}
