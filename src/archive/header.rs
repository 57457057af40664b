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
    // 0xff begins a negative number; GNU tar rejects other first bytes and then looks for a header in the file's data
    // (docs/reference/gnu-tar.md, "Where the crate's stream and GNU tar part").
    if *first != 0x80 || high.iter().any(|byte| *byte != 0) {
        return None;
    }
    let value = u64::from_be_bytes(low.try_into().ok()?);
    (value < 1 << 63).then_some(value)
}

/// GNU's binary form for owners and times, which may be negative: first byte 0x80 or 0xff, then big-endian in two's
/// complement. Extractors part over every other first byte.
fn binary(field: &[u8]) -> Option<i64> {
    let (first, rest) = field.split_first()?;
    let sign = match first {
        0x80 => 0,
        0xff => -1,
        _ => return None,
    };
    let value = rest.iter().fold(sign, |value: i128, byte| value << 8 | i128::from(*byte));
    i64::try_from(value).ok()
}

/// The largest owner that Linux has and GNU tar takes (`uid_t` and `gid_t` have 32 bits).
pub(crate) const MAX_OWNER: u64 = u32::MAX as u64;

/// What GNU tar does with an owner beyond [`MAX_OWNER`] or below 0. The others take it, each as another number.
pub(crate) fn owner_out_of_range(place: &str, value: impl std::fmt::Display) -> String {
    format!("an owner of {value} in {place}: GNU tar takes 0 to {MAX_OWNER}, and exits 2")
}

/// The seconds before and after 1970 that JavaScript has dates for (ECMA-262, "Time Values"): node-tar reads no more.
const MAX_SECONDS: i64 = 8_640_000_000_000;

fn owner(block: &TarBlock, field: &HeaderField) -> Result<u64, HeaderFault> {
    let Some(value) = binary(field.of(block)) else { return optional_number(block, field) };
    let owner = u64::try_from(value).ok().filter(|value| *value <= MAX_OWNER);
    owner.ok_or_else(|| HeaderFault::Odd(owner_out_of_range(&format!("the header's `{}`", field.0), value)))
}

const fn is_a_date(seconds: i64) -> bool {
    -MAX_SECONDS <= seconds && seconds <= MAX_SECONDS
}

/// Of a time only that all extractors read it is of interest.
fn check_time(block: &TarBlock, field: &HeaderField) -> Result<(), HeaderFault> {
    match binary(field.of(block)) {
        Some(seconds) if is_a_date(seconds) => Ok(()),
        _ => optional_number(block, field).map(|_| ()),
    }
}

fn number(block: &TarBlock, field: &HeaderField) -> Result<u64, HeaderFault> {
    octal(field.of(block)).ok_or_else(|| odd_number(block, field))
}

/// A number that may be all NULs, as node-tar writes unknown owners and times.
fn optional_number(block: &TarBlock, field: &HeaderField) -> Result<u64, HeaderFault> {
    let bytes = field.of(block);
    if bytes.iter().all(|byte| *byte == 0) { Ok(0) } else { number(block, field) }
}

/// Where in the prefix node-tar writes when a file was last read and changed; no extractor takes them for a name.
const NODE_TAR_TIMES: [HeaderField; 2] = [HeaderField("atime", 476, 488), HeaderField("ctime", 488, 500)];

fn is_node_tar_time(block: &TarBlock, field: &HeaderField) -> bool {
    let is_octal = |byte: &u8| matches!(byte, b'0'..=b'7' | b' ' | 0);
    field.of(block).iter().all(is_octal) || binary(field.of(block)).is_some_and(is_a_date)
}

