"""A server with a really deployed agent: what lies over the bare Debian, and what an operator or an update does to it.

The agent is small but does what docs/reference/field-facts.md tells of the real one, "Released bundles" and
"On the server": ESM, the packages of the document installed by pnpm, the shared package copied, port 3001, a WebSocket to
`URL/api/connect` that is tried again every 5 s, its output on stdout.
"""

from __future__ import annotations

import functools
import hashlib
import json
import platform
from pathlib import Path

from harness import HOME, TOOLS, Mismatch, copy, must, remove, write, write_json

UNIT = "server-flow-agent.service"
UNIT_FILE = f"/etc/systemd/system/{UNIT}"
STATE = "/root/.server-flow"
BUNDLE = f"{STATE}/agent-bundle"
BACKUP = f"{STATE}/agent-bundle-backup"
DOWNLOAD = "/tmp/agent-bundle-update.tar.gz"
SHARED = "node_modules/@server-flow/shared"
URL = "http://127.0.0.1:4000"
VERSION = "0.1.26"
NEXT = "0.1.27"

# What must never be seen in any output of doctor. The words are unlike anything else on the server.
TOKEN = "tok3n-q7XfR2mPz9LwKd41"
PASSWORD = "passw0rd-Hn5cVt8EyB"
AGENT_KEY = "MC4CAQAwBQYDK2VwBCIEIFe1zJr0kS5mA9bNq3tYcD7xWvG2hLpUoI8eRfZs6KjT"
REGISTERED = "reg1stered-uJ6sQa0MvC"
SECRETS = (TOKEN, PASSWORD, AGENT_KEY, REGISTERED)

RUNTIME = {"fastify": "^4.28.0", "pm2": "^5.4.0", "ws": "^8.18.0", "zod": "^3.23.0"}

# The node of the servers (18 and 20: docs/reference/field-facts.md, "On the server"), and one that is older than the
# agent can run on.
NODES = ("20.20.2", "18.20.8", "16.20.2")

AGENT = {
    "dist/index.js": """\
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { PROTOCOL_VERSION } from '@server-flow/shared';
import { connect } from './connection.js';
import { Infrastructure } from './infrastructure.js';
import { settings } from './settings.js';
import { log } from './utils/log.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const { url, token } = settings(process.argv.slice(2));
const app = Fastify({ logger: false });
app.get('/health', async () => ({ ok: true, version }));
await app.listen({ port: 3001, host: '0.0.0.0' });
log('agent', `version ${version}, protocol ${PROTOCOL_VERSION}`);
connect(url, token, version, new Infrastructure());
""",
    "dist/connection.js": """\
import WebSocket from 'ws';
import { AgentCommandSchema } from '@server-flow/shared';
import { execute } from './execution.js';
import { log } from './utils/log.js';

const RETRY = 5000;

export function connect(url, token, version, infrastructure) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const socket = new WebSocket(url.replace(/^http/, 'ws') + '/api/connect', { headers });
  socket.on('open', () => {
    log('connection', 'connected to the control plane');
    socket.send(JSON.stringify({ type: 'HELLO', version, ...infrastructure.summary() }));
  });
  socket.on('message', async (data) => {
    const command = AgentCommandSchema.parse(JSON.parse(data.toString()));
    socket.send(JSON.stringify(await execute(command)));
  });
  socket.on('error', (error) => log('connection', `WebSocket error: ${error.message}`));
  socket.on('close', (code) => {
    log('connection', `disconnected (${code}), trying again in ${RETRY / 1000} s`);
    setTimeout(() => connect(url, token, version, infrastructure), RETRY);
  });
}
""",
    "dist/execution.js": """\
import { spawn } from 'node:child_process';

export function execute(command) {
  return new Promise((done) => {
    const child = spawn(command.program, command.args ?? [], { stdio: 'inherit' });
    child.on('error', (error) => done({ type: 'RESULT', error: error.message }));
    child.on('close', (code) => done({ type: 'RESULT', code }));
  });
}
""",
    "dist/infrastructure.js": """\
import os from 'node:os';
import { hostSummary } from '@server-flow/shared';

export class Infrastructure {
  summary() {
    return hostSummary(os.hostname(), os.totalmem());
  }
}
""",
    "dist/settings.js": """\
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

export function settings(words) {
  const option = (name) => {
    const at = words.findLastIndex((word) => word === name);
    return at < 0 ? undefined : words[at + 1];
  };
  const file = path.join(homedir(), '.server-flow', 'registration.json');
  const registered = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return { url: option('--url') ?? registered.url, token: option('--token') ?? registered.token };
}
""",
    "dist/utils/log.js": """\
export function log(where, what) {
  console.log(`[${where}] ${what}`);
}
""",
}

