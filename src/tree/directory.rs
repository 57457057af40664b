//! Directories: walked from a held descriptor, each name opened relative to its folder and never through a link, so
//! that a link swapped in meanwhile cannot lead outside; FIFOs and devices are looked at, never opened. Folders are
//! listed, and their names looked at, by [`super::listing`], ahead of the walk where it can.

use super::builder::{Stop, TreeBuilder};
use super::defect::{Defect, DefectKind};
use super::hashing::{self, HashJob, HashedFile, Hashing};
use super::limits::MAX_KEPT;
use super::listing::{Ahead, FolderListing, Is, ListedEntry, ListedLook, Unlisted};
use super::nodes::{Content, FileData, FileId, Meta, NodeId, NodeKind, NodeOwner, Special};
use super::open::Directory;
use super::path::RelPath;
use super::reading::{ContentObserver, Digests, HEAD, ReadOptions, SourceError, Wanted};
use super::snapshot::{Snapshot, SubjectKind};
use rustix::fs::{FileType, Mode, OFlags};
use sha2::{Digest, Sha256};
use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Reads a directory.
pub(crate) fn read(
    path: &str,
    directory: Directory,
    options: &ReadOptions<'_>,
    observer: &mut dyn ContentObserver,
) -> Result<Snapshot, SourceError> {
    let mut walk = FolderWalk {
        base: PathBuf::from(path),
        options,
        observer,
        built: TreeBuilder::new(options.limits),
        path: RelPath::root(),
        total: 0,
        kept: 0,
        buffer: vec![0; hashing::BUFFER],
        hashing: (options.digests == Digests::All).then(Hashing::start).flatten(),
        ahead: Ahead::new(options.limits.max_entries),
    };
    match walk.all(directory.0).and_then(|()| walk.finish_hashing()) {
        Ok(()) => {}
        Err(FolderHalt::Limit(Stop(defect))) => walk.built.note(defect),
        Err(FolderHalt::Source(error)) => return Err(error),
    }
    let FolderWalk { built, total, .. } = walk;
    Ok(Snapshot {
        path: path.to_owned(),
        stands_at: std::fs::canonicalize(path).ok().and_then(|path| path.to_str().map(Box::from)),
        kind: SubjectKind::Directory,
        sha256: None,
        read_to_its_end: false,
        has_all_digests: options.digests == Digests::All,
        needs_digests: false,
        size: total,
        unpacked_size: total,
        entries: built.entries,
        tree: built.tree,
        defects: built.defects,
    })
}

enum FolderHalt {
    Limit(Stop),
    Source(SourceError),
}

impl From<Stop> for FolderHalt {
    fn from(stop: Stop) -> Self {
        Self::Limit(stop)
    }
}

impl From<SourceError> for FolderHalt {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

struct FolderWalk<'a> {
    base: PathBuf,
    options: &'a ReadOptions<'a>,
    observer: &'a mut dyn ContentObserver,
    built: TreeBuilder,
    /// The path of the folder or file at hand.
    path: RelPath,
    total: u64,
    kept: u64,
    buffer: Vec<u8>,
    /// Where files go of which nothing but the sum is wanted.
    hashing: Option<Hashing>,
    ahead: Ahead,
}

