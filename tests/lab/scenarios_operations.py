"""What breaks in the running of servers: updates of each generation that were cut short, package managers that were, disks that
refuse, files that root left behind, addons and libraries that do not fit, settings of the machine itself.

Rows of the table in scenarios.py, of which scenarios.py takes them.
"""

from __future__ import annotations

import dataclasses

from scenario import Fix, Scenario, degraded
from scenarios_further import MOVED
from scenarios_lately import first, last
from scenarios_settings import line

NONE = {"fix": Fix.NONE}
NOT_LIVE = {"fix": Fix.NONE, "mounted": None}

# The update that the control plane carries out over SSH (docs/reference/field-facts.md, `in-place`), up to a point.
FETCH = "curl -sSL $URL/agent-bundle.tar.gz -o $D\n"
ASIDE = "rm -rf $K\nmv $B $K\n"

UPDATES = (
    # The archive was cut while tar wrote over the bundle that was there.
    Scenario("written-over-in-part", "module-syntax-error", "publish /opt/lab/bundle-safe\n" + FETCH + "cp -a $B $K\ncut $B/dist/connection.js 300\nrm -f $D\nrestart"),
    Scenario("extracted-in-part", "update-interrupted", "publish /opt/lab/bundle-safe\n" + FETCH + ASIDE + "mkdir $B\ntar -xzf $D -C $B\nrm -rf $B/dist $B/node_modules\nrestart", or_cause=("entry-point-missing",)),
    Scenario("installer-cut-before-its-links", "update-interrupted", "publish /opt/lab/bundle-safe\nupdate 1 4\ncd $B\npnpm install --prod --ignore-scripts >/dev/null 2>&1\nfind node_modules -maxdepth 1 -type l -delete\nrestart", or_cause=("dependencies-not-installed",)),
    Scenario("installer-cut-in-its-store", "dependencies-not-installed", "rollback\nrm -rf $B/node_modules/.pnpm/ws@*/node_modules/ws/lib\nrestart", or_cause=("module-not-found", "unresolved-import", "update-interrupted")),
    Scenario("npm-cut-while-it-renames", "dependencies-not-installed", "rollback\nmv $B/node_modules/ws $B/node_modules/.ws-Zk3vQ8xY\nrestart", or_cause=("update-interrupted", "module-not-found")),
    Scenario("wrapped-in-a-folder", "entry-point-missing", "rollback\nmkdir $S/x\nmv $B $S/x/agent-bundle\nmv $S/x $B\nrestart", or_cause=("deployment-nested", "update-interrupted")),
    Scenario("backup-moved-into-the-bundle", "dependencies-not-installed", "mv $B/node_modules/ws /root/\nrollback\nmv $K $B/\nrestart", or_cause=("module-not-found",)),
    Scenario("another-programs-bundle", "entry-point-missing", "rollback\nrm -rf $B\nmkdir -p $B/dist/assets\necho '<html>' >$B/dist/index.html\necho '{\"name\":\"web\",\"version\":\"1.0.0\"}' >$B/package.json\nrestart", or_cause=("update-interrupted",), may=("shared-package-missing",)),
    Scenario("saved-shared-package-left", "shared-package-missing", "publish\nupdate 1 4\ncp -r $K/$M /tmp/server-flow-shared-backup\ncd $B && pnpm install --prod --ignore-scripts >/dev/null 2>&1\nrestart", or_cause=("update-interrupted",)),
    Scenario("killed-between-the-moves", "deployment-missing", "mv $B $S/agent-bundle.old\nrestart", or_cause=("update-interrupted",)),
    Scenario("shared-package-as-a-file", "shared-package-missing", "rollback\nrm -rf $B/$M\necho ../../../packages/shared >$B/$M\nrestart", or_cause=("shared-entry-missing", "shared-package-linked")),
)

