//! The gzip framing around an archive (RFC 1952), read as strictly as `gzip -d` and to the very last byte.
//!
//! A lenient reader stops at the tar end marker and sees nothing wrong where `tar -xzf` exits 2 with the whole tree
//! on disk: a wrong CRC, a cut trailer, bytes after the stream. The inflating itself is flate2's.

use super::input::Raw;
use super::limits::{Limits, MOST_PADDING, RATIO_GRACE};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::io;

const FHCRC: u8 = 1 << 1;
const FEXTRA: u8 = 1 << 2;
const FNAME: u8 = 1 << 3;
const FCOMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Why the unpacked stream cannot go on.
#[derive(Debug)]
pub enum Fault {
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

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

enum State {
    /// At the start of a member.
    Header,
    /// Within a member's deflate stream.
    Body,
    /// Behind the last member.
    End,
}

/// The bytes of a tar stream: inflated, or as they are.
pub struct Unpacked<'a> {
    raw: Raw<'a>,
    /// Nothing for a plain tar.
    inflate: Option<Box<Decompress>>,
    state: State,
    crc: Crc,
    out: Box<[u8]>,
    start: usize,
    end: usize,
    /// Unpacked bytes before the buffer's start.
    consumed: u64,
    /// A fault behind the bytes at hand, which are given out first.
    pending: Option<Fault>,
    max_ratio: u64,
    max_stream: u64,
}

/// How many unpacked bytes are made at a time.
const OUT: usize = 256 * 1024;

impl<'a> Unpacked<'a> {
    /// The unpacked stream of a gzip file.
    pub fn gzip(raw: Raw<'a>, limits: &Limits) -> Self {
        Self::new(raw, Some(Box::new(Decompress::new(false))), limits)
    }

    /// A stream that is not compressed.
    pub fn plain(raw: Raw<'a>, limits: &Limits) -> Self {
        Self::new(raw, None, limits)
    }

    fn new(raw: Raw<'a>, inflate: Option<Box<Decompress>>, limits: &Limits) -> Self {
        let out = if inflate.is_some() { vec![0; OUT].into_boxed_slice() } else { Box::default() };
        Self {
            raw,
            inflate,
            state: State::Header,
            crc: Crc::new(),
            out,
            start: 0,
            end: 0,
            consumed: 0,
            pending: None,
            max_ratio: limits.max_ratio,
            max_stream: limits.max_stream(),
        }
    }

    /// The offset of the next byte in the unpacked stream.
    pub const fn offset(&self) -> u64 {
        if self.inflate.is_some() { self.consumed + self.start as u64 } else { self.raw.offset() }
    }

    /// The offset of the next byte in the file.
    pub const fn raw_offset(&self) -> u64 {
        self.raw.offset()
    }

    /// The unpacked bytes at hand; none at the end, which is reached only if the file is sound.
    pub fn fill(&mut self) -> Result<&[u8], Fault> {
        if self.inflate.is_none() {
            if self.raw.offset() > self.max_stream {
                return Err(Fault::TooLarge(format!("more than {}", crate::text::size(self.max_stream))));
            }
            return Ok(self.raw.fill()?);
        }
        if self.start == self.end {
            self.consumed += self.end as u64;
            (self.start, self.end) = (0, 0);
            self.unpack_more()?;
        }
        Ok(self.out.get(self.start..self.end).unwrap_or_default())
    }

    /// Passes over bytes that `fill` gave.
    pub fn consume(&mut self, count: usize) {
        if self.inflate.is_some() {
            self.start = (self.start + count).min(self.end);
        } else {
            self.raw.consume(count);
        }
    }

    /// Reads what is left of the file, as [`Raw::finish`].
    pub fn finish(self, most: u64) -> io::Result<(u64, Option<[u8; 32]>)> {
        self.raw.finish(most)
    }

    fn unpack_more(&mut self) -> Result<(), Fault> {
        if let Some(fault) = self.pending.take() {
            return Err(fault);
        }
        while self.end == 0 {
            let step = match self.state {
                State::Header => self.member_header(),
                State::Body => self.body(),
                State::End => return Ok(()),
            };
            match step {
                Err(fault) if self.end > 0 => self.pending = Some(fault),
                step => step?,
            }
        }
        self.check_limits()
    }

    fn check_limits(&self) -> Result<(), Fault> {
        let unpacked = self.consumed + self.end as u64;
        if unpacked > self.max_stream {
            return Err(Fault::TooLarge(format!("more than {} unpacked", crate::text::size(self.max_stream))));
        }
        if unpacked > RATIO_GRACE && unpacked / self.raw.offset().max(1) > self.max_ratio {
            return Err(Fault::TooLarge(format!(
                "{} unpacked from {} compressed, more than {}:1",
                crate::text::size(unpacked),
                crate::text::size(self.raw.offset()),
                self.max_ratio
            )));
        }
        Ok(())
    }

