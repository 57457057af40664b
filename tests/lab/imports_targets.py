"""What a specifier leads to, and as what Node takes it: ways that the grid does not have.

Nothing here says what Node makes of a bundle: that is measured.
"""

from __future__ import annotations

import json
from typing import Iterator

Files = dict[str, "str | bytes"]
SHARED = "node_modules/@server-flow/shared"
HERE = "{HERE}"
AGENT = {"name": "server-flow-agent", "version": "0.1.27", "type": "module", "dependencies": {}}
COMMONJS_AGENT = {**AGENT, "type": "commonjs"}
UNTYPED_AGENT = {key: value for key, value in AGENT.items() if key != "type"}
PACKAGE = {"name": "@server-flow/shared", "version": "0.1.0", "type": "module", "main": "dist/index.js"}
MODULE = "export const a = 1;\nexport default a;\n"
COMMONJS = "exports.a = 1;\n"


def text(value: object) -> str:
    return json.dumps(value) + "\n"


def importers(to: str) -> Iterator[tuple[str, Files]]:
    """By name, an agent that imports a specifier in one way."""
    yield "import", {"dist/index.js": f"import {to!r};\n"}
    yield "import()", {"dist/index.js": f"await import({to!r});\n"}
    yield "require of .cjs", {"dist/index.js": "import './from.cjs';\n", "dist/from.cjs": f"require({to!r});\n"}
    yield "createRequire", {"dist/index.js": f"import {{ createRequire }} from 'node:module';\nconst require = createRequire(import.meta.url);\nrequire({to!r});\n"}
    yield "require", {"package.json": text(COMMONJS_AGENT), "dist/index.js": f"require({to!r});\n"}
    yield "import() of CommonJS", {"package.json": text(COMMONJS_AGENT), "dist/index.js": f"import({to!r});\n"}


