//! What is shown of an agent that runs, and what of one that does not: connections, deaths that are over, states that wait.

use super::*;
use crate::doctor::facts::{Bond, Link, LinkState, Motion, Restored, Stray, Stuck, UnitDependency};
use Health::{Broken, Degraded, Healthy, Inconclusive};

/// The manager says so, of that kind.
fn told(f: &mut Facts, seconds: u64, run: &str, message: &str, kind: &str) {
    let entry = entry(ago(seconds), Speaker::Manager, run, message);
    f.journal().entries.push(JournalEntry { message_id: Some(kind.into()), ..entry });
}

fn says(f: &mut Facts, seconds: u64, message: &str) {
    f.journal().entries.push(entry(ago(seconds), Speaker::Agent, "now", message));
}

fn linked(f: &mut Facts, state: LinkState) {
    f.connections().own = vec![Link { remote: "10.0.0.1:4000".into(), state }];
}

/// The run `before` lived so long, died by this signal, and systemd started the present one so many seconds ago.
fn died_before(f: &mut Facts, lived: u64, up: u64, signal: u32) {
    f.journal().entries.clear();
    told(f, up + 10 + lived, "before", "Started server-flow-agent.service.", id::STARTED);
    let mut exited = entry(ago(up + 10), Speaker::Manager, "before", "Main process exited, code=killed, status=9/KILL");
    (exited.message_id, exited.exit) = (Some(id::PROCESS_EXITED.into()), Some(Exit::Signal(signal)));
    f.journal().entries.push(exited);
    told(f, up, "before", "Scheduled restart job, restart counter is at 1.", id::RESTART_SCHEDULED);
    told(f, up, "now", "Started server-flow-agent.service.", id::STARTED);
    let service = f.service();
    (service.restarts, service.started, service.active_since) = (Some(1), Some(ago(up)), Some(ago(up)));
}

fn at_work(f: &mut Facts, active: &str, sub: &str) {
    let service = f.service();
    (service.active_state, service.sub_state, service.kind) = (active.into(), sub.into(), "notify".into());
    (service.active_since, service.state_since) = (None, Some(ago(20)));
}

fn gave_up(f: &mut Facts) {
    let service = f.service();
    (service.active_state, service.sub_state) = ("failed".into(), "failed".into());
    told(f, 1, "run 2", "server-flow-agent.service: Start request repeated too quickly.", "");
}

fn never_started(f: &mut Facts) {
    f.stopped();
    f.journal().entries.clear();
    f.host.boot = Some("now".into());
}

fn depends(f: &mut Facts, load: &str, active: &str) {
    never_started(f);
    f.dependencies = vec![UnitDependency {
        bond: Bond::Needed,
        unit: "storage.service".into(),
        load_state: load.into(),
        active_state: active.into(),
        result: "exit-code".into(),
    }];
}

fn stray(f: &mut Facts) {
    let command = "/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js".to_owned();
    f.strays = Fact::Known(vec![Stray { pid: 4711, command, unit: None, pm2: None }]);
}

