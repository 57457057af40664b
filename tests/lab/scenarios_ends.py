"""Ends and connections that the other tables do not have: what else Node, loggers, systemd and control planes do.

Rows of the table in scenarios.py, of which scenarios.py takes them.
"""

from __future__ import annotations

import dataclasses

from scenario import Fix, Scenario, degraded, healthy
from scenarios_death import CHILD, SAY, death
from scenarios_health import BY_HAND, CERTIFICATE, PLANE, SECOND, TRUSTED, VALID, status, unreachable
from scenarios_settings import line

THROWN = (
    death("exit7-after-lookalike", SAY + "setTimeout(() => process.exit(7), 100);", "(status|exit|code) 7", or_cause=("service-crash-loop",)),
    death("aggregate-after-lookalike", SAY + "throw new AggregateError([new Error('listen EADDRINUSE: address already in use 0.0.0.0:3001')], 'gave up on all');", "AggregateError: gave up on all$"),
    death("any-after-lookalike", SAY + "await Promise.any([Promise.reject(new Error('ENOSPC: no space left on device, write'))]);", "AggregateError: All promises were rejected"),
    death("dom-exception", SAY + "throw new DOMException('the licence has ended', 'AbortError');", "the licence has ended"),
    death("throw-undefined", SAY + "throw undefined;", ": undefined$"),
    death("throw-symbol", SAY + "throw Symbol('telemetry');", "what was thrown has no text"),
    death("throw-number", SAY + "throw 42;", ": 42$"),
    death("rejection-of-an-object", SAY + "Promise.reject({ code: 'ENOSPC' });", "reason .#<Object>|UnhandledPromiseRejection"),
    death("rejection-of-undefined", SAY + "Promise.reject();", "reason .undefined"),
    death("event-without-an-error", SAY + "import { EventEmitter } from 'node:events';\nnew EventEmitter().emit('error', 'telemetry queue is corrupt');", "Unhandled error. .*telemetry queue is corrupt"),
    death("worker-that-throws", SAY + "import { Worker } from 'node:worker_threads';\nnew Worker(\"throw new Error('telemetry queue is corrupt')\", { eval: true });", "telemetry queue is corrupt"),
    death("worker-without-memory", SAY + "import { Worker } from 'node:worker_threads';\nnew Worker('const a = []; for (;;) a.push(new Array(1e5).fill(1));', { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } });", "ERR_WORKER_OUT_OF_MEMORY", or_cause=("out-of-memory",)),
    death("program-not-there", CHILD + SAY + "spawn('/usr/local/bin/collector');", "spawn /usr/local/bin/collector ENOENT"),
    death("never-settled", SAY + "await new Promise(() => {});", "top-level .await", settle=4),
    death("address-of-another-host", SAY + "import net from 'node:net';\nnet.createServer().listen(8080, '10.9.8.7');", "EADDRNOTAVAIL"),
    death("error-with-many-properties", SAY + "throw Object.assign(new Error('telemetry queue is corrupt'), { code: 'ENOSPC', syscall: 'write', path: '/var', info: { a: [1, 2], address: '0.0.0.0' } });", "Error: telemetry queue is corrupt$"),
    death("long-error", SAY + "throw new Error('telemetry queue is corrupt ' + 'x'.repeat(20000));", "Error: telemetry queue is corrupt"),
    death("error-in-bytes", SAY + "process.stderr.write(Buffer.from([0x66, 0x61, 0x74, 0x61, 0x6c, 0x3a, 0x20, 0xff, 0xfe, 0x1b, 0x5b, 0x32, 0x4a, 0x6e, 0x6f, 0x0a]));\nprocess.exit(1);", "fatal: "),
    death("only-half-a-line", SAY + "process.stderr.write('[agent] fatal: no licence for this host');\nprocess.exit(1);", "no licence for this host$"),
)

