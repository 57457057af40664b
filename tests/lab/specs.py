"""What pnpm 9 and npm 10 really make of every kind of dependency, field and package.json, and whether `check` says the same.

Each case is a bundle. It is judged first; then steps 4 and 5 of the update are run on it with both package managers.
Where one of them fails, or leaves the agent without the package, `check` must have given an error of the right rule;
where both succeed, it must have given none. The few cells where that is not the measure stand in EXCEPTIONS with the reason.
"""

from __future__ import annotations

import concurrent.futures
import io
import json
import re
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from harness import HOME, NPM, PNPM, Mismatch, Part, Verdict, check, copy, ids, must, remove, run as execute, scratch, write, write_json

SHARED = "@server-flow/shared"
TYPES = "@server-flow/types"
ZOD = "^3.23.0"
FIELDS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")

SHARED_PACKAGE = {"name": SHARED, "version": "0.1.0", "type": "module", "main": "dist/index.js", "dependencies": {"zod": ZOD}}
SHARED_JS = "import { z } from 'zod';\nexport const Id = z.string();\n"
ROOT_PACKAGE = {"name": "server-flow-agent", "version": "0.1.27", "type": "module", "main": "dist/index.js", "dependencies": {"zod": ZOD}}
ROOT_TEXT = json.dumps(ROOT_PACKAGE, indent=2)
WORKSPACE_YAML = {"pnpm-workspace.yaml": "packages:\n  - 'packages/*'\n"}

PROTOCOL = "workspace-protocol local-protocol"
INVALID = "package-json-invalid"

MANAGERS = {
    "pnpm": (PNPM, "install", "--prod", "--ignore-scripts"),
    "npm": (NPM, "install", "--omit=dev", "--ignore-scripts"),
}


@dataclass
class Cell:
    """One bundle: what its package.json says, what is shipped beside it, and which rules may name what is wrong."""

    name: str
    package: dict | None = field(default_factory=dict)  # merged into ROOT_PACKAGE; None: there is no package.json
    text: bytes | None = None  # package.json itself
    shipped: bool = True  # packages/shared
    shipped_package: dict | None = None
    copied_package: dict | None = None  # node_modules/@server-flow/shared/package.json
    files: dict[str, str] = field(default_factory=dict)
    # The package that the agent must find afterwards; the shared package's own absence is the canonical bundle's, which
    # generation "preserving" mends, unless a field that installs declares it.
    needs: str | None = None
    rules: str = PROTOCOL
    long: bool = False
    # False: what is measured depends on a tree or registry that the bundle does not show; at least a warning is due.
    certain: bool = True


# Cells where "fails, so error; works, so no error" is not the measure.
EXCEPTIONS = {
    # name: (the severities accepted: any of error, warning, none; why)
    r"^optionalDependencies: (\*|file:\.\./|file:\./node_modules|file:.*not shipped)": ("error warning", "both managers leave an optional package out and go on; under generation \"preserving\" the agent starts"),
    r"^name: |^version: ": ("error", "docs/reference/contract.md: no `name`, no valid semver `version` is package-json-invalid; the update compares the version, though both managers install"),
    r"^package\.json: (\{\}|array|string|number|true|null|no file)$": ("error", "both managers exit 0 and install nothing: docs/reference/contract.md names it an error"),
    r"^field: (engines|packageManager|os) ": ("error warning none", "one manager refuses it, and no rule of docs/reference/contract.md speaks of it"),
    r"^file: ": ("error warning none", "pnpm alone stops over files beside package.json, which no rule of docs/reference/contract.md names as an error"),
    r"^overrides of a direct dependency: \^": ("error warning none", "npm's EOVERRIDE between two registry ranges: no rule of docs/reference/contract.md speaks of it"),
    r"^packages/shared \w+: \*$": ("error warning none", "what the registry has cannot be known from the bundle"),
    r"^two fields: peerDependencies workspace": ("error warning none", "dependencies win over peerDependencies, so both succeed; it is still never meant"),
    r"^dependencies: file:\.?$": ("error warning none", "the bundle depends on itself: both succeed by installing the agent under the shared package's name"),
    r"^dependencies: npm:zod": ("error warning none", "an alias that installs another package under the shared package's name"),
    r"^peerDependencies, workspace shipped: |^.*, workspace shipped: ": ("error", "pnpm links it where the workspace is shipped, npm does not read pnpm-workspace.yaml"),
    r"^bundledDependencies": ("error warning none", "the other spelling of bundleDependencies"),
}

