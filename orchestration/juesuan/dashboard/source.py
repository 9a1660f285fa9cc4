"""Where a number is printed: the page with the cell outlined, or the line of text.

Belongs here: which address a number of a mart has, finding it in the warehouse, showing the place; each has an address
of its own (the page ``source``). Does not belong here: what an address is, opening its document (``places``), drawing
(``explaining.spot``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import streamlit as st

from juesuan.dashboard import data
from juesuan.dashboard.words import known, plain, say
from juesuan.explaining.spot import Place, Spot
from juesuan.final_accounts.model import ArchiveError, JuesuanError
from juesuan.places import Address, place_of, spot_of

_CELL = """
select f.unit_name, f.fiscal_year, f.scope, f.release, f.is_current, c.table_key, c.row_key, c.row_label, c.column_key,
       c.report_no, c.table_no, c.value_text, c.money_unit, c.money_unit_source, c.page, c.line,
       c.span_start, c.span_end, c.box, c.row_no,
       c.col_no, c.header_path, c.method, c.placed_by, c.confirmation, c.document_id, d.path, d.title, d.sources,
       t.title as table_title
from raw.cell as c
inner join raw.report_document as b on c.report_id = b.report_id and c.document_id = b.document_id
    and c.report_no = b.report_no
inner join conformed.fct_release as f on b.report_id = f.report_id and b.release = f.release
inner join raw.document as d on c.document_id = d.document_id
left join raw.report_table as t on c.document_id = t.document_id and c.report_no = t.report_no
    and c.table_key = t.table_key and c.table_no = t.table_no
where c.report_id = ? and b.release = ? and c.table_key = ? and c.row_key = ? and c.column_key = ?
    and (? is null or c.table_no = ?)
order by c.table_no, c.cell_no limit 1
"""
_STATEMENT = """
select f.unit_name, f.fiscal_year, f.scope, f.release, f.is_current, s.topic, s.measure, s.value_text, s.unit, s.quote,
       s.page, s.line, s.document_id, d.path, d.title, d.sources
from raw.statement as s
inner join raw.report_document as b on s.report_id = b.report_id and s.document_id = b.document_id
    and s.report_no = b.report_no
