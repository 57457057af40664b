"""How Node binds modules to each other: `export *`, circles, detection of ES modules, marks before hashbangs.

Nothing here says what Node makes of a bundle: that is measured.
"""

from __future__ import annotations

import json
from typing import Iterator

Files = dict[str, "str | bytes"]
AGENT = {"name": "server-flow-agent", "version": "0.1.27", "type": "module", "dependencies": {}}


def package(kind: str | None) -> str:
    fields = {key: value for key, value in AGENT.items() if key != "type"}
    return json.dumps({**fields, "type": kind} if kind else fields) + "\n"


def stars() -> Iterator[tuple[str, Files]]:
    """What two `export *` make of one name."""
    ways = {
        "export * as a, twice": ("export * as a from './t.js';\n", "export * as a from './t.js';\n"),
        "import * as, exported, twice": ("import * as a from './t.js';\nexport { a };\n", "import * as a from './t.js';\nexport { a };\n"),
        "import * as, and export * as": ("import * as a from './t.js';\nexport { a };\n", "export * as a from './t.js';\n"),
        "import * as, and a name": ("import * as a from './t.js';\nexport { a };\n", "export const a = 1;\n"),
        "import a, exported, twice": ("import { a } from './t.js';\nexport { a };\n", "import { a } from './t.js';\nexport { a };\n"),
        "export a from, twice": ("export { a } from './t.js';\n", "export { a } from './t.js';\n"),
        "export * again, twice": ("export * from './t.js';\n", "export * from './t.js';\n"),
        "with a query": ("export * from './t.js';\n", "export * from './t.js?2';\n"),
        "with a hash": ("export * from './t.js';\n", "export * from './t.js#2';\n"),
        "with an escape": ("export * from './t.js';\n", "export * from './%74.js';\n"),
        "by another path": ("export * from './t.js';\n", "export * from '../dist/t.js';\n"),
        "a default as a": ("export { default as a } from './t.js';\n", "export { default as a } from './t.js';\n"),
        "a default and a name": ("export { default as a } from './t.js';\n", "export { a } from './t.js';\n"),
        "a builtin twice": ("export { readFile as a } from 'node:fs';\n", "export { readFile as a } from 'fs';\n"),
        "builtins whole": ("export * as a from 'node:fs';\n", "export * as a from 'fs';\n"),
        "JSON twice": ("export { default as a } from './t.json' with { type: 'json' };\n", "export { default as a } from './t.json' with { type: 'json' };\n"),
        "CommonJS twice": ("export { a } from './t.cjs';\n", "export { a } from './t.cjs';\n"),
        "CommonJS with a query": ("export { a } from './t.cjs';\n", "export { a } from './t.cjs?2';\n"),
        "all of CommonJS twice": ("export * from './t.cjs';\n", "export * from './t.cjs';\n"),
        "one without the name": ("export * from './t.js';\n", "export const b = 1;\n"),
        "two names": ("export const a = 1;\n", "export const a = 2;\n"),
    }
    users = {
        "imported": "import { a } from './both.js';\na;\n",
        "passed on": "export { a } from './both.js';\n",
        "not asked for": "import './both.js';\n",
        "import *": "import * as all from './both.js';\nall.a;\n",
        "import()": "const { a } = await import('./both.js');\na;\n",
        "another name": "import { b } from './both.js';\nb;\n",
    }
    for way, (one, two) in ways.items():
        for user, text in users.items():
            yield f"linking: export * of {way}, {user}", {
                "dist/index.js": text, "dist/both.js": "export * from './one.js';\nexport * from './two.js';\n", "dist/one.js": one, "dist/two.js": two,
                "dist/t.js": "export const a = 1;\nexport default 2;\n", "dist/t.json": "1\n", "dist/t.cjs": "exports.a = 1;\n",
            }  # fmt: skip
    for what, to in {"a builtin": "node:fs", "a builtin without prefix": "fs", "node:path": "node:path", "JSON": None, "CommonJS": "./t.cjs", "nothing": "./empty.js", "a circle": "./mid.js"}.items():
        star = "export * from './t.json' with { type: 'json' };\n" if to is None else f"export * from {to!r};\n"
        for name in ("a", "readFile", "join", "nope", "default"):
            yield f"linking: export * from {what} and {name}", {"package.json": json.dumps({**AGENT, "dependencies": {"ms": "^2.1.3"}}), "dist/index.js": f"import {{ {name} as it }} from './mid.js';\nit;\n", "dist/mid.js": star, "dist/t.json": "1\n", "dist/t.cjs": "exports.a = 1;\n", "dist/empty.js": ""}


