"""PDF with a text layer: pages of lines and tables, ruled in ten ways.

Belongs here: widths, wrapping, page breaks, the drawing of rules, turned pages. Does not belong here: what is printed.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from tests.generator.drawing import Box, Break, Line, Report, Table

#: Debian's Chinese fonts with outlines that can be embedded (fonts-wqy-zenhei, fonts-wqy-microhei, fonts-arphic-uming).
_FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
)
_MARGIN = 42.0
#: Kept free at the foot, where the page number stands by itself.
_FOOT = 60.0

#: How the cells of tables are ruled.
STYLES = (
    "ruled", "boxes", "rects", "no-vertical", "three-line", "open-sides", "dashed", "images", "shaded", "none",
    "rotated",
)  # fmt: skip


@cache
def font(*, embedded: bool = True) -> str:
    """The name of a registered Chinese font; the reader's own STSong where none can be embedded."""
    if embedded:
        for path in _FONTS:
            if Path(path).exists():
                try:
                    pdfmetrics.registerFont(TTFont("Chinese", path, subfontIndex=0))
                except TTFError:
                    continue
                return "Chinese"
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return "STSong-Light"


@lru_cache(maxsize=65536)
def width(text: str, name: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, name, size))


@lru_cache(maxsize=65536)
def wrapped(text: str, name: str, size: float, room: float) -> tuple[str, ...]:
    """The lines of a text in a cell; a figure or a code is never broken."""
    out: list[str] = []
    line = ""
    for char in text:
        if line and width(line + char, name, size) > room:
            out.append(line)
            line = ""
        line += char
    return (*out, line)


@dataclass(frozen=True)
class _Measures:
    """Columns and rows of a table on the page: x of the borders, lines of each box, heights of the rows."""

    size: float
    edges: tuple[float, ...]
    lines: dict[int, tuple[str, ...]]
    heights: tuple[float, ...]


_SIZES = (9.0, 8.0, 7.0, 6.0, 5.0)
_SMALLEST = _SIZES[-1]
_WEIGHT = {"label": 3.2, "text": 2.0, "figure": 1.0}


def _measure(table: Table, name: str, room: float) -> _Measures:
    for size in _SIZES:
        need = [0.0] * table.n_cols
        for box in table.boxes:
            if box.cols == 1 and box.kind in ("figure", "count", "code", "line", "number"):
                need[box.col] = max(need[box.col], width(box.text, name, size) + 8)
        for c, kind in enumerate(table.kinds):
            least = {
                "label": size * 9,
                "text": size * 7,
                "figure": size * 4,
                "line": size * 2.6,
                "part": size * 2.6,
                "code": size * 5,
            }
            need[c] = max(need[c], least[kind] + 6)
        spare = room - sum(need)
        if spare >= 0 or size == _SMALLEST:
            break
    weights = [_WEIGHT.get(kind, 0.1) for kind in table.kinds]
    # the rest goes to the labels first, so that not every figure column is as wide as a page
    widths = [n + max(0.0, spare) * w / sum(weights) for n, w in zip(need, weights, strict=True)]
    edges = [0.0]
    for one in widths:
        edges.append(edges[-1] + one)
    leading = size * 1.25
    lines: dict[int, tuple[str, ...]] = {}
    heights = [leading + 6] * table.n_rows
    for box in table.boxes:
        inner = edges[box.col + box.cols] - edges[box.col] - 6
        lines[id(box)] = wrapped(box.text, name, size, inner)
        if box.rows == 1:
            heights[box.row] = max(heights[box.row], len(lines[id(box)]) * leading + 6)
    for box in table.boxes:
        short = len(lines[id(box)]) * leading + 6 - sum(heights[box.row : box.row + box.rows])
        if box.rows > 1 and short > 0:
            heights[box.row + box.rows - 1] += short
    return _Measures(size, tuple(edges), lines, tuple(heights))


