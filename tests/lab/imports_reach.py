"""What runs while the agent is loaded: forms of functions × forms of calls × what fails inside, in ES modules and in CommonJS,
over one file and over two; promises by who looks after them; what ends or saves the process before.

Every body fails for certain, so Node says which of them it reaches. Where `check` cannot tell, a warning must do: the names end
with `(may warn)` there.
"""

from __future__ import annotations

from typing import Iterator

Member = tuple[str, dict[str, str]]

# What fails when it is reached.
INSIDE = {
    "esm": {
        "a name": "__dirname;",
        "require": "require('node:fs');",
    },
    "cjs": {
        "require": "require('./gone');",
        "resolve": "require.resolve('left-pad');",
        "module.require": "module.require('./gone.cjs');",
    },
}

# Forms of a function that does `%s`, and how it is called. `F` is its name.
SYNC = {
    "declaration": ("function F() { %s }", "F();"),
    "called above": ("F(); function F() { %s }", ""),
    "expression": ("const F = function () { %s };", "F();"),
    "arrow": ("const F = () => { %s };", "F();"),
    "let": ("let F = () => { %s };", "F();"),
    "given arguments": ("function F(a, b) { %s }", "F(1, 2);"),
    "method": ("const F = { start() { %s } };", "F.start();"),
    "arrow in an object": ("const F = { start: () => { %s } };", "F.start();"),
    "named in an object": ("function g() { %s } const F = { g };", "F.g();"),
    "in a nested object": ("const F = { a: { b() { %s } } };", "F.a.b();"),
    "destructured": ("const { F } = { F() { %s } };", "F();"),
    "constructor": ("class F { constructor() { %s } }", "new F();"),
    "constructor, exported object": ("class F { constructor() { %s } }", "const t = new F();"),
    "field": ("class F { a = (() => { %s })(); }", "new F();"),
    "method of a class": ("class F { run() { %s } }", "new F().run();"),
    "method of an object kept": ("class F { run() { %s } }", "const f = new F(); f.run();"),
    "static method": ("class F { static run() { %s } }", "F.run();"),
    "static block": ("class F { static { %s } }", ""),
    "static field": ("class F { static a = (() => { %s })(); }", ""),
    "private method": ("class F { #run() { %s } constructor() { this.#run(); } }", "new F();"),
    "this": ("class F { run() { %s } constructor() { this.run(); } }", "new F();"),
    "inherited constructor": ("class B { constructor() { %s } } class F extends B {}", "new F();"),
    "super": ("class B { constructor() { %s } } class F extends B { constructor() { super(); } }", "new F();"),
    "inherited method": ("class B { run() { %s } } class F extends B {}", "new F().run();"),
    "getter": ("const F = { get a() { %s } };", "F.a;"),
    "getter of a class": ("class F { get a() { %s } }", "new F().a;"),
    "immediately": ("(function () { %s })();", ""),
    "immediately, arrow": ("(() => { %s })();", ""),
    "immediately, call": ("(function () { %s }).call(this);", ""),
    "immediately, not": ("!function () { %s }();", ""),
    "immediately, void": ("void function () { %s }();", ""),
    "through another": ("function a() { %s } function F() { a(); }", "F();"),
    "through three": ("function a() { %s } function b() { a(); } const c = () => b(); function F() { c(); }", "F();"),
    "returned and called": ("function F() { return () => { %s }; }", "F()();"),
    "factory": ("function F() { return { start() { %s } }; }", "F().start();"),
    "factory of a class": ("class C { run() { %s } } const F = () => new C();", "F().run();"),
    "bound": ("function a() { %s } const F = a.bind(null);", "F();"),
    "apply": ("function F() { %s }", "F.apply(null, []);"),
    "call": ("function F() { %s }", "F.call(null);"),
    "tag": ("function F() { %s }", "F`x`;"),
    "default value": ("function F(a = (() => { %s })()) { return a; }", "F();"),
    "forEach": ("", "[1].forEach(() => { %s });"),
    "map": ("", "[1].map(() => { %s });"),
    "forEach of a name": ("function F() { %s } const list = [1, 2];", "list.forEach(F);"),
    "for of": ("", "for (const a of [1]) { %s }"),
    "for ever": ("", "for (;;) { %s break; }"),
    "while true": ("", "while (true) { %s break; }"),
    "do": ("", "do { %s } while (false);"),
    "if true": ("", "if (true) { %s }"),
    "else of false": ("", "if (false) {} else { %s }"),
    "block": ("", "{ %s }"),
    "label": ("", "a: { %s }"),
    "finally": ("", "try { %s } finally {}"),
    "caught and thrown": ("", "try { %s } catch (e) { throw e; }"),
    "caught and ended": ("", "try { %s } catch (e) { console.error(e); process.exit(1); }"),
    "generator": ("function* F() { %s }", "[...F()];"),
    "generator, next": ("function* F() { %s }", "F().next();"),
    "generator, for": ("function* F() { %s yield 1; }", "for (const a of F()) {}"),
    "executor": ("", "new Promise(() => { %s });"),
    "setTimeout": ("", "setTimeout(() => { %s }, 0);"),
    "setTimeout of a name": ("function F() { %s }", "setTimeout(F, 1);"),
    "setImmediate": ("", "setImmediate(() => { %s });"),
    "queueMicrotask": ("", "queueMicrotask(() => { %s });"),
    "nextTick": ("", "process.nextTick(() => { %s });"),
    "then": ("", "Promise.resolve().then(() => { %s });"),
    "then of an import": ("", "import('node:fs').then(() => { %s });"),
    "async": ("async function F() { %s }", "F();"),
    "async arrow": ("const F = async () => { %s };", "F();"),
    "async method": ("const F = { async start() { %s } };", "F.start();"),
    "async, void": ("async function F() { %s }", "void F();"),
    "async, kept": ("async function F() { %s }", "const p = F();"),
    "async, then": ("async function F() { %s }", "F().then(() => {});"),
    "async, in try": ("async function F() { %s }", "try { F(); } catch {}"),
    "async, caught and ended": ("async function F() { %s }", "F().catch((e) => { console.error(e); process.exit(1); });"),
    "async, caught by a name that ends": (
        "function end(e) { console.error(e); process.exit(1); } async function F() { %s }",
        "F().catch(end);",
    ),
    "async through async": ("async function a() { %s } async function F() { await a(); }", "F();"),
    "handler that ends": ("process.on('uncaughtException', (e) => { console.error(e); process.exit(1); });", "%s"),
    "handler that ends by a function": (
        "function end(code) { process.exit(1); } process.on('uncaughtException', (e) => { console.error(e); end(1); });",
        "%s",
    ),
    "condition that throws": ("", "if (!process.pid) throw new Error('no'); %s"),
    "condition that ends badly": ("", "if (!process.pid) process.exit(1); %s"),
    "behind a try": ("", "try { JSON.parse('{'); } catch {} %s"),
    "async returned": ("async function a() { %s } function F() { return a(); }", "F();"),
    "async of a class": ("class F { async run() { %s } }", "new F().run();"),
}

