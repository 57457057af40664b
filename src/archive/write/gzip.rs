//! gzip that depends on nothing but the content: no name, no time, no system, and always fed in pieces of one size.
//!
//! Level 9 of zlib-rs is within 0.5 % of `gzip -9` on small bundles and within 0.2 % on large ones
//! (`tests/lab/release.py` measures it), and its matcher asks for no feature of the processor.

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use std::io::{self, Write};

/// What a deflater makes of its input may depend on the pieces it comes in, so they have one size.
const PIECE: usize = 128 * 1024;
/// RFC 1952, section 2.3.1: 255 is an unknown system.
const UNKNOWN_SYSTEM: u8 = 255;

/// Compresses what is written to it.
pub(crate) struct Compressor<W: Write> {
    encoder: GzEncoder<W>,
    piece: Vec<u8>,
}

impl<W: Write> Compressor<W> {
    /// Starts a stream.
    pub(crate) fn new(out: W) -> Self {
        let encoder = GzBuilder::new().operating_system(UNKNOWN_SYSTEM).write(out, Compression::best());
        Self { encoder, piece: Vec::with_capacity(PIECE) }
    }

    /// Ends the stream and gives back what it was written to.
    ///
    /// # Errors
    /// Whatever the writer gives.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.encoder.write_all(&self.piece)?;
        self.encoder.finish()
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.piece.len() == PIECE {
            self.encoder.write_all(&self.piece)?;
            self.piece.clear();
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn the_bytes_depend_on_the_content_only() {
        let content: Vec<u8> = (0..400_000_u32).flat_map(|n| (n / 7).wrapping_mul(n).to_le_bytes()).collect();
        let packed = |step: usize| {
            let mut out = Compressor::new(Vec::new());
            content.chunks(step).for_each(|chunk| out.write_all(chunk).unwrap());
            out.finish().unwrap()
        };
        let whole = packed(content.len());
        assert_eq!(whole, packed(777));
        assert_eq!(whole.get(..10), Some(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255][..]), "no name, no time, no system");
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(whole.as_slice()).read_to_end(&mut back).unwrap();
        assert_eq!(back, content);
    }
}
