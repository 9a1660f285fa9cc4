"""Grids and lines -> which form, which rows, which columns -> cells.

Belongs here: finding the tables of the form by title, header words, row labels and codes, and giving every figure its
row and column. Does not belong here: the words of any form (``forms/tables.yml``), reading documents, the narrative.

Two shapes of table arrive: a grid, where the box decides the column, and flattened text, where the order of the
figures does. Both end in the same rows of the same columns. A figure that finds no column is reported as unassigned;
it is never dropped or squeezed in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from juesuan.final_accounts.forms import Column, Form, Furniture, Line, Side, load_forms, title_of
from juesuan.final_accounts.model import (
    Box,
    Cell,
    Grid,
    GridCell,
    Method,
    MoneyUnit,
    Reading,
    ReportTable,
    Span,
    TableState,
    TextLine,
    UnassignedNumber,
    UnrecognisedTable,
)
from juesuan.final_accounts.numbers import FIGURE, NO_FIGURE, parse_figure
from juesuan.final_accounts.text import bare, label

Block = TextLine | Grid

_CODE = re.compile(r"\d{3}(?:\d{2}){0,2}")
_CODE_PART = re.compile(r"\d{2,7}")
_CODE_AND_NAME = re.compile(r"(\d{3}(?:\d{2}){0,2})(\D.*)")
_HAS_FIGURE = re.compile(r"\d")
_DECIMAL = re.compile(r"\d\.\d")
# Headings end a flattened table; lines of the form begin with the same ordinals but do not say 情况 or 说明.
_CHAPTER = re.compile(r"第[一二三四五六七八九十]{1,3}(?:部分|章)|附件\d?[:：]?$|名词解释$")
_HEADING = re.compile(r"(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]{1,3}\)).*(?:说明|情况|解释)[。:]?$")
_OTHER_TITLE = re.compile(r".{2,60}表(?:\(.{1,12}\))?(?:续表|续)?")
_INDICATORS = re.compile(r"指标|绩效|自评")
_WORD_OR_NUMBER = re.compile(rf"{FIGURE}|[^\d\s]+|\S")


@dataclass(frozen=True, slots=True)
class Recognition:
    """What the tables of one report gave. ``rest`` is every block outside tables, in order, for the narrative."""

    tables: tuple[ReportTable, ...]
    cells: tuple[Cell, ...]
    unrecognised: tuple[UnrecognisedTable, ...]
    unassigned: tuple[UnassignedNumber, ...]
    rest: tuple[Block, ...]
    money_unit: MoneyUnit | None


@dataclass(slots=True)
class _Figure:
    """A printed text at its place, on the way to becoming a cell."""

    text: str
    col: int
    page: int | None
    line: int | None = None
    span: Span | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class _Slot:
    """A figure column of a table as read: which column of the form, which side, and its printed header."""

    column: str
    side: str | None
    path: tuple[str, ...]


@dataclass(slots=True)
class _Layout:
    """Roles of the columns of a grid, and where they stand, so that a continuation page can be read alike."""

    slots: dict[int, _Slot]
    labels: dict[int, Literal["code", "name", "line"]]
    sides: dict[int, str]
    blocks: list[tuple[list[int], int]]
    edges: list[float] | None
    n_cols: int


@dataclass(slots=True)
class _Table:
    """A table being read."""

    form: Form
    number: int
    title: str
    printed_number: str | None
    unit: MoneyUnit | None
    pages: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    layout: _Layout | None = None
    parent: dict[str, str | None] = field(default_factory=dict)
    last_label: dict[str, str] = field(default_factory=dict)
    row_no: int = 0
    reason: str | None = None
    unread: bool = False


# --- small helpers --------------------------------------------------------------------------------------------------


def _clean(text: str) -> str:
    """A label as printed, without the white space that wrapping and justified printing leave."""
    return re.sub(r"\s+", "", text)


def _is_number_row(words: Sequence[str]) -> bool:
    """1, 2, 3 ... in the order of the columns: the numbers of columns, never figures."""
    digits = [w for w in words if w.isdigit()]
    return len(digits) >= 2 and [int(d) for d in digits] == list(range(int(digits[0]), int(digits[0]) + len(digits)))


def _matches(column: Column, path: Sequence[str]) -> int:
    """How well a header path names a column: the depth of the word that does, from 1; 0 if none does."""
    best = 0
    for depth, word in enumerate(path, 1):
        if word in column.words and not any(w in column.under_not for w in path[: depth - 1]):
            best = max(best, depth)
        if word in column.group_words and any(w in column.group for w in path[: depth - 1]):
            best = max(best, depth + 1)
    return best


def _header_word(text: str) -> str:
    """A header cell in comparable form: without a trailing column number or money unit in brackets."""
    return re.sub(r"\((?:\d{1,2}|栏次\d*|万?元)\)$", "", bare(text)) if text else ""


class Recogniser:
    """Walks the blocks of one report once."""

    def __init__(self, reading: Reading, unit_name: str | None, fiscal_year: int | None) -> None:
        self.forms = load_forms()
        self.words: Furniture = self.forms.furniture
        self.method: Method = reading.method
        self.unit_name = unit_name
        self.fiscal_year = fiscal_year
        self.blocks: list[Block] = [b for page in reading.pages for b in page.blocks]
        self.tables: list[_Table] = []
        self.rest: list[Block] = []
        self.unassigned: list[UnassignedNumber] = []
        self.unrecognised: list[UnrecognisedTable] = []
        self.open: _Table | None = None

    # --- the walk ---------------------------------------------------------------------------------------------------

    def run(self) -> Recognition:
        pending: list[TextLine] = []
        i = 0
        while i < len(self.blocks):
            block = self.blocks[i]
            if isinstance(block, Grid):
                pending = self._grid(block, pending)
                i += 1
                continue
            key = title_of(block.text, self.unit_name)
            if key is not None and (end := self._flattened_extent(i, key)):
                i = self._flattened(i, end, key, pending)
                pending = []
                continue
            if self.open is not None and self._note(block, pending):
                i += 1
                continue
            pending.append(block)
            i += 1
        self.rest.extend(pending)
        return self._result()

    def _note(self, line: TextLine, pending: Sequence[TextLine]) -> bool:
        """Take a line under a table as its note. A note goes on until a title, a heading or the next page."""
        table = self.open
        assert table is not None
        text = bare(line.text)
        if any(not self.words.page.fullmatch(p.text.strip()) for p in pending):
            return False
        begins = self.words.note.match(text) is not None
        goes_on = bool(table.notes) and not (
            _CHAPTER.match(text)
            or _HEADING.fullmatch(text)
            or self._is_furniture(line)
            or title_of(line.text, self.unit_name)
            or (line.page is not None and line.page not in table.pages)
        )
        says_empty = not table.notes and bool(self.words.no_activity.search(text)) and len(text) < 120
        if not (begins or goes_on or says_empty) or len(table.notes) > 11:
            return False
        if self.words.page.fullmatch(line.text.strip()):
            return False
        if begins or says_empty or not table.notes:
            table.notes.append(line.text.strip())
        else:
            table.notes[-1] += line.text.strip()
        return True

    def _is_furniture(self, line: TextLine) -> bool:
        """表1, 单位：万元, the name of the unit over a table, a page number: said around a table, not in it."""
        text = bare(line.text)
        return bool(
            self.words.money_unit.search(text)
            and len(text) < 60
            or self.words.printed_number.fullmatch(text)
            or self.words.page.fullmatch(line.text.strip())
            or re.match(r"(?:编制|公开|填报)?(?:部门|单位)(?:名称)?[:：]", text)
        )

    def _furniture_above(self, pending: Sequence[TextLine]) -> list[int]:
        """Which of the lines above a title belong to it: 表2, 单位：万元; a chapter heading may stand between."""
        found: list[int] = []
        for k in range(len(pending) - 1, -1, -1):
            if self._is_furniture(pending[k]):
                found.insert(0, k)
            elif not _CHAPTER.match(bare(pending[k].text)):
                break
        return found

    def _unit_in(self, texts: Iterable[str]) -> MoneyUnit | None:
        for text in texts:
            if found := self.words.money_unit.search(bare(text)):
                return found.group(1)  # type: ignore[return-value]
        return None

    def _number_in(self, texts: Iterable[str]) -> str | None:
        for text in texts:
            if found := self.words.printed_number.match(bare(text)):
                return found.group(0)
        return None

    def _begin(self, key: str, title: str, around: Sequence[str], page: int | None) -> _Table:
        table = _Table(
            form=self.forms.tables[key],
            number=len(self.tables) + 1,
            title=title,
            printed_number=self._number_in([*around, title]),
            unit=self._unit_in(around),
            pages=[page] if page is not None else [],
        )
        self.tables.append(table)
        self.open = table
        return table

    # --- grids ------------------------------------------------------------------------------------------------------

    def _grid(self, grid: Grid, pending: list[TextLine]) -> list[TextLine]:
        """Read one grid with the lines that stand above it; gives the lines still pending (none)."""
        key, title, at = self._title_above(pending)
        own = [p for p in pending[at:] if self._is_furniture(p) or title_of(p.text, self.unit_name)] if at >= 0 else []
        if key is None and title is None and self._continues(grid, pending):
            self.rest.extend(p for p in pending if not self._is_furniture(p))
            self._read_grid(self.open, grid)  # type: ignore[arg-type]
            return []
        if key is None and title is None:
            key = self._by_header(grid)
            title = self.forms.tables[key].chinese if key else None
            own = [p for p in pending[-4:] if self._is_furniture(p)]
        if key is None:
            self._leave(grid, pending, title)
            return []
        above = self._furniture_above(pending[: max(at, 0)])
        own = [pending[k] for k in above] + own
        taken = {id(p) for p in own}
        if at >= 0:
            taken |= {id(p) for p in pending[at:] if not _CHAPTER.match(bare(p.text))}
        self.rest.extend(p for p in pending if id(p) not in taken)
        table = self.open
        if table is None or table.form.key != key or not self._same_table_again(pending[at].text if at >= 0 else ""):
            heads = [c.text for c in grid.cells if c.row <= 1]
            table = self._begin(key, _clean(title or ""), [p.text for p in own] + heads, grid.page)
        self._read_grid(table, grid)
        return []

    def _same_table_again(self, title: str) -> bool:
        return bool(re.search(r"续", bare(title)[-5:]))

    def _title_above(self, pending: Sequence[TextLine]) -> tuple[str | None, str | None, int]:
        """The nearest title above a grid: (key or None, title or None, where it begins); (None, None, -1) if none."""
        for at in range(len(pending) - 1, max(-1, len(pending) - 9), -1):
            text = pending[at].text
            if key := title_of(text, self.unit_name):
                return key, text.strip(), at
            if at + 1 < len(pending):
                both = text.strip() + pending[at + 1].text.strip()
                if key := title_of(both, self.unit_name):
                    return key, both, at
            plain = bare(text)
            if not self._is_furniture(pending[at]) and _OTHER_TITLE.fullmatch(plain):
                return None, text.strip(), at
        return None, None, -1

    def _continues(self, grid: Grid, pending: Sequence[TextLine]) -> bool:
        """Whether a grid without a title goes on with the open table: nothing but furniture between, like columns."""
        table = self.open
        if table is None or table.layout is None or not all(self._is_furniture(p) for p in pending):
            return False
        if grid.page is not None and table.pages and not 0 <= grid.page - table.pages[-1] <= 1:
            return False
        if grid.n_cols == table.layout.n_cols:
            return True
        edges, own = table.layout.edges, _edges(grid)
        if not edges or not own:
            return False
        near = sum(any(abs(x - e) < 4 for e in edges) for x in own)
        return near >= max(3, len(own) - 1)

    def _by_header(self, grid: Grid) -> str | None:
        """The one form whose header this grid carries, when no title says so; None if none or several do."""
        found = []
        for form in self.forms.tables.values():
            layout = self._layout(form, grid, self._header_rows(form, grid))
            if layout is None or not layout.slots:
                continue
            keys = {s.column for s in layout.slots.values()}
            wanted = {
                "coded": len(keys) >= 3,
                "paired": len({s.side for s in layout.slots.values()}) == 2,
                "economic": False,
                "single": len(keys) >= 6,
            }[form.kind]
            free = grid.n_cols - len(layout.slots) - len(layout.labels)
            if wanted and free == 0:
                found.append((len(keys), form.key))
        found.sort(reverse=True)
        if not found or (len(found) > 1 and found[0][0] == found[1][0]):
            return None
        return found[0][1]

    def _leave(self, grid: Grid, pending: Sequence[TextLine], title: str | None) -> None:
        """A grid that is no table of the form: kept whole as unrecognised if it prints figures, else for the text."""
        self.open = None
        self.rest.extend(pending)
        texts = [c.text for c in grid.cells]
        if any(_DECIMAL.search(t) for t in texts) and not any(_INDICATORS.search(t) for t in [*texts, title or ""]):
            rows = [[""] * grid.n_cols for _ in range(grid.n_rows)]
            for cell in grid.cells:
                rows[cell.row][cell.col] = cell.text
            self.unrecognised.append(
                UnrecognisedTable(
                    title=title or "",
                    pages=(grid.page,) if grid.page is not None else (),
                    grid=tuple(tuple(r) for r in rows),
                    reason="no form has this title" if title else "no title above it, and its header is of no one form",
                )
            )
            return
        self.rest.append(grid)

    def _read_grid(self, table: _Table, grid: Grid) -> None:
        if grid.page is not None and grid.page not in table.pages:
            table.pages.append(grid.page)
        form = table.form
        header = self._header_rows(form, grid)
        layout = self._layout(form, grid, header) if header else None
        if layout is None or not layout.slots:
            if table.layout is None:
                table.unread = True
                table.reason = "the header names no column of the form"
                self._report_all(table, grid)
                return
            layout, header = _moved(table.layout, grid), 0
        table.layout = table.layout or layout
        rows = _rows(grid)
        for r in range(header, grid.n_rows):
            self._grid_row(table, layout, rows[r])
        table.row_no += grid.n_rows

    def _report_all(self, table: _Table, grid: Grid) -> None:
        for cell in grid.cells:
            if parse_figure(cell.text) is not None and not _CODE.fullmatch(cell.text.strip()):
                self._unplaced(table, cell.text, cell.text, grid.page, None, table.reason or "")

    def _header_rows(self, form: Form, grid: Grid) -> int:
        """How many rows from the top are header. 合计 is a label only under a label column."""
        known = {w for s in form.sides for w in s.lines} if form.sides else set()
        above: dict[int, list[str]] = {}
        label_columns: set[int] = set()
        last_header = 0
        rows: dict[int, list[GridCell]] = {}
        for cell in grid.cells:
            rows.setdefault(cell.row, []).append(cell)
        for r in range(grid.n_rows):
            cells = rows.get(r, [])
            texts = [_header_word(c.text) for c in cells]
            if form.kind == "single":
                if any(t and not t.isdigit() and self._is_header_word(form, t) for t in texts):
                    last_header = r + 1
                elif _is_number_row(texts) and not any(_DECIMAL.search(t) for t in texts):
                    last_header = r + 1
                continue
            if _is_number_row([t for t in texts if t]) and not any(_DECIMAL.search(t) for t in texts):
                last_header = r + 1
                continue
            for cell, text in zip(cells, texts, strict=True):
                spans = range(cell.col, cell.col + cell.col_span)
                if form.kind in ("coded", "economic"):
                    if _CODE.fullmatch(text) or _CODE_AND_NAME.fullmatch(text) or _DECIMAL.search(text):
                        return r
                    over = any(c in label_columns for c in spans)
                    if text in self.words.totals and (over or (cell.col == 0 and r > 0)):
                        return r
                    if form.lines and label(text) in form.lines and text not in self.words.totals:
                        return r
                elif _DECIMAL.search(text) or (label(text) in known and not self._is_header_word(form, text)):
                    return r
                if text in self.words.code or text in self.words.name:
                    label_columns.update(spans)
                for c in spans:
                    above.setdefault(c, []).append(text)
            if any(texts):
                last_header = r + 1
            elif last_header and r - last_header >= 1 and form.kind != "paired":
                break
        return last_header

    def _is_header_word(self, form: Form, text: str) -> bool:
        w = self.words
        if text in w.group or text in w.code or text in w.name or text in w.line:
            return True
        columns = (*form.columns, *(c for s in form.sides for c in s.columns))
        if any(text in c.words or text in c.group or text in c.group_words for c in columns):
            return True
        return any(text in words for facet in (form.facets or {}).values() for words in facet.values())

    def _layout(self, form: Form, grid: Grid, header: int) -> _Layout | None:
        if not header:
            return None
        paths: list[list[str]] = [[] for _ in range(grid.n_cols)]
        printed: list[list[str]] = [[] for _ in range(grid.n_cols)]
        for cell in sorted(grid.cells, key=lambda c: (c.row, c.col)):
            if cell.row >= header or not cell.text.strip():
                continue
            for c in range(cell.col, min(cell.col + cell.col_span, grid.n_cols)):
                paths[c].append(_header_word(cell.text))
                printed[c].append(_clean(cell.text))
        layout = _Layout({}, {}, {}, [], _edges(grid), grid.n_cols)
        if form.kind == "single":
            self._facet_slots(form, paths, printed, layout)
        elif form.kind == "paired":
            self._paired_slots(form, paths, printed, layout)
        else:
            self._slots(form.columns, paths, printed, layout, repeat=form.kind == "economic")
        return layout

    def _label_role(self, path: Sequence[str]) -> Literal["code", "name", "line"] | None:
        for word in reversed(path):
            if word in self.words.line:
                return "line"
            if word in self.words.code:
                return "code"
            if word in self.words.name:
                return "name"
        return None

    def _slots(
        self,
        columns: Sequence[Column],
        paths: Sequence[Sequence[str]],
        printed: Sequence[Sequence[str]],
        layout: _Layout,
        *,
        repeat: bool,
    ) -> None:
        labels: list[int] = []
        scored: list[tuple[int, int, str]] = []
        for c, path in enumerate(paths):
            best = max(((_matches(col, path), col.key) for col in columns), default=(0, ""))
            role = self._label_role(path)
            deepest = path[-1] if path else ""
            if best[0] and not (role and (deepest in self.words.code or deepest in self.words.line)):
                scored.append((c, best[0], best[1]))
                if repeat:
                    layout.blocks.append((labels, c))
                    labels = []
            elif role or not path:
                layout.labels[c] = role or "name"
                labels.append(c)
        used = Counter(key for _, _, key in scored)
        for c, depth, key in scored:
            if not repeat and used[key] > 1:
                rivals = [d for _, d, k in scored if k == key]
                if depth < max(rivals) or rivals.count(max(rivals)) > 1:
                    continue
            layout.slots[c] = _Slot(key, None, tuple(printed[c]))
        if not repeat:
            layout.blocks = [(labels, -1)]

    def _paired_slots(
        self, form: Form, paths: Sequence[Sequence[str]], printed: Sequence[Sequence[str]], layout: _Layout
    ) -> None:
        seen_items = 0
        for c, path in enumerate(paths):
            role = self._label_role(path)
            said = next((s.name for s, word in zip(form.sides, ("收入", "支出"), strict=True)
                         if path and path[0].startswith(word)), None)  # fmt: skip
            if role == "name":
                seen_items += 1
            side = said or (form.sides[0].name if seen_items <= 1 else form.sides[1].name)
            layout.sides[c] = side
            if role:
                layout.labels[c] = role
                continue
            columns = next(s.columns for s in form.sides if s.name == side)
            depth, key = max(((_matches(col, path), col.key) for col in columns), default=(0, ""))
            if depth and not any(s.column == key and s.side == side for s in layout.slots.values()):
                layout.slots[c] = _Slot(key, side, tuple(printed[c]))

    def _facet_slots(
        self, form: Form, paths: Sequence[Sequence[str]], printed: Sequence[Sequence[str]], layout: _Layout
    ) -> None:
        assert form.facets is not None
        for c, path in enumerate(paths):
            item = _deepest(form.facets["item"], path)
            stage = _deepest(form.facets["stage"], path)
            if item and stage:
                layout.slots[c] = _Slot(f"{item}_{stage}", None, tuple(printed[c]))
            elif self._label_role(path):
                layout.labels[c] = "name"

    def _grid_row(self, table: _Table, layout: _Layout, row: dict[int, GridCell]) -> None:
        kind = table.form.kind
        if not any(c.text.strip() for c in row.values()) and kind != "single":
            return
        row_no = table.row_no + min((c.row for c in row.values()), default=0)
        if kind == "paired":
            for side in table.form.sides:
                self._paired_row(table, layout, row, row_no, side)
        elif kind == "economic":
            for labels, amount in layout.blocks:
                self._coded_row(table, layout, row, row_no, labels, [amount])
        elif kind == "coded":
            self._coded_row(table, layout, row, row_no, list(layout.labels), list(layout.slots))
        else:
            self._single_row(table, layout, row, row_no)
        self._strays(table, layout, row)

    def _strays(self, table: _Table, layout: _Layout, row: Mapping[int, GridCell]) -> None:
        """Figures in columns that the header did not name."""
        for c, cell in row.items():
            if c in layout.slots or c in layout.labels or cell.col != c:
                continue
            if _HAS_FIGURE.search(cell.text):
                reason = "the header of its column is not in the form"
                self._unplaced(table, cell.text, cell.text, None, cell.box, reason)

    def _figures(self, layout: _Layout, row: Mapping[int, GridCell], columns: Iterable[int], page: int | None) -> list[_Figure]:
        found = []
        for c in columns:
            cell = row.get(c)
            if cell is not None:
                found.append(_Figure(cell.text.strip(), c, page, box=cell.box))
        return found

    def _paired_row(
        self, table: _Table, layout: _Layout, row: Mapping[int, GridCell], row_no: int, side: Side
    ) -> None:
        names = [c for c, role in layout.labels.items() if role == "name" and layout.sides.get(c) == side.name]
        text = next((row[c].text for c in names if c in row and row[c].text.strip()), "")
        columns = [c for c, slot in layout.slots.items() if slot.side == side.name]
        page = table.pages[-1] if table.pages else None
        figures = self._figures(layout, row, columns, page)
        if not text.strip():
            for figure in figures:
                if _HAS_FIGURE.search(figure.text):
                    self._unplaced(table, figure.text, figure.text, page, figure.box, "its row has no label")
            return
        if not re.search(r"\w", label(text)):
            return
        row_key, line_key = self._line(table, side, text)
        for figure in figures:
            self._cell(table, row_key, text, line_key, layout.slots[figure.col], figure, row_no)

    def _line(self, table: _Table, side: Side, text: str) -> tuple[str, str | None]:
        """Row key and line key of a label on one side; a line under another carries its parent."""
        name = label(text)
        parent = table.parent.get(side.name)
        if parent is not None:
            owner = side.lines[parent]
            child = next((ch for ch in owner.children if name in ch.labels), None)
            if child is not None:
                return f"{side.name}:{parent}/{name}", child.key
        line = side.lines.get(name)
        if re.match(r"(?:[一二三四五六七八九十]+、)?其中[:：]?", bare(text)) and table.last_label.get(side.name):
            above = table.last_label[side.name]
            owner_line: Line | None = side.lines.get(above)
            child = next((ch for ch in owner_line.children if name in ch.labels), None) if owner_line else None
            return f"{side.name}:{above}/{name}", child.key if child else None
        table.parent[side.name] = name if line is not None and line.children else None
        table.last_label[side.name] = name
        return f"{side.name}:{name}", line.key if line else None

    def _coded_row(
        self,
        table: _Table,
        layout: _Layout,
        row: Mapping[int, GridCell],
        row_no: int,
        labels: Sequence[int],
        columns: Sequence[int],
    ) -> None:
        page = table.pages[-1] if table.pages else None
        code, names, seen = "", [], set()
        for c in labels:
            cell = row.get(c)
            if cell is None or id(cell) in seen:
                continue
            seen.add(id(cell))
            text = bare(cell.text)
            if not text:
                continue
            if layout.labels.get(c) == "line":
                continue
            if _CODE_PART.fullmatch(text) and layout.labels.get(c) != "name":
                code = text if code and text.startswith(code) else code + text
            elif _CODE_PART.fullmatch(text) and not code and _CODE.fullmatch(text):
                code = text
            elif not code and (both := _CODE_AND_NAME.fullmatch(text)):
                code = both.group(1)
                names.append(re.sub(r"^\s*\d+\s*", "", cell.text))
            elif not (text in self.words.code and layout.labels.get(c) == "code"):
                names.append(cell.text)
        figures = self._figures(layout, row, columns, page)
        name = "".join(names)
        plain = label(name)
        if _CODE.fullmatch(code):
            row_key = code
        elif not code and (plain in self.words.totals or (table.form.lines and plain in table.form.lines)):
            row_key = "合计" if plain in self.words.totals else plain
        else:
            for figure in figures:
                if _HAS_FIGURE.search(figure.text):
                    why = f"its row has no code of the form ({code or name or 'no label'})"
                    self._unplaced(table, figure.text, f"{code} {name} {figure.text}".strip(), page, figure.box, why)
            return
        line = (table.form.lines or {}).get(plain)
        for figure in figures:
            self._cell(table, row_key, name, line.key if line else None, layout.slots[figure.col], figure, row_no)

    def _single_row(self, table: _Table, layout: _Layout, row: Mapping[int, GridCell], row_no: int) -> None:
        page = table.pages[-1] if table.pages else None
        figures = self._figures(layout, row, list(layout.slots), page)
        names = [row[c].text for c in layout.labels if c in row and row[c].text.strip()]
        stated = any(f.text for f in figures)
        if any(c.row_key == table.form.row for c in table.cells) and (not stated or not names):
            for figure in figures:
                if _HAS_FIGURE.search(figure.text):
                    self._unplaced(table, figure.text, figure.text, page, figure.box, "a second row without a label")
            return
        own = label(names[0]) if names else ""
        row_key = table.form.row if not own or own in self.words.totals else own
        for figure in figures:
            self._cell(table, row_key or "", "".join(names) or (row_key or ""), None, layout.slots[figure.col], figure, row_no)

    # --- cells ------------------------------------------------------------------------------------------------------

    def _cell(
        self, table: _Table, row_key: str, text: str, line_key: str | None, slot: _Slot, figure: _Figure, row_no: int
    ) -> None:
        printed = figure.text.strip()
        got = parse_figure(printed) if printed else None
        if printed and got is None and bare(printed) not in NO_FIGURE:
            numbers = re.findall(FIGURE, printed)
            for number in numbers:
                self._unplaced(table, number, printed, figure.page, figure.box, "the cell does not print one figure", figure.line)
        if any(c.row_key == row_key and c.column_key == slot.column for c in table.cells):
            if printed:
                self._unplaced(table, printed, f"{_clean(text)} {printed}", figure.page, figure.box,
                               f"a second figure for {row_key}/{slot.column}", figure.line)  # fmt: skip
            return
        table.cells.append(
            Cell(
                table_key=table.form.key,
                table_no=table.number,
                row_key=row_key,
                row_label=_clean(text),
                line_key=line_key,
                column_key=slot.column,
                value_text=printed,
                value=got.value if got else None,
                precision=got.precision if got else None,
                money_unit=None,
                money_unit_source=None,
                page=figure.page,
                row_no=row_no,
                col_no=figure.col,
                line=figure.line,
                span=figure.span,
                box=figure.box,
                header_path=slot.path,
                method=self.method,
            )
        )

    def _unplaced(
        self, table: _Table, text: str, quote: str, page: int | None, box: Box | None, reason: str, line: int | None = None
    ) -> None:
        where = page if page is not None else (table.pages[-1] if table.pages else None)
        self.unassigned.append(
            UnassignedNumber(text.strip(), _clean(quote), where, line, table_key=table.form.key, reason=reason)
        )

    # --- flattened text ---------------------------------------------------------------------------------------------

    def _flattened_extent(self, i: int, key: str) -> int:
        """Where the flattened table that begins with the title at block ``i`` ends (exclusive); 0 if it is none."""
        form = self.forms.tables[key]
        end, text = i + 1, []
        while end < len(self.blocks):
            block = self.blocks[end]
            if isinstance(block, Grid):
                return 0 if end - i < 8 else end
            plain = bare(block.text)
            if _CHAPTER.match(plain) or _HEADING.fullmatch(plain):
                break
            other = title_of(block.text, self.unit_name)
            if other is not None and (other != key or not self._same_table_again(block.text)):
                break
            if self.words.note.match(plain):
                break
            if len(plain) > 60 and plain.endswith("。"):
                break
            text.append(plain)
            end += 1
        head = "".join(text[:40])
        columns = (*form.columns, *(c for s in form.sides for c in s.columns))
        if form.facets:
            words: Iterable[object] = [w for facet in form.facets.values() for ws in facet.values() for w in ws.plain]
            found = sum(str(w) in head for w in set(words))
            return end if found >= 4 else 0
        found = sum(any(w in head for w in c.words.plain | c.group_words.plain) for c in columns)
        furnished = any(w in head for w in ("项目", "科目", "编码", "栏次", "行次"))
        return end if found >= min(2, len(columns)) and furnished else 0

    def _flattened(self, i: int, end: int, key: str, pending: list[TextLine]) -> int:
        """Read the flattened table in blocks [i, end); gives the index of the block after it."""
        form = self.forms.tables[key]
        own = self._furniture_above(pending)
        self.rest.extend(p for k, p in enumerate(pending) if k not in own)
        around = [pending[k].text for k in own]
        first = self.blocks[i]
        assert isinstance(first, TextLine)
        lines: list[TextLine] = [b for b in self.blocks[i + 1 : end] if isinstance(b, TextLine)]
        # 单位：万元 and 表2 at the tail stand over the next table, not under this one.
        tail = len(lines)
        while tail and self._is_furniture(lines[tail - 1]):
            tail -= 1
        body, after = lines[:tail], lines[tail:]
        near = [line.text for line in body[:3] if self._is_furniture(line)]
        table = self._begin(key, _clean(first.text), [*around, *near], first.page)
        for line in body:
            if line.page is not None and line.page not in table.pages:
                table.pages.append(line.page)
        from juesuan.final_accounts.flattened import read_flattened

        read_flattened(self, table, [b for b in body if not self._is_furniture(b)])
        if after:
            return end - len(after)
        return end

    # --- the result -------------------------------------------------------------------------------------------------

    def _result(self) -> Recognition:
        units = Counter(t.unit for t in self.tables if t.unit)
        common: MoneyUnit | None = units.most_common(1)[0][0] if units else None
        tables, cells = [], []
        for table in self.tables:
            unit = table.unit or common
            source: Literal["printed", "inferred"] | None = "printed" if table.unit else "inferred" if common else None
            state, reason = self._state(table)
            tables.append(
                ReportTable(
                    table_key=table.form.key,
                    table_no=table.number,
                    title=table.title,
                    state=state,
                    money_unit=unit,
                    money_unit_source=source,
                    notes=tuple(table.notes),
                    pages=tuple(table.pages),
                    printed_number=table.printed_number,
                    reason=reason,
                )
            )
            cells.extend(_with_unit(c, unit, source) for c in table.cells)
        have = {t.form.key for t in self.tables}
        for form in self.forms.tables.values():
            if form.key in have:
                continue
            owed = form.owed_in(self.fiscal_year)
            why = "the report has no such table" if owed else "not required in that fiscal year"
            tables.append(ReportTable(form.key, 0, form.chinese, "missing" if owed else "not_required", reason=why))
        return Recognition(
            tuple(tables),
            tuple(cells),
            tuple(self.unrecognised),
            tuple(self.unassigned),
            tuple(self.rest),
            common,
        )

    def _state(self, table: _Table) -> tuple[TableState, str | None]:
        said = " ".join(table.notes)
        if table.unread:
            return "unreadable", table.reason
        if all(not c.value for c in table.cells):
            if self.words.no_activity.search(bare(said)):
                return "no_activity", said
            if self.words.withheld.search(bare(said)):
                return "withheld", said
        if not table.cells:
            return "unreadable", table.reason or "no row of the form was found under its title"
        return "present", table.reason


def _with_unit(cell: Cell, unit: MoneyUnit | None, source: Literal["printed", "inferred"] | None) -> Cell:
    from dataclasses import replace

    return replace(cell, money_unit=unit, money_unit_source=source)


def _deepest(facet: Mapping[str, object], path: Sequence[str]) -> str | None:
    """The name in a facet whose word stands deepest in a header path."""
    best, found = 0, None
    for name, words in facet.items():
        for depth, word in enumerate(path, 1):
            if word in words and depth > best:  # type: ignore[operator]
                best, found = depth, name
    return found


def _edges(grid: Grid) -> list[float] | None:
    """The x of every column border, left to right; None where the grid has no boxes."""
    at: dict[int, float] = {}
    for cell in grid.cells:
        if cell.box is None:
            return None
        at.setdefault(cell.col, cell.box[0])
        at.setdefault(cell.col + cell.col_span, cell.box[2])
    return [at[c] for c in sorted(at)]


def _rows(grid: Grid) -> list[dict[int, GridCell]]:
    """For each row, the cell that covers each column (a cell over several rows counts in its first)."""
    rows: list[dict[int, GridCell]] = [{} for _ in range(grid.n_rows)]
    for cell in grid.cells:
        for c in range(cell.col, cell.col + cell.col_span):
            rows[cell.row][c] = cell
    return rows


def _moved(layout: _Layout, grid: Grid) -> _Layout:
    """The layout of a table on a continuation page: by position where the columns differ in number."""
    if grid.n_cols == layout.n_cols or not layout.edges:
        return layout
    own = _edges(grid)
    if not own or len(own) != grid.n_cols + 1:
        return layout
    to: dict[int, int] = {}
    for c in range(grid.n_cols):
        middle = (own[c] + own[c + 1]) / 2
        for k in range(layout.n_cols):
            if layout.edges[k] <= middle < layout.edges[k + 1]:
                to[k] = c
    return _Layout(
        {to[k]: s for k, s in layout.slots.items() if k in to},
        {to[k]: r for k, r in layout.labels.items() if k in to},
        {to[k]: s for k, s in layout.sides.items() if k in to},
        [([to[k] for k in labels if k in to], to.get(a, -1)) for labels, a in layout.blocks],
        own,
        grid.n_cols,
    )


def recognise(reading: Reading, *, unit_name: str | None = None, fiscal_year: int | None = None) -> Recognition:
    """Find the tables of the form in a reading and place every figure.

    ``unit_name`` (as printed) lets titles carry the unit's name; ``fiscal_year`` decides which tables are owed.
    """
    return Recogniser(reading, unit_name, fiscal_year).run()
