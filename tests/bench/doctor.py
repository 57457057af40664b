"""`doctor` on a booted server of the lab, against its commands started at once by a shell and a bare `find` of the bundle
behind them: what it asks of the machine, with nothing judged."""

from __future__ import annotations

import json
import os
import shlex
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
MOST = 1.0


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
        at_once = "{ " + " ".join(f"{ran['command']} &" for ran in json.loads(said.out)["commands"]) + " wait; }"
        deployed = json.loads(said.out)["deployment"]["path"]
        asked = f"{{ {at_once} ; find {shlex.quote(deployed)} -type f -size +999G; }}"
        pairs = [(timed(server, DOCTOR), timed(server, asked)) for _ in range(max(3, rounds))]
    finally:
        server.close()
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    ours, theirs = (statistics.median(side) for side in zip(*pairs))
    mark = "" if ratio <= MOST else " **missed**"
    against = "its commands at once, then `find` of the bundle"
    return f"| `doctor` on a healthy server | {against} | {ours * 1e3:,.1f} ms | {theirs * 1e3:,.1f} ms | {ratio:.2f}{mark} | | ≤ {MOST:.2f} |", ratio <= MOST