pub(super) static CASES: &[Case] = &[
    (
        "service-stopped",
        "stopped by hand, and its handler ends with a code of its own",
        |f| {
            f.stopped();
            f.service().active_state = "failed".into();
            f.service().sub_state = "failed".into();
            f.service().result = "exit-code".into();
            f.service().exit = Some(Exit::Code(143));
        },
        Broken,
        &["service-stopped"],
    ),
    (
        "service-stopped",
        "ended by itself, and its unit counts as active all the same",
        |f| {
            f.unit_says("RestartSec=10", "RemainAfterExit=yes");
            f.stopped();
            f.journal().entries.retain(|entry| entry.speaker == Speaker::Agent);
            f.service().active_state = "active".into();
            f.service().sub_state = "exited".into();
            f.service().exit = Some(Exit::Code(0));
        },
        Broken,
        &["service-stopped"],
    ),
    (
        "control-plane-unreachable",
        "the same port elsewhere",
        |f| {
            let connections = f.connections();
            connections.own.clear();
            connections.elsewhere.push("10.0.0.9:4000".into());
        },
        Degraded,
        &["control-plane-unreachable"],
    ),
    (
        "control-plane-unreachable",
        "taken, and never answered",
        |f| linked(f, LinkState::Unanswered),
        Degraded,
        &["control-plane-unreachable"],
    ),
    (
        "control-plane-unreachable",
        "closed from the other end",
        |f| linked(f, LinkState::Closed),
        Degraded,
        &["control-plane-unreachable"],
    ),
    (
        "control-plane-unreachable",
        "it comes and goes",
        |f| {
            for seconds in [26, 16, 6] {
                says(f, seconds + 1, "[connection] connected to the control plane");
                says(f, seconds, "[connection] disconnected (1011), trying again in 5 s");
            }
        },
        Degraded,
        &["control-plane-unreachable"],
    ),
    (
        "control-plane-unreachable",
        "lost once, and back",
        |f| {
            says(f, 40, "[connection] disconnected (1006), trying again in 5 s");
            says(f, 35, "[connection] connected to the control plane");
        },
        Healthy,
        &[],
    ),
    (
        "control-plane-unreachable",
        "hang-ups of the applications",
        |f| {
            for seconds in 1..20 {
                says(f, seconds * 3, "[app] GET http://127.0.0.1:8080/health: socket hang up");
            }
        },
        Healthy,
        &[],
    ),
    (
        "control-plane-unreachable",
        "nothing says where it is",
        |f| {
            f.control_plane = Fact::Known(None);
            f.connections().own.clear();
        },
        Degraded,
        &["control-plane-unreachable"],
    ),
    (
        "control-plane-unreachable",
        "where it is may not be read",
        |f| {
            f.control_plane = Fact::unless("permission denied", "run it as root");
        },
        Inconclusive,
        &[],
    ),
    (
        "control-plane-unreachable",
        "sockets that may not be seen",
        |f| {
            f.process().connections = Fact::unless("its sockets may not be seen", "run it as root");
        },
        Inconclusive,
        &[],
    ),
    (
        "control-plane-unreachable",
        "started a moment ago, and not connected yet",
        |f| {
            f.connections().own.clear();
            f.service().started = Some(ago(3));
        },
        Inconclusive,
        &[],
    ),
    ("process-frozen", "stopped by a signal", |f| f.process().motion = Motion::Stopped, Broken, &["process-frozen"]),
    ("process-frozen", "frozen by systemd", |f| f.service().freezer = "frozen".into(), Broken, &["process-frozen"]),
    (
        "process-frozen",
        "held by a debugger",
        |f| f.process().motion = Motion::Traced { by: Some(99) },
        Broken,
        &["process-frozen"],
    ),
    (
        "control-plane-unreachable",
        "workers that die again and again below a process that lives",
        |f| {
            f.connections().own.clear();
            for pid in [5001, 5002] {
                let said = [
                    "file:///root/.server-flow/agent-bundle/dist/agent.js:3",
                    "import { X } from 'y';",
                    "         ^",
                    "SyntaxError: The requested module 'y' does not provide an export named 'X'",
                    "Node.js v20.20.2",
                ];
                for line in said {
                    let told = entry(ago(20), Speaker::Agent, "now", line);
                    f.journal().entries.push(JournalEntry { pid: Some(pid), ..told });
                }
            }
        },
        Degraded,
        &["control-plane-unreachable"],
    ),
    (
        "process-frozen",
        "stuck in a loop",
        |f| f.process().motion = stuck(Some(2000), Some("port 3001: 2 not taken")),
        Degraded,
        &["process-frozen"],
    ),
    ("process-frozen", "computes, and may turn", |f| f.process().motion = stuck(Some(2000), None), Healthy, &[]),
    (
        "process-frozen",
        "does not read what comes",
        |f| f.process().motion = stuck(None, Some("38 bytes from 10.0.0.7:4000, unread")),
        Degraded,
        &["process-frozen"],
    ),
    (
        "process-frozen",
        "stuck before it was connected",
        |f| {
            f.process().motion = stuck(Some(2000), None);
            f.connections().own.clear();
        },
        Broken,
        &["process-frozen"],
    ),
    (
        "process-frozen",
        "computes while it starts",
        |f| {
            f.process().motion = stuck(Some(2000), None);
            f.service().started = Some(ago(3));
        },
        Inconclusive,
        &[],
    ),
    (
        "service-starting",
        "its start waits in the queue",
        |f| {
            f.stopped();
            f.service().job = Some(85);
            f.service().at_work = vec!["network-wait.service (start)".into()];
        },
        Inconclusive,
        &["service-starting"],
    ),
    (
        "service-stopped",
        "a failure that counts as success",
        |f| {
            f.unit_says("RestartSec=10", "SuccessExitStatus=1");
            f.stopped();
            f.service().result = "success".into();
            f.service().exit = Some(Exit::Code(1));
        },
        Broken,
        &["service-stopped"],
    ),
    ("process-frozen", "thawed", |f| f.service().freezer = "running".into(), Healthy, &[]),
    (
        "unknown-crash",
        "killed once after long, and back for a moment",
        |f| died_before(f, 90_000, 20, 9),
        Degraded,
        &["unknown-crash"],
    ),
    ("unknown-crash", "killed once, and back for long", |f| died_before(f, 90_000, 400, 9), Healthy, &[]),
    (
        "service-crash-loop",
        "one death right after the start, and no life since",
        |f| died_before(f, 1, 2, 9),
        Broken,
        &["service-crash-loop"],
    ),
    (
        "service-crash-loop",
        "killed once after long, back a moment ago",
        |f| died_before(f, 90_000, 2, 9),
        Degraded,
        &["unknown-crash"],
    ),
    (
        "service-starting",
        "`ExecStartPre=` takes its time",
        |f| {
            at_work(f, "activating", "start-pre");
            f.service().main_pid = None;
            f.process = Fact::Known(None);
        },
        Inconclusive,
        &["service-starting"],
    ),
    (
        "service-starting",
        "it never says READY, and works",
        |f| at_work(f, "activating", "start"),
        Degraded,
        &["service-starting"],
    ),
    (
        "service-starting",
        "it is being stopped",
        |f| at_work(f, "deactivating", "stop-sigterm"),
        Degraded,
        &["service-starting"],
    ),
    (
        "service-starting",
        "a loop that is at work for a moment",
        |f| {
            f.crashes(&["Error: telemetry queue is corrupt"]);
            at_work(f, "activating", "start-pre");
            f.service().invocation = Some("next".into());
        },
        Broken,
        &["unknown-crash"],
    ),
    (
        "start-limit-hit",
        "what was missing is there again",
        |f| {
            f.crashes(&["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ws' imported from /root/.server-flow/agent-bundle/dist/x.js"]);
            gave_up(f);
            let path = format!("{BUNDLE}/node_modules/ws");
            f.restored = vec![Restored { named: "ws".into(), path, changed: ago(2) }];
        },
        Broken,
        &["start-limit-hit"],
    ),
    (
        "start-limit-hit",
        "the bundle was replaced after the last death",
        |f| {
            f.crashes(&["Error: Cannot find package 'ws' imported from /root/.server-flow/agent-bundle/dist/x.js"]);
            gave_up(f);
            f.inspected().replaced = Some(ago(2));
        },
        Broken,
        &["start-limit-hit"],
    ),
    (
        "start-limit-hit",
        "what is missing was there all the time",
        |f| {
            f.crashes(&["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ws' imported from /root/.server-flow/agent-bundle/dist/x.js"]);
            f.service().active_state = "failed".into();
            let path = format!("{BUNDLE}/node_modules/ws");
            f.restored = vec![Restored { named: "ws".into(), path, changed: ago(9000) }];
        },
        Broken,
        &["module-not-found"],
    ),
    (
        "dependency-failed",
        "a unit that is required failed",
        |f| depends(f, "loaded", "failed"),
        Broken,
        &["dependency-failed"],
    ),
    (
        "dependency-failed",
        "a unit that is required is not there",
        |f| depends(f, "not-found", "inactive"),
        Broken,
        &["dependency-failed"],
    ),
    ("dependency-failed", "what is required runs", |f| depends(f, "loaded", "active"), Broken, &["service-stopped"]),
    (
        "service-stopped",
        "stopped by hand in another boot",
        |f| {
            f.stopped();
            f.host.boot = Some("now".into());
            f.journal().entries.iter_mut().for_each(|entry| entry.boot = Some("before".into()));
        },
        Broken,
        &["service-stopped"],
    ),
    ("agent-outside-unit", "by hand, beside the unit's own", stray, Degraded, &["agent-outside-unit"]),
    (
        "agent-outside-unit",
        "by hand, with the unit stopped",
        |f| {
            f.stopped();
            stray(f);
        },
        Broken,
        &["service-stopped", "agent-outside-unit"],
    ),
    ("agent-outside-unit", "none that could be seen", |f| f.strays = Fact::unknown("not to be seen"), Healthy, &[]),
];

