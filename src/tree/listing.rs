//! The folders of a directory, listed and looked at ahead of the walk that reads them.
//!
//! To look at every name is most of what a walk costs, and the kernel does it: threads of their own do that on the other
//! cores, in about the order in which the walk comes by. It takes what is there, and does itself what nobody has begun.
//! Each folder is opened relative to the one that holds it and never through a link, whoever opens it.

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// Bytes of a folder's listing that are read at a time: some three hundred names.
const BUFFER: usize = 16 * 1024;
/// Most entries that are looked at ahead, and what a folder counts for beside them: it is held open.
const MAX_AHEAD: usize = 8192;
const OPEN: usize = 64;
/// Folders that wait before threads are started: a small tree is walked sooner than they are.
const WORTH_THREADS: usize = 12;
/// Most threads beside the walk's own: beyond these the walk is what takes time.
const MAX_THREADS: usize = 3;
/// Files that a process may hold open, below which nothing is listed ahead: folders that wait, those on the way down and
/// files that are hashed are some 400 at most.
const FEW_FILES: u64 = 512;

/// A folder that was listed.
pub(super) struct FolderListing {
    /// The folder, held open.
    pub directory: Arc<OwnedFd>,
    /// What it holds, sorted by name, so that the same folder is always read in the same order.
    pub entries: Vec<ListedEntry>,
}

/// A name in a folder.
pub(super) struct ListedEntry {
    /// The name.
    pub name: CString,
    /// What it is, its own links not followed.
    pub look: Result<ListedLook, Errno>,
}

/// What a name is.
pub(super) struct ListedLook {
    /// Its kind.
    pub is: Is,
    /// Permission bits, set-uid, set-gid and sticky included.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// The kinds of names.
pub(super) enum Is {
    /// A directory.
    Folder(ListedFolder),
    /// A regular file of so many bytes.
    File(u64),
    /// A symbolic link, and what it says.
    Link(Result<CString, Errno>),
    /// Anything else.
    Special(FileType),
}

/// Why a folder was not listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unlisted {
    /// It cannot be opened.
    Open(Errno),
    /// It cannot be read.
    List(Errno),
    /// It holds more than the walk would take.
    TooMany,
}

/// A folder that is listed, or will be.
pub(super) struct ListedFolder(Arc<Mutex<FolderState>>);

enum FolderState {
    /// Nobody has begun: the folder that holds it, and its name.
    Waiting(Arc<OwnedFd>, CString),
    /// A thread is at it.
    Begun,
    /// A thread has listed it.
    Done(Result<FolderListing, Unlisted>),
    /// The walk has taken it.
    Taken,
}

/// What the walk and its threads share.
struct SharedQueue {
    most_entries: u64,
    ahead: Mutex<Queue>,
    /// There is something to do, or to stop for.
    work: Condvar,
    /// A folder was listed.
    done: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Folders to be listed, the next one last.
    waiting: Vec<Arc<Mutex<FolderState>>>,
    /// What was listed and not taken yet counts for.
    listed: usize,
    /// Threads that have nothing to do.
    idle: usize,
    /// Whether the walk waits for a thread.
    is_awaited: bool,
    stop: bool,
}

/// A folder that is to be listed: where it is told, the folder that holds it, and its name.
type Begun = (Arc<Mutex<FolderState>>, Arc<OwnedFd>, CString);

