"""Agents put together at random: something that fails when it is reached, behind some ways to it, in one file or several, between
what always works, with handlers and ends before it. No table tells what becomes of them: Node does.

What it found, reduced, is in `FOUND`. `GENERATED=SEED` makes others, `LAB_GENERATED=COUNT` more. Of what dies a warning will do, as most of it cannot be told surely;
what is held is that none of it is silent, and that nothing which lives is refused.
"""

from __future__ import annotations

import json
import os
import random
import re
from dataclasses import dataclass
from typing import Iterator

from imports_generated_parts import BEFORE, CONDITIONS, FAILING_CJS, FAILING_ESM, ORDINARY
from imports_generated_ways import LOADS, USES, USES_OF_ASYNC, WAYS

Member = tuple[str, dict[str, str]]

COUNT = 1500
FAILING = {"esm": FAILING_ESM, "cjs": FAILING_CJS}
# Files that what fails loads, by what names them.
BESIDE = {
    "t.txt": "x\n",
    "a.json": '{"x": 1}\n',
    "bad.json": "{a: 1}\n",
    "good.js": "export const one = () => 1;\n",
    "good.cjs": "exports.one = () => 1;\n",
    "m.mjs": "export const m = 1;\n",
    "waits.mjs": "await null;\nexport const m = 1;\n",
    "linkless.js": "import { gone } from './good.js';\ngone;\n",
    "syntax.cjs": "let a = ;\n",
    "dir/index.js": "exports.x = 1;\n",
    "dir/package.json": '{"type": "commonjs"}\n',
    "empty/x.txt": "x\n",
}
# What is imported where it is used.
IMPORTED = {
    "readFileSync": "fs",
    "readdirSync": "fs",
    "readFile": "fs",
    "createRequire": "module",
    "Worker": "worker_threads",
    "join": "path",
    "fileURLToPath": "url",
    "fork": "child_process",
    "EventEmitter": "events",
    "createServer": "net",
}


@dataclass
class Place:
    """Where something is to stand."""

    module: str
    may_wait: bool
    is_function: bool = False


