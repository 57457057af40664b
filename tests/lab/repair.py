"""`bundle-doctor repair` on real servers: it mends what it says it mends, and whatever goes wrong, the server is as it was.

`REPAIR="name name" tests/lab/run repair` runs these and no others; a scenario goes by its name, the others by their words with
dashes. What `repair` refuses is listed here, with the reason that it gives.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import re
import subprocess
import time
import zlib
from typing import Callable

import container
import deployed
import harm
import server as servers
from container import Container
from harness import Mismatch, Part, Ran
from scenario import Fix, Scenario, is_taken
from scenarios import SCENARIOS

AT_ONCE = int(os.environ.get("LAB_AT_ONCE", "8"))
# Of the scenarios of `server` one in so many is mended here, chosen by its name; `--long` mends all.
ONE_IN = 4
ONLY = os.environ.get("REPAIR", "").split()
JOURNALS = "/var/lib/bundle-doctor"
REPAIR = ("bundle-doctor", "repair", "--no-config", "--yes", "--json")

# What is not carried out: it changes what is not the agent's, or nobody but a person can do it.
REFUSES = {
    "apt-get": "the system's packages",
    "useradd": "the system's users",
    "groupadd": "the system's groups",
    "chmod": "modes of what is not below the bundle, or is its user's",
    "mount": "how a disk is mounted",
    "sysctl": "the kernel's limits",
    "rm -rf": "what is removed cannot be put back",
    "sed -i": "a program that is not the agent's",
}


@dataclasses.dataclass
class Repaired:
    """What one run of repair said."""

    ran: Ran
    document: dict

    @property
    def code(self) -> int:
        return self.ran.code

    def brief(self) -> str:
        shown = self.document.get("error", {}).get("message") or " · ".join(self.document.get("why", []))
        return f"exit {self.code}, {self.document.get('verdict')}: {shown}\n{self.ran.err.decode(errors='replace')[-1500:]}"


def read(ran: Ran) -> Repaired:
    for secret in deployed.SECRETS:
        if secret in ran.text:
            raise Mismatch(f"a secret comes out: {next(line for line in ran.text.splitlines() if secret in line)[:300]}")
    try:
        return Repaired(ran, json.loads(ran.out))
    except ValueError as reason:
        raise Mismatch(f"no document, exit {ran.code}: {ran.text[-1500:]}") from reason


def repair(server: Container, *more: str) -> Repaired:
    return read(server.run(*REPAIR, *more, timeout=400, env=deployed.OFFLINE))


def made(suite: str, make: str, settle: float = 3) -> Container:
    server = servers.boot(suite)
    try:
        if make:
            server.shell(deployed.PRELUDE + make, timeout=240, env=deployed.OFFLINE)
        time.sleep(settle)
    except BaseException:
        server.close()
        raise
    return server


# What the agents of two scenarios write at each of their deaths.
LAST_WORDS = ("/root/.server-flow/agent-bundle/crash.log", "/var/tmp/x/real.log")


def listed(server: Container) -> dict[str, str]:
    """The whole disk but what repair itself keeps, and what a dying agent writes."""
    return {path: found for path, found in harm.listing(server).items() if not path.startswith((JOURNALS, *LAST_WORDS))}


def differ(before: dict[str, str], after: dict[str, str], may: tuple[str, ...] = ()) -> list[str]:
    paths = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return [path for path in paths if not (may and path.startswith(may))]


def same(before: dict[str, str], after: dict[str, str], told: str, may: tuple[str, ...] = ()) -> None:
    wrong = differ(before, after, may)
    if wrong:
        shown = "\n".join(f"{path}  {before.get(path)} → {after.get(path)}" for path in wrong[:12])
        raise Mismatch(f"{len(wrong)} names have changed:\n{shown}\n{told}")


# What a repair that did not help leaves beside the bundle, named in its report.
TRIED = re.compile(r"agent-bundle\.failed-")


def as_it_was(before: dict[str, str], after: dict[str, str], told: str) -> None:
    kept = {path: found for path, found in after.items() if not TRIED.search(path)}
    same(before, kept, told)


def mended(scenario: Scenario, suite: str) -> None:
    """Mended, or refused with a reason and nothing changed; what was mended is put back by --undo."""
    server = made(suite, scenario.make, scenario.settle)
    try:
        if scenario.reboot:
            server.power_off()
            server.boot()
            time.sleep(scenario.settle)
        before = listed(server)
        unit = ("--unit", scenario.unit) if scenario.unit else ()
        dry = read(server.run(*REPAIR[:3], "--dry-run", "--json", *unit, timeout=120))
        same(before, listed(server), f"--dry-run\n{dry.brief()}")
        done = repair(server, *unit)
        if done.code == 2:
            message = done.document["error"]["message"]
            same(before, listed(server), done.brief())
            if not any(word in message for word in REFUSES) and scenario.fix is Fix.BACK:
                raise Mismatch(f"refused: {message}")
            if scenario.fix is Fix.BACK:
                by_hand(server, done.document["error"].get("help") or "", scenario)
            return
        if done.code != 0 and scenario.fix is Fix.NONE:
            as_it_was(before, listed(server), done.brief())
            return
        if done.code != 0:
            raise Mismatch(done.brief())
        if done.document["verdict"] == "repaired":
            servers.until(lambda: servers.settled(server, scenario.unit or deployed.UNIT), 20, f"the agent is not back\n{done.brief()}", server)
            again = servers.ask(server, scenario)
            if again.code != 0:
                raise Mismatch(f"{done.brief()}\nand then:\n{again.brief()}")
            undone = repair(server, "--undo", *unit)
            as_it_was(before, listed(server), f"--undo\n{undone.brief()}")
    finally:
        server.close()


def by_hand(server: Container, said: str, scenario: Scenario) -> None:
    """What is printed instead can be pasted as it is, and mends it."""
    _, start, block = said.partition("( set -e\n")
    ran = server.run("sh", "-c", start + block, env=deployed.OFFLINE, timeout=240)
    if not start or ran.code != 0:
        raise Mismatch(f"pasted, it exits {ran.code}: {ran.text[-600:]}\n{said}")
    servers.until(lambda: servers.settled(server, scenario.unit or deployed.UNIT), 45, f"the agent is not back\n{said}", server)


SAFE = "publish /opt/lab/bundle-safe\n"
REFUSED = "cp -r /opt/lab/bundle /root/bad\nrm -rf /root/bad/node_modules\npublish /root/bad\nrm -r /root/bad\n"
MISSING = "rm $B/dist/index.js\nrestart\n"


@dataclasses.dataclass
class Unlucky:
    """A repair that cannot work: the server is as it was."""

    name: str
    make: str
    says: str
    options: tuple[str, ...] = ()


UNLUCKY = (
    Unlucky("the network is gone", MISSING + "systemctl stop lab-control-plane\n", "curl"),
    Unlucky("nothing is published", MISSING, "curl"),
    Unlucky(
        "a refused bundle is published",
        REFUSED + MISSING,
        "refuses",
    ),
    Unlucky(
        "a bundle that dies is published",
        "cp -r /opt/lab/bundle-safe /root/bad\nsed -i '1i if (process.uptime() >= 0) process.exit(3);' /root/bad/dist/index.js\n"
        "publish /root/bad\nrm -r /root/bad\n" + MISSING,
        "dies",
    ),
    Unlucky(
        "a bundle that dies once it is connected is published",
        "cp -r /opt/lab/bundle-safe /root/bad\nprintf 'setTimeout(() => process.exit(3), 11000);\\n' >>/root/bad/dist/index.js\n"
        "publish /root/bad\nrm -r /root/bad\n" + MISSING,
        "",
    ),
    Unlucky("a full disk", "small 60m\n" + SAFE + MISSING + "head -c 200m /dev/zero >$S/somebodys 2>/dev/null || true\n", ""),
    Unlucky(
        "a signature is required, and there is none",
        SAFE + "(cd /root && bundle-doctor keygen --no-passphrase -o release)\n" + MISSING,
        "signature",
        ("--key", "/root/release.pub.pem"),
    ),
    Unlucky(
        "an installation that cannot work",
        "rm -r $B/node_modules/ws\nmv /opt/lab/store /opt/lab/store.gone\nmv /opt/lab/npm /opt/lab/npm.gone\nrestart\n",
        "",
    ),
)


# What a unit gives its agent has to be there when a bundle is started once; an installation writes below its own user's home.
MOVED = (
    "useradd --system --create-home serverflow\ncp -a $S /srv/server-flow\nchown -R serverflow: /srv/server-flow\n"
    "change 's/^User=.*/User=serverflow/; s#/root/.server-flow#/srv/server-flow#'\nsystemctl daemon-reload\nrestart\n"
)
NEEDS = "cp -r /opt/lab/bundle-safe /root/needs\nsed -i '1i if (!process.env.LAB_NEEDED) process.exit(3);' /root/needs/dist/index.js\n"
PARTICULAR = (
    Scenario(
        "a bundle that needs a variable of the unit",
        "entry-point-missing",
        # With a pnpm that fails, too: npm is the other one of step 5.
        NEEDS + "publish /root/needs\nrm -r /root/needs\ndropin needed.conf Service Environment=LAB_NEEDED=yes\n"
        "rm /usr/bin/pnpm\nprintf '#!/bin/sh\\nexit 3\\n' >/usr/bin/pnpm\nchmod 755 /usr/bin/pnpm\n" + MISSING,
    ),
    Scenario(
        "a bundle that needs a variable of a file",
        "entry-point-missing",
        NEEDS + "publish /root/needs\nrm -r /root/needs\nprintf 'LAB_NEEDED=\"a b\"\\n' >/etc/default/agent\nchmod 600 /etc/default/agent\n"
        "dropin needed.conf Service EnvironmentFile=-/etc/default/agent\n" + MISSING,
    ),
    Scenario("packages of a user", "dependencies-not-installed", MOVED + "rm -r /srv/server-flow/agent-bundle/node_modules/ws\nrestart\n"),
    Scenario(
        "files of root for a user",
        "permission-denied",
        MOVED + "chown -R root: /srv/server-flow\nchmod 755 /srv/server-flow\nchmod 600 /srv/server-flow/registration.json\nchmod 700 /srv/server-flow/agent-bundle/dist\n"
        "ln -s /etc/shadow /srv/server-flow/agent-key.json.link\nrestart\n",
    ),
)


def unlucky(case: Unlucky, suite: str) -> None:
    server = made(suite, case.make)
    try:
        before = listed(server)
        done = repair(server, *case.options)
        if done.code not in (1, 2):
            raise Mismatch(done.brief())
        as_it_was(before, listed(server), done.brief())
        said = done.brief()
        if case.says not in said:
            raise Mismatch(f"`{case.says}` is not said: {said}")
    finally:
        server.close()


# What may go wrong beside a fault that can be cured: what is done before the fault is made, and after.
ADVERSITIES = {
    "without a network": ("", "systemctl stop lab-control-plane\n"),
    "with nothing published": ("", "rm -f /opt/lab/public/agent-bundle.tar.gz\n"),
    "with a bundle published that is refused": ("", REFUSED),
    "with a full disk": ("small 400m\n", "head -c 600m /dev/zero >$S/somebodys 2>/dev/null || true\n"),
}


def pairs(long: bool) -> list[tuple[Scenario, str]]:
    """The servers that can be mended, each in CI in one adversity or none, chosen by its name; `LAB_PAIRS=N` takes N others."""
    curable = [s for s in SCENARIOS if s.booted and s.cause and s.fix is Fix.BACK and not s.user and not s.options and not s.reboot]
    all_of_them = [(scenario, number, words) for scenario in curable for number, words in enumerate(ADVERSITIES)]
    in_ci = lambda scenario, number: zlib.crc32(scenario.name.encode()) % (len(ADVERSITIES) * ONE_IN) == number  # noqa: E731
    if many := int(os.environ.get("LAB_PAIRS") or 0):
        others = [(scenario, words) for scenario, number, words in all_of_them if not in_ci(scenario, number)]
        return random.Random(int(os.environ.get("LAB_SEED", "17"))).sample(others, many)
    return [(scenario, words) for scenario, number, words in all_of_them if long or ONLY or (is_taken(scenario, False) and in_ci(scenario, number))]


def in_adversity(scenario: Scenario, before: str, behind: str, suite: str) -> None:
    """Mended all the same, where nothing is needed that is not there; else the server is as it was, and why is said."""
    server = made(suite, f"{before}{scenario.make}\n{behind}", scenario.settle)
    try:
        unit = ("--unit", scenario.unit) if scenario.unit else ()
        was = listed(server)
        done = repair(server, *unit)
        if done.code == 0 and done.document["verdict"] == "repaired":
            again = servers.ask(server, scenario)
            if again.code != 0:
                raise Mismatch(f"{done.brief()}\nand then:\n{again.brief()}")
            return
        as_it_was(was, listed(server), done.brief())
        if not (done.document.get("why") or done.document.get("error")) and done.document["verdict"] != "nothing-to-do":
            raise Mismatch(f"it does not say why: {done.brief()}")
    finally:
        server.close()


def attacked(attack: harm.Attack, suite: str) -> None:
    """What pasting must not do, repair must not do either."""
    server = servers.boot(suite)
    try:
        server.shell(deployed.PRELUDE + attack.make, timeout=240, env=deployed.OFFLINE)
        before = listed(server)
        done = repair(server, *attack.options)
        harm.changed(attack, before, listed(server), done.brief())
        ended = server.run("sh", "-c", deployed.PRELUDE + attack.holds)
        if ended.code != 0:
            raise Mismatch(f"`{attack.holds}` does not hold: {ended.text}\n{done.brief()}")
        if attack.mends and done.code != 0:
            raise Mismatch(done.brief())
    finally:
        server.close()


def start(server: Container) -> subprocess.Popen[bytes]:
    return server.popen(*REPAIR, env=deployed.OFFLINE)


# Servers on which it is killed: a bundle that is fetched, a unit and a bundle, a backup.
KILLED = {
    "fetched": SAFE + MISSING,
    "unit": "sed -i 's#agent-bundle$#agent-bundle/apps/agent#' $U\nsystemctl daemon-reload\nrestart\n",
    "backup": "rollback\n" + MISSING,
}


def killed(make: str, moment: Callable[[Container], None], how: tuple[str, ...], suite: str) -> None:
    """Killed at that moment; then `--undo` puts everything back, or another repair mends it."""
    server = made(suite, make)
    try:
        before = listed(server)
        server.run("sh", "-c", "exec setsid " + " ".join(REPAIR) + " >/run/repair.out 2>/run/repair.err & echo $! >/run/repair.pid", env=deployed.OFFLINE)
        moment(server)
        # The child takes the number of the shell, and its group the children.
        server.run("sh", "-c", "kill -KILL -$(cat /run/repair.pid) $(cat /run/repair.pid) 2>/dev/null; sleep 0.3")
        told = server.run("sh", "-c", f"cat /run/repair.err /run/repair.out; cat {JOURNALS}/*.json | tail -40").text[-2500:]
        done = repair(server, *how)
        if "--undo" in how:
            if done.document["verdict"] not in ("undone", "nothing-to-do"):
                raise Mismatch(f"{done.brief()}\nkilled: {told}")
            left = {p: f for p, f in listed(server).items() if not TRIED.search(p)}
            same(before, left, f"{done.brief()}\nkilled: {told}")
        elif done.code != 0:
            raise Mismatch(f"{done.brief()}\nkilled: {told}")
        else:
            servers.until(lambda: servers.settled(server), 30, f"the agent is not back\n{done.brief()}\nkilled: {told}", server)
    finally:
        server.close()


def undo_killed(make: str, seconds: float, suite: str) -> None:
    """Repaired, and killed while that is taken back: the next `--undo` finishes it."""
    server = made(suite, make)
    try:
        before = listed(server)
        done = repair(server)
        if done.code != 0:
            raise Mismatch(done.brief())
        words = " ".join((*REPAIR, "--undo"))
        server.run("sh", "-c", f"exec setsid {words} >/run/undo.out 2>&1 & echo $! >/run/undo.pid", env=deployed.OFFLINE)
        time.sleep(seconds)
        server.run("sh", "-c", "kill -KILL -$(cat /run/undo.pid) $(cat /run/undo.pid) 2>/dev/null; sleep 0.3")
        told = server.run("sh", "-c", f"cat /run/undo.out; cat {JOURNALS}/*.json | tail -40").text[-2500:]
        again = repair(server, "--undo")
        if again.document["verdict"] not in ("undone", "nothing-to-do"):
            raise Mismatch(f"{again.brief()}\nkilled: {told}")
        as_it_was(before, listed(server), f"{again.brief()}\nkilled: {told}")
    finally:
        server.close()


def at_state(state: str) -> Callable[[Container], None]:
    def moment(server: Container) -> None:
        words = f"i=0; while ! grep -qs {state} {JOURNALS}/repair-*.json && test $i -lt 1500; do i=$((i+1)); sleep 0.02; done"
        server.run("sh", "-c", words, timeout=120)

    return moment


def at_trial(server: Container) -> None:
    """When the new bundle is started once, by a unit that outlives whoever asked for it."""
    words = "i=0; while ! systemctl list-units --no-legend 'bundle-doctor-trial-*' | grep -q running && test $i -lt 1500; do i=$((i+1)); sleep 0.02; done"
    server.run("sh", "-c", words, timeout=120)


def after(seconds: float) -> Callable[[Container], None]:
    return lambda server: time.sleep(seconds)


UNIT = deployed.UNIT_FILE
NESTED = "sed -i 's#agent-bundle$#agent-bundle/apps/agent#' $U\nsystemctl daemon-reload\nrestart\n"


def undone_after_changes(suite: str) -> None:
    """What an administrator has added to a mended unit is kept when that is taken back; another's unit in its place is left."""
    server = made(suite, NESTED)
    try:
        for is_edited in (True, False):
            done = repair(server)
            if done.code != 0:
                raise Mismatch(done.brief())
            server.shell(f"echo '# theirs' >>{UNIT}" if is_edited else f"cp {UNIT} /root/unit\nmv /root/unit {UNIT}")
            before = listed(server)
            undone = repair(server, "--undo")
            if not is_edited:
                same(before, listed(server), undone.brief())
                if undone.code != 2 or "cannot be taken back" not in undone.document["error"]["message"]:
                    raise Mismatch(undone.brief())
                continue
            kept = "".join(undone.document["kept"])
            if undone.code != 0 or server.run("grep", "-c", "theirs", kept).code != 0 or "apps/agent" not in server.run("cat", UNIT).text:
                raise Mismatch(f"{undone.brief()}\nkept: {kept}")
    finally:
        server.close()


