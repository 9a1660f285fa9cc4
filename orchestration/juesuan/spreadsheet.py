"""What a cell of a workbook may hold.

Belongs here: values of ours made fit for a cell, text that a spreadsheet would run made plain text. Does not belong
here: reading workbooks (``final_accounts.readers``), which tables are written (``export``, ``dashboard``).
"""

from __future__ import annotations

import json
from typing import Any

#: How a note on a header is sized, in points.
NOTE = {"width": 360, "height": 120}


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it; all else is left as it is."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and len(value) > 1 else value


def for_cell(value: Any) -> Any:
    """A value for a cell: lists as JSON, no character that XML has not, no formula."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if isinstance(value, (list, dict, tuple)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return harmless(ILLEGAL_CHARACTERS_RE.sub("", value)) if isinstance(value, str) else value