SIGNALS = tuple(
    death(f"dies-by-{name.lower()}", SAY + f"setTimeout(() => process.kill(process.pid, '{name}'), 100);\nsetInterval(() => {{}}, 1000);", name, settle=4, mounted=None if name == "SIGHUP" else "same")
    for name in ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP", "SIGHUP")
)


def logged(name: str, code: str, says: str) -> Scenario:
    """What a logger writes as the last word of a process that exits with 1."""
    return death(name, SAY + code + "\nprocess.exit(1);", says)


LOGGERS = (
    logged("winston-json", "console.log(JSON.stringify({ level: 'error', message: 'uncaughtException: telemetry queue is corrupt\\nError: telemetry queue is corrupt\\n    at x', exception: true, date: 'now', stack: 'Error: telemetry queue is corrupt\\n    at x' }));", "telemetry queue is corrupt"),
    logged("winston-text", "console.log('error: telemetry queue is corrupt {\"service\":\"agent\",\"timestamp\":\"2026-11-29 22:00:00\"}');", "telemetry queue is corrupt"),
    logged("bunyan-json", "console.log(JSON.stringify({ name: 'agent', hostname: 'server', pid: 1, level: 60, err: { message: 'telemetry queue is corrupt', name: 'Error', stack: 'Error: telemetry queue is corrupt\\n    at x' }, msg: 'cannot start', time: '2026-11-29T22:00:00.000Z', v: 0 }));", "telemetry queue is corrupt"),
    logged("log4js-text", "console.log('[2026-11-29T22:00:00.000] [FATAL] agent - telemetry queue is corrupt');", "telemetry queue is corrupt$"),
    logged("console-of-three-lines", "console.error('startup failed:\\n  telemetry queue is corrupt\\n  (code 17)');", "startup failed|telemetry queue is corrupt"),
    logged("pino-and-a-farewell", "console.log(JSON.stringify({ level: 60, time: 1, pid: 1, msg: 'telemetry queue is corrupt' }));\nconsole.log(JSON.stringify({ level: 30, time: 2, pid: 1, msg: 'goodbye' }));", "telemetry queue is corrupt"),
    logged("fatal-and-a-farewell", "console.error('[agent] fatal: telemetry queue is corrupt');\nconsole.log('[agent] shutting down');\nconsole.log('[agent] bye');", "telemetry queue is corrupt"),
    logged("stack-by-console-error", "console.error(new TypeError('telemetry is no function'));", "TypeError: telemetry is no function$"),
    logged("stack-with-a-cause-by-console-error", "console.error(new Error('cannot start', { cause: new Error('ENOSPC: no space left on device, write') }));", "Error: cannot start$"),
    logged("pretty-pino", "console.log('[22:00:00.123] \\x1b[31mFATAL\\x1b[39m (1234): \\x1b[36mtelemetry queue is corrupt\\x1b[39m');", "telemetry queue is corrupt$"),
)

LATE = "echo 'setTimeout(() => process.exit(1), 1000);' >>$B/dist/index.js\n"
OTHER = "printf '[Service]\\nExecStart=/bin/sleep 600\\n' >/etc/systemd/system/storage.service\nsystemctl daemon-reload\nsystemctl start storage\n"
NOT_LIVE = {"fix": Fix.NONE, "mounted": None}

