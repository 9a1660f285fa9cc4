"""From records to marts: two real reports and made ones whose tables are hard, built by dbt.

One house is built for the whole module; a second one goes through changes, step by step, and must end as one that is
built from nothing.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest
from tests.fixtures.made_reports import CHECKOUT, Warehouse, cells, made, present
from tests.fixtures.records import archived

from juesuan import transform
from juesuan.final_accounts.extract import extract
from juesuan.final_accounts.model import Extraction, ReportUnit, Statement

pytestmark = pytest.mark.integration

DOCUMENTS = CHECKOUT / "raw" / "documents"

BODY, CENTRE, OTHER_CENTRE = "某市甲局", "某市乙中心", "某市丙中心"
NAMES = {BODY: "u-body", CENTRE: "u-centre", OTHER_CENTRE: "u-other"}


# --- made reports -------------------------------------------------------------------------------------------------


def hard() -> Extraction:
    """Tables as real reports have them: class rows absent, a branch that ends at five digits, a total without natures,
    a parent that its rows do not cover, blanks, an old T1 with 其中 under 财政拨款收入.
    """
    t1 = {
        "income:财政拨款收入=income.fiscal_appropriation": {"income_amount": "90.00"},
        "income:财政拨款收入/政府性基金=income.fiscal_appropriation.government_fund": {"income_amount": "30.00"},
        "income:其他收入=income.other": {"income_amount": "20.00"},
        "income:本年收入合计=income.total_current": {"income_amount": "110.00"},
        "expenditure:教育支出=expenditure.class.205": {"expenditure_amount": "100.00"},
        "expenditure:本年支出合计=expenditure.total_current": {"expenditure_amount": "110.00"},
    }
    t3 = {
        "合计": {"expenditure_total": "110.00", "basic": "70.00", "project": "30.00"},
        "2050201": {"expenditure_total": "50.00", "basic": "40.00", "project": ""},
        "20503": {"expenditure_total": "40.00", "basic": "20.00", "project": "20.00"},
        "20508": {"expenditure_total": "20.00", "basic": "10.00", "project": "10.00"},
        "2050803": {"expenditure_total": "5.00", "basic": "5.00", "project": ""},
        "2050899": {"expenditure_total": "", "basic": "", "project": "2.00"},
    }
    t5 = {
        "2050201": {"expenditure_total": "45.00", "basic": "40.00", "project": "5.00"},
        "20503": {"expenditure_total": "15.00", "basic": "15.00", "project": "0.00"},
        "合计": {"expenditure_total": "60.00", "basic": "55.00", "project": "5.00"},
    }
    t6 = {
        "301": {"amount": "30.00"},
        "30101": {"amount": "20.00"},
        "30199": {"amount": "10.00"},
        "302": {"amount": "25.00"},
        "人员经费合计=basic.personnel": {"amount": "30.00"},
        "公用经费合计=basic.public": {"amount": "25.00"},
    }
    tf = {"合计": {"opening": "", "income": "", "expenditure_total": "", "basic": "", "project": "", "closing": ""}}
    said = (
        Statement("expenditure", "amount", Decimal("110.00"), "万元", "本年支出110.00万元", 1, 1, "110.00"),
        Statement(
            "expenditure", "change_amount", Decimal("-15"), "万元", "比上年减少15万元", 1, 1, "15", base="prior_year"
        ),
    )
    return made(
        "hard",
        OTHER_CENTRE,
        "unit",
        present("T1", "T3", "T5", "T6", empty=("TF", "TG")),
        cells("T1", 1, t1),
        cells("T3", 2, t3),
        cells("T5", 3, t5),
        cells("T6", 4, t6),
        cells("TF", 5, tf),
        statements=said,
    )


def ragged(seed: int) -> Extraction:
    """A report whose tables contradict themselves at random: rows, totals and whole columns missing, figures blank,
    shifted or of another magnitude. Nothing of it may count twice, and none of it may stop a build.
    """
    dice = random.Random(seed)
    natures = [n for n in ("basic", "project", "operating_expenditure") if dice.random() < 0.8]
    columns = ["expenditure_total"] * (dice.random() < 0.85) + natures
    rows: dict[str, dict[str, str]] = {}
    for section in ("20501", "20502", "20899", "21208"):
        codes = [section[:3], section, *(f"{section}{item:02d}" for item in range(1, dice.randint(1, 4)))]
        for code in codes:
            if dice.random() < 0.8:
                rows[code] = {}
    if dice.random() < 0.8 or not rows:
        rows["合计"] = {}
    for figures in rows.values():
        for column in columns:
            value = Decimal(dice.randint(-200, 5000)) / 100
            figures[column] = "" if dice.random() < 0.2 else str(value * (10_000 if dice.random() < 0.03 else 1))
    tables = present("T3", "T5", "T2")
    income = {row: {"income_total": dice.choice(["", "1.00"]), "other_income": "2.00"} for row in rows}
    return made(
        f"ragged-{seed}",
        f"某单位{seed}",
        "unit",
        tables,
        cells("T3", 1, rows),
        cells("T5", 2, {row: {k: v for k, v in f.items() if k != "operating_expenditure"} for row, f in rows.items()}),
        cells("T2", 3, income),
    )


def simple(name: str, unit: str, scope: str, amount: str, units: tuple[ReportUnit, ...] = ()) -> Extraction:
    rows = {
        "合计": {"expenditure_total": amount, "basic": amount},
        "2010301": {"expenditure_total": amount, "basic": amount},
    }
    return made(name, unit, scope, present("T3"), cells("T3", 1, rows), units=units)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The two real reports, the hard one, and forty that contradict themselves."""
    warehouse = Warehouse(tmp_path_factory.mktemp("marts"), NAMES)
    for name in ("qingyuan-dsb-own-level-2023.txt", "shanghai-putuo-finance-2024.pdf"):
        data = (DOCUMENTS / name).read_bytes()
        extractions = extract(data, name)
        document = archived(name)
        warehouse.add(replace(document, document_id=extractions[0].report.document_id), *extractions)
    warehouse.add(archived("hard"), hard())
    for seed in range(40):
        warehouse.add(archived(f"ragged-{seed}"), ragged(seed))
    warehouse.load()
    warehouse.build()
    yield warehouse


