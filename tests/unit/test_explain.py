"""What is shown of a document: why a table is of its form, where each figure came to stand, what the pages show."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from juesuan import cli, explaining
from juesuan.explaining import pages
from juesuan.explaining.marks import Mark, Piece, Sheet, State, Tag
from juesuan.explaining.pages import STYLES, NotOurs
from juesuan.explaining.seen import Seen, see
from juesuan.final_accounts.model import Grid, Page, Reading, TextLine
from juesuan.final_accounts.readers import DEFAULT, Limits, worker
from juesuan.final_accounts.recognise import recognise
from tests.fixtures.layouts import Print, Table, draw
from tests.fixtures.pdf_writer import PdfPage, pdf
from tests.fixtures.report_factory import grids, make_figures

Run = Callable[..., tuple[int, str, str]]

NAME = "清河县财政局"
#: The last column is of no form; 上缴上级支出 and 经营支出 are blank.
T3 = Table(
    widths=[60, 130, 70, 60, 60, 60, 60],
    align="lltrrrr".replace("t", "r"),
    header=[
        (0, 0, 1, 1, "科目编码"),
        (0, 1, 1, 1, "科目名称"),
        (0, 2, 1, 1, "本年支出合计"),
        (0, 3, 1, 1, "基本支出"),
        (0, 4, 1, 1, "项目支出"),
        (0, 5, 1, 1, "经营支出"),
        (0, 6, 1, 1, "调剂支出"),
    ],
    rows=[
        ["", "合计", "350.00", "250.00", "100.00", "", "7.77"],
        ["201", "一般公共服务支出", "350.00", "250.00", "100.00", "", ""],
        ["20106", "财政事务", "350.00", "250.00", "100.00", "", ""],
        ["2010601", "行政运行", "350.00", "250.00", "100.00", "", ""],
    ],
)
OTHER = Table(
    widths=[120, 80, 80],
    align="lrr",
    header=[(0, 0, 1, 1, "债务"), (0, 1, 1, 1, "年初"), (0, 2, 1, 1, "年末")],
    rows=[["一般债务", "12.00", "13.00"], ["专项债务", "22.00", "23.00"]],
)


@cache
def report() -> bytes:
    """A report of four pages: cover, a table of the form, one of no form, text."""
    ruled = Print(rules="all", verticals="all", frame=True, top=700)
    cover = PdfPage().text(150, 600, f"{NAME}2023年度部门决算", 18)
    table = PdfPage().text(200, 760, "支出决算表", 14).text(430, 730, "单位：万元")
    draw(table, T3, ruled)
    other = PdfPage().text(200, 760, "政府债务情况统计表", 14)
    draw(other, OTHER, ruled)
    text = PdfPage().text(60, 760, "第三部分 2023年度部门决算情况说明", 14)
    text.text(60, 720, "一、收入支出决算总体情况说明").text(80, 700, "2023年度收入支出总计350.00万元。")
    text.text(60, 680, "二、支出决算情况说明").text(
        80, 660, "本年支出合计351.00万元，其中：基本支出250.00万元，占10.00%。"
    )
    return pdf([cover, table, other, text])


@cache
def seen() -> Seen:
    return see(report(), "report.pdf")


def states(sheet: Sheet) -> Counter[State]:
    return Counter(mark.state for mark in sheet.marks)


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs in a worker runs here: one need not be started for each question."""

    def here(function: str, *args: Any, limits: Limits, progress: object) -> Any:
        module, _, name = function.partition(":")
        return getattr(import_module(module), name)(*args)

    monkeypatch.setattr(worker, "run_bounded", here)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command in a folder of its own that holds report.pdf: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUESUAN_RAW", str(tmp_path / "raw"))
    (tmp_path / "report.pdf").write_bytes(report())

    def command(*argv: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            cli.main([str(one) for one in argv])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return command


# --- why a table is of its form


def recognised(title: str | None, *, name: str | None = None, part: str | None = None, key: str = "T3") -> str | None:
    """What told the form of a table under that title, on a sheet or in a file of that name."""
    titles = {"T3": "支出决算表", "TS": "财政拨款“三公”经费支出决算表"}
    for page in grids(make_figures()).pages:
        if any(isinstance(block, TextLine) and block.text.endswith(titles[key]) for block in page.blocks):
            grid = next(block for block in page.blocks if isinstance(block, Grid))
            above = [TextLine(title, page.number, 1)] if title else []
            own = Page(page.number, None, None, (*above, grid), name=name, part=part)
            found = recognise(Reading("office", "", (own,))).tables
            return next((table.recognised_by for table in found if table.table_no), None)
    raise AssertionError(f"no page has the title of {key}")


@pytest.mark.parametrize(
    ("title", "name", "part", "key", "by"),
    [
        ("支出决算表", None, None, "T3", "title"),
        ("表3 清河县财政局2023年度支出决算表", None, None, "T3", None),
        ("三公经费支出决算情况统计表", None, None, "TS", "title_pattern"),
        ("支山决算表", None, None, "T3", "close_title"),
        (None, "支出决算表", None, "T3", "sheet_name"),
        (None, None, "决算/03支出决算表.xls", "T3", "file_name"),
        (None, "Sheet1", "决算/附件.xls", "T3", "header"),
    ],
)
def test_what_told_the_form_of_a_table_is_said(
    title: str | None, name: str | None, part: str | None, key: str, by: str | None
) -> None:
    assert recognised(title, name=name, part=part, key=key) == by


# --- what is seen


def test_a_report_is_seen_with_the_place_that_names_it() -> None:
    (one,) = seen().reports
    assert (one.extraction.report.unit_name, one.extraction.report.fiscal_year) == (NAME, 2023)
    assert one.identity is not None
    assert {(e.what, e.page) for e in one.identity.evidence} >= {("unit_name", 1), ("fiscal_year", 1)}
    assert [(page.number, page.method, page.grids) for page in seen().pages] == [
        (1, "pdf", 0),
        (2, "pdf", 1),
        (3, "pdf", 1),
        (4, "pdf", 0),
    ]
    assert (seen().kind, seen().bytes) == ("PDF", len(report()))


def test_the_figures_of_a_table_are_counted_by_what_became_of_them() -> None:
    (table,) = (one for one in seen().reports[0].tables if one.cells)
    assert table.table.table_key == "T3"
    assert (table.rows, table.columns) == (4, 4)
    assert (table.figures, table.blanks, table.by_identity, len(table.unassigned)) == (12, 4, 0, 1)
    assert not table.flattened
    assert table.unassigned[0].text == "7.77"


def test_a_table_of_text_is_flattened_and_one_of_a_sheet_is_not() -> None:
    lines = "\n".join(
        (
            f"{NAME}2023年度部门决算",
            "支出决算表",
            "单位：万元",
            "科目编码 科目名称 本年支出合计 基本支出 项目支出",
            "合计 350.00 250.00 100.00",
            "2010601 行政运行 350.00 250.00 100.00",
        )
    )
    (of_text,) = (one for one in see(lines.encode(), "a.txt").reports[0].tables if one.cells)
    assert of_text.flattened and of_text.figures == 6
    html = "<html><body><p>支出决算表</p><table>" + "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
        for row in [[said for *_, said in T3.header], *T3.rows]
    )
    (of_page,) = (one for one in see(f"{NAME}2023年度部门决算{html}".encode(), "a.html").reports[0].tables if one.cells)
    assert not of_page.flattened and of_page.figures == 12


