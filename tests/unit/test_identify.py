"""What a document says it is: family, body, year and scope, with evidence and doubts; the division of a body."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.final_accounts import identify as module
from juesuan.final_accounts.identify import NO_SCOPE, Identity, body_of, division_of, find_division, identify
from juesuan.final_accounts.model import Grid, GridCell, Page, Reading, TextLine
from juesuan.final_accounts.readers import read
from juesuan.final_accounts.titles import akin

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "raw/documents"
FIXTURES = ROOT / "tests/fixtures/documents"


def reading(*pages: str) -> Reading:
    """Pages of text; one page alone is a text without pages."""
    out = []
    for number, text in enumerate(pages, 1):
        page = number if len(pages) > 1 else None
        blocks = [TextLine(line, page, at) for at, line in enumerate(text.split("\n"), 1) if line.strip()]
        out.append(Page(page, None, None, tuple(blocks)))
    return Reading("text", "text/plain", tuple(out))


def one(*pages: str, name: str = "") -> Identity:
    (identity,) = identify(reading(*pages), name)
    return identity


@cache
def of_file(path: Path) -> Identity:
    (identity,) = identify(read(path.read_bytes(), path.name), path.name)
    return identity


#: What every final accounts hold, so that a title alone is not all there is.
CHAPTERS = """一、收入支出决算总体情况说明
收入总计12.34万元。
二、财政拨款“三公”经费支出决算情况说明
支出决算为0.50万元。
三、机关运行经费支出情况
支出1.20万元。
"""


# --- real documents -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "unit", "year", "scope"),
    [
        (DOCUMENTS / "shanghai-putuo-finance-2024.pdf", "上海市普陀区财政局", 2024, "department"),
        (DOCUMENTS / "qingyuan-dsb-own-level-2023.txt", "清远市政务服务数据管理局本级", 2023, "own_level"),
        (FIXTURES / "fujian-pingtan-suao-2016-page.txt", "平潭综合实验区苏澳镇人民政府", 2016, "department"),
    ],
    ids=lambda value: getattr(value, "stem", None),
)
def test_real_final_accounts_say_whose_they_are(path: Path, unit: str, year: int, scope: str) -> None:
    got = of_file(path)
    assert (got.family, got.unit_name, got.fiscal_year, got.scope) == ("final_accounts", unit, year, scope)
    assert (got.reason, got.doubts) == (None, ())
    assert {piece.what for piece in got.evidence} == {"unit_name", "fiscal_year", "scope"}


def test_evidence_says_where_it_was_read() -> None:
    got = of_file(DOCUMENTS / "shanghai-putuo-finance-2024.pdf")
    assert [str(piece) for piece in got.evidence if piece.what == "unit_name"] == [
        "unit_name 上海市普陀区财政局: 上海市普陀区财政局2024年度部门决算 (page 1, line 1)"
    ]
    assert got.title == "上海市普陀区财政局2024年度部门决算"
    assert got.money_unit == "万元"


def test_a_blank_form_is_a_template() -> None:
    got = of_file(FIXTURES / "shanghai-putuo-blank-template.pdf")
    assert (got.family, got.unit_name, got.doubts) == ("template", None, ())
    assert got.reason is not None
    assert "placeholders" in got.reason


def test_a_budget_is_no_final_accounts() -> None:
    got = of_file(FIXTURES / "shanghai-putuo-wanli-2024-budget.pdf")
    assert (got.family, got.unit_name, got.fiscal_year) == (
        "budget",
        "上海市普陀区人民政府万里街道办事处",
        2024,
    )
    assert got.reason is not None
    assert got.doubts == ()


# --- titles in other printings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "unit", "year", "scope"),
    [
        ("柞水县审计局2020年部门决算", "柞水县审计局", 2020, "department"),
        ("2023年度泸州市中医医院单位决算", "泸州市中医医院", 2023, "unit"),
        ("2022年度\n岳阳市国资委部门决算", "岳阳市国资委", 2022, "department"),
        ("2022年度内蒙古自治区巴彦淖尔市审计局\n部门决算公开", "内蒙古自治区巴彦淖尔市审计局", 2022, "department"),
        ("北京市朝阳区园林绿化局(本级)2021年度部门决算", "北京市朝阳区园林绿化局(本级)", 2021, "own_level"),
        ("重庆市黔江区人民政府办公室2020年度部门决算情况说明", "重庆市黔江区人民政府办公室", 2020, "department"),
        ("某县水利局\n二〇一九年度\n部门决算", "某县水利局", 2019, "department"),
        ("广东省某市教育局（汇总）\n2023年度部门决算", "广东省某市教育局（汇总）", 2023, "department"),
        ("某市妇女联合会 2 0 2 3 年度部门决算", "某市妇女联合会", 2023, "department"),
        ("附件1：某市科学技术协会２０２３年度部门决算", "某市科学技术协会", 2023, "department"),
        ("某县水利局\n二○二三年度\n部门决算", "某县水利局", 2023, "department"),
        ("某县水利局\n二0二三年度\n部门决算", "某县水利局", 2023, "department"),
        ("贰〇二三年度某县水利局部门决算", "某县水利局", 2023, "department"),
        ("某县水利局部门决算（2021年度）", "某县水利局", 2021, "department"),
        ("某县水利局2024年公开2023年度部门决算", "某县水利局", 2023, "department"),
        ("某县水利局2023年度部门决算公开（2024年8月）", "某县水利局", 2023, "department"),
        ("某县水利局2019财政年度部门决算", "某县水利局", 2019, "department"),
        ("某县\n水利局\n2023年度\n部门决算", "某县水利局", 2023, "department"),
        ("中共某县委宣传部2023年度部门决算", "中共某县委宣传部", 2023, "department"),
        ("某县人大2023年度部门决算", "某县人大", 2023, "department"),
        ("政协某县委员会办公室2023年度部门决算", "政协某县委员会办公室", 2023, "department"),
        ("某省某市经济技术开发区2023年度部门决算", "某省某市经济技术开发区", 2023, "department"),
        ("某县人民法院2023年度部门决算", "某县人民法院", 2023, "department"),
        ("某省师范大学2023年度单位决算", "某省师范大学", 2023, "unit"),
    ],
)
def test_a_title_in_any_order_gives_body_year_and_scope(title: str, unit: str, year: int, scope: str) -> None:
    got = one(f"{title}\n{CHAPTERS}")
    assert (got.family, got.unit_name, got.fiscal_year, got.scope) == ("final_accounts", unit, year, scope)
    assert got.doubts == ()


def test_a_title_that_does_not_name_the_kind_leaves_it_to_what_the_text_calls_its_body() -> None:
    town = "苏澳镇2023年度决算公开\n第一部分 部门概况\n一、部门主要职责\n{}本部门负责全镇工作。\n" + CHAPTERS
    assert (one(town.format("")).unit_name, one(town.format("")).scope) == ("苏澳镇", "department")
    school = f"某县第一中学2023年度决算公开\n第一部分 单位概况\n一、单位职责\n{CHAPTERS}"
    assert one(school).scope == "unit"
    assert one(f"某县第一中学2023年度决算公开\n{CHAPTERS}").scope is None


def test_a_file_name_may_be_all_that_says_the_scope() -> None:
    tables = "收入支出决算总表\n部门：某县林业局 2022年度 金额单位：万元\n收入总计 12.34"
    got = one(tables, name="某县林业局2022年度部门决算.txt")
    assert (got.unit_name, got.fiscal_year, got.scope) == ("某县林业局", 2022, "department")


def test_one_table_with_figures_is_a_piece_of_final_accounts() -> None:
    got = one("收入决算表\n编制单位：某县林业局 2022年度 金额单位：万元\n合计 12.34 12.34")
    assert (got.family, got.unit_name, got.fiscal_year, got.scope) == ("final_accounts", "某县林业局", 2022, None)
    assert got.doubts == (NO_SCOPE,)


def test_the_department_above_is_not_the_unit() -> None:
    got = one("收入决算表\n主管部门：某县教育局\n单位：某县第一中学\n单位：万元\n合计 12.34")
    assert got.unit_name == "某县第一中学"


def test_a_report_without_a_cover_is_named_by_its_table_headers() -> None:
    header = "部门：某县林业局 金额单位：万元"
    tables = f"收入支出决算总表\n公开01表\n{header}\n项目 决算数\n支出决算表\n{header}"
    got = one(f"{tables}\n一、2022年度收入支出决算总体情况说明\n收入总计12.34万元。\n二、2022年度部门决算情况说明")
    assert (got.unit_name, got.fiscal_year, got.money_unit) == ("某县林业局", 2022, "万元")


def test_a_cover_may_break_within_any_word() -> None:
    got = one("某市政务服务中心2023年度单位决\n算公开说明\n第二部分 某市政务服务中心2023年度部门决算表\n" + CHAPTERS)
    assert (got.unit_name, got.fiscal_year, got.scope) == ("某市政务服务中心", 2023, "unit")


def test_a_workbook_of_tables_alone_is_named_by_its_cells() -> None:
    def sheet(number: int, title: str) -> Page:
        texts = [title, "公开01表", "编制单位：某县林业局", "2022年度", "单位：万元", "收入总计", "12.34"]
        cells = tuple(GridCell(row, 0, 1, 1, text) for row, text in enumerate(texts))
        return Page(number, None, None, (Grid(number, len(cells), 1, cells),))

    pages = (sheet(1, "收入支出决算总表"), sheet(2, "收入决算表"), sheet(3, "支出决算表"))
    (got,) = identify(Reading("office", "application/vnd.ms-excel", pages))
    assert (got.family, got.unit_name, got.fiscal_year) == ("final_accounts", "某县林业局", 2022)
    assert got.doubts == ("the document does not say whether it is of a department or of a single unit",)


def test_a_unit_report_of_the_departments_own_body_is_own_level() -> None:
    own = one(f"某市民政局2023年度单位决算\n{CHAPTERS}本报告为本级公开，不含下属单位。")
    hospital = one(f"某市第一人民医院2023年度单位决算\n{CHAPTERS}")
    assert (own.scope, hospital.scope) == ("own_level", "unit")


def test_a_misprinted_year_in_one_heading_does_not_win() -> None:
    wrong = CHAPTERS.replace("二、财政拨款", "二、2022年度财政拨款")
    got = one(f"某市教育局\n2023年度部门决算\n第一部分 某市教育局概况\n第三部分 2023年度部门决算情况说明\n{wrong}")
    assert (got.fiscal_year, got.doubts) == (2023, ())


def test_titles_that_contradict_each_other_need_a_person() -> None:
    got = one(
        "某市教育局2023年度部门决算\n第二部分 某市教育局2022年度部门决算表\n"
        f"第三部分 某市教育局2022年度部门决算情况说明\n{CHAPTERS}"
    )
    assert any("fiscal year" in doubt for doubt in got.doubts)


def test_two_bodies_need_a_person_and_an_abbreviated_name_does_not() -> None:
    pages = "{}2023年度部门决算\n第二部分 {}2023年度部门决算表\n第三部分 {}2023年度部门决算情况说明\n" + CHAPTERS
    other = one(pages.format("某市教育局", "邻市卫生健康局", "邻市卫生健康局"))
    short = one(pages.format("楚雄州农产品质量检测中心", *["楚雄彝族自治州农产品质量检测中心"] * 2))
    assert any("two bodies" in doubt for doubt in other.doubts)
    assert short.doubts == ()


def test_what_the_document_does_not_say_is_none_and_a_doubt() -> None:
    got = one(CHAPTERS)
    assert (got.family, got.unit_name, got.fiscal_year) == ("final_accounts", None, None)
    assert len(got.doubts) == 3


def test_the_file_name_helps_only_where_the_document_is_silent() -> None:
    named = one(CHAPTERS, name="某市教育局2023年度部门决算.txt")
    assert (named.unit_name, named.fiscal_year) == ("某市教育局", 2023)
    other = one(f"某市民政局2022年度部门决算\n{CHAPTERS}", name="某市教育局2023年度部门决算.txt")
    assert (other.unit_name, other.fiscal_year) == ("某市民政局", 2022)


# --- what is no final accounts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("静夜思\n床前明月光，疑是地上霜。\n举头望明月，低头思故乡。", "other"),
        ("我市召开2023年部门决算工作会议\n本报讯 市财政局召开2023年度部门决算布置会。", "other"),
        ("中华人民共和国预算法\n第一章 总则\n第一条 为了规范政府收支行为，制定本法。\n第九章 决算", "other"),
        ("某市2023年财政决算（草案）的报告\n2023年全市一般公共预算收入140.12亿元。", "other"),
        ("某市财政局关于批复某市教育局2023年度部门决算的通知\n某市教育局：\n经审核，现批复如下。", "approval"),
        ("某市教育局2024年部门预算\n一、收入预算情况说明\n收入预算12.00万元。\n支出预算总表\n收入预算总表", "budget"),
        ("", "other"),
    ],
)
def test_other_documents_are_told_with_a_reason(text: str, family: str) -> None:
    got = one(text)
    assert got.family == family
    assert got.reason
    assert got.doubts == ()


def test_a_title_without_anything_behind_it_needs_a_person() -> None:
    got = one("某市教育局2023年度部门决算\n某市教育局办公室")
    assert got.family == "final_accounts"
    assert any("only the title" in doubt for doubt in got.doubts)


@pytest.mark.parametrize(
    "links",
    [
        "附件：点击下载",
        "附件：1.收入支出决算总表\n2.收入决算表\n3.支出决算表\n4.财政拨款收入支出决算总表",
        "某市教育局2023年度部门决算.pdf",
    ],
)
def test_a_page_that_only_points_to_final_accounts_is_none(links: str) -> None:
    got = one(f"某市教育局2023年度部门决算\n{links}")
    assert (got.family, got.doubts) == ("other", ())
    assert "links" in (got.reason or "")


def test_empty_tables_that_name_nobody_are_a_template() -> None:
    titles = [
        "收入支出决算总表",
        "收入决算表",
        "支出决算表",
        "财政拨款收入支出决算总表",
        "一般公共预算财政拨款支出决算表",
    ]
    got = one("\n".join(f"{title}\n编制单位：\n单位：万元\n项目 决算数\n合计" for title in titles))
    assert (got.family, got.unit_name) == ("template", None)


@given(st.lists(st.text(max_size=40), max_size=20), st.text(max_size=10))
def test_no_text_makes_it_fail(printed: list[str], name: str) -> None:
    (got,) = identify(reading("\n".join(printed)), name)
    assert got.family in ("final_accounts", "budget", "template", "approval", "other")


@pytest.mark.parametrize(
    ("short", "long", "one_body"),
    [
        ("岳阳市国资委", "岳阳市人民政府国有资产监督管理委员会", True),
        ("苏澳镇", "苏澳镇人民政府", True),
        ("中共某县委宣传部", "中国共产党某县委员会宣传部", True),
        ("某县水利局", "某县水利局本级", True),
        ("某县教育局", "某县教育局教研室", False),
        ("某市人民医院", "某市第二人民医院", False),
        ("某县第一中学", "某县第二中学", False),
    ],
)
def test_an_abbreviation_is_one_body_and_a_body_below_is_another(short: str, long: str, one_body: bool) -> None:
    assert akin(short, long) is akin(long, short) is one_body


# --- names and divisions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "body"),
    [
        ("清远市政务服务数据管理局本级", "清远市政务服务数据管理局"),
        ("上海市普陀区财政局（本级）", "上海市普陀区财政局"),
        ("某市公安局（局本级）", "某市公安局"),
        ("某市公安局局本级", "某市公安局"),
        ("某市公安局局机关", "某市公安局"),
        ("某省高级人民法院机关", "某省高级人民法院"),
        ("某街道办事处（本部）", "某街道办事处"),
        ("某市教育局（汇总）", "某市教育局"),
        ("某市教育局 (部门)", "某市教育局"),
        ("中共某市委直属机关工作委员会", "中共某市委直属机关工作委员会"),
        ("某市机关事务管理局", "某市机关事务管理局"),
    ],
)
def test_the_body_in_a_printed_name(printed: str, body: str) -> None:
    assert body_of(printed) == body
    assert body_of(body) == body


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("上海市普陀区财政局", "310107"),
        ("浙江省舟山市普陀区财政局", "330903"),
        ("清远市政务服务数据管理局", "441800"),
        ("广东省清远市清城区教育局", "441802"),
        ("广东省英德市财政局", "441881"),
        ("中共清远市清城区委员会", "441802"),
        ("北京市朝阳区教育委员会", "110105"),
        ("新疆维吾尔自治区财政厅", "650000"),
        ("海南省文昌市财政局", "469005"),
        ("平潭综合实验区苏澳镇人民政府", "350128"),
    ],
)
def test_the_division_that_a_name_begins_with(name: str, code: str) -> None:
    got = division_of(name)
    assert got is not None
    assert got.code == code


@pytest.mark.parametrize("name", ["普陀区财政局", "鼓楼区教育局", "市教育局", "横琴粤澳深度合作区执行委员会", ""])
def test_a_name_that_does_not_settle_its_division_has_none_and_says_why(name: str) -> None:
    got = find_division(name)
    assert got.division is None
    assert got.reason


def test_how_sure_a_division_is() -> None:
    sure = {name: getattr(division_of(name), "confidence", None) for name in ("上海市普陀区财政局", "英德市教育局")}
    assert sure == {"上海市普陀区财政局": "H", "英德市教育局": "M"}


def test_divisions_are_read_only_when_asked_for() -> None:
    module._places.cache_clear()
    one(f"某市教育局2023年度部门决算\n{CHAPTERS}")
    assert module._places.cache_info().currsize == 0


def test_text_that_lost_its_lines_is_read_piece_by_piece() -> None:
    """What an extractor gave as one line, with blanks where the lines ended."""
    title = (
        "某县中心小学 2023年度单位决算 - 1 - 目 录 第一部分 某县中心小学概况 第二部分 某县中心小学2023年度部门决算表 "
    )
    body = (
        "第一部分 某县中心小学概况 一、主要职责 教育学生。 "
        + "一般公共服务支出 12.34 " * 200
        + CHAPTERS.replace("\n", " ")
    )
    got = one(title + body)
    assert (got.unit_name, got.fiscal_year, got.scope) == ("某县中心小学", 2023, "unit")
    assert got.doubts == ()
