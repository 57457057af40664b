"""The tree that is judged against the trees that extractors really leave: names, types, modes, owners, link targets and
contents, for every archive of the tables and for thousands of mutations of them.

An archive is either refused, or GNU tar, as root, leaves exactly the tree that was judged and exits 0. Where bsdtar, busybox
or node-tar would leave another one, the archive must have been refused, too. There are no exceptions.
"""

from __future__ import annotations

import contextlib
import grp
import hashlib
import json
import multiprocessing
import os
import pwd
import shutil
import stat
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import hostile
import mutate
import producers
from harness import HOME, TOOLS, Mismatch, Part, environment, must, scratch

TREES = Path(os.environ["LAB_TREES"])
WORKERS = os.cpu_count() or 1
# Seeds of the mutations; `--long` goes on with those behind them.
USUAL, LONG = 12_000, 120_000
CHUNK = 250
UMASK = 0o022

KINDS = {stat.S_IFDIR: "directory", stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFCHR: "a character device", stat.S_IFBLK: "a block device", stat.S_IFIFO: "a FIFO"}

# Every archive here is refused for what it lacks as a bundle. These rules, and archive-*, refuse it for what it does.
LINKS = ("shared-package-linked", "workspace-link")

# Without what bsdtar restores as root unasked, and GNU tar does not: a file with the flag `schg` could not even be removed.
AS_GNU_TAR = ("--no-xattrs", "--no-fflags")

# One process for thousands of archives: starting node costs more than extracting.
NODE_TAR = """
const tar = require(process.env.TAR), fs = require('fs');
let rest = '';
process.stdin.on('data', (chunk) => {
    const lines = (rest + chunk).split('\\n');
    rest = lines.pop();
    for (const line of lines) {
        const [file, cwd] = line.split('\\t');
        let said = [];
        try { tar.extract({ sync: true, file, cwd, onwarn: (code, message) => said.push(message) }); }
        catch (error) { said.push(String(error)); }
        fs.writeSync(1, JSON.stringify(said) + '\\n');
    }
});
"""


@dataclass(frozen=True)
class Node:
    """One path of a tree. `holds` is a file's sum and the set of its names, a link's target, or nothing."""

    kind: str
    mode: int | None  # a link has none of its own
    owner: int
    group: int
    holds: object



Tree = dict[bytes, Node]


def comparable(tree: Tree, extractor: str, said: set[str]) -> dict[bytes, tuple]:
    """What another extractor than GNU tar must have in common with it.

    Not owners: each resolves names and numbers in its own way, whatever the archive. node-tar leaves modes to the umask
    and set-uid bits to chown, which drops them, and never changes that of a folder that is there. A name that is not UTF-8 has been told by `path-not-portable`.
    """
    found = {}
    for path, node in tree.items():
        if "path-not-portable" in said and (not is_utf8(path) or "\ufffd".encode() in path):
            continue
        mode = node.mode
        if extractor == "node-tar" and mode is not None:
            mode = None if node.kind == "directory" else mode & ~UMASK & ~0o6000
        found[path] = (node.kind, mode, node.holds[0] if node.kind == "file" else node.holds)
    return found


def is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


class Judged:
    """What bundle-doctor makes of one archive."""

    def __init__(self, answer: dict) -> None:
        self.tree: Tree | None = None if answer["tree"] is None else told(answer["tree"])
        self.said = set(answer["errors"] + answer["warnings"])
        self.refused = any(rule.startswith("archive-") or rule in LINKS for rule in answer["errors"])
        entry = self.tree and self.tree.get(b"dist/index.js")
        if entry and entry.kind == "link" and "entry-point-missing" in answer["errors"]:
            self.refused = True


def told(nodes: list[dict]) -> Tree:
    """The tree as trees.rs prints it, with owners as GNU tar resolves them here: a name that exists wins over the number."""
    same: dict[str, set[bytes]] = {}
    for node in nodes:
        if node["kind"] == "file":
            same.setdefault(node["holds"]["same"], set()).add(node["path"].encode("latin-1"))
    tree: Tree = {}
    for node in nodes:
        holds = node["holds"]
        if node["kind"] == "file":
            holds = (holds["sha256"], frozenset(same[holds["same"]]))
        elif node["kind"] == "link":
            holds = holds.encode("latin-1")
        mode = None if node["kind"] == "link" else node["mode"]
        owner = known(pwd.getpwnam, "pw_uid", *node["owner"])
        group = known(grp.getgrnam, "gr_gid", *node["group"])
        tree[node["path"].encode("latin-1")] = Node(node["kind"], mode, owner, group, holds)
    return tree


def known(look_up, field: str, number: str, name: str) -> int:
    with contextlib.suppress(KeyError, ValueError, UnicodeError):
        if name:
            return getattr(look_up(os.fsdecode(name.encode("latin-1"))), field)
    return int(number)


