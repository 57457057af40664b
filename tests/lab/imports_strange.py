"""Members of each kind that nobody tried: circles of CommonJS, code in texts, emitters, kept promises, packages that only one loader
gets, WebAssembly, and what the tables of the issue name in other clothes. Of what dies a warning will do; what lives is not refused.
"""

from __future__ import annotations

import json
from typing import Iterator

Member = tuple[str, dict[str, str]]

ESM = json.dumps({"name": "agent", "version": "1.0.0", "type": "module"})
CJS = json.dumps({"name": "agent", "version": "1.0.0", "type": "commonjs"})

# Two files of CommonJS that require each other: the entry point, and what it requires.
CIRCLES = {
    "call": ("const b = require('./b'); exports.run = () => 1;", "const a = require('./index'); a.run();"),
    "call, taken apart": ("const b = require('./b'); exports.run = () => 1;", "const { run } = require('./index'); run();"),
    "call, set before": ("exports.run = () => 1; const b = require('./b');", "const a = require('./index'); a.run();"),
    "call, later": ("const b = require('./b'); exports.run = () => 1; b.go();", "const a = require('./index'); exports.go = () => a.run();"),
    "call, later, replaced": ("const b = require('./b'); module.exports = { run: () => 1 }; b.go();", "const a = require('./index'); exports.go = () => a.run();"),
    "extends": ("const b = require('./b'); exports.Base = class {};", "const { Base } = require('./index'); class B extends Base {}"),
    "extends, module.exports": ("const b = require('./b'); module.exports = class {};", "const Base = require('./index'); class B extends Base {}"),
    "new": ("const b = require('./b'); exports.Base = class {};", "const a = require('./index'); new a.Base();"),
    "hoisted function": ("module.exports = { run }; const b = require('./b'); function run() { return limit; } const limit = 1;", "const a = require('./index'); a.run();"),
    "read": ("const b = require('./b'); exports.limit = 1;", "const { limit } = require('./index'); exports.x = limit;"),
    "read deeper": ("const b = require('./b'); exports.config = { port: 1 };", "const { config } = require('./index'); exports.x = config.port;"),
    "caught": ("const b = require('./b'); exports.run = () => 1;", "const a = require('./index'); try { a.run(); } catch {}"),
    "asked": ("const b = require('./b'); exports.run = () => 1;", "const a = require('./index'); a.run?.();"),
    "tsc": ("'use strict'; Object.defineProperty(exports, '__esModule', { value: true }); exports.run = void 0; const b_1 = require('./b'); const run = () => 1; exports.run = run;", "'use strict'; const a_1 = require('./index'); (0, a_1.run)();"),
    "tsc, function": ("'use strict'; Object.defineProperty(exports, '__esModule', { value: true }); exports.run = run; const b_1 = require('./b'); function run() { return 1; }", "'use strict'; const a_1 = require('./index'); (0, a_1.run)();"),
}

