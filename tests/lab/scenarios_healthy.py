"""Healthy servers that could be mistaken: recovered from each of the deaths, with others' faults beside them, laid out otherwise.

Rows of the table in scenarios.py, of which scenarios.py takes them.
"""

from __future__ import annotations

from deployed import TOKEN
from scenario import Scenario, healthy
from scenarios_health import PLANE


def recovered(name: str, breaks: str, mends: str, pause: int = 2) -> Scenario:
    """It died of that, somebody mended it and started the agent again: the journal still has all of it."""
    return healthy(f"recovered-from-{name}", f"{breaks}\nrestart\nsleep {pause}\n{mends}\nsystemctl daemon-reload\nsystemctl reset-failed $A\nrestart", settle=2)


KEPT = "cp $U /root/unit\n"
UNIT_BACK = "cp /root/unit $U"


def of_unit(name: str, change: str, pause: int = 2) -> Scenario:
    return recovered(name, KEPT + f"sed -i '{change}' $U\nsystemctl daemon-reload", UNIT_BACK, pause)


RECOVERED = (
    of_unit("nested-paths", "s#^WorkingDirectory=.*#&/apps/agent#"),
    of_unit("another-node", "s#/usr/bin/node#/usr/local/bin/node18#"),
    of_unit("a-missing-user", "s#^User=.*#User=nobody-here#"),
    of_unit("a-hidden-home", "s#^Restart=always#ProtectHome=yes\\nRestart=always#"),
    of_unit("a-failing-helper", "s#^Restart=always#ExecStartPre=/bin/false\\nRestart=always#"),
    of_unit("a-missing-file-of-variables", "s#^Environment=.*#EnvironmentFile=/etc/none#"),
    of_unit("options-of-node", "s#^Environment=.*#Environment=NODE_OPTIONS=--no-such-option#"),
    of_unit("a-unit-that-is-not-loaded", "s#^ExecStart=.*#ExecStart=. x \\&\\& y#"),
    of_unit("a-small-heap", "s#^Environment=.*#Environment=NODE_OPTIONS=--max-old-space-size=8#", 3),
    recovered("a-missing-package", "mv $B/node_modules/ws /root/", "mv /root/ws $B/node_modules/"),
    recovered("a-missing-entry-point", "mv $B/dist/index.js /root/", "mv /root/index.js $B/dist/"),
    recovered("a-missing-export", "cp $B/$M/dist/index.js /root/\nsed -i /PROTOCOL_VERSION/d $B/$M/dist/index.js", "cp /root/index.js $B/$M/dist/"),
    recovered("a-syntax-error", "cp $B/dist/execution.js /root/\ncut $B/dist/execution.js 120", "cp /root/execution.js $B/dist/"),
    recovered("a-missing-folder", "mv $B $S/away", "mv $S/away $B"),
    recovered("a-port-that-was-taken", "systemctl stop $A\nsystemd-run -q --unit=metrics /opt/lab/node -e 'require(\"net\").createServer().listen(3001)'\nlistening 3001", "systemctl stop metrics"),
    recovered("a-crash-of-its-own", "cp $B/dist/index.js /root/\nsed -i \"1i throw new Error('telemetry queue is corrupt');\" $B/dist/index.js", "cp /root/index.js $B/dist/"),
    recovered("a-silent-end", "cp $B/dist/index.js /root/\necho 'process.exit(0);' >$B/dist/index.js", "cp /root/index.js $B/dist/"),
    recovered("an-unreadable-node", "chmod 644 /usr/bin/node", "chmod 755 /usr/bin/node"),
    recovered("a-stop", "systemctl stop $A\nsleep 1", "true", 0),
    recovered("a-mask", KEPT + "rm $U\nsystemctl daemon-reload\nsystemctl mask $A", "systemctl unmask $A\ncp /root/unit $U\nsystemctl enable $A"),
)

# The agent at another place, as another user.
MOVED = """
systemctl stop $A
useradd --system --home-dir /srv/flow serverflow
cp -a $S /srv/flow
chown -R serverflow: /srv/flow
sed -i 's#^User=.*#User=serverflow#; s#/root/.server-flow#/srv/flow#g' $U
systemctl daemon-reload
restart
"""