SPECS = (  # spec, packages/shared shipped
    ("workspace:*", True),
    ("workspace:^", True),
    ("link:./packages/shared", True),
    ("link:./packages/shared", False),
    ("link:../..", True),
    ("portal:./packages/shared", True),
    ("portal:../x", True),
    ("catalog:", True),
    ("catalog:default", True),
    ("file:./packages/shared", True),
    ("file:./packages/shared", False),
    ("file:../../packages/shared", True),
    (f"file:./node_modules/{SHARED}", True),
    ("./packages/shared", True),
    ("*", True),
    ("file:./shared.tgz", True),
    ("npm:zod@^3.23.0", True),
)

# Beside `dependencies`, these say nothing that their neighbours do not.
RARE = ids("workspace:^ link:../.. portal:../x catalog:default ./packages/shared file:./shared.tgz npm:zod@^3.23.0")

MORE_SPECS = (
    "workspace:../shared", "WORKSPACE:*", f"npm:{SHARED}@*", "file:packages/shared", "./shared.tgz", "file:missing.tgz",
    "file:packages\\shared", "File:./packages/shared", "/c/Users/dev/packages/shared", "packages/shared", "^0.1.0",
    f"link:node_modules/{SHARED}", "patch:zod@3.23.0#./x.patch", "not a spec!",
    "workspace:~", "workspace:0.1.0", f"workspace:{SHARED}@*", f"npm:{SHARED}@workspace:*", "file:packages/shared/",
    "file://./packages/shared", "file:shared.tgz", "file:packages/shared/dist/index.js", "file:.", "file:/c/Users/dev/packages/shared",
    "file:C:\\Users\\dev\\packages\\shared", "file:~/packages/shared", "../shared", "C:\\Users\\dev\\packages\\shared",
    "~/packages/shared", "", "latest", "link:packages/shared", "exec:./x", "jsr:@a/b", "catalog:missing",
)  # fmt: skip
# Those before this one are judged in every run.
COMMON = MORE_SPECS.index("workspace:~")


def spec_cells() -> Iterator[Cell]:
    for where in FIELDS:
        for spec, shipped in SPECS:
            needs = None if where == "devDependencies" else SHARED
            label = spec if shipped else spec + " (not shipped)"
            rare = where != "dependencies" and spec in RARE
            yield Cell(f"{where}: {label}", {where: {SHARED: spec}}, shipped=shipped, needs=needs, long=rare)
        yield Cell(f"{where}: a real package", {where: {"ms": "^2.1.0"}}, needs=None if where == "devDependencies" else "ms")
    for n, spec in enumerate(MORE_SPECS):
        yield Cell(f"dependencies: {spec}", {"dependencies": {SHARED: spec}}, needs=SHARED, rules=f"{PROTOCOL} {INVALID}", long=n >= COMMON)
    for key in ("bundleDependencies", "bundledDependencies"):
        for value in ([SHARED], True):
            shown = "true" if value is True else "[shared]"
            yield Cell(f"{key} {shown} alone", {key: value})
            for spec, shipped in SPECS:
                common = spec in ("workspace:*", "file:./packages/shared") and key == "bundleDependencies"
                yield Cell(f"{key} {shown} and {spec}, shipped {shipped}", {key: value, "dependencies": {SHARED: spec}}, shipped=shipped, needs=SHARED, long=not common)
    for where in FIELDS:
        for spec in ("workspace:*", "catalog:", "file:./packages/shared", "link:./packages/shared"):
            if spec != "file:./packages/shared":
                yield Cell(f"{where}, workspace shipped: {spec}", {where: {SHARED: spec}}, files=WORKSPACE_YAML, needs=None, long=where != "dependencies")
    yield Cell("workspace shipped, not declared", files=WORKSPACE_YAML)
    yield Cell('"workspaces" and *', {"workspaces": ["packages/*"], "dependencies": {SHARED: "*"}}, needs=SHARED)
    yield Cell('"workspaces" and workspace:*', {"workspaces": ["packages/*"], "dependencies": {SHARED: "workspace:*"}}, needs=SHARED)


