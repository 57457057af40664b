//! The bytes of a tar stream, as they are or inflated on a thread of their own.
//!
//! Inflating is most of the work, and what is done with the bytes (hashing the file, hashing what it holds, walking the
//! headers) is about half as much: on two cores it costs no time of its own.

use super::gzip::{Crc, Fault, Inflater, Step, Trailer};
use super::input::{Listener, Raw, Witness};
use super::limits::Limits;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, JoinHandle};

/// How many messages the inflating thread may be ahead.
const AHEAD: usize = 6;

/// What the inflating thread has to say, in the order of the file.
enum Message {
    /// These bytes of the file were read.
    Read(Box<[u8]>),
    /// These bytes were made of it.
    Made(Vec<u8>),
    /// A gzip member ended with them.
    Member(Trailer),
    /// It cannot go on.
    Fault(Fault),
}

/// Passes on the bytes of the file to where they are hashed.
struct Relay(SyncSender<Message>);

impl Listener for Relay {
    fn hear(&mut self, bytes: &[u8]) {
        // Nobody waits for them once the receiver is gone.
        let _ = self.0.send(Message::Read(bytes.into()));
    }
}

/// A thread that inflates, and what it has made so far.
struct Inflating {
    thread: JoinHandle<Raw<()>>,
    messages: Receiver<Message>,
    /// Takes back buffers that were read.
    spare: Sender<Vec<u8>>,
    stop: Arc<AtomicBool>,
}

enum Source<'a> {
    Plain { raw: Raw<Witness<'a>>, max_stream: u64 },
    Gzip { inflating: Inflating, witness: Witness<'a>, crc: Crc },
}

/// The bytes of a tar stream: inflated, or as they are.
pub struct Unpacked<'a> {
    source: Source<'a>,
    out: Vec<u8>,
    start: usize,
    /// Unpacked bytes before the buffer's start.
    consumed: u64,
}

impl<'a> Unpacked<'a> {
    /// The unpacked stream of a gzip file.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn gzip(raw: Raw<Witness<'a>>, limits: &Limits) -> io::Result<Self> {
        let (to, messages) = mpsc::sync_channel(AHEAD);
        let (spare, spares) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let (raw, witness) = raw.hand_over(Relay(to.clone()));
        let inflater = Inflater::new(raw, limits);
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("inflate".to_owned())
            .spawn(move || inflate(inflater, &to, &spares, &stopped))?;
        let inflating = Inflating { thread, messages, spare, stop };
        Ok(Self::new(Source::Gzip { inflating, witness, crc: Crc::default() }))
    }

    /// A stream that is not compressed.
    pub fn plain(raw: Raw<Witness<'a>>, limits: &Limits) -> Self {
        Self::new(Source::Plain { raw, max_stream: limits.max_stream() })
    }

    const fn new(source: Source<'a>) -> Self {
        Self { source, out: Vec::new(), start: 0, consumed: 0 }
    }

    /// The offset of the next byte in the unpacked stream.
    pub const fn offset(&self) -> u64 {
        match &self.source {
            Source::Plain { raw, .. } => raw.offset(),
            Source::Gzip { .. } => self.consumed + self.start as u64,
        }
    }

    /// How many bytes of the file were read, as far as is known here.
    pub const fn raw_offset(&self) -> u64 {
        match &self.source {
            Source::Plain { raw, .. } => raw.offset(),
            Source::Gzip { witness, .. } => witness.heard(),
        }
    }

    /// The unpacked bytes at hand; none at the end, which is reached only if the file is sound.
    pub fn fill(&mut self) -> Result<&[u8], Fault> {
        let (inflating, witness, crc) = match &mut self.source {
            Source::Plain { raw, max_stream } => {
                if raw.offset() > *max_stream {
                    return Err(Fault::TooLarge(format!("more than {}", crate::text::size(*max_stream))));
                }
                return Ok(raw.fill()?);
            }
            Source::Gzip { inflating, witness, crc } => (inflating, witness, crc),
        };
        while self.start == self.out.len() {
            match inflating.messages.recv() {
                Ok(Message::Read(bytes)) => witness.hear(&bytes),
                Ok(Message::Made(bytes)) => {
                    crc.update(&bytes);
                    self.consumed += self.out.len() as u64;
                    self.start = 0;
                    // The thread makes a new one where it gets none back.
                    let _ = inflating.spare.send(std::mem::replace(&mut self.out, bytes));
                }
                Ok(Message::Member(trailer)) => {
                    trailer.check(crc)?;
                    *crc = Crc::default();
                }
                Ok(Message::Fault(fault)) => return Err(fault),
                Err(_) => return Ok(&[]),
            }
        }
        Ok(self.out.get(self.start..).unwrap_or_default())
    }

    /// Passes over bytes that `fill` gave.
    pub fn consume(&mut self, count: usize) {
        match &mut self.source {
            Source::Plain { raw, .. } => raw.consume(count),
            Source::Gzip { .. } => self.start = (self.start + count).min(self.out.len()),
        }
    }

    /// Reads what is left of the file, as [`Raw::finish`].
    pub fn finish(self, most: u64) -> io::Result<(u64, Option<[u8; 32]>)> {
        let raw = match self.source {
            Source::Plain { raw, .. } => raw,
            Source::Gzip { inflating, mut witness, .. } => {
                inflating.stop.store(true, Ordering::Relaxed);
                for message in &inflating.messages {
                    if let Message::Read(bytes) = message {
                        witness.hear(&bytes);
                    }
                }
                let raw = inflating.thread.join().map_err(|_| io::Error::other("the inflating thread stopped"))?;
                raw.hand_over(witness).0
            }
        };
        raw.finish(most)
    }
}

/// The inflating thread: until the end, a fault, or until nobody wants more.
fn inflate(
    mut inflater: Inflater<Relay>,
    to: &SyncSender<Message>,
    spares: &Receiver<Vec<u8>>,
    stop: &AtomicBool,
) -> Raw<()> {
    while !stop.load(Ordering::Relaxed) {
        let mut out = spares.try_recv().unwrap_or_default();
        let step = inflater.unpack(&mut out);
        // What was made before a fault comes first: a message then names the entry that it stands in.
        if !out.is_empty() && to.send(Message::Made(out)).is_err() {
            break;
        }
        let (message, goes_on) = match step {
            Ok(Step::Full) => continue,
            Ok(Step::Member(trailer)) => (Message::Member(trailer), true),
            Ok(Step::End) => break,
            Err(fault) => (Message::Fault(fault), false),
        };
        if to.send(message).is_err() || !goes_on {
            break;
        }
    }
    // The relay ends here, so that the receiver learns of the end.
    inflater.into_raw().hand_over(()).0
}
