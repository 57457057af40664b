"""What every part of the lab shares: the paths, running the binary and other programs, and counting what passed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterator, Sequence

REPO = Path(os.environ["LAB_REPO"])
HOME = Path(os.environ["LAB_HOME"])
BINARY = os.environ["BUNDLE_DOCTOR"]
WORK = HOME / "work"
TOOLS = HOME / "tools" / "node_modules"
PNPM = str(TOOLS / ".bin" / "pnpm")
NPM = str(TOOLS / ".bin" / "npm")
# Whom package managers trust, where this machine adds authorities of its own (`tests/lab/prepare`).
AUTHORITIES = HOME / "authorities.pem"

# docs/reference/contract.md, "Details fixed": at most 48 MiB peak for every input.
MEMORY_LIMIT_KIB = 48 * 1024
# And beside that, what parsing the agent's own code takes.
PARSING_LIMIT_KIB = 256 * 1024


def environment(**extra: str) -> dict[str, str]:
    """The environment of a server's shell: no CI variables, caches of the lab's own, no colour.

    CI would turn on pnpm's --frozen-lockfile, which no server has; npm_* would carry settings of whatever started us.
    """
    drop = ("CI", "GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS", "GITLAB_CI", "NO_COLOR", "CLICOLOR_FORCE", "SOURCE_DATE_EPOCH")
    env = {k: v for k, v in os.environ.items() if k not in drop and not k.lower().startswith("npm_")}
    cache = HOME / "cache"
    env.update(
        npm_config_cache=str(cache / "npm"),
        npm_config_store_dir=str(cache / "pnpm-store"),
        XDG_CACHE_HOME=str(cache / "xdg-cache"),
        XDG_STATE_HOME=str(cache / "xdg-state"),
        XDG_DATA_HOME=str(cache / "xdg-data"),
        npm_config_audit="false",
        npm_config_fund="false",
        npm_config_update_notifier="false",
        npm_config_prefer_offline="true",
        GIT_TERMINAL_PROMPT="0",
        # A spec that npm takes for a GitHub repository must fail here as on a server without keys, and at once.
        GIT_SSH_COMMAND="false",
        GIT_CONFIG_COUNT="1",
        GIT_CONFIG_KEY_0="safe.directory",
        GIT_CONFIG_VALUE_0="*",
        LC_ALL="C.UTF-8",
        NO_COLOR="1",
    )
    if AUTHORITIES.exists():
        env["npm_config_cafile"] = str(AUTHORITIES)
    env.update(extra)
    return env


class Mismatch(Exception):
    """What was seen is not what the case expects."""


@dataclass
class Ran:
    """What a program left: exit code and output."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return (self.out + self.err).decode("utf-8", "replace")