def override_cells() -> Iterator[Cell]:
    for key in ("overrides", "resolutions", "pnpm.overrides"):

        def wrap(value: dict, key: str = key) -> dict:
            return {"pnpm": {"overrides": value}} if key == "pnpm.overrides" else {key: value}

        for spec, shipped in SPECS:
            harmless = spec in ("*", "npm:zod@^3.23.0", "file:./shared.tgz", "./packages/shared") or (spec == "file:./packages/shared" and shipped)
            some = spec in ("workspace:*", "*") or (spec == "catalog:" and key == "resolutions")
            label = spec if shipped else spec + " (not shipped)"
            yield Cell(f"{key} of a transitive package: {label}", {"dependencies": {"debug": "^4.3.0"}, **wrap({"ms": spec})}, shipped=shipped, certain=harmless, long=not some)
            yield Cell(f"{key} of the shared package, undeclared: {label}", wrap({SHARED: spec}), shipped=shipped, certain=harmless, long=not some)
            if not harmless:
                declared = {"dependencies": {SHARED: "file:./packages/shared"}, **wrap({SHARED: spec})}
                yield Cell(f"{key} of the shared package, declared: {label}", declared, shipped=shipped, needs=SHARED, long=not some)
        for spec in ("workspace:*", "catalog:", "portal:./x", "file:./missing", "$zod"):
            yield Cell(f"{key} of a direct dependency: {spec}", wrap({"zod": spec}), needs="zod", rules=f"{PROTOCOL} runtime-dependency-missing", long=spec != "workspace:*")
    yield Cell("overrides of a direct dependency: ^3.22.0", {"overrides": {"zod": "^3.22.0"}}, needs="zod")
    yield Cell("overrides, nested: debug > ms", {"dependencies": {"debug": "^4.3.0"}, "overrides": {"debug": {"ms": "workspace:*"}}}, needs="debug", certain=False)
    yield Cell("overrides, nested: zod > .", {"overrides": {"zod": {".": "workspace:*"}}}, needs="zod", certain=False)
    yield Cell("pnpm.overrides, a selector: debug>ms", {"dependencies": {"debug": "^4.3.0"}, "pnpm": {"overrides": {"debug>ms": "workspace:*"}}}, needs="debug", certain=False)


def inner_cells() -> Iterator[Cell]:
    """package.json files below the root: which of them are installed from."""
    by_file = {"dependencies": {SHARED: "file:./packages/shared"}}
    types = {"packages/types/package.json": f'{{"name": "{TYPES}", "version": "0.1.0"}}'}
    for where in FIELDS:
        for spec in ("workspace:*", "link:../types", "portal:../types", "catalog:", "file:../types", "file:../missing", "*"):
            inner = {**SHARED_PACKAGE, where: {**SHARED_PACKAGE.get(where, {}), TYPES: spec}}
            some = where in ("dependencies", "devDependencies") and spec in ("workspace:*", "link:../types", "file:../missing")
            yield Cell(f"packages/shared {where}: {spec}", by_file, shipped_package=inner, files=types, needs=SHARED, long=not some)
            if spec in ("workspace:*", "link:../types", "catalog:"):
                some = where == "dependencies" and spec == "workspace:*"
                yield Cell(f"packages/shared, not depended on, {where}: {spec}", shipped_package=inner, long=not some)
                yield Cell(f"the copied shared package, {where}: {spec}", shipped=False, copied_package=inner, long=not some)
    shared_rules = f"{PROTOCOL} shared-package-json-invalid install-script"
    for what, change in (
        ("prepare", {"scripts": {"prepare": "exit 1"}}),
        ("postinstall", {"scripts": {"postinstall": "exit 1"}}),
        ("overrides", {"overrides": {"ms": "workspace:*"}, "pnpm": {"overrides": {"zod": "workspace:*"}}}),
        ("no name", {"name": None}),
        ("an invalid version", {"version": "one"}),
    ):
        inner = {k: v for k, v in {**SHARED_PACKAGE, **change}.items() if v is not None}
        yield Cell(f"packages/shared: {what}", by_file, shipped_package=inner, needs=SHARED, rules=shared_rules)


