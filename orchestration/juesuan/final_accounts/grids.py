"""Tables of the form that arrive as grids: the box decides row and column.

Belongs here: which rows are header, which column is which, which row is which, on the first page of a table and on
the pages that continue it. Does not belong here: flattened text, titles, the words of any form.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from juesuan.final_accounts.forms import Column, Form, Furniture, Side, Words, load_forms
from juesuan.final_accounts.model import Grid, GridCell
from juesuan.final_accounts.numbers import NO_FIGURE, is_figure
from juesuan.final_accounts.placing import (
    CODE,
    HAS_DECIMAL,
    HAS_DIGIT,
    Figure,
    OpenTable,
    Slot,
    clean,
    counts_up,
    header_word,
    is_header_word,
)
from juesuan.final_accounts.text import bare, label

_CODE_PART = re.compile(r"\d{2,7}")
_CODE_AND_NAME = re.compile(r"(\d{3}(?:\d{2}){0,2})(\D.*)")

Role = Literal["code", "name", "line"]

#: In a column key: the item of the column is said by each row.
_BY_ROW = "*"


@dataclass(slots=True)
class Block:
    """Columns that belong together where a table prints several blocks side by side: labels, then their figures."""

    labels: list[int] = field(default_factory=list)
    amounts: list[int] = field(default_factory=list)
    side: Side | None = None


@dataclass(slots=True)
class Layout:
    """Roles of the columns of a grid, and where they stand, so that a continuation page can be read alike."""

    n_cols: int
    edges: list[float] | None
    slots: dict[int, Slot] = field(default_factory=dict)
    labels: dict[int, Role] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


# --- header -----------------------------------------------------------------------------------------------------------


def header_rows(form: Form, grid: Grid) -> int:
    """How many rows from the top are header; 0 where the grid begins with data."""
    words = load_forms().furniture
    rows: dict[int, list[GridCell]] = {}
    for cell in grid.cells:
        rows.setdefault(cell.row, []).append(cell)
    if form.kind == "single":
        return _header_of_single(form, words, rows)
    if form.kind == "open":
        return _header_of_open(words, rows)
    known = {w for s in form.sides for w in s.lines}
    label_columns: set[int] = set()
    header, numbered = 0, False
    for r in range(grid.n_rows):
        cells = rows.get(r, [])
        texts = [header_word(c.text) for c in cells]
        said = [t for t in texts if t]
        if not said:
            if header and form.kind != "paired":
                break
            continue
        if counts_up(said) and not any(HAS_DECIMAL.search(t) for t in said):
            header, numbered = r + 1, True
            continue
        if form.kind == "paired" and numbered:
            # numbers of columns end a header: below them a name is a row, or the rest of one that a page break cut off
            return r
        for cell, text in zip(cells, texts, strict=True):
            spans = range(cell.col, cell.col + cell.col_span)
            if form.kind == "paired":
                if HAS_DECIMAL.search(text) or (label(text) in known and not is_header_word(form, words, text)):
                    return r
            elif CODE.fullmatch(text) or _CODE_AND_NAME.fullmatch(text) or HAS_DECIMAL.search(text):
                return r
            elif text in words.totals:
                # 合计 also stands merged in headers: it is a label only under a label column
                if any(c in label_columns for c in spans) or (cell.col == 0 and r > 0):
                    return r
            elif form.lines and label(text) in form.lines:
                return r
            elif len(said) == 1 and header and not is_header_word(form, words, text):
                # the rest of a name that the page break cut off
                return r
            if text in words.code or text in words.name:
                label_columns.update(spans)
        header = r + 1
    return header


def _header_of_single(form: Form, words: Furniture, rows: Mapping[int, Sequence[GridCell]]) -> int:
    """The rows before the first that prints figures, or one item alone where the stages have been named before."""
    header, staged = 0, False
    facets = form.facets or {}
    for r, cells in sorted(rows.items()):
        said = [c for c in cells if c.text.strip()]
        texts = [header_word(c.text) for c in said]
        if any(HAS_DECIMAL.search(t) for t in texts):
            break
        if counts_up(texts):
            header = r + 1
            continue
        known = [t for t in texts if not t.isdigit() and is_header_word(form, words, t)]
        if not known:
            if staged and texts:
                break
            continue
        stages = any(t in names for t in known for names in facets["stage"].values())
        if staged and not stages and len(known) == 1 and said[0].col == 0:
            break
        staged = staged or stages
        header = r + 1
    return header


def _header_of_open(words: Furniture, rows: Mapping[int, Sequence[GridCell]]) -> int:
    """The rows before the first that prints a figure, a code, a total, or a label with nothing beside it."""
    header = 0
    for r, cells in sorted(rows.items()):
        texts = [t for c in cells if (t := header_word(c.text))]
        if not texts:
            continue
        numbers_columns = texts[0] in words.column_number or counts_up(texts)
        if numbers_columns and not any(HAS_DECIMAL.search(t) for t in texts):
            header = r + 1
            continue
        first = min((c for c in cells if c.text.strip()), key=lambda c: c.col)
        lone = len(texts) == 1 and header > 0 and first.col == 0 and first.col_span == 1 and first.row_span == 1
        is_row = any(is_figure(c.text) or c.number is not None for c in cells)
        is_total = header > 0 and first.col == 0 and texts[0] in words.totals
        if lone or is_row or is_total or any(bare(t) in NO_FIGURE for t in texts):
            break
        header = r + 1
    return header


def layout_of(form: Form, grid: Grid, header: int) -> Layout | None:
    """What the header says each column is; None where there is no header."""
    if not header:
        return None
    paths: list[list[str]] = [[] for _ in range(grid.n_cols)]
    printed: list[list[str]] = [[] for _ in range(grid.n_cols)]
    for cell in sorted(grid.cells, key=lambda c: (c.row, c.col)):
        if cell.row >= header or not cell.text.strip():
            continue
        for c in range(cell.col, min(cell.col + cell.col_span, grid.n_cols)):
            paths[c].append(header_word(cell.text))
            printed[c].append(clean(cell.text))
    layout = Layout(grid.n_cols, _edges(grid))
    if form.kind == "single":
        _facet_slots(form, paths, printed, layout)
    elif form.kind == "paired":
        _paired_slots(form, paths, printed, layout)
    elif form.kind == "open":
        _open_slots(form, grid, header, paths, printed, layout)
    else:
        _slots(form, paths, printed, layout)
    return layout


def _depth(column: Column, path: Sequence[str]) -> int:
    """How well a header path names a column: the deeper the word that does the better; 0 if none does.

    A word under a group of the column names it better than the same word alone, best where nothing stands between.
    """
    best = 0
    for depth, word in enumerate(path, 1):
        above = path[: depth - 1]
        if word in column.words and not any(w in column.under_not for w in above):
            best = 3 * depth
        for group, words in column.groups:
            if word in words and any(w in group for w in above):
                best = max(best, 3 * depth + (2 if above[-1] in group else 1))
    return best


def _role(path: Sequence[str]) -> Role | None:
    words = load_forms().furniture
    for word in reversed(path):
        if word in words.line:
            return "line"
        if word in words.code:
            return "code"
        if word in words.name:
            return "name"
    return None


def _slots(form: Form, paths: Sequence[Sequence[str]], printed: Sequence[Sequence[str]], layout: Layout) -> None:
    """Columns of a coded table, or of the blocks of an economic one."""
    words = load_forms().furniture
    labels: list[int] = []
    scored: list[tuple[int, int, str]] = []
    for c, path in enumerate(paths):
        depth, key = max(((_depth(col, path), col.key) for col in form.columns), default=(0, ""))
        role = _role(path)
        own = bool(path) and (path[-1] in words.code or path[-1] in words.line)
        if form.kind == "economic" and path and path[-1] in words.name:
            own = True  # 科目名称 under 人员经费 is the name column of a block, not its amount
        if depth and not own:
            scored.append((c, depth, key))
            if labels or not layout.blocks:
                layout.blocks.append(Block(labels))
                labels = []
            layout.blocks[-1].amounts.append(c)
        elif role or not path:
            layout.labels[c] = role or "name"
            labels.append(c)
    rivals: dict[str, list[int]] = {}
    for _, depth, key in scored:
        rivals.setdefault(key, []).append(depth)
    for c, depth, key in scored:
        # two columns of one name cannot be told apart: the deeper word wins, a tie leaves both unnamed
        if form.kind == "coded" and (depth < max(rivals[key]) or rivals[key].count(depth) > 1):
            continue
        layout.slots[c] = Slot(key, None, tuple(printed[c]))


def _paired_slots(form: Form, paths: Sequence[Sequence[str]], printed: Sequence[Sequence[str]], layout: Layout) -> None:
    """Blocks of a paired table: each begins with the column of its items; some years print a third one by nature."""
    items = 0
    block = Block(side=form.sides[0])
    layout.blocks.append(block)
    for c, path in enumerate(paths):
        role = _role(path)
        items += role == "name" and bool(block.amounts or not items)
        said = [s for s, word in zip(form.sides, ("收入", "支出"), strict=True) if path and path[0].startswith(word)]
        side = said[0] if said else form.sides[0 if items <= 1 else 1]
        if side is not block.side or (role == "name" and block.amounts):
            block = Block(side=side)
            layout.blocks.append(block)
        if role:
            layout.labels[c] = role
            block.labels.append(c)
            continue
        # a second block of one side divides the same total otherwise: by nature, not by class
        again = side.again if sum(b.side is side and bool(b.amounts) for b in layout.blocks[:-1]) else ()
        depth, key = max(((_depth(col, path), col.key) for col in again or side.columns), default=(0, ""))
        if depth and not any(s.column == key and s.side == side.name for s in layout.slots.values()):
            layout.slots[c] = Slot(key, side.name, tuple(printed[c]))
            block.amounts.append(c)


def _open_slots(
    form: Form,
    grid: Grid,
    header: int,
    paths: Sequence[Sequence[str]],
    printed: Sequence[Sequence[str]],
    layout: Layout,
) -> None:
    """Columns of a table whose columns are as printed: labels where its rows print words, figures elsewhere."""
    words: Counter[int] = Counter()
    figures: Counter[int] = Counter()
    for cell in grid.cells:
        text = bare(cell.text)
        if cell.row < header or not text or cell.col_span > 1:
            continue
        figure = cell.number is not None or is_figure(text) or text in NO_FIGURE
        (figures if figure else words)[cell.col] += 1
    block = Block()
    for c, path in enumerate(paths):
        role = _role(path)
        if role is None and (words[c] > figures[c] or (c == 0 and not figures[c])):
            role = "name"
        if role == "name" and figures[c] > words[c]:
            role = None
        if role:
            if block.amounts or not layout.blocks:
                block = Block()
                layout.blocks.append(block)
            layout.labels[c] = role
            block.labels.append(c)
            continue
        if not layout.blocks:
            layout.blocks.append(block)
        said = [w for k, w in enumerate(path) if (k == 0 or w != path[k - 1]) and not w.isdigit()]
        depth, key = max(((_depth(col, path), col.key) for col in form.columns), default=(0, ""))
        layout.slots[c] = Slot(key if depth else "/".join(said) or str(c), None, tuple(printed[c]))
        block.amounts.append(c)


def _facet_slots(form: Form, paths: Sequence[Sequence[str]], printed: Sequence[Sequence[str]], layout: Layout) -> None:
    assert form.facets is not None
    told = {c: found for c, path in enumerate(paths) if (found := _deepest(form.budget_stages or {}, path))}
    for c, path in enumerate(paths):
        item = _deepest(form.facets["item"], path)
        stage = _deepest(form.facets["stage"], path)
        if stage == "budget" and len(set(told.values())) > 1:
            # two budgets beside each other are two stages
            stage = told.get(c, stage)
        if item and stage:
            layout.slots[c] = Slot(form.column_of(item, stage), None, tuple(printed[c]))
        elif stage:
            # the items stand down the side: each row says which
            layout.slots[c] = Slot(f"{_BY_ROW}_{stage}", None, tuple(printed[c]))
        elif _role(path):
            layout.labels[c] = "name"


def _deepest(facet: Mapping[str, Words], path: Sequence[str]) -> str | None:
    """The name in a facet whose word stands deepest in a header path; 小计 under a name is that name itself."""
    found = None
    for word in path:
        if found is None or word not in ("小计", "合计"):
            found = next((name for name, words in facet.items() if word in words), found)
    return found


def names_all_columns(form: Form, grid: Grid) -> bool:
    """Whether the header of a grid is that of a form: every column of figures named, and no other."""
    layout = layout_of(form, grid, header_rows(form, grid))
    if layout is None or len(layout.slots) + len(layout.labels) != grid.n_cols:
        return False
    return len(layout.slots) >= min(2, len(form.all_columns))


def form_by_header(grid: Grid) -> str | None:
    """The one form whose header this grid carries, when no title says so; None if none or several do."""
    found: Counter[str] = Counter()
    for form in load_forms().tables.values():
        layout = layout_of(form, grid, header_rows(form, grid))
        if layout is None or form.kind in ("economic", "open"):
            continue
        keys = {s.column for s in layout.slots.values()}
        both_sides = len({s.side for s in layout.slots.values()}) == 2
        enough = {"coded": len(keys) >= 3, "paired": both_sides, "single": len(keys) >= 6}[form.kind]
        if enough and grid.n_cols == len(layout.slots) + len(layout.labels):
            found[form.key] = len(keys)
    ranked = found.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


# --- continuation pages -----------------------------------------------------------------------------------------------


def _edges(grid: Grid) -> list[float] | None:
    """The x of every column border, left to right; None where the grid has no boxes."""
    at: dict[int, float] = {}
    for cell in grid.cells:
        if cell.box is None:
            return None
        at.setdefault(cell.col, cell.box[0])
        at.setdefault(cell.col + cell.col_span, cell.box[2])
    return [at[c] for c in sorted(at)]


def like_columns(layout: Layout, grid: Grid) -> bool:
    """Whether a grid has the columns of a layout: as many, or with their borders where the layout has some."""
    if grid.n_cols == layout.n_cols:
        return True
    own = _edges(grid)
    if not layout.edges or not own:
        return False
    near = sum(any(abs(x - e) < 4 for e in layout.edges) for x in own)
    return near >= max(3, len(own) - 1)


def _moved(layout: Layout, grid: Grid) -> Layout:
    """The layout on a continuation page: by position where the columns differ in number."""
    own = _edges(grid)
    if grid.n_cols == layout.n_cols or not layout.edges or not own or len(own) != grid.n_cols + 1:
        return layout
    to: dict[int, int] = {}
    for c in range(grid.n_cols):
        middle = (own[c] + own[c + 1]) / 2
        for k, (left, right) in enumerate(zip(layout.edges, layout.edges[1:], strict=False)):
            if left <= middle < right:
                to[k] = c
    return Layout(
        grid.n_cols,
        own,
        {to[k]: slot for k, slot in layout.slots.items() if k in to},
        {to[k]: role for k, role in layout.labels.items() if k in to},
        [
            Block([to[k] for k in b.labels if k in to], [to[k] for k in b.amounts if k in to], b.side)
            for b in layout.blocks
        ],
    )


# --- rows -------------------------------------------------------------------------------------------------------------


def read_grid(table: OpenTable, grid: Grid) -> None:
    """Read one grid (the first of its table or one that continues it) into ``table``."""
    if grid.page is not None and grid.page not in table.pages:
        table.pages.append(grid.page)
    table.first_row = grid.first_row
    header = header_rows(table.form, grid)
    layout = layout_of(table.form, grid, header)
    goes_on = table.layout is not None
    if layout is None or not layout.slots:
        if table.layout is None:
            # the caller keeps the grid as it is
            table.unread, table.reason = True, "the header names no column of the form"
            return
        layout, header = _moved(table.layout, grid), 0
    table.layout = table.layout or layout
    for r, row in enumerate(_rows(grid)):
        if r >= header:
            # a page may break within a row: its rest is then the first row of the next page
            _row(table, layout, row, table.row_no + r, rest=goes_on and r == header)
    table.row_no += grid.n_rows


def _rows(grid: Grid) -> list[dict[int, GridCell]]:
    """For each row, the cell that covers each column (a cell over several rows counts in its first)."""
    rows: list[dict[int, GridCell]] = [{} for _ in range(grid.n_rows)]
    for cell in grid.cells:
        for c in range(cell.col, cell.col + cell.col_span):
            rows[cell.row][c] = cell
    return rows


def _row(table: OpenTable, layout: Layout, row: Mapping[int, GridCell], row_no: int, *, rest: bool) -> None:
    kind = table.form.kind
    if kind == "single":
        _single_row(table, layout, row, row_no)
    elif not any(c.text.strip() for c in row.values()):
        return
    elif kind == "paired":
        for block in layout.blocks:
            _paired_row(table, layout, row, row_no, block, rest=rest)
    elif kind == "open":
        for block in layout.blocks:
            _open_row(table, layout, row, row_no, block)
    elif kind == "economic":
        for block in layout.blocks:
            _coded_row(table, layout, row, row_no, block.labels, block.amounts, rest=rest)
    else:
        _coded_row(table, layout, row, row_no, list(layout.labels), list(layout.slots), rest=rest)
    for c, cell in row.items():
        if c not in layout.slots and c not in layout.labels and cell.col == c and HAS_DIGIT.search(cell.text):
            table.report(cell.text, cell.text, "the header of its column is not in the form", _figure(table, cell, c))


def _figure(table: OpenTable, cell: GridCell, col: int) -> Figure:
    # a document without boxes is addressed by the row of its own table or sheet
    line = None if cell.box is not None else table.first_row + cell.row + 1
    return Figure(cell.text.strip(), col, table.page, line, None, cell.box, cell.number, cell.confidence)


def _figures(table: OpenTable, row: Mapping[int, GridCell], columns: Iterable[int]) -> list[Figure]:
    return [_figure(table, row[c], c) for c in columns if c in row]


def _unlabelled(table: OpenTable, figures: Iterable[Figure], reason: str, quote: str = "") -> None:
    for figure in figures:
        if HAS_DIGIT.search(figure.text):
            table.report(figure.text, f"{quote} {figure.text}", reason, figure)


def _paired_row(
    table: OpenTable, layout: Layout, row: Mapping[int, GridCell], row_no: int, block: Block, *, rest: bool
) -> None:
    names = [c for c in block.labels if layout.labels[c] == "name"]
    text = next((row[c].text for c in names if c in row and row[c].text.strip()), "")
    figures = _figures(table, row, block.amounts)
    side = block.side
    if side is None or not re.search(r"\w", label(text)):
        _unlabelled(table, figures, "its row has no label")
        return
    if rest and not any(f.text for f in figures) and table.complete_line(side, text):
        return
    row_key, line_key = table.line_of(side, text)
    for figure in figures:
        table.place(row_key, text, line_key, layout.slots[figure.col], figure, row_no)


def _open_row(table: OpenTable, layout: Layout, row: Mapping[int, GridCell], row_no: int, block: Block) -> None:
    """A row known by its code or its label as printed; a label that comes again carries the one it stands under."""
    code, name = _code_and_name(layout, row, block.labels, table.words)
    figures = _figures(table, row, block.amounts)
    plain = label(name)
    if not code and not plain:
        _unlabelled(table, figures, "its row has no label")
        return
    row_key = code if CODE.fullmatch(code) else "合计" if plain in table.words.totals else plain or code
    if not any(f.text for f in figures):
        table.heading = plain
    elif table.has_row(row_key) and table.heading:
        row_key = f"{table.heading}/{row_key}"
    for figure in figures:
        slot = layout.slots[figure.col]
        counted = any(table.words.counted.search(bare(t)) for t in (name, *slot.path))
        table.place(row_key, name or code, None, slot, figure, row_no, counted=counted)


def _code_and_name(
    layout: Layout, row: Mapping[int, GridCell], labels: Sequence[int], words: Furniture, last: str = ""
) -> tuple[str, str]:
    """The code of a row, whole or in two or three cells, and its name.

    ``last`` is the code of the row above: where class and section are printed once for all rows under them, the cells
    of the rows below are empty.
    """
    code, names, seen = "", [], set()
    parts = [c for c in labels if layout.labels.get(c) == "code"]
    for c in labels:
        cell = row.get(c)
        role = layout.labels.get(c)
        if cell is None or id(cell) in seen or role == "line":
            continue
        seen.add(id(cell))
        text = bare(cell.text)
        if not text or (text in words.code and role == "code"):
            # 类 款 项 may stand in the row of 合计
            continue
        if len(parts) > 1 and role == "code" and len(text) <= 2 and text.isdigit():
            at = parts.index(c)
            above = last[: 3 if at == 1 else 5] if at else ""
            if not code and len(above) == (3 if at == 1 else 5):
                code = above
            if code:
                # a part that was stored as a number has lost its zero
                text = text.zfill(2)
        if _CODE_PART.fullmatch(text) and (role != "name" or (not code and CODE.fullmatch(text))):
            code = text if code and text.startswith(code) else code + text
        elif not code and (both := _CODE_AND_NAME.fullmatch(text)):
            code = both.group(1)
            names.append(re.sub(r"^\s*[\d\s]+", "", cell.text))
        else:
            names.append(cell.text)
    return code, "".join(names)


def _coded_row(
    table: OpenTable,
    layout: Layout,
    row: Mapping[int, GridCell],
    row_no: int,
    labels: Sequence[int],
    columns: Sequence[int],
    *,
    rest: bool,
) -> None:
    code, name = _code_and_name(layout, row, labels, table.words, table.last_code)
    figures = _figures(table, row, columns)
    row_key, line_key = table.coded_line(code, name)
    table.last_code = code or table.last_code
    if row_key is None and rest and not code and table.complete([layout.slots[f.col] for f in figures], name, figures):
        return
    if row_key is None:
        _unlabelled(
            table,
            figures,
            f"its row has no code of the form ({code or clean(name) or 'no label'})",
            f"{code} {name}",
        )
        return
    for figure in figures:
        table.place(row_key, name, line_key, layout.slots[figure.col], figure, row_no)


def _single_row(table: OpenTable, layout: Layout, row: Mapping[int, GridCell], row_no: int) -> None:
    usual = table.form.row or ""
    by_row = any(slot.column.startswith(_BY_ROW) for slot in layout.slots.values())
    if not by_row and _item_pairs(table, row, row_no, usual):
        return
    figures = _figures(table, row, layout.slots)
    names = [row[c].text for c in layout.labels if c in row and row[c].text.strip()]
    own = label(names[0]) if names else ""
    if by_row:
        item = _deepest((table.form.facets or {})["item"], [own])
        said = [f for f in figures if f.text and bare(f.text) not in NO_FIGURE]
        if item is None or (item == table.form.heading_item and not said):
            _unlabelled(table, said, f"its row is no item of the form ({own or 'no label'})")
            return
        for figure in figures:
            slot = layout.slots[figure.col]
            stage = slot.column.removeprefix(f"{_BY_ROW}_")
            column = Slot(table.form.column_of(item, stage), None, (*slot.path, own))
            table.place(
                usual, usual, None, column, figure, row_no, counted=bool(table.words.counted.search(bare(names[0])))
            )
        return
    row_key = usual if not own or own in table.words.totals else own
    if table.has_row(row_key):
        _unlabelled(table, figures, "a second row of figures under the same label")
        return
    for figure in figures:
        table.place(row_key, "".join(names) or usual, None, layout.slots[figure.col], figure, row_no)


def _item_pairs(table: OpenTable, row: Mapping[int, GridCell], row_no: int, usual: str) -> bool:
    """Counts that stand as label and figure side by side under the figures of the form; False where there are none."""
    items = (table.form.facets or {}).get("item", {})
    cells = [c for c in {id(cell): cell for _, cell in sorted(row.items())}.values() if c.text.strip()]
    found = []
    for cell, after in pairwise(cells):
        if table.words.counted.search(bare(cell.text)) and is_figure(after.text):
            item = _deepest(items, [label(cell.text)])
            if item is not None:
                found.append((item, cell, after))
    for item, cell, after in found:
        slot = Slot(table.form.column_of(item, "final"), None, (clean(cell.text),))
        table.place(usual, usual, None, slot, _figure(table, after, after.col), row_no, counted=True)
    return bool(found)
