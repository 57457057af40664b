//! The unit and its drop-ins.

use super::*;
use Health::{Broken, Degraded, Healthy};

/// What node says of a module that `--require` asks for.
const PRELOAD: [&str; 3] = ["Error: Cannot find module '/opt/apm/trace.js'", "Require stack:", "- internal/preload"];

pub(super) static CASES: &[Case] = &[
    ("unit-missing", "healthy", |_| {}, Healthy, &[]),
    (
        "unit-masked",
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
        "unit-masked",
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
        "unit-missing",
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
        "unit-invalid",
        "without a command",
        |f| {
            f.unit_says("ExecStart=", "#ExecStart=");
            f.service().load_state = "bad-setting".into();
        },
        Degraded,
        &["unit-invalid"],
    ),
    ("unit-invalid", "complaints alone are none", |f| f.unit_says("RestartSec=10", "RestartSec 10"), Healthy, &[]),
    (
        "unit-disabled",
        "disabled",
        |f| {
            f.service().unit_file_state = "disabled".into();
            f.unit().enabled = false;
        },
        Degraded,
        &["unit-disabled"],
    ),
    (
        "unit-disabled",
        "disabled, and wanted by another unit",
        |f| f.service().unit_file_state = "disabled".into(),
        Healthy,
        &[],
    ),
    ("unit-disabled", "enabled at run time", |f| f.service().unit_file_state = "enabled-runtime".into(), Healthy, &[]),
    (
        "unit-disabled",
        "enabled for a target that is not reached",
        |f| {
            f.unit_says("WantedBy=multi-user.target", "WantedBy=graphical.target");
            f.host.target = Some("multi-user.target".into());
        },
        Degraded,
        &["unit-disabled"],
    ),
    (
        "unit-disabled",
        "enabled for a target that is reached",
        |f| {
            f.unit_says("WantedBy=multi-user.target", "WantedBy=graphical.target");
            f.host.target = Some("graphical.target".into());
        },
        Healthy,
        &[],
    ),
    (
        "unit-disabled",
        "enabled for the target on the way to another",
        |f| f.host.target = Some("graphical.target".into()),
        Healthy,
        &[],
    ),
    (
        "unit-disabled",
        "made by systemd-run",
        |f| {
            f.unit().unit.files[0].path = "/run/systemd/transient/server-flow-agent.service".into();
            f.service().unit_file_state = "transient".into();
        },
        Degraded,
        &["unit-disabled"],
    ),
    (
        "unit-disabled",
        "disabled and stopped",
        |f| {
            f.stopped();
            f.service().unit_file_state = "disabled".into();
            f.unit().enabled = false;
        },
        Broken,
        &["service-stopped", "unit-disabled"],
    ),
    (
        "unit-nested-paths",
        "nested paths",
        |f| {
            f.nested_unit();
            f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
        },
        Broken,
        &["unit-nested-paths"],
    ),
    (
        "working-directory-missing",
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
        "working-directory-missing",
        "another directory, forgiven by its `-`",
        |f| {
            f.unit_says("WorkingDirectory=/root/.server-flow/agent-bundle", "WorkingDirectory=-/opt/agent");
            f.unit().working_directory = reached("/opt/agent", missing());
        },
        Healthy,
        &[],
    ),
    (
        "executable-missing",
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
        "user-missing",
        "no such user",
        |f| {
            f.unit_says("User=root", "User=agent");
            f.unit().account = Fact::Known(None);
            f.dies(Speaker::Child, &["Failed at step USER spawning /usr/bin/node: No such process"], Exit::Code(217));
        },
        Broken,
        &["user-missing"],
    ),
    (
        "unit-not-reloaded",
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
        "unit-not-reloaded",
        "not reloaded, and what is loaded works as well",
        |f| {
            f.service().need_daemon_reload = true;
            f.service().working_directory = Some("/srv".into());
        },
        Degraded,
        &["unit-not-reloaded"],
    ),
    (
        "user-missing",
        "a dynamic user needs no account",
        |f| {
            f.unit_says("User=root", "User=agent\nDynamicUser=yes");
            f.unit().account = Fact::Known(None);
        },
        Healthy,
        &[],
    ),
    (
        "entry-point-missing",
        "started by another program, whose first word is no script",
        |f| {
            f.unit_says("/usr/bin/node /root", "/usr/bin/env node /root");
            f.unit().script = reached("/opt/node", missing());
            f.service().exec_start.clear();
        },
        Healthy,
        &[],
    ),
    (
        "unit-not-reloaded",
        "not reloaded, nothing differs",
        |f| f.service().need_daemon_reload = true,
        Degraded,
        &["unit-not-reloaded"],
    ),
    (
        "drop-in-overrides",
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
        "drop-in-overrides",
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
        "drop-in-overrides",
        "a drop-in that starts something else",
        |f| {
            f.drop_in("[Service]\nExecStart=\nExecStart=/bin/true\n");
            f.unit().program = reached("/bin/true", Presence::File { size: 9, executable: true });
            f.dies(Speaker::Child, &[], Exit::Code(0));
        },
        Broken,
        &["drop-in-overrides"],
    ),
    (
        "drop-in-overrides",
        "a drop-in with a second command",
        |f| {
            f.stopped();
            f.drop_in("[Service]\nExecStart=/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js --debug\n");
            f.service().load_state = "bad-setting".into();
        },
        Broken,
        &["drop-in-overrides"],
    ),
    (
        "unit-confinement",
        "a path that is to be writable, and is not there",
        |f| {
            f.unit_says("RestartSec=10", "ProtectSystem=strict\nReadWritePaths=/root/.server-flow /var/lib/none");
            let place =
                "Failed to set up mount namespacing: /run/systemd/unit-root/var/lib/none: No such file or directory";
            let step = "Failed at step NAMESPACE spawning /usr/bin/node: No such file or directory";
            f.dies(Speaker::Child, &[place, step], Exit::Code(226));
        },
        Broken,
        &["unit-confinement"],
    ),
    (
        "drop-in-overrides",
        "a drop-in that hides the home",
        |f| {
            f.drop_in("[Service]\nProtectHome=yes\n");
            f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
        },
        Broken,
        &["drop-in-overrides"],
    ),
    (
        "drop-in-overrides",
        "a drop-in that confines, and the agent runs",
        |f| f.drop_in("[Service]\nProtectHome=yes\n"),
        Healthy,
        &[],
    ),
    (
        "unit-other-command",
        "a package manager in a workspace that is not there",
        |f| {
            f.unit_says(
                "/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js",
                "/usr/bin/pnpm --filter agent dev",
            );
            f.dies(Speaker::Agent, &["No projects matched the filters in \"/root\""], Exit::Code(1));
        },
        Broken,
        &["unit-other-command"],
    ),
    (
        "unit-other-command",
        "a wrapper that starts the agent, which dies of its own error",
        |f| {
            f.unit_says("/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js", "/usr/local/bin/start-agent");
            f.crashes(&["Error: telemetry queue is corrupt"]);
        },
        Broken,
        &["unknown-crash"],
    ),
    (
        "helper-command-failed",
        "a command before the start fails",
        |f| {
            f.unit_says("Restart=always", "ExecStartPre=/usr/local/bin/prepare\nRestart=always");
            f.helper_fails();
        },
        Broken,
        &["helper-command-failed"],
    ),
    (
        "helper-command-failed",
        "a command whose failure is forgiven, and the agent dies of something else",
        |f| {
            f.unit_says("Restart=always", "ExecStartPre=-/usr/local/bin/prepare\nRestart=always");
            f.crashes(&["Error: telemetry queue is corrupt"]);
        },
        Broken,
        &["unknown-crash"],
    ),
    (
        "unit-confinement",
        "the unit itself hides the home",
        |f| {
            f.unit_says("Restart=always", "ProtectHome=yes\nRestart=always");
            f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
        },
        Broken,
        &["unit-confinement"],
    ),
    (
        "unit-confinement",
        "memory that is written may not be executed",
        |f| {
            f.unit_says("Restart=always", "MemoryDenyWriteExecute=yes\nRestart=always");
            f.dies(Speaker::Agent, &[], Exit::Signal(5));
        },
        Broken,
        &["unit-confinement"],
    ),
    (
        "unit-confinement",
        "node is told to load what was removed",
        |f| {
            f.unit_says("Restart=always", "Environment=NODE_OPTIONS=--require=/opt/apm/trace.js\nRestart=always");
            f.crashes(&PRELOAD);
        },
        Broken,
        &["unit-confinement"],
    ),
    (
        "drop-in-overrides",
        "a drop-in tells node to load what was removed",
        |f| {
            f.drop_in("[Service]\nEnvironment=NODE_OPTIONS=--require=/opt/apm/trace.js\n");
            f.crashes(&PRELOAD);
        },
        Broken,
        &["drop-in-overrides"],
    ),
    (
        "unit-confinement",
        "the module of another product, which nothing in the unit asks for",
        |f| f.crashes(&PRELOAD),
        Broken,
        &["unknown-crash"],
    ),
    (
        "unit-confinement",
        "a unit that confines, and the agent runs",
        |f| f.unit_says("Restart=always", "ProtectHome=yes\nRestart=always"),
        Healthy,
        &[],
    ),
    (
        "unit-invalid",
        "a file of variables that is not there",
        |f| {
            f.unit_says("Environment=NODE_ENV=production", "EnvironmentFile=/etc/agent.env");
            f.dies(Speaker::Manager, &["Failed to load environment files: No such file or directory"], Exit::Code(0));
            f.service().result = "resources".into();
        },
        Broken,
        &["unit-invalid"],
    ),
    (
        "secret-in-unit",
        "a secret",
        |f| f.unit().secrets.push(SecretInUnit { what: "--token".into(), place: format!("{FILE}:9") }),
        Degraded,
        &["secret-in-unit"],
    ),
    (
        "unit-masked",
        "a unit that is not there is not masked",
        |f| {
            f.stopped();
            f.service().load_state = "not-found".into();
            f.unit().unit.files.clear();
        },
        Broken,
        &["unit-missing"],
    ),
    (
        "unit-not-reloaded",
        "a unit file that is newer than the agent",
        |f| f.unit().changed = Some(ago(10)),
        Healthy,
        &[],
    ),
    (
        "unit-nested-paths",
        "a directory of the same name outside of the bundle",
        |f| {
            f.unit_says("WorkingDirectory=/root/.server-flow/agent-bundle", "WorkingDirectory=/srv/apps/agent");
            f.unit().working_directory = reached("/srv/apps/agent", Presence::Directory);
            f.service().working_directory = Some("/srv/apps/agent".into());
        },
        Healthy,
        &[],
    ),
    (
        "executable-missing",
        "systemd names node, and means the directory",
        |f| {
            f.unit_says("WorkingDirectory=/root/.server-flow/agent-bundle", "WorkingDirectory=/srv/agent");
            f.unit().working_directory = reached("/srv/agent", missing());
            f.dies(Speaker::Child, &[CHDIR], Exit::Code(200));
        },
        Broken,
        &["working-directory-missing"],
    ),
    (
        "secret-in-unit",
        "a file of variables that only root may read",
        |f| f.unit_says("Environment=NODE_ENV=production", "EnvironmentFile=/root/.server-flow/agent.env"),
        Healthy,
        &[],
    ),
];
