//! `user-missing`: the user or group that the unit names does not exist (217/USER).

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix, started};
use crate::doctor::facts::{Condition, Facts};
use crate::report::diagnosis::{Diagnosis, Step};
use crate::report::finding::Severity;
use crate::systemd::normal;

pub(super) static CAUSE: Cause = Cause {
    id: "user-missing",
    severity: Severity::Error,
    summary: "the user or group that the unit names does not exist (217/USER)",
    page: include_str!("../../../docs/causes/user-missing.md"),
    stands: Stands::InTheWay,
    areas: &[Area::User],
    follows_from: &["unit-masked", "unit-missing", "unit-invalid"],
    told_by: ToldBy::Facts(diagnose),
};

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    let unit = started::unit(facts)?;
    // systemd makes a dynamic user itself (systemd.exec(5), `DynamicUser=`).
    let dynamic = unit.unit.setting("Service", "DynamicUser").is_some_and(|setting| is_yes(setting.value));
    let account_is_missing = matches!(unit.account.known(), Some(None)) && !dynamic;
    let dead = !matches!(facts.condition(), Condition::Running | Condition::Starting | Condition::Stopped);
    let child = evidence::manager_line(facts, &["Failed at step USER", "Failed at step GROUP"]).filter(|_| dead);
    if !account_is_missing && child.is_none() {
        return None;
    }
    let group = !account_is_missing && child.is_some_and(|entry| entry.says("GROUP"));
    let key = if group { "Group" } else { "User" };
    let name = unit.unit.setting("Service", key).map_or_else(|| unit.unit.user(), |setting| setting.value.to_owned());
    let line = evidence::unit_setting(facts, key);
    let said = child.map(evidence::journal);
    let absent = account_is_missing.then(|| evidence::disk(format!("/etc/passwd: no user `{name}`")));
    let mut seen = line.into_iter().chain(said).chain(absent).chain(evidence::state(facts));
    let kind = if group { "group" } else { "user" };
    let words = format!("The unit runs as the {kind} `{name}`, which does not exist here");
    let first = seen.next()?;
    Some(CAUSE.found(facts, words, first).and(seen).steps(remedy(facts, key, &name)))
}

/// A boolean as systemd reads it (systemd.syntax(7)).
fn is_yes(value: &str) -> bool {
    ["1", "yes", "true", "on", "y", "t"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Below root's home nobody else could run the agent, and the document has `User=root`; elsewhere the user is made.
fn remedy(facts: &Facts, key: &str, name: &str) -> Vec<Step> {
    let Some(unit) = started::unit(facts) else { return Vec::new() };
    let bundle = normal(&facts.places.bundle);
    if !started::is_below(&bundle, "/root") {
        let home = normal(&facts.places.home);
        let home = home.rsplit_once('/').map_or("/", |(home, _)| home);
        let make = match key {
            "Group" => vec![fix::command(&["groupadd", "--system", name])],
            _ => vec![
                fix::command(&["useradd", "--system", "--home-dir", home, name]),
                fix::command(&["chown", "-R", &format!("{name}:"), &facts.places.home]),
            ],
        };
        return vec![Step::safe(format!("make the {} anew", key.to_lowercase()), make), fix::restart(facts)];
    }
    let Some(setting) = unit.unit.setting("Service", key) else { return Vec::new() };
    let edit = fix::edit(&setting.file.path, &[fix::replace_line(&setting, key, "root")]);
    vec![Step::risky("run it as root, as documented", vec![edit]), fix::reload_and_restart(facts)]
}
