"""What Streamlit runs: fixes the version, sets the frame, shows the page that the address names.

Belongs here: the order of the pages and what is on all of them. Does not belong here: any page.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from juesuan.dashboard import data, frame
from juesuan.dashboard.views import codes, compare, documents, overview, quality, source, sql, text, unit
from juesuan.dashboard.words import say
from juesuan.warehouse import NothingPublished

#: Our own: one by name would be fetched from elsewhere.
_ICON = Path(__file__).parent / "icon.svg"
_PAGES: dict[str, tuple[tuple[str, Callable[[], None], str], ...]] = {
    "group_look": (
        ("overview", overview.show, ":material/dashboard:"),
        ("unit", unit.show, ":material/account_balance:"),
        ("compare", compare.show, ":material/compare_arrows:"),
        ("codes", codes.show, ":material/account_tree:"),
        ("text", text.show, ":material/search:"),
    ),
    "group_judge": (
        ("quality", quality.show, ":material/rule:"),
        ("documents", documents.show, ":material/description:"),
        ("source", source.show, ":material/link:"),
    ),
    "group_ask": (("sql", sql.show, ":material/terminal:"),),
}


def _home() -> None:
    overview.show()


def main() -> None:
    """One run of the script."""
    st.set_page_config(page_title="决算 juesuan", page_icon=str(_ICON), layout="wide")
    # Streamlit serves the first page at / alone; its own name is an address too, though not in the list.
    first = st.Page(overview.show, title=say("pages.overview"), url_path="overview", visibility="hidden")
    pages = {
        say(f"pages.{group}"): [
            st.Page(
                _home if name == "overview" else show,
                title=say(f"pages.{name}"),
                icon=icon,
                url_path=None if name == "overview" else name,
                default=name == "overview",
            )
            for name, show, icon in members
        ]
        for group, members in _PAGES.items()
    }
    pages[say("pages.group_look")].append(first)
    chosen = st.navigation(pages)
    # Filters of pages may have one name; what another page left in it is not meant here.
    st.session_state["_arrived"] = st.session_state.get("_page") != chosen.url_path
    st.session_state["_page"] = chosen.url_path
    frame.switches()
    try:
        version = data.begin()
    except NothingPublished:
        frame.nothing_published()
        return
    except data.OtherSchema as problem:
        frame.other_schema(str(problem))
        return
    frame.newer(version.file.parent.name)
    with frame.guarded():
        chosen.run()
        frame.foot()


main()
