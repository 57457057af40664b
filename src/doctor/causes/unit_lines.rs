//! Lines of drop-ins: which they are, and the step that takes them out.

use crate::doctor::causes::fix;
use crate::doctor::facts::Facts;
use crate::report::diagnosis::Step;
use crate::systemd::{Setting, Unit};

/// Whether a line stands in a drop-in and not in the unit file itself.
pub(super) fn is_drop_in(unit: &Unit, setting: &Setting<'_>) -> bool {
    unit.files.first().is_some_and(|first| first.path != setting.file.path)
}

/// Takes the lines of these keys out of a drop-in.
pub(super) fn without(facts: &Facts, setting: &Setting<'_>, keys: &[&str]) -> Step {
    let file = &setting.file.path;
    let about = |key: &str| keys.contains(&key);
    let lines: Vec<u32> =
        setting.file.assignments.iter().filter(|found| about(&found.key)).map(|found| found.line).collect();
    if lines.len() == setting.file.assignments.len() {
        // systemd reads nothing that does not end in `.conf` (systemd.unit(5)).
        let aside = fix::aside(file, facts);
        return Step::safe("put the drop-in aside", vec![fix::command(&["mv", file, &aside])]);
    }
    let expressions: Vec<String> = lines.iter().map(|line| format!("{line}s/^/# /")).collect();
    Step::safe("comment the lines out", vec![fix::edit(file, &expressions)])
}
