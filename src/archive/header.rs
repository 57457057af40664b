//! One 512-byte header of a tar archive, read as strictly as the extractors agree on.
//!
//! Sources: POSIX.1-2017 pax, section "ustar Interchange Format"; GNU tar manual, "Basic Tar Format". What GNU tar
//! 1.34 really does with odd headers was measured; where extractors part, the header is refused.

/// Size of a header, and of the unit that contents are padded to.
pub(super) const BLOCK: usize = 512;

/// A header block.
pub(super) type TarBlock = [u8; BLOCK];

/// A header that extractors would not read alike.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeaderFault {
    /// It is not a tar header at all, or a damaged one.
    Checksum {
        /// What the header says, if it is a number.
        said: Option<u64>,
        /// What its bytes give.
        computed: u64,
    },
    /// It is one, but not one that all extractors read alike: what was expected and found.
    Odd(String),
}

/// The fields of a header that decide about the tree.
#[derive(Debug)]
pub(super) struct TarHeader {
    /// Prefix and name, joined.
    pub name: Vec<u8>,
    /// Permission bits.
    pub mode: u16,
    /// User id.
    pub uid: u64,
    /// Group id.
    pub gid: u64,
    /// Bytes that follow.
    pub size: u64,
    /// The type flag.
    pub kind: u8,
    /// A link's target.
    pub link: Vec<u8>,
    /// User name.
    pub user: Vec<u8>,
    /// Group name.
    pub group: Vec<u8>,
}

struct HeaderField(&'static str, usize, usize);

const NAME: HeaderField = HeaderField("name", 0, 100);
const MODE: HeaderField = HeaderField("mode", 100, 108);
const UID: HeaderField = HeaderField("uid", 108, 116);
const GID: HeaderField = HeaderField("gid", 116, 124);
const SIZE: HeaderField = HeaderField("size", 124, 136);
const MTIME: HeaderField = HeaderField("mtime", 136, 148);
const CHECKSUM: HeaderField = HeaderField("checksum", 148, 156);
const LINK: HeaderField = HeaderField("linkname", 157, 257);
const MAGIC: HeaderField = HeaderField("magic", 257, 265);
const USER: HeaderField = HeaderField("uname", 265, 297);
const GROUP: HeaderField = HeaderField("gname", 297, 329);
const MAJOR: HeaderField = HeaderField("devmajor", 329, 337);
const MINOR: HeaderField = HeaderField("devminor", 337, 345);
const PREFIX: HeaderField = HeaderField("prefix", 345, 500);

impl HeaderField {
    fn of<'a>(&self, block: &'a [u8]) -> &'a [u8] {
        block.get(self.1..self.2).unwrap_or_default()
    }

    /// The bytes up to the first NUL.
    fn text<'a>(&self, block: &'a [u8]) -> &'a [u8] {
        let bytes = self.of(block);
        bytes.split(|byte| *byte == 0).next().unwrap_or_default()
    }
}

/// Whether the first block of a file is a tar header by its checksum (a V7 archive has no magic).
pub(super) fn checksum_is_right(head: &[u8]) -> bool {
    head.len() >= BLOCK && octal(CHECKSUM.of(head)) == Some(checksum(head)) && checksum(head) != 256
}

/// The sum of the header's bytes as unsigned numbers, its checksum field taken as spaces.
fn checksum(block: &[u8]) -> u64 {
    let all: u64 = block.iter().take(BLOCK).map(|byte| u64::from(*byte)).sum();
    let field: u64 = CHECKSUM.of(block).iter().map(|byte| u64::from(*byte)).sum();
    all - field + 8 * u64::from(b' ')
}

/// Spaces, octal digits, then NULs or spaces to the field's end; nothing for any other form.
fn octal(field: &[u8]) -> Option<u64> {
    let start = field.iter().position(|byte| *byte != b' ')?;
    let digits = field.get(start..)?;
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at(length);
    // GNU tar reads up to the first NUL or space; what follows it is of no effect there, but is elsewhere.
    if digits.is_empty() || !rest.iter().all(|byte| matches!(byte, 0 | b' ')) {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = u64::from(digit.checked_sub(b'0').filter(|digit| *digit < 8)?);
        value.checked_mul(8)?.checked_add(digit)
    })
}

/// The base-256 form that GNU tar writes for large numbers: first byte 0x80, then big-endian.
fn base256(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    let (high, low) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
    if *first != 0x80 || high.iter().any(|byte| *byte != 0) {
        return None;
    }
    let value = u64::from_be_bytes(low.try_into().ok()?);
    (value < 1 << 63).then_some(value)
}

fn number(block: &TarBlock, field: &HeaderField) -> Result<u64, HeaderFault> {
    octal(field.of(block)).ok_or_else(|| odd_number(block, field))
}

/// A number that may be all NULs, as node-tar writes unknown owners and times.
fn optional_number(block: &TarBlock, field: &HeaderField) -> Result<u64, HeaderFault> {
    let bytes = field.of(block);
    if bytes.iter().all(|byte| *byte == 0) { Ok(0) } else { number(block, field) }
}

