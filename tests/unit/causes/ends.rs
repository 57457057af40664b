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
    let cases: [(&str, Make, &str, &str); 20] = [
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
            "a limit of time on a processor",
            |f| {
                f.unit_says("Restart=always", "LimitCPU=1\nRestart=always");
                f.dies(Speaker::Agent, &["[agent] hello"], Exit::Signal(9));
                f.service().result = "signal".into();
            },
            "unit-confinement",
            "LimitCPU=1",
        ),
        (
            "a limit on the size of files",
            |f| {
                f.unit_says("Restart=always", "LimitFSIZE=1K\nRestart=always");
                let said = ["node:fs:1", "  return", "  ^", "Error: EFBIG: file too large, write", "Node.js v20.20.2"];
                f.dies(Speaker::Agent, &said, Exit::Code(1));
            },
            "unit-confinement",
            "LimitFSIZE=1K",
        ),
        (
            "a list below an error",
            |f| {
                f.dies(Speaker::Agent, &aborted("Error: telemetry queue is corrupt", BY_NODE), Exit::Signal(6));
            },
            "unknown-crash",
            "Error: telemetry queue is corrupt",
        ),
        (
            "an abort by the agent's own code, behind words that look like Node's",
            |f| {
                let alike = "Error: listen EADDRINUSE: address already in use 0.0.0.0:3001";
                f.dies(Speaker::Agent, &aborted(alike, "1: file:///x/dist/index.js:90:9"), Exit::Signal(6));
            },
            "unknown-crash",
            "SIGABRT",
        ),
        (
            "an abort at an error, as V8 says it",
            |f| {
                let said = ["Uncaught Error: telemetry queue is corrupt", "FROM", "f (/x.js:1:1)"];
                f.dies(Speaker::Agent, &said, Exit::Signal(5));
            },
            "unknown-crash",
            "Error: telemetry queue is corrupt",
        ),
        (
            "a debugger's port that is none",
            |f| {
                f.unit_says("/usr/bin/node ", "/usr/bin/node --inspect-port=99 ");
                f.dies(Speaker::Agent, &["/usr/bin/node: must be 0 or in range 1024 to 65535."], Exit::Code(9));
            },
            "unit-confinement",
            "its options for node",
        ),
        (
            "words that the journal has dropped",
            |f| {
                f.dies(Speaker::Agent, &["request 74"], Exit::Code(1));
                let told = "Suppressed 434 messages from server-flow-agent.service";
                f.journal().dropped = Some(entry(ago(5), Speaker::Manager, "run 2", told));
            },
            "unknown-crash",
            "has not kept its last words",
        ),
        (
            "an end of success, with words",
            |f| f.dies(Speaker::Agent, &["[agent] this host is not registered"], Exit::Code(0)),
            "service-crash-loop",
            "exit code 0",
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

#[test]
fn a_fix_is_about_the_file_that_has_the_fault() {
    let cases: [(&str, Make, &str, &str); 4] = [
        (
            "a drop-in starts something else",
            |f| {
                f.drop_in("[Service]\nExecStart=\nExecStart=/bin/true\n");
                f.unit().program = reached("/bin/true", Presence::File { size: 9, executable: true });
                f.dies(Speaker::Child, &[], Exit::Code(0));
            },
            "starts something else",
            "mv -T -- /etc/systemd/system/server-flow-agent.service.d/local.conf",
        ),
        (
            "a drop-in adds a command",
            |f| {
                f.drop_in("[Service]\nExecStart=/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js --debug\n");
                f.service().load_state = "bad-setting".into();
            },
            "adds a second `ExecStart=`",
            "mv -T -- /etc/systemd/system/server-flow-agent.service.d/local.conf",
        ),
        (
            "one path of several is not there",
            |f| {
                f.unit_says("Restart=always", "ReadWritePaths=/root /var/lib/none\nRestart=always");
                let none = "Failed to set up mount namespacing: /var/lib/none: No such file or directory";
                f.dies(Speaker::Child, &[none], Exit::Code(226));
            },
            "ReadWritePaths=/root /var/lib/none",
            "# /var/lib/none# -/var/lib/none#",
        ),
        (
            "the unit is written anew, and a drop-in of another's lines stays",
            |f| {
                f.unit_says("/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js", "/bin/sh -c 'x'");
                f.drop_in("[Service]\nNice=5\nWorkingDirectory=/srv\n");
                f.unit().working_directory = reached("/srv", Presence::Directory);
                f.unit().script = Fact::unknown("the unit does not say");
                f.dies(Speaker::Agent, &["x: not found"], Exit::Code(127));
            },
            "instead of node",
            "sed -i -e '3s/^/# /' -- /etc/systemd/system/server-flow-agent.service.d/local.conf",
        ),
    ];
    for (case, make, says, typed) in cases {
        let mut facts = healthy();
        for path in ["/etc/systemd/system/server-flow-agent.service.d/local.conf", FILE] {
            facts.guards.push(Guard { path: path.into(), hold: Hold::Roots });
        }
        make(&mut facts);
        let report = diagnose(facts, &policy());
        let first = &report.diagnoses[0];
        assert!(first.summary.contains(says), "{case}: {}", first.summary);
        let steps = report.diagnoses.iter().flat_map(|one| &one.fix).flat_map(|step| &step.commands);
        let all: Vec<String> = steps.map(FixCommand::typed).collect();
        assert!(all.iter().any(|line| line.contains(typed)), "{case}: {all:?}");
    }
}

#[test]
fn what_the_agent_may_not_use_is_named_as_it_was_refused() {
    for (line, says) in [
        ("Error: EACCES: permission denied, open '/srv/flow/agent-key.json'", "may not use `/srv/flow/agent-key.json`"),
        ("Error: EPERM: operation not permitted, mkdir '/var/log/agent'", "may not use `/var/log/agent`"),
        ("Error: listen EACCES: permission denied 0.0.0.0:301", "may not listen on `0.0.0.0:301`"),
        ("Error: listen EACCES: permission denied :::80", "may not listen on `:::80`"),
    ] {
        let mut facts = healthy();
        facts.crashes(&[line]);
        let first = diagnose(facts, &policy()).diagnoses.remove(0);
        assert!(first.cause == "permission-denied" && first.summary.contains(says), "{line}: {}", first.summary);
        // What another owns is for its owner to give.
        assert!(first.fix.iter().all(|step| step.commands.is_empty()), "{line}");
    }
}

#[test]
fn an_addon_of_another_node_is_told_with_what_it_needs() {
    let lines = [
        "Error: The module '/root/.server-flow/agent-bundle/node_modules/x/x.node'",
        "was compiled against a different Node.js version using",
        "NODE_MODULE_VERSION 108. This version of Node.js requires",
        "NODE_MODULE_VERSION 115. Please try re-compiling or re-installing",
    ];
    let mut facts = healthy();
    facts.crashes(&lines);
    let first = diagnose(facts, &policy()).diagnoses.remove(0);
    assert!(first.summary.contains("NODE_MODULE_VERSION 108. This version of Node.js requires"), "{}", first.summary);
}

#[test]
fn a_word_that_node_takes_for_its_script_is_no_fault_of_the_bundle() {
    let asked = ["Error: Cannot find module '/root/.server-flow/agent-bundle/4096'"];
    let hidden = ["Error: Cannot find module '/root/.server-flow/agent-bundle/dist/index.js'"];
    let by_a_module = [asked[0], "Require stack:", "- /root/.server-flow/agent-bundle/dist/index.js"];
    for (lines, cause) in [
        (asked.as_slice(), "entry-point-missing"),
        (hidden.as_slice(), "module-not-found"),
        (by_a_module.as_slice(), "module-not-found"),
    ] {
        let mut facts = healthy();
        facts.unit_says("/usr/bin/node /root", "/usr/bin/node --max-old-space-size 4096 /root");
        facts.guards.push(Guard { path: FILE.into(), hold: Hold::Roots });
        facts.crashes(lines);
        let first = diagnose(facts, &policy()).diagnoses.remove(0);
        assert_eq!(first.cause, cause, "{}", first.summary);
        let typed = first.fix.iter().flat_map(|step| &step.commands).map(FixCommand::typed);
        let edits =
            typed.filter(|line| line.starts_with("sed -i") && line.contains("--max-old-space-size 4096")).count();
        assert_eq!(edits, usize::from(cause == "entry-point-missing"));
    }
}

#[test]
fn a_value_apart_from_its_option_goes_with_it() {
    let lines = [
        "Error: illegal value for flag --max-old-space-size of type size_t",
        "Try --help for options",
        "/usr/bin/node: bad option: --max-old-space-size",
        "/usr/bin/node: bad option: --harmony-import-assertions",
    ];
    for (command, left_out) in [("--max-old-space-size 4096 ", " 4096"), ("--max-old-space-size ", "")] {
        let mut facts = healthy();
        facts.unit_says("/usr/bin/node /root", &format!("/usr/bin/node {command}/root"));
        facts.guards.push(Guard { path: FILE.into(), hold: Hold::Roots });
        facts.dies(Speaker::Agent, &lines, Exit::Code(9));
        let first = diagnose(facts, &policy()).diagnoses.remove(0);
        assert_eq!(first.cause, "unit-confinement", "{}", first.summary);
        let typed: Vec<String> = first.fix.iter().flat_map(|step| &step.commands).map(FixCommand::typed).collect();
        let edit = typed.iter().find(|line| line.starts_with("sed -i")).unwrap();
        assert!(edit.contains(&format!("--max-old-space-size{left_out}")), "{edit}");
    }
}

#[test]
fn an_address_that_is_none_is_said_to_be_one() {
    for (line, is_it) in [
        ("SyntaxError: Invalid URL: 127.0.0.1:4000/api/connect", true),
        ("TypeError [ERR_INVALID_URL]: Invalid URL", true),
        ("TypeError: Invalid URL", true),
        ("Error: gave up: Invalid URL", false),
    ] {
        let mut facts = healthy();
        facts.crashes(&[line]);
        let first = diagnose(facts, &policy()).diagnoses.remove(0);
        assert_eq!(first.summary.contains("an address that is none"), is_it, "{}", first.summary);
    }
}

#[test]
fn an_agent_that_dies_of_its_connection_is_broken_by_that() {
    let mut facts = healthy();
    facts.dies(Speaker::Agent, &["[connection] WebSocket error: connect ECONNREFUSED 10.0.0.1:4000"], Exit::Code(1));
    let report = diagnose(facts, &policy());
    let causes: Vec<_> = report.diagnoses.iter().map(|one| one.cause).collect();
    assert_eq!((causes.as_slice(), report.health), (["control-plane-unreachable"].as_slice(), Health::Broken));
    assert_eq!(report.diagnoses[0].consequences, ["service-crash-loop"]);
}

#[test]
fn authorities_that_cannot_be_read_are_said_where_a_certificate_is_refused() {
    for (warned, says) in [(true, true), (false, false)] {
        let mut facts = healthy();
        facts.connections().own.clear();
        let mut told = vec!["[connection] WebSocket error: self-signed certificate"];
        if warned {
            told.insert(0, "Warning: Ignoring extra certs from `/etc/ca.pem`, load failed: error:80000002");
        }
        for line in told {
            facts.journal().entries.push(entry(ago(3), Speaker::Agent, "now", line));
        }
        let first = diagnose(facts, &policy()).diagnoses.remove(0);
        assert_eq!(first.summary.contains("NODE_EXTRA_CA_CERTS"), says, "{}", first.summary);
    }
}

/// The first frame where Node itself ends at a promise that was rejected while the agent was loaded.
const BY_NODE: &str = "1: asyncRunEntryPointWithESMLoader (node:internal/modules/run_main:123:5)";

/// What Node 20 says where it aborts, with the innermost frame of JavaScript.
fn aborted(error: &'static str, frame: &'static str) -> Vec<&'static str> {
    let said = ["file:///x.js:1", "throw e", "^", error, "    at f (file:///x.js:1:1)", "Node.js v20.20.2"];
    let native = ["----- Native stack trace -----", " 1: 0xcb9954  [/usr/bin/node]"];
    said.into_iter().chain(native).chain(["----- JavaScript stack trace -----", "", frame]).collect()
}