def two_field_cells() -> Iterator[Cell]:
    for where in FIELDS:
        yield Cell(f"a runtime package only in {where}", {where: {"ms": "^2.1.0"}}, needs="ms", rules="runtime-dependency-missing")
    optional = {"peerDependencies": {"ms": "^2.1.0"}, "peerDependenciesMeta": {"ms": {"optional": True}}}
    yield Cell("a runtime package only in optional peerDependencies", optional, needs="ms", rules="runtime-dependency-missing")
    both = {"dependencies": {"ms": "^2.1.0"}, "devDependencies": {"ms": "^2.1.0"}}
    yield Cell("a runtime package in dependencies and devDependencies", both, needs="ms", rules="runtime-dependency-missing")
    for where in FIELDS[1:]:
        twice = {"dependencies": {SHARED: "file:./packages/shared"}, where: {SHARED: "workspace:*"}}
        yield Cell(f"two fields: {where} workspace:* and dependencies file:", twice, needs=SHARED)
    optional = {"peerDependencies": {SHARED: "workspace:*"}, "peerDependenciesMeta": {SHARED: {"optional": True}}}
    yield Cell("peerDependencies, optional: workspace:*", optional)
    scripts = {name: "exit 1" for name in ("preinstall", "install", "postinstall", "prepare")}
    yield Cell("install scripts at the root, with --ignore-scripts", {"scripts": scripts}, needs="zod")


RARE_TEXTS = (
    "as it is", "a Latin-1 byte in a key", "CRLF", "a BOM", "UTF-16BE with a BOM", "version twice, the last one good", "single quotes",
    "blanks", "a NUL at the end", "blank lines before", "NaN", "a lone surrogate", "string", "number", "true",
)  # fmt: skip


def text_cells() -> Iterator[Cell]:
    text, empty = ROOT_TEXT, '"dependencies": {}'
    described = text.replace('"name"', '"description": "démon",\n  "name"')
    for what, written in {
        "as it is": text,
        "a Latin-1 byte in a value": described.encode("latin-1"),
        "a Latin-1 byte in a key": text.replace('"name"', '"dé": 1,\n  "name"').encode("latin-1"),
        "a BOM": b"\xef\xbb\xbf" + text.encode(),
        "CRLF": text.replace("\n", "\r\n"),
        "a BOM and CRLF": b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        "two BOMs": b"\xef\xbb\xbf" * 2 + text.encode(),
        "UTF-16LE with a BOM": b"\xff\xfe" + text.encode("utf-16-le"),
        "UTF-16BE with a BOM": b"\xfe\xff" + text.encode("utf-16-be"),
        "UTF-16LE without a BOM": text.encode("utf-16-le"),
        "a key twice, the last one empty": f"{text[:-2]},\n  {empty}\n}}",
        "a key twice, the last one good": text.replace('"name"', '"dependencies": {"nope": "workspace:*"},\n  "name"'),
        "version twice, the last one good": text.replace('"version"', '"version": "x",\n  "version"'),
        "a trailing comma": text.replace("\n}", ",\n}"),
        "a comment": "// agent\n" + text,
        "single quotes": text.replace('"', "'"),
        "empty": b"",
        "blanks": b" \n",
        "cut off": text[:60],
        "two objects": text + text,
        "a NUL at the end": text + "\0",
        "blank lines before": "\n\n" + text,
        "a no-break space before": "\u00a0" + text,
        "NaN": text.replace('"0.1.27"', "NaN"),
        "a tab within a string": text.replace("server-flow-agent", "server-flow\tagent"),
        "a lone surrogate": text.replace('"name"', '"description": "\\ud800",\n  "name"'),
        "an HTML page": "<!DOCTYPE html><html><body>404</body></html>",
        "a merge conflict": f"<<<<<<< HEAD\n{text}\n=======\n{text}\n>>>>>>> b\n",
        "null": "null",
        "array": "[]",
        "string": '"x"',
        "number": "1",
        "true": "true",
        "{}": "{}",
        "no file": None,
    }.items():
        data = written.encode() if isinstance(written, str) else written
        rare = what in RARE_TEXTS
        cell = Cell(f"package.json: {what}", text=data, shipped=False, needs="zod", rules=f"{INVALID} runtime-dependency-missing", long=rare)
        if data is None:
            cell = Cell(f"package.json: {what}", package=None, shipped=False, needs="zod", rules="package-json-missing")
        yield cell


