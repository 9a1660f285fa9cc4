"""Headings to chapters, passages and their states, the glossary, the bodies that a report covers."""

from __future__ import annotations

from pathlib import Path

import pytest

from juesuan.final_accounts import chapters
from juesuan.final_accounts.chapters import Section
from juesuan.final_accounts.model import Grid, GridCell, ReportUnit, TextLine

ROOT = Path(__file__).parents[2]
QINGYUAN = ROOT / "raw/documents/qingyuan-dsb-own-level-2023.txt"
FUJIAN = ROOT / "tests/fixtures/documents/fujian-pingtan-suao-2016-page.txt"


def lines(text: str, page: int | None = None) -> list[TextLine]:
    return [TextLine(line, page, at) for at, line in enumerate(text.split("\n"), 1) if line.strip()]


def split(text: str) -> tuple[Section, ...]:
    return chapters.split(lines(text))


def keys(text: str) -> list[str]:
    return [section.key for section in split(text)]


def grid(*rows: tuple[str, ...]) -> Grid:
    cells = tuple(GridCell(r, c, 1, 1, text) for r, row in enumerate(rows) for c, text in enumerate(row))
    return Grid(5, len(rows), len(rows[0]), cells)


@pytest.fixture(scope="module")
def qingyuan() -> tuple[Section, ...]:
    return split(QINGYUAN.read_text("utf-8"))


# --- sections -------------------------------------------------------------------------------------------------


def test_the_chapters_of_the_own_level_report(qingyuan: tuple[Section, ...]) -> None:
    assert [section.key for section in qingyuan if section.key != "tables"] == [
        "overview",
        "overview.duties",
        "overview.structure",
        "overview.units",
        "notes",
        "notes.total",
        "notes.income",
        "notes.expenditure",
        "notes.appropriation",
        "notes.appropriation",
        "notes.appropriation",
        "notes.three_public",
        "notes.three_public.overall",
        "notes.three_public.detail",
        "notes.other",
        "notes.agency_operating_expenses",
        "notes.procurement",
        "notes.assets",
        *["notes.performance"] * 6,
        "terms",
    ]


def test_a_web_page_without_parts_has_its_chapters_too() -> None:
    assert keys(FUJIAN.read_text("utf-8")) == [
        "cover",
        "notes.total",
        "notes.general_public_budget",
        "notes.government_fund",
        "notes.three_public",
        "notes.agency_operating_expenses",
        "notes.procurement",
        "notes.procurement",
        "notes.assets",
    ]


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("一、部门职责", "overview.duties"),
        ("一、主要职能", "overview.duties"),
        ("二、机构设置", "overview.structure"),
        ("二、机构设置及决算单位构成", "overview.units"),
        ("三、部门决算单位构成", "overview.units"),
        ("三、部门人员情况", "overview.staff"),
        ("一、收入支出决算总体情况说明", "notes.total"),
        ("四、2016年决算收支总体情况", "notes.total"),
        ("二、收入决算情况说明", "notes.income"),
        ("三、支出决算情况说明", "notes.expenditure"),
        ("四、财政拨款收入支出决算总体情况说明", "notes.appropriation"),
        ("二、2023年度财政拨款收入支出总表说明", "notes.appropriation"),
        ("五、一般公共预算财政拨款支出决算情况说明", "notes.general_public_budget"),
        ("五、公共财政拨款支出决算情况", "notes.general_public_budget"),
        ("（二）一般公共预算财政拨款支出决算结构情况", "notes.general_public_budget.structure"),
        ("（三）一般公共预算财政拨款支出决算具体情况", "notes.general_public_budget.items"),
        ("六、一般公共预算财政拨款基本支出决算情况说明", "notes.basic"),
        ("七、财政拨款“三公”经费支出决算情况说明", "notes.three_public"),
        ("三、2020年度“三公”经费、培训费及会议费支出情况说明", "notes.three_public"),
        ("八、政府性基金预算财政拨款收入支出决算情况说明", "notes.government_fund"),
        ("九、国有资本经营预算财政拨款收入支出决算情况说明", "notes.state_capital"),
        ("八、机关运行经费支出情况", "notes.agency_operating_expenses"),
        ("十二、关于政府采购支出说明", "notes.procurement"),
        ("十三、关于国有资产占用情况说明", "notes.assets"),
        ("十、预算绩效管理情况", "notes.performance"),
        ("四、年末结转和结余情况说明", "notes.carryover"),
        ("十一、其他重要事项的情况说明", "notes.other"),
        ("第四部分 其他重要事项及相关口径情况说明", "notes.other"),
        ("第四部分 专业名词解释", "terms"),
        ("第五部分 附件", "attachments"),
        ("七、决算公开联系方式及信息反馈渠道", "other"),
    ],
)
def test_a_heading_has_its_key_in_any_numbering_and_wording(heading: str, key: str) -> None:
    (section,) = split(f"{heading}\n本单位按照有关规定予以说明。")
    assert (section.key, section.heading) == (key, heading)


