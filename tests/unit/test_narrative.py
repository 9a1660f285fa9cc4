"""The text of the two reports that ship and of a page without tables: every figure stated once, none lost."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from juesuan.final_accounts.extract import extract
from juesuan.final_accounts.model import Extraction, Statement, TextLine
from juesuan.final_accounts.narrative import Narrative, NarrativeContext, read_narrative
from juesuan.final_accounts.numbers import plain

ROOT = Path(__file__).parents[2]
QINGYUAN = ROOT / "raw/documents/qingyuan-dsb-own-level-2023.txt"
PUTUO = ROOT / "raw/documents/shanghai-putuo-finance-2024.pdf"
SUAO = ROOT / "tests/fixtures/documents/fujian-pingtan-suao-2016-page.txt"
TRUTH = ROOT / "tests/fixtures/truth"

#: What the Putuo report states besides the figures of the truth file: relations and purposes in words, and these.
BESIDES = {
    # the total is printed as 年初预算 and, next to it, as 预算 (完成预算的0%): it is stated as both
    ("three_public.total", "initial_budget", "0.95"),
    # 其中：…支出决算持平
    ("three_public.abroad", "change_amount", "0"),
    ("three_public.vehicle", "change_amount", "0"),
    ("three_public.reception", "change_amount", "0"),
    ("performance.problems.rectified", "count", "0"),
    ("performance.problems.ongoing", "count", "0"),
}


@cache
def report(path: Path) -> Extraction:
    (got,) = extract(path.read_bytes(), path.name)
    return got


def page(text: str, year: int | None = 2023) -> Narrative:
    """The narrative of a text without pages and tables."""
    lines = [TextLine(line, None, number) for number, line in enumerate(text.splitlines(), 1)]
    return read_narrative(lines, NarrativeContext(fiscal_year=year))


def by_topic(narrative: Narrative) -> dict[tuple[str, str], str | None]:
    return {(one.topic, one.measure): plain(one.value) for one in narrative.statements}


def test_the_text_report_states_each_figure_that_was_read_by_eye() -> None:
    want = yaml.safe_load((TRUTH / "qingyuan-statements.yml").read_text(encoding="utf-8"))["statements"]
    got = [_as_fixture(one) for one in report(QINGYUAN).statements]
    assert len(want) == len(got)
    for expected, found in zip(want, got, strict=True):
        assert found == expected


def _as_fixture(one: Statement) -> dict[str, Any]:
    fields = {
        "line": one.line,
        "topic": one.topic,
        "measure": one.measure,
        "value": plain(one.value),
        "null_reason": one.null_reason,
        "unit": one.unit,
        "text": one.value_text,
        "base": one.base,
        "subject": one.subject,
        "reason": one.reason,
    }
    return {key: value for key, value in fields.items() if value is not None}


def test_no_number_of_the_two_reports_is_without_a_place() -> None:
    for path in (QINGYUAN, PUTUO):
        assert [one for one in report(path).unassigned_numbers if one.table_key is None] == []


def test_the_pdf_states_the_truth_and_what_is_known_besides_nothing_else() -> None:
    truth = json.loads((TRUTH / "shanghai-putuo-finance-2024.json").read_text(encoding="utf-8"))["statements"]
    want = {(one["topic"], one["measure"], one["value"]) for one in truth}
    got = [one for one in report(PUTUO).statements if one.value is not None]
    assert want <= {(one.topic, one.measure, plain(one.value)) for one in got}
    besides = {(one.topic, one.measure, plain(one.value)) for one in got} - want
    assert besides == BESIDES


def test_what_a_report_declares_not_to_have_is_null_and_no_zero() -> None:
    declared = [one for one in report(PUTUO).statements if one.null_reason == "none_declared"]
    assert {one.topic for one in declared} == {
        "three_public.total",
        "appropriation_income.government_fund",
        "appropriation_expenditure.government_fund",
        "appropriation_income.state_capital",
        "appropriation_expenditure.state_capital",
    }
    assert all(one.value is None for one in declared)


def test_a_statement_stands_in_its_sentence_at_its_place() -> None:
    for path in (QINGYUAN, PUTUO):
        printed = path.read_text(encoding="utf-8").splitlines() if path.suffix == ".txt" else None
        for one in report(path).statements:
            assert one.start is not None
            if one.value_text:
                assert one.quote[one.start :].startswith(one.value_text)
            if printed is not None and one.line is not None and one.value_text:
                assert one.value_text[0] in printed[one.line - 1]
            assert (one.page is None) == (path is QINGYUAN)


def test_a_reason_stands_with_every_change_that_it_explains() -> None:
    statements = report(QINGYUAN).statements
    agency = [one for one in statements if one.topic == "agency_operating_expenses"]
    assert {one.measure: one.reason for one in agency} == {
        "amount": None,
        "change_amount": "办公费、劳务费、水、电、其他交通费用",
        "change_pct": "办公费、劳务费、水、电、其他交通费用",
    }
    # the paragraph behind gives the reason of the paragraph before
    total = [one for one in statements if one.topic == "three_public.total" and one.measure == "change_pct"]
    assert total[0].reason is not None
    assert total[0].reason.startswith("根据工作需要")


def test_a_reason_may_begin_a_paragraph_of_its_own() -> None:
    (one,) = [s for s in report(PUTUO).statements if s.topic == "appropriation" and s.measure == "change_amount"]
    assert one.value == 0
    assert one.reason is not None
    assert one.reason.startswith("基本支出中人员进出")


def test_contradicting_words_about_a_budget_are_both_kept() -> None:
    relations = [
        one.value_text
        for one in report(QINGYUAN).statements
        if one.topic == "three_public.total" and one.measure == "relation_to_budget"
    ]
    assert relations == ["等于预算数", "比预算有所节约"]


def test_a_page_without_tables_has_its_codes_from_the_text() -> None:
    lines = [TextLine(line, None, n) for n, line in enumerate(SUAO.read_text(encoding="utf-8").splitlines(), 1)]
    got = read_narrative(lines, NarrativeContext(fiscal_year=2016))
    stated = by_topic(got)
    assert stated["general_public_budget.class.201", "amount"] == "448.80"
    assert stated["general_public_budget.section.20103", "amount"] == "413.39"
    assert stated["general_public_budget.item.2010601", "change_pct"] == "37.30"
    assert stated["general_public_budget.item.2070101", "change_amount"] == "-1.81"
    assert stated["government_fund.item.2296002", "change_pct"] == "315"
    assert stated["assets.special_equipment_over_1m", "count"] == "0"
    # 较2015决算数9.62万元: neither more nor less is said, so it is listed and not guessed
    assert [(one.text, one.reason) for one in got.unassigned] == [("9.62", "compared, but neither more nor less")]


def test_a_wrong_unit_of_money_stays_as_printed() -> None:
    lines = [TextLine(line, None, n) for n, line in enumerate(SUAO.read_text(encoding="utf-8").splitlines(), 1)]
    got = read_narrative(lines, NarrativeContext(fiscal_year=2016))
    units = Counter(one.unit for one in got.statements if one.topic.startswith("general_public_budget.class.229"))
    assert units == {"元": 1}


def test_figures_of_a_glossary_are_listed_and_not_read_as_facts() -> None:
    got = page("第四部分 名词解释\n一、大额支出：指单笔金额在 35 元以上的支出，不含 17 种日常开支。")
    assert got.statements == ()
    assert {one.text for one in got.unassigned} == {"35", "17"}