def run(*argv: object, cwd: Path | None = None, timeout: float = 300, stdin: bytes | None = None, **env: str) -> Ran:
    """Runs a program to its end, whatever its exit code."""
    done = subprocess.run(
        [str(a) for a in argv],
        cwd=cwd,
        env=environment(**env),
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def must(*argv: object, cwd: Path | None = None, timeout: float = 600, stdin: bytes | None = None, **env: str) -> Ran:
    """Runs a program that the lab relies on; its failure is the case's failure."""
    ran = run(*argv, cwd=cwd, timeout=timeout, stdin=stdin, **env)
    if ran.code != 0:
        words = " ".join(str(a) for a in argv)
        raise Mismatch(f"`{words[:200]}` exited {ran.code}: {ran.text[-1500:]}")
    return ran


def shell(script: str, cwd: Path, **env: str) -> Ran:
    """Runs lines of shell as the source document prints them; the first that fails is the case's failure."""
    return must("bash", "-euo", "pipefail", "-c", script, cwd=cwd, **env)


@dataclass
class Verdict:
    """What `check --format json` said of one subject."""

    code: int
    document: dict
    subject: dict
    stderr: str

    def rules(self, severity: str) -> set[str]:
        return {f["rule"] for f in self.subject["findings"] if f["severity"] == severity}

    def brief(self) -> str:
        lines = [f"exit {self.code}, layout {self.subject.get('layout')}"]
        for f in self.subject["findings"][:8]:
            lines.append(f"{f['severity']}: {f['rule']}  {f.get('path')}  {f['message']}")
        more = len(self.subject["findings"]) - 8
        return "\n".join(lines + ([f"… and {more} more"] if more > 0 else []))


def check(path: object, *options: str, cwd: Path | None = None, stdin: bytes | None = None) -> Verdict:
    """Judges one path with the configuration's defaults unless a `--config` is among the options."""
    config = () if any(o.startswith("--config") for o in options) else ("--no-config",)
    ran = run(BINARY, "check", path, "--format", "json", *config, *options, cwd=cwd, stdin=stdin)
    if ran.code not in (0, 1):
        raise Mismatch(f"check exited {ran.code}: {ran.text[-800:]}")
    try:
        document = json.loads(ran.out)
        (subject,) = document["subjects"]
    except (ValueError, KeyError) as reason:
        raise Mismatch(f"check's JSON cannot be used ({reason}): {ran.text[:800]}") from reason
    if (document["verdict"] == "pass") != (ran.code == 0):
        raise Mismatch(f"exit {ran.code} beside the verdict {document['verdict']!r}")
    return Verdict(ran.code, document, subject, ran.err.decode("utf-8", "replace"))


def manifest(path: object) -> Ran:
    return run(BINARY, "manifest", path)


def peak_memory(*argv: object, timeout: float = 120) -> tuple[int, int]:
    """Exit code and peak resident memory (KiB) of a program.

    GNU time forks it from a process of 2 MB: the kernel counts the forking process' own size as the child's peak,
    so Python's would hide the truth.
    """
    with tempfile.NamedTemporaryFile(dir=WORK) as answer:
        ran = run("/usr/bin/time", "-q", "-f", "%M", "-o", answer.name, *argv, timeout=timeout)
        return ran.code, int(Path(answer.name).read_text().split()[-1])


@dataclass
class Expect:
    """What `check` must say. `errors` is exact; of the warnings, `warns` must be there and nothing beside `may_warn`."""

    errors: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    warns: frozenset[str] = frozenset()
    may_warn: frozenset[str] | None = None
    layout: str | None = None

    def judge(self, verdict: Verdict) -> None:
        wrong = []
        errors = verdict.rules("error")
        if verdict.code != (1 if self.errors else 0):
            wrong.append(f"exit {1 if self.errors else 0} expected")
        if self.errors - errors:
            wrong.append(f"missing error {sorted(self.errors - errors)}")
        if errors - self.errors - self.also:
            wrong.append(f"unexpected error {sorted(errors - self.errors - self.also)}")
        warnings = verdict.rules("warning")
        if self.warns - warnings:
            wrong.append(f"missing warning {sorted(self.warns - warnings)}")
        if self.may_warn is not None and warnings - self.warns - self.may_warn:
            wrong.append(f"unexpected warning {sorted(warnings - self.warns - self.may_warn)}")
        if self.layout is not None and verdict.subject.get("layout") != self.layout:
            wrong.append(f"layout {self.layout} expected")
        if wrong:
            raise Mismatch("; ".join(wrong) + "\n" + verdict.brief())


def ids(names: str) -> frozenset[str]:
    return frozenset(names.split())


def processor_seconds() -> float:
    """What this process and those that it waited for have taken so far; of a server that is what ran in its container, too."""
    return sum(os.times()[:4])


@dataclass
class Part:
    """Counts the cases of one part and prints those that fail."""

    name: str
    long: bool = False
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    worked: float = field(default_factory=processor_seconds)

    def case(self, name: str, do: Callable[[], object]) -> None:
        """One case: `do` raises when what it sees is not what it expects."""
        try:
            do()
        except Exception as reason:  # whatever goes wrong in a case is that case's failure, and no other's
            self.fail(name, f"{'' if isinstance(reason, Mismatch) else type(reason).__name__ + ': '}{reason}")
        else:
            self.passed += 1

    def fail(self, name: str, why: str) -> None:
        self.failed.append(name)
        indented = "\n".join("      " + line for line in why.strip().splitlines()[:14])
        print(f"    FAILED {self.name}: {name}\n{indented}", flush=True)

    def close(self) -> None:
        seconds = time.monotonic() - self.started
        worked = processor_seconds() - self.worked
        held = f"{self.passed} of {self.passed + len(self.failed)} cases hold"
        print(f"  {self.name}: {held} ({seconds:.1f} s, {worked:.0f} s of a processor)", flush=True)


@contextlib.contextmanager
def scratch(name: str, folder: Path = WORK) -> Iterator[Path]:
    """A folder of its own below target/lab/work, gone afterwards, also when the case fails."""
    folder.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix=name + ".", dir=folder))
    path.chmod(0o755)
    try:
        yield path
    finally:
        remove(path)


def remove(path: Path) -> None:
    """`rm -rf`: Python's rmtree gives up on names too deep for one path. Shells that were just ended still write their histories."""
    for _ in range(10):
        if subprocess.run(["rm", "-rf", "--", str(path)], capture_output=True).returncode == 0:
            return
        time.sleep(0.3)
    subprocess.run(["rm", "-rf", "--", str(path)], check=True)


def write(path: Path, content: str | bytes, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return path


def write_json(path: Path, value: object) -> Path:
    return write(path, json.dumps(value, indent=2) + "\n")


def edit_json(path: Path, change: Callable[[dict], object]) -> None:
    value = json.loads(path.read_text())
    change(value)
    write_json(path, value)


def copy(source: Path, target: Path) -> Path:
    """`cp -a`: links, modes and owners as they are."""
    must("cp", "-a", source, target)
    return target


def archive(directory: Path, target: Path, *options: object, names: Sequence[str] = (".",)) -> Path:
    """The document's `tar -czf` from inside the folder."""
    must("tar", "-czf", target, *options, *names, cwd=directory)
    return target


def sums(directory: Path) -> bytes:
    """`sha256sum` of every regular file, by path in byte order, without `./`: what `manifest` must print."""
    line = "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0r sha256sum --"
    return shell(line, directory, LC_ALL="C").out

