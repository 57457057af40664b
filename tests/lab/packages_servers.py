"""The .deb and the .rpm on servers: installed, used, and removed again with nothing left but the configuration.

The servers are Debian 11, 12 and 13 as debootstrap leaves them, booted; the machine's own rpm installs into one of them
that is not booted.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

import container
from harness import Mismatch, must
from packages_guide import VERSION, sections

CONFIGURATION = {"/etc/bundle-doctor", "/etc/bundle-doctor/bundle-doctor.toml"}
INSTALLED = (
    "/usr/bin/bundle-doctor",
    "/usr/share/man/man1/bundle-doctor.1.gz",
    "/usr/share/man/man1/bundle-doctor-doctor.1.gz",
    "/usr/share/bash-completion/completions/bundle-doctor",
    "/usr/share/fish/vendor_completions.d/bundle-doctor.fish",
    "/usr/lib/systemd/system/bundle-doctor.service",
    "/usr/lib/systemd/system/bundle-doctor.timer",
    "/usr/lib/systemd/system/bundle-doctor-prometheus.service",
    "/usr/lib/systemd/system/bundle-doctor-prometheus.timer",
    "/etc/bundle-doctor/bundle-doctor.toml",
)
# Every path with mode, owner, link target and size, but for what the package manager, logs and a booted system write.
LISTING = (
    r"find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /dev -o -path /tmp -o -path /mnt -o -path /var/log"
    r" -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/rpm -o -path /root/.rpmdb -o -path /var/lib/systemd"
    r" -o -path /usr/lib/sysimage \) -prune -o ! -type d -printf '%p\t%m %u %l %s\n' -o -printf '%p\t%m %u\n' | sort"
)

Outcome = tuple[str, Callable[[], object]]


def listing(said: bytes) -> dict[str, str]:
    return dict(line.split("\t", 1) for line in said.decode("utf-8", "replace").splitlines() if "\t" in line)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Paths that are new, gone or other."""
    return {path for path, what in before.items() | after.items() if before.get(path) != after.get(path)}


def expect(what: str, found: set[str], wanted: set[str]) -> None:
    if found != wanted:
        raise Mismatch(f"{what}: unexpected {sorted(found - wanted)[:12]}, missing {sorted(wanted - found)[:12]}")


def debian(suite: str, deb: Path) -> None:
    """The guide's commands on a booted server, and everything that they promise."""
    at = f"/mnt/{deb.name}"
    install, remove = sections("install")["Debian and Ubuntu"]
    enable, disable = sections("install")["A report every ten minutes"]
    with container.booted([container.root(suite)], {deb: at}) as server:
        before = listing(server.shell(LISTING).out)
        apt, doctor = install.splitlines()
        server.shell(f"cd /mnt\n{apt}")
        for path in INSTALLED:
            if not server.path(path).is_file():
                raise Mismatch(f"{path} is not installed")
        for timer in ("bundle-doctor.timer", "bundle-doctor-prometheus.timer"):
            state = server.run("systemctl", "is-enabled", timer).out.strip()
            if state != b"disabled":
                raise Mismatch(f"{timer} is {state!r} after the installation")
        # No agent is on this server: a verdict of that, and no usage error.
        ran = server.run("sh", "-c", doctor)
        if ran.code != 1 or b"unit-missing" not in ran.out:
            raise Mismatch(f"`{doctor}` exited {ran.code}: {ran.text[:500]}")
        server.shell("systemd-analyze --man=no verify /usr/lib/systemd/system/bundle-doctor*.timer /usr/lib/systemd/system/bundle-doctor*.service")
        server.shell(enable)
        server.shell("systemctl start bundle-doctor.service")
        server.shell("grep -q '\"verdict\": \"broken\"' /run/bundle-doctor/doctor.json")
        system_configuration(server)
        upgraded(server, at)
        server.shell(disable)
        server.shell(enable)
        # As a repair leaves it: that must outlive the package.
        server.shell("mkdir -m 700 /var/lib/bundle-doctor && touch /var/lib/bundle-doctor/repair-1.json")
        journal = {"/var/lib/bundle-doctor", "/var/lib/bundle-doctor/repair-1.json"}
        server.shell(remove.replace("apt remove", "apt-get remove -y"))
        after = listing(server.shell(LISTING).out)
        expect("after `apt remove`", changed(before, after), CONFIGURATION | journal)
        gone = server.run("sh", "-c", "systemctl is-active bundle-doctor.timer; test -e /run/bundle-doctor && echo left")
        if b"left" in gone.out or gone.out.startswith(b"active"):
            raise Mismatch(f"after `apt remove`: {gone.text}")
        server.shell("apt-get purge -y bundle-doctor")
        expect("after `apt purge`", changed(before, listing(server.shell(LISTING).out)), journal)


