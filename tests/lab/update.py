"""`bundle-doctor update` on real servers: a bundle that lives runs afterwards, and whatever goes wrong, the old agent goes on.

`UPDATE="name name" tests/lab/run update` runs these and no others, by their words with dashes. Servers are booted seldom: what
must leave the server as it was is tried many times on one of them.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import tarfile
import time
import zlib
from typing import Callable

import container
import deployed
import rehearsals
import repair
import server as servers
from container import Container
from harness import Mismatch, Part, scratch
from rehearsals import Rehearsed

AT_ONCE = int(os.environ.get("LAB_AT_ONCE", "8"))
ONLY = os.environ.get("UPDATE", "").split()
# Of the bundles of `rehearse` one in so many is given to `update`, chosen by its name; `--long` takes all.
ONE_IN = 10
UPDATE = ("bundle-doctor", "update", "--no-config", "--json")
PUBLISHED = f"{deployed.URL}/agent-bundle.tar.gz"
SAFE = "publish /opt/lab/bundle-safe\n"
UNIT = deployed.UNIT_FILE


def update(server: Container, *words: str, env: dict[str, str] | None = None) -> repair.Repaired:
    return repair.read(server.run(*UPDATE, *words, timeout=400, env=deployed.OFFLINE if env is None else env))


def pid(server: Container) -> str:
    return server.run("systemctl", "show", "-p", "MainPID", "--value", deployed.UNIT).text.strip()


def version(server: Container) -> str:
    return json.loads(server.run("cat", f"{deployed.BUNDLE}/package.json").out)["version"]


def runs(server: Container, wanted: str, said: str) -> None:
    """The agent of that version runs, and the control plane sees it."""
    servers.until(lambda: servers.settled(server), 30, f"the agent is not up\n{said}", server)
    seen = [agent["version"] for agent in servers.connections(server)]
    if version(server) != wanted or wanted not in seen:
        raise Mismatch(f"{wanted} was to run, {version(server)} is deployed, the control plane sees {seen}\n{said}")


@dataclasses.dataclass
class Left:
    """An update that must leave everything as it was, and the same process running."""

    name: str
    make: str
    says: str
    words: tuple[str, ...] = (PUBLISHED, "--yes")
    code: int = 1


CUT = SAFE + "cut /opt/lab/public/agent-bundle.tar.gz 900\n"
OLDER = "cp -r /opt/lab/bundle-safe /root/b\nsed -i 's/0.1.27/0.1.25/' /root/b/package.json\npublish /root/b\nrm -r /root/b\n"
KEYS = "test -e /root/release.key || (cd /root && bundle-doctor keygen --no-passphrase -o release)\n"
SIGNED = (
    SAFE
    + KEYS
    + "test -e /root/other.key || (cd /root && bundle-doctor keygen --no-passphrase -o other)\n"
    + "cp /opt/lab/public/agent-bundle.tar.gz /root/b.tar.gz\n(cd /root && bundle-doctor sign --key other.key --force b.tar.gz)\n"
)
LEFT = (
    Left("--dry-run", SAFE, "", (PUBLISHED, "--dry-run"), 0),
    Left("nobody to ask", SAFE, "terminal", (PUBLISHED,), 2),
    Left("nothing is published", "rm -f /opt/lab/public/agent-bundle.tar.gz\n", "404"),
    Left("nobody listens", "", "curl", ("http://127.0.0.1:1/agent-bundle.tar.gz", "--yes")),
    Left("an HTML page", "mkdir -p /opt/lab/public\nprintf '<!DOCTYPE html><html></html>' >/opt/lab/public/agent-bundle.tar.gz\n", "HTML"),
    Left("a download that is cut", CUT, "refuses"),
    Left("an older one", OLDER, "--allow-downgrade"),
    Left("no signature", SAFE + KEYS, "signature", (PUBLISHED, "--yes", "--key", "/root/release.pub.pem")),
    Left("another's signature", SIGNED, "signature", ("/root/b.tar.gz", "--yes", "--key", "/root/release.pub.pem")),
    Left("a folder", "", "regular file", ("/opt/lab/bundle-safe", "--yes"), 2),
    Left("a file that is not there", "", "cannot open", ("/root/none.tar.gz", "--yes"), 2),
    Left("an address with a password", "", "plain http", ("http://user:word@127.0.0.1:4000/agent-bundle.tar.gz", "--yes"), 2),
    Left("a file of this machine's as an address", "", "plain http", ("file:///etc/passwd", "--yes"), 2),
    Left("a FIFO", "mkfifo /root/fifo\n", "regular file", ("/root/fifo", "--yes"), 2),
    Left("a link of another's to what only root may read", "useradd -m eve\nln -s /etc/shadow /home/eve/b.tar.gz\nchown -h eve: /home/eve/b.tar.gz\n",
         "only its owner may read", ("/home/eve/b.tar.gz", "--yes"), 2),
    Left("no such unit", SAFE, "no unit", (PUBLISHED, "--yes", "--unit", "other.service"), 2),
    Left("the same again", "publish /opt/lab/same\n", "0.1.26 is deployed already", code=0),
    Left("a bundle that dies", "rm -rf /root/b\ncp -r /opt/lab/bundle-safe /root/b\n"
         "sed -i '1i if (process.uptime() >= 0) process.exit(3);' /root/b/dist/index.js\npublish /root/b\nrm -r /root/b\n", "dies"),
)


def left(server: Container, case: Left) -> None:
    server.shell(deployed.PRELUDE + case.make, env=deployed.OFFLINE)
    before, process = repair.listed(server), pid(server)
    done = update(server, *case.words)
    after = repair.listed(server)
    repair.same(before, after, done.brief())
    if done.code != case.code:
        raise Mismatch(f"exit {case.code} expected: {done.brief()}")
    if pid(server) != process:
        raise Mismatch(f"another process runs: {done.brief()}")
    if case.says not in done.ran.text:
        raise Mismatch(f"`{case.says}` is not said: {done.brief()}")


def on_one_server(cases: list[tuple[str, Callable[[Container], None]]], make: str) -> Callable[[str], list[tuple[str, Exception | None]]]:
    """Tries all of them on one server; what came of each."""

    def run(suite: str) -> list[tuple[str, Exception | None]]:
        server = repair.made(suite, make)
        came: list[tuple[str, Exception | None]] = []
        try:
            servers.until(lambda: servers.settled(server), 40, "the agent is not up", server)
            for name, case in cases:
                try:
                    case(server)
                    came.append((name, None))
                except Exception as reason:  # the others are still tried
                    came.append((name, reason))
        finally:
            server.close()
        return came

    return run


SAME = "cp -r /opt/lab/bundle-safe /opt/lab/same\nsed -i 's/0.1.27/0.1.26/' /opt/lab/same/package.json\n"


def offered(bundle: Rehearsed, server: Container) -> None:
    """A bundle of the rehearsals: it runs afterwards, or the old agent does and the reason is given."""
    with scratch(f"offered-{zlib.crc32(bundle.name.encode())}") as folder:
        rehearsals.build(bundle, folder / "bundle")
        with tarfile.open(folder / "b.tar.gz", "w:gz") as tar:
            tar.add(folder / "bundle", ".")
        server.path("/root/corpus.tar.gz").write_bytes((folder / "b.tar.gz").read_bytes())
    before, process = repair.listed(server), pid(server)
    # Each is as new as the last one that was taken.
    done = update(server, "/root/corpus.tar.gz", "--yes", "--allow-downgrade")
    if done.code == 0:
        if done.document["verdict"] != "updated" or pid(server) == process:
            raise Mismatch(f"another process was to run: {done.brief()}")
        if server.run("systemctl", "is-active", deployed.UNIT).code != 0:
            raise Mismatch(f"nothing runs: {done.brief()}")
        # Back to the agent that the others are tried against.
        undone = update(server, "--undo", "--yes")
        if undone.code != 0 or undone.document["verdict"] != "undone":
            raise Mismatch(f"--undo: {undone.brief()}")
        servers.until(lambda: servers.settled(server), 40, "the old agent is not back", server)
        repair.as_it_was(before, repair.listed(server), f"--undo\n{undone.brief()}")
        return
    if done.code != 1 or not done.document["why"]:
        raise Mismatch(f"exit 1 and why expected: {done.brief()}")
    repair.as_it_was(before, repair.listed(server), done.brief())
    if not server.run("systemctl", "is-active", deployed.UNIT).code == 0:
        raise Mismatch(f"the old agent does not run: {done.brief()}")


@dataclasses.dataclass
class Taken:
    """An update that is taken."""

    name: str
    make: str
    holds: str = ""
    words: tuple[str, ...] = (PUBLISHED, "--yes")
    wanted: str = deployed.NEXT
    suite: str = ""


NESTED = f"cat >$U <<'END'\n{deployed.NESTED_UNIT}END\nsystemctl daemon-reload\nrestart\n"
# In a folder above, pnpm's workspace, into which an installation of the agent's must not go.
WORKSPACE = "printf 'packages: [\".server-flow/**\"]\\n' >/root/pnpm-workspace.yaml\necho '{}' >/root/package.json\n"
TAKEN = (
    Taken("it is kept as the backup", SAFE, f"grep -q '\"{deployed.VERSION}\"' $K/package.json"),
    Taken("the backup before it is kept, too", SAFE + "rollback\n", f"ls -d $K.broken-*\ngrep -q '\"{deployed.VERSION}\"' $K/package.json"),
    Taken("the old layout's unit with its token", SAFE + NESTED, f"grep -q 'WorkingDirectory={deployed.BUNDLE}$' $U\ngrep -q -- '--token {deployed.TOKEN}' $U"),
    Taken(
        "a drop-in that overrides the command",
        SAFE + f"dropin own.conf Service ExecStart= 'ExecStart=/usr/bin/node {deployed.BUNDLE}/apps/agent/dist/index.js --url {deployed.URL}'\n",
    ),
    Taken("a broken bundle is mended by it", SAFE + WORKSPACE + "rm -r $B/dist\nrestart\nrollback\n", "test -e $K/dist/index.js\nls -d $B.broken-*"),
    Taken("a signed file", SIGNED.replace("other.key --force", "release.key --force"), "", ("/root/b.tar.gz", "--yes", "--key", "/root/release.pub.pem")),
    Taken("an older one that is wanted", OLDER, "", (PUBLISHED, "--yes", "--allow-downgrade"), "0.1.25"),
)


def taken(case: Taken, suite: str) -> None:
    server = repair.made(suite, case.make)
    try:
        unit = server.run("cat", UNIT).out
        before = repair.listed(server)
        done = update(server, *case.words)
        if done.code != 0 or done.document["verdict"] != "updated" or done.document["to"] != case.wanted:
            raise Mismatch(done.brief())
        runs(server, case.wanted, done.brief())
        if "$U" not in case.holds and "dropin" not in case.make and server.run("cat", UNIT).out != unit:
            raise Mismatch(f"the unit has changed: {done.brief()}")
        if case.holds:
            server.shell(deployed.PRELUDE + case.holds)
        undone = update(server, "--undo", "--yes")
        repair.as_it_was(before, repair.listed(server), f"--undo\n{undone.brief()}")
    finally:
        server.close()


LATE = (
    "cp -r /opt/lab/bundle-safe /root/b\nprintf 'setTimeout(() => process.exit(3), 11000);\\n' >>/root/b/dist/index.js\n"
    "publish /root/b\nrm -r /root/b\n"
)


def taken_back(make: str, suite: str) -> None:
    """It cannot stay: the old agent is back, shown to be connected."""
    server = repair.made(suite, make)
    try:
        before = repair.listed(server)
        done = update(server, PUBLISHED, "--yes")
        if done.code != 1 or done.document["verdict"] != "not-updated":
            raise Mismatch(done.brief())
        repair.as_it_was(before, repair.listed(server), done.brief())
        runs(server, deployed.VERSION, done.brief())
    finally:
        server.close()


def old_one_is_broken(suite: str) -> None:
    """An agent that ran from memory alone does not come up again: that is said, and both bundles are kept and named."""
    server = repair.made(suite, LATE + "rm -r $B/node_modules/ws\n")
    try:
        done = update(server, PUBLISHED, "--yes")
        said = " ".join(done.document.get("why", []))
        if done.code != 1 or "does not come up again" not in said:
            raise Mismatch(done.brief())
        named = re.findall(r"/root/[^\s;:,]*agent-bundle[^\s;:,]*", said)
        there = [path for path in {*named} if server.run("test", "-e", f"{path}/dist/index.js").code == 0]
        if deployed.BUNDLE not in there or not any(repair.TRIED.search(path) for path in there):
            raise Mismatch(f"both bundles are to be kept and named, these are: {there}\n{done.brief()}")
        if version(server) != deployed.VERSION:
            raise Mismatch(f"{version(server)} is deployed: {done.brief()}")
    finally:
        server.close()


NPMRC = "".join(f"{name.removeprefix('npm_config_').replace('_', '-')}={value}\n" for name, value in deployed.OFFLINE.items())


def from_within(suite: str) -> None:
    """The agent itself calls it, as its UPDATE_AGENT may: it outlives the restart, and nothing of the agent's environment comes along."""
    call = f"#!/bin/sh\nHOME=/nowhere PATH=/nowhere:$PATH exec bundle-doctor update {PUBLISHED} --yes --no-config\n"
    server = repair.made(suite, SAFE + f"cat >/root/.npmrc <<'END'\n{NPMRC}END\ncat >/opt/lab/application <<'END'\n{call}END\nchmod +x /opt/lab/application\n")
    try:
        servers.until(lambda: servers.settled(server), 40, "the agent is not up", server)
        process = pid(server)
        server.run("systemctl", "kill", "-s", "USR2", "lab-control-plane")
        told = lambda: server.run("sh", "-c", "journalctl --no-pager -o short -n 60 | grep -v systemd").text[-2500:]
        deadline = time.monotonic() + 120
        while pid(server) == process and time.monotonic() < deadline:
            time.sleep(0.5)
        servers.until(lambda: "is updated" in told(), 60, "it is not said to be updated", server)
        runs(server, deployed.NEXT, told())
        if "it goes on as" not in told() and "it goes on as" not in server.run("journalctl", "-o", "cat", "-u", deployed.UNIT).text:
            raise Mismatch(f"it does not say where it goes on: {told()}")
    finally:
        server.close()


