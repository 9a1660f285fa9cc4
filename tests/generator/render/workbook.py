"""Workbooks: .xlsx by openpyxl and .xls by xlwt; a sheet for each table, or all on one.

Belongs here: what a cell of a workbook stores beside what it shows. Does not belong here: recalculation (office.py).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment

from tests.generator.drawing import Block, Box, Break, Line, Report, Table


@dataclass(frozen=True)
class Sheet:
    """A name and what stands on it: lines and tables in order."""

    name: str
    blocks: tuple[Line | Table, ...]


def sheets(report: Report, *, one: bool) -> Iterator[Sheet]:
    """The cover and the tables of a report; the text of a report is no part of a workbook."""
    cover = [b for b in report.blocks if isinstance(b, Line) and b.role == "cover"]
    groups = table_groups(report.blocks)
    if one:
        yield Sheet("决算公开表", (*cover, *(b for group in groups for b in group)))
        return
    yield Sheet("封面", tuple(cover))
    for n, group in enumerate(groups, 1):
        title = re.sub(
            r"[\[\]:*?/\\“”]", "", next((b.text for b in group if isinstance(b, Line) and b.role == "title"), "")
        )
        yield Sheet(f"{n:02d} {title}"[:30], tuple(group))


def table_groups(blocks: Sequence[Block]) -> list[list[Line | Table]]:
    """The blocks of each table: lines above it, the table, its notes. One that is only a sentence is a group too."""
    groups: list[list[Line | Table]] = []
    group: list[Line | Table] = []
    for block in [*blocks, Break()]:
        if isinstance(block, Break):
            if any(isinstance(b, Table) or (isinstance(b, Line) and b.role == "title") for b in group):
                groups.append([b for b in group if isinstance(b, Table) or b.role != "heading"])
            group = []
        else:
            group.append(block)
    return groups


def _stored(box: Box, *, numeric_codes: bool, as_text: bool) -> tuple[Any, str]:
    """What a cell stores, and its number format ('' for general)."""
    if not box.text:
        return None, ""
    if box.kind in ("figure", "count") and not as_text:
        value = Decimal(box.amount or 0) / (1 if box.kind == "count" else 100)
        return value, "0" if box.kind == "count" else "#,##0.00" if "," in box.text or "." in box.text else "General"
    if box.kind == "code" and numeric_codes:
        return int(box.text), "0" * len(box.text) if box.text.startswith("0") else "General"
    if box.kind in ("line", "number") and box.text.isdigit():
        return int(box.text), "General"
    return box.text, ""


def xlsx(
    report: Report,
    *,
    one: bool = False,
    numeric_codes: bool = False,
    formulas: bool = False,
    as_text: bool = False,
    hidden: bool = False,
) -> bytes:
    """One .xlsx. ``formulas``: figures of 合计 rows are formulas, without a value until somebody calculates them."""
    book = Workbook()
    book.remove(book.active)
    for sheet in sheets(report, one=one):
        page = book.create_sheet(sheet.name)
        row = 1
        wide = max((b.n_cols for b in sheet.blocks if isinstance(b, Table)), default=6)
        for block in sheet.blocks:
            if isinstance(block, Line):
                if block.role in ("title", "above") and one and row > 1 and block.role == "title":
                    row += 1
                _line(page, block, row, wide)
                row += 1
                continue
            for box in block.boxes:
                value, form = _stored(box, numeric_codes=numeric_codes, as_text=as_text)
                cell = page.cell(row=row + box.row, column=1 + box.col)
                if formulas and box.kind == "figure" and value is not None and _in_total(block, box):
                    value = f"={value}*1"
                cell.value = value
                if form:
                    cell.number_format = form
                cell.alignment = Alignment(wrap_text=True, vertical="center")
                if box.rows > 1 or box.cols > 1:
                    page.merge_cells(
                        start_row=row + box.row,
                        start_column=1 + box.col,
                        end_row=row + box.row + box.rows - 1,
                        end_column=box.col + box.cols,
                    )
            row += block.n_rows
    if hidden:
        page = book.create_sheet("底稿")
        page.sheet_state = "hidden"
        for r, text in enumerate(("收入支出决算总表", "项目", "一、一般公共预算财政拨款收入"), 1):
            page.cell(row=r, column=1).value = text
        page.cell(row=3, column=2).value = 999999.99
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _in_total(table: Table, box: Box) -> bool:
    return any(b.row == box.row and b.text in ("合计", "总计") for b in table.boxes if b.kind == "label")


def _line(page: Any, line: Line, row: int, wide: int) -> None:
    if len(line.parts) == 1:
        page.cell(row=row, column=1).value = line.text
        if line.role in ("title", "cover") and wide > 1:
            page.merge_cells(start_row=row, start_column=1, end_row=row, end_column=wide)
        return
    page.cell(row=row, column=1).value = line.parts[0][1]
    page.cell(row=row, column=max(2, wide)).value = line.parts[-1][1]


def xls(report: Report, *, one: bool = False, numeric_codes: bool = False) -> bytes:
    """One .xls of the same kind."""
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    styles: dict[str, Any] = {}
    for sheet in sheets(report, one=one):
        page = book.add_sheet(sheet.name)
        row = 0
        wide = max((b.n_cols for b in sheet.blocks if isinstance(b, Table)), default=6)
        for block in sheet.blocks:
            if isinstance(block, Line):
                first, *rest = block.parts
                if block.role in ("title", "cover") and not rest:
                    page.write_merge(row, row, 0, wide - 1, first[1])
                else:
                    page.write(row, 0, first[1])
                    if rest:
                        page.write(row, max(1, wide - 1), rest[-1][1])
                row += 1
                continue
            for box in block.boxes:
                value, form = _stored(box, numeric_codes=numeric_codes, as_text=False)
                if isinstance(value, Decimal):
                    value = float(value)
                style = styles.setdefault(form, xlwt.easyxf(num_format_str=form or "General"))
                top, left = row + box.row, box.col
                if box.rows > 1 or box.cols > 1:
                    page.write_merge(top, top + box.rows - 1, left, left + box.cols - 1, value, style)
                elif value is not None:
                    page.write(top, left, value, style)
            row += block.n_rows
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
