//! What is set for all services of a machine, in no file of the unit's, and keeps the agent from starting: limits and variables of
//! systemd-system.conf(5), and variables that somebody gave to the manager (`systemctl set-environment`).

use super::cause::Cause;
use super::confinement::{self, FatalOption, keys_of_the_end};
use super::crash::Crash;
use super::{crash, evidence, shared_file, started, unit_fix};
use crate::doctor::facts::Facts;
use crate::report::diagnosis::{Diagnosis, Evidence};
use crate::systemd::Setting;

/// A line of the manager's, and what a drop-in of the unit says against it.
struct ManagersLine {
    seen: Evidence,
    words: String,
    against: &'static str,
}

/// The line by which the agent dies, where the unit has none of its own for it.
pub(super) fn diagnose(cause: &Cause, facts: &Facts) -> Option<Diagnosis> {
    let crash = crash::crash(facts);
    let crash = crash.as_ref();
    let line = of_node(facts, crash).or_else(|| of_a_limit(facts, crash))?;
    let said = crash.map(|crash| crash.headline).or_else(|| confinement::deciding(facts)).map(evidence::journal);
    let words = format!("What is set for all services of this machine keeps the agent from starting: `{}`", line.words);
    let text = "say otherwise for this unit alone, in a drop-in of its own: what is set for all stays as it is";
    let steps = unit_fix::step_and_restart(facts, text, shared_file::own_drop_in(facts, line.against));
    Some(cause.found(facts, words, line.seen).and(said).and(evidence::state(facts)).steps(steps))
}

/// The option of Node's by which it dies, among the variables that every service is given.
fn of_node(facts: &Facts, crash: Option<&Crash<'_>>) -> Option<ManagersLine> {
    let asked = FatalOption::of(crash?)?;
    let against = "UnsetEnvironment=NODE_OPTIONS";
    for key in ["ManagerEnvironment", "DefaultEnvironment"] {
        let found = settings(facts, key).filter(|setting| setting.value.contains("NODE_OPTIONS=")).last();
        if let Some(setting) = found.filter(|setting| asked.is_in(setting.value)) {
            let words = format!("{key}={}", setting.value);
            return Some(ManagersLine { seen: evidence::unit_line(key, &setting), words, against });
        }
    }
    let value = facts.manager_options.as_deref().filter(|value| asked.is_in(value))?;
    let words = format!("NODE_OPTIONS={value}");
    Some(ManagersLine { seen: evidence::systemctl(format!("systemctl show-environment: {words}")), words, against })
}

/// Limits that bound every service, what they are called for one, and what a service is mostly given (systemd-system.conf(5)).
const LIMITS: [(&str, &str, &str); 6] = [
    ("LimitNOFILE", "DefaultLimitNOFILE", "LimitNOFILE=1024:524288"),
    ("LimitNPROC", "DefaultLimitNPROC", "LimitNPROC=infinity"),
    ("LimitAS", "DefaultLimitAS", "LimitAS=infinity"),
    ("LimitDATA", "DefaultLimitDATA", "LimitDATA=infinity"),
    ("LimitSTACK", "DefaultLimitSTACK", "LimitSTACK=8M:infinity"),
    ("LimitFSIZE", "DefaultLimitFSIZE", "LimitFSIZE=infinity"),
];

fn of_a_limit(facts: &Facts, crash: Option<&Crash<'_>>) -> Option<ManagersLine> {
    let keys = keys_of_the_end(facts, crash);
    let unit = &started::unit(facts)?.unit;
    LIMITS.iter().filter(|(key, ..)| keys.contains(key) && unit.setting("Service", key).is_none()).find_map(
        |(_, key, against)| {
            let setting = settings(facts, key).last().filter(|setting| setting.value != "infinity")?;
            let words = format!("{key}={}", setting.value);
            Some(ManagersLine { seen: evidence::unit_line(key, &setting), words, against })
        },
    )
}

/// The lines of the manager's own files for a key, the one that counts last.
fn settings<'a>(facts: &'a Facts, key: &str) -> impl Iterator<Item = Setting<'a>> {
    facts.manager_files.iter().flat_map(move |file| {
        let of_key = file.assignments.iter().filter(|found| found.section == "Manager" && found.key == key);
        of_key.map(|found| Setting { value: &found.value, file, line: found.line }).collect::<Vec<_>>()
    })
}
