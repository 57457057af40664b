"""Faults of which the line that counts stands elsewhere than where it is first looked for, and healthy servers beside them.

Rows of the table in scenarios.py, of which scenarios.py takes them.
"""

from __future__ import annotations

from scenario import Fix, Scenario, degraded, healthy
from scenarios_health import CERTIFICATE, PLANE, SECOND, TLS_PLANE, TRUSTED, VALID
from scenarios_settings import line

COMMAND = "/usr/bin/node /root/.server-flow/agent-bundle/dist/index.js --url http://127.0.0.1:4000"

# A drop-in that counts for more than the unit file: the unit file is right, and stays as it is.
DROP_INS = (
    Scenario("drop-in-starts-something-else", "drop-in-overrides", "dropin z.conf Service ExecStart= ExecStart=/bin/true", says="starts something else", prints="z.conf"),
    degraded("drop-in-with-a-second-command", "restart-would-fail", f"dropin z.conf Service 'ExecStart={COMMAND} --debug'", settle=2, says="second", prints="z.conf", mounted="drop-in-overrides"),
    degraded("drop-in-without-a-command", "restart-would-fail", "dropin z.conf Service ExecStart=", settle=2, says="empties", prints="z.conf", mounted="drop-in-overrides"),
    healthy("drop-in-with-another-command", f"dropin z.conf Service ExecStart= 'ExecStart={COMMAND} --debug'", settle=2),
)

SETTINGS = (
    Scenario("writable-path-not-there", "unit-confinement", line("ProtectSystem=strict", "ReadWritePaths=/root/.server-flow /var/lib/none"), says="ReadWritePaths", quotes="var/lib/none: No such file", prints="-/var/lib/none", holds="grep -q ^ProtectSystem=strict $U"),
    Scenario("bound-path-not-there", "unit-confinement", line("BindPaths=/srv/none:/opt/x"), says="BindPaths", prints="-/srv/none:/opt/x"),
    healthy("writable-path-that-may-be-missing", line("ProtectSystem=strict", "ReadWritePaths=/root/.server-flow -/var/lib/none"), settle=2),
    degraded("percent-in-the-address", "unit-invalid", "change 's#--url http://127.0.0.1:4000#&/%20x#'", settle=2, says="specifier"),
    Scenario("active-without-a-process", "service-stopped", "sed -i 's/^Restart=.*/Restart=no\\nRemainAfterExit=yes/' $U\nsystemctl daemon-reload\necho 'setTimeout(() => process.exit(0), 1500);' >>$B/dist/index.js\nrestart\nsleep 3", settle=1, says="RemainAfterExit", fix=Fix.NONE, mounted=None),
)

# The agent as another user, in a folder of that user's.
MOVED = """systemctl stop $A
useradd --system --home-dir /srv/flow serverflow
cp -a $S /srv/flow
chown -R serverflow: /srv/flow
sed -i 's#^User=.*#User=serverflow#; s#/root/.server-flow#/srv/flow#g' $U
B=/srv/flow/agent-bundle
systemctl daemon-reload
"""

REFUSED = (
    Scenario("key-of-another-user", "permission-denied", MOVED + "chown root: /srv/flow/agent-key.json\nchmod 600 /srv/flow/agent-key.json\nsed -i \"1i import { readFileSync as look } from 'node:fs'; look('/srv/flow/agent-key.json');\" $B/dist/index.js\nrestart", says="agent-key.json", fix=Fix.NONE),
    Scenario("log-folder-of-root", "permission-denied", MOVED + "sed -i \"1i import { mkdirSync as make } from 'node:fs'; make('/var/log/agent');\" $B/dist/index.js\nrestart", says="/var/log/agent", fix=Fix.NONE),
)

DIES = "sed -i \"/WebSocket error/c\\\\  socket.on('error', (error) => { log('connection', 'WebSocket error: ' + error.message); process.exit(1); });\" $B/dist/connection.js\n"
UNHEARD = "sed -i '/WebSocket error/d' $B/dist/connection.js\n"
SCRIPTS = "sed -i 's#\"main\"#\"scripts\": { \"start\": \"node dist/index.js --url http://127.0.0.1:4000\" }, \"main\"#' $B/package.json\n"
STALE = "sed -i /PROTOCOL_VERSION/d $B/$M/dist/index.js\n"

