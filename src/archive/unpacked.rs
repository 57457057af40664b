//! The bytes of a tar stream, as they are or inflated.

use super::crc::Crc;
use super::gzip::GzipFault;
use super::inflating::{ALONE, StreamPiece, WhoInflates};
use super::input::{DigestingObserver, Raw, ReadEnd};
use crate::tree::limits::Limits;
use std::io;

enum UnpackedSource<'a> {
    Plain { raw: Raw<DigestingObserver<'a>>, max_stream: u64 },
    Gzip { inflating: WhoInflates<'a>, crc: Crc },
}

/// The bytes of a tar stream: inflated, or as they are.
pub(super) struct Unpacked<'a> {
    source: UnpackedSource<'a>,
    out: Vec<u8>,
    start: usize,
    /// Unpacked bytes before the buffer's start.
    consumed: u64,
}

impl<'a> Unpacked<'a> {
    /// The unpacked stream of a gzip file.
    pub(super) fn gzip(raw: Raw<DigestingObserver<'a>>, limits: &Limits) -> Self {
        Self::new(UnpackedSource::Gzip { inflating: WhoInflates::new(raw, limits, ALONE), crc: Crc::default() })
    }

    /// A stream that is not compressed.
    pub(super) fn plain(raw: Raw<DigestingObserver<'a>>, limits: &Limits) -> Self {
        Self::new(UnpackedSource::Plain { raw, max_stream: limits.max_stream() })
    }

    const fn new(source: UnpackedSource<'a>) -> Self {
        Self { source, out: Vec::new(), start: 0, consumed: 0 }
    }

    /// The offset of the next byte in the unpacked stream.
    pub(super) const fn offset(&self) -> u64 {
        match &self.source {
            UnpackedSource::Plain { raw, .. } => raw.offset(),
            UnpackedSource::Gzip { .. } => self.consumed + self.start as u64,
        }
    }

    /// How many bytes of the file were read, as far as is known here.
    pub(super) fn raw_offset(&self) -> u64 {
        match &self.source {
            UnpackedSource::Plain { raw, .. } => raw.offset(),
            UnpackedSource::Gzip { inflating, .. } => inflating.raw_offset(),
        }
    }

    /// The unpacked bytes at hand; none at the end, which is reached only if the file is sound.
    pub(super) fn fill(&mut self) -> Result<&[u8], GzipFault> {
        let (inflating, crc) = match &mut self.source {
            UnpackedSource::Plain { raw, max_stream } => {
                if raw.offset() > *max_stream {
                    return Err(GzipFault::TooLarge(format!("more than {}", crate::text::size(*max_stream))));
                }
                return Ok(raw.fill()?);
            }
            UnpackedSource::Gzip { inflating, crc } => (inflating, crc),
        };
        while self.start == self.out.len() {
            self.consumed += self.out.len() as u64;
            self.start = 0;
            match inflating.next(std::mem::take(&mut self.out))? {
                StreamPiece::Made(bytes) => {
                    crc.update(&bytes);
                    self.out = bytes;
                }
                StreamPiece::Whole(bytes) => self.out = bytes,
                StreamPiece::Member(trailer) => {
                    // tar exits 2 here with the whole tree on the disk: a reader that stopped at the end marker of the
                    // archive would have seen nothing wrong (docs/reference/gnu-tar.md, "What gzip does").
                    trailer.check(crc)?;
                    *crc = Crc::default();
                }
                StreamPiece::End => return Ok(&[]),
            }
        }
        Ok(self.out.get(self.start..).unwrap_or_default())
    }

    /// Passes over bytes that `fill` gave.
    pub(super) fn consume(&mut self, count: usize) {
        match &mut self.source {
            UnpackedSource::Plain { raw, .. } => raw.consume(count),
            UnpackedSource::Gzip { .. } => self.start = (self.start + count).min(self.out.len()),
        }
    }

    /// Reads what is left of the file, as [`Raw::finish`].
    pub(super) fn finish(self, most: u64) -> io::Result<ReadEnd> {
        let raw = match self.source {
            UnpackedSource::Plain { raw, .. } => raw,
            UnpackedSource::Gzip { inflating, .. } => inflating.into_raw()?,
        };
        raw.finish(most)
    }
}
