"""Files that are there whole or not at all.

Here: write beside, flush to disk, rename into place; the same for folders, copies and links. Belongs here:
only what every writer in the house needs to survive a kill or a power cut. Does not belong here: what is
written.

A name that is a temporary one starts with a dot and ends in ``.tmp``; :func:`sweep` removes what a killed
process left of them. Every function passes points of :mod:`juesuan.faults` named after the caller's ``what``.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from juesuan import faults


def temporary(target: Path) -> Path:
    """A free name beside ``target``, on the same file system, so that a rename of it is atomic."""
    return target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.tmp"


def flush_file(path: Path) -> None:
    """Wait until the content of ``path`` is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(path: Path) -> None:
    """Wait until the names in the folder ``path`` are on disk."""
    flush_file(path)


def write_bytes(target: Path, data: bytes, what: str) -> None:
    """Put ``data`` into ``target`` so that a reader finds the old content or the new one, never a part."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = temporary(target)
    beside.write_bytes(data)
    faults.point(f"{what}.written")
    flush_file(beside)
    faults.point(f"{what}.flushed")
    beside.replace(target)
    faults.point(f"{what}.renamed")
    flush_folder(target.parent)


def write_text(target: Path, text: str, what: str) -> None:
    """:func:`write_bytes` of ``text`` in UTF-8."""
    write_bytes(target, text.encode("utf-8"), what)


def write_json(target: Path, content: Any, what: str) -> None:
    """:func:`write_text` of ``content`` as JSON with sorted keys, so that equal content is an equal file."""
    write_text(target, json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n", what)


def move_folder(built: Path, target: Path, what: str) -> None:
    """Rename the finished folder ``built`` to ``target`` after its files have reached the disk."""
    for path in sorted(built.iterdir()):
        flush_file(path)
    flush_folder(built)
    faults.point(f"{what}.flushed")
    target.parent.mkdir(parents=True, exist_ok=True)
    built.rename(target)
    faults.point(f"{what}.renamed")
    flush_folder(target.parent)


def switch_link(link: Path, target: str, what: str) -> None:
    """Point the symbolic link ``link`` at ``target`` (relative to its folder) in one atomic step."""
    beside = temporary(link)
    beside.symlink_to(target)
    faults.point(f"{what}.linked")
    beside.replace(link)
    faults.point(f"{what}.switched")
    flush_folder(link.parent)


def sweep(folder: Path) -> int:
    """Remove the temporary files and folders that a killed process left in ``folder``; returns how many."""
    if not folder.is_dir():
        return 0
    left = [path for path in folder.iterdir() if path.name.startswith(".") and path.name.endswith(".tmp")]
    for path in left:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return len(left)
