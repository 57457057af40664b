"""A support person with nothing but a capture: real servers are captured, and judged again elsewhere, by nobody in particular.

One in so many of the servers of `server` is captured, chosen by its name (`--long`: each). The capture is then read on this
machine by a user without rights, in a folder of its own. Then every command of docs/support.md is typed as it stands, on a
server and beside it. `SUPPORT="name name" tests/lab/run support` captures these servers and no others; `guide` is the guide,
`hostile` what no server wrote, `large` what takes most memory.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import tarfile
import time
import zlib
from pathlib import Path

import container
import deployed
import server as servers
from container import Container
from harness import BINARY, Mismatch, Part, Ran, must, run as execute, scratch, write
from packages_guide import sections
from scenario import Scenario, is_taken
from scenarios import SCENARIOS
from support_large import large

AT_ONCE = int(os.environ.get("LAB_AT_ONCE", "8"))
ONE_IN = 14
ONLY = os.environ.get("SUPPORT", "").split()
CAPTURE = ("bundle-doctor", "doctor", "--no-config", "--json", "--wait", "0")
# Bytes of a capture of an ordinary server.
MAX_CAPTURE = 1_000_000
FORMATS = ("human", "json", "sarif", "junit", "github", "html", "markdown", "prometheus")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


class Elsewhere:
    """A folder of somebody without rights, on a machine that has the program and has never seen the server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        must("chmod", "-R", "a+rX", folder)
        os.chown(folder, 65534, 65534)

    def read(self, *words: object) -> Ran:
        """Runs the program there, which may read nothing that is root's."""
        return self.type(" ".join(f"'{word}'" for word in (*NOBODY, self.folder / "bundle-doctor", *words)))

    def type(self, line: str) -> Ran:
        return execute("sh", "-c", line, cwd=self.folder, HOME=str(self.folder), PATH=f"{self.folder}:{os.environ['PATH']}")

    def receive(self, server: Container, name: str) -> Path:
        """The file of a server, as it comes by mail."""
        at = self.folder / name
        shutil.copy(server.path(f"/root/{name}"), at)
        os.chown(at, 65534, 65534)
        return at


def elsewhere(folder: Path) -> Elsewhere:
    shutil.copy(BINARY, folder / "bundle-doctor")
    return Elsewhere(folder)


def parts(capture: Path) -> dict[str, bytes]:
    with tarfile.open(capture) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}


def no_secret(where: str, content: bytes) -> None:
    for secret in deployed.SECRETS:
        at = content.find(secret.encode())
        if at >= 0:
            raise Mismatch(f"a secret stands in {where}: {content[max(0, at - 120) : at + 160]!r}")


def captured(scenario: Scenario, suite: str) -> None:
    """What was captured says elsewhere what it said on the server, and nothing that it must not."""
    server = servers.boot(suite)
    try:
        if scenario.make:
            server.shell(deployed.PRELUDE + scenario.make, timeout=240, env=deployed.OFFLINE)
        if scenario.reboot:
            server.power_off()
            server.boot()
        time.sleep(scenario.settle)
        live = servers.ask(server, scenario)
        home = {"HOME": f"/home/{scenario.user}"} if scenario.user else {}
        place = f"{home.get('HOME', '/root')}/capture.tar.gz"
        made = server.run(*CAPTURE, *servers.asked(scenario), "--capture", place, user=scenario.user, env=home)
        if made.code != live.code:
            raise Mismatch(f"exit {live.code} without a capture, {made.code} with one: {made.text[-900:]}")
        inside = server.path(place)
        mode = inside.stat().st_mode & 0o777
        if mode != 0o600 or inside.stat().st_size > MAX_CAPTURE:
            raise Mismatch(f"mode {mode:04o}, {inside.stat().st_size} bytes")
        with scratch(f"support-{zlib.crc32(scenario.name.encode())}") as folder:
            there = elsewhere(folder)
            capture = folder / "capture.tar.gz"
            shutil.copy(inside, capture)
            os.chown(capture, 65534, 65534)
            read_again(there, capture, made, live)
    finally:
        server.close()


def read_again(there: Elsewhere, capture: Path, made: Ran, live: servers.Said) -> None:
    files = parts(capture)
    for name, content in files.items():
        no_secret(name, content)
    again = there.read("doctor", "--from", capture, "--no-config", "--json")
    if again.code != made.code or again.err:
        raise Mismatch(f"--from exits {again.code}, the server {made.code}: {again.text[-900:]}")
    if not again.out == made.out == files["report.json"]:
        raise Mismatch(f"--from does not say what the server said:\n{difference(json.loads(made.out), json.loads(again.out))}")
    document = json.loads(again.out)
    causes = [diagnosis["cause"] for diagnosis in document["diagnoses"]]
    # The server goes on between two looks.
    if document["verdict"] != live.verdict or causes[:1] != live.causes[:1]:
        raise Mismatch(f"without a capture it was {live.verdict}, {live.causes}; with one it is {document['verdict']}, {causes}")
    for form in FORMATS:
        one = there.read("report", "--no-config", "--format", form, capture)
        other = there.read("doctor", "--no-config", "--format", form, "--from", capture)
        # A run says how long it took; a report that is written again is no run.
        said, says = (b"\n".join(line for line in ran.out.splitlines() if b"_duration_" not in line) for ran in (one, other))
        if one.code != made.code or not said or said != says:
            raise Mismatch(f"report --format {form} exits {one.code}, and says {'the same' if said == says else 'another thing'}: {one.text[-600:]}")
        no_secret(form, one.out)


