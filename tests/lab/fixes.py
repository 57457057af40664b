"""The fixes that `check` prints, typed as printed on a bundle that was made wrong: afterwards the finding is gone.

Each case begins with the workspace after the documented procedure, breaks it, and types the commands at the repository's
root, as the fix says. What is judged is the published archive where the fix packs it, else the bundle's folder. Where the
words of a fix name `bundle-doctor pack`, that is typed on another copy, and must mend it too.
"""

from __future__ import annotations

import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import mistakes
import monorepo
import release
from harness import BINARY, Mismatch, Part, check, copy, remove, scratch, shell
from monorepo import SHARED
from release import BUNDLE, PUBLISHED

Change = Callable[[Path], object]

# These print what to look at, not what mends it: only a person knows the version, the statement, the unit.
LOOKS = {"module-syntax-error", "runtime-dependency-missing", "undeclared-dependency", "unit-mismatch"}


def at_root(script: str) -> Change:
    return lambda repo: shell(script, repo)


def in_bundle(change: Change) -> Change:
    return lambda repo: change(repo / BUNDLE)


def python_archive(**fields: object) -> Change:
    """The published archive by Python's tarfile, with fields of every member set."""

    def say(member: tarfile.TarInfo) -> tarfile.TarInfo:
        for field, value in fields.items():
            setattr(member, field, value)
        return member

    def make(repo: Path) -> None:
        with tarfile.open(repo / PUBLISHED, "w:gz", format=tarfile.PAX_FORMAT) as tar:
            tar.add(repo / BUNDLE, ".", filter=say)

    return make


def tar(options: str, names: str = ".", folder: str = BUNDLE) -> str:
    return f'out=$PWD/{PUBLISHED}; tar {options} -czf "$out" -C {folder} {names}'


def nested_archive(repo: Path) -> None:
    """An archive of the old layout, beside a folder that is flat."""
    old = copy(repo / BUNDLE, repo.parent / "old")
    mistakes.nested(old)
    shell('tar -czf "$OUT" .', old, OUT=str(repo / PUBLISHED))


APPENDED = (
    f"tar -cf /dev/stdout -C {BUNDLE} . >all.tar; echo '// new' >>{BUNDLE}/dist/index.js;"
    f" tar -rf all.tar -C {BUNDLE} ./dist/index.js; gzip <all.tar >{PUBLISHED}; rm all.tar"
)


@dataclass
class Fix:
    """One way to make a bundle wrong. The archive is made by `make` where that packs, else as the document packs it."""

    rule: str
    name: str
    make: Change
    packs: bool = False


FIXES = (
    Fix("archive-unreadable", "cut off", at_root(f"truncate -s -20 {PUBLISHED}"), True),
    Fix("archive-unreadable", "damaged", at_root(f"printf xxxx | dd of={PUBLISHED} bs=1 seek=2000 conv=notrunc status=none"), True),
    Fix("archive-unreadable", "not compressed", at_root(f"tar -cf {PUBLISHED} -C {BUNDLE} ."), True),
    Fix("archive-unreadable", "garbage behind it", at_root(f"echo garbage >>{PUBLISHED}"), True),
    Fix("archive-ambiguous", "a file appended once more", at_root(APPENDED), True),
    Fix("archive-ambiguous", "an owner beyond what Linux has", python_archive(uid=1 << 32, uname=""), True),
    Fix("archive-ambiguous", "written as sparse files", at_root(f"truncate -s 1M {BUNDLE}/dist/hole; {tar('--sparse --format=pax')}"), True),
    Fix("archive-unsafe-path", "absolute names", at_root(f'tar -P -czf {PUBLISHED} "$PWD/{BUNDLE}"'), True),
    Fix("archive-unsafe-path", "names with ..", at_root(f"out=$PWD/{PUBLISHED}; cd {BUNDLE}/dist; tar -P -czf \"$out\" .."), True),
    Fix("archive-wrapped", "packed from the folder's parent", at_root(tar("", "bundle", "apps/agent")), True),
    Fix("foreign-owner", "the owner of a Windows machine", at_root(tar("--owner=dev:197121 --group=197121")), True),
    Fix("foreign-owner", "a number beyond octal", at_root(tar("--owner=dev:3000000 --group=dev:3000000")), True),
    Fix("foreign-owner", "a number beyond octal, in a PAX header", at_root(tar("--format=pax --owner=dev:3000000 --group=dev:3000000")), True),
    Fix("foreign-owner", "a folder of a user's own", at_root(f"chown -R 1000710000:1000710000 {BUNDLE}; {tar('--numeric-owner')}"), True),
    Fix("world-writable", "modes of Windows", in_bundle(mistakes.windows_modes), True),
    Fix("setuid-file", "a file", at_root(f"chmod u+s {BUNDLE}/dist/index.js"), True),
    Fix("setuid-file", "a folder", at_root(f"chmod g+s {BUNDLE}/dist"), True),
    Fix("nested-layout", "the old layout", nested_archive, True),
    Fix("nested-layout", "both layouts", in_bundle(mistakes.mixed), True),
    Fix("package-json-missing", "taken away", in_bundle(mistakes.gone("package.json")), True),
    Fix("entry-point-missing", "dist missing", in_bundle(mistakes.gone("dist"))),
    Fix("shared-package-missing", "not copied", in_bundle(mistakes.gone(SHARED))),
    Fix("shared-package-missing", "no node_modules at all", in_bundle(mistakes.gone("node_modules"))),
    Fix("shared-package-linked", "a link", in_bundle(mistakes.link(SHARED, "../../../../packages/shared"))),
    Fix("shared-entry-missing", "without dist", in_bundle(mistakes.gone(f"{SHARED}/dist"))),
    Fix("shared-entry-missing", "not built at all", at_root(f"rm -r packages/shared/dist {BUNDLE}/{SHARED}/dist")),
    Fix("shared-package-json-invalid", "cut off", in_bundle(mistakes.text(lambda t: t[:40], f"{SHARED}/package.json"))),
    Fix("missing-export", "a stale shared package", in_bundle(mistakes.text(lambda t: t.replace("PROTOCOL_VERSION", "PROTOCOL"), f"{SHARED}/dist/index.js"))),
    Fix("dangling-link", "within the bundle", in_bundle(mistakes.link("dist/old.js", "older.js"))),
    Fix("workspace-link", "a link of a third party", in_bundle(mistakes.link("node_modules/typescript", "../../node_modules/typescript"))),
    Fix("update-drops-shared", "the document's own layout", lambda repo: None),
    Fix("development-file", "sources of the shared package", lambda repo: None, True),
)


