"""The table of broken servers: how each is broken for real, and what doctor must say of it first.

A scenario's lines run as root on a server whose agent is connected, with the words of `deployed.PRELUDE`; updates are the
document's own eight steps. Where the contract leaves a choice between two names, `or_cause` holds the other.
"""

from __future__ import annotations

from deployed import AGENT_KEY, NESTED_UNIT, PASSWORD, REGISTERED, TOKEN, unit
from scenario import Fix, Scenario, degraded, healthy
from scenarios_death import DEATH
from scenarios_ends import ENDS
from scenarios_further import FURTHER
from scenarios_health import HEALTH
from scenarios_healthy import HEALTHY
from scenarios_lately import LATELY
from scenarios_logs import LOGS
from scenarios_odd import ODD
from scenarios_operations import OPERATIONS
from scenarios_seen import SEEN
from scenarios_settings import SETTINGS
from scenarios_strange import STRANGE
from scenarios_units import ABSENT, UNITS


def written(text: str) -> str:
    return f"unit <<'END'\n{text}END\n"


NESTED = written(NESTED_UNIT)

# The old layout, as the installer left it.
DEPLOY_NESTED = """
mkdir -p $S/new/apps/agent $S/new/packages
mv $B/dist $B/package.json $B/node_modules $S/new/apps/agent/
cp -r $S/new/apps/agent/$M $S/new/packages/shared
echo '{"name":"server-flow","version":"0.1.20","private":true}' >$S/new/package.json
printf "packages:\\n  - 'apps/*'\\n  - 'packages/*'\\n" >$S/new/pnpm-workspace.yaml
rm -rf $B
mv $S/new $B
sed -i s/0.1.26/0.1.20/ $B/apps/agent/package.json
"""

# Debian 13 keeps /tmp in memory, so that a mounted disk has no download.
WITHOUT_TMP = "download-not-an-archive update-interrupted shared-package-missing"

ACCOUNT = "useradd --system --create-home serverflow\n"
VISITOR = "useradd --create-home visitor\n"

# A release that kept `workspace:*`: step 5 ends in an error with both package managers (docs/reference/field-facts.md,
# "What the package managers make of a dependency on the shared package").
WORKSPACE_PROTOCOL = 'sed -i \'s#"fastify":#"@server-flow/shared": "workspace:*", &#\' /opt/lab/bundle/package.json\npublish\n'

# What an application that the agent started prints, on the agent's own stdout and stderr.
LOOK_ALIKE = """
cat >/opt/lab/application <<'END'
#!/bin/sh
cat >&2 <<'LINES'
node:internal/modules/esm/resolve:873
Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@server-flow/shared' imported from /srv/app/index.js
Error: listen EADDRINUSE: address already in use 0.0.0.0:3001
FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
npm error code ENOSPC
WebSocket error: connect ECONNREFUSED 127.0.0.1:4000
server-flow-agent.service: Failed at step CHDIR spawning /usr/bin/node: No such file or directory
LINES
END
chmod 755 /opt/lab/application
systemctl kill -s USR2 lab-control-plane
"""

# Everything that must not come out, in every place that doctor reads.
SECRETS_EVERYWHERE = f"""
cat >>$B/dist/utils/log.js <<'END'
console.error('Authorization: Bearer {REGISTERED}');
console.error('-----BEGIN PRIVATE KEY-----\\n{AGENT_KEY}\\n-----END PRIVATE KEY-----');
console.error('proxy http://operator:{PASSWORD}@proxy.internal:3128 refused');
console.error('started with --token {TOKEN} --url http://127.0.0.1:4000');
throw new Error('token={TOKEN}');
END
dropin proxy.conf Service 'Environment="HTTPS_PROXY=http://operator:{PASSWORD}@proxy.internal:3128" API_SECRET={REGISTERED}'
change 's#--url#--token {TOKEN} --url#'
"""

