"""What `check` foresees against what `rehearse` sees: every bundle of `rehearsals.py` is updated for real, with pnpm and npm,
and started. Not one that dies may pass, not one that lives may fail, and both must name the same rule. Then what `rehearse`
promises of itself: it leaves nothing behind, touches nothing of the caller's, and tells the network's faults from the bundle's.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.server
import json
import os
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from harness import BINARY, HOME, NPM, PNPM, REPO, Mismatch, Part, archive, environment, must, run as execute, scratch, write, write_json
from rehearsals import BUNDLES, PACKAGE, PLAIN, SHARED, ZOD, Rehearsed, build

MANAGERS = ("pnpm", "npm")
# Halves of which each has an older and a newer procedure: what a bundle of `every` goes through in CI. `--long` has all four.
HALVES = (("documented", "preserving"), ("documented-mkdir", "in-place"))
PATH = f"{Path(PNPM).parent}:{os.environ['PATH']}"


@dataclass
class Ended:
    """One run of `rehearse`: how, and its document."""

    code: int
    document: dict
    stderr: str

    def runs(self) -> dict[str, dict]:
        return {run["generation"]: run for run in self.document["runs"]}


def rehearse(bundle: object, *options: str, cwd: Path | None = None, **env: str) -> Ended:
    ran = execute(BINARY, "rehearse", bundle, "--no-config", "--format", "json", *options, cwd=cwd, PATH=PATH, **env)
    try:
        document = json.loads(ran.out)
    except ValueError as reason:
        raise Mismatch(f"rehearse exited {ran.code} without a document: {ran.text[:800]}") from reason
    verdict = {0: "pass", 1: "fail", 2: "error"}.get(ran.code)
    if document["verdict"] != verdict:
        raise Mismatch(f"exit {ran.code} beside the verdict {document['verdict']!r}")
    return Ended(ran.code, document, ran.err.decode("utf-8", "replace"))


# --- What is foreseen against what happens ------------------------------------------------------------------------------


@dataclass
class Seen:
    """One generation of one bundle: what each package manager made of it, and what `check` said."""

    outcomes: dict[str, dict]
    errors: list[str]
    rules: set[str]


def generations(bundle: Rehearsed, number: int, long: bool) -> tuple[str, ...]:
    """Those that a bundle goes through; what a module imports fails in all of them alike."""
    if not bundle.every:
        return ("documented",)
    return tuple(name for half in HALVES for name in half) if long else HALVES[number % 2]


def measure(bundle: Rehearsed, node: tuple[str, ...], managers: tuple[str, ...], generations: tuple[str, ...]) -> dict[str, Seen]:
    with scratch("rehearsed") as work:
        folder = work / "agent-bundle"
        build(bundle, folder)
        packed = archive(folder, work / "agent-bundle.tar.gz")
        config = write(work / "lab.toml", '[bundle]\nrequired-dependencies = ["zod"]\n')
        chosen = [word for generation in generations for word in ("--generation", generation)]
        # A server with pnpm runs the procedure, which may try npm after it; one without has npm only.
        installs = {"pnpm": (), "npm": ("--package-manager", "npm")}
        # With this it has all places from the environment, and asks no package manager for them.
        place = {"npm_config_cache_dir": str(Path(environment()["XDG_CACHE_HOME"]) / "pnpm")}
        ended = {m: rehearse(packed, "--offline", "--hold", "0", *installs[m], *chosen, **place) for m in managers}
        seen = {}
        for generation in generations:
            options = ("--generation", generation, *node, "--config", str(config), "--format", "json")
            ran = execute(BINARY, "check", packed, *options)
            findings = json.loads(ran.out)["subjects"][0]["findings"]
            errors = [f["rule"] for f in findings if f["severity"] == "error"]
            outcomes = {manager: ended[manager].runs()[generation] for manager in managers}
            seen[generation] = Seen(outcomes, errors, {f["rule"] for f in findings})
        return seen


def judge(bundle: Rehearsed, seen: dict[str, Seen]) -> None:
    wrong = []
    for generation, one in seen.items():
        dies = [m for m, run in one.outcomes.items() if run["outcome"] != "starts"]
        told = {m: f"{run['outcome']} {named(run)}".strip() for m, run in one.outcomes.items()}
        if any(run["outcome"] == "inconclusive" for run in one.outcomes.values()):
            wrong.append(f"{generation}: {told}: {reasons(one)}")
        elif dies == ["npm"] and "pnpm" in one.outcomes and "update-drops-shared" in one.errors:
            wrong.append(f"{generation} dies with npm only, and check calls that an error: {told}")
        elif dies == ["npm"] and "pnpm" in one.outcomes and named(one.outcomes["npm"]) in one.rules:
            # Every procedure takes pnpm first, so that a warning will do; the findings say where it is lost.
            pass
        elif dies and not one.errors:
            wrong.append(f"{generation} dies with {' and '.join(dies)}, and check passes it: {told}\n{reasons(one)}")
        elif not dies and one.errors and not bundle.exception:
            wrong.append(f"{generation} lives, and check says {one.errors}")
        elif dies and not bundle.exception:
            strangers = {named(one.outcomes[m]) for m in dies} - one.rules
            if strangers:
                wrong.append(f"{generation}: rehearse says {sorted(strangers)}, check {sorted(one.rules)}\n{reasons(one)}")
    if wrong:
        raise Mismatch("\n".join(wrong))


def named(run: dict) -> str:
    return " ".join(f["rule"] for f in run["findings"])


def reasons(one: Seen) -> str:
    lines = []
    for manager, run in one.outcomes.items():
        for step in run["steps"]:
            if step["status"] in ("failed", "inconclusive"):
                evidence = " ".join(f["evidence"] or "" for f in run["findings"])
                lines.append(f"{manager}: step {step['number']}: {step['note']} {evidence or (step['output'] or '')[-300:]}")
    return "\n".join(lines)


def row(bundle: Rehearsed, generation: str, one: Seen) -> str:
    def cell(manager: str) -> str:
        run = one.outcomes.get(manager)
        if run is None:
            return ""
        if run["outcome"] == "starts":
            return "starts"
        step = next(step for step in run["steps"] if step["status"] not in ("done", "not-needed"))
        return f"{run['outcome']} at step {step['number']}: {named(run) or step['note']}"

    errors = " ".join(dict.fromkeys(one.errors)) or "passes"
    return f"| {bundle.name} | {generation} | {cell('pnpm')} | {cell('npm')} | {errors} |"


def foreseen(part: Part) -> None:
    version = must("node", "--version").out.decode().strip().lstrip("v")
    node = ("--node", version)
    lines = ["# The update rehearsed, and what `check` foresees", "", "| bundle | generation | pnpm 9 | npm 10 | check |", "|---|---|---|---|---|"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = []
        for n, bundle in enumerate(BUNDLES):
            both = part.long or bundle.both or bundle.every
            managers = MANAGERS if both else MANAGERS[n % 2 :][:1]
            futures.append((bundle, pool.submit(measure, bundle, node, managers, generations(bundle, n, part.long))))
        for bundle, future in futures:

            def do(bundle: Rehearsed = bundle, future: concurrent.futures.Future = future) -> None:
                seen = future.result()
                lines.extend(row(bundle, generation, one) for generation, one in seen.items())
                judge(bundle, seen)

            part.case(f"foreseen: {bundle.name}", do)
    text = "\n".join(lines) + "\n"
    print(text, flush=True)
    write(HOME / "rehearse.md", text)


# --- What a rehearsal promises of itself --------------------------------------------------------------------------------


def warm() -> None:
    """The lab's caches hold what the bundles of the table need, so that `--offline` finds it."""
    for manager, argv in (("pnpm", (PNPM, "install")), ("npm", (NPM, "install"))):
        with scratch(f"warm-{manager}") as work:
            write_json(work / "package.json", {"name": "warm", "version": "1.0.0", "dependencies": {"zod": ZOD, "ms": "^2.1.0", "debug": "^4.3.0"}})
            must(*argv, "--ignore-scripts", cwd=work)


