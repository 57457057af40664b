//! `secret-in-unit`: a secret stands in the unit, where status and ps show it to everyone.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::fix;
use crate::doctor::facts::{Facts, SecretInUnit};
use crate::report::diagnosis::{Command, Diagnosis, Evidence, Source, Step};
use crate::report::finding::Severity;
use crate::systemd::normal;

pub static CAUSE: Cause = Cause {
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
        Evidence::new(Source::UnitFile, format!("{}  {} (the value is not shown)", secret.place, secret.what))
    };
    let words =
        format!("A secret stands in the unit (`{}`): `systemctl status` and `ps` show it to every user", first.what);
    let diagnosis = CAUSE.found(facts, words, quote(first)).and(unit.secrets.iter().skip(1).map(quote));
    let edits: Vec<Command> = unit.secrets.iter().filter_map(|secret| remove(facts, secret)).collect();
    if edits.is_empty() {
        let text =
            "give it in a file that only root may read (`EnvironmentFile=`), and have it made void where it is from";
        return Some(diagnosis.step(Step::risky(text, Vec::new())));
    }
    let text = "take it out of the unit (a registered agent has its own key), and have the control plane make it void";
    Some(diagnosis.step(Step::risky(text, edits)).step(fix::reload_and_restart(facts)))
}

/// An option of the command is taken out with its value; a variable is moved to a file that only root may read.
fn remove(facts: &Facts, secret: &SecretInUnit) -> Option<Command> {
    let (file, line) = secret.place.rsplit_once(':')?;
    if secret.what.starts_with("--") {
        let option = fix::pattern(&secret.what);
        return Some(fix::edit(file, &[format!("{line}s#[[:space:]]*{option}[= ][[:space:]]*[^[:space:]]*##")]));
    }
    let name = secret.what.strip_prefix("Environment=")?;
    let kept = format!("{}/agent.env", normal(&facts.places.home));
    let (shown, quoted) = (fix::pattern(name), fix::replacement(&kept));
    let pattern = format!("^[[:space:]]*Environment[[:space:]]*=[\"']*\\({shown}=[^\"' ]*\\)[\"']*[[:space:]]*$");
    let script = format!(
        "umask 077 && sed -n '{line}s#{p}#\\1#p' '{file}' >> '{kept}' && sed -i '{line}s#{p}#EnvironmentFile={quoted}#' '{file}'",
        p = pattern.replace('\'', "'\\''"),
    );
    Some(fix::command(&["sh", "-c", &script]))
}