MANAGER = (
    Scenario("exec-condition", "service-stopped", "systemctl stop $A\n" + line("ExecCondition=/bin/false"), says="ExecCondition", settle=2, or_cause=("helper-command-failed",), **NOT_LIVE),
    Scenario("exec-condition-breaks", "helper-command-failed", line("ExecCondition=/bin/sh -c \"exit 255\""), says="ExecCondition", settle=2, mounted=None),
    Scenario("condition-in-the-unit", "service-stopped", "systemctl stop $A\nchange 's#^After=.*#ConditionPathExists=/etc/server-flow#'", says="condition", settle=2, **NOT_LIVE),
    Scenario("assert-in-the-unit", "service-stopped", "systemctl stop $A\nchange 's#^After=.*#AssertPathExists=/etc/server-flow#'", says="[Aa]ssert|condition", settle=2, **NOT_LIVE),
    Scenario("mount-failed", "dependency-failed", "printf '[Mount]\\nWhat=/dev/none\\nWhere=/data\\nType=ext4\\n' >/etc/systemd/system/data.mount\nsystemctl stop $A\nchange 's#^After=.*#RequiresMountsFor=/data/agent#'", says="data.mount", settle=3, **NOT_LIVE),
    Scenario("bound-to-what-has-gone", "dependency-failed", OTHER + "change 's#^After=.*#BindsTo=storage.service\\nAfter=storage.service#'\nsleep 2\nsystemctl stop storage", says="storage.service", settle=2, or_cause=("service-stopped",), **NOT_LIVE),
    Scenario("part-of-what-was-stopped", "service-stopped", OTHER + "change 's#^After=.*#PartOf=storage.service\\nAfter=storage.service#'\nsleep 2\nsystemctl stop storage", says="storage.service", settle=2, or_cause=("dependency-failed",), **NOT_LIVE),
    Scenario("conflicts-with-what-runs", "service-stopped", "sed -i 's#^After=.*#Conflicts=storage.service#' $U\nsystemctl daemon-reload\nrestart\nsleep 2\n" + OTHER, says="storage.service|conflict", settle=2, or_cause=("dependency-failed",), **NOT_LIVE),
    Scenario("limit-in-the-old-form", "start-limit-hit", "mv $B/node_modules/ws /root/\n" + line("StartLimitInterval=300", "StartLimitBurst=2") + "sed -i 's/^RestartSec=.*/RestartSec=1/' $U\nsystemctl daemon-reload\nsystemctl reset-failed $A\nrestart\nsleep 5\nmv /root/ws $B/node_modules/", settle=1, mounted=None, says="mended"),
    Scenario("limit-without-an-end", "start-limit-hit", "mv $B/node_modules/ws /root/\nchange 's/^After=.*/StartLimitIntervalSec=infinity\\nStartLimitBurst=2/; s/^RestartSec=.*/RestartSec=500ms/'\nsleep 5\nmv /root/ws $B/node_modules/", settle=1, mounted=None, says="mended"),
    Scenario("waits-for-an-hour", "missing-export", "rollback\nchange 's/^RestartSec=.*/RestartSec=1h/'\nsed -i /PROTOCOL_VERSION/d $B/$M/dist/index.js\nrestart", settle=3),
    Scenario("forking-that-does-not", "unit-confinement", line("TimeoutStartSec=4") + "change 's/^Type=.*/Type=forking/'\n", settle=8, says="Type=forking", or_cause=("service-starting", "unit-invalid", "unknown-crash"), mounted=None, fix=Fix.NONE),
    Scenario("forking-and-waiting", "service-starting", "sed -i 's/^Type=.*/Type=forking/' $U\nsystemctl daemon-reload\nsystemctl restart --no-block $A", settle=3, says="forking", verdict="inconclusive", code=3, **NOT_LIVE),
    Scenario("oneshot-that-stays", "service-starting", "sed -i 's/^Type=.*/Type=oneshot/; s/^Restart=.*/Restart=on-failure/' $U\nsystemctl daemon-reload\nsystemctl restart --no-block $A", settle=3, says="oneshot", verdict="degraded", code=0, **NOT_LIVE),
    Scenario("oneshot-and-always", "unit-invalid", "sed -i 's/^Type=.*/Type=oneshot/' $U\nsystemctl daemon-reload\nrestart", settle=3, says="Restart|oneshot", verdict="degraded", **NOT_LIVE),
    Scenario("notify-that-is-too-slow", "unit-confinement", line("TimeoutStartSec=4") + "change 's/^Type=.*/Type=notify/'\n", settle=8, says="READY|Type=notify", or_cause=("service-starting", "unknown-crash"), mounted=None, fix=Fix.NONE),
    Scenario("helper-that-is-too-slow", "helper-command-failed", line("ExecStartPre=/bin/sleep 60", "TimeoutStartSec=3"), settle=6, says="ExecStartPre", quotes="timed out", mounted=None, fix=Fix.NONE),
    Scenario("few-open-files", "unit-confinement", line("LimitNOFILE=16"), settle=3, says="LimitNOFILE", or_cause=("unknown-crash",)),
    Scenario("no-address-families", "unit-confinement", line("RestrictAddressFamilies=AF_UNIX"), settle=4, says="RestrictAddressFamilies", or_cause=("unknown-crash",), mounted=None),
    Scenario("without-network", "unit-confinement", line("PrivateNetwork=yes"), verdict="degraded", settle=6, says="PrivateNetwork", or_cause=("control-plane-unreachable",), mounted=None),
    Scenario("root-directory", "unit-confinement", line("RootDirectory=/srv/jail"), settle=3, says="RootDirectory", or_cause=("working-directory-missing", "unknown-crash", "unit-invalid"), mounted=None, fix=Fix.NONE),
    degraded("terminated-by-somebody", "unknown-crash", "sleep 16\nkill -TERM $(systemctl show -P MainPID $A)", code=0, settle=13, **NOT_LIVE),
    Scenario("group-is-missing", "user-missing", "change 's#^User=root#User=root\\nGroup=serverflow#'", settle=3, says="serverflow", fix=Fix.NONE),
    Scenario("wanted-user-by-number", "user-missing", "change 's#^User=root#User=54321#'", settle=3, or_cause=("permission-denied",), mounted=None),
    Scenario("environment-that-is-no-file", "unit-invalid", "mkdir -p /etc/server-flow/agent.env\nchange 's#^Environment=.*#EnvironmentFile=/etc/server-flow/agent.env#'", or_cause=("unknown-crash",), fix=Fix.NONE, mounted=None),
    Scenario("ended-by-a-handler", "service-stopped", "change 's/^Restart=.*/Restart=no/'\nsleep 1\nkill -TERM $(systemctl show -P MainPID $A)", settle=2, or_cause=("unknown-crash",), **NOT_LIVE),
)

