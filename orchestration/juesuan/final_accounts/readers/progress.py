"""What a reader tells and asks of the process it runs in: how far it is, more time for slow pages, threads.

Belongs here: one way for readers to say what is done, to ask for more CPU time where a page costs seconds, and to know
how many threads they may use. Does not belong here: what shows progress (the command line), what grants (``worker``).

Without a listener telling and asking do nothing, so readers call them wherever they run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: What is being counted ("page"), how many are done, of how many.
Report = Callable[[str, int, int], None]
Claim = Callable[[float], None]

#: The environment variable by which a worker is told how many threads it may use: it shares the cores with others.
THREADS = "JUESUAN_READER_THREADS"

_report: Report | None = None
_claim: Claim | None = None


@contextmanager
def heard(report: Report | None, claim: Claim | None = None) -> Iterator[None]:
    """Within, the readers of this process are heard by these two."""
    global _report, _claim
    before = _report, _claim
    _report, _claim = report, claim
    try:
        yield
    finally:
        _report, _claim = before


def report(what: str, done: int, of: int) -> None:
    """``done`` of ``of`` are read; ``what`` is one of them in plain words (page, sheet, file)."""
    if _report is not None:
        _report(what, done, of)


def claim(seconds: float) -> None:
    """Ask for so many seconds of CPU time more than a document has as such."""
    if _claim is not None:
        _claim(seconds)


def threads() -> int:
    """How many threads a reader may use: what the worker was told, else as many as there are cores."""
    told = os.environ.get(THREADS, "")
    if told.isdigit() and int(told) > 0:
        return int(told)
    return os.cpu_count() or 1
