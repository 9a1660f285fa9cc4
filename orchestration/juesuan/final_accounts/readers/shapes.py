"""Whether the marks of a figure in a picture are those of the figure that was read: how many, how far apart, how high.

Belongs here: measuring the marks of a row of print, and comparing them with a text. Does not belong here: recognising
(this knows no digit from another), and what is done about a disagreement.

A recogniser drops a faint point without doubting itself; but digits stand at one pitch, and where a point or a comma
stands between two of them they are further apart. This evidence is independent of what the recogniser saw.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from juesuan.final_accounts.readers.picture import Pixelbox, Sheet

Verdict = Literal["agree", "disagree", "unknown"]

#: A mark at least this high, in parts of the highest, is a digit; what is lower is a point, a comma or a dash.
_HIGH = 0.62
#: A comma reaches this far below the digits (in parts of their height), a point no further than that.
_COMMA, _POINT = 0.13, 0.06
#: The pitch of digits and what a separator adds, in parts of the height of a digit, where a page has too few to tell.
_PITCH, _ADDED = 0.76, 0.38
_FEWEST = 6

_PLAIN = re.compile(r"-?\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one row: of each digit its middle and bottom, of each separator its middle and bottom (pixels)."""

    height: float
    digits: tuple[tuple[float, float], ...]
    small: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Pitch:
    """How far apart digits stand, and how much further with a separator between; in parts of their height."""

    plain: float
    parted: float

    @property
    def between(self) -> float:
        """What parts the one from the other."""
        return (self.plain + self.parted) / 2


def marks(made: Sheet, box: Pixelbox) -> Marks | None:
    """The marks of a row of print; None where there are none."""
    x0, y0, x1, y1 = box
    ink = made.ink[y0:y1, x0:x1]
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    parts = sorted((int(x), int(y), int(x + w), int(y + h)) for x, y, w, h, area in stats[1:count] if area >= 2)
    joined: list[list[int]] = []
    for x, top, right, bottom in parts:
        # Pieces of one digit stand above each other.
        if joined and min(right, joined[-1][2]) - x > 0.5 * min(right - x, joined[-1][2] - joined[-1][0]):
            last = joined[-1]
            joined[-1] = [last[0], min(last[1], top), max(last[2], right), max(last[3], bottom)]
        else:
            joined.append([x, top, right, bottom])
    if not joined:
        return None
    highest = max(b - t for _, t, _, b in joined)
    high = [m for m in joined if m[3] - m[1] >= _HIGH * highest]
    height = float(np.median([m[3] - m[1] for m in high]))
    return Marks(
        height,
        tuple(((m[0] + m[2]) / 2, float(m[3])) for m in high),
        tuple(((m[0] + m[2]) / 2, float(m[3])) for m in joined if m[3] - m[1] < _HIGH * highest),
    )


def pitch(rows: Iterable[tuple[str, Marks | None]]) -> Pitch:
    """The pitch of a page, from the figures whose digits stand apart."""
    plain: list[float] = []
    parted: list[float] = []
    for text, made in rows:
        if made is None or not _PLAIN.fullmatch(text):
            continue
        gaps = _parted(text)
        if len(made.digits) != len(gaps) + 1:
            continue
        for (a, _), (b, _), sep in zip(made.digits, made.digits[1:], gaps, strict=False):
            (parted if sep else plain).append((b - a) / made.height)
    one = float(np.median(plain)) if len(plain) >= _FEWEST else _PITCH
    two = float(np.median(parted)) if len(parted) >= _FEWEST else one + _ADDED
    return Pitch(one, max(two, one + 0.2))


def _parted(text: str) -> list[str]:
    """What stands between each digit of a text and the next: nothing, a point, a comma."""
    return re.findall(r"\d([.,]*)(?=\d)", text)


def compare(text: str, made: Marks | None, page: Pitch) -> Verdict:
    """Whether the marks are those of ``text``, a figure of digits, points and commas; of others nothing is known."""
    if made is None or not _PLAIN.fullmatch(text):
        return "unknown"
    gaps = _parted(text)
    n = len(gaps) + 1
    if len(made.digits) != n:
        # Digits that touch are one mark, a broken one is two: only the width of the whole is left to compare.
        if len(made.digits) < 2 or n < 2:
            return "unknown" if len(made.digits) == n else "disagree"
        wide = (made.digits[-1][0] - made.digits[0][0]) / made.height
        due = (n - 1) * page.plain + sum(page.parted - page.plain for gap in gaps if gap)
        return "disagree" if abs(wide - due) > 0.6 * page.plain else "unknown"
    sure = True
    for (a, low), (b, _), gap in zip(made.digits, made.digits[1:], gaps, strict=False):
        if ((b - a) / made.height > page.between) != bool(gap):
            return "disagree"
        if len(gap) != 1:
            continue
        between = [bottom - low for x, bottom in made.small if a < x < b]
        if len(between) != 1:
            sure = False
        elif (gap == "." and between[0] > _COMMA * made.height) or (gap == "," and between[0] < _POINT * made.height):
            return "disagree"
    return "agree" if sure else "unknown"


def gaping(text: str, made: Marks | None, page: Pitch, unknown: str) -> str:
    """``text`` with ``unknown`` wherever its digits stand apart as with a separator between, but none was read."""
    if made is None or not _PLAIN.fullmatch(text) or len(made.digits) != len(_parted(text)) + 1:
        return text
    out, k = [], -1
    for at, c in enumerate(text):
        out.append(c)
        if not c.isdigit():
            continue
        k += 1
        if at + 1 < len(text) and text[at + 1].isdigit():
            apart = (made.digits[k + 1][0] - made.digits[k][0]) / made.height
            if apart > page.between:
                out.append(unknown)
    return "".join(out)


def separated(text: str, made: Marks | None) -> str | None:
    """``text`` with its points and commas as their marks hang; None where the marks do not tell."""
    if made is None or not _PLAIN.fullmatch(text) or len(made.digits) != len(_parted(text)) + 1:
        return None
    digits = re.sub(r"\D", "", text)
    out = ["-"] if text.startswith("-") else []
    for k, digit in enumerate(digits):
        out.append(digit)
        if k + 1 == len(digits) or not _parted(text)[k]:
            continue
        (a, low), (b, _) = made.digits[k], made.digits[k + 1]
        between = [bottom - low for x, bottom in made.small if a < x < b]
        if len(between) != 1 or _POINT * made.height < between[0] < _COMMA * made.height:
            return None
        out.append("," if between[0] >= _COMMA * made.height else ".")
    return "".join(out)
