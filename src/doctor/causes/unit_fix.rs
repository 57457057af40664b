//! Fixes of the unit: only the wrong directive is changed, everything else stays. Each change is tried here on the file's
//! text, which is then read again: the command is given only where exactly the wanted setting has become another.

use super::fix::{self, held};
use super::{shared_file, started};
use crate::doctor::facts::{Facts, Hold};
use crate::report::action::{Action, Manage, Replace, WasFile};
use crate::report::diagnosis::{Effect, FixStep};
use crate::report::words::{
    AbsolutePath, BundleDir, BundleMarks, CheckedDocument, HttpUrl, LineEdit, NodeProgram, RefusedWord, UnitName,
};
use crate::systemd::{Assignment, Setting, UnitFile, normal, split};
use crate::update::documented_paths;

/// A change of one file: the lines that are edited, and what the file says afterwards.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct UnitChange {
    file: UnitFile,
    edits: Vec<LineEdit>,
}

/// How a value is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SettingSyntax {
    /// As a command line, in words.
    Words,
    /// As one.
    Whole,
}

const UNFIT: &str = "stands in the unit in a way that one edit cannot change for sure";

impl UnitChange {
    /// No change yet of the file that gave a setting.
    pub(crate) fn of(file: &UnitFile) -> Self {
        Self { file: file.clone(), edits: Vec::new() }
    }

    /// The first word of a setting for which there is another becomes that one; one without text is taken out.
    ///
    /// # Errors
    /// Where the file, read again, would not say exactly that.
    pub(crate) fn word(
        mut self,
        line: u32,
        value: SettingSyntax,
        other: impl Fn(usize, &str) -> Option<String>,
    ) -> Result<Self, RefusedWord> {
        let found = self.file.assignments.iter().find(|found| found.line == line);
        let before = UnitFile::parse(&self.file.path, &self.file.text);
        let read = before.assignments.iter().find(|found| found.line == line);
        let (Some(_), Some(read)) = (found, read) else { return Err(RefusedWord::new(&self.file.path, UNFIT)) };
        let words = words_of(read, value)?;
        let hit = words.iter().enumerate().find_map(|(at, word)| Some((at, word, other(at, word)?)));
        let Some((at, old, new)) = hit else { return Err(RefusedWord::new(&read.value, UNFIT)) };
        let mut wanted = words.clone();
        if new.is_empty() {
            wanted.remove(at);
        } else if let Some(word) = wanted.get_mut(at) {
            word.clone_from(&new);
        }
        let lines = self.file.extent(line);
        // With the blank before it, so that no longer word that ends alike is meant.
        let before_it = if value == SettingSyntax::Words && at > 0 { " " } else { "" };
        let old = format!("{before_it}{old}");
        let new = if new.is_empty() { String::new() } else { format!("{before_it}{new}") };
        if is_behind_a_secret(&self.file.text, lines, &old) {
            return Err(RefusedWord::new(&read.value, UNFIT));
        }
        let text = replaced(&self.file.text, lines, &old, &new);
        let after = UnitFile::parse(&self.file.path, &text);
        if !is_only(&before, &after, line, |found| words_of(found, value).is_ok_and(|words| words == wanted)) {
            return Err(RefusedWord::new(&read.value, UNFIT));
        }
        self.edits.push(LineEdit::replace(lines, &old, &new)?);
        self.file = after;
        Ok(self)
    }

    /// The settings of these lines become comments.
    ///
    /// # Errors
    /// Where the file, read again, would not lack exactly them.
    pub(crate) fn without(mut self, lines: &[u32]) -> Result<Self, RefusedWord> {
        let before = UnitFile::parse(&self.file.path, &self.file.text);
        let extents: Vec<(u32, u32)> = lines.iter().map(|line| before.extent(*line)).collect();
        let is_meant = |number: u32| extents.iter().any(|(first, last)| *first <= number && number <= *last);
        let commented = (1..)
            .zip(before.text.split('\n'))
            .map(|(number, line)| if is_meant(number) { format!("# {line}") } else { line.to_owned() });
        let text = commented.collect::<Vec<_>>().join("\n");
        let after = UnitFile::parse(&before.path, &text);
        let kept: Vec<&Assignment> = before.assignments.iter().filter(|found| !lines.contains(&found.line)).collect();
        if after.assignments.iter().collect::<Vec<_>>() != kept {
            return Err(RefusedWord::new(&before.path, UNFIT));
        }
        self.edits.extend(extents.into_iter().map(LineEdit::comment));
        self.file = after;
        Ok(self)
    }