def system_configuration(server: container.Container) -> None:
    """The machine's file counts where no nearer one is, and a nearer one counts instead."""
    server.shell("cp /etc/bundle-doctor/bundle-doctor.toml /mnt/kept; echo '[rulez]' >/etc/bundle-doctor/bundle-doctor.toml")
    ran = server.run("sh", "-c", "cd / && bundle-doctor check /usr")
    if ran.code != 2 or b"/etc/bundle-doctor/bundle-doctor.toml" not in ran.err:
        raise Mismatch(f"a broken configuration of the machine: exit {ran.code}: {ran.text[:400]}")
    server.shell("mkdir -p /mnt/near && cd /mnt/near && echo '[rules]' >bundle-doctor.toml && ! bundle-doctor check /usr 2>err && ! grep rulez err")
    server.shell("cp /mnt/kept /etc/bundle-doctor/bundle-doctor.toml")


def upgraded(server: container.Container, deb: str) -> None:
    """An upgrade, here to the same version, leaves an enabled timer enabled and a changed configuration changed."""
    server.shell("echo '# ours' >>/etc/bundle-doctor/bundle-doctor.toml")
    server.shell(f"DEBIAN_FRONTEND=noninteractive apt-get install -y --reinstall {deb}")
    server.shell("systemctl is-enabled bundle-doctor.timer && systemctl is-active bundle-doctor.timer")
    server.shell("grep -q '^# ours' /etc/bundle-doctor/bundle-doctor.toml && sed -i '/^# ours/d' /etc/bundle-doctor/bundle-doctor.toml")


def rpm(package: Path) -> None:
    """What is in it, its scriptlets read by a shell, and installed into a root and erased again with them run there."""
    said = must("rpm", "-qp", "--scripts", package).out.decode()
    scriptlets = re.findall(r"^(\w+) scriptlet \(using /bin/sh\):\n(.*?)(?=^\w+ scriptlet|\Z)", said, re.MULTILINE | re.DOTALL)
    if [name for name, _ in scriptlets] != ["postinstall", "preuninstall", "postuninstall"]:
        raise Mismatch(f"scriptlets: {said[:600]}")
    for _, text in scriptlets:
        must("sh", "-n", stdin=text.encode())
    if must("rpm", "-qp", "--configfiles", package).out.decode().split() != ["/etc/bundle-doctor/bundle-doctor.toml"]:
        raise Mismatch("the configuration is not marked as such")
    if must("rpm", "-qp", "--qf", "%{NAME} %{VERSION} %{ARCH} %{LICENSE}", package).out.decode() != f"bundle-doctor {VERSION} x86_64 MIT OR Apache-2.0":
        raise Mismatch(must("rpm", "-qpi", package).out.decode())
    (line,) = sections("install")["RPM distributions"]
    words = line.replace("sudo ", "").replace("rpm ", "").replace(package.name, str(package)).split()
    server = container.Container([container.root("bookworm")])
    try:
        root = ["rpm", "--root", str(server.merged), "--nodeps"]
        # As the distributions' own packages leave it.
        server.run_alone("mkdir", "-p", "/usr/share/fish/vendor_completions.d", "/usr/share/licenses", "/usr/share/zsh/site-functions")
        before = listing(server.run_alone("sh", "-c", LISTING).out)
        must(*root, *words)
        for path in INSTALLED:
            if not (server.merged / path.lstrip("/")).is_file():
                raise Mismatch(f"{path} is not installed")
        if not server.run_alone("/usr/bin/bundle-doctor", "--version").out.startswith(b"bundle-doctor "):
            raise Mismatch("it does not start there")
        # Enabled by hand, as it would be where systemd does not run.
        server.run_alone("systemctl", "enable", "bundle-doctor.timer")
        server.run_alone("sh", "-c", "echo '# ours' >>/etc/bundle-doctor/bundle-doctor.toml")
        must(*root, "--erase", "bundle-doctor")
        after = listing(server.run_alone("sh", "-c", LISTING).out)
        left = changed(before, after)
        expect("after `rpm --erase`", left, {"/etc/bundle-doctor", "/etc/bundle-doctor/bundle-doctor.toml.rpmsave"})
    finally:
        server.close()


def outcomes(out: Path) -> list[Outcome]:
    """Every case, run to its end: what it found is raised when it is counted."""
    deb = out / f"bundle-doctor_{VERSION}_amd64.deb"
    cases: list[Outcome] = [(f".deb on {suite}", lambda suite=suite: debian(suite, deb)) for suite in container.GENERATIONS]
    cases.append((".rpm", lambda: rpm(out / f"bundle-doctor-{VERSION}-1.x86_64.rpm")))
    with ThreadPoolExecutor(2) as pool:
        running = [(name, pool.submit(do)) for name, do in cases]
    return [(name, done.result) for name, done in running]
