//! Hashes what files of an archive hold: the first of them where the archive is walked, the rest on threads beside it, in
//! batches, so that many small files cost no more to hand over than a large one.

use crate::tree::nodes::FileId;
use sha2::{Digest, Sha256};
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// How many bytes are hashed before threads are started. Few in a debug build, so that tests of short archives go through
/// the threads as well.
const ALONE: u64 = if cfg!(debug_assertions) { 2 << 10 } else { 2 << 20 };
/// Bytes of a batch: to wake a thread takes longer than to hash a small file.
const BATCH: usize = if cfg!(debug_assertions) { 4 << 10 } else { 256 << 10 };
/// Most files of a batch.
const MAX_PARTS: usize = 512;
/// Most batches that wait to be hashed, all threads together. A large file is one thread's work, so that what follows it must be
/// read meanwhile for the others to have any.
const MAX_WAITING: usize = if cfg!(debug_assertions) { 6 } else { 32 };
/// Most threads; beyond these inflating takes longer than they do.
const MAX_THREADS: usize = 4;

/// The SHA-256 of a file.
pub(super) type FileDigest = (FileId, [u8; 32]);

/// Hashes files, one after the other.
#[derive(Default)]
pub(super) struct ContentHashing {
    /// The file at hand, where it is hashed here.
    here: Option<Sha256>,
    /// Bytes that were hashed here before the file at hand.
    alone: u64,
    threads: HashThreads,
}

#[derive(Default)]
enum HashThreads {
    /// None was needed so far.
    #[default]
    NotYet,
    /// None can be had.
    Unavailable,
    Started(Box<HashingThreads>),
}

impl ContentHashing {
    /// Begins a file. One whose sum is wanted at its end is hashed here.
    pub(super) fn begin(&mut self, size: u64, wanted: SumWanted) {
        if wanted == SumWanted::Later && self.alone >= ALONE && matches!(self.threads, HashThreads::NotYet) {
            self.threads = HashingThreads::start()
                .map_or(HashThreads::Unavailable, |threads| HashThreads::Started(Box::new(threads)));
        }
        let is_beside = wanted == SumWanted::Later && matches!(self.threads, HashThreads::Started(_));
        self.here = (!is_beside).then(Sha256::new);
        self.alone = self.alone.saturating_add(if is_beside { 0 } else { size });
    }

    /// Takes in what comes next of the file.
    ///
    /// # Errors
    /// Where a thread has stopped.
    pub(super) fn update(&mut self, bytes: &[u8]) -> io::Result<()> {
        match (&mut self.here, &mut self.threads) {
            (Some(hasher), _) => hasher.update(bytes),
            (None, HashThreads::Started(threads)) => threads.update(bytes)?,
            (None, HashThreads::NotYet | HashThreads::Unavailable) => {}
        }
        Ok(())
    }

    /// Ends the file. Its sum, where it was hashed here.
    ///
    /// # Errors
    /// Where a thread has stopped.
    pub(super) fn end(&mut self, file: FileId) -> io::Result<Option<[u8; 32]>> {
        if let Some(hasher) = self.here.take() {
            return Ok(Some(hasher.finalize().into()));
        }
        if let HashThreads::Started(threads) = &mut self.threads {
            threads.end(file)?;
        }
        Ok(None)
    }

    /// The sums that the threads have made so far.
    pub(super) fn come(&mut self) -> Vec<FileDigest> {
        match &mut self.threads {
            HashThreads::Started(threads) => threads.come(),
            HashThreads::NotYet | HashThreads::Unavailable => Vec::new(),
        }
    }

    /// The sums of all files that have ended and whose sums have not come.
    ///
    /// # Errors
    /// Where a thread has stopped.
    pub(super) fn settle(&mut self) -> io::Result<Vec<FileDigest>> {
        match &mut self.threads {
            HashThreads::Started(threads) => threads.settle(),
            HashThreads::NotYet | HashThreads::Unavailable => Ok(Vec::new()),
        }
    }
}

/// When the sum of a file is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SumWanted {
    /// At its end.
    AtItsEnd,
    /// Sometime.
    Later,
}

/// The next bytes of a file within a batch.
struct Part {
    length: usize,
    /// Which file ends with them; nothing where it goes on in the next batch.
    ends: Option<FileId>,
}

/// What is handed over at once. A file that goes on in the next batch goes on on the same thread.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

/// What a thread gives back: its number, a batch that can be used again, and the sums.
type Hashed = (usize, Batch, Vec<FileDigest>);

struct HashingThreads {
    threads: Vec<Sender<Batch>>,
    done: Receiver<Hashed>,
    /// Batches of each thread that have not come back.
    waiting: Vec<usize>,
    /// The batch that is handed over next, and to which thread.
    batch: Batch,
    thread: usize,
    /// Bytes of the file at hand in that batch.
    open: usize,
    spare: Vec<Batch>,
    come: Vec<FileDigest>,
}

