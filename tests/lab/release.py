"""A release, from the monorepo to the published archive: every command of docs/release.md, each line of the checklist
broken for real, the archive's bytes compared under everything that must not matter, four extractors, and interruptions.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import mistakes
import monorepo
import signing
import workspace
from harness import BINARY, MEMORY_LIMIT_KIB, NPM, PNPM, REPO, TOOLS, Expect, Mismatch, Part, Ran, check, copy, edit_json, environment
from harness import must, peak_memory, remove, run as execute, scratch, shell, write
from monorepo import SHARED, VERSION

BUNDLE = "apps/agent/bundle"
PUBLISHED = "apps/control-plane/public/agent-bundle.tar.gz"
BEFORE = ("--previous", "0.1.26")
LINES = (
    "version-agent version-bundle code-built dist-copied shared-copied no-workspace archive-published update-tried".split()
)
PATH = f"{Path(PNPM).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
GIT = {"GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z"}
COMMIT_TIME = "2026-01-02T03:04:05Z"


def doctor(*words: object, cwd: Path, **env: str) -> Ran:
    return execute(BINARY, *words, cwd=cwd, **{"HOME": str(cwd), "PATH": PATH, **env})


def packs(*words: object, cwd: Path, **env: str) -> dict:
    ran = doctor("pack", *words, "--json", cwd=cwd, **env)
    if ran.code != 0:
        raise Mismatch(f"pack {words} exited {ran.code}: {ran.text[:1500]}")
    return json.loads(ran.out)


def git(repo: Path, *words: str) -> None:
    must("git", "-c", "user.name=lab", "-c", "user.email=lab@localhost", *words, cwd=repo, **GIT)


def commit(repo: Path, tag: str | None = None) -> None:
    git(repo, "init", "--quiet")
    git(repo, "add", "--all", ".")
    git(repo, "commit", "--quiet", "--message", "Release")
    if tag:
        git(repo, "tag", tag)


def light(target: Path) -> Path:
    """The workspace after the documented procedure, without what is installed for developing it."""
    root = monorepo.build()
    target.mkdir()
    shell('tar -cf - --exclude=./node_modules --exclude=./apps/agent/node_modules . | tar -xf - -C "$TO"', root, TO=str(target))
    remove(target / ".lab-stamp")
    remove(target / "tmp")
    return target


def statuses(repo: Path, *options: str) -> dict[str, str]:
    ran = doctor("release", "--json", *options, cwd=repo)
    if ran.code not in (0, 1):
        raise Mismatch(f"release exited {ran.code}: {ran.text[:800]}")
    lines = json.loads(ran.out)["lines"]
    if [line["id"] for line in lines] != LINES:
        raise Mismatch(f"other lines than the document's: {[line['id'] for line in lines]}")
    found = {line["id"]: line["status"] for line in lines}
    if (ran.code == 1) != ("fail" in found.values()):
        raise Mismatch(f"exit {ran.code} beside {found}")
    return found


def fails(repo: Path, expected: str, *options: str) -> None:
    found = {line for line, status in statuses(repo, *options).items() if status == "fail"}
    if found != set(expected.split()):
        raise Mismatch(f"failing are {sorted(found)}, expected {expected.split()}\n{doctor('release', *options, cwd=repo).text}")


# --- Each line, broken for real --------------------------------------------------------------------------------------


@dataclass
class Break:
    """One way to break a release: commands at the repository's root, and the lines that must fail."""

    name: str
    commands: str
    expected: str
    options: tuple[str, ...] = BEFORE