class _Pages:
    """The pages being written. ``y`` runs down from the top of the page as it is seen."""

    def __init__(self, style: str, options: dict[str, object]) -> None:
        self.style = style
        self.name = font(embedded=bool(options.get("embedded", True)))
        self.buffer = io.BytesIO()
        self.canvas = Canvas(self.buffer, pageCompression=1, invariant=1)
        self.number = 0
        self.landscape = False
        self.w, self.h = A4
        self.fresh = False
        self.black = _black() if style == "images" else None

    def begin(self, *, landscape: bool) -> None:
        if self.number:
            self.canvas.setFont(self.name, 9)
            self.canvas.drawCentredString(self.w / 2, 24, f"- {self.number} -")
            self.canvas.showPage()
        self.number += 1
        self.landscape = landscape
        self.w, self.h = (A4[1], A4[0]) if landscape else A4
        self.canvas.setPageSize((self.w, self.h))  # as it is seen: the canvas turns the paper itself
        if self.style == "rotated" and landscape:
            # the paper is upright and turned when it is shown
            self.canvas.setPageRotation(90)
            self.canvas.transform(0, 1, -1, 0, self.h, 0)
        else:
            self.canvas.setPageRotation(0)
        self.y: float = self.h - _MARGIN
        self.fresh = True

    def finish(self) -> bytes:
        self.canvas.setFont(self.name, 9)
        self.canvas.drawCentredString(self.w / 2, 24, f"- {self.number} -")
        self.canvas.showPage()
        self.canvas.save()
        return self.buffer.getvalue()

    def need(self, height: float) -> None:
        if self.y - height < _FOOT:
            self.begin(landscape=self.landscape)

    def fit_upright(self, tables: Sequence[Table]) -> bool:
        """Whether the figures of all of them have room side by side on an upright page."""
        room = A4[0] - 2 * _MARGIN
        return all(_measure(table, self.name, room).edges[-1] <= room + 0.5 for table in tables)

    # --- lines

    def line(self, line: Line) -> None:
        size = {"cover": 22.0, "heading": 15.0, "title": 14.0}.get(
            line.role, 10.5 if line.role in ("body", "contents") else 9.0
        )
        room = self.w - 2 * _MARGIN
        if len(line.parts) == 1:
            where, text = line.parts[0]
            for piece in wrapped(text, self.name, size, room):
                self.need(size * 1.6)
                self.y -= size * 1.6
                self._put(piece, where, size)
        else:
            self.need(size * 1.6)
            self.y -= size * 1.6
            for where, text in line.parts:
                self._put(text, where, size)
        self.fresh = False

    def _put(self, text: str, where: str, size: float) -> None:
        self.canvas.setFont(self.name, size)
        if where == "center":
            self.canvas.drawCentredString(self.w / 2, self.y, text)
        elif where == "right":
            self.canvas.drawRightString(self.w - _MARGIN, self.y, text)
        else:
            self.canvas.drawString(_MARGIN, self.y, text)

    # --- tables

    def table(self, table: Table) -> None:
        m = _measure(table, self.name, self.w - 2 * _MARGIN)
        self.y -= 6
        rows = list(range(table.n_rows))
        head = rows[: table.header_rows]
        shown: list[int] = []
        begun = self.y
        for r in rows:
            height = m.heights[r]
            if self.y - sum(m.heights[k] for k in shown) - height < _FOOT and shown[len(head) :]:
                cut = self._splits(table, m, r) if table.split_rows else None
                self._draw(table, m, shown, begun, cut=(r, cut) if cut else None)
                begun = self._again(table)
                shown = list(head) if table.continued != "none" else []
                if cut:
                    self._draw_rest(table, m, [*shown], begun, r, cut)
                    begun = self.y
                    shown = []
                    continue
            shown.append(r)
        self._draw(table, m, shown, begun)
        self.fresh = False

    def _again(self, table: Table) -> float:
        self.begin(landscape=self.landscape)
        if table.continued == "title":
            self.line(Line((("center", f"{table.title}（续表）"),), "title"))
        self.y -= 6
        return self.y

    def _splits(self, table: Table, m: _Measures, r: int) -> int | None:
        """After how many lines the next row is cut by the end of the page; None where it has only one."""
        most = max((len(m.lines[id(b)]) for b in table.boxes if b.row == r), default=1)
        return 1 if most > 1 else None

    def _draw(
        self, table: Table, m: _Measures, rows: Sequence[int], top: float, cut: tuple[int, int] | None = None
    ) -> None:
        """Rows of a table from ``top`` down; with ``cut``, the first lines of one more row."""
        leading = m.size * 1.25
        at: dict[int, float] = {}
        y = top
        for r in rows:
            at[r] = y
            y -= m.heights[r]
        for box in table.boxes:
            inside = [r for r in range(box.row, box.row + box.rows) if r in at]
            if inside and inside[0] == box.row:
                self._box(box, m, at[box.row], sum(m.heights[r] for r in inside), m.lines[id(box)])
        if cut:
            r, n = cut
            height = n * leading + 6
            for box in table.boxes:
                if box.row == r:
                    self._box(box, m, y, height, m.lines[id(box)][:n])
            y -= height
        self._frame(table, m, top, y, rows)
        self.y = y

    def _draw_rest(self, table: Table, m: _Measures, head: Sequence[int], top: float, r: int, n: int) -> None:
        """The head again, then what is left of a row that the page cut."""
        self._draw(table, m, head, top)
        leading = m.size * 1.25
        rest = max(len(m.lines[id(b)]) for b in table.boxes if b.row == r) - n
        height = rest * leading + 6
        for box in table.boxes:
            if box.row == r:
                self._box(box, m, self.y, height, m.lines[id(box)][n:])
        self._frame(table, m, self.y, self.y - height, [r])
        self.y -= height

    def _box(self, box: Box, m: _Measures, top: float, height: float, lines: Sequence[str]) -> None:
        left, right = _MARGIN + m.edges[box.col], _MARGIN + m.edges[box.col + box.cols]
        head = box.kind in ("head", "number")
        self._rule(left, top - height, right, top, head=head, row=box.row)
        leading = m.size * 1.25
        y = top - (height - len(lines) * leading) / 2 - m.size
        self.canvas.setFont(self.name, m.size)
        for text in lines:
            if not text:
                pass
            elif head or box.kind == "line" or (box.kind == "label" and box.cols > 1):
                self.canvas.drawCentredString((left + right) / 2, y, text)
            elif box.kind in ("figure", "count"):
                self.canvas.drawRightString(right - 3, y, text)
            else:
                self.canvas.drawString(left + 3, y, text)
            y -= leading

    def _rule(self, left: float, low: float, right: float, top: float, *, head: bool, row: int) -> None:
        c, style = self.canvas, self.style
        if style == "boxes":
            c.setLineWidth(0.5)
            c.rect(left, low, right - left, top - low, stroke=1, fill=0)
            return
        if style == "shaded":
            if head or row % 2:
                c.setFillGray(0.82 if head else 0.92)
                c.rect(left, low, right - left, top - low, stroke=0, fill=1)
                c.setFillGray(0)
            return
        if style in ("none", "three-line"):
            return
        sides = [(left, low, right, low), (left, top, right, top)]
        if style != "no-vertical":
            sides += [(left, low, left, top), (right, low, right, top)]
        if style == "open-sides":
            sides = [s for s in sides if s[0] != s[2] or _MARGIN + 1 < s[0] < self.edge - 1]
        for x0, y0, x1, y1 in sides:
            self._stroke(x0, y0, x1, y1)

    def _stroke(self, x0: float, y0: float, x1: float, y1: float) -> None:
        c = self.canvas
        if self.style == "rects":
            c.rect(x0 - 0.25, y0 - 0.25, max(0.5, x1 - x0), max(0.5, y1 - y0), stroke=0, fill=1)
        elif self.black is not None:
            c.drawImage(self.black, x0 - 0.25, y0 - 0.25, max(0.5, x1 - x0), max(0.5, y1 - y0))
        else:
            c.setLineWidth(0.5)
            if self.style == "dashed":
                c.setDash(2, 1.5)
            c.line(x0, y0, x1, y1)
            c.setDash()

    def _frame(self, table: Table, m: _Measures, top: float, low: float, rows: Sequence[int]) -> None:
        """The three lines of a table that has no others: above, under its header, below."""
        if self.style != "three-line":
            return
        left, right = _MARGIN, _MARGIN + m.edges[-1]
        self.canvas.setLineWidth(0.8)
        self.canvas.line(left, top, right, top)
        self.canvas.line(left, low, right, low)
        head = [r for r in rows if r < table.header_rows]
        if head:
            y = top - sum(m.heights[r] for r in head)
            self.canvas.line(left, y, right, y)

    @property
    def edge(self) -> float:
        return float(self.w) - _MARGIN


@cache
def _black() -> ImageReader:
    from PIL import Image

    return ImageReader(Image.new("RGB", (4, 4), (0, 0, 0)))


def render(report: Report, style: str = "ruled", **options: object) -> bytes:
    """The report as one PDF. Tables stand on pages across, text on upright ones; ``upright=True``: all on upright ones,
    where rows are high and pages break within tables, but for a table whose figures would run into each other.
    """
    options = {**report.pdf, **options}
    pages = _Pages(style, options)
    blocks = list(report.blocks)
    new = True
    for i, block in enumerate(blocks):
        if isinstance(block, Break):
            new = True
            continue
        if new:
            tables = [b for b in _until_break(blocks[i:]) if isinstance(b, Table)]
            pages.begin(landscape=bool(tables) and not (options.get("upright") and pages.fit_upright(tables)))
            new = False
        if isinstance(block, Table):
            pages.table(block)
        else:
            pages.line(block)
    return pages.finish()


def _until_break(blocks: Sequence[object]) -> Iterator[object]:
    for block in blocks:
        if isinstance(block, Break):
            return
        yield block


Renderer = Callable[[Report], bytes]
