"""What a person sees on a terminal of 80 columns and 24 lines: words completed by TAB, the answer at the end, Ctrl-C.

The terminal is tmux, the shells are Debian's, and what is compared is what the screen shows.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import mistakes
from harness import BINARY, Mismatch, Part, archive, copy, must, remove, run as execute, scratch, write, write_json
from monorepo import SHARED

# What is typed before TAB, and what then stands there. Nothing is changed where nothing fits, whatever files there are.
TYPED = (
    ("bundle-doctor che", "bundle-doctor check"),
    ("bundle-doctor check --format sa", "bundle-doctor check --format sarif"),
    ("bundle-doctor check --format=sa", "bundle-doctor check --format=sarif"),
    ("bundle-doctor --color nev", "bundle-doctor --color never"),
    ("bundle-doctor explain shared-co", "bundle-doctor explain shared-copied"),
    ("bundle-doctor explain unit-nes", "bundle-doctor explain unit-nested-paths"),
    ("bundle-doctor check -D world-w", "bundle-doctor check -D world-writable"),
    ("bundle-doctor check --allow secret-f", "bundle-doctor check --allow secret-file"),
    ("bundle-doctor doctor -W unit-dis", "bundle-doctor doctor -W unit-disabled"),
    ("bundle-doctor rehearse --generation pre", "bundle-doctor rehearse --generation preserving"),
    ("bundle-doctor completions fi", "bundle-doctor completions fish"),
    ("bundle-doctor check --require-s", "bundle-doctor check --require-signature"),
    ("bundle-doctor check agent-b", "bundle-doctor check agent-bundle.tar.gz"),
    ("bundle-doctor check --config own", "bundle-doctor check --config own.toml"),
    ("bundle-doctor -o own.toml doctor --foll", "bundle-doctor -o own.toml doctor --follow"),
    ("bundle-doctor doctor --root some", "bundle-doctor doctor --root some\\ folder/"),
    ("bundle-doctor rules --format own", "bundle-doctor rules --format own"),
    ("bundle-doctor check --fail-on own", "bundle-doctor check --fail-on own"),
    ("bundle-doctor doctor own", "bundle-doctor doctor own"),
)

SHELLS = {
    "bash": ("bash --norc --noprofile -i", "PS1='> '; bind 'set bell-style none'; source completions.bash"),
    "zsh": ("zsh -f -i", "PS1='> '; unsetopt beep list_beep; autoload -Uz compinit; compinit -u -D; source completions.zsh"),
    "fish": ("fish --no-config -i", "function fish_prompt; printf '> '; end; set fish_greeting; set -g fish_autosuggestion_enabled 0; source completions.fish"),
}


class Screen:
    """One terminal."""

    def __init__(self, work: Path, command: str, columns: int = 80, rows: int = 24) -> None:
        self.name = f"lab-{os.getpid()}-{time.monotonic_ns()}"
        (work / "bin").mkdir(exist_ok=True)
        if not (work / "bin/bundle-doctor").exists():
            (work / "bin/bundle-doctor").symlink_to(BINARY)
        own = f"env -i HOME={work} TERM=screen LANG=C.UTF-8 PATH={work}/bin:{os.environ['PATH']} {command}"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", work, own)

    def tmux(self, *words: object) -> str:
        return must("tmux", "-L", self.name, *words).out.decode()

    def shown(self) -> str:
        return self.tmux("capture-pane", "-p").rstrip("\n")

    def type(self, text: str, *keys: str) -> None:
        self.tmux("send-keys", "-l", text)
        if keys:
            self.tmux("send-keys", *keys)

    def until(self, holds, seconds: float = 10) -> str:
        """The screen, once that holds of it."""
        end = time.monotonic() + seconds
        while not holds(shown := self.shown()):
            if time.monotonic() > end:
                raise Mismatch(f"the screen shows:\n{shown}")
            time.sleep(0.03)
        return shown

    def close(self) -> None:
        execute("tmux", "-L", self.name, "kill-server")


def line(shown: str) -> str:
    """What stands at the prompt."""
    prompts = [row for row in shown.splitlines() if row == ">" or row.startswith("> ")]
    return prompts[-1][2:].rstrip() if prompts else "no prompt"


def completed(work: Path, shell: str) -> None:
    command, setup = SHELLS[shell]
    write(work / f"completions.{shell}", must(BINARY, "completions", shell).out)
    screen = Screen(work, command)
    try:
        # A shell takes what is typed once it prompts.
        screen.until(lambda shown: shown.strip())
        screen.type(setup, "Enter")
        screen.type("echo rea''dy", "Enter")
        screen.until(lambda shown: "\nready" in f"\n{shown}" and line(shown) == "")
        for typed, wanted in TYPED:
            screen.type(typed)
            screen.until(lambda shown: line(shown) == typed)
            screen.tmux("send-keys", "Tab")
            if wanted == typed:
                time.sleep(0.4)
            try:
                screen.until(lambda shown: line(shown) == wanted, 5)
            except Mismatch as wrong:
                raise Mismatch(f"{typed} TAB: not {wanted}: {wrong}") from None
            screen.tmux("send-keys", "C-u")
            screen.until(lambda shown: line(shown) == "")
    finally:
        screen.close()


def last_is_the_answer(work: Path, bad: Path) -> None:
    """A report that is longer than the screen ends with its verdict."""
    screen = Screen(work, "bash --norc --noprofile -i")
    try:
        screen.until(lambda shown: shown.strip())
        screen.type(f"PS1='> '; clear; bundle-doctor check --no-config {bad.name}", "Enter")
        shown = screen.until(lambda shown: "refused" in shown and line(shown) == "")
        rows = [row for row in shown.splitlines() if row.strip()]
        if not rows[-2].endswith(": refused") or "error" not in rows[-2]:
            raise Mismatch(f"the last line of the report is {rows[-2]!r}")
        if any(len(row) > 80 for row in rows):
            raise Mismatch("a line is longer than the screen")
    finally:
        screen.close()


def a_broken_server(root: Path) -> Path:
    """A mounted disk: the unit of the old layout with a token in it, and a flat bundle without the shared package."""
    (root / "root/.server-flow").mkdir(parents=True)
    bundle = mistakes.clean_bundle(root / "root/.server-flow/agent-bundle")
    remove(bundle / SHARED)
    nested = "/root/.server-flow/agent-bundle/apps/agent"
    unit = f"""[Unit]
