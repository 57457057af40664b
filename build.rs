//! What `--version` says: the version, and in release builds from a git checkout the commit and its date. A build without git
//! has the version alone; the same commit gives the same words, wherever and whenever it is built.

use std::env;
use std::path::Path;
use std::process::Command;

/// Letters of a commit's name: as many everywhere, unlike git's own short name, which grows with the clone.
const LETTERS: usize = 12;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = if is_release { commit() } else { None };
    let words = commit.map_or_else(|| version.clone(), |commit| format!("{version} ({commit})"));
    println!("cargo::rustc-env=BUNDLE_DOCTOR_VERSION={words}");
    let date = words.rsplit_once(' ').map_or("", |(_, date)| date.trim_end_matches(')'));
    println!("cargo::rustc-env=BUNDLE_DOCTOR_DATE={date}");
    println!("cargo::rustc-env=BUNDLE_DOCTOR_TARGET={}", env::var("TARGET").unwrap_or_default());
}

/// The commit, whether the tree differs from it, and the date: SOURCE_DATE_EPOCH's, or else the commit's, in UTC.
fn commit() -> Option<String> {
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let here = env::var("CARGO_MANIFEST_DIR").ok()?;
    // A checkout of something else that this was unpacked into has another commit.
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != Path::new(&here).canonicalize().ok()? {
        return None;
    }
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", name]).filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    for path in ["src", "docs", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let said = git(&["log", "-1", "--format=%H %ct"])?;
    let (name, seconds) = said.split_once(' ')?;
    let name = name.get(..LETTERS).filter(|name| name.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let changed = if git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() { "" } else { "+changed" };
    let seconds = env::var("SOURCE_DATE_EPOCH").ok().and_then(|given| given.parse().ok()).or(seconds.parse().ok())?;
    Some(format!("{name}{changed} {}", date(seconds)))
}

fn git(args: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    // A hook's variables lead to its own repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        git.env_remove(name);
    }
    let done = git.arg("--no-optional-locks").args(args).output().ok().filter(|done| done.status.success())?;
    Some(String::from_utf8(done.stdout).ok()?.trim().to_owned())
}

/// The day of seconds since 1970 in UTC, by the civil calendar (days counted from 0000-03-01).
fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
