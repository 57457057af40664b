"""Members of what a file exports that are called, extended or looked into while the agent is loaded: nothing is said of them when names
are bound, and where they are not there they are `undefined`. A shared package that is older than the agent looks so from CommonJS.
"""

from __future__ import annotations

import json
from typing import Iterator

Member = tuple[str, dict[str, str]]

ESM = json.dumps({"name": "agent", "version": "1.0.0", "type": "module"})
CJS = json.dumps({"name": "agent", "version": "1.0.0", "type": "commonjs"})

TS = '"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\n'
STAR = "var __exportStar = (this && this.__exportStar) || function(m, e) { for (var p in m) if (p !== 'default' && !(p in e)) e[p] = m[p]; };\n"
FULL = "var __importStar = (this && this.__importStar) || function (m) { return m; };\n"
DEFAULT = "var __importDefault = (this && this.__importDefault) || function (m) { return (m && m.__esModule) ? m : { default: m }; };\n"
HERE = "exports.here = () => 1;"

# The agent's code behind `const a = require('./a');`, and what `a.js` is.
COMMONJS = {
    "call": ("a.gone();", HERE),
    "call, there": ("a.here();", HERE),
    "call as tsc writes it": ("(0, a.gone)(1);", TS + "exports.here = here; function here() {}"),
    "call as tsc writes it, there": ("(0, a.here)(1);", TS + "exports.here = here; function here() {}"),
    "new": ("new a.Gone();", HERE),
    "extends": ("class B extends a.Gone {}", HERE),
    "extends, there": ("class B extends a.Base {}", "class Base {} exports.Base = Base;"),
    "looked into": ("a.Status.Active;", HERE),
    "looked into, there": ("a.Status.Active;", "var Status; (function (S) { S[S.Active = 0] = 'Active'; })(Status || (exports.Status = Status = {}));"),
    "taken apart": ("const { gone } = require('./a'); gone();", HERE),
    "in a function": ("function f() { a.gone(); } f();", HERE),
    "in a function that nobody calls": ("exports.f = () => a.gone();", HERE),
    "in an async function": ("async function f() { a.gone(); } f();", HERE),
    "in an async function, taken": ("async function f() { a.gone(); } f().catch(() => {});", HERE),
    "object": ("a.gone();", "module.exports = { here: 1 };"),
    "object, there": ("a.here();", "module.exports = { here() {} };"),
    "object with more": ("a.gone();", "module.exports = { ...require('path'), gone() {} };"),
    "object with a prototype": ("a.gone();", "module.exports = { __proto__: { gone() {} } };"),
    "prototype": ("a.gone();", "exports.__proto__ = { gone() {} };"),
    "prototype that is set": ("a.gone();", "Object.setPrototypeOf(exports, { gone() {} });"),
    "what objects have": ("a.toString(); a.hasOwnProperty('x');", HERE),
    "function with members": ("a.gone();", "module.exports = function () {}; module.exports.gone = () => 1;"),
    "what functions have": ("a.call();", "module.exports = function () {};"),
    "passed on": ("a.gone();", TS + STAR + "__exportStar(require('./b'), exports);"),
    "passed on, there": ("a.there();", TS + STAR + "__exportStar(require('./b'), exports);"),
    "passed on of Node's own": ("a.join('x');", STAR + "__exportStar(require('path'), exports);"),
    "computed": ("a.gone();", "for (const n of ['gone']) exports[n] = () => 1;"),
    "handed to a factory": ("a.gone();", "(function (r, f) { typeof exports === 'object' ? f(exports) : 0; })(this, (e) => { e.gone = () => 1; });"),
    "given by this": ("a.gone();", "this.gone = () => 1;"),
    "given by this in an arrow": ("a.gone();", "(() => { const e = this; e.gone = () => 1; })();"),
    "nothing": ("a.gone();", ""),
    "asked for": ("if (a.gone) a.gone(); a.gone?.(); a.gone && a.gone(); typeof a.gone === 'function' && a.gone(); a.gone?.deep; a.gone?.deep.er;", HERE),
    "caught": ("try { a.gone(); } catch {}", HERE),
    "after the end": ("process.exit(0); a.gone();", HERE),
    "given": ("a.gone = () => 1; a.gone();", HERE),
    "given by another file": ("require('./c'); a.gone();", HERE),
    "given with others": ("Object.assign(a, require('./d')); a.gone();", HERE),
    "given by a computed name": ("for (const k of ['gone']) a[k] = () => 1; a.gone();", HERE),
    "given by a computed name elsewhere": ("require('./e'); a.gone();", HERE),
    "given by who gets it": ("require('./f')(a); a.gone();", HERE),
    "given by who gets it, not (may warn)": ("void Object.keys(a); a.gone();", HERE),
    "defined": ("Object.defineProperty(a, 'gone', { value() {} }); a.gone();", HERE),
    "all": (FULL + "const s = __importStar(require('./a')); s.gone();", TS + HERE),
    "default": (DEFAULT + "const d = __importDefault(require('./a')); (0, d.default)();", "module.exports = () => 1;"),
    "another of that name": ("{ const a = { gone() {} }; a.gone(); } (function (a) { a.gone(); })({ gone() {} });", HERE),
}
BESIDE = {
    "dist/b.js": TS + "exports.there = () => 1;",
    "dist/c.js": "require('./a').gone = () => 1;",
    "dist/d.js": "exports.gone = () => 1;",
    "dist/e.js": "const a = require('./a'); const k = 'gone'; a[k] = () => 1;",
    "dist/f.js": "module.exports = (x) => { const k = 'go' + 'ne'; x[k] = () => 1; };",
}