# The same, where Node reaches nothing, or it is caught.
NEVER = {
    "not called": ("function F() { %s }", ""),
    "not called, class": ("class F { constructor() { %s } }", ""),
    "not called, method": ("class F { run() { %s } }", "new F();"),
    "caught": ("", "try { %s } catch {}"),
    "caught further out": ("function F() { %s }", "try { F(); } catch {}"),
    "if false": ("", "if (false) { %s }"),
    "after a return": ("function F() { return; %s }", "F();"),
    "after a return, perhaps": ("function F(a) { if (!a) return; %s }", "F();"),
    "after exit": ("", "process.exit(0); %s"),
    "after exit, perhaps": ("", "if (process.argv.length) process.exit(0); %s"),
    "after exit in a function": ("function F() { process.exit(0); }", "F(); %s"),
    "after exit further in": ("function a() { process.exit(); } function F() { a(); }", "F(); %s"),
    "after exit in a function, perhaps": ("function F() { process.exit(0); }", "if (process.argv.length) F(); %s"),
    "after break": ("", "for (;;) { break; %s }"),
    "after break of a label": ("", "a: { break a; %s }"),
    "in an empty loop": ("", "for (const a of []) { %s }"),
    "generator": ("function* F() { %s }", "F();"),
    "shadowed": ("", "(function (require, module, __dirname) { %s })(Object.assign(() => 1, { resolve() {} }), { require() {} }, 1);"),
    "parameter": ("const F = (require, __dirname, module) => { %s };", "F(Object.assign(() => 1, { resolve() {} }), 1, { require() {} });"),
    "async, caught": ("async function F() { %s }", "F().catch(() => {});"),
    "async, then with two": ("async function F() { %s }", "F().then(() => {}, () => {});"),
    "forEach of nothing": ("", "[].forEach(() => { %s });"),
    "default value that is given": ("function F(a = (() => { %s })()) { return a; }", "F(1);"),
    "listener": ("", "process.once('SIGUSR2', () => { %s });"),
    "cleared": ("", "clearTimeout(setTimeout(() => { %s }, 0));"),
    "exit before the timer": ("", "setTimeout(() => { %s }, 5); process.exit(0);"),
    "handler of exceptions": ("", "process.on('uncaughtException', () => {}); %s"),
    "handler in a function": ("function F() { process.on('uncaughtException', (e) => console.log(e)); }", "F(); %s"),
    "async, handler of rejections": ("async function F() { %s }", "process.on('unhandledRejection', () => {}); F();"),
    "overridden": ("class B { run() { %s } } class F extends B { run() {} }", "new F().run();"),
    "reassigned": ("let F = () => { %s }; F = () => {};", "F();"),
    "another method on the object": ("const F = { start() { %s } }; F.start = () => {};", "F.start();"),
    "another method in the constructor": ("class F { constructor() { this.run = () => {}; } run() { %s } }", "new F().run();"),
    "exit by a name": ("const { exit } = process;", "exit(0); %s"),
    "exit imported": ("const { exit } = globalThis.process;", "exit(); %s"),
    "handler that notes": ("function note(e) { console.log(e.message); } process.on('uncaughtException', (e) => note(e));", "%s"),
    "timer that is taken back": ("const t = setTimeout(() => { %s }, 10);", "clearTimeout(t);"),
    "timer that nobody waits for": ("", "setTimeout(() => { %s }, 10).unref();"),
    "settled later by nobody": ("", "new Promise(() => {}).then(() => { %s });"),
}

