"""What is measured: a bundle with a real `node_modules`, a small real bundle, and parts of the large one.

Everything is made once and kept. Archives are GNU tar's with gzip's default level, as the source document makes them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

HOME = Path(os.environ["BENCH_HOME"])

# Together about 47,000 entries, 490 MB unpacked and 110 MB packed: the largest bundles of the field.
PACKAGES = (
    "@angular/core@21.2.26 @aws-sdk/client-s3@3.1173.0 @babel/preset-env@7.29.14 @fastify/websocket@11.3.6 core-js@3.51.0 date-fns@4.4.0 "
    "eslint@10.15.0 fastify@5.12.8 lodash@4.18.1 monaco-editor@0.57.0 next@16.4.6 pm2@7.0.4 rxjs@7.8.2 three@0.187.0 "
    "typescript@5.9.3 webpack@5.112.2 ws@8.23.0 zod@4.6.7"
).split()

MANIFEST = {
    "name": "server-flow-agent",
    "version": "0.1.27",
    "type": "module",
    "main": "dist/index.js",
    "dependencies": {"fastify": "^5.0.0", "@fastify/websocket": "^11.0.0", "pm2": "^7.0.0", "ws": "^8.0.0", "zod": "^4.0.0"},
}
INDEX = """import Fastify from 'fastify';
import websocket from '@fastify/websocket';
import { WebSocket } from 'ws';
import { PROTOCOL_VERSION } from '@server-flow/shared';

const server = Fastify();
await server.register(websocket);
server.get('/health', async () => ({ protocol: PROTOCOL_VERSION }));
const socket = new WebSocket('ws://127.0.0.1:3000/api/connect');
socket.on('error', () => {});
await server.listen({ port: 3001 });
"""
SHARED = {"name": "@server-flow/shared", "version": "0.1.27", "type": "module", "main": "dist/index.js"}


def run(*argv: object, cwd: Path | None = None) -> None:
    subprocess.run([str(a) for a in argv], cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def bundle(root: Path) -> None:
    """The agent's own files, as the source document lays them out."""
    write(root / "package.json", json.dumps(MANIFEST, indent=2) + "\n")
    write(root / "dist/index.js", INDEX)
    shared = root / "node_modules/@server-flow/shared"
    write(shared / "package.json", json.dumps(SHARED, indent=2) + "\n")
    write(shared / "dist/index.js", "export const PROTOCOL_VERSION = 1;\n")


def archive(root: Path) -> Path:
    out = root.with_suffix(".tar.gz")
    if not out.exists():
        run("tar", "--owner=root", "--group=root", "--mode=u=rwX,go=rX", "-czf", out.with_suffix(".tmp"), "-C", root, ".")
        out.with_suffix(".tmp").rename(out)
    return out


def large() -> Path:
    """The bundle with the packages installed."""
    root = HOME / "large"
    if not root.exists():
        made = HOME / "npm"
        if not (made / "node_modules").exists():
            write(made / "package.json", '{"name": "bench", "version": "1.0.0", "private": true}\n')
            run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", *PACKAGES, cwd=made)
        run("chmod", "-R", "u=rwX,go=rX", made / "node_modules")
        building = HOME / "large.tmp"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir()
        run("cp", "-a", made / "node_modules", building)
        # Links to programs: npm makes them, and they are not what a bundle ships.
        run("find", building, "-type", "d", "-name", ".bin", "-prune", "-exec", "rm", "-r", "{}", "+")
        bundle(building)
        building.rename(root)
    return root


def part(of: Path, one_in: int) -> Path:
    """Every so many-th file of the large bundle, the packages that the agent imports, and its own files."""
    root = HOME / f"part-{one_in}"
    if not root.exists():
        building = HOME / f"part-{one_in}.tmp"
        shutil.rmtree(building, ignore_errors=True)
        listed = subprocess.run(["find", ".", "-type", "f"], cwd=of, check=True, capture_output=True).stdout.splitlines()
        imported = tuple(f"./node_modules/{name}/".encode() for name in MANIFEST["dependencies"])
        chosen = {*sorted(listed)[::one_in], *(path for path in listed if path.startswith(imported))}
        building.mkdir()
        subprocess.run(["bash", "-c", 'tar -cf - -T - | tar -xf - -C "$0"', str(building)], input=b"\n".join(sorted(chosen)), cwd=of, check=True)
        bundle(building)
        building.rename(root)
    return root


# What `tsc --init` writes, less what only editors read: declarations and source maps are what agents ship.
COMPILER = {
    "compilerOptions": {
        "rootDir": "src", "outDir": "dist", "module": "nodenext", "target": "es2022", "types": [],
        "sourceMap": True, "declaration": True, "declarationMap": True, "strict": True, "skipLibCheck": True,
    },
    "include": ["src"],
}


