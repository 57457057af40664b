//! `unit-mismatch`: the unit of `--unit` would not start this bundle.

use super::rule::{Judges, Rule, StopsStart};
use crate::check::bundle::Bundle;
use crate::redact::Redactor;
use crate::report::finding::{Observation, Severity};
use crate::systemd::fit::{FoundMisfit, Misfit, fit};
use crate::systemd::{Context, Unit};
use crate::update::documented_paths;

pub(super) static RULE: Rule = Rule {
    id: "unit-mismatch",
    severity: Severity::Error,
    summary: "the systemd unit would not start this bundle",
    page: include_str!("../../../docs/rules/unit-mismatch.md"),
    judges: Judges::Tree,
    stops_start: StopsStart::Never,
    follows_from: &["archive-wrapped", "nested-layout", "entry-point-missing"],
    check,
};

fn check(bundle: &Bundle<'_>) -> Vec<Observation> {
    let Some(unit) = &bundle.expectations.unit else {
        return Vec::new();
    };
    let mut found = misfits(bundle, unit);
    found.extend(nodes_place(unit));
    found
}

/// Why a unit would not start a bundle, or may not.
pub(crate) fn misfits(bundle: &Bundle<'_>, unit: &Unit) -> Vec<Observation> {
    let deployed = deployed(unit);
    fit(unit, bundle.tree(), &deployed).iter().map(|found| observe(bundle, unit, &deployed, found)).collect()
}

/// Where the unit's user has the bundle: where its paths say, or where the update puts it.
fn deployed(unit: &Unit) -> String {
    let tail = documented_paths::DEPLOYED_BUNDLE.trim_start_matches('~');
    let directory = unit.working_path(&Context { user_home: None });
    let script = unit.command().and_then(Result::ok).and_then(|command| command.script().map(str::to_owned));
    let named = [directory, script].into_iter().flatten().find_map(|path| {
        let (home, rest) = path.split_once(tail)?;
        (path.starts_with('/') && (rest.is_empty() || rest.starts_with('/'))).then(|| format!("{home}{tail}"))
    });
    named.unwrap_or_else(|| {
        let user = unit.user();
        let home = if user == "root" { "/root".to_owned() } else { format!("/home/{user}") };
        format!("{home}{tail}")
    })
}

fn observe(bundle: &Bundle<'_>, unit: &Unit, deployed: &str, found: &FoundMisfit<'_>) -> Observation {
    let entry = &bundle.names.entry;
    let message = match &found.misfit {
        Misfit::NoCommand(why) => format!("systemd does not load the unit, or has nothing to start: {why}"),
        Misfit::PreloadMissing(name) => {
            format!(
                "node is told to load `{name}` before its script, and the bundle has no such module: it stops at once"
            )
        }
        Misfit::PreloadElsewhere(path) => {
            format!("node is told to load `{path}`, which is not in the bundle; if it is not there, node stops at once")
        }
        Misfit::DirectoryMissing(path) => format!(
            "The bundle has no `{path}/`: the service fails with status=200/CHDIR, which reads as if node were missing"
        ),
        Misfit::DirectoryElsewhere(path) => {
            format!(
                "`{path}` is not in the deployed bundle; if it is not there, the service fails with status=200/CHDIR"
            )
        }
        Misfit::NotNode(program) => format!("`{program}` is not node: which script it starts cannot be told"),
        Misfit::NoScript => "node is started without a script".to_owned(),
        Misfit::ScriptMissing(path) => {
            format!("The bundle has no `{path}`: node stops with Error: Cannot find module '{deployed}/{path}'")
        }
        Misfit::ScriptElsewhere(path) => {
            format!("`{path}` is not in the deployed bundle, {deployed}: another agent is started, or none")
        }
        Misfit::HomeOfAnother { user, home } => {
            format!(
                "`{user}` may not enter {home}/.server-flow, which is its owner's alone: status=200/CHDIR, or node stops with EACCES"
            )
        }
        Misfit::HomeHidden => {
            "`ProtectHome=` hides /root and /home from the service: status=200/CHDIR, or node finds no script"
                .to_owned()
        }
    };
    let url = url_of(unit).map_or_else(String::new, |url| format!(" --url {url}"));
    let help = format!(
        "have these lines in the unit:\nWorkingDirectory={deployed}\nExecStart={} {deployed}/{entry}{url}",
        documented_paths::NODE
    );
    let observation = place(Observation::new(message).help(help), found);
    if found.misfit.is_certain() { observation } else { observation.only(Severity::Warning) }
}

/// The control plane's address in the unit, so that the lines can be copied whole. What else stands there may be secret.
fn url_of(unit: &Unit) -> Option<String> {
    let command = unit.command()?.ok()?;
    let at = command.arguments.iter().position(|word| word == "--url")?;
    let url = command.arguments.get(at + 1)?;
    (Redactor::new().clean(url) == *url).then(|| url.clone())
}

fn place(observation: Observation, found: &FoundMisfit<'_>) -> Observation {
    match &found.setting {
        Some(setting) => {
            // No path: the unit's file is not in the bundle.
            let words = Redactor::new().clean(setting.value);
            observation.evidence(format!("{}  {words}", setting.place()))
        }
        None => observation,
    }
}

/// Installers wrote whatever `which node` said, and the update writes /usr/bin/node (docs/reference/field-facts.md,
/// "Units and installers").
fn nodes_place(unit: &Unit) -> Option<Observation> {
    let command = unit.command()?.ok()?;
    let name = command.program.rsplit('/').next().unwrap_or_default();
    if name != "node" || command.program == documented_paths::NODE || !command.program.starts_with('/') {
        return None;
    }
    let setting = unit.exec_start()?;
    let message = format!(
        "Step 7 of the update writes {} in its place; where that is not there, the service fails with status=203/EXEC",
        documented_paths::NODE
    );
    let help = format!("see that node is there too, on the server:\n{} --version", documented_paths::NODE);
    let evidence = format!("{}  {}", setting.place(), command.program);
    Some(Observation::new(message).evidence(evidence).help(help).only(Severity::Warning))
}
