"""The page of one figure or one sentence: what other pages open in a dialog, with an address of its own.

Belongs here: reading that address. Does not belong here: finding and showing the place (``dashboard.source``).
"""

from __future__ import annotations

import streamlit as st

from juesuan.dashboard import source
from juesuan.dashboard.frame import empty, title


def show() -> None:
    """Draw the page."""
    title("source")
    address = source.from_query(st.query_params.to_dict())
    if address is None:
        empty("source")
        return
    source.show(address)
