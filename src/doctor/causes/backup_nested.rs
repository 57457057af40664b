//! `backup-nested`: the backup holds another bundle, which a second update moved into it.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{bundle_fix, evidence, fix};
use crate::doctor::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "backup-nested",
    severity: Severity::Warning,
    summary: "the backup holds another bundle, which a second update moved into it",
    page: include_str!("../../../docs/causes/backup-nested.md"),
    stands: Stands::Beside,
    areas: &[Area::Backup],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    // `mv` of a folder onto one that is there moves it inside. Step 2 of the update does so where the backup of the
    // last one was not removed.
    let nested = facts.nested_backup.as_ref()?;
    nested.inspected()?;
    let words =
        "The backup holds another bundle: a second update moved the bundle into the backup instead of in its place";
    let diagnosis = CAUSE.found(facts, words, evidence::deployment(nested)).and([evidence::deployment(&facts.backup)]);
    Some(diagnosis.steps(fix::or_told(bundle_fix::unnest_backup(facts, nested).map(|step| vec![step]))))
}