def shared() -> Iterator[tuple[str, str, Files]]:
    """By name, what is imported of a shared package, and that package."""
    for ext, content in {".ts": MODULE, ".mts": MODULE, ".cts": COMMONJS, ".jsx": MODULE, ".css": "a {}\n", ".json": "{}\n", ".txt": MODULE, "": MODULE}.items():
        files = {f"{SHARED}/src/index{ext}": content, f"{SHARED}/dist/index.js": MODULE}
        yield f"main {ext}", "@server-flow/shared", {**files, f"{SHARED}/package.json": text({**PACKAGE, "main": f"./src/index{ext}"})}
        yield f"exports {ext}", "@server-flow/shared", {**files, f"{SHARED}/package.json": text({**PACKAGE, "exports": f"./src/index{ext}"})}
    package = {"name": "@server-flow/shared", "version": "0.1.0"}
    both = {f"{SHARED}/dist/index.js": MODULE, f"{SHARED}/dist/index.cjs": COMMONJS}
    for what, fields in {
        "exports.require alone": {"type": "module", "exports": {"require": "./dist/index.cjs"}},
        "exports.import alone": {"type": "module", "exports": {"import": "./dist/index.js"}},
        "exports . require alone": {"type": "module", "exports": {".": {"require": "./dist/index.cjs"}}},
        "exports . import alone": {"type": "module", "exports": {".": {"import": "./dist/index.js"}}},
        "exports of node alone": {"type": "module", "exports": {"node": "./dist/index.js"}},
        "exports of module-sync alone": {"type": "module", "exports": {"module-sync": "./dist/index.js"}},
        "exports of browser alone": {"type": "module", "exports": {"browser": "./dist/index.js"}},
        "exports of types alone": {"type": "module", "exports": {".": {"types": "./dist/index.js"}}},
        "exports false": {"type": "module", "main": "dist/index.js", "exports": False},
        "exports true": {"type": "module", "main": "dist/index.js", "exports": True},
        "exports 0": {"type": "module", "main": "dist/index.js", "exports": 0},
        "exports 1": {"type": "module", "main": "dist/index.js", "exports": 1},
        "exports ''": {"type": "module", "main": "dist/index.js", "exports": ""},
        "exports null": {"type": "module", "main": "dist/index.js", "exports": None},
        "exports []": {"type": "module", "main": "dist/index.js", "exports": []},
        "exports {}": {"type": "module", "main": "dist/index.js", "exports": {}},
        "exports [null]": {"type": "module", "exports": [None]},
        "exports of an array": {"type": "module", "exports": ["./dist/index.js"]},
        "exports of an array, bad first": {"type": "module", "exports": ["dist/index.js", "./dist/index.js"]},
        "exports without ./": {"type": "module", "exports": "dist/index.js"},
        "exports ./": {"type": "module", "exports": "./"},
        "exports with ..": {"type": "module", "exports": "./dist/../dist/index.js"},
        "exports with //": {"type": "module", "exports": "./dist//index.js"},
        "exports with node_modules": {"type": "module", "exports": "./node_modules/x.js"},
        "exports of a folder": {"type": "module", "exports": "./dist"},
        "exports without extension": {"type": "module", "exports": "./dist/index"},
        "exports to nothing": {"type": "module", "exports": "./gone.js"},
        "exports, %20": {"type": "module", "exports": "./dist/in%20dex.js"},
        "exports, number in condition": {"type": "module", "exports": {"import": 5, "default": "./dist/index.js"}},
        "exports, numeric key": {"type": "module", "exports": {"0": "./dist/index.js"}},
        "exports, numeric key and default": {"type": "module", "exports": {"default": "./dist/index.js", "1": "./dist/index.js"}},
        "exports, numeric key within": {"type": "module", "exports": {".": {"7": "./dist/index.js", "default": "./dist/index.js"}}},
        "exports, numeric key within import": {"type": "module", "exports": {".": {"browser": {"7": "./x.js"}, "default": "./dist/index.js"}}},
        "exports, key -1": {"type": "module", "exports": {"-1": "./x.js", "default": "./dist/index.js"}},
        "exports, key 01": {"type": "module", "exports": {"01": "./x.js", "default": "./dist/index.js"}},
        "exports, key 1.5": {"type": "module", "exports": {"1.5": "./x.js", "default": "./dist/index.js"}},
        "exports, key 4294967295": {"type": "module", "exports": {"4294967295": "./x.js", "default": "./dist/index.js"}},
        "exports, empty key": {"type": "module", "exports": {"": "./x.js", "default": "./dist/index.js"}},
        "exports, mixed keys": {"type": "module", "exports": {".": "./dist/index.js", "import": "./dist/index.js"}},
        "exports, subpath only": {"type": "module", "exports": {"./x": "./dist/index.js"}},
        "main with a slash": {"type": "module", "main": "/dist/index.js"},
        "main ./": {"type": "module", "main": "./"},
        "main .": {"type": "module", "main": "."},
        "main ''": {"type": "module", "main": ""},
        "main null": {"type": "module", "main": None},
        "main 5": {"type": "module", "main": 5},
        "main of an array": {"type": "module", "main": ["dist/index.js"]},
        "main false": {"type": "module", "main": False},
        "main of a folder": {"type": "module", "main": "dist"},
        "main of a folder/": {"type": "module", "main": "dist/"},
        "main of a file/": {"type": "module", "main": "dist/index.js/"},
        "main without extension": {"type": "module", "main": "dist/index"},
        "main ../shared": {"type": "module", "main": "../shared/dist/index.js"},
        "main ../../..": {"type": "module", "main": "../../../dist/other.js"},
        "main with %20": {"type": "module", "main": "dist/in%20dex.js"},
        "main with a space": {"type": "module", "main": "dist/in dex.js"},
        "main with ?": {"type": "module", "main": "dist/index.js?x"},
        "main with #": {"type": "module", "main": "dist/index.js#x"},
        "main with \\": {"type": "module", "main": "dist\\index.js"},
        "main to nothing": {"type": "module", "main": "gone.js"},
        "main that is absolute": {"type": "module", "main": "/home/dev/x.js"},
        "main of file:": {"type": "module", "main": "file:///x.js"},
        "no main": {"type": "module"},
        "type null": {"type": None, "main": "dist/index.cjs"},
        "type 5": {"type": 5, "main": "dist/index.cjs"},
        "type ''": {"type": "", "main": "dist/index.cjs"},
        "type MODULE": {"type": "MODULE", "main": "dist/index.cjs"},
        "type of an array": {"type": ["module"], "main": "dist/index.cjs"},
        "type true": {"type": True, "main": "dist/index.cjs"},
        "type {}": {"type": {}, "main": "dist/index.cjs"},
        "type null, .js": {"type": None, "main": "dist/plain.js"},
        "type 5, .js": {"type": 5, "main": "dist/plain.js"},
        "type null, exports": {"type": None, "exports": "./dist/plain.js"},
        "type MODULE, .js": {"type": "MODULE", "main": "dist/plain.js"},
        "imports 5": {"imports": 5, "type": "module", "main": "dist/index.js"},
        "imports null": {"imports": None, "type": "module", "main": "dist/index.js"},
        "imports of an array": {"imports": [], "type": "module", "main": "dist/index.js"},
    }.items():
        more = {f"{SHARED}/dist/in dex.js": MODULE, f"{SHARED}/dist/plain.js": COMMONJS, "dist/other.js": MODULE}
        yield what, "@server-flow/shared", {**both, **more, f"{SHARED}/package.json": text({**package, **fields})}
    only_x = {**both, f"{SHARED}/package.json": text({**package, "type": "module", "exports": {"./x": "./dist/index.js"}})}
    yield "exports only ./x, which is imported", "@server-flow/shared/x", only_x
    yield "exports only ./x, and ./y is imported", "@server-flow/shared/y", only_x
    for what, raw in {
        "null": "null", "nothing": "", "white space": " \n", "{": "{", "a comma too many": '{ "type": "module", }',
        "a comment": '{ /* x */ "type": "module" }', "single quotes": "{ 'type': 'module' }", "something behind": '{ "type": "module" } x',
        "a mark before": b'\xef\xbb\xbf{ "name": "@server-flow/shared", "type": "module", "main": "dist/index.js" }', "UTF-16": '{ "type": "module", "main": "dist/index.js" }'.encode("utf-16"),
        "Latin-1": b'{ "name": "@server-flow/shared", "type": "module", "main": "dist/index.js", "x": "\xe9" }', "half a pair": b'{ "name": "@server-flow/shared", "type": "module", "main": "dist/index.js", "x": "\\ud800" }',
        "keys twice": '{ "name": "@server-flow/shared", "main": "gone.js", "main": "dist/index.js", "type": "commonjs", "type": "module" }', "a tab in a string": '{ "type": "module", "main": "dist/index.js", "x": "a\tb" }',
        "a great number": '{ "name": "@server-flow/shared", "type": "module", "main": "dist/index.js", "x": 1e999 }', "a broken nested value": '{ "type": "module", "main": "dist/index.js", "x": { "y": [1, } }',
        "no end": '{ "type": "module", "main": "dist/index.js"', "an escaped key": '{ "name": "@server-flow/shared", "t\\u0079pe": "module", "main": "dist/index.js" }',
        "a key that is none": '{ "type": "module", "main": "dist/index.js", x: 1 }', "an open string": '{ "type": "module", "main": "dist/index.js }',
    }.items():  # fmt: skip
        yield f"package.json holding {what}", "@server-flow/shared", {**both, f"{SHARED}/index.js": COMMONJS, f"{SHARED}/package.json": raw}