AGENT_PACKAGE = {
    "name": "server-flow-agent",
    "version": VERSION,
    "private": True,
    "type": "module",
    "main": "dist/index.js",
    "dependencies": RUNTIME,
}

SHARED_FILES = {
    "dist/index.js": "export * from './commands.js';\nexport * from './host.js';\nexport const PROTOCOL_VERSION = 3;\n",
    "dist/commands.js": """\
import { z } from 'zod';

export const AgentCommandSchema = z.object({
  type: z.literal('RUN'),
  program: z.string(),
  args: z.array(z.string()).optional(),
});
""",
    "dist/host.js": "export function hostSummary(hostname, memory) {\n  return { hostname, memory };\n}\n",
}

SHARED_PACKAGE = {
    "name": "@server-flow/shared",
    "version": "0.1.0",
    "private": True,
    "type": "module",
    "main": "dist/index.js",
    "dependencies": {"zod": RUNTIME["zod"]},
}

# The control plane's side of the connection. It keeps to its own node and packages, below /opt/lab.
CONTROL_PLANE = """\
const { createServer } = require('node:http');
const { writeFileSync, existsSync, createReadStream } = require('node:fs');
const { WebSocketServer } = require('ws');

const agents = new Map();
function note() {
  writeFileSync('/run/lab-control-plane.json', JSON.stringify([...agents.values()]));
}
const served = '/opt/lab/public/agent-bundle.tar.gz';
const server = createServer((request, response) => {
  if (request.url === '/agent-bundle.tar.gz' && existsSync(served)) {
    createReadStream(served).pipe(response);
  } else {
    response.writeHead(404, { 'content-type': 'text/html' });
    response.end('<!DOCTYPE html><html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>');
  }
});
const sockets = new WebSocketServer({ server, path: '/api/connect' });
sockets.on('connection', (socket) => {
  const agent = { since: Date.now(), version: null };
  agents.set(socket, agent);
  note();
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString());
    if (message.type === 'HELLO') agent.version = message.version;
    note();
  });
  socket.on('close', () => {
    agents.delete(socket);
    note();
  });
});
process.on('SIGUSR2', () => {
  const command = { type: 'RUN', program: '/opt/lab/application', args: [] };
  for (const socket of agents.keys()) socket.send(JSON.stringify(command));
});
note();
server.listen(4000, '127.0.0.1');
"""

CONTROL_PLANE_UNIT = """\
[Unit]
Description=Stub of the control plane

[Service]
ExecStart=/opt/lab/node /opt/lab/control-plane.cjs

[Install]
WantedBy=multi-user.target
"""

PUBLIC_KEY = """\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
"""


def unit(
    directory: str = BUNDLE,
    command: str = f"/usr/bin/node {BUNDLE}/dist/index.js --url {URL}",
    user: str = "root",
    extra: str = "",
) -> str:
    """The unit file of the source document's section "Service Systemd"."""
    return f"""\
[Unit]
Description=ServerFlow Agent
After=network.target

[Service]
Type=simple
User={user}
WorkingDirectory={directory}
ExecStart={command}
Restart=always
RestartSec=10
Environment=NODE_ENV=production
{extra}
[Install]
WantedBy=multi-user.target
"""


NESTED_UNIT = unit(f"{BUNDLE}/apps/agent", f"/usr/bin/node dist/index.js --token {TOKEN} --url {URL}")

# Where pnpm and npm find what they installed once: step 5 then needs no network.
OFFLINE = {
    "npm_config_offline": "true",
    "npm_config_store_dir": "/opt/lab/store",
    "npm_config_cache": "/opt/lab/npm",
    "npm_config_cache_dir": "/opt/lab/pnpm",
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
}