def test_the_name_of_a_body_never_decides_the_chapter() -> None:
    assert keys("第三部分 某市政府采购中心2023年度部门决算情况说明\n予以说明。") == ["notes"]
    assert keys("第一部分 某市机关运行保障中心概况\n予以说明。") == ["overview"]


def test_deeper_headings_below_a_kept_chapter_stay_in_it() -> None:
    assert keys("十、绩效情况\n开展自评。\n（一）政府采购项目自评情况\n得分九十八分。") == ["notes.performance"] * 2
    assert keys("第四部分 名词解释\n一、财政拨款收入\n指财政当年拨付的资金。\n") == ["terms", "terms"]


def test_words_of_the_duties_open_no_chapter_of_the_accounts() -> None:
    got = keys("一、主要职责\n（一）政府采购监督管理\n负责采购监督。\n二、机构设置\n内设五个科室。")
    assert got == ["overview.duties", "overview.duties", "overview.structure"]


def test_row_labels_of_a_table_open_no_chapter() -> None:
    got = split(
        "第二部分 部门决算表\n收入支出决算总表\n二、政府性基金预算财政拨款收入\n三、国有资本经营预算财政拨款收入"
    )
    assert {section.key for section in got} == {"tables"}


def test_every_paragraph_and_grid_is_in_exactly_one_section(qingyuan: tuple[Section, ...]) -> None:
    numbers = [paragraph.number for section in qingyuan for paragraph in section.paragraphs]
    assert len(numbers) == len(set(numbers))
    for section in qingyuan:
        assert all(paragraph.section == section.key for paragraph in section.paragraphs)
        assert all(paragraph.heading == section.heading for paragraph in section.paragraphs)


# --- passages -------------------------------------------------------------------------------------------------


def test_secret_passages_are_withheld_not_missing(qingyuan: tuple[Section, ...]) -> None:
    states = {passage.section: passage.state for passage in chapters.read_passages(qingyuan)}
    assert states["overview.duties"] == states["overview.structure"] == "withheld"
    assert states["notes.procurement"] == "present"
    assert "missing" not in states.values()


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("涉密内容不允许公开。", "withheld"),
        ("因涉及国家秘密，按规定不予公开。", "withheld"),
        ("本部门2023年度无政府性基金预算财政拨款收入和支出。", "no_activity"),
        ("我单位2023年度没有使用政府性基金预算财政拨款安排的支出。", "no_activity"),
        ("2023年未发生政府性基金支出，支出决算为0万元。", "no_activity"),
        ("2023年度政府性基金预算财政拨款支出54.00万元，上年无此项支出。", "present"),
    ],
)
def test_the_state_of_a_passage_is_read_from_its_words(text: str, state: str) -> None:
    (passage, *_) = chapters.read_passages(split(f"八、政府性基金预算支出决算情况说明\n{text}"))
    assert (passage.section, passage.state, passage.text) == ("notes.government_fund", state, text)


def test_a_chapter_without_text_and_one_that_is_not_there_are_missing() -> None:
    got = chapters.read_passages(split("一、主要职责\n二、收入支出决算总体情况说明\n收入总计1.00万元。"))
    states = {passage.section: (passage.state, passage.heading) for passage in got}
    assert states["overview.duties"] == ("missing", "一、主要职责")
    assert states["terms"] == ("missing", "")
    assert states["notes.total"][0] == "present"


# --- terms ----------------------------------------------------------------------------------------------------


def test_the_fifteen_terms_of_the_own_level_report(qingyuan: tuple[Section, ...]) -> None:
    terms = chapters.read_terms(qingyuan)
    assert [term.term for term in terms] == [
        "财政拨款收入",
        "上级补助收入",
        "事业收入",
        "经营收入",
        "附属单位上缴收入",
        "其他收入",
        "使用非财政拨款结余（含专用结余）",
        "年初结转和结余",
        "结余分配",
        "年末结转和结余",
        "基本支出",
        "项目支出",
        "经营支出",
        "“三公”经费",
        "机关运行经费",
    ]
    assert terms[0].definition == (
        "指财政当年拨付的资金。包括一般公共预算财政拨款、政府性基金预算财政拨款和国有资本经营预算财政拨款。"
    )
    assert terms[-1].line == 1333


@pytest.mark.parametrize(
    ("printed", "term", "definition"),
    [
        ("财政拨款收入: 指财政当年拨付的资金。", "财政拨款收入", "指财政当年拨付的资金。"),
        ("一、财政拨款收入：指财政当年拨付的资金。", "财政拨款收入", "指财政当年拨付的资金。"),
        ("（二）事业收入：是指开展业务取得的收入。", "事业收入", "是指开展业务取得的收入。"),
        ("3.基本支出是指为保障机构正常运转发生的支出。", "基本支出", "是指为保障机构正常运转发生的支出。"),
        ("10、项目支出，指为完成特定任务发生的支出。", "项目支出", "指为完成特定任务发生的支出。"),
        (
            "2.社会保障和就业支出（类）行政事业单位养老支出（款）机关事\n业单位职业年金缴费支出（项）：反映职业年金支出。",
            "社会保障和就业支出（类）行政事业单位养老支出（款）机关事业单位职业年金缴费支出（项）",
            "反映职业年金支出。",
        ),
        ("一、其他收入\n指除上述收入以外的收入。", "其他收入", "指除上述收入以外的收入。"),
    ],
)
def test_a_term_is_told_from_its_definition_in_any_printing(printed: str, term: str, definition: str) -> None:
    (got,) = chapters.read_terms(split(f"第四部分 名词解释\n{printed}"))
    assert (got.term, got.definition) == (term, definition)


