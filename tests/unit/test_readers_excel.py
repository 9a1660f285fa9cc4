"""Workbooks: what a sheet shows, what it stores, where it stands, and what cannot be read says why."""

from __future__ import annotations

import datetime
import io
import struct
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from juesuan.final_accounts.model import Grid, GridCell, LimitExceeded, Reading, UnreadableDocument
from juesuan.final_accounts.readers import ENCRYPTED, XLS, XLSX, Limits, read, sniff
from juesuan.final_accounts.readers.number_formats import BUILT_IN, is_date, show, show_date
from tests.fixtures.compound_writer import compound

Sheet = dict[tuple[int, int], Any]
Merged = tuple[tuple[int, int, int, int], ...]


def xlsx(sheet: Sheet, merged: Merged = (), prepare: Callable[[Any], object] = lambda ws: None) -> bytes:
    """``sheet`` maps (row, column), from 0, to a value or to (value, number format)."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "决算"
    for (row, col), value in sheet.items():
        value, code = value if isinstance(value, tuple) else (value, None)
        cell = page.cell(row + 1, col + 1, value)
        if code:
            cell.number_format = code
    for top, bottom, left, right in merged:
        page.merge_cells(start_row=top + 1, end_row=bottom + 1, start_column=left + 1, end_column=right + 1)
    prepare(page)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls(sheet: Sheet, merged: Merged = (), prepare: Callable[[Any], object] = lambda ws: None) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("决算")
    anchors = {(top, left): (bottom, right) for top, bottom, left, right in merged}
    for (row, col), value in sheet.items():
        value, code = value if isinstance(value, tuple) else (value, None)
        style = xlwt.easyxf(num_format_str=code) if code else xlwt.Style.default_style
        if (row, col) in anchors:
            bottom, right = anchors[row, col]
            page.write_merge(row, bottom, col, right, value, style)
        else:
            page.write(row, col, value, style)
    prepare(page)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


both = pytest.mark.parametrize("write", [xlsx, xls])


def only_grid(reading: Reading) -> Grid:
    grids = [block for page in reading.pages for block in page.blocks if isinstance(block, Grid)]
    assert len(grids) == 1
    return grids[0]


def cells(data: bytes) -> dict[tuple[int, int], GridCell]:
    return {(cell.row, cell.col): cell for cell in only_grid(read(data)).cells}


#: A T5 as bureaus publish it: title merged over all columns, code in three columns, figures as doubles.
FINAL_ACCOUNTS: Sheet = {
    (0, 0): "一般公共预算财政拨款支出决算表",
    (1, 5): "公开05表",
    (2, 0): "部门：某市教育局",
    (2, 5): "单位：万元",
    (3, 0): "项目",
    (3, 4): "本年支出",
    (4, 0): "功能分类科目编码",
    (4, 3): "科目名称",
    (4, 4): "小计",
    (4, 5): "基本支出",
    (5, 0): "类",
    (5, 1): "款",
    (5, 2): "项",
    (5, 3): "合计",
    (5, 4): (3469.08, "#,##0.00"),
    (5, 5): (0.0, '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ '),
    (6, 0): (205.0, "0"),
    (6, 1): ("02", "@"),
    (6, 2): (2050204.0, "General"),
    (6, 3): "高中教育",
    (6, 4): (0.1 + 0.2, "0.00"),
    (6, 5): (0, "#,##0.00;-#,##0.00;;"),
    (7, 0): "注：本表反映本年度一般公共预算财政拨款支出情况。",
}
MERGED: Merged = ((0, 0, 0, 5), (3, 3, 0, 3), (3, 3, 4, 5), (4, 4, 0, 2), (7, 7, 0, 5))


@both
def test_a_table_of_final_accounts_is_one_grid_with_the_rows_and_columns_of_its_sheet(
    write: Callable[..., bytes],
) -> None:
    data = write(FINAL_ACCOUNTS, MERGED)
    reading = read(data)
    assert reading.method == "office"
    assert reading.media_type == (XLSX if write is xlsx else XLS)
    assert [(page.number, page.name) for page in reading.pages] == [(1, "决算")]
    grid = only_grid(reading)
    assert (grid.page, grid.n_rows, grid.n_cols) == (1, 8, 6)
    found = cells(data)
    assert (found[0, 0].text, found[0, 0].col_span) == ("一般公共预算财政拨款支出决算表", 6)
    assert (found[3, 4].row_span, found[3, 4].col_span) == (1, 2)
    assert (found[4, 0].col_span, found[5, 1].text) == (3, "款")
    assert (found[5, 4].text, found[5, 4].number) == ("3,469.08", Decimal("3469.08"))
    assert (found[5, 5].text, found[5, 5].number) == ("-", 0)
    assert (found[6, 2].text, found[6, 2].number) == ("2050204", 2050204)
    assert (found[6, 1].text, found[6, 1].number) == ("02", None)
    assert (found[6, 5].text, found[6, 5].number) == ("", 0)


@both
def test_every_place_of_a_grid_is_covered_once(write: Callable[..., bytes]) -> None:
    grid = only_grid(read(write(FINAL_ACCOUNTS, MERGED)))
    places = [
        (cell.row + r, cell.col + c) for cell in grid.cells for r in range(cell.row_span) for c in range(cell.col_span)
    ]
    assert sorted(places) == [(r, c) for r in range(grid.n_rows) for c in range(grid.n_cols)]
    assert [(cell.row, cell.col) for cell in grid.cells] == sorted((cell.row, cell.col) for cell in grid.cells)


@both
def test_empty_rows_at_the_head_stay_and_those_at_the_end_go(write: Callable[..., bytes]) -> None:
    data = write({(4, 2): "合计", (4, 3): 5, (90, 30): ("  ", "@"), (3000, 60): (None, "0.00")})
    grid = only_grid(read(data))
    assert (grid.n_rows, grid.n_cols) == (5, 4)
    assert cells(data)[4, 2].text == "合计"


@both
def test_the_stored_number_is_kept_beside_the_shown_one(write: Callable[..., bytes]) -> None:
    noise = 0.1 + 0.2
    found = cells(write({(0, 0): noise, (0, 1): (1234.565, "#,##0.00"), (0, 2): (1.005, "0.00"), (0, 3): "7.50"}))
    assert (found[0, 1].text, found[0, 1].number) == ("1,234.57", Decimal("1234.565"))
    assert (found[0, 2].text, found[0, 2].number) == ("1.01", Decimal("1.005"))
    assert found[0, 0].text == "0.3"
    assert found[0, 0].number in (Decimal("0.3"), Decimal("0.30000000000000004"))  # openpyxl stores 16 digits
    assert (found[0, 3].text, found[0, 3].number) == ("7.50", None)


def test_all_digits_that_are_stored_are_kept() -> None:
    data = with_part(
        xlsx({(0, 0): 1, (0, 1): 2}), "xl/worksheets/sheet1.xml", ("<v>1</v>", "<v>0.30000000000000004</v>")
    )
    found = cells(data)
    assert (found[0, 0].text, found[0, 0].number) == ("0.3", Decimal("0.30000000000000004"))


@both
def test_days_truth_values_and_percents_are_shown_as_the_cell_shows_them(write: Callable[..., bytes]) -> None:
    day = datetime.date(2024, 12, 31)
    found = cells(
        write({(0, 0): (day, 'yyyy"年"'), (0, 1): (day, "yyyy/m/d"), (0, 2): True, (0, 3): (0.4567, "0.00%")})
    )
    assert [found[0, c].text for c in range(4)] == ["2024年", "2024/12/31", "TRUE", "45.67%"]
    assert [found[0, c].number for c in range(4)] == [None, None, None, Decimal("0.4567")]


@both
def test_letters_in_a_format_make_no_day_of_a_figure(write: Callable[..., bytes]) -> None:
    found = cells(write({(0, 0): (12.5, '0.00"days"'), (0, 1): (3, "#,##0.00_ ;[红色]-#,##0.00"), (0, 2): (8, "0USD")}))
    assert [(found[0, c].text, found[0, c].number) for c in range(3)] == [
        ("12.50days", Decimal("12.5")),
        ("3.00", 3),
        ("8USD", 8),
    ]


def test_days_count_from_1904_where_the_book_says_so() -> None:
    data = with_part(
        xlsx({(0, 0): (45000, "yyyy/m/d")}), "xl/workbook.xml", ("<workbookPr/>", '<workbookPr date1904="1"/>')
    )
    assert cells(data)[0, 0].text == "2027/3/16"


def test_errors_show_as_they_are() -> None:
    def broken(page: Any) -> None:
        page["A2"] = "#REF!"
        page["A2"].data_type = "e"

    assert cells(xlsx({(0, 0): "x"}, prepare=broken))[1, 0].text == "#REF!"


@both
def test_a_formula_without_a_stored_value_is_blank_and_said(write: Callable[..., bytes]) -> None:
    formula = "=1+1" if write is xlsx else xlwt.Formula("1+1")
    reading = read(write({(0, 0): "合计", (0, 1): formula, (0, 2): 3}))
    assert [cell.text for cell in only_grid(reading).cells] == ["合计", "", "3"]
    assert reading.notes == ("sheet 决算: 1 formulas without stored values, read as blank",)


def test_a_formula_shows_its_stored_value() -> None:
    data = with_part(
        xlsx({(0, 0): ("=1+1", "0.00"), (0, 1): '=""'}),
        "xl/worksheets/sheet1.xml",
        ("<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>"),
        ('<c r="B1"><f>""</f><v></v>', '<c r="B1" t="str"><f>""</f><v></v>'),
    )
    reading = read(data)
    assert [(c.text, c.number) for c in only_grid(reading).cells] == [("2.00", 2)]
    assert reading.notes == ()


def books(*sheets: tuple[str, str, Any]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, state, value in sheets:
        page = book.create_sheet(name)
        page.sheet_state = state
        page["A1"] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_sheets_keep_their_number_and_hidden_ones_are_named_and_left_out() -> None:
    reading = read(
        books(("封面", "visible", "x"), ("代码", "veryHidden", "y"), ("空", "visible", None), ("表1", "visible", "z"))
    )
    assert [(page.number, page.name, len(page.blocks)) for page in reading.pages] == [
        (1, "封面", 1),
        (3, "空", 0),
        (4, "表1", 1),
    ]
    assert reading.notes == ("hidden sheets left out: 代码",)


def test_hidden_sheets_are_read_where_nothing_else_has_content() -> None:
    reading = read(books(("空", "visible", None), ("表1", "hidden", "合计")))
    assert [page.number for page in reading.pages] == [2]
    assert reading.notes == ("no sheet that is shown has content; read hidden sheets: 表1",)


@both
def test_hidden_rows_and_columns_are_left_out_and_named_but_a_title_across_them_stays(
    write: Callable[..., bytes],
) -> None:
    def hide(page: Any) -> None:
        if write is xlsx:
            page.column_dimensions["A"].hidden = True
            page.row_dimensions[3].hidden = True
        else:
            page.col(0).hidden = True
            page.row(2).hidden = True

    data = write(
        {(0, 0): "收入决算表", (1, 0): "内码", (1, 1): "合计", (2, 1): "作废", (3, 1): "尾"}, ((0, 0, 0, 1),), hide
    )
    reading = read(data)
    assert [cell.text for cell in only_grid(reading).cells if cell.text] == ["收入决算表", "合计", "尾"]
    assert reading.notes == (
        "sheet 决算: hidden rows left out: 3",
        "sheet 决算: hidden columns left out: A",
    )
    assert only_grid(reading).n_cols == 2


def with_part(data: bytes, name: str, *changes: tuple[str, str]) -> bytes:
    """The archive with a member changed by replacing text in it, or added where there is none."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        parts = {info.filename: old.read(info) for info in old.infolist()}
        for before, after in changes:
            part = parts.setdefault(name, b"")
            assert before.encode() in part, part[:2000]
            parts[name] = part.replace(before.encode(), after.encode()) if before else after.encode()
        for member, part in parts.items():
            new.writestr(member, part)
    return out.getvalue()


