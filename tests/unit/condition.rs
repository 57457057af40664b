//! How a service fares, and which lines of its journal belong to the present.

use crate::doctor::facts::journal::{Speaker, id};
use crate::doctor::facts::{Condition, Exit, Fact, Facts, JournalEntry, Reach};
use crate::tests::server::*;

type Make = fn(&mut Facts);

/// The agent is up again since so many seconds, as run `again`.
fn up_again(f: &mut Facts, seconds: u64, restarts: u32) {
    let service = f.service();
    service.active_state = "active".into();
    service.sub_state = "running".into();
    service.result = "success".into();
    service.main_pid = Some(900);
    service.started = Some(ago(seconds));
    service.active_since = Some(ago(seconds));
    service.restarts = Some(restarts);
    service.invocation = Some("again".into());
    let started = JournalEntry {
        message_id: Some(id::STARTED.into()),
        ..entry(ago(seconds), Speaker::Manager, "again", "Started server-flow-agent.service.")
    };
    if restarts > 0 {
        // Every start of systemd's own is told as the last word on the run before.
        let scheduled = JournalEntry {
            message_id: Some(id::RESTART_SCHEDULED.into()),
            ..entry(ago(seconds), Speaker::Manager, "run 2", "Scheduled restart job, restart counter is at 3.")
        };
        f.journal().entries.push(scheduled);
    }
    f.journal().entries.push(started);
}

fn loops(f: &mut Facts) {
    f.crashes(&["Error: telemetry queue is corrupt"]);
}

#[test]
fn a_service_is_told_by_more_than_its_state() {
    let cases: &[(&str, Make, Condition)] = &[
        ("runs", |_| {}, Condition::Running),
        ("waits to be started again", loops, Condition::Looping),
        (
            "the queued kind of waiting",
            |f| {
                loops(f);
                f.service().sub_state = "auto-restart-queued".into();
            },
            Condition::Looping,
        ),
        (
            "active for a moment of its loop",
            |f| {
                loops(f);
                up_again(f, 0, 3);
            },
            Condition::Looping,
        ),
        (
            "up for longer than the runs before it lived",
            |f| {
                loops(f);
                up_again(f, 16, 3);
            },
            Condition::Running,
        ),
        (
            "dies a minute after each start",
            |f| {
                loops(f);
                for entry in &mut f.journal().entries {
                    // The runs began earlier, and ended as before.
                    if entry.is(id::STARTED) {
                        entry.at = ago(200);
                    }
                }
                up_again(f, 40, 3);
            },
            Condition::Looping,
        ),
        (
            "started by hand after a loop, a moment ago",
            |f| {
                loops(f);
                up_again(f, 3, 0);
            },
            Condition::Running,
        ),
        (
            "just up, restarts counted, and a journal that may not be read",
            |f| {
                loops(f);
                up_again(f, 3, 142);
                f.journal = Fact::unknown("permission denied");
            },
            Condition::Looping,
        ),
        (
            "just up, restarts counted, and a journal that is off",
            |f| {
                loops(f);
                f.journal().entries.clear();
                up_again(f, 3, 142);
            },
            Condition::Looping,
        ),
        ("stopped by hand", Break::stopped, Condition::Stopped),
        (
            "gave up",
            |f| {
                loops(f);
                f.service().active_state = "failed".into();
                f.service().sub_state = "failed".into();
            },
            Condition::Down,
        ),
        ("not to be asked", |f| f.service = Fact::unknown("there is no `systemctl`"), Condition::Unknown),
    ];
    for (name, make, wanted) in cases {
        let mut facts = healthy();
        make(&mut facts);
        assert_eq!(facts.condition(), *wanted, "{name}");
    }
}

#[test]
fn only_the_present_is_evidence() {
    let cases: &[(&str, Make, &[&str])] = &[
        ("of an agent that runs, its own run", |_| {}, &["[connection] connected to http://cp.example:4000"]),
        (
            "of a loop, its runs, and not the good one before",
            |f| f.dies(Speaker::Agent, &["Error: x"], Exit::Code(1)),
            &["Error: x", "Error: x", "Error: x"],
        ),
        (
            "of a loop that followed a change, what was said after it",
            |f| {
                f.dies(Speaker::Agent, &["Error: x"], Exit::Code(1));
                f.inspected().replaced = Some(ago(15));
            },
            &["Error: x"],
        ),
        (
            "after a good start, nothing of the loop before it",
            |f| {
                f.dies(Speaker::Agent, &["Error: x"], Exit::Code(1));
                up_again(f, 20, 1);
            },
            &[],
        ),
        ("of a service that was stopped, nothing", Break::stopped, &[]),
        (
            "of a mounted disk, how the last run died",
            |f| {
                f.dies(Speaker::Agent, &["Error: x"], Exit::Code(1));
                f.reach = Reach::Mounted("/mnt".into());
                f.service = Fact::unknown("a mounted disk does not run");
            },
            &["Error: x", "Error: x", "Error: x"],
        ),
        (
            "of a mounted disk whose agent ran to the end, nothing",
            |f| {
                f.reach = Reach::Mounted("/mnt".into());
                f.service = Fact::unknown("a mounted disk does not run");
            },
            &[],
        ),
    ];
    for (name, make, wanted) in cases {
        let mut facts = healthy();
        make(&mut facts);
        let present = facts.present();
        let said: Vec<_> = present
            .iter()
            .filter(|entry| entry.speaker == Speaker::Agent)
            .map(|entry| entry.message.as_str())
            .collect();
        assert_eq!(said, *wanted, "{name}");
    }
}

#[test]
fn a_death_is_no_stop_and_an_automatic_restart_is_no_stop_either() {
    let mut facts = healthy();
    facts.dies(Speaker::Agent, &["x"], Exit::Code(1));
    assert_eq!(facts.streak(), 3, "systemd 252 says `Stopped` at every automatic restart");
    let mut facts = healthy();
    facts.stopped();
    assert_eq!(facts.streak(), 0);
    assert!(facts.runs().iter().all(|run| !run.died()));
}
