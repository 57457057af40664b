"""CommonJS files of every form in which a name may be exported, for what Node finds in them without running them.

Each version's scanner decides by tokens, so the forms are mixed with all that may mislead it: comments, blanks, regular
expressions, templates, nesting, dead code. A text here is valid CommonJS, and returns before it does anything: its namespace
has the names that the scanner found, and no value.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from harness import BINARY, REPO, Mismatch, must, scratch, write
from harness import run as execute

NAMES = ["a", "b", "c", "d", "parse", "Kind", "DEBUG", "get", "set", "async", "$x", "_y", "default", "__esModule", "of", "é", "ünter", "名"]
STRINGS = [*NAMES, "kebab-case", "with space", "0", "", "a.b", "\\x61b", "\\u0061c", "\\u{61}d", "\\ud83d\\ude00", "line\\\nend", "\\\"q\\'", "\\0", "tab\\t", "{", "//", "/*", "`"]
FILES = ["./one.cjs", "./two.js", "./esm.mjs", "./data.json", "node:fs", "fs", "./gone", "./one"]
WORDS = ["x", "y", "foo", "exports", "module", "require", "this", "null", "true", "false", "undefined", "q"]


class Writer:
    """Writes forms from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one(self, *forms: str) -> str:
        return self.random.choice(forms)

    def chance(self, part: float) -> bool:
        return self.random.random() < part

    def gap(self) -> str:
        """What may stand between two tokens."""
        if self.chance(0.8):
            return self.one("", "", " ")
        return self.one("\n", "\t", "  ", "/* c */", "/**/", "// l\n", " /* exports.no = 1 */ ", "\r\n", "\u00a0" if self.chance(0.1) else " ", "/*'*/", "//`\n")

    def join(self, *tokens: str) -> str:
        return "".join(token + self.gap() for token in tokens)

    def name(self) -> str:
        return self.random.choice(NAMES)

    def string(self, text: str | None = None) -> str:
        text = self.random.choice(STRINGS if self.chance(0.3) else NAMES) if text is None else text
        quote = self.one('"', "'")
        return quote + text + quote

    def required(self) -> str:
        return self.join("require", "(", self.string(self.random.choice(FILES)), ")").rstrip()

    def exports(self) -> str:
        return self.one("exports", "exports", "module.exports", self.join("module", ".", "exports").rstrip("\n"))

    # ---- expressions that are not looked into

    def expression(self, depth: int = 0) -> str:
        word = self.random.choice(WORDS)
        simple = [
            word, "1", "2.", ".5", "void 0", "!0", self.string(), f"`t{self.name()}`", "/[/'\"]/.test(x)", "/a/g", "() => x", "function () {}",
            "class { }", "class A extends B { static x = 1 }", "async () => {}", "new Foo()", f"{word}.b", f"{word}['c']", f"{word}()", "[1, 2]", "{}" if depth else "({})",
            "x++ / 2", "x / y / 2", "(x) / 2", "a[0] / 2", "`a` / 2", "`a${x / 2}b`", "`${`${x}`}`", "`}${{}}`", "typeof x", "typeof /x/", "x ? /'/ : y", "x = /`/", "!/'/", "[/\"/]",
            "{ a: /'/ }" if depth else "(/'/)", "1 / 2", "i-- / 2", "function () { return /'/ }", "function* g() { yield /'/ }", "() => /[\\]'/]/", "require('x').y", "(0, x.y)(1)", "x?.y", "x ?? y",
        ]
        text = self.random.choice(simple)
        if depth < 2 and self.chance(0.2):
            text = self.one("({})", "[{}]", "f({}, 1)", "x => ({})").replace("{}", self.expression(depth + 1), 1)
        return text

    # ---- ways to export

    def dotted(self) -> str:
        text = self.join(self.exports(), ".", self.name())
        sign = self.one("=", "=", "=", "=", "==", "===", "!=", "+=", "??=", "||=", " in ", "(")
        if sign == "(":
            return text.rstrip() + "();"
        return self.join(text, sign, self.expression()) + ";"

    def chained(self) -> str:
        return " = ".join(self.one(f"exports.{self.name()}", f"exports[{self.string()}]", f"module.exports.{self.name()}") for _ in range(self.random.randint(2, 4))) + " = void 0;"

    def bracketed(self) -> str:
        key = self.one(self.string(), self.string(), self.string(), "key", f"`{self.name()}`", "'a' + 'b'", "('a')")
        return self.join(self.exports(), "[", key, "]", self.one("=", "=", "===", "+="), self.expression()) + ";"

    def property(self) -> str:
        name = self.name()
        key = self.one(name, name, self.string(), self.string(name), f"[{self.string()}]", "1")
        return self.one(
            name, name, name, self.join(key, ":", self.random.choice(WORDS)), self.join(key, ":", self.random.choice(WORDS)), self.join(key, ":", self.expression(1)),
            f"{key}: {self.required()}", f"{key}() {{}}", f"get {key}() {{ return 1 }}", f"set {key}(v) {{}}", f"async {key}() {{}}", f"*{key}() {{}}", f"async *{key}() {{}}",
            f"...{self.required()}", f"...{self.name().replace('default', 'x')}", "... x", "...x.y", "...{ a }", f"{key}: ({name})", f"{key}: {name}.b", f"{key}: a = 1", f"{key}: class {{}}",
            f"{key}: function () {{}}", f"{key}: async () => {{}}", f"{key}: null", f"{key}: -1", f"/* c */ {name}", f"{name} // c\n", self.join("...", "x"), f"get\n{key}() {{}}", f"{key}: new X()",
        )  # fmt: skip

    def object(self) -> str:
        properties = [self.property() for _ in range(self.random.randint(0, 5))]
        return "{" + self.gap() + ("," + self.gap()).join(properties) + self.one("", "", ",", " ") + self.gap() + "}"

    def whole(self) -> str:
        target = self.one("module.exports", "module.exports", "module.exports", self.join("module", ".", "exports"), "exports", "module['exports']", "exports = module.exports", "module.exports = exports")
        value = self.one(self.object(), self.object(), self.object(), self.required(), self.required(), self.expression(), f"Object.assign({self.object()})", f"f({self.required()})", f"{self.required()}.x")
        text = self.join(target, "=", value)
        return self.one(f"{text};", f"{text};", f"0 && ({text});", f"if (x) {text};", f"var x = {text};", f"x || ({text});")

    def getter(self) -> str:
        result = self.one("x", "x.y", "x['y']", "x.y.z", "x()", "'s'", "x[y]", "_i(x).default", "(0, x.y)", "this", "null", "this.x", "void 0", "x?.y")
        body = f"{{{self.gap()}return {result}{self.one(';', '', ' ;')}{self.gap()}}}"
        return self.one(
            f"get: function () {body}", f"get: function () {body}", f"get: function() {body}", f"get: function name() {body}", f"get() {body}", f"get () {body}",
            f"get: () => {result}", f"get: function () {{ var q; return {result} }}", f"get: async function () {body}", f"'get': function () {body}", f"get: function* () {body}", "get: x", f"get: () => {body}",
        )  # fmt: skip

    def definition(self) -> str:
        before = self.one("enumerable: true,", "enumerable: true,", "enumerable: true, ", "", "", "enumerable: !0,", "configurable: true,", "enumerable: false,", "writable: true,", "'enumerable': true,")
        what = self.one(self.getter(), self.getter(), self.getter(), f"value: {self.expression(1)}", "value: true", "value", f"'value': 1", "writable: true")
        after = self.one("", "", ",", ", configurable: true", ", enumerable: true")
        key = self.one(self.string(), self.string(), self.string(), "key", f"`{self.name()}`")
        call = self.join("Object", ".", "defineProperty", "(", self.exports(), ",", key, ",", "{", before + what + after, "}", ")")
        return self.one(call, call, call, call.replace("Object", "Reflect", 1), f"f({call.rstrip()})", f"({call})") + ";"

    # ---- what compilers write

    def star(self) -> str:
        name, key = self.one("_x", "x", "tslib_1"), self.one("key", "k", "$")
        bound = f"{self.one('var', 'const', 'let')} {name} = {self.one(self.required(), f'_interopRequireWildcard({self.required()})', f'tslib_1._interopRequireWildcard({self.required()})', 'other')};\n"
        first = self.one(
            f'if ({key} === "default" || {key} === "__esModule") return;', f"if({key} !== 'default') ", f"if ({key} !== 'default' && !exports.hasOwnProperty({key})) ",
            f"if ({key} !== 'default' && !Object.prototype.hasOwnProperty.call(exports, {key})) ", f"if ({key} === 'default') return;", "",
        )  # fmt: skip
        second = third = ""
        if "return" in first:
            second = self.one("", "", f"if (Object.prototype.hasOwnProperty.call(_exportNames, {key})) return;", f"if (Object.hasOwnProperty.call(_exportNames, {key})) return;")
            third = self.one("", f"if ({key} in exports && exports[{key}] === {name}[{key}]) return;", f"if ({key} in module.exports && module.exports[{key}] === {name}[{key}]) return;")
        copy = self.one(
            f"exports[{key}] = {name}[{key}];", f"module.exports[{key}] = {name}[{key}]", f"exports[{key}] = other[{key}];",
            f"Object.defineProperty(exports, {key}, {{ enumerable: true, get: function () {{ return {name}[{key}]; }} }});",
            f"Object.defineProperty(exports, {key}, {{ enumerable: true, get: function get() {{ return {name}[{key}]; }} }})",
            f"Object.defineProperty(exports, {key}, {{ enumerable: true, get() {{ return {name}[{key}] }} }});",
        )  # fmt: skip
        gap = self.one("", " ", "\n  ")
        loop = f"Object.keys({name}).forEach({self.one('function', 'function', 'function ')}({key}) {{{gap}{first}{gap}{second}{gap}{third}{gap}{copy}{gap}}});"
        return bound + self.one(loop, loop, loop.replace("function", "", 1).replace(f"({key}) {{", f"({key}) => {{", 1), loop.replace("forEach", "map"))

    def helper(self) -> str:
        name = self.one("__export", "__exportStar", "tslib_1.__exportStar", "tslib.__export", "(0, tslib_1.__exportStar)", "__exportStar ", "x__export", "_export_star")
        call = f"{name}({self.one('', '', '', ' ')}{self.one(self.required(), self.required(), self.required(), 'x', 'rest', 'exports', '')}{self.one('', ', exports', ', module.exports')});"
        return self.one(call, call, call, f"if (x) {{ {call} }}", f"{call}\n{self.helper()}" if self.chance(0.3) else call)

    def tool(self) -> str:
        a, b = self.name().replace("default", "z"), self.name().replace("default", "z")
        return self.one(
            # tsc
            '"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });',
            f"exports.{a} = exports.{b} = void 0;\nconst x_1 = require(\"./one.cjs\");\nObject.defineProperty(exports, \"{b}\", {{ enumerable: true, get: function () {{ return x_1.{a}; }} }});",
            f"exports.{a} = {a};\nfunction {a}() {{ return 1; }}\nexports.default = {a};",
            "var __exportStar = (this && this.__exportStar) || function(m, exports) {\n    for (var p in m) if (p !== \"default\" && !Object.prototype.hasOwnProperty.call(exports, p)) __createBinding(exports, m, p);\n};\n__exportStar(require(\"./one.cjs\"), exports);",
            "function __export(m) {\n    for (var p in m) if (!exports.hasOwnProperty(p)) exports[p] = m[p];\n}\n__export(require(\"./one.cjs\"));",
            f"var {a};\n(function ({a}) {{ {a}[{a}[\"A\"] = 0] = \"A\"; }})({a} || (exports.{a} = {a} = {{}}));",
            # babel
            f"Object.defineProperty(exports, \"{a}\", {{\n  enumerable: true,\n  get: function get() {{\n    return _x.{b};\n  }}\n}});",
            f"Object.defineProperty(exports, \"{a}\", {{\n  enumerable: true,\n  get: function () {{\n    return _interopRequireDefault(_x).default;\n  }}\n}});\nvar _x = _interopRequireDefault(require(\"./one.cjs\"));\nfunction _interopRequireDefault(e) {{ return e && e.__esModule ? e : {{ default: e }}; }}",
            "var _x = _interopRequireWildcard(require(\"./one.cjs\"));\nfunction _interopRequireWildcard(e, t) { if (\"function\" == typeof WeakMap) var r = new WeakMap(), n = new WeakMap(); return e; }\nexports.ns = _x;",
            # swc
            f"function _export(target, all) {{\n    for(var name in all)Object.defineProperty(target, name, {{\n        enumerable: true,\n        get: all[name]\n    }});\n}}\n_export(exports, {{\n    {a}: function() {{\n        return {a};\n    }},\n    get {b} () {{\n        return {b};\n    }}\n}});",
            f"0 && (module.exports = {{\n    {a}: null,\n    {b}: null\n}});",
            "_export_star(require(\"./one.cjs\"), exports);\nfunction _export_star(from, to) {\n    Object.keys(from).forEach(function(k) {\n        if (k !== \"default\" && !Object.prototype.hasOwnProperty.call(to, k)) {\n            Object.defineProperty(to, k, { enumerable: true, get: function() { return from[k]; } });\n        }\n    });\n    return from;\n}",
            # esbuild
            f"var __defProp = Object.defineProperty;\nvar __export = (target, all) => {{\n  for (var name in all)\n    __defProp(target, name, {{ get: all[name], enumerable: true }});\n}};\nvar index_exports = {{}};\n__export(index_exports, {{\n  {a}: () => {a}\n}});\nmodule.exports = __toCommonJS(index_exports);\n0 && (module.exports = {{\n  {a},\n  {b}\n}});",
            f"0 && (module.exports = {{\n  {a},\n  ...require(\"./one.cjs\"),\n  {b}\n}});\n__reExport(index_exports, require(\"./one.cjs\"), module.exports);",
            # rollup
            f"Object.defineProperty(exports, '__esModule', {{ value: true }});\nvar one = require('./one.cjs');\nexports.{a} = {b};\nObject.keys(one).forEach(function (k) {{\n\tif (k !== 'default' && !Object.prototype.hasOwnProperty.call(exports, k)) Object.defineProperty(exports, k, {{\n\t\tenumerable: true,\n\t\tget: function () {{ return one[k]; }}\n\t}});\n}});",
            f"exports[Symbol.toStringTag] = 'Module';\nexports.{a} = {b}; exports[\"{b}\"] = {a};",
            # webpack, umd
            f"(function (root, factory) {{ if (typeof define === 'function') define([], factory); else if (typeof exports === 'object') module.exports = factory(); else root.X = factory(); }})(this, function () {{ return {{ {a}: 1 }}; }});",
            "!function(e,t){\"object\"==typeof exports&&\"undefined\"!=typeof module?t(exports):\"function\"==typeof define&&define.amd?define([\"exports\"],t):t((e=e||self).X={})}(this,(function(e){e.a=1}));",
            f"(() => {{ var __webpack_modules__ = {{ 1: (module, exports) => {{ exports.{a} = 1; module.exports = require('./one.cjs'); }} }}; var e = exports; e.{b} = 2; }})();",
        )  # fmt: skip

    # ---- all that stands around

    def around(self) -> str:
        return self.one(
            f"x = {self.expression()};", f"var v{self.random.randint(0, 99999)} = {self.expression()};", "if (x) /'/.test(y);", "while (x) { break }", "for (;;) { break } /'/.test(y);", "if (x) {} else {} /'/.test(y);",
            "try {} catch {} /'/.test(y);", "try {} finally {} /'/.test(y);", "function f() {} /'/.test(y);", "class C { } /'/.test(y);", "class D extends f() { m() {} }\n/'/.test(y);", "({}) / 2;", "x = {} / 2;",
            "f() / 2;", "notif(x) / 2;", "xfor(y) / 2;", "awhile(x) / 2;", "a.if(x) / 2;", "label: for (;;) { break label }", "switch (x) { case /'/: }", "do /'/.test(x); while (0)", "{ } /'/.test(y);", "{ x } /'/.test(y);",
            "// it's", "/* it's `*/", "`it's ${x} \\` ${ {} }`;", "\"it's\";", "'\"';", "x = y / 2 / z;", "x = a\n/ 2 / b;", "export1 = 1;", "exported.a = 1;", "importx();", "imports.a = 1;", "import('x');", "import(/* c */ 'x').then(x => x);",
            "var exportss = 1;", "moduleX.exports = {};", "_exports.a = 1;", "a.exports.b = 1;", "$exports.q = 1;", "x.module.exports = { z };", "Object.keys(x);", "Object.freeze(exports);", "Object.keys(x).length;", "var require1 = x;",
            "var Objectx = 1;", "return /'/;" if self.chance(0.2) else "x;", "debugger;", "async function g() { await /'/; }", "throw /'/;" if self.chance(0.2) else "y;", "x = a ? b : /'/;", "x = async / 2;", "x = of / 2;", "x = let_ / 2;",
            "const { a: aa } = x;", "_interopRequireWildcard(x);", "_interopRequireDefault(require('x'));", "exports;", "module.exports;", "f(exports, module.exports);", "delete exports.a;", "typeof exports.a === 'undefined';",
            "exports.a.b = 1;", "exports.a[0] = 1;", "exports.a, exports.b;", "var e = exports; e.a = 1;", "exports.a++;", "({ exports } = x);", "if (exports.a === undefined) {}", "x => { exports.inner = 1 };", "<!-- it's" if self.chance(0.05) else ";",
            "x = function if1() {}(1) / 2;", "x = class { } / 2;", "var els = { melse: 1 };", "x = y.else / 2;", "x = y.return / 2;", "x = y.case / 2;", "x = yieldx / 2;", "x = this / 2;", "x = null / 2;", "x = y\n++\nz;", "x = 1.\n/ 2;",
            "x = a + +/'/;", "x = a - -/'/;", "x = !/'/ / 2;", "() => {}\n/'/.test(y);", "x = () => {}\n;/'/.test(y);", "if (x) { } /'/.exec(y);", "x = [] / 2;", "`${x}` / 2;", "for (const k of /'/) ;", "for (const k in x) /'/.test(k);", "with (x) { }",
        )  # fmt: skip

    def statement(self, depth: int = 0) -> str:
        forms = [self.dotted, self.dotted, self.chained, self.bracketed, self.whole, self.whole, self.definition, self.definition, self.star, self.helper, self.tool, self.around, self.around]
        text = self.random.choice(forms)()
        if depth < 3 and self.chance(0.15):
            inner = text + " " + self.statement(depth + 1)
            inner = inner.replace('"use strict";', "")
            text = self.one(
                f"(function () {{ {inner}\n}})();", f"(function (exports, Object) {{ {inner}\n}})(1, 2);", f"if (false) {{ {inner}\n}}", f"function f{self.random.randint(0, 9999)}() {{ {inner}\n}}", f"(() => {{ {inner}\n}})();",
                f"try {{ {inner}\n}} catch {{ }}", f"`${{ (() => {{ {inner}\n}})() }}`;", f"class K{self.random.randint(0, 9999)} {{ m() {{ {inner}\n}} }}", f"{{ {inner}\n}}", f"x = {{ f() {{ {inner}\n}} }};", f"switch (x) {{ case 1: {inner}\n}}",
            )  # fmt: skip
        return text

    def text(self) -> str:
        """A whole file."""
        head = self.one("", "", "", "'use strict';\n", "#!/usr/bin/env node\n", "/* it's */\n")
        return head + "return;\n" + self.one("\n", "\n", " ").join(self.statement() for _ in range(self.random.randint(1, 5))) + self.one("\n", "")