def left(root: Path) -> Tree:
    """The tree that stands in a folder. Opened name by name, as its paths may be longer than one path can be."""
    found: list[tuple[bytes, os.stat_result, object]] = []
    names: dict[tuple[int, int], set[bytes]] = {}

    def walk(folder: int, prefix: bytes) -> None:
        for name in os.listdir(folder):
            raw = os.fsencode(name)
            path = prefix + raw
            state = os.stat(name, dir_fd=folder, follow_symlinks=False)
            holds: object = None
            if stat.S_ISLNK(state.st_mode):
                holds = os.fsencode(os.readlink(name, dir_fd=folder))
            elif stat.S_ISREG(state.st_mode):
                names.setdefault((state.st_dev, state.st_ino), set()).add(path)
                inner = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
                with open(inner, "rb", buffering=0) as stream:
                    holds = hashlib.sha256(stream.read()).hexdigest()
            found.append((path, state, holds))
            if stat.S_ISDIR(state.st_mode):
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                try:
                    walk(inner, path + b"/")
                finally:
                    os.close(inner)

    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        found.append((b"", os.fstat(top), None))
        walk(top, b"")
    finally:
        os.close(top)
    tree: Tree = {}
    for path, state, holds in found:
        kind = KINDS.get(stat.S_IFMT(state.st_mode), "socket")
        if kind == "file":
            holds = (holds, frozenset(names[state.st_dev, state.st_ino]))
        mode = None if kind == "link" else stat.S_IMODE(state.st_mode)
        tree[path] = Node(kind, mode, state.st_uid, state.st_gid, holds)
    return tree


def differences(want: dict, got: dict) -> str:
    lines = []
    for path in sorted(want.keys() | got.keys()):
        if want.get(path) != got.get(path):
            lines.append(f"{path!r}: judged {got.get(path)}, extracted {want.get(path)}")
    return "; ".join(lines[:4])