def test_what_cannot_be_read_is_seen_with_its_kind_and_reason() -> None:
    got = see(b"%PDF-1.4 and no more", "broken.pdf")
    (one,) = got.reports
    assert (got.kind, one.extraction.report.status, got.sheets) == ("PDF", "failed", ())
    assert "broken.pdf" in (one.extraction.report.reason or "")


def test_a_document_without_pages_has_none_to_draw() -> None:
    assert see(f"{NAME}2023年度部门决算\n".encode(), "a.txt").sheets == ()


# --- where it lies


def test_every_cell_of_a_table_is_outlined_by_its_state() -> None:
    assert states(seen().sheets[1]) == {"position": 12, "blank": 4, "label": 14, "unassigned": 1}
    (piece,) = seen().sheets[1].pieces
    assert (piece.caption, [tag.text for tag in piece.columns]) == (
        "T3",
        ["expenditure_total", "basic", "project", "operating_expenditure"],
    )
    assert [tag.text for tag in piece.left] == ["total", "201", "20106", "2010601"]
    assert "known by its title" in piece.says and "12 figures, 4 blank" in piece.says


def test_the_figure_without_a_place_is_outlined_where_it_is_printed() -> None:
    (mark,) = (mark for mark in seen().sheets[1].marks if mark.state == "unassigned")
    x0, top, x1, bottom = mark.box
    assert 480 <= x0 < x1 <= 541 and 842 - 700 < top < bottom < 842 - 640


