//! What `rehearse` saw: the update run for real, once for each generation of agents.

use super::generation::Generation;
use crate::report::finding::Finding;
use std::time::Duration;

/// What became of one step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StepStatus {
    /// It was run, and succeeded.
    Done,
    /// There was nothing to do.
    NotNeeded,
    /// It failed, and the update stopped.
    Failed,
    /// It could not be told whether it is the bundle's fault.
    Inconclusive,
    /// The update had stopped before.
    NotReached,
}

impl StepStatus {
    /// The word used in every format.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotNeeded => "not-needed",
            Self::Failed => "failed",
            Self::Inconclusive => "inconclusive",
            Self::NotReached => "not-reached",
        }
    }
}

/// One step of one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StepRun {
    /// The source document's number, from 1.
    pub number: u8,
    /// Its name in machine-readable reports.
    pub id: &'static str,
    /// What it does.
    pub title: &'static str,
    /// What became of it.
    pub status: StepStatus,
    /// How long it took.
    pub took: Duration,
    /// The command lines that were run, printable.
    pub commands: Vec<String>,
    /// What is worth knowing of it: why it failed, that npm had to step in, printable.
    pub note: Option<String>,
    /// What to do, where it could not be told.
    pub help: Option<String>,
    /// The end of what the failing command wrote, printable, secrets redacted.
    pub output: Option<String>,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// The agent connected and stayed up.
    Starts,
    /// A step failed, or the agent died.
    Fails,
    /// It could not be told: the machine or the network stood in the way.
    Inconclusive,
}

impl Ending {
    /// The word used in every format.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Starts => "starts",
            Self::Fails => "fails",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// The update of one generation, run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RehearsalRun {
    /// Whose update.
    pub generation: Generation,
    /// What installed the dependencies; nothing where it did not come to that.
    pub package_manager: Option<&'static str>,
    /// How it ended.
    pub ending: Ending,
    /// All eight steps.
    pub steps: Vec<StepRun>,
    /// Why it failed, under the name of the rule that knows this fault, where one does.
    pub finding: Option<Finding>,
    /// Who allowed that fault, and why, if someone did.
    pub allowed: Option<String>,
    /// What a server would be left with.
    pub aftermath: Option<&'static str>,
    /// Where its files are, if they were to be kept.
    pub kept: Option<String>,
}

impl RehearsalRun {
    /// The step at which it stopped.
    #[must_use]
    pub(crate) fn stopped_at(&self) -> Option<&StepRun> {
        self.steps.iter().find(|step| matches!(step.status, StepStatus::Failed | StepStatus::Inconclusive))
    }

    /// From the first step to the last.
    #[must_use]
    pub(crate) fn took(&self) -> Duration {
        self.steps.iter().map(|step| step.took).sum()
    }
}

/// Every run of one bundle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rehearsal {
    /// The bundle as the user gave it, printable.
    pub bundle: String,
    /// What was deployed before, as the user gave it, printable.
    pub from: Option<String>,
    /// How long an agent had to stay up.
    pub hold: Duration,
    /// In the order of the generations.
    pub runs: Vec<RehearsalRun>,
}
