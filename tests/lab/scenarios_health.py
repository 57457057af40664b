"""Servers whose health is the question: what is connected and what only looks so, what has died and is back, what waits.

Rows of the table in scenarios.py, of which scenarios.py takes them. About half are healthy ones in unusual states.
"""

from __future__ import annotations

from scenario import Fix, Scenario, degraded, healthy

# plane: another control plane in place of the lab's own, from the script on stdin.
PLANE = """
plane() {
    systemctl stop lab-control-plane
    cat >/opt/lab/other.cjs
    systemd-run -q --unit=other-plane --working-directory=/opt/lab /opt/lab/node /opt/lab/other.cjs
    listening 4000
}
"""

# certificate START END: of 127.0.0.1, signed by itself, and trusted by the agent. Dates are YYYYMMDDHHMMSSZ.
CERTIFICATE = """
certificate() {
    mkdir -p /opt/lab/ca; cd /opt/lab/ca; : >index; echo 01 >serial
    cat >ca.cnf <<'END'
[ca]
default_ca=own
[own]
database=/opt/lab/ca/index
serial=/opt/lab/ca/serial
new_certs_dir=/opt/lab/ca
default_md=sha256
policy=any
[any]
commonName=supplied
[of_a_host]
subjectAltName=IP:127.0.0.1
basicConstraints=CA:TRUE
[req]
distinguished_name=none
[none]
END
    openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -subj /CN=cp -config ca.cnf -out request.pem 2>/dev/null
    openssl ca -batch -config ca.cnf -selfsign -keyfile key.pem -in request.pem -out certificate.pem \\
        -startdate $1 -enddate $2 -extensions of_a_host -notext 2>/dev/null
    cd /
}
"""
TRUSTED = "sed -i 's#http://127#https://127#' $U\ndropin ca.conf Service Environment=NODE_EXTRA_CA_CERTS=/opt/lab/ca/certificate.pem\n"
VALID, LONG_AGO, IN_FUTURE = "20200101000000Z 20450101000000Z", "20200101000000Z 20210101000000Z", "20400101000000Z 20450101000000Z"

TLS_PLANE = """plane <<'END'
const { readFileSync } = require('node:fs');
const { WebSocketServer } = require('ws');
const pem = (name) => readFileSync(`/opt/lab/ca/${name}.pem`);
const server = require('node:https').createServer({ key: pem('key'), cert: pem('certificate') });
new WebSocketServer({ server, path: '/api/connect' }).on('connection', (socket) => socket.on('message', () => {}));
server.listen(4000, '127.0.0.1');
END
"""


def upgrade(answer: str) -> str:
    """A control plane that answers the upgrade so: a statement over `socket`."""
    return f"""plane <<'END'
const server = require('node:http').createServer((request, response) => response.end('ok'));
server.on('upgrade', (request, socket) => {{ socket.on('error', () => {{}}); {answer} }});
server.listen(4000, '127.0.0.1');
END
"""


def status(line: str) -> str:
    return upgrade(f"socket.end('HTTP/1.1 {line}\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\\r\\n');")


def unreachable(name: str, make: str, says: str = "", settle: float = 7, **more: object) -> Scenario:
    return degraded(name, "control-plane-unreachable", PLANE + make, fix=Fix.NONE, mounted=None, says=says, settle=settle, **more)


# The agent's own file of settings, with another place for the address.
WITHOUT_URL = "sed -i 's# --url [^ ]*##' $U\nsystemctl daemon-reload\n"
REGISTERED = "echo '{\"agentId\":\"a\",\"token\":\"t\"}' >$S/registration.json\n"
QUIET = "sed -i '/WebSocket error/d; s/log(.connection., .connected to the control plane.);//; s/log(.connection., .disconnected.*/console.log(\"Disconnected (closed)\");/' $B/dist/connection.js\n"
SILENT = "sed -i '/WebSocket error/c\\  socket.on(\"error\", () => {});' $B/dist/connection.js\nsed -i '/log(/d' $B/dist/connection.js\n"

