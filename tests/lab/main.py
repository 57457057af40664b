"""Runs the parts of the lab that are named, or all of them, and closes on `N passed, N failed`."""

import importlib
import multiprocessing
import os
import signal
import sys
import traceback
from multiprocessing.connection import Connection

from harness import WORK, Part

PARTS = (
    "workspace",
    "mistakes",
    "fixes",
    "specs",
    "imports",
    "real",
    "extract",
    "differential",
    "faults",
    "formats",
    "pages",
    "terminal",
    "signing",
    "release",
    "rehearse",
    "fuzz",
    "server",
    "harm",
    "repair",
    "update",
    "support",
    "packages",
    "fleet",
)
# These keep a processor busy and need neither a server nor the workspace: they run in a process of their own, with what time
# the others leave, which mostly wait for servers.
BESIDE = ("imports", "real", "specs", "extract", "differential", "fuzz")
BESIDE_NICE = 10


def one(name: str, long: bool) -> Part:
    """Runs a part to its end."""
    part = Part(name, long=long)
    try:
        importlib.import_module(name).run(part)
    except Exception:  # a part that breaks must not hide what the others found
        part.fail("the part itself", traceback.format_exc(limit=-4))
    part.close()
    return part


def beside(names: list[str], long: bool, told: Connection) -> None:
    """The process of the parts that run beside the others; tells each that ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.nice(BESIDE_NICE)
    fuzz = importlib.import_module("fuzz") if "fuzz" in names else None
    if fuzz:
        fuzz.begin()
    try:
        for name in names:
            told.send(one(name, long))
    except BaseException:
        if fuzz:
            fuzz.stop()
        raise


class Beside:
    """Parts that run beside the others, until they are waited for."""

    def __init__(self, names: list[str], long: bool) -> None:
        self._names = names
        self._told, telling = multiprocessing.Pipe(duplex=False)
        # Spawned, not forked: the other parts have threads.
        self._process = multiprocessing.get_context("spawn").Process(target=beside, args=(names, long, telling))
        self._process.start()
        telling.close()

    def wait(self) -> list[Part]:
        """The parts that ended; one that did not is a failure."""
        parts = []
        for name in self._names:
            try:
                parts.append(self._told.recv())
            except EOFError:
                self._process.join()
                part = Part(name)
                part.fail("the part itself", f"its process ended with {self._process.exitcode}")
                parts.append(part)
        self._process.join()
        return parts

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()


def main(words: list[str]) -> int:
    long = "--long" in words
    if "--record" in words:
        os.environ["LAB_RECORD"] = "1"
    chosen = [w for w in words if w not in ("--long", "--record")]
    unknown = [w for w in chosen if w not in PARTS]
    if unknown:
        print(f"no such part: {' '.join(unknown)}; there are {' '.join(PARTS)}", file=sys.stderr)
        return 2
    WORK.mkdir(parents=True, exist_ok=True)
    # SystemExit runs what clears scratch folders and ends children; the default action would not.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names = chosen or PARTS
    others = Beside([name for name in BESIDE if name in names], long)
    try:
        parts = [one(name, long) for name in names if name not in BESIDE]
        parts += others.wait()
    except BaseException:
        others.stop()
        raise
    failed = sum(len(p.failed) for p in parts)
    print(f"{sum(p.passed for p in parts)} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
