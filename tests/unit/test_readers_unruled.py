"""Tables without lines, or with some: what stands in columns comes back as cells, what does not stays lines."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from juesuan.final_accounts.model import Grid, TextLine
from juesuan.final_accounts.readers import read
from tests.fixtures.layouts import Cell, Print, Table, cells_of, draw, width
from tests.fixtures.pdf_writer import PdfPage, pdf

BALANCE = Table(
    [170, 80, 170, 80],
    "lrlr",
    [
        (0, 0, 1, 2, "收入"),
        (0, 2, 1, 2, "支出"),
        (1, 0, 1, 1, "项目"),
        (1, 1, 1, 1, "决算数"),
        (1, 2, 1, 1, "项目"),
        (1, 3, 1, 1, "决算数"),
    ],
    [
        ["一、一般公共预算财政拨款收入", "1,234.56", "一、一般公共服务支出", "1,100.00"],
        ["二、政府性基金预算财政拨款收入", "", "二、外交支出", ""],
        ["三、上级补助收入", "", "三、国防支出", ""],
        ["四、事业收入", "12.30", "四、公共安全支出", ""],
        ["五、经营收入", "", "五、教育支出", "1.00"],
        ["", "", "六、科学技术支出", ""],
        ["", "", "七、文化旅游体育与传媒支出", ""],
        ["本年收入合计", "1,246.86", "本年支出合计", "1,101.00"],
        ["总计", "1,246.86", "总计", "1,246.86"],
    ],
)

INCOME = Table(
    [55, 120, 62, 62, 62, 50, 50, 54],
    "llrrrrrr",
    [
        (0, 0, 1, 2, "项目"),
        (0, 2, 2, 1, "本年收入\n合计"),
        (0, 3, 2, 1, "财政拨款\n收入"),
        (0, 4, 1, 2, "事业收入"),
        (0, 6, 2, 1, "经营\n收入"),
        (0, 7, 2, 1, "其他收入"),
        (1, 0, 1, 1, "科目编码"),
        (1, 1, 1, 1, "科目名称"),
        (1, 4, 1, 1, "小计"),
        (1, 5, 1, 1, "教育收费"),
    ],
    [
        ["", "", "3,010.50", "3,000.00", "10.50", "0.50", "", "0.00"],
        ["201", "一般公共服务支出", "2,900.00", "2,890.00", "10.00", "0.50", "", ""],
        ["20103", "政府办公厅室及相关机构事务", "2,900.00", "2,890.00", "10.00", "0.50", "", ""],
        ["2010301", "行政运行", "2,500.00", "2,490.00", "10.00", "", "", ""],
        ["2010399", "其他政府办公厅（室）\n及相关机构事务支出", "400.00", "400.00", "", "", "", ""],
        ["208", "社会保障和就业支出", "110.50", "110.00", "0.50", "", "", "0.00"],
        ["2080505", "机关事业单位基本\n养老保险缴费支出", "110.50", "110.00", "0.50", "", "", "0.00"],
    ],
    [(0, 0, 1, 2, "合计")],
)

OUTLAY = Table(
    [60, 150, 90, 90, 90],
    "llrrr",
    [
        (0, 0, 2, 1, "科目编码"),
        (0, 1, 2, 1, "科目名称"),
        (0, 2, 1, 3, "本年支出"),
        (1, 2, 1, 1, "小计"),
        (1, 3, 1, 1, "基本支出"),
        (1, 4, 1, 1, "项目支出"),
    ],
    [
        ["201", "一般公共服务支出", "2,900.00", "2,500.00", "400.00"],
        ["2010301", "行政运行", "2,500.00", "2,500.00", ""],
        ["2010399", "其他支出", "400.00", "", "400.00"],
        ["208", "社会保障和就业支出", "110.50", "110.50", ""],
        ["2080505", "机关事业单位基本\n养老保险缴费支出", "110.50", "110.50", ""],
        ["", "合计", "3,010.50", "2,610.50", "400.00"],
    ],
)

THREE_PUBLIC = Table(
    [42] * 12,
    "r" * 12,
    [
        (0, 0, 1, 6, "预算数"),
        (0, 6, 1, 6, "决算数"),
        *(
            cell
            for k in (0, 6)
            for cell in [
                (1, k, 2, 1, "合计"),
                (1, k + 1, 2, 1, "因公出国\n（境）费"),
                (1, k + 2, 1, 3, "公务用车购置及运行"),
                (2, k + 2, 1, 1, "小计"),
                (2, k + 3, 1, 1, "购置费"),
                (2, k + 4, 1, 1, "运行费"),
                (1, k + 5, 2, 1, "公务\n接待费"),
            ]
        ),
    ],
    [["30.00", "", "20.00", "", "20.00", "10.00", "25.50", "0.00", "18.50", "", "18.50", "7.00"]],
)

TABLES = {"balance": BALANCE, "income": INCOME, "outlay": OUTLAY, "three_public": THREE_PUBLIC}

PRINTS = {
    "three rules": Print(rules="header"),
    "three rules, short ones below group words": Print(rules="header", short_rules=True),
    "a rule under each row": Print(rules="rows"),
    "no lines": Print(),
    "shaded bands": Print(bands=True),
    "frame only": Print(frame=True),
    "frame and a rule under each row": Print(frame=True, rules="rows"),
    "down only": Print(verticals="all"),
    "down only, inside": Print(verticals="inner"),
    "frame and lines down": Print(frame=True, verticals="all"),
    "header ruled": Print(verticals="header"),
    "header ruled in a frame": Print(verticals="header", frame=True),
    "dense": Print(rules="header", pitch=15, leading=10.5),
    "figures at the top": Print(rules="header", valign="top"),
    "all lines": Print(rules="all", verticals="all"),
}


def blocks(page: PdfPage) -> tuple[list[Grid], list[str]]:
    found = read(pdf([page])).pages[0].blocks
    return [b for b in found if isinstance(b, Grid)], [b.text for b in found if isinstance(b, TextLine)]


def page_of(table: Table, how: Print) -> PdfPage:
    page = PdfPage()
    page.text(240, how.top + 40, "收入支出决算总表", 16).text(40, how.top + 12, "编制单位：某某局", how.size)
    page.text(460, how.top + 12, "单位：万元", how.size)
    end = draw(page, table, how)
    page.text(40, end - 24, "注：本表反映部门本年度的收支情况，包括年初结转和年末结转，数据为四舍五入。", how.size)
    page.text(290, 30, "5", how.size)
    return page


def told(table: Table, cells: set[Cell]) -> set[Cell]:
    """The cells; of those merged without a line to say so only row and text, wherever they stand in their columns."""
    out = set()
    for r, c, rows, n, said in cells:
        merged = [m for m in table.merged if m[0] + table.depth == r and m[1] <= c < m[1] + m[3]]
        if not merged:
            out.add((r, c, rows, n, said))
        elif said:
            out.add((r, merged[0][1], 1, merged[0][3], said))
    return out


@pytest.mark.parametrize("how", PRINTS)
@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_same_cells_whatever_lines_it_has(name: str, how: str) -> None:
    table = TABLES[name]
    grids, lines = blocks(page_of(table, PRINTS[how]))
    assert len(grids) == 1
    assert told(table, cells_of(grids[0])) == told(table, table.cells())
    assert [line[:5] for line in lines] == ["收入支出决", "编制单位：", "注：本表反", "5"]


# --- lines that are typed --------------------------------------------------------------------------------------------


def typed(rows: list[str], size: float = 8, pitch: float = 10) -> PdfPage:
    """Lines of text in which each character is half a size wide, or a whole one if it is an ideograph or a line."""
    page = PdfPage()
    for k, row in enumerate(rows):
        x = 60.0
        for part in re.findall("[!-~]+|[^ -~]+| ", row):
            if part != " ":
                narrow = part.isascii()
                # A space after it: a glyph alone has no width in a font without a program.
                said = part if narrow else f"{part}\u3000"
                page.text(round(x, 2), 700 - k * pitch, said, size / 1.2 if narrow else size, latin="F3")
            x += sum(size if c > "\u24ff" else size / 2 for c in part)
    return page


def test_box_drawing_characters_are_lines() -> None:
    grids, lines = blocks(
        typed(
            [
                "┌────┬────┬────┐",
                "│项目    │收入    │支出    │",
                "├────┼────┼────┤",
                "│合计    │    1.50│    2.25│",
                "└────┴────┴────┘",
            ],
            pitch=9,
        ).text(60, 740, "──说明──", 8)
    )
    assert lines == ["──说明──"]
    assert [len(grid.cells) for grid in grids] == [6]


def test_hyphens_and_bars_are_lines() -> None:
    grids, lines = blocks(
        typed(
            [
                "+----------+----------+----------+",
                "|code      |name      |    amount|",
                "+----------+----------+----------+",
                "|2010301   |          |  1,234.50|",
                "|2010302   |other     |    -12.00|",
                "+----------+----------+----------+",
            ]
        )
    )
    assert lines == []
    (grid,) = grids
    assert cells_of(grid) == {
        (0, 0, 1, 1, "code"),
        (0, 1, 1, 1, "name"),
        (0, 2, 1, 1, "amount"),
        (1, 0, 1, 1, "2010301"),
        (1, 1, 1, 1, ""),
        (1, 2, 1, 1, "1,234.50"),
        (2, 0, 1, 1, "2010302"),
        (2, 1, 1, 1, "other"),
        (2, 2, 1, 1, "-12.00"),
    }


# --- turned pages, and pages without a table -------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("how", ["no lines", "three rules", "frame and lines down"])
def test_a_turned_page_has_the_same_cells(turn: int, how: str) -> None:
    page = page_of(OUTLAY, PRINTS[how])
    page.rotate = turn
    grids, _ = blocks(page)
    assert [cells_of(grid) for grid in grids] == [OUTLAY.cells()]


PROSE = [
    "2023年度收入总计3,010.50万元，支出总计3,010.50万元，与2022年度相比，收、支总计各增加120.30万元，",
    "增长4.16%，主要原因是人员经费增加。其中：财政拨款收入2,900.00万元，占96.33%；事业收入110.50万元，",
    "占3.67%；经营收入0.00万元，占0.00%；其他收入0.00万元，占0.00%。一般公共服务支出2,500.00万元，",
    "占83.04%；社会保障和就业支出400.00万元，占13.29%；住房保障支出110.50万元，占3.67%。",
]


def test_running_text_full_of_figures_is_no_table() -> None:
    page = PdfPage()
    y = 780.0
    for part in range(4):
        page.text(60, y, f"{'一二三四'[part]}、收入支出决算总体情况说明", 12)
        for line in PROSE:
            y -= 20
            # Figures stand apart from the words around them, as in print from Word.
            x = 60.0
            for word in re.findall(r"[\x21-\x7e]+|[^\x21-\x7e]+", line):
                page.text(round(x, 2), y, word, 10)
                x += width(word, 10) + 2.5
        y -= 30
    grids, lines = blocks(page)
    assert grids == []
    assert len(lines) == 20


def test_a_table_of_contents_is_no_table() -> None:
    page = PdfPage().text(260, 780, "目录", 16)
    for k, said in enumerate(
        ["第一部分部门概况", "一、主要职能", "第二部分决算表", "第三部分情况说明", "第四部分名词解释"]
    ):
        page.text(60, 740 - 20 * k, said, 10).text(480, 740 - 20 * k, f"{3 * k + 1}", 10)
    grids, _ = blocks(page)
    assert grids == []


def test_a_page_goes_on_in_the_columns_of_the_page_before() -> None:
    second = Table(OUTLAY.widths, OUTLAY.align, [], OUTLAY.rows[1:5])
    pages = [page_of(OUTLAY, PRINTS["no lines"]), PdfPage()]
    draw(pages[1], second, Print(top=800))
    reading = read(pdf([pages[0], PdfPage(), pages[1]]))
    (grid,) = [b for b in reading.pages[2].blocks if isinstance(b, Grid)]
    assert cells_of(grid) == second.cells()


LISTS = Table(
    [50, 40, 120, 60, 50, 40, 120, 60],
    "lllrlllr",
    [
        *(
            cell
            for k in (0, 4)
            for cell in [
                (0, k, 1, 2, "经济分类科目编码"),
                (0, k + 2, 2, 1, "科目名称"),
                (0, k + 3, 2, 1, "决算数"),
                (1, k, 1, 1, "类别"),
                (1, k + 1, 1, 1, "款别"),
            ]
        )
    ],
    [
        ["301", "", "工资福利支出", "599.56", "302", "", "商品和服务支出", "62.85"],
        ["301", "01", "基本工资", "177.08", "302", "01", "办公费", "12.52"],
        ["301", "02", "津贴补贴", "148.45", "302", "02", "印刷费", "1.30"],
        ["301", "03", "奖金", "97.06", "302", "03", "咨询费", ""],
        ["303", "11", "代缴社会保险费", "", "302", "39", "其他交通费用", "7.85"],
    ],
)
REST = {
    "names of one side": [["", "", "", "", "399", "08", "对民间非营利组织补贴", ""]],
    "names alone": [
        ["", "", "", "", "399", "09", "经常性赠与", ""],
        ["", "", "", "", "399", "10", "资本性赠与", ""],
        ["", "", "", "", "399", "99", "其他支出", ""],
    ],
    "a total below names": [
        ["", "", "", "", "399", "08", "对民间非营利组织补贴", ""],
        ["", "", "", "", "399", "09", "经常性赠与", ""],
        ["", "", "", "", "399", "10", "资本性赠与", ""],
        ["", "", "", "", "399", "99", "其他支出", ""],
        ["", "", "合计", "685.17", "", "", "合计", "67.42"],
    ],
    "a single total": [["", "", "合计", "685.17", "", "", "合计", "67.42"]],
}


@pytest.mark.parametrize("title", [False, True])
@pytest.mark.parametrize("how", ["no lines", "three rules", "a rule under each row", "shaded bands"])
@pytest.mark.parametrize("rest", REST)
def test_a_page_of_few_rows_has_the_columns_of_its_header_on_the_page_before(rest: str, how: str, title: bool) -> None:
    second = Table(LISTS.widths, LISTS.align, LISTS.header, REST[rest])
    pages = [page_of(LISTS, PRINTS[how]), PdfPage()]
    if title:
        pages[1].text(240, 800, "基本支出决算表（续表）", 16)
    end = draw(pages[1], second, replace(PRINTS[how], top=780))
    pages[1].text(290, 30, "6", 9).text(
        40, end - 12, "本表反映本年度的基本支出，包括人员经费和公用经费，数据为四舍五入。", 9
    )
    reading = read(pdf(pages))
    (grid,) = [b for b in reading.pages[1].blocks if isinstance(b, Grid)]
    assert cells_of(grid) == second.cells()


def test_words_of_a_header_in_running_text_make_no_table() -> None:
    first = page_of(OUTLAY, PRINTS["no lines"])
    page = PdfPage()
    for k in range(6):
        page.text(52, 760 - 18 * k, "科目编码", 9).text(150, 760 - 18 * k, "见上表，2023年共有3个科目。", 9)
    reading = read(pdf([first, page]))
    assert not [b for b in reading.pages[1].blocks if isinstance(b, Grid)]


WRAPPED = Table(
    [40, 110, 110, 90],
    "clcr",
    [(0, 0, 1, 1, "序号"), (0, 1, 1, 1, "项目名称"), (0, 2, 1, 1, "承接主体"), (0, 3, 1, 1, "金额")],
    [
        ["11", "机房运行维护服务", "某信息科技有限公\n司某某分公司", "12.37"],
        ["12", "会计核算与审计服务", "某会计师事务所（\n普通合伙）", "4.83"],
        ["13", "物业管理服务", "某物业服务有限公\n司某某分公司", "9.11"],
    ],
)


def test_names_of_two_lines_are_a_column_though_none_is_level_with_the_figures() -> None:
    grids, _ = blocks(page_of(WRAPPED, PRINTS["no lines"]))
    assert [cells_of(grid) for grid in grids] == [WRAPPED.cells()]