BREAKS = (
    Break("nothing is wrong", "true", ""),
    Break("the version was not raised", "true", "version-agent version-bundle", ("--previous", VERSION)),
    Break("only the agent's version was raised", "sed -i 's/0.1.27/0.1.28/' apps/agent/package.json", "version-bundle"),
    Break(
        "only the bundle's version was raised",
        "sed -i 's/0.1.27/0.1.28/' apps/agent/bundle/package.json",
        "version-bundle archive-published",
    ),
    Break("not built", "rm -r apps/agent/dist", "code-built dist-copied"),
    Break("sources changed since the build", "echo '// changed' >> apps/agent/src/execution.ts", "code-built"),
    Break("built and not copied", "echo '// changed' >> apps/agent/dist/execution.js", "dist-copied"),
    Break("a module that was compiled and not copied", "rm apps/agent/bundle/dist/update.js", "dist-copied archive-published"),
    Break("a module of an older build left over", "echo >apps/agent/bundle/dist/old.js", "dist-copied archive-published"),
    Break("the shared package not copied", f"rm -r {BUNDLE}/{SHARED}", "shared-copied archive-published"),
    Break(
        "the shared package linked",
        f"rm -r {BUNDLE}/{SHARED}; ln -s ../../../../../packages/shared {BUNDLE}/{SHARED}",
        "shared-copied archive-published",
    ),
    Break("a stale copy of the shared package", "echo '// new' >> packages/shared/dist/host.js", "shared-copied"),
    Break("the shared package's sources changed", "echo '// new' >> packages/shared/src/host.ts", "shared-copied"),
    Break(
        "workspace: in the bundle",
        """sed -i 's/"dependencies": {/&"@server-flow\\/shared": "workspace:*",/' apps/agent/bundle/package.json""",
        "no-workspace archive-published",
    ),
    Break(
        "another dependency than the agent's",
        """sed -i 's/"ws": ".*"/"ws": "^7.0.0"/' apps/agent/bundle/package.json""",
        "no-workspace archive-published",
    ),
    Break("no archive published", f"rm {PUBLISHED}", "archive-published"),
    Break("an older archive published", "echo new >apps/agent/bundle/notes.txt", "archive-published"),
    Break("an error page published", f"echo '<!DOCTYPE html>' >{PUBLISHED}", "archive-published"),
    Break("a damaged archive published", f"truncate -s -9 {PUBLISHED}", "archive-published"),
    Break(
        "keys configured and nothing signed",
        f"{BINARY} keygen -q --no-passphrase -o k; printf '[signature]\\nkeys = [\"k.pub.pem\"]\\n' >bundle-doctor.toml",
        "archive-published",
    ),
    Break(
        "the document's last line, which moves the archive to the wrong folder",
        "mkdir apps/agent/control-plane; echo new >apps/agent/bundle/dist/new.js; cp apps/agent/bundle/dist/new.js apps/agent/dist/; "
        'cd apps/agent/bundle; tar -czf "$HOME/x.tar.gz" .; mkdir -p ../../../control-plane/public; '
        'mv "$HOME/x.tar.gz" ../../../control-plane/public/agent-bundle.tar.gz',
        "archive-published",
    ),
)


def broken(part: Part, work: Path) -> None:
    ready = light(work / "ready")
    for number, one in enumerate(BREAKS):

        def do(one: Break = one, number: int = number) -> None:
            repo = copy(ready, work / f"broken-{number}")
            try:
                shell(one.commands, repo, HOME=str(repo))
                fails(repo, one.expected, *one.options)
            finally:
                remove(repo)
                remove(work / "control-plane")

        part.case(f"release: {one.name}", do)


