"""What the headers of a RAR archive say of its members: size and checksum, and whether a password is needed.

Belongs here: walking the blocks of RAR 4 and RAR 5 archives. Does not belong here: unpacking, which a program does; not
all of these compare what they unpacked with its checksum, so that a damaged figure would pass for a printed one.
Source: the RAR 5.0 archive format, and technote.txt for RAR 4, as the maker of RAR publishes them.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

_RAR5 = b"Rar!\x1a\x07\x01\x00"
_RAR4 = b"Rar!\x1a\x07\x00"


@dataclass(slots=True)
class Headers:
    """(size, CRC32) of each file, and whether any is encrypted.

    ``whole`` where every block up to the end was understood and every file has a checksum: only then is what is not in
    ``sums`` damaged.
    """

    sums: set[tuple[int, int]] = field(default_factory=set)
    encrypted: bool = False
    whole: bool = False

    def holds(self, data: bytes) -> bool:
        """Whether these may be the bytes of a file of the archive."""
        return not self.whole or not data or (len(data), zlib.crc32(data)) in self.sums


def headers(data: bytes) -> Headers:
    """Walk the blocks of an archive; what makes no sense ends the walk, never with an error."""
    found = Headers()
    try:
        if data.startswith(_RAR5):
            found.whole = _walk5(data, found)
        elif data.startswith(_RAR4):
            found.whole = _walk4(data, found)
    except (IndexError, struct.error, ValueError):
        found.whole = False
    return found


# --- RAR 5: every number is written in groups of seven bits, the lowest first -----------------------------------------


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number and the place behind it."""
    value = 0
    for k in range(10):
        byte = data[at + k]
        value |= (byte & 0x7F) << (7 * k)
        if byte < 0x80:
            return value, at + k + 1
    raise ValueError("a number of more than ten bytes")


def _walk5(data: bytes, found: Headers) -> bool:
    at = len(_RAR5)
    summed = True
    while at < len(data):
        size, start = _number(data, at + 4)
        end = start + size
        kind, at = _number(data, start)
        flags, at = _number(data, at)
        extra = packed = 0
        if flags & 1:
            extra, at = _number(data, at)
        if flags & 2:
            packed, at = _number(data, at)
        if kind == 4:
            found.encrypted = True
            return False
        if kind == 5:
            return summed
        if kind == 2:
            summed = _file5(data, at, found) and summed
            _extra5(data, end - extra, end, found)
        at = end + packed
    return False


def _file5(data: bytes, at: int, found: Headers) -> bool:
    flags, at = _number(data, at)
    size, at = _number(data, at)
    _, at = _number(data, at)
    if flags & 2:
        at += 4
    if flags & 1:
        return True  # a folder
    if not flags & 4:
        return False
    found.sums.add((size, struct.unpack_from("<I", data, at)[0]))
    return True


def _extra5(data: bytes, at: int, end: int, found: Headers) -> None:
    while at < end:
        size, start = _number(data, at)
        kind, _ = _number(data, start)
        found.encrypted |= kind == 1
        at = start + size


# --- RAR 4 ------------------------------------------------------------------------------------------------------------


def _walk4(data: bytes, found: Headers) -> bool:
    at = len(_RAR4)
    while at + 7 <= len(data):
        kind, flags, size = struct.unpack_from("<BHH", data, at + 2)
        more = struct.unpack_from("<I", data, at + 7)[0] if flags & 0x8000 or kind == 0x74 else 0
        if kind == 0x73 and flags & 0x80:
            found.encrypted = True
            return False
        if kind == 0x74:
            unpacked, _, crc = struct.unpack_from("<IBI", data, at + 11)
            if flags & 0x100:
                high_packed, high = struct.unpack_from("<II", data, at + 32)
                more, unpacked = more + (high_packed << 32), unpacked + (high << 32)
            found.encrypted |= bool(flags & 0x4)
            if flags & 0xE0 != 0xE0:  # that is a folder
                found.sums.add((unpacked, crc))
        if kind == 0x7B:
            return True
        if size < 7:
            return False
        at += size + more
    # archives of version 2 have no last block
    return at == len(data)
