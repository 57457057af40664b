//! gzip that depends on nothing but the content: no name, no time, no system, and always fed in pieces of one size. The
//! pieces are compressed on all cores, each as a member of its own that states its size, so that whoever knows of it can
//! inflate them side by side as well; what fits one piece is a gzip file like any other.
//!
//! Level 9 of zlib-rs is within 1 % of `gzip -9` (`tests/lab/release.py` measures it), what each member forgets of the one
//! before included, and its matcher asks for no feature of the processor.

use crate::archive::crc::Crc;
use crate::archive::sized_member::{self, MAX_CONTENT};
use flate2::{Compress, Compression, FlushCompress, Status};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Most threads; reading, and writing what they make, keeps up with no more.
const MAX_THREADS: usize = 8;
/// Pieces that a thread may have before what it made of the first is written.
const AHEAD_OF_A_THREAD: usize = 2;
/// RFC 1952, section 2.3.1: no flags, no time, the slowest compression, an unknown system.
const PLAIN_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];

/// Compresses what is written to it.
pub(crate) struct Compressor<W: Write> {
    out: W,
    piece: Vec<u8>,
    compressing: Compressing,
}

impl<W: Write> Compressor<W> {
    /// Starts a file.
    pub(crate) fn new(out: W) -> Self {
        Self { out, piece: Vec::with_capacity(MAX_CONTENT), compressing: Compressing::NotYet }
    }

    /// Ends the file and gives back what it was written to.
    ///
    /// # Errors
    /// Whatever the writer gives.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        if matches!(self.compressing, Compressing::NotYet) {
            let member = Deflater::new().member(&self.piece, Header::Plain)?;
            self.out.write_all(&member)?;
            return Ok(self.out);
        }
        if !self.piece.is_empty() {
            self.compress()?;
        }
        while let Some(member) = self.compressing.take()? {
            self.out.write_all(&member)?;
        }
        Ok(self.out)
    }

    /// Has a piece compressed, and writes what was made of one before it where as many wait as may.
    fn compress(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(MAX_CONTENT));
        if let Some(member) = self.compressing.give(piece)? {
            self.out.write_all(&member)?;
        }
        Ok(())
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(MAX_CONTENT - self.piece.len());
        self.piece.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.piece.len() == MAX_CONTENT {
            self.compress()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Who compresses.
enum Compressing {
    /// Nobody: there is no whole piece yet.
    NotYet,
    /// Whoever writes, where no thread can be had.
    Here(Deflater),
    /// Threads, and which of them has each piece that was given, the first of the file first.
    Beside { threads: Vec<DeflatingThread>, given: VecDeque<usize>, next: usize },
}

impl Compressing {
    fn start() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..cores.min(MAX_THREADS)).filter_map(|_| DeflatingThread::start()).collect();
        if threads.is_empty() {
            return Self::Here(Deflater::new());
        }
        Self::Beside { threads, given: VecDeque::new(), next: 0 }
    }

    /// Gives a piece, and takes the next member of the file if one is to be waited for.
    fn give(&mut self, piece: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        if matches!(self, Self::NotYet) {
            *self = Self::start();
        }
        let first = match self {
            Self::Beside { threads, given, .. } if given.len() == threads.len() * AHEAD_OF_A_THREAD => self.take()?,
            _ => None,
        };
        match self {
            Self::NotYet => {}
            Self::Here(deflater) => return deflater.member(&piece, Header::Sized).map(Some),
            Self::Beside { threads, given, next } => {
                let thread = threads.get(*next).ok_or_else(stopped)?;
                thread.give.send(piece).map_err(|_| stopped())?;
                given.push_back(*next);
                *next = (*next + 1) % threads.len();
            }
        }
        Ok(first)
    }

    /// The next member of the file; nothing where none is being made.
    fn take(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Self::Beside { threads, given, .. } = self else { return Ok(None) };
        let Some(thread) = given.pop_front() else { return Ok(None) };
        let thread = threads.get(thread).ok_or_else(stopped)?;
        thread.come.recv().map_err(|_| stopped())?.map(Some)
    }
}