def field_cells() -> Iterator[Cell]:
    def with_field(what: str, long: bool = False, rules: str = f"{INVALID} runtime-dependency-missing {PROTOCOL}", **fields) -> Cell:
        package = {k: v for k, v in {**ROOT_PACKAGE, **fields}.items() if v is not ...}
        return Cell(what, text=json.dumps(package).encode(), shipped=False, needs="zod", rules=rules, long=long)

    for value in (..., "", None, 1, {}):
        shown = "missing" if value is ... else repr(value)
        yield with_field(f"name: {shown}", name=value, long=value is not ...)
    for value in (..., "", None, 1, "1", "0.1", "v0.1.27", "0.1.27.1", "latest", "0.01.27", "0.1.x", "0.1.27-01", "workspace:*"):
        shown = "missing" if value is ... else repr(value)
        yield with_field(f"version: {shown}", version=value, long=value not in (..., "latest"))
    yield with_field("a version with pre-release and build", version="0.1.28-beta.1+b5")
    for what, value in (("missing", ...), ("null", None), ("an array", ["zod"]), ("a string", "zod"), ("a number as value", {"zod": 3}), ("null as value", {"zod": None}), ("an object as value", {"zod": {}})):
        yield with_field(f"dependencies: {what}", dependencies=value)
    for key, value in (("devDependencies", ["x"]), ("devDependencies", None), ("optionalDependencies", "x"), ("peerDependencies", ["x"]), ("overrides", "x"), ("overrides", None), ("pnpm", "x"), ("resolutions", ["x"])):
        yield with_field(f"field of another kind: {key} {value!r}", long=value is not None, **{key: value})
    for what, fields in (
        ("engines node", {"engines": {"node": ">=99"}}),
        ("engines pnpm", {"engines": {"pnpm": ">=99"}}),
        ("packageManager yarn", {"packageManager": "yarn@4.0.0"}),
        ("os win32", {"os": ["win32"]}),
    ):
        yield with_field(f"field: {what}", long=True, **fields)
    for what, files in (
        ("a stale pnpm-lock.yaml", {"pnpm-lock.yaml": "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      ms:\n        specifier: ^2.0.0\n        version: 2.1.3\npackages: {}\nsnapshots: {}\n"}),
        ("a broken pnpm-workspace.yaml", {"pnpm-workspace.yaml": "packages: [\n"}),
        ("a pnpm-workspace.yaml without packages", {"pnpm-workspace.yaml": "onlyBuiltDependencies: []\n"}),
        (".pnpmfile.cjs that throws", {".pnpmfile.cjs": 'throw new Error("x")\n'}),
    ):
        yield Cell(f"file: {what}", shipped=False, needs="zod", files=files, long=True)


def table() -> list[Cell]:
    return [c for group in (spec_cells, override_cells, inner_cells, two_field_cells, text_cells, field_cells) for c in group()]


# --- Building, installing, judging -------------------------------------------------------------------------------------


def shared_package(at: Path, package: dict | None) -> None:
    write(at / "dist/index.js", SHARED_JS)
    write_json(at / "package.json", package or SHARED_PACKAGE)


