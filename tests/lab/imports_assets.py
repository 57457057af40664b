"""Files that code names by a path relative to itself: forms of the path × what is done with it, there and not there."""

from __future__ import annotations

from typing import Iterator

Member = tuple[str, dict[str, str]]

# What gives the path of `FILE`, which lies beside the importing file; the imports it needs.
PATHS_ESM = {
    "new URL": ("new URL('./FILE', import.meta.url)", ""),
    "new URL, path": ("fileURLToPath(new URL('./FILE', import.meta.url))", ""),
    "URL kept": ("at", "const at = new URL('FILE', import.meta.url);"),
    "join of a kept folder": ("path.join(here, 'FILE')", "const here = path.dirname(fileURLToPath(import.meta.url));"),
    "join of __dirname of its own": ("path.join(__dirname, 'FILE')", "const __filename = fileURLToPath(import.meta.url); const __dirname = path.dirname(__filename);"),
    "resolve": ("path.resolve(here, './FILE')", "const here = fileURLToPath(new URL('.', import.meta.url));"),
    "template": ("`${here}/FILE`", "const here = path.dirname(fileURLToPath(import.meta.url));"),
    "sum": ("here + '/FILE'", "const here = path.dirname(fileURLToPath(import.meta.url));"),
    "up and down": ("path.join(here, '..', 'dist', 'FILE')", "const here = path.dirname(fileURLToPath(import.meta.url));"),
    "constants": ("FILE_PATH", "const here = path.dirname(fileURLToPath(import.meta.url)); const folder = path.join(here, '.'); const FILE_PATH = path.join(folder, 'FILE');"),
}
PATHS_CJS = {
    "join": ("path.join(__dirname, 'FILE')", ""),
    "resolve": ("path.resolve(__dirname, 'FILE')", ""),
    "template": ("`${__dirname}/FILE`", ""),
    "sum": ("__dirname + '/FILE'", ""),
    "dirname": ("path.join(path.dirname(__filename), 'FILE')", ""),
}
# What is done with it, `P` being the path.
USES = {
    "readFileSync": "fs.readFileSync(P, 'utf8');",
    "readdirSync": "fs.readdirSync(P);",
    "statSync": "fs.statSync(P);",
    "openSync": "fs.openSync(P);",
    "in a function": "function load() { return fs.readFileSync(P); } load();",
    "kept": "const text = fs.readFileSync(P); text;",
    "JSON": "JSON.parse(fs.readFileSync(P, 'utf8'));",
    "promises": "fs.promises.readFile(P);",
    "createReadStream": "fs.createReadStream(P);",
    "watch": "fs.watch(P).close();",
    "Worker": "new Worker(P).unref?.();",
    "accessSync": "fs.accessSync(P);",
    "chmodSync": "fs.chmodSync(P, 0o600);",
    "never: access, caught": "try { fs.accessSync(P, fs.constants.R_OK); fs.readFileSync(P); } catch {}",
    "never: try": "try { fs.readFileSync(P); } catch {}",
    "never: existsSync": "if (fs.existsSync(P)) fs.readFileSync(P);",
    "never: existsSync, else": "const text = fs.existsSync(P) ? fs.readFileSync(P) : ''; text;",
    "never: written first": "fs.writeFileSync(P, 'x'); fs.readFileSync(P); fs.rmSync(P);",
    "never: callback": "fs.readFile(P, () => {});",
    "never: caught": "fs.promises.readFile(P).catch(() => {});",
    "never: append": "fs.appendFileSync(P, 'x'); fs.rmSync(P);",
    "never: stream": "fs.createWriteStream(P).end(() => fs.rmSync(P));",
    "never: fork": "fork(P, { stdio: 'ignore' });",
    "never: in a function": "function load() { return fs.readFileSync(P); } load;",
    "never: open to write": "fs.closeSync(fs.openSync(P, 'w')); fs.rmSync(P);",
    "never: optional stat": "fs.statSync(P, { throwIfNoEntry: false });",
    "never: a listener": "fs.createReadStream(P).on('error', () => {});",
    "never: a kept listener": "const s = fs.createReadStream(P); s.on('error', () => {});",
}
HEAD_ESM = (
    "import fs from 'node:fs'; import path from 'node:path'; import { fileURLToPath } from 'node:url';"
    " import { fork } from 'node:child_process'; import { Worker } from 'node:worker_threads';\n"
)
HEAD_CJS = "const fs = require('fs'); const path = require('path'); const { fork } = require('child_process'); const { Worker } = require('worker_threads');\n"


