//! The gzip framing around an archive (RFC 1952), read as strictly as `gzip -d` and to the very last byte.
//!
//! A lenient reader stops at the tar end marker and sees nothing wrong where `tar -xzf` exits 2 with the whole tree
//! on disk: a wrong CRC, a cut trailer, bytes after the stream. The inflating itself is flate2's.

use super::crc::{Crc, TRAILER};
use super::input::{Raw, RawObserver};
use super::sized_member;
use crate::tree::limits::{Limits, MAX_PADDING, RATIO_GRACE};
use flate2::{Decompress, FlushDecompress, Status};
use std::io;

const FHCRC: u8 = 1 << 1;
const FEXTRA: u8 = 1 << 2;
const FNAME: u8 = 1 << 3;
const FCOMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Why the unpacked stream cannot go on.
#[derive(Debug)]
pub(super) enum GzipFault {
    /// The file ends too early, at this byte.
    Truncated(u64),
    /// Damaged near this byte: what was expected and found.
    Damaged(u64, String),
    /// Something other than zeros follows the stream, from this byte on.
    Garbage(u64),
    /// Beyond a limit, in words.
    TooLarge(String),
    /// Reading failed.
    Io(io::Error),
}

impl From<io::Error> for GzipFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

enum MemberState {
    /// At the start of a member.
    TarHeader,
    /// Within a member's deflate stream.
    Body,
    /// Behind a member.
    After,
    /// Behind the last member.
    End,
}

/// What a member says of its content. Whoever has the content checks it: that is as much work as a fifth of inflating.
pub(super) struct Trailer {
    at: u64,
    crc: u32,
    length: u32,
}

impl Trailer {
    /// Compares it with the content.
    ///
    /// # Errors
    /// [`GzipFault::Damaged`] where they do not agree.
    pub(super) fn check(&self, content: &Crc) -> Result<(), GzipFault> {
        let what = if self.crc != content.sum() {
            format!("wrong CRC: the file says {:08x}, its content gives {:08x}", self.crc, content.sum())
        } else if self.length != content.amount() {
            format!("wrong length: the file says {}, its content has {}", self.length, content.amount())
        } else {
            return Ok(());
        };
        Err(GzipFault::Damaged(self.at, what))
    }
}

/// How far unpacking came.
pub(super) enum InflateStep {
    /// The buffer is full.
    Full,
    /// A member ended, and with it what is in the buffer.
    Member(Trailer),
    /// The file ended.
    End,
}

/// How many unpacked bytes are made at a time: few at first, so that whoever waits for them has something to do.
const FIRST_OUT: usize = 32 * 1024;
const MAX_OUT: usize = 256 * 1024;

/// Unpacks a gzip file, buffer by buffer.
pub(super) struct Inflater<L> {
    raw: Raw<L>,
    inflate: Decompress,
    state: MemberState,
    out: Vec<u8>,
    /// Bytes of `out` that are made.
    made: usize,
    /// Unpacked bytes in all.
    total: u64,
    max_ratio: u64,
    max_stream: u64,
}

impl<L> Inflater<L> {
    /// Lets another hear what is read from now on, and gives back who observed what came before.
    pub(super) fn hand_over<M>(self, observer: M) -> (Inflater<M>, L) {
        let Self { raw, inflate, state, out, made, total, max_ratio, max_stream } = self;
        let (raw, before) = raw.hand_over(observer);
        (Inflater { raw, inflate, state, out, made, total, max_ratio, max_stream }, before)
    }

    /// Who hears what is read.
    pub(super) const fn observer(&self) -> &L {
        self.raw.observer()
    }

    /// Unpacked bytes so far.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }
}

impl<L: RawObserver> Inflater<L> {
    /// Starts at the first byte of a gzip file.
    pub(super) fn new(raw: Raw<L>, limits: &Limits) -> Self {
        Self {
            raw,
            inflate: Decompress::new(false),
            state: MemberState::TarHeader,
            out: Vec::new(),
            made: 0,
            total: 0,
            max_ratio: limits.max_ratio,
            max_stream: limits.max_stream(),
        }
    }