# What scenarios are written with: shell functions over the document's paths.
PRELUDE = f"""
S={STATE} B={BUNDLE} K={BACKUP} U={UNIT_FILE} A=server-flow-agent D={DOWNLOAD} M={SHARED} URL={URL}
restart() {{ systemctl restart $A || true; }}
unit() {{ cat >$U; systemctl daemon-reload; }}
# change EXPRESSION: sed over the unit file, then what follows of it.
change() {{ sed -i "$1" $U; systemctl daemon-reload; restart; }}
# dropin NAME SECTION LINE…
dropin() {{
    mkdir -p $U.d
    name=$1; printf '[%s]\\n' "$2" >$U.d/$name; shift 2
    printf '%s\\n' "$@" >>$U.d/$name
    systemctl daemon-reload; restart
}}
# node MAJOR: what an upgrade of the package does, a new file in place of the old.
node() {{ cp /opt/lab/node$1 /usr/bin/node.new; mv /usr/bin/node.new /usr/bin/node; }}
cut() {{ head -c "$2" "$1" >/root/cut; cat /root/cut >"$1"; rm /root/cut; }}
# A backup of an earlier update, that would start.
rollback() {{ mv /opt/lab/backup $K; }}
listening() {{ until ss -Htln "sport = :$1" | grep -q .; do sleep 0.1; done; }}
storage() {{
    mkdir -p /etc/systemd/journald.conf.d
    printf '[Journal]\\nStorage=%s\\n' "$1" >/etc/systemd/journald.conf.d/lab.conf
    rm -rf /var/log/journal
    systemctl restart systemd-journald
}}
# small SIZE: the agent's home on a disk of its own.
small() {{
    systemctl stop $A
    mv $S $S.old; mkdir $S; mount -t tmpfs -o size=$1,mode=700 tmpfs $S; cp -a $S.old/. $S/
    systemctl start $A
}}
# publish FOLDER: the control plane serves this bundle.
publish() {{ mkdir -p /opt/lab/public; tar -czf /opt/lab/public/agent-bundle.tar.gz -C ${{1:-/opt/lab/bundle}} .; }}
# update FROM TO: the document's steps, stopping as the agent does at the first that fails.
update() {{
    step=$1
    while [ $step -le $2 ]; do
        sh -euc "$(cat /opt/lab/steps/$step)" || {{ echo "step $step failed"; return 0; }}
        step=$((step + 1))
    done
}}
"""

# The eight steps of the source document, with what agents really run (docs/reference/field-facts.md, "The update, as executed
# by agents in the field"): the old backup is deleted first, and the archive is removed once it is extracted.
STEPS = {
    1: f'curl -sSL "{URL}/agent-bundle.tar.gz" -o {DOWNLOAD}',
    2: f"rm -rf {BACKUP}\nmv {BUNDLE} {BACKUP}",
    3: f"mkdir -p {BUNDLE}\ntar -xzf {DOWNLOAD} -C {BUNDLE}\nrm -f {DOWNLOAD}",
    4: f"rm -rf {BUNDLE}/node_modules",
    5: f"cd {BUNDLE}\npnpm install --prod --ignore-scripts || npm install --omit=dev --ignore-scripts",
    6: f"cd {BUNDLE}\nif [ -d packages/shared ] && [ ! -e {SHARED} ]; then\n"
    f"  mkdir -p node_modules/@server-flow\n  cp -r packages/shared {SHARED}\nfi",
    7: f"cat >{UNIT_FILE} <<'END'\n{unit()}END\nsystemctl daemon-reload",
    8: "systemctl restart server-flow-agent",
}


def write_bundle(folder: Path, version: str = VERSION, ship_shared: bool = False) -> Path:
    """A bundle's folder as the creation procedure leaves it; `ship_shared` is the layout that survives every update."""
    for name, content in AGENT.items():
        write(folder / name, content)
    package = {**AGENT_PACKAGE, "version": version}
    shared = [SHARED]
    if ship_shared:
        package["dependencies"] = {**RUNTIME, "@server-flow/shared": "file:./packages/shared"}
        shared.append("packages/shared")
    write_json(folder / "package.json", package)
    for place in shared:
        for name, content in SHARED_FILES.items():
            write(folder / place / name, content)
        write_json(folder / place / "package.json", SHARED_PACKAGE)
    return folder


