//! What is found out at the same time: on threads, as far as there are any.

use std::thread;

/// What is found out beside something else.
pub(super) enum Beside<'scope, T> {
    /// On a thread.
    Thread(thread::ScopedJoinHandle<'scope, T>),
    /// It is here: there was no thread to be had, as on a server whose processes multiply.
    Done(T),
}

/// Finds something out on a thread of its own, or where none can be started, before it returns.
pub(super) fn beside<'scope, T: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    work: impl Fn() -> T + Copy + Send + 'scope,
) -> Beside<'scope, T> {
    thread::Builder::new().spawn_scoped(scope, work).map_or_else(|_| Beside::Done(work()), Beside::Thread)
}

/// What came of it; `otherwise` where a thread came to grief.
pub(super) fn joined<T>(found: Beside<'_, T>, otherwise: T) -> T {
    match found {
        Beside::Thread(thread) => thread.join().unwrap_or(otherwise),
        Beside::Done(found) => found,
    }
}
