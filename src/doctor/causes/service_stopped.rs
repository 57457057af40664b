//! `service-stopped`: the service was stopped, or never started, and nothing keeps it from starting.

use super::cause::{Area, Cause, Stands, ToldBy};
use super::{crash, evidence, fix, started};
use crate::doctor::facts::journal::id;
use crate::doctor::facts::{Bond, Condition, Facts, JournalEntry, JournalRun, SETTLED, UnitDependency};
use crate::report::diagnosis::{Diagnosis, Evidence, FixStep, command};
use crate::report::finding::Severity;
use crate::report::words::CheckedWord;
use crate::systemd::{Setting, Unit};

pub(super) static CAUSE: Cause = Cause {
    id: "service-stopped",
    severity: Severity::Error,
    summary: "the service was stopped, or never started, and nothing keeps it from starting",
    page: include_str!("../../../docs/causes/service-stopped.md"),
    stands: Stands::Symptom,
    areas: &[Area::Service],
    follows_from: &["dependency-failed"],
    told_by: ToldBy::Facts(diagnose),
};

/// Why a service that does not run does not.
enum Reason<'a> {
    /// A signal was sent to it by hand: `systemctl kill`.
    Killed(&'a JournalEntry),
    /// A condition of the unit is not met.
    Unmet(Option<&'a JournalEntry>),
    /// It was stopped in the boot that runs.
    Stopped(&'a JournalEntry),
    /// It ended by itself, and its unit does not start it again then.
    Ended(Option<&'a JournalEntry>),
    /// systemd left it out at boot, as the order that units ask for was a circle.
    LeftOut(&'a JournalEntry),
    /// The machine was booted, and nobody has started it since.
    NotSinceBoot,
    /// Nothing tells.
    NotTold,
}

fn diagnose(facts: &Facts) -> Option<Diagnosis> {
    if matches!(facts.condition(), Condition::Running | Condition::Starting) {
        return again_and_again(facts);
    }
    // `systemctl kill`: the manager says `Sending signal SIGKILL to process 108 (node) on client request.`
    let killed = evidence::manager_line(facts, &["on client request"]).filter(|_| facts.condition() == Condition::Down);
    if facts.condition() != Condition::Stopped && killed.is_none() {
        return None;
    }
    let reason = killed.map_or_else(|| reason(facts), Reason::Killed);
    let diagnosis = CAUSE.found(facts, words(facts, &reason), evidence::state(facts)?);
    let diagnosis = diagnosis.and(line(&reason).map(evidence::journal)).and(unit_file_state(facts, &reason));
    let diagnosis = match remains(facts) {
        true => diagnosis
            .and(evidence::unit_setting(facts, "RemainAfterExit"))
            .and(evidence::last_words(facts).map(evidence::journal)),
        false => diagnosis,
    };
    if matches!(reason, Reason::Ended(_)) && failed_code(facts).is_some() {
        let by = match started::unit(facts).is_some_and(|unit| is_forgiven(&unit.unit)) {
            true => "ExecStart",
            false => "SuccessExitStatus",
        };
        let counted = evidence::unit_setting(facts, by);
        let said = crash::ended_with_words(facts).map(evidence::journal);
        let step = FixStep::looks("read what it said last", fix::journal(facts));
        return Some(diagnosis.and(counted).and(said).step(step).step(fix::restart(facts)));
    }
    // What `systemctl reset-failed` has forgotten, the journal has not.
    if matches!(reason, Reason::Ended(_)) && facts.runs().last().is_some_and(|run| run.died() && !run.ended_well()) {
        let step = FixStep::looks("read what it said last", fix::journal(facts));
        let said = crash::ended_with_words(facts).map(evidence::journal);
        return Some(diagnosis.and(said).step(step).step(fix::restart(facts)));
    }
    if matches!(reason, Reason::Unmet(_)) {
        let command = is_unmet_command(facts).then(|| evidence::unit_setting(facts, "ExecCondition")).flatten();
        let step = look(facts, "see which file sets the condition, and meet it or take it out");
        return Some(diagnosis.and(command).step(step));
    }
    if let Reason::LeftOut(left_out) = &reason {
        let circle = facts.manager_now().into_iter().filter(|entry| entry.says("ordering cycle"));
        let circle = circle.filter(|entry| !std::ptr::eq(*entry, *left_out)).take(MAX_OF_A_CIRCLE);
        let circle: Vec<Evidence> = circle.map(evidence::journal).collect();
        let order = ["After", "Before"]
            .into_iter()
            .filter_map(|key| Some(evidence::unit_line(key, &started::unit(facts)?.unit.setting("Unit", key)?)));
        let text = "take one of the lines out that make the circle (`After=`, `Before=`): else it is left out at the next boot, too";
        return Some(
            diagnosis.and(circle).and(order.collect::<Vec<_>>()).step(fix::restart(facts)).step(look(facts, text)),
        );
    }
    match together(facts).filter(|_| matches!(reason, Reason::Stopped(_))) {
        Some(other) => {
            let state = format!("{}: ActiveState={}", other.unit, other.active_state);
            let diagnosis = diagnosis.and([evidence::systemctl(state)]).and(bond_line(facts, other));
            Some(diagnosis.step(fix::restart(facts)))
        }
        None => Some(diagnosis.step(fix::restart(facts))),
    }
}

/// Stops in so many seconds that are more than a person's who tries something.
const MANY: usize = 4;
const WINDOW: u64 = 120;

/// An agent that something stops and starts again before it can be seen to stay up: a timer, or what manages the machine.
fn again_and_again(facts: &Facts) -> Option<Diagnosis> {
    let own = facts.manager_now();
    let recent = |entry: &&&JournalEntry| entry.is(id::STOPPING) && facts.at.seconds_since(entry.at) <= WINDOW;
    let stops: Vec<&JournalEntry> = own.iter().filter(recent).copied().collect();
    let (first, last) = (stops.first()?, stops.last()?);
    if stops.len() < MANY || facts.up().is_some_and(|up| up >= SETTLED) {
        return None;
    }
    let (times, seconds) = (stops.len(), facts.at.seconds_since(first.at));
    let words =
        format!("The agent does not end by itself: it was stopped and started {times} times in the last {seconds} s");
    let mut diagnosis = CAUSE.found(facts, words, evidence::journal(last)).and(evidence::state(facts));
    diagnosis.severity = Severity::Warning;
    let places = ["/etc/crontab", "/etc/cron.d", "/var/spool/cron", "/etc/systemd/system"];
    let look = vec![
        command!("systemctl", "list-timers", "--all", "--no-pager"),
        command!("grep", "-rls", "--", "systemctl").with(places.map(CheckedWord::from)),
    ];
    Some(
        diagnosis.step(FixStep::looks("find what does so: a timer, a job of cron, or what manages this machine", look)),
    )
}

/// Lines that are shown of what systemd says of a circle.
const MAX_OF_A_CIRCLE: usize = 4;

fn look(facts: &Facts, text: &str) -> FixStep {
    FixStep::looks(text, fix::systemctl("cat", facts).into_iter().collect())
}

/// Another unit that is as it would be if this one had been stopped with it, or for it.
fn together(facts: &Facts) -> Option<&UnitDependency> {
    let fits = |unit: &&UnitDependency| (unit.active_state == "active") == (unit.bond == Bond::Rival);
    facts.dependencies.iter().find(fits)
}

/// The line of the unit that names the other.
fn bond_line(facts: &Facts, other: &UnitDependency) -> Option<Evidence> {
    let unit = &facts.unit.known()?.unit;
    ["BindsTo", "PartOf", "Requires", "Requisite", "Conflicts"].into_iter().find_map(|key| {
        let names =
            |setting: &Setting<'_>| setting.value.split_whitespace().any(|name| unit.expand(name) == other.unit);
        let setting = unit.settings("Unit", key).into_iter().find(names)?;
        Some(evidence::unit_line(key, &setting))
    })
}

/// What the journal of the boot that runs tells; what was said before it is how the machine went down.
fn reason(facts: &Facts) -> Reason<'_> {
    if remains(facts) {
        return Reason::Ended(None);
    }
    let own = facts.manager_now();
    let last = own.last().copied();
    // Before systemd 250: `Condition check resulted in ServerFlow Agent being skipped.`
    let skips = |entry: &&JournalEntry| entry.says("unmet condition") || entry.says("Condition check resulted in");
    let unmet = facts.service.known().is_some_and(|service| service.unmet) || is_unmet_command(facts);
    if let Some(skipped) = last.filter(skips) {
        return Reason::Unmet(Some(skipped));
    }
    if unmet {
        return Reason::Unmet(None);
    }
    let begun = own.iter().rposition(|entry| entry.is(id::STARTED));
    let job = format!("Job {}/start deleted to break ordering cycle", facts.places.unit);
    let left_out = own.iter().copied().rfind(|entry| entry.says(&job));
    // At boot systemd says so to the kernel's log, as nobody else hears it yet.
    let boot = facts.host.boot.as_deref();
    let of_boot = |entry: &&JournalEntry| boot.is_some() && entry.boot.as_deref() == boot && entry.says(&job);
    let left_out = left_out.or_else(|| facts.told_of_processes.iter().rfind(of_boot));
    let started = begun.and_then(|begun| own.get(begun)).map(|entry| entry.at);
    if let Some(left_out) = left_out.filter(|entry| started.is_none_or(|started| started < entry.at)) {
        return Reason::LeftOut(left_out);
    }
    let since = own.get(begun.unwrap_or_default()..).unwrap_or_default();
    if since.iter().any(|entry| entry.is(id::STOPPING)) {
        let stopped = since.iter().rev().find(|entry| entry.is(id::STOPPED) || entry.is(id::STOPPING));
        return stopped.map_or(Reason::NotTold, |entry| Reason::Stopped(entry));
    }
    let ended = since.iter().rev().find(|entry| entry.is(id::SUCCEEDED) || entry.is(id::PROCESS_EXITED)).copied();
    let died = facts.runs().last().is_some_and(JournalRun::died) && !own.is_empty();
    match (ended, own.is_empty()) {
        (Some(_), _) => Reason::Ended(ended),
        (None, _) if died => Reason::Ended(None),
        (None, true) if facts.host.boot.is_some() && facts.journal.known().is_some() => Reason::NotSinceBoot,
        (None, _) => Reason::NotTold,
    }
}

/// The code with which it ended, where that is none of success and its unit takes it for one (`SuccessExitStatus=`, or a `-`
/// before the command).
fn failed_code(facts: &Facts) -> Option<u32> {
    let service = facts.service.known().filter(|service| service.result == "success")?;
    let unit = &started::unit(facts)?.unit;
    let counted = unit.setting("Service", "SuccessExitStatus").is_some() || is_forgiven(unit);
    service.exit_code().filter(|code| *code != 0 && counted)
}

/// Whether every end of the command counts as success: `ExecStart=-/usr/bin/node …` (systemd.service(5), table "Special
/// executable prefixes").
fn is_forgiven(unit: &Unit) -> bool {
    unit.command().is_some_and(|command| command.is_ok_and(|command| command.prefixes.ignore_failure))
}

/// Whether the unit counts as active without a process (systemd.service(5), `RemainAfterExit=`).
fn remains(facts: &Facts) -> bool {
    facts.service.known().is_some_and(|service| service.active_state == "active" && service.sub_state == "exited")
}

/// Whether it was `ExecCondition=` that said no (systemd.service(5)).
fn is_unmet_command(facts: &Facts) -> bool {
    facts.service.known().is_some_and(|service| service.result == "exec-condition")
}

fn words(facts: &Facts, reason: &Reason<'_>) -> String {
    let service = facts.service.known();
    let restart = service.map_or("no", |service| service.restart.as_str());
    let disabled = service.is_some_and(|service| service.unit_file_state == "disabled");
    match reason {
        Reason::Killed(_) => "The agent was killed by hand, and its unit does not start it again".to_owned(),
        Reason::Unmet(_) if is_unmet_command(facts) => {
            "The service is not started: its unit's `ExecCondition=` says no".to_owned()
        }
        Reason::Unmet(_) => "The service is not started: a condition that the unit sets is not met".to_owned(),
        Reason::Stopped(_) if together(facts).is_some() => {
            let other = together(facts).map_or("", |other| other.unit.as_str());
            match together(facts).map(|other| other.bond) {
                Some(Bond::Rival) => format!(
                    "The service was stopped, by hand or for `{other}`, which runs and with which its unit conflicts"
                ),
                _ => format!(
                    "The service was stopped, by hand or together with `{other}`, which its unit is bound to and which \
                     does not run"
                ),
            }
        }
        Reason::Stopped(_) => {
            "The service was stopped by hand, and nothing that was seen keeps it from starting".to_owned()
        }
        Reason::Ended(_) if remains(facts) => "The agent ended by itself, and its unit (`RemainAfterExit=`) counts as \
             active all the same, so that nothing starts it again"
            .to_owned(),
        Reason::Ended(_) if failed_code(facts).is_some() => {
            let code = failed_code(facts).unwrap_or_default();
            format!(
                "The agent ended by itself with exit code {code}, which its unit counts as success, so that it is not started \
                 again"
            )
        }
        Reason::Ended(_) => {
            format!("The agent ended by itself, and its unit (`Restart={restart}`) does not start it again then")
        }
        Reason::LeftOut(_) => {
            "systemd left the service out of what it started: what units say of their order makes a circle, \
             and it broke it there"
                .to_owned()
        }
        Reason::NotSinceBoot if disabled => {
            "The machine was booted, and the service is disabled: nothing has started it since".to_owned()
        }
        Reason::NotSinceBoot => "The service has not been started since the machine was booted".to_owned(),
        Reason::NotTold => "The service is not started, and nothing that was seen keeps it from starting".to_owned(),
    }
}

fn line<'a>(reason: &Reason<'a>) -> Option<&'a JournalEntry> {
    match reason {
        Reason::Killed(entry) | Reason::Stopped(entry) | Reason::LeftOut(entry) => Some(entry),
        Reason::Unmet(entry) | Reason::Ended(entry) => *entry,
        Reason::NotSinceBoot | Reason::NotTold => None,
    }
}

fn unit_file_state(facts: &Facts, reason: &Reason<'_>) -> Option<crate::report::diagnosis::Evidence> {
    let state = facts.service.known().map(|service| service.unit_file_state.as_str())?;
    matches!(reason, Reason::NotSinceBoot).then(|| evidence::systemctl(format!("UnitFileState={state}")))
}
