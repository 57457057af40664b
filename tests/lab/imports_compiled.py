"""CommonJS as compilers write it: what a file exports by assignments, getters and helpers, what it takes of its own exports
again, enumerations and namespaces, `import()` that became `require`; and code that looks like it and gives other values.

The shapes are those of TypeScript 5.9, esbuild 0.28, swc 1.16, Babel 7 and rollup 4 of small agents, without what is the same in
all of them.
"""

from __future__ import annotations

import json
from typing import Iterator

from bundles import PACKAGE

CJS = json.dumps({**PACKAGE, "type": "commonjs"}) + "\n"
BEGIN = "const fs = require('node:fs'); const path = require('node:path');\n"
BESIDE = {"dist/a.js": "exports.a = 1; exports.default = () => 1;\n", "dist/t/x.txt": "x"}
# What `@L` and `@A` stand for: a module and a file, there and not.
PLACES = {"there": ("./a.js", "t/x.txt"), "gone": ("./gone.js", "t/gone.txt")}
READS = "const fs = require('node:fs'); const path = require('node:path'); "
STAR = "function __exportStar(m, e) { for (var p in m) if (p !== 'default' && !Object.prototype.hasOwnProperty.call(e, p)) e[p] = m[p] } "
TO_STAR = "var __importStar = (this && this.__importStar) || (function () { return function (m) { if (m && m.__esModule) return m; var r = {}; for (var k in m) r[k] = m[k]; r['default'] = m; return r } })();\n"
ESBUILD = "var __defProp = Object.defineProperty; var __export = (target, all) => { for (var name in all) __defProp(target, name, { get: all[name], enumerable: true }); }; var __copyProps = (to, from) => { for (let key of Object.getOwnPropertyNames(from)) if (!Object.prototype.hasOwnProperty.call(to, key)) __defProp(to, key, { get: () => from[key], enumerable: true }); return to; }; var __reExport = (target, mod, second) => (__copyProps(target, mod), second && __copyProps(second, mod)); var __toCommonJS = (mod) => __copyProps(__defProp({}, '__esModule', { value: true }), mod);\n"
BASE = "class Base { constructor(n) { this.n = n } run() { return fs.readFileSync(path.join(__dirname, this.n)) } } exports.Base = Base"