fn stopped() -> io::Error {
    io::Error::other("a thread that compresses has stopped")
}

/// A thread that compresses. What it is given comes back in that order; it ends when nothing more can come.
struct DeflatingThread {
    give: SyncSender<Vec<u8>>,
    come: Receiver<io::Result<Vec<u8>>>,
}

impl DeflatingThread {
    fn start() -> Option<Self> {
        let (give, given) = sync_channel::<Vec<u8>>(AHEAD_OF_A_THREAD);
        let (made, come) = sync_channel(AHEAD_OF_A_THREAD);
        let work = move || {
            let mut deflater = Deflater::new();
            for piece in given {
                if made.send(deflater.member(&piece, Header::Sized)).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("deflate".to_owned()).spawn(work).ok()?;
        Some(Self { give, come })
    }
}

/// What the header of a member says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    /// Nothing.
    Plain,
    /// How long the member is.
    Sized,
}

/// Makes members, one after the other.
struct Deflater {
    compress: Compress,
    deflated: Vec<u8>,
}

impl Deflater {
    fn new() -> Self {
        Self { compress: Compress::new(Compression::best(), false), deflated: Vec::new() }
    }

    /// The member of that content.
    fn member(&mut self, content: &[u8], header: Header) -> io::Result<Vec<u8>> {
        self.compress.reset();
        self.deflated.clear();
        loop {
            let read = usize::try_from(self.compress.total_in()).unwrap_or(usize::MAX);
            self.deflated.reserve(content.len() / 2 + 1024);
            let rest = content.get(read..).unwrap_or_default();
            let status = self.compress.compress_vec(rest, &mut self.deflated, FlushCompress::Finish)?;
            if status == Status::StreamEnd {
                break;
            }
        }
        let mut crc = Crc::default();
        crc.update(content);
        let sized = (header == Header::Sized).then(|| sized_member::header(self.deflated.len())).flatten();
        let header = sized.as_ref().map_or(&PLAIN_HEADER[..], |sized| &sized[..]);
        Ok([header, &self.deflated, &crc.trailer()].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn packed(content: &[u8], step: usize) -> Vec<u8> {
        let mut out = Compressor::new(Vec::new());
        content.chunks(step).for_each(|chunk| out.write_all(chunk).unwrap());
        out.finish().unwrap()
    }

    fn unpacked(file: &[u8]) -> Vec<u8> {
        let mut back = Vec::new();
        flate2::read::MultiGzDecoder::new(file).read_to_end(&mut back).unwrap();
        back
    }

    #[test]
    fn the_bytes_depend_on_the_content_only() {
        let content: Vec<u8> = (0..700_000_u32).flat_map(|n| (n / 7).wrapping_mul(n).to_le_bytes()).collect();
        let whole = packed(&content, content.len());
        assert_eq!(whole, packed(&content, 777));
        assert!(unpacked(&whole) == content);
        let mut one_thread = Deflater::new();
        let members: Vec<u8> =
            content.chunks(MAX_CONTENT).flat_map(|piece| one_thread.member(piece, Header::Sized).unwrap()).collect();
        assert!(whole == members, "the same on any number of cores");
    }

    #[test]
    fn what_fits_one_piece_is_a_file_like_any_other() {
        for content in [&b""[..], b"some content", &[7; MAX_CONTENT - 1]] {
            let file = packed(content, 1000);
            assert_eq!(file.get(..10), Some(&PLAIN_HEADER[..]), "no name, no time, no system");
            assert!(unpacked(&file) == content);
        }
    }

    #[test]
    fn members_of_content_that_cannot_be_compressed_state_their_size() {
        let noise: Vec<u8> = (0..MAX_CONTENT as u64 + 9)
            .scan(1_u64, |state, _| {
                *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                Some((*state >> 56) as u8)
            })
            .collect();
        let file = packed(&noise, noise.len());
        let first = sized_member::length(&file).unwrap();
        assert_eq!(sized_member::length(&file[first..]), Some(file.len() - first));
        assert!(unpacked(&file) == noise);
    }
}
