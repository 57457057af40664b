"""What surely happens while the agent is loaded though somebody else does it: builtins that call back at once, emitters, methods
that a subclass has of its own, promises that are handed on, files that others make, the folder in which the agent is started.
"""

from __future__ import annotations

from typing import Iterator

Member = tuple[str, dict[str, str]]

# What calls `F` at once, or never.
CALLS_BACK = {
    "replace": "'abc'.replace('b', F);",
    "replace, a pattern": "'abc'.replace(/b/, F);",
    "replace all": "'abc'.replaceAll('b', F);",
    "sort": "[2, 1].sort(F);",
    "sort of a name": "const list = [2, 1]; list.sort(F);",
    "Array.from": "Array.from([1], F);",
    "Array.from, length": "Array.from({ length: 2 }, F);",
    "reduce, a start": "[1].reduce(F, 0);",
    "reduce of two": "[1, 2].reduce(F);",
    "reduceRight": "[1, 2].reduceRight(F);",
    "find": "[1].find(F);",
    "findLast": "[1].findLast(F);",
    "findLastIndex": "[1].findLastIndex(F);",
    "some": "[1].some(F);",
    "keys": "Object.keys({ a: 1 }).forEach(F);",
    "entries": "Object.entries({ a: 1 }).map(F);",
    "a set": "new Set([1]).forEach(F);",
    "a map": "new Map([[1, 2]]).forEach(F);",
    "split": "'a,b'.split(',').map(F);",
    "a chain": "[3, 1].slice().map(F);",
    "apply": "Reflect.apply(F, null, []);",
    "construct": "Reflect.construct(F2, []); function F2() { F(); }",
    "emit": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); e.on('x', F); e.emit('x');",
    "emit, once": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); e.once('x', F); e.emit('x');",
    "emit, process": "process.on('x', F); process.emit('x');",
    "emit, default": "import EventEmitter from 'node:events'; const e = new EventEmitter(); e.addListener('x', F); e.emit('x', 1);",
    "emit, a symbol": "import EventEmitter from 'node:events'; const s = Symbol(); const e = new EventEmitter(); e.on(s, F); e.emit(s);",
    "emit, extended": "import EventEmitter from 'node:events'; class E extends EventEmitter {} const e = new E(); e.on('x', F); e.emit('x');",
    "dispatch": "const t = new EventTarget(); t.addEventListener('x', F); t.dispatchEvent(new Event('x'));",
    "JSON.parse": "JSON.parse('[1]', F);",
    "JSON.stringify": "JSON.stringify([1], F);",
    "toJSON": "JSON.stringify({ toJSON: F });",
    "run of a storage": "import { AsyncLocalStorage } from 'node:async_hooks'; new AsyncLocalStorage().run({}, F);",
    "toString": "`${{ toString: F }}`;",
    "typed array": "new Uint8Array(2).forEach(F);",
    "URLSearchParams": "new URLSearchParams('a=1').forEach(F);",
    "never: emit of another event": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); e.on('x', F); e.emit('y');",
    "never: emit before": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); e.emit('x'); e.on('x', F);",
    "never: taken back": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); e.on('x', F); e.off('x', F); e.emit('x');",
    "never: all taken back": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); e.on('x', F); e.removeAllListeners(); e.emit('x');",
    "never: emit of another": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); const o = new EventEmitter(); e.on('x', F); o.emit('x');",
    "never: emit, caught": "import { EventEmitter } from 'node:events'; const e = new EventEmitter(); e.on('x', F); try { e.emit('x'); } catch {}",
    "never: emit, own": "class E { on() {} emit() {} } const e = new E(); e.on('x', F); e.emit('x');",
    "never: replace in vain": "'abc'.replace('x', F);",
    "never: replace in vain, a pattern": "'abc'.replace(/x/, F);",
    "never: sort of one": "[1].sort(F);",
    "never: sort of none": "[].sort(F);",
    "never: reduce of one": "[1].reduce(F);",
    "never: from nothing": "Array.from([], F);",
    "never: from no length": "Array.from({ length: 0 }, F);",
    "never: from": "Array.from([1]);",
    "never: holes": "[,].forEach(F);",
    "never: keys of none": "Object.keys({}).forEach(F);",
    "never: an empty set": "new Set().forEach(F);",
    "never: own replace": "const s = { replace() {} }; s.replace('x', F);",
    "never: a filter before": "[1].filter(() => false).map(F);",
    "never: emptied": "const list = [1]; list.length = 0; list.forEach(F);",
    "never: popped": "const list = [1]; list.pop(); list.forEach(F);",
    "never: find after found": "[1].find(() => true) ?? F();",
}


