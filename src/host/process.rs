//! Programs run with a time-out, a bound on what is kept of their output, and nothing left running behind them.
//!
//! Each gets a process group of its own, which is ended as a group: what a shell or a package manager started goes
//! with it. Standard input is empty. What a daemon takes out of the group is found by `stragglers`.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions};
use rustix::process::{kill_process_group, prlimit, waitid};
use std::ffi::OsString;
use std::io::{self, PipeReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a process that was asked to end (SIGTERM) has before it is killed.
const GRACE: Duration = Duration::from_secs(2);
/// How long output is waited for once the process and its group are gone: a daemon may hold the pipe open for ever.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How often a process is looked at that neither ends nor closes its output.
const GLANCE: Duration = Duration::from_millis(20);

/// A program to run.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// A name to be found in PATH (the caller's), or a path.
    pub program: OsString,
    /// Its arguments, without its name.
    pub args: Vec<OsString>,
    /// What it sees of the environment.
    pub environment: Environment,
    /// Its working directory; nothing for the caller's.
    pub directory: Option<PathBuf>,
    /// After this it is ended.
    pub timeout: Duration,
    /// Bytes kept of each stream.
    pub most_output: usize,
    /// Which bytes are kept where there are more.
    pub keep: Keep,
    /// Whether stderr is a stream of its own.
    pub streams: Streams,
    /// Bytes of memory of its own (setrlimit(2), `RLIMIT_DATA`); nothing for as many as the caller may have.
    pub most_memory: Option<u64>,
}

/// What a program sees of the environment.
#[derive(Clone, Debug)]
pub(crate) enum Environment {
    /// The caller's, with these set, or unset where there is no value.
    Inherited(Vec<(OsString, Option<OsString>)>),
    /// These variables and no other.
    Only(Vec<(OsString, OsString)>),
}

/// Which part of a long output is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keep {
    /// Its beginning: for output that is parsed.
    Start,
    /// Its end: for output that says why something failed.
    End,
}

/// Whether stderr is a stream of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Streams {
    /// Each for itself.
    Apart,
    /// Both in `stdout`, in the order in which they were written.
    Together,
}

impl Request {
    /// A program that inherits environment and directory, has 30 seconds, and of which the first MiB of each stream is
    /// kept.
    #[must_use]
    pub(crate) fn new(program: impl Into<OsString>, args: &[&str]) -> Self {
        Self {
            program: program.into(),
            args: args.iter().map(Into::into).collect(),
            environment: Environment::Inherited(Vec::new()),
            directory: None,
            timeout: Duration::from_secs(30),
            most_output: 1 << 20,
            keep: Keep::Start,
            streams: Streams::Apart,
            most_memory: None,
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).stdin(Stdio::null()).process_group(0);
        match &self.environment {
            Environment::Inherited(changes) => {
                for (name, value) in changes {
                    match value {
                        Some(value) => command.env(name, value),
                        None => command.env_remove(name),
                    };
                }
            }
            Environment::Only(variables) => {
                command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
            }
        }
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }
}

/// How a program came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ProcessEnd {
    /// By itself, with this exit code.
    Exit(i32),
    /// By this signal, which did not come from here.
    Signal(i32),
    /// It was ended because its time was over.
    TimedOut,
    /// It was ended because the caller wished so.
    Stopped,
}

impl ProcessEnd {
    /// Whether it ended by itself, with 0.
    #[must_use]
    pub(crate) const fn is_success(self) -> bool {
        matches!(self, Self::Exit(0))
    }

    fn of(status: ExitStatus) -> Self {
        status.code().map_or_else(|| Self::Signal(status.signal().unwrap_or_default()), Self::Exit)
    }
}

/// What was kept of a stream.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct KeptOutput {
    /// At most [`Request::most_output`] bytes.
    pub bytes: Vec<u8>,
    /// Bytes that came and were not kept.
    pub dropped: u64,
}

impl KeptOutput {
    /// As text; what is no UTF-8 becomes U+FFFD. It is not printable yet.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// A program that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// How.
    pub end: ProcessEnd,
    /// What it wrote to stdout, and to stderr with [`Streams::Together`].
    pub stdout: KeptOutput,
    /// What it wrote to stderr.
    pub stderr: KeptOutput,
    /// From its start to its end.
    pub took: Duration,
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started: `NotFound` for a program that is not there, or a working directory that is not.
pub(crate) fn run(request: &Request) -> io::Result<Done> {
    run_unless(request, &AtomicBool::new(false))
}

/// [`run`], unless and until `stop` is set.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_unless(request: &Request, stop: &AtomicBool) -> io::Result<Done> {
    let mut running = RunningProgram::start(request)?;
    while running.has_not_ended(GLANCE)? {
        if stop.load(Ordering::Relaxed) {
            return running.finish(ProcessEnd::Stopped);
        }
        if running.started.elapsed() >= request.timeout {
            return running.finish(ProcessEnd::TimedOut);
        }
    }
    running.finish(ProcessEnd::Stopped)
}