READ_ONLY = "mount --bind $S $S\nmount -o remount,ro,bind $S\n"
STATE_FILE = first("import { writeFileSync as put } from 'node:fs';\nput(new URL('../state.json', import.meta.url), '{}');")
FULL_TMP = "mount -t tmpfs -o size=1m tmpfs /tmp\nhead -c 2000000 /dev/zero >/tmp/fill 2>/dev/null || true\n"

DISKS = (
    Scenario("disk-that-turned-read-only", "permission-denied", STATE_FILE + "sleep 1\n" + READ_ONLY + "restart", says="read-only", quotes="EROFS", fix=Fix.NONE),
    Scenario("quota-used-up", "disk-full", first("throw Object.assign(new Error(\"EDQUOT: disk quota exceeded, open '/root/.server-flow/state.json'\"), { code: 'EDQUOT', errno: -122, syscall: 'open' });"), says="quota", quotes="EDQUOT", fix=Fix.NONE),
    Scenario("temporary-folder-full", "disk-full", FULL_TMP + first("import { writeFileSync as put } from 'node:fs';\nput('/tmp/agent.lock', 'x'.repeat(5000));"), says="disk", quotes="/tmp", mounted=None, fix=Fix.NONE),
    Scenario("temporary-folder-cleaned", "working-directory-missing", "systemctl stop $A\nmkdir -p /tmp/flow\ncp -a $B /tmp/flow/agent-bundle\nsed -i 's#/root/.server-flow#/tmp/flow#g' $U\nsystemctl daemon-reload\nrestart\nsleep 2\nrm -rf /tmp/flow\nrestart", or_cause=("deployment-missing",), may=("entry-point-missing",), fix=Fix.NONE, mounted=None),
    Scenario("folder-of-root-in-the-bundle", "permission-denied", MOVED + "rm -rf $B/data\nmkdir -m 700 $B/data\nchown root: $B/data\n" + first("import { writeFileSync as put } from 'node:fs';\nput(new URL('../data/state.json', import.meta.url), '{}');"), says="data/state.json", quotes="EACCES", fix=Fix.NONE),
    Scenario("installed-by-sudo", "permission-denied", MOVED + "chown -R root: $B/node_modules\nchmod -R go= $B/node_modules\nrestart", quotes="owner 0:0, mode 0700", says="agent-bundle/node_modules", fix=Fix.NONE),
    Scenario("one-package-installed-by-sudo", "permission-denied", MOVED + "chown -R root: $B/node_modules/.pnpm/ws@*\nchmod 700 $B/node_modules/.pnpm/ws@*\nrestart", says="pnpm/ws", quotes="owner 0:0", fix=Fix.NONE),
    Scenario("unreadable-in-a-folder-of-roots", "permission-denied", "systemctl stop $A\nuseradd --system --home-dir /srv/flow serverflow\ncp -a $S /srv/flow\nchmod 755 /srv/flow\nchmod 700 /srv/flow/agent-bundle/node_modules\nsed -i 's#^User=.*#User=serverflow#; s#/root/.server-flow#/srv/flow#g' $U\nsystemctl daemon-reload\nrestart", says="agent-bundle/node_modules", quotes="mode 0700"),
    Scenario("written-with-another-mask", "permission-denied", MOVED + "chown -R root: $B/dist\nchmod -R go= $B/dist\nrestart", says="dist", fix=Fix.NONE),
    Scenario("folder-where-a-file-was", "unknown-crash", "rm $S/registration.json\nmkdir $S/registration.json\nsed -i 's# --url [^ ]*##' $U\nsystemctl daemon-reload\nrestart", quotes="EISDIR", says="EISDIR", fix=Fix.NONE),
    Scenario("key-that-is-missing", "unknown-crash", "rm $S/cp-public-key.pem\n" + first("import { readFileSync as look } from 'node:fs';\nlook('/root/.server-flow/cp-public-key.pem');"), says="cp-public-key.pem", quotes="ENOENT", fix=Fix.NONE),
)

