//! `disk-full`: the disk is full, or was when files were written.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::CrashKind;
use super::{bundle_fix, crash, evidence, fix, halted_update};
use crate::doctor::facts::{Facts, Volume};
use crate::report::diagnosis::{Diagnosis, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::{AbsolutePath, CheckedWord};
use crate::text::size;

pub(super) static CAUSE: Cause = Cause {
    id: "disk-full",
    severity: Severity::Error,
    summary: "the disk is full, or was when files were written",
    page: include_str!("../../../docs/causes/disk-full.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Disk],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let full = facts.volumes.iter().find(|volume| is_full(volume));
    let inspected = facts.deployment.inspected();
    // A disk that fills up during the installation leaves files of 0 bytes, also when there is room again by now
    // (docs/reference/field-facts.md, "What else breaks a server").
    let emptied = inspected.map(|inspected| inspected.emptied.as_slice()).unwrap_or_default();
    let crash = crash::crash(facts).filter(|crash| crash.kind == CrashKind::NoSpace);
    let said = crash
        .as_ref()
        .map(|crash| crash.headline)
        .or_else(|| evidence::manager_line(facts, &["No space left on device", "Disk quota exceeded"]));
    let halted = halted_update::halted_update(facts).is_some();
    // With room on the disk, a file of 0 bytes alone has many a reason.
    let many = emptied.len() >= FEW;
    let harmed = (!emptied.is_empty() && (full.is_some() || many || said.is_some()))
        || said.is_some()
        || (full.is_some() && halted);
    if full.is_none() && !harmed {
        return None;
    }
    let volume = full.map(|volume| {
        let inodes = volume.free_inodes.map_or_else(String::new, |inodes| format!(", {inodes} inodes"));
        evidence::disk(format!("{}: {} free of {}{inodes}", volume.path, size(volume.free), size(volume.size)))
    });
    let empty = emptied.iter().take(2).map(|path| evidence::disk(format!("{}/{path}: 0 bytes", facts.deployment.path)));
    let no_inodes = full.is_some_and(|volume| volume.free_inodes == Some(0));
    let of_quota = said.is_some_and(|said| said.says("EDQUOT") || said.says("quota exceeded"));
    let words = match (full.is_some(), emptied.is_empty()) {
        (false, true) if of_quota => "The agent may write no more: the quota of its user, or of its folder, is used up",
        (true, false) => "The disk is full, and files of the bundle were written with 0 bytes",
        (true, true) if harmed && no_inodes => "The disk has no inodes left: no further file can be made on it",
        (true, true) if harmed => "The disk is full",
        (true, true) => "The disk is full: the next update cannot be written",
        (false, true) => "The disk was full when the agent last wrote to it",
        (false, false) => "Files of the bundle have 0 bytes: the disk was full when they were written",
    };
    let crowded = full.into_iter().flat_map(|volume| &volume.crowded);
    let crowded = crowded.map(|(count, folder)| evidence::disk(format!("{folder}: {count} entries")));
    let mut seen =
        volume.into_iter().chain(crowded).chain(said.map(evidence::journal)).chain(empty).chain(evidence::state(facts));
    let first = seen.next()?;
    let mut diagnosis = CAUSE.found(facts, words, first).and(seen);
    if !harmed {
        diagnosis.severity = Severity::Warning;
    }
    if full.is_none() && of_quota {
        let look = AbsolutePath::new(&facts.places.home)
            .map(|home| vec![command!("df", "-h", "--", &home), command!("du", "-xsh", "--", &home)]);
        let text = "see what the agent takes, and have the quota raised or what is not needed removed; `repquota -a` lists quotas";
        diagnosis = diagnosis.steps(fix::or_told(look.map(|look| vec![FixStep::looks(text, look)])));
    }
    if let Some(volume) = full {
        diagnosis = diagnosis.steps(make_room(facts, volume));
    }
    let broken = facts.deployment.would_start() == Some(false) || !emptied.is_empty();
    let rest = match (broken, diagnosis.severity) {
        (true, _) => rebuild(facts),
        (false, Severity::Error) => vec![fix::restart(facts)],
        (false, _) => Vec::new(),
    };
    Some(diagnosis.steps(rest))
}

/// From so many files of 0 bytes on, a disk that was full while they were written is what explains them.
const FEW: usize = 3;

/// Less than Node and a log line need.
const HARDLY_ANYTHING: u64 = 1 << 20;

fn is_full(volume: &Volume) -> bool {
    volume.size > 0 && (volume.free < HARDLY_ANYTHING || volume.free_inodes == Some(0))
}

/// What fills that file system, the largest first, and what of it is the agent's own and can go. What is not the agent's,
/// only its owner may remove.
fn make_room(facts: &Facts, volume: &Volume) -> Vec<FixStep> {
    let look = AbsolutePath::new(&volume.path).map(|path| {
        let mount = [
            CheckedWord::Shell("\"$(df --output=target --"),
            CheckedWord::from(&path),
            CheckedWord::Shell("| tail -n 1)\""),
        ];
        if volume.free_inodes == Some(0) {
            let sorted = [CheckedWord::Shell("2>/dev/null | sort -rn | head -n 20")];
            return vec![command!("du", "-x", "--inodes", "--").with(mount.into_iter().chain(sorted))];
        }
        let sorted = [CheckedWord::Shell("2>/dev/null | sort -rh | head -n 20")];
        vec![command!("du", "-xah", "--threshold=1M", "--").with(mount.into_iter().chain(sorted))]
    });
    let words = "see what fills that file system, and have its owner remove what is not needed";
    let mut steps = fix::or_told(look.map(|look| vec![FixStep::looks(words, look)]));
    let spare = facts.put_aside.iter().filter(|aside| aside.would_start() != Some(true));
    let spare: Vec<_> = spare.filter_map(|aside| fix::Ground::of(facts).ok()?.also(facts, aside).ok()).collect();
    if !spare.is_empty() {
        let remove = command!("rm", "-rf", "--").with(spare.iter().map(CheckedWord::from));
        steps.push(FixStep::changes("remove what earlier fixes put aside and would not start", vec![remove]));
    }
    steps
}

/// The backup, or the installation once more over what was left empty.
fn rebuild(facts: &Facts) -> Vec<FixStep> {
    let below = |path: &String| path.starts_with("node_modules/");
    let installed = facts.deployment.inspected().is_some_and(|inspected| inspected.emptied.iter().all(below));
    if bundle_fix::good_backup(facts).is_some() || !installed {
        return bundle_fix::mend(facts);
    }
    bundle_fix::started_after(fix::or_told(bundle_fix::install(facts)), facts)
}