    fn body(&mut self) -> Result<(), Fault> {
        let Some(inflate) = self.inflate.as_mut() else {
            return Ok(());
        };
        let input = self.raw.fill()?;
        let at_end = input.is_empty();
        let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(input, &mut self.out, FlushDecompress::None);
        let read = usize::try_from(inflate.total_in() - before_in).unwrap_or_default();
        let made = usize::try_from(inflate.total_out() - before_out).unwrap_or_default();
        self.raw.consume(read);
        self.end = made.min(self.out.len());
        self.crc.update(self.out.get(..self.end).unwrap_or_default());
        match status {
            Ok(Status::StreamEnd) => self.member_trailer(),
            Ok(_) if at_end && made == 0 => Err(Fault::Truncated(self.raw.offset())),
            Ok(_) if !at_end && read == 0 && made == 0 => self.damaged("it makes no progress"),
            Ok(_) => Ok(()),
            Err(error) => self.damaged(&error.to_string()),
        }
    }

    fn damaged(&self, what: &str) -> Result<(), Fault> {
        Err(Fault::Damaged(self.raw.offset(), format!("the compressed data is invalid ({what})")))
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = self.raw.fill()?.first().copied().ok_or_else(|| Fault::Truncated(self.raw.offset()))?;
        self.raw.consume(1);
        Ok(byte)
    }

    /// A byte of the header, which the optional header checksum covers.
    fn header_byte(&mut self, crc: &mut Crc) -> Result<u8, Fault> {
        let byte = self.byte()?;
        crc.update(&[byte]);
        Ok(byte)
    }

    fn member_header(&mut self) -> Result<(), Fault> {
        let at = self.raw.offset();
        let mut crc = Crc::new();
        let mut fixed = [0; 10];
        for slot in &mut fixed {
            *slot = self.header_byte(&mut crc)?;
        }
        let [id1, id2, method, flags, ..] = fixed;
        if (id1, id2) != (0x1f, 0x8b) || method != 8 {
            return Err(Fault::Damaged(
                at,
                format!("expected a gzip header (1f 8b 08), found {id1:02x} {id2:02x} {method:02x}"),
            ));
        }
        if flags & RESERVED != 0 {
            return Err(Fault::Damaged(at, format!("the gzip header has reserved flags set ({flags:#04x})")));
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
        if flags & FHCRC != 0 {
            let expected = crc.sum() & 0xffff;
            let found = u32::from(u16::from_le_bytes([self.byte()?, self.byte()?]));
            if expected != found {
                return Err(Fault::Damaged(
                    at,
                    format!("the gzip header's checksum is {found:04x}, its bytes give {expected:04x}"),
                ));
            }
        }
        self.state = State::Body;
        Ok(())
    }

    fn member_trailer(&mut self) -> Result<(), Fault> {
        let at = self.raw.offset();
        let mut trailer = [0; 8];
        for slot in &mut trailer {
            *slot = self.byte()?;
        }
        let [a, b, c, d, e, f, g, h] = trailer;
        let (crc, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        if crc != self.crc.sum() {
            return Err(Fault::Damaged(
                at,
                format!("wrong CRC: the file says {crc:08x}, its content gives {:08x}", self.crc.sum()),
            ));
        }
        if length != self.crc.amount() {
            return Err(Fault::Damaged(
                at,
                format!("wrong length: the file says {length}, its content has {}", self.crc.amount()),
            ));
        }
        self.crc.reset();
        if let Some(inflate) = self.inflate.as_mut() {
            inflate.reset(false);
        }
        self.state = self.after_member()?;
        Ok(())
    }

    /// Another member, or nothing but zeros (gzip(1): they pad tape blocks) to the end.
    fn after_member(&mut self) -> Result<State, Fault> {
        match self.raw.peek(2)? {
            [0x1f, 0x8b, ..] => return Ok(State::Header),
            [] => return Ok(State::End),
            [0, ..] => {}
            _ => return Err(Fault::Garbage(self.raw.offset())),
        }
        let start = self.raw.offset();
        loop {
            let passed = self.raw.offset() - start;
            if passed > MOST_PADDING {
                return Err(Fault::TooLarge(format!(
                    "more than {} of zeros behind it",
                    crate::text::size(MOST_PADDING)
                )));
            }
            let chunk = self.raw.fill()?;
            if chunk.is_empty() {
                return Ok(State::End);
            }
            let zeros = chunk.iter().take_while(|byte| **byte == 0).count();
            let all = zeros == chunk.len();
            self.raw.consume(zeros);
            if !all {
                return Err(Fault::Garbage(self.raw.offset()));
            }
        }
    }
}