def folders() -> Iterator[tuple[str, str, Files]]:
    """package.json in folders on the way."""
    for what, raw in {"broken": "{", "empty": "", "an array": "[]", "type null": '{ "type": null }', "type 5": '{ "type": 5 }', "type x": '{ "type": "x" }', "an object": "{}", "a string": '"x"', "commonjs": '{ "type": "commonjs" }'}.items():
        yield f"dist/package.json, {what}, of the imported", "./b.js", {"dist/package.json": raw, "dist/b.js": COMMONJS}
        yield f"dist/package.json, {what}, .cjs", "./b.cjs", {"dist/package.json": raw, "dist/b.cjs": COMMONJS}
        yield f"dist/package.json, {what}, a builtin", "node:fs", {"dist/package.json": raw}
        yield f"dist/sub/package.json, {what}", "./sub/b.js", {"dist/sub/package.json": raw, "dist/sub/b.js": "0;\n"}
        yield f"dist/sub/package.json, {what}, .mjs", "./sub/b.mjs", {"dist/sub/package.json": raw, "dist/sub/b.mjs": "0;\n"}
        yield f"dist/sub/package.json, {what}, .json", "./sub/b.json", {"dist/sub/package.json": raw, "dist/sub/b.json": "0\n"}
        yield f"dist/sub/package.json, {what}, .cjs that requires the shared package", "./sub/b.cjs", {"dist/sub/package.json": raw, "dist/sub/b.cjs": "require('@server-flow/shared/x.cjs');\n", f"{SHARED}/x.cjs": "", f"{SHARED}/package.json": text(PACKAGE)}
        yield f"dist/sub/package.json, {what}, .mjs that imports the shared package", "./sub/b.mjs", {"dist/sub/package.json": raw, "dist/sub/b.mjs": "import '@server-flow/shared/x.cjs';\n", f"{SHARED}/x.cjs": "", f"{SHARED}/package.json": text(PACKAGE)}
        yield f"dist/sub/package.json, {what}, of a folder that is asked for", "./sub", {"dist/sub/package.json": raw, "dist/sub/index.js": "0;\n"}
        yield f"dist/sub/package.json, {what}, no extension", "./sub/b", {"dist/sub/package.json": raw, "dist/sub/b": "0;\n"}


