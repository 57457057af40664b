"""Units whose agent prints elsewhere than into the system's journal, and what may stand in there.

Rows of the table in scenarios.py, of which scenarios.py takes them.
"""

from __future__ import annotations

from scenario import Fix, Scenario, degraded, healthy
from scenarios_death import ERRORS

QUEUE = "sed -i \"1i throw new Error('telemetry queue is corrupt');\" $B/dist/utils/log.js\n"
EXPORT = "rollback\nsed -i /PROTOCOL_VERSION/d $B/$M/dist/index.js\n"
SECRET = "tok3n-q7XfR2mPz9LwKd41"


def to(*lines: str) -> str:
    return "change 's#^Restart=always#" + "\\n".join(lines) + "\\nRestart=always#'\n"


APPEND = to("StandardOutput=append:/var/log/agent.log")
OLD = f"cat >>/var/log/agent.log <<'END'\n{ERRORS.strip()}\nEND\n"

LOGS = (
    healthy("log-in-a-file", APPEND, settle=2),
    healthy("log-in-a-namespace", to("LogNamespace=agent"), settle=2),
    healthy("log-nowhere", to("StandardOutput=null"), settle=2),
    healthy("log-of-errors-in-a-file", to("StandardOutput=null", "StandardError=append:/var/log/agent.log"), settle=2),
    healthy("log-with-old-deaths", OLD + APPEND, settle=2),
    healthy("log-that-is-a-link", "ln -s /etc/shadow /var/log/agent.log\n" + to("StandardError=append:/var/log/agent.log"), settle=2),
    healthy("log-of-an-application-in-a-file", APPEND + "echo \"setInterval(() => console.log('connect ECONNREFUSED 127.0.0.1:5432'), 500);\" >>$B/dist/index.js\nrestart", settle=2),
    Scenario("death-in-a-file", "missing-export", EXPORT + APPEND, quotes="/var/log/agent.log  .*PROTOCOL_VERSION", everywhere=True),
    Scenario("death-in-a-file-after-others", "unknown-crash", OLD + APPEND + QUEUE + "restart", says="Error: telemetry queue is corrupt$", quotes="/var/log/agent.log  Error: telemetry", fix=Fix.NONE),
    Scenario("death-in-a-file-of-errors", "unknown-crash", to("StandardOutput=append:/var/log/a.log", "StandardError=file:/var/log/b.log") + QUEUE + "restart", says="telemetry queue is corrupt$", quotes="/var/log/b.log", fix=Fix.NONE),
    Scenario("death-in-a-namespace", "unknown-crash", to("LogNamespace=agent") + QUEUE + "restart", says="telemetry queue is corrupt$", fix=Fix.NONE, everywhere=True),
    Scenario("death-of-a-template-in-a-file", "unknown-crash", "systemctl disable --now $A\nmv $U /etc/systemd/system/sf-agent@.service\nU=/etc/systemd/system/sf-agent@.service\nA=sf-agent@prod\nsystemctl enable $A\n" + to("StandardOutput=append:/var/log/agent-%i.log") + QUEUE + "restart", says="telemetry queue is corrupt$", quotes="/var/log/agent-prod.log", fix=Fix.NONE, unit="sf-agent@prod"),
    Scenario("death-in-a-linked-file", "service-crash-loop", "mkdir /var/tmp/x\nln -s /var/tmp/x/real.log /var/log/agent.log\n" + APPEND + QUEUE + "restart", fix=Fix.NONE, or_cause=("unknown-crash",), mounted=None),
    Scenario("secret-in-a-file", "unknown-crash", APPEND + f"sed -i \"1i console.log('Authorization: Bearer {SECRET}'); throw new Error('token={SECRET}');\" $B/dist/utils/log.js\nrestart", says="token=", fix=Fix.NONE),
    Scenario("old-death-in-a-file-and-a-signal", "unknown-crash", OLD + APPEND + "sed -i \"1i process.kill(process.pid, 'SIGKILL');\" $B/dist/index.js\nrestart", says="signal", fix=Fix.NONE),
    degraded("plane-down-in-a-file", "control-plane-unreachable", APPEND + "sleep 2\nsystemctl stop lab-control-plane", settle=7, fix=Fix.NONE, mounted=None, quotes="/var/log/agent.log"),
)
