"""Headers that only words, letters, sums or columns of characters tell: which columns they name, and when none.

Belongs here: list_headers.py, header_letters.py and the tables of single places in text. Does not belong here: whole
documents (test_layouts.py, integration).
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from juesuan.final_accounts.forms import load_forms
from juesuan.final_accounts.header_letters import columns_by_letters
from juesuan.final_accounts.list_headers import Names, blocks, header_words, names, names_from_left
from juesuan.final_accounts.readers import read as read_bytes
from juesuan.final_accounts.recognise import Recognition, recognise

FURNITURE = load_forms().furniture


def values(*rows: str) -> list[list[Decimal | None]]:
    return [[Decimal(text) for text in row.split()] for row in rows]


def read(text: str) -> Recognition:
    return recognise(read_bytes(text.strip().encode(), "report.txt"), fiscal_year=2023)


def placed(got: Recognition) -> dict[tuple[str, str], tuple[str, str]]:
    return {(c.row_label, "/".join(c.header_path)): (c.value_text, c.placed_by) for c in got.cells}


# --- words


def test_a_word_that_wraps_is_made_whole_also_behind_words_of_other_cells() -> None:
    pieces = ["项目", "经济分类科", "合计", "科目名称", "小计", "目编码"]
    assert header_words(frozenset(), FURNITURE, pieces) == ["项目", "经济分类科目编码", "合计", "科目名称", "小计"]


def test_a_word_within_a_piece_is_none() -> None:
    assert header_words(frozenset(), FURNITURE, ["项目支出", "款项清单"]) == ["项目支出", "款项清单"]


def test_lists_side_by_side_each_begin_with_the_same_word() -> None:
    words = ["项目", "行次", "年初预算数", "决算数", "项目", "行次", "决算数"]
    assert blocks(FURNITURE, words) == [["年初预算数", "决算数"], ["决算数"]]


# --- two levels


def test_sums_tell_what_stands_under_what_wherever_the_total_was_printed() -> None:
    rows = values("9 5 2 3 4 1 3", "7 3 3 0 4 4 0")
    want = (("合计",), *((g, leaf) for g in ("甲", "乙") for leaf in ("小计", "基本", "项目")))
    leaves = ["小计", "基本", "项目"] * 2
    for above in (["合计", "甲", "乙"], ["甲", "乙", "合计"]):
        assert names([*above, *leaves], rows, 1) == Names(want, 1, proved=True)


def test_sums_that_do_not_hold_name_nothing() -> None:
    words = ["合计", "甲", "乙", *["小计", "基本", "项目"] * 2]
    assert names(words, values("9 5 2 3 4 1 3", "12 3 3 0 4 4 0"), 1) is None
    assert names(words, values("0 0 0 0 0 0 0"), 1) is None, "nothing adds up to nothing in every way"


def test_words_from_left_to_right_need_a_sum_for_their_group() -> None:
    words = [(10.0, "合计"), (20.0, "轿车"), (22.0, "车辆"), (30.0, "其他用车"), (40.0, "设备")]
    found = names_from_left(words, frozenset({"车辆"}), values("7 3 4 9"))
    assert found == Names((("车辆", "合计"), ("车辆", "轿车"), ("车辆", "其他用车"), ("设备",)))
    assert names_from_left(words, frozenset({"车辆"}), values("12 3 4 9")) is None
    assert names_from_left([*words[:3], (20.2, "其他用车"), words[4]], frozenset({"车辆"}), values("7 3 4 9")) is None


# --- letters


def test_the_letters_of_a_shuffled_header_name_its_columns() -> None:
    columns = load_forms().tables["T5"].columns
    text = "年初结转和结余本年收入本年支出年末结转和结余项目支出基本支出项目支出基本支出基本支出合计"
    text += "结转和结合计基本支出项目支出合计项目支出合计结转和结结转余小计人员经费公用经费结转余"
    found = columns_by_letters(columns, text)
    assert found is not None
    assert [key for key, _ in found] == [
        *("opening", "opening_basic", "opening_project", "income", "income_basic", "income_project"),
        *("expenditure_total", "basic", "personnel", "public", "project"),
        *("closing", "closing_basic", "closing_project"),
    ]
    assert columns_by_letters(columns, text + "余") is None, "a letter is left"


# --- tables


def test_a_table_of_two_levels_is_read_and_says_that_sums_placed_it() -> None:
    got = read(
        """
财政拨款支出决算明细表
公开05表
金额单位：元
项目 甲类拨款 乙类拨款
经济分类科 合计
科目名称 小计 基本支出 项目支出 小计 基本支出 项目支出
目编码
栏次 1 2 3 4 5 6 7
合计 9.00 5.00 2.00 3.00 4.00 1.00 3.00
301 工资福利支出 7.00 3.00 3.00 0.00 4.00 4.00 0.00
机关事业单位基本
30108 2.00 2.00 0.00 2.00 0.00 0.00 0.00
养老保险缴费
30113 住房公积金 0.00 0.00 0.00 0.00 0.00 0.00 0.00
"""
    )
    cells = placed(got)
    assert cells["合计", "合计"] == ("9.00", "identity")
    assert cells["工资福利支出", "乙类拨款/基本支出"] == ("4.00", "identity")
    assert cells["机关事业单位基本养老保险缴费", "甲类拨款/小计"] == ("2.00", "identity")
    assert ("住房公积金", "合计") in cells
    assert got.unassigned == ()


def test_a_list_with_numbers_and_words_in_its_columns() -> None:
    got = read(
        """
政府购买服务决算公开情况表
金额单位：万元
序号 购买服务项目名称 承接主体 金额
1 机房运行维护服务 某信息科技有限公司 12.37
2 物业管理服务 某物业服务有限公司 9.11
"""
    )
    assert sorted(c.value_text for c in got.cells) == ["12.37", "9.11"]
    assert got.unassigned == ()


def test_a_table_that_no_form_has_is_kept_under_its_title() -> None:
    got = read(
        """
专项资金安排使用情况表
公开13表
金额单位：元
序号 资金名称 年初安排数 实际使用数
1 乡村振兴驻点帮扶专项 612,345.00 582,319.00
第三部分 决算情况说明
"""
    )
    (table,) = got.unrecognised
    assert (table.title, table.state) == ("专项资金安排使用情况表", "unknown_title")
    assert table.grid[1] == ("1", "乡村振兴驻点帮扶专项", "612,345.00", "582,319.00")


@pytest.mark.parametrize("line", ["本部门编制情况见下表", "收入支出决算总表", "表"])
def test_a_line_that_ends_in_table_is_no_title_of_an_unknown_one(line: str) -> None:
    assert read(f"{line}\n共有 1,234.00 元\n").unrecognised == ()


def test_a_header_with_a_note_in_place_of_rows_is_no_activity() -> None:
    got = read(
        """
国有资本经营预算财政拨款支出决算表
项目 本年支出
功能分类科目编码 科目名称 小计 基本支出 项目支出
本单位本年度没有国有资本经营预算财政拨款支出，故本表为空表。
"""
    )
    assert [(t.table_key, t.state) for t in got.tables if t.state != "missing"] == [("TG", "no_activity")]