UNIT = (
    # With the unit and its process gone, nothing on the server says where the control plane is.
    Scenario("unit-missing", "unit-missing", "systemctl disable --now $A\nrm $U\nsystemctl daemon-reload", fix=Fix.NONE),
    degraded("unit-missing-while-running", "unit-missing", "rm $U\nsystemctl daemon-reload", settle=3),
    Scenario("unit-masked", "unit-masked", "mv $U /usr/lib/systemd/system/\nsystemctl daemon-reload\nsystemctl mask --now $A"),
    degraded("unit-masked-while-running", "unit-masked", "rm $U\nsystemctl daemon-reload\nsystemctl mask $A", settle=3),
    degraded("unit-empty", "unit-masked", ": >$U\nsystemctl daemon-reload\nrestart", settle=3, or_cause=("unit-invalid",)),
    degraded("unit-disabled", "unit-disabled", "systemctl disable $A", code=0),
    Scenario("unit-disabled-and-down", "unit-disabled", "systemctl disable --now $A", or_cause=("service-stopped",)),
    degraded("unit-without-command", "unit-invalid", "change /^ExecStart=/d", settle=3, everywhere=True),
    # Step 7 typed with an `echo` that does not understand `\n`.
    degraded("unit-on-one-line", "unit-invalid", "change ':a;N;$!ba;s/\\n/\\\\n/g'", settle=3),
    degraded("unit-section-misspelt", "unit-invalid", "change 's/^.Service.$/[Servce]/'", settle=3),
    healthy("unit-with-crlf", "change 's/$/\\r/'"),
    Scenario("unit-nested-paths", "unit-nested-paths", NESTED + "restart", settle=12, everywhere=True, may=("secret-in-unit",)),
    Scenario("unit-nested-command", "unit-nested-paths", "change 's#agent-bundle/dist#agent-bundle/apps/agent/dist#'"),
    Scenario("working-directory-missing", "working-directory-missing", "change 's#^WorkingDirectory=.*#WorkingDirectory=/opt/server-flow#'", everywhere=True),
    Scenario("node-of-nvm", "executable-missing", "change 's#/usr/bin/node#/root/.nvm/versions/node/v18.19.0/bin/node#'", everywhere=True),
    Scenario("node-moved", "executable-missing", "mv /usr/bin/node /usr/local/bin/node\nrestart"),
    Scenario("user-missing", "user-missing", "change 's/^User=.*/User=serverflow/'", everywhere=True),
    Scenario("unit-not-reloaded", "unit-not-reloaded", NESTED + f"cat >$U <<'END'\n{unit()}END\nrestart", everywhere=True, mounted=""),
    Scenario("drop-in-nested", "drop-in-overrides", "dropin local.conf Service WorkingDirectory=$B/apps/agent", everywhere=True),
    Scenario("drop-in-command", "drop-in-overrides", "dropin local.conf Service ExecStart= \"ExecStart=/usr/bin/node $B/apps/agent/dist/index.js --url $URL\""),
    Scenario("drop-in-protect-home", "drop-in-overrides", "dropin hardening.conf Service ProtectHome=yes", mounted=None, or_cause=("unknown-crash", "working-directory-missing", "permission-denied")),
    Scenario("drop-in-start-limit", "entry-point-missing", "rm $B/dist/index.js\ndropin limit.conf Unit StartLimitIntervalSec=60 StartLimitBurst=2\ndropin pause.conf Service RestartSec=1", settle=6, fix=Fix.NONE),
    Scenario("environment-file-missing", "unit-invalid", "change 's#^Environment=.*#EnvironmentFile=/etc/server-flow/agent.env#'", or_cause=("unknown-crash",), fix=Fix.NONE),
    Scenario("drop-in-no-jit", "drop-in-overrides", "dropin hardening.conf Service MemoryDenyWriteExecute=yes", mounted=None, or_cause=("unknown-crash",), fix=Fix.NONE),
    Scenario("drop-in-condition", "service-stopped", "dropin condition.conf Unit ConditionPathExists=/etc/server-flow", mounted=None, or_cause=("drop-in-overrides",), fix=Fix.NONE),
)

