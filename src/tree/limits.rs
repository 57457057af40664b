//! Where reading stops, so that no input costs more than 48 MiB of memory or runs for ever.

/// Limits that the caller may change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Most bytes of file contents, unpacked.
    pub max_size: u64,
    /// Most entries that make a path.
    pub max_entries: u64,
    /// Most unpacked bytes for each compressed one, looked at after the first 16 MiB.
    pub max_ratio: u64,
    /// Most components of a path.
    pub max_depth: usize,
}

impl Default for Limits {
    /// 2 GiB, 150,000 entries, 200:1, 128 levels. Real bundles have 50 kB to 100 MB, up to 50,000 entries,
    /// 4:1 to 10:1 and about 20 levels; deflate reaches 1032:1 at most.
    fn default() -> Self {
        Self { max_size: 2 << 30, max_entries: 150_000, max_ratio: 200, max_depth: 128 }
    }
}

/// Unpacked bytes before the ratio is looked at.
pub(crate) const RATIO_GRACE: u64 = 16 << 20;
/// Most bytes of names and link targets that are kept, over all entries.
pub(crate) const MAX_NAME_BYTES: usize = 12 << 20;
/// Most bytes of one file that are kept, where its content is looked into.
pub(crate) const MAX_KEPT_OF_A_FILE: u64 = 1 << 20;
/// Most bytes of one file of JavaScript or JSON that is parsed.
pub(crate) const MAX_PARSED_OF_A_FILE: u64 = 16 << 20;
/// Most bytes of a file that is parsed though its name is not that of code.
pub(crate) const MAX_PARSED_OF_OTHERS: u64 = 64 << 10;
/// Most bytes of the manifest that are kept: as many as `sign` writes.
pub(crate) const MAX_KEPT_OF_THE_MANIFEST: u64 = 8 << 20;
/// Most bytes of a text that is compared line by line.
pub(crate) const MAX_KEPT_OF_A_TEXT: u64 = 256 << 10;
/// Most bytes of contents that are kept over all files.
pub(crate) const MAX_KEPT: u64 = 12 << 20;
/// Longest path that Linux takes (limits.h: `PATH_MAX` 4096, the final NUL included).
pub(crate) const MAX_PATH: usize = 4095;
/// Longest component of a path (limits.h: `NAME_MAX`).
pub(crate) const MAX_COMPONENT: usize = 255;
/// Most bytes of one PAX header's records.
pub(crate) const MAX_PAX: u64 = 1 << 20;
/// Most bytes of a refused stream that are still read for its length and SHA-256.
pub(crate) const MAX_READ_ON: u64 = 256 << 20;
/// Most zero bytes behind a gzip stream; tape blocks need 10 kB.
pub(crate) const MAX_PADDING: u64 = 16 << 20;
/// Most defects that are told apart; others are left out, as the archive is refused all the same.
pub(crate) const MAX_DEFECTS: usize = 100;

/// Most entries of each of two bundles that are compared, unless the user says otherwise: both are in memory at once.
pub(crate) const MAX_ENTRIES_OF_TWO: u64 = 40_000;

impl Limits {
    /// The limits for each of two bundles that are in memory at once.
    #[must_use]
    pub fn of_two(self) -> Self {
        Self { max_entries: self.max_entries.min(MAX_ENTRIES_OF_TWO), ..self }
    }

    /// Most bytes of the unpacked stream: contents, and for every entry its header, padding and extensions.
    #[must_use]
    pub fn max_stream(&self) -> u64 {
        self.max_size.saturating_add(self.max_entries.saturating_mul(4096)).saturating_add(RATIO_GRACE)
    }
}
