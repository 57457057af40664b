"""Units by other names than the document's: templates, aliases, linked files, drop-ins that many units share.

Rows of the table in scenarios.py, of which scenarios.py takes them.
"""

from __future__ import annotations

from scenario import Fix, Scenario, degraded, healthy

# named NAME: the unit under another name, enabled and started. templated NAME: likewise, of a template.
NAMES = """
E=/etc/systemd/system
named() {
    systemctl disable --now $A; mv $U $E/$1.service; systemctl daemon-reload; systemctl enable --now $1
}
templated() {
    systemctl disable --now $A; mv $U $E/${1%@*}@.service; systemctl daemon-reload; systemctl enable --now $1
}
# dropped FOLDER LINE…: a drop-in with these lines of [Service].
dropped() {
    mkdir -p $E/$1; f=$E/$1/local.conf; shift
    printf '[Service]\\n' >$f; printf '%s\\n' "$@" >>$f
    systemctl daemon-reload
}
"""
T = NAMES + "templated sf-agent@prod\n"
PROD = {"unit": "sf-agent@prod"}
KEPT = "cmp /root/template $E/sf-agent@.service\n"
E = "E=/etc/systemd/system\n"


def of_template(name: str, cause: str, change: str, **more: object) -> Scenario:
    """A fault in the template: the fix leaves it as it is."""
    make = T + f"sed -i '{change}' $E/sf-agent@.service\ncp $E/sf-agent@.service /root/template\nsystemctl daemon-reload\nsystemctl restart sf-agent@prod || true"
    return Scenario(name, cause, make, **{**PROD, "holds": E + KEPT, **more})  # type: ignore[arg-type]


