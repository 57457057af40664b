//! Lines of drop-ins: which they are, and the step that takes them out.

use super::unit_fix::{self, UnitChange};
use super::{fix, shared_file};
use crate::doctor::facts::Facts;
use crate::report::action::{Action, Replace};
use crate::report::diagnosis::FixStep;
use crate::report::words::{LineEdit, RefusedWord};
use crate::systemd::{Setting, Unit};

/// Whether a line stands in a drop-in and not in the unit file itself.
pub(super) fn is_drop_in(unit: &Unit, setting: &Setting<'_>) -> bool {
    unit.files.first().is_some_and(|first| first.path != setting.file.path)
}

/// Takes the lines of these keys out of a drop-in; one that holds nothing else is put aside.
pub(super) fn without(facts: &Facts, setting: &Setting<'_>, keys: &[&str]) -> Vec<FixStep> {
    let file = setting.file;
    let about = |key: &str| keys.contains(&key);
    let lines: Vec<u32> = file.assignments.iter().filter(|found| about(&found.key)).map(|found| found.line).collect();
    if lines.len() == file.assignments.len() && !shared_file::is_shared(&file.path) {
        // systemd reads nothing that does not end in `.conf` (systemd.unit(5)).
        let commands = fix::roots(facts, &file.path).map(|path| {
            let aside = path.beside(&fix::aside(facts));
            vec![Replace::Rename { from: path, to: aside, by: fix::Hands::Root }]
        });
        return unit_fix::step_and_restart(facts, "put the drop-in aside", commands);
    }
    let commands = UnitChange::of(file).without(&lines).and_then(|change| change.commands(facts));
    let text = match shared_file::is_shared(&file.path) {
        true => "say otherwise for this unit alone, as other units read that file, too",
        false => "comment the lines out",
    };
    unit_fix::step_and_restart(facts, text, commands)
}

/// What [`without_options`] does, in words.
pub(super) fn taking_options_out(facts: &Facts, setting: &Setting<'_>) -> &'static str {
    match is_shared(facts, setting) {
        true => "take the variable away for this unit alone, as that file is read for others, too",
        false => "comment the variable out",
    }
}

fn is_shared(facts: &Facts, setting: &Setting<'_>) -> bool {
    facts.unit.known().is_some_and(|unit| unit.shared_variables.contains(&setting.file.path))
}

/// Takes Node's options away that a file of variables has in this line: of a file that other units read, for this unit alone.
///
/// # Errors
/// Where another than root may change what is changed.
pub(super) fn without_options(facts: &Facts, setting: &Setting<'_>) -> Result<Vec<Action>, RefusedWord> {
    if is_shared(facts, setting) {
        return shared_file::own_drop_in(facts, "UnsetEnvironment=NODE_OPTIONS");
    }
    unit_fix::edited(facts, &setting.file.path, vec![LineEdit::comment((setting.line, setting.line))])
}
