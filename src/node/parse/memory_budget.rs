//! The memory that files which are parsed at the same time share: a file waits until there is enough for its tree.

use std::sync::{Condvar, Mutex, PoisonError};

/// Most bytes that the trees of the files that are being parsed take together.
const BUDGET: usize = 220 << 20;

/// The memory that the threads share for their trees.
pub(super) struct MemoryBudget {
    left: Mutex<usize>,
    freed: Condvar,
}

/// Some of it, given back when it is dropped.
pub(super) struct HeldMemory<'b>(&'b MemoryBudget, usize);

impl Default for MemoryBudget {
    fn default() -> Self {
        Self { left: Mutex::new(BUDGET), freed: Condvar::new() }
    }
}

impl MemoryBudget {
    /// Takes so many bytes, and waits until there are as many; nothing where there never will be.
    pub(super) fn take(&self, bytes: usize) -> Option<HeldMemory<'_>> {
        if bytes > BUDGET {
            return None;
        }
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = self.freed.wait_while(left, |left| *left < bytes).unwrap_or_else(PoisonError::into_inner);
        *left -= bytes;
        Some(HeldMemory(self, bytes))
    }
}

impl Drop for HeldMemory<'_> {
    fn drop(&mut self) {
        let Self(budget, bytes) = *self;
        *budget.left.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
        budget.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_shared_and_given_back() {
        let budget = MemoryBudget::default();
        assert!(budget.take(BUDGET + 1).is_none());
        let held = budget.take(BUDGET).unwrap();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| budget.take(1).is_some());
            assert!(!other.is_finished());
            drop(held);
            assert!(other.join().unwrap());
        });
        assert_eq!(*budget.left.lock().unwrap(), BUDGET);
    }
}
