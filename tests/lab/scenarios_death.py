"""Ways to die, each after lines that look like another death: what the dying process said last is the cause, and nothing else.

The lines before it are printed by the agent itself, as of errors that it lives with, and by what it starts, on the same
stdout and stderr. Each way is a real one: Node's own block in its forms, handlers that print and exit, loggers.
"""

from __future__ import annotations

from scenario import Fix, Scenario, degraded, healthy

# Errors that an agent may log and live with, in Node's own words; and the block of an application that died.
ERRORS = r"""
Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@server-flow/shared' imported from /srv/app/index.js
    at packageResolve (node:internal/modules/esm/resolve:873:9) {
  code: 'ERR_MODULE_NOT_FOUND'
}
SyntaxError: The requested module '@server-flow/shared' does not provide an export named 'PROTOCOL_VERSION'
SyntaxError: Cannot use import statement outside a module
Error: ENOSPC: no space left on device, write
Error: EACCES: permission denied, open '/root/.server-flow/agent-bundle/dist/index.js'
FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
WebSocket error: connect ECONNREFUSED 127.0.0.1:4000
server-flow-agent.service: Failed at step CHDIR spawning /usr/bin/node: No such file or directory
node:events:502
      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRINUSE: address already in use 0.0.0.0:3001
    at Server.setupListenHandle [as _listen2] (node:net:1817:16)
Emitted 'error' event on Server instance at:
    at emitErrorNT (node:net:1844:8) {
  code: 'EADDRINUSE',
  errno: -98,
  syscall: 'listen',
  address: '0.0.0.0',
  port: 3001
}

Node.js v20.20.2
"""

# One line each, as pino writes errors.
LOGGED = r"""
{"level":50,"time":1795460674126,"pid":7,"err":{"type":"Error","message":"listen EADDRINUSE: address already in use 0.0.0.0:3001","code":"EADDRINUSE"},"msg":"application failed"}
{"level":50,"time":1795460674127,"pid":7,"err":{"type":"Error","message":"ENOSPC: no space left on device, write"},"msg":"disk"}
"""

PRINT = "import { readFileSync as look } from 'node:fs';\nconst alike = look('/opt/lab/alike', 'utf8');\n"


def dies(code: str, alike: str = ERRORS) -> str:
    """The agent's entry point, with what looks like other deaths first, and then this."""
    return f"cat >/opt/lab/alike <<'END'\n{alike.strip()}\nEND\nrm -f $B/dist/index.js\ncat >$B/dist/index.js <<'END'\n{PRINT}{code}\nEND\nrestart\n"


def death(name: str, code: str, says: str, cause: str = "unknown-crash", alike: str = ERRORS, **more: object) -> Scenario:
    more = {"fix": Fix.NONE, "settle": 3, **more}
    return Scenario(name, cause, dies(code, alike), says=says, **more)  # type: ignore[arg-type]


SAY = "console.error(alike);\n"

# A process of the agent's own that prints the same and dies of it, before or after the agent does.
CHILD = "import { spawn, spawnSync } from 'node:child_process';\n"
APPLICATION = "['-e', \"process.stderr.write(require('fs').readFileSync('/opt/lab/alike'))\"]"
RESTLESS = (
    "['-e', \"const f = () => process.stderr.write(require('fs').readFileSync('/opt/lab/alike'));"
    " process.on('SIGTERM', () => { f(); process.exit(1); }); setInterval(f, 20)\"]"
)

