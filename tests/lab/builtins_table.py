"""Makes `src/node/builtin_exports.txt` from real Nodes: what each release line has of its own, as far as lines differ or
modules export it by name.

    python3 tests/lab/builtins_table.py NODE18 NODE20 NODE22 NODE24      writes the table
    tests/lab/run imports                                          measures it again

Each binary stands for the newest of its line. What is gone in a later line is said too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "src/node/builtin_exports.txt"

# From a file: with `-e`, `process` and the globals have names of their own.
PROBE = r"""
import { builtinModules } from 'node:module';
const of = (value) => {
  const names = new Set();
  for (let at = value; at != null && at !== Object.prototype && at !== Function.prototype; at = Object.getPrototypeOf(at))
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  return [...names];
};
const out = { modules: {}, globals: {}, meta: Object.keys(import.meta), inherited: Object.getOwnPropertyNames(Object.prototype) };
const names = builtinModules.filter((name) => !name.startsWith('node:'));
const prefixed = new Set([...builtinModules.filter((name) => name.startsWith('node:')), ...['test', 'test/reporters', 'sea', 'sqlite'].map((name) => `node:${name}`)]);
for (const name of [...names, ...prefixed]) {
  let space;
  try { space = await import(name); } catch { continue; }
  out.modules[name] = { exports: Object.keys(space).filter((n) => n !== 'default'), only: of(space.default).filter((n) => !(n in space)), unset: Object.keys(space).filter((n) => space[n] === undefined) };
}
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const value = globalThis[name];
  const own = value !== globalThis && Object(value) === value ? of(value) : [];
  out.globals[name] = name === 'undefined' || value !== undefined ? own : null;
}
console.log(JSON.stringify(out));
"""

# Properties of globals that differ and that nobody lacks: what functions have, and one that only who sets it reads.
NO_FEATURES = {"prototype", "constructor", "prepareStackTrace"}

HEAD = """\
# What Node has of its own, by release line; made by `tests/lab/builtins_table.py` from {versions}.
# `name@20` is there from 20 on, `name-24` is gone in 24, a bare name is in every line. `MODULE: …` are the names that a
# module exports, `.name` one that only its default export has (where lines differ), `~name` one that is exported and `undefined`; `global: …` the globals that not
# every line has, `global.NAME: …` the same of their properties, `import.meta: …` those of `import.meta`, `globals: …` every name that
# can be said anywhere. Of `constants`, which depends on how Node was built, only what lines differ in is listed.
"""


def measure(binary: str) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "probe.mjs"
        script.write_text(PROBE)
        ran = subprocess.run([binary, "--no-warnings", script], stdout=subprocess.PIPE, check=True, timeout=60)
        version = subprocess.run([binary, "--version"], stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
    return {**json.loads(ran.stdout), "version": version.strip().lstrip("v")}


def row(name: str, having: set[int], lines: list[int]) -> str:
    """A name with the lines that have it."""
    since, last = min(having), max(having)
    if having != {line for line in lines if since <= line <= last}:
        raise ValueError(f"{name} comes and goes: {sorted(having)}")
    gone = [line for line in lines if line > last]
    return name + (f"@{since}" if since != lines[0] else "") + (f"-{gone[0]}" if gone else "")


def rows(having: dict[str, set[int]], lines: list[int], *, every: bool) -> list[str]:
    """Names with their lines; without `every` only those that some line lacks."""
    kept = {name: those for name, those in having.items() if every or those != set(lines)}
    return [row(name, those, lines) for name, those in sorted(kept.items())]


def collect(found: dict[int, dict[str, list[str]]]) -> dict[str, set[int]]:
    """Which lines have a name, for names by line."""
    having: dict[str, set[int]] = {}
    for line, names in found.items():
        for name in names:
            having.setdefault(name, set()).add(line)
    return having


def table(binaries: dict[int, str]) -> str:
    real = {line: measure(binary) for line, binary in sorted(binaries.items())}
    lines = sorted(real)
    text = [HEAD.format(versions=", ".join(real[line]["version"] for line in lines))]
    for module, there in sorted(collect({line: list(real[line]["modules"]) for line in lines}).items()):
        of = {line: real[line]["modules"][module] for line in there}
        exported = collect({line: of[line]["exports"] for line in there})
        exports = rows(exported, lines, every=module != "constants")
        # A name that is passed from the exports to the default alone, and one that goes, are both told by their lines.
        either = collect({line: of[line]["exports"] + of[line]["only"] for line in there})
        alone = {name: those for name, those in collect({line: of[line]["only"] for line in there}).items() if either[name] != there or name in exported}
        # Exported, and `undefined`.
        unset = ["~" + name for name in rows(collect({line: of[line]["unset"] for line in there}), lines, every=False)]
        only = ["." + name for name in rows(alone, lines, every=True)]
        text.append(f"{row(module, there, lines)}: {' '.join(exports + only + unset)}".rstrip() + "\n")
    there = {line: [name for name, own in real[line]["globals"].items() if own is not None] for line in lines}
    text.append(f"global: {' '.join(rows(collect(there), lines, every=False))}\n")
    for name in sorted(set.intersection(*(set(names) for names in there.values())) - {"global", "globalThis", "process"}):
        own = collect({line: real[line]["globals"][name] for line in lines})
        changed = rows({k: v for k, v in own.items() if k not in NO_FEATURES}, lines, every=False)
        if changed:
            text.append(f"global.{name}: {' '.join(changed)}\n")
    said = {line: [*real[line]["globals"], *real[line]["inherited"]] for line in lines}
    text.append(f"globals: {' '.join(rows(collect(said), lines, every=True))}\n")
    text.append(f"import.meta: {' '.join(rows(collect({line: real[line]['meta'] for line in lines}), lines, every=True))}\n")
    return "".join(text)


def main(binaries: list[str]) -> None:
    if not binaries:
        raise SystemExit(__doc__)
    lines = {int(subprocess.run([binary, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode().lstrip("v").split(".")[0]): binary for binary in binaries}
    TABLE.write_text(table(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
