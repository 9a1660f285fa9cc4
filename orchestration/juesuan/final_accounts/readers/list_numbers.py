"""The numbers that Word prints before paragraphs of a list and does not store: 一、 （一） 1. and their like.

Belongs here: number formats of lists, the levels of a list, counting. Does not belong here: which list a paragraph is
in (``word``), and what a heading means.

ECMA-376 Part 1: 17.9 (numbering), 17.18.59 (number formats).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

_DIGITS = "〇一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
_LEVELS = 9


def spelled(number: int, style: str) -> str:
    """The number in a format of Word; in digits where the format is not known, '' for bullets and for none."""
    if style in ("bullet", "none"):
        return ""
    form = _FORMS.get(style)
    return form(number) if form is not None and number > 0 else str(number)


def _counted(number: int) -> str:
    """一 ... 十 十一 二十 ... 九十九; above that in full (一百零一)."""
    if number < 10:
        return _DIGITS[number]
    if number < 20:
        return f"十{_DIGITS[number % 10] if number % 10 else ''}"
    return _in_full(number, _DIGITS, "十百千万", "零")


def _in_full(number: int, digits: str, units: str, nought: str) -> str:
    if number >= 10_000:
        head, rest = divmod(number, 10_000)
        between = nought if rest and rest < 1000 else ""
        return (
            _in_full(head, digits, units, nought)
            + units[3]
            + between
            + (_in_full(rest, digits, units, nought) if rest else "")
        )
    out = ""
    waiting = False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            out += (nought if waiting else "") + digits[digit] + (units[place - 1] if place else "")
            waiting = False
        elif out:
            waiting = True
    return out


def _roman(number: int) -> str:
    if number > 3999:
        return str(number)
    out = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        out += sign * count
    return out


def _lettered(number: int) -> str:
    return chr(97 + (number - 1) % 26) * ((number - 1) // 26 + 1) if number <= 780 else str(number)


def _from(first: str, most: int) -> Callable[[int], str]:
    return lambda number: chr(ord(first) + number - 1) if number <= most else str(number)


def _circled(number: int) -> str:
    for first, start, end in ((1, 0x2460, 20), (21, 0x3251, 35), (36, 0x32B1, 50)):
        if first <= number <= end:
            return chr(start + number - first)
    return str(number)


_FORMS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalHalfWidth": str,
    "decimalZero": lambda number: f"{number:02d}",
    "numberInDash": lambda number: f"- {number} -",
    "decimalFullWidth": lambda number: str(number).translate({48 + i: 0xFF10 + i for i in range(10)}),
    "decimalFullWidth2": lambda number: str(number).translate({48 + i: 0xFF10 + i for i in range(10)}),
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalEnclosedFullstop": _from("⒈", 20),
    "decimalEnclosedParen": _from("⑴", 20),
    "ideographEnclosedCircle": _from("㊀", 10),
    "chineseCounting": _counted,
    "taiwaneseCounting": _counted,
    "japaneseCounting": _counted,
    "koreanDigital2": lambda number: "".join(_DIGITS[int(digit)] for digit in str(number)),
    "chineseCountingThousand": _counted,
    "taiwaneseCountingThousand": _counted,
    "ideographDigital": lambda number: "".join(_DIGITS[int(digit)] for digit in str(number)),
    "japaneseDigitalTenThousand": lambda number: "".join(_DIGITS[int(digit)] for digit in str(number)),
    "taiwaneseDigital": lambda number: "".join(_DIGITS[int(digit)] for digit in str(number)),
    "chineseLegalSimplified": lambda number: _in_full(number, _LEGAL, "拾佰仟萬", "零"),
    "ideographLegalTraditional": lambda number: _in_full(number, _LEGAL, "拾佰仟萬", "零"),
    "japaneseLegal": lambda number: _in_full(number, _LEGAL, "拾佰仟萬", "零"),
    "ideographTraditional": lambda number: _STEMS[number - 1] if number <= 10 else str(number),
    "ideographZodiac": lambda number: _BRANCHES[number - 1] if number <= 12 else str(number),
    "ideographZodiacTraditional": lambda number: _STEMS[(number - 1) % 10] + _BRANCHES[(number - 1) % 12],
    "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(),
    "lowerLetter": _lettered,
    "upperLetter": lambda number: _lettered(number).upper(),
}


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list. ``text`` is its pattern (``%1.%2``); ``restart`` the level (from 1) that starts it anew."""

    start: int = 1
    style: str = "decimal"
    text: str = ""
    suffix: str = "tab"
    restart: int | None = None
    all_decimal: bool = False


@dataclass(slots=True)
class List:
    """A list of the document: the counters that all its parts share, and the levels by number from 0."""

    levels: dict[int, Level]
    counts: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


@dataclass(slots=True)
class Numbering:
    """One use of a list (a ``w:num``), with levels and starts of its own where it has them."""

    of: List
    levels: dict[int, Level] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)

    def level(self, at: int) -> Level | None:
        """The level, or None where the list does not have it."""
        return self.levels.get(at, self.of.levels.get(at))

    def next(self, at: int) -> str:
        """Count a paragraph at this level (from 0); what is printed before it, with what parts it from the text."""
        level = self.level(at)
        if level is None or not 0 <= at < _LEVELS:
            return ""
        counts = self.of.counts
        if at in self.starts:
            counts[at] = self.starts.pop(at)
        else:
            known = counts[at]
            counts[at] = level.start if known is None else known + 1
        for above in range(at):
            if counts[above] is None:
                upper = self.level(above)
                counts[above] = upper.start if upper is not None else 1
        for below in range(at + 1, _LEVELS):
            lower = self.level(below)
            if lower is None or lower.restart is None or (lower.restart and at < lower.restart):
                counts[below] = None
        text = level.text
        for number in range(at + 1, 0, -1):
            if f"%{number}" in text:
                shown = self.level(number - 1)
                style = shown.style if shown is not None else "decimal"
                if level.all_decimal and style not in ("bullet", "none"):
                    style = "decimal"
                text = text.replace(f"%{number}", spelled(counts[number - 1] or 0, style))
        text = "" if level.style == "bullet" else text
        parted = level.suffix != "nothing" and text and text[-1].isascii()
        return f"{text} " if parted and not text.endswith(" ") else text
