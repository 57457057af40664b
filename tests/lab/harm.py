"""What was done to servers by fixes that were pasted, each for real: doctor is asked, root pastes every block that it prints,
and nothing outside the bundle, its siblings and the unit has changed, by a listing of the whole disk before and after.

`HARM="name name" tests/lab/run harm` runs these and no others.
"""

from __future__ import annotations

import dataclasses
import os
import re

import container
import deployed
import server as servers
import traced
from container import Container
from harness import REPO, Mismatch, Part, run as execute

AT_ONCE = int(os.environ.get("LAB_AT_ONCE", "3"))
ONLY = os.environ.get("HARM", "").split()

# What changes on any server that runs: clocks, journals, the package managers' own caches, what the lab itself serves.
MOVES = (
    "/proc", "/sys", "/dev", "/run", "/var/log", "/var/lib/systemd", "/var/cache", "/root/.npm", "/root/.cache", "/root/.local",
    "/root/.config", "/opt/lab/store", "/opt/lab/npm", "/opt/lab/pnpm", "/etc/.updated", "/var/.updated", "/tmp/systemd-private",
    "/etc/systemd/system/multi-user.target.wants", "/tmp/node-compile-cache", "/home/agent/.cache", "/home/agent/ran-by", "/home/agent/.local", "/home/agent/.npm",
)  # fmt: skip
# Of these what has the most names: asking `find` for all of them at each name takes as long as all else that it does.
LARGE = ("/proc", "/sys", "/dev", "/run", "/opt/lab/store", "/opt/lab/npm", "/opt/lab/pnpm")
UNIT = f"/etc/systemd/system/{deployed.UNIT}"

# A user who runs the agent, and one who only lives there.
USERS = "useradd -m agent; useradd -m eve\n"
MISSING = "rm $B/dist/index.js\nrestart\n"


@dataclasses.dataclass
class Attack:
    """A server prepared by someone hostile, or unlucky."""

    name: str
    make: str
    """Shell lines that prepare it."""
    options: tuple[str, ...] = ()
    """Of doctor."""
    bundle: str = deployed.BUNDLE
    """What a fix may change, with its siblings."""
    holds: str = "true"
    """Shell lines that end well afterwards."""
    intact: bool = False
    """The bundle itself has to be as it was."""
    mends: bool = False
    """The agent has to be back."""
    says: str = ""
    """What has to be in what doctor prints."""
    never: str = ""
    """What must not be in any command."""


def moved(path: str, user: str = "root") -> str:
    """The agent at another place, as another user."""
    return (
        f"systemctl stop $A\nmkdir -p $(dirname '{path}')\ncp -a $B '{path}'\nchown -R {user}: '{path}'\n"
        f"cp $S/registration.json $(dirname '{path}')/ 2>/dev/null\n"
        f"sed -i 's#^User=.*#User={user}#; s#/root/.server-flow/agent-bundle#{path}#g' $U\nsystemctl daemon-reload\n"
    )