def previous_releases(part: Part, work: Path) -> None:
    """What came before: tags, the archive at HEAD, a clean checkout whose times say nothing."""
    repo = light(work / "tagged")
    write(repo / ".gitignore", "node_modules/.bin/\n")
    commit(repo, "v0.1.26")

    def tagged() -> None:
        fails(repo, "")
        git(repo, "tag", "v0.1.27")
        fails(repo, "")  # the tag of this very release
        write(repo / "new", "x")
        commit(repo)
        fails(repo, "version-agent version-bundle")
        git(repo, "tag", "web-v9.0.0")
        git(repo, "tag", "agent-v0.1.20")
        fails(repo, "")

    def at_head() -> None:
        other = light(work / "untagged")
        commit(other)
        fails(other, "version-agent version-bundle")
        edit_json(other / "apps/agent/package.json", lambda p: p.update(version="0.1.28"))
        edit_json(other / f"{BUNDLE}/package.json", lambda p: p.update(version="0.1.28"))
        packs(BUNDLE, "-o", PUBLISHED, cwd=other)
        fails(other, "")

    def clean_checkout() -> None:
        clone = work / "clone"
        must("git", "clone", "--quiet", repo, clone)
        found = statuses(clone)
        if (found["code-built"], found["dist-copied"]) != ("open", "pass"):
            raise Mismatch(f"a clean checkout gives {found}")
        write(clone / "apps/agent/src/execution.ts", "export {};\n")
        if statuses(clone)["code-built"] != "fail":
            raise Mismatch("a change after the checkout is not seen")

    part.case("release: git's tags", tagged)
    part.case("release: the archive at HEAD", at_head)
    part.case("release: a clean checkout leaves open what its times cannot tell", clean_checkout)


# --- The archive's bytes ---------------------------------------------------------------------------------------------


def same_bytes(part: Part, work: Path) -> None:
    repo = light(work / "bytes")
    commit(repo)
    first = work / "first.tar.gz"
    report = packs("--from-repo", repo, "-o", first, cwd=work)
    want = first.read_bytes()

    def the_commits_time() -> None:
        if (report["time"], report["time_from"]) != (COMMIT_TIME, "last-commit"):
            raise Mismatch(f"the time is {report['time']} from {report['time_from']}")

    def as_another(prefix: str, **env: str) -> Callable[[], None]:
        def do() -> None:
            with scratch("again") as elsewhere:
                there = elsewhere / "somewhere else"
                must("cp", "-r", repo, there)
                shell("find . -exec touch -h {} +; chmod -R u+rwX .", there)
                must("chown", "-R", "1000:1000", elsewhere)
                out = elsewhere / "out"
                out.mkdir(mode=0o777)
                out.chmod(0o777)
                line = f'{prefix} {BINARY} pack --from-repo "$REPO" -o "$OUT/a.tar.gz" --no-config'
                shell(line, elsewhere, REPO=str(there), OUT=str(out), HOME=str(out), TMPDIR=str(out), **env)
                if (out / "a.tar.gz").read_bytes() != want:
                    raise Mismatch("other bytes")
                if sorted(p.name for p in out.iterdir()) != ["a.tar.gz"]:
                    raise Mismatch(f"left behind: {list(out.iterdir())}")

        return do

    developer = "setpriv --reuid=1000 --regid=1000 --clear-groups"
    part.case("pack: the time is the last commit's", the_commits_time)
    for name, prefix, env in (
        ("in another directory", "", {}),
        ("as a developer", developer, {}),
        ("as root in a developer's repository, whose owner git doubts", "", {"GIT_CONFIG_COUNT": "0"}),
        ("on one core", "taskset -c 0", {}),
        ("umask 077", "umask 077;", {}),
        ("umask 000", "umask 000;", {}),
        ("the locale C", "", {"LC_ALL": "C"}),
        ("a locale that sorts otherwise", "", {"LC_ALL": "en_US.UTF-8", "LANG": "de_DE.UTF-8"}),
        ("the time zone Kiritimati", "", {"TZ": "Pacific/Kiritimati"}),
        ("the time zone Honolulu", "", {"TZ": "Pacific/Honolulu"}),
        ("called by a git hook", "", {"GIT_DIR": "/nonexistent", "GIT_INDEX_FILE": "/nonexistent/index"}),
    ):
        part.case(f"pack: the same bytes {name}", as_another(prefix, **env))

    def by_hand() -> None:
        """The staged copies are those of the document's procedure."""
        packs(BUNDLE, "-o", work / "by-hand.tar.gz", cwd=repo)
        if (work / "by-hand.tar.gz").read_bytes() != want:
            raise Mismatch("packing the folder that was copied by hand gives other bytes")

    def untouched() -> None:
        look = ["find", repo, "-not", "-path", "*/.git*", "-printf", "%p %y %s %T@ %C@\n"]
        before = must(*look).out
        packs("--from-repo", repo, "-o", work / "again.tar.gz", cwd=work)
        if must(*look).out != before:
            raise Mismatch("the repository changed")

    part.case("pack: --from-repo is the procedure followed by hand", by_hand)
    part.case("pack: --from-repo leaves the repository as it was", untouched)