# A native addon: a library of the system's, changed so that the loader refuses it.
ADDON = "mkdir -p $B/node_modules/native/build\nprintf '{\"name\":\"native\",\"version\":\"1.0.0\",\"main\":\"index.cjs\"}' >$B/node_modules/native/package.json\necho \"module.exports = require('./build/native.node');\" >$B/node_modules/native/index.cjs\nsed -i 's#\"fastify\":#\"native\": \"^1.0.0\", &#' $B/package.json\ncp /lib/x86_64-linux-gnu/libcrypt.so.1 $B/node_modules/native/build/native.node\nN=$B/node_modules/native/build/native.node\n"
ASKED = first("import 'native';")
OF_ARM = "printf '\\267' | dd of=$N bs=1 seek=18 conv=notrunc 2>/dev/null\n"
GLIBC = "perl -e 'local $/; open F, \"<\", $ARGV[0]; $_ = <F>; sub h { my $h = 0; for (unpack(\"C*\", shift)) { $h = ($h << 4) + $_; my $g = $h & 0xf0000000; $h ^= $g >> 24; $h &= 0x0fffffff } pack(\"V\", $h) } /(GLIBC_2\\.\\d\\d)\\0/ or die; my $old = $1; (my $new = $old) =~ s/\\d\\d$/99/; my ($a, $b) = (h($old), h($new)); s/\\Q$a\\E/$b/g; s/\\Q$old\\E\\0/$new\\0/g; open F, \">\", $ARGV[0]; print F $_' $N\n"

PROGRAMS = (
    Scenario("addon-of-another-machine", "unknown-crash", ADDON + OF_ARM + ASKED, quotes="native.node", says="another kind of machine", fix=Fix.NONE),
    Scenario("addon-cut-short", "unknown-crash", ADDON + "cut $N 300\n" + ASKED, quotes="native.node", says="damaged", fix=Fix.NONE),
    Scenario("addon-for-a-newer-library", "unknown-crash", ADDON + GLIBC + ASKED, quotes="GLIBC_2.99", says="newer system.*GLIBC_2.99", fix=Fix.NONE),
    Scenario("addon-without-its-library", "unknown-crash", ADDON + "perl -pi -e 's/libc\\.so\\.6\\0/libq.so.6\\0/g' $N\n" + ASKED, quotes="libq.so.6", says="a library.*libq.so.6", fix=Fix.NONE),
    Scenario("addon-that-registers-nothing", "unknown-crash", ADDON + ASKED, quotes="did not self-register", says="another version of Node", fix=Fix.NONE),
    Scenario("algorithm-that-is-refused", "unknown-crash", first("import { createHash } from 'node:crypto';\ncreateHash('md4').update('x');"), quotes="ERR_OSSL_EVP_UNSUPPORTED|digital envelope", says="algorithm", fix=Fix.NONE),
    Scenario("dies-in-a-package", "unknown-crash", "rollback\nF=$(readlink -f $B/node_modules/fastify)/fastify.js\nprintf \"throw new TypeError('telemetry is no function');\\n\" >/root/first\ncat $F >>/root/first\ncat /root/first >$F\nrestart", quotes="telemetry is no function", says="telemetry is no function"),
    degraded("worker-that-rejects", "control-plane-unreachable", "mv $B/dist/index.js $B/dist/agent.js\ncat >$B/dist/index.js <<'END'\nimport { fork } from 'node:child_process';\nimport { fileURLToPath } from 'node:url';\nconst start = () => fork(fileURLToPath(new URL('./agent.js', import.meta.url)), process.argv.slice(2)).on('exit', () => setTimeout(start, 1000));\nstart();\nEND\necho \"Promise.reject(new Error('telemetry queue is corrupt'));\" >>$B/dist/agent.js\nrestart", settle=17, says="telemetry queue is corrupt", quotes="telemetry", **NOT_LIVE),
    Scenario("root-without-its-powers", "unit-confinement", "chown -R 1000:1000 $B\nchmod 700 $B\n" + line("CapabilityBoundingSet=CAP_NET_BIND_SERVICE"), says="CapabilityBoundingSet", quotes="Cannot find module"),
    Scenario("calls-refused-with-a-code", "unit-confinement", line("SystemCallFilter=~listen", "SystemCallErrorNumber=EPERM"), says="SystemCallFilter", quotes="EPERM", mounted=None),
    Scenario("calls-refused-outright", "unit-confinement", line("SystemCallFilter=~listen"), says="SystemCallFilter", quotes="SYS", mounted=None),
    Scenario("curly-quotes-around-the-address", "unknown-crash", "change 's#--url [^ ]*#--url “http://127.0.0.1:4000”#'", says="address that is none", quotes="Invalid URL", fix=Fix.NONE, mounted=None),
)

