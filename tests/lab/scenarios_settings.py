"""Settings that keep the agent from starting, and others that look so and do not; what uses up a machine.

Rows of the table in scenarios.py, of which scenarios.py takes them.
"""

from __future__ import annotations

from scenario import Fix, Scenario, degraded, healthy


def line(*lines: str) -> str:
    """Lines of [Service], and a restart."""
    return "change 's#^Restart=always#" + "\\n".join(lines) + "\\nRestart=always#'\n"


VARIABLES = "printf 'PATH=/usr/bin:/bin\\nNODE_OPTIONS=\"%s\"\\n' '{}' >/etc/default/agent\n" + line("EnvironmentFile=/etc/default/agent")
REFUSED = {"verdict": "degraded", "settle": 2}

SETTINGS = (
    Scenario("options-in-an-environment-file", "unit-confinement", VARIABLES.format("--require /opt/apm/trace.js"), says="NODE_OPTIONS", quotes="/etc/default/agent:2  NODE_OPTIONS", holds="grep -q '^PATH=' /etc/default/agent", everywhere=True),
    Scenario("bad-option-in-an-environment-file", "unit-confinement", VARIABLES.format("--no-such-option"), says="no-such-option", quotes="/etc/default/agent:2"),
    healthy("heap-in-an-environment-file", VARIABLES.format("--max-old-space-size=512"), settle=2),
    Scenario("watchdog-unanswered", "unit-confinement", line("WatchdogSec=2", "NotifyAccess=all") , settle=5, says="WatchdogSec", quotes="Watchdog timeout", mounted=None),
    Scenario("relative-directory", "unit-invalid", "change 's#^WorkingDirectory=.*#WorkingDirectory=agent-bundle#'", says="WorkingDirectory", quotes="path is not absolute", **REFUSED),
    Scenario("helper-for-a-shell", "unit-invalid", line("ExecStartPre=. /root/.nvm/nvm.sh"), says="for a shell", quotes="ExecStartPre", fix=Fix.NONE, **REFUSED),
    Scenario("bus-without-a-name", "unit-invalid", "change 's#^Type=.*#Type=dbus#'", says="BusName", quotes="no D-Bus service name", fix=Fix.NONE, **REFUSED),
    healthy("unknown-escape", "change 's#--url#--label a\\\\qb --url#'", settle=2),
    healthy("unknown-settings", line("ProtectHme=yes", "LimitNOFILE=many", "Restart=sometimes"), settle=2),
    healthy("hardened-and-fit", line("NoNewPrivileges=yes", "PrivateTmp=yes", "ProtectSystem=full", "ProtectKernelTunables=yes", "ProtectControlGroups=yes", "RestrictSUIDSGID=yes", "LockPersonality=yes"), settle=2),
    healthy("hardened-by-a-drop-in", "dropin hardening.conf Service ProtectSystem=strict ReadWritePaths=/root/.server-flow CapabilityBoundingSet=CAP_NET_BIND_SERVICE", settle=2),
    healthy("limits-that-are-wide", line("LimitNOFILE=65536", "TasksMax=200", "MemoryMax=2G", "CPUQuota=150%"), settle=2),
    healthy("helper-that-may-fail", line("ExecStartPre=-/bin/false", "ExecStopPost=-/bin/false"), settle=2),
    healthy("helper-of-the-installer", line("ExecStartPre=-/bin/bash -c '\"'\"'fuser -k 3001/tcp || true'\"'\"'"), settle=2),
    healthy("runtime-folder", line("RuntimeDirectory=agent", "StateDirectory=agent"), settle=2),
    healthy("another-slice", line("Slice=agents.slice"), settle=2),
    healthy("directory-by-specifier", "change 's#^WorkingDirectory=/root#WorkingDirectory=%h#'", settle=2),
    healthy("directory-of-the-user", "change 's#^WorkingDirectory=.*#WorkingDirectory=~#'", settle=2),
    healthy("directory-that-may-be-missing", "change 's#^WorkingDirectory=.*#WorkingDirectory=-/srv/none#'", settle=2),
    healthy("command-of-several-lines", "change 's# --url# \\\\\\\\\\n  --url#'", settle=2),
    healthy("option-twice", "change 's#--url [^ ]*#--url http://127.0.0.1:1 --url http://127.0.0.1:4000#'", settle=2),
    healthy("option-with-an-equals-sign", "change 's#/usr/bin/node#/usr/bin/node --enable-source-maps#'", settle=2),
    healthy("preloaded-and-there", "mkdir /opt/apm\necho '' >/opt/apm/trace.cjs\nchange 's#bin/node #bin/node --require /opt/apm/trace.cjs #'", settle=2),
    healthy("node-through-env", "change 's#/usr/bin/node#/usr/bin/env node#'", settle=2),
    healthy("node-of-nvm-and-there", "mkdir -p /root/.nvm/versions/node/v20.20.2/bin\ncp /usr/bin/node /root/.nvm/versions/node/v20.20.2/bin/\nchange 's#/usr/bin/node#/root/.nvm/versions/node/v20.20.2/bin/node#'", settle=2),
    healthy("node-by-a-link", "mv /usr/bin/node /opt/node20\nln -s /opt/node20 /usr/bin/node\nrestart", settle=2),
    Scenario("no-inodes", "disk-full", "systemctl stop $A\nmv $S $S.old; mkdir $S; mount -t tmpfs -o nr_inodes=9000,mode=700 tmpfs $S; cp -a $S.old/. $S/\nmkdir $S/cache\n(cd $S/cache && seq 1 20000 | xargs touch 2>/dev/null || true)\nsystemctl start $A", verdict="degraded", code=0, settle=2, fix=Fix.NONE, mounted="deployment-missing", quotes="/cache: [0-9]+ entries"),
)