SPECIFIERS = [
    "/home/dev/x.js", "file:///nonexistent/x.js", "file:///home/dev/x.js?q", "file://host/x.js", "file:/nonexistent/x.js", "file:x.js", "FILE:///nonexistent/x.js",
    f"file://{HERE}/dist/x.js", f"{HERE}/dist/x.js", f"file:{HERE}/dist/x.js", f"FILE://{HERE}/dist/x.js", f"file://localhost{HERE}/dist/x.js", f"file://{HERE}/dist/gone.js", f"{HERE}/dist/gone.js", f"file://{HERE}/dist/../dist/x.js",
    f"{HERE}/dist/./x.js", f"file://{HERE}/dist/x%2ejs", f"{HERE}/dist", f"file://{HERE}/dist/", f"{HERE}/dist/x.js?q", f"{HERE}/dist/x.js#h", f"/{HERE}/dist/x.js", f"//{HERE}/dist/x.js", "//x.js",
    "../../agent-bundle/dist/x.js", "../../../../../../../../../../nonexistent.js", "../dist/x.js", "./../dist/./x.js", "././x.js", ".//x.js",
    "NODE:fs", "Node:fs", "node:FS", "node:", "node:nope", "node:fs/", "node:fs?x", "fs?x", "fs/", "fs#x", "FS", "nope:x", "http://example.com/x.js", "https://example.com/x.js", "blob:x", "npm:zod", "wasm:x", "c:/x.js", "C:\\x.js",
    "%zz", "./%zz.js", "./x%zz.js", "%", "./%", "./x%2ejs", "./x.j%73", "./x%2Fy.js", "./x%5Cy.js", "./x%20y.js", "./x y.js", "%40server-flow/shared", "@server-flow%2fshared", "@server-flow/shared/%zz", "@server-flow/shared%20",
    "./x.js?v=1", "./x.js#h", "./x.js?", "./x.js#", "./x?y.js", "./x#y.js", "./x.js?v=%zz", "./x.cjs?v=1", "./x.json?v", "#x", "#", "#/", "#/x", "#x/", "#y", "#z/a.js", "#node", "#pkg", "#bad", "#null", "#num",
    " ", "./", ".", "..", "../", "./x.js ", " ./x.js", "\t./x.js", "./x\t.js", ".\\x.js", ".\\\\x.js", "./sub\\x.js", "./x.js\\", "./x.js/", "./x.js/.", "x.js", ".x", "..x", "...", ".x/y", "@", "@/", "@/x", "@server-flow", "@server-flow/shared/", "@server-flow/shared//x.cjs", "@server-flow/shared/./x.cjs", "@server-flow/shared/../shared/x.cjs", "@server-flow/shared/x.cjs", "@server-flow/shared/x.cjs?q", "@server-flow/shared\\x.cjs", "server-flow-agent", "server-flow-agent/x", "./é.js", "./%C3%A9.js", "./😀.js",
]
DATA = ["data:text/javascript,0", "data:text/javascript;charset=utf-8,0", "data:text/javascript;base64,MA==", "DATA:text/javascript,0", "data:application/javascript,0", "data:application/json,{}", "data:text/plain,x", "data:text/css,a", "data:,x", "data:", "data:text/javascript", "data:application/wasm,x", "data:TEXT/JAVASCRIPT,0", "data:text/javascript,import 'node:fs'", "data:text/javascript,import './x.js'", "data:text/javascript,import 'left-pad'", "data:text/javascript,import '@server-flow/shared'", "data:text/javascript,import.meta.resolve", "data:text/javascript,(", "data:text/javascript,export const a = 1", "data:text/javascript,require('fs')", "data:text/javascript,%zz", "data:application/json,{", "data: text/javascript,0", "data:text/javascript ,0", "data:text/ecmascript,0", "data:application/x-javascript,0", "data:application/json;charset=utf-8,{}"]  # fmt: skip