DEPLOYMENT = (
    Scenario("deployment-missing", "deployment-missing", "rm -rf $B\nrestart", fix=Fix.NONE),
    Scenario("deployment-empty", "deployment-missing", "rm -rf $B\nmkdir $B\nrestart", fix=Fix.NONE),
    Scenario("deployment-nested", "deployment-nested", DEPLOY_NESTED + "publish /opt/lab/bundle-safe\nrestart"),
    degraded("nested-and-running", "deployment-nested", DEPLOY_NESTED + NESTED + "restart", code=0, everywhere=True, fix=Fix.NONE, may=("secret-in-unit",)),
    Scenario("entry-point-missing", "entry-point-missing", "rollback\nrm $B/dist/index.js\nrestart"),
    Scenario("entry-point-empty", "entry-point-missing", "rollback\n: >$B/dist/index.js\nrestart", settle=12, everywhere=True),
    Scenario("shared-package-missing", "shared-package-missing", "publish\nupdate 1 8", everywhere=True),
    Scenario("shared-package-linked", "shared-package-linked", "rollback\nrm -rf $B/$M\nln -s /c/Users/dev/server-flow/packages/shared $B/$M\nrestart"),
    Scenario("shared-entry-missing", "shared-entry-missing", "rollback\nrm $B/$M/dist/index.js\nrestart"),
    Scenario("dependencies-not-installed", "dependencies-not-installed", "mv $B/$M /root/kept\nrm -rf $B/node_modules\nmkdir -p $B/node_modules/@server-flow\nmv /root/kept $B/$M\nrestart"),
    Scenario("dependency-missing", "dependencies-not-installed", "rm $B/node_modules/ws\nrestart", or_cause=("module-not-found",)),
    Scenario("module-not-found", "module-not-found", "rollback\nrm -rf $B/node_modules/.pnpm/avvio@*\nrestart"),
    Scenario("missing-export", "missing-export", "rollback\nsed -i /PROTOCOL_VERSION/d $B/$M/dist/index.js\nrestart", everywhere=True),
    Scenario("module-syntax-error", "module-syntax-error", "rollback\ncut $B/dist/execution.js 120\nrestart"),
    Scenario("module-format-mismatch", "module-format-mismatch", "rollback\nsed -i 's/\"type\": \"module\"/\"type\": \"commonjs\"/' $B/package.json\nrestart"),
    Scenario("module-format-on-node-18", "module-format-mismatch", "sed -i '/\"type\": \"module\"/d' $B/package.json\nnode 18\nrestart", or_cause=("node-too-old",), fix=Fix.NONE),
    healthy("node-18", "node 18\nrestart"),
    Scenario("unresolved-import", "unresolved-import", "rollback\nrm $B/dist/infrastructure.js\nrestart"),
    Scenario("undeclared-dependency", "undeclared-dependency", "rollback\nsed -i \"1i import chalk from 'chalk';\" $B/dist/execution.js\nrestart"),
    Scenario("package-json-invalid", "package-json-invalid", "rollback\ncut $B/package.json 60\nrestart"),
    Scenario("registration-empty", "unknown-crash", ": >$S/registration.json\nrestart", fix=Fix.NONE, mounted=None),
    Scenario("node-too-old", "node-too-old", "node 16\nrestart", fix=Fix.NONE, everywhere=True, mounted="node-too-old unknown-crash"),
)