def small() -> Path:
    """An agent of 20 modules as the TypeScript compiler leaves it, each with its declarations and maps. Real sources stand for
    its own: zod publishes them."""
    root = HOME / "small"
    if not root.exists():
        packages = HOME / "npm/node_modules"
        work, building = HOME / "small.work", HOME / "small.tmp"
        for folder in (work, building):
            shutil.rmtree(folder, ignore_errors=True)
        large()
        core = work / "src/core"
        shutil.copytree(packages / "zod/src/v4/core", core, ignore=shutil.ignore_patterns("tests"))
        # The languages of its messages are fifty files of the same text.
        index = core / "index.ts"
        index.write_text("".join(line for line in index.read_text().splitlines(True) if "locales" not in line))
        write(work / "package.json", '{"type": "module"}\n')
        write(work / "tsconfig.json", json.dumps(COMPILER))
        run("node", packages / "typescript/bin/tsc", "-p", work)
        bundle(building)
        shutil.copytree(work / "dist", building / "dist", dirs_exist_ok=True)
        write(building / "dist/index.js", "import './core/index.js';\n" + INDEX)
        building.rename(root)
    return root


def tiny() -> Path:
    """The smallest that is published: three modules of `small`, without their maps."""
    root = HOME / "tiny"
    if not root.exists():
        building = HOME / "tiny.tmp"
        shutil.rmtree(building, ignore_errors=True)
        bundle(building)
        core = small() / "dist/core"
        for name in ("util", "checks", "errors", "parse", "core", "regexes", "doc", "versions"):
            (building / "dist/core").mkdir(exist_ok=True)
            shutil.copy(core / f"{name}.js", building / "dist/core")
        write(building / "dist/index.js", "import './core/checks.js';\nimport './core/parse.js';\n" + INDEX)
        building.rename(root)
    return root


def packed(root: Path, doctor: Path) -> Path:
    """The bundle as `pack` writes it."""
    return pack(root, root.with_suffix(".packed.tar.gz"), doctor)


def signed(root: Path, doctor: Path) -> Path:
    """The same with a signed manifest in it, and the key beside it."""
    key = HOME / "bench.key"
    if not key.exists():
        run(doctor, "keygen", "--no-passphrase", "-o", key.with_suffix(""), "--quiet")
    return pack(root, root.with_suffix(".signed.tar.gz"), doctor, "--sign", key)


def pack(root: Path, out: Path, doctor: Path, *options: str | Path) -> Path:
    if not out.exists():
        temporary = root.with_suffix(".packing.tar.gz")
        run(doctor, "pack", root, "-o", temporary, *options, "--no-config", "--quiet")
        temporary.rename(out)
    return out


def code() -> Path:
    """Nothing but code, of some 80 files: every byte of it is parsed, and no real agent is like that."""
    root = HOME / "code"
    if not root.exists():
        building = HOME / "code.tmp"
        shutil.rmtree(building, ignore_errors=True)
        bundle(building)
        packages = large() / "node_modules"
        for package in ("fastify/lib", "ws/lib", "pm2/lib/API"):
            target = building / "dist" / package.replace("/", "-")
            shutil.copytree(packages / package, target)
            # CommonJS within an ES module package needs this, as any such folder of a real agent does.
            write(target / "package.json", '{"type": "commonjs"}\n')
        building.rename(root)
    return root


# What a bundler leaves of an agent that takes its dependencies with it: one file of about 1 MB.
BUNDLED = """import { WebSocket } from 'ws';
import * as zod from 'zod';
// All of it, as an agent has it that looks types up by their names.
const types = new Map(Object.entries(zod));
const hello = types.get('object')({ type: zod.literal('hello') });
const socket = new WebSocket('ws://127.0.0.1:3000/api/connect');
socket.on('open', () => socket.send(JSON.stringify(hello.parse({ type: 'hello' }))));
socket.on('error', () => {});
"""
BANNER = "import { createRequire as make } from 'node:module'; const require = make(import.meta.url);"


def bundled() -> Path:
    """An agent as esbuild leaves it: its code and that of `ws` and `zod` in `dist/index.js`, not minified."""
    root = HOME / "bundled"
    if not root.exists():
        tool, building = HOME / "esbuild", HOME / "bundled.tmp"
        shutil.rmtree(building, ignore_errors=True)
        if not (tool / "node_modules").exists():
            write(tool / "package.json", '{"name": "tool", "version": "1.0.0", "private": true}\n')
            run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "esbuild@0.28.2", "ws@8.23.0", "zod@4.6.7", cwd=tool)
        bundle(building)
        source = tool / "bundled.mjs"
        write(source, BUNDLED)
        esbuild = next((tool / "node_modules/@esbuild").glob("*/bin/esbuild"))
        run(esbuild, source, "--bundle", "--platform=node", "--format=esm", "--log-level=error", f"--banner:js={BANNER}", f"--outfile={building}/dist/index.js")
        building.rename(root)
    return root
