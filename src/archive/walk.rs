//! Archives: the stream of headers and contents, walked block by block.
//!
//! The `tar` crate's entry stream is not used for reading: on 166 of 455 measured archives it shows another tree than
//! GNU tar extracts. Only what every extractor reads alike is accepted here; see `docs/architecture.md`.

use super::blocks::{ArchiveHalt, Blocks, unreadable};
use super::content_hashing::{ContentHashing, SumWanted};
use super::entry::{Extensions, TarEntry, is_extension, kind_name};
use super::extraction::Extraction;
use super::header::{BLOCK, HeaderFault, TarBlock, TarHeader};
use super::input::{DigestingObserver, Raw, ReadEnd};
use super::unpacked::Unpacked;
use super::{entry, extractor_quirks, header, sniff};
use crate::tree::builder::{Stop, TreeBuilder};
use crate::tree::defect::{Defect, DefectKind, FileFormat, Unreadable};
use crate::tree::limits::{MAX_KEPT, MAX_PATH, MAX_PAX, MAX_READ_ON};
use crate::tree::nodes::{Content, FileData, FileId, Meta, NodeKind, Special};
use crate::tree::open::Stream;
use crate::tree::path::RelPath;
use crate::tree::reading::{ContentObserver, Digests, HEAD, ReadOptions, SourceError, Wanted};
use crate::tree::snapshot::{Snapshot, SubjectKind};
use std::collections::HashSet;

/// Extended headers that are read past for the name of the entry behind them.
const MAX_READ_PAST: usize = 8;

/// Bytes of contents that are hashed in case a list of their sums follows.
const MAX_AHEAD_OF_THE_LIST: u64 = 2 << 20;

/// Reads an archive to its end.
pub(crate) fn read(
    path: &str,
    stream: Stream,
    options: &ReadOptions<'_>,
    observer: &mut dyn ContentObserver,
) -> Result<Snapshot, SourceError> {
    let io_error = |error| SourceError::new("cannot read", path, error);
    let Stream { reader, length, may_be_plain, .. } = stream;
    let mut raw = Raw::new(reader, DigestingObserver::new(options.raw, options.archive_sum));
    let head = raw.peek(sniff::ENOUGH).map_err(io_error)?;
    let format = sniff::format(head);
    let excerpt = sniff::excerpt(head, format);
    let mut extraction = Extraction::new(options.limits, options.digests);
    let unpacked = match format {
        FileFormat::Gzip => Unpacked::gzip(raw, &options.limits),
        FileFormat::Tar if may_be_plain => Unpacked::plain(raw, &options.limits),
        found => {
            extraction.built.note(unreadable(None, Unreadable::Instead { found, excerpt }));
            let unpacked = Unpacked::plain(raw, &options.limits);
            return finish(path, length, extraction, unpacked, options, FileRest::AsItIs).map_err(io_error);
        }
    };
    let mut walk = ArchiveWalk {
        blocks: Blocks { unpacked, progress: options.progress, length, name: None },
        extraction,
        options,
        observer,
        content: 0,
        kept: 0,
        next: Extensions::default(),
        hashing: ContentHashing::default(),
    };
    let mut rest = FileRest::AsItIs;
    match walk.run() {
        Ok(()) => {}
        Err(ArchiveHalt::Defect(defect)) => walk.extraction.built.note(*defect),
        Err(ArchiveHalt::NeedsDigests) => {
            walk.extraction.needs_digests = true;
            rest = FileRest::Unwanted;
        }
        Err(ArchiveHalt::Io(error)) => return Err(io_error(error)),
    }
    walk.settle().map_err(io_error)?;
    finish(path, length, walk.extraction, walk.blocks.unpacked, options, rest).map_err(io_error)
}

/// What becomes of the file behind where the walk ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FileRest {
    /// It is read, unless it is too large to be worth it.
    AsItIs,
    /// The file is read from its beginning next.
    Unwanted,
}

/// Reads the rest of the file, unless it is too large to be worth it, and closes the books.
fn finish(
    path: &str,
    length: Option<u64>,
    extraction: Extraction,
    unpacked: Unpacked<'_>,
    options: &ReadOptions<'_>,
    rest: FileRest,
) -> std::io::Result<Snapshot> {
    let needs_digests = extraction.needs_digests;
    let has_all_digests = matches!(extraction.digests, Digests::All | Digests::IfListedEarly(_));
    let TreeBuilder { tree, defects, entries, .. } = extraction.built;
    let sound = defects.iter().all(|defect| !defect.hides_tree);
    let too_large = defects.iter().any(|defect| defect.kind == DefectKind::TooLarge);
    let most = match length {
        _ if rest == FileRest::Unwanted => 0,
        _ if sound => u64::MAX,
        _ if too_large => 0,
        Some(_) => options.limits.max_size,
        None => MAX_READ_ON,
    };
    let ReadEnd { read, reached, sha256 } = unpacked.finish(most)?;
    let size = length.filter(|_| !reached).unwrap_or(read);
    let mut seen = HashSet::new();
    let unpacked_size = tree
        .ids()
        // Hard links share one file, which takes its place on the disk once.
        .filter(|id| matches!(tree.kind(*id), NodeKind::File(file) if seen.insert(file)))
        .filter_map(|id| tree.file(id))
        .map(|file| file.size)
        .sum();
    Ok(Snapshot {
        path: path.to_owned(),
        stands_at: None,
        kind: SubjectKind::Archive,
        sha256,
        read_to_its_end: reached,
        size,
        unpacked_size,
        entries,
        tree,
        defects,
        has_all_digests,
        needs_digests,
    })
}