/// "By hand" is said only where the journal of this boot has it.
#[test]
fn who_stopped_it_is_said_only_where_it_is_told() {
    let cases: &[(&str, Make, &str)] = &[
        (
            "in this boot",
            |f| {
                f.stopped();
            },
            "The service was stopped by hand",
        ),
        (
            "in another",
            |f| {
                f.stopped();
                f.host.boot = Some("now".into());
                f.journal().entries.iter_mut().for_each(|entry| entry.boot = Some("before".into()));
            },
            "The service has not been started since the machine was booted",
        ),
        (
            "disabled, and booted",
            |f| {
                never_started(f);
                f.service().unit_file_state = "disabled".into();
            },
            "The machine was booted, and the service is disabled",
        ),
        (
            "it ended with 0",
            |f| {
                f.stopped();
                f.journal().entries.retain(|entry| !entry.is(id::STOPPING) && !entry.is(id::STOPPED));
                f.service().restart = "on-failure".into();
                told(f, 50, "now", "server-flow-agent.service: Deactivated successfully.", id::SUCCEEDED);
            },
            "The agent ended by itself, and its unit (`Restart=on-failure`)",
        ),
        (
            "a condition",
            |f| {
                never_started(f);
                f.service().unmet = true;
            },
            "The service is not started: a condition",
        ),
    ];
    for (name, make, wanted) in cases {
        let report = judged(*make);
        let words = &report.diagnoses.iter().find(|one| one.cause == "service-stopped").unwrap().summary;
        assert!(words.starts_with(wanted), "{name}: {words}");
    }
}

