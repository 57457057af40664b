"""Ways by which something may be reached while an agent is loaded, or not; see `imports_generated_parts.py`."""

WAYS = r"""
s:if (C) { I }
s:if (C) { } else { I }
s:if (C && K) { I }
s:if (C || K) { I }
s:if (!(C)) { I }
s:{ I }
s:try { I } catch { }
s:try { I } catch (e) { console.error(e.message); }
s:try { I } catch (e) { throw e; }
s:try { I } catch (e) { if (C) throw e; }
s:try { I } catch (e) { if (e.code !== 'ENOENT') throw e; }
s:try { I } catch (e) { process.exit(1); }
s:try { I } catch (e) { process.exitCode = 1; }
s:try { I } finally { }
s:try { throw new Error('y'); } catch { I }
s:try { JSON.parse('1'); } catch { I }
s:try { } finally { I }
s:try { try { I } finally { } } catch { }
s:N: { if (C) break N; I }
s:N: { break N; } I
s:for (const N of []) { I }
s:for (const N of [1, 2]) { I }
s:for (const N of [1, 2]) { if (N > 1) continue; I }
s:for (const N in { a: 1 }) { I }
s:for (let N = 0; N < 2; N++) { I }
s:for (let N = 0; N < 0; N++) { I }
s:const N = []; for (const x of N) { I }
s:const N = []; if (C) N.push(1); for (const x of N) { I }
s:do { I } while (false);
s:while (true) { I break; }
s:while (C) { I break; }
s:while (true) { if (C) break; I break; }
s:switch (1) { case 1: I }
s:switch (1) { case 2: I break; default: }
s:switch (process.platform) { case 'win32': I break; case 'linux': break; default: throw new Error('no'); }
s:switch (process.env.NOPE) { case 'a': break; default: I }
s:let N = false; if (C) N = true; if (N) { I }
s:let N = true; N = C; if (N) { I }
s:const N = C; if (N) { I }
s:const N = { on: C }; if (N.on) { I }
s:const { on: N = C } = {}; if (N) { I }
f:function N() { I } N();
f:function N() { I }
f:N(); function N() { I }
f:function N() { if (C) return; I } N();
f:function N(x) { if (!x) return; I } N(C);
f:function N(x) { if (!x) return; I } N();
f:function N(x) { if (x) { I } } N(1);
f:function N(x = C) { if (x) { I } } N();
f:function N() { return 1; I } N();
f:function N() { return; function x() { I } } N();
f:function N() { try { return 1; } finally { I } } N();
f:function N(f) { return f(); } N(() => { I });
f:function N(f) { if (C) f(); } N(() => { I });
f:function N(f) { return f; } N(() => { I });
f:function N(f) { return f; } N(() => { I })();
f:function N(f) { try { f(); } catch { } } N(() => { I });
f:function N({ on, go }) { if (on) go(); } N({ on: C, go: () => { I } });
f:const N = (f) => () => f(); N(() => { I });
f:const N = (f) => () => f(); N(() => { I })();
f:const N = () => { I }; N();
f:const N = () => { I }; C && N();
f:const N = () => { I }; C ? N() : 0;
f:const N = () => { I }; N?.();
f:let N = () => { I }; if (C) N = () => { }; N();
f:let N = () => { }; if (C) N = () => { I }; N();
f:let N = null; N = () => { I }; N();
f:let N; N?.(); N = () => { I };
f:let Ndone = C; function N() { if (Ndone) return; Ndone = true; I } N();
f:let Non = false; function N() { if (Non) { I } } N();
f:let Non = false; function N() { if (Non) { I } } Non = true; N();
f:const N = []; N.push(() => { I }); for (const f of N) f();
f:const N = []; N.push(() => { I }); N.length = 0; for (const f of N) f();
f:const N = { a() { I }, b() { } }; N.b();
f:const N = { a() { I }, b() { this.a(); } }; N.b();
f:const N = { a: () => { I } }; N[C ? 'a' : 'b']?.();
f:const N = { a: () => { I } }; N.a = () => { }; N.a();
f:const N = { a: () => { I } }; for (const k of Object.keys(N)) N[k]();
f:const N = { a: () => { I }, ...{ a() { } } }; N.a();
f:const N = { ...{ a() { I } } }; N.a();
f:const N = { get a() { I } }; N.a;
f:const N = { get a() { I } };
f:const N = { set a(x) { I } }; N.a = 1;
f:const N = Object.defineProperty({}, 'a', { get() { I } }); C && N.a;
f:const N = new Map([['a', () => { I }]]); N.get('a')();
f:const N = new Map([['a', () => { I }]]); N.get('b')?.();
f:class N { constructor() { I } } new N();
f:class N { constructor() { I } }
f:class N { constructor() { if (C) return; I } } new N();
f:class N { go() { I } } new N().go();
f:class N { go() { I } } new N();
f:class N { go() { I } } class Nb extends N { go() { } } new Nb().go();
f:class N { go() { I } } class Nb extends N { go() { super.go(); } } new Nb().go();
f:class N { go() { this.on(); } on() { I } } class Nb extends N { on() { } } new Nb().go();
f:class N { go() { this.on(); } on() { } } class Nb extends N { on() { I } } new Nb().go();
f:class N { constructor(o = {}) { this.o = o; if (this.o.on) this.go(); } go() { I } } new N({ on: C });
f:class N { x = (() => { I })(); } new N();
f:class N { x = () => { I }; } new N().x();
f:class N { static x = (() => { I })(); }
f:class N { static #i; static get() { return N.#i ??= new N(); } constructor() { I } } N.get();
f:class N { static { if (C) this.go(); } static go() { I } }
f:class N { get a() { I } } C && new N().a;
f:class N { #a() { I } go() { this.#a(); } } C ? new N().go() : new N();
f:class N extends EventEmitter { constructor() { super(); this.on('x', () => { I }); } } new N();
f:class N extends EventEmitter { constructor() { super(); this.on('x', () => { I }); } } new N().emit('x');
f:const N = new EventEmitter(); N.once('x', () => { I }); C && N.emit('x');
f:function* N() { I } N();
f:function* N() { yield 1; I } N().next();
f:function* N() { yield 1; I } [...N()];
f:function* N() { I } for (const x of N()) { }
f:(() => { I })();
f:(function () { I }).call(this);
f:void (() => { I })();
f:[].forEach(() => { I });
f:[1].forEach(() => { I });
f:[1, 2].filter((x) => x > 2).map(() => { I });
f:[1].find((x) => { if (C) return true; I });
f:[1, 2].some((x) => { if (x === 1) return true; I });
f:[0].reduce(() => { I });
f:[0, 1].reduce(() => { I });
f:[1].sort(() => { I });
f:'a'.replace(/b/, () => { I });
f:'a'.replace('a', () => { I return ''; });
f:Array.from({ length: C ? 1 : 0 }, () => { I });
f:new Map().forEach(() => { I });
f:JSON.stringify({ toJSON() { I } });
f:const N = { toString() { I return ''; } }; `${N}`;
f:const N = (a = (() => { I })()) => a; N();
f:const N = (a = (() => { I })()) => a; N(C);
f:const N = (a = (() => { I })()) => a; N(undefined);
f:const { x: N = (() => { I })() } = { x: 1 };
f:const { x: N = (() => { I })() } = { x: undefined };
f:const N = C ?? (() => { I })();
f:const N = C || (() => { I })();
f:const N = C && (() => { I })();
f:let N = C; N ??= (() => { I })();
f:const N = {}; N.a?.((() => { I })());
f:const N = { a: null }; N.a?.b((() => { I })());
f:function N(n) { if (n === 0) { I return; } N(n - 1); } N(2);
f:function N(n) { if (n < 0) { I } return n ? N(n - 1) : 0; } N(2);
f:function N(...r) { if (r.length > 1) { I } } N(1);
f:function N() { if (arguments.length) { I } } N(1);
f:const N = new Proxy({}, { get() { I } }); C && N.a;
f:Reflect.apply(() => { I }, null, []);
f:const N = (() => { I }).bind(null); C && N();
f:setTimeout(() => { I }, 1);
f:setTimeout(() => { I }, 30).unref();
f:const N = setTimeout(() => { I }, 5); if (C) clearTimeout(N);
f:const N = setInterval(() => { clearInterval(N); I }, 1);
f:setImmediate(() => { I });
f:queueMicrotask(() => { I });
f:process.nextTick(() => { I });
f:process.on('exit', () => { I });
f:process.on('exit', (code) => { if (code) { I } });
f:process.once('beforeExit', () => { I });
f:process.once('SIGUSR2', () => { I });
f:process.on('message', () => { I });
f:readFile('/nonexistent', (err) => { if (err) return; I });
f:readFile('/nonexistent', (err) => { if (err) { I } });
f:const N = createServer(() => { I }); N.listen(0, '127.0.0.1', () => N.close());
f:const N = createServer(); N.listen(0, '127.0.0.1', () => { N.close(); I });
f:Promise.resolve().then(() => { I });
f:Promise.resolve().then(() => { I }).catch(() => { });
f:Promise.resolve().then(() => { I }, () => { });
f:Promise.resolve().catch(() => { I });
f:Promise.reject(1).then(() => { I }).catch(() => { });
f:Promise.reject(1).catch(() => { I });
f:Promise.resolve().finally(() => { I });
f:new Promise(() => { I });
f:new Promise(() => { I }).catch(() => { });
f:new Promise((ok) => { ok(); I });
f:new Promise((ok) => setTimeout(ok, 1)).then(() => { I });
f:new Promise(() => { }).then(() => { I });
a:async function N() { I } N();
a:async function N() { I }
a:async function N() { I } N().catch(() => { });
a:async function N() { I } N().catch((e) => { console.error(e.message); process.exit(1); });
a:async function N() { I } N().catch((e) => { console.error(e.message); process.exitCode = 1; });
a:async function N() { I } N().then(() => { }, () => { });
a:async function N() { I } N().finally(() => { });
a:async function N() { I } try { N(); } catch { }
a:async function N() { if (C) return; I } N();
a:async function N() { await null; I } N();
a:async function N() { await new Promise((r) => setTimeout(r, 2)); I } N();
a:async function N() { try { I } catch { } } N();
a:async function N() { try { await (async () => { I })(); } catch { } } N();
a:async function N() { return (async () => { I })(); } N().catch(() => { });
a:async function N() { I } async function Nb() { await N(); } Nb();
a:async function N() { I } async function Nb() { try { return N(); } catch { } } Nb();
a:async function N() { I } async function Nb() { try { return await N(); } catch { } } Nb();
a:async function N() { I } async function Nb() { try { await N(); } catch (e) { throw e; } } Nb();
a:const N = async () => { I }; Promise.all([N()]);
a:const N = async () => { I }; Promise.all([N()]).catch(() => { });
a:const N = async () => { I }; Promise.allSettled([N()]);
a:const N = async () => { I }; Promise.any([N(), 1]);
a:const N = async () => { I }; Promise.race([1, N()]);
a:const N = async () => { I }; setTimeout(N, 1);
a:const N = async () => { I }; [1].forEach(N);
a:const N = async () => { I }; const Np = N(); Np.catch(() => { });
a:const N = async () => { I }; const Np = C ? N() : null; Np?.catch(() => { });
a:class N { async go() { I } } new N().go();
a:class N { async go() { I } start() { this.go().catch(() => { }); } } new N().start();
a:class N { async go() { I } start() { void this.go(); } } new N().start();
a:new Promise(async () => { I }).catch(() => { });
a:async function* N() { I } N().next();
a:async function* N() { I } N();
W:try { await (async () => { I })(); } catch { }
W:await (async () => { I })();
W:await (async () => { I })().catch(() => { });
W:await Promise.all([(async () => { I })(), null]);
W:await Promise.allSettled([(async () => { I })()]);
W:await Promise.race([null, (async () => { I })()]);
W:const N = async () => { I }; if (C) await N();
W:for await (const N of (async function* () { I })()) { }
W:const N = (async () => { I })(); try { await N; } catch { }
W:const N = (async () => { I })(); await null; try { await N; } catch { }
W:await null; (async () => { I })();
""".strip().splitlines()

