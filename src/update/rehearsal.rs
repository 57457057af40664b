//! What `rehearse` saw: the update run for real, once for each generation of agents. `render::rehearsal` writes the
//! document that these types read.

use super::generation::Generation;
use crate::report::finding::Finding;
use crate::report::id::{self, Id};
use serde::{Deserialize, Deserializer};
use std::time::Duration;

/// What became of one step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(crate) struct StepRun {
    /// The source document's number, from 1.
    pub number: u8,
    /// Its name in machine-readable reports.
    #[serde(deserialize_with = "id::read")]
    pub id: Id,
    /// What it does.
    #[serde(deserialize_with = "id::read")]
    pub title: Id,
    /// What became of it.
    pub status: StepStatus,
    /// How long it took.
    #[serde(rename = "seconds", deserialize_with = "seconds")]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(crate) struct RehearsalRun {
    /// Whose update.
    pub generation: Generation,
    /// What installed the dependencies; nothing where it did not come to that.
    #[serde(deserialize_with = "id::read_one")]
    pub package_manager: Option<Id>,
    /// How it ended.
    #[serde(rename = "outcome")]
    pub ending: Ending,
    /// All eight steps.
    pub steps: Vec<StepRun>,
    /// Why it failed, under the name of the rule that knows this fault, where one does.
    #[serde(rename = "findings", deserialize_with = "first")]
    pub finding: Option<Finding>,
    /// Who allowed that fault, and why, if someone did.
    pub allowed: Option<String>,
    /// What a server would be left with.
    #[serde(deserialize_with = "id::read_one")]
    pub aftermath: Option<Id>,
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
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub(crate) struct Rehearsal {
    /// The bundle as the user gave it, printable.
    pub bundle: String,
    /// What was deployed before, as the user gave it, printable.
    pub from: Option<String>,
    /// How long an agent had to stay up.
    #[serde(rename = "hold_seconds", deserialize_with = "seconds")]
    pub hold: Duration,
    /// In the order of the generations.
    pub runs: Vec<RehearsalRun>,
}

/// Seconds of a document; what is none counts as no time.
fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    f64::deserialize(from).map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// The one finding of a run.
fn first<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Finding>, D::Error> {
    Vec::<Finding>::deserialize(from).map(|findings| findings.into_iter().next())
}
