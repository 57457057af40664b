"""Captures and saved reports as large as they are read, made by nobody: each costs no more memory than any input may.

They are made of the recorded server `crash-loop`, each full of one thing: journal entries, lines of one message, answers,
findings, diagnoses, signs that every format escapes.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

from harness import BINARY, MEMORY_LIMIT_KIB, REPO, Mismatch, must, peak_memory, run as execute

ANSWERS = REPO / "fixtures/servers/crash-loop/answers.jsonl"
# What is read at most (docs/support.md), a little less.
UNPACKED = 7 << 20
SIGNS = {"at": ("@", 500_000), "less": ("<", 1_200_000), "bidi": ("\u202e", 330_000), "words": ("s", 2_900_000), "escape": ("\u001b", 450_000)}


def packed(at: Path, parts: dict[str, str]) -> Path:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, text in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    at.write_bytes(gzip.compress(made.getvalue(), 1))
    return at


def journals() -> Iterator[tuple[str, str]]:
    """Journals of 3.5 MB, which is what one answer may have."""
    time = 1_700_000_000_000_000

    def entry(number: int, message: str) -> str:
        return json.dumps({"_SYSTEMD_UNIT": "server-flow-agent.service", "__REALTIME_TIMESTAMP": str(time + number), "MESSAGE": message})

    yield "entries", "\n".join(entry(n, "a") for n in range(28_000))
    yield "long messages", "\n".join(entry(n, "\u001b[31m" + "y" * 10_000) for n in range(300))
    yield "lines of messages", "\n".join(entry(n, "\n" * 199) for n in range(3_000))
    yield "lines of one message", entry(0, "\n" * 1_100_000)
    yield "bytes", entry(0, "").replace('""', json.dumps([10] * 48_000))


def captures(folder: Path, whole: dict[str, str]) -> Iterator[Path]:
    lines = ANSWERS.read_text().splitlines()
    about = whole["capture.json"]
    for name, journal in journals():
        answers = []
        for line in lines:
            answer = json.loads(line)
            if answer["ask"].startswith("run journalctl") and "ok" in answer:
                answer["ok"]["stdout"] = journal
            answers.append(json.dumps(answer))
        yield packed(folder / f"{name.replace(' ', '-')}.tar.gz", {"capture.json": about, "answers.jsonl": "\n".join(answers)})
    many = "\n".join(json.dumps({"ask": f"look /{n}", "ok": "z" * 350}) for n in range(19_000))
    yield packed(folder / "answers.tar.gz", {"capture.json": about, "answers.jsonl": many})
    listing = ("a" * 100 + "\n") * (UNPACKED // 101)
    yield packed(folder / "listing.tar.gz", {**whole, "bundle.txt": listing})
    bundle = json.loads(whole["bundles.jsonl"].splitlines()[0])
    judged = bundle["outcome"]["judged"]["report"]
    judged["findings"] = [dict(judged["findings"][0], message="m" * 1_000)] * 1_200
    yield packed(folder / "findings.tar.gz", {**whole, "bundles.jsonl": json.dumps(bundle)})
    names = {f"n{n}": n for n in range(48_000)}
    yield packed(folder / "names.tar.gz", {**whole, "capture.json": json.dumps(dict(json.loads(about), redacted=names))})


def documents(folder: Path, report: str) -> Iterator[Path]:
    def saved(name: str, document: dict[str, object]) -> Path:
        at = folder / f"{name}.json"
        at.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
        return at

    document = json.loads(report)
    one = document["diagnoses"][0]
    for name, (sign, often) in SIGNS.items():
        yield saved(name, dict(document, diagnoses=[dict(one, summary=sign * often)]))
    parts = sum(json.dumps(one).count(sign) for sign in "{[,")
    yield saved("diagnoses", dict(document, diagnoses=[one] * (48_000 // parts)))
    seen = [{"source": "journal", "detail": "x" * 200, "at": None}] * 11_000
    yield saved("evidence", dict(document, diagnoses=[dict(one, evidence=seen)]))
    yield saved("wide", dict(document, more={f"n{n}": n for n in range(48_000)}))
    deep = folder / "deep.json"
    deep.write_text('{"a":' * 500_000)
    yield deep


def server(folder: Path) -> dict[str, str]:
    """A small server's capture by its parts, made here."""
    root = folder / "root"
    for place in ("etc/systemd/system", "root/.server-flow/agent-bundle/dist"):
        (root / place).mkdir(parents=True)
    (root / "root/.server-flow/agent-bundle/package.json").write_text('{"name":"a","version":"1.0.0"}')
    (root / "etc/systemd/system/server-flow-agent.service").write_text("[Service]\nWorkingDirectory=/root/.server-flow/agent-bundle/apps/agent\nExecStart=/usr/bin/node dist/index.js\n")
    at = folder / "small.tar.gz"
    ran = execute(BINARY, "doctor", "--no-config", "--root", root, "--capture", at)
    if ran.code != 1:
        raise Mismatch(f"the small server's capture: exit {ran.code}: {ran.text[-600:]}")
    with tarfile.open(at) as tar:
        return {member.name: tar.extractfile(member).read().decode() for member in tar}


def large(folder: Path) -> None:
    whole = server(folder)
    about = json.loads(whole["capture.json"])
    whole["capture.json"] = json.dumps(dict(about, root=None))
    too_much = []
    for path in [*captures(folder, whole), *documents(folder, whole["report.json"])]:
        for form in ("html", "markdown", "sarif") if path.suffix == ".json" else ("sarif",):
            code, peak = peak_memory(BINARY, "report", "--no-config", "--format", form, "-o", "/dev/null", path)
            if code != (2 if path.stem == "deep" else 1) or peak > MEMORY_LIMIT_KIB:
                too_much.append(f"{path.name} as {form}: exit {code}, {peak // 1024} MiB")
    must("rm", "-rf", folder / "root")
    if too_much:
        raise Mismatch("\n".join(too_much))
