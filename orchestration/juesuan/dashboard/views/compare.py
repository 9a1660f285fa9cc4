"""Several bodies and years side by side, with what speaks against comparing them.

Belongs here: the choice of bodies and measures, reasons why a comparison is not fair. Does not belong here: how
indicators and peers are computed (marts ``indicator_value`` and ``peer_comparison``).
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from juesuan.dashboard import charts, data, money
from juesuan.dashboard.frame import chart, empty, money_unit, table, title
from juesuan.dashboard.links import multi, select, unit_link
from juesuan.dashboard.source import of_year
from juesuan.dashboard.words import column, known, plain, say

_AMOUNTS = (
    "expenditure_total_yuan",
    "income_total_yuan",
    "basic_yuan",
    "project_yuan",
    "appropriation_expenditure_yuan",
    "personnel_yuan",
    "three_public_final_yuan",
    "agency_operating_expenses_yuan",
    "procurement_total_yuan",
    "closing_carryover_yuan",
)


def show() -> None:
    """Draw the page."""
    title("compare")
    names = _bodies()
    if not names:
        empty("reports")
        return
    units = multi(say("compare.choose"), list(names), "units", words=lambda one: names[one])
    if len(units) < 2:
        empty("choose_two")
        return
    # A body whose reports are all covered by another's is shown with those.
    found = data.ask(
        "select * from marts.unit_year where list_contains(?, unit_id) and (is_default or unit_id not in"
        " (select d.unit_id from marts.unit_year as d where d.is_default))"
        " order by is_default desc, unit_id, fiscal_year",
        (tuple(units),),
    )
    years = sorted({int(y) for y in found["fiscal_year"]}, reverse=True)
    what, at = st.columns([3, 1])
    measures = _measures()
    measure = select(
        say("compare.measure"), list(measures), "measure", usual=_AMOUNTS[0], words=lambda m: measures[m], where=what
    )
    year = select(say("frame.year"), years, "year", usual=years[0], where=at)
    measure = measure or _AMOUNTS[0]
    _fairness(found, names, units, year)
    _over_years(found, names, units, measure, measures[measure])
    _side_by_side(found, names, units, year)
    _shares(names, units, year)
    _peers(names, units, year)


def _bodies() -> dict[str, str]:
    found = data.ask(
        "select unit_id, arg_max(unit_name, fiscal_year) as unit_name from marts.unit_year group by unit_id"
        " order by unit_name, unit_id"
    )
    return {str(u): str(n or say("frame.unnamed")) for u, n in zip(found["unit_id"], found["unit_name"], strict=True)}


def _measures() -> dict[str, str]:
    """Amounts, and every indicator that stands in ``unit_year`` as a number."""
    found = data.ask(
        "select column_name from duckdb_columns() where schema_name = 'marts' and table_name = 'unit_year'"
        " and column_index > (select column_index from duckdb_columns() where schema_name = 'marts'"
        " and table_name = 'unit_year' and column_name = 'checks_failed') and data_type like 'DECIMAL%'"
        " order by column_index"
    )
    out = {name: column(name) for name in _AMOUNTS}
    out |= {str(name): column(str(name)) for name in found["column_name"]}
    return out


def _fairness(found: pd.DataFrame, names: dict[str, str], units: list[str], year: int) -> None:
    """Say what speaks against comparing, before anything is compared."""
    why = []
    here = set(found[found["fiscal_year"] == year]["unit_id"])
    absent = [names[one] for one in units if one not in here]
    if absent:
        why.append(f"{say('compare.year_missing', year=year)}：{'、'.join(absent)}")
    if found["scope"].nunique() > 1:
        said = "、".join(sorted({known("scopes", s) for s in found["scope"]}))
        why.append(f"{say('compare.scopes_differ')}：{said}")
    kinds = data.ask(
        "select unit_id, max(kind) as kind from conformed.dim_unit_year where list_contains(?, unit_id) and"
        " fiscal_year = ?"
        " group by unit_id",
        (tuple(units), year),
    )
    if kinds["kind"].dropna().nunique() > 1:
        why.append(say("compare.kinds_differ"))
    printed = data.ask(
        "select distinct money_unit from marts.coverage where level = 'table' and table_key = 'T1' and fiscal_year = ?"
        " and list_contains(?, unit_id) and money_unit is not null",
        (year, tuple(units)),
    )
    if len(printed) > 1:
        why.append(say("compare.units_differ"))
    breaks = data.ask(
        "select unit_name, fiscal_year, basis, level, line_key, break_reasons, break_code, break_scope, break_form,"
        " break_organisation, break_money_unit from marts.spending_change where list_contains(?, unit_id)"
        " and is_default_pair and break_reasons is not null and level in ('class', 'topic')"
        " order by unit_name, fiscal_year, line_key limit 5000",
        (tuple(units),),
    )
    if len(breaks):
        why.append(say("compare.breaks"))
    if why:
        st.warning(say("compare.unfair", why="；".join(plain(one) for one in why)), icon=":material/warning:")
    if len(breaks):
        with st.expander(f"{say('compare.breaks_table')}（{len(breaks)}）"):
            table(breaks, "breaks", columns=("unit_name", "fiscal_year", "basis", "level", "line_key", "break_reasons"))


def _over_years(found: pd.DataFrame, names: dict[str, str], units: list[str], measure: str, label: str) -> None:
    st.subheader(f"{label} · {say('compare.over_years')}", anchor=False)
    unit = money_unit()
    money_measure = measure.endswith("_yuan")
    years = sorted({int(y) for y in found["fiscal_year"]})
    series = {}
    for one in units:
        own = found[found["unit_id"] == one]
        values = {int(y): v for y, v in zip(own["fiscal_year"], own[measure], strict=True)}
        series[names[one]] = [(y, _number(values.get(y), money_measure, unit)) for y in years]
    chart(charts.lines(series, unit.name if money_measure else "", 380), "compare_years", label)
    wide = pd.DataFrame(
        [
            {"unit_name": names[one], "fiscal_year": y, measure: _value(found, one, y, measure)}
            for one in units
            for y in years
        ]
    )
    with st.expander(say("sql.result")):
        table(wide, "compare_years_rows", names={measure: label})


def _value(found: pd.DataFrame, unit: str, year: int, name: str) -> Any:
    rows = found[(found["unit_id"] == unit) & (found["fiscal_year"] == year)]
    return rows[name].iloc[0] if len(rows) else None


def _number(value: Any, is_money: bool, unit: money.Unit) -> float | None:
    if not data.stated(value):
        return None
    return money.scaled(value, unit) if is_money else float(value)


def _side_by_side(found: pd.DataFrame, names: dict[str, str], units: list[str], year: int) -> None:
    st.subheader(f"{say('compare.side')} · {year}", anchor=False)
    own = found[found["fiscal_year"] == year]
    if own.empty:
        empty("year")
        return
    rows = own.assign(open=[unit_link(u, year) for u in own["unit_id"]])
    table(
        rows,
        "side",
        columns=("unit_name", "scope", *_AMOUNTS, "checks_failed", "open"),
        home=of_year,
        opens={"open": say("frame.open_unit")},
    )
    shares = data.ask(
        "select unit_id, class_name, sum(expenditure_total_yuan) as amount_yuan from marts.spending_by_function as s"
        " where basis = 'all_sources' and fiscal_year = ? and list_contains(?, report_id) and release ="
        " (select max(r.release) from conformed.fct_release as r where r.report_id = s.report_id and r.is_current)"
        " group by all having sum(expenditure_total_yuan) > 0",
        (year, tuple(str(r) for r in own["report_id"])),
    )
    if shares.empty:
        return
    st.subheader(f"{say('compare.structure')} · {year}", anchor=False)
    totals = shares.groupby("unit_id")["amount_yuan"].sum()
    order = [one for one in units if one in totals.index]
    classes = (
        shares.groupby("class_name", dropna=False)["amount_yuan"].sum().map(float).sort_values(ascending=False).index
    )
    series: dict[str, list[float | None]] = {}
    for name in list(classes)[:8]:
        part = shares[shares["class_name"] == name].set_index("unit_id")["amount_yuan"]
        series[str(name)] = [float(part.get(one, 0) / totals[one] * 100) for one in order]
    chart(charts.bars([names[one] for one in order], series, "%", stacked=True), "structure", say("compare.structure"))
    table(
        shares.assign(
            unit_name=[names[str(u)] for u in shares["unit_id"]],
            share=[v / totals[u] for u, v in zip(shares["unit_id"], shares["amount_yuan"], strict=True)],
        ),
        "structure_rows",
        columns=("unit_name", "class_name", "amount_yuan", "share"),
    )


def _shares(names: dict[str, str], units: list[str], year: int) -> None:
    """Indicators of all of them, a body a column."""
    found = data.ask(
        "select indicator_name, indicator_unit, budget_stage, member_code, unit_id, max(indicator_value) as value"
        " from marts.indicator_value where list_contains(?, unit_id) and fiscal_year = ? and indicator_value"
        " is not null"
        " and is_default group by all order by indicator_name, member_code",
        (tuple(units), year),
    )
    if found.empty:
        return
    st.subheader(f"{say('compare.per')} · {year}", anchor=False)
    wide = found.pivot_table(
        index=["indicator_name", "member_code", "budget_stage", "indicator_unit"],
        columns="unit_id",
        values="value",
        aggfunc="first",
    ).reset_index()
    wide.columns.name = None
    table(wide, "indicators", names={one: names[one] for one in units})


def _peers(names: dict[str, str], units: list[str], year: int) -> None:
    st.subheader(f"{say('compare.peers')} · {year}", anchor=False)
    st.caption(say("compare.peers_about"))
    found = data.ask(
        "select * from marts.peer_comparison where list_contains(?, unit_id) and fiscal_year = ? and peers >= 2"
        " order by indicator_name, member_code, unit_name",
        (tuple(units), year),
    )
    if found.empty:
        empty("peers")
        return
    table(
        found,
        "peer_rows",
        columns=(
            "indicator_name",
            "unit_name",
            "indicator_value",
            "indicator_unit",
            "peer_rank",
            "peers",
            "peer_median",
            "peer_lower_quartile",
            "peer_upper_quartile",
            "department_kind",
            "scope",
        ),
    )