    /// What is typed: the file is kept beside itself, edited, and has to be another afterwards. systemd reads nothing that
    /// does not end as a unit or a drop-in does (systemd.unit(5)).
    ///
    /// # Errors
    /// Where another than root may change the file, or it is reached through a link.
    pub(crate) fn commands(self, facts: &Facts) -> Result<Vec<Action>, RefusedWord> {
        if shared_file::is_shared(&self.file.path) {
            return shared_file::overridden(facts, &self.file);
        }
        edited(facts, &self.file.path, self.edits)
    }
}

/// The commands that edit a unit's file by these lines.
///
/// # Errors
/// As for [`UnitChange::commands`].
pub(crate) fn edited(facts: &Facts, file: &str, edits: Vec<LineEdit>) -> Result<Vec<Action>, RefusedWord> {
    if shared_file::is_shared(file) {
        return Err(RefusedWord::new(
            file,
            "is read for other units, too: it is for you to say whether all of them change",
        ));
    }
    let file = fix::roots(facts, file)?;
    let kept = file.beside(&fix::aside(facts));
    Ok(vec![Replace::Edit { file, kept, edits }.into()])
}

fn words_of(found: &Assignment, value: SettingSyntax) -> Result<Vec<String>, RefusedWord> {
    match value {
        SettingSyntax::Whole => Ok(vec![found.value.clone()]),
        SettingSyntax::Words => split(&found.value).map_err(|_| RefusedWord::new(&found.value, "is not understood")),
    }
}

/// The text with the first `old` of each of these lines replaced, as sed does it.
fn replaced(text: &str, (first, last): (u32, u32), old: &str, new: &str) -> String {
    let line = |(number, line): (u32, &str)| {
        if first <= number && number <= last { line.replacen(old, new, 1) } else { line.to_owned() }
    };
    (1..).zip(text.split('\n')).map(line).collect::<Vec<_>>().join("\n")
}

/// Whether a secret stands before it in its line: that is not known here, and sed might find it in there.
fn is_behind_a_secret(text: &str, (first, last): (u32, u32), old: &str) -> bool {
    let meant = (1..).zip(text.split('\n')).filter(|(number, _): &(u32, &str)| first <= *number && *number <= last);
    let before = meant.filter_map(|(_, line)| line.split_once(old)).map(|(before, _)| before);
    before.into_iter().any(crate::redact::Redactor::is_redacted)
}

/// Whether two files say the same but for the setting of that line, which is as it is wanted.
fn is_only(before: &UnitFile, after: &UnitFile, line: u32, is_wanted: impl Fn(&Assignment) -> bool) -> bool {
    let same = |(old, new): (&Assignment, &Assignment)| match old.line == line {
        true => old.section == new.section && old.key == new.key && new.line == line && is_wanted(new),
        false => old == new,
    };
    before.assignments.len() == after.assignments.len()
        && before.complaints == after.complaints
        && before.assignments.iter().zip(&after.assignments).all(same)
}

/// Sets a directive that has one value.
///
/// # Errors
/// As for [`UnitChange::word`].
pub(crate) fn set(facts: &Facts, setting: &Setting<'_>, value: &str) -> Result<Vec<Action>, RefusedWord> {
    UnitChange::of(setting.file)
        .word(setting.line, SettingSyntax::Whole, |_, _| Some(value.to_owned()))?
        .commands(facts)
}