@contextlib.contextmanager
def places() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder for temporary files and a home of the caller's own, with caches that hold what is needed."""
    with scratch("caller") as work:
        (work / "tmp").mkdir()
        home = work / "home"
        write(home / ".npmrc", "fund=false\n")
        write(home / ".server-flow/agent-bundle/package.json", "{}\n")
        env = {
            "HOME": str(home), "TMPDIR": str(work / "tmp"), "npm_config_cache": str(home / ".npm"), "npm_config_store_dir": str(home / "store"),
            "XDG_CACHE_HOME": str(home / ".cache"), "XDG_STATE_HOME": str(home / ".state"), "XDG_DATA_HOME": str(home / ".data"),
        }  # fmt: skip
        yield work, env


def listing(folder: Path) -> bytes:
    """Everything of every file but when it was last read."""
    return must("find", folder, "-printf", "%p %y %l %s %m %U %n %T@ %C@\n").out


def good(work: Path) -> Path:
    build(Rehearsed("good"), work / "agent-bundle")
    return archive(work / "agent-bundle", work / "agent-bundle.tar.gz")


def steps(run: dict) -> list[str]:
    return [step["status"] for step in run["steps"]]


def expect(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise Mismatch(f"{what}: {found}, expected {wanted}")


def untouched() -> None:
    """Neither the caller's home and caches nor the temporary folder show that a rehearsal was run, online or offline."""
    with places() as (work, env):
        packed = good(work)
        for manager in ((PNPM, "install"), (NPM, "install")):
            with scratch("own-caches") as own:
                write_json(own / "package.json", {"name": "warm", "version": "1.0.0", "dependencies": {"zod": ZOD}})
                must(*manager, "--ignore-scripts", cwd=own, **env)
        before = listing(work / "home")
        system = listing(Path("/etc/systemd"))
        for options in (("--offline",), ()):
            for manager in MANAGERS:
                ended = rehearse(packed, "--hold", "0", "--package-manager", manager, *options, **env)
                expect(ended.code, 0, f"{manager} {options}")
                if listing(work / "home") != before:
                    now = listing(work / "home").decode().splitlines()
                    changed = sorted(set(now) ^ set(before.decode().splitlines()))
                    raise Mismatch(f"the caller's home changed with {manager} {options}:\n" + "\n".join(changed[:12]))
                expect(os.listdir(work / "tmp"), [], f"what is left of {manager} {options}")
        expect(listing(Path("/etc/systemd")), system, "/etc/systemd")


def configured() -> None:
    """The caller's caches are found where only its `.npmrc` tells of them."""
    with places() as (work, env):
        packed = good(work)
        own = environment()
        write(work / "home/.npmrc", f"cache={own['npm_config_cache']}\nstore-dir={own['npm_config_store_dir']}\ncache-dir={own['XDG_CACHE_HOME']}/pnpm\n")
        unset = {"npm_config_cache": "", "npm_config_store_dir": ""}
        for manager in MANAGERS:
            ended = rehearse(packed, "--hold", "0", "--package-manager", manager, "--offline", **{**env, **unset})
            expect(ended.code, 0, f"{manager}: {ended.stderr}")


def interrupted(word: int, when: str) -> None:
    """A signal while a step runs: exit 2, no process and no folder is left."""
    with places() as (work, env):
        # The agent starts a daemon of its own session, as pm2 does, and never connects.
        daemon = "import { spawn } from 'node:child_process';\nspawn('sleep', ['300'], { detached: true, stdio: 'ignore' }).unref();\nsetInterval(() => {}, 1000);\n"
        build(Rehearsed("hangs", files={"dist/index.js": daemon}), work / "agent-bundle")
        packed = archive(work / "agent-bundle", work / "agent-bundle.tar.gz")
        full = environment(PATH=PATH, **{**env, **{k: v for k, v in environment().items() if k in ("npm_config_cache", "npm_config_store_dir", "XDG_CACHE_HOME")}})
        argv = [BINARY, "rehearse", str(packed), "--no-config", "--offline", "--generation", "documented", "--package-manager", "pnpm"]
        child = subprocess.Popen(argv, env=full, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            until = time.monotonic() + 60
            while not any(re.search(when, line) for line in below(work / "tmp")):
                if child.poll() is not None or time.monotonic() > until:
                    raise Mismatch(f"no process `{when}` was seen: {child.communicate()[1].decode()[:500]}")
                time.sleep(0.02)
            child.send_signal(word)
            out, err = child.communicate(timeout=30)
        finally:
            child.kill()
        expect(child.returncode, 130, f"exit code ({err.decode()[:300]})")
        if b"interrupted" not in err or out:
            raise Mismatch(f"stdout {out[:200]!r}, stderr {err[:300]!r}")
        expect(os.listdir(work / "tmp"), [], "what is left")
        expect(below(work / "tmp"), [], "what still runs")


def below(folder: Path) -> list[str]:
    """The command lines of the processes that have to do with a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
                variables = (entry / "environ").read_bytes()
                # The rehearsal itself has the folder in TMPDIR only.
                if f"{folder}/bundle-doctor-rehearsal.".encode() in variables or str(os.readlink(entry / "cwd")).startswith(str(folder)):
                    found.append(words)
    return found


def kept() -> None:
    with places() as (work, env):
        packed = good(work)
        ended = rehearse(packed, "--hold", "0", "--keep", "--generation", "documented", "--package-manager", "npm", **env)
        expect(ended.code, 0, "exit code")
        folder = Path(ended.runs()["documented"]["kept"])
        if work / "tmp" not in folder.parents or not (folder / "home/.server-flow/agent-bundle/node_modules/zod").is_dir():
            raise Mismatch(f"{folder} is not what was kept")
        unit = (folder / "etc/systemd/system/server-flow-agent.service").read_text()
        bundle = folder / "home/.server-flow/agent-bundle"
        for line in (f"WorkingDirectory={bundle}", f"ExecStart=/usr/bin/node {bundle}/dist/index.js --url http://127.0.0.1:", "RestartSec=10"):
            if line not in unit:
                raise Mismatch(f"no `{line}` in the unit:\n{unit}")
        mode = (work / "tmp").joinpath(folder.relative_to(work / "tmp").parts[0]).stat().st_mode & 0o777
        expect(oct(mode), "0o700", "the mode of the throw-away folder")
        expect(below(work / "tmp"), [], "what still runs")


def from_older() -> None:
    """The older bundle ends in the backup, from an archive and from a deployed folder."""
    with places() as (work, env):
        packed = good(work)
        build(Rehearsed("old", files={"dist/old.js": "export {};\n"}), work / "old")
        for older in (archive(work / "old", work / "old.tar.gz"), work / "old"):
            ended = rehearse(packed, "--from", str(older), "--hold", "0", "--keep", "--generation", "preserving", "--package-manager", "npm", **env)
            expect(ended.code, 0, f"from {older.name}")
            home = Path(ended.runs()["preserving"]["kept"]) / "home/.server-flow"
            if not (home / "agent-bundle-backup/dist/old.js").is_file() or (home / "agent-bundle/dist/old.js").exists():
                raise Mismatch(f"from {older.name}: the backup is not the older bundle")
        ran = execute(BINARY, "rehearse", packed, "--from", packed.with_name("none"), PATH=PATH, **env)
        expect(ran.code, 2, "exit code for a --from that is not there")


class Nothing(http.server.BaseHTTPRequestHandler):
    """Answers 404 with a page, and logs nothing."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass


def not_found() -> None:
    """A control plane that answers 404: curl has no --fail, so its page is the archive, and tar stops on it. That is no
    verdict on any bundle."""
    page = http.server.HTTPServer(("127.0.0.1", 0), Nothing)
    thread = threading.Thread(target=page.serve_forever, daemon=True)
    thread.start()
    try:
        ended = rehearse(f"http://127.0.0.1:{page.server_port}/agent-bundle.tar.gz", "--offline", "--generation", "documented")
    finally:
        page.shutdown()
    run = ended.runs()["documented"]
    expect((ended.code, run["outcome"]), (2, "inconclusive"), "a page of 404")
    expect(steps(run), ["done", "done", "inconclusive"] + ["not-reached"] * 5, "the steps")


def no_server() -> None:
    ended = rehearse("http://127.0.0.1:9/agent-bundle.tar.gz", "--offline", "--generation", "documented")
    run = ended.runs()["documented"]
    expect((ended.code, run["outcome"], steps(run)[0]), (2, "inconclusive", "inconclusive"), "a control plane that is down")


def of_a_folder() -> None:
    with places() as (work, env):
        build(Rehearsed("folder"), work / "agent-bundle")
        ended = rehearse("agent-bundle", "--hold", "0", "--generation", "documented", "--package-manager", "npm", cwd=work, **env)
        expect(ended.code, 0, "exit code")
        expect(sorted(p.name for p in (work / "agent-bundle").iterdir()), ["dist", "node_modules", "package.json", "packages"], "the folder")


def registry_down() -> None:
    """What is the network's fault is no verdict on the bundle: exit 2, and the reason."""
    with places() as (work, env):
        packed = good(work)
        for name, options, settings in (
            ("a registry that is down", (), {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retries": "0"}),
            ("an empty cache", ("--offline",), {}),
        ):
            for manager in MANAGERS:
                ended = rehearse(packed, "--generation", "documented", "--package-manager", manager, *options, **env, **settings)
                run = ended.runs()["documented"]
                expect((ended.code, run["outcome"]), (2, "inconclusive"), f"{name}, {manager}: {run['steps'][4]}")
                if not ended.document["error"]["help"]:
                    raise Mismatch(f"{name}, {manager}: no help in {ended.document['error']}")


def port_taken() -> None:
    """An agent whose port another process holds says nothing about the bundle."""
    with places() as (work, env):
        holder = http.server.HTTPServer(("127.0.0.1", 0), Nothing)
        listens = f"import net from 'node:net';\nnet.createServer().listen({holder.server_port}, '127.0.0.1');\n"
        build(Rehearsed("port", listens), work / "agent-bundle")
        ended = rehearse(archive(work / "agent-bundle", work / "a.tar.gz"), "--generation", "documented", "--package-manager", "npm", **env)
        holder.server_close()
        expect((ended.code, ended.runs()["documented"]["outcome"]), (2, "inconclusive"), "exit code and outcome")


def dies_later() -> None:
    """An agent that connects and dies a little later is seen within --hold, and with --hold 0 it is not."""
    with places() as (work, env):
        build(Rehearsed("later", "setTimeout(() => { throw new Error('later'); }, 1500);\n"), work / "agent-bundle")
        packed = archive(work / "agent-bundle", work / "a.tar.gz")
        chosen = ("--generation", "documented", "--package-manager", "npm")
        ended = rehearse(packed, "--hold", "4", *chosen, **env)
        expect(ended.code, 1, "exit code with --hold 4")
        note = ended.runs()["documented"]["steps"][7]["note"]
        if "after it had connected" not in note:
            raise Mismatch(f"the note is {note!r}")
        expect(rehearse(packed, "--hold", "0", *chosen, **env).code, 0, "exit code with --hold 0")


def never_connects() -> None:
    with places() as (work, env):
        build(Rehearsed("idle", files={"dist/index.js": "setInterval(() => {}, 1000);\n"}), work / "agent-bundle")
        packed = archive(work / "agent-bundle", work / "a.tar.gz")
        ended = rehearse(packed, "--connect-within", "2", "--generation", "documented", "--package-manager", "npm", **env)
        run = ended.runs()["documented"]
        expect((ended.code, "had not connected" in run["steps"][7]["note"]), (1, True), f"{run['steps'][7]}")


def as_procedure() -> None:
    """Without --package-manager: pnpm; where it fails, the newest generation tries npm and the others stop."""
    with places() as (work, env):
        # Only npm does something with this: it leaves a link that leads nowhere, which the copy then takes the place of.
        build(Rehearsed("path", package={**PLAIN, "dependencies": {**PLAIN["dependencies"], SHARED: "file:./nothing"}}), work / "agent-bundle")
        packed = archive(work / "agent-bundle", work / "a.tar.gz")
        runs = rehearse(packed, "--hold", "0", "--generation", "documented", "--generation", "preserving", **env).runs()
        documented, preserving = runs["documented"], runs["preserving"]
        expect((documented["package_manager"], steps(documented)[4], named(documented)), ("pnpm", "failed", "local-protocol"), "documented")
        expect((preserving["package_manager"], preserving["outcome"]), ("npm", "starts"), "preserving")
        if "npm was tried" not in (preserving["steps"][4]["note"] or ""):
            raise Mismatch(f"the note is {preserving['steps'][4]['note']!r}")


def allowed() -> None:
    """Overrides count here as in `check`."""
    with places() as (work, env):
        build(Rehearsed("document", package=PLAIN, files={"packages": None}), work / "agent-bundle")
        packed = archive(work / "agent-bundle", work / "a.tar.gz")
        chosen = ("--generation", "documented", "--package-manager", "npm", "--hold", "0")
        for options, code in (((), 1), (("-A", "update-drops-shared"), 0), (("-W", "update-drops-shared"), 0), (("--fail-on", "never"), 0)):
            expect(rehearse(packed, *chosen, *options, **env).code, code, f"exit code with {options}")


def weighed_alike() -> None:
    """What generations lose that are not deployed is a warning, in `rehearse` as in `check`; the configuration decides which are."""
    with places() as (work, env):
        build(Rehearsed("document", package=PLAIN, files={"packages": None}), work / "agent-bundle")
        packed = archive(work / "agent-bundle", work / "a.tar.gz")
        plain = '[bundle]\nrequired-dependencies = ["zod"]\n'
        for words, options, code in (
            ("", (), 0),
            ("", ("--generation", "documented"), 1),
            ("", ("--generation", "in-place"), 0),
            ('[update]\ngenerations = ["documented-mkdir"]\n', (), 1),
            ('[update]\ngenerations = ["preserving", "in-place"]\n', (), 0),
        ):
            config = write(work / "bundle-doctor.toml", plain + words)
            for command in (("check",), ("rehearse", "--hold", "0")):
                ran = execute(BINARY, *command, packed, "--config", config, *options, PATH=PATH, **env)
                expect(ran.code, code, f"exit code of {command[0]} with {options} and {words!r}: {ran.text[:600]}")


def guide() -> None:
    """The lines of docs/ci.md, as a job runs them, for a bundle that lives and for one that dies."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (REPO / "docs/ci.md").read_text(), re.MULTILINE | re.DOTALL)
    lines = [block for block in blocks if "bundle-doctor rehearse " in block]
    expect(len(lines), 1, "blocks of the guide")
    with scratch("rehearse-guide") as work:
        bundle = good(work)
        (work / "bin").mkdir()
        (work / "bin/bundle-doctor").symlink_to(BINARY)
        own = {"npm_config_prefix": work / "global", "PATH": f"{work}/bin:{work}/global/bin:{PATH}"}
        env = {**own, "BUNDLE": bundle, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(work / "step.md")}
        for breaks, code in ((False, 0), (True, 1)):
            if breaks:
                (work / "agent-bundle/dist/index.js").write_text("throw new Error('of the guide');\n")
                archive(work / "agent-bundle", bundle)
            ran = execute("bash", "-eo", "pipefail", "-c", lines[0], cwd=work, **{k: str(v) for k, v in env.items()})
            expect(ran.code, code, f"exit code, {ran.text[-800:]}")
            expect("::error" in ran.text, breaks, f"an annotation, {ran.text[-800:]}")
        # Of both runs, one behind the other.
        expect((work / "step.md").read_text().count("documented-mkdir") >= 2, True, "a summary")


def schema(part: Part) -> None:
    """The document validates, also that of a run that could not judge."""
    checker = HOME / "venv/bin/check-jsonschema"
    with scratch("schema") as work:
        packed = good(work)
        for name, options in (("a", ("--offline", "--hold", "0", "--generation", "documented")), ("b", ("--offline", "--package-manager", "npm", "--connect-within", "1"))):
            ran = execute(BINARY, "rehearse", packed, "--format", "json", *options, PATH=PATH)
            write(work / f"{name}.json", ran.out)
            part.case(f"the document of {name} validates", lambda name=name: must(checker, "--schemafile", REPO / "docs/rehearse.schema.json", work / f"{name}.json"))


def run(part: Part) -> None:
    warm()
    for name, do in {
        "the caller's home, caches and systemd are untouched": untouched,
        "the caller's caches are found by its .npmrc alone": configured,
        "Ctrl-C while pnpm installs": lambda: interrupted(signal.SIGINT, "pnpm"),
        "SIGTERM while the agent runs, with a daemon": lambda: interrupted(signal.SIGTERM, "sleep 300"),
        "--keep": kept,
        "--from": from_older,
        "a control plane that answers an error page": not_found,
        "a control plane that is down": no_server,
        "a bundle's folder": of_a_folder,
        "the registry's faults are not the bundle's": registry_down,
        "a port that is taken": port_taken,
        "an agent that dies later": dies_later,
        "an agent that never connects": never_connects,
        "pnpm, and npm where the procedure tries it": as_procedure,
        "allowances and --fail-on": allowed,
        "the line of docs/ci.md": guide,
        "what is not deployed is a warning, as in check": weighed_alike,
    }.items():
        part.case(name, do)
    schema(part)
    foreseen(part)