# The agent's code, and the files beside it.
MODULES = {
    "call": ("import * as a from './a.js'; a.gone();", {"a.js": "export const here = 1;"}),
    "new": ("import * as a from './a.js'; new a.Gone();", {"a.js": "export const here = 1;"}),
    "extends": ("import * as a from './a.js'; class B extends a.Gone {}", {"a.js": "export const here = 1;"}),
    "default": ("import * as a from './a.js'; a.default();", {"a.js": "export const here = 1;"}),
    "asked for": ("import * as a from './a.js'; a.gone?.(); if (a.gone) a.gone(); (a.gone ?? (() => 1))();", {"a.js": "export const here = 1;"}),
    "returned before": ("import * as a from './a.js'; function f() { if (!a.gone) return; a.gone(); } f();", {"a.js": "export const here = 1;"}),
    "caught": ("import * as a from './a.js'; try { a.gone(); } catch {}", {"a.js": "export const here = 1;"}),
    "in an async function": ("import * as a from './a.js'; async function f() { a.gone(); } f();", {"a.js": "export const here = 1;"}),
    "in what follows": ("import * as a from './a.js'; Promise.resolve().then(() => a.gone());", {"a.js": "export const here = 1;"}),
    "passed on": ("import * as a from './a.js'; a.gone();", {"a.js": "export * from './b.js';", "b.js": "export const here = 1;"}),
    "passed on, there": ("import * as a from './a.js'; a.here();", {"a.js": "export * from './b.js';", "b.js": "export const here = () => 1;"}),
    "passed on of Node's own": ("import * as a from './a.js'; a.join('x');", {"a.js": "export * from 'node:path';"}),
    "passed on of CommonJS": ("import * as a from './a.js'; a.here();", {"a.js": "export * from './b.cjs';", "b.cjs": HERE}),
    "of CommonJS": ("import * as a from './a.cjs'; a.here();", {"a.cjs": HERE}),
    "of CommonJS, hidden": ("import * as a from './a.cjs'; a.here();", {"a.cjs": "const e = exports; e.here = () => 1;"}),
    "of CommonJS by default": ("import a from './a.cjs'; a.gone();", {"a.cjs": HERE}),
    "of CommonJS by default, there": ("import a from './a.cjs'; a.here();", {"a.cjs": HERE}),
    "import()": ("const a = await import('./a.js'); a.gone();", {"a.js": "export const here = 1;"}),
    "import() taken apart": ("const { gone } = await import('./a.js'); gone();", {"a.js": "export const here = 1;"}),
    "createRequire": ("import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const a = require('./a.cjs'); a.gone();", {"a.cjs": HERE}),
    "createRequire of a module": ("import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const a = require('./a.mjs'); a.gone();", {"a.mjs": "export const here = 1;"}),
    "as module.exports": ("import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const a = require('./a.mjs'); a.gone?.();", {"a.mjs": "export { o as 'module.exports' }; const o = { gone() {} };"}),
    "in an object": ("import { api } from './a.js'; api.gone();", {"a.js": "import * as b from './b.js'; export const api = { ...b, gone() {} };", "b.js": "export const here = 1;"}),
}  # fmt: skip


def bundles() -> Iterator[Member]:
    for name, (code, a) in COMMONJS.items():
        yield f"absent: CommonJS, {name}", {"package.json": CJS, "dist/index.js": f"const a = require('./a');\n{code}\n", "dist/a.js": a, **BESIDE}
    for name, (code, beside) in MODULES.items():
        yield f"absent: module, {name}", {"package.json": ESM, "dist/index.js": code, **{f"dist/{path}": text for path, text in beside.items()}}
    # The agent was built against a newer shared package.
    yield "absent: the shared package is older", {"package.json": CJS, "dist/index.js": "const shared_1 = require('@server-flow/shared'); (0, shared_1.notYetThere)('x');"}
