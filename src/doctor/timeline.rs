//! What happened to the agent, put together from the journal and the times of what is on the disk.

use super::causes::control_plane_unreachable::{ConnectionNews, told};
use super::facts::journal::id;
use super::facts::{Facts, JournalEntry, Speaker};
use crate::report::moment::Moment;
use crate::report::timeline::{TimelineEvent, TimelineKind};
use crate::text::beginning;

/// Events that are told, the newest: a screen or two of them.
const MAX_EVENTS: usize = 80;
/// Characters of what is said of one.
const MAX_WORDS: usize = 240;

/// What happened, oldest first; what happened again and again is told once, with how often.
#[must_use]
pub(crate) fn timeline(facts: &Facts) -> Vec<TimelineEvent> {
    let entries = facts.journal.known().map(|journal| journal.entries.as_slice()).unwrap_or_default();
    let mut events: Vec<Happening> = entries.iter().filter_map(|entry| event(entry, facts)).collect();
    events.extend(on_disk(facts));
    events.sort_by_key(|event| event.at);
    let mut told: Vec<Happening> = Vec::new();
    let mut is_stopped = false;
    for event in events {
        // What ends because it was stopped has not died.
        match event.kind {
            TimelineKind::Stop => is_stopped = true,
            TimelineKind::Start => is_stopped = false,
            TimelineKind::Death if is_stopped => continue,
            _ => {}
        }
        match told.last_mut() {
            // A connection that is not there is told of every few seconds, each time in other words.
            Some(last) if last.kind == event.kind && (last.text == event.text || is_of_connection(event.kind)) => {
                last.times = last.times.saturating_add(1);
            }
            _ => told.push(event),
        }
    }
    let older = told.len().saturating_sub(MAX_EVENTS);
    let event = |Happening { at, kind, text, times }| TimelineEvent { at: Some(at), kind: kind.name(), text, times };
    told.split_off(older).into_iter().map(event).collect()
}

/// Something that happened.
struct Happening {
    at: Moment,
    kind: TimelineKind,
    text: String,
    times: u32,
}

const fn is_of_connection(kind: TimelineKind) -> bool {
    matches!(kind, TimelineKind::Connected | TimelineKind::Disconnected)
}

fn event(entry: &JournalEntry, facts: &Facts) -> Option<Happening> {
    let kind = match entry.speaker {
        Speaker::Manager if entry.is(id::STARTED) => TimelineKind::Start,
        Speaker::Manager if entry.is(id::STOPPING) => TimelineKind::Stop,
        Speaker::Manager if entry.ends_main() || entry.is(id::OUT_OF_MEMORY) => TimelineKind::Death,
        // systemd says it where it gives up, and in no other entry of that kind.
        Speaker::Manager if entry.says("Start request repeated too quickly") => TimelineKind::GaveUp,
        Speaker::Manager | Speaker::Child if entry.is(id::SPAWN_FAILED) => TimelineKind::Death,
        Speaker::Agent => match told(entry, facts)? {
            ConnectionNews::Connected => TimelineKind::Connected,
            ConnectionNews::Refused => TimelineKind::Disconnected,
        },
        Speaker::Manager | Speaker::Child => return None,
    };
    Some(Happening { at: entry.at, kind, text: beginning(&entry.message, MAX_WORDS), times: 1 })
}

/// The steps of an update that leave a time on the disk.
fn on_disk(facts: &Facts) -> Vec<Happening> {
    let came = |at: Option<Moment>, text: String| {
        at.map(|at| Happening {
            at,
            kind: TimelineKind::Update,
            text: crate::text::printable(&text).into_owned(),
            times: 1,
        })
    };
    let version = |report: &crate::report::subject::SubjectReport| {
        let version = report.package.as_ref().and_then(|package| package.version.as_ref());
        version.map_or_else(String::new, |version| format!(" ({version})"))
    };
    let bundle = facts.deployment.inspected();
    let backup = facts.backup.inspected();
    let download = facts.download.known().and_then(Option::as_ref);
    let events = [
        bundle.and_then(|found| {
            let words = format!("the bundle in {} was replaced{}", facts.deployment.path, version(&found.report));
            came(found.replaced, words)
        }),
        backup.and_then(|found| {
            came(found.replaced, format!("{} was put there{}", facts.backup.path, version(&found.report)))
        }),
        download.and_then(|found| came(found.changed, format!("{} was downloaded", found.path))),
    ];
    events.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_cut_between_characters() {
        assert_eq!(beginning("short", MAX_WORDS), "short");
        let long = beginning(&"é".repeat(MAX_WORDS + 1), MAX_WORDS);
        assert!(long.ends_with('…') && long.chars().count() == MAX_WORDS + 1, "{long}");
    }
}