/// A program that runs until it ends or is told to. Dropped, it and its group are killed.
pub(crate) struct RunningProgram {
    child: Child,
    group: Pid,
    started: Instant,
    stdout: KeptStream,
    stderr: KeptStream,
    closed: Receiver<()>,
    done: Option<ExitStatus>,
}

impl RunningProgram {
    /// Starts a program; its time-out is the caller's to heed.
    ///
    /// # Errors
    /// As [`run`].
    pub(crate) fn start(request: &Request) -> io::Result<Self> {
        let (closing, closed) = channel();
        let mut command = request.command();
        let (out, out_end) = io::pipe()?;
        let stdout = KeptStream::default();
        let stderr = KeptStream::default();
        let mut pipes = vec![(out, stdout.clone())];
        match request.streams {
            Streams::Together => {
                command.stderr(out_end.try_clone()?);
            }
            Streams::Apart => {
                let (err, err_end) = io::pipe()?;
                command.stderr(err_end);
                pipes.push((err, stderr.clone()));
            }
        }
        command.stdout(out_end);
        drain(pipes, request, closing)?;
        let started = Instant::now();
        let child = command.spawn()?;
        // The pipes' other ends are the command's; while it lives no end of output is seen.
        drop(command);
        let group = Pid::from_child(&child);
        if let Some(most) = request.most_memory {
            let limit = Rlimit { current: Some(most), maximum: Some(most) };
            // What it has allocated before counts as well. One that is gone already needs none.
            let _ = prlimit(Some(group), Resource::Data, limit);
        }
        Ok(Self { child, group, started, stdout, stderr, closed, done: None })
    }

    /// How long ago it was started.
    #[must_use]
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits until it has ended, at most that long, and says whether it has not.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub(crate) fn has_not_ended(&mut self, at_most: Duration) -> io::Result<bool> {
        let until = Instant::now() + at_most;
        loop {
            // Looked at without being reaped: as long as it is a zombie, no other group can get its number.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            if self.done.is_some() || waitid(WaitId::Pid(self.group), options)?.is_some() {
                return Ok(false);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(true);
            }
            // Most programs end with the end of their output, which is heard at once.
            if let Err(RecvTimeoutError::Disconnected) = self.closed.recv_timeout(left.min(GLANCE)) {
                std::thread::sleep(left.min(Duration::from_millis(1)));
            }
        }
    }

    /// Ends it if it has not ended by itself, with all of its group, and gives what there is. `otherwise` is what its
    /// end is called where it was ended here.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub(crate) fn finish(mut self, otherwise: ProcessEnd) -> io::Result<Done> {
        let by_itself = !self.has_not_ended(Duration::ZERO)?;
        if !by_itself {
            let _ = kill_process_group(self.group, Signal::TERM);
            self.has_not_ended(GRACE)?;
        }
        let took = self.started.elapsed();
        let status = self.reap()?;
        // Nothing is ever sent: this waits for both streams to be closed.
        let _ = self.closed.recv_timeout(LAST_WORDS);
        let end = if by_itself { ProcessEnd::of(status) } else { otherwise };
        Ok(Done { end, stdout: self.stdout.so_far(), stderr: self.stderr.so_far(), took })
    }

    /// Kills what is left of the group, then takes the leader's exit status, in this order: see [`Self::has_not_ended`].
    fn reap(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.done {
            return Ok(status);
        }
        let _ = kill_process_group(self.group, Signal::KILL);
        let status = self.child.wait()?;
        self.done = Some(status);
        Ok(status)
    }
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        let _ = self.reap();
    }
}

/// Has a thread read pipes to their ends, so that the program never waits for a reader.
fn drain(mut pipes: Vec<(PipeReader, KeptStream)>, request: &Request, closing: Sender<()>) -> io::Result<()> {
    let (most, keep) = (request.most_output, request.keep);
    std::thread::Builder::new().spawn(move || {
        let mut buffer = vec![0; 16 * 1024];
        while !pipes.is_empty() {
            let mut asked: Vec<_> = pipes.iter().map(|(pipe, _)| PollFd::new(pipe, PollFlags::IN)).collect();
            match poll(&mut asked, None) {
                Err(Errno::INTR) => continue,
                Err(_) => break,
                Ok(_) => {}
            }
            let mut ready = asked.iter().map(|pipe| !pipe.revents().is_empty()).collect::<Vec<_>>().into_iter();
            pipes.retain_mut(|(pipe, kept)| {
                !ready.next().unwrap_or_default()
                    || match pipe.read(&mut buffer) {
                        Ok(0) => false,
                        Ok(length) => {
                            kept.take(buffer.get(..length).unwrap_or_default(), most, keep);
                            true
                        }
                        Err(error) => error.kind() == io::ErrorKind::Interrupted,
                    }
            });
        }
        drop(closing);
    })?;
    Ok(())
}