# Every path with its type, mode and target, then every file's sum.
LISTING = r"find . -mindepth 1 -printf '%P %y %m %l\0'; find . -type f -print0 | xargs -0 sha256sum --zero --"
EXTRACTORS = {
    "GNU tar": 'tar -xzf "$FILE"',
    "bsdtar": 'bsdtar -xpf "$FILE"',
    "busybox": 'busybox tar -xzf "$FILE"',
    "node-tar": 'node -e "require(process.env.TAR).x({ file: process.env.FILE, sync: true, preservePaths: false })"',
}


def odd_bundle(target: Path) -> Path:
    """Names and kinds that extractors like to read differently."""
    bundle = mistakes.clean_bundle(target)
    deep = "/".join(["a-rather-long-directory-name"] * 12)
    write(bundle / "data" / deep / "file.txt", "deep")
    for length in (99, 100, 101, 154, 155, 156, 200, 255):
        write(bundle / "data" / ("n" * length), str(length))
    # node-tar knows names in UTF-8 only, of which `path-not-portable` warns.
    for name in ("é", "e\u0301-decomposed", "日本", " space ", "back\\slash", "-dash", "*", "tab\tin it", "line\nbreak"):
        write(bundle / "data" / name, "odd")
    write(bundle / "data/run", "#!/bin/sh\n", 0o755)
    write(bundle / "data/empty", "")
    (bundle / "data/folder").mkdir()
    os.symlink("run", bundle / "data/link")
    os.symlink("./" + "x/" * 80 + "target", bundle / "data/long-link")
    return bundle


def listed(folder: Path) -> set[bytes]:
    return set(shell(LISTING, folder, LC_ALL="C").out.split(b"\0"))


def extractors(part: Part, work: Path, large: Path) -> None:
    for name, folder in (("odd names", odd_bundle(work / "odd")), ("a large one", large)):
        made = work / f"{folder.name}.tar.gz"
        packs(folder, "-o", made, "--layout", "documented", cwd=work)
        wanted = listed(folder)
        for tool, command in EXTRACTORS.items():

            def extract(command: str = command, made: Path = made, wanted: set[bytes] = wanted) -> None:
                with scratch("extract") as out:
                    shell(f"umask 022; {command}", out, FILE=str(made), TAR=str(TOOLS / "tar"))
                    found = listed(out)
                if found != wanted:
                    raise Mismatch("\n".join(repr(line)[:200] for line in sorted(found ^ wanted)[:8]))

            part.case(f"pack: {tool} extracts {name}", extract)


def sizes(part: Part, work: Path, large: Path) -> None:
    for name, folder in (("the workspace's bundle", monorepo.bundle()), ("a large one", large)):

        def measure(folder: Path = folder, name: str = name) -> None:
            made = work / "sized.tar.gz"
            packs(folder, "-o", made, "--layout", "documented", cwd=work)
            line = 'gzip -dc "$FILE" | gzip -9n | wc -c'
            theirs = int(shell(line, work, FILE=str(made)).out)
            ours = made.stat().st_size
            print(f"    {name}: {ours} bytes, gzip -9 {theirs} ({100 * (ours / theirs - 1):+.2f} %)", flush=True)
            if ours > theirs * 1.01:
                raise Mismatch(f"{ours} bytes where gzip -9 makes {theirs}")

        part.case(f"pack: within 1 % of gzip -9: {name}", measure)

    def memory() -> None:
        made = work / "sized.tar.gz"
        for words in (("pack", large, "-o", made, "--layout", "documented"), ("diff", large, made), ("diff", made, made)):
            code, peak = peak_memory(BINARY, *words, "--no-config")
            if code != 0 or peak > MEMORY_LIMIT_KIB:
                raise Mismatch(f"{words[0]} exits {code} with {peak / 1024:.1f} MiB")

    part.case("pack, diff: within the memory", memory)


