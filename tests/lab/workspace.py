"""Bundles that are right must pass: what the documented procedure makes of a real workspace, and its good variants."""

from __future__ import annotations

import tarfile
from pathlib import Path

import monorepo
from harness import BINARY, MEMORY_LIMIT_KIB, NPM, PNPM, Expect, Mismatch, Part, archive, check, copy, edit_json, ids, manifest
from harness import must, peak_memory, remove, scratch, shell, sums
from monorepo import SHARED

# What may be warned about in a bundle made exactly as documented: `cp -r packages/shared` carries the package's sources
# and pnpm's development links along, and the documented update drops the shared package (docs/reference/field-facts.md,
# "What survives the update").
DOCUMENTED = ids("dangling-link development-file update-drops-shared")


def ship_shared(bundle: Path) -> None:
    """The one layout that survives every generation: packages/shared in the archive, and a `file:` dependency on it."""
    copy(monorepo.build() / "packages/shared", bundle / "packages-shared")
    remove(bundle / "packages-shared/node_modules")
    (bundle / "packages").mkdir()
    (bundle / "packages-shared").rename(bundle / "packages/shared")
    edit_json(bundle / "package.json", lambda p: p["dependencies"].update({"@server-flow/shared": "file:./packages/shared"}))


def accepted(subject: Path, may_warn: frozenset[str] = DOCUMENTED, warns: frozenset[str] = frozenset()) -> None:
    verdict = check(subject)
    Expect(warns=warns, may_warn=may_warn, layout="flat").judge(verdict)
    package = verdict.subject["package"]
    if package != {"name": "server-flow-agent", "version": monorepo.VERSION}:
        raise Mismatch(f"package is {package}")


def same_tree(made: Path) -> None:
    """`manifest` of the archive is what `sha256sum` says after a real extraction."""
    with scratch("extracted") as out:
        must("tar", "-xzf", made, "-C", out)
        ran = manifest(made)
        if ran.code != 0 or ran.out != sums(out):
            raise Mismatch(f"manifest exited {ran.code} and differs from the extraction: {ran.err.decode()[:500]}")


def install(deployed: Path, argv: list[str]) -> None:
    """Steps 4 and 5 of the update as generation "preserving" runs them: the shared package is put aside and back."""
    with scratch("aside") as aside:
        copy(deployed / SHARED, aside / "shared")
        remove(deployed / "node_modules")
        must(*argv, cwd=deployed, NODE_ENV="production")
        remove(deployed / SHARED)
        (deployed / SHARED).parent.mkdir(parents=True, exist_ok=True)
        copy(aside / "shared", deployed / SHARED)


def deployed(part: Part, name: str, made: Path, argv: list[str], put_back: bool) -> None:
    """The bundle extracted and installed for real, judged as a folder and as an archive with all third-party files."""
    with scratch("deployed") as home:
        here = home / "agent-bundle"
        here.mkdir()

        def install_it() -> None:
            must("tar", "-xzf", made, "-C", here)
            if put_back:
                install(here, argv)
            else:
                remove(here / "node_modules")
                must(*argv, cwd=here, NODE_ENV="production")
            must("node", "--input-type=module", "-e", "await import('./dist/index.js')", cwd=here)
            files = sum(1 for p in here.rglob("*") if p.is_file())
            if files < 1000:
                raise Mismatch(f"only {files} files after the installation")

        part.case(f"{name}: installs and starts", install_it)
        part.case(f"{name}: the deployed folder is accepted", lambda: accepted(here))
        part.case(f"{name}: the deployed folder within the memory", lambda: within_memory(here))
        packed = home / "deployed.tar.gz"
        # A package manager links what is depended on by path; the update makes that link anew, and `check` only warns.
        relinked = frozenset() if put_back else frozenset({"shared-package-linked"})
        part.case(f"{name}: an archive of it is accepted", lambda: accepted(archive(here, packed), warns=relinked))
        part.case(f"{name}: an archive of it within the memory", lambda: within_memory(packed))
        part.case(f"{name}: its manifest is the extraction's", lambda: same_tree(packed))


def within_memory(subject: Path) -> None:
    for command in (("check", "--no-config"), ("manifest",)):
        _code, peak = peak_memory(BINARY, *command, subject)
        if peak > MEMORY_LIMIT_KIB:
            raise Mismatch(f"{command[0]} takes {peak / 1024:.1f} MiB")