# Those of which `check` cannot tell yet that they are surely called: a warning.
UNSURE_CALLS = {
    "Array.from, length", "JSON.parse", "JSON.stringify", "URLSearchParams", "a chain", "a map", "a set", "apply",
    "construct", "dispatch", "emit", "emit, a symbol", "emit, default", "emit, extended", "emit, once", "emit, process",
    "entries", "keys", "replace, a pattern",
    "run of a storage", "split", "toJSON", "toString", "typed array",
}


def callbacks() -> Iterator[Member]:
    for name, code in CALLS_BACK.items():
        mark = " (may warn)" if name in UNSURE_CALLS else ""
        yield f"certain: called back, {name}{mark}", {"dist/index.js": f"{code}\nfunction F() {{ __dirname; }}\n"}


HEAD = "import fs from 'node:fs'; import path from 'node:path'; import { fileURLToPath } from 'node:url'; const here = path.dirname(fileURLToPath(import.meta.url)); const P = path.join(here, 'EXT');\n"
FILES = {
    "read": "fs.readFileSync(P);",
    "rm": "fs.rmSync(P);",
    "rm, promised": "await fs.promises.rm(P);",
    "unlink, promised": "await fs.promises.unlink(P);",
    "rename": "fs.renameSync(P, P + '2');",
    "truncate": "fs.truncateSync(P);",
    "copy": "fs.copyFileSync(P, P + '2');",
    "cp": "fs.cpSync(P, P + '2');",
    "access, promised": "await fs.promises.access(P);",
    "stat, promised": "await fs.promises.stat(P);",
    "chown": "fs.chownSync(P, 0, 0);",
    "utimes": "fs.utimesSync(P, 1, 1);",
    "readlink": "fs.readlinkSync(P);",
    "relative": "fs.readFileSync('dist/EXT');",
    "relative, changed": "process.chdir(here); fs.readFileSync('EXT');",
    "relative, up": "process.chdir(path.join(here, '..')); fs.readFileSync('./dist/EXT');",
    "chdir of what is not there": "process.chdir(path.join(here, 'gone'));",
    "loadEnvFile": "process.loadEnvFile?.(P);",
    "logged": "console.log(P); fs.readFileSync(P);",
    "never: rm by force": "fs.rmSync(P, { force: true });",
    "never: rm, caught": "try { fs.rmSync(P); } catch {}",
    "never: spread": "({ ...fs }).writeFileSync(P, 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: spread, kept": "const f = { ...fs }; f.writeFileSync(P, 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: assigned": "const f = Object.assign({}, fs); f.writeFileSync(P, 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: in an object": "const f = { w: fs.writeFileSync }; f.w(P, 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: by a computed name": "fs['write' + 'FileSync'](P, 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: by a name": "const n = 'writeFileSync'; fs[n](P, 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: by apply": "fs.writeFileSync.apply(fs, [P, 'x']); fs.readFileSync(P); fs.rmSync(P);",
    "never: by call": "fs.writeFileSync.call(fs, P, 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: bound": "const w = fs.writeFileSync.bind(fs); w(P, 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: bound to a path": "const w = fs.writeFileSync.bind(fs, P); w('x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: reflected": "Reflect.apply(fs.writeFileSync, fs, [P, 'x']); fs.readFileSync(P); fs.rmSync(P);",
    "never: spread arguments": "const a = [P, 'x']; fs.writeFileSync(...a); fs.readFileSync(P); fs.rmSync(P);",
    "never: each": "[P].forEach((p) => fs.writeFileSync(p, 'x')); fs.readFileSync(P); fs.rmSync(P);",
    "never: a loop": "for (const p of [P]) fs.writeFileSync(p, 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: a helper": "function ensure(p) { fs.writeFileSync(p, 'x'); } ensure(P); fs.readFileSync(P); fs.rmSync(P);",
    "never: a helper of another file": "import { ensure } from './ensure.js'; ensure(P); fs.readFileSync(P); fs.rmSync(P);",
    "never: a member": "const o = { p: P }; fs.writeFileSync(o.p, 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: by its descriptor": "const fd = fs.openSync(P, fs.constants.O_CREAT | fs.constants.O_RDWR); fs.closeSync(fd); fs.readFileSync(P); fs.rmSync(P);",
    "never: a stream of a class": "new fs.WriteStream(P).end('x').on('close', () => { fs.readFileSync(P); fs.rmSync(P); });",
    "never: a child": "import { execFileSync } from 'node:child_process'; execFileSync('touch', [P]); fs.readFileSync(P); fs.rmSync(P);",
    "never: the folder is written": "const n = 'EXT'; fs.writeFileSync(path.join(here, n), 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: the url is written": "fs.writeFileSync(new URL('./EXT', import.meta.url), 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: changed and written": "process.chdir(here); fs.writeFileSync('EXT', 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: changed before the function is called": "function load() { return fs.readFileSync('imports.txt'); } process.chdir(path.join(here, 'there')); load();",
    "never: changed by a function further down": "change(); fs.readFileSync('imports.txt'); function change() { process.chdir(path.join(here, 'there')); }",
    "never: changed by another file": "import './change.js'; fs.readFileSync('imports.txt');",
    "relative, of the working directory": "fs.readFileSync(path.join(process.cwd(), 'dist', 'EXT'));",
    "relative, joined": "fs.readFileSync(path.join('dist', 'EXT'));",
    "relative, a sum": "fs.readFileSync('./dist/' + 'EXT');",
    "relative, in a function": "function load() { return fs.readFileSync('dist/EXT'); } load();",
    "never: relative, looked for": "if (fs.existsSync('dist/EXT')) fs.readFileSync('dist/EXT');",
    "never: relative, written": "fs.writeFileSync('./dist/EXT', 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: relative, caught": "try { fs.readFileSync('dist/EXT'); } catch {}",
    "never: relative, there": "fs.readFileSync('package.json'); fs.readFileSync('./dist/../dist/index.js');",
    "never: wrapped read": "const read = (p) => { try { return fs.readFileSync(p); } catch { return ''; } }; read(P);",
    "never: process on error": "process.on('uncaughtException', () => {}); fs.readFileSync(P);",
}