def texts(seed: int, count: int) -> list[str]:
    return [Writer(seed * 1_000_003 + number).text() for number in range(count)]


# Forms of each kind, one by one; the table of the unit test has them too.
FORMS = [
    "module.exports = { DEBUG: false, parse }", "module.exports = { a: null, b: this, c: true, d }", "0 && (module.exports = { Kind: null, parse: null })", "if (exports.a === undefined) {}",
    "exports.a == 1", "exports.a ??= 1", "exports.a += 1", "exports.a = exports['b'] = module.exports.c = void 0", "exports[`a`] = 1", "exports[key] = 1", "module['exports'] = { a }", "exports = { a }",
    "exports = module.exports = { a }", "module.exports = exports = { a }", "var x = module.exports = { a, b }", "module.exports = Object.assign({ a })", "module.exports = function () {}; module.exports.a = 1",
    "module.exports = { async a() {}, b }", "module.exports = { get a() { return 1 }, b }", "module.exports = { a, get b() { return 1 } }", "module.exports = { get, a }", "module.exports = { get: x, a }",
    "module.exports = { set a(v) {}, b }", "module.exports = { a() {}, b }", "module.exports = { *a() {}, b }", "module.exports = { b: (b), a }", "module.exports = { a: b.c, d }", "module.exports = { a: b , c }",
    "module.exports = { a: b, c }", "module.exports = { 'a': b, \"c\": d, e }", "module.exports = { 'a'() {}, b }", "module.exports = { [a]: b, c }", "module.exports = { 1: b, c }", "module.exports = { a: 1, b }",
    "module.exports = { a: 'x', b }", "module.exports = { a: function () {}, b }", "module.exports = { a: () => {}, b }", "module.exports = { a: x => {}, b }", "module.exports = { a: new X(), b }", "module.exports = {}",
    "module.exports = { ...require('x'), ...y, a, ...require(\"z\") }", "module.exports = { ... a, b }", "module.exports = { ...a.b, c }", "module.exports = { a: require('x'), b }", "module.exports = { a: require }",
    "module.exports = require('x')", "module.exports = require('x').y", "module.exports = require('x'); module.exports = require('y')", "module.exports = require('x'); module.exports = {}", "module.exports = require(`x`)",
    "exports = require('x')", "if (x) module.exports = require('x'); else module.exports = require('y')",
    "Object.defineProperty(exports, 'a', { value: 1 })", "Object.defineProperty(exports, 'a', { enumerable: true, value: f() })", "Object.defineProperty(exports, 'a', { enumerable: false, value: 1 })",
    "Object.defineProperty(exports, 'a', { writable: true, value: 1 })", "Object.defineProperty(module.exports, \"a\", { enumerable: true, get: function () { return x.y; } })",
    "Object.defineProperty(exports, 'a', { enumerable: true, get() { return x['y'] } })", "Object.defineProperty(exports, 'a', { enumerable: true, get: function name() { return x } })",
    "Object.defineProperty(exports, 'a', { enumerable: true, get: () => x })", "Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return _i(x).default } })",
    "Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return x.y.z } })", "Object.defineProperty(exports, 'a', { get: () => x }); exports.a = 1",
    "Object.defineProperty(exports, 'a', { get: () => x }); Object.defineProperty(exports, 'a', { value: 1 })", "Object.defineProperty(exports, 'a', { enumerable: !0, get: function () { return x } })",
    "Object.defineProperty(exports, 'a', { 'value': 1 })", "Object.defineProperty(exports, a, { value: 1 })", "Object.defineProperties(exports, { a: { value: 1 } })", "Reflect.defineProperty(exports, 'a', { value: 1 })",
    "__export(require('x'))", "__exportStar(require('x'), exports)", "tslib_1.__exportStar(require('x'), exports)", "(0, tslib_1.__exportStar)(require('x'), exports)", "__exportStar( require('x'))",
    "if (x) { __exportStar(require('x')) }", "__export(x, { a: () => a }); exports.b = 1", "__exportStar(); exports.a = 1", "__export('it'); exports.a = 1", "_export_star(require('x'), exports)",
    "var _x = require('x'); Object.keys(_x).forEach(function (key) { if (key === \"default\" || key === \"__esModule\") return; exports[key] = _x[key]; });",
    "var _x = require('x'); Object.keys(_x).forEach(function (key) { if (key === \"default\" || key === \"__esModule\") return; if (key in exports && exports[key] === _x[key]) return; Object.defineProperty(exports, key, { enumerable: true, get: function () { return _x[key]; } }); });",
    "var _x = require('x'); Object.keys(_x).forEach(function (key) { if (key === \"default\" || key === \"__esModule\") return; if (Object.prototype.hasOwnProperty.call(_exportNames, key)) return; exports[key] = _x[key]; });",
    "var x = require('x'); Object.keys(x).forEach(function (k) { if (k !== 'default' && !Object.prototype.hasOwnProperty.call(exports, k)) Object.defineProperty(exports, k, { enumerable: true, get: function () { return x[k]; } }); });",
    "const x = _interopRequireWildcard(require('x')); Object.keys(x).forEach(function (k) { if (k !== 'default') exports[k] = x[k]; });",
    "var x = require('x'); var x = require('y'); Object.keys(x).forEach(function (k) { if (k !== 'default') exports[k] = x[k]; });",
    "var x = require('x'); Object.keys(x).forEach((k) => { if (k !== 'default') exports[k] = x[k]; });", "var x = require('x'); Object.keys(x).forEach(function (k) { exports[k] = x[k]; });",
    "// exports.a = 1\nexports.b = 1", "/* exports.a = 1 */", "'exports.a = 1'", "`exports.a = 1`", "`${exports.a = 1}`", "/exports.a = 1/", "x / exports.a / 2", "(function (exports) { exports.a = 1 })()", "if (false) exports.a = 1",
    "x.exports.a = 1", "_exports.a = 1", "exportsa.b = 1", "exports . a = 1", "exports\n/* c */ [ 'a' ] // c\n= 1", "module\n.exports\n.a = 1", "var e = exports; e.a = 1", "exports.\\u0061 = 1", "exports['\\x61\\u0062\\u{63}'] = 1",
    "exports['\\101'] = 1", "exports['\\xe9'] = 1", "exports['a\\\nb'] = 1", "exports['\\ud83d\\ude00'] = 1; exports['\\ud83d'] = 1", "exports.é = 1; exports['名'] = 1", "exports.\u00a0a = 1", "\u00a0exports.a = 1",
    "if (x) /'/.test(y); exports.a = 1", "notif(x) / 2; '/'; exports.a = 1", "{ } /'/.test(x); exports.a = 1", "x = {} / 2; '/'; exports.a = 1", "class A { } /'/.test(x); exports.a = 1", "x = y.else\n{ } /'/.test(x); exports.a = 1",
    "melse\n{ } /'/.test(x); exports.a = 1", "return /'/; exports.a = 1", "x; return /'/; exports.a = 1", "x++ / 2; '/'; exports.a = 1", "x = 2. / 2; '/'; exports.a = 1", "#!/usr/bin/env node\nexports.a = 1", "#!/usr/bin/env node\n/'/; exports.a = 1",
    "import('x'); exports.a = 1", "importx; exports.a = 1", "exported; exports.a = 1", "x. import.y; exports.a = 1", "exports.if = 1; exports.default = 2; exports['a-b'] = 3; exports[''] = 4", "_interopRequireWildcard('it'); exports.a = 1",
    "(() => {", "exports.a = 1 }", "exports.a = 'it",
]  # fmt: skip

