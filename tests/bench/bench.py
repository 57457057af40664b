"""Times bundle-doctor against what a user would otherwise type, and prints the ratios.

Both sides of a row run in turn, round after round, and the ratio is the median of the rounds' own: a machine that is busy
with something else slows both. Everything is read from the page cache. Each row is measured as the program is built, and
as it would run on a processor that has no instructions for SHA-256.
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
from typing import Callable, Sequence

import data
import doctor as on_a_server

# The lab's, see doctor.py.
import costly
import imports

MEMORY = 48 * 1024  # KiB; docs/reference/contract.md, "Details fixed"

Command = Sequence[str]


@dataclass(frozen=True)
class Build:
    """The program and what it is measured against, built alike."""

    folder: Path

    @property
    def doctor(self) -> str:
        return str(self.folder / "bundle-doctor")

    def example(self, name: str) -> str:
        return str(self.folder / "examples" / name)

    def check(self, path: Path, *words: str | Path) -> Command:
        return (self.doctor, "check", "--no-config", "--quiet", *map(str, words), str(path))

    def manifest(self, path: Path) -> Command:
        return (self.doctor, "manifest", "--no-config", str(path))


AS_BUILT, SOFT = Build(Path(os.environ["BENCH_BIN"])), Build(Path(os.environ["BENCH_SOFT"]))


@dataclass
class Row:
    """One line of the table. `theirs` are several commands where `of_both` makes one time of theirs; `most` is the ratio to
    reach, where there is one."""

    id: str
    job: str
    against: str
    ours: Callable[[Build], Command]
    theirs: Callable[[Build], list[Command]]
    most: float | None
    rounds: int
    of_both: Callable[[list[float]], float] = sum


def timed(command: Command) -> float:
    started = time.perf_counter()
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    took = time.perf_counter() - started
    if ran.returncode != 0:
        raise SystemExit(f"bench: {' '.join(command)[:200]} exits {ran.returncode}: {ran.stderr[-500:].decode(errors='replace')}")
    return took


def ratio(row: Row, build: Build) -> tuple[float, float, float]:
    """The median ratio and both medians in seconds."""
    ours_once = lambda: timed(row.ours(build))
    theirs_once = lambda: row.of_both([timed(command) for command in row.theirs(build)])
    ours_once(), theirs_once()
    pairs = []
    for number in range(row.rounds):
        # Whoever comes second finds warmer caches, so they take turns.
        if number % 2:
            theirs = theirs_once()
            ours = ours_once()
        else:
            ours = ours_once()
            theirs = theirs_once()
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


def shell(script: str, *words: str | Path) -> Command:
    return ("bash", "-c", script, "bench", *map(str, words))


def against_node(scale: float) -> list[Row]:
    """`check` of one large file of code beside `node --check` of it, with each of the lab's Nodes. Three
    quarters of what they take is their start."""
    root = data.bundled()
    index, archive = root / "dist/index.js", data.archive(root)
    rounds = max(5, round(25 * scale))
    return [
        Row(
            f"bundled-{line}", "`check` of esbuild's bundle of 1 MB", f"`node --check` of it, Node {line}",
            lambda build: build.check(archive), lambda _, node=node: [(node, "--check", str(index))], 0.5, rounds,
        )
        for line, node in imports.nodes().items()
    ]


def shared_out(times: list[float]) -> float:
    """What inflating and hashing take at least on this machine: inflating is one thread's work, hashing is anybody's."""
    inflating, both = times
    return max(inflating, both / (os.cpu_count() or 1))


def rows(scale: float) -> list[Row]:
    large, code = data.large(), data.code()
    archive, dense = data.archive(large), data.archive(code)
    packed, signed = data.packed(large, AS_BUILT.doctor), data.signed(large, AS_BUILT.doctor)
    few, many = max(3, round(9 * scale)), max(20, round(200 * scale))
    out = data.HOME / "out.tar.gz"

    def inflate(path: Path) -> Callable[[Build], list[Command]]:
        return lambda build: [(build.example("inflate"), str(path))]

    def inflate_and_hash(path: Path) -> Callable[[Build], list[Command]]:
        return lambda build: [(build.example("inflate"), str(path)), (build.example("inflate"), "--hash", str(path))]

    def tar_t(path: Path) -> Callable[[Build], list[Command]]:
        return lambda _: [("tar", "-tzf", str(path))]

    # A process for each file: `node --check` reads one.
    checks = shell('printf "%s\\0" "$@" | xargs -0 -n1 -P2 node --check', *sorted((code / "dist").rglob("*.js")))
    sums = lambda build: [shell('cd "$1" && find . -type f -print0 | xargs -0 -P2 "$2"', large, build.example("hash"))]
    shared = "inflating once, or that and `sha2` of all by cores"
    key = ("--require-signature", "--key", data.HOME / "bench.pub.pem")
    made = [
        Row("check-tar", "`check` of the large archive", "`tar -tzf` of it", lambda b: b.check(archive), tar_t(archive), 0.36, few),
        Row("check-inflate", "the same", "inflating it once", lambda b: b.check(archive), inflate(archive), 1.05, few),
        Row("check-packed", "the same, packed by `pack`", "inflating it once", lambda b: b.check(packed), inflate(packed), 0.65, few),
        Row("manifest-inflate", "`manifest` of the large archive", shared, lambda b: b.manifest(archive), inflate_and_hash(archive), 1.15, few, shared_out),
        Row("check-signed", "`check --key` of it, packed and signed by `pack`", shared, lambda b: b.check(signed, *key), inflate_and_hash(signed), 1.15, few, shared_out),
    ]
    for name, root in (("small", data.small()), ("tiny", data.tiny())):
        little = data.archive(root)
        made.append(Row(name, f"`check` of the {name} bundle", "`tar -tzf` of it", lambda b, little=little: b.check(little), tar_t(little), 1.0, many))
    return [
        *made,
        Row("code-node", "`check` of a bundle of nothing but code", "`node --check` of its files, two at a time", lambda b: b.check(dense), lambda _: [checks], 0.5, few),
        *against_node(scale),
        Row("manifest-directory", "`manifest` of the large directory", "`find … \\| xargs -0 -P2` of a program that only hashes", lambda b: b.manifest(large), sums, 1.0, few),
        Row("check-directory", "`check` of the large directory", "`find DIR -type f -size +999G`", lambda b: b.check(large), lambda _: [("find", str(large), "-type", "f", "-size", "+999G")], 1.0, max(5, round(25 * scale))),
        Row("pack", "`pack` of the large directory", "`tar -czf` of it", lambda b: (b.doctor, "pack", str(large), "-o", str(out), "--no-config", "--quiet"), lambda _: [("tar", "-czf", str(data.HOME / "theirs.tar.gz"), "-C", str(large), ".")], 0.7, max(2, round(3 * scale))),
    ]


def packed_size() -> tuple[list[str], bool]:
    """`pack` beside `tar -czf`, in bytes."""
    ours, theirs = (data.HOME / name for name in ("out.tar.gz", "theirs.tar.gz"))
    if not (ours.exists() and theirs.exists()):
        return [], True
    got = ours.stat().st_size / theirs.stat().st_size
    line = f"`pack` of the large directory makes {ours.stat().st_size:,} bytes, `tar -czf` {theirs.stat().st_size:,}: {got:.3f}"
    print(line, flush=True)
    return [line], got <= 1


def size(root: Path) -> tuple[int, int]:
    """Entries and bytes of a folder."""
    entries = sum(len(names) + len(folders) for _, folders, names in os.walk(root))
    return entries, sum(os.lstat(Path(folder) / name).st_size for folder, _, names in os.walk(root) for name in names)


def describe() -> list[str]:
    lines = []
    for name, root in (("large", data.large()), ("small", data.small()), ("tiny", data.tiny()), ("code", data.code()), ("bundled", data.bundled())):
        archive = data.archive(root)
        entries, unpacked = size(root)
        lines.append(f"- {name}: {entries:,} entries, {unpacked / 1e6:,.1f} MB unpacked, {archive.stat().st_size / 1e6:,.2f} MB packed")
    return lines


def sha_instructions() -> str:
    """Which instructions for SHA-256 the processor has, as the kernel calls them (proc(5), /proc/cpuinfo)."""
    words = Path("/proc/cpuinfo").read_text().split()
    return " ".join(word for word in ("sha_ni", "sha2") if word in words) or "none"


def table(chosen: list[Row], doctor: float | None) -> tuple[list[str], bool]:
    lines = ["| job | against | ours | theirs | ratio | without SHA instructions | to reach |", "| --- | --- | --- | --- | --- | --- | --- |"]
    reached = True
    for row in chosen:
        got, ours, theirs = ratio(row, AS_BUILT)
        soft, _, _ = ratio(row, SOFT)
        told = []
        for each in (got, soft):
            missed = row.most is not None and each > row.most
            reached &= not missed
            told.append(f"{each:.2f}{' **missed**' * missed}")
        aim = "" if row.most is None else f"≤ {row.most:.2f}"
        lines.append(f"| {row.job} | {row.against} | {ours * 1e3:,.1f} ms | {theirs * 1e3:,.1f} ms | {told[0]} | {told[1]} | {aim} |")
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
    packed, signed = data.packed(large, AS_BUILT.doctor), data.signed(large, AS_BUILT.doctor)
    key = ("--require-signature", "--key", data.HOME / "bench.pub.pem")
    check, manifest = AS_BUILT.check, AS_BUILT.manifest
    for name, command in (
        ("`check` of the large archive", check(data.archive(large))),
        ("`manifest` of the large archive", manifest(data.archive(large))),
        ("`check` of it, packed by `pack`", check(packed)),
        ("`check --key` of it, signed by `pack`", check(signed, *key)),
        ("`check` of the large directory", check(large)),
        ("`manifest` of the large directory", manifest(large)),
        ("`pack` of the large directory", (AS_BUILT.doctor, "pack", str(large), "-o", str(data.HOME / "out.tar.gz"), "--no-config", "--quiet")),
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
    check, manifest = AS_BUILT.check, AS_BUILT.manifest
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
    lines = [f"{os.cpu_count()} cores, {platform.machine()}, instructions for SHA-256: {sha_instructions()}, Linux {platform.release().split('-')[0]}", "", *describe(), ""]
    print("\n".join(lines), flush=True)
    ok = True
    for part in (
        lambda: table([row for row in every if row.id in chosen], scale if "doctor" in chosen else None),
        packed_size,
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
