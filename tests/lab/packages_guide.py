"""The guides' commands, by the heading under which they stand."""

from __future__ import annotations

import re
import tomllib

from harness import REPO

VERSION = tomllib.loads((REPO / "Cargo.toml").read_text())["package"]["version"]


def sections(page: str, language: str = "sh") -> dict[str, list[str]]:
    """The fenced blocks of one language in docs/PAGE.md, by heading."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", (REPO / f"docs/{page}.md").read_text(), flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        found[heading] = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return found