def members() -> Iterator[Member]:
    for kind, paths, head in (("esm", PATHS_ESM, HEAD_ESM), ("cjs", PATHS_CJS, HEAD_CJS)):
        for number, (how, (path, before)) in enumerate(paths.items()):
            for at, (use, code) in enumerate(USES.items()):
                # Every use of the first two forms, and every third of the others.
                if number > 1 and (number + at) % 3:
                    continue
                if "URL" in how and how != "new URL, path" and use == "never: fork":
                    continue
                name = "gone.cjs" if "Worker" in use or "fork" in use else "templates/gone.html" if "written" not in use else "x.html"
                if any(word in use for word in ("append", "stream", "open to write")):
                    name = "x.txt"
                text = head + before.replace("'FILE'", f"'{name}'") + "\n" + code.replace("P", path if "FILE_PATH" in path else path.replace("FILE", name), 1) + "\n"
                while "(P" in text:
                    text = text.replace("(P", "(" + (path if "FILE_PATH" in path else path.replace("FILE", name)), 1)
                text = text.replace("new URL('FILE'", f"new URL('{name}'")
                base = {"dist/index.js": text} if kind == "esm" else {"dist/index.js": "import './main.cjs';\n", "dist/main.cjs": text}
                mark = " (may warn)" if use in ("createReadStream kept",) else ""
                yield f"asset: {kind}, {how}, {use}{mark}", base
                if not use.startswith("never") and use != "readdirSync":
                    there = "" if name.endswith(".cjs") else "{}"
                    yield f"asset: {kind}, {how}, {use}, there", {**base, f"dist/{name}": there}


