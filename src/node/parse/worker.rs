//! The threads that files are parsed in: the parser descends recursively, and gets a stack for it that the program's own
//! threads do not have. Parsing an agent's code takes longer than all else that is done with a small bundle.

use super::memory_budget::MemoryBudget;
use super::{javascript, json};
use crate::node::format::extension_of;
use crate::node::modules::{JudgedScript, Module, NotParsed};
use crate::tree::nodes::FileId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Most bytes that imports and exports of all files take in memory.
const MAX_RECORDED: usize = 8 << 20;
/// Most bytes of files that wait, unless there is only one.
const MAX_WAITING: usize = 1 << 20;
/// What a file that waits takes beside its content.
const WAITING: usize = 512;

/// What is parsed of a file, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SourceKind {
    /// JavaScript.
    Script,
    /// JSON.
    Json,
}

/// What a file of that path is parsed as; nothing for what Node loads neither as code nor as JSON.
#[must_use]
pub(crate) fn kind_of(path: &[u8]) -> Option<SourceKind> {
    match extension(path) {
        ".js" | ".mjs" | ".cjs" => Some(SourceKind::Script),
        ".json" => Some(SourceKind::Json),
        _ => None,
    }
}

/// Whether a file of that path may be code all the same, which `require` loads whatever its extension. Declarations are none.
#[must_use]
pub(crate) fn may_be_code(path: &[u8]) -> bool {
    let is_declaration = [&b".d.ts"[..], b".d.mts", b".d.cts"].iter().any(|ending| path.ends_with(ending));
    !is_declaration
        && matches!(extension(path), "" | ".ts" | ".mts" | ".cts" | ".jsx" | ".tsx" | ".es" | ".es6" | ".txt" | ".css")
}

fn extension(path: &[u8]) -> &str {
    extension_of(path.rsplit(|byte| *byte == b'/').next().unwrap_or(path))
}

/// Parses the files of one bundle on threads of its own, beside whatever the reader does meanwhile.
#[derive(Default)]
pub(crate) struct Parsing {
    threads: ParseThreads,
    /// Files that were handed over, in the order in which they came.
    waiting: VecDeque<WaitingFile>,
    waiting_bytes: usize,
    /// How many there were.
    count: usize,
    /// What came of the files before them.
    parsed: Vec<(FileId, JudgedScript)>,
    /// About how many bytes that takes.
    recorded: usize,
}

/// A file that was handed over.
struct WaitingFile {
    file: FileId,
    /// Its place among those that are parsed; nothing for one that is not.
    rank: Option<Rank>,
    /// Bytes that it takes.
    takes: usize,
}

/// A file's length, and its number: of files of one length the first goes first.
type Rank = (usize, Reverse<usize>);

struct ParseJob {
    kind: SourceKind,
    source: Vec<u8>,
}

/// They end by themselves once nobody has anything for them to do; nobody waits for that.
#[derive(Default)]
struct ParseThreads {
    queue: Arc<WorkQueue>,
    budget: Arc<MemoryBudget>,
    are_started: bool,
    /// Why there is not even one.
    fault: Option<io::Error>,
}

/// Where files are handed over and what came of them is fetched.
#[derive(Default)]
struct WorkQueue {
    state: Mutex<QueueState>,
    /// There is something to parse, or nothing any more.
    more: Condvar,
    /// There is what is awaited.
    done: Condvar,
}

#[derive(Default)]
struct QueueState {
    /// Files to be parsed, the longest first: a long one that came last would be parsed by one thread while the other has
    /// nothing left to do.
    waiting: BTreeMap<Rank, ParseJob>,
    /// Files that are being parsed.
    at_work: usize,
    /// What came of files, by their numbers.
    done: BTreeMap<usize, JudgedScript>,
    awaited: AwaitedWork,
    /// Threads that there are.
    threads: usize,
    is_over: bool,
}

/// What the reader waits for.
#[derive(Clone, Copy, Default)]
enum AwaitedWork {
    #[default]
    Nothing,
    /// The file of that number.
    File(usize),
    /// All of them.
    All,
}

impl QueueState {
    /// Whether what is awaited is there.
    fn has_come(&self) -> bool {
        match self.awaited {
            AwaitedWork::Nothing => false,
            AwaitedWork::File(number) => self.done.contains_key(&number),
            AwaitedWork::All => self.waiting.is_empty() && self.at_work == 0,
        }
    }
}

