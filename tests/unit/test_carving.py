"""One grid that holds title, table and notes, or several tables: each row is told for what it is, each figure stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from juesuan.final_accounts.model import Grid, GridCell, Page, Reading, TextLine
from juesuan.final_accounts.recognise import Recognition, recognise


def sheet(
    rows: Sequence[Sequence[str | float | None]], spans: dict[tuple[int, int], tuple[int, int]] | None = None
) -> Grid:
    """A sheet from its rows; None is a cell covered by another. A number is stored as a number and shows as General."""
    cells = []
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value is None:
                continue
            down, across = (spans or {}).get((r, c), (1, 1))
            number = Decimal(repr(value)) if isinstance(value, float) else None
            text = f"{value:g}" if isinstance(value, float) else value
            cells.append(GridCell(r, c, down, across, text, None, number))
    return Grid(1, len(rows), max(map(len, rows)), tuple(cells))


def read(*grids: Grid, names: Sequence[str | None] = ()) -> Recognition:
    pages = [
        Page(n, None, None, (Grid(n, g.n_rows, g.n_cols, g.cells),), None, names[n - 1] if names else f"Sheet{n}")
        for n, g in enumerate(grids, 1)
    ]
    return recognise(Reading("office", "application/vnd.ms-excel", tuple(pages)), fiscal_year=2023)


def values(got: Recognition, table: str) -> dict[tuple[str, str], str]:
    return {(c.row_key, c.column_key): c.value_text for c in got.cells if c.table_key == table}


EXPENDITURE = [
    ["支出决算表", None, None, None, None, None],
    ["", "", "", "", "", "公开03表"],
    ["部门：某市教育局", "", "2023年度", "", "", "金额单位：万元"],
    ["项目", None, None, "本年支出合计", "基本支出", "项目支出"],
    ["功能分类科目编码", None, "科目名称", None, None, None],
    ["栏次", None, None, "1", "2", "3"],
    ["合计", None, None, 30.0, 10.5, 19.5],
    ["205", None, "教育支出", 30.0, 10.5, 19.5],
    ["2050201", None, "学前教育", 30.0, 10.5, 19.5],
    ["注：本表反映部门本年度各项支出情况。", None, None, None, None, None],
]
SPANS = {(0, 0): (1, 6), (3, 0): (1, 3), (4, 0): (1, 2), (5, 0): (1, 3), (6, 0): (1, 3), (9, 0): (1, 6)}


def test_title_unit_and_note_are_cut_from_a_sheet_and_stored_numbers_print_two_decimals() -> None:
    got = read(sheet(EXPENDITURE, SPANS | {(3, 3): (2, 1), (3, 4): (2, 1), (3, 5): (2, 1)}))
    assert values(got, "T3") == {
        (row, column): text
        for row in ("合计", "205", "2050201")
        for column, text in (("expenditure_total", "30.00"), ("basic", "10.50"), ("project", "19.50"))
    }
    (table,) = (t for t in got.tables if t.table_key == "T3")
    assert (table.money_unit, table.printed_number) == ("万元", "公开03表")
    assert table.notes == ("注：本表反映部门本年度各项支出情况。",)
    # the row of the sheet is the address of the figure
    assert {c.line for c in got.cells if c.row_key == "2050201"} == {9}
    assert not got.unassigned and not got.unrecognised


def test_tables_one_under_the_other_in_one_sheet_are_two_tables() -> None:
    below = [
        ["收入决算表", *[None] * 5],
        *EXPENDITURE[1:3],
        ["科目编码", "", "科目名称", "本年收入合计", "财政拨款收入", "其他收入"],
    ]
    below += [["合计", None, None, 30.0, 30.0, ""], ["2050201", None, "学前教育", 30.0, 30.0, ""]]
    spans = SPANS | {(10, 0): (1, 6), (14, 0): (1, 3)}
    got = read(sheet([*EXPENDITURE, *below], spans | {(3, 3): (2, 1), (3, 4): (2, 1), (3, 5): (2, 1)}))
    assert [t.table_key for t in got.tables if t.state == "present"] == ["T3", "T2"]
    assert values(got, "T2")["2050201", "fiscal_appropriation"] == "30.00"
    assert values(got, "T2")["2050201", "other_income"] == ""


def test_a_sheet_without_a_title_bears_it_as_its_name() -> None:
    got = read(sheet(EXPENDITURE[3:9]), names=["Z04 一般公共预算财政拨款支出决算表(公开05表)"])
    assert {c.table_key for c in got.cells} == {"T5"}


def test_a_sheet_that_looks_like_the_one_before_is_no_continuation_of_it() -> None:
    got = read(sheet(EXPENDITURE, SPANS), sheet(EXPENDITURE[3:9]))
    # the second sheet says nothing of itself: two forms have its header
    assert len([c for c in got.cells if c.table_key == "T3"]) == 9
    assert [u.state for u in got.unrecognised] == ["no_title"]


def test_the_title_of_another_table_is_never_forced_into_the_nearest_form() -> None:
    other = [["政府债务支出决算表", *[None] * 5], *EXPENDITURE[1:]]
    got = read(sheet(other, SPANS))
    assert not got.cells
    assert [(u.title, u.state) for u in got.unrecognised] == [("政府债务支出决算表", "unknown_title")]
    assert got.unrecognised[0].grid[3][0] == "合计"


def test_a_misprinted_title_is_read_where_the_header_agrees_and_says_so() -> None:
    misprinted = [["一般公开预算财政拨款支出决算表", *[None] * 5], *EXPENDITURE[1:]]
    got = read(sheet(misprinted, SPANS))
    assert values(got, "T5")["205", "basic"] == "10.50"
    (table,) = (t for t in got.tables if t.table_key == "T5")
    assert table.reason is not None and "一般公共预算财政拨款支出决算表" in table.reason


def test_a_close_title_never_beats_an_exact_one() -> None:
    misprinted = [["一般公开预算财政拨款支出决算表", *[None] * 5], *EXPENDITURE[1:]]
    exact = [["一般公共预算财政拨款支出决算表", *[None] * 5], *EXPENDITURE[1:]]
    got = read(sheet(misprinted, SPANS), sheet(exact, SPANS))
    assert {c.page for c in got.cells if c.table_key == "T5"} == {2}
    assert [u.title for u in got.unrecognised] == ["一般公开预算财政拨款支出决算表"]


def test_codes_in_three_cells_keep_their_zeros_and_lean_on_the_row_above() -> None:
    rows: list[list[str | float | None]] = [
        ["支出决算表", None, None, None, None, None],
        ["科目编码", None, None, "科目名称", "本年支出合计", "基本支出"],
        ["类", "款", "项", None, None, None],
        ["205", "", "", "教育支出", "3.00", "3.00"],
        ["205", 2.0, "", "普通教育", "3.00", "3.00"],
        ["205", 2.0, 1.0, "学前教育", "1.00", "1.00"],
        ["", "", "02", "小学教育", "2.00", "2.00"],
    ]
    got = read(sheet(rows, {(0, 0): (1, 6), (1, 0): (1, 3)}))
    assert [row for row, column in values(got, "T3") if column == "basic"] == ["205", "20502", "2050201", "2050202"]


def test_the_rest_of_a_table_under_its_title_again_is_the_same_table() -> None:
    head = EXPENDITURE[3:6]
    first = [*head, *EXPENDITURE[6:8]]
    second = [*head, EXPENDITURE[8]]
    spans = {(0, 0): (1, 3), (1, 0): (1, 2), (2, 0): (1, 3), (0, 3): (2, 1), (0, 4): (2, 1), (0, 5): (2, 1)}
    pages = []
    for number, rows in enumerate((first, second), 1):
        grid = sheet(rows, spans | ({(3, 0): (1, 3)} if number == 1 else {}))
        grid = Grid(number, grid.n_rows, grid.n_cols, grid.cells)
        pages.append(Page(number, None, None, (TextLine("支出决算表", number, 1), grid)))
    got = recognise(Reading("pdf", "application/pdf", tuple(pages)), fiscal_year=2023)
    assert [(t.table_key, t.pages) for t in got.tables if t.state == "present"] == [("T3", (1, 2))]
    assert len(got.cells) == 9


def test_a_table_of_one_place_keeps_its_rows_and_columns_as_printed() -> None:
    rows: list[list[str | float | None]] = [
        ["部门决算相关信息统计表", None, None, None, None, None],
        ["项目", "行次", "统计数", "项目", "行次", "统计数"],
        ["一、“三公”经费支出", "1", "—", "二、机关运行经费", "9", "12.50"],
        ["1．因公出国（境）费", "2", "3.00", "三、国有资产占用情况", "10", "—"],
        ["因公出国（境）团组数（个）", "3", "2", "车辆数合计（辆）", "11", "4"],
    ]
    got = read(sheet(rows, {(0, 0): (1, 6)}))
    found = {(c.row_key, c.column_key): (c.value, c.money_unit) for c in got.cells}
    assert found["机关运行经费", "统计数"][0] == Decimal("12.50")
    assert found["车辆数合计(辆)", "统计数"] == (Decimal(4), None)
    assert not got.unrecognised and not got.unassigned


def test_counts_beside_the_three_public_expenses_are_no_money() -> None:
    rows: list[list[str | float | None]] = [
        ["“三公”经费、行政参公单位机关运行经费情况表", None, None, None],
        ["部门：某县审计局", "", "", "金额单位：万元"],
        ["项目", "行次", "预算数", "决算统计数"],
        ["栏次", "", "1", "2"],
        ["一、“三公”经费支出", "1", "—", "—"],
        ["（一）支出合计", "2", "5.00", "4.20"],
        ["1．因公出国（境）费", "3", "0.00", "0.00"],
        ["2．公务用车购置及运行维护费", "4", "3.00", "2.20"],
        ["3．公务接待费", "5", "2.00", "2.00"],
        ["（二）相关统计数", "6", "—", "—"],
        ["4．公务用车保有量（辆）", "7", "—", "3"],
        ["二、机关运行经费", "8", "—", "18.60"],
    ]
    got = read(sheet(rows, {(0, 0): (1, 4)}))
    found = {c.column_key: (c.value_text, c.money_unit) for c in got.cells if c.table_key == "TS"}
    assert found["total_budget"] == ("5.00", "万元")
    assert found["vehicle_final"] == ("2.20", "万元")
    assert found["vehicles_owned_final"] == ("3", None)
    assert found["agency_operating_expenses"] == ("18.60", "万元")
    assert not got.unassigned


def test_two_budgets_beside_each_other_are_two_stages() -> None:
    rows: list[list[str | float | None]] = [
        ["财政拨款“三公”经费支出决算表", None, None, None],
        ["项目", "年初预算数", "全年预算数", "决算数"],
        ["因公出国（境）费", "1.00", "0.50", "0.40"],
        ["公务接待费", "2.00", "2.00", "1.80"],
    ]
    got = read(sheet(rows, {(0, 0): (1, 4)}))
    found = {c.column_key: c.value_text for c in got.cells}
    assert found["abroad_initial_budget"] == "1.00" and found["abroad_adjusted_budget"] == "0.50"
    assert found["reception_final"] == "1.80"


def test_a_sentence_within_a_table_is_a_row_of_it() -> None:
    goal = "完成全年绩效目标，保障机关正常运转，按时足额发放工资，提升服务质量。"
    rows: list[list[str | float | None]] = [["项目名称", "年初预算"], [goal, None], ["数量指标", "1.00"]]
    grid = sheet(rows, {(1, 0): (1, 2)})
    got = recognise(Reading("office", "", (Page(None, None, None, (grid,)),)))
    assert sum(isinstance(block, Grid) for block in got.rest) + len(got.unrecognised) == 1


def test_a_negative_number_that_a_format_shows_without_its_sign_is_negative() -> None:
    grid = sheet(EXPENDITURE[:7], SPANS)
    red = [replace(c, text="10.50", number=Decimal("-10.5")) if c.text == "10.5" else c for c in grid.cells]
    got = read(replace(grid, cells=tuple(red)))
    (cell,) = (c for c in got.cells if c.column_key == "basic")
    assert (cell.value_text, cell.value) == ("10.50", Decimal("-10.50"))


def test_the_last_rows_of_a_table_of_blocks_may_stand_as_lines_behind_its_grid() -> None:
    rows: list[list[str | float | None]] = [
        ["经济分类科目编码", "科目名称", "金额", "经济分类科目编码", "科目名称", "金额"],
        ["301", "工资福利支出", "9.00", "302", "商品和服务支出", "1.00"],
        ["30101", "基本工资", "9.00", "30201", "办公费", "1.00"],
    ]
    title = TextLine("一般公共预算财政拨款基本支出决算表", 1, 1)
    behind = ["人员经费 公用经费", "39907 国家赔偿费用支出", "人员经费合计 9.00 公用经费合计 1.00", "共计 10.00 万元"]
    lines = [TextLine(text, 2, n) for n, text in enumerate(behind, 1)]
    pages = (Page(1, None, None, (title, sheet(rows))), Page(2, None, None, tuple(lines)))
    got = recognise(Reading("pdf", "application/pdf", pages), fiscal_year=2023)
    found = {c.row_key: (c.value_text, c.page) for c in got.cells}
    assert found["人员经费合计"] == ("9.00", 2) and found["公用经费合计"] == ("1.00", 2)
    assert found["39907"] == ("", 2)
    assert [b.text for b in got.rest if isinstance(b, TextLine)] == ["人员经费 公用经费", "共计 10.00 万元"]