    /// Fills `out`, whose length is then how much was made.
    ///
    /// # Errors
    /// A [`GzipFault`]; `out` has what was made before it.
    pub(super) fn unpack(&mut self, out: &mut Vec<u8>) -> Result<InflateStep, GzipFault> {
        out.resize(self.size_of_out(), 0);
        std::mem::swap(&mut self.out, out);
        self.made = 0;
        let step = self.steps();
        std::mem::swap(&mut self.out, out);
        out.truncate(self.made);
        self.total += self.made as u64;
        let step = step?;
        self.check_limits()?;
        Ok(step)
    }

    /// In powers of two, so that a buffer that comes back is rarely too small.
    fn size_of_out(&self) -> usize {
        let share = usize::try_from(self.total / 32).unwrap_or(MAX_OUT).clamp(FIRST_OUT, MAX_OUT);
        1 << share.ilog2()
    }

    fn steps(&mut self) -> Result<InflateStep, GzipFault> {
        while self.made < self.out.len() {
            match self.state {
                MemberState::TarHeader => self.member_header()?,
                MemberState::Body => {
                    if self.body()? {
                        return Ok(InflateStep::Member(self.member_trailer()?));
                    }
                }
                MemberState::After => self.state = self.after_member()?,
                MemberState::End => return Ok(InflateStep::End),
            }
        }
        Ok(InflateStep::Full)
    }

    /// What the rest of the file is read from.
    pub(super) fn into_raw(self) -> Raw<L> {
        self.raw
    }