ATTACKS = (
    Attack(
        "node of the unit's user",
        USERS
        + "mkdir -p /home/agent/bin\n"
        + "printf '#!/bin/sh\\nid -u >>/home/agent/ran-by\\nexec /usr/bin/node \"$@\"\\n' >/home/agent/bin/node\n"
        + "cp /home/agent/bin/node /home/agent/bin/pnpm\nchmod 755 /home/agent/bin/*\nchown -R agent: /home/agent\n"
        + moved("/home/agent/agent-bundle", "agent")
        + "sed -i 's#/usr/bin/node#/home/agent/bin/node#' $U\nsystemctl daemon-reload\nrm -rf /home/agent/agent-bundle/node_modules/ws\nrestart\nsleep 2",
        bundle="/home/agent/agent-bundle",
        holds="! grep -qx 0 /home/agent/ran-by",
    ),
    Attack(
        "the entry point leads to /etc/shadow",
        USERS
        + moved("/srv/agent/agent-bundle", "agent")
        + "ln -sf /etc/shadow /srv/agent/agent-bundle/dist/index.js\nrestart\nsleep 2",
        bundle="/srv/agent/agent-bundle",
        holds="test $(stat -c %a /etc/shadow) = 640",
        never="/etc/shadow",
    ),
    Attack(
        "an address that is an option of curl",
        USERS
        + "printf 'output = /root/written\\nurl = file:///etc/hostname\\n' >/home/eve/k\n"
        + "sed -i 's#--url [^ ]*#--url -K/home/eve/c://h#' $U\nsystemctl daemon-reload\n"
        + "rm -rf $B\nrestart\nsleep 2",
        holds="test ! -e /root/written",
        never="-K",
    ),
    Attack(
        "the working directory is /etc",
        "sed -i 's#^WorkingDirectory=.*#WorkingDirectory=/etc#; s#/root/.server-flow/agent-bundle/dist/index.js#/srv/none.js#' $U\n"
        "systemctl daemon-reload\nrestart\nsleep 2",
        holds="test -f /etc/passwd",
        never="mv -T -- /etc ",
    ),
    Attack(
        "the scope leads to somebody's folder",
        "publish /opt/lab/bundle-safe\nmkdir -p /srv/victim/shared\necho precious >/srv/victim/shared/file\n"
        "cp -r /opt/lab/bundle-safe/packages $B/\nrm -rf $B/node_modules/@server-flow\nln -s /srv/victim $B/node_modules/@server-flow\nrestart\nsleep 2",
        holds="grep -q precious /srv/victim/shared/file",
    ),
    Attack(
        "node_modules leads to somebody's folder",
        "mkdir -p /srv/victim/@server-flow/shared\necho precious >/srv/victim/@server-flow/shared/file\n"
        "cp -r /opt/lab/bundle-safe/packages $B/\nrm -rf $B/node_modules\nln -s /srv/victim $B/node_modules\nrestart\nsleep 2",
        holds="grep -q precious /srv/victim/@server-flow/shared/file",
    ),
    Attack(
        "somebody's archive in /tmp",
        USERS
        + "cp -r /opt/lab/bundle /root/evil\necho \"require('fs').writeFileSync('/root/owned', '')\" >/root/evil/dist/index.js\n"
        + "tar -czf $D -C /root/evil .\nchown eve: $D\nrm -rf /root/evil\n"
        + MISSING + "sleep 2",
        holds="test ! -e /root/owned",
        never="/tmp/",
    ),
    Attack(
        "a refused bundle is published",
        "cp -r /opt/lab/bundle /root/bad\nrm -rf /root/bad/node_modules\npublish /root/bad\nrm -r /root/bad\n" + MISSING + "sleep 2",
        intact=True,
    ),
    Attack("nothing is published", MISSING + "sleep 2", intact=True),
    Attack("the control plane is gone", "systemctl stop lab-control-plane\n" + MISSING + "sleep 2", intact=True),
    Attack(
        "a signature is required, and there is none",
        "publish /opt/lab/bundle-safe\n(cd /root && bundle-doctor keygen --no-passphrase -o release)\n" + MISSING + "sleep 2",
        options=("--key", "/root/release.pub.pem"),
        intact=True,
    ),
    Attack(
        "an installation that cannot work",
        "rm $B/node_modules/ws\nmv /opt/lab/store /opt/lab/store.gone\nmv /opt/lab/npm /opt/lab/npm.gone\nrestart\nsleep 2",
        intact=True,
    ),
    Attack(
        "a bundle in /opt",
        USERS
        + "mkdir -p /opt/other; echo x >/opt/other/file\n"
        + moved("/opt/agent-bundle", "agent")
        + "chown -R root: /opt/agent-bundle\nchmod 700 /opt/agent-bundle/dist\nrestart\nsleep 2",
        bundle="/opt/agent-bundle",
        holds="test $(stat -c %U /opt) = root -a $(stat -c %U /opt/other/file) = root",
    ),
    Attack(
        "a customer's service on the port",
        "systemctl stop $A\nprintf '[Service]\\nExecStart=/opt/lab/node -e \"require(\\\\\"net\\\\\").createServer().listen(3001)\"\\n[Install]\\nWantedBy=multi-user.target\\n' "
        ">/etc/systemd/system/customer.service\nsystemctl daemon-reload\nsystemctl enable --now customer\nlistening 3001\nrestart\nsleep 12",
        holds="systemctl is-active customer && systemctl is-enabled customer",
        never="disable|kill ",
    ),
    Attack(
        "a path that is a command",
        "P=\"/opt/a'; touch X; 'b/agent-bundle\"\nmkdir -p \"$(dirname \"$P\")\"\nsystemctl stop $A\ncp -a $B \"$P\"\nrm \"$P/dist/index.js\"\n"
        "printf '[Service]\\nUser=root\\nWorkingDirectory=%s\\nExecStart=/usr/bin/node dist/index.js --url %s\\nRestart=always\\nRestartSec=10\\n' \"$P\" \"$URL\" >$U\n"
        "publish /opt/lab/bundle-safe\nsystemctl daemon-reload\nrestart\nsleep 2",
        bundle="/opt/a'; touch X; 'b/agent-bundle",
        holds="test ! -e /X -a ! -e /root/X -a ! -e /opt/X",
    ),
    Attack(
        "the bundle's folder is a link",
        "mv $B /srv/agent-bundle\nln -s /srv/agent-bundle $B\nrollback\nrm /srv/agent-bundle/dist/index.js\nrestart\nsleep 2",
        holds="test -L $B",
        says="is a link",
    ),
    Attack(
        "the unit is somebody's file",
        USERS + "mv $U /home/eve/unit\nln -s /home/eve/unit $U\nchown eve: /home/eve/unit\n"
        "sed -i 's#agent-bundle$#agent-bundle/apps/agent#' /home/eve/unit\nsystemctl daemon-reload\nrestart\nsleep 2",
        holds="test -L $U",
        says="may be changed by another",
    ),
    Attack(
        "a quoted command with a token",
        f"sed -i 's#^ExecStart=.*#ExecStart=\"/opt/none/node\" \"'$B'/dist/index.js\" --token \"{deployed.TOKEN}\" --url '$URL'#' $U\n"
        "systemctl daemon-reload\nrestart\nsleep 2",
        holds=f"grep -qF 'ExecStart=\"/usr/bin/node\" \"'$B'/dist/index.js\" --token \"{deployed.TOKEN}\" --url '$URL $U",
        mends=True,
    ),
    Attack(
        "a disk of its own that is full",
        "small 90m\nsystemctl stop $A\nhead -c 200m /dev/zero >$S/somebodys-file 2>/dev/null || true\nrestart\nsleep 2",
        holds="test -s $S/somebodys-file",
        never="vacuum|apt-get clean",
    ),
    Attack(
        "the backup is a link to somebody's folder",
        "mv /opt/lab/backup /srv/victim\nln -s /srv/victim $K\n" + MISSING + "sleep 2",
        holds="test -f /srv/victim/package.json -a -L $K",
        says="is a link",
    ),
    Attack(
        "the shared package's source is a link",
        "mkdir -p /srv/victim $B/packages\ncp -r /opt/lab/bundle-safe/packages/shared/. /srv/victim/\nln -s /srv/victim $B/packages/shared\n"
        "rm -rf $B/node_modules/@server-flow\nrestart\nsleep 2",
        holds="test -f /srv/victim/package.json",
    ),
    Attack(
        "the folder above is everyone's",
        # A key in such a folder would be refused before anything is looked at (`signing` has that).
        "rm $S/cp-public-key.pem\nchmod 777 $S\nrollback\n" + MISSING + "sleep 2",
        intact=True,
        says="may be changed by another",
    ),
    Attack(
        "a mounted disk",
        "R=/mnt/disk\nmkdir -p $R/root $R/usr/bin $R/etc/systemd/system\ncp -a $S $R/root/\ncp /usr/bin/node $R/usr/bin/\n"
        "cp /etc/passwd $R/etc/\ncp -a /opt/lab/backup $R$K\nrm $R$B/dist/index.js\n"
        "sed 's#agent-bundle$#agent-bundle/apps/agent#' $U >$R$U",
        options=("--root", "/mnt/disk"),
        bundle="/mnt/disk",
        holds="systemctl is-active $A && ! grep -q apps/agent /mnt/disk$U",
    ),
    Attack(
        "what a fix moved away is offered",
        "mv $B $B.broken-20260101T000000Z\nrestart\nsleep 2",
        says="put aside",
        mends=True,
    ),
)  # fmt: skip


