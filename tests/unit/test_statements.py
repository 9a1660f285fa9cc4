"""How one figure of the text is read: what counts as a figure, whose it is, against what, and what is never guessed."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.final_accounts import forms
from juesuan.final_accounts.classes import ClassNames
from juesuan.final_accounts.phrases import expand, lexicon, normal, scan
from juesuan.final_accounts.spoken import Found
from juesuan.final_accounts.statements import Reader
from tests.narrative_recall import variants

NAMES = {
    "一般公共服务支出": (("T5", "201"),),
    "财政事务": (("T5", "20106"),),
    "行政运行": (("T5", "2010601"), ("T5", "2080101")),
    "社会保障和就业支出": (("T5", "208"),),
    "人力资源和社会保障管理事务": (("T5", "20801"),),
    "办公费": (("T6", "30201"),),
}


def read(text: str, section: str = "", year: int | None = 2023, names: object = None) -> list[Found]:
    found, _ = Reader(ClassNames(names or {}, year), year).read(text, section)  # type: ignore[arg-type]
    return found


def lost(text: str, section: str = "") -> list[str]:
    return [one.text for one in Reader(ClassNames({}, 2023), 2023).read(text, section)[1]]


def stated(text: str, section: str = "", year: int | None = 2023) -> list[tuple[str, str, str | None]]:
    found = read(text, section, year)
    return [(one.topic, one.measure, None if one.value is None else str(one.value)) for one in found]


# --- what is a figure -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2023年度、2022年12月31日、2023年1-6月",
        "粤办函〔2022〕230号",
        "我市根据国办53号文和省办216号文办理",
        "拨打12345热线，开通7×24小时人工服务",
        "根据第一条和第12条",
        "开展“2023年第2批设备更新项目”",
        "《2023年349个城市12345热线运行质量监测报告》",
        "科目编码：2010301",
        "严格执行中央八项规定",
        "一、总体情况 1.收入；2.支出（3）④",
    ],
)
def test_dates_documents_names_and_ordinals_are_no_figures(text: str) -> None:
    assert read(text) == []
    assert lost(text) == []


@pytest.mark.parametrize(
    ("printed", "value"),
    [("1,234.50", "1234.50"), ("１２３４．５", "1234.5"), ("1560. 05", "1560.05"), ("0.00", "0.00"), ("6.2", "6.2")],
)
def test_a_figure_keeps_its_digits(printed: str, value: str) -> None:
    assert stated(f"机关运行经费支出{printed}万元") == [("agency_operating_expenses", "amount", value)]


def test_two_figures_joined_by_a_comma_are_two() -> None:
    values = [one.value for one in read("收、支总计各是4125.49,4143.91万元", "notes.total")]
    assert values == [Decimal("4125.49"), Decimal("4143.91")]


@pytest.mark.parametrize("unit", ["万通", "万件", "万人", "万条"])
def test_counts_in_ten_thousands_are_no_money(unit: str) -> None:
    (one,) = read(f"全年共受理62.69{unit}", "notes.performance")
    assert (one.topic, one.measure, one.unit) == ("outcome", "count", unit)


def test_a_threshold_belongs_to_the_name() -> None:
    assert stated("单价100万元（含）以上设备（不含车辆）2台（套）。") == [("assets.equipment_over_1m", "count", "2")]
    assert stated("单位价值50万元以上通用设备3台（套）") == [("assets.equipment_over_500k", "count", "3")]


def test_an_amount_that_was_left_out_is_blank() -> None:
    (one,) = read("结余分配万元", "notes.total")
    assert (one.topic, one.value, one.null_reason) == ("surplus_distribution", None, "blank")


def test_every_figure_is_stated_or_listed() -> None:
    """No variant loses a figure: each one starts a statement or a number without a place."""
    for variant in variants(held_out=False):
        reader = Reader(ClassNames({}, variant.get("year")), variant.get("year"))
        found, unplaced = reader.read(variant["text"], variant["section"])
        placed = {one.start for one in found} | {one.start for one in unplaced}
        figures = [token for token in reader.tokens if token.kind == "figure"]
        assert {reader.normal.printed(token.start, token.end)[0] for token in figures} <= placed


@given(st.text(alphabet="万元一2年度0.,，。；：()（）%预算支出比上年增加减少其中占无项个 “”-7", max_size=60))
def test_any_text_is_read_without_losing_a_figure(text: str) -> None:
    reader = Reader(ClassNames({}, 2023), 2023)
    found, unplaced = reader.read(text, "notes.three_public")
    placed = {one.start for one in found} | {one.start for one in unplaced}
    for token in reader.tokens:
        if token.kind == "figure":
            assert reader.normal.printed(token.start, token.end)[0] in placed
    for one in found:
        assert 0 <= one.start <= one.end <= len(text)


@given(st.text(alphabet="１2三 \t“”，,（）a。", max_size=40))
def test_the_normal_form_leads_back_to_the_print(text: str) -> None:
    got = normal(text)
    assert len(got.text) == len(got.at)
    assert list(got.at) == sorted(got.at)
    for token in scan(got.text, lexicon()):
        start, end = got.printed(token.start, token.end)
        assert 0 <= start <= end <= len(text)


# --- whose it is ------------------------------------------------------------------------------------------------------


def test_the_section_decides_what_the_same_words_mean() -> None:
    text = "一般公共预算财政拨款收入10万元"
    assert stated(text, "notes.income")[0][0] == "income.general_public_budget"
    assert stated(text, "notes.appropriation")[0][0] == "appropriation_income.general_public_budget"


def test_words_of_the_paragraph_decide_where_the_section_does_not() -> None:
    text = "财政拨款收入合计30万元。其中：一般公共预算财政拨款收入20万元；政府性基金预算财政拨款收入10万元。"
    assert [topic for topic, _, _ in stated(text)] == [
        "appropriation_income",
        "appropriation_income.general_public_budget",
        "appropriation_income.government_fund",
    ]


def test_total_income_contains_what_was_carried_over() -> None:
    text = "2023年度总收入4,867.13万元，其中本年收入4,800.00万元。"
    assert stated(text, "notes.income") == [("income", "total", "4867.13"), ("income", "amount", "4800.00")]


def test_an_unknown_noun_is_never_taken_for_the_topic_before() -> None:
    found = read("机关运行经费68.31万元，其中：办公费12.3万元、印刷费2.01万元。", "notes.agency_operating_expenses")
    assert [(one.topic, one.subject) for one in found] == [
        ("agency_operating_expenses", None),
        ("outcome", "办公费"),
        ("outcome", "印刷费"),
    ]


def test_a_figure_per_head_is_no_amount() -> None:
    found = read("公务用车运行维护费6.3万元，车均运行维护费2.1万元。", "notes.three_public")
    assert [(one.topic, one.measure) for one in found] == [("three_public.vehicle_run", "amount"), ("outcome", "value")]


def test_one_figure_may_be_of_several_topics() -> None:
    text = "上级补助收入、事业收入和经营收入均为0万元，与上年决算数持平。"
    assert [topic for topic, measure, _ in stated(text) if measure == "amount"] == [
        "income.superior_subsidy",
        "income.business",
        "income.operating",
    ]


def test_a_remark_in_brackets_does_not_part_a_figure_from_its_topic() -> None:
    assert stated("政府采购金额（以合同签订为准）为251.25万元") == [("procurement.total", "amount", "251.25")]


# --- against what -----------------------------------------------------------------------------------------------------


def test_falls_are_negative_and_the_base_is_kept() -> None:
    found = read("公务接待费2万元，比上年决算数减少0.5万元，下降20%；比年初预算数增加1万元，增长100%。")
    assert [(one.measure, str(one.value), one.base) for one in found] == [
        ("amount", "2", None),
        ("change_amount", "-0.5", "prior_year"),
        ("change_pct", "-20", "prior_year"),
        ("over_initial_budget_amount", "1", "initial_budget"),
        ("over_initial_budget_pct", "100", "initial_budget"),
    ]


@pytest.mark.parametrize(
    ("words", "measure"),
    [
        ("年初预算", "initial_budget"),
        ("全年预算", "adjusted_budget"),
        ("调整预算", "adjusted_budget"),
        ("预算", "budget"),
    ],
)
def test_a_budget_has_the_stage_that_the_text_tells(words: str, measure: str) -> None:
    assert stated(f"公务接待费支出决算为1万元，完成{words}2万元的50%。")[1:] == [
        ("three_public.reception", measure, "2"),
        ("three_public.reception", "completion_pct", "50"),
    ]


def test_a_budget_told_with_and_without_its_stage_is_both_in_three_public_expenses_alone() -> None:
    tail = "年初预算为0.95万元，支出决算为0.00万元，完成预算的0%。"
    assert [measure for _, measure, _ in stated("“三公”经费" + tail)] == [
        "initial_budget",
        "budget",
        "amount",
        "completion_pct",
    ]
    assert [measure for _, measure, _ in stated("机关运行经费" + tail)] == [
        "initial_budget",
        "amount",
        "completion_pct",
    ]


def test_no_change_is_zero_against_a_year_and_words_against_a_budget() -> None:
    assert stated("事业收入0万元，与上年决算数持平。")[1] == ("income.business", "change_amount", "0")
    (_, relation) = read("公务接待费1万元，决算数与预算数基本持平。")
    assert (relation.measure, relation.value, relation.value_text) == ("relation_to_budget", None, "基本持平")
    (_, nearly) = read("公务接待费1万元，与上年基本持平。")
    assert (nearly.measure, nearly.value) == ("relation_to_prior", None)


def test_a_percentage_without_a_base_is_null() -> None:
    found = read("公务接待费1万元，比上年决算数增加1万元，增长--（基数为0，不可比）。")
    assert (found[-1].measure, found[-1].value, found[-1].null_reason) == ("change_pct", None, "base_is_zero")


def test_a_template_left_undecided_is_not_decided_here() -> None:
    text = "机关运行经费10万元，比上年增加（减少）2万元。"
    assert [measure for _, measure, _ in stated(text)] == ["amount"]
    assert lost(text) == ["2"]


def test_a_share_keeps_its_denominator() -> None:
    found = read("授予小微企业合同金额2万元，占授予中小企业合同金额的0.3%；公务接待费1万元，占40.7%。")
    assert [one.base for one in found if one.measure == "share_pct"] == [
        "procurement.sme_awarded",
        "three_public.total",
    ]


def test_qualifiers_are_kept_as_printed() -> None:
    (one,) = read("梳理不少于50类诉求分办场景", "notes.performance")
    assert one.qualifier == "不少于"


def test_a_purpose_is_text() -> None:
    found = read("公务用车保有量为1辆，主要用于外出调研，出差等公务事务活动。", "notes.three_public.detail")
    assert [(one.topic, one.measure, one.value_text) for one in found] == [
        ("vehicle.owned", "count", "1"),
        ("vehicle.owned", "purpose", "外出调研，出差等公务事务活动"),
    ]


def test_figures_inside_a_reason_are_outcomes() -> None:
    found = read(
        "基本支出10万元，比上年增加1万元，主要原因：一是人员经费增加0.8万元；二是新增3人。", "notes.expenditure"
    )
    assert [(one.topic, one.measure) for one in found] == [
        ("expenditure.basic", "amount"),
        ("expenditure.basic", "change_amount"),
        ("outcome", "change_amount"),
        ("outcome", "count"),
    ]
    assert found[1].reason == "一是人员经费增加0.8万元；二是新增3人"


# --- names of classes -------------------------------------------------------------------------------------------------


def test_a_name_with_several_codes_is_told_apart_by_what_stands_above_it() -> None:
    text = "社会保障和就业支出（类）人力资源和社会保障管理事务（款）行政运行（项）。年初预算为1万元。"
    assert read(text, "notes.general_public_budget.items", names=NAMES)[0].topic == "general_public_budget.item.2080101"


def test_a_name_without_its_class_that_has_several_codes_stays_unknown() -> None:
    (one,) = read("行政运行（项）支出1万元", "notes.general_public_budget.items", names=NAMES)
    assert (one.topic, one.subject) == ("general_public_budget.item.unknown", "行政运行")


def test_a_name_is_looked_up_in_the_year_of_the_report() -> None:
    text = "医疗卫生与计划生育支出（类）5万元"
    assert read(text, "notes.general_public_budget", year=2016)[0].topic == "general_public_budget.class.210"
    assert read(text, "notes.general_public_budget", year=2023)[0].topic == "general_public_budget.class.unknown"


def test_a_printed_code_holds() -> None:
    assert stated("农林水支出（213）3万元", "notes.general_public_budget")[0][0] == "general_public_budget.class.213"


# --- the data ---------------------------------------------------------------------------------------------------------


def test_every_topic_of_the_words_is_in_the_list_of_topics() -> None:
    with (Path(forms.__file__).parent / "statement_topics.csv").open(encoding="utf-8", newline="") as file:
        listed = [row["topic"] for row in csv.DictReader(file)]
    patterns = [
        re.compile(re.escape(one).replace("<code>", ".+").replace("<use>", ".+").replace("<grade>", ".+"))
        for one in listed
    ]
    keys = set()
    for kind, topic in lexicon().words.values():
        if kind == "topic":
            keys |= {topic.key, *topic.counts.values(), *topic.none_topics, *(key for _, key in topic.scopes)}
            keys |= {key for _, key in topic.follows}
    assert [key for key in sorted(keys) if not any(one.fullmatch(key) for one in patterns)] == []


def test_every_measure_that_a_variant_gives_is_listed_with_its_topic() -> None:
    with (Path(forms.__file__).parent / "statement_topics.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["topic"]: set(row["measures"].split(";")) for row in csv.DictReader(file)}
    for variant in variants(held_out=False):
        for one in read(variant["text"], variant["section"], variant.get("year")):
            topic = re.sub(r"\.(?:\d+|unknown)$", ".<code>", one.topic)
            topic = re.sub(r"^performance\.grade\..+", "performance.grade.<grade>", topic)
            topic = topic if topic in listed else re.sub(r"^assets\.vehicles\..+", "assets.vehicles.<use>", topic)
            assert one.measure in listed[topic], (variant["id"], one.topic, one.measure)


def test_words_are_written_short() -> None:
    assert sorted(expand("收[、|和]支{合计|总额}")) == [
        "收、支合计",
        "收、支总额",
        "收和支合计",
        "收和支总额",
        "收支合计",
        "收支总额",
    ]


def test_a_word_in_the_name_of_the_unit_compares_nothing() -> None:
    name = "某市规划和自然资源局"
    reader = Reader(ClassNames({}, 2023), 2023, name)
    found, unplaced = reader.read(f"{name}2023年度收入支出总计3673.85万元，与上年相比增加10.00万元。", "")
    assert [(one.topic, one.measure, str(one.value)) for one in found] == [
        ("total", "amount", "3673.85"),
        ("total", "change_amount", "10.00"),
    ]
    assert not unplaced