/// What is kept of a stream so far.
#[derive(Clone, Default)]
struct KeptStream(Arc<Mutex<KeptOutput>>);

impl KeptStream {
    fn take(&self, bytes: &[u8], most: usize, keep: Keep) {
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = (output.bytes.len() + bytes.len()).saturating_sub(most);
        output.dropped += over as u64;
        match keep {
            Keep::Start => output.bytes.extend(bytes.iter().take(bytes.len().saturating_sub(over))),
            Keep::End => {
                output.bytes.extend(bytes);
                output.bytes.drain(..over);
            }
        }
    }

    fn so_far(&self) -> KeptOutput {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::fs;

    pub(in crate::host) fn shell(script: &str) -> Request {
        Request { timeout: Duration::from_secs(20), ..Request::new("/bin/sh", &["-c", script]) }
    }

    pub(in crate::host) fn is_alive(id: &str) -> bool {
        // A zombie that nobody has reaped yet is dead.
        fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    pub(in crate::host) fn dies(id: &str) -> bool {
        let until = Instant::now() + Duration::from_secs(5);
        while is_alive(id) && Instant::now() < until {
            std::thread::sleep(GLANCE);
        }
        !is_alive(id)
    }

    #[test]
    fn an_end_is_called_what_it_was() {
        for (script, end, stdout, stderr) in [
            ("echo out; echo err >&2", ProcessEnd::Exit(0), "out\n", "err\n"),
            ("exit 7", ProcessEnd::Exit(7), "", ""),
            ("kill -9 $$", ProcessEnd::Signal(9), "", ""),
            ("read line || echo nothing to read", ProcessEnd::Exit(0), "nothing to read\n", ""),
        ] {
            let done = run(&shell(script)).unwrap();
            assert_eq!((done.end, done.stdout.text().as_str(), done.stderr.text().as_str()), (end, stdout, stderr));
        }
        let together = Request { streams: Streams::Together, ..shell("echo a; echo b >&2; echo c") };
        assert_eq!(run(&together).unwrap().stdout.text(), "a\nb\nc\n");
        assert_eq!(run(&Request::new("/no/such/program", &[])).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_environment_and_the_directory_are_the_ones_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let set = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        let only = Request {
            environment: Environment::Only(vec![set("A", "1")]),
            directory: Some(folder.path().to_path_buf()),
            ..Request::new("/usr/bin/env", &[])
        };
        assert_eq!(run(&only).unwrap().stdout.text(), "A=1\n");
        let pwd = Request { directory: Some(folder.path().to_path_buf()), ..shell("pwd -P; echo ${CARGO-unset}") };
        let unset = vec![(OsString::from("CARGO"), None)];
        let pwd = Request { environment: Environment::Inherited(unset), ..pwd };
        let here = folder.path().canonicalize().unwrap();
        assert_eq!(run(&pwd).unwrap().stdout.text(), format!("{}\nunset\n", here.display()));
    }

    #[test]
    fn much_output_is_read_to_its_end_and_kept_up_to_the_bound() {
        let numbers = Request { most_output: 1000, ..shell("seq 100000") };
        let done = run(&numbers).unwrap();
        assert_eq!((done.end, done.stdout.bytes.len(), done.stdout.dropped), (ProcessEnd::Exit(0), 1000, 587_895));
        assert!(done.stdout.text().starts_with("1\n2\n3\n"));
        let end = run(&Request { keep: Keep::End, ..numbers }).unwrap().stdout;
        assert_eq!((end.bytes.len(), end.dropped), (1000, 587_895));
        assert!(end.text().ends_with("99999\n100000\n"));
    }

    #[test]
    fn a_time_out_ends_the_whole_group() {
        // The inner shell does not hear SIGTERM, and its own child is another process of the group.
        let script = "sh -c 'trap \"\" TERM; echo $$; sleep 60; sleep 60' & wait";
        let done = run(&Request { timeout: Duration::from_millis(300), ..shell(script) }).unwrap();
        assert_eq!(done.end, ProcessEnd::TimedOut);
        assert!(dies(done.stdout.text().trim()), "the grandchild is still there");
        assert!(done.took < Duration::from_secs(10));
    }

    #[test]
    fn a_wish_to_stop_is_heeded() {
        let stop = AtomicBool::new(false);
        let done = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(100));
                stop.store(true, Ordering::Relaxed);
            });
            run_unless(&shell("sleep 60"), &stop).unwrap()
        });
        assert_eq!(done.end, ProcessEnd::Stopped);
    }

    #[test]
    fn what_is_dropped_is_dead() {
        let running = RunningProgram::start(&shell("sleep 60")).unwrap();
        let id = running.child.id().to_string();
        assert!(is_alive(&id));
        drop(running);
        assert!(dies(&id));
    }
}