# --- every figure -------------------------------------------------------------------------------------------------


def test_every_printed_figure_is_published_once_with_its_amount_in_yuan(built: Warehouse) -> None:
    raw = built.ask(
        "select document_id, table_key, row_key, column_key, value_text, value * 10000 from raw.cell order by all"
    )
    published = built.ask(
        "select document_id, table_key, row_key, column_key, value_text, amount_yuan from marts.published_figure "
        "order by all"
    )
    assert published == raw
    assert (
        len(built.ask("select 1 from marts.published_figure where amount_yuan is not null and fiscal_year = 2024"))
        == 195
    )
    assert (
        len(built.ask("select 1 from marts.published_figure where value_text <> '' and document like '%qingyuan%'"))
        == 753
    )


def test_a_limit_is_kept(built: Warehouse) -> None:
    for table in ("T1", "T3", "TS"):
        some = built.ask("select * from marts.published_figure where table_key = ? limit 2", table)
        assert len(some) == 2, table


def test_a_blank_is_not_zero(built: Warehouse) -> None:
    assert built.ask(
        "select value_text, amount_yuan from marts.published_figure "
        "where fiscal_year = 2024 and table_key = 'TS' and column_key = 'total_final'"
    ) == [("", None)]
    states = built.ask(
        "select distinct value_state from conformed.fct_income where table_key = 'T1' and fiscal_year = 2024 "
        "and income_source = 'business_income'"
    )
    assert states == [("blank",)]
    assert built.ask(
        "select distinct value_state from conformed.fct_income where table_key = 'T1' "
        "and income_source = 'business_income' and amount_yuan = 0"
    ) == [("printed_zero",)]


def test_a_table_that_says_there_was_nothing_is_none_and_not_blank(built: Warehouse) -> None:
    assert built.ask(
        "select distinct value_state from marts.spending_by_function "
        "where fund = 'government_fund' and unit_id = 'u-other'"
    ) == [("none_declared",)]


# --- leaves, residuals, totals --------------------------------------------------------------------------------------


def expenditure(built: Warehouse, basis: str) -> dict[tuple[str, str], tuple[Decimal | None, str]]:
    return {
        (row, nature): (amount, state)
        for row, nature, amount, state in built.ask(
            "select row_key, nature, amount_yuan, value_state from conformed.fct_expenditure "
            "where unit_id = 'u-other' and basis = ? and fund <> 'government_fund'",
            basis,
        )
    }