/// The control plane's refusals are told apart, and what is printed tests them: no bare request tests a token.
#[test]
fn a_refusal_is_named_and_tested_by_what_tests_it() {
    for (line, words, command) in [
        ("WebSocket error: Unexpected server response: 401", "token or identity (401)", "journalctl"),
        ("WebSocket error: Unexpected server response: 426", "(426)", "Upgrade: websocket"),
        ("WebSocket error: self-signed certificate", "signed by itself", "curl -sSgv"),
        ("WebSocket error: certificate is not yet valid", "the clock", "date -u"),
        ("WebSocket error: socket hang up", "closed again and again", "Upgrade: websocket"),
        ("WebSocket error: getaddrinfo ENOTFOUND cp.example", "its name leads nowhere", "getent hosts -- cp.example"),
    ] {
        let mut facts = healthy();
        facts.connections().own.clear();
        says(&mut facts, 3, line);
        says(&mut facts, 3, "[connection] disconnected (1006), trying again in 5 s");
        let report = diagnose(facts, &policy());
        let [found] = report.diagnoses.as_slice() else { panic!("{line}: {:#?}", report.diagnoses) };
        assert!(found.summary.contains(words), "{line}: {}", found.summary);
        assert_eq!(found.evidence()[0].detail, line);
        let typed: Vec<_> = found.fix.iter().flat_map(|step| &step.commands).map(|command| command.typed()).collect();
        assert!(typed.iter().any(|typed| typed.contains(command)), "{line}: {typed:?}");
    }
}

