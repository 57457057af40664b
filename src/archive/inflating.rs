//! Inflates a gzip file: the first of it where it is read, the rest on a thread of its own, and members that state their
//! size on several.
//!
//! Inflating is most of the work, and what is done with the bytes (hashing the file, hashing what it holds, walking the
//! headers) is about half as much: on two cores it costs no time of its own. A short file is read before a thread would
//! have paid for its start, and leaves the other core to those who parse what it holds.

use super::gzip::{GzipFault, InflateStep, Inflater, Trailer};
use super::input::{DigestingObserver, Raw, RawObserver};
use super::member_pool::{InflatedMember, MemberPool};
use crate::tree::limits::Limits;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, JoinHandle};

/// How many unpacked bytes are made before a thread goes on with it. Few in a debug build, so that tests of short files go
/// through the thread as well.
pub(super) const ALONE: u64 = if cfg!(debug_assertions) { 4 << 10 } else { 2 << 20 };
/// How many messages the thread may be ahead.
const AHEAD: usize = 6;

/// What comes next in the unpacked stream.
pub(super) enum StreamPiece {
    /// Bytes.
    Made(Vec<u8>),
    /// A whole member's content, which is what its trailer says.
    Whole(Vec<u8>),
    /// The end of the gzip member that they belong to.
    Member(Trailer),
    /// The end of the file.
    End,
}

/// Whoever inflates.
pub(super) enum WhoInflates<'a> {
    /// Whoever reads.
    Here(Here<'a>),
    /// A thread beside it, and who hears the bytes that it reads.
    Beside(InflatingThread, DigestingObserver<'a>),
    /// Nobody, while it is handed over.
    Nobody,
}

impl<'a> WhoInflates<'a> {
    /// Starts at the first byte of a gzip file. After `alone` unpacked bytes a thread goes on with it, if one can be had.
    pub(super) fn new(raw: Raw<DigestingObserver<'a>>, limits: &Limits, alone: u64) -> Self {
        let pieces = Box::new(Pieces::new(Inflater::new(raw, limits), SizedMembers::AsTheyCome));
        Self::Here(Here { pieces, alone })
    }

    /// How many bytes of the file were read, as far as is known here.
    pub(super) fn raw_offset(&self) -> u64 {
        match self {
            Self::Here(here) => here.pieces.inflater.observer().observed(),
            Self::Beside(_, observer) => observer.observed(),
            Self::Nobody => 0,
        }
    }

    /// The next piece, made in `spare` if it is large enough.
    ///
    /// # Errors
    /// A [`GzipFault`], behind which there is nothing.
    pub(super) fn next(&mut self, spare: Vec<u8>) -> Result<StreamPiece, GzipFault> {
        if let Self::Here(here) = self
            && here.is_over()
            && let Self::Here(here) = std::mem::replace(self, Self::Nobody)
        {
            *self = here.hand_over();
        }
        match self {
            Self::Here(here) => here.pieces.next(spare),
            Self::Beside(beside, observer) => beside.next(spare, observer),
            Self::Nobody => Ok(StreamPiece::End),
        }
    }

    /// The rest of the file.
    ///
    /// # Errors
    /// Where the thread has stopped.
    pub(super) fn into_raw(self) -> io::Result<Raw<DigestingObserver<'a>>> {
        let stopped = || io::Error::other("the inflating thread stopped");
        match self {
            Self::Here(here) => Ok(here.pieces.inflater.into_raw()),
            Self::Beside(beside, mut observer) => {
                beside.stop.store(true, Ordering::Relaxed);
                for message in &beside.messages {
                    if let Message::Read(bytes) = message {
                        observer.observe(&bytes);
                    }
                }
                let raw = beside.thread.join().ok().flatten().ok_or_else(stopped)?;
                Ok(raw.hand_over(observer).0)
            }
            Self::Nobody => Err(stopped()),
        }
    }
}

/// Inflates where it is asked for.
pub(super) struct Here<'a> {
    pieces: Box<Pieces<DigestingObserver<'a>>>,
    alone: u64,
}

/// What an inflater makes, piece by piece.
struct Pieces<L> {
    inflater: Inflater<L>,
    /// What came with the last bytes, and is told after them: a message then names the entry that a fault stands in.
    came: Option<Result<InflateStep, GzipFault>>,
    members: SizedMembers,
    /// Why no more members could be taken, told when those before are.
    fault: Option<io::Error>,
}

