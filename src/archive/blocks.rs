//! An archive's stream as blocks of 512 bytes, and what is wrong with it told by the entry at hand.

use super::gzip::GzipFault;
use super::header::{BLOCK, TarBlock};
use super::sniff;
use super::unpacked::Unpacked;
use crate::tree::builder::Stop;
use crate::tree::defect::{Defect, DefectKind, FileFormat, Unreadable};
use crate::tree::reading::ProgressObserver;

/// The archive cannot be read from here on; `name` is the entry at hand.
pub(super) fn unreadable(name: Option<String>, how: Unreadable) -> Defect {
    Defect::hiding(DefectKind::Unreadable(how), name, String::new())
}

/// Why the walk ended before the archive did.
pub(super) enum ArchiveHalt {
    /// What is wrong with it.
    Defect(Box<Defect>),
    /// It is to be read once more, with digests.
    NeedsDigests,
    /// It cannot be read.
    Io(std::io::Error),
}

impl From<Stop> for ArchiveHalt {
    fn from(Stop(defect): Stop) -> Self {
        Self::Defect(Box::new(defect))
    }
}

/// The unpacked stream of an archive.
pub(super) struct Blocks<'a> {
    /// Where the bytes come from.
    pub unpacked: Unpacked<'a>,
    /// Told how far the file was read, and how long it is.
    pub progress: ProgressObserver<'a>,
    /// The file's length, where it is known.
    pub length: Option<u64>,
    /// The entry at hand, for messages.
    pub name: Option<String>,
}

impl Blocks<'_> {
    /// Gives `size` bytes of the stream to `take`, chunk by chunk, and passes over the padding to a whole block.
    pub(super) fn data(&mut self, size: u64, mut take: impl FnMut(&[u8])) -> Result<(), ArchiveHalt> {
        let mut content = size;
        let mut padded = size.next_multiple_of(BLOCK as u64);
        while padded > 0 {
            let at = self.unpacked.offset();
            let chunk = self.fill()?;
            if chunk.is_empty() {
                return Err(self.bad_tar(at, &format!("the archive ends {padded} bytes before this entry does")));
            }
            let length = usize::try_from(padded).unwrap_or(usize::MAX).min(chunk.len());
            let useful = usize::try_from(content).unwrap_or(usize::MAX).min(length);
            take(chunk.get(..useful).unwrap_or_default());
            self.unpacked.consume(length);
            padded -= length as u64;
            content -= useful as u64;
        }
        Ok(())
    }

    /// The next header block; nothing at the end of the stream. A last partial block is a fault, except that the first
    /// one is given out padded, so that it can be recognised.
    pub(super) fn block(&mut self, first: bool) -> Result<Option<TarBlock>, ArchiveHalt> {
        let at = self.unpacked.offset();
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            let chunk = self.fill()?;
            let length = chunk.len().min(BLOCK - filled);
            if length == 0 {
                break;
            }
            if let (Some(to), Some(from)) = (block.get_mut(filled..filled + length), chunk.get(..length)) {
                to.copy_from_slice(from);
            }
            self.unpacked.consume(length);
            filled += length;
        }
        match filled {
            0 if first => Err(self.unreadable(Unreadable::Inside { found: FileFormat::Empty })),
            0 => Ok(None),
            BLOCK => Ok(Some(block)),
            _ if first => {
                let found = sniff::format(block.get(..filled).unwrap_or_default());
                Err(self.unreadable(Unreadable::Inside { found }))
            }
            _ => Err(self.bad_tar(at, &format!("expected a header of 512 bytes, found {filled}"))),
        }
    }

    pub(super) fn fill(&mut self) -> Result<&[u8], ArchiveHalt> {
        (self.progress)(self.unpacked.raw_offset(), self.length);
        let name = &self.name;
        self.unpacked.fill().map_err(|fault| {
            let kind = match fault {
                GzipFault::Io(error) => return ArchiveHalt::Io(error),
                GzipFault::TooLarge(what) => {
                    return ArchiveHalt::Defect(Box::new(Defect::hiding(DefectKind::TooLarge, name.clone(), what)));
                }
                GzipFault::Truncated(at) => {
                    let reading =
                        name.as_ref().map_or_else(|| "the archive's headers".to_owned(), |name| format!("`{name}`"));
                    Unreadable::Truncated { at, reading }
                }
                GzipFault::Damaged(at, what) => Unreadable::Damaged { at, what },
                GzipFault::Garbage(at) => Unreadable::TrailingGarbage { at },
            };
            ArchiveHalt::Defect(Box::new(unreadable(name.clone(), kind)))
        })
    }

    pub(super) fn unreadable(&self, how: Unreadable) -> ArchiveHalt {
        ArchiveHalt::Defect(Box::new(unreadable(self.name.clone(), how)))
    }

    pub(super) fn bad_tar(&self, at: u64, what: &str) -> ArchiveHalt {
        self.unreadable(Unreadable::BadTar { at, what: what.to_owned() })
    }

    pub(super) fn ambiguous(&self, what: impl Into<String>) -> ArchiveHalt {
        self.halt(DefectKind::Ambiguous, what)
    }

    pub(super) fn halt(&self, kind: DefectKind, what: impl Into<String>) -> ArchiveHalt {
        ArchiveHalt::Defect(Box::new(Defect::hiding(kind, self.name.clone(), what)))
    }
}
