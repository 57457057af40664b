//! One entry of an archive: its header, and the extended headers before it, made one.

use super::header::{MAX_OWNER, TarHeader};
use super::pax::{self, PaxFault};
use crate::tree::defect::DefectKind;
use crate::tree::nodes::NodeOwner;

/// Whether a header of this type only says something about later ones.
pub(super) const fn is_extension(kind: u8) -> bool {
    matches!(kind, b'x' | b'L' | b'K' | b'g')
}

/// What the extended headers before an entry say about it.
#[derive(Default)]
pub(super) struct Extensions {
    /// A PAX header's.
    pub records: Option<pax::Records>,
    /// GNU's long name.
    pub name: Option<Vec<u8>>,
    /// GNU's long link target.
    pub link: Option<Vec<u8>>,
}

impl Extensions {
    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.records.is_none() && self.name.is_none() && self.link.is_none()
    }

    /// Keeps what the body of one more of them says.
    ///
    /// # Errors
    /// What is wrong, and in words why extractors would not agree on it.
    pub(crate) fn keep(&mut self, header: &TarHeader, body: &[u8]) -> Result<(), (DefectKind, String)> {
        let ambiguous = |what: &str| Err((DefectKind::Ambiguous, what.to_owned()));
        match header.kind {
            _ if header.name.is_empty() => ambiguous(NAMELESS),
            b'g' if !self.is_empty() => ambiguous("a global header between an extended header and its entry"),
            b'g' if pax::is_comment_only(body) => Ok(()),
            b'g' => ambiguous("a global header that changes every entry behind it; some extractors ignore it"),
            b'x' if self.records.is_some() => ambiguous("two PAX headers for one entry"),
            b'x' => {
                self.records = Some(pax::parse(body).map_err(|fault| match fault {
                    PaxFault::Odd(what) => (DefectKind::Ambiguous, what),
                    PaxFault::NulInName => (DefectKind::UnsafePath, "a name with a NUL byte".to_owned()),
                })?);
                Ok(())
            }
            kind => self.keep_long_name(kind, body),
        }
    }

    fn keep_long_name(&mut self, kind: u8, body: &[u8]) -> Result<(), (DefectKind, String)> {
        let ambiguous = |what: &str| Err((DefectKind::Ambiguous, what.to_owned()));
        let Some(name) = body.strip_suffix(b"\0").filter(|name| !name.is_empty() && !name.contains(&0)) else {
            return ambiguous("a long-name header that is not a name and one NUL");
        };
        let slot = if kind == b'L' { &mut self.name } else { &mut self.link };
        match slot.replace(name.to_vec()) {
            Some(_) => ambiguous("two long-name headers for one entry"),
            None => Ok(()),
        }
    }

    /// The name that they give the entry.
    pub(crate) fn name(&self) -> Option<&[u8]> {
        let records = self.records.as_ref().and_then(|records| records.path.as_deref());
        self.name.as_deref().or(records)
    }

    /// The name that an entry with this header has.
    pub(super) fn name_over<'a>(&'a self, header: &'a TarHeader) -> &'a [u8] {
        self.name().unwrap_or(&header.name)
    }
}

/// The name that the body of an extended header of this type gives its entry, for a message: also where it is refused.
pub(crate) fn name_in(kind: u8, body: &[u8]) -> Option<Vec<u8>> {
    match kind {
        b'x' => pax::name_in(body),
        b'L' => body.split(|byte| *byte == 0).next().filter(|name| !name.is_empty()).map(<[u8]>::to_vec),
        _ => None,
    }
}

/// An entry with everything applied that changes it.
pub(super) struct TarEntry {
    /// Its name as the archive has it.
    pub raw_name: Vec<u8>,
    /// The type flag.
    pub kind: u8,
    /// Bytes of content that follow.
    pub size: u64,
    /// Permission bits.
    pub mode: u16,
    /// Who owns it.
    pub owner: NodeOwner,
    /// A link's target.
    pub link: Vec<u8>,
}

impl TarEntry {
    /// Applies the extended headers to the header behind them.
    ///
    /// # Errors
    /// In words, where extractors would not all come to the same entry.
    pub(super) fn of(header: TarHeader, extensions: Extensions) -> Result<Self, String> {
        if header.name.is_empty() && extensions.name().is_some() {
            return Err(NAMELESS.to_owned());
        }
        let Extensions { records, name, link } = extensions;
        // Extractors part over which of the two wins, and node-tar forgets the long link.
        if records.is_some() && (name.is_some() || link.is_some()) {
            return Err("both a PAX header and a GNU long name for one entry".to_owned());
        }
        let records = records.unwrap_or_default();
        if let Some(keyword) = records.only_here(&header.name, &header.link) {
            return Err(format!(
                "a PAX record `{keyword}` that is not UTF-8, and something else in the header: node-tar takes that"
            ));
        }
        let bits = header.mode & 0o777;
        if let Some([shown, _]) = records.access.filter(|modes| !modes.contains(&bits)) {
            return Err(format!("the mode {bits:04o}, and an access list that gives {shown:04o}, which bsdtar takes"));
        }
        let link = link.or(records.link);
        // busybox keeps it for the next entry that is a link.
        if link.is_some() && !matches!(header.kind, b'1' | b'2') {
            return Err("an extended header with a link's target before what is no link".to_owned());
        }
        // Producers that need a PAX size write 0 or the same number into the header.
        if let Some(size) = records.size.filter(|size| *size != header.size && header.size != 0) {
            return Err(format!("sizes that disagree: {} in the header, {size} in its PAX record", header.size));
        }
        // GNU tar looks up the header's names, never those of PAX, and a PAX number overrides what it found.
        let owner = NodeOwner {
            uid: given(records.uid.unwrap_or(header.uid)),
            gid: given(records.gid.unwrap_or(header.gid)),
            user: if records.uid.is_some() { Box::default() } else { header.user.into() },
            group: if records.gid.is_some() { Box::default() } else { header.group.into() },
        };
        Ok(Self {
            raw_name: name.or(records.path).unwrap_or(header.name),
            kind: header.kind,
            size: records.size.unwrap_or(header.size),
            mode: header.mode,
            owner,
            link: link.unwrap_or(header.link),
        })
    }
}

/// The owner that a number gives a file. chown(2) takes the largest for "as it is", and what root extracts is root's.
const fn given(number: u64) -> u64 {
    if number == MAX_OWNER { 0 } else { number }
}

/// Why a header needs a name of its own, also where an extended header has a better one.
const NAMELESS: &str = "a header without a name of its own: busybox takes it for the end";

/// A type flag in words, with its article (POSIX.1-2017 pax; GNU tar manual, "Extensions to the Archive Format").
pub(super) fn kind_name(kind: u8) -> String {
    let name = match kind {
        b'1' => "a hard link",
        b'2' => "a symbolic link",
        b'3' => "a character device",
        b'4' => "a block device",
        b'5' => "a directory",
        b'6' => "a FIFO",
        b'7' => "a contiguous file",
        b'D' => "a GNU dump directory",
        b'M' => "a continuation from another volume",
        b'N' => "an old GNU long name",
        b'S' => "a GNU sparse file",
        b'V' => "a volume label",
        b'X' => "a Solaris extended header",
        other => return format!("an entry of type `{}`", char::from(other).escape_default()),
    };
    name.to_owned()
}
