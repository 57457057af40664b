"""Agents that end by themselves while they are loaded, and those that look as if they did.

Of what dies a warning is right, as an agent may end itself on purpose; what lives must have no error.
"""

from __future__ import annotations

import json
from typing import Iterator

CJS = json.dumps({"name": "agent", "version": "1.0.0", "type": "commonjs"})
EVENTS = "const { EventEmitter } = require('events'); "

DIES = {
    "exit": "process.exit(1);",
    "exit, a constant": "const FAILED = 2; process.exit(FAILED);",
    "exit in a function": "function fatal(m) { console.error(m); process.exit(1); } fatal('no');",
    "exit in a function, in try": "const fatal = () => { process.exit(1); }; try { fatal(); } catch {}",
    "exit in another file": "require('./a');",
    "exit in a timer": "setTimeout(() => process.exit(1), 10);",
    "exit behind an await": "(async () => { await new Promise((r) => setTimeout(r, 5)); process.exit(1); })();",
    "exitCode": "process.exitCode = 3;",
    "abort": "process.abort();",
    "kill": "process.kill(process.pid, 'SIGKILL');",
    "throw": "throw new TypeError('not built');",
    "throw in a function": "function fail(m) { throw new Error(m); } fail('x');",
    "throw in a method": "class A { run() { throw new Error('x'); } } new A().run();",
    "throw in an async function": "async function main() { throw new Error('x'); } main();",
    "throw, and a handler that ends": "(async () => { throw new Error('x'); })().catch((e) => { console.error(e); process.exit(1); });",
    "reject": "Promise.reject(new Error('x'));",
    "assert": "require('assert')(false);",
    "emitted": EVENTS + "const e = new EventEmitter(); e.emit('error', new Error('x'));",
    "emitted by a class": EVENTS + "class A extends EventEmitter {} new A().emit('error', new Error('x'));",
    "a stream destroyed": "const { PassThrough } = require('stream'); new PassThrough().destroy(new Error('x'));",
    "a child": "require('child_process').execFileSync(process.execPath, [__dirname + '/gone.js'], { stdio: 'ignore' });",
    "a name, thrown anew by a condition": "try { goneName; } catch (e) { if (e.code !== 'X') throw e; }",
    "a file, thrown anew by a condition": "try { require('fs').accessSync(__dirname + '/gone'); } catch (e) { if (e.code === 'X') return; throw e; }",
}

# What throws whatever happens.
THROWS = {
    "member of null": "const x = null; x.y();",
    "taken apart": "const { a } = undefined;",
    "gone through": "for (const x of 1) ;",
    "absent of a builtin": "const fs = require('fs'); fs.notThere();",
    "member of an absent one": "const path = require('path'); path.promises.x();",
    "a builtin called": "const p = require('path'); new p();",
    "a class called": "class A {} A();",
    "an arrow made": "const f = () => 1; new f();",
    "extends an arrow": "const f = () => 1; class A extends f {}",
    "no super": "class A {} class B extends A { constructor() {} } new B();",
    "a default too early": "const f = (a = b, b) => a; f();",
    "frozen": "'use strict'; const o = Object.freeze({ a: 1 }); o.a = 2;",
    "a function's own name": "'use strict'; const f = function g() { g = 1; }; f();",
    "JSON": "JSON.parse('{a}');",
}
# Helpers that put paths together of what they are given.
HELPERS = {
    "here": "const here = (f) => require('path').join(__dirname, f); require('fs').readFileSync(here('gone.txt'));",
    "a path given": "const read = (p) => require('fs').readFileSync(p); read(require('path').join(__dirname, 'gone.txt'));",
    "a name given": "const load = (name) => require('./plugins/' + name); load('gone');",
    "one of two": "const load = (name) => require('./' + name); load('a'); if (process.argv) load('gone');",
}

LIVES = {
    "a condition": "if (process.argv.length > 99) process.exit(1);",
    "a watchdog": "const t = setTimeout(() => process.exit(1), 500); setTimeout(() => clearTimeout(t), 5); setTimeout(() => process.exit(1), 500).unref();",
    "replaced by a key": "const o = { f() { throw new Error('x'); } }; for (const k of ['f']) o[k] = () => 1; o.f();",
    "replaced in another file": "require('./b'); require('./a').f();",
    "replaced by a condition": "exports.f = () => 1; if (process.env.NEVER) exports.f = () => { throw new Error('x'); }; exports.f();",
    "wrapped": "const safe = (f) => (...a) => { try { return f(...a); } catch {} }; safe(() => { throw new Error('x'); })();",
    "abstract": "class A { constructor() { this.run(); } run() { throw new Error('x'); } } class B extends A { run() {} } new B();",
    "a variable of that name": "var f = () => 1; f(); function f() { throw new Error('x'); }",
    "left before": "function f() { for (const x of [1, 2]) if (x === 2) return x; throw new Error('none'); } f();",
    "exit replaced": "process.exit = () => {}; process.exit(1);",
    "status changed at the end": "process.on('exit', () => { process.exitCode = 0; }); process.exitCode = 1;",
    "in a worker": "new (require('worker_threads').Worker)(__dirname + '/c.js');",
    "emitted, heard elsewhere": EVENTS + "const e = new EventEmitter(); ((x) => x.on('error', () => {}))(e); e.emit('error', new Error('x'));",
    "spread of nothing": "const o = { ...undefined }; const f = (x) => ({ ...x }); f();",
    "an asked for builtin": "const fs = require('fs'); fs.notThere?.(); if (fs.notThere) fs.notThere();",
    "frozen, not strict": "const o = Object.freeze({ a: 1 }); o.a = 2;",
    "a path that is looked for": "const read = (p) => (require('fs').existsSync(p) ? require('fs').readFileSync(p) : ''); read(__dirname + '/gone.txt');",
    "a name that is asked for": "function load(n) { if (n === './gone') return null; return require(n); } load('./gone');",
    "an argument replaced": "function load(n) { arguments[0] = './a'; return require(n); } load('./gone');",
    "no emitting of its own": EVENTS + "class A extends EventEmitter { emit() {} } new A().emit('error', new Error('x'));",
}

OTHERS = {
    "exit in another file": {"dist/a.js": "process.exit(4);"},
    "one of two": {"dist/a.js": ""},
    "an argument replaced": {"dist/a.js": ""},
    "replaced in another file": {"dist/a.js": "exports.f = () => { throw new Error('x'); };", "dist/b.js": "const a = require('./a'); a.f = () => 1;"},
    "in a worker": {"dist/c.js": "process.exit(1);"},
}


def bundles() -> Iterator[tuple[str, dict[str, str]]]:
    for name, code in (DIES | THROWS | HELPERS | LIVES).items():
        warns = " (may warn)" if name in DIES or name in THROWS or name == "one of two" else ""
        yield f"ends: {name}{warns}", {"package.json": CJS, "dist/index.js": code, **OTHERS.get(name, {})}