impl FolderWalk<'_> {
    fn error(&self, action: &'static str, error: impl Into<std::io::Error>) -> FolderHalt {
        SourceError::new(action, self.base.join(OsStr::from_bytes(self.path.as_bytes())), error).into()
    }

    fn all(&mut self, directory: OwnedFd) -> Result<(), FolderHalt> {
        let root = self.built.tree.root();
        let stat = rustix::fs::fstat(&directory).map_err(|error| self.error("cannot look at", error))?;
        // Whose folder the bundle stands in is no part of the bundle; who may add to it is.
        let mode = u16::try_from(stat.st_mode & 0o7777).unwrap_or_default();
        let meta = Meta { mode, ..self.built.tree.meta(root) };
        self.built.tree.set_meta(root, meta);
        let listing = self.ahead.first(directory);
        self.folder(listing, root)
    }

    fn folder(&mut self, listing: Result<FolderListing, Unlisted>, node: NodeId) -> Result<(), FolderHalt> {
        let FolderListing { directory, entries } = listing.map_err(|why| self.unlisted(why))?;
        for entry in entries {
            let parent = self.path.clone();
            self.path.push(entry.name.to_bytes());
            self.child(directory.as_fd(), node, entry)?;
            self.path = parent;
        }
        Ok(())
    }

    fn unlisted(&self, why: Unlisted) -> FolderHalt {
        match why {
            Unlisted::Open(error) => self.error("cannot open", error),
            Unlisted::List(error) => self.error("cannot list", error),
            Unlisted::TooMany => {
                let what = format!("more than {} entries", self.options.limits.max_entries);
                Stop(Defect::hiding(DefectKind::TooLarge, None, what)).into()
            }
        }
    }

    fn child(&mut self, directory: BorrowedFd<'_>, parent: NodeId, entry: ListedEntry) -> Result<(), FolderHalt> {
        let ListedEntry { name, look } = entry;
        let ListedLook { is, mode, uid, gid } = look.map_err(|error| self.error("cannot look at", error))?;
        let path = std::mem::take(&mut self.path);
        let admitted = self.built.admit(path.as_bytes(), &path);
        self.path = path;
        admitted?;
        (self.options.progress)(self.total, None);
        let owner = NodeOwner { uid: uid.into(), gid: gid.into(), ..NodeOwner::default() };
        let meta = Meta { mode, owner: self.built.tree.intern_owner(&owner) };
        let special = match is {
            Is::Folder(folder) => {
                let node = self.built.tree.insert(parent, name.to_bytes(), NodeKind::Directory, meta);
                let listing = self.ahead.take(folder);
                return self.folder(listing, node);
            }
            Is::File(size) => return self.file(directory, parent, &name, size, meta),
            Is::Link(target) => {
                let target = target.map_err(|error| self.error("cannot read the link", error))?;
                self.built.tree.insert_link(parent, name.to_bytes(), target.to_bytes(), meta);
                return Ok(());
            }
            Is::Special(FileType::CharacterDevice) => Special::CharacterDevice,
            Is::Special(FileType::BlockDevice) => Special::BlockDevice,
            Is::Special(FileType::Fifo) => Special::Fifo,
            Is::Special(_) => Special::Socket,
        };
        self.built.tree.insert(parent, name.to_bytes(), NodeKind::Special(special), meta);
        Ok(())
    }

    fn file(
        &mut self,
        directory: BorrowedFd<'_>,
        parent: NodeId,
        name: &CStr,
        size: u64,
        meta: Meta,
    ) -> Result<(), FolderHalt> {
        self.total = self.total.saturating_add(size);
        if self.total > self.options.limits.max_size {
            let what = format!("more than {} of files", crate::text::size(self.options.limits.max_size));
            return Err(Stop(Defect::hiding(DefectKind::TooLarge, Some(self.path.to_string()), what)).into());
        }
        let id = self.built.tree.add_file(FileData::of_size(size));
        let node = self.built.tree.insert(parent, name.to_bytes(), NodeKind::File(id), meta);
        let wanted = self.observer.wants(self.path.as_bytes());
        let digest = self.options.digests == Digests::All;
        if (wanted == Wanted::Nothing || size == 0) && !digest {
            if matches!(wanted, Wanted::Kept(_)) {
                self.built.tree.set_file(id, FileData::of_size(0), Content::Whole(Box::default()), None);
            }
            return Ok(());
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(directory, name, flags, Mode::empty())
            .map_err(|error| self.error("cannot open", error))?;
        let content = File::from(opened);
        if let Some(hashing) = self.hashing.as_mut().filter(|_| wanted == Wanted::Nothing) {
            let come = hashing.come();
            let handed = hashing.hash(HashJob { node, file: id, content, size });
            handed.map_err(|error| self.error("cannot read", error))?;
            return come.into_iter().try_for_each(|done| self.hashed(done));
        }
        let (data, content, sha256) = self.content(content, id, wanted, size)?;
        self.built.tree.set_file(id, data, content, sha256);
        Ok(())
    }

    /// Takes in what a hashing thread found.
    fn hashed(&mut self, done: HashedFile) -> Result<(), FolderHalt> {
        let HashedFile { node, file, size, sha256 } = done;
        let sha256 = sha256.map_err(|error| {
            let path = self.built.tree.path(node);
            SourceError::new("cannot read", self.base.join(OsStr::from_bytes(path.as_bytes())), error)
        })?;
        self.built.tree.set_file(file, FileData::of_size(size), Content::NotKept, Some(sha256));
        Ok(())
    }

    fn finish_hashing(&mut self) -> Result<(), FolderHalt> {
        let all = self.hashing.take().map_or_else(|| Ok(Vec::new()), Hashing::finish);
        let all = all.map_err(|error| self.error("cannot read", error))?;
        all.into_iter().try_for_each(|done| self.hashed(done))
    }

    /// Reads what is wanted of a file's content. A file that has another length than a moment ago is an error: what
    /// was judged would not be what is there.
    fn content(
        &mut self,
        mut file: File,
        id: FileId,
        wanted: Wanted,
        size: u64,
    ) -> Result<(FileData, Content, Option<[u8; 32]>), FolderHalt> {
        let digest = self.options.digests == Digests::All;
        let to_keep = matches!(wanted, Wanted::Kept(_));
        let keep = to_keep && size <= wanted.max_kept() && self.kept + size <= MAX_KEPT;
        let most = if to_keep && !keep { HEAD as u64 } else { wanted.max_held(size) };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut hasher = digest.then(Sha256::new);
        let mut collected = Vec::new();
        let take = |chunk: &[u8]| {
            if let Some(hasher) = &mut hasher {
                hasher.update(chunk);
            }
            let room = most - collected.len().min(most);
            collected.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
        };
        let read = if digest {
            hashing::each_chunk(&mut file, size, &mut self.buffer, take)
        } else {
            hashing::head(&mut file, size.min(most as u64), size, &mut self.buffer, take)
        };
        read.map_err(|error| self.error("cannot read", error))?;
        let sha256 = hasher.map(|hasher| hasher.finalize().into());
        if wanted != Wanted::Nothing {
            self.observer.head(id, collected.get(..HEAD.min(collected.len())).unwrap_or_default());
        }
        let content = match wanted {
            _ if keep => {
                self.kept += size;
                collected.truncate(usize::try_from(size).unwrap_or(usize::MAX));
                Content::Whole(collected.into_boxed_slice())
            }
            Wanted::Kept(_) => Content::TooLarge,
            Wanted::Given(_) => {
                let whole = (collected.len() as u64 == size).then_some(collected);
                self.observer.content(id, self.path.as_bytes(), whole);
                Content::NotKept
            }
            Wanted::Nothing | Wanted::Head => Content::NotKept,
        };
        Ok((FileData::of_size(size), content, sha256))
    }
}
