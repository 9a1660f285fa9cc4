"""Named points at which a test may kill the process.

Here: one function that does nothing in ordinary life, and its switches. Belongs here: nothing else. Does not
belong here: what is tested. Each write, rename, statement and switch on the way from landing to the published
link passes a point, so that the kill test can stand the process at any of them and see what readers see.

``JUESUAN_FAULT=name:3`` kills the process (SIGKILL, no clean-up runs) as it passes ``name`` for the third
time.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

_armed: tuple[str, int] | None = None
_trace: list[tuple[str, int]] | None = None
_passed: Counter[str] = Counter()


def point(name: str) -> None:
    """Pass the point ``name``; nothing happens unless a test armed or traces it."""
    if _armed is None and _trace is None:
        return
    _passed[name] += 1
    if _trace is not None:
        _trace.append((name, _passed[name]))
    if _armed == (name, _passed[name]):
        os.kill(os.getpid(), signal.SIGKILL)


def arm(name: str, occurrence: int = 1) -> None:
    """Kill this process when it passes ``name`` for the given time, counted from now."""
    global _armed
    _passed.clear()
    _armed = (name, occurrence)


def trace() -> list[tuple[str, int]]:
    """Return the list to which every point passed from now on is appended, as (name, occurrence)."""
    global _trace
    _passed.clear()
    _trace = []
    return _trace


if "JUESUAN_FAULT" in os.environ:
    _name, _, _count = os.environ["JUESUAN_FAULT"].partition(":")
    arm(_name, int(_count or 1))
