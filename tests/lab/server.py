"""`doctor` on real servers: each is booted, broken, diagnosed, and mended by typing what doctor printed.

The table is in scenarios.py, the server in deployed.py, the container in container.py. Everything that doctor prints is also
searched for the secrets that were put on the server.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import time
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import container
import deployed
import recording
from container import GENERATIONS, Container
from formats import valid
from harness import BINARY, REPO, Mismatch, Part, Ran, run as execute, scratch
from scenario import Fix, Scenario, is_taken
from scenarios import SCENARIOS, UNIT as UNIT_SCENARIOS

SCHEMA = REPO / "docs/doctor.schema.json"

# Servers at a time. They mostly wait: for systemd's ten seconds between two starts, and for an agent to stay up.
AT_ONCE = int(os.environ.get("LAB_AT_ONCE", "10"))

# While one works on a scenario: SCENARIOS="unit-missing healthy" runs these and no others.
ONLY = os.environ.get("SCENARIOS", "").split()

# A binary that is linked dynamically does not run on the oldest generation: SUITES="bookworm trixie" leaves that out.
SUITES = os.environ.get("SUITES", " ".join(GENERATIONS)).split()

# `--record`: each server is diagnosed once and written to fixtures/servers, and neither mended nor run elsewhere.
RECORD = os.environ.get("LAB_RECORD") == "1"

# docs/reference/contract.md, "Causes of doctor": an agent is healthy once it has stayed up for 15 s.
SETTLED = 15

# What stands for something else in a command that is meant to be typed as it is.
PLACEHOLDER = re.compile(r"<[A-Za-z][\w -]*>(?!>)|\bCONTROL_PLANE|\bYOUR_|/path/to/|\.\.\.|…")


@dataclasses.dataclass
class Said:
    """What one run of doctor said."""

    code: int
    document: dict
    took: float

    @property
    def verdict(self) -> str:
        return self.document["verdict"]

    @property
    def diagnoses(self) -> list[dict]:
        return self.document["diagnoses"]

    @property
    def causes(self) -> list[str]:
        return [d["cause"] for d in self.diagnoses]

    def brief(self) -> str:
        lines = [f"exit {self.code}, {self.verdict}"]
        for d in self.diagnoses:
            lines.append(f"{d['severity']}: {d['cause']}  {d['summary']}  (then {', '.join(d['consequences']) or 'nothing'})")
            lines += [f"  {e['source']}  {e['detail'][:160]}" for e in d["evidence"][:3]]
        lines += [f"{c['status']}: {c['id']}  {c['message'][:120]}" for c in self.document["checks"] if c["status"] != "pass"]
        return "\n".join(lines)


def boot(suite: str, booted: bool = True) -> Container:
    """A server of that generation, its agent connected."""
    server = Container([deployed.layer(), container.root(suite)], {Path(BINARY): "/usr/local/bin/bundle-doctor"})
    try:
        if booted:
            server.boot()
            until(lambda: bool(connections(server)), 30, "the agent does not connect", server)
    except BaseException:
        server.close()
        raise
    return server


def connections(server: Container) -> list[dict]:
    """The agents that the control plane sees. It is asked often, so that no process is started for it."""
    try:
        return json.loads(server.path("/run/lab-control-plane.json").read_text())
    except (OSError, ValueError):
        return []


def until(holds, seconds: float, otherwise: str, server: Container) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            journal = server.run("journalctl", "--no-pager", "-o", "cat", "-n", "12", "-u", deployed.UNIT).text
            raise Mismatch(f"{otherwise}:\n{journal[-900:]}")
        time.sleep(0.2)


def ask(server: Container, scenario: Scenario, *more: str) -> Said:
    """Runs doctor for its JSON and for people; neither may let a secret out."""
    words = ("bundle-doctor", "doctor", "--no-config", *asked(scenario), *more)
    home = {"HOME": f"/home/{scenario.user}"} if scenario.user else {}
    began = time.monotonic()
    if scenario.booted:
        machine = server.run(*words, "--json", user=scenario.user, env=home)
        took = time.monotonic() - began
        people = server.run(*words, "-v", user=scenario.user, env=home)
    else:
        machine, people = server.run_alone(*words, "--json"), server.run_alone(*words, "-v")
        took = 0.0
    return read(machine, people, took)


def asked(scenario: Scenario) -> tuple[str, ...]:
    return (*scenario.options, *(("--unit", scenario.unit) if scenario.unit else ()))


def ask_mounted(server: Container, *more: str) -> Said:
    """Runs doctor on this machine over the server's disk."""
    words = (BINARY, "doctor", "--no-config", "--root", server.merged, *more)
    # The server goes on meanwhile, and its journal with it: two runs may see two states.
    return read(execute(*words, "--json"), execute(*words, "-v"), 0.0, mounted=True)