/// What is not shown to be connected never has an `ok`.
#[test]
fn not_connected_is_never_ok() {
    let cases: &[(&str, Make)] = &[
        ("no connection", |f| f.connections().own.clear()),
        ("not to be seen", |f| f.process().connections = Fact::unknown("not to be seen")),
        ("no address", |f| f.control_plane = Fact::Known(None)),
        ("a moment ago", |f| {
            f.connections().own.clear();
            f.service().started = Some(ago(3));
        }),
    ];
    for (name, make) in cases {
        let report = judged(*make);
        let check = report.checks.iter().find(|check| check.id == "process").unwrap();
        assert_ne!(check.status, crate::report::server::CheckStatus::Pass, "{name}: {}", check.message);
        assert_ne!(report.health, Healthy, "{name}");
    }
}

/// Only where time keeps it from a verdict does `--wait` wait.
#[test]
fn waiting_is_for_what_time_tells() {
    use crate::doctor::diagnose::worth_waiting;
    let cases: &[(&str, Make, Option<u64>)] = &[
        ("up for long", |_| {}, None),
        ("just started", |f| f.service().started = Some(ago(4)), Some(11)),
        (
            "just started, and refused",
            |f| {
                f.service().started = Some(ago(4));
                f.connections().own.clear();
                says(f, 1, "WebSocket error: connect ECONNREFUSED 10.0.0.1:4000");
            },
            None,
        ),
        ("it waits", |f| at_work(f, "activating", "start-pre"), Some(3)),
        ("it dies at every start", |f| f.crashes(&["Error: x"]), None),
        (
            "died once after long, in the pause before the next start",
            |f| {
                died_before(f, 90_000, 20, 9);
                f.journal().entries.retain(|entry| entry.invocation.as_deref() == Some("before"));
                f.journal().entries.retain(|entry| !entry.is(id::RESTART_SCHEDULED));
                let service = f.service();
                (service.active_state, service.sub_state) = ("activating".into(), "auto-restart".into());
                (service.main_pid, service.restarts) = (None, Some(0));
                (service.invocation, service.restart_pause) = (Some("before".into()), Some(10_000_000));
                f.process = Fact::Known(None);
            },
            Some(11),
        ),
        ("died early, and up for a moment", |f| died_before(f, 1, 2, 9), Some(13)),
        ("stopped", |f| f.stopped(), None),
    ];
    for (name, make, wanted) in cases {
        assert_eq!(worth_waiting(&judged(*make)), *wanted, "{name}");
    }
}

/// Where an agent runs outside the unit, no fix starts another.
#[test]
fn no_second_agent_is_started_by_a_fix() {
    let report = judged(|f| {
        f.stopped();
        stray(f);
    });
    let typed: Vec<_> =
        report.diagnoses[0].fix.iter().flat_map(|step| &step.commands).map(|command| command.typed()).collect();
    assert_eq!(
        typed,
        ["ps -o pid,ppid,user,lstart,args -p 4711"],
        "nothing starts, and nothing that is not ours is ended"
    );
    let told = report.diagnoses[0].fix.last().unwrap();
    assert!(told.text.contains(&format!("systemctl restart {UNIT}")), "{}", told.text);
}

fn stuck(ran: Option<u64>, unread: Option<&str>) -> Motion {
    Motion::Stuck(Stuck { pid: 4711, ran, unread: unread.map(str::to_owned), waits: None })
}