CONNECTION = (
    unreachable("ws-hang-up", upgrade("socket.destroy();"), "closed again and again"),
    unreachable("ws-reset", upgrade("socket.resetAndDestroy();"), "closed again and again"),
    unreachable(
        "ws-closed-at-once",
        """plane <<'END'
const { WebSocketServer } = require('ws');
new WebSocketServer({ port: 4000, host: '127.0.0.1' }).on('connection', (socket) => socket.close(1011));
END
""",
        "closed again and again",
        settle=13,
    ),
    unreachable(
        "ws-lost-after-a-second",
        """plane <<'END'
const { WebSocketServer } = require('ws');
new WebSocketServer({ port: 4000, host: '127.0.0.1' }).on('connection', (socket) => setTimeout(() => socket.terminate(), 1500));
END
""",
        settle=16,
    ),
    unreachable("ws-never-answered", "plane <<'END'\nrequire('node:net').createServer(() => {}).listen(4000, '127.0.0.1');\nEND\nrestart\n", "never answers", settle=5),
    unreachable("upgrade-401", status("401 Unauthorized"), r"token or identity \(401\)"),
    unreachable("upgrade-403", status("403 Forbidden"), r"token or identity \(403\)"),
    unreachable("upgrade-426", status("426 Upgrade Required"), "426"),
    unreachable("upgrade-301", status("301 Moved Permanently"), "301"),
    unreachable("upgrade-502", status("502 Bad Gateway"), r"out of order \(502\)"),
    unreachable("tls-self-signed", CERTIFICATE + f"certificate {VALID}\n" + TLS_PLANE + "change 's#http://127#https://127#'", "signed by itself"),
    unreachable("tls-expired", CERTIFICATE + f"certificate {LONG_AGO}\n" + TLS_PLANE + TRUSTED, "has expired"),
    unreachable("tls-not-yet-valid", CERTIFICATE + f"certificate {IN_FUTURE}\n" + TLS_PLANE + TRUSTED, "not valid yet"),
    unreachable("tls-to-plain-http", "change 's#http://127#https://127#'", "TLS"),
    unreachable("plane-went-away", QUIET + "restart\nsleep 4\nsystemctl stop lab-control-plane", settle=3, may=("unknown-crash",)),
    unreachable("plane-gone-and-silent", SILENT + "restart\nsleep 4\nsystemctl stop lab-control-plane", settle=3),
    unreachable("url-missing", WITHOUT_URL + REGISTERED + "sed -i \"s#url: option.*#url: 'http://127.0.0.1:4000', token: undefined };#\" $B/dist/settings.js\nrestart", "without `--url`", settle=2),
    unreachable(
        "other-connection-same-port",
        SILENT
        + """plane <<'END'
require('node:net').createServer(() => {}).listen(4000, '127.0.0.2');
END
cat >>$B/dist/index.js <<'END'
import net from 'node:net';
net.connect(4000, '127.0.0.2');
END
restart
""",
        settle=2,
    ),
    # What the agent's WebSocket client is, uses no proxy of the environment: a connection to one is none.
    unreachable(
        "connection-to-a-proxy",
        SILENT
        + """systemctl stop lab-control-plane
printf 'require("node:net").createServer(() => {}).listen(3128, "127.0.0.1");' >/opt/lab/other.cjs
systemd-run -q --unit=proxy /opt/lab/node /opt/lab/other.cjs
listening 3128
cat >>$B/dist/index.js <<'END'
import net from 'node:net';
net.connect(3128, '127.0.0.1');
END
dropin proxy.conf Service 'Environment=HTTPS_PROXY=http://127.0.0.1:3128 ALL_PROXY=http://127.0.0.1:3128'
""",
        settle=2,
    ),
    healthy("tls-trusted", PLANE + CERTIFICATE + f"certificate {VALID}\n" + TLS_PLANE + TRUSTED, settle=2),
    healthy("url-in-variable", "sed -i 's#--url [^ ]*#--url ${CP_URL}#' $U\ndropin cp.conf Service Environment=CP_URL=$URL", settle=2),
    healthy("url-in-environment-file", "printf '# ours\\nCP_URL=\"%s\"\\n' $URL >/etc/default/agent\nsed -i 's#--url [^ ]*#--url $CP_URL#' $U\ndropin cp.conf Service EnvironmentFile=-/etc/default/agent", settle=2),
    healthy("url-in-registration", WITHOUT_URL + "restart", settle=2),
    healthy("url-by-name", "echo '127.0.0.1 control.example.internal' >>/etc/hosts\nchange 's#127.0.0.1:4000#control.example.internal:4000#'", settle=2),
    healthy("url-localhost", "change 's#127.0.0.1:4000#localhost:4000#'", settle=2),
    healthy("url-as-websocket", "change 's#http://#ws://#'", settle=2),
    healthy(
        "connection-of-a-child",
        "mv $B/dist/index.js $B/dist/agent.js\ncat >$B/dist/index.js <<'END'\nimport { spawn } from 'node:child_process';\n"
        "spawn(process.execPath, [new URL('./agent.js', import.meta.url).pathname, ...process.argv.slice(2)], { stdio: 'inherit' });\nEND\nrestart",
        settle=2,
    ),
    healthy("title-of-its-own", "echo \"process.title = 'server-flow-agent';\" >>$B/dist/index.js\nrestart", settle=2),
    healthy("plane-restarted-once", "systemctl restart lab-control-plane", settle=7),
    healthy("errors-of-another-host", "echo \"setInterval(() => console.log('[app] connect ECONNREFUSED 127.0.0.1:5432'), 500);\" >>$B/dist/index.js\nrestart", settle=2),
    healthy("hang-ups-of-applications", "echo \"setInterval(() => console.log('[app] GET http://127.0.0.1:8080/health: socket hang up'), 700);\" >>$B/dist/index.js\nrestart", settle=2),
    healthy("no-word-of-the-connection", SILENT + "restart", settle=2),
)

