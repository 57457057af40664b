//! `secret-in-unit`: a secret stands in the unit, where status and ps show it to everyone.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::unit_fix;
use crate::doctor::facts::{Facts, SecretInUnit, UnitOnDisk};
use crate::report::action::Action;
use crate::report::diagnosis::{Diagnosis, Evidence, EvidenceSource, FixStep};
use crate::report::finding::Severity;
use crate::report::words::{LineEdit, RefusedWord};

pub(super) static CAUSE: Cause = Cause {
    id: "secret-in-unit",
    severity: Severity::Warning,
    summary: "a secret stands in the unit, where status and ps show it to everyone",
    page: include_str!("../../../docs/causes/secret-in-unit.md"),
    stands: Stands::Beside,
    areas: &[Area::Unit],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let unit = facts.unit.known()?;
    let first = unit.secrets.first()?;
    let quote = |secret: &SecretInUnit| {
        Evidence::new(EvidenceSource::UnitFile, format!("{}  {} (the value is not shown)", secret.place, secret.what))
    };
    let words =
        format!("A secret stands in the unit (`{}`): `systemctl status` and `ps` show it to every user", first.what);
    let diagnosis = CAUSE.found(facts, words, quote(first)).and(unit.secrets.iter().skip(1).map(quote));
    let edits: Vec<(&str, LineEdit)> = unit.secrets.iter().filter_map(|secret| remove(unit, secret)).collect();
    if edits.is_empty() {
        let text =
            "give it in a file that only root may read (`EnvironmentFile=`), and have it made void where it is from";
        return Some(diagnosis.step(FixStep::told(text)));
    }
    let text = "take it out of the unit (a registered agent has its own key), and have the control plane make it void";
    let mut files: Vec<&str> = edits.iter().map(|(file, _)| *file).collect();
    files.dedup();
    let commands: Result<Vec<Vec<Action>>, RefusedWord> = files
        .into_iter()
        .map(|file| {
            unit_fix::edited(
                facts,
                file,
                edits.iter().filter(|(of, _)| *of == file).map(|(_, edit)| edit.clone()).collect(),
            )
        })
        .collect();
    let commands = commands.map(|commands| commands.into_iter().flatten().collect());
    Some(diagnosis.steps(unit_fix::step_and_restart(facts, text, commands)))
}

/// An option of the command is taken out with its value, where that is one plain word: what the value is, is not known
/// here.
fn remove<'a>(unit: &UnitOnDisk, secret: &'a SecretInUnit) -> Option<(&'a str, LineEdit)> {
    let (file, line) = secret.place.rsplit_once(':')?;
    let lines = unit.unit.files.iter().find(|found| found.path == file)?.extent(line.parse().ok()?);
    Some((file, LineEdit::without_option(lines, &secret.what)?))
}