OTHER_NAME = CERTIFICATE.replace("subjectAltName=IP:127.0.0.1", "subjectAltName=DNS:other.example")
TLS = """plane <<'END'
const { readFileSync } = require('node:fs');
const { WebSocketServer } = require('ws');
const pem = (name) => readFileSync(`/opt/lab/ca/${name}.pem`);
const server = require('node:https').createServer({ key: pem('key'), cert: pem('certificate'), OPTIONS });
new WebSocketServer({ server, path: '/api/connect' }).on('connection', (socket) => socket.on('message', () => {}));
server.listen(4000, '127.0.0.1');
END
"""
RAW = "plane <<'END'\nrequire('node:net').createServer((socket) => { socket.on('error', () => {}); socket.once('data', () => ANSWER); }).listen(4000, '127.0.0.1');\nEND\n"
HTTPS = "change 's#http://127#https://127#'"

PLANES = (
    *(unreachable(f"upgrade-{code}", status(f"{code} {words}"), f"{code}") for code, words in ((400, "Bad Request"), (404, "Not Found"), (407, "Proxy Authentication Required"), (429, "Too Many Requests"), (500, "Internal Server Error"), (503, "Service Unavailable"), (302, "Found"), (200, "OK"))),
    unreachable("tls-of-another-name", OTHER_NAME + f"certificate {VALID}\n" + TLS.replace("OPTIONS", "") + TRUSTED, "name|127.0.0.1"),
    unreachable("tls-too-old", CERTIFICATE + f"certificate {VALID}\n" + TLS.replace("OPTIONS", "maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0'") + TRUSTED, "TLS"),
    unreachable("tls-cut-in-the-handshake", RAW.replace("ANSWER", "socket.destroy()") + HTTPS, ""),
    unreachable("tls-of-an-unknown-issuer", CERTIFICATE + f"certificate {VALID}\n" + TLS.replace("OPTIONS", "") + HTTPS, "signed by itself|issuer|certificate"),
    unreachable("no-http-at-all", RAW.replace("ANSWER", "socket.end('220 mail.example ESMTP\\\\r\\\\n')"), ""),
    unreachable("plane-down-by-name-of-two-families", "change 's#127.0.0.1:4000#localhost:4000#'\nsystemctl stop lab-control-plane\nprintf '127.0.0.1 localhost\\n::1 localhost\\n' >/etc/hosts\nrestart\n", "", settle=6),
    unreachable("closed-with-a-code-of-its-own", "plane <<'END'\nconst { WebSocketServer } = require('ws');\nnew WebSocketServer({ port: 4000, host: '127.0.0.1' }).on('connection', (socket) => socket.on('message', () => socket.close(4401, 'unknown agent')));\nEND\n", "closed again and again", settle=13),
    unreachable("name-without-an-address", "change 's#127.0.0.1:4000#control.example.internal:4000#'\nrm -f /etc/resolv.conf; echo 'nameserver 127.0.0.53' >/etc/resolv.conf\nrestart", "control.example.internal"),
    unreachable("address-without-a-route", "change 's#127.0.0.1:4000#10.9.8.7:4000#'", "10.9.8.7"),
    healthy("name-that-has-come-back", "systemctl stop $A\nchange 's#127.0.0.1:4000#control.example.internal:4000#'\nsleep 2\necho '127.0.0.1 control.example.internal' >>/etc/hosts\nsleep 6", settle=8),
    healthy("plane-refused-twice-and-back", "systemctl stop lab-control-plane\nsleep 7\nsystemctl start lab-control-plane\nsleep 6", settle=8),
)

