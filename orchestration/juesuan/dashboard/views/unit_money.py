"""The parts of the page of a unit that follow its money: flow, functional classes, economic classes.

Belongs here: what each asks and shows. Does not belong here: which body and year (``unit``).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from juesuan.dashboard import charts, data, money
from juesuan.dashboard.frame import chart, empty, money_unit, table
from juesuan.dashboard.source import of_cell
from juesuan.dashboard.views.unit_body import Body, added, by_columns, is_amount
from juesuan.dashboard.words import known, say
from juesuan.places import Address


def money_flow(one: Body) -> None:
    """Sources, functions, natures as a flow; below it income by source, and the balance."""
    st.subheader(say("unit.flow"), anchor=False)
    st.caption(say("unit.flow_about"))
    income = data.ask(
        "select * from marts.income_by_source where report_id = ? and release = ? order by amount_yuan desc nulls last",
        one.keys,
    )
    spent = data.ask(
        "select * from marts.spending_by_function where report_id = ? and release = ? and basis = 'all_sources'"
        " order by functional_code",
        one.keys,
    )
    if income.empty and spent.empty:
        empty("section")
        return
    unit = money_unit()
    flows = _flows(one, income, spent)
    if flows:
        scaled = [(a, b, float(Decimal(v) / unit.yuan)) for a, b, v in flows]
        chart(charts.sankey(scaled, unit.name), "flow", say("unit.flow"))
    if not income.empty:
        table(
            income,
            "income",
            columns=("income_source", "fund", "amount_yuan", "share", "value_state"),
            home=lambda row, name: of_cell(row, row.get("column_key")) if name == "amount_yuan" else None,
        )
    _natures(spent)


def _flows(one: Body, income: pd.DataFrame, spent: pd.DataFrame) -> list[tuple[str, str, Decimal]]:
    """Flows that end where they began: what both sides differ by is carry-over, and shown as that."""
    year = data.one("select * from marts.unit_year where report_id = ? and release = ?", one.keys) or {}
    whole = f"1|{say('unit.all_money')}"
    flows: list[tuple[str, str, Decimal]] = []
    sources: dict[str, Decimal] = {}
    for source, value in zip(income["income_source"], income["amount_yuan"], strict=True):
        if is_amount(value):
            sources[str(source)] = sources.get(str(source), Decimal(0)) + value
    flows += [(f"0|{known('income_sources', source)}", whole, value) for source, value in sources.items()]
    for key, name in (
        ("opening", "opening_carryover_yuan"),
        ("surplus_used", "non_appropriation_surplus_used_yuan"),
    ):
        if is_amount(year.get(name)):
            flows.append((f"0|{say(f'unit.{key}')}", whole, year[name]))
    natures = ("basic", "project", "superior_remittance", "operating_expenditure", "affiliate_subsidy", "unspecified")
    for (code, name), rows in spent.groupby(["class_code", "class_name"], sort=True, dropna=False):
        total = Decimal(0)
        into = f"2|{name or code or say('unit.residual')}"
        for nature in natures:
            value = added(rows[f"{nature}_yuan"])
            if value > 0:
                flows.append((into, f"3|{known('natures', nature)}", value))
                total += value
        if total > 0:
            flows.append((whole, into, total))
    for key, name in (("closing", "closing_carryover_yuan"), ("distribution", "surplus_distribution_yuan")):
        if is_amount(year.get(name)):
            flows.append((whole, f"2|{say(f'unit.{key}')}", year[name]))
    return [flow for flow in flows if flow[2] > 0]


_T3 = {
    "expenditure_total_yuan": "expenditure_total",
    "basic_yuan": "basic",
    "project_yuan": "project",
    "superior_remittance_yuan": "superior_remittance",
    "operating_expenditure_yuan": "operating_expenditure",
    "affiliate_subsidy_yuan": "affiliate_subsidy",
}


def _natures(spent: pd.DataFrame) -> None:
    """Basic and project expenditure by class."""
    if spent.empty:
        return
    st.subheader(say("unit.nature"), anchor=False)
    unit = money_unit()
    names, series = [], {known("natures", "basic"): [], known("natures", "project"): []}  # type: ignore[var-annotated]
    for name, rows in spent.groupby("class_name", sort=False, dropna=False):
        names.append(str(name or say("unit.residual")))
        for nature in ("basic", "project"):
            value = added(rows[f"{nature}_yuan"])
            series[known("natures", nature)].append(float(value / unit.yuan))
    chart(charts.bars(names, series, unit.name, stacked=True), "natures", say("unit.nature"))
    amounts = ["expenditure_total_yuan", "basic_yuan", "project_yuan"]
    table(
        spent.groupby(["class_code", "class_name"], sort=False, dropna=False)[amounts].agg(added).reset_index(),
        "nature_rows",
        columns=("class_name", *amounts),
    )


# --- functions and economic classes ---------------------------------------------------------------------------


def functions(one: Body) -> None:
    """The tree of functional classes to item, as areas and as a table; then what changed against the year before."""
    st.subheader(say("unit.tree"), anchor=False)
    spent = data.ask(
        "select * from marts.spending_by_function where report_id = ? and release = ? and basis = 'all_sources'"
        " order by functional_code",
        one.keys,
    )
    if spent.empty:
        empty("section")
        return
    unit = money_unit()
    chart(charts.treemap(_areas(spent, _names(one), unit), unit.name), "tree", say("unit.tree"))
    shown = [name for name in _T3 if any(is_amount(v) for v in spent[name])]
    table(
        spent,
        "functions",
        columns=("functional_code", "functional_name", "class_name", *shown, "value_state"),
        home=by_columns(_T3),
    )
    _changes(one)


def _names(one: Body) -> dict[str, str]:
    found = data.ask(
        "select code, max(name) as name from conformed.code_name where report_id = ? and release = ?"
        " and classification = 'functional' group by code",
        one.keys,
    )
    return dict(zip(found["code"], found["name"], strict=True))


def _areas(spent: pd.DataFrame, names: Mapping[str, str], unit: money.Unit) -> list[tuple[str, str, str, float]]:
    """Leaves below their section and class, under the names that the report prints."""
    rows: dict[str, tuple[str, str, str, float]] = {}
    for row in spent.to_dict("records"):
        value = row["expenditure_total_yuan"]
        code = str(row["functional_code"])
        if not is_amount(value) or value < 0:
            continue
        above = ""
        for length, name in ((3, row["class_name"]), (5, names.get(code[:5]))):
            part = code[:length]
            if len(code) > length and part not in rows:
                rows[part] = (part, above, str(name or part), 0.0)
            if len(code) > length:
                above = part
        own = code if code not in rows else f"{code}·"
        name = f"{row['functional_name'] or code}"
        if data.stated(row["is_residual"]) and row["is_residual"]:
            name = f"{name}（{say('unit.residual')}）"
        rows[own] = (own, above, name, float(Decimal(value) / unit.yuan))
    return list(rows.values())


def _changes(one: Body) -> None:
    st.subheader(say("unit.changes"), anchor=False)
    found = data.ask(
        "select c.*, n.name from marts.spending_change as c"
        " left join (select code, arg_max(name, fiscal_year) as name from conformed.code_name"
        " where classification = 'functional' group by code) as n on c.line_key = n.code"
        " where c.report_id = ? and c.release = ? and c.kind = 'function' and c.basis = 'all_sources' and"
        " c.is_default_pair"
        " and c.level in ('class', 'item') and c.prior_source is not null order by abs(c.change_amount_yuan)"
        " desc nulls last",
        one.keys,
    )
    if found.empty:
        empty("one_year")
        return
    table(
        found,
        "changes",
        columns=(
            "line_key",
            "name",
            "state",
            "final_yuan",
            "prior_yuan",
            "prior_source",
            "change_amount_yuan",
            "change_ratio",
            "break_reasons",
        ),
        names={"line_key": say("columns.functional_code"), "name": say("columns.functional_name")},
        home=_of_code,
    )


def _of_code(row: Mapping[str, Any], name: str) -> Address | None:
    """The printed row of a code in T3, this year's or last year's."""
    if name == "final_yuan":
        report = row.get("report_id")
    elif name == "prior_yuan" and row.get("prior_source") == "reported":
        report = row.get("prior_report_id")
    else:
        return None
    found = data.one(
        "select c.report_id, b.release, c.table_key, c.table_no, c.row_key from raw.cell as c"
        " inner join raw.report_document as b on c.report_id = b.report_id and c.document_id = b.document_id"
        " and c.report_no = b.report_no inner join conformed.fct_release as f on b.report_id = f.report_id"
        " and b.release = f.release and f.is_current where c.report_id = ? and c.table_key = 'T3' and c.row_key = ?"
        " and c.column_key = 'expenditure_total' limit 1",
        (report, row.get("line_key")),
    )
    return found and of_cell(found, "expenditure_total")


def economic(one: Body) -> None:
    """Economic classes: basic expenditure of the general public budget, and details where they are printed."""
    st.caption(say("unit.economic_about"))
    found = data.ask(
        "select * from marts.spending_by_economic_class where report_id = ? and release = ? order by nature,"
        " economic_code",
        one.keys,
    )
    if found.empty:
        empty("section")
        return
    unit = money_unit()
    for nature, rows in found.groupby("nature", sort=False, dropna=False):
        sums = rows.groupby("class_name", sort=False, dropna=False)["amount_yuan"].agg(added)
        names = [str(name or say("unit.residual")) for name in sums.index]
        label = known("natures", nature)
        chart(charts.bars(names, {label: [float(v / unit.yuan) for v in sums]}, unit.name), f"economic_{nature}", label)
    table(
        found,
        "economic",
        columns=("economic_code", "economic_name", "class_name", "nature", "fund", "amount_yuan", "value_state"),
        home=lambda row, name: of_cell(row, row.get("column_key")) if name == "amount_yuan" else None,
    )
