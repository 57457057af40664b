"""Real code: packages of the registry, imported and copied into `dist`, and three agents (tests/lab/agents) as esbuild, swc, tsc,
rollup, webpack and ncc write them. Each is started with the Nodes of `imports` and judged: one that lives must have no error,
one that dies must have one. The agents are started with all four; so are packages that may depend on the version, and with
`--long` all of them.

Everything is installed once, at the versions named here, into one folder without nested copies where npm can avoid them.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

from bundles import SHARED_PACKAGE, Bundle
from harness import HOME, NPM, REPO, Mismatch, Part, copy, must, remove, write, write_json
from imports import Result, from_files, judged, nodes

AT = HOME / "real"
COMPILED = AT / "compiled"
PACKAGES = {
    "ajv": "8.20.0", "async": "3.2.6", "axios": "1.21.1", "bcryptjs": "3.0.3", "chalk": "5.6.2", "chokidar": "5.0.0",
    "commander": "14.0.3", "date-fns": "4.4.0", "dayjs": "1.11.23", "debug": "4.4.3", "dotenv": "18.0.10", "eventemitter3": "5.0.4",
    "execa": "9.6.1", "express": "5.3.0", "fastify": "5.12.8", "fs-extra": "11.4.1", "glob": "14.0.6", "got": "14.6.6",
    "graceful-fs": "4.2.12", "handlebars": "4.7.10", "iconv-lite": "0.7.3", "ioredis": "6.0.0", "js-yaml": "5.5.0",
    "jsonwebtoken": "9.0.3", "lodash": "4.18.1", "lru-cache": "11.5.3", "luxon": "3.7.2", "mime-types": "3.0.2",
    "minimist": "1.2.8", "mqtt": "5.16.0", "nanoid": "5.1.16", "node-cron": "4.6.0", "node-fetch": "3.3.2", "p-queue": "9.3.5",
    "pg": "8.23.1", "pino": "10.4.0", "reflect-metadata": "0.2.2", "rxjs": "7.8.2", "semver": "7.8.6", "signal-exit": "4.1.0",
    "socket.io-client": "4.8.4", "superjson": "2.2.7", "systeminformation": "5.33.26", "tar": "7.5.23", "tslib": "2.9.1",
    "undici": "6.29.1", "uuid": "14.0.3", "winston": "3.19.0", "ws": "8.23.0", "yaml": "2.9.1", "yargs": "17.7.2", "zod": "4.6.7",
}
TOOLS = {
    "esbuild": "0.28.2", "@swc/core": "1.16.22", "@swc/cli": "0.8.1", "typescript": "5.9.3", "rollup": "4.68.8", "webpack": "5.113.0",
    "@rollup/plugin-node-resolve": "16.0.3", "@rollup/plugin-commonjs": "29.0.3", "@rollup/plugin-json": "6.1.0",
    "@vercel/ncc": "0.45.0", "@types/node": "20", "@types/ws": "8", "@types/express": "5", "@types/semver": "7", "@types/fs-extra": "11",
}
SHARED = "@server-flow/shared"
AGENTS = ("socket", "http", "operations")
BANNER = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
# Bundles that one process judges: some have some thousand files.
BATCH = 8


def installed() -> Path:
    """The folder in which everything stands."""
    wanted = {**PACKAGES, **TOOLS}
    package = {"name": "real", "version": "1.0.0", "private": True, "type": "module", "dependencies": wanted}
    known = AT / ".installed"
    if not known.exists() or known.read_text() != json.dumps(wanted):
        remove(AT)
        AT.mkdir(parents=True)
        write_json(AT / "package.json", package)
        must(NPM, "install", "--ignore-scripts", "--no-package-lock", cwd=AT)
        shared = AT / "node_modules" / SHARED
        write_json(shared / "package.json", {**SHARED_PACKAGE, "types": "dist/index.d.ts"})
        write(shared / "dist/index.js", "export const PROTOCOL_VERSION = 3;\n")
        write(shared / "dist/index.d.ts", "export declare const PROTOCOL_VERSION: number;\n")
        known.write_text(json.dumps(wanted))
    return AT / "node_modules"


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "package.json").read_text())


def closure(modules: Path, names: Iterator[str] | list[str]) -> dict[str, str]:
    """What these packages need of the folder's top level, themselves included, with their versions."""
    found: dict[str, str] = {}
    open_ = [(name, modules) for name in names]
    seen = set()
    while open_:
        name, above = open_.pop()
        folder = next((at / name for at in (above / "node_modules", modules) if (at / name / "package.json").exists()), None)
        if folder is None or folder in seen:
            continue
        seen.add(folder)
        manifest = manifest_of(folder)
        if folder == modules / name:
            found[name] = manifest["version"]
        open_ += [(needed, folder) for field in ("dependencies", "optionalDependencies", "peerDependencies") for needed in manifest.get(field, {})]
    return found