# Where Node gets there, and no reading of the code alone tells.
UNTOLD = {
    "condition": ("", "if (process.platform === 'linux') { %s }"),
    "and": ("", "process.pid && (() => { %s })();"),
    "choice": ("", "process.pid ? (() => { %s })() : 0;"),
    "callback of another": ("function F(f) { f(); }", "F(() => { %s });"),
    "replace": ("", "'a'.replace(/a/, () => { %s });"),
    "Array.from": ("", "Array.from([1], () => { %s });"),
    "sort": ("", "[2, 1].sort(() => { %s });"),
    "a map of functions": ("const F = new Map([['a', () => { %s }]]);", "F.get('a')();"),
    "by a computed name": ("const F = { a() { %s } };", "F[process.pid ? 'a' : 'b']();"),
    "Reflect": ("function F() { %s }", "Reflect.apply(F, null, []);"),
    "listener that is told": ("import('node:events').then(({ EventEmitter }) => { const e = new EventEmitter(); e.on('a', () => { %s }); e.emit('a'); });", ""),
    "switch": ("", "switch (1) { case 1: %s }"),
    "proxy": ("const F = new Proxy({}, { get() { %s } });", "F.a;"),
    "toString": ("const F = { toString() { %s } };", "`${F}`;"),
    "setter": ("const F = { set a(b) { %s } };", "F.a = 1;"),
    "destructured getter": ("const F = { get a() { %s } };", "const { a } = F;"),
}


