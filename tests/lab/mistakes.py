"""Every mistake of the document's checklist and error list, and every shape of docs/reference/field-facts.md, "Released
bundles", made for real one at a time.

Each begins with the good bundle of the workspace; `check` must name the mistake and nothing else as an error.
"""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import damaged
import monorepo
import resolution
from harness import BINARY, Expect, Mismatch, Part, archive, check, copy, edit_json, ids, must, remove, run as execute
from harness import scratch, write, write_json
from monorepo import SHARED
from workspace import ship_shared

# What a good bundle without packages/shared is always warned about.
ALWAYS = ids("update-drops-shared")

Change = Callable[[Path], object]


@dataclass
class Mistake:
    """One mistake: how it is made in the bundle's folder, and what `check` must say."""

    name: str
    make: Change
    errors: str = ""
    warns: str = ""
    # Errors that may stand beside it: they follow from it, and naming them too is not wrong.
    also: str = ""
    may_warn: str = ""
    options: tuple[str, ...] = ()
    only: str = ""
    layout: str | None = None
    # Options of GNU tar for the archive.
    tar: tuple[str, ...] = ()

    def expect(self) -> Expect:
        may = ALWAYS | ids(self.may_warn)
        return Expect(ids(self.errors), ids(self.also), ids(self.warns), may, self.layout)


def gone(name: str) -> Change:
    return lambda b: remove(b / name)


def link(name: str, target: str) -> Change:
    """`name` replaced by a symbolic link."""

    def make(bundle: Path) -> None:
        remove(bundle / name)
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).symlink_to(target)

    return make


def put(name: str, content: str | bytes, mode: int = 0o644) -> Change:
    return lambda b: write(b / name, content, mode)


def package(change: Callable[[dict], object], name: str = "package.json") -> Change:
    return lambda b: edit_json(b / name, change)


def depends(field: str, spec: str, on: str = "@server-flow/shared") -> Change:
    return package(lambda p: p.setdefault(field, {}).update({on: spec}))


def text(change: Callable[[str], str | bytes], name: str = "package.json") -> Change:
    def make(bundle: Path) -> None:
        write(bundle / name, change((bundle / name).read_text()))

    return make


def all_of(*changes: Change) -> Change:
    def make(bundle: Path) -> None:
        for change in changes:
            change(bundle)

    return make


def mode(bits: int, *names: str) -> Change:
    def make(bundle: Path) -> None:
        for name in names:
            os.chmod(bundle / name, bits)

    return make


def windows_modes(bundle: Path) -> None:
    """Git Bash's tar on Windows: every file 0666, every folder 0777 (docs/reference/field-facts.md, "Released bundles")."""
    must("find", ".", "-type", "d", "-exec", "chmod", "777", "{}", "+", cwd=bundle)
    must("find", ".", "-type", "f", "-exec", "chmod", "666", "{}", "+", cwd=bundle)


def agent_modules(bundle: Path) -> None:
    """`cp -r apps/agent/node_modules` instead of a copy of the shared package: pnpm's links, as they really are."""
    remove(bundle / "node_modules")
    copy(monorepo.build() / "apps/agent/node_modules", bundle / "node_modules")


def windows_links(bundle: Path) -> None:
    """The released bundle whose packages were links to a developer's disk (docs/reference/field-facts.md, "Released
    bundles")."""
    store = "/c/Users/dev/server-flow/node_modules/.pnpm"
    link(SHARED, "/c/Users/dev/server-flow/packages/shared")(bundle)
    for name in ("fastify", "ws", "pm2", "zod"):
        link(f"node_modules/{name}", f"{store}/{name}@1.0.0/node_modules/{name}")(bundle)
    depends("dependencies", "workspace:*")(bundle)