def package(kind: str, needs: dict[str, str]) -> str:
    return json.dumps({"name": "server-flow-agent", "version": "0.1.27", "private": True, "type": kind, "dependencies": needs})


def tree(at: Path, below: str) -> dict[str, bytes]:
    """The files of a folder, by their paths below another."""
    return {f"{below}/{file.relative_to(at)}": file.read_bytes() for file in sorted(at.rglob("*")) if file.is_file()}


def entries(modules: Path, node: str) -> dict[str, dict[str, str]]:
    """The file that `import` and that `require` of each package lead to, as Node says."""
    script = """
        import { createRequire } from 'node:module';
        import { fileURLToPath } from 'node:url';
        const require = createRequire(import.meta.url);
        const found = {};
        for (const name of process.argv.slice(2)) {
            found[name] = {};
            try { found[name].import = fileURLToPath(import.meta.resolve(name)); } catch {}
            try { found[name].require = require.resolve(name); } catch {}
        }
        console.log(JSON.stringify(found));
    """
    asked = write(AT / "entries.mjs", script)
    found = json.loads(must(node, asked, *PACKAGES, cwd=AT).out)
    return {name: {how: str(Path(file).relative_to(modules / name)) for how, file in ways.items()} for name, ways in found.items()}


def packages(modules: Path, node: str) -> Iterator[Bundle]:
    """Each package as a dependency, and as a copy in `dist`."""
    for number, (name, ways) in enumerate(entries(modules, node).items()):
        needs = closure(modules, [name])
        copied = tree(modules / name, f"dist/vendor/{name}")
        for how, entry in ways.items():
            kind = {"import": "module", "require": "commonjs"}[how]
            lines = {"import": "import * as it from '%s';\nif (!it) throw it;\n", "require": "const it = require('%s');\nif (!it) throw it;\n"}[how]
            # A package that holds on to the loop must not keep the lab waiting.
            lines += "setImmediate(process.exit);\n"
            yield from_files(f"{name}, a dependency, by {how}", {"package.json": package(kind, needs), "dist/index.js": lines % name})
            files = {**copied, "package.json": package(kind, needs), "dist/index.js": lines % f"./vendor/{name}/{entry}"}
            yield from_files(f"{name}, copied into dist, by {how}", files)
            # Of each third, by one way: the same code as above, found by its name.
            if number % 3 == 0 and how == ("import" if number % 2 and "import" in ways else next(iter(reversed(ways)))):
                beside = tree(modules / name, f"dist/node_modules/{name}")
                files = {**beside, "package.json": package(kind, needs), "dist/index.js": lines % name}
                yield from_files(f"{name}, copied into dist/node_modules, by {how}", files)


@dataclass
class Build:
    """A way to build an agent: what it writes into `dist`, the package's type, and whether dependencies are inside."""

    name: str
    kind: str
    inside: bool
    do: Callable[[Path, Path], object]


def bin_(name: str) -> Path:
    return AT / "node_modules/.bin" / name


def copy_assets(agent: Path, dist: Path) -> None:
    """What a build script copies beside the code."""
    for file in sorted((agent / "src").rglob("*")):
        if file.is_file() and file.suffix != ".ts":
            write(dist / file.relative_to(agent / "src"), file.read_bytes())


def esbuild(*options: str) -> Callable[[Path, Path], object]:
    return lambda agent, dist: must(bin_("esbuild"), "src/index.ts", "--bundle", "--platform=node", f"--outdir={dist}", f"--external:{SHARED}", "--log-level=error", *options, cwd=agent)


def esbuild_files(*options: str) -> Callable[[Path, Path], object]:
    def build(agent: Path, dist: Path) -> None:
        sources = [str(file.relative_to(agent)) for file in (agent / "src").rglob("*.ts")]
        must(bin_("esbuild"), *sources, "--platform=node", f"--outdir={dist}", "--outbase=src", "--log-level=error", *options, cwd=agent)

    return build