# What is set for all services of the machine, in no file of the unit's.
MANAGER = """mkdir -p /etc/systemd/system.conf.d
printf '[Manager]\\n%s\\n' '{}' >/etc/systemd/system.conf.d/site.conf
systemctl daemon-reexec
sleep 1
restart
"""
EARLYOOM = """cat >/opt/lab/early <<'END'
#!/bin/sh
while :; do
    pid=$(systemctl show -P MainPID server-flow-agent)
    if [ "$pid" != 0 ] && [ "$(ps -o etimes= -p $pid)" -ge 2 ]; then
        echo 'low memory! at or below SIGTERM limits: mem 10.00%, swap 10.00%' >&2
        echo "sending SIGTERM to process $pid uid 0 \\"node\\": oom_score 812, VmRSS 912 MiB, cmdline \\"/usr/bin/node\\"" >&2
        kill -TERM $pid
        sleep 0.2
        echo "process $pid exited after 0.1 seconds" >&2
    fi
    sleep 0.3
done
END
chmod 755 /opt/lab/early
printf '[Service]\\nExecStart=/opt/lab/early\\n' >/etc/systemd/system/earlyoom.service
systemctl daemon-reload
systemctl start earlyoom
"""

MACHINE = (
    Scenario("options-of-the-manager", "unit-confinement", MANAGER.format('DefaultEnvironment="NODE_OPTIONS=--require /opt/apm/trace.js"'), quotes="site.conf:2", says="DefaultEnvironment"),
    Scenario("options-of-the-managers-environment", "unit-confinement", "systemctl set-environment 'NODE_OPTIONS=--require /opt/apm/trace.js'\nrestart", quotes="show-environment: NODE_OPTIONS", says="NODE_OPTIONS", mounted="unknown-crash"),
    Scenario("limit-of-the-manager", "unit-confinement", MANAGER.format("DefaultLimitNOFILE=16"), says="DefaultLimitNOFILE", quotes="site.conf:2"),
    Scenario("ended-by-earlyoom", "out-of-memory", EARLYOOM, settle=12, says="earlyoom", quotes="sending SIGTERM to process", **NOT_LIVE),
    Scenario("masked-until-the-next-boot", "unit-masked", "systemctl stop $A\nmv $U /usr/lib/systemd/system/\nsystemctl daemon-reload\nsystemctl mask --runtime $A", mounted=None),
    Scenario("unit-that-nobody-may-read", "unit-nested-paths", "sed -i 's#^WorkingDirectory=.*#&/apps/agent#' $U\nchmod 000 $U\nsystemctl daemon-reload\nrestart"),
    Scenario("two-units-of-one-agent", "port-in-use", "systemctl stop $A\nsed 's/ServerFlow Agent/Agent/' $U >/etc/systemd/system/serverflow-agent.service\nsystemctl daemon-reload\nsystemctl enable --now serverflow-agent\nsleep 2\nsystemctl start $A", settle=12, says="two units", quotes="serverflow-agent.service", **NOT_LIVE),
    Scenario("drop-ins-of-a-unit-that-is-gone", "unit-missing", "mkdir -p $U.d\nprintf '[Service]\\nWorkingDirectory=%s/apps/agent\\n' $B >$U.d/old.conf\nsystemctl disable --now $A\nrm $U\nsystemctl daemon-reload", fix=Fix.NONE),
    Scenario("old-unit-before-the-packages", "unit-nested-paths", "cp $U /usr/lib/systemd/system/\nsed -i 's#^WorkingDirectory=.*#&/apps/agent#' $U\nsystemctl daemon-reload\nrestart"),
    Scenario("order-that-is-a-circle", "service-stopped", "systemctl stop $A\nchange 's#^After=.*#Before=ring.service#'\nsystemctl stop $A\nprintf '[Unit]\\nBefore=server-flow-agent.service\\n[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/true\\n[Install]\\nRequiredBy=multi-user.target\\n' >/etc/systemd/system/ring.service\nsystemctl daemon-reload\nsystemctl enable ring\nsystemctl start multi-user.target", settle=2, says="circle", quotes="ordering cycle", fix=Fix.BACK, mounted=None),
    Scenario("agent-of-a-users-manager", "unit-missing", "systemctl disable --now $A\nuseradd -m joe\nmkdir -p /home/joe/.config/systemd/user/default.target.wants /etc/systemd/system/user@.service.d\ncp -a $B /home/joe/agent-bundle\nprintf '[Service]\\nWorkingDirectory=/home/joe/agent-bundle\\nExecStart=/usr/bin/node /home/joe/agent-bundle/dist/index.js --url %s\\nRestart=always\\n[Install]\\nWantedBy=default.target\\n' $URL >/home/joe/.config/systemd/user/server-flow-agent.service\nln -s ../server-flow-agent.service /home/joe/.config/systemd/user/default.target.wants/\nchown -R joe: /home/joe\nprintf '[Service]\\nEnvironment=XDG_RUNTIME_DIR=/run/user/%%i\\nPAMName=\\n' >/etc/systemd/system/user@.service.d/lab.conf\nrm $U\nsystemctl daemon-reload\nsystemctl start user@$(id -u joe)\nlistening 3001", settle=3, also=("agent-outside-unit",), quotes="joe", **NOT_LIVE),
    Scenario("started-twice-a-day-only", "service-stopped", "systemctl disable --now $A\nprintf '[Timer]\\nOnCalendar=daily\\nUnit=server-flow-agent.service\\n[Install]\\nWantedBy=timers.target\\n' >/etc/systemd/system/flow.timer\nsystemctl daemon-reload\nsystemctl enable --now flow.timer", settle=2, or_cause=("unit-disabled",), fix=Fix.NONE, mounted=None),
)