def functions() -> Iterator[Member]:
    for kind, inside in INSIDE.items():
        for what, failing in inside.items():
            for suffix, forms in (("", {**SYNC, **{f"never: {name}": form for name, form in NEVER.items()}}), (" (may warn)", UNTOLD)):
                for name, (function, call) in forms.items():
                    code = (function + "\n" + call).replace("%s", failing) + "\n"
                    yield f"reach: {kind}, {what}, {name}{suffix}", as_entry(kind, code)


def as_entry(kind: str, code: str) -> dict[str, str]:
    if kind == "esm":
        return {"dist/index.js": code}
    return {"dist/index.js": "import './main.cjs';\n", "dist/main.cjs": code}


# `import()` of what is not there: what is done with its promise.
PROMISES = {
    "alone": "import('./gone.js');",
    "void": "void import('./gone.js');",
    "awaited": "await import('./gone.js');",
    "kept": "const p = import('./gone.js');",
    "kept and awaited": "const p = import('./gone.js'); await p;",
    "kept and followed": "const p = import('./gone.js'); p.then(() => {});",
    "kept and dropped": "const p = import('./gone.js'); void p;",
    "assigned": "let p; p = import('./gone.js');",
    "then": "import('./gone.js').then(() => {});",
    "finally": "import('./gone.js').finally(() => {});",
    "in try without await": "try { import('./gone.js'); } catch {}",
    "caught and thrown": "import('./gone.js').catch((e) => { throw e; });",
    "caught and ended": "await import('./gone.js').catch((e) => { console.error(e); process.exit(1); });",
    "caught and ended by a name": "const end = (e) => { console.error(e); process.exit(2); }; import('./gone.js').catch(end);",
    "async main": "async function main() { await import('./gone.js'); } main();",
    "async main awaited": "const main = async () => { await import('./gone.js'); }; await main();",
    "async main returned": "async function main() { return import('./gone.js'); } main();",
    "async main, not awaited": "async function main() { import('./gone.js'); } main().catch(() => {});",
    "arrow": "const load = () => import('./gone.js'); await load();",
    "arrow dropped": "const load = () => import('./gone.js'); load();",
    "all": "await Promise.all([import('node:fs'), import('./gone.js')]);",
    "all dropped": "Promise.all([import('node:fs'), import('./gone.js')]);",
    "all kept": "const all = Promise.all([import('./gone.js')]); await all;",
    "race": "await Promise.race([import('./gone.js'), import('node:fs')]);",
    "any of one": "await Promise.any([import('./gone.js')]);",
    "choice (may warn)": "await (process.pid ? import('./gone.js') : 0);",
    "for await (may warn)": "for await (const a of [import('./gone.js')]) {}",
    "array (may warn)": "const list = [import('./gone.js')];",
    "argument (may warn)": "console.log(import('./gone.js'));",
    "exported (may warn)": "export const p = import('./gone.js');",
    "condition (may warn)": "if (process.pid) await import('./gone.js');",
    "map (may warn)": "await Promise.all(['./gone.js'].map((name) => import('./gone.js')));",
    "timer": "setTimeout(() => import('./gone.js'), 5);",
    "microtask": "queueMicrotask(async () => { await import('./gone.js'); });",
    "executor": "new Promise(async () => { await import('./gone.js'); });",
    "then of then": "import('node:fs').then(() => import('./gone.js'));",
    "then of then, awaited": "await import('node:fs').then(() => import('./gone.js'));",
    "sequence": "import('node:fs'), import('./gone.js');",
    "dropped in try": "function F() { import('./gone.js'); } try { F(); } catch {}",
    "behind what throws, in try": "try { JSON.parse('{'); import('./gone.js'); } catch {}",
    "behind what throws, in a function": "function F() { JSON.parse('{'); import('./gone.js'); } try { F(); } catch {}",
    "behind what throws, async": "async function F() { JSON.parse('{'); import('./gone.js'); } F().catch(() => {});",
    "behind what is thrown, in try": "try { if (process.pid) throw new Error('x'); import('./gone.js'); } catch {}",
    "caught": "import('./gone.js').catch(() => {});",
    "caught by a name": "const note = (e) => console.error(e); import('./gone.js').catch(note);",
    "then with two": "import('./gone.js').then(() => {}, () => {});",
    "awaited in try": "try { await import('./gone.js'); } catch {}",
    "kept and caught": "const p = import('./gone.js'); p.catch(() => {});",
    "kept and caught later": "const p = import('./gone.js'); await import('node:fs'); p.catch(() => {});",
    "kept and awaited in try": "const p = import('./gone.js'); try { await p; } catch {}",
    "kept in a function and caught": "function load() { return import('./gone.js'); } load().catch(() => {});",
    "any": "await Promise.any([import('./gone.js'), import('node:fs')]);",
    "allSettled": "await Promise.allSettled([import('./gone.js')]);",
    "race with a value": "await Promise.race([Promise.resolve(1), import('./gone.js').catch(() => {})]);",
    "all caught": "await Promise.all([import('./gone.js')]).catch(() => {});",
    "async main caught": "async function main() { await import('./gone.js'); } main().catch(console.error);",
    "after exit": "process.exit(0); await import('./gone.js');",
    "after exit in a file": "import './exit.js'; await import('./gone.js');",
    "with a handler": "process.on('unhandledRejection', () => {}); import('./gone.js');",
    "with a handler of exceptions": "process.on('uncaughtException', () => {}); await import('./gone.js');",
    "with a handler by a name": "function note() {} process.on('unhandledRejection', note); import('./gone.js');",
    "with a handler, awaited": "process.on('unhandledRejection', () => {}); await import('./gone.js');",
    "with a handler that ends (may warn)": "process.on('unhandledRejection', (e) => { console.error(e); process.exit(1); }); import('./gone.js');",
    "with a handler in a file": "import './handler.js'; import('./gone.js');",
    "if false": "if (false) await import('./gone.js');",
    "false and": "false && import('./gone.js');",
    "in a function that nothing calls": "export const load = () => import('./gone.js');",
    "a file that fails": "await import('./fails.js');",
    "a file that fails, caught": "await import('./fails.js').catch(() => {});",
    "a file that drops": "await import('./drops.js').catch(() => {}); (may warn)",
}


