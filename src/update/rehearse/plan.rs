//! What a rehearsal is asked to do, and what it tells while it does it.

use crate::update::generation::{Generation, UpdateScope};
use crate::update::{Manager, UpdateStep};
use std::path::PathBuf;
use std::time::Duration;

/// What is rehearsed.
#[derive(Clone, Debug)]
pub(crate) enum RehearsalSubject {
    /// An archive, served by the stand-in for the control plane.
    Archive(PathBuf),
    /// A bundle's folder, packed first as the document does.
    Folder(PathBuf),
    /// What a real control plane serves at this address.
    Address(String),
}

/// Which package manager step 5 uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Choice {
    /// pnpm, or npm where there is no pnpm or the generation falls back to it.
    AsProcedure,
    /// This one.
    Only(Manager),
}

/// Whether the package managers may ask the registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Network {
    /// Into caches of the rehearsal's own.
    Registry,
    /// Never: what the caller's caches have must do. They are read, not written.
    CachesOnly,
}

/// Whether the throw-away folder stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Leave {
    /// It is removed.
    Nothing,
    /// It stays, for a look into it.
    Everything,
}

/// What to do.
#[derive(Clone, Debug)]
pub(crate) struct RehearsalPlan {
    /// What is rehearsed.
    pub subject: RehearsalSubject,
    /// What was deployed before; nothing for an empty folder.
    pub from: Option<PathBuf>,
    /// Whose updates, and whose outcome is an error.
    pub updates: UpdateScope,
    /// With which package manager.
    pub choice: Choice,
    /// With or without the network.
    pub network: Network,
    /// How long the agent has to stay up once it has connected.
    pub hold: Duration,
    /// How long the agent has to connect.
    pub patience: Duration,
    /// Variables of the caller's that the update's commands see, beside those that lead to the registry.
    pub shown_variables: Vec<String>,
    /// What is left behind.
    pub leave: Leave,
}

/// Who is told which step of whose update begins.
pub(crate) type StepObserver<'a> = &'a dyn Fn(Generation, UpdateStep);
