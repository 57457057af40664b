"""The packages, each installed where its users are, and every command of docs/install.md and docs/ci.md.

`packaging/build` makes them of the program that is judged. They are then in the hands of apt, rpm, npm, pnpm, yarn, podman,
minisign, pre-commit and a runner's shell.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

import packages_ci
import packages_npm
import packages_servers
from harness import BINARY, HOME, REPO, Mismatch, Part, Ran, environment, must, remove, run as execute, scratch, write
from packages_guide import VERSION, sections

OUT = REPO / "target/packages"
# Not the lab's: what was built for one clone is there for the next (tests/run-all begins it early).
CACHE = {"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))}
DEBIAN = {"buildah": "buildah", "podman": "podman", "runc": "runc", "rpm": "rpm"}
PASSPHRASE = "correct horse battery staple"


def tools() -> None:
    """What only this part needs, from Debian; one that cannot be had fails."""
    missing = [package for tool, package in DEBIAN.items() if execute("sh", "-c", f"command -v {tool}").code != 0]
    if missing:
        must("apt-get", "update", "-qq")
        must("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, DEBIAN_FRONTEND="noninteractive")


def build(*what: str, **env: str) -> Ran:
    return must(REPO / "packaging/build", *what, BUNDLE_DOCTOR=BINARY, **CACHE, **env)


def names() -> set[str]:
    return {p.name for p in OUT.iterdir() if p.is_file()}


def all_there() -> None:
    want = {
        f"bundle-doctor-{VERSION}-x86_64-linux.tar.gz",
        f"bundle-doctor_{VERSION}_amd64.deb",
        f"bundle-doctor-{VERSION}-1.x86_64.rpm",
        f"bundle-doctor-{VERSION}.tgz",
        f"bundle-doctor-linux-x64-{VERSION}.tgz",
        f"bundle-doctor-standalone-linux-x64-{VERSION}.tgz",
        f"bundle-doctor-{VERSION}-x86_64-image.tar",
        "SHA256SUMS",
        "SHA256SUMS.minisig",
    }
    if names() != want:
        raise Mismatch(f"missing {sorted(want - names())}, unexpected {sorted(names() - want)}")
    listed = {line.split("  ", 1)[1] for line in (OUT / "SHA256SUMS").read_text().splitlines()}
    if listed != want - {"SHA256SUMS", "SHA256SUMS.minisig"}:
        raise Mismatch(f"SHA256SUMS lists {sorted(listed)}")


def same_again(first: bytes) -> None:
    """The same commit and program give the same bytes, under another umask and another clock."""
    words = ["sh", "-c", 'umask 077; exec "$@"', "sh", str(REPO / "packaging/build")]
    must(*words, BUNDLE_DOCTOR=BINARY, TZ="Asia/Tokyo", LC_ALL="C", **CACHE)
    second = (OUT / "SHA256SUMS").read_bytes()
    differ = set(first.splitlines()) ^ set(second.splitlines())
    if differ:
        raise Mismatch("made again, these differ:\n" + "\n".join(sorted(line.decode() for line in differ)))


def refusals(work: Path) -> None:
    """What is no static program of this version is not packed."""
    wrong = {
        "is linked dynamically": os.environ["LAB_DYNAMIC"],
        "no program at": str(work / "nothing"),
        f"is not {VERSION}": str(write(work / "old", "#!/bin/sh\necho bundle-doctor 0.0.9\n", 0o755)),
    }
    for words, program in wrong.items():
        ran = execute(REPO / "packaging/build", "sums", BUNDLE_DOCTOR=program)
        if ran.code == 0 or words not in ran.text:
            raise Mismatch(f"{program}: exit {ran.code}: {ran.text[:400]}")


def tarball(work: Path) -> None:
    """The archive: what is in it, with which modes, and the guide's commands."""
    archive = f"bundle-doctor-{VERSION}-x86_64-linux"
    (work / f"{archive}.tar.gz").symlink_to(OUT / f"{archive}.tar.gz")
    bin_folder = work / "usr-local-bin"
    bin_folder.mkdir()
    for block in sections("install")["From the archive"]:
        guide(block.replace("/usr/local/bin/", f"{bin_folder}/"), work)
    if not must(bin_folder / "bundle-doctor", "--version").out.startswith(f"bundle-doctor {VERSION}".encode()):
        raise Mismatch("another version")
    top = work / archive
    for name in ("LICENSE-MIT", "LICENSE-APACHE", "README.md", "man/bundle-doctor.1", "man/bundle-doctor-check.1", "completions/_bundle-doctor", "bundle-doctor.toml.example"):
        if not (top / name).stat().st_size:
            raise Mismatch(f"{name} is empty")
    for path in top.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        want = 0o755 if path.is_dir() or path.name == "bundle-doctor" and path.parent == top else 0o644
        if mode != want:
            raise Mismatch(f"{path.relative_to(top)} has mode {mode:o}")
    # The example is the configuration as it stands, and is understood.
    must(BINARY, "check", "--config", top / "bundle-doctor.toml.example", good(work))