/// Takes a variable out of a line of `Environment=`. The whole line where it has no other: without a value it would drop
/// what the lines before it say (systemd.exec(5)).
///
/// # Errors
/// As for [`UnitChange::word`].
pub(crate) fn without_variable(facts: &Facts, setting: &Setting<'_>, name: &str) -> Result<Vec<Action>, RefusedWord> {
    let words = split(setting.value).map_err(|_| RefusedWord::new(setting.value, "is not understood"))?;
    let is_it = |word: &str| word.split_once('=').is_some_and(|(of, _)| of == name);
    let change = UnitChange::of(setting.file);
    let change = if words.iter().all(|word| is_it(word)) {
        change.without(&[setting.line])?
    } else {
        change.word(setting.line, SettingSyntax::Words, |_, word| is_it(word).then(String::new))?
    };
    change.commands(facts)
}

/// Starts another program, by the marks before its path and all its arguments as they were.
///
/// # Errors
/// As for [`UnitChange::word`].
pub(crate) fn start_other(facts: &Facts, from: &str, to: &str) -> Result<Vec<Action>, RefusedWord> {
    let program = NodeProgram::new(to)?;
    let to = program.path().in_unit()?;
    let setting = started::unit(facts).and_then(|unit| unit.unit.exec_start());
    let setting = setting.ok_or_else(|| RefusedWord::new(from, UNFIT))?;
    let unit = started::unit(facts).map(|unit| &unit.unit);
    let expand = |text: &str| unit.map_or_else(|| text.to_owned(), |unit| unit.expand(text));
    let other = |at: usize, word: &str| {
        let bare = word.trim_start_matches(['@', '-', ':', '+', '!', '|']);
        let marks = word.strip_suffix(bare).unwrap_or_default();
        let is_program = at == 0 && (expand(bare) == from || from.ends_with(&format!("/{bare}")));
        is_program.then(|| format!("{marks}{to}"))
    };
    UnitChange::of(setting.file).word(setting.line, SettingSyntax::Words, other)?.commands(facts)
}

/// Starts a Node by its path, where `env` was to find one.
///
/// # Errors
/// As for [`UnitChange::word`].
pub(crate) fn start_instead_of_env(facts: &Facts, node: &str) -> Result<Vec<Action>, RefusedWord> {
    let program = NodeProgram::new(node)?;
    let unit = started::unit(facts).map(|unit| &unit.unit).ok_or_else(|| RefusedWord::new(node, UNFIT))?;
    let setting = unit.exec_start().ok_or_else(|| RefusedWord::new(node, UNFIT))?;
    let path = program.path().in_unit()?;
    // env(1) executes a path as it is.
    let by_path = |at: usize, word: &str| (at == 1 && !word.contains('/')).then(|| path.to_owned());
    UnitChange::of(setting.file).word(setting.line, SettingSyntax::Words, by_path)?.commands(facts)
}

/// Starts another script of the bundle.
///
/// # Errors
/// As for [`UnitChange::word`].
pub(crate) fn start_script(facts: &Facts, from: &str, to: &str) -> Result<Vec<Action>, RefusedWord> {
    let to = AbsolutePath::new(to)?.in_unit()?.to_owned();
    let unit = started::unit(facts).map(|unit| &unit.unit).ok_or_else(|| RefusedWord::new(from, UNFIT))?;
    let setting = unit.exec_start().ok_or_else(|| RefusedWord::new(from, UNFIT))?;
    let other = |_: usize, word: &str| (normal(&unit.expand(word)) == from).then(|| to.clone());
    UnitChange::of(setting.file).word(setting.line, SettingSyntax::Words, other)?.commands(facts)
}

