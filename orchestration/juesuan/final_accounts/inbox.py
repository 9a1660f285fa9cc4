"""Files that arrive: which of them are whole, what lists say about them, what they are called in the archive.

Belongs here: looking at a folder or a list in which people and programs put files. Does not belong here: taking them
in.
"""

from __future__ import annotations

import csv
import re
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from juesuan.final_accounts.model import ArchiveError

#: Columns that a list of files may have; ``path`` it must.
COLUMNS = (
    *("path", "source", "published", "retrieved", "title"),
    *("unit", "division", "year", "scope", "family", "basis"),
)

#: Names under which programs write what is not finished yet.
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart", ".!ut")
_NOT_DOCUMENTS = frozenset({"README.md", "Thumbs.db", "desktop.ini"})
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
#: Seconds that a file may lie ahead of our clock and still be one that is being written: clocks of two machines.
_AHEAD = 60
#: Bytes that a file name may have, so that its manifest's name fits into the 255 of most file systems.
_NAME_BYTES = 200


def waiting(inbox: Path, settle: float = 5.0) -> tuple[Path, ...]:
    """The files of an inbox that have arrived whole, sorted by name; subfolders are walked."""
    if not inbox.is_dir():
        return ()
    found = []
    for file in sorted(inbox.rglob("*")):
        parts = file.relative_to(inbox).parts
        if any(part.startswith((".", "~")) for part in parts) or file.name in _NOT_DOCUMENTS:
            continue
        if file.name.lower().endswith(_UNFINISHED) or not file.is_file():
            continue
        age = time.time() - file.stat().st_mtime
        # A file from the future (a clock that jumped) would else wait until then; well ahead, it is not being written.
        if age >= settle or -age >= _AHEAD:
            found.append(file)
    return tuple(found)


def safe_name(name: str) -> str:
    """A file name that every file system takes: composed characters, nothing reserved, not hidden, not too
    long.
    """
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip().lstrip(".").rstrip(". ") or "document"
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    while len((stem + suffix).encode()) > _NAME_BYTES and stem:
        stem = stem[:-1]
    return (stem or "document") + (suffix if len(suffix.encode()) < _NAME_BYTES else "")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One row of a list: the file, the number of the row as an editor counts, and what else it says."""

    path: Path
    number: int
    values: dict[str, str]


def read_list(file: Path) -> Iterator[ListedFile]:
    """The rows of a CSV list of files; blank fields are left out. Raises :class:`ArchiveError` naming a column."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        header = rows.fieldnames or ()
        unknown = [name for name in header if name not in COLUMNS]
        if "path" not in header or unknown:
            said = f"knows no column {', '.join(unknown)}" if unknown else "has no column path"
            raise ArchiveError(f"{file}: the list {said}; its columns may be {', '.join(COLUMNS)}")
        for row in rows:
            values = {name: text.strip() for name, text in row.items() if name and text and text.strip()}
            if "path" not in values:
                raise ArchiveError(f"{file}: row {rows.line_num}: path is empty")
            yield ListedFile(file.parent / values.pop("path"), rows.line_num, values)
