"""Addresses of pages: the filters of a page stand in its address, and an address opens the page with them.

Belongs here: widgets that are kept in the address, links from one page to another. Does not belong here: addresses of
figures (``source``).

Streamlit can bind a widget to the address by itself, but writes the label of an option there, in the language of the
reader; a link has to hold the value (a ``unit_id``, a code), the same in both languages and after a rename.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import streamlit as st

from juesuan.dashboard import money
from juesuan.dashboard.words import say

if TYPE_CHECKING:
    import pandas as pd

#: Filters that every page has: key -> value that is not written to the address.
GLOBAL = {"lang": "zh", "money": money.USUAL}
#: Characters of an address that are looked at.
_LONGEST = 500


def unit_link(unit_id: Any, year: Any = None) -> str:
    """The page of one body, in one year if given; keeps the language and the unit of money of the reader."""
    said: dict[str, Any] = {"unit": unit_id}
    if year is not None:
        said["year"] = int(year)
    return page_link("unit", **said)


def opened(found: pd.DataFrame) -> pd.DataFrame:
    """An answer with a column ``open``: the page of the body of each row, in its year."""
    return found.assign(open=[unit_link(u, y) for u, y in zip(found["unit_id"], found["fiscal_year"], strict=True)])


def page_link(page: str, **filters: Any) -> str:
    """A page with filters."""
    return f"{page}?{urlencode({name: str(value) for name, value in filters.items()} | _kept())}"


def _kept() -> dict[str, str]:
    held = {name: st.session_state.get(name) for name in GLOBAL}
    return {name: str(value) for name, value in held.items() if value and value != GLOBAL[name]}


def _from_address(key: str, take: Callable[[Sequence[str]], Any], usual: Any) -> None:
    """Give a widget its value: what the address says anew, else what it has, else what it had on this page before."""
    said = tuple(one[:_LONGEST] for one in st.query_params.get_all(key))
    arrived = key not in GLOBAL and st.session_state.get("_arrived")
    if key in st.session_state and not arrived and (not said or said == _kept_values().get(_place(key), ((), None))[0]):
        return
    value = take(said) if said else _kept_values().get(_place(key), ((), usual))[1]
    st.session_state[key] = usual if value is None else value


def _to_address(key: str, value: Any, usual: Any) -> None:
    """Write what a widget has to the address, unless that is what it has without one."""
    said = _said(value)
    if said == _said(usual):
        said = ()
    if tuple(st.query_params.get_all(key)) != said:
        if said:
            st.query_params[key] = list(said) if len(said) > 1 else said[0]
        elif key in st.query_params:
            del st.query_params[key]
    _kept_values()[_place(key)] = (said, value)


def _said(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return tuple(str(one) for one in values if one not in (None, ""))


def _place(key: str) -> tuple[str, str]:
    """A filter of one page is not that of another, even under one name; a filter of the frame is that of all."""
    return ("" if key in GLOBAL else str(st.session_state.get("_page")), key)


def _kept_values() -> dict[tuple[str, str], tuple[tuple[str, ...], Any]]:
    """What this reader chose: page and filter -> what was written to the address, and the value."""
    kept: dict[tuple[str, str], tuple[tuple[str, ...], Any]] = st.session_state.setdefault("_kept", {})
    return kept


def _option(options: Sequence[Any]) -> Callable[[Sequence[str]], Any]:
    known = {str(option): option for option in options}
    return lambda said: known.get(said[0])


def select(
    label: str,
    options: Sequence[Any],
    key: str,
    *,
    usual: Any = None,
    words: Callable[[Any], str] = str,
    placeholder: str | None = None,
    where: Any = st,
) -> Any:
    """One of some options, kept in the address. ``usual``: what is chosen without one (None: nothing is)."""
    _from_address(key, _option(options), usual)
    if st.session_state[key] is not None and st.session_state[key] not in options:
        st.session_state[key] = usual
    first = None if usual is None else 0
    value = where.selectbox(
        label, options, first, key=key, format_func=words, placeholder=placeholder or say("frame.choose")
    )
    _to_address(key, value, usual)
    return value


def multi(
    label: str, options: Sequence[Any], key: str, *, words: Callable[[Any], str] = str, most: int = 8, where: Any = st
) -> list[Any]:
    """Several of some options, kept in the address."""
    known = {str(option): option for option in options}
    _from_address(key, lambda said: [known[one] for one in said if one in known][:most], [])
    st.session_state[key] = [one for one in st.session_state[key] if one in options]
    value = where.multiselect(
        label, options, key=key, format_func=words, max_selections=most, placeholder=say("frame.choose")
    )
    _to_address(key, value, [])
    return list(value)


def switch(
    label: str, options: Sequence[Any], key: str, *, usual: Any, words: Callable[[Any], str] = str, where: Any = st
) -> Any:
    """One of a few options, all of them to be seen, kept in the address."""
    _from_address(key, _option(options), usual)
    if st.session_state[key] not in options:
        st.session_state[key] = usual
    value = where.segmented_control(label, options, key=key, format_func=words, required=True)
    _to_address(key, value, usual)
    return value if value is not None else usual


def text(label: str, key: str, *, placeholder: str | None = None, help_: str | None = None, where: Any = st) -> str:
    """Words, kept in the address."""
    _from_address(key, lambda said: said[0], "")
    value = where.text_input(label, key=key, placeholder=placeholder, help=help_, max_chars=200)
    _to_address(key, value or "", "")
    return str(value or "")


def number(label: str, least: int, most: int, key: str, *, where: Any = st) -> int:
    """A whole number, kept in the address."""

    def taken(said: Sequence[str]) -> int | None:
        return int(said[0]) if said[0].isascii() and said[0].isdigit() and len(said[0]) < 9 else None

    _from_address(key, taken, least)
    st.session_state[key] = min(max(int(st.session_state[key]), least), most)
    value = int(where.number_input(label, least, most, key=key))
    _to_address(key, value, least)
    return value
