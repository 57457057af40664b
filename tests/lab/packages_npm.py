"""The npm packages with npm 10, pnpm 9 and both yarns: from a registry, from files, without scripts and without a network."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import json
import os
import signal
import subprocess
import tarfile
import threading
import time
from pathlib import Path
from typing import Iterator
from urllib.parse import unquote

import mistakes
import monorepo
from harness import HOME, NPM, PNPM, Mismatch, Part, archive, copy, edit_json, environment, must, remove, run as execute, write, write_json
from packages_guide import VERSION, sections

TOOLS = HOME / "packages-yarn"
YARNS = {"yarn 1": "yarn", "yarn 4": "@yarnpkg/cli-dist"}
WANTED = "yarn@1 @yarnpkg/cli-dist@4"
STANDALONE = f"bundle-doctor-standalone-linux-x64-{VERSION}.tgz"
# Nothing may come from elsewhere.
OFFLINE = {"npm_config_offline": "true", "YARN_ENABLE_NETWORK": "0"}


def yarns() -> None:
    """Both yarns, once."""
    stamp = TOOLS / ".installed"
    if not stamp.exists() or stamp.read_text() != WANTED:
        remove(TOOLS)
        TOOLS.mkdir(parents=True)
        must(NPM, "install", "--prefix", TOOLS, "--ignore-scripts", *WANTED.split())
        write(stamp, WANTED)


def yarn(which: str) -> str:
    return str(TOOLS / "node_modules" / YARNS[which] / "bin/yarn.js")


# --- A registry of our own ---------------------------------------------------------------------------------------------


def described(file: Path, base: str) -> tuple[str, dict]:
    """A package's document, as a registry has it."""
    with tarfile.open(file) as tar:
        package = json.load(tar.extractfile("package/package.json"))
    data = file.read_bytes()
    sha512 = base64.b64encode(hashlib.sha512(data).digest()).decode()
    package["dist"] = {"tarball": f"{base}/-/{file.name}", "integrity": f"sha512-{sha512}", "shasum": hashlib.sha1(data).hexdigest()}
    # Yarn 4 takes nothing that was published today.
    times = {VERSION: "2025-01-01T00:00:00.000Z"}
    return package["name"], {"name": package["name"], "dist-tags": {"latest": VERSION}, "versions": {VERSION: package}, "time": times}


def published(work: Path, out: Path) -> list[Path]:
    """The packages of a release, that of the platform which is not built here too."""
    folder = work / "linux-arm64"
    write_json(folder / "package/package.json", {"name": "@bundle-doctor/linux-arm64", "version": VERSION, "os": ["linux"], "cpu": ["arm64"]})
    write(folder / "package/bundle-doctor", "", 0o755)
    other = folder / f"bundle-doctor-linux-arm64-{VERSION}.tgz"
    must("tar", "-czf", other, "-C", folder, "package")
    return [out / f"bundle-doctor-{VERSION}.tgz", out / f"bundle-doctor-linux-x64-{VERSION}.tgz", other]


@contextlib.contextmanager
def registry(files: list[Path]) -> Iterator[tuple[str, list[str]]]:
    """Serves these packages and no others; the paths that were asked for are noted."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(unquote(self.path))
            name = unquote(self.path).lstrip("/")
            by_file = {f"-/{f.name}": f for f in files}
            if name in by_file:
                self.answer(200, by_file[name].read_bytes())
            elif name in documents:
                self.answer(200, json.dumps(documents[name]).encode())
            else:
                self.answer(404, b'{"error":"not found"}')

        def answer(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json" if code != 200 or body[:1] == b"{" else "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    base = f"http://127.0.0.1:{server.server_address[1]}"
    documents = dict(described(f, base) for f in files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield base, asked
    finally:
        server.shutdown()
        server.server_close()


def fresh(work: Path, base: str | None = None) -> dict[str, str]:
    """Caches and stores of this case's own, so that nothing is warm by chance."""
    env = {name: str(work / "caches" / name) for name in ("npm_config_cache", "npm_config_store_dir", "XDG_CACHE_HOME", "XDG_DATA_HOME", "YARN_CACHE_FOLDER", "YARN_GLOBAL_FOLDER")}
    env |= {"HOME": str(work), "YARN_ENABLE_TELEMETRY": "0", "YARN_ENABLE_IMMUTABLE_INSTALLS": "0"}
    if base:
        env |= {"npm_config_registry": base, "YARN_REGISTRY": base, "YARN_NPM_REGISTRY_SERVER": base, "YARN_UNSAFE_HTTP_WHITELIST": "127.0.0.1"}
    return env