/// How members are inflated that state their size.
enum SizedMembers {
    /// As every other.
    AsTheyCome,
    /// On several threads, started when the first has come.
    Pooled(Option<MemberPool>),
}

impl<L: RawObserver> Pieces<L> {
    const fn new(inflater: Inflater<L>, members: SizedMembers) -> Self {
        Self { inflater, came: None, members, fault: None }
    }

    /// Gives members that state their size to the threads, as many as they take.
    fn give_members(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        while let SizedMembers::Pooled(pool) = &mut self.members
            && pool.as_ref().is_none_or(MemberPool::has_room)
            && let Some((member, end)) = self.inflater.take_sized_member()?
        {
            if pool.is_none() {
                *pool = MemberPool::start();
            }
            match pool {
                Some(pool) => pool.give(member, end, std::mem::take(out)),
                None => self.as_they_come(member),
            }
        }
        Ok(())
    }

    /// Puts members back, to inflate them and all that follow step by step.
    fn as_they_come(&mut self, members: Vec<u8>) {
        self.inflater.put_back(members);
        self.members = SizedMembers::AsTheyCome;
    }

    /// The content of the next member, where one was given to the threads. One that is not what it says, or goes beyond a
    /// limit, is inflated step by step, which tells what is wrong with it, and where.
    fn member(&mut self, out: &mut Vec<u8>) -> Result<Option<Vec<u8>>, GzipFault> {
        if self.fault.is_none() {
            self.fault = self.give_members(out).err();
        }
        let SizedMembers::Pooled(Some(pool)) = &mut self.members else { return Ok(None) };
        if pool.is_idle() {
            return self.fault.take().map_or(Ok(None), |fault| Err(fault.into()));
        }
        let stopped = || io::Error::other("an inflating thread stopped");
        let InflatedMember { mut member, end, content } = pool.take().ok_or_else(stopped)?;
        match content.filter(|content| self.inflater.count_member(content.len(), end)) {
            Some(content) => Ok(Some(content)),
            None => {
                while !pool.is_idle() {
                    member.extend(pool.take().ok_or_else(stopped)?.member);
                }
                self.as_they_come(member);
                Ok(None)
            }
        }
    }

    fn next(&mut self, mut out: Vec<u8>) -> Result<StreamPiece, GzipFault> {
        if self.came.is_none()
            && let Some(content) = self.member(&mut out)?
        {
            return Ok(StreamPiece::Whole(content));
        }
        loop {
            let step = match self.came.take() {
                Some(came) => came,
                None => {
                    let step = self.inflater.unpack(&mut out);
                    if !out.is_empty() {
                        self.came = Some(step).filter(|step| !matches!(step, Ok(InflateStep::Full)));
                        return Ok(StreamPiece::Made(out));
                    }
                    step
                }
            };
            match step? {
                InflateStep::Full => {}
                InflateStep::Member(trailer) => return Ok(StreamPiece::Member(trailer)),
                InflateStep::End => return Ok(StreamPiece::End),
            }
        }
    }
}

impl<'a> Here<'a> {
    /// Whether it is time for a thread. What came with the last bytes is told first.
    const fn is_over(&self) -> bool {
        self.pieces.came.is_none() && self.pieces.inflater.total() >= self.alone
    }

    /// Starts a thread that goes on with it. Where none can be had, all is inflated here.
    fn hand_over(self) -> WhoInflates<'a> {
        let (to, messages) = mpsc::sync_channel(AHEAD);
        let (spare, spares) = mpsc::channel();
        let (give, given) = mpsc::sync_channel::<Inflater<Relay>>(1);
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, relay) = (Arc::clone(&stop), Relay(to.clone()));
        let work = move || {
            given
                .recv()
                .ok()
                .map(|inflater| inflate(Pieces::new(inflater, SizedMembers::Pooled(None)), &to, &spares, &stopped))
        };
        let Ok(thread) = thread::Builder::new().name("inflate".to_owned()).spawn(work) else {
            return WhoInflates::Here(Self { alone: u64::MAX, ..self });
        };
        let (inflater, observer) = self.pieces.inflater.hand_over(relay);
        let _ = give.send(inflater);
        WhoInflates::Beside(InflatingThread { thread, messages, spare, stop }, observer)
    }
}

