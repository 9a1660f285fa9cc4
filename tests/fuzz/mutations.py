"""What may happen to a document: bits flipped, pieces lost, doubled, moved, numbers and tags that make no sense.

Belongs here: changes of bytes and of text, also within what is packed (members of ZIP archives, streams of PDF, gzip),
each a function of the bytes and of dice. Does not belong here: documents that were made by hand to do harm
(``hostile``).
"""

from __future__ import annotations

import base64
import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random

Operation = Callable[[bytes, Random], bytes]

#: A mutant is no larger than this: what comes of sheer size is tried by hand.
MOST = 300_000

_HUGE = (
    *("0", "-1", "", "65536", "2147483647", "1000000000", "4294967295", "18446744073709551616", "1e308", "NaN"),
    "99999999999999999999999999",
)
_NUMBER = re.compile(rb"\d+")
_TAG = re.compile(rb"<[^<>]{1,400}>")
_ATTRIBUTE = re.compile(rb"""(?<==)("[^"<>]{0,80}"|'[^'<>]{0,80}')""")
_WORDS = (
    *("表", "合计", "单位：万元", "2024年度", "一、", "（", "部门决算", "收入支出决算总表", "0.00", "%", "-", "——"),
    *("1,234,567,890,123,456,789.01", "9" * 300, "１２３", "㈠", "﷽", "\u0000", "\ufffd", "\u202e", "\u0301" * 50),
    *("\u3000" * 200, "\n" * 100, "\t", "\r"),
)
_NONSENSE = (
    *("<table>", "</td>", "<tr>" * 50, "</table>" * 20, "<w:tbl>", "</w:tc>", "<w:p>" * 50, "<c r='XFD1048576'>"),
    *("<!--", "-->", "<![CDATA[", "]]>", "&#x110000;", "&lol;", "<?xml?>", "<!DOCTYPE a [<!ENTITY b 'c'>]>"),
    *("<svg>", "<script>", "<style>", "<frameset>", "<select>", "<textarea>"),
)


# --- bytes -----------------------------------------------------------------------------------------------------------


def _piece(data: bytes, dice: Random, most: int = 4096) -> tuple[int, int]:
    start = dice.randrange(len(data) + 1)
    return start, min(len(data), start + dice.randint(1, dice.choice((4, 64, most))))


def flip(data: bytes, dice: Random) -> bytes:
    out = bytearray(data)
    for _ in range(dice.choice((1, 2, 8, 64))):
        if out:
            out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)
    return bytes(out)


def noise(data: bytes, dice: Random) -> bytes:
    start, end = _piece(data, dice, 256)
    return data[:start] + dice.randbytes(end - start) + data[end:]


def truncate(data: bytes, dice: Random) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def behead(data: bytes, dice: Random) -> bytes:
    return data[_piece(data, dice)[1] :] if dice.random() < 0.3 else data[:16] + data[_piece(data, dice)[1] :]


def cut(data: bytes, dice: Random) -> bytes:
    start, end = _piece(data, dice)
    return data[:start] + data[end:]


def double(data: bytes, dice: Random) -> bytes:
    start, end = _piece(data, dice)
    times = dice.choice((2, 3, 20, 300))
    return data[:start] + data[start:end] * times + data[end:]


def swap(data: bytes, dice: Random) -> bytes:
    a, b = sorted((_piece(data, dice), _piece(data, dice)))
    if a[1] > b[0]:
        return data
    return data[: a[0]] + data[b[0] : b[1]] + data[a[1] : b[0]] + data[a[0] : a[1]] + data[b[1] :]


def move(data: bytes, dice: Random) -> bytes:
    start, end = _piece(data, dice)
    rest = data[:start] + data[end:]
    at = dice.randrange(len(rest) + 1)
    return rest[:at] + data[start:end] + rest[at:]


def integer(data: bytes, dice: Random) -> bytes:
    """A number of one to eight bytes, somewhere, becomes one at the edge of what it holds."""
    size = dice.choice((1, 2, 4, 8))
    if len(data) < size:
        return data
    most = (1 << (8 * size)) - 1
    value = dice.choice((0, 1, most, most >> 1, (most >> 1) + 1, most - 1, dice.randint(0, most)))
    at = dice.randrange(len(data) - size + 1)
    if dice.random() < 0.5:
        at = min(at, dice.randrange(1, 1024))  # heads are where sizes stand
    return data[:at] + value.to_bytes(size, dice.choice(("little", "big"))) + data[at + size :]


def glue(data: bytes, dice: Random) -> bytes:
    """The document twice, or its second half before its first."""
    half = dice.randrange(len(data) + 1)
    return data + data if dice.random() < 0.5 else data[half:] + data[:half]


# --- text, as bytes so that its encoding need not be known ------------------------------------------------------------


def _replaced(data: bytes, found: Sequence[re.Match[bytes]], dice: Random, by: Callable[[bytes], bytes]) -> bytes:
    """Some of what was found, replaced."""
    if not found:
        return data
    chosen = sorted(dice.sample(range(len(found)), min(len(found), dice.choice((1, 1, 3, 20)))))
    out, at = [], 0
    for k in chosen:
        match = found[k]
        out += [data[at : match.start()], by(match.group())]
        at = match.end()
    return b"".join([*out, data[at:]])


def number(data: bytes, dice: Random) -> bytes:
    return _replaced(data, list(_NUMBER.finditer(data)), dice, lambda _: dice.choice(_HUGE).encode())


def attribute(data: bytes, dice: Random) -> bytes:
    return _replaced(data, list(_ATTRIBUTE.finditer(data)), dice, lambda v: v[:1] + dice.choice(_HUGE).encode() + v[:1])


