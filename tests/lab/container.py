"""Throw-away servers: a Debian with systemd and journald, booted in a container over a root that is made once.

A root comes from debootstrap and is only ever read; each server is an overlay on it, gone when the case ends. Nothing is
registered with the machine's own systemd, and no network but the container's loopback is there.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Iterator

from harness import HOME, Mismatch, Part, Ran, remove

ROOTS = HOME / "cache" / "roots"
SERVERS = HOME / "servers"

# Suite of Debian and its systemd. bullseye's glibc is older than what a binary built here needs: the one that is judged is
# linked statically (`cargo static`).
GENERATIONS = {"bullseye": 247, "bookworm": 252, "trixie": 257}
PACKAGES = "systemd,systemd-sysv,dbus,ca-certificates,curl,sudo,procps,iproute2"

# From systemd 256 on, a container on a machine with the old cgroup hierarchy refuses to boot without this.
BOOT = ("SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1",)

INSIDE = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
}

_numbers = itertools.count(1)
_alive: set["Container"] = set()
_lock = threading.Lock()


def root(suite: str) -> Path:
    """The root of a suite; made beside its place and renamed, so that an interrupted debootstrap is never taken for one."""
    made = ROOTS / suite
    if made.is_dir():
        return made
    ROOTS.mkdir(parents=True, exist_ok=True)
    partial = ROOTS / f"{suite}.partial"
    remove(partial)
    log = HOME / "log" / f"debootstrap-{suite}"
    with log.open("wb") as out:
        done = subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, str(partial)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    if done.returncode != 0:
        raise Mismatch(f"debootstrap {suite} exited {done.returncode}:\n{log.read_text(errors='replace')[-1500:]}")
    remove(partial / "var/cache/apt")
    partial.rename(made)
    return made


def roots() -> dict[str, Path]:
    """Every generation's root, made side by side."""
    with ThreadPoolExecutor(len(GENERATIONS)) as pool:
        return dict(zip(GENERATIONS, pool.map(root, GENERATIONS)))


