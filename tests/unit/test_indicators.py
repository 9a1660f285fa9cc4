"""Performance indicators from prose and from self-evaluation tables: target, actual, completion, score."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.final_accounts import chapters
from juesuan.final_accounts.indicators import Claim, read_indicators
from juesuan.final_accounts.model import Grid, GridCell, Indicator, TextLine

ROOT = Path(__file__).parents[2]
QINGYUAN = ROOT / "raw/documents/qingyuan-dsb-own-level-2023.txt"


def lines(text: str) -> list[TextLine]:
    return [TextLine(line, 3, at) for at, line in enumerate(text.split("\n"), 1) if line.strip()]


def grid(rows: list[tuple[str, ...]], page: int = 9) -> Grid:
    """A ruled table; '^' continues the cell above, '<' the cell to the left."""
    cells = []
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            if text in "^<" and text:
                continue
            down = next((n for n, below in enumerate(rows[r + 1 :], 1) if below[c] != "^"), len(rows) - r)
            across = next((n for n, right in enumerate(row[c + 1 :], 1) if right != "<"), len(row) - c)
            cells.append(GridCell(r, c, down, across, text))
    return Grid(page, len(rows), len(rows[0]), tuple(cells))


def of(text: str, *grids: Grid) -> tuple[Indicator, ...]:
    blocks: list[TextLine | Grid] = [*lines(f"十、预算绩效管理情况\n{text}"), *grids]
    return read_indicators(chapters.split(blocks))[0]


def facts(indicator: Indicator) -> tuple[str | None, ...]:
    one = indicator
    return (one.name, one.target_operator, one.target, one.actual, one.unit, one.completion_pct)


# --- the real report ------------------------------------------------------------------------------------------


def test_all_thirteen_indicators_of_the_own_level_report() -> None:
    sections = chapters.split(lines(QINGYUAN.read_text("utf-8")))
    got, claims = read_indicators(sections)
    assert [(one.group, *facts(one)) for one in got] == [
        ("产生指标", "坐席规模和人员规模", None, None, None, None, "100"),
        ("产生指标", "24小时人工服务比率", None, None, "100", "%", None),
        ("产生指标", "市民诉求受理渠道占比", None, None, "100", "%", None),
        ("产生指标", "短信发送数量完成率", None, "200万条/年", "228.77", "万条", "114.38"),
        ("产生指标", "预算执行率", None, "593.76", "593.76", "万元", "100"),
        ("产生指标", "资金发放及时率", None, None, None, None, "100"),
        ("效益指标", "人工话务接通率", "≥", "80", "97.53", "%", None),
        ("效益指标", "通话效率", "≤", "250", "194", "秒", None),
        ("效益指标", "咨询类在线解决率", "≥", "90", "96.51", "%", None),
        ("效益指标", "及时派单率", "≥", "95", "100", "%", None),
        ("效益指标", "准确派单率", "≥", "95", "99.97", "%", None),
        ("效益指标", "整合归并热线特服号码的拨通率", None, "100", "100", "%", None),
        ("效益指标", "服务对象满意度", "≥", "95", "99.58", "%", None),
    ]
    assert {one.project for one in got} == {"12345服务热线外包服务项目"}
    assert all(one.line for one in got)
    text = {paragraph.number: paragraph.text for section in sections for paragraph in section.paragraphs}
    printed = sorted(text[number][start:end] for number, start, end in claims)
    used = [figure for one in got for figure in (one.target, one.actual, one.completion_pct) if figure]
    assert printed == sorted(figure.removesuffix("万条/年") for figure in used)


def test_the_sentence_of_an_indicator_holds_its_figures() -> None:
    got, _ = read_indicators(chapters.split(lines(QINGYUAN.read_text("utf-8"))))
    for one in got:
        for figure in (one.target, one.actual, one.completion_pct):
            if figure is not None:
                assert figure in one.quote


# --- prose in other words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "（1）产出指标\n1.培训场次完成情况。年度指标值不少于10场，实际完成12场，完成率为120%。",
            ("培训场次", "≥", "10", "12", "场", "120"),
        ),
        (
            "（一）效益指标完成情况\n1、群众满意度：目标值90%以上，实际值为95.6%。",
            ("群众满意度", "≥", "90", "95.6", "%", None),
        ),
        (
            "（2）成本指标\n1.培训成本\n目标值控制在400元/人以内，实际完成值350元/人。",
            ("培训成本", "≤", "400", "350", "元/人", None),
        ),
        (
            "满意度指标：\n1.服务对象满意度指标，指标值＞85％，全年完成值91％。",
            ("服务对象满意度", ">", "85", "91", "%", None),
        ),
        (
            "项目绩效目标完成情况：设备验收合格率目标值为100%，实际完成值98%。",
            ("设备验收合格率", None, "100", "98", "%", None),
        ),
    ],
)
def test_target_actual_and_completion_in_other_words(text: str, expected: tuple[str | None, ...]) -> None:
    (got,) = of(text)
    assert facts(got) == expected


def test_kinds_of_indicators_stand_behind_their_group() -> None:
    got = of(
        "（1）产出指标\n①数量指标：发放补贴人数，年度指标值1200人，实际完成1235人。\n"
        "（2）效益指标\n①社会效益指标：群众生活改善，年度指标值“有所改善”，实际完成“有所改善”。"
    )
    assert [(one.group, *facts(one)) for one in got] == [
        ("产出指标/数量指标", "发放补贴人数", None, "1200", "1235", "人", None),
        ("效益指标/社会效益指标", "群众生活改善", None, "有所改善", "有所改善", None, None),
    ]


def test_groups_on_lines_of_their_own_and_items_without_numbers() -> None:
    got = of(
        "绩效目标完成情况：\n数量指标\n举办活动场次：目标值12场，完成值15场，完成率125%。\n"
        "质量指标\n活动达标率：目标值≥90%，完成值100%，完成率111%。"
    )
    assert [(one.group, one.name, one.completion_pct) for one in got] == [
        ("数量指标", "举办活动场次", "125"),
        ("质量指标", "活动达标率", "111"),
    ]


def test_the_project_in_force_goes_with_the_indicators() -> None:
    got = of(
        "1.城市绿化项目绩效自评综述：全年预算数为10万元，执行数为9万元。\n（1）产出指标\n1.植树数量。目标值500棵，实际完成520棵。\n"
        "2.道路养护项目绩效自评综述：全年预算数为20万元，执行数为20万元。\n（1）产出指标\n1.养护里程。目标值12公里，实际完成12公里。"
    )
    assert [(one.project, one.name) for one in got] == [("城市绿化项目", "植树数量"), ("道路养护项目", "养护里程")]


def test_figures_outside_groups_of_indicators_are_no_indicators() -> None:
    got = of(
        "2024年度项目4个，涉及预算金额598.42万元，平均得分99.43分。\n（3）主要工作成效\n1.举办培训84场，完成率达100%。"
    )
    assert got == ()


def test_no_other_chapter_holds_indicators() -> None:
    blocks = lines("一、收入支出决算总体情况说明\n预算执行率目标值95%，实际完成值98%。")
    assert read_indicators(chapters.split(blocks)) == ((), frozenset())


# --- self-evaluation tables -----------------------------------------------------------------------------------

TABLE = [
    ("项目名称", "便民热线运行", "<", "<", "主管部门", "某市数据局", "<", "<"),
    ("一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分", "偏差原因"),
    ("产出指标", "数量指标", "培训\n场次", "≥10场", "12场", "10", "10", ""),
    ("^", "质量指标", "接通率", "≥80%", "97.53%", "10", "9.5", ""),
    ("^", "时效指标", "完成时间", "2023年12月底前", "已完成", "10", "10", ""),
    ("效益指标", "社会效益", "群众满意度", "90%以上", "95.60%", "10", "10", ""),
    ("总分", "<", "<", "<", "<", "100", "99.5", ""),
]


def test_a_ruled_self_evaluation_table() -> None:
    got = of("自评表如下：", grid(TABLE))
    assert [(one.group, *facts(one), one.score) for one in got] == [
        ("产出指标/数量指标", "培训场次", "≥", "10", "12", "场", None, "10"),
        ("产出指标/质量指标", "接通率", "≥", "80", "97.53", "%", None, "9.5"),
        ("产出指标/时效指标", "完成时间", None, "2023年12月底前", "已完成", None, None, "10"),
        ("效益指标/社会效益", "群众满意度", "≥", "90", "95.60", "%", None, "10"),
    ]
    assert {(one.project, one.page) for one in got} == {("便民热线运行", 9)}


def test_a_table_goes_on_on_the_next_page_without_its_header() -> None:
    whole = of("自评表如下：", grid(TABLE))
    parts = of("自评表如下：", grid(TABLE[:4]), grid(TABLE[5:], 10))
    assert [one.name for one in parts] == [one.name for one in whole if one.name != "完成时间"]
    assert (parts[-1].project, parts[-1].page) == ("便民热线运行", 10)


def test_columns_are_known_by_their_words_not_by_their_places() -> None:
    order = (2, 4, 3, 6, 5, 0, 1, 7)
    swapped = [tuple(row[n] for n in order) for row in TABLE[1:4] if "^" not in row]
    (got,) = of("自评表如下：", grid(swapped))
    assert facts(got) == ("培训场次", "≥", "10", "12", "场", None)


def test_another_table_is_no_list_of_indicators() -> None:
    other = grid([("序号", "单位名称", "备注"), ("1", "某市财政局（本级）", "")])
    assert of("见下表：", other) == ()


# --- properties -----------------------------------------------------------------------------------------------

FIGURES = st.decimals(min_value=0, max_value=9999, places=2).map(lambda value: f"{value:,}")


@given(FIGURES, FIGURES)
def test_figures_come_out_as_printed_and_are_claimed_at_their_place(target: str, actual: str) -> None:
    blocks = lines(f"十、预算绩效管理情况\n（1）产出指标\n1.办理数量。目标值≥{target}件，实际完成值{actual}件。")
    sections = chapters.split(blocks)
    (got,), claims = read_indicators(sections)
    assert (got.target, got.actual, got.unit) == (target, actual, "件")
    text = {paragraph.number: paragraph.text for section in sections for paragraph in section.paragraphs}
    assert sorted(text[one.paragraph][one.start : one.end] for one in claims) == sorted([target, actual])
    assert all(isinstance(one, Claim) for one in claims)


@given(st.lists(st.text(alphabet="产出效益指标值目完成率达0123456789.%≥，。；：1、（）", max_size=40), max_size=12))
def test_no_text_makes_it_fail(printed: list[str]) -> None:
    got, claims = read_indicators(chapters.split(lines("\n".join(["十、预算绩效管理情况", *printed]))))
    assert len(claims) <= 3 * len(got)
