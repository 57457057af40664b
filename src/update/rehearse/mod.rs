//! The update run for real, in a throw-away home: what `crate::update` holds as data is done step by step, and the agent is
//! started by the unit that step 7 wrote, until it has connected and stayed up, or died.
//!
//! Everything is below one temporary folder. Nothing of the caller's is written: not the home, not the package managers'
//! stores and caches, not `/etc`, and neither `sudo` nor `systemctl` is run.

mod agent;
mod caches;
mod control_plane;
mod diagnose;
mod run;
mod scene;

pub use diagnose::{Diagnosis, Failure, Shape, Shipped, diagnose, key_line};

use crate::host::process::{Request, run_unless};
use crate::update::generation::Generation;
use crate::update::layout;
use crate::update::rehearsal::{Rehearsal, StepRun};
use crate::update::{Manager, Step};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What is rehearsed.
#[derive(Clone, Debug)]
pub enum Subject {
    /// An archive, served by the stand-in for the control plane.
    Archive(PathBuf),
    /// A bundle's folder, packed first as the document does.
    Folder(PathBuf),
    /// What a real control plane serves at this address.
    Address(String),
}

/// Which package manager step 5 uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// pnpm, or npm where there is no pnpm or the generation falls back to it.
    AsProcedure,
    /// This one.
    Only(Manager),
}

/// Whether the package managers may ask the registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Network {
    /// Into caches of the rehearsal's own.
    Registry,
    /// Never: what the caller's caches have must do. They are read, not written.
    CachesOnly,
}

/// Whether the throw-away folder stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leave {
    /// It is removed.
    Nothing,
    /// It stays, for a look into it.
    Everything,
}

/// What to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is rehearsed.
    pub subject: Subject,
    /// What was deployed before; nothing for an empty folder.
    pub from: Option<PathBuf>,
    /// Whose updates.
    pub generations: Vec<Generation>,
    /// With which package manager.
    pub choice: Choice,
    /// With or without the network.
    pub network: Network,
    /// How long the agent has to stay up once it has connected.
    pub hold: Duration,
    /// How long the agent has to connect.
    pub patience: Duration,
    /// What is left behind.
    pub leave: Leave,
}

/// Why there is no rehearsal.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The caller wished to stop.
    #[error("interrupted: everything that was started is ended, and nothing is left behind")]
    Interrupted,
    /// The throw-away folder, or something in it.
    #[error("cannot {what}")]
    Io {
        /// What was tried, with its path.
        what: String,
        /// Why not.
        source: io::Error,
    },
    /// Something that a rehearsal needs is not there.
    #[error("{what}")]
    Missing {
        /// What, and how it was found out.
        what: String,
        /// What to do.
        help: String,
    },
}

impl RehearsalError {
    fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// What is told while it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step begins.
    Begins(Generation, Step),
    /// A step has ended.
    Ended(Generation, &'a StepRun),
}

/// Rehearses the update of each generation, one after the other: the agent's port is the same for all.
///
/// # Errors
/// Where it cannot be begun, or was interrupted. What goes wrong in the update itself is the report's.
pub fn rehearse(plan: &Plan, stop: &AtomicBool, tell: &dyn Fn(Event<'_>)) -> Result<Rehearsal, RehearsalError> {
    let temporary = scene::Temporary::new()?;
    let done = rehearse_in(temporary.path(), plan, stop, tell);
    // Whatever happened, nothing is left running; a removal that fails matters only where the rest went well.
    let removed = temporary.close(plan.leave);
    let rehearsal = done?;
    removed?;
    Ok(rehearsal)
}

fn rehearse_in(
    root: &Path,
    plan: &Plan,
    stop: &AtomicBool,
    tell: &dyn Fn(Event<'_>),
) -> Result<Rehearsal, RehearsalError> {
    let node = node()?;
    let served = match &plan.subject {
        Subject::Archive(path) => Some(path.clone()),
        Subject::Folder(path) => Some(pack(path, root, stop)?),
        Subject::Address(_) => None,
    };
    let caches = caches::Caches::prepare(root, plan.network, plan.choice, stop)?;
    let mut runs = Vec::new();
    for generation in &plan.generations {
        let scene = scene::Scene::build(root, *generation, plan.from.as_deref(), stop)?;
        let run = run::run(&run::Setting {
            plan,
            generation: *generation,
            scene: &scene,
            caches: &caches,
            served: served.clone(),
            node: &node,
            stop,
            tell,
        });
        scene.end_all()?;
        let mut run = run?;
        match plan.leave {
            Leave::Everything => run.kept = Some(scene.root().display().to_string()),
            Leave::Nothing => {
                scene::remove(scene.root()).map_err(RehearsalError::io(format!("remove {}", scene.root().display())))?
            }
        }
        runs.push(run);
    }
    let bundle = match &plan.subject {
        Subject::Archive(path) | Subject::Folder(path) => path.display().to_string(),
        Subject::Address(address) => address.clone(),
    };
    let printable = |text: String| crate::text::printable(&text).into_owned();
    let from = plan.from.as_ref().map(|path| printable(path.display().to_string()));
    Ok(Rehearsal { bundle: printable(bundle), from, hold: plan.hold, runs })
}

/// The node that the written unit starts.
struct Node {
    path: PathBuf,
    /// Whether it is the one that the document names.
    documented: bool,
}

fn node() -> Result<Node, RehearsalError> {
    let documented = PathBuf::from(layout::NODE);
    if documented.is_file() {
        return Ok(Node { path: documented, documented: true });
    }
    let found = crate::host::find_program("node").ok_or_else(|| RehearsalError::Missing {
        what: format!("there is no node: neither {} nor `node` in PATH", layout::NODE),
        help: "install the node that the servers have, then rehearse again".to_owned(),
    })?;
    Ok(Node { path: found, documented: false })
}

/// The archive of a folder, as the document makes it (section "Création du Bundle", 5).
fn pack(folder: &Path, root: &Path, stop: &AtomicBool) -> Result<PathBuf, RehearsalError> {
    let archive = root.join("packed.tar.gz");
    let mut request = Request::new("tar", &["-czf"]);
    request.args.extend([archive.clone().into(), "-C".into(), folder.into(), ".".into()]);
    request.timeout = Duration::from_secs(300);
    prepare(&request, stop, &format!("pack {}", folder.display()))?;
    Ok(archive)
}

/// Runs a command that only prepares the rehearsal.
fn prepare(request: &Request, stop: &AtomicBool, what: &str) -> Result<String, RehearsalError> {
    let done = run_unless(request, stop).map_err(RehearsalError::io(what))?;
    if stop.load(Ordering::Relaxed) {
        return Err(RehearsalError::Interrupted);
    }
    if done.end.is_success() {
        return Ok(done.stdout.text());
    }
    let words = crate::text::printable(done.stderr.text().trim()).into_owned();
    Err(RehearsalError::Missing {
        what: format!("cannot {what}: {words}"),
        help: "make sure that it can be read, then rehearse again".to_owned(),
    })
}