NODE = (
    death("lookalike-then-real", SAY + "throw new Error('telemetry queue is corrupt');", "Error: telemetry queue is corrupt$", everywhere=True),
    death("throw-string-after-lookalike", SAY + "throw 'telemetry queue is corrupt';", ": telemetry queue is corrupt$"),
    death("throw-null-after-lookalike", SAY + "throw null;", ": null$"),
    death("throw-object-after-lookalike", SAY + "throw { reason: 'telemetry' };", "reason: 'telemetry'"),
    death("custom-error-after-lookalike", SAY + "class Quota extends Error {}\nthrow new Quota('used up');", "Quota.*: used up$"),
    death("rejection-string", SAY + "Promise.reject('telemetry queue is corrupt');", "reason .telemetry queue is corrupt", everywhere=True),
    death("rejection-of-lookalike", SAY + "Promise.reject('Error: ENOSPC: no space left on device, write');", "UnhandledPromiseRejection"),
    death("error-that-quotes", SAY + "throw new Error('gave up: listen EADDRINUSE: address already in use 0.0.0.0:3001');", "Error: gave up"),
    death("error-with-a-cause", SAY + "throw new Error('gave up', { cause: new Error('listen EADDRINUSE: address already in use 0.0.0.0:3001') });", "Error: gave up$"),
    death("error-of-two-lines", SAY + "throw new Error('telemetry queue is corrupt\\nsecond line');", "Error: telemetry queue is corrupt$"),
    death("json-after-lookalike", SAY + "JSON.parse('');", "SyntaxError: Unexpected end of JSON input"),
    death("stack-overflow-after-lookalike", SAY + "const f = () => f() + 1;\nf();", "RangeError: Maximum call stack"),
)

ITSELF = (
    death("exit1-after-lookalike", SAY + "setTimeout(() => process.exit(1), 1800);", "", or_cause=("service-crash-loop",), settle=6),
    death("exit1-with-words", SAY + "console.error('[agent] fatal: no licence for this host');\nprocess.exit(1);", "fatal: no licence for this host$", everywhere=True),
    death("handler-prints-and-exits", "process.on('uncaughtException', (error) => { console.error(error); process.exit(1); });\n" + SAY + "throw new Error('telemetry queue is corrupt');", "Error: telemetry queue is corrupt$"),
    death("handler-in-colour", "process.on('uncaughtException', (error) => { console.error(`\\x1b[31m${error.stack}\\x1b[39m`); process.exit(1); });\n" + SAY + "throw new Error('telemetry queue is corrupt');", "Error: telemetry queue is corrupt$"),
    death("handler-of-rejections", "process.on('unhandledRejection', (why) => { console.error('[agent] fatal:', why); process.exit(1); });\n" + SAY + "Promise.reject(new TypeError('telemetry is no function'));", "TypeError: telemetry is no function$"),
    death("pino-fatal", SAY + """console.log(JSON.stringify({ level: 60, time: Date.now(), pid: process.pid, err: { type: 'Error', message: 'telemetry queue is corrupt', stack: 'Error: telemetry\\n    at x' }, msg: 'cannot start' }));
process.exit(1);""", "telemetry queue is corrupt"),
    death("pino-lookalike-exit1", "console.log(alike);\nconsole.error('[agent] fatal: no licence for this host');\nprocess.exit(1);", "no licence for this host$", alike=LOGGED),
    death("oom-lookalike", SAY + "console.error('FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory');\nprocess.exit(1);", ""),
    death("killed-after-lookalike", SAY + "setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100);\nsetInterval(() => {}, 1000);", "signal"),
    death("aborted-after-lookalike", SAY + "process.abort();", "signal"),
    death("quoted-missing-package", SAY + "console.error(\"[agent] cannot start: Cannot find package 'ws' imported from /root/.server-flow/agent-bundle/dist/index.js\");\nprocess.exit(1);", "cannot start"),
)

CHILDREN = (
    death("child-app-port", CHILD + f"spawnSync(process.execPath, {APPLICATION}, {{ stdio: 'inherit' }});\nthrow new Error('telemetry queue is corrupt');", "Error: telemetry queue is corrupt$", everywhere=True),
    death("child-app-exit1", CHILD + f"spawnSync(process.execPath, {APPLICATION}, {{ stdio: 'inherit' }});\nprocess.exit(1);", "", or_cause=("service-crash-loop",)),
    death("child-app-logs-after", CHILD + f"spawn(process.execPath, {RESTLESS}, {{ stdio: 'inherit' }});\nsetTimeout(() => {{ throw new Error('telemetry queue is corrupt'); }}, 300);", "Error: telemetry queue is corrupt$", everywhere=True),
    death("child-app-piped", CHILD + f"const app = spawnSync(process.execPath, {APPLICATION});\nconsole.error(String(app.stderr));\nthrow new Error('telemetry queue is corrupt');", "Error: telemetry queue is corrupt$"),
)