# What is typed after a kill, and servers on which it is killed: one of them with a backup that is in the way.
UNDO, AGAIN = ("--undo", "--yes"), (PUBLISHED, "--yes")
KILLED = {"plain": SAFE, "a backup": SAFE + "rollback\n"}


def killed(make: str, moment: Callable[[Container], None], how: tuple[str, ...], suite: str) -> None:
    """Killed at that moment; then `--undo` brings the old agent back, or another update the new one."""
    server = repair.made(suite, make)
    try:
        servers.until(lambda: servers.settled(server), 40, "the agent is not up", server)
        before = repair.listed(server)
        server.run("sh", "-c", f"exec setsid {' '.join(UPDATE)} {PUBLISHED} --yes >/run/update.out 2>&1 & echo $! >/run/update.pid", env=deployed.OFFLINE)
        moment(server)
        server.run("sh", "-c", "kill -KILL $(cat /run/update.pid) 2>/dev/null; sleep 0.3")
        told = server.run("cat", "/run/update.out").text[-900:]
        done = update(server, *how)
        if done.code != 0:
            raise Mismatch(f"{done.brief()}\nkilled: {told}")
        if "--undo" in how:
            repair.as_it_was(before, repair.listed(server), f"{done.brief()}\nkilled: {told}")
        runs(server, deployed.VERSION if "--undo" in how else deployed.NEXT, f"{done.brief()}\nkilled: {told}")
    finally:
        server.close()


