"""A query of one's own: an editor, what there is to ask, examples, the answer as a table and a chart.

Belongs here: the editor and what is shown of an answer. Does not belong here: running it (``bounded_query``), what
tables and columns mean (comments of the published file, ``dictionary``).
"""

from __future__ import annotations

import re
import time
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from juesuan.bounded_query import Answer, Bounds, QueryRefused, running
from juesuan.dashboard import charts, data
from juesuan.dashboard.frame import chart, table, title
from juesuan.dashboard.links import select
from juesuan.dashboard.words import plain, say
from juesuan.dictionary import Entry, entries
from juesuan.settings import Settings

_EXAMPLE = re.compile(r"^## (?P<title>\d+\. .+?)\n+```sql\n(?P<sql>.+?)\n```", re.MULTILINE | re.DOTALL)
_FIRST = "select unit_name, fiscal_year, expenditure_total_yuan\nfrom marts.unit_year\nwhere is_default\norder by 1, 2"
_POINTS = 2000
_PRINTED = 8


@cache
def bounds() -> Bounds:
    """What a query may take here, as the settings say."""
    said = Settings.load().query
    return Bounds(seconds=said.seconds, memory=said.memory, rows=said.rows)


@cache
def examples() -> dict[str, str]:
    """The questions of the cookbook with their SQL; none where the project's documents are not there."""
    file = Path(__file__).resolve().parents[4] / "docs" / "cookbook.md"
    if not file.is_file():
        return {}
    return {one["title"]: one["sql"] for one in _EXAMPLE.finditer(file.read_text("utf-8"))}


def show() -> None:
    """Draw the page."""
    title("sql")
    editor, schema = st.columns([3, 2])
    with schema:
        _schema()
    with editor:
        given = examples()
        chosen = select(
            say("sql.examples"), ["", *given], "example", usual="", words=lambda one: one or say("sql.none")
        )
        if chosen != st.session_state.get("_example_shown"):
            st.session_state["_example_shown"] = chosen
            if chosen:
                st.session_state["sql_text"] = given[chosen]
                st.session_state.pop("_answer", None)
        st.session_state.setdefault("sql_text", st.query_params.get("sql", _FIRST)[:5000])
        query = st.text_area(say("sql.editor"), key="sql_text", height=190)
        st.caption(
            say("sql.limits", seconds=f"{bounds().seconds:g}", memory=bounds().memory, rows=f"{bounds().rows:,}")
        )
        if st.button(say("sql.run"), type="primary", icon=":material/play_arrow:", key="run"):
            _run(query)
    _result()


def _run(query: str) -> None:
    """Run it in its process; whoever leaves the page ends it."""
    st.query_params["sql"] = query[:5000]
    st.session_state.pop("_answer", None)
    waiting = st.empty()
    try:
        with running(data.version().file, query, bounds()) as one:
            while not one.done():
                time.sleep(0.05)
                if one.seconds > 1:
                    # each of these lets Streamlit stop the script, which ends the process
                    waiting.caption(f"{say('sql.wait')} {one.seconds:.0f} s")
            st.session_state["_answer"] = one.answer()
    except QueryRefused as problem:
        st.session_state["_answer"] = str(problem)
    waiting.empty()


def _result() -> None:
    answer: Answer | str | None = st.session_state.get("_answer")
    if answer is None:
        return
    st.subheader(say("sql.result"), anchor=False)
    if isinstance(answer, str):
        st.error(say("sql.failed", why=""), icon=":material/error:")
        st.code(answer, language=None)
        return
    st.caption(say("sql.took", rows=f"{answer.table.num_rows:,}", seconds=f"{answer.seconds:.2f}"))
    if answer.cut:
        st.warning(say("sql.cut", rows=f"{bounds().rows:,}"))
    frame = _framed(answer)
    table(frame, "answer")
    _chart(frame)


def _framed(answer: Answer) -> pd.DataFrame:
    """The answer for pandas; columns of one name are told apart."""
    names: list[str] = []
    for name in answer.table.column_names:
        plain_name, n = name, 2
        while plain_name in names:
            plain_name, n = f"{name} ({n})", n + 1
        names.append(plain_name)
    frame: pd.DataFrame = answer.table.rename_columns(names).to_pandas(integer_object_nulls=True)
    return frame