SCANNER = """
const { readFileSync } = require('fs');
(async () => {
  const line = +process.versions.node.split('.')[0];
  let scan;
  if (line === 18) { const it = require('internal/deps/cjs-module-lexer/dist/lexer'); await it.init(); scan = it.parse; }
  else if (line < 24) scan = require('internal/deps/cjs-module-lexer/lexer').parse;
  else {
    const parse = require('internal/test/binding').internalBinding('cjs_lexer').parse;
    scan = (text) => { const found = parse(text); return { exports: found[0], reexports: found[1] }; };
  }
  const valid = (text) => { try { require('vm').compileFunction(text.replace(/^#!.*/, ''), ['exports', 'require', 'module']); return true; } catch { return false; } };
  const sorted = (list) => [...new Set(list)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const found = JSON.parse(readFileSync(process.argv[2], 'utf8')).map((text) => {
    try { const it = scan(text); return [sorted(it.exports), sorted(it.reexports), valid(text)]; } catch { return [[], [], valid(text)]; }
  });
  console.log(JSON.stringify(found));
})();
"""


def scanned(binary: str, files: list[str], at: Path) -> list[list]:
    """The names and reexports that a Node's own scanner finds in each text, and whether it is valid."""
    written, script = write(at / "texts.json", json.dumps(files)), write(at / "scanner.cjs", SCANNER)
    return json.loads(must(binary, "--no-warnings", "--expose-internals", script, written).out)


