"""Helpers, constants and classes of another file of the agent, that load or read what they are given: each once with what is there
and once with what is not. Relative specifiers are those of the file in which the load stands; paths by `__dirname` or `import.meta`
are of the file whose they are; other relative paths are of the folder in which the agent runs.

Of what dies a warning will do; none of it is silent, and nothing that lives is refused.
"""

from __future__ import annotations

import json
from typing import Iterator

from bundles import PACKAGE

Member = tuple[str, dict[str, str | bytes]]

CJS, ESM = (json.dumps({**PACKAGE, "type": kind}) + "\n" for kind in ("commonjs", "module"))
# `@L` is a module beside the helpers, `@N` its name, `@A` another file there and `@B` its name, `@R` the same from where the agent runs.
THERE = ("./a.js", "a", "t/x.txt", "x", "dist/lib/t/x.txt")
GONE = ("./gone.js", "gone", "t/gone.txt", "gone", "dist/lib/t/gone.txt")
BESIDE = {
    ESM: {"dist/lib/a.js": "export const a = 1; export default () => 1;\n", "dist/lib/b.js": "export const b = 1;\n", "dist/lib/t/x.txt": "x"},
    CJS: {"dist/lib/a.js": "exports.a = 1;\n", "dist/lib/b.js": "exports.b = 1;\n", "dist/lib/t/x.txt": "x"},
}
NODE_ESM = (
    "import fs, { readFileSync, existsSync, writeFileSync, mkdirSync } from 'node:fs'; import path, { join, dirname, resolve } from 'node:path';"
    " import { fileURLToPath, pathToFileURL } from 'node:url'; import { createRequire } from 'node:module';"
    " import { Worker } from 'node:worker_threads';\n"
)
NODE_CJS = "const fs = require('node:fs'); const path = require('node:path'); const { join } = path; const { readFileSync } = fs;\n"
HERE = "const root = dirname(fileURLToPath(import.meta.url));"

