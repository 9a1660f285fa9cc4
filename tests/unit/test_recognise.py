"""Every figure finds its row and column, whatever the layout; what cannot be told is said."""

from __future__ import annotations

import dataclasses

import pytest

from juesuan.final_accounts.model import Grid, Page, Reading, TextLine
from juesuan.final_accounts.recognise import Recognition, recognise
from tests.fixtures.report_factory import Figures, Layout, flattened, grids, make_figures

LAYOUTS = {
    "as the form": Layout(),
    "rows reordered": Layout(seed=1, shuffle_rows=True),
    "columns swapped": Layout(seed=2, swap_columns=True),
    "names wrapped": Layout(wrap=5),
    "names wrapped elsewhere": Layout(wrap=9),
    "pages broken, header repeated": Layout(page_break_every=4),
    "pages broken elsewhere, no header": Layout(page_break_every=3, repeat_header=False),
    "line numbers gone": Layout(line_numbers=False),
    "other title numbers": Layout(title_number="公开0{}表"),
    "codes in parts": Layout(split_codes=True),
    "budget and final in pairs": Layout(stage_first=False),
    "everything at once": Layout(
        seed=3, shuffle_rows=True, swap_columns=True, wrap=6, page_break_every=5, line_numbers=False, split_codes=True,
        title_number="附表{}", stage_first=False,
    ),
}  # fmt: skip


def placed(got: Recognition) -> Figures:
    return {(c.table_key, c.row_key, c.column_key): c.value_text for c in got.cells}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("blanks", [False, True], ids=["full", "with blanks"])
def test_grids_in_any_layout(layout: Layout, blanks: bool) -> None:
    figures = make_figures(layout.seed, blanks)
    got = recognise(grids(figures, layout), fiscal_year=2023)
    assert placed(got) == figures
    assert not got.unassigned
    assert {t.money_unit for t in got.tables if t.table_no} == {"万元"}


def test_the_items_of_three_public_may_stand_down_the_side() -> None:
    figures = make_figures(7, blanks=True)
    got = recognise(grids(figures, Layout(items_down=True)), fiscal_year=2023)
    assert placed(got) == figures
    assert not got.unassigned


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_flattened_text_in_any_layout(layout: Layout) -> None:
    figures = make_figures(layout.seed)
    got = recognise(flattened(figures, layout), fiscal_year=2023)
    assert placed(got) == figures
    assert not got.unassigned


def test_names_stay_whole_when_wrapped_before_and_after_their_figures() -> None:
    lines = ["支出决算表", "单位：万元", "项目 本年支出合计 基本支出 项目支出 上缴上级支出 经营支出",
             "对附属单位补助支出", "科目编码 科目名称",
             "机关事业单位基本养老保险", "2080505 48.11 48.11 0.00 0.00 0.00 0.00", "缴费支出",
             "2080506 机关事业单位职业年金", "24.05 24.05 0.00 0.00 0.00 0.00", "缴费支出"]  # fmt: skip
    got = recognise(text(lines))
    names = {c.row_key: c.row_label for c in got.cells}
    assert names == {"2080505": "机关事业单位基本养老保险缴费支出", "2080506": "机关事业单位职业年金缴费支出"}


def text(lines: list[str]) -> Reading:
    return Reading(
        "text", "text/plain", (Page(None, None, None, tuple(TextLine(t, None, n) for n, t in enumerate(lines, 1))),)
    )


def test_a_flattened_row_that_lost_its_blanks_is_reported_not_guessed() -> None:
    lines = ["一般公共预算财政拨款支出决算表", "项目 本年支出合计 基本支出 项目支出", "科目编码 科目名称",
             "205 教育支出 12.00 12.00", "208 社会保障和就业支出 30.00 10.00 20.00"]  # fmt: skip
    got = recognise(text(lines))
    sure = {(c.row_key, c.column_key): c.placed_by for c in got.cells}
    assert sure == {("205", "expenditure_total"): "identity"} | {
        ("208", column): "position" for column in ("expenditure_total", "basic", "project")
    }
    (left,) = got.unassigned
    assert (left.text, left.table_key, left.line) == ("12.00", "T5", 4)
    assert left.candidates == ("T5/205/basic", "T5/205/project")