def files() -> Iterator[Member]:
    ensure = "import fs from 'node:fs'; export function ensure(p) { fs.writeFileSync(p, 'x'); }\n"
    change = "import path from 'node:path'; import { fileURLToPath } from 'node:url'; process.chdir(path.join(path.dirname(fileURLToPath(import.meta.url)), 'there'));\n"
    for name, code in FILES.items():
        for ext in ("a.txt", "views.html", "x.json"):
            # What is copied or renamed may be made by whoever has its folder.
            mark = " (may warn)" if name in ("copy", "cp", "rename") else ""
            yield f"certain: a file, {name}, {ext}{mark}", {"dist/index.js": (HEAD + code + "\n").replace("EXT", ext), "dist/ensure.js": ensure, "dist/there/imports.txt": "x", "dist/change.js": change}


# Classes over one file and over two; `%s` is what fails.
CLASSES = {
    "inherited": ("class B { constructor() { this.run(); } run() { %s } }", "class A extends B {} new A();"),
    "own": ("class B { constructor() { this.run(); } run() {} }", "class A extends B { run() { %s } } new A();"),
    "through super": ("class B { run() { %s } }", "class A extends B { run() { super.run(); } } new A().run();"),
    "template method": ("class B { start() { this.run(); } run() {} }", "class A extends B { run() { %s } } new A().start();"),
    "template method, kept": ("class B { start() { this.run(); } run() {} }", "class A extends B { run() { %s } } const a = new A(); a.start();"),
    "base itself": ("class B { constructor() { this.run(); } run() { %s } }", "class A extends B { run() {} } new B();"),
    "of a third": ("class B { constructor() { this.run(); } run() {} }", "class A extends B {} class C extends A { run() { %s } } new C();"),
    "an arrow in the method": ("class B { constructor() { [1].forEach(() => this.run()); } run() {} }", "class A extends B { run() { %s } } new A();"),
    "static": ("class B { static start() { this.run(); } static run() {} }", "class A extends B { static run() { %s } } A.start();"),
    "getter": ("class B { constructor() { this.x; } get x() { return 1; } }", "class A extends B { get x() { %s } } new A();"),
    "never: overridden": ("class B { constructor() { this.run(); } run() { %s } }", "class A extends B { run() {} } new A();"),
    "never: overridden, in between": ("class B { constructor() { this.run(); } run() { %s } }", "class C extends B { run() {} } class A extends C {} new A();"),
    "never: overridden, template method": ("class B { start() { this.run(); } run() { %s } }", "class A extends B { run() {} } new A().start();"),
    "never: overridden, expression": ("class B { constructor() { this.run(); } run() { %s } }", "const A = class extends B { run() {} }; new A();"),
    "never: overridden, an arrow": ("class B { constructor() { [1].forEach(() => this.run()); } run() { %s } }", "class A extends B { run() {} } new A();"),
    "never: overridden, static": ("class B { static start() { this.run(); } static run() { %s } }", "class A extends B { static run() {} } A.start();"),
    "never: overridden, getter": ("class B { constructor() { this.x; } get x() { %s } }", "class A extends B { get x() { return 1; } } new A();"),
    "never: mixed in": ("class B { constructor() { this.run(); } run() { %s } }", "const M = (C) => class extends C { run() {} }; class A extends M(B) {} new A();"),
    "never: on the prototype": ("class B { constructor() { this.run(); } run() { %s } }", "B.prototype.run = () => {}; new B();"),
    "never: assigned to all": ("class B { constructor() { this.run(); } run() { %s } }", "Object.assign(B.prototype, { run() {} }); new B();"),
    "never: defined": ("class B { constructor() { this.run(); } run() { %s } }", "Object.defineProperty(B.prototype, 'run', { value() {} }); new B();"),
    "never: given": ("class B { constructor(o) { Object.assign(this, o); this.run(); } run() { %s } }", "new B({ run() {} });"),
    "never: new.target": ("class B { constructor() { if (new.target !== B) return; this.run(); } run() { %s } }", "class A extends B {} new A();"),
}


