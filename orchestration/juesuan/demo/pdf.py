"""Synthetic reports as PDF: ruled tables and pages of text, with a text layer.

Belongs here: pages, rules, wrapping. Does not belong here: figures, sentences. Needs reportlab, of the extra ``demo``.
The Chinese font is the reader's own (STSong), so that nothing is embedded and no font of this machine is needed.
"""

from __future__ import annotations

import io
from functools import cache, lru_cache
from typing import Any

from juesuan.demo.planting import Issue, mark
from juesuan.demo.report import Figure, Table
from juesuan.demo.text import part_two, said

_FONT = "STSong-Light"
_MARGIN = 40.0
_WIDTH, _HEIGHT = 842.0, 595.0
_SIZE, _LEADING = 7.0, 9.0
_TEXT, _TEXT_LEADING = 11.0, 17.0


@cache
def _font() -> str:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    return _FONT


@lru_cache(maxsize=100_000)
def _length(text: str, size: float) -> float:
    from reportlab.pdfbase import pdfmetrics

    return float(pdfmetrics.stringWidth(text, _font(), size))


@lru_cache(maxsize=50_000)
def _wrapped(text: str, size: float, room: float) -> tuple[str, ...]:
    out, line = [], ""
    for char in text:
        if line and _length(line + char, size) > room:
            out.append(line)
            line = ""
        line += char
    return (*out, line)


def document(issue: Issue) -> bytes:
    """The whole report as PDF."""
    pages = _Pages()
    report = issue.report
    pages.line(report.title, 18.0, 60.0)
    pages.line(mark())
    for section in issue.front:
        pages.section(section.heading, [said(one) for one in section.paragraphs], section.level == 1)
    pages.new_page()
    pages.line(part_two(issue), 14.0)
    for table in report.tables:
        pages.table(table, issue.money_of.get(table.key, report.money_unit))
    for section in issue.notes:
        pages.section(section.heading, [said(one) for one in section.paragraphs], section.level == 1)
    return pages.done()


class _Pages:
    """The pages being drawn. ``y`` runs up from the foot of the page."""

    def __init__(self) -> None:
        from reportlab.pdfgen.canvas import Canvas

        self._out = io.BytesIO()
        self._canvas: Any = Canvas(self._out, pagesize=(_WIDTH, _HEIGHT), pageCompression=1, invariant=1)
        self._number = 1
        self._y = _HEIGHT - _MARGIN

    def new_page(self) -> None:
        self._canvas.setFont(_font(), 8.0)
        self._canvas.drawCentredString(_WIDTH / 2, 18.0, f"- {self._number} -")
        self._canvas.showPage()
        self._number += 1
        self._y = _HEIGHT - _MARGIN

    def line(self, text: str, size: float = _TEXT, gap: float = 0.0) -> None:
        """One line of text, centred where it is large."""
        leading = size * 1.55
        if self._y - leading - gap < _MARGIN:
            self.new_page()
        self._y -= leading + gap
        self._canvas.setFont(_font(), size)
        if size > _TEXT:
            self._canvas.drawCentredString(_WIDTH / 2, self._y, text)
        else:
            self._canvas.drawString(_MARGIN, self._y, text)

    def section(self, heading: str, paragraphs: list[str], part: bool) -> None:
        """A heading and what stands under it; a part begins a page."""
        if part:
            self.new_page()
        self.line(heading, 14.0 if part else _TEXT)
        for paragraph in paragraphs:
            for line in _wrapped("　　" + paragraph, _TEXT, _WIDTH - 2 * _MARGIN):
                self.line(line)

    def table(self, table: Table, money_unit: str) -> None:
        """A table from its own page on; its header stands on every page of it."""
        widths = _widths(table)
        self.new_page()
        self.line(table.title, 14.0)
        self._y -= _LEADING
        self._canvas.setFont(_font(), 9.0)
        self._canvas.drawString(_MARGIN, self._y, table.number)
        self._canvas.drawRightString(_WIDTH - _MARGIN, self._y, f"单位：{money_unit}")
        self._y -= 6.0
        self._header(table, widths)
        for row in table.rows:
            cells = [(one.text if isinstance(one, Figure) else one, isinstance(one, Figure)) for one in row]
            lines = [_wrapped(text, _SIZE, width - 4) for (text, _), width in zip(cells, widths, strict=True)]
            height = max(len(one) for one in lines) * _LEADING + 4
            if self._y - height < _MARGIN:
                self.new_page()
                self._header(table, widths)
            x = _MARGIN
            for (_, figure), some, width in zip(cells, lines, widths, strict=True):
                self._cell(x, self._y, width, height, some, figure)
                x += width
            self._y -= height
        self.line(f"注：{table.note}", 8.0)

    def _header(self, table: Table, widths: list[float]) -> None:
        rows = max(row + many for row, _, many, _, _ in table.grid)
        height = 2 * _LEADING + 4
        for row, column, many, columns, words in table.grid:
            x = _MARGIN + sum(widths[:column])
            width = sum(widths[column : column + columns])
            lines = _wrapped(words, _SIZE, width - 4)
            self._cell(x, self._y - row * height, width, many * height, lines, False)
        self._y -= rows * height

    def _cell(self, x: float, top: float, width: float, height: float, lines: tuple[str, ...], figure: bool) -> None:
        self._canvas.setLineWidth(0.4)
        self._canvas.rect(x, top - height, width, height)
        self._canvas.setFont(_font(), _SIZE)
        y = top - (height - len(lines) * _LEADING) / 2 - _SIZE
        for line in lines:
            if not line:
                continue
            if figure:
                self._canvas.drawRightString(x + width - 2, y, line)
            else:
                self._canvas.drawString(x + 2, y, line)
            y -= _LEADING

    def done(self) -> bytes:
        self.new_page()
        self._canvas.save()
        return self._out.getvalue()


def _widths(table: Table) -> list[float]:
    """Widths of columns: figures and codes as they need, the rest to the names."""
    many = max(column + columns for _, column, _, columns, _ in table.grid)
    need = [24.0] * many
    names = [True] * many
    for row in table.rows:
        for n, item in enumerate(row):
            text = item.text if isinstance(item, Figure) else item
            if isinstance(item, Figure) or text.isdigit():
                need[n] = max(need[n], _length(text, _SIZE) + 6)
                names[n] = False
    room = _WIDTH - 2 * _MARGIN - sum(need)
    weights = [4.0 if name else 1.0 for name in names]
    return [one + room * weight / sum(weights) for one, weight in zip(need, weights, strict=True)]
