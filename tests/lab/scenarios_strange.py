"""Lines of units that seldom stand in one, and that systemd and Node understand otherwise than a person does: variables and `~` in
the script's path, a backslash with a blank behind it, a debugger that is waited for, groups, a watcher, disks that are not mounted.

Rows of the table in scenarios.py, of which scenarios.py takes them.
"""

from __future__ import annotations

from scenario import Fix, Scenario, degraded, healthy
from scenarios_lately import first, started_by
from scenarios_settings import line

NAMED_BY = "sed -i 's#^ExecStart=.*#Environment=WHERE={}\\nExecStart=/usr/bin/node ${{WHERE}}/dist/index.js --url http://127.0.0.1:4000#' $U\nsystemctl daemon-reload\nrestart"
NO_ADDRESS = "sed -i 's# --url [^ ]*##' $U\necho '{\"agentId\":\"a\",\"token\":\"t\"}' >$S/registration.json\n"
FORKED = "sed -i 's/^Type=.*/Type=forking\\nGuessMainPID=no/; s#^ExecStart=\\(.*\\)#ExecStart=/bin/sh -c \"\\1 \\& sleep 0.2\"#' $U\nsystemctl daemon-reload\nrestart"
WATCHED = "sed -i 's#/usr/bin/node#/usr/bin/node --watch#' $U\nsystemctl daemon-reload\n"
ANOTHER_USER = "useradd --system --create-home agentx\ncp -a $S /home/agentx/.server-flow\nchown -R agentx: /home/agentx\n"
OF_ROOT = ANOTHER_USER + "mkdir -p /root/.nvm/bin\ncp /usr/bin/node /root/.nvm/bin/\nsed -i 's#/root/.server#/home/agentx/.server#g; s/^User=.*/User=agentx/; s#/usr/bin/node#/root/.nvm/bin/node#' $U\nsystemctl daemon-reload\nrestart"
OWN_DISK = """systemctl stop $A
mkdir -p /opt/data
echo 'tmpfs /opt/data tmpfs noauto,mode=755 0 0' >>/etc/fstab
systemctl daemon-reload
mount /opt/data
mv $B /opt/data/agent-bundle
sed -i 's#/root/.server-flow/agent-bundle#/opt/data/agent-bundle#g' $U
systemctl daemon-reload
systemctl start $A
"""

ALIVE = (
    healthy("script-by-a-variable", NAMED_BY.format("/root/.server-flow/agent-bundle"), settle=2, one_in=3),
    healthy("script-without-its-name", started_by("/usr/bin/node dist --url http://127.0.0.1:4000"), settle=2, one_in=2),
    # The line below the blank is none to systemd: what stood there is lost, and the registration tells as well.
    healthy("line-that-does-not-go-on", "sed -i 's# --url# \\\\ \\n  --url#' $U\nsystemctl daemon-reload\nrestart", settle=2, one_in=2),
    healthy("credential-of-a-file", "echo t0ken >/etc/agent-token\n" + line("LoadCredential=token:/etc/agent-token"), settle=2, one_in=3),
    healthy("forked-without-a-number", FORKED, settle=2, one_in=2),
    healthy("address-of-the-managers-variables", NO_ADDRESS + "sed -i \"s#url: option('--url')#url: process.env.CONTROL_PLANE_URL#\" $B/dist/settings.js\nsystemctl set-environment CONTROL_PLANE_URL=http://127.0.0.1:4000\nsystemctl daemon-reload\nrestart", settle=2, one_in=3),
    healthy("bundle-on-a-disk-of-its-own", OWN_DISK, settle=2, one_in=2),
)

DEAD = (
    Scenario("waits-for-a-debugger", "process-frozen", "change 's#/usr/bin/node#/usr/bin/node --inspect-brk#'", says="--inspect-brk", quotes="Debugger listening", mounted=None, one_in=2),
    Scenario("waits-for-a-debugger-by-a-file", "process-frozen", "echo NODE_OPTIONS=--inspect-brk >/etc/default/agent\n" + line("EnvironmentFile=/etc/default/agent"), quotes="/etc/default/agent:1", mounted=None, one_in=4),
    Scenario("group-beside-its-own-is-missing", "user-missing", line("SupplementaryGroups=dockers"), says="the group `dockers` beside its own", quotes="SupplementaryGroups=dockers", prints="groupadd", one_in=3),
    Scenario("script-by-a-variable-that-is-wrong", "entry-point-missing", NAMED_BY.format("/root/.server-flow/agent-bundel"), quotes="agent-bundel", one_in=3),
    Scenario("script-with-a-tilde", "entry-point-missing", "change 's#node /root/#node ~/#'", quotes="~/.server-flow", one_in=2),
    Scenario("node-of-roots-nvm-for-another", "permission-denied", OF_ROOT, quotes="permission denied at /root", prints="/usr/bin/node", one_in=3),
    Scenario("failure-that-the-command-forgives", "service-stopped", "sed -i 's/^Restart=always/Restart=on-failure/; s#^ExecStart=#ExecStart=-#' $U\nsystemctl daemon-reload\n" + first("throw new Error('queue is corrupt');"), says="counts as success", quotes="queue is corrupt", fix=Fix.NONE, mounted=None, one_in=3),
    degraded("watched-and-dead", "control-plane-unreachable", WATCHED + first("throw new Error('queue is corrupt');"), says="only once a file changes", quotes="queue is corrupt", fix=Fix.NONE, mounted=None, one_in=2),
    Scenario("bundle-on-a-disk-that-is-not-mounted", "deployment-missing", OWN_DISK + "sleep 1\nsystemctl stop $A\nsed -i 's#^WorkingDirectory=.*#WorkingDirectory=/#' $U\nsystemctl daemon-reload\numount /opt/data\nrestart", says="is not mounted", quotes="/etc/fstab:", fix=Fix.NONE, mounted="module-not-found", one_in=2),
)

STRANGE = ALIVE + DEAD
