//! Lines of drop-ins: which they are, and the step that takes them out.

use super::fix;
use super::unit_fix::{self, UnitChange};
use crate::doctor::facts::Facts;
use crate::report::action::Replace;
use crate::report::diagnosis::Step;
use crate::systemd::{Setting, Unit};

/// Whether a line stands in a drop-in and not in the unit file itself.
pub(super) fn is_drop_in(unit: &Unit, setting: &Setting<'_>) -> bool {
    unit.files.first().is_some_and(|first| first.path != setting.file.path)
}

/// Takes the lines of these keys out of a drop-in; one that holds nothing else is put aside.
pub(super) fn without(facts: &Facts, setting: &Setting<'_>, keys: &[&str]) -> Vec<Step> {
    let file = setting.file;
    let about = |key: &str| keys.contains(&key);
    let lines: Vec<u32> = file.assignments.iter().filter(|found| about(&found.key)).map(|found| found.line).collect();
    if lines.len() == file.assignments.len() {
        // systemd reads nothing that does not end in `.conf` (systemd.unit(5)).
        let commands = fix::roots(facts, &file.path).map(|path| {
            let aside = path.beside(&fix::aside(facts));
            vec![Replace::Rename { from: path, to: aside, by: fix::Hands::Root }]
        });
        return unit_fix::step_and_restart(facts, "put the drop-in aside", commands);
    }
    let commands = UnitChange::of(file).without(&lines).and_then(|change| change.commands(facts));
    unit_fix::step_and_restart(facts, "comment the lines out", commands)
}