def test_a_table_of_no_form_bears_the_key_under_which_it_is_listed() -> None:
    sheet = seen().sheets[2]
    assert states(sheet) == {"unrecognised": 9}
    assert [piece.caption for piece in sheet.pieces] == ["U1"]


def test_lines_with_statements_are_underlined_and_others_are_not() -> None:
    sheet = seen().sheets[3]
    assert states(sheet) == {"statement": 2}
    assert seen().sheets[0].marks == ()


def test_the_keys_of_a_second_block_stand_on_the_other_side() -> None:
    page = next(p for p in grids(make_figures()).pages if any("收入支出决算总表" in t for t in texts(p)))
    placed = dataclasses.replace(page, number=1, width=600.0, height=800.0, blocks=tuple(map(boxed, page.blocks)))
    reading = Reading("pdf", "application/pdf", (placed,))
    (sheet,) = sheets(reading)
    (piece,) = sheet.pieces
    assert piece.left and all(tag.text.startswith(("income", "opening")) for tag in piece.left)
    assert piece.right and all(tag.text.startswith(("expenditure", "closing", "surplus")) for tag in piece.right)
    assert piece.inside == ()


def texts(page: Page) -> list[str]:
    return [block.text for block in page.blocks if isinstance(block, TextLine)]


def boxed(block: TextLine | Grid) -> TextLine | Grid:
    """The same with boxes, as a PDF gives them."""
    if isinstance(block, TextLine):
        return dataclasses.replace(block, page=1, box=(20.0, 10.0, 200.0, 20.0))
    cells = tuple(
        dataclasses.replace(
            c,
            box=(50.0 * c.col, 100.0 + 12 * c.row, 50.0 * (c.col + c.col_span), 112.0 + 12 * (c.row + c.row_span - 1)),
        )
        for c in block.cells
    )
    return dataclasses.replace(block, page=1, cells=cells)


def sheets(reading: Reading) -> tuple[Sheet, ...]:
    from juesuan.explaining.marks import sheets_of
    from juesuan.final_accounts.model import Extraction, Report

    got = recognise(reading)
    report = Report("0", None, None, None, None, None, "loaded", None, tables=got.tables)
    return sheets_of(reading, (Extraction(report, cells=got.cells, unassigned_numbers=got.unassigned),))


# --- the pages drawn


def opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGB")


