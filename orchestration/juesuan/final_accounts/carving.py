"""A grid as it was drawn or stored, cut into what it holds: titles, lines around tables, tables, notes.

Belongs here: telling rows of a grid that print a title, 单位：万元 or a sentence from rows of a table, since a sheet, a
web page and a Word table often hold all of them, or several tables one under the other, in one grid. Does not belong
here: which table it is, and the words that say so (they are passed in).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from juesuan.final_accounts.model import Box, Grid, GridCell, TextLine
from juesuan.final_accounts.text import bare

#: Says whether a text is the title of a table of any form, or furniture (表2, 单位：万元) around one, or a note.
Says = Callable[[str], bool]
Kind = Literal["blank", "title", "furniture", "text", "body"]

_ANY_TITLE = re.compile(r"[^，。；、]{3,60}表(?:\(.{1,12}\))?(?:续表|续)?")
_YEAR = re.compile(r"(?:20\d\d|[二〇○零一三四五六七八九]{4})年度?(?:\d{1,2}月(?:\d{1,2}日)?)?")
_SENTENCE = re.compile(r"[，。；]")
#: A cell alone in its row is a sentence from this many characters on.
_LONG = 24
#: A title row or a row of furniture holds no more cells than these.
_FEW = 6


def carve(grid: Grid, is_title: Says, is_furniture: Says, is_note: Says) -> list[TextLine | Grid]:
    """The grid as lines and smaller grids from top to bottom; the grid itself where it is one table.

    Lines carry the number of their row, from 1; a smaller grid knows by ``first_row`` and ``first_col`` where it
    stood. No figure of a table leaves its cell.
    """
    rows: list[list[GridCell]] = [[] for _ in range(grid.n_rows)]
    for cell in grid.cells:
        if cell.text.strip():
            rows[cell.row].append(cell)
    kinds = [_kind(cells, grid, is_title, is_furniture, is_note) for cells in rows]
    if not any(kind in ("title", "furniture", "text") for kind in kinds):
        return [grid]
    kinds = _settled(kinds, rows)
    out: list[TextLine | Grid] = []
    start: int | None = None
    for r, kind in enumerate([*kinds, "title"]):
        if kind in ("title", "furniture", "text"):
            if start is not None:
                out += _part(grid, start, r, rows)
                start = None
            if r < grid.n_rows:
                out.append(_line(grid, rows[r], r))
        elif kind == "body" and start is None:
            start = r
    return out


def _kind(cells: Sequence[GridCell], grid: Grid, is_title: Says, is_furniture: Says, is_note: Says) -> Kind:
    if not cells:
        return "blank"
    if len(cells) > _FEW:
        return "body"
    texts = [bare(cell.text) for cell in cells]
    around = [
        is_furniture(text) or _YEAR.fullmatch(text) is not None or (k > 0 and texts[k - 1].endswith(":"))
        for k, text in enumerate(texts)
    ]
    titles = [is_title(text) for text in texts]
    if any(titles) and all(a or b for a, b in zip(titles, around, strict=True)):
        return "title"
    if len(cells) == 1:
        (cell,), (text,) = cells, texts
        if _ANY_TITLE.fullmatch(text) and (cell.col_span > 1 or grid.n_cols == 1 or cell.row == 0):
            return "title"
        if is_note(text):
            return "text"
        if len(text) >= _LONG and _SENTENCE.search(text):
            return "text"
    if any(is_furniture(text) for text in texts) and all(around):
        return "furniture"
    return "body"


def _settled(kinds: Sequence[Kind], rows: Sequence[Sequence[GridCell]]) -> list[Kind]:
    """Furniture and sentences stand over a table, under its title or behind it: within a table they are rows of it."""
    out = list(kinds)
    for r, kind in enumerate(kinds):
        if kind not in ("furniture", "text"):
            continue
        above = next((k for k in reversed(out[:r]) if k != "blank"), None)
        below = next((k for k in kinds[r + 1 :] if k not in ("blank", "text")), None)
        labelled = kind == "furniture" and any(":" in bare(cell.text) for cell in rows[r])
        if above == "body" and below == "body" and not labelled:
            out[r] = "body"
    return out


def _line(grid: Grid, cells: Sequence[GridCell], row: int) -> TextLine:
    boxes = [cell.box for cell in cells if cell.box is not None]
    box: Box | None = None
    if boxes:
        box = min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
    text = "  ".join(cell.text.replace("\n", "") if len(cells) > 1 else cell.text for cell in cells)
    return TextLine(text.strip(), grid.page, grid.first_row + row + 1, box)


def _part(grid: Grid, start: int, end: int, rows: Sequence[Sequence[GridCell]]) -> list[TextLine | Grid]:
    """The rows from ``start`` up to, not with, ``end`` as a grid of their own, without empty rows and columns around.

    What stands in a single column and holds no figure is lines.
    """
    last = max(cell.row + cell.row_span for cells in rows[start:end] for cell in cells)
    end = min(end, last)
    within = [
        replace(cell, row=cell.row - start, row_span=min(cell.row_span, end - cell.row))
        for cell in grid.cells
        if start <= cell.row < end
    ]
    said = [cell for cell in within if cell.text.strip()]
    left = min(cell.col for cell in said)
    right = max(cell.col + cell.col_span for cell in said)
    if right - left == 1 or (len(said) == end - start == 1):
        return [_line(grid, [cell], start + cell.row) for cell in said]
    cells = tuple(
        replace(
            cell,
            col=max(cell.col - left, 0),
            col_span=min(cell.col + cell.col_span, right) - max(cell.col, left),
        )
        for cell in within
        if cell.col < right and cell.col + cell.col_span > left
    )
    box = grid.box
    boxes = [cell.box for cell in cells if cell.box is not None]
    if boxes:
        box = min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
    return [Grid(grid.page, end - start, right - left, cells, box, grid.first_row + start, grid.first_col + left)]
