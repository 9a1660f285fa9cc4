"""The parts of the page of a unit by topic: 三公 and operations, procurement, assets, carry-over, performance, reasons.

Belongs here: what each asks and shows. Does not belong here: which body and year (``unit``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from juesuan.dashboard import charts, data, money
from juesuan.dashboard.frame import chart, empty, money_unit, table
from juesuan.dashboard.source import of_cell, of_line, of_statement, of_topic
from juesuan.dashboard.views.unit_body import Body, has_any
from juesuan.dashboard.words import column, known, say
from juesuan.places import Address


def three_public(one: Body) -> None:
    """三公 against the budget stage that is printed; operations; both over the years."""
    st.caption(say("unit.three_about"))
    found = data.ask(
        "select * from marts.three_public_expenses where report_id = ? and release = ?"
        " order by fund, is_leaf, item, budget_stage",
        one.keys,
    )
    if found.empty:
        empty("section")
    else:
        _three_chart(found)
        shown = [n for n in ("initial_budget_yuan", "adjusted_budget_yuan", "unknown_budget_yuan") if has_any(found, n)]
        ratios = [n for n in ("initial_completion_ratio", "adjusted_completion_ratio") if has_any(found, n)]
        table(
            found,
            "three_public",
            columns=("item", "budget_stage", *shown, "final_yuan", *ratios, "change_amount_yuan", "final_state"),
            home=_of_three,
        )
    _three_years(one)
    agency = data.ask("select * from marts.agency_operating_expenses where report_id = ? and release = ?", one.keys)
    st.subheader(say("unit.agency"), anchor=False)
    if agency.empty or agency["amount_yuan"].iloc[0] is None:
        empty("section")
        return
    table(
        agency,
        "agency",
        columns=("amount_yuan", "initial_budget_yuan", "change_amount_yuan", "change_pct", "reason", "quote"),
        home=lambda row, name: of_topic(*one.keys, "agency_operating_expenses"),
    )


def _three_chart(found: pd.DataFrame) -> None:
    unit = money_unit()
    leaves = found[found["item"].isin(["total", "abroad", "vehicle_buy", "vehicle_run", "reception"])]
    names = list(dict.fromkeys(str(item) for item in leaves["item"]))
    order = [n for n in ("total", "abroad", "vehicle_buy", "vehicle_run", "reception") if n in names]
    series: dict[str, list[float | None]] = {}
    for stage, name in (
        ("initial_budget", "initial_budget_yuan"),
        ("adjusted_budget", "adjusted_budget_yuan"),
        ("unknown_budget", "unknown_budget_yuan"),
        ("final", "final_yuan"),
    ):
        values = [_first(leaves[leaves["item"] == item][name]) for item in order]
        if any(v is not None for v in values):
            series[known("stages", stage)] = [money.scaled(v, unit) for v in values]
    if series:
        labels = [known("three_public_items", item) for item in order]
        chart(charts.bars(labels, series, unit.name), "three_chart", say("unit.three_about"))


def _first(values: Any) -> Any:
    return next((v for v in values if data.stated(v)), None)


def _of_three(row: Mapping[str, Any], name: str) -> Address | None:
    found = data.one(
        "select report_id, release, table_key, table_no, row_key, column_key from conformed.fct_three_public"
        " where report_id = ? and release = ? and fund = ? and item = ? and stage = ? limit 1",
        (row["report_id"], int(row["release"]), row["fund"], row["item"], name.removesuffix("_yuan")),
    )
    return found and of_cell(found, str(found["column_key"]))


def _three_years(one: Body) -> None:
    found = data.ask(
        "select fiscal_year, item, final_yuan from marts.three_public_expenses where unit_id = ? and scope = ?"
        " and item in ('total', 'abroad', 'vehicle', 'reception')"
        " and release = (select max(r.release) from conformed.fct_release as r"
        " where r.report_id = three_public_expenses.report_id and r.is_current) group by all order by fiscal_year",
        (one.unit_id, one.scope),
    )
    years = sorted({int(y) for y in found["fiscal_year"]})
    if len(years) < 2:
        return
    st.subheader(say("unit.three_years"), anchor=False)
    unit = money_unit()
    series = {}
    for item in ("total", "abroad", "vehicle", "reception"):
        own = found[found["item"] == item]
        values = {int(y): v for y, v in zip(own["fiscal_year"], own["final_yuan"], strict=True)}
        series[known("three_public_items", item)] = [(y, money.scaled(values.get(y), unit)) for y in years]
    chart(charts.lines(series, unit.name), "three_years", say("unit.three_years"))
    with st.expander(say("sql.result")):
        table(found, "three_years_rows", columns=("fiscal_year", "item", "final_yuan"))


def procurement(one: Body) -> None:
    """What was bought, how much of it from small enterprises; vehicles and equipment."""
    found = data.ask("select * from marts.procurement where report_id = ? and release = ?", one.keys)
    st.subheader(say("unit.procurement"), anchor=False)
    shown = ("total_yuan", "goods_yuan", "works_yuan", "services_yuan", "sme_awarded_yuan", "micro_awarded_yuan")
    topics = dict(zip(shown, ("total", "goods", "works", "services", "sme_awarded", "micro_awarded"), strict=True))
    if found.empty or not any(has_any(found, name) for name in shown):
        empty("section")
    else:
        row = found.iloc[0]
        unit = money_unit()
        kinds = [name for name in ("goods_yuan", "works_yuan", "services_yuan") if row[name] is not None]
        if kinds:
            values = [money.scaled(row[name], unit) for name in kinds]
            chart(
                charts.bars([column(name) for name in kinds], {say("unit.procurement"): values}, unit.name),
                "procurement_kinds",
                say("unit.procurement"),
            )
        table(
            found,
            "procurement",
            columns=(*shown, "quote"),
            home=lambda _, name: of_topic(*one.keys, f"procurement.{topics[name]}") if name in topics else None,
        )
    assets = data.ask(
        "select * from marts.state_assets where report_id = ? and release = ? order by kind, is_total desc,"
        " statement_no",
        one.keys,
    )
    st.subheader(say("unit.assets"), anchor=False)
    if assets.empty:
        empty("section")
        return
    named = assets.assign(
        asset_use=[known("asset_uses", v) if data.stated(v) else "" for v in assets["asset_use"]],
    )
    table(
        named,
        "assets",
        columns=("asset_use", "item_name", "quantity", "unit", "quote"),
        home=lambda row, name: of_statement(row) if name == "quantity" else None,
    )


# --- carry-over, performance, reasons -------------------------------------------------------------------------


def chain(one: Body) -> None:
    """Opening, income, expenditure, closing; and whether the opening meets the closing of the year before."""
    st.caption(say("unit.chain_about"))
    found = data.ask(
        "select * from marts.carryover_chain where report_id = ? and release = ? and entity_kind in ('own', 'series')",
        one.keys,
    )
    if found.empty:
        empty("section")
        return
    order = ("opening", "adjustment", "income", "surplus_used", "expenditure", "surplus_distribution", "closing")
    rank = {step: i for i, step in enumerate(order)}
    found = found.assign(_rank=[rank.get(str(s), 99) for s in found["step"]]).sort_values(
        ["basis", "fund", "_rank", "entity_kind"], kind="stable"
    )
    own = found.drop(columns="_rank").drop_duplicates(["basis", "fund", "step", "amount_yuan", "value_state"])
    table(
        own,
        "chain",
        columns=("basis", "fund", "step", "amount_yuan", "prior_closing_yuan", "state", "value_state"),
        home=lambda row, name: of_cell(row, row.get("column_key")) if name == "amount_yuan" else None,
    )
    budget = data.ask(
        "select * from marts.budget_execution where report_id = ? and release = ? and budget_yuan is not null"
        " order by topic, functional_code, budget_stage",
        one.keys,
    )
    st.subheader(say("unit.budget"), anchor=False)
    if budget.empty:
        empty("section")
        return
    table(
        budget,
        "budget",
        columns=(
            "topic",
            "functional_code",
            "budget_stage",
            "budget_yuan",
            "final_yuan",
            "completion_ratio",
            "deviation_yuan",
        ),
        home=lambda row, name: of_statement(row) if name in ("budget_yuan", "final_yuan") else None,
    )


def performance(one: Body) -> None:
    """Targets and actuals; and what the text says of results."""
    st.caption(say("unit.performance_about"))
    found = data.ask(
        "select * from marts.performance where report_id = ? and release = ? order by entry desc, entry_no", one.keys
    )
    if found.empty:
        empty("section")
        return
    shown = [
        name
        for name in (
            "indicator_name",
            "subject",
            "target_text",
            "actual_text",
            "is_target_met",
            "amount_yuan",
            "value_text",
            "unit",
            "completion_pct",
            "score",
            "quote",
        )
        if has_any(found, name)
    ]
    table(found, "performance", columns=shown, home=lambda row, name: of_line(row))


def reasons(one: Body) -> None:
    """The reasons that the text gives, each with its sentence."""
    st.caption(say("unit.words_about"))
    found = data.ask(
        "select * from marts.explanation where report_id = ? and release = ? order by statement_no", one.keys
    )
    if found.empty:
        empty("section")
        return
    table(
        found,
        "reasons",
        columns=(
            "topic_name",
            "functional_name",
            "subject",
            "final_yuan",
            "change_amount_yuan",
            "change_pct",
            "text",
            "quote",
        ),
        home=lambda row, name: of_statement(row),
    )