def read(machine: Ran, people: Ran, took: float, mounted: bool = False) -> Said:
    for ran in (machine, people):
        for secret in deployed.SECRETS:
            if secret in ran.text:
                line = next(line for line in ran.text.splitlines() if secret in line)
                raise Mismatch(f"a secret comes out: {line.strip()[:300]}")
    try:
        said = Said(machine.code, json.loads(machine.out), took)
        said.brief()
    except (ValueError, KeyError, TypeError) as reason:
        raise Mismatch(f"doctor's JSON cannot be used ({reason!r}), exit {machine.code}: {machine.text[:900]}") from reason
    if people.code != machine.code and not mounted:
        raise Mismatch(f"exit {people.code} for people, {machine.code} for machines\n{said.brief()}\nand then:\n{people.text[:900]}")
    if machine.err:
        raise Mismatch(f"on stderr: {machine.err.decode(errors='replace')[:400]}")
    for diagnosis in said.diagnoses:
        if not diagnosis["evidence"]:
            raise Mismatch(f"{diagnosis['cause']} without evidence")
        for command in commands(diagnosis) + diagnosis["verify"]:
            if PLACEHOLDER.search(command):
                raise Mismatch(f"a command that cannot be typed as it is: {command}")
    return said


def commands(diagnosis: dict) -> list[str]:
    return [command for step in diagnosis["fix"] for command in step["commands"]]


def judge(said: Said, scenario: Scenario) -> None:
    wrong = []
    if said.verdict != scenario.verdict:
        wrong.append(f"verdict {scenario.verdict} expected")
    if said.code != scenario.code:
        wrong.append(f"exit {scenario.code} expected")
    first = (scenario.cause, *scenario.or_cause) if scenario.cause else ()
    if scenario.cause and (not said.causes or said.causes[0] not in first):
        wrong.append(f"{scenario.cause} expected first")
    missing = [cause for cause in scenario.also if cause not in said.causes]
    if missing:
        wrong.append(f"{', '.join(missing)} expected beside it")
    extra = [c for c in said.causes if c not in (*first, *scenario.also, *scenario.may)]
    if extra or len(set(said.causes)) < len(said.causes):
        wrong.append(f"one too many: {', '.join(extra) or 'the same twice'}")
    unit = said.document["service"]["unit"]
    if scenario.unit and unit != f"{scenario.id or scenario.unit}.service":
        wrong.append(f"it is called {unit}")
    evidence = "\n".join(e["detail"] for e in said.diagnoses[0]["evidence"]) if said.diagnoses else ""
    if scenario.quotes and not re.search(scenario.quotes, evidence):
        wrong.append(f"`{scenario.quotes}` expected in its evidence")
    if scenario.prints and scenario.prints not in "\n".join(command for d in said.diagnoses[:1] for command in commands(d)):
        wrong.append(f"`{scenario.prints}` expected among its commands")
    if scenario.says and said.diagnoses and not re.search(scenario.says, said.diagnoses[0]["summary"]):
        wrong.append(f"`{scenario.says}` expected in its summary")
    if wrong:
        raise Mismatch("; ".join(wrong) + "\n" + said.brief())


def mend(server: Container, said: Said, scenario: Scenario) -> None:
    """Types the fix of what is to be mended: all errors, or the warning that the scenario is about."""
    wanted = [d for d in said.diagnoses if d["severity"] == "error"] or said.diagnoses[:1]
    typed = [command for diagnosis in wanted for command in commands(diagnosis)]
    if not typed:
        raise Mismatch("no fix is printed\n" + said.brief())
    for diagnosis in wanted:
        ran = paste(server, diagnosis)
        if ran.code != 0:
            raise Mismatch(f"the block exits {ran.code}: {ran.text[-900:]}\n{block(diagnosis)}\n{said.brief()}")
    try:
        until(lambda: settled(server, scenario.unit or deployed.UNIT), 45, "the fix does not bring the agent back", server)
    except Mismatch as reason:
        raise Mismatch(f"{reason}\ntyped: {' && '.join(typed)[:900]}") from reason
    again = ask(server, scenario)
    # What was an error may stay as a warning: an old bundle under an old unit works until the next update.
    first = said.diagnoses[0]
    stays = any(d["cause"] == first["cause"] and d["severity"] == first["severity"] for d in again.diagnoses)
    if again.code != 0 or again.verdict not in ("healthy", "degraded") or stays:
        raise Mismatch(f"after the fix `{' && '.join(typed)[:600]}`:\n{again.brief()}")
    if scenario.holds:
        server.shell(deployed.PRELUDE + scenario.holds)


