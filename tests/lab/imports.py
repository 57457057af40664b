"""Every bundle of `bundles.py`, really started with Node 18, 20 and 22, against what `check --node` foretold of it.

A bundle is judged as the archive that would be published, and as the directory that the update leaves: node_modules deleted
but for the shared package (generation `preserving`), and what package.json declares installed, and nothing else, as pnpm does
it. One that dies must have an error, one that lives must have none, and the error must quote what Node printed.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import subprocess
from pathlib import Path

from bundles import BUNDLES, DEPENDENCIES, SHARED, Bundle
from harness import BINARY, HOME, NPM, REPO, Mismatch, Part, Verdict, archive, environment, must, remove, run as execute, scratch, write

# The last version of each line at the time of writing: what changed in a line is in the tables of `model/node_version.rs`.
LINES = {18: "18.20.8", 20: "20.20.2", 22: "22.23.3"}
DEPLOYED = "/root/.server-flow/agent-bundle"

# Where `check` must not do as Node does: a pattern of bundles, and why.
EXCEPTIONS = {
    "^TypeScript$": "docs/reference/contract.md: a .ts target is unresolved-import, also where a newer Node strips types",
    "^names of a third party$": "docs/reference/contract.md: third-party packages are resolved to, not judged inside",
    "^a private name that is not there$": "an early error that the parser leaves to a later pass; no compiler lets it through",
    "^break outside of a loop$": "the same",
}


def nodes() -> dict[int, str]:
    """The binaries, installed once from the registry's package `node`."""
    found = {}
    for line, version in LINES.items():
        at = HOME / "nodes" / version
        binary = at / "node_modules/node/bin/node"
        if not binary.exists():
            remove(at)
            at.mkdir(parents=True)
            must(NPM, "install", "--prefix", at, "--no-save", f"node@{version}", cwd=at)
        if must(binary, "--version").out.decode().strip() != f"v{version}":
            raise Mismatch(f"{binary} is not {version}")
        found[line] = str(binary)
    return found


def dependencies() -> Path:
    """The packages that the bundles may declare, installed once."""
    at = HOME / "imports-dependencies"
    if not all((at / "node_modules" / name / "package.json").exists() for name in DEPENDENCIES):
        remove(at)
        at.mkdir(parents=True)
        write(at / "package.json", json.dumps({"name": "x", "version": "1.0.0", "dependencies": DEPENDENCIES}))
        must(NPM, "install", cwd=at)
    return at / "node_modules"


def build(bundle: Bundle, at: Path) -> None:
    for path, content in bundle.files.items():
        if isinstance(content, str) and content.startswith("→ "):
            (at / path).parent.mkdir(parents=True, exist_ok=True)
            (at / path).symlink_to(content[2:])
        else:
            write(at / path, content)


def deploy(bundle: Bundle, at: Path, installed: Path) -> None:
    """Steps 4 and 5 of the update, with the shared package put back."""
    for entry in (at / "node_modules").iterdir() if (at / "node_modules").exists() else ():
        if entry.name != "@server-flow":
            remove(entry)
    (at / "node_modules").mkdir(exist_ok=True)
    for where in ("dependencies", "optionalDependencies", "peerDependencies"):
        for name in bundle.package.get(where, {}):
            must("cp", "-a", installed / name, at / "node_modules" / name)
    write(at / "node_modules/.modules.yaml", "nodeLinker: isolated\n")


