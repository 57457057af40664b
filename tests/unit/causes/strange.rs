//! Lines of units that seldom stand in one, and that systemd and Node understand otherwise than a person does: how each is told from
//! what looks like it.

use super::*;
use crate::doctor::facts::{LogKind, LogPlace, UnmountedVolume};
use crate::report::diagnosis::FixCommand;

fn typed(report: &DoctorReport) -> String {
    let steps = report.diagnoses.iter().flat_map(|one| &one.fix);
    steps.flat_map(|step| &step.commands).map(FixCommand::typed).collect::<Vec<_>>().join("\n")
}

/// All that is said of the first cause, and what is typed.
fn told(report: &DoctorReport) -> String {
    let first = report.diagnoses.first().unwrap();
    let seen = first.evidence().iter().map(|seen| seen.detail.clone());
    let advice = first.fix.iter().map(|step| step.text.clone());
    std::iter::once(first.summary.clone()).chain(seen).chain(advice).collect::<Vec<_>>().join("\n")
}

fn said(f: &mut Facts, line: &str) {
    f.journal().entries.push(entry(ago(1700), Speaker::Agent, "now", line));
}

/// Only what Node says of a debugger has been said, and there is no connection.
fn waits(f: &mut Facts) {
    f.journal().entries.truncate(1);
    f.connections().own.clear();
    said(f, "Debugger listening on ws://127.0.0.1:9229/04c6435c");
    said(f, "For help, see: https://nodejs.org/en/docs/inspector");
}

#[test]
fn a_node_that_waits_for_a_debugger_is_told_from_one_that_allows_it() {
    let cases: [(&str, Make, &[&str]); 5] = [
        (
            "in the command",
            |f| {
                f.unit_says("/usr/bin/node /root", "/usr/bin/node --inspect-brk /root");
                waits(f);
            },
            &["process-frozen"],
        ),
        (
            "in a variable",
            |f| {
                f.unit_says("NODE_ENV=production", "NODE_OPTIONS=--inspect-wait");
                waits(f);
            },
            &["process-frozen"],
        ),
        (
            "a debugger has let it go on",
            |f| {
                f.unit_says("/usr/bin/node /root", "/usr/bin/node --inspect-brk /root");
                waits(f);
                said(f, "[agent] version 0.1.26, protocol 3");
            },
            &["control-plane-unreachable"],
        ),
        (
            "it may be connected to at any time",
            |f| {
                f.unit_says("/usr/bin/node /root", "/usr/bin/node --inspect /root");
                waits(f);
            },
            &["control-plane-unreachable"],
        ),
        (
            "connected",
            |f| {
                f.unit_says("/usr/bin/node /root", "/usr/bin/node --inspect-brk /root");
                let own = f.connections().own.clone();
                waits(f);
                f.connections().own = own;
            },
            &[],
        ),
    ];
    for (case, make, wanted) in cases {
        assert_eq!(roots(&judged(make)), wanted, "{case}");
    }
    let report = judged(cases[0].1);
    assert_eq!(report.health, Health::Broken);
    assert!(typed(&report).contains("--inspect-brk"), "{}", typed(&report));
    assert!(told(&report).contains("Debugger listening on"), "{}", told(&report));
}

fn without_a_group(f: &mut Facts) {
    f.dies(Speaker::Child, &[NO_GROUP], Exit::Code(216));
}

const NO_GROUP: &str = "server-flow-agent.service: Failed at step GROUP spawning /usr/bin/node: No such process";

#[test]
fn a_group_beside_the_units_own_is_named_as_what_it_is() {
    let report = judged(|f| {
        f.unit_says("User=root", "User=root\nSupplementaryGroups=docker");
        without_a_group(f);
    });
    assert_eq!(roots(&report), ["user-missing"]);
    assert!(told(&report).contains("the group `docker` beside its own"), "{}", told(&report));
    assert!(typed(&report).contains("groupadd --system -- docker"), "{}", typed(&report));
    let report = judged(|f| {
        f.unit_says("User=root", "User=root\nSupplementaryGroups=adm docker");
        without_a_group(f);
    });
    assert!(told(&report).contains("of which one does not exist"), "{}", told(&report));
    assert!(typed(&report).contains("getent group -- adm docker"), "{}", typed(&report));
    // With a group of its own, systemd's words tell which of the two it is about.
    let report = judged(|f| {
        f.unit_says("User=root", "User=root\nGroup=agents\nSupplementaryGroups=docker");
        without_a_group(f);
    });
    assert!(told(&report).contains("runs as the group `agents`"), "{}", told(&report));
}

