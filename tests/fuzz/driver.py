"""What runs in the worker: one document is read as a user's would be, and what it did besides is told.

Belongs here: seeing what a reader writes, asks of the network and holds on to. Does not belong here: documents, and
what of it is wrong (``tests/integration/test_fuzz.py``).
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from juesuan.final_accounts.model import UnreadableDocument
from juesuan.final_accounts.readers import Limits
from tests.bench.peers import peak_megabytes

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: Where an event of the interpreter has the path that it changes, and the folder that a relative one starts from.
_CHANGES = {
    "os.mkdir": (0, 2),
    "os.rename": (1, 3),
    "os.link": (1, 3),
    "os.symlink": (1, 2),
    "os.remove": (0, 1),
    "os.rmdir": (0, 1),
    "os.truncate": (0, 0),
}

_outside: list[str] = []
_asked: list[str] = []
_allowed = ""


@dataclass(frozen=True)
class Told:
    """``reports`` has (status, reason, cells) of each; ``megabytes`` is the most that the worker has held so far."""

    reports: tuple[tuple[str, str | None, int], ...]
    megabytes: float
    handles: int
    outside: tuple[str, ...]
    asked: tuple[str, ...]
    secret: bool


def told(data: bytes, name: str, limits: Limits, secret: str = "", *, recognise: bool = True) -> Told:
    """Extract a document. ``secret`` is what stands in a file that no document may reach: whether it was found.

    ``recognise``: whether pages that are pictures are read, seconds each, or are as without the ``ocr`` extra.
    """
    from juesuan.final_accounts.extract import extract_reading, failed
    from juesuan.final_accounts.readers import ocr, read

    if not recognise:
        ocr.available = lambda: False  # type: ignore[assignment]

    _watch()
    _outside.clear()
    _asked.clear()
    try:
        extractions = extract_reading(read(data, name, limits), "", name)
    except UnreadableDocument as error:
        extractions = (failed("", str(error)),)
    return Told(
        tuple((e.report.status, e.report.reason, len(e.cells)) for e in extractions),
        peak_megabytes(),
        len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0,
        tuple(_outside),
        tuple(_asked),
        bool(secret) and secret in repr(extractions),
    )


def _watch() -> None:
    global _allowed
    if not _allowed:
        # asked for before anything is watched: finding it out writes a file
        _allowed = os.path.realpath(tempfile.gettempdir()) + os.sep
        sys.addaudithook(_saw)


def _saw(event: str, args: tuple[Any, ...]) -> None:
    if event == "open":
        path, mode, flags = args
        writes = any(c in mode for c in "wax+") if isinstance(mode, str) else bool(flags & _WRITES)
        if writes and not isinstance(path, int):
            _place(path)
    elif event in _CHANGES:
        path, start = _CHANGES[event]
        if args[start] == -1 or not isinstance(args[start], int):  # else within a folder that was opened before
            _place(args[path])
    elif event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        _asked.append(f"{event} {args[-1]!r}")


def _place(path: Any) -> None:
    """Write down what is written and lies neither in the worker's folder for passing things nor in nothing."""
    where = os.path.realpath(os.fsdecode(path))
    if not where.startswith(_allowed) and where != os.devnull:
        _outside.append(where)


def bare(data: bytes, name: str, limits: Limits, secret: str = "") -> Told:
    """The same without recognition of print: that takes seconds a page."""
    return told(data, name, limits, secret, recognise=False)
