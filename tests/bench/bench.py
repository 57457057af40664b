"""Times bundle-doctor against what a user would otherwise type, and prints the ratios.

Both sides of a row run in turn, round after round, and the ratio is the median of the rounds' own: a machine that is busy
with something else slows both. Everything is read from the page cache.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import data
import doctor as on_a_server

# The lab's, see doctor.py.
import costly
import imports

BIN = Path(os.environ["BENCH_BIN"])
DOCTOR = str(BIN / "bundle-doctor")
INFLATE = str(BIN / "examples/inflate")
MEMORY = 48 * 1024  # KiB; docs/reference/contract.md, "Details fixed"

Command = Sequence[str]


@dataclass
class Row:
    """One line of the table. `most` is the ratio to reach, where there is one."""

    id: str
    job: str
    against: str
    ours: Command
    theirs: Command
    most: float | None
    rounds: int


def timed(command: Command) -> float:
    started = time.perf_counter()
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    took = time.perf_counter() - started
    if ran.returncode != 0:
        raise SystemExit(f"bench: {' '.join(command)[:200]} exits {ran.returncode}: {ran.stderr[-500:].decode(errors='replace')}")
    return took


def ratio(row: Row) -> tuple[float, float, float]:
    """The median ratio and both medians in seconds."""
    timed(row.ours), timed(row.theirs)
    pairs = []
    for number in range(row.rounds):
        # Whoever comes second finds warmer caches, so they take turns.
        if number % 2:
            theirs = timed(row.theirs)
            ours = timed(row.ours)
        else:
            ours = timed(row.ours)
            theirs = timed(row.theirs)
        pairs.append((ours, theirs))
    return (
        statistics.median(ours / theirs for ours, theirs in pairs),
        statistics.median(ours for ours, _ in pairs),
        statistics.median(theirs for _, theirs in pairs),
    )


def peak(command: Command) -> int:
    """Peak resident memory in KiB, by GNU time, whose own is small."""
    with tempfile.NamedTemporaryFile() as answer:
        subprocess.run(["/usr/bin/time", "-q", "-f", "%M", "-o", answer.name, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return int(Path(answer.name).read_text().split()[-1])


def check(path: Path) -> Command:
    return (DOCTOR, "check", "--no-config", "--quiet", str(path))


def manifest(path: Path) -> Command:
    return (DOCTOR, "manifest", "--no-config", str(path))


def shell(script: str, *words: Path) -> Command:
    return ("bash", "-c", script, "bench", *map(str, words))


def against_node(scale: float) -> list[Row]:
    """`check` of one large file of code beside `node --check` of it, with each of the lab's Nodes. From 22 on Node starts in a
    quarter of the time and compiles nothing that does not run, so the ratio says more of Node than of `check`."""
    root = data.bundled()
    index, packed = root / "dist/index.js", data.archive(root)
    rounds = max(5, round(25 * scale))
    made = []
    for line, node in imports.nodes().items():
        most = 0.5 if line <= 20 else None
        made.append(Row(f"bundled-{line}", "`check` of esbuild's bundle of 1 MB", f"`node --check` of it, Node {line}", check(packed), (node, "--check", str(index)), most, rounds))
    return made


def rows(scale: float) -> list[Row]:
    large, small, code = data.large(), data.small(), data.code()
    packed, little, dense = (data.archive(root) for root in (large, small, code))
    few, many = max(3, round(9 * scale)), max(20, round(200 * scale))
    # A process for each file: `node --check` reads one.
    checks = shell('printf "%s\\0" "$@" | xargs -0 -n1 -P2 node --check', *sorted((code / "dist").rglob("*.js")))
    sums = shell('cd "$1" && find . -type f -print0 | xargs -0 -P2 openssl dgst -sha256', large)
    return [
        Row("check-tar", "`check` of the large archive", "`tar -tzf` of it", check(packed), ("tar", "-tzf", str(packed)), 0.36, few),
        Row("check-inflate", "the same", "inflating it once", check(packed), (INFLATE, str(packed)), 1.10, few),
        Row("manifest-inflate", "`manifest` of the large archive", "inflating it once", manifest(packed), (INFLATE, str(packed)), 1.15, few),
        Row("small", "`check` of the small bundle", "`tar -tzf` of it", check(little), ("tar", "-tzf", str(little)), 1.0, many),
        Row("manifest-small", "`manifest` of the small bundle", "`tar -tzf` of it", manifest(little), ("tar", "-tzf", str(little)), None, many),
        Row("code", "`check` of a bundle of nothing but code", "`tar -tzf` of it", check(dense), ("tar", "-tzf", str(dense)), None, many),
        Row("code-node", "the same", "`node --check` of its files, two at a time", check(dense), checks, 0.5, few),
        *against_node(scale),
        Row("manifest-directory", "`manifest` of the large directory", "`find … \\| xargs -0 -P2 openssl dgst`", manifest(large), sums, 1.0, few),
        Row("check-directory", "`check` of the large directory", "`find DIR -type f -size +999G`", check(large), ("find", str(large), "-type", "f", "-size", "+999G"), 2.0, max(5, round(25 * scale))),
    ]


def size(root: Path) -> tuple[int, int]:
    """Entries and bytes of a folder."""
    entries = sum(len(names) + len(folders) for _, folders, names in os.walk(root))
    return entries, sum(os.lstat(Path(folder) / name).st_size for folder, _, names in os.walk(root) for name in names)


def describe() -> list[str]:
    lines = []
    for name, root in (("large", data.large()), ("small", data.small()), ("code", data.code()), ("bundled", data.bundled())):
        archive = data.archive(root)
        entries, unpacked = size(root)
        lines.append(f"- {name}: {entries:,} entries, {unpacked / 1e6:,.1f} MB unpacked, {archive.stat().st_size / 1e6:,.2f} MB packed")
    return lines


def table(chosen: list[Row], doctor: float | None) -> tuple[list[str], bool]:
    lines = ["| job | against | ours | theirs | ratio | to reach |", "| --- | --- | --- | --- | --- | --- |"]
    reached = True
    for row in chosen:
        got, ours, theirs = ratio(row)
        missed = row.most is not None and got > row.most
        reached &= not missed
        aim = "" if row.most is None else f"≤ {row.most:.2f}"
        lines.append(f"| {row.job} | {row.against} | {ours * 1e3:,.1f} ms | {theirs * 1e3:,.1f} ms | {got:.2f}{' **missed**' * missed} | {aim} |")
        print(lines[-1], flush=True)
    if doctor is not None:
        line, in_time = on_a_server.row(round(9 * doctor))
        print(line, flush=True)
        lines.append(line)
        reached &= in_time
    return lines, reached


def memory() -> tuple[list[str], bool]:
    lines = ["| peak memory | MiB | to reach |", "| --- | --- | --- |"]
    reached = True
    large = data.large()
    for name, command in (
        ("`check` of the large archive", check(data.archive(large))),
        ("`manifest` of the large archive", manifest(data.archive(large))),
        ("`check` of the large directory", check(large)),
        ("`manifest` of the large directory", manifest(large)),
        ("`check` of a bundle of nothing but code", check(data.archive(data.code()))),
    ):
        kib = peak(command)
        reached &= kib <= MEMORY
        lines.append(f"| {name} | {kib / 1024:.1f} | ≤ 48 |")
        print(lines[-1], flush=True)
    worst = (0, "")
    with tempfile.TemporaryDirectory(dir=data.HOME) as folder:
        hostile = Path(folder) / "agent-bundle.tar.gz"
        for made in costly.table():
            made.make(hostile)
            worst = max([worst, *((peak(command), made.name) for command in (check(hostile), manifest(hostile)))])
    reached &= worst[0] <= MEMORY
    lines.append(f"| the worst of {len(costly.table())} hostile archives: {worst[1]} | {worst[0] / 1024:.1f} | ≤ 48 |")
    print(lines[-1], flush=True)
    return lines, reached


def growth(scale: float) -> tuple[list[str], bool]:
    """The cost of a sixteenth, a quarter and the whole: what grows faster than entries and bytes do shows here."""
    lines = ["| job | a sixteenth | a quarter | the whole | growth beyond linear | to reach |", "| --- | --- | --- | --- | --- | --- |"]
    reached = True
    large = data.large()
    roots = [data.part(large, 16), data.part(large, 4), large]
    sizes = [size(root) for root in roots]
    for name, commands in (
        ("`check` of the archive", [check(data.archive(root)) for root in roots]),
        ("`manifest` of the archive", [manifest(data.archive(root)) for root in roots]),
        ("`check` of the directory", [check(root) for root in roots]),
        ("`manifest` of the directory", [manifest(root) for root in roots]),
    ):
        took = [statistics.median(times) for times in zip(*[[timed(command) for command in commands] for _ in range(max(3, round(7 * scale)))])]
        # Of each step the larger of the two, since some of the work is by entry and some by byte.
        steps = [(took[n + 1] / took[n]) / max(more / less for more, less in zip(sizes[n + 1], sizes[n])) for n in range(2)]
        rise = max(steps)
        reached &= rise <= 1.25
        cells = " | ".join(f"{t * 1e3:,.1f} ms" for t in took)
        lines.append(f"| {name} | {cells} | {rise:.2f} | ≤ 1.25 |")
        print(lines[-1], flush=True)
    return lines, reached


def main(words: list[str]) -> int:
    scale = 1.0
    if "--rounds" in words:
        at = words.index("--rounds")
        scale = float(words[at + 1]) / 9
        del words[at : at + 2]
    data.HOME.mkdir(parents=True, exist_ok=True)
    every = rows(scale)
    known = [row.id for row in every] + ["doctor", "memory", "growth"]
    unknown = [word for word in words if word not in known]
    if unknown:
        print(f"no such row: {' '.join(unknown)}; there are {' '.join(known)}", file=sys.stderr)
        return 2
    chosen = words or known
    lines = [f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release().split('-')[0]}", "", *describe(), ""]
    print("\n".join(lines), flush=True)
    ok = True
    for part in (
        lambda: table([row for row in every if row.id in chosen], scale if "doctor" in chosen else None),
        *([memory] if "memory" in chosen else []),
        *([lambda: growth(scale)] if "growth" in chosen else []),
    ):
        made, reached = part()
        lines += [*made, ""]
        ok &= reached
    (data.HOME / "table.md").write_text("\n".join(lines))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