/// An agent that has ended with an error, and that its unit does not start again.
fn ended(f: &mut Facts, command: &str) {
    f.unit_says("ExecStart=/usr/bin/node", command);
    f.service().restart = "on-failure".into();
    f.crashes(&["Error: queue is corrupt"]);
    let service = f.service();
    (service.active_state, service.sub_state) = ("inactive".into(), "dead".into());
    service.result = "success".into();
}

#[test]
fn a_failure_that_the_command_forgives_is_quoted() {
    let report = judged(|f| ended(f, "ExecStart=-/usr/bin/node"));
    assert_eq!(roots(&report), ["service-stopped"]);
    assert!(told(&report).contains("exit code 1, which its unit counts as success"), "{}", told(&report));
    assert!(told(&report).contains("ExecStart=-/usr/bin/node"), "{}", told(&report));
    assert!(told(&report).contains("Error: queue is corrupt"), "{}", told(&report));
    // What `systemctl reset-failed` has forgotten, the journal has not.
    let report = judged(|f| ended(f, "ExecStart=/usr/bin/node"));
    assert_eq!(roots(&report), ["service-stopped"]);
    assert!(told(&report).contains("Error: queue is corrupt"), "{}", told(&report));
    assert!(!told(&report).contains("counts as success"), "{}", told(&report));
}

fn refused(f: &mut Facts) {
    f.unit_says("User=root", "User=agent");
    f.unit_says("/usr/bin/node /root", "/root/.nvm/bin/node /root");
    let denied = Presence::Denied { at: "/root".into(), why: "owner 0:0, mode 0700".into() };
    f.unit().program = reached("/root/.nvm/bin/node", denied);
    let line = "server-flow-agent.service: Failed at step EXEC spawning /root/.nvm/bin/node: Permission denied";
    f.dies(Speaker::Child, &[line], Exit::Code(203));
}

#[test]
fn a_node_that_its_user_may_not_reach_gives_way_to_one_for_all() {
    let report = judged(|f| {
        refused(f);
        f.other_nodes = vec![ServerNode { path: "/usr/bin/node".into(), version: Some("20.20.2".into()), fault: None }];
    });
    assert_eq!(roots(&report), ["permission-denied"]);
    assert!(typed(&report).contains("/usr/bin/node"), "{}", typed(&report));
    let report = judged(refused);
    assert!(!typed(&report).contains("/usr/bin/node"), "{}", typed(&report));
}

#[test]
fn a_script_that_is_not_there_is_the_units_where_the_bundle_has_its_own() {
    let there = "ExecStart=/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js";
    let nowhere = format!("{BUNDLE}/~/agent-bundle/dist/index.js");
    for (command, script) in [
        ("ExecStart=/usr/bin/node ~/agent-bundle/dist/index.js", nowhere.as_str()),
        ("ExecStart=/usr/bin/node ${WHERE}/dist/index.js", "/srv/agent-bundel/dist/index.js"),
    ] {
        let mut facts = healthy();
        facts.unit_says(there, command);
        facts.unit().script = reached(script, missing());
        facts.crashes(&[&format!("Error: Cannot find module '{script}'")]);
        facts.guards.push(Guard { path: FILE.into(), hold: Hold::Roots });
        let report = diagnose(facts, &policy());
        assert_eq!(roots(&report), ["entry-point-missing"], "{command}");
        assert!(typed(&report).contains(&format!("{BUNDLE}/dist/index.js")), "{}", typed(&report));
        assert!(!typed(&report).contains("curl"), "{}", typed(&report));
    }
}

fn unmounted(f: &mut Facts) {
    f.deployment = absent(BUNDLE);
    f.unit().working_directory = reached(BUNDLE, missing());
    f.unit().script = reached(&format!("{BUNDLE}/dist/index.js"), missing());
    let line = "/dev/sdb1 /root/.server-flow ext4 nofail 0 2";
    f.unmounted = Some(UnmountedVolume { point: HOME.into(), place: "/etc/fstab:4".into(), line: line.into() });
    f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
}