# By a name: dist/index.js, and files beside it.
COMPILED: dict[str, tuple[str, dict[str, str]]] = {
    "tsc, arrow": ("exports.load = void 0; const load = (p) => require(p); exports.load = load; (0, exports.load)('@L');", {}),
    "tsc, constants": ("exports.t = exports.F = exports.D = void 0; exports.D = path.join(__dirname, 't'); exports.F = path.join(exports.D, '..', '@A'); exports.t = fs.readFileSync(exports.F);", {}),
    "tsc, object": ("exports.o = void 0; exports.o = { file: path.join(__dirname, '@A'), load: (p) => require(p) }; fs.readFileSync(exports.o.file);", {}),
    "tsc, two steps": ("const here = (...p) => path.join(__dirname, ...p); exports.here = here; const read = (n) => fs.readFileSync((0, exports.here)(n)); exports.read = read; (0, exports.read)('@A');", {}),
    "tsc, main": ("const main = async () => { fs.readFileSync(path.join(__dirname, '@A')) }; exports.main = main; if (require.main === module) (0, exports.main)();", {}),
    "tsc, enum": ("var E; (function (E) { E[\"A\"] = \"@A\"; })(E || (exports.E = E = {})); fs.readFileSync(path.join(__dirname, E.A));", {}),
    "tsc, namespace": ("var NS; (function (NS) { function load(p) { return require(p) } NS.load = load; })(NS || (NS = {})); NS.load('@L');", {}),
    "tsc, import()": (TO_STAR + "const load = async (p) => Promise.resolve(`${p}`).then(s => __importStar(require(s))); load('@L');", {}),
    "tsc, import() of a helper": (TO_STAR + "(async () => { const { load } = await Promise.resolve().then(() => __importStar(require('./h'))); load('@L'); })();", {"h.js": "const load = (p) => require(p); exports.load = load;"}),
    "tsc, class by default": ("var __importDefault = (this && this.__importDefault) || function (m) { return m && m.__esModule ? m : { default: m } }; const h_1 = __importDefault(require('./h')); new h_1.default(__dirname).read('@A');", {"h.js": "Object.defineProperty(exports, '__esModule', { value: true });\n" + TO_STAR + READS + "class L { dir; constructor(dir) { this.dir = dir } read(n) { return fs.readFileSync(path.join(this.dir, n)) } } exports.default = L;"}),
    "tsc, barrel": ("const b_1 = require('./b'); (0, b_1.load)('@L');", {"b.js": STAR + "__exportStar(require('./h'), exports);", "h.js": "const load = (p) => require(p); exports.load = load;"}),
    "tsc, name of another": ("const b_1 = require('./b'); fs.readFileSync(path.join(b_1.DIR, '@A'));", {"b.js": "Object.defineProperty(exports, '__esModule', { value: true }); exports.DIR = void 0; var h_1 = require('./h'); Object.defineProperty(exports, 'DIR', { enumerable: true, get: function () { return h_1.DIR; } });", "h.js": "exports.DIR = void 0; exports.DIR = __dirname;"}),
    "tsc, enum of another": ("const h_1 = require('./h'); fs.readFileSync(path.join(__dirname, h_1.E.A));", {"h.js": "exports.E = void 0; var E; (function (E) { E[\"A\"] = \"@A\"; })(E || (exports.E = E = {}));"}),
    "tsc, base": ("const h_1 = require('./h'); class A extends h_1.Base { constructor() { super('@A'); } } new A().run();", {"h.js": READS + BASE}),
    "tsc, one of another": ("const h_1 = require('./h'); h_1.L.get().read('@A');", {"h.js": READS + "class L { static i; static get() { return L.i ??= new L() } read(n) { return fs.readFileSync(path.join(__dirname, n)) } } exports.L = L;"}),
    "esbuild, names": ("const h = require('./h'); fs.readFileSync(h.paths.file); (0, h.load)('@L');", {"h.js": ESBUILD + "var h_exports = {}; __export(h_exports, { load: () => load, paths: () => paths }); module.exports = __toCommonJS(h_exports); const path = require('node:path'); const load = (p) => require(p); const paths = { file: path.join(__dirname, '@A') }; 0 && (module.exports = { load, paths });"}),
    "esbuild, barrel": ("const b = require('./b'); (0, b.load)('@L');", {"b.js": ESBUILD + "var b_exports = {}; module.exports = __toCommonJS(b_exports); __reExport(b_exports, require('./h'), module.exports); 0 && (module.exports = { ...require('./h') });", "h.js": "exports.load = (p) => require(p);"}),
    "esbuild, enum": ("var E = /* @__PURE__ */ ((E2) => { E2[\"A\"] = \"@A\"; return E2; })(E || {}); fs.readFileSync(path.join(__dirname, E.A));", {}),
    "swc, names": ("const _h = require('./h'); (0, _h.load)('@L');", {"h.js": "function _export(target, all) { for (var name in all) Object.defineProperty(target, name, { enumerable: true, get: Object.getOwnPropertyDescriptor(all, name).get }); } _export(exports, { get load () { return load; }, get x () { return x; } }); const load = (p) => require(p); const x = 1;"}),
    "swc, import()": ("function _interop_require_wildcard(obj) { return obj } async function load(p) { return Promise.resolve(p).then((p) => /*#__PURE__*/ _interop_require_wildcard(require(p))); } load('@L');", {}),
    "Babel, barrel": ("var _b = require('./b'); (0, _b.load)('@L');", {"b.js": "var _h = require('./h'); Object.keys(_h).forEach(function (key) { if (key === \"default\" || key === \"__esModule\") return; if (key in exports && exports[key] === _h[key]) return; Object.defineProperty(exports, key, { enumerable: true, get: function () { return _h[key]; } }); });", "h.js": "exports.load = void 0; const load = p => require(p); exports.load = load;"}),
    "Babel, import()": ("function _interopRequireWildcard(e) { return e } async function load(n) { return await (specifier => new Promise(r => r(`${specifier}`)).then(s => _interopRequireWildcard(require(s))))(n); } load('@L');", {}),
    "rollup, namespace of Node": ("function _interopNamespaceDefault(e) { var n = Object.create(null); if (e) { Object.keys(e).forEach(function (k) { if (k !== 'default') { n[k] = e[k]; } }); } n.default = e; return Object.freeze(n); } var fs__namespace = /*#__PURE__*/_interopNamespaceDefault(fs); fs__namespace.readFileSync(path.join(__dirname, '@A'));", {}),
    "rollup, namespace": ("exports.NS = void 0; (function (NS) { NS.load = (p) => require(p); })(exports.NS || (exports.NS = {})); exports.NS.load('@L');", {}),
    "never called": ("const load = (p) => require(p); exports.load = load; function later() { return (0, exports.load)('@L') } exports.later = later;", {}),
}

