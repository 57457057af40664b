"""What goes wrong around the program: full disks, closed pipes, signals, read errors, and folders that change while they
are read. Each time a clear message, the right exit code, and no half-written output.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, Sequence

from harness import BINARY, HOME, REPO, Mismatch, Part, archive, environment, must, run as execute, scratch, sums, write, write_json

# nobody, on Debian.
NOBODY = 65534

# The program, linked dynamically.
DYNAMIC = os.environ["LAB_DYNAMIC"]


def heeding() -> None:
    """Lets SIGINT end the child, also where the lab itself was started with it ignored, as shells do in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def bundle(root: Path, files: int = 40) -> Path:
    """A bundle that `check` accepts; `files` of some kB each fill it up."""
    write_json(root / "package.json", {"name": "server-flow-agent", "version": "0.1.27", "type": "module",
                                       "dependencies": {name: "^1.0.0" for name in ("fastify", "ws", "pm2", "zod")}})
    write(root / "dist/index.js", "import { PROTOCOL_VERSION } from '@server-flow/shared';\nconsole.log(PROTOCOL_VERSION);\n")
    shared = root / "node_modules/@server-flow/shared"
    write_json(shared / "package.json", {"name": "@server-flow/shared", "version": "0.1.27", "type": "module", "main": "dist/index.js"})
    write(shared / "dist/index.js", "export const PROTOCOL_VERSION = 1;\n")
    for number in range(files):
        write(root / f"node_modules/filler/lib/{number}.js", f"// {number}\n" * 500)
    return root


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    must("mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "faults", folder)
    try:
        yield folder
    finally:
        must("umount", folder)


def doctor(*words: object, stdin: bytes | None = None, timeout: float = 60, **env: str):
    return execute(BINARY, *words, stdin=stdin, timeout=timeout, **env)


def failing(path: str, after: int, preload: str, *words: object):
    """Runs a command for which reading that path fails after so many bytes. A static program takes no shim, so this is
    the same one linked dynamically."""
    return execute(DYNAMIC, *words, timeout=60, LD_PRELOAD=preload, FAULT_PATH=path, FAULT_AFTER=str(after))


def expect(ran, code: int, *says: str) -> None:
    """The exit code, no panic, and the words on stderr."""
    text = ran.err.decode("utf-8", "replace")
    if "panicked" in text:
        raise Mismatch(f"a panic: {text[:800]}")
    if ran.code != code:
        raise Mismatch(f"exit {ran.code}, expected {code}: {text[:600]}")
    for words in says:
        if words.lower() not in text.lower():
            raise Mismatch(f"`{words}` is not said: {text[:600]}")


def full_disks(part: Part, work: Path) -> None:
    good = bundle(work / "good", files=900)
    packed = archive(good, work / "good.tar.gz")
    key = work / "release"
    must(BINARY, "keygen", "--no-passphrase", "-o", key)

    def cases(disk: Path) -> list[tuple[str, Sequence[object]]]:
        out = disk / "out"
        made = [
            ("manifest -o", ("manifest", "--no-config", packed, "-o", out)),
            ("manifest --json -o", ("manifest", "--no-config", "--json", packed, "-o", out)),
            ("check --json -o", ("check", "--no-config", "--json", packed, "-o", out)),
            ("check --format sarif -o", ("check", "--no-config", "--format", "sarif", packed, "-o", out)),
            ("rules --json -o", ("rules", "--json", "-o", out)),
            ("man -o", ("man", "-o", out)),
            ("completions -o", ("completions", "bash", "-o", out)),
            ("keygen", ("keygen", "--no-passphrase", "-o", disk / "key")),
        ]
        if b"\n  pack " in must(BINARY, "--help").out:
            made.append(("pack -o", ("pack", "--no-config", good, "-o", disk / "out.tar.gz")))
        return made

    with small_disk(work / "disk", "64k") as disk:
        with contextlib.suppress(OSError), open(disk / "filler", "wb", buffering=0) as stream:
            while True:
                stream.write(bytes(4096))
        before = sorted(os.listdir(disk))
        for name, words in cases(disk):

            def do(words: Sequence[object] = words) -> None:
                expect(doctor(*words), 2, "No space left on device")
                if sorted(os.listdir(disk)) != before:
                    raise Mismatch(f"left behind: {sorted(os.listdir(disk))}")

            part.case(f"full disk: {name}", do)

    def replaced() -> None:
        """What was there stays whole where the new content does not fit."""
        with small_disk(work / "disk2", "64k") as disk:
            out = write(disk / "out", "old\n")
            expect(doctor("manifest", "--no-config", packed, "-o", out), 2, "No space left on device")
            if out.read_text() != "old\n" or os.listdir(disk) != ["out"]:
                raise Mismatch(f"{os.listdir(disk)}: {out.read_bytes()[:100]}")

    part.case("full disk: what was there stays", replaced)
    for name, words in (("check", ("check", packed)), ("manifest", ("manifest", packed)), ("rules", ("rules",)), ("man", ("man",)),
                        ("explain", ("explain", "nested-layout")), ("completions", ("completions", "zsh")), ("check --json", ("check", "--json", packed))):

        def do(words: Sequence[object] = words) -> None:
            with open("/dev/full", "wb") as full:
                ran = subprocess.run([BINARY, *map(str, words)], stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=60)
            if ran.returncode != 2 or b"No space left" not in ran.stderr or b"panicked" in ran.stderr:
                raise Mismatch(f"exit {ran.returncode}: {ran.stderr[:400]!r}")

        part.case(f"/dev/full: {name}", do)


def closed_pipes(part: Part, work: Path) -> None:
    packed = work / "good.tar.gz"
    for name, words in (
        ("check", ("check", "--no-config", packed)),
        ("check --json", ("check", "--no-config", "--json", packed)),
        ("manifest", ("manifest", "--no-config", packed)),
        ("rules", ("rules",)),
        ("explain", ("explain", "nested-layout")),
        ("man", ("man",)),
        ("completions", ("completions", "bash")),
        ("help", ("--help",)),
        ("version", ("--version",)),
    ):

        def gone(words: Sequence[object] = words) -> None:
            """The reader went away before anything came: `| head -0`."""
            ours, theirs = os.pipe()
            os.close(ours)
            try:
                # As a shell starts it: Python's child would have SIGPIPE ignored otherwise.
                ran = subprocess.run([BINARY, *map(str, words)], stdout=theirs, stderr=subprocess.PIPE, env=environment(), timeout=60, restore_signals=True)
            finally:
                os.close(theirs)
            if ran.returncode not in (0, -signal.SIGPIPE) or ran.stderr:
                raise Mismatch(f"exit {ran.returncode}: {ran.stderr[:400]!r}")

        def early(words: Sequence[object] = words) -> None:
            ran = must("bash", "-c", '"$@" | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}"', "bash", BINARY, *words)
            if ran.out.strip() not in (b"0", b"141") or ran.err:
                raise Mismatch(f"{ran.out!r}: {ran.err[:400]!r}")

        def shut(words: Sequence[object] = words) -> None:
            """Without any stdout and stderr at all."""
            ran = execute("bash", "-c", '"$@" >&- 2>&-', "bash", BINARY, *words)
            if ran.code not in (0, 2):
                raise Mismatch(f"exit {ran.code}")

        part.case(f"closed pipe: {name}", gone)
        part.case(f"| head -n 1: {name}", early)
        part.case(f"no stdout and stderr: {name}", shut)


@dataclass
class Ended:
    """A command that is ended by a signal. `whole` says of a file that it left whether it is complete, as it must be."""

    name: str
    words: Sequence[object]
    whole: Callable[[Path], bool] = lambda path: False
    # It waits for more of its input, so that it cannot be done before the signal comes.
    waits: bool = False
    # What it exits with where it was done before.
    done: int = 0


def signals(part: Part, work: Path) -> None:
    """Killed by the signal itself, at once, with nothing left behind."""
    good, packed = work / "good", work / "good.tar.gz"
    head = packed.read_bytes()[:20_000]
    out, kept = work / "signals", work / "signed"
    out.mkdir()
    kept.mkdir()
    release = (out / "good.tar.gz").resolve()
    key, public = work / "release.key", work / "release.pub.pem"
    copied = kept / "good.tar.gz"
    copied.hardlink_to(packed)
    must(BINARY, "sign", "--no-config", "--key", key, copied)
    expected = sums(good)
    is_manifest = lambda path: path.read_bytes() == expected  # noqa: E731
    is_archive = lambda path: execute("gzip", "-t", path).code == 0  # noqa: E731
    is_signature = lambda path: execute(BINARY, "verify", "--no-config", "--key", public, "--signature", path, copied).code == 0  # noqa: E731
    commands = (
        Ended("check -", ("check", "--no-config", "-"), waits=True),
        Ended("check - -o", ("check", "--no-config", "--json", "-", "-o", out / "report"), waits=True),
        Ended("manifest -", ("manifest", "--no-config", "-"), waits=True),
        Ended("manifest - -o", ("manifest", "--no-config", "-", "-o", out / "sums"), waits=True),
        Ended("check of a folder", ("check", "--no-config", good)),
        Ended("manifest of a folder -o", ("manifest", "--no-config", good, "-o", out / "sums"), is_manifest),
        Ended("diff", ("diff", "--no-config", packed, good)),
        Ended("verify", ("verify", "--no-config", "--key", public, copied)),
        Ended("sign", ("sign", "--no-config", "--force", "--key", key, release), is_signature),
        Ended("pack", ("pack", "--no-config", good, "-o", out / "packed.tar.gz"), is_archive),
        Ended("doctor --root", ("doctor", "--no-config", "--root", good), done=2),
    )
    for ended in commands:
        for number in (signal.SIGINT, signal.SIGTERM):

            def do(ended: Ended = ended, number: signal.Signals = number) -> None:
                for delay in (0.005, 0.05) if ended.waits else (0.001, 0.003, 0.006, 0.01, 0.03):
                    if ended.name == "sign":
                        release.hardlink_to(packed)
                    child = subprocess.Popen([BINARY, *map(str, ended.words)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(), preexec_fn=heeding)
                    try:
                        if ended.waits:
                            child.stdin.write(head)
                            child.stdin.flush()
                        time.sleep(delay)
                        child.send_signal(number)
                        code = child.wait(timeout=5)
                    finally:
                        child.kill()
                        errors = child.stderr.read()
                        with contextlib.suppress(BrokenPipeError):
                            child.stdin.close()
                        child.stderr.close()
                        release.unlink(missing_ok=True)
                    # One that was done before the signal came is done.
                    if code not in (-number, 128 + number, *(() if ended.waits else (ended.done,))) or b"panicked" in errors:
                        raise Mismatch(f"after {delay} s: exit {code}: {errors[:300]!r}")
                    for left in out.iterdir():
                        if left.name.startswith(".") or ended.waits or not ended.whole(left):
                            raise Mismatch(f"after {delay} s: left behind {left.name}")
                        left.unlink()

            part.case(f"{number.name}: {ended.name}", do)


def shim() -> Path:
    built = HOME / "fault.so"
    must("cc", "-shared", "-fPIC", "-O2", "-Wall", "-o", built, REPO / "tests/lab/fault.c", "-ldl")
    return built


def read_errors(part: Part, work: Path) -> None:
    preload = str(shim())
    packed, good = work / "good.tar.gz", work / "good"
    length = packed.stat().st_size
    for after in (0, 1000, length // 2, length - 1):
        for command in ("check", "manifest"):

            def do(after: int = after, command: str = command) -> None:
                ran = failing("good.tar.gz", after, preload, command, "--no-config", packed)
                expect(ran, 2, "Input/output error", "good.tar.gz")
                if ran.out:
                    raise Mismatch(f"something on stdout: {ran.out[:200]!r}")

            part.case(f"read error after {after} bytes of the archive: {command}", do)
    for command, path in (("check", "package.json"), ("check", "dist/index.js"), ("manifest", "package.json"), ("manifest", "lib/7.js"), ("manifest", "dist/index.js")):

        def do(command: str = command, path: str = path) -> None:
            ran = failing(path, 10, preload, command, "--no-config", good)
            expect(ran, 2, "Input/output error", path)

        part.case(f"read error in {path} of a folder: {command}", do)

    def configuration() -> None:
        settings = write(work / "bundle-doctor.toml", "[limits]\nmax-entries = 100000\n")
        ran = failing("bundle-doctor.toml", 3, preload, "check", "--config", settings, packed)
        expect(ran, 2, "Input/output error", "bundle-doctor.toml")

    part.case("read error in the configuration", configuration)

    def machine() -> None:
        """A machine gets its one document also then."""
        ran = failing("good.tar.gz", 1000, preload, "check", "--no-config", "--json", packed)
        expect(ran, 2, "Input/output error")
        if b'"verdict": "error"' not in ran.out.replace(b'":"', b'": "'):
            raise Mismatch(f"no document: {ran.out[:300]!r}")

    part.case("read error: the document says so", machine)


def few_threads(part: Part, work: Path) -> None:
    """The machine has no room for another thread or process, as in a container whose tasks are counted. What needs none is
    done; what was not judged never looks as if it were sound."""
    packed, good = work / "good.tar.gz", work / "good"
    large = bundle(work / "large", files=1)
    write(large / "node_modules/filler/data.bin", b"0123456789abcdef" * 500_000)
    program = work / "bundle-doctor"
    program.write_bytes(Path(BINARY).read_bytes())
    program.chmod(0o755)
    work.chmod(0o755)

    def limited(*words: object):
        # As root the kernel does not count.
        user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        return execute(*user, "prlimit", "--nproc=1", program, *words, timeout=60)

    def judged(subject: Path) -> None:
        expect(limited("check", "--no-config", subject), 2, "no thread can be started", subject.name, "ulimit -u")
        ran = limited("check", "--no-config", "--json", subject)
        expect(ran, 2)
        if json.loads(ran.out)["verdict"] != "error":
            raise Mismatch(f"{ran.out[:300]!r}")

    def summed(subject: Path, folder: Path) -> None:
        ran = limited("manifest", "--no-config", subject)
        expect(ran, 0)
        if ran.out != sums(folder):
            raise Mismatch("other sums than with threads")

    def asked() -> None:
        ran = limited("doctor", "--no-config", "--json")
        expect(ran, 1)
        document = json.loads(ran.out)
        causes = [diagnosis["cause"] for diagnosis in document["diagnoses"]]
        if causes != ["unit-missing", "systemd-unavailable"] or "no further process can be started" not in ran.out.decode():
            raise Mismatch(f"{causes}: {ran.out.decode()[:600]}")

    part.case("no thread: check of an archive", lambda: judged(packed))
    part.case("no thread: check of a folder", lambda: judged(good))
    part.case("no thread: manifest of an archive", lambda: summed(packed, good))
    part.case("no thread: manifest of a folder", lambda: summed(good, good))
    part.case("no thread: manifest of an archive that another would inflate", lambda: summed(archive(large, work / "large.tar.gz"), large))
    anybodys = work / "anybodys"
    anybodys.mkdir()
    anybodys.chmod(0o777)
    part.case("no thread: pack", lambda: expect(limited("pack", "--no-config", good, "-o", anybodys / "out.tar.gz"), 2, "no thread can be started"))
    part.case("no process: doctor", asked)


def strange_folders(part: Part, work: Path) -> None:
    def special() -> None:
        """FIFOs, sockets and devices are looked at, never opened: a FIFO that nobody writes to would block."""
        root = bundle(work / "special", files=1)
        os.mkfifo(root / "dist/pipe")
        os.mkfifo(root / "node_modules/filler/pipe")
        os.mknod(root / "dist/zero", 0o644 | 0o020000, os.makedev(1, 5))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(root / "dist/socket"))
            ran = doctor("check", "--no-config", root, timeout=10)
            expect(ran, 1)
            for words in ("FIFO", "socket", "character device"):
                if words not in ran.out.decode():
                    raise Mismatch(f"`{words}` is not said: {ran.out.decode()[:800]}")
            refused = doctor("manifest", "--no-config", root, timeout=10)
            if refused.code == 0 and b"pipe" in refused.out:
                raise Mismatch("a FIFO has a sum")

    part.case("FIFOs, sockets and devices", special)

    def unreadable() -> None:
        for path, mode in (("package.json", 0), ("dist", 0), ("dist", 0o600), ("node_modules/filler/lib", 0o311)):
            root = bundle(work / f"unreadable-{path.replace('/', '-')}-{mode:o}", files=2)
            (root / path).chmod(mode)
            words = (BINARY, "check", "--no-config", root)
            ran = execute("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *words)
            expect(ran, 2, "Permission denied", path.split("/")[0])

    part.case("unreadable files and folders, not as root", unreadable)

    def loops() -> None:
        root = bundle(work / "loops", files=1)
        (root / "node_modules/filler/up").symlink_to("..")
        (root / "node_modules/filler/self").symlink_to("self")
        (root / "node_modules/filler/a").symlink_to("b")
        (root / "node_modules/filler/b").symlink_to("a")
        ran = doctor("manifest", "--no-config", root, timeout=10)
        if ran.code != 0 or ran.out != sums(root):
            raise Mismatch(f"exit {ran.code}: {ran.text[:400]}")

    part.case("loops of links", loops)

    def names() -> None:
        root = bundle(work / "names", files=1)
        for name in (b"latin-\xe9", b"new\nline", b"back\\slash", b"esc\x1b[2J", b" ", b"-rf"):
            (root / "node_modules/filler" / os.fsdecode(name)).write_text("x\n")
        ran = doctor("manifest", "--no-config", root)
        if ran.code != 0 or ran.out != sums(root):
            raise Mismatch(f"exit {ran.code}: {ran.text[:600]}")
        shown = doctor("check", "--no-config", root)
        if b"\x1b" in shown.out + shown.err or b"\xe9" in shown.out:
            raise Mismatch("a name reached the terminal as it is")

    part.case("names that are not UTF-8, or not printable", names)

    def mounted() -> None:
        """Another file system within the folder is part of it, as it is for tar."""
        root = bundle(work / "mounted", files=1)
        with small_disk(root / "dist/mount", "1m"):
            write(root / "dist/mount/file.txt", "on another file system\n")
            ran = doctor("manifest", "--no-config", root)
            if ran.code != 0 or ran.out != sums(root):
                raise Mismatch(f"exit {ran.code}: {ran.text[:400]}")

    part.case("a mount point", mounted)

    def many() -> None:
        root = bundle(work / "many", files=0)
        for folder in range(100):
            (root / f"node_modules/m{folder}").mkdir()
            for number in range(1000):
                (root / f"node_modules/m{folder}/{number}").touch()
        ran = doctor("check", "--no-config", root, timeout=60)
        expect(ran, 0)
        ran = doctor("manifest", "--no-config", root, timeout=120)
        if ran.out.count(b"\n") != 100_004:
            raise Mismatch(f"{ran.out.count(bytes([10]))} lines: {ran.err[:300]!r}")

    part.case("100,000 files", many)


@contextlib.contextmanager
def meanwhile(change: Callable[[int], None]) -> Iterator[None]:
    """Changes something again and again while the program runs."""
    stop = threading.Event()

    def work() -> None:
        turn = 0
        while not stop.is_set():
            change(turn)
            turn += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def moving_folders(part: Part, work: Path) -> None:
    def swapped() -> None:
        """A folder that is now a folder, now a link to one outside: what is outside is never read."""
        root = bundle(work / "swapped", files=150)
        outside = work / "outside"
        for number in range(150):
            write(outside / f"{number}.js", "a secret of the machine\n")
        lib, kept, link = root / "node_modules/filler/lib", root / "node_modules/filler/kept", root / "node_modules/filler/link"
        link.symlink_to(outside)
        secret = sums(outside).split()[0]

        def change(_: int) -> None:
            lib.rename(kept)
            link.rename(lib)
            lib.rename(link)
            kept.rename(lib)

        seen = set()
        with meanwhile(change):
            for _ in range(150):
                ran = doctor("manifest", "--no-config", root)
                if ran.code not in (0, 2) or b"panicked" in ran.err:
                    raise Mismatch(f"exit {ran.code}: {ran.text[:400]}")
                if secret in ran.out:
                    raise Mismatch("a file outside the bundle was read")
                seen.add(ran.code)

    part.case("a link swapped in while walking", swapped)

    def vanishing() -> None:
        root = bundle(work / "vanishing", files=60)
        lib = root / "node_modules/filler/lib"

        def change(turn: int) -> None:
            path = lib / f"{turn % 60}.js"
            path.unlink(missing_ok=True)
            path.write_text("// other\n" * (turn % 700))

        with meanwhile(change):
            for _ in range(100):
                for command in ("check", "manifest"):
                    ran = doctor(command, "--no-config", root, timeout=20)
                    if ran.code not in (0, 2) or b"panicked" in ran.err:
                        raise Mismatch(f"exit {ran.code}: {ran.text[:400]}")
                    if ran.code == 2 and not any(words in ran.err for words in (b"No such file", b"changed while")):
                        raise Mismatch(f"another reason: {ran.err[:400]!r}")

    part.case("files that change and vanish while they are read", vanishing)


def run(part: Part) -> None:
    with scratch("faults") as work:
        full_disks(part, work)
        closed_pipes(part, work)
        signals(part, work)
        read_errors(part, work)
        few_threads(part, work)
        strange_folders(part, work)
        moving_folders(part, work)