def block(diagnosis: dict) -> str:
    """The commands of a fix as docs/reference/contract.md has them: in order, in one shell that stops at the first failure."""
    return "\n".join(["( set -e", *commands(diagnosis), ")"])


def paste(server: Container, diagnosis: dict) -> Ran:
    """Root pastes it."""
    return server.run("sh", "-c", block(diagnosis), env=deployed.OFFLINE, timeout=240)


def settled(server: Container, unit: str = deployed.UNIT) -> bool:
    """Whether the service's own process has been up for long enough, and is connected. One that has not been up for long is
    waited for: asking systemd five times a second takes more of a processor than all else on the server."""
    if not any(c["version"] for c in connections(server)):
        return False
    shown = server.run("systemctl", "show", "-p", "MainPID", "-p", "ActiveState", "-p", "ExecMainStartTimestampMonotonic", unit)
    state = dict(line.split("=", 1) for line in shown.text.splitlines() if "=" in line)
    if state.get("ActiveState") != "active" or state.get("MainPID") == "0":
        return False
    # A container has the clock of its machine.
    still = SETTLED - (time.monotonic() - int(state["ExecMainStartTimestampMonotonic"]) / 1e6)
    time.sleep(max(0, still))
    return still <= 0


def one(scenario: Scenario, suite: str, documents: Path) -> float:
    """One server from boot to mended. Gives how long doctor took."""
    server = boot(suite, scenario.booted)
    try:
        if scenario.make and not scenario.booted:
            must_run(server.run_alone("sh", "-euc", deployed.PRELUDE + scenario.make))
        elif scenario.make:
            server.shell(deployed.PRELUDE + scenario.make, timeout=240, env=deployed.OFFLINE)
        if scenario.reboot:
            server.power_off()
            server.boot()
        time.sleep(scenario.settle if scenario.booted else 0)
        said = ask(server, scenario)
        (documents / f"{scenario.name}.{suite}.json").write_text(json.dumps(said.document))
        judge(said, scenario)
        if RECORD:
            keep(server, scenario, said)
            return said.took
        if scenario.booted:
            # A key is the one of whoever looks; here it is on the server's own disk.
            words = [f"{server.merged}{word}" if word.startswith("/") else word for word in asked(scenario)]
            judge_mounted(ask_mounted(server, *words), scenario)
        if scenario.fix is Fix.BACK:
            mend(server, said, scenario)
        return said.took
    finally:
        server.close()


def must_run(ran: Ran) -> None:
    if ran.code != 0:
        raise Mismatch(f"exit {ran.code}: {ran.text[-900:]}")


def keep(server: Container, scenario: Scenario, said: Said) -> None:
    """Writes this server down for cargo's tests."""
    written = "/tmp/lab-recorded.jsonl"
    home = {"HOME": f"/home/{scenario.user}"} if scenario.user else {}
    server.run("bundle-doctor", "doctor", "--no-config", "--quiet", *asked(scenario), "--record", written, user=scenario.user, env=home)
    answers = server.run("cat", written).out.decode()
    recording.record(server, scenario.name, scenario.make.strip(), said.document, said.code, answers, scenario.unit)


def judge_mounted(said: Said, scenario: Scenario) -> None:
    """With the disk alone: the same root cause, as far as the disk tells; never an error where there is none."""
    live = [cause for cause in (scenario.cause, *scenario.or_cause, *scenario.also, *scenario.may) if cause]
    errors = [d["cause"] for d in said.diagnoses if d["severity"] == "error"]
    if scenario.mounted is None:
        # The disk tells less: nothing but what is so, and never that all is well.
        wrong = [cause for cause in errors if cause not in live]
        if wrong or said.verdict == "healthy" or said.code not in (1, 3):
            raise Mismatch(f"--root: {' '.join(live) or 'no error'} expected at most\n{said.brief()}")
        return
    expected = scenario.mounted.split()
    if scenario.mounted == "same":
        expected = [cause for cause in (scenario.cause, *scenario.or_cause) if cause]
    if not expected:
        if errors:
            raise Mismatch(f"--root: no error expected\n{said.brief()}")
    elif not said.causes or said.causes[0] not in expected:
        raise Mismatch(f"--root: {' or '.join(expected)} expected first\n{said.brief()}")