def test_each_page_is_one_picture_with_its_cells_outlined(tmp_path: Path) -> None:
    assert pages.draw(report(), seen().sheets, tmp_path, DEFAULT) is None
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"page-00{n}.png" for n in (1, 2, 3, 4)]
    bare = opened(tmp_path / "page-001.png")
    assert bare.size == (round(595 * 110 / 72), round(842 * 110 / 72)), "nothing was seen, nothing is added"
    table = opened(tmp_path / "page-002.png")
    assert table.width > bare.width and table.height > bare.height, "keys beside it, their meaning below"
    colours = {colour for _, colour in table.getcolors(1 << 24) or ()}
    shown: tuple[State, ...] = ("position", "blank", "unassigned")
    assert {STYLES[state].colour for state in shown} <= colours
    assert STYLES["identity"].colour not in colours
    assert STYLES["statement"].colour in {
        colour for _, colour in opened(tmp_path / "page-004.png").getcolors(1 << 24) or ()
    }


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_outlines_lie_where_the_cells_are_on_a_turned_page(tmp_path: Path, turn: int) -> None:
    page = PdfPage(rotate=turn).box(100, 600, 200, 640, "S", 1)
    seen_at = {
        0: (100, 202, 200, 242),
        90: (600, 100, 640, 200),
        180: (395, 600, 495, 640),
        270: (202, 395, 242, 495),
    }[turn]
    width, height = (595.0, 842.0) if turn % 180 == 0 else (842.0, 595.0)
    marks = (Mark("identity", tuple(map(float, seen_at))),)  # type: ignore[arg-type]
    pages.draw(pdf([page]), [Sheet(1, None, 0, width, height, "page-001.png")], tmp_path, DEFAULT)
    plain = opened(tmp_path / "page-001.png")
    dark = plain.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    pages.draw(pdf([page]), [Sheet(1, None, 0, width, height, "page-002.png", marks)], tmp_path, DEFAULT)
    drawn = opened(tmp_path / "page-002.png")
    own = Image.new("1", drawn.size)
    own.putdata([pixel == STYLES["identity"].colour for pixel in drawn.get_flattened_data()])
    outlined = own.crop((0, 0, *plain.size)).getbbox()
    assert dark is not None and outlined is not None
    assert all(abs(a - b) <= 2 for a, b in zip(dark, outlined, strict=True))


def test_a_picture_is_drawn_upright_whatever_its_kind(tmp_path: Path) -> None:
    held = io.BytesIO()
    whole = Image.new("L", (200, 300), 255)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    whole.save(held, "JPEG", exif=exif)
    gray = io.BytesIO()
    Image.new("I;16", (300, 200), 65535).save(gray, "PNG")
    frames = io.BytesIO()
    first = Image.new("RGB", (300, 200), "red")
    first.save(frames, "TIFF", save_all=True, append_images=[Image.new("RGB", (300, 200), "blue")])
    for number, (data, index) in enumerate([(held, 0), (gray, 0), (frames, 0), (frames, 1)], 1):
        sheet = Sheet(number, None, index, 589.0, 393.0, f"page-00{number}.png")
        assert pages.draw(data.getvalue(), [sheet], tmp_path, DEFAULT) is None
    drawn = [opened(tmp_path / f"page-00{number}.png") for number in (1, 2, 3, 4)]
    assert {one.size for one in drawn} == {(1349, 900)}
    assert drawn[1].getpixel((50, 50)) == (255, 255, 255)
    assert [drawn[2].getpixel((50, 50)), drawn[3].getpixel((50, 50))] == [(255, 0, 0), (0, 0, 255)]


def test_keys_beside_a_table_make_room_for_themselves(tmp_path: Path) -> None:
    key = "expenditure.carryover.government_fund"
    piece = Piece("T4", "", (50, 50, 90, 90), "label", left=(Tag(key, (50, 50, 90, 60)),))
    page = pdf([PdfPage()])
    pages.draw(page, [Sheet(1, None, 0, 595.0, 842.0, "page-001.png", (), (piece,))], tmp_path, DEFAULT)
    drawn = opened(tmp_path / "page-001.png")
    beside = drawn.crop((0, 0, drawn.width - 909, drawn.height)).convert("L")
    ink = beside.point(lambda value: 255 if value < 200 else 0).getbbox()
    assert ink is not None and ink[0] > 0 and ink[2] < beside.width