AGENT = "/usr/bin/node $S/agent-bundle-old/dist/index.js --url $URL"
SHELL = SECOND + "printf '#!/bin/sh\\nexec %s\\n' \"" + AGENT + "\" >/root/agent.sh\nchmod 755 /root/agent.sh\n"
TWICE = {"code": 0, "settle": 1, **NOT_LIVE}
HEX = "3f" * 32
ELSEWHERE = (
    degraded("agent-of-cron", "agent-outside-unit", SHELL + "systemd-run -q --unit=cron /bin/sh -c '/root/agent.sh & wait'\nlistening 3002", **TWICE),
    degraded("agent-in-a-session", "agent-outside-unit", SHELL + "systemd-run -q --scope --slice=user-0.slice --unit=session-7 setsid /root/agent.sh >/dev/null 2>&1 </dev/null &\nlistening 3002", **TWICE),
    degraded("agent-in-docker", "agent-outside-unit", SHELL + f"systemd-run -q --scope --unit=docker-{HEX} unshare -m /root/agent.sh >/dev/null 2>&1 </dev/null &\nlistening 3002", **TWICE),
    Scenario("agent-by-hand-in-its-folder", "service-stopped", "systemctl stop $A\n" + BY_HAND.replace("dist/index.js", "./dist/index.js"), settle=1, also=("agent-outside-unit",), **NOT_LIVE),
    Scenario("agent-of-a-user-unit", "service-stopped", "systemctl disable --now $A\n" + SHELL + "systemd-run -q --scope --slice=user-0.slice --unit=app-agent setsid /root/agent.sh >/dev/null 2>&1 </dev/null &\nlistening 3002", settle=1, also=("agent-outside-unit",), or_cause=("unit-disabled",), may=("unit-disabled",), **NOT_LIVE),
)

START = "ExecStart=/usr/bin/node"


