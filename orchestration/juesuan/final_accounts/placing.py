"""A table of the form while it is being read: its rows, columns and figures on their way to becoming cells.

Belongs here: what reading a grid and reading flattened text have in common. Does not belong here: how either finds
rows and columns, and the words of any form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

from juesuan.final_accounts import numbers
from juesuan.final_accounts.forms import Form, Furniture, Side, load_forms
from juesuan.final_accounts.model import (
    Box,
    Cell,
    FigureDoesNotFit,
    Method,
    MoneyUnit,
    PlacedBy,
    RecognisedBy,
    ReportTable,
    Span,
    TableState,
    UnassignedNumber,
)
from juesuan.final_accounts.text import bare, label

CODE = re.compile(r"\d{3}(?:\d{2}){0,2}")
HAS_DIGIT = re.compile(r"\d")
HAS_DECIMAL = re.compile(r"\d\.\d")
HAS_AMOUNT = re.compile(r"\d\.\d|\d,\d{3}")

UnitSource = Literal["printed", "inferred"]


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """A label as printed, without the white space that wrapping and justified printing leave."""
    return re.sub(r"\s+", "", text)


class Figure(NamedTuple):
    """The text of one figure column of one row, blank or not, at its place."""

    text: str
    col: int
    page: int | None
    line: int | None = None
    span: Span | None = None
    box: Box | None = None
    number: Decimal | None = None
    confidence: Decimal | None = None
    placed_by: PlacedBy = "position"


@dataclass(frozen=True, slots=True)
class Slot:
    """A figure column as read: the column of the form, the side of a paired table, the header as printed."""

    column: str
    side: str | None = None
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class OpenTable:
    """A table being read. ``number`` is its order in the document; ``unassigned`` is shared by the whole report."""

    form: Form
    number: int
    title: str
    method: Method
    unassigned: list[UnassignedNumber]
    printed_number: str | None = None
    unit: MoneyUnit | None = None
    pages: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    row_no: int = 0
    first_row: int = 0  # of the grid being read, within what the document stores as one
    heading: str = ""  # the last label without figures, under which the rows of an open table stand
    last_code: str = ""  # of the row above, whose first parts the next row may leave out
    reason: str | None = None
    recognised_by: RecognisedBy | None = None
    unread: bool = False
    layout: Any = None  # of grids.Layout, for continuation pages
    pending: list[Any] = field(default_factory=list)  # of identities.RowsRead: rows that order does not place
    _cells: list[dict[str, Any]] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _parent: dict[str, str | None] = field(default_factory=dict)
    _over: dict[str, str | None] = field(default_factory=dict)
    _last: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> Furniture:
        return load_forms().furniture

    @property
    def page(self) -> int | None:
        """The page being read."""
        return self.pages[-1] if self.pages else None

    @property
    def cells(self) -> Sequence[dict[str, Any]]:
        """The cells placed so far, by the fields of ``Cell``."""
        return self._cells

    def in_order(self) -> None:
        """Put cells that were placed late where their rows and columns stand."""
        self._cells.sort(key=lambda cell: (cell["row_no"], cell["col_no"]))

    def has_row(self, row_key: str) -> bool:
        return any(row == row_key for row, _ in self._seen)

    @property
    def rows(self) -> frozenset[str]:
        """The keys of the rows read so far."""
        return frozenset(row for row, _ in self._seen)

    def place(
        self,
        row_key: str,
        name: str,
        line_key: str | None,
        slot: Slot,
        figure: Figure,
        row_no: int,
        *,
        counted: bool = False,
    ) -> None:
        """Put one figure (or blank) in its row and column; what is no single figure, or comes twice, is reported.

        ``counted``: it counts vehicles or people, so it has no unit of money and the decimals that it prints.
        """
        printed = figure.text.strip() if counted else self._shown(figure)
        if (row_key, slot.column) in self._seen:
            if printed and bare(printed) not in numbers.NO_FIGURE:
                quote = f"{clean(name)} {printed}"
                self.report(printed, quote, f"a second figure for {row_key}/{slot.column}", figure)
            return
        got = self._parsed(printed, figure, name)
        self._seen.add((row_key, slot.column))
        self._cells.append(
            {
                "table_key": self.form.key,
                "table_no": self.number,
                "row_key": row_key,
                "row_label": clean(name),
                "line_key": line_key,
                "column_key": slot.column,
                "value_text": printed,
                "value": got.value if got else None,
                "precision": got.precision if got else None,
                "page": figure.page,
                "row_no": row_no,
                "col_no": figure.col,
                "line": figure.line,
                "span": figure.span,
                "box": figure.box,
                "header_path": slot.path,
                "method": self.method,
                "confidence": figure.confidence,
                "placed_by": figure.placed_by,
                "stored_text": stored_text(figure.number, got),
                "counted": counted,
            }
        )

    def _shown(self, figure: Figure) -> str:
        """The figure as printed; a number that a workbook shows as it stores it, with the decimals of its column."""
        printed = figure.text.strip()
        if figure.number is None or self.method != "office" or self.form.decimals is None:
            return printed  # a page prints what it shows, whatever it stores beside it
        return numbers.with_decimals(printed, figure.number, self.form.decimals)

    def _parsed(self, printed: str, figure: Figure, name: str) -> numbers.Figure | None:
        """The figure that a cell prints; what is too long for the warehouse, or no single figure, is reported."""
        if not printed:
            return None
        try:
            got = numbers.parse_figure(printed)
        except FigureDoesNotFit as problem:
            self.report(printed, f"{clean(name)} {printed}", str(problem), figure)
            return None
        if got is None and bare(printed) not in numbers.NO_FIGURE:
            for number in re.findall(numbers.FIGURE, printed):
                self.report(number, printed, "the cell does not print one figure", figure)
        if got is not None and figure.number is not None and got.value > 0 > figure.number:
            # a format may show what is below zero by its colour alone
            return numbers.Figure(-got.value, got.precision)
        return got

    def complete(self, slots: Sequence[Slot], name: str, figures: Sequence[Figure]) -> bool:
        """Give the rest of a row that a page break cut to the last row of the same columns.

        Only where each figure of the rest meets a blank there; else nothing is changed and False comes back.
        """
        columns = {(slot.column, figure.col) for slot, figure in zip(slots, figures, strict=True)}
        last = next((c for c in reversed(self._cells) if (c["column_key"], c["col_no"]) in columns), None)
        if last is None:
            return False
        row = {c["column_key"]: c for c in self._cells if c["row_key"] == last["row_key"]}
        meets = [(row.get(slot.column), figure) for slot, figure in zip(slots, figures, strict=True)]
        if any(figure.text and (cell is None or cell["value_text"]) for cell, figure in meets):
            return False
        for cell, figure in meets:
            if cell is not None and figure.text:
                printed = self._shown(figure)
                got = self._parsed(printed, figure, name)
                cell.update(value_text=printed, value=got.value if got else None)
                cell.update(precision=got.precision if got else None)
                cell.update(page=figure.page, box=figure.box, line=figure.line, span=figure.span)
        for cell in row.values():
            cell["row_label"] += clean(name)
        return True

    def complete_line(self, side: Side, rest: str) -> bool:
        """Give the rest of a name that a page break cut to the last row of that side, where both together are a line
        of the form and the first part alone is none; else nothing is changed and False comes back.
        """
        last = next((c for c in reversed(self._cells) if c["row_key"].startswith(f"{side.name}:")), None)
        if last is None or last["line_key"] is not None:
            return False
        name, cut = clean(last["row_label"] + rest), last["row_key"]
        over = self._over.get(side.name)  # what the cut row stood under, before its first part ended that
        if label(name) not in side.lines and not (over and side.child(over, label(name))):
            return False
        self._parent[side.name] = over
        row_key, line_key = self.line_of(side, name)
        for cell in self._cells:
            if cell["row_key"] == cut:
                cell.update(row_key=row_key, row_label=name, line_key=line_key)
        self._seen = {(row_key if row == cut else row, column) for row, column in self._seen}
        return True

    def report(
        self, text: str, quote: str, reason: str, at: Figure | None = None, candidates: tuple[str, ...] = ()
    ) -> None:
        """List a figure that found no place; ``candidates`` are the addresses of the cells it may stand in."""
        page = at.page if at is not None and at.page is not None else self.page
        line = at.line if at is not None else None
        self.unassigned.append(
            UnassignedNumber(text.strip(), clean(quote), page, line, self.form.key, reason, candidates)
        )

    def line_of(self, side: Side, text: str) -> tuple[str, str | None]:
        """Row key and line key of a label on one side of a paired table; a line under another carries its parent."""
        name = label(text)
        parent = self._over[side.name] = self._parent.get(side.name)
        if parent is not None and (key := side.child(parent, name)):
            return f"{side.name}:{parent}/{name}", key
        above = self._last.get(side.name)
        if above and re.match(r"(?:[一二三四五六七八九十]+、)?其中[:：]?", bare(text)):
            return f"{side.name}:{above}/{name}", side.child(above, name)
        line = side.lines.get(name)
        self._parent[side.name] = name if line is not None and line.children else None
        self._last[side.name] = name
        return f"{side.name}:{name}", line.key if line else None

    def parent_on(self, side: Side) -> str | None:
        """The label under which the rows of that side now stand, if any."""
        return self._parent.get(side.name)

    def coded_line(self, code: str, name: str) -> tuple[str | None, str | None]:
        """Row key and line key of a row known by code, or by the label of a total; (None, None) if by neither."""
        plain = label(name)
        lines = self.form.lines or {}
        line = lines.get(plain)
        if CODE.fullmatch(code):
            return code, None
        if not code and plain in self.words.totals:
            return "合计", line.key if line else None
        if not code and line is not None:
            return plain, line.key
        return None, None

    def finish(self, common: MoneyUnit | None) -> tuple[ReportTable, list[Cell]]:
        """The record of the table and its cells; ``common`` is the report's unit, for a table that prints none."""
        unit = self.unit or common
        source: UnitSource | None = "printed" if self.unit else "inferred" if common else None
        for cell in self._cells:
            # fen in no more than twelve characters fit in any unit
            short = len(cell["value_text"]) <= 12 and (cell["precision"] or 0) <= 2
            if cell["value"] is not None and not short and not numbers.holds(cell["value"], unit):
                at = Figure(cell["value_text"], cell["col_no"], cell["page"], cell["line"])
                self.report(
                    at.text, f"{cell['row_label']} {at.text}", f"more digits than {unit} holds in yuan and fen", at
                )
                cell["value"] = cell["precision"] = None
        state, reason = self.state()
        record = ReportTable(
            table_key=self.form.key,
            table_no=self.number,
            title=self.title,
            state=state,
            money_unit=unit,
            money_unit_source=source,
            notes=tuple(self.notes),
            pages=tuple(self.pages),
            printed_number=self.printed_number,
            reason=reason,
            recognised_by=self.recognised_by,
        )
        cells = []
        for cell in self._cells:
            money = (None, None) if cell.pop("counted") else (unit, source)
            cells.append(Cell(**cell, money_unit=money[0], money_unit_source=money[1]))
        return record, cells

    def state(self) -> tuple[TableState, str | None]:
        """What the table is by what has been placed and said so far, and why."""
        said = " ".join(self.notes)
        empty = not self._cells and self.words.no_activity.search(bare(said)) is not None
        if self.unread and not (empty and all(one.table_key != self.form.key for one in self.unassigned)):
            return "unreadable", self.reason
        if not any(c["value"] for c in self._cells):
            if self.words.no_activity.search(bare(said)):
                return "no_activity", said
            if self.words.withheld.search(bare(said)):
                return "withheld", said
        if not self._cells:
            return "unreadable", self.reason or "no row of the form was found under its title"
        return "present", self.reason