/// Lists folders, ahead where there are cores for it.
pub(super) struct Ahead {
    shared: Arc<SharedQueue>,
    threads: Vec<JoinHandle<()>>,
    may_start: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ahead {
    /// Lists folders of at most so many entries.
    pub(super) fn new(most_entries: u64) -> Self {
        let ahead = Mutex::new(Queue::default());
        let shared = SharedQueue { most_entries, ahead, work: Condvar::new(), done: Condvar::new() };
        Self { shared: Arc::new(shared), threads: Vec::new(), may_start: true }
    }

    /// Lists the folder that the walk starts in.
    ///
    /// # Errors
    /// [`Unlisted`] where it cannot be listed.
    pub(super) fn first(&mut self, directory: OwnedFd) -> Result<FolderListing, Unlisted> {
        let listing = list(Arc::new(directory), self.shared.most_entries)?;
        self.shared.queue(&listing);
        self.start();
        Ok(listing)
    }

    /// The listing of a folder that the walk has come to. Where a thread is at it, others are listed meanwhile.
    ///
    /// # Errors
    /// [`Unlisted`] where it cannot be listed.
    pub(super) fn take(&mut self, folder: ListedFolder) -> Result<FolderListing, Unlisted> {
        let ListedFolder(state) = folder;
        let mut queue = lock(&self.shared.ahead);
        loop {
            let current = std::mem::replace(&mut *lock(&state), FolderState::Taken);
            match current {
                FolderState::Waiting(parent, name) => {
                    drop(queue);
                    let listing = open(&parent, &name, self.shared.most_entries)?;
                    self.shared.queue(&listing);
                    self.start();
                    return Ok(listing);
                }
                FolderState::Done(listing) => {
                    let was_full = queue.is_full();
                    queue.listed -= weight(&listing);
                    if was_full && queue.idle > 0 {
                        self.shared.work.notify_all();
                    }
                    return listing;
                }
                begun => *lock(&state) = begun,
            }
            queue = match queue.begin() {
                Some(other) => {
                    drop(queue);
                    self.shared.list(other);
                    lock(&self.shared.ahead)
                }
                None => {
                    queue.is_awaited = true;
                    self.shared.done.wait(queue).unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }

    /// Starts threads, once there is enough to do for them.
    fn start(&mut self) {
        if !self.may_start || lock(&self.shared.ahead).waiting.len() < WORTH_THREADS {
            return;
        }
        self.may_start = false;
        if getrlimit(Resource::Nofile).current.is_some_and(|files| files < FEW_FILES) {
            return;
        }
        let beside = thread::available_parallelism().map_or(0, |cores| (cores.get() - 1).min(MAX_THREADS));
        let start = |_| {
            let shared = Arc::clone(&self.shared);
            thread::Builder::new().name("list".to_owned()).spawn(move || shared.work()).ok()
        };
        self.threads = (0..beside).filter_map(start).collect();
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        lock(&self.shared.ahead).stop = true;
        self.shared.work.notify_all();
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

impl Queue {
    /// Whether enough was listed ahead.
    const fn is_full(&self) -> bool {
        self.listed >= MAX_AHEAD
    }

    /// The next folder that nobody has begun, if one more may be listed ahead.
    fn begin(&mut self) -> Option<Begun> {
        while !self.is_full() {
            let state = self.waiting.pop()?;
            let current = std::mem::replace(&mut *lock(&state), FolderState::Begun);
            match current {
                FolderState::Waiting(parent, name) => return Some((state, parent, name)),
                // The walk was faster.
                other => *lock(&state) = other,
            }
        }
        None
    }
}

impl SharedQueue {
    /// Has the folders in a listing listed, the first one next.
    fn queue(&self, listing: &FolderListing) {
        let folders = listing.entries.iter().rev().filter_map(|entry| match &entry.look {
            Ok(ListedLook { is: Is::Folder(ListedFolder(state)), .. }) => Some(Arc::clone(state)),
            _ => None,
        });
        let mut queue = lock(&self.ahead);
        queue.waiting.extend(folders);
        if queue.idle > 0 && !queue.waiting.is_empty() {
            self.work.notify_all();
        }
    }

    /// Lists one folder after the other, until the walk is over.
    fn work(&self) {
        let mut queue = lock(&self.ahead);
        while !queue.stop {
            queue = if let Some(folder) = queue.begin() {
                drop(queue);
                self.list(folder);
                lock(&self.ahead)
            } else {
                queue.idle += 1;
                let mut queue = self.work.wait(queue).unwrap_or_else(PoisonError::into_inner);
                queue.idle -= 1;
                queue
            };
        }
    }

    /// Lists a folder ahead of the walk. One of very many names is left to the walk: several could not be held at once.
    fn list(&self, (state, parent, name): Begun) {
        let listing = open(&parent, &name, self.most_entries.min(MAX_AHEAD as u64));
        if let Ok(listing) = &listing {
            self.queue(listing);
        }
        let mut queue = lock(&self.ahead);
        *lock(&state) = if matches!(&listing, Err(Unlisted::TooMany)) {
            FolderState::Waiting(parent, name)
        } else {
            queue.listed += weight(&listing);
            FolderState::Done(listing)
        };
        if std::mem::take(&mut queue.is_awaited) {
            self.done.notify_one();
        }
    }
}

/// What a listing counts for that waits for the walk.
fn weight(listing: &Result<FolderListing, Unlisted>) -> usize {
    OPEN + listing.as_ref().map_or(0, |listing| listing.entries.len())
}

fn open(parent: &OwnedFd, name: &CString, most_entries: u64) -> Result<FolderListing, Unlisted> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::openat(parent, name, flags, Mode::empty()).map_err(Unlisted::Open)?;
    list(Arc::new(directory), most_entries)
}

/// Lists a folder, and looks at each name in it.
fn list(directory: Arc<OwnedFd>, most_entries: u64) -> Result<FolderListing, Unlisted> {
    let mut names = Vec::new();
    let mut buffer = Vec::with_capacity(BUFFER);
    let mut listing = RawDir::new(directory.as_fd(), buffer.spare_capacity_mut());
    while let Some(entry) = listing.next() {
        let entry = entry.map_err(Unlisted::List)?;
        let name = entry.file_name();
        if name.to_bytes() != b"." && name.to_bytes() != b".." {
            names.push(name.to_owned());
        }
        if names.len() as u64 > most_entries {
            return Err(Unlisted::TooMany);
        }
    }
    names.sort_unstable();
    let entries = names.into_iter().map(|name| ListedEntry { look: look(&directory, &name), name }).collect();
    Ok(FolderListing { directory, entries })
}

fn look(directory: &Arc<OwnedFd>, name: &CString) -> Result<ListedLook, Errno> {
    let stat = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let is = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => {
            Is::Folder(ListedFolder(Arc::new(Mutex::new(FolderState::Waiting(Arc::clone(directory), name.clone())))))
        }
        FileType::RegularFile => Is::File(u64::try_from(stat.st_size).unwrap_or_default()),
        FileType::Symlink => Is::Link(rustix::fs::readlinkat(directory, name, Vec::new())),
        special => Is::Special(special),
    };
    let mode = u16::try_from(stat.st_mode & 0o7777).unwrap_or_default();
    Ok(ListedLook { is, mode, uid: stat.st_uid, gid: stat.st_gid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};
    use std::os::unix::fs::symlink;
    use std::path::Path;

    fn ahead(root: &Path, most_entries: u64) -> (Ahead, Result<FolderListing, Unlisted>) {
        let mut ahead = Ahead::new(most_entries);
        let listing = ahead.first(File::open(root).unwrap().into());
        (ahead, listing)
    }

    /// Every path of a tree, in the order of a walk.
    fn walked(ahead: &mut Ahead, listing: FolderListing, at: &str, paths: &mut Vec<String>) {
        for ListedEntry { name, look } in listing.entries {
            let path = format!("{at}/{}", name.to_str().unwrap());
            paths.push(path.clone());
            if let Is::Folder(folder) = look.unwrap().is {
                let inner = ahead.take(folder).unwrap();
                walked(ahead, inner, &path, paths);
            }
        }
    }

    #[test]
    fn a_tree_is_walked_in_the_same_order_whoever_lists_it() {
        let root = tempfile::tempdir().unwrap();
        let mut expected = Vec::new();
        // More than may be listed ahead.
        for (a, b, c) in (0..30).flat_map(|a| (0..5).flat_map(move |b| (0..4).map(move |c| (a, b, c)))) {
            if b == 0 && c == 0 {
                expected.push(format!("/{a:02}"));
            }
            if c == 0 {
                expected.push(format!("/{a:02}/{b}"));
            }
            let folder = format!("/{a:02}/{b}/{c}");
            fs::create_dir_all(root.path().join(&folder[1..])).unwrap();
            fs::write(root.path().join(format!("{}/file", &folder[1..])), "x").unwrap();
            expected.extend([folder.clone(), format!("{folder}/file")]);
        }
        assert!(expected.len() * OPEN > MAX_AHEAD);
        let (mut ahead, listing) = ahead(root.path(), 1000);
        let mut paths = Vec::new();
        walked(&mut ahead, listing.unwrap(), "", &mut paths);
        assert_eq!(paths, expected);
        // Whatever was listed was taken.
        let queue = lock(&ahead.shared.ahead);
        assert!(queue.listed == 0 && queue.waiting.iter().all(|state| matches!(*lock(state), FolderState::Taken)));
    }

    #[test]
    fn a_folder_that_became_a_link_is_not_entered() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("a")).unwrap();
        let (mut ahead, listing) = ahead(root.path(), 10);
        fs::remove_dir(root.path().join("a")).unwrap();
        symlink("/", root.path().join("a")).unwrap();
        let Ok(ListedLook { is: Is::Folder(folder), .. }) = listing.unwrap().entries.remove(0).look else { panic!() };
        // Which of the two it is depends on the kernel (open(2), O_NOFOLLOW with O_DIRECTORY).
        assert!(matches!(ahead.take(folder), Err(Unlisted::Open(Errno::NOTDIR | Errno::LOOP))));
    }

    #[test]
    fn very_many_names_are_left_to_the_walk() {
        let root = tempfile::tempdir().unwrap();
        let many = root.path().join("many");
        fs::create_dir(&many).unwrap();
        for number in 0..=MAX_AHEAD {
            File::create(many.join(number.to_string())).unwrap();
        }
        let (mut ahead, listing) = ahead(root.path(), 100_000);
        let begun = lock(&ahead.shared.ahead).begin().unwrap();
        ahead.shared.list(begun);
        assert_eq!(lock(&ahead.shared.ahead).listed, 0);
        let mut paths = Vec::new();
        walked(&mut ahead, listing.unwrap(), "", &mut paths);
        assert_eq!(paths.len(), MAX_AHEAD + 2);
    }

    #[test]
    fn a_walk_may_end_early() {
        let root = tempfile::tempdir().unwrap();
        for folder in 0..100 {
            fs::create_dir_all(root.path().join(format!("{folder}/inner"))).unwrap();
        }
        let (ahead, listing) = ahead(root.path(), 1000);
        drop(listing);
        drop(ahead);
        let (_, listing) = self::ahead(root.path(), 99);
        assert!(matches!(listing, Err(Unlisted::TooMany)));
    }
}