def told(option: str) -> str:
    """An option of Node's in the unit's command."""
    return f"change 's#^{START}#{START} {option}#'\n"


# Node itself, what it is told by options, and packages that an installation left in pieces.
NODES = (
    Scenario("node-cut-short", "executable-missing", "head -c 4000 /usr/bin/node >/usr/bin/cut\nchmod 755 /usr/bin/cut\nmv /usr/bin/cut /usr/bin/node\nrestart\n", says="does not run", quotes="--version: ended by a signal", fix=Fix.NONE, mounted="unknown-crash"),
    Scenario("node-without-a-library", "executable-missing", "rm -f /usr/lib/x86_64-linux-gnu/libstdc++.so.6\nrestart\n", says="does not run", quotes="libstdc", fix=Fix.NONE, mounted="unknown-crash"),
    Scenario("node-that-only-complains", "executable-missing", "printf '#!/bin/sh\\necho no licence >&2\\nexit 127\\n' >/usr/bin/cut\nchmod 755 /usr/bin/cut\nmv /usr/bin/cut /usr/bin/node\nrestart\n", says="does not run", quotes="exit code 127: no licence", fix=Fix.NONE, mounted="unknown-crash"),
    Scenario("heap-too-small-to-start", "out-of-memory", told("--max-old-space-size=2"), quotes="Fatal|FATAL"),
    Scenario("credential-not-there", "unit-confinement", line("LoadCredential=licence:/etc/none"), says="LoadCredential=licence:/etc/none", quotes="CREDENTIALS", mounted=None),
    Scenario("file-of-variables-for-node", "unit-confinement", told("--env-file=/srv/none/.env"), says="options for node", quotes="/srv/none/.env: not found"),
    Scenario("forbidden-by-node", "unit-confinement", told("--experimental-permission"), says="options for node", quotes="Access to this API"),
    Scenario("option-of-no-node", "unit-confinement", told("--no-such=1"), says="options for node", quotes="bad option"),
    Scenario("debugger-on-the-agents-port", "unit-confinement", "change 's#^Environment=.*#&\\nEnvironment=NODE_OPTIONS=--inspect=127.0.0.1:3001#'\n", says="inspect", quotes="EADDRINUSE"),
    Scenario("package-cut-short", "dependencies-not-installed", "cut $(readlink -f $B/node_modules/ws)/package.json 20\nrestart\n", says="`ws` is damaged", quotes="Invalid package"),
    Scenario("file-of-a-package-cut-short", "dependencies-not-installed", "cut $(readlink -f $B/node_modules/ws)/lib/websocket.js 2000\nrestart\n", says="`ws` is damaged", quotes="lib/websocket.js:"),
    Scenario("file-of-a-package-gone", "module-not-found", "rm $(readlink -f $B/node_modules/ws)/lib/websocket.js\nrestart\n", says="lib/websocket.js"),
    Scenario("started-from-another-folder", "entry-point-missing", "change 's#^WorkingDirectory=.*#WorkingDirectory=/srv#; s# /root/.server-flow/agent-bundle/dist/index.js# dist/index.js#'\n", quotes="/srv/dist/index.js", prints="/root/.server-flow/agent-bundle"),
)

# What manages the machine starts the agent anew at every round.
RESTARTED = "printf '[Service]\\nExecStart=/bin/sh -c \"while :; do sleep 4; systemctl restart server-flow-agent; done\"\\n' >/etc/systemd/system/managed.service\nsystemctl daemon-reload\nsystemctl start managed\n"
OTHERS = (degraded("stopped-again-and-again", "service-stopped", RESTARTED, code=0, settle=22, says="stopped and started", quotes="Stopping", **NOT_LIVE),)

ALL = THROWN + SIGNALS + LOGGERS + MANAGER + PLANES + ELSEWHERE + NODES + OTHERS
ENDS = tuple(dataclasses.replace(scenario, one_in=12) for scenario in ALL)
