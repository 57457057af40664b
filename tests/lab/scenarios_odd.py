"""Healthy servers that are set up as few are: tunnels, wrappers, several agents, units of every type that systemd knows.

Rows of the table in scenarios.py, of which scenarios.py takes them.
"""

from __future__ import annotations

import dataclasses

from scenario import degraded, healthy
from scenarios_further import COMMAND, MOVED
from scenarios_health import CERTIFICATE, PLANE, TRUSTED, VALID
from scenarios_lately import first, last, started_by
from scenarios_settings import line
from scenarios_units import NAMES

BUNDLE = "/root/.server-flow/agent-bundle"

# A tunnel that speaks TLS to the agent, and plain to the control plane behind it.
TLS_TUNNEL = (
    CERTIFICATE
    + f"certificate {VALID}\n"
    + """cat >/opt/lab/tunnel.cjs <<'END'
const net = require('node:net');
const { readFileSync } = require('node:fs');
const pem = (name) => readFileSync(`/opt/lab/ca/${name}.pem`);
require('node:tls').createServer({ key: pem('key'), cert: pem('certificate') }, (socket) => {
  const other = net.connect(4000, '127.0.0.1');
  socket.pipe(other).pipe(socket);
  for (const end of [socket, other]) end.on('error', () => { socket.destroy(); other.destroy(); });
}).listen(5443, '127.0.0.1');
END
systemd-run -q --unit=tunnel /opt/lab/node /opt/lab/tunnel.cjs
listening 5443
"""
)

# Two instances of one template, each with its own bundle and port.
TWO = (
    NAMES
    + """systemctl disable --now $A
mkdir -p /srv/agents
for one in a b; do cp -a $B /srv/agents/$one; done
sed -i s/3001/3002/ /srv/agents/b/dist/index.js
sed 's#/root/.server-flow/agent-bundle#/srv/agents/%i#g' $U >$E/sf-agent@.service
rm $U
systemctl daemon-reload
systemctl enable --now sf-agent@a sf-agent@b
"""
)

NOTIFY = """cat >>$B/dist/index.js <<'END'
import { execFile } from 'node:child_process';
const tell = (...words) => execFile('systemd-notify', words, () => {});
tell('--ready', '--status=connected');
setInterval(() => tell('WATCHDOG=1'), 1000);
END
"""

# A wrapper that goes into the background, as old init scripts did.
DAEMON = """cat >/usr/local/bin/agent-daemon <<'END'
#!/bin/sh
cd /root/.server-flow/agent-bundle
/usr/bin/node dist/index.js --url http://127.0.0.1:4000 &
echo $! >/run/agent.pid
END
chmod 755 /usr/local/bin/agent-daemon
sed -i 's#^ExecStart=.*#ExecStart=/usr/local/bin/agent-daemon\\nPIDFile=/run/agent.pid#; s/^Type=.*/Type=forking/' $U
systemctl daemon-reload
restart
"""

WAITING = """cat >/usr/local/bin/start-agent <<'END'
#!/bin/bash
trap 'kill $agent' TERM
/usr/bin/node "$@" &
agent=$!
wait $agent
END
chmod 755 /usr/local/bin/start-agent
change 's#/usr/bin/node#/usr/local/bin/start-agent#'
"""

WORKERS = """cat >$B/dist/worker.js <<'END'
process.on('message', (number) => process.send(number * 2));
setInterval(() => { const until = Date.now() + 30; while (Date.now() < until); }, 100);
END
cat >>$B/dist/index.js <<'END'
import { fork } from 'node:child_process';
for (let i = 0; i < 3; i++) fork(new URL('./worker.js', import.meta.url).pathname).send(i);
END
restart
"""

TARGET = """printf '[Unit]\\nDescription=All of ServerFlow\\nWants=server-flow-agent.service\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/server-flow.target
systemctl disable $A
sed -i '/^.Install/,$d' $U
systemctl daemon-reload
systemctl enable --now server-flow.target
restart
"""
WANTED = TARGET.replace("sed -i '/^.Install/,$d' $U\n", "")

SOCKET = """printf '[Socket]\\nListenStream=127.0.0.1:3999\\n[Install]\\nWantedBy=sockets.target\\n' >/etc/systemd/system/server-flow-agent.socket
systemctl stop $A
systemctl daemon-reload
systemctl enable --now server-flow-agent.socket
systemctl start $A
"""

HARDENED = line(
    "ProtectSystem=strict",
    "ReadWritePaths=/root/.server-flow",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectHostname=yes",
    "ProtectClock=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    "ProtectProc=invisible",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "RemoveIPC=yes",
    "LockPersonality=yes",
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "AmbientCapabilities=",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallErrorNumber=EPERM",
    "UMask=0077",
    "KeyringMode=private",
    "OOMScoreAdjust=-100",
    "LimitCORE=0",
)