def test_a_figure_under_an_unknown_column_is_reported_with_its_place() -> None:
    reading = grids(make_figures(), Layout())
    page = next(
        p for p in reading.pages if any(getattr(b, "text", "") == "一般公共预算财政拨款支出决算表" for b in p.blocks)
    )
    grid = page.blocks[3]
    cells = tuple(dataclasses.replace(c, text="调剂支出") if c.text == "项目支出" else c for c in grid.cells)  # type: ignore[union-attr]
    got = recognise(
        Reading("pdf", "", (Page(1, None, None, (*page.blocks[:3], dataclasses.replace(grid, cells=cells))),))
    )  # type: ignore[type-var]
    assert {c.column_key for c in got.cells} == {"expenditure_total", "basic"}
    assert len(got.unassigned) == 11
    assert {n.table_key for n in got.unassigned} == {"T5"}


def test_an_unknown_title_is_kept_as_an_unrecognised_table() -> None:
    reading = grids(make_figures(), Layout())
    page = next(p for p in reading.pages if any(getattr(b, "text", "") == "支出决算表" for b in p.blocks))
    blocks = tuple(
        dataclasses.replace(b, text="政府债务支出决算表") if getattr(b, "text", "") == "支出决算表" else b
        for b in page.blocks
    )  # type: ignore[type-var]
    got = recognise(Reading("pdf", "", (dataclasses.replace(page, blocks=blocks),)))
    assert [t.title for t in got.unrecognised] == ["政府债务支出决算表"]
    assert not got.cells


def test_tables_that_the_year_does_not_owe_are_not_missing() -> None:
    states = {t.table_key: t.state for t in recognise(text(["x"]), fiscal_year=2016).tables}
    assert states["TG"] == "not_required"
    assert states["T5"] == "missing"
    assert {t.table_key: t.state for t in recognise(text(["x"]), fiscal_year=2021).tables}["TG"] == "missing"


@pytest.mark.parametrize("whose", ["name alone", "name and figures"])
def test_a_row_that_a_page_break_cuts_is_one_row(whose: str) -> None:
    figures = make_figures(5)
    reading = grids(figures, Layout(page_break_every=8, repeat_header=False))
    pages = list(reading.pages)
    at = next(i for i, p in enumerate(pages) if any(getattr(b, "text", "") == "支出决算表" for b in p.blocks))
    first, second = (next(b for b in pages[i].blocks if isinstance(b, Grid)) for i in (at, at + 1))
    last = first.n_rows - 1
    name = next(c.text for c in first.cells if (c.row, c.col) == (last, 1))
    moved = {c.col: c.text for c in first.cells if c.row == last and c.col > 1}
    cut = tuple(
        dataclasses.replace(c, text=name[:4])
        if (c.row, c.col) == (last, 1)
        else dataclasses.replace(c, text="")
        if c.row == last and c.col > 1 and whose == "name and figures"
        else c
        for c in first.cells
    )
    rest = {0: "", 1: name[4:]} | (moved if "figures" in whose else dict.fromkeys(moved, ""))
    head = tuple(dataclasses.replace(c, text=rest[c.col]) for c in second.cells if c.row == 0)
    below = tuple(dataclasses.replace(c, row=c.row + 1) for c in second.cells)
    drawn = {
        at: dataclasses.replace(first, cells=cut),
        at + 1: dataclasses.replace(second, n_rows=second.n_rows + 1, cells=(*head, *below)),
    }
    for i, grid in drawn.items():
        blocks = tuple(grid if isinstance(b, Grid) else b for b in pages[i].blocks)
        pages[i] = dataclasses.replace(pages[i], blocks=blocks)
    got = recognise(dataclasses.replace(reading, pages=tuple(pages)), fiscal_year=2023)
    assert placed(got) == figures
    assert not got.unassigned
    assert name in {c.row_label for c in got.cells if c.table_key == "T3"}