# How one file loads another: the formats of both.
LOADS = {}
LOADS["esm", "esm"] = r"""
H:import 'F';
H:import * as N from 'F';
H:export * from 'F';
H:import {} from 'F';
H:export * as N from 'F';
W:await import('F');
import('F');
import('F').catch(() => { });
W:try { await import('F'); } catch { }
W:await import(new URL('F', import.meta.url));
H:import 'F?x=1';
const N = async () => import('F'); N();
W:await Promise.all([import('F'), import('./good.js')]);
new Worker(new URL('F', import.meta.url));
new Worker(new URL('F', import.meta.url)).on('error', () => { });
import('F').then(() => { }, () => { });
createRequire(import.meta.url)('F');
W:const N = import('F'); await N;
if (C) import('F');
W:if (C) await import('F');
""".strip().splitlines()
LOADS["esm", "cjs"] = r"""
H:import 'F';
H:import N from 'F';
createRequire(import.meta.url)('F');
try { createRequire(import.meta.url)('F'); } catch { }
W:await import('F');
import('F');
H:export * from 'F';
const N = createRequire(import.meta.url); N('F');
if (C) createRequire(import.meta.url)('F');
fork(fileURLToPath(new URL('F', import.meta.url)), { stdio: 'ignore' });
""".strip().splitlines()
LOADS["cjs", "cjs"] = r"""
require('F');
const N = require('F');
module.exports = require('F');
try { require('F'); } catch { }
import('F');
import('F').catch(() => { });
if (C) require('F');
const N = () => require('F'); N();
module.require('F');
new Worker(require.resolve('F'));
let N; try { N = require('F'); } catch (e) { if (e.code !== 'MODULE_NOT_FOUND') throw e; }
exports.x = require('F').x;
""".strip().splitlines()
LOADS["cjs", "esm"] = r"""
import('F');
import('F').catch(() => { });
(async () => { await import('F'); })();
if (C) import('F');
require('F');
""".strip().splitlines()

# How a function of another file is used; then how an asynchronous one is.
USES = r"""
X();
C && X();
try { X(); } catch { }
setTimeout(X, 1);
setTimeout(() => X(), 1);
[1].forEach(X);
[].forEach(X);
X?.();
if (C) X();
function N() { X(); } N();
function N() { X(); }
Promise.resolve().then(X);
Promise.resolve().then(X).catch(() => { });
X.call(null);
const N = X; N();
const N = { x: X }; N.x();
const N = { x: X }; C ? N.x() : 0;
class N { x = X; } new N().x();
class N { x = X; } new N();
process.on('exit', X);
typeof X === 'function' && X();
X ? X() : 0;
const N = X.bind(null); N();
""".strip().splitlines()
USES_OF_ASYNC = r"""
X().catch(() => { });
W:await X();
W:try { await X(); } catch { }
W:await Promise.allSettled([X()]);
W:await X().catch(() => { });
void X();
async function N() { try { await X(); } catch { } } N();
async function N() { await X(); } N();
""".strip().splitlines()
