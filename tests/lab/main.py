"""Runs the parts of the lab that are named, or all of them, and closes on `N passed, N failed`."""

import importlib
import os
import signal
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

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
# It goes on beside the parts behind it.
BESIDE = "fuzz"


def one(name: str, long: bool) -> Part:
    """Runs a part to its end."""
    part = Part(name, long=long)
    try:
        importlib.import_module(name).run(part)
    except Exception:  # a part that breaks must not hide what the others found
        part.fail("the part itself", traceback.format_exc(limit=-4))
    part.close()
    return part


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
    beside = importlib.import_module(BESIDE) if BESIDE in names else None
    if beside:
        beside.begin()
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        running = [pool.submit(one, name, long) if name == BESIDE else one(name, long) for name in names]
        parts = [part if isinstance(part, Part) else part.result() for part in running]
    except BaseException:
        if beside:
            beside.stop()
        raise
    failed = sum(len(p.failed) for p in parts)
    print(f"{sum(p.passed for p in parts)} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
