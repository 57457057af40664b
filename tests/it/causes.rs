//! The causes on servers made of facts: each fires on its fault, and on nothing that looks like it.

use crate::server::*;
use bundle_doctor::doctor::causes::CAUSES;
use bundle_doctor::doctor::diagnose::diagnose;
use bundle_doctor::doctor::facts::journal::Speaker;
use bundle_doctor::doctor::facts::{
    DeploymentState, Exit, Fact, Facts, Listener, Node, Presence, Reach, SecretInUnit, Volume,
};
use bundle_doctor::doctor::report::DoctorReport;
use bundle_doctor::report::bundle_layout::BundleLayout;
use bundle_doctor::report::finding::Severity;
use bundle_doctor::report::server::Health;
use bundle_doctor::systemd::Unit;

type Make = fn(&mut Facts);

/// A name, how the server is broken, how it fares, and the roots in order.
type Case = (&'static str, Make, Health, &'static [&'static str]);

fn judged(make: Make) -> DoctorReport {
    let mut facts = healthy();
    make(&mut facts);
    diagnose(facts, &policy())
}

fn roots(report: &DoctorReport) -> Vec<&'static str> {
    report.diagnoses.iter().map(|diagnosis| diagnosis.cause).collect()
}

fn all(cases: &[Case]) {
    for (name, make, health, wanted) in cases {
        let report = judged(*make);
        assert_eq!(roots(&report), *wanted, "{name}: {:#?}", report.diagnoses);
        assert_eq!(report.health, *health, "{name}");
        for diagnosis in &report.diagnoses {
            assert!(!diagnosis.summary.ends_with('.'), "{name}: {}", diagnosis.summary);
            assert!(!diagnosis.verify.is_empty(), "{name}: {} has no way to verify", diagnosis.cause);
        }
    }
}

const NOT_FOUND: &str = "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@server-flow/shared' imported from /root/.server-flow/agent-bundle/dist/index.js";
const CHDIR: &str = "server-flow-agent.service: Failed at step CHDIR spawning /usr/bin/node: No such file or directory";

#[test]
fn the_unit() {
    use Health::{Broken, Degraded, Healthy};
    all(&[
        ("healthy", |_| {}, Healthy, &[]),
        (
            "masked",
            |f| {
                f.stopped();
                f.service().load_state = "masked".into();
                f.unit().masked_by = Some(FILE.into());
                f.unit().unit.files.clear();
            },
            Broken,
            &["unit-masked"],
        ),
        (
            "an empty unit file beside an agent that runs",
            |f| {
                f.service().load_state = "masked".into();
                f.unit().masked_by = Some(FILE.into());
                f.unit().unit.files.clear();
            },
            Degraded,
            &["unit-masked"],
        ),
        (
            "missing",
            |f| {
                f.stopped();
                f.service().load_state = "not-found".into();
                f.unit().unit.files.clear();
            },
            Broken,
            &["unit-missing"],
        ),
        (
            "without a command",
            |f| {
                f.unit_says("ExecStart=", "#ExecStart=");
                f.service().load_state = "bad-setting".into();
            },
            Degraded,
            &["unit-invalid"],
        ),
        ("complaints alone are none", |f| f.unit_says("RestartSec=10", "RestartSec 10"), Healthy, &[]),
        ("disabled", |f| f.service().unit_file_state = "disabled".into(), Degraded, &["unit-disabled"]),
        ("enabled at run time", |f| f.service().unit_file_state = "enabled-runtime".into(), Healthy, &[]),
        (
            "disabled and stopped",
            |f| {
                f.stopped();
                f.service().unit_file_state = "disabled".into();
            },
            Broken,
            &["service-stopped", "unit-disabled"],
        ),
        (
            "nested paths",
            |f| {
                f.nested_unit();
                f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
            },
            Broken,
            &["unit-nested-paths"],
        ),
        (
            "another directory",
            |f| {
                f.unit_says("WorkingDirectory=/root/.server-flow/agent-bundle", "WorkingDirectory=/opt/agent");
                f.unit().working_directory = reached("/opt/agent", missing());
                f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
            },
            Broken,
            &["working-directory-missing"],
        ),
        (
            "another directory, forgiven by its `-`",
            |f| {
                f.unit_says("WorkingDirectory=/root/.server-flow/agent-bundle", "WorkingDirectory=-/opt/agent");
                f.unit().working_directory = reached("/opt/agent", missing());
            },
            Healthy,
            &[],
        ),
        (
            "node elsewhere",
            |f| {
                f.unit().program = reached("/usr/bin/node", missing());
                f.node = Fact::Known(None);
                f.dies(
                    Speaker::Child,
                    &["Failed at step EXEC spawning /usr/bin/node: No such file or directory"],
                    Exit::Code(203),
                );
            },
            Broken,
            &["executable-missing"],
        ),
        (
            "no such user",
            |f| {
                f.unit_says("User=root", "User=agent");
                f.unit().account = Fact::Known(None);
                f.dies(
                    Speaker::Child,
                    &["Failed at step USER spawning /usr/bin/node: No such process"],
                    Exit::Code(217),
                );
            },
            Broken,
            &["user-missing"],
        ),
        (
            "not reloaded",
            |f| {
                f.service().need_daemon_reload = true;
                f.service().working_directory = Some(format!("{BUNDLE}/apps/agent"));
                f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
            },
            Broken,
            &["unit-not-reloaded"],
        ),
        (
            "not reloaded, and what is loaded works as well",
            |f| {
                f.service().need_daemon_reload = true;
                f.service().working_directory = Some("/srv".into());
            },
            Degraded,
            &["unit-not-reloaded"],
        ),
        (
            "a dynamic user needs no account",
            |f| {
                f.unit_says("User=root", "User=agent\nDynamicUser=yes");
                f.unit().account = Fact::Known(None);
            },
            Healthy,
            &[],
        ),
        (
            "started by another program, whose first word is no script",
            |f| {
                f.unit_says("/usr/bin/node /root", "/usr/bin/env node /root");
                f.unit().script = reached("/opt/node", missing());
                f.service().exec_start.clear();
            },
            Healthy,
            &[],
        ),
        ("not reloaded, nothing differs", |f| f.service().need_daemon_reload = true, Degraded, &["unit-not-reloaded"]),
        (
            "a drop-in with the old layout",
            |f| {
                f.drop_in("[Service]\nWorkingDirectory=/root/.server-flow/agent-bundle/apps/agent\n");
                f.unit().working_directory = reached(&format!("{BUNDLE}/apps/agent"), missing());
                f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
            },
            Broken,
            &["drop-in-overrides"],
        ),
        (
            "a drop-in that leads elsewhere, where everything is",
            |f| {
                f.drop_in("[Service]\nWorkingDirectory=/srv\n");
                f.unit().working_directory = reached("/srv", Presence::Directory);
                f.service().working_directory = Some("/srv".into());
            },
            Healthy,
            &[],
        ),
        (
            "a drop-in that hides the home",
            |f| {
                f.drop_in("[Service]\nProtectHome=yes\n");
                f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
            },
            Broken,
            &["drop-in-overrides"],
        ),
        ("a drop-in that confines, and the agent runs", |f| f.drop_in("[Service]\nProtectHome=yes\n"), Healthy, &[]),
        (
            "a file of variables that is not there",
            |f| {
                f.unit_says("Environment=NODE_ENV=production", "EnvironmentFile=/etc/agent.env");
                f.dies(
                    Speaker::Manager,
                    &["Failed to load environment files: No such file or directory"],
                    Exit::Code(0),
                );
                f.service().result = "resources".into();
            },
            Broken,
            &["unit-invalid"],
        ),
        (
            "a secret",
            |f| f.unit().secrets.push(SecretInUnit { what: "--token".into(), place: format!("{FILE}:9") }),
            Degraded,
            &["secret-in-unit"],
        ),
    ]);
}

#[test]
fn the_update() {
    use Health::{Broken, Degraded, Healthy};
    all(&[
        (
            "stopped after the backup",
            |f| {
                f.backed_up();
                f.deployment = absent(BUNDLE);
                f.unit().working_directory = reached(BUNDLE, missing());
                f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
            },
            Broken,
            &["update-interrupted"],
        ),
        (
            "no backup: the bundle is gone",
            |f| {
                f.deployment = absent(BUNDLE);
                f.unit().working_directory = reached(BUNDLE, missing());
                f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
            },
            Broken,
            &["deployment-missing"],
        ),
        (
            "an empty folder, no backup",
            |f| {
                f.deployment.state = Fact::Known(DeploymentState::Empty);
                f.crashes(&["Error: Cannot find module '/root/.server-flow/agent-bundle/dist/index.js'"]);
            },
            Broken,
            &["deployment-missing"],
        ),
        (
            "a web page was downloaded",
            |f| {
                f.backed_up();
                f.downloaded(Some("archive-unreadable"));
                f.deployment.state = Fact::Known(DeploymentState::Empty);
                f.crashes(&["Error: Cannot find module '/root/.server-flow/agent-bundle/dist/index.js'"]);
            },
            Broken,
            &["download-not-an-archive"],
        ),
        ("a bad download beside a good bundle", |f| f.downloaded(Some("archive-unreadable")), Healthy, &[]),
        (
            "stopped before the installation",
            |f| {
                f.backed_up();
                f.not_installed(&["fastify", "ws"]);
                f.found("shared-package-missing", SHARED);
                f.crashes(&[NOT_FOUND]);
            },
            Broken,
            &["update-interrupted"],
        ),
        (
            "cut while it was extracted, and the archive is gone since",
            |f| {
                f.backed_up();
                f.inspected().has_modules = false;
                f.found("package-json-missing", "package.json");
                f.found("shared-package-missing", SHARED);
                f.crashes(&[NOT_FOUND]);
            },
            Broken,
            &["update-interrupted"],
        ),
        (
            "not installed, and a backup of long ago",
            |f| {
                f.backed_up();
                f.inspected().changed = Some(ago(600));
                if let Fact::Known(DeploymentState::Present(backup)) = &mut f.backup.state {
                    backup.changed = Some(ago(900_000));
                }
                f.not_installed(&["fastify"]);
                f.crashes(&["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'fastify' imported from x"]);
            },
            Broken,
            &["dependencies-not-installed"],
        ),
        (
            "stopped before the copy",
            |f| {
                f.backed_up();
                f.inspected().ships_shared = true;
                f.found("shared-package-missing", SHARED);
                f.crashes(&[NOT_FOUND]);
            },
            Broken,
            &["update-interrupted"],
        ),
        (
            "a whole update of a bundle that loses the copy",
            |f| {
                f.backed_up();
                f.found("shared-package-missing", SHARED);
                f.crashes(&[NOT_FOUND]);
            },
            Broken,
            &["shared-package-missing"],
        ),
        ("a backup of a whole update", Break::backed_up, Healthy, &[]),
        (
            "not restarted",
            |f| {
                f.backed_up();
                f.process().directory = Some(BACKUP.into());
            },
            Degraded,
            &["update-interrupted"],
        ),
        (
            "a time bomb",
            |f| {
                f.backed_up();
                f.process().directory = Some(BACKUP.into());
                f.not_installed(&["fastify"]);
                f.found("shared-package-missing", SHARED);
            },
            Degraded,
            &["restart-would-fail"],
        ),
        ("a time bomb of the unit", Break::nested_unit, Degraded, &["restart-would-fail"]),
        ("a bundle that lost its directory", |f| f.process().directory_deleted = true, Degraded, &["cwd-deleted"]),
        (
            "a bundle in the backup",
            |f| {
                f.backed_up();
                f.nested_backup = Some(bundle(&format!("{BACKUP}/agent-bundle")));
            },
            Degraded,
            &["backup-nested"],
        ),
    ]);
}

#[test]
fn the_bundle() {
    use Health::{Broken, Degraded, Healthy};
    all(&[
        (
            "nested, and the unit flat",
            |f| {
                f.inspected().report.layout = BundleLayout::Nested;
                f.crashes(&["Error: Cannot find module '/root/.server-flow/agent-bundle/dist/index.js'"]);
            },
            Broken,
            &["deployment-nested"],
        ),
        (
            "nested, and the unit as well",
            |f| {
                let inspected = f.inspected();
                inspected.report.layout = BundleLayout::Mixed;
                inspected.entry = "apps/agent/dist/index.js".into();
                f.unit_says("agent-bundle/dist", "agent-bundle/apps/agent/dist");
                f.service().exec_start = vec!["/usr/bin/node".into(), format!("{BUNDLE}/apps/agent/dist/index.js")];
            },
            Degraded,
            &["deployment-nested"],
        ),
        (
            "no entry point",
            |f| {
                f.found("entry-point-missing", "dist/index.js");
                f.unit().script = reached(&format!("{BUNDLE}/dist/index.js"), missing());
                f.crashes(&["Error: Cannot find module '/root/.server-flow/agent-bundle/dist/index.js'"]);
            },
            Broken,
            &["entry-point-missing"],
        ),
        (
            "an empty entry point ends with success",
            |f| {
                f.found("entry-point-missing", "dist/index.js");
                f.unit().script =
                    reached(&format!("{BUNDLE}/dist/index.js"), Presence::File { size: 0, executable: false });
                f.dies(Speaker::Agent, &[], Exit::Code(0));
            },
            Broken,
            &["entry-point-missing"],
        ),
        (
            "a declared package that nothing imports",
            |f| f.inspected().absent_dependencies = vec!["pm2".into()],
            Healthy,
            &[],
        ),
        (
            "one that is imported",
            |f| {
                f.not_installed(&["ws"]);
                let inspected = f.inspected();
                (inspected.has_modules, inspected.has_dependencies) = (true, true);
                f.crashes(&["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ws' imported from x"]);
            },
            Broken,
            &["dependencies-not-installed"],
        ),
        (
            "a version that is none stops no start",
            |f| {
                let mut odd = finding("package-json-invalid", "package.json");
                odd.message = "The `version` in package.json is not a semver version (MAJOR.MINOR.PATCH)".into();
                f.inspected().report.findings.push(odd);
            },
            Healthy,
            &[],
        ),
        (
            "a manifest that is no JSON does",
            |f| {
                let mut cut = finding("package-json-invalid", "package.json");
                cut.message = "package.json cannot be used: it is no JSON. Step 5 of the update fails".into();
                f.inspected().report.findings.push(cut);
                f.crashes(&[
                    "SyntaxError: Error parsing /root/.server-flow/agent-bundle/package.json: Unexpected token",
                ]);
            },
            Broken,
            &["package-json-invalid"],
        ),
        (
            "a shared package that node finds at its root",
            |f| {
                let mut odd = finding("shared-entry-missing", SHARED);
                odd.message = "There is no `dist/index.js`. Node would load `index.js` instead".into();
                f.inspected().report.findings.push(odd);
            },
            Healthy,
            &[],
        ),
        (
            "a link that nothing is imported through",
            |f| f.found("workspace-link", "node_modules/left-over"),
            Healthy,
            &[],
        ),
        (
            "a link in the place of a package that is imported",
            |f| {
                f.found("workspace-link", "node_modules/ws");
                f.not_installed(&["ws"]);
                let inspected = f.inspected();
                (inspected.has_modules, inspected.has_dependencies) = (true, true);
                f.crashes(&["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ws' imported from x"]);
            },
            Broken,
            &["workspace-link"],
        ),
        (
            "a package that is not declared",
            |f| {
                f.found("undeclared-dependency", "dist/execution.js");
                f.crashes(&["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'chalk' imported from x"]);
            },
            Broken,
            &["undeclared-dependency"],
        ),
        (
            "a linked shared package",
            |f| {
                f.found("shared-package-linked", SHARED);
                f.crashes(&[NOT_FOUND]);
            },
            Broken,
            &["shared-package-linked"],
        ),
        (
            "a rule that is no cause",
            |f| {
                f.found("shared-entry-missing", SHARED);
                f.crashes(&["Error: Cannot find package '/root/.server-flow/agent-bundle/node_modules/@server-flow/shared/dist/index.js' imported from x"]);
            },
            Broken,
            &["shared-entry-missing"],
        ),
        ("a rule that stops no start", |f| f.found("workspace-protocol", "package.json"), Healthy, &[]),
        (
            "a package of a package",
            |f| f.crashes(&["Error: Cannot find module 'avvio'"]),
            Broken,
            &["module-not-found"],
        ),
        (
            "a name that is not exported",
            |f| {
                f.crashes(&[
                    "SyntaxError: The requested module '@server-flow/shared' does not provide an export named 'X'",
                ])
            },
            Broken,
            &["missing-export"],
        ),
        (
            "a file that does not parse",
            |f| {
                f.found("module-syntax-error", "dist/execution.js");
                f.crashes(&[
                    "file:///root/.server-flow/agent-bundle/dist/execution.js:5",
                    "SyntaxError: Unexpected end of input",
                ]);
            },
            Broken,
            &["module-syntax-error"],
        ),
        (
            "JSON that does not parse is no module",
            |f| {
                f.dies(
                    Speaker::Agent,
                    &[
                        "<anonymous_script>:1",
                        "SyntaxError: Unexpected end of JSON input",
                        "    at JSON.parse (<anonymous>)",
                        "Node.js v20.20.2",
                    ],
                    Exit::Code(1),
                );
            },
            Broken,
            &["unknown-crash"],
        ),
        (
            "the other kind of module",
            |f| f.crashes(&["/root/x/dist/index.js:1", "SyntaxError: Cannot use import statement outside a module"]),
            Broken,
            &["module-format-mismatch"],
        ),
        (
            "an old node",
            |f| {
                f.node = Fact::Known(Some(Node { path: "/usr/bin/node".into(), version: Some("16.20.2".into()) }));
                f.crashes(&["TypeError: words.findLastIndex is not a function"]);
            },
            Broken,
            &["node-too-old"],
        ),
        (
            "an old node on which the agent runs",
            |f| f.node = Fact::Known(Some(Node { path: "/usr/bin/node".into(), version: Some("16.20.2".into()) })),
            Healthy,
            &[],
        ),
        (
            "engines that the node does not meet",
            |f| {
                f.inspected().engines = Some(">=22".into());
                f.crashes(&["TypeError: x.y is not a function"]);
            },
            Broken,
            &["node-too-old"],
        ),
        (
            "changed files of a signed bundle",
            |f| {
                let mut changed = finding("checksum-mismatch", "dist/execution.js");
                changed.message = "A file is not the one that the manifest lists: its SHA-256 differs".into();
                f.inspected().report.findings.push(changed);
            },
            Degraded,
            &["tampered-files"],
        ),
        (
            "the copy that step 4 deleted is no tampering",
            |f| {
                let mut gone = finding("checksum-mismatch", "node_modules/@server-flow/shared/package.json");
                gone.message = "The manifest lists a file that is not there".into();
                f.inspected().report.findings.push(gone);
            },
            Healthy,
            &[],
        ),
    ]);
}

#[test]
fn the_running_agent() {
    use Health::{Broken, Degraded, Healthy};
    all(&[
        (
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
            "the control plane refuses",
            |f| {
                f.process().connected = Some(false);
                let line = "[connection] WebSocket error: connect ECONNREFUSED 10.0.0.1:4000";
                f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", line));
            },
            Degraded,
            &["control-plane-unreachable"],
        ),
        (
            "the control plane does not know the path",
            |f| {
                f.process().connected = Some(false);
                let line = "[connection] WebSocket error: Unexpected server response: 400";
                f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", line));
            },
            Degraded,
            &["control-plane-unreachable"],
        ),
        (
            "a database of the applications refuses",
            |f| {
                let line = "Error: connect ECONNREFUSED 127.0.0.1:5432";
                f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", line));
            },
            Healthy,
            &[],
        ),
        (
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
            "node may not be executed",
            |f| {
                f.unit().program = reached("/usr/bin/node", Presence::File { size: 9, executable: false });
                f.dies(
                    Speaker::Child,
                    &["Failed at step EXEC spawning /usr/bin/node: Permission denied"],
                    Exit::Code(203),
                );
            },
            Broken,
            &["permission-denied"],
        ),
        (
            "an application may not read something",
            |f| f.crashes(&["Error: EACCES: permission denied, open '/srv/app/data'"]),
            Broken,
            &["unknown-crash"],
        ),
        (
            "a full disk",
            |f| {
                f.volumes = vec![Volume { path: "/".into(), free: 0, size: 75 << 20, free_inodes: Some(9) }];
                f.inspected().emptied = vec!["node_modules/fastify/package.json".into()];
                f.crashes(&["Error [ERR_INVALID_PACKAGE_CONFIG]: Invalid package config /x/package.json"]);
            },
            Broken,
            &["disk-full"],
        ),
        (
            "a full disk under an agent that runs",
            |f| f.volumes = vec![Volume { path: "/".into(), free: 0, size: 75 << 20, free_inodes: Some(9) }],
            Degraded,
            &["disk-full"],
        ),
        (
            "an application that met a full disk",
            |f| f.journal().entries.push(entry(ago(3), Speaker::Agent, "now", "npm error code ENOSPC")),
            Healthy,
            &[],
        ),
        (
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
            "killed by hand",
            |f| {
                let line =
                    "server-flow-agent.service: Sent signal SIGKILL to main process 38 (node) on client request.";
                f.dies(Speaker::Manager, &[line], Exit::Signal(9));
                f.service().active_state = "failed".into();
                f.service().sub_state = "failed".into();
            },
            Broken,
            &["service-stopped"],
        ),
        ("stopped", Break::stopped, Broken, &["service-stopped"]),
        (
            "stopped, on a disk that is full",
            |f| {
                f.stopped();
                f.volumes = vec![Volume { path: "/".into(), free: 0, size: 75 << 20, free_inodes: Some(9) }];
            },
            Broken,
            &["service-stopped", "disk-full"],
        ),
        (
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
            "stopped, and what is there would not start",
            |f| {
                f.stopped();
                f.found("shared-package-missing", SHARED);
            },
            Broken,
            &["shared-package-missing"],
        ),
        ("an error of its own", |f| f.crashes(&["Error: telemetry queue is corrupt"]), Broken, &["unknown-crash"]),
        (
            "it ends without a word",
            |f| f.dies(Speaker::Agent, &["[agent] starting"], Exit::Code(1)),
            Broken,
            &["service-crash-loop"],
        ),
    ]);
}

#[test]
fn two_independent_faults_are_two_diagnoses_and_the_first_is_what_it_dies_of() {
    let report = judged(|f| {
        f.nested_unit();
        f.found("shared-package-missing", SHARED);
        f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
    });
    assert_eq!(roots(&report), ["unit-nested-paths", "shared-package-missing"]);
    assert_eq!(report.diagnoses[0].consequences, ["working-directory-missing", "service-crash-loop"]);
    assert!(report.diagnoses[1].consequences.is_empty());
    // A step that is in both fixes is typed once.
    let report = judged(|f| {
        f.backed_up();
        f.found("shared-entry-missing", SHARED);
        f.found("module-syntax-error", "dist/execution.js");
        f.crashes(&["SyntaxError: Unexpected end of input"]);
    });
    assert_eq!(roots(&report), ["module-syntax-error", "shared-entry-missing"]);
    let moves = report.diagnoses.iter().flat_map(|diagnosis| &diagnosis.fix).flat_map(|step| &step.commands);
    assert_eq!(moves.filter(|command| command.typed().starts_with("mv ")).count(), 2);
}

#[test]
fn a_time_bomb_names_what_would_stop_the_start_and_how_to_get_back() {
    let report = judged(|f| {
        f.backed_up();
        f.process().directory = Some(BACKUP.into());
        f.not_installed(&["fastify"]);
    });
    let [bomb] = report.diagnoses.as_slice() else { panic!("{:#?}", report.diagnoses) };
    assert_eq!(bomb.consequences, ["update-interrupted", "dependencies-not-installed"]);
    let typed: Vec<_> = bomb.fix.iter().flat_map(|step| &step.commands).map(|command| command.typed()).collect();
    let aside = format!("{BUNDLE}.broken-20261118T110640Z");
    assert_eq!(
        typed,
        [format!("mv {BUNDLE} {aside}"), format!("mv {BACKUP} {BUNDLE}"), format!("systemctl restart {UNIT}")]
    );
    assert!(bomb.evidence().iter().any(|seen| seen.detail.contains(&format!("in {BACKUP}"))), "{:#?}", bomb.evidence());
}

#[test]
fn no_way_back_to_a_backup_that_would_not_start() {
    let report = judged(|f| {
        f.backed_up();
        if let Fact::Known(DeploymentState::Present(backup)) = &mut f.backup.state {
            backup.report.findings.push(finding("shared-package-missing", SHARED));
        }
        f.deployment = absent(BUNDLE);
        f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
    });
    assert_eq!(roots(&report), ["update-interrupted"]);
    let typed: Vec<_> =
        report.diagnoses[0].fix.iter().flat_map(|step| &step.commands).map(|command| command.typed()).collect();
    assert!(!typed.iter().any(|command| command.starts_with(&format!("mv {BACKUP}"))), "{typed:#?}");
    assert_eq!(typed[0], format!("curl -fL http://cp.example:4000/agent-bundle.tar.gz -o {DOWNLOAD}"));
}

#[test]
fn evidence_of_the_past_proves_nothing() {
    // Died this morning of something that is mended since, then started by hand.
    let report = judged(|f| {
        f.crashes(&[NOT_FOUND]);
        let service = f.service();
        service.active_state = "active".into();
        service.sub_state = "running".into();
        service.result = "success".into();
        service.main_pid = Some(700);
        service.started = Some(ago(16));
        service.active_since = Some(ago(16));
        // systemd 252 keeps the counter when it is started by hand in the pause between two runs.
        service.restarts = Some(1);
        service.invocation = Some("after".into());
    });
    assert_eq!((roots(&report), report.health), (Vec::new(), Health::Healthy), "{:#?}", report.diagnoses);
    // Dead, and the bundle was replaced after it died: the words are about another bundle.
    let report = judged(|f| {
        f.crashes(&[NOT_FOUND]);
        f.service().active_state = "failed".into();
        f.service().sub_state = "failed".into();
        f.inspected().changed = Some(ago(5));
    });
    assert_eq!(roots(&report), ["unknown-crash"], "{:#?}", report.diagnoses);
}

#[test]
fn a_loop_is_seen_while_it_shows_active() {
    let report = judged(|f| {
        f.crashes(&["Error: telemetry queue is corrupt"]);
        let service = f.service();
        service.active_state = "active".into();
        service.sub_state = "running".into();
        service.main_pid = Some(900);
        service.started = Some(ago(0));
        service.invocation = Some("run 3".into());
    });
    assert_eq!((roots(&report), report.health), (vec!["unknown-crash"], Health::Broken), "{:#?}", report.diagnoses);
}

#[test]
fn what_is_not_known_is_said_and_never_called_healthy() {
    for (name, make, health, wanted) in [
        (
            "no systemd",
            (|f: &mut Facts| {
                f.service = Fact::unknown("there is no `systemctl`");
                f.process = Fact::unknown("the service is not known");
            }) as Make,
            Health::Inconclusive,
            "the service",
        ),
        (
            "the bundle may not be read",
            |f| f.deployment.state = Fact::unless("permission denied", "run it as root"),
            Health::Inconclusive,
            "the deployed bundle",
        ),
        (
            "the journal may not be read, and the agent runs",
            |f| f.journal = Fact::unless("permission denied", "run it as root"),
            Health::Inconclusive,
            "the journal",
        ),
        (
            "the journal is empty, and the agent runs",
            |f| f.journal().entries.clear(),
            Health::Inconclusive,
            "the journal",
        ),
        (
            "just started",
            |f| {
                f.service().started = Some(ago(3));
                f.service().active_since = Some(ago(3));
            },
            Health::Inconclusive,
            "whether the agent stays up",
        ),
        (
            "a mounted disk on which nothing is wrong",
            |f| {
                f.reach = Reach::Mounted("/mnt".into());
                f.service = Fact::unknown("a mounted disk does not run");
                f.process = Fact::unknown("the service is not known");
                let words = ["npm error code ENOSPC", CHDIR, NOT_FOUND];
                f.journal().entries.extend(words.map(|line| entry(ago(100), Speaker::Agent, "now", line)));
            },
            Health::Inconclusive,
            "the service",
        ),
        (
            "a dead agent and an empty journal",
            |f| {
                f.dies(Speaker::Agent, &[], Exit::Code(1));
                f.journal().entries.clear();
            },
            Health::Broken,
            "the journal",
        ),
    ] {
        let report = judged(make);
        assert_eq!(report.health, health, "{name}: {:#?}", report.diagnoses);
        assert!(report.not_checked.iter().any(|missing| missing.what == wanted), "{name}: {:#?}", report.not_checked);
    }
}

#[test]
fn a_mounted_disk_gives_the_cause_that_the_live_server_gives() {
    for (name, make, wanted) in [
        ("nested unit", Break::nested_unit as Make, "unit-nested-paths"),
        ("no shared package", |f| f.found("shared-package-missing", SHARED), "shared-package-missing"),
        (
            "no bundle",
            |f| {
                f.backed_up();
                f.deployment = absent(BUNDLE);
            },
            "update-interrupted",
        ),
    ] {
        let mut facts = healthy();
        make(&mut facts);
        facts.reach = Reach::Mounted("/mnt".into());
        facts.service = Fact::unknown("a mounted disk does not run");
        facts.process = Fact::unknown("the service is not known");
        facts.journal = Fact::unknown("the disk holds none");
        let report = diagnose(facts, &policy());
        assert_eq!((roots(&report), report.health), (vec![wanted], Health::Broken), "{name}");
    }
}

/// What a fix changes by sed is really changed by it, and nothing else.
#[test]
fn edits_of_units_do_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, make, wanted) in [
        (
            "nested paths, with a token",
            DOCUMENTED
                .replace("agent-bundle\nExec", "agent-bundle/apps/agent\nExec")
                .replace("agent-bundle/dist/index.js", "agent-bundle/apps/agent/dist/index.js --token s3cr3t"),
            (|f: &mut Facts| {
                f.nested_unit();
                f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
            }) as Make,
            DOCUMENTED.replace("dist/index.js", "dist/index.js --token s3cr3t"),
        ),
        (
            "another directory",
            DOCUMENTED.replace("WorkingDirectory=/root/.server-flow/agent-bundle", "WorkingDirectory=/opt/agent"),
            |f| {
                f.unit_says("WorkingDirectory=/root/.server-flow/agent-bundle", "WorkingDirectory=/opt/agent");
                f.unit().working_directory = reached("/opt/agent", missing());
            },
            DOCUMENTED.to_owned(),
        ),
        (
            "a secret",
            DOCUMENTED.replace("--url", "--token s3cr3t --url"),
            |f| f.unit().secrets.push(SecretInUnit { what: "--token".into(), place: format!("{FILE}:9") }),
            DOCUMENTED.to_owned(),
        ),
        (
            "a node elsewhere",
            DOCUMENTED.to_owned(),
            |f| {
                f.unit().program = reached("/usr/bin/node", missing());
                f.other_nodes = vec![Node { path: "/usr/local/bin/node".into(), version: Some("20.20.2".into()) }];
            },
            DOCUMENTED.replace("/usr/bin/node", "/usr/local/bin/node"),
        ),
        (
            "another user",
            DOCUMENTED.replace("User=root", "User=agent"),
            |f| {
                f.unit_says("User=root", "User=agent");
                f.unit().account = Fact::Known(None);
            },
            DOCUMENTED.to_owned(),
        ),
    ] {
        let path = folder.path().join("unit");
        std::fs::write(&path, text).unwrap();
        let report = judged(make);
        let steps = report.diagnoses.iter().flat_map(|diagnosis| &diagnosis.fix);
        let edits: Vec<_> = steps
            .flat_map(|step| &step.commands)
            .filter(|command| command.words.first().is_some_and(|program| program == "sed"))
            .map(|command| command.typed().replace(FILE, path.to_str().unwrap()))
            .collect();
        assert!(!edits.is_empty(), "{name}: {:#?}", report.diagnoses);
        for edit in &edits {
            let status = std::process::Command::new("sh").args(["-c", edit]).status().unwrap();
            assert!(status.success(), "{name}: {edit}");
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted, "{name}: {edits:?}");
    }
}

