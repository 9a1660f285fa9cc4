"""Search in the words of all reports.

Belongs here: what is asked and how hits are shown. Does not belong here: the index (``text_index``).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import streamlit as st

from juesuan.dashboard import charts, data, text_index
from juesuan.dashboard.frame import chart, empty, table, title
from juesuan.dashboard.links import multi, page_link, select, text, unit_link
from juesuan.dashboard.text_index import Found, Hit
from juesuan.dashboard.words import known, plain, say
from juesuan.places import Address

_CARDS = 20
_EXAMPLES = ("压减", "过紧日子", "公务接待", "绩效自评", "主要职责", "政府购买服务")


def show() -> None:
    """Draw the page."""
    title("text")
    words = text(say("text.words"), "q", placeholder="压减 会议费", help_=say("text.help"))
    at, who, where = st.columns(3)
    years = data.fiscal_years()
    if not years:
        empty("reports")
        return
    chosen = multi(say("frame.years"), years, "years", where=at)
    unit = text(say("frame.unit"), "name", where=who)
    sections = [str(s) for s in data.ask("select distinct section from raw.passage order by section")["section"]]
    section = select(
        say("text.section"), ["", *sections], "section", usual="", words=lambda s: _section(s), where=where
    )
    if not words.strip():
        empty("search")
        links = "　".join(f"[{one}]({page_link('text', q=one)})" for one in _EXAMPLES)
        st.markdown(f"{say('text.examples')}：{links}")
        return
    found = _search(words, tuple(chosen), unit.strip() or None, section or None)
    if not found.passages:
        empty("found", words=plain(words))
        return
    st.markdown(
        f"**{say('text.found', count=f'{found.passages:,}', reports=f'{found.reports:,}')}**"
        + (f" · {say('text.first', shown=len(found.hits))}" if found.passages > len(found.hits) else "")
    )
    for number, hit in enumerate(found.hits[:_CARDS]):
        _card(hit, number)
    if len(found.by_year) > 1:
        chart(
            charts.bars([str(y) for y, _ in found.by_year], {words: [float(n) for _, n in found.by_year]}, ""),
            "hits_by_year",
            say("text.by_year"),
        )
        with st.expander(say("sql.result")):
            table(pd.DataFrame(found.by_year, columns=["fiscal_year", "passages"]), "hits_by_year_rows")
    table(_rows(found), "hits", opens={"open": say("frame.open_unit"), "see": say("columns.see")})


def _section(name: str) -> str:
    """The printed title of a chapter, as most reports have it."""
    if not name:
        return say("frame.all")
    found = data.ask(
        "select section, mode(heading) as heading from raw.passage where heading is not null group by section"
    )
    said = dict(zip(found["section"], found["heading"], strict=True)).get(name)
    return f"{said}（{name}）" if said else name


def _search(words: str, years: tuple[int, ...], unit: str | None, section: str | None) -> Found:
    version = data.version()
    index = text_index.file_of(data.settings().warehouse)
    connection = data.connection()
    try:
        with st.spinner(say("text.building")):
            text_index.renew(index, connection, version.id)
        return _kept(str(index), version.id, words, years, unit, section)
    except (OSError, sqlite3.Error):
        # a warehouse folder that cannot be written to: the index of this process alone
        return _kept(str(_own_index(version.id)), version.id, words, years, unit, section)


@st.cache_resource(max_entries=1, show_spinner=False)
def _own_index(version: str) -> Path:
    import tempfile

    index = Path(tempfile.mkdtemp(prefix="juesuan-search-")) / "text.sqlite"
    text_index.renew(index, data.connection(), version)
    return index


@st.cache_data(max_entries=200, show_spinner=False)
def _kept(index: str, version: str, words: str, years: tuple[int, ...], unit: str | None, section: str | None) -> Found:
    return text_index.search(Path(index), words, years=years, unit=unit, section=section)


def _card(hit: Hit, number: int) -> None:
    with st.container(border=True, key=f"hit_{number}"):
        out, at = [], 0
        for start, end in hit.marks:
            out.append(f"{plain(hit.sentence[at:start])}:orange-background[**{plain(hit.sentence[start:end])}**]")
            at = end
        out.append(plain(hit.sentence[at:]))
        st.markdown("".join(out))
        place = [say("source.page", page=hit.page)] if hit.page is not None else []
        if hit.line is not None:
            place.append(say("source.line", line=hit.line))
        links = f"[{say('frame.open_unit')}]({unit_link(hit.unit_id, hit.fiscal_year)})"
        if hit.line is not None:
            links += f" · [{say('columns.see')}]({_source(hit)})"
        st.caption(
            f"{plain(hit.unit_name)} · {hit.fiscal_year} · {known('scopes', hit.scope)} · {plain(hit.heading)}"
            f" · {' '.join(place)} · {links}"
        )


def _source(hit: Hit) -> str:
    return Address(document=hit.document_id, page=hit.page, line=hit.line).link()


def _rows(found: Found) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "unit_name": hit.unit_name,
                "fiscal_year": hit.fiscal_year,
                "scope": hit.scope,
                "heading": hit.heading,
                "quote": hit.sentence,
                "page": hit.page,
                "line": hit.line,
                "see": _source(hit) if hit.line is not None else None,
                "open": unit_link(hit.unit_id, hit.fiscal_year),
            }
            for hit in found.hits
        ]
    ).astype({"page": "Int64", "line": "Int64"})