#[test]
fn a_bundle_on_a_disk_that_is_not_mounted_is_not_fetched_anew() {
    let report = judged(unmounted);
    assert_eq!(roots(&report), ["deployment-missing"]);
    assert!(told(&report).contains("/etc/fstab:4  /dev/sdb1 /root/.server-flow ext4"), "{}", told(&report));
    assert!(told(&report).contains("`mount /root/.server-flow`"), "{}", told(&report));
    assert!(typed(&report).starts_with("findmnt --fstab"), "{}", typed(&report));
    assert!(!typed(&report).contains("curl"), "{}", typed(&report));
    // Of a mounted disk the bundle is elsewhere, and a line of the journal is no reason to fetch another one.
    let report = judged(|f| {
        unmounted(f);
        f.reach = Reach::Mounted("/mnt".into());
        f.service = Fact::unknown("a mounted disk does not run");
        f.journal().entries.clear();
        f.crashes_on_disk(&format!("Error: Cannot find module '{BUNDLE}/dist/index.js'"));
        f.deployment.state = Fact::unknown("on another disk");
        f.unit().working_directory = Fact::unknown("on another disk");
    });
    assert_eq!(roots(&report), ["module-not-found"]);
    assert!(told(&report).contains("which it is told to start"), "{}", told(&report));
    assert!(told(&report).contains("mount what belongs at `/root/.server-flow`"), "{}", told(&report));
    assert!(typed(&report).is_empty(), "{}", typed(&report));
}

trait OnDisk {
    /// The journal of a mounted disk ends with such a death.
    fn crashes_on_disk(&mut self, headline: &str);
}

impl OnDisk for Facts {
    fn crashes_on_disk(&mut self, headline: &str) {
        self.service = healthy().service;
        self.crashes(&[headline]);
        self.service = Fact::unknown("a mounted disk does not run");
    }
}

fn dropped(f: &mut Facts) {
    let kind = LogKind::Dropped("LogLevelMax=warning".into());
    f.journal().elsewhere = vec![LogPlace { kind, unread: None }];
}

#[test]
fn what_the_journal_is_told_to_drop_is_said() {
    let report = judged(|f| {
        dropped(f);
        f.dies(Speaker::Agent, &[], Exit::Code(1));
    });
    let not_checked = format!("{:?}", report.not_checked);
    assert!(not_checked.contains("LogLevelMax=warning"), "{not_checked}");
    let report = judged(dropped);
    assert!(!format!("{:?}", report.not_checked).contains("LogLevelMax"), "it runs");
}

/// A watcher whose agent has died once.
fn watched(f: &mut Facts, last: &str) {
    f.connections().own.clear();
    let dead = [
        "file:///root/.server-flow/agent-bundle/dist/index.js:1",
        "throw new Error(\"queue is corrupt\");",
        "^",
        "Error: queue is corrupt",
        "    at file:///root/.server-flow/agent-bundle/dist/index.js:1:7",
        "Node.js v20.20.2",
    ];
    f.journal().entries.truncate(1);
    let lines = dead.iter().map(|line| (701, *line)).chain([(700, last)]);
    f.journal().entries.extend(
        lines.map(|(pid, line)| JournalEntry { pid: Some(pid), ..entry(ago(1700), Speaker::Agent, "now", line) }),
    );
}

#[test]
fn an_agent_that_a_watcher_does_not_start_again_is_quoted() {
    let report = judged(|f| watched(f, "Failed running 'dist/index.js'"));
    assert_eq!(roots(&report), ["control-plane-unreachable"]);
    for words in ["Error: queue is corrupt", "only once a file changes", "Failed running 'dist/index.js'"] {
        assert!(told(&report).contains(words), "{}", told(&report));
    }
    // One death of something that is started again is none of the agent's.
    let report = judged(|f| watched(f, "[agent] goes on"));
    assert!(!told(&report).contains("queue is corrupt"), "{}", told(&report));
}

#[test]
fn an_option_without_its_value_is_the_lines_that_has_it() {
    let report = judged(|f| {
        f.unit_says("NODE_ENV=production", "NODE_OPTIONS=--title");
        f.dies(Speaker::Agent, &["/usr/bin/node: --title requires an argument"], Exit::Code(9));
    });
    assert_eq!(roots(&report), ["unit-confinement"]);
    assert!(told(&report).contains("--title requires an argument"), "{}", told(&report));
}
