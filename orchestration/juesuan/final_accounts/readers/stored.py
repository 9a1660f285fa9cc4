"""What a workbook says about its cells besides their values: formats, errors, what is hidden, how far a sheet goes.

Belongs here: the facts that python-calamine leaves out, read from the parts of an .xlsx file and from the records of an
.xls stream. Does not belong here: the values themselves (calamine), what a format shows (``number_formats``), grids
(``excel``).

A cell is known by ``key(row, col)``, both from 0. References: ECMA-376 Part 1, 18.3; [MS-XLS] 2.4.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from juesuan.final_accounts.model import UnreadableDocument
from juesuan.final_accounts.readers.number_formats import BUILT_IN, GENERAL
from juesuan.final_accounts.readers.zipped import parse_xml, walk_xml

if TYPE_CHECKING:
    from lxml import etree

MAX_ROWS, MAX_COLS = 1 << 20, 1 << 14
_DAMAGED = "truncated or damaged; download it again"


def key(row: int, col: int) -> int:
    """One number for a cell: a sheet may have a million of them."""
    return row * MAX_COLS + col


@dataclass(slots=True)
class Stored:
    """One sheet, besides its values.

    ``formats`` has the number format of each cell with a number that is not General. ``numbers`` has the number of
    those whose format has letters that may, or may not, be those of a date. ``errors`` has the error that a cell shows.
    ``rows`` x ``cols`` is the least rectangle from the upper left corner that holds all values.
    """

    formats: dict[int, str] = field(default_factory=dict)
    numbers: dict[int, Decimal] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_cols: set[int] = field(default_factory=set)
    without_value: int = 0
    rows: int = 0
    cols: int = 0

    def reach(self, row: int, col: int) -> None:
        """A cell here has a value. Raises ``UnreadableDocument`` for a place that no sheet has."""
        if not (0 <= row < MAX_ROWS and 0 <= col < MAX_COLS):
            raise UnreadableDocument(f"a cell stands at row {row + 1:,}, column {col + 1:,}, beyond any sheet: damaged")
        self.rows = max(self.rows, row + 1)
        self.cols = max(self.cols, col + 1)

    def number(self, row: int, col: int, code: str, read: Callable[[], float]) -> None:
        """A cell with a number in the format ``code``."""
        if code != GENERAL:
            self.formats[key(row, col)] = code
            if _LETTER.search(code):
                self.numbers[key(row, col)] = exact(read())


_LETTER = re.compile(r"[A-Za-z]")


def exact(number: float) -> Decimal:
    """The shortest decimal that is stored as this double; a whole number has no decimals."""
    text = repr(number)
    if text.endswith(".0"):
        return Decimal(text[:-2])
    value = Decimal(text)
    if not value.is_finite():
        raise UnreadableDocument("a cell stores what is no number: damaged")
    return Decimal(int(value)) if value == value.to_integral_value() else value


# --- .xlsx -----------------------------------------------------------------------------------------------------------


class XlsxParts:
    """The parts of an .xlsx file. Raises ``UnreadableDocument`` where one that has to be there is missing."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_folded(name): name for name in archive.namelist()}
        workbook = self._part("xl/workbook.xml")
        self.from_1904 = any(_true(item.get("date1904")) for item in workbook.iter("{*}workbookPr"))
        targets = {
            item.get("Id", ""): item.get("Target", "")
            for item in self._part("xl/_rels/workbook.xml.rels").iter("{*}Relationship")
        }
        self._sheets = []
        for sheet in workbook.iter("{*}sheet"):
            target = next((targets.get(value, "") for name, value in sheet.items() if name.endswith("}id")), "")
            self._sheets.append(_folded(posixpath.normpath(posixpath.join("/xl", target))))
        self._codes = self._formats()
        self.pictures = sum(name.startswith("xl/media/") for name in self._names)

    def _part(self, name: str) -> etree._Element:
        if name not in self._names:
            raise UnreadableDocument(f"{name} is missing in it: {_DAMAGED}")
        return parse_xml(self._archive, self._names[name])

    def _formats(self) -> list[str]:
        if "xl/styles.xml" not in self._names:
            return []
        styles = self._part("xl/styles.xml")
        custom = {
            _whole(item.get("numFmtId")): item.get("formatCode", GENERAL)
            for group in styles.iter("{*}numFmts")
            for item in group.iter("{*}numFmt")
        }
        known = BUILT_IN | custom
        return [
            known.get(_whole(item.get("numFmtId")), GENERAL)
            for group in styles.iter("{*}cellXfs")
            for item in group.iterchildren("{*}xf")
        ]

    def stored(self, at: int) -> Stored:
        """The sheet at this place (from 0) of the book."""
        found = Stored()
        name = self._names.get(self._sheets[at]) if at < len(self._sheets) else None
        if name is None:
            return found
        row = -1
        col = -1
        for element in walk_xml(self._archive, name, "c", "row", "col"):
            tag = element.tag.rpartition("}")[2]
            if tag == "c":
                parent = element.getparent()
                given = parent.get("r") if parent is not None else None
                at_row = _whole(given) - 1 if given else row + 1
                at_row, col = _place(element.get("r"), at_row, col + 1)
                self._cell(found, element, at_row, col)
            elif tag == "row":
                row = _whole(element.get("r")) - 1 if element.get("r") else row + 1
                col = -1
                if _true(element.get("hidden")):
                    found.hidden_rows.add(row)
                element.clear()
                parent = element.getparent()
                if parent is not None:
                    while element.getprevious() is not None:
                        del parent[0]
            elif _true(element.get("hidden")):
                first, last = _whole(element.get("min")), min(_whole(element.get("max")), MAX_COLS)
                found.hidden_cols.update(range(first - 1, last))
        return found

    def _cell(self, found: Stored, cell: etree._Element, row: int, col: int) -> None:
        value = formula = None
        for child in cell.iterchildren():
            tag = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
            if tag == "v":
                value = child.text or ""
            elif tag == "f":
                formula = child
            elif tag == "is":
                value = "inline"
        if value is None and formula is None:
            return
        found.reach(row, col)
        kind = cell.get("t", "n")
        if not value:
            if formula is not None and kind != "str":
                found.without_value += 1
        elif kind == "e":
            found.errors[key(row, col)] = value
        elif kind == "n":
            style = _whole(cell.get("s"))
            code = self._codes[style] if style < len(self._codes) else GENERAL
            text = value
            found.number(row, col, code, lambda: _double(text))


