"""What Node has of its own, used while the agent is loaded: of each group of names that came or went together, by every way in
which they may be named. A warning is what is asked of `check` there, on those versions that lack them and on no other."""

from __future__ import annotations

import os
import re
import zlib
from typing import Iterator

import builtins_table

ASKED = """\
import fs from 'node:fs';
import * as util from 'node:util';
export const here = import.meta.dirname ?? new URL('.', import.meta.url);
export const Socket = typeof WebSocket === 'undefined' ? null : WebSocket;
export const language = typeof navigator !== 'undefined' && navigator.language;
export const web = globalThis.crypto ?? 1;
fs.glob?.('*', () => {});
if (Object.groupBy) Object.groupBy([1], String);
if ('styleText' in util) util.styleText('red', 'x');
try { new CustomEvent('x'); } catch {}
const { parseEnv = () => ({}) } = util;
parseEnv('');
"""


def groups() -> Iterator[tuple[str, str, list[str]]]:
    """Of each row of the table: names that the same lines have."""
    for line in builtins_table.TABLE.read_text().splitlines():
        if line.startswith("#"):
            continue
        owner, names = re.fullmatch(r"(.*?):(?: (.*))?", line).groups() if ": " in line else (line.rstrip(":"), "")
        of: dict[str, list[str]] = {}
        for entry in (names or "").split():
            name, lines = re.fullmatch(r"([.~]?[^@-]+)((?:@\d+)?(?:-\d+)?)", entry).groups()
            if lines and "@" not in owner:
                kind = lines + ("." if name.startswith(".") else "")
                of.setdefault(kind, []).append(name.lstrip(".~"))
        for lines, those in of.items():
            yield owner, lines, those


# Stops where something is not there, and does not ask for it first.
NEED = "function need(it) { if (it === undefined) throw new TypeError('not there'); }\n"


def ways(owner: str, is_only_of_default: bool, name: str) -> Iterator[tuple[str, str, str]]:
    """The entry point, and a CommonJS file beside it."""
    if owner == "global":
        yield "by name", f"{name};\n", ""
        yield "of globalThis", f"need(globalThis.{name});\n", ""
        return
    if owner.startswith("global."):
        yield "of the global", f"need({owner[7:]}.{name});\n", ""
        return
    if owner == "import.meta":
        yield "of import.meta", f"need(import.meta.{name});\n", ""
        return
    yield "default import", f"import it from '{owner}';\nneed(it.{name});\n", ""
    yield "require", "import './old.cjs';\n", f"const it = require('{owner}');\nneed(it.{name});\n"
    yield "taken apart", "import './old.cjs';\n", f"const {{ {name} }} = require('{owner}');\nneed({name});\n"
    if not is_only_of_default:
        yield "namespace", f"import * as it from '{owner}';\nneed(it.{name});\n", ""
        yield "import()", f"const it = await import('{owner}');\nneed(it.{name});\n", ""


def bundles() -> Iterator[tuple[str, dict[str, str | bytes]]]:
    yield "feature: asked for", {"dist/index.js": ASKED}
    for owner, lines, names in groups():
        # Not all of a group: they came and went together.
        for name in names[:2]:
            every = list(ways(owner, lines.endswith("."), name))
            # One way for each name by default, so that all ways come about equally often.
            chosen = every if os.environ.get("GRID_STEP") == "1" else [every[zlib.crc32(f"{owner}{name}".encode()) % len(every)]]
            for way, entry, beside in chosen:
                files: dict[str, str | bytes] = {"dist/index.js": entry + NEED}
                if beside:
                    files["dist/old.cjs"] = beside + NEED
                yield f"feature: {owner} {name} {lines.rstrip('.')}, {way} (may warn)", files