def swc(module: str, target: str, version: str) -> Callable[[Path, Path], object]:
    def build(agent: Path, dist: Path) -> None:
        parser = {"syntax": "typescript", "decorators": True}
        transform = {"decoratorVersion": version, "legacyDecorator": version != "2022-03"}
        config = write_json(agent / f"swc-{module}-{target}-{version}.json", {"jsc": {"parser": parser, "transform": transform, "target": target}, "module": {"type": module}})
        must(bin_("swc"), "src", "-d", dist, "--strip-leading-paths", "--config-file", config, "--quiet", cwd=agent)

    return build


def tsc(module: str, target: str, *options: str) -> Callable[[Path, Path], object]:
    def build(agent: Path, dist: Path) -> None:
        words = ["--module", module, "--target", target, "--outDir", dist, "--rootDir", "src", "--strict", "--skipLibCheck", "--esModuleInterop", "--types", "node", *options]
        must(bin_("tsc"), "src/index.ts", *words, cwd=agent)

    return build


_compiling = threading.Lock()


def compiled(agent: Path) -> Path:
    """What the TypeScript compiler makes of an agent, for what bundles that. Since it takes seconds it is made once."""
    made, at = COMPILED / agent.parent.name, agent / "compiled"
    with _compiling:
        if not made.exists():
            tsc("nodenext", "es2022")(agent, made.with_suffix(".partial"))
            made.with_suffix(".partial").rename(made)
    return copy(made, at)


def rollup(*options: str) -> Callable[[Path, Path], object]:
    def build(agent: Path, dist: Path) -> None:
        compiled(agent)
        plugins = ("-p", "@rollup/plugin-node-resolve={exportConditions:['node']}", "-p", "@rollup/plugin-commonjs", "-p", "@rollup/plugin-json")
        must(bin_("rollup"), "compiled/index.js", "-d", dist, *plugins, "--external", SHARED, "--silent", *options, cwd=agent)

    return build


def webpack(agent: Path, dist: Path) -> None:
    copy_assets(agent, compiled(agent))
    config = {
        "mode": "production", "target": "node18", "entry": str(agent / "compiled/index.js"), "externals": {SHARED: f"module {SHARED}"}, "externalsType": "module",
        "experiments": {"outputModule": True}, "output": {"path": str(dist), "filename": "index.js", "module": True, "chunkFormat": "module"},
        "node": {"__dirname": False, "__filename": False},
    }
    write(agent / "build-webpack.mjs", f"import webpack from 'webpack';\nwebpack({json.dumps(config)}, (fault, stats) => {{ if (fault || stats.hasErrors()) {{ console.error(fault ?? stats.toString('errors-only')); process.exit(1); }} }});\n")
    must("node", "build-webpack.mjs", cwd=agent)


def ncc(agent: Path, dist: Path) -> None:
    must(bin_("ncc"), "build", compiled(agent) / "index.js", "-o", dist, "-e", SHARED, "--quiet", cwd=agent)


BUILDS = (
    Build("esbuild, ESM, no banner", "module", True, esbuild("--format=esm", "--target=node18")),
    Build("esbuild, ESM, a banner", "module", True, esbuild("--format=esm", "--target=node18", f"--banner:js={BANNER}")),
    Build("esbuild, ESM, a banner, minified", "module", True, esbuild("--format=esm", "--minify", f"--banner:js={BANNER}")),
    Build("esbuild, ESM, split", "module", True, esbuild("--format=esm", "--splitting", f"--banner:js={BANNER}")),
    Build("esbuild, ESM, packages outside", "module", False, esbuild("--format=esm", "--packages=external")),
    Build("esbuild, ESM, file by file", "module", False, esbuild_files("--format=esm")),
    Build("esbuild, ESM, file by file, minified", "module", False, esbuild_files("--format=esm", "--minify", "--target=es2022")),
    Build("esbuild, CommonJS", "commonjs", True, esbuild("--format=cjs", "--target=node18")),
    Build("esbuild, CommonJS, minified", "commonjs", True, esbuild("--format=cjs", "--minify")),
    Build("esbuild, CommonJS, file by file", "commonjs", False, esbuild_files("--format=cjs")),
    Build("swc, ESM", "module", False, swc("es6", "es2022", "2021-12")),
    Build("swc, ESM, new decorators", "module", False, swc("es6", "es2022", "2022-03")),
    Build("swc, CommonJS", "commonjs", False, swc("commonjs", "es2022", "2021-12")),
    Build("swc, ESM, old target", "module", False, swc("es6", "es2017", "2021-12")),
    Build("tsc, ESM", "module", False, tsc("nodenext", "es2022")),
    Build("tsc, ESM, old decorators", "module", False, tsc("nodenext", "es2022", "--experimentalDecorators")),
    Build("tsc, ESM, newest target", "module", False, tsc("nodenext", "esnext")),
    Build("tsc, ESM, source maps and helpers", "module", False, tsc("nodenext", "es2018", "--inlineSourceMap", "--declaration")),
    Build("tsc, CommonJS", "commonjs", False, tsc("commonjs", "es2022", "--moduleResolution", "node10")),
    Build("rollup, ESM", "module", True, rollup("-f", "es")),
    Build("rollup, ESM, modules kept", "module", True, rollup("-f", "es", "--preserveModules", "--preserveModulesRoot", "compiled")),
    Build("rollup, CommonJS", "commonjs", True, rollup("-f", "cjs", "--dynamicImportInCjs", "false")),
    Build("webpack, ESM", "module", True, webpack),
    Build("ncc", "module", True, ncc),
)


