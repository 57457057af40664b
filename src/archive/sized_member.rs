//! Sized members: gzip members that say in their header how long they are, so that several can be made, and inflated, side
//! by side. `pack` writes archives of them.
//!
//! To whoever does not know of it, such an archive is a gzip file of several members (RFC 1952, 2.2), each with the extra
//! field that the same document provides for (2.3.1.1). The stated length is not believed: a member that does not end
//! where it says, or is wrong in any other way, is read like every other, from its first byte.

use super::crc::{Crc, TRAILER};
use flate2::{Decompress, FlushDecompress, Status};

/// Most bytes of content that one has.
pub(super) const MAX_CONTENT: usize = 512 * 1024;
/// Bytes of its header.
pub(super) const HEADER: usize = 20;
/// Most bytes that one takes: content that cannot be compressed is stored, in pieces with five bytes before each.
const MAX_LENGTH: usize = MAX_CONTENT + MAX_CONTENT / 64;
/// RFC 1952, 2.3.1: 255 is an unknown system, 2 is the slowest compression, and of the flags only FEXTRA is set.
const FIXED: [u8; 10] = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 2, 255];
/// The length of the extra field, then the one subfield in it: its identifier, its length, and four bytes of content.
const EXTRA: [u8; 6] = [8, 0, b'B', b'D', 4, 0];

/// The header of one whose deflate stream has that many bytes; nothing where none is so long.
pub(super) fn header(deflated: usize) -> Option<[u8; HEADER]> {
    let length = HEADER + deflated + TRAILER;
    let stated = u32::try_from(length).ok().filter(|_| length <= MAX_LENGTH)?;
    let mut header = [0; HEADER];
    let fields = FIXED.iter().chain(&EXTRA).copied().chain(stated.to_le_bytes());
    header.iter_mut().zip(fields).for_each(|(slot, byte)| *slot = byte);
    Some(header)
}

/// How many bytes the member has that begins with these, if it says so. Time, level and system may be anything.
pub(super) fn length(start: &[u8]) -> Option<usize> {
    let (fixed, rest) = start.split_at_checked(FIXED.len())?;
    let (extra, rest) = rest.split_at_checked(EXTRA.len())?;
    if fixed.get(..4) != FIXED.get(..4) || extra != EXTRA {
        return None;
    }
    let length = usize::try_from(u32::from_le_bytes(*rest.first_chunk()?)).ok()?;
    (HEADER + TRAILER..=MAX_LENGTH).contains(&length).then_some(length)
}

/// Inflates sized members, one after the other.
pub(super) struct MemberInflater(Decompress);

impl MemberInflater {
    /// Has inflated nothing yet.
    pub(super) fn new() -> Self {
        Self(Decompress::new(false))
    }

    /// The content of a member, made in `out`; nothing where it does not end where its header says, has more content than
    /// it may, or not the content that its trailer tells of.
    pub(super) fn inflate(&mut self, member: &[u8], mut out: Vec<u8>) -> Option<Vec<u8>> {
        let (_, rest) = member.split_at_checked(HEADER)?;
        let (deflated, trailer) = rest.split_at_checked(rest.len().checked_sub(TRAILER)?)?;
        out.clear();
        out.reserve_exact(MAX_CONTENT + 1);
        self.0.reset(false);
        let status = self.0.decompress_vec(deflated, &mut out, FlushDecompress::None).ok()?;
        let is_whole =
            status == Status::StreamEnd && self.0.total_in() == deflated.len() as u64 && out.len() <= MAX_CONTENT;
        let mut content = Crc::default();
        content.update(&out);
        (is_whole && trailer == content.trailer()).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_states_the_length_of_its_member() {
        let made = header(100).unwrap();
        assert_eq!(length(&made), Some(HEADER + 100 + TRAILER));
        assert_eq!(header(MAX_LENGTH), None);
        assert_eq!(length(&made[..HEADER - 1]), None, "cut");
        for at in [0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 19] {
            let mut other = made;
            other[at] ^= 0x80;
            assert_eq!(length(&other), None, "byte {at}");
        }
    }
}