/// Points the unit's lines of the old layout to the flat one, or back: only the paths change.
///
/// # Errors
/// As for [`UnitChange::word`].
fn moved(facts: &Facts, from: &str, to: &str) -> Result<Vec<Action>, RefusedWord> {
    let unit = started::unit(facts).map(|unit| &unit.unit).ok_or_else(|| RefusedWord::new(from, UNFIT))?;
    let bundle = BundleDir::new(&normal(&facts.places.bundle), BundleMarks::Vacant)?;
    let name = bundle.path().as_str().rsplit('/').next().unwrap_or_default();
    let (from, to) = (format!("/{name}{from}"), format!("/{name}{to}"));
    // As it stands: with specifiers, in the words of the file.
    let other = |word: &str| {
        let at = word.find(&from)?;
        let rest = word.get(at + from.len()..)?;
        let head = word.get(..at)?;
        let is_path = unit.expand(word.trim_start_matches('-')).starts_with(bundle.path().as_str());
        (is_path && (rest.is_empty() || rest.starts_with('/'))).then(|| format!("{head}{to}{rest}"))
    };
    let mut changes: Vec<UnitChange> = Vec::new();
    let settings = [
        (unit.setting("Service", "WorkingDirectory"), SettingSyntax::Whole),
        (unit.exec_start(), SettingSyntax::Words),
    ];
    for (setting, value) in settings {
        let Some(setting) = setting else { continue };
        let words = if value == SettingSyntax::Whole {
            vec![setting.value.to_owned()]
        } else {
            split(setting.value).unwrap_or_default()
        };
        if !words.iter().any(|word| other(word).is_some()) {
            continue;
        }
        let at = changes.iter().position(|change| change.file.path == setting.file.path);
        let change = at.map_or_else(|| UnitChange::of(setting.file), |at| changes.remove(at));
        changes.push(change.word(setting.line, value, |_, word| other(word))?);
    }
    let commands: Result<Vec<_>, _> = changes.into_iter().map(|change| change.commands(facts)).collect();
    Ok(commands?.into_iter().flatten().collect())
}

/// Points the unit to the flat layout.
pub(crate) fn flatten_unit(facts: &Facts) -> Option<FixStep> {
    let commands = moved(facts, "/apps/agent", "");
    step("point the unit to the flat layout", commands)
}

/// Points the unit to the old layout.
pub(crate) fn nest_unit(facts: &Facts) -> Option<FixStep> {
    let inner = moved(facts, "", "/apps/agent");
    step("point the unit to the old layout, until a flat bundle is deployed", inner)
}

/// A step of these commands, if there are any; the reason, where there are none.
pub(crate) fn step(text: &str, commands: Result<Vec<Action>, RefusedWord>) -> Option<FixStep> {
    match commands {
        Ok(commands) if commands.is_empty() => None,
        Ok(commands) => Some(FixStep::changes(text, commands)),
        Err(refused) => Some(FixStep::refused(&refused)),
    }
}

/// A step of these commands and the start after it; the reason alone, where there are none.
pub(crate) fn step_and_restart(
    facts: &Facts,
    text: &str,
    commands: Result<Vec<impl Into<Action>>, RefusedWord>,
) -> Vec<FixStep> {
    match commands {
        Ok(commands) => vec![FixStep::changes(text, commands), fix::reload_and_restart(facts)],
        Err(refused) => vec![FixStep::refused(&refused)],
    }
}

/// With the start of the agent, if anything was changed.
pub(crate) fn reloaded_after(mut steps: Vec<FixStep>, facts: &Facts) -> Vec<FixStep> {
    if steps.iter().all(|step| step.effect == Effect::Changes) {
        steps.push(fix::reload_and_restart(facts));
    }
    steps
}

/// Writes the unit as the source document has it, with the lines of its own that it has; what is there is kept beside it.
/// Words where the control plane's address is not known.
pub(crate) fn write_unit(facts: &Facts) -> Vec<FixStep> {
    fix::or_told(written(facts))
}

