//! One entry of an archive: its header, and the extended headers before it, made one.

use super::header::TarHeader;
use super::pax;
use crate::tree::nodes::Owner;

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

    fn name(&self) -> Option<&[u8]> {
        let records = self.records.as_ref().and_then(|records| records.path.as_deref());
        self.name.as_deref().or(records)
    }

    /// The name that an entry with this header has.
    pub(super) fn name_over<'a>(&'a self, header: &'a TarHeader) -> &'a [u8] {
        self.name().unwrap_or(&header.name)
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
    pub owner: Owner,
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
        let owner = Owner {
            uid: records.uid.unwrap_or(header.uid),
            gid: records.gid.unwrap_or(header.gid),
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

/// Why a header needs a name of its own, also where an extended header has a better one.
pub(super) const NAMELESS: &str = "a header without a name of its own: busybox takes it for the end";

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