def listing(server: Container) -> dict[str, str]:
    """Every name on the disk with its type, mode, owner, size and link target, and the digest of what is not Node's."""
    moves = " -o ".join(f"-path '{path}*'" for path in MOVES)
    large = " -o ".join(f"-path {path}" for path in LARGE)
    found = server.shell(
        f"find / -ignore_readdir_race \\( {large} \\) -prune -o -printf '%p\\t%y %m %U %G %l\\n'; "
        f"find / \\( {moves} -o -path /usr -o -path '*/node_modules' \\) -prune -o -type f -size -4096k -exec sha256sum {{}} + 2>/dev/null"
        " | sed 's/^\\([0-9a-f]*\\)  \\(.*\\)/\\2#\\t\\1/'",
        timeout=240,
    )
    lines = found.out.decode(errors="replace").splitlines()
    return dict(line.split("\t", 1) for line in lines if "\t" in line and not line.startswith(MOVES))


def one(attack: Attack, suite: str) -> None:
    server = servers.boot(suite)
    try:
        server.shell(deployed.PRELUDE + attack.make, timeout=240, env=deployed.OFFLINE)
        before = listing(server)
        printed = server.run("bundle-doctor", "doctor", "--no-config", *attack.options, timeout=90)
        said = servers.read(server.run("bundle-doctor", "doctor", "--no-config", *attack.options, "--json", timeout=90), printed, 0.0, mounted=True)
        blocks = [diagnosis for diagnosis in said.diagnoses if servers.commands(diagnosis)]
        ran = [servers.paste(server, diagnosis) for diagnosis in blocks]
        told = "\n".join(f"{servers.block(d)}\n→ {r.code}: {r.text[-400:]}" for d, r in zip(blocks, ran))
        changed(attack, before, listing(server), f"{said.brief()}\n{told}")
        texts = "\n".join(step["text"] for d in said.diagnoses for step in d["fix"])
        if attack.says not in texts:
            raise Mismatch(f"`{attack.says}` is not said:\n{texts}")
        commands = "\n".join(c for d in said.diagnoses for c in servers.commands(d))
        if attack.never and re.search(attack.never, commands):
            raise Mismatch(f"`{attack.never}` is in a command:\n{commands}")
        ended = server.run("sh", "-c", deployed.PRELUDE + attack.holds)
        if ended.code != 0:
            raise Mismatch(f"`{attack.holds}` does not hold: {ended.text}\n{told}")
        if attack.mends:
            servers.until(lambda: servers.settled(server), 45, f"the agent is not back\n{told}", server)
    finally:
        server.close()