CONNECTIONS = (
    Scenario("address-without-a-scheme", "unknown-crash", "change 's~--url http://~--url ~'", says="an address that is none", quotes="Invalid URL", fix=Fix.NONE),
    Scenario("dies-of-its-connection", "control-plane-unreachable", DIES + "systemctl stop lab-control-plane\nrestart", says="does not outlive", quotes="ECONNREFUSED 127.0.0.1:4000", fix=Fix.NONE),
    Scenario("nobody-hears-of-its-connection", "control-plane-unreachable", UNHEARD + "systemctl stop lab-control-plane\nrestart", says="does not outlive", quotes="ECONNREFUSED 127.0.0.1:4000", fix=Fix.NONE),
    degraded("authorities-that-are-gone", "control-plane-unreachable", PLANE + CERTIFICATE + f"certificate {VALID}\n" + TLS_PLANE + TRUSTED + "rm /opt/lab/ca/certificate.pem\nrestart", says="NODE_EXTRA_CA_CERTS", quotes="Ignoring extra certs", settle=7, fix=Fix.NONE, mounted=None),
    healthy("url-in-a-shells-command", f"change 's#^ExecStart=.*#ExecStart=/bin/sh -c \"{COMMAND}; exit $?\"#'", settle=2),
)

HANDLED = "echo \"process.on('SIGTERM', () => process.exit(143));\" >>$B/dist/index.js\nrestart\nsleep 3\n"
DEAF = "echo \"process.on('SIGTERM', () => {});\" >>$B/dist/index.js\n" + line("TimeoutStopSec=2") + "sleep 3\n"

# What was being stopped when it failed was stopped.
STOPPED = (
    Scenario("stopped-and-handled", "service-stopped", HANDLED + "systemctl stop $A", settle=1, mounted=None, says="stopped by hand", quotes="failed"),
    Scenario("stopped-and-killed-at-last", "service-stopped", DEAF + "systemctl stop $A || true", settle=1, mounted=None, says="stopped by hand", fix=Fix.NONE),
    healthy("restarted-and-handled", HANDLED + "systemctl restart $A", settle=2),
)

OTHERS = (
    Scenario("value-apart-from-its-option", "unit-confinement", "change 's#bin/node #bin/node --max-old-space-size 4096 #'", says="options for node", quotes="bad option: --max-old-space-size"),
    Scenario("word-too-many", "entry-point-missing", "change 's#bin/node #bin/node --trace-warnings 1 #'", says="another word", quotes="agent-bundle/1"),
    Scenario("package-manager-over-a-stale-bundle", "missing-export", SCRIPTS + STALE + "change 's#^ExecStart=.*#ExecStart=/usr/bin/npm start#'\nsleep 3", quotes="PROTOCOL_VERSION", fix=Fix.NONE),
    healthy("started-by-a-package-manager", SCRIPTS + "change 's#^ExecStart=.*#ExecStart=/usr/bin/npm start#'\nsleep 2", settle=2),
    healthy("two-agents-of-two-units", SECOND + "sed 's#agent-bundle/dist#agent-bundle-old/dist#; s#^WorkingDirectory=.*#WorkingDirectory=/srv#' $U >/etc/systemd/system/other-agent.service\nmkdir -p /srv/flow2\nmv $S/agent-bundle-old /srv/flow2/agent-bundle\nsed -i 's#/root/.server-flow/agent-bundle-old#/srv/flow2/agent-bundle#' /etc/systemd/system/other-agent.service\nsystemctl daemon-reload\nsystemctl start other-agent", settle=2),
    healthy("cluster-of-node", "mv $B/dist/index.js $B/dist/agent.js\ncat >$B/dist/index.js <<'END'\nimport cluster from 'node:cluster';\nif (cluster.isPrimary) cluster.fork();\nelse await import('./agent.js');\nEND\nrestart", settle=2),
)

FURTHER = DROP_INS + SETTINGS + REFUSED + CONNECTIONS + STOPPED + OTHERS