def stored_text(number: Decimal | None, shown: numbers.Figure | None) -> str | None:
    """The number that a workbook stores, where it is another than the figure that its cell shows."""
    if number is None or (shown is not None and shown.value == number):
        return None
    return numbers.plain(number)


def header_word(text: str) -> str:
    """A header cell in comparable form: without a trailing column number or money unit in brackets."""
    return re.sub(r"\((?:\d{1,2}|栏次\d*|万?元)\)$", "", bare(text)) if text else ""


def is_header_word(form: Form, words: Furniture, text: str) -> bool:
    """Whether a word stands in headers of this form."""
    if text in words.group or text in words.code or text in words.name or text in words.line:
        return True
    if any(text in c.words or text in c.group or text in c.group_words for c in form.all_columns):
        return True
    return any(text in names for facet in (form.facets or {}).values() for names in facet.values())


def is_header_line(form: Form, text: str) -> bool:
    """Whether a line holds nothing but words of the header of this form, whole or in pieces as wrapping leaves them."""
    pieces = [bare(piece) for piece in text.split()]
    vocabulary = words_of_header(form.key)
    return bool(pieces) and all(any(piece in word for word in vocabulary) for piece in pieces if not piece.isdigit())


@cache
def words_of_header(key: str) -> frozenset[str]:
    """Every plain word that may stand in a header of that table."""
    form, words = load_forms().tables[key], load_forms().furniture
    found = words.group.plain | words.code.plain | words.name.plain | words.line.plain | words.column_number.plain
    for column in form.all_columns:
        found = found | column.words.plain
        for group, under in column.groups:
            found = found | group.plain | under.plain
    for facet in (form.facets or {}).values():
        for names in facet.values():
            found = found | names.plain
    return found


def counts_up(words: Sequence[str]) -> bool:
    """1, 2, 3 ... in the order of the columns: the numbers of columns, never figures or codes."""
    digits = [int(w) for w in words if w.isdigit()]
    return len(digits) >= 2 and digits == list(range(1, len(digits) + 1))
