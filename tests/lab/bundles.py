"""A table of small bundles that differ in what they import and how: good ones, look-alikes, and ones that die at the start.

Each is complete: a package.json with cheap dependencies, an entry point, and a copy of the shared package. `imports` starts
them with several versions of Node, and a rehearsal may take them through the update.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

SHARED = "node_modules/@server-flow/shared"
# Small packages without dependencies: CommonJS, and ES modules.
DEPENDENCIES = {"ms": "^2.1.3", "nanoid": "^5.0.9"}
PACKAGE = {"name": "server-flow-agent", "version": "0.1.27", "private": True, "type": "module", "main": "dist/index.js", "dependencies": DEPENDENCIES}
SHARED_PACKAGE = {"name": "@server-flow/shared", "version": "0.1.0", "type": "module", "main": "dist/index.js"}
SHARED_JS = "export const PROTOCOL_VERSION = 3;\nexport function parseCommand(value) { return value; }\nexport default class Shared {}\n"


@dataclass
class Bundle:
    """A bundle by its name.

    `files` are what is shipped, a value that begins with `→ ` being a link; `package` is package.json. `dies` are the lines
    of Node on which it does not start, which the lab measures; nothing where the lab is to find out. `rule` are those of which
    one must then give an error, and `quoted` says whether its message must hold what Node prints. `at` is where the lab put a
    bundle that knows its place.
    """

    name: str
    files: dict[str, str | bytes]
    package: dict
    dies: frozenset[int] | None
    rule: str
    quoted: bool = True
    at: Path | None = None


ALL = "18 20 22 24"
BUNDLES: list[Bundle] = []


def bundle(
    name: str,
    js: str | bytes | None,
    files: dict | None = None,
    dies: str = "",
    rule: str = "",
    package: dict | None = None,
    shared: dict | None = None,
    quoted: bool = True,
) -> None:
    """Adds a bundle: `js` is dist/index.js, `files` are beside it (from the root where they begin with `/`)."""
    content: dict[str, str | bytes] = {}
    if js is not None:
        content["dist/index.js"] = js
    for path, text in (files or {}).items():
        content[path[1:] if path.startswith("/") else f"dist/{path}"] = text
    content[f"{SHARED}/dist/index.js"] = SHARED_JS
    merged = {k: v for k, v in {**SHARED_PACKAGE, **(shared or {})}.items() if v is not ...}
    content[f"{SHARED}/package.json"] = json.dumps({k: v for k, v in merged.items() if not k.startswith("+")}) + "\n"
    for path, text in [(k[1:], v) for k, v in merged.items() if k.startswith("+")]:
        if text is None:
            content.pop(f"{SHARED}/{path}", None)
        else:
            content[f"{SHARED}/{path}"] = text
    root = {k: v for k, v in {**PACKAGE, **(package or {})}.items() if v is not ...}
    content["package.json"] = json.dumps(root, indent=2) + "\n"
    lines = frozenset(int(line) for line in dies.split())
    BUNDLES.append(Bundle(name, content, root, lines, rule, quoted))


def resolution() -> None:
    rule = "unresolved-import"
    bundle("all is well", "import { PROTOCOL_VERSION } from '@server-flow/shared';\nimport ms from 'ms';\nimport { nanoid } from 'nanoid';\nimport './a.js';\nms('1s'); nanoid(); PROTOCOL_VERSION;\n", {"a.js": "import 'node:fs';\n"})
    bundle("a file that is not there", "import './x.js';\n", dies=ALL, rule=rule)
    bundle("no extension", "import './x';\n", {"x.js": ""}, ALL, rule)
    bundle("a folder", "import './x';\n", {"x/index.js": ""}, ALL, rule)
    bundle("a folder with a slash", "import './x/';\n", {"x/index.js": ""}, ALL, rule)
    bundle("a file with a slash", "import './x.js/';\n", {"x.js": ""}, ALL, rule)
    bundle("another case", "import './X.js';\n", {"x.js": ""}, ALL, rule)
    bundle("the folder itself", "import '.';\n", dies=ALL, rule=rule)
    bundle("out of the bundle", "import '../../nothing/here.js';\n", dies=ALL, rule=rule, quoted=False)
    bundle("a query and a fragment", "import './x.js?a=1#b';\nimport './x.js?a=2';\n", {"x.js": ""})
    bundle("escapes", "import './a%20b.js';\nimport './%78.js';\n", {"a b.js": "", "x.js": ""})
    bundle("an escaped slash", "import './a%2fb.js';\n", {"a/b.js": ""}, ALL, rule)
    bundle("a backslash", "import './a\\\\b.js';\n", {"a/b.js": ""})
    bundle("a detour that is not there", "import './gone/../x.js';\n", {"x.js": ""})
    bundle("an absolute address of a file", "import { pathToFileURL } from 'node:url';\nawait import(pathToFileURL('dist/x.js').href);\n", {"x.js": ""})
    bundle("a data address", "import one from 'data:text/javascript,export default 1';\none;\n")
    bundle("an https address", "import 'https://example.org/x.js';\n", dies=ALL, rule=rule, quoted=False)
    bundle("an unknown scheme", "import 'foo:bar';\n", dies=ALL, rule=rule)
    bundle("TypeScript", "import './x.ts';\n", {"x.ts": "export const a: number = 1;\n"}, "18 20", rule)
    bundle("a stylesheet", "import './x.css';\n", {"x.css": "a {}\n"}, ALL, rule)
    bundle("a native module by import", "import './x.node';\n", {"x.node": "x"}, ALL, rule)
    bundle("no extension at all", "import './x';\n", {"x": "export const a = 1;\n"})
    bundle("a link inside", "import './l/x.js';\n", {"l": "→ t", "t/x.js": "import './y.js';\n", "t/y.js": ""})
    bundle("a link to a file", "import './l.js';\n", {"l.js": "→ t/x.js", "t/x.js": "import './y.js';\n", "t/y.js": ""})
    bundle("a link to a file whose neighbour is elsewhere", "import './l.js';\n", {"l.js": "→ t/x.js", "t/x.js": "import './y.js';\n", "y.js": ""}, ALL, rule)
    bundle("a link that dangles", "import './l.js';\n", {"l.js": "→ gone.js"}, ALL, rule)
    bundle("the entry point is a link", None, {"index.js": "→ ../lib/main.js", "/lib/main.js": "import './a.js';\n", "/lib/a.js": ""})
    bundle("the entry point is a link, its neighbour is not", None, {"index.js": "→ ../lib/main.js", "/lib/main.js": "import './a.js';\n", "a.js": ""}, ALL, rule)
    bundle("a circle", "import './a.js';\n", {"a.js": "import { b } from './b.js';\nexport const a = () => b;\n", "b.js": "import { a } from './a.js';\nexport const b = () => a;\n"})
    bundle("a circle through the entry point", "import './a.js';\nexport const x = 1;\n", {"a.js": "import { x } from './index.js';\nexport const y = () => x;\n"})
    bundle("deep down", "import './a.js';\n", {"a.js": "import './b.js';\n", "b.js": "import './c.js';\n", "c.js": "import './d.js';\n"}, ALL, rule)
    bundle("two are missing", "import './a.js';\nimport './b.js';\n", dies=ALL, rule=rule)
    bundle("export from nothing", "export { a } from './a.js';\n", dies=ALL, rule=rule)
    bundle("export all from nothing", "export * from './a.js';\n", dies=ALL, rule=rule)
    bundle("only looks like imports", "// import './gone.js';\nconst t = `import './gone.js'`;\nconst o = { import: './gone.js', require: (x) => x };\no.require('./gone.js');\n/import '.\\/gone.js'/.test(t);\n")
    bundle("builtins", "import 'fs';\nimport 'node:fs/promises';\nimport 'stream/web';\nimport 'path/posix';\nimport 'sys';\nimport 'node:test';\n")
    bundle("a builtin that needs its prefix", "import 'test';\n", dies=ALL, rule="undeclared-dependency")
    bundle("a builtin of Node 22", "import 'node:sqlite';\n", dies="18 20", rule=rule)
    bundle("a builtin of Node 19", "import 'inspector/promises';\n", dies="18", rule="undeclared-dependency")
    bundle("no builtin", "import 'node:nope';\n", dies=ALL, rule=rule)


def packages() -> None:
    rule, undeclared = "unresolved-import", "undeclared-dependency"
    bundle("an undeclared package", "import 'left-pad';\n", dies=ALL, rule=undeclared)
    bundle("a scoped undeclared package", "import '@scope/name';\n", dies=ALL, rule=undeclared)
    bundle("a subpath of an undeclared package", "import 'left-pad/x.js';\n", dies=ALL, rule=undeclared)
    bundle("a package in devDependencies", "import 'ms';\n", dies=ALL, rule=undeclared, package={"dependencies": {}, "devDependencies": {"ms": "^2.1.3"}})
    bundle("a package in optionalDependencies", "import 'ms';\n", package={"dependencies": {}, "optionalDependencies": {"ms": "^2.1.3"}})
    bundle("a package in peerDependencies", "import 'ms';\n", package={"dependencies": {}, "peerDependencies": {"ms": "^2.1.3"}})
    bundle("a package that is shipped only", "import ms from 'ms';\nms(1);\n", {"/node_modules/ms/package.json": '{"name":"ms","version":"2.1.3"}', "/node_modules/ms/index.js": "module.exports = () => 0;\n"}, ALL, undeclared, package={"dependencies": {}})
    bundle("a package that is shipped and declared", "import ms from 'ms';\nms(1);\n", {"/node_modules/ms/package.json": '{"name":"ms","version":"2.1.3"}', "/node_modules/ms/index.js": "module.exports = () => 0;\n"})
    bundle("a package below the shared one", "import '@server-flow/shared';\n", {f"/{SHARED}/node_modules/inner/package.json": '{"name":"inner","version":"1.0.0"}', f"/{SHARED}/node_modules/inner/index.js": ""}, shared={"+dist/index.js": "import 'inner';\n"})
    bundle("a package below the shared one is not the agent's", "import 'inner';\n", {f"/{SHARED}/node_modules/inner/package.json": '{"name":"inner","version":"1.0.0"}', f"/{SHARED}/node_modules/inner/index.js": ""}, ALL, undeclared)
    bundle("only the shared package declares it", "import '@server-flow/shared';\n", dies=ALL, rule=undeclared, shared={"dependencies": {"left-pad": "*"}, "+dist/index.js": "import 'left-pad';\n"})
    bundle("the shared package uses what the agent declares", "import '@server-flow/shared';\n", shared={"+dist/index.js": "import 'ms';\n"})
    bundle("no valid package name", "import '@scope';\n", dies=ALL, rule=rule)
    bundle("the package itself", "import { x } from 'server-flow-agent/x';\nx;\n", {"x.js": "export const x = 1;\n"}, package={"exports": {"./x": "./dist/x.js"}})
    bundle("the package itself without exports", "import 'server-flow-agent/dist/x.js';\n", {"x.js": ""}, ALL, undeclared)
    bundle("the package itself, not exported", "import 'server-flow-agent/y';\n", {"y.js": ""}, ALL, rule, package={"exports": {"./x": "./dist/x.js"}})
    bundle("a subpath of the shared package", "import '@server-flow/shared/dist/index.js';\n")
    bundle("a subpath without its extension", "import '@server-flow/shared/dist/index';\n", dies=ALL, rule=rule)
    bundle("a subpath that is a folder", "import '@server-flow/shared/dist';\n", dies=ALL, rule=rule)
    bundle("a subpath that is not exported", "import '@server-flow/shared/dist/index.js';\n", dies=ALL, rule=rule, shared={"exports": "./dist/index.js"})
    patterns = {"exports": {".": "./dist/index.js", "./*": "./dist/*.js", "./private/*": None, "./deep/*.js": "./dist/*.js"}}
    bundle("a pattern", "import '@server-flow/shared/index';\nimport '@server-flow/shared/deep/index.js';\n", shared=patterns)
    bundle("a pattern that leads nowhere", "import '@server-flow/shared/gone';\n", dies=ALL, rule=rule, shared=patterns)
    bundle("a pattern that is closed", "import '@server-flow/shared/private/index';\n", dies=ALL, rule=rule, shared=patterns)
    bundle("conditions", "import '@server-flow/shared/a';\n", shared={"exports": {".": "./dist/index.js", "./a": {"browser": "./no.js", "node": {"require": "./no.cjs", "import": "./dist/index.js"}}}})
    bundle("conditions of which none applies", "import '@server-flow/shared/a';\n", dies=ALL, rule=rule, shared={"exports": {".": "./dist/index.js", "./a": {"require": "./dist/index.js"}}})
    bundle("the condition module-sync", "import '@server-flow/shared/a';\n", dies="18", rule=rule, shared={"exports": {".": "./dist/index.js", "./a": {"module-sync": "./dist/index.js"}}})
    bundle("a closed condition ends the search", "import '@server-flow/shared/a';\n", dies=ALL, rule=rule, shared={"exports": {".": "./dist/index.js", "./a": {"node": {"import": None}, "default": "./dist/index.js"}}})
    bundle("an array of targets", "import '@server-flow/shared/a';\n", shared={"exports": {".": "./dist/index.js", "./a": ["no.js", {"require": "./no.cjs"}, "./dist/index.js"]}})
    bundle("a target without ./", "import '@server-flow/shared/a';\n", dies=ALL, rule=rule, shared={"exports": {".": "./dist/index.js", "./a": "dist/index.js"}})
    bundle("a target outside", "import '@server-flow/shared/a';\n", dies=ALL, rule=rule, shared={"exports": {".": "./dist/index.js", "./a": "./../shared/dist/index.js"}})
    bundle("a number for a target", "import '@server-flow/shared/a';\n", dies=ALL, rule=rule, shared={"exports": {".": "./dist/index.js", "./a": 1}}, quoted=False)
    bundle("main without its extension", "import '@server-flow/shared';\n", shared={"main": "dist/index"})
    bundle("main is a folder", "import '@server-flow/shared';\n", shared={"main": "dist"})
    bundle("main is not there", "import '@server-flow/shared';\n", dies=ALL, rule="shared-package-json-invalid", shared={"main": "build/index.js"})
    bundle("main is not there, index.js is", "import '@server-flow/shared';\n", shared={"main": "build/index.js", "+index.js": ""})
    bundle("the shared package is not there", "import '@server-flow/shared';\n", dies=ALL, rule="shared-package-missing shared-package-json-invalid", shared={"+dist/index.js": None, "+package.json": None}, quoted=False)
    bundle("imports", "import '#a';\nimport '#b/index';\nimport '#c';\nimport '#d';\n", {"a.js": ""}, package={"imports": {"#a": "./dist/a.js", "#b/*": "@server-flow/shared/dist/*.js", "#c": {"node": "fs", "default": "./no.js"}, "#d": "ms"}})
    bundle("imports of an address", "import '#x';\n", dies=ALL, rule=rule, package={"imports": {"#x": "node:fs"}})
    bundle("imports without the name", "import '#x';\n", dies=ALL, rule=rule, package={"imports": {"#a": "./dist/a.js"}})
    bundle("no imports at all", "import '#x';\n", dies=ALL, rule=rule)
    bundle("imports that lead nowhere", "import '#x';\n", dies=ALL, rule=rule, package={"imports": {"#x": "./dist/x.js"}})
    bundle("imports of an undeclared package", "import '#x';\n", dies=ALL, rule=undeclared, package={"imports": {"#x": "left-pad"}})
    bundle("imports with a slash", "import '#/x';\n", {"x.js": ""}, "18 20 22", rule, package={"imports": {"#/x": "./dist/x.js"}})


def dynamic() -> None:
    rule = "unresolved-import"
    bundle("await import of nothing", "await import('./x.js');\n", dies=ALL, rule=rule)
    bundle("import() of nothing, left alone", "import('./x.js');\n", dies=ALL, rule=rule)
    bundle("import() of nothing with then", "import('./x.js').then((x) => x);\n", dies=ALL, rule=rule)
    bundle("import() of nothing with catch", "import('./x.js').then((x) => x).catch(() => {});\n")
    bundle("import() of nothing with both", "import('./x.js').then((x) => x, () => {});\n")
    bundle("import() of nothing with finally", "import('./x.js').finally(() => {});\n", dies=ALL, rule=rule)
    bundle("import() of nothing in try", "try { await import('./x.js'); } catch {}\n")
    bundle("import() of nothing in try with finally only", "try { await import('./x.js'); } finally {}\n", dies=ALL, rule=rule)
    bundle("import() of nothing in a function", "export const f = () => import('./x.js');\n")
    bundle("import() of nothing in an async function that is called where it stands", "(async () => { await import('./x.js'); })();\n", dies=ALL, rule=rule)
    bundle("the same, caught", "(async () => { await import('./x.js'); })().catch(() => {});\n")
    bundle("import() of nothing in Promise.all", "await Promise.all([import('./x.js'), import('node:fs')]);\n", dies=ALL, rule=rule)
    bundle("import() of nothing in Promise.allSettled", "await Promise.allSettled([import('./x.js')]);\n")
    bundle("import() of nothing, kept and caught", "const p = import('./x.js');\ntry { await p; } catch {}\n")
    bundle("import() of nothing in a condition that is false", "if (process.env.NEVER) await import('./x.js');\n")
    bundle("import() of nothing behind &&", "process.env.NEVER && (await import('./x.js'));\n")
    bundle("import() with a template", "await import(`./x.js`);\n", dies=ALL, rule=rule)
    bundle("import() of a computed target", "const name = 'a';\nawait import(`./${name}.js`);\n", {"a.js": ""})
    bundle("import() of an undeclared package, caught", "try { await import('left-pad'); } catch {}\n")
    bundle("import() of a file that does not parse, caught", "try { await import('./x.js'); } catch {}\n", {"x.js": "let = ;\n"})
    bundle("import() of a file that imports nothing", "await import('./x.js');\n", {"x.js": "import './y.js';\n"}, ALL, rule)
    bundle("a broken file behind a function", "export const f = () => import('./x.js');\n", {"x.js": "import './y.js';\nimport { z } from './z.js';\n", "z.js": ""})
    bundle("in a static block", "class A { static { import('./x.js'); } }\n", dies=ALL, rule=rule)
    bundle("in a method", "class A { a() { return import('./x.js'); } b = import.meta; }\n")


def formats() -> None:
    rule = "module-format-mismatch"
    none = {"type": ...}
    bundle("no type", "import 'node:fs';\n", dies="18", rule=rule, package=none)
    bundle("no type, export", "export const a = 1;\n", dies="18", rule=rule, package=none)
    bundle("no type, import.meta", "import.meta.url;\n", dies="18", rule=rule, package=none)
    bundle("no type, await", "await 0;\n", dies="18", rule=rule, package=none)
    bundle("no type, only import()", "import('node:fs');\n", package=none)
    bundle("no type, CommonJS", "const fs = require('fs');\nmodule.exports = fs;\n", package=none)
    bundle("type commonjs", "import 'node:fs';\n", dies=ALL, rule=rule, package={"type": "commonjs"})
    bundle("type in capitals", "import 'node:fs';\n", dies="18", rule=rule, package={"type": "Module"})
    bundle("ES module in .cjs", "import './x.cjs';\n", {"x.cjs": "import fs from 'fs';\n"}, ALL, rule)
    bundle("export in .cjs", "import './x.cjs';\n", {"x.cjs": "export const a = 1;\n"}, ALL, rule)
    bundle("require in a module", "const fs = require('fs');\n", dies=ALL, rule=rule)
    bundle("module in a module", "module.exports = {};\n", dies=ALL, rule=rule)
    bundle("exports in a module", "exports.a = 1;\n", dies=ALL, rule=rule)
    bundle("__dirname in a module", "const a = __dirname + '/x';\n", dies=ALL, rule=rule)
    bundle("__filename deep in a module", "import './a.js';\n", {"a.js": "const o = { a: [__filename] };\n"}, ALL, rule)
    bundle("require asked for first", "if (typeof require !== 'undefined') require('fs');\nconst m = typeof module === 'object' ? module : null;\n")
    bundle("require in a function", "export function f() { return require('fs'); }\n")
    bundle("a require of its own", "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nrequire('./x.cjs');\n", {"x.cjs": ""})
    bundle("a require of its own, to nothing", "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nrequire('./x.cjs');\n", dies=ALL, rule="unresolved-import")
    bundle("names of its own", "const module = 1, exports = 2, __dirname = 3, __filename = 4;\nfunction require() {}\nrequire('./gone.js', module, exports, __dirname, __filename);\n")
    bundle(".mjs in a CommonJS package", "require('./x.cjs');\nimport('./y.mjs');\n", {"x.cjs": "module.exports = __dirname;\n", "y.mjs": "import fs from 'fs';\nfs;\n"}, package={"type": "commonjs"})
    bundle("a folder with a package.json of its own", "import x from './x/a.js';\nx;\n", {"x/package.json": '{"type": "commonjs"}', "x/a.js": "module.exports = require('fs');\n"})
    bundle("the shared package has no type", "import '@server-flow/shared';\n", dies="18", rule=rule, shared={"type": ...})
    bundle("the shared package is CommonJS", "import shared, { a } from '@server-flow/shared';\nshared.a === a;\n", shared={"type": "commonjs", "+dist/index.js": "exports.a = 1;\n"})
    bundle("require of a module", "import './x.cjs';\n", {"x.cjs": "require('./y.mjs');\n", "y.mjs": "export const a = 1;\n"}, "18", rule)
    bundle("require of a module by its type", "import './x.cjs';\n", {"x.cjs": "require('./y.js');\n", "y.js": "export const a = 1;\n"}, "18", rule)
    bundle("require of a module that awaits", "import './x.cjs';\n", {"x.cjs": "require('./y.mjs');\n", "y.mjs": "import './z.mjs';\n", "z.mjs": "await 0;\n"}, ALL, rule)
    bundle("require of a module, caught", "import './x.cjs';\n", {"x.cjs": "try { require('./y.mjs'); } catch {}\n", "y.mjs": "await 0;\n"})
    bundle("no type, CommonJS requires a typeless module", "require('./a.js');\n", {"a.js": "export const a = 1;\n"}, "18", rule, package=none)
    bundle("no type, await beside CommonJS names", "const module = 1;\nawait module;\n", dies="18", rule=rule, package=none, quoted=False)


def commonjs() -> None:
    rule = "unresolved-import"
    run = "import './run.cjs';\n"
    bundle("CommonJS finds extensions and folders", run, {"run.cjs": "require('./a');\nrequire('./b');\nrequire('./b/');\nrequire('./c');\nrequire('./d/x');\n", "a.cjs": "", "a.json": "{}", "b/index.json": "{}", "c/package.json": '{"main": "lib", "type": "commonjs"}', "c/lib/index.js": "", "d/package.json": '{"type": "commonjs"}', "d/x.js": "require('.');\nrequire('..//d/x');\n", "d/index.js": ""})
    bundle("CommonJS does not find .cjs", run, {"run.cjs": "require('./a');\n", "a.cjs": ""}, ALL, rule)
    bundle("require of nothing", run, {"run.cjs": "require('./gone');\n"}, ALL, rule)
    bundle("require of nothing in a function", run, {"run.cjs": "module.exports = () => require('./gone');\n"})
    bundle("require of nothing in try", run, {"run.cjs": "try { require('./gone'); } catch (e) {}\n"})
    bundle("require of nothing in a condition", run, {"run.cjs": "if (process.env.NEVER) require('./gone');\nconst a = process.env.NEVER ? require('./gone') : null;\n"})
    bundle("require of nothing where a function is called", run, {"run.cjs": "(function () { require('./gone'); }).call(this);\n"}, ALL, rule)
    bundle("a bundler's require", run, {"run.cjs": "(function (modules) { modules[0](function (x) { return x; }); })([function (require) { require('./gone'); }]);\n"})
    bundle("a require that is declared", run, {"run.cjs": "function load(require) { return require('./gone'); }\nload((x) => x);\n"})
    bundle("require.resolve of nothing in try", run, {"run.cjs": "try { require.resolve('./gone'); } catch {}\n"})
    bundle("require of an undeclared package", run, {"run.cjs": "require('left-pad');\n"}, ALL, "undeclared-dependency")
    bundle("require of a declared package", run, {"run.cjs": "require('ms')('1s');\n"})
    bundle("require of a builtin", run, {"run.cjs": "require('fs');\nrequire('node:test');\n"})
    bundle("require of no builtin", run, {"run.cjs": "require('node:nope');\n"}, ALL, rule)
    bundle("require with an escape is not a URL", run, {"run.cjs": "require('./a%20b.cjs');\n", "a b.cjs": ""}, ALL, rule)
    bundle("require of what exports does not have", run, {"run.cjs": "require('@server-flow/shared/x');\n"}, ALL, rule, shared={"exports": {".": "./dist/index.js"}})
    bundle("require of a file without a known extension", run, {"run.cjs": "require('./x.txt');\n", "x.txt": "module.exports = 1;\n"})
    bundle("import of a package's folder by require only", "import { createRequire } from 'node:module';\ncreateRequire(import.meta.url)('./x');\n", {"x/index.js": "", "x/package.json": '{"type": "commonjs"}'})
    bundle("main of a folder is not there", run, {"run.cjs": "require('./c');\n", "c/package.json": '{"main": "gone.js"}'}, ALL, rule)
    bundle("main of a folder is not there, index.js is", run, {"run.cjs": "require('./c');\n", "c/package.json": '{"main": "gone.js", "type": "commonjs"}', "c/index.js": ""})
    bundle("imports in CommonJS", run, {"run.cjs": "require('#a');\n", "a.cjs": ""}, package={"imports": {"#a": {"require": "./dist/a.cjs", "default": "./gone.js"}}})
    bundle("no imports in CommonJS", run, {"run.cjs": "require('#a');\n"}, ALL, "undeclared-dependency")


def json_files() -> None:
    rule = "unresolved-import"
    bundle("JSON with its attribute", "import a from './a.json' with { type: 'json' };\na;\n", {"a.json": "{}"})
    bundle("JSON with a mark", "import a from './a.json' with { type: 'json' };\na;\n", {"a.json": b"\xef\xbb\xbf{}"})
    bundle("JSON with an assertion", "import a from './a.json' assert { type: 'json' };\na;\n", {"a.json": "{}"}, "22 24", "module-syntax-error")
    bundle("JSON without its attribute", "import a from './a.json';\na;\n", {"a.json": "{}"}, ALL, rule)
    bundle("JSON by import()", "await import('./a.json', { with: { type: 'json' } });\n", {"a.json": "{}"})
    bundle("JSON by import() without its attribute", "await import('./a.json');\n", {"a.json": "{}"}, ALL, rule)
    bundle("JavaScript as JSON", "import a from './a.js' with { type: 'json' };\na;\n", {"a.js": "export default 1;\n"}, ALL, rule)
    bundle("an unknown attribute", "import './a.js' with { foo: 'bar' };\n", {"a.js": ""}, ALL, rule)
    bundle("an unknown type", "import './a.js' with { type: 'css' };\n", {"a.js": ""}, ALL, rule)
    bundle("JSON has no names", "import { a } from './a.json' with { type: 'json' };\na;\n", {"a.json": '{"a": 1}'}, ALL, "missing-export")
    bundle("JSON that is cut off", "import a from './a.json' with { type: 'json' };\na;\n", {"a.json": '{"a": '}, ALL, "module-syntax-error", quoted=False)
    bundle("empty JSON", "import a from './a.json' with { type: 'json' };\na;\n", {"a.json": ""}, ALL, "module-syntax-error", quoted=False)
    bundle("JSON by require", "import './x.cjs';\n", {"x.cjs": "require('./a.json');\nrequire('../package.json');\n", "a.json": "[]"})
    bundle("broken JSON by require", "import './x.cjs';\n", {"x.cjs": "require('./a.json');\n", "a.json": "{a: 1}"}, ALL, "module-syntax-error", quoted=False)


def syntax() -> None:
    rule = "module-syntax-error"

    def broken(name: str, js: str, dies: str = ALL, quoted: bool = False) -> None:
        bundle(name, "import './x.js';\n", {"x.js": js}, dies, rule, quoted=quoted)

    broken("an unexpected token", "let a = ;\n")
    broken("cut off", "export function a() {\n  return [1,")
    broken("a string that is not closed", "const a = 'x;\n")
    broken("a merge conflict", "<<<<<<< HEAD\nconst a = 1;\n=======\nconst a = 2;\n>>>>>>> main\n")
    broken("types", "export const a: number = 1;\n")
    broken("JSX", "export const a = <div/>;\n")
    broken("declared twice", "const a = 1;\nlet a = 2;\n", quoted=True)
    broken("an import and a name", "import { a } from './y.js';\nconst a = 1;\n", quoted=True)
    broken("var and let", "{ let a; { var a; } }\n", quoted=True)
    broken("a function twice in a module", "function a() {}\nfunction a() {}\n", quoted=True)
    broken("a parameter and let", "function f(a) { let a; }\n", quoted=True)
    broken("exported twice", "export const a = 1;\nexport { a };\n", quoted=True)
    broken("two defaults", "export default 1;\nexport default 2;\n")
    broken("an export of nothing", "export { a };\n", quoted=True)
    broken("await in a function", "function f() { await 0; }\n")
    broken("return outside of a function", "return;\n")
    broken("with in strict code", "with ({}) {}\n")
    broken("an octal number in strict code", "const a = 010;\n")
    broken("a reserved word", "const enum = 1;\n")
    broken("a private name that is not there", "class A { a() { return this.#b; } }\n")
    broken("break outside of a loop", "break;\n")
    broken("delete of a name", "let a; delete a;\n")
    broken("an assignment to nothing", "1 = 2;\n")
    broken("the flag v", "/[a--b]/v;\n", "18")
    broken("using", "{ using a = null; }\n", "18 20 22")
    bundle("CommonJS that does not parse", "import './x.cjs';\n", {"x.cjs": "let a = ;\n"}, ALL, rule, quoted=False)
    bundle("a name of the wrapper in CommonJS", "import './x.cjs';\n", {"x.cjs": "const module = 1;\n"}, ALL, rule)
    bundle("the entry point does not parse", "let a = ;\n", dies=ALL, rule=rule, quoted=False)
    bundle("the shared package does not parse", "import '@server-flow/shared';\n", dies=ALL, rule=rule, quoted=False, shared={"+dist/index.js": "let a = ;\n"})
    bundle("a file that is not reached does not parse", "1;\n", {"x.js": "let a = ;\n"})
    bundle("sloppy CommonJS", "import './x.cjs';\n", {"x.cjs": "with ({}) {}\nvar a = 010;\nfunction b() {} function b() {}\nreturn;\n"})
    bundle("a hashbang", "#!/usr/bin/env node\nimport 'node:fs';\n")
    bundle("a byte order mark", b"\xef\xbb\xbfimport 'node:fs';\n")
    bundle("a mark and a hashbang", b"\xef\xbb\xbf#!/usr/bin/env node\nimport 'node:fs';\n")
    bundle("a mark and a hashbang in CommonJS", "import './x.cjs';\n", {"x.cjs": b"\xef\xbb\xbf#!/usr/bin/env node\nrequire('fs');\n"}, "18 20", rule, quoted=False)
    bundle("CRLF", "import 'node:fs';\r\nconst a = 1;\r\n")
    bundle("Latin-1", b"const a = '\xe9';\n")
    bundle("await at the top", "const a = await Promise.resolve(1);\nfor await (const x of [a]) x;\n")
    bundle("syntax of the last years", "class A { static #a = 1; static { this.#a ??= 2; } #b; get b() { return this.#b?.c; } static has(x) { return #b in x; } }\nconst n = 1_000n; label: for (;;) { break label; }\nexport { n as 'a string' };\nnew A().b;\n")
    bundle("names in scopes of their own", "const a = 1;\nfunction b(a) { var a; { let a = 2; } try { throw a; } catch (a) { let b = a; var c = b; } return function b() {}; }\nvar d; var d;\nfor (let a of []) { let a; }\nswitch (a) { case 1: let e; }\nb(d);\n")
    bundle("an empty file", "import './x.js';\n", {"x.js": ""})


def names() -> None:
    rule = "missing-export"

    def named(name: str, js: str, files: dict, dies: str = "", **more) -> None:
        bundle(name, js, files, dies, rule if dies else "", **more)

    named("a name that is not there", "import { a } from './x.js';\na;\n", {"x.js": "export const b = 1;\n"}, ALL)
    named("no default", "import a from './x.js';\na;\n", {"x.js": "export const b = 1;\n"}, ALL)
    named("a stale shared package", "import { added } from '@server-flow/shared';\nadded;\n", {}, ALL)
    named("the default of the shared package", "import Shared, { parseCommand } from '@server-flow/shared';\nnew Shared(parseCommand);\n", {})
    named("passed on and not there", "export { a as z } from './x.js';\n", {"x.js": "export const b = 1;\n"}, ALL)
    named("passed on twice", "import { a } from './x.js';\na;\n", {"x.js": "export { a } from './y.js';\n", "y.js": "export const b = 1;\n"}, ALL)
    named("through stars", "import { a } from './x.js';\na;\n", {"x.js": "export * from './y.js';\nexport * from './x.js';\n", "y.js": "export * from './z.js';\n", "z.js": "export const a = 1;\n"})
    named("not through stars", "import { a } from './x.js';\na;\n", {"x.js": "export * from './y.js';\n", "y.js": "export const b = 1;\n"}, ALL)
    named("a star does not pass on the default", "import a from './x.js';\na;\n", {"x.js": "export * from './y.js';\n", "y.js": "export default 1;\n"}, ALL)
    two = {"x.js": "export * from './y.js';\nexport * from './z.js';\n", "y.js": "export const a = 1;\n", "z.js": "export const a = 2;\n"}
    named("two stars with the same name", "import { a } from './x.js';\na;\n", two, ALL)
    named("two stars with the same name, not asked for", "import * as x from './x.js';\nx.a;\n", two)
    named("two stars with the same binding", "import { a } from './x.js';\na;\n", {**two, "y.js": "export { a } from './w.js';\n", "z.js": "import { a } from './w.js';\nexport { a };\n", "w.js": "export const a = 1;\n"})
    named("a star of one's own name", "import { a } from './x.js';\na;\n", {**two, "x.js": two["x.js"] + "export const a = 3;\n"})
    named("stars in a circle", "import { a } from './x.js';\na;\n", {"x.js": "export * from './y.js';\n", "y.js": "export * from './x.js';\n"}, ALL)
    named("a namespace", "import * as x from './x.js';\nx.nothing;\n", {"x.js": "export const b = 1;\n"})
    named("a namespace passed on", "import { y } from './x.js';\ny.nothing;\n", {"x.js": "export * as y from './y.js';\n", "y.js": ""})
    named("every form of export", "import d, { a, b, c, e, f, g, 'a b' as h } from './x.js';\n[a, b, c, d, e, f, g, h];\n", {"x.js": "export default class {}\nexport const { a, x: [b = 1, ...c] } = { x: [] };\nexport function* e() {}\nexport async function f() {}\nconst s = 1;\nexport { s as g, s as 'a b' };\n"})
    named("import, then export", "import { z } from './x.js';\nz;\n", {"x.js": "import { a } from './y.js';\nexport { a as z };\n", "y.js": "export const a = 1;\n"})
    named("export default of an import", "import z from './x.js';\nz;\n", {"x.js": "import { a } from './y.js';\nexport default a;\n", "y.js": "export const a = 1;\n"})
    named("names of a third party", "import ms, { anything } from 'ms';\n", {}, ALL)
    named("a name of Node's own", "import { readFileSync, promises } from 'node:fs';\nimport fs from 'fs';\nfs; readFileSync; promises;\n", {})
    named("no name of Node's own", "import { nope } from 'node:fs';\nnope;\n", {}, ALL)
    named("a name of Node 22", "import { glob } from 'node:fs/promises';\nglob;\n", {}, "18 20")
    named("a name of Node 20", "import { register } from 'node:module';\nregister;\n", {}, "")
    cjs = {
        "exports.a": "exports.a = 1;",
        "module.exports.a": "module.exports.a = 1;",
        "exports['a']": "exports['a'] = 1;",
        "an object": "const a = 1;\nmodule.exports = { b, a };\nvar b;",
        "an object with values": "module.exports = { b: x, a: x };\nvar x;",
        "defineProperty": "Object.defineProperty(exports, 'a', { enumerable: true, value: 1 });",
        "a getter": "Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return m.a; } });\nvar m = {};",
        "a chain": "exports.b = exports.a = void 0;",
        "in a function": "function f() { exports.a = 1; }\nf();",
        "a dead object": "module.exports = f();\nfunction f() { return {}; }\n0 && (module.exports = { a });",
        "a reexport": "module.exports = require('./y.cjs');",
        "a spread reexport": "module.exports = { ...require('./y.cjs') };",
        "__exportStar": "var __exportStar = (m) => m;\n__exportStar(require('./y.cjs'), exports);",
        "a function as value": "module.exports = { a: function () {} };",
    }
    for what, code in cjs.items():
        named(f"CommonJS: {what}", "import { a } from './x.cjs';\na;\n", {"x.cjs": code + "\n", "y.cjs": "exports.a = 1;\n"})
    hidden = {
        "nothing": "exports.b = 1;",
        "a value before it": "module.exports = { b: 'x', a: 1 };",
        "a method before it": "module.exports = { b() {}, a };\nvar a;",
        "another name for exports": "const e = exports;\ne.a = 1;",
        "Object.assign": "Object.assign(exports, { a: 1 });",
        "a computed name": "exports['' + 'a'] = 1;",
        "a variable": "const api = { a: 1 };\nmodule.exports = api;",
        "a class": "module.exports = class { static a = 1; };",
        "a reexport in a variable": "const y = require('./y.cjs');\nmodule.exports = y;",
        "an arrow with brackets before it": "module.exports = { b: () => 1, a: 1 };",
    }
    for what, code in hidden.items():
        named(f"CommonJS, not found: {what}", "import { a } from './x.cjs';\na;\n", {"x.cjs": code + "\n", "y.cjs": "exports.a = 1;\n"}, ALL)
    named("CommonJS: the default is always there", "import a from './x.cjs';\na;\n", {"x.cjs": ""})
    named("CommonJS: passed on by a star", "import { a } from './x.js';\na;\n", {"x.js": "export * from './y.cjs';\n", "y.cjs": "exports.a = 1;\n"})
    named("CommonJS: not passed on by a star", "import { a } from './x.js';\na;\n", {"x.js": "export * from './y.cjs';\n", "y.cjs": "exports.b = 1;\n"}, ALL)


for fill in (resolution, packages, dynamic, formats, commonjs, json_files, syntax, names):
    fill()
