//! The threads that files are parsed in: the parser descends recursively, and gets a stack for it that the program's own
//! threads do not have. Parsing an agent's code takes longer than all else that is done with a small bundle.

use super::{json, parse};
use crate::model::modules::{Module, NotParsed, Script};
use crate::model::tree::FileId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Most bytes that imports and exports of all files take in memory.
const MOST_RECORDED: usize = 4 << 20;
/// Most bytes that the trees of the files that are being parsed take together.
const ROOM: usize = 14 << 20;
/// Most bytes of files that wait, unless there is only one.
const MOST_WAITING: usize = 1 << 20;
/// What a file that waits takes beside its content.
const WAITING: usize = 512;

/// The memory that the threads share for their trees.
pub struct Room {
    left: Mutex<usize>,
    freed: Condvar,
}

/// Some of it, given back when it is dropped.
pub struct Held<'r>(&'r Room, usize);

impl Default for Room {
    fn default() -> Self {
        Self { left: Mutex::new(ROOM), freed: Condvar::new() }
    }
}

impl Room {
    /// Takes so many bytes, and waits until there are as many; nothing where there never will be.
    pub fn take(&self, bytes: usize) -> Option<Held<'_>> {
        if bytes > ROOM {
            return None;
        }
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = self.freed.wait_while(left, |left| *left < bytes).unwrap_or_else(PoisonError::into_inner);
        *left -= bytes;
        Some(Held(self, bytes))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Self(room, bytes) = *self;
        *room.left.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
        room.freed.notify_one();
    }
}

/// What is parsed of a file, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SourceKind {
    /// JavaScript.
    Script,
    /// JSON.
    Json,
}

/// What a file of that path is parsed as; nothing for what Node loads neither as code nor as JSON.
#[must_use]
pub fn kind_of(path: &[u8]) -> Option<SourceKind> {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    match name.iter().rposition(|byte| *byte == b'.').and_then(|dot| name.get(dot..)) {
        Some(b".js" | b".mjs" | b".cjs") => Some(SourceKind::Script),
        Some(b".json") => Some(SourceKind::Json),
        _ => None,
    }
}

/// Parses the files of one bundle, on two threads, beside whatever the reader does meanwhile.
#[derive(Default)]
pub struct Parsing {
    threads: Option<Threads>,
    /// Files that were handed over, in the order in which they came.
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// How many there were.
    count: usize,
    /// What came of the files before them.
    parsed: Vec<(FileId, Script)>,
    /// About how many bytes that takes.
    recorded: usize,
}

/// A file that was handed over.
struct Waiting {
    file: FileId,
    rank: Rank,
    /// Bytes that it takes.
    takes: usize,
    /// What came of it, if the files before it have taken longer.
    script: Option<Script>,
}

/// They end by themselves once nobody has anything for them to do; nobody waits for that.
struct Threads {
    jobs: Arc<Jobs>,
    answers: Receiver<(FileId, Script)>,
}

/// Files to be parsed, the longest first: a long one that came last would be parsed by one thread while the other has
/// nothing left to do.
#[derive(Default)]
struct Jobs {
    queue: Mutex<Queue>,
    more: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: BTreeMap<Rank, Job>,
    is_over: bool,
}

/// A file's length, and its number: of files of one length the first goes first.
type Rank = (usize, Reverse<usize>);

struct Job {
    file: FileId,
    kind: SourceKind,
    source: Vec<u8>,
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, rank: Rank, job: Job) {
        self.lock().waiting.insert(rank, job);
        self.more.notify_one();
    }

    /// Has a file parsed next, if it still waits.
    fn hurry(&self, rank: Rank) {
        let mut queue = self.lock();
        if let Some(job) = queue.waiting.remove(&rank) {
            queue.waiting.insert((usize::MAX, rank.1), job);
        }
    }

    /// The next one; waits for it, and gives nothing once there will be none.
    fn next(&self) -> Option<Job> {
        let none_yet = |queue: &mut Queue| queue.waiting.is_empty() && !queue.is_over;
        let mut queue = self.more.wait_while(self.lock(), none_yet).unwrap_or_else(PoisonError::into_inner);
        queue.waiting.pop_last().map(|(_, job)| job)
    }
}

