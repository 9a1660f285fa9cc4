"""Synthetic reports as workbooks: the cover and the text on a sheet each, a sheet for each table.

Belongs here: cells. Does not belong here: figures, sentences. Needs openpyxl, of the extra ``demo``.
"""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from typing import Any

from juesuan.demo.planting import Issue, mark
from juesuan.demo.report import Figure, Table
from juesuan.demo.text import part_two, said

#: The least time that a zip archive can say: the same bytes whenever it is written.
_NEVER = (1980, 1, 1, 0, 0, 0)
_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def document(issue: Issue) -> bytes:
    """The whole report as .xlsx."""
    from openpyxl import Workbook

    report = issue.report
    book = Workbook()
    cover = book.active
    cover.title = "封面"
    lines = [report.title, mark()]
    for section in issue.front:
        lines += [section.heading, *(said(paragraph) for paragraph in section.paragraphs)]
    for number, line in enumerate([*lines, part_two(issue)], 1):
        cover.cell(row=number, column=1).value = line
    for table in report.tables:
        name = re.sub(r"[“”]", "", table.title)
        _sheet(
            book.create_sheet(f"{table.number} {name}"[:30]), table, issue.money_of.get(table.key, report.money_unit)
        )
    notes = book.create_sheet("情况说明")
    row = 0
    for section in issue.notes:
        for line in (section.heading, *(said(paragraph) for paragraph in section.paragraphs)):
            row += 1
            notes.cell(row=row, column=1).value = line
    out = io.BytesIO()
    book.save(out)
    return _timeless(out.getvalue())


def _sheet(sheet: Any, table: Table, money_unit: str) -> None:
    wide = max(column + columns for _, column, _, columns, _ in table.grid)
    for number, line in enumerate((table.title, table.number, f"单位：{money_unit}"), 1):
        sheet.cell(row=number, column=1).value = line
    for row, column, rows, columns, words in table.grid:
        top, left = 4 + row, 1 + column
        sheet.cell(row=top, column=left).value = words
        if rows > 1 or columns > 1:
            sheet.merge_cells(start_row=top, start_column=left, end_row=top + rows - 1, end_column=left + columns - 1)
    below = 4 + max(row + rows for row, _, rows, _, _ in table.grid)
    for at, items in enumerate(table.rows, below):
        for column, item in enumerate(items, 1):
            cell = sheet.cell(row=at, column=column)
            if isinstance(item, Figure):
                cell.value = Decimal(item.text.replace(",", ""))
                cell.number_format = "#,##0.00"
            elif item:
                cell.value = item
    last = below + len(table.rows)
    sheet.cell(row=last, column=1).value = f"注：{table.note}"
    sheet.merge_cells(start_row=last, start_column=1, end_row=last, end_column=wide)


def _timeless(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in given.infolist():
            content = given.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _TIMES.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            made.writestr(zipfile.ZipInfo(entry.filename, _NEVER), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
