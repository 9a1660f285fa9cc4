"""Archives opened: the files in one, each with what gives its bytes, within the limits.

Belongs here: ZIP, gzip and tar in memory, RAR and 7z through programs, names as Chinese systems store them. Does not
belong here: which of the files are documents, and their order (``packed``).

RAR and 7z need a program. It unpacks to a private folder, which is watched while it grows and then removed; what lies
there is read only where it is a plain file. Nothing else is ever written.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from juesuan.final_accounts.model import LimitExceeded, UnreadableDocument
from juesuan.final_accounts.readers import FORMATS, Limits, rar, sniff

ZIP, RAR, SEVEN, GZIP, TAR = (
    "application/zip",
    "application/vnd.rar",
    "application/x-7z-compressed",
    "application/gzip",
    "application/x-tar",
)
ARCHIVES = frozenset({ZIP, RAR, SEVEN, GZIP, TAR})

_CHUNK = 1 << 20
#: A member smaller than this may be packed as tightly as it likes.
_SMALL = 1_000_000
_DAMAGED = "truncated or damaged; download it again"
_PASSWORD = "it is protected by a password; add a copy without one"


@dataclass(slots=True)
class Left:
    """What an archive and the archives in it may still unpack to, and the limits that say so."""

    limits: Limits
    unpacked: int
    files: int

    def limited(self) -> Limits:
        return replace(self.limits, max_unpacked_bytes=self.unpacked, max_members=self.files)

    def too_much(self) -> LimitExceeded:
        limit = self.limits.max_unpacked_bytes
        return LimitExceeded(f"with what is packed in it, it unpacks to more than {limit:,} bytes (max_unpacked_bytes)")

    def take_bytes(self, size: int) -> None:
        if size > self.unpacked:
            raise self.too_much()
        self.unpacked -= size

    def take_files(self, count: int) -> None:
        if count > self.files:
            limit = self.limits.max_members
            raise LimitExceeded(f"it holds more than {limit:,} files, the limit (max_members)")
        self.files -= count

    def check_ratio(self, unpacked: int, packed: int) -> None:
        if unpacked > _SMALL and unpacked > self.limits.max_ratio * max(packed, 1):
            raise LimitExceeded(
                f"it unpacks to more than {self.limits.max_ratio} times its packed size, the limit (max_ratio)"
            )


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive that was opened: its path as stored, and what gives its bytes."""

    path: str
    load: Callable[[], bytes]


def open_archive(data: bytes, media_type: str, left: Left, held: ExitStack) -> list[Entry]:
    """The files of an archive, in the order in which it holds them; they can be loaded until ``held`` is closed.

    Raises ``UnreadableDocument`` where it cannot be opened (truncated, a password, no program), ``LimitExceeded``.
    """
    if media_type == GZIP:
        name, data = _gunzip(data, left)
        if sniff(data) != TAR:
            left.take_files(1)
            return [Entry(name, lambda: data)]
        return _of_tar(_tar(data), left)
    if media_type == ZIP:
        return _of_zip(data, left)
    if media_type == TAR:
        return _of_tar(_tar(data), left)
    return _of_program(data, media_type, left, held)


def load_file(file: Path, limits: Limits) -> Callable[[], bytes]:
    def load() -> bytes:
        try:
            kind = file.lstat()
            if not stat.S_ISREG(kind.st_mode):
                raise UnreadableDocument("a link or a device and not a file; it is not followed")
            if kind.st_size > limits.max_bytes:
                raise LimitExceeded(
                    f"the file has {kind.st_size:,} bytes; the limit is {limits.max_bytes:,} (max_bytes)"
                )
            return file.read_bytes()
        except OSError as problem:
            raise UnreadableDocument(f"it cannot be opened: {problem.strerror}") from problem

    return load


def tidy(path: str) -> str:
    """A path as it is shown: no drive, no root, no step upwards, no control characters."""
    steps = re.sub(r"[\x00-\x1f\x7f]", "", path.replace("\\", "/")).split("/")
    if re.fullmatch(r"[A-Za-z]:", steps[0]):
        steps = steps[1:]
    return "/".join(step.strip() for step in steps if step.strip() not in ("", ".", "..")) or "unnamed"


# --- ZIP --------------------------------------------------------------------------------------------------------------