# One file, as an ES module.
MODULES = {
    "emitter, gone": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); e.on('x', () => import('./gone.js')); e.emit('x');",
    "emitter, name": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); e.on('x', () => __dirname); e.emit('x');",
    "emitter, other event": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); e.on('x', () => __dirname); e.emit('y');",
    "emitter, undeclared": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); e.once('x', () => gone); e.emit('x');",
    "emitter, process": "process.on('x', () => gone); process.emit('x');",
    "emitter, exit": "process.on('exit', () => __dirname);",
    "emitter, removed": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); const f = () => gone; e.on('x', f); e.off('x', f); e.emit('x');",
    "kept, awaited later": "async function init() { await import('./gone.js'); } const ready = init(); await ready;",
    "kept, caught later": "async function init() { await import('./gone.js'); } const ready = init(); try { await ready; } catch {}",
    "kept, in a function": "async function init() { await import('./gone.js'); } const ready = init(); async function main() { await ready; } main();",
    "kept, all": "async function init() { await import('./gone.js'); } const ready = [init()]; await Promise.all(ready);",
    "kept, exported": "async function init() { gone; } export const ready = init();",
    "kept, member": "class A { constructor() { this.ready = this.init(); } async init() { gone; } } await new A().ready;",
    "eval, import": "eval(\"import('./gone.js')\");",
    "eval, name": "eval('gone');",
    "eval, caught": "try { eval('gone'); } catch {}",
    "eval, syntax": "eval('let = ;');",
    "eval, fine": "eval('1 + 1');",
    "new Function, name": "new Function('return gone')();",
    "new Function, not called": "new Function('return gone');",
    "new Function, syntax": "new Function('return (');",
    "new Function, import": "await new Function(\"return import('./gone.js')\")();",
    "new Function, require": "new Function(\"return require('fs')\")();",
    "setTimeout text": "setTimeout('gone', 1);",
    "import with a number": "await import('./a.js', 1);",
    "import with null": "await import('./a.js', null);",
    "import with undefined": "await import('./a.js', undefined);",
    "import with an empty object": "await import('./a.js', {});",
    "import source": "import source x from './x.wasm';",
    "import defer": "import defer * as x from './a.js';",
    "import.source": "await import.source('./x.wasm');",
    "template specifier": "await import(`./gone.js`);",
    "joined specifier": "await import('./go' + 'ne.js');",
    "variable specifier": "const at = './gone.js'; await import(at);",
    "url specifier": "await import(new URL('./gone.js', import.meta.url));",
    "url specifier, href": "await import(new URL('./gone.js', import.meta.url).href);",
    "createRequire, joined": "import { createRequire } from 'node:module'; const r = createRequire(import.meta.url); r('./go' + 'ne');",
    "getBuiltinModule": "process.getBuiltinModule('fs').readFileSync('/etc/hostname');",
    "getBuiltinModule, gone": "process.getBuiltinModule('gone').x;",
    "static import of a builtin's name": "import { gone } from 'node:fs';",
    "class decorators": "@dec class A {}",
    "regexp flags": "/a/vg.test('a');",
    "regexp, twice": "/(?<a>x)|(?<a>y)/.test('x');",
    "using": "{ using x = { [Symbol.dispose]() {} }; }",
    "await using": "{ await using x = null; }",
    "top await in a block": "{ await null; }",
    "hashbang": "#!/usr/bin/env node\nconsole.log(1);",
    "html comment": "<!-- x\n",
    "with": "with ({}) {}",
    "octal": "010;",
    "delete": "const x = 1; delete x;",
    "worker text": "import { Worker } from 'node:worker_threads'; new Worker('gone', { eval: true });",
    "worker gone": "import { Worker } from 'node:worker_threads'; new Worker('./gone.js');",
    "fork gone": "import { fork } from 'node:child_process'; fork('./gone.js').on('exit', (c) => process.exit(c));",
    "read gone": "import { readFileSync } from 'node:fs'; readFileSync(new URL('../gone.json', import.meta.url));",
    "read gone, caught": "import { readFileSync } from 'node:fs'; try { readFileSync(new URL('../gone.json', import.meta.url)); } catch {}",
    "read gone, import.meta.dirname": "import { readFileSync } from 'node:fs'; import { join } from 'node:path'; readFileSync(join(import.meta.dirname, 'gone.json'));",
    "Iterator": "Iterator.from([1]).map((x) => x);",
    "Float16Array": "new Float16Array(1);",
    "navigator": "navigator.userAgent;",
    "File": "new File(['a'], 'b');",
    "CustomEvent": "new CustomEvent('x');",
    "crypto": "crypto.randomUUID();",
    "WebSocket": "typeof WebSocket; WebSocket;",
    "Storage": "localStorage.getItem('x');",
    "Promise.withResolvers": "Promise.withResolvers();",
    "Promise.try": "Promise.try(() => 1);",
    "Array.fromAsync": "await Array.fromAsync([1]);",
    "Object.groupBy": "Object.groupBy([1], (x) => x);",
    "structuredClone": "structuredClone({});",
    "RegExp.escape": "RegExp.escape('a');",
    "Error.isError": "Error.isError(1);",
}

# One file, as CommonJS.
COMMONJS = {
    "var require": "var require = require || ((x) => x); require('fs');",
    "var require, module": "var require = module.require; require('./gone');",
    "let require in a block": "{ let require = (x) => x; require('./gone'); }",
    "eval, require": "eval(\"require('./gone')\");",
    "eval, require of a builtin": "eval(\"require('fs')\");",
    "eval, indirect require": "(0, eval)(\"require('fs')\");",
    "eval, quire": "eval('quire'.replace(/^/, 're'))('./gone');",
    "emitter, require": "const e = new (require('events'))(); e.on('x', () => require('./gone')); e.emit('x');",
    "emitter, not emitted": "const e = new (require('events'))(); e.on('x', () => require('./gone'));",
    "emitter, emitted before": "const e = new (require('events'))(); e.emit('x'); e.on('x', () => require('./gone'));",
    "only import": "require('./only-import');",
    "only import, import()": "import('esm-only').catch((e) => { throw e; });",
    "joined": "require('./go' + 'ne');",
    "variable": "const at = './gone'; require(at);",
    "path.join": "require(require('path').join(__dirname, 'gone'));",
    "path.resolve": "require(require('path').resolve(__dirname, './gone.js'));",
    "template": "require(`./gone`);",
    "template with dirname": "require(`${__dirname}/gone`);",
    "dirname joined": "require(__dirname + '/gone');",
    "array": "['./gone'].forEach((x) => require(x));",
    "array, map require": "['./gone'].map(require);",
    "conditional": "require(process.env.X ? './a.js' : './gone');",
    "or": "require(process.env.X || './gone');",
    "top return": "return; require('./gone');",
    "module.children": "module.exports = module.children;",
    "require.cache": "Object.keys(require.cache);",
    "require.main": "if (require.main === module) require('./gone');",
    "require.main, not": "if (require.main !== module) require('./gone');",
}