def promises() -> Iterator[Member]:
    extra = {
        "dist/exit.js": "process.exit(0);\n",
        "dist/handler.js": "process.on('unhandledRejection', () => {});\n",
        "dist/fails.js": "__dirname;\n",
        "dist/drops.js": "void import('./gone.js');\n",
    }
    for name, code in PROMISES.items():
        code, _, warns = code.partition(" (may warn)")
        used = {path: text for path, text in extra.items() if path.removeprefix("dist") in code}
        mark = " (may warn)" if warns or code != PROMISES[name] else ""
        yield f"reach: promise, {name}{mark}", {"dist/index.js": code + "\n", **used}
        if "await" not in code.replace("async", "") and not code.startswith(("export", "import './")) and "export" not in code:
            yield f"reach: promise in CommonJS, {name}{mark}", as_entry("cjs", code + "\n")


# Over two files: what `lib` exports, and what the entry point does with it.
ESM_LIB = {
    "named": ("export function start() { %s }", "import { start } from './lib.js'; start();"),
    "renamed": ("function a() { %s } export { a as start };", "import { start as s } from './lib.js'; s();"),
    "default": ("export default function () { %s }", "import start from './lib.js'; start();"),
    "default, arrow": ("export default () => { %s };", "import start from './lib.js'; start();"),
    "default, name": ("const start = () => { %s }; export default start;", "import start from './lib.js'; start();"),
    "namespace": ("export function start() { %s }", "import * as lib from './lib.js'; lib.start();"),
    "class": ("export class App { constructor() { %s } }", "import { App } from './lib.js'; new App();"),
    "method of a class": ("export class App { start() { %s } }", "import { App } from './lib.js'; new App().start();"),
    "kept object": ("export class App { start() { %s } }", "import { App } from './lib.js'; const app = new App(); app.start();"),
    "made object": ("class App { start() { %s } } export const app = new App();", "import { app } from './lib.js'; app.start();"),
    "made while loaded": ("class T { constructor() { %s } } export const t = new T();", "import { t } from './lib.js'; t;"),
    "object": ("export const app = { start() { %s } };", "import { app } from './lib.js'; app.start();"),
    "factory": ("export const create = () => ({ start() { %s } });", "import { create } from './lib.js'; const app = create(); app.start();"),
    "extended": ("export class B { constructor() { %s } }", "import { B } from './lib.js'; class A extends B {} new A();"),
    "awaited import": ("export function start() { %s }", "const { start } = await import('./lib.js'); start();"),
    "awaited namespace": ("export function start() { %s }", "const lib = await import('./lib.js'); lib.start();"),
    "async": ("export async function start() { %s }", "import { start } from './lib.js'; start();"),
    "async awaited": ("export async function start() { %s }", "import { start } from './lib.js'; await start();"),
    "never: async caught": ("export async function start() { %s }", "import { start } from './lib.js'; start().catch(() => {});"),
    "never: not called": ("export function start() { %s }", "import { start } from './lib.js'; export const s = start;"),
    "never: method not called": ("export class App { start() { %s } }", "import { App } from './lib.js'; new App();"),
    "never: caught": ("export function start() { %s }", "import { start } from './lib.js'; try { start(); } catch {}"),
}