def test_pages_of_files_in_archives_and_folders_are_drawn_too(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("决算/表.pdf", report())
        archive.writestr("决算/说明.txt", f"{NAME}2023年度部门决算\n")
    folder = tmp_path / "folder"
    (folder / "决算").mkdir(parents=True)
    (folder / "决算" / "表.pdf").write_bytes(report())
    for source, out in ((packed.getvalue(), tmp_path / "a"), (folder, tmp_path / "b")):
        out.mkdir()
        got = see(source, "many")
        own = [sheet for sheet in got.sheets if sheet.part == "决算/表.pdf"]
        assert [sheet.index for sheet in own] == [0, 1, 2, 3]
        assert pages.draw(source, got.sheets, out, DEFAULT) is None
        assert len(list(out.iterdir())) == 4
        (table,) = (sheet for sheet in own if states(sheet)["position"])
        assert opened(out / table.file).width > 909


def test_a_page_that_cannot_be_drawn_is_named_and_the_others_are_there(tmp_path: Path) -> None:
    lost = Sheet(9, None, 8, 595.0, 842.0, "page-009.png")
    assert pages.draw(report(), [lost, seen().sheets[0]], tmp_path, DEFAULT) == "could not be drawn: page 9"
    assert [file.name for file in tmp_path.iterdir()] == ["page-001.png"]


def test_a_long_screenshot_is_drawn_wide_enough_to_be_read(tmp_path: Path) -> None:
    held = io.BytesIO()
    Image.new("L", (1600, 12000), 255).save(held, "PNG")
    pages.draw(held.getvalue(), [Sheet(1, None, 0, 112.0, 842.0, "page-001.png")], tmp_path, DEFAULT)
    assert opened(tmp_path / "page-001.png").size == (900, 6766)


def test_no_page_is_drawn_larger_than_the_limit(tmp_path: Path) -> None:
    few = dataclasses.replace(DEFAULT, max_pixels=10_000)
    pages.draw(report(), seen().sheets[:1], tmp_path, few)
    width, height = opened(tmp_path / "page-001.png").size
    assert width * height <= 10_100


# --- whose files they are


def test_pages_of_an_earlier_run_are_replaced_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "page-1.png").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")
    pages.draw(report(), seen().sheets, tmp_path, DEFAULT)
    pages.clear(tmp_path, ["page-001.png"], force=False)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["notes.txt", "page-1.png"]


def test_a_file_of_somebody_else_is_overwritten_only_if_told_so(tmp_path: Path) -> None:
    (tmp_path / "page-002.png").write_text("mine")
    with pytest.raises(NotOurs, match="page-002"):
        pages.clear(tmp_path, ["page-001.png", "page-002.png"], force=False)
    assert (tmp_path / "page-002.png").read_text() == "mine"
    pages.clear(tmp_path, ["page-001.png", "page-002.png"], force=True)
    pages.draw(report(), seen().sheets[:2], tmp_path, DEFAULT)
    assert opened(tmp_path / "page-002.png").width > 900


# --- the command


def test_a_person_is_shown_everything_and_told_where_the_pages_are(run: Run, tmp_path: Path) -> None:
    code, out, err = run("explain", "report.pdf")
    assert (code, err) == (0, "")
    for said in (
        "report.pdf: PDF,",
        "pages 1-4: text layer",
        f"unit_name    {NAME}   (p. 1, line 1:",
        "T3  支出决算表: present, page 2",
        "its title stands in the form data",
        "4 rows x 4 columns in 万元, printed: 12 figures, 4 blank",
        "1 WITHOUT A PLACE",
        "T1  收入支出决算总表: missing",
        "U1  政府债务情况统计表: unknown_title, page 3",
        "| 债务 | 年初 | 年末",
        "T3 p. 2: the header of its column is not in the form: 7.77",
        "notes.total 1: total/amount = 350.00万元",
        "report.pdf.explained",
    ):
        assert said in out, said
    assert re.search(r"W-N-02 fail  \S+ \(p\. 4, line 5\)\n    printed 10\.00, expected 71\.2", out), "a share of 71 %"
    assert len(list((tmp_path / "report.pdf.explained").iterdir())) == 4