def start(node: str, at: Path) -> tuple[bool, str, str]:
    """Whether the agent lives, the message that Node stops with, and all that it printed."""
    argv = [node, "--no-deprecation", str(at / "dist/index.js")]
    ran = subprocess.run(argv, cwd=at, env=environment(NODE_ENV="production"), stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    text = ran.stderr.decode("utf-8", "replace").replace(str(at), DEPLOYED)
    said = re.search(r"^\s*((?:\w*Error|Error)(?: \[\w+\])?: .*)$", text, re.M)
    if ran.returncode != 0 and not said:
        raise Mismatch(f"exit {ran.returncode} without a message: {text[-600:]}")
    return ran.returncode == 0, said.group(1).strip() if said else "", text


def check_all(paths: tuple[Path, ...], *options: object) -> list[Verdict]:
    """Several paths judged by one process."""
    ran = execute(BINARY, "check", *paths, "--format", "json", *options)
    if ran.code not in (0, 1):
        raise Mismatch(f"check exited {ran.code}: {ran.text[-800:]}")
    document = json.loads(ran.out)
    return [Verdict(ran.code, document, subject, "") for subject in document["subjects"]]


def compare(bundle: Bundle, lives: bool, said: str, text: str, verdict: Verdict, what: str) -> None:
    errors = [f for f in verdict.subject["findings"] if f["severity"] == "error"]
    if lives and errors:
        raise Mismatch(f"{what}: it lives\n{verdict.brief()}")
    if lives:
        return
    if not errors:
        raise Mismatch(f"{what}: it dies: {said}\n{verdict.brief()}")
    if bundle.rule and not {f["rule"] for f in errors} & set(bundle.rule.split()):
        raise Mismatch(f"{what}: expected {bundle.rule}\n{verdict.brief()}")
    if bundle.quoted and not any(shorten(said) in f["message"] for f in errors):
        raise Mismatch(f"{what}: node says\n{said}\n{verdict.brief()}")
    if errors[0]["rule"] == "module-syntax-error" and f"{DEPLOYED}/{errors[0]['path']}" not in text:
        raise Mismatch(f"{what}: node names another file than {errors[0]['path']}:\n{text[:400]}")


def shorten(said: str) -> str:
    """Node's message without advice that is not quoted."""
    return said.split(" To see where the top-level await")[0].split(" The exports object must")[0]


def judge(bundle: Bundle, binaries: dict[int, str], installed: Path) -> None:
    wrong = []
    measured = set()
    with scratch("imports") as work:
        config = write(work / "lab.toml", "[bundle]\nrequired-dependencies = []\n")
        build(bundle, work / "agent-bundle")
        packed = archive(work / "agent-bundle", work / "agent-bundle.tar.gz", "--owner=root:0", "--group=root:0", "--mode=u=rwX,go=rX")
        deploy(bundle, work / "agent-bundle", installed)
        for line, binary in binaries.items():
            lives, said, text = start(binary, work / "agent-bundle")
            if not lives:
                measured.add(line)
            for verdict in check_all((packed, work / "agent-bundle"), "--config", config, "--node", line):
                try:
                    compare(bundle, lives, said, text, verdict, f"{verdict.subject['kind']}, Node {line}")
                except Mismatch as reason:
                    wrong.append(str(reason))
    if measured != bundle.dies:
        raise Mismatch(f"the table says it dies on {sorted(bundle.dies)}, and it does on {sorted(measured)}")
    excepted = any(re.search(pattern, bundle.name) for pattern in EXCEPTIONS)
    if wrong and not excepted:
        raise Mismatch("\n".join(wrong))
    if excepted and not wrong:
        raise Mismatch("it is an exception and needs none: take it off the list")


def builtin_exports(binaries: dict[int, str]) -> None:
    """`node/builtin_exports.txt` is what these versions export."""
    script = (
        "import { builtinModules as names } from 'node:module';\nconst out = {};\n"
        "for (const name of [...names, 'node:test', 'node:test/reporters', 'node:sea', 'node:sqlite'])\n"
        "  try { out[name.replace('node:', '')] = Object.keys(await import(name)).filter((n) => n !== 'default'); } catch {}\n"
        "console.log(JSON.stringify(out));\n"
    )
    table: dict[str, dict[str, int]] = {}
    for line in (REPO / "src/node/builtin_exports.txt").read_text().splitlines():
        if not line.startswith("#"):
            module, names = line.split(": ", 1)
            table[module] = {n.split("@")[0]: int(n.split("@")[1]) if "@" in n else 18 for n in names.split()}
    # From a file: with `-e`, `process` has names of its own.
    written = write(HOME / "builtin-exports.mjs", script)
    for line, binary in binaries.items():
        real = json.loads(must(binary, "--no-warnings", written).out)
        for module, names in real.items():
            missing = [n for n in names if table.get(module, {}).get(n, 99) > line]
            if module != "constants" and missing:
                raise Mismatch(f"Node {line}: `{module}` exports {missing}")


def run(part: Part) -> None:
    binaries, installed = nodes(), dependencies()
    part.case("the names that Node's own modules export", lambda: builtin_exports(binaries))
    rows = ["# What Node makes of each bundle, and what `check` says", "", "| bundle | dies on Node | rule |", "|---|---|---|"]
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        futures = [(bundle, pool.submit(judge, bundle, binaries, installed)) for bundle in BUNDLES]
        for bundle, future in futures:
            part.case(bundle.name, future.result)
            rows.append(f"| {bundle.name} | {', '.join(map(str, sorted(bundle.dies))) or 'none'} | {bundle.rule} |")
    rows += ["", "Exceptions, with their reasons:", ""] + [f"- `{pattern}`: {why}" for pattern, why in EXCEPTIONS.items()]
    write(HOME / "imports.md", "\n".join(rows) + "\n")
    dying = sum(bool(bundle.dies) for bundle in BUNDLES)
    print(f"    {len(BUNDLES)} bundles, {dying} of which die on some Node, each on {len(binaries)} versions; the table is target/lab/imports.md", flush=True)
