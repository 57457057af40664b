//! What a gzip member says of its content at its end (RFC 1952, 2.3.1).

/// Bytes of a member's trailer: CRC-32 and length.
pub(super) const TRAILER: usize = 8;

/// The CRC-32 and the length, modulo 2^32, of a member's content. crc32fast has the processor's own instructions for it,
/// which flate2's `Crc` over zlib-rs has not.
#[derive(Default)]
pub(super) struct Crc {
    hasher: crc32fast::Hasher,
    amount: u32,
}

impl Crc {
    /// Takes in what comes next.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        #[expect(clippy::cast_possible_truncation, reason = "modulo 2^32 is what the trailer has")]
        let length = bytes.len() as u32;
        self.amount = self.amount.wrapping_add(length);
    }

    /// The CRC-32 so far.
    pub(super) fn sum(&self) -> u32 {
        self.hasher.clone().finalize()
    }

    /// The length so far.
    pub(super) const fn amount(&self) -> u32 {
        self.amount
    }

    /// The trailer of a member that has this content.
    pub(super) fn trailer(&self) -> [u8; TRAILER] {
        let [a, b, c, d] = self.sum().to_le_bytes();
        let [e, f, g, h] = self.amount.to_le_bytes();
        [a, b, c, d, e, f, g, h]
    }
}
