"""One body over its years: from the flow of its money to the sentence that gives a reason.

Belongs here: which body and year, what stands at the head, which parts there are. Does not belong here: the parts
(``unit_money``, ``unit_topics``, ``unit_history``).
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from juesuan.dashboard import data
from juesuan.dashboard.frame import amount, empty, money_unit, title
from juesuan.dashboard.links import select, switch
from juesuan.dashboard.source import in_dialog, of_year
from juesuan.dashboard.views import unit_history, unit_money, unit_topics
from juesuan.dashboard.views.unit_body import Body
from juesuan.dashboard.words import known, plain, say

_PARTS = {
    "money": unit_money.money_flow,
    "function": unit_money.functions,
    "economic": unit_money.economic,
    "three_tab": unit_topics.three_public,
    "procurement": unit_topics.procurement,
    "chain": unit_topics.chain,
    "performance": unit_topics.performance,
    "words": unit_topics.reasons,
    "years_tab": unit_history.years,
    "peers_tab": unit_history.peers,
    "checks": unit_history.contradictions,
    "history": unit_history.history,
}


def show() -> None:
    """Draw the page."""
    title("unit")
    found = data.ask(
        "select unit_id, arg_max(unit_name, fiscal_year) as unit_name, max(division_code) as division_code"
        " from marts.unit_year group by unit_id order by unit_name, unit_id"
    )
    if found.empty:
        empty("reports")
        return
    names = _told_apart(found)
    body, at, where = st.columns([3, 1, 2])
    unit = select(say("unit.choose"), list(names), "unit", words=lambda one: names[one], where=body)
    if unit is None:
        empty("choose")
        return
    reports = data.ask(
        "select report_id, release, unit_id, unit_name, division_code, fiscal_year, scope, is_default from"
        " marts.unit_year"
        " where unit_id = ? order by fiscal_year desc, is_default desc, scope",
        (unit,),
    )
    years = list(dict.fromkeys(int(y) for y in reports["fiscal_year"]))
    year = select(say("frame.year"), years, "year", usual=years[0], where=at)
    own = reports[reports["fiscal_year"] == year]
    scopes = [str(s) for s in own["scope"]]
    scope = select(
        say("frame.scope"), scopes, "scope", usual=scopes[0], words=lambda s: known("scopes", s), where=where
    )
    row = own[own["scope"] == scope].iloc[0]
    one = Body(
        unit,
        str(row["unit_name"] or say("frame.unnamed")),
        year,
        str(row["report_id"]),
        int(row["release"]),
        scope,
        years,
    )
    _head(one)
    part = switch(" ", list(_PARTS), "part", usual="money", words=lambda p: say(f"unit.{p}"))
    _PARTS[part](one)


def _told_apart(found: Any) -> dict[str, str]:
    """unit_id -> name; a name that two bodies have carries its division too."""
    names = [str(name or say("frame.unnamed")) for name in found["unit_name"]]
    double = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    return {
        str(unit): f"{name}（{code or unit}）" if name in double else name
        for unit, name, code in zip(found["unit_id"], names, found["division_code"], strict=True)
    }


def _head(one: Body) -> None:
    """Six figures; each opens its source."""
    row = data.one("select * from marts.unit_year where report_id = ? and release = ?", (one.report_id, one.release))
    assert row is not None
    st.subheader(f"{plain(one.name)} · {one.year}", anchor=False)
    covered = int(row["covered_bodies"] or 0)
    said = known("scopes", one.scope)
    st.caption(f"{said} · {say('unit.covers', bodies=covered - 1)}" if covered > 1 else said)
    before = data.one(
        "select income_total_yuan, expenditure_total_yuan, three_public_final_yuan, agency_operating_expenses_yuan,"
        " closing_carryover_yuan from marts.unit_year where unit_id = ? and scope = ? and fiscal_year = ?",
        (one.unit_id, one.scope, one.year - 1),
    )
    unit = money_unit().name
    heads = (
        ("income", "income_total_yuan"),
        ("expenditure", "expenditure_total_yuan"),
        ("three_public", "three_public_final_yuan"),
        ("agency", "agency_operating_expenses_yuan"),
        ("carryover", "closing_carryover_yuan"),
    )
    # Three in a row: an amount in yuan has room.
    columns = [*st.columns(3), *st.columns(3)]
    for place, (key, name) in zip(columns, heads, strict=False):
        address = of_year(row, name)
        with place, st.container(gap=None):
            value = row.get(name)
            shown = _not_stated(row, name) if value is None else amount(value)
            st.metric(f"{say(f'unit.{key}')}（{unit}）", shown, _change(value, before and before.get(name)), "off")
            if address is not None and st.button(
                say("columns.see"), key=f"see_{key}", icon=":material/link:", type="tertiary"
            ):
                in_dialog(address)
    with columns[-1]:
        st.metric(say("unit.checks"), f"{int(row['checks_failed'] or 0)}")


def _not_stated(row: dict[str, Any], name: str) -> str:
    """Why there is no amount: it is printed blank, declared to be none, or not said."""
    state = row.get(name.replace("_final_yuan", "_final_state")) if name.endswith("_final_yuan") else None
    return known("value_states", state) if state else say("unit.not_stated")


def _change(value: Any, before: Any) -> str | None:
    """By how much it changed against the year before, where that is printed and not zero."""
    if value is None or not before:
        return None
    return f"{(value - before) / before * 100:+,.1f}%"