/// A text's first NUL ends it; what stands behind it is seen by some (node-tar, after a newline).
fn nothing_behind_the_end(block: &TarBlock, field: &HeaderField) -> Result<(), HeaderFault> {
    let mut rest = field.of(block).get(field.text(block).len()..).unwrap_or_default();
    if field.0 == PREFIX.0 && NODE_TAR_TIMES.iter().all(|field| is_node_tar_time(block, field)) {
        let times = PREFIX.2 - NODE_TAR_TIMES[0].1;
        rest = rest.split_at_checked(rest.len().saturating_sub(times)).map_or(rest, |(before, _)| before);
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

/// The type flag of a header.
pub(crate) fn kind(block: &TarBlock) -> u8 {
    block.get(156).copied().unwrap_or_default()
}

/// Prefix and name of a header, joined; also of one that is refused for something else.
pub(crate) fn name(block: &TarBlock) -> Vec<u8> {
    let prefix = if MAGIC.of(block) == POSIX { PREFIX.text(block) } else { b"" };
    let between: &[u8] = if prefix.is_empty() { b"" } else { b"/" };
    [prefix, between, NAME.text(block)].concat()
}

/// The size in a header, if it is plainly written; also of one that is refused for something else.
pub(crate) fn size(block: &TarBlock) -> Option<u64> {
    octal(SIZE.of(block)).or_else(|| base256(SIZE.of(block)))
}

/// Magic and version of POSIX.1 (1988 and later), and of GNU.
const POSIX: &[u8] = b"ustar\x0000";
const GNU: &[u8] = b"ustar  \0";

impl TarHeader {
    /// Reads a block that is not all zeros.
    ///
    /// # Errors
    /// A [`HeaderFault`] where extractors would not all read it, or not read it alike.
    pub(super) fn parse(block: &TarBlock) -> Result<Self, HeaderFault> {
        // Some old programs summed up signed bytes, which GNU tar still accepts (measured with 1.34). Only the sum that
        // POSIX has is read here.
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
        let posix = magic == POSIX;
        if !posix && magic != GNU {
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
        let mode = number(block, &MODE)?;
        check_time(block, &MTIME)?;
        // Of no effect on a file, and busybox stops at one that it cannot read.
        optional_number(block, &MAJOR)?;
        optional_number(block, &MINOR)?;
        let kind = kind(block);
        let link = LINK.text(block).to_vec();
        if !link.is_empty() && !matches!(kind, b'1' | b'2' | b'x' | b'g') {
            return Err(HeaderFault::Odd(
                "a link's target on what is no link: node-tar leaves the entry out".to_owned(),
            ));
        }
        Ok(Self {
            name: name(block),
            // Only the permission bits are used; some producers put the file's type above them.
            mode: u16::try_from(mode & 0o7777).unwrap_or_default(),
            uid: owner(block, &UID)?,
            gid: owner(block, &GID)?,
            size: size(block).ok_or_else(|| odd_number(block, &SIZE))?,
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

    #[test]
    fn owners_and_times_may_be_binary_as_far_as_all_extractors_read_them() {
        let with = |at: usize, bytes: &[u8]| {
            let mut block = [0; BLOCK];
            block.get_mut(at..at + bytes.len()).unwrap().copy_from_slice(bytes);
            block
        };
        for (case, bytes, expected) in [
            ("GNU tar's first uid in binary", &b"\x80\0\0\0\0\x20\0\0"[..], Some(0x0020_0000)),
            ("the largest", b"\x80\0\0\0\xff\xff\xff\xff", Some(0xffff_ffff)),
            ("beyond it", b"\x80\0\0\x01\0\0\0\0", None),
            ("negative", b"\xff\xff\xff\xff\xff\xff\xff\xfe", None),
            ("another first byte", b"\x81\0\0\0\0\x20\0\0", None),
            ("octal", b"0001750\0", Some(1000)),
        ] {
            assert_eq!(owner(&with(UID.1, bytes), &UID).ok(), expected, "{case}");
        }
        for (case, seconds, expected) in [
            ("a second before 1970", -1_i64, true),
            ("in 2242", 1 << 33, true),
            ("the last date of JavaScript", MAX_SECONDS, true),
            ("behind it", MAX_SECONDS + 1, false),
            ("before the first one", -MAX_SECONDS - 1, false),
        ] {
            let sign = if seconds < 0 { 0xff } else { 0 };
            let mut bytes = [sign; 12];
            bytes.get_mut(4..).unwrap().copy_from_slice(&seconds.to_be_bytes());
            bytes[0] = sign | 0x80;
            assert_eq!(check_time(&with(MTIME.1, &bytes), &MTIME).is_ok(), expected, "{case}");
        }
    }
}