IN_HERE = "const here = path.dirname(fileURLToPath(import.meta.url)); "
OTHERS = {
    "worker with a listener": ("new Worker(new URL('./gone.js', import.meta.url)).on('error', () => {});", {}),
    "worker kept with a listener": ("const w = new Worker(new URL('./gone.js', import.meta.url)); w.on('error', () => {});", {}),
    "worker kept": ("const w = new Worker(new URL('./gone.js', import.meta.url));", {}),
    "worker kept, listeners of others (may warn)": ("const w = new Worker(new URL('./gone.js', import.meta.url)); w.on('message', () => {});", {}),
    "worker that fails": ("new Worker(new URL('./w.js', import.meta.url));", {"dist/w.js": "import './gone.js';\n"}),
    "worker that fails, listener": ("new Worker(new URL('./w.js', import.meta.url)).on('error', () => {});", {"dist/w.js": "import './gone.js';\n"}),
    "worker in a function": ("export const run = () => new Worker(new URL('./gone.js', import.meta.url));", {}),
    "worker of text": ("new Worker('0', { eval: true });", {}),
    "fork that fails": ("fork(fileURLToPath(new URL('./w.js', import.meta.url)), { stdio: 'ignore' });", {"dist/w.js": "import './gone.js';\n"}),
    "execFileSync (may warn)": ("execFileSync(process.execPath, [fileURLToPath(new URL('./gone.js', import.meta.url))], { stdio: 'ignore' });", {}),
    "outside (may warn)": ("fs.readFileSync(new URL('../../../x-not-there.txt', import.meta.url));", {}),
    "the package": ("fs.readFileSync(new URL('../package.json', import.meta.url));", {}),
    "a folder that is there": ("fs.readdirSync(new URL('.', import.meta.url));", {}),
    "a made folder": ("const d = path.join(path.dirname(fileURLToPath(import.meta.url)), 'data'); fs.mkdirSync(d, { recursive: true }); fs.writeFileSync(path.join(d, 'a.json'), '1'); fs.readFileSync(path.join(d, 'a.json')); fs.rmSync(d, { recursive: true });", {}),
    "a log": ("const log = path.join(path.dirname(fileURLToPath(import.meta.url)), 'agent.log'); export { log };", {}),
    "an address": ("export const u = new URL('https://example.org/x.js');", {}),
    "only named": ("export const u = new URL('./gone.html', import.meta.url);", {}),
    "query": ("fs.readFileSync(new URL('./a.txt?x', import.meta.url));", {"dist/a.txt": "x"}),
    "of a list": (IN_HERE + "for (const f of ['a.txt', 'gone.txt']) fs.readFileSync(path.join(here, f));", {"dist/a.txt": "x"}),
    "of a list, there": (IN_HERE + "for (const f of ['a.txt', 'b.txt']) fs.readFileSync(path.join(here, f));", {"dist/a.txt": "x", "dist/b.txt": "x"}),
    "of a list, tried in turn": (
        IN_HERE + "for (const f of ['gone.txt', 'a.txt']) { try { fs.readFileSync(path.join(here, f)); break; } catch {} }", {"dist/a.txt": "x"}),
    "of a list, looked for": (
        IN_HERE + "for (const f of ['gone.txt', 'a.txt']) if (fs.existsSync(path.join(here, f))) fs.readFileSync(path.join(here, f));", {"dist/a.txt": "x"}),
    "of a list, made first": (
        IN_HERE + "for (const f of ['x1.txt', 'x2.txt']) { fs.writeFileSync(path.join(here, f), ''); fs.readFileSync(path.join(here, f)); fs.rmSync(path.join(here, f)); }", {}),
    "made in no folder (may warn)": (IN_HERE + "fs.writeFileSync(path.join(here, 'state', 'a.json'), '{}');", {}),
    "added to in no folder (may warn)": (IN_HERE + "fs.appendFileSync(path.join(here, 'logs/a.log'), 'x');", {}),
    "a stream in no folder (may warn)": (IN_HERE + "fs.createWriteStream(path.join(here, 'logs/a.log'));", {}),
    "made in a folder that is there": (IN_HERE + "fs.writeFileSync(path.join(here, 'state', 'a.json'), '{}');", {"dist/state/.keep": ""}),
    "made in a folder of a helper's": (
        IN_HERE + "const ensureDir = (folder) => fs['mkdirSync'](folder, { recursive: true }); ensureDir(path.join(here, 'state'));"
        " fs.writeFileSync(path.join(here, 'state', 'a.json'), '{}'); fs.rmSync(path.join(here, 'state'), { recursive: true });", {}),
    "made deep in a folder that is made": (
        IN_HERE + "fs.mkdirSync(path.join(here, 'x/y/z'), { recursive: true }); fs.writeFileSync(path.join(here, 'x/a'), ''); fs.rmSync(path.join(here, 'x'), { recursive: true });", {}),
    "views of no folder (may warn)": (IN_HERE + "const view = (name) => fs.readFileSync(path.join(here, 'views', `${name}.html`)); view('a');", {}),
    "views by a template of no folder (may warn)": (IN_HERE + "const view = (name) => fs.readFileSync(`${here}/views/${name}.html`); view('a');", {}),
    "views": (IN_HERE + "const view = (name) => fs.readFileSync(path.join(here, 'views', `${name}.html`)); view('a');", {"dist/views/a.html": "x"}),
    "a cache that is made": (
        IN_HERE + "fs.mkdirSync(path.join(here, 'cache'), { recursive: true }); const put = (name) => { fs.writeFileSync(path.join(here, 'cache', name), ''); fs.readFileSync(path.join(here, 'cache', name)); };"
        " put('a'); fs.rmSync(path.join(here, 'cache'), { recursive: true });", {}),
    "percent": ("fs.readFileSync(new URL('./a%20b.txt', import.meta.url));", {"dist/a b.txt": "x"}),
}


def bundles() -> Iterator[Member]:
    yield from members()
    for name, (code, more) in OTHERS.items():
        head = HEAD_ESM.replace("{ fork }", "{ fork, execFileSync }")
        yield f"asset: {name}", {"dist/index.js": head + code + "\n", **more}