fn written(facts: &Facts) -> Result<Vec<FixStep>, RefusedWord> {
    let Some(url) = started::url(facts) else {
        return Ok(vec![FixStep::told(
            "install the agent's unit again: nothing on this server knows its control plane's address",
        )]);
    };
    let name = UnitName::new(&facts.places.unit)?;
    let old = facts.unit.known().and_then(|unit| unit.unit.files.first());
    // A file elsewhere that is linked is written where it is; one of the package's, or of a template, gets one before it.
    let linked = old.filter(|old| !FOLDERS_OF_UNITS.iter().any(|folder| old.path.starts_with(folder)));
    let path = linked.map_or_else(|| Ok(name.file()), |linked| AbsolutePath::new(&linked.path))?;
    let dangling = facts.unit.known().and_then(|unit| unit.dangling.as_ref()).filter(|(at, _)| at == path.as_str());
    let obstacle = facts.unit.known().is_some_and(|unit| unit.obstacle.as_deref() == Some(path.as_str()));
    let moves_aside = dangling.is_some() || obstacle;
    if let Err(refused) = held(facts, &path, &fix::Hands::Root)
        && !is_a_mask(facts, &path)
        && !moves_aside
    {
        return Err(refused);
    }
    let kept = path.beside(&fix::aside(facts));
    let was = match old.filter(|old| old.path == path.as_str()) {
        _ if moves_aside => WasFile::Aside(kept),
        Some(_) => WasFile::File(kept),
        None => WasFile::Absent,
    };
    let lines = document(facts, &HttpUrl::new(&url)?, old)?;
    let mut commands: Vec<Action> = vec![Replace::Write { file: path.clone(), was, lines }.into()];
    commands.extend(outdone(facts)?);
    commands.push(Manage::Reload.into());
    if old.is_none() || !facts.unit.known().is_some_and(|unit| unit.enabled) {
        commands.push(Manage::Enable(name).into());
    }
    let text = match old {
        Some(old) if old.path != path.as_str() => {
            "write a file of this unit's own with the documented command; the one that it has been read from stays"
        }
        Some(_) => "write the unit anew with the documented command, its own lines kept; the old one is kept beside it",
        None => "write the documented unit",
    };
    Ok(vec![FixStep::changes(text, commands), fix::restart(facts)])
}

/// The lines of drop-ins that would say otherwise than the documented unit, and count for more: they become comments.
fn outdone(facts: &Facts) -> Result<Vec<Action>, RefusedWord> {
    let unit = facts.unit.known();
    let drop_ins = unit.into_iter().flat_map(|unit| unit.unit.files.iter().skip(1)).chain(left(facts));
    let mut actions = Vec::new();
    for file in drop_ins {
        let lines: Vec<u32> =
            file.assignments.iter().filter(|found| is_replaced(found)).map(|found| found.line).collect();
        if lines.is_empty() {
            continue;
        }
        if shared_file::is_shared(&file.path) {
            return Err(RefusedWord::new(
                &file.path,
                "says otherwise than the documented unit, and is read for other units, too",
            ));
        }
        actions.extend(UnitChange::of(file).without(&lines)?.commands(facts)?);
    }
    Ok(actions)
}

/// Drop-ins of a unit whose file is gone that would undo the documented one: those that start this bundle do not.
pub(crate) fn left(facts: &Facts) -> impl Iterator<Item = &UnitFile> {
    let bundle = normal(&facts.places.bundle);
    let is_undone = move |file: &&UnitFile| {
        let own: Vec<&Assignment> = file.assignments.iter().filter(|found| is_replaced(found)).collect();
        let commands = || own.iter().filter(|found| found.key == "ExecStart");
        // Without an empty line before it, it would be a second command.
        let adds = commands().next().is_some_and(|first| !first.value.is_empty());
        let ends_empty = commands().next_back().is_some_and(|last| last.value.is_empty());
        let elsewhere = |found: &Assignment| !found.value.is_empty() && !found.value.contains(&bundle);
        let nested = |found: &Assignment| found.value.contains(documented_paths::NESTED_AGENT);
        adds || ends_empty || own.iter().any(|found| elsewhere(found) || nested(found))
    };
    facts.unit.known().into_iter().flat_map(|unit| &unit.left_drop_ins).filter(is_undone)
}

/// The first line of such a drop-in that does it.
pub(crate) fn undoing(file: &UnitFile) -> Option<(&str, Setting<'_>)> {
    let found = file.assignments.iter().rev().find(|found| is_replaced(found))?;
    Some((&found.key, Setting { value: &found.value, file, line: found.line }))
}

