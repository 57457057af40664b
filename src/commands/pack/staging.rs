//! The copying steps of the document's procedure ("Création du Bundle", 2 and 3), done in a temporary folder: the
//! repository stays as it is.

use crate::commands::failure::Failure;
use crate::host::interrupt::Interrupt;
use crate::host::{folders, paths};
use crate::text;
use crate::tree::names::{ConfiguredNames, ReleasePlaces};
use anyhow::{Context, Result, bail};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A bundle's folder that was put together, and is gone when this is dropped.
pub(super) struct Staging {
    home: TempDir,
    bundle: PathBuf,
}

/// The folder inside the temporary one.
const FOLDER: &str = "bundle";
/// The compiled code's folder in a bundle (section "Structure du Bundle Agent").
const DIST: &str = "dist";

impl Staging {
    /// Puts a bundle together: what the repository's bundle folder has beside the copies, and both copies anew.
    ///
    /// # Errors
    /// Where something is not there, or cannot be copied.
    pub(super) fn make(
        repo: &Path,
        places: &ReleasePlaces,
        names: &ConfiguredNames,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let bundle = repo.join(&places.bundle);
        let (dist, shared) = (repo.join(places.agent_dist()), repo.join(&places.shared));
        present(&bundle, "the bundle's folder", "name it in `[release] bundle` of bundle-doctor.toml")?;
        present(&dist, "the compiled agent", "build the agent first: pnpm build")?;
        present(&shared, "the shared package", "name it in `[release] shared` of bundle-doctor.toml")?;
        for (path, key) in [(&bundle, "bundle"), (&dist, "agent"), (&shared, "shared")] {
            inside(repo, path, key)?;
        }
        let home = tempfile::Builder::new().prefix("bundle-doctor.").tempdir().with_context(|| {
            let help = "name one that can be written to in TMPDIR";
            Failure::new("cannot make a temporary folder").help(help)
        })?;
        let staging = Self { home, bundle };
        let root = staging.path();
        let copy = names.shared_copy();
        let done: io::Result<()> = (|| {
            fs::create_dir(&root)?;
            staging.copy_the_rest(&[DIST, &copy], interrupt)?;
            folders::copy(&dist, &root.join(DIST), interrupt)?;
            let place = root.join(&copy);
            place.parent().map_or(Ok(()), fs::create_dir_all)?;
            folders::copy(&shared, &place, interrupt)
        })();
        done.context("cannot put the bundle together")?;
        Ok(staging)
    }

    /// The temporary folder that is gone in the end.
    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The bundle that was put together in it.
    pub(super) fn path(&self) -> PathBuf {
        self.home.path().join(FOLDER)
    }

    /// The repository's bundle folder.
    pub(super) fn bundle(&self) -> PathBuf {
        self.bundle.clone()
    }

    /// Copies what stands in the bundle's folder, but not what is copied anew.
    fn copy_the_rest(&self, anew: &[&str], interrupt: &Interrupt) -> io::Result<()> {
        let mut pending = vec![PathBuf::new()];
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(self.bundle.join(&folder))? {
                let path = folder.join(entry?.file_name());
                let leads_to_a_copy = anew.iter().any(|copy| Path::new(copy).starts_with(&path));
                let (from, to) = (self.bundle.join(&path), self.path().join(&path));
                if anew.iter().any(|copy| Path::new(copy) == path) {
                    continue;
                }
                if leads_to_a_copy && fs::symlink_metadata(&from)?.is_dir() {
                    fs::create_dir(&to)?;
                    pending.push(path);
                } else {
                    folders::copy(&from, &to, interrupt)?;
                }
            }
        }
        Ok(())
    }

    /// Puts both copies into the repository's own bundle folder, and says which folders that were.
    ///
    /// # Errors
    /// Where one cannot be written.
    pub(super) fn update(&self, repo: &Path, names: &ConfiguredNames, interrupt: &Interrupt) -> Result<Vec<String>> {
        let mut updated = Vec::new();
        let parents = [self.bundle.clone(), self.bundle.join(names.shared_copy()).with_file_name("")];
        for parent in &parents {
            inside(repo, parent, "bundle")?;
        }
        for name in [DIST.to_owned(), names.shared_copy()] {
            let place = self.bundle.join(&name);
            let shown = text::printable_path(&place);
            let done: io::Result<()> = (|| {
                let parent = place.parent().unwrap_or(&self.bundle);
                fs::create_dir_all(parent)?;
                let beside = tempfile::Builder::new().prefix(".bundle-doctor.").tempdir_in(parent)?;
                let new = beside.path().join(FOLDER);
                folders::copy(&self.path().join(&name), &new, interrupt)?;
                folders::replace(&new, &place)
            })();
            done.with_context(|| Failure::new(format!("cannot update {shown}")).at(&shown))?;
            updated.push(shown);
        }
        Ok(updated)
    }
}

/// Refuses a place that is not in the repository: a configuration, or a link in the repository, names it, and nobody did on
/// the command line.
///
/// # Errors
/// Where it leads out, with the key of `[release]` that names it.
pub(super) fn inside(repo: &Path, path: &Path, key: &str) -> Result<()> {
    let shown = text::printable_path(path);
    if paths::stays_in(repo, path).with_context(|| format!("cannot look at {shown}"))? {
        return Ok(());
    }
    let help = format!(
        "let `[release] {key}` and the links on the way stay in the repository, or pack a folder that you name: `pack SRC -o OUT`"
    );
    bail!(
        Failure::new(format!("{shown} leads out of the repository {}", text::printable_path(repo)))
            .at(&shown)
            .help(help)
    )
}

fn present(path: &Path, what: &str, help: &str) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let shown = text::printable_path(path);
    bail!(Failure::new(format!("{what} is not there: {shown}")).at(&shown).help(help))
}
