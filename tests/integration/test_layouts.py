"""The floors of reading: every figure of a drawn report, in every format and every layout, where it is printed.

Belongs here: what no format may fall below. Does not belong here: the layouts, the renderers and the counting
(tests/generator), the table of what is reached (docs/extraction.md).
"""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.generator.__main__ import Result, run
from tests.generator.drawing import Truth, draw, layout_names
from tests.generator.formats import FORMATS
from tests.generator.render import pdf
from tests.generator.score import Score, merged, score

from juesuan.final_accounts.extract import extract
from juesuan.final_accounts.model import Extraction

pytestmark = pytest.mark.integration


#: Formats that every layout is tried in; the others take turns, so that all of it stays within minutes.
IN_EVERY_LAYOUT = ("pdf-ruled", "xlsx", "text-pdfium")
TURNS = 6
#: Formats in which a name without figures may be lost (docs/extraction.md names them all): a wrapped name in text.
#: Their figures are held to be exact like those of others.
FIGURES_ONLY = ("text-pdfplumber", "text-layout")

#: Layouts with groups of 基本支出 and 项目支出, one level deep and two.
TURNED = ("yunnan-2021", "shanghai-2024")
#: Tables whose header tells nothing in a format, by their number of figures: pdfplumber puts the lines of a narrow cell
#: into one and sorts their letters by place, so that 因公出国（境）费用 reads 因 （ 公 境 用 出 ） 国 费. They stay
#: listed.
SHUFFLED = {
    ("text-pdfplumber", "jiangxi-2020"): 11,
    ("text-pdfplumber", "shaanxi-2020"): 16,
    ("text-pdfplumber", "yunnan-2023"): 11,
}


def _layouts(name: str) -> list[str] | None:
    """The layouts whose turn it is in a format; all of them where JUESUAN_EVERY_LAYOUT is set."""
    kind = FORMATS[name]
    if os.environ.get("JUESUAN_EVERY_LAYOUT") or name in IN_EVERY_LAYOUT or kind.group in ("clean", "worn"):
        return None
    every = list(kind.layouts or layout_names())
    turn = list(FORMATS).index(name)
    return [layout for n, layout in enumerate(every) if (n + turn) % min(TURNS, len(every)) == 0]


def _said(results: list[Result]) -> str:
    """What a person needs to find the fault: the documents that fall short and how to see more."""
    lines = []
    for r in results:
        if not r.score.perfect:
            lines.append(f"python -m tests.generator show {r.format} {r.layout}: {r.score.short()}")
            lines += [f"    {reason}" for reason in r.score.reasons[:6]]
    return "\n".join(lines)


def _formats(*groups: str) -> list[str]:
    """The formats of some groups that this machine can render."""
    return [name for name, kind in FORMATS.items() if kind.group in groups and kind.present]


def test_where_everything_is_installed_every_format_is_rendered() -> None:
    missing = [name for name, kind in FORMATS.items() if not kind.present]
    assert missing == [] or not os.environ.get("JUESUAN_NO_TEST_LEFT_OUT")


@pytest.mark.parametrize("name", [n for n in _formats("geometry", "text") if n not in FIGURES_ONLY])
def test_every_figure_label_and_blank_is_where_it_is_printed(name: str) -> None:
    """Formats with geometry lose nothing in any layout."""
    results = run(name, _layouts(name))
    assert results
    assert all(r.score.perfect for r in results), _said(results)


@pytest.mark.parametrize("name", [n for n in _formats("geometry", "text") if n in FIGURES_ONLY])
def test_every_figure_is_exact_where_only_order_divides(name: str) -> None:
    results = run(name, _layouts(name))
    total = merged(r.score for r in results)
    listed = sum(SHUFFLED.get((r.format, r.layout), 0) for r in results)
    assert (total.misplaced, total.invented, total.lost, total.unread, total.listed) == (0, 0, 0, 0, listed), _said(
        results
    )
    assert total.exact + listed == total.figures, _said(results)


@pytest.mark.parametrize("name", _formats("text"))
def test_an_order_that_no_form_has_is_read_or_listed_and_never_supposed(name: str) -> None:
    """项目支出 before 基本支出 in every header: no sum tells the two apart, only what is printed does."""
    kind = FORMATS[name]
    results = []
    for layout in TURNED:
        report = draw(layout, print_all=True, turned=True)
        (data,) = kind.make([report])
        results.append(Result(name, layout, score(extract(data, f"{layout}.{kind.suffix}"), report.truth)))
    total = merged(r.score for r in results)
    assert (total.misplaced, total.invented, total.lost, total.unread) == (0, 0, 0, 0), _said(results)
    assert total.exact > total.figures * 0.6, _said(results)


