"""One figure or one sentence where it is printed: its page with the place outlined, or the lines and cells around it.

Belongs here: finding the place in a reading, the picture of its page, what stands around it where there is no page.
Does not belong here: what all of a document was seen as (``marks``), how pages are rendered (``pages``).
``spot`` runs in a bounded worker.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from juesuan.explaining import pages
from juesuan.explaining.marks import Sheet
from juesuan.final_accounts.model import Box, Grid, Page, Reading, TextLine
from juesuan.final_accounts.readers import Limits

#: Lines and rows shown around the one that is meant.
_AROUND = 6
_COLOUR = (213, 94, 0)
#: Points that are left free between print and outline.
_ROOM = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is printed, as its record says it: ``box`` on a page, ``span`` of the text, cell of a grid.

    Rows and columns of a cell count from the corner of its table, which may stand anywhere on a sheet: ``beside`` are
    some cells of that table on that page (row, column, text), by which the corner is found.
    """

    page: int | None = None
    line: int | None = None
    box: Box | None = None
    span: tuple[int, int] | None = None
    row_no: int | None = None
    col_no: int | None = None
    text: str = ""
    beside: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SpotLine:
    """A line of text; ``start`` and ``end`` are the part of it that is meant, both 0 where it is none."""

    number: int
    text: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Spot:
    """What is to be shown: a picture (PNG), or lines, or rows of cells with the one that is meant (row, column).

    ``sheet`` is the name of the sheet of a workbook, ``part`` the file of an archive. All empty: it was not found.
    """

    picture: bytes | None = None
    lines: tuple[SpotLine, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    cell: tuple[int, int] | None = None
    sheet: str | None = None
    part: str | None = None


def spot(data: bytes, name: str, kept: Path, place: Place, limits: Limits) -> Spot:
    """The place in a document. ``kept`` is where its reading is kept; without that it is read again.

    Raises ``UnreadableDocument``.
    """
    reading = _reading(data, name, kept, limits)
    page = next((page for page in reading.pages if page.number == place.page), None)
    if page is None:
        page = reading.pages[0] if len(reading.pages) == 1 else None
    if page is None:
        return Spot()
    found = Spot(sheet=page.name, part=page.part)
    boxes = _boxes(page, place)
    if boxes and page.width and page.height:
        sheet = Sheet(page.number or 1, page.part, _index(reading, page), page.width, page.height, "")
        picture = _picture(data, sheet, boxes, limits)
        if picture is not None:
            return replace(found, picture=picture)
    around = _rows(page, place)
    if around is not None:
        rows, cell = around
        return replace(found, rows=rows, cell=cell)
    return replace(found, lines=_lines(page, place))


def _reading(data: bytes, name: str, kept: Path, limits: Limits) -> Reading:
    from juesuan.final_accounts.readers import read
    from juesuan.readings import load

    try:
        return load(kept.read_bytes())
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return read(data, name=name, limits=limits)


def _index(reading: Reading, page: Page) -> int:
    """The page within its file, from 0."""
    own = [one for one in reading.pages if one.part == page.part]
    return next(i for i, one in enumerate(own) if one is page)


def _boxes(page: Page, place: Place) -> list[Box]:
    if place.box is not None:
        return [place.box]
    line = _line(page, place)
    return [line.box] if line is not None and line.box is not None else []


def _line(page: Page, place: Place) -> TextLine | None:
    lines = [block for block in page.blocks if isinstance(block, TextLine)]
    return next((line for line in lines if line.line == place.line), None)


def _picture(data: bytes, sheet: Sheet, boxes: Sequence[Box], limits: Limits) -> bytes | None:
    from PIL import Image, ImageDraw

    picture = pages.rendered(data, sheet, limits)
    if picture is None:
        return None
    sx, sy = picture.width / sheet.width, picture.height / sheet.height
    over = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(over)
    for x0, y0, x1, y1 in boxes:
        at = ((x0 - _ROOM) * sx, (y0 - _ROOM) * sy, (x1 + _ROOM) * sx, (y1 + _ROOM) * sy)
        pen.rectangle(at, fill=(*_COLOUR, 46), outline=(*_COLOUR, 255), width=3)
    held = io.BytesIO()
    Image.alpha_composite(picture.convert("RGBA"), over).convert("RGB").save(held, "PNG")
    return held.getvalue()


def _rows(page: Page, place: Place) -> tuple[tuple[tuple[str, ...], ...], tuple[int, int]] | None:
    """The rows of a grid around a cell, and where in them it stands."""
    if place.row_no is None or place.col_no is None or place.span is not None:
        return None
    corners = [
        (matches, grid, down, across)
        for grid in (block for block in page.blocks if isinstance(block, Grid))
        for matches, down, across in _corners(grid, place)
    ]
    if not corners:
        return None
    _, grid, down, across = max(corners, key=lambda corner: corner[0])
    row, col = place.row_no + down, place.col_no + across
    first, last = max(0, row - _AROUND), min(grid.n_rows, row + _AROUND + 1)
    rows = [[""] * grid.n_cols for _ in range(first, last)]
    for one in grid.cells:
        if first <= one.row < last:
            rows[one.row - first][one.col] = one.text
    return tuple(tuple(cells) for cells in rows), (row - first, col)


def _corners(grid: Grid, place: Place) -> Iterator[tuple[int, int, int]]:
    """How far the table may be moved in this grid for the cell to print what it prints, and how many others then do."""
    assert place.row_no is not None and place.col_no is not None
    texts = {(cell.row, cell.col): cell.text for cell in grid.cells}
    for (row, col), text in texts.items():
        if text.strip() == place.text:
            down, across = row - place.row_no, col - place.col_no
            yield (
                sum(texts.get((r + down, c + across), "").strip() == said for r, c, said in place.beside),
                down,
                across,
            )


def _lines(page: Page, place: Place) -> tuple[SpotLine, ...]:
    lines = [block for block in page.blocks if isinstance(block, TextLine)]
    at = next((i for i, line in enumerate(lines) if line.line == place.line), None)
    if at is None:
        return ()
    return tuple(_marked(line, place) for line in lines[max(0, at - _AROUND) : at + _AROUND + 1])


def _marked(line: TextLine, place: Place) -> SpotLine:
    if line.line != place.line:
        return SpotLine(line.line, line.text)
    if place.span is not None and line.span is not None:
        start, end = (k - line.span[0] for k in place.span)
        if 0 <= start < end <= len(line.text):
            return SpotLine(line.line, line.text, start, end)
    found = line.text.find(place.text) if place.text else -1
    if found >= 0:
        return SpotLine(line.line, line.text, found, found + len(place.text))
    return SpotLine(line.line, line.text, 0, len(line.text))