def tarball(at: Path) -> None:
    with tarfile.open(at, "w:gz") as tar:
        for name, data in (("package/package.json", json.dumps(SHARED_PACKAGE).encode()), ("package/dist/index.js", SHARED_JS.encode())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def build(cell: Cell, at: Path) -> None:
    """The flat bundle of a cell, as it would be shipped."""
    write(at / "dist/index.js", f"import '{SHARED}';\n")
    if cell.text is not None:
        write(at / "package.json", cell.text)
    elif cell.package is not None:
        package = {**ROOT_PACKAGE, **cell.package}
        package["dependencies"] = {**ROOT_PACKAGE["dependencies"], **cell.package.get("dependencies", {})}
        write_json(at / "package.json", package)
    if cell.shipped:
        shared_package(at / "packages/shared", cell.shipped_package)
    if "shared.tgz" in json.dumps(cell.package):
        tarball(at / "shared.tgz")
    for name, text in cell.files.items():
        write(at / name, text)
    shared_package(at / "node_modules" / SHARED, cell.copied_package)


@dataclass
class Outcome:
    """What one package manager made of it."""

    code: int
    word: str
    found: bool  # the package that the cell needs, after step 5
    preserved: bool  # the agent's imports, after generation "preserving" has put the shared package back

    def bad(self, cell: Cell) -> bool:
        return self.code != 0 or not self.preserved or (cell.needs is not None and not self.found)

    def __str__(self) -> str:
        word = f" {self.word}" if self.word else ""
        return f"exit {self.code}{word}, {'found' if self.found else 'not found'}, preserving {'starts' if self.preserved else 'does not start'}"


def imports(at: Path, name: str) -> bool:
    return execute("node", "--input-type=module", "-e", f"await import('{name}')", cwd=at).code == 0


def install(cell: Cell, bundle: Path, manager: str) -> Outcome:
    """Steps 4 and 5 of the update."""
    with scratch("aside") as aside:
        copy(bundle / "node_modules" / SHARED, aside / "shared")
        remove(bundle / "node_modules")
        ran = execute(*MANAGERS[manager], cwd=bundle, NODE_ENV="production", npm_config_fetch_retries="0", timeout=120)
        word = re.search(r"\b(ERR_PNPM_\w+|E[A-Z]{5,})\b", ran.text) if ran.code else None
        found = imports(bundle, cell.needs or SHARED)
        remove(bundle / "node_modules" / SHARED)
        (bundle / "node_modules/@server-flow").mkdir(parents=True, exist_ok=True)
        copy(aside / "shared", bundle / "node_modules" / SHARED)
        return Outcome(ran.code, word.group(1) if word else "", found, imports(bundle, SHARED))


def measure(cell: Cell) -> tuple[Verdict, dict[str, Outcome]]:
    # Where there is no package.json, package managers look for one upwards, and would find that of this repository.
    with scratch("spec", *([Path(tempfile.gettempdir())] if cell.package is None else [])) as work:
        bundle = work / "agent-bundle"
        build(cell, bundle)
        required = ["zod"] + (["ms"] if cell.rules == "runtime-dependency-missing" and cell.needs == "ms" else [])
        config = write(work / "lab.toml", f"[bundle]\nrequired-dependencies = {json.dumps(required)}\n")
        verdict = check(bundle, "--config", str(config))
        outcomes = {}
        for manager in MANAGERS:
            (work / manager).mkdir()
            outcomes[manager] = install(cell, copy(bundle, work / manager / "agent-bundle"), manager)
        return verdict, outcomes


def judge(cell: Cell, verdict: Verdict, outcomes: dict[str, Outcome]) -> None:
    bad = any(outcome.bad(cell) for outcome in outcomes.values())
    # What an installation in place loses is measured by `rehearse`.
    errors = verdict.rules("error") - {"update-drops-shared"}
    told = "error" if errors else "warning" if verdict.rules("warning") & ids(cell.rules) else "none"
    accepted = {"error"} if bad else {"none"}
    if not cell.certain:
        accepted = {"error", "warning"} if bad else {"error", "warning", "none"}
    elif not bad:
        accepted = {"none", "warning"}
    for pattern, (severities, _why) in EXCEPTIONS.items():
        if re.search(pattern, cell.name):
            accepted = set(severities.split())
            if "warning" in accepted and verdict.rules("warning"):
                told = "warning" if told == "none" else told
    shown = "; ".join(f"{m}: {o}" for m, o in outcomes.items())
    if told not in accepted:
        raise Mismatch(f"{shown}\nexpected {' or '.join(sorted(accepted))}, told {told}\n{verdict.brief()}")
    if errors and not errors & ids(cell.rules):
        raise Mismatch(f"{shown}\nerror {sorted(errors)}, expected one of {sorted(ids(cell.rules))}\n{verdict.brief()}")


def run(part: Part) -> None:
    cells = [cell for cell in table() if part.long or not cell.long]
    lines = ["# What the package managers make of it, and what `check` says", "", "| bundle | pnpm 9 | npm 10 | check |", "|---|---|---|---|"]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for cell, future in [(cell, pool.submit(measure, cell)) for cell in cells]:

            def do(cell: Cell = cell, future: concurrent.futures.Future = future) -> None:
                verdict, outcomes = future.result()
                lines.append(f"| `{cell.name}` | {outcomes['pnpm']} | {outcomes['npm']} | {' '.join(sorted(verdict.rules('error'))) or 'no error'} |")
                judge(cell, verdict, outcomes)

            part.case(cell.name, do)
    write(HOME / "specs.md", "\n".join(lines) + "\n")
    for manager, left in (("pnpm", ["undeclared"]), ("npm", [])):
        part.case(f"what {manager} leaves of shipped packages in place", lambda manager=manager, left=left: in_place(manager, left))


def in_place(manager: str, expected: list[str]) -> None:
    """What an installation over the shipped node_modules leaves of packages that are not declared, or for development only."""
    with scratch("in-place") as work:
        for name in ("undeclared", "ms"):
            write_json(work / "node_modules" / name / "package.json", {"name": name, "version": "2.1.3"})
        write_json(work / "package.json", {**ROOT_PACKAGE, "devDependencies": {"ms": "2.1.3"}})
        must(*MANAGERS[manager], cwd=work, NODE_ENV="production", timeout=120)
        left = [name for name in ("undeclared", "ms") if (work / "node_modules" / name).exists()]
        if left != expected or not (work / "node_modules/zod").exists():
            raise Mismatch(f"{left} is left, and not {expected}")
