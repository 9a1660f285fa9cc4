"""Layouts that were seen somewhere, each a file of tests/fixtures/layouts: what is printed, and the cells it gives.

A new layout is a new file there beside its entry in the form data (docs/adding-a-layout.md). In ``rows`` a cell ``<``
is covered by the one to its left, ``^`` by the one above.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from juesuan.final_accounts.model import Grid, GridCell, Page, Reading
from juesuan.final_accounts.recognise import recognise

FILES = sorted((Path(__file__).parents[1] / "fixtures" / "layouts").glob("*.yml"))


def grid(rows: list[list[str]]) -> Grid:
    """The rows of a file as a grid with spans."""
    cells = []
    width = max(map(len, rows))
    for r, row in enumerate(rows):
        assert len(row) == width, f"row {r} has {len(row)} cells, the widest {width}"
        for c, text in enumerate(row):
            if text in ("<", "^"):
                continue
            across = next((k for k in range(1, width - c) if row[c + k] != "<"), width - c)
            down = next((k for k in range(1, len(rows) - r) if rows[r + k][c] != "^"), len(rows) - r)
            cells.append(GridCell(r, c, down, across, text))
    return Grid(None, len(rows), width, tuple(cells))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_layout_gives_its_cells(file: Path) -> None:
    layout: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert layout["source"] and layout["place"]
    page = Page(None, None, None, (grid(layout["rows"]),))
    got = recognise(Reading("office", "text/html", (page,)), fiscal_year=layout["year"])
    found = {f"{c.row_key}/{c.column_key}": c for c in got.cells if c.table_key == layout["table"]}
    assert {key: found[key].value_text for key in layout["cells"]} == layout["cells"]
    (table,) = (t for t in got.tables if t.state == "present")
    assert table.money_unit == layout.get("money_unit", "万元")
    assert not got.unassigned and not got.unrecognised
