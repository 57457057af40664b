"""What `doctor` and `repair --dry-run` do as root, by the kernel's own record (strace): they write nothing, connect to nobody but
the service manager and the system's own sockets, and run no program that another than root may change.
"""

from __future__ import annotations

import re
import stat
import subprocess
import tempfile
from pathlib import Path

import deployed
import server as servers
from container import Container
from harness import Mismatch

# Commands that look, and ask nobody but the service manager.
LOOKS = (
    ("bundle-doctor", "doctor", "--no-config", "--wait", "0"),
    ("bundle-doctor", "doctor", "--no-config", "--wait", "0", "--json"),
    ("bundle-doctor", "repair", "--no-config", "--dry-run"),
    ("bundle-doctor", "update", "--no-config", "--dry-run", "/opt/lab/looked-at.tar.gz"),
)
SERVERS = {
    "healthy": "",
    "broken": "rm $B/dist/index.js\nrestart\n",
    "of a user's node": "useradd --create-home agent\nmkdir -p /home/agent/bin\ncp /usr/bin/node /home/agent/bin/node\n"
    "printf '#!/bin/sh\\ntouch /home/agent/pnpm-ran\\n' >/home/agent/bin/pnpm\nchmod 755 /home/agent/bin/pnpm\nchown -R agent: /home/agent/bin\n"
    "change 's#^ExecStart=/usr/bin/node#ExecStart=/home/agent/bin/node#'\nrm $B/dist/index.js\nrestart\n",
    "full of drop-ins": "dropin a.conf Service Environment=A=b\ndropin b.conf Service MemoryDenyWriteExecute=yes\nrestart\n",
}
# What changes a file system, whatever the rest of the call.
CHANGES = (
    "rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat link linkat symlink symlinkat chmod fchmod fchmodat fchmodat2 chown "
    "fchown lchown fchownat truncate ftruncate utimensat utime utimes mknod mknodat setxattr fsetxattr lsetxattr mount umount2 creat"
).split()
# Where nothing is kept: devices, and a process' own.
NOWHERE = re.compile(r'"(/dev/(null|tty|urandom|random|pts/\d+)|/proc/(self|\d+|thread-self)/[^"]*)"')
# Whom one may ask: systemd, its journal, the names of users and groups.
OWN_SOCKETS = re.compile(r'sun_path=@?"(/run/systemd/[^"]*|/run/dbus/system_bus_socket|/var/run/nscd/socket|/run/nscd/socket|/dev/log)"')
CALL = re.compile(r"^\d+\s+(\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+)")


def calls(trace: str) -> list[tuple[str, str]]:
    """The calls that succeeded, of the program and all that it started; what entered the container is before it."""
    # A call that another thread interrupted is in two lines.
    waiting: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    for line in trace.splitlines():
        process = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>"):
            waiting[process] = line[: -len("<unfinished ...>")]
            continue
        resumed = re.match(r"^\d+\s+<\.\.\. \w+ resumed>(.*)$", line)
        if resumed:
            line = waiting.pop(process, "") + resumed.group(1)
        call = CALL.match(line)
        # A connection is begun where it is answered later.
        if call and (not call.group(3).startswith("-") or "EINPROGRESS" in line):
            found.append((call.group(1), call.group(2)))
    starts = [number for number, (name, words) in enumerate(found) if name == "execve" and '"bundle-doctor"' in words]
    if not starts:
        raise Mismatch(f"the program was not seen to start:\n{trace[-1500:]}")
    return found[starts[0] :]


def roots(server: Container, program: str) -> str | None:
    """Why another than root may change a program, if so."""
    path = Path(program)
    for part in [path, *path.parents]:
        # As the server sees it, links followed there: /bin is one.
        found = server.run("stat", "-L", "-c", "%u %a", "--", part)
        uid, mode = found.text.split()[:2]
        if uid != "0" or int(mode, 8) & (stat.S_IWGRP | stat.S_IWOTH) and not int(mode, 8) & stat.S_ISVTX:
            return f"{part}: owner {uid}, mode {mode}"
    return None


def harmless(server: Container, words: tuple[str, ...]) -> None:
    with tempfile.NamedTemporaryFile("r") as record:
        # `?`: not every kernel has each.
        watched = ["execve", "execveat", "open", "openat", "openat2", "connect", "sendto", *CHANGES]
        traced = ["strace", "-f", "-qq", "-s", "300", "-o", record.name, "-e", "trace=" + ",".join(f"?{name}" for name in watched)]
        ran = subprocess.run([*traced, *server.argv(*words)], stdin=subprocess.DEVNULL, capture_output=True, timeout=180)
        said = (ran.stdout + ran.stderr).decode(errors="replace")
        if ran.returncode not in (0, 1, 2, 3):
            raise Mismatch(f"{' '.join(words)}: exit {ran.returncode}: {said[-1500:]}")
        seen = calls(record.read() or said)
    wrong = []
    programs = set()
    for name, arguments in seen:
        if name in ("execve", "execveat"):
            programs.add(re.search(r'"([^"]*)"', arguments).group(1))
        elif name in CHANGES:
            wrong.append(f"{name}({arguments})")
        elif name.startswith("open"):
            if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE", arguments) and not NOWHERE.search(arguments):
                wrong.append(f"{name}({arguments})")
        elif "AF_INET" in arguments or ("AF_UNIX" in arguments and not OWN_SOCKETS.search(arguments)):
            wrong.append(f"{name}({arguments})")
    for program in sorted(programs):
        # Looked for in PATH by its name: the shell's way; what ran has a path.
        why = roots(server, program) if program.startswith("/") else None
        if why:
            wrong.append(f"it runs {program}: {why}")
    if wrong:
        shown = "\n".join(wrong[:12])
        raise Mismatch(f"{' '.join(words)}: {len(wrong)} calls that should not be:\n{shown}\n{said[-600:]}")
    if len(programs) < 3:
        raise Mismatch(f"{' '.join(words)}: it asks nobody: {programs}\n{said[-600:]}")


def one(make: str, suite: str) -> None:
    server = servers.boot(suite)
    try:
        packed = "tar -czf /opt/lab/looked-at.tar.gz -C /opt/lab/bundle-safe .\n"
        server.shell(deployed.PRELUDE + packed + make, timeout=240, env=deployed.OFFLINE)
        wrong = []
        for words in LOOKS:
            try:
                harmless(server, words)
            except Mismatch as reason:
                wrong.append(str(reason))
        if wrong:
            raise Mismatch("\n".join(wrong))
    finally:
        server.close()