impl Threads {
    const COUNT: usize = 2;

    /// Starts them; nothing where not even one can be started.
    fn start() -> Option<Self> {
        let (answer, answers) = channel();
        let (jobs, room) = (Arc::new(Jobs::default()), Arc::new(Room::default()));
        let start = |_: &usize| {
            let (jobs, answer, room) = (Arc::clone(&jobs), answer.clone(), Arc::clone(&room));
            let work = move || work(&jobs, &answer, &room);
            std::thread::Builder::new().name("parser".into()).stack_size(parse::STACK).spawn(work).is_ok()
        };
        let started = (0..Self::COUNT).filter(start).count();
        (started > 0).then_some(Self { jobs, answers })
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        *self.jobs.lock() = Queue { waiting: BTreeMap::new(), is_over: true };
        self.jobs.more.notify_all();
    }
}

/// Parses one file after the other.
fn work(jobs: &Jobs, answer: &Sender<(FileId, Script)>, room: &Room) {
    let mut memory = parse::memory();
    while let Some(Job { file, kind, source }) = jobs.next() {
        let parse = || match kind {
            SourceKind::Json => json::parse(&source),
            SourceKind::Script => parse::parse(&source, room, &mut memory),
        };
        // The parsers are not ours: where one panics, the file is not judged, and the others are.
        let script = catch_unwind(AssertUnwindSafe(parse)).unwrap_or_else(|_| {
            memory = parse::memory();
            Script::NotParsed(NotParsed::Failed)
        });
        drop(source);
        if answer.send((file, script)).is_err() {
            return;
        }
    }
}

impl Parsing {
    /// Parses a file whose name is of this kind. Waits where too much is waiting already.
    pub fn parse(&mut self, file: FileId, kind: SourceKind, source: Vec<u8>) {
        let takes = source.len() + WAITING;
        while self.waiting_bytes > 0 && self.waiting_bytes + takes > MOST_WAITING {
            if let (Some(threads), Some(first)) = (&self.threads, self.waiting.front()) {
                threads.jobs.hurry(first.rank);
            }
            self.take_in();
        }
        let rank = (source.len(), Reverse(self.count));
        self.count += 1;
        // It would be left out when it is taken in, so it need not be parsed.
        if kind == SourceKind::Script && self.recorded > MOST_RECORDED {
            let script = Some(Script::NotParsed(NotParsed::TooMany));
            self.waiting.push_back(Waiting { file, rank, takes: WAITING, script });
            self.waiting_bytes += WAITING;
            return;
        }
        self.waiting.push_back(Waiting { file, rank, takes, script: None });
        self.waiting_bytes += takes;
        if self.threads.is_none() {
            self.threads = Threads::start();
        }
        if let Some(threads) = &self.threads {
            threads.jobs.add(rank, Job { file, kind, source });
        }
    }

    /// What came of all files.
    pub fn finish(mut self) -> Vec<(FileId, Script)> {
        while !self.waiting.is_empty() {
            self.take_in();
        }
        std::mem::take(&mut self.parsed)
    }

    /// Takes in what came of the file that has waited longest. Whether there is room for its imports depends on the files
    /// before it alone, so that the same bundle is always judged the same.
    fn take_in(&mut self) {
        let Some(Waiting { file, takes, mut script, .. }) = self.waiting.pop_front() else { return };
        self.waiting_bytes -= takes;
        while script.is_none() {
            let answer = self.threads.as_ref().and_then(|threads| threads.answers.recv().ok());
            let (answered, answer) = answer.unwrap_or((file, Script::NotParsed(NotParsed::Failed)));
            let early = self.waiting.iter_mut().find(|waiting| waiting.file == answered && answered != file);
            *early.map_or(&mut script, |waiting| &mut waiting.script) = Some(answer);
        }
        let script = match script.unwrap_or(Script::NotParsed(NotParsed::Failed)) {
            Script::Parsed(_) if self.recorded > MOST_RECORDED => Script::NotParsed(NotParsed::TooMany),
            script => script,
        };
        if let Script::Parsed(module) = &script {
            self.recorded += weight(module);
        }
        self.parsed.push((file, script));
    }
}

