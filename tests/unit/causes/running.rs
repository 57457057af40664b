//! The agent that runs, and what it runs on.

use super::*;
use Health::{Broken, Degraded, Healthy, Inconclusive};

pub(super) static CASES: &[Case] = &[
    (
        "port-in-use",
        "the port is held by an old agent",
        |f| {
            f.crashes(&["Error: listen EADDRINUSE: address already in use 0.0.0.0:3001"]);
            let command = Some("/usr/bin/node dist/index.js".to_owned());
            f.listeners = Fact::Known(vec![Listener { port: 3001, pid: Some(4711), command, unit: None }]);
        },
        Broken,
        &["port-in-use"],
    ),
    (
        "port-in-use",
        "the words of an application",
        |f| {
            let lines = [NOT_FOUND, "Error: listen EADDRINUSE: address already in use 0.0.0.0:3001", CHDIR];
            let more = lines.map(|line| entry(ago(100), Speaker::Agent, "now", line));
            f.journal().entries.extend(more);
        },
        Healthy,
        &[],
    ),
    (
        "control-plane-unreachable",
        "the control plane refuses",
        |f| {
            f.connections().own.clear();
            let line = "[connection] WebSocket error: connect ECONNREFUSED 10.0.0.1:4000";
            f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", line));
        },
        Degraded,
        &["control-plane-unreachable"],
    ),
    (
        "control-plane-unreachable",
        "the control plane does not know the path",
        |f| {
            f.connections().own.clear();
            let line = "[connection] WebSocket error: Unexpected server response: 400";
            f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", line));
        },
        Degraded,
        &["control-plane-unreachable"],
    ),
    (
        "control-plane-unreachable",
        "a database of the applications refuses",
        |f| {
            let line = "Error: connect ECONNREFUSED 127.0.0.1:5432";
            f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", line));
        },
        Healthy,
        &[],
    ),
    (
        "permission-denied",
        "the home of another user",
        |f| {
            f.unit_says("User=root", "User=agent");
            let why = "owner 0:0, mode 0700".to_owned();
            f.unit().working_directory = reached(BUNDLE, Presence::Denied { at: "/root".into(), why });
            f.dies(
                Speaker::Child,
                &["Failed at step CHDIR spawning /usr/bin/node: Permission denied"],
                Exit::Code(200),
            );
        },
        Broken,
        &["permission-denied"],
    ),
    (
        "permission-denied",
        "node may not be executed",
        |f| {
            f.unit().program = reached("/usr/bin/node", Presence::File { size: 9, executable: false });
            f.dies(Speaker::Child, &["Failed at step EXEC spawning /usr/bin/node: Permission denied"], Exit::Code(203));
        },
        Broken,
        &["permission-denied"],
    ),
    (
        "permission-denied",
        "an application may not read something",
        |f| f.dies(Speaker::Agent, &["[app] EACCES: permission denied, open '/srv/app/data'"], Exit::Code(1)),
        Broken,
        &["unknown-crash"],
    ),
    (
        "permission-denied",
        "a file of its own belongs to another",
        |f| f.crashes(&["Error: EACCES: permission denied, open '/srv/flow/agent-key.json'"]),
        Broken,
        &["permission-denied"],
    ),
    (
        "permission-denied",
        "a port that is for root",
        |f| f.crashes(&["Error: listen EACCES: permission denied 0.0.0.0:301"]),
        Broken,
        &["permission-denied"],
    ),
    (
        "permission-denied",
        "a port that nobody may bind",
        |f| f.crashes(&["Error: listen EACCES: permission denied 0.0.0.0:3001"]),
        Broken,
        &["unknown-crash"],
    ),
    (
        "control-plane-unreachable",
        "nobody listens for the error of the connection, and the agent dies of it",
        |f| f.crashes(&["Error: connect ECONNREFUSED 10.0.0.1:4000"]),
        Broken,
        &["control-plane-unreachable"],
    ),
    (
        "control-plane-unreachable",
        "the agent dies of a database that refuses",
        |f| f.crashes(&["Error: connect ECONNREFUSED 127.0.0.1:5432"]),
        Broken,
        &["unknown-crash"],
    ),
    (
        "disk-full",
        "a full disk",
        |f| {
            f.volumes =
                vec![Volume { path: "/".into(), free: 0, size: 75 << 20, free_inodes: Some(9), crowded: Vec::new() }];
            f.inspected().emptied = vec!["node_modules/fastify/package.json".into()];
            f.crashes(&["Error [ERR_INVALID_PACKAGE_CONFIG]: Invalid package config /x/package.json"]);
        },
        Broken,
        &["disk-full"],
    ),
    (
        "disk-full",
        "a full disk under an agent that runs",
        |f| {
            f.volumes =
                vec![Volume { path: "/".into(), free: 0, size: 75 << 20, free_inodes: Some(9), crowded: Vec::new() }]
        },
        Degraded,
        &["disk-full"],
    ),
    (
        "disk-full",
        "an application that met a full disk",
        |f| f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", "npm error code ENOSPC")),
        Healthy,
        &[],
    ),
    (
        "out-of-memory",
        "the heap is used up",
        |f| {
            let line = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
            f.drop_in("[Service]\nEnvironment=NODE_OPTIONS=--max-old-space-size=8\n");
            f.dies(Speaker::Agent, &[line, "----- Native stack trace -----"], Exit::Signal(6));
        },
        Broken,
        &["out-of-memory"],
    ),
    (
        "out-of-memory",
        "killed by hand",
        |f| {
            let line = "server-flow-agent.service: Sent signal SIGKILL to main process 38 (node) on client request.";
            f.dies(Speaker::Manager, &[line], Exit::Signal(9));
            f.service().active_state = "failed".into();
            f.service().sub_state = "failed".into();
        },
        Broken,
        &["service-stopped"],
    ),
    ("service-stopped", "stopped", Break::stopped, Broken, &["service-stopped"]),
    (
        "disk-full",
        "stopped, on a disk that is full",
        |f| {
            f.stopped();
            f.volumes =
                vec![Volume { path: "/".into(), free: 0, size: 75 << 20, free_inodes: Some(9), crowded: Vec::new() }];
        },
        Broken,
        &["service-stopped", "disk-full"],
    ),
    (
        "permission-denied",
        "a home elsewhere that is closed",
        |f| {
            f.unit_says("User=root", "User=agent");
            let why = "owner 0:0, mode 0700".to_owned();
            f.unit().script = reached(BUNDLE, Presence::Denied { at: format!("{BUNDLE}/dist"), why });
            f.crashes(&["Error: Cannot find module '/root/.server-flow/agent-bundle/dist/index.js'"]);
        },
        Broken,
        &["permission-denied"],
    ),
    (
        "service-stopped",
        "stopped, and what is there would not start",
        |f| {
            f.stopped();
            f.found("shared-package-missing", SHARED);
        },
        Broken,
        &["shared-package-missing"],
    ),
    (
        "unknown-crash",
        "an error of its own",
        |f| f.crashes(&["Error: telemetry queue is corrupt"]),
        Broken,
        &["unknown-crash"],
    ),
    (
        "service-crash-loop",
        "it ends without a word",
        |f| f.dies(Speaker::Agent, &[], Exit::Code(1)),
        Broken,
        &["service-crash-loop"],
    ),
    (
        "systemd-unavailable",
        "no systemd",
        |f| f.service = Fact::unknown("there is no `systemctl`"),
        Inconclusive,
        &["systemd-unavailable"],
    ),
    (
        "systemd-unavailable",
        "a mounted disk has none that could be asked",
        |f| {
            f.reach = Reach::Mounted("/mnt".into());
            f.service = Fact::unknown("a mounted disk does not run");
        },
        Inconclusive,
        &[],
    ),
    (
        "cwd-deleted",
        "an application whose directory is deleted",
        |f| {
            let line = "shell-init: error retrieving current directory: getcwd: cannot access parent directories";
            f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", line));
        },
        Healthy,
        &[],
    ),
    (
        "unknown-crash",
        "an error that the agent outlived",
        |f| f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", "TypeError: x is not a function")),
        Healthy,
        &[],
    ),
    ("service-crash-loop", "restarted often, and up since", |f| f.service().restarts = Some(12), Healthy, &[]),
    (
        "service-stopped",
        "nobody stopped it: it failed",
        |f| {
            f.crashes(&["Error: telemetry queue is corrupt"]);
            f.service().active_state = "failed".into();
            f.service().sub_state = "failed".into();
        },
        Broken,
        &["unknown-crash"],
    ),
];