def redeployed(suite: str) -> None:
    """Killed, and then somebody deploys by hand: what is theirs is left, and no later repair stumbles over it."""
    server = made(suite, SAFE + MISSING)
    try:
        server.run("sh", "-c", "exec setsid " + " ".join(REPAIR) + " >/dev/null 2>&1 & echo $! >/run/repair.pid", env=deployed.OFFLINE)
        at_state("watching")(server)
        server.run("sh", "-c", "kill -KILL $(cat /run/repair.pid); sleep 0.3")
        server.shell(deployed.PRELUDE + "mv $B $K\ncp -a /opt/lab/backup $B\nrm $B/dist/index.js\nrestart\n")
        for _ in range(2):
            done = repair(server)
            if done.code != 0:
                raise Mismatch(done.brief())
    finally:
        server.close()


def two_at_once(suite: str) -> None:
    server = made(suite, SAFE + MISSING)
    try:
        server.run("sh", "-c", " ".join(REPAIR) + " >/run/one 2>&1 & echo $! >/run/one.pid", env=deployed.OFFLINE)
        at_state("preparing")(server)
        second = repair(server)
        if second.code != 2 or "another repair" not in second.document["error"]["message"]:
            raise Mismatch(second.brief())
        servers.until(lambda: server.run("sh", "-c", "kill -0 $(cat /run/one.pid)").code != 0, 120, "the first does not end", server)
        servers.until(lambda: servers.settled(server), 30, "the agent is not back", server)
    finally:
        server.close()