inner join conformed.fct_release as f on b.report_id = f.report_id and b.release = f.release
inner join raw.document as d on s.document_id = d.document_id
where s.report_id = ? and b.release = ? and s.statement_no = ?
order by s.document_id limit 1
"""


def of_cell(row: Mapping[str, Any], column: str | None, table: str | None = None) -> Address | None:
    """The address of a figure by the keys that a row of a mart holds; None for what no single figure is."""
    table = table or row.get("table_key")
    key = row.get("row_key")
    if not (column and isinstance(table, str) and isinstance(key, str)):
        return None
    number = row.get("table_no")
    no = int(number) if data.stated(number) else None
    return Address(str(row["report_id"]), int(row["release"]), table, no, key, column)


def of_statement(row: Mapping[str, Any], name: str = "statement_no") -> Address | None:
    """The address of a sentence by the number of its statement."""
    number = row.get(name)
    if not data.stated(number):
        return None
    return Address(str(row["report_id"]), int(row["release"]), statement=int(number))


def of_line(row: Mapping[str, Any]) -> Address | None:
    """The address of a line of text by document, page and line."""
    line = row.get("line")
    if not data.stated(line):
        return None
    page = row.get("page")
    return Address(document=str(row["document_id"]), page=int(page) if data.stated(page) else None, line=int(line))


# Amounts of ``unit_year`` -> line of T1 and the beginning of its column, or row and column of T3.
_T1 = {
    "income_total_yuan": ("income.total_current", "income_amount"),
    "opening_carryover_yuan": ("opening_carryover", "income_amount"),
    "expenditure_total_yuan": ("expenditure.total_current", "expenditure_amount"),
    "closing_carryover_yuan": ("closing_carryover", "expenditure_amount"),
}
_T3 = {"basic_yuan": "basic", "project_yuan": "project"}
_TOPICS = {"agency_operating_expenses_yuan": "agency_operating_expenses", "procurement_total_yuan": "procurement.total"}


def of_year(row: Mapping[str, Any], name: str) -> Address | None:
    """Where an amount of a row of ``unit_year`` is printed."""
    report, release = str(row["report_id"]), int(row["release"])
    found: dict[str, Any] | None = None
    if name in _T1:
        found = data.one(
            "select table_key, table_no, row_key, column_key from raw.cell where report_id = ? and table_key = 'T1'"
            " and line_key = ? and starts_with(column_key, ?) and value is not null order by table_no, cell_no limit 1",
            (report, *_T1[name]),
        )
    elif name in _T3:
        found = {"table_key": "T3", "table_no": None, "row_key": "合计", "column_key": _T3[name]}
    elif name == "three_public_final_yuan":
        found = data.one(
            "select table_key, table_no, row_key, column_key from conformed.fct_three_public where report_id = ?"
            " and release = ? and item = 'total' and stage = 'final' and amount_yuan is not null order by fund limit 1",
            (report, release),
        )
    elif name in _TOPICS:
        return of_topic(report, release, _TOPICS[name])
    return found and of_cell({"report_id": report, "release": release, **found}, found["column_key"])


def of_topic(report: str, release: int, topic: str) -> Address | None:
    """The sentence that states the amount of a topic."""
    found = data.one(
        "select statement_no from raw.statement where report_id = ? and topic = ? and measure = 'amount'"
        " and value is not null order by statement_no limit 1",
        (report, topic),
    )
    return found and Address(report, release, statement=int(found["statement_no"]))


def from_query(given: Mapping[str, str]) -> Address | None:
    """The address that a link holds; None for none or one that was cut."""
    values: dict[str, Any] = {}
    for field in fields(Address):
        text = given.get(field.name)
        if text is None:
            continue
        if "int" in str(field.type):
            if not text.isascii() or not text.isdigit() or len(text) > 9:
                return None
            values[field.name] = int(text)
        else:
            values[field.name] = text[:300]
    address = Address(**values)
    whole = address.table and address.row and address.column
    if (address.report and (whole or address.statement is not None)) or (address.document and address.line):
        return address
    return None


def in_dialog(address: Address) -> None:
    """Open the place beside what the reader was looking at."""

    @st.dialog(say("source.title"), width="large")
    def opened() -> None:
        show(address)
        st.link_button(say("source.own_page"), address.link(), icon=":material/link:")

    opened()


def show(address: Address) -> None:
    """What is printed there, where that is, and the place itself."""
    found = _find(address)
    if found is None:
        st.warning(say("source.not_found"))
        return
    _facts(found)
    try:
        with st.spinner(say("source.opening")):
            spot = _spot(str(found["document_id"]), place_of(found, _near), data.settings().raw)
    except (ArchiveError, OSError) as problem:
        st.warning(say("source.no_document", why=plain(problem)))
        return
    except JuesuanError as problem:
        st.warning(say("source.unreadable", why=plain(problem)))
        return
    _show_spot(spot)


def _find(address: Address) -> dict[str, Any] | None:
    if address.table:
        return data.one(
            _CELL,
            (
                address.report,
                address.release,
                address.table,
                address.row,
                address.column,
                address.no,
                address.no,
            ),
        )
    if address.statement is not None:
        return data.one(_STATEMENT, (address.report, address.release, address.statement))
    found = data.one(
        "select document_id, path, title, sources from raw.document where document_id = ?", (address.document,)
    )
    return None if found is None else found | {"page": address.page, "line": address.line}


def _facts(found: Mapping[str, Any]) -> None:
    unit = found.get("unit_name")
    if unit:
        st.markdown(f"**{plain(unit)}** · {found['fiscal_year']} · {known('scopes', found['scope'])}")
    if found.get("value_text") is not None:
        named = " · ".join(str(found[k]) for k in ("table_title", "row_label") if found.get(k))
        unit = found.get("money_unit") or found.get("unit") or ""
        st.metric(plain(named) if named else say("columns.value_text"), f"{plain(found['value_text'])} {plain(unit)}")
    if found.get("quote"):
        st.markdown(f"> {plain(found['quote'])}")
    parts = [f"{say('source.document')} {plain(found['path'])}"]
    if found.get("page") is not None:
        parts.append(say("source.page", page=found["page"]))
    if found.get("line") is not None:
        parts.append(say("source.line", line=found["line"]))
    if found.get("placed_by") == "identity":
        parts.append(say("source.by_identity"))
    if found.get("confirmation") == "unconfirmed":
        parts.append(say("source.unconfirmed"))
    if found.get("release") is not None and not found.get("is_current"):
        parts.append(say("source.superseded"))
    st.caption(" · ".join(parts))


def _near(query: str, parameters: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return data.ask(query, tuple(parameters)).itertuples(index=False, name=None)


@st.cache_data(max_entries=60, show_spinner=False)
def _spot(document_id: str, place: Place, raw: str) -> Spot:
    """The place, found and drawn in a bounded worker; kept by the archive (``raw``) too that it is read from.

    Raises what the archive and the worker raise.
    """
    return spot_of(data.settings(), document_id, place)


def _show_spot(spot: Spot) -> None:
    if spot.part or spot.sheet:
        st.caption(" · ".join(plain(one) for one in (spot.part, spot.sheet) if one))
    if spot.picture is not None:
        st.image(spot.picture, width="stretch", alt=say("source.picture"))
    elif spot.rows and spot.cell is not None:
        _show_rows(spot.rows, spot.cell)
    elif spot.lines:
        for line in spot.lines:
            before, meant, after = line.text[: line.start], line.text[line.start : line.end], line.text[line.end :]
            marked = f":orange-background[**{plain(meant)}**]" if meant else ""
            st.markdown(f":gray[{line.number}]  {plain(before)}{marked}{plain(after)}")
    else:
        st.info(say("source.no_place"))


def _show_rows(rows: tuple[tuple[str, ...], ...], cell: tuple[int, int]) -> None:
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=[str(n + 1) for n in range(len(rows[0]))])
    styled = frame.style.apply(
        lambda column: [
            "background-color: #D55E00; color: white" if (i, int(column.name) - 1) == cell else ""
            for i in range(len(column))
        ],
        axis=0,
    )
    st.dataframe(styled, hide_index=True, height="content")
