"""Lines of tables that are typed: box-drawing characters, or hyphens, bars and plus signs.

Belongs here: which characters are lines, and where such a line runs. Does not belong here: what lines make
(raster.py).

A typed line is a line only where many of its kind stand together: a dash in a sentence stays a dash.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from juesuan.final_accounts.readers.raster import Line
from juesuan.final_accounts.readers.runs import MIDDLE

#: A rule of characters is at least this long, and a table has at least so many bars.
_LONG, _BARS = 4, 4

_BOX = re.compile("[\u2500-\u257f]")
_BOXES = re.compile("[\u2500-\u257f\uff5c|]+")
_RULE = re.compile(r"[-=+]*[-=]{4,}[-=+]*|[\u2500\u2501\u2504\u2505\u2508\u2509\u254c\u254d\u2550]{4,}")
_BAR = re.compile("[\u2502\u2503\u2506\u2507\u250a\u250b\u250c-\u254b\u254e\u254f\u2551-\u2570\uff5c|]")


def are_typed(text: str) -> bool:
    """Whether the characters of a page may hold typed lines (cheap: most pages have none)."""
    return ("---" in text or "===" in text or _BOX.search(text) is not None) and _RULE.search(text) is not None


def typed_lines(
    text: str,
    lefts: Sequence[float],
    rights: Sequence[float],
    bases: Sequence[float],
    sizes: Sequence[float],
) -> tuple[list[Line], list[Line], set[int]]:
    """The lines across and down that these glyphs draw, and which glyphs they are, by number.

    The glyphs are given with their left and right x, baseline (y downwards) and size.
    """
    across: list[Line] = []
    down: list[Line] = []
    used: set[int] = set()
    bars = _BAR.findall(text)
    drawn = len(bars) >= _BARS
    for found in _RULE.finditer(text):
        used.update(range(*found.span()))
    if drawn:
        for found in _BOXES.finditer(text):
            if _BAR.search(found.group()):
                used.update(range(*found.span()))
    for i in sorted(used):
        left, right, up, below = _arms(text[i])
        x, y = (lefts[i] + rights[i]) / 2, bases[i] - MIDDLE * sizes[i]
        # Glyphs of one line leave small gaps; those of one bar leave the leading.
        if left or right:
            pad = 0.15 * sizes[i]
            across.append((y, lefts[i] - pad if left else x, rights[i] + pad if right else x))
        if (up or below) and drawn:
            tall = 0.85 * sizes[i]
            down.append((x, y - tall if up else y, y + tall if below else y))
    return across, down, used


@cache
def _arms(c: str) -> tuple[bool, bool, bool, bool]:
    """Whether a glyph has a stroke from its middle to the left, right, top and bottom."""
    if c in "-=":
        return True, True, False, False
    if c in "|\uff5c":
        return False, False, True, True
    if c == "+":
        return True, True, True, True
    words = unicodedata.name(c, "").split()
    flat, tall = "HORIZONTAL" in words, "VERTICAL" in words
    return flat or "LEFT" in words, flat or "RIGHT" in words, tall or "UP" in words, tall or "DOWN" in words