/// The folders that systemd reads units from (systemd.unit(5), "Unit File Load Path"): a unit's file is elsewhere where it is
/// linked.
const FOLDERS_OF_UNITS: [&str; 5] =
    ["/etc/systemd/", "/run/systemd/", "/usr/local/lib/systemd/", "/usr/lib/systemd/", "/lib/systemd/"];

/// Whether it is the link to `/dev/null` that masks the unit: it is gone before the unit is written, and its folder was
/// looked at on the way to it.
fn is_a_mask(facts: &Facts, path: &AbsolutePath) -> bool {
    let masks = facts.unit.known().and_then(|unit| unit.masked_by.as_deref()) == Some(path.as_str());
    let is_link = |hold: &Hold| matches!(hold, Hold::Link(link) if link == path.as_str());
    masks && facts.guards.iter().any(|guard| guard.path == path.as_str() && is_link(&guard.hold))
}

/// What the documented unit says beside its paths and its command.
const USUAL: [(&str, &str, &str); 8] = [
    ("Unit", "Description", "ServerFlow Agent"),
    ("Unit", "After", "network.target"),
    ("Service", "Type", "simple"),
    ("Service", "User", "root"),
    ("Service", "Restart", "always"),
    ("Service", "RestartSec", "10"),
    ("Service", "Environment", "NODE_ENV=production"),
    ("Install", "WantedBy", "multi-user.target"),
];

/// The unit of the source document (docs/reference/update-mechanism.md, "Fichiers Clés", 4) for this server, with the lines
/// of the one that is there.
fn document(facts: &Facts, url: &HttpUrl, old: Option<&UnitFile>) -> Result<CheckedDocument, RefusedWord> {
    let bundle = BundleDir::new(&normal(&facts.places.bundle), BundleMarks::Vacant)?;
    // A shell or a package manager in its place is not what starts the script.
    let is_node = |path: &str| path.rsplit('/').next().is_some_and(|name| name.starts_with("node"));
    let program = started::program(facts).filter(|program| !started::is_missing(program)).map(|program| &program.path);
    let program = program.filter(|path| is_node(path));
    let node = program.or_else(|| facts.other_nodes.first().map(|node| &node.path));
    let node = NodeProgram::new(node.map_or("/usr/bin/node", String::as_str))?;
    let own = old.map(|old| old.assignments.as_slice()).unwrap_or_default();
    let mut lines = CheckedDocument::default();
    for section in ["Unit", "Service", "Install"] {
        lines = lines.fixed(match section {
            "Unit" => "[Unit]\n",
            "Service" => "\n[Service]\n",
            _ => "\n[Install]\n",
        });
        for (_, key, value) in USUAL.iter().filter(|(of, key, _)| *of == section && !has(own, of, key)) {
            lines = lines.fixed(key).fixed("=").fixed(value).fixed("\n");
        }
        for found in own.iter().filter(|found| found.section == section && !is_replaced(found)) {
            lines = lines.line(&found.key, &found.value)?;
        }
        if section == "Service" {
            lines = lines.fixed("WorkingDirectory=").path(bundle.path())?.fixed("\nExecStart=").path(node.path())?;
            let entry = bundle.path().below(documented_paths::ENTRY_POINT);
            lines = lines.fixed(" ").path(&entry)?.fixed(" --url ").url(url).fixed("\n");
        }
    }
    // What the old command had beside its URL would be lost, and a secret of it cannot be shown.
    match own.iter().find(|found| found.key == "ExecStart" && crate::redact::Redactor::is_redacted(&found.value)) {
        Some(found) => Err(RefusedWord::new(&found.value, "holds a secret, which is not shown")),
        None => Ok(lines),
    }
}

fn has(own: &[Assignment], section: &str, key: &str) -> bool {
    own.iter().any(|found| found.section == section && found.key == key)
}

/// Whether the documented unit has a line of its own for it.
fn is_replaced(found: &Assignment) -> bool {
    found.section == "Service" && matches!(found.key.as_str(), "WorkingDirectory" | "ExecStart")
}