def files() -> Iterator[Member]:
    for name, (lib, main) in ESM_LIB.items():
        for what, failing in {"a name": "__filename;", "import": "await import('./gone.js');"}.items():
            if what == "import" and ("async" not in lib):
                failing = "import('./gone.js');"
            # Of a promise that nobody looks after the caller catches nothing.
            lib_code = lib.replace("%s", failing) + "\n"
            yield f"reach: two files, {what}, {name}", {"dist/index.js": main + "\n", "dist/lib.js": lib_code}
            if "await import" not in main:
                through = {"dist/index.js": main.replace("./lib.js", "./index2.js") + "\n", "dist/lib.js": lib_code}
                again = "export * from './lib.js';\n" + ("export { default } from './lib.js';\n" if "default" in lib else "")
                yield f"reach: through another file, {what}, {name}", {**through, "dist/index2.js": again}
    for name, (lib, main) in {
        "module.exports of a function": ("module.exports = function () { %s };", "require('./lib.cjs')();"),
        "exports": ("exports.start = () => { %s };", "const { start } = require('./lib.cjs'); start();"),
        "exports, member": ("exports.start = () => { %s };", "const lib = require('./lib.cjs'); lib.start();"),
        "module.exports of an object": ("function start() { %s } module.exports = { start };", "require('./lib.cjs').start();"),
        "class": ("class App { start() { %s } } module.exports = { App };", "const { App } = require('./lib.cjs'); new App().start();"),
        "default of tsc": ('exports.default = start; function start() { %s }', "const lib_1 = __importDefault(require('./lib.cjs')); (0, lib_1.default)(); function __importDefault(m) { return m.default ? m : { default: m }; }"),
        "tsc": ("Object.defineProperty(exports, '__esModule', { value: true }); exports.start = start; function start() { %s }", "const lib_1 = require('./lib.cjs'); (0, lib_1.start)();"),
        "never: not called": ("exports.start = () => { %s };", "require('./lib.cjs');"),
        "never: caught": ("exports.start = () => { %s };", "try { require('./lib.cjs').start(); } catch {}"),
    }.items():
        lib_code = lib.replace("%s", "require('./gone');") + "\n"
        yield f"reach: two files of CommonJS, {name}", {"dist/index.js": "import './main.cjs';\n", "dist/main.cjs": main + "\n", "dist/lib.cjs": lib_code}


