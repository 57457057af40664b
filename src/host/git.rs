//! What git knows of a repository: the last commit's time, tags, and files as they were committed.
//!
//! Only plumbing is run, which starts no pager, no editor and no hook; a repository that belongs to someone else is
//! read all the same, as nothing of its configuration is run. Where git or the repository is missing, nothing is known.

use super::process::{Environment, Request, run};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// Most bytes that git may print: a published archive has 50 kB to some megabytes.
const MAX: usize = 16 << 20;

/// A tag, and whether it stands at the commit that is checked out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tag {
    /// Its name without `refs/tags/`.
    pub name: String,
    /// Whether it names the commit that is checked out.
    pub at_head: bool,
}

/// Seconds since 1970 of the commit that is checked out, in the repository that a folder belongs to.
#[must_use]
pub(crate) fn last_commit_time(folder: &Path) -> Option<u64> {
    let line = git(folder, &["rev-list", "--max-count=1", "--timestamp", "HEAD"])?;
    String::from_utf8(line).ok()?.split_whitespace().next()?.parse().ok()
}

/// Every tag from which the commit that is checked out came.
#[must_use]
pub(crate) fn tags(folder: &Path) -> Vec<Tag> {
    let head = git(folder, &["rev-parse", "--verify", "HEAD"]).unwrap_or_default();
    let head = String::from_utf8_lossy(&head).trim().to_owned();
    let format = "--format=%(refname:strip=2) %(objectname) %(*objectname)";
    let listed = git(folder, &["for-each-ref", "--merged=HEAD", format, "refs/tags"]).unwrap_or_default();
    let read = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        Some(Tag { name, at_head: !head.is_empty() && words.any(|object| object == head) })
    };
    String::from_utf8_lossy(&listed).lines().filter_map(read).collect()
}

/// A file as it was committed, by its path in the folder; nothing where it is larger than 16 MiB.
#[must_use]
pub(crate) fn committed(folder: &Path, path: &str) -> Option<Vec<u8>> {
    git(folder, &["cat-file", "blob", &format!("HEAD:./{path}")])
}

/// Whether all of these folders stand in the commit that is checked out, and are as they were committed: then their
/// times are those of the checkout.
#[must_use]
pub(crate) fn are_as_committed(folder: &Path, paths: &[&str]) -> bool {
    let kept = |path: &&str| {
        let inside = format!("{path}/");
        git(folder, &["ls-tree", "--name-only", "HEAD", "--", &inside]).is_some_and(|found| !found.is_empty())
    };
    let others = [&["ls-files", "--others", "--exclude-standard", "--"], paths].concat();
    paths.iter().all(kept)
        && git(folder, &[&["diff-index", "--quiet", "HEAD", "--"], paths].concat()).is_some()
        && git(folder, &others).is_some_and(|found| found.is_empty())
}

/// What git prints; nothing where it fails, is missing, or prints more than can be kept.
fn git(folder: &Path, args: &[&str]) -> Option<Vec<u8>> {
    let safe = ["-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];
    let mut request = Request::new("git", &[&safe, args].concat());
    request.directory = Some(folder.to_path_buf());
    request.most_output = MAX;
    request.timeout = Duration::from_secs(20);
    // A hook that calls us sets these, for its own repository.
    let hooks = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"];
    let mut changes: Vec<(OsString, Option<OsString>)> = hooks.into_iter().map(|name| (name.into(), None)).collect();
    changes.push(("GIT_NO_LAZY_FETCH".into(), Some("1".into())));
    changes.push(("GIT_OPTIONAL_LOCKS".into(), Some("0".into())));
    request.environment = Environment::Inherited(changes);
    let done = run(&request).ok()?;
    (done.end.is_success() && done.stdout.dropped == 0).then_some(done.stdout.bytes)
}