def _chart(frame: pd.DataFrame) -> None:
    numbers = [name for name in frame.columns if _is_number(frame[name])]
    others = [name for name in frame.columns if name not in numbers] or list(frame.columns)
    if not numbers or frame.empty:
        st.caption(say("sql.no_chart"))
        return
    st.subheader(say("sql.chart"), anchor=False)
    across, value = st.columns(2)
    years = [name for name in frame.columns if "year" in name]
    order = [*years, *(name for name in others if name not in years)]
    values = [name for name in numbers if name not in years] or numbers
    x = select(say("sql.x"), order, "x", usual=order[0], where=across) or order[0]
    y = select(say("sql.y"), values, "y", usual=values[-1], where=value) or values[-1]
    shown = frame.head(_POINTS)
    points = [(str(a), float(b) if data.stated(b) else None) for a, b in zip(shown[x], shown[y], strict=True)]
    if x in years:
        by: dict[str, list[tuple[Any, float | None]]] = {}
        label = next((name for name in others if name not in years), None)
        keys = [str(v) for v in shown[label]] if label else [y] * len(shown)
        for key, point in zip(keys, points, strict=True):
            by.setdefault(key, []).append(point)
        figure = charts.lines(dict(list(by.items())[:8]), "")
    else:
        figure = charts.bars([a for a, _ in points[:30]], {y: [b for _, b in points[:30]]}, "")
    chart(figure, "answer_chart", say("sql.chart"))


def _is_number(values: pd.Series) -> bool:
    if values.dtype.kind in "iuf":
        return True
    some = [v for v in values if data.stated(v)]
    return bool(some) and all(hasattr(v, "as_tuple") or (isinstance(v, int) and not isinstance(v, bool)) for v in some)


@st.cache_resource(max_entries=2, show_spinner=False)
def _dictionary(home: str) -> list[Entry]:
    """The words of the printed forms with the places where a query finds them; none without the project's models."""
    settings = data.settings()
    return [one for one in entries(settings) if one.printed] if settings.dbt_project.is_dir() else []


def _printed(wanted: str) -> None:
    """Columns of the printed forms that the words name: 表3 基本支出."""
    found = [one for one in _dictionary(str(data.settings().home)) if one.found_by(wanted.split())][:_PRINTED]
    if found:
        st.caption(say("sql.printed"))
        rows = [(f"{one.place} · {one.column}", " ".join(one.printed[:2]), one.chinese) for one in found]
        st.dataframe(pd.DataFrame(rows, columns=["place", "表", "中文"]), hide_index=True, height="content")


def _schema() -> None:
    """Tables and columns with what they mean; words of the printed forms find them too."""
    wanted = st.text_input(say("sql.find"), key="find", max_chars=80).strip().lower()
    found = data.ask(
        "select t.schema_name, t.name, t.said, c.column_name, c.data_type, c.comment from"
        " (select schema_name, table_name as name, comment as said from duckdb_tables() union all"
        " select schema_name, view_name, comment from duckdb_views() where not internal) as t"
        " inner join duckdb_columns() as c on t.schema_name = c.schema_name and t.name = c.table_name"
        " where t.schema_name in ('marts', 'conformed') order by t.schema_name desc, t.name, c.column_index"
    )
    if wanted:
        _printed(wanted)
        fits = [
            wanted in f"{row.name} {row.column_name} {row.comment or ''} {row.said or ''}".lower()
            for row in found.itertuples(index=False)
        ]
        found = found[fits]
    names = list(dict.fromkeys(f"{s}.{n}" for s, n in zip(found["schema_name"], found["name"], strict=True)))
    chosen = select(f"{say('sql.schema')}（{len(names)}）", names, "table", usual=names[0] if names else None)
    if chosen is None:
        return
    schema, _, name = chosen.partition(".")
    own = found[(found["schema_name"] == schema) & (found["name"] == name)]
    st.caption(plain(own["said"].iloc[0]))
    st.dataframe(
        own[["column_name", "data_type", "comment"]],
        hide_index=True,
        height=260,
        column_config={"column_name": "column", "data_type": "type", "comment": "中文 / English"},
    )
