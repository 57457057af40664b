"""What is named by the file's own folder, `require` by way of `call`, `apply` and `bind`, what cannot be given another value, what
one case of a `switch` declares, and calls of what is exported and no function."""

from __future__ import annotations

import json
from typing import Iterator

MODULE = json.dumps({"name": "agent", "version": "1.0.0", "type": "module"})
COMMONJS = json.dumps({"name": "agent", "version": "1.0.0", "type": "commonjs"})
BESIDE = {"dist/a.js": "", "dist/lib/index.js": ""}
PATHS = "import path from 'node:path'; import { fileURLToPath, pathToFileURL } from 'node:url'; "
HERE = "const here = path.dirname(fileURLToPath(import.meta.url)); "
INTEROP = "var __importDefault = (this && this.__importDefault) || function (mod) { return (mod && mod.__esModule) ? mod : { 'default': mod }; }; "
TYPESCRIPT = "Object.defineProperty(exports, '__esModule', { value: true }); "

IN_COMMONJS = {
    "sum, gone": "require(__dirname + '/gone');",
    "sum with dots, gone": "require(__dirname + '/../gone.js');",
    "join, gone": "const path = require('path'); require(path.join(__dirname, 'lib', 'gone.js'));",
    "resolve up": "const path = require('path'); require(path.resolve(__dirname, '../package.json'));",
    "join, written first": "const fs = require('fs'), path = require('path'); fs.writeFileSync(path.join(__dirname, 'made.js'), ''); require(path.join(__dirname, 'made'));",
    "join, looked for": "const fs = require('fs'), path = require('path'); for (const n of ['a', 'gone']) { const p = path.join(__dirname, n + '.js'); if (!fs.existsSync(p)) continue; require(p); }",
    "call, gone": "require.call(null, './gone');",
    "apply, gone": "require.apply(this, ['./gone']);",
    "Reflect.apply, gone": "Reflect.apply(require, null, ['./gone']);",
    "bind, gone": "const r = require.bind(module); r('./gone');",
    "bound name, gone": "const load = require.bind(null, './gone'); load();",
    "call of another": "const f = function (x) { return x; }; f.call(null, './gone'); f.bind(null, './gone')();",
}

IN_MODULES = {
    "sum of a folder's address, gone": PATHS + "const root = fileURLToPath(new URL('.', import.meta.url)); await import(root + 'gone.js');",
    "read in a folder's address, gone": PATHS + "import fs from 'node:fs'; const root = fileURLToPath(new URL('./', import.meta.url)); fs.readFileSync(`${root}gone.html`);",
    "address, gone": "await import(new URL('./gone.js?x=1', import.meta.url).href);",
    "either name of the folder, gone": PATHS + "const here = import.meta.dirname ?? path.dirname(fileURLToPath(import.meta.url)); await import(`${here}/gone.js`);",
    "import.meta.dirname, gone (may warn)": PATHS + "await import(path.join(import.meta.dirname, 'gone.js'));",
    "constant &&=": "const c = {}; c &&= 2;",
    "constant ??=": "const c = null; c ??= 2;",
    "member of a namespace": "import * as ns from './b.js'; ns.b = 2;",
    "member of a member of a namespace": "import * as ns from './b.js'; ns.o.x = 2;",
    "case of another": "switch (1) { case 0: let x = 1; break; case 1: x; }",
    "case of its own": "switch (0) { case 0: let x = 1; x; break; default: }",
    "case in a function (may warn)": "function f(k) { switch (k) { case 0: let x = 1; return x; case 1: return x; } } f(1);",
    "its own value": "const x = x;",
    "class that extends itself": "class A extends A {}",
    "finally that returns": "function f() { try { gone; } finally { return 1; } } f();",
    "text of vm (may warn)": "import vm from 'node:vm'; vm.runInThisContext('gone');",
    "text of a worker (may warn)": "import { Worker } from 'node:worker_threads'; new Worker('gone', { eval: true });",
}

# By what is exported, and by what is done with it.
EXPORTS = {
    "a default of TypeScript": TYPESCRIPT + "exports.default = function () {};",
    "an object": "module.exports = { run() {} };",
    "a function": "module.exports = function () {}; module.exports.run = () => 1;",
}
CALLS = {
    "default": (MODULE, "import d from './x.cjs'; d();"),
    "either": (MODULE, "import d from './x.cjs'; if (typeof d === 'function') d(); else d.default?.();"),
    "interop": (COMMONJS, INTEROP + "const x_1 = __importDefault(require('./x.cjs')); (0, x_1.default)();"),
}


def bundles() -> Iterator[tuple[str, dict[str, str]]]:
    for package, cases in ((COMMONJS, IN_COMMONJS), (MODULE, IN_MODULES)):
        for name, code in cases.items():
            beside = {**BESIDE, "dist/b.js": "export const b = 1, o = {};"} if "./b.js" in code else BESIDE
            yield f"located: {name}", {"package.json": package, "dist/index.js": code, **beside}
    for what, exported in EXPORTS.items():
        for how, (package, code) in CALLS.items():
            yield f"located: {how} of {what}", {"package.json": package, "dist/index.js": code, "dist/x.cjs": exported}
