"""What a scenario is: how a server is broken for real, and what doctor must say of it first. Tables name this file."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import Enum


class Fix(Enum):
    """What becomes of the printed fix."""

    # Typed as printed, it must bring the agent back.
    BACK = "back"
    # What is missing is not on the server; nothing is typed.
    NONE = "none"


@dataclass(frozen=True)
class Scenario:
    """One server: how it is broken, and what must be said of it."""

    name: str
    # The first diagnosis; empty where there must be none.
    cause: str
    make: str = ""
    verdict: str = "broken"
    code: int = 1
    fix: Fix = Fix.BACK
    # Seconds that the server is left alone before doctor looks.
    settle: float = 3
    or_cause: tuple[str, ...] = ()
    # Diagnoses that must stand beside the first.
    also: tuple[str, ...] = ()
    # Diagnoses that may stand beside it. Everything else is one too many.
    may: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    user: str | None = None
    # One of many of its kind: without `--long` one in so many is taken, chosen by its name.
    one_in: int = 1
    # Kept for rows that are worth a look on every generation; `--long` runs all on all.
    everywhere: bool = False
    # What `--root` must say first, where that is not the same (one of several words); nothing where the disk does not tell.
    mounted: str | None = "same"
    # The unit that doctor is asked for, and what it is called by systemd where that is another name.
    unit: str = ""
    id: str = ""
    # Shell lines that end well after the fix.
    holds: str = ""
    # Words of a command that the first diagnosis prints.
    prints: str = ""
    # A pattern in the evidence of the first diagnosis.
    quotes: str = ""
    # A pattern in the summary of the first diagnosis.
    says: str = ""
    # The server is not booted: doctor runs where there is no systemd.
    booted: bool = True
    # It is booted again once it is made so.
    reboot: bool = False


def is_taken(scenario: Scenario, long: bool) -> bool:
    """Whether a run takes it at all."""
    return long or zlib.crc32(scenario.name.encode()) % scenario.one_in == 0


def healthy(name: str, make: str = "", **more: object) -> Scenario:
    """A server that runs, and that nothing is to be said of."""
    more = {"settle": 16, **more}
    return Scenario(name, "", make, verdict="healthy", code=0, fix=Fix.NONE, **more)  # type: ignore[arg-type]


def degraded(name: str, cause: str, make: str, code: int = 1, **more: object) -> Scenario:
    """A server whose agent runs, with something wrong beside it; `code` is 0 where that is a warning."""
    more = {"settle": 16, **more}
    return Scenario(name, cause, make, verdict="degraded", code=code, **more)  # type: ignore[arg-type]