Description=ServerFlow Agent

[Service]
WorkingDirectory={nested}
ExecStart=/usr/bin/node {nested}/dist/index.js --url http://127.0.0.1:4000 --token abcdef0123456789
Restart=always

[Install]
WantedBy=multi-user.target
"""
    write(root / "etc/systemd/system/server-flow-agent.service", unit)
    return root


def screen_ends_with(work: Path, words: str, *wanted: str) -> None:
    """A report that is longer than the screen ends with what must be known, and no row is cut by the screen's edge."""
    screen = Screen(work, "bash --norc --noprofile -i")
    try:
        screen.until(lambda shown: shown.strip())
        screen.type(f"PS1='> '; clear; {words}", "Enter")
        shown = screen.until(lambda shown: line(shown) == "" and "clear;" not in shown, 30)
        rows = [row for row in shown.splitlines() if row.strip()]
        if rows[0].startswith("server-flow-agent is"):
            raise Mismatch("the report is not longer than the screen")
        last = "\n".join(rows[-3:-1])
        if not all(word in last for word in wanted):
            raise Mismatch(f"the screen ends with\n{last}")
    finally:
        screen.close()


def interrupted(work: Path, *words: str, sees: str = "", child: str = "") -> None:
    """Ctrl-C, when the screen shows what is waited for and the child runs: one line, 130, and nothing is left."""
    left = work / "temporary"
    left.mkdir(exist_ok=True)
    screen = Screen(work, "bash --norc --noprofile -i")
    try:
        screen.until(lambda shown: shown.strip())
        screen.type(f"PS1='> '; export TMPDIR={left}; clear", "Enter")
        screen.until(lambda shown: line(shown) == "" and "clear" not in shown)
        screen.type(" ".join(words), "Enter")
        if sees:
            # What was typed may be broken over two rows, and has none of these words.
            screen.until(lambda shown: sees in shown, 30)
        else:
            time.sleep(0.7)
        if child:
            screen.until(lambda _: running(child), 30)
        screen.tmux("send-keys", "C-c")
        screen.until(lambda shown: line(shown) == "" and "interrupted" in shown)
        screen.type("echo code $?", "Enter")
        shown = screen.until(lambda shown: "\ncode " in shown)
        said = [row for row in shown.splitlines() if "interrupted" in row]
        if len(said) != 1 or "\ncode 130" not in shown:
            raise Mismatch(shown)
        if sees and sees in shown:
            raise Mismatch(f"what was waited for is still there:\n{shown}")
        if child and running(child) or os.listdir(left):
            raise Mismatch(f"left behind: {running(child) if child else ''} {os.listdir(left)}")
    finally:
        screen.close()


