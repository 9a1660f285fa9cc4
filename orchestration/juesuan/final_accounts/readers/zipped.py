"""Files that are ZIP archives, opened within the limits: Office documents and archives of documents alike.

Belongs here: telling the members of an archive from its directory, refusing archives that would unpack to more than
is allowed, reading one member, and parsing a member as XML without following anything it names. Does not belong
here: what the members mean, and taking several documents out of an archive (``packed``).
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from juesuan.final_accounts.model import LimitExceeded, UnreadableDocument
from juesuan.final_accounts.readers import Limits

if TYPE_CHECKING:
    from lxml import etree

#: A member smaller than this may be packed as tightly as it likes (white space of a template, say).
_SMALL = 1_000_000
_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_DAMAGED = "truncated or damaged; download it again"
# What zipfile raises for a directory that makes no sense.
_BAD_ZIP = (zipfile.BadZipFile, zipfile.LargeZipFile, struct.error, ValueError, OSError, EOFError, NotImplementedError)


def open_zip(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """The archive, whose directory keeps the limits: members, bytes in all, ratio of a member that is not small.

    ``zipfile`` gives no more bytes of a member than the directory declares, so what is read through it stays within
    what was checked here. What reads the bytes in another way needs ``check_sizes`` too. Raises ``LimitExceeded``,
    or ``UnreadableDocument`` for bytes whose directory cannot be read.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _BAD_ZIP as error:
        raise UnreadableDocument(f"the file is {_DAMAGED}") from error
    members = archive.infolist()
    if len(members) > limits.max_members:
        raise LimitExceeded(f"{len(members):,} files are in it; the limit is {limits.max_members:,} (max_members)")
    total = sum(member.file_size for member in members)
    if total > limits.max_unpacked_bytes:
        raise LimitExceeded(
            f"it unpacks to {total:,} bytes; the limit is {limits.max_unpacked_bytes:,} (max_unpacked_bytes)"
        )
    for member in members:
        if member.file_size > _SMALL and member.file_size > limits.max_ratio * max(member.compress_size, 1):
            raise LimitExceeded(
                f"{member.filename} unpacks to {member.file_size / max(member.compress_size, 1):,.0f} times its"
                f" packed size; the limit is {limits.max_ratio} (max_ratio)"
            )
    return archive


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of one member. Raises ``UnreadableDocument`` (damaged, with a password, packed in an unknown way)."""
    try:
        info = archive.getinfo(name)
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableDocument(f"{name} in it is protected by a password; add a copy without one")
        return archive.read(info)
    except (*_BAD_ZIP, KeyError, RuntimeError, zlib.error) as error:
        raise UnreadableDocument(f"{name} in it cannot be unpacked: {_DAMAGED}") from error


def check_sizes(data: bytes, archive: zipfile.ZipFile) -> None:
    """See that every member really has the size that the directory declares.

    For readers in other languages, which go by the packed stream and not by the directory. Holds no more than a
    megabyte at a time. Raises ``UnreadableDocument`` naming the member.
    """
    for member in archive.infolist():
        start = member.header_offset
        head = data[start : start + 30]
        if len(head) < 30 or head[:4] != b"PK\x03\x04":
            raise UnreadableDocument(f"{member.filename} in it cannot be found: {_DAMAGED}")
        start += 30 + sum(struct.unpack_from("<HH", head, 26))
        if member.compress_type == zipfile.ZIP_STORED:
            size = member.compress_size if start + member.compress_size <= len(data) else -1
        elif member.compress_type == zipfile.ZIP_DEFLATED:
            size = _inflated(memoryview(data)[start : start + member.compress_size], member.file_size)
        else:
            raise UnreadableDocument(f"{member.filename} in it is packed in a way that Office does not use: {_DAMAGED}")
        if size != member.file_size:
            raise UnreadableDocument(f"{member.filename} in it has another size than is declared: {_DAMAGED}")


def _inflated(packed: memoryview, expected: int) -> int:
    """How many bytes it unpacks to; stops when there are more than expected. -1 where it does not unpack."""
    unpacker = zlib.decompressobj(-15)
    size = 0
    rest: bytes | memoryview = packed
    try:
        while not unpacker.eof and size <= expected:
            part = unpacker.decompress(rest, _CHUNK)
            rest = unpacker.unconsumed_tail
            size += len(part)
            if not part and not rest:
                break
    except zlib.error:
        return -1
    return size if unpacker.eof or size > expected else -1


def member_names(data: bytes, most: int = 5000) -> list[str]:
    """The names of the members as the directory has them, at most so many; [] where there is no whole directory.

    Reads nothing but the directory, and of that no more than asked for.
    """
    end = data.rfind(b"PK\x05\x06", max(len(data) - 65557, 0))
    if end < 0 or end + 22 > len(data):
        return []
    size, offset = struct.unpack_from("<II", data, end + 12)
    at = offset if data[offset : offset + 4] == b"PK\x01\x02" else end - size
    names: list[str] = []
    while len(names) < most and 0 <= at <= end - 46 and data[at : at + 4] == b"PK\x01\x02":
        flags = struct.unpack_from("<H", data, at + 8)[0]
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        raw = data[at + 46 : at + 46 + name]
        names.append(raw.decode("utf-8" if flags & 0x800 else "cp437", "replace"))
        at += 46 + name + extra + comment
    return names


# --- members that are XML --------------------------------------------------------------------------------------------


def parse_xml(archive: zipfile.ZipFile, name: str) -> etree._Element:
    """The root of a member that is XML. No entity is expanded, nothing outside is fetched, no DTD is accepted.

    Raises ``UnreadableDocument`` where it is damaged.
    """
    from lxml import etree

    data = read_member(archive, name)
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableDocument(f"{name} in it is no valid XML: {_DAMAGED}") from error
    _refuse_dtd(root, name)
    return root


def walk_xml(archive: zipfile.ZipFile, name: str, *tags: str) -> Iterator[etree._Element]:
    """The elements of a member that have one of these local names, as they end, whatever their namespace.

    The caller clears what it has done with, so that a sheet of any length needs little memory. Same errors as
    ``parse_xml``.
    """
    from lxml import etree

    data = read_member(archive, name)
    first = True
    try:
        for _, element in etree.iterparse(
            io.BytesIO(data),
            events=("end",),
            tag=tuple(f"{{*}}{tag}" for tag in tags),
            resolve_entities=False,
            no_network=True,
            remove_comments=True,
        ):
            if first:
                _refuse_dtd(element, name)
                first = False
            yield element
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableDocument(f"{name} in it is no valid XML: {_DAMAGED}") from error


def _refuse_dtd(element: etree._Element, name: str) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise UnreadableDocument(f"{name} in it declares a document type, as no Office document does; it is not read")