def nested(bundle: Path) -> None:
    """The old layout, `ANCIENNE (< v0.1.26)`: everything below apps/agent and packages/shared."""
    agent = bundle / "apps/agent"
    agent.mkdir(parents=True)
    (bundle / "dist").rename(agent / "dist")
    (bundle / "package.json").rename(agent / "package.json")
    (bundle / "packages").mkdir()
    (bundle / SHARED).rename(bundle / "packages/shared")
    remove(bundle / "node_modules")
    write_json(bundle / "package.json", {"name": "server-flow", "version": "0.1.25", "private": True})
    write(bundle / "pnpm-workspace.yaml", "packages:\n  - 'apps/*'\n  - 'packages/*'\n")
    write(bundle / "pnpm-lock.yaml", "lockfileVersion: '9.0'\n")


def second_copy(bundle: Path) -> None:
    """Nested, with the agent once more in apps/agent/bundle/ (docs/reference/field-facts.md, "Released bundles")."""
    nested(bundle)
    copies = bundle / "apps/agent/bundle"
    copies.mkdir()
    copy(bundle / "apps/agent/dist", copies / "dist")
    copy(bundle / "apps/agent/package.json", copies / "package.json")


def mixed(bundle: Path) -> None:
    copies = bundle / "apps/agent"
    copies.mkdir(parents=True)
    copy(bundle / "dist", copies / "dist")
    copy(bundle / "package.json", copies / "package.json")


@functools.cache
def private_key() -> str:
    return must("openssl", "genpkey", "-algorithm", "ed25519").out.decode()


@functools.cache
def public_key() -> str:
    return must("openssl", "pkey", "-pubout", stdin=private_key().encode()).out.decode()


TOKEN = "npm_" + "q7R2vT9xK4mB8nC1zL6pW3sD5fG0hJaYeUiO"

FIELDS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")

SHARED_MISTAKES = [
    Mistake("the shared package missing", gone(SHARED), "shared-package-missing"),
    Mistake("no node_modules at all", gone("node_modules"), "shared-package-missing"),
    Mistake("the shared package a link, as pnpm leaves it", link(SHARED, "../../../../packages/shared"), "shared-package-linked"),
    Mistake("the shared package a link to a developer's disk", link(SHARED, "/c/Users/dev/server-flow/packages/shared"), "shared-package-linked"),
    Mistake("the whole scope a link", link("node_modules/@server-flow", "../../packages"), "shared-package-linked", also="workspace-link"),
    Mistake("the agent's node_modules of the workspace copied", agent_modules, "shared-package-linked workspace-link", may_warn="dangling-link"),
    Mistake("the bundle packed under Git Bash with links and workspace:*", windows_links, "shared-package-linked workspace-link workspace-protocol"),
    Mistake("the shared package without dist", gone(f"{SHARED}/dist"), "shared-entry-missing", also="shared-package-json-invalid"),
    Mistake("the shared package's dist/index.js missing", gone(f"{SHARED}/dist/index.js"), "shared-entry-missing", also="shared-package-json-invalid"),
    Mistake("the shared package's dist/index.js empty", put(f"{SHARED}/dist/index.js", ""), "shared-entry-missing", also="shared-package-json-invalid"),
    Mistake(
        "the shared package with index.js only",
        all_of(
            gone(f"{SHARED}/dist"),
            put(f"{SHARED}/index.js", "export const PROTOCOL_VERSION = 3;\n"),
            package(lambda p: p.update(main="index.js"), f"{SHARED}/package.json"),
        ),
        "shared-entry-missing",
    ),
    Mistake("the shared package's package.json missing", gone(f"{SHARED}/package.json"), "shared-package-json-invalid"),
    Mistake("the shared package's package.json cut off", text(lambda t: t[:40], f"{SHARED}/package.json"), "shared-package-json-invalid"),
    Mistake("the shared package under another name", package(lambda p: p.update(name="@server-flow/common"), f"{SHARED}/package.json"), "shared-package-json-invalid"),
    Mistake("the shared package's exports lead nowhere", package(lambda p: p.update(exports={".": "./build/index.js"}), f"{SHARED}/package.json"), "shared-package-json-invalid"),
    Mistake("the shared package's exports as tsup writes them", package(lambda p: p.update(exports={".": {"types": "./dist/index.d.ts", "import": "./dist/index.js"}}), f"{SHARED}/package.json")),
    Mistake("the shared package's dist a link within it", all_of(lambda b: (b / SHARED / "dist").rename(b / SHARED / "out"), link(f"{SHARED}/dist", "out"))),
    Mistake("workspace:* in the copied shared package's own package.json (never installed from)", package(lambda p: p["dependencies"].update({"@server-flow/types": "workspace:*"}), f"{SHARED}/package.json")),
    Mistake("workspace:* in packages/shared's package.json, installed from by file:", all_of(ship_shared, package(lambda p: p["dependencies"].update({"@server-flow/types": "workspace:*"}), "packages/shared/package.json")), "workspace-protocol", may_warn="development-file"),
    Mistake("packages/shared a link out of the bundle", all_of(ship_shared, link("packages/shared", "../../../packages/shared")), "archive-link-escape", also="local-protocol", may_warn="development-file"),
]

