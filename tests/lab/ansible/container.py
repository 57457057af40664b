"""Ansible's way into the lab's containers: their namespaces instead of ssh. A server without a leader is not reached, and one
with a file `/run/lab-lost` is lost: what runs on it goes on, and nobody hears of it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
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
        self._stay()
        self._connected = True
        return self

    def _stay(self) -> None:
        if Path(f"/proc/{self.get_option('leader')}/root/run/lab-lost").exists():
            raise AnsibleConnectionFailure("the connection is lost")

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        self._connect()
        enter = ["nsenter", "-t", str(self.get_option("leader")), *ENTER, *INSIDE]
        with tempfile.TemporaryFile() as given:
            given.write(in_data or b"")
            given.seek(0)
            process = subprocess.Popen([*enter, "sh", "-c", cmd], stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while True:
            try:
                out, err = process.communicate(timeout=0.2)
                return process.returncode, out, err
            except subprocess.TimeoutExpired:
                try:
                    self._stay()
                except AnsibleConnectionFailure:
                    # The one that entered; whom it started there knows nothing of it.
                    process.kill()
                    raise

    def _path(self, inside: str) -> Path:
        self._connect()
        return Path(f"/proc/{self.get_option('leader')}/root") / inside.lstrip("/")

    def put_file(self, in_path: str, out_path: str) -> None:
        shutil.copyfile(in_path, self._path(out_path))

    def fetch_file(self, in_path: str, out_path: str) -> None:
        shutil.copyfile(self._path(in_path), out_path)

    def close(self) -> None:
        self._connected = False