# What may be taken for one of them and gives something else: all of them live.
OTHERWISE: dict[str, tuple[str, dict[str, str]]] = {
    "own reassigned": ("exports.f = './gone'; exports.f = './a'; require(exports.f)", {}),
    "own reassigned in fn": ("exports.f = './gone'; function s() { exports.f = './a' } s(); require(exports.f)", {}),
    "own reassigned computed": ("exports.f = './gone'; const k='f'; exports[k] = './a'; require(exports.f)", {}),
    "own reassigned computed lit": ("exports.f = './gone'; exports['f'] = './a'; require(exports.f)", {}),
    "own reassigned alias": ("const e = exports; exports.f = './gone'; e.f = './a'; require(exports.f)", {}),
    "own reassigned alias module": ("const m = module; exports.f = './gone'; m.exports.f = './a'; require(exports.f)", {}),
    "own reassigned given": ("exports.f = './gone'; fix(exports); function fix(e) { e.f = './a' } require(exports.f)", {}),
    "own reassigned given 2": ("exports.f = './gone'; fix({ e: exports }); function fix(o) { o.e.f = './a' } require(exports.f)", {}),
    "own assign": ("exports.f = './gone'; Object.assign(exports, { f: './a' }); require(exports.f)", {}),
    "own assign var": ("const o = { f: './a' }; exports.f = './gone'; Object.assign(exports, o); require(exports.f)", {}),
    "own assign spread": ("const o = { f: './a' }; exports.f = './gone'; Object.assign(exports, { ...o }); require(exports.f)", {}),
    "own defineProperty": ("exports.f = './gone'; Object.defineProperty(exports, 'f', { value: './a' }); require(exports.f)", {}),
    "own defineProperties": ("exports.f = './gone'; Object.defineProperties(exports, { f: { value: './a' } }); require(exports.f)", {}),
    "own module.exports replaced": ("exports.f = './gone'; module.exports = { f: './a' }; require(module.exports.f)", {}),
    "own exports replaced": ("exports.f = './gone'; exports = { f: './a' }; require(exports.f)", {}),
    "own exports replaced both": ("exports.f = './gone'; exports = module.exports = { f: './a' }; require(exports.f)", {}),
    "own deleted": ("exports.f = './gone'; delete exports.f; if (exports.f) require(exports.f)", {}),
    "own destruct write": ("exports.f = './gone'; [exports.f] = ['./a']; require(exports.f)", {}),
    "own destruct write obj": ("exports.f = './gone'; ({ f: exports.f } = { f: './a' }); require(exports.f)", {}),
    "own +=": ("exports.f = './a'; exports.f += '.js'; require(exports.f)", {}),
    "own ||=": ("exports.f = './a'; exports.f ||= './gone'; require(exports.f)", {}),
    "own ??=": ("exports.f = './a'; exports.f ??= './gone'; require(exports.f)", {}),
    "own for of": ("exports.f = './gone'; for (exports.f of ['./a']) {} require(exports.f)", {}),
    "own cond": ("if (process.env.NOPE) exports.f = './gone'; else exports.f = './a'; require(exports.f)", {}),
    "own cond 2": ("exports.f = './a'; if (process.env.NOPE) exports.f = './gone'; require(exports.f)", {}),
    "own cond 3": ("if (process.env.NOPE) exports.f = './gone'; if (exports.f) require(exports.f)", {}),
    "own this": ("exports.f = './gone'; this.f = './a'; require(exports.f)", {}),
    "own eval": ("exports.f = './gone'; eval(\"exports.f = './a'\"); require(exports.f)", {}),
    "own obj changed": ("exports.c = { f: './gone' }; exports.c.f = './a'; require(exports.c.f)", {}),
    "own obj changed 2": ("exports.c = { f: './gone' }; const c = exports.c; c.f = './a'; require(exports.c.f)", {}),
    "own obj changed 3": ("exports.c = { f: './gone' }; fix(exports.c); function fix(o) { o['f'] = './a' } require(exports.c.f)", {}),
    "own obj changed 4": ("exports.c = { f: './gone' }; const k = 'f'; exports.c[k] = './a'; require(exports.c.f)", {}),
    "own fn replaced by other": ("exports.load = (p) => require(p); require('./p'); exports.load('./gone')", {"p.js": "require('./index').load = () => 1"}),
    "own fn replaced by self": ("exports.load = (p) => require(p); module.exports.load = () => 1; exports.load('./gone')", {}),
    "own text replaced by other": ("exports.f = './gone'; require('./p'); require(exports.f)", {"p.js": "require('./index').f = './a'"}),
    "two text replaced by other": ("require('./p'); require(require('./h').f)", {"p.js": "require('./h').f = './a'", "h.js": "exports.f = './gone'"}),
    "local exports": ("function m(exports) { exports.f = './gone'; return exports } exports.f = './a'; m({}); require(exports.f)", {}),
    "try": ("exports.load = (p) => { try { return require(p) } catch { return 0 } }; exports.load('./gone')", {}),
    "guard": ("exports.f = './gone.js'; if (fs.existsSync(path.join(__dirname, exports.f))) require(exports.f)", {}),
    "enum merged": ("var E; (function (E) { E['A'] = './gone' })(E || (E = {})); (function (E) { E['A'] = './a' })(E || (E = {})); require(E.A)", {}),
    "enum changed": ("var E; (function (E) { E['A'] = './gone' })(E || (E = {})); E.A = './a'; require(E.A)", {}),
    "enum changed 2": ("var E; (function (E) { E['A'] = './gone' })(E || (E = {})); E['A'] = './a'; require(E.A)", {}),
    "enum changed 3": ("var E; (function (E) { E['A'] = './gone' })(E || (E = {})); const k = 'A'; E[k] = './a'; require(E.A)", {}),
    "enum changed 4": ("var E; (function (E) { E['A'] = './gone' })(E || (E = {})); fix(E); function fix(o) { o.A = './a' } require(E.A)", {}),
    "enum changed 5": ("var E; (function (E) { E['A'] = './gone'; E['A'] = './a' })(E || (E = {})); require(E.A)", {}),
    "enum changed 6": ("var E; (function (E) { E['A'] = './gone'; f(); function f() { E['A'] = './a' } })(E || (E = {})); require(E.A)", {}),
    "enum changed 7": ("var E; (function (E) { E['A'] = './gone'; if (E.A) E['A'] = './a' })(E || (E = {})); require(E.A)", {}),
    "enum changed 8": ("var E; (function (E) { E['A'] = './gone'; const k = 'A'; E[k] = './a' })(E || (E = {})); require(E.A)", {}),
    "enum changed 9": ("var E; (function (E) { E['A'] = './gone'; fix(E) })(E || (E = {})); function fix(o) { o.A = './a' } require(E.A)", {}),
    "enum changed 10": ("var E; (function (E) { E['A'] = './gone'; Object.assign(E, { A: './a' }) })(E || (E = {})); require(E.A)", {}),
    "enum there": ("var E = { A: './a' }; (function (E) { E['B'] = './gone' })(E || (E = {})); require(E.A)", {}),
    "enum of given": ("var o = { A: './gone' }; (function (E) { E['A'] = './a' })(o || {}); require(o.A)", {}),
    "enum of given 2": ("var o = { A: './a' }; (function (E) { E['A'] = './gone' })(o && {}); require(o.A)", {}),
    "enum var given": ("var o = { A: './a' }; var p = (function (E) { E['A'] = './gone'; return o })({}); require(p.A)", {}),
    "enum other return": ("var E = (function (E) { E['A'] = './gone'; return { A: './a' } })({}); require(E.A)", {}),
    "enum return cond": ("var E = (function (E) { E['A'] = './gone'; if (E) return { A: './a' }; return E })({}); require(E.A)", {}),
    "enum early return": ("var E; (function (E) { E['A'] = './a'; return; E['A'] = './gone' })(E || (E = {})); require(E.A)", {}),
    "enum early return 2": ("var E; (function (E) { E['B'] = 1; return; E['A'] = './gone' })(E || (E = {})); if (E.A) require(E.A)", {}),
    "enum cond": ("var E; if (process.env.NOPE) (function (E) { E['A'] = './gone' })(E || (E = {})); if (E) require(E.A)", {}),
    "enum inner fn param": ("var E; (function (E) { E['A'] = './a' })(E || (E = {})); function f(E) { return require(E.A) } f({ A: './a' })", {}),
    "ns replaced": ("var NS; (function (NS) { NS.load = (p) => require(p) })(NS || (NS = {})); NS.load = () => 1; NS.load('./gone')", {}),
    "ns twice called": ("function fill(E) { E.load = (p) => require(p) } const x = {}; fill(x); x.load = () => 1; x.load('./gone')", {}),
    "enum exported changed by other": ("var E; (function (E) { E['A'] = './gone' })(E || (exports.E = E = {})); require('./p'); require(E.A)", {"p.js": "require('./index').E.A = './a'"}),
    "enum two changed by other": ("require('./p'); require(require('./h').E.A)", {"p.js": "require('./h').E.A = './a'", "h.js": "var E; (function (E) { E['A'] = './gone' })(E || (exports.E = E = {}));"}),
    "then rejected": ("Promise.reject(1).then(() => require('./gone')).catch(() => 0)", {}),
    "then caught": ("Promise.resolve().then(() => require('./gone')).catch(() => 0)", {}),
    "then caught 2": ("(async () => { try { await Promise.resolve().then(() => require('./gone')) } catch {} })()", {}),
    "then other": ("const o = { then(f) { } }; o.then(() => require('./gone'))", {}),
    "then value": ("(async () => { const m = await Promise.resolve('./a').then((x) => require(x)); m.a })()", {}),
    "then chain": ("Promise.resolve('./gone').then(() => './a').then((x) => require(x))", {}),
    "then chain 2": ("Promise.resolve('./gone').then((x) => x.replace('gone', 'a')).then((x) => require(x))", {}),
    "then param changed": ("Promise.resolve('./gone').then((x) => { x = './a'; return require(x) })", {}),
    "then never": ("new Promise((r) => r).then(() => require('./gone'))", {}),
    "then promise member": ("const p = Promise.resolve().then(() => require('./a')); p.then((m) => m.a); p.catch(() => 0); p.finally(() => 0)", {}),
    "then promise member 2": ("const p = Promise.resolve().then(() => require('./a')); if (p.nope) p.nope(); Promise.all([p]).then(([m]) => m.a)", {}),
    "then m opt": ("Promise.resolve().then(() => require('./a')).then((m) => m.nope?.())", {}),
    "then m typeof": ("Promise.resolve().then(() => require('./a')).then((m) => { if (typeof m.nope === 'function') m.nope() })", {}),
    "then default": ("Promise.resolve().then(() => require('./a')).then((m) => m.default())", {}),
    "then new Promise cond": ("new Promise((r) => r('./gone')).then((x) => { if (process.env.NOPE) require(x) })", {}),
    "then two callbacks": ("Promise.resolve('./gone').then((x) => require(x), () => 0).catch(() => 0)", {}),
    "executor throws": ("new Promise((r) => { throw 1 }).then((x) => require('./gone')).catch(() => 0)", {}),
    "executor x": ("new Promise((r, j) => j('./gone')).then((x) => require(x)).catch(() => 0)", {}),
    "star shadow": ("const { load } = require('./b'); load('./gone')", {"b.js": "__exportStar(require('./h'), exports); exports.load = () => 1; function __exportStar(m, e) { for (var p in m) if (p !== 'default' && !Object.prototype.hasOwnProperty.call(e, p)) e[p] = m[p] }", "h.js": "exports.load = (p) => require(p)"}),
    "star two": ("const { load } = require('./b'); load('./gone')", {"b.js": "__exportStar(require('./g'), exports); __exportStar(require('./h'), exports); function __exportStar(m, e) { for (var p in m) if (p !== 'default' && !Object.prototype.hasOwnProperty.call(e, p)) e[p] = m[p] }", "h.js": "exports.load = (p) => require(p)", "g.js": "exports.load = () => 1"}),
    "star two 2": ("const { DIR } = require('./b'); fs.readFileSync(DIR)", {"b.js": "__exportStar(require('./g'), exports); __exportStar(require('./h'), exports); function __exportStar(m, e) { for (var p in m) if (p !== 'default' && !Object.prototype.hasOwnProperty.call(e, p)) e[p] = m[p] }", "h.js": "exports.DIR = __dirname + '/gone'", "g.js": "exports.DIR = eval('__filename')"}),
    "star unknown first": ("const { load } = require('./b'); load('./gone')", {"b.js": "__exportStar(require('./g'), exports); __exportStar(require('./h'), exports); function __exportStar(m, e) { for (var p in m) if (p !== 'default' && !Object.prototype.hasOwnProperty.call(e, p)) e[p] = m[p] }", "h.js": "exports.load = (p) => require(p)", "g.js": "exports['lo' + 'ad'] = () => 1"}),
    "star unknown own": ("const { load } = require('./b'); load('./gone')", {"b.js": "exports['lo' + 'ad'] = () => 1; __exportStar(require('./h'), exports); function __exportStar(m, e) { for (var p in m) if (p !== 'default' && !Object.prototype.hasOwnProperty.call(e, p)) e[p] = m[p] }", "h.js": "exports.load = (p) => require(p)"}),
    "star module.exports": ("const { load } = require('./b'); load('./gone')", {"b.js": "__exportStar(require('./h'), exports); module.exports = { load() {} }; function __exportStar(m, e) { for (var p in m) e[p] = m[p] }", "h.js": "exports.load = (p) => require(p)"}),
    "babel star shadow": ("const { load } = require('./b'); load('./gone')", {"b.js": "var _g = require('./g'); Object.keys(_g).forEach(function (key) { if (key === 'default' || key === '__esModule') return; if (key in exports && exports[key] === _g[key]) return; Object.defineProperty(exports, key, { enumerable: true, get: function () { return _g[key]; } }); }); var load = () => 1; exports.load = load;", "g.js": "exports.x = (p) => require(p)"}),
    "getter cond": ("const { load } = require('./b'); load('./gone')", {"b.js": "Object.defineProperty(exports, 'load', { enumerable: true, get: function () { if (process.env.NOPE) return (p) => require(p); return () => 1 } })"}),
    "base other field": ("const { Base } = require('./h'); class A extends Base { name = 'a.js' } new A().run()", {"h.js": "const fs = require('fs'), path = require('path'); class Base { name = 'gone'; run() { return fs.readFileSync(path.join(__dirname, this.name)) } } exports.Base = Base"}),
    "base other method": ("const { Base } = require('./h'); class A extends Base { file() { return 'a.js' } } new A().run()", {"h.js": "const fs = require('fs'), path = require('path'); class Base { file() { return 'gone' } run() { return fs.readFileSync(path.join(__dirname, this.file())) } } exports.Base = Base"}),
    "base ctor sets": ("const { Base } = require('./h'); class A extends Base { constructor() { super('gone'); this.n = 'a.js' } } new A().run()", {"h.js": "const fs = require('fs'), path = require('path'); class Base { constructor(n) { this.n = n } run() { return fs.readFileSync(path.join(__dirname, this.n)) } } exports.Base = Base"}),
    "base set later": ("const { Base } = require('./h'); class A extends Base { constructor() { super('gone') } init() { this.n = 'a.js' } } const a = new A(); a.init(); a.run()", {"h.js": "const fs = require('fs'), path = require('path'); class Base { constructor(n) { this.n = n } run() { return fs.readFileSync(path.join(__dirname, this.n)) } } exports.Base = Base"}),
    "base set outside": ("const { Base } = require('./h'); class A extends Base { constructor() { super('gone') } } const a = new A(); a.n = 'a.js'; a.run()", {"h.js": "const fs = require('fs'), path = require('path'); class Base { constructor(n) { this.n = n } run() { return fs.readFileSync(path.join(__dirname, this.n)) } } exports.Base = Base"}),
    "base setter": ("const { Base } = require('./h'); class A extends Base { constructor() { super('gone') } } const a = new A(); a.set('a.js'); a.run()", {"h.js": "const fs = require('fs'), path = require('path'); class Base { constructor(n) { this.n = n } set(n) { this.n = n } run() { return fs.readFileSync(path.join(__dirname, this.n)) } } exports.Base = Base"}),
    "base cond ctor": ("const { Base } = require('./h'); class A extends Base { constructor(x) { if (x) { super('gone') } else { super('a.js') } } } new A().run()", {"h.js": "const fs = require('fs'), path = require('path'); class Base { constructor(n) { this.n = n } run() { return fs.readFileSync(path.join(__dirname, this.n)) } } exports.Base = Base"}),
    "base patched": ("const { Base } = require('./h'); class A extends Base {} A.prototype.run = () => 1; new A().run('gone')", {"h.js": "const fs = require('fs'), path = require('path'); class Base { run(n) { return fs.readFileSync(path.join(__dirname, n)) } } exports.Base = Base"}),
    "base getter": ("const { Base } = require('./h'); class A extends Base { get n() { return 'a.js' } } new A().run()", {"h.js": "const fs = require('fs'), path = require('path'); class Base { get n() { return 'gone' } run() { return fs.readFileSync(path.join(__dirname, this.n)) } } exports.Base = Base"}),
    "factory own": ("class L { run(n) { return require(n) } } const make = () => new L(); const l = make(); l.run = () => 1; make().run('./a')", {}),
    "factory own 2": ("let c = (p) => require(p); function make() { return { run: c } } c = () => 1; make().run('./gone')", {}),
    "factory own 3": ("function make(x) { if (x) return { run(p) { return require(p) } }; return { run() {} } } make().run('./gone')", {}),
    "helper named so": ("function __importStar(m) { return { a: './a' } } const x = __importStar(require('./a')); require(x.a)", {}),
}


def bundle(code: str, beside: dict[str, str]) -> dict[str, str]:
    return {**BESIDE, "package.json": CJS, "dist/index.js": BEGIN + code + "\n", **{f"dist/{name}": text for name, text in beside.items()}}


def bundles() -> Iterator[tuple[str, dict[str, str]]]:
    for name, (code, beside) in COMPILED.items():
        for what, (module, file) in PLACES.items():
            put = lambda text: text.replace("@L", module).replace("@A", file)
            yield f"compiled: {name}, {what}", bundle(put(code), {file: put(text) for file, text in beside.items()})
    for name, (code, beside) in OTHERWISE.items():
        yield f"otherwise: {name}", bundle(code, beside)
