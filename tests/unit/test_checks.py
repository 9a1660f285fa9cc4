"""Identities of the final accounts: what agrees, what is rounding, what contradicts itself, and what explains it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from juesuan.final_accounts.checks import EVALUATORS, WITHIN_OTHERS, catalogue, run_checks
from juesuan.final_accounts.extract import extract
from juesuan.final_accounts.forms import FOLDER, load_forms
from juesuan.final_accounts.model import (
    Cell,
    CheckResult,
    Extraction,
    Passage,
    Report,
    ReportTable,
    Statement,
    UnassignedNumber,
)
from juesuan.final_accounts.numbers import tolerance
from juesuan.final_accounts.text import label

DOCUMENTS = Path(__file__).parents[2] / "raw" / "documents"
QINGYUAN = "qingyuan-dsb-own-level-2023.txt"
SHANGHAI = "shanghai-putuo-finance-2024.pdf"
T2_COLUMNS = (
    "income_total",
    "fiscal_appropriation",
    "superior_subsidy",
    "business_income",
    "operating_income",
    "affiliate_remittance",
    "other_income",
)
T3_COLUMNS = (
    "expenditure_total",
    "basic",
    "project",
    "superior_remittance",
    "operating_expenditure",
    "affiliate_subsidy",
)
FUND_COLUMNS = ("opening", "income", "expenditure_total", "basic", "project", "closing")
TS_ITEMS = ("total", "abroad", "vehicle", "vehicle_buy", "vehicle_run", "reception")


@cache
def published(name: str) -> Extraction:
    (extraction,) = extract((DOCUMENTS / name).read_bytes(), name)
    return extraction


@dataclass
class Draft:
    """A report in the making: figures as texts, by table, row and column."""

    year: int = 2023
    scope: str = "department"
    unit: str = "万元"
    name: str = "某市财政局"
    units: dict[str, str] = field(default_factory=dict)
    figures: dict[tuple[str, str, str], str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)

    def put(self, table: str, row: str, **columns: str) -> None:
        for column, text in columns.items():
            self.figures[table, row, column] = text

    def say(self, topic: str, measure: str, text: str | None, unit: str | None = "万元", **more: object) -> None:
        value = Decimal(text) if text is not None else None
        given = {"section": "notes", "quote": "一句话。", "value_text": text, **more}
        self.statements.append(Statement(topic, measure, value, unit, page=1, line=1, **given))  # type: ignore[arg-type]

    def extraction(self) -> Extraction:
        forms = load_forms().tables
        cells = []
        for number, ((table, row, column), text) in enumerate(self.figures.items()):
            value = Decimal(text) if text else None
            unit = self.units.get(table, self.unit)
            cells.append(
                Cell(
                    table,
                    1,
                    row,
                    self.labels.get(row, row.rsplit(":", 1)[-1]),
                    line_key(table, row),
                    column,
                    text,
                    value,
                    len(text.partition(".")[2]) if text else None,
                    unit,  # type: ignore[arg-type]
                    "printed",
                    1,
                    number,
                    0,
                )
            )
        present = {table for table, _, _ in self.figures}
        tables = tuple(
            ReportTable(
                key,
                number,
                form.chinese,
                self.states.get(key, "present" if key in present else "missing"),  # type: ignore[arg-type]
                self.units.get(key, self.unit),  # type: ignore[arg-type]
                "printed",
            )
            for number, (key, form) in enumerate(forms.items(), 1)
        )
        report = Report(
            "0" * 64,
            self.name,
            self.year,
            self.scope,  # type: ignore[arg-type]
            "final_accounts",
            "万元",
            "loaded",
            None,
            tables=tables,
        )
        return Extraction(report, tuple(cells), tuple(self.statements), passages=tuple(self.passages))

    def check(self) -> tuple[CheckResult, ...]:
        return run_checks(self.extraction())


def line_key(table: str, row: str) -> str | None:
    form = load_forms().tables[table]
    if form.kind == "paired":
        side, _, path = row.partition(":")
        lines = next(s for s in form.sides if s.name == side).lines
        parent, _, child = path.partition("/")
        line = lines.get(label(parent))
        if child and line is not None:
            line = next((c for c in line.children if label(child) in c.labels), None)
        return line.key if line else None
    return form.lines[label(row)].key if form.lines and label(row) in form.lines else None


def only(results: Iterable[CheckResult], check_id: str, place: str | None = None) -> CheckResult:
    found = [r for r in results if r.check_id == check_id and place in (None, r.place)]
    assert len(found) == 1, found
    return found[0]


def failures(results: Iterable[CheckResult]) -> list[CheckResult]:
    return [r for r in results if r.state == "fail"]


# --- the two published reports ----------------------------------------------------------------------------------------


def test_every_table_identity_of_the_text_report_holds_or_is_rounding() -> None:
    results = published(QINGYUAN).checks
    tables = [r for r in results if r.check_id.startswith(("W-T", "W-HIER", "W-X"))]
    assert len(tables) > 400
    assert {r.state for r in tables} <= {"pass", "within_rounding", "not_applicable"}


@pytest.mark.parametrize(
    ("check_id", "place", "difference"),
    [
        ("W-HIER-01", "T2/合计/income_total", "0.01"),
        ("W-HIER-01", "T2/合计/fiscal_appropriation", "0.01"),
        ("W-HIER-01", "T2/210/income_total", "-0.01"),
        ("W-HIER-01", "T2/210/fiscal_appropriation", "-0.01"),
        ("W-HIER-01", "T3/合计/expenditure_total", "0.01"),
        ("W-HIER-01", "T3/201/project", "0.01"),
        ("W-HIER-01", "T3/210/expenditure_total", "-0.01"),
        ("W-HIER-01", "T3/210/project", "-0.01"),
        ("W-T3-01", "T3/201/expenditure_total", "-0.01"),
        ("W-HIER-01", "T5/合计/expenditure_total", "0.01"),
        ("W-HIER-01", "T5/201/project", "0.01"),
        ("W-HIER-01", "T5/210/expenditure_total", "-0.01"),
        ("W-T5-01", "T5/201/expenditure_total", "-0.01"),
        ("W-T6-01", "T6/302/amount", "0.01"),
    ],
)
def test_the_known_rounding_differences_are_within_rounding(check_id: str, place: str, difference: str) -> None:
    result = only(published(QINGYUAN).checks, check_id, place)
    assert (result.state, result.difference) == ("within_rounding", Decimal(difference))


def test_the_text_report_contradicts_itself_where_a_reader_finds_it() -> None:
    found = {(r.check_id, r.place): r for r in failures(published(QINGYUAN).checks)}
    sme = found.pop(("W-N-06", "narrative/procurement.sme_awarded/amount"))
    assert (sme.actual, sme.expected, sme.difference) == (Decimal("593.76"), Decimal("595.76"), Decimal(-2))
    words = found.pop(("W-N-10", "narrative/three_public.total/relation_to_budget"))
    assert "等于预算数" in (words.message or "") and "有所节约" in (words.message or "")
    assert all(r.check_id == "W-D-06" and "未闭合" in (r.message or "") for r in found.values())


def test_percentages_that_only_meet_as_intervals_are_within_rounding() -> None:
    reception = only(published(QINGYUAN).checks, "W-N-03", "narrative/three_public.reception/change_pct")
    assert reception.state == "within_rounding"
    assert reception.actual == Decimal("142.3")


def test_the_pdf_report_contradicts_itself_where_a_reader_finds_it() -> None:
    found = {(r.check_id, r.place): r for r in failures(published(SHANGHAI).checks)}
    total = found.pop(("W-N-01", "narrative/appropriation/amount"))
    assert (total.actual, total.expected) == (Decimal("0.3"), Decimal("2961.68"))
    assert total.root == "narrative/appropriation/amount"
    assert "一万倍" in (total.message or "")
    flat = found.pop(("W-N-10", "narrative/appropriation/change_amount"))
    assert flat.root == total.root
    share = found.pop(("W-N-02", "narrative/general_public_budget.class.201/share_pct"))
    assert (share.actual, (share.expected or Decimal(0)).quantize(Decimal("0.01"))) == (
        Decimal("71.73"),
        Decimal("71.65"),
    )
    assert share.root == share.place
    listed = found.pop(("W-N-21", "T6/30310/amount"))
    assert listed.severity == "info" and "个人农业生产补贴" in (listed.message or "")
    assert not found


def test_a_class_printed_a_cent_apart_in_two_tables_is_within_rounding() -> None:
    results = published(SHANGHAI).checks
    here = only(results, "W-X-03", "T1/expenditure:社会保障和就业支出/expenditure_amount")
    assert (here.state, here.actual, here.expected) == ("within_rounding", Decimal("326.71"), Decimal("326.72"))


def test_a_blank_table_cell_beside_a_zero_in_the_text_could_not_run() -> None:
    results = published(SHANGHAI).checks
    assert only(results, "W-N-01", "narrative/three_public.total/amount").state == "could_not_run"
    assert only(results, "W-B-03", "TS/合计/reception_final").state == "could_not_run"


def test_what_is_no_final_accounts_report_has_no_results() -> None:
    extraction = published(QINGYUAN)
    budget = replace(extraction, report=replace(extraction.report, family="budget", status="set_aside"))
    assert run_checks(budget) == ()


def test_running_again_gives_the_same_results() -> None:
    extraction = published(SHANGHAI)
    assert run_checks(extraction) == extraction.checks


@pytest.mark.parametrize("name", [QINGYUAN, SHANGHAI])
def test_the_tolerance_of_a_sum_is_that_of_its_terms(name: str) -> None:
    sums = [
        r
        for r in published(name).checks
        if r.check_id.startswith(("W-T", "W-HIER", "W-X-0")) and r.difference is not None
    ]
    assert sums
    for result in sums:
        assert result.tolerance == tolerance(t.precision or 0 for t in result.terms), result.place
        left, right = (
            sum((t.sign * (t.value or 0) for t in result.terms if t.side == side), Decimal(0))
            for side in ("left", "right")
        )
        assert (result.actual, result.expected) == (left, right), result.place
        assert result.difference == left - right, result.place


# --- one identity at a time -------------------------------------------------------------------------------------------


def row_draft(**columns: str) -> Draft:
    draft = Draft()
    draft.put("T5", "合计", **columns)
    return draft


def test_a_total_that_misses_its_parts_fails_and_says_by_how_much() -> None:
    result = only(row_draft(expenditure_total="10.05", basic="6.00", project="4.00").check(), "W-T5-01")
    assert (result.state, result.difference, result.tolerance) == ("fail", Decimal("0.05"), Decimal("0.015"))
    assert result.message == "合计 10.05 比基本支出与项目支出之和 10.00 多 0.05"


def test_a_dropped_trailing_zero_counts_as_the_usual_precision_of_the_table() -> None:
    draft = row_draft(expenditure_total="10.3", basic="6.2", project="4.00")
    draft.put("T5", "201", expenditure_total="10.26", basic="6.22", project="4.04")
    result = only(draft.check(), "W-T5-01", "T5/合计/expenditure_total")
    assert (result.state, result.tolerance) == ("fail", Decimal("0.015"))


def test_a_blank_contributes_nothing_to_a_sum() -> None:
    results = row_draft(expenditure_total="6.00", basic="6.00", project="").check()
    assert only(results, "W-T5-01").state == "pass"


def test_a_total_over_blanks_could_not_run() -> None:
    result = only(row_draft(expenditure_total="6.00", basic="", project="").check(), "W-T5-01")
    assert result.state == "could_not_run"
    assert result.difference is None


def test_a_printed_zero_over_blanks_agrees() -> None:
    assert only(row_draft(expenditure_total="0.00", basic="", project="").check(), "W-T5-01").state == "pass"


def test_a_blank_row_has_nothing_to_check() -> None:
    assert only(row_draft(expenditure_total="", basic="", project="").check(), "W-T5-01").state == "not_applicable"


def test_a_missing_table_could_not_run_and_says_which() -> None:
    result = only(row_draft(expenditure_total="1.00", basic="1.00", project="").check(), "W-X-07")
    assert result.state == "could_not_run"
    assert "T6" in (result.message or "")


def test_tables_in_different_money_units_are_compared_in_the_finer_one() -> None:
    draft = Draft(units={"T2": "元"})
    draft.put("T1", "income:本年收入合计", income_amount="12.35")
    draft.put("T2", "合计", income_total="123456.78")
    result = only(draft.check(), "W-X-01")
    assert (result.state, result.actual, result.expected) == (
        "within_rounding",
        Decimal(123500),
        Decimal("123456.78"),
    )
    assert result.tolerance == Decimal("50.005")


def test_a_sum_that_lacks_a_column_of_its_form_could_not_run() -> None:
    result = only(row_draft(expenditure_total="10.00", basic="6.00").check(), "W-T5-01")
    assert (result.state, result.place) == ("could_not_run", "T5")
    assert "T5/project" in (result.message or "")


def test_before_state_capital_had_a_column_the_other_two_are_the_whole() -> None:
    draft = Draft(year=2018)
    columns = {"expenditure_general_public_budget": "6.00", "expenditure_government_fund": "3.00"}
    draft.put("T4", "expenditure:教育支出", expenditure_total="9.00", **columns)
    assert only(draft.check(), "W-T4-01").state == "pass"
    draft.put("T4", "expenditure:教育支出", expenditure_total="10.00")
    assert only(draft.check(), "W-T4-01").state == "fail"


def test_a_table_with_figures_that_found_no_place_is_not_blamed() -> None:
    extraction = row_draft(expenditure_total="10.00", basic="6.00", project="").extraction()
    assert only(run_checks(extraction), "W-T5-01").state == "fail"
    stray = UnassignedNumber("4.00", "合计 10.00 6.00 4.00", 1, table_key="T5")
    doubted = only(run_checks(replace(extraction, unassigned_numbers=(stray,))), "W-T5-01")
    assert doubted.state == "could_not_run"


def test_a_negative_figure_is_noticed_but_not_where_adjustments_are_booked() -> None:
    draft = row_draft(expenditure_total="-1.00", basic="-1.00", project="0.00")
    draft.put("T2", "合计", income_total="5.00", fiscal_appropriation="6.00", other_income="-1.00")
    places = {r.place for r in draft.check() if r.check_id == "W-B-01" and r.state == "fail"}
    assert places == {"T5/合计/expenditure_total", "T5/合计/basic"}


def test_a_section_of_the_fund_budget_does_not_stand_in_the_general_one() -> None:
    draft = Draft(labels={"21208": "国有土地使用权出让收入安排的支出", "20501": "教育管理事务"})
    for table in ("T5", "TF"):
        draft.put(table, "21208", expenditure_total="5.00", basic="0.00", project="5.00")
    states = {r.place: r.state for r in draft.check() if r.check_id == "W-C-02"}
    assert states == {"T5": "fail", "TF": "pass"}


def test_a_code_spent_without_income_needs_a_carry_over() -> None:
    for opening, state in (("5.00", "pass"), ("0.00", "fail"), ("", "could_not_run")):
        draft = Draft()
        draft.put("T1", "income:年初结转和结余", income_amount=opening)
        draft.put("T2", "2010301", income_total="3.00")
        draft.put("T3", "2010301", expenditure_total="3.00")
        draft.put("T3", "2010399", expenditure_total="5.00")
        assert only(draft.check(), "W-X-13").state == state


def test_the_name_in_the_text_is_that_beside_the_code() -> None:
    for name, state in (("教育支出", "pass"), ("科学技术支出", "fail")):
        draft = Draft(labels={"205": "教育支出"})
        draft.put("T5", "205", expenditure_total="5.00")
        quote = f"{name}（类）5.00万元，占100%。"
        draft.say("general_public_budget.class.205", "amount", "5.00", quote=quote, start=quote.index("5"))
        assert only(draft.check(), "W-N-20").state == state


def test_items_without_class_rows_add_up_to_the_total() -> None:
    draft = row_draft(expenditure_total="5.00", basic="5.00", project="0.00")
    for code, amount in (("2010301", "2.00"), ("2010399", "1.00"), ("2080505", "2.00")):
        draft.put("T5", code, expenditure_total=amount, basic=amount, project="0.00")
    result = only(draft.check(), "W-HIER-01", "T5/合计/expenditure_total")
    assert (result.state, len(result.terms)) == ("pass", 4)


def test_a_class_without_children_is_a_leaf() -> None:
    draft = row_draft(expenditure_total="5.00", basic="5.00", project="0.00")
    draft.put("T5", "201", expenditure_total="2.00", basic="2.00", project="0.00")
    draft.put("T5", "20103", expenditure_total="2.00", basic="2.00", project="0.00")
    draft.put("T5", "221", expenditure_total="3.00", basic="3.00", project="0.00")
    results = draft.check()
    assert only(results, "W-HIER-01", "T5/合计/basic").state == "pass"
    assert not [r for r in results if r.place.startswith("T5/221/") and r.check_id == "W-HIER-01"]


def test_one_code_under_two_names_counts_twice() -> None:
    extraction = row_draft(expenditure_total="5.00", basic="5.00", project="0.00").extraction()
    cells = list(extraction.cells)
    for row, amount in ((7, "2.00"), (8, "3.00")):
        for column, text in (("expenditure_total", amount), ("basic", amount), ("project", "0.00")):
            cells.append(replace(cells[0], row_key="2299901", column_key=column, row_no=row, value=Decimal(text)))
    result = only(run_checks(replace(extraction, cells=tuple(cells))), "W-HIER-01", "T5/合计/expenditure_total")
    assert result.state == "pass"


def test_an_old_form_has_one_line_of_appropriation() -> None:
    draft = Draft(year=2016)
    draft.put("T1", "income:财政拨款收入", income_amount="10.00")
    draft.put("T1", "income:财政拨款收入/政府性基金预算财政拨款", income_amount="4.00")
    draft.put("T1", "income:其他收入", income_amount="1.00")
    draft.put("T1", "income:本年收入合计", income_amount="11.00")
    draft.put("T2", "合计", income_total="11.00", fiscal_appropriation="10.00", other_income="1.00")
    results = draft.check()
    assert only(results, "W-T1-01").state == "pass"
    assert only(results, "W-X-02b").state == "pass"
    assert only(results, "W-X-02", "T2/合计/fiscal_appropriation").state == "not_applicable"


def test_a_line_that_no_form_knows_decides_nothing() -> None:
    draft = Draft()
    draft.put("T1", "income:一般公共预算财政拨款收入", income_amount="10.00")
    draft.put("T1", "income:从天而降的收入", income_amount="3.00")
    draft.put("T1", "income:本年收入合计", income_amount="13.00")
    result = only(draft.check(), "W-T1-01")
    assert result.state == "pass"
    assert "从天而降的收入" in (result.message or "")
    draft.put("T1", "income:本年收入合计", income_amount="15.00")
    assert only(draft.check(), "W-T1-01").state == "could_not_run"


def test_personnel_and_public_funds_of_a_year_before_the_reform_are_judged_by_the_old_rule() -> None:
    draft = Draft(year=2016)
    for code, amount in (("301", "5.00"), ("302", "2.00"), ("303", "1.00"), ("310", "0.50")):
        draft.put("T6", code, amount=amount)
    draft.put("T6", "人员经费合计", amount="6.00")
    draft.put("T6", "公用经费合计", amount="2.50")
    results = draft.check()
    assert {r.check_id for r in results if r.check_id.startswith("W-T6-02")} == {"W-T6-02b"}
    assert {r.state for r in results if r.check_id == "W-T6-02b"} == {"pass"}


def test_conference_and_training_fees_may_stand_inside_the_total_or_beside_it() -> None:
    for total in ("3.00", "8.00"):
        draft = Draft()
        draft.put("TS", "合计", total_final=total, abroad_final="0.00", vehicle_final="2.00", reception_final="1.00")
        draft.put("TS", "合计", conference_final="4.00", training_final="1.00")
        assert only(draft.check(), "W-TS-01", "TS/合计/total_final").state == "pass"


def test_a_line_of_the_units_own_numbering_is_not_the_three_public_expenses() -> None:
    draft = Draft(labels={"30217": "咨询费"})
    draft.put("T6", "30217", amount="9.00")
    draft.put("TS", "合计", reception_final="1.00")
    results = draft.check()
    assert only(results, "W-X-12", "T6/30217/amount").state == "not_applicable"
    assert only(
        Draft(labels={"30217": "公务接待费"}, figures=draft.figures).check(), "W-X-12", "T6/30217/amount"
    ).state == ("fail")


def test_a_table_without_activity_is_no_contradiction() -> None:
    draft = Draft(states={"TF": "no_activity"})
    draft.put("T4", "income:政府性基金预算财政拨款", income_amount="0.00")
    draft.put("T4", "income:本年收入合计", income_amount="0.00")
    result = only(draft.check(), "W-X-08", "T4/income:政府性基金预算财政拨款/income_amount")
    assert result.state == "not_applicable"


def test_a_report_without_any_table_is_not_reported_table_by_table() -> None:
    draft = Draft()
    draft.say("income", "amount", "10.00")
    result = only(draft.check(), "W-D-01")
    assert (result.state, result.place) == ("could_not_run", "report")


def test_a_table_that_a_year_owes_is_missed() -> None:
    results = row_draft(expenditure_total="1.00", basic="1.00", project="0.00").check()
    states = {r.place: r.state for r in results if r.check_id == "W-D-01"}
    assert (states["T5"], states["T6"]) == ("pass", "fail")


def test_brackets_that_do_not_close_and_words_left_from_a_template() -> None:
    draft = Draft()
    draft.say("income", "amount", "10.00")
    draft.passages = [
        Passage(
            "notes", "说明", "（一）收入10.00万元，增长（下降）3%。\n（认真贯彻落实，有所节约。\n1）货物；2）服务。"
        )
    ]
    said = [r.message or "" for r in draft.check() if r.check_id == "W-D-06"]
    assert len(said) == 2
    assert any("增长（下降）" in m for m in said) and any("（认真贯彻落实" in m for m in said)


# --- percentages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "state"),
    [("40.7", "pass"), ("40.6", "within_rounding"), ("40.8", "within_rounding"), ("41.0", "fail"), ("40.1", "fail")],
)
def test_a_share_is_judged_by_interval(printed: str, state: str) -> None:
    draft = Draft()
    draft.say("three_public.total", "amount", "3.76")
    draft.say("three_public.reception", "amount", "1.53")
    draft.say("three_public.reception", "share_pct", printed, unit="%")
    assert only(draft.check(), "W-N-02").state == state


def test_a_percentage_that_is_cut_is_within_rounding_and_says_so() -> None:
    draft = Draft()
    draft.say("expenditure", "amount", "30000.00")
    draft.say("expenditure.basic", "amount", "20000.00")
    draft.say("expenditure.basic", "share_pct", "66.66", unit="%")
    result = only(draft.check(), "W-N-02")
    assert result.state == "within_rounding"
    assert "截尾" in (result.message or "")


def test_a_hundred_beside_a_finer_percentage_is_as_fine() -> None:
    draft = Draft()
    draft.say("income", "amount", "1000.00")
    for topic, amount, share in (("fiscal_appropriation", "996.00", "100"), ("other", "4.00", "0.4")):
        draft.say(f"income.{topic}", "amount", amount)
        draft.say(f"income.{topic}", "share_pct", share, unit="%")
    result = only(draft.check(), "W-N-02", "narrative/income.fiscal_appropriation/share_pct")
    assert result.state == "fail"
    draft.statements.pop()
    assert only(draft.check(), "W-N-02").state == "pass"


def test_a_base_of_zero_has_no_percentage() -> None:
    draft = Draft()
    draft.say("income.other", "amount", "3.00")
    draft.say("income.other", "change_amount", "3.00", base="prior_year")
    draft.say("income.other", "change_pct", "100", unit="%", base="prior_year")
    assert only(draft.check(), "W-N-03").state == "fail"
    draft.statements[-1] = replace(draft.statements[-1], value=None, null_reason="base_is_zero")
    assert only(draft.check(), "W-N-03").state == "pass"


def test_a_rise_with_a_falling_percentage_is_a_contradiction() -> None:
    draft = Draft()
    draft.say("income.other", "amount", "30.00")
    draft.say("income.other", "change_amount", "3.00", base="prior_year")
    draft.say("income.other", "change_pct", "-11.11", unit="%", base="prior_year")
    result = only(draft.check(), "W-N-03")
    assert result.state == "fail" and "方向" in (result.message or "")


def test_a_completion_is_of_the_budget_that_its_sentence_names() -> None:
    draft = Draft()
    draft.say("three_public.total", "amount", "8.00")
    draft.say("three_public.total", "initial_budget", "10.00")
    draft.say("three_public.total", "adjusted_budget", "16.00")
    draft.say("three_public.total", "completion_pct", "50", unit="%", base="adjusted_budget")
    assert only(draft.check(), "W-N-04").state == "pass"
    draft.statements[-1] = replace(draft.statements[-1], base=None)
    result = only(draft.check(), "W-N-17")
    assert result.state == "pass" and "全年预算" in (result.message or "")


def test_no_completion_of_a_budget_of_zero() -> None:
    draft = Draft()
    draft.say("three_public.total", "amount", "8.00")
    draft.say("three_public.total", "initial_budget", "0.00")
    draft.say("three_public.total", "completion_pct", "100", unit="%", base="initial_budget")
    assert only(draft.check(), "W-N-04").state == "fail"


# --- text against tables ----------------------------------------------------------------------------------------------


def test_a_rounded_figure_counts_with_its_printed_places() -> None:
    draft = Draft()
    draft.put("T1", "income:本年收入合计", income_amount="1085.50")
    draft.say("income", "amount", "1086", qualifier="约")
    draft.say("income.other", "amount", "3.00")
    assert only(draft.check(), "W-N-01", "narrative/income/amount").state == "within_rounding"


def test_not_above_the_budget_is_no_more_than_the_budget() -> None:
    for words, state in (
        ("未超过预算数", "pass"),
        ("超过预算数", "fail"),
        ("等于预算数", "fail"),
        ("小于预算数", "pass"),
    ):
        draft = Draft()
        draft.say("three_public.total", "amount", "22.62")
        draft.say("three_public.total", "budget", "44.52")
        draft.say("three_public.total", "relation_to_budget", None, unit=None, value_text=words)
        assert only(draft.check(), "W-N-10").state == state, words


def test_no_change_is_a_zero_in_the_money_unit_of_the_text() -> None:
    draft = Draft()
    for topic, change in (("total", "0.50"), ("abroad", None), ("vehicle", None), ("reception", "0.50")):
        draft.say(f"three_public.{topic}", "amount", "3.00")
        draft.say(f"three_public.{topic}", "change_amount", change or "0", unit="万元" if change else None)
    result = only(draft.check(), "W-N-14")
    assert (result.state, result.actual) == ("pass", Decimal("0.50"))


def test_two_values_in_one_sentence_are_not_the_same_figure_told_twice() -> None:
    draft = Draft()
    draft.say("total", "amount", "4125.49")
    draft.say("total", "amount", "4143.91")
    assert not [r for r in draft.check() if r.check_id == "W-N-11"]
    draft.statements[-1] = replace(draft.statements[-1], quote="另一句话。")
    assert only(draft.check(), "W-N-11").state == "fail"


def test_counts_have_no_tolerance() -> None:
    draft = Draft()
    draft.say("assets.vehicles", "count", "5", unit="辆")
    draft.say("assets.vehicles.emergency", "count", "3", unit="辆")
    draft.say("assets.vehicles.other", "count", "1", unit="辆")
    assert only(draft.check(), "W-N-07").state == "fail"
    del draft.statements[-1]
    assert only(draft.check(), "W-N-07").state == "pass"


def test_agency_operating_expenses_of_a_department_may_be_less_than_its_public_funds() -> None:
    for scope, told, state in (
        ("department", "5.00", "pass"),
        ("department", "9.00", "fail"),
        ("own_level", "5.00", "fail"),
        ("unit", "8.00", "pass"),
    ):
        draft = Draft(scope=scope)
        draft.put("T6", "公用经费合计", amount="8.00")
        draft.say("agency_operating_expenses", "amount", told)
        assert only(draft.check(), "W-N-08").state == state, scope
    institution = Draft(scope="unit", name="某市实验小学")
    institution.put("T6", "公用经费合计", amount="8.00")
    institution.say("agency_operating_expenses", "amount", "5.00")
    assert only(institution.check(), "W-N-08").state == "could_not_run"


def test_a_budget_of_another_stage_is_no_contradiction() -> None:
    draft = Draft()
    draft.put("TS", "合计", total_budget="10.00", total_final="8.00")
    draft.say("three_public.total", "initial_budget", "12.00")
    result = only(draft.check(), "W-N-01", "narrative/three_public.total/initial_budget")
    assert result.state == "could_not_run"


def test_a_table_in_the_wrong_money_unit_is_one_finding() -> None:
    extraction = published(QINGYUAN)
    cells = tuple(replace(c, money_unit="元") if c.table_key == "T5" else c for c in extraction.cells)
    before = {(r.check_id, r.place) for r in failures(extraction.checks)}
    new = [r for r in failures(run_checks(replace(extraction, cells=cells))) if (r.check_id, r.place) not in before]
    assert "W-N-16" in {r.check_id for r in new}
    assert {r.root for r in new if r.check_id.startswith(("W-X-06", "W-X-07", "W-N-01", "W-N-16"))} == {"T5/money_unit"}


# --- roots ------------------------------------------------------------------------------------------------------------


def shifted(extraction: Extraction, address: str, by: str) -> Extraction:
    cells = [
        replace(c, value=c.value + Decimal(by)) if c.address == address and c.value is not None else c
        for c in extraction.cells
    ]
    assert tuple(cells) != extraction.cells
    return replace(extraction, cells=tuple(cells))


@pytest.mark.parametrize(
    "address",
    [
        "T3/2010301/expenditure_total",
        "T3/合计/basic",
        "T2/210/fiscal_appropriation",
        "T1/income:本年收入合计/income_amount",
        "T4/expenditure:卫生健康支出/expenditure_general_public_budget",
        "T5/2109999/project",
        "T6/301/amount",
        "TF/21208/income",
        "TS/合计/vehicle_final",
    ],
)
def test_one_shifted_figure_is_one_finding(address: str) -> None:
    extraction = published(QINGYUAN)
    before = {(r.check_id, r.place) for r in failures(extraction.checks)}
    new = [r for r in failures(run_checks(shifted(extraction, address, "7.30"))) if (r.check_id, r.place) not in before]
    assert new
    assert {r.root for r in new} == {address}


def test_a_single_failure_with_several_suspects_names_none() -> None:
    result = only(row_draft(expenditure_total="10.05", basic="6.00", project="4.00").check(), "W-T5-01")
    assert result.root is None


# --- properties -------------------------------------------------------------------------------------------------------

CLASSES = {"201": "一般公共服务支出", "205": "教育支出", "208": "社会保障和就业支出", "212": "城乡社区支出"}
ITEMS = ("2010301", "2010399", "2010602", "2050101", "2080505", "2080506")
FUND_ITEMS = ("2120803", "2121399")
yuan = st.integers(min_value=0, max_value=9_000_000_00).map(lambda cents: Decimal(cents) / 100)


@dataclass
class Money:
    """Exact yuan of a small, consistent department."""

    basic: dict[str, Decimal]
    project: dict[str, Decimal]
    fund: dict[str, Decimal]
    own: dict[str, Decimal]
    closing: Decimal
    other_income: Decimal
    personnel: tuple[Decimal, ...]


@st.composite
def accounts(draw: st.DrawFn) -> Money:
    items = draw(st.lists(st.sampled_from(ITEMS), min_size=1, unique=True))
    fund = draw(st.lists(st.sampled_from(FUND_ITEMS), unique=True))
    return Money(
        {i: draw(yuan) for i in items},
        {i: draw(yuan) for i in items},
        {i: draw(yuan) for i in fund},
        {i: draw(yuan) for i in items},
        draw(yuan),
        draw(yuan),
        tuple(draw(yuan) for _ in range(4)),
    )


def consistent(money: Money, unit: str, *, blanks: bool) -> Draft:
    """The report of those accounts, every figure rounded by itself, zeros printed or left blank."""
    draft = Draft(unit=unit)
    per = Decimal(10000 if unit == "万元" else 1)

    def text(amount: Decimal) -> str:
        if not amount and blanks:
            return ""
        return str((amount / per).quantize(Decimal("0.01"), ROUND_HALF_UP))

    def put(table: str, row: str, **columns: Decimal) -> None:
        draft.put(table, row, **{c: text(v) for c, v in columns.items()})

    def levels(codes: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
        codes = list(codes)
        yield "合计", codes
        for prefix in sorted({c[:n] for c in codes for n in (3, 5, 7)}):
            yield prefix, [c for c in codes if c.startswith(prefix)]

    zero = Decimal(0)

    def total(amounts: dict[str, Decimal], codes: Iterable[str]) -> Decimal:
        return sum((amounts.get(c, zero) for c in codes), zero)

    items = list(money.basic)
    general = {i: money.basic[i] + money.project[i] for i in items}
    # What is spent from income of its own is project expenditure as well.
    whole = {**{i: general[i] + money.own[i] for i in items}, **money.fund}
    project = {**{i: money.project[i] + money.own[i] for i in items}, **money.fund}
    gpb, gf, own = (sum(d.values(), zero) for d in (general, money.fund, money.own))
    spent, income = gpb + gf + own, gpb + gf + own + money.closing

    for row, codes in levels(whole):
        fiscal = total(general, codes) + total(money.fund, codes)
        other = total(money.own, codes) + (
            money.closing if row in ("合计", items[0][:3], items[0][:5], items[0]) else zero
        )
        t2 = dict.fromkeys(T2_COLUMNS, zero) | {
            "income_total": fiscal + other,
            "fiscal_appropriation": fiscal,
            "other_income": other,
        }
        put("T2", row, **t2)
        basic, rest = total(money.basic, codes), total(project, codes)
        put(
            "T3",
            row,
            **(dict.fromkeys(T3_COLUMNS, zero) | {"expenditure_total": basic + rest, "basic": basic, "project": rest}),
        )
    for row, codes in levels(general):
        basic, rest = total(money.basic, codes), total(money.project, codes)
        put("T5", row, expenditure_total=basic + rest, basic=basic, project=rest)
    for row, codes in levels(money.fund):
        amount = total(money.fund, codes)
        figures = (zero, amount, amount, zero, amount, zero)
        put("TF", row, **dict(zip(FUND_COLUMNS, figures, strict=True)))

    put("T1", "income:一般公共预算财政拨款收入", income_amount=gpb)
    put("T1", "income:政府性基金预算财政拨款收入", income_amount=gf)
    put("T1", "income:其他收入", income_amount=own + money.closing)
    put("T1", "income:本年收入合计", income_amount=income)
    put("T1", "income:年初结转和结余", income_amount=money.other_income)
    put("T1", "income:总计", income_amount=income + money.other_income)
    put("T4", "income:一般公共预算财政拨款", income_amount=gpb)
    put("T4", "income:政府性基金预算财政拨款", income_amount=gf)
    put("T4", "income:本年收入合计", income_amount=gpb + gf)
    put("T4", "income:年初财政拨款结转和结余", income_amount=zero)
    put("T4", "income:年初财政拨款结转和结余/一般公共预算财政拨款", income_amount=zero)
    put("T4", "income:总计", income_amount=gpb + gf)
    for code, name in CLASSES.items():
        mine = [c for c in whole if c.startswith(code)]
        put("T1", f"expenditure:{name}", expenditure_amount=total(whole, mine))
        one, two = total(general, mine), total(money.fund, mine)
        put(
            "T4",
            f"expenditure:{name}",
            expenditure_total=one + two,
            expenditure_general_public_budget=one,
            expenditure_government_fund=two,
        )
    for name, one, two in (("本年支出合计", gpb, gf), ("年末财政拨款结转和结余", zero, zero), ("总计", gpb, gf)):
        put(
            "T4",
            f"expenditure:{name}",
            expenditure_total=one + two,
            expenditure_general_public_budget=one,
            expenditure_government_fund=two,
        )
    put("T1", "expenditure:本年支出合计", expenditure_amount=spent)
    put("T1", "expenditure:年末结转和结余", expenditure_amount=money.closing + money.other_income)
    put("T1", "expenditure:总计", expenditure_amount=income + money.other_income)

    basic = sum(money.basic.values(), zero)
    lines = split(basic, money.personnel)
    put("T6", "301", amount=lines[0] + lines[1])
    put("T6", "30101", amount=lines[0])
    put("T6", "30102", amount=lines[1])
    put("T6", "303", amount=lines[2])
    put("T6", "30302", amount=lines[2])
    put("T6", "302", amount=lines[3])
    put("T6", "30201", amount=lines[3])
    put("T6", "人员经费合计", amount=lines[0] + lines[1] + lines[2])
    put("T6", "公用经费合计", amount=lines[3])

    abroad, buy, run, reception = (p / 7 for p in money.personnel)
    amounts = (abroad + buy + run + reception, abroad, buy + run, buy, run, reception)
    for item, amount in zip(TS_ITEMS, amounts, strict=True):
        put("TS", "合计", **{f"{item}_final": amount, f"{item}_budget": amount * 2})

    tell(draft, money, gpb, gf, spent, income, text)
    return draft


def split(amount: Decimal, weights: tuple[Decimal, ...]) -> list[Decimal]:
    """Four parts in cents that are exactly the amount."""
    whole = sum(weights) or Decimal(1)
    parts = [(amount * w / whole).quantize(Decimal("0.01")) for w in weights[:3]]
    return [*parts, amount - sum(parts, Decimal(0))]


def tell(draft: Draft, money: Money, gpb: Decimal, gf: Decimal, spent: Decimal, income: Decimal, text: object) -> None:
    """What the text says of it: amounts in 万元, shares and changes computed from exact yuan."""

    def in_wan(amount: Decimal) -> str:
        return str((amount / 10000).quantize(Decimal("0.01"), ROUND_HALF_UP))

    def pct(part: Decimal, whole: Decimal) -> str:
        return str((part * 100 / whole).quantize(Decimal("0.01"), ROUND_HALF_UP))

    basic = sum(money.basic.values(), Decimal(0))
    draft.say("income", "amount", in_wan(income))
    draft.say("expenditure", "amount", in_wan(spent))
    for topic, amount in (("expenditure.basic", basic), ("expenditure.project", spent - basic)):
        quote = f"{topic}的一句话。"
        draft.say(topic, "amount", in_wan(amount), quote=quote)
        if spent:
            draft.say(topic, "share_pct", pct(amount, spent), unit="%", base="expenditure", quote=quote)
        prior = money.closing
        if prior:
            draft.say(topic, "change_amount", in_wan(amount - prior), base="prior_year", quote=quote)
            draft.say(topic, "change_pct", pct(amount - prior, prior), unit="%", base="prior_year", quote=quote)
    draft.say("appropriation", "amount", in_wan(gpb + gf))
    draft.say("appropriation_expenditure.general_public_budget", "amount", in_wan(gpb))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(accounts(), st.sampled_from(["万元", "元"]), st.booleans())
def test_a_consistent_report_never_fails(money: Money, unit: str, blanks: bool) -> None:
    draft = consistent(money, unit, blanks=blanks)
    results = draft.check()
    judged = [r for r in results if r.check_id.startswith(("W-T", "W-HIER", "W-X", "W-N", "W-C"))]
    assert [r for r in judged if r.state == "fail"] == []
    assert [r for r in judged if r.state == "pass"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(accounts(), st.data())
def test_one_shifted_cell_of_a_consistent_report_is_found(money: Money, data: st.DataObject) -> None:
    extraction = consistent(money, "万元", blanks=False).extraction()
    cells = [c for c in extraction.cells if c.table_key != "TS" and not (c.table_key == "T1" and "结转" in c.row_key)]
    cell = data.draw(st.sampled_from(cells))
    by = data.draw(st.sampled_from(["1.00", "-3.00", "250.00"]))
    assert cell.value is not None
    moved = replace(cell, value=cell.value + Decimal(by))
    results = run_checks(replace(extraction, cells=tuple(moved if c is cell else c for c in extraction.cells)))
    found = [r for r in failures(results) if r.check_id.startswith(("W-T", "W-HIER", "W-X", "W-N"))]
    assert found
    assert all(any(t.address == cell.address for t in r.terms) for r in found)
    roots = {r.root for r in found}
    # Two checks that share more than this figure cannot tell which of them is wrong; but it is one finding then too.
    assert len(roots) == 1
    assert roots <= {None, *(t.address for r in found for t in r.terms)}
    if len(found) > 2:
        assert roots == {cell.address} or "或为" in (found[0].message or "")


# --- the catalogue ----------------------------------------------------------------------------------------------------


def test_every_check_of_the_catalogue_is_run_somewhere_or_left_out_with_a_reason() -> None:
    with (FOLDER / "check_catalogue.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    here = {entry["id"] for entry in catalogue().identities}
    assert {r["check_id"] for r in rows if r["runs_in"] == "library"} == here
    assert {r["check_id"] for r in rows if r["runs_in"] != "library"} == set(catalogue().left_out)
    assert all(catalogue().left_out.values()) and all(catalogue().narrowed.values())
    severities = {r["check_id"]: r["severity"] for r in rows}
    assert [e["id"] for e in catalogue().identities if e["severity"] != severities[e["id"]]] == []


def test_every_kind_of_check_is_used_and_known() -> None:
    used = {entry["kind"] for entry in catalogue().identities}
    assert used == {*EVALUATORS, *WITHIN_OTHERS}


def test_every_term_of_an_identity_names_a_column_and_line_of_its_form() -> None:
    forms = load_forms().tables
    lines: dict[str, set[str]] = {}
    columns: dict[str, set[str]] = {}
    for key, form in forms.items():
        columns[key] = {c.key for c in form.columns} | {c.key for s in form.sides for c in s.columns}
        if form.facets:
            columns[key] |= {f"{i}_{s}" for i in form.facets["item"] for s in form.facets["stage"]}
        known = [line for s in form.sides for line in s.lines.values()] + list((form.lines or {}).values())
        lines[key] = {line.key for line in known} | {c.key for line in known for c in line.children}

    def terms(entry: object) -> Iterator[str]:
        if isinstance(entry, str) and entry.lstrip("-").split("/")[0] in forms and entry.count("/") >= 2:
            yield entry.lstrip("-")
        elif isinstance(entry, dict):
            for value in entry.values():
                yield from terms(value)
        elif isinstance(entry, list | tuple):
            for value in entry:
                yield from terms(value)

    checked = 0
    for spec in catalogue().identities:
        for term in terms(dict(spec)):
            table, _, rest = term.partition("/")
            row, _, column = rest.rpartition("/")
            if "{" not in column:
                assert column in columns[table], (spec["id"], term)
            if row.startswith("@") and "{" not in row and not row.endswith("*"):
                assert row[1:] in lines[table], (spec["id"], term)
            checked += 1
    assert checked > 150