def difference(one: object, other: object, at: str = "") -> str:
    """Where two documents differ first."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            found = difference(one.get(key), other.get(key), f"{at}.{key}")
            if found:
                return found
        return ""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return next((found for n, (a, b) in enumerate(zip(one, other)) if (found := difference(a, b, f"{at}[{n}]"))), "")
    return "" if one == other else f"{at}: {str(one)[:300]} → {str(other)[:300]}"


BREAK = "rollback\nrm $B/dist/index.js\nrestart\n"
# What slips through: it looks like nothing that is secret.
SLIPPED = "ACME-4711"


def guide(suite: str) -> None:
    """docs/support.md, typed in its order: first on a server, then beside it, then over several servers."""
    typed = sections("support")
    server = servers.boot(suite)
    try:
        server.shell(deployed.PRELUDE + f"sed -i 's/^\\[Service\\]/&\\nEnvironment=CUSTOMER={SLIPPED}/' $U\nsystemctl daemon-reload\n" + BREAK, env=deployed.OFFLINE)
        time.sleep(3)
        told = ""
        for block in typed.pop("On the server"):
            ran = server.run("sh", "-c", f"cd /root\n{block}")
            if ran.code not in (0, 1):
                raise Mismatch(f"{block}: exit {ran.code}: {ran.text[-600:]}")
            told += ran.text
        for expected in ("entry-point-missing", "capture.tar.gz", "answers.jsonl", "made_at"):
            if expected not in told:
                raise Mismatch(f"`{expected}` is not said on the server: {told[-1500:]}")
        report = server.run("sh", "-c", "bundle-doctor doctor --json >/root/report.json")
        with scratch("support-guide") as folder:
            there = elsewhere(folder)
            capture = there.receive(server, "capture.tar.gz")
            saved = there.receive(server, "report.json")
            fleet = folder / "reports"
            fleet.mkdir()
            shutil.copy(capture, fleet / "broken.tar.gz")
            shutil.copy(saved, fleet / "saved.json")
            write(fleet / "away.json", "")
            must("chown", "-R", "65534:65534", fleet)
            if report.code != 1 or SLIPPED.encode() not in b"".join(parts(capture).values()):
                raise Mismatch("what is to slip through has not, or the agent is not broken")
            for heading, blocks in typed.items():
                for line in "".join(blocks).splitlines():
                    ran = there.type(f"{' '.join(NOBODY)} sh -c '{line}'" if "'" not in line else line)
                    if ran.code != 1:
                        raise Mismatch(f"{heading}: `{line}` exits {ran.code}: {ran.text[-900:]}")
            if SLIPPED.encode() in b"".join(parts(folder / "clean.tar.gz").values()):
                raise Mismatch(f"{SLIPPED} is still in the capture that was redacted")
            counted = there.type("./bundle-doctor report reports/").text
            if "2 servers: 1 broken, 1 not reached" not in counted or "1 older report" not in counted or len(json.loads((folder / "fleet.json").read_text())["not_reached"]) != 1:
                raise Mismatch(f"the fleet is not counted: {counted[-900:]}")
            if b"<!DOCTYPE html>" not in (folder / "report.html").read_bytes()[:64]:
                raise Mismatch("report.html is no page")
    finally:
        server.close()


def hostile(folder: Path) -> None:
    """What no server wrote: one clear error each, exit 2, and nothing written or run."""
    there = elsewhere(folder)
    good = {"capture.json": b'{"capture_version": 1}'}
    for name, members, kind in (
        ("a-link", good, tarfile.SYMTYPE),
        ("a-device", good, tarfile.CHRTYPE),
        ("up", {"../capture.json": b"{}"}, tarfile.REGTYPE),
        ("deep", {"capture.json": b"[" * 100_000}, tarfile.REGTYPE),
        ("many", {f"{n}.json": b"{}" for n in range(5000)}, tarfile.REGTYPE),
        ("empty", {}, tarfile.REGTYPE),
    ):
        with tarfile.open(folder / f"{name}.tar.gz", "w:gz") as tar:
            for path, content in members.items():
                info = tarfile.TarInfo(path)
                info.type, info.linkname = kind, "/etc/shadow"
                if kind == tarfile.REGTYPE:
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
                else:
                    tar.addfile(info)
    (folder / "bomb.tar.gz").write_bytes(gzip.compress(bytes(400 << 20), 1))
    (folder / "page.tar.gz").write_bytes(b"<!DOCTYPE html>")
    before = sorted(path.name for path in folder.iterdir())
    for path in sorted(folder.glob("*.tar.gz")):
        for words in (("doctor", "--from", path), ("report", path)):
            ran = there.read(*words)
            if ran.code != 2 or b"error: " not in ran.err or b"panicked" in ran.err or ran.out:
                raise Mismatch(f"{words[0]} of {path.name} exits {ran.code}: {ran.text[-600:]}")
    after = sorted(path.name for path in folder.iterdir())
    if after != before:
        raise Mismatch(f"something was written: {set(after) ^ set(before)}")


def run(part: Part) -> None:
    container.sweep()
    container.roots()
    deployed.layer()
    with scratch("support-hostile") as folder:
        if not ONLY or "hostile" in ONLY:
            part.case("what no server wrote", lambda: hostile(folder))
    with scratch("support-large") as folder:
        if not ONLY or "large" in ONLY:
            part.case("as large as they are read", lambda: large(folder))
    fit = [s for s in SCENARIOS if s.booted and "--root" not in s.options]
    chosen = [s for s in fit if s.name in ONLY] if ONLY else [s for s in fit if part.long or is_taken(s, False) and zlib.crc32(s.name.encode()) % ONE_IN == 0]
    jobs = [(scenario.name, lambda suite, s=scenario: captured(s, suite)) for scenario in chosen]
    if not ONLY or "guide" in ONLY:
        jobs.append(("docs/support.md", guide))
    container.spread(part, jobs, AT_ONCE)