# The helpers' file `lib/util.js`, what begins the agent, and further files.
MODULE: dict[str, tuple[str, str, dict[str, str]]] = {
    "here": (f"{HERE} export const here = (p) => join(root, p)", "import { here } from './lib/util.js'; readFileSync(here('@A'))", {}),
    "here, renamed": (f"{HERE} function here(p) {{ return resolve(root, p) }} export {{ here as at }}", "import { at as of } from './lib/util.js'; readFileSync(of('@A'))", {}),
    "here, default export": (f"{HERE} export default (p) => join(root, p)", "import here from './lib/util.js'; readFileSync(here('@A'))", {}),
    "here, namespace": (f"{HERE} export const here = (p) => join(root, p)", "import * as util from './lib/util.js'; readFileSync(util.here('@A'))", {}),
    "here, url": ("export const here = (p) => new URL(p, import.meta.url)", "import { here } from './lib/util.js'; readFileSync(here('@A'))", {}),
    "folder": (f"{HERE} export const LIB = root", "import { LIB } from './lib/util.js'; readFileSync(join(LIB, '@A'))", {}),
    "read": (f"{HERE} export const read = (p) => readFileSync(join(root, p), 'utf8')", "import { read } from './lib/util.js'; read('@A')", {}),
    "read, default": (f"{HERE} export function read(p, dir = root) {{ return readFileSync(join(dir, p)) }}", "import { read } from './lib/util.js'; read('@A')", {}),
    "read, options": (f"{HERE} export function read({{ file, dir = root }}) {{ return readFileSync(join(root, file)) }}", "import { read } from './lib/util.js'; read({ file: '@A' })", {}),
    "read, cwd": ("export const read = (p) => readFileSync(p, 'utf8')", "import { read } from './lib/util.js'; read('@R')", {}),
    "read, own helper": (f"{HERE} export const read = (p) => readFileSync(join(root, p), 'utf8')", "import { read } from './lib/util.js'; const page = (n) => read('t/' + n + '.txt'); page('@B')", {}),
    "text of cwd": ("export const FILE = '@R'", "import { FILE } from './lib/util.js'; readFileSync(FILE)", {}),
    "load": ("export function load(name) { return import(name) }", "import { load } from './lib/util.js'; await load('@L')", {}),
    "load, caught": ("export async function load(name) { try { return await import(name) } catch { return null } }", "import { load } from './lib/util.js'; await load('@L')", {}),
    "load, never called": ("export const load = (name) => import(name)", "import { load } from './lib/util.js'; export const later = () => load('@L')", {}),
    "load, condition": ("export const load = (name) => import(name)", "import { load } from './lib/util.js'; if (process.env.NOTHING_OF_THAT_NAME) await load('@L')", {}),
    "names": ("export const NAMES = { first: './lib/@N.js', second: './lib/b.js' }", "import { NAMES } from './lib/util.js'; await import(NAMES.first)", {}),
    "names, changed": ("export const NAMES = { first: './lib/@N.js' }", "import { NAMES } from './lib/util.js'; import './change.js'; await import(NAMES.first)", {"dist/change.js": "import { NAMES } from './lib/util.js'; NAMES.first = './lib/b.js';\n"}),
    "names, handed on": ("export const NAMES = { first: './lib/@N.js' }", "import { NAMES } from './lib/util.js'; Object.assign(NAMES, { first: './lib/b.js' }); await import(NAMES.first)", {}),
    "text": ("export const NAME = './lib/@N.js'", "import { NAME } from './lib/util.js'; await import(NAME)", {}),
    "class, field": (
        "export class Plugins { constructor(dir) { this.dir = dir } load() { return readFileSync(join(this.dir, '@A')) } }",
        "import { Plugins } from './lib/util.js'; new Plugins(dirname(fileURLToPath(import.meta.url)) + '/lib').load()",
        {},
    ),
    "class, own folder": (f"{HERE} export class Plugins {{ dir = root; load(n) {{ return readFileSync(join(this.dir, n)) }} }}", "import { Plugins } from './lib/util.js'; new Plugins().load('@A')", {}),
    "class, constructor": ("export class T { constructor(name) { this.it = import(name) } }", "import { T } from './lib/util.js'; new T('@L')", {}),
    "class, extended": (
        f"{HERE} export class Base {{ constructor(name) {{ this.text = readFileSync(join(root, name)) }} }}",
        "import { Base } from './lib/util.js'; class T extends Base { constructor() { super('@A') } } new T()",
        {},
    ),
    "class, method of a method": (
        f"{HERE} export class T {{ constructor(dir = root) {{ this.dir = dir }} path(n) {{ return join(this.dir, n) }} read(n) {{ return readFileSync(this.path(n)) }} }}",
        "import { T } from './lib/util.js'; new T().read('@A')",
        {},
    ),
    "object, default": (f"{HERE} const read = (n) => readFileSync(join(root, n)); export default {{ read }}", "import util from './lib/util.js'; util.read('@A')", {}),
    "star": (f"{HERE} export const here = (p) => join(root, p)", "import { here } from './all.js'; readFileSync(here('@A'))", {"dist/all.js": "export * from './lib/util.js';\n"}),
    "passed on": (f"{HERE} export const here = (p) => join(root, p)", "import { at } from './all.js'; readFileSync(at('@A'))", {"dist/all.js": "export { here as at } from './lib/util.js';\n"}),
    "of a third": (f"{HERE} export const here = (p) => join(root, p)", "import { read } from './read.js'; read('@A')", {"dist/read.js": "import { readFileSync } from 'node:fs'; import { here } from './lib/util.js'; export const read = (n) => readFileSync(here(n));\n"}),
    "callback": ("export const first = (f) => f('./lib/@N.js')", "import { first } from './lib/util.js'; await first((n) => import(n))", {}),
    "callback, outer": (f"{HERE} export function run(f) {{ return f() }} export {{ root }}", "import { run, root } from './lib/util.js'; function read(n) { return run(() => readFileSync(join(root, n))) } read('@A')", {}),
    "curried": (f"export const from = (dir) => (n) => join(dir, n)", f"import {{ from }} from './lib/util.js'; {HERE} const at = from(root); readFileSync(at('lib/@A'))", {}),
    "asked for": (f"{HERE} export const here = (p) => join(root, p)", "import { here } from './lib/util.js'; if (existsSync(here('@A'))) readFileSync(here('@A'))", {}),
    "asked for by a helper": (f"{HERE} export const has = (p) => existsSync(join(root, p)); export const read = (p) => readFileSync(join(root, p))", "import { has, read } from './lib/util.js'; if (!has('@A')) process.exit(0); read('@A')", {}),
    "made by a helper": (f"{HERE} export const make = (p) => writeFileSync(join(root, p), 'x'); export const read = (p) => readFileSync(join(root, p))", "import { make, read } from './lib/util.js'; make('@A'); read('@A')", {}),
    "folder changed": ("export const read = (p) => readFileSync(p)", "import { read } from './lib/util.js'; process.chdir('dist/lib'); read('@A')", {}),
    "import of it": ("export const load = (n) => import(n)", "const { load } = await import('./lib/util.js'); await load('@L')", {}),
    "meta dirname": ("const root = import.meta.dirname ?? dirname(fileURLToPath(import.meta.url)); export const here = (p) => join(root, p)", "import { here } from './lib/util.js'; readFileSync(here('@A'))", {}),
    "load by path": (f"{HERE} export const here = (p) => join(root, p)", "import { here } from './lib/util.js'; await import(here('@N.js'))", {}),
    "derived sets dir": (f"{HERE} export class T {{ constructor(d) {{ this.dir = d }} read() {{ return readFileSync(join(this.dir, 't/x.txt')) }} }}", f"import {{ T }} from './lib/util.js'; {HERE} class U extends T {{ constructor() {{ super(root + '/@N'); this.dir = root + '/lib' }} }} new U().read()", {}),
    "alias names handed": ("export const NAMES = { first: './lib/@N.js' }", "import * as util from './lib/util.js'; const n = util.NAMES; Object.assign(n, { first: './lib/b.js' }); await import(util.NAMES.first)", {}),
    "setter": (f"{HERE} export class T {{ constructor(d) {{ this.dir = d }} set dir(v) {{ this._d = join(root, v) }} get dir() {{ return this._d }} read() {{ return readFileSync(join(this.dir, 'x.txt')) }} }}", "import { T } from './lib/util.js'; new T('t').read()", {}),
    "register": ("const all = {}; export const register = (n, f) => { all[n] = f }", "import { register } from './lib/util.js'; register('x', () => import('./lib/@N.js'))", {}),
    "options handler": ("export const route = (o) => o.handler()", "import { route } from './lib/util.js'; await route({ handler: () => import('./lib/@N.js') })", {}),
    "loop": ("export const load = (n) => import(n)", "import { load } from './lib/util.js'; for (const n of ['./b.js', '@L']) await load(n)", {}),
    "factory": (f"{HERE} class T {{ constructor(d) {{ this.d = d }} read(n) {{ return readFileSync(join(this.d, n)) }} }} export const make = (d = root) => new T(d)", "import { make } from './lib/util.js'; make().read('@A')", {}),
    "object factory": (f"{HERE} export const make = (d = root) => ({{ read: (n) => readFileSync(join(d, n)) }})", "import { make } from './lib/util.js'; const t = make(); t.read('@A')", {}),
    "const object of helper": (f"{HERE} export const here = (p) => join(root, p)", "import { PATHS } from './c.js'; readFileSync(PATHS.x)", {"dist/c.js": "import { here } from './lib/util.js'; export const PATHS = { x: here('@A') };\n"}),
    "shared": ("export {}", "import { load } from '@server-flow/shared'; await load('@N.js')", {"node_modules/@server-flow/shared/package.json": '{"name":"@server-flow/shared","version":"1.0.0","type":"module","main":"./dist/index.js"}', "node_modules/@server-flow/shared/dist/index.js": "export const load = (n) => import('./' + n);", "node_modules/@server-flow/shared/dist/a.js": ""}),
    "class, text of another class": ("export class T { n = '@L'; load() { return import(this.n) } }", "import { T } from './lib/util.js'; class U extends T { n = './b.js' } await new U().load()", {}),
    "class, text that is inherited": ("export class T { n = '@L'; load() { return import(this.n) } }", "import { T } from './lib/util.js'; class U extends T {} await new U().load()", {}),
    "class, static text of another class": ("export class T { static n = '@L'; static load() { return import(this.n) } }", "import { T } from './lib/util.js'; class U extends T { static n = './b.js' } await U.load()", {}),
    "class, taken apart": ("export class T { n = '@A'; read() { const { n } = this; return readFileSync(new URL(n, import.meta.url)) } }", "import { T } from './lib/util.js'; class U extends T { n = 't/x.txt' } new U().read()", {}),
}