impl HashingThreads {
    fn start() -> Option<Self> {
        let (tell, done) = channel();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let start = |number| {
            let (give, given) = channel();
            let tell = tell.clone();
            let work = move || hash(number, &given, &tell);
            thread::Builder::new().name("hash".to_owned()).spawn(work).ok().map(|_| give)
        };
        // Numbered without gaps: where one cannot be had, none that follows is asked for.
        let threads: Vec<_> = (0..cores.min(MAX_THREADS)).map_while(start).collect();
        (threads.len() > 1).then(|| Self {
            waiting: vec![0; threads.len()],
            threads,
            done,
            batch: Batch::default(),
            thread: 0,
            open: 0,
            spare: Vec::new(),
            come: Vec::new(),
        })
    }

    fn update(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BATCH - self.batch.bytes.len()));
            self.batch.bytes.extend_from_slice(now);
            self.open += now.len();
            bytes = later;
            if self.batch.bytes.len() == BATCH {
                self.batch.parts.push(Part { length: self.open, ends: None });
                self.open = 0;
                self.hand_over()?;
            }
        }
        Ok(())
    }

    fn end(&mut self, file: FileId) -> io::Result<()> {
        self.batch.parts.push(Part { length: std::mem::take(&mut self.open), ends: Some(file) });
        if self.batch.parts.len() < MAX_PARTS {
            return Ok(());
        }
        self.hand_over()
    }

    /// Hands the batch over, and chooses who gets the next: whoever has a file that goes on, else whoever has least to do.
    fn hand_over(&mut self) -> io::Result<()> {
        let batch = std::mem::replace(&mut self.batch, self.spare.pop().unwrap_or_default());
        let goes_on = batch.parts.last().is_some_and(|part| part.ends.is_none());
        let (thread, waiting) =
            self.threads.get(self.thread).zip(self.waiting.get_mut(self.thread)).ok_or_else(stopped)?;
        *waiting += 1;
        thread.send(batch).map_err(|_| stopped())?;
        while let Ok(hashed) = self.done.try_recv() {
            self.take_back(hashed);
        }
        while self.waiting.iter().sum::<usize>() >= MAX_WAITING {
            let hashed = self.done.recv().map_err(|_| stopped())?;
            self.take_back(hashed);
        }
        if !goes_on {
            let least = self.waiting.iter().enumerate().min_by_key(|(_, waiting)| **waiting);
            self.thread = least.map_or(0, |(thread, _)| thread);
        }
        Ok(())
    }

    fn take_back(&mut self, (thread, batch, digests): Hashed) {
        if let Some(waiting) = self.waiting.get_mut(thread) {
            *waiting -= 1;
        }
        self.spare.push(batch);
        self.come.extend(digests);
    }

    fn come(&mut self) -> Vec<FileDigest> {
        std::mem::take(&mut self.come)
    }

    fn settle(&mut self) -> io::Result<Vec<FileDigest>> {
        if !self.batch.parts.is_empty() {
            self.hand_over()?;
        }
        while self.waiting.iter().any(|waiting| *waiting > 0) {
            let hashed = self.done.recv().map_err(|_| stopped())?;
            self.take_back(hashed);
        }
        Ok(self.come())
    }
}

fn stopped() -> io::Error {
    io::Error::other("a thread that hashes has stopped")
}

/// A thread: until no more batches can come.
fn hash(number: usize, given: &Receiver<Batch>, tell: &Sender<Hashed>) {
    let mut open = Sha256::new();
    for mut batch in given {
        let mut digests = Vec::new();
        let mut bytes = batch.bytes.as_slice();
        for Part { length, ends } in batch.parts.drain(..) {
            let (now, later) = bytes.split_at(length.min(bytes.len()));
            bytes = later;
            open.update(now);
            if let Some(file) = ends {
                digests.push((file, open.finalize_reset().into()));
            }
        }
        batch.bytes.clear();
        if tell.send((number, batch, digests)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::nodes::{FileData, Tree};
    use std::collections::HashMap;

    /// Files of many sizes, some over several batches, hashed in pieces, give the sums of their contents.
    #[test]
    fn every_file_gets_its_own_sum() {
        let mut tree = Tree::default();
        let mut hashing = ContentHashing::default();
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        for number in 0_usize..2_000 {
            let size = [0, 1, 100, BATCH - 1, BATCH, 40, BATCH * 3 + 7, 512][number % 8];
            let content: Vec<u8> = (0..size).map(|at| (at * 7 + number) as u8).collect();
            let file = tree.add_file(FileData::of_size(size as u64));
            let wanted = if number % 97 == 0 { SumWanted::AtItsEnd } else { SumWanted::Later };
            hashing.begin(size as u64, wanted);
            content.chunks(1_000).for_each(|chunk| hashing.update(chunk).unwrap());
            let at_its_end = hashing.end(file).unwrap();
            assert!(wanted == SumWanted::Later || at_its_end.is_some());
            found.extend(at_its_end.map(|sum| (file, sum)));
            found.extend(hashing.come());
            if number % 500 == 499 {
                found.extend(hashing.settle().unwrap());
                assert_eq!(found.len(), number + 1, "all have come");
            }
            expected.push((file, <[u8; 32]>::from(Sha256::digest(&content))));
        }
        let found: HashMap<FileId, [u8; 32]> = found.into_iter().collect();
        assert!(found == expected.into_iter().collect());
    }
}