def test_cells_without_references_follow_one_another() -> None:
    data = with_part(
        xlsx({(0, 0): 1, (0, 1): (2.5, "0.00"), (1, 0): 3}),
        "xl/worksheets/sheet1.xml",
        (' r="A1"', ""),
        (' r="B1"', ""),
        (' r="A2"', ""),
        ('<row r="1"', "<row"),
        ('<row r="2"', "<row"),
    )
    assert [(c.row, c.col, c.text) for c in only_grid(read(data)).cells] == [
        (0, 0, "1"),
        (0, 1, "2.50"),
        (1, 0, "3"),
        (1, 1, ""),
    ]


def test_wrapped_text_and_runs_of_text_are_one_cell() -> None:
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><r><t>政府性</t></r>'
        "<r><t>基金&#13;&#10;预算</t></r><rPh sb='0' eb='1'><t>ji</t></rPh></si></sst>"
    )
    data = with_part(xlsx({(0, 0): 7, (0, 1): 7.5}), "xl/sharedStrings.xml", ("", strings))
    data = with_part(data, "xl/worksheets/sheet1.xml", ('<c r="A1" t="n"><v>7<', '<c r="A1" t="s"><v>0<'))
    assert cells(data)[0, 0].text == "政府性基金\n预算"


# --- what cannot be read ---------------------------------------------------------------------------------------------