OTHERS = (
    healthy("plane-by-ipv6", PLANE + "plane <<'END'\nconst { WebSocketServer } = require('ws');\nnew WebSocketServer({ port: 4000, host: '::1', path: '/api/connect' }).on('connection', (socket) => socket.on('message', () => {}));\nEND\nchange 's#127.0.0.1:4000#[::1]:4000#'", settle=2),
    healthy("plane-by-ipv6-and-name", PLANE + "echo '::1 control.example.internal' >>/etc/hosts\nplane <<'END'\nconst { WebSocketServer } = require('ws');\nnew WebSocketServer({ port: 4000, host: '::', path: '/api/connect' }).on('connection', (socket) => socket.on('message', () => {}));\nEND\nchange 's#127.0.0.1:4000#control.example.internal:4000#'", settle=2),
    healthy("proxy-in-the-environment", "dropin proxy.conf Service 'Environment=\"HTTPS_PROXY=http://proxy.example:3128\" \"HTTP_PROXY=http://proxy.example:3128\" ALL_PROXY=socks5://proxy.example:1080 NO_PROXY=localhost'", settle=2),
    healthy("token-in-a-file-of-variables", f"printf 'AGENT_TOKEN={TOKEN}\\n' >/etc/default/agent\nchmod 600 /etc/default/agent\nsed -i 's#--url#--token ${{AGENT_TOKEN}} --url#; s#^Environment=.*#&\\nEnvironmentFile=/etc/default/agent#' $U\nsystemctl daemon-reload\nrestart", settle=2),
    healthy("as-another-user", MOVED, settle=2),
    healthy("below-opt", "systemctl stop $A\ncp -a $S /opt/server-flow\nsed -i 's#/root/.server-flow#/opt/server-flow#g' $U\nsystemctl daemon-reload\nrestart", settle=2),
    healthy("home-on-another-disk", "systemctl stop $A\nmkdir -p /data\nmv $S /data/flow\nln -s /data/flow $S\nrestart", settle=2),
    healthy("other-units-have-failed", "printf '[Service]\\nExecStart=/bin/false\\n' >/etc/systemd/system/server-flow-web.service\nsystemctl daemon-reload\nsystemctl start server-flow-web || true", settle=2),
    healthy("other-application-in-a-loop", "printf '[Service]\\nExecStart=/usr/bin/node /srv/none.js\\nRestart=always\\nRestartSec=1\\n' >/etc/systemd/system/shop.service\nsystemctl daemon-reload\nsystemctl start shop || true", settle=2),
    healthy("other-application-by-pm2", "mkdir -p /srv/app\necho 'setInterval(() => {}, 1000)' >/srv/app/index.js\nHOME=/root systemd-run -q --scope -p KillMode=none --unit=pm2 --setenv=HOME=/root $B/node_modules/.bin/pm2 start /srv/app/index.js >/dev/null 2>&1 </dev/null", settle=2),
    healthy("other-bundle-that-rests", "cp -a $B /srv/agent-bundle\nrm -rf /srv/agent-bundle/dist", settle=2),
    healthy("needs-what-is-not-there", "sed -i 's/^After=.*/After=docker.service postgresql.service\\nWants=none.service/' $U\nsystemctl daemon-reload\nrestart", settle=2),
    healthy("started-by-a-timer", "printf '[Timer]\\nOnBootSec=1h\\nUnit=server-flow-agent.service\\n[Install]\\nWantedBy=timers.target\\n' >/etc/systemd/system/flow.timer\nsystemctl daemon-reload\nsystemctl enable --now flow.timer", settle=2),
    healthy("manager-executed-anew", "systemctl daemon-reexec\nsleep 1", settle=2),
    healthy("node-replaced-while-it-runs", "cp /usr/bin/node /usr/bin/node.new\nmv /usr/bin/node.new /usr/bin/node", settle=2),
    healthy("log-in-colour-and-json", "cat >>$B/dist/index.js <<'END'\nsetInterval(() => { console.error('\\x1b[31mError: not an end\\x1b[39m'); console.log(JSON.stringify({ level: 50, msg: 'listen EADDRINUSE' })); }, 400);\nEND\nrestart", settle=2),
    healthy("stack-that-is-caught", "cat >>$B/dist/index.js <<'END'\nsetInterval(() => { try { JSON.parse(''); } catch (error) { console.error(error); } }, 400);\nEND\nrestart", settle=2),
    healthy("warning-of-node", "echo \"process.emitWarning('deprecated', 'DeprecationWarning', 'DEP0040');\" >>$B/dist/index.js\nrestart", settle=2),
    healthy("backup-that-would-not-start", "cp -a $B $K\nrm $K/dist/index.js", settle=2),
    healthy("backup-that-would-start", "rollback", settle=2),
    healthy("files-of-the-agents-own", "echo x >$B/crash.log\nmkdir $B/data\necho '{}' >$B/data/state.json", settle=2),
    healthy("unit-only-for-root", "chmod 600 $U\nsystemctl daemon-reload\nrestart", settle=2),
    healthy("unit-with-sections-of-others", "printf '\\n[X-Ansible]\\nManaged=yes\\n# last line\\n' >>$U\nsystemctl daemon-reload\nrestart", settle=2),
    healthy("another-time-zone", "dropin tz.conf Service Environment=TZ=Asia/Tokyo", settle=2),
    healthy("restarted-by-restart-on-failure", "change 's/^Restart=.*/Restart=on-failure/; s/^RestartSec=.*/RestartSec=2/'", settle=2),
    healthy("another-disk-is-full", "mkdir /mnt/full\nmount -t tmpfs -o size=1m tmpfs /mnt/full\ndd if=/dev/zero of=/mnt/full/x bs=1M count=2 2>/dev/null || true", settle=2),
    healthy("updated-twice", "publish /opt/lab/bundle-safe\nupdate 1 8\nsleep 1\nupdate 1 8", settle=2),
    healthy("rebooted-by-another-name", "systemctl disable --now $A\nmv $U /etc/systemd/system/sf-agent@.service\nsystemctl daemon-reload\nsystemctl enable sf-agent@prod", settle=0, reboot=True, unit="sf-agent@prod"),
)

HEALTHY = RECOVERED + OTHERS