def test_running_text_belongs_to_the_definition_before_it() -> None:
    printed = "一、“三公”经费：指三项费用。\n其中：因公出国（境）费反映国际旅费等支出。"
    (got,) = chapters.read_terms(split(f"第四部分 名词解释\n{printed}"))
    assert got.term == "“三公”经费"
    assert got.definition.endswith("反映国际旅费等支出。")


def test_terms_in_one_long_line_stand_apart() -> None:
    printed = "财政拨款收入：指当年拨付的资金。事业收入：指业务活动取得的收入。"
    got = chapters.read_terms(split(f"名词解释\n{printed}"))
    assert [one.term for one in got] == ["财政拨款收入", "事业收入"]


# --- bodies ---------------------------------------------------------------------------------------------------


def named(units: tuple[ReportUnit, ...]) -> list[tuple[str, bool, str | None]]:
    return [(unit.name, unit.covered, unit.reason) for unit in units]


def test_a_body_that_publishes_for_itself_is_left_out_with_the_printed_reason(qingyuan: tuple[Section, ...]) -> None:
    own, other = chapters.read_units(qingyuan)
    assert (own.name, own.covered, own.line) == ("局本级", True, 17)
    assert (other.name, other.covered, other.line) == ("清远市政务服务中心", False, 19)
    assert other.reason is not None
    assert other.reason.startswith("下属单位独立编制预算")
    assert other.reason.endswith("本报告为本级公开")


ROWS = (
    ("某市财政局（本级）", True, None),
    ("某市财政局财政所", True, "预算不单列，并入本级"),
    ("某市国库收付中心", True, "预算不单列，并入本级"),
)


def test_bodies_from_a_ruled_list_and_from_flattened_rows() -> None:
    intro = lines("二、部门决算单位构成\n纳入某市财政局2024年度部门决算编制范围的单位包括：", 5)
    ruled = grid(("序号", "单位名称", "备注"), *((str(n), name, why or "") for n, (name, _, why) in enumerate(ROWS, 1)))
    assert named(chapters.read_units(chapters.split([*intro, ruled]))) == list(ROWS)
    rows = "\n".join(f"{n} {name} {why or ''}".strip() for n, (name, _, why) in enumerate(ROWS, 1))
    flat = lines(
        f"二、部门决算单位构成\n纳入某市财政局2024年度部门决算编制范围的单位包括：\n序号 单位名称 备注\n{rows}", 5
    )
    assert named(chapters.read_units(chapters.split(flat))) == list(ROWS)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        (
            "纳入本部门2022年部门决算编制范围的单位共1个，为巴彦淖尔市审计局本级。",
            [("巴彦淖尔市审计局本级", True, None)],
        ),
        (
            "某委2022年部门决算汇总公开单位构成包括：某市国资委本级以及某市国有企业服务中心。",
            [("某市国资委本级", True, None), ("某市国有企业服务中心", True, None)],
        ),
        (
            "纳入2023年部门决算编报范围的预算单位包括：\n1.某市教育局本级；\n2.某市第一中学；\n3.某市实验小学。",
            [("某市教育局本级", True, None), ("某市第一中学", True, None), ("某市实验小学", True, None)],
        ),
        (
            "纳入部门决算编制范围的预算单位包括：\n1. 某市卫生健康局机关\n2. 某市第一人民医院（差额拨款）",
            [("某市卫生健康局机关", True, None), ("某市第一人民医院（差额拨款）", True, None)],
        ),
        (
            "纳入编报范围的单位共3个，包括局本级和2个下属单位（市水利工程管理站、市防汛抢险服务中心）。",
            [("局本级", True, None), ("市水利工程管理站", True, None), ("市防汛抢险服务中心", True, None)],
        ),
        (
            "纳入决算编报范围的单位包括：某县政府办公室（本级）。某县政务中心单独编制决算，未纳入本次公开范围。",
            [
                ("某县政府办公室（本级）", True, None),
                ("某县政务中心", False, "单独编制决算，未纳入本次公开范围"),
            ],
        ),
        (
            "纳入决算编制范围的单位：\n序号 单位名称 单位性质\n1 某局（本级） 行政单位\n2 某中心 公益一类",
            [("某局（本级）", True, None), ("某中心", True, None)],
        ),
        ("下属二级单位5个，其中行政单位1个，参照公务员法管理的事业单位1个，其他事业单位3个。", []),
        ("本单位无下属单位。", []),
        ("XX市XX局\n1 。。。\n2 。。。", []),
    ],
)
def test_bodies_from_prose_and_numbered_items(text: str, units: list[tuple[str, bool, str | None]]) -> None:
    assert named(chapters.read_units(split(f"三、部门决算单位构成\n{text}"))) == units