def classes() -> Iterator[Member]:
    for name, (lib, main) in CLASSES.items():
        one, two = lib.replace("%s", "__dirname;"), main.replace("%s", "__dirname;")
        yield f"certain: a class, {name}", {"dist/index.js": f"{one}\n{two}\n"}
        yield f"certain: a class of another file, {name}", {"dist/index.js": f"import {{ B }} from './lib.js';\n{two}\n", "dist/lib.js": f"export {one}\n"}
        three = lib.replace("%s", "require('./gone');"), main.replace("%s", "require('./gone');")
        yield f"certain: a class of CommonJS, {name}", {"dist/index.js": "import './main.cjs';\n", "dist/main.cjs": f"const {{ B }} = require('./lib.cjs');\n{three[1]}\n", "dist/lib.cjs": f"exports.B = {three[0]}\n"}


PROMISES = {
    "an array": "const all = [import('./gone.js')]; await Promise.all(all);",
    "pushed": "const all = []; all.push(import('./gone.js')); await Promise.all(all);",
    "mapped": "await Promise.all(['./gone.js'].map((f) => import('./gone.js')));",
    "mapped, none waits": "['./gone.js'].map((f) => import('./gone.js'));",
    "given": "async function load(p) { return await p; } await load(import('./gone.js'));",
    "given, not awaited": "function load(p) { return p; } load(import('./gone.js'));",
    "returned": "function load() { return import('./gone.js'); } await load();",
    "returned, kept": "function load() { return import('./gone.js'); } const p = load(); await p;",
    "kept twice": "const p = import('./gone.js'); const q = p; await q;",
    "kept in an object": "const o = { p: import('./gone.js') }; await o.p;",
    "kept in a class": "class A { p = import('./gone.js'); } await new A().p;",
    "kept, later": "const p = import('./gone.js'); setTimeout(() => p, 10);",
    "let": "let p; p = import('./gone.js'); await p;",
    "let, a condition": "let p = import('./gone.js'); if (p) await p;",
    "exported": "export const p = import('./gone.js');",
    "exported, awaited": "export const p = import('./gone.js'); await p;",
    "then": "import('./gone.js').then((m) => m);",
    "then of a name": "const p = import('./gone.js'); p.then((m) => m);",
    "then, two": "const p = import('./gone.js'); p.then((m) => m); p.catch(() => {});",
    "race": "await Promise.race([import('./gone.js'), new Promise(() => {})]);",
    "resolve": "await Promise.resolve(import('./gone.js'));",
    "resolve, not awaited": "Promise.resolve().then(() => import('./gone.js'));",
    "in a new promise": "await new Promise((resolve) => resolve(import('./gone.js')));",
    "settled": "const [r] = await Promise.allSettled([import('./gone.js')]); if (r.status === 'rejected') throw r.reason;",
    "for await": "for await (const m of [import('./gone.js')]) m;",
    "yield": "function* g() { yield import('./gone.js'); } await g().next().value;",
    "async arrow": "const f = async () => import('./gone.js'); await f();",
    "log": "console.log(import('./gone.js'));",
    "finally": "import('./gone.js').finally(() => {});",
    "finally of a name": "const p = import('./gone.js'); p.finally(() => {});",
    "spread": "const all = [import('./gone.js')]; await Promise.all([...all]);",
    "never: array, caught": "const all = [import('./gone.js')]; await Promise.all(all).catch(() => {});",
    "never: array, settled": "const all = [import('./gone.js')]; await Promise.allSettled(all);",
    "never: name, caught": "const p = import('./gone.js'); p.catch(() => {});",
    "never: given, caught": "function load(p) { p.catch(() => {}); } load(import('./gone.js'));",
    "never: object, caught": "const o = { p: import('./gone.js') }; o.p.catch(() => {});",
    "never: twice, caught": "const p = import('./gone.js'); const q = p; q.catch(() => {});",
    "never: then two": "import('./gone.js').then(() => {}, () => {});",
    "never: let, caught": "let p; p = import('./gone.js'); p.catch(() => {});",
    "never: exported, caught": "export const p = import('./gone.js'); p.catch(() => {});",
    "never: class, caught": "class A { p = import('./gone.js'); constructor() { this.p.catch(() => {}); } } new A();",
    "never: mapped, caught": "await Promise.all([1].map(() => import('./gone.js').catch(() => {})));",
    "never: mapped, all caught": "await Promise.all([1].map(() => import('./gone.js'))).catch(() => {});",
    "never: returned, caught": "function load() { return import('./gone.js'); } load().catch(() => {});",
    "never: returned, tried": "async function load() { return import('./gone.js'); } try { await load(); } catch {}",
    "never: resolved, caught": "Promise.resolve(import('./gone.js')).catch(() => {});",
    "never: await caught of a name": "const p = import('./gone.js'); try { await p; } catch {}",
}