def circles() -> Iterator[tuple[str, Files]]:
    for what, files in {
        "re-exports of one name": {"dist/index.js": "import { a } from './a.js';\na;\n", "dist/a.js": "export { a } from './b.js';\n", "dist/b.js": "export { a } from './a.js';\n"},
        "a re-export of itself": {"dist/index.js": "import { a } from './a.js';\na;\n", "dist/a.js": "export { a } from './a.js';\n"},
        "import and export of one name": {"dist/index.js": "import { a } from './a.js';\na;\n", "dist/a.js": "import { a } from './b.js';\nexport { a };\n", "dist/b.js": "import { a } from './a.js';\nexport { a };\n"},
        "three re-exports": {"dist/index.js": "import { a } from './a.js';\na;\n", "dist/a.js": "export { a } from './b.js';\n", "dist/b.js": "export { a } from './c.js';\n", "dist/c.js": "export { a } from './a.js';\n"},
        "re-exports under other names": {"dist/index.js": "import { a } from './a.js';\na;\n", "dist/a.js": "export { b as a } from './b.js';\n", "dist/b.js": "export { a as b } from './a.js';\n"},
        "re-exports that nobody asks for": {"dist/index.js": "import './a.js';\n", "dist/a.js": "export { a } from './b.js';\n", "dist/b.js": "export { a } from './a.js';\n"},
        "stars": {"dist/index.js": "import { a } from './a.js';\na;\n", "dist/a.js": "export * from './b.js';\n", "dist/b.js": "export * from './a.js';\n"},
        "stars with the name": {"dist/index.js": "import { a } from './a.js';\na;\n", "dist/a.js": "export * from './b.js';\n", "dist/b.js": "export * from './a.js';\nexport const a = 1;\n"},
        "a star and a re-export": {"dist/index.js": "import { a } from './a.js';\na;\n", "dist/a.js": "export * from './b.js';\n", "dist/b.js": "export { a } from './a.js';\n"},
        "CommonJS requires the entry point": {"dist/index.js": "import './b.cjs';\n", "dist/b.cjs": "require('./index.js');\n"},
        "CommonJS requires what imports it": {"dist/index.js": "import './a.js';\n", "dist/a.js": "import './b.cjs';\n", "dist/b.cjs": "require('./a.js');\n"},
        "CommonJS requires another that imports it": {"dist/index.js": "import './b.cjs';\n", "dist/a.js": "import './b.cjs';\n", "dist/b.cjs": "require('./a.js');\n"},
        "through two of CommonJS": {"dist/index.js": "import './b.cjs';\n", "dist/b.cjs": "require('./c.cjs');\n", "dist/c.cjs": "require('./index.js');\n"},
        "in a function": {"dist/index.js": "import './b.cjs';\n", "dist/b.cjs": "exports.f = () => require('./index.js');\n"},
        "caught": {"dist/index.js": "import './b.cjs';\n", "dist/b.cjs": "try { require('./index.js'); } catch {}\n"},
        "by createRequire of itself": {"dist/index.js": "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nrequire('./index.js');\n"},
        "by createRequire of what imports it": {"dist/index.js": "import './a.js';\n", "dist/a.js": "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nrequire('./index.js');\n"},
        "by createRequire of a sibling that is loaded": {"dist/index.js": "import './a.js';\nimport './b.js';\n", "dist/a.js": "export const a = 1;\n", "dist/b.js": "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nrequire('./a.js');\n"},
        "by createRequire of a sibling that comes later": {"dist/index.js": "import './b.js';\nimport './a.js';\n", "dist/a.js": "export const a = 1;\n", "dist/b.js": "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nrequire('./a.js');\n"},
        "by createRequire of one that imports a sibling that comes later": {"dist/index.js": "import './b.js';\nimport './a.js';\n", "dist/a.js": "import './c.js';\n", "dist/c.js": "", "dist/b.js": "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nrequire('./a.js');\n"},
        "CommonJS requires a sibling that comes later": {"dist/index.js": "import './b.cjs';\nimport './a.js';\n", "dist/a.js": "export const a = 1;\n", "dist/b.cjs": "require('./a.js');\n"},
        "CommonJS requires a sibling that is loaded": {"dist/index.js": "import './a.js';\nimport './b.cjs';\n", "dist/a.js": "export const a = 1;\n", "dist/b.cjs": "require('./a.js');\n"},
        "CommonJS that is required imports itself": {"package.json": package("commonjs"), "dist/index.js": "require('./a.mjs');\n", "dist/a.mjs": "import './index.js';\n"},
        "CommonJS that is required, imported by what it requires": {"package.json": package("commonjs"), "dist/index.js": "require('./b.js');\n", "dist/b.js": "require('./a.mjs');\n", "dist/a.mjs": "import './b.js';\n"},
        "CommonJS that is required, and a function of it": {"package.json": package("commonjs"), "dist/index.js": "exports.f = () => 1;\nrequire('./a.mjs');\n", "dist/a.mjs": "import { f } from './index.js';\nf();\n"},
    }.items():  # fmt: skip
        yield f"linking: circle, {what}", files