ENTRY_MISTAKES = [
    Mistake("dist missing", gone("dist"), "entry-point-missing"),
    Mistake("dist/index.js missing", gone("dist/index.js"), "entry-point-missing"),
    Mistake("dist/index.js empty", put("dist/index.js", ""), "entry-point-missing"),
    Mistake("dist/index.js a folder", all_of(gone("dist/index.js"), lambda b: (b / "dist/index.js").mkdir()), "entry-point-missing"),
    Mistake("dist/index.js a link to nothing", link("dist/index.js", "main.js"), "entry-point-missing", may_warn="dangling-link"),
    Mistake("dist/index.js a link within the bundle", all_of(lambda b: (b / "dist/index.js").rename(b / "dist/main.js"), link("dist/index.js", "main.js"))),
    Mistake("dist a link to the workspace", link("dist", "../dist"), "entry-point-missing", also="archive-link-escape"),
    Mistake("index.js at the root instead of dist", lambda b: (b / "dist").rename(b / "build"), "entry-point-missing"),
]

LAYOUT_MISTAKES = [
    Mistake("the nested layout", nested, "nested-layout", may_warn="development-file", layout="nested"),
    Mistake("the nested layout with a second copy", second_copy, "nested-layout", may_warn="development-file", layout="nested"),
    Mistake("the nested layout with workspace:*", all_of(nested, package(lambda p: p["dependencies"].update({"@server-flow/shared": "workspace:*"}), "apps/agent/package.json")), "nested-layout", also="workspace-protocol", may_warn="development-file", layout="nested"),
    Mistake("flat and nested at once", mixed, "nested-layout", layout="mixed"),
    Mistake("flat with packages/shared beside it", all_of(ship_shared, package(lambda p: p["dependencies"].pop("@server-flow/shared"))), may_warn="development-file", layout="flat"),
]

