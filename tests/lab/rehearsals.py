"""The bundles that `rehearse.py` updates for real: what an agent may import and how, and what a bundle may ship of the
shared package. Small, with `zod` as the one package of the registry, so that an update takes a second or two."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from harness import PNPM, must, remove, scratch, write, write_json

SHARED = "@server-flow/shared"
COPY = f"node_modules/{SHARED}"
SOURCE = "packages/shared"
ZOD = "^3.23.0"

# An agent as the control plane sees it, with nothing but Node: the WebSocket's handshake is HTTP (RFC 6455, section 4.1).
CONNECT = """\
import { randomBytes } from 'node:crypto';
import http from 'node:http';
const url = process.argv[process.argv.indexOf('--url') + 1];
const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': randomBytes(16).toString('base64') };
const request = http.request(url + '/api/connect', { headers });
request.on('upgrade', (_, socket) => { socket.on('close', () => process.exit(9)); socket.resume(); });
request.end();
"""
CONNECT_CJS = CONNECT.replace("import { randomBytes } from 'node:crypto';", "const { randomBytes } = require('node:crypto');").replace(
    "import http from 'node:http';", "const http = require('node:http');"
)
USES_SHARED = f"import {{ Id }} from '{SHARED}';\nimport {{ help }} from './helper.js';\nhelp(Id);\n"

SHARED_JS = "import { z } from 'zod';\nexport const Id = z.string();\nexport default Id;\n"
SHARED_PACKAGE = {"name": SHARED, "version": "0.1.0", "type": "module", "main": "dist/index.js", "dependencies": {"zod": ZOD}}
PACKAGE = {
    "name": "server-flow-agent",
    "version": "0.1.27",
    "type": "module",
    "main": "dist/index.js",
    "dependencies": {SHARED: f"file:./{SOURCE}", "zod": ZOD},
}
# Without a dependency on the shared package, as the source document has it.
PLAIN = {"dependencies": {"zod": ZOD}}


@dataclass
class Rehearsed:
    """One bundle. `index` is put before what connects; `files` go over the base, None takes one away."""

    name: str
    index: str = ""
    package: dict | None = field(default_factory=dict)  # merged into PACKAGE, key by key
    files: dict[str, str | bytes | None] = field(default_factory=dict)
    edit: Callable[[Path], None] | None = None
    # In all generations (two of them in CI), or in one: what a module imports fails in all of them alike.
    every: bool = False
    # With both package managers: where it matters who installs. What else a module imports needs one, which alternates.
    both: bool = False
    # Why `check` may say otherwise than what happens: the contract's own words.
    exception: str = ""


def build(bundle: Rehearsed, at: Path) -> None:
    """The folder of a bundle, as it would be packed."""
    write(at / "dist/index.js", USES_SHARED + bundle.index + CONNECT)
    write(at / "dist/helper.js", "export function help(value) { return value; }\n")
    if bundle.package is not None:
        write_json(at / "package.json", {**PACKAGE, **bundle.package})
    for folder in (COPY, SOURCE):
        write(at / folder / "dist/index.js", SHARED_JS)
        write_json(at / folder / "package.json", SHARED_PACKAGE)
    for name, content in bundle.files.items():
        if content is None:
            remove(at / name)
        else:
            write(at / name, content)
    if bundle.edit:
        bundle.edit(at)


def link(name: str, target: str) -> Callable[[Path], None]:
    def make(at: Path) -> None:
        remove(at / name)
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).symlink_to(target)

    return make


def shared(**package: object) -> dict[str, str]:
    """Another package.json for the shared package, in both places."""
    text = json.dumps({**SHARED_PACKAGE, **package})
    return {f"{COPY}/package.json": text, f"{SOURCE}/package.json": text}


def needs(where: str, name: str, spec: str = "^2.1.0") -> dict:
    if where == "dependencies":
        return {"dependencies": {**PACKAGE["dependencies"], name: spec}}
    return {where: {name: spec}}


A = "export const a = 1;\n"
EXPORTS = {"exports": {"./helper": "./dist/helper.js"}}

MODULES = (
    Rehearsed("the good bundle", both=True),
    Rehearsed("a relative import without its extension", "import './helper';\n"),
    Rehearsed("a relative import of nothing", "import './gone.js';\n"),
    Rehearsed("a relative import in another case", "import './Helper.js';\n"),
    Rehearsed("a relative import of a folder", "import './utils';\n", files={"dist/utils/index.js": A}),
    Rehearsed("a relative import of TypeScript", "import './a.ts';\n", files={"dist/a.ts": A}),
    Rehearsed("a relative import with a query", "import './helper.js?again';\n"),
    Rehearsed("a relative import, percent-encoded", "import './hel%70er.js';\n"),
    Rehearsed("a relative import of a link inside the bundle", "import './linked.js';\n", edit=link("dist/linked.js", "helper.js")),
    Rehearsed("a re-export of nothing", "import './a.js';\n", files={"dist/a.js": "export * from './gone.js';\n"}),
    Rehearsed("a name through export *", "import { a } from './b.js';\nif (a !== 1) throw a;\n", files={"dist/a.js": A, "dist/b.js": "export * from './a.js';\n"}),
    Rehearsed("a name that is not exported", "import { gone } from './helper.js';\n"),
    Rehearsed("a name that the shared package lacks", f"import {{ Gone }} from '{SHARED}';\n"),
    Rehearsed("a default that is not exported", "import helper from './helper.js';\n"),
    Rehearsed("the shared package's default", f"import id from '{SHARED}';\nif (!id) throw id;\n"),
    Rehearsed("a named import of CommonJS", "import { a } from './a.cjs';\nif (a !== 1) throw a;\n", files={"dist/a.cjs": "exports.a = 1;\n"}),
    Rehearsed("a named import that CommonJS hides", "import { a } from './a.cjs';\n", files={"dist/a.cjs": "module.exports = Object.fromEntries([['a', 1]]);\n"}),
    Rehearsed("a package that nothing declares", "import 'ms';\n", both=True),
    Rehearsed("a package that only npm hoists", "import 'ms';\n", needs("dependencies", "debug", "^4.3.0"), both=True),
    Rehearsed("a package in optionalDependencies", "import 'ms';\n", needs("optionalDependencies", "ms"), both=True),
    Rehearsed("a package in devDependencies", "import 'ms';\n", needs("devDependencies", "ms"), both=True),
    Rehearsed("a package in peerDependencies", "import 'ms';\n", needs("peerDependencies", "ms"), both=True),
    Rehearsed("a bare builtin", "import fs from 'fs';\nimport { readFile } from 'fs/promises';\nimport 'node:path/posix';\nif (!fs || !readFile) throw 1;\n"),
    Rehearsed("a builtin that there is not", "import 'node:nothing';\n"),
    Rehearsed("the package itself", "import 'server-flow-agent/helper';\n", EXPORTS),
    Rehearsed("the package itself, not exported", "import 'server-flow-agent/gone';\n", EXPORTS),
    Rehearsed("an import map", "import '#helper';\n", {"imports": {"#helper": "./dist/helper.js"}}),
    Rehearsed("an import map to nothing", "import '#gone';\n", {"imports": {"#helper": "./dist/helper.js"}}),
    Rehearsed("conditions in exports", files=shared(exports={".": {"types": "./dist/index.d.ts", "require": "./dist/no.cjs", "import": "./dist/index.js"}}), both=True),
    Rehearsed("a subpath of a package without exports", f"import '{SHARED}/dist/index.js';\n", both=True),
    Rehearsed("a subpath that exports does not have", f"import '{SHARED}/dist/index.js';\n", files=shared(exports={".": "./dist/index.js"})),
    Rehearsed("JSON with its attribute", "import data from './data.json' with { type: 'json' };\nif (data.a !== 1) throw data;\n", files={"dist/data.json": '{"a": 1}\n'}),
    Rehearsed("JSON without its attribute", "import data from './data.json';\n", files={"dist/data.json": '{"a": 1}\n'}),
    Rehearsed("a module that does not parse", "import './a.js';\n", files={"dist/a.js": "export const = 1;\n"}),
    Rehearsed("a module that does not parse and is not imported", files={"dist/a.js": "export const = 1;\n"}),
    Rehearsed("a name that is declared twice", "const help2 = 1;\nconst help2 = 2;\n"),
    Rehearsed("an ES module named .cjs", "import './a.cjs';\n", files={"dist/a.cjs": A}),
    Rehearsed("an ES module named .mjs", "import './a.mjs';\n", files={"dist/a.mjs": A}),
    Rehearsed("require in an ES module", "require('node:fs');\n"),
    Rehearsed("module.exports in an ES module", "import './a.js';\n", files={"dist/a.js": "module.exports = { a: 1 };\n"}),
    Rehearsed("an ES module under type commonjs", package={"type": "commonjs"}),
    Rehearsed("CommonJS under type commonjs", package={"type": "commonjs"}, files={"dist/index.js": "require('./lib').a();\n" + CONNECT_CJS, "dist/lib/index.js": "exports.a = () => require('../data.json');\n", "dist/data.json": "{}\n"}),
    Rehearsed("CommonJS that requires nothing there", package={"type": "commonjs"}, files={"dist/index.js": "require('./gone');\n" + CONNECT_CJS}),
    Rehearsed("CommonJS that requires an ES module", "import './a.cjs';\n", files={"dist/a.cjs": "require('./helper.js');\n"}),
    Rehearsed("CommonJS that requires an ES module with await", "import './a.cjs';\n", files={"dist/a.cjs": "require('./b.mjs');\n", "dist/b.mjs": "await 1;\n"}),
    Rehearsed("a byte order mark", files={"dist/index.js": b"\xef\xbb\xbf" + (USES_SHARED + CONNECT).encode()}),
    Rehearsed("a hashbang", files={"dist/index.js": "#!/usr/bin/env node\n" + USES_SHARED + CONNECT}),
    Rehearsed("await at the top level", "await new Promise((done) => setTimeout(done, 5));\n"),
    Rehearsed("a circular import", "import { b } from './a.js';\nif (b() !== 1) throw b;\n", files={"dist/a.js": "import { c } from './b.js';\nexport const a = 1;\nexport const b = () => c();\n", "dist/b.js": "import { a } from './a.js';\nexport const c = () => a;\n"}),
    Rehearsed("import() of nothing", "await import('./gone.js');\n"),
    Rehearsed("import() of nothing in a try", "try { await import('./gone.js'); } catch {}\n"),
    Rehearsed("import() of nothing with a catch", "import('./gone.js').catch(() => {});\n"),
    Rehearsed("import() of nothing in a function", "export const later = () => import('./gone.js');\n"),
    Rehearsed("require of nothing in a try", "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\ntry { require('bufferutil'); } catch {}\n"),
)  # fmt: skip

def tarball(at: Path) -> None:
    """The shared package as a tarball, as `npm pack` makes it."""
    with scratch("tarball") as work:
        (at / SOURCE).rename(work / "package")
        write(at / "vendor/.keep", "")
        must("tar", "-czf", at / "vendor/shared.tgz", "-C", work, "package")
    remove(at / "packages")


def installed(*argv: str) -> Callable[[Path], None]:
    """What a package manager leaves in node_modules is shipped too, with the copy beside it."""

    def make(at: Path) -> None:
        with scratch("installed") as work:
            (at / COPY).rename(work / "copy")
            must(*argv, "--ignore-scripts", cwd=at)
            remove(at / COPY)
            (at / COPY).parent.mkdir(parents=True, exist_ok=True)
            (work / "copy").rename(at / COPY)

    return make


def locked(*argv: str) -> Callable[[Path], None]:
    """A lock file is shipped."""
    return lambda at: must(*argv, "--ignore-scripts", cwd=at) and None


def moved_behind_a_link(at: Path) -> None:
    """`cp -r` copies a link as it is, and from where it is then it leads to nothing."""
    (at / SOURCE).rename(at / "shared")
    (at / SOURCE).symlink_to("../shared")


UNSATISFIED = "local-protocol: a `file:` that nothing in the bundle satisfies is an error whoever gets over it (docs/reference/contract.md)"

UPDATES = (
    Rehearsed("as the document has it", package=PLAIN, files={"packages": None}, every=True),
    Rehearsed("the one layout that survives", every=True),
    Rehearsed("sources shipped, not depended on", package=PLAIN, every=True),
    Rehearsed("sources shipped, another package of the scope", package={"dependencies": {"zod": ZOD, "@server-flow/types": "file:./packages/types"}}, files={"packages/types/package.json": '{"name": "@server-flow/types", "version": "0.1.0"}\n'}, every=True),
    Rehearsed("sources without a build", files={f"{SOURCE}/dist": None}, every=True),
    Rehearsed("sources with an empty entry point", files={f"{SOURCE}/dist/index.js": ""}, every=True),
    Rehearsed("sources found by index.js at their root", files={f"{SOURCE}/dist": None, f"{SOURCE}/index.js": SHARED_JS}, every=True),
    Rehearsed("sources that are older than the copy", files={f"{SOURCE}/dist/index.js": "export const Other = 1;\n"}, every=True),
    Rehearsed("depended on for development only", package={**PLAIN, "devDependencies": {SHARED: f"file:./{SOURCE}"}}, every=True),
    Rehearsed("depended on optionally", package={**PLAIN, "optionalDependencies": {SHARED: f"file:./{SOURCE}"}}, every=True),
    Rehearsed("depended on by path, not shipped", files={"packages": None}, every=True, exception=UNSATISFIED),
    Rehearsed("workspace:*", package={"dependencies": {"zod": ZOD, SHARED: "workspace:*"}}, every=True),
    Rehearsed("link:./packages/shared", package={"dependencies": {"zod": ZOD, SHARED: f"link:./{SOURCE}"}}, every=True),
    Rehearsed("file:../../packages/shared", package={"dependencies": {"zod": ZOD, SHARED: "file:../../packages/shared"}}, every=True, exception=UNSATISFIED),
    Rehearsed("the copy is a link to a developer's machine", package=PLAIN, edit=link(COPY, "/c/Users/dev/packages/shared"), files={"packages": None}, every=True),
    Rehearsed("no copy, the sources depended on", files={"node_modules": None}, every=True, exception="shared-package-missing: the bundle as packed does not start (docs/reference/contract.md)"),
    Rehearsed("no package.json", package=None, every=True),
    Rehearsed("depended on optionally, not shipped", package={**PLAIN, "optionalDependencies": {SHARED: f"file:./{SOURCE}"}}, files={"packages": None}, every=True, exception=UNSATISFIED),
    Rehearsed("a peer that may be missing", package={**PLAIN, "peerDependencies": {SHARED: f"file:./{SOURCE}"}, "peerDependenciesMeta": {SHARED: {"optional": True}}}, every=True),
    Rehearsed("a tarball inside the bundle", package={"dependencies": {"zod": ZOD, SHARED: "file:./vendor/shared.tgz"}}, edit=tarball, every=True),
    Rehearsed("bundledDependencies", package={**PLAIN, "bundledDependencies": [SHARED]}, files={"packages": None}, every=True),
    Rehearsed("overrides without a dependency", package={**PLAIN, "overrides": {SHARED: f"file:./{SOURCE}"}}, every=True),
    Rehearsed("npm's workspaces", package={**PLAIN, "workspaces": ["packages/*"]}, every=True),
    Rehearsed("as the document has it, with what pnpm installed", package=PLAIN, files={"packages": None}, edit=installed(PNPM, "install", "--prod"), every=True),
    Rehearsed("the survivor with pnpm's lock file", edit=locked(PNPM, "install", "--lockfile-only"), every=True),
    Rehearsed("packageManager yarn", package={"packageManager": "yarn@4.1.0"}, every=True),
    Rehearsed("packageManager yarn, as the document has it", package={**PLAIN, "packageManager": "yarn@4.1.0"}, files={"packages": None}, every=True),
    Rehearsed("engines.pnpm that no server has", package={"engines": {"pnpm": ">=99"}}, every=True),
    Rehearsed("devEngines without npm", package={"devEngines": {"packageManager": {"name": "pnpm"}}}, every=True),
    Rehearsed("os and cpu that no server has", package={"os": ["win32"], "cpu": ["arm"]}, both=True),
    Rehearsed("engines.node that no server has, strictly", package={"engines": {"node": ">=99"}}, files={".npmrc": "engine-strict=true\n"}, both=True),
    Rehearsed("devEngines that npm does not understand", package={"devEngines": {"nonsense": 1}}, both=True),
    Rehearsed("devEngines with another runtime", package={"devEngines": {"runtime": {"name": "bun"}}}, both=True),
    Rehearsed("sources with a dependency that the copy has not", files={f"{SOURCE}/dist/index.js": SHARED_JS + "import 'ms';\n", f"{SOURCE}/package.json": json.dumps({**SHARED_PACKAGE, "dependencies": {"zod": ZOD, "ms": "^2.1.0"}})}, both=True),
    Rehearsed("sources that do not parse", files={f"{SOURCE}/dist/index.js": "export const Id = ;"}, both=True),
    Rehearsed("sources that import nothing there", files={f"{SOURCE}/dist/index.js": SHARED_JS + "export * from './gone.js';\n"}, both=True),
    Rehearsed("sources that are a link, not depended on", package=PLAIN, edit=moved_behind_a_link, every=True),
    Rehearsed("an empty entry point", files={"dist/index.js": ""}),
    Rehearsed("the nested layout", edit=lambda at: nest(at)),
)  # fmt: skip


def nest(at: Path) -> None:
    """The old layout: everything of the agent below apps/agent."""
    (at / "apps/agent").mkdir(parents=True)
    (at / "dist").rename(at / "apps/agent/dist")
    write_json(at / "apps/agent/package.json", PACKAGE)


BUNDLES = MODULES + UPDATES
