"""One functional or economic class across bodies and years.

Belongs here: a code through the years, its parts, who spends under it. Does not belong here: what one body spends
(``unit``).
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from juesuan.dashboard import charts, data, money
from juesuan.dashboard.frame import chart, empty, money_unit, table, title
from juesuan.dashboard.links import page_link, select, switch, unit_link
from juesuan.dashboard.source import of_cell
from juesuan.dashboard.words import known, say

_TOP = 15


@dataclass(frozen=True, slots=True)
class _Kind:
    """How the mart of a classification calls its columns."""

    mart: str
    code: str
    name: str
    value: str
    bases: tuple[str, ...]
    column: str | None


_KINDS = {
    "function": _Kind(
        "marts.spending_by_function",
        "functional_code",
        "functional_name",
        "expenditure_total_yuan",
        ("all_sources", "appropriation"),
        "expenditure_total",
    ),
    "economic": _Kind(
        "marts.spending_by_economic_class", "economic_code", "economic_name", "amount_yuan", ("appropriation",), None
    ),
}


def show() -> None:
    """Draw the page."""
    title("codes")
    which, what, how = st.columns([1, 2, 1])
    kind_name = switch(
        say("codes.kind"), list(_KINDS), "kind", usual="function", words=lambda k: say(f"codes.{k}"), where=which
    )
    kind = _KINDS[kind_name]
    basis = select(
        say("codes.basis"),
        list(kind.bases),
        "basis",
        usual=kind.bases[0],
        words=lambda b: known("bases", b),
        where=how,
    )
    names = _names(kind)
    if not names:
        empty("reports")
        return
    usual = min(names)
    code = select(say("codes.code"), list(names), "code", usual=usual, words=lambda c: f"{c} {names[c]}", where=what)
    if code is None:
        code = usual
    st.caption(f"{say('codes.about_sum')} {say('codes.not_added')}")
    years = data.ask(
        f"select fiscal_year, count(distinct unit_id) as units, sum({kind.value}) as {kind.value} from {kind.mart}"
        f" where is_default and basis = ? and starts_with({kind.code}, ?) group by fiscal_year order by fiscal_year",
        (basis, code),
    )
    if years.empty:
        st.info(say("codes.no_rows"))
        return
    unit = money_unit()
    st.subheader(f"{code} {names[code]} · {say('codes.trend')}", anchor=False)
    points = [(int(y), money.scaled(v, unit)) for y, v in zip(years["fiscal_year"], years[kind.value], strict=True)]
    chart(charts.lines({f"{code} {names[code]}": points}, unit.name, 280), "code_years", say("codes.trend"))
    table(years, "code_years_rows")
    known_years = [int(y) for y in years["fiscal_year"]][::-1]
    year = select(say("frame.year"), known_years, "year", usual=known_years[0])
    _below(kind, basis, code, year, names)
    _units(kind, basis, code, year)


def _names(kind: _Kind) -> dict[str, str]:
    """Codes with their names: those of reports; classes and sections from the same."""
    found = data.ask(
        "select code, arg_max(name, fiscal_year) as name from conformed.code_name where classification = ?"
        " group by code order by code",
        ("functional" if kind.code == "functional_code" else "economic",),
    )
    return {str(c): str(n) for c, n in zip(found["code"], found["name"], strict=True)}


def _below(kind: _Kind, basis: str, code: str, year: int, names: dict[str, str]) -> None:
    length = len(code) + 2
    found = data.ask(
        f"select left({kind.code}, {length}) as code, count(distinct unit_id) as units, sum({kind.value}) as"
        f" {kind.value}"
        f" from {kind.mart} where is_default and basis = ? and starts_with({kind.code}, ?) and fiscal_year = ?"
        f" group by 1 order by {kind.value} desc nulls last",
        (basis, code, year),
    )
    if len(found) < 2:
        return
    st.subheader(say("codes.below", year=year), anchor=False)
    unit = money_unit()
    named = found.assign(
        name=[names.get(str(c), str(c)) for c in found["code"]],
        open=[page_link("codes", code=c, year=year, basis=basis) for c in found["code"]],
    )
    top = named.head(_TOP)
    chart(
        charts.bars(
            [str(n) for n in top["name"]], {str(year): [money.scaled(v, unit) for v in top[kind.value]]}, unit.name
        ),
        "code_parts",
        say("codes.below", year=year),
    )
    table(
        named,
        "code_parts_rows",
        columns=("code", "name", kind.value, "units", "open"),
        names={"code": say("codes.code"), "name": say("columns.functional_name"), "open": say("frame.open_unit")},
        opens={"open": say("frame.open_unit")},
    )


def _units(kind: _Kind, basis: str, code: str, year: int) -> None:
    st.subheader(say("codes.units", year=year), anchor=False)
    found = data.ask(
        f"select * from {kind.mart} where is_default and basis = ? and starts_with({kind.code}, ?) and fiscal_year = ?"
        f" order by {kind.value} desc nulls last, unit_id limit 20000",
        (basis, code, year),
    )
    if found.empty:
        st.info(say("codes.no_rows"))
        return
    unit = money_unit()
    sums = found.groupby(["unit_id", "unit_name"], sort=False, dropna=False)[kind.value].agg(
        lambda values: sum(v for v in values if v is not None)
    )
    top = sorted(sums.items(), key=lambda entry: -entry[1])[:_TOP]
    chart(
        charts.bars(
            [str(name or say("frame.unnamed")) for (_, name), _ in top],
            {str(year): [money.scaled(v, unit) for _, v in top]},
            unit.name,
        ),
        "code_units",
        say("codes.units", year=year),
    )
    rows = found.assign(open=[unit_link(u, year) for u in found["unit_id"]])
    table(
        rows,
        "code_units_rows",
        columns=("unit_name", "scope", "fund", kind.code, kind.name, kind.value, "value_state", "open"),
        home=lambda row, name: of_cell(row, kind.column or row.get("column_key")) if name == kind.value else None,
        opens={"open": say("frame.open_unit")},
    )