# --- Nothing is lost --------------------------------------------------------------------------------------------------


def is_writing(child: subprocess.Popen, folder: Path) -> bool:
    """Whether a program has a file open below a folder; the one that it writes has no name there yet."""
    for handle in Path(f"/proc/{child.pid}/fd").glob("*"):
        try:
            if os.readlink(handle).startswith(f"{folder}/"):
                return True
        except OSError:
            continue
    return False


def interrupted(part: Part, work: Path, large: Path) -> None:
    public = work / "public"
    public.mkdir()
    place = public / "agent-bundle.tar.gz"
    place.write_bytes(b"published")

    def by(number: int, after: float, may_leave: bool) -> Callable[[], None]:
        def do() -> None:
            home = work / "temporary"
            home.mkdir()
            words = [BINARY, "pack", str(large), "-o", str(place), "--no-config", "--layout", "documented"]
            child = subprocess.Popen(words, env=environment(TMPDIR=str(home)), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            end = time.monotonic() + 60
            while not is_writing(child, public) and child.poll() is None and time.monotonic() < end:
                time.sleep(0.005)
            time.sleep(after)
            child.send_signal(number)
            out, err = child.communicate(timeout=60)
            left = [p for p in public.iterdir() if p != place] + list(home.iterdir())
            # Ctrl-C has an exit code of its own; the others end the program as they end any other.
            if child.returncode != (130 if number == signal.SIGINT else -number):
                raise Mismatch(f"exit {child.returncode}: {(out + err).decode()[-300:]}")
            if place.read_bytes() != b"published":
                raise Mismatch("the published archive is another")
            if left and not may_leave:
                raise Mismatch(f"left behind: {left}")
            for path in left:
                remove(path)
            remove(home)

        return do

    for name, number in (("SIGINT", signal.SIGINT), ("SIGTERM", signal.SIGTERM), ("SIGHUP", signal.SIGHUP)):
        for after in (0.0, 0.4):
            part.case(f"pack: {name} after {after} s of writing", by(number, after, may_leave=False))
    part.case("pack: SIGKILL", by(signal.SIGKILL, 0.2, may_leave=True))

    def full_disk() -> None:
        disk = work / "disk"
        disk.mkdir()
        must("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk)
        try:
            (disk / "a.tar.gz").write_bytes(b"published")
            ran = doctor("pack", large, "-o", disk / "a.tar.gz", "--no-config", cwd=work)
            left = sorted(p.name for p in disk.iterdir())
            if ran.code != 2 or left != ["a.tar.gz"] or (disk / "a.tar.gz").read_bytes() != b"published":
                raise Mismatch(f"exit {ran.code}, {left}: {ran.text[-400:]}")
            if "No space left" not in ran.text:
                raise Mismatch(f"the reason is not told: {ran.text[-400:]}")
        finally:
            must("umount", disk)

    def changing() -> None:
        """A file that changes between being judged and being packed stops it."""
        folder = mistakes.clean_bundle(work / "changing")
        big = folder / "data.bin"
        with big.open("wb") as file:
            file.truncate(300 << 20)
        words = [BINARY, "pack", str(folder), "-o", str(place), "--no-config"]
        child = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not is_writing(child, public) and child.poll() is None:
            time.sleep(0.005)
        with big.open("r+b") as file:
            file.seek((300 << 20) - 1)
            file.write(b"x")
        _out, err = child.communicate(timeout=120)
        if child.returncode != 2 or b"changed while it was packed" not in err or place.read_bytes() != b"published":
            raise Mismatch(f"exit {child.returncode}: {err.decode()[-300:]}")

    part.case("pack: a full disk", full_disk)
    part.case("pack: a folder that changes meanwhile", changing)


# --- What is packed starts -------------------------------------------------------------------------------------------


def survives(part: Part, work: Path) -> None:
    """The packed bundle, after steps 3 to 5 of the update that deletes node_modules, with both package managers."""
    must(BINARY, "keygen", "--no-passphrase", "-o", work / "k", cwd=work)
    made = work / "survivor.tar.gz"
    packs("--from-repo", monorepo.build(), "-o", made, "--sign", work / "k.key", cwd=work)
    key = ("--key", str(work / "k.pub.pem"))
    part.case("pack: no finding at all", lambda: Expect(may_warn=frozenset(), layout="flat").judge(check(made, "--require-signature", *key)))
    for name, argv in (("pnpm", [PNPM, "install", "--prod", "--ignore-scripts"]), ("npm", [NPM, "install", "--omit=dev"])):

        def installs(name: str = name, argv: list[str] = argv) -> None:
            with scratch("installed") as home:
                must("tar", "-xzf", made, "-C", home)
                remove(home / "node_modules")
                must(*argv, cwd=home, NODE_ENV="production")
                must("node", "--input-type=module", "-e", "await import('./dist/index.js')", cwd=home)
                ran = doctor("verify", ".", *key, "--no-config", cwd=home)
                if ran.code != 0:
                    raise Mismatch(f"the deployed folder does not verify: {ran.text}")

        part.case(f"pack: starts and verifies after {name} has installed it anew", installs)


def compared(part: Part, work: Path) -> None:
    """`diff` against diff(1) over what GNU tar extracts."""
    first, second = work / "one.tar.gz", work / "two.tar.gz"
    packs(monorepo.bundle(), "-o", first, "--layout", "documented", cwd=work)
    packs(monorepo.bundle(), "-o", second, cwd=work)

    def against_gnu() -> None:
        for name, made in (("a", first), ("b", second)):
            (work / name).mkdir()
            must("tar", "-xzf", made, "-C", work / name)
        ran = doctor("diff", first, second, "--json", "--no-config", cwd=work)
        report = json.loads(ran.out)
        ours = {("only", e["path"]) for side in ("added", "removed") for e in report[side]}
        ours |= {("differ", e["path"]) for e in report["changed"]}
        theirs = set()
        for side, other in (("a", "b"), ("b", "a")):
            for path in (work / side).rglob("*"):
                inside = path.relative_to(work / side)
                if path.is_symlink() or path.is_file():
                    twin = work / other / inside
                    if not (twin.is_symlink() or twin.is_file()):
                        theirs.add(("only", str(inside)))
        for line in execute("diff", "-rq", "--no-dereference", "a", "b", cwd=work).out.decode().splitlines():
            if line.startswith("Files a/"):
                theirs.add(("differ", line.split(" ")[1][2:]))
        if ran.code != 1 or ours != theirs:
            raise Mismatch(f"exit {ran.code}; {sorted(ours ^ theirs)[:10]}")
        if doctor("diff", first, work / "a", "--no-config", cwd=work).code != 0:
            raise Mismatch("an archive and its extraction differ")

    def patches() -> None:
        """What --text prints, patch(1) can apply."""
        ran = doctor("diff", "a", "b", "--text", "--no-config", "-q", cwd=work)
        report = json.loads(doctor("diff", "a", "b", "--text", "--json", "--no-config", cwd=work).out)
        texts = [change["text"] for change in report["changed"]]
        if not texts or None in texts:
            raise Mismatch(f"a text is missing: {report['changed']} {ran.text}")
        must("git", "apply", "--directory=a", "--unsafe-paths", "-", cwd=work, stdin="".join(texts).encode())
        for change in report["changed"]:
            if (work / "a" / change["path"]).read_bytes() != (work / "b" / change["path"]).read_bytes():
                raise Mismatch(f"{change['path']} is another after the patch")

    part.case("diff: as diff(1) finds it", against_gnu)
    part.case("diff: --text is a patch", patches)


# --- The page ---------------------------------------------------------------------------------------------------------


def the_page(part: Part, work: Path) -> None:
    """Every command of docs/release.md, and then of docs/signing.md, in order, in the workspace as a repository with a release
    behind it."""
    fences = re.findall(r"^```(sh|toml)\n(.*?)^```", (REPO / "docs/release.md").read_text(), re.MULTILINE | re.DOTALL)
    if len(fences) < 9:
        part.fail("docs/release.md", f"only {len(fences)} blocks were found")
    repo = copy(monorepo.build(), work / "page")
    remove(repo / ".lab-stamp")
    (repo / "bin").mkdir()
    os.symlink(BINARY, repo / "bin/bundle-doctor")
    write(repo / ".gitignore", "node_modules/\ndist/\nbin/\ntmp/\nrelease.key\nrelease.passphrase\nrelease.txt\n")
    commit(repo, f"v{VERSION}")
    who = {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "lab", "GIT_CONFIG_KEY_1": "user.email"}
    env = {"PATH": f"{repo / 'bin'}:{PATH}", "HOME": str(repo), "GIT_CONFIG_VALUE_1": "lab@localhost", **who}

    def block(language: str, text: str) -> Callable[[], None]:
        def do() -> None:
            if language == "toml":
                # The defaults: with them, nothing is judged otherwise.
                before = doctor("release", "--json", "--no-config", cwd=repo).out
                write(repo / "bundle-doctor.toml", text)
                if doctor("release", "--json", cwd=repo).out != before:
                    raise Mismatch("the defaults that are printed are others")
                return
            ran = shell(text, repo, **env)
            if "bundle-doctor release" in text and "ready to be released" not in ran.text.splitlines()[0]:
                raise Mismatch(ran.text)

        return do

    for number, (language, text) in enumerate(fences, 1):
        part.case(f"docs/release.md, block {number}: {text.splitlines()[0]}", block(language, text))

    def what_it_promises() -> None:
        if f"{VERSION} → 0.1.28" not in doctor("diff", "previous.tar.gz", PUBLISHED, cwd=repo).text:
            raise Mismatch("diff does not name the versions")
        if statuses(repo)["version-agent"] != "pass":
            raise Mismatch("after the release's own tag the version is no longer higher than the one before")

    part.case("docs/release.md: what was released is what is told of it", what_it_promises)
    # Then the other page, in the same repository, with the key that is there.
    signing.type_page(part, repo, {**env, "BUNDLE_DOCTOR_KEYS": ""}, "docs/signing.md after docs/release.md")


def large_bundle(target: Path) -> Path:
    """The bundle with some ten thousand files of real packages: what the workspace has installed, links resolved."""
    bundle = mistakes.clean_bundle(target)
    store = monorepo.build() / "node_modules/.pnpm"
    for package in sorted(store.iterdir()):
        inside = package / "node_modules"
        for found in sorted(inside.glob("*")) + sorted(inside.glob("@*/*")) if inside.is_dir() else ():
            if found.is_symlink() or found.name.startswith(("@", ".")):
                continue
            place = bundle / "node_modules" / found.relative_to(inside)
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                must("cp", "-r", found, place)
    shell("find node_modules -type l -delete; chmod -R u=rwX,go=rX .", bundle)
    return bundle


def run(part: Part) -> None:
    with scratch("release") as work:
        broken(part, work)
        previous_releases(part, work)
        same_bytes(part, work)
        large = large_bundle(work / "large")
        extractors(part, work, large)
        sizes(part, work, large)
        interrupted(part, work, large)
        survives(part, work)
        compared(part, work)
        the_page(part, work)
