"""What strangers' servers have that the other tables do not: wrappers and links around node, units that a reboot or a queue
keeps from starting, event loops that are stuck, last words that the journal has not kept.

Rows of the table in scenarios.py, of which scenarios.py takes them.
"""

from __future__ import annotations

from scenario import Fix, Scenario, degraded, healthy
from scenarios_further import COMMAND, STALE
from scenarios_health import PLANE
from scenarios_settings import line

NVM = "/root/.nvm/versions/node/v20.20.2/bin/node"
AWAY = f"mkdir -p {NVM.rsplit('/', 1)[0]}\nmv /usr/bin/node {NVM}\n"
NOT_LIVE = {"fix": Fix.NONE, "mounted": None}


def started_by(command: str) -> str:
    return f"change 's#^ExecStart=.*#ExecStart={command}#'\n"


def first(code: str) -> str:
    """Before all that the agent does."""
    return f"cat >/opt/lab/first <<'END'\n{code}\nEND\ncat /opt/lab/first $B/dist/index.js >/opt/lab/whole\ncat /opt/lab/whole >$B/dist/index.js\nrestart\n"


def last(code: str) -> str:
    """Behind all that the agent does when it starts."""
    return f"cat >>$B/dist/index.js <<'END'\n{code}\nEND\nrestart\n"


# Somebody connects to the agent's own port, and is not heard if its loop is stuck.
ASKED = "systemd-run -q --unit=somebody bash -c 'sleep 5; exec 3<>/dev/tcp/127.0.0.1/3001; sleep 600'\n"

# The process is there and connected, and its event loop does not turn, or turns without a pause.
LOOPS = (
    degraded("stuck-in-a-loop", "process-frozen", last("setTimeout(() => { for (;;); }, 1000);") + ASKED, code=0, settle=17, says="without a pause", quotes="and no pause", **NOT_LIVE),
    degraded("behind-a-program-that-is-waited-for", "process-frozen", PLANE + "plane <<'END'\nconst { WebSocketServer } = require('ws');\nnew WebSocketServer({ port: 4000, host: '127.0.0.1' }).on('connection', (socket) => setInterval(() => socket.ping(), 300));\nEND\n" + last("import { execSync } from 'node:child_process';\nsetTimeout(() => execSync('sleep 600'), 4000);"), code=0, settle=17, says="does not read", quotes="bytes from 127.0.0.1:4000, unread", **NOT_LIVE),
    healthy("busy-and-turns", last("const spin = () => { const begun = Date.now(); while (Date.now() - begun < 40); setImmediate(spin); };\nsetTimeout(spin, 1000);"), settle=17),
)

CLUSTER = """mv $B/dist/index.js $B/dist/agent.js
cat >$B/dist/index.js <<'END'
import cluster from 'node:cluster';
if (cluster.isPrimary) {
  const start = () => cluster.fork().on('exit', () => setTimeout(start, 1000));
  start();
} else await import('./agent.js');
END
"""
RATE = "mkdir -p /etc/systemd/journald.conf.d\nprintf '[Journal]\\nRateLimitIntervalSec=5s\\nRateLimitBurst=20\\n' >/etc/systemd/journald.conf.d/rate.conf\nsystemctl restart systemd-journald\n"

DEATHS = (
    Scenario("words-that-the-journal-dropped", "unknown-crash", RATE + first("for (let i = 0; i < 500; i++) console.log('request', i);\nthrow new Error('telemetry queue is corrupt');"), settle=14, says="not kept its last words", quotes="Suppressed [0-9]+ messages", prints="keep-all-lines.conf", fix=Fix.NONE),
    degraded("workers-that-die", "control-plane-unreachable", CLUSTER + STALE + "restart", settle=17, says="die again and again", quotes="PROTOCOL_VERSION", **NOT_LIVE),
    Scenario("failure-counted-as-success", "service-stopped", "sed -i 's/^Restart=.*/Restart=on-failure\\nSuccessExitStatus=1/' $U\nsystemctl daemon-reload\n" + first("process.exit(1);"), says="exit code 1, which its unit counts as success", quotes="SuccessExitStatus=1", **NOT_LIVE),
    Scenario("ends-well-and-says-why", "service-crash-loop", first("console.log('[agent] this host is not registered');\nprocess.exit(0);"), says="exit code 0.*this host is not registered", **NOT_LIVE),
    Scenario("aborted-at-an-error", "unknown-crash", "change 's#bin/node #bin/node --abort-on-uncaught-exception #'\n" + first("throw new Error('telemetry queue is corrupt');"), says="Error: telemetry queue is corrupt$", fix=Fix.NONE),
    Scenario("subpath-that-is-not-exported", "module-not-found", first("import 'zod/lib/none.js';"), says="zod/lib/none.js", quotes="ERR_PACKAGE_PATH_NOT_EXPORTED", fix=Fix.NONE),
    Scenario("debugger-at-no-port", "unit-confinement", "change 's#bin/node #bin/node --inspect-port=99 #'", says="options for node", quotes="1024 to 65535"),
    Scenario("never-settled-below-a-shell", "unsettled-await", "rm $B/dist/index.js\necho 'await new Promise(() => {});' >$B/dist/index.js\n" + started_by(f'/bin/sh -c "{COMMAND}; exit $?"'), quotes="13", fix=Fix.NONE),
    Scenario("token-with-the-end-of-a-line", "unknown-crash", "printf '{\"agentId\":\"a\",\"url\":\"%s\",\"token\":\"abc\\\\n\"}' $URL >$S/registration.json\nrestart", says="no header may", quotes="ERR_INVALID_CHAR", fix=Fix.NONE),
)

