//! Hashes files of which nothing but their SHA-256 is wanted, on threads of their own: the walk opens them, relative to
//! the folder that it holds, and goes on to the next.

use crate::tree::nodes::{FileId, NodeId};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// How many bytes are read at a time.
pub(super) const BUFFER: usize = 128 * 1024;
/// Files that are handed over at once: to wake a thread takes longer than to hash a small file.
const BATCH: usize = 16;
/// Bytes at which fewer are handed over, so that no thread waits for large ones.
const LARGE: u64 = 256 * 1024;
/// Most batches that wait for a thread, with their files open.
const MAX_WAITING: usize = 4;
/// Most threads: beyond these the disk or the walk is what takes time.
const MAX_THREADS: usize = 4;

/// A file to be hashed.
pub(super) struct HashJob {
    /// Where it stands in the tree.
    pub node: NodeId,
    /// Which file's data it is.
    pub file: FileId,
    /// The open file.
    pub content: File,
    /// How long it was a moment ago.
    pub size: u64,
}

/// What came of one.
pub(super) struct HashedFile {
    /// Where it stands in the tree.
    pub node: NodeId,
    /// Which file's data it is.
    pub file: FileId,
    /// How long it is.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: io::Result<[u8; 32]>,
}

/// The threads.
pub(super) struct Hashing {
    jobs: SyncSender<Vec<HashJob>>,
    done: Receiver<Vec<HashedFile>>,
    threads: Vec<JoinHandle<()>>,
    /// Files that are handed over next, and their bytes.
    batch: Vec<HashJob>,
    bytes: u64,
    /// Files that were handed over and have not come back.
    handed: usize,
}

impl Hashing {
    /// Starts them; nothing where not even one can be started.
    pub(super) fn start() -> Option<Self> {
        let (jobs, waiting) = sync_channel(MAX_WAITING);
        let (tell, done) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let count = thread::available_parallelism().map_or(1, |cores| cores.get().min(MAX_THREADS));
        let start = |_| {
            let (waiting, tell) = (Arc::clone(&waiting), tell.clone());
            thread::Builder::new().name("hash".to_owned()).spawn(move || work(&waiting, &tell)).ok()
        };
        let threads: Vec<_> = (0..count).filter_map(start).collect();
        (!threads.is_empty()).then_some(Self { jobs, done, threads, batch: Vec::new(), bytes: 0, handed: 0 })
    }

    /// Hands over a file; waits where too many are open.
    ///
    /// # Errors
    /// Where no thread is left.
    pub(super) fn hash(&mut self, job: HashJob) -> io::Result<()> {
        self.handed += 1;
        self.bytes = self.bytes.saturating_add(job.size);
        self.batch.push(job);
        if self.batch.len() < BATCH && self.bytes < LARGE {
            return Ok(());
        }
        self.hand_over()
    }

    fn hand_over(&mut self) -> io::Result<()> {
        self.bytes = 0;
        self.jobs.send(std::mem::take(&mut self.batch)).map_err(|_| stopped())
    }

    /// What has come so far.
    pub(super) fn come(&mut self) -> Vec<HashedFile> {
        let come: Vec<_> = self.done.try_iter().flatten().collect();
        self.handed -= come.len();
        come
    }

    /// Waits for all that were handed over.
    ///
    /// # Errors
    /// Where a thread has left a file without a sum.
    pub(super) fn finish(mut self) -> io::Result<Vec<HashedFile>> {
        self.hand_over()?;
        let Self { jobs, done, threads, handed, .. } = self;
        drop(jobs);
        threads.into_iter().for_each(|thread| drop(thread.join()));
        let come: Vec<_> = done.try_iter().flatten().collect();
        if come.len() == handed { Ok(come) } else { Err(stopped()) }
    }
}

fn stopped() -> io::Error {
    io::Error::other("a thread that hashes has stopped")
}

fn work(waiting: &Mutex<Receiver<Vec<HashJob>>>, tell: &Sender<Vec<HashedFile>>) {
    let mut buffer = vec![0; BUFFER];
    loop {
        let batch = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(batch) = batch else { return };
        let hash = |HashJob { node, file, mut content, size }| {
            let sha256 = sum(&mut content, size, &mut buffer);
            HashedFile { node, file, size, sha256 }
        };
        if tell.send(batch.into_iter().map(hash).collect()).is_err() {
            return;
        }
    }
}

fn sum(content: &mut File, size: u64, buffer: &mut [u8]) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    each_chunk(content, size, buffer, |chunk| hasher.update(chunk))?;
    Ok(hasher.finalize().into())
}

/// Gives the whole content to `take`. A file that has another length than a moment ago is an error: what was judged
/// would not be what is there.
pub(super) fn each_chunk(
    content: &mut File,
    size: u64,
    buffer: &mut [u8],
    mut take: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut read = 0;
    loop {
        let count = match content.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        take(buffer.get(..count).unwrap_or_default());
        read += count as u64;
        // A read that leaves room in the buffer has met the end, where it came to the length that was stated.
        if count == 0 || read > size || (read == size && count < buffer.len()) {
            break;
        }
    }
    if read == size { Ok(()) } else { Err(changed(size)) }
}

/// Gives the first `most` bytes to `take`, and perhaps some more. A file that has fewer is an error.
pub(super) fn head(
    content: &mut File,
    most: u64,
    size: u64,
    buffer: &mut [u8],
    mut take: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut read = 0;
    while read < most {
        match content.read(buffer) {
            Ok(0) => return Err(changed(size)),
            Ok(count) => {
                take(buffer.get(..count).unwrap_or_default());
                read += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Says that a file has another length than a moment ago.
fn changed(size: u64) -> io::Error {
    io::Error::other(format!("it changed while it was read (it had {size} bytes)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, SeekFrom, Write};

    #[test]
    fn a_length_that_changed_is_told() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 10]).unwrap();
        for (stated, buffer, whole) in [
            (10, 64, true),
            (10, 10, true),
            (10, 3, true),
            (10, 1, true),
            (9, 64, false),
            (11, 64, false),
            (0, 64, false),
        ] {
            file.seek(SeekFrom::Start(0)).unwrap();
            let mut seen = 0;
            let read = each_chunk(&mut file, stated, &mut vec![0; buffer], |chunk| seen += chunk.len());
            assert_eq!(read.is_ok(), whole, "{stated} bytes stated, read by {buffer}");
            assert!(!whole || seen == 10);
        }
    }
}