def test_leaves_are_the_deepest_printed_rows_and_parents_keep_what_is_not_covered(built: Warehouse) -> None:
    found = expenditure(built, "all_sources")
    assert found["2050201", "basic"] == (400_000, "printed")
    assert found["20503", "project"] == (200_000, "printed"), "five digits are a leaf where nothing is printed below"
    assert found["20508", "basic"] == (50_000, "derived"), "what 2050803 does not cover of 20508"
    assert found["20508", "project"] == (80_000, "derived"), "a blank below covers nothing"
    assert found["2050899", "project"] == (20_000, "printed")
    assert ("20508", "unspecified") not in found, "a total left blank beside its parts is what they add up to"
    assert found["2050201", "unspecified"] == (100_000, "derived"), "the total has 10 beyond its natures"
    assert ("合计", "basic") not in found, "合计 is covered"
    assert sum(amount or 0 for amount, _ in found.values()) == 1_100_000


def test_no_yuan_counts_twice_in_any_report_table_and_measure(built: Warehouse) -> None:
    """Leaves and residuals of a measure add up to its topmost printed figures, within half a place of every term."""
    tops = built.ask(
        """
        select report_id, table_no, measure, sum(counted_yuan)
        from conformed.table_tree
        where parent_node is null and role in ('total', 'single') and counted_yuan is not null
            and table_key not in ('T1', 'T4')
        group by all
        """
    )
    places = {
        key: half
        for *key_parts, half in built.ask(
            "select report_id, table_no, measure, sum(half_place) from conformed.table_tree group by all"
        )
        for key in [tuple(key_parts)]
    }
    leaves = {
        (report_id, table, measure): amount
        for report_id, table, measure, amount in built.ask(
            "select report_id, table_no, measure, sum(amount_yuan) from conformed.table_leaf group by all"
        )
    }
    assert len(tops) > 60
    for *key_parts, printed in tops:
        key = tuple(key_parts)
        assert abs(printed - (leaves.get(key) or 0)) <= 4 * places[key], key


def test_marts_add_up_to_what_the_reports_print(built: Warehouse) -> None:
    """Within rounding, each fund's spending is its table's printed total, and the economic lines are the basic part."""
    for basis, fund, printed in (
        ("all_sources", "all_sources", "48671300"),
        ("appropriation", "general_public_budget", "35078400"),
        ("appropriation", "government_fund", "13592900"),
    ):
        ((amount,),) = built.ask(
            "select sum(expenditure_total_yuan) from marts.spending_by_function "
            "where fiscal_year = 2023 and scope = 'own_level' and basis = ? and fund = ?",
            basis,
            fund,
        )
        assert abs(amount - Decimal(printed)) <= 600
    ((economic, basic),) = built.ask(
        "select sum(amount_yuan), any_value(basic_yuan) from marts.spending_by_economic_class as s "
        "join marts.unit_year as u using (report_id) where s.fiscal_year = 2024"
    )
    assert basic == 23_369_100
    assert abs(economic - basic) <= 700


def test_spending_without_appropriation_is_what_the_two_bases_leave(built: Warehouse) -> None:
    whole, paid = expenditure(built, "all_sources"), expenditure(built, "appropriation")
    rest = expenditure(built, "non_appropriation")
    assert sum(a or 0 for a, _ in rest.values()) == sum(a or 0 for a, _ in whole.values()) - sum(
        a or 0 for a, _ in paid.values()
    )
    assert rest["20503", "project"] == (200_000, "derived")
    assert ("2050201", "basic") not in rest, "all of it was appropriated"


def test_an_of_which_line_splits_its_line_and_adds_nothing(built: Warehouse) -> None:
    found = built.ask(
        "select income_source, fund, amount_yuan, is_residual from conformed.fct_income "
        "where unit_id = 'u-other' and table_key = 'T1' order by all"
    )
    assert found == [
        ("fiscal_appropriation", "government_fund", 300_000, False),
        ("fiscal_appropriation", "unspecified", 600_000, True),
        ("other_income", "not_appropriation", 200_000, False),
    ]