def rows(binaries: dict[int, str], files: list[str], at: Path) -> list[dict]:
    """The rows of the unit test's table."""
    found = {line: [row[:2] for row in scanned(binary, files, at)] for line, binary in binaries.items()}
    if found[20] != found[22]:
        raise Mismatch("Node 20 and 22 no longer find the same")
    table = []
    for number, text in enumerate(files):
        each = {str(line): found[line][number] for line in (18, 20, 24)}
        same = each["18"] == each["20"] == each["24"]
        table.append({"text": text, "all": each["18"]} if same else {"text": text, **each})
    return table


def table_text(binaries: dict[int, str], at: Path) -> str:
    """`names.jsonl`: every form, and a sample of whole files."""
    sample = [text for text in texts(20, 1500) if len(text) < 400][:400]
    valid = scanned(binaries[24], sample, at)
    files = FORMS + [text for text, row in zip(sample, valid, strict=True) if row[2]]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(binaries, files, at))


def table(binaries: dict[int, str]) -> None:
    """`src/node/parse/commonjs/names.jsonl` is what these versions find."""
    with scratch("commonjs") as work:
        if (REPO / "src/node/parse/commonjs/names.jsonl").read_text() != table_text(binaries, work):
            raise Mismatch("names.jsonl is not what these versions of Node find: write it anew with `table_text`")


