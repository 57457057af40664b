"""Coverage-guided fuzzing of everything that reads bytes from outside: each target of tests/fuzz for twenty seconds, from the
committed seeds, two at a time. A crash, a hang or memory beyond measure fails, and the input is kept.

The targets are built nearly as cargo-fuzz builds them, without cargo-fuzz and without a nightly compiler: no code of ours is
unsafe, so there is nothing for the address sanitizer to find in it, and coverage is counted in our own crates only (`covered`
beside this file).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tomllib
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from harness import HOME, REPO, Mismatch, Part, environment, must, scratch

FUZZ = REPO / "tests/fuzz"
BUILT = HOME / "fuzz"
USUAL, LONG = 20, 1200
# Runs a second must come to, so that a target that does nothing is seen. The slowest judges whole archives.
LEAST_RUNS = 8
# Counters that a target has where our own crates were compiled with them.
LEAST_COUNTERS = 1000


def targets() -> list[str]:
    return [binary["name"] for binary in tomllib.loads((FUZZ / "Cargo.toml").read_text())["bin"]]


def build() -> Path:
    """Builds the targets: some minutes of both cores."""
    host = re.search(r"^host: (.*)$", must("rustc", "-vV").out.decode(), re.MULTILINE).group(1)
    # A target of its own keeps the flags away from build scripts.
    must("cargo", "build", "--quiet", "--locked", "--release", "--manifest-path", FUZZ / "Cargo.toml", "--target", host, "--target-dir", BUILT,
         timeout=3600, RUSTFLAGS="--cfg fuzzing", RUSTC_WRAPPER=str(Path(__file__).with_name("covered")))
    return BUILT / host / "release"


def fuzzed(part: Part, binary: Path, name: str, work: Path) -> None:
    seeds = FUZZ / "seeds" / name
    if not any(seeds.iterdir()):
        part.fail(f"fuzz: {name}", "no seeds")
        return
    corpus = work / name
    corpus.mkdir()
    crashes = HOME / "log" / "fuzz" / name
    shutil.rmtree(crashes, ignore_errors=True)
    crashes.mkdir(parents=True)
    seconds = LONG if part.long else USUAL
    # libFuzzer's bound is on the peak that the kernel counts, and that of a fork begins at the size of who forked: the shell is
    # small, Python may have grown to more than the bound.
    words = ["sh", "-c", '"$@"; exit $?', "sh", binary, f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=1024", "-max_len=16384", f"-artifact_prefix={crashes}/", "-print_final_stats=1", corpus, seeds]
    with subprocess.Popen([str(word) for word in words], env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True) as ran:
        _running.add(ran)
        try:
            said = ran.communicate(timeout=seconds + 300)[1].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            end(ran)
            raise
        finally:
            _running.discard(ran)

    def judge() -> None:
        if ran.returncode != 0:
            kept = [str(path) for path in crashes.iterdir()]
            raise Mismatch(f"exit {ran.returncode}, kept {kept}: {said[-1500:]}")
        counters = re.search(r"\((\d+) inline 8-bit counters\)", said)
        if not counters or int(counters.group(1)) < LEAST_COUNTERS:
            raise Mismatch(f"{counters and counters.group(1)} counters, at least {LEAST_COUNTERS} expected: {said[:500]}")
        runs = re.search(r"stat::number_of_executed_units:\s+(\d+)", said)
        if not runs or int(runs.group(1)) < LEAST_RUNS * seconds:
            raise Mismatch(f"{runs and runs.group(1)} runs, at least {LEAST_RUNS * seconds} expected: {said[-500:]}")

    part.case(f"fuzz: {name}", judge)


_builder = ThreadPoolExecutor(max_workers=1)
_built: Future[Path] | None = None
_running: set[subprocess.Popen[bytes]] = set()


def begin() -> None:
    """Starts to build while other parts mostly wait."""
    global _built
    _built = _built or _builder.submit(build)


def end(ran: subprocess.Popen[bytes]) -> None:
    """Ends a target and the shell around it, if they still run."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(ran.pid, signal.SIGKILL)


def stop() -> None:
    """Ends what runs: the lab was told to end."""
    for ran in list(_running):
        end(ran)


def run(part: Part) -> None:
    begin()
    binaries = _built.result()
    with scratch("fuzz") as work, ThreadPoolExecutor(max_workers=2) as pool:
        for done in [pool.submit(fuzzed, part, binaries / name, name, work) for name in targets()]:
            done.result()