def test_an_economic_class_without_items_is_its_own_leaf(built: Warehouse) -> None:
    found = built.ask(
        "select economic_code, funds, amount_yuan from conformed.fct_economic_expenditure "
        "where unit_id = 'u-other' order by 1"
    )
    assert found == [("30101", "personnel", 200_000), ("30199", "personnel", 100_000), ("302", "public", 250_000)]


def test_the_difference_of_printed_totals_is_published(built: Warehouse) -> None:
    assert built.ask(
        "select state, printed_yuan, parts_yuan, difference_yuan, tolerance from marts.reconciliation "
        "where fiscal_year = 2024 and place = 'T3/合计/expenditure_total' and entry_kind = 'table_total'"
    ) == [("within_rounding", 29_400_500, 29_400_600, -100, 250)]
    assert built.ask(
        "select state, residual_yuan from marts.reconciliation "
        "where place = 'T1/expenditure:本年支出合计/expenditure_amount' and entry_kind = 'table_total' "
        "and state = 'fail'"
    ) == [("fail", 100_000)]


# --- text and stages ----------------------------------------------------------------------------------------------


def test_a_change_implies_the_year_before(built: Warehouse) -> None:
    assert built.ask(
        "select prior_year, implied_prior_yuan from conformed.fct_prior_year where unit_id = 'u-other'"
    ) == [(2022, 1_250_000)]


def test_the_three_public_budget_is_the_one_that_the_report_says(built: Warehouse) -> None:
    assert dict(
        built.ask("select fiscal_year, budget_stage from marts.three_public_expenses where item = 'total'")
    ) == {2023: "adjusted_budget", 2024: "initial_budget"}


def test_names_come_from_the_reports_first(built: Warehouse) -> None:
    found = built.ask(
        "select functional_name, name_source, listed_name from conformed.dim_functional_class "
        "where functional_code = '20503' and fiscal_year = 2023"
    )
    assert found == [("名20503", "report", "职业教育")]


def test_every_mart_row_leads_to_its_report(built: Warehouse) -> None:
    for (mart,) in built.ask(
        "select table_name from information_schema.tables where table_schema = 'marts' "
        "and table_name not in ('published_figure', 'coverage', 'warehouse_version', 'unit_match', 'region_total', "
        "'known_discrepancy')"
    ):
        assert built.ask(
            f"select count(*) from marts.{mart} as m anti join raw.report as r using (report_id, release)"
        ) == [(0,)], mart


# --- the macros ---------------------------------------------------------------------------------------------------


def rendered(built: Warehouse, inline: str) -> str:
    """A piece of SQL with the project's macros, as dbt compiles it."""
    from dbt.cli.main import dbtRunner

    arguments = [*transform._arguments(built.settings, "compile"), "--inline", inline, "--quiet"]
    with transform._set(transform.environment(built.settings)):
        outcome = dbtRunner().invoke(arguments)
    assert outcome.success, outcome.exception
    return str(outcome.result.results[0].node.compiled_code)


def test_an_amount_that_does_not_fit_is_an_error_and_never_rounded(built: Warehouse) -> None:
    sql = rendered(
        built, "select {{ to_yuan('v', 'u') }} as y from (select cast(? as decimal(24, 6)) as v, ? as u) as t"
    )
    with duckdb.connect() as connection:
        for value, unit, yuan in (
            ("3507.84", "万元", "35078400.00"),
            ("0.000001", "万元", "0.01"),
            ("-0.3", "亿元", "-30000000.00"),
            ("0.01", "元", "0.01"),
            ("9999999999999999.99", "元", "9999999999999999.99"),
        ):
            assert connection.execute(sql, [value, unit]).fetchall() == [(Decimal(yuan),)]
        assert connection.execute(sql, ["1", "辆"]).fetchall() == [(None,)], "a count is no money"
        for value, unit in (("0.001", "元"), ("0.000001", "千元"), ("10000000000000000", "元")):
            with pytest.raises(duckdb.Error, match="does not fit"):
                connection.execute(sql, [value, unit]).fetchall()