# --- One verdict by each ------------------------------------------------------------------------------------------------

MANAGERS = {
    "npm 10": ((NPM, "install", "--save-dev"), (NPM, "exec", "--no", "--"), (NPM, "run", "--silent")),
    "pnpm 9": ((PNPM, "add", "--save-dev"), (PNPM, "exec"), (PNPM, "run", "--silent")),
    "yarn 1": (("node", yarn("yarn 1"), "add", "--dev"), ("node", yarn("yarn 1"), "--silent", "run"), ("node", yarn("yarn 1"), "--silent", "run")),
    "yarn 4": (("node", yarn("yarn 4"), "add", "--dev"), ("node", yarn("yarn 4"), "exec"), ("node", yarn("yarn 4"), "run")),
}


def project(at: Path) -> Path:
    """A repository with a good bundle, a bad one, and a script for each."""
    at.mkdir(parents=True)
    bundle = mistakes.clean_bundle(at / "bundle")
    archive(bundle, at / "good.tar.gz")
    (bundle / "dist/index.js").unlink()
    archive(bundle, at / "bad.tar.gz")
    remove(bundle)
    scripts = {f"check:{name}": f"bundle-doctor check {name}.tar.gz" for name in ("good", "bad", "none")}
    write_json(at / "package.json", {"name": "repository", "version": "1.0.0", "private": True, "license": "MIT", "scripts": scripts})
    write(at / "yarn.lock", "")
    return at


def verdicts(who: str, at: Path, env: dict[str, str]) -> None:
    """The command and the scripts: the report, and the exit codes 0, 1 and 2."""
    _, execs, runs = MANAGERS[who]
    said = must(*execs, "bundle-doctor", "--version", cwd=at, **env)
    if f"bundle-doctor {VERSION}" not in said.text:
        raise Mismatch(f"{who}: {said.text[:400]}")
    for name, code, word in (("good", 0, "accepted"), ("bad", 1, "entry-point-missing"), ("none", 2, "none.tar.gz")):
        ran = execute(*runs, f"check:{name}", cwd=at, **env)
        # pnpm and npm pass a script's exit code on; so must we.
        if ran.code != code or word not in ran.text:
            raise Mismatch(f"{who}: check:{name} exits {ran.code}: {ran.text[:500]}")


def from_registry(who: str, work: Path, out: Path) -> None:
    """Launcher and platform package: that of this platform is fetched, and no other. Not all have been published yet where
    the package manager bears that; the first yarn does not."""
    files = published(work, out)
    if who in ("npm 10", "pnpm 9"):
        files.pop()
    with registry(files) as (base, asked):
        env = fresh(work, base)
        at = project(work / "repository")
        install, *_ = MANAGERS[who]
        must(*install, f"bundle-doctor@{VERSION}", cwd=at, **env)
        verdicts(who, at, env)
        if "bundle-doctor" not in json.loads((at / "package.json").read_text())["devDependencies"]:
            raise Mismatch("not a development dependency")
        if not any(path.endswith(files[1].name) for path in asked):
            raise Mismatch(f"the platform's package was not fetched: {asked}")
        if who != "yarn 1" and any("arm64" in path and path.endswith(".tgz") for path in asked):
            raise Mismatch(f"another platform's package was fetched: {asked}")


def from_file(who: str, work: Path, out: Path) -> None:
    """The one file, offline and with scripts off."""
    env = {**fresh(work), **OFFLINE, "npm_config_ignore_scripts": "true", "YARN_ENABLE_SCRIPTS": "0"}
    at = project(work / "repository")
    copy(out / STANDALONE, at / STANDALONE)
    install, *_ = MANAGERS[who]
    must(*install, *(["--offline"] if who == "yarn 1" else []), f"./{STANDALONE}", cwd=at, **env)
    verdicts(who, at, env)


