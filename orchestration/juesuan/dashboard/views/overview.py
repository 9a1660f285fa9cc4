"""Overview: years, bodies, money, coverage, checks, newest documents.

Belongs here: what the first page asks, in so few queries that it stands in a second. Does not belong here: one body
(``unit``), one document (``documents``).
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from juesuan.dashboard import charts, data, money
from juesuan.dashboard.frame import amount, chart, empty, money_unit, table, title
from juesuan.dashboard.links import number, opened, select, unit_link
from juesuan.dashboard.source import of_year
from juesuan.dashboard.words import known, options, plain, say

#: Bodies on the coverage map at a time.
_PART = 40
_LARGEST = 15
_LINKS = 6


def show() -> None:
    """Draw the page."""
    title("overview")
    version = data.version()
    if not version.reports:
        empty("reports")
        return
    years = data.fiscal_years()
    divisions = data.ask(
        "select distinct division_code, division_name from conformed.dim_unit_year"
        " where division_code is not null order by division_code"
    )
    names = dict(zip(divisions["division_code"], divisions["division_name"], strict=True))
    at, where = st.columns(2)
    year = select(say("frame.year"), years, "year", usual=years[0], where=at)
    division = select(
        say("frame.division"),
        ["", *names],
        "division",
        usual="",
        words=lambda code: f"{code} {names[code] or ''}" if code else say("frame.all"),
        where=where,
    )
    _counts(year, division or None)
    _money(division or None)
    left, right = st.columns(2)
    with left:
        _by_class(year, division or None)
    with right:
        _largest(year, division or None)
    _coverage(division or None)
    left, right = st.columns(2)
    with left:
        _checks(year, division or None)
    with right:
        _newest()


def _counts(year: int, division: str | None) -> None:
    row = data.one(
        "select count(*) as reports, count(distinct unit_id) as units,"
        " sum(appropriation_expenditure_yuan) filter (where is_default) as spent, sum(checks_failed) as failed"
        " from marts.unit_year where fiscal_year = ? and (? is null or division_code = ?)",
        (year, division, division),
    )
    assert row is not None
    first, second, third, fourth = st.columns([1, 1, 2, 1])
    first.metric(say("overview.units"), f"{row['units']:,}")
    second.metric(say("overview.reports"), f"{row['reports']:,}")
    third.metric(
        f"{say('overview.appropriation')}（{money_unit().name}）",
        amount(row["spent"]),
        help=say("overview.appropriation_help"),
    )
    fourth.metric(say("unit.checks"), f"{int(row['failed'] or 0):,}")


def _money(division: str | None) -> None:
    st.subheader(say("overview.money"), anchor=False)
    found = data.ask(
        "select fiscal_year, count(*) as reports, sum(appropriation_expenditure_yuan) as amount_yuan"
        " from marts.unit_year where is_default and (? is null or division_code = ?)"
        " group by fiscal_year order by fiscal_year",
        (division, division),
    )
    unit = money_unit()
    points = [(y, money.scaled(v, unit)) for y, v in zip(found["fiscal_year"], found["amount_yuan"], strict=True)]
    st.caption(say("overview.money_about"))
    name = known("bases", "appropriation")
    chart(charts.lines({name: points}, unit.name, 280), "money_by_year", say("overview.money"))
    with st.expander(say("sql.result")):
        table(found, "by_year")


def _by_class(year: int, division: str | None) -> None:
    st.subheader(say("overview.by_class", year=year), anchor=False)
    found = data.ask(
        "select class_code as functional_code, class_name, sum(expenditure_total_yuan) as expenditure_total_yuan"
        " from marts.spending_by_function where basis = 'appropriation' and is_default and fiscal_year = ?"
        " and (? is null or division_code = ?) group by all having sum(expenditure_total_yuan) <> 0"
        " order by expenditure_total_yuan desc",
        (year, division, division),
    )
    if found.empty:
        empty("year")
        return
    unit = money_unit()
    values = [money.scaled(v, unit) for v in found["expenditure_total_yuan"]]
    chart(
        charts.bars(
            [str(n) for n in found["class_name"]][:12], {known("bases", "appropriation"): values[:12]}, unit.name
        ),
        "by_class",
        say("overview.by_class", year=year),
    )
    table(found, "classes")


def _largest(year: int, division: str | None) -> None:
    st.subheader(say("overview.largest", year=year), anchor=False)
    found = data.ask(
        "select report_id, release, unit_id, unit_name, scope, expenditure_total_yuan,"
        " three_public_final_yuan, checks_failed"
        " from marts.unit_year where is_default and fiscal_year = ? and (? is null or division_code = ?)"
        " and expenditure_total_yuan is not null order by expenditure_total_yuan desc, unit_id limit 200",
        (year, division, division),
    )
    if found.empty:
        empty("year")
        return
    unit = money_unit()
    top = found.head(_LARGEST)
    values = [money.scaled(v, unit) for v in top["expenditure_total_yuan"]]
    chart(
        charts.bars(
            [str(n or say("frame.unnamed")) for n in top["unit_name"]], {say("unit.expenditure"): values}, unit.name
        ),
        "largest",
        say("overview.largest", year=year),
    )
    links = "　".join(
        f"[{plain(name or say('frame.unnamed'))}]({unit_link(one, year)})"
        for one, name in zip(top["unit_id"].head(_LINKS), top["unit_name"].head(_LINKS), strict=True)
    )
    st.markdown(f"{say('frame.open_unit')}：{links}")
    rows = found.assign(open=[unit_link(one, year) for one in found["unit_id"]])
    table(
        rows,
        "units",
        columns=("unit_name", "open", "scope", "expenditure_total_yuan", "three_public_final_yuan", "checks_failed"),
        home=of_year,
        opens={"open": say("frame.open_unit")},
    )


def _coverage(division: str | None) -> None:
    st.subheader(say("overview.coverage"), anchor=False)
    st.caption(say("overview.coverage_about"))
    found = data.ask(
        "select unit_id, max(unit_name) as unit_name, fiscal_year,"
        " case when bool_or(state = 'published') then 'published' when bool_or(state = 'not_collected')"
        " then 'not_collected' when bool_or(state = 'expected') then 'expected' else 'exempt' end as state"
        " from marts.coverage where level = 'body_year' and (? is null or division_code = ?)"
        " group by unit_id, fiscal_year order by unit_id, fiscal_year",
        (division, division),
    )
    if found.empty:
        empty("gaps")
        return
    names = found.groupby("unit_id", sort=False)["unit_name"].last()
    gaps = found[found["state"].isin(["not_collected", "expected"])].groupby("unit_id").size()
    # Those with gaps first: they are what the map is looked at for.
    order = sorted(names.index, key=lambda one: (-int(gaps.get(one, 0)), str(names[one]), one))
    parts = -(-len(order) // _PART)
    part = 1
    if parts > 1:
        part = number(f"{say('overview.coverage_part')}（{_PART} / {len(order)}）", 1, parts, "part")
    own = order[(part - 1) * _PART : part * _PART]
    years = sorted({int(y) for y in found["fiscal_year"]})
    place = {one: i for i, one in enumerate(own)}
    states = {
        (place[one], int(y)): state
        for one, y, state in zip(found["unit_id"], found["fiscal_year"], found["state"], strict=True)
        if one in place
    }
    figure = charts.state_map(
        [str(names[one] or say("frame.unnamed")) for one in own], years, states, lambda state: known("states", state)
    )
    chart(figure, "coverage", say("overview.coverage"))
    with st.expander(say("sql.result")):
        table(
            opened(found),
            "coverage_rows",
            columns=("unit_name", "fiscal_year", "state", "open"),
            opens={"open": say("frame.open_unit")},
        )


def _checks(year: int, division: str | None) -> None:
    st.subheader(say("overview.checks"), anchor=False)
    st.caption(say("overview.checks_about"))
    found = data.ask(
        "select sum(passed) as passed, sum(within_rounding) as within_rounding, sum(failed) as failed,"
        " sum(could_not_run) as could_not_run, sum(not_applicable) as not_applicable"
        " from marts.check_summary where fiscal_year = ? and (? is null or division_code = ?)",
        (year, division, division),
    )
    row: dict[str, Any] = {name: found[name].iloc[0] for name in found.columns}
    names = {"passed": "pass", "failed": "fail"}
    states = [names.get(name, name) for name in row]
    import pandas as pd

    counts = pd.DataFrame({"state": states, "results": [int(v or 0) for v in row.values()]})
    assert all(state in options("states") for state in states)
    table(counts, "check_states")


def _newest() -> None:
    st.subheader(say("overview.newest"), anchor=False)
    found = data.ask(
        "select path, status, retrieved_on, published_on, loaded_at from raw.document"
        " order by loaded_at desc, retrieved_on desc nulls last, path limit 20"
    )
    if found.empty:
        empty("reports")
        return
    found = found.assign(path=[plain_path(p) for p in found["path"]])
    table(found, "newest", columns=("path", "status", "retrieved_on", "published_on"))


def plain_path(path: Any) -> str:
    """The file without its folder."""
    return str(path).rpartition("/")[2]