def good(work: Path) -> Path:
    """A good bundle, at `agent-bundle.tar.gz` of the folder."""
    import mistakes
    from harness import archive

    made = work / "agent-bundle.tar.gz"
    if not made.exists():
        archive(mistakes.clean_bundle(work / "bundle-of-the-guide"), made)
    return made


def guide(block: str, cwd: Path, **env: str) -> Ran:
    """A block of the guide, line by line as someone types it. `sudo` is there, and changes nothing for root."""
    shims = HOME / "work/packages-shims"
    write(shims / "sudo", '#!/bin/sh\nexec "$@"\n', 0o755)
    path = f"{shims}:{env.pop('PATH', os.environ['PATH'])}"
    return must("bash", "-euo", "pipefail", "-c", block, cwd=cwd, PATH=path, **env)


def verification(work: Path, key: Path) -> None:
    """The list proves what was fetched, by minisign and by the program; a changed file or list is refused."""
    for name in names():
        (work / name).write_bytes((OUT / name).read_bytes())
    (work / "release.pub").write_bytes(key.with_name("release.pub").read_bytes())
    path = f"{Path(BINARY).parent}:{os.environ['PATH']}"
    if Path(BINARY).name != "bundle-doctor":
        write(work / "bin/bundle-doctor", f'#!/bin/sh\nexec {BINARY} "$@"\n', 0o755)
        path = f"{work}/bin:{path}"
    blocks = sections("install")["Verify what you fetched"]
    if len(blocks) != 2:
        raise Mismatch(f"{len(blocks)} ways to verify")
    changes = {
        "a package": lambda: (work / f"bundle-doctor-{VERSION}.tgz").open("ab").write(b"!"),
        "the list": lambda: (work / "SHA256SUMS").open("ab").write(b"#\n"),
    }
    for block in blocks:
        guide(block, work, PATH=path)
    for what, change in changes.items():
        change()
        for block in blocks:
            ran = execute("bash", "-euo", "pipefail", "-c", block, cwd=work, PATH=path)
            if ran.code == 0:
                raise Mismatch(f"{what} was changed, and this succeeds:\n{block}")


