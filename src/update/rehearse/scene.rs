//! The throw-away home: one temporary folder, in it one scene for each generation, laid out as a server is.

use super::error::RehearsalError;
use super::plan::Leave;
use super::prepare::prepare;
use crate::host::folders;
use crate::host::process::Request;
use crate::host::stragglers::end_all_below;
use crate::update::StepPlace;
use crate::update::documented_paths;
use crate::update::generation::Generation;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The folder that everything is below. Dropped, it is gone, with what runs in it.
pub(super) struct Temporary {
    path: PathBuf,
    open: bool,
}

impl Temporary {
    /// Makes it in the folder for temporary files, for this user only.
    pub(super) fn new() -> Result<Self, RehearsalError> {
        // As node and the package managers will name it: without links in its path.
        let path = folders::make_temporary("bundle-doctor-rehearsal.")
            .map_err(RehearsalError::io("make a temporary folder"))?;
        let temporary = Self { path, open: true };
        // The unit has no quotes (docs/reference/update-mechanism.md, "Étape 7"): such a path would be two words,
        // or a specifier.
        if temporary.path.to_str().is_none_or(|path| path.contains([' ', '\t', '%', '"', '\'', '\\', '$'])) {
            return Err(RehearsalError::Missing {
                what: format!("{} cannot stand in a unit", temporary.path.display()),
                help: "set TMPDIR to a folder without blanks, quotes, `%`, `$` and backslashes in its path".to_owned(),
            });
        }
        Ok(temporary)
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Ends what runs in it, and removes it unless it is to stay.
    pub(super) fn close(mut self, leave: Leave) -> Result<(), RehearsalError> {
        self.open = false;
        end_all_below(&self.path).map_err(RehearsalError::io("end what the rehearsal started"))?;
        if leave == Leave::Everything {
            return Ok(());
        }
        folders::remove_all(&self.path).map_err(RehearsalError::io(format!("remove {}", self.path.display())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.open {
            let _ = end_all_below(&self.path);
            let _ = folders::remove_all(&self.path);
        }
    }
}

/// One generation's server.
pub(super) struct Scene {
    root: PathBuf,
}

impl Scene {
    /// Lays it out: home, deployed bundle, `/tmp` and the folder of the unit.
    pub(super) fn build(
        root: &Path,
        generation: Generation,
        from: Option<&Path>,
        stop: &AtomicBool,
    ) -> Result<Self, RehearsalError> {
        let scene = Self { root: root.join(generation.name()) };
        for folder in [scene.home().join(".server-flow"), scene.temporary(), scene.unit_folder()] {
            folders::make_private(&folder).map_err(RehearsalError::io(format!("make {}", folder.display())))?;
        }
        scene.deploy(from, stop)?;
        Ok(scene)
    }

    /// Puts what was deployed before into its place.
    fn deploy(&self, from: Option<&Path>, stop: &AtomicBool) -> Result<(), RehearsalError> {
        let bundle = self.bundle();
        let mut request = match from {
            Some(folder) if folder.is_dir() => {
                let mut request = Request::new("cp", &["-a"]);
                request.args.extend([folder.into(), bundle.into()]);
                request
            }
            from => {
                folders::make(&bundle).map_err(RehearsalError::io(format!("make {}", bundle.display())))?;
                let Some(archive) = from else {
                    return Ok(());
                };
                let mut request = Request::new("tar", &["-xzf"]);
                request.args.extend([archive.into(), "-C".into(), bundle.into()]);
                request
            }
        };
        request.timeout = Duration::from_secs(300);
        let shown = from.map_or_else(String::new, |from| from.display().to_string());
        prepare(&request, stop, &format!("deploy {shown} first, as --from asks")).map(|_| ())
    }

    /// The folder that it is below.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Its user's home.
    pub(super) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// What stands for `/tmp`.
    pub(super) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn unit_folder(&self) -> PathBuf {
        self.root.join("etc/systemd/system")
    }

    /// The unit's file.
    pub(super) fn unit(&self) -> PathBuf {
        self.unit_folder().join(documented_paths::UNIT)
    }

    /// The deployed bundle.
    pub(super) fn bundle(&self) -> PathBuf {
        self.home().join(documented_paths::DEPLOYED_BUNDLE.trim_start_matches("~/"))
    }

    /// What a place of the update is here.
    pub(super) fn place(&self, place: StepPlace, control_plane: &str) -> OsString {
        let below = |path: &str| match path.strip_prefix("~/") {
            Some(rest) => self.home().join(rest),
            None => self.root.join(path.trim_start_matches('/')),
        };
        match place {
            StepPlace::ControlPlane => control_plane.into(),
            other => below(other.documented()).into(),
        }
    }

    /// Ends every process that has to do with it.
    pub(super) fn end_all(&self) -> Result<(), RehearsalError> {
        end_all_below(&self.root).map_err(RehearsalError::io("end what the rehearsal started"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_scene_is_laid_out_as_a_server_is() {
        let root = tempfile::tempdir().unwrap();
        let scene = Scene::build(root.path(), Generation::Documented, None, &AtomicBool::new(false)).unwrap();
        let here = root.path().join("documented");
        for (place, expected) in [
            (StepPlace::Bundle, "home/.server-flow/agent-bundle"),
            (StepPlace::Backup, "home/.server-flow/agent-bundle-backup"),
            (StepPlace::Download, "tmp/agent-bundle-update.tar.gz"),
        ] {
            assert_eq!(scene.place(place, "http://x"), here.join(expected), "{place:?}");
        }
        assert_eq!(scene.place(StepPlace::ControlPlane, "http://x"), "http://x");
        assert_eq!(scene.unit(), here.join("etc/systemd/system/server-flow-agent.service"));
        assert!(scene.bundle().is_dir());
    }

    #[test]
    fn a_temporary_folder_is_private_and_goes() {
        let temporary = Temporary::new().unwrap();
        let path = temporary.path().to_path_buf();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        drop(temporary);
        assert!(!path.exists());
    }
}
