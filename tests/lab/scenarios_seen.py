"""Servers on which the agent sees something else than everybody, or reaches its control plane by a proxy, and what people leave
beside the bundle and the unit.

Rows of the table in scenarios.py, of which scenarios.py takes them.
"""

from __future__ import annotations

from scenario import Fix, Scenario, degraded, healthy
from scenarios_lately import first
from scenarios_settings import line

OVER = "BindPaths=/srv/release:/root/.server-flow/agent-bundle"
RELEASE = "systemctl stop $A\ncp -a $B /srv/release\n"
JAIL = (
    "mkdir -p /srv/jail/root/.server-flow\ncd /srv/jail\nmkdir usr lib lib64 etc tmp proc dev\nln -s usr/bin bin\n"
    "systemctl stop $A\nmv $B /srv/jail$B\n"
)

SEES = (
    healthy("bundle-mounted-over-a-stale-one", RELEASE + "rm -r $B/*\necho '{}' >$B/package.json\n" + line(OVER)),
    healthy("agent-in-a-root-of-its-own", JAIL + line("RootDirectory=/srv/jail", "MountAPIVFS=yes", "BindReadOnlyPaths=/usr /lib /lib64 /etc"), one_in=2),
    Scenario("bundle-mounted-and-broken", "shared-package-missing", RELEASE + "rm -r /srv/release/$M\n" + line(OVER), fix=Fix.NONE, one_in=2),
    Scenario("modules-mounted-over", "unit-confinement", "mkdir /srv/empty\n" + line("BindPaths=/srv/empty:/root/.server-flow/agent-bundle/node_modules"), quotes="BindPaths=/srv/empty", one_in=2),
)

# The agent dials the proxy of its environment.
DIALS = """cat >$B/dist/tunnel.js <<'END'
import { connect } from 'node:net';
const LINE = String.fromCharCode(13, 10);
export function tunnel(proxy, url) {
  const socket = connect(proxy.port, proxy.hostname);
  socket.write('CONNECT ' + url.host + ' HTTP/1.1' + LINE + LINE);
  const emit = socket.emit.bind(socket);
  let open = false;
  socket.emit = (name, ...rest) => (name === 'data' && !open ? (open = true) : emit(name, ...rest));
  return socket;
}
END
sed -i "s#{ headers }#{ headers, createConnection: () => tunnel(new URL(process.env.HTTPS_PROXY), new URL(url)) }#; 1s#^#import { tunnel } from './tunnel.js';\\n#" $B/dist/connection.js
"""
PROXY = """cat >/opt/lab/proxy.cjs <<'END'
const net = require('node:net');
const LINE = String.fromCharCode(13, 10);
net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (data) => {
    const other = net.connect(4000, '127.0.0.1');
    other.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 200 OK' + LINE + LINE);
    const text = data.toString('latin1');
    const rest = text.slice(text.indexOf(LINE + LINE) + 4);
    setTimeout(() => { if (rest) other.write(Buffer.from(rest, 'latin1')); socket.pipe(other).pipe(socket); }, 50);
  });
}).listen(3128, '127.0.0.1');
END
systemd-run -q --unit=proxy /opt/lab/node /opt/lab/proxy.cjs
listening 3128
"""
NAMED = line("Environment=HTTPS_PROXY=http://127.0.0.1:3128")

PROXIES = (
    healthy("connected-by-a-proxy", PROXY + DIALS + NAMED, one_in=2),
    degraded("proxy-that-is-gone", "control-plane-unreachable", DIALS + NAMED, says="proxy `127.0.0.1:3128`, which `HTTPS_PROXY` in", quotes="ECONNREFUSED 127.0.0.1:3128", fix=Fix.NONE, mounted=None),
)

LEFT = (
    Scenario("drop-in-that-would-undo-the-unit", "unit-missing", "mkdir -p $U.d\nprintf '[Service]\\nExecStart=\\nExecStart=/usr/bin/node /opt/gone.js\\n' >$U.d/old.conf\nsystemctl disable --now $A\nrm $U\nsystemctl daemon-reload", quotes="ExecStart=/usr/bin/node /opt/gone.js", prints="old.conf"),
    Scenario("backup-by-another-name", "shared-package-missing", "mv /opt/lab/backup $S/agent-bundle.old\nrm -r $B/$M\nrestart", prints="/root/.server-flow/agent-bundle.old", holds="test ! -e $S/agent-bundle.old"),
    Scenario("files-cleaned-from-a-temporary-folder", "deployment-missing", "systemctl stop $A\nmkdir /tmp/flow\nmv $B /tmp/flow/agent-bundle\nsed -i 's#/root/.server-flow#/tmp/flow#g' $U\nsystemctl daemon-reload\nsystemctl start $A\nsleep 2\nfind /tmp/flow -type f -delete\nrestart", says="cleaned", fix=Fix.NONE, one_in=2),
    Scenario("old-directory-and-script-cleaned-away", "working-directory-missing", "systemctl stop $A\nmkdir -p /tmp/flow\ncp -a $B /tmp/flow/agent-bundle\nsed -i 's#/root/.server-flow#/tmp/flow#g' $U\nsystemctl daemon-reload\nrestart\nsleep 2\nrm -r /tmp/flow\nrestart"),
    Scenario("variables-that-another-unit-reads", "unit-confinement", "echo NODE_OPTIONS=--no-such-option >/etc/default/shared\nprintf '[Service]\\nEnvironmentFile=/etc/default/shared\\nExecStart=/bin/sleep 1000\\n' >/etc/systemd/system/other.service\n" + line("EnvironmentFile=/etc/default/shared"), prints="UnsetEnvironment=NODE_OPTIONS", holds="grep -q '^NODE_OPTIONS' /etc/default/shared", one_in=2),
    Scenario("newer-node-behind-an-old-one", "node-too-old", "cp /opt/lab/node16 /usr/local/bin/node\nchange 's#/usr/bin/node#node#'", settle=6, prints="/usr/bin/node", mounted="node-too-old unknown-crash", one_in=2),
    degraded("release-that-was-removed", "restart-would-fail", "systemctl stop $A\nmv $B /opt/release-1\nln -s /opt/release-1 $B\nsystemctl start $A\nsleep 2\nrm -r /opt/release-1", quotes="a link to where nothing is", fix=Fix.NONE, mounted="deployment-missing", one_in=2),
)

PIPED = """mkdir /srv/app
echo 'throw new Error("the shop is closed");' >/srv/app/index.mjs
"""
ENDS = (
    Scenario("application-whose-end-is-passed-on", "unknown-crash", PIPED + first("import { spawn } from 'node:child_process';\nconst child = spawn(process.execPath, ['/srv/app/index.mjs'], { stdio: ['ignore', 'pipe', 'pipe'] });\nchild.stderr.pipe(process.stderr);\nchild.on('close', (code) => setTimeout(() => process.exit(code), 20));"), settle=5, says="last words", quotes="the shop is closed", fix=Fix.NONE, one_in=2),
    Scenario("registration-of-zeros", "unknown-crash", "head -c 200 /dev/zero >$S/registration.json\nrestart", quotes="SyntaxError", fix=Fix.NONE, one_in=2),
)

SEEN = SEES + PROXIES + LEFT + ENDS