class Bench:
    """The extractors and the judge, kept running, and a folder in memory to extract into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.archive = folder / "archive.tar.gz"
        self.out = folder / "out"
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        self.judge = subprocess.Popen([str(TREES)], **pipes)
        self.node = subprocess.Popen(["node", "-e", NODE_TAR], env=environment(TAR=str(TOOLS / "tar")), **pipes)
        self.plain = {locale: environment(LC_ALL=locale) for locale in ("C.UTF-8", "C")}

    def close(self) -> None:
        for process in (self.judge, self.node):
            process.stdin.close()
            process.wait(timeout=20)

    def ask(self, process: subprocess.Popen, line: str) -> str:
        process.stdin.write(line + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise Mismatch(f"`{process.args[0]}` ended with {process.wait()}")
        return answer

    def judged(self) -> Judged:
        return Judged(json.loads(self.ask(self.judge, str(self.archive))))

    @contextlib.contextmanager
    def emptied(self) -> Iterator[None]:
        self.out.mkdir(mode=0o755)
        try:
            yield
        finally:
            shutil.rmtree(self.out)

    def extract(self, *argv: object, locale: str = "C.UTF-8") -> tuple[str, Tree]:
        """What a program says when it fails, and the tree that it leaves."""
        with self.emptied():
            ran = subprocess.run(argv, cwd=self.out, env=self.plain[locale], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
            said = "" if ran.returncode == 0 else f"exits {ran.returncode}: {ran.stderr[-300:].decode(errors='replace')}"
            return said, left(self.out)

    def extract_by_bsdtar(self, judged: Judged) -> tuple[str, Tree]:
        """With access lists, or without where that gives what was judged: a list's mask takes the place of the group's bits."""
        with_lists = self.extract("bsdtar", *AS_GNU_TAR, "-xzf", self.archive)
        if comparable(with_lists[1], "bsdtar", judged.said) == comparable(judged.tree, "bsdtar", judged.said):
            return with_lists
        return self.extract("bsdtar", *AS_GNU_TAR, "--no-acls", "-xzf", self.archive)

    def extract_by_node(self) -> tuple[str, Tree]:
        with self.emptied():
            said = json.loads(self.ask(self.node, f"{self.archive}\t{self.out}"))
            return " ".join(said), left(self.out)

    def compare(self, locales: tuple[str, ...]) -> str:
        """Compares the archive that was put there: `accepted`, `warned of`, `refused`, or `known` (refused, and its tree is GNU
        tar's all the same)."""
        judged = self.judged()
        if judged.tree is None:
            if not judged.refused:
                raise Mismatch("its tree is not known, and no rule says so")
            return "refused"
        for locale in locales:
            said, real = self.extract("tar", "-xzf", self.archive, locale=locale)
            if said:
                raise Mismatch(f"judged, and GNU tar ({locale}) {said}")
            if real != judged.tree:
                raise Mismatch(f"not GNU tar's tree ({locale}): {differences(real, judged.tree)}")
        if judged.refused:
            return "known"
        if "archive-ambiguous" in judged.said:
            return "warned of"
        for name, (said, real) in (
            ("bsdtar", self.extract_by_bsdtar(judged)),
            ("busybox", self.extract("busybox", "tar", "-xzf", self.archive)),
            ("node-tar", self.extract_by_node()),
        ):
            want, got = comparable(real, name, judged.said), comparable(judged.tree, name, judged.said)
            if want != got:
                raise Mismatch(f"accepted, and {name} leaves another tree: {differences(want, got)}; it says: {said or 'nothing'}")
        return "accepted"


def keep(archive: bytes, name: str) -> Path:
    """Keeps an archive that was judged wrongly, to be looked at: seeds are made anew at each run."""
    folder = HOME / "log" / "differential"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("".join(c if c.isalnum() else "-" for c in name)[:80] + ".tar.gz")
    path.write_bytes(archive)
    return path


def one(bench: Bench, archive: bytes, name: str, locales: tuple[str, ...]) -> tuple[str, str]:
    """What came of one archive, and why it failed."""
    bench.archive.write_bytes(archive)
    try:
        return bench.compare(locales), ""
    except Exception as reason:
        return "failed", f"{reason}\nkept as {keep(archive, name)}"


Outcome = list[tuple[str, str, str]]


def chunk(work: tuple[Path, range, list[mutate.Records]]) -> Outcome:
    """A worker's share of the mutations."""
    folder, numbers, seeds = work
    bench = Bench(folder / str(os.getpid()))
    try:
        done = []
        for number in numbers:
            name = f"mutation {number}"
            # Servers run either locale; names must not depend on it.
            locales = ("C",) if number % 2 else ("C.UTF-8",)
            done.append((name, *one(bench, mutate.mutation(number, seeds), name, locales)))
        return done
    finally:
        bench.close()


def corpus(work: Path) -> Iterator[tuple[str, bytes, bool]]:
    """Name, bytes, and whether it is one that must be accepted, of every archive of the tables."""
    for producer in producers.table():
        root, out = work / "agent-bundle", work / "out.tar.gz"
        root.mkdir()
        producer.tree(root)
        producer.make(root, out)
        yield f"producer: {producer.name}", out.read_bytes(), not producer.refused and not producer.wrapped
        must("rm", "-rf", root, out)
    for odd in hostile.table():
        yield f"hand-made: {odd.name}", odd.bytes(), odd.verdict == hostile.ACCEPT


@contextlib.contextmanager
def memory(folder: Path) -> Iterator[Path]:
    """A tmpfs: the extractors write hundreds of thousands of files."""
    folder.mkdir()
    must("mount", "-t", "tmpfs", "-o", "size=2g,mode=0755", "differential", folder)
    try:
        yield folder
    finally:
        must("umount", folder)


def tally(part: Part, what: str, outcome: Outcome) -> None:
    for name, came, why in outcome:
        if came == "failed":
            part.fail(name, why)
        else:
            part.passed += 1
    counts = Counter(came for _, came, _ in outcome)
    print(f"    {what}: {len(outcome)}, of which {', '.join(f'{n} {came}' for came, n in sorted(counts.items()))}", flush=True)


def run(part: Part) -> None:
    os.umask(UMASK)
    with scratch("differential") as work, memory(work / "memory") as folder:
        bench = Bench(folder / "corpus")
        seeds, outcome = [], []
        try:
            for name, archive, good in corpus(bench.folder):
                outcome.append((name, *one(bench, archive, name, ("C.UTF-8", "C"))))
                if good:
                    with contextlib.suppress(ValueError, IndexError):
                        seeds.append(mutate.records_of(archive))
        finally:
            bench.close()
        tally(part, "archives of the tables", outcome)
        part.case("there are at least 300 archives", lambda: enough(len(outcome), 300))
        mutations(part, folder, seeds)


def mutations(part: Part, folder: Path, seeds: list[mutate.Records]) -> None:
    count = LONG if part.long else USUAL
    shares = [(folder, range(at, min(at + CHUNK, count)), seeds) for at in range(0, count, CHUNK)]
    # Workers are forked before they have threads, and each has its own extractors.
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        outcome = [line for share in pool.imap(chunk, shares) for line in share]
    tally(part, "mutations", outcome)
    accepted = sum(came == "accepted" for _, came, _ in outcome)
    # A judge that refuses everything is never wrong, and compares nothing.
    part.case("a tenth of the mutations is accepted", lambda: enough(accepted, count // 10))


def enough(count: int, least: int) -> None:
    if count < least:
        raise Mismatch(f"{count}, at least {least} expected")
