"""Printed figures: exact text to Decimal, printed precision, tolerance.

Belongs here: the arithmetic of printed numbers (promises 4 and 6). Does not belong here: which figure it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from juesuan.final_accounts.model import YUAN_PER, FigureDoesNotFit
from juesuan.final_accounts.text import nfkc

#: One figure, as a pattern: sign, digits with or without thousands separators, decimals.
#: ``1,234.50`` is one; ``12.30,45.60`` (two figures joined by a comma) is not matched as one.
FIGURE = r"[-−–]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_FIGURE = re.compile(rf"({FIGURE})")
_MINUS = str.maketrans("−–﹣", "---")
#: Printed in place of a figure that does not exist.
NO_FIGURE = frozenset({"-", "--", "---", "—", "——", "/", "－", "–", "*", "不适用", "无"})

#: What the warehouse holds: DECIMAL(24,6) as printed.
MAX_DECIMALS = 6
MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Figure:
    """A printed figure: its value and the count of printed decimals."""

    value: Decimal
    precision: int


# most figures of a report are 0.00
@lru_cache(maxsize=4096)
def parse_figure(text: str) -> Figure | None:
    """Read one printed figure; None if the text is not exactly one.

    Thousands separators must stand where thousands are (``12,34.5`` is None). ``(1,234.50)`` is a negative figure,
    as accounts print it. Raises :class:`FigureDoesNotFit` beyond DECIMAL(24,6).
    """
    got = nfkc(text).strip().translate(_MINUS).replace(" ", "")
    sign = 1
    if got.startswith("(") and got.endswith(")"):
        got, sign = got[1:-1], -1
    if not _FIGURE.fullmatch(got):
        return None
    if sign < 0 and got.startswith("-"):
        return None
    value = Decimal(got.replace(",", "")) * sign
    whole, _, decimals = got.replace(",", "").lstrip("-").partition(".")
    if len(decimals) > MAX_DECIMALS or len(whole.lstrip("0")) > MAX_DIGITS:
        raise FigureDoesNotFit(f"the figure {text!r} has more digits than DECIMAL(24,6) holds")
    return Figure(value, len(decimals))


def is_figure(text: str) -> bool:
    """Whether a text is exactly one figure, also one of more digits than can be kept."""
    try:
        return parse_figure(text) is not None
    except FigureDoesNotFit:
        return True


#: Sums in binary differ from what was meant by less than this part of them.
_NOISE = Decimal("1e-9")


def with_decimals(shown: str, stored: Decimal, decimals: int) -> str:
    """What a cell that stores a number prints in a column whose figures have that many decimals.

    A cell with a format of its own prints what it shows. One that shows its number as it is stored (``0``, ``12.5``)
    leaves out the zeros at the end, which its column prints.
    """
    try:
        figure = parse_figure(shown) if shown else None
    except FigureDoesNotFit:
        return shown
    if figure is None or figure.precision >= decimals or "," in shown:
        return shown
    if abs(figure.value - stored) > _NOISE * max(abs(stored), Decimal(1)):
        return shown
    return format(figure.value.quantize(Decimal(1).scaleb(-decimals)), "f")


def holds(value: Decimal, unit: str | None) -> bool:
    """Whether the warehouse holds a value exactly: DECIMAL(24,6) as printed, and DECIMAL(18,2) yuan for money."""
    _, digits, exponent = value.as_tuple()
    decimals = max(-int(exponent), 0)
    while decimals and digits and not digits[-1]:
        digits, decimals = digits[:-1], decimals - 1
    # how many places the decimal point moves on the way to yuan
    moves = len(str(YUAN_PER.get(unit or "", 1))) - 1
    most_decimals, most_digits = (2 + moves, 16 - moves) if unit in YUAN_PER else (MAX_DECIMALS, MAX_DIGITS)
    return decimals <= min(most_decimals, MAX_DECIMALS) and abs(value) < Decimal(10) ** most_digits


def half_unit(precision: int) -> Decimal:
    """Half a unit of the last printed place: 0.005 for two decimals."""
    return Decimal(5).scaleb(-precision - 1)


def tolerance(precisions: Iterable[int]) -> Decimal:
    """Promise 4: the sum of half a unit of each term's last printed place, over all terms on both sides."""
    return sum((half_unit(p) for p in precisions), Decimal(0))


def plain(value: Decimal | None) -> str | None:
    """A plain decimal string, as ``extract`` prints it: no exponent, no plus sign, no negative zero."""
    if value is None:
        return None
    if not value:
        value = abs(value)
    return format(value, "f")