CONNECTIONS = (
    degraded("address-with-a-slash-at-its-end", "control-plane-unreachable", "change 's#127.0.0.1:4000#&/#'", settle=7, says="slash", quotes="400", **NOT_LIVE),
    degraded("localhost-of-the-other-family", "control-plane-unreachable", "printf '127.0.0.1 server\\n::1 localhost\\n' >/etc/hosts\nchange 's#127.0.0.1:4000#localhost:4000#'", settle=7, says="nothing listens", quotes="ECONNREFUSED ::1:4000", **NOT_LIVE),
    degraded("waits-on-a-lock", "process-frozen", last("setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 4000);"), code=0, settle=17, **NOT_LIVE),
    degraded("waits-for-a-program-in-silence", "process-frozen", last("import { execSync } from 'node:child_process';\nsetTimeout(() => execSync('sleep 600'), 4000);"), code=0, settle=17, **NOT_LIVE),
    degraded("waits-for-a-pipe", "process-frozen", "mkfifo /run/agent.pipe\n" + last("import { readFileSync as look } from 'node:fs';\nsetTimeout(() => look('/run/agent.pipe'), 4000);"), code=0, settle=17, **NOT_LIVE),
)

ALL = UPDATES + DISKS + PROGRAMS + MACHINE + CONNECTIONS
OPERATIONS = tuple(dataclasses.replace(scenario, one_in=2) for scenario in ALL)