def _started(pid: int) -> str | None:
    """When a process started, in clock ticks: a process id alone may be another's by now."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None


def _kill(pid: int, started: str) -> None:
    if _started(pid) == started:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _hierarchies() -> list[Path]:
    """Where a cgroup of one's own is made: both of systemd's trees on the old layout, the one tree on the new."""
    base = Path("/sys/fs/cgroup")
    if (base / "cgroup.controllers").exists():
        return [base]
    return [p for p in (base / "systemd", base / "unified") if p.is_dir()]


def _clear_cgroups(name: str) -> None:
    """Removes a server's cgroups; for a moment its killed processes still stand in them."""
    deadline = time.monotonic() + 3
    for base in _hierarchies():
        while (base / name).is_dir() and time.monotonic() < deadline:
            for folder, _, _ in os.walk(base / name, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(folder)
            time.sleep(0.02)


def _unmount(path: Path) -> None:
    if path.is_mount():
        subprocess.run(["umount", "-l", str(path)], check=False)


def sweep() -> None:
    """Ends and clears what a run that was killed outright left behind."""
    if not SERVERS.is_dir():
        return
    for folder in SERVERS.iterdir():
        with contextlib.suppress(OSError, ValueError):
            for line in (folder / "pids").read_text().splitlines():
                pid, started = line.split()
                _kill(int(pid), started)
        for mounted in ("disk", "merged"):
            _unmount(folder / mounted)
        _clear_cgroups(folder.name)
        remove(folder)


def stop_all() -> None:
    with _lock:
        left = list(_alive)
    for container in left:
        container.close()


atexit.register(stop_all)


def spread(part: Part, jobs: list[tuple[str, Callable[[str], object]]], at_once: int, told: Callable[[str, object], None] | None = None) -> None:
    """Runs jobs, so many at a time, each with one generation in turn (`--long`: with each, `LAB_SUITE`: with that one). Each is
    a case of its part, of whose outcome more may be told."""
    suites = list(GENERATIONS)
    pool = ThreadPoolExecutor(at_once)
    try:
        waiting = []
        for number, (name, job) in enumerate(jobs):
            for suite in suites if part.long else [os.environ.get("LAB_SUITE") or suites[number % len(suites)]]:
                waiting.append((f"{name}, on systemd {GENERATIONS[suite]}", pool.submit(job, suite)))
        for name, future in waiting:
            part.case(name, (lambda n=name, f=future: told(n, f.result())) if told else future.result)
    finally:
        pool.shutdown(cancel_futures=True)
        stop_all()


class Container:
    """A booted Debian. `lower` are read-only layers, the topmost first; what the server writes is thrown away."""

    def __init__(self, lower: list[Path], binds: dict[Path, str] | None = None) -> None:
        self.name = f"bundle-doctor-lab-{os.getpid()}-{next(_numbers)}"
        self.folder = SERVERS / self.name
        self.merged = self.folder / "merged"
        self.leader = 0
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._binds = binds or {}
        for sub in ("upper", "work", "merged"):
            (self.folder / sub).mkdir(parents=True)
        with _lock:
            _alive.add(self)
        layers = ":".join(str(p) for p in lower)
        # redirect_dir and metacopy make `mv` and `chmod` of a whole deployment as cheap as on a plain disk.
        options = f"redirect_dir=on,metacopy=on,lowerdir={layers},upperdir={self.folder}/upper,workdir={self.folder}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(self.merged)], check=True)

    def boot(self) -> None:
        """Boots and waits until systemd says it is up."""
        cgroups = []
        _clear_cgroups(self.name)
        for base in _hierarchies():
            (base / self.name).mkdir()
            cgroups.append(str(base / self.name / "cgroup.procs"))
        argv = ["systemd-nspawn", "-q", "-D", str(self.merged), "--register=no", "--keep-unit", "--private-network"]
        argv += ["--resolv-conf=off", "--timezone=off", f"--machine={self.name[-60:]}", "--hostname=server", "--console=pipe"]
        argv += [f"--bind-ro={source}:{target}" for source, target in self._binds.items()]
        argv += ["-b", *BOOT]
        # Containers that share a cgroup disturb one another's processes.
        enter = 'while [ "$1" != -- ]; do echo 0 >"$1"; shift; done; shift; exec "$@"'
        with (self.folder / "console").open("wb") as console:
            self._nspawn = subprocess.Popen(
                ["sh", "-c", enter, "sh", *cgroups, "--", *argv],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # A server's /tmp is on its disk (the download of an update must outlive a reboot), unless its own
                # systemd mounts one.
                env={**os.environ, "SYSTEMD_NSPAWN_TMPFS_TMP": "0"},
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._nspawn.poll() is not None:
                break
            # It answers once the boot is over, or at once where systemd cannot be asked yet.
            with contextlib.suppress(subprocess.TimeoutExpired):
                if self._find_leader() and self.run("systemctl", "is-system-running", "--wait", timeout=60).out.strip() in (b"running", b"degraded"):
                    return
            time.sleep(0.05)
        tail = (self.folder / "console").read_text(errors="replace")[-1500:]
        raise Mismatch(f"the container does not boot:\n{tail}")

    def _find_leader(self) -> bool:
        if self.leader:
            return True
        assert self._nspawn is not None
        pid = self._nspawn.pid
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            # Before it is the container's PID 1, the child is still a copy of nspawn in the machine's own namespaces.
            if children and os.readlink(f"/proc/{children[0]}/ns/pid") != os.readlink("/proc/self/ns/pid"):
                child = int(children[0])
                if Path(f"/proc/{child}/comm").read_text().strip() != "systemd":
                    return False
                self.leader = child
                lines = [f"{p} {_started(p)}\n" for p in (pid, child)]
                (self.folder / "pids").write_text("".join(lines))
        return bool(self.leader)

    def argv(self, *argv: object, user: str | None = None, env: dict[str, str] | None = None) -> list[str]:
        """The words that run a program inside."""
        settings = [f"{k}={v}" for k, v in {**INSIDE, **(env or {})}.items()]
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        enter = ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-p", "-n", "-r", "-w", "--"]
        return [*enter, "env", "-i", *settings, *become, *(str(a) for a in argv)]

    def run(
        self,
        *argv: object,
        user: str | None = None,
        timeout: float = 120,
        stdin: bytes | None = None,
        env: dict[str, str] | None = None,
    ) -> Ran:
        """Runs a program inside, to its end, whatever its exit code."""
        done = subprocess.run(
            self.argv(*argv, user=user, env=env),
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def run_alone(self, *argv: object, timeout: float = 60) -> Ran:
        """Runs a program in the same file system where no systemd was ever started."""
        settings = [f"{k}={v}" for k, v in INSIDE.items()]
        script = f"mount -t proc proc {self.merged}/proc\n"
        for source, target in self._binds.items():
            script += f"touch {self.merged}{target}\nmount --bind {source} {self.merged}{target}\n"
        script += f'exec chroot {self.merged} env -i "$@"'
        own = ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--net"]
        done = subprocess.run(
            [*own, "sh", "-euc", script, "sh", *settings, *(str(a) for a in argv)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def shell(self, script: str, timeout: float = 120, env: dict[str, str] | None = None) -> Ran:
        """Lines of shell as root; the first that fails is the case's failure."""
        ran = self.run("sh", "-euc", script, timeout=timeout, env=env)
        if ran.code != 0:
            raise Mismatch(f"inside, `{script.strip()[:300]}` exited {ran.code}: {ran.text[-1200:]}")
        return ran

    def path(self, inside: str) -> Path:
        """Where a path of the server is on this machine: as the server sees it, with what it has mounted."""
        seen = Path(f"/proc/{self.leader}/root") if self.leader else self.merged
        return seen / inside.lstrip("/")

    def power_off(self) -> None:
        """An orderly end: journald writes what it holds. The file system stays until `close`."""
        if self._nspawn is None:
            return
        self.run("systemctl", "--no-block", "poweroff")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._nspawn.wait(20)
        self._end()

    def _end(self) -> None:
        if self.leader:
            for line in (self.folder / "pids").read_text().splitlines():
                pid, started = line.split()
                if int(pid) == self.leader:
                    _kill(self.leader, started)
        if self._nspawn is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._nspawn.wait(5)
            if self._nspawn.poll() is None:
                self._nspawn.kill()
                self._nspawn.wait()
            self._nspawn = None
        self.leader = 0

    def close(self) -> None:
        """Ends the server at once and removes all of it."""
        with _lock:
            if self not in _alive:
                return
            _alive.discard(self)
        self._end()
        for mounted in ("disk", "merged"):
            _unmount(self.folder / mounted)
        _clear_cgroups(self.name)
        remove(self.folder)


@contextlib.contextmanager
def booted(lower: list[Path], binds: dict[Path, str] | None = None) -> Iterator[Container]:
    """A booted server, gone afterwards, also when the case fails."""
    container = Container(lower, binds)
    try:
        container.boot()
        yield container
    finally:
        container.close()
