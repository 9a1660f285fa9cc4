"""Text files: the lines of a document that has no pages, or whose pages are parted by form feeds.

Belongs here: encodings, line ends, form feeds. Does not belong here: what a line means, and how figures of a
flattened table find their columns.
"""

from __future__ import annotations

import codecs
import re

from juesuan.final_accounts.model import LimitExceeded, Page, Reading, TextLine, UnreadableDocument
from juesuan.final_accounts.readers import Limits

# Control characters that text never holds; tab, line ends and form feed are none of them.
_CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1A, 0x1B}) + b"\x7f"
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")


def looks_like_text(data: bytes) -> bool:
    """Whether these bytes are text in an encoding that ``decode`` knows."""
    try:
        decode(data)
    except UnreadableDocument:
        return False
    return True


def decode(data: bytes) -> tuple[str, str]:
    """The text and the name of its encoding (``utf-8``, ``utf-16``, ``gb18030``).

    A byte order mark decides; else UTF-8 where the bytes are valid UTF-8; else GB18030 where they are valid and what
    comes out is Chinese. Raises ``UnreadableDocument`` for anything else.
    """
    if data.startswith(codecs.BOM_UTF8):
        return _strict(data[3:], "utf-8"), "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(data, "utf-16"), "utf-16"
    if data.translate(None, _CONTROLS) != data:
        raise UnreadableDocument("not text: there are control characters in it")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        # Broken UTF-8 also passes for (senseless) GB18030: a text that is UTF-8 nearly everywhere is damaged UTF-8.
        if _foreign_bytes(data.decode("utf-8", "ignore").encode()) > 0.5 * _foreign_bytes(data):
            raise UnreadableDocument(_broken(data, error, "UTF-8")) from error
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        if is_chinese(data[: error.start].decode("gb18030")):
            raise UnreadableDocument(_broken(data, error, "GB18030")) from error
        raise UnreadableDocument("not text: neither UTF-8 nor Chinese in GB18030") from error
    if not is_chinese(text):
        raise UnreadableDocument("not text: neither UTF-8 nor Chinese in GB18030")
    return text, "gb18030"


def _foreign_bytes(data: bytes) -> int:
    return len(data) - len(data.translate(None, bytes(range(0x80, 0x100))))


def _broken(data: bytes, error: UnicodeDecodeError, encoding: str) -> str:
    if error.start > len(data) - 4:
        return f"truncated: the text breaks off inside a character ({encoding}); download it again"
    return f"damaged text: byte {error.start:,} is not valid {encoding}; download it again"


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocument(_broken(data, error, encoding.upper())) from error


def is_chinese(text: str) -> bool:
    """Whether what GB18030 made of non-UTF-8 bytes are the characters of Chinese print.

    GB18030 accepts nearly any bytes, so validity says little: of what is not ASCII, nine tenths have to be common
    ideographs, Chinese punctuation or full-width forms.
    """
    foreign = [c for c in text if c > "\x7f"]
    good = sum("\u4e00" <= c <= "\u9fff" or "\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" for c in foreign)
    good += sum(c in "“”‘’—…·" for c in foreign)
    return bool(foreign) and good >= 0.9 * len(foreign)


def read(data: bytes, limits: Limits) -> Reading:
    """Lines that are not empty, counted from 1 in the document (or in their page, where form feeds part pages).

    White space at the head of a line stays (it may be the mark of a paragraph), at its end it goes. ``span`` is the
    place of ``text`` in the decoded text, whose line ends are kept as they are; a byte order mark does not count.
    """
    text, encoding = decode(data)
    if encoding == "utf-16":
        text = text.removeprefix("\ufeff")
    if not text.strip():
        raise UnreadableDocument("the file holds no text, only white space")
    notes = () if encoding == "utf-8" else (f"the text is encoded in {encoding.upper()}",)
    sheets = text.split("\f")
    # A form feed at the very end closes the last page; it does not open another.
    if len(sheets) > 1 and not sheets[-1].strip():
        sheets.pop()
    if len(sheets) > limits.max_pages:
        raise LimitExceeded(f"the text has {len(sheets):,} pages; the limit is {limits.max_pages:,} (max_pages)")
    paged = "\f" in text.rstrip()
    pages = []
    start = 0
    for number, sheet in enumerate(sheets, 1):
        page = number if paged else None
        pages.append(Page(page, None, None, tuple(_lines(sheet, start, page))))
        start += len(sheet) + 1
    return Reading("text", "text/plain", tuple(pages), notes)


def _lines(sheet: str, start: int, page: int | None) -> list[TextLine]:
    lines = []
    for number, match in enumerate(_LINE.finditer(sheet), 1):
        # tabs at the end of a line may part empty cells
        text = match.group(1).rstrip(" \u3000\xa0\x0b\x1a\x1b" if "\t" in match.group(1).strip() else None)
        if text.strip():
            begin = start + match.start()
            lines.append(TextLine(text, page, number, None, (begin, begin + len(text))))
    return lines
