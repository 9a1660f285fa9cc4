"""What pages say, in Chinese and English.

Belongs here: finding the words of a key in the language of the reader, names of columns, text made safe for Markdown
and for charts. Does not belong here: the words (``words.yml``), what a column means (the comments of the published
file).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
import yaml

from juesuan.dashboard import data

LANGUAGES = {"zh": "中文", "en": "English"}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&^])")
# Letters that steer the direction or the lines of what stands beside them.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def language() -> str:
    """zh or en; before the switch is drawn, what the address says."""
    return "en" if (st.session_state.get("lang") or st.query_params.get("lang")) == "en" else "zh"


@cache
def _words() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "words.yml").read_text("utf-8"))
    return found


def say(key: str, **values: Any) -> str:
    """The words of ``room.key``, with values put in. Raises ``KeyError`` where nobody wrote them."""
    room, _, name = key.partition(".")
    words = str(_words()[room][name][language()])
    return words.format(**values) if values else words


def known(room: str, name: Any) -> str:
    """The words for a value of a closed list (a state, a scope); the value itself where there are none."""
    entry = _words()[room].get(str(name))
    return str(entry[language()]) if entry else "" if name is None else str(name)


def options(room: str) -> list[str]:
    """The values of a closed list, in the order in which they are to be offered."""
    return list(_words()[room])


def column(name: str) -> str:
    """The header of a column."""
    entry = _words()["columns"].get(name)
    if entry:
        return str(entry[language()])
    said = comments().get(name, "")
    return said.partition("。")[0].partition("（")[0][:16] if language() == "zh" and said else name.replace("_", " ")


def comments() -> dict[str, str]:
    """What each column of the marts means, as the published file says it (Chinese。English.)."""
    found = data.ask(
        "select column_name, max(comment) as said from duckdb_columns()"
        " where schema_name in ('marts', 'conformed') and comment is not null group by column_name"
    )
    return dict(zip(found["column_name"], found["said"], strict=True))


def plain(text: Any) -> str:
    """Text from a document or a register, to stand in Markdown as it is: nothing in it is markup."""
    return _MARKDOWN.sub(r"\\\1", _CONTROLS.sub("", "" if text is None else str(text)))


def for_chart(text: Any) -> str:
    """The same for a chart, which takes a few tags."""
    return _CONTROLS.sub("", "" if text is None else str(text)).replace("&", "&amp;").replace("<", "&lt;")


def shortened(text: str, most: int) -> str:
    """Text that has room for so many ideographs."""
    return text if len(text) <= most else text[: most - 1] + "…"
