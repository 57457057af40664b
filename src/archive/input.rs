//! Reading an archive's bytes once: observed as they pass, counted, never sought.

use crate::tree::reading::ArchiveSum;
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// How many bytes are read at a time: fewer of a short file, whose copies then take the same memory again and again.
const CHUNK: usize = 128 * 1024;
const CHUNK_OF_A_SHORT_FILE: usize = 64 * 1024;
/// Bytes of a short file.
const SHORT: u64 = 1 << 20;

/// Who hears an archive's bytes, each once and in order.
pub(crate) trait RawObserver {
    /// The next bytes.
    fn observe(&mut self, bytes: &[u8]);
}

/// Hashes the bytes of an archive, if that is wanted, and lets an observer of the caller's hear them pass.
pub(crate) struct DigestingObserver<'a> {
    raw_observer: &'a dyn Fn(&[u8]),
    hasher: Option<Sha256>,
    observed: u64,
}

impl<'a> DigestingObserver<'a> {
    /// Has observed nothing yet.
    pub(crate) fn new(raw_observer: &'a dyn Fn(&[u8]), sum: ArchiveSum) -> Self {
        Self { raw_observer, hasher: (sum == ArchiveSum::Made).then(Sha256::new), observed: 0 }
    }

    /// How many bytes were observed.
    pub(crate) const fn observed(&self) -> u64 {
        self.observed
    }
}

impl RawObserver for DigestingObserver<'_> {
    fn observe(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        (self.raw_observer)(bytes);
        self.observed += bytes.len() as u64;
    }
}

/// A buffered reader of an archive's bytes, which counts them and lets a observer hear them.
pub(crate) struct Raw<L> {
    observer: L,
    reader: Box<dyn Read + Send>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes before the buffer's start.
    consumed: u64,
    ended: bool,
}

impl<L> Raw<L> {
    /// Who hears what is read.
    pub(crate) const fn observer(&self) -> &L {
        &self.observer
    }

    /// Lets another hear what comes from now on, and gives back who observed what came before.
    pub(crate) fn hand_over<M>(self, observer: M) -> (Raw<M>, L) {
        let Self { observer: before, reader, buffer, start, end, consumed, ended } = self;
        (Raw { observer, reader, buffer, start, end, consumed, ended }, before)
    }
}

impl<L: RawObserver> Raw<L> {
    /// Starts at the first byte.
    pub(crate) fn new(reader: Box<dyn Read + Send>, observer: L) -> Self {
        let buffer = vec![0; CHUNK].into_boxed_slice();
        Self { observer, reader, buffer, start: 0, end: 0, consumed: 0, ended: false }
    }

    /// The offset of the next byte.
    pub(crate) const fn offset(&self) -> u64 {
        self.consumed + self.start as u64
    }

    /// The bytes at hand; none at the end.
    pub(crate) fn fill(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.consumed += self.end as u64;
            (self.start, self.end) = (0, 0);
            self.read_more()?;
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    /// At least `count` bytes (64 at most), or all that are left.
    pub(crate) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end - self.start < count && !self.ended {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.consumed += self.start as u64;
                self.end -= self.start;
                self.start = 0;
            }
            self.read_more()?;
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    /// Passes over bytes that `fill` or `peek` gave.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    /// The next `count` bytes, passed over, or all that are left.
    pub(crate) fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            let bytes = self.fill()?;
            let bytes = bytes.get(..bytes.len().min(count - taken.len())).unwrap_or_default();
            let length = bytes.len();
            if length == 0 {
                break;
            }
            taken.extend_from_slice(bytes);
            self.consume(length);
        }
        Ok(taken)
    }

    /// Puts the bytes back that were passed over last; whoever observes them has done so.
    pub(crate) fn put_back(&mut self, mut bytes: Vec<u8>) {
        self.consumed = self.offset() - bytes.len() as u64;
        bytes.extend_from_slice(self.buffer.get(self.start..self.end).unwrap_or_default());
        (self.start, self.end) = (0, bytes.len());
        // What is read later needs room as before.
        bytes.resize(bytes.len().max(CHUNK), 0);
        self.buffer = bytes.into_boxed_slice();
    }

    fn read_more(&mut self) -> io::Result<()> {
        while !self.ended {
            let most = if self.consumed < SHORT { CHUNK_OF_A_SHORT_FILE } else { CHUNK };
            let space = self.buffer.get_mut(self.end..most.max(self.end)).unwrap_or_default();
            match self.reader.read(space) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    let count = count.min(space.len());
                    let bytes = space.get(..count).unwrap_or_default();
                    self.observer.observe(bytes);
                    self.end += count;
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Raw<DigestingObserver<'_>> {
    /// Reads whatever is left, up to the offset `most`.
    pub(crate) fn finish(mut self, most: u64) -> io::Result<ReadEnd> {
        while !self.fill()?.is_empty() {
            self.start = self.end;
            if self.offset() > most {
                return Ok(ReadEnd { read: self.offset(), reached: false, sha256: None });
            }
        }
        let sha256 = self.observer.hasher.take().map(|hasher| hasher.finalize().into());
        Ok(ReadEnd { read: self.offset(), reached: true, sha256 })
    }
}

/// How reading a file ended.
pub(crate) struct ReadEnd {
    /// Bytes read.
    pub read: u64,
    /// Whether there are no more.
    pub reached: bool,
    /// The SHA-256 of the whole, where the end was reached and it is wanted.
    pub sha256: Option<[u8; 32]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, as a slow pipe may.
    struct Dribble(std::vec::IntoIter<u8>);

    impl Read for Dribble {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            Ok(self.0.next().map_or(0, |byte| {
                buffer[0] = byte;
                1
            }))
        }
    }

    #[test]
    fn peeks_and_counts_across_short_reads() {
        let mut raw = Raw::new(
            Box::new(Dribble(b"hello world".to_vec().into_iter())),
            DigestingObserver::new(&|_| (), ArchiveSum::Made),
        );
        assert_eq!(raw.peek(5).unwrap(), b"hello");
        raw.consume(3);
        assert_eq!(raw.offset(), 3);
        assert_eq!(raw.peek(4).unwrap(), b"lo w");
        raw.consume(4);
        assert_eq!(raw.peek(64).unwrap(), b"orld");
        assert_eq!(raw.offset(), 7);
        assert_eq!(raw.take(2).unwrap(), b"or");
        raw.put_back(b"wor".to_vec());
        assert_eq!((raw.offset(), raw.take(99).unwrap().as_slice()), (6, &b"world"[..]));
        raw.put_back(b"d".to_vec());
        let end = raw.finish(100).unwrap();
        assert_eq!((end.read, &end.sha256.unwrap()[..4]), (11, &[0xb9, 0x4d, 0x27, 0xb9][..]));
    }
}