def changed(attack: Attack, before: dict[str, str], after: dict[str, str], told: str) -> None:
    """Nothing but the bundle, its siblings and the unit; where it has to be intact, not the bundle either."""
    differ = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    may = (UNIT,) if attack.intact else (UNIT, attack.bundle)
    if "--root" in attack.options:
        may = (attack.bundle,)
    above = os.path.dirname(attack.bundle)
    wrong = [path for path in differ if not path.startswith(may) and path.rstrip("#") != above]
    if wrong:
        shown = "\n".join(f"{path}  {before.get(path)} → {after.get(path)}" for path in wrong[:12])
        raise Mismatch(f"{len(wrong)} names have changed:\n{shown}\n{told}")


# A mounted disk, and the telltale in the journal of the machine that looks at it.
DISK = """
R=/mnt/disk
mkdir -p $R/root $R/etc/systemd/system
cp -a $S $R/root/; cp $U $R$U; cp /etc/passwd $R/etc/; rm $R$B/dist/index.js
printf 'console.error("telltale"); process.exit(1);\\n' >$B/dist/index.js
restart; sleep 2; systemctl stop $A; journalctl --sync
"""
# Where the disk's journal is, and the machine's.
PLACES = """
R=/mnt/disk J=/mnt/disk/var/log/journal
for H in /run/log/journal/* /var/log/journal/*; do if [ -e $H/system.journal ]; then break; fi; done
rm -rf $R/var/log; mkdir -p $J
"""
JOURNALS = {
    "a copy": "cp -aL $H $J/",
    "a link to the folder": "ln -s $H $J/",
    "a link to the folder, by dots": "ln -s ../../../../..$H $J/",
    "links to the files": "mkdir $J/${H##*/}; ln -s $H/* $J/${H##*/}/",
    "a folder that is linked above": "rm -rf $R/var/log; ln -s ${H%/journal/*} $R/var/log",
    "a FIFO and a device": "mkdir $J/${H##*/}; mkfifo $J/${H##*/}/system.journal; cp -a /dev/zero $J/${H##*/}/user-0.journal",
}


def journals(suite: str) -> None:
    """Of a mounted disk only that journal is read which is on it."""
    server = servers.boot(suite)
    try:
        server.shell(deployed.PRELUDE + DISK, timeout=120, env=deployed.OFFLINE)
        for name, make in JOURNALS.items():
            server.shell(PLACES + make)
            told = server.run("bundle-doctor", "doctor", "--no-config", "--root", "/mnt/disk", "-v", timeout=60)
            if ("telltale" in told.text) != (name == "a copy"):
                raise Mismatch(f"{name}: {told.text}")
    finally:
        server.close()


def quoting() -> None:
    """Whatever the bytes, each word of a printed command arrives in sh, bash and dash as it was."""
    ran = execute(
        "cargo", "test", "--lib", "--quiet", "--", "--ignored", "each_word_arrives_in_each_shell", cwd=REPO, timeout=1500
    )
    if ran.code != 0 or "1 passed" not in ran.text:
        raise Mismatch(ran.text[-1500:])


def run(part: Part) -> None:
    container.sweep()
    container.roots()
    deployed.layer()
    chosen = [attack for attack in ATTACKS if not ONLY or attack.name.replace(" ", "-") in ONLY]
    jobs = [(attack.name, lambda suite, a=attack: one(a, suite)) for attack in chosen]
    watched = {f"traced: a server {name}": make for name, make in traced.SERVERS.items()}
    jobs += [(name, lambda suite, m=make: traced.one(m, suite)) for name, make in watched.items() if not ONLY or "traced" in ONLY]
    if not ONLY or "journals" in ONLY:
        jobs.append(("the journal of a mounted disk", journals))
    container.spread(part, jobs, AT_ONCE)
    if not ONLY:
        part.case("words in three shells", quoting)
