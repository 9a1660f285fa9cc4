"""Whether this machine has what juesuan needs, and what is wrong with it when something failed.

Belongs here: looks at Python, packages, folders, disks, links, settings, the lock and unattended work, each with what
to do. Does not belong here: judging documents or figures, or changing anything.
"""

from __future__ import annotations

import datetime
import importlib.util
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from juesuan.final_accounts.model import JuesuanError
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
    yield _room(settings)
    yield _clock(settings)
    yield _published(settings)
    yield _lock(settings)
    yield from _settings(settings)
    if home:
        yield from _unattended(settings)


#: A new version is a copy of the work file, which grows on the way: so many times the published file are wanted free.
ROOM = 1.3
#: And never less than this, in bytes: landing, history, the first version.
_LEAST_ROOM = 100_000_000
#: What a failure says of the machine, in the words of the system, of DuckDB and of SQLite.
_FULL = re.compile(r"No space left on device|disk is full|Disk quota exceeded|File too large", re.IGNORECASE)
_LOCKED_AWAY = re.compile(r"Read-only file system|readonly database|Permission denied|Not a directory", re.IGNORECASE)


def trouble(settings: Settings, problem: BaseException) -> str | None:
    """What a failure says is wrong with the machine, and what to do; None where it is not the machine's."""
    text = "\n".join(map(str, _chain(problem)))
    kept = "What is published stays as it is."
    if _FULL.search(text):
        there = _nearest(settings.warehouse)
        return (
            f"{there}: no room left ({_megabytes(shutil.disk_usage(there).free)} free); make room, or set "
            f"JUESUAN_WAREHOUSE to a larger disk, and say juesuan refresh again. {kept}"
        )
    if found := _LOCKED_AWAY.search(text):
        named = [one.filename for one in _chain(problem) if isinstance(one, OSError) and one.filename]
        where = named[0] if named else settings.warehouse
        return (
            f"{where}: {found.group()}; give this user the right to write there, and say juesuan refresh again. {kept}"
        )
    return None


def _chain(problem: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = problem
    for _ in range(20):
        if one is None:
            return
        yield one
        one = one.__cause__ or one.__context__


def room(settings: Settings) -> tuple[int, int]:
    """Bytes free where the warehouse is, and bytes that the next version may want."""
    wanted = _LEAST_ROOM
    with suppress(OSError):
        wanted = max(wanted, int(settings.published.resolve(strict=True).stat().st_size * ROOM))
    return shutil.disk_usage(_nearest(settings.warehouse)).free, wanted


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def _room(settings: Settings) -> Look:
    free, wanted = room(settings)
    says = f"{_megabytes(free)} free, {_megabytes(wanted)} wanted for the next version"
    enough = free >= wanted
    return Look("room", enough, says if enough else f"{says}; make room or set JUESUAN_WAREHOUSE")


class NoRoom(JuesuanError):  # noqa: N818 - the name says what is wrong
    """A build would fill the disk."""


def require_room(settings: Settings) -> None:
    """Raise ``NoRoom`` before a build that the disk cannot hold, rather than on its way."""
    free, wanted = room(settings)
    if free < wanted:
        raise NoRoom(
            f"{_nearest(settings.warehouse)}: {_megabytes(free)} free, about {_megabytes(wanted)} wanted for the next "
            "version; make room, or set JUESUAN_WAREHOUSE to a larger disk. What is published stays as it is."
        )


def _settings(settings: Settings) -> Iterator[Look]:
    yield Look("settings", True, f"{settings.file}" if settings.file else "no juesuan.toml; variables and defaults")
    if settings.file is not None and (settings.alerts or settings.postgres or settings.access.guarded):
        mode = settings.file.stat().st_mode
        if mode & 0o044 and _holds_secrets(settings.file):
            says = f"{settings.file} holds secrets and others may read it: chmod 600 {settings.file}"
            yield Look("secrets", False, says)
    if settings.alerts:
        found = importlib.util.find_spec("apprise") is not None
        says = f"{len(settings.alerts)} addresses; juesuan alert tries them"
        yield Look("alerts", found, says if found else "alerts need Apprise: pip install 'juesuan[service]'")


def _holds_secrets(file: Path) -> bool:
    import tomllib

    from juesuan.settings import OPTIONS

    secret = {option.key for option in OPTIONS if option.kind in ("secret", "secrets")}
    held = {f"{section}.{key}" for section, keys in tomllib.loads(file.read_text("utf-8")).items() for key in keys}
    return bool(secret & held)


def _unattended(settings: Settings) -> Iterator[Look]:
    from juesuan import unattended

    known = unattended.state(settings)
    if known.refused:
        yield Look("refresh", False, f"the last build was refused: {known.message}; see docs/runbook.md")
    elif known.failures:
        yield Look("refresh", False, f"failed {known.failures} times since it last worked: {known.message}")
    found = unattended.freshness(settings)
    says = found.says if found.fresh else f"{found.says}; is the daemon running? juesuan refresh does it now"
    yield Look("fresh", found.fresh, says)


def _clock(settings: Settings) -> Look:
    """A clock that was put back makes files and versions of the future."""
    from juesuan.publish import published_version

    version = published_version(settings)
    if version is not None:
        built = datetime.datetime.fromisoformat(version["built_at"]).replace(tzinfo=datetime.UTC)
        ahead = built - datetime.datetime.now(datetime.UTC)
        if ahead > datetime.timedelta(minutes=5):
            says = f"the published version is of {built:%Y-%m-%d %H:%M} UTC, which is to come: set this machine's clock"
            return Look("clock", False, says)
    return Look("clock", True, f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC")


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
    from juesuan.refresh import House

    try:
        return Look("lock", True, "a refresh is running now" if House(settings).is_locked() else "free")
    except OSError as problem:
        return Look("lock", False, f"{settings.lock}: {problem.strerror}; mend its permissions")