def bundle(files: list[str], names: list[list[str]]) -> dict[str, str]:
    """An agent that imports names from each file; the line tells the file."""
    lines = [f"import {{ {', '.join(f'{json.dumps(name, ensure_ascii=False)} as n{number}_{each}' for each, name in enumerate(list_))} }} from './x{number}.cjs';" for number, list_ in enumerate(names)]
    shared = {"name": "@server-flow/shared", "version": "1.0.0", "type": "module", "main": "dist/index.js"}
    return {
        "package.json": json.dumps({"name": "@server-flow/agent", "version": "1.0.0", "type": "module", "dependencies": {}}),
        "dist/index.js": "\n".join(lines) + "\n",
        "node_modules/@server-flow/shared/package.json": json.dumps(shared),
        "node_modules/@server-flow/shared/dist/index.js": "export {};\n",
        "dist/one.cjs": "exports.one = 1; exports.a = 2;\n",
        "dist/two.js": "exports.two = 1;\n",
        "dist/esm.mjs": "export const esm = 1;\n",
        "dist/data.json": "{ \"json\": 1 }\n",
        **{f"dist/x{number}.cjs": text for number, text in enumerate(files)},
    }  # fmt: skip


# Files of one bundle: more names that are missing than a report lists would be told as a number.
FILES_OF_A_BUNDLE = 3
NAMES_OF = (
    "const found = [];\nfor (let at = 0; at < COUNT; at += 1)\n"
    "  found.push(await import(`./x${at}.cjs`).then((it) => Object.keys(it), () => null));\nconsole.log(JSON.stringify(found));\n"
)