def test_a_ratio_is_exact_rounded_half_away_from_zero_and_null_on_zero(built: Warehouse) -> None:
    sql = rendered(
        built,
        "select {{ ratio('n', 'd', 4) }} as ratio "
        "from (select cast(? as decimal(18, 2)) as n, cast(? as decimal(18, 2)) as d) as given",
    )
    with duckdb.connect() as connection:
        for top, bottom in (
            ("1", "8000"), ("3", "20000"), ("-3", "20000"), ("2106.66", "2940.05"), ("1", "3"),
            ("9999999999999999.99", "0.01"), ("0", "5"), ("3.76", "-2.52"),
        ):  # fmt: skip
            expected = (Decimal(top) / Decimal(bottom)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
            if abs(expected) >= 10**14:
                with pytest.raises(duckdb.Error):
                    connection.execute(sql, [top, bottom]).fetchall()
                continue
            assert connection.execute(sql, [top, bottom]).fetchall() == [(expected,)]
        assert connection.execute(sql, ["5", "0"]).fetchall() == [(None,)]


def test_the_unit_tests_of_the_models_pass(built: Warehouse) -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    arguments = [*transform._arguments(built.settings, "test"), "--select", "test_type:unit"]
    try:
        with transform._set(transform.environment(built.settings)):
            outcome = dbtRunner().invoke(arguments)
    finally:
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()
    assert outcome.result is not None, outcome.exception
    said = [(one.node.name, one.status, one.message) for one in outcome.result.results if one.status != "pass"]
    assert said == []
    assert len(outcome.result.results) >= 15


# --- changes ------------------------------------------------------------------------------------------------------


def test_what_changes_is_built_again_and_nothing_else_and_ends_as_a_rebuild_would(tmp_path: Path) -> None:
    """A wider report comes, a release is corrected, a document is withdrawn: each step touches what it reaches."""
    warehouse = Warehouse(tmp_path, NAMES)
    warehouse.add(archived("body-own"), simple("body-own", BODY, "own_level", "10.00", (ReportUnit(BODY, True),)))
    warehouse.add(archived("centre"), simple("centre", CENTRE, "unit", "5.00"))
    warehouse.add(archived("hard"), hard())
    warehouse.load()
    warehouse.build()
    defaults = "select unit_id, scope, release, is_default from marts.unit_year order by all"
    assert warehouse.ask(defaults) == [
        ("u-body", "own_level", 1, True),
        ("u-centre", "unit", 1, True),
        ("u-other", "unit", 1, True),
    ]
    warehouse.published()

    # The department report comes: it covers the body and the centre, so both of their own reports stand back.
    covered = (ReportUnit(BODY, True), ReportUnit(CENTRE, True), ReportUnit(OTHER_CENTRE, False, "单独公开"))
    warehouse.add(archived("body"), simple("body", BODY, "department", "15.00", covered))
    warehouse.load()
    warehouse.build()
    assert warehouse.ask(defaults) == [
        ("u-body", "department", 1, True),
        ("u-body", "own_level", 1, False),
        ("u-centre", "unit", 1, False),
        ("u-other", "unit", 1, True),
    ]
    ((total,),) = warehouse.ask(
        "select sum(basic_yuan) from marts.spending_by_function where is_default and basis = 'all_sources' "
        "and unit_id in ('u-body', 'u-centre')"
    )
    assert total == 150_000, "the department's figures hold those of the bodies it covers"
    warehouse.published()

    # A corrected release of the centre; the hard report is withdrawn.
    later = replace(archived("centre-2"), published_on=datetime.date(2024, 8, 1))
    warehouse.add(later, simple("centre-2", CENTRE, "unit", "6.00"))
    warehouse.add(replace(archived("hard"), withdrawn="作废"))
    warehouse.load()
    warehouse.build()
    assert warehouse.ask(
        "select release, is_current from conformed.fct_release where unit_id = 'u-centre' order by 1"
    ) == [
        (1, False),
        (2, True),
    ]
    assert warehouse.ask("select sum(basic_yuan) from marts.spending_by_function where unit_id = 'u-centre'") == [
        (60_000,)
    ]
    assert warehouse.ask("select count(*) from marts.published_figure where unit_id = 'u-centre'") == [(8,)]
    for table in ("conformed.table_tree", "conformed.fct_expenditure", "marts.spending_by_function", "marts.unit_year"):
        assert warehouse.ask(f"select count(*) from {table} where unit_id = 'u-other'") == [(0,)], table

    step_by_step = warehouse.content()
    warehouse.build(full_refresh=True)
    whole = warehouse.content()
    assert step_by_step.keys() == whole.keys()
    for name, rows in whole.items():
        assert step_by_step[name] == rows, name