impl WorkQueue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hand_over(&self, rank: Rank, job: ParseJob) {
        self.lock().waiting.insert(rank, job);
        self.more.notify_one();
    }

    /// Has a file parsed next, if it still waits.
    fn hurry(&self, rank: Rank) {
        let mut state = self.lock();
        if let Some(job) = state.waiting.remove(&rank) {
            state.waiting.insert((usize::MAX, rank.1), job);
        }
    }

    /// Waits for it as long as there are threads, and is woken for nothing else.
    fn wait(&self, awaited: AwaitedWork) -> MutexGuard<'_, QueueState> {
        let mut state = self.lock();
        state.awaited = awaited;
        let not_yet = |state: &mut QueueState| !state.has_come() && state.threads > 0;
        let mut state = self.done.wait_while(state, not_yet).unwrap_or_else(PoisonError::into_inner);
        state.awaited = AwaitedWork::Nothing;
        state
    }

    /// The next file and its number; waits for one, and gives nothing once there will be none.
    fn next(&self) -> Option<(usize, ParseJob)> {
        let none_yet = |state: &mut QueueState| state.waiting.is_empty() && !state.is_over;
        let mut state = self.more.wait_while(self.lock(), none_yet).unwrap_or_else(PoisonError::into_inner);
        let ((_, Reverse(number)), job) = state.waiting.pop_last()?;
        state.at_work += 1;
        Some((number, job))
    }

    fn put(&self, number: usize, script: JudgedScript) {
        let mut state = self.lock();
        state.at_work -= 1;
        state.done.insert(number, script);
        if state.has_come() {
            self.done.notify_one();
        }
    }
}

impl ParseThreads {
    const COUNT: usize = 2;

    /// Starts them with the first file.
    fn start(&mut self) {
        if std::mem::replace(&mut self.are_started, true) {
            return;
        }
        let start = |_| {
            let counted = CountedThread::new(&self.queue);
            let budget = Arc::clone(&self.budget);
            let work = move || work(&counted.0, &budget);
            std::thread::Builder::new().name("parser".into()).stack_size(javascript::STACK).spawn(work)
        };
        let (started, mut faults): (Vec<_>, Vec<_>) = (0..Self::COUNT).map(start).partition(Result::is_ok);
        self.fault = faults.pop().and_then(Result::err).filter(|_| started.is_empty());
    }
}

impl Drop for ParseThreads {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.waiting.clear();
        state.is_over = true;
        self.queue.more.notify_all();
    }
}

/// A thread that is counted for as long as it is there.
struct CountedThread(Arc<WorkQueue>);

impl CountedThread {
    fn new(queue: &Arc<WorkQueue>) -> Self {
        queue.lock().threads += 1;
        Self(Arc::clone(queue))
    }
}

impl Drop for CountedThread {
    fn drop(&mut self) {
        self.0.lock().threads -= 1;
        self.0.done.notify_one();
    }
}

/// Parses one file after the other.
fn work(queue: &WorkQueue, budget: &MemoryBudget) {
    let mut memory = javascript::memory();
    while let Some((number, ParseJob { kind, source })) = queue.next() {
        let parse = || match kind {
            SourceKind::Json => (json::parse(&source), None),
            SourceKind::Script => javascript::parse(&source, budget, &mut memory),
        };
        // The parsers are not ours: where one panics, the file is not judged, and the others are.
        let (script, held) = catch_unwind(AssertUnwindSafe(parse)).unwrap_or_else(|_| {
            memory = javascript::memory();
            (javascript::given_up(&source), None)
        });
        // One that takes all the room that the files have together leaves none for those after it.
        let script = match script {
            JudgedScript::Parsed(module) if weight(&module) > MAX_RECORDED => {
                JudgedScript::NotParsed(NotParsed::TooMany)
            }
            script => script,
        };
        drop(source);
        // Whoever waits for it need not wait for the memory of a large tree to be given back.
        queue.put(number, script);
        javascript::clear(&mut memory);
        drop(held);
    }
}

impl Parsing {
    /// Parses a file whose name is of this kind. Waits where too much is waiting already.
    pub(crate) fn parse(&mut self, file: FileId, kind: SourceKind, source: Vec<u8>) {
        let takes = source.len() + WAITING;
        while self.waiting_bytes > 0 && self.waiting_bytes + takes > MAX_WAITING {
            self.take_in();
        }
        // It would be left out when it is taken in, so it need not be parsed.
        if kind == SourceKind::Script && self.recorded > MAX_RECORDED {
            self.waiting.push_back(WaitingFile { file, rank: None, takes: WAITING });
            self.waiting_bytes += WAITING;
            return;
        }
        let rank = (source.len(), Reverse(self.count));
        self.count += 1;
        self.waiting.push_back(WaitingFile { file, rank: Some(rank), takes });
        self.waiting_bytes += takes;
        self.threads.start();
        self.threads.queue.hand_over(rank, ParseJob { kind, source });
    }

    /// What came of all files.
    ///
    /// # Errors
    /// Where there was not even one thread to parse them: that says nothing about the bundle.
    pub(crate) fn finish(mut self) -> io::Result<Vec<(FileId, JudgedScript)>> {
        if let Some(fault) = self.threads.fault.take() {
            return Err(fault);
        }
        if !self.waiting.is_empty() {
            drop(self.threads.queue.wait(AwaitedWork::All));
        }
        while !self.waiting.is_empty() {
            self.take_in();
        }
        Ok(std::mem::take(&mut self.parsed))
    }

