"""Documents: every one with its state and reason, one that a reader brings, and those that wait for a person.

Belongs here: the list, the look at an upload, the review list. Does not belong here: reading documents
(``final_accounts``), deciding (the command line: a page changes nothing).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from juesuan.dashboard import data
from juesuan.dashboard.frame import MOST_ROWS, empty, table, title
from juesuan.dashboard.links import select, switch, text
from juesuan.dashboard.words import known, options, plain, say
from juesuan.final_accounts.model import JuesuanError

_PARTS = ("list", "upload", "review")
#: Pages of an upload that are drawn.
_PAGES_DRAWN = 30


def show() -> None:
    """Draw the page."""
    title("documents")
    part = switch(" ", list(_PARTS), "part", usual="list", words=lambda p: say(f"documents.{p}"))
    {"list": _list, "upload": _upload, "review": _review}[part]()


def _list() -> None:
    which, who = st.columns([1, 3])
    states = [s for s in options("states") if s in set(data.ask("select distinct status from raw.document")["status"])]
    state = select(
        say("documents.state"),
        ["", *states],
        "state",
        usual="",
        words=lambda s: known("states", s) if s else say("frame.all"),
        where=which,
    )
    wanted = text(say("documents.find"), "name", where=who).strip()
    found = data.ask(
        "with listed as (select d.path, d.status, d.reason, d.media_type, d.title, d.published_on, d.retrieved_on,"
        " d.bytes, d.document_id, string_agg(distinct f.unit_name, '；') as unit_name, max(f.fiscal_year) as"
        " fiscal_year"
        " from raw.document as d"
        " left join raw.report_document as b on d.document_id = b.document_id"
        " left join conformed.fct_release as f on b.report_id = f.report_id and b.release = f.release group by all)"
        " from listed where (? = '' or status = ?)"
        " and (? = '' or contains(path, ?) or contains(coalesce(unit_name, ''), ?) or starts_with(document_id, ?))"
        " order by case status when 'failed' then 0 when 'needs_review' then 1 when 'partial' then 2 else 3 end, path",
        (state, state, wanted, wanted, wanted, wanted),
    )
    if found.empty:
        empty("filter" if state or wanted else "reports")
        return
    table(
        found,
        "documents",
        columns=("path", "status", "reason", "unit_name", "fiscal_year", "media_type", "published_on", "retrieved_on"),
    )


# --- an upload ------------------------------------------------------------------------------------------------


def _upload() -> None:
    st.caption(say("documents.upload_about"))
    given = st.file_uploader(say("documents.upload_label"), key="upload")
    if given is None:
        return
    limits = data.settings().limits
    if given.size > limits.max_bytes:
        st.error(say("documents.too_large", size=f"{given.size / 1e6:,.1f}", most=f"{limits.max_bytes / 1e6:,.0f}"))
        return
    seen = _seen(given.getvalue(), given.name)
    for number, report in enumerate(seen.reports):
        _report(report, number)
    if len(seen.sheets):
        _pages(given.getvalue(), given.name, seen)
    st.divider()
    st.markdown(say("documents.file_it"))
    st.code(f"cp {Path(given.name).name!r} raw/inbox/ && juesuan refresh", language="bash")


@st.cache_data(max_entries=8, show_spinner=False)
def _seen(content: bytes, name: str) -> Any:
    """What is seen in it, read in a bounded worker and nowhere kept but here."""
    from juesuan import explaining

    with st.spinner(say("documents.reading")), _as_file(content, name) as file:
        return explaining.explain(file, data.settings().limits)


@contextmanager
def _as_file(content: bytes, name: str) -> Iterator[Path]:
    """An upload as a file of its own folder, for as long as it is looked at."""
    with tempfile.TemporaryDirectory(prefix="juesuan-upload-") as folder:
        file = Path(folder) / _safe_name(name)
        file.write_bytes(content)
        yield file


def _safe_name(name: str) -> str:
    """The last part of a name that somebody gave, without what leads elsewhere."""
    plain_name = Path(name.replace("\\", "/")).name.replace("\x00", "")
    return plain_name if plain_name not in ("", ".", "..") else "document"


def _report(report: Any, number: int) -> None:
    found = report.extraction
    identity = found.report
    name = identity.unit_name or say("frame.unnamed")
    st.subheader(
        say("documents.report", number=number + 1, unit=plain(name), year=identity.fiscal_year or ""), anchor=False
    )
    state = known("upload_states", identity.status)
    said = f"**{state}**" + (f" · {plain(identity.reason)}" if identity.reason else "")
    (st.success if identity.status == "loaded" else st.warning)(said)
    failed = [check for check in found.checks if check.state == "fail"]
    st.markdown(
        say(
            "documents.seen",
            tables=len(report.tables),
            cells=f"{sum(cell.value is not None for cell in found.cells):,}",
            statements=f"{len(found.statements):,}",
            failed=len(failed),
        )
    )
    names = ("tables", "figures", "statements", "checks", "unplaced")
    tabs = st.tabs([say(f"documents.{one}") for one in names])
    with tabs[0]:
        _table_or_empty(
            [
                {
                    "table_key": t.table.table_key,
                    "title": t.table.title,
                    "state": t.table.state,
                    "reason": t.table.reason,
                }
                for t in report.tables
            ],
            f"up_tables_{number}",
        )
    with tabs[1]:
        _table_or_empty(
            [
                {
                    "table_key": c.table_key,
                    "row_key": c.row_key,
                    "row_label": c.row_label,
                    "column_key": c.column_key,
                    "value_text": c.value_text,
                    "money_unit": c.money_unit,
                    "page": c.page,
                }
                for c in found.cells[: MOST_ROWS * 4]
                if c.value_text
            ],
            f"up_cells_{number}",
        )
    with tabs[2]:
        _table_or_empty(
            [
                {"topic": s.topic, "measure": s.measure, "value_text": s.value_text, "unit": s.unit, "quote": s.quote}
                for s in found.statements
            ],
            f"up_statements_{number}",
        )
    with tabs[3]:
        rows = [
            {
                "check_id": c.check_id,
                "severity": c.severity,
                "place": c.place,
                "expected": c.expected,
                "actual": c.actual,
            }
            for c in failed
        ]
        if rows:
            _table_or_empty(rows, f"up_checks_{number}")
        else:
            empty("contradictions")
    with tabs[4]:
        _table_or_empty(
            [
                {"value_text": u.text, "reason": u.reason, "page": u.page, "line": u.line, "quote": u.quote}
                for u in found.unassigned_numbers
            ],
            f"up_unplaced_{number}",
        )


def _table_or_empty(rows: list[dict[str, Any]], key: str) -> None:
    if rows:
        table(pd.DataFrame(rows), key)
    else:
        empty("section")


def _pages(content: bytes, name: str, seen: Any) -> None:
    """Its pages, every cell outlined."""
    sheets = seen.sheets[:_PAGES_DRAWN]
    number = select(say("documents.page"), [sheet.number for sheet in sheets], "page", usual=sheets[0].number)
    picture = _drawn(content, name, next(sheet for sheet in sheets if sheet.number == number))
    if picture is not None:
        st.image(picture, width="stretch", alt=say("documents.page"))


@st.cache_data(max_entries=40, show_spinner=False)
def _drawn(content: bytes, name: str, sheet: Any) -> bytes | None:
    from juesuan import explaining

    with _as_file(content, name) as file:
        drawn = explaining.draw(file, [sheet], file.parent / "pages", data.settings().limits, force=False)
        return (drawn.folder / drawn.files[0]).read_bytes() if drawn.files else None


# --- the review list ------------------------------------------------------------------------------------------


def _review() -> None:
    from juesuan.final_accounts.archive import Archive

    settings = data.settings()
    try:
        items = Archive(settings.raw, limits=settings.limits).review_list()
    except (JuesuanError, OSError) as problem:
        st.warning(say("documents.archive_closed", why=plain(problem)))
        return
    if not items:
        empty("review")
        return
    for item in items:
        with st.container(border=True):
            st.markdown(f"**{plain(item.name)}**")
            st.caption(f"{say('documents.why')}：{plain(item.reason)}")
            st.markdown(say("documents.how"))
            st.code(item.say, language="bash")
