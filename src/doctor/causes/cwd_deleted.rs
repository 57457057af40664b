//! `cwd-deleted`: the directory that the agent runs in is deleted, so its own updates fail.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix};
use crate::doctor::facts::{Condition, Facts};
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;

pub static CAUSE: Cause = Cause {
    id: "cwd-deleted",
    severity: Severity::Error,
    summary: "the directory that the agent runs in is deleted, so its own updates fail",
    page: include_str!("../../../docs/causes/cwd-deleted.md"),
    stands: Stands::Beside,
    areas: &[Area::Process],
    follows_from: &["restart-would-fail", "update-interrupted"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let running = matches!(facts.condition(), Condition::Running | Condition::Unknown);
    let deleted = facts.process.known().and_then(Option::as_ref).is_some_and(|process| process.directory_deleted);
    if !running || !deleted {
        return None;
    }
    let words = "The agent runs in a directory that is deleted: every command it starts fails, its updates included";
    let lines = facts.present().into_iter().filter(|entry| ["getcwd", "uv_cwd"].iter().any(|word| entry.says(word)));
    let said = lines.max_by_key(|entry| entry.at).map(evidence::journal);
    let diagnosis = CAUSE.found(facts, words, evidence::process(facts)?).and(said);
    Some(diagnosis.and([evidence::deployment(&facts.deployment)]).step(fix::restart(facts)))
}
