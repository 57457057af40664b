//! Many servers: their reports read one after the other, and only counted.

use super::saved::{self, Saved};
use crate::commands::failure::{Failure, words};
use crate::commands::session::Session;
use crate::report::fleet::{Fleet, FleetVerdict};
use crate::report::format::ReportFormat;
use crate::report::moment::Moment;
use crate::report::verdict::FailOn;
use crate::{exit_code, render, text};
use anyhow::{Context, Result, bail};
use std::collections::hash_map::{Entry, RandomState};
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

/// Files of a folder.
const MAX_FILES: usize = 1_000_000;

/// How a file came to be read.
#[derive(Clone, Copy)]
enum Origin {
    /// By its own path.
    Named,
    /// It stands in a folder that was named.
    Folder,
}

/// Makes one report of them.
pub(super) fn run(paths: &[PathBuf], session: &Session<'_>, fail_on: FailOn) -> Result<u8> {
    let format = session.common.format();
    if matches!(format, ReportFormat::Sarif | ReportFormat::Junit | ReportFormat::Github) {
        let help = "give human, json, html, markdown or prometheus, or one report";
        bail!(Failure::new("a report of many servers is not written in that format").help(help));
    }
    let mut all = Vec::new();
    let mut named = HashSet::new();
    for path in paths {
        if path != Path::new("-") && path.is_dir() {
            all.extend(files(path)?.into_iter().map(|file| path.join(file)));
        } else {
            named.insert(all.len());
            all.push(path.clone());
        }
    }
    let older = older(&all);
    let mut fleet = Fleet::new(fail_on);
    for (at, path) in all.iter().enumerate() {
        if older.contains(&at) {
            fleet.leave_out_older();
        } else {
            let origin = if named.contains(&at) { Origin::Named } else { Origin::Folder };
            take(path, origin, &mut fleet, session)?;
        }
    }
    let report = fleet.report();
    if report.servers == 0 {
        let help = "give a folder with files that `doctor --json` or `doctor --capture` wrote: NAME.json, NAME.tar.gz";
        bail!(Failure::new("there is no report in what was named").help(help));
    }
    session.write(|out| render::fleet(format, &report, session.style(), out))?;
    Ok(match report.verdict {
        FleetVerdict::Pass => exit_code::PASS,
        FleetVerdict::Fail => exit_code::FAIL,
        FleetVerdict::Inconclusive => exit_code::INCONCLUSIVE,
    })
}

/// Which reports have a newer one of the same server, or one as new that was named before. All are read for this once
/// more, and of each server only the hash of its name is kept, its time and the number of its file. The hash is keyed anew in
/// every run, so that nobody can find two names that share one.
fn older(paths: &[PathBuf]) -> HashSet<usize> {
    let hashes = RandomState::new();
    let mut newest: HashMap<u64, (Option<Moment>, usize)> = HashMap::new();
    let mut older = HashSet::new();
    for (number, path) in paths.iter().enumerate() {
        let Some((name, at)) = saved::server_of(path) else { continue };
        match newest.entry(hashes.hash_one(name)) {
            Entry::Vacant(place) => {
                place.insert((at, number));
            }
            // No time is before any.
            Entry::Occupied(mut place) if at > place.get().0 => {
                older.insert(place.insert((at, number)).1);
            }
            Entry::Occupied(_) => {
                older.insert(number);
            }
        }
    }
    older
}

/// The reports of a folder by name: its `.json` and `.tar.gz`.
fn files(folder: &Path) -> Result<Vec<std::ffi::OsString>> {
    let shown = text::printable_path(folder);
    let failure = || Failure::new(format!("cannot read the folder {shown}")).at(&shown);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(failure)? {
        let name = entry.with_context(failure)?.file_name();
        if is_report(&name) {
            names.push(name);
        }
        if names.len() > MAX_FILES {
            bail!("{}: there are more than {MAX_FILES} reports in it", failure());
        }
    }
    names.sort();
    Ok(names)
}

fn is_report(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    !name.starts_with(b".") && (name.ends_with(b".json") || name.ends_with(b".tar.gz"))
}

/// Takes in one file. What cannot be read is a server that was not reached. What is of no server is an error where it was
/// named, as something else was meant; of a folder it is left out, and told.
fn take(path: &Path, origin: Origin, fleet: &mut Fleet, session: &Session<'_>) -> Result<()> {
    let name = path.file_name().unwrap_or(path.as_os_str());
    let file = text::printable(&name.to_string_lossy()).into_owned();
    let name = [".tar.gz", ".json"].iter().find_map(|end| file.strip_suffix(end)).unwrap_or(&file).to_owned();
    match saved::read(path, session) {
        Ok(Saved::Server(report)) => fleet.take(&report, &name),
        Ok(Saved::Unjudged(unjudged)) if unjudged.command == "doctor" => {
            fleet.miss(unjudged.host.unwrap_or(name), unjudged.error.message);
        }
        Ok(_) if matches!(origin, Origin::Folder) => fleet.leave_out_of_no_server(&file),
        Ok(_) => {
            let shown = text::printable_path(path);
            let help = "render it by itself: only servers make a fleet";
            bail!(Failure::new(format!("{shown} is no report of a server")).at(&shown).help(help));
        }
        Err(error) => fleet.miss(name, words(&error)),
    }
    Ok(())
}
