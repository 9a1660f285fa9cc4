"""Files at an address: a plain folder, or anything that fsspec opens.

Belongs here: find, read, hash and write files below one root, so that the archive does not care where it
lies. Does not belong here: what the files mean. Paths are relative to the root, with forward slashes.
``fsspec`` is imported only for an address with a protocol.

A write is whole or not there: beside the target under a temporary name (a dot in front, ``.tmp`` behind),
then moved over it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Protocol

from juesuan import durable
from juesuan.final_accounts.model import ArchiveError

_CHUNK = 1 << 20
#: Seconds to wait for another writer; none writes for long, documents are read before.
_PATIENCE = 60


class Entry(NamedTuple):
    """One file. ``stamp`` changes when its content does: modification time in ns, or the store's etag."""

    path: str
    size: int
    stamp: str


class Store(Protocol):
    """What the archive needs of a place."""

    address: str

    def find(self, under: str) -> list[Entry]:
        """Every file below the folder ``under``, temporary and hidden ones left out, sorted by path."""

    def names(self, under: str) -> list[str]:
        """The paths of :meth:`find` alone, in any order: much cheaper, where that is enough."""

    def stat(self, path: str) -> Entry | None:
        """The file at ``path``; None where there is none."""

    def read(self, path: str) -> bytes:
        """Its bytes. Raises ``FileNotFoundError``."""

    def sha256(self, path: str) -> str:
        """Hash of its bytes, read in pieces."""

    def write(self, path: str, data: bytes) -> None:
        """Put ``data`` there, whole or not at all."""

    def put(self, file: Path, path: str) -> None:
        """Copy a local file there, whole or not at all."""

    def append(self, path: str, line: str) -> None:
        """Add one line to a log."""

    def sweep(self, under: str) -> None:
        """Remove what killed writes left in a folder; only for who holds the place."""

    def locked(self) -> AbstractContextManager[Any]:
        """Hold the place against other writers on this machine."""


def open_store(address: str | Path) -> Store:
    """The store at ``address``: a path, ``file://...``, or an address that fsspec knows."""
    text = str(address)
    protocol, mark, rest = text.partition("://")
    if not mark or len(protocol) == 1:
        return LocalStore(Path(text))
    if protocol in ("file", "local"):
        return LocalStore(Path(rest))
    return RemoteStore(text)


