//! The update run for real, in a throw-away home: what `crate::update` holds as data is done step by step, and the agent is
//! started by the unit that step 7 wrote, until it has connected and stayed up, or died.
//!
//! Everything is below one temporary folder. Nothing of the caller's is written: not the home, not the package managers'
//! stores and caches, not `/etc`, and neither `sudo` nor `systemctl` is run.

mod agent;
mod caches;
mod control_plane;
mod diagnose;
mod error;
mod extracted;
mod failure;
mod installing;
mod key_line;
mod node;
mod plan;
mod prepare;
mod run;
mod scene;
mod starting;

pub(crate) use error::RehearsalError;
pub(crate) use plan::{Choice, Leave, Network, RehearsalPlan, RehearsalSubject, StepObserver};

use crate::host::descendants::Descendants;
use crate::host::folders;
use crate::host::process::Request;
use crate::update::rehearsal::Rehearsal;
use prepare::prepare;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Rehearses the update of each generation, one after the other: the agent's port is the same for all.
///
/// # Errors
/// Where it cannot be begun, or was interrupted. What goes wrong in the update itself is the report's.
pub(crate) fn rehearse(
    plan: &RehearsalPlan,
    stop: &AtomicBool,
    tell: StepObserver<'_>,
) -> Result<Rehearsal, RehearsalError> {
    let descendants = Descendants::adopt().map_err(RehearsalError::io("watch over what the rehearsal starts"))?;
    let temporary = scene::Temporary::new()?;
    let done = rehearse_in(temporary.path(), &descendants, plan, stop, tell);
    // Whatever happened, nothing is left running; a removal that fails matters only where the rest went well.
    let ended = end(&descendants);
    let removed = temporary.close(plan.leave);
    let rehearsal = done?;
    ended?;
    removed?;
    Ok(rehearsal)
}

/// Ends whatever came from this process, wherever it went.
fn end(descendants: &Descendants) -> Result<(), RehearsalError> {
    descendants.end_all().map_err(RehearsalError::io("end what the rehearsal started"))
}

fn rehearse_in(
    root: &Path,
    descendants: &Descendants,
    plan: &RehearsalPlan,
    stop: &AtomicBool,
    tell: StepObserver<'_>,
) -> Result<Rehearsal, RehearsalError> {
    let node = node::find()?;
    let served = match &plan.subject {
        RehearsalSubject::Archive(path) => Some(path.clone()),
        RehearsalSubject::Folder(path) => Some(pack(path, root, stop)?),
        RehearsalSubject::Address(_) => None,
    };
    let caches = caches::Caches::prepare(root, plan, stop)?;
    let mut runs = Vec::new();
    for generation in plan.updates.generations() {
        let scene = scene::Scene::build(root, generation, plan.from.as_deref(), stop)?;
        let run = run::run(&run::RunSetting {
            plan,
            generation,
            scene: &scene,
            caches: &caches,
            served: served.clone(),
            node: &node,
            stop,
            tell,
        });
        end(descendants)?;
        scene.end_all()?;
        let mut run = run?;
        match plan.leave {
            Leave::Everything => run.kept = Some(scene.root().display().to_string()),
            Leave::Nothing => folders::remove_all(scene.root())
                .map_err(RehearsalError::io(format!("remove {}", scene.root().display())))?,
        }
        runs.push(run);
    }
    let bundle = match &plan.subject {
        RehearsalSubject::Archive(path) | RehearsalSubject::Folder(path) => path.display().to_string(),
        RehearsalSubject::Address(address) => address.clone(),
    };
    let printable = |text: String| crate::text::printable(&text).into_owned();
    let from = plan.from.as_ref().map(|path| printable(path.display().to_string()));
    Ok(Rehearsal { bundle: printable(bundle), from, hold: plan.hold, runs })
}

/// The archive of a folder, as the document makes it (docs/reference/update-mechanism.md, "Création du Bundle", 5).
fn pack(folder: &Path, root: &Path, stop: &AtomicBool) -> Result<PathBuf, RehearsalError> {
    let archive = root.join("packed.tar.gz");
    let mut request = Request::new("tar", &["-czf"]);
    request.args.extend([archive.clone().into(), "-C".into(), folder.into(), ".".into()]);
    request.timeout = Duration::from_secs(300);
    prepare(&request, stop, &format!("pack {}", folder.display()))?;
    Ok(archive)
}