@both
def test_a_truncated_workbook_says_so(write: Callable[..., bytes]) -> None:
    data = write(FINAL_ACCOUNTS, MERGED)
    for share in (0.3, 0.6, 0.95):
        with pytest.raises(UnreadableDocument, match="truncated or damaged"):
            read(data[: int(len(data) * share)])


@both
def test_a_workbook_without_content_says_so(write: Callable[..., bytes]) -> None:
    with pytest.raises(UnreadableDocument, match="no sheet of the workbook has a cell with content"):
        read(write({(3, 3): (None, "0.00")}))


def test_a_cell_in_the_last_corner_of_a_sheet_costs_no_memory() -> None:
    with pytest.raises(LimitExceeded, match=r"sheet 决算 reaches to row 1,048,576 and column 16,384.*max_cells"):
        read(xlsx({(0, 0): 1, (1048575, 16383): 2}))


def test_an_old_workbook_with_sheets_of_full_size_is_refused_before_it_is_opened() -> None:
    with pytest.raises(LimitExceeded, match=r"reaches to row 65,536 and column 256.*max_cells"):
        read(xls({(0, 0): 1, (65535, 255): 2}))


@pytest.mark.parametrize("size", ["<IIHH", "<HHHH"])
def test_an_old_workbook_that_says_it_is_larger_than_any_is_damage(size: str) -> None:
    """What opens it would take memory for that many cells and end the process."""
    data = xls({(0, 0): 1})
    at = data.find(struct.pack("<HH", 0x200, 14))
    rows = 0xFFFFFFFF if "I" in size else 0xFFFF
    body = struct.pack(size, 0, rows, 0, 0xFFFF)
    if "I" not in size:
        # the older, shorter record, and behind it a record that says nothing
        data = data[:at] + struct.pack("<HH", 0x200, 8) + body + struct.pack("<HH", 0x5C, 2) + data[at + 16 :]
    else:
        data = data[: at + 4] + body + data[at + 16 :]
    with pytest.raises(UnreadableDocument, match="damaged"):
        read(data)