def two_at_once(suite: str) -> None:
    server = repair.made(suite, SAFE)
    try:
        server.run("sh", "-c", f"{' '.join(UPDATE)} {PUBLISHED} --yes >/run/one 2>&1 & echo $! >/run/one.pid", env=deployed.OFFLINE)
        repair.at_state("preparing")(server)
        second = update(server, PUBLISHED, "--yes")
        if second.code != 2 or "at work" not in second.document["error"]["message"]:
            raise Mismatch(second.brief())
        servers.until(lambda: server.run("sh", "-c", "kill -0 $(cat /run/one.pid)").code != 0, 120, "the first does not end", server)
        runs(server, deployed.NEXT, server.run("cat", "/run/one").text)
    finally:
        server.close()


def jobs(long: bool) -> list[tuple[str, Callable[[str], object]]]:
    corpus = [one for one in (*rehearsals.MODULES, *rehearsals.UPDATES) if long or zlib.crc32(one.name.encode()) % ONE_IN == 0]
    many: list[tuple[str, Callable[[str], object]]] = []
    cases = [(case.name, lambda server, c=case: left(server, c)) for case in LEFT]
    many.append(("what leaves everything as it was", on_one_server(cases, SAME)))
    for first in range(3):
        some = [(f"rehearsal: {one.name}", lambda server, o=one: offered(o, server)) for one in corpus[first::3]]
        many.append((f"the corpus, {first + 1}", on_one_server(some, "")))
    many += [(case.name, lambda suite, c=case: taken(c, suite)) for case in TAKEN]
    many.append(("a bundle that dies once it is connected", lambda suite: taken_back(LATE, suite)))
    many.append(("the old one does not come up again", old_one_is_broken))
    full = "small 60m\n" + SAFE + "head -c 200m /dev/zero >$S/somebodys 2>/dev/null || true\n"
    many.append(("a full disk", lambda suite: taken_back(full, suite)))
    many.append(("called from the service's cgroup", from_within))
    moments = [(*state, "plain", how) for state in repair.STATES for how in (UNDO, AGAIN)]
    for words, moment, name, how in moments if long or ONLY else moments[2:3]:
        many.append((f"killed {words}, then {how[0][:6]}", lambda suite, m=KILLED[name], t=moment, h=how: killed(m, t, h, suite)))
    for name, how, seconds in repair.kills(long, tuple(KILLED), (UNDO, AGAIN), 2):
        title = f"killed after {seconds:.2f} s, {name}, then {how[0][:6]}"
        many.append((title, lambda suite, m=KILLED[name], t=repair.after(seconds), h=how: killed(m, t, h, suite)))
    many.append(("two at once", two_at_once))
    return many


def run(part: Part) -> None:
    container.sweep()
    container.roots()
    deployed.layer()
    chosen = [(name, job) for name, job in jobs(part.long) if not ONLY or any(word in name.replace(" ", "-") for word in ONLY)]
    container.spread(part, chosen, AT_ONCE, lambda name, came: report(part, name, came))


def report(part: Part, name: str, came: object) -> None:
    """Counts each case of a server by itself."""
    for title, reason in came if isinstance(came, list) else []:
        def one(reason: Exception | None = reason) -> None:
            if reason:
                raise reason
        part.case(f"{title}; {name}", one)
