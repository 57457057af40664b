"""Syntax that V8 refuses, in one version or all, in one format or both, and what lies beside it that V8 reads.

Every snippet is parsed by V8 itself as an ES module and as CommonJS (`vm.SourceTextModule` and `vm.compileFunction`, which
Node's loaders use), in one process for each version, and judged by `check` as an entry point of a bundle. Most are put into a
function that nobody calls, so that only their syntax counts. Some are started as bundles, too.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Iterator

from harness import BINARY, Mismatch, run as execute, write

# Snippets of which `check` says something else than V8, and why.
EXCEPTIONS = {
    r"^let$|^let \(a\) = 1$": "`let` as a name at the start of a statement, which the parser does not read: no compiler writes it",
    r"^await (\(0\)|\[0\]|\+1|-1|\\n 0)$": "in CommonJS V8 reads an operator or a call of the name `await`, and Node stops when it comes to it: refused with other words",
    r"^await /1/$": "in CommonJS V8 reads two divisions, and stops at their end: refused with other words",
    r"^(export @a|@a export) |^export \{ a \} from$|^for \(await using ": "it has two faults, and the one is quoted of which V8 does not speak",
    "^import source ": "V8 of Node 24 reads it, and Node then finds no source phase of what is no WebAssembly",
}

PARSE = """
const vm = require('vm'), said = (parse) => { try { parse(); return null } catch (error) { return String(error).split('\\n')[0] } };
const wrapper = ['exports', 'require', 'module', '__filename', '__dirname'];
console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0, 'utf8')).map((code) => [
  said(() => new vm.SourceTextModule(code, { importModuleDynamically() {} })), said(() => vm.compileFunction(code, wrapper)),
])));
"""

# Statements, put into a function that is not called.
STATEMENTS = """
let a; let a
let a; var a
var a; let a
const a = 1; const a = 2
let a; { var a }
{ var a } let a
{ let a; { var a } }
function a() {} let a
let a; function a() {}
{ function a() {} function a() {} }
{ function a() {} var a }
{ function a() {} let a }
{ async function a() {} async function a() {} }
{ async function a() {} function a() {} }
{ function* a() {} function a() {} }
switch (1) { case 0: function a() {} case 1: function a() {} }
switch (1) { case 0: let a; case 1: let a }
switch (1) { case 0: let a; case 1: var a }
class a {} var a
class a {} class a {}
try {} catch (e) { let e }
try {} catch (e) { var e }
try {} catch (e) { for (var e of []) {} }
try {} catch (e) { for (var e in []) {} }
try {} catch (e) { function e() {} }
try {} catch (e) { { let e } }
try {} catch ([e]) { var e }
try {} catch ({ e }) { var e }
try {} catch ([e, e]) {}
try {} catch (e) { const e = 1 }
try {} catch { let e }
try {} catch ([a]) { let a }
try {}
try {} finally {}
for (let a of []) { var a }
for (let a of []) { let a }
for (let a;;) { var a }
for (const a in {}) { var a }
for (let a, a;;) {}
for (let [a, a] of []) {}
for (let let of []) {}
for (let of []) {}
for (let of;;) {}
for (let in {}) {}
for (let;;) break
for (let.a of []) {}
for (async of []) {}
for (async of => {};;) break
for (var a = 1 in {}) {}
for (var a = 1 of []) {}
for (let a = 1 in {}) {}
for (let a = 1 of []) {}
for (var [a] = 1 in {}) {}
for (var a, b of []) {}
for (var a, b in {}) {}
for (const a;;) {}
for (const a of []) {}
for (const a in {}) {}
for (let a of [], []) {}
for (let a in {}, {}) {}
for (f() of []) {}
for (f() in {}) {}
for (1 of []) {}
for (a of []) {}
for (a.b of []) {}
for ([a, b] of []) {}
for ({ a } of []) {}
for ((a) of []) {}
for (([a]) of []) {}
for (a ? b : c in d) {}
for (var i in a, b) {}
for (;;) function f() {}
for (var a of []) function f() {}
while (false) function f() {}
do function f() {} while (false)
do ; while (false) a
if (a) function f() {}
if (a) {} else function f() {}
if (a) async function f() {}
if (a) function* f() {}
if (a) let b
if (a) const b = 1
if (a) class B {}
if (a) let [b] = c
if (a) let \\n b
while (0) let [a] = 1
while (0) class A {}
a: function f() {}
a: function* f() {}
a: async function f() {}
a: let b
a: class B {}
a: b: function f() {}
if (1) a: function f() {}
while (0) a: function f() {}
a: a: ;
a: { a: ; }
a: ; a: ;
a: { break a }
a: { continue a }
a: for (;;) { continue a }
a: for (;;) { break a }
a: for (;;) { () => { break a } }
a: b: for (;;) { continue a }
a: { for (;;) { continue a } }
break
continue
break a
continue a
for (;;) { break }
for (;;) { continue }
switch (1) { case 1: break }
switch (1) { case 1: continue }
for (;;) { () => { break } }
for (;;) { class A { static { break } } }
for (;;) { class A { static { continue } } }
if (1) { break }
{ break }
switch (1) { default: default: }
switch (1) { case 1: let a }
throw \\n a
throw
return
return 1
debugger
with (a) {}
with (a) b
with (a) let b
with (a) function f() {}
let let
let let = 1
const let = 1
var let
let [let] = 1
let { let } = 1
let { a: let } = 1
class let {}
let a, let
let \\n let
let \\n a
var a = let
let
let = 1
let[0] = 1
(let)[0] = 1
let.a = 1
const a
const a, b = 1
const [a]
let [a]
let { a }
var [a]
var { a }
var yield
var static
var implements
var interface
var package
var private
var protected
var public
var await
var async
var of
var get
var enum
var class
var null
var this
var true
var undefined
var eval
var arguments
let undefined
let eval
eval = 1
arguments = 1
eval++
++arguments
arguments += 1
[arguments] = []
({ eval } = {})
({ a: eval } = {})
[...arguments] = []
[eval = 1] = []
for (eval of []) {}
for (arguments in {}) {}
eval.a = 1
arguments[0] = 1
yield = 1
static = 1
implements = 1
await = 1
async = 1
enum = 1
static: 1
yield: 1
await: 1
a = yield
a = static
a = await
a = implements
({ yield })
({ static })
({ await })
({ implements: 1 })
({ eval })
({ arguments })
function yield() {}
function static() {}
function await() {}
function eval() {}
function arguments() {}
function enum() {}
class yield {}
class static {}
class await {}
class implements {}
class eval {}
class arguments {}
(function eval() {})
(function yield() {})
(function* yield() {})
(function await() {})
(async function await() {})
(class eval {})
(class static {})
(class yield {})
(class await {})
function f(a, a) {}
function f(a, a) { 'use strict' }
function f(a, [a]) {}
function f(a, ...a) {}
function f(a = 1, a) {}
function f({ a, a }) {}
function f([a], a) {}
function* f(a, a) {}
async function f(a, a) {}
(a, a) => 1
(a, [a]) => 1
(a, a = 1) => 1
async (a, a) => 1
({ f(a, a) {} })
({ set f(a) {} })
class A { f(a, a) {} }
class A { constructor(a, a) {} }
function f(a) { let a }
function f(a) { var a }
function f(a) { function a() {} }
function f(a) { class a {} }
function f([a]) { let a }
function f(a) { { let a } }
(a) => { let a }
(a) => { var a }
a => { let a }
async a => { let a }
async (a) => { let a }
function f(...a) { let a }
function f(a = 1) { let a }
function f(a = 1) { 'use strict' }
function f([a]) { 'use strict' }
function f(...a) { 'use strict' }
function f(a) { 'use strict' }
(a = 1) => { 'use strict' }
(a) => { 'use strict' }
({ f(a = 1) { 'use strict' } })
function f(eval) {}
function f(eval) { 'use strict' }
function eval() { 'use strict' }
function f() { 'use strict'; with (a) {} }
function f() { 'use strict'; 010 }
function f() { 'use strict'; '\\01' }
function f() { '\\01'; 'use strict' }
function f() { 'use strict'; arguments = 1 }
function f() { 'use strict'; delete a }
function f() { 'use strict'; yield = 1 }
function f() { 'use strict'; var public }
function f() { 'use strict'; if (1) function g() {} }
function f() { 'use strict'; function g(a, a) {} }
function static() { 'use strict' }
function f(static) { 'use strict' }
function f() { ('use strict'); with (a) {} }
function f() { 'use\\x20strict'; with (a) {} }
(static) => { 'use strict' }
(eval) => { 'use strict' }
eval => 1
arguments => 1
yield => 1
await => 1
async await => 1
async (await) => 1
(await) => 1
static => 1
async => 1
async \\n a => 1
a \\n => 1
(a) \\n => 1
async (a) \\n => 1
() => {} || 1
() => {}()
(() => {})()
a => {} ? 1 : 2
() + 1
()
(a, b,)
(a, b,) => 1
(a,, b) => 1
(...a, b) => 1
(...a,) => 1
(...a = []) => 1
(...[a]) => 1
(a, ...b)
(a.b) => 1
((a)) => 1
([a.b]) => 1
({ a: b.c }) => 1
({ a = 1 }) => 1
({ a = 1 })
({ a = 1 } = {})
({ a = 1 }).b
f({ a = 1 })
({ a: 1 } = {})
({ a: f() } = {})
({ a: (b) } = {})
({ a: ({ b }) } = {})
({ a: [b] } = {})
({ (a) } = {})
({ (a): b })
({ get a() {} } = {})
({ a() {} } = {})
({ ...a } = {})
({ ...a, b } = {})
({ ...a, } = {})
({ ...{ a } } = {})
({ ...[a] } = {})
({ ...a.b } = {})
({ ...(a) } = {})
({ ...f() } = {})
let { ...{ a } } = {}
let { ...[a] } = {}
let { ...a, b } = {}
let [...a, b] = []
let [...a,] = []
let [...a = 1] = []
let [a,,b] = []
let [...[a]] = []
let (a) = 1
let [(a)] = 1
let { a: (b) } = 1
let { a.b } = 1
let { 'a' } = 1
let { 1 } = 1
let { [a] } = 1
let { [a]: b } = 1
var (a) = 1
[a] = 1
[a, b] = [b, a]
[...a, b] = 1
[...a,] = 1
[...a = 1] = 1
[(a)] = 1
[([a])] = 1
[(a = 1)] = 1
[a.b] = 1
[f()] = 1
[1] = 1
([a]) = 1
({ a }) = 1
(a) = 1
(a.b) = 1
(a, b) = 1
(a = 1) = 2
a + b = 1
a++ = 1
1 = 1
'a' = 1
null = 1
this = 1
f() = 1
f() += 1
f()++
++f()
f() ??= 1
f() &&= 1
1++
this++
this += 1
new.target = 1
new.target++
import.meta = 1
super = 1
-a = 1
a ? b : c = 1
(a ? b : c) = 1
a => 1 = 2
() => {} = 1
async () => {} = 1
`a` = 1
`a`++
[a] += 1
({ a }) += 1
[a] ??= 1
({}) ||= 1
[]++
{} = 1
a?.b = 1
a?.b += 1
a?.b++
++a?.b
[a?.b] = 1
({ x: a?.b } = 1)
for (a?.b of []) {}
for (a?.b in {}) {}
a?.[0] = 1
a?.b.c = 1
(a?.b).c = 1
delete a?.b
new a?.b()
new (a?.b)()
new a?.()
a?.b`x`
a?.`x`
a?.b\\n`x`
super?.b
import?.('x')
a?.1:2
a ?.b
a? .1 : 2
a??b||c
a||b??c
a&&b??c
(a||b)??c
a??(b&&c)
a??b??c
-a**2
(-a)**2
-(a**2)
a**-b
+a**2
!a**2
typeof a**2
delete a.b**2
void a**2
await a**2
++a**2
a++**2
new a**2
a**b**c
a!
a as b
a: b
a satisfies b
<a>b
<a />
<a>b</a>
let a: number = 1
let a!: number
function f(a: number) {}
function f(a?) {}
function f(this) {}
function f(): void {}
function f<T>() {}
(a?) => 1
(a: b) => 1
(a): b => 1
(a?: b) => 1
a ? (b) : c => d
f<T>()
f<T>(a)
new A<T>()
new A<T>
f<T>`x`
a<b>c
enum A {}
const enum A {}
interface A {}
type A = 1
type = 1
declare var a
declare function f()
declare class A {}
declare
namespace A {}
module A {}
module \\n A
abstract class A {}
abstract
abstract \\n class A {}
import a = require('b')
export = a
import type a from 'b'
export type { a }
function f()
function f();
function f() \\n {}
async function f()
class A implements B {}
class A extends B implements C {}
class A<T> {}
class A { a: number }
class A { a? }
class A { a?; }
class A { a?: number }
class A { a! }
class A { readonly a }
class A { readonly a = 1 }
class A { readonly }
class A { readonly \\n a }
class A { readonly = 1 }
class A { readonly() {} }
class A { private a }
class A { private }
class A { private = 1 }
class A { private() {} }
class A { public a() {} }
class A { protected a }
class A { declare a }
class A { declare }
class A { declare \\n a }
class A { override a() {} }
class A { override }
class A { abstract a() }
class A { abstract a }
class A { abstract }
class A { static readonly a }
class A { static private a }
class A { f() }
class A { f(); }
class A { f(): void {} }
class A { f?() {} }
class A { f<T>() {} }
class A { constructor(private a) {} }
class A { constructor(readonly a) {} }
class A { constructor(public a = 1) {} }
class A { constructor() }
class A { [a: string]: b }
class A { in a }
class A { out }
class A { const a = 1 }
class A { export a }
class A { async a }
class A { async }
class A { async \\n a() {} }
class A { async a() {} }
class A { async *a() {} }
class A { async * }
class A { async get a() {} }
class A { get a }
class A { get }
class A { get = 1 }
class A { get \\n a() {} }
class A { get \\n *a() {} }
class A { set }
class A { set a }
class A { static }
class A { static = 1 }
class A { static static }
class A { static async a() {} }
class A { static async \\n a() {} }
class A { static a }
class A { static {} }
class A { static {}; static {} }
class A { static { await } }
class A { static { await 1 } }
class A { static { let await } }
class A { static { function await() {} } }
class A { static { (class await {}) } }
class A { static { ({ await }) } }
class A { static { async function f() { await 1 } } }
class A { static { async () => await 1 } }
class A { static { yield } }
class A { static { return } }
class A { static { () => { return } } }
class A { static { arguments } }
class A { static { () => arguments } }
class A { static { function f() { arguments } } }
class A { static { super() } }
class A { static { super.a } }
class A { static { this.a } }
class A { static { new.target } }
class A { static { var a; let a } }
class A { static { let a; let a } }
class A { static { a: { break a } } }
class A { static { a: a: ; } }
class A { static { for await (a of b) {} } }
class A { static async { } }
class A { a = arguments }
class A { a = () => arguments }
class A { a = function () { arguments } }
class A { static a = arguments }
class A { [arguments] = 1 }
class A { a = super() }
class A { a = super.b }
class A { a = () => super.b }
class A { a = function () { super.b } }
class A { a = new.target }
class A { a = this }
class A { a = await 1 }
class A { a = await }
class A { a = yield }
class A { a = eval }
class A { a = eval = 1 }
class A { a \\n b }
class A { a b }
class A { a; b; }
class A { a, b }
class A { a = 1, b = 2 }
class A { a = 1 b = 2 }
class A { a = 1 \\n b = 2 }
class A { a \\n *b() {} }
class A { a \\n in \\n b }
class A { 'a' = 1 }
class A { 1 = 1 }
class A { [a] = 1 }
class A { constructor }
class A { constructor = 1 }
class A { 'constructor' = 1 }
class A { static constructor = 1 }
class A { static 'constructor' }
class A { ['constructor'] = 1 }
class A { #constructor }
class A { #constructor() {} }
class A { static #constructor }
class A { prototype }
class A { static prototype }
class A { static prototype() {} }
class A { static 'prototype' = 1 }
class A { static ['prototype'] = 1 }
class A { static #prototype }
class A { static get prototype() {} }
class A { constructor() {} constructor() {} }
class A { constructor() {} 'constructor'() {} }
class A { constructor() {} ['constructor']() {} }
class A { constructor() {} static constructor() {} }
class A { get constructor() {} }
class A { set constructor(a) {} }
class A { *constructor() {} }
class A { async constructor() {} }
class A { async *constructor() {} }
class A { static get constructor() {} }
class A { static async constructor() {} }
class A { get ['constructor']() {} }
class A { constructor() { super() } }
class A extends B { constructor() { super() } }
class A extends null { constructor() { super() } }
class A extends B { constructor() { () => super() } }
class A extends B { constructor() { function f() { super() } } }
class A extends B { constructor(a = super()) {} }
class A extends B { f() { super() } }
class A extends B { f() { super.f() } }
class A extends B { static f() { super.f() } }
class A { f() { super.f() } }
class A { f() { function g() { super.f() } } }
class A { f() { () => super.f() } }
class A { f() { super } }
class A { f() { new super() } }
class A { f() { new super.f() } }
class A { f() { super?.f } }
class A { f() { super.#a } }
class A { f() { delete super.f } }
class A { f(a = super.f) {} }
class A { [super.f]() {} }
class A { get a() { super.f } }
class A extends B, C {}
class A extends {}
class A extends B + C {}
class A extends (B, C) {}
class A extends a => 1 {}
class A extends yield {}
class A extends await {}
class {}
(class {})
class A { get a(b) {} }
class A { set a() {} }
class A { set a(b, c) {} }
class A { set a(...b) {} }
class A { set a(b = 1) {} }
class A { set a([b]) {} }
({ get a(b) {} })
({ set a() {} })
({ set a(b, c) {} })
({ set a(...b) {} })
({ set a(b,) {} })
({ get a() { super.b } })
({ a() { super.b } })
({ a() { super() } })
({ a: function () { super.b } })
({ a: () => super.b })
super.a
super()
() => super.a
function f() { super.a }
function f() { super() }
class A { #a; f() { this.#a } }
class A { f() { this.#a } }
class A { #a; #a }
class A { #a; #a() {} }
class A { get #a() {} set #a(b) {} }
class A { get #a() {} get #a() {} }
class A { set #a(b) {} set #a(b) {} }
class A { get #a() {} #a }
class A { static get #a() {} set #a(b) {} }
class A { static #a; #a }
class A { static #a; static #a() {} }
class A { #a; f() { delete this.#a } }
class A { #a; f() { delete this?.#a } }
class A { #a; f() { delete (this.#a) } }
class A { #a; f() { delete ((this.#a)) } }
class A { #a; f() { delete this.#a.b } }
class A { #a; f() { delete this[this.#a] } }
class A { #a; f() { () => this.#a } }
class A { #a; f() { class B { g() { this.#a } } } }
class A { #a; f() { class B { #a; g() { this.#a } } } }
class A { f() { class B { #a } this.#a } }
class A { #a; f() { #a in this } }
class A { f() { #a in this } }
class A { #a; f() { #a } }
class A { #a; f() { (#a) in this } }
class A { #a; f() { #a in #a in this } }
class A { #a; f() { 1 + #a in this } }
class A { #a; f() { #a + 1 } }
class A { #a; f() { #a = 1 } }
class A { #a; f() { ({ #a: 1 }) } }
class A { #a; f() { ({ #a }) } }
class A { #a; f() { this.# a } }
class A { # a }
class A { #1 }
class A { #a; f() { this?.#a } }
class A { #a; f() { this?.b.#a } }
class A { #a; f() { ({ #a: b } = this) } }
class A { #a; f() { eval.#a } }
class A extends (o => o.#a) { #a }
class A { [this.#a] = 1; #a }
class A { #a; static { this.#a } }
class A { #a = #a in this }
this.#a
#a in b
a.#b
({ #a: 1 })
new.target
function f() { new.target }
() => new.target
function f() { () => new.target }
function f() { new.target = 1 }
function f() { new.target++ }
function f() { [new.target] = 1 }
function f() { new.target() }
function f() { new.foo }
function f() { new . target }
function f() { n\\u0065w.target }
function f() { new.t\\u0061rget }
function f() { new new.target }
function f() { for (new.target of []) {} }
function f(a = new.target) {}
class A { [new.target]() {} }
import.meta
() => import.meta
import.meta.url
import.foo
new import.meta
new import('a')
new (import('a'))
import()
import('a',)
import('a', {})
import('a', {},)
import('a', {}, 1)
import(...a)
import(a, ...b)
import
import.meta()
import('a').b
import('a')()
import('a') = 1
import('a')++
import.source('a')
import.defer('a')
import { a } from 'b'
export {}
export default 1
import 'a'
yield
yield 1
yield /a/
function* f() { yield }
function* f() { yield 1 }
function* f() { yield* [] }
function* f() { yield \\n * 1 }
function* f() { yield * }
function* f() { yield = 1 }
function* f() { yield: 1 }
function* f() { var yield }
function* f() { function yield() {} }
function* f() { function* yield() {} }
function* f() { (yield) => 1 }
function* f() { (a = yield) => 1 }
function* f() { (a = yield) }
function* f() { void yield }
function* f() { yield ? 1 : 2 }
function* f() { 1 + yield }
function* f() { 1 + (yield) }
function* f() { ({ yield }) }
function* f() { class A extends (yield) {} }
function* f() { class A { [yield] } }
function* f() { class A { a = yield } }
function* f(a = yield) {}
function* f() { function g(a = yield) {} }
function* f() { function g() { yield 1 } }
function* f() { () => yield }
function* yield() {}
(function* yield() {})
function* f() { yi\\u0065ld 1 }
function* f(yield) {}
({ *f(a = yield) {} })
({ *yield() {} })
async function f() { await 1 }
async function f() { await }
async function f() { await = 1 }
async function f() { var await }
async function f() { await: 1 }
async function f() { function await() {} }
async function f() { (await) => 1 }
async function f() { (a = await 1) => 1 }
async function f() { (a = await 1) }
async function f() { async (a = await 1) => 1 }
async function f() { async (a = await 1) }
async function f() { ({ await }) }
async function f() { class A { a = await 1 } }
async function f() { class A { [await 1] } }
async function f() { class A extends (await 1) {} }
async function f() { class await {} }
async function f() { () => await 1 }
async function f() { function g() { await 1 } }
async function f() { function g() { await } }
async function f(a = await 1) {}
async function f(await) {}
async function await() {}
async function f() { aw\\u0061it 1 }
async function f() { for await (a of b) {} }
async function f() { for await (a in b) {} }
async function f() { for await (;;) {} }
async function f() { for await (var a = 1 of b) {} }
async function f() { for await (async of b) {} }
async function f() { for await (let of b) {} }
async function f() { await /a/ }
async function f() { await /a/.test(b) }
async function* f() { yield await 1 }
async function* f() { yield* a }
async function* f() { for await (a of yield) {} }
async function* f(a = yield) {}
async function* f(a = await 1) {}
async (a = await 1) => 1
async (a = await) => 1
async a => await a
async () => { await 1 }
(async () => { for await (a of b) {} })
async \\n function f() {}
async \\n () => 1
function f() { await 1 }
function f() { await /a/ }
function f() { await /a/g }
function f() { for await (a of b) {} }
() => { await 1 }
() => await 1
for await (a of b) {}
await 1
await /x/
await(1)
await [1]
await a
await
async() \\n { }
({ async *f() {} })
({ async f() {} })
({ async \\n f() {} })
({ async get f() {} })
({ get async() {} })
({ async })
({ async: 1 })
({ async, f })
({ async f: 1 })
({ __proto__: 1, __proto__: 2 })
({ __proto__: 1, '__proto__': 2 })
({ __proto__: 1, ['__proto__']: 2 })
({ __proto__: 1, __proto__ })
({ __proto__: 1, __proto__() {} })
({ __proto__: 1, get __proto__() {} })
({ __proto__: a, __proto__: b } = {})
({ __proto__: a, __proto__: b }) => 1
[{ __proto__: 1, __proto__: 2 }]
f({ __proto__: 1, __proto__: 2 })
async ({ __proto__: a, __proto__: b }) => 1
async ({ __proto__: a, __proto__: b })
({ a: 1, a: 2 })
({ a, , b })
({ , })
({ a; })
({ if })
({ if: 1 })
({ class: 1, new: 2 })
({ 1 })
({ 'a' })
({ a: 1 b: 2 })
({ a b })
({ ...a, ...b })
({ ... })
[...a, ...b]
[...]
f(...a, ...b)
f(...)
f(a, , b)
f(,)
f(a,)
new A(a,)
[,]
[,,a]
delete a
delete (a)
delete ((a))
delete a.b
delete this
delete f()
delete 1
delete eval
delete arguments
delete new.target
delete (a, b)
delete (a.b)
void 0
010
08
09.5
010.5
00
0777
0_1
1_000
1__000
1_
_1
1_.0
1._0
1.0_0
1e1_0
1e_1
0x_1
0x1_f
0b1_0
0o7_7
0B2
0o8
0xg
0x
0b
0o
1n
01n
0n
00n
08n
1.5n
1e3n
0x1n
0b1n
1_0n
1n1
3in []
3a
3\\u0061
1..a
1.a
.5
.5.a
5.
1e
1e+
0b12
0b1e
'\\01'
'\\1'
'\\0'
'\\08'
'\\00'
'\\8'
'\\9'
'\\x'
'\\xg'
'\\x4'
'\\x41'
'\\u'
'\\u004'
'\\u0041'
'\\u{41}'
'\\u{}'
'\\u{110000}'
'\\u{10ffff}'
'\\u{000000041}'
'\\u{g}'
'\\u{41'
'\\uD800'
'\\a'
'a
'a\\\\nb'
`\\01`
`\\1`
`\\0`
`\\8`
`\\x`
`\\u`
`\\u{110000}`
f`\\01`
f`\\u`
f`\\x`
f`\\u{110000}`
f`a${1}\\u`
`a${`
`a${1`
`${}`
`${a b}`
`${a}`
`${`${a}`}`
`
\\u0061
\\u{61}
\\u{110000}
\\u{}
\\u
\\u006
\\x61
a\\u
a\\u0062
a\\u{62}
a\\u0020b
\\u0030a
var \\u0061\\u0062
var v\\u0061r
v\\u0061r a
\\u0076ar a
l\\u0065t a
l\\u0065t \\n a
st\\u0061tic = 1
({ v\\u0061r: 1 })
a.v\\u0061r
({ g\\u0065t a() {} })
\\u0061sync function f() {}
\\u0061sync () => 1
(\\u0061sync)
class A { st\\u0061tic a() {} }
class A { g\\u0065t a() {} }
for (a o\\u0066 []) {}
i\\u006e
t\\u0072ue
nul\\u006c
th\\u0069s
var th\\u0069s
({ th\\u0069s: 1 })
cl\\u0061ss A {}
@
#
#a
a # b
a @ b
a ` b
\\
☃
a☃
var ä
var 𠮷
var a·
var ℘
var 〱
var ⁀a
var a‍b
var 🎉
a​b
a b
/* 
/* a
/* a */
/* a \\n */
<!-- a
a <!-- b
a<!--b
--> a
\\n--> a
/**/--> a
/*\\n*/--> a
a --> b
a-->b
x-->0
'<!--'
`<!--`
/<!--/
//<!--
}
)
]
{
(
[
{)
(]
[)
if
if (a)
if a
else
if (a) else b
while (a)
do
do a while (b)
for
for (
for ()
for (;)
for (;;)
for (a)
for (let a)
for (a;b)
switch
switch (a)
switch (a) { b }
switch (a) { case: }
try
catch (a) {}
finally {}
try {} catch () {}
try {} catch (a, b) {}
try {} catch (a = 1) {}
function
function ()
function () {}
function f
function f(
function f() {
(function () {})
function f(1) {}
function f('a') {}
function f(a.b) {}
function f((a)) {}
function f([a, ]) {}
function f({ a, }) {}
function f(a,) {}
function f(,) {}
function f(a,,b) {}
function f(...a,) {}
function f(...) {}
function f(a b) {}
class
class A
class A {
class A { a( }
class A { 1a }
class A { , }
class A { ; }
class A { a() {}, b() {} }
new
new.
new A
new A()
new (A)
typeof
a +
a b
a 1
1 a
'a' 'b'
a \\n b
a = = b
a === = b
a !== b
a ! b
a ++ b
a \\n ++ b
a \\n ++
++
++ ++ a
a ++ ++
- -a
--a--
!
~
a ? b
a ? b :
a ? : b
? a : b
a.
a..b
a.1
a.'b'
a.[b]
a[
a[]
a[b
f(
f(a
a,
, a
a,,b
;
;;
a;;b
,
:
=
=>
=> a
a =>
...a
...
a...b
async function
async function () {}
async function* f() {}
async
async a
async (
async () =>
async () => {
async x
async class A {}
async f() {}
@a class A {}
class A { @a b() {} }
class A { @a b }
class A { @a() b }
class A { @a.b c }
class A { @a static b }
class A { @a accessor b }
class A { accessor a }
class A { accessor a = 1 }
class A { static accessor a }
class A { accessor }
class A { accessor = 1 }
class A { accessor() {} }
class A { accessor \\n a }
class A { static accessor }
class A { accessor #a }
class A { accessor [a] }
class A { accessor a() {} }
(@a class {})
@(a) class A {}
@a() class A {}
using a = b
{ using a = b }
{ using a }
{ using a = b, c = d }
{ using [a] = b }
{ using { a } = b }
{ using a = null; using a = null }
using
using = 1
using \\n a
{ using \\n a = b }
{ using using = b }
{ using let = b }
{ using await = b }
{ using of = b }
using[a]
using(a)
using.a
using in a
using + a
for (using a of b) {}
for (using a = b;;) break
for (using a in b) {}
for (using of b) {}
for (using of of b) {}
for (using of = b;;) break
for (using;;) break
for (using in b) {}
async function f() { await using a = b }
async function f() { { await using a = b } }
async function f() { for (await using a of b) {} }
async function f() { for await (using a of b) {} }
async function f() { for await (await using a of b) {} }
async function f() { await using }
async function f() { await using \\n a }
async function f() { await using[a] }
function f() { await using a = b }
switch (1) { case 1: using a = b }
switch (1) { case 1: { using a = b } }
if (1) using a = b
class A { static { using a = b } }
await using a = b
a &&= b
a ||= b
a ??= b
a?.b
a?.[b]
a?.(b)
a ?? b
a ** b
a |> b
a :: b
#{ a: 1 }
#[1]
do { 1 } while (0)
(do { 1 })
throw 1
a = throw 1
() => throw 1
match (a) {}
async do {}
a.b::c
`a` `b`
a?.b!
a!.b
a as any
(a as any).b
<any>a
%foo()
%DebugPrint(a)
import.meta.env
0 ?? 1
a ?? b ? c : d
1 in 2
'use strict'; 010
'use strict'; with (a) {}
'use strict'; '\\01'
'use strict'
var a = function () { 'use strict'; var static }
x = { f() { 'use strict'; var static } }
x = { get f() { 'use strict'; var static } }
var f = a => { 'use strict'; 010 }
"""

# What stands at the top of a file.
TOPS = """
let a; let a
let a; var a
var a; function a() {}
function a() {} var a
function a() {} function a() {}
function a() {} function* a() {}
let a; function a() {}
{ var a } function a() {}
let require
const require = 1
var require
function require() {}
class require {}
let exports
const exports = 1
class exports {}
function exports() {}
var exports
let module
class module {}
const module = 1
let __dirname
const __dirname = 1
let __filename
var __dirname
let arguments
var arguments
{ let require }
let undefined
var undefined
let NaN
let globalThis
const [require] = []
let { module } = {}
if (false) { var require }
async function require() {}
break
continue
if (false) return
if (false) return 1
new.target
() => new.target
super.a
{ new.target }
this.a
arguments
() => arguments
await 0
if (false) await 0
for await (const a of []) {}
async () => { await 0 }
() => await 0
function f() { await 0 }
await
await: 1
var await
let await
function await() {}
class await {}
(await)
await /1/
await (0)
await [0]
await +1
await -1
await \\n 0
yield
var yield
#!a
\\n#!a
 #!a
//
/*
<!-- a
/**/ <!-- a
--> a
/**/ --> a
var a = 1 \\n --> b
var a = 1, b \\n a <!--b
0 /* \\n */ --> a
import 'node:fs'
import fs from 'node:fs'
import * as fs from 'node:fs'
import { readFile } from 'node:fs'
import { readFile as a } from 'node:fs'
import { default as a } from 'node:fs'
import { 'readFile' as a } from 'node:fs'
import { 'readFile' } from 'node:fs'
import fs, { readFile } from 'node:fs'
import fs, * as all from 'node:fs'
import * as all, fs from 'node:fs'
import { a }, b from 'node:fs'
import { readFile, } from 'node:fs'
import {} from 'node:fs'
import {,} from 'node:fs'
import fs, from 'node:fs'
import , fs from 'node:fs'
import * from 'node:fs'
import fs
import fs from
import fs 'node:fs'
import from 'node:fs'
import from from 'node:fs'
import fs from `node:fs`
import fs from a
import { if } from 'node:fs'
import { constants as a } from 'node:fs'
import { a as if } from 'node:fs'
import { readFile as eval } from 'node:fs'
import { readFile as arguments } from 'node:fs'
import eval from 'node:fs'
import arguments from 'node:fs'
import await from 'node:fs'
import yield from 'node:fs'
import let from 'node:fs'
import static from 'node:fs'
import enum from 'node:fs'
import async from 'node:fs'
import of from 'node:fs'
import * as eval from 'node:fs'
import a from 'node:fs'; import a from 'node:os'
import a from 'node:fs'; let a
import a from 'node:fs'; var a
import a from 'node:fs'; function a() {}
import a from 'node:fs'; { var a }
import a from 'node:fs'; { let a }
import { readFile, readFile } from 'node:fs'
import { readFile as a, open as a } from 'node:fs'
import a, { open as a } from 'node:fs'
import a, * as a from 'node:fs'
import a from 'node:fs'; a = 1
import a from 'node:fs' with {}
import 'node:fs' with {}
import 'node:fs' with { }; 1
import a from 'node:fs' with { type: 'json', type: 'json' }
import a from 'node:fs' with { type: 'json', 'type': 'json' }
import a from 'node:fs' with { 'a': 'b', }
import a from 'node:fs' with { type: json }
import a from 'node:fs' with { type: 1 }
import a from 'node:fs' with { [a]: 'json' }
import a from 'node:fs' with { 1: 'json' }
import a from 'node:fs' with
import a from 'node:fs' with json
import a from 'node:fs' \\n with {}
import a from 'node:fs' assert {}
import 'node:fs' assert {}
import a from 'node:fs' \\n assert {}
import a from 'node:fs' \\n assert \\n {}
export * from 'node:fs' with {}
export * from 'node:fs' assert {}
export { readFile } from 'node:fs' with {}
import defer * as a from 'node:fs'
import defer a from 'node:fs'
import defer { a } from 'node:fs'
import defer from 'node:fs'
import defer, { open } from 'node:fs'
import source a from 'node:fs'
import source from 'node:fs'
import source from from 'node:fs'
import source { a } from 'node:fs'
import source, { open } from 'node:fs'
import module a from 'node:fs'
import type a from 'node:fs'
import type { a } from 'node:fs'
import type from 'node:fs'
import type, { open } from 'node:fs'
import type * as a from 'node:fs'
import { type a } from 'node:fs'
import { type open as b } from 'node:fs'
import { open as type } from 'node:fs'
import typeof a from 'node:fs'
import a = require('node:fs')
import a, b from 'node:fs'
import(a) from 'node:fs'
import 'node:fs', 'node:os'
import.meta
import.meta.url
import.meta = 1
import.meta.a = 1
import.metaa
import.m\\u0065ta
im\\u0070ort.meta
() => import.meta
import('node:fs')
import('node:fs', {})
import('node:fs',)
import('node:fs', undefined,)
import()
{ import 'node:fs' }
if (false) import 'node:fs'
function f() { import 'node:fs' }
() => { import a from 'node:fs' }
{ export {} }
function f() { export default 1 }
if (false) export {}
export {}
export { }; export { }
export { a }
export { a }; var a
export { a }; let a
export { a }; function a() {}
export { a }; class a {}
export { a }; { var a }
export { a }; { let a }
export { a }; { function a() {} }
export { a }; function f() { var a }
export { a, a }; var a
export { a as b, a as b }; var a
export { a as b, b }; var a, b
export { a as default }; var a
export { a as default }; export default 1; var a
export { a as if }; var a
export { if }
export { if as a }
export { 'a' }
export { 'a' as b }
export { a as 'b' }; var a
export { a as '\\uD800' }; var a
export { a as '\\uD83D\\uDE00' }; var a
export { 'a' as b } from 'data:text/javascript,export const c = 1; export { c as "a" }'
export * as '\\uD800' from 'node:fs'
export * as 'b' from 'node:fs'
export * as if from 'node:fs'
export * as default from 'node:fs'
export * as a from 'node:fs'
export * as a, { b } from 'node:fs'
export * from 'node:fs'
export *
export * as a
export a from 'node:fs'
export a, { b } from 'node:fs'
export { if } from 'data:text/javascript,var a; export { a as if }'
export { default } from 'node:fs'
export { default as a } from 'node:fs'
export { undefined }
export { NaN }
export { eval }
export { console }
export { globalThis as a }
export { this }
export { a.b }
export { let }
export { await }
export { arguments }
export { require }
export default 1; export default 2
export default function () {}; export default class {}
export default function () {}
export default function f() {}
export default function f() {} f
export default function () {}()
export default (function () {})()
export default class {}
export default class A {}
export default async function () {}
export default async () => {}
export default async \\n function f() {}
export default function* () {}
export default var a
export default let a
export default const a = 1
export default let
export default
export default a = 1; var a
export default enum A {}
export default interface A {}
export default abstract class A {}
export default type A = 1
export default 1, 2
export default [1]
export default {}
export default from 'node:fs'
export default function f() {}; let f
export default function f() {}; var f
export default class A {}; let A
export default function f() {}; function f() {}
export default await 0
export default yield
export default @a class {}
export @a class A {}
@a export class A {}
@a export default class {}
export var a
export var a, b
export let a
export const a
export const a = 1
export const { a, b: [c] } = { b: [] }
export const [a, ...b] = []
export let a; export let a
export let a; export { a }
export let a; export var a
export var a; export var a
export var a; var a
export function f() {} export function f() {}
export function f() {}
export function () {}
export function f() {} f()
export async function f() {}
export async \\n function f() {}
export function* f() {}
export class A {}
export class {}
export a
export 1
export {} from
export { a } from
export {} from 'node:fs'
export { a }, { b }
export import a from 'node:fs'
export using a = null
export await using a = null
export enum A {}
export type A = 1
export interface A {}
export declare var a
export namespace A {}
export abstract class A {}
export as namespace a
export = 1
export type { A }
export type * from 'node:fs'
export { type a }; var a
export var type; export { type }
export default import.meta
using a = null
using a = null; using a = null
{ using a = null }
using a
using [a] = null
await using a = null
{ await using a = null }
for (using a of []) {}
for (await using a of []) {}
for await (using a of []) {}
if (false) { using a = null }
function f() { using a = null }
'use strict'; with ({}) {}
with ({}) {}
'use strict'; 010
010
'\\01'
delete undefined
var static
var public
'use strict'; var public
let eval
if (false) { eval = 1 }
if (false) { undefined = 1 }
label: { break label }
label: label: ;
a: { a: ; }
if (true) function f() {}
{ function f() {} function f() {} }
label: function f() {}
() => { label: function f() {} }
function f(a, a) {}
function f(a) { let a }
enum A {}
interface A {}
type A = 1
declare var a
namespace A {}
declare module 'a' {}
declare global {}
abstract class A {}
const a: number = 1
let a = 1 as const
@a class A {}
class A { @a b }
class A { accessor a }
class A { readonly a }
class A { a?; }
if (false) <div />
"use strict" \\n 010
var let
let let
var a = b => { 'use strict' }
null?.a = 1
0 = 1
if (false) { 1++ }
"""

# Regular expressions; each stands alone in a file, between its slashes, with its flags.
EXPRESSIONS = r"""
/a/
/a/gimsuy
/a/d
/a/dgimsuy
/a/v
/a/uv
/a/gg
/a/x
/a/G
/a/\u0067
/a/ga
/a/1
/(/
/)/
/(()/
/[/
/[]/
/[^]/
/]/
/]/u
/]/v
/{/
/{/u
/}/
/}/u
/a{/
/a{/u
/a{1/
/a{1/u
/a{1}/
/a{1,}/
/a{,1}/
/a{,1}/u
/a{1,2}/
/a{2,1}/
/a{2,1}/u
/a{1}{2}/
/{1}/
/{1}/u
/a{1}?/
/a{1}+/
/a{9999999999}/
/a{99999999999,9999999999}/
/a{99999999999999999999,99999999999999999998}/
/*/
/+/
/?/
/a**/
/a++/
/a*?/
/a*??/
/a+?/
/a???/
/^*/
/$*/
/^*/u
/\b+/
/\b+/u
/(?=a)*/
/(?=a)*/u
/(?!a)+/
/(?!a)+/v
/(?<=a)*/
/(?<!a)*/
/(?<=a)/
/(?<!a)b/
/(?=a)/
/(?:a)/
/(?:a/
/(?a)/
/(?/
/(?)/
/(?<a>b)/
/(?<a>b)(?<a>c)/
/(?<a>b)|(?<a>c)/
/(?<a>b)|(?<a>c)|(?<a>d)/
/(?:(?<a>b)|(?<a>c))(?<a>d)/
/((?<a>b)|(?<a>c))/
/(?<a>b(?<a>c))/
/(?<a>b)|c(?<a>d(?<a>e))/
/(?<a>b)|(?<a>c)\k<a>/
/(?:(?<a>b)|c)(?:(?<a>d)|e)/
/(?=(?<a>b))|(?<a>c)/
/(?<>a)/
/(?<1>a)/
/(?<1a>a)/
/(?<a1>a)/
/(?<$>a)/
/(?<_>a)/
/(?<a-b>c)/
/(?<a b>c)/
/(?<a/
/(?<a>/
/(?<a>b/
/(?<ä>a)/
/(?<𠮷>a)/
/(?<𠮷>a)/u
/(?<🎉>a)/
/(?<\u0061>b)/
/(?<\u0061>b)/u
/(?<\u{61}>b)/
/(?<\u{61}>b)/u
/(?<\ud842\udfb7>b)/
/(?<\u{20bb7}>b)/
/(?<\u{110000}>b)/
/(?<a\u>b)/
/\k/
/\k/u
/\k<a>/
/\k<a>/u
/\k<a>(?<a>b)/
/\k<b>(?<a>c)/
/\k<b>(?<a>c)/u
/\k(?<a>b)/
/\k<a(?<a>b)/
/\k<>(?<a>b)/
/[\k](?<a>b)/
/[\k]/
/[\k]/u
/\1/
/\1/u
/\1(a)/
/\1(a)/u
/\2(a)/
/\2(a)/u
/\2(a)/v
/(a)\1/
/\0/
/\0/u
/\00/
/\00/u
/\01/
/\01/u
/\8/
/\8/u
/\9(a)/
/\07/
/\a/
/\a/u
/\a/v
/\-/
/\-/u
/\-/v
/[\-]/
/[\-]/u
/[\-]/v
/\//
/\//u
/\$/u
/\_/
/\_/u
/\ä/
/\ä/u
/\c/
/\c/u
/\cA/
/\cA/u
/\c1/
/\c1/u
/[\c1]/
/[\c1]/u
/[\c_]/
/[\c]/
/[\c]/u
/\x/
/\x/u
/\x4/
/\x4/u
/\x41/u
/\xg/
/\xg/u
/\u/
/\u/u
/\u004/
/\u004/u
/\u0041/u
/\u{41}/
/\u{41}/u
/\u{/u
/\u{}/u
/\u{g}/u
/\u{110000}/u
/\u{10ffff}/u
/\u{00000041}/u
/\uD83D\uDE00/u
/\uD83D/u
/\uDE00/u
/[\uD83D\uDE00-\uDE01]/
/[\uD83D\uDE00-\uDE01]/u
/[\u{1F600}-\u{1F601}]/u
/[\u{1F601}-\u{1F600}]/u
/[a-z]/
/[z-a]/
/[z-a]/u
/[a-a]/
/[a-]/
/[-a]/
/[a-\d]/
/[a-\d]/u
/[\d-a]/
/[\d-a]/u
/[\d-\w]/
/[\d-\w]/u
/[\w-]/u
/[a-\d]/v
/[\b]/
/[\b]/u
/[\B]/
/[\B]/u
/[🎉-🎊]/
/[🎊-🎉]/
/[🎊-🎉]/u
/[🎉-🎊]/u
/[💩-💫]/
/\p/
/\p/u
/\p{/
/\p{/u
/\p{}/u
/\p{L}/
/\p{L}/u
/\P{L}/u
/\pL/u
/\p{l}/u
/\p{Letter}/u
/\p{letter}/u
/\p{Lu}/u
/\p{gc=Lu}/u
/\p{General_Category=Uppercase_Letter}/u
/\p{GC=Lu}/u
/\p{sc=Latn}/u
/\p{Script=Latin}/u
/\p{Script=latin}/u
/\p{scx=Grek}/u
/\p{Script_Extensions=Greek}/u
/\p{Latin}/u
/\p{Script}/u
/\p{sc}/u
/\p{Script=}/u
/\p{=Latin}/u
/\p{Foo}/u
/\p{Foo=Bar}/u
/\p{Any}/u
/\p{ASCII}/u
/\p{Assigned}/u
/\p{Alphabetic}/u
/\p{Alpha}/u
/\p{Emoji}/u
/\p{Emoji_Presentation}/u
/\p{Extended_Pictographic}/u
/\p{ExtPict}/u
/\p{ID_Start}/u
/\p{IDS}/u
/\p{White_Space}/u
/\p{space}/u
/\p{Block=Latin}/u
/\p{InLatin}/u
/\p{IsLatin}/u
/\p{Other_Math}/u
/\p{RGI_Emoji}/u
/\p{RGI_Emoji}/v
/\P{RGI_Emoji}/v
/[^\p{RGI_Emoji}]/v
/[\p{RGI_Emoji}]/v
/[\p{RGI_Emoji}]/u
/\p{Basic_Emoji}/v
/\p{Emoji_Keycap_Sequence}/v
/\p{RGI_Emoji_Flag_Sequence}/v
/\p{RGI_Emoji_ZWJ_Sequence}/v
/\p{sc=Vith}/u
/\p{sc=Kawi}/u
/\p{sc=Nag_Mundari}/u
/\p{Script=Vithkuqi}/u
/\p{Script=Toto}/u
/\p{Script=Cypro_Minoan}/u
/\p{Script=Tangsa}/u
/\p{Script=Old_Uyghur}/u
/\p{sc=Chorasmian}/u
/\p{Script=Garay}/u
/\p{Script=Todhri}/u
/\p{Script=Sunuwar}/u
/\p{Script=Sunu}/u
/\p{Script=Tulu_Tigalari}/u
/\p{Script=Kirat_Rai}/u
/\p{Script=Gurung_Khema}/u
/\p{Script=Ol_Onal}/u
/\p{Script=Sidetic}/u
/\p{Script=Sidt}/u
/\p{Script=Tolong_Siki}/u
/\p{Script=Beria_Erfe}/u
/\p{Script=Tai_Yo}/u
/\p{Script=Unknown}/u
/\p{Script=Zzzz}/u
/\p{sc=Katakana_Or_Hiragana}/u
/\p{sc=Hrkt}/u
/\p{scx=Hrkt}/u
/\p{IDS_Unary_Operator}/u
/\p{ID_Compat_Math_Start}/u
/\p{ID_Compat_Math_Continue}/u
/\p{NFKC_SCF}/u
/\p{Modifier_Combining_Mark}/u
/\p{MCM}/u
/\p{InCB=Linker}/u
/\p{EBase}/u
/\p{Variation_Selector}/u
/\p{VS}/u
/\p{XIDS}/u
/\p{Expands_On_NFC}/u
/\p{Composition_Exclusion}/u
/\p{Prepended_Concatenation_Mark}/u
/\p{ASCII_Hex_Digit}/u
/\p{AHex}/u
/\p{Hyphen}/u
/\p{Bidi_M}/u
/\p{Bidi_C}/u
/[\p{L}-z]/u
/[\p{L}--\p{Lu}]/v
/[\p{L}--\p{Lu}]/u
/[a-z&&[aeiou]]/v
/[a-z&&[aeiou]]/u
/[[a-z]]/v
/[[a-z][0-9]]/v
/[\q{abc|d}]/v
/[\q{abc}]/u
/[^\q{abc}]/v
/[^\q{a|b}]/v
/\q{a}/v
/[\q]/v
/[\q{]/v
/[a--b--c]/v
/[a&&b&&c]/v
/[a&&b--c]/v
/[a--b&&c]/v
/[a&&&b]/v
/[a---b]/v
/[ab--c]/v
/[a-z--b]/v
/[a&&]/v
/[&&a]/v
/[a&b]/v
/[a!!b]/v
/[!!]/u
/[##]/v
/[a||b]/v
/[(]/v
/[)]/v
/[{]/v
/[}]/v
/[/]/v
/[|]/v
/[-]/v
/[-a]/v
/[a-]/v
/[\(]/v
/[\&&]/v
/[&]/v
/[\&]/v
/[\!]/v
/[\&]/u
/[~~]/v
/[``]/v
/[a[b]/v
/[]/v
/[^]/v
/[^[a-z]]/v
/[[^a]]/v
/[a-[b]]/v
/[[a]-b]/v
/[\d--5]/v
/[_--[0-9]]/v
/(?i:a)/
/(?i:a)b/
/(?-i:a)/
/(?i-s:a)/
/(?s:a)/
/(?m:a)/
/(?ims:a)/
/(?i-m:a)/
/(?-ims:a)/
/(?i-:a)/
/(?-:a)/
/(?:a)/i
/(?ii:a)/
/(?i-i:a)/
/(?g:a)/
/(?u:a)/
/(?y:a)/
/(?x:a)/
/(?I:a)/
/(?i)a/
/(?-i)a/
/(?i/
/(?i:a/
/(?i-s)/
/(?i:(?-i:a))/
/(?i:a)/u
/(?i:a)/v
/(?i:(?<a>b))/
/(?#a)/
/(?>a)/
/(?P<a>b)/
/(?P=a)/
/(?'a'b)/
/(?|a)/
/(?(1)a)/
/(?R)/
/(?i)/
/\A/
/\A/u
/\z/
/\Z/u
/\h/
/\h/u
/\R/u
/\G/
/\K/
/\N/u
/\e/
/\e/u
/\Q/
/a|/
/|/
/||/
/(|)/
/(a|b|)/
/()/
/^$/
/./s
/a/y
/\w\d\s\W\D\S/u
/\n\r\t\v\f/u
/\^\$\\\.\*\+\?\(\)\[\]\{\}\|\//u
/\!/
/\!/u
/\,/u
/\@/u
/\`/u
/\ /u
/\:/u
/[\:]/v
/\#/u
/[\#]/v
/[\!\#\%\&\,\-\:\;\<\=\>\@\`\~]/v
/[\.]/v
/[\.\*]/u
/[^\d]/v
/[^^]/v
/[^a&&b]/v
/((((((((((a))))))))))\10/
/((((((((((a))))))))))\11/u
/\k<a>\1(?<a>b)/u
/(?<a>b)\k<a>\2/u
/(?<a>b)\2/
/\u{1F600}/
/a{0}/u
/a{00,1}/
/a{1,/
/a{1,/u
/a{a}/
/a{a}/u
/x{1}{/
/x{1}{/u
/(?<=a){2}/
/(?<=a)+/u
/\B*/
/$?/
/^{2}/
/^{/
/a^b/
/[[:alpha:]]/
/[[:alpha:]]/u
/[[:alpha:]]/v
/\d{2}-\d{2}/u
/[\w.-]/
/[\w.-]/u
/[\w-.]/
/[\w-.]/u
/[.-\w]/u
/[+--]/
/[+--]/u
/[+--]/v
/[%-+]/
"""


# Started with all four Nodes: they are parsed when the file is loaded, and what lives does nothing.
STARTED = r"""
@log class A {}
class A { @log run() {} }
class A { accessor n }
class A { readonly a }
class A { a?; }
() => { continue }
() => { for (;;) { () => { break } } }
function f(a, a) {}
() => { try {} catch (e) { let e } }
"\01"
() => /(?i:a)/
() => /(?<y>a)|(?<y>b)/
() => /(/
() => /[\p{L}--[a-z]]/v
() => /(?<=a)\p{Script=Greek}/u
import defer * as a from 'node:fs'
{ using a = null }
async () => { await using a = null }
1_000
1__0
var x = 1; x<!--y
{ } /x/.test('x')
{ } /'/.test("'")
async () => { await /x/ }
var a = {}/2
() => { f() = 1 }
((a)) => 1
class A { constructor() {} constructor() {} }
({ __proto__: null, __proto__: null })
class A { #x; f() { delete this.#x } }
() => { a?.b = 1 }
() => { for (let of []) {} }
() => { for await (a of b) {} }
`\01`
"\u{110000}"
let let
arguments = 1
label: label: ;
new.target
() => super.a
class A { f() { this.#a } }
"""


def snippets() -> Iterator[tuple[str, str]]:
    """Every snippet, and the file in which it stands."""
    for line in STATEMENTS.split("\n")[1:-1]:
        yield line, "function wrapped() {\n" + line.replace("\\n", "\n") + "\n}\n"
    for line in TOPS.split("\n")[1:-1]:
        yield line, line.replace("\\n", "\n") + "\n"
    for line in EXPRESSIONS.split("\n")[1:-1]:
        yield line, f"() => {line}\n"


def bundles() -> Iterator[tuple[str, dict[str, str]]]:
    """Those that are started, as an ES module, as CommonJS, and without a `type`."""
    for line in STARTED.split("\n")[1:-1]:
        for kind in ("module", "commonjs", ""):
            package = {"name": "x", "version": "1.0.0"} | ({"type": kind} if kind else {})
            yield f"syntax: {line}, {kind or 'no type'}", {"dist/index.js": line + "\n", "package.json": json.dumps(package)}


def parsed(node: str, codes: list[str]) -> list[list[str | None]]:
    """What V8 says of each, as an ES module and as CommonJS."""
    argv = [node, "--experimental-vm-modules", "--no-warnings", "-e", PARSE]
    ran = subprocess.run(argv, input=json.dumps(codes).encode(), capture_output=True, check=True)
    return json.loads(ran.stdout)


def differs(said: str | None, findings: list[dict]) -> str:
    """In what `check` says something else than V8; nothing where it does not."""
    errors = [f["message"] for f in findings if f["severity"] == "error" and "SyntaxError" in f["message"]]
    if not said and errors:
        return "V8 reads it"
    if said and not errors:
        return "" if any(f["rule"] == "module-not-judged" for f in findings) else f"V8 says {said}"
    quoted = re.search(r"SyntaxError: .*", errors[0]) if errors else None
    return f"V8 says {said}" if said and quoted and quoted.group() not in said and not said.startswith(quoted.group()) else ""


def written(work: Path) -> list[Path]:
    """A bundle for every snippet, as an ES module and as CommonJS; the same ones for every version."""
    write(work / "lab.toml", "[bundle]\nrequired-dependencies = []\n")
    paths = []
    for number, (_, code) in enumerate(snippets()):
        for kind in ("module", "commonjs"):
            at = work / f"{number}-{kind}"
            write(at / "dist/index.js", code)
            write(at / "package.json", json.dumps({"name": "x", "version": "1.0.0", "type": kind}))
            paths.append(at)
    return paths


def table(line: int, node: str, paths: list[Path]) -> None:
    """Holds every snippet against V8."""
    every = list(snippets())
    truth = parsed(node, [code for _, code in every])
    wrong = []
    for first in range(0, len(paths), 400):
        config = paths[0].parent / "lab.toml"
        ran = execute(BINARY, "check", *paths[first : first + 400], "--config", config, "--format", "json", "--node", line)
        if ran.code not in (0, 1):
            raise Mismatch(f"check exited {ran.code}: {ran.text[-800:]}")
        for number, subject in enumerate(json.loads(ran.out)["subjects"], first):
            name, said = every[number // 2][0], truth[number // 2][number % 2]
            what = differs(said, subject["findings"])
            if what and not any(re.search(pattern, name) for pattern in EXCEPTIONS):
                ours = [f["message"] for f in subject["findings"] if f["rule"].startswith("module-")]
                wrong.append(f"{name} as {'CommonJS' if number % 2 else 'an ES module'}: {what}; {ours}")
    print(f"    Node {line}: {len(paths)} snippets, {len(wrong)} differ", flush=True)
    if wrong:
        raise Mismatch("\n".join(wrong))
