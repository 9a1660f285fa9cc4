"""Where on each page what was seen lies: the boxes to outline, each with its state, and the words beside them.

Belongs here: from the grids and lines of a reading and the records of its extractions to marks on pages. Does not
belong here: drawing them (``pages``). Boxes are in points from the upper left corner of the page as it is seen.

A cell of a grid is known again by its box: recognition hands the boxes of the reader on as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from juesuan.final_accounts.forms import load_forms
from juesuan.final_accounts.model import (
    Box,
    Cell,
    Extraction,
    Grid,
    GridCell,
    Page,
    Reading,
    ReportTable,
    TextLine,
    UnassignedNumber,
    UnrecognisedTable,
)
from juesuan.final_accounts.numbers import NO_FIGURE
from juesuan.final_accounts.text import bare

#: What a box holds: a figure placed by position or by identity, one of recognised print that nothing confirms, one
#: without a place, a data cell without a figure; a label or header; a cell of a table that no form matches; one of a
#: grid that is read as text; a line of text that statements were read from.
State = Literal[
    "position", "identity", "unconfirmed", "unassigned", "blank", "label", "unrecognised", "text", "statement"
]

#: So high, in points, is a key of a column as it is printed over it.
KEY_HEIGHT = 9.0
#: So much of what a grid prints has to stand in an unknown table for the grid to be a part of it.
_SAME = 0.9


@dataclass(frozen=True, slots=True)
class Mark:
    """One box with its state."""

    state: State
    box: Box


@dataclass(frozen=True, slots=True)
class Tag:
    """A key to print beside a row (``at`` is the middle of its height) or over a column (``at`` is its box)."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of one table that stands on a page: where, what it is called, the keys of its rows and columns.

    ``left`` and ``right`` are the keys of its rows, to stand on that side; ``inside`` those of blocks between others.
    ``below``: the keys of the columns stand under it, where they cover no print.
    """

    caption: str
    says: str
    box: Box
    state: State
    columns: tuple[Tag, ...] = ()
    left: tuple[Tag, ...] = ()
    right: tuple[Tag, ...] = ()
    inside: tuple[Tag, ...] = ()
    below: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page to draw. ``part`` is the file of an archive that it stands in; ``index`` counts from 0 within that file.

    ``file`` is the name of the picture to write.
    """

    number: int
    part: str | None
    index: int
    width: float
    height: float
    file: str
    marks: tuple[Mark, ...] = ()
    pieces: tuple[Piece, ...] = ()


def unrecognised_key(number: int) -> str:
    """What an unknown table is called in an explanation, from 1: U1."""
    return f"U{number}"


def sheets_of(reading: Reading, extractions: Sequence[Extraction]) -> tuple[Sheet, ...]:
    """Every page that has an extent, with what was seen on it; none for documents that have no pages to draw."""
    count: dict[str | None, int] = {}
    digits = max(3, len(str(len(reading.pages))))
    seen = [_Records(extraction) for extraction in extractions]
    sheets = []
    for page in reading.pages:
        index = count.get(page.part, 0)
        count[page.part] = index + 1
        if page.number is None or not page.width or not page.height:
            continue
        file = f"page-{page.number:0{digits}}.png"
        drawing = _Drawing(page, seen)
        marks, pieces = drawing.run()
        sheets.append(Sheet(page.number, page.part, index, page.width, page.height, file, marks, pieces))
    return tuple(sheets)


