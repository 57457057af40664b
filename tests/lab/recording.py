"""Writes down broken servers as `fixtures/servers/CASE/`, so that cargo's tests judge them for ever, without a server.

`answers.jsonl` is what doctor asked and was answered (`--record`), `*.tree` are the bundles on the disk in the fixtures' own
format, `expected.json` says which is where and what doctor said. Third-party packages are cut down to what says that they
are there: thousands of files would prove nothing more.
"""

from __future__ import annotations

import gzip
import json
import os
import tarfile
from pathlib import Path

import deployed
from container import Container
from harness import HOME, REPO, remove, scratch, write, write_json

FIXTURES = REPO / "fixtures" / "servers"

# The bundle of the healthy server: the others are told as what differs from it.
BASE = REPO / "fixtures" / "base" / "server.tree"

PLACES = {
    "bundle.tree": deployed.BUNDLE,
    "backup.tree": deployed.BACKUP,
    "nested-backup.tree": f"{deployed.BACKUP}/agent-bundle",
    "elsewhere.tree": "/srv/server-flow/agent-bundle",
}

# Fields of a journal entry that are never asked for, but always sent.
UNREAD = ("__CURSOR", "__SEQNUM", "__SEQNUM_ID", "__MONOTONIC_TIMESTAMP")


def quoted(content: bytes) -> str:
    """A string of the fixtures' format: JSON's escapes, and \\xNN for what is not UTF-8."""
    try:
        return json.dumps(content.decode(), ensure_ascii=False)
    except UnicodeDecodeError:
        return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in content) + '"'


def name(path: str) -> str:
    plain = path.isascii() and not set(path) & set(' "#\\')
    return path if plain and not path.startswith(("!", "-")) else quoted(path.encode())


def modules_of(inside: Path) -> Path | None:
    """The outermost `node_modules` that a path of the bundle is in, unless it belongs to the shared package."""
    parts = inside.parts
    if "node_modules" not in parts[:-1] or "@server-flow/shared" in inside.as_posix():
        return None
    return Path(*parts[: parts.index("node_modules") + 1])


def needed(agent: Path) -> set[str]:
    """Packages that our own code names: the direct dependencies."""
    try:
        return set(json.loads((agent / "package.json").read_bytes())["dependencies"])
    except (OSError, ValueError, KeyError, TypeError):
        return set(deployed.RUNTIME)


def package(folder: Path, inside: str) -> dict[str, str]:
    """A third-party package, cut down to its manifest and an entry point."""
    manifest = folder / "package.json"
    lines = {}
    if manifest.is_file():
        content = manifest.read_bytes()
        if content:
            whole = json.loads(content)
            content = (json.dumps({"name": whole["name"], "version": whole["version"], "main": "index.js"}) + "\n").encode()
            code = STUBS.get(whole["name"], "module.exports = {};\n").encode()
            lines[f"{inside}/index.js"] = f"0644 file {name(inside + '/index.js')} = {quoted(code)}"
        lines[f"{inside}/package.json"] = f"0644 file {name(inside + '/package.json')} = {quoted(content)}" if content else (
            f"0644 file {name(inside + '/package.json')}"
        )
    return lines


# What our own code takes by name from a package.
STUBS = {"zod": "exports.z = {};\n"}


def entries(bundle: Path) -> dict[str, str]:
    """The lines of a tree, by path, in the order of their names."""
    lines: dict[str, str] = {}
    emptied = 0
    for path in sorted(bundle.rglob("*")):
        inside = path.relative_to(bundle)
        modules = modules_of(inside)
        if modules is None:
            lines.update(own(path, inside))
        elif inside.relative_to(modules).as_posix() in needed(bundle / modules.parent):
            lines.update(dependency(path, inside, bundle))
        elif path.name == "package.json" and path.is_file() and path.stat().st_size == 0 and emptied < 20:
            emptied += 1
            lines[inside.as_posix()] = f"0644 file {name(inside.as_posix())}"
    return lines


def own(path: Path, inside: Path) -> dict[str, str]:
    """A file, link or folder of the agent's own, as it is."""
    words = inside.as_posix()
    mode = f"{path.lstat().st_mode & 0o7777:04o}"
    if path.is_symlink():
        return {words: f"0777 link {name(words)} -> {path.readlink().as_posix()}"}
    if path.is_dir():
        told = mode != "0755" or path.name == "node_modules" or not any(path.iterdir())
        return {words: f"{mode} dir {name(words)}/"} if told else {}
    # What a lock file holds does not matter, and is long.
    locks = {"pnpm-lock.yaml": b"lockfileVersion: '9.0'\n", "package-lock.json": b"{}\n"}
    content = locks.get(path.name) or path.read_bytes()
    return {words: f"{mode} file {name(words)}" + (f" = {quoted(content)}" if content else "")}


