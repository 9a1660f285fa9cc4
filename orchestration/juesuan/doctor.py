"""Whether this machine has what juesuan needs.

Belongs here: looks at Python, packages, folders, links and the lock, each with what to do. Does not belong here:
judging documents or the warehouse, or changing anything.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from juesuan.settings import Settings, is_address


@dataclass(frozen=True, slots=True)
class Look:
    """One thing looked at; ``says`` is what was found, or what to do where ``ok`` is False."""

    check: str
    ok: bool
    says: str


def examine(settings: Settings) -> tuple[Look, ...]:
    """Look at everything, in the order in which a person would mend it."""
    return tuple(_looks(settings))


def _looks(settings: Settings) -> Iterator[Look]:
    found = ".".join(map(str, sys.version_info[:3]))
    yield Look("python", sys.version_info >= (3, 11), f"{found} (3.11 or later is needed)")
    yield from _packages()
    home = settings.dbt_project.is_dir()
    yield Look(
        "home",
        home,
        str(settings.home) if home else f"{settings.home} has no dbt_project; set JUESUAN_HOME to the checkout",
    )
    if is_address(settings.raw):
        yield Look("raw", True, f"{settings.raw} (an address; juesuan verify reads it)")
    else:
        yield _folder("raw", Path(settings.raw), "JUESUAN_RAW")
    yield _folder("inbox", settings.inbox, "JUESUAN_INBOX")
    yield _folder("warehouse", settings.warehouse, "JUESUAN_WAREHOUSE")
    yield _links(settings.warehouse)
    yield _published(settings)
    yield _lock(settings)


def _packages() -> Iterator[Look]:
    try:
        wanted = requires("juesuan") or []
    except PackageNotFoundError:
        yield Look("packages", False, "juesuan is not installed here; run make setup")
        return
    missing, present = [], []
    for requirement in wanted:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        try:
            present.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Look("packages", False, f"missing: {', '.join(missing)}; run make setup")
    else:
        yield Look("packages", True, ", ".join(present))


def _nearest(folder: Path) -> Path:
    """The folder itself, or the first one above it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _folder(name: str, folder: Path, variable: str) -> Look:
    there = _nearest(folder)
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Look(name, True, str(folder) + ("" if there == folder else " (made when first needed)"))
    return Look(name, False, f"{there} cannot be written to; mend its permissions or set {variable}")


def _links(warehouse: Path) -> Look:
    """Publishing switches a symbolic link; not every file system has them."""
    there = _nearest(warehouse)
    try:
        with tempfile.TemporaryDirectory(dir=there) as folder:
            link = Path(folder) / "link"
            link.symlink_to("target")
            beside = Path(folder) / "beside"
            beside.symlink_to("other")
            beside.replace(link)
    except OSError as problem:
        advice = f"{there}: no symbolic links here ({problem.strerror}); set JUESUAN_WAREHOUSE to a disk that has them"
        return Look("symbolic links", False, advice)
    return Look("symbolic links", True, f"work in {there}")


def _published(settings: Settings) -> Look:
    if not settings.published.is_symlink() and not settings.published.exists():
        return Look("published", True, "nothing yet; juesuan refresh publishes")
    if not settings.published.exists():
        says = f"{settings.published} points to a version that is gone; juesuan refresh publishes anew"
        return Look("published", False, says)
    return Look("published", True, str(settings.published.resolve().parent.name))


def _lock(settings: Settings) -> Look:
    from filelock import FileLock, Timeout

    if not settings.lock.exists():
        return Look("lock", True, "free")
    lock = FileLock(settings.lock)
    try:
        with lock.acquire(timeout=0):
            return Look("lock", True, "free")
    except Timeout:
        return Look("lock", True, "a refresh is running now")
    except OSError as problem:
        return Look("lock", False, f"{settings.lock}: {problem.strerror}; mend its permissions")