PACKAGES = {
    "esm only, required": {"package.json": CJS, "dist/index.js": "require('./lib/x');", "dist/lib/package.json": json.dumps({"type": "module", "main": "x.js"}), "dist/lib/x.js": "export const a = 1;"},
    "esm only, required, awaits": {"package.json": CJS, "dist/index.js": "require('./lib/x');", "dist/lib/package.json": json.dumps({"type": "module"}), "dist/lib/x.js": "await null; export const a = 1;"},
    "esm only, in node_modules of dist": {"package.json": CJS, "dist/index.js": "require('e');", "dist/node_modules/e/package.json": json.dumps({"name": "e", "type": "module", "exports": "./x.js"}), "dist/node_modules/e/x.js": "export const a = 1;"},
    "esm only, import condition": {"package.json": CJS, "dist/index.js": "require('e');", "dist/node_modules/e/package.json": json.dumps({"name": "e", "type": "module", "exports": {"import": "./x.js"}}), "dist/node_modules/e/x.js": "export const a = 1;"},
    "esm only, module-sync": {"package.json": CJS, "dist/index.js": "require('e');", "dist/node_modules/e/package.json": json.dumps({"name": "e", "type": "module", "exports": {"module-sync": "./x.js"}}), "dist/node_modules/e/x.js": "export const a = 1;"},
    "esm only, default of it": {"package.json": CJS, "dist/index.js": "const e = require('e'); if (typeof e !== 'object') throw 1;", "dist/node_modules/e/package.json": json.dumps({"name": "e", "type": "module", "main": "./x.js"}), "dist/node_modules/e/x.js": "export default 1;"},
    "wasm broken": {"package.json": ESM, "dist/index.js": "import './x.wasm';", "dist/x.wasm": "\0asm"},
    "wasm gone": {"package.json": ESM, "dist/index.js": "import './gone.wasm';"},
    "wasm read": {"package.json": ESM, "dist/index.js": "import { readFileSync } from 'node:fs'; new WebAssembly.Module(readFileSync(new URL('./gone.wasm', import.meta.url)));"},
    "json broken": {"package.json": CJS, "dist/index.js": "require('./x.json');", "dist/x.json": "{ a: 1 }"},
    "json with a comma": {"package.json": CJS, "dist/index.js": "require('./x.json');", "dist/x.json": "{ \"a\": 1, }"},
    "json with a mark": {"package.json": CJS, "dist/index.js": "require('./x.json');", "dist/x.json": "\ufeff{}"},
    "json by import, no attribute": {"package.json": ESM, "dist/index.js": "import x from './x.json';", "dist/x.json": "{}"},
    "imports field": {"package.json": json.dumps({"name": "agent", "version": "1.0.0", "type": "module", "imports": {"#x": "./dist/gone.js"}}), "dist/index.js": "import '#x';"},
    "imports field, fallback": {"package.json": json.dumps({"name": "agent", "version": "1.0.0", "type": "module", "imports": {"#x": ["./dist/gone.js", "./dist/a.js"]}}), "dist/index.js": "import '#x';"},
    "self reference": {"package.json": json.dumps({"name": "agent", "version": "1.0.0", "type": "module", "exports": {"./x": "./dist/a.js"}}), "dist/index.js": "import 'agent/x';"},
    "self reference, not exported": {"package.json": json.dumps({"name": "agent", "version": "1.0.0", "type": "module", "exports": {"./x": "./dist/a.js"}}), "dist/index.js": "import 'agent/y';"},
    "self reference in a circle": {"package.json": json.dumps({"name": "agent", "version": "1.0.0", "type": "module", "exports": "./dist/index.js"}), "dist/index.js": "import './b.js'; export const a = 1;", "dist/b.js": "import { a } from 'agent'; export const b = a;"},
    "cjs names of a class": {"package.json": ESM, "dist/index.js": "import { run } from './x.cjs'; run;", "dist/x.cjs": "class A { static run() {} } module.exports = A;"},
    "cjs names by assign": {"package.json": ESM, "dist/index.js": "import { run } from './x.cjs'; run;", "dist/x.cjs": "Object.assign(exports, { run() {} });"},
    "cjs names by a loop": {"package.json": ESM, "dist/index.js": "import { run } from './x.cjs'; run;", "dist/x.cjs": "for (const n of ['run']) exports[n] = 1;"},
    "cjs default used": {"package.json": ESM, "dist/index.js": "import x from './x.cjs'; x.run();", "dist/x.cjs": "exports.run = () => 1;"},
}


def bundles() -> Iterator[Member]:
    beside = {"dist/a.js": "", "dist/x.wasm": "nope", "dist/only-import/package.json": json.dumps({"exports": {"import": "./x.js"}})}
    for name, (entry, other) in CIRCLES.items():
        yield f"strange: circle, {name} (may warn)", {"package.json": CJS, "dist/index.js": entry, "dist/b.js": other}
    for name, code in MODULES.items():
        yield f"strange: module, {name} (may warn)", {"package.json": ESM, **beside, "dist/index.js": code}
    for name, code in COMMONJS.items():
        yield f"strange: commonjs, {name} (may warn)", {"package.json": CJS, **beside, "dist/index.js": code}
    for name, files in PACKAGES.items():
        yield f"strange: package, {name} (may warn)", {**beside, **files}