# Those of which it cannot tell that nobody looks after them: a warning.
UNSURE_PROMISES = {
    "an array", "exported", "exported, awaited", "for await", "given", "given, not awaited", "in a new promise",
    "kept in a class", "kept in an object", "kept twice", "kept, later", "let, a condition", "log", "mapped",
    "mapped, none waits", "pushed", "race", "resolve", "settled", "spread", "then, two", "yield",
}


def promises() -> Iterator[Member]:
    for name, code in PROMISES.items():
        mark = " (may warn)" if name in UNSURE_PROMISES else ""
        yield f"certain: a promise, {name}{mark}", {"dist/index.js": code + "\n"}


SLOPPY = {
    "let": "let = 1;", "let, declared": "var let = 1; let + 1;", "let, called": "function let() {} let();", "let, a member": "var let = {}; let.a = 1;",
    "let, an element": "var let = [1]; (let)[0];", "let[": "var let = [1]; let[0] = 1;", "let, alone": "var let; let;", "let, a new line": "var let; if (1) let\n{}", "let, in for": "for (var let in {}) ;",
    "let, of": "for (let of of [1]) ;", "let as a label": "let: 1;", "let, a comma": "var let; let, 1;", "let, compared": "var let = 1; let < 2;", "let, template": "var let = String.raw; let`x`;",
    "let instanceof": "var let = {}; let instanceof Object;", "let in": "var let = 'a'; let in {};", "let, question": "var let; let ? 1 : 2;", "let++": "var let = 1; let++;", "let, optional": "var let; let?.a;",
    "let, arrow": "let => 1;", "let, while": "var let = 0; while (0) let\nx = 1; var x;", "let, for": "var let = 0; for (let = 1; let < 2; let++) ;", "let, for in": "var let; for (let in {}) ;", "let, for of": "var let; for (let of []) ;",
    "let, do": "var let; do let\nwhile (0)", "let, yield": "let yield = 1;", "let await": "let await = 1;", "let async": "let async = 1;", "let static": "let static = 1;", "let let": "let let = 1;", "const let": "const let = 1;",
    "let with a line": "let\nx = 1;", "let strict": "'use strict'; let = 1;", "let in a strict function": "function f() { 'use strict'; let = 1; }", "yield": "yield = 1; var yield;", "static": "var static = 1; static;", "await": "var await = 1; await;",
    "async": "var async = 1; async;", "of": "var of = 1; of;", "get": "var get = 1; get;", "interface": "var interface = 1; interface;", "package": "var package = 1; package;", "implements": "var implements; implements;",
    "eval": "eval = eval; arguments;", "octal": "010; '\\01';", "with": "with ({}) {}", "delete": "var x; delete x;", "html comment": "1; <!-- x\n", "html comment end": "\n--> x\n", "function in if": "if (1) function f() {}", "label function": "a: function f() {}",
    "duplicate parameters": "function f(a, a) {}", "undefined": "undefined = 1;", "type": "type = 1; var type;", "type alias": "var type, x; type\nx = 1;", "declare": "var declare; declare\nvar x;", "namespace": "var namespace, a; namespace\na\n{}", "module": "module\n{}", "abstract": "var abstract; abstract\nclass A {}",
    "enum": "var enum;", "accessor": "var accessor; accessor;", "using": "var using; using;", "using, a line": "var using, x; using\nx = 1;", "defer": "var defer; defer;", "satisfies": "var satisfies; satisfies;", "as": "var as; as;",
}


