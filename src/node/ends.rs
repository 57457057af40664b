//! What ends the agent by itself while it is loaded: a `throw`, `process.exit(1)` and their kind.

/// One place at which a file ends the process, or throws.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentEnd {
    /// From 1.
    pub line: u32,
    /// How.
    pub how: EndsBy,
    /// As it is written, in short: `process.exit(1)`.
    pub written: Box<str>,
    /// What Node prints, where that is known.
    pub said: Option<Box<str>>,
    /// Whether it is none but in strict code.
    pub needs_strict: bool,
}

/// How a file ends the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndsBy {
    /// With a status that is not 0: `process.exit(1)`.
    Exit,
    /// By a signal: `process.abort()`, `process.kill(process.pid)`.
    Signal,
    /// A signal that the file may handle.
    HandledSignal,
    /// With a status that it leaves for the end: `process.exitCode = 1`.
    Status,
    /// Something is thrown, or a promise is rejected.
    Throw,
}

impl EndsBy {
    /// Whether nothing can catch it.
    #[must_use]
    pub const fn is_at_once(self) -> bool {
        matches!(self, Self::Exit | Self::Signal | Self::HandledSignal)
    }
}

/// What a file does about its end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FileEnds {
    /// Where it ends the process, or throws.
    pub all: Vec<AgentEnd>,
    /// Whether something is run at the end, or in the place of `process.exit`: the status may be another then.
    pub is_watched: bool,
    /// Whether it gives `process.exitCode` a value that may be none of a failure.
    pub changes_status: bool,
}