UPDATE = (
    healthy("update-stopped-at-1", "publish\nupdate 1 1"),
    Scenario("update-stopped-at-2", "update-interrupted", "publish\nupdate 1 2\nrestart"),
    Scenario("update-stopped-at-3-empty", "update-interrupted", "publish\nupdate 1 2\nmkdir $B\nrestart"),
    Scenario("update-stopped-at-3-truncated", "update-interrupted", "publish\ncut /opt/lab/public/agent-bundle.tar.gz 1500\nupdate 1 8\nrestart", everywhere=True, or_cause=("download-not-an-archive",), mounted=WITHOUT_TMP),
    Scenario("update-stopped-at-4", "update-interrupted", "publish /opt/lab/bundle-safe\nupdate 1 4\nrestart"),
    Scenario("update-stopped-at-5", "update-interrupted", WORKSPACE_PROTOCOL + "update 1 8\nrestart", everywhere=True, mounted=WITHOUT_TMP),
    # Step 6 to the letter, without the `mkdir -p` that later agents have.
    Scenario("update-stopped-at-6", "update-interrupted", "cp -r /opt/lab/bundle-safe/packages /opt/lab/bundle/\nsed -i /mkdir/d /opt/lab/steps/6\npublish\nupdate 1 8\nrestart"),
    Scenario("update-stopped-at-7", "update-interrupted", NESTED + "publish /opt/lab/bundle-safe\nupdate 1 6\nrestart", or_cause=("unit-nested-paths",), may=("secret-in-unit",)),
    healthy("update-whole", "publish /opt/lab/bundle-safe\nupdate 1 8"),
    degraded("update-not-restarted", "update-interrupted", "publish /opt/lab/bundle-safe\nupdate 1 7", code=0, mounted=None),
    Scenario("download-not-an-archive", "download-not-an-archive", "update 1 8\nrestart", everywhere=True, mounted=WITHOUT_TMP),
    degraded("time-bomb", "restart-would-fail", WORKSPACE_PROTOCOL + "update 1 8", everywhere=True, mounted="update-interrupted"),
    degraded("time-bomb-of-the-unit", "restart-would-fail", NESTED, mounted="unit-nested-paths", may=("secret-in-unit",)),
    degraded("cwd-deleted", "cwd-deleted", "cp -a $B $S/again\nrm -rf $B\nmv $S/again $B", everywhere=True, mounted=""),
    degraded("backup-nested", "backup-nested", "rollback\npublish /opt/lab/bundle-safe\nsed -i '/rm -rf/d' /opt/lab/steps/2\nupdate 1 8", code=0),
)

RUNNING = (
    Scenario("service-stopped", "service-stopped", "systemctl stop $A", everywhere=True, mounted=None),
    Scenario("service-killed", "service-stopped", "dropin restart.conf Service Restart=no\nsystemctl kill -s KILL $A", or_cause=("unknown-crash",), mounted=None),
    Scenario("port-held-by-old-agent", "port-in-use", "systemctl stop $A\n(cd $B && exec setsid nohup /usr/bin/node dist/index.js --url $URL >/dev/null 2>&1 </dev/null) &\nlistening 3001\nrestart", settle=12, everywhere=True, mounted=None, fix=Fix.NONE),
    Scenario("port-held-by-another", "port-in-use", "systemctl stop $A\nsystemd-run --unit=metrics /opt/lab/node -e 'require(\"net\").createServer().listen(3001)'\nlistening 3001\nrestart", mounted=None, fix=Fix.NONE),
    degraded("control-plane-down", "control-plane-unreachable", "systemctl stop lab-control-plane", fix=Fix.NONE, everywhere=True, mounted=None),
    degraded("control-plane-unknown", "control-plane-unreachable", "change 's#127.0.0.1:4000#control.example.internal#'", fix=Fix.NONE, mounted=None),
    degraded("control-plane-elsewhere", "control-plane-unreachable", "change 's#127.0.0.1:4000#127.0.0.1:4000/panel#'", fix=Fix.NONE, mounted=None),
    Scenario("permission-denied-home", "permission-denied", ACCOUNT + "change 's/^User=.*/User=serverflow/'", everywhere=True),
    Scenario("permission-denied-files", "permission-denied", ACCOUNT + "cp -a $S /srv/server-flow\nchmod 755 /srv/server-flow\nchmod 700 /srv/server-flow/agent-bundle/dist\nchange 's/^User=.*/User=serverflow/; s#/root/.server-flow#/srv/server-flow#'"),
    Scenario("permission-denied-node", "permission-denied", "chmod 644 /usr/bin/node\nrestart"),
    Scenario("disk-full", "disk-full", "small 75m\npublish /opt/lab/bundle-safe\nupdate 1 8\nrestart", fix=Fix.NONE, everywhere=True, mounted="deployment-missing"),
    Scenario("out-of-memory", "out-of-memory", "dropin memory.conf Service Environment=NODE_OPTIONS=--max-old-space-size=8", fix=Fix.NONE, settle=6, everywhere=True),
    Scenario("unknown-crash", "unknown-crash", "sed -i \"1i throw new Error('telemetry queue is corrupt');\" $B/dist/utils/log.js\nrestart", fix=Fix.NONE, mounted=None),
    Scenario("crash-loop", "service-crash-loop", "echo 'setTimeout(() => process.exit(1), 1500);' >>$B/dist/index.js\nrestart", fix=Fix.NONE, settle=25, everywhere=True, or_cause=("unknown-crash",), mounted=None),
    degraded("secret-in-unit", "secret-in-unit", f"change 's#--url#--token {TOKEN} --url#'", code=0, fix=Fix.NONE),
)