def sha256_of(file: Path) -> str:
    """Hash of a local file, read in pieces."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _visible(path: str) -> bool:
    return not any(part.startswith(".") for part in PurePosixPath(path).parts)


class LocalStore:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.address = str(root)

    def find(self, under: str) -> list[Entry]:
        found = []
        for path, one in self._below(under):
            try:
                stat = one.stat()
            except FileNotFoundError:
                continue
            found.append(Entry(path, stat.st_size, str(stat.st_mtime_ns)))
        found.sort(key=itemgetter(0))
        return found

    def names(self, under: str) -> list[str]:
        return [path for path, _ in self._below(under)]

    def _below(self, under: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        folders = [under]
        while folders:
            folder = folders.pop()
            inside = f"{folder}/" if folder else ""
            try:
                entries = os.scandir(self.root / folder)
            except FileNotFoundError:
                continue
            with entries:
                for one in entries:
                    if one.name.startswith("."):
                        continue
                    if one.is_dir():
                        folders.append(inside + one.name)
                    else:
                        yield inside + one.name, one

    def stat(self, path: str) -> Entry | None:
        try:
            stat = os.stat(f"{self.root}/{path}")  # noqa: PTH116 - a tenth of a Path's cost, once per file
        except FileNotFoundError:
            return None
        return Entry(path, stat.st_size, str(stat.st_mtime_ns))

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def sha256(self, path: str) -> str:
        return sha256_of(self.root / path)

    def write(self, path: str, data: bytes) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = durable.temporary(target)
        beside.write_bytes(data)
        self._settle(beside, target)

    def put(self, file: Path, path: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = durable.temporary(target)
        shutil.copyfile(file, beside)
        self._settle(beside, target)

    def append(self, path: str, line: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("ab+") as log:
            # A line that a power cut tore is closed, so that the new one stands by itself.
            torn = log.tell() > 0 and (log.seek(-1, os.SEEK_END), log.read(1))[1] != b"\n"
            log.write((("\n" if torn else "") + line + "\n").encode())
            log.flush()
            os.fsync(log.fileno())

    def sweep(self, under: str) -> None:
        durable.sweep(self.root / under)

    @contextmanager
    def locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / ".lock")
        try:
            lock.acquire(timeout=_PATIENCE)
        except Timeout:
            raise ArchiveError(
                f"{self.root}: another process has been writing to the archive for {_PATIENCE} seconds; "
                "wait for it and say this again"
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _settle(self, beside: Path, target: Path) -> None:
        durable.flush_file(beside)
        beside.replace(target)
        durable.flush_folder(target.parent)


class RemoteStore:
    """Anything that fsspec opens. One writer at a time is the caller's care: there is no lock across
    machines.
    """

    def __init__(self, address: str) -> None:
        import fsspec

        self.address = address.rstrip("/")
        self._fs, self._root = fsspec.core.url_to_fs(self.address)
        self._root = self._root.rstrip("/")

    def find(self, under: str) -> list[Entry]:
        folder = self._at(under)
        if not self._fs.exists(folder):
            return []
        below = (
            (name[len(self._root) :].lstrip("/"), info) for name, info in self._fs.find(folder, detail=True).items()
        )
        return sorted(self._entry(path, info) for path, info in below if _visible(path))

    def names(self, under: str) -> list[str]:
        return [entry.path for entry in self.find(under)]

    def stat(self, path: str) -> Entry | None:
        try:
            return self._entry(path, self._fs.info(self._at(path)))
        except FileNotFoundError:
            return None

    def read(self, path: str) -> bytes:
        data: bytes = self._fs.cat_file(self._at(path))
        return data

    def sha256(self, path: str) -> str:
        hashing = hashlib.sha256()
        with self._fs.open(self._at(path), "rb") as stream:
            while piece := stream.read(_CHUNK):
                hashing.update(piece)
        return hashing.hexdigest()

    def write(self, path: str, data: bytes) -> None:
        target, beside = self._names(path)
        self._fs.pipe_file(beside, data)
        self._fs.mv(beside, target)

    def put(self, file: Path, path: str) -> None:
        target, beside = self._names(path)
        self._fs.put_file(str(file), beside)
        self._fs.mv(beside, target)

    def append(self, path: str, line: str) -> None:
        before = self.read(path) if self.stat(path) else b""
        if before and not before.endswith(b"\n"):
            before += b"\n"
        self.write(path, before + line.encode() + b"\n")

    def sweep(self, under: str) -> None:
        folder = self._at(under)
        if self._fs.exists(folder):
            for path in self._fs.ls(folder, detail=False):
                name = PurePosixPath(path).name
                if name.startswith(".") and name.endswith(".tmp"):
                    self._fs.rm_file(path)

    def locked(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else str(self._root)

    def _names(self, path: str) -> tuple[str, str]:
        target = self._at(path)
        folder, _, name = target.rpartition("/")
        self._fs.makedirs(folder, exist_ok=True)
        return target, f"{folder}/{durable.temporary(Path(name)).name}"

    @staticmethod
    def _entry(path: str, info: dict[str, Any]) -> Entry:
        for key in (
            "ETag",
            "etag",
            "md5Hash",
            "content_md5",
            "mtime",
            "LastModified",
            "last_modified",
            "created",
        ):
            if info.get(key):
                return Entry(path, int(info["size"]), str(info[key]).strip('"'))
        return Entry(path, int(info["size"]), "")