# The cause stands in the last words, and the folder was changed by something else since.
LATER = (
    death("chown-after-death", SAY + "import 'nothing-of-this-name';", "", cause="undeclared-dependency", or_cause=("module-not-found",)),
    Scenario("chown-after-a-crash", "missing-export", "rollback\nsed -i /PROTOCOL_VERSION/d $B/$M/dist/index.js\nrestart\nsleep 1\nchown -R 1000:1000 $B\nchown -R 0:0 $B", fix=Fix.NONE),
    Scenario("crash-log-in-folder", "unknown-crash", dies(SAY + "process.on('exit', () => writeFileSync('crash.log', String(Date.now())));\nimport { writeFileSync } from 'node:fs';\nthrow new Error('telemetry queue is corrupt');"), says="telemetry queue is corrupt$", fix=Fix.NONE),
    Scenario("chown-after-unknown-crash", "unknown-crash", dies(SAY + "throw new Error('telemetry queue is corrupt');") + "sleep 1\nchown -R 1000:1000 $B\n", says="telemetry queue is corrupt$", fix=Fix.NONE),
    death("no-inotify-watches", "const error = new Error(\"ENOSPC: System limit for number of file watchers reached, watch '/srv'\");\nthrow error;", "inotify"),
)

APM = "NODE_OPTIONS=--require /opt/apm/trace.js"

# Lines that confine the agent, in a drop-in and in the unit itself.
CONFINED = (
    Scenario("drop-in-node-options", "drop-in-overrides", f"dropin apm.conf Service 'Environment=\"{APM}\"'", says="NODE_OPTIONS", mounted="same", everywhere=True),
    Scenario("unit-node-options", "unit-confinement", f"change 's#^Environment=.*#Environment=NODE_ENV=production\\nEnvironment=\"{APM}\"#'", says="NODE_OPTIONS", everywhere=True),
    Scenario("unit-node-import", "unit-confinement", "change 's#bin/node #bin/node --import /opt/apm/trace.mjs #'", says="options", fix=Fix.NONE),
    Scenario("unit-node-bad-option", "unit-confinement", "change 's#^Environment=.*#Environment=NODE_OPTIONS=--no-such-option#'", says="no-such-option"),
    Scenario("unit-protect-home", "unit-confinement", "change 's#^Restart=always#ProtectHome=yes\\nRestart=always#'", says="ProtectHome", everywhere=True),
    Scenario("unit-inaccessible-dist", "unit-confinement", "change 's#^Restart=always#InaccessiblePaths=/root/.server-flow/agent-bundle/dist\\nRestart=always#'", says="InaccessiblePaths"),
    Scenario("unit-no-jit", "unit-confinement", "change 's#^Restart=always#MemoryDenyWriteExecute=yes\\nRestart=always#'", says="MemoryDenyWriteExecute"),
    Scenario("unit-limit-as", "unit-confinement", "change 's#^Restart=always#LimitAS=200M\\nRestart=always#'", says="LimitAS"),
    Scenario("unit-runtime-max", "unit-confinement", "change 's#^Restart=always#RuntimeMaxSec=1\\nRestart=always#'", says="RuntimeMaxSec", mounted=None),
    Scenario("drop-in-system-calls", "drop-in-overrides", "dropin hardening.conf Service SystemCallFilter=@basic-io", says="SystemCallFilter", mounted=None),
)

