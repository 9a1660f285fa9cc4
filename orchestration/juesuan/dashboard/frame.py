"""What every page has: head, filters, tables whose numbers open their source, charts with a table under them, foot.

Belongs here: how a page is put together. Does not belong here: queries, which chart is drawn (``charts``), where a
figure is printed (``source``).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb
import streamlit as st

from juesuan.dashboard import data, links, money
from juesuan.dashboard.source import Address, in_dialog
from juesuan.dashboard.words import LANGUAGES, column, comments, known, plain, say
from juesuan.spreadsheet import NOTE, for_cell, harmless
from juesuan.warehouse import NothingPublished

if TYPE_CHECKING:
    import pandas as pd

#: Where a number of a table is printed: from a row (by column name) and the name of the column.
Home = Callable[[Mapping[str, Any], str], Address | None]

#: Rows that a browser is sent; the download has all.
MOST_ROWS = 5000
_HEIGHT = 35
_ROWS_SHOWN = 14
# How a column is shown, by the end of its name.
_MONEY, _RATIO, _PERCENT = ("_yuan",), ("_ratio", "_share", "share"), ("_pct",)
_STATES = {
    "state": "states",
    "scope": "scopes",
    "status": "states",
    "severity": "severities",
    "worst_state": "states",
    "worst_severity": "severities",
    "budget_stage": "stages",
    "value_state": "value_states",
    "final_state": "value_states",
    "entry_kind": "entry_kinds",
    "fund": "funds",
    "basis": "bases",
    "item": "three_public_items",
    "income_source": "income_sources",
    "succession_kind": "succession_kinds",
    "nature": "natures",
    "step": "carryover_steps",
    "indicator_unit": "indicator_units",
    "indicator_state": "indicator_states",
    "level": "levels",
    "entity_kind": "entity_kinds",
    "prior_source": "prior_sources",
    "publication_state": "publication_states",
}


# --- once a page ------------------------------------------------------------------------------------------------------


def switches() -> None:
    """Language and unit of money, kept in the address over all pages."""
    with st.sidebar:
        links.switch("语言 Language", list(LANGUAGES), "lang", usual="zh", words=lambda name: LANGUAGES[name])
        links.switch(say("frame.money_unit"), list(money.UNITS), "money", usual=money.USUAL)


def money_unit() -> money.Unit:
    """In which unit amounts are shown."""
    return money.UNITS.get(st.session_state.get("money") or money.USUAL, money.UNITS[money.USUAL])


def amount(yuan: Any) -> str:
    """An amount in the unit that the reader chose, without its name."""
    return money.amount(yuan, money_unit())


def title(key: str) -> None:
    """The head of a page: its name, and in one line what it answers."""
    st.title(say(f"pages.{key}"), anchor=False)
    st.caption(say(f"about.{key}"))


def foot() -> None:
    """Where everything on the page comes from; said again when a newer version is there."""
    st.divider()
    shown = data.version()
    st.caption(
        say(
            "frame.source",
            version=plain(shown.id),
            built=f"{shown.built_at:%Y-%m-%d %H:%M}",
            reports=f"{shown.reports:,}",
            figures=f"{shown.figures:,}",
        )
    )


@st.fragment(run_every=20)
def newer(shown: str) -> None:
    """Say that a newer version is there; the page stays as it is until the reader asks for it."""
    try:
        newest = data.newest_id()
    except NothingPublished:
        return
    if newest != shown:
        with st.container(border=True, key="newer"):
            st.markdown(say("frame.newer", version=plain(newest)))
            if st.button(say("frame.show_newer"), key="show_newer", type="primary"):
                st.rerun(scope="app")


@contextmanager
def guarded() -> Iterator[None]:
    """What may go wrong while a page is drawn, said to the reader with what to do; our own faults stay ours."""
    try:
        yield
    except data.OtherSchema as problem:
        other_schema(str(problem))
    except duckdb.OutOfMemoryException:
        st.error(say("frame.too_large"))


def nothing_published() -> None:
    """No warehouse yet: what to do."""
    st.title(say("frame.nothing_title"), anchor=False)
    st.markdown(say("frame.nothing"))
    st.code("juesuan refresh", language="bash")
    st.markdown(say("frame.nothing_demo"))
    st.code(
        "juesuan demo --units 300 --years 8\n"
        "JUESUAN_RAW=demo/raw JUESUAN_WAREHOUSE=demo/warehouse juesuan refresh\n"
        "JUESUAN_RAW=demo/raw JUESUAN_WAREHOUSE=demo/warehouse juesuan dashboard",
        language="bash",
    )
    st.caption(say("frame.looked_at", file=plain(data.settings().published)))


def other_schema(problem: str) -> None:
    """The warehouse was built by another version of juesuan: what is missing, and what to do."""
    st.title(say("frame.schema_title"), anchor=False)
    st.markdown(say("frame.schema"))
    st.code("juesuan refresh", language="bash")
    st.caption(plain(problem))


def empty(key: str, **values: Any) -> None:
    """Nothing to show here: why, and what to do about it."""
    st.info(say(f"empty.{key}", **values), icon=":material/inbox:")


# --- tables -----------------------------------------------------------------------------------------------------------


def table(
    frame: pd.DataFrame,
    key: str,
    *,
    columns: Sequence[str] = (),
    home: Home | None = None,
    names: Mapping[str, str] | None = None,
    opens: Mapping[str, str] | None = None,
) -> None:
    """A table of an answer: headers in words, money in the unit chosen, downloads. A click on a number of a table that
    has a ``home`` opens where it is printed.

    ``columns``: those to show, in this order; downloads have all, money in yuan. ``names``: other headers.
    ``opens``: columns that hold addresses -> what to call them.
    """
    names = names or {}
    opens = opens or {}
    shown = frame.head(MOST_ROWS)
    order = [name for name in (columns or list(frame.columns)) if name in frame.columns]
    seen = _readable(shown[order])
    chosen = st.dataframe(
        seen,
        key=key,
        hide_index=True,
        column_config=_config(order, names, opens),
        height=_HEIGHT * (min(len(seen), _ROWS_SHOWN) + 1) + 3,
        on_select="rerun" if home else "ignore",
        selection_mode="single-cell",
        placeholder="",
    )
    _under_table(frame, key)
    if home is not None:
        cells = getattr(getattr(chosen, "selection", None), "cells", None) or []
        _open(cells, shown, seen, home, key)


def _open(cells: Sequence[Any], shown: pd.DataFrame, seen: pd.DataFrame, home: Home, key: str) -> None:
    """The source of the number that was clicked; once for each click, since a dialog that was closed is to stay so."""
    if not cells:
        st.session_state.pop(f"{key}_opened", None)
        return
    number, name = cells[0]
    if st.session_state.get(f"{key}_opened") == (number, name) or number >= len(shown):
        return
    st.session_state[f"{key}_opened"] = (number, name)
    address = home(shown.iloc[number].to_dict(), str(name))
    if address is not None:
        in_dialog(address)
    elif name in seen.columns and seen[name].dtype.kind in "fi":
        st.toast(say("source.derived"))


def _under_table(frame: pd.DataFrame, key: str) -> None:
    rows = len(frame)
    note = say("frame.rows", rows=f"{rows:,}")
    if rows > MOST_ROWS:
        note = say("frame.rows_cut", rows=f"{rows:,}", shown=f"{MOST_ROWS:,}")
    name = f"juesuan-{key}-{data.version().id}"
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(note, width="stretch")
        for kind, made, media in (("CSV", as_csv, "text/csv"), ("XLSX", as_xlsx, sheet)):
            st.download_button(
                kind,
                partial(made, frame),
                f"{name}.{kind.lower()}",
                media,
                key=f"{key}_{kind.lower()}",
                on_click="ignore",
                icon=":material/download:",
                type="tertiary",
            )


def as_csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 with a mark that Excel knows it by; figures exact."""
    return frame.map(harmless).to_csv(index=False).encode("utf-8-sig")