def built(agent: str, build: Build, modules: Path) -> Bundle:
    """An agent as one build writes it."""
    at = AT / "agents" / agent / re.sub(r"\W+", "-", build.name)
    remove(at)
    write_json(at / "package.json", {"name": "server-flow-agent", "version": "0.1.27", "type": "module"})
    must("cp", "-a", REPO / "tests/lab/agents" / agent / "src", at / "src")
    dist = at / "dist"
    build.do(at, dist)
    copy_assets(at, dist)
    imported = set(re.findall(r"from '([^.'][^':]*)'", "".join(file.read_text() for file in (at / "src").rglob("*.ts"))))
    needs = {} if build.inside else closure(modules, [name for name in imported if name != SHARED and (modules / name).exists()])
    files = {**tree(dist, "dist"), "package.json": package(build.kind, needs)}
    files[f"node_modules/{SHARED}/dist/index.js"] = "export const PROTOCOL_VERSION = 3;\n"
    if build.kind == "commonjs":
        files[f"node_modules/{SHARED}/dist/index.js"] = "exports.PROTOCOL_VERSION = 3;\n"
        files[f"node_modules/{SHARED}/package.json"] = json.dumps({**SHARED_PACKAGE, "type": "commonjs"}) + "\n"
    bundle = from_files(f"the {agent} agent by {build.name}", files)
    remove(at)
    return bundle


# What Node says where `check` need not foresee a death: a pattern, and why. A bundle that lives has no exception.
EXCEPTIONS = {
    r"^Error \[ERR_REQUIRE_ESM\]: require\(\) of ES Module \S*/node_modules/(?!@server-flow/)": "docs/reference/contract.md: third-party packages are resolved to, not judged inside, and one that has ES modules alone cannot be required by Node 18",
}


def hold(result: Result) -> None:
    """What lives is not refused, nor said to end at its start, and what dies is not accepted."""
    if result.alarms:
        raise Mismatch(f"it lives\n{result.alarms[0].brief()}")
    wrong = [entry for entry in result.wrong if entry[3].lives or not any(re.search(pattern, entry[3].said) for pattern in EXCEPTIONS)]
    if wrong:
        raise Mismatch("\n".join(f"{kind}, Node {line}: {differs}" for line, kind, differs, _ in wrong))


def run(part: Part) -> None:
    binaries, modules = nodes(), installed()
    wanted = re.compile(os.environ.get("REAL", ""))
    of_registry = [bundle for bundle in packages(modules, binaries[22]) if wanted.search(bundle.name)]
    of_agents: list[Bundle] = []
    remove(COMPILED)
    COMPILED.mkdir()
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        # One that awaits at its top level is no CommonJS.
        pairs = [(agent, build) for agent in AGENTS for build in BUILDS if build.kind == "module" or agent != "http"]
        pairs = [(agent, build) for agent, build in pairs if wanted.search(f"the {agent} agent by {build.name}")]
        for (agent, build), future in [(pair, pool.submit(built, *pair, modules)) for pair in pairs]:
            part.case(f"the {agent} agent is built by {build.name}", lambda future=future: of_agents.append(future.result()))
        results: list[Result] = []
        for bundles, on_all in ((of_registry, part.long), (of_agents, True)):
            for done in judged(part, pool, bundles, BATCH, binaries, modules, on_all):
                results += done
                for result in done:
                    part.case(result.bundle.name, lambda result=result: hold(result))
    starts, deaths = sum(result.starts for result in results), sum(len(result.dies) for result in results)
    print(f"    {len(results)} bundles, {starts - deaths} of {starts} starts live", flush=True)