def tag(data: bytes, dice: Random) -> bytes:
    """Tags lost, doubled, closed where they open, taken from elsewhere."""
    found = list(_TAG.finditer(data))
    others = [m.group() for m in found] or [b"<p>"]
    ways: tuple[Callable[[bytes], bytes], ...] = (
        lambda _: b"",
        lambda t: t * dice.choice((2, 500)),
        lambda t: b"</" + t[1:],
        lambda _: dice.choice(others),
        lambda _: dice.choice(_NONSENSE).encode(),
    )
    return _replaced(data, found, dice, dice.choice(ways))


def word(data: bytes, dice: Random) -> bytes:
    """A word of the field, or what is none, somewhere."""
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(_WORDS).encode(dice.choice(("utf-8", "gb18030")), "replace") + data[at:]


def lines(data: bytes, dice: Random) -> bytes:
    """Lines shuffled, lost, doubled often, or joined."""
    parts = data.split(b"\n")
    k = dice.randrange(len(parts))
    n = min(len(parts), k + dice.randint(1, 40))
    way = dice.randrange(4)
    if way == 0:
        some = parts[k:n]
        dice.shuffle(some)
        parts[k:n] = some
    elif way == 1:
        del parts[k:n]
    elif way == 2:
        parts[k:k] = parts[k:n] * dice.choice((2, 50, 400))
    else:
        parts[k:n] = [b"".join(parts[k:n])]
    return b"\n".join(parts)


BYTES: tuple[Operation, ...] = (flip, noise, truncate, behead, cut, double, swap, move, integer, glue)
TEXT: tuple[Operation, ...] = (number, attribute, tag, word, lines, cut, double, swap, move, noise)


def _some(data: bytes, dice: Random, least: int = 1) -> bytes:
    text = data.lstrip()[:1] == b"<" or b"\x00" not in data[:2000]
    for _ in range(dice.randint(least, 3)):
        data = dice.choice(TEXT if text and dice.random() < 0.9 else BYTES)(data, dice)[:MOST]
    return data


# --- within what is packed -------------------------------------------------------------------------------------------


def in_zip(data: bytes, dice: Random) -> bytes:
    """One member changed (also one of an archive in the archive), packed again; what is no ZIP stays as it is."""
    with suppress(
        zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError, struct.error, RuntimeError
    ):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(i.filename, archive.read(i)) for i in archive.infolist()]
        if not members:
            return data
        weights = [1 + len(body) ** 0.5 for _, body in members]
        k = dice.choices(range(len(members)), weights)[0]
        name, body = members[k]
        way = dice.random()
        if body[:2] == b"PK" and way < 0.8:
            members[k] = name, in_zip(body, dice)
        elif way < 0.9:
            members[k] = name, _some(body, dice)
        elif way < 0.95:
            del members[k]
        else:
            members.append((name, _some(body, dice)))
        return zip_of(members)
    return data


def zip_of(members: Sequence[tuple[str, bytes]]) -> bytes:
    """A ZIP archive of these; a name may come twice."""
    import warnings

    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that come twice
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, body in members:
                archive.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.S)


def in_pdf(data: bytes, dice: Random) -> bytes:
    """One stream of a PDF unpacked, changed and put back as it then is, its dictionary as it was or without filters."""
    found = list(_STREAM.finditer(data))
    if not found:
        return data
    match = dice.choice(found)
    body = match.group(1)
    with suppress(ValueError, zlib.error):
        head = data[max(match.start() - 300, 0) : match.start()].rpartition(b"obj")[2]
        if b"ASCII85" in head:
            body = base64.a85decode(body.strip().removesuffix(b"~>"))
        if b"Flate" in head:
            body = zlib.decompress(body)
            body = _some(body, dice)
            body = zlib.compress(body)
        else:
            body = _some(body, dice)
        if b"ASCII85" in head:
            body = base64.a85encode(body) + b"~>"
    return data[: match.start(1)] + body + data[match.end(1) :]


def in_gzip(data: bytes, dice: Random) -> bytes:
    with suppress(OSError, EOFError, zlib.error):
        return gzip.compress(_some(gzip.decompress(data), dice), mtime=0)
    return data


def in_png(data: bytes, dice: Random) -> bytes:
    """A chunk of a PNG changed, its checksum right again."""
    at = 8
    starts = []
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        starts.append((at, min(size, len(data) - at - 12)))
        at += 12 + size
    if not starts:
        return data
    at, size = dice.choice(starts[:3] + starts[-1:])
    body = dice.choice(BYTES)(data[at + 8 : at + 8 + size], dice)
    kind = data[at + 4 : at + 8]
    chunk = len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
    return data[:at] + chunk + data[at + 12 + size :]


#: Operations by what a document is; those that go inside come more often, since most of the rest ends at the door.
OPERATIONS: dict[str, tuple[Operation, ...]] = {
    "zip": (*(in_zip,) * 14, *BYTES),
    "pdf": (*(in_pdf,) * 8, *(number,) * 3, *BYTES, word),
    "text": (*TEXT * 2, *BYTES),
    "binary": BYTES,
    "gzip": (*(in_gzip,) * 8, *BYTES),
    "png": (*(in_png,) * 8, *BYTES),
}


def mutant(data: bytes, kind: str, steps: Sequence[tuple[int, int]]) -> bytes:
    """The document after these steps, each (number of the operation, seed of its dice)."""
    operations = OPERATIONS[kind]
    for which, seed in steps:
        data = operations[which % len(operations)](data, Random(seed))[:MOST]
    return data
