//! `--build`: a package compiled again, in a temporary copy of its folder. What stands beside it in the repository, and
//! what is installed for it, is linked to: a build that writes outside its own folder writes there.

use super::{ReleaseJob, whole};
use crate::check::contents::Depth;
use crate::commands::failure::Failure;
use crate::host::folders;
use crate::host::process::{Keep, ProcessEnd, Request, Streams, run_unless};
use crate::release::workspace::Build;
use crate::text;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// How long a build may take.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// Bytes of a build's last words.
const WORDS: usize = 16 * 1024;
/// Lines of them that are told.
const LINES: usize = 10;

impl ReleaseJob<'_> {
    /// Compiles a package again, and reads what comes of it.
    pub(super) fn build_again(&self, folder: &str) -> Result<Build> {
        let home = tempfile::Builder::new().prefix("bundle-doctor.").tempdir();
        let failure = || Failure::new(format!("cannot copy {folder} to a temporary folder")).at(folder);
        let home = home.with_context(failure)?;
        let waiting = self.session.waiting();
        waiting.say(format!("compiling {folder} again: {}", text::printable(&self.places.build)));
        let copy = self.copy(folder, home.path()).with_context(failure)?;
        if let Some(words) = self.compile(&copy)? {
            return Ok(Build::Failed(words));
        }
        drop(waiting);
        // The copy of the agent has `dist/` only, that of the shared package is compared as a whole.
        let compiled = copy.join("dist");
        if !compiled.is_dir() {
            return Ok(Build::Failed(format!("`{}` left no {folder}/dist", self.places.build)));
        }
        let root = if folder == self.places.agent { compiled } else { copy };
        let inspected = self.read_quietly(&root, Depth::Digests)?;
        whole(&inspected, folder)?;
        Ok(Build::Again(Box::new(inspected.snapshot)))
    }

    /// Runs the build; its last words where it fails.
    fn compile(&self, copy: &Path) -> Result<Option<String>> {
        let command = &self.places.build;
        let words = shlex::split(command).unwrap_or_default();
        let Some((program, arguments)) = words.split_first() else {
            bail!("`[release] build` is no command: {command}");
        };
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let mut request = Request::new(program, &arguments);
        request.directory = Some(copy.to_path_buf());
        request.timeout = TIMEOUT;
        request.most_output = WORDS;
        (request.keep, request.streams) = (Keep::End, Streams::Together);
        let done = run_unless(&request, self.interrupt.stop()).with_context(|| {
            let help = "put it into PATH, or name another in `[release] build` of bundle-doctor.toml";
            Failure::new(format!("cannot run `{command}`")).help(help)
        })?;
        self.interrupt.check()?;
        let how = match done.end {
            ProcessEnd::Exit(0) => return Ok(None),
            ProcessEnd::Exit(code) => format!("`{command}` exited with {code}"),
            ProcessEnd::Signal(number) => format!("`{command}` was ended by signal {number}"),
            ProcessEnd::TimedOut => format!("`{command}` took more than {} minutes", TIMEOUT.as_secs() / 60),
            ProcessEnd::Stopped => format!("`{command}` was stopped"),
        };
        let said = done.stdout.text();
        let lines: Vec<_> = said.lines().map(text::printable).filter(|line| !line.trim().is_empty()).collect();
        let last = lines.iter().skip(lines.len().saturating_sub(LINES)).map(AsRef::as_ref);
        Ok(Some(std::iter::once(how.as_str()).chain(last).collect::<Vec<_>>().join("\n")))
    }

    /// The repository with nothing but one folder copied, and the rest linked to; the copied folder. What is compiled,
    /// and records of it, stay behind.
    fn copy(&self, folder: &str, home: &Path) -> io::Result<PathBuf> {
        let repo = self.repo.canonicalize()?;
        let (mut from, mut to) = (repo, home.join("repository"));
        fs::create_dir(&to)?;
        let components = Path::new(folder).components().filter(|part| matches!(part, Component::Normal(_)));
        for part in components {
            for entry in fs::read_dir(&from)? {
                let name = entry?.file_name();
                if name != part.as_os_str() {
                    symlink(from.join(&name), to.join(&name))?;
                }
            }
            (from, to) = (from.join(part), to.join(part));
            fs::create_dir(&to)?;
        }
        let bundle = self.repo.join(&self.places.bundle).canonicalize().ok();
        for entry in fs::read_dir(&from)? {
            let name = entry?.file_name();
            let path = from.join(&name);
            let record = path.extension().is_some_and(|extension| extension == "tsbuildinfo");
            if name == "node_modules" {
                symlink(&path, to.join(&name))?;
            } else if name != "dist" && !record && Some(&path) != bundle.as_ref() {
                folders::copy(&path, &to.join(&name), self.interrupt)?;
            }
        }
        Ok(to)
    }
}