COMMONJS: dict[str, tuple[str, str, dict[str, str]]] = {
    "exports": ("exports.load = (n) => require(n)", "const { load } = require('./lib/util.js'); load('@L')", {}),
    "exports, at once": ("exports.load = function (n) { return require(n) }", "require('./lib/util.js').load('@L')", {}),
    "module.exports": ("function load(n) { return require(n) } module.exports = { load }", "const { load } = require('./lib/util.js'); load('@L')", {}),
    "module.exports, function": ("module.exports = (n) => require(n)", "const load = require('./lib/util.js'); load('@L')", {}),
    "module.exports, class": ("module.exports = class { constructor(n) { this.it = require(n) } }", "const T = require('./lib/util.js'); new T('@L')", {}),
    "passed on": ("exports.load = (n) => require(n)", "const { load } = require('./all.js'); load('@L')", {"dist/all.js": "module.exports = require('./lib/util.js');\n"}),
    "tsc": (
        "'use strict'; Object.defineProperty(exports, '__esModule', { value: true }); exports.TEMPLATES = exports.here = void 0; const here = (p) => join(__dirname, p); exports.here = here; exports.TEMPLATES = './lib';",
        "'use strict'; const util_js_1 = require('./lib/util.js'); fs.readFileSync((0, util_js_1.here)('@A'))",
        {},
    ),
    "tsc, constant": ("Object.defineProperty(exports, '__esModule', { value: true }); exports.NAME = void 0; exports.NAME = './lib/@N.js';", "const util_js_1 = require('./lib/util.js'); require(util_js_1.NAME)", {}),
    "replaced": ("exports.load = (n) => require(n)", "const util = require('./lib/util.js'); util.load = () => 1; util.load('@L')", {}),
    "class, field": ("exports.T = class T { constructor(dir) { this.dir = dir } read(n) { return readFileSync(join(this.dir, n)) } }", "const { T } = require('./lib/util.js'); new T(join(__dirname, 'lib')).read('@A')", {}),
    "mock": ("exports.load = (n) => require(n)", "require('./mock.js'); require('./lib/util.js').load('@L')", {"dist/mock.js": "require('./lib/util.js').load = () => 1;\n"}),
    "tsc default": ("Object.defineProperty(exports, '__esModule', { value: true }); exports.default = load; function load(n) { return require(n) }", "var __importDefault = (this && this.__importDefault) || function (m) { return (m && m.__esModule) ? m : { 'default': m } }; const util_1 = __importDefault(require('./lib/util.js')); (0, util_1.default)('@L')", {}),
}


def filled(text: str, files: tuple[str, ...]) -> str:
    for mark, file in zip(("@L", "@N", "@A", "@B", "@R"), files):
        text = text.replace(mark, file)
    return text


def bundles() -> Iterator[Member]:
    """One bundle a shape and file."""
    for kind, package, begin, members in (("a module", ESM, NODE_ESM, MODULE), ("CommonJS", CJS, NODE_CJS, COMMONJS)):
        for name, (util, index, files) in members.items():
            for what, found in (("there", THERE), ("gone", GONE)):
                inside = {path: filled(text, found) for path, text in files.items() if text}
                made = {"dist/lib/util.js": begin + filled(util, found) + "\n", "dist/index.js": begin + filled(index, found) + "\n"}
                yield f"modules: {kind}, {name}, {what} (may warn)", {**BESIDE[package], "package.json": package, **made, **inside}
