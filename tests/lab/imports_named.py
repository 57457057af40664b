"""Modules that are named by constants and lists instead of by literals, members of members of what a module exports, and values
given to constants: what dies by them, and what lives beside it."""

from __future__ import annotations

import json
from typing import Iterator

from bundles import PACKAGE

COMMONJS = json.dumps({**PACKAGE, "type": "commonjs"})
A = "export function f() { return 1; }\nexport class K { m() {} }\nexport default { x: 1 };\n"
REQUIRED = "exports.f = () => 1;\n"
PASSED_ON = {"dist/a.js": A, "dist/b.js": "export * as a from './a.js';\n"}

MEMBERS = {
    "a member of a member, called": "import * as ns from './b.js';\nns.a.gone();\n",
    "a member of a member, looked into": "import * as ns from './b.js';\nns.a.gone.deep;\n",
    "a member of what is imported by name": "import { a } from './b.js';\na.gone();\n",
    "a member that is taken out first": "import * as ns from './a.js';\nconst { gone } = ns;\ngone();\n",
    "members that are there": "import * as ns from './b.js';\nns.a.f();\nnew ns.a.K().m();\nns.a.default.x.toFixed();\nns.a.gone?.();\n",
}
REQUIRES = {
    "require handed to map": "['./a', './gone'].map(require);\n",
    "require called by forEach": "['./a', './gone'].forEach((name) => require(name));\n",
    "a list in a loop": "const names = ['./a', './gone'];\nfor (const name of names) require(name);\n",
    "a constant": "const name = './gone';\nrequire(name);\n",
    "a sum": "const folder = '.';\nrequire(`${folder}/` + 'gone');\n",
    "a list that is left": "for (const name of ['./a', './gone']) { require(name); break; }\n",
    "a callback that ends the process": "['./a', './gone'].forEach((name) => { require(name); process.exit(0); });\n",
    "a callback that gives what it loads": "['a', 'gone'].map(function (name) { return require('./' + name); });\n",
    "a list, caught": "for (const name of ['./gone']) { try { require(name); } catch {} }\n",
    "a list with other elements": "const names = ['./gone'];\nnames[0] = './a';\nnames.forEach((name) => require(name));\n",
    "only the first is asked for": "['./a', './gone'].find((name) => require(name));\n",
    "a parameter of the same name": "const name = './gone';\nfunction load(name) { return require(name); }\nload('./a');\n",
}
VALUES = {
    "a constant": "const c = 1;\nc = 2;\n",
    "an import": "import { f } from './a.js';\nf = 2;\n",
    "a constant in a function": "const c = 1;\nfunction set() { c++; }\nset();\n",
    "a constant by destructuring": "const c = 1;\n[c] = [2];\n",
    "a constant, caught": "const c = 1;\ntry { c = 2; } catch {}\n",
    "a constant that has a value": "const c = 1;\nc ||= 2;\n",
    "a constant in a function that nothing calls": "const c = 1;\nexport function set() { c = 2; }\n",
    "another one of its name": "const c = 1;\n{ let c = 2; c = 3; }\n",
}
OTHERS = {
    "import() of a constant": "const name = './gone.js';\nawait import(name);\n",
    "import() in a loop": "for (const name of ['./a.js', './gone.js']) await import(name);\n",
    "import() in a loop, of a sum": "for (const name of ['a', 'gone']) await import(`./${name}.js`);\n",
    "import() in a loop that ends the process": "for (const name of ['./a.js', './gone.js']) { await import(name); process.exit(0); }\n",
    "import() in a loop, of some": "for (const name of ['./a.js', './gone.js']) { if (name.includes('gone')) continue; await import(name); }\n",
    "import() of a list, settled": "await Promise.allSettled(['./a.js', './gone.js'].map((name) => import(name)));\n",
    "a worker of an address": "import { Worker } from 'node:worker_threads';\nnew Worker(new URL('data:text/javascript,1'));\n",
}


def bundles() -> Iterator[tuple[str, dict[str, str]]]:
    for name, index in MEMBERS.items():
        yield f"named: {name}", {"dist/index.js": index, **PASSED_ON}
    for name, index in REQUIRES.items():
        yield f"named: require, {name}", {"dist/index.js": index, "dist/a.js": REQUIRED, "package.json": COMMONJS}
    for name, index in VALUES.items():
        yield f"named: a value for {name}", {"dist/index.js": index, "dist/a.js": A}
    for name, index in OTHERS.items():
        yield f"named: {name}", {"dist/index.js": index, "dist/a.js": A}