/// About how many bytes a module takes in memory.
fn weight(module: &Module) -> usize {
    let imports = module.imports.iter().map(|import| {
        80 + import.specifier.len() + import.names.iter().map(|(name, _)| 40 + name.len()).sum::<usize>()
    });
    let exports = module.exports.iter().map(|export| 64 + export.name.len());
    let names = module.commonjs.names.iter().chain(&module.commonjs.reexports).map(|name| 32 + name.len());
    300 + module.computed.len() * 4 + imports.chain(exports).chain(names).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tree::{FileData, Tree};

    fn names(script: &Script) -> Vec<&str> {
        match script {
            Script::Parsed(module) => module.imports.iter().map(|import| &*import.specifier).collect(),
            other => panic!("not parsed: {other:?}"),
        }
    }

    #[test]
    fn every_file_gets_what_came_of_it_in_the_order_of_the_files() {
        let (mut tree, mut parsing) = (Tree::new(), Parsing::default());
        let mut files = Vec::new();
        // Short and long ones by turns, and more in all than may wait.
        for number in 0..60 {
            let source =
                format!("import './{number}.js';\n{}", "f();\n".repeat(if number % 2 == 0 { 10 } else { 8_000 }));
            files.push(tree.add_file(FileData::of_size(source.len() as u64)));
            parsing.parse(files[number], SourceKind::Script, source.into_bytes());
        }
        let data = tree.add_file(FileData::of_size(1));
        parsing.parse(data, SourceKind::Json, b"{".to_vec());
        let came = parsing.finish();
        assert_eq!(came.iter().map(|(file, _)| *file).collect::<Vec<_>>(), [&files[..], &[data]].concat());
        for (number, (_, script)) in came[..60].iter().enumerate() {
            assert_eq!(names(script), [format!("./{number}.js")]);
        }
        assert!(matches!(&came[60].1, Script::Json(Some(_))));
    }

    #[test]
    fn files_beyond_what_is_kept_are_told() {
        let judged = || {
            let (mut tree, mut parsing) = (Tree::new(), Parsing::default());
            for _ in 0..12 {
                let file = tree.add_file(FileData::of_size(1));
                parsing.parse(file, SourceKind::Script, b"import'a';".repeat(10_000));
            }
            parsing.finish().iter().map(|(_, script)| matches!(script, Script::Parsed(_))).collect::<Vec<_>>()
        };
        // 80 bytes and a letter for each import, and 4 MiB in all: the sixth goes beyond, and is the last.
        assert_eq!(judged(), [vec![true; 6], vec![false; 6]].concat());
    }

    #[test]
    fn the_longest_file_goes_first_unless_one_is_waited_for() {
        let (mut tree, jobs) = (Tree::new(), Jobs::default());
        for (number, length) in [3, 1, 5, 5, 4].into_iter().enumerate() {
            let file = tree.add_file(FileData::of_size(length as u64));
            jobs.add(
                (length, Reverse(number)),
                Job { file, kind: SourceKind::Json, source: vec![b'0' + number as u8; length] },
            );
        }
        jobs.hurry((1, Reverse(1)));
        jobs.hurry((9, Reverse(9)));
        let order: Vec<_> = (0..5).map(|_| jobs.next().unwrap().source[0]).collect();
        assert_eq!(order, b"12340");
        jobs.lock().is_over = true;
        assert!(jobs.next().is_none());
    }

    #[test]
    fn room_is_shared_and_given_back() {
        let room = Room::default();
        assert!(room.take(ROOM + 1).is_none());
        let held = room.take(ROOM).unwrap();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| room.take(1).is_some());
            assert!(!other.is_finished());
            drop(held);
            assert!(other.join().unwrap());
        });
        assert_eq!(*room.left.lock().unwrap(), ROOM);
    }
}
