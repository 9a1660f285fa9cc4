"""Wrapped lines become paragraphs and sentences that keep their places; nothing printed is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.final_accounts import prose
from juesuan.final_accounts.model import FormDefinitionError, Grid, GridCell, TextLine

ROOT = Path(__file__).parents[2]
QINGYUAN = ROOT / "raw/documents/qingyuan-dsb-own-level-2023.txt"
FUJIAN = ROOT / "tests/fixtures/documents/fujian-pingtan-suao-2016-page.txt"


def lines(text: str, page: int | None = None) -> list[TextLine]:
    """One line of text for each printed line, blank lines counted."""
    return [TextLine(line, page, at) for at, line in enumerate(text.split("\n"), 1) if line.strip()]


def texts(text: str) -> list[str]:
    return [paragraph.text for paragraph in prose.paragraphs(lines(text))]


def test_wrapped_lines_join_without_a_space_and_keep_their_lines() -> None:
    (paragraph,) = prose.paragraphs(
        lines("本年收入合计2946.25万元，其中财政拨款收入2940.05万元，占百分之九十九；其他收入6.2\n万元，占0.21%。")
    )
    assert "其他收入6.2万元" in paragraph.text
    assert paragraph.place(paragraph.text.index("其他收入")) == (None, 1)
    assert paragraph.place(paragraph.text.index("万元，占0.21%")) == (None, 2)


def test_latin_words_that_wrap_keep_a_space_between() -> None:
    (paragraph,) = prose.paragraphs(lines("热线平台系统采购自供应商 Example\nCompany 并已验收。"))
    assert "Example Company" in paragraph.text


def test_a_page_break_inside_a_sentence_joins_and_page_numbers_are_left_out() -> None:
    first = lines(
        "一、收入决算情况说明\n本单位二〇二三年度机关运行经费支出五十二万元，比上年决算数减少九万元，主要变动情\n- 7 -",
        7,
    )
    second = lines("况：办公费减少。\n- 8 -", 8)
    got = prose.read([*first, *second])
    assert [one.text for one in got.left_out] == ["- 7 -", "- 8 -"]
    assert {one.reason for one in got.left_out} == {"page_number"}
    text = got.paragraphs[-1]
    assert "主要变动情况：办公费减少。" in text.text
    assert text.place(text.text.index("况：")) == (8, 1)


def test_a_running_header_is_left_out_on_every_page_and_kept_in_the_record() -> None:
    pages = [
        lines(f"某某市教育局2023年度部门决算\n第{n}段文字说明了这一年度的工作情况并且以句号结束。\n— {n} —", n)
        for n in range(1, 5)
    ]
    got = prose.read([line for page in pages for line in page])
    assert [one.reason for one in got.left_out].count("running") == 4
    assert not any("部门决算" in paragraph.text for paragraph in got.paragraphs)


@pytest.mark.parametrize(
    ("mark", "level"),
    [
        ("第一部分 ", 1),
        ("第三部分：", 1),
        ("一、", 2),
        ("十一．", 2),
        ("（一）", 3),
        ("(十二)", 3),
        ("1.", 4),
        ("2、", 4),
        ("（1）", 5),
        ("(3)", 5),
        ("1）", 6),
        ("①", 6),
    ],
)
def test_numbering_in_every_style_is_a_heading_of_its_rank(mark: str, level: int) -> None:
    heading, text = prose.paragraphs(lines(f"{mark}收入决算情况说明\n本年收入合计为零，与上年持平。"))
    assert (heading.kind, heading.level, heading.mark) == ("heading", level, mark)
    assert heading.body == "收入决算情况说明"
    assert text.heading == heading.text


@pytest.mark.parametrize("figure", ["2.23万元，占59.3%；公务接待费支出", "12月31日，本单位共有", "3.5%，主要原因是"])
def test_a_figure_at_the_head_of_a_line_is_no_numbering(figure: str) -> None:
    assert prose.mark_of(figure) == (0, "")


def test_an_item_whose_name_begins_with_a_figure_is_told_by_the_item_before() -> None:
    items = [
        "1.坐席规模的完成情况。完成率达100%。",
        "2.24小时人工服务比率的完成情况。比率达100%。",
        "3.渠道占比。达100%。",
    ]
    got = prose.paragraphs(lines("\n".join(f"　　{item}" for item in items)))
    assert [one.mark for one in got] == ["1.", "2.", "3."]
    assert got[1].body.startswith("24小时人工服务比率")


def test_headings_that_wrap_over_two_lines_are_one() -> None:
    got = prose.paragraphs(
        lines(
            "第三部分上海市普陀区财政局2024年度部门决算情况\n说明\n一、收入支出决算总体情况说明\n"
            "三、2020年度“三公”经费、培训费及会议费支出情\n况说明\n本年度支出与上年持平。"
        )
    )
    assert [one.text for one in got if one.kind == "heading"] == [
        "第三部分上海市普陀区财政局2024年度部门决算情况说明",
        "一、收入支出决算总体情况说明",
        "三、2020年度“三公”经费、培训费及会议费支出情况说明",
    ]


def test_an_item_glued_to_the_end_of_another_stands_apart() -> None:
    got = texts("（七）负责本区会计管理工作，监督和规范会计行为。（八）负责本区暂未划转入税务部门的\n非税收入管理。")
    assert got == [
        "（七）负责本区会计管理工作，监督和规范会计行为。",
        "（八）负责本区暂未划转入税务部门的非税收入管理。",
    ]


def test_a_heading_glued_to_its_text_stands_apart() -> None:
    heading, text = prose.paragraphs(lines("绩效评价工作开展情况。 根据预算绩效管理要求，我单位组织开展自评。"))
    assert (heading.kind, heading.text) == ("heading", "绩效评价工作开展情况。")
    assert text.text.startswith("根据预算绩效管理要求")


def test_a_page_in_one_long_line_falls_into_headings_and_items() -> None:
    got = prose.paragraphs(lines(FUJIAN.read_text("utf-8")))
    headings = [one.text for one in got if one.kind == "heading"]
    assert "四、2016年决算收支总体情况" in headings
    assert "八、机关运行经费支出情况" in headings
    assert "（二）国有资产占用情况" in headings
    assert "1. 财政拨款收入1031.50万元，其中政府性基金54.00万元；" in [one.text for one in got]


CONTENTS = """目 录
第一部分 某市审计局概况
一、主要职能
第二部分 部门决算情况说明
一、收入决算情况说明
第三部分 名词解释
"""
BODY = """第一部分 某市审计局概况
一、主要职能
贯彻执行国家审计法律法规，监督财政收支。
第二部分 部门决算情况说明
一、收入决算情况说明
本年收入合计12.00万元。
第三部分 名词解释
基本支出：指为保障机构正常运转发生的支出。"""


@pytest.mark.parametrize(
    "contents",
    [
        CONTENTS,
        CONTENTS.removeprefix("目 录\n"),
        "\n".join(f"{line}……………… 3" for line in CONTENTS.splitlines()[1:]) + "\n",
        "\n".join(f"{line} PAGEREF _Toc25831 h 3" for line in CONTENTS.splitlines()[1:]) + "\n",
    ],
    ids=["with a title", "a bare list", "with leaders", "with the marks of a word processor"],
)
def test_a_table_of_contents_is_no_chapter(contents: str) -> None:
    got = prose.read(lines(contents + BODY))
    assert [one.text for one in got.paragraphs] == BODY.splitlines()
    assert {one.reason for one in got.left_out} == {"contents"}


def test_headings_right_before_the_text_belong_to_it_when_the_contents_end_without_a_repeated_part() -> None:
    body = BODY.partition("\n")[2]
    got = prose.read(lines(CONTENTS + body))
    assert got.paragraphs[0].text == "一、主要职能"


def test_grids_stay_between_the_paragraphs_where_they_stand() -> None:
    grid = Grid(1, 1, 1, (GridCell(0, 0, 1, 1, "单位名称"),))
    flow = prose.read([TextLine("包括以下单位：", 1, 1), grid, TextLine("特此说明。", 1, 2)]).flow
    assert [isinstance(item, Grid) for item in flow] == [False, True, False]


def wrapped(text: str, width: int) -> list[str]:
    """Break a paragraph as print does: Chinese characters take two places, no line begins with a stop."""
    out, used = [""], 0
    for char in text:
        places = 2 if char > "\u2e7f" else 1
        if used + places > width and char not in "，。；、：）%”":
            out.append("")
            used = 0
        out[-1] += char
        used += places
    return out


@pytest.mark.parametrize("width", [52, 56, 72, 100])
@pytest.mark.parametrize("paged", [False, True])
def test_paragraphs_are_the_same_wherever_lines_and_pages_break(width: int, paged: bool) -> None:
    whole = [one for one in prose.paragraphs(lines(QINGYUAN.read_text("utf-8"))) if one.places[0][2] >= 708]
    blocks: list[TextLine] = []
    for paragraph in whole:
        indent = "" if paragraph.kind == "heading" else "　　"
        for text in wrapped(indent + paragraph.text, width):
            page, at = divmod(len(blocks), 30)
            blocks.append(TextLine(text, page + 1 if paged else None, at + 1 if paged else len(blocks) + 1))
    got = [paragraph.text for paragraph in prose.paragraphs(blocks)]
    assert len(set(got) ^ {paragraph.text for paragraph in whole}) <= 2


# --- sentences ------------------------------------------------------------------------------------------------


def cut(text: str) -> list[str]:
    (paragraph,) = prose.paragraphs([TextLine(text, 1, 1)])
    got = prose.sentences(paragraph)
    assert all(paragraph.text[one.start : one.start + len(one.text)] == one.text for one in got)
    return [one.text for one in got]


def test_sentences_end_at_full_stops_and_semicolons_never_inside_a_figure() -> None:
    assert cut("支出2,340.05万元，占99.79%；其他收入6.2万元。与上年持平") == [
        "支出2,340.05万元，占99.79%；",
        "其他收入6.2万元。",
        "与上年持平",
    ]


def test_a_dot_that_stands_for_a_full_stop_ends_a_sentence() -> None:
    assert cut("接通率97.53%.随着政策的放开，支出为593.76万元.话务减少。") == [
        "接通率97.53%.",
        "随着政策的放开，支出为593.76万元.",
        "话务减少。",
    ]


def test_no_sentence_ends_inside_closed_brackets_or_quotes() -> None:
    assert cut("平均得分99.43分（优的项目4个；良的项目0个。）。共有“甲。乙”两项。") == [
        "平均得分99.43分（优的项目4个；良的项目0个。）。",
        "共有“甲。乙”两项。",
    ]


def test_a_bracket_that_is_never_closed_encloses_nothing() -> None:
    assert len(cut("主要情况：（认真贯彻落实规定。全年支出有所节约。")) == 2


# --- nothing is lost ------------------------------------------------------------------------------------------

WORDS = (
    "一、 （二） 3. 第一部分 目录 收入决算情况说明 本年收入 12.50万元 ， 。 ； （ ） “三公” - 3 - 1,234.56"
    " …………… 持平 指 ： 万元. 表 单位：万元 2023年度"
)
PIECES = st.sampled_from([*WORDS.split(), " ", "　", "- 3 -"])
PRINTED = st.lists(
    st.tuples(st.lists(PIECES, min_size=1, max_size=12).map("".join), st.sampled_from([None, 1, 2, 3])),
    max_size=25,
)


@given(PRINTED)
def test_every_printed_character_is_in_one_paragraph_or_left_out_with_a_reason(
    printed: list[tuple[str, int | None]],
) -> None:
    blocks = [TextLine(text, page, at) for at, (text, page) in enumerate(printed, 1)]
    got = prose.read(blocks)

    def bare(text: str) -> list[str]:
        return sorted(re.sub(r"\s", "", text))

    kept = "".join([one.text for one in got.paragraphs] + [one.text for one in got.left_out])
    assert bare(kept) == bare("".join(text for text, _ in printed))


@given(PRINTED)
def test_every_character_has_the_place_of_its_line(printed: list[tuple[str, int | None]]) -> None:
    blocks = [TextLine(text, page, at) for at, (text, page) in enumerate(printed, 1)]
    by_place = {(block.page, block.line): block.text for block in blocks}
    for paragraph in prose.read(blocks).paragraphs:
        for offset, char in enumerate(paragraph.text):
            if not char.isspace():
                assert char in by_place[paragraph.place(offset)]


def test_the_real_report_loses_no_character() -> None:
    printed = QINGYUAN.read_text("utf-8")
    got = prose.read(lines(printed))
    kept = "".join([one.text for one in got.paragraphs] + [one.text for one in got.left_out])
    assert sorted(re.sub(r"\s", "", kept)) == sorted(re.sub(r"\s", "", printed))


def test_word_data_that_is_missing_is_a_typed_error() -> None:
    with pytest.raises(FormDefinitionError, match="no-such-words"):
        prose.words("no-such-words")
    with pytest.raises(FormDefinitionError, match="somewhere"):
        prose.pattern(["(open"], "somewhere")
