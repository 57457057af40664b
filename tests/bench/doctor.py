"""`doctor` on a booted server of the lab, against the slowest of the commands that its report names, and beside it what
its own commands cost when a shell starts them at once and nothing is judged."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.append(str(Path(os.environ["LAB_REPO"]) / "tests/lab"))

import server as lab  # noqa: E402

# Runs in one entry of the container: to enter it takes as long as a command.
RUNS = 20
DOCTOR = "bundle-doctor doctor --no-config --quiet"
MOST = 1.3


def timed(server: lab.Container, command: str) -> float:
    """Seconds that a command takes inside, of the mean of some runs."""
    loop = f"i=0; while [ $i -lt {RUNS} ]; do {command} >/dev/null || exit 1; i=$((i+1)); done"
    started = time.perf_counter()
    ran = subprocess.run(server.argv("sh", "-c", loop), stdin=subprocess.DEVNULL, capture_output=True)
    took = time.perf_counter() - started
    if ran.returncode != 0:
        raise SystemExit(f"bench: inside, `{command[:200]}` fails: {(ran.stdout + ran.stderr)[-500:].decode(errors='replace')}")
    return took / RUNS


def row(rounds: int) -> tuple[str, bool]:
    server = lab.boot("bookworm")
    try:
        lab.until(lambda: lab.settled(server), 60, "the agent does not settle", server)
        said = server.run(*DOCTOR.split(), "--json")
        checks = json.loads(said.out)["checks"]
        named = sorted({check["command"] for check in checks if check["command"]})
        # A listing of what is not there, for one, fails, and shows nothing.
        commands = [command for command in named if server.run("sh", "-c", command).code == 0]
        alone = {command: statistics.median(timed(server, command) for _ in range(3)) for command in commands}
        slowest = max(alone, key=lambda command: alone[command])
        for command, took in alone.items():
            print(f"  {took * 1e3:6.1f} ms  {command[:100]}", file=sys.stderr)
        at_once = "{ " + " ".join(f"{ran['command']} &" for ran in json.loads(said.out)["commands"]) + " wait; }"
        triples = [(timed(server, DOCTOR), timed(server, slowest), timed(server, at_once)) for _ in range(max(3, rounds))]
    finally:
        server.close()
    ratio = statistics.median(ours / theirs for ours, theirs, _ in triples)
    floor = statistics.median(alone / theirs for _, theirs, alone in triples)
    ours, theirs, alone = (statistics.median(side) for side in zip(*triples))
    mark = "" if ratio <= MOST else " **missed**"
    lines = [
        f"| `doctor` on a healthy server | `{slowest}` | {ours * 1e3:,.1f} ms | {theirs * 1e3:,.1f} ms | {ratio:.2f}{mark} | ≤ {MOST:.2f} |",
        f"| its commands alone, started at once by a shell | the same | {alone * 1e3:,.1f} ms | {theirs * 1e3:,.1f} ms | {floor:.2f} | |",
    ]
    return "\n".join(lines), ratio <= MOST