@dataclass(slots=True)
class _Records:
    """The records of one report by the page on which they stand."""

    extraction: Extraction
    tables: dict[int, ReportTable] = field(default_factory=dict)
    cells: dict[int, list[Cell]] = field(default_factory=dict)
    lines: dict[int, set[int]] = field(default_factory=dict)
    unassigned: dict[int, list[UnassignedNumber]] = field(default_factory=dict)
    unrecognised: dict[int, list[tuple[str, UnrecognisedTable]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = self.extraction
        self.tables = {table.table_no: table for table in found.report.tables if table.table_no}
        for cell in found.cells:
            if cell.page is not None and cell.box is not None:
                self.cells.setdefault(cell.page, []).append(cell)
        for statement in found.statements:
            if statement.page is not None and statement.line is not None:
                self.lines.setdefault(statement.page, set()).add(statement.line)
        for number in found.unassigned_numbers:
            if number.page is not None:
                self.unassigned.setdefault(number.page, []).append(number)
        for at, table in enumerate(found.unrecognised_tables, 1):
            for page in table.pages:
                self.unrecognised.setdefault(page, []).append((unrecognised_key(at), table))


class _Drawing:
    """What was seen on one page."""

    def __init__(self, page: Page, reports: Sequence[_Records]) -> None:
        assert page.number is not None
        self.page = page
        self.grids = [block for block in page.blocks if isinstance(block, Grid)]
        self.lines = [block for block in page.blocks if isinstance(block, TextLine)]
        self.reports = reports
        self.number = page.number
        self.marks: list[Mark] = []
        self.pieces: list[Piece] = []

    def run(self) -> tuple[tuple[Mark, ...], tuple[Piece, ...]]:
        placed = {cell.box: cell for records in self.reports for cell in records.cells.get(self.number, ())}
        drawn: dict[Box, Box] = {}  # of each cell that is drawn, the box of the table around it
        heads: dict[Box, Box] = {}  # of each data cell, the box of the cell with which its row begins
        for grid in self.grids:
            own = [cell for cell in grid.cells if cell.box is not None]
            data = [cell for cell in own if cell.box in placed]
            if not data:
                self._other_grid(grid, own)
                continue
            whole = _around(cell.box for cell in own if cell.box)
            alone = len({placed[cell.box].table_no for cell in data}) == 1
            for cell in own:
                assert cell.box is not None
                of = placed.get(cell.box)
                if of is not None or cell.text.strip():
                    self.marks.append(Mark(state_of(of) if of is not None else "label", cell.box))
                drawn[cell.box] = whole if alone else cell.box
            heads.update(_heads(own, data))
        for records in self.reports:
            self._tables(records, drawn, heads)
            self._statements(records.lines.get(self.number, set()))
        for records in self.reports:
            self._unassigned(records, placed)
        return tuple(self.marks), tuple(self.pieces)

    # --- tables -----------------------------------------------------------------------------------------------

    def _tables(self, records: _Records, drawn: Mapping[Box, Box], heads: Mapping[Box, Box]) -> None:
        """A piece for each table of the form; what is no cell of a grid is flattened text, known by its line."""
        by_table: dict[int, list[Cell]] = {}
        for cell in records.cells.get(self.number, ()):
            by_table.setdefault(cell.table_no, []).append(cell)
        for table_no, cells in by_table.items():
            table = records.tables[table_no]
            flat: dict[Box, State] = {}
            for cell in cells:
                assert cell.box is not None
                if cell.box not in drawn and (cell.value_text or cell.box not in flat):
                    flat[cell.box] = _worse(flat.get(cell.box), state_of(cell))
            self.marks += [Mark(state, box) for box, state in flat.items()]
            box = _around(drawn.get(cell.box, cell.box) for cell in cells if cell.box)
            piece = _piece(table, cells, box, heads, flattened=bool(flat))
            x0, top, x1, bottom = box
            covers = self._prints((x0, top - KEY_HEIGHT, x1, top)), self._prints((x0, bottom, x1, bottom + KEY_HEIGHT))
            self.pieces.append(replace(piece, below=covers == (True, False)))

    def _prints(self, strip: Box) -> bool:
        """Whether a line of text stands in a strip of the page."""
        x0, y0, x1, y1 = strip
        boxes = [line.box for line in self.lines if line.box is not None]
        return any(b[0] < x1 and b[2] > x0 and b[1] < y1 and b[3] > y0 for b in boxes)

    def _other_grid(self, grid: Grid, cells: Sequence[GridCell]) -> None:
        """A grid that gave no data cell: unknown, the empty rest of a table, or read as text."""
        if not cells:
            return
        box = _around(cell.box for cell in cells if cell.box)
        printed = [cell.text for cell in cells if cell.text.strip()]
        for records in self.reports:
            for key, table in records.unrecognised.get(self.number, ()):
                known = {text for row in table.grid for text in row}
                if sum(text in known for text in printed) >= _SAME * len(printed):
                    self._outline("unrecognised", cells)
                    self.pieces.append(Piece(key, f"no form: {table.state}", box, "unrecognised"))
                    return
            here = [t for t in records.tables.values() if self.number in t.pages]
            if len(here) == 1 and len(self.grids) == 1:
                self._outline("label", cells)
                self.pieces.append(_piece(here[0], (), box, {}))
                return
        self._outline("text", cells)
        self.pieces.append(Piece("text", "a grid of no table of the form, read as text", box, "text"))

    def _outline(self, state: State, cells: Iterable[GridCell]) -> None:
        self.marks += [Mark(state, cell.box) for cell in cells if cell.box is not None]

    # --- text ------------------------------------------------------------------------------------------------

    def _statements(self, numbers: set[int]) -> None:
        self.marks += [
            Mark("statement", line.box) for line in self.lines if line.line in numbers and line.box is not None
        ]

    def _unassigned(self, records: _Records, placed: Mapping[Box | None, Cell]) -> None:
        """Figures without a place: the cell that prints one, else its line. A table of which nothing else is on the
        page is named beside them.
        """
        captions = {piece.caption for piece in self.pieces}
        alone: dict[str, list[Box]] = {}
        for number in records.unassigned.get(self.number, ()):
            text = bare(number.text)
            boxes: list[Box] = []
            if number.table_key is not None and text:
                boxes = [
                    cell.box
                    for grid in self.grids
                    for cell in grid.cells
                    if cell.box is not None and text in bare(cell.text) and not _stands(placed.get(cell.box))
                ]
            if not boxes:
                boxes = [line.box for line in self.lines if line.line == number.line and line.box is not None]
            self.marks = [mark for mark in self.marks if mark.state != "label" or mark.box not in boxes]
            self.marks += [Mark("unassigned", box) for box in boxes]
            if boxes and number.table_key is not None and number.table_key not in captions:
                alone.setdefault(number.table_key, []).extend(boxes)
        for table in records.tables.values():
            if table.table_key in alone and self.number in table.pages:
                self.pieces.append(_piece(table, (), _around(alone.pop(table.table_key)), {}))


# --- one table --------------------------------------------------------------------------------------------------


def state_of(cell: Cell) -> State:
    """How a data cell is outlined."""
    if not cell.value_text:
        return "blank"
    if cell.value is None and bare(cell.value_text) not in NO_FIGURE:
        return "unassigned"
    if cell.confirmation == "unconfirmed":
        return "unconfirmed"
    return cell.placed_by


def _stands(cell: Cell | None) -> bool:
    """Whether a cell holds a figure that has its place."""
    return cell is not None and state_of(cell) in ("position", "identity", "unconfirmed")


_BY_CARE: tuple[State, ...] = ("blank", "position", "identity", "unconfirmed", "unassigned")


def _worse(one: State | None, other: State) -> State:
    """Of several figures in one line, the one that needs most care is shown."""
    return other if one is None else max(one, other, key=_BY_CARE.index)


def _piece(
    table: ReportTable, cells: Sequence[Cell], box: Box, heads: Mapping[Box, Box], *, flattened: bool = False
) -> Piece:
    key = table.table_key or "?"
    form = load_forms().tables.get(key)
    figures = sum(bool(cell.value_text) for cell in cells)
    says = [f"{form.name if form else ''} ({table.state})"]
    if table.recognised_by:
        says.append(f"known by its {table.recognised_by.replace('_', ' ')}")
    if flattened:
        says.append("flattened text")
    says.append(f"here {figures} figures, {len(cells) - figures} blank")
    columns = () if flattened else tuple(_columns(cells))
    left, right, inside = _rows(cells, heads)
    return Piece(key, ", ".join(says), box, "label", columns, left, right, inside)


def _columns(cells: Iterable[Cell]) -> Iterator[Tag]:
    """The key of each column, over its first cell on the page."""
    first: dict[tuple[int, str], Box] = {}
    for cell in cells:
        assert cell.box is not None
        before = first.get((cell.col_no, cell.column_key))
        if before is None or cell.box[1] < before[1]:
            first[cell.col_no, cell.column_key] = cell.box
    for (col_no, key), box in first.items():
        yield Tag(ascii_key(key) or f"column {col_no + 1}", box)


def _rows(cells: Iterable[Cell], heads: Mapping[Box, Box]) -> tuple[tuple[Tag, ...], tuple[Tag, ...], tuple[Tag, ...]]:
    """The keys of the rows: those of the first block to stand left, of the last one right, of others within."""
    rows: dict[tuple[int, str], list[Cell]] = {}
    for cell in cells:
        rows.setdefault((cell.row_no, cell.row_key), []).append(cell)
    blocks = _blocks(rows.values())
    sides: tuple[list[Tag], list[Tag], list[Tag]] = [], [], []
    last = max(blocks.values(), default=0)
    for (row_no, row_key), own in rows.items():
        text = ascii_key(row_key) or ascii_key(own[0].line_key) or _total(row_key) or f"row {row_no + 1}"
        at = blocks[own[0].col_no]
        side = 0 if at == 0 else 1 if at == last else 2
        # Rows of a page that lies askew rise or fall: the cell nearest to it says where its key stands.
        nearest = max(own, key=lambda cell: cell.col_no) if side == 1 else min(own, key=lambda cell: cell.col_no)
        if nearest.box is not None:
            box = heads.get(nearest.box, nearest.box) if side == 0 else nearest.box
            sides[side].append(Tag(text, box))
    left, right, inside = map(tuple, sides)
    return left, right, inside


def _heads(cells: Sequence[GridCell], data: Iterable[GridCell]) -> Iterator[tuple[Box, Box]]:
    """For each data cell the cell with which its row begins, of those that are of this row alone."""
    first: dict[int, GridCell] = {}
    for cell in cells:
        if cell.row_span == 1 and (cell.row not in first or cell.col < first[cell.row].col):
            first[cell.row] = cell
    for cell in data:
        head = first.get(cell.row)
        if head is not None and head.box is not None and cell.box is not None:
            yield cell.box, head.box


def _blocks(rows: Iterable[Sequence[Cell]]) -> dict[int, int]:
    """The block, counted from 0 at the left, in which each column stands: columns that rows share are of one block."""
    sets: list[set[int]] = []
    for row in rows:
        own = {cell.col_no for cell in row}
        for other in [one for one in sets if one & own]:
            own |= other
            sets.remove(other)
        sets.append(own)
    return {column: at for at, own in enumerate(sorted(sets, key=min)) for column in own}


def _total(row_key: str) -> str | None:
    return "total" if bare(row_key) in load_forms().furniture.totals else None


def ascii_key(text: str | None) -> str | None:
    """A key that can be printed in any font; None for one in Chinese (the page itself prints that)."""
    return text if text and text.isascii() else None


def _around(boxes: Iterable[Box]) -> Box:
    some = list(boxes)
    return min(b[0] for b in some), min(b[1] for b in some), max(b[2] for b in some), max(b[3] for b in some)