def repository(target: Path) -> Path:
    """The workspace after the procedure, committed, with what is installed for building it."""
    repo = release.light(target)
    release.commit(repo)
    made = monorepo.build()
    (repo / "node_modules").symlink_to(made / "node_modules")
    copy(made / "apps/agent/node_modules", repo / "apps/agent/node_modules")
    return repo


def type_in(repo: Path, commands: str) -> None:
    """At the repository's root, in a shell that stops at the first failure."""
    tools = repo.parent / "bin"
    tools.mkdir(exist_ok=True)
    if not (tools / "bundle-doctor").exists():
        (tools / "bundle-doctor").symlink_to(BINARY)
    shell(commands, repo, PATH=f"{tools}:{release.PATH}", HOME=str(repo.parent))


def split(help: str) -> tuple[str, str]:
    """The words of a fix and its commands."""
    words, _, commands = help.partition("\n")
    return words, commands


def found(subject: Path, rule: str) -> list[dict]:
    return [finding for finding in check(subject).subject["findings"] if finding["rule"] == rule]


def case(fix: Fix, good: Path, way: str) -> None:
    """`way` is what is typed: the commands of the fix, or the `bundle-doctor pack` that its words name."""
    with scratch("fix") as work:
        repo = copy(good, work / "repo")
        subject = repo / (PUBLISHED if fix.packs else BUNDLE)
        fix.make(repo)
        if fix.packs and not subject_is_made(fix):
            shell(tar(""), repo)
        before = check(subject).rules("error")
        findings = found(subject, fix.rule)
        if not findings:
            raise Mismatch(f"made wrong, and not found: {check(subject).brief()}")
        words, commands = split(findings[0]["help"])
        named = re.findall(r"`(bundle-doctor pack [^`]*)`", words)
        if way == "pack":
            if not named:
                return
            commands, subject = named[0], repo / PUBLISHED
        elif not commands and not named:
            raise Mismatch(f"the fix has no commands: {words}")
        elif not commands:
            return
        type_in(repo, commands)
        left = found(subject, fix.rule)
        if left:
            raise Mismatch(f"still there after\n{commands}\n{json.dumps(left[:2], indent=1)}")
        new = check(subject).rules("error") - before
        if new:
            raise Mismatch(f"after {commands!r} there are new errors: {sorted(new)}")


def subject_is_made(fix: Fix) -> bool:
    return fix.rule.startswith("archive-") or fix.rule == "foreign-owner" or fix.make is nested_archive


def every_rule_is_tried(good: Path) -> None:
    """A rule whose fix has commands, seen in any mistake of mistakes.py, is in the table above."""
    tried = {fix.rule for fix in FIXES} | LOOKS
    missing: dict[str, str] = {}
    with scratch("rules") as work:
        for mistake in mistakes.TABLE:
            bundle = copy(good, work / "bundle")
            mistake.make(bundle)
            for finding in check(bundle, *mistake.options).subject["findings"]:
                if split(finding["help"])[1] and finding["rule"] not in tried:
                    missing[finding["rule"]] = finding["help"]
            remove(bundle)
    if missing:
        raise Mismatch(f"fixes with commands that nobody types: {missing}")


def run(part: Part) -> None:
    with scratch("fixes") as work:
        good = repository(work / "good")
        for fix in FIXES:
            part.case(f"{fix.rule}, {fix.name}", lambda: case(fix, good, "commands"))
            part.case(f"{fix.rule}, {fix.name}, by `pack`", lambda: case(fix, good, "pack"))
        part.case("every rule whose fix has commands is tried", lambda: every_rule_is_tried(mistakes.clean_bundle(work / "clean")))