def test_an_old_workbook_that_ends_before_it_begins_is_damage() -> None:
    data = xls({(0, 0): 1})
    at = data.find(struct.pack("<HH", 0x200, 14)) + 4
    with pytest.raises(UnreadableDocument, match=r"goes from row 255 to 1 .*damaged"):
        read(data[:at] + struct.pack("<I", 255) + data[at + 4 :])


def test_a_cell_beyond_any_sheet_is_damage() -> None:
    data = with_part(xlsx({(0, 0): 1}), "xl/worksheets/sheet1.xml", ('r="A1"', 'r="ZZZZ99999999"'))
    with pytest.raises(UnreadableDocument, match="beyond any sheet"):
        read(data)


@both
def test_more_cells_or_sheets_than_allowed_are_refused(write: Callable[..., bytes]) -> None:
    with pytest.raises(LimitExceeded, match="max_cells"):
        read(write(FINAL_ACCOUNTS), limits=Limits(max_cells=20))
    with pytest.raises(LimitExceeded, match="max_pages"):
        read(write(FINAL_ACCOUNTS), limits=Limits(max_pages=0))


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    data = with_part(xlsx({(0, 0): 1}), "xl/styles.xml", ("</styleSheet>", "</styleSheet>" + " " * 3_000_000))
    for limits, named in (
        (Limits(max_ratio=100), "max_ratio"),
        (Limits(max_unpacked_bytes=1_000_000), "max_unpacked_bytes"),
        (Limits(max_members=3), "max_members"),
    ):
        with pytest.raises(LimitExceeded, match=named):
            read(data, limits=limits)


def test_a_directory_that_understates_a_size_is_damage() -> None:
    data = bytearray(xlsx(FINAL_ACCOUNTS, MERGED))
    at = data.rindex(b"xl/worksheets/sheet1.xml") - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = struct.pack("<I", 40)
    with pytest.raises(UnreadableDocument, match=r"sheet1\.xml in it has another size than is declared"):
        read(bytes(data))