def nobody_to_ask(suite: str) -> None:
    """Without a terminal and without --yes nothing is done; nor by another than root."""
    server = made(suite, MISSING)
    try:
        before = harm.listing(server)
        for words, user in ((("bundle-doctor", "repair", "--no-config"), None), (REPAIR, "daemon")):
            ran = server.run(*words, user=user, env={"HOME": "/"} if user else {})
            if ran.code != 2:
                raise Mismatch(ran.text)
        same(before, harm.listing(server), "nothing was to be done")
    finally:
        server.close()


# Ctrl-C once the file `{file}` holds these words; what is on the screen then, and the code. What is typed stands in
# a file, since `script` begins the screen with the command that it was given.
PRESSED = """
rm -f /run/asked; : >/run/screen
echo 'trap : INT; {command}; echo "code $?"' >/run/typed
await() {{ n=0; until grep -q "$1" "$2" || [ $n = 900 ]; do sleep 0.1; n=$((n+1)); done; }}
( await '{sees}' {file}; printf '\\003'; await '^code' /run/screen ) |
  script -qefc 'exec sh /run/typed' /run/screen >/dev/null
cat /run/screen
"""

# The server's systemctl, which tells that it was asked, and then takes its time while `/run/slow` is there.
SLOW = """
mv /usr/bin/systemctl /usr/bin/systemctl.own
cat >/usr/bin/systemctl <<'END'
#!/bin/sh
[ ! -e /run/slow ] || { echo asked >/run/asked; sleep 2; }
exec /usr/bin/systemctl.own "$@"
END
chmod 755 /usr/bin/systemctl
"""