def dependency(path: Path, inside: Path, bundle: Path) -> dict[str, str]:
    """A direct dependency: the package, or pnpm's link to it with what it leads to."""
    words = inside.as_posix()
    if not path.is_symlink():
        return package(path, words) if path.is_dir() else {}
    target = path.readlink().as_posix()
    lines = {words: f"0777 link {name(words)} -> {target}"}
    store = Path(os.path.normpath(inside.parent / target))
    if (bundle / store).is_dir() and ".." not in store.parts:
        lines.update(package(bundle / store, store.as_posix()))
    return lines


def told(bundle: Path, base: dict[str, str] | None) -> str:
    """A tree as text: whole, or as what differs from the base."""
    now = entries(bundle)
    if base is None:
        return "".join(line + "\n" for line in now.values())
    # Of another bundle altogether, the differences would be longer than the whole.
    kept = [path for path, line in now.items() if base.get(path) == line]
    if len(kept) < len(base) / 2:
        return "".join(line + "\n" for line in now.values())
    gone = [path for path in base if path not in now]
    gone = [path for path in gone if not any(path.startswith(other + "/") for other in gone)]
    changed = [line for path, line in now.items() if base.get(path) != line]
    taken = [path for path in base if path in now and now[path] != base[path]]
    lines = ["base server", *(f"- {name(path)}" for path in sorted({*gone, *taken})), *changed]
    return "".join(line + "\n" for line in lines)


def download(path: Path) -> str:
    """The leftover download: an archive as a tree, or its bytes where it is none."""
    content = path.read_bytes()
    try:
        whole = gzip.decompress(content)
    except (OSError, EOFError):
        if content[:2] == b"\x1f\x8b":
            # Cut off: where exactly makes no difference, and gzip's bytes would differ anyway.
            return "base flat\n!cut 300\n"
        return f"!bytes {quoted(content)}\n"
    del whole
    with scratch("download") as folder:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="fully_trusted")
        return told(folder, None)


def answers(text: str) -> str:
    """What was answered, without what a test would not find anyway, and without this machine's paths: a server's root is an
    overlay, and names the folders that it consists of."""
    kept = []
    for line in text.replace(str(HOME.resolve()), "/lab").replace(str(HOME), "/lab").splitlines():
        answer = json.loads(line)
        if answer.get("refused") == "not-found":
            continue
        if answer["ask"].startswith("run journalctl") and "ok" in answer:
            answer["ok"]["stdout"] = "".join(entry(line) for line in answer["ok"]["stdout"].splitlines())
        kept.append(json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n")
    return "".join(kept)


def entry(line: str) -> str:
    try:
        fields = json.loads(line)
    except ValueError:
        return line + "\n"
    return json.dumps({k: v for k, v in fields.items() if k not in UNREAD}, ensure_ascii=False, separators=(",", ":")) + "\n"


def record_base() -> None:
    """Writes the bundle of the healthy server, which the others are told as differences from."""
    head = "# The lab's agent as it is deployed (recorded by tests/lab/recording.py; third-party packages are cut down).\n"
    write(BASE, head + "".join(line + "\n" for line in healthy_bundle().values()))


def healthy_bundle() -> dict[str, str]:
    return entries(deployed.layer() / deployed.BUNDLE.lstrip("/"))


def record(server: Container, case: str, about: str, said: dict, code: int, written: str, unit: str = "") -> None:
    """Writes one server down."""
    folder = FIXTURES / case
    remove(folder)
    places = {}
    for file, place in PLACES.items():
        found = server.path(place)
        if found.is_dir() and any(found.iterdir()):
            places[place] = file
            write(folder / file, told(found, healthy_bundle()))
    if server.path(deployed.DOWNLOAD).is_file():
        places[deployed.DOWNLOAD] = "download.tree"
        write(folder / "download.tree", download(server.path(deployed.DOWNLOAD)))
    write(folder / "answers.jsonl", answers(written))
    expected = {
        "about": about,
        "verdict": said["verdict"],
        "causes": [d["cause"] for d in said["diagnoses"]],
        "exit": code,
        "places": places,
        "secrets": list(deployed.SECRETS),
        **({"unit": f"{unit}.service"} if unit else {}),
    }
    write_json(folder / "expected.json", expected)