/// A thread that inflates, and what it has made so far.
pub(super) struct InflatingThread {
    thread: JoinHandle<Option<Raw<()>>>,
    messages: Receiver<Message>,
    /// Takes back buffers that were read.
    spare: Sender<Vec<u8>>,
    stop: Arc<AtomicBool>,
}

impl InflatingThread {
    fn next(&self, spare: Vec<u8>, observer: &mut DigestingObserver<'_>) -> Result<StreamPiece, GzipFault> {
        // The thread makes a new one where it gets none back.
        let _ = self.spare.send(spare);
        loop {
            match self.messages.recv() {
                Ok(Message::Read(bytes)) => observer.observe(&bytes),
                Ok(Message::Came(came)) => return came,
                Err(_) => return Ok(StreamPiece::End),
            }
        }
    }
}

/// What the thread has to say, in the order of the file.
enum Message {
    /// These bytes of the file were read.
    Read(Box<[u8]>),
    /// This came of them, or it cannot go on.
    Came(Result<StreamPiece, GzipFault>),
}

/// Passes on the bytes of the file to where they are hashed.
struct Relay(SyncSender<Message>);

impl RawObserver for Relay {
    fn observe(&mut self, bytes: &[u8]) {
        // Nobody waits for them once the receiver is gone.
        let _ = self.0.send(Message::Read(bytes.into()));
    }
}

