"""One figure where it is printed: outlined on its page, marked in its line, told in its grid."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from juesuan.explaining.spot import Place, spot
from juesuan.final_accounts.extract import extract
from juesuan.final_accounts.model import Cell
from juesuan.final_accounts.readers import DEFAULT
from tests.generator.drawing import draw
from tests.generator.render import pdf, workbook

NOWHERE = Path("no-reading-kept")
ORANGE = (213, 94, 0)


def place_of(cell: Cell, table: Iterable[Cell] = ()) -> Place:
    beside = tuple((c.row_no, c.col_no, c.value_text) for c in table if c.page == cell.page and c.value_text)
    return Place(cell.page, cell.line, cell.box, cell.span, cell.row_no, cell.col_no, cell.value_text, beside)


def test_a_figure_of_a_pdf_is_outlined_where_it_stands() -> None:
    data = pdf.render(draw("shanghai-2024", only=("T1",)))
    (found,) = extract(data, "a.pdf")
    cell = next(c for c in found.cells if c.value_text and c.box)
    got = spot(data, "a.pdf", NOWHERE, place_of(cell), DEFAULT)
    assert got.picture is not None
    picture = Image.open(io.BytesIO(got.picture)).convert("RGB")
    width = picture.width
    assert cell.box is not None
    orange = [
        (x, y) for x in range(0, width, 1) for y in range(0, picture.height, 1) if picture.getpixel((x, y)) == ORANGE
    ]
    assert orange
    scale = width / 841.9
    left, top = min(x for x, _ in orange) / scale, min(y for _, y in orange) / scale
    assert abs(left - cell.box[0]) < 6 and abs(top - cell.box[1]) < 6


def test_a_figure_of_a_text_is_marked_in_its_line() -> None:
    text = (
        "某县林业局2022年度部门决算\n支出决算表\n编制单位：某县林业局 2022年度 金额单位：万元\n"
        "项目 本年支出合计 基本支出 项目支出\n科目编码 科目名称\n合计 3.00 1.00 2.00\n"
        "213 农林水支出 3.00 1.00 2.00\n21302 林业和草原 3.00 1.00 2.00"
    ).encode()
    (found,) = extract(text, "a.txt")
    cell = next(c for c in found.cells if c.row_key == "213" and c.column_key == "project")
    got = spot(text, "a.txt", NOWHERE, place_of(cell), DEFAULT)
    (line,) = [one for one in got.lines if one.end]
    assert line.text[line.start : line.end] == "2.00" and line.text.startswith("213 ")
    assert line.start == line.text.rindex("2.00")


def test_a_figure_of_a_workbook_is_told_in_its_rows() -> None:
    data = workbook.xlsx(draw("shanghai-2024", only=("T1", "T3")))
    (found,) = extract(data, "a.xlsx")
    for cell in [c for c in found.cells if c.value_text][::7]:
        table = [c for c in found.cells if c.table_no == cell.table_no]
        got = spot(data, "a.xlsx", NOWHERE, place_of(cell, table), DEFAULT)
        assert got.cell is not None and got.sheet
        row, col = got.cell
        assert got.rows[row][col] == cell.value_text
        if cell.table_key == "T3":
            codes = "".join(text for text in got.rows[row] if text.isdigit())
            assert cell.row_key in ("合计", codes)


def test_a_place_that_is_not_there_is_nothing() -> None:
    got = spot("一行\n".encode(), "a.txt", NOWHERE, Place(page=9, line=99), DEFAULT)
    assert (got.picture, got.rows, got.lines) == (None, (), ())