# What systemd runs before node, and in its place.
SPAWNED = (
    Scenario("helper-fails", "helper-command-failed", "change 's#^Restart=always#ExecStartPre=/bin/sh -c \"echo no database; exit 3\"\\nRestart=always#'", says="ExecStartPre", everywhere=True),
    Scenario("helper-missing", "helper-command-failed", "change 's#^Restart=always#ExecStartPre=/usr/local/bin/prepare\\nRestart=always#'", says="/usr/local/bin/prepare"),
    Scenario("helper-without-x", "helper-command-failed", "echo '#!/bin/sh' >/usr/local/bin/prepare\nchange 's#^Restart=always#ExecStartPre=/usr/local/bin/prepare\\nRestart=always#'", says="/usr/local/bin/prepare"),
    Scenario("helper-after-fails", "helper-command-failed", "change 's#^Restart=always#ExecStartPost=/bin/sh -c \"sleep 1; exit 3\"\\nRestart=always#'", says="ExecStartPost", mounted=None),
    Scenario("stop-post-fails", "unknown-crash", dies("throw new Error('telemetry queue is corrupt');") + "change 's#^Restart=always#ExecStopPost=/bin/false\\nRestart=always#'", says="telemetry", fix=Fix.NONE),
    Scenario("wrapper-with-crlf", "executable-missing", "printf '#!/bin/sh\\r\\nexec /usr/bin/node \"$@\"\\r\\n' >/usr/local/bin/start-agent\nchmod 755 /usr/local/bin/start-agent\nchange 's#/usr/bin/node#/usr/local/bin/start-agent#'", says="carriage return", fix=Fix.NONE, may=("unit-other-command",)),
    Scenario("wrapper-without-x", "permission-denied", "printf '#!/bin/sh\\nexec /usr/bin/node \"$@\"\\n' >/usr/local/bin/start-agent\nchmod 644 /usr/local/bin/start-agent\nchange 's#/usr/bin/node#/usr/local/bin/start-agent#'", says="start-agent", fix=Fix.NONE, may=("unit-other-command",)),
    Scenario("node-on-noexec", "executable-missing", "mkdir /opt/n\nmount -t tmpfs -o noexec,size=200m tmpfs /opt/n\ncp /usr/bin/node /opt/n/node\nchange 's#/usr/bin/node#/opt/n/node#'", says="noexec", mounted="executable-missing"),
)

# One fact is one cause, and what only looks like a full disk is none.
FACTS = (
    Scenario("manifest-empty", "package-json-invalid", "rollback\n: >$B/node_modules/ws/package.json\nrestart", or_cause=("unknown-crash", "module-not-found", "unresolved-import", "dependencies-not-installed")),
    Scenario("builtin-of-a-newer-node", "node-too-old", "sed -i \"1i import 'node:sqlite';\" $B/dist/execution.js\nnode 18\nrestart", fix=Fix.NONE),
)

# Units that start something else than node, as older installers wrote them.
OTHERS = (
    Scenario("unit-starts-pnpm", "unit-other-command", "change 's#^ExecStart=.*#ExecStart=/usr/bin/pnpm --filter @server-flow/agent dev --token tok3n-q7XfR2mPz9LwKd41 --url http://127.0.0.1:4000#'", may=("secret-in-unit",), everywhere=True),
    Scenario("unit-starts-tsx", "unit-other-command", "change 's#^ExecStart=.*#ExecStart=/usr/bin/node /root/.server-flow/agent-bundle/node_modules/tsx/dist/cli.mjs apps/agent/src/index.ts --url http://127.0.0.1:4000#'"),
    Scenario("unit-starts-a-shell", "unit-other-command", "change 's#^ExecStart=.*#ExecStart=/bin/bash -c \". /root/.nvm/nvm.sh; nvm exec 20 node dist/index.js --url http://127.0.0.1:4000\"#'"),
    degraded("unit-for-a-shell", "unit-invalid", "change 's#^ExecStart=.*#ExecStart=. /root/.nvm/nvm.sh \\&\\& node dist/index.js --url http://127.0.0.1:4000#'", settle=3),
    healthy("wrapper-in-order", "printf '#!/bin/sh\\nexec /usr/bin/node \"$@\"\\n' >/usr/local/bin/start-agent\nchmod 755 /usr/local/bin/start-agent\nchange 's#/usr/bin/node#/usr/local/bin/start-agent#'"),
    healthy("node-by-name", "change 's#/usr/bin/node#node#'"),
)

DEATH = OTHERS + FACTS + SPAWNED + CONFINED + NODE + ITSELF + CHILDREN + LATER
