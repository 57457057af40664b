//! What the service does, in a few words to stand behind the verdict.

use super::facts::{Condition, Facts, Moment, Reach, Service};
use super::report::DoctorReport;
use crate::report::server::Health;
use crate::text;

/// The cause whose consequences are its reasons.
const WOULD_FAIL: &str = "restart-would-fail";

/// What the service does, to stand behind the verdict.
#[must_use]
pub(super) fn in_words(report: &DoctorReport) -> String {
    let facts = &report.facts;
    let loop_words = || {
        if let Some(run) = facts.only_death() {
            return format!("it died at {} after {} s, and is not back yet", time(facts, run.end()), run.lived());
        }
        let restarts = facts.service.known().and_then(|service| service.restarts).filter(|count| *count > 0);
        let since = loop_since(facts).map_or_else(String::new, |since| format!(" since {since}"));
        restarts.map_or_else(
            || "it dies at every start".to_owned(),
            |count| format!("it dies at every start, {}{since}", text::plural(u64::from(count), "restart")),
        )
    };
    let would_not_start = report.diagnoses.iter().any(|diagnosis| diagnosis.cause == WOULD_FAIL);
    match (report.health, facts.condition()) {
        _ if facts.has_no_agent() => facts.no_agent(),
        (Health::Healthy, _) => up(facts),
        (Health::Degraded, Condition::Running) if would_not_start => "it runs, and would not start again".to_owned(),
        (Health::Degraded, Condition::Running) => {
            format!("it runs, with {}", text::plural(report.diagnoses.len() as u64, "fault"))
        }
        (_, Condition::Starting) => starting(facts),
        (Health::Broken, Condition::Running) if report.diagnoses.iter().any(|one| one.cause == "process-frozen") => {
            "it is there, and does not get to run".to_owned()
        }
        (Health::Inconclusive, _) => "nothing bad was seen, but not everything could be".to_owned(),
        (_, Condition::Looping) => loop_words(),
        (_, Condition::Running) => "it runs, but does not do its work".to_owned(),
        (_, Condition::Down) => match facts.service.known() {
            Some(service) if !service.result.is_empty() && service.result != "success" => {
                format!("it is down ({})", service.result)
            }
            _ => "it is down".to_owned(),
        },
        (_, Condition::Stopped) => "it is stopped".to_owned(),
        (_, Condition::Unknown) => match &facts.reach {
            Reach::Mounted(root) => format!("what is below {root} would not start"),
            Reach::Live => "its state could not be asked".to_owned(),
        },
    }
}

/// What systemd waits for, in its own words.
fn starting(facts: &Facts) -> String {
    if facts.service.known().is_some_and(Service::is_queued) {
        return "its start waits in systemd's queue".to_owned();
    }
    let state = facts.service.known().map(|service| format!("{} ({})", service.active_state, service.sub_state));
    format!("it is {}, neither up nor down", state.unwrap_or_default())
}

/// `up since 03:12:34, agent 0.1.26, node 20.20.2`.
fn up(facts: &Facts) -> String {
    let since = facts.service.known().and_then(|service| service.active_since);
    let mut parts: Vec<_> = since.map(|since| format!("up since {}", time(facts, since))).into_iter().collect();
    let package = facts.deployment.inspected().and_then(|inspected| inspected.report.package.as_ref());
    parts.extend(package.and_then(|package| package.version.as_ref()).map(|version| format!("agent {version}")));
    let node = facts.node.known().and_then(Option::as_ref).and_then(|node| node.version.as_ref());
    parts.extend(node.map(|version| format!("node {version}")));
    parts.join(", ")
}

/// When the first of the deaths in a row was, as far as the journal was read.
fn loop_since(facts: &Facts) -> Option<String> {
    let runs = facts.runs();
    let first = runs.iter().rev().take(facts.streak()).next_back()?.entries.first()?.at;
    let is_whole = facts.journal.known().is_some_and(|journal| !journal.is_cut);
    is_whole.then(|| time(facts, first))
}

/// The time of today, or with its date.
fn time(facts: &Facts, at: Moment) -> String {
    at.beside(Some(facts.at))
}