def interrupted(suite: str) -> None:
    """Ctrl-C at the question, and while a dry run looks: one line and 130, and nothing was done."""
    server = made(suite, SAFE + MISSING)
    try:
        server.shell(SLOW)
        before = listed(server)
        server.shell(f"tar -czf /run/b.tgz -C {deployed.BUNDLE} .")
        for is_looking, command in (
            (False, "bundle-doctor repair --no-config"),
            (False, "bundle-doctor update --no-config /run/b.tgz"),
            (True, "bundle-doctor repair --no-config --dry-run"),
            (True, "bundle-doctor update --no-config --dry-run /run/b.tgz"),
        ):
            server.shell("touch /run/slow" if is_looking else "rm -f /run/slow")
            file, sees = ("/run/asked", "asked") if is_looking else ("/run/screen", "y/N")
            ran = server.shell(PRESSED.format(file=file, sees=sees, command=command), env=deployed.OFFLINE)
            if ran.text.count("interrupted") != 1 or "code 130" not in ran.text:
                raise Mismatch(f"{command}: {ran.text}")
        same(before, listed(server), "nothing was to be done")
    finally:
        server.close()


STATES = tuple((f"when it is {state}", at_state(state)) for state in ("preparing", "replacing", "watching", "place"))
HOWS = ((), ("--undo",))