# What zipfile and the unpackers below it raise for a damaged member.
_BAD_MEMBER = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError, struct.error)


def _of_zip(data: bytes, left: Left) -> list[Entry]:
    from juesuan.final_accounts.readers.zipped import open_zip

    archive = open_zip(data, left.limited())
    # not ``is_dir``: it fails on a member without a name, as a damaged directory may hold
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    left.take_files(len(infos))
    return [Entry(_zip_name(info), _zip_member(archive, info)) for info in infos]


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name of a member: UTF-8 where the archive says so or it is valid, else GB18030, as Chinese Windows writes."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:  # zipfile had the name from elsewhere
        return info.filename
    return _name_of(raw)


def _name_of(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("cp437")


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def load() -> bytes:
        if info.flag_bits & 0x1:
            raise UnreadableDocument(_PASSWORD)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UnreadableDocument("a link and not a file; it is not followed")
        try:
            return archive.read(info)
        except (*_BAD_MEMBER, zlib.error) as problem:
            raise UnreadableDocument(f"it cannot be unpacked: {_DAMAGED}") from problem

    return load


# --- gzip and tar -----------------------------------------------------------------------------------------------------


def _gunzip(data: bytes, left: Left) -> tuple[str, bytes]:
    """The name (``unpacked`` where none is stored) and the bytes of a gzip file."""
    out = io.BytesIO()
    rest = data
    while rest[:2] == b"\x1f\x8b":
        unpacker = zlib.decompressobj(wbits=31)
        try:
            while not unpacker.eof:
                part = unpacker.decompress(rest, _CHUNK)
                rest = unpacker.unconsumed_tail
                out.write(part)
                if out.tell() > left.unpacked:
                    raise left.too_much()
                left.check_ratio(out.tell(), len(data))
                if not part and not rest:
                    break
        except zlib.error as problem:
            raise UnreadableDocument(_DAMAGED) from problem
        if not unpacker.eof:
            raise UnreadableDocument("truncated: its end is missing; download it again")
        rest = unpacker.unused_data
    return _gzip_name(data), out.getvalue()


def _gzip_name(data: bytes) -> str:
    """The name in the head of a gzip file (RFC 1952): flag 8; before it an extra field where flag 4 stands."""
    flags, at = data[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(data[10:12], "little")
    if not flags & 8:
        return "unpacked"
    return tidy(_name_of(data[at : data.find(b"\x00", at)]))


def _tar(data: bytes) -> tarfile.TarFile:
    """A tar archive in memory."""
    try:
        return tarfile.open(fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape")
    except (tarfile.TarError, ValueError, OSError, EOFError) as problem:
        raise UnreadableDocument(_DAMAGED) from problem


def _of_tar(archive: tarfile.TarFile, left: Left) -> list[Entry]:
    entries: list[Entry] = []
    total = 0
    try:
        for info in archive:
            if info.isdir():
                continue
            left.take_files(1)
            name = _name_of(info.name.encode("utf-8", "surrogateescape"))
            if not info.isreg() or info.issparse():
                entries.append(Entry(name, _refused))
                continue
            total += info.size
            if total > left.unpacked:
                raise left.too_much()
            file = archive.extractfile(info)
            assert file is not None
            entries.append(Entry(name, _tar_member(file)))
    except (tarfile.TarError, ValueError, OSError, EOFError) as problem:
        raise UnreadableDocument(_DAMAGED) from problem
    return entries


def _refused() -> bytes:
    raise UnreadableDocument("a link or a device and not a file; it is not followed")


def _tar_member(file: IO[bytes]) -> Callable[[], bytes]:
    def load() -> bytes:
        try:
            return file.read()
        except (tarfile.TarError, OSError, EOFError) as problem:
            raise UnreadableDocument(f"it cannot be unpacked: {_DAMAGED}") from problem

    return load


# --- RAR and 7z, by programs ------------------------------------------------------------------------------------------

#: How a program unpacks {archive} to {folder}, without asking and without links that lead out of it.
_BSDTAR = ("-xf", "{archive}", "-C", "{folder}", "--no-same-owner", "--no-same-permissions")
_SEVEN_ZIP = ("x", "-y", "-bd", "-p", "-snl-", "-o{folder}", "{archive}")
_UNAR = ("-quiet", "-no-directory", "-force-overwrite", "-password", "", "-output-directory", "{folder}", "{archive}")
_UNRAR = ("x", "-y", "-p-", "{archive}", "{folder}/")
#: The programs for a kind of archive, the one to be preferred first.
_PROGRAMS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    RAR: (("bsdtar", _BSDTAR), ("unar", _UNAR), ("unrar", _UNRAR), ("7zz", _SEVEN_ZIP), ("7z", _SEVEN_ZIP)),
    SEVEN: (("7zz", _SEVEN_ZIP), ("7z", _SEVEN_ZIP), ("7za", _SEVEN_ZIP), ("bsdtar", _BSDTAR), ("unar", _UNAR)),
}
_ADVICE = {
    RAR: "install libarchive-tools (bsdtar), unrar or unar, or unpack it and add the folder",
    SEVEN: "install libarchive-tools (bsdtar) or 7zip, or unpack it and add the folder",
}
#: What programs say of archives with a password.
_LOCKED = re.compile(r"encrypt|password", re.I)
_WATCH_SECONDS = 0.05
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


def _of_program(data: bytes, media_type: str, left: Left, held: ExitStack) -> list[Entry]:
    """The files of an archive that a program has to unpack: the first of those installed that can."""
    label = FORMATS[media_type].label
    known = rar.headers(data)
    if known.encrypted:
        raise UnreadableDocument(_PASSWORD)
    problems: list[UnreadableDocument] = []
    for name, arguments in _PROGRAMS[media_type]:
        program = shutil.which(name)
        if program is None:
            continue
        tried = replace(left)
        try:
            entries = _unpacked(program, arguments, data, tried, held)
        except LimitExceeded:
            raise
        except UnreadableDocument as problem:
            problems.append(problem)
            continue
        left.files = tried.files
        return [Entry(entry.path, _checked(entry.load, known)) for entry in entries]
    if not problems:
        raise UnreadableDocument(f"{label}: no program that unpacks it is installed; {_ADVICE[media_type]}")
    locked = next((p for p in problems if str(p) == _PASSWORD), None)
    raise locked or problems[0]


def _checked(load: Callable[[], bytes], known: rar.Headers) -> Callable[[], bytes]:
    def checked() -> bytes:
        data = load()
        if not known.holds(data):
            raise UnreadableDocument("its checksum is another than the archive says: damaged; download it again")
        return data

    return checked


def _unpacked(program: str, arguments: Sequence[str], data: bytes, left: Left, held: ExitStack) -> list[Entry]:
    """What a program unpacks to a folder; it is stopped when that grows beyond the limits."""
    place = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="juesuan-", ignore_cleanup_errors=True)))
    archive, folder, said = place / "archive", place / "unpacked", place / "said"
    archive.write_bytes(data)
    folder.mkdir()
    command = [program, *(a.format(archive=archive, folder=folder) for a in arguments)]
    with said.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, env=os.environ | _ENVIRONMENT
        )
    try:
        code = None
        while code is None:
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(_WATCH_SECONDS)
            files = _written(folder)
            size = sum(kind.st_size for _, kind in files)
            replace(left).take_files(len(files))
            replace(left).take_bytes(size)
            left.check_ratio(size, len(data))
    except BaseException:
        process.kill()
        process.wait()
        raise
    if code:
        with said.open("rb") as output:
            locked = _LOCKED.search(output.read(_CHUNK).decode("utf-8", "replace"))
        raise UnreadableDocument(_PASSWORD if locked else f"{Path(program).name} cannot unpack it: {_DAMAGED}")
    left.take_files(len(files))
    return [
        Entry(
            file.relative_to(folder).as_posix(),
            load_file(file, left.limits) if stat.S_ISREG(kind.st_mode) and kind.st_nlink == 1 else _refused,
        )
        for file, kind in files
    ]


def _written(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """What stands in a folder that a program writes to just now; links to folders are not entered."""
    found = []
    for place, folders, names in os.walk(folder):
        for name in [*names, *folders]:
            file = Path(place) / name
            with suppress(OSError):
                kind = file.lstat()
                if not stat.S_ISDIR(kind.st_mode):
                    found.append((file, kind))
    return found
