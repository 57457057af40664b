//! What a cause is. Causes name this file; the table in `mod.rs` names the causes.

use super::fix;
use crate::doctor::facts::Facts;
use crate::report::diagnosis::{Diagnosis, Evidence, FixStep};
use crate::report::finding::Severity;

/// One cause.
pub(crate) struct Cause {
    /// Its name, which is also its file's and its page's.
    pub id: &'static str,
    /// How bad it is unless the case is milder, or the user says otherwise.
    pub severity: Severity,
    /// One sentence, for `rules`.
    pub summary: &'static str,
    /// Its page in `docs/causes/`, which `explain` prints.
    pub page: &'static str,
    /// What it means for a start of the agent.
    pub stands: Stands,
    /// The parts of the server that it is about.
    pub areas: &'static [Area],
    /// Causes, or rules of `check` under whose name a finding is a cause, that explain it away.
    pub follows_from: &'static [&'static str],
    /// What it recognises.
    pub told_by: ToldBy,
}

/// What a cause means for a start of the agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stands {
    /// While it is an error, the agent cannot start: if it runs all the same, the next restart fails.
    InTheWay,
    /// While it is an error, systemd refuses to start the agent: a restart is refused as well, and the agent that runs goes
    /// on.
    Refuses,
    /// The agent may run or not.
    Beside,
    /// What is seen of a service that does not run: it follows from whatever stands in the way.
    Symptom,
    /// Said only where nothing else stands in the way.
    LastResort,
}

/// A part of the server that is looked at: one line each of the report's checks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Area {
    /// The unit's files, and what they name.
    Unit,
    /// The service, as its manager has it.
    Service,
    /// What the service has said.
    Journal,
    /// The agent that runs.
    Process,
    /// The deployed bundle.
    Deployment,
    /// The bundle from before the last update.
    Backup,
    /// What an update left in the temporary folder.
    Download,
    /// The Node that the unit starts.
    Node,
    /// The user that the agent runs as, and what that user may do.
    User,
    /// The space that is left.
    Disk,
    /// The agent's port.
    Port,
}

impl Area {
    /// The word used in every format.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Service => "service",
            Self::Journal => "journal",
            Self::Process => "process",
            Self::Deployment => "deployment",
            Self::Backup => "backup",
            Self::Download => "download",
            Self::Node => "node",
            Self::User => "user",
            Self::Disk => "disk",
            Self::Port => "port",
        }
    }
}

/// What a cause is told by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ToldBy {
    /// The facts alone.
    Facts(fn(&Facts) -> Option<Diagnosis>),
    /// The facts, and what stands in the way of a start, the roots only, the first first: all of that follows from it.
    InTheWay(fn(&Facts, &[Diagnosis]) -> Option<Diagnosis>),
}

impl Cause {
    /// A diagnosis of this cause with the first piece of its evidence.
    pub(super) fn found(&self, facts: &Facts, summary: impl AsRef<str>, evidence: Evidence) -> Diagnosis {
        let mut diagnosis = Diagnosis::new(self.id, self.severity, summary, evidence);
        diagnosis.verify = fix::verify(facts);
        diagnosis
    }
}

impl Diagnosis {
    /// With several steps of the fix.
    pub(super) fn steps(self, steps: impl IntoIterator<Item = FixStep>) -> Self {
        steps.into_iter().fold(self, Self::step)
    }
}
