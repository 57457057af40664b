//! Ends that are told apart by what systemd says of them, and a unit that another one may have stopped.

use super::*;
use crate::doctor::facts::{Bond, UnitDependency};
use crate::doctor::repair::plan::{Planned, plan};
use crate::report::diagnosis::FixCommand;

fn summary(make: Make) -> String {
    judged(make).diagnoses.first().map(|one| one.summary.clone()).unwrap_or_default()
}

/// A block of Node's that an application printed, as the last lines of a process that ended in its own way.
const BLOCK: [&str; 6] = [
    "node:events:502",
    "      throw er; // Unhandled 'error' event",
    "      ^",
    "Error: listen EADDRINUSE: address already in use 0.0.0.0:3001",
    "    at x",
    "Node.js v20.20.2",
];

fn bound(f: &mut Facts, bond: Bond, active: &str) {
    f.stopped();
    f.dependencies = vec![UnitDependency {
        bond,
        unit: "storage.service".into(),
        load_state: "loaded".into(),
        active_state: active.into(),
        result: "success".into(),
    }];
}

fn out_of_time(f: &mut Facts, line: &str, words: &str) {
    f.unit_says("Restart=always", &format!("{line}\nRestart=always"));
    f.dies(Speaker::Agent, &["[agent] hello"], Exit::Signal(15));
    f.service().result = "timeout".into();
    let told = entry(ago(5), Speaker::Manager, "run 2", &format!("server-flow-agent.service: {words}"));
    f.journal().entries.push(told);
}

#[test]
fn an_end_is_told_by_what_systemd_says_of_it() {
    let cases: [(&str, Make, &str, &str); 12] = [
        (
            "a crash of native code",
            |f| f.dies(Speaker::Agent, &["[agent] hello"], Exit::Signal(11)),
            "unknown-crash",
            "SIGSEGV",
        ),
        ("a bus error", |f| f.dies(Speaker::Agent, &["[agent] hello"], Exit::Signal(7)), "unknown-crash", "SIGBUS"),
        (
            "a block of another, and 7",
            |f| f.dies(Speaker::Agent, &BLOCK, Exit::Code(7)),
            "unknown-crash",
            "exit code 7",
        ),
        (
            "a block of another, and 13",
            |f| f.dies(Speaker::Agent, &BLOCK, Exit::Code(13)),
            "unknown-crash",
            "exit code 13",
        ),
        (
            "Node's own block",
            |f| f.dies(Speaker::Agent, &BLOCK, Exit::Code(1)),
            "port-in-use",
            "nothing does at this moment",
        ),
        (
            "a type that waits",
            |f| out_of_time(f, "Type=notify", "start operation timed out. Terminating."),
            "unit-confinement",
            "Type=notify",
        ),
        (
            "a type that waits, and a time",
            |f| out_of_time(f, "TimeoutStartSec=4\nType=forking", "start operation timed out. Terminating."),
            "unit-confinement",
            "Type=forking",
        ),
        (
            "a time that is too short",
            |f| out_of_time(f, "TimeoutStartSec=4", "start operation timed out. Terminating."),
            "unit-confinement",
            "TimeoutStartSec=4",
        ),
        (
            "a life that is bounded",
            |f| out_of_time(f, "RuntimeMaxSec=5\nTimeoutStartSec=90", "Service reached runtime time limit. Stopping."),
            "unit-confinement",
            "RuntimeMaxSec=5",
        ),
        (
            "systemd-oomd",
            |f| {
                f.dies(Speaker::Agent, &["[agent] hello"], Exit::Signal(9));
                let words = "server-flow-agent.service: systemd-oomd killed 3 process(es) in this unit.";
                f.journal().entries.push(entry(ago(5), Speaker::Manager, "run 2", words));
            },
            "out-of-memory",
            "systemd-oomd",
        ),
        (
            "a command that says no",
            |f| {
                f.unit_says("Restart=always", "ExecCondition=/bin/false\nRestart=always");
                f.helper_fails();
                f.service().result = "exec-condition".into();
            },
            "helper-command-failed",
            "`ExecCondition=` says no",
        ),
        (
            "a command that cannot say",
            |f| {
                f.unit_says("Restart=always", "ExecCondition=/bin/false\nRestart=always");
                f.dies(Speaker::Manager, &[], Exit::Code(255));
                for entry in &mut f.journal().entries {
                    entry.message = entry.message.replace("Main process exited", "Condition check process exited");
                }
                f.service().exit = None;
            },
            "helper-command-failed",
            "`ExecCondition=` fails",
        ),
    ];
    for (name, make, cause, words) in cases {
        let report = judged(make);
        assert_eq!(roots(&report).first(), Some(&cause), "{name}: {:#?}", report.diagnoses);
        assert!(summary(make).contains(words), "{name}: {}", summary(make));
    }
}

#[test]
fn a_unit_that_another_stops_is_not_said_to_be_stopped_by_hand_alone() {
    let cases: [(&str, Make, &str); 4] = [
        ("a part of what does not run", |f| bound(f, Bond::Whole, "inactive"), "together with `storage.service`"),
        ("bound to what does not run", |f| bound(f, Bond::Needed, "inactive"), "together with `storage.service`"),
        ("a rival that runs", |f| bound(f, Bond::Rival, "active"), "for `storage.service`"),
        ("a rival that does not run", |f| bound(f, Bond::Rival, "inactive"), "stopped by hand, and nothing"),
    ];
    for (name, make, words) in cases {
        assert!(summary(make).contains(words), "{name}: {}", summary(make));
    }
}

/// `Conflicts=`: to start the one is to stop the other (systemd.unit(5)).
#[test]
fn no_fix_starts_the_agent_where_that_would_stop_another_unit() {
    for (rival, starts) in [("active", false), ("inactive", true)] {
        let mut facts = healthy();
        bound(&mut facts, Bond::Rival, rival);
        let report = diagnose(facts, &policy());
        let typed: Vec<String> = report
            .diagnoses
            .iter()
            .flat_map(|one| &one.fix)
            .flat_map(|step| &step.commands)
            .map(FixCommand::typed)
            .collect();
        let is_start = |line: &String| line.contains("systemctl restart") || line.contains("systemctl start");
        assert_eq!(typed.iter().any(is_start), starts, "{rival}: {typed:?}");
        assert_eq!(matches!(plan(&report), Planned::Plan(_)), starts, "{rival}");
    }
}

#[test]
fn a_line_that_takes_the_network_away_is_found_and_taken_out() {
    for (line, found) in [
        ("PrivateNetwork=yes", true),
        ("IPAddressDeny=any", true),
        ("IPAddressDeny=any\nIPAddressAllow=10.0.0.0/8", false),
        ("PrivateNetwork=no", false),
    ] {
        let mut facts = healthy();
        facts.unit_says("Restart=always", &format!("{line}\nRestart=always"));
        facts.connections().own.clear();
        let report = diagnose(facts, &policy());
        let first = &report.diagnoses[0];
        assert_eq!(first.cause, "control-plane-unreachable");
        assert_eq!(first.summary.contains("keeps it from the network"), found, "{}", first.summary);
    }
}