def as_xlsx(frame: pd.DataFrame) -> bytes:
    """One sheet; numbers are numbers, and what each column means is a note on its header."""
    from openpyxl import Workbook
    from openpyxl.comments import Comment

    book = Workbook()
    sheet = book.active
    sheet.append([str(name) for name in frame.columns])
    said = comments()
    for cell in sheet[1]:
        if meaning := said.get(cell.value):
            cell.comment = Comment(meaning, "juesuan", **NOTE)
    for row in frame.itertuples(index=False, name=None):
        sheet.append([for_cell(value) if data.stated(value) else None for value in row])
    sheet.freeze_panes = "A2"
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    """Values as the reader wants them: money scaled, states in words. Not for computing."""
    import pandas as pd

    unit = money_unit()
    out = {}
    for name in frame.columns:
        values = frame[name]
        if name.endswith(_MONEY):
            out[name] = pd.Series([money.scaled(v, unit) for v in values], dtype="float64")
        elif name.endswith(_RATIO):
            out[name] = pd.Series([float(v) * 100 if data.stated(v) else None for v in values], dtype="float64")
        elif name.endswith(_PERCENT):
            out[name] = pd.Series([float(v) if data.stated(v) else None for v in values], dtype="float64")
        elif name in _STATES:
            out[name] = pd.Series([known(_STATES[name], v) if data.stated(v) else "" for v in values], dtype="object")
        elif values.dtype == object and any(hasattr(v, "as_tuple") for v in values):
            out[name] = pd.Series([float(v) if data.stated(v) else None for v in values], dtype="float64")
        elif values.dtype == object:
            # what is not stated is left empty; pandas would print None
            out[name] = pd.Series([v if data.stated(v) else "" for v in values], dtype="object")
        else:
            out[name] = values.reset_index(drop=True)
    return pd.DataFrame(out)


def _config(order: Sequence[str], names: Mapping[str, str], opens: Mapping[str, str]) -> dict[str, Any]:
    unit = money_unit()
    said = comments()
    config: dict[str, Any] = {}
    for name in order:
        header, meaning = names.get(name) or column(name), said.get(name)
        if name in opens:
            config[name] = st.column_config.LinkColumn(header, display_text=opens[name], width="small")
        elif name.endswith(_MONEY):
            header = f"{header}（{unit.name}）"
            config[name] = st.column_config.NumberColumn(header, help=meaning, format=f"%,.{unit.decimals}f")
        elif name.endswith((*_RATIO, *_PERCENT)):
            config[name] = st.column_config.NumberColumn(header, help=meaning, format="%,.1f%%")
        elif name == "fiscal_year":
            config[name] = st.column_config.NumberColumn(header, help=meaning, format="%d", width="small")
        else:
            config[name] = st.column_config.Column(header, help=meaning)
    return config


def chart(figure: Any, key: str, said: str) -> None:
    """A chart as wide as the page; ``said`` tells those who do not see it what it shows."""
    st.plotly_chart(figure, key=key, config={"displaylogo": False, "displayModeBar": False}, alt=said)