def node(version: str) -> Path:
    """An official build of node: it needs nothing of the system but its C and C++ libraries."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine())
    if machine is None:
        raise Mismatch(f"no build of node for {platform.machine()}")
    place = HOME / "cache" / "node" / version
    found = place / "node_modules" / f"node-linux-{machine}" / "bin" / "node"
    if not found.is_file():
        must("npm", "install", "--prefix", place, "--no-audit", "--no-fund", "--ignore-scripts", f"node-linux-{machine}@{version}")
    return found


def _install(layer: Path) -> None:
    """Step 5 on this machine, with the store and cache that the server's own step 5 will use."""
    bundle = layer / BUNDLE.lstrip("/")
    shared = layer / "kept"
    (bundle / SHARED).rename(shared)
    remove(bundle / "node_modules")
    store, cache = layer / "opt/lab/store", layer / "opt/lab/npm"
    settings = {
        "npm_config_store_dir": str(store),
        "npm_config_cache": str(cache),
        "npm_config_cache_dir": str(layer / "opt/lab/pnpm"),
        "npm_config_prefer_offline": "false",
    }
    pnpm, npm = TOOLS / ".bin" / "pnpm", TOOLS / ".bin" / "npm"
    must(npm, "install", "--omit=dev", "--ignore-scripts", cwd=bundle, **settings)
    remove(bundle / "node_modules")
    (bundle / "package-lock.json").unlink()
    must(pnpm, "install", "--prod", "--ignore-scripts", "--package-import-method=copy", cwd=bundle, **settings)
    (bundle / SHARED).parent.mkdir(parents=True)
    shared.rename(bundle / SHARED)


@functools.cache
def layer() -> Path:
    """What lies over every bare Debian: node, the package managers, the stub, the agent as its last update left it."""
    recipe = json.dumps([AGENT, AGENT_PACKAGE, SHARED_FILES, SHARED_PACKAGE, CONTROL_PLANE, CONTROL_PLANE_UNIT, NODES, unit(), STEPS, 9])
    made = HOME / "cache" / "server" / hashlib.sha256(recipe.encode()).hexdigest()[:16]
    if made.is_dir():
        return made
    remove(made.parent)
    partial = made.with_suffix(".partial")
    remove(partial)
    for name, version in (("usr/bin/node", NODES[0]), ("opt/lab/node", NODES[0]), ("opt/lab/node18", NODES[1]), ("opt/lab/node16", NODES[2])):
        (partial / name).parent.mkdir(parents=True, exist_ok=True)
        copy(node(version), partial / name)
    for manager in ("npm", "pnpm"):
        (partial / "usr/lib/node_modules").mkdir(parents=True, exist_ok=True)
        copy(TOOLS / manager, partial / "usr/lib/node_modules" / manager)
        script = json.loads((TOOLS / manager / "package.json").read_text())["bin"][manager]
        (partial / "usr/bin" / manager).symlink_to(f"../lib/node_modules/{manager}/{script}")
    state = partial / STATE.lstrip("/")
    write_bundle(state / "agent-bundle")
    _install(partial)
    # The same again, for scenarios with a backup: hard links, which an overlay parts when one of them is written to.
    must("cp", "-al", state / "agent-bundle", partial / "opt/lab/backup")
    write_json(state / "registration.json", {"agentId": "agent-01", "url": URL, "token": REGISTERED}).chmod(0o600)
    pem = f"-----BEGIN PRIVATE KEY-----\n{AGENT_KEY}\n-----END PRIVATE KEY-----\n"
    write_json(state / "agent-key.json", {"privateKey": pem}).chmod(0o600)
    write(state / "cp-public-key.pem", PUBLIC_KEY)
    state.chmod(0o700)
    (partial / "root").chmod(0o700)
    write(partial / "opt/lab/control-plane.cjs", CONTROL_PLANE)
    ws = (partial / BUNDLE.lstrip("/") / "node_modules/ws").resolve()
    (partial / "opt/lab/node_modules").mkdir()
    copy(ws, partial / "opt/lab/node_modules/ws")
    write(partial / "etc/hostname", "server\n")
    write(partial / "etc/hosts", "127.0.0.1 localhost server\n")
    write_bundle(partial / "opt/lab/bundle", NEXT)
    write_bundle(partial / "opt/lab/bundle-safe", NEXT, ship_shared=True)
    for number, script in STEPS.items():
        write(partial / "opt/lab/steps" / str(number), script + "\n")
    system = partial / "etc/systemd/system"
    write(system / "lab-control-plane.service", CONTROL_PLANE_UNIT)
    write(system / UNIT, unit())
    # With a second name, its inode is another one once it is moved: the disk of a server is an overlay.
    (partial / "opt/lab/unit").hardlink_to(system / UNIT)
    wants = system / "multi-user.target.wants"
    wants.mkdir()
    for name in ("lab-control-plane.service", UNIT):
        (wants / name).symlink_to(f"/etc/systemd/system/{name}")
    partial.rename(made)
    return made
