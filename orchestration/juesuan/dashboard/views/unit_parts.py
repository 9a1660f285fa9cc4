"""The parts of the page of a body, one function each.

Belongs here: what each part asks and shows. Does not belong here: which body and year (``unit``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from juesuan.dashboard import charts, data, money
from juesuan.dashboard.frame import chart, empty, money_unit, table
from juesuan.dashboard.links import unit_link
from juesuan.dashboard.source import Address, of_cell, of_line, of_statement, of_topic, of_year
from juesuan.dashboard.words import column, known, say


@dataclass(frozen=True, slots=True)
class Body:
    """The body, year and scope that the page shows, and the report that says it; ``years``: those that it has."""

    unit_id: str
    name: str
    year: int
    report_id: str
    release: int
    scope: str
    years: list[int]

    @property
    def keys(self) -> tuple[str, int]:
        """What most queries are asked by."""
        return (self.report_id, self.release)


def _by(columns: Mapping[str, str]) -> Callable[[Mapping[str, Any], str], Address | None]:
    """Homes of a mart whose row is one printed row: column of the mart -> column of the form."""
    return lambda row, name: of_cell(row, columns.get(name))


def _added(values: Any) -> Decimal:
    return sum((v for v in values if data.stated(v)), Decimal(0))


def _stated(value: Any) -> bool:
    return data.stated(value) and value != 0


# --- where money comes from and goes to -----------------------------------------------------------------------


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
    nature_about(one, spent)


def _flows(one: Body, income: pd.DataFrame, spent: pd.DataFrame) -> list[tuple[str, str, Decimal]]:
    """Flows that end where they began: what both sides differ by is carry-over, and shown as that."""
    year = data.one("select * from marts.unit_year where report_id = ? and release = ?", one.keys) or {}
    whole = f"1|{say('unit.all_money')}"
    flows: list[tuple[str, str, Decimal]] = []
    sources: dict[str, Decimal] = {}
    for source, value in zip(income["income_source"], income["amount_yuan"], strict=True):
        if _stated(value):
            sources[str(source)] = sources.get(str(source), Decimal(0)) + value
    flows += [(f"0|{known('income_sources', source)}", whole, value) for source, value in sources.items()]
    for key, name in (
        ("opening", "opening_carryover_yuan"),
        ("surplus_used", "non_appropriation_surplus_used_yuan"),
    ):
        if _stated(year.get(name)):
            flows.append((f"0|{say(f'unit.{key}')}", whole, year[name]))
    natures = ("basic", "project", "superior_remittance", "operating_expenditure", "affiliate_subsidy", "unspecified")
    for (code, name), rows in spent.groupby(["class_code", "class_name"], sort=True, dropna=False):
        total = Decimal(0)
        into = f"2|{name or code or say('unit.residual')}"
        for nature in natures:
            value = _added(rows[f"{nature}_yuan"])
            if value > 0:
                flows.append((into, f"3|{known('natures', nature)}", value))
                total += value
        if total > 0:
            flows.append((whole, into, total))
    for key, name in (("closing", "closing_carryover_yuan"), ("distribution", "surplus_distribution_yuan")):
        if _stated(year.get(name)):
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


def nature_about(one: Body, spent: pd.DataFrame) -> None:
    """Basic and project expenditure by class."""
    if spent.empty:
        return
    st.subheader(say("unit.nature"), anchor=False)
    unit = money_unit()
    names, series = [], {known("natures", "basic"): [], known("natures", "project"): []}  # type: ignore[var-annotated]
    for name, rows in spent.groupby("class_name", sort=False, dropna=False):
        names.append(str(name or say("unit.residual")))
        for nature in ("basic", "project"):
            value = _added(rows[f"{nature}_yuan"])
            series[known("natures", nature)].append(float(value / unit.yuan))
    chart(charts.bars(names, series, unit.name, stacked=True), "natures", say("unit.nature"))
    amounts = ["expenditure_total_yuan", "basic_yuan", "project_yuan"]
    table(
        spent.groupby(["class_code", "class_name"], sort=False, dropna=False)[amounts].agg(_added).reset_index(),
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
    shown = [name for name in _T3 if any(_stated(v) for v in spent[name])]
    table(
        spent,
        "functions",
        columns=("functional_code", "functional_name", "class_name", *shown, "value_state"),
        home=_by(_T3),
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
        if not _stated(value) or value < 0:
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
        home=lambda row, name: _of_code(row, name),
    )


def _of_code(row: Mapping[str, Any], name: str) -> Address | None:
    """The printed row of a code in T3, this year's or last year's."""
    if name == "final_yuan":
        report, codes = row.get("report_id"), row.get("current_codes")
    elif name == "prior_yuan" and row.get("prior_source") == "reported":
        report, codes = row.get("prior_report_id"), row.get("prior_codes")
    else:
        return None
    code = row.get("line_key") or codes
    found = data.one(
        "select c.report_id, b.release, c.table_key, c.table_no, c.row_key from raw.cell as c"
        " inner join raw.report_document as b on c.report_id = b.report_id and c.document_id = b.document_id"
        " and c.report_no = b.report_no inner join conformed.fct_release as f on b.report_id = f.report_id"
        " and b.release = f.release and f.is_current where c.report_id = ? and c.table_key = 'T3' and c.row_key = ?"
        " and c.column_key = 'expenditure_total' limit 1",
        (report, code),
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
        sums = rows.groupby("class_name", sort=False, dropna=False)["amount_yuan"].agg(_added)
        names = [str(name or say("unit.residual")) for name in sums.index]
        label = known("natures", nature)
        chart(charts.bars(names, {label: [float(v / unit.yuan) for v in sums]}, unit.name), f"economic_{nature}", label)
    table(
        found,
        "economic",
        columns=("economic_code", "economic_name", "class_name", "nature", "fund", "amount_yuan", "value_state"),
        home=lambda row, name: of_cell(row, row.get("column_key")) if name == "amount_yuan" else None,
    )


# --- 三公, operations, procurement, assets ----------------------------------------------------------------------


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
        shown = [n for n in ("initial_budget_yuan", "adjusted_budget_yuan", "unknown_budget_yuan") if _any(found, n)]
        ratios = [n for n in ("initial_completion_ratio", "adjusted_completion_ratio") if _any(found, n)]
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


def _any(frame: pd.DataFrame, name: str) -> bool:
    return any(data.stated(v) for v in frame[name])


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
    stage = name.removesuffix("_yuan")
    stage = "final" if stage == "final" else stage
    found = data.one(
        "select report_id, release, table_key, table_no, row_key, column_key from conformed.fct_three_public"
        " where report_id = ? and release = ? and fund = ? and item = ? and stage = ? limit 1",
        (row["report_id"], int(row["release"]), row["fund"], row["item"], stage),
    )
    return found and of_cell(found, str(found["column_key"]))


def _three_years(one: Body) -> None:
    found = data.ask(
        "select fiscal_year, item, final_yuan from marts.three_public_expenses where unit_id = ? and scope = ?"
        " and item in ('total', 'abroad', 'vehicle', 'reception')"
        " and release = (select max(r.release) from conformed.fct_release as r where r.report_id ="
        " three_public_expenses"
        ".report_id and r.is_current) group by all order by fiscal_year",
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
    if found.empty or not any(_any(found, name) for name in shown):
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
    order = list(dict.fromkeys(["opening", "adjustment", "income", "surplus_used", "expenditure"]))
    order += ["surplus_distribution", "closing"]
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
        if _any(found, name)
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


# --- over the years, among peers, history ---------------------------------------------------------------------


def years(one: Body) -> None:
    """Income and expenditure by year, all scopes of the body told apart."""
    found = data.ask(
        "select report_id, release, unit_id, fiscal_year, scope, income_total_yuan, expenditure_total_yuan,"
        " basic_yuan, project_yuan,"
        " three_public_final_yuan, agency_operating_expenses_yuan, closing_carryover_yuan, checks_failed"
        " from marts.unit_year where unit_id in (select u.unit_id from conformed.dim_unit_year as u where"
        " u.series_id in"
        " (select s.series_id from conformed.dim_unit_year as s where s.unit_id = ?)) and scope = ? order by"
        " fiscal_year",
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
    rows = found.assign(
        open=[unit_link(u, int(y)) for u, y in zip(found["unit_id"], found["fiscal_year"], strict=True)]
    )
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