def _folded(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _true(value: str | None) -> bool:
    return value in ("1", "true", "on")


@lru_cache(maxsize=4096)
def _whole(value: str | None) -> int:
    """A count as it stands in an attribute; 0 for anything else."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else 0


def _double(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UnreadableDocument(f"a cell stores {text[:20]!r} where a number has to stand: damaged") from None


_PLACE = re.compile(r"([A-Z]{1,4})(\d{1,9})$", re.IGNORECASE)


def _place(reference: str | None, row: int, col: int) -> tuple[int, int]:
    """Row and column (from 0) of a reference such as B3; those given where there is none."""
    match = _PLACE.match(reference or "")
    return (int(match[2]) - 1, _column(match[1])) if match else (row, col)


@lru_cache(maxsize=4096)
def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


# --- .xls ------------------------------------------------------------------------------------------------------------

_BOF, _EOF, _CONTINUE = (0x809, 0x409, 0x209, 0x009), 0x0A, 0x3C
_FILEPASS, _DATE_1904, _FORMAT, _XF, _SHEET = 0x2F, 0x22, 0x41E, 0xE0, 0x85
_NUMBER, _RK, _MULRK, _FORMULA, _BOOLERR = 0x203, 0x27E, 0xBD, 0x06, 0x205
_TEXTS = (0xFD, 0x204, 0xD6)  # LABELSST, LABEL, RSTRING
_ROW, _COLINFO, _DIMENSIONS = 0x208, 0x7D, 0x200
_BIFF8 = 0x600
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


class XlsRecords:
    """The records of the workbook stream of an .xls file. Raises ``UnreadableDocument`` where it is damaged.

    ``locked`` says that what follows is encrypted; then nothing else is known.
    """

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self.from_1904 = False
        self.locked = False
        self.pictures = 0
        self._sheets: list[int] = []
        custom: dict[int, str] = {}
        used: list[int] = []
        version = _BIFF8
        try:
            for kind, body in self._records(0):
                if kind in _BOF and len(body) >= 2:
                    version = struct.unpack_from("<H", body)[0]
                elif kind == _FILEPASS:
                    self.locked = True
                    break
                elif kind == _DATE_1904:
                    self.from_1904 = bool(struct.unpack_from("<H", body)[0])
                elif kind == _FORMAT:
                    custom[struct.unpack_from("<H", body)[0]] = _format_code(body, version)
                elif kind == _XF:
                    used.append(struct.unpack_from("<H", body, 2)[0])
                elif kind == _SHEET:
                    self._sheets.append(struct.unpack_from("<I", body)[0])
                elif kind == 0xEB:  # MSODRAWINGGROUP: holds the pictures of the book
                    self.pictures += 1
        except struct.error as error:
            raise UnreadableDocument(f"a record of the workbook is cut short: {_DAMAGED}") from error
        known = BUILT_IN | custom
        self._codes = [known.get(number, GENERAL) for number in used]

    def _records(self, at: int) -> Iterator[tuple[int, bytes]]:
        """The records from ``at`` to the end of the substream that begins there, those of charts in it left out."""
        depth = 0
        stream = self._stream
        while at + 4 <= len(stream):
            kind, size = struct.unpack_from("<HH", stream, at)
            body = stream[at + 4 : at + 4 + size]
            if len(body) < size:
                raise UnreadableDocument(f"the workbook breaks off inside a record: {_DAMAGED}")
            at += 4 + size
            if kind in _BOF:
                depth += 1
            if depth <= 1:
                yield kind, body
            if kind == _EOF:
                depth -= 1
                if depth <= 0:
                    return
        raise UnreadableDocument(f"the workbook breaks off before its end: {_DAMAGED}")

    @property
    def sheets(self) -> int:
        """How many sheets the book has, those of charts counted."""
        return len(self._sheets)

    def stored(self, at: int) -> Stored:
        """The sheet at this place (from 0) of the book."""
        found = Stored()
        if at >= len(self._sheets):
            return found
        formulas = 0
        try:
            for kind, body in self._records(self._sheets[at]):
                self._record(found, kind, body)
                formulas += kind == _FORMULA
        except (struct.error, IndexError) as error:
            raise UnreadableDocument(f"a record of sheet {at + 1} is cut short: {_DAMAGED}") from error
        if found.without_value < formulas:
            found.without_value = 0  # an empty result is one, too, where others have theirs
        return found

    def _record(self, found: Stored, kind: int, body: bytes) -> None:
        if kind == _DIMENSIONS and len(body) >= 8:
            top, rows, left, cols = struct.unpack_from("<IIHH" if len(body) >= 12 else "<HHHH", body)
            if rows > 65536 or cols > 256 or top > rows or left > cols:
                raise UnreadableDocument(
                    f"a sheet says that it goes from row {top:,} to {rows:,} and column {left:,} to {cols:,}: damaged"
                )
        elif kind == _ROW:
            if struct.unpack_from("<I", body, 12)[0] & 0x20:
                found.hidden_rows.add(struct.unpack_from("<H", body)[0])
        elif kind == _COLINFO:
            first, last, _, _, flags = struct.unpack_from("<HHHHH", body)
            if flags & 1:
                found.hidden_cols.update(range(first, min(last, 255) + 1))
        elif kind == _MULRK:
            row, first = struct.unpack_from("<HH", body)
            for i, at in enumerate(range(4, len(body) - 2, 6)):
                xf, rk = struct.unpack_from("<HI", body, at)
                found.reach(row, first + i)
                found.number(row, first + i, self._code(xf), lambda rk=rk: _rk(rk))  # type: ignore[misc]
        elif kind in (_NUMBER, _RK, _FORMULA, _BOOLERR, *_TEXTS):
            row, col, xf = struct.unpack_from("<HHH", body)
            found.reach(row, col)
            if kind == _NUMBER:
                found.number(row, col, self._code(xf), lambda: struct.unpack_from("<d", body, 6)[0])
            elif kind == _RK:
                found.number(row, col, self._code(xf), lambda: _rk(struct.unpack_from("<I", body, 6)[0]))
            elif kind == _BOOLERR and body[7]:
                found.errors[key(row, col)] = _ERRORS.get(body[6], "#N/A")
            elif kind == _FORMULA:
                self._formula(found, row, col, xf, body)

    def _formula(self, found: Stored, row: int, col: int, xf: int, body: bytes) -> None:
        if body[12:14] != b"\xff\xff":
            found.number(row, col, self._code(xf), lambda: struct.unpack_from("<d", body, 6)[0])
        elif body[6] == 2:
            found.errors[key(row, col)] = _ERRORS.get(body[8], "#N/A")
        elif body[6] == 3:
            found.without_value += 1

    def _code(self, xf: int) -> str:
        return self._codes[xf] if xf < len(self._codes) else GENERAL


def _format_code(body: bytes, version: int) -> str:
    if version != _BIFF8:
        return body[3 : 3 + body[2]].decode("gb18030", "replace")
    count, flags = struct.unpack_from("<HB", body, 2)
    if flags & 1:
        return body[5 : 5 + 2 * count].decode("utf-16-le", "replace")
    return body[5 : 5 + count].decode("latin-1")


def _rk(value: int) -> float:
    """A number packed into 32 bits: a whole number or the upper half of a double, perhaps times a hundred."""
    if value & 2:
        number = float(struct.unpack("<i", struct.pack("<I", value))[0] >> 2)
    else:
        number = struct.unpack("<d", struct.pack("<II", 0, value & 0xFFFFFFFC))[0]
    return number / 100 if value & 1 else number