/// A backup of the other layout would not start as the unit is now.
#[test]
fn a_nested_backup_is_no_way_back_under_a_flat_unit() {
    let report = judged(|f| {
        f.backed_up();
        if let Fact::Known(DeploymentState::Present(backup)) = &mut f.backup.state {
            backup.report.layout = BundleLayout::Nested;
        }
        f.found("shared-entry-missing", SHARED);
        f.crashes(&["Error: Cannot find package '/root/x/dist/index.js' imported from y"]);
    });
    assert_eq!(roots(&report), ["shared-entry-missing"]);
    let typed: Vec<_> =
        report.diagnoses[0].fix.iter().flat_map(|step| &step.commands).map(|command| command.typed()).collect();
    assert!(!typed.iter().any(|command| command.contains(BACKUP)), "{typed:#?}");
    let backup = report.checks.iter().find(|check| check.id == "backup").unwrap();
    assert!(backup.message.ends_with("would not start"), "{}", backup.message);
}

/// Without a unit, the documented one is written with the address that the server still knows.
#[test]
fn a_unit_is_written_with_the_address_that_is_known() {
    let report = judged(|f| {
        f.stopped();
        f.service().load_state = "not-found".into();
        f.service().exec_start.clear();
        f.unit().unit.files.clear();
        f.control_plane = None;
        f.journal().command =
            ["/usr/bin/node", "dist/index.js", "--url=http://cp.example:4000"].map(str::to_owned).to_vec();
    });
    let written =
        report.diagnoses[0].fix.iter().flat_map(|step| &step.commands).find_map(|command| command.input.clone());
    assert_eq!(written.as_deref(), Some(DOCUMENTED));
    let unit = Unit::of_text(UNIT, FILE, &written.unwrap());
    assert!(unit.command().unwrap().is_ok());
}

