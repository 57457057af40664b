//! The thread that files are parsed in: the parser descends recursively, and gets a stack for it that the program's own
//! threads do not have.

use super::{json, parse};
use crate::model::modules::{Module, NotParsed, Script};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Most bytes that imports and exports of all files take in memory.
const MOST_RECORDED: usize = 4 << 20;
/// Most bytes that the tree of one file takes while it is parsed.
const ROOM: usize = 14 << 20;
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

/// Parses the files of one bundle.
#[derive(Default)]
pub struct Parsing {
    worker: Option<Worker>,
    recorded: usize,
}

struct Worker {
    files: SyncSender<Vec<u8>>,
    scripts: Receiver<Script>,
    thread: JoinHandle<()>,
}

impl Worker {
    fn start() -> Option<Self> {
        let (files, to_parse) = sync_channel::<Vec<u8>>(0);
        let (done, scripts) = sync_channel(0);
        let work = move || {
            for file in to_parse {
                if done.send(parse::parse(&file, ROOM)).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("parser".into()).stack_size(parse::STACK).spawn(work).ok()?;
        Some(Self { files, scripts, thread })
    }
}

impl Parsing {
    /// Parses a file whose name is of this kind.
    pub fn parse(&mut self, kind: SourceKind, source: Vec<u8>) -> Script {
        match kind {
            SourceKind::Json => json::parse(&source),
            SourceKind::Script if self.recorded > MOST_RECORDED => Script::NotParsed(NotParsed::TooMany),
            SourceKind::Script => {
                let script = self.in_worker(source);
                if let Script::Parsed(module) = &script {
                    self.recorded += weight(module);
                }
                script
            }
        }
    }

    fn in_worker(&mut self, source: Vec<u8>) -> Script {
        if self.worker.is_none() {
            self.worker = Worker::start();
        }
        let parsed = self.worker.as_ref().and_then(|worker| {
            worker.files.send(source).ok()?;
            worker.scripts.recv().ok()
        });
        parsed.unwrap_or_else(|| {
            // It ended, and so did what it had: the next file gets another one.
            self.worker = None;
            Script::NotParsed(NotParsed::Failed)
        })
    }
}

impl Drop for Parsing {
    fn drop(&mut self) {
        if let Some(Worker { files, scripts, thread }) = self.worker.take() {
            drop(files);
            drop(scripts);
            let _ = thread.join();
        }
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
