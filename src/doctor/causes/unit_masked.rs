//! `unit-masked`: the unit is masked, so systemd refuses to start it.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix, unit_fix};
use crate::doctor::facts::Facts;
use crate::report::action::{Action, Manage, Replace};
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;
use crate::report::words::{AbsolutePath, RefusedWord, UnitName};

pub(super) static CAUSE: Cause = Cause {
    id: "unit-masked",
    severity: Severity::Error,
    summary: "the unit is masked, so systemd refuses to start it",
    page: include_str!("../../../docs/causes/unit-masked.md"),
    stands: Stands::Refuses,
    areas: &[Area::Unit],
    follows_from: &[],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let service = facts.service.known();
    let loaded = service.is_some_and(|service| service.load_state == "masked");
    let unit = facts.unit.known();
    let mask = unit.and_then(|unit| unit.masked_by.as_deref());
    if !loaded && mask.is_none() {
        return None;
    }
    let place = mask.map_or_else(|| format!("/etc/systemd/system/{}", facts.places.unit), str::to_owned);
    let on_disk = mask.map(|place| evidence::disk(format!("{place}: a link to /dev/null, or an empty file")));
    let state = service.map(|service| {
        let words = format!("LoadState={} UnitFileState={}", service.load_state, service.unit_file_state);
        evidence::systemctl(words)
    });
    let mut seen = on_disk.into_iter().chain(state);
    let mut diagnosis = CAUSE.found(facts, "The unit is masked: systemd refuses to start it", seen.next()?).and(seen);
    diagnosis = diagnosis.steps(fix::or_told(unmask(facts, &place).map(|step| vec![step])));
    let has_file = unit.is_some_and(|unit| unit.unit.files.iter().any(|file| !file.assignments.is_empty()));
    let rest = match has_file {
        true => vec![fix::restart(facts)],
        false => unit_fix::write_unit(facts),
    };
    Some(diagnosis.steps(rest))
}

fn unmask(facts: &Facts, place: &str) -> Result<FixStep, RefusedWord> {
    let (name, place) = (UnitName::new(&facts.places.unit)?, AbsolutePath::new(place)?);
    let commands: Vec<Action> = vec![Replace::Unmask { unit: name, mask: place }.into(), Manage::Reload.into()];
    Ok(FixStep::changes("unmask it: whoever masked it may have had a reason", commands))
}