def interrupted(server: Container) -> None:
    """Ctrl-C while doctor waits: one line, exit 130, and for a machine its one document."""
    for more in ((), ("--json",)):
        server.run("systemctl", "restart", deployed.UNIT)
        words = ("bundle-doctor", "doctor", "--no-config", "--wait", "30s", *more)
        # In the foreground it sends the signal once; else to its group as well, and a second Ctrl-C ends the program at once.
        ran = server.run("timeout", "--foreground", "--preserve-status", "-s", "INT", "3", *words)
        document = json.loads(ran.out)["verdict"] if more else ran.out.decode()
        lines = ran.err.decode().splitlines()
        if ran.code != 130 or "interrupted" not in (lines or [""])[0] or document != ("error" if more else ""):
            raise Mismatch(f"exit {ran.code}: {ran.text[:600]}")


def large_journal(part: Part) -> None:
    """A journal of 200 MB, most of it the agent's own: the answer is the same, and comes as fast."""
    # Short of the 512 bytes from which journald compresses.
    line = "request %.0f was handled by worker 3 of the pool that serves /srv/app, " + "with what it was asked, " * 15
    lines = f"#!/bin/sh\nseq -f '{line}' 1 260000\n"
    server = boot("bookworm")
    try:
        part.case("Ctrl-C while it waits", lambda: interrupted(server))
        server.shell(
            "mkdir -p /etc/systemd/journald.conf.d\n"
            "printf '[Journal]\\nRateLimitIntervalSec=0\\nSystemMaxUse=1G\\n' >/etc/systemd/journald.conf.d/lab.conf\n"
            "systemctl restart systemd-journald"
        )
        server.run("sh", "-c", "cat >/opt/lab/application; chmod 755 /opt/lab/application", stdin=lines.encode())
        server.shell(deployed.PRELUDE + "systemctl restart $A\nsleep 2\nsystemctl kill -s USR2 lab-control-plane")
        size = lambda: int(server.run("du", "-sm", "/var/log/journal").text.split()[0])  # noqa: E731
        until(lambda: size() >= 200, 120, "the journal does not grow", server)
        scenario = next(s for s in UNIT_SCENARIOS if s.name == "unit-nested-paths")
        server.shell(deployed.PRELUDE + scenario.make)
        time.sleep(scenario.settle)
        said = ask(server, scenario)
        part.case("a journal of 200 MB, the same answer", lambda: judge(said, scenario))
        part.case("a journal of 200 MB, in under a second", lambda: quick(said))
    finally:
        server.close()


def quick(said: Said) -> None:
    if said.took >= 1:
        raise Mismatch(f"doctor took {said.took:.2f} s")


def home(scenario: Scenario) -> str:
    """The generation that a scenario runs on where one is enough: by its name, so that it stays where it is."""
    suites = SUITES
    return suites[zlib.crc32(scenario.name.encode()) % len(suites)]


def jobs(long: bool) -> list[tuple[Scenario, str]]:
    """Scenarios and generations: those marked so on all, the others on one."""
    chosen = []
    for scenario in SCENARIOS:
        if scenario.name not in ONLY if ONLY else not is_taken(scenario, long):
            continue
        if RECORD and (scenario.options or not scenario.booted):
            continue
        suites = SUITES if not RECORD and long else [home(scenario)]
        chosen += [(scenario, suite) for suite in suites]
    # The slowest first, so that none is left alone at the end.
    return sorted(chosen, key=lambda job: -job[0].settle)


def run(part: Part) -> None:
    container.sweep()
    container.roots()
    deployed.layer()
    if RECORD:
        recording.record_base()
    names = [s.name for s in SCENARIOS]
    if len(set(names)) < len(names) or not set(ONLY) <= set(names):
        part.fail("the table", "two scenarios have the same name, or SCENARIOS names one that is none")
    with scratch("server") as work:
        documents = work / "documents"
        documents.mkdir()
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            waiting: list[tuple[str, Future[float]]] = [
                (f"{scenario.name} on systemd {GENERATIONS[suite]}", pool.submit(one, scenario, suite, documents))
                for scenario, suite in jobs(part.long)
            ]
            for name, future in waiting:
                part.case(name, future.result)
            if not ONLY and not RECORD:
                large_journal(part)
        finally:
            # Also when interrupted: the threads' servers go, and with them what the threads wait for.
            pool.shutdown(wait=False, cancel_futures=True)
            container.stop_all()
        part.case("every document stands against the schema", lambda: valid(SCHEMA, *sorted(documents.iterdir())))