def kills(long: bool, servers: tuple[str, ...], hows: tuple[tuple[str, ...], ...], few: int) -> list[tuple[str, tuple[str, ...], float]]:
    """Random moments, each with the server and what is typed afterwards: all pairs of these in turn."""
    rand = random.Random(int(os.environ.get("LAB_SEED", "17")))
    pairs = [(server, how) for server in servers for how in hows]
    many = int(os.environ.get("LAB_KILLS") or (200 if long else few))
    return [(*pairs[number % len(pairs)], rand.uniform(0.1, 30)) for number in range(many)]


def run(part: Part) -> None:
    container.sweep()
    container.roots()
    deployed.layer()
    jobs: list[tuple[str, Callable[[str], None]]] = []
    for scenario in SCENARIOS:
        is_chosen = part.long or ONLY or (is_taken(scenario, False) and zlib.crc32(scenario.name.encode()) % ONE_IN == 0)
        if is_chosen and scenario.booted and scenario.cause and not scenario.user and not scenario.options:
            jobs.append((scenario.name, lambda suite, s=scenario: mended(s, suite)))
    for scenario, words in pairs(part.long):
        before, behind = ADVERSITIES[words]
        jobs.append((f"{scenario.name} {words}", lambda suite, s=scenario, b=before, a=behind: in_adversity(s, b, a, suite)))
    jobs += [(scenario.name, lambda suite, s=scenario: mended(s, suite)) for scenario in PARTICULAR]
    jobs += [(case.name, lambda suite, c=case: unlucky(c, suite)) for case in UNLUCKY]
    jobs += [
        (f"attack: {attack.name}", lambda suite, a=attack: attacked(a, suite)) for attack in harm.ATTACKS if "--root" not in attack.options
    ]
    for name, make in KILLED.items():
        trial = [("when it tries the bundle", at_trial)] if name == "fetched" else []
        for words, moment in (*trial, *STATES):
            for how in HOWS:
                title = f"killed {words}, {name}, then {' '.join(how) or 'repair'}"
                jobs.append((title, lambda suite, m=make, t=moment, h=how: killed(m, t, h, suite)))
    for name, how, seconds in kills(part.long, tuple(KILLED), HOWS, 12):
        title = f"killed after {seconds:.2f} s, {name}, then {' '.join(how) or 'repair'}"
        jobs.append((title, lambda suite, m=KILLED[name], t=after(seconds), h=how: killed(m, t, h, suite)))
    for name, _, seconds in kills(part.long, tuple(KILLED), ((),), 1):
        title = f"the undoing killed after {seconds / 8:.2f} s, {name}"
        jobs.append((title, lambda suite, m=KILLED[name], s=seconds / 8: undo_killed(m, s, suite)))
    jobs += [("undone after changes", undone_after_changes), ("killed, and deployed by hand", redeployed)]
    jobs += [("two at once", two_at_once), ("nobody to ask", nobody_to_ask), ("interrupted at the question", interrupted)]
    chosen = [(name, job) for name, job in jobs if not ONLY or any(word in name.replace(" ", "-") for word in ONLY)]
    container.spread(part, chosen, AT_ONCE)