def specifiers() -> Iterator[tuple[str, str, Files]]:
    files: Files = {f"dist/{name}": COMMONJS for name in ("x.cjs", "x y.js", "x%2ejs", "x?y.js", "x#y.js", "x.js?v=1", "x\t.js", "é.js", "😀.js")}
    files |= {"dist/x.js": "0;\n", "dist/x.json": "{}\n", "dist/sub/x.js": "0;\n", "dist/z/a.js": "0;\n", f"{SHARED}/x.cjs": COMMONJS, f"{SHARED}/package.json": text({**PACKAGE}), f"{SHARED}/dist/index.js": "0;\n"}
    imports = {"#x": "./dist/x.js", "#/x": "./dist/x.js", "#z/*": "./dist/z/*", "#node": "node:fs", "#pkg": "@server-flow/shared", "#bad": "../x.js", "#null": None, "#num": 5}
    for specifier in [*SPECIFIERS, *DATA]:
        name = specifier.replace("{HERE}", "HERE")
        yield f"specifier {name!r}", specifier, {**files, "package.json": text({**AGENT, "imports": imports})}


def attributes() -> Iterator[tuple[str, Files]]:
    """Attributes × what is imported."""
    targets = {"a builtin": "node:fs", "JSON": "./x.json", "JavaScript": "./x.js", "CommonJS": "./x.cjs", "data: JSON": "data:application/json,{}", "data: JavaScript": "data:text/javascript,0", "nothing": "./gone.js", "CSS": "./x.css", "a builtin without prefix": "fs", "JSON that is broken": "./bad.json", "an absent package": "left-pad"}
    files: Files = {"dist/x.json": "{}\n", "dist/bad.json": "{\n", "dist/x.js": MODULE, "dist/x.cjs": COMMONJS, "dist/x.css": "a {}\n"}
    for what, to in targets.items():
        for how in ("with { type: 'json' }", "with { type: 'css' }", "with { type: '' }", "with { kind: 'json' }", "with { }", "with { type: 'json', kind: 'x' }", "assert { type: 'json' }", ""):
            yield f"attributes: import {what} {how}", {**files, "dist/index.js": f"import '{to}' {how};\n"}
        for how in (", { with: { type: 'json' } }", ", { assert: { type: 'json' } }", ", { with: {} }", ", {}", ", undefined", ", { with: { type: 'css' } }", ", { with: { kind: 'x' } }", ", { with: { type: 'json' }, assert: { type: 'json' } }", ""):
            yield f"attributes: import() of {what}{how}", {**files, "dist/index.js": f"await import('{to}'{how});\n"}
        for how in (", { with: { type: 'json' } }", ", { assert: { type: 'json' } }", ""):
            yield f"attributes: import() of {what}{how} in CommonJS", {**files, "package.json": text(COMMONJS_AGENT), "dist/x.js": COMMONJS, "dist/index.js": f"import('{to}'{how});\n"}


def bundles() -> Iterator[tuple[str, Files]]:
    for what, to, files in [*shared(), *folders(), *specifiers()]:
        for how, importer in importers(to):
            merged = {**files, **importer}
            if "package.json" in files and "package.json" in importer:
                merged["package.json"] = text({**json.loads(files["package.json"]), "type": "commonjs"})
            yield f"target: {what}, by {how}", merged
    yield from attributes()
