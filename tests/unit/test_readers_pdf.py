"""PDF pages as drawn: what is ruled comes back as cells, what is printed comes back exactly, in its place."""

from __future__ import annotations

import json
import re
import string
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from juesuan.final_accounts.model import Grid, LimitExceeded, Reading, TextLine, UnreadableDocument
from juesuan.final_accounts.readers import Limits, read
from juesuan.final_accounts.text import bare
from tests.fixtures.pdf_writer import PdfPage, pdf

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "raw" / "documents" / "shanghai-putuo-finance-2024.pdf"
TRUTH = ROOT / "tests" / "fixtures" / "truth" / "shanghai-putuo-finance-2024.json"
TEMPLATE = ROOT / "tests" / "fixtures" / "documents" / "shanghai-putuo-blank-template.pdf"


@pytest.fixture(scope="module", autouse=True)
def without_ocr() -> Iterator[None]:
    """As where the ``ocr`` extra is not installed: here it is the text layer that is tried."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("juesuan.final_accounts.readers.ocr.available", lambda: False)
        yield


XS = [50, 150, 250, 350]
YS = [600, 620, 640, 660]


def only_page(*pages: PdfPage) -> tuple[list[Grid], list[TextLine]]:
    blocks = read(pdf(pages)).pages[0].blocks
    return [b for b in blocks if isinstance(b, Grid)], [b for b in blocks if isinstance(b, TextLine)]


def texts(grid: Grid) -> list[list[str]]:
    """The texts of a grid without spans, as rows."""
    rows = [[""] * grid.n_cols for _ in range(grid.n_rows)]
    for cell in grid.cells:
        assert (cell.row_span, cell.col_span) == (1, 1)
        rows[cell.row][cell.col] = cell.text
    return rows


def filled(page: PdfPage) -> PdfPage:
    """A figure into each cell of the three by three raster."""
    for i in range(3):
        for j in range(3):
            page.text(XS[j] + 4, YS[2 - i] + 6, f"{i},{j}00.{j}5")
    return page


FIGURES = [[f"{i},{j}00.{j}5" for j in range(3)] for i in range(3)]


# --- walls, however they are drawn -----------------------------------------------------------------------------------


def in_whole_lines() -> PdfPage:
    return PdfPage().grid(XS, YS)


def in_pieces_with_gaps_at_the_corners() -> PdfPage:
    page = PdfPage()
    for i in range(3):
        for x in XS:
            page.line(x, YS[i] + 2, x, YS[i + 1] - 1.5)
        for y in YS:
            page.line(XS[i] + 2, y, XS[i + 1] - 1.5, y)
    return page


def as_a_rectangle_for_each_cell() -> PdfPage:
    page = PdfPage()
    for i in range(3):
        for j in range(3):
            page.box(XS[j] + 0.6, YS[i] + 0.6, XS[j + 1] - 0.6, YS[i + 1] - 0.6)
    return page


def as_filled_bars() -> PdfPage:
    page = PdfPage()
    for x in XS:
        page.box(x, YS[0], x + 0.5, YS[-1], "f")
    for y in YS:
        page.box(XS[0], y, XS[-1], y + 0.5, "f")
    return page


def as_one_filled_path() -> PdfPage:
    bars = [f"{x} {YS[0]} .5 {YS[-1] - YS[0]} re" for x in XS] + [f"{XS[0]} {y} {XS[-1] - XS[0]} .5 re" for y in YS]
    return PdfPage().raw(" ".join(bars) + " f")


def as_one_stroked_path() -> PdfPage:
    lines = [f"{x} {YS[0]} m {x} {YS[-1]} l" for x in XS] + [f"{XS[0]} {y} m {XS[-1]} {y} l" for y in YS]
    return PdfPage().raw(" ".join(lines) + " S")


def twice() -> PdfPage:
    page = PdfPage().grid(XS, YS)
    return page.grid([x + 1.2 for x in XS], [y + 1.2 for y in YS])


def unevenly() -> PdfPage:
    page = PdfPage()
    for x in XS:
        for i in range(3):
            page.line(x + (i - 1) * 0.8, YS[i], x + (i - 1) * 0.8, YS[i + 1])
    for y in YS:
        page.line(XS[0] - 0.7, y, XS[-1] + 0.9, y)
    return page


def as_dots() -> PdfPage:
    page = PdfPage()
    for x in XS:
        for y in range(YS[0], YS[-1], 4):
            page.line(x, y, x, y + 2)
    for y in YS:
        for x in range(XS[0], XS[-1], 4):
            page.line(x, y, x + 2, y)
    return page


def without_left_and_right_border() -> PdfPage:
    page = PdfPage()
    for y in YS:
        page.line(XS[0], y, XS[-1], y)
    for x in XS[1:3]:
        page.line(x, YS[0], x, YS[-1])
    return page


def without_top_and_bottom_border() -> PdfPage:
    page = PdfPage()
    for x in XS:
        page.line(x, YS[0], x, YS[-1])
    for y in YS[1:3]:
        page.line(XS[0], y, XS[-1], y)
    return page


def over_shaded_cells() -> PdfPage:
    page = PdfPage().raw("0.9 g")
    for j in range(3):
        page.box(XS[j], YS[2], XS[j + 1], YS[3], "f")
    return page.raw("0 g").grid(XS, YS)


@pytest.mark.parametrize(
    "drawn",
    [
        in_whole_lines,
        in_pieces_with_gaps_at_the_corners,
        as_a_rectangle_for_each_cell,
        as_filled_bars,
        as_one_filled_path,
        as_one_stroked_path,
        twice,
        unevenly,
        as_dots,
        without_left_and_right_border,
        without_top_and_bottom_border,
        over_shaded_cells,
    ],
)
def test_a_table_is_the_same_however_its_lines_are_drawn(drawn: Callable[[], PdfPage]) -> None:
    grids, lines = only_page(filled(drawn()))
    assert [texts(grid) for grid in grids] == [FIGURES]
    assert lines == []


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_reads_as_it_is_seen(turn: int) -> None:
    page = filled(PdfPage(rotate=turn).grid(XS, YS)).text(60, 700, "Title")
    reading = read(pdf([page]))
    seen = reading.pages[0]
    assert (seen.width, seen.height) == ((595, 842) if turn % 180 == 0 else (842, 595))
    (grid,) = [b for b in seen.blocks if isinstance(b, Grid)]
    (title,) = [b for b in seen.blocks if isinstance(b, TextLine)]
    assert texts(grid) == FIGURES
    assert title.text == "Title"
    # The box is on the page as it is seen: what stands upright at (50, 182) is turned with the page.
    x0, top, x1, bottom = {
        0: (50, 182, 350, 242),
        90: (600, 50, 660, 350),
        180: (245, 600, 545, 660),
        270: (182, 245, 242, 545),
    }[turn]
    assert grid.box == pytest.approx((x0, top, x1, bottom), abs=1)


def test_a_landscape_page_made_of_turned_content_reads_upright() -> None:
    upright = filled(PdfPage().grid(XS, YS))
    sideways = PdfPage(size=(842, 595))
    sideways.ops = ["q 0 1 -1 0 842 0 cm", *upright.ops, "Q"]
    grids, _ = only_page(sideways)
    assert [texts(grid) for grid in grids] == [FIGURES]
    assert grids[0].box == pytest.approx((182, 245, 242, 545), abs=1)


def test_boxes_count_from_the_corner_of_the_cropped_page() -> None:
    grids, _ = only_page(filled(PdfPage(crop=(20, 30, 500, 800)).grid(XS, YS)))
    assert grids[0].box == pytest.approx((30, 140, 330, 200), abs=1)
    assert texts(grids[0]) == FIGURES


@pytest.mark.parametrize("own", [(1, 0, 0, 1, 0, 0), (2, 0, 0, 2, 10, 10)])
def test_a_table_inside_a_form_keeps_its_text_and_its_place(own: tuple[float, ...]) -> None:
    inner = filled(PdfPage().grid(XS, YS))
    grids, _ = only_page(PdfPage().form(inner, matrix=(0.5, 0, 0, 0.5, 20, 30), own=own))
    assert [texts(grid) for grid in grids] == [FIGURES]
    left = 0.5 * (own[0] * 50 + own[4]) + 20
    bottom = 842 - (0.5 * (own[3] * 600 + own[5]) + 30)
    assert (grids[0].box[0], grids[0].box[3]) == pytest.approx((left, bottom), abs=1)


# --- merged cells ----------------------------------------------------------------------------------------------------

COL_AT = [40, 90, 200, 300, 420, 540]
ROW_AT = [80, 100, 120, 150, 170, 190]
Rect = tuple[int, int, int, int]  # row, col, row_end, col_end


@st.composite
def merged_tables(draw: st.DrawFn) -> list[Rect]:
    """A raster of up to five by five in which some blocks are merged."""
    rows, cols = draw(st.integers(2, 5)), draw(st.integers(2, 5))
    free = {(r, c) for r in range(rows) for c in range(cols)}
    areas: list[Rect] = []
    while free:
        r, c = min(free)
        tall, wide = draw(st.sampled_from([(1, 1), (1, 1), (1, 2), (2, 1), (1, 3), (2, 2), (3, 1)]))
        block = {(r + i, c + j) for i in range(tall) for j in range(wide)}
        if not block <= free:
            tall = wide = 1
            block = {(r, c)}
        free -= block
        areas.append((r, c, r + tall, c + wide))
    assume(len(areas) > 1)  # a single box is no table
    return areas


@settings(max_examples=60, deadline=None)
@given(merged_tables(), st.sampled_from(["lines", "boxes", "bars", "short"]), st.randoms(use_true_random=False))
def test_every_merged_cell_comes_back_once_with_its_spans(areas: list[Rect], how: str, chance) -> None:
    page = PdfPage()
    order = list(enumerate(areas))
    chance.shuffle(order)
    for k, (row, col, row_end, col_end) in order:
        x0, x1 = COL_AT[col], COL_AT[col_end]
        top, bottom = 842 - ROW_AT[row], 842 - ROW_AT[row_end]
        shift = chance.uniform(-0.5, 0.5)
        if how == "boxes":
            page.box(x0 + shift, bottom + shift, x1 + shift, top + shift)
        else:
            short = 1.5 if how == "short" else 0.0
            sides = [
                (x0 + short, top, x1 - short, top),
                (x0, bottom, x1, bottom),
                (x0, bottom + short, x0, top),
                (x1, bottom, x1, top - short),
            ]
            for a, b, c, d in sides:
                if how == "bars":
                    page.box(a, b, max(c, a + 0.48), max(d, b + 0.48), "f")
                else:
                    page.line(a, b, c, d)
        page.text(x0 + 3, (top + bottom) / 2 - 3, f"{k},{k:03d}.50", 8)
    # Columns that no cell begins at are not columns.
    left = sorted({x for a in areas for x in (a[1], a[3])})
    above = sorted({y for a in areas for y in (a[0], a[2])})
    expected = {
        (above.index(a[0]), left.index(a[1]), above.index(a[2]), left.index(a[3]), f"{k},{k:03d}.50")
        for k, a in enumerate(areas)
    }
    grids, lines = only_page(page)
    assert len(grids) == 1
    found = [(c.row, c.col, c.row + c.row_span, c.col + c.col_span, c.text) for c in grids[0].cells]
    assert set(found) == expected
    assert len(found) == len(expected)
    assert lines == []


def test_an_empty_row_is_a_grid_of_blank_cells() -> None:
    grids, _ = only_page(PdfPage().grid([50, 100, 200, 300], [500, 520]).text(60, 700, "before"))
    assert [texts(grid) for grid in grids] == [[["", "", ""]]]


def test_several_tables_stand_in_their_order_among_the_lines() -> None:
    page = PdfPage().grid([50, 100, 200], [300, 320]).text(52, 305, "second")
    page.grid(XS, YS).text(52, 605, "first").text(60, 420, "between").text(60, 100, "after").text(60, 800, "before")
    blocks = read(pdf([page])).pages[0].blocks
    said = [b.text if isinstance(b, TextLine) else next(c.text for c in b.cells if c.text) for b in blocks]
    assert said == ["before", "first", "between", "second", "after"]
    assert [b.line for b in blocks if isinstance(b, TextLine)] == [1, 2, 3]


def test_tables_side_by_side_stay_two() -> None:
    page = PdfPage().grid([50, 150, 250], YS).grid([300, 400, 500], YS).text(52, 606, "left").text(302, 606, "right")
    grids, _ = only_page(page)
    assert [(g.n_rows, g.n_cols) for g in grids] == [(3, 2), (3, 2)]
    assert [grids[0].cells[4].text, grids[1].cells[4].text] == ["left", "right"]


def test_rules_underlines_boxes_and_charts_are_no_tables() -> None:
    page = PdfPage().text(60, 805, "header").line(50, 800, 500, 800)
    page.text(60, 700, "underlined").line(60, 698, 110, 698)
    page.box(50, 500, 300, 560).text(60, 520, "boxed")
    for y in range(200, 300, 20):  # a chart: grid lines on one axis
        page.line(100, y, 400, y)
    page.line(100, 200, 100, 290)
    page.line(50, 100, 550, 100).line(50, 80, 550, 80).line(50, 40, 550, 40).text(60, 85, "three rules")
    grids, lines = only_page(page)
    assert grids == []
    assert [line.text for line in lines] == ["header", "underlined", "boxed", "three rules"]


def test_a_page_drawn_from_the_top_down_reads_the_same() -> None:
    page = PdfPage().raw("q 0.75 0 0 -0.75 0 842 cm").grid([100, 200, 300], [100, 130, 160])
    page.text(105, 120, "1,234.50", 12, (1, 0, 0, -1)).text(205, 120, "9.00", 12, (1, 0, 0, -1)).raw("Q")
    grids, _ = only_page(page)
    assert [texts(grid) for grid in grids] == [[["1,234.50", "9.00"], ["", ""]]]
    assert grids[0].box == pytest.approx((75, 75, 225, 120), abs=0.5)


def test_a_table_in_a_cell_keeps_its_own_text() -> None:
    page = PdfPage().grid([50, 300, 550], [400, 500, 600]).grid([60, 120, 180], [420, 440, 460])
    page.text(65, 425, "inner").text(320, 550, "outer").text(60, 480, "cell")
    grids, _ = only_page(page)
    assert [texts(grid) for grid in grids] == [[["", "outer"], ["cell", ""]], [["", ""], ["inner", ""]]]


def test_two_dashes_of_one_path_leave_the_cell_between_them_whole() -> None:
    page = PdfPage().grid(XS, [600, 660]).raw("50 630 m 150 630 l 250 630 m 350 630 l S").text(155, 625, "tall")
    grids, _ = only_page(page)
    assert [(c.row, c.col, c.row_span, c.text) for c in grids[0].cells if c.col == 1] == [(0, 1, 2, "tall")]


def test_hatching_is_a_drawing_and_costs_no_table() -> None:
    page = PdfPage(size=(3000, 3000)).text(60, 20, "a map")
    page.grid(range(100, 2900, 4), range(100, 2900, 4), 0.1)
    reading = read(pdf([page]))
    assert [b.text for b in reading.pages[0].blocks if isinstance(b, TextLine)] == ["a map"]
    assert len(reading.pages[0].blocks) == 1
    assert "taken for a drawing" in reading.notes[0]


def test_an_underline_inside_a_cell_divides_nothing() -> None:
    grids, _ = only_page(filled(PdfPage().grid(XS, YS)).line(60, 604, 90, 604).line(160, 604, 200, 604))
    assert [texts(grid) for grid in grids] == [FIGURES]


# --- text in its cell ------------------------------------------------------------------------------------------------

WIDTH = {",": 0.278, ".": 0.278, "-": 0.333}  # of Helvetica; digits are 0.556


@settings(max_examples=40, deadline=None)
@given(st.decimals(min_value=-999999999, max_value=999999999, places=2), st.randoms(use_true_random=False))
def test_a_figure_comes_out_as_printed_whatever_the_order_of_its_glyphs(value: Decimal, chance) -> None:
    printed = f"{value:,.2f}"
    page = PdfPage().grid(XS, YS)
    x = 154.0
    glyphs = []
    for glyph in printed:
        glyphs.append((x, glyph))
        x += 10 * WIDTH.get(glyph, 0.556)
    chance.shuffle(glyphs)
    for at, glyph in glyphs:
        page.text(at, 626, glyph)
    grids, _ = only_page(page)
    assert texts(grids[0])[1] == ["", printed, ""]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(20, 480), st.integers(560, 700), st.integers(5, 14)), min_size=1, max_size=13),
    st.sampled_from([0, 90]),
)
def test_no_glyph_is_lost_or_doubled_wherever_it_stands(places: list[tuple[int, int, int]], turn: int) -> None:
    page = PdfPage(rotate=turn).grid(XS, YS)
    # No character twice: one printed over itself is bold made by printing twice.
    words = [string.ascii_letters[4 * k : 4 * k + 4] for k in range(len(places))]
    for (x, y, size), word in zip(places, words, strict=True):
        page.text(x, y, word, size)
    grids, lines = only_page(page)
    found = "".join(c.text for grid in grids for c in grid.cells) + "".join(line.text for line in lines)
    assert Counter(re.sub(r"\s", "", found)) == Counter("".join(words))


def test_lines_of_a_wrapped_name_are_parted_by_a_line_break() -> None:
    page = PdfPage().grid(XS, [600, 640, 680]).text(54, 624, "机关事业单位基本").text(54, 610, "养老保险缴费支出")
    page.text(154, 617, "160.75")
    grids, _ = only_page(page)
    assert texts(grids[0])[1] == ["机关事业单位基本\n养老保险缴费支出", "160.75", ""]


def test_two_figures_in_one_cell_stay_apart() -> None:
    grids, _ = only_page(
        PdfPage().grid(XS, YS).text(54, 606, "1.00").text(76, 606, "2.00").text(154, 606, "3.00  4.00")
    )
    assert texts(grids[0])[2] == ["1.00 2.00", "3.00 4.00", ""]


def test_type_scaled_by_its_matrix_is_parted_like_any_other() -> None:
    page = PdfPage().grid(XS, YS).text(54, 606, "1,234.50", 1, (10, 0, 0, 10)).text(154, 606, "1.00", 1, (10, 0, 0, 10))
    page.text(176, 606, "2.00", 1, (10, 0, 0, 10))
    grids, _ = only_page(page)
    assert texts(grids[0])[2] == ["1,234.50", "1.00 2.00", ""]


def test_bold_made_by_printing_twice_counts_once() -> None:
    page = PdfPage().grid(XS, YS).text(54, 606, "1,234.50").text(54.3, 606, "1,234.50").text(154, 606, "11.11")
    for k, glyph in enumerate("77"):  # each glyph twice before the next
        page.text(254 + 5.56 * k, 606, glyph).text(254.3 + 5.56 * k, 606, glyph)
    grids, _ = only_page(page)
    assert texts(grids[0])[2] == ["1,234.50", "11.11", "77"]


def test_a_name_that_runs_over_its_border_stays_whole() -> None:
    page = PdfPage().grid(XS, YS).text(54, 646, "Name-that-just-overflows").text(196, 646, "1.00", 8)
    page.text(54, 606, "A-very-long-name-over-a-blank-cell").text(300, 606, "7.00")
    grids, _ = only_page(page)
    assert texts(grids[0])[0] == ["Name-that-just-overflows", "1.00", ""]
    assert texts(grids[0])[2] == ["A-very-long-name-over-a-blank-cell", "", "7.00"]


def test_full_columns_that_nearly_touch_are_cut_at_the_border() -> None:
    page = PdfPage().grid([50, 96, 142, 188], [600, 620])
    for k, said in enumerate(["1,511.90", "1,511.89", "9,999.99"]):
        page.text(50 + 46 * k + 2.2, 606, said, 10.8)
    grids, _ = only_page(page)
    assert texts(grids[0]) == [["1,511.90", "1,511.89", "9,999.99"]]


def test_figures_that_touch_are_cut_after_their_decimals_where_the_border_parts_them() -> None:
    page = PdfPage().grid([50, 96, 142, 188], [600, 620, 640])
    # Each reaches over its left border into the figure before it.
    page.text(50 + 5.5, 626, "1,234.565,678.90", 10)
    page.text(100, 606, "1,234,567.89", 10)
    grids, _ = only_page(page)
    assert texts(grids[0]) == [["1,234.56", "5,678.90", ""], ["", "1,234,567.89", ""]]


def test_figures_that_print_over_each_other_are_unknown() -> None:
    page = PdfPage().grid([100, 136, 172], [600, 620]).text(112.6, 606, "0.00", 11).text(115, 606, "150,000.00", 11)
    grids, _ = only_page(page)
    assert not re.search(r"\d", "".join(texts(grids[0])[0]))
    assert "\ufffd" in texts(grids[0])[0][1]


def test_joined_figures_that_no_border_parts_stay_joined() -> None:
    page = PdfPage().grid([50, 96, 142, 188], [600, 620])
    page.text(52, 606, "0.000.000.00", 8)
    grids, _ = only_page(page)
    assert "0.000.000.00" in texts(grids[0])[0]


@settings(max_examples=60, deadline=None)
@example([Decimal("0.01"), Decimal("-1000.00")], 36, 11)
@given(
    st.lists(st.decimals(min_value=-99999, max_value=99999999, places=2), min_size=2, max_size=4),
    st.integers(36, 70),
    st.sampled_from([7, 9, 11]),
)
def test_figures_too_wide_for_their_cells_are_whole_or_joined_but_never_cut_apart(
    values: list[Decimal], wide: int, size: int
) -> None:
    figures = [f"{value:,.2f}" for value in values]
    xs = [100 + wide * k for k in range(len(figures) + 1)]
    page = PdfPage().grid(xs, [600, 620])
    for k, figure in enumerate(figures):
        width = size * sum(WIDTH.get(c, 0.556) for c in figure)
        page.text(round(xs[k + 1] - 2 - width, 2), 606, figure, size)
    grids, lines = only_page(page)
    found = [text for text in texts(grids[0])[0] if text] + [line.text for line in lines]
    for k, text in enumerate(texts(grids[0])[0]):
        if re.fullmatch(r"-?\d[\d,]*\.\d\d", text):  # ,000.00 is none, and is reported
            assert text == figures[k]
    assert found


def test_a_watermark_stays_out_of_the_cells_and_is_noted() -> None:
    page = filled(PdfPage().grid(XS, YS)).text(120, 590, "DRAFT", 40, (0.7, 0.7, -0.7, 0.7))
    reading = read(pdf([page]))
    (grid,) = reading.pages[0].blocks
    assert isinstance(grid, Grid)
    assert texts(grid) == FIGURES
    assert reading.notes == ("page 1: turned text left out: DRAFT",)


def test_text_outside_of_the_visible_page_is_noted_not_read() -> None:
    reading = read(pdf([PdfPage(crop=(0, 400, 595, 842)).text(60, 700, "seen").text(60, 100, "12,345.00")]))
    assert [b.text for b in reading.pages[0].blocks if isinstance(b, TextLine)] == ["seen"]
    assert reading.notes == ("page 1: text outside of the visible page left out: 12,345.00",)


def test_a_glyph_without_a_character_is_kept_as_unknown_and_counted() -> None:
    page = PdfPage().grid(XS, YS).text(54, 606, "基本").text(154, 606, "12.00")
    reading = read(pdf([page], to_unicode=False))
    (grid,) = reading.pages[0].blocks
    assert isinstance(grid, Grid)
    assert texts(grid)[2] == ["\ufffd\ufffd", "12.00", ""]
    assert reading.notes == ("page 1: 2 glyphs have no known character and stand as U+FFFD",)


def test_a_hyphen_at_the_end_of_a_line_stays_a_hyphen() -> None:
    _, lines = only_page(PdfPage().text(60, 700, "2023-").text(60, 686, "2024"))
    assert [line.text for line in lines] == ["2023-", "2024"]


def test_a_line_is_one_line_with_its_box() -> None:
    _, lines = only_page(PdfPage().text(60, 700, "单位：").text(300, 700, "万元").text(60, 680, "next"))
    assert [(line.text, line.line, line.page) for line in lines] == [("单位： 万元", 1, 1), ("next", 2, 1)]
    assert lines[0].box == pytest.approx((60, 133.2, 320, 143.2), abs=0.5)


# --- files that cannot be read ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def one_page() -> bytes:
    return pdf([filled(PdfPage().grid(XS, YS))])


def test_an_encrypted_file_that_opens_without_a_password_is_read() -> None:
    reading = read(pdf([filled(PdfPage().grid(XS, YS))], user_password=""))
    (grid,) = reading.pages[0].blocks
    assert isinstance(grid, Grid)
    assert texts(grid) == FIGURES


def test_a_file_with_a_password_says_so() -> None:
    with pytest.raises(UnreadableDocument, match=r"^secret\.pdf: encrypted"):
        read(pdf([PdfPage().text(60, 700, "x")], user_password="secret"), "secret.pdf")


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_file_says_so(one_page: bytes, part: float) -> None:
    with pytest.raises(UnreadableDocument, match="truncated"):
        read(one_page[: int(len(one_page) * part)])


def test_a_file_of_nothing_but_its_magic_is_damaged() -> None:
    with pytest.raises(UnreadableDocument, match="damaged"):
        read(b"%PDF-1.4\nnothing of a PDF in it\n%%EOF\n")


def test_a_broken_table_of_contents_is_rebuilt_and_noted(one_page: bytes) -> None:
    broken = re.sub(rb"startxref\n\d+", b"startxref\n7", one_page)
    reading = read(broken)
    (grid,) = reading.pages[0].blocks
    assert isinstance(grid, Grid)
    assert texts(grid) == FIGURES
    assert any("rebuilt" in note for note in reading.notes)


def test_scans_are_named_and_refused() -> None:
    scan = PdfPage().image(0, 0, 595, 842).text(290, 20, "- 1 -")
    with pytest.raises(UnreadableDocument, match=r"scanned pages; install the ocr extra \(pages 1-3 of 3\)"):
        read(pdf([scan, scan, scan]))


def test_a_scan_among_pages_of_text_is_noted() -> None:
    scan = PdfPage().image(0, 0, 595, 842)
    page = filled(PdfPage().grid(XS, YS))
    reading = read(pdf([page, scan, page, scan, scan]))
    assert reading.unread == ("pages 2, 4-5: scanned without text; install the ocr extra",)
    assert [len(p.blocks) for p in reading.pages] == [1, 0, 1, 0, 0]


def test_an_invisible_layer_is_read_and_noted() -> None:
    page = PdfPage().image(0, 0, 595, 842).text(60, 700, "a line of text that an OCR has read", mode=3)
    reading = read(pdf([page]))
    assert [b.text for b in reading.pages[0].blocks if isinstance(b, TextLine)] == [
        "a line of text that an OCR has read"
    ]
    assert "invisible" in reading.notes[0]


def test_a_file_without_any_text_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match="no text on any of its 1 pages"):
        read(pdf([PdfPage().grid(XS, YS)]))


def test_more_pages_than_allowed_are_refused(one_page: bytes) -> None:
    assert len(read(one_page, limits=Limits(max_pages=1)).pages) == 1
    with pytest.raises(LimitExceeded, match="max_pages"):
        read(pdf([PdfPage(), PdfPage()]), limits=Limits(max_pages=1))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_but_never_breaks_the_reader(data: st.DataObject) -> None:
    whole = bytearray(pdf([filled(PdfPage().grid(XS, YS))]))
    for _ in range(data.draw(st.integers(1, 12))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        reading = read(bytes(whole))
    except UnreadableDocument as error:
        assert str(error)
    else:
        assert reading.method in ("pdf", "text", "ocr")


# --- real documents --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report() -> Reading:
    return read(REPORT.read_bytes(), REPORT.name)


def grids_of(reading: Reading, number: int) -> list[Grid]:
    return [b for b in reading.pages[number - 1].blocks if isinstance(b, Grid)]


def test_every_printed_figure_of_the_report_is_the_text_of_one_cell(report: Reading) -> None:
    truth = json.loads(TRUTH.read_text("utf-8"))
    printed = Counter(f"{Decimal(c['value']):,.2f}" for c in truth["cells"] if c["value"] is not None)
    figure = re.compile(r"-?[\d,]+\.\d+")
    found = Counter(
        cell.text
        for page in report.pages
        for grid in page.blocks
        if isinstance(grid, Grid)
        for cell in grid.cells
        if figure.search(cell.text)
    )
    assert sum(printed.values()) == 195
    assert found == printed


def test_the_report_has_the_tables_that_its_pages_show(report: Reading) -> None:
    shapes = {p.number: [(g.n_rows, g.n_cols) for g in grids_of(report, p.number)] for p in report.pages}
    assert {number: found for number, found in shapes.items() if found} == {
        5: [(4, 3)],
        6: [(29, 4)],
        7: [(3, 4)],
        8: [(18, 11)],
        9: [(5, 11)],
        10: [(15, 10)],
        11: [(8, 10)],
        12: [(15, 7)],
        13: [(19, 7)],
        14: [(1, 7)],
        15: [(24, 7)],
        16: [(22, 8)],
        17: [(21, 8)],
        18: [(6, 12)],
        19: [(12, 10)],
        20: [(12, 10)],
    }


def test_every_elementary_cell_of_the_report_belongs_to_exactly_one_cell(report: Reading) -> None:
    for page in report.pages:
        for grid in page.blocks:
            if isinstance(grid, Grid):
                covered = Counter(
                    (r, c)
                    for cell in grid.cells
                    for r in range(cell.row, cell.row + cell.row_span)
                    for c in range(cell.col, cell.col + cell.col_span)
                )
                assert covered == Counter((r, c) for r in range(grid.n_rows) for c in range(grid.n_cols))


def test_the_blank_template_has_its_tables_without_figures() -> None:
    reading = read(TEMPLATE.read_bytes())
    shapes = [(g.n_rows, g.n_cols) for p in reading.pages for g in p.blocks if isinstance(g, Grid)]
    assert shapes == [(9, 3), (30, 4), (10, 9), (10, 8), (17, 7), (15, 7), (10, 5), (40, 6), (5, 12), (6, 8), (6, 8)]


# --- what is there and not seen --------------------------------------------------------------------------------------

TEN = "0123456789 abcdefghijklmnop"


def test_invisible_text_under_visible_text_is_left_out() -> None:
    page = filled(PdfPage().grid(XS, YS)).text(54, 606, "9,999.99", mode=3).text(60, 700, TEN)
    reading = read(pdf([page]))
    grids = [b for b in reading.pages[0].blocks if isinstance(b, Grid)]
    assert [texts(grid) for grid in grids] == [FIGURES]
    assert reading.notes == ("page 1: text that is not seen (white, invisible) left out: 9,999.99",)


def test_white_text_is_read_only_where_something_dark_lies_under_it() -> None:
    page = PdfPage().grid(XS, YS).raw("0.2 g").box(50, 640, 350, 660, "f").raw("1 g").text(54, 646, "head")
    page.text(154, 606, "8,888.88").raw("0 g").text(154, 626, "1.00")
    grids, _ = only_page(page)
    assert texts(grids[0]) == [["head", "", ""], ["", "1.00", ""], ["", "", ""]]


def test_a_page_of_wrong_or_private_characters_is_marked_as_unknown() -> None:
    private = PdfPage().text(60, 700, "\ue001\ue002\ue003\ue004\ue005")
    foreign = PdfPage().text(60, 700, "ကခဂဃငစဆဇစျည")
    reading = read(pdf([private, foreign, PdfPage().text(60, 700, TEN)]))
    said = [b.text for page in reading.pages[:2] for b in page.blocks if isinstance(b, TextLine)]
    assert [set(text) for text in said] == [{"\ufffd"}, {"\ufffd"}]


def test_radicals_stay_as_printed_and_are_the_same_word() -> None:
    _, lines = only_page(PdfPage().text(60, 700, "⼀般公共预算⽀出⽉"))
    assert lines[0].text == "⼀般公共预算⽀出⽉"
    assert bare(lines[0].text) == "一般公共预算支出月"


@pytest.mark.parametrize("kind", ["Widget", "FreeText"])
def test_a_filled_field_and_a_typed_comment_are_read_in_their_cell(kind: str) -> None:
    page = PdfPage().grid(XS, YS).text(54, 606, "1.00")
    page.annotation(kind, (152, 602, 240, 618), PdfPage().text(2, 4, "1,234.50"))
    grids, _ = only_page(page)
    assert texts(grids[0])[2] == ["1.00", "1,234.50", ""]