/// Bytes at the end of the prefix in which node-tar writes when a file was last read and changed, as octal numbers; no
/// extractor takes them for a name.
const NODE_TAR_TIMES: usize = 24;

/// A text's first NUL ends it; what stands behind it is seen by some (node-tar, after a newline).
fn nothing_behind_the_end(block: &TarBlock, field: &HeaderField) -> Result<(), HeaderFault> {
    let mut rest = field.of(block).get(field.text(block).len()..).unwrap_or_default();
    if field.0 == PREFIX.0 && rest.len() > NODE_TAR_TIMES {
        let (before, times) = rest.split_at(rest.len() - NODE_TAR_TIMES);
        if times.iter().all(|byte| matches!(byte, b'0'..=b'7' | b' ' | 0)) {
            rest = before;
        }
    }
    if rest.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    Err(HeaderFault::Odd(format!("something behind the NUL that ends the header's `{}`", field.0)))
}

fn odd_number(block: &TarBlock, field: &HeaderField) -> HeaderFault {
    let shown = crate::text::printable_bytes(field.of(block)).into_owned();
    HeaderFault::Odd(format!("expected octal digits in the header's `{}`, found `{shown}`", field.0))
}

impl TarHeader {
    /// Reads a block that is not all zeros.
    ///
    /// # Errors
    /// A [`HeaderFault`] where extractors would not all read it, or not read it alike.
    pub(super) fn parse(block: &TarBlock) -> Result<Self, HeaderFault> {
        let said = octal(CHECKSUM.of(block));
        let computed = checksum(block);
        if said != Some(computed) {
            return Err(HeaderFault::Checksum { said, computed });
        }
        // node-tar reads on into the next field where nothing ends this one.
        if !CHECKSUM.of(block).ends_with(b" ") && !CHECKSUM.of(block).ends_with(b"\0") {
            return Err(HeaderFault::Odd("expected a NUL or a blank at the end of the header's `checksum`".to_owned()));
        }
        let magic = MAGIC.of(block);
        let posix = magic == b"ustar\x0000";
        if !posix && magic != b"ustar  \0" {
            let shown = crate::text::printable_bytes(magic).into_owned();
            return Err(HeaderFault::Odd(format!("expected the magic of a ustar or GNU header, found `{shown}`")));
        }
        for field in [&NAME, &LINK, &PREFIX] {
            nothing_behind_the_end(block, field)?;
        }
        // busybox puts the prefix before the name whatever the magic; GNU tar keeps times there in incremental archives.
        if !posix && PREFIX.of(block).iter().any(|byte| *byte != 0) {
            return Err(HeaderFault::Odd("a GNU header with something where ustar has its `prefix`".to_owned()));
        }
        let mut name = Vec::new();
        if posix && !PREFIX.text(block).is_empty() {
            name.extend_from_slice(PREFIX.text(block));
            name.push(b'/');
        }
        name.extend_from_slice(NAME.text(block));
        let mode = number(block, &MODE)?;
        optional_number(block, &MTIME)?;
        // Of no effect on a file, and busybox stops at one that it cannot read.
        optional_number(block, &MAJOR)?;
        optional_number(block, &MINOR)?;
        let kind = block.get(156).copied().unwrap_or_default();
        let link = LINK.text(block).to_vec();
        if !link.is_empty() && !matches!(kind, b'1' | b'2' | b'x' | b'g') {
            return Err(HeaderFault::Odd(
                "a link's target on what is no link: node-tar leaves the entry out".to_owned(),
            ));
        }
        Ok(Self {
            name,
            // Only the permission bits are used; some producers put the file's type above them.
            mode: u16::try_from(mode & 0o7777).unwrap_or_default(),
            uid: optional_number(block, &UID)?,
            gid: optional_number(block, &GID)?,
            size: octal(SIZE.of(block)).or_else(|| base256(SIZE.of(block))).ok_or_else(|| odd_number(block, &SIZE))?,
            kind,
            link,
            user: USER.text(block).to_vec(),
            group: GROUP.text(block).to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_and_nothing_else() {
        for (field, expected) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"00006440", Some(0o6440)),
            (b"0644 \0\0\0", Some(0o644)),
            (b"+000644\0", None),
            (b"-1\0\0\0\0\0\0", None),
            (b"0000684\0", None),
            (b"06\x0044\0\0\0", None),
            (b"\0\0\0\0\0\0\0\0", None),
            (b"        ", None),
        ] {
            assert_eq!(octal(field), expected, "{field:?}");
        }
        assert_eq!(base256(b"\x80\0\0\0\0\0\0\x02\0\0\0\0"), Some(1 << 33));
        assert_eq!(base256(b"\x81\0\0\0\0\0\0\x02\0\0\0\0"), None);
        assert_eq!(base256(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
    }
}
