"""Archives: ten workbooks, one a table, and the text of the report beside them.

Belongs here: what stands in which file. Does not belong here: the formats of the files.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

from tests.generator.drawing import Line, Report
from tests.generator.render import word, workbook


def zipped(report: Report) -> bytes:
    """A ZIP of one workbook for each table and one .docx with everything else."""
    groups = workbook.table_groups(report.blocks)
    inside = {id(b) for group in groups for b in group}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        text = replace(report, blocks=tuple(b for b in report.blocks if id(b) not in inside))
        archive.writestr("部门决算/决算公开说明.docx", word.docx(text))
        for n, group in enumerate(groups, 1):
            title = next((b.text for b in group if isinstance(b, Line) and b.role == "title"), "")
            one = replace(report, blocks=tuple(group))
            data = workbook.xls(one, one=True) if n % 2 else workbook.xlsx(one, one=True)
            archive.writestr(f"部门决算/{n:02d}{title[:20]}.{'xls' if n % 2 else 'xlsx'}", data)
    return out.getvalue()
