"""The parts of the page of a unit beyond one year: years, peers, contradictions, releases and succession.

Belongs here: what each asks and shows. Does not belong here: which body and year (``unit``).
"""

from __future__ import annotations

import streamlit as st

from juesuan.dashboard import charts, data, money
from juesuan.dashboard.frame import chart, empty, money_unit, table
from juesuan.dashboard.links import opened, unit_link
from juesuan.dashboard.source import of_year
from juesuan.dashboard.views.unit_body import Body
from juesuan.dashboard.words import say


def years(one: Body) -> None:
    """Income and expenditure by year, all scopes of the body told apart."""
    found = data.ask(
        "select report_id, release, unit_id, fiscal_year, scope, income_total_yuan, expenditure_total_yuan,"
        " basic_yuan, project_yuan, three_public_final_yuan, agency_operating_expenses_yuan,"
        " closing_carryover_yuan, checks_failed"
        " from marts.unit_year where unit_id in (select u.unit_id from conformed.dim_unit_year as u"
        " where u.series_id in (select s.series_id from conformed.dim_unit_year as s where s.unit_id = ?))"
        " and scope = ? order by fiscal_year",
        (one.unit_id, one.scope),
    )
    st.subheader(say("unit.trend"), anchor=False)
    if len(found) < 2:
        empty("one_year")
    unit = money_unit()
    series = {
        say(f"unit.{key}"): [
            (int(y), money.scaled(v, unit)) for y, v in zip(found["fiscal_year"], found[name], strict=True)
        ]
        for key, name in (("income", "income_total_yuan"), ("expenditure", "expenditure_total_yuan"))
    }
    chart(charts.lines(series, unit.name), "trend", say("unit.trend"))
    rows = opened(found)
    table(
        rows,
        "years",
        columns=tuple(n for n in rows.columns if n not in ("report_id", "release", "unit_id", "scope")),
        home=of_year,
        opens={"open": say("frame.open_unit")},
    )
    indicators = data.ask(
        "select indicator_name, indicator_value, indicator_unit, indicator_state, budget_stage, member_code"
        " from marts.indicator_value where report_id = ? and release = ? order by indicator_name, member_code",
        one.keys,
    )
    st.subheader(f"{say('unit.indicators')} · {one.year}", anchor=False)
    table(indicators, "indicators")


def peers(one: Body) -> None:
    """Where the body stands among its kind."""
    st.caption(say("compare.peers_about"))
    found = data.ask(
        "select * from marts.peer_comparison where report_id = ? and release = ? and peers >= 2"
        " order by indicator_name, member_code",
        one.keys,
    )
    if found.empty:
        empty("peers")
        return
    table(
        found,
        "peers",
        columns=(
            "indicator_name",
            "member_code",
            "indicator_value",
            "indicator_unit",
            "peer_rank",
            "peers",
            "peer_lower_quartile",
            "peer_median",
            "peer_upper_quartile",
            "department_kind",
        ),
    )


def contradictions(one: Body) -> None:
    """Where the report contradicts itself."""
    st.subheader(say("unit.contradictions"), anchor=False)
    found = data.ask(
        "select * from marts.reconciliation where report_id = ? and release = ? and state = 'fail' order by"
        " severity, place",
        one.keys,
    )
    if found.empty:
        empty("contradictions")
        return
    from juesuan.dashboard.views.quality import of_finding

    table(
        found,
        "contradictions",
        columns=(
            "entry_kind",
            "severity",
            "check_ids",
            "message",
            "printed_yuan",
            "parts_yuan",
            "expected",
            "actual",
            "place",
        ),
        home=of_finding,
    )


def history(one: Body) -> None:
    """Releases, names by year, succession, and what reissues changed."""
    st.subheader(say("unit.releases"), anchor=False)
    releases = data.ask(
        "select fiscal_year, scope, release, is_current, published_on, retrieved_on, status, document"
        " from conformed.fct_release where unit_id = ? order by fiscal_year desc, scope, release",
        (one.unit_id,),
    )
    table(releases, "releases")
    st.subheader(say("unit.names"), anchor=False)
    names = data.ask(
        "select fiscal_year, unit_name, division_name, parent_unit_name from conformed.dim_unit_year where unit_id = ?"
        " order by fiscal_year",
        (one.unit_id,),
    )
    table(names, "names")
    st.subheader(say("unit.succession"), anchor=False)
    succession = data.ask(
        "select predecessor_name, successor_name, succession_kind, from_year, evidence, confidence,"
        " predecessor_unit_id,"
        " successor_unit_id from conformed.unit_succession where ? in (predecessor_unit_id, successor_unit_id)"
        " order by from_year",
        (one.unit_id,),
    )
    if succession.empty:
        empty("section")
    else:
        other = [
            a if b == one.unit_id else b
            for a, b in zip(succession["predecessor_unit_id"], succession["successor_unit_id"], strict=True)
        ]
        table(
            succession.assign(open=[unit_link(o) for o in other]),
            "succession",
            columns=(
                "predecessor_name",
                "successor_name",
                "succession_kind",
                "from_year",
                "evidence",
                "confidence",
                "open",
            ),
            opens={"open": say("frame.open_unit")},
        )
    st.subheader(say("unit.restated"), anchor=False)
    restated = data.ask(
        "select * from marts.restatements where unit_id = ? order by fiscal_year desc, table_key, row_key",
        (one.unit_id,),
    )
    if restated.empty:
        empty("restated")
        return
    from juesuan.dashboard.views.quality import show_restated

    show_restated(restated)