STATE_OF_A_DYNAMIC_USER = """systemctl stop $A
mkdir -p /var/lib/private
cp -a $S /var/lib/private/server-flow
ln -s private/server-flow /var/lib/server-flow
chmod 700 /var/lib/private
sed -i 's#^User=.*#DynamicUser=yes\\nStateDirectory=server-flow\\nEnvironment=HOME=/var/lib/server-flow#; s#/root/.server-flow#/var/lib/server-flow#g' $U
systemctl daemon-reload
restart
"""

FOUND = (
    healthy("wss-through-a-local-tunnel", TLS_TUNNEL + TRUSTED + "change 's#https://127.0.0.1:4000#wss://127.0.0.1:5443#'", settle=2),
    healthy("two-instances-of-a-template", TWO, settle=2, unit="sf-agent@b"),
    healthy("wrapper-that-waits", WAITING, settle=2),
    healthy("connects-after-ten-seconds", "sed -i 's/^connect(url/setTimeout(() => connect(url/; s/new Infrastructure());$/new Infrastructure()), 10000);/' $B/dist/index.js\nrestart", settle=0),
    healthy("forked-workers-that-compute", WORKERS, settle=2),
    healthy("journal-kept-in-memory", "storage volatile\nrestart", settle=2),
    healthy("journal-rotated-away", "sleep 14\njournalctl --rotate\njournalctl --vacuum-time=1s >/dev/null 2>&1\nsleep 1\njournalctl --vacuum-files=1 >/dev/null 2>&1", settle=1, mounted=None),
    healthy("machine-in-another-time-zone", "ln -sf /usr/share/zoneinfo/Asia/Kathmandu /etc/localtime\necho 'LANG=fr_FR.UTF-8' >/etc/default/locale\nsystemctl set-environment LANG=fr_FR.UTF-8 LC_ALL=fr_FR.UTF-8\nrestart", settle=2),
    healthy("name-of-two-addresses", "printf '127.0.0.1 localhost server\\n127.0.0.9 control.example.internal\\n127.0.0.1 control.example.internal\\n' >/etc/hosts\nchange 's#127.0.0.1:4000#control.example.internal:4000#'", settle=8),
    healthy("file-of-variables-with-quotes", "printf \"; ours\\nexport_this=no\\nCP_URL='http://127.0.0.1:4000'\\nTITLE=\\\"a b \\\\\\n c\\\"\\n\" >/etc/default/agent\nsed -i 's#--url [^ ]*#--url ${CP_URL}#; s#^Environment=.*#&\\nEnvironmentFile=/etc/default/agent#' $U\nsystemctl daemon-reload\nrestart", settle=2),
    healthy("hardened-all-over", HARDENED, settle=2),
    healthy("beside-a-socket", SOCKET, settle=2),
    healthy("wanted-by-a-target-of-its-own", TARGET, settle=2),
    healthy("disabled-and-wanted-by-a-target", WANTED, settle=2),
    healthy("rebooted-by-a-target-of-its-own", TARGET, settle=0, reboot=True),
    healthy("old-dumps-of-memory", "mkdir -p /var/lib/systemd/coredump\nhead -c 100000 /dev/urandom >/var/lib/systemd/coredump/core.node.0.abc.123.456.zst\nhead -c 100000 /dev/urandom >$B/core.4711\ntouch -d yesterday $B/core.4711", settle=2),
    healthy("node-of-a-users-cron", "useradd -m joe\nmkdir -p /home/joe/job/dist\necho 'setInterval(() => {}, 1000)' >/home/joe/job/dist/index.js\nchown -R joe: /home/joe\nsystemd-run -q --unit=cron -p User=joe -p WorkingDirectory=/home/joe/job /usr/bin/node dist/index.js --url http://127.0.0.1:4000", settle=2),
    healthy("address-in-capitals", "change 's#http://127.0.0.1:4000#http://LocalHost:4000#'", settle=2),
    healthy("plane-at-the-usual-port", PLANE + "plane() { systemctl stop lab-control-plane; cat >/opt/lab/other.cjs; systemd-run -q --unit=other-plane --working-directory=/opt/lab /opt/lab/node /opt/lab/other.cjs; listening 80; }\nplane <<'END'\nconst { WebSocketServer } = require('ws');\nnew WebSocketServer({ port: 80, host: '127.0.0.1', path: '/api/connect' }).on('connection', (socket) => socket.on('message', () => {}));\nEND\nchange 's#127.0.0.1:4000#127.0.0.1#'", settle=2),
    healthy("of-a-dynamic-user", STATE_OF_A_DYNAMIC_USER, settle=2),
    healthy("of-a-user-by-number", MOVED + "usermod -u 4242 serverflow\nchown -R serverflow: /srv/flow\nsed -i \"s#^User=.*#User=4242\\nGroup=$(id -g serverflow)#\" $U\nsystemctl daemon-reload\nrestart", settle=2),
    healthy("command-by-another-title", f"change 's#^ExecStart=.*#ExecStart=@/usr/bin/node server-flow-agent {BUNDLE}/dist/index.js --url http://127.0.0.1:4000#'", settle=2),
    healthy("command-with-marks", f"change 's#^ExecStart=.*#ExecStart=-:+{COMMAND}#'", settle=2),
    healthy("says-when-it-is-ready", NOTIFY + line("NotifyAccess=all", "WatchdogSec=10") + "change 's/^Type=.*/Type=notify/'", settle=2),
    healthy("daemon-with-a-file-of-its-number", DAEMON, settle=2),
    healthy("under-nice", started_by(f"/usr/bin/nice -n 5 {COMMAND}"), settle=2),
    healthy("under-env-with-variables", started_by(f"/usr/bin/env -u LANG NODE_ENV=production {COMMAND}"), settle=2),
    healthy("under-setpriv", started_by(f"/usr/bin/setpriv --no-new-privs {COMMAND}"), settle=2),
    healthy("under-a-buffer", started_by(f"/usr/bin/stdbuf -oL {COMMAND}"), settle=2),
    healthy("under-a-lock", started_by(f"/usr/bin/flock -n /run/agent.lock {COMMAND}"), settle=2),
    healthy("log-that-was-rotated", "change 's#^Restart=always#StandardOutput=append:/var/log/agent.log\\nStandardError=append:/var/log/agent.log\\nRestart=always#'\nsleep 3\nmv /var/log/agent.log /var/log/agent.log.1\n: >/var/log/agent.log", settle=2),
    healthy("debugger-and-source-maps", "change 's#^Environment=.*#&\\nEnvironment=\"NODE_OPTIONS=--enable-source-maps --max-old-space-size=4096 --inspect=127.0.0.1:9339\"#'", settle=2),
    healthy("files-of-other-tools-beside-the-unit", "cp $U $U.dpkg-old\ncp $U $U~\nmkdir -p $U.d\nprintf '[Service]\\nWorkingDirectory=/nowhere\\n' >$U.d/old.conf.disabled\nprintf '[Service]\\nWorkingDirectory=/nowhere\\n' >$U.d/.hidden.swp\nsystemctl daemon-reload\nrestart", settle=2),
    healthy("address-joined-by-an-equals-sign", "sed -i 's#const option = (name) => {#&\\n    const joined = words.find((word) => word.startsWith(name + \"=\"));\\n    if (joined) return joined.slice(name.length + 1);#' $B/dist/settings.js\nchange 's#--url http#--url=http#'", settle=2),
    healthy("applications-of-the-run-before", "change 's/^Restart=always/KillMode=process\\nRestart=always/'\ncat >/opt/lab/application <<'END'\n#!/bin/sh\nexec sleep 600\nEND\nchmod 755 /opt/lab/application\nsleep 4\nsystemctl kill -s USR2 lab-control-plane\nsleep 1\nrestart", settle=2),
    degraded("unit-that-was-touched", "unit-not-reloaded", "sleep 1.1\ntouch $U", code=0, settle=2, mounted=""),
    healthy("unit-that-anyone-may-read-and-run", "chmod 755 $U\nsystemctl daemon-reload\nrestart", settle=2),
    healthy("mounts-of-its-own", line("PrivateMounts=yes", "ProtectHome=read-only", "TemporaryFileSystem=/srv", "ReadWritePaths=/root/.server-flow"), settle=2),
    healthy("journal-cut", "journalctl --flush\nsleep 1\nsystemctl stop systemd-journald.socket systemd-journald-dev-log.socket systemd-journald 2>/dev/null\nfor f in /var/log/journal/*/system.journal; do truncate -s 3000000 $f; done\nsystemctl start systemd-journald.socket systemd-journald\nrestart", settle=2, mounted=None),
    healthy("boots-of-years", "for i in 1 2 3; do systemd-cat -t kernel echo 'Out of memory: Killed process 4711 (node) total-vm:1kB'; done\nrestart", settle=2),
    healthy("application-ends-by-a-signal", "cat >/opt/lab/application <<'END'\n#!/bin/sh\nkill -SEGV $$\nEND\nchmod 755 /opt/lab/application\nfor i in 1 2 3; do systemctl kill -s USR2 lab-control-plane; sleep 0.3; done", settle=2),
    healthy("threads-that-compute", last("import { Worker } from 'node:worker_threads';\nfor (let i = 0; i < 2; i++) new Worker('const f = () => { const until = Date.now() + 40; while (Date.now() < until); setTimeout(f, 60); }; f();', { eval: true });"), settle=2),
    healthy("home-by-a-variable-of-its-own", first("process.chdir('/');"), settle=2),
)

ODD = tuple(dataclasses.replace(scenario, one_in=3) for scenario in FOUND)