def hidden(binaries: dict[int, str], seed: int, count: int) -> None:
    """Names that Node really has in the namespaces of generated files, against those that `check` calls missing."""
    pool = sorted({name for name in NAMES} | {"one", "two", "esm", "json", "readFileSync", "kebab-case", "0", "module.exports"} - {"default"})
    wrong, compared = [], 0
    with scratch("commonjs") as work:
        files = texts(seed, count)
        files = [text for text, row in zip(files, scanned(binaries[18], files, work), strict=True) if row[2]]
        parts = [files[at : at + FILES_OF_A_BUNDLE] for at in range(0, len(files), FILES_OF_A_BUNDLE)]
        paths = [work / f"bundle{number}" for number in range(len(parts))]
        for path, part in zip(paths, parts, strict=True):
            for name, text in bundle(part, [pool for _ in part]).items():
                write(path / name, text)
            write(path / "names.mjs", NAMES_OF.replace("./x", "./dist/x").replace("COUNT", str(len(part))))
        config = write(work / "lab.toml", "[bundle]\nrequired-dependencies = []\n")
        for line, binary in binaries.items():
            ran = execute(BINARY, "check", *paths, "--format", "json", "--config", config, "--node", line)
            subjects = json.loads(ran.out)["subjects"]
            for path, part, subject in zip(paths, parts, subjects, strict=True):
                real = json.loads(must(binary, "--no-warnings", path / "names.mjs").out)
                missing = [(f["line"], f["evidence"].rsplit(" from ", 1)[0]) for f in subject["findings"] if f["rule"] == "missing-export"]
                skipped = {f["path"] for f in subject["findings"] if f["rule"] == "module-not-judged" or "not judged" in f["message"]}
                for number, (text, names) in enumerate(zip(part, real, strict=True)):
                    # What was not parsed is in the report; where something that it requires dies there is no namespace.
                    if names is None or f"dist/x{number}.cjs" in skipped:
                        continue
                    compared += 1
                    said = {name for at, name in missing if at == number + 1}
                    if said != set(pool) - set(names):
                        wrong.append(f"Node {line}: {text!r}\n  has {names}\n  missing for check: {sorted(said)}")
    if wrong or compared < count:
        raise Mismatch("\n".join(wrong[:5]) + f"\n{len(wrong)} of {compared} differ")