@pytest.mark.parametrize("layout", ["xinjiang-2023", "yunnan-2021", "guangdong-2016"])
def test_a_name_that_a_page_break_cuts_is_one_name(layout: str) -> None:
    """On upright pages T4 breaks within 年初财政拨款结转和结余, or within a line under it."""
    report = draw(layout)
    got = score(extract(pdf.render(report, "ruled", upright=True), f"{layout}.pdf"), report.truth)
    assert (got.misplaced, got.invented, got.lost, got.unread) == (0, 0, 0, 0), got.reasons
    assert got.labels_right == got.labels, got.reasons
    assert got.listed <= 1, "a number of a page may stand in the last row"


@pytest.mark.parametrize("name", _formats("gaps"))
def test_where_blanks_are_gone_no_figure_is_misplaced_or_dropped(name: str) -> None:
    """What two placements fit is left without a place and listed."""
    results = run(name, _layouts(name))
    total = merged(r.score for r in results)
    assert (total.misplaced, total.invented, total.lost, total.unread) == (0, 0, 0, 0), _said(results)
    assert total.exact


@pytest.mark.parametrize("name", _formats("clean"))
def test_clean_print_is_recognised_whole_and_says_what_proves_it(name: str) -> None:
    results = run(name)
    total = merged(r.score for r in results)
    assert total.exact == total.figures and not (total.misplaced or total.invented or total.lost), _said(results)
    assert total.unmarked == 0 and total.confirmed_wrong == 0


@pytest.mark.parametrize("name", _formats("worn"))
def test_no_confirmed_figure_of_worn_print_is_wrong(name: str) -> None:
    results = run(name)
    total = merged(r.score for r in results)
    assert total.unread == 0 and total.exact, _said(results)
    assert total.confirmed_wrong == 0 and total.unmarked == 0, _said(results)


# --- that the score means something


@pytest.fixture(scope="module")
def read() -> tuple[tuple[Extraction, ...], Truth]:
    report = draw("guangdong-2023")
    return extract(pdf.render(report)), report.truth


def _scored(read: tuple[tuple[Extraction, ...], Truth], **change: object) -> Score:
    extractions, truth = read
    return score((replace(extractions[0], **change),), truth)  # type: ignore[arg-type]


def test_at_least_twelve_layouts_are_drawn_from_as_many_places_and_years() -> None:
    truths = [draw(name).truth for name in layout_names()]
    assert len({(t.unit_name[:2], t.fiscal_year) for t in truths}) >= 12
    assert {t.scope for t in truths} == {"department", "own_level", "unit"}
    assert {c.text for t in truths for c in t.cells} >= {"", "0", "0.00"}
    assert any(c.value is not None and c.value < 0 for t in truths for c in t.cells)


def test_two_figures_that_changed_places_are_misplaced(read: tuple[tuple[Extraction, ...], Truth]) -> None:
    cells = list(read[0][0].cells)
    at = [n for n, c in enumerate(cells) if c.table_key == "T3" and c.row_key == "2010301" and c.value]
    one, other = cells[at[0]], cells[at[1]]
    cells[at[0]] = replace(one, value=other.value, value_text=other.value_text)
    cells[at[1]] = replace(other, value=one.value, value_text=one.value_text)
    got = _scored(read, cells=tuple(cells))
    assert got.misplaced == 2 and got.invented == 0 and not got.perfect


def test_a_figure_that_is_not_printed_is_invented(read: tuple[tuple[Extraction, ...], Truth]) -> None:
    cells = list(read[0][0].cells)
    cells[5] = replace(cells[5], value=Decimal("123456.78"), value_text="123,456.78")
    assert _scored(read, cells=tuple(cells)).invented == 1


def test_a_figure_that_nobody_kept_is_lost_and_a_missing_label_is_seen(
    read: tuple[tuple[Extraction, ...], Truth],
) -> None:
    cells = tuple(c for c in read[0][0].cells if c.row_key != "2010301" or c.table_key != "T3")
    got = _scored(read, cells=cells)
    assert got.lost == 6 and got.labels - got.labels_right == 1 and not got.perfect


def test_a_zero_for_a_blank_is_counted(read: tuple[tuple[Extraction, ...], Truth]) -> None:
    cells = list(read[0][0].cells)
    cells.append(
        replace(cells[0], row_key="income:捐赠收入", row_label="九、捐赠收入", value=Decimal(0), value_text="0.00")
    )
    got = _scored(read, cells=tuple(cells))
    assert got.misplaced + got.invented == 1


def test_a_document_that_was_not_read_scores_nothing() -> None:
    got = score((), draw("guangdong-2016").truth)
    assert got.unread and got.exact == 0 and got.figures and got.reasons
