//! `unit-other-command`: the unit starts something else than the documented command, and that starts no agent.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::crash::CrashKind;
use super::{crash, evidence, started, unit_fix};
use crate::doctor::facts::{Condition, Facts};
use crate::report::action::Action;
use crate::report::diagnosis::{Diagnosis, FixStep};
use crate::report::finding::Severity;
use crate::report::words::{BundleDir, BundleMarks, LineEdit, NodeProgram, RefusedWord};
use crate::systemd::{CommandLine, Setting, normal};
use crate::update::documented_paths;

pub(super) static CAUSE: Cause = Cause {
    id: "unit-other-command",
    severity: Severity::Error,
    summary: "the unit starts something else than the documented command, and that starts no agent",
    page: include_str!("../../../docs/causes/unit-other-command.md"),
    stands: Stands::InTheWay,
    areas: &[Area::Unit],
    follows_from: &[
        "unit-masked",
        "unit-missing",
        "unit-invalid",
        "unit-not-reloaded",
        "drop-in-overrides",
        "user-missing",
    ],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let unit = &started::unit(facts)?.unit;
    let setting = unit.exec_start()?;
    let command = unit.command()?.ok()?;
    if !is_to_blame(facts) {
        return None;
    }
    let words = format!("The unit starts {} instead of node with the deployed bundle", what(&command));
    let said = crash::crash(facts).map(|crash| crash.headline).or_else(|| evidence::last_words(facts));
    let ended = ["Failed at step EXEC", "Failed to locate executable", "Main process exited"];
    let ended = evidence::deciding_line(facts, &ended);
    let diagnosis = CAUSE
        .found(facts, words, evidence::unit_line("ExecStart", &setting))
        .and(said.map(evidence::journal))
        .and(ended.map(evidence::journal))
        .and(evidence::state(facts));
    Some(diagnosis.steps(remedy(facts, &setting)))
}

/// Whether another command than the documented one is what keeps the agent from running.
pub(super) fn is_to_blame(facts: &Facts) -> bool {
    let dies = matches!(facts.condition(), Condition::Looping | Condition::Down)
        || (!facts.is_live() && facts.runs().last().is_some_and(|run| run.died()));
    let Some(Ok(command)) = started::unit(facts).and_then(|unit| unit.unit.command()) else { return false };
    // A wrapper that is there and cannot be executed has a fault of its own.
    let there = started::program(facts).is_some_and(|program| !started::is_missing(program));
    let refused = there && evidence::manager_line(facts, &["Failed at step EXEC"]).is_some();
    dies && !refused && !is_documented(&command) && may_explain(facts)
}

/// What has the unit start the deployed bundle as documented, where it starts something else.
pub(super) fn to_documented(facts: &Facts) -> Option<Vec<FixStep>> {
    let unit = &started::unit(facts)?.unit;
    let setting = unit.exec_start()?;
    let command = unit.command()?.ok()?;
    (!is_documented(&command)).then(|| remedy(facts, &setting))
}

/// What has the unit start the deployed bundle as documented.
pub(super) fn as_documented(facts: &Facts) -> Vec<FixStep> {
    match started::unit(facts).and_then(|unit| unit.unit.exec_start()) {
        Some(setting) => remedy(facts, &setting),
        None => unit_fix::write_unit(facts),
    }
}

/// Whether the command is node itself, also by its name alone.
fn is_documented(command: &CommandLine) -> bool {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let through_env =
        name(&command.program) == "env" && command.arguments.first().is_some_and(|word| name(word) == "node");
    // tsx and its like are scripts that node may be told to run.
    let script = command.script().unwrap_or_default();
    let runs_source = script.ends_with(".ts") || script.contains("/tsx/") || script.contains("/ts-node/");
    (name(&command.program).starts_with("node") || through_env) && !runs_source
}

/// An error of the agent's own code is not the wrapper's: then the agent was started.
fn may_explain(facts: &Facts) -> bool {
    let Some(crash) = crash::crash(facts) else { return true };
    match (&crash.kind, crash.told_by) {
        // A shell does not end with 13: that is Node's own.
        (CrashKind::Unsettled, _) => false,
        (CrashKind::File(_) | CrashKind::Package(_) | CrashKind::Outside(_), _) => true,
        (_, told_by) => told_by == crash::CrashToldBy::LastWords,
    }
}

/// What is started, in the field's words.
fn what(command: &CommandLine) -> String {
    let name = command.program.rsplit('/').next().unwrap_or(&command.program);
    if command.program.contains(char::is_whitespace) {
        let program = &command.program;
        return format!("`{program}`, which is one word to systemd, by its quotes or by a blank of another kind,");
    }
    match name {
        "sh" | "bash" | "dash" | "zsh" => format!("a shell (`{}`)", command.program),
        "pnpm" | "npm" | "npx" | "yarn" | "corepack" => format!("a package manager (`{}`)", command.program),
        "tsx" | "ts-node" => format!("a compiler of TypeScript (`{}`)", command.program),
        _ if name.starts_with("node") => format!("the script `{}`", command.script().unwrap_or_default()),
        _ => format!("`{}`", command.program),
    }
}

/// The documented command, with all that stood from `--token` or `--url` on: neither is printed, nor lost.
fn remedy(facts: &Facts, setting: &Setting<'_>) -> Vec<FixStep> {
    let first = [" --token", " --url"].iter().filter_map(|option| setting.value.find(option)).min();
    let plain = !setting.value.contains(['\'', '"', '&', ';', '|', '\\']);
    let Some(head) = first.and_then(|first| setting.value.get(..first)).filter(|_| plain) else {
        return unit_fix::write_unit(facts);
    };
    let text = "start the deployed bundle, as documented; token and address stay as they are";
    unit_fix::step_and_restart(facts, text, documented(facts, setting, head))
}

/// The lines of the unit with the documented paths: each file is edited once.
fn documented(facts: &Facts, setting: &Setting<'_>, head: &str) -> Result<Vec<Action>, RefusedWord> {
    let bundle = BundleDir::new(&normal(&facts.places.bundle), BundleMarks::Vacant)?;
    let node = facts.other_nodes.first().map_or("/usr/bin/node", |node| node.path.as_str());
    let node = NodeProgram::new(node)?;
    let start = format!("{} {}", node.path().as_str(), bundle.path().below(documented_paths::ENTRY_POINT).as_str());
    let mut edits = vec![LineEdit::replace(setting.file.extent(setting.line), head, &start)?];
    let directory = started::unit(facts).and_then(|unit| unit.unit.setting("Service", "WorkingDirectory"));
    let other = directory.filter(|directory| normal(directory.value) != bundle.path().as_str());
    let mut commands = Vec::new();
    if let Some(other) = other {
        let edit = LineEdit::replace(other.file.extent(other.line), other.value, bundle.path().as_str())?;
        if other.file.path == setting.file.path {
            edits.push(edit);
        } else {
            commands.extend(unit_fix::edited(facts, &other.file.path, vec![edit])?);
        }
    }
    commands.extend(unit_fix::edited(facts, &setting.file.path, edits)?);
    Ok(commands)
}