NODES = (
    Scenario("node-that-env-does-not-find", "executable-missing", AWAY + started_by(COMMAND.replace("/usr/bin/node", "/usr/bin/env node")), says="finds none", quotes="No such file or directory", prints=NVM),
    Scenario("node-by-a-link-to-nothing", "executable-missing", AWAY + "ln -s /etc/alternatives/node /usr/bin/node\nln -s /opt/none /etc/alternatives/node\nrestart", says="leads to nothing", quotes="a link to where nothing is", prints=NVM),
    Scenario("shim-without-a-node", "executable-missing", "mkdir -p /root/.volta/bin\nprintf '#!/bin/sh\\necho Volta error: Node is not available >&2\\nexit 126\\n' >/root/.volta/bin/node\nchmod 755 /root/.volta/bin/node\n" + started_by(COMMAND.replace("/usr/bin/node", "/root/.volta/bin/node")), says="does not run", quotes="Volta error", prints="/usr/bin/node", mounted="executable-missing unknown-crash"),
    Scenario("node-that-is-being-written", "executable-missing", "cp /usr/bin/node /opt/node20\nsystemd-run -q --unit=writer sh -c 'exec 7>>/opt/node20; exec sleep 600'\nsleep 1\n" + started_by(COMMAND.replace("/usr/bin/node", "/opt/node20")), says="holds it open", quotes="Text file busy", prints="/usr/bin/node"),
    degraded("node-replaced-by-an-older", "node-too-old", "node 16", code=0, settle=2, says="16.20.2", **NOT_LIVE),
    healthy("node-of-alternatives", "mv /usr/bin/node /opt/node20\nln -s /etc/alternatives/node /usr/bin/node\nln -s /opt/node20 /etc/alternatives/node\nrestart", settle=2),
)

QUEUE = """printf '[Service]\\nType=oneshot\\nExecStart=/bin/sleep 600\\n' >/etc/systemd/system/network-wait.service
sed -i 's/^After=.*/After=network-wait.service\\nWants=network-wait.service/' $U
systemctl daemon-reload
systemctl stop $A
systemctl start --no-block $A
"""

BOOTS = (
    Scenario("start-in-the-queue", "service-starting", QUEUE, settle=2, verdict="inconclusive", code=3, says="network-wait.service", quotes="Job=[0-9]", **NOT_LIVE),
    degraded("enabled-for-another-target", "unit-disabled", "systemctl disable $A\nchange 's/multi-user/graphical/'\nsystemctl enable $A\nsystemctl set-default multi-user.target", code=0, settle=2, says="graphical.target"),
    degraded("unit-in-run", "unit-disabled", "systemctl disable --now $A\nmv $U /run/systemd/system/\nsystemctl daemon-reload\nsystemctl start $A", code=0, settle=2, says="in ./run", mounted="unit-missing"),
    degraded("unit-of-systemd-run", "unit-disabled", f"systemctl disable --now $A\nrm $U\nsystemctl daemon-reload\nsystemd-run -q --unit=server-flow-agent -p WorkingDirectory=$B {COMMAND}", code=0, settle=2, says="in ./run", mounted="unit-missing"),
    degraded("folder-in-the-place-of-the-unit", "unit-missing", "rm $U\nmkdir $U\nsystemctl daemon-reload", settle=3, quotes="a folder, which systemd goes past"),
)

TUNNEL = """cat >/opt/lab/tunnel.cjs <<'END'
const net = require('node:net');
net.createServer((socket) => {
  const other = net.connect(4000, '127.0.0.1');
  socket.pipe(other).pipe(socket);
  for (const end of [socket, other]) end.on('error', () => { socket.destroy(); other.destroy(); });
}).listen(5000, '127.0.0.1');
END
systemd-run -q --unit=tunnel /opt/lab/node /opt/lab/tunnel.cjs
listening 5000
"""

SETTINGS = (
    Scenario("heap-in-a-file-of-variables-too-small", "out-of-memory", "echo 'NODE_OPTIONS=--max-old-space-size=6' >/etc/default/agent\n" + line("EnvironmentFile=/etc/default/agent"), settle=4, quotes="/etc/default/agent:1", prints="/etc/default/agent"),
    Scenario("folder-in-a-private-tmp", "unit-confinement", "systemctl stop $A\ncp -a $B /var/tmp/agent-bundle\nsed -i 's#/root/.server-flow/agent-bundle#/var/tmp/agent-bundle#g' $U\n" + line("PrivateTmp=yes"), says="PrivateTmp=yes", quotes="CHDIR"),
    Scenario("file-larger-than-it-may-be", "unit-confinement", line("LimitFSIZE=1K") + last("import { writeFileSync } from 'node:fs';\nwriteFileSync('/var/tmp/state', 'x'.repeat(5000));"), says="LimitFSIZE", quotes="EFBIG"),
    Scenario("node-that-a-shell-does-not-find", "unit-other-command", AWAY + started_by('/bin/sh -c "cd /root/.server-flow/agent-bundle; exec node dist/index.js --url http://127.0.0.1:4000"'), quotes="node: not found", prints=NVM),
)

PLANES = (
    degraded("address-with-a-path", "control-plane-unreachable", "change 's#127.0.0.1:4000#&/flow#'", settle=8, says="4000/flow", prints="http://127.0.0.1:4000/flow/api/connect", **NOT_LIVE),
    healthy("plane-through-a-tunnel", TUNNEL + "change 's#127.0.0.1:4000#127.0.0.1:5000#'", settle=2),
    healthy("folder-of-a-release-by-a-link", "systemctl stop $A\nmv $B /opt/release-1\nln -s /opt/release-1 $B\nsystemctl start $A\nsleep 1\ncp -a /opt/release-1 /opt/release-2\nln -sfn /opt/release-2 $B", settle=2),
)

LATELY = LOOPS + DEATHS + NODES + BOOTS + SETTINGS + PLANES
