"""How Node finds the shared package by its `main` and `exports`, and whether `check` foretells it.

Each shape of its package.json is imported for real; `check` must give shared-package-json-invalid where that fails, and no
error where it works.
"""

from __future__ import annotations

from pathlib import Path

from harness import Mismatch, Part, check, ids, run as execute, scratch, write, write_json
from monorepo import SHARED

INDEX = "./dist/index.js"
RULES = ids("shared-package-json-invalid shared-entry-missing")

# Node's documentation, "Modules: Packages": what is in `exports` hides `main`; conditions are tried in the order they stand.
SHAPES: dict[str, dict] = {
    "main": {"main": "dist/index.js"},
    "main with ./": {"main": INDEX},
    "main without extension": {"main": "dist/index"},
    "main a folder": {"main": "dist"},
    "main a folder with /": {"main": "./dist/"},
    "main that is not there": {"main": "build/index.js"},
    "main that is not there, index.js at the root": {"main": "build/index.js", "+index.js": "export const ok = 1;\n"},
    "main absolute": {"main": "/dist/index.js"},
    "main out of the package": {"main": "../../../dist/index.js"},
    "main empty": {"main": ""},
    "main a number": {"main": 1},
    "main null": {"main": None},
    "no main": {},
    "no main, index.js at the root": {"+index.js": "export const ok = 1;\n"},
    "exports a string": {"exports": INDEX},
    "exports without ./": {"exports": "dist/index.js"},
    "exports that is not there": {"exports": "./build/index.js"},
    "exports that is not there beside a good main": {"main": "dist/index.js", "exports": "./build/index.js"},
    "exports without extension": {"exports": "./dist/index"},
    "exports a folder": {"exports": "./dist"},
    "exports with .": {"exports": {".": INDEX}},
    "exports without .": {"exports": {"./types": INDEX}},
    "exports of a subpath beside a good main": {"main": "dist/index.js", "exports": {"./types": INDEX}},
    "exports empty": {"exports": {}},
    "exports null": {"exports": None, "main": "dist/index.js"},
    "exports false": {"exports": False, "main": "dist/index.js"},
    "exports . null": {"exports": {".": None}, "main": "dist/index.js"},
    "the condition import": {"exports": {".": {"import": INDEX}}},
    "the condition require only": {"exports": {".": {"require": INDEX}}},
    "the condition types only": {"exports": {".": {"types": "./dist/index.d.ts"}}},
    "types, then import": {"exports": {".": {"types": "./dist/index.d.ts", "import": INDEX}}},
    "types, then default": {"exports": {".": {"types": "./dist/index.d.ts", "default": INDEX}}},
    "node": {"exports": {".": {"node": INDEX}}},
    "browser, then default": {"exports": {".": {"browser": "./build/b.js", "default": INDEX}}},
    "development, then import": {"exports": {".": {"development": "./src/index.ts", "import": INDEX}}},
    "conditions nested": {"exports": {".": {"node": {"import": INDEX, "require": "./build/index.cjs"}}}},
    "conditions nested that end in nothing, then default": {"exports": {".": {"node": {"require": "./build/index.cjs"}, "default": INDEX}}},
    "import leads nowhere, default is good": {"exports": {".": {"import": "./build/index.js", "default": INDEX}}},
    "import null, default good": {"exports": {".": {"import": None, "default": INDEX}}},
    "conditions at the top": {"exports": {"import": INDEX}},
    "conditions and paths mixed": {"exports": {".": INDEX, "import": INDEX}},
    "an array": {"exports": [INDEX]},
    "an array whose first leads nowhere": {"exports": ["./build/index.js", INDEX]},
    "an array whose first is not a path": {"exports": ["dist/index.js", INDEX]},
    "an array in a condition": {"exports": {".": {"import": [{"require": "./build/x.cjs"}, INDEX]}}},
    "exports out of the package": {"exports": "./../../../dist/index.js"},
    "exports into node_modules": {"exports": "./node_modules/x/index.js"},
    "exports with ./..": {"exports": "./dist/../dist/index.js"},
    "exports percent-encoded": {"exports": "./dist/index%2ejs"},
    "main percent-encoded": {"main": "dist/index%2ejs"},
    "main with a backslash": {"main": "dist\\index.js"},
    "main with a query": {"main": "dist/index.js?x"},
    "no name": {"name": None, "main": "dist/index.js"},
    "a BOM": {"main": "dist/index.js", "^": b"\xef\xbb\xbf"},
}

# Where an error is right although Node starts.
ALSO_AN_ERROR = {
    "no name": "docs/reference/contract.md: misnamed is shared-package-json-invalid",
}


def judge(name: str, shape: dict) -> None:
    with scratch("shape") as work:
        bundle = work / "agent-bundle"
        shared = bundle / SHARED
        dependencies = {name: "*" for name in ("fastify", "ws", "pm2", "zod")}
        write_json(bundle / "package.json", {"name": "server-flow-agent", "version": "0.1.27", "type": "module", "dependencies": dependencies})
        write(bundle / "dist/index.js", "import '@server-flow/shared';\n")
        write(shared / "dist/index.js", "export const ok = 1;\n")
        write(shared / "dist/index.d.ts", "export declare const ok = 1;\n")
        package = {"name": "@server-flow/shared", "version": "0.1.0", "type": "module", **shape}
        prefix = package.pop("^", b"")
        for key in [k for k in package if k.startswith("+")]:
            write(shared / key[1:], package.pop(key))
        if package["name"] is None:
            del package["name"]
        written = write_json(shared / "package.json", package)
        written.write_bytes(prefix + written.read_bytes())
        starts = run_agent(bundle)
        verdict = check(bundle)
        errors = verdict.rules("error")
        if starts and errors and name not in ALSO_AN_ERROR:
            raise Mismatch(f"Node starts, and check says {sorted(errors)}\n{verdict.brief()}")
        if not starts and not errors & RULES:
            raise Mismatch(f"Node does not start, and check says {sorted(errors)}\n{verdict.brief()}")
        if errors - RULES:
            raise Mismatch(f"check says {sorted(errors)}\n{verdict.brief()}")


def run_agent(bundle: Path) -> bool:
    return execute("node", "dist/index.js", cwd=bundle).code == 0


def shapes(part: Part) -> None:
    for name, shape in SHAPES.items():
        part.case(f"the shared package found by: {name}", lambda name=name, shape=shape: judge(name, shape))