    /// Takes in what came of the file that has waited longest. Whether there is room for its imports depends on the files
    /// before it alone, so that the same bundle is always judged the same.
    fn take_in(&mut self) {
        let Some(WaitingFile { file, takes, rank }) = self.waiting.pop_front() else { return };
        self.waiting_bytes -= takes;
        let script = match rank.map(|rank| self.fetch(rank)) {
            None => JudgedScript::NotParsed(NotParsed::TooMany),
            Some(JudgedScript::Parsed(_)) if self.recorded > MAX_RECORDED => {
                JudgedScript::NotParsed(NotParsed::TooMany)
            }
            Some(script) => script,
        };
        if let JudgedScript::Parsed(module) = &script {
            self.recorded += weight(module);
        }
        self.parsed.push((file, script));
    }

    /// What came of a file; waits for it.
    fn fetch(&self, rank: Rank) -> JudgedScript {
        let (_, Reverse(number)) = rank;
        self.threads.queue.hurry(rank);
        let script = self.threads.queue.wait(AwaitedWork::File(number)).done.remove(&number);
        script.unwrap_or(JudgedScript::NotParsed(NotParsed::Failed))
    }
}

/// About how many bytes a module takes in memory.
fn weight(module: &Module) -> usize {
    let imports = module.imports.iter().map(|import| {
        let located = import.located.as_ref().map_or(0, |located| 32 + located.behind.len());
        80 + import.specifier.len() + located + import.names.iter().map(|(name, _)| 40 + name.len()).sum::<usize>()
    });
    let exports = module.exports.iter().map(|export| 64 + export.name.len());
    let found = module.commonjs.found.iter().chain(module.commonjs.marked.iter().flatten());
    let own = module.commonjs.own.iter().flat_map(|own| own.names.iter().chain(&own.stars));
    let names =
        found.flat_map(|found| found.names.iter().chain(&found.reexports)).chain(own).map(|name| 32 + name.len());
    let features = module.features.uses.len() * 120 + module.features.defined.len() * 64;
    let assets = module.assets.iter().map(|asset| 32 + asset.path.len()).sum::<usize>();
    let reach = module.bodies.weight() + module.names.weight() + module.mentions.len() * 48 + assets;
    let templates = module.templates.as_ref().map_or(0, |templates| templates.weight());
    let itself = size_of::<(FileId, JudgedScript)>() + size_of::<Module>();
    itself
        + templates
        + module.computed.len() * 4
        + features
        + reach
        + imports.chain(exports).chain(names).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::nodes::{FileData, Tree};

    fn names(script: &JudgedScript) -> Vec<&str> {
        match script {
            JudgedScript::Parsed(module) => module.imports.iter().map(|import| &*import.specifier).collect(),
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
        let came = parsing.finish().unwrap();
        assert_eq!(came.iter().map(|(file, _)| *file).collect::<Vec<_>>(), [&files[..], &[data]].concat());
        for (number, (_, script)) in came[..60].iter().enumerate() {
            assert_eq!(names(script), [format!("./{number}.js")]);
        }
        assert!(matches!(&came[60].1, JudgedScript::Json(Some(_))));
    }

    #[test]
    fn files_beyond_what_is_kept_are_told() {
        let judged = || {
            let (mut tree, mut parsing) = (Tree::new(), Parsing::default());
            for _ in 0..12 {
                let file = tree.add_file(FileData::of_size(1));
                parsing.parse(file, SourceKind::Script, b"import'a';".repeat(10_000));
            }
            parsing
                .finish()
                .unwrap()
                .iter()
                .map(|(_, script)| matches!(script, JudgedScript::Parsed(_)))
                .collect::<Vec<_>>()
        };
        // 80 bytes and a letter for each import, and 8 MiB in all: the eleventh goes beyond, and is the last.
        assert_eq!(judged(), [vec![true; 11], vec![false; 1]].concat());
    }

    #[test]
    fn the_longest_file_goes_first_unless_one_is_waited_for() {
        let queue = WorkQueue::default();
        for (number, length) in [3, 1, 5, 5, 4].into_iter().enumerate() {
            queue.hand_over(
                (length, Reverse(number)),
                ParseJob { kind: SourceKind::Json, source: vec![b'0' + number as u8; length] },
            );
        }
        queue.hurry((1, Reverse(1)));
        queue.hurry((9, Reverse(9)));
        let order: Vec<_> =
            (0..5).map(|_| queue.next().unwrap()).map(|(number, job)| (number, job.source[0])).collect();
        assert_eq!(order, [1, 2, 3, 4, 0].map(|number| (number, b'0' + number as u8)));
        queue.lock().is_over = true;
        assert!(queue.next().is_none());
    }

    #[test]
    fn nobody_waits_for_threads_that_are_not_there() {
        let queue = WorkQueue::default();
        queue.hand_over((1, Reverse(0)), ParseJob { kind: SourceKind::Json, source: vec![b'1'] });
        assert!(queue.wait(AwaitedWork::File(0)).done.is_empty());
        assert!(queue.wait(AwaitedWork::All).done.is_empty());
        let mut threads = ParseThreads::default();
        threads.start();
        threads.queue.hand_over((1, Reverse(0)), ParseJob { kind: SourceKind::Json, source: vec![b'1'] });
        assert!(threads.queue.wait(AwaitedWork::All).done.contains_key(&0));
        let queue = Arc::clone(&threads.queue);
        drop(threads);
        while queue.lock().threads > 0 {
            std::thread::yield_now();
        }
    }
}