    /// The next member, passed over, where one begins here that states its size, and where it ends in the file. Nothing,
    /// and nothing is passed over, where none does or the file ends before it.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(super) fn take_sized_member(&mut self) -> io::Result<Option<(Vec<u8>, u64)>> {
        if matches!(self.state, MemberState::Body | MemberState::End) {
            return Ok(None);
        }
        let Some(length) = sized_member::length(self.raw.peek(sized_member::HEADER)?) else { return Ok(None) };
        let member = self.raw.take(length)?;
        if member.len() < length {
            self.raw.put_back(member);
            return Ok(None);
        }
        self.state = MemberState::After;
        Ok(Some((member, self.raw.offset())))
    }

    /// Takes into account what was made of a member that was taken and ends there in the file; false where that would be
    /// beyond a limit, and nothing is then taken into account.
    pub(super) fn count_member(&mut self, content: usize, end: u64) -> bool {
        let total = self.total + content as u64;
        let is_within = !self.is_too_large(total) && !self.is_too_dense(total, end);
        if is_within {
            self.total = total;
        }
        is_within
    }

    /// Puts members back that were taken, to inflate them step by step.
    pub(super) fn put_back(&mut self, members: Vec<u8>) {
        self.raw.put_back(members);
    }

    const fn is_too_large(&self, unpacked: u64) -> bool {
        unpacked > self.max_stream
    }

    fn is_too_dense(&self, unpacked: u64, packed: u64) -> bool {
        unpacked > RATIO_GRACE && unpacked / packed.max(1) > self.max_ratio
    }

    fn check_limits(&self) -> Result<(), GzipFault> {
        let unpacked = self.total;
        if self.is_too_large(unpacked) {
            return Err(GzipFault::TooLarge(format!("more than {} unpacked", crate::text::size(self.max_stream))));
        }
        if self.is_too_dense(unpacked, self.raw.offset()) {
            return Err(GzipFault::TooLarge(format!(
                "{} unpacked from {} compressed, more than {}:1",
                crate::text::size(unpacked),
                crate::text::size(self.raw.offset()),
                self.max_ratio
            )));
        }
        Ok(())
    }

    /// Inflates; true at the end of the member.
    fn body(&mut self) -> Result<bool, GzipFault> {
        let input = self.raw.fill()?;
        let at_end = input.is_empty();
        let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
        let room = self.out.get_mut(self.made..).unwrap_or_default();
        let status = self.inflate.decompress(input, room, FlushDecompress::None);
        let read = usize::try_from(self.inflate.total_in() - before_in).unwrap_or_default();
        let made = usize::try_from(self.inflate.total_out() - before_out).unwrap_or_default();
        self.raw.consume(read);
        self.made += made.min(room.len());
        match status {
            Ok(Status::StreamEnd) => Ok(true),
            Ok(_) if at_end && made == 0 => Err(GzipFault::Truncated(self.raw.offset())),
            Ok(_) if !at_end && read == 0 && made == 0 => Err(self.damaged("it makes no progress")),
            Ok(_) => Ok(false),
            Err(error) => Err(self.damaged(&error.to_string())),
        }
    }

    fn damaged(&self, what: &str) -> GzipFault {
        GzipFault::Damaged(self.raw.offset(), format!("the compressed data is invalid ({what})"))
    }

    fn byte(&mut self) -> Result<u8, GzipFault> {
        let byte = self.raw.fill()?.first().copied().ok_or_else(|| GzipFault::Truncated(self.raw.offset()))?;
        self.raw.consume(1);
        Ok(byte)
    }

    /// A byte of the header, which the optional header checksum covers.
    fn header_byte(&mut self, crc: &mut Crc) -> Result<u8, GzipFault> {
        let byte = self.byte()?;
        crc.update(&[byte]);
        Ok(byte)
    }

    fn member_header(&mut self) -> Result<(), GzipFault> {
        let at = self.raw.offset();
        let mut crc = Crc::default();
        let mut fixed = [0; 10];
        for slot in &mut fixed {
            *slot = self.header_byte(&mut crc)?;
        }
        let [id1, id2, method, flags, ..] = fixed;
        if (id1, id2) != (0x1f, 0x8b) || method != 8 {
            return Err(GzipFault::Damaged(
                at,
                format!("expected a gzip header (1f 8b 08), found {id1:02x} {id2:02x} {method:02x}"),
            ));
        }
        // `gzip` stops at the first of these bits with "is encrypted -- not supported" (measured with 1.12).
        if flags & RESERVED != 0 {
            return Err(GzipFault::Damaged(at, format!("the gzip header has reserved flags set ({flags:#04x})")));
        }
        if flags & FEXTRA != 0 {
            let length = u16::from_le_bytes([self.header_byte(&mut crc)?, self.header_byte(&mut crc)?]);
            for _ in 0..length {
                self.header_byte(&mut crc)?;
            }
        }
        for flag in [FNAME, FCOMMENT] {
            if flags & flag != 0 {
                while self.header_byte(&mut crc)? != 0 {}
            }
        }
        // `gzip -d` checks this sum as well, and fails where it is wrong (measured with 1.12).
        if flags & FHCRC != 0 {
            let expected = crc.sum() & 0xffff;
            let found = u32::from(u16::from_le_bytes([self.byte()?, self.byte()?]));
            if expected != found {
                return Err(GzipFault::Damaged(
                    at,
                    format!("the gzip header's checksum is {found:04x}, its bytes give {expected:04x}"),
                ));
            }
        }
        self.state = MemberState::Body;
        Ok(())
    }

    fn member_trailer(&mut self) -> Result<Trailer, GzipFault> {
        let at = self.raw.offset();
        let mut trailer = [0; TRAILER];
        for slot in &mut trailer {
            *slot = self.byte()?;
        }
        let [a, b, c, d, e, f, g, h] = trailer;
        self.inflate.reset(false);
        self.state = MemberState::After;
        Ok(Trailer { at, crc: u32::from_le_bytes([a, b, c, d]), length: u32::from_le_bytes([e, f, g, h]) })
    }

    /// Another member, or nothing but zeros (gzip(1): they pad tape blocks) to the end.
    fn after_member(&mut self) -> Result<MemberState, GzipFault> {
        match self.raw.peek(2)? {
            [0x1f, 0x8b, ..] => return Ok(MemberState::TarHeader),
            [] => return Ok(MemberState::End),
            [0, ..] => {}
            _ => return Err(GzipFault::Garbage(self.raw.offset())),
        }
        let start = self.raw.offset();
        loop {
            let passed = self.raw.offset() - start;
            if passed > MAX_PADDING {
                return Err(GzipFault::TooLarge(format!(
                    "more than {} of zeros behind it",
                    crate::text::size(MAX_PADDING)
                )));
            }
            let chunk = self.raw.fill()?;
            if chunk.is_empty() {
                return Ok(MemberState::End);
            }
            let zeros = chunk.iter().take_while(|byte| **byte == 0).count();
            let all = zeros == chunk.len();
            self.raw.consume(zeros);
            if !all {
                return Err(GzipFault::Garbage(self.raw.offset()));
            }
        }
    }
}