STARTS = "sed -i 's/^Restart=.*/Restart=on-failure/' $U\nsystemctl daemon-reload\n"
LIMIT = "dropin limit.conf Unit StartLimitIntervalSec=300 StartLimitBurst=3\ndropin pause.conf Service RestartSec=1\n"
DIES_LATER = "echo 'setTimeout(() => process.exit(1), 4000);' >>$B/dist/index.js\n"
SECOND = "cp -a $B $S/agent-bundle-old\nsed -i s/3001/3002/ $S/agent-bundle-old/dist/index.js\n"
BY_HAND = "(cd $B && exec setsid nohup /usr/bin/node dist/index.js --url $URL >/dev/null 2>&1 </dev/null) &\nlistening 3001\n"

LIFE = (
    healthy("right-after-the-fix", "systemctl restart $A", settle=0),
    healthy("started-anew-by-hand", "systemctl stop $A\nsleep 1\nsystemctl start $A", settle=0),
    healthy("killed-and-started-by-hand", "systemctl kill -s KILL $A\nsleep 1\nsystemctl restart $A", settle=0),
    Scenario("right-after-a-bad-start", "service-crash-loop", DIES_LATER + "restart", settle=0, fix=Fix.NONE, mounted=None, or_cause=("unknown-crash",)),
    degraded("killed-once", "unknown-crash", "sleep 16\nsystemctl kill -s KILL $A", code=0, settle=13, fix=Fix.NONE, mounted=None, says="SIGKILL"),
    degraded("mended-in-the-pause", "unknown-crash", "mv $B/dist/index.js /root/\nrestart\nsleep 2\nmv /root/index.js $B/dist/", code=0, settle=11, fix=Fix.NONE, mounted=None),
    Scenario("process-stopped", "process-frozen", "systemctl kill -s STOP $A", mounted=None, settle=1),
    Scenario("process-stopped-later", "process-frozen", "sleep 16\nkill -STOP $(systemctl show -P MainPID $A)", mounted=None, settle=1),
    healthy("stopped-and-continued", "systemctl kill -s STOP $A\nsleep 2\nsystemctl kill -s CONT $A", settle=1),
    Scenario("start-limit-after-the-fault", "start-limit-hit", "mv $B/node_modules/ws /root/\n" + LIMIT + "sleep 6\nmv /root/ws $B/node_modules/", settle=1, mounted=None, says="mended"),
    Scenario("start-limit-by-hand", "start-limit-hit", LIMIT + "for i in 1 2 3 4; do systemctl restart $A || true; done", settle=2, mounted=None, or_cause=("service-stopped",)),
    Scenario("start-limit-and-the-fault", "dependencies-not-installed", "mv $B/node_modules/ws /root/\n" + LIMIT, settle=6, fix=Fix.NONE, or_cause=("module-not-found",)),
    Scenario("package-back-in-a-loop", "service-crash-loop", "mv $B/node_modules/ws /root/\nrestart\nsleep 2\nmv /root/ws $B/node_modules/", settle=1, mounted=None, says="mended"),
    Scenario("waits-for-start-pre", "service-starting", "mkdir -p $U.d\nprintf '[Service]\\nExecStartPre=/bin/sleep 300\\n' >$U.d/pre.conf\nsystemctl daemon-reload\nsystemctl restart --no-block $A", verdict="inconclusive", code=3, settle=2, fix=Fix.NONE, mounted=None, says="ExecStartPre"),
    degraded("never-says-ready", "service-starting", "mkdir -p $U.d\nprintf '[Service]\\nType=notify\\n' >$U.d/type.conf\nsystemctl daemon-reload\nsystemctl restart --no-block $A", code=0, settle=4, fix=Fix.NONE, mounted=None, says="READY"),
    degraded("does-not-end", "service-starting", "echo \"process.on('SIGTERM', () => {});\" >>$B/dist/index.js\nrestart\nsleep 4\nsystemctl stop --no-block $A", code=0, settle=2, fix=Fix.NONE, mounted=None, says="being stopped"),
    healthy("slow-start-pre", "mkdir -p $U.d\nprintf '[Service]\\nExecStartPre=/bin/sleep 2\\n' >$U.d/pre.conf\nsystemctl daemon-reload\nrestart", settle=1),
    healthy("type-exec", "change 's/^Type=.*/Type=exec/'", settle=1),
    Scenario("dependency-failed", "dependency-failed", "printf '[Service]\\nType=oneshot\\nExecStart=/bin/false\\n' >/etc/systemd/system/storage.service\nsystemctl stop $A\nsed -i 's/^After=.*/After=storage.service\\nRequires=storage.service/' $U\nsystemctl daemon-reload\nrestart", settle=1, fix=Fix.NONE, mounted=None, says="storage.service"),
    Scenario("dependency-not-there", "dependency-failed", "systemctl stop $A\nsed -i 's/^After=.*/Requires=storage.service/' $U\nsystemctl daemon-reload\nrestart", settle=1, fix=Fix.NONE, mounted=None, says="is not there"),
    healthy("dependency-runs", "sed -i 's/^After=.*/After=lab-control-plane.service\\nRequires=lab-control-plane.service/' $U\nsystemctl daemon-reload\nrestart", settle=1),
    Scenario("ended-with-0", "service-stopped", STARTS + "echo 'setTimeout(() => process.exit(0), 2000);' >>$B/dist/index.js\nrestart", settle=4, fix=Fix.NONE, mounted=None, says="ended by itself"),
    Scenario("stopped-and-says-so", "service-stopped", "systemctl stop $A", settle=1, mounted=None, says="stopped by hand"),
    Scenario("disabled-and-rebooted", "unit-disabled", "systemctl disable $A", settle=1, or_cause=("service-stopped",), also=("unit-disabled",), mounted=None, reboot=True, says="disabled"),
    healthy("rebooted", settle=0, reboot=True),
    healthy("killed-before-the-reboot", "systemctl kill -s KILL $A\nsleep 1", settle=0, reboot=True),
    Scenario("agent-by-hand", "service-stopped", "systemctl stop $A\n" + BY_HAND, settle=1, fix=Fix.NONE, also=("agent-outside-unit",), mounted=None),
    degraded("agent-twice", "agent-outside-unit", SECOND + "(cd $S/agent-bundle-old && exec setsid nohup /usr/bin/node dist/index.js --url $URL >/dev/null 2>&1 </dev/null) &\nlistening 3002", code=0, settle=1, fix=Fix.NONE, mounted=None),
    degraded("agent-of-another-unit", "agent-outside-unit", SECOND + "systemd-run -q --unit=old-agent /usr/bin/node $S/agent-bundle-old/dist/index.js --url $URL\nlistening 3002", code=0, settle=1, fix=Fix.NONE, mounted=None),
    Scenario(
        "agent-of-pm2",
        "service-stopped",
        "systemctl stop $A\nprintf '#!/bin/sh\\nexec %s \"$@\"\\n' $B/node_modules/.bin/pm2 >/usr/local/bin/pm2\nchmod 755 /usr/local/bin/pm2\ncd $B\nHOME=/root systemd-run -q --scope -p KillMode=none --unit=pm2 --setenv=HOME=/root pm2 start dist/index.js -- --url $URL >/dev/null 2>&1 </dev/null\nlistening 3001",
        settle=2,
        fix=Fix.NONE,
        also=("agent-outside-unit",),
        mounted=None,
    ),
    healthy("node-of-an-application", "mkdir -p /srv/app/dist\necho 'setInterval(() => {}, 1000)' >/srv/app/dist/index.js\nsystemd-run -q --unit=app /usr/bin/node /srv/app/dist/index.js", settle=1),
    healthy("application-in-the-unit", "cat >/opt/lab/application <<'END'\n#!/bin/sh\nexec sleep 600\nEND\nchmod 755 /opt/lab/application\nsystemctl kill -s USR2 lab-control-plane", settle=1),
)

HEALTH = CONNECTION + LIFE
