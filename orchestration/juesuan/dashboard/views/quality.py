"""Quality: contradictions, gaps, unusual values, restatements, timeliness, and how each check fares.

Belongs here: what is doubtful, over all bodies. Does not belong here: one body (``unit``), one document
(``documents``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from juesuan.dashboard import charts, data
from juesuan.dashboard.frame import chart, empty, table, title
from juesuan.dashboard.links import opened, select, switch, text
from juesuan.dashboard.source import of_cell, of_topic
from juesuan.dashboard.words import known, say
from juesuan.places import Address

_MOST = 20_000


def show() -> None:
    """Draw the page."""
    title("quality")
    years = data.fiscal_years()
    if not years:
        empty("reports")
        return
    part = switch(" ", list(_PARTS), "part", usual="contradictions", words=lambda p: say(f"quality.{p}"))
    at, who = st.columns([1, 3])
    year = select(
        say("frame.year"), [0, *years], "year", usual=0, words=lambda y: str(y) if y else say("frame.all"), where=at
    )
    unit = text(say("frame.unit"), "name", where=who)
    st.caption(say(f"quality.{part}_about"))
    _PARTS[part](year or None, unit.strip() or None)


def of_finding(row: Mapping[str, Any], name: str) -> Address | None:
    """Where a contradiction is printed: the place that its check names, ``table/row/column``."""
    place = str(row.get("place") or "")
    if isinstance(row.get("table_key"), str):
        return of_cell(row, row.get("column_key"))
    table_key, _, rest = place.partition("/")
    row_key, _, column = rest.rpartition("/")
    if row_key:
        return Address(str(row["report_id"]), int(row["release"]), table_key, None, row_key, column)
    return of_topic(str(row["report_id"]), int(row["release"]), place)


def _contradictions(year: int | None, unit: str | None) -> None:
    found = data.ask(
        "select * from marts.reconciliation where state = 'fail' and (? is null or fiscal_year = ?)"
        " and (? is null or contains(unit_name, ?))"
        f" order by case severity when 'error' then 0 else 1 end, unit_name, fiscal_year, place limit {_MOST}",
        (year, year, unit, unit),
    )
    if found.empty:
        empty("contradictions")
        return
    table(
        opened(found),
        "contradictions",
        columns=(
            "unit_name",
            "fiscal_year",
            "open",
            "message",
            "entry_kind",
            "severity",
            "check_ids",
            "printed_yuan",
            "parts_yuan",
            "difference_yuan",
            "expected",
            "actual",
            "place",
            "scope",
        ),
        home=of_finding,
        opens={"open": say("frame.open_unit")},
    )


def _gaps(year: int | None, unit: str | None) -> None:
    found = data.ask(
        "select level, unit_id, unit_name, fiscal_year, scope, table_key, title, state, reason, document"
        " from marts.coverage"
        " where ((level = 'body_year' and state in ('expected', 'not_collected'))"
        " or (level = 'table' and state in ('missing', 'unreadable', 'withheld'))"
        " or (level in ('report', 'document') and state in ('partial', 'failed', 'needs_review')))"
        " and (? is null or fiscal_year = ?) and (? is null or contains(unit_name, ?))"
        f" order by level, unit_name, fiscal_year, table_key limit {_MOST}",
        (year, year, unit, unit),
    )
    if found.empty:
        empty("gaps")
        return
    counts = found.groupby("state", sort=False).size()
    names = [known("states", state) for state in counts.index]
    chart(charts.bars(names, {say("quality.gaps"): [float(n) for n in counts]}, ""), "gap_states", say("quality.gaps"))
    table(
        opened(found),
        "gaps",
        columns=("unit_name", "fiscal_year", "scope", "table_key", "title", "state", "reason", "document", "open"),
        opens={"open": say("frame.open_unit")},
    )


def _unusual(year: int | None, unit: str | None) -> None:
    found = data.ask(
        "select * from marts.unusual where (? is null or fiscal_year = ?) and (? is null or contains(unit_name, ?))"
        f" order by unusual_rule, unit_name, fiscal_year limit {_MOST}",
        (year, year, unit, unit),
    )
    if found.empty:
        empty("unusual")
        return
    table(
        opened(found),
        "unusual",
        columns=(
            "unit_name",
            "fiscal_year",
            "scope",
            "subject_name",
            "found_value",
            "compared_value",
            "unusual_reason",
            "rule_confidence",
            "open",
        ),
        opens={"open": say("frame.open_unit")},
    )


def _restated(year: int | None, unit: str | None) -> None:
    found = data.ask(
        "select * from marts.restatements where (? is null or fiscal_year = ?) and (? is null"
        " or contains(unit_name, ?))"
        f" order by unit_name, fiscal_year, table_key, row_key limit {_MOST}",
        (year, year, unit, unit),
    )
    if found.empty:
        empty("restated")
        return
    show_restated(found)


def show_restated(found: pd.DataFrame) -> None:
    """What reissues changed: before and after, each with its source."""
    table(
        opened(found),
        "restated",
        columns=(
            "unit_name",
            "fiscal_year",
            "table_key",
            "row_label",
            "column_key",
            "text_before",
            "text_after",
            "difference_yuan",
            "state",
            "open",
        ),
        home=_of_restated,
        opens={"open": say("frame.open_unit")},
    )


def _of_restated(row: Mapping[str, Any], name: str) -> Address | None:
    """Before stands in the earlier release, after in this one."""
    release = row.get("earlier_release") if name == "text_before" else row.get("release")
    if name not in ("text_before", "text_after", "difference_yuan"):
        return None
    return of_cell(dict(row) | {"release": release}, row.get("column_key"))


def _timeliness(year: int | None, unit: str | None) -> None:
    found = data.ask(
        "select * from marts.publication where (? is null or fiscal_year = ?) and (? is null or contains(unit_name, ?))"
        f" order by publication_days desc nulls last, unit_name, fiscal_year limit {_MOST}",
        (year, year, unit, unit),
    )
    if found.empty:
        empty("filter")
        return
    counts = found.groupby("publication_state", sort=False, dropna=False).size()
    names = [known("publication_states", state if data.stated(state) else "unknown") for state in counts.index]
    chart(
        charts.bars(names, {say("quality.timeliness"): [float(n) for n in counts]}, ""),
        "publication_states",
        say("quality.timeliness"),
    )
    table(
        opened(found),
        "timeliness",
        columns=(
            "unit_name",
            "fiscal_year",
            "scope",
            "approved_on",
            "first_published_on",
            "publication_days",
            "publication_state",
            "open",
        ),
        opens={"open": say("frame.open_unit")},
    )


def _checks(year: int | None, unit: str | None) -> None:
    found = data.ask(
        "select check_id, max(rule) as rule, count(distinct report_id) as reports, sum(results) as results,"
        " sum(passed) as passed, sum(within_rounding) as within_rounding, sum(failed) as failed,"
        " sum(could_not_run) as could_not_run, sum(not_applicable) as not_applicable from marts.check_summary"
        " where (? is null or fiscal_year = ?) and (? is null or contains(unit_name, ?)) group by check_id"
        " order by sum(failed) desc, check_id",
        (year, year, unit, unit),
    )
    if found.empty:
        empty("filter")
        return
    found = found.astype(dict.fromkeys(found.columns[3:], "Int64"))
    failing = found[found["failed"] > 0].head(15)
    if not failing.empty:
        chart(
            charts.bars(
                [str(c) for c in failing["check_id"]],
                {known("states", "fail"): [float(n) for n in failing["failed"]]},
                "",
            ),
            "failing",
            say("quality.checks"),
        )
    table(found, "checks")


_PARTS: dict[str, Callable[[int | None, str | None], None]] = {
    "contradictions": _contradictions,
    "gaps": _gaps,
    "unusual": _unusual,
    "restated": _restated,
    "timeliness": _timeliness,
    "checks": _checks,
}
