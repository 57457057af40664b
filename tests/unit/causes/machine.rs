//! What stands in no file of the unit's, and in no line of its journal: the kernel's words, the manager's own settings, policies.

use super::*;
use crate::doctor::facts::{RefusedPath, Stray};
use crate::systemd::UnitFile;

/// The kernel, or what ends processes for want of memory, says so of the machine, so many seconds ago.
fn told_of(f: &mut Facts, seconds: u64, message: &str) {
    f.service().last_pid = Some(4711);
    f.told_of_processes.push(JournalEntry { invocation: None, ..entry(ago(seconds), Speaker::Manager, "", message) });
}

fn killed(f: &mut Facts, signal: u32, message: &str) {
    f.dies(Speaker::Agent, &["[agent] hello"], Exit::Signal(signal));
    told_of(f, 10, message);
}

fn refused_to_execute(f: &mut Facts) {
    let line = "server-flow-agent.service: Failed at step EXEC spawning /usr/bin/node: Permission denied";
    f.dies(Speaker::Child, &[line], Exit::Code(203));
}

fn managers(f: &mut Facts, line: &str) {
    f.manager_files.push(UnitFile::parse("/etc/systemd/system.conf.d/site.conf", &format!("[Manager]\n{line}\n")));
    f.guards.push(Guard { path: OWN.to_owned(), hold: Hold::Roots });
}

const OWN: &str = "/etc/systemd/system/server-flow-agent.service.d/zz-bundle-doctor.conf";
const PRELOADED: [&str; 3] = ["Error: Cannot find module '/opt/apm/trace.js'", "Require stack:", "- internal/preload"];
const PACKAGE: &str =
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ws' imported from /root/.server-flow/agent-bundle/dist/x.js";

#[test]
fn what_the_machine_says_counts_where_the_units_own_journal_is_silent() {
    let cases: [(&str, Make, &str, &str, &str); 12] = [
        (
            "the kernel, where cgroups tell systemd nothing",
            |f| killed(f, 9, "Out of memory: Killed process 4711 (node) total-vm:1kB, anon-rss:1kB"),
            "out-of-memory",
            "kernel ended the agent",
            "Killed process 4711",
        ),
        (
            "earlyoom",
            |f| killed(f, 9, "sending SIGKILL to process 4711 uid 0 \"node\": oom_score 812, VmRSS 912 MiB"),
            "out-of-memory",
            "earlyoom",
            "sending SIGKILL",
        ),
        (
            "another process was killed",
            |f| killed(f, 9, "Out of memory: Killed process 99 (java) total-vm:4711kB"),
            "unknown-crash",
            "SIGKILL",
            "",
        ),
        (
            "an agent that exits by itself is killed by nobody",
            |f| {
                f.dies(Speaker::Agent, &["[agent] fatal: no licence"], Exit::Code(1));
                told_of(f, 10, "Out of memory: Killed process 4711 (node) total-vm:1kB");
            },
            "unknown-crash",
            "no licence",
            "",
        ),
        (
            "the file of a crash, of a thread",
            |f| killed(f, 11, "node[4719]: segfault at 0 ip 00007f1 sp 00007f2 error 4 in addon.node[7f1a+1000]"),
            "unknown-crash",
            "in `addon.node`",
            "segfault at 0",
        ),
        (
            "a policy",
            |f| {
                refused_to_execute(f);
                told_of(f, 10, "audit: type=1400 apparmor=\"DENIED\" operation=\"exec\" pid=4711 comm=\"(node)\"");
            },
            "permission-denied",
            "policy of this machine",
            "Permission denied",
        ),
        (
            "the manager's own variables",
            |f| {
                f.crashes(&PRELOADED);
                managers(f, "DefaultEnvironment=\"NODE_OPTIONS=--require /opt/apm/trace.js\"");
            },
            "unit-confinement",
            "DefaultEnvironment",
            "site.conf:2",
        ),
        (
            "variables that somebody gave to the manager",
            |f| {
                f.crashes(&PRELOADED);
                f.manager_options = Some("--require /opt/apm/trace.js".into());
            },
            "unit-confinement",
            "NODE_OPTIONS",
            "show-environment",
        ),
        (
            "other variables of the manager's",
            |f| {
                f.crashes(&PRELOADED);
                managers(f, "DefaultEnvironment=NODE_OPTIONS=--enable-source-maps");
            },
            "unknown-crash",
            "/opt/apm/trace.js",
            "",
        ),
        (
            "the manager's own limit",
            |f| {
                f.dies(Speaker::Agent, &[], Exit::Signal(11));
                managers(f, "DefaultLimitNOFILE=16");
            },
            "unit-confinement",
            "DefaultLimitNOFILE=16",
            "site.conf:2",
        ),
        (
            "a package that the user may not read",
            |f| {
                f.crashes(&[PACKAGE]);
                let at = format!("{BUNDLE}/node_modules");
                let why = "owner 0:0, mode 0700".into();
                f.refused.push(RefusedPath { named: "ws".into(), at, why, is_users: false });
            },
            "permission-denied",
            "agent-bundle/node_modules",
            "mode 0700",
        ),
        (
            "a circle that systemd broke at boot",
            |f| {
                f.stopped();
                f.journal().entries.clear();
                f.host.boot = Some("b".into());
                told_of(f, 90, "Job server-flow-agent.service/start deleted to break ordering cycle starting with x");
                f.told_of_processes.iter_mut().for_each(|entry| entry.boot = Some("b".into()));
            },
            "service-stopped",
            "makes a circle",
            "ordering cycle",
        ),
    ];
    for (case, make, cause, summary, evidence) in cases {
        let report = judged(make);
        let first = report.diagnoses.first().unwrap_or_else(|| panic!("{case}: nothing is said"));
        assert_eq!(first.cause, cause, "{case}: {}", first.summary);
        assert!(first.summary.contains(summary), "{case}: {}", first.summary);
        let seen: Vec<&str> = first.evidence().iter().map(|one| one.detail.as_str()).collect();
        assert!(seen.iter().any(|one| one.contains(evidence)), "{case}: {seen:?}");
    }
}

#[test]
fn an_agent_of_a_users_own_systemd_gets_no_second_one() {
    let report = judged(|f| {
        f.stopped();
        f.unit().unit.files.clear();
        f.service().load_state = "not-found".into();
        let unit = Some("user@1000.service/server-flow-agent.service".into());
        let command = "/usr/bin/node /home/joe/agent-bundle/dist/index.js".into();
        f.strays = Fact::Known(vec![Stray { pid: 90, command, unit, pm2: None }]);
    });
    let first = &report.diagnoses[0];
    assert_eq!(first.cause, "unit-missing");
    assert!(first.summary.contains("own systemd of the user 1000"), "{}", first.summary);
    let typed: Vec<_> = first.fix.iter().flat_map(|step| &step.commands).map(|command| command.typed()).collect();
    assert!(typed.iter().all(|command| command.starts_with("ps ")), "{typed:?}");
}
