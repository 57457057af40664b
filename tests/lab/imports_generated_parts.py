"""What `imports_generated.py` puts agents together of, one in each line.

`N` stands for a name of its own, `C` for a condition, `I` for what stands inside, `F` for a file, `X` for a function. Before a
colon stands where it may: `W` where an `await` may, `H` above everything; and of ways, whether what is inside stands where the
way does (`s`), in a function (`f`) or in an asynchronous one (`a`).
"""

# None of them changes from one start to the next.
CONDITIONS = r"""
true
false
1
0
''
'a'
null
undefined
process.platform === 'linux'
process.platform === 'win32'
process.env.NOPE
!process.env.NOPE
process.env.NODE_ENV === 'production'
process.env.NODE_ENV !== 'production'
typeof window === 'undefined'
typeof window !== 'undefined'
typeof process === 'object'
process.argv.length > 2
process.argv[2] === 'run'
[].length
[1].length > 0
Array.isArray([])
'x' in { x: 1 }
({}).a === undefined
void 0 === undefined
NaN === NaN
null == undefined
'1' == 1
Number('3') > 2
/a/.test('a')
new Set().has(1)
process.versions.node.split('.')[0] >= 22
globalThis.nope
process.pid
(0, false)
!0
!1
Math.random() > 2
Date.now() > 0
Object.keys({}).length
[].some(Boolean)
[1].includes(1)
process.env.NOPE ?? true
process.env.NOPE || 0
process.stdout.isTTY
!process.stdin.isTTY
new Date() instanceof Date
({}) instanceof Array
''.length
'a'.length === 1
!!''
1 > 2
2 > 1
'a' === 'b'
typeof 1 === 'number'
parseInt('0')
process.execArgv.length
process.uptime() < 0
""".strip().splitlines()

# What always works.
ORDINARY = r"""
const N = { x: 1, y: 'z' };
const N = [1, 2, 3].map((x) => x * 2).filter(Boolean);
let N = 0; N++;
const N = new Map([['a', 1]]); N.get('b')?.toString();
class N { #n = 0; get n() { return this.#n; } add(x) { this.#n += x; return this; } } new N().add(1).add(2).n;
const N = (x, ...rest) => rest.length ? x : null; N(1, 2);
const N = { name: 'x', items: [], async load() { return this.items; } }; N.load();
let N; if (process.env.NOPE) N = 1; else N = 2;
const N = JSON.parse('{"x":[1]}'); N.x.push(2);
const N = Object.freeze({ A: 1 }); N.A;
var N = N || {}; N.x = 1;
const N = new Proxy({}, { get: (t, k) => k }); N.foo.length;
const N = process.env.PORT ?? '3000'; Number(N);
function N(n) { return n > 0 ? N(n - 1) : 0; } N(3);
function N() { if (!new.target) return new N(); this.x = 1; } N().x;
N: for (const x of [1, 2]) { for (;;) continue N; }
const N = function* () { yield 1; }; [...N()];
const { x: N = 5 } = {}; N.toFixed(1);
const [N] = 'abc'; N.length;
try { JSON.parse('{'); } catch (e) { e.message; }
let N = null; N = { n: 1 }; N.n;
let N; function Nset() { N = { n: 1 }; } Nset(); N.n;
const N = []; N[0] = () => 1; N[0]();
const N = {}; N.run = () => 1; N.run();
const N = {}; N['run'] = () => 1; N.run();
const N = Object.create({ run() {} }); N.run();
const N = Object.assign({}, { run() {} }); N.run();
class N {} N.prototype.go = function () {}; new N().go();
class N { static make() { return new this(); } go() {} } N.make().go();
class N { constructor() { return { go() {} }; } } new N().go();
class N { constructor() { this.go = this.go.bind(this); } go() {} } const No = new N(); No.go();
const N = (() => { let n = 0; return { inc: () => ++n }; })(); N.inc();
const N = { get x() { return { y: 1 }; } }; N.x.y;
function N() {} N.x = () => 1; N.x();
const N = async () => {}; N().then(() => {});
const N = new Promise((resolve) => setTimeout(resolve, 1)); N.then(() => 1);
const N = (f) => typeof f === 'function' ? f() : f; N(1); N(() => 2);
function N(x = {}) { return x.y?.z; } N();
switch (typeof process) { case 'object': break; default: throw new Error('no'); }
const N = [..."ab"].entries(); for (const [i, c] of N) i + c;
const N = new (class extends Map { get(k) { return super.get(k) ?? 0; } })(); N.get('x').toFixed();
const N = (x) => { if (!x) throw new TypeError('no'); return x; }; N(1);
var N; N = N === undefined ? [] : N; N.push(1);
const N = new WeakMap(); N.set({}, 1);
const N = Symbol('x'); ({ [N]: () => 1 })[N]();
const N = { ...{ go() {} }, x: 1 }; N.go();
const N = ((a, b) => b)(1, { go() {} }); N.go();
const N = [{ go() {} }]; N[0].go(); N.at(-1).go();
let N = () => {}; N = null; N?.();
const N = undefined; N?.x.y.z();
const N = { f: null }; N.f ??= () => {}; N.f();
globalThis.N = () => 1; N();
const N = Function.prototype.bind.call(() => 1, null); N();
""".strip().splitlines()