def in_the_monorepo(work: Path, out: Path) -> None:
    """The guide's lines, in the workspace that the bundle is made in."""
    built = monorepo.build()
    blocks = sections("install")["With Node"]
    env = fresh(work)
    for key in ("npm_config_store_dir", "npm_config_cache", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        env.pop(key)
    bin_folder = work / "bin"
    for name, words in {"npm": [NPM], "npx": [NPM.replace("/npm", "/npx")], "pnpm": [PNPM], "yarn": ["node", yarn("yarn 1")]}.items():
        write(bin_folder / name, f'#!/bin/sh\nexec {" ".join(words)} "$@"\n', 0o755)
    env["PATH"] = f"{bin_folder}:{os.environ['PATH']}"
    served = published(work, out)
    if len(blocks) != 5:
        raise Mismatch(f"{len(blocks)} blocks stand under \"With Node\"")
    for number, block in enumerate(blocks):
        at = work / f"monorepo-{number}"
        copy_sources(built, at)
        copy(built / "apps/control-plane/public/agent-bundle.tar.gz", at / "agent-bundle.tar.gz")
        copy(out / STANDALONE, at / STANDALONE)
        (fenced,) = sections("install", "json")["With Node"]
        edit_json(at / "package.json", lambda value: value.setdefault("scripts", {}).update(json.loads(fenced)["scripts"]))
        with registry(served) as (base, _):
            more = {"npm_config_registry": base} if "bundle-doctor@" in block else {}
            ran = must("bash", "-euo", "pipefail", "-c", block, cwd=at, **env, **more)
        if block.startswith("npx"):
            if b"accepted" not in ran.out:
                raise Mismatch(ran.text[:500])
            continue
        said = must("npm", "run", "--silent", "check:bundle", cwd=at, **env)
        if b"accepted" not in said.out:
            raise Mismatch(f"after `{block.strip()}`: {said.text[:500]}")


def copy_sources(built: Path, at: Path) -> None:
    """The workspace without what is installed in it, and without what npm cannot read of it."""
    at.mkdir()
    must("sh", "-c", 'tar --exclude=node_modules --exclude=.lab-stamp -cf - . | tar -xf - -C "$1"', "sh", at, cwd=built)
    # What the workspace's packages need of the registry is no business of this part.
    for manifest in [at / "package.json", *at.glob("*/*/package.json")]:
        edit_json(manifest, lambda value: [value.pop(key, None) for key in ("dependencies", "devDependencies", "packageManager")])
    for lock in ("pnpm-lock.yaml", "package-lock.json"):
        (at / lock).unlink(missing_ok=True)


# --- The launcher by itself ---------------------------------------------------------------------------------------------


def unpacked(at: Path, file: Path) -> str:
    at.mkdir(parents=True, exist_ok=True)
    must("tar", "-xzf", file, "-C", at)
    return str(at / "package/packaging/npm/bundle-doctor.js")


def absent(work: Path, out: Path) -> None:
    """Without the program: exit 2, what is missing, and how to build; one that was built is taken."""
    launcher = unpacked(work / "launcher", out / f"bundle-doctor-{VERSION}.tgz")
    disguise = write(work / "disguise.js", "const [p, a] = process.env.AS.split('-'); Object.defineProperty(process, 'platform', { value: p }); Object.defineProperty(process, 'arch', { value: a })\n")
    for platform, words in {
        "linux-x64": "@bundle-doctor/linux-x64 is not installed",
        "linux-arm64": "@bundle-doctor/linux-arm64 is not installed",
        "linux-riscv64": "no package for linux-riscv64",
        "darwin-arm64": "no package for darwin-arm64",
        "win32-x64": "no package for win32-x64",
    }.items():
        ran = execute("node", "--require", disguise, launcher, "check", "x", AS=platform)
        if ran.code != 2 or words not in ran.text or "cargo install" not in ran.text or ran.out:
            raise Mismatch(f"{platform}: exit {ran.code}: {ran.text}")
        if execute("node", "--require", disguise, launcher, "--version", AS=platform, BUNDLE_DOCTOR_BINARY="/bin/true").code != 0:
            raise Mismatch(f"{platform}: BUNDLE_DOCTOR_BINARY is not heeded")
    # The one file has one program, and no other package is missing.
    alone = unpacked(work / "alone", out / STANDALONE)
    ran = execute("node", "--require", disguise, alone, "check", "x", AS="linux-arm64")
    if ran.code != 2 or "has the program for linux-x64 only, and this is linux-arm64" not in ran.text or "@bundle-doctor/" in ran.text:
        raise Mismatch(f"the one file on another machine: exit {ran.code}: {ran.text}")
    ran = execute("node", launcher, "--version", BUNDLE_DOCTOR_BINARY="/nonexistent")
    if ran.code != 2 or "cannot start /nonexistent, which BUNDLE_DOCTOR_BINARY names" not in ran.text:
        raise Mismatch(f"a program that is not there: exit {ran.code}: {ran.text}")


def node_versions(work: Path, out: Path) -> None:
    """Every Node of the lab starts it, and passes arguments, streams and exit codes on."""
    launcher = unpacked(work / "standalone", out / STANDALONE)
    at = project(work / "repository")
    nodes = sorted((HOME / "nodes").glob("*/node_modules/*/bin/node")) or [Path("node")]
    for node in nodes:
        for arguments, code in ((["check", "good.tar.gz"], 0), (["check", "bad.tar.gz"], 1), (["check", "a b\n'\"$.tar.gz"], 2), ([], 2)):
            ran = execute(node, launcher, *arguments, cwd=at)
            if ran.code != code:
                raise Mismatch(f"{node}: {arguments} exits {ran.code}: {ran.text[:300]}")
        ran = execute(node, launcher, "check", "-", cwd=at, stdin=(at / "good.tar.gz").read_bytes())
        if ran.code != 0:
            raise Mismatch(f"{node}: from stdin: {ran.text[:300]}")


def signals(work: Path, out: Path) -> None:
    """A signal to the launcher reaches the program, once, and the launcher ends as the program did."""
    launcher = unpacked(work / "standalone", out / STANDALONE)
    counter = "import signal, sys, time\ngot = []\nfor s in (2, 15, 1):\n    signal.signal(s, lambda n, f: got.append(n))\nprint('ready', flush=True)\nend = time.time() + 20\nwhile not got and time.time() < end:\n    time.sleep(0.02)\ntime.sleep(0.3)\nprint(got, flush=True)\nsys.exit(7)\n"
    program = write(work / "counter", f"#!/usr/bin/env python3\n{counter}", 0o755)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        child = started(launcher, program)
        child.stdout.readline()
        child.send_signal(number)
        out_text = child.stdout.read().strip()
        if child.wait(20) != 7 or out_text != f"[{int(number)}]".encode():
            raise Mismatch(f"{number.name}: exit {child.returncode}, the program got {out_text!r}")
    for word, number in (("TERM", signal.SIGTERM), ("KILL", signal.SIGKILL), ("INT", signal.SIGINT)):
        dies = write(work / "dies", f"#!/bin/sh\nkill -{word} $$\nsleep 5\n", 0o755)
        child = started(launcher, dies)
        if child.wait(20) != -number:
            raise Mismatch(f"the program died of {number.name}, the launcher ended with {child.returncode}")


def started(launcher: str, program: Path) -> subprocess.Popen[bytes]:
    # In a session of its own there is no terminal, so nothing but the launcher can pass a signal on.
    return subprocess.Popen(["node", launcher], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(BUNDLE_DOCTOR_BINARY=str(program)), start_new_session=True)


def typed(work: Path, out: Path) -> None:
    """Ctrl-C at a terminal reaches the program once, not twice: `script` is the terminal."""
    launcher = unpacked(work / "standalone", out / STANDALONE)
    program = work / "counter"
    # The shell is the terminal's foreground group; 3 is what Ctrl-C types.
    line = f"BUNDLE_DOCTOR_BINARY={program} node {launcher}"
    child = subprocess.Popen(["script", "-qec", line, "/dev/null"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), start_new_session=True)
    seen = b""
    while b"ready" not in seen and child.poll() is None:
        seen += os.read(child.stdout.fileno(), 100)
    time.sleep(0.1)
    child.stdin.write(b"\x03")
    child.stdin.flush()
    rest = child.stdout.read()
    if b"[2]" not in rest:
        raise Mismatch(f"the program got {rest!r}")
    child.wait(10)


def cases(part: Part, out: Path, work: Path) -> None:
    part.case("both yarns", yarns)
    for who in MANAGERS:
        for how, do in (("a registry", from_registry), ("the one file, offline", from_file)):
            folder = work / f"{who} {how}".replace(" ", "-").replace(",", "")
            folder.mkdir()
            part.case(f"{who}: from {how}", lambda who=who, do=do, folder=folder: do(who, folder, out))
            remove(folder)
    folder = work / "monorepo"
    folder.mkdir()
    part.case("the guide's lines in the monorepo", lambda: in_the_monorepo(folder, out))
    remove(folder)
    launcher = work / "launcher"
    launcher.mkdir()
    part.case("the launcher without its program", lambda: absent(launcher, out))
    part.case("the launcher with every Node", lambda: node_versions(launcher, out))
    part.case("the launcher and signals", lambda: signals(launcher, out))
    part.case("the launcher and Ctrl-C", lambda: typed(launcher, out))
