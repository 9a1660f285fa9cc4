"""What ``streamlit run`` serves: the pages, behind the gate.

Belongs here: putting the gate of :mod:`juesuan.access` before Streamlit. Does not belong here: the pages, the gate.
"""

from __future__ import annotations

import os
from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

from juesuan.access import LOOPBACK, Gate
from juesuan.settings import Settings

app = App(
    Path(__file__).parent / "app.py",
    middleware=[Middleware(Gate, access=Settings.load().access, address=os.environ.get("JUESUAN_SERVED_AT", LOOPBACK))],
)
