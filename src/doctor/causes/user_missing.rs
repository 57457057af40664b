//! `user-missing`: the user or group that the unit names does not exist (217/USER).

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{evidence, fix, started, unit_fix};
use crate::doctor::facts::{Condition, Facts, JournalEntry};
use crate::report::diagnosis::{Diagnosis, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::{CheckedWord, UserName};
use crate::systemd::{Setting, normal};

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
    if let Some(further) = supplementary(facts).filter(|_| group) {
        return further_group(facts, &further, child);
    }
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

/// The line that counts of the groups beside the unit's own, where systemd says that it is about them, or where there is no
/// other group that could be missing (systemd.exec(5), `SupplementaryGroups=`).
fn supplementary(facts: &Facts) -> Option<Setting<'_>> {
    let unit = &started::unit(facts)?.unit;
    let setting = unit.settings("Service", "SupplementaryGroups").into_iter().last()?;
    let said = evidence::manager_line(facts, &["Failed to determine supplementary groups"]).is_some();
    (said || unit.setting("Service", "Group").is_none()).then_some(setting)
}

fn further_group(facts: &Facts, setting: &Setting<'_>, child: Option<&JournalEntry>) -> Option<Diagnosis> {
    let names: Vec<&str> = setting.value.split_whitespace().collect();
    let words = match names.as_slice() {
        [one] => format!("The unit asks for the group `{one}` beside its own, which does not exist here"),
        _ => {
            format!("The unit asks for groups beside its own (`{}`), of which one does not exist here", names.join(" "))
        }
    };
    let line = evidence::unit_line("SupplementaryGroups", setting);
    let diagnosis = CAUSE.found(facts, words, line).and(child.map(evidence::journal)).and(evidence::state(facts));
    let [name] = names.as_slice() else {
        let asked = names.iter().map(|name| UserName::new(name).map(|name| CheckedWord::from(&name)));
        let look = asked.collect::<Result<Vec<_>, _>>().map(|names| {
            let text = "see which of them is there; make the other one, or take it out of the line";
            vec![FixStep::looks(text, vec![command!("getent", "group", "--").with(names)])]
        });
        return Some(diagnosis.steps(fix::or_told(look)));
    };
    let made = UserName::new(name).map(|name| vec![command!("groupadd", "--system", "--", &name)]);
    let text = "make the group anew, as whatever made it would (a package that was removed, `docker`)";
    Some(match made {
        Ok(commands) => diagnosis.step(FixStep::changes(text, commands)).step(fix::restart(facts)),
        Err(refused) => diagnosis.step(FixStep::refused(&refused)),
    })
}

/// A boolean as systemd reads it (systemd.syntax(7)).
fn is_yes(value: &str) -> bool {
    ["1", "yes", "true", "on", "y", "t"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Below root's home nobody else could run the agent, and the document has `User=root`; elsewhere the user is made.
fn remedy(facts: &Facts, key: &str, name: &str) -> Vec<FixStep> {
    let Some(unit) = started::unit(facts) else { return Vec::new() };
    let bundle = normal(&facts.places.bundle);
    if !started::is_below(&bundle, "/root") {
        let made = UserName::new(name).map(|name| match key {
            "Group" => vec![command!("groupadd", "--system", "--", &name)],
            _ => vec![command!("useradd", "--system", "--user-group", "--shell", "/usr/sbin/nologin", "--", &name)],
        });
        return match made {
            Ok(commands) => {
                let words =
                    format!("make the {} anew; the agent's files may have to be given to it", key.to_lowercase());
                vec![FixStep::changes(words, commands), fix::restart(facts)]
            }
            Err(refused) => vec![FixStep::refused(&refused)],
        };
    }
    let Some(setting) = unit.unit.setting("Service", key) else { return Vec::new() };
    unit_fix::step_and_restart(
        facts,
        "have the agent run as root, as documented",
        unit_fix::set(facts, &setting, "root"),
    )
}