# A signed release, deployed by an update; then somebody edits a file.
SIGNED = """
bundle-doctor keygen -o /root/release --passphrase 'a phrase of the lab'
bundle-doctor sign /opt/lab/bundle-safe --key /root/release.key --passphrase 'a phrase of the lab'
publish /opt/lab/bundle-safe
update 1 8
"""

SIGNATURE = (
    healthy("signed", SIGNED, options=("--key", "/root/release.pub.pem"), mounted=None),
    degraded("tampered-files", "tampered-files", SIGNED + "echo '// a quick repair' >>$B/dist/execution.js", options=("--key", "/root/release.pub.pem"), fix=Fix.NONE, mounted=None),
)

NOT_FOOLED = (
    healthy("healthy", everywhere=True),
    healthy("old-errors", "mv $B/dist/index.js /root/\nrestart\nsleep 11\nmv /root/index.js $B/dist/\nrestart", everywhere=True),
    healthy("look-alike-errors", LOOK_ALIKE, everywhere=True),
    Scenario("two-faults", "unit-nested-paths", "rm -rf $B/$M\n" + NESTED + "restart", also=("shared-package-missing",), may=("secret-in-unit",), everywhere=True, fix=Fix.NONE),
    Scenario("secrets-everywhere", "unknown-crash", SECRETS_EVERYWHERE, fix=Fix.NONE, also=("secret-in-unit",), mounted=None),
    Scenario("crash-without-journal", "missing-export", "storage none\nsed -i /PROTOCOL_VERSION/d $B/$M/dist/index.js\nrestart", fix=Fix.NONE),
    Scenario("unknown-crash-without-journal", "service-crash-loop", "storage none\nsed -i \"1i throw new Error('telemetry queue is corrupt');\" $B/dist/utils/log.js\nrestart", fix=Fix.NONE, settle=6, or_cause=("unknown-crash",), mounted=None),
    Scenario("healthy-without-journal", "", "storage none\nrestart", verdict="inconclusive", code=3, fix=Fix.NONE, settle=16, mounted=None),
    Scenario("volatile-journal", "unit-nested-paths", "storage volatile\n" + NESTED + "restart", may=("secret-in-unit",)),
    Scenario("no-systemd", "systemd-unavailable", verdict="inconclusive", code=3, fix=Fix.NONE, booted=False, mounted=None),
    Scenario("unprivileged-healthy", "", VISITOR, verdict="inconclusive", code=3, user="visitor", settle=16, fix=Fix.NONE, everywhere=True, mounted=None),
    Scenario("unprivileged-broken", "working-directory-missing", VISITOR + NESTED + "restart", user="visitor", fix=Fix.NONE, settle=12, everywhere=True, or_cause=("unit-nested-paths",), may=("secret-in-unit",), mounted=None),
)

SCENARIOS = UNIT + DEPLOYMENT + UPDATE + RUNNING + SIGNATURE + HEALTH + NOT_FOOLED + DEATH + UNITS + ABSENT + LOGS + SETTINGS + HEALTHY + ENDS + FURTHER + LATELY + ODD + OPERATIONS + SEEN + STRANGE