# What may keep a failure from stopping the process, or ends that first.
BEFORE = r"""
process.on('uncaughtException', () => { });
process.on('uncaughtException', (e) => { console.error(e.message); process.exit(1); });
process.on('uncaughtException', () => process.exit(0));
process.on('unhandledRejection', () => { });
process.on('unhandledRejection', (e) => { throw e; });
process.once('unhandledRejection', (e) => console.error(e.message));
process.on('rejectionHandled', () => { });
if (C) process.exit(0);
if (C) process.exit();
function N() { process.exit(0); } if (C) N();
if (C) process.on('uncaughtException', () => { });
if (C) process.on('unhandledRejection', () => { });
function N() { process.on('unhandledRejection', () => { }); } N();
function N() { process.on('uncaughtException', () => { }); }
""".strip().splitlines()

# What fails wherever it is reached, or does not.
FAILING_ESM = r"""
__dirname;
require('node:fs');
__filename.length;
module.exports = 1;
exports.a = 1;
nobody;
nobody();
createRequire(import.meta.url)('./gone.cjs');
readFileSync(new URL('./gone.txt', import.meta.url));
import('./gone.js');
import('left-pad');
W:await import('./gone.js');
W:await import('left-pad');
W:const { x: N } = await import('./gone.js');
new Worker(new URL('./gone.js', import.meta.url));
import.meta.resolve('left-pad');
W:await import('./t.txt');
W:await import('./a.json');
W:await import('#nope');
W:await import('node:nope');
createRequire(import.meta.url).resolve('left-pad');
W:await import('./linkless.js');
FIXED = 2;
FIXED++;
createRequire(import.meta.url)('./m.mjs');
createRequire(import.meta.url)('./waits.mjs');
createRequire(import.meta.url)('./a.json');
createRequire(import.meta.url)('./bad.json');
readdirSync(new URL('./gone/', import.meta.url));
import('./good.js');
W:await import('./good.js');
""".strip().splitlines()
FAILING_CJS = r"""
require('./gone');
require('left-pad');
require.resolve('left-pad');
module.require('./gone');
require('./m.mjs');
require('./waits.mjs');
require('./bad.json');
nobody;
nobody();
require('#nope');
require('node:nope');
require('./syntax.cjs');
readFileSync(join(__dirname, 'gone.txt'));
readFileSync(__dirname + '/gone.txt', 'utf8');
import('./gone.js');
W:await import('./gone.js');
W:await import('./m.mjs');
FIXED = 2;
new Worker(__dirname + '/gone.js');
require('./good.cjs');
require('./dir');
require('./dir/');
require('./empty');
require('fs').readFileSync(require('path').resolve(__dirname, '../gone.txt'));
createRequire(__filename)('./gone');
require(`./gone`);
require('./' + 'gone');
require(join(__dirname, 'gone'));
require(__dirname + '/gone.js');
require('.' + '/good.cjs');
""".strip().splitlines()
