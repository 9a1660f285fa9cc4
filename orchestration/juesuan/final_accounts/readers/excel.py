"""Excel workbooks (.xlsx, .xls): one page for each sheet, on it one grid of what the sheet shows.

Belongs here: values with what they display, merged ranges, hidden sheets, rows and columns, workbooks that cannot be
opened. Does not belong here: number formats (``number_formats``), what calamine leaves out (``stored``), and where
on a sheet a title, a note or the next table begins.

The rows and columns of a grid are those of the sheet (row 0 is its first row), so that an address can be looked up.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import python_calamine as calamine

from juesuan.final_accounts.model import Grid, GridCell, LimitExceeded, Page, Reading, UnreadableDocument
from juesuan.final_accounts.readers import XLS, XLSX, Limits
from juesuan.final_accounts.readers.compound import MAGIC, CompoundFile
from juesuan.final_accounts.readers.number_formats import GENERAL, from_serial, general, is_date, show, show_date
from juesuan.final_accounts.readers.stored import MAX_COLS, Stored, XlsRecords, XlsxParts, exact, key
from juesuan.final_accounts.readers.zipped import check_sizes, open_zip

T = TypeVar("T")
#: A merged range: its upper left and its lower right cell, rows and columns from 0.
_Range = tuple[tuple[int, int], tuple[int, int]]
_DAMAGED = "truncated or damaged; download it again"
#: The workbook stream of an .xls file, and that of Excel 5 and 95.
_STREAMS = ("Workbook", "Book")
_NAMED = 12  # so many rows or columns are named one by one in a note


@dataclass(frozen=True, slots=True)
class _Value:
    text: str
    number: Decimal | None = None


_BLANK = _Value("")


def read(data: bytes, limits: Limits) -> Reading:
    """Each sheet that is shown as a page: ``number`` its place in the book (hidden ones counted), ``name`` its name.

    A grid has every cell once, merged ones with their spans; empty rows and columns at its end are left out, those at
    its head stay. ``text`` is what the cell shows, ``number`` what it stores; a zero that its format hides has text ''.
    Hidden sheets, rows and columns are left out and named in ``notes``, as are formulas without a stored value. Where
    no sheet that is shown has content, the hidden ones are read. Raises ``UnreadableDocument`` and ``LimitExceeded``.
    """
    old = data.startswith(MAGIC)
    parts = _xls(data) if old else _xlsx(data, limits)
    if isinstance(parts, XlsRecords) and parts.locked:
        from juesuan.final_accounts.readers.converted import unlocked

        return unlocked(data, limits)
    seen = _Seen(parts, limits)
    if isinstance(parts, XlsRecords):
        for at in range(parts.sheets):  # calamine fills the sheets of such a book as it opens it
            seen.stored(at, str(at + 1))
    book = _ask(lambda: calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)))
    sheets = book.sheets_metadata
    if len(sheets) > limits.max_pages:
        raise LimitExceeded(f"the workbook has {len(sheets):,} sheets; the limit is {limits.max_pages:,} (max_pages)")
    shown: list[int] = []
    hidden: list[int] = []
    for at, sheet in enumerate(sheets):
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet:
            (shown if sheet.visible == calamine.SheetVisibleEnum.Visible else hidden).append(at)
    reader = _Reader(book, parts, seen)
    pages = [reader.page(at, sheets[at].name) for at in shown]
    names = ", ".join(sheets[at].name for at in hidden)
    if hidden and not any(page.blocks for page in pages):
        pages = [reader.page(at, sheets[at].name) for at in hidden]
        reader.notes.insert(0, f"no sheet that is shown has content; read hidden sheets: {names}")
    elif hidden:
        reader.notes.insert(0, f"hidden sheets left out: {names}")
    if not any(page.blocks for page in pages):
        pictures = parts.pictures
        why = "there are pictures in it: add the document they were taken from" if pictures else "add the one that has"
        raise UnreadableDocument(f"no sheet of the workbook has a cell with content; {why}")
    return Reading("office", XLS if old else XLSX, tuple(pages), tuple(reader.notes))


def _xlsx(data: bytes, limits: Limits) -> XlsxParts:
    archive = open_zip(data, limits)
    check_sizes(data, archive)
    return XlsxParts(archive)


def _xls(data: bytes) -> XlsRecords:
    compound = CompoundFile(data)
    name = next((name for name in _STREAMS if name in compound.streams), None)
    if name is None:
        raise UnreadableDocument(f"there is no workbook in it: {_DAMAGED}")
    return XlsRecords(compound.read(name))


def _ask(question: Callable[[], T]) -> T:
    """What calamine answers; its errors, and its panics on damaged files, as ours."""
    try:
        return question()
    except calamine.PasswordError as error:
        raise UnreadableDocument(
            "the workbook is encrypted: open it with its password, save it without one, and add that"
        ) from error
    except (calamine.CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise UnreadableDocument(f"the workbook cannot be opened ({error}): {_DAMAGED}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of no public class, and not an Exception
            raise
        raise UnreadableDocument(f"the workbook cannot be opened: {_DAMAGED}") from error


class _Seen:
    """The sheets as they are stored, looked at before calamine is asked: it fills the whole rectangle of a sheet."""

    def __init__(self, parts: XlsxParts | XlsRecords, limits: Limits) -> None:
        self._parts = parts
        self._limits = limits
        self._cells = 0
        self._sheets: dict[int, Stored] = {}

    def stored(self, at: int, name: str) -> Stored:
        """The sheet at this place of the book. Raises ``LimitExceeded`` where it is too much with those before."""
        if at in self._sheets:
            return self._sheets[at]
        found = self._sheets[at] = self._parts.stored(at)
        self._cells += found.rows * found.cols
        if self._cells > self._limits.max_cells:
            raise LimitExceeded(
                f"sheet {name} reaches to row {found.rows:,} and column {found.cols:,}, {self._cells:,} cells with"
                f" those before; the limit is {self._limits.max_cells:,} (max_cells)"
            )
        return found


class _Reader:
    def __init__(self, book: calamine.CalamineWorkbook, parts: XlsxParts | XlsRecords, seen: _Seen) -> None:
        self._book = book
        self._parts = parts
        self._seen = seen
        self.notes: list[str] = []

    def page(self, at: int, name: str) -> Page:
        """The sheet at this place of the book; without a block where it is empty."""
        stored = self._seen.stored(at, name)
        sheet = _ask(lambda: self._book.get_sheet_by_index(at))
        rows = _ask(lambda: sheet.to_python(skip_empty_area=False))
        merged = _ask(lambda: sheet.merged_cell_ranges) or []
        values = [
            [_BLANK if value == "" else self._value(value, stored, r, c) for c, value in enumerate(row)]
            for r, row in enumerate(rows)
        ]
        for place, error in stored.errors.items():
            r, c = divmod(place, MAX_COLS)
            if r < len(values) and c < len(values[r]):
                values[r][c] = _Value(error)
        self._hide(values, stored, name, merged)
        if stored.without_value:
            self.notes.append(f"sheet {name}: {stored.without_value:,} formulas without stored values, read as blank")
        grid = _grid(values, merged, at + 1)
        return Page(at + 1, None, None, () if grid is None else (grid,), name=name)

    def _value(self, value: Any, stored: Stored, row: int, col: int) -> _Value:
        if isinstance(value, str):
            text = value.replace("\r\n", "\n").replace("\r", "\n")
            return _Value(text) if text.strip() else _BLANK
        if isinstance(value, bool):
            return _Value("TRUE" if value else "FALSE")
        at = key(row, col)
        code = stored.formats.get(at, GENERAL)
        number = stored.numbers.get(at)
        if isinstance(value, date | time | timedelta):
            if number is None or is_date(code):
                return _Value(show_date(value, code))
        elif number is None:
            number = exact(value)
        assert number is not None
        if is_date(code):
            when = from_serial(number, self._parts.from_1904)
            return _Value(show_date(when, code) if when is not None else general(number))
        return _Value(show(number, code), number)

    def _hide(self, values: list[list[_Value]], stored: Stored, name: str, merged: Sequence[_Range]) -> None:
        """Blank what stands in hidden rows and columns; say which of them had content.

        A merged range shows its text as long as any part of it does: a title over a hidden column stays.
        """
        if not stored.hidden_rows and not stored.hidden_cols:
            return
        seen = {
            key(top, left)
            for (top, left), (bottom, right) in merged
            if _any_shown(top, min(bottom, stored.rows), stored.hidden_rows)
            and _any_shown(left, min(right, stored.cols), stored.hidden_cols)
        }
        rows, cols = set(), set()
        for r, row in enumerate(values):
            for c, value in enumerate(row):
                if value is _BLANK or key(r, c) in seen:
                    continue
                if r in stored.hidden_rows:
                    rows.add(r)
                elif c in stored.hidden_cols:
                    cols.add(c)
                else:
                    continue
                row[c] = _BLANK
        if rows:
            self.notes.append(f"sheet {name}: hidden rows left out: {_listed(str(r + 1) for r in sorted(rows))}")
        if cols:
            self.notes.append(f"sheet {name}: hidden columns left out: {_listed(map(_letters, sorted(cols)))}")


def _any_shown(first: int, last: int, hidden: set[int]) -> bool:
    return any(at not in hidden for at in range(first, last + 1))


def _listed(names: Iterable[str]) -> str:
    all_names = list(names)
    more = f" and {len(all_names) - _NAMED:,} more" if len(all_names) > _NAMED else ""
    return ", ".join(all_names[:_NAMED]) + more


def _letters(col: int) -> str:
    letters = ""
    col += 1
    while col:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _grid(values: Sequence[Sequence[_Value]], merged: Iterable[_Range], page: int) -> Grid | None:
    """The cells up to the last row and the last column that have content; None where none has."""
    n_rows = max((r + 1 for r, row in enumerate(values) if any(v is not _BLANK for v in row)), default=0)
    n_cols = max((c + 1 for row in values for c, v in enumerate(row) if v is not _BLANK), default=0)
    if not n_rows:
        return None
    spans: dict[int, tuple[int, int]] = {}
    covered: set[int] = set()
    for (top, left), (bottom, right) in merged:
        if top >= n_rows or left >= n_cols or bottom < top or right < left:
            continue
        bottom, right = min(bottom, n_rows - 1), min(right, n_cols - 1)
        inside = [key(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]
        if len(inside) < 2 or any(at in covered or at in spans for at in inside):
            continue  # ranges that overlap are damage; the first one holds
        spans[inside[0]] = (bottom - top + 1, right - left + 1)
        covered.update(inside[1:])
    cells = []
    for r in range(n_rows):
        row = values[r]
        for c in range(n_cols):
            at = key(r, c)
            if at in covered:
                continue
            value = row[c] if c < len(row) else _BLANK
            height, width = spans.get(at, (1, 1))
            cells.append(GridCell(r, c, height, width, value.text, number=value.number))
    return Grid(page, n_rows, n_cols, tuple(cells))