class Agent:
    """One agent."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.files: dict[str, str] = {}
        self.names = 0
        self.heads: list[str] = []
        self.type = self.random.choice(["module"] * 6 + ["commonjs"] * 3 + [""])

    def name(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def put(self, template: str, inside: str = "", **given: str) -> str:
        """A line of a table with what it has letters for."""
        given |= {"N": self.name()}
        text = re.sub(r"\bN(?=\b|done|on|p\b|b\b|o\b|set\b)", given.pop("N"), template)
        text = re.sub(r"(?<![\w'.])C(?![\w'])", lambda _: self.random.choice(CONDITIONS), text)
        for letter, what in given.items():
            text = re.sub(rf"(?<!\w){letter}(?!\w)", lambda _: what, text)
        return re.sub(r"(?<![\w'.])I(?![\w'])", lambda _: inside, text)

    def pick(self, rows: list[str], at: Place) -> str:
        return self.random.choice([row for row in rows if at.may_wait or not row.startswith("W:")]).removeprefix("W:")

    def way(self, at: Place, depth: int) -> str:
        """Statements that may come to something that fails."""
        if depth <= 0:
            further = self.random.random() < 0.12 and len(self.files) < 4
            return self.elsewhere(at) if further else self.put(self.pick(FAILING[at.module], at))
        kind, template = self.random.choice([row for row in WAYS if at.may_wait or row[0] != "W"]).split(":", 1)
        inside = at if kind == "s" else Place(at.module, kind in "aW", True)
        return self.put(template, self.between(inside, depth - 1))

    def between(self, at: Place, depth: int) -> str:
        """The same between other statements."""
        text, chance = self.way(at, depth), self.random.random()
        if chance < 0.12:
            return f"{self.put(self.random.choice(ORDINARY))} {text}"
        if chance < 0.17:
            return f"{text} {self.put(self.random.choice(ORDINARY))}"
        return self.put("if (C) return; I", text) if chance < 0.2 and at.is_function else text

    def elsewhere(self, at: Place) -> str:
        """The same in another file, which is loaded, or of which a function is used."""
        module = self.random.choice(["esm", "cjs"] if at.module == "esm" else ["cjs", "cjs", "esm"])
        file, depth = self.file(module), self.random.choice([0, 1, 1, 2])
        if self.random.random() < 0.5 or (at.module, module) == ("cjs", "esm"):
            self.program(file, module, depth)
            load = self.put(self.pick(LOADS[at.module, module], at)).replace("F", f"./{file}", 1)
            if not load.startswith("H:"):
                return load
            self.heads.append(load.removeprefix("H:"))
            return ""
        function, is_async = self.name(), self.random.random() < 0.4
        body = f"{'async ' * is_async}function {function}() {{ {self.way(Place(module, is_async, True), depth)} }}"
        exported = {
            "esm": ["export B", "B export { X };", "const o = { X: B }; export const X = o.X;", "export const X = B;", "export default B"],
            "cjs": ["exports.X = B;", "B module.exports = { X };", "exports.X = void 0; B exports.X = X;", "module.exports.X = B;"],
        }[module]
        form = self.random.choice(exported)
        self.write(file, module, form.replace("X", function).replace("B", body))
        named = function if "default" in form else f"{{ {function} }}"
        self.heads.append(f"import {named} from './{file}';" if at.module == "esm" else f"const {named} = require('./{file}');")
        return self.put(self.pick(USES + USES_OF_ASYNC * 3 * is_async, at), X=function)

    def file(self, module: str) -> str:
        plain = {"module": module == "esm", "commonjs": module == "cjs", "": module == "cjs"}[self.type]
        file = f"f{len(self.files)}.{self.random.choice(['mjs' if module == 'esm' else 'cjs'] + ['js'] * 2 * plain)}"
        self.files[f"dist/{file}"] = ""
        return file

    def program(self, file: str, module: str, depth: int) -> None:
        outer, self.heads = self.heads, []
        chunks = [self.between(Place(module, module == "esm"), depth)]
        if self.random.random() < 0.3:
            chunks.insert(0, self.put(self.random.choice(BEFORE)))
        for _ in range(self.random.choice([0, 0, 1, 2])):
            chunks.insert(self.random.randrange(len(chunks) + 1), self.put(self.random.choice(ORDINARY)))
        self.write(file, module, "\n".join(self.heads + chunks))
        self.heads = outer

    def write(self, file: str, module: str, body: str) -> None:
        wanted = [(name, of) for name, of in IMPORTED.items() if re.search(rf"(?<!\w){name}\b", body)]
        form = "import {{ {0} }} from 'node:{1}';" if module == "esm" else "const {{ {0} }} = require('{1}');"
        constant = ["const FIXED = 1;"] if "FIXED" in body else []
        self.files[f"dist/{file}"] = "\n".join([*(form.format(*pair) for pair in wanted), *constant, body]) + "\n"

    def made(self) -> dict[str, str]:
        module = {"module": "esm", "commonjs": "cjs", "": self.random.choice(["esm", "cjs", "cjs"])}[self.type]
        self.files["dist/index.js"] = ""
        self.program("index.js", module, self.random.choice([0, 1, 1, 2, 2, 2, 3, 3]))
        text = "".join(self.files.values())
        needed = {path: content for path, content in BESIDE.items() if f"./{path.split('/')[0]}" in text or path in ("good.js", "good.cjs")}
        package = {"name": "server-flow-agent", "version": "0.1.27", "dependencies": {}} | ({"type": self.type} if self.type else {})
        return {**self.files, **{f"dist/{path}": content for path, content in needed.items()}, "package.json": json.dumps(package) + "\n"}


# What was found wrong, in its smallest form: the code, and the package's type.
FOUND = {
    "a maker of a promise that is settled": ("new Promise((resolve) => { resolve(); nobody(); });", "module"),
    "a maker of a promise that hands on what settles it": ("new Promise((resolve) => { [1].forEach(resolve); require('./gone'); });", "commonjs"),
    "a maker of a promise that is settled later": ("await new Promise((resolve) => { setTimeout(resolve, 1); nobody(); });", "module"),
    "an asynchronous maker of a promise": ("new Promise(async (resolve) => { resolve(); nobody(); });", "module"),
    "await as a name": ("await (async () => {})();", ""),
    "await as a name, with a member": ("const x = await [1];", ""),
    "await as a name, by the type": ("await (async () => {})();", "commonjs"),
    "await as a name, caught": ("try { await (async () => { require('./gone'); })(); } catch {}", ""),
    "await as a name, behind another": ("await (0); await 1;", ""),
    "await as a name, in an ES module": ("await (async () => {})();", "module"),
    "a slash behind a folder": ("import { readdirSync } from 'node:fs'; readdirSync(new URL('./gone/', import.meta.url));", "module"),
    "no end to wait for, in try": ("try { await new Promise(() => {}); } catch {}", "module"),
    "a worker by require.resolve": ("const { Worker } = require('worker_threads'); new Worker(require.resolve('./w.cjs'));", "commonjs"),
    "a worker by require.resolve that is gone": ("const { Worker } = require('worker_threads'); new Worker(require.resolve('./gone.cjs'));", "commonjs"),
    "caught, with a status (may warn)": ("try { nobody(); } catch (e) { process.exitCode = 1; }", "module"),
    "caught, and ended, a feature (may warn)": ("try { Promise.withResolvers(); } catch (e) { process.exit(1); }", "module"),
    "a constant, perhaps (may warn)": ("const c = 1; async function f() { if (!process.pid) return; c++; } f();", "module"),
}


def bundles() -> Iterator[Member]:
    for name, (code, kind) in FOUND.items():
        package = {"name": "server-flow-agent", "version": "0.1.27", "dependencies": {}} | ({"type": kind} if kind else {})
        yield f"found: {name}", {"dist/index.js": f"{code}\n", "dist/w.cjs": "require('left-pad');\n", "package.json": json.dumps(package) + "\n"}
    seed, count = int(os.environ.get("GENERATED", "1")), int(os.environ.get("LAB_GENERATED", COUNT))
    for number in range(count):
        yield f"generated: {seed}.{number} (may warn)", Agent(seed * 1_000_003 + number).made()
