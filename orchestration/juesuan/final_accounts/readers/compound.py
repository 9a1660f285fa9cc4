"""Compound files (OLE): the container of Office documents of the old kind, of WPS and of encrypted ones.

Belongs here: the directory of streams of a compound file and the bytes of one stream. Does not belong here: what a
stream holds.

A compound file is a file system of sectors: a table (FAT) says which sector follows which, the directory names the
streams, and short streams lie in a stream of their own, cut into sectors of 64 bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from juesuan.final_accounts.model import UnreadableDocument

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA  # this and what is above marks the end of a chain, or no sector at all
_ENTRY = 128
_STREAM, _ROOT = 2, 5
_DAMAGED = "truncated or damaged; download it again"


@dataclass(frozen=True, slots=True)
class _Stream:
    start: int
    size: int


class CompoundFile:
    """The streams that stand right below the root of a compound file, by name.

    Raises ``UnreadableDocument`` where header, table or directory cannot be followed.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) < 512 or not data.startswith(MAGIC):
            raise UnreadableDocument(f"the file is {_DAMAGED}")
        self._data = data
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise UnreadableDocument(f"the file is {_DAMAGED}")
        self._size, self._mini_size = 1 << shift, 1 << mini_shift
        directory, self._cutoff, mini_fat = struct.unpack_from("<I4xII", data, 48)
        self._fat = self._read_fat()
        self._mini_fat = _words(self._chain(mini_fat)) if mini_fat < _END else ()
        self.streams: dict[str, _Stream] = {}
        self._mini = b""
        self._read_directory(self._chain(directory))

    def read(self, name: str) -> bytes:
        """The bytes of one stream. Raises ``UnreadableDocument`` where its sectors are not all there."""
        stream = self.streams[name]
        if stream.size < self._cutoff:
            got = self._short(stream.start, stream.size)
        else:
            got = self._chain(stream.start, stream.size)
        if len(got) < stream.size:
            raise UnreadableDocument(f"the file is {_DAMAGED}")
        return got[: stream.size]

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    def _read_fat(self) -> tuple[int, ...]:
        count = struct.unpack_from("<I", self._data, 44)[0]
        numbers = list(struct.unpack_from("<109I", self._data, 76))
        following = struct.unpack_from("<I", self._data, 68)[0]
        most = len(self._data) // self._size + 1
        if count > most:
            raise UnreadableDocument(f"the file is {_DAMAGED}")
        while following < _END and len(numbers) < count:
            block = self._sector(following)
            if len(block) < self._size:
                raise UnreadableDocument(f"the file is {_DAMAGED}")
            *more, following = _words(block)
            numbers.extend(more)
        return _words(b"".join(self._sector(number) for number in numbers[:count] if number < _END))

    def _chain(self, start: int, size: int | None = None) -> bytes:
        """The sectors that follow one another from ``start``; a chain that goes in circles is damage."""
        parts: list[bytes] = []
        at, most = start, len(self._fat)
        while at < _END and (size is None or len(parts) * self._size < size):
            if at >= most or len(parts) > most:
                raise UnreadableDocument(f"the file is {_DAMAGED}")
            parts.append(self._sector(at))
            at = self._fat[at]
        return b"".join(parts)

    def _short(self, start: int, size: int) -> bytes:
        parts: list[bytes] = []
        at, most = start, len(self._mini_fat)
        while at < _END and len(parts) * self._mini_size < size:
            if at >= most or len(parts) > most:
                raise UnreadableDocument(f"the file is {_DAMAGED}")
            parts.append(self._mini[at * self._mini_size : (at + 1) * self._mini_size])
            at = self._mini_fat[at]
        return b"".join(parts)

    def _read_directory(self, directory: bytes) -> None:
        """The streams right below the root: a document that is embedded has the names of its own kind further down."""
        count = len(directory) // _ENTRY
        if len(directory) % self._size or not count or directory[66] != _ROOT:
            raise UnreadableDocument(f"the file is {_DAMAGED}")
        start, size = struct.unpack_from("<II", directory, 116)
        self._mini = self._chain(start, size) if start < _END else b""
        waiting = [struct.unpack_from("<I", directory, 76)[0]]
        seen: set[int] = set()
        while waiting:
            number = waiting.pop()
            if number >= count or number in seen:
                continue
            seen.add(number)
            at = number * _ENTRY
            length, kind = struct.unpack_from("<HB", directory, at + 64)
            waiting += struct.unpack_from("<II", directory, at + 68)
            if kind == _STREAM and 2 <= length <= 64:
                name = directory[at : at + length - 2].decode("utf-16-le", "replace")
                self.streams[name] = _Stream(*struct.unpack_from("<II", directory, at + 116))


def _words(block: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(block) // 4}I", block[: len(block) // 4 * 4])