UNITS = (
    healthy("unit-of-another-name", NAMES + "named flow", settle=2, unit="flow"),
    healthy("unit-of-a-template", T, settle=2, everywhere=True, **PROD),
    healthy("unit-of-a-template-by-alias", T + "ln -s sf-agent@.service $E/flow@.service\nsystemctl daemon-reload", settle=2, unit="flow@prod", id="sf-agent@prod"),
    healthy("instance-with-a-file-of-its-own", T + "sed 's#RestartSec=.*#RestartSec=5#' $E/sf-agent@.service >$E/sf-agent@prod.service\nsystemctl daemon-reload\nsystemctl restart sf-agent@prod", settle=2, **PROD),
    healthy("instance-in-its-command", T + "sed -i 's#--url#--name %i --url#; s#^Environment=.*#&\\nEnvironment=INSTANCE=%I#' $E/sf-agent@.service\nsystemctl daemon-reload\nsystemctl restart sf-agent@prod", settle=2, **PROD),
    healthy("unit-by-alias", NAMES + "ln -s server-flow-agent.service $E/flow.service\nsystemctl daemon-reload", settle=2, unit="flow", id="server-flow-agent", everywhere=True),
    healthy("unit-by-alias-of-install", NAMES + "sed -i 's/^WantedBy.*/&\\nAlias=flow.service/' $U\nsystemctl daemon-reload\nsystemctl enable $A", settle=2, unit="flow", id="server-flow-agent"),
    healthy("unit-linked", NAMES + "systemctl disable --now $A\nmkdir /opt/units\nmv $U /opt/units/\nsystemctl enable --now /opt/units/server-flow-agent.service", settle=2, everywhere=True),
    healthy("unit-of-a-package", "mv $U /usr/lib/systemd/system/\nsystemctl daemon-reload\nsystemctl reenable $A\nrestart", settle=2),
    healthy("drop-in-of-a-prefix", NAMES + "dropped server-.service.d Nice=5\nrestart", settle=2),
    healthy("drop-in-of-all-services", NAMES + "dropped service.d LimitNOFILE=65536\nrestart", settle=2),
    healthy("drop-in-of-an-alias", NAMES + "ln -s server-flow-agent.service $E/flow.service\ndropped flow.service.d CPUWeight=50\nrestart", settle=2),
    healthy("drop-in-under-control", "systemctl set-property $A MemoryMax=2G\nrestart", settle=2),
    healthy("drop-in-with-a-blank", "dropin 'of the host.conf' Service Nice=3", settle=2),
    healthy("drop-in-masked", NAMES + "dropped server-flow-.service.d WorkingDirectory=/nowhere\nmkdir -p $U.d\nln -s /dev/null $U.d/local.conf\nsystemctl daemon-reload\nrestart", settle=2),
    of_template("template-nested", "unit-nested-paths", "s#^WorkingDirectory=.*#&/apps/agent#", everywhere=True),
    of_template("template-elsewhere", "working-directory-missing", "s#^WorkingDirectory=.*#WorkingDirectory=/srv/agents/%i#", quotes="/srv/agents/prod"),
    of_template("template-node-options", "unit-confinement", "s#^Environment=.*#Environment=NODE_ENV=production NODE_OPTIONS=--no-such-option#", says="no-such-option"),
    of_template("template-protect-home", "unit-confinement", "s#^Restart=.*#&\\nProtectHome=yes#", says="ProtectHome"),
    of_template("template-node-moved", "executable-missing", "s#/usr/bin/node#/opt/node-18/bin/node#"),
    of_template("template-without-command", "unit-invalid", "/^ExecStart=/d", verdict="degraded", settle=3),
    Scenario("instance-masked", "unit-masked", T + "systemctl mask --now sf-agent@prod", **PROD),
    Scenario("instance-stopped", "service-stopped", T + "systemctl stop sf-agent@prod", mounted=None, says="stopped by hand", **PROD),
    degraded("instance-disabled", "unit-disabled", T + "systemctl disable sf-agent@prod", code=0, settle=2, **PROD),
    Scenario("instance-drop-in", "drop-in-overrides", T + "dropped sf-agent@prod.service.d WorkingDirectory=$B/apps/agent\nsystemctl restart sf-agent@prod", **PROD),
    Scenario("template-drop-in", "drop-in-overrides", T + "dropped sf-agent@.service.d WorkingDirectory=$B/apps/agent\nsystemctl restart sf-agent@prod", holds=E + "test -s $E/sf-agent@.service.d/local.conf", **PROD),
    Scenario("prefix-drop-in", "drop-in-overrides", NAMES + "dropped server-flow-.service.d WorkingDirectory=$B/apps/agent Nice=3\nrestart", holds=E + "test -s $E/server-flow-.service.d/local.conf", everywhere=True),
    Scenario("all-services-drop-in", "drop-in-overrides", NAMES + "dropped service.d ProtectHome=yes\nrestart", holds=E + "test -s $E/service.d/local.conf"),
    Scenario("alias-drop-in", "drop-in-overrides", NAMES + "ln -s server-flow-agent.service $E/flow.service\ndropped flow.service.d ExecStart= \"ExecStart=/usr/bin/node $B/apps/agent/dist/index.js --url $URL\"\nrestart", unit="flow", id="server-flow-agent"),
    Scenario("unit-linked-and-nested", "unit-nested-paths", NAMES + "systemctl disable --now $A\nmkdir /opt/units\nmv $U /opt/units/\nsystemctl enable --now /opt/units/server-flow-agent.service\nsed -i 's#^WorkingDirectory=.*#&/apps/agent#' /opt/units/server-flow-agent.service\nsystemctl daemon-reload\nrestart", quotes="/opt/units/", holds="test -L $U"),
    Scenario("unit-linked-to-nothing", "unit-missing", NAMES + "systemctl disable --now $A\nmkdir /opt/units\nmv $U /opt/units/\nsystemctl enable --now /opt/units/server-flow-agent.service\nsleep 1\nrm /opt/units/server-flow-agent.service\nsystemctl daemon-reload\nrestart || true\nsystemctl stop $A || true", quotes="/opt/units/server-flow-agent.service, where nothing is", everywhere=True),
)

# Where there is no such unit, or no agent at all.
NOTHING = "systemctl disable --now $A\nrm -rf $U $B $S\nrm -rf /var/log/journal/*/*; systemctl daemon-reload\nsystemctl restart systemd-journald\n"

ABSENT = (
    Scenario("no-agent-here", "unit-missing", NOTHING, settle=1, says="There is no agent on this machine", fix=Fix.NONE),
    Scenario("no-agent-and-no-systemd", "unit-missing", "rm -rf $U $B $S", booted=False, settle=0, says="There is no agent on this machine", fix=Fix.NONE, mounted=None),
    Scenario("unit-misspelt", "unit-missing", "", settle=1, fix=Fix.NONE, unit="server-flow-agnet", says="There is no unit", also=("agent-outside-unit",), prints="bundle-doctor doctor --unit server-flow-agent.service"),
    Scenario("unit-of-another-name-unasked", "unit-missing", NAMES + "named flow", settle=1, fix=Fix.NONE, also=("agent-outside-unit",), prints="bundle-doctor doctor --unit flow.service"),
    Scenario("template-unasked", "unit-missing", T, settle=1, fix=Fix.NONE, also=("agent-outside-unit",), prints="bundle-doctor doctor --unit sf-agent@prod.service"),
)
