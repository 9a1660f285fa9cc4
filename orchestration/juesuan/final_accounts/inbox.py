"""Files that arrive: which of them are whole, and what they are called in the archive.

Belongs here: looking at a folder in which people and programs drop files. Does not belong here: taking them in.
"""

from __future__ import annotations

import re
import time
import unicodedata
from pathlib import Path, PurePosixPath

#: Names under which programs write what is not finished yet.
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart", ".!ut")
_NOT_DOCUMENTS = frozenset({"README.md", "Thumbs.db", "desktop.ini"})
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
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
        if time.time() - file.stat().st_mtime >= settle:
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
