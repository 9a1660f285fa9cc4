"""What a workbook shows of a number that it stores: number formats, as Excel applies them.

Belongs here: the grammar of format codes and the rounding. Does not belong here: where a cell's format is found
(``excel``), and what a figure means.

Rules: https://learn.microsoft.com/office/vba/api/excel.range.numberformat and ECMA-376 Part 1, 18.8.30 and 18.8.31.
Excel shows at most 15 significant digits of a stored double and rounds halves away from zero.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

GENERAL = "General"
_DIGITS_KEPT = Context(prec=15, rounding=ROUND_HALF_UP)
_ROUND = Context(prec=400, rounding=ROUND_HALF_UP)
#: A cell in the General format shows as many characters of a number, sign not counted.
_GENERAL_WIDTH = 11

#: The formats that are known by number only, as a Chinese Excel shows them.
BUILT_IN: dict[int, str] = {
    0: GENERAL,
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"¥"#,##0;"¥"-#,##0',
    6: '"¥"#,##0;[Red]"¥"-#,##0',
    7: '"¥"#,##0.00;"¥"-#,##0.00',
    8: '"¥"#,##0.00;[Red]"¥"-#,##0.00',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy/m/d",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy/m/d h:mm",
    27: 'yyyy"年"m"月"',
    28: 'm"月"d"日"',
    29: 'm"月"d"日"',
    30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"',
    34: 'h"时"mm"分"',
    35: 'h"时"mm"分"ss"秒"',
    36: 'yyyy"年"m"月"',
    37: "#,##0;-#,##0",
    38: "#,##0;[Red]-#,##0",
    39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;[Red]-#,##0.00",
    41: '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ',
    42: '_ "¥"* #,##0_ ;_ "¥"* -#,##0_ ;_ "¥"* "-"_ ;_ @_ ',
    43: '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ',
    44: '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
    50: 'yyyy"年"m"月"',
    51: 'm"月"d"日"',
    52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"',
    54: 'm"月"d"日"',
    55: 'h"时"mm"分"',
    56: 'h"时"mm"分"ss"秒"',
    57: 'yyyy"年"m"月"',
    58: 'm"月"d"日"',
}


def show(number: Decimal, code: str) -> str:
    """The number as a cell with this format shows it, without the white space that only aligns it.

    A zero that the format hides is ''. A date format needs ``show_date``; a code that makes no sense shows as General.
    """
    try:
        sections = _sections(code)
    except ValueError:
        return general(number)
    section, value = _choose(sections, number)
    if section is None:
        return general(number)
    return section.show(value).strip()


@lru_cache(maxsize=512)
def is_date(code: str) -> bool:
    """Whether the format shows a day or a time."""
    try:
        return any(token.kind == "date" for token in _sections(code)[0].tokens)
    except ValueError:
        return False


def general(number: Decimal) -> str:
    """The number in the General format: as many decimals as eleven characters hold, integers always in full.

    Here this departs from Excel, which shows 1.23457E+11 for an integer of twelve digits: an amount in yuan may be
    that long, and its digits are what the document says.
    """
    value = _DIGITS_KEPT.plus(number)
    if not value:
        return "0"
    whole = len(str(int(abs(value))))
    rounded = _round(value, max(0, _GENERAL_WIDTH - 1 - whole))
    if abs(value) < Decimal("0.0001") and rounded != value:
        exponent = value.adjusted()
        mantissa = _trimmed(_round(value.scaleb(-exponent), 5))
        return f"{mantissa}E{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return _trimmed(rounded)


def _trimmed(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), context=_ROUND)


# --- the grammar -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Token:
    """``kind``: digit (0 # ?), point, percent, exponent, date, text (@), general, literal."""

    kind: str
    text: str


_TOKEN = re.compile(
    r"""
      "(?P<quoted>[^"]*)"? | [\\!](?P<escaped>.) | _(?P<pad>.)? | \*(?P<fill>.)?
    | \[(?P<bracket>[^\]]*)\]
    | (?P<general>General|G/通用格式) | (?P<ampm>AM/PM|A/P|上午/下午)
    | (?P<exponent>E[+-]) | (?P<digit>[0#?]) | (?P<point>\.) | (?P<comma>,) | (?P<percent>%) | (?P<text>@)
    | (?P<date>y+|m+|d+|h+|s+|b+|e+|g+|a{3,4}) | (?P<literal>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)$")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_SECONDS = re.compile(r"date point digit(?! (?:comma|percent))")  # `ss.00` shows parts of a second
_CURRENCY = re.compile(r"\$([^-\]]*)")


@dataclass(frozen=True, slots=True)
class _Section:
    tokens: tuple[_Token, ...]
    condition: tuple[str, Decimal] | None
    grouped: bool
    thousands: int
    #: what stands before and behind the digits, and how many decimals, where digits are all that is to be filled in
    plain: tuple[str, str, int] | None = None

    def show(self, value: Decimal) -> str:
        """The value in this section. A sign that the section does not print itself stands before it."""
        if self.plain is not None:
            before, behind, places = self.plain
            rounded = _round(_DIGITS_KEPT.abs(value), places)
            shown = f"{before}{rounded:{',f' if self.grouped else 'f'}}{behind}"
            return f"-{shown.lstrip()}" if value < 0 else shown
        kinds = {token.kind for token in self.tokens}
        if "general" in kinds or ("text" in kinds and "digit" not in kinds):
            body = general(abs(value))
            shown = "".join(body if token.kind in ("general", "text") else token.text for token in self.tokens)
        elif "fraction" in kinds:
            shown = general(abs(value))
        elif "digit" not in kinds:
            return "".join(token.text for token in self.tokens)
        else:
            shown = self._digits(abs(value))
        return f"-{shown.lstrip()}" if value < 0 else shown

    def _digits(self, value: Decimal) -> str:
        value = _DIGITS_KEPT.plus(value)
        value = value.scaleb(2 * sum(token.kind == "percent" for token in self.tokens) - 3 * self.thousands)
        kinds = [token.kind for token in self.tokens]
        if "exponent" in kinds:
            return self._scientific(value, kinds.index("exponent"))
        point = kinds.index("point") if "point" in kinds else len(kinds)
        return _fill(self.tokens[:point], self.tokens[point:], value, self.grouped)

    def _scientific(self, value: Decimal, at: int) -> str:
        mantissa, tail = self.tokens[:at], self.tokens[at + 1 :]
        point = next((i for i, token in enumerate(mantissa) if token.kind == "point"), len(mantissa))
        places = sum(token.kind == "digit" for token in mantissa[point:])
        exponent = value.adjusted() if value else 0
        if value and _round(value.scaleb(-exponent), places) >= 10:
            exponent += 1
        head = _fill(mantissa[:point], mantissa[point:], value.scaleb(-exponent), False)
        sign = "-" if exponent < 0 else "+" if self.tokens[at].text.endswith("+") else ""
        return f"{head}E{sign}{_fill(tail, (), Decimal(abs(exponent)), False)}"


def _fill(whole: tuple[_Token, ...], decimals: tuple[_Token, ...], value: Decimal, grouped: bool) -> str:
    """Digits into placeholders: those before the point from the right, those after it from the left."""
    places = [token for token in decimals if token.kind == "digit"]
    text = f"{_round(value, len(places)):f}"
    before, _, after = text.partition(".")
    before = before.lstrip("0")
    out: list[str] = []
    slots = [i for i, token in enumerate(whole) if token.kind == "digit"]
    remaining = before
    count = 0
    for i in range(len(whole) - 1, -1, -1):
        token = whole[i]
        if token.kind != "digit":
            out.append(token.text)
            continue
        digits = remaining if i == slots[0] else remaining[-1:]
        remaining = remaining[: len(remaining) - len(digits)]
        if not digits:
            digits = {"0": "0", "?": " "}.get(token.text, "")
        for digit in reversed(digits):
            if grouped and count and count % 3 == 0 and digit != " ":
                out.append(",")
            out.append(digit)
            count += 1
    if not slots and before:
        out.append(before[::-1])
    head = "".join(reversed(out))
    # a placeholder # at the end prints no zero, a ? prints a space in its stead
    shown = [*after]
    for i in range(len(places) - 1, -1, -1):
        if shown[i] != "0" or places[i].text == "0":
            break
        shown[i] = " " if places[i].text == "?" else ""
    digits_after = iter(shown)
    return head + "".join(next(digits_after) if token.kind == "digit" else token.text for token in decimals)


def _choose(sections: tuple[_Section, ...], number: Decimal) -> tuple[_Section | None, Decimal]:
    """The section for this number, and the number as that section is to show it (with or without its sign)."""
    if len(sections) == 1 and sections[0].condition is None:
        return sections[0], number
    if any(section.condition for section in sections):
        for at, section in enumerate(sections):
            if section.condition is None or _holds(section.condition, number):
                signless = at > 0 and number < 0 and section.condition is not None
                return section, abs(number) if signless else number
        return None, number
    if number < 0:
        return sections[1] if sections[1].tokens or len(sections) > 2 else _Section((), None, False, 0), abs(number)
    if number == 0 and len(sections) > 2:
        return sections[2], number
    return sections[0], number


def _holds(condition: tuple[str, Decimal], number: Decimal) -> bool:
    sign, bound = condition
    return {
        "<": number < bound,
        ">": number > bound,
        "<=": number <= bound,
        ">=": number >= bound,
        "=": number == bound,
        "<>": number != bound,
    }[sign]


@lru_cache(maxsize=512)
def _sections(code: str) -> tuple[_Section, ...]:
    """At most three sections (for numbers above, below and equal to zero); a fourth is for text.

    Raises ``ValueError`` for a code that shows no number at all, or more sections than there are.
    """
    if len(code) > 255:
        raise ValueError("longer than Excel allows")
    parts: list[list[re.Match[str]]] = [[]]
    for match in _TOKEN.finditer(code):
        if match["literal"] == ";":
            parts.append([])
        else:
            parts[-1].append(match)
    if len(parts) > 4:
        raise ValueError("more than four sections")
    if len(parts) > 1 and any(match["text"] for match in parts[-1]):
        parts.pop()  # `0.00;@`: the last section is for text where it has an @
    return tuple(_section(part) for part in parts[:3])


def _section(matches: list[re.Match[str]]) -> _Section:
    tokens: list[_Token] = []
    condition: tuple[str, Decimal] | None = None
    for match in matches:
        kind = match.lastgroup or "literal"
        text = match[kind] or ""
        if kind == "bracket":
            if found := _CONDITION.match(text):
                condition = found[1], Decimal(found[2])
            elif _ELAPSED.fullmatch(text):
                tokens.append(_Token("date", f"[{text.lower()}]"))
            elif text.startswith("$") and (symbol := _CURRENCY.match(text)):
                tokens.append(_Token("literal", symbol[1]))
            continue
        if kind in ("quoted", "escaped"):
            kind = "literal"
        elif kind == "pad":
            kind, text = "literal", " "
        elif kind == "fill":
            continue
        elif kind == "ampm":
            kind, text = "date", "AM/PM"
        tokens.append(_Token(kind, text))
    kinds = " ".join(token.kind for token in tokens)
    if "date" in kinds and "digit" in kinds and not _SECONDS.search(kinds):
        # a stray letter among digits (USD) is no date
        tokens = [_Token("literal", t.text) if t.kind == "date" else t for t in tokens]
    if (
        any(token.kind == "literal" and token.text == "/" for token in tokens)
        and sum(token.kind == "digit" for token in tokens) > 1
    ):
        tokens.append(_Token("fraction", ""))
    return _commas(tokens, condition)


def _commas(tokens: list[_Token], condition: tuple[str, Decimal] | None) -> _Section:
    """A comma between placeholders groups thousands; one behind the last placeholder divides by a thousand."""
    digits = [i for i, token in enumerate(tokens) if token.kind == "digit"]
    point = next((i for i, token in enumerate(tokens) if token.kind == "point"), len(tokens))
    whole = [i for i in digits if i < point]
    grouped, thousands = False, 0
    kept: list[_Token] = []
    for i, token in enumerate(tokens):
        if token.kind != "comma":
            kept.append(token)
        elif not digits or i < digits[0]:
            kept.append(_Token("literal", ","))
        elif whole and i < whole[-1]:
            grouped = True
        elif i > digits[-1] or i > whole[-1]:
            thousands += 1
    plain = None if thousands else _plain(kept)
    return _Section(tuple(kept), condition, grouped, thousands, plain)


def _plain(tokens: list[_Token]) -> tuple[str, str, int] | None:
    """``#,##0.00`` with or without literals around it, which nearly every figure has: no digit placed one by one."""
    marks = "".join({"literal": "_", "digit": token.text, "point": "."}.get(token.kind, "x") for token in tokens)
    found = _PLAIN.fullmatch(marks)
    if found is None:
        return None
    before = "".join(token.text for token in tokens[: found.end(1)])
    behind = "".join(token.text for token in tokens[found.start(3) :])
    return before, behind, len(found[2] or ".") - 1


_PLAIN = re.compile(r"(_*)#*0(\.0*)?(_*)")


# --- days and times --------------------------------------------------------------------------------------------------

_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
_WEEKDAYS = "一二三四五六日"


def from_serial(number: Decimal, from_1904: bool) -> datetime | None:
    """The day and time that a number stands for, to the second; None where there is none."""
    if not 0 <= number < 2_958_466:
        return None
    if not from_1904 and number < 60:
        number += 1  # Excel has a 29 February 1900
    return _EPOCHS[from_1904] + timedelta(seconds=int(_round(number * 86400, 0)))


def show_date(when: datetime | date | time | timedelta, code: str) -> str:
    """A day or time as its format shows it; in ISO form where the format has parts that are not known here."""
    try:
        tokens = _sections(code)[0].tokens
    except ValueError:
        tokens = ()
    if isinstance(when, timedelta):
        moment = datetime(1899, 12, 31) + when
        elapsed = when.total_seconds()
    elif isinstance(when, time):
        moment = datetime.combine(date(1899, 12, 31), when)
        elapsed = moment.hour * 3600 + moment.minute * 60 + moment.second
    else:
        moment = when if isinstance(when, datetime) else datetime.combine(when, time())
        elapsed = (moment - _EPOCHS[False]).total_seconds()
    half_day = any(token.text == "AM/PM" for token in tokens)
    out: list[str] = []
    before = ""
    dates = [token.text for token in tokens if token.kind == "date"]
    at = -1
    for token in tokens:
        if token.kind != "date":
            out.append(token.text if token.kind in ("literal", "point", "comma") else "")
            continue
        at += 1
        following = dates[at + 1] if at + 1 < len(dates) else ""
        part = _date_part(token.text, moment, int(elapsed), half_day, before, following)
        if part is None:
            return when.isoformat(" ") if isinstance(when, datetime) else str(when)
        out.append(part)
        before = token.text
    if not dates:
        return when.isoformat(" ") if isinstance(when, datetime) else str(when)
    return "".join(out).strip()


def _date_part(token: str, moment: datetime, elapsed: int, half_day: bool, before: str, following: str) -> str | None:
    letter, width = token.strip("[]")[0].lower(), len(token.strip("[]"))
    if token == "AM/PM":
        return "AM" if moment.hour < 12 else "PM"
    if token.startswith("["):
        whole = elapsed // {"h": 3600, "m": 60, "s": 1}[letter]
        return f"{whole:0{width}d}"
    if letter in "ye":
        return f"{moment.year % 100:02d}" if letter == "y" and width <= 2 else f"{moment.year:04d}"
    if letter == "m":
        minutes = before.strip("[]")[:1] in ("h", "H") or following.strip("[]")[:1] in ("s", "S")
        value = moment.minute if minutes else moment.month
        return {1: f"{value}", 2: f"{value:02d}"}.get(width, None if minutes else _month(moment.month, width))
    if letter == "d":
        return {1: f"{moment.day}", 2: f"{moment.day:02d}"}.get(width)
    if letter == "a":
        return ("星期" if width == 4 else "周") + _WEEKDAYS[moment.weekday()]
    if letter == "h":
        hour = (moment.hour % 12 or 12) if half_day else moment.hour
        return f"{hour}" if width == 1 else f"{hour:02d}"
    if letter == "s":
        return f"{moment.second}" if width == 1 else f"{moment.second:02d}"
    return None


def _month(month: int, width: int) -> str | None:
    name = f"{date(2000, month, 1):%B}"
    return {3: name[:3], 4: name}.get(width)