def cases(binaries: dict[int, str]) -> list[tuple[str, Callable[[], None]]]:
    """What the part `imports` does beside its bundles."""
    return [
        ("the table of the names that Node's scanners find in CommonJS files", lambda: table(binaries)),
        ("the names of generated CommonJS files", lambda: hidden(binaries, 1, 60)),
    ]


def bundles() -> Iterator[tuple[str, dict[str, str | bytes]]]:
    """Agents that import a name of a CommonJS file, which is found or hidden."""
    one, data = "exports.b = 1; exports.c = 2;\n", '{ "b": 1 }\n'
    for number, text in enumerate(FORMS):
        if "require('x'" in text or text.startswith("import('x')") or "require(`x`" in text or "await" in text or text.startswith(("exports.a = 'it", "exports.a = 1 }", "(() => {")):
            continue
        # Nothing of it is run: what it names is not there.
        text = text if text.startswith(("#!", "\u00a0")) else "return;\n" + text
        for name in ("a", "b", "module.exports") if number % 3 == 0 else ("a",):
            yield f"CommonJS: {name!r} of {text!r}", {"dist/index.js": f'import {{ "{name}" as it }} from "./x.cjs"; it;\n', "dist/x.cjs": text + "\n"}
    for text in (
        "module.exports = require('./one.cjs')", "module.exports = { ...require('./one.cjs'), a }; var a", "module.exports = { a: require('./one.cjs') }", "module.exports = require('./esm.mjs')",
        "0 && (module.exports = require('./esm.mjs'))", "0 && (module.exports = require('./gone'))", "module.exports = require('./data.json')", "module.exports = require('fs')", "module.exports = require('node:fs')",
        "var __exportStar = (m) => Object.assign(exports, m); __exportStar(require('./one.cjs'), exports)", "0 && (module.exports = require('./esm.js'))", "0 && (module.exports = require('./none.mjs'))",
        "0 && (module.exports = require('./folder'))", "module.exports = require('@server-flow/shared')", "var one = require('./one.cjs'); module.exports = one",
        "var x = require('./one.cjs'); Object.keys(x).forEach(function (k) { if (k !== 'default' && !Object.prototype.hasOwnProperty.call(exports, k)) exports[k] = x[k]; });",
    ):
        files = {"dist/one.cjs": one, "dist/data.json": data, "dist/esm.mjs": "export const b = 1;\n", "dist/esm.js": "export const b = 1;\n", "dist/none.mjs": "0 && (exports.b = 1);\n", "dist/folder/index.json": data}
        for form in ("import { b } from './x.cjs'; b;", "import { readFileSync } from './x.cjs'; readFileSync;", "export * from './x.cjs'; import { b } from './index.js'; b;"):
            yield f"CommonJS: {form} with {text}", {"dist/index.js": form + "\n", "dist/x.cjs": text + ";\n", **files}
    for text in ("\ufeffexports.b = 1", "\ufeff'use strict'; exports.b = 1", "\ufeff/'/; exports.b = 1"):
        for form in ("./x.cjs", "./y.cjs"):
            yield f"CommonJS: {form} with {text!r}", {"dist/index.js": f"import {{ b }} from '{form}'; b;\n", "dist/x.cjs": text + "\n", "dist/y.cjs": "module.exports = require('./x.cjs');\n"}
    for line in ("export const a = 1;", "import 'node:fs'; export const a = 1;", "exports.a = 1; export const b = 1;"):
        yield f"CommonJS: an ES module as CommonJS: {line}", {"dist/index.js": "import { a } from './x.cjs'; a;\n", "dist/x.cjs": line + "\n"}
        yield f"CommonJS: an ES module as CommonJS, passed on: {line}", {"dist/index.js": "import { a } from './y.cjs'; a;\n", "dist/x.cjs": line + "\n", "dist/y.cjs": "module.exports = require('./x.cjs');\n"}