def detection() -> Iterator[tuple[str, Files]]:
    texts = {
        "const exports": "const exports = 1;\n", "const module": "const module = 1;\n", "const require": "const require = 1;\n", "const __dirname": "const __dirname = 1;\n", "const __filename": "const __filename = 1;\n",
        "let exports": "let exports;\n", "class module": "class module {}\n", "class exports": "class exports {}\n", "function require": "function require() {}\n", "var require": "var require;\n", "async function exports": "async function exports() {}\n",
        "const { exports }": "const { exports } = {};\n", "const [require]": "const [require] = [];\n", "const { a: module }": "const { a: module } = { a: 1 };\n", "const other": "const other = 1;\n", "const exports in a block": "{ const exports = 1; }\n", "const require twice": "const require = 1;\nconst require = 2;\n",
        "const require and import": "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nrequire('node:fs');\n", "const __dirname of import.meta": "import { dirname } from 'node:path';\nconst __dirname = dirname(import.meta.url);\n__dirname;\n", "const module, and module.exports": "const module = {};\nmodule.exports = 1;\n", "const exports and require": "const exports = 1;\nrequire('node:fs');\n",
        "with and import": "import 'node:fs';\nwith ({}) {}\n", "with alone": "with ({}) {}\n", "import.meta": "import.meta.url;\n", "await": "await 1;\n", "export": "export const a = 1;\n", "import": "import 'node:fs';\n", "import()": "import('node:fs');\n",
        "import and module.exports": "import 'node:fs';\nmodule.exports = 1;\n", "import and require": "import 'node:fs';\nrequire('node:fs');\n", "await and require": "await 1;\nrequire('node:fs');\n", "await and exports": "await 1;\nexports.a = 1;\n", "await in a function": "function f() { await 1; }\n", "await as a name": "const await = 1;\n", "await as a name and import": "import 'node:fs';\nconst await = 1;\n", "return and import": "import 'node:fs';\nreturn;\n", "return": "return;\n", "new.target": "new.target;\n", "octal and import": "import 'node:fs';\n010;\n", "octal": "010;\n", "delete of a name and import": "import 'node:fs';\nvar a;\ndelete a;\n", "syntax": "(\n", "syntax and import": "import 'node:fs';\n(\n", "import and const of one name": "import { readFile } from 'node:fs';\nconst readFile = 1;\n",
    }  # fmt: skip
    for what, text in texts.items():
        yield f"linking: typeless entry point, {what}", {"package.json": package(None), "dist/index.js": text}
        yield f"linking: typeless and imported, {what}", {"package.json": package(None), "dist/index.js": "import('./b.js');\n", "dist/b.js": text}
        yield f"linking: typeless and required, {what}", {"package.json": package(None), "dist/index.js": "require('./b.js');\n", "dist/b.js": text}
        yield f"linking: commonjs, {what}", {"package.json": package("commonjs"), "dist/index.js": text}
        yield f"linking: module, {what}", {"package.json": package("module"), "dist/index.js": text}
        yield f"linking: .mjs that is required, {what}", {"package.json": package("module"), "dist/index.js": "import './c.cjs';\n", "dist/c.cjs": "require('./b.mjs');\n", "dist/b.mjs": text}
        yield f"linking: .mjs that is imported, {what}", {"package.json": package("module"), "dist/index.js": "import './b.mjs';\n", "dist/b.mjs": text}
        yield f"linking: no extension, required in a module package, {what}", {"package.json": package("module"), "dist/index.js": "import './c.cjs';\n", "dist/c.cjs": "require('./b');\n", "dist/b": text}


def hashbangs() -> Iterator[tuple[str, Files]]:
    for what, start in {"a mark": b"\xef\xbb\xbf", "a line": b"\n", "a blank": b" ", "nothing": b""}.items():
        for kind, text in {"CommonJS": b"exports.a = 1;\n", "a module": b"export const a = 1;\n", "JSON": b"{}\n"}.items():
            for bang in (b"", b"#!/usr/bin/env node\n"):
                body = start + bang + text
                name = f"{what} before {'a hashbang and ' if bang else ''}{kind}"
                yield f"linking: {name}, entry point", {"package.json": package("module" if kind == "a module" else "commonjs"), "dist/index.js": body if kind != "JSON" else b"0;\n"}
                yield f"linking: {name}, required", {"package.json": package("commonjs"), "dist/index.js": "require('./b.js');\n" if kind == "CommonJS" else "require('./b.json');\n" if kind == "JSON" else "require('./b.mjs');\n", "dist/b.js": body if kind == "CommonJS" else b"", "dist/b.json": body, "dist/b.mjs": body if kind == "a module" else b""}
                yield f"linking: {name}, imported", {"package.json": package("module"), "dist/index.js": {"CommonJS": "import { a } from './b.cjs';\na;\n", "a module": "import { a } from './b.mjs';\na;\n", "JSON": "import a from './b.json' with { type: 'json' };\na;\n"}[kind], "dist/b.cjs": body, "dist/b.json": body, "dist/b.mjs": body}


def bundles() -> Iterator[tuple[str, Files]]:
    yield from stars()
    yield from circles()
    yield from detection()
    yield from hashbangs()
