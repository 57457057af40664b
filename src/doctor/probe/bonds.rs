//! The units that one is bound to, asked for where it does not run: one that it needs may keep it from starting, and one that
//! it is a part of, or conflicts with, may have stopped it.

use super::ask::Probe;
use super::systemctl;
use crate::doctor::facts::{Bond, Service, UnitDependency, UnitOnDisk};
use crate::doctor::questions::Diagnostic;
use crate::report::words::UnitName;

/// Asks for them.
pub(super) fn of(probe: &Probe<'_>, service: Option<&Service>, unit: Option<&UnitOnDisk>) -> Vec<UnitDependency> {
    let Some(service) = service.filter(|service| !service.runs()) else { return Vec::new() };
    let [whole, rivals] = ["PartOf", "Conflicts"].map(|key| named(unit, key));
    let mut names = service.needs.clone();
    names.extend(whole.iter().chain(&rivals).filter(|name| !service.needs.contains(name)).cloned());
    if names.is_empty() {
        return Vec::new();
    }
    let bond = |name: &String| match () {
        () if service.needs.contains(name) => Bond::Needed,
        () if whole.contains(name) => Bond::Whole,
        () => Bond::Rival,
    };
    let spoken = probe.run(&Diagnostic::States(&names));
    spoken.map(|spoken| systemctl::dependencies(&spoken.stdout, bond)).unwrap_or_default()
}

/// The units that a unit's files name for a key; what is no unit's name is left out.
fn named(unit: Option<&UnitOnDisk>, key: &str) -> Vec<String> {
    let Some(unit) = unit.map(|unit| &unit.unit) else { return Vec::new() };
    let settings = unit.settings("Unit", key);
    let names = settings.iter().flat_map(|setting| setting.value.split_whitespace()).map(|name| unit.expand(name));
    names.filter(|name| UnitName::new(name).is_ok()).collect()
}