# By whatever name `require` goes.
REQUIRES = {
    "created": "import { createRequire } from 'node:module'; createRequire(import.meta.url)('./gone');",
    "created, kept": "import { createRequire } from 'node:module'; const req = createRequire(import.meta.url); req('./gone');",
    "created, renamed": "import { createRequire as c } from 'module'; const req = c(import.meta.url); req('./gone');",
    "created, of the module": "import module from 'node:module'; const req = module.createRequire(import.meta.url); req('./gone');",
    "created, of a namespace": "import * as m from 'node:module'; const req = m.createRequire(import.meta.url); req('./gone');",
    "created, path": "import { createRequire } from 'node:module'; import { fileURLToPath } from 'node:url'; createRequire(fileURLToPath(import.meta.url))('./gone');",
    "created, resolve": "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); require.resolve('left-pad');",
    "created, alias": "import { createRequire } from 'node:module'; const a = createRequire(import.meta.url); const b = a; b('./gone');",
    "created, in a function": "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); function F() { require('./gone'); } F();",
    "meta resolve": "import.meta.resolve('left-pad');",
    "register": "import { register } from 'node:module'; register('./gone.js', import.meta.url);",
    "never: created, of a builtin": "import { createRequire } from 'node:module'; createRequire(import.meta.url)('node:fs');",
    "never: global": "import { createRequire } from 'node:module'; globalThis.require = createRequire(import.meta.url); require('./a.cjs');",
    "never: caught": "import { createRequire } from 'node:module'; const r = createRequire(import.meta.url); try { r('./gone'); } catch {}",
    "never: meta resolve of a file": "import.meta.resolve('./gone.js');",
    "never: own": "const require = (name) => name; require('./gone');",
    "never: own function": "function require(name) { return name; } require('./gone');",
    "never: typeof": "typeof require !== 'undefined' && require('./gone');",
    "never: typeof, if": "if (typeof require !== 'undefined') { require('./gone'); }",
    "never: typeof, choice": "const here = typeof __dirname !== 'undefined' ? __dirname : '.'; here;",
    "never: typeof, main": "if (typeof require !== 'undefined' && require.main === module) { main(); } function main() {}",
    "never: typeof, equal": "const d = typeof __dirname === 'string' ? __dirname : '.'; d;",
    "never: UMD": "(function (root, factory) { if (typeof module === 'object' && module.exports) module.exports = factory(require('./gone')); else root.x = factory(); })(globalThis, () => 1);",
    "never: global, asked": "globalThis.require && require('./gone');",
}
REQUIRES_COMMONJS = {
    "alias": "const r = require; r('./gone');",
    "module": "module.require('./gone');",
    "optional call": "require?.('./gone');",
    "in brackets": "(0, require)('./gone');",
    "template": "require(`./gone`);",
    "created": "const { createRequire } = require('module'); createRequire(__filename)('./gone');",
    "created of the module": "require('node:module').createRequire(__filename)('./gone');",
    "resolve": "require.resolve('./gone');",
    "main module (may warn)": "process.mainModule && process.mainModule.require('./gone'); require('./gone2');",
    "typeof (may warn)": "typeof require === 'function' && require('./gone');",
    "main": "if (require.main === module) require('./gone');",
    "never: parameter": "(function (require) { require('./gone'); })(() => 1);",
    "never: inner": "{ const require = () => 1; require('./gone'); }",
    "never: resolve paths": "require.resolve.paths('x');",
}


def requires() -> Iterator[Member]:
    for name, code in REQUIRES.items():
        yield f"reach: require, {name}", {"dist/index.js": code + "\n", "dist/a.cjs": ""}
    for name, code in REQUIRES_COMMONJS.items():
        yield f"reach: require in CommonJS, {name}", as_entry("cjs", code + "\n")


def bundles() -> Iterator[Member]:
    yield from functions()
    yield from promises()
    yield from files()
    yield from requires()