def image(work: Path) -> None:
    """`docker load` and `docker run` by podman; its store is the case's own."""
    # What podman asks for by default is more than a container like the CI's may have.
    conf = '[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=1024:1024"]\nnetns="none"\n'
    # Its sockets' paths may not be long.
    short = Path(tempfile.mkdtemp(prefix="lab-"))
    store = f"--storage-driver vfs --root {work}/store --runroot {short} --cgroup-manager cgroupfs --runtime runc"
    write(work / "bin/docker", f'#!/bin/sh\nexec podman {store} "$@"\n', 0o755)
    name = f"bundle-doctor-{VERSION}-x86_64-image.tar"
    (work / name).symlink_to(OUT / name)
    env = {"PATH": f"{work}/bin:{os.environ['PATH']}", "CONTAINERS_CONF": str(write(work / "containers.conf", conf))}
    good(work)
    try:
        (block,) = sections("install")["As a container"]
        said = guide(block, work, **env)
        if b"accepted" not in said.out:
            raise Mismatch(said.text[:600])
        ran = execute(work / "bin/docker", "run", "--rm", f"bundle-doctor:{VERSION}", "check", "nothing.tar.gz", **env)
        if ran.code != 2:
            raise Mismatch(f"no such file gives exit {ran.code}: {ran.text[:400]}")
    finally:
        subprocess.run([str(work / "bin/docker"), "rmi", "--all", "--force"], env=environment(**env), capture_output=True)
        remove(short)


def from_sources(work: Path) -> None:
    """The guide's own lines; the build that cargo's tests have made already is installed."""
    blocks = sections("install")["From the sources"]
    cargo = must("sh", "-c", "command -v cargo").out.decode().strip()
    target = os.environ.get("CARGO_TARGET_DIR", str(REPO / "target"))
    write(work / "bin/cargo", f'#!/bin/sh\nexec {cargo} "$@" --debug --root {work}/installed --target-dir {target}\n', 0o755)
    env = {"BUNDLE_DOCTOR": BINARY, "HOME": os.environ["HOME"]}
    for block in blocks:
        if block.strip() != "packaging/build":  # made the packages of this part
            guide(block, REPO, **env, PATH=f"{work}/bin:{os.environ['PATH']}")
    must(work / "installed/bin/bundle-doctor", "--version")


HANDLED = {
    "Verify what you fetched",
    "With Node",
    "Debian and Ubuntu",
    "RPM distributions",
    "A report every ten minutes",
    "From the archive",
    "As a container",
    "From the sources",
}


class Chosen(Part):
    """`PACKAGES=PATTERN` runs the cases of that name alone; packages are made in any case."""

    def case(self, name: str, do: Callable[[], object]) -> None:
        if re.search(os.environ.get("PACKAGES", ""), name):
            super().case(name, do)


def run(part: Part) -> None:
    part.__class__ = Chosen
    with scratch("packages") as work:
        tools()
        key = work / "release"
        made = must(BINARY, "keygen", "--output", key, "--passphrase", PASSPHRASE, "--json")
        line = json.loads(made.out)["public_key"]
        write(key.with_name("release.pub"), f"untrusted comment: bundle-doctor's releases\n{line}\n")
        build(PACKAGES_KEY=f"{key}.key", BUNDLE_DOCTOR_PASSPHRASE=PASSPHRASE)
        part.case("every package is there, and listed", all_there)
        part.case("docs/install.md has no command that is not run", lambda: known_sections())
        folders = {name: work / name for name in ("verify", "tar", "image", "sources", "refused", "npm", "ci")}
        for folder in folders.values():
            folder.mkdir()
        part.case("verified, and a change refused", lambda: verification(folders["verify"], key))
        remove(folders["verify"])
        part.case("the archive", lambda: tarball(folders["tar"]))
        part.case("the image", lambda: image(folders["image"]))
        with ThreadPoolExecutor(1) as pool:
            servers = pool.submit(packages_servers.outcomes, OUT)
            packages_npm.cases(part, OUT, folders["npm"])
            packages_ci.cases(part, OUT, folders["ci"])
            for name, do in servers.result():
                part.case(name, do)
        part.case("from the sources", lambda: from_sources(folders["sources"]))
        first = (OUT / "SHA256SUMS").read_bytes()
        part.case("made again, byte for byte", lambda: same_again(first))
        part.case("what is not packed", lambda: refusals(folders["refused"]))


def known_sections() -> None:
    told = {name for name, blocks in sections("install").items() if blocks}
    if told != HANDLED:
        raise Mismatch(f"not run: {sorted(told - HANDLED)}; gone: {sorted(HANDLED - told)}")