def running(words: str) -> list[str]:
    """The processes with these words."""
    return must("sh", "-c", 'pgrep -f -x -- "$0" || true', words).out.decode().split()


def slow_repository(repo: Path, bundle: Path) -> Path:
    """A repository whose build takes its time."""
    write_json(repo / "apps/agent/package.json", {"name": "agent", "version": "0.1.27", "scripts": {"build": "tsc"}})
    write(repo / "apps/agent/src/index.ts", "export {};\n")
    (repo / "packages").mkdir()
    (repo / "apps/control-plane/public").mkdir(parents=True)
    copy(bundle, repo / "apps/agent/bundle")
    copy(bundle / "dist", repo / "apps/agent/dist")
    copy(bundle / SHARED, repo / "packages/shared")
    archive(bundle, repo / "apps/control-plane/public/agent-bundle.tar.gz")
    write(repo / "bundle-doctor.toml", '[release]\nbuild = "sleep 4321"\n')
    return repo


def slow_managers(folder: Path) -> Path:
    """Package managers whose installation takes its time."""
    for name, version in (("pnpm", "9.15.0"), ("npm", "10.9.0")):
        write(folder / name, f'#!/bin/sh\nif [ "$1" = --version ]; then echo {version}; else sleep 4322; fi\n', 0o755)
    return folder


def ends(part: Part, work: Path) -> None:
    """Ctrl-C while a command works at something that it has begun."""
    good = work / "good"
    slow_repository(work / "repo", good)
    slow = f"PATH={slow_managers(work / 'slow')}:$PATH"
    build, install = "compiling apps/agent again: sleep 4321", "step 5"
    for name, words, sees, child in (
        ("release --build", ("bundle-doctor release --build repo",), build, "sleep 4321"),
        ("release --rehearse", (slow, "bundle-doctor release --rehearse repo"), install, "sleep 4322"),
        ("rehearse", (slow, "bundle-doctor rehearse agent-bundle.tar.gz"), install, "sleep 4322"),
        ("diff with what does not come", ("bundle-doctor diff agent-bundle.tar.gz -",), "", ""),
    ):
        part.case(f"Ctrl-C: {name}", lambda w=words, s=sees, c=child: interrupted(work, *w, sees=s, child=c))


def run(part: Part) -> None:
    with scratch("terminal") as work:
        good = mistakes.clean_bundle(work / "good")
        archive(good, work / "agent-bundle.tar.gz")
        bad = mistakes.with_several(good, work / "bad")
        write(work / "own.toml", "[rules]\n")
        (work / "some folder/inner").mkdir(parents=True)
        for shell in SHELLS:
            part.case(f"TAB in {shell}", lambda shell=shell: completed(work, shell))
        part.case("what the screen shows last is the answer", lambda: last_is_the_answer(work, bad))
        a_broken_server(work / "disk")
        answer = ("server-flow-agent is broken: unit-nested-paths", "fix: the first block above")
        for name, words in {
            "of a disk": "bundle-doctor doctor --no-config --root disk --capture server.capture",
            "of a capture": "bundle-doctor doctor --no-config --from server.capture",
            "of a capture in a report": "bundle-doctor report --no-config server.capture",
        }.items():
            part.case(f"what the screen shows last {name} is the answer", lambda w=words: screen_ends_with(work, w, *answer))
        for name, words in {
            "an archive that does not come": ("bundle-doctor", "check", "-"),
            "a sum that is not made": ("bundle-doctor", "manifest", "-"),
            "a log that does not come": ("bundle-doctor", "explain", "-"),
            "a passphrase that is not given": ("bundle-doctor", "keygen", "-o", "new"),
        }.items():
            part.case(f"Ctrl-C: {name}", lambda words=words: interrupted(work, *words))
        os.mkfifo(work / "fifo")
        for words in ("check", "manifest", "diff agent-bundle.tar.gz"):
            named = lambda words=words: interrupted(work, "bundle-doctor", words, "fifo", sees="waiting for what is written into fifo")
            part.case(f"Ctrl-C: {words} of a FIFO that nobody writes into", named)
        ends(part, work)