/// What doctor makes of a finding hangs on these words of the rules, and on how they begin.
#[test]
fn the_rules_still_say_what_is_read_here() {
    for (rule, words) in [
        (include_str!("../../src/check/rules/package_json_invalid.rs"), "package.json cannot be used: "),
        (include_str!("../../src/check/rules/shared_package_json_invalid.rs"), "ode stops with"),
        (include_str!("../../src/check/rules/shared_package_json_invalid.rs"), "has no package.json"),
        (include_str!("../../src/check/rules/shared_entry_missing.rs"), "Node would load"),
        (include_str!("../../src/check/rules/undeclared_dependency.rs"), "`{package}` is in no node_modules"),
        (include_str!("../../src/check/rules/checksum_mismatch.rs"), "The manifest lists a file that is not there"),
    ] {
        assert!(rule.contains(words), "{words}");
    }
}

#[test]
fn every_cause_is_tried_here() {
    let text = include_str!("causes.rs");
    for cause in CAUSES.iter().filter(|cause| cause.id != "systemd-unavailable") {
        assert!(text.matches(&format!("\"{}\"", cause.id)).count() >= 1, "{} is not tried", cause.id);
    }
    let report = judged(|f| f.service = Fact::unknown("there is no `systemctl`"));
    assert_eq!(roots(&report), ["systemd-unavailable"]);
    assert!(report.diagnoses.iter().all(|diagnosis| diagnosis.severity == Severity::Warning));
}
