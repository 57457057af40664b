"""The grid of imports: extension × content × kind of import × way to the target × type of the package.

Nothing here says what Node makes of a cell: that is measured. A part of the grid is started by default, all of it with `--long`.
"""

from __future__ import annotations

import json
import os
import zlib
from typing import Iterator

SHARED = "node_modules/@server-flow/shared"
# Where the bundle lies, which absolute ways must know: such bundles are judged as the folder alone.
HERE = "{HERE}"

MODULE = "export const a = 1;\nexport default a;\n"
COMMONJS = "exports.a = 1;\n"
# By extension, what can be in the file.
CONTENTS: dict[str, dict[str, str | bytes]] = {
    ".js": {"module": MODULE, "commonjs": COMMONJS},
    ".mjs": {"module": MODULE, "commonjs": COMMONJS},
    ".cjs": {"module": MODULE, "commonjs": COMMONJS},
    "": {"module": MODULE, "commonjs": COMMONJS},
    ".json": {"data": '{ "a": 1 }\n'},
    ".ts": {"module": "export const a: number = 1;\n", "commonjs": COMMONJS},
    ".mts": {"module": "export const a: number = 1;\n"},
    ".cts": {"commonjs": "exports.a = 1 as number;\n"},
    ".jsx": {"module": MODULE, "commonjs": COMMONJS},
    ".css": {"style": "a { color: red }\n"},
    ".txt": {"module": MODULE, "commonjs": COMMONJS},
    ".wasm": {"empty": b"\0asm\1\0\0\0"},
    ".node": {"broken": "no library\n"},
    ".js.map": {"data": '{ "version": 3 }\n'},
}

# What `check` does not look into, and says so: TypeScript, of which newer versions strip the types, WebAssembly's exports, and
# what is no code by its name.
MAY_WARN = {ext: " (may warn)" for ext in (".ts", ".mts", ".cts", ".wasm", ".js.map")}

# By name, the importing file: its text, and whether it is CommonJS.
KINDS: dict[str, tuple[str, bool]] = {
    "import": ("import '{to}';\n", False),
    "import a name": ("import {{ a }} from '{to}';\na;\n", False),
    "import a default": ("import a from '{to}';\na;\n", False),
    "import with json": ("import a from '{to}' with {{ type: 'json' }};\na;\n", False),
    "import()": ("await import('{to}');\n", False),
    "import() with json": ("await import('{to}', {{ with: {{ type: 'json' }} }});\n", False),
    "export from": ("export {{ a }} from '{to}';\n", False),
    "export all": ("export * from '{to}';\n", False),
    "createRequire": ("import {{ createRequire }} from 'node:module';\nconst require = createRequire(import.meta.url);\nrequire('{to}');\n", False),
    "require": ("require('{to}');\n", True),
    "import() in CommonJS": ("import('{to}');\n", True),
}

# By name, what is written, and where the target lies.
WAYS: dict[str, tuple[str, str]] = {
    "relative": ("./x{ext}", "dist/x{ext}"),
    "query": ("./x{ext}?v=1", "dist/x{ext}"),
    "without extension": ("./x", "dist/x{ext}"),
    "folder": ("./d", "dist/d/index{ext}"),
    "main": ("@server-flow/shared", f"{SHARED}/dist/x{{ext}}"),
    "exports": ("@server-flow/shared/x", f"{SHARED}/dist/x{{ext}}"),
    "subpath": ("@server-flow/shared/dist/x{ext}", f"{SHARED}/dist/x{{ext}}"),
    "index": ("@server-flow/shared", f"{SHARED}/index{{ext}}"),
    "imports": ("#x", "dist/x{ext}"),
    "imports of the package": ("#x", f"{SHARED}/dist/x{{ext}}"),
    "file:": (f"file://{HERE}/dist/x{{ext}}", "dist/x{ext}"),
    "absolute": (f"{HERE}/dist/x{{ext}}", "dist/x{ext}"),
}
TYPES = {"module": {"type": "module"}, "commonjs": {"type": "commonjs"}, "untyped": {}}


def cell(ext: str, content: str | bytes, kind: str, way: str, type_: str) -> dict[str, str | bytes]:
    importer, is_commonjs = KINDS[kind]
    to, at = (text.format(ext=ext, HERE=HERE) for text in WAYS[way])
    root: dict = {"name": "server-flow-agent", "version": "0.1.27", **TYPES[type_], "main": "dist/index.js", "dependencies": {}}
    shared: dict = {"name": "@server-flow/shared", "version": "0.1.0", **TYPES[type_], "main": "dist/index.js"}
    if way == "main":
        shared["main"] = f"dist/x{ext}"
    elif way == "index":
        del shared["main"]
    elif way in ("exports", "imports of the package"):
        shared["exports"] = {".": "./dist/index.js", "./x": f"./dist/x{ext}"}
    if way == "imports":
        root["imports"] = {"#x": f"./dist/x{ext}"}
    elif way == "imports of the package":
        root["imports"] = {"#x": "@server-flow/shared/x"}
    text = importer.format(to=to)
    files: dict[str, str | bytes] = {f"{SHARED}/dist/index.js": "\n"}
    if is_commonjs and type_ == "module":
        files |= {"dist/index.js": "import './from.cjs';\n", "dist/from.cjs": text}
    elif not is_commonjs and type_ != "module":
        files |= {"dist/index.js": "import('./from.mjs');\n", "dist/from.mjs": text}
    else:
        files["dist/index.js"] = text
    files[at] = content
    files["package.json"] = json.dumps(root) + "\n"
    files[f"{SHARED}/package.json"] = json.dumps(shared) + "\n"
    return files


def bundles() -> Iterator[tuple[str, dict[str, str | bytes]]]:
    """All cells, or one in `GRID_STEP` (default 16), chosen by name so that it is always the same ones."""
    step = int(os.environ.get("GRID_STEP", "16"))
    for ext, contents in CONTENTS.items():
        for what, content in contents.items():
            for kind in KINDS:
                for way in WAYS:
                    if way == "without extension" and not ext:
                        continue
                    for type_ in TYPES:
                        name = f"grid: {kind}, {way}, {ext or 'no extension'} ({what}), {type_}" + MAY_WARN.get(ext, "")
                        if zlib.crc32(name.encode()) % step == 0:
                            yield name, cell(ext, content, kind, way, type_)