/// The thread: until the end, a fault, or until nobody wants more.
fn inflate(
    mut pieces: Pieces<Relay>,
    to: &SyncSender<Message>,
    spares: &Receiver<Vec<u8>>,
    stop: &AtomicBool,
) -> Raw<()> {
    while !stop.load(Ordering::Relaxed) {
        let came = pieces.next(spares.try_recv().unwrap_or_default());
        let is_last = matches!(came, Ok(StreamPiece::End) | Err(_));
        if to.send(Message::Came(came)).is_err() || is_last {
            break;
        }
    }
    // The relay ends here, so that the receiver learns of the end.
    pieces.inflater.into_raw().hand_over(()).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::crc::Crc;
    use crate::archive::sized_member;
    use crate::archive::write::gzip::Compressor;
    use crate::tree::reading::ArchiveSum;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    /// One gzip member, of text that packs to about a fifth.
    fn member(lines: u32) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        for line in 0..lines {
            writeln!(packer, "{line} {}", line.wrapping_mul(2_654_435_761)).unwrap();
        }
        packer.finish().unwrap()
    }

    /// What comes of a file: how many bytes, their checksum at the end of each member, and how it ends.
    fn told(file: &[u8], alone: u64) -> (usize, Vec<u32>, String, String) {
        let raw = Raw::new(Box::new(io::Cursor::new(file.to_vec())), DigestingObserver::new(&|_| (), ArchiveSum::Made));
        let mut inflating = WhoInflates::new(raw, &Limits::default(), alone);
        let (mut made, mut sums, mut crc, mut spare) = (0, Vec::new(), Crc::default(), Vec::new());
        let ending = loop {
            match inflating.next(std::mem::take(&mut spare)) {
                Ok(StreamPiece::Made(bytes)) => {
                    crc.update(&bytes);
                    made += bytes.len();
                    spare = bytes;
                }
                Ok(StreamPiece::Whole(bytes)) => {
                    sums.push({
                        let mut crc = Crc::default();
                        crc.update(&bytes);
                        crc.sum()
                    });
                    made += bytes.len();
                    spare = bytes;
                }
                Ok(StreamPiece::Member(trailer)) => {
                    sums.push(crc.sum());
                    if let Err(fault) = trailer.check(&crc) {
                        break format!("{fault:?}");
                    }
                    crc = Crc::default();
                }
                Ok(StreamPiece::End) => break "end".to_owned(),
                Err(fault) => break format!("{fault:?}"),
            }
        };
        let end = inflating.into_raw().unwrap().finish(u64::MAX).unwrap();
        assert_eq!(end.read, file.len() as u64);
        (made, sums, ending, format!("{:?}", end.sha256))
    }

    /// A file tells the same, whoever inflates it and wherever it is handed over.
    fn is_told_alike(file: &[u8]) -> String {
        let here = told(file, u64::MAX);
        for alone in [0, 1, 100_000, 1_500_000] {
            assert_eq!(told(file, alone), here, "handed over after {alone} bytes");
        }
        here.2
    }

    #[test]
    fn sound_files_end_alike() {
        assert_eq!(is_told_alike(&member(0)), "end");
        assert_eq!(is_told_alike(&member(9)), "end");
        assert_eq!(is_told_alike(&member(120_000)), "end");
        assert_eq!(is_told_alike(&[member(70_000), member(0), member(60_000), vec![0; 700]].concat()), "end");
    }

    /// A file of members that state their size, as `pack` writes it.
    fn sized(lines: u32) -> Vec<u8> {
        let mut packer = Compressor::new(Vec::new());
        for line in 0..lines {
            writeln!(packer, "{line} {}", line.wrapping_mul(2_654_435_761)).unwrap();
        }
        packer.finish().unwrap()
    }

    /// Where the members of a file begin that state their size.
    fn starts(file: &[u8]) -> Vec<usize> {
        let mut starts = vec![0];
        while let Some(length) = starts.last().and_then(|start| sized_member::length(&file[*start..])) {
            starts.push(starts.last().unwrap() + length);
        }
        starts
    }

    #[test]
    fn members_that_state_their_size_are_told_like_others() {
        let file = sized(200_000);
        assert!(starts(&file).len() > 6, "{:?}", starts(&file));
        assert_eq!(is_told_alike(&file), "end");
        assert_eq!(is_told_alike(&[file.clone(), member(9), sized(120_000), vec![0; 700]].concat()), "end");
    }

    /// Whatever a member states of itself, what comes of it is what a reader makes of it that does not look.
    #[test]
    fn members_that_do_not_end_where_they_say_are_told_like_others() {
        let file = sized(110_000);
        let starts = starts(&file);
        assert!(starts.len() > 4, "{starts:?}");
        for start in [starts[0], starts[2]] {
            let length = u32::from_le_bytes(*file[start + 16..].first_chunk().unwrap());
            for stated in [0, 28, 29, length - 1, length + 1, length + 20, length * 2, 530_000, u32::MAX] {
                let mut lying = file.clone();
                lying[start + 16..start + 20].copy_from_slice(&stated.to_le_bytes());
                assert_eq!(is_told_alike(&lying), "end", "the member at {start} says {stated}");
            }
            for (at, bits) in [(0, 1), (2, 1), (3, 2), (3, 4), (3, 0xe0), (10, 1), (14, 1), (25, 0x55), (5_000, 0x10)] {
                let mut flipped = file.clone();
                flipped[start + at] ^= bits;
                is_told_alike(&flipped);
            }
            for end in [start + 1, start + 19, start + 20, start + 3_000] {
                assert_ne!(is_told_alike(&file[..end]), "end", "cut at {end}");
            }
        }
    }

    /// Two members, the first of which ends within what it says, so that the second stands in what it takes along.
    #[test]
    fn a_member_that_hides_another_is_told_like_others() {
        let inner = [member(40), member(50)].concat();
        let mut outer = sized_member::header(inner.len() - 28).unwrap().to_vec();
        // The first member's own deflate stream and trailer behind the header that states the length of both.
        outer.extend_from_slice(&inner[10..]);
        let file = [sized(100_000), outer, sized(100_000)].concat();
        assert_eq!(is_told_alike(&file), "end");
    }

    #[test]
    fn limits_are_told_alike() {
        let mut packer = Compressor::new(Vec::new());
        packer.write_all(&vec![0; 24 << 20]).unwrap();
        let dense = packer.finish().unwrap();
        assert!(is_told_alike(&[sized(9), dense].concat()).starts_with("TooLarge"));
    }

    #[test]
    fn faults_are_told_alike() {
        for lines in [9, 120_000] {
            let sound = [member(lines), member(9)].concat();
            let length = sound.len();
            for at in [0, 3, 12, length / 5, length * 2 / 3, length - 40, length - 6, length - 1] {
                let mut flipped = sound.clone();
                flipped[at] ^= 0x55;
                is_told_alike(&flipped);
                assert_ne!(is_told_alike(&sound[..at]), "end", "cut at {at}");
            }
            assert!(is_told_alike(&[&sound[..], b"more"].concat()).starts_with("Garbage"));
        }
    }
}