struct ArchiveWalk<'a> {
    blocks: Blocks<'a>,
    extraction: Extraction,
    options: &'a ReadOptions<'a>,
    observer: &'a mut dyn ContentObserver,
    /// Bytes of contents so far.
    content: u64,
    /// Bytes of contents kept.
    kept: u64,
    next: Extensions,
    hashing: ContentHashing,
}

impl ArchiveWalk<'_> {
    fn run(&mut self) -> Result<(), ArchiveHalt> {
        let mut first = true;
        loop {
            let at = self.blocks.unpacked.offset();
            let Some(block) = self.blocks.block(first)? else {
                return Err(self.blocks.bad_tar(at, "the archive ends without its end marker (two blocks of zeros)"));
            };
            if block.iter().all(|byte| *byte == 0) {
                return self.end();
            }
            // The entry before is done with: what is wrong from here on is not its fault.
            if self.next.is_empty() {
                self.blocks.name = None;
            }
            let header = match TarHeader::parse(&block) {
                Ok(header) => header,
                Err(HeaderFault::Checksum { .. }) if first => {
                    let found = sniff::format(&block);
                    return Err(self.blocks.unreadable(Unreadable::Inside { found }));
                }
                Err(HeaderFault::Checksum { said, computed }) => {
                    let said = said.map_or_else(|| "no number".to_owned(), |said| said.to_string());
                    return Err(self.blocks.bad_tar(
                        at,
                        &format!("a damaged header: its checksum says {said}, its bytes give {computed}"),
                    ));
                }
                Err(HeaderFault::Odd(what)) => {
                    self.blocks.name = self.name_of_the_entry(block, None);
                    return Err(self.blocks.ambiguous(what));
                }
            };
            first = false;
            match header.kind {
                kind if is_extension(kind) => self.extension(block, &header)?,
                _ => {
                    let extensions = std::mem::take(&mut self.next);
                    self.blocks.name = Some(crate::text::printable_bytes(extensions.name_over(&header)).into_owned());
                    let entry = TarEntry::of(header, extensions).map_err(|what| self.blocks.ambiguous(what))?;
                    self.entry(entry)?;
                }
            }
        }
    }

    /// The end marker's first block was read: there must be a second one, and only zeros behind it.
    fn end(&mut self) -> Result<(), ArchiveHalt> {
        self.blocks.name = None;
        if !self.next.is_empty() {
            return Err(self.blocks.ambiguous("an extended header with no entry behind it"));
        }
        let at = self.blocks.unpacked.offset();
        match self.blocks.block(false)? {
            None => {
                return Err(self
                    .blocks
                    .bad_tar(at, "half an end marker: one block of zeros where there should be two"));
            }
            Some(block) if block.iter().any(|byte| *byte != 0) => {
                return Err(self
                    .blocks
                    .ambiguous("a lone block of zeros with more behind it: GNU tar stops there, others go on"));
            }
            Some(_) => {}
        }
        loop {
            let chunk = self.blocks.fill()?;
            let length = chunk.len();
            if length == 0 {
                break;
            }
            if chunk.iter().any(|byte| *byte != 0) {
                return Err(self.blocks.ambiguous("data after the end marker: GNU tar never reads it, others do"));
            }
            self.blocks.unpacked.consume(length);
        }
        if !self.blocks.unpacked.offset().is_multiple_of(BLOCK as u64) {
            let at = self.blocks.unpacked.offset();
            return Err(self.blocks.bad_tar(at, "the archive is not a whole number of 512-byte blocks"));
        }
        if self.extraction.built.entries == 0 {
            return Err(self.blocks.unreadable(Unreadable::NoEntries));
        }
        Ok(())
    }

    /// Reads an extended header's body and keeps what it says for the entry behind it.
    fn extension(&mut self, block: TarBlock, header: &TarHeader) -> Result<(), ArchiveHalt> {
        let body = self.body(header.kind, header.size)?;
        if let Err((kind, what)) = self.next.keep(header, &body) {
            self.blocks.name = self.name_of_the_entry(block, Some(body));
            return Err(self.blocks.halt(kind, what));
        }
        self.blocks.name = self.next.name().map(|name| crate::text::printable_bytes(name).into_owned());
        Ok(())
    }

    /// The body of an extended header of that type and size.
    fn body(&mut self, kind: u8, size: u64) -> Result<Vec<u8>, ArchiveHalt> {
        let limit = if matches!(kind, b'L' | b'K') { MAX_PATH as u64 + 1 } else { MAX_PAX };
        if size > limit {
            let what = format!("an extended header of {}, more than {limit} bytes", crate::text::size(size));
            return Err(self.blocks.halt(DefectKind::TooLarge, what));
        }
        let mut body = Vec::new();
        self.blocks.data(size, |chunk| body.extend_from_slice(chunk))?;
        Ok(body)
    }

    /// The name of the entry that a refused header belongs to, its body being read or not: its own, or behind an extended
    /// header that of the entry which follows. Nothing where the headers on the way there cannot be read, and for a global
    /// header, which belongs to all that follow.
    fn name_of_the_entry(&mut self, mut block: TarBlock, mut body: Option<Vec<u8>>) -> Option<String> {
        if header::kind(&block) == b'g' && self.next.is_empty() {
            return None;
        }
        let mut said = self.next.name().map(<[u8]>::to_vec);
        for _ in 0..MAX_READ_PAST {
            let kind = header::kind(&block);
            if !is_extension(kind) {
                let name = said.unwrap_or_else(|| header::name(&block));
                return (!name.is_empty()).then(|| crate::text::printable_bytes(&name).into_owned());
            }
            let body = match body.take() {
                Some(body) => body,
                None => self.body(kind, header::size(&block)?).ok()?,
            };
            said = entry::name_in(kind, &body).or(said);
            block = self.blocks.block(false).ok()?.filter(|block| header::checksum_is_right(block))?;
        }
        None
    }

    fn entry(&mut self, entry: TarEntry) -> Result<(), ArchiveHalt> {
        if !matches!(entry.kind, 0 | b'0'..=b'6') {
            return Err(self
                .blocks
                .halt(DefectKind::Special, format!("{}, which extractors read differently", kind_name(entry.kind))));
        }
        // NUL is the type of a file in archives of before POSIX; GNU tar and others still read it so.
        let is_file = matches!(entry.kind, b'0' | 0);
        if !is_file && entry.size != 0 {
            let what = format!(
                "{} of {} bytes: some extractors skip them, GNU tar reads them as headers",
                kind_name(entry.kind),
                entry.size
            );
            return Err(self.blocks.ambiguous(what));
        }
        let mut path = RelPath::root();
        // GNU tar takes a leading `/` off and exits 0; it leaves a name with `..` out, goes on, and exits 2 (measured
        // with 1.34). The entries behind it are read on, so that all such names are told at once.
        if let Err(fault) = path.assign(&entry.raw_name) {
            let defect = Defect::hiding(DefectKind::UnsafePath, self.blocks.name.clone(), fault.to_string());
            self.extraction.built.note(defect);
            self.extraction.built.count_entry()?;
            self.count_content(entry.size)?;
            return self.blocks.data(entry.size, |_| ());
        }
        if entry.kind != b'5' && (path.is_root() || entry.raw_name.ends_with(b"/") || entry.raw_name.ends_with(b"/.")) {
            return Err(self.blocks.ambiguous("a name that ends in `/` on an entry that is not a directory"));
        }
        let hard_link = (entry.kind == b'1').then_some(&entry.link);
        if let Some(what) =
            std::iter::once(&entry.raw_name).chain(hard_link).find_map(|name| extractor_quirks::name(name))
        {
            return Err(self.blocks.halt(DefectKind::Renamed, what));
        }
        self.extraction.built.admit(&entry.raw_name, &path)?;
        let meta = Meta { mode: entry.mode, owner: self.extraction.built.tree.intern_owner(&entry.owner) };
        match entry.kind {
            b'0' | 0 => self.file(&path, entry.size, meta)?,
            b'5' => self.extraction.directory(&path, meta)?,
            b'2' => self.extraction.link(&path, &entry.link, meta)?,
            b'1' => self.extraction.hard_link(&path, &entry.link)?,
            b'3' => self.extraction.special(&path, Special::CharacterDevice, meta)?,
            b'4' => self.extraction.special(&path, Special::BlockDevice, meta)?,
            _ => self.extraction.special(&path, Special::Fifo, meta)?,
        }
        Ok(())
    }

    /// Counts a file's content against the limit, before any of it is read.
    fn count_content(&mut self, size: u64) -> Result<(), ArchiveHalt> {
        self.content = self.content.saturating_add(size);
        if self.content > self.options.limits.max_size {
            let what = format!(
                "more than {} unpacked: this file alone says {}",
                crate::text::size(self.options.limits.max_size),
                crate::text::size(size)
            );
            return Err(self.blocks.halt(DefectKind::TooLarge, what));
        }
        Ok(())
    }

    fn file(&mut self, path: &RelPath, size: u64, meta: Meta) -> Result<(), ArchiveHalt> {
        self.count_content(size)?;
        let placed = self.extraction.file(path, size, meta)?;
        let wanted = self.observer.wants(path.as_bytes());
        let keep = matches!(wanted, Wanted::Kept(most) if size <= most);
        if keep {
            self.kept += size;
            if self.kept > MAX_KEPT {
                let what = "more than 12 MiB of `package.json` files".to_owned();
                return Err(ArchiveHalt::from(Stop(Defect::hiding(
                    DefectKind::TooLarge,
                    self.blocks.name.clone(),
                    what,
                ))));
            }
        }
        self.settle_on_digests(path)?;
        let sum = match self.extraction.digests {
            Digests::All | Digests::IfListedEarly(_) if !placed.is_second() => Some(SumWanted::Later),
            Digests::All | Digests::IfListedEarly(_) => Some(SumWanted::AtItsEnd),
            Digests::OfContents => (wanted != Wanted::Nothing).then_some(SumWanted::AtItsEnd),
            Digests::None | Digests::NoneUnlessListedEarly(_) => None,
        };
        let most = usize::try_from(wanted.max_held(size)).unwrap_or(usize::MAX);
        let (collected, sha256) = self.content(placed.file, size, most, sum)?;
        if wanted != Wanted::Nothing {
            self.observer.head(placed.file, collected.get(..HEAD.min(collected.len())).unwrap_or_default());
        }
        let content = match wanted {
            _ if keep => Content::Whole(collected.into_boxed_slice()),
            Wanted::Kept(_) => Content::TooLarge,
            Wanted::Given(_) => {
                let whole = (collected.len() as u64 == size).then_some(collected);
                self.observer.content(placed.file, path.as_bytes(), whole);
                Content::NotKept
            }
            Wanted::Nothing | Wanted::Head => Content::NotKept,
        };
        self.extraction.fill_file(path, placed, FileData::of_size(size), content, sha256)?;
        self.take_sums();
        Ok(())
    }

    /// The first `most` bytes of a file's content, and its sum where it was wanted at once: those of all files before it
    /// are then known as well.
    fn content(
        &mut self,
        file: FileId,
        size: u64,
        most: usize,
        sum: Option<SumWanted>,
    ) -> Result<(Vec<u8>, Option<[u8; 32]>), ArchiveHalt> {
        let mut collected = Vec::with_capacity(most.min(usize::try_from(size).unwrap_or(usize::MAX)));
        let mut collect = |chunk: &[u8]| {
            let room = most - collected.len().min(most);
            collected.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
        };
        let Some(sum) = sum else {
            self.blocks.data(size, collect)?;
            return Ok((collected, None));
        };
        if sum == SumWanted::AtItsEnd {
            self.settle().map_err(ArchiveHalt::Io)?;
        }
        let mut hashing = std::mem::take(&mut self.hashing);
        hashing.begin(size, sum);
        let mut hashed = Ok(());
        let read = self.blocks.data(size, |chunk| {
            if hashed.is_ok() {
                hashed = hashing.update(chunk);
            }
            collect(chunk);
        });
        self.hashing = hashing;
        read?;
        let sha256 = hashed.and_then(|()| self.hashing.end(file)).map_err(ArchiveHalt::Io)?;
        Ok((collected, sha256))
    }

    /// Decides, once that can be told, whether there are digests: `path` comes next, and its content is counted.
    fn settle_on_digests(&mut self, path: &RelPath) -> Result<(), ArchiveHalt> {
        let (Digests::IfListedEarly(list) | Digests::NoneUnlessListedEarly(list)) = self.extraction.digests else {
            return Ok(());
        };
        if path.as_bytes() == list.as_bytes() {
            if self.extraction.digests == Digests::NoneUnlessListedEarly(list) {
                return Err(ArchiveHalt::NeedsDigests);
            }
            self.extraction.digests = Digests::All;
        } else if self.content > MAX_AHEAD_OF_THE_LIST {
            self.extraction.digests = Digests::None;
        }
        Ok(())
    }

    /// Notes the sums that were made beside the walk.
    fn take_sums(&mut self) {
        for (file, sha256) in self.hashing.come() {
            self.extraction.built.tree.set_sha256(file, sha256);
        }
    }

    /// Waits for the sums of all files so far, and notes them.
    fn settle(&mut self) -> std::io::Result<()> {
        for (file, sha256) in self.hashing.settle()? {
            self.extraction.built.tree.set_sha256(file, sha256);
        }
        Ok(())
    }
}
