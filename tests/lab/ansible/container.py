"""Ansible's way into the lab's containers: their namespaces instead of ssh. A server without a leader is not reached."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: container
short_description: A container of the lab
description: Runs commands in the namespaces of a process.
author: The bundle-doctor authors
options:
  leader:
    description: The container's first process; 0 is none.
    type: int
    required: true
    vars:
      - name: lab_leader
"""

ENTER = ("-m", "-u", "-i", "-p", "-n", "-r", "-w", "--")
INSIDE = ("env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root", "LANG=C.UTF-8")


class Connection(ConnectionBase):
    """A container of the lab."""

    transport = "container"
    has_pipelining = True

    def _connect(self) -> "Connection":
        leader = self.get_option("leader")
        if not leader or not Path(f"/proc/{leader}").is_dir():
            raise AnsibleConnectionFailure("no route to host")
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        self._connect()
        enter = ["nsenter", "-t", str(self.get_option("leader")), *ENTER, *INSIDE]
        done = subprocess.run([*enter, "sh", "-c", cmd], input=in_data or b"", capture_output=True)
        return done.returncode, done.stdout, done.stderr

    def _path(self, inside: str) -> Path:
        self._connect()
        return Path(f"/proc/{self.get_option('leader')}/root") / inside.lstrip("/")

    def put_file(self, in_path: str, out_path: str) -> None:
        shutil.copyfile(in_path, self._path(out_path))

    def fetch_file(self, in_path: str, out_path: str) -> None:
        shutil.copyfile(self._path(in_path), out_path)

    def close(self) -> None:
        self._connected = False