@pytest.mark.usefixtures("no_worker")
def test_the_cells_of_one_table_are_shown_as_they_were_read(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("explain", "report.pdf", "--table", "t3")
    assert code == 0
    head = next(line for line in out.splitlines() if "row_key" in line)
    assert "本年支出合计" in head and "经营支出" in head
    row = next(line for line in out.splitlines() if line.strip().startswith("2010601"))
    assert row.split() == ["2010601", "行政运行", "350.00", "250.00", "100.00", "p.", "2"]
    assert "12 figures placed by position (text layer)" in out
    assert not (tmp_path / "report.pdf.explained").exists()
    code, out, _ = run("explain", "report.pdf", "--table", "U1")
    assert code == 0 and "专项债务" in out


@pytest.mark.usefixtures("no_worker")
def test_a_table_that_is_not_there_is_refused_with_those_that_are(run: Run) -> None:
    code, out, err = run("explain", "report.pdf", "--table", "T9")
    assert (code, out) == (1, "")
    assert "T3, U1" in err


@pytest.mark.usefixtures("no_worker")
def test_the_same_comes_as_one_json_document(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("explain", "report.pdf", "--json")
    assert code == 0
    got = json.loads(out)
    (one,) = got["reports"]
    (table,) = (table for table in one["tables"] if table["cells"])
    assert (table["table_key"], table["figures"], table["blanks"], table["without_place"]) == ("T3", 12, 4, 1)
    assert (table["recognised_by"], table["placed_by_position"]) == ("title", 12)
    assert [grid["key"] for grid in one["unrecognised_tables"]] == ["U1"]
    assert {check["state"] for check in one["checks"]} == {"fail"}
    assert got["drawn"] is None and not (tmp_path / "report.pdf.explained").exists()
    code, out, _ = run("explain", "report.pdf", "--json", "--checks", "all", "--table", "T3", "--pages", "here")
    got = json.loads(out)
    assert code == 0
    assert [table["table_key"] for table in got["reports"][0]["tables"]] == ["T3"]
    assert sum(got["reports"][0]["check_states"].values()) == len(got["reports"][0]["checks"])
    assert got["drawn"]["files"] == sorted(file.name for file in (tmp_path / "here").iterdir())


@pytest.mark.usefixtures("no_worker")
def test_a_foreign_file_in_the_way_is_said_after_the_explanation(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "report.pdf.explained"
    folder.mkdir()
    (folder / "page-003.png").write_text("mine")
    code, out, err = run("explain", "report.pdf")
    assert code == 1 and "T3  支出决算表" in out
    assert "page-003.png" in err and "--force" in err
    assert [file.name for file in folder.iterdir()] == ["page-003.png"]
    code, _, _ = run("explain", "report.pdf", "--force")
    assert code == 0 and len(list(folder.iterdir())) == 4


@pytest.mark.usefixtures("no_worker")
def test_what_cannot_be_read_is_explained_and_exits_as_extract_does(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4")
    code, out, err = run("explain", "broken.pdf")
    assert code == 1
    assert "broken.pdf: PDF, 8 bytes" in out and "Report 0: failed (broken.pdf: " in out
    assert "broken.pdf" in err
    assert run("explain", "nowhere.pdf")[0] == 2
    assert run("explain", "report.pdf", "--checks", "some")[0] == 2
    assert run("explain", "report.pdf", "--pages", "x", "--no-pages")[0] == 2


@pytest.mark.usefixtures("no_worker")
def test_what_was_set_aside_says_why_and_what_it_is(run: Run, tmp_path: Path) -> None:
    budget = "\n".join([f"{NAME}2024年部门预算", "目录", "2024年部门预算表", "部门收入预算总表", "部门支出预算总表"])
    (tmp_path / "budget.txt").write_text(budget, encoding="utf-8")
    code, out, _ = run("explain", "budget.txt")
    assert code == 0
    assert "Report 0: set_aside (a budget:" in out and "family       budget" in out
    assert not list(tmp_path.glob("*.explained"))


@pytest.mark.usefixtures("no_worker")
def test_escape_codes_of_a_document_do_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    text = f"{NAME}2023年度部门决算\n一、收入支出决算总体情况说明\n2023年度收入支出总计\x1b[31m350.00万元。\n"
    (tmp_path / "odd.txt").write_text(text, encoding="utf-8")
    _, out, _ = run("explain", "odd.txt")
    assert "\x1b" not in out


def test_a_worker_that_is_stopped_is_said_with_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(report())
    got = explaining.explain(file, dataclasses.replace(DEFAULT, max_bytes=100))
    (one,) = got.reports
    assert one.extraction.report.status == "failed"
    assert "max_bytes" in (one.extraction.report.reason or "") and got.kind == "kind not told"