def facts(made: Path) -> None:
    """The subject's numbers, as other programs count them."""
    subject = check(made).subject
    digest = must("sha256sum", made).out.decode().split()[0]
    with tarfile.open(made) as tar:
        unpacked = sum(m.size for m in tar if m.isreg())
    want = {"kind": "archive", "sha256": digest, "size": made.stat().st_size, "unpacked_size": unpacked}
    got = {key: subject[key] for key in want}
    if got != want:
        raise Mismatch(f"{got}, expected {want}")


def run(part: Part) -> None:
    root = monorepo.build()
    published = root / "apps/control-plane/public/agent-bundle.tar.gz"
    bundle = monorepo.bundle()

    part.case("the documented archive is accepted", lambda: accepted(published, warns=ids("dangling-link")))
    part.case("the bundle's folder is accepted", lambda: accepted(bundle, warns=ids("dangling-link")))
    part.case("the archive's manifest is the extraction's", lambda: same_tree(published))
    part.case("the folder's manifest is its sums", lambda: folder_manifest(bundle))
    part.case("the archive on stdin is accepted", lambda: Expect(layout="flat").judge(check("-", stdin=published.read_bytes())))
    part.case("the archive's numbers", lambda: facts(published))
    part.case(
        "its version is the expected one", lambda: Expect().judge(check(published, "--expect-version", monorepo.VERSION))
    )
    part.case("check leaves the folder as it was", lambda: untouched(bundle))

    with scratch("variants") as work:
        survives = copy(bundle, work / "survives")
        ship_shared(survives)
        packed = archive(survives, work / "survives.tar.gz")
        part.case("packages/shared and file:./packages/shared", lambda: accepted(packed))
        part.case("packages/shared and file:./packages/shared, as a folder", lambda: accepted(survives))

        # `tar -czf x *` gives names without `./`, and leaves nothing out: the bundle has no dot files.
        part.case(
            "names without ./",
            lambda: accepted(archive(bundle, work / "plain.tar.gz", names=sorted(p.name for p in bundle.iterdir()))),
        )
        for name in ("agent-bundle.tar", "agent-bundle.tgz"):

            def other_name(name: str = name) -> None:
                must("tar", "-caf", work / name, ".", cwd=bundle)
                accepted(work / name)

            part.case(f"as {name}", other_name)
        part.case(
            "a plain tar on stdin", lambda: Expect(layout="flat").judge(check("-", stdin=(work / "agent-bundle.tar").read_bytes()))
        )
        clean = copy(bundle, work / "clean")
        for name in ("node_modules", "src", "tsconfig.json"):
            remove(clean / SHARED / name)
        part.case("a clean copy has no finding", lambda: accepted(clean, may_warn=ids("update-drops-shared")))

        def by_a_developer() -> Path:
            """Made by a user who is not root: the archive carries that user's number."""
            home = copy(bundle, work / "developer")
            must("chown", "-R", "1000:1000", home)
            out = work / "developer.tar.gz"
            # Root opens the file and stands in the folder: above it there may be folders that only root may enter.
            as_developer = "setpriv --reuid=1000 --regid=1000 --clear-groups"
            shell(f'{as_developer} tar -cz . >"$OUT"', home, OUT=str(out))
            return out

        part.case(
            "made by a user who is not root",
            lambda: accepted(by_a_developer(), warns=ids("foreign-owner"), may_warn=DOCUMENTED),
        )
        for manager, argv in (
            ("pnpm install --prod", [PNPM, "install", "--prod", "--ignore-scripts"]),
            ("npm install --omit=dev", [NPM, "install", "--omit=dev", "--ignore-scripts"]),
        ):
            deployed(part, f"{manager}, as documented", published, argv, put_back=True)
            deployed(part, f"{manager}, with file:./packages/shared", packed, argv, put_back=False)


def folder_manifest(bundle: Path) -> None:
    ran = manifest(bundle)
    if ran.code != 0 or ran.out != sums(bundle):
        raise Mismatch(f"manifest exited {ran.code} and differs from sha256sum: {ran.err.decode()[:500]}")


def untouched(bundle: Path) -> None:
    """Nothing is written (issue 1): neither names, nor contents, nor times change."""
    look = ["find", bundle, "-printf", "%p %y %s %T@ %C@\n"]
    before = must(*look).out
    check(bundle)
    if must(*look).out != before:
        raise Mismatch("check changed the folder it judged")
