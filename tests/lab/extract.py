"""`manifest` and `check` against the real `tar -xzf FILE -C DIR` as root: the same tree byte for byte, or a refusal.

Ordinary producers must be accepted, hand-made hostile archives judged as hostile.py says, and those of costly.py judged
within the memory of docs/reference/contract.md, "Details fixed". What is believed of the tree beyond names and contents,
and mutations: differential.py.
"""

from __future__ import annotations

from pathlib import Path

import costly
import hostile
import producers
from harness import BINARY, MEMORY_LIMIT_KIB, PARSING_LIMIT_KIB, Mismatch, Part, check, ids, manifest, peak_memory, remove, run as execute, scratch, sums

# Mutated sizes must not fill the disk: GNU tar gets no file beyond this.
LARGEST_FILE = 64 << 20


def gnu_tree(archive: Path, work: Path) -> tuple[int, bytes]:
    """GNU tar's exit code and the sums of what it left."""
    out = work / "tree"
    remove(out)
    out.mkdir()
    code = execute("prlimit", f"--fsize={LARGEST_FILE}", "tar", "-xzf", archive, "-C", out).code
    try:
        return code, sums(out)
    finally:
        remove(out)


def archive_rules(verdict) -> set[str]:
    return {rule for rule in verdict.rules("error") | verdict.rules("warning") if rule.startswith("archive-")}


def accepted(archive: Path, work: Path, may: frozenset[str] = frozenset()) -> None:
    """The manifest is GNU tar's tree, and `check` has nothing against the archive as an archive."""
    code, want = gnu_tree(archive, work)
    ran = manifest(archive)
    if code != 0:
        raise Mismatch(f"GNU tar exits {code} on what should be accepted")
    if ran.code != 0:
        raise Mismatch(f"manifest refuses it: {ran.err.decode('utf-8', 'replace')[:600]}")
    if ran.out != want:
        raise Mismatch(different(want, ran.out))
    found = archive_rules(check(archive))
    if found != may:
        raise Mismatch(f"check gives {sorted(found)}, expected {sorted(may)}")


def refused(archive: Path, rules: frozenset[str]) -> None:
    """No manifest, and an archive-* error that is one of `rules`."""
    ran = manifest(archive)
    verdict = check(archive)
    found = verdict.rules("error")
    if ran.code != 1 or ran.out:
        # Links that leave the bundle are told by check; the tree itself is known, and its sums may be printed.
        if not (found == {"archive-link-escape"} and ran.code == 0):
            raise Mismatch(f"manifest exited {ran.code} with {len(ran.out)} bytes; check: {verdict.brief()}")
    if verdict.code != 1 or not archive_rules(verdict) & found:
        raise Mismatch(f"check does not refuse it: {verdict.brief()}")
    if rules and not found & rules:
        raise Mismatch(f"refused as {sorted(found)}, expected one of {sorted(rules)}: {verdict.brief()}")


def truthful(archive: Path, work: Path, rules: frozenset[str] = frozenset()) -> bool:
    """Refused, or believed rightly: whatever it prints is what GNU tar leaves with exit 0. True when accepted."""
    ran = manifest(archive)
    if ran.code == 0:
        code, want = gnu_tree(archive, work)
        if code != 0:
            raise Mismatch(f"accepted, and GNU tar exits {code}")
        if ran.out != want:
            raise Mismatch(different(want, ran.out))
        return True
    refused(archive, rules)
    return False


def different(want: bytes, got: bytes) -> str:
    missing = sorted(set(want.splitlines()) - set(got.splitlines()))[:4]
    extra = sorted(set(got.splitlines()) - set(want.splitlines()))[:4]
    if not missing and not extra:
        return "manifest has the lines of GNU tar's tree in another order"
    return f"manifest differs from GNU tar's tree; only tar: {missing}; only manifest: {extra}"


def produced(part: Part, producer: producers.Producer) -> None:
    with scratch("producer") as work:
        root = work / "agent-bundle"
        root.mkdir()
        out = work / "out.tar.gz"

        def do() -> None:
            producer.tree(root)
            producer.make(root, out)
            if producer.refused:
                refused(out, ids(producer.refused))
            else:
                accepted(out, work, ids("archive-wrapped") if producer.wrapped else frozenset())

        part.case(f"producer: {producer.name}", do)


def handmade(part: Part, odd: hostile.Odd) -> None:
    with scratch("odd") as work:
        out = work / "odd.tar.gz"

        def do() -> None:
            out.write_bytes(odd.bytes())
            if odd.verdict == hostile.ACCEPT:
                accepted(out, work, ids(hostile.AMBIGUOUS) if odd.name in hostile.WARNED else frozenset())
            elif odd.verdict == hostile.REFUSE:
                refused(out, ids(odd.rules))
                truthful(out, work)
            else:
                truthful(out, work, ids(odd.rules))

        part.case(f"hand-made: {odd.name}", do)


def expensive(part: Part, large: costly.Large) -> None:
    """Within the memory of the contract, in half a minute, with the verdict that it must have."""
    with scratch("large") as work:
        out = work / "large.tar.gz"

        def do() -> None:
            large.make(out)
            peaks = []
            for command in (("check", "--no-config", "--format", "json"), ("check", "--no-config"), ("manifest",)):
                code, peak = peak_memory(BINARY, *command, out, timeout=30)
                if code not in (0, 1):
                    raise Mismatch(f"{command[0]} exited {code}")
                peaks.append(peak)
            limit = MEMORY_LIMIT_KIB + (PARSING_LIMIT_KIB if large.is_code else 0)
            if max(peaks[:2]) > limit or peaks[2] > MEMORY_LIMIT_KIB:
                raise Mismatch(f"peak memory {' / '.join(f'{p / 1024:.1f}' for p in peaks)} MiB (check json / human / manifest)")
            if large.verdict == hostile.REFUSE:
                refused(out, ids(large.rules))
            elif large.verdict == hostile.ACCEPT:
                accepted(out, work)

        part.case(f"costly: {large.name}", do)


def expensive_disk(part: Part, disk: costly.Disk) -> None:
    """The same for the disk of a server."""
    with scratch("disk") as work:
        units = work / "etc/systemd/system"
        units.mkdir(parents=True)
        (units / costly.UNIT).write_text("[Service]\nExecStart=/usr/bin/node dist/index.js --url http://cp\n")

        def do() -> None:
            disk.make(units)
            words = (BINARY, "doctor", "--no-config", "--root", work)
            code, peak = peak_memory(*words, timeout=30)
            if code not in (1, 3):
                raise Mismatch(f"doctor exited {code}")
            if peak > MEMORY_LIMIT_KIB:
                raise Mismatch(f"peak memory {peak / 1024:.1f} MiB")
            said = " ".join(execute(*words).text.split())
            if ("there is more than is read of one" in said) != disk.refused:
                raise Mismatch(said[:600])

        part.case(f"costly: {disk.name}", do)


def run(part: Part) -> None:
    for producer in producers.table():
        produced(part, producer)
    for odd in hostile.table():
        handmade(part, odd)
    for large in costly.table():
        expensive(part, large)
    for disk in costly.disks():
        expensive_disk(part, disk)