def sloppy() -> Iterator[Member]:
    for name, code in SLOPPY.items():
        yield f"certain: sloppy, {name}", {"dist/index.js": "import './s.cjs';\n", "dist/s.cjs": code + "\n"}


COMMONJS = {
    "main module": ("process.mainModule.require('./gone');", True),
    "main module, kept": ("const m = process.mainModule; m.require('./gone');", True),
    "main module, of the import": ("const process = require('process'); process.mainModule.require('./gone');", True),
    "main module, destructured": ("const { mainModule } = process; mainModule.require('./gone');", True),
    "require.main": ("require.main.require('./gone');", True),
    "main": ("if (require.main === module) { require('./gone'); }", True),
    "main, a function": ("function main() { require('./gone'); } if (require.main === module) main();", True),
    "main, the other way": ("if (module === require.main) { require('./gone'); }", True),
    "main, and": ("require.main === module && require('./gone');", True),
    "never: main, left": ("if (require.main === module) { return; } require('./gone');", True),
    "never: main, exits": ("if (require.main === module) { process.exit(0); } require('./gone');", True),
    "never: main, caught": ("try { if (require.main === module) require('./gone'); } catch {}", True),
    "main, by its address": ("if (__filename === process.argv[1]) require('./gone');", True),
    "main, no parent": ("if (!module.parent) require('./gone');", True),
    "never: main, not": ("if (require.main !== module) require('./gone');", True),
    "main, else": ("if (require.main !== module) {} else require('./gone');", True),
    "never: main, of an import": ("if (require.main === module) { require('./gone'); }", False),
    "never: main module of a module": ("process.mainModule?.require('./gone');", False),
    "main module of a module": ("process.mainModule.require('./gone');", False),
    "never: main, no parent of an import": ("if (!module.parent) {} else require('./gone');", True),
    "never: main, own": ("const require_ = { main: 1 }; if (require_.main === module) require('./gone');", True),
    "module.children": ("module.children.length; module.require('./gone');", True),
    "module.constructor": ("module.constructor._load('./gone', module);", True),
    "createRequire of the file": ("module.constructor.createRequire(__filename)('./gone');", True),
}


def commonjs() -> Iterator[Member]:
    import json

    package = json.dumps({"name": "server-flow-agent", "version": "0.1.27", "type": "commonjs", "dependencies": {}})
    for name, (code, is_entry) in COMMONJS.items():
        files = {"package.json": package, "dist/index.js": code + "\n"} if is_entry else {"dist/index.js": "import './m.cjs';\n", "dist/m.cjs": code + "\n"}
        mark = " (may warn)" if name == "main, no parent" else ""
        yield f"certain: CommonJS, {name}{mark}", files


def bundles() -> Iterator[Member]:
    yield from callbacks()
    yield from files()
    yield from classes()
    yield from promises()
    yield from sloppy()
    yield from commonjs()
