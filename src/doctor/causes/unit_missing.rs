//! `unit-missing`: there is no unit file for the agent.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, unit_fix};
use crate::doctor::facts::Facts;
use crate::report::diagnosis::Diagnosis;
use crate::report::finding::Severity;

pub(super) static CAUSE: Cause = Cause {
    id: "unit-missing",
    severity: Severity::Error,
    summary: "there is no unit file for the agent",
    page: include_str!("../../../docs/causes/unit-missing.md"),
    stands: Stands::Refuses,
    areas: &[Area::Unit],
    follows_from: &["unit-masked"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let unit = facts.unit.known()?;
    let name = &facts.places.unit;
    let masked =
        unit.masked_by.is_some() || facts.service.known().is_some_and(|service| service.load_state == "masked");
    if !unit.unit.files.is_empty() || masked {
        return None;
    }
    // Drop-ins alone make no unit, and a unit that is loaded without a file is gone with the next reload.
    let service = facts.service.known();
    let load = service.map(|service| evidence::systemctl(format!("LoadState={}", service.load_state)));
    let absent = evidence::disk(match &unit.dangling {
        Some((link, target)) => format!("{link}: a link to {target}, where nothing is"),
        None => format!("/etc/systemd/system/{name}: no such file"),
    });
    let runs = evidence::process(facts);
    let words = match runs {
        Some(_) => {
            format!("There is no unit `{name}` any more; the agent still runs, and will not come back after a reboot")
        }
        None => format!("There is no unit `{name}`, so systemd has nothing to start"),
    };
    let steps = unit_fix::write_unit(facts);
    Some(CAUSE.found(facts, words, absent).and(load).and(runs).steps(steps))
}
