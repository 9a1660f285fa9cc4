"""Which orders of columns the lines of a shuffled header allow (header_orders.py)."""

from __future__ import annotations

import pytest

from juesuan.final_accounts.forms import Column, load_forms
from juesuan.final_accounts.header_orders import orders_shown

NAMED = [
    ("opening", ("年初结转和结余", "合计")),
    ("opening_basic", ("年初结转和结余", "基本支出结转")),
    ("opening_project", ("年初结转和结余", "项目支出结转和结余")),
    ("income", ("本年收入", "合计")),
    ("income_basic", ("本年收入", "基本支出")),
    ("income_project", ("本年收入", "项目支出")),
]
GROUPS = ["项目", "年初结转和结余", "本年收入"]


def columns() -> tuple[Column, ...]:
    return load_forms().tables["TF"].columns


def orders(*lines: list[str]) -> list[list[str]]:
    """The orders as keys, for lines of a header between which the cells of a page were cut."""
    shown = orders_shown(columns(), NAMED, ["项目", "科目名称"], lines)
    return [[NAMED[k][0] for k in one.order] for one in shown]


FORM = [key for key, _ in NAMED]
TURNED = ["opening", "opening_project", "opening_basic", "income", "income_project", "income_basic"]
#: 项目支出 | 基本支出 begin above the line of the short cells and 余 ends below it: no two pieces share a line.
APART = [["项目支出"], ["基本支出"]], [["结转"], ["余"]]


@pytest.mark.parametrize(
    ("middle", "expected"),
    [
        (["科目名称", "合计", "结转和结", "合计", "基本支出", "项目支出"], FORM),
        (["科目名称", "合计", "结转和结", "合计", "项目支出", "基本支出"], TURNED),
    ],
)
def test_a_group_that_the_lines_leave_open_stands_like_the_others(middle: list[str], expected: list[str]) -> None:
    above, below = APART
    assert orders(GROUPS, *above, middle, *below) == [expected]


def test_pieces_in_one_line_tell_the_order_by_themselves() -> None:
    above = [["项目支出"], ["基本支出"]]
    middle = ["科目名称", "合计", "结转和结", "合计", "基本支出", "项目支出"]
    assert orders(GROUPS, *above, middle, ["结转", "余"]) == [FORM]
    # the piece of 项目支出结转和结余 stands left of that of 基本支出结转: this group is turned, and the other is not
    assert orders(GROUPS, *above, middle, ["余", "结转"]) == [
        ["opening", "opening_project", "opening_basic", "income", "income_basic", "income_project"]
    ]


def test_where_no_line_decides_every_order_is_told() -> None:
    """Both columns of both groups in lines of their own: they stand alike in both, in one way or the other."""
    lines = [
        ["项目支出"],
        ["基本支出"],
        ["科目名称", "合计", "结转和结", "合计"],
        ["结转"],
        ["余"],
        ["基本支出"],
        ["项目支出"],
    ]
    found = orders(GROUPS, *lines)
    assert FORM in found
    assert TURNED in found


def test_lines_that_are_not_those_of_the_columns_allow_no_order() -> None:
    assert orders(GROUPS, ["科目名称", "合计", "合计", "基本支出", "项目支出"]) == []
    assert orders(["本年收入", "项目", "年初结转和结余"], ["科目名称"], ["合计"]) == []


def test_a_group_inside_a_group_keeps_its_columns() -> None:
    named = [
        ("expenditure_total", ("本年支出", "合计")),
        ("basic", ("基本支出", "小计")),
        ("personnel", ("基本支出", "人员经费")),
        ("public", ("基本支出", "公用经费")),
        ("project", ("本年支出", "项目支出")),
    ]
    form = load_forms().tables["T5"].columns
    lines = [["本年支出"], ["合计", "基本支出", "项目支出"], ["小计", "人员经费", "公用经费"]]
    assert [one.order for one in orders_shown(form, named, [], lines)] == [(0, 1, 2, 3, 4)]
    # 小计 for 合计 is a word that the letters cannot tell from another
    lines = [["本年支出"], ["合计", "项目支出", "基本支出"], ["合计", "人员经费", "公用经费"]]
    assert [one.order for one in orders_shown(form, named, [], lines)] == [(0, 4, 1, 2, 3)]


def test_too_many_orders_tell_nothing() -> None:
    lines = [["项目"], ["科目名称"], ["年初结转和结余"], ["本年收入"]]
    lines += [
        [piece] for piece in ("合计", "合计", "基本支出", "结转", "项目支出", "结转和结余", "基本支出", "项目支出")
    ]
    assert orders(*lines) == []