def test_entities_are_not_followed() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    for part, tag in (("xl/worksheets/sheet1.xml", "<worksheet "), ("xl/workbook.xml", "<workbook ")):
        with pytest.raises(UnreadableDocument, match="declares a document type"):
            read(with_part(xlsx({(0, 0): 1}), part, (tag, bomb + tag)))


def test_a_workbook_with_a_password_says_what_to_do() -> None:
    encrypted = compound({"EncryptedPackage": bytes(5000), "EncryptionInfo": bytes(200)})
    assert sniff(encrypted) == ENCRYPTED
    with pytest.raises(UnreadableDocument, match="password"):
        read(encrypted)
    bof = struct.pack("<HHHHHHII", 0x809, 16, 0x600, 5, 0, 0, 0, 0)
    locked = compound({"Workbook": bof + struct.pack("<HHH", 0x2F, 2, 1) + struct.pack("<HH", 0x0A, 0)})
    with pytest.raises(UnreadableDocument, match="the workbook is encrypted: open it with its password"):
        read(locked)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutated_workbooks_are_read_or_refused(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(WHOLE))
    mutated = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at] = data.draw(st.integers(0, 255))
    try:
        reading = read(bytes(mutated), limits=Limits(max_cells=100_000))
    except UnreadableDocument as error:
        assert str(error)
    else:
        assert reading.pages


WHOLE = [xlsx(FINAL_ACCOUNTS, MERGED), xls(FINAL_ACCOUNTS, MERGED)]


# --- number formats --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        ("0", "0.00", "0.00"),
        ("0", "General", "0"),
        ("2010301", "General", "2010301"),
        ("2010301", "@", "2010301"),
        ("1234.5", "#,##0.00_ ", "1,234.50"),
        ("-1234.565", "#,##0.00", "-1,234.57"),
        ("99999.995", "0.00", "100000.00"),
        ("0", "#,##0.00;-#,##0.00;", ""),
        ("0.00", "#,##0.00;-#,##0.00;;@", ""),
        ("0.004", "#,##0.00;-#,##0.00;;", "0.00"),
        ("0", BUILT_IN[43], "-"),
        ("-1234.5", BUILT_IN[43], "-1,234.50"),
        ("-3", "#,##0.00_);[Red](#,##0.00)", "(3.00)"),
        ("-1", "0.00;[Red]0.00", "1.00"),
        ("-3", "[Red]0.00", "-3.00"),
        ("0", '0.00;-0.00;"--"', "--"),
        ("0", '[=0]"";General', ""),
        ("-7", '[=0]"-";0.00', "-7.00"),
        ("5", '0.00"万元"', "5.00万元"),
        ("12345678", "0!.0000", "1234.5678"),
        ("12345678", "0\\.0,", "1234.6"),
        ("12345678.9", "#,##0.00,", "12,345.68"),
        ("0.125", "0.00%", "12.50%"),
        ("0", "#", ""),
        ("1", "00000", "00001"),
        ("1", ";;;", ""),
        ("12345.678", "0.00E+00", "1.23E+04"),
        ("100", "[$¥-804]#,##0.00", "¥100.00"),
        ("5", "G/通用格式", "5"),
        ("-5", "0.00;@", "-5.00"),
        ("12.3", "?,??0.0?", "12.3"),
        ("0.30000000000000004", "General", "0.3"),
        ("1234567.8912345", "General", "1234567.891"),
        ("123456789012", "General", "123456789012"),
        ("0.000000000018", "General", "1.8E-11"),
    ],
)
def test_a_number_is_shown_as_its_format_says(number: str, code: str, shown: str) -> None:
    assert show(Decimal(number), code) == shown


@given(st.decimals(-(10**15), 10**15, places=4, allow_nan=False), st.text(max_size=20))
def test_any_format_shows_something_of_any_number(number: Decimal, code: str) -> None:
    assert isinstance(show(number, code), str)
    if is_date(code):
        assert show_date(datetime.date(2024, 1, 2), code)


@given(st.integers(-(10**14), 10**14))
def test_the_usual_formats_lose_no_digit_of_money(cents: int) -> None:
    number = Decimal(cents) / 100
    for code in ("0.00", "#,##0.00", "#,##0.00_ ;-#,##0.00", BUILT_IN[39]):
        assert Decimal(show(number, code).replace(",", "")) == number