PACKAGE_MISTAKES = [
    Mistake("package.json missing", gone("package.json"), "package-json-missing"),
    Mistake("package.json a folder", all_of(gone("package.json"), lambda b: (b / "package.json").mkdir()), "package-json-missing"),
    Mistake("package.json empty", put("package.json", ""), "package-json-invalid"),
    Mistake("package.json cut off", text(lambda t: t[:60]), "package-json-invalid"),
    Mistake("package.json with a trailing comma", text(lambda t: t.replace("\n}\n", ",\n}\n")), "package-json-invalid"),
    Mistake("package.json with a comment", text(lambda t: "// the agent\n" + t), "package-json-invalid"),
    Mistake("package.json in a merge conflict", text(lambda t: f"<<<<<<< HEAD\n{t}=======\n{t}>>>>>>> main\n"), "package-json-invalid"),
    Mistake("package.json an array", put("package.json", "[]"), "package-json-invalid"),
    Mistake("package.json null", put("package.json", "null"), "package-json-invalid"),
    Mistake("package.json with a UTF-8 BOM", text(lambda t: b"\xef\xbb\xbf" + t.encode())),
    Mistake("package.json with two BOMs", text(lambda t: b"\xef\xbb\xbf" * 2 + t.encode()), "package-json-invalid"),
    Mistake("package.json with CRLF", text(lambda t: t.replace("\n", "\r\n"))),
    Mistake("package.json with BOM and CRLF", text(lambda t: b"\xef\xbb\xbf" + t.replace("\n", "\r\n").encode())),
    Mistake("package.json in UTF-16 with a BOM", text(lambda t: t.encode("utf-16")), "package-json-invalid"),
    Mistake("package.json in UTF-16 without a BOM", text(lambda t: t.encode("utf-16-be")), "package-json-invalid"),
    # Measured: pnpm, npm and Node read it as U+FFFD and go on.
    Mistake("package.json with a Latin-1 byte", text(lambda t: t.replace('"private"', '"description": "démon",\n  "private"').encode("latin-1"))),
    Mistake("version missing", package(lambda p: p.pop("version")), "package-json-invalid"),
    Mistake("version empty", package(lambda p: p.update(version="")), "package-json-invalid"),
    Mistake("version not semver", package(lambda p: p.update(version="0.1")), "package-json-invalid"),
    Mistake("version a number", package(lambda p: p.update(version=1)), "package-json-invalid"),
    Mistake("version with leading zero", package(lambda p: p.update(version="0.01.27")), "package-json-invalid"),
    Mistake("version with pre-release and build", package(lambda p: p.update(version="0.1.28-beta.1+build.7"))),
    Mistake("name missing", package(lambda p: p.pop("name")), "package-json-invalid"),
    Mistake("name empty", package(lambda p: p.update(name="")), "package-json-invalid"),
    Mistake("another version than the release expects", lambda b: None, "version-mismatch", options=("--expect-version", "0.1.28")),
    Mistake("not newer than what is deployed", lambda b: None, "version-mismatch", options=("--newer-than", "0.1.27")),
    Mistake("newer than what is deployed", lambda b: None, options=("--newer-than", "0.1.26")),
    *(
        Mistake(f"{name} not declared", package(lambda p, name=name: p["dependencies"].pop(name)), "runtime-dependency-missing")
        for name in ("fastify", "ws", "pm2", "zod")
    ),
    # `@fastify/websocket` is imported, and is none of those that are required.
    Mistake("dependencies missing", package(lambda p: p.pop("dependencies")), "runtime-dependency-missing undeclared-dependency"),
    Mistake("a package that is imported and not declared", package(lambda p: p["dependencies"].pop("@fastify/websocket")), "undeclared-dependency"),
    Mistake("a file of dist/ that was not copied", lambda b: remove(b / "dist/infrastructure.js"), "unresolved-import"),
    Mistake("built without extensions", text(lambda t: t.replace("./execution.js", "./execution"), "dist/index.js"), "unresolved-import"),
    Mistake("a stale shared package", text(lambda t: t.replace("PROTOCOL_VERSION", "PROTOCOL"), f"{SHARED}/dist/index.js"), "missing-export"),
    Mistake("a file that was cut off", text(lambda t: t[: len(t) // 2] + "(", "dist/execution.js"), "module-syntax-error"),
    Mistake("a merge conflict in what was built", text(lambda t: "<<<<<<< HEAD\n" + t, "dist/execution.js"), "module-syntax-error"),
    Mistake("type missing", package(lambda p: p.pop("type")), "module-format-mismatch"),
    Mistake("type commonjs", package(lambda p: p.update(type="commonjs")), "module-format-mismatch"),
    Mistake("fastify only in devDependencies", package(lambda p: p.update(devDependencies={"fastify": p["dependencies"].pop("fastify")})), "runtime-dependency-missing"),
    # Measured: with --prod and --omit=dev, devDependencies win and the package is left out.
    Mistake("fastify in dependencies and devDependencies", package(lambda p: p.update(devDependencies={"fastify": p["dependencies"]["fastify"]})), "runtime-dependency-missing"),
    Mistake("fastify in optionalDependencies (installed)", package(lambda p: p.update(optionalDependencies={"fastify": p["dependencies"].pop("fastify")}))),
    *(
        Mistake(f"workspace:* left in {field}", depends(field, "workspace:*"), "workspace-protocol", also="update-drops-shared")
        for field in FIELDS
    ),
    Mistake("workspace:^ for another package", depends("dependencies", "workspace:^", "@server-flow/config"), "workspace-protocol"),
    Mistake("file:../../packages/shared", depends("dependencies", "file:../../packages/shared"), "local-protocol"),
    Mistake("file:./packages/shared that is not shipped", depends("dependencies", "file:./packages/shared"), "local-protocol"),
    Mistake("file: into node_modules, which step 4 deletes", depends("dependencies", f"file:./{SHARED}"), "local-protocol"),
    Mistake("link:../../packages/shared", depends("dependencies", "link:../../packages/shared"), "local-protocol"),
    Mistake("link:./packages/shared, shipped", all_of(ship_shared, depends("dependencies", "link:./packages/shared")), "local-protocol", may_warn="development-file"),
    Mistake("portal:./packages/shared, shipped", all_of(ship_shared, depends("dependencies", "portal:./packages/shared")), "local-protocol", may_warn="development-file"),
    Mistake("catalog: for zod", depends("dependencies", "catalog:", "zod"), "local-protocol"),
    Mistake("the shared package with a registry range", depends("dependencies", "^0.1.0"), "local-protocol"),
    Mistake("prepare in the bundle's scripts", package(lambda p: p["scripts"].update(prepare="tsc")), warns="install-script"),
]

FILE_MISTAKES = [
    Mistake("registration.json shipped", put("registration.json", '{"agentId": "a1", "secret": "x"}\n', 0o600), "secret-file"),
    Mistake("agent-key.json shipped", lambda b: write_json(b / "agent-key.json", {"privateKey": private_key()}), "secret-file"),
    Mistake("a private key in a PEM file", lambda b: write(b / "certs/agent.pem", private_key()), "secret-file"),
    Mistake("a private key under an innocent name", lambda b: write(b / "dist/identity.txt", private_key()), "secret-file"),
    Mistake("the control plane's public key", lambda b: write(b / "cp-public-key.pem", public_key())),
    Mistake(".env shipped", put(".env", f"TOKEN={TOKEN}\n"), "secret-file", may_warn="development-file"),
    Mistake(".env.production shipped", put(".env.production", f"TOKEN={TOKEN}\n"), "secret-file", may_warn="development-file"),
    Mistake(".npmrc with a token", put(".npmrc", f"//localhost:4873/:_authToken={TOKEN}\n"), "secret-file", may_warn="development-file"),
    Mistake(".npmrc without one", put(".npmrc", "engine-strict=true\n"), may_warn="development-file"),
    Mistake(".env in the shared package", put(f"{SHARED}/.env", f"TOKEN={TOKEN}\n"), "secret-file", may_warn="development-file"),
    Mistake("a key in a third-party package's tests", lambda b: write(b / "node_modules/selfsigned/test/key.pem", private_key())),
    Mistake("src/ shipped", lambda b: copy(monorepo.build() / "apps/agent/src", b / "src"), warns="development-file"),
    Mistake("tsconfig.json shipped", put("tsconfig.json", "{}\n"), warns="development-file"),
    Mistake("tsconfig.tsbuildinfo shipped", put("tsconfig.tsbuildinfo", "{}\n"), warns="development-file"),
    Mistake(".turbo/ shipped", put(".turbo/turbo-build.log", "cache miss\n"), warns="development-file"),
    Mistake(".git/ shipped", lambda b: must("git", "init", "-q", ".", cwd=b), warns="development-file"),
    Mistake("pnpm-workspace.yaml shipped", put("pnpm-workspace.yaml", "packages:\n  - 'packages/*'\n"), warns="development-file"),
    Mistake("the shared package's sources and tsconfig", lambda b: copy(monorepo.build() / "packages/shared/src", b / SHARED / "src"), warns="development-file"),
    # Below node_modules/.bin they are third-party: no error in any case.
    Mistake("node_modules/.bin/*.CMD and .ps1", all_of(put("node_modules/.bin/pm2.CMD", "@ECHO off\r\n"), put("node_modules/.bin/pm2.ps1", "#!/usr/bin/env pwsh\n")), may_warn="development-file"),
    Mistake("pnpm's development links in the shared package", lambda b: copy(monorepo.build() / "packages/shared/node_modules", b / SHARED / "node_modules"), warns="dangling-link"),
    Mistake("modes of Windows", windows_modes, warns="world-writable"),
    Mistake("one file anyone may write", mode(0o666, "dist/index.js"), warns="world-writable"),
    Mistake("one folder anyone may write", mode(0o777, "dist"), warns="world-writable"),
    Mistake("a set-uid file", mode(0o4755, "dist/index.js"), "setuid-file"),
    Mistake("a set-gid file", mode(0o2755, "dist/index.js"), "setuid-file"),
    Mistake("a set-uid file of a third party", all_of(put("node_modules/sudo/bin/sudo", "x"), mode(0o4755, "node_modules/sudo/bin/sudo")), "setuid-file"),
    Mistake("the owner of a Windows machine", lambda b: None, warns="foreign-owner", tar=("--owner=dev:197121", "--group=197121"), only="archive"),
    Mistake("an absolute link out of the bundle", link("dist/config", "/etc/server-flow"), "archive-link-escape"),
    Mistake("a relative link out of the bundle", link("dist/logs", "../../logs"), "archive-link-escape"),
    Mistake("a link of a third party out of the bundle", link("node_modules/typescript", "../../node_modules/typescript"), "workspace-link"),
    Mistake("a dangling link within the bundle", link("dist/old.js", "older.js"), warns="dangling-link"),
    Mistake("a FIFO", lambda b: os.mkfifo(b / "dist/pipe"), "archive-special-file"),
    Mistake("a device", lambda b: must("mknod", b / "dist/null", "c", "1", "3"), "archive-special-file"),
    Mistake("names that differ only by case", put("dist/INDEX.js", "export {};\n"), warns="path-not-portable"),
    Mistake("names that differ only by Unicode form", all_of(put("dist/caf\u00e9.js", "export {};\n"), put("dist/cafe\u0301.js", "export {};\n")), warns="path-not-portable"),
    Mistake("a control character in a name", put("dist/a\u001b[31m.js", "export {};\n"), warns="path-not-portable"),
    Mistake("a newline in a name", put("dist/a\nb.js", "export {};\n"), warns="path-not-portable"),
    Mistake("a name that is not UTF-8", lambda b: write(Path(os.fsdecode(os.fsencode(b) + b"/dist/\xe9t\xe9.js")), "export {};\n"), warns="path-not-portable"),
    Mistake("an odd name in a third-party package", lambda b: write(Path(os.fsdecode(os.fsencode(b) + b"/node_modules/x/\xe9t\xe9.js")), "export {};\n"), warns="path-not-portable"),
]

TABLE = SHARED_MISTAKES + ENTRY_MISTAKES + LAYOUT_MISTAKES + PACKAGE_MISTAKES + FILE_MISTAKES


def clean_bundle(target: Path) -> Path:
    """The good bundle without what the documented `cp -r packages/shared` carries along, so that each mistake stands alone."""
    copy(monorepo.bundle(), target)
    for name in ("node_modules", "src", "tsconfig.json"):
        remove(target / SHARED / name)
    return target


def with_several(good: Path, target: Path) -> Path:
    """A copy of a bundle with several mistakes, for what looks at a long report."""
    copy(good, target)
    for change in (
        gone("dist/index.js"),
        link(SHARED, "/c/Users/dev/server-flow/packages/shared"),
        depends("dependencies", "workspace:*"),
        put(".env", "TOKEN=x\n"),
        put("tsconfig.json", "{}\n"),
        windows_modes,
    ):
        change(target)
    return target


def judge(part: Part, mistake: Mistake, good: Path) -> None:
    with scratch("mistake") as work:
        bundle = copy(good, work / "bundle")

        def as_directory() -> None:
            mistake.make(bundle)
            if mistake.only != "archive":
                mistake.expect().judge(check(bundle, *mistake.options))

        def as_archive() -> None:
            mistake.expect().judge(check(archive(bundle, work / "bundle.tar.gz", *mistake.tar), *mistake.options))

        part.case(f"{mistake.name} (folder)", as_directory)
        part.case(f"{mistake.name} (archive)", as_archive)


# --- What is about the run as a whole ------------------------------------------------------------------------------


def wrapped(good: Path) -> None:
    """`tar` run in the folder's parent: everything sits below one top folder."""
    with scratch("wrapped") as work:
        copy(good, work / "agent-bundle")
        out = archive(work, work / "out.tar.gz", names=("agent-bundle",))
        Expect(ids("archive-wrapped"), may_warn=ALWAYS).judge(check(out))


def two_subjects(good: Path) -> None:
    with scratch("two") as work:
        bad = copy(good, work / "bad")
        remove(bad / "dist")
        ran = execute(BINARY, "check", "--no-config", "--format", "json", good, bad)
        document = json.loads(ran.out)
        verdicts = [s["verdict"] for s in document["subjects"]]
        if ran.code != 1 or verdicts != ["pass", "fail"] or document["verdict"] != "fail":
            raise Mismatch(f"exit {ran.code}, {verdicts}, {document['verdict']}")


def usage(*words: object) -> Callable[[], None]:
    """Wrong usage, or a path that is not there: exit 2, and one JSON document that says why."""

    def do() -> None:
        ran = execute(BINARY, "check", *words, "--format", "json")
        if ran.code != 2:
            raise Mismatch(f"exit {ran.code}: {ran.text[:400]}")
        document = json.loads(ran.out)
        if document["verdict"] != "error" or not document["error"]["message"]:
            raise Mismatch(f"exit 2 with {ran.out[:400]!r}")

    return do


def secrets_stay(good: Path) -> None:
    """The secret itself is in no format's output."""
    with scratch("secrets") as work:
        bundle = copy(good, work / "bundle")
        write(bundle / ".env", f"TOKEN={TOKEN}\n")
        write(bundle / ".npmrc", f"//localhost:4873/:_authToken={TOKEN}\n")
        write_json(bundle / "agent-key.json", {"privateKey": private_key()})
        body = private_key().splitlines()[1]
        for form in ("human", "json", "sarif", "junit", "github"):
            ran = execute(BINARY, "check", "--no-config", "--format", form, bundle)
            if ran.code != 1:
                raise Mismatch(f"{form}: exit {ran.code}")
            for secret in (TOKEN, body):
                if secret in ran.text:
                    raise Mismatch(f"{form} prints a secret")


def run(part: Part) -> None:
    with scratch("mistakes") as work:
        good = clean_bundle(work / "good")
        part.case("the bundle all mistakes begin with is accepted", lambda: Expect(may_warn=ALWAYS).judge(check(good)))
        for mistake in TABLE:
            judge(part, mistake, good)
        resolution.shapes(part)
        damaged.judge(part, good)
        part.case("packed from the folder's parent", lambda: wrapped(good))
        part.case("a good and a bad bundle in one run", lambda: two_subjects(good))
        part.case("secrets are in no output", lambda: secrets_stay(good))
        part.case("a path that does not exist", usage(work / "nothing.tar.gz"))
        part.case("an unknown rule", usage(good, "--deny", "no-such-rule"))
        part.case("an unknown option", usage(good, "--no-such-option"))
